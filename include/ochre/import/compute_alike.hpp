// Whether two networks, each with its own tensors, compute the same: both run in double on the input that a proof is
// made on. Tested by compute_alike_test.cpp.
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <ochre/audit/make_proof.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/import/imported_model.hpp>
#include <ochre/network/network.hpp>

namespace ochre::inline v0 {

// The readable engine of a network whose tensors lie in a file of another format.
// tensors: all that the network needs. Errors: one that is missing or holds no numbers, and those of Network.
template <class Arch = simd::DefaultArch>
Result<Network<double, Arch>> open_imported(const NetworkDescription& network, std::span<const TensorEntry> tensors) {
  std::map<std::string_view, const TensorEntry*> by_name;
  for (const TensorEntry& tensor : tensors) by_name.emplace(tensor.name, &tensor);
  const ParameterSource<double> source = [&](const RequiredTensor& wanted, std::span<double> values) -> Status {
    const auto entry = by_name.find(wanted.name);
    if (entry != by_name.end()) return convert_to(*entry->second, values);
    return Error{ErrorCode::not_found, "tensor " + wanted.name + ": found none"};
  };
  return Network<double, Arch>::create(network, source);
}

namespace detail {

// A network's output for that input, and its shape; nothing if it cannot take it.
struct OutputValues {
  Shape shape;
  std::vector<double> values;
};

inline std::optional<OutputValues> output_for(const ImportedModel& model, TensorView<const double> input) {
  if (!audit::check_proof_claim(model.network, input.shape)) return std::nullopt;
  const auto network = open_imported(model.network, model.tensors);
  if (!network) return std::nullopt;
  auto workspace = network->make_workspace({.input = input.shape});
  if (!workspace) return std::nullopt;
  const auto output = network->run(input, *workspace);
  if (!output) return std::nullopt;
  return OutputValues{output->shape, {output->data, output->data + output->shape.size()}};
}

// Both outputs have one shape, are finite, and differ by no more than `tolerance` of the known's largest. What a graph
// stores in float, such as 0.01 for a hundredth, is off by 6e-8 of itself; the layers after it may enlarge that.
// One network at a time is in memory. What cannot run on the input is not alike.
inline bool compute_alike(const ImportedModel& known, const ImportedModel& other) {
  constexpr double tolerance = 1e-5;
  const auto shape = proof_shape(known.network, other.size);
  if (!shape) return false;
  const std::vector<double> input = audit::proof_input(known.network, shape->size());
  const auto expected = output_for(known, {input.data(), *shape});
  if (!expected) return false;
  const auto found = output_for(other, {input.data(), *shape});
  if (!found || found->shape != expected->shape) return false;
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < expected->values.size(); ++i) {
    if (!is_finite(expected->values[i]) || !is_finite(found->values[i])) return false;
    largest = std::max(largest, std::abs(expected->values[i]));
    difference = std::max(difference, std::abs(expected->values[i] - found->values[i]));
  }
  return difference <= tolerance * largest;
}

}  // namespace detail

}  // namespace ochre::inline v0
