// `ochre colorize` on many pictures: workers, and what is there after a signal at any moment.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <random>

#include <ochre/image_io/save_picture.hpp>

#include "../../tools/ochre/byte_gate.hpp"
#include "support/program.hpp"
#include "support/running_program.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;

namespace {

using FileContents = std::map<std::string, std::string>;

// A folder `in` of grey pictures of several sizes, and a model.
struct PictureArchive {
  TemporaryFolder folder;
  std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());

  explicit PictureArchive(int pictures) {
    std::filesystem::create_directories(path("in/deep"));
    for (int i = 0; i < pictures; ++i) {
      const std::string name = "in/" + std::string(i % 4 == 0 ? "deep/" : "") + std::to_string(i) + ".png";
      auto gray = LoadedPicture::create(60 + i % 5 * 40, 50, PixelFormat::gray8).value();
      for (Index at = 0; at < gray.height * gray.row_stride(); ++at) {
        gray.pixels.data()[at] = static_cast<std::uint8_t>(40 + (at * (i + 3) / 7) % 160);
      }
      const LoadedPicture& made = gray;
      REQUIRE(save_picture(path(name), made.view()).ok());
    }
  }

  std::string path(const std::string& name) const { return folder.path(name); }
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }

  Words words(const std::string& output, const Words& more) const {
    Words all{"colorize", path("in"), "-o", path(output), "--recursive", "--model", model};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Outcome run(const std::string& output, const Words& more = {}) const { return run_program(words(output, more)); }

  // All but what a killed writer left behind, which is hidden.
  FileContents pictures_of(const std::string& name) const {
    FileContents contents;
    if (!has(name)) return contents;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(name))) {
      if (entry.is_directory() || entry.path().filename().string().starts_with('.')) continue;
      contents[std::filesystem::relative(entry.path(), path(name)).string()] = content_of(entry.path().string());
    }
    return contents;
  }
  std::size_t hidden_files_of(const std::string& name) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(name))) {
      count += entry.path().filename().string().starts_with('.') ? 1 : 0;
    }
    return count;
  }
};

}  // namespace

TEST_CASE("colorize: any number of workers makes the same files, and counts alike") {
  const PictureArchive archive(30);
  archive.folder.write("in/bad.png", "not a picture");
  archive.folder.write("in/deep/bad.png", "not a picture");
  const Outcome alone = archive.run("out1", {"--threads", "1"});
  CHECK(alone.code == 4);
  const FileContents expected = archive.pictures_of("out1");
  CHECK(expected.size() == 30);
  for (const char* threads : {"3", "4", "16", "35"}) {  // 32 files: 16 workers at most, of two threads at the end
    CAPTURE(threads);
    const std::string output = std::string("out") + threads;
    const Outcome run = archive.run(output, {"--threads", threads});
    CHECK(run.code == 4);
    CHECK(run.says("30 pictures coloured in "));
    CHECK(run.says(", 2 failed\n"));
    CHECK(run.says("in/bad.png: found"));
    CHECK(run.says("deep/bad.png: found"));
    CHECK(run.error_lines() == 3);
    CHECK(archive.pictures_of(output) == expected);
    CHECK(archive.hidden_files_of(output) == 0);
  }
}

TEST_CASE("colorize: the first signal finishes what is begun, and the next run does the rest") {
  const PictureArchive archive(400);
  for (const int number : {SIGINT, SIGTERM}) {
    CAPTURE(number);
    std::filesystem::remove_all(archive.path("out"));
    RunningProgram running(archive.words("out", {"--threads", "2", "--quiet"}));
    CHECK(wait_until([&] { return !archive.pictures_of("out").empty(); }));
    running.signal(number);
    const Outcome stopped = running.end();
    CAPTURE(stopped.err);
    CHECK(stopped.code == 128 + number);
    CHECK(stopped.error_lines() == 1);
    const std::size_t colored = archive.pictures_of("out").size();
    CHECK(colored < 400);
    CHECK(stopped.says("ochre: " + std::to_string(colored) + " picture"));
    CHECK(stopped.says(", " + std::to_string(400 - colored) + " left\n"));
    CHECK(archive.hidden_files_of("out") == 0);
    const Outcome rest = archive.run("out", {"--threads", "2", "--skip-existing"});
    CHECK(rest.code == 0);
    CHECK(rest.says(", " + std::to_string(colored) + " skipped\n"));
  }
  REQUIRE(archive.run("undisturbed", {"--threads", "1"}).code == 0);
  CHECK(archive.pictures_of("out") == archive.pictures_of("undisturbed"));
}

TEST_CASE("colorize: killed at any moment, it goes on with --skip-existing to the same end") {
  const PictureArchive archive(60);
  REQUIRE(archive.run("undisturbed").code == 0);
  std::mt19937 random(7);
  std::size_t before = 0;
  for (int kill = 0; kill < 12; ++kill) {
    RunningProgram running(archive.words("out", {"--threads", "2", "--skip-existing"}));
    const std::size_t until = before + random() % 8;  // pictures, and some microseconds
    CHECK(wait_until(
        [&] { return archive.has("out") && archive.pictures_of("out").size() >= std::min<std::size_t>(until, 60); }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    running.signal(SIGKILL);
    running.end();
    for (const auto& picture : archive.pictures_of("out")) {
      CAPTURE(picture.first);
      CHECK(picture.second == archive.folder.read("undisturbed/" + picture.first));
    }
    before = archive.pictures_of("out").size();
  }
  archive.folder.write("out/deep/0.png", "");  // what a power failure may leave
  const Outcome last = archive.run("out", {"--skip-existing"});
  CHECK(last.code == 0);
  CHECK(archive.pictures_of("out") == archive.pictures_of("undisturbed"));
}

TEST_CASE("ByteGate: what is inside stays below the bound, and what is larger goes in alone") {
  program::ByteGate gate(10);
  program::ByteGate::Pass first(gate);
  program::ByteGate::Pass second(gate);
  program::ByteGate::Pass third(gate);
  CHECK(first.try_enter(6));
  CHECK(!second.try_enter(5));
  CHECK(second.try_enter(4));
  CHECK(!third.try_enter(1));
  first.leave();
  CHECK(third.try_enter(6));
  second.leave();
  third.leave();
  CHECK(first.try_enter(100));
  CHECK(!second.try_enter(1));
  bool is_in = false;
  std::thread waiting([&] {
    second.enter(1);
    is_in = true;
  });
  first.leave();
  waiting.join();
  CHECK(is_in);
}
