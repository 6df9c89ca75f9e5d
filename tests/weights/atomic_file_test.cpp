// A file is written whole or not at all, and nothing is left beside it.
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#if defined(_WIN32)
#include <process.h>
#else
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <doctest/doctest.h>

#include <ochre/weights/atomic_file.hpp>
#include <ochre/weights/mapped_file.hpp>

#include "support/temporary_folder.hpp"

namespace {

std::string refusal(const std::string& path, std::span<const std::byte> bytes) {
  const ochre::Status status = ochre::weights::write_file_atomically(path, bytes);
  REQUIRE(!status);
  CHECK(status.error().message().find(path + ": found ") == 0);
  CHECK(status.error().message().find(", expected ") != std::string::npos);
  return status.error().message();
}

#if !defined(_WIN32)
// As a disk that is full after `bytes`: further writes fail with EFBIG instead of killing the process.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};
#endif

}  // namespace

TEST_CASE("atomic file: written, replaced, and nothing beside it") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a");
  REQUIRE(ochre::weights::write_file_atomically(path, bytes_of("first")));
  CHECK(folder.read("a") == "first");
  REQUIRE(ochre::weights::write_file_atomically(path, bytes_of("2nd")));
  CHECK(folder.read("a") == "2nd");
  REQUIRE(ochre::weights::write_file_atomically(path, {}));
  CHECK(folder.read("a") == "");
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: a path is UTF-8, or whatever else POSIX takes") {
  const TemporaryFolder folder;
  const std::string path = folder.path("gr\xc3\xbcn");
  REQUIRE(ochre::weights::write_file_atomically(path, bytes_of("x")));
  CHECK(ochre::MappedFile::open(path).value().bytes().size() == 1);
  CHECK(std::filesystem::exists(std::filesystem::path(folder.path("")) / u8"gr\u00fcn"));
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: a name taken by another writer is left alone") {
  const TemporaryFolder folder;
  const std::string taken = ".ochre-" + std::to_string(::getpid()) + "-0.part";
  folder.write(taken, "theirs");
  REQUIRE(ochre::weights::write_file_atomically(folder.path("a"), bytes_of("mine")));
  CHECK(folder.read(taken) == "theirs");
  CHECK(folder.read("a") == "mine");
  CHECK(folder.files() == 2);
}

#if defined(_WIN32)

TEST_CASE("atomic file: a mapped file cannot be replaced, and stays as it is") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  {
    const auto file = ochre::MappedFile::open(path).value();
    refusal(path, bytes_of("new"));
    CHECK(folder.read("a") == "old");
    CHECK(folder.files() == 1);
  }
  CHECK(ochre::weights::write_file_atomically(path, bytes_of("new")));
  CHECK(folder.read("a") == "new");
}

#else

TEST_CASE("atomic file: the longest name that the system takes") {
  const TemporaryFolder folder;
  REQUIRE(ochre::weights::write_file_atomically(folder.path(std::string(255, 'n')), bytes_of("x")));
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: a full disk leaves the old file and nothing else") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "old");
  {
    const FileSizeLimit limit(4096);
    CHECK(refusal(path, std::vector<std::byte>(10000)).find("room for 10000 bytes") != std::string::npos);
  }
  CHECK(folder.read("a") == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("atomic file: a device, or a folder that cannot be written to, in the way") {
  const TemporaryFolder folder;
  CHECK(refusal("/dev/full", bytes_of("x")).find("a device or FIFO") != std::string::npos);
  REQUIRE(::mkdir(folder.path("folder").c_str(), 0500) == 0);
  if (::geteuid() != 0) {  // root may write everywhere
    CHECK(refusal(folder.path("folder/a"), bytes_of("x")).find("Permission denied") != std::string::npos);
  }
}

#endif

TEST_CASE("atomic file: a directory or a missing folder in the way") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("folder"));
  CHECK(refusal(folder.path("folder"), bytes_of("x")) ==
        folder.path("folder") + ": found a directory, expected a regular file or a new name");
  CHECK(refusal(folder.path("none/a"), bytes_of("x")).find("no such file or folder") != std::string::npos);
  CHECK(refusal(folder.write("file", "") + "/a", bytes_of("x")).find("no such file or folder") != std::string::npos);
  CHECK(refusal("", bytes_of("x")).find("found") != std::string::npos);
  CHECK(folder.files() == 2);
}
