// Makes the proof that a model file carries (proof.hpp): runs the readable engine in double on a small input and notes
// what every layer gives. Tested by make_proof_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ochre/audit/proof.hpp>
#include <ochre/base/version.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace ochre::inline v0::audit {

// What all layers of a network gave, in its order.
struct ProofRun {
  Shape shape;  // of the input
  std::vector<double> input;
  std::vector<Tensor<double>> outputs;
};

namespace detail {

// Unlike sides: rows taken for columns show. Larger ones are for networks that halve their pictures more often.
inline constexpr Extent proof_sizes[] = {{24, 40}, {32, 64}, {64, 128}};

inline Result<Shape> proof_shape(const NetworkDescription& network) {
  std::optional<Error> first;
  for (const Extent size : proof_sizes) {
    const Shape shape{1, network.input_channels, size.h, size.w};
    const auto shapes = network.shapes(shape);
    if (shapes) return shape;
    if (!first) first = shapes.error();
  }
  return *std::move(first);
}

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

inline std::string layer_text(const std::string& name, TensorView<const double> output) {
  const Statistics found = statistics(output);
  return "{\"name\":" + v0::detail::json_quoted(name) + ",\"shape\":" + shape_text(output.shape) +
         ",\"min\":" + exact(found.min) + ",\"max\":" + exact(found.max) + ",\"mean\":" + exact(found.mean) +
         ",\"rms\":" + exact(found.rms) + ",\"samples\":" + samples_text(output) + "}";
}

}  // namespace detail

// Errors: no small input that the network takes, a layer that gives NaN, an infinity or overflows, no memory.
template <class Arch>
Result<ProofRun> run_for_proof(const Network<double, Arch>& network) {
  const NetworkDescription& description = network.description();
  const auto shape = detail::proof_shape(description);
  if (!shape) return shape.error();
  ProofRun run{*shape, detail::proof_input(description, shape->size()), {}};
  run.outputs.resize(description.layers.size());
  std::optional<Error> failure;
  const auto observe = [&](const LayerEvent<double>& event) {
    const auto index = static_cast<std::size_t>(event.index);
    const std::string& name = description.layers[index].name;
    auto copy = Tensor<double>::create(event.output.shape);
    if (!copy) {
      failure = Error{copy.error()}.in("layer " + name);
      return;
    }
    std::copy_n(event.output.data, event.output.shape.size(), copy->data());
    run.outputs[index] = *std::move(copy);
    const detail::Statistics found = detail::statistics(event.output);
    if (std::isfinite(found.rms) && std::isfinite(found.max - found.min)) return;
    failure = Error{ErrorCode::mismatch, "layer " + name +
                                             ": found NaN, an infinity or overflow in what it gives for a small "
                                             "input, expected finite numbers"};
  };
  if (Status ran = detail::observe_all_layers(network, {run.input.data(), run.shape}, observe); !ran) {
    return std::move(ran).error();
  }
  if (failure) return *std::move(failure);
  return run;
}

// The value of the metadata key "proof".
inline std::string proof_text(const NetworkDescription& network, const ProofRun& run) {
  std::string text = "{\"version\":1,\"computed_by\":\"ochre " + std::string(version) +
                     ", readable engine in double\",\"input\":{\"shape\":" + detail::shape_text(run.shape) +
                     ",\"values\":[";
  for (std::size_t i = 0; i < run.input.size(); ++i) text += (i == 0 ? "" : ",") + detail::exact(run.input[i]);
  text += "]},\"layers\":[";
  for (std::size_t i = 0; i < run.outputs.size(); ++i) {
    text += (i == 0 ? "" : ",") + detail::layer_text(network.layers[i].name, run.outputs[i].view());
  }
  return text + "]}";
}

// For each layer the largest difference of two runs, as a share of the first one's rms: what rounding the weights does.
inline std::vector<double> layer_differences(const ProofRun& exact, const ProofRun& rounded) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < exact.outputs.size(); ++i) {
    double largest = 0;
    for (Index k = 0; k < exact.outputs[i].shape().size(); ++k) {
      largest = std::max(largest, std::abs(exact.outputs[i].data()[k] - rounded.outputs[i].data()[k]));
    }
    const double rms = detail::statistics(exact.outputs[i].view()).rms;
    differences.push_back(largest > 0 ? largest / rms : 0.0);
  }
  return differences;
}

}  // namespace ochre::inline v0::audit
