// What convolutions and transposed convolutions have in common in the network's text. Proven in
// description_parser_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>

namespace ochre::inline v0::layers {

struct ConvolutionSpec {
  Index out = 1;  // channels
  Window window;
  Index groups = 1;
  bool bias = true;

  // Takes `out`, `kernel`, `stride`, `padding`, `dilation`, `groups` and `bias`.
  void read(Attributes& from) {
    out = from.index("out", 1);
    window.kernel = from.extent("kernel", 1);
    window.stride = from.extent("stride", 1, Extent{1, 1});
    window.padding = from.extent("padding", 0, Extent{0, 0});
    window.dilation = from.extent("dilation", 1, Extent{1, 1});
    groups = from.index("groups", 1, 1);
    bias = from.flag("bias", true);
    if (out % std::max<Index>(groups, 1) != 0) from.fail("`out` is not a multiple of `groups`");
  }

  Result<Index> output_channels(Channels channels) const {
    const auto in = one_input(channels);
    if (!in) return in;
    if (*in % groups == 0) return out;
    return Error{ErrorCode::malformed,
                 std::to_string(*in) + " input channels, expected a multiple of groups=" + std::to_string(groups)};
  }
};

}  // namespace ochre::inline v0::layers
