// No model file beside the program: the model that ships is a part of it. Links ochre::embedded_model.
#include <cstdio>
#include <vector>

#include <ochre/embedded_model.hpp>
#include <ochre/ochre.hpp>

int main() {
  // An even grey is nothing of which the network is sure: at its own temperature it stays grey.
  const auto colorizer = ochre::Colorizer::from_bytes(ochre::embedded_model(), {.temperature = 1.0f, .size = 64});
  if (!colorizer) return std::fprintf(stderr, "%s\n", colorizer.error().message().c_str()), 1;

  const int side = 96;
  std::vector<unsigned char> gray(side * side, 128), rgb(3 * gray.size());
  auto workspace = colorizer->make_workspace({.h = side, .w = side});
  if (!workspace) return std::fprintf(stderr, "%s\n", workspace.error().message().c_str()), 1;
  const auto done =
      colorizer->colorize({.pixels = gray.data(), .width = side, .height = side, .row_stride = side},
                          {.pixels = rgb.data(), .width = side, .height = side, .row_stride = 3 * side}, *workspace);
  if (!done) return std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1;
  std::printf("grey 128 became %d %d %d\n", rgb[0], rgb[1], rgb[2]);
  return rgb[0] != rgb[1] || rgb[1] != rgb[2] ? 0 : 1;
}
