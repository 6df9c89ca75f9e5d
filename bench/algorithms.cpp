// Every convolution of the three networks with every algorithm that can compute it: is the planner's choice the
// fastest?
//   build/bench/bench_algorithms [SIZE [THREADS]]          (default: 256, 2)
// One line a shape: the fastest of several runs of each algorithm in milliseconds, the choice, and what it loses
// against the best. Exits with 1 if a choice loses more than a tenth.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
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

constexpr ConvAlgorithm all[] = {ConvAlgorithm::direct, ConvAlgorithm::winograd_f42, ConvAlgorithm::winograd_f43,
                                 ConvAlgorithm::winograd_f63};

// The convolution alone, as text.
std::string alone(const LayerDescription& layer) {
  const bool transposed = std::holds_alternative<layers::ConvTranspose2dSpec>(layer.spec);
  const auto& conv =
      transposed ? static_cast<const layers::ConvolutionSpec&>(std::get<layers::ConvTranspose2dSpec>(layer.spec))
                 : static_cast<const layers::ConvolutionSpec&>(std::get<layers::Conv2dSpec>(layer.spec));
  const auto extent = [](Extent e) { return std::to_string(e.h) + "x" + std::to_string(e.w); };
  return std::string(transposed ? "conv_transpose2d" : "conv2d") + " y out=" + std::to_string(conv.out) +
         " kernel=" + extent(conv.window.kernel) + " stride=" + extent(conv.window.stride) +
         " padding=" + extent(conv.window.padding) + " dilation=" + extent(conv.window.dilation);
}

// Milliseconds of the fastest run, or nothing if the algorithm cannot compute it; `chosen`: which one ran.
std::optional<double> time_one(const std::string& text, const Shape& input, int threads,
                               std::optional<ConvAlgorithm> algorithm, std::string& chosen) {
  EngineOptions options{.input = input, .threads = threads};
  if (algorithm) options.algorithms = {{"y", *algorithm}};
  auto description =
      parse_network("network n\ninput x channels=" + std::to_string(input.c) + "\n" + text + "\noutput y\n");
  if (!description) return std::nullopt;
  const auto engine = Engine::create(*description, random_weights<float>(1), options);
  if (!engine) return std::nullopt;
  auto workspace = engine->make_workspace({.input = input, .threads = threads});
  const auto x = Tensor<float>::create(input);
  if (!workspace || !x) return std::nullopt;
  double best = 1e30;
  const auto observe = [&](const EngineEvent& event) {
    if (event.layers.empty()) return;
    best = std::min(best, 1e3 * event.seconds);
    chosen = event.algorithm;
  };
  for (int run = 0; run < 12; ++run) {
    if (!engine->run(x->view(), *workspace, observe)) return std::nullopt;
  }
  return best;
}

// What the choice loses, in percent.
double compare(const std::string& text, const Shape& input, int threads) {
  std::string line;
  std::string name;
  double best = 1e30;
  std::vector<std::pair<std::string, double>> times;
  for (const ConvAlgorithm algorithm : all) {
    const auto ms = time_one(text, input, threads, algorithm, name);
    char column[32] = "         -";
    if (ms) {
      std::snprintf(column, sizeof(column), "%10.3f", *ms);
      times.emplace_back(name, *ms);
      best = std::min(best, *ms);
    }
    line += column;
  }
  if (!time_one(text, input, threads, std::nullopt, name)) return 0;
  const auto chosen = std::find_if(times.begin(), times.end(), [&](const auto& pair) { return pair.first == name; });
  const double loss = chosen == times.end() ? 0 : 100 * (chosen->second / best - 1);
  std::printf("%-64s %-18s%s  %-16s %5.1f %%\n", text.c_str(), to_string(input).c_str(), line.c_str(), name.c_str(),
              loss);
  return loss;
}

}  // namespace

int main(int count, char** words) {
  const Index size = count > 1 ? std::atol(words[1]) : 256;
  const int threads = count > 2 ? std::atoi(words[2]) : 2;
  std::printf("%-64s %-18s%10s%10s%10s%10s  %-16s %s\n", "convolution", "input", "direct", "F(4,2)", "F(4,3)", "F(6,3)",
              "choice", "loss");
  std::set<std::string> seen;
  double worst = 0;
  for (const auto text : {models::eccv16, models::street, models::siggraph17}) {
    const auto network = parse_network(text);
    if (!network) return 2;
    const Shape input{1, network->input_channels, size, size};
    const auto shapes = network->shapes(input);
    if (!shapes) return 2;
    for (const auto& layer : network->layers) {
      if (layer.kind() != "conv2d" && layer.kind() != "conv_transpose2d") continue;
      const Index from = layer.inputs[0];
      const Shape in = from == network_input ? input : (*shapes)[static_cast<std::size_t>(from)];
      if (seen.insert(alone(layer) + to_string(in)).second) worst = std::max(worst, compare(alone(layer), in, threads));
    }
  }
  std::printf("worst loss %.1f %%\n", worst);
  return worst > 10 ? 1 : 0;
}
