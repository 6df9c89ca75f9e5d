// What teaches a colorizer from the command line: --like, the verb learn, --camera; and how info, verify and eval see a
// camera's memory.
#include <doctest/doctest.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include <ochre/image_io/load_picture.hpp>

#include "support/place_picture.hpp"
#include "support/program.hpp"
#include "support/text.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

namespace {

// Grey pictures and those in colour of one place, and one of another.
struct Places {
  TemporaryFolder folder;
  std::string day = write_place(folder.path("day.png"), {});
  std::string darker = write_place(folder.path("darker.png"), {.exposure = 0.8f});
  std::string gray = write_place(folder.path("gray.png"), {.exposure = 0.9f, .in_color = false});
  std::string elsewhere = write_place(folder.path("elsewhere.png"), {.place = 2});
  std::string memory = folder.path("gate.safetensors");

  Outcome colorize(const std::string& output, Words more) const {
    more.insert(more.begin(), {"colorize", gray, "-o", folder.path(output), "--size", "64"});
    return run_program(more);
  }
  Outcome learn(Words more) const {
    more.insert(more.begin(), {"learn", "-o", memory, "--size", "64"});
    return run_program(more);
  }
  // From the true colours of the grey picture.
  double error_of(const std::string& output) const {
    return color_distance(load_picture(folder.path(output)).value(), place_picture({.exposure = 0.9f}));
  }
};

}  // namespace

TEST_CASE("teach: --like gives a grey picture the colours of one that is like it") {
  const Places places;
  REQUIRE(places.colorize("alone.png", {}).code == 0);
  for (const Words& words : {Words{"--like", places.day}, Words{"--like", places.day, "--like-place"},
                             Words{"--like", places.day, "--like", places.darker}}) {
    CAPTURE(words);
    const Outcome run = places.colorize("like.png", words);
    CAPTURE(run.err);
    CHECK(run.code == 0);
    CHECK(places.error_of("like.png") < 0.4 * places.error_of("alone.png"));
  }
}

TEST_CASE("teach: of a folder the pictures in colour teach, grey ones are left out") {
  const Places places;
  std::filesystem::create_directory(places.folder.path("days"));
  write_place(places.folder.path("days/a.png"), {});
  write_place(places.folder.path("days/b.png"), {.in_color = false});
  const Outcome run = places.colorize("like.png", {"--like", places.folder.path("days")});
  CHECK(run.code == 0);
  CHECK(run.says("1 grey picture left out"));
  std::filesystem::remove(places.folder.path("days/a.png"));
  const Outcome none = places.colorize("none.png", {"--like", places.folder.path("days")});
  CHECK(none.code == 3);
  CHECK(none.says("found no picture in colour"));
  CHECK_FALSE(std::filesystem::exists(places.folder.path("none.png")));
}

TEST_CASE("teach: nothing that teaches is overwritten, and nothing is written among it") {
  const Places places;
  REQUIRE(places.learn({places.day}).code == 0);
  std::filesystem::create_directory(places.folder.path("days"));
  write_place(places.folder.path("days/a.png"), {});
  const std::string camera = places.folder.write("camera.png", content_of(places.memory));
  const std::string before = content_of(places.day);
  for (const Words& words : {Words{places.day, "--like", places.day}, Words{camera, "--camera", camera},
                             Words{places.day, "--hints", places.day},
                             Words{places.folder.path("days/b.png"), "--like", places.folder.path("days")}}) {
    CAPTURE(words);
    Words all{"colorize", places.gray, "-o"};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome run = run_program(all);
    CHECK(run.code == 2);
  }
  CHECK(content_of(places.day) == before);
  CHECK(content_of(camera) == content_of(places.memory));
  CHECK(run_program({"colorize", places.gray, "-o", places.folder.path("x.png"), "--like-place"}).code == 2);
}

TEST_CASE("teach: of a folder what cannot be read is named, and the rest teaches") {
  const Places places;
  std::filesystem::create_directory(places.folder.path("days"));
  write_place(places.folder.path("days/a.png"), {});
  places.folder.write("days/broken.png", "no picture");
  const Outcome run = places.colorize("like.png", {"--like", places.folder.path("days")});
  CHECK(run.code == 0);
  CHECK(run.says("broken.png"));
}

