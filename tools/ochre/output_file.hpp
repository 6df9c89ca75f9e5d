// A file that is written beside its target and takes its name when it is whole. Tested by cli/output_test.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <sys/types.h>

#include <ochre/base/result.hpp>

#include "part_files.hpp"

namespace ochre::program {

// What becomes of a target that is a link. Followed: the link stays, where it leads is written; for a name that the
// user gave. Replaced: for one within a folder, where a link leads to a place that nobody named.
enum class Links { followed, replaced };

class OutputFile {
 public:
  // ending: of the temporary name, where a program reads it. The file is there, and empty; it has the owner and mode of
  // the one that it will replace. Errors: a target that is no regular file, a folder that cannot be written to.
  static Result<OutputFile> create(const std::string& target, Links links, const std::string& ending = {});

  OutputFile(OutputFile&& other) noexcept
      : target_(std::move(other.target_)),
        name_(std::exchange(other.name_, {})),
        part_(std::move(other.part_)),
        number_(std::exchange(other.number_, -1)),
        mode_(other.mode_) {}
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();  // removes it, unless it has its target's name

  const std::string& name() const noexcept { return name_; }
  const std::string& target() const noexcept { return target_; }
  int take_descriptor() noexcept { return std::exchange(number_, -1); }

  Status keep();  // under its target's name

 private:
  OutputFile(std::string target, std::string name, int number)
      : target_(std::move(target)), name_(std::move(name)), part_(name_), number_(number) {}

  void take_after() noexcept;  // the owner and mode of the target that is there

  std::string target_;
  std::string name_;
  PartName part_;
  int number_;
  std::optional<mode_t> mode_;  // of the file that it replaces
};

// The whole file at once.
Status write_output(const std::string& target, std::span<const std::byte> bytes, Links links = Links::followed);

// Whether a file can be made there, tried before the work for it is done: of a folder that is not there yet, whether
// one can be made in the nearest that is.
Status try_output_file(const std::string& target);
Status try_output_folder(const std::string& folder);

// The same for two names of one file, whether or not it is there.
std::string file_identity(const std::string& path);

// Is an output there already? An empty one is none: a machine that lost its power may leave it.
bool is_written(const std::string& path);

// Two names of one file, whether or not it is there.
bool is_same_file(const std::string& left, const std::string& right);

}  // namespace ochre::program
