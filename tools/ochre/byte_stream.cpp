#include "byte_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stop_request.hpp"

namespace ochre::program {

namespace {

Error system_error(int number, const char* expected) {
  return {ErrorCode::io, "found " + std::generic_category().message(number) + ", expected " + expected};
}

}  // namespace

int descriptor_named(const std::string& path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  if (path == "/dev/stdout") return STDOUT_FILENO;
  constexpr std::string_view folder = "/dev/fd/";
  if (!path.starts_with(folder)) return -1;
  int number = -1;
  const char* const end = path.data() + path.size();
  const auto [at, failure] = std::from_chars(path.data() + folder.size(), end, number);
  return failure == std::errc() && at == end ? number : -1;
}

Result<platform::Descriptor> open_to_read(const std::string& path) {
  const int inherited = path == "-" ? STDIN_FILENO : descriptor_named(path);
  platform::Descriptor file(inherited >= 0 ? ::fcntl(inherited, F_DUPFD_CLOEXEC, 0)
                                           : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!file.is_open() || ::fstat(file.number(), &facts) != 0) return platform::refused(errno, platform::readable_file);
  if (!S_ISDIR(facts.st_mode)) return file;
  return platform::file_error(ErrorCode::io, {.found = "a folder", .expected = "a file or a stream"});
}

Result<std::size_t> ByteReader::read_some(std::span<std::byte> bytes) {
  for (;;) {
    pollfd waits[2] = {{file_.number(), POLLIN, 0}, {stop_descriptor(), POLLIN, 0}};
    const int ready = ::poll(waits, 2, silence_ > 0 ? silence_ * 1000 : -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return system_error(errno, "bytes");
    if (stop_requested()) return Error{ErrorCode::cancelled, "stopped"};
    if (ready == 0) {
      return Error{ErrorCode::io, "found no byte for " + std::to_string(silence_) + " s, expected the next frame"};
    }
    const ssize_t count = ::read(file_.number(), bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return system_error(errno, "bytes");
    return static_cast<std::size_t>(count);
  }
}

Status ByteReader::fill() {
  begin_ = end_ = 0;
  if (ended_) return {};
  const auto count = read_some(buffer_);
  if (!count) return count.error();
  ended_ = *count == 0;
  end_ = *count;
  return {};
}

Result<std::size_t> ByteReader::read(std::span<std::byte> bytes) {
  std::size_t done = std::min(bytes.size(), end_ - begin_);
  if (done > 0) std::memcpy(bytes.data(), buffer_.data() + begin_, done);
  begin_ += done;
  while (done < bytes.size() && !ended_) {
    const auto count = read_some(bytes.subspan(done));
    if (!count) return count;
    ended_ = *count == 0;
    done += *count;
  }
  return done;
}

Result<std::string_view> ByteReader::read_line(std::size_t longest) {
  line_.clear();
  while (line_.size() < longest) {
    if (begin_ == end_) {
      if (Status status = fill(); !status) return std::move(status).error();
      if (begin_ == end_) break;
    }
    const auto* first = reinterpret_cast<const char*>(buffer_.data() + begin_);
    const std::string_view part(first, std::min(end_ - begin_, longest - line_.size()));
    const std::size_t end = part.find('\n');
    line_ += part.substr(0, end);
    begin_ += end == std::string_view::npos ? part.size() : end + 1;
    if (end != std::string_view::npos) break;
  }
  return std::string_view(line_);
}

Result<bool> ByteReader::is_at_end() {
  if (begin_ == end_) {
    if (Status status = fill(); !status) return std::move(status).error();
  }
  return begin_ == end_;
}

Result<int> ByteReader::read_byte() {
  const auto ended = is_at_end();
  if (!ended) return ended.error();
  return *ended ? -1 : static_cast<int>(buffer_[begin_++]);
}

ByteWriter::ByteWriter(platform::Descriptor file, FileOwner owner) : file_(std::move(file)), piece_(PIPE_BUF) {
  constexpr std::size_t large = std::size_t{1} << 24;
  struct stat facts {};
  if (::fstat(file_.number(), &facts) == 0 && S_ISREG(facts.st_mode)) piece_ = large;
  if (owner == FileOwner::alone && ::fcntl(file_.number(), F_SETFL, O_NONBLOCK) == 0) piece_ = large;
}

// A pipe that is ready takes PIPE_BUF bytes at once, so that no write waits but in poll(), where a wish to stop is
// heard.
Status ByteWriter::write(std::span<const std::byte> bytes) {
  constexpr int patience = 5000;  // milliseconds after a wish to stop: an encoder takes a frame in less
  constexpr int glance = 250;     // milliseconds after which a wish to stop is looked for
  int waited = 0;
  while (!bytes.empty()) {
    pollfd wait{file_.number(), POLLOUT, 0};
    const int ready = ::poll(&wait, 1, glance);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return system_error(errno, "room");
    if (ready == 0) {
      waited = stop_requested() ? waited + glance : 0;
      if (waited < patience) continue;
      return Error{ErrorCode::io, "found nobody who reads it, stopped waiting"};
    }
    const ssize_t count = ::write(file_.number(), bytes.data(), std::min(bytes.size(), piece_));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return system_error(errno, errno == EPIPE ? "a reader" : "room for a frame");
    if (count == 0) return system_error(ENOSPC, "room for a frame");
    waited = 0;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status ByteWriter::close() {
  const int failure = file_.is_open() ? file_.close() : 0;
  return failure == 0 ? Status() : Status(system_error(failure, "room for the last bytes"));
}

}  // namespace ochre::program
