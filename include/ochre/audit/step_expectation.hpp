// What a step of the fast engine must give for the inputs it had: its layers run one by one in double, as the readable
// engine runs them, and for every number a bound of what float may make of it, whatever the order of summation:
//   direct convolution   reference/error_bound.hpp: gamma(K+2) (Σ |w||x| + |bias|)
//   on the tile unit     reference/split_bound.hpp: as that, with the roundings of bf16 parts
//   Winograd             reference/winograd_bound.hpp, summed by audit/winograd_sizes.hpp; of gamma and likely_gamma
//                        the smaller one, as several hundred channels leave gamma alone with a bound of the output's
//                        size
//     of bf16            that, and 8 √2 2^-8 of the root of the summed squares of all products: both factors of each
//                        are rounded by 2^-8, and those roundings add up as independent ones of mean zero do, but for a
//                        probability of 2 exp(-8²/2) (Hoeffding), as likely_gamma() takes it of float's
//   all that follows     error_bound.hpp, one layer after the other, each with the error of the one before
// What is folded into a convolution: audit/convolution_sizes.hpp.
// Tested by engine_audit_test.cpp.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ochre/audit/convolution_sizes.hpp>
#include <ochre/audit/winograd_sizes.hpp>
#include <ochre/engine/engine_plan.hpp>
#include <ochre/kernels/winograd_points.hpp>
#include <ochre/network/parameters.hpp>
#include <ochre/reference/attention_bound.hpp>
#include <ochre/reference/error_bound.hpp>
#include <ochre/reference/pool_bound.hpp>
#include <ochre/reference/resample_bound.hpp>
#include <ochre/reference/split_bound.hpp>

namespace ochre::inline v0::audit {

struct Expectation {
  Tensor<double> value;
  Tensor<double> bound;  // of the distance from value
};

template <class Algorithm>
reference::WinogradFilter filter_of() {
  const auto& matrices = kernels::winograd_of<Algorithm>;
  return {Algorithm::points.outputs, Algorithm::points.taps, &matrices.a_transposed.at[0][0], &matrices.g.at[0][0],
          &matrices.b_transposed.at[0][0]};
}

// Nothing for a direct convolution.
inline std::optional<reference::WinogradFilter> filter_of(ConvAlgorithm algorithm) {
  switch (algorithm) {
    case ConvAlgorithm::winograd_f42:
      return filter_of<kernels::F42>();
    case ConvAlgorithm::winograd_f43:
      return filter_of<kernels::F43>();
    case ConvAlgorithm::winograd_f63:
      return filter_of<kernels::F63>();
    case ConvAlgorithm::direct:
    case ConvAlgorithm::tile_unit:
      break;
  }
  return std::nullopt;
}

template <class Arch>
class StepJudge {
 public:
  // Both must live as long as the judge.
  StepJudge(const NetworkDescription& network, const ParameterSource<double>& weights, int threads) noexcept
      : network_(network), weights_(weights), threads_(threads) {}

  // inputs: of the step's first layer; taken as exact. A step without layers hands its input on as it is.
  Result<Expectation> expect(const engine::Step& step, std::vector<Tensor<double>> inputs) const {
    Expectation now;
    if (step.layers.empty()) {
      auto bound = Tensor<double>::create(inputs[0].shape());
      if (!bound) return std::move(bound).error();
      now = {std::move(inputs[0]), *std::move(bound)};
      const auto* to_parts = step.as<engine::ToPartsStep>();
      if (to_parts != nullptr) round_to_parts(to_parts->parts, now);
      return now;
    }
    std::vector<reference::Operand> operands;
    for (const auto& input : inputs) operands.push_back({input.view()});
    const auto* conv = step.as<engine::ConvolutionStep>();
    for (std::size_t i = 0; i < step.layers.size(); ++i) {
      const LayerDescription& first = layer(step.layers[i]);
      const bool leads = i == 0 && conv != nullptr;
      const bool folds =
          leads && step.layers.size() > 1 && std::holds_alternative<layers::BatchNormSpec>(layer(step.layers[1]).spec);
      auto next =
          leads ? convolve(first, folds ? &layer(step.layers[1]) : nullptr, *conv, operands) : apply(first, operands);
      if (!next) return std::move(next).error().in("layer " + first.name);
      if (folds) ++i;
      now = *std::move(next);
      operands = {{std::as_const(now.value).view(), now.bound.data()}};
    }
    if (conv != nullptr && conv->out_parts != 0) round_to_parts(conv->out_parts, now);
    return now;
  }