TEST_CASE("teach: nothing is added to a memory whose proof does not hold") {
  const Places places;
  REQUIRE(places.learn({places.day}).code == 0);
  std::string bytes = content_of(places.memory);
  const auto header = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) +
                      256 * static_cast<std::size_t>(static_cast<unsigned char>(bytes[1]));
  const Json tensors = Json::parse(bytes.substr(8, header));
  const std::size_t proof = 8 + header + tensors["proof"]["data_offsets"][0].get<std::size_t>();
  bytes[proof + 3] ^= '\x80';
  places.folder.write("gate.safetensors", bytes);
  const Outcome run = places.learn({"--add", places.darker});
  CHECK(run.code == 3);
  CHECK(run.says("its proof does not hold"));
  CHECK(content_of(places.memory) == bytes);
}

TEST_CASE("teach: what cannot teach is refused by name") {
  const Places places;
  const Outcome gray = places.colorize("x.png", {"--like", places.gray});
  CHECK(gray.code == 3);
  CHECK(gray.says("gray.png: found a grey picture, expected one in colour"));
  CHECK(places.colorize("x.png", {"--like", places.folder.path("missing.png")}).code == 3);
  CHECK(places.colorize("x.png", {"--camera", places.day}).code == 3);
  const Outcome model = places.colorize("x.png", {"--camera", OCHRE_WEIGHTS_DIR "/street.safetensors"});
  CHECK(model.code == 3);
  CHECK(model.says("not a camera's memory"));
  CHECK(places.colorize("x.png", {"--camera", places.day, "--like", places.day}).code == 2);
  CHECK_FALSE(std::filesystem::exists(places.folder.path("x.png")));
}

TEST_CASE("teach: learn presses pictures into a memory, which --camera recalls, adds to, and never overwrites") {
  const Places places;
  const Outcome learned = places.learn({places.day});
  CAPTURE(learned.err);
  REQUIRE(learned.code == 0);
  CHECK(learned.out.empty());
  CHECK(learned.says("1 picture learned"));
  REQUIRE(places.colorize("alone.png", {}).code == 0);
  const Outcome recalled = places.colorize("camera.png", {"--camera", places.memory});
  CHECK(recalled.code == 0);
  CHECK_FALSE(recalled.says("moved"));
  CHECK(places.error_of("camera.png") < 0.4 * places.error_of("alone.png"));

  const std::string before = content_of(places.memory);
  const Outcome again = places.learn({places.darker});
  CHECK(again.code == 2);
  CHECK(again.says("is there already; --add adds to it"));
  CHECK(content_of(places.memory) == before);
  const Outcome added = places.learn({"--add", places.day, places.darker, places.gray, places.elsewhere});
  CAPTURE(added.err);
  CHECK(added.code == 0);
  CHECK(added.says("1 picture learned"));
  CHECK(added.says("1 picture left out: grey"));
  CHECK(added.says("1 picture left out: learned before"));
  CHECK(added.says("1 picture left out: not of the place learned before; has the camera moved?"));
  CHECK(std::filesystem::file_size(places.memory) <= 4'000'000);
  const Outcome nothing = places.learn({"--add", places.day});
  CHECK(nothing.code == 3);
  CHECK(nothing.says("nothing new was learned"));
}

TEST_CASE("teach: a picture that shows another place is said to, and coloured") {
  const Places places;
  REQUIRE(places.learn({places.day}).code == 0);
  const Outcome run = run_program({"colorize", places.elsewhere, "-o", places.folder.path("x.png"), "--size", "64",
                                   "--camera", places.memory, "--quiet"});
  CHECK(run.code == 0);
  CHECK(run.says("1 picture does not show the place that was learned"));
  const Outcome told = run_program({"colorize", places.elsewhere, "-o", places.folder.path("x.png"), "--size", "64",
                                    "--camera", places.memory, "--quiet", "--like-place"});
  CHECK(told.code == 0);
  CHECK(told.err.empty());
}

