// Where a model comes from: a file, or the program itself.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <ochre/base/result.hpp>
#include <ochre/weights/mapped_file.hpp>

namespace ochre::program {

// Of the bytes of the file `name`; an empty sha256 is any.
Status check_expected_sha256(std::span<const std::byte> bytes, const std::string& sha256, const std::string& name);

class ModelFile {
 public:
  // `name`: a path, or the word "embedded". sha256: what the file must have; empty: anything.
  static Result<ModelFile> open(const std::string& name, const std::string& sha256);

  const std::string& name() const noexcept { return name_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  // Of a model that is no part of the program, else null.
  const MappedFile* mapped() const noexcept { return file_.bytes().empty() ? nullptr : &file_; }

 private:
  Status load();

  std::string name_;
  MappedFile file_;
  std::span<const std::byte> bytes_;
};

}  // namespace ochre::program
