#include "model_file.hpp"

#include <algorithm>
#include <string_view>

#include <ochre/embedded_model.hpp>
#include <ochre/weights/safetensors.hpp>
#include <ochre/weights/sha256.hpp>

#include "memory_remark.hpp"
#include "verbs.hpp"

namespace ochre::program {

Status check_expected_sha256(std::span<const std::byte> bytes, const std::string& sha256, const std::string& name) {
  if (sha256.empty()) return {};
  Status status = check_sha256(bytes, {sha256});
  return status ? status : std::move(status).error().in(name);
}

std::uint64_t most_model_bytes() { return static_cast<std::uint64_t>(machine_memory() / 2); }

namespace {

// Whether a file that is no container of ochre's may be one of those that `ochre import` reads.
bool may_be_importable(const std::string& name, const std::string& found) {
  constexpr std::string_view endings[] = {".pth", ".pt", ".ckpt", ".onnx", ".caffemodel"};
  constexpr std::string_view kinds[] = {"PyTorch", "pickle", "ONNX", "Caffe"};
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  const auto tells = [&](std::string_view kind) { return found.find(kind) != std::string::npos; };
  return std::any_of(std::begin(endings), std::end(endings), ends) ||
         std::any_of(std::begin(kinds), std::end(kinds), tells);
}

// Weights as their maker gave them away. What else is wrong with a file its reader says.
Status refuse_foreign(std::span<const std::byte> bytes, const std::string& name) {
  constexpr char advice[] = "; `ochre import` makes a model of such a file";
  const auto file = Safetensors::parse(bytes);
  if (!file) {
    const std::string found = file.error().message();
    return may_be_importable(name, found) ? Status(Error{file.error().code, found + advice}) : Status();
  }
  const std::string* format = file->metadata("format");
  if (file->tensors().empty() || (format != nullptr && format->starts_with("ochre"))) return {};
  return Error{ErrorCode::unsupported,
               std::string("found a safetensors file of another program, expected a model of ochre") + advice};
}

}  // namespace

Status ModelFile::load() {
  if (name_ == embedded) {
    bytes_ = embedded_model();
    return {};
  }
  auto file = MappedFile::read(name_, most_model_bytes());
  if (!file) return std::move(file).error();
  file_ = *std::move(file);
  bytes_ = file_.bytes();
  Status status = refuse_foreign(bytes_, name_);
  return status ? status : std::move(status).error().in(name_);
}

Result<ModelFile> ModelFile::open(const std::string& name, const std::string& sha256) {
  ModelFile model;
  model.name_ = name;
  if (Status status = model.load(); !status) return std::move(status).error();
  if (Status status = check_expected_sha256(model.bytes_, sha256, name); !status) return std::move(status).error();
  return model;
}

}  // namespace ochre::program
