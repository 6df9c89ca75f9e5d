// Any bytes as a network with a head, a picture's size, format and stride, or a frame's of luma and chroma, and
// options: the colours come out in the picture's own memory and nowhere else, and are the same for one thread and for
// several.
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

// A plane of the heap's with just the bytes that it has.
struct OwnedPlane {
  MutablePlane view;
  std::vector<std::uint8_t> bytes;

  OwnedPlane(Index width, Index height, YuvDepth depth, test::Choices& choices) {
    const Index step = bytes_per_sample(depth) + choices.below(3);
    const Index row = (width - 1) * step + bytes_per_sample(depth);
    const Index stride = row + choices.below(3);
    bytes.resize(static_cast<std::size_t>(stride * (height - 1) + row));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 41 + i / 37);
    view = {bytes.data(), stride, step};
    if (choices.one_in(3)) view = {bytes.data() + stride * (height - 1), -stride, step};
  }
};

struct Frame {
  std::vector<OwnedPlane> planes;
  MutableYuvView view;

  Frame(Index width, Index height, test::Choices& choices) {
    view.width = width;
    view.height = height;
    view.format = {static_cast<ChromaSubsampling>(choices.between(1, 3)), static_cast<YuvDepth>(choices.below(3)),
                   static_cast<YuvRange>(choices.below(2)), static_cast<YuvMatrix>(choices.below(2))};
    const YuvDepth depth = view.format.depth;
    planes.emplace_back(width, height, depth, choices);
    for (int i = 0; i < 2; ++i) planes.emplace_back(view.chroma_width(), view.chroma_height(), depth, choices);
    view.luma = planes[0].view;
    view.cb = planes[1].view;
    view.cr = planes[2].view;
  }
};

// Empty: the network's numbers overflow, or it takes too much memory; both are said.
std::vector<std::uint8_t> colorize(std::span<const std::byte> model, const Picture& picture, ColorizerOptions options) {
  const auto colorizer = Colorizer::from_bytes(model, options);
  must(colorizer.has_value());
  auto workspace = colorizer->make_workspace(picture.view.extent());
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

// The same of a frame that the choices make, in its own memory: Cb and Cr. Its luma stays.
std::vector<std::uint8_t> colorize_frame(std::span<const std::byte> model, Extent size_of, test::Choices choices,
                                         ColorizerOptions options) {
  Frame frame(size_of.w, size_of.h, choices);
  const std::vector<std::uint8_t> luma = frame.planes[0].bytes;
  const auto colorizer = Colorizer::from_bytes(model, options);
  must(colorizer.has_value());
  auto workspace = colorizer->make_workspace(size_of);
  if (!workspace) return {};
  const Status status = colorizer->colorize(frame.view, frame.view, *workspace);
  must(frame.planes[0].bytes == luma);
  if (!status) return {};
  std::vector<std::uint8_t> chroma = frame.planes[1].bytes;
  chroma.insert(chroma.end(), frame.planes[2].bytes.begin(), frame.planes[2].bytes.end());
  return chroma;
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
  const bool as_frame = choices.one_in(2);
  const Extent picture_size = picture.view.extent();
  const auto run = [&] {
    return as_frame ? colorize_frame(*model, picture_size, choices, options) : colorize(*model, picture, options);
  };
  const auto one_thread = run();
  const auto threads = static_cast<int>(test::Choices(choices).between(2, 4));
  options.threads = threads;
  must(run() == one_thread);
  return 0;
}
