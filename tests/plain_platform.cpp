// A system of which nothing is known but the standard library: models come as bytes, threads are std::thread, files are
// refused in words. Not part of the tests' own program, whose every file must be of one system: .ci/run no_openmp
// compiles this with OCHRE_PLAIN_PLATFORM, together with the tests of threads and memory.
#include <doctest/doctest.h>

#include <vector>

#include <ochre/colorizer_file.hpp>
#include <ochre/weights/atomic_file.hpp>
#include <ochre/weights/open_below.hpp>

#include "support/random_network.hpp"
#include "support/text.hpp"

#if defined(OCHRE_POSIX) || defined(OCHRE_WINDOWS)
#error "to be compiled with OCHRE_PLAIN_PLATFORM"
#endif

namespace {

using namespace ochre;

const std::string refusal = ": found a system whose files ochre cannot open, expected bytes in memory";

std::vector<unsigned char> colors(std::span<const std::byte> model, int threads) {
  const auto colorizer = Colorizer::from_bytes(model, {.size = 32, .threads = threads}).value();
  auto workspace = colorizer.make_workspace({.h = 30, .w = 40}).value();
  std::vector<unsigned char> gray(40 * 30);
  for (std::size_t i = 0; i < gray.size(); ++i) gray[i] = static_cast<unsigned char>(i * 31 % 251);
  std::vector<unsigned char> rgb(3 * gray.size());
  REQUIRE(colorizer.colorize({.pixels = gray.data(), .width = 40, .height = 30, .row_stride = 40},
                             {.pixels = rgb.data(), .width = 40, .height = 30, .row_stride = 120}, workspace));
  return rgb;
}

TEST_CASE("a plain system: pictures are coloured by a model in memory, by one thread and by several") {
  const auto model = test::random_model(
      "network n\ninput x channels=1\nscale s factor=0.01\nconv2d a out=20 kernel=3 padding=1\nrelu r\n"
      "conv2d ab out=2 kernel=1\noutput ab\nhead ab layer=ab\n");
  const auto one_thread = colors(*model, 1);
  CHECK(colors(*model, 3) == one_thread);
  CHECK(std::count(one_thread.begin(), one_thread.end(), one_thread[0]) <
        static_cast<std::ptrdiff_t>(one_thread.size()));
  const auto all = Colorizer::from_bytes(*model, {.size = 32}).value();
  CHECK(all.threads() == static_cast<int>(std::thread::hardware_concurrency()));
}

TEST_CASE("a plain system: its files are refused by name") {
  const auto file = MappedFile::open("model");
  REQUIRE(!file);
  CHECK(file.error().code == ErrorCode::unsupported);
  CHECK(file.error().message() == "model" + refusal);
  CHECK(MappedFile::read("model", 1).error().message() == "model" + refusal);
  CHECK(Colorizer::open("model").error().message() == "model" + refusal);
  CHECK(detail::open_below("folder", "w").error().message() == "folder/w" + refusal);
  CHECK(weights::write_file_atomically("model", {}).error().message() == "model" + refusal);
}

}  // namespace
