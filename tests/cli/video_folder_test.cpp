// `ochre video` on a folder: which videos, where they go, and what is there after a failure or a signal.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/running_program.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;

namespace {

// A folder `in` of raw videos, and a model.
struct VideoArchive {
  TemporaryFolder folder;
  std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());

  std::string path(const std::string& name) const { return folder.path(name); }
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }

  static std::string raw_video(int frames, int shade) {
    std::string bytes = "YUV4MPEG2 W16 H16 F25:1 Ip A1:1 C420jpeg\n";
    for (int i = 0; i < frames; ++i) {
      bytes += "FRAME\n" + std::string(256, static_cast<char>(shade + i)) + std::string(128, '\x80');
    }
    return bytes;
  }
  void video(const std::string& name, int frames = 3, int shade = 60) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    folder.write(name, raw_video(frames, shade));
  }
  Words words(const Words& more) const {
    Words all{"video", path("in"), "-o", path("out"), "--model", model, "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Outcome run(const Words& more = {}) const { return run_program(words(more)); }
};

}  // namespace

TEST_CASE("video: a folder's videos are coloured as each alone is") {
  const VideoArchive archive;
  archive.video("in/a.y4m");
  archive.video("in/b.y4m", 2, 90);
  archive.video("in/deep/c.y4m");
  archive.video("in/.hidden.y4m");
  archive.folder.write("in/notes.txt", "no video");
  const Outcome run = archive.run();
  CAPTURE(run.err);
  CHECK(run.code == 0);
  CHECK(run.says("1 of 2: "));
  CHECK(run.says("2 videos coloured\n"));
  CHECK(!archive.has("out/deep"));
  CHECK(!archive.has("out/.hidden.y4m"));
  for (const std::string name : {"a.y4m", "b.y4m"}) {
    CAPTURE(name);
    CHECK(run_program({"video", archive.path("in/" + name), "-o", archive.path("one.y4m"), "--model", archive.model,
                       "--threads", "1"})
              .code == 0);
    CHECK(content_of(archive.path("out/" + name)) == content_of(archive.path("one.y4m")));
  }
  const Outcome deep = archive.run({"--recursive", "--skip-existing", "--json", archive.path("reports")});
  CHECK(deep.code == 0);
  CHECK(deep.says("1 video coloured, 2 skipped"));
  CHECK(archive.has("out/deep/c.y4m"));
  const auto report = nlohmann::ordered_json::parse(content_of(archive.path("reports/deep/c.y4m.json")));
  CHECK(report["frames"] == 3);
  CHECK(report["output"] == archive.path("out/deep/c.y4m"));
  CHECK(!archive.has("reports/a.y4m.json"));

  int shared = 0;
  for (const char* shard : {"1/2", "2/2"}) {
    std::filesystem::remove_all(archive.path("out"));
    CHECK(archive.run({"--recursive", "--shard", shard}).code == 0);
    for (const char* name : {"out/a.y4m", "out/b.y4m", "out/deep/c.y4m"}) shared += archive.has(name) ? 1 : 0;
  }
  CHECK(shared == 3);
}

TEST_CASE("video: of a folder the broken ones have a line each, and the others are coloured") {
  const VideoArchive archive;
  archive.folder.write("x", "");
  archive.video("in/a.y4m");
  archive.folder.write("in/b.y4m", "no stream");
  archive.folder.write("in/c.y4m", VideoArchive::raw_video(3, 60).substr(0, 900));  // two frames, and a part
  archive.video("in/d.y4m");
  const Outcome run = archive.run();
  CAPTURE(run.err);
  CHECK(run.code == 4);
  CHECK(run.says("b.y4m: found "));
  CHECK(run.says("c.y4m: holds the 2 frames that were whole"));
  CHECK(run.says("2 videos coloured, 2 failed"));
  CHECK(archive.has("out/a.y4m"));
  CHECK(!archive.has("out/b.y4m"));
  CHECK(archive.has("out/c.y4m"));
  CHECK(archive.has("out/d.y4m"));

  std::filesystem::remove(archive.path("in/a.y4m"));
  std::filesystem::remove(archive.path("in/d.y4m"));
  CHECK(archive.run({"--quiet"}).code == 3);
  std::filesystem::remove(archive.path("in/b.y4m"));
  std::filesystem::remove(archive.path("in/c.y4m"));
  const Outcome empty = archive.run();
  CHECK(empty.code == 3);
  CHECK(empty.says("found no video"));
}

