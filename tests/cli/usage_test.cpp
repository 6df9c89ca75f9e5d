// What is said of a wrong command line, of one unusable input, and how wide it is.
#include <doctest/doctest.h>

#include <cstdlib>

#include <sys/ioctl.h>

#include "support/program.hpp"
#include "support/ramp_picture.hpp"
#include "support/tiny_model.hpp"

namespace usage_test {

using namespace ochre::test;

// What the program writes to a terminal of so many columns.
std::string on_terminal(unsigned short columns, const Words& arguments) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const winsize size{24, columns, 0, 0};
  const int inside = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  REQUIRE(::ioctl(inside, TIOCSWINSZ, &size) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> words{const_cast<char*>("ochre")};
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    if (::dup2(inside, STDERR_FILENO) >= 0) ::execvp(OCHRE_PROGRAM, words.data());
    ::_exit(127);
  }
  ::close(inside);
  std::string text;
  char part[4096];
  for (ssize_t count = 0; (count = ::read(terminal, part, sizeof(part))) > 0;) {
    text.append(part, static_cast<std::size_t>(count));
  }
  ::close(terminal);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return text;
}

// Of lines of progress, each of which begins at the left again.
std::size_t widest_progress(const std::string& text) {
  const std::string start = "\r\x1b[K";
  std::size_t widest = 0;
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at)) {
    at += start.size();
    widest = std::max(widest, std::min(text.find_first_of("\r\n", at), text.size()) - at);
  }
  return widest;
}

}  // namespace usage_test

TEST_CASE("usage: numbers that are none are shown as they were written") {
  using namespace usage_test;
  const Words options[] = {{"colorize", "a.png", "-o", "b.png", "--temperature"},
                           {"colorize", "a.png", "-o", "b.png", "--saturation"},
                           {"colorize", "a.png", "-o", "b.png", "--size"},
                           {"colorize", "a.png", "-o", "b.png", "--threads"},
                           {"colorize", "a.png", "-o", "b.png", "--memory"},
                           {"colorize", "a.png", "-o", "b.png", "--quality"},
                           {"colorize", "a.png", "-o", "b.png", "--limit"},
                           {"video", "a.y4m", "-o", "b.y4m", "--steadiness"},
                           {"video", "a.y4m", "-o", "b.y4m", "--timeout"},
                           {"eval", "a", "--first"},
                           {"eval", "a", "--temperature"},
                           {"bench", "--runs"}};
  for (Words words : options) {
    CAPTURE(words.back());
    const std::string option = words.back();
    for (const char* number : {"inf", "-inf", "nan", "1e400", "-1", "x", "1x", ""}) {
      CAPTURE(number);
      words.push_back(number);
      const Outcome run = run_program(words);
      CHECK(run.code == 2);
      CHECK(run.says(option + ": found " + (*number == '\0' ? "nothing" : number) + ", expected a "));
      CHECK(run.says("`ochre " + words[0] + " --help`"));
      CHECK(run.err.size() < 200);
      words.pop_back();
    }
  }
}

TEST_CASE("usage: more threads than there are cores are as many as there are") {
  using namespace usage_test;
  const auto threads = [](const char* wanted) {
    const Outcome run = run_program({"bench", "--size", "16", "--runs", "1", "--json", "--threads", wanted});
    return nlohmann::json::parse(run.out).at("threads").get<int>();
  };
  CHECK(threads("1024") == threads("0"));
  CHECK(threads("1") == 1);
}

TEST_CASE("usage: an option that there is not is named, in whatever verb") {
  using namespace usage_test;
  for (const char* verb :
       {"colorize", "video", "learn", "import", "known", "info", "verify", "audit", "run", "bench", "eval"}) {
    CAPTURE(verb);
    const Outcome run = run_program({verb, "--out", "x"});
    CHECK(run.code == 2);
    CHECK(run.says("ochre: there is no option --out\n"));
    CHECK(run.says(std::string("`ochre ") + verb + " --help`"));
  }
  CHECK(run_program({"--out"}).says("`ochre --help`"));
}

TEST_CASE("usage: one unusable input has one line") {
  using namespace usage_test;
  const TemporaryFolder folder;
  const std::string model = folder.write("m.safetensors", TinyModel{}.bytes());
  const std::string text = folder.write("a.png", "no picture");
  const std::string none = folder.path("none.png");
  const std::string gray = save_ramp(folder.path("gray.png"));
  for (const std::string& input : {none, text, gray}) {
    for (const Words& verb :
         {Words{"colorize", input, "-o", folder.path("o.png"), "--model", model},
          Words{"learn", input, "-o", folder.path("o.safetensors"), "--model", model},
          Words{"eval", input, "--model", model},
          Words{"video", input, "-o", folder.path("o.y4m"), "--frames", "--model", model},
          Words{"import", input, "-o", folder.path("n.safetensors")}, Words{"info", input}, Words{"verify", input},
          Words{"run", model, "--input", input, "--output", folder.path("y.npy")}}) {
      if (verb[0] == "colorize" && input == gray) continue;
      CAPTURE(verb[0]);
      const Outcome run = run_program(verb);
      CAPTURE(run.err);
      CHECK(run.code == 3);
      CHECK(run.error_lines() == 1);
      CHECK(run.says("expected"));
    }
  }
}

TEST_CASE("usage: a weight file of another program points to `ochre import`, whatever verb asks") {
  using namespace usage_test;
  const TemporaryFolder folder;
  const std::string picture = save_ramp(folder.path("a.png"));
  std::string foreign = TinyModel{}.bytes();
  const std::size_t at = foreign.find("ochre 1");
  REQUIRE(at != std::string::npos);
  foreign.replace(at, 7, "pt     ");
  for (const std::string& model : {folder.write("x.pth", "anything"), folder.write("x", "PK\x03\x04 and so on"),
                                   folder.write("x.safetensors", foreign)}) {
    for (const Words& verb :
         {Words{"colorize", picture, "-o", folder.path("o.png"), "--model", model}, Words{"verify", model}}) {
      const Outcome run = run_program(verb);
      CHECK(run.code == 3);
      CHECK(run.says(model + ": found "));
      CHECK(run.says("; `ochre import` makes a model of such a file"));
      CHECK(run.error_lines() == 1);
    }
  }
  const Outcome gguf = run_program({"import", folder.write("y", std::string("GGUF\x03\0\0\0", 8)), "--list"});
  CHECK(gguf.says("found a GGUF model"));
}

TEST_CASE("usage: progress fits the terminal") {
  using namespace usage_test;
  const TemporaryFolder folder;
  const std::string model = folder.write("m.safetensors", TinyModel{}.bytes());
  for (int i = 0; i < 3; ++i) {
    save_ramp(folder.path("in/a-long-name-of-a-picture-with-\xc3\xa9\xc3\xa9\xc3\xa9-that-goes-on-and-on-" +
                          std::to_string(i) + ".png"));
  }
  for (const unsigned short columns : std::initializer_list<unsigned short>{20, 30, 50, 80, 120}) {
    CAPTURE(columns);
    const std::string text = on_terminal(
        columns, {"colorize", folder.path("in"), "-o", folder.path("out"), "--model", model, "--threads", "1"});
    CHECK(text.find("2/3") != std::string::npos);
    CHECK(widest_progress(text.substr(0, text.find("ochre: "))) < columns);
  }
}
