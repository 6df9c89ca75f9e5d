// One convolution with random operands, on the reference and on a kernel of the fast engine.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ochre/kernels/direct_conv.hpp>
#include <ochre/kernels/winograd_conv.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/parallel/thread_team.hpp>
#include <ochre/reference/compare.hpp>
#include <ochre/reference/error_bound.hpp>
#include <ochre/reference/winograd_bound.hpp>

#include "archs.hpp"

namespace ochre::test {

constexpr Extent ones{1, 1};
constexpr Extent twos{2, 2};

inline kernels::ConvShape dense(Index in, Index out, Index dilation = 1) {
  return {in, out, {{3, 3}, ones, {dilation, dilation}, {dilation, dilation}}};
}
inline kernels::ConvShape strided(Index in, Index out) { return {in, out, {{3, 3}, twos, ones, ones}}; }
inline kernels::ConvShape transposed(Index in, Index out) { return {in, out, {{4, 4}, twos, ones, ones}, true}; }

struct RandomSizes {
  RandomNumbers random;

  Index between(Index low, Index high) {
    return low + static_cast<Index>(random.next() % static_cast<std::uint64_t>(high - low + 1));
  }
  Extent extent(Index low, Index high) { return {between(low, high), between(low, high)}; }
};

struct ConvCase {
  kernels::ConvShape conv;
  Extent in;
  Tensor<double> x;  // all numbers are float32
  Tensor<double> weight;
  std::vector<double> bias;
  std::vector<double> factors;  // multiplied into the weights

  ConvCase(const kernels::ConvShape& shape, Extent input, std::uint64_t seed) : conv(shape), in(input) {
    RandomNumbers random(seed);
    const Extent kernel = conv.window.kernel;
    x = Tensor<double>::create({1, conv.in, in.h, in.w}).value();
    weight = Tensor<double>::create(
                 {conv.transposed ? conv.in : conv.out, conv.transposed ? conv.out : conv.in, kernel.h, kernel.w})
                 .value();
    for (Index i = 0; i < x.shape().size(); ++i) x.data()[i] = random.uniform();
    for (Index i = 0; i < weight.shape().size(); ++i) weight.data()[i] = random.uniform();
    for (Index o = 0; o < conv.out; ++o) bias.push_back(random.uniform());
    factors.assign(static_cast<std::size_t>(conv.out), 1.0);
  }

  // Small integers: every sum is exact, so that results can be compared bit by bit.
  void round_to_integers() {
    const auto round = [](double& value) { value = std::round(4.0 * value); };
    std::for_each(x.data(), x.data() + x.shape().size(), round);
    std::for_each(weight.data(), weight.data() + weight.shape().size(), round);
    std::for_each(bias.begin(), bias.end(), round);
  }

  Shape out() const {
    return conv.transposed ? conv_transpose2d_shape(x.shape(), transposed()) : conv2d_shape(x.shape(), plain());
  }
  reference::Conv2dParameters plain() const {
    return {weight.view(), bias.data(), conv.window.stride, conv.window.padding, conv.window.dilation, 1};
  }
  reference::ConvTranspose2dParameters transposed() const {
    return {weight.view(), bias.data(), conv.window.stride, conv.window.padding, {0, 0}, conv.window.dilation, 1};
  }

  Tensor<double> expected() const {
    auto result = Tensor<double>::create(out()).value();
    if (conv.transposed) {
      reference::conv_transpose2d(x.view(), transposed(), result.view());
    } else {
      reference::conv2d(x.view(), plain(), result.view());
    }
    return result;
  }

  Tensor<double> bound() const {
    const auto arithmetic = reference::arithmetic_of<float>();
    return conv.transposed ? conv_transpose2d_bound({x.view()}, transposed(), arithmetic).value()
                           : conv2d_bound({x.view()}, plain(), arithmetic).value();
  }

  template <class Algorithm>
  static reference::WinogradFilter filter() {
    const auto& matrices = kernels::winograd_of<Algorithm>;
    return {Algorithm::points.outputs, Algorithm::points.taps, &matrices.a_transposed.at[0][0], &matrices.g.at[0][0],
            &matrices.b_transposed.at[0][0]};
  }

  template <class Algorithm>
  Tensor<double> winograd_bound(reference::RoundingGrowth growth = reference::gamma) const {
    const auto arithmetic = reference::arithmetic_of<float>();
    const reference::Operand operand{x.view()};
    return conv.transposed
               ? winograd_conv_transpose2d_bound(operand, transposed(), filter<Algorithm>(), arithmetic, growth).value()
               : winograd_conv2d_bound(operand, plain(), filter<Algorithm>(), arithmetic, growth).value();
  }

  std::vector<float> float_weights() const {
    std::vector<float> numbers;
    for (Index i = 0; i < weight.shape().size(); ++i) numbers.push_back(static_cast<float>(weight.data()[i]));
    return numbers;
  }

  kernels::Epilogue epilogue() const {
    kernels::Epilogue result;
    result.bias.assign(bias.begin(), bias.end());
    result.bias.resize(static_cast<std::size_t>(kernels::padded_channels(conv.out)), 0.0f);
    return result;
  }

  template <class Arch, class Algorithm>
  std::unique_ptr<kernels::ConvKernel> winograd(const parallel::Team& team = {}) const {
    return packed(std::make_unique<kernels::WinogradConv<Arch>>(kernels::winograd_routine<Arch, Algorithm>, conv,
                                                                kernels::winograd_form(conv).value()),
                  team);
  }