 private:
  using Operands = std::span<const reference::Operand>;

  const LayerDescription& layer(Index i) const { return network_.layers[static_cast<std::size_t>(i)]; }

  // A result that is stored as bf16 parts.
  static void round_to_parts(int parts, Expectation& now) {
    for (Index k = 0; k < now.value.shape().size(); ++k) {
      double& bound = now.bound.data()[k];
      bound = reference::parts_rounding(now.value.data()[k], bound, parts, float_);
    }
  }

  // A layer in double.
  Result<Tensor<double>> run(const LayerSpec& spec, std::span<const Index> channels, Index out_channels,
                             layers::Parameters<double> parameters, Operands operands) const {
    const auto runnable = network::create_layer<double, Arch>(spec, channels, parameters);
    if (!runnable) return runnable.error();
    std::vector<TensorView<const double>> inputs;
    std::vector<Shape> shapes;
    std::vector<Extent> extents;
    for (const auto& operand : operands) {
      inputs.push_back(operand.value);
      shapes.push_back(operand.value.shape);
      extents.push_back({operand.value.shape.h, operand.value.shape.w});
    }
    const auto extent = std::visit([&](const auto& kind) { return kind.output_extent(extents); }, spec);
    if (!extent) return extent.error();
    auto output = Tensor<double>::create({1, out_channels, extent->h, extent->w});
    if (!output) return output;
    const auto needed = std::visit([&](const auto& kind) { return kind.scratch_size(shapes, threads_); }, *runnable);
    if (!needed) return Error{ErrorCode::too_large, "the scratch memory"};
    auto scratch = AlignedBuffer<double>::create(*needed);
    if (!scratch) return std::move(scratch).error();
    std::visit([&](const auto& kind) { kind.run(inputs, output->view(), scratch->span(), threads_); }, *runnable);
    return output;
  }

  Result<Tensor<double>> run(const LayerDescription& described, layers::Parameters<double> parameters,
                             Operands operands) const {
    return run(described.spec, described.channels, described.out_channels, parameters, operands);
  }

  // A convolution of the fast engine, with the batch norm that is folded into its weights.
  Result<Expectation> convolve(const LayerDescription& conv, const LayerDescription* norm,
                               const engine::ConvolutionStep& step, Operands operands) const {
    const auto filter = filter_of(step.chosen);
    const auto parameters = network::read_parameters<double>(conv, weights_);
    if (!parameters) return parameters.error();
    auto value = run(conv, *parameters, operands);
    if (!value) return std::move(value).error();
    auto sizes = convolution_sizes(conv, *parameters);
    if (!sizes) return std::move(sizes).error();
    std::vector<double> factors(static_cast<std::size_t>(conv.out_channels), 1.0);
    if (norm != nullptr) {
      const auto statistics = network::read_parameters<double>(*norm, weights_);
      if (!statistics) return statistics.error();
      const reference::Operand result{std::as_const(*value).view()};
      auto normalised = run(*norm, *statistics, {&result, 1});
      if (!normalised) return std::move(normalised).error();
      value = std::move(normalised);
      const auto folded = batch_norm_parameters(*norm, *statistics);
      factors = folded_factors(folded, conv.out_channels);
      fold(*sizes, conv, folded, factors);
    }
    const bool in_parts = step.chosen == ConvAlgorithm::tile_unit;
    auto bound = filter     ? winograd_bound(conv, *sizes, *filter, operands[0], value->shape())
                 : in_parts ? parts_bound(conv, *sizes, kernels::bf16_parts(step.kernel->precision()), operands[0])
                            : direct_bound(conv, *sizes, operands[0]);
    if (!bound) return std::move(bound).error();
    if (filter && step.kernel->precision() == Precision::bf16) {
      Status status = add_bf16_roundings(conv, (*parameters)[0].span(), factors, *filter, operands[0], bound->view());
      if (!status) return std::move(status).error();
    }
    return Expectation{*std::move(value), *std::move(bound)};
  }

  // Any layer as the readable engine computes it.
  Result<Expectation> apply(const LayerDescription& described, Operands operands) const {
    const auto parameters = network::read_parameters<double>(described, weights_);
    if (!parameters) return parameters.error();
    auto value = run(described, *parameters, operands);
    if (!value) return std::move(value).error();
    auto bound =
        std::visit([&](const auto& spec) { return bound_of(spec, described, *parameters, operands); }, described.spec);
    if (!bound) return std::move(bound).error();
    return Expectation{*std::move(value), *std::move(bound)};
  }

