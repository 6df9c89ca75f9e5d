#include "part_files.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>

#include <unistd.h>

namespace ochre::program {

namespace {

// A handler may not allocate, nor wait for a thread that does.
struct Place {
  std::atomic<bool> taken{false};
  std::atomic<bool> named{false};
  char name[4096];  // PATH_MAX of Linux; a longer one cannot be opened
};

Place places[1100];  // as many as there may be workers, and more; memory is taken for those that are used

}  // namespace

PartName::PartName(const std::string& name) noexcept : place_(-1) {
  if (name.size() >= sizeof(Place::name)) return;
  for (Place& place : places) {
    if (place.taken.exchange(true)) continue;
    *std::copy(name.begin(), name.end(), place.name) = '\0';
    place.named = true;
    place_ = static_cast<int>(&place - places);
    return;
  }
}

PartName::~PartName() {
  if (place_ < 0) return;
  places[place_].named = false;
  places[place_].taken = false;
}

void remove_part_files() noexcept {
  for (const Place& place : places) {
    if (place.named) ::unlink(place.name);
  }
}

void die_without_part_files(int number) {
  remove_part_files();
  std::signal(number, SIG_DFL);
  std::raise(number);  // it is blocked until the handler ends
}

void remove_part_files_when_killed() noexcept {
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    if (std::signal(number, SIG_IGN) != SIG_IGN) std::signal(number, die_without_part_files);
  }
}

}  // namespace ochre::program
