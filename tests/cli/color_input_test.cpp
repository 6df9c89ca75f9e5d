// Pictures that are in colour already.
#include <doctest/doctest.h>

#include <filesystem>

#include "support/program.hpp"
#include "support/ramp_picture.hpp"
#include "support/tiny_model.hpp"

namespace color_input_test {

using namespace ochre::test;

struct Album {
  TemporaryFolder folder;
  std::string model = folder.write("m.safetensors", TinyModel{}.bytes());

  std::string path(const std::string& name) const { return folder.path(name); }
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
  Outcome colorize(const Words& words) const {
    Words all{"colorize", "--model", model, "--threads", "1"};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all);
  }
};

}  // namespace color_input_test

TEST_CASE("pictures in colour: they are coloured all the same, which is said; grey ones with a tint are none") {
  using namespace color_input_test;
  const Album album;
  const std::string color = save_ramp(album.path("in/b.png"), RampColors::colored);
  save_ramp(album.path("in/a.png"));
  save_ramp(album.path("in/c.png"), RampColors::tinted);
  const Outcome one = album.colorize({color, "-o", album.path("o.png")});
  CHECK(one.code == 0);
  CHECK(one.says("in/b.png: is in colour already and got other colours; --skip-colour"));
  CHECK(one.error_lines() == 2);
  CHECK(album.colorize({album.path("in"), "-o", album.path("out")}).says("in/b.png: is in colour already"));
  save_ramp(album.path("in/d.png"), RampColors::colored);
  CHECK(album.colorize({album.path("in"), "-o", album.path("out")})
            .says("2 pictures are in colour already and got other colours, the first "));
  CHECK(album.has("out/d.png"));
  CHECK(album.colorize({album.path("in"), "-o", album.path("out"), "--quiet"}).err.empty());
}

TEST_CASE("pictures in colour: --skip-colour leaves them alone") {
  using namespace color_input_test;
  const Album album;
  const std::string color = save_ramp(album.path("in/b.png"), RampColors::colored);
  save_ramp(album.path("in/a.png"));
  const Outcome some = album.colorize({album.path("in"), "-o", album.path("out"), "--skip-colour"});
  CHECK(some.code == 0);
  CHECK(some.says("in/b.png: is in colour already and left alone\n"));
  CHECK(some.says("1 picture coloured"));
  CHECK(some.says("1 in colour left alone"));
  CHECK(album.has("out/a.png"));
  CHECK(!album.has("out/b.png"));
  CHECK(album.colorize({color, "-o", album.path("o.png"), "--skip-colour"}).code == 0);
  CHECK(!album.has("o.png"));
}
