// Upsampling of blocked tensors gives the bits of the readable engine's layer, in every mode and for whatever the
// workers take; the border stays as it is.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <vector>

#include <ochre/kernels/blocked_upsample.hpp>
#include <ochre/layers/upsample.hpp>
#include <ochre/network/random_weights.hpp>

namespace {

using namespace ochre;
using kernels::Interpolation;

void check_upsample(const Shape& in, Extent factor, Interpolation mode, Index rows) {
  constexpr float untouched = -777.0f;
  auto input = Tensor<float>::create(in).value();
  RandomNumbers random(7);
  for (Index i = 0; i < in.size(); ++i) input.data()[i] = static_cast<float>(random.uniform());
  input.data()[0] = std::numeric_limits<float>::infinity();
  const Shape out{1, in.c, in.h * factor.h, in.w * factor.w};
  auto expected = Tensor<float>::create(out).value();
  layers::UpsampleSpec spec;
  spec.factor = factor;
  spec.mode = mode;
  const auto layer = layers::Upsample<float>::create(spec, {}, {}).value();
  const TensorView<const float> view = input.view();
  layer.run({&view, 1}, expected.view(), {}, 1);

  const BlockedLayout from{in.c, {in.h, in.w}, {1, 0, 2, 1}};
  const BlockedLayout to{in.c, {out.h, out.w}, {0, 1, 1, 2}};
  std::vector<float> inputs(static_cast<std::size_t>(from.size()), 0.0f);
  std::vector<float> outputs(static_cast<std::size_t>(to.size()), untouched);
  tensor::to_blocked(view, {inputs.data(), from}, 0, in.c);
  const Index all = to.blocks() * out.h;
  for (Index first = 0; first < all; first += rows) {
    kernels::upsample_blocked({inputs.data(), from}, {outputs.data(), to}, mode, first, std::min(first + rows, all));
  }
  auto actual = Tensor<float>::create(out).value();
  to_planar({outputs.data(), to}, actual.view(), 0, in.c);
  CHECK(std::memcmp(actual.data(), expected.data(), static_cast<std::size_t>(out.size()) * sizeof(float)) == 0);
  Index border = 0;
  for (const float value : outputs) border += value == untouched;
  CHECK(border == to.size() - to.blocks() * channel_block * out.plane());
}

TEST_CASE("blocked upsample: the readable layer's bits") {
  for (const auto mode : {Interpolation::nearest, Interpolation::bilinear, Interpolation::bilinear_align_corners}) {
    for (const Index rows : {Index{1}, Index{5}, Index{1000}}) {
      check_upsample({1, 16, 3, 5}, {2, 2}, mode, rows);
      check_upsample({1, 21, 4, 2}, {1, 3}, mode, rows);
      check_upsample({1, 3, 1, 1}, {4, 5}, mode, rows);
      check_upsample({1, 40, 2, 50}, {3, 2}, mode, rows);
    }
  }
}

}  // namespace
