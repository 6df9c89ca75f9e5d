// What follows a convolution, done where its result is stored:
//   y = r(x + bias) · scale + shift,   r(v) = v, max(v, 0), or v < 0 ? slope·v : v
// per output channel. A batch norm after the ReLU is scale and shift; one before it is folded into weights and bias by
// the packer. NaN stays NaN. The vectors have padded_channels() floats. Tested by conv_micro_kernel_test.cpp.
#pragma once

#include <vector>

#include <ochre/simd/simd.hpp>
#include <ochre/tensor/blocked.hpp>

namespace ochre::inline v0::kernels {

enum class Rectifier { none, relu, leaky };

struct Epilogue {
  std::vector<float> bias;
  std::vector<float> scale;  // empty: no batch norm follows
  std::vector<float> shift;
  Rectifier rectifier = Rectifier::none;
  float slope = 0.0f;
};

// The epilogue of one register of channels.
template <class Arch>
class EpilogueVector {
 public:
  using Batch = simd::Batch<float, Arch>;

  [[gnu::always_inline]] EpilogueVector(const Epilogue& epilogue, Index channel) noexcept
      : bias_(simd::load<Arch>(epilogue.bias.data() + channel)),
        slope_(epilogue.slope),
        rectifier_(epilogue.rectifier),
        affine_(!epilogue.scale.empty()) {
    if (!affine_) return;
    scale_ = simd::load<Arch>(epilogue.scale.data() + channel);
    shift_ = simd::load<Arch>(epilogue.shift.data() + channel);
  }

  [[gnu::always_inline]] Batch operator()(Batch value) const noexcept {
    const Batch zero(0.0f);
    value = value + bias_;
    if (rectifier_ == Rectifier::relu) value = select(value < zero, zero, value);
    if (rectifier_ == Rectifier::leaky) value = select(value < zero, Batch(slope_) * value, value);
    return affine_ ? simd::fmadd(value, scale_, shift_) : value;
  }

 private:
  Batch bias_;
  Batch scale_ = simd::broadcast<Arch>(0.0f);
  Batch shift_ = simd::broadcast<Arch>(0.0f);
  float slope_;
  Rectifier rectifier_;
  bool affine_;
};

}  // namespace ochre::inline v0::kernels
