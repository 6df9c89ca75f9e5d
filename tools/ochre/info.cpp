// ochre info: what a model file says of itself, and the SHA-256 by which it is known.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <sstream>
#include <string_view>

#include <ochre/audit/proof.hpp>
#include <ochre/camera_memory_file.hpp>
#include <ochre/weights/sha256.hpp>

#include "info_camera.hpp"
#include "json_text.hpp"
#include "model_file.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

struct Facts {
  const Model& model;
  std::string sha256;
  Extent size;                // of the picture that the following are for: the model's working size, or its proof's
  std::vector<Shape> shapes;  // of the layers' outputs
  std::vector<double> macs;

  double gmac() const {
    double sum = 0;
    for (const double layer : macs) sum += layer;
    return sum / 1e9;
  }
};

Json text_or_null(const std::string* text) { return text ? Json(*text) : Json(nullptr); }

void print_json(const InfoOptions& options, const Facts& facts) {
  const auto& [model, sha256, size, shapes, macs] = facts;
  Json layers = Json::array();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const LayerDescription& layer = model.network.layers[i];
    const Shape& shape = shapes[i];
    layers.push_back(
        {{"name", layer.name}, {"kind", std::string(layer.kind())}, {"shape", {shape.n, shape.c, shape.h, shape.w}}});
  }
  Json tensors = Json::array();
  for (const TensorEntry& tensor : model.file.tensors()) {
    tensors.push_back(
        {{"name", tensor.name}, {"dtype", std::string(dtype_name(tensor.dtype))}, {"shape", Json(tensor.shape)}});
  }
  Json all{{"network", model.network.name},
           {"source", text_or_null(model.file.metadata("origin"))},
           {"licence", text_or_null(model.file.metadata("licence"))},
           {"sha256", sha256},
           {"parameters", model.network.parameters()},
           {"gmac", facts.gmac()},
           {"layers", layers},
           {"tensors", tensors},
           {"proof", model.file.metadata("proof") != nullptr}};
  if (options.history) all["history"] = text_or_null(model.file.metadata("history"));
  std::fputs(json_text(all).c_str(), stdout);
}

// That of the embedded model, of eleven trainings, has 15 kB; what takes more does not flood the terminal either.
constexpr std::size_t longest_history = 24'000;

void print_metadata(const Model& model, const char* label, const char* key, std::size_t longest = 400) {
  if (const std::string* text = model.file.metadata(key)) print_paragraph(label, *text, longest);
}

std::string proof_summary(const Model& model) {
  const std::string* text = model.file.metadata("proof");
  if (text == nullptr) return "none";
  const auto proof = parse_proof(*text);
  if (!proof) return "damaged: " + proof.error().message();
  return "of " + std::to_string(proof->layers.size()) + " layers on an input " + to_string(proof->input_shape) +
         ", computed by " + weights::printable(proof->computed_by) + "; replay it with `ochre verify`";
}

void print_table(const InfoOptions& options, const Facts& facts) {
  const auto& [model, sha256, size, shapes, macs] = facts;
  const NetworkDescription& network = model.network;
  print_paragraph("model", options.model);
  print_paragraph("network", network.name + ": " + std::to_string(network.layers.size()) + " layers, " +
                                 with_commas(network.parameters()) + " parameters");
  print_paragraph("cost", fixed(facts.gmac(), 3) + " billion multiply-adds for " + std::to_string(size.h) + "x" +
                              std::to_string(size.w) + " pixels");
  print_metadata(model, "about", "description");
  print_metadata(model, "origin", "origin");
  if (options.history) print_metadata(model, "history", "history", longest_history);
  print_metadata(model, "licence", "licence");
  print_metadata(model, "temperature", "temperature");
  print_metadata(model, "size", "size");
  print_paragraph("proof", proof_summary(model));
  print_paragraph("sha256", sha256);
  const auto line = [](std::string_view name, std::string_view kind, const std::string& output,
                       const std::string& parameters, const std::string& cost) {
    std::printf("%s%s%s%s%s\n", left(name, 20).c_str(), left(kind, 18).c_str(), left(output, 18).c_str(),
                right(parameters, 11).c_str(), right(cost, 13).c_str());
  };
  std::printf("\n");
  line("layer", "kind", "output", "parameters", "M mult-adds");
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const LayerDescription& layer = network.layers[i];
    const Index parameters = layer.parameters();
    line(layer.name, layer.kind(), to_string(shapes[i]), parameters > 0 ? with_commas(parameters) : "-",
         macs[i] > 0 ? fixed(macs[i] / 1e6, 1) : "-");
  }
}

// The shape that the model's proof was made on, if it has one.
std::optional<Shape> proof_input(const Model& model) {
  const std::string* text = model.file.metadata("proof");
  const auto proof = text == nullptr ? Result<Proof>(Error{}) : parse_proof(*text);
  if (text == nullptr || !proof) return std::nullopt;
  return proof->input_shape;
}

Result<Facts> gather(const Model& model, const ModelFile& file) {
  const auto size = model.number("size", 256);
  if (!size) return size.error();
  const auto side = static_cast<Index>(std::clamp(*size, 8.0, 4096.0));
  Shape input{1, model.network.input_channels, side, side};
  auto shapes = model.network.shapes(input);
  if (const auto proven = proof_input(model); !shapes && proven) {  // a network that takes few sizes
    input = *proven;
    shapes = model.network.shapes(input);
  }
  if (!shapes) return std::move(shapes).error();
  auto macs = model.network.macs(input);
  if (!macs) return std::move(macs).error();
  return Facts{model, sha256_hex(file.bytes()), {input.h, input.w}, *std::move(shapes), *std::move(macs)};
}

}  // namespace

int run_info(const InfoOptions& options) {
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return fail(file.error());
  if (is_camera_memory(file->bytes())) return info_of_camera(options, file->bytes());
  const auto model = Model::parse(file->bytes());
  if (!model) return fail(Error{model.error()}.in(options.model));
  if (options.text) {
    std::istringstream lines(model->network.text);
    for (std::string line; std::getline(lines, line);) std::printf("%s\n", weights::printable(line).c_str());
    return done;
  }
  const auto facts = gather(*model, *file);
  if (!facts) return fail(Error{facts.error()}.in(options.model));
  if (options.json) {
    print_json(options, *facts);
  } else {
    print_table(options, *facts);
  }
  return done;
}

}  // namespace ochre::program
