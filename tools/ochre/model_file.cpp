#include "model_file.hpp"

#include "verbs.hpp"

// embedded_model.S puts the bytes of weights/street.safetensors between these two.
extern "C" const unsigned char ochre_embedded_model[];
extern "C" const unsigned char ochre_embedded_model_end[];

namespace ochre::program {

Result<ModelFile> ModelFile::open(const std::string& name) {
  ModelFile model;
  model.name_ = name;
  if (name == embedded) {
    model.bytes_ = std::as_bytes(std::span(ochre_embedded_model, ochre_embedded_model_end));
    return model;
  }
  auto file = MappedFile::open(name);
  if (!file) return std::move(file).error();
  model.file_ = *std::move(file);
  model.bytes_ = model.file_.bytes();
  return model;
}

}  // namespace ochre::program
