// include/NETWORKS.md, the page for those who write networks, says what the parser does: every kind of line and layer
// and every attribute stands there and no other; ranges are refused where the page says so, and an attribute that is
// left out does what the page's default does. The second half feeds the check pages that are wrong.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <ochre/network/description_parser.hpp>
#include <ochre/network/network.hpp>
#include <ochre/network/random_weights.hpp>

#include "../support/text.hpp"

namespace networks_page {

namespace {

using namespace ochre;
using Strings = std::vector<std::string>;

struct Attribute {
  std::string name;
  std::string value;     // "size from 1"
  std::string fallback;  // "required", "no limit", or a value
};

struct Section {
  std::string kind;     // "conv2d", "head ab"
  std::string example;  // a line of that kind
  std::vector<Attribute> attributes;
};

// What stands between backticks.
Strings in_backticks(const std::string& text) {
  Strings quoted;
  for (std::size_t begin = text.find('`'); begin != std::string::npos;) {
    const std::size_t end = text.find('`', begin + 1);
    if (end == std::string::npos) break;
    quoted.push_back(text.substr(begin + 1, end - begin - 1));
    begin = text.find('`', end + 1);
  }
  return quoted;
}

Strings cells_of(const std::string& row) {
  Strings cells;
  std::stringstream stream(row);
  std::string cell;
  std::getline(stream, cell, '|');  // before the first
  while (std::getline(stream, cell, '|')) {
    const std::size_t begin = cell.find_first_not_of(' ');
    cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(' ') - begin + 1));
  }
  return cells;
}

std::vector<Section> sections_of(const std::string& page) {
  std::vector<Section> sections;
  std::stringstream stream(page);
  std::string line;
  bool is_example = false;
  while (std::getline(stream, line)) {
    if (line.starts_with("### `")) sections.push_back({in_backticks(line)[0], {}, {}});
    if (sections.empty()) continue;
    if (is_example) sections.back().example = line;
    is_example = line == "```text";
    if (!line.starts_with("| `")) continue;
    const Strings cells = cells_of(line);
    if (cells.size() < 3) continue;
    const Strings fallback = in_backticks(cells[2]);
    sections.back().attributes.push_back(
        {in_backticks(cells[0])[0], cells[1], fallback.empty() ? cells[2] : fallback[0]});
  }
  return sections;
}

// A network in which that line is the one that matters.
std::string network_of(const std::string& line) {
  const std::string name = line.substr(line.find(' ') + 1, line.find(' ', line.find(' ') + 1) - line.find(' ') - 1);
  if (line.starts_with("input ")) return "network n\n" + line + "\nrelu r\noutput r\n";
  const std::string begin = "network n\ninput x channels=12\n";  // for three times the heads of an attention
  if (line.starts_with("head ")) {
    return begin + "conv2d logits out=313 kernel=1\nconv2d ab out=2 kernel=1\noutput ab\n" + line + "\n";
  }
  return begin + "relu a\nsigmoid b from=x\n" + line + "\noutput " + name + "\n";
}

std::string reason(const std::string& line) {
  const auto parsed = parse_network(network_of(line));
  return parsed ? std::string() : parsed.error().message();
}

// Everything that a line decides: the head, the tensors, and every number that comes out.
std::string effect(const std::string& line) {
  const auto parsed = parse_network(network_of(line));
  if (!parsed) return parsed.error().message();
  std::ostringstream text;
  text.precision(17);
  text << parsed->input_channels << parsed->normalised_lightness << static_cast<int>(parsed->head.kind) << ' '
       << parsed->head.layer << ' ' << parsed->head.temperature << ' ';
  for (const RequiredTensor& tensor : parsed->tensors()) text << tensor.name << to_string(tensor.shape);
  const auto network = Network<double>::create(*parsed, random_weights<double>(7));
  REQUIRE(network);
  const Shape shape{1, parsed->input_channels, 7, 6};
  auto workspace = network->make_workspace({.input = shape});
  if (!workspace) return text.str() + workspace.error().message();
  RandomNumbers random(3);
  std::vector<double> input(static_cast<std::size_t>(shape.size()));
  for (double& value : input) value = static_cast<double>(random.next() % 2001) / 1000.0 - 1.0;
  const auto output = network->run({input.data(), shape}, *workspace);
  REQUIRE(output);
  text << to_string(output->shape);
  for (Index i = 0; i < output->shape.size(); ++i) text << ' ' << output->data[i];
  return text.str();
}

// `line` with that attribute at that value, or without it.
std::string with(const std::string& line, const std::string& name, const std::optional<std::string>& value) {
  std::stringstream stream(line);
  std::string word;
  std::string rest;
  while (stream >> word) {
    if (word.starts_with(name + "=")) continue;
    if (!rest.empty()) rest += ' ';
    rest += word;
  }
  return value ? rest + " " + name + "=" + *value : rest;
}

// The values that the page allows and those that it does not.
struct Values {
  Strings good;
  Strings bad;
};

