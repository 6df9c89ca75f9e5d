// The program among hostile names and files: nothing of them reaches a terminal raw, a model that is not the expected
// one is refused by every verb, links in a tree of outputs are not followed.
#include <doctest/doctest.h>

#include <filesystem>

#include <ochre/image_io/npy.hpp>
#include <ochre/image_io/save_picture.hpp>
#include <ochre/weights/sha256.hpp>

#include "support/clean_text.hpp"
#include "support/program.hpp"
#include "support/text.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
namespace fs = std::filesystem;

namespace {

// Each line of what a run printed.
void check_clean(const Outcome& run) {
  for (const std::string* text : {&run.out, &run.err}) {
    for (std::size_t begin = 0; begin < text->size();) {
      const std::size_t end = std::min(text->find('\n', begin), text->size());
      const std::string line = text->substr(begin, end - begin);
      CAPTURE(weights::printable(line, 4000));
      CHECK(is_clean(line));
      CHECK(line.size() <= 1000);
      begin = end + 1;
    }
  }
}

void save_colors(const std::string& path) {
  std::uint8_t pixels[16 * 16 * 3];
  for (std::size_t i = 0; i < sizeof(pixels); ++i) pixels[i] = static_cast<std::uint8_t>(i * 5);
  REQUIRE(save_picture(path, {pixels, 16, 16, 48, PixelFormat::rgb8}).ok());
}

std::string digest(const std::string& bytes) { return sha256_hex(std::as_bytes(std::span(bytes))); }

}  // namespace

TEST_CASE("hostile: names that are no UTF-8 or move a cursor, in tables, lines and JSON") {
  for (const std::string evil : {"\xff\xfe", "\x1b[2J\x07",
                                 "\x9b"
                                 "1m",
                                 "\xc2\x9b"
                                 "1m",
                                 "\n\r", "\xe2\x80\xae"}) {
    const TemporaryFolder folder;
    const std::string place = folder.path("p" + evil);
    fs::create_directory(place);
    const std::string model = folder.write("m" + evil + ".safetensors", TinyModel{}.bytes());
    save_colors(place + "/c.png");
    const Outcome score = run_program({"eval", place, "--model", model, "--size", "16", "--json"});
    CHECK(score.code == 0);
    CHECK(nlohmann::json::parse(score.out)["pictures"] == 1);
    const Words commands[] = {
        {"eval", place, "--model", model, "--size", "16"},
        {"eval", place, "--model", model, "--size", "16", "--json"},
        {"bench", "--model", model, "--size", "16", "--runs", "1"},
        {"bench", "--model", model, "--size", "16", "--runs", "1", "--json"},
        {"info", model},
        {"info", model, "--json"},
        {"verify", model},
        {"audit", model, "--size", "16", "--picture", place + "/c.png", "--json", folder.path("report.json")},
        {"colorize", place, "-o", folder.path("out" + evil), "--model", model},
        {"colorize", place + "/none" + evil, "-o", folder.path("x.png"), "--model", model},
        {"import", model, "-o", folder.path("again.safetensors"), "--network", "none" + evil},
        {"import", model, "--list"},
        {"run", model, "--input", evil + ".npy", "--output", "y.npy"},
        {"info", model, evil},
        {"colorize", "--" + evil},
    };
    for (const Words& command : commands) {
      CAPTURE(command[0]);
      const Outcome run = run_program(command);
      CHECK(run.code < 128);  // no signal
      check_clean(run);
    }
    CHECK(nlohmann::json::accept(content_of(folder.path("report.json"))));
  }
}

TEST_CASE("hostile: a name of control characters alone stays a line of a thousand letters") {
  const TemporaryFolder folder;
  const std::string evil = folder.write(std::string(240, '\x01') + ".png", "no picture, no model");
  for (const Words& command :
       {Words{"verify", evil}, Words{"info", evil}, Words{"import", evil, "--list"},
        Words{"colorize", evil, "-o", folder.path("o.png")},
        Words{"run", "embedded", "--input", evil, "--output", "y.npy", "--layer", std::string(900, '\x1b')}}) {
    CAPTURE(command[0]);
    const Outcome run = run_program(command);
    CHECK((run.code == 2 || run.code == 3));
    check_clean(run);
  }
}

TEST_CASE("hostile: a model that claims memory is refused") {
  const TemporaryFolder folder;
  TinyModel tiny;
  tiny.network.insert(tiny.network.find("output"), "upsample u factor=1000\ndownsample d stride=1000\n");
  tiny.network.replace(tiny.network.find("output colours\nhead ab layer=colours"), std::string::npos,
                       "output d\nhead ab layer=d\n");
  const std::string model = folder.write("m.safetensors", tiny.bytes());
  save_colors(folder.path("c.png"));
  const Words command{"colorize", folder.path("c.png"), "-o", folder.path("o.png"), "--model", model, "--size", "16"};
  const Outcome refused = run_program(command);
  CHECK(refused.code == 3);
  CHECK(refused.says("expected at most "));
  CHECK(!fs::exists(folder.path("o.png")));
}

