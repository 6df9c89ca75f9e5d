// Some of the channels, `channels` in the text: y[c] = x[first + c], count of them; x[:, first:first+count] in NumPy's
// words. Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>

namespace ochre::inline v0::layers {

struct ChannelSliceSpec : PointwiseSpec {
  static constexpr std::string_view kind = "channels";

  Index first = 0;
  Index count = 1;

  static ChannelSliceSpec parse(Attributes& from) {
    ChannelSliceSpec spec;
    spec.first = from.index("first", 0, 0);
    spec.count = from.index("count", 1);
    return spec;
  }

  Result<Index> output_channels(Channels channels) const {
    const auto in = one_input(channels);
    if (!in) return in;
    if (first + count <= *in) return count;
    return Error{ErrorCode::malformed, std::to_string(*in) + " channels, expected " + std::to_string(first + count) +
                                           " or more: " + std::to_string(count) + " behind the first " +
                                           std::to_string(first)};
  }
};

template <class T, class Arch = simd::DefaultArch>
class ChannelSlice : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "copy";

  static Result<ChannelSlice> create(const ChannelSliceSpec& spec, Channels, Parameters<T>) {
    ChannelSlice layer;
    layer.first_ = spec.first;
    return layer;
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int) const noexcept {
    for (Index n = 0; n < output.shape.n; ++n) {
      std::copy_n(inputs[0].plane(n, first_), output.shape.c * output.shape.plane(), output.plane(n, 0));
    }
  }

 private:
  Index first_ = 0;
};

}  // namespace ochre::inline v0::layers