std::optional<Values> values_of(const std::string& words) {
  const auto from = [&](const std::string& begin) -> std::optional<int> {
    if (!words.starts_with(begin + " from ")) return std::nullopt;
    return std::stoi(words.substr(begin.size() + 6));
  };
  if (const auto least = from("whole number")) {
    return Values{{std::to_string(*least), "65536"}, {std::to_string(*least - 1), "65537", "1.5", "2x2", "many"}};
  }
  if (const auto least = from("size")) {
    const std::string at = std::to_string(*least);
    const std::string below = std::to_string(*least - 1);
    return Values{{at, at + "x" + at, "64x" + at}, {below, below + "x2", "2x" + below, "65537", "2x", "1.5"}};
  }
  if (words == "ratio from 1/65536")
    return Values{{"1/65536", "2", "65536/3x2"}, {"0", "1/0", "1/65537", "1.5", "1/2/3", "2x"}};
  if (const auto least = from("number"))
    return Values{{std::to_string(*least), "1e-3"}, {std::to_string(*least - 1) + ".5", "x"}};
  if (words == "number above 0") return Values{{"0.5", "1e-3"}, {"0", "-1", "x"}};
  if (words == "number") return Values{{"-1.5", "0", "1e-3"}, {"x", "inf", "nan"}};
  if (words == "name of a layer above") return Values{{}, {"below"}};
  if (const Strings choices = in_backticks(words); choices.size() > 1) return Values{choices, {"neither", "1"}};
  return std::nullopt;
}

// Does the parser find fault with the attribute itself?
bool blames(const std::string& message, const Attribute& attribute, const std::string& value) {
  for (const std::string& part : {attribute.name + "=" + value, "`" + attribute.name + "` ", "no layer `" + value}) {
    if (ochre::test::contains(message, part)) return true;
  }
  return false;
}

void check_attribute(const Section& section, const Attribute& attribute, Strings& faults) {
  const auto fault = [&](const std::string& text) {
    faults.push_back(section.kind + ", " + attribute.name + ": " + text);
  };
  const auto values = values_of(attribute.value);
  if (!values) return fault("`" + attribute.value + "` is no kind of value");
  for (const std::string& value : values->good) {
    const std::string said = reason(with(section.example, attribute.name, value));
    // What does not fit the rest of the line is not what the table speaks of: 65536 groups.
    if (!said.empty() && blames(said, attribute, value) && !ochre::test::contains(said, "is not a multiple") &&
        !ochre::test::contains(said, "expected a product") && !ochre::test::contains(said, "is more than half")) {
      fault("refused at " + value + ": " + said);
    }
  }
  for (const std::string& value : values->bad) {
    const std::string said = reason(with(section.example, attribute.name, value));
    if (!blames(said, attribute, value)) fault("taken at " + value + " " + said);
  }
  const std::string without = with(section.example, attribute.name, std::nullopt);
  if (attribute.fallback == "required") {
    if (reason(without).empty()) fault("may be left out");
  } else if (attribute.fallback == "no limit") {
    if (!reason(without).empty()) fault("may not be left out");
    if (effect(without) == effect(section.example)) fault("is no limit");
  } else if (effect(without) != effect(with(section.example, attribute.name, attribute.fallback))) {
    fault("left out it is not " + attribute.fallback);
  }
}

template <std::size_t... I>
std::set<std::string> layer_kinds(std::index_sequence<I...>) {
  return {std::string(std::variant_alternative_t<I, LayerSpec>::kind)...};
}

Strings faults_of(const std::string& page) {
  Strings faults;
  std::set<std::string> kinds = layer_kinds(std::make_index_sequence<std::variant_size_v<LayerSpec>>());
  for (const char* line : {"input", "head distribution", "head ab"}) kinds.insert(line);
  for (const Section& section : sections_of(page)) {
    if (kinds.erase(section.kind) == 0) faults.push_back("no such kind, or twice: " + section.kind);
    if (!section.example.starts_with(section.kind + " ") || !reason(section.example).empty()) {
      faults.push_back(section.kind + ": the example is refused: " + reason(section.example));
      continue;
    }
    const std::string list = reason(section.example + " nonsense=1");
    const std::size_t at = list.find("expected ");
    const Strings taken = in_backticks(at == std::string::npos ? "" : list.substr(at));
    std::set<std::string> known(taken.begin(), taken.end());
    known.erase("from");
    for (const Attribute& attribute : section.attributes) {
      if (known.erase(attribute.name) == 0) {
        faults.push_back(section.kind + ": does not take " + attribute.name);
      } else {
        check_attribute(section, attribute, faults);
      }
    }
    for (const std::string& name : known) faults.push_back(section.kind + ": lacks " + name);
  }
  for (const std::string& kind : kinds) faults.push_back("lacks " + kind);
  return faults;
}

