// One program for every CPU of a kind: the kernels of the best instruction set that this one has. Links
// ochre::dispatch.
#include <cstdio>
#include <vector>

#include <ochre/dispatch.hpp>
#include <ochre/ochre.hpp>

int main() {
  const auto isa = ochre::dispatch::choose();  // or what the environment's OCHRE_ISA names
  if (!isa) return std::fprintf(stderr, "%s\n", isa.error().message().c_str()), 1;

  const auto colorizer = ochre::Colorizer::open("weights/street.safetensors", {.size = 64}, (*isa)->kernels);
  if (!colorizer) return std::fprintf(stderr, "%s\n", colorizer.error().message().c_str()), 1;

  const int side = 96;
  std::vector<unsigned char> gray(side * side, 128), rgb(3 * gray.size());
  auto workspace = colorizer->make_workspace({.h = side, .w = side});
  if (!workspace) return std::fprintf(stderr, "%s\n", workspace.error().message().c_str()), 1;
  const auto done =
      colorizer->colorize({.pixels = gray.data(), .width = side, .height = side, .row_stride = side},
                          {.pixels = rgb.data(), .width = side, .height = side, .row_stride = 3 * side}, *workspace);
  if (!done) return std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1;
  std::printf("coloured with the kernels for %s\n", (*isa)->name);
  return 0;
}
