#include <cstdio>
#include <vector>

#include <ochre/ochre.hpp>

int main() {
  const int width = 320, height = 240;
  std::vector<unsigned char> gray(width * height, 128), rgb(3 * gray.size());  // your picture, and room for the result

  auto colorizer = ochre::Colorizer::open("weights/street.safetensors", {.threads = 2});
  if (!colorizer) return std::puts(colorizer.error().message().c_str()), 1;  // which tensor, found, expected

  auto workspace = colorizer->make_workspace({.h = height, .w = width});  // one per concurrent call, all its memory
  if (!workspace) return std::puts(workspace.error().message().c_str()), 1;
  ochre::Status done = colorizer->colorize(
      {.pixels = gray.data(), .width = width, .height = height, .row_stride = width},
      {.pixels = rgb.data(), .width = width, .height = height, .row_stride = 3 * width}, *workspace);
  return done ? 0 : 1;
}
