// What a colorizer recalls: references and memories through the public face; hints; what is refused.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/colorizer_file.hpp>
#include <ochre/picture_colorizer.hpp>
#include <ochre/weights/safetensors_writer.hpp>

#include "support/allocations.hpp"
#include "support/golden.hpp"
#include "support/place_picture.hpp"
#include "support/scene.hpp"

namespace {

using namespace ochre;

Colorizer open_teachable(ColorizerOptions options = {}) {
  options.size = 64;
  options.threads = 2;
  options.teachable = true;
  return Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", options).value();
}

std::shared_ptr<const CameraMemory> memory_of(const Colorizer& colorizer, const LoadedPicture& picture) {
  auto workspace = colorizer.make_workspace(picture.view().extent()).value();
  auto memory = std::make_shared<CameraMemory>();
  REQUIRE(memory->add(colorizer.read_reference(std::as_const(picture).view(), workspace).value()));
  return memory;
}

LoadedPicture colored_by(const Colorizer& colorizer, const LoadedPicture& gray,
                         const ColorizerWorkspaceOptions& options) {
  auto workspace = colorizer.make_workspace(gray.view().extent(), options).value();
  auto output = LoadedPicture::create(gray.width, gray.height, PixelFormat::rgb8).value();
  REQUIRE(colorizer.colorize(std::as_const(gray).view(), output.view(), workspace));
  return output;
}

// A network of four channels, of which it passes the mask on to the neighbours of a hint, times 30, as a, and a tenth
// of a's channel as b; at the hint itself both have the other sign, so that its vote does not reach them.
std::vector<std::byte> hinted_network() {
  std::vector<float> spread(2 * 4 * 9);
  for (std::size_t tap = 0; tap < 9; ++tap) {
    spread[3 * 9 + tap] = tap == 4 ? -30.0f : 30.0f;
    spread[(4 + 1) * 9 + tap] = tap == 4 ? -11.0f : 11.0f;
  }
  const float as_it_is[4] = {1, 0, 0, 1};
  const float none[2] = {0, 0};
  const auto spread_bytes = little_endian_bytes(spread);
  const auto as_it_is_bytes = little_endian_bytes(as_it_is);
  const auto none_bytes = little_endian_bytes(none);
  const TensorEntry tensors[] = {{"spread.weight", Dtype::f32, {2, 4, 3, 3}, spread_bytes},
                                 {"spread.bias", Dtype::f32, {2}, none_bytes},
                                 {"colors.weight", Dtype::f32, {2, 2, 1, 1}, as_it_is_bytes},
                                 {"colors.bias", Dtype::f32, {2}, none_bytes}};
  return write_safetensors(tensors, {{"format", std::string(model_format)},
                                     {"network",
                                      "network hinted\n"
                                      "input data channels=4 lightness=normalised\n"
                                      "conv2d spread out=2 kernel=3 padding=1\n"
                                      "conv2d colors out=2 kernel=1\n"
                                      "tanh bent\n"
                                      "scale shown factor=50\n"
                                      "output shown\n"
                                      "head ab layer=shown\n"}})
      .value();
}

}  // namespace

TEST_CASE("recall: a network that takes hints gets them in its own channels, until they are taken back") {
  const auto bytes = hinted_network();
  const auto colorizer = Colorizer::from_bytes(bytes, {.size = 16, .threads = 1, .teachable = true}).value();
  const LoadedPicture gray = test::place_picture({.in_color = false, .width = 32, .height = 32});
  auto workspace = colorizer.make_workspace(gray.view().extent()).value();
  const Hint hint{.x = 11, .y = 20, .red = 200, .green = 60, .blue = 60};  // of the cell in column 5, row 10
  const float told_a = color::pixel_hint(hint).a;
  REQUIRE(told_a > 20);
  const auto predicted = [&] {
    REQUIRE(colorizer.predict(std::as_const(gray).view(), workspace));
    return workspace.grid();
  };
  constexpr Index neighbour = 12 * 16 + 4;  // two rows below the hint's cell
  CHECK(predicted().a[11 * 16 + 3] == 0.0f);
  REQUIRE(workspace.set_hints(std::span(&hint, 1)));
  const AbGridView told = predicted();
  CHECK(std::fabs(told.a[neighbour]) < 1);  // beyond the convolution's reach; a trace of the vote
  // Cells of the 3 by 3 around the hint that its pixel is not interpolated from are what the network makes of them.
  bool seen = false;
  for (Index y = 9; y <= 11; ++y) {
    for (Index x = 4; x <= 6; ++x) {
      if (y == 10 && x == 5) continue;
      seen = seen || std::fabs(told.a[y * 16 + x] - 50 * std::tanh(30.0f)) < 1;
    }
  }
  CHECK(seen);
  REQUIRE(workspace.set_hints({}));
  const AbGridView again = predicted();
  for (Index i = 0; i < 256; ++i) CHECK(again.a[i] == 0.0f);
}

TEST_CASE("recall: a grey picture takes the colours of a reference of its place") {
  const auto colorizer = open_teachable();
  const LoadedPicture day = test::place_picture({});
  const LoadedPicture truth = test::place_picture({.exposure = 0.9f});
  const LoadedPicture gray = test::place_picture({.exposure = 0.9f, .in_color = false});
  const auto memory = memory_of(colorizer, day);
  const double alone = test::color_distance(truth, colored_by(colorizer, gray, {}));
  const double taught = test::color_distance(truth, colored_by(colorizer, gray, {.memory = memory}));
  CHECK(taught < 0.5 * alone);

  auto workspace = colorizer.make_workspace(gray.view().extent(), {.memory = memory}).value();
  CHECK_FALSE(workspace.shows_memory_place());
  REQUIRE(colorizer.predict(std::as_const(gray).view(), workspace));
  CHECK(workspace.shows_memory_place());
  CHECK(workspace.memory_likeness() > 0.9);
  const LoadedPicture elsewhere = test::place_picture({.place = 7, .in_color = false});
  REQUIRE(colorizer.predict(std::as_const(elsewhere).view(), workspace));
  CHECK_FALSE(workspace.shows_memory_place());
  CHECK(workspace.memory_likeness() < 0.25);
}

