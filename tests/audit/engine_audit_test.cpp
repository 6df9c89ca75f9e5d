// The audit of the fast engine: sound engines pass with every algorithm and kind of layer, one spoilt number is found
// in its own step and nowhere else, and the comparison itself is fed everything that must not pass.
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/audit/engine_audit.hpp>
#include <ochre/engine/load_engine.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/weights/mapped_file.hpp>

#include "support/fast_conv.hpp"

namespace {

using namespace ochre;
using test::ConvCase;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// Every kind of layer, every way to fuse, every algorithm (assigned below).
constexpr char every_kind[] = R"(network all
input lightness channels=1
scale normalise factor=0.01 offset=-0.5
conv2d first out=20 kernel=3 padding=1
relu first_relu
batch_norm first_norm
conv2d dense out=24 kernel=3 padding=1 bias=false
batch_norm dense_norm
relu dense_relu
conv2d large out=17 kernel=3 padding=1
leaky_relu large_relu slope=0.2
batch_norm large_norm affine=false
conv2d dilated out=16 kernel=3 padding=2 dilation=2
batch_norm dilated_norm
conv2d strided out=18 kernel=3 stride=2 padding=1
tanh bent
conv_transpose2d up out=17 kernel=4 stride=2 padding=1
batch_norm up_norm
relu up_relu
conv2d groups out=34 kernel=3 padding=1 groups=17
downsample thinned stride=2
conv2d narrow out=16 kernel=5x3 padding=2x1
upsample wide factor=2 mode=bilinear
conv2d side from=up_relu out=16 kernel=1
add sum from=wide,side
concat both from=sum,first_norm
softmax shares
conv_transpose2d odd out=5 kernel=3 stride=2 padding=1 output_padding=1
upsample more factor=2 mode=nearest
output more
)";
const std::vector<std::pair<std::string, ConvAlgorithm>> assigned{
    {"dense", ConvAlgorithm::winograd_f43},   {"large", ConvAlgorithm::winograd_f63},
    {"dilated", ConvAlgorithm::winograd_f43}, {"strided", ConvAlgorithm::winograd_f42},
    {"up", ConvAlgorithm::winograd_f42},      {"narrow", ConvAlgorithm::direct}};
constexpr Shape picture_shape{1, 1, 22, 18};

constexpr char color_head[] = R"(network head
input lightness channels=1
scale normalise factor=0.01 offset=-0.5
conv2d first out=16 kernel=3 padding=1
relu first_relu
conv2d logits out=37 kernel=1
softmax shares
conv2d mean out=2 kernel=1
scale colours factor=110 offset=1
output colours
)";

constexpr char pools[] = R"(network pools
input lightness channels=1
scale normalise factor=0.01 offset=-0.5
conv2d first out=20 kernel=3 padding=1
clip bounded least=-0.3 most=0.4
max_pool peaks kernel=3 stride=2 padding=1
conv2d second out=24 kernel=3 padding=1
average_pool means kernel=3 stride=2 padding=1 ceil=true
channels some first=3 count=20
constant rows from=some channels=20 height=6 width=5
multiply weighed from=some,rows
depth_to_space square factor=2 order=dcr
global_average_pool level from=second
upsample levels factor=12x10
concat ends from=levels,square
average_pool last kernel=2 padding=1 count_padding=false
resize middle scale=3/5x4/7 mode=bicubic
resize small scale=3/4 mode=bilinear coordinates=align_corners
output small
)";

Tensor<float> lightness(const Shape& shape) {
  auto input = Tensor<float>::create(shape).value();
  RandomNumbers random(5);
  for (Index i = 0; i < shape.size(); ++i) input.data()[i] = static_cast<float>(50 + 50 * random.uniform());
  return input;
}

// random_weights, one number of one tensor being another.
template <class T>
ParameterSource<T> weights_with(std::string spoilt = {}, std::size_t at = 0, double value = 0) {
  return [=, right = random_weights<T>(1)](const RequiredTensor& tensor, std::span<T> values) -> Status {
    Status status = right(tensor, values);
    if (tensor.name == spoilt) values[at % values.size()] = static_cast<T>(value);
    return status;
  };
}

