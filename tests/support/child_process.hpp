// What happens in a child made by fork().
#pragma once

#if defined(__unix__)

#include <sys/wait.h>
#include <unistd.h>

namespace ochre::test {

// What `body` returns in the child, 0…127; -1: the child did not end within 20 seconds, or crashed.
template <class Body>
int returned_by_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(body());
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace ochre::test

#endif
