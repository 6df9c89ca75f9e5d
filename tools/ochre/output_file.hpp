// A file that is written beside its target and takes its name when it is whole. Tested by cli/video_test.cpp.
#pragma once

#include <string>

#include <ochre/base/result.hpp>

namespace ochre::program {

class OutputFile {
 public:
  // ending: of the temporary name, where a program reads it. The file is there, and empty. Errors: a target that is no
  // regular file, a folder that cannot be written to.
  static Result<OutputFile> create(const std::string& target, const std::string& ending = {});

  OutputFile(OutputFile&& other) noexcept
      : target_(std::move(other.target_)), name_(std::exchange(other.name_, {})), number_(other.number_) {}
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();  // removes it, unless it has its target's name

  const std::string& name() const noexcept { return name_; }
  const std::string& target() const noexcept { return target_; }
  int take_descriptor() noexcept { return std::exchange(number_, -1); }

  Status keep();  // under its target's name

 private:
  OutputFile(std::string target, std::string name, int number)
      : target_(std::move(target)), name_(std::move(name)), number_(number) {}

  std::string target_;
  std::string name_;
  int number_;
};

// The same for two names of one file, whether or not it is there.
std::string file_identity(const std::string& path);

// Is an output there already? An empty one is none: a machine that lost its power may leave it.
bool is_written(const std::string& path);

// Two names of one file, whether or not it is there.
bool is_same_file(const std::string& left, const std::string& right);

}  // namespace ochre::program