struct Subject {
  const char* text = every_kind;
  EngineOptions options{.input = picture_shape, .algorithms = assigned};
  ParameterSource<float> weights = weights_with<float>();
  ParameterSource<double> truth = weights_with<double>();
  Tensor<float> input = lightness(picture_shape);
  int threads = 1;

  Result<AuditReport> audit() const {
    const auto engine = Engine::create(parse_network(text).value(), weights, options).value();
    return audit_engine(engine, truth, input.view(), {.threads = threads, .timed_runs = 1});
  }
};

const LayerAudit& row(const AuditReport& report, const std::string& name) {
  for (const auto& layer : report.layers) {
    if (layer.name == name) return layer;
  }
  FAIL("no layer " << name);
  return report.layers[0];
}

void check_passes(const AuditReport& report) {
  for (const auto& layer : report.layers) {
    CAPTURE(layer.name);
    INFO(layer.judgement.failure);
    CHECK(layer.leader >= 0);
    CHECK(layer.judgement.pass);
    CHECK(layer.judgement.ratio < 1);
    CHECK(layer.judgement.relative_bound < 0.05);  // sharp enough to tell
    CHECK(layer.judgement.nan + layer.judgement.inf == 0);
    CHECK(layer.judgement.min < layer.judgement.max);
    CHECK(layer.judgement.mean > layer.judgement.min);
    CHECK(layer.judgement.mean < layer.judgement.max);
  }
  for (const auto& layout : report.layouts) CHECK(layout.judgement.pass);
  INFO(report.whole.failure);
  CHECK(report.whole.pass);
  CHECK(report.whole.ratio < 0.1);
  CHECK(report.pass());
  CHECK(report.first_failure() == nullptr);
}

}  // namespace

TEST_CASE("audit: an engine of every algorithm and kind of layer passes") {
  const auto report = Subject{}.audit();
  REQUIRE(report);
  check_passes(*report);
  const auto algorithm = [&](const char* name) { return row(*report, name).algorithm; };
  CHECK(algorithm("normalise") == "import");
  CHECK(algorithm("first") == "direct");
  CHECK(algorithm("dense") == "winograd F(4,3)");
  CHECK(algorithm("dense_norm") == "fused into dense");
  CHECK(algorithm("dense_relu") == "fused into dense");
  CHECK(algorithm("large") == "winograd F(6,3)");
  CHECK(algorithm("large_norm") == "fused into large");
  CHECK(algorithm("strided") == "winograd F(4,2)");
  CHECK(algorithm("up") == "winograd F(4,2)");
  CHECK(algorithm("groups") == "im2col+gemm");
  CHECK(algorithm("odd") == "direct");
  CHECK(algorithm("both") == "copy");

  const auto& dense = row(*report, "dense");
  CHECK(dense.kind == "conv2d");
  CHECK(dense.input_shape == Shape{1, 20, 22, 18});
  CHECK(dense.output_shape == Shape{1, 24, 22, 18});
  CHECK(dense.parameters == 24 * 20 * 9);
  CHECK(dense.macs == 24.0 * 20 * 9 * 22 * 18);
  CHECK(dense.leads);
  CHECK(dense.ms > 0);
  CHECK(dense.judgement.max_error > 0);
  CHECK(dense.judgement.ratio == doctest::Approx(dense.judgement.max_error / dense.judgement.bound));
  const auto& norm = row(*report, "dense_norm");
  CHECK(norm.ms == 0);
  CHECK_FALSE(norm.leads);
  CHECK(norm.parameters == 4 * 24);
  CHECK(norm.leader == dense.leader);
  CHECK(norm.judgement.ratio == dense.judgement.ratio);
  CHECK(dense.judgement.min == 0);  // of what leaves the rectifier
  CHECK(row(*report, "thinned").judgement.bound == 0);
  CHECK(row(*report, "both").input_shape == Shape{1, 16, 22, 18});
  CHECK_FALSE(report->layouts.empty());
  CHECK(report->worst_layer()->judgement.ratio > 0);
  CHECK(report->ms >= dense.ms);

  Subject threads;
  threads.threads = 3;
  const auto again = threads.audit();
  REQUIRE(again);
  for (std::size_t i = 0; i < report->layers.size(); ++i) {
    CHECK(again->layers[i].judgement.ratio == report->layers[i].judgement.ratio);
  }
}

