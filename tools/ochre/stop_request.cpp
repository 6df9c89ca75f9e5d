#include "stop_request.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

#include "part_files.hpp"

namespace ochre::program {

namespace {

std::atomic<int> signal_number{0};
std::atomic<bool> requested{false};
int pipe_ends[2] = {-1, -1};

extern "C" void on_stop_signal(int number) {
  const int before = errno;
  std::signal(SIGINT, die_without_part_files);
  std::signal(SIGTERM, die_without_part_files);
  signal_number = number;
  request_stop();
  errno = before;
}

}  // namespace

bool listen_for_stop() {
  if (::pipe(pipe_ends) != 0) return false;
  for (const int end : pipe_ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  const bool heard = ::sigaction(SIGINT, &action, nullptr) == 0 && ::sigaction(SIGTERM, &action, nullptr) == 0;
  return heard && std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

void request_stop() noexcept {
  requested = true;
  const char byte = 0;
  if (pipe_ends[1] >= 0 && ::write(pipe_ends[1], &byte, 1) < 0) return;  // it is readable already
}

void withdraw_stop() noexcept {
  requested = false;
  char bytes[64];
  while (::read(pipe_ends[0], bytes, sizeof(bytes)) > 0) continue;
  if (signal_number != 0) request_stop();
}

bool stop_requested() noexcept { return requested; }
int stop_signal() noexcept { return signal_number; }
int stop_descriptor() noexcept { return pipe_ends[0]; }

}  // namespace ochre::program
