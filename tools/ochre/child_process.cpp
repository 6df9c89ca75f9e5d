#include "child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ochre/weights/printable.hpp>

#include "byte_stream.hpp"

extern char** environ;

namespace ochre::program {

// Reads what the child says until it ends, so that it never waits for a reader; keeps the first words and the
// last ones.
struct ChildProcess::Listener {
  platform::Descriptor file;
  std::string first_words;
  std::string last_words;
  std::size_t lines = 0;
  std::thread thread;

  explicit Listener(platform::Descriptor end) : file(std::move(end)) {
    thread = std::thread([this] { listen(); });
  }
  ~Listener() { join(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void join() {
    if (thread.joinable()) thread.join();
  }

  void listen() {
    constexpr std::size_t kept = 1024;
    char part[512];
    for (;;) {
      const ssize_t count = ::read(file.number(), part, sizeof(part));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      const std::string_view text(part, static_cast<std::size_t>(count));
      lines += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
      first_words.append(text.substr(0, kept - first_words.size()));
      last_words.append(text);
      if (last_words.size() > kept) last_words.erase(0, last_words.size() - kept);
    }
  }
};

// One line of ffmpeg's, without which part of it says so: "[mov,mp4 @ 0x5581] moov atom not found".
std::string plain_line(std::string_view line) {
  while (line.starts_with('[') && line.find("] ") != std::string_view::npos) line.remove_prefix(line.find("] ") + 2);
  return weights::printable(line, 300);
}

namespace {

Error cannot_start(const std::string& name, int number) {
  if (number == ENOENT) {
    return {ErrorCode::not_found, name +
                                      ": found no such program in PATH, expected it to be installed (it comes with "
                                      "FFmpeg); .y4m files and - need none"};
  }
  return {ErrorCode::io,
          name + ": found " + std::generic_category().message(number) + ", expected a program that starts"};
}

struct PipeEnds {
  platform::Descriptor read{-1};
  platform::Descriptor write{-1};
};

Result<PipeEnds> make_pipe() {
  int ends[2];
  if (::pipe(ends) != 0) return Error{ErrorCode::io, std::generic_category().message(errno)};
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#if defined(F_SETPIPE_SZ)
  constexpr int wanted =
      1 << 20;  // bytes: a frame of HD takes a few turns instead of fifty; what there is without will do
  ::fcntl(ends[0], F_SETPIPE_SZ, wanted);
#endif
  return PipeEnds{platform::Descriptor(ends[0]), platform::Descriptor(ends[1])};
}

struct Ends {
  int input = -1;  // of the child: -1 is /dev/null
  int output = -1;
  int error = -1;
};

// In a process group of its own: Ctrl-C reaches this program alone, which then ends the child in order.
int spawn(const std::vector<std::string>& words, const Ends& ends, pid_t& number) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  const auto give = [&](int end, int as, int flags) {
    if (end >= 0) ::posix_spawn_file_actions_adddup2(&actions, end, as);
    if (end < 0) ::posix_spawn_file_actions_addopen(&actions, as, "/dev/null", flags, 0);
  };
  give(ends.input, STDIN_FILENO, O_RDONLY);
  give(ends.output, STDOUT_FILENO, O_WRONLY);
  give(ends.error, STDERR_FILENO, O_WRONLY);
  sigset_t usual;
  ::sigemptyset(&usual);
  ::posix_spawnattr_setsigmask(&attributes, &usual);
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::sigaddset(&usual, signal);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  std::vector<char*> list;
  for (const std::string& word : words) list.push_back(const_cast<char*>(word.c_str()));
  list.push_back(nullptr);
  const int failure = ::posix_spawnp(&number, list[0], &actions, &attributes, list.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return failure;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& words, ChildPipe pipe) {
  auto data = make_pipe();
  auto complaints = make_pipe();
  if (!data) return std::move(data).error().in(words[0]);
  if (!complaints) return std::move(complaints).error().in(words[0]);
  Ends ends{.error = complaints->write.number()};
  if (pipe == ChildPipe::input) ends.input = data->read.number();
  if (pipe == ChildPipe::output) ends.output = data->write.number();
  pid_t number = -1;
  if (const int failure = spawn(words, ends, number); failure != 0) return cannot_start(words[0], failure);
  auto listener = std::make_unique<Listener>(std::move(complaints->read));
  auto& kept = pipe == ChildPipe::input ? data->write : data->read;
  return ChildProcess(number, std::move(kept), std::move(listener));
}

ChildProcess::ChildProcess(pid_t number, platform::Descriptor pipe, std::unique_ptr<Listener> listener)
    : number_(number), pipe_(std::move(pipe)), listener_(std::move(listener)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : number_(std::exchange(other.number_, -1)),
      code_(other.code_),
      pipe_(std::move(other.pipe_)),
      listener_(std::move(other.listener_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(number_, other.number_);
  std::swap(code_, other.code_);
  std::swap(pipe_, other.pipe_);
  std::swap(listener_, other.listener_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (number_ < 0) return;
  kill();
  wait();
}

void ChildProcess::kill() noexcept {
  if (number_ > 0) ::kill(-number_, SIGKILL);  // with all that it started
}

int ChildProcess::wait() {
  if (number_ < 0) return code_;
  // What it started and left behind would keep the pipes open. While it is not yet reaped, its group is no one else's.
  siginfo_t facts{};
  while (::waitid(P_PID, static_cast<id_t>(number_), &facts, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
  kill();
  int status = 0;
  while (::waitpid(number_, &status, 0) < 0 && errno == EINTR) continue;
  number_ = -1;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  listener_->join();
  return code_;
}

std::size_t ChildProcess::complaints() const { return listener_->lines; }

std::string ChildProcess::complaint() const {
  constexpr std::string_view ends = "\r\n";
  const std::string_view first = listener_->first_words;
  std::string_view last = listener_->last_words;
  while (!last.empty() && ends.find(last.back()) != std::string_view::npos) last.remove_suffix(1);
  const std::string one = plain_line(first.substr(0, first.find_first_of(ends)));
  const std::string other = plain_line(last.substr(last.find_last_of(ends) + 1));
  return one == other || other.empty() ? one : one + " ... " + other;
}

Result<std::string> output_of(const std::vector<std::string>& words) {
  auto child = ChildProcess::start(words, ChildPipe::output);
  if (!child) return std::move(child).error();
  std::string text(std::size_t{1} << 20, '\0');
  Result<std::size_t> count = std::size_t{0};
  {
    constexpr int silence = 60;  // seconds; a source on a network answers earlier, or never
    ByteReader reader(child->take_pipe(), silence);
    count = reader.read(std::as_writable_bytes(std::span(text)));
  }  // closed, so that a child with more to say does not wait
  if (!count) return Error{count.error()}.in(words[0]);
  text.resize(*count);
  if (const int code = child->wait(); code != 0) {
    const std::string complaint = child->complaint();
    return Error{ErrorCode::malformed,
                 words[0] + ": " + (complaint.empty() ? "ended with code " + std::to_string(code) : complaint)};
  }
  return text;
}

}  // namespace ochre::program