TEST_CASE("audit: nothing fused, other algorithms, the colour head") {
  Subject plain;
  plain.options.keep_all = true;
  plain.options.algorithms.clear();
  check_passes(plain.audit().value());
  Subject direct;
  for (auto& [name, algorithm] : direct.options.algorithms) algorithm = ConvAlgorithm::direct;
  check_passes(direct.audit().value());
  Subject head;
  head.text = color_head;
  head.options.algorithms.clear();
  const auto report = head.audit().value();
  check_passes(report);
  CHECK(row(report, "logits").algorithm == "direct, softmax, mean");
  CHECK(row(report, "colours").algorithm == "fused into logits");
}

TEST_CASE("audit: pools, limits and what is only copied") {
  Subject subject;
  subject.text = pools;
  subject.options.algorithms.clear();
  const auto report = subject.audit().value();
  check_passes(report);
  for (const char* exact : {"peaks", "some", "square", "levels"}) CHECK(row(report, exact).judgement.bound == 0);
  CHECK(row(report, "bounded").judgement.bound > 0);  // 0.4 is no float
  CHECK(row(report, "level").judgement.max_error > 0);
  CHECK(row(report, "peaks").algorithm == "window");
  CHECK(row(report, "means").macs == 24.0 * 9 * 6 * 5);
}

TEST_CASE("audit: one wrong weight makes its own step fail, and no other") {
  int tried = 0;
  for (const char* text : {every_kind, color_head}) {
    const auto network = parse_network(text).value();
    for (const auto& tensor : network.tensors()) {
      Subject subject;
      subject.text = text;
      if (text == color_head) subject.options.algorithms.clear();
      const std::string owner = tensor.name.substr(0, tensor.name.rfind('.'));
      // By less than the weight's own size; a variance must stay above 0.
      const bool is_variance = tensor.name.ends_with("running_var");
      subject.weights = weights_with<float>(tensor.name, 7, is_variance ? 2.0 : 0.33);
      const auto report = subject.audit();
      CAPTURE(tensor.name);
      REQUIRE(report);
      CHECK_FALSE(report->pass());
      const auto& wrong = row(*report, owner);
      for (const auto& layer : report->layers) {
        CAPTURE(layer.name);
        INFO(layer.judgement.failure);
        CHECK(layer.judgement.pass == (layer.leader != wrong.leader));
      }
      CHECK(wrong.judgement.ratio > 1);
      CHECK(wrong.judgement.max_error > wrong.judgement.bound);
      CHECK(wrong.judgement.failure.find("exceeds its bound") != std::string::npos);
      REQUIRE(report->first_failure() != nullptr);
      CHECK(report->first_failure()->leader == wrong.leader);
      CHECK(report->worst_layer()->leader == wrong.leader);
      CHECK_FALSE(report->whole.pass);
      ++tried;
    }
  }
  CHECK(tried > 30);
}

TEST_CASE("audit: a weight that is a hundredth off is found") {
  for (const std::string name : {"first", "dense", "dilated", "strided", "up", "groups", "narrow", "odd"}) {
    Subject subject;
    subject.weights = [&, right = random_weights<float>(1)](const RequiredTensor& tensor, std::span<float> to) {
      Status status = right(tensor, to);
      if (tensor.name == name + ".weight") *std::max_element(to.begin(), to.end()) *= 1.01f;
      return status;
    };
    const auto report = subject.audit();
    CAPTURE(name);
    REQUIRE(report);
    CHECK_FALSE(report->pass());
    REQUIRE(report->first_failure() != nullptr);
    CHECK(report->first_failure()->name == name);
  }
}

