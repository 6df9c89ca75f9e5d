// Any bytes as a network with a head, a picture's size, format and stride, and options: the colours come out in the
// picture's own memory and nowhere else, and are the same for one thread and for several.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include <ochre/colorizer.hpp>

#include "../support/random_network.hpp"

namespace {

using namespace ochre;

constexpr Index size = 8;  // of working: the least, so that a run takes a millisecond

void must(bool holds) {
  if (!holds) std::abort();
}

// Memory of the heap's of just the size, so that one byte beside it is noticed.
struct Picture {
  PictureView view;
  std::vector<std::uint8_t> bytes;
};

Picture make_picture(test::Choices& choices) {
  Picture picture;
  picture.view.width = choices.between(1, choices.one_in(8) ? 200 : 30);
  picture.view.height = choices.between(1, choices.one_in(8) ? 200 : 30);
  picture.view.format = static_cast<PixelFormat>(choices.below(8));
  const Index row = picture.view.width * bytes_per_pixel(picture.view.format);
  picture.view.row_stride = row + choices.below(3);
  picture.bytes.resize(static_cast<std::size_t>(picture.view.row_stride * (picture.view.height - 1) + row));
  for (std::size_t i = 0; i < picture.bytes.size(); ++i) picture.bytes[i] = static_cast<std::uint8_t>(i * 37 + i / 41);
  picture.view.pixels = picture.bytes.data();
  return picture;
}

// Empty: the network's numbers overflow, or it takes too much memory; both are said.
std::vector<std::uint8_t> colorize(std::span<const std::byte> model, const Picture& picture, ColorizerOptions options) {
  const auto colorizer = Colorizer::from_bytes(model, options);
  must(colorizer.has_value());
  auto workspace = colorizer->make_workspace({picture.view.width, picture.view.height});
  if (!workspace) {
    must(workspace.error().code == ErrorCode::too_large);
    return {};
  }
  std::vector<std::uint8_t> output(static_cast<std::size_t>(picture.view.width * picture.view.height * 3));
  const Status status = colorizer->colorize(picture.view,
                                            {.pixels = output.data(),
                                             .width = picture.view.width,
                                             .height = picture.view.height,
                                             .row_stride = 3 * picture.view.width},
                                            *workspace);
  if (status) return output;
  must(status.error().message() == "the network gave a colour that is not a number");
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
  test::Choices choices({data, length});
  const Picture picture = make_picture(choices);
  const Extent working = color::working_size({picture.view.height, picture.view.width}, size);
  const Extent square = color::working_size({size, size}, size);  // for which the engine is planned
  const std::string text = test::RandomNetwork(choices, {working, square}).grow();
  const auto model = test::random_model(text);
  if (!model) return 0;  // a text that its head does not fit
  ColorizerOptions options{.size = size, .threads = 1};
  if (choices.one_in(2)) options.upsampling = AbUpsampling::bilinear;
  const auto one = colorize(*model, picture, options);
  options.threads = static_cast<int>(choices.between(2, 4));
  must(colorize(*model, picture, options) == one);
  return 0;
}
