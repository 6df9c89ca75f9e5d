// Where a model comes from: a file, or the program itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <ochre/base/result.hpp>
#include <ochre/weights/mapped_file.hpp>

namespace ochre::program {

// That a model's file may have, because it is read whole, whoever changes it meanwhile: half of this machine's memory.
std::uint64_t most_model_bytes();

// Of the bytes of the file `name`; an empty sha256 is any.
Status check_expected_sha256(std::span<const std::byte> bytes, const std::string& sha256, const std::string& name);

class ModelFile {
 public:
  // `name`: a path, or the word "embedded". sha256: what the file must have; empty: anything. Errors: the file's, and
  // that of a file which `ochre import` makes a model of.
  static Result<ModelFile> open(const std::string& name, const std::string& sha256);

  const std::string& name() const noexcept { return name_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  Status load();

  std::string name_;
  MappedFile file_;
  std::span<const std::byte> bytes_;
};

}  // namespace ochre::program
