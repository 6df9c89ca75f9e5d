#include "piped_file.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ochre/base/no_memory.hpp>
#include <ochre/weights/printable.hpp>

#include "byte_stream.hpp"

namespace ochre::program {

namespace {

Status refuse_terminal(int number, const char* expected) {
  if (::isatty(number) != 1) return {};
  return platform::file_error(ErrorCode::io, {.found = "a terminal", .expected = expected});
}

Result<std::vector<std::byte>> read_all(ByteReader& reader, std::uint64_t most) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  std::vector<std::byte> bytes;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + piece);
    const auto count = reader.read(std::span(bytes).subspan(before));
    if (!count) return count.error();
    bytes.resize(before + *count);
    if (bytes.empty()) return Error{ErrorCode::malformed, "found nothing (0 bytes), expected some"};
    if (bytes.size() > most) {
      return Error{ErrorCode::too_large, "found more than " + std::to_string(most) + " bytes, expected at most these"};
    }
    if (*count < piece) return bytes;
  }
}

}  // namespace

bool is_pipe(const std::string& path) {
  struct stat facts {};
  if (path == "-" || path == "/dev/stdout") return true;
  return ::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode);
}

std::string input_name(const std::string& path) {
  return path == "-" ? "standard input" : weights::printable_path(path);
}

std::string output_name(const std::string& path) {
  return path == "-" ? "standard output" : weights::printable_path(path);
}

Result<std::vector<std::byte>> read_pipe(const std::string& path, std::uint64_t most) {
  const std::string name = input_name(path);
  auto file = open_to_read(path);
  if (!file) return std::move(file).error().in(name);
  if (Status status = refuse_terminal(file->number(), "a file or a pipe"); !status) {
    return std::move(status).error().in(name);
  }
  ByteReader reader(*std::move(file), 0);
  auto bytes = base::catch_no_memory([&] { return read_all(reader, most); });
  return bytes ? std::move(bytes) : Result<std::vector<std::byte>>(std::move(bytes).error().in(name));
}

Status write_pipe(const std::string& path, std::span<const std::byte> bytes) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of write()
  const std::string name = output_name(path);
  const int inherited = path == "-" ? STDOUT_FILENO : descriptor_named(path);
  platform::Descriptor file(inherited >= 0 ? ::fcntl(inherited, F_DUPFD_CLOEXEC, 0)
                                           : ::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) return platform::refused(errno, "a pipe that can be written to").in(name);
  Status status = refuse_terminal(file.number(), "a file or a pipe");
  ByteWriter writer(std::move(file));
  if (status) status = writer.write(bytes);
  if (status) status = writer.close();
  return status ? status : std::move(status).error().in(name);
}

}  // namespace ochre::program
