// ochre bench: times a network, then checks that what was timed is right: the last timed run's output against the
// readable engine in double precision, on the same input.
//
// The bound. Rounding errors of a sum of K products are, for operands of random signs, a few u·sqrt(K) of the sum's own
// size (Higham & Mary, A New Approach to Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41, 2019), u =
// 2^-24 in float, and a layer hands on the relative error it was given. Over all layers, measured by the output's root
// mean square r: |error| <= 8 u r · sum over layers of sqrt(max(K, 1)). 8 standard deviations: 6 are met once in 5e8
// outputs, a third is kept for layers that grow an error. street and siggraph17 measure a 60th and a 130th of it.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/reference/compare.hpp>

#include "engine.hpp"
#include "model_file.hpp"
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
  auto file = ModelFile::open(options.model);
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

struct Timing {
  Shape input;
  int threads = 1;
  double load_ms = 0;
  std::vector<double> ms;        // sorted
  std::vector<double> layer_ms;  // the fastest of each layer
  long long peak_rss_bytes = 0;
  Tensor<float> output;

  double median_ms() const {
    const std::size_t half = ms.size() / 2;
    return ms.size() % 2 == 1 ? ms[half] : (ms[half - 1] + ms[half]) / 2;
  }
};

long long peak_rss_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return 1024LL * usage.ru_maxrss;
}

Status time_layers(const Network<float>& network, const Tensor<float>& input, Workspace<float>& workspace, int runs,
                   Timing& timing) {
  timing.layer_ms.assign(network.description().layers.size(), 0.0);
  for (int run = 0; run < runs; ++run) {
    const auto observe = [&](const LayerEvent<float>& event) {
      double& fastest = timing.layer_ms[static_cast<std::size_t>(event.index)];
      fastest = run == 0 ? event.seconds * 1e3 : std::min(fastest, event.seconds * 1e3);
    };
    const auto ran = run_network<float>(network, input.view(), workspace, observe);
    if (!ran) return ran.error();
  }
  return {};
}

Result<Timing> time_network(const BenchOptions& options, Subject& subject) {
  Timing timing;
  timing.threads = options.threads == 0 ? available_threads() : options.threads;
  timing.input = {1, subject.description.input_channels, options.height, options.width};
  if (const auto shapes = subject.description.shapes(timing.input); !shapes) return shapes.error();
  auto input = Tensor<float>::create(timing.input);
  if (!input) return std::move(input).error();
  fill_input(*input, subject.description.normalised_lightness);

  const auto start = Clock::now();
  const auto network = make_network<float>(subject);
  if (!network) return network.error();
  auto workspace = make_workspace(*network, {.input = timing.input, .threads = timing.threads});
  if (!workspace) return std::move(workspace).error();
  timing.load_ms += milliseconds_since(start);

  Progress progress(static_cast<std::size_t>(options.runs) + 1, options.quiet);
  for (int run = -1; run < options.runs; ++run) {  // the first only warms up
    progress.begin(run < 0 ? "warming up" : "run");
    const auto begin = Clock::now();
    const auto output = run_network<float>(*network, input->view(), *workspace);
    if (!output) return output.error();
    if (run >= 0) timing.ms.push_back(milliseconds_since(begin));
    if (run + 1 < options.runs) continue;
    auto copy = Tensor<float>::create(output->shape);
    if (!copy) return std::move(copy).error();
    std::copy_n(output->data, output->shape.size(), copy->data());
    timing.output = *std::move(copy);
  }
  std::sort(timing.ms.begin(), timing.ms.end());
  timing.peak_rss_bytes = peak_rss_bytes();
  if (options.layers) {
    if (Status status = time_layers(*network, *input, *workspace, options.runs, timing); !status) {
      return std::move(status).error();
    }
  }
  return timing;
}

// The head comment's sum over layers.
double error_growth(const NetworkDescription& network, const std::vector<double>& macs,
                    const std::vector<Shape>& shapes) {
  const auto needed = detail::needed_layers(network, network.output);
  double sum = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (needed[i]) sum += std::sqrt(std::max(macs[i] / static_cast<double>(shapes[i].size()), 1.0));
  }
  return sum;
}

Result<reference::Comparison> check(const Subject& subject, const Timing& timing, double growth) {
  const auto network = make_network<double>(subject);
  if (!network) return network.error();
  auto workspace = make_workspace(*network, {.input = timing.input, .threads = timing.threads});
  if (!workspace) return std::move(workspace).error();
  auto input = Tensor<double>::create(timing.input);
  if (!input) return std::move(input).error();
  fill_input(*input, subject.description.normalised_lightness);
  const auto expected = run_network<double>(*network, input->view(), *workspace);
  if (!expected) return expected.error();

  const auto count = static_cast<std::size_t>(expected->shape.size());
  double squares = 0;
  for (const double value : std::span(expected->data, count)) squares += value * value;
  const double unit = 0x1p-24;
  auto bound = Tensor<double>::create(expected->shape);
  if (!bound) return std::move(bound).error();
  std::fill_n(bound->data(), count, 8 * unit * std::sqrt(squares / static_cast<double>(count)) * growth);
  const auto& output = timing.output;
  const auto* bounds = &*bound;
  return reference::compare(output.view(), *expected, bounds->view());
}

struct Figures {
  double gmac = 0;
  bool checked = false;
  std::vector<double> macs;
  std::vector<Shape> shapes;
};

