// The coloured picture that the README shows is what the library makes of the grey one beside it.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <ochre/colorizer_file.hpp>
#include <ochre/image_io/load_picture.hpp>
#include <ochre/video_colorizer.hpp>

namespace {

using namespace ochre;

const std::string examples = OCHRE_WEIGHTS_DIR "/../examples/";

// Mean absolute difference of the 8-bit samples.
double mean_difference(const LoadedPicture& left, const LoadedPicture& right) {
  REQUIRE(left.width == right.width);
  REQUIRE(left.height == right.height);
  REQUIRE(left.format == PixelFormat::rgb8);
  REQUIRE(right.format == PixelFormat::rgb8);
  double sum = 0;
  for (Index y = 0; y < left.height; ++y) {
    for (Index i = 0; i < 3 * left.width; ++i) sum += std::abs(left.view().row(y)[i] - right.view().row(y)[i]);
  }
  return sum / static_cast<double>(3 * left.width * left.height);
}

TEST_CASE("examples: the README's coloured picture is made by the program as it is") {
  const auto colorizer = Colorizer::open(OCHRE_WEIGHTS_DIR "/street.safetensors", {.threads = 2}).value();
  const auto gray = load_picture(examples + "pictures/china.jpg").value();
  const auto shown = load_picture(examples + "coloured/china.jpg").value();
  auto colored = LoadedPicture::create(gray.width, gray.height, PixelFormat::rgb8).value();
  auto workspace = colorizer.make_workspace(gray.view().extent()).value();
  REQUIRE(colorizer.colorize(gray.view(), colored.view(), workspace));
  // The shown one went through JPEG of quality 95, which changes a sample by 1 to 2 on average; other colours, the
  // grey picture among them, are further off.
  CHECK(mean_difference(colored, shown) < 3.0);

  auto plain = LoadedPicture::create(gray.width, gray.height, PixelFormat::rgb8).value();
  for (Index y = 0; y < gray.height; ++y) {
    for (Index i = 0; i < 3 * gray.width; ++i)
      plain.view().row(y)[i] = gray.view().row(y)[i / 3 * channels(gray.format)];
  }
  CHECK(mean_difference(plain, shown) > 6.0);
}

// The camera's picture, alone and with what the frame in colour teaches.
LoadedPicture colored_hall(const Colorizer& colorizer, const std::shared_ptr<const CameraMemory>& memory) {
  const auto gray = load_picture(examples + "camera/hall.jpg").value();
  auto colored = LoadedPicture::create(gray.width, gray.height, PixelFormat::rgb8).value();
  auto workspace = colorizer.make_workspace(gray.view().extent(), {.memory = memory}).value();
  REQUIRE(colorizer.colorize(gray.view(), colored.view(), workspace));
  return colored;
}

TEST_CASE("examples: the README's hall is coloured by its frame in colour, and alone it is not") {
  const auto colorizer =
      Colorizer::open(OCHRE_WEIGHTS_DIR "/street.safetensors", {.threads = 2, .teachable = true}).value();
  const auto frame = load_picture(examples + "camera/hall_in_colour.jpg").value();
  auto workspace = colorizer.make_workspace(frame.view().extent()).value();
  auto memory = std::make_shared<CameraMemory>();
  REQUIRE(memory->add(colorizer.read_reference(frame.view(), workspace).value()));
  const auto shown = load_picture(examples + "coloured/hall.jpg").value();
  const auto shown_alone = load_picture(examples + "coloured/hall_alone.jpg").value();
  CHECK(mean_difference(colored_hall(colorizer, memory), shown) < 3.0);
  CHECK(mean_difference(colored_hall(colorizer, nullptr), shown_alone) < 3.0);
  CHECK(mean_difference(shown_alone, shown) > 6.0);
}

// A frame of full range, 4:4:4, as `ochre video --frames` makes them.
struct PanFrame {
  static constexpr Index width = 320, height = 212, planes = 3;
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(planes * width * height, 128);

  std::uint8_t* plane(Index i) { return bytes.data() + i * width * height; }
  MutableYuvView view() {
    return {.luma = {plane(0), width},
            .cb = {plane(1), width},
            .cr = {plane(2), width},
            .width = width,
            .height = height,
            .format = {ChromaSubsampling::yuv444, YuvDepth::bits8, YuvRange::full, YuvMatrix::bt601}};
  }
};

// Red, green and blue of a pixel, as they are shown.
std::array<double, 3> shown_color(PanFrame& frame, Index at) {
  const double luma = frame.plane(0)[at];
  const double cb = frame.plane(1)[at] - 128.0;
  const double cr = frame.plane(2)[at] - 128.0;
  const auto held = [](double value) { return std::clamp(value, 0.0, 255.0); };
  return {held(luma + 1.402 * cr), held(luma - 0.344136 * cb - 0.714136 * cr), held(luma + 1.772 * cb)};
}

TEST_CASE("examples: the README's four frames are those of a pan that is coloured as video") {
  const auto colorizer = std::make_shared<const Colorizer>(
      Colorizer::open(OCHRE_WEIGHTS_DIR "/street.safetensors", {.threads = 2}).value());
  const auto gray = load_picture(examples + "pictures/china.jpg").value();
  const auto strip = load_picture(examples + "coloured/pan.jpg").value();
  REQUIRE(strip.width == 4 * PanFrame::width);
  REQUIRE(strip.height == PanFrame::height);
  auto video = VideoColorizer::create(colorizer, {PanFrame::height, PanFrame::width}).value();
  constexpr Index frames = 48;
  double apart = 0;
  Index shown = 0;
  for (Index n = 0; n < frames; ++n) {
    PanFrame frame;
    for (Index y = 0; y < PanFrame::height; ++y) {
      const std::uint8_t* from = gray.view().row(107 + y) + 320 * n / 47 * channels(gray.format);
      for (Index x = 0; x < PanFrame::width; ++x) {
        frame.plane(0)[y * PanFrame::width + x] = from[x * channels(gray.format)];
      }
    }
    REQUIRE(video.colorize(frame.view(), frame.view()));
    if (n % 16 != 0 && n != frames - 1) continue;
    for (Index y = 0; y < PanFrame::height; ++y) {
      const std::uint8_t* there = strip.view().row(y) + 3 * shown * PanFrame::width;
      for (Index x = 0; x < PanFrame::width; ++x, there += 3) {
        const auto color = shown_color(frame, y * PanFrame::width + x);
        for (std::size_t c = 0; c < 3; ++c) apart += std::abs(color[c] - there[c]);
      }
    }
    ++shown;
  }
  CHECK(shown == 4);
  // JPEG, as above.
  CHECK(apart / static_cast<double>(3 * 4 * PanFrame::width * PanFrame::height) < 3.5);
}

}  // namespace
