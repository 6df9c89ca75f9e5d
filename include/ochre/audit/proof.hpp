// The proof that a model file carries, and its replay. Another implementation ran the network on a small input in
// double precision; metadata key "proof" holds that input and, for EVERY layer in the network's order, what came out:
//   {"version":1, "computed_by":"PyTorch …", "input":{"shape":[N,C,H,W],"values":[…]}, "layers":[
//     {"name":"conv1_1", "shape":[N,C,H,W], "min":m, "max":M, "mean":a, "rms":r, "samples":[[flat index,value], …]},
//     …]}
// verify_proof() runs the readable engine in double and compares every number. A found value holds if
//   |found - expected| <= proof_tolerance · max(|expected|, rms of the layer).
// A proof that is malformed, does not fit the network or claims too much (proof_claim.hpp) is an Error; one that does
// not hold is a report that says so. Proven in proof_test.cpp, which spoils model and proof in every way it can think
// of.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/audit/proof_claim.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/network/model.hpp>
#include <ochre/weights/json_reader.hpp>

namespace ochre::inline v0 {

// How far a found value may be from the proof's, as a share of max(|expected|, rms of the layer).
// Double against double: the two differ by the order of their sums alone. From below: against PyTorch the worst layer
// of street differs by 2e-15, of eccv16 and siggraph17 at full width by 1.4e-14. From above: float would differ by
// about 1e-6, and of 1000 weights of street whose lowest bit was flipped, one at a time, 769 were noticed (at 1e-12
// 671; 793 change anything at all, the others are multiplied by zeros only).
inline constexpr double proof_tolerance = 1e-13;

// One number of a layer's output, and its place.
struct ProofSample {
  Index index = 0;  // flat, in the layer's output
  double value = 0;
};

// What a layer must give: shape, statistics, and some of the numbers.
struct ProofLayer {
  std::string name;
  Shape shape;
  double min = 0;
  double max = 0;
  double mean = 0;
  double rms = 0;
  std::vector<ProofSample> samples;
};

// A proof as parse_proof() reads it: an input, and what every layer must make of it.
struct Proof {
  std::string computed_by;
  Shape input_shape;
  std::vector<double> input;
  std::vector<ProofLayer> layers;
};

// What the replay found of one layer.
struct ProofCheck {
  std::string name;
  std::string kind;
  Shape shape;
  double error = 0;     // the largest, as a share of max(|expected|, rms); infinite if the layer gave no number
  std::string failure;  // "sample at 17: found 0.25, expected 0.5"; empty if the layer holds

  bool holds() const noexcept { return failure.empty(); }
};

// A replay of the proof, layer by layer.
struct ProofReport {
  std::string computed_by;
  Shape input_shape;
  std::vector<ProofCheck> layers;  // all of the network's