  template <class Arch>
  std::unique_ptr<kernels::ConvKernel> direct(Index block, const parallel::Team& team = {}) const {
    return packed(std::make_unique<kernels::DirectConv<Arch>>(conv, block), team);
  }

  std::unique_ptr<kernels::ConvKernel> packed(std::unique_ptr<kernels::ConvKernel> kernel,
                                              const parallel::Team& team) const {
    const Index foretold = kernel->weight_bytes();
    REQUIRE(kernel->pack({float_weights(), factors}, epilogue(), team));
    CHECK(kernel->weight_bytes() == foretold);
    return kernel;
  }

  // The input's memory has no float more than its border needs, so that a sanitizer sees one pixel too many; around the
  // output's interior lies a border that must stay as it is. Channels that fill up a block must come out zero (of
  // numbers that are finite: 0 times infinity is not).
  // independent: instead of what the schedule says. parts, out_parts: of bf16, of input and output; 0: floats.
  struct RunOptions {
    parallel::Team team{};
    Index block = channel_block;
    std::optional<bool> independent{};
    int parts = 0;
    int out_parts = 0;
  };
  Tensor<float> run(const kernels::ConvKernel& kernel, const RunOptions& options) const;

  // The input in that layout, all around it zeros.
  std::vector<float> blocked_input(const BlockedLayout& layout) const {
    std::vector<float> numbers(static_cast<std::size_t>(layout.size()), 0.0f);
    const BlockedView<float> view{numbers.data(), layout};
    for (Index c = 0; c < conv.in; ++c) {
      for (Index y = 0; y < in.h; ++y) {
        for (Index column = 0; column < in.w; ++column) {
          view.at(c, y, column) = static_cast<float>(x.view().at(0, c, y, column));
        }
      }
    }
    return numbers;
  }

  // The same as bf16 parts.
  std::vector<float> input_parts(const BlockedLayout& layout, int parts) const {
    const BlockedLayout floats{conv.in, in};
    const std::vector<float> numbers = blocked_input(floats);
    std::vector<float> places(static_cast<std::size_t>(layout.size()), 0.0f);
    kernels::to_parts<simd::DefaultArch>(BlockedView<const float>{numbers.data(), floats},
                                         BlockedView<float>{places.data(), layout}, parts, {});
    return places;
  }

  std::string name() const {
    const auto side = [](Extent e) { return std::to_string(e.h) + "x" + std::to_string(e.w); };
    const Window& w = conv.window;
    return std::string(conv.transposed ? "transposed " : "") + side(w.kernel) + " stride " + side(w.stride) +
           " padding " + side(w.padding) + " dilation " + side(w.dilation) + ", " + std::to_string(conv.in) + " to " +
           std::to_string(conv.out) + " channels of " + side(in);
  }
};

inline Tensor<float> ConvCase::run(const kernels::ConvKernel& kernel, const RunOptions& options) const {
  constexpr float untouched = -777.0f;
  const Shape shape = out();
  const Extent extent{shape.h, shape.w};
  const auto channels = [](Index count, int parts) { return parts == 0 ? count : kernels::places_of(count, parts); };
  const BlockedLayout from{channels(conv.in, options.parts), in, kernel.border(in, extent), options.block};
  const BlockedLayout to{channels(conv.out, options.out_parts), extent, {1, 2, 0, 3}, channel_block};
  const auto inputs = options.parts == 0 ? blocked_input(from) : input_parts(from, options.parts);
  const BlockedView<const float> in_view{inputs.data(), from};
  std::vector<float> outputs(static_cast<std::size_t>(to.size()), untouched);
  const BlockedView<float> out_view{outputs.data(), to};
  auto schedule = kernel.schedule(from, to, options.team.threads);
  if (options.independent) {
    const bool enough = schedule.independent || !*options.independent;
    schedule.scratch *= enough ? 1 : options.team.threads;
    schedule.independent = *options.independent;
  }
  std::vector<float> scratch(static_cast<std::size_t>(schedule.scratch), std::numeric_limits<float>::quiet_NaN());
  kernel.run(in_view, out_view, schedule, scratch, options.team);

  auto result = Tensor<float>::create(shape).value();
  Index spoilt = 0;
  const bool finite = std::all_of(x.data(), x.data() + x.shape().size(), [](double v) { return std::isfinite(v); });
  const Index filled =
      options.out_parts == 0 ? to.blocks() * channel_block : to.blocks() / options.out_parts * kernels::parts_block;
  for (Index y = -to.border.top; y < extent.h + to.border.bottom; ++y) {
    for (Index column = -to.border.left; column < extent.w + to.border.right; ++column) {
      const bool inside = y >= 0 && y < extent.h && column >= 0 && column < extent.w;
      for (Index b = 0; b < to.blocks() && !inside; ++b) {
        const float* pixel = out_view.pixel(b, y, column);
        spoilt += std::count_if(pixel, pixel + channel_block, [](float value) { return value != untouched; });
      }
      for (Index c = 0; c < filled && inside; ++c) {
        const float value = options.out_parts == 0 ? out_view.at(c, y, column)
                                                   : kernels::from_parts(out_view, options.out_parts, c, y, column);
        if (c < conv.out) {
          result.view().at(0, c, y, column) = value;
        } else {
          spoilt += !(value == 0.0f || (!finite && std::isnan(value)));
        }
      }
    }
  }
  CHECK(spoilt == 0);
  return result;
}

inline bool same_bits(const Tensor<float>& tensor, const Tensor<float>& other) {
  return tensor.shape() == other.shape() &&
         std::memcmp(tensor.data(), other.data(), static_cast<std::size_t>(tensor.shape().size()) * sizeof(float)) == 0;
}

}  // namespace ochre::test
