// Makes the proof that a model file carries (proof.hpp): runs the readable engine in double on a small input and notes
// what every layer gives as soon as it is there, so that no output is kept. Tested by make_proof_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ochre/audit/proof.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/base/version.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace ochre::inline v0 {

// The proof of a network whose weights were rounded, and what that did to each layer.
struct RoundedProof {
  std::string text;
  std::vector<double> differences;  // each layer's largest, as a share of its rms before: what the rounding does
};

namespace audit {

// Unlike sides: rows taken for columns show. Larger ones are for networks that halve their pictures more often.
inline constexpr Extent proof_sizes[] = {{24, 40}, {32, 64}, {64, 128}};

// Those, and what a table of constants may settle.
inline std::vector<Extent> sizes_to_try(const NetworkDescription& network) {
  std::vector<Extent> sizes(std::begin(proof_sizes), std::end(proof_sizes));
  for (const LayerDescription& layer : network.layers) {
    const auto* constant = std::get_if<layers::ConstantSpec>(&layer.spec);
    if (constant == nullptr || constant->table == Extent{1, 1}) continue;
    const auto& [h, w] = constant->table;
    sizes.push_back({h == 1 ? proof_sizes[0].h : h, w == 1 ? proof_sizes[0].w : w});
    break;
  }
  return sizes;
}

}  // namespace audit

// The shape of the input that a proof is made on.
// declared: a size that the network is known to take, where none of the small ones fits; or 0x0.
// Errors: none that the network takes, more memory or work than a proof may claim: known before a layer is built.
inline Result<Shape> proof_shape(const NetworkDescription& network, Extent declared = {0, 0}) {
  std::optional<Error> first;
  std::vector<Extent> sizes = audit::sizes_to_try(network);
  if (declared.h > 0 && declared.w > 0) sizes.push_back(declared);
  for (const Extent size : sizes) {
    const Shape shape{1, network.input_channels, size.h, size.w};
    if (const auto shapes = network.shapes(shape); !shapes) {
      if (!first) first = shapes.error();
      continue;
    }
    if (Status status = audit::check_proof_claim(network, shape); !status) return std::move(status).error().in("proof");
    return shape;
  }
  return Error{first->code, "a proof would be made on an input of 24x40, 32x64 or 64x128, but " + first->message()};
}

namespace audit {

// Multiples of 1/16 in [0, 100], or of 1/256 in [-1/2, 1/2] for normalised lightness: exact in float, short as text.
// A linear congruential generator (Knuth's MMIX), so that every compiler gives the same.
inline std::vector<double> proof_input(const NetworkDescription& network, Index count) {
  std::vector<double> values;
  std::uint64_t state = 1;
  for (Index i = 0; i < count; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto high = state >> 33;
    values.push_back(network.normalised_lightness ? static_cast<double>(high % 257) / 256 - 0.5
                                                  : static_cast<double>(high % 1601) / 16);
  }
  return values;
}

inline std::string shape_text(const Shape& shape) {
  const Index sides[] = {shape.n, shape.c, shape.h, shape.w};
  return to_string(std::span<const Index>(sides));
}

// Eight places from the first to the last, or all of fewer.
inline std::string samples_text(TensorView<const double> output) {
  const Index size = output.shape.size();
  const Index count = std::min<Index>(size, 8);
  std::string text = "[";
  for (Index i = 0; i < count; ++i) {
    const Index at = count == 1 ? 0 : (size - 1) / (count - 1) * i + (size - 1) % (count - 1) * i / (count - 1);
    text += (i == 0 ? "[" : ",[") + std::to_string(at) + "," + exact(output.data[at]) + "]";
  }
  return text + "]";
}

inline std::string layer_text(std::string_view name, TensorView<const double> output, const Statistics& summary) {
  return "{\"name\":" + weights::json_quoted(name) + ",\"shape\":" + shape_text(output.shape) +
         ",\"min\":" + exact(summary.min) + ",\"max\":" + exact(summary.max) + ",\"mean\":" + exact(summary.mean) +
         ",\"rms\":" + exact(summary.rms) + ",\"samples\":" + samples_text(output) + "}";
}

inline Status check_finite(std::string_view name, const Statistics& summary) {
  if (is_finite(summary.rms) && is_finite(summary.max - summary.min)) return {};
  return Error{ErrorCode::mismatch, "layer " + std::string(name) +
                                        ": found NaN, an infinity or overflow in what it gives for a small input, "
                                        "expected finite numbers"};
}

// A network with its input and memory, about to give one layer after the other.
template <class Arch>
struct ProofRun {
  const Network<double, Arch>& network;
  TensorView<const double> input;
  Workspace<double> workspace;
  TensorView<const double> output{};  // of the last layer that ran
  Statistics found{};

