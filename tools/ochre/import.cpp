// ochre import: a weight file of another format becomes a model file with its proof.
#include <algorithm>
#include <cstdio>
#include <optional>

#include <ochre/import/read_source.hpp>
#include <ochre/models/known_networks.hpp>
#include <ochre/network/description_parser.hpp>
#include <ochre/weights/safetensors_writer.hpp>
#include <ochre/weights/sha256.hpp>
#include <ochre/weights/store.hpp>

#include "engine.hpp"
#include "known_files.hpp"
#include "memory_remark.hpp"
#include "model_file.hpp"
#include "output_file.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace ochre::program {

namespace {

void print_tensors(const SourceFile& source) {
  std::printf("%s, %zu tensors\n\n", weights::printable(source.format).c_str(), source.tensors.size());
  for (const TensorEntry& tensor : source.tensors) {
    std::printf("%s%s  %s\n", left(weights::printable(tensor.name), 48).c_str(),
                right(std::string(dtype_name(tensor.dtype)), 6).c_str(), to_string(tensor.shape).c_str());
  }
}

// --network: one of the names, else a file with a network's text.
Result<NetworkDescription> wanted_network(const std::string& name) {
  for (const auto text : models::known_networks) {
    auto network = parse_network(text);
    if (!network || network->name == name) return network;
  }
  const auto file = MappedFile::read(name, most_model_bytes());
  if (!file) {
    return Error{file.error().code,
                 "network " + name + ": found no such name or file, expected eccv16, siggraph17, street, or a file"};
  }
  auto network = parse_network({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()});
  return network ? std::move(network) : Result<NetworkDescription>(Error{network.error()}.in(name));
}

const nlohmann::ordered_json* find_known(const std::string& sha256) {
  for (const auto& file : known_files()) {
    if (file["sha256"] == sha256) return &file;
  }
  return nullptr;
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A checkpoint holds its optimizer's state, averages and further networks beside what is needed, some ten times as
// much; a file of far more than that is not worth the minutes that its SHA-256 takes.
Status check_share(const MappedFile& file, const ImportedModel& model) {
  constexpr std::size_t most_times = 64;
  constexpr std::size_t most_beside = std::size_t{64} << 20;  // of a checkpoint of a tiny network
  std::size_t needed = 0;
  for (const TensorEntry& tensor : model.tensors) needed += tensor.bytes.size();
  const std::size_t most = most_times * needed + most_beside;
  if (file.bytes().size() <= most) return {};
  return Error{ErrorCode::too_large, "found a file of " + std::to_string(file.bytes().size()) +
                                         " bytes, expected at most " + std::to_string(most) + ", as " +
                                         model.network.name + " needs " + std::to_string(needed) + " of them"};
}

// What a model of ochre's own (null if the source is none) says of itself stays, but for what is worked out anew.
Metadata describe(const ImportOptions& options, const SourceFile& source, const ImportedModel& model,
                  const Metadata* own, const std::string& sha256) {
  Metadata metadata = own != nullptr ? *own : Metadata();
  metadata.erase("proof");
  metadata["format"] = model_format;
  metadata["network"] = model.network.text;
  if (own == nullptr) {
    std::string notes;
    for (const std::string& note : model.notes) notes += "; " + note;
    metadata["origin"] = "Imported from " + file_name(options.source) + ", " + source.format + notes + ".";
    metadata["source_sha256"] = sha256;
  }
  const auto* known = find_known(sha256);
  if (known != nullptr && !(*known)["licence"].is_null()) metadata["licence"] = (*known)["licence"];
  if (known != nullptr) metadata["description"] = (*known)["what"];
  return metadata;
}

// Changes the tensors' type; the bytes lie in the model.
Status change_type(ImportedModel& model, Dtype dtype) {
  for (TensorEntry& tensor : model.tensors) {
    if (tensor.dtype == dtype || !weights::is_convertible(tensor.dtype)) continue;
    auto bytes = weights::stored_as(tensor, dtype);
    if (!bytes) return std::move(bytes).error();
    tensor.bytes = model.owned.emplace_back(*std::move(bytes));
    tensor.dtype = dtype;
  }
  return {};
}

void print_differences(const NetworkDescription& network, const std::vector<double>& differences,
                       const std::string& dtype) {
  std::printf("largest error of each layer by storing %s, as a share of its rms\n\n", dtype.c_str());
  for (std::size_t i = 0; i < differences.size(); ++i) {
    char error[32];
    std::snprintf(error, sizeof(error), "%.1e", differences[i]);
    std::printf("%s%s%s\n", left(network.layers[i].name, 28).c_str(), left(network.layers[i].kind(), 20).c_str(),
                right(differences[i] > 0 ? error : "0", 8).c_str());
  }
  std::printf("\n");
}

Dtype wanted_dtype(const ImportOptions& options) {
  return options.dtype == "float16" ? Dtype::f16 : options.dtype == "bfloat16" ? Dtype::bf16 : Dtype::f32;
}

// The proof, and with another type what that does to the layers.
Result<std::string> prove(const ImportOptions& options, ImportedModel& model) {
  const bool rounds = !options.dtype.empty();
  if (options.no_proof && !rounds) return std::string();
  if (const auto shape = proof_shape(model.network, model.size); !shape) {
    if (!options.no_proof) return shape.error();
    if (!options.quiet)
      say("what " + options.dtype + " does to the layers is not measured: " + shape.error().message());
    const Status status = change_type(model, wanted_dtype(options));
    return status ? Result<std::string>(std::string()) : Result<std::string>(status.error());
  }
  const double weights = 8.0 * static_cast<double>(model.network.parameters());
  say_memory(options.source, rounds ? 2 * weights : weights, options.quiet);
  std::optional<Network<double>> before;
  if (rounds) {
    auto network = open_network(model.network, model.tensors);
    if (!network) return std::move(network).error();
    before = *std::move(network);
    if (Status status = change_type(model, wanted_dtype(options)); !status) return std::move(status).error();
  }
  const auto network = open_network(model.network, model.tensors);
  if (!network) return network.error();
  auto proof = make_proof(*network, before ? &*before : nullptr, model.size);
  if (!proof) return std::move(proof).error();
  if (rounds && !options.quiet) print_differences(model.network, proof->differences, options.dtype);
  return options.no_proof ? std::string() : std::move(proof->text);
}

Status import_into(const ImportOptions& options, const SourceFile& source, const MappedFile& file) {
  std::optional<NetworkDescription> wanted;
  if (!options.network.empty()) {
    auto network = wanted_network(options.network);
    if (!network) return std::move(network).error();
    wanted = *std::move(network);
  }
  const auto own = Model::parse(file.bytes());
  if (own && !wanted) wanted = own->network;
  auto model = match_network(source, wanted ? &*wanted : nullptr);
  if (!model && !wanted && source.network.empty()) {
    return Error{model.error().code,
                 model.error().message() + "; of another network its text helps, by --network, or an ONNX export"}
        .in(options.source);
  }
  if (!model) return Error{model.error()}.in(options.source);
  if (Status status = check_share(file, *model); !status) return std::move(status).error().in(options.source);
  std::erase_if(model->tensors, [](const TensorEntry& tensor) { return weights::is_training_counter(tensor.name); });
  const std::string sha256 = sha256_hex(file.bytes());
  Metadata metadata = describe(options, source, *model, own ? &own->file.metadata() : nullptr, sha256);
  auto proof = prove(options, *model);
  if (!proof) return Error{proof.error()}.in(options.source);
  if (!proof->empty()) metadata["proof"] = *std::move(proof);
  const auto bytes = write_safetensors(model->tensors, metadata);
  if (!bytes) return bytes.error();
  if (const auto read_back = Model::parse(*bytes); !read_back) return read_back.error();
  if (Status status = write_output(options.output, *bytes); !status) return status;
  if (!options.quiet) {
    if (const auto* known = find_known(sha256)) say("this is " + (*known)["what"].get<std::string>());
    say_all({}, model->notes);
    if (model->network.head.kind == HeadKind::none) {
      say("with a line such as `head ab layer=" + model->network.layers.back().name +
          "` its text colours: `ochre info --text` gives it, import takes it by --network");
    }
    std::printf(
        "%s: %s, %zu layers, %s parameters, %s bytes, %s\n", weights::printable_path(options.output).c_str(),
        model->network.name.c_str(), model->network.layers.size(), with_commas(model->network.parameters()).c_str(),
        with_commas(static_cast<long long>(bytes->size())).c_str(), options.no_proof ? "no proof" : "with its proof");
  }
  return {};
}

}  // namespace

int run_import(const ImportOptions& options) {
  if (options.output.empty() && !options.list) return misuse("-o is missing: where the model goes (or --list)");
  const auto file = MappedFile::read(options.source, most_model_bytes());
  if (!file) return fail(file.error());
  const Status writable = options.list ? Status() : try_output_file(options.output);
  if (!writable) return fail(writable.error());
  const Status expected = check_expected_sha256(file->bytes(), options.sha256, options.source);
  if (!expected) return fail(expected.error());
  const std::size_t folder = options.source.rfind('/');
  const auto source = read_source(file->bytes(), folder == std::string::npos ? "." : options.source.substr(0, folder),
                                  options.list ? SourcePart::tensors : SourcePart::whole);
  if (!source) return fail(Error{source.error()}.in(options.source));
  say_all(options.source + ": ", source->warnings);
  if (options.list) {
    print_tensors(*source);
    return done;
  }
  const Status status = import_into(options, *source, *file);
  return status ? done : fail(status.error());
}

}  // namespace ochre::program