TEST_CASE("audit: NaN and infinities are counted, and pass only where they belong") {
  Subject spoilt;  // in the engine alone
  spoilt.weights = weights_with<float>("narrow.bias", 3, not_a_number);
  auto report = spoilt.audit().value();
  CHECK_FALSE(report.pass());
  CHECK(report.first_failure()->name == "narrow");
  CHECK(row(report, "narrow").judgement.nan == 11 * 9);
  CHECK(row(report, "narrow").judgement.ratio == infinity);
  CHECK(row(report, "narrow").judgement.failure.find("not finite") != std::string::npos);
  CHECK(std::isfinite(row(report, "narrow").judgement.mean));
  CHECK(row(report, "wide").judgement.nan == 22 * 18);  // what it was given
  CHECK(row(report, "wide").judgement.pass);

  spoilt.truth = weights_with<double>("narrow.bias", 3, not_a_number);  // in both: the engine is not to blame
  report = spoilt.audit().value();
  CHECK(row(report, "narrow").judgement.nan == 11 * 9);
  CHECK(report.pass());
  spoilt.weights = weights_with<float>();  // the engine lost it
  CHECK_FALSE(spoilt.audit().value().pass());

  Subject bright;
  bright.weights = weights_with<float>("narrow.bias", 3, infinity);
  report = bright.audit().value();
  CHECK(report.first_failure()->name == "narrow");
  CHECK(row(report, "narrow").judgement.inf == 11 * 9);

  Subject input;
  input.text = color_head;
  input.options.algorithms.clear();
  input.input.data()[4 * 18 + 5] = static_cast<float>(not_a_number);
  report = input.audit().value();
  CHECK(row(report, "first").judgement.nan == 16 * 9);
  CHECK(row(report, "colours").judgement.nan == 2 * 9);
  CHECK(report.whole.nan == 2 * 9);
  CHECK(report.pass());  // as the readable network has it
}

TEST_CASE("audit: layers that the output does not need are not computed, and not said to hold") {
  Subject subject;
  subject.options.layer = "dense_relu";
  subject.options.algorithms.clear();
  const auto report = subject.audit().value();
  CHECK(report.pass());
  CHECK(row(report, "dense").judgement.pass);
  CHECK(row(report, "large").leader == -1);
  CHECK(row(report, "large").algorithm.empty());
  CHECK_FALSE(row(report, "large").judgement.pass);

  auto both = report;
  both.add(Subject{}.audit().value());
  CHECK(row(both, "dense").judgement.ratio == row(report, "dense").judgement.ratio);
  CHECK(row(both, "large").judgement.pass);
  CHECK(both.pass());
  Subject spoilt;
  spoilt.weights = weights_with<float>("odd.bias", 0, 0.5);
  auto wrong = report;
  wrong.add(spoilt.audit().value());
  CHECK_FALSE(wrong.pass());
  CHECK(wrong.first_failure()->name == "odd");
}