  // gamma(K+2) (Σ |w| (|x|+e) + |b|) + Σ |w| e + 2(K+1) tiny, as sum_of_products_bound() has it, by the layer in
  // double. A folded weight may be too small for a normal number: tiny/gamma on top of each |w| covers tiny |x|.
  Result<Tensor<double>> direct_bound(const LayerDescription& conv, ConvolutionSizes& sizes,
                                      const reference::Operand& x) const {
    const double relative = reference::gamma(sizes.products + sizes.roundings, float_.unit);
    auto carried = x.error == nullptr ? Tensor<double>::create({1, 1, 1, 1}) : carried_error(conv, sizes, x);
    if (!carried) return carried;
    for (double& weight : sizes.parameters[0].span()) weight += float_.tiny / relative;
    auto largest = absolute(x);
    if (!largest) return largest;
    const reference::Operand operand{std::as_const(*largest).view()};
    auto bound = run(with_bias(conv.spec, true), conv.channels, conv.out_channels, sizes.parameters, {&operand, 1});
    if (!bound) return bound;
    const double underflow = 2.0 * static_cast<double>(sizes.products + 1) * float_.tiny;
    for (Index k = 0; k < bound->shape().size(); ++k) {
      double& number = bound->data()[k];
      number = relative * number + underflow + (x.error == nullptr ? 0.0 : carried->data()[k]);
    }
    return bound;
  }

  // reference/split_bound.hpp, by the layer in double. The input is what the kernel read.
  Result<Tensor<double>> parts_bound(const LayerDescription& conv, ConvolutionSizes& sizes, int parts,
                                     const reference::Operand& x) const {
    const auto growth = reference::parts_growth(sizes.products, conv.channels[0], parts, sizes.roundings, float_);
    for (double& weight : sizes.parameters[0].span()) weight += growth.floor;
    for (double& bias : sizes.parameters[1].span()) bias *= growth.sums / growth.products;
    auto largest = absolute(x);
    if (!largest) return largest;
    for (Index k = 0; k < largest->shape().size(); ++k) largest->data()[k] += growth.floor;
    const reference::Operand operand{std::as_const(*largest).view()};
    auto bound = run(with_bias(conv.spec, true), conv.channels, conv.out_channels, sizes.parameters, {&operand, 1});
    if (!bound) return bound;
    for (Index k = 0; k < bound->shape().size(); ++k)
      bound->data()[k] = growth.products * bound->data()[k] + growth.lost;
    return bound;
  }

  Result<Tensor<double>> carried_error(const LayerDescription& conv, const ConvolutionSizes& sizes,
                                       const reference::Operand& x) const {
    const reference::Operand error{{x.error, x.value.shape}};
    return run(with_bias(conv.spec, false), conv.channels, conv.out_channels, sizes.parameters, {&error, 1});
  }

  Result<Tensor<double>> winograd_bound(const LayerDescription& conv, const ConvolutionSizes& sizes,
                                        const reference::WinogradFilter& filter, const reference::Operand& x,
                                        const Shape& shape) const {
    auto bound = Tensor<double>::create(shape);
    if (!bound) return bound;
    auto largest = absolute(x);
    if (!largest) return largest;
    const Index n = filter.points();
    WinogradOperands operands = winograd_operands(conv, filter);
    operands.sizes = std::as_const(*largest).view();
    operands.weights = {sizes.parameters[0].data(), weight_shape(conv)};
    const Index sources = operands.rows.sources() * operands.columns.sources();
    // N = K + 4n + 8 has 3 for the weights; sizes.roundings is 2, and 3 more where a batch norm is folded.
    const Index roundings = x.value.shape.c * sources + 4 * n + 6 + sizes.roundings;
    operands.growth =
        std::min(reference::gamma(roundings, float_.unit), reference::likely_gamma(roundings, float_.unit));
    if (Status status = add_winograd_sizes<Arch>(operands, bound->view()); !status) return std::move(status).error();
    const double lost = 2.0 * static_cast<double>(n) *
                        (reference::largest_row_sum(filter.a_transposed, filter.outputs, n) + 1.0) * float_.tiny;
    for (Index k = 0; k < shape.size(); ++k) {
      bound->data()[k] += operands.growth * sizes.bias()[k / shape.plane()] + lost;
    }
    return bound;
  }

