// Sum of two or more inputs of one shape, in their order: y = x0 + x1 + …. Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

struct AddSpec {
  static constexpr std::string_view kind = "add";

  static AddSpec parse(Attributes&) { return {}; }

  Result<Index> output_channels(Channels channels) const {
    if (channels.size() < 2) return Error{ErrorCode::malformed, "one input, expected two or more (from=a,b)"};
    for (const Index c : channels) {
      if (c != channels[0]) {
        return Error{ErrorCode::malformed, "inputs of " + std::to_string(channels[0]) + " and " + std::to_string(c) +
                                               " channels, expected the same number"};
      }
    }
    return channels[0];
  }

  Result<Extent> output_extent(Extents extents) const {
    for (const Extent& extent : extents) {
      if (extent != extents[0]) {
        return Error{ErrorCode::invalid_argument,
                     "inputs of " + std::to_string(extents[0].h) + "x" + std::to_string(extents[0].w) + " and " +
                         std::to_string(extent.h) + "x" + std::to_string(extent.w) + ", expected the same size"};
      }
    }
    return extents[0];
  }

  std::vector<RequiredTensor> tensors(Channels) const { return {}; }
  double macs(Channels, Extent) const { return 0; }
};

template <class T, class Arch = simd::DefaultArch>
class Add : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Add> create(const AddSpec&, Channels, Parameters<T>) { return Add{}; }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    parallel::parallel_for(threads, output.shape.size(), [&](Index begin, Index end, int) noexcept {
      std::copy(inputs[0].data + begin, inputs[0].data + end, output.data + begin);
      for (const auto& input : inputs.subspan(1)) {
        for (Index i = begin; i < end; ++i) output.data[i] += input.data[i];
      }
    });
  }
};

}  // namespace ochre::inline v0::layers
