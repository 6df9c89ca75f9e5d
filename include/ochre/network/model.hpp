// A model file: safetensors whose metadata holds the network's text ("network") and what should be known of the
// weights ("description", "origin", "licence", "proof", …). parse() checks format, network and the catalogue of tensors
// before any layer is built: all or nothing. The bytes must outlive the Model; a Network made of it copies what it
// needs. Proven in model_test.cpp.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/finite.hpp>
#include <ochre/network/description_parser.hpp>
#include <ochre/network/network.hpp>
#include <ochre/weights/catalogue.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0 {

// The value of "format" in the metadata of every file this version reads.
inline constexpr std::string_view model_format = "ochre 1";

// A parsed model file: its tensors and metadata, views of the bytes, which must outlive it; and the network they are
// of.
struct Model {
  Safetensors file;
  NetworkDescription network;

  static Result<Model> parse(std::span<const std::byte> bytes) {
    auto file = Safetensors::parse(bytes);
    if (!file) return std::move(file).error();
    const std::string* format = file->metadata("format");
    if (format == nullptr || *format != model_format) {
      return Error{ErrorCode::mismatch, "metadata key \"format\": found " +
                                            (format == nullptr ? "none" : "\"" + weights::printable(*format) + "\"") +
                                            ", expected \"" + std::string(model_format) + "\" (not a model of ochre)"};
    }
    const std::string* text = file->metadata("network");
    if (text == nullptr) return Error{ErrorCode::mismatch, "metadata key \"network\": found none"};
    auto network = parse_network(*text);
    if (!network) return std::move(network).error();
    if (auto status = check_catalogue(file->tensors(), network->tensors()); !status) return std::move(status).error();
    return Model{*std::move(file), *std::move(network)};
  }

  // A number in the metadata, such as "temperature"; the fallback if the key is absent.
  Result<double> number(std::string_view key, double fallback) const {
    const std::string* text = file.metadata(key);
    if (text == nullptr) return fallback;
    double value = 0;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (failure == std::errc{} && end == text->data() + text->size() && is_finite(value)) return value;
    return Error{ErrorCode::malformed, "metadata key \"" + std::string(key) + "\": found \"" +
                                           weights::printable(*text) + "\", expected a finite number"};
  }
};

// The readable engine with a model file's weights. Errors: a NaN or an infinity among the weights, a negative variance,
// no memory.
template <class T, class Arch = simd::DefaultArch>
Result<Network<T, Arch>> load_network(const Model& model) {
  return Network<T, Arch>::create(model.network, [&](const RequiredTensor& tensor, std::span<T> values) -> Status {
    return convert_to(*model.file.find(tensor.name), values);
  });
}

}  // namespace ochre::inline v0
