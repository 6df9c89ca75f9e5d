// ochre bench: times a network, then checks that what was timed is right: the last timed run's output against the
// readable engine in double precision, on the same input, within the bound of audit/network_bound.hpp.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <vector>

#include <ochre/audit/network_bound.hpp>
#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/random_weights.hpp>

#include "bench_report.hpp"
#include "engine.hpp"
#include "memory_remark.hpp"
#include "model_file.hpp"
#include "precision.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Either a model file or one of the known networks with random weights.
struct Subject {
  ModelFile file;
  std::optional<Model> model;
  NetworkDescription description;
};

Result<Subject> open_subject(const BenchOptions& options) {
  Subject subject;
  if (options.model.empty()) {
    const auto text = options.network == "eccv16"       ? models::eccv16
                      : options.network == "siggraph17" ? models::siggraph17
                                                        : models::street;
    auto description = parse_network(text);
    if (!description) return std::move(description).error();
    subject.description = *std::move(description);
    return subject;
  }
  auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return std::move(file).error();
  subject.file = *std::move(file);
  auto model = Model::parse(subject.file.bytes());
  if (!model) return std::move(model).error().in(options.model);
  subject.description = model->network;
  subject.model = *std::move(model);
  return subject;
}

template <class T>
Result<Network<T>> make_network(const Subject& subject) {
  return subject.model ? open_network<T>(*subject.model) : random_network<T>(subject.description);
}

// Random lightness in the first channel; others, a user's hints, are zero.
template <class T>
void fill_input(Tensor<T>& input, bool normalised) {
  RandomNumbers random(2);
  for (Index i = 0; i < input.shape().plane(); ++i) {
    const double lightness = 50 + 50 * random.uniform();
    input.data()[i] = static_cast<T>(static_cast<float>(normalised ? (lightness - 50) / 100 : lightness));
  }
}

// LAYER=NAME, as on the command line.
Result<std::vector<std::pair<std::string, ConvAlgorithm>>> parse_algorithms(const std::vector<std::string>& words) {
  static const std::vector<std::pair<std::string_view, ConvAlgorithm>> names{{"direct", ConvAlgorithm::direct},
                                                                             {"f42", ConvAlgorithm::winograd_f42},
                                                                             {"f43", ConvAlgorithm::winograd_f43},
                                                                             {"f63", ConvAlgorithm::winograd_f63}};
  std::vector<std::pair<std::string, ConvAlgorithm>> asked;
  for (const std::string& word : words) {
    const auto equals = std::min(word.find('='), word.size());
    const auto name = std::find_if(names.begin(), names.end(), [&](const auto& known) {
      return equals < word.size() && known.first == std::string_view(word).substr(equals + 1);
    });
    if (name == names.end()) {
      return Error{ErrorCode::invalid_argument,
                   "--algorithm: found `" + word + "`, expected LAYER= and direct, f42, f43 or f63"};
    }
    asked.emplace_back(word.substr(0, equals), name->second);
  }
  return asked;
}

// One of the two engines with its memory.
struct Runner {
  std::function<Result<TensorView<const float>>(TensorView<const float>)> run;
  std::function<Status(TensorView<const float>, std::vector<LayerTime>&)> run_observed;  // adds one run's times
  std::vector<LayerTime> layers;
  double error_growth = 0;  // of audit/network_bound.hpp
  double slowdown = 1;
  const char* isa = "";
  Precision precision = Precision::float32;  // of its products
};

std::vector<bool> needed_layers(const NetworkDescription& network) {
  return network::needed_layers(network, network.output);
}

void add_time(LayerTime& layer, double seconds) {
  layer.ms = layer.ms == 0 ? seconds * 1e3 : std::min(layer.ms, seconds * 1e3);
}

