// Audits the fast engine on one input: what each step made of the inputs it really had, against the readable layers in
// double (step_expectation.hpp), every number under its own bound, so that errors do not add up from layer to layer;
// then the engine's output against the readable network as a whole. It uses the engine's observer; an engine that
// nobody audits pays nothing. Only a result that could have failed passes: where zeros would have held their bounds
// just as well, nothing is proven. Tested by engine_audit_test.cpp, which spoils weights, inputs and results.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/audit/step_expectation.hpp>
#include <ochre/network/engine.hpp>
#include <ochre/network/model.hpp>
#include <ochre/reference/compare.hpp>

namespace ochre::inline v0::audit {

// How a tensor compares with what it must be, and its numbers. error and bound are those of the number that comes
// closest to its bound, or exceeds it most; statistics are of the finite numbers.
struct Judgement {
  double max_error = 0;
  double bound = 0;
  double ratio = 0;           // error / bound; infinite where nothing was allowed
  double relative_bound = 0;  // root mean square of all bounds over that of the expected numbers: how sharp they are
  double min = 0;
  double max = 0;
  double mean = 0;
  Index nan = 0;
  Index inf = 0;
  bool pass = false;
  std::string failure;  // "fail (a number is not finite), …"; empty if it passes
};

// A layer of the network. Those that are fused into another's step share its judgement, that of the step's output.
struct LayerAudit {
  std::string name;
  std::string kind;
  Shape input_shape;  // of the first input
  Shape output_shape;
  Index parameters = 0;
  double macs = 0;
  std::string algorithm;  // "winograd F(4,3)", "fused into conv1_1"; empty if the engine's output does not depend on it
  double ms = 0;          // of the step; 0 if fused
  Index leader = -1;      // its step's first layer, maybe itself; -1: not computed
  bool leads = false;     // is it itself?
  Judgement judgement;
};

// A step without layers: a change of layout, which must hand on every bit.
struct LayoutAudit {
  std::string algorithm;
  Shape shape;
  double ms = 0;
  Judgement judgement;
};

struct AuditReport {
  Shape input;
  Shape output;
  std::vector<LayerAudit> layers;  // all of the network's
  std::vector<LayoutAudit> layouts;
  Judgement whole;  // the engine's output; its bound is normwise_bound()
  double ms = 0;    // of all steps

  // Null if every layer that was computed holds.
  const LayerAudit* first_failure() const noexcept {
    const auto at = std::find_if(layers.begin(), layers.end(),
                                 [](const LayerAudit& layer) { return layer.leader >= 0 && !layer.judgement.pass; });
    return at == layers.end() ? nullptr : &*at;
  }
  // Null if nothing was computed.
  const LayerAudit* worst_layer() const noexcept {
    const LayerAudit* worst = nullptr;
    for (const LayerAudit& layer : layers) {
      if (layer.leader >= 0 && (worst == nullptr || layer.judgement.ratio > worst->judgement.ratio)) worst = &layer;
    }
    return worst;
  }
  // Takes over from an engine of the same network what this one did not compute.
  void add(const AuditReport& other) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (layers[i].leader < 0) layers[i] = other.layers[i];
    }
    layouts.insert(layouts.end(), other.layouts.begin(), other.layouts.end());
    if (whole.pass && !other.whole.pass) whole = other.whole;
  }
  bool pass() const noexcept {
    return first_failure() == nullptr && whole.pass &&
           std::all_of(layouts.begin(), layouts.end(), [](const LayoutAudit& one) { return one.judgement.pass; });
  }
};

struct AuditOptions {
  int threads = 1;
  int timed_runs = 3;  // a step's time is its least of them
  // Told before each step of the plan is judged, and at last, with their number, before the whole is.
  FunctionRef<void(Index step)> progress{};
};

// Compares numbers with what is expected of them. Where both are NaN, or the same infinity, they agree. The tensors are
// changed: what agrees in not being finite is 0 afterwards.
inline Judgement judge(TensorView<double> actual, Expectation& expected) {
  Judgement found;
  const Shape& shape = expected.value.shape();
  found.min = std::numeric_limits<double>::infinity();
  found.max = -found.min;
  double squares = 0;
  double bound_squares = 0;
  Index finite = 0;
  bool is_zero = true;
  for (Index k = 0; actual.shape == shape && k < shape.size(); ++k) {
    double& number = actual.data[k];
    double& wanted = expected.value.data()[k];
    if (std::isfinite(number)) {
      found.min = std::min(found.min, number);
      found.max = std::max(found.max, number);
      found.mean += number;
      ++finite;
    } else {
      ++(std::isnan(number) ? found.nan : found.inf);
      const bool agree = std::isnan(number) ? std::isnan(wanted) : number == wanted;
      if (agree) number = wanted = expected.bound.data()[k] = 0;
    }
    is_zero = is_zero && wanted == 0.0;
    squares += wanted * wanted;
    bound_squares += expected.bound.data()[k] * expected.bound.data()[k];
  }
  if (finite == 0) found.min = found.max = 0;
  found.mean /= static_cast<double>(std::max<Index>(finite, 1));
  found.relative_bound = squares > 0 ? std::sqrt(bound_squares / squares) : 0;
  const auto comparison =
      reference::compare(actual, std::as_const(expected.value).view(), std::as_const(expected.bound).view());
  found.max_error = comparison.worst_error;
  found.bound = comparison.bound;
  found.ratio = comparison.worst_ratio;
  found.pass = comparison.holds() && (comparison.decisive || is_zero);
  if (found.pass) return found;
  found.failure = comparison.holds() ? "every expected number is smaller than its bound: nothing is proven"
                                     : reference::to_string(comparison);
  if (!std::isfinite(comparison.actual)) found.ratio = found.max_error = std::numeric_limits<double>::infinity();
  return found;
}

