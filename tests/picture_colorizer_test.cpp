// The cache of workspaces: the same pictures as a Colorizer's, whatever the order of the sizes; what is kept, and what
// is given up first. Borders stay grey, and what is inside is coloured as if there were none.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <ochre/colorizer_file.hpp>
#include <ochre/picture_colorizer.hpp>

#include "support/allocations.hpp"
#include "support/bordered_picture.hpp"
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

// A scene in a border of that tone, as a job.
constexpr Extent framed{120, 160};
constexpr PictureRectangle inside{24, 16, 110, 84};
Job framed_job(int tone) {
  Job job(framed);
  job.gray = test::bordered_scene(framed, inside, tone, 2).levels;
  return job;
}

// The colours of what is inside, as a Colorizer gives them to it alone, in a picture that is black elsewhere.
std::vector<unsigned char> colored_alone(const Colorizer& colorizer, Job job, std::span<const Hint> hints = {}) {
  auto workspace = colorizer.make_workspace(inside.extent()).value();
  REQUIRE(workspace.set_hints(hints));
  REQUIRE(colorizer.colorize(part_of(job.input(), inside), part_of(job.output(), inside), workspace));
  return job.rgb;
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

TEST_CASE("picture colorizer: a border stays as it is, what is inside gets the bits that it gets alone") {
  const auto colorizer = small_colorizer();
  auto pictures = PictureColorizer::create(colorizer).value();
  for (const int tone : {2, 128, 250}) {
    Job job = framed_job(tone);
    REQUIRE(PictureColorizer::inside_of(job.input()) == inside);
    const auto alone = colored_alone(*colorizer, job);
    REQUIRE(pictures.colorize(job.input(), job.output()));
    CHECK(pictures.keeps(inside.extent()));
    bool colored = false;
    for (std::size_t i = 0; i < job.gray.size(); ++i) {
      const Index x = static_cast<Index>(i) % framed.w;
      const Index y = static_cast<Index>(i) / framed.w;
      const std::vector<unsigned char> pixel(job.rgb.begin() + 3 * static_cast<std::ptrdiff_t>(i),
                                             job.rgb.begin() + 3 * static_cast<std::ptrdiff_t>(i + 1));
      if (!test::lies_in(inside, x, y)) {
        REQUIRE(pixel == std::vector<unsigned char>(3, job.gray[i]));
        continue;
      }
      REQUIRE(pixel == std::vector<unsigned char>(alone.begin() + 3 * static_cast<std::ptrdiff_t>(i),
                                                  alone.begin() + 3 * static_cast<std::ptrdiff_t>(i + 1)));
      colored = colored || pixel[0] != pixel[1];
    }
    CHECK(colored);
  }
}

TEST_CASE("picture colorizer: in place, of 16 bits with alpha, for any number of threads") {
  const auto levels = framed_job(240).gray;
  std::vector<std::vector<std::uint16_t>> results;
  for (const int threads : {1, 3}) {
    auto pictures = PictureColorizer::create(small_colorizer(), {.workspace = {.threads = threads}}).value();
    std::vector<std::uint16_t> pixels;
    for (const unsigned char level : levels) {
      const auto wide_level = static_cast<std::uint16_t>(level * 257);
      pixels.insert(pixels.end(), {wide_level, wide_level, wide_level, 1234});
    }
    const MutablePictureView picture{pixels.data(), framed.w, framed.h, 8 * framed.w, PixelFormat::rgba16};
    const PictureView input{pixels.data(), framed.w, framed.h, 8 * framed.w, PixelFormat::rgba16};
    REQUIRE(pictures.colorize(input, picture));
    for (std::size_t i = 0; i < levels.size(); ++i) REQUIRE(pixels[4 * i + 3] == 1234);
    results.push_back(pixels);
  }
  CHECK(results[0] == results[1]);
}

TEST_CASE("picture colorizer: hints are told where they lie, and on a border there is none") {
  const auto colorizer = std::make_shared<const Colorizer>(
      Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", {.size = 32, .threads = 1, .teachable = true})
          .value());
  auto pictures = PictureColorizer::create(colorizer).value();
  Job job = framed_job(240);
  const Hint hint{.x = 60, .y = 50, .red = 200, .green = 60, .blue = 60};
  const Hint of_inside{.x = 60 - inside.x, .y = 50 - inside.y, .red = 200, .green = 60, .blue = 60};
  REQUIRE(pictures.colorize(job.input(), job.output(), std::span(&hint, 1)));
  const auto alone = colored_alone(*colorizer, job, std::span(&of_inside, 1));
  const auto pixel = static_cast<std::ptrdiff_t>(3 * (50 * framed.w + 60));
  CHECK(std::equal(alone.begin() + pixel, alone.begin() + pixel + 3, job.rgb.begin() + pixel));
  CHECK(job.rgb[static_cast<std::size_t>(pixel)] > job.rgb[static_cast<std::size_t>(pixel) + 1] + 20);

  for (const Hint& beside : {Hint{.x = 23, .y = 50}, Hint{.x = 134, .y = 50}, Hint{.x = 60, .y = 15}, Hint{.x = -1}}) {
    CHECK(PictureColorizer::inside_of(job.input(), std::span(&beside, 1)).extent() == framed);
  }
  const Hint outside{.x = 160, .y = 0};
  const Status refused = pictures.colorize(job.input(), job.output(), std::span(&outside, 1));
  REQUIRE(!refused);
  CHECK(test::contains(refused.error().message(), "outside the picture of 160x120"));
}

TEST_CASE("picture colorizer: a picture in colour teaches what is inside its border") {
  const auto colorizer = std::make_shared<const Colorizer>(
      Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", {.size = 32, .threads = 1, .teachable = true})
          .value());
  auto pictures = PictureColorizer::create(colorizer).value();
  const Job job = framed_job(240);
  std::vector<unsigned char> rgb;
  for (const unsigned char level : job.gray) rgb.insert(rgb.end(), 3, level);
  const PictureView picture{rgb.data(), framed.w, framed.h, 3 * framed.w, PixelFormat::rgb8};
  const auto learned = pictures.read_reference(picture).value();
  auto workspace = colorizer->make_workspace(inside.extent()).value();
  CHECK(learned.lightness == colorizer->read_reference(part_of(picture, inside), workspace).value().lightness);
}

}  // namespace picture_colorizer_test
