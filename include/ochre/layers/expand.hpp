// Repeats the first input until it has the second one's shape: over the channels where it has one, over the picture
// where that is one pixel. The second one's numbers do not count. So a gate of one number a channel, or of one a pixel,
// meets what it weighs. Source: broadcasting of ONNX and numpy. Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

struct ExpandSpec {
  static constexpr std::string_view kind = "expand";

  static ExpandSpec parse(Attributes&) { return {}; }

  Result<Index> output_channels(Channels channels) const {
    if (channels.size() != 2) {
      return Error{ErrorCode::malformed, std::to_string(channels.size()) + " inputs, expected two (from=small,like)"};
    }
    if (channels[0] == channels[1] || channels[0] == 1) return channels[1];
    return Error{ErrorCode::malformed, std::to_string(channels[0]) + " channels to become " +
                                           std::to_string(channels[1]) + ", expected as many, or one"};
  }

  Result<Extent> output_extent(Extents extents) const {
    if (extents[0] == extents[1] || extents[0] == Extent{1, 1}) return extents[1];
    return Error{ErrorCode::invalid_argument,
                 "a picture of " + std::to_string(extents[0].h) + "x" + std::to_string(extents[0].w) + " to become " +
                     std::to_string(extents[1].h) + "x" + std::to_string(extents[1].w) + ", expected as large, or 1x1"};
  }

  std::vector<RequiredTensor> tensors(Channels) const { return {}; }
  double macs(Channels, Extent) const { return 0; }
};

template <class T, class Arch = simd::DefaultArch>
class Expand : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "copy";

  static Result<Expand> create(const ExpandSpec&, Channels, Parameters<T>) { return Expand{}; }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const auto& input = inputs[0];
    const Index plane = output.shape.plane();
    parallel::parallel_for(threads, output.shape.n * output.shape.c, [&](Index begin, Index end, int) noexcept {
      for (Index p = begin; p < end; ++p) {
        const Index channel = input.shape.c == 1 ? 0 : p % output.shape.c;
        const T* from = input.data + (p / output.shape.c * input.shape.c + channel) * input.shape.plane();
        if (input.shape.plane() == plane) {
          std::copy_n(from, plane, output.data + p * plane);
        } else {
          std::fill_n(output.data + p * plane, plane, *from);
        }
      }
    });
  }
};

}  // namespace ochre::inline v0::layers