  // Of a form that is read from the layer; without the numbers.
  WinogradOperands winograd_operands(const LayerDescription& conv, const reference::WinogradFilter& filter) const {
    using Kind = reference::WinogradKind;
    const auto* transposed = std::get_if<layers::ConvTranspose2dSpec>(&conv.spec);
    const Window& window = transposed ? transposed->window : std::get<layers::Conv2dSpec>(conv.spec).window;
    const Kind kind = transposed ? Kind::transposed : window.stride == Extent{2, 2} ? Kind::strided : Kind::dense;
    return {
        {},     {}, filter,  {kind, window.padding.h, window.dilation.h}, {kind, window.padding.w, window.dilation.w},
        float_, 0,  threads_};
  }

  // What rounding both factors of each of Winograd's products to bf16 adds to a bound. The input is what the kernel
  // read.
  Status add_bf16_roundings(const LayerDescription& conv, std::span<const double> weights,
                            const std::vector<double>& factors, const reference::WinogradFilter& filter,
                            const reference::Operand& x, TensorView<double> bound) const {
    auto folded = AlignedBuffer<double>::create(static_cast<Index>(weights.size()));
    auto squares = Tensor<double>::create(bound.shape);
    if (!folded) return std::move(folded).error();
    if (!squares) return std::move(squares).error();
    std::copy(weights.begin(), weights.end(), folded->data());
    multiply_weights(folded->data(), conv, factors);
    WinogradOperands operands = winograd_operands(conv, filter);
    operands.sizes = x.value;
    operands.weights = {folded->data(), weight_shape(conv)};
    operands.squares = true;
    if (Status status = add_winograd_sizes<Arch>(operands, squares->view()); !status) return status;
    const double each = 8.0 * std::sqrt(2.0) * 0x1p-8 * (1 + 0x1p-8);
    for (Index k = 0; k < bound.shape.size(); ++k) bound.data[k] += each * std::sqrt(squares->data()[k]);
    return {};
  }

  // |x| + e
  static Result<Tensor<double>> absolute(const reference::Operand& x) {
    auto sizes = Tensor<double>::create(x.value.shape);
    if (!sizes) return sizes;
    for (Index k = 0; k < x.value.shape.size(); ++k) sizes->data()[k] = x.largest_at(k);
    return sizes;
  }

  static LayerSpec with_bias(LayerSpec spec, bool bias) {
    if (auto* conv = std::get_if<layers::Conv2dSpec>(&spec)) conv->bias = bias;
    if (auto* conv = std::get_if<layers::ConvTranspose2dSpec>(&spec)) conv->bias = bias;
    return spec;
  }

  using Parameters = layers::Parameters<double>;
  using Bound = Result<Tensor<double>>;

