// The fast engine against the readable one in double: whole networks, PyTorch's results, every step within the bound
// of its algorithm, given its own input; threads, batches, memory, and wrong calls.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <thread>

#include <ochre/audit/step_expectation.hpp>
#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>

#include "support/allocations.hpp"
#include "support/engine_network.hpp"
#include "support/refuse_memory.hpp"

namespace {

using namespace ochre;
using test::compare_networks;
using test::error_growth;
using test::exact_output;
using test::make_engine;
using test::random_input;

bool same_bits(TensorView<const float> tensor, TensorView<const float> other) {
  return tensor.shape == other.shape &&
         std::memcmp(tensor.data, other.data, static_cast<std::size_t>(tensor.shape.size()) * sizeof(float)) == 0;
}

void check_network(const Engine& engine, const Shape& shape) {
  const auto input = random_input(shape);
  const auto output = test::run_once(engine, input.view());
  const auto comparison =
      compare_networks(output.view(), exact_output(engine, input.view()).view(), error_growth(engine, shape));
  CAPTURE(engine.description().name);
  CAPTURE(to_string(shape));
  INFO(to_string(comparison));
  CHECK(comparison.holds());
  CHECK(comparison.decisive);
}

TEST_CASE("engine: small and odd networks give the readable engine's results, fused and not") {
  for (const auto* network : test::small_networks) {
    for (const bool keep_all : {false, true}) {
      check_network(make_engine(network->text, {.keep_all = keep_all}), network->input);
    }
    // Another size than the one that it was made for.
    Shape larger = network->input;
    larger.h += 16;
    larger.w += 4;
    check_network(make_engine(network->text, {.input = network->input}), larger);
  }
}

TEST_CASE("engine: every layer can be the output") {
  for (const auto* network : test::small_networks) {
    const auto description = parse_network(network->text).value();
    for (const auto& layer : description.layers) {
      CAPTURE(layer.name);
      check_network(make_engine(network->text, {.layer = layer.name}), network->input);
    }
  }
}

TEST_CASE("engine: every layer at once gives what each gives alone, and leaves hand their memory on") {
  std::string text = "network n\ninput x channels=3\nconv2d a out=20 kernel=3 padding=1\nrelu b\n";
  for (int i = 0; i < 50; ++i)
    text += "leaky_relu leaf" + std::to_string(i) + " slope=0." + std::to_string(i) + " from=b\n";
  for (int i = 0; i < 50; ++i) text += "conv2d conv" + std::to_string(i) + " out=17 kernel=3 padding=1 from=b\n";
  text += "output b\n";
  const auto network = parse_network(text).value();
  auto input = Tensor<float>::create({1, 3, 12, 10}).value();
  for (Index i = 0; i < input.shape().size(); ++i) input.data()[i] = static_cast<float>(i * 37 % 101) / 100;
  const auto weights = random_weights<float>(1);
  const auto all = Engine::create(network, weights, {.every_layer = true}).value();
  auto workspace = all.make_workspace({.input = input.shape()}).value();
  std::size_t seen = 0;
  const auto observe = [&](const EngineEvent& event) {
    if (event.layers.empty()) return;
    seen += event.layers.size();
    const LayerDescription& layer = network.layers[static_cast<std::size_t>(event.layers.back())];
    const auto alone = Engine::create(network, weights, {.layer = layer.name}).value();
    auto own = alone.make_workspace({.input = input.shape()}).value();
    const auto expected = alone.run(input.view(), own).value();
    REQUIRE(event.output.shape == expected.shape);
    bool same = true;
    for (Index c = 0; c < expected.shape.c; ++c) {
      for (Index y = 0; y < expected.shape.h; ++y) {
        for (Index x = 0; x < expected.shape.w; ++x) same = same && event.output.at(c, y, x) == expected.at(0, c, y, x);
      }
    }
    CAPTURE(layer.name);
    CHECK(same);
  };
  const auto last = all.run(input.view(), workspace, observe);
  REQUIRE(last);
  CHECK(last->shape == Shape{1, 17, 12, 10});
  CHECK(seen == network.layers.size());
  // Some six activations of 32 channels with their borders; a hundred leaves would take twenty times that.
  CHECK(workspace.bytes() < 10 * 32 * 14 * 12 * 4 + 300'000);
  const auto leaf = Engine::create(network, weights, {.layer = "leaf0"}).value();
  CHECK(workspace.bytes() < 3 * leaf.make_workspace({.input = input.shape()})->bytes() + 100'000);
  CHECK(!Engine::create(network, weights, {.layer = "a", .every_layer = true}));
}

TEST_CASE("engine: street, and the public networks at full width, on a small picture") {
  check_network(make_engine(models::street), {1, 1, 48, 80});
  check_network(make_engine(models::siggraph17), {1, 4, 24, 32});
}

// With a checked-in file's weights, against PyTorch.
void check_golden(const std::string& name, const std::string& prefix, const std::string& layer) {
  CAPTURE(name);
  CAPTURE(layer);
  const auto model = test::load_golden_file(name + "_sixteenth.safetensors");
  const auto golden = test::load_golden_file(name + "_sixteenth.expected.safetensors");
  const auto input = test::to_tensor<float>(golden.tensors.at(prefix + "input").view());
  const auto expected = golden.tensors.at(layer.empty() ? prefix + "output" : "logits").view();
  const auto engine = Engine::create(parse_network(model.metadata.at("network")).value(),
                                     test::golden_weights(model.tensors), {.layer = layer})
                          .value();
  const auto output = test::run_once(engine, input.view());
  const auto comparison = compare_networks(output.view(), expected, error_growth(engine, input.shape()));
  INFO(to_string(comparison));
  CHECK(comparison.holds());
  CHECK(comparison.decisive);
  for (const int threads : {2, 3, 7}) {
    CHECK(same_bits(test::run_once(engine, input.view(), {.input = input.shape(), .threads = threads}).view(),
                    output.view()));
  }
}

TEST_CASE("engine: eccv16 and siggraph17 at a sixteenth of their width give PyTorch's results") {
  check_golden("eccv16", "", "");
  check_golden("eccv16", "", "model8.6");
  check_golden("eccv16", "odd.", "");
  check_golden("siggraph17", "", "");
}

Tensor<double> values_of(const EngineTensorView& view) {
  auto values = Tensor<double>::create(view.shape).value();
  for (Index c = 0; c < view.shape.c; ++c) {
    for (Index y = 0; y < view.shape.h; ++y) {
      for (Index x = 0; x < view.shape.w; ++x) values.view().at(0, c, y, x) = static_cast<double>(view.at(c, y, x));
    }
  }
  return values;
}

// Runs the network and holds every convolution against its bound; the changes of layout change no number.
void check_steps(const Engine& engine, const Shape& shape, std::set<ConvAlgorithm>& algorithms) {
  const auto input = random_input(shape);
  auto workspace = engine.make_workspace({.input = shape, .threads = 2}).value();
  const ParameterSource<double> weights = random_weights<double>(1);
  const audit::StepJudge<simd::DefaultArch> judge(engine.description(), weights, 1);
  for (int i = 0; i < 2; ++i) {  // the second run finds what the first has left in memory
    const auto observe = [&](const EngineEvent& event) {
      CAPTURE(event.algorithm);
      const engine::Step& step = engine.plan().steps[static_cast<std::size_t>(event.step)];
      const auto actual = values_of(event.output);
      if (const auto* import = step.as<engine::ImportStep>()) {
        for (Index k = 0; k < actual.shape().size(); ++k) {
          const double scaled = static_cast<double>(input.data()[k]) * static_cast<double>(import->factor) +
                                static_cast<double>(import->offset);
          REQUIRE(actual.data()[k] == doctest::Approx(scaled).epsilon(2e-7).scale(1.0));
        }
        return;
      }
      if (event.layers.empty()) {
        const auto same = values_of(event.inputs[0]);
        CHECK(std::equal(actual.data(), actual.data() + actual.shape().size(), same.data()));
        return;
      }
      const auto& first = engine.description().layers[static_cast<std::size_t>(event.layers[0])];
      CAPTURE(first.name);
      const auto* conv = step.as<engine::ConvolutionStep>();
      if (conv == nullptr) return;
      algorithms.insert(conv->chosen);
      std::vector<Tensor<double>> inputs;
      inputs.push_back(values_of(event.inputs[0]));
      const auto expected = judge.expect(step, std::move(inputs)).value();
      auto floats = Tensor<float>::create(actual.shape()).value();
      for (Index k = 0; k < actual.shape().size(); ++k) floats.data()[k] = static_cast<float>(actual.data()[k]);
      const auto comparison = reference::compare(floats.view(), expected.value.view(), expected.bound.view());
      INFO(to_string(comparison));
      CHECK(comparison.holds());
      CHECK(comparison.worst_ratio < 0.5);
      CHECK(comparison.decisive);
    };
    REQUIRE(engine.run(input.view(), workspace, observe));
  }
}

TEST_CASE("engine: every convolution holds the bound of its algorithm, given its own input, on shared memory") {
  std::set<ConvAlgorithm> algorithms;
  for (const auto* network : test::small_networks) {
    check_steps(make_engine(network->text, {.input = network->input}), network->input, algorithms);
  }
  check_steps(make_engine(models::street), {1, 1, 32, 48}, algorithms);
  for (const auto algorithm : {ConvAlgorithm::direct, ConvAlgorithm::winograd_f43, ConvAlgorithm::winograd_f42}) {
    CHECK(algorithms.contains(algorithm));
  }
}

TEST_CASE("engine: an algorithm that the caller asks for is taken, and gives the same numbers") {
  for (const auto algorithm : {ConvAlgorithm::direct, ConvAlgorithm::winograd_f43, ConvAlgorithm::winograd_f63}) {
    std::set<ConvAlgorithm> algorithms;
    const auto engine = make_engine(test::chain.text, {.algorithms = {{"c", algorithm}, {"f", algorithm}}});
    check_network(engine, test::chain.input);
    check_steps(engine, test::chain.input, algorithms);
    CHECK(algorithms.contains(algorithm));
  }
  for (const auto algorithm : {ConvAlgorithm::direct, ConvAlgorithm::winograd_f42}) {
    const auto engine = make_engine(test::chain.text, {.algorithms = {{"b", algorithm}, {"d", algorithm}}});
    for (const auto& step : engine.plan().steps) {
      const auto* conv = step.as<engine::ConvolutionStep>();
      const bool asked = conv != nullptr && (step.layers[0] == engine.description().find("b") ||
                                             step.layers[0] == engine.description().find("d"));
      if (asked) CHECK(conv->chosen == algorithm);
    }
    check_network(engine, test::chain.input);
  }
}

TEST_CASE("engine: means of colours after logits") {
  const std::string text =
      "network n\ninput x channels=1\nconv2d a out=20 kernel=3 padding=1\nrelu r\n"
      "conv2d q out=313 kernel=1\noutput q\n";
  ColorMean mean;
  RandomNumbers random(3);
  mean.exponent = 2.5f;
  mean.means = 3;
  for (int i = 0; i < 3 * 313; ++i) mean.values.push_back(static_cast<float>(100 * random.uniform()));
  const auto logits = make_engine(text);
  const auto engine = make_engine(text, {.color_mean = mean});
  const auto input = random_input({1, 1, 9, 30});
  const auto z = exact_output(logits, input.view());
  const auto actual = test::run_once(engine, input.view());
  REQUIRE(actual.shape() == Shape{1, 3, 9, 30});
  for (Index pixel = 0; pixel < 9 * 30; ++pixel) {
    double sum = 0;
    double color[3] = {};
    for (Index q = 0; q < 313; ++q) {
      const double weight = std::exp(2.5 * z.data()[q * 270 + pixel]);
      sum += weight;
      for (Index k = 0; k < 3; ++k) {
        color[k] += weight * static_cast<double>(mean.values[static_cast<std::size_t>(k * 313 + q)]);
      }
    }
    for (Index k = 0; k < 3; ++k) {
      CHECK(static_cast<double>(actual.data()[k * 270 + pixel]) ==
            doctest::Approx(color[k] / sum).epsilon(1e-4).scale(10));
    }
  }
}

// A host with one thread, that takes the tasks in the order nobody expects.
void run_backwards(void* calls, int tasks, FunctionRef<void(int)> task) {
  ++*static_cast<std::atomic<int>*>(calls);
  for (int i = tasks; i-- > 0;) task(i);
}

TEST_CASE("engine: the same bits for any number of threads, our own and a host's, and however many packed") {
  const auto check = [](std::string_view text, const Shape& shape) {
    const auto engine = make_engine(text);
    CAPTURE(engine.description().name);
    const auto input = random_input(shape);
    const auto output = test::run_once(engine, input.view());
    for (const int threads : {1, 2, 3, 7}) {
      CAPTURE(threads);
      CHECK(same_bits(test::run_once(engine, input.view(), {.input = input.shape(), .threads = threads}).view(),
                      output.view()));
      std::atomic<int> calls{0};
      CHECK(same_bits(
          test::run_once(engine, input.view(),
                         {.input = input.shape(), .threads = threads, .lender = &run_backwards, .host = &calls})
              .view(),
          output.view()));
      CHECK((calls > 0) == (threads > 1));
      const auto packed_by_many = make_engine(text, {.threads = threads});
      CHECK(same_bits(test::run_once(packed_by_many, input.view()).view(), output.view()));
    }
  };
  for (const auto* network : test::small_networks) check(network->text, network->input);
  check(models::street, {1, 1, 64, 96});
}

TEST_CASE("engine: a batch is its pictures, one after the other") {
  for (const auto* network : test::small_networks) {
    Shape shape = network->input;
    shape.n = 2;
    const auto engine = make_engine(network->text);
    const auto input = random_input(shape);
    auto workspace = engine.make_workspace({.input = shape, .threads = 2}).value();
    CHECK(workspace.output_shape().n == 2);
    const auto output = engine.run(input.view(), workspace).value();
    shape.n = 1;
    for (Index n = 0; n < 2; ++n) {
      const auto alone = test::run_once(engine, {input.view().plane(n, 0), shape});
      CHECK(same_bits({output.plane(n, 0), alone.shape()}, alone.view()));
    }
  }
}

TEST_CASE("engine: a run in parts, however it is cut, gives what a whole one gives") {
  for (const auto* network : test::small_networks) {
    const auto engine = make_engine(network->text, {.input = network->input});
    const auto input = random_input(network->input);
    const auto whole = test::run_once(engine, input.view());
    auto workspace = engine.make_workspace({.input = network->input, .threads = 2}).value();
    for (const int at_once : {1, 2, 1000}) {
      Index next = 0;
      int parts = 0;
      while (next < engine.steps()) {
        int left = at_once - 1;
        const Index before = next;
        next = engine.run_from(next, input.view(), workspace, [&] { return left-- > 0; }).value();
        CHECK(next == std::min(before + at_once, engine.steps()));
        ++parts;
      }
      CHECK(parts == (engine.steps() + at_once - 1) / at_once);
      CHECK(same_bits(engine.output(workspace), whole.view()));
    }
    const auto always = [] { return true; };
    CHECK(!engine.run_from(engine.steps(), input.view(), workspace, always));
    CHECK(!engine.run_from(-1, input.view(), workspace, always));
  }
}

TEST_CASE("engine: a run allocates nothing, and leaves nothing behind for the next") {
  for (const auto* network : test::small_networks) {
    const auto engine = make_engine(network->text);
    const auto input = random_input(network->input);
    auto bad = random_input(network->input);
    std::fill_n(bad.data(), bad.shape().size(), std::numeric_limits<float>::quiet_NaN());
    for (const int threads : {1, 3}) {
      auto workspace = engine.make_workspace({.input = network->input, .threads = threads}).value();
      const auto first = test::copy_of(engine.run(input.view(), workspace).value());
      REQUIRE(engine.run(bad.view(), workspace));  // NaN in every number that a run writes
      const auto before = test::allocations();
      const auto second = engine.run(input.view(), workspace);
      CHECK(test::allocations() == before);
      CHECK(same_bits(*second, first.view()));
    }
  }
}

TEST_CASE("engine: several threads run one engine, each with a workspace of its own") {
  const auto engine = make_engine(models::street);
  const Shape shape{1, 1, 32, 48};
  std::vector<Tensor<float>> expected;
  for (std::uint64_t i = 0; i < 4; ++i) expected.push_back(test::run_once(engine, random_input(shape, i).view()));
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (std::uint64_t i = 0; i < 4; ++i) {
    callers.emplace_back([&, i] {
      const Engine copy = engine;  // shares the weights
      const auto input = random_input(shape, i);
      auto workspace = copy.make_workspace({.input = shape, .threads = 1 + static_cast<int>(i % 2)}).value();
      for (int run = 0; run < 5; ++run) right += same_bits(*copy.run(input.view(), workspace), expected[i].view());
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(right == 20);
}

TEST_CASE("engine: NaN in one pixel reaches the outputs that depend on it") {
  const auto engine = make_engine(test::branches.text);
  auto input = random_input({1, 3, 64, 48});
  const auto clean = test::run_once(engine, input.view());
  input.view().at(0, 1, 54, 40) = std::numeric_limits<float>::quiet_NaN();
  const auto spoilt = test::run_once(engine, input.view());
  const auto exact = exact_output(engine, input.view());
  Index spoilt_outputs = 0;
  for (Index i = 0; i < exact.shape().size(); ++i) {
    if (std::isfinite(exact.data()[i])) continue;
    ++spoilt_outputs;
    CHECK_FALSE(std::isfinite(spoilt.data()[i]));
  }
  CHECK(spoilt_outputs > 5 * 9);
  CHECK(clean.data()[0] == spoilt.data()[0]);  // four tiles of the largest away
}

TEST_CASE("engine: weights and workspace stay within the memory allowed, or creation fails") {
  const auto check = [](std::string_view text, const Shape& shape) {
    const auto free = make_engine(text, {.input = shape});
    const auto bytes = [&](const Engine& engine) {
      return engine.plan().weight_bytes() + engine.make_workspace({.input = shape}).value().bytes();
    };
    const Index wanted = bytes(free);
    CAPTURE(free.description().name);
    CAPTURE(wanted);
    Index smallest = wanted;
    int refused = 0;
    for (const double part : {2.0, 1.1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.01}) {
      const auto budget = static_cast<Index>(part * static_cast<double>(wanted));
      CAPTURE(budget);
      const auto engine = test::try_engine(text, {.input = shape, .memory = budget});
      if (!engine) {
        ++refused;
        CHECK(engine.error().code == ErrorCode::too_large);
        continue;
      }
      CHECK(refused == 0);  // what a larger budget cannot, a smaller one cannot either
      CHECK(bytes(*engine) <= budget);
      CHECK((part < 1 || engine->plan().weight_bytes() == free.plan().weight_bytes()));  // nothing is given up in vain
      smallest = std::min(smallest, bytes(*engine));
      check_network(*engine, {1, shape.c, 32, 48});
    }
    CHECK(refused > 0);
    CHECK(smallest < wanted);
  };
  check(models::street, {1, 1, 64, 64});
  // Narrow and with skips: the activations are most of it.
  check(test::load_golden_file("siggraph17_sixteenth.safetensors").metadata.at("network"), {1, 4, 64, 64});
  check(test::branches.text, {1, 3, 64, 64});
}

TEST_CASE("engine: weights are read once, however often the memory makes the choice anew") {
  const Shape shape{1, 1, 64, 64};
  const auto network = parse_network(models::street).value();
  std::map<std::string, int> reads;
  const auto random = random_weights<float>(1);
  const auto source = [&](const RequiredTensor& tensor, std::span<float> values) {
    ++reads[tensor.name];
    return random(tensor, values);
  };
  const auto free = Engine::create(network, source, {.input = shape}).value();
  const Index wanted = free.plan().weight_bytes() + free.make_workspace({.input = shape})->bytes();
  reads.clear();
  const auto small = Engine::create(network, source, {.input = shape, .memory = wanted * 6 / 10}).value();
  CHECK(small.plan().weight_bytes() < free.plan().weight_bytes());
  CHECK(reads.size() == network.tensors().size());
  for (const auto& [name, times] : reads) CHECK(times == 1);
}

// A U-Net: what the skips concatenate stays in the convolutions' layout.
constexpr char u_net[] = R"(network u
input x channels=3
conv2d a out=20 kernel=3 padding=1
relu ra
conv2d b out=33 kernel=3 stride=2 padding=1
relu rb
conv2d c out=16 kernel=3 padding=1
concat skip from=c,rb
conv_transpose2d up out=17 kernel=4 stride=2 padding=1
concat cat from=up,ra
conv2d d out=18 kernel=3 padding=1
upsample enlarged factor=2 mode=bilinear
conv2d e out=7 kernel=3 padding=1
output e
)";

TEST_CASE("engine: a U-Net stays blocked from its first convolution to its last") {
  const auto engine = make_engine(u_net);
  check_network(engine, {1, 3, 16, 24});
  check_network(engine, {1, 3, 18, 10});
  check_network(make_engine(u_net, {.keep_all = true}), {1, 3, 16, 24});
  int changes = 0;
  for (const auto& step : engine.plan().steps) changes += step.layers.empty();
  CHECK(changes == 2);  // the network's input and output
}

TEST_CASE("engine: workspaces that share a team, called at once, give the same bits as alone") {
  const auto engine = make_engine(models::street);
  const Shape shape{1, 1, 32, 48};
  const auto team = SharedTeam::create(2).value();
  const auto input = random_input(shape);
  const auto expected = test::run_once(engine, input.view());
  std::atomic<int> right{0};
  std::vector<std::thread> cameras;
  for (int i = 0; i < 4; ++i) {
    cameras.emplace_back([&] {
      auto workspace = engine.make_workspace({.input = shape, .team = team}).value();
      for (int run = 0; run < 5; ++run) right += same_bits(*engine.run(input.view(), workspace), expected.view());
      right += workspace.threads() == 2;
    });
  }
  for (auto& camera : cameras) camera.join();
  CHECK(right == 24);
}

TEST_CASE("engine: a call is cancelled between two steps, and the next one works") {
  const auto engine = make_engine(test::chain.text);
  const auto input = random_input(test::chain.input);
  std::atomic<bool> cancel{false};
  auto workspace = engine.make_workspace({.input = test::chain.input, .cancel = &cancel}).value();
  const auto expected = test::copy_of(engine.run(input.view(), workspace).value());
  Index steps = 0;
  const auto stop_after_three = [&](const EngineEvent&) { cancel = ++steps == 3; };
  const auto cancelled = engine.run(input.view(), workspace, stop_after_three);
  REQUIRE(!cancelled);
  CHECK(cancelled.error().code == ErrorCode::cancelled);
  CHECK(steps == 3);
  CHECK(engine.run(input.view(), workspace).error().code == ErrorCode::cancelled);  // as long as it is asked for
  cancel = false;
  CHECK(same_bits(*engine.run(input.view(), workspace), expected.view()));
}

TEST_CASE("engine: it and its workspace refuse with an error wherever memory runs out") {
  const auto network = parse_network(test::chain.text).value();
  const auto weights = random_weights<float>(1);
  const EngineOptions options{.input = test::chain.input, .threads = 2};
  CHECK(test::refuse_each([&] { return Engine::create(network, weights, options); }) > 50);
  const auto engine = Engine::create(network, weights, options).value();
  const auto make = [&] { return engine.make_workspace({.input = test::chain.input, .threads = 2}); };
  CHECK(test::refuse_each(make) > 50);
}

TEST_CASE("engine: what was moved from is refused") {
  auto engine = make_engine(test::chain.text);
  const auto input = random_input(test::chain.input);
  auto workspace = engine.make_workspace({.input = test::chain.input}).value();
  auto moved = std::move(workspace);
  CHECK(engine.run(input.view(), moved));
  CHECK(engine.run(input.view(), workspace).error().code == ErrorCode::invalid_argument);
  const auto other = std::move(engine);
  CHECK(!engine.make_workspace({.input = test::chain.input}));
  CHECK(!engine.run(input.view(), moved));
  CHECK(!engine.run(input.view(), workspace));
  CHECK(other.run(input.view(), moved));
}

TEST_CASE("engine: wrong calls are errors") {
  const auto refused = [](std::string_view text, const EngineOptions& options, const char* what) {
    const auto engine = test::try_engine(text, options);
    REQUIRE(!engine);
    INFO(engine.error().message());
    CHECK(engine.error().message().find(what) != std::string::npos);
  };
  refused(test::chain.text, {.layer = "nothing"}, "no layer `nothing`");
  refused(test::chain.text, {.algorithms = {{"b", ConvAlgorithm::winograd_f43}}}, "winograd F(4,3) cannot compute");
  refused(test::chain.text, {.algorithms = {{"c", ConvAlgorithm::winograd_f42}}}, "winograd F(4,2) cannot compute");
  refused(test::chain.text, {.algorithms = {{"a", ConvAlgorithm::winograd_f63}}}, "cannot compute");  // block 1
  refused(test::chain.text, {.algorithms = {{"zz", ConvAlgorithm::direct}}}, "zz");
  refused(test::chain.text, {.input = {1, 0, 0, 5}}, "");
  refused(test::chain.text, {.threads = 0}, "0 threads");
  refused(test::chain.text, {.precision = static_cast<Precision>(7)}, "precision");
  refused(test::chain.text, {.algorithms = {{"b", static_cast<ConvAlgorithm>(9)}}}, "cannot compute");
  refused(test::chain.text, {.memory = 1000}, "bytes of memory or more, expected at most 1000");
  refused(test::chain.text, {.color_mean = ColorMean{}}, "1x1 convolution");
  refused(test::colors.text, {.layer = "q", .color_mean = ColorMean{}}, "colour");
  const auto failing = [](const RequiredTensor& tensor, std::span<float>) -> Status {
    return Error{ErrorCode::not_found, "tensor " + tensor.name};
  };
  const auto no_weights = Engine::create(parse_network(test::chain.text).value(), failing);
  REQUIRE(!no_weights);
  CHECK(no_weights.error().message().find("a.weight") != std::string::npos);

  const auto engine = make_engine(test::chain.text);
  const auto no_workspace = [&](const EngineWorkspaceOptions& options, const char* what) {
    const auto workspace = engine.make_workspace(options);
    REQUIRE(!workspace);
    INFO(workspace.error().message());
    CHECK(workspace.error().message().find(what) != std::string::npos);
  };
  no_workspace({.input = {1, 3, 8, 8}}, "expected 1 channels");
  no_workspace({.input = {1, 1, 0, 8}}, "input shape");
  no_workspace({.input = {1, 1, 8, 8}, .threads = 0}, "0 threads");
  const auto team = SharedTeam::create(1).value();
  std::atomic<int> calls{0};
  no_workspace({.input = {1, 1, 8, 8}, .team = team, .lender = &run_backwards, .host = &calls}, "both a team");
  no_workspace({.input = {1, 1, Index{1} << 31, Index{1} << 31}}, "input shape");
  no_workspace({.input = {1, 1, Index{1} << 20, Index{1} << 20}}, "");

  auto workspace = engine.make_workspace({.input = {1, 1, 8, 8}}).value();
  const auto right = random_input({1, 1, 8, 8});
  const auto wrong = random_input({1, 1, 8, 16});
  CHECK(engine.run(right.view(), workspace));
  CHECK(!engine.run(wrong.view(), workspace));
  CHECK(!engine.run(TensorView<const float>{nullptr, {1, 1, 8, 8}}, workspace));
  const auto other = make_engine(test::chain.text);
  CHECK(other.run(right.view(), workspace).error().message().find("another engine") != std::string::npos);
}

}  // namespace
