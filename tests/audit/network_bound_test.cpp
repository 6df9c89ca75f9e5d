// The bound of a whole network, term by term against numbers worked out by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <utility>

#include <ochre/audit/network_bound.hpp>
#include <ochre/network/description_parser.hpp>
#include <ochre/network/memory_plan.hpp>

namespace {

using namespace ochre;

// A convolution that only says how exact it is.
class Claimed final : public kernels::ConvKernel {
 public:
  Claimed(double growth, Precision precision) : growth_(growth), precision_(precision) {}
  Border border(Extent, Extent) const noexcept override { return {}; }
  Index weight_bytes() const noexcept override { return 0; }
  double error_growth() const noexcept override { return growth_; }
  Precision precision() const noexcept override { return precision_; }
  kernels::ConvSchedule schedule(const BlockedLayout&, const BlockedLayout&, int) const override { return {}; }
  Status pack(const kernels::ConvWeights&, kernels::Epilogue, const parallel::Team&) override { return {}; }
  void run(BlockedView<const float>, BlockedView<float>, const kernels::ConvSchedule&, std::span<float>,
           const parallel::Team&) const noexcept override {}

 private:
  double growth_;
  Precision precision_;
};

constexpr char bounded_network[] =
    "network n\ninput x channels=1\nconv2d a out=4 kernel=3 padding=1\nrelu r\nconv2d b out=100 kernel=1\nsoftmax s\n"
    "conv2d unread out=9 kernel=5 padding=2 from=r\noutput s\n";

engine::Step step_of(std::vector<Index> step_layers, std::unique_ptr<kernels::ConvKernel> kernel) {
  engine::Step step;
  step.layers = std::move(step_layers);
  if (kernel) step.operation = engine::ConvolutionStep{channel_block, ConvAlgorithm::direct, 0, std::move(kernel)};
  return step;
}

}  // namespace

TEST_CASE("network bound: roots of the terms of each layer's sums, a softmax's over its channels") {
  const auto network = parse_network(bounded_network).value();
  const Shape input{1, 1, 8, 8};
  const auto shapes = network.shapes(input).value();
  const auto macs = network.macs(input).value();
  const auto needed = ochre::network::needed_layers(network, network.output);
  // a: 9 products, r: 1, b: 4, s: 100; `unread` does not count.
  CHECK(audit::error_growth(network, needed, shapes, macs) == doctest::Approx(3 + 1 + 2 + 10));

  EnginePlan plan;
  plan.description = network;
  plan.steps.push_back(
      step_of({0, 1}, std::make_unique<Claimed>(7, Precision::float32)));  // only what leads has the algorithm
  plan.steps.push_back(step_of({2}, std::make_unique<Claimed>(1, Precision::float32)));
  plan.steps.push_back(step_of({3}, nullptr));
  plan.steps.push_back(step_of({4}, std::make_unique<Claimed>(1000, Precision::bf16)));
  CHECK(audit::error_growth(plan, needed, shapes, macs) == doctest::Approx(7 * 3 + 1 + 2 + 10));

  plan.steps[0] = step_of({0, 1}, std::make_unique<Claimed>(3, Precision::bf16));
  plan.steps[1] = step_of({2}, std::make_unique<Claimed>(4, Precision::bf16));
  CHECK(audit::error_growth(plan, needed, shapes, macs) ==
        doctest::Approx(3 * 3 + 1 + 4 * 2 + 10 + 65536 * 5));  // 2^-8 / 2^-24 · sqrt(3² + 4²)

  plan.steps[0] = step_of({0, 1}, std::make_unique<Claimed>(3, Precision::split));
  plan.steps[1] = step_of({2}, std::make_unique<Claimed>(4, Precision::split));
  CHECK(audit::error_growth(plan, needed, shapes, macs) == doctest::Approx(3 * 3 + 1 + 4 * 2 + 10 + 512 * 5));
}

TEST_CASE("network bound: eight units of the output's root mean square, whatever is not finite") {
  auto expected = Tensor<double>::create({1, 1, 2, 2}).value();
  const double values[] = {3, -3, 3, 3};
  std::copy_n(values, 4, expected.data());
  const auto bound = audit::normwise_bound(10, std::as_const(expected).view()).value();
  for (Index i = 0; i < 4; ++i) CHECK(bound.data()[i] == doctest::Approx(8 * 0x1p-24 * 3 * 10));
  expected.data()[2] = HUGE_VAL;
  expected.data()[3] = std::nan("");
  const auto finite = audit::normwise_bound(10, std::as_const(expected).view()).value();
  CHECK(finite.data()[0] == doctest::Approx(8 * 0x1p-24 * std::sqrt(18.0 / 4) * 10));
}