  template <class Convolution>
  requires std::is_base_of_v<layers::ConvolutionSpec, Convolution> Bound bound_of(const Convolution&,
                                                                                  const LayerDescription& conv,
                                                                                  Parameters parameters, Operands x)
  const {
    auto sizes = convolution_sizes(conv, parameters);
    if (!sizes) return std::move(sizes).error();
    return direct_bound(conv, *sizes, x[0]);
  }
  Bound bound_of(const layers::BatchNormSpec&, const LayerDescription& norm, Parameters parameters, Operands x) const {
    return batch_norm_bound(x[0], batch_norm_parameters(norm, parameters), float_);
  }
  Bound bound_of(const layers::ReluSpec&, const LayerDescription&, Parameters, Operands x) const {
    return relu_bound(x[0]);
  }
  Bound bound_of(const layers::LeakyReluSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    return leaky_relu_bound(x[0], {spec.slope}, float_);
  }
  Bound bound_of(const layers::TanhSpec&, const LayerDescription&, Parameters, Operands x) const {
    return tanh_bound(x[0], float_);
  }
  Bound bound_of(const layers::SigmoidSpec&, const LayerDescription&, Parameters, Operands x) const {
    return sigmoid_bound(x[0], float_);
  }
  Bound bound_of(const layers::PadSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    using Mode = reference::PadMode;
    const Mode mode = spec.mode == layers::PadMode::edge      ? Mode::edge
                      : spec.mode == layers::PadMode::reflect ? Mode::reflect
                                                              : Mode::zero;
    return pad_bound(x[0], {spec.top, spec.left, spec.bottom, spec.right, mode});
  }
  Bound bound_of(const layers::DownsampleSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    return downsample_bound(x[0], {spec.stride});
  }
  Bound bound_of(const layers::UpsampleSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    const bool nearest = spec.mode == layers::UpsampleMode::nearest;
    return upsample_bound(x[0],
                          {spec.factor, nearest ? reference::UpsampleMode::nearest : reference::UpsampleMode::bilinear,
                           spec.mode == layers::UpsampleMode::bilinear_align_corners},
                          float_);
  }
  Bound bound_of(const layers::ResizeSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    using layers::ResizeMode;
    const auto mode = spec.by.mode == ResizeMode::nearest    ? reference::ResizeMode::nearest
                      : spec.by.mode == ResizeMode::bilinear ? reference::ResizeMode::bilinear
                                                             : reference::ResizeMode::bicubic;
    return resize_bound(x[0],
                        {spec.scale, mode, static_cast<reference::ResizePlaces>(spec.by.coordinates),
                         static_cast<reference::ResizeRounding>(spec.by.rounding),
                         spec.by.mode == ResizeMode::catmull_rom ? -0.5 : -0.75},
                        float_);
  }
  Bound bound_of(const layers::SoftmaxSpec&, const LayerDescription&, Parameters, Operands x) const {
    return softmax_bound(x[0], float_);
  }
  Bound bound_of(const layers::AttentionSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    return attention_bound(x[0], {spec.heads, spec.most_keys}, float_);
  }
  Bound bound_of(const layers::AddSpec&, const LayerDescription&, Parameters, Operands x) const {
    return add_bound(x, float_);
  }
  Bound bound_of(const layers::InstanceNormSpec& spec, const LayerDescription&, Parameters parameters,
                 Operands x) const {
    return instance_norm_bound(x[0], {parameters[0].data(), parameters[1].data(), spec.eps}, float_);
  }
  Bound bound_of(const layers::MultiplySpec&, const LayerDescription&, Parameters, Operands x) const {
    return multiply_bound(x, float_);
  }
  Bound bound_of(const layers::DivideSpec&, const LayerDescription&, Parameters, Operands x) const {
    return divide_bound(x, float_);
  }
  Bound bound_of(const layers::MaximumSpec&, const LayerDescription&, Parameters, Operands x) const {
    return extreme_bound(x);
  }
  Bound bound_of(const layers::MinimumSpec&, const LayerDescription&, Parameters, Operands x) const {
    return extreme_bound(x);
  }
  Bound bound_of(const layers::ExpandSpec&, const LayerDescription&, Parameters, Operands x) const {
    const Shape& like = x[1].value.shape;
    return expand_bound(x[0], like);
  }
  Bound bound_of(const layers::PreluSpec&, const LayerDescription&, Parameters parameters, Operands x) const {
    return prelu_bound(x[0], parameters[0].data(), float_);
  }
  Bound bound_of(const layers::ConstantSpec& spec, const LayerDescription&, Parameters parameters, Operands x) const {
    const Shape& picture = x[0].value.shape;
    return constant_bound({parameters[0].data(), {1, spec.channels, spec.table.h, spec.table.w}},
                          {picture.n, spec.channels, picture.h, picture.w}, float_);
  }
  Bound bound_of(const layers::ConcatSpec&, const LayerDescription&, Parameters, Operands x) const {
    return concat_bound(x);
  }
  Bound bound_of(const layers::ScaleSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    return scale_bound(x[0], {spec.factor, spec.offset}, float_);
  }
  Bound bound_of(const layers::ClipSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    return clip_bound(x[0], {spec.least, spec.most}, float_);
  }
  Bound bound_of(const layers::MaxPoolSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    return max_pool_bound(x[0], {spec.window, spec.ceil});
  }
  Bound bound_of(const layers::AveragePoolSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    return average_pool_bound(x[0], {spec.window, spec.ceil, spec.count_padding}, float_);
  }
  Bound bound_of(const layers::GlobalAveragePoolSpec&, const LayerDescription&, Parameters, Operands x) const {
    return global_average_pool_bound(x[0], float_);
  }
  Bound bound_of(const layers::DepthToSpaceSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    const bool crd = spec.order == layers::DepthOrder::crd;
    return depth_to_space_bound(x[0], {spec.factor, crd ? reference::DepthOrder::crd : reference::DepthOrder::dcr});
  }
  Bound bound_of(const layers::ChannelSliceSpec& spec, const LayerDescription&, Parameters, Operands x) const {
    return channel_slice_bound(x[0], {spec.first, spec.count});
  }

  static constexpr reference::Arithmetic float_ = reference::arithmetic_of<float>();

  const NetworkDescription& network_;
  const ParameterSource<double>& weights_;
  int threads_;
};

}  // namespace ochre::inline v0::audit