TEST_CASE("video: of a folder, what cannot be meant is refused before anything is done") {
  const VideoArchive archive;
  archive.video("in/a.y4m");
  const std::string before = content_of(archive.path("in/a.y4m"));
  const std::string in = archive.path("in");
  const std::string file = archive.folder.write("file", "a file");
  const auto refused = [&](const Words& more, const char* says) {
    Words words{"video", "--model", archive.model};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome run = run_program(words);
    CAPTURE(run.err);
    CHECK(run.code == 2);
    CHECK(run.says(says));
    CHECK(!archive.has("out"));
  };
  const std::string out = archive.path("out");
  refused({in, "-o", in}, "is an input");
  refused({in, "-o", "-"}, "expected a folder");
  refused({in, "-o", file}, "expected a folder");
  refused({in, "-o", out, "--json", file}, "expected a folder");
  refused({in, "-o", out, "--json", "-"}, "expected a folder");
  refused({in, "-o", archive.path("all.mp4")}, "expected a folder");
  refused({in, "-o", out, "--encode", "-c:v ffv1"}, "which is raw");
  refused({in, "-o", out, "--shard", "3/2"}, "I counts from 1");
  refused({in + "/a.y4m", "-o", archive.path("x.y4m"), "--shard", "1/2"}, "--shard is for a folder");
  refused({in + "/a.y4m", "-o", archive.path("x.y4m"), "--skip-existing"}, "--skip-existing is for a folder");
  CHECK(content_of(archive.path("in/a.y4m")) == before);
}

TEST_CASE("video: --remember is carried from one video of a folder to the next") {
  const VideoArchive archive;
  const std::string size = "64";
  const auto video = [&](const std::string& name, bool in_color) {  // a scene that is wide enough to be learned
    std::string bytes = "YUV4MPEG2 W96 H64 F25:1 Ip A1:1 C444\n";
    for (int frame = 0; frame < 3; ++frame) {
      std::string luma, cb, cr;
      for (int i = 0; i < 96 * 64; ++i) {
        luma += static_cast<char>(60 + (i * 7 + i / 96 * 13) % 120);
        cb += static_cast<char>(in_color ? 90 + i % 96 / 2 : 128);
        cr += static_cast<char>(in_color ? 160 - i / 96 : 128);
      }
      bytes += "FRAME\n" + luma + cb + cr;
    }
    std::filesystem::create_directories(archive.path("in"));
    archive.folder.write(name, bytes);
  };
  video("in/1.y4m", true);
  video("in/2.y4m", false);
  const auto run = [&](const Words& more) {
    Words words{"video", "--threads", "1", "--size", size};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(words);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
  };
  const std::string in = archive.path("in");
  run({in, "-o", archive.path("out"), "--remember", archive.path("both.safetensors")});
  run({in + "/1.y4m", "-o", archive.path("1.y4m"), "--remember", archive.path("one.safetensors")});
  run({in + "/2.y4m", "-o", archive.path("2.y4m"), "--remember", archive.path("one.safetensors")});
  run({in + "/2.y4m", "-o", archive.path("alone.y4m")});
  CHECK(content_of(archive.path("out/2.y4m")) == content_of(archive.path("2.y4m")));
  CHECK(content_of(archive.path("out/2.y4m")) != content_of(archive.path("alone.y4m")));
  CHECK(content_of(archive.path("both.safetensors")) == content_of(archive.path("one.safetensors")));
}

TEST_CASE(
    "video: a signal ends a folder's run, nothing of the video under way is kept, and the next run does the rest") {
  const VideoArchive archive;
  archive.video("in/a.y4m");
  archive.video("in/c.y4m");
  REQUIRE(archive.run().code == 0);
  const std::string a = content_of(archive.path("out/a.y4m"));
  const std::string c = content_of(archive.path("out/c.y4m"));
  std::filesystem::remove_all(archive.path("out"));
  archive.video("in/b.y4m", 60'000);  // some ten seconds
  RunningProgram running(archive.words({}));
  const auto part_is_there = [&] {
    if (!archive.has("out/a.y4m")) return false;
    for (const auto& entry : std::filesystem::directory_iterator(archive.path("out"))) {
      if (entry.path().filename().string().starts_with(".ochre-") && entry.file_size() > 500) return true;
    }
    return false;
  };
  CHECK(wait_until(part_is_there));
  running.signal(SIGTERM);
  const Outcome stopped = running.end();
  CAPTURE(stopped.err);
  CHECK(stopped.code == 128 + SIGTERM);
  CHECK(stopped.says("b.y4m: is not kept"));
  CHECK(stopped.says("1 video coloured, 2 left"));
  CHECK(content_of(archive.path("out/a.y4m")) == a);
  CHECK(std::distance(std::filesystem::directory_iterator(archive.path("out")), {}) == 1);
  archive.video("in/b.y4m");
  CHECK(archive.run({"--skip-existing"}).says("2 videos coloured, 1 skipped"));
  CHECK(content_of(archive.path("out/b.y4m")) == a);
  CHECK(content_of(archive.path("out/c.y4m")) == c);
}
