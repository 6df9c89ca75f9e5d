// The fast engine against the readable one in double: whole networks, PyTorch's results, every step within the bound
// of its algorithm, given its own input; threads, batches, memory, and wrong calls.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>

#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/reference/error_bound.hpp>
#include <ochre/reference/winograd_bound.hpp>

#include "support/allocations.hpp"
#include "support/engine_network.hpp"

namespace {

using namespace ochre;
using test::compare_networks;
using test::error_growth;
using test::exact_output;
using test::make_engine;
using test::random_input;

bool same_bits(TensorView<const float> one, TensorView<const float> other) {
  return one.shape == other.shape &&
         std::memcmp(one.data, other.data, static_cast<std::size_t>(one.shape.size()) * sizeof(float)) == 0;
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
  const auto one = Engine::create(network, weights, {.layer = "leaf0"}).value();
  CHECK(workspace.bytes() < 3 * one.make_workspace({.input = input.shape()})->bytes() + 100'000);
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

// What a step of a convolution must give for the input it had, and how far off its algorithm may be.
struct StepTruth {
  Tensor<double> output;
  Tensor<double> bound;
};

std::vector<double> parameter(const LayerDescription& layer, const std::string& name) {
  for (const auto& tensor : layer.tensors()) {
    if (tensor.name != layer.name + "." + name) continue;
    Index count = 1;
    for (const Index side : tensor.shape) count *= side;
    std::vector<double> values(static_cast<std::size_t>(count));
    REQUIRE(random_weights<double>(1)(tensor, values));
    return values;
  }
  return {};
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

template <class Algorithm>
reference::WinogradFilter filter() {
  const auto& matrices = kernels::winograd_of<Algorithm>;
  return {Algorithm::points.outputs, Algorithm::points.taps, &matrices.a_transposed.at[0][0], &matrices.g.at[0][0],
          &matrices.b_transposed.at[0][0]};
}

class ConvolutionStep {
 public:
  ConvolutionStep(const NetworkDescription& network, const EngineEvent& event) : network_(network), event_(event) {}

  StepTruth truth() {
    const auto& conv = layer(0);
    const bool transposed = std::holds_alternative<layers::ConvTranspose2dSpec>(conv.spec);
    auto weights = parameter(conv, "weight");
    bias_ = parameter(conv, "bias");
    bias_.resize(static_cast<std::size_t>(conv.out_channels), 0.0);
    std::size_t next = 1;
    if (is_norm(1)) fold(layer(next++), weights, transposed);
    const Tensor<double> input = values_of(event_.inputs[0]);
    StepTruth truth = transposed ? compute_transposed(std::get<layers::ConvTranspose2dSpec>(conv.spec), weights, input)
                                 : compute_plain(std::get<layers::Conv2dSpec>(conv.spec), weights, input);
    for (; next < event_.layers.size(); ++next) follow(layer(next), truth);
    return truth;
  }

 private:
  const LayerDescription& layer(std::size_t i) const {
    return network_.layers[static_cast<std::size_t>(event_.layers[i])];
  }
  bool is_norm(std::size_t i) const {
    return i < event_.layers.size() && std::holds_alternative<layers::BatchNormSpec>(layer(i).spec);
  }

  static reference::BatchNormParameters norm(const LayerDescription& layer, std::vector<double> (&held)[4]) {
    const char* const names[] = {"running_mean", "running_var", "weight", "bias"};
    for (int i = 0; i < 4; ++i) held[i] = parameter(layer, names[i]);
    return {held[0].data(), held[1].data(), held[2].data(), held[3].data(),
            std::get<layers::BatchNormSpec>(layer.spec).eps};
  }

  // A batch norm right after the convolution is in its weights.
  void fold(const LayerDescription& norm_layer, std::vector<double>& weights, bool transposed) {
    std::vector<double> held[4];
    const auto p = norm(norm_layer, held);
    const std::size_t channels = bias_.size();
    const std::size_t in = static_cast<std::size_t>(layer(0).channels[0]);
    const std::size_t taps = weights.size() / channels / in;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::size_t o = transposed ? i / taps % channels : i / taps / in;
      weights[i] *= p.weight[o] / std::sqrt(p.variance[o] + p.eps);
    }
    for (std::size_t o = 0; o < channels; ++o) {
      bias_[o] = (bias_[o] - p.mean[o]) * p.weight[o] / std::sqrt(p.variance[o] + p.eps) + p.bias[o];
    }
  }

  template <class Layer, class Parameters, class Plain, class Winograd>
  StepTruth compute(Layer exact, const Parameters& p, const Shape& shape, const Tensor<double>& input, Plain plain,
                    Winograd winograd) {
    constexpr auto arithmetic = reference::arithmetic_of<float>();
    StepTruth truth{Tensor<double>::create(shape).value(), {}};
    exact(input.view(), p, truth.output.view());
    const reference::Operand x{input.view()};
    if (event_.algorithm == "direct") truth.bound = plain(x, p, arithmetic).value();
    if (event_.algorithm == kernels::F43::name)
      truth.bound = winograd(x, p, filter<kernels::F43>(), arithmetic).value();
    if (event_.algorithm == kernels::F63::name)
      truth.bound = winograd(x, p, filter<kernels::F63>(), arithmetic).value();
    if (event_.algorithm == kernels::F42::name)
      truth.bound = winograd(x, p, filter<kernels::F42>(), arithmetic).value();
    REQUIRE(truth.bound.shape() == shape);
    return truth;
  }

  StepTruth compute_plain(const layers::Conv2dSpec& spec, const std::vector<double>& weights,
                          const Tensor<double>& input) {
    const Window& w = spec.window;
    const reference::Conv2dParameters p{{weights.data(), {spec.out, input.shape().c, w.kernel.h, w.kernel.w}},
                                        bias_.data(),
                                        w.stride,
                                        w.padding,
                                        w.dilation,
                                        1};
    return compute(reference::conv2d, p, conv2d_shape(input.shape(), p), input, reference::conv2d_bound,
                   [](auto&&... operands) { return reference::winograd_conv2d_bound(operands...); });
  }

  StepTruth compute_transposed(const layers::ConvTranspose2dSpec& spec, const std::vector<double>& weights,
                               const Tensor<double>& input) {
    const Window& w = spec.window;
    const reference::ConvTranspose2dParameters p{{weights.data(), {input.shape().c, spec.out, w.kernel.h, w.kernel.w}},
                                                 bias_.data(),
                                                 w.stride,
                                                 w.padding,
                                                 spec.output_padding,
                                                 w.dilation,
                                                 1};
    return compute(reference::conv_transpose2d, p, conv_transpose2d_shape(input.shape(), p), input,
                   reference::conv_transpose2d_bound,
                   [](auto&&... operands) { return reference::winograd_conv_transpose2d_bound(operands...); });
  }

  static void follow(const LayerDescription& next, StepTruth& truth) {
    constexpr auto arithmetic = reference::arithmetic_of<float>();
    auto output = Tensor<double>::create(truth.output.shape()).value();
    const reference::Operand x{truth.output.view(), truth.bound.data()};
    Tensor<double> bound;
    if (const auto* leaky = std::get_if<layers::LeakyReluSpec>(&next.spec)) {
      const reference::LeakyReluParameters p{leaky->slope};
      reference::leaky_relu(x.value, p, output.view());
      bound = reference::leaky_relu_bound(x, p, arithmetic).value();
    } else if (std::holds_alternative<layers::BatchNormSpec>(next.spec)) {
      std::vector<double> held[4];
      const auto p = norm(next, held);
      reference::batch_norm(x.value, p, output.view());
      bound = reference::batch_norm_bound(x, p, arithmetic).value();
    } else {
      REQUIRE(std::holds_alternative<layers::ReluSpec>(next.spec));
      reference::relu(x.value, output.view());
      bound = reference::relu_bound(x).value();
    }
    truth = {std::move(output), std::move(bound)};
  }

  const NetworkDescription& network_;
  const EngineEvent& event_;
  std::vector<double> bias_;
};

// Runs the network and holds every convolution against its bound; the changes of layout change no number.
void check_steps(const Engine& engine, const Shape& shape, std::set<std::string_view>& algorithms) {
  const auto input = random_input(shape);
  auto workspace = engine.make_workspace({.input = shape, .threads = 2}).value();
  for (int i = 0; i < 2; ++i) {  // the second run finds what the first has left in memory
    const auto observe = [&](const EngineEvent& event) {
      algorithms.insert(event.algorithm);
      CAPTURE(event.algorithm);
      const auto actual = values_of(event.output);
      if (event.algorithm == "import") {
        const auto& step = engine.plan().steps[static_cast<std::size_t>(event.step)];
        for (Index k = 0; k < actual.shape().size(); ++k) {
          const double scaled = static_cast<double>(input.data()[k]) * static_cast<double>(step.factor) +
                                static_cast<double>(step.offset);
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
      if (event.algorithm != "direct" && !event.algorithm.starts_with("winograd")) return;
      const auto truth = ConvolutionStep(engine.description(), event).truth();
      auto floats = Tensor<float>::create(actual.shape()).value();
      for (Index k = 0; k < actual.shape().size(); ++k) floats.data()[k] = static_cast<float>(actual.data()[k]);
      const auto comparison = reference::compare(floats.view(), truth.output.view(), truth.bound.view());
      INFO(to_string(comparison));
      CHECK(comparison.holds());
      CHECK(comparison.worst_ratio < 0.5);
      CHECK(comparison.decisive);
    };
    REQUIRE(engine.run(input.view(), workspace, observe));
  }
}

TEST_CASE("engine: every convolution holds the bound of its algorithm, given its own input, on shared memory") {
  std::set<std::string_view> algorithms;
  for (const auto* network : test::small_networks) {
    check_steps(make_engine(network->text, {.input = network->input}), network->input, algorithms);
  }
  check_steps(make_engine(models::street), {1, 1, 32, 48}, algorithms);
  for (const auto name : {"direct", "winograd F(4,3)", "winograd F(4,2)"}) CHECK(algorithms.contains(name));
}

TEST_CASE("engine: an algorithm that the caller asks for is taken, and gives the same numbers") {
  for (const auto algorithm : {ConvAlgorithm::direct, ConvAlgorithm::winograd_f43, ConvAlgorithm::winograd_f63}) {
    std::set<std::string_view> algorithms;
    const auto engine = make_engine(test::chain.text, {.algorithms = {{"c", algorithm}, {"f", algorithm}}});
    check_network(engine, test::chain.input);
    check_steps(engine, test::chain.input, algorithms);
    CHECK(algorithms.contains(conv_algorithm_names[static_cast<std::size_t>(algorithm)]));
  }
  for (const auto algorithm : {ConvAlgorithm::direct, ConvAlgorithm::winograd_f42}) {
    const auto engine = make_engine(test::chain.text, {.algorithms = {{"b", algorithm}, {"d", algorithm}}});
    for (const auto& step : engine.plan().steps) {
      const bool asked = step.layers.size() > 0 && (step.layers[0] == engine.description().find("b") ||
                                                    step.layers[0] == engine.description().find("d"));
      if (asked) CHECK(step.algorithm() == conv_algorithm_names[static_cast<std::size_t>(algorithm)]);
    }
    check_network(engine, test::chain.input);
  }
}

TEST_CASE("engine: a mean of colours after logits") {
  const std::string text =
      "network n\ninput x channels=1\nconv2d a out=20 kernel=3 padding=1\nrelu r\n"
      "conv2d q out=313 kernel=1\noutput q\n";
  ColorMean mean;
  RandomNumbers random(3);
  mean.exponent = 2.5f;
  for (int i = 0; i < 626; ++i) mean.values.push_back(static_cast<float>(100 * random.uniform()));
  const auto logits = make_engine(text);
  const auto engine = make_engine(text, {.color_mean = mean});
  const auto input = random_input({1, 1, 9, 30});
  const auto z = exact_output(logits, input.view());
  const auto actual = test::run_once(engine, input.view());
  REQUIRE(actual.shape() == Shape{1, 2, 9, 30});
  for (Index pixel = 0; pixel < 9 * 30; ++pixel) {
    double sum = 0;
    double color[2] = {};
    for (Index q = 0; q < 313; ++q) {
      const double weight = std::exp(2.5 * z.data()[q * 270 + pixel]);
      sum += weight;
      for (Index k = 0; k < 2; ++k) {
        color[k] += weight * static_cast<double>(mean.values[static_cast<std::size_t>(k * 313 + q)]);
      }
    }
    for (Index k = 0; k < 2; ++k) {
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