double gflops(double gmac, double ms) { return ms > 0 ? 2 * gmac / (ms / 1e3) : 0; }

double rounded(double value) { return std::round(value * 1e3) / 1e3; }

void print_json(const BenchOptions& options, const Subject& subject, const Timing& timing, const Figures& figures) {
  nlohmann::ordered_json all{
      {"network", subject.description.name},
      {"model", options.model.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(options.model)},
      {"height", options.height},
      {"width", options.width},
      {"threads", timing.threads},
      {"isa", simd::arch_name<>()},
      {"engine", options.engine},
      {"runs", options.runs},
      {"median_ms", rounded(timing.median_ms())},
      {"min_ms", rounded(timing.ms.front())},
      {"load_ms", rounded(timing.load_ms)},
      {"peak_rss_bytes", timing.peak_rss_bytes},
      {"gmac", figures.gmac},
      {"gflops_effective", rounded(gflops(figures.gmac, timing.median_ms()))},
      {"checked", figures.checked}};
  if (options.layers) {
    auto layers = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < timing.layer_ms.size(); ++i) {
      layers.push_back({{"name", subject.description.layers[i].name},
                        {"kind", std::string(subject.description.layers[i].kind())},
                        {"min_ms", rounded(timing.layer_ms[i])},
                        {"gmac", figures.macs[i] / 1e9}});
    }
    all["layers"] = layers;
  }
  std::printf("%s\n", all.dump(2).c_str());
}

void print_layers(const Subject& subject, const Timing& timing, const Figures& figures) {
  double total = 0;
  for (const double ms : timing.layer_ms) total += ms;
  std::printf("%s%s%s%s%s%s\n", left("layer", 16).c_str(), left("kind", 18).c_str(), left("output", 19).c_str(),
              right("ms", 9).c_str(), right("share", 7).c_str(), right("GFLOP/s", 10).c_str());
  for (std::size_t i = 0; i < timing.layer_ms.size(); ++i) {
    const double ms = timing.layer_ms[i];
    const double gmac = figures.macs[i] / 1e9;
    std::printf("%s%s%s%s%s%s\n", left(subject.description.layers[i].name, 16).c_str(),
                left(subject.description.layers[i].kind(), 18).c_str(), left(to_string(figures.shapes[i]), 19).c_str(),
                right(fixed(ms, 3), 9).c_str(), right(fixed(100 * ms / total, 1) + "%", 7).c_str(),
                right(gmac > 0 ? fixed(gflops(gmac, ms), 1) : "-", 10).c_str());
  }
  std::printf("\n");
}

void print_table(const BenchOptions& options, const Subject& subject, const Timing& timing, const Figures& figures,
                 const reference::Comparison& comparison) {
  if (options.layers) print_layers(subject, timing, figures);
  const auto line = [](const char* label, const std::string& value) {
    std::printf("%s%s\n", left(label, 12).c_str(), value.c_str());
  };
  line("network",
       subject.description.name + ", " + (options.model.empty() ? "random weights" : "weights of " + options.model));
  line("size", std::to_string(options.width) + "x" + std::to_string(options.height) + ", " + fixed(figures.gmac, 3) +
                   " billion multiply-adds");
  line("engine", options.engine + ", " + simd::arch_name<>() + ", " + std::to_string(timing.threads) +
                     (timing.threads == 1 ? " thread" : " threads"));
  line("median", fixed(timing.median_ms(), 2) + " ms of " + std::to_string(options.runs) + " runs, fastest " +
                     fixed(timing.ms.front(), 2) + " ms");
  line("speed", fixed(gflops(figures.gmac, timing.median_ms()), 1) + " GFLOP/s (effective)");
  line("loading", fixed(timing.load_ms, 1) + " ms");
  line("peak memory", fixed(static_cast<double>(timing.peak_rss_bytes) / 1e6, 1) + " MB");
  char error[128];
  std::snprintf(error, sizeof(error), "%s: largest error %.1e, bound %.1e (against double)",
                figures.checked ? "holds" : "FAILS", comparison.worst_error, comparison.bound);
  line("checked", error);
}

}  // namespace

int run_bench(const BenchOptions& options) {
  if (options.engine == "fast") return misuse("--engine fast is not in this version yet; --engine readable is");
  const auto start = Clock::now();
  auto subject = open_subject(options);
  if (!subject) return fail(subject.error());
  const double open_ms = milliseconds_since(start);
  auto timing = time_network(options, *subject);
  if (!timing) return fail(timing.error());
  timing->load_ms += open_ms;

  auto macs = subject->description.macs(timing->input);
  auto shapes = subject->description.shapes(timing->input);
  if (!macs) return fail(macs.error());
  if (!shapes) return fail(shapes.error());
  Figures figures{0, false, *std::move(macs), *std::move(shapes)};
  for (const double layer : figures.macs) figures.gmac += layer / 1e9;
  const auto comparison = check(*subject, *timing, error_growth(subject->description, figures.macs, figures.shapes));
  if (!comparison) return fail(comparison.error());
  figures.checked = comparison->holds() && comparison->decisive;
  if (options.json) {
    print_json(options, *subject, *timing, figures);
  } else {
    print_table(options, *subject, *timing, figures, *comparison);
  }
  if (figures.checked) return done;
  say("the timed output is wrong: " + reference::to_string(*comparison));
  return check_failed;
}

}  // namespace ochre::program