std::string page_text() {
  std::ifstream stream(OCHRE_INCLUDE_DIR "/NETWORKS.md", std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("networks page: every kind, attribute, range and default is as the parser has it") {
  for (const std::string& fault : faults_of(page_text())) FAIL_CHECK(fault);
}

TEST_CASE("networks page: the text that it begins with is a network") {
  const std::string page = page_text();
  const std::size_t begin = page.find("```text\n") + 8;
  const auto parsed = parse_network(page.substr(begin, page.find("```", begin) - begin));
  REQUIRE(parsed);
  CHECK(parsed->head.kind == HeadKind::distribution);
}

TEST_CASE("networks page: its limits are the parser's") {
  const std::string page = page_text();
  for (const std::string& said : {"At most " + std::to_string(network::most_layers) + " layers, " +
                                      std::to_string(layers::Attributes::most) + " attributes a line and a megabyte",
                                  "at most " + std::to_string(network::most_inputs) + ";",
                                  "A whole number is at most " + std::to_string(layers::Attributes::largest),
                                  "is at most " + std::to_string(layers::ConvTranspose2dSpec::most_phases)}) {
    CAPTURE(said);
    CHECK(ochre::test::contains(page, said));
  }
  CHECK(network::longest_text == 1 << 20);
  CHECK(reason("relu " + std::string(128, 'a')) == "");
  CHECK(reason("relu " + std::string(129, 'a')) != "");
}

TEST_CASE("networks page: the check finds what is wrong") {
  const std::string page = page_text();
  struct Case {
    const char* right;
    const char* wrong;
    const char* fault;  // one of those found
  };
  const Case cases[] = {
      {"### `tanh`\n```text\ntanh", "### `tan`\n```text\ntan", "lacks tanh"},
      {"| `eps` | number from 0 | `1e-5` |\n", "", "batch_norm: lacks eps"},
      {"| `slope` | number | required |\n", "| `slope` | number | required |\n| `bend` | number | `0` |\n",
       "leaky_relu: does not take bend"},
      {"| `slope` | number | required |", "| `slope` | number | `0.01` |", "leaky_relu, slope: left out"},
      {"| `offset` | number | `0` |", "| `offset` | number | required |", "scale, offset: may be left out"},
      {"| `offset` | number | `0` |", "| `offset` | number | `1` |", "scale, offset: left out"},
      {"| `eps` | number from 0 | `1e-5` |", "| `eps` | number from 0 | `1e-6` |", "batch_norm, eps: left out"},
      {"| `top` | whole number from -65536 |", "| `top` | whole number from 0 |", "pad, top: taken at -1"},
      {"| `height` | whole number from 1 | `1` |", "| `height` | whole number from 1 | `7` |",
       "constant, height: left out it is not 7"},
      {"| `factor` | size from 1 |", "| `factor` | size from 0 |", "upsample, factor: refused at 0"},
      {"| `factor` | size from 1 |", "| `factor` | number |", "upsample, factor: refused at -1.5"},
      {"`nearest` or `bilinear`", "`nearest` or `cubic`", "upsample, mode: refused at cubic"},
      {"| `align_corners` | `true` or `false` | `false` |", "| `align_corners` | `true` or `false` | `true` |",
       "upsample, align_corners: left out"},
      {"| `temperature` | number above 0 | `1` |", "| `temperature` | number above 0 | `2` |",
       "head distribution, temperature: left out"},
      {"| `temperature` | number above 0 |", "| `temperature` | something |", "temperature: `something`"},
      {"`raw` or `normalised` | `raw`", "`raw` or `normalised` | `normalised`", "input, lightness: left out"},
      {"| `most` | number | no limit |", "| `most` | number | `0.5` |", "clip, most: left out"},
      {"clip bent least=0.4 most=0.6", "clip bent least=0.4 most=1000", "clip, most: is no limit"},
      {"| `slope` | number | required |", "| `slope` | number | no limit |", "leaky_relu, slope: may not be left out"},
      {"| `count_padding` | `true` or `false` | `true` |", "| `count_padding` | `true` or `false` | `false` |",
       "average_pool, count_padding: left out"},
      {"`crd` or `dcr` | `crd`", "`crd` or `dcr` | `dcr`", "depth_to_space, order: left out"},
      {"| `scale` | ratio from 1/65536 |", "| `scale` | size from 0 |", "resize, scale: refused at 0"},
      {"`floor` or `ceil` | `round_prefer_floor`", "`floor` or `ceil` | `ceil`", "resize, rounding: left out"},
      {"`nearest`, `bilinear`, `bicubic`", "`nearest`, `bilinear`, `trilinear`", "resize, mode: refused at trilinear"},
      {"downsample smaller stride=2", "downsample smaller", "downsample: the example is refused"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.wrong);
    const std::size_t at = page.find(test.right);
    REQUIRE(at != std::string::npos);
    std::string changed = page;
    const Strings faults = faults_of(changed.replace(at, std::string(test.right).size(), test.wrong));
    bool is_found = false;
    for (const std::string& fault : faults) is_found = is_found || ochre::test::contains(fault, test.fault);
    CHECK_MESSAGE(is_found, (faults.empty() ? "no fault" : faults[0]));
  }
}

}  // namespace networks_page
