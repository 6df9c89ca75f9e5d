// Mapping a file: its bytes, moving, and each thing that is no file to be read.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if !defined(_WIN32)
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <doctest/doctest.h>

#include <ochre/weights/mapped_file.hpp>

#include "support/temporary_folder.hpp"

namespace {

using ochre::MappedFile;

std::string refusal(const std::string& path, ochre::ErrorCode code) {
  const auto file = MappedFile::open(path);
  REQUIRE(!file);
  CHECK(file.error().code == code);
  return file.error().message();
}

}  // namespace

TEST_CASE("mapped file: the bytes, which moving leaves where they are") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "some bytes");
  auto file = MappedFile::open(path);
  REQUIRE(file);
  const auto bytes = file->bytes();
  CHECK(std::vector<std::byte>(bytes.begin(), bytes.end()) == bytes_of("some bytes"));

  MappedFile moved = *std::move(file);
  CHECK(moved.bytes().data() == bytes.data());
  CHECK(file->bytes().empty());
  MappedFile assigned;
  assigned = std::move(moved);
  CHECK(assigned.bytes().data() == bytes.data());
  assigned.release(assigned.bytes());
  CHECK(std::vector<std::byte>(bytes.begin(), bytes.end()) == bytes_of("some bytes"));
}

TEST_CASE("mapped file: pages that were let go are read again") {
  const TemporaryFolder folder;
  const std::string content(100'000, 'a');
  const auto file = MappedFile::open(folder.write("a", content)).value();
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  CHECK(text == content);
  file.release(file.bytes().subspan(1, 50'000));
  CHECK(text == content);
}

TEST_CASE("mapped file: what was read stays as it was, whatever becomes of the file; and is no more than asked for") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", std::string(100'000, 'a'));
  const auto file = MappedFile::read(path, 100'000).value();
  folder.write("a", "b");
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  CHECK(text == std::string(100'000, 'a'));

  const auto refused = MappedFile::read(folder.write("b", "12345"), 4);
  REQUIRE(!refused);
  CHECK(refused.error().code == ochre::ErrorCode::too_large);
  CHECK(refused.error().message() == folder.path("b") + ": found a file of 5 bytes, expected at most 4");
  CHECK(MappedFile::read(folder.path("none"), 4).error().code == ochre::ErrorCode::not_found);
  CHECK(MappedFile::read(folder.write("empty", ""), 4).error().code == ochre::ErrorCode::malformed);
}

TEST_CASE("mapped file: what cannot be read is named, with what was found and what was expected") {
  const TemporaryFolder folder;
  CHECK(refusal(folder.path("none"), ochre::ErrorCode::not_found) ==
        folder.path("none") + ": found no such file or folder, expected a readable file");
  CHECK(refusal("", ochre::ErrorCode::not_found).find("found no such file") != std::string::npos);
  CHECK(refusal(folder.write("file", "x") + "/inside", ochre::ErrorCode::not_found).find("file/inside: ") !=
        std::string::npos);
  CHECK(refusal(folder.path(""), ochre::ErrorCode::io) ==
        folder.path("") + ": found a directory, expected a regular file");
#if defined(_WIN32)
  const std::string device = "NUL";
#else
  const std::string device = "/dev/null";
#endif
  CHECK(refusal(device, ochre::ErrorCode::io) == device + ": found a device, expected a regular file");
  CHECK(refusal(folder.write("empty", ""), ochre::ErrorCode::malformed) ==
        folder.path("empty") + ": found an empty file (0 bytes), expected some");
}

#if defined(_WIN32)

TEST_CASE("mapped file: a path is UTF-8") {
  CHECK(refusal("\xff", ochre::ErrorCode::invalid_argument) == "\\xff: found a path that is no UTF-8, expected one");
}

#else

TEST_CASE("mapped file: it outlives its name; a FIFO is not waited for; what may not be read is refused") {
  const TemporaryFolder folder;
  const auto file = MappedFile::open(folder.write("a", "some bytes")).value();
  REQUIRE(::unlink(folder.path("a").c_str()) == 0);
  CHECK(file.bytes()[0] == std::byte{'s'});

  REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
  CHECK(refusal(folder.path("fifo"), ochre::ErrorCode::io) ==
        folder.path("fifo") + ": found a FIFO, expected a regular file");

  const std::string secret = folder.write("secret", "x");
  REQUIRE(::chmod(secret.c_str(), 0) == 0);
  if (::geteuid() != 0) {  // root may read everything
    CHECK(refusal(secret, ochre::ErrorCode::io).find(secret + ": found Permission denied") == 0);
  }
}

#endif
