// Another program, started with an argument vector and without a shell. Of what it complains of the first and the last
// words are kept; it never outlives this program's interest in it. Tested by cli/video_test.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include <ochre/base/platform/files_posix.hpp>

namespace ochre::program {

enum class ChildPipe { none, input, output };  // that this program holds an end of

class ChildProcess {
 public:
  // words[0]: its name, looked up in PATH. Errors: not found; the system's.
  static Result<ChildProcess> start(const std::vector<std::string>& words, ChildPipe pipe);

  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) noexcept;
  ~ChildProcess();  // kills it, if it runs

  platform::Descriptor take_pipe() noexcept { return std::move(pipe_); }

  void kill() noexcept;
  int wait();  // for its end: its exit code, or 128 + the signal that ended it

  // What it wrote on standard error: how many lines, and the first and the last of them. After wait().
  std::size_t complaints() const;
  std::string complaint() const;

 private:
  struct Listener;
  ChildProcess(pid_t number, platform::Descriptor pipe, std::unique_ptr<Listener> listener);

  pid_t number_ = -1;
  int code_ = -1;
  platform::Descriptor pipe_;
  std::unique_ptr<Listener> listener_;
};

// All that a program writes on standard output, up to a megabyte. Errors: it is not there; its code is not 0: its
// complaint.
Result<std::string> output_of(const std::vector<std::string>& words);

}  // namespace ochre::program