  // Null if every layer holds.
  const ProofCheck* first_failure() const noexcept {
    const auto at = std::find_if(layers.begin(), layers.end(), [](const ProofCheck& layer) { return !layer.holds(); });
    return at == layers.end() ? nullptr : &*at;
  }
  double largest_error() const noexcept {
    double largest = 0;
    for (const ProofCheck& layer : layers) largest = std::max(largest, layer.error);
    return largest;
  }
};

namespace audit {

// Limits on what may come from anywhere; the proofs of ochre's own tools have 960 values and 8 samples a layer.
inline constexpr Index most_proof_values = 1 << 20;
inline constexpr std::size_t most_proof_samples = 4096;

inline Error proof_error(std::string reason) { return {ErrorCode::malformed, std::move(reason)}; }

// Reads an object that has exactly `keys`, each once: read(i) reads the value of keys[i].
template <std::size_t Count, class Read>
Status read_members(weights::JsonReader& json, const std::string_view (&keys)[Count], const Read& read) {
  bool seen[Count] = {};
  Status status = json.object([&](const std::string& key) -> Status {
    const auto which = static_cast<std::size_t>(std::find(std::begin(keys), std::end(keys), key) - std::begin(keys));
    if (which == Count) return proof_error("found the unknown key \"" + weights::printable(key) + "\"");
    if (seen[which]) return proof_error("found the key \"" + key + "\" twice, expected it once");
    seen[which] = true;
    return read(which);
  });
  for (std::size_t i = 0; i < Count && status; ++i) {
    if (!seen[i]) return proof_error("found no \"" + std::string(keys[i]) + "\", expected one");
  }
  return status;
}

inline Status read_shape(weights::JsonReader& json, Shape& shape) {
  std::vector<Index> sides;
  Status status = json.array([&]() -> Status {
    if (sides.size() == 4) return proof_error("shape: found a fifth side, expected 4");
    sides.emplace_back();
    return json.count().move_to(sides.back());
  });
  if (!status) return status;
  if (sides.size() == 4) shape = {sides[0], sides[1], sides[2], sides[3]};
  if (sides.size() != 4 || !shape.checked_size()) {
    return proof_error("shape: found " + to_string(std::span<const Index>(sides)) + ", expected four sides above 0");
  }
  return {};
}

inline Status read_input(weights::JsonReader& json, Proof& proof) {
  static constexpr std::string_view keys[] = {"shape", "values"};
  Status status = read_members(json, keys, [&](std::size_t key) -> Status {
    if (key == 0) return read_shape(json, proof.input_shape);
    return json.array([&]() -> Status {
      if (proof.input.size() == static_cast<std::size_t>(most_proof_values)) {
        return proof_error("found more than " + std::to_string(most_proof_values) + " values");
      }
      proof.input.emplace_back();
      return json.number().move_to(proof.input.back());
    });
  });
  if (status && static_cast<Index>(proof.input.size()) != proof.input_shape.size()) {
    status = proof_error("found " + std::to_string(proof.input.size()) + " values, expected " +
                         std::to_string(proof.input_shape.size()) + " for shape " + to_string(proof.input_shape));
  }
  return status ? status : std::move(status).error().in("input");
}

// [index, value]
inline Status read_sample(weights::JsonReader& json, ProofSample& sample) {
  int count = 0;
  Status status = json.array([&]() -> Status {
    ++count;
    return count == 1 ? json.count().move_to(sample.index) : json.number().move_to(sample.value);
  });
  if (!status || count == 2) return status;
  return proof_error("a sample of " + std::to_string(count) + " numbers, expected an index and a value");
}

inline Status read_samples(weights::JsonReader& json, std::vector<ProofSample>& samples) {
  return json.array([&]() -> Status {
    if (samples.size() == most_proof_samples) {
      return proof_error("found more than " + std::to_string(most_proof_samples) + " samples");
    }
    samples.emplace_back();
    return read_sample(json, samples.back());
  });
}

inline Status check_layer(const ProofLayer& layer) {
  if (!(layer.min <= layer.max) || layer.rms < 0) return proof_error("expected min <= max and rms >= 0");
  if (layer.samples.empty()) return proof_error("found no samples, expected at least one");
  for (const ProofSample& sample : layer.samples) {
    if (sample.index >= layer.shape.size()) {
      return proof_error("found a sample at " + std::to_string(sample.index) + ", expected one below " +
                         std::to_string(layer.shape.size()));
    }
  }
  return {};
}

inline Status read_layer(weights::JsonReader& json, ProofLayer& layer, std::size_t number) {
  static constexpr std::string_view keys[] = {"name", "shape", "min", "max", "mean", "rms", "samples"};
  Status status = read_members(json, keys, [&](std::size_t key) -> Status {
    switch (key) {
      case 0:
        return json.string().move_to(layer.name);
      case 1:
        return read_shape(json, layer.shape);
      case 2:
        return json.number().move_to(layer.min);
      case 3:
        return json.number().move_to(layer.max);
      case 4:
        return json.number().move_to(layer.mean);
      case 5:
        return json.number().move_to(layer.rms);
      default:
        return read_samples(json, layer.samples);
    }
  });
  if (status) status = check_layer(layer);
  const std::string name = layer.name.empty() ? "number " + std::to_string(number) : weights::printable(layer.name);
  return status ? status : std::move(status).error().in("layer " + name);
}

inline Status read_layers(weights::JsonReader& json, std::vector<ProofLayer>& layers) {
  return json.array([&]() -> Status {
    if (layers.size() == network::most_layers) {
      return proof_error("found more than " + std::to_string(network::most_layers) + " layers");
    }
    layers.emplace_back();
    return read_layer(json, layers.back(), layers.size());
  });
}

inline Status read_proof(weights::JsonReader& json, Proof& proof) {
  static constexpr std::string_view keys[] = {"version", "computed_by", "input", "layers"};
  Index version = 0;
  Status status = read_members(json, keys, [&](std::size_t key) -> Status {
    switch (key) {
      case 0:
        return json.count().move_to(version);
      case 1:
        return json.string().move_to(proof.computed_by);
      case 2:
        return read_input(json, proof);
      default:
        return read_layers(json, proof.layers);
    }
  });
  if (status) status = json.end();
  if (!status || version == 1) return status;
  return Error{ErrorCode::unsupported, "version: found " + std::to_string(version) + ", expected 1"};
}

// The proof has every layer of the network in its order, with its shape.
inline Status check_fit(const Proof& proof, const NetworkDescription& network) {
  const auto shapes = network.shapes(proof.input_shape);
  if (!shapes) return shapes.error();
  const auto mismatch = [](std::string text) { return Error{ErrorCode::mismatch, std::move(text)}; };
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const std::string& name = network.layers[i].name;
    if (i == proof.layers.size()) return mismatch("layer " + name + ": found no entry, expected one for every layer");
    const ProofLayer& layer = proof.layers[i];
    if (layer.name != name) {
      return mismatch("layer " + name + ": found an entry named " + weights::printable(layer.name) + " in its place");
    }
    if (layer.shape != (*shapes)[i]) {
      return mismatch("layer " + name + ": found shape " + to_string(layer.shape) + ", expected " +
                      to_string((*shapes)[i]));
    }
  }
  if (proof.layers.size() == network.layers.size()) return {};
  return mismatch("layer " + weights::printable(proof.layers[network.layers.size()].name) +
                  ": found an entry, expected no more than the network's " + std::to_string(network.layers.size()));
}

struct Statistics {
  double min = 0;
  double max = 0;
  double mean = 0;
  double rms = 0;
};

// Sums of rows, of which sums are formed: the rounding errors of a sum grow with the number of its terms.
inline Statistics statistics(TensorView<const double> values) noexcept {
  Statistics summary{values.data[0], values.data[0], 0, 0};
  const Index rows = values.shape.n * values.shape.c * values.shape.h;
  for (Index y = 0; y < rows; ++y) {
    double sum = 0;
    double squares = 0;
    for (const double value : std::span(values.data + y * values.shape.w, static_cast<std::size_t>(values.shape.w))) {
      sum += value;
      squares += value * value;
      summary.min = std::min(summary.min, value);
      summary.max = std::max(summary.max, value);
    }
    summary.mean += sum;
    summary.rms += squares;
  }
  const double count = static_cast<double>(values.shape.size());
  summary.mean /= count;
  summary.rms = std::sqrt(summary.rms / count);
  return summary;
}

// 17 significant digits tell any two doubles apart.
inline std::string exact(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::general, 17).ptr;
  return {text, end};
}

