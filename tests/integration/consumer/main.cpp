// Fails to build or to run when the headers, their dependencies or OpenMP do not arrive at ochre's users.
#include <cstdio>
#include <vector>

#include <ochre/ochre.hpp>
#if defined(CONSUMER_HAS_DISPATCH)
#include <ochre/dispatch.hpp>
#include <ochre/image_io/load_picture.hpp>
#endif

int main(int count, char** words) {
#if !defined(_OPENMP)
  std::puts("OpenMP did not arrive");
  return 1;
#endif
  if (count != 2) return 2;
#if defined(CONSUMER_HAS_DISPATCH)
  if (ochre::decode_picture({})) return std::puts("no bytes became a picture"), 1;  // what decodes them is linked
  const auto isa = ochre::dispatch::choose();
  if (!isa) return std::puts(isa.error().message().c_str()), 1;
  const auto colorizer = ochre::Colorizer::open(words[1], {.size = 64, .threads = 2}, (*isa)->kernels);
  const char* const name = (*isa)->name;
#else
  const auto colorizer = ochre::Colorizer::open(words[1], {.size = 64, .threads = 2});
  const char* const name = ochre::simd::arch_name();
#endif
  if (!colorizer) return std::puts(colorizer.error().message().c_str()), 1;
  auto workspace = colorizer->make_workspace({80, 60});
  if (!workspace) return 1;
  std::vector<unsigned char> gray(80 * 60, 200), rgb(3 * gray.size());
  const auto done =
      colorizer->colorize({.pixels = gray.data(), .width = 80, .height = 60, .row_stride = 80},
                          {.pixels = rgb.data(), .width = 80, .height = 60, .row_stride = 240}, *workspace);
  std::printf("ochre %s, %s: grey 200 became %d %d %d\n", ochre::version, name, rgb[0], rgb[1], rgb[2]);
  return done && (rgb[0] != rgb[1] || rgb[1] != rgb[2]) ? 0 : 1;
}