TEST_CASE("audit: an engine of every layer is audited in one pass, what nobody reads as a whole, too") {
  std::string text = "network leaves\ninput lightness channels=1\nconv2d a out=20 kernel=3 padding=1\nrelu b\n";
  text += "conv2d first out=16 kernel=3 padding=1 from=a\nconv2d c out=4 kernel=1 from=b\n";
  // Scales, because a sigmoid takes a sum that nearly cancels to the size of 1: more than the bound of a whole allows.
  for (int i = 0; i < 40; ++i) text += "scale leaf" + std::to_string(i) + " factor=0.5 from=a\n";
  text += "output c\n";
  Subject subject;
  subject.text = text.c_str();
  subject.options = {.input = picture_shape, .keep_all = true, .every_layer = true};
  const auto engine = Engine::create(parse_network(text).value(), subject.weights, subject.options).value();
  std::vector<int> computed(44, 0);
  for (const engine::Step& step : engine.plan().steps) {
    for (const Index layer : step.layers) ++computed[static_cast<std::size_t>(layer)];
  }
  CHECK(computed == std::vector<int>(44, 1));  // each once, however many leaves depend on it
  const auto report = subject.audit().value();
  for (const auto& layer : report.layers) CHECK(layer.judgement.pass);
  CHECK(report.whole.pass);
  CHECK(report.pass());

  for (const auto& spoiled : {std::pair{"first.weight", "first"}, {"c.bias", "c"}, {"a.weight", "a"}}) {
    const char* const tensor = spoiled.first;
    const std::string owner = spoiled.second;
    CAPTURE(tensor);
    Subject spoilt;
    spoilt.text = text.c_str();
    spoilt.options = subject.options;
    spoilt.weights = weights_with<float>(tensor, 3, 0.33);
    const auto wrong = spoilt.audit().value();
    for (const auto& layer : wrong.layers) CHECK(layer.judgement.pass == (layer.name != owner));
    CHECK_FALSE(wrong.whole.pass);
    CHECK(wrong.whole.failure.find("exceeds its bound") != std::string::npos);
  }
  subject.text = every_kind;  // which has chains to fuse
  subject.options.keep_all = false;
  CHECK(subject.audit().error().message().find("keep_all") != std::string::npos);
}

TEST_CASE("audit: the embedded model") {
  const auto file = MappedFile::open(OCHRE_WEIGHTS_DIR "/street.safetensors").value();
  const auto model = Model::parse(file.bytes()).value();
  const Shape shape{1, 1, 80, 64};
  const auto engine = load_engine(model, {.input = shape}).value();
  const auto input = lightness(shape);
  const auto report = audit_engine(engine, model, input.view(), {.threads = 2}).value();
  check_passes(report);
  CHECK(report.layers.size() == model.network.layers.size());
}

TEST_CASE("audit: what cannot be audited is an error") {
  const auto engine = Engine::create(parse_network(color_head).value(), weights_with<float>()).value();
  const auto refused = [&](const Shape& shape) {
    const auto report = audit_engine(engine, weights_with<double>(), lightness(shape).view());
    REQUIRE(!report);
    return report.error().message();
  };
  CHECK(refused({2, 1, 8, 8}).find("one picture") != std::string::npos);
  CHECK(refused({1, 3, 8, 8}).find("expected 1 channels") != std::string::npos);
  kernels::ColorHeadOptions mean{1.0f, std::vector<float>(2 * 37, 1.0f)};
  const auto colors =
      Engine::create(parse_network(color_head).value(), weights_with<float>(), {.layer = "logits", .color_mean = mean});
  REQUIRE(colors);
  const auto input = lightness(picture_shape);
  CHECK(audit_engine(*colors, weights_with<double>(), input.view()).error().message().find("color_mean") !=
        std::string::npos);
  const auto missing = [](const RequiredTensor&, std::span<double>) -> Status {
    return Error{ErrorCode::not_found, "nothing"};
  };
  CHECK(audit_engine(engine, missing, input.view()).error().code == ErrorCode::not_found);
}