TEST_CASE("teach: info and verify read a memory; a changed one fails") {
  const Places places;
  REQUIRE(places.learn({places.day, places.darker}).code == 0);
  const Outcome info = run_program({"info", places.memory, "--json"});
  REQUIRE(info.code == 0);
  const Json json = Json::parse(info.out);
  CHECK(keys_of(json) == Words{"format", "model", "origin", "pictures", "hours", "entries", "sha256"});
  CHECK(json["pictures"] == 2);
  CHECK(json["origin"] == "day.png, darker.png");
  CHECK(json["hours"].size() == 1);
  CHECK(run_program({"info", places.memory}).out.find("2 pictures") != std::string::npos);
  const Outcome good = run_program({"verify", places.memory});
  CHECK(good.code == 0);
  CHECK(good.out.find("64 cells of its first picture hold") != std::string::npos);

  std::string bytes = content_of(places.memory);
  const auto header = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) +
                      256 * static_cast<std::size_t>(static_cast<unsigned char>(bytes[1]));
  const Json tensors = Json::parse(bytes.substr(8, header));
  const std::size_t colors = 8 + header + tensors["entries"]["data_offsets"][0].get<std::size_t>();
  for (std::size_t entry = 0; entry < tensors["entries"]["shape"][0].get<std::size_t>(); ++entry) {
    bytes[colors + 32 * entry + 15] ^= '\x80';  // the sign of a
  }
  const Outcome bad = run_program({"verify", places.folder.write("changed.safetensors", bytes)});
  CHECK(bad.code == 1);
  CHECK(bad.says("from those stored"));
}

TEST_CASE("teach: a memory of another model is refused") {
  const Places places;
  REQUIRE(places.learn({places.day}).code == 0);
  const Outcome half = run_program({"import", OCHRE_WEIGHTS_DIR "/street.safetensors", "-o",
                                    places.folder.path("half.safetensors"), "--dtype", "bfloat16", "--no-proof"});
  REQUIRE(half.code == 0);
  const Outcome run =
      places.colorize("x.png", {"--camera", places.memory, "--model", places.folder.path("half.safetensors")});
  CHECK(run.code == 3);
  CHECK(run.says("found the features of model"));
}

TEST_CASE("teach: eval --like FIRST teaches each camera by its first picture and leaves that out; --camera likewise") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("set"));
  for (const int place : {1, 2}) {
    for (int frame = 0; frame < 3; ++frame) {
      const std::string name = "set/gate" + std::to_string(place) + "-" + std::to_string(frame) + ".png";
      write_place(folder.path(name), {.place = static_cast<std::uint64_t>(place),
                                      .exposure = 1.0f - 0.1f * static_cast<float>(frame),
                                      .width = 80});
    }
  }
  const auto eval = [&](Words more) {
    more.insert(more.begin(), {"eval", folder.path("set"), "--size", "64", "--json", "--by-prefix"});
    const Outcome run = run_program(more);
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    return Json::parse(run.out);
  };
  const Json alone = eval({});
  const Json first = eval({"--like", "FIRST"});
  CHECK(alone["pictures"] == 6);
  CHECK(first["pictures"] == 4);
  for (const char* camera : {"gate1", "gate2"}) {
    CHECK(first["by_prefix"][camera]["pictures"] == 2);
    CHECK(first["by_prefix"][camera]["mean_ab_error"].get<double>() <
          0.4 * alone["by_prefix"][camera]["mean_ab_error"].get<double>());
  }
  const Json one = eval({"--like", folder.path("set/gate1-0.png")});
  CHECK(one["pictures"] == 5);
  CHECK(one["by_prefix"]["gate1"]["pictures"] == 2);

  const std::string memory = folder.path("gate1.safetensors");
  REQUIRE(run_program(
              {"learn", folder.path("set/gate1-0.png"), folder.path("set/gate1-1.png"), "-o", memory, "--size", "64"})
              .code == 0);
  const Json camera = eval({"--camera", memory});
  CHECK(camera["pictures"] == 4);  // less the two that taught
  CHECK(camera["by_prefix"]["gate1"]["mean_ab_error"].get<double>() <
        0.4 * alone["by_prefix"]["gate1"]["mean_ab_error"].get<double>());
}
