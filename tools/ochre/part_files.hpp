// The names of files that are begun and not yet whole, kept where the handler of a deadly signal may read them: nothing
// half-written stays behind a program that is stopped. Tested by cli/stop_test.cpp.
#pragma once

#include <string>
#include <utility>

namespace ochre::program {

// One such name, as long as this lives. Move-only.
class PartName {
 public:
  explicit PartName(const std::string& name) noexcept;
  PartName(PartName&& other) noexcept : place_(std::exchange(other.place_, -1)) {}
  PartName& operator=(PartName&&) = delete;
  ~PartName();

 private:
  int place_;  // -1: not kept
};

// Removes all such files. May be called in a signal's handler.
void remove_part_files() noexcept;

// From here on SIGHUP, SIGINT, SIGQUIT and SIGTERM remove them and end the program; those that are ignored stay so.
void remove_part_files_when_killed() noexcept;

// What these signals do then. Only for a signal's handler.
extern "C" void die_without_part_files(int number);

}  // namespace ochre::program