TEST_CASE("recall: the same bits for any number of threads, and nothing allocated in a call") {
  const auto colorizer = open_teachable();
  const LoadedPicture day = test::place_picture({});
  const LoadedPicture gray = test::place_picture({.exposure = 0.9f, .in_color = false});
  const auto memory = memory_of(colorizer, day);
  const Hint hint{.x = 20, .y = 30, .red = 200, .green = 30, .blue = 60};
  std::vector<float> first;
  for (const int threads : {1, 3}) {
    auto workspace = colorizer.make_workspace(gray.view().extent(), {.threads = threads, .memory = memory}).value();
    REQUIRE(workspace.set_hints(std::span(&hint, 1)));
    const auto before = test::allocations();
    const Status status = colorizer.predict(std::as_const(gray).view(), workspace);
    CHECK(test::allocations() == before);
    REQUIRE(status);
    const AbGridView grid = workspace.grid();
    std::vector<float> colors(grid.a, grid.a + grid.width * grid.height);
    colors.insert(colors.end(), grid.b, grid.b + grid.width * grid.height);
    if (first.empty()) first = colors;
    CHECK(colors == first);
  }
}

TEST_CASE("recall: a reference says nothing of a picture's hints or of an earlier memory") {
  const auto colorizer = open_teachable();
  const LoadedPicture day = test::place_picture({});
  auto plain = colorizer.make_workspace(day.view().extent()).value();
  const Reference expected = colorizer.read_reference(std::as_const(day).view(), plain).value();
  auto taught = colorizer.make_workspace(day.view().extent(), {.memory = memory_of(colorizer, day)}).value();
  const Hint hint{.x = 20, .y = 30, .red = 200, .green = 30, .blue = 60};
  REQUIRE(taught.set_hints(std::span(&hint, 1)));
  const Reference same = colorizer.read_reference(std::as_const(day).view(), taught).value();
  CHECK(same.keys == expected.keys);
  CHECK(same.own_a == expected.own_a);
  CHECK(same.a == expected.a);
  CHECK(same.model.size() == 64);
}

TEST_CASE("recall: hints are exact whatever the saturation, and go when they are taken back") {
  const auto colorizer = open_teachable({.saturation = 2.0f});
  const LoadedPicture gray = test::place_picture({.in_color = false});
  PictureColorizer pictures = PictureColorizer::create(std::make_shared<const Colorizer>(colorizer)).value();
  auto output = LoadedPicture::create(gray.width, gray.height, PixelFormat::rgb16).value();
  const Hint hint{.x = 50, .y = 20, .red = 150, .green = 110, .blue = 90};
  const color::PixelHint wanted = color::pixel_hint(hint);
  REQUIRE(pictures.colorize(std::as_const(gray).view(), output.view()));
  const auto pixel = [&] {
    float lab[3];
    color::srgb_to_lab_row(std::as_const(output).view().row(20) + 6 * 50, PixelFormat::rgb16, 1, lab, lab + 1, lab + 2);
    return std::hypot(lab[1] - wanted.a, lab[2] - wanted.b);
  };
  const float alone = pixel();
  CHECK(alone > 5);
  REQUIRE(pictures.colorize(std::as_const(gray).view(), output.view(), std::span(&hint, 1)));
  CHECK(pixel() < 1);
  REQUIRE(pictures.colorize(std::as_const(gray).view(), output.view()));
  CHECK(pixel() == alone);
}

TEST_CASE("recall: what does not fit is refused by name") {
  const auto colorizer = open_teachable();
  const auto plain = Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", {.size = 64}).value();
  const LoadedPicture day = test::place_picture({});
  const auto memory = memory_of(colorizer, day);
  const Extent size = day.view().extent();
  const auto refused = [](const auto& result, const char* part) {
    REQUIRE_FALSE(result);
    CAPTURE(result.error().message());
    CHECK(result.error().message().find(part) != std::string::npos);
  };
  refused(plain.make_workspace(size, {.memory = memory}), "without ColorizerOptions::teachable");
  refused(colorizer.make_workspace(size, {.memory = std::make_shared<const CameraMemory>()}), "nothing was learned");
  auto workspace = plain.make_workspace(size).value();
  refused(plain.read_reference(std::as_const(day).view(), workspace), "without ColorizerOptions::teachable");
  auto own = colorizer.make_workspace(size).value();
  const LoadedPicture gray = test::place_picture({.in_color = false});
  refused(colorizer.read_reference(std::as_const(gray).view(), own), "a grey pixel format");
  const Hint outside{.x = 96, .y = 0};
  refused(own.set_hints(std::span(&outside, 1)), "outside the picture of 96x64");
  const auto alone =
      Colorizer::open(OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors", {.size = 64, .consensus = false});
  auto without = alone->make_workspace(size).value();
  const Hint inside{.x = 1, .y = 1};
  refused(without.set_hints(std::span(&inside, 1)), "without ColorizerOptions::teachable");

  Reference other = colorizer.read_reference(std::as_const(day).view(), own).value();
  other.model = std::string(64, 'a');
  auto strange = std::make_shared<CameraMemory>();
  REQUIRE(strange->add(other));
  refused(colorizer.make_workspace(size, {.memory = strange}), "expected those of");
}