Result<Runner> make_readable(const Subject& subject, const BenchFigures& figures) {
  auto network = make_network<float>(subject);
  if (!network) return std::move(network).error();
  auto workspace = make_workspace(*network, {.input = figures.input, .threads = figures.threads});
  if (!workspace) return std::move(workspace).error();
  const auto engine = std::make_shared<Network<float>>(*std::move(network));
  const auto memory = std::make_shared<Workspace<float>>(*std::move(workspace));
  Runner runner;
  runner.isa = simd::arch_name<>();
  runner.error_growth =
      audit::error_growth(subject.description, needed_layers(subject.description), figures.shapes, figures.macs);
  for (std::size_t i = 0; i < figures.shapes.size(); ++i) {
    const auto& layer = subject.description.layers[i];
    runner.layers.push_back({layer.name, std::string(layer.kind()), "", figures.shapes[i], figures.macs[i] / 1e9, 0});
  }
  runner.run = [engine, memory](TensorView<const float> input) { return run_network<float>(*engine, input, *memory); };
  runner.run_observed = [engine, memory](TensorView<const float> input, std::vector<LayerTime>& layers) -> Status {
    const auto observe = [&](const LayerEvent<float>& event) {
      LayerTime& layer = layers[static_cast<std::size_t>(event.index)];
      layer.algorithm = event.algorithm;
      add_time(layer, event.seconds);
    };
    const auto ran = run_network<float>(*engine, input, *memory, observe);
    return ran ? Status() : Status(ran.error());
  };
  return runner;
}

Result<Runner> make_fast(const BenchOptions& options, const Subject& subject, const BenchFigures& figures) {
  EngineOptions wanted{.input = figures.input,
                       .threads = figures.threads,
                       .precision = wanted_precision(options.precision, options.json)};
  if (options.memory) wanted.memory = Index{*options.memory} * 1'000'000;
  auto algorithms = parse_algorithms(options.algorithms);
  if (!algorithms) return std::move(algorithms).error();
  wanted.algorithms = *std::move(algorithms);
  auto opened = subject.model ? open_engine(*subject.model, wanted) : random_engine(subject.description, wanted);
  if (!opened) return std::move(opened).error();
  auto workspace = make_workspace(*opened, {.input = figures.input, .threads = figures.threads});
  if (!workspace) return std::move(workspace).error();
  const auto engine = std::make_shared<Engine>(*std::move(opened));
  const auto memory = std::make_shared<EngineWorkspace>(*std::move(workspace));
  Runner runner;
  runner.isa = engine->plan().isa;
  runner.precision = engine->plan().precision;
  runner.slowdown = engine->plan().slowdown;
  runner.error_growth =
      audit::error_growth(engine->plan(), needed_layers(subject.description), figures.shapes, figures.macs);
  for (const auto& step : engine->plan().steps) {
    const bool change = step.layers.empty();  // of the layout
    const auto first = static_cast<std::size_t>(change ? 0 : step.layers.front());
    LayerTime layer{"", "", std::string(step.algorithm()), {}, 0, 0};
    if (!change) {
      layer.name = subject.description.layers[first].name;
      layer.kind = subject.description.layers[first].kind();
      if (step.layers.size() > 1) layer.kind += "+" + std::to_string(step.layers.size() - 1);
      layer.output = figures.shapes[static_cast<std::size_t>(step.layers.back())];
    }
    const auto* conv = step.as<engine::ConvolutionStep>();
    const Precision made_of = conv != nullptr ? conv->kernel->precision() : Precision::float32;
    if (made_of != Precision::float32) layer.algorithm += " " + std::string(name_of(made_of));
    for (const Index i : step.layers) layer.gmac += figures.macs[static_cast<std::size_t>(i)] / 1e9;
    runner.layers.push_back(std::move(layer));
  }
  runner.run = [engine, memory](TensorView<const float> input) { return run_engine(*engine, input, *memory); };
  runner.run_observed = [engine, memory](TensorView<const float> input, std::vector<LayerTime>& layers) -> Status {
    const auto observe = [&](const EngineEvent& event) {
      add_time(layers[static_cast<std::size_t>(event.step)], event.seconds);
    };
    const auto ran = run_engine(*engine, input, *memory, observe);
    return ran ? Status() : Status(ran.error());
  };
  return runner;
}

