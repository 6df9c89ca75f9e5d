// Files by foreign names: which are refused, and by what; links of every kind, that lead out and that do not.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include <doctest/doctest.h>

#include <ochre/weights/open_below.hpp>

#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace {

using namespace std::string_literals;
using ochre::test::contains;

// The file's text, or why it is refused.
std::string read(const std::string& folder, const std::string& name) {
  const auto plain = ochre::detail::name_below(name);
  if (!plain) return plain.error().message();
  const auto file = ochre::detail::open_below(folder, *plain);
  if (!file) return file.error().message();
  return {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()};
}

}  // namespace

TEST_CASE("open_below: what lies in the folder or below it, by one name each") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("a/b"));
  folder.write("w", "here");
  folder.write("a/b/w", "below");
  for (const char* name : {"w", "./w", ".//w", "././w"}) CHECK(ochre::detail::name_below(name).value() == "w");
  for (const char* name : {"a/b/w", "a//b/./w", "./a/b/w"}) CHECK(ochre::detail::name_below(name).value() == "a/b/w");
  CHECK(read(folder.path("."), "w") == "here");
  CHECK(read(folder.path(""), "a/b/w") == "below");
  CHECK(contains(read(folder.path("."), "none"), "none: found no such file"));
  CHECK(contains(read(folder.path("."), "a/none/w"), "found no such file"));
  CHECK(contains(read(folder.path("."), "w/w"), "found no such file"));
  CHECK(contains(read(folder.path("."), "a"), "found a directory, expected a regular file"));
  CHECK(contains(read(folder.path("."), "."), "found a directory, expected a regular file"));
  CHECK(contains(read(folder.path("nowhere"), "w"), "found no such file"));
  REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);  // and does not wait for a writer
  CHECK(contains(read(folder.path("."), "fifo"), "found a FIFO"));
  CHECK(contains(read(folder.path("."), "evil\x1b[2J"), "evil\\x1b[2J: found no such file"));
}

TEST_CASE("open_below: names that lead elsewhere") {
  const TemporaryFolder parent;
  std::filesystem::create_directories(parent.path("model/deep"));
  parent.write("secret", "of the parent");
  for (const std::string& name : {".."s, "../secret"s, "deep/../../secret"s, "deep/.."s, "./../secret"s}) {
    CAPTURE(name);
    CHECK(contains(read(parent.path("model"), name), "found a name with `..`"));
  }
  for (const std::string& name : {""s, parent.path("secret"), "/"s, "secret\0x"s, std::string(256, 'a')}) {
    CAPTURE(name);
    CHECK(contains(read(parent.path("model"), name), "empty, absolute, too long or holds a zero"));
  }
}

TEST_CASE("open_below: no symbolic link, wherever in the name and wherever it leads") {
  const TemporaryFolder parent;
  namespace fs = std::filesystem;
  fs::create_directories(parent.path("model/real"));
  fs::create_directories(parent.path("outside"));
  parent.write("secret", "of the parent");
  parent.write("outside/secret", "outside");
  parent.write("model/real/w", "inside");
  fs::create_symlink("../secret", parent.path("model/file"));
  fs::create_symlink(parent.path("secret"), parent.path("model/absolute"));
  fs::create_symlink("../outside", parent.path("model/folder"));
  fs::create_symlink("real/w", parent.path("model/back"));
  fs::create_symlink("real", parent.path("model/alias"));
  fs::create_symlink("nowhere", parent.path("model/dangling"));
  fs::create_symlink("../../outside", parent.path("model/real/folder"));
  for (const char* name :
       {"file", "absolute", "folder/secret", "back", "alias/w", "dangling", "real/folder/secret", "./file"}) {
    CAPTURE(name);
    CHECK(contains(read(parent.path("model"), name), "found a symbolic link, expected a file that lies there itself"));
  }
  // The way to the folder is the caller's own.
  fs::create_symlink("model", parent.path("link"));
  CHECK(read(parent.path("link"), "real/w") == "inside");
}
