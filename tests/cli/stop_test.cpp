// A program that is stopped leaves no half file behind.
#include <doctest/doctest.h>

#include <filesystem>

#include <sys/stat.h>

#include "../../tools/ochre/part_files.cpp"
#include "support/running_program.hpp"
#include "support/tiny_model.hpp"

namespace stop_test {

using namespace ochre::test;
namespace fs = std::filesystem;

// In a process of its own, which ends by the signal.
template <class Work>
int signal_that_ends(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace stop_test

TEST_CASE("stopping: a deadly signal removes what is begun, and nothing that is whole") {
  using namespace stop_test;
  using ochre::program::PartName;
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    CAPTURE(number);
    const TemporaryFolder folder;
    const int signal = signal_that_ends([&] {
      ochre::program::remove_part_files_when_killed();
      PartName begun(folder.write("begun", "half"));
      { const PartName finished(folder.write("finished", "whole")); }
      const PartName moved(std::move(begun));
      ::raise(number);
    });
    CHECK(signal == number);
    CHECK(!fs::exists(folder.path("begun")));
    CHECK(fs::exists(folder.path("finished")));
  }
  CHECK(signal_that_ends([] {
          std::signal(SIGHUP, SIG_IGN);  // as nohup does
          ochre::program::remove_part_files_when_killed();
          ::raise(SIGHUP);
        }) == 0);
}

TEST_CASE("stopping: one picture is not waited for") {
  using namespace stop_test;
  const TemporaryFolder folder;
  fs::create_directory(folder.path("out"));
  const std::string model = folder.write("m.safetensors", TinyModel{}.bytes());
  REQUIRE(::mkfifo(folder.path("camera").c_str(), 0600) == 0);
  for (const int number : {SIGINT, SIGTERM}) {
    RunningProgram running({"colorize", folder.path("camera"), "-o", folder.path("out/o.png"), "--model", model});
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // for a writer it waits for ever
    running.signal(number);
    CHECK(running.end().code == 128 + number);
    CHECK(fs::is_empty(folder.path("out")));
  }
}