  static Result<ProofRun> create(const Network<double, Arch>& network, TensorView<const double> input) {
    auto workspace = network.make_workspace({.input = input.shape, .every_layer = true});
    if (!workspace) return std::move(workspace).error();
    return ProofRun{network, input, *std::move(workspace)};
  }

  Status next(Index layer) {
    Status status;
    const auto observe = [&](const LayerEvent<double>& event) {
      output = event.output;
      found = statistics(output);
      status = check_finite(event.name, found);
    };
    const Status ran = network.run_layer(layer, input, workspace, observe);
    return ran ? status : ran;
  }
};

inline std::string head_text(const Shape& shape, std::span<const double> input) {
  std::string text = "{\"version\":1,\"computed_by\":\"ochre " + std::string(version) +
                     ", readable engine in double\",\"input\":{\"shape\":" + shape_text(shape) + ",\"values\":[";
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (i > 0) text += ',';
    text += exact(input[i]);
  }
  return text + "]},\"layers\":[";
}

inline double largest_difference(TensorView<const double> a, TensorView<const double> b) {
  double largest = 0;
  for (Index k = 0; k < a.shape.size(); ++k) largest = std::max(largest, std::abs(a.data[k] - b.data[k]));
  return largest;
}

// before: null, or the network before its weights were rounded; it runs one layer ahead of the other, so that two
// outputs at a time are compared.
template <class Arch>
Result<RoundedProof> make_proof(const Network<double, Arch>& network, const Network<double, Arch>* before,
                                Extent declared) {
  const NetworkDescription& description = network.description();
  const auto shape = proof_shape(description, declared);
  if (!shape) return shape.error();
  const std::vector<double> input = proof_input(description, shape->size());
  auto run = ProofRun<Arch>::create(network, {input.data(), *shape});
  if (!run) return std::move(run).error();
  std::optional<ProofRun<Arch>> first;
  if (before != nullptr) {
    auto exact = ProofRun<Arch>::create(*before, {input.data(), *shape});
    if (!exact) return std::move(exact).error();
    first.emplace(*std::move(exact));
  }
  RoundedProof proof{head_text(*shape, input), {}};
  for (std::size_t i = 0; i < description.layers.size(); ++i) {
    const auto layer = static_cast<Index>(i);
    if (first) {
      if (Status status = first->next(layer); !status) return std::move(status).error();
    }
    if (Status status = run->next(layer); !status) return std::move(status).error();
    if (i > 0) proof.text += ',';
    proof.text += layer_text(description.layers[i].name, run->output, run->found);
    if (!first) continue;
    const double largest = largest_difference(first->output, run->output);
    proof.differences.push_back(largest > 0 ? largest / first->found.rms : 0.0);
  }
  proof.text += "]}";
  return proof;
}

}  // namespace audit

// A network's proof, the value of the metadata key "proof". declared: as for proof_shape(). Errors: what that says, a
// layer that gives NaN, an infinity or overflows, no memory.
template <class Arch>
Result<std::string> make_proof(const Network<double, Arch>& network, Extent declared = {0, 0}) {
  auto proof = audit::make_proof<Arch>(network, nullptr, declared);
  if (!proof) return std::move(proof).error();
  return std::move(proof->text);
}

// The proof of a network whose weights were rounded, and what that did. before: the same network with the weights as
// they were. Errors: those of make_proof(), and another network.
template <class Arch>
Result<RoundedProof> make_rounded_proof(const Network<double, Arch>& rounded, const Network<double, Arch>& before,
                                        Extent declared = {0, 0}) {
  if (rounded.description().text != before.description().text) {
    return Error{ErrorCode::invalid_argument, "the weights before they were rounded are of another network"};
  }
  return audit::make_proof<Arch>(rounded, &before, declared);
}

}  // namespace ochre::inline v0