TEST_CASE(
    "audit: Winograd's products of bf16 hold a bound of their own, beyond float's, and one wrong weight does not") {
  EngineKernels kernels = engine_kernels<simd::DefaultArch, true>();
  kernels.tile_unit = nullptr;
  kernels.has_bf16 = simd::has_bf16_products<simd::DefaultArch>;
  if (!kernels.has_bf16) return;
  EngineOptions options{.input = picture_shape, .precision = Precision::bf16, .algorithms = assigned};
  for (auto& [name, algorithm] : options.algorithms) {
    if (algorithm == ConvAlgorithm::winograd_f63) algorithm = ConvAlgorithm::winograd_f43;  // not of bf16
  }
  const auto input = lightness(picture_shape);
  const auto audited = [&](const ParameterSource<float>& weights) {
    const auto engine = Engine::create(parse_network(every_kind).value(), weights, options, kernels).value();
    CHECK(engine.plan().precision == Precision::bf16);
    return audit_engine(engine, weights_with<double>(), input.view(), {.timed_runs = 1}).value();
  };
  const AuditReport report = audited(weights_with<float>());
  for (const char* name : {"dense", "large", "dilated", "strided", "up"}) {
    CAPTURE(name);
    const Judgement& judgement = row(report, name).judgement;
    INFO(judgement.failure);
    CHECK(judgement.pass);
    CHECK(judgement.ratio > 0.02);
    CHECK(judgement.ratio < 0.9);
  }
  CHECK(report.pass());
  for (const char* name : {"dense", "large", "dilated", "strided", "up"}) {
    CAPTURE(name);
    const AuditReport spoilt = audited(weights_with<float>(std::string(name) + ".weight", 100, 1.5));
    REQUIRE(spoilt.first_failure() != nullptr);
    CHECK(spoilt.first_failure()->name == name);
  }
}

namespace {

// judge() of four numbers.
Judgement judged(std::vector<double> actual, const std::vector<double>& expected, const std::vector<double>& bound) {
  const Shape shape{1, 1, 1, static_cast<Index>(expected.size())};
  audit::Expectation wanted{Tensor<double>::create(shape).value(), Tensor<double>::create(shape).value()};
  std::copy(expected.begin(), expected.end(), wanted.value.data());
  std::copy(bound.begin(), bound.end(), wanted.bound.data());
  return audit::judge({actual.data(), {1, 1, 1, static_cast<Index>(actual.size())}}, wanted);
}

}  // namespace

TEST_CASE("judge: everything that must not pass") {
  const std::vector<double> numbers{1, -2, 3, 0};
  const std::vector<double> bound(4, 0.1);
  const auto good = judged({1.05, -2, 3, 0}, numbers, bound);
  CHECK(good.pass);
  CHECK(good.failure.empty());
  CHECK(good.max_error == doctest::Approx(0.05));
  CHECK(good.bound == 0.1);
  CHECK(good.ratio == doctest::Approx(0.5));
  CHECK(good.min == -2);
  CHECK(good.max == 3);
  CHECK(good.mean == doctest::Approx(2.05 / 4));
  CHECK(good.relative_bound == doctest::Approx(0.2 / std::sqrt(14)));

  CHECK_FALSE(judged({1, -2, 3.2, 0}, numbers, bound).pass);          // too far
  CHECK_FALSE(judged({-1, -2, 3, 0}, numbers, bound).pass);           // a sign
  CHECK_FALSE(judged({1, not_a_number, 3, 0}, numbers, bound).pass);  // not finite
  CHECK_FALSE(judged({1, -2, 3, -infinity}, numbers, bound).pass);
  CHECK_FALSE(judged({1, -2, 3}, numbers, bound).pass);            // a length
  CHECK_FALSE(judged({0, 0, 0, 0}, numbers, bound).pass);          // nothing was computed
  CHECK_FALSE(judged({1, -2, 3, 0}, numbers, {9, 9, 9, 9}).pass);  // nothing is proven
  CHECK_FALSE(judged({1, -2, 3, 0}, numbers, {0.1, not_a_number, 0.1, 0.1}).pass);
  CHECK_FALSE(judged({1, -2, 3, 0}, numbers, {0.1, infinity, 0.1, 0.1}).pass);
  CHECK_FALSE(judged({1, -2, 3, 0}, {1, not_a_number, 3, 0}, bound).pass);  // a NaN was lost
  CHECK_FALSE(judged({1, infinity, 3, 0}, {1, -infinity, 3, 0}, bound).pass);
  CHECK_FALSE(judged({1, not_a_number, 3, 0}, {1, infinity, 3, 0}, bound).pass);

  const auto same =
      judged({1, not_a_number, infinity, 0}, {1, not_a_number, infinity, 0}, {0.1, not_a_number, infinity, 0.1});
  CHECK(same.pass);
  CHECK(same.nan == 1);
  CHECK(same.inf == 1);
  CHECK(same.mean == 0.5);
  CHECK(judged({0, 0}, {0, 0}, {0.1, 0.1}).pass);  // zeros that ought to be zeros
  CHECK(judged({1, 2}, {1, 2}, {0, 0}).pass);
  CHECK(judged({1, 2.5}, {1, 2}, {0, 0}).ratio == infinity);
}

