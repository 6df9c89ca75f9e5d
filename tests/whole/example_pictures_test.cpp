// The coloured picture that the README shows is what the library makes of the grey one beside it.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>

#include <ochre/colorizer_file.hpp>
#include <ochre/image_io/load_picture.hpp>

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

}  // namespace
