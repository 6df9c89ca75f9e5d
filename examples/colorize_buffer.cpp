// Colours a grey buffer: the whole of what most programs need. Run from the project's root.
#include <cstdio>
#include <vector>

#include <ochre/ochre.hpp>

int main() {
  const int width = 320;
  const int height = 240;
  std::vector<unsigned char> gray(width * height);
  for (int y = 0; y < height; ++y) {  // a sky over a meadow, of sorts
    for (int x = 0; x < width; ++x)
      gray[static_cast<std::size_t>(y * width + x)] =
          static_cast<unsigned char>(y < 100 ? 200 : 90 + (x * 7 + y * 3) % 30);
  }
  std::vector<unsigned char> rgb(gray.size() * 3);

  const auto colorizer = ochre::Colorizer::open("weights/street.safetensors", {.temperature = 0.38f, .threads = 2});
  if (!colorizer) return std::fprintf(stderr, "%s\n", colorizer.error().message().c_str()), 1;
  auto workspace = colorizer->make_workspace({width, height});  // one per concurrent call; nothing is allocated later
  if (!workspace) return std::fprintf(stderr, "%s\n", workspace.error().message().c_str()), 1;
  const ochre::Status done = colorizer->colorize(
      {.pixels = gray.data(), .width = width, .height = height, .row_stride = width},
      {.pixels = rgb.data(), .width = width, .height = height, .row_stride = 3 * width}, *workspace);
  if (!done) return std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1;

  const unsigned char* pixel = &rgb[static_cast<std::size_t>(3 * (50 * width + 160))];
  std::printf("the sky's middle is now %d %d %d\n", pixel[0], pixel[1], pixel[2]);
  return 0;
}