namespace {

// The fast sum and the reference's plain one.
template <class Algorithm>
void check_sizes(const kernels::ConvShape& conv, Extent extent, double scale) {
  using Kind = reference::WinogradKind;
  ConvCase conv_case(conv, extent, 3);
  for (Index i = 0; i < conv_case.x.shape().size(); ++i)
    conv_case.x.data()[i] = scale * std::abs(conv_case.x.data()[i]);
  for (Index i = 0; i < conv_case.weight.shape().size(); ++i)
    conv_case.weight.data()[i] = std::abs(conv_case.weight.data()[i]);
  std::fill(conv_case.bias.begin(), conv_case.bias.end(), 0.0);
  const auto expected = conv_case.winograd_bound<Algorithm>(reference::likely_gamma);

  const Window& window = conv.window;
  const Kind kind = conv.transposed ? Kind::transposed : window.stride == Extent{2, 2} ? Kind::strided : Kind::dense;
  audit::WinogradOperands operands{std::as_const(conv_case.x).view(),
                                   std::as_const(conv_case.weight).view(),
                                   ConvCase::filter<Algorithm>(),
                                   {kind, window.padding.h, window.dilation.h},
                                   {kind, window.padding.w, window.dilation.w},
                                   reference::arithmetic_of<float>()};
  const Index n = operands.filter.points();
  const Index products = conv.in * operands.rows.sources() * operands.columns.sources();
  operands.growth = reference::likely_gamma(products + 4 * n + 8, operands.arithmetic.unit);
  const double lost = 2.0 * static_cast<double>(n) *
                      (reference::largest_row_sum(operands.filter.a_transposed, operands.filter.outputs, n) + 1.0) *
                      operands.arithmetic.tiny;
  for (const int threads : {1, 3}) {
    operands.threads = threads;
    auto bound = Tensor<double>::create(conv_case.out()).value();
    REQUIRE(audit::add_winograd_sizes(operands, bound.view()).ok());
    CAPTURE(conv_case.name());
    CAPTURE(Algorithm::name);
    double difference = 0;
    for (Index k = 0; k < bound.shape().size(); ++k) {
      difference = std::max(difference, std::abs(bound.data()[k] + lost - expected.data()[k]) / expected.data()[k]);
    }
    CHECK(difference < 1e-12);
  }
}

}  // namespace

TEST_CASE("audit: the fast sum of Winograd's bound is the reference's") {
  constexpr Extent one{1, 1};
  constexpr Extent two{2, 2};
  for (const double scale : {1.0, 0.0}) {  // 0: what is lost below the normal numbers is all there is
    for (const Index dilation : {1, 2, 3}) {
      const kernels::ConvShape dense{5, 7, {{3, 3}, one, {dilation, dilation}, {dilation, dilation}}};
      check_sizes<kernels::F43>(dense, {13, 10}, scale);
      check_sizes<kernels::F63>(dense, {9, 17}, scale);
    }
    check_sizes<kernels::F43>({3, 2, {{3, 3}, one, {0, 2}, one}}, {6, 5}, scale);
    for (const Index padding : {0, 1}) {
      const Extent around{padding, 1 - padding};
      check_sizes<kernels::F42>({5, 7, {{3, 3}, two, around, one}}, {13, 10}, scale);
      check_sizes<kernels::F42>({5, 7, {{4, 4}, two, around, one}, true}, {7, 6}, scale);
    }
    check_sizes<kernels::F42>({5, 7, {{4, 4}, two, {3, 2}, one}, true}, {7, 6}, scale);
  }
}
