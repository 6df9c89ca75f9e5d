// Audits the fast engine on one input: what each step made of the inputs it really had, against the readable layers in
// double (step_expectation.hpp), every number under its own bound, so that errors do not add up from layer to layer;
// then the engine's output against the readable network as a whole (whole_judgement.hpp). It uses the engine's
// observer; an engine that nobody audits pays nothing. Only a result that could have failed passes: where zeros would
// have held their bounds just as well, nothing is proven. Tested by engine_audit_test.cpp, which spoils weights, inputs
// and results.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ochre/audit/judgement.hpp>
#include <ochre/audit/step_expectation.hpp>
#include <ochre/audit/whole_judgement.hpp>
#include <ochre/engine/engine.hpp>
#include <ochre/network/model.hpp>

namespace ochre::inline v0 {

// What an audit found of one layer. Layers that are fused into another's step share its judgement, that of the step's
// output.
struct LayerAudit {
  std::string name;
  std::string kind;
  Shape input_shape;  // of the first input
  Shape output_shape;
  Index parameters = 0;
  double macs = 0;
  std::string algorithm;  // "winograd F(4,3)", "fused into conv1_1"; empty if the engine's output does not depend on it
  std::string short_algorithm;  // "F(4,3)"; empty if fused
  double ms = 0;                // of the step; 0 if fused
  Index leader = -1;            // its step's first layer, maybe itself; -1: not computed
  bool leads = false;           // is it itself?
  Judgement judgement;
};

// What an audit found of a step without layers: a change of layout, which must hand on every bit.
struct LayoutAudit {
  std::string algorithm;
  Shape shape;
  double ms = 0;
  Judgement judgement;
};

// An engine's audit on one input: of every layer, of every change of layout, and of the output as a whole.
struct AuditReport {
  Shape input;
  Shape output;
  std::vector<LayerAudit> layers;  // all of the network's
  std::vector<LayoutAudit> layouts;
  Judgement whole;  // the engine's output, or the worst of what nobody reads; its bound is normwise_bound()
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
           std::all_of(layouts.begin(), layouts.end(), [](const LayoutAudit& layout) { return layout.judgement.pass; });
  }
};

// How an audit runs and times an engine, and whom it tells how far it is.
struct AuditOptions {
  int threads = 1;
  int timed_runs = 3;  // a step's time is its least of them
  // Told before each step of the plan is judged, and at last, with their number, before the whole is.
  FunctionRef<void(Index step)> progress{};
};

namespace audit {

inline std::vector<LayerAudit> describe(const EnginePlan& plan, const Shape& input, std::span<const Shape> shapes,
                                        std::span<const double> macs) {
  std::vector<LayerAudit> all;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const LayerDescription& layer = plan.description.layers[i];
    LayerAudit& row = all.emplace_back();
    row.name = layer.name;
    row.kind = layer.kind();
    row.input_shape = network::shape_of(layer.inputs[0], input, shapes);
    row.output_shape = shapes[i];
    row.parameters = layer.parameters();
    row.macs = macs[i];
  }
  for (const engine::Step& step : plan.steps) {
    for (const Index i : step.layers) {
      LayerAudit& row = all[static_cast<std::size_t>(i)];
      row.leader = step.layers.front();
      row.leads = i == row.leader;
      row.algorithm =
          row.leads ? std::string(step.algorithm()) : "fused into " + all[static_cast<std::size_t>(row.leader)].name;
      if (row.leads) row.short_algorithm = step.short_algorithm();
    }
  }
  return all;
}

// Of all leaves the first that does not hold, else the last one.
template <class Arch>
Status judge_leaf(WholeJudge<Arch>& judge, const EngineEvent& event, Judgement& whole) {
  auto leaf = judge.judge_leaf(event.layers.front(), event.output);
  if (!leaf) return std::move(leaf).error();
  const bool stands = whole.pass || whole.failure.empty();
  if (*leaf && stands) whole = **std::move(leaf);
  return {};
}

// What no audit can judge.
inline Status check_auditable(const EnginePlan& plan, const Shape& input) {
  if (input.n != 1) {
    return Error{ErrorCode::invalid_argument, "the input has shape " + to_string(input) + ", expected one picture"};
  }
  for (const engine::Step& step : plan.steps) {
    if (plan.every_layer && step.layers.size() > 1) {
      return Error{ErrorCode::unsupported, "an engine of every layer that fuses some, expected keep_all"};
    }
    if (step.as<engine::ColorHeadStep>() != nullptr && step.layers.size() == 1) {
      return Error{ErrorCode::unsupported, "an engine with a color_mean, whose values are not part of the network"};
    }
  }
  return {};
}

// Each step's least time, ms.
inline Result<std::vector<double>> time_steps(const Engine& engine, TensorView<const float> input,
                                              EngineWorkspace& workspace, int runs) {
  std::vector<double> ms(engine.plan().steps.size(), std::numeric_limits<double>::infinity());
  const auto time = [&](const EngineEvent& event) {
    double& least = ms[static_cast<std::size_t>(event.step)];
    least = std::min(least, event.seconds * 1e3);
  };
  for (int run = 0; run < std::max(runs, 1); ++run) {
    if (const auto ran = engine.run(input, workspace, time); !ran) return ran.error();
  }
  return ms;
}