// The bound of a whole network's output, of root mean square r. Rounding errors of a sum of K products are, for
// operands of random signs, a few u·sqrt(K) of the sum's own size (Higham & Mary, A New Approach to Probabilistic
// Rounding Error Analysis, SIAM J. Sci. Comput. 41, 2019), u = 2^-24, and a layer hands on the relative error it was
// given. Winograd's algorithms multiply that by what their matrices add (kernels/winograd_points.hpp):
//   |error| <= 8 u r · sum over layers of growth · sqrt(max(K, 1))
// 8 standard deviations: 6 are met once in 5e8 outputs, a third is kept for layers that grow an error.
inline double normwise_bound(const EnginePlan& plan, std::span<const Shape> shapes, std::span<const double> macs,
                             double root_mean_square) {
  double growth = 0;
  for (const PlannedStep& step : plan.steps) {
    for (const Index i : step.layers) {
      const auto at = static_cast<std::size_t>(i);
      const double products = std::max(macs[at] / static_cast<double>(shapes[at].size()), 1.0);
      const bool leads = i == step.layers.front() && step.convolution != nullptr;
      growth += (leads ? step.convolution->error_growth() : 1.0) * std::sqrt(products);
    }
  }
  return 8 * 0x1p-24 * root_mean_square * growth;
}

namespace detail {

inline Result<Tensor<double>> in_double(TensorView<const float> from) {
  auto to = Tensor<double>::create(from.shape);
  if (!to) return to;
  std::transform(from.data, from.data + from.shape.size(), to->data(),
                 [](float value) { return static_cast<double>(value); });
  return to;
}

inline Result<Tensor<double>> in_double(const EngineTensorView& from) {
  if (from.blocked.data == nullptr) return in_double(from.planar);
  auto to = Tensor<double>::create(from.shape);
  if (!to) return to;
  double* number = to->data();
  for (Index c = 0; c < from.shape.c; ++c) {
    for (Index y = 0; y < from.shape.h; ++y) {
      for (Index x = 0; x < from.shape.w; ++x) *number++ = static_cast<double>(from.at(c, y, x));
    }
  }
  return to;
}

inline std::vector<LayerAudit> describe(const EnginePlan& plan, const Shape& input, std::span<const Shape> shapes,
                                        std::span<const double> macs) {
  std::vector<LayerAudit> all;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const LayerDescription& layer = plan.description.layers[i];
    const Index from = layer.inputs[0];
    LayerAudit& row = all.emplace_back();
    row.name = layer.name;
    row.kind = layer.kind();
    row.input_shape = from == network_input ? input : shapes[static_cast<std::size_t>(from)];
    row.output_shape = shapes[i];
    row.parameters = parameters_of(layer.tensors());
    row.macs = macs[i];
  }
  for (const PlannedStep& step : plan.steps) {
    for (const Index i : step.layers) {
      LayerAudit& row = all[static_cast<std::size_t>(i)];
      row.leader = step.layers.front();
      row.leads = i == row.leader;
      row.algorithm =
          row.leads ? std::string(step.algorithm()) : "fused into " + all[static_cast<std::size_t>(row.leader)].name;
    }
  }
  return all;
}

// The readable network as a whole against the engine's output.
template <class Arch>
Result<Judgement> judge_whole(const EnginePlan& plan, const ParameterSource<double>& weights,
                              TensorView<const float> input, TensorView<const float> output,
                              std::span<const Shape> shapes, std::span<const double> macs, int threads) {
  const auto network = Network<double, Arch>::create(plan.description, weights);
  if (!network) return network.error();
  const std::string& wanted = plan.description.layers[static_cast<std::size_t>(plan.wanted)].name;
  auto workspace = network->make_workspace({.input = input.shape, .threads = threads, .layer = wanted});
  if (!workspace) return std::move(workspace).error();
  const auto exact_input = in_double(input);
  if (!exact_input) return exact_input.error();
  const auto result = network->run(exact_input->view(), *workspace);
  if (!result) return result.error();
  auto value = Tensor<double>::create(result->shape);
  auto bound = Tensor<double>::create(result->shape);
  auto actual = in_double(output);
  if (!value) return std::move(value).error();
  if (!bound) return std::move(bound).error();
  if (!actual) return std::move(actual).error();
  const Index count = result->shape.size();
  std::copy_n(result->data, count, value->data());
  double squares = 0;
  for (Index k = 0; k < count; ++k) squares += std::isfinite(result->data[k]) ? result->data[k] * result->data[k] : 0;
  std::fill_n(bound->data(), count,
              normwise_bound(plan, shapes, macs, std::sqrt(squares / static_cast<double>(count))));
  Expectation expected{*std::move(value), *std::move(bound)};
  return judge(actual->view(), expected);
}

}  // namespace detail

