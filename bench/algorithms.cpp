// Every convolution of the three networks with every algorithm that can compute it: is the planner's choice the
// fastest?
//   build/bench/bench_algorithms [SIZE [THREADS]]          (default: 256, 2)
// Within the network, each algorithm in all layers that it can compute: alone a layer would find its weights in a cache
// that the other layers have taken from it. One line a shape: the fastest of several runs of each algorithm in
// milliseconds, the choice, and what it loses against the best. Exits with 1 if a choice loses more than a tenth.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ochre/engine/engine.hpp>
#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/description_parser.hpp>
#include <ochre/network/random_weights.hpp>

namespace {

using namespace ochre;

constexpr std::array all{ConvAlgorithm::direct, ConvAlgorithm::winograd_f42, ConvAlgorithm::winograd_f43,
                         ConvAlgorithm::winograd_f63};
constexpr int runs = 15;

struct Case {
  NetworkDescription network;
  Shape input;
  int threads = 1;
  std::vector<Shape> shapes;  // of what each layer gives

  const Shape& shape_of(Index value) const {
    return value == network_input ? input : shapes[static_cast<std::size_t>(value)];
  }
};

using Algorithms = std::vector<std::pair<std::string, ConvAlgorithm>>;

// The layers that lead a convolution of the plan, and that the algorithm can compute.
Algorithms wherever_possible(const Case& of, const EnginePlan& plan, ConvAlgorithm algorithm) {
  Algorithms algorithms;
  for (const engine::Step& step : plan.steps) {
    if (step.as<engine::ConvolutionStep>() == nullptr) continue;
    const Index at = step.layers[0];
    const LayerDescription& layer = of.network.layers[static_cast<std::size_t>(at)];
    const Shape& in = of.shape_of(layer.inputs[0]);
    const Shape& out = of.shape_of(at);
    const auto costs = engine::conv_costs(*engine::conv_shape(layer), engine::input_block(of.network, at), {in.h, in.w},
                                          {out.h, out.w});
    const auto is_it = [&](const engine::ConvCost& cost) { return cost.algorithm == algorithm; };
    if (std::any_of(costs.begin(), costs.end(), is_it)) algorithms.emplace_back(layer.name, algorithm);
  }
  return algorithms;
}

struct Timing {
  double milliseconds = 1e30;  // of the fastest run
  std::string algorithm;
};

// Of each step that a layer leads, by the layer. Nothing: the network cannot be run so.
std::optional<std::map<std::string, Timing>> time_layers(const Case& of, const Algorithms& algorithms) {
  EngineOptions options{.input = of.input, .threads = of.threads};
  options.algorithms = algorithms;
  options.memory = Index{1} << 40;  // no second best for want of memory
  const auto engine = Engine::create(of.network, random_weights<float>(1), options);
  if (!engine) return std::nullopt;
  auto workspace = engine->make_workspace({.input = of.input, .threads = of.threads});
  const auto x = Tensor<float>::create(of.input);
  if (!workspace || !x) return std::nullopt;
  std::map<std::string, Timing> timings;
  const auto observe = [&](const EngineEvent& event) {
    if (event.layers.empty()) return;
    Timing& timing = timings[of.network.layers[static_cast<std::size_t>(event.layers[0])].name];
    timing.milliseconds = std::min(timing.milliseconds, 1e3 * event.seconds);
    timing.algorithm = event.algorithm;
  };
  for (int run = 0; run < runs; ++run) {
    if (!engine->run(x->view(), *workspace, observe)) return std::nullopt;
  }
  return timings;
}

std::string words_of(const LayerDescription& layer, const Shape& in) {
  const bool transposed = std::holds_alternative<layers::ConvTranspose2dSpec>(layer.spec);
  const auto& conv =
      transposed ? static_cast<const layers::ConvolutionSpec&>(std::get<layers::ConvTranspose2dSpec>(layer.spec))
                 : static_cast<const layers::ConvolutionSpec&>(std::get<layers::Conv2dSpec>(layer.spec));
  const auto& window = conv.window;
  std::string words = std::to_string(window.kernel.h) + "x" + std::to_string(window.kernel.w);
  if (window.stride.h > 1) words += (transposed ? " up " : " stride ") + std::to_string(window.stride.h);
  if (window.dilation.h > 1) words += " dilation " + std::to_string(window.dilation.h);
  return words + " " + to_string(in) + " -> " + std::to_string(conv.out);
}

// What the choices lose, the worst in percent; nothing: the network does not run.
std::optional<double> compare(const Case& of, std::set<std::string>& seen) {
  std::vector<std::map<std::string, Timing>> by_algorithm;
  const auto plain = Engine::create(of.network, random_weights<float>(1), {.input = of.input});
  if (!plain) return std::nullopt;
  for (const ConvAlgorithm algorithm : all) {
    auto timings = time_layers(of, wherever_possible(of, plain->plan(), algorithm));
    if (!timings) return std::nullopt;
    by_algorithm.push_back(*std::move(timings));
  }
  const auto chosen = time_layers(of, {});
  if (!chosen) return std::nullopt;
  double worst = 0;
  for (const LayerDescription& layer : of.network.layers) {
    const auto choice = chosen->find(layer.name);
    if (!engine::conv_shape(layer) || choice == chosen->end()) continue;
    const std::string words = words_of(layer, of.shape_of(layer.inputs[0]));
    if (!seen.insert(words).second) continue;
    std::printf("%-46s", words.c_str());
    double best = choice->second.milliseconds;
    double same = best;  // the choice's algorithm, measured with the others
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Timing& timing = by_algorithm[i][layer.name];
      const bool is_it = timing.algorithm == name_of(all[i]);
      if (is_it) best = std::min(best, timing.milliseconds);
      if (is_it && timing.algorithm == choice->second.algorithm) same = std::min(same, timing.milliseconds);
      is_it ? std::printf("%10.3f", timing.milliseconds) : std::printf("         -");
    }
    const double loss = 100 * (same / best - 1);
    worst = std::max(worst, loss);
    std::printf("  %-16s %5.1f %%\n", choice->second.algorithm.c_str(), loss);
  }
  return worst;
}

}  // namespace

int main(int count, char** words) {
  const Index size = count > 1 ? std::atol(words[1]) : 256;
  const int threads = count > 2 ? std::atoi(words[2]) : 2;
  std::printf("%-46s%10s%10s%10s%10s  %-16s %s\n", "convolution", "direct", "F(4,2)", "F(4,3)", "F(6,3)", "choice",
              "loss");
  std::set<std::string> seen;
  double worst = 0;
  for (const auto text : {models::eccv16, models::street, models::siggraph17}) {
    auto network = parse_network(text);
    if (!network) return 2;
    const Shape input{1, network->input_channels, size, size};
    auto shapes = network->shapes(input);
    if (!shapes) return 2;
    const auto loss = compare({*std::move(network), input, threads, *std::move(shapes)}, seen);
    if (!loss) return 2;
    worst = std::max(worst, *loss);
  }
  std::printf("worst loss %.1f %%\n", worst);
  return worst > 10 ? 1 : 0;
}