inline ProofCheck check_values(const ProofLayer& expected, const LayerEvent<double>& event) {
  ProofCheck check{expected.name, std::string(event.kind), event.output.shape, 0, {}};
  const auto compare = [&](double found, double wanted, const std::string& what) {
    const double difference = std::abs(found - wanted);
    const double scale = std::max(std::abs(wanted), expected.rms);
    double error = difference > 0 ? difference / scale : 0;
    if (!is_finite(difference)) error = HUGE_VAL;
    check.error = std::max(check.error, error);
    if (error <= proof_tolerance || !check.holds()) return;
    check.failure = what + ": found " + exact(found) + ", expected " + exact(wanted);
  };
  for (const ProofSample& sample : expected.samples) {
    compare(event.output.data[sample.index], sample.value, "sample at " + std::to_string(sample.index));
  }
  const Statistics found = statistics(event.output);
  compare(found.min, expected.min, "min");
  compare(found.max, expected.max, "max");
  compare(found.mean, expected.mean, "mean");
  compare(found.rms, expected.rms, "rms");
  return check;
}

}  // namespace audit

// Reads a proof's text, the value of the metadata key "proof". Errors name the layer, what was found and what was
// expected.
inline Result<Proof> parse_proof(std::string_view text) {
  weights::JsonReader json(text, "text");
  Proof proof;
  if (auto status = audit::read_proof(json, proof); !status) return std::move(status).error().in("proof");
  return proof;
}

// Replays the proof that a model carries; loading a model does not. One that does not hold is no Error, but a report
// that says so. Errors: the model has no proof, or one that is malformed, of another network or beyond the limits; no
// memory.
template <class Arch = simd::DefaultArch>
Result<ProofReport> verify_proof(const Model& model) {
  const std::string* text = model.file.metadata("proof");
  if (text == nullptr) {
    return Error{ErrorCode::not_found, "metadata key \"proof\": found none, so nothing can be verified"};
  }
  const auto proof = parse_proof(*text);
  if (!proof) return proof.error();
  if (auto status = audit::check_fit(*proof, model.network); !status) return std::move(status).error().in("proof");
  if (auto status = audit::check_proof_claim(model.network, proof->input_shape); !status) {
    return std::move(status).error().in("proof");
  }
  const auto network = load_network<double, Arch>(model);
  if (!network) return network.error();

  ProofReport report{proof->computed_by, proof->input_shape, std::vector<ProofCheck>(proof->layers.size())};
  const auto observe = [&](const LayerEvent<double>& event) {
    const auto index = static_cast<std::size_t>(event.index);
    report.layers[index] = audit::check_values(proof->layers[index], event);
  };
  auto workspace = network->make_workspace({.input = proof->input_shape, .every_layer = true});
  if (!workspace) return std::move(workspace).error();
  const auto ran = network->run({proof->input.data(), proof->input_shape}, *workspace, observe);
  if (!ran) return ran.error();
  return report;
}

}  // namespace ochre::inline v0
