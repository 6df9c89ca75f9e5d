// Fails to build or to run when the headers, their dependencies, OpenMP or the embedded model do not arrive at ochre's
// users: a picture is coloured by the model file and by the embedded model, which are the same.
#include <cstdio>
#include <vector>

#include <ochre/embedded_model.hpp>
#include <ochre/ochre.hpp>
#if defined(CONSUMER_HAS_DISPATCH)
#include <ochre/dispatch.hpp>
#include <ochre/image_io/load_picture.hpp>
#endif

namespace {

using Picture = std::vector<unsigned char>;

// A grey one of 80x60 in colour; empty, and a line, if something is wrong.
Picture colored(const ochre::Result<ochre::Colorizer>& colorizer) {
  if (!colorizer) return std::puts(colorizer.error().message().c_str()), Picture();
  auto workspace = colorizer->make_workspace({.h = 60, .w = 80});
  if (!workspace) return std::puts(workspace.error().message().c_str()), Picture();
  Picture gray(80 * 60, 200), rgb(3 * gray.size());
  const auto done =
      colorizer->colorize({.pixels = gray.data(), .width = 80, .height = 60, .row_stride = 80},
                          {.pixels = rgb.data(), .width = 80, .height = 60, .row_stride = 240}, *workspace);
  return done ? rgb : Picture();
}

}  // namespace

int main(int count, char** words) {
#if defined(CONSUMER_HAS_OPENMP) && !defined(_OPENMP)
  std::puts("OpenMP did not arrive");
  return 1;
#elif !defined(CONSUMER_HAS_OPENMP) && defined(_OPENMP)
  std::puts("OpenMP arrived, which was not wanted");
  return 1;
#endif
  if (count != 2) return 2;
  // An even grey is nothing of which the network is sure: at its own temperature it stays grey.
  const ochre::ColorizerOptions options{.temperature = 1.0f, .size = 64, .threads = 2};
#if defined(CONSUMER_HAS_DISPATCH)
  if (ochre::decode_picture({})) return std::puts("no bytes became a picture"), 1;  // what decodes them is linked
  const auto isa = ochre::dispatch::choose();
  if (!isa) return std::puts(isa.error().message().c_str()), 1;
  const Picture rgb = colored(ochre::Colorizer::open(words[1], options, (*isa)->kernels));
  const Picture same = colored(ochre::Colorizer::from_bytes(ochre::embedded_model(), options, (*isa)->kernels));
  const char* const name = (*isa)->name;
#else
  const Picture rgb = colored(ochre::Colorizer::open(words[1], options));
  const Picture same = colored(ochre::Colorizer::from_bytes(ochre::embedded_model(), options));
  const char* const name = ochre::simd::arch_name();
#endif
  if (rgb.empty()) return 1;
  if (rgb != same) return std::puts("the embedded model gives another picture"), 1;
  std::printf("ochre %s, %s: grey 200 became %d %d %d\n", ochre::version, name, rgb[0], rgb[1], rgb[2]);
  // A flat grey gets next to no colour: not at each pixel enough for a step of 8 bits.
  for (std::size_t i = 0; i < rgb.size(); i += 3) {
    if (rgb[i] != rgb[i + 1] || rgb[i + 1] != rgb[i + 2]) return 0;
  }
  return 1;
}
