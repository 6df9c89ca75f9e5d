// Reads the text of a network: description.hpp shows the grammar. Every name, number and size is checked here. The time
// is that of the text's length: what a line may hold is limited before it is looked at, names are found in a map.
// Proven in description_parser_test.cpp.
#pragma once

#include <algorithm>
#include <map>

#include <ochre/color/ab_bins.hpp>
#include <ochre/network/description.hpp>

namespace ochre::inline v0::network {

// Limits on a text that may come from anywhere: the deepest public networks have a few hundred lines.
inline constexpr std::size_t longest_text = 1 << 20;
inline constexpr std::size_t most_layers = 4096;
inline constexpr std::size_t most_inputs = 64;
inline constexpr std::size_t most_words = 2 + layers::Attributes::most;  // of a line: kind, name, attributes

// At most `most` parts; what lies behind them is left out.
inline std::vector<std::string_view> split(std::string_view text, char separator, std::size_t most) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; parts.size() < most;) {
    const auto end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
  return parts;
}

// One word more than a line may have is enough to refuse it.
inline std::vector<std::string_view> words_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  for (std::size_t begin = 0;
       words.size() <= most_words && (begin = line.find_first_not_of(" \t\r", begin)) != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(" \t\r", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

// A name becomes part of tensor names, reports and file names: letters, digits, `_`, `.` and `-`.
inline bool is_name(std::string_view word) {
  return !word.empty() && word.size() <= 128 && std::all_of(word.begin(), word.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_' || letter == '.' || letter == '-';
  });
}

class DescriptionParser {
 public:
  Result<NetworkDescription> parse(std::string_view text) {
    if (text.size() > longest_text) return Error{ErrorCode::too_large, "a network text of more than a megabyte"};
    Index number = 0;
    for (std::size_t begin = 0; begin <= text.size();) {
      const auto end = std::min(text.find('\n', begin), text.size());
      ++number;
      auto status = read_line(words_of(text.substr(begin, end - begin)));
      if (!status) return std::move(status).error().in("network text, line " + std::to_string(number));
      begin = end + 1;
    }
    if (auto status = check_whole(); !status) return std::move(status).error().in("network text");
    result_.text = text;
    return std::move(result_);
  }

 private:
  static Error malformed(std::string message) { return {ErrorCode::malformed, std::move(message)}; }

  Status read_line(const std::vector<std::string_view>& words) {
    if (words.empty()) return {};
    if (words.size() < 2 || !is_name(words[1])) {
      return malformed("expected a kind and a name of letters, digits, `_`, `.` and `-`");
    }
    layers::Attributes attributes;
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto equals = words[i].find('=');
      if (equals == std::string_view::npos) {
        return malformed("`" + weights::printable(words[i]) + "`, expected key=value");
      }
      if (auto status = attributes.add(words[i].substr(0, equals), words[i].substr(equals + 1)); !status) return status;
    }
    const auto kind = words[0];
    const auto name = words[1];
    if (kind == "network") return read_network(name, std::move(attributes));
    if (result_.name.empty()) return malformed("the first line must be `network NAME`");
    if (kind == "input") return read_input(name, std::move(attributes));
    if (result_.input_channels == 0) return malformed("`input NAME channels=N` must come before the layers");
    if (kind == "output") return read_output(name, std::move(attributes));
    if (kind == "head") return read_head(name, std::move(attributes));
    return read_layer(kind, name, std::move(attributes));
  }

  Status read_network(std::string_view name, layers::Attributes attributes) {
    if (!result_.name.empty()) return malformed("a second `network` line");
    result_.name = name;
    return std::move(attributes).finish();
  }

  Status read_input(std::string_view name, layers::Attributes attributes) {
    if (result_.input_channels != 0) return malformed("a second `input` line");
    result_.input_name = name;
    const Index channels = attributes.index("channels", 1);
    const auto lightness = attributes.word("lightness", "raw");
    if (lightness != "raw" && lightness != "normalised") attributes.fail("`lightness` must be raw or normalised");
    result_.normalised_lightness = lightness == "normalised";
    result_.input_channels = channels;
    return std::move(attributes).finish();
  }

  Status read_layer(std::string_view kind, std::string_view name, layers::Attributes attributes) {
    if (has_output_) return malformed("a layer after `output`");
    if (result_.layers.size() == most_layers) return malformed("more than " + std::to_string(most_layers) + " layers");
    if (name == result_.input_name || find(name)) return malformed("the name `" + std::string(name) + "` is taken");
    LayerDescription layer;
    layer.name = name;
    if (auto status = read_inputs(attributes.word("from", ""), layer); !status) return status;
    if (!read_spec(kind, attributes, layer.spec)) return malformed("unknown kind `" + weights::printable(kind) + "`");
    if (auto status = std::move(attributes).finish(); !status) return std::move(status).error().in(layer.name);
    auto channels = std::visit([&](const auto& spec) { return spec.output_channels(layer.channels); }, layer.spec);
    if (!channels) return std::move(channels).error().in(layer.name);
    layer.out_channels = *channels;
    by_name_.emplace(name, static_cast<Index>(result_.layers.size()));
    result_.layers.push_back(std::move(layer));
    return {};
  }

  Status read_inputs(std::string_view from, LayerDescription& layer) {
    if (from.empty()) {
      layer.inputs.push_back(static_cast<Index>(result_.layers.size()) - 1);  // the line before; -1 is network_input
    } else {
      const auto names = split(from, ',', most_inputs + 1);
      if (names.size() > most_inputs) return malformed("more than " + std::to_string(most_inputs) + " inputs");
      for (const auto name : names) {
        const auto index = name == result_.input_name ? network_input : find(name);
        if (!index) return malformed("`from`: no layer `" + weights::printable(name) + "` above");
        layer.inputs.push_back(*index);
      }
    }
    for (const Index index : layer.inputs) {
      layer.channels.push_back(index == network_input ? result_.input_channels
                                                      : result_.layers[static_cast<std::size_t>(index)].out_channels);
    }
    return {};
  }

  // Tries each kind of the variant; false if none has that name.
  template <std::size_t I = 0>
  static bool read_spec(std::string_view kind, layers::Attributes& attributes, LayerSpec& spec) {
    if constexpr (I == std::variant_size_v<LayerSpec>) {
      return false;
    } else {
      using Spec = std::variant_alternative_t<I, LayerSpec>;
      if (kind != Spec::kind) return read_spec<I + 1>(kind, attributes, spec);
      spec = Spec::parse(attributes);
      return true;
    }
  }

  Status read_output(std::string_view name, layers::Attributes attributes) {
    if (has_output_) return malformed("a second `output` line");
    const auto index = find(name);
    if (!index) return malformed("`output " + std::string(name) + "`: no such layer above");
    result_.output = *index;
    has_output_ = true;
    return std::move(attributes).finish();
  }

  Status read_head(std::string_view kind, layers::Attributes attributes) {
    if (result_.head.kind != HeadKind::none) return malformed("a second `head` line");
    const bool distribution = kind == "distribution";
    const std::string line = "`head " + std::string(kind) + "`";
    if (!distribution && kind != "ab") return malformed(line + ", expected distribution or ab");
    const std::string layer(attributes.word("layer", ""));
    const auto index = find(layer);
    if (!index) return malformed(line + ": no layer `" + weights::printable(layer) + "` above");
    const Index expected = distribution ? color::bin_count : 2;  // or a and b
    const Index found = result_.layers[static_cast<std::size_t>(*index)].out_channels;
    if (found != expected) {
      return malformed(line + ": layer `" + layer + "` has " + std::to_string(found) + " channels, expected " +
                       std::to_string(expected));
    }
    result_.head = {distribution ? HeadKind::distribution : HeadKind::ab, *index, 1.0};
    if (distribution) result_.head.temperature = attributes.number("temperature", 1.0);
    if (!(result_.head.temperature > 0)) attributes.fail("`temperature` must be above 0");
    return std::move(attributes).finish();
  }

  Status check_whole() const {
    if (result_.layers.empty()) return malformed("no layer");
    if (!has_output_) return malformed("no `output` line");
    return {};
  }

  std::optional<Index> find(std::string_view name) const {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? std::nullopt : std::optional<Index>(at->second);
  }

  NetworkDescription result_;
  std::map<std::string_view, Index> by_name_;  // of the layers; the names stand in the text
  bool has_output_ = false;
};

}  // namespace ochre::inline v0::network

namespace ochre::inline v0 {

// Reads and checks the text of a network. Errors name the line, what was found and what was expected.
inline Result<NetworkDescription> parse_network(std::string_view text) {
  return network::DescriptionParser().parse(text);
}

}  // namespace ochre::inline v0