// One run whose every step is judged as it happens.
template <class Arch>
class EngineAuditor {
 public:
  // All must outlive it. shapes, macs: of all layers, for `input`.
  EngineAuditor(const EnginePlan& plan, const ParameterSource<double>& weights, TensorView<const float> input,
                std::span<const Shape> shapes, std::span<const double> macs, const AuditOptions& options)
      : plan_(plan),
        weights_(weights),
        input_(input),
        shapes_(shapes),
        macs_(macs),
        options_(options),
        judge_(plan.description, weights, options.threads) {
    report_.input = input.shape;
    report_.layers = describe(plan, input.shape, shapes, macs);
  }

  // ms: of each step.
  Result<AuditReport> audit(const Engine& engine, EngineWorkspace& workspace, std::span<const double> ms) && {
    report_.output = workspace.output_shape();
    if (plan_.every_layer) {  // else not before it is needed: its weights are in memory with it
      if (auto status = make_whole(); !status) return std::move(status).error();
    }
    Status status;
    const auto observe = [&](const EngineEvent& event) {
      if (status) status = judge_step(event, ms[static_cast<std::size_t>(event.step)]);
    };
    const auto output = engine.run(input_, workspace, observe);
    if (!output) return output.error();
    if (!status) return std::move(status).error();
    if (options_.progress) options_.progress(static_cast<Index>(plan_.steps.size()));
    if (plan_.every_layer) return std::move(report_);
    if (status = make_whole(); !status) return std::move(status).error();
    auto whole = whole_->judge_output(*output);
    if (!whole) return std::move(whole).error();
    report_.whole = *std::move(whole);
    return std::move(report_);
  }

 private:
  Status make_whole() {
    auto whole = WholeJudge<Arch>::create(plan_, weights_, input_, shapes_, macs_, options_.threads);
    if (!whole) return std::move(whole).error();
    whole_.emplace(*std::move(whole));
    return {};
  }

  Status judge_step(const EngineEvent& event, double ms) {
    if (options_.progress) options_.progress(event.step);
    auto judgement = judgement_of(event);
    if (!judgement) return std::move(judgement).error();
    if (whole_ && !event.layers.empty()) {
      if (auto status = judge_leaf(*whole_, event, report_.whole); !status) return status;
    }
    report_.ms += ms;
    for (const Index i : event.layers) {
      LayerAudit& row = report_.layers[static_cast<std::size_t>(i)];
      row.judgement = *judgement;
      row.ms = row.leads ? ms : 0;
    }
    if (event.layers.empty()) {
      report_.layouts.push_back({std::string(event.algorithm), event.output.shape, ms, *std::move(judgement)});
    }
    return {};
  }

  Result<Judgement> judgement_of(const EngineEvent& event) const {
    std::vector<Tensor<double>> inputs;
    for (const EngineTensorView& from : event.inputs) {
      auto exact = in_double(from);
      if (!exact) return std::move(exact).error();
      inputs.push_back(*std::move(exact));
    }
    if (inputs.empty()) {  // an import
      auto exact = in_double(input_);
      if (!exact) return std::move(exact).error();
      inputs.push_back(*std::move(exact));
    }
    auto actual = in_double(event.output);
    if (!actual) return std::move(actual).error();
    auto expected = judge_.expect(plan_.steps[static_cast<std::size_t>(event.step)], std::move(inputs));
    if (!expected) return std::move(expected).error();
    return judge(actual->view(), *expected);
  }

  const EnginePlan& plan_;
  const ParameterSource<double>& weights_;
  TensorView<const float> input_;
  std::span<const Shape> shapes_;
  std::span<const double> macs_;
  const AuditOptions& options_;
  StepJudge<Arch> judge_;
  std::optional<WholeJudge<Arch>> whole_;
  AuditReport report_;
};

}  // namespace audit

// Audits an engine on one input, every step by itself and then the output as a whole.
// weights: what the engine ought to have been made of, in double. input: one picture. Errors: an engine with a
// color_mean (its values are not part of the network), one of every layer with fused steps, an input the network cannot
// take, no memory.
template <class Arch = simd::DefaultArch>
Result<AuditReport> audit_engine(const Engine& engine, const ParameterSource<double>& weights,
                                 TensorView<const float> input, const AuditOptions& options = {}) {
  const EnginePlan& plan = engine.plan();
  if (auto status = audit::check_auditable(plan, input.shape); !status) return std::move(status).error();
  const auto shapes = plan.description.shapes(input.shape);
  if (!shapes) return shapes.error();
  const auto macs = plan.description.macs(input.shape);
  if (!macs) return macs.error();
  auto workspace = engine.make_workspace({.input = input.shape, .threads = options.threads});
  if (!workspace) return std::move(workspace).error();
  const auto ms = audit::time_steps(engine, input, *workspace, options.timed_runs);
  if (!ms) return ms.error();
  return audit::EngineAuditor<Arch>(plan, weights, input, *shapes, *macs, options).audit(engine, *workspace, *ms);
}

// The same against the weights of a model file.
template <class Arch = simd::DefaultArch>
Result<AuditReport> audit_engine(const Engine& engine, const Model& model, TensorView<const float> input,
                                 const AuditOptions& options = {}) {
  const ParameterSource<double> weights = [&](const RequiredTensor& tensor, std::span<double> values) -> Status {
    return convert_to(*model.file.find(tensor.name), values);
  };
  return audit_engine<Arch>(engine, weights, input, options);
}

}  // namespace ochre::inline v0
