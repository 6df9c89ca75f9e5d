// The program ochre while it runs, for tests that disturb it.
#pragma once

#include <chrono>
#include <thread>

#include "program.hpp"

namespace ochre::test {

class RunningProgram {
 public:
  explicit RunningProgram(const Words& arguments) {
#if defined(OCHRE_PROGRAM)
    const std::string program = OCHRE_PROGRAM;
#else
    const std::string program = "ochre";
#endif
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ > 0) return;
    const int err = ::open(folder_.path("err").c_str(), O_WRONLY | O_CREAT, 0600);
    std::vector<char*> words{const_cast<char*>("ochre")};
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    if (::dup2(err, STDERR_FILENO) >= 0) ::execvp(program.c_str(), words.data());
    ::_exit(127);
  }
  ~RunningProgram() {
    if (child_ < 0) return;
    signal(SIGKILL);
    end();
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  void signal(int number) const { ::kill(child_, number); }

  Outcome end() {  // waits for it; nothing of standard output
    int status = 0;
    REQUIRE(::waitpid(child_, &status, 0) == child_);
    child_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), "", content_of(folder_.path("err"))};
  }

 private:
  TemporaryFolder folder_;
  pid_t child_ = -1;
};

// Ten seconds at most.
template <class Condition>
bool wait_until(const Condition& condition) {
  for (int i = 0; i < 10000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace ochre::test
