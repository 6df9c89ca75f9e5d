// Runs the program ochre as a script would: its exit code, standard output and standard error.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "temporary_folder.hpp"

namespace ochre::test {

using Words = std::vector<std::string>;

struct Outcome {
  int code = -1;  // 128 + the signal if one ended it
  std::string out;
  std::string err;

  bool says(const std::string& part) const { return err.find(part) != std::string::npos; }
  std::size_t error_lines() const { return static_cast<std::size_t>(std::count(err.begin(), err.end(), '\n')); }
};

struct RunLimits {
  rlim_t file_bytes = RLIM_INFINITY;  // a write beyond fails, as on a full disk
  std::string folder{};               // where it runs
  std::string standard_output{};      // instead of being collected
  std::string standard_input{};       // a file; empty: this process's own
};

inline std::string content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline Outcome run_program(const Words& arguments, const RunLimits& limits = {}) {
#if defined(OCHRE_PROGRAM)
  const std::string program = OCHRE_PROGRAM;
#else
  const std::string program = "ochre";  // of a build without tools: whatever is installed
#endif
  const TemporaryFolder folder;
  const std::string out = limits.standard_output.empty() ? folder.path("out") : limits.standard_output;
  const std::string err = folder.path("err");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int out_file = ::open(out.c_str(), O_WRONLY | O_CREAT, 0600);
    const int err_file = ::open(err.c_str(), O_WRONLY | O_CREAT, 0600);
    const int in_file = ::open(limits.standard_input.c_str(), O_RDONLY);
    const rlimit bytes{limits.file_bytes, limits.file_bytes};
    const bool ready = ::dup2(out_file, STDOUT_FILENO) >= 0 && ::dup2(err_file, STDERR_FILENO) >= 0 &&
                       (limits.folder.empty() || ::chdir(limits.folder.c_str()) == 0) &&
                       (limits.standard_input.empty() || ::dup2(in_file, STDIN_FILENO) >= 0) &&
                       ::setrlimit(RLIMIT_FSIZE, &bytes) == 0;
    std::vector<char*> words{const_cast<char*>("ochre")};
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    if (ready) ::execvp(program.c_str(), words.data());
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), "", content_of(err)};
  if (limits.standard_output.empty()) outcome.out = content_of(out);
  return outcome;
}

}  // namespace ochre::test
