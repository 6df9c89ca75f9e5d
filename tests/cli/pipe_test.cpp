// Pictures through pipes, and the standard streams.
#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include <sys/stat.h>

#include "support/program.hpp"
#include "support/ramp_picture.hpp"
#include "support/tiny_model.hpp"

namespace pipe_test {

using namespace ochre::test;

struct Pipes {
  TemporaryFolder folder;
  std::string model = folder.write("m.safetensors", TinyModel{}.bytes());
  std::string picture = save_ramp(folder.path("a.png"), RampColors::gray, 120);
  std::string expected;

  Pipes() {
    REQUIRE(::mkfifo(path("fifo").c_str(), 0600) == 0);
    REQUIRE(colorize({picture, "-o", path("expected.png")}).code == 0);
    expected = folder.read("expected.png");
  }

  std::string path(const std::string& name) const { return folder.path(name); }

  Outcome colorize(const Words& words, const RunLimits& limits = {}) const {
    Words all{"colorize", "--model", model, "--threads", "1", "--quiet"};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all, limits);
  }

  // The same while somebody writes the bytes to the FIFO.
  Outcome colorize_while(const std::string& bytes, const Words& words, const RunLimits& limits = {}) const {
    std::thread writer([&] {
      std::signal(SIGPIPE, SIG_IGN);
      std::ofstream(path("fifo"), std::ios::binary) << bytes;
    });
    const Outcome run = colorize(words, limits);
    writer.join();
    return run;
  }
};

}  // namespace pipe_test

TEST_CASE("pipes: in by every name, and out by every name") {
  using namespace pipe_test;
  const Pipes pipes;
  const std::string bytes = content_of(pipes.picture);
  const std::string output = pipes.path("o.png");
  CHECK(pipes.colorize_while(bytes, {pipes.path("fifo"), "-o", output}).code == 0);
  CHECK(content_of(output) == pipes.expected);
  for (const char* input : {"-", "/dev/stdin"}) {
    for (const std::string& source : {pipes.path("fifo"), pipes.picture}) {
      CAPTURE(source);
      std::filesystem::remove(output);
      const RunLimits limits{.standard_input = source};
      const Outcome run = source == pipes.picture ? pipes.colorize({input, "-o", output}, limits)
                                                  : pipes.colorize_while(bytes, {input, "-o", output}, limits);
      CAPTURE(run.err);
      CHECK(run.code == 0);
      CHECK(content_of(output) == pipes.expected);
    }
  }
  for (const char* name : {"-", "/dev/stdout"}) {
    const Outcome run = pipes.colorize({pipes.picture, "-o", name});
    CHECK(run.code == 0);
    CHECK(run.err.empty());
    CHECK(run.out == pipes.expected);
  }
  const RunLimits in{.standard_input = pipes.picture};
  CHECK(pipes.colorize({"-", "-o", "-"}, in).out == pipes.expected);
  CHECK(pipes.colorize({"-", "-o", "-", "--format", "jpg", "--quality", "50"}, in).out.starts_with("\xff\xd8\xff"));
  CHECK(pipes.colorize({"-", "-o", "-", "--format", "ppm"}, in).out.starts_with("P6"));
  std::string read;
  std::thread reader([&] { read = content_of(pipes.path("fifo")); });
  CHECK(pipes.colorize({pipes.picture, "-o", pipes.path("fifo")}).code == 0);
  reader.join();
  CHECK(read == pipes.expected);
}

TEST_CASE("pipes: what cannot be meant, what is no picture, and a reader that went away") {
  using namespace pipe_test;
  const Pipes pipes;
  CHECK(pipes.colorize({pipes.picture, pipes.model, "-o", "-"}).says("takes one picture"));
  CHECK(pipes.colorize({"-", "-o", pipes.path("out/")}).says("standard input has no name"));
  const Outcome cut =
      pipes.colorize_while(content_of(pipes.picture).substr(0, 100), {pipes.path("fifo"), "-o", pipes.path("o.png")});
  CHECK(cut.code == 3);
  CHECK(cut.says("fifo: "));
  CHECK(cut.error_lines() == 1);
  const Outcome empty = pipes.colorize({"-", "-o", "-"}, {.standard_input = "/dev/null"});
  CHECK(empty.code == 3);
  CHECK(empty.says("standard input: found nothing (0 bytes)"));
  const Outcome full = pipes.colorize({pipes.picture, "-o", "/dev/full"});
  CHECK(full.code == 3);
  CHECK(full.says("/dev/full: found No space left"));
  CHECK(!std::filesystem::exists(pipes.path("o.png")));
}