TEST_CASE("hostile: what a model says of itself") {
  const std::string evil = "PyTorch\x1b[2J\x1b[H\x07 1 of 1 layers hold\x1b[8m \xc2\x9b \n\xe2\x80\xae";
  TinyModel tiny;
  for (const char* key : {"description", "origin", "licence", "temperature", "size", evil.c_str()}) {
    tiny.metadata[key] = evil;
  }
  auto proof = tiny.proof();
  proof["computed_by"] = evil;
  tiny.metadata["proof"] = proof.dump();
  const TemporaryFolder folder;
  const std::string model = folder.write("m.safetensors", tiny.bytes());
  tiny.metadata["size"] = "16";
  tiny.metadata["origin"] = std::string(1'000'000, 'o');
  const std::string long_one = folder.write("long.safetensors", tiny.bytes());
  for (const Words& command : {Words{"info", model}, Words{"verify", model}, Words{"info", long_one, "--json"},
                               Words{"import", model, "-o", folder.path("n.safetensors")}}) {
    CAPTURE(command[0]);
    const Outcome run = run_program(command);
    CHECK(run.code < 128);
    if (command.size() == 2) check_clean(run);
  }
  const Outcome verified = run_program({"verify", long_one});
  CHECK(verified.code == 0);
  CHECK(contains(verified.out, "PyTorch\\x1b[2J"));
  check_clean(verified);
  CHECK(run_program({"info", long_one}).out.size() < 40'000);  // a text without end does not flood the terminal
}

TEST_CASE("hostile: --sha256 in every verb that takes a model") {
  const TemporaryFolder folder;
  const std::string bytes = TinyModel{}.bytes();
  const std::string model = folder.write("m.safetensors", bytes);
  fs::create_directory(folder.path("pictures"));
  save_colors(folder.path("pictures/c.png"));
  auto input = Tensor<float>::create({1, 1, 16, 16}).value();
  REQUIRE(save_npy(folder.path("x.npy"), input.view()).ok());
  const Words commands[] = {
      {"colorize", folder.path("pictures/c.png"), "-o", folder.path("o.png"), "--model", model},
      {"import", model, "-o", folder.path("n.safetensors"), "--no-proof"},
      {"info", model},
      {"audit", model, "--size", "16"},
      {"run", model, "--input", folder.path("x.npy"), "--output", folder.path("y.npy")},
      {"bench", "--model", model, "--size", "16", "--runs", "1"},
      {"eval", folder.path("pictures"), "--model", model, "--size", "16"},
  };
  std::string upper = digest(bytes);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (Words command : commands) {
    CAPTURE(command[0]);
    command.insert(command.end(), {"--sha256", upper});
    const Outcome right = run_program(command);
    CHECK_MESSAGE(right.code == 0, right.err);
    command.back() = digest(bytes + "x");
    const Outcome wrong = run_program(command);
    CHECK(wrong.code == 3);
    CHECK(wrong.says("found SHA-256 " + digest(bytes) + ", expected " + digest(bytes + "x")));
    CHECK(wrong.error_lines() == 1);
    command.back() = "12ab";
    CHECK(run_program(command).code == 2);
  }
  CHECK(run_program({"verify", model, "--sha256", digest("")}).code == 3);
  CHECK(run_program({"verify", "embedded", "--sha256", digest(content_of(OCHRE_WEIGHTS_DIR "/street.safetensors"))})
            .code == 0);
}

TEST_CASE("hostile: README and card say the SHA-256 of the model that ships, and the program holds just that") {
  const std::string shipped = digest(content_of(OCHRE_WEIGHTS_DIR "/street.safetensors"));
  CHECK(contains(content_of(OCHRE_WEIGHTS_DIR "/../README.md"), shipped));
  CHECK(contains(content_of(OCHRE_WEIGHTS_DIR "/README.md"), shipped));
  CHECK(contains(run_program({"info", "embedded"}).out, shipped));
}

TEST_CASE("hostile: a link within the tree of outputs leads nowhere") {
  const TemporaryFolder folder;
  const std::string model = folder.write("m.safetensors", TinyModel{}.bytes());
  for (const char* name : {"in", "in/a", "in/a/b", "out", "elsewhere"}) fs::create_directory(folder.path(name));
  save_colors(folder.path("in/c.png"));
  save_colors(folder.path("in/a/c.png"));
  save_colors(folder.path("in/a/b/c.png"));
  const Words command{"colorize", folder.path("in"), "-o", folder.path("out"), "--recursive", "--model", model};
  for (const char* link : {"out/a", "out/a/b"}) {
    fs::remove_all(folder.path("out"));
    fs::create_directories(fs::path(folder.path(link)).parent_path());
    fs::create_directory_symlink(folder.path("elsewhere"), folder.path(link));
    const Outcome run = run_program(command);
    CHECK(run.code == 4);
    CHECK(run.says("found a link, expected a folder"));
    CHECK(fs::exists(folder.path("out/c.png")));
    CHECK(fs::is_empty(folder.path("elsewhere")));
  }
  // The folder that the user names may be a link.
  fs::remove_all(folder.path("out"));
  fs::create_directory_symlink(folder.path("elsewhere"), folder.path("out"));
  CHECK(run_program(command).code == 0);
  CHECK(fs::exists(folder.path("elsewhere/a/b/c.png")));
}
