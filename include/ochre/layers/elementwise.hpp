// Several inputs of one shape, number by number, from the first to the last:
//   multiply: x0·x1·…   divide: x0/x1   maximum   minimum
// The last two give NaN where any of them is one, as PyTorch's do. Smaller pictures are brought to the shape by
// `expand`. Proven in layers_test.cpp.
#pragma once

#include <ochre/layers/add.hpp>

namespace ochre::inline v0::layers {

struct MultiplySpec : AddSpec {
  static constexpr std::string_view kind = "multiply";
  static MultiplySpec parse(Attributes&) { return {}; }

  template <class T>
  static T combine(T left, T right) noexcept {
    return left * right;
  }
};

struct DivideSpec : AddSpec {
  static constexpr std::string_view kind = "divide";
  static DivideSpec parse(Attributes&) { return {}; }

  Result<Index> output_channels(Channels channels) const {
    if (channels.size() == 2) return AddSpec::output_channels(channels);
    return Error{ErrorCode::malformed, std::to_string(channels.size()) + " inputs, expected two (from=a,b)"};
  }

  template <class T>
  static T combine(T left, T right) noexcept {
    return left / right;
  }
};

struct MaximumSpec : AddSpec {
  static constexpr std::string_view kind = "maximum";
  static MaximumSpec parse(Attributes&) { return {}; }

  // Comparisons with NaN are false: the right one is taken if it is NaN, the left one stays if it is.
  template <class T>
  static T combine(T left, T right) noexcept {
    return left >= right || left != left ? left : right;
  }
};

struct MinimumSpec : AddSpec {
  static constexpr std::string_view kind = "minimum";
  static MinimumSpec parse(Attributes&) { return {}; }

  template <class T>
  static T combine(T left, T right) noexcept {
    return left <= right || left != left ? left : right;
  }
};

template <class Spec, class T>
class Elementwise : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "pointwise";

  static Result<Elementwise> create(const Spec&, Channels, Parameters<T>) { return Elementwise{}; }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T>, int threads) const noexcept {
    parallel::parallel_for(threads, output.shape.size(), [&](Index begin, Index end, int) noexcept {
      std::copy(inputs[0].data + begin, inputs[0].data + end, output.data + begin);
      for (const auto& input : inputs.subspan(1)) {
        for (Index i = begin; i < end; ++i) output.data[i] = Spec::combine(output.data[i], input.data[i]);
      }
    });
  }
};

template <class T, class Arch = simd::DefaultArch>
using Multiply = Elementwise<MultiplySpec, T>;
template <class T, class Arch = simd::DefaultArch>
using Divide = Elementwise<DivideSpec, T>;
template <class T, class Arch = simd::DefaultArch>
using Maximum = Elementwise<MaximumSpec, T>;
template <class T, class Arch = simd::DefaultArch>
using Minimum = Elementwise<MinimumSpec, T>;

}  // namespace ochre::inline v0::layers
