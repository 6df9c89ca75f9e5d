// The cache of workspaces: the same pictures as a Colorizer's, whatever the order of the sizes; what is kept, and what
// is given up first.
#include <doctest/doctest.h>

#include <memory>
#include <utility>
#include <vector>

#include <ochre/colorizer_file.hpp>
#include <ochre/picture_colorizer.hpp>

#include "support/allocations.hpp"
#include "support/text.hpp"

namespace picture_colorizer_test {

namespace {

using namespace ochre;

std::shared_ptr<const Colorizer> small_colorizer() {
  return std::make_shared<const Colorizer>(
      Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", {.size = 32, .threads = 1}).value());
}

// A grey picture, and room for its colours.
struct Job {
  explicit Job(Extent wanted) : size(wanted), gray(static_cast<std::size_t>(size.w * size.h)) {
    for (std::size_t i = 0; i < gray.size(); ++i) gray[i] = static_cast<unsigned char>(30 + i * 7 % 190);
    rgb.resize(3 * gray.size());
  }
  PictureView input() const { return {gray.data(), size.w, size.h, size.w, PixelFormat::gray8}; }
  MutablePictureView output() { return {rgb.data(), size.w, size.h, 3 * size.w, PixelFormat::rgb8}; }

  Extent size;
  std::vector<unsigned char> gray;
  std::vector<unsigned char> rgb;
};

void paint(PictureColorizer& pictures, Extent size) {
  Job job(size);
  REQUIRE(pictures.colorize(job.input(), job.output()));
}

constexpr Extent wide{40, 60};
constexpr Extent tall{60, 40};
constexpr Extent large{90, 120};

}  // namespace

TEST_CASE("picture colorizer: sizes that alternate give the bits of a Colorizer, and cost no memory anew") {
  const auto colorizer = small_colorizer();
  auto pictures = PictureColorizer::create(colorizer, {.workspaces = 2}).value();
  for (int round = 0; round < 3; ++round) {
    for (const Extent size : {wide, tall}) {
      Job job(size);
      const auto before = test::allocations();
      const Status status = pictures.colorize(job.input(), job.output());
      const auto allocated = test::allocations() - before;
      REQUIRE(status);
      CHECK((allocated > 0) == (round == 0));
      Job expected(size);
      auto workspace = colorizer->make_workspace(size).value();
      REQUIRE(colorizer->colorize(expected.input(), expected.output(), workspace));
      CHECK(job.rgb == expected.rgb);
    }
  }
}

TEST_CASE("picture colorizer: the size that was used longest ago goes first") {
  auto pictures = PictureColorizer::create(small_colorizer(), {.workspaces = 2}).value();
  CHECK(pictures.bytes() == 0);
  for (const Extent size : {wide, tall, wide, large}) paint(pictures, size);
  CHECK(pictures.keeps(wide));
  CHECK(!pictures.keeps(tall));
  CHECK(pictures.keeps(large));
  CHECK(!pictures.keeps({wide.h + 1, wide.w}));
  pictures.clear();
  CHECK(!pictures.keeps(large));
  CHECK(pictures.bytes() == 0);
  paint(pictures, tall);
  CHECK(pictures.keeps(tall));
}

TEST_CASE("picture colorizer: one workspace unless more are asked for") {
  auto pictures = PictureColorizer::create(small_colorizer()).value();
  paint(pictures, wide);
  const Index one_workspace = pictures.bytes();
  CHECK(one_workspace == pictures.colorizer()->make_workspace(wide).value().bytes());
  paint(pictures, tall);
  CHECK(!pictures.keeps(wide));
  paint(pictures, wide);
  CHECK(pictures.bytes() == one_workspace);
}

TEST_CASE("picture colorizer: bytes bound what is kept, the last one used stays") {
  const auto colorizer = small_colorizer();
  const auto bytes_of = [&](Extent size) { return colorizer->make_workspace(size).value().bytes(); };
  const Index both = bytes_of(wide) + bytes_of(tall);

  auto enough = PictureColorizer::create(colorizer, {.workspaces = 9, .bytes = both}).value();
  for (const Extent size : {wide, tall}) paint(enough, size);
  CHECK(enough.keeps(wide));
  CHECK(enough.bytes() == both);

  auto short_by_one = PictureColorizer::create(colorizer, {.workspaces = 9, .bytes = both - 1}).value();
  for (const Extent size : {wide, tall}) paint(short_by_one, size);
  CHECK(!short_by_one.keeps(wide));
  CHECK(short_by_one.keeps(tall));

  auto none = PictureColorizer::create(colorizer, {.workspaces = 9, .bytes = 0}).value();
  for (const Extent size : {wide, large}) paint(none, size);
  CHECK(none.keeps(large));
  CHECK(none.bytes() == bytes_of(large));
}

TEST_CASE("picture colorizer: what is wrong is an error, and costs nothing that is kept") {
  const auto reason = [](const auto& result) {
    REQUIRE(!result);
    return result.error().message();
  };
  CHECK(reason(PictureColorizer::create(nullptr)) == "the Colorizer is null");
  const auto colorizer = small_colorizer();
  CHECK(test::contains(reason(PictureColorizer::create(colorizer, {.workspaces = 0})), "0 workspaces"));
  CHECK(test::contains(reason(PictureColorizer::create(colorizer, {.bytes = -1})), "-1 bytes"));

  auto pictures = PictureColorizer::create(colorizer).value();
  paint(pictures, wide);
  Job job(wide);
  CHECK(test::contains(reason(pictures.colorize({}, job.output())), "input: the pixel pointer is null"));
  CHECK(test::contains(reason(pictures.colorize(job.input(), Job(tall).output())), "the workspace was made for 60x40"));
  CHECK(pictures.keeps(wide));

  PictureColorizer moved = std::move(pictures);
  CHECK(moved.keeps(wide));
  CHECK(pictures.colorizer() == nullptr);
  CHECK(reason(pictures.colorize(job.input(), job.output())) == "the PictureColorizer was moved from");
  CHECK(moved.colorize(job.input(), job.output()));
}

}  // namespace picture_colorizer_test
