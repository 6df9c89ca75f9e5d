// `--shard I/N`: every file belongs to one shard, told by its name alone.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <set>

#include <ochre/image_io/save_picture.hpp>

#include "support/program.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;

namespace {

// Folders of pictures, and a model.
struct ShardedArchive {
  TemporaryFolder folder;
  std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());

  std::string path(const std::string& name) const { return folder.path(name); }

  void picture(const std::string& name) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    auto gray = LoadedPicture::create(16, 16, PixelFormat::gray8).value();
    std::fill_n(gray.pixels.data(), gray.height * gray.row_stride(), std::uint8_t{90});
    const LoadedPicture& made = gray;
    REQUIRE(save_picture(path(name), made.view()).ok());
  }

  Outcome colorize(const std::string& input, const std::string& output, const std::string& shard) const {
    return run_program({"colorize", path(input), "-o", path(output), "--recursive", "--shard", shard, "--model", model,
                        "--threads", "1"});
  }

  std::set<std::string> names_in(const std::string& name) const {
    std::set<std::string> names;
    if (!std::filesystem::exists(path(name))) return names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(name))) {
      if (!entry.is_directory()) names.insert(std::filesystem::relative(entry.path(), path(name)).string());
    }
    return names;
  }
};

}  // namespace

TEST_CASE("--shard: together the shards are the whole, and no two share a picture") {
  const ShardedArchive archive;
  std::set<std::string> all;
  for (int i = 0; i < 30; ++i) {
    const std::string name = (i % 3 == 0 ? "deep/" : "") + std::to_string(i) + ".png";
    archive.picture("in/" + name);
    all.insert(name);
  }
  std::map<std::string, int> shard_of;
  for (int index = 1; index <= 3; ++index) {
    const std::string output = "out" + std::to_string(index);
    const Outcome run = archive.colorize("in", output, std::to_string(index) + "/3");
    CAPTURE(run.err);
    CHECK(run.code == 0);
    const auto names = archive.names_in(output);
    CHECK(!names.empty());
    CHECK(run.says(std::to_string(names.size()) + " picture"));
    for (const std::string& name : names) {
      CHECK(all.contains(name));
      CHECK(shard_of.try_emplace(name, index).second);
    }
  }
  CHECK(shard_of.size() == all.size());

  // The same in another place, and with other files beside them.
  for (const std::string& name : all) {
    if (name < "2") continue;
    std::filesystem::create_directories(std::filesystem::path(archive.path("moved/to/" + name)).parent_path());
    std::filesystem::copy(archive.path("in/" + name), archive.path("moved/to/" + name));
  }
  archive.picture("moved/to/another.png");
  REQUIRE(archive.colorize("moved/to", "out_moved", "2/3").code == 0);
  for (const std::string& name : archive.names_in("out_moved")) {
    if (name != "another.png") CHECK(shard_of[name] == 2);
  }
  for (const std::string& name : all) {
    if (name >= "2" && shard_of[name] == 2) CHECK(archive.names_in("out_moved").contains(name));
  }
}

TEST_CASE("--shard: the number is that of the name's SHA-256") {
  // printf a.png | sha256sum; printf deep/b.png | sha256sum: the first 16 digits, modulo 7, and 1 more.
  const ShardedArchive archive;
  archive.picture("in/a.png");
  archive.picture("in/deep/b.png");
  CHECK(archive.colorize("in", "out", "2/7").code == 0);
  CHECK(archive.names_in("out") == std::set<std::string>{"a.png"});
  CHECK(archive.colorize("in", "out", "5/7").code == 0);
  CHECK(archive.names_in("out").size() == 2);
  CHECK(archive.colorize("in/a.png", "named/", "2/7").says("1 picture coloured"));
}

TEST_CASE("--shard: one with nothing to do is a success") {
  const ShardedArchive archive;
  archive.picture("in/a.png");
  int colored = 0;
  for (const char* shard : {"1/2", "2/2"}) {
    const Outcome run = archive.colorize("in", "out", shard);
    CHECK(run.code == 0);
    colored += run.says("1 picture coloured") ? 1 : 0;
    CHECK((run.says("1 picture coloured") || run.says("0 pictures coloured")));
  }
  CHECK(colored == 1);
  CHECK(archive.colorize("in", "out", "1/1").says("1 picture coloured"));
}

TEST_CASE("--shard: what is no shard, or no folder, is refused; and so is a plan that any shard would refuse") {
  const ShardedArchive archive;
  archive.picture("in/a.png");
  for (const char* shard : {"0/3", "4/3", "1/0", "-1/3", "1/1000001", "1/3x", " 1/3", "1", "/", "1/", "/3", "1/3/5", "",
                            "one/three", "99999999999999999999/3", "1.5/3", "+1/3"}) {
    CAPTURE(shard);
    const Outcome run = archive.colorize("in", "out", shard);
    CHECK(run.code == 2);
    CHECK(run.says("--shard"));
    CHECK(run.says("I counts from 1"));
    CHECK(archive.names_in("out").empty());
  }
  const Outcome file = archive.colorize("in/a.png", "out.png", "1/2");
  CHECK(file.code == 2);
  CHECK(file.says("--shard is for a folder"));
  archive.picture("other/a.png");
  for (const char* shard : {"1/2", "2/2"}) {
    const Outcome twice = run_program({"colorize", archive.path("in"), archive.path("other"), "-o", archive.path("out"),
                                       "--shard", shard, "--model", archive.model});
    CHECK(twice.says("would be written twice"));
  }
}
