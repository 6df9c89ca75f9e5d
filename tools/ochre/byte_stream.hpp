// Files and pipes, read and written so that nothing waits for ever: a wish to stop ends each read, and a write that
// goes nowhere after it. Tested by cli/video_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <ochre/base/platform/files_posix.hpp>

namespace ochre::program {

// The descriptor that this process was given under the name /dev/stdin, /dev/stdout or /dev/fd/N, or -1: one that is
// opened by such a name once more would not notice that the other end of a FIFO is gone.
int descriptor_named(const std::string& path);

// A file, or standard input by the name `-`. A FIFO is not waited for here, where no wish to stop is heard, but by
// whoever reads. Errors, without the name: the system's, a folder.
Result<platform::Descriptor> open_to_read(const std::string& path);

// Errors of both: io, and cancelled after a wish to stop. The caller puts the name in front.
class ByteReader {
 public:
  // silence: seconds without a byte that end it, 0: none does.
  ByteReader(platform::Descriptor file, int silence) : file_(std::move(file)), silence_(silence) {}

  // As many bytes as there are; fewer than asked for only at the end.
  Result<std::size_t> read(std::span<std::byte> bytes);

  // Up to and without the next '\n'; until the next call. At the end what there is; longer than `longest`: cut there.
  Result<std::string_view> read_line(std::size_t longest);

  Result<bool> is_at_end();
  Result<int> read_byte();  // -1 at the end

 private:
  Result<std::size_t> read_some(std::span<std::byte> bytes);
  Status fill();

  platform::Descriptor file_;
  int silence_;
  bool ended_ = false;
  std::array<std::byte, 1 << 15> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string line_;
};

// Does another process hold the same end? Then its flags must stay as they are.
enum class FileOwner { shared, alone };

class ByteWriter {
 public:
  explicit ByteWriter(platform::Descriptor file, FileOwner owner = FileOwner::shared);

  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  Status close();  // nothing is written after it
  int number() const noexcept { return file_.number(); }

 private:
  platform::Descriptor file_;
  std::size_t piece_;  // that a write may have without waiting
};

}  // namespace ochre::program
