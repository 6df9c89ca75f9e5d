// Two networks that compute the same, and such as do not.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/compute_alike.hpp>
#include <ochre/network/description_parser.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace {

using namespace ochre;

// One 1x1 convolution, its weight and bias, and what follows it.
ImportedModel model_of(double weight, double bias, const std::string& more = "") {
  ImportedModel model;
  model.network = parse_network("network n\ninput x channels=1\nconv2d c out=1 kernel=1\n" + more + "output " +
                                (more.empty() ? "c" : "last") + "\n")
                      .value();
  const auto add = [&](const char* name, std::vector<Index> shape, double value) {
    const std::vector<float> values{static_cast<float>(value)};
    model.tensors.push_back(
        {name, Dtype::f32, std::move(shape), model.owned.emplace_back(little_endian_bytes(values))});
  };
  add("c.weight", {1, 1, 1, 1}, weight);
  add("c.bias", {1}, bias);
  return model;
}

}  // namespace

TEST_CASE("compute_alike: the same numbers by the same or by other layers") {
  CHECK(detail::compute_alike(model_of(2, 1), model_of(2, 1)));
  CHECK(detail::compute_alike(model_of(2, 1), model_of(1, 0, "scale last factor=2 offset=1\n")));
  CHECK(detail::compute_alike(model_of(2, 1), model_of(2 + 1e-6, 1)));  // as float rounds
}

TEST_CASE("compute_alike: other numbers, another shape, no numbers, another input") {
  CHECK_FALSE(detail::compute_alike(model_of(2, 1), model_of(2 + 1e-4, 1)));
  CHECK_FALSE(detail::compute_alike(model_of(2, 1), model_of(2, 1.5)));
  CHECK_FALSE(detail::compute_alike(model_of(2, 1), model_of(2, 1, "upsample last factor=2\n")));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(detail::compute_alike(model_of(2, 1), model_of(nan, 1)));
  CHECK_FALSE(detail::compute_alike(model_of(nan, 1), model_of(nan, 1)));
  ImportedModel two = model_of(2, 1);
  two.network = parse_network("network n\ninput x channels=2\nconv2d c out=1 kernel=1 groups=1\noutput c\n").value();
  CHECK_FALSE(detail::compute_alike(model_of(2, 1), two));
  ImportedModel lacking = model_of(2, 1);
  lacking.tensors.pop_back();
  CHECK_FALSE(detail::compute_alike(model_of(2, 1), lacking));
}