Status time_runs(const BenchOptions& options, const Runner& runner, const Tensor<float>& input, BenchFigures& figures) {
  Progress progress(static_cast<std::size_t>(options.runs) + 1, options.quiet);
  for (int run = -1; run < options.runs; ++run) {  // the first only warms up
    progress.begin(run < 0 ? "warming up" : "run");
    const auto begin = Clock::now();
    const auto output = runner.run(input.view());
    if (!output) return output.error();
    const double ms = milliseconds_since(begin);
    if (run >= 0) figures.ms.push_back(ms);
    if (run < 0) figures.first_ms = ms;
    if (run + 1 < options.runs) continue;
    auto copy = Tensor<float>::create(output->shape);
    if (!copy) return std::move(copy).error();
    std::copy_n(output->data, output->shape.size(), copy->data());
    figures.output = *std::move(copy);
  }
  std::sort(figures.ms.begin(), figures.ms.end());
  figures.peak_rss_bytes = peak_rss_bytes();
  return {};
}

Result<reference::Comparison> check(const Subject& subject, const BenchFigures& figures, double growth) {
  const auto network = make_network<double>(subject);
  if (!network) return network.error();
  auto workspace = make_workspace(*network, {.input = figures.input, .threads = figures.threads});
  if (!workspace) return std::move(workspace).error();
  auto input = Tensor<double>::create(figures.input);
  if (!input) return std::move(input).error();
  fill_input(*input, subject.description.normalised_lightness);
  const auto expected = run_network<double>(*network, input->view(), *workspace);
  if (!expected) return expected.error();

  const auto bound = audit::normwise_bound(growth, *expected);
  if (!bound) return bound.error();
  const auto& output = figures.output;
  return reference::compare(output.view(), *expected, bound->view());
}

// The engine that is timed, and the readable one that checks it.
void say_bench_memory(const BenchOptions& options, const Subject& subject, const Shape& input) {
  const double timed = options.engine == "fast" ? fast_bytes(subject.description, input)
                                                : readable_bytes(subject.description, input, false);
  const std::string& name = options.model.empty() ? options.network : options.model;
  say_memory(name, timed + readable_bytes(subject.description, input, true), options.quiet);
}

Result<BenchFigures> measure(const BenchOptions& options) {
  const auto start = Clock::now();
  auto subject = open_subject(options);
  if (!subject) return std::move(subject).error();
  BenchFigures figures;
  figures.network = subject->description.name;
  figures.threads = options.threads == 0 ? available_threads() : options.threads;
  figures.input = {1, subject->description.input_channels, options.height, options.width};
  auto shapes = subject->description.shapes(figures.input);
  if (!shapes) return std::move(shapes).error();
  figures.shapes = *std::move(shapes);
  auto macs = subject->description.macs(figures.input);
  if (!macs) return std::move(macs).error();
  figures.macs = *std::move(macs);
  for (const double layer : figures.macs) figures.gmac += layer / 1e9;
  say_bench_memory(options, *subject, figures.input);
  auto input = Tensor<float>::create(figures.input);
  if (!input) return std::move(input).error();
  fill_input(*input, subject->description.normalised_lightness);

  auto runner = options.engine == "fast" ? make_fast(options, *subject, figures) : make_readable(*subject, figures);
  if (!runner) return std::move(runner).error();
  figures.load_ms = milliseconds_since(start);
  figures.isa = runner->isa;
  figures.precision = runner->precision;
  figures.slowdown = runner->slowdown;
  if (Status status = time_runs(options, *runner, *input, figures); !status) return std::move(status).error();
  if (options.layers) {
    figures.layers = runner->layers;
    for (int run = 0; run < options.runs; ++run) {
      if (Status status = runner->run_observed(input->view(), figures.layers); !status)
        return std::move(status).error();
    }
  }
  auto comparison = check(*subject, figures, runner->error_growth);
  if (!comparison) return std::move(comparison).error();
  figures.comparison = *std::move(comparison);
  return figures;
}

}  // namespace

int run_bench(const BenchOptions& options) {
  if (options.engine != "fast" && (options.memory || !options.algorithms.empty() || options.precision != "float")) {
    return misuse("--memory, --algorithm and --precision are for --engine fast");
  }
  if (const auto asked = parse_algorithms(options.algorithms); !asked) return misuse(asked.error().message());
  const auto figures = measure(options);
  if (!figures) return fail(figures.error());
  if (options.json) {
    print_bench_json(options, *figures);
  } else {
    print_bench_table(options, *figures);
  }
  if (figures->checked()) return done;
  say("the timed output is wrong: " + reference::to_string(figures->comparison));
  return check_failed;
}

}  // namespace ochre::program
