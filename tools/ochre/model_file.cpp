#include "model_file.hpp"

#include <ochre/embedded_model.hpp>
#include <ochre/weights/sha256.hpp>

#include "verbs.hpp"

namespace ochre::program {

Status check_expected_sha256(std::span<const std::byte> bytes, const std::string& sha256, const std::string& name) {
  if (sha256.empty()) return {};
  Status status = check_sha256(bytes, {sha256});
  return status ? status : std::move(status).error().in(name);
}

Status ModelFile::load() {
  if (name_ == embedded) {
    bytes_ = embedded_model();
    return {};
  }
  auto file = MappedFile::open(name_);
  if (!file) return std::move(file).error();
  file_ = *std::move(file);
  bytes_ = file_.bytes();
  return {};
}

Result<ModelFile> ModelFile::open(const std::string& name, const std::string& sha256) {
  ModelFile model;
  model.name_ = name;
  if (Status status = model.load(); !status) return std::move(status).error();
  if (Status status = check_expected_sha256(model.bytes_, sha256, name); !status) return std::move(status).error();
  return model;
}

}  // namespace ochre::program
