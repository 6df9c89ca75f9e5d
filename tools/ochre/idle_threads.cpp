#include "idle_threads.hpp"

#include <cstdlib>

#include <unistd.h>

namespace ochre::program {

void let_idle_threads_sleep(char** words) noexcept {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  if (::setenv("GOMP_SPINCOUNT", "1000", 0) == 0) ::execv("/proc/self/exe", words);
}

}  // namespace ochre::program