// weights: what the engine ought to have been made of, in double. input: one picture. Errors: an engine with a
// color_mean (its values are not part of the network) or bf16 products (two roundings of 2^-8 each, which several
// hundred channels bring to the output's own size), an input the network cannot take, no memory.
template <class Arch = simd::DefaultArch>
Result<AuditReport> audit_engine(const Engine& engine, const ParameterSource<double>& weights,
                                 TensorView<const float> input, const AuditOptions& options = {}) {
  const EnginePlan& plan = engine.plan();
  if (input.shape.n != 1) {
    return Error{ErrorCode::invalid_argument,
                 "the input has shape " + to_string(input.shape) + ", expected one picture"};
  }
  for (const PlannedStep& step : plan.steps) {
    if (step.work == StepWork::color_head && step.layers.size() == 1) {
      return Error{ErrorCode::unsupported, "an engine with a color_mean, whose values are not part of the network"};
    }
    if (step.convolution != nullptr && step.convolution->bf16()) {
      return Error{ErrorCode::unsupported, "an engine of bf16 products, whose errors have no bound worth the name"};
    }
  }
  const auto shapes = plan.description.shapes(input.shape);
  if (!shapes) return shapes.error();
  const auto macs = plan.description.macs(input.shape);
  if (!macs) return macs.error();
  auto workspace = engine.make_workspace({.input = input.shape, .threads = options.threads});
  if (!workspace) return std::move(workspace).error();

  std::vector<double> ms(plan.steps.size(), std::numeric_limits<double>::infinity());
  const auto time = [&](const EngineEvent& event) {
    double& least = ms[static_cast<std::size_t>(event.step)];
    least = std::min(least, event.seconds * 1e3);
  };
  for (int run = 0; run < std::max(options.timed_runs, 1); ++run) {
    if (const auto ran = engine.run(input, *workspace, time); !ran) return ran.error();
  }

  AuditReport report;
  report.input = input.shape;
  report.output = workspace->output_shape();
  report.layers = detail::describe(plan, input.shape, *shapes, *macs);
  const StepJudge<Arch> judge_of(plan.description, weights, options.threads);
  const auto judge_step = [&](const EngineEvent& event) -> Result<Judgement> {
    std::vector<Tensor<double>> inputs;
    for (const EngineTensorView& from : event.inputs) {
      auto exact = detail::in_double(from);
      if (!exact) return std::move(exact).error();
      inputs.push_back(*std::move(exact));
    }
    if (inputs.empty()) {  // an import
      auto exact = detail::in_double(input);
      if (!exact) return std::move(exact).error();
      inputs.push_back(*std::move(exact));
    }
    auto actual = detail::in_double(event.output);
    if (!actual) return std::move(actual).error();
    auto expected = judge_of.expect(plan.steps[static_cast<std::size_t>(event.step)], std::move(inputs));
    if (!expected) return std::move(expected).error();
    return judge(actual->view(), *expected);
  };
  Status status;
  const auto observe = [&](const EngineEvent& event) {
    if (!status) return;
    if (options.progress) options.progress(event.step);
    auto judgement = judge_step(event);
    if (!judgement) {
      status = std::move(judgement).error();
      return;
    }
    const double step_ms = ms[static_cast<std::size_t>(event.step)];
    report.ms += step_ms;
    for (const Index i : event.layers) {
      LayerAudit& row = report.layers[static_cast<std::size_t>(i)];
      row.judgement = *judgement;
      row.ms = row.leads ? step_ms : 0;
    }
    if (event.layers.empty()) {
      report.layouts.push_back({std::string(event.algorithm), event.output.shape, step_ms, *std::move(judgement)});
    }
  };
  const auto output = engine.run(input, *workspace, observe);
  if (!output) return output.error();
  if (!status) return std::move(status).error();
  if (options.progress) options.progress(static_cast<Index>(plan.steps.size()));
  auto whole = detail::judge_whole<Arch>(plan, weights, input, *output, *shapes, *macs, options.threads);
  if (!whole) return std::move(whole).error();
  report.whole = *std::move(whole);
  return report;
}

// The weights of a model file.
template <class Arch = simd::DefaultArch>
Result<AuditReport> audit_engine(const Engine& engine, const Model& model, TensorView<const float> input,
                                 const AuditOptions& options = {}) {
  const ParameterSource<double> weights = [&](const RequiredTensor& tensor, std::span<double> values) -> Status {
    return convert_to(*model.file.find(tensor.name), values);
  };
  return audit_engine<Arch>(engine, weights, input, options);
}

}  // namespace ochre::inline v0::audit
