// `ochre colorize`, run as a user runs it: what comes out, where it goes, and what happens when anything is wrong.
#include <doctest/doctest.h>

#include <ochre/color/srgb_lab.hpp>
#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/save_picture.hpp>

#include "support/golden.hpp"
#include "support/program.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;

namespace {

// A folder with a model and some pictures.
struct Workshop {
  TemporaryFolder folder;
  std::string model = folder.write("tiny.safetensors", TinyModel{}.bytes());

  std::string path(const std::string& name) const { return folder.path(name); }

  // A grey ramp.
  std::string picture(const std::string& name, PixelFormat format = PixelFormat::gray8, Index scale = 1) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    auto ramp = LoadedPicture::create(20 * scale, 16 * scale, format).value();
    for (Index y = 0; y < ramp.height; ++y) {
      for (Index x = 0; x < ramp.width; ++x) {
        auto* pixel = ramp.view().row(y) + x * bytes_per_pixel(format);
        for (Index byte = 0; byte < bytes_per_pixel(format); ++byte) {
          pixel[byte] = static_cast<std::uint8_t>(40 + 5 * x + 2 * y);
        }
      }
    }
    const auto* read_only = &ramp;
    REQUIRE(save_picture(path(name), read_only->view()).ok());
    return path(name);
  }

  Outcome colorize(const Words& words, const RunLimits& limits = {}) const {
    Words all{"colorize", "--model", model, "--threads", "1"};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all, limits);
  }

  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
};

bool equal_pixels(const LoadedPicture& left, const LoadedPicture& right) {
  return left.width == right.width && left.height == right.height && left.format == right.format &&
         std::equal(left.pixels.data(), left.pixels.data() + left.height * left.row_stride(), right.pixels.data());
}

}  // namespace

TEST_CASE("colorize: one picture, the colours that the model says") {
  const Workshop shop;
  const std::string gray = shop.picture("grey.png");
  const Outcome run = shop.colorize({gray, "-o", shop.path("colour.png")});
  CHECK(run.code == 0);
  CHECK(run.out.empty());
  CHECK(run.says("1 picture coloured"));
  const auto input = load_picture(gray).value();
  const auto output = load_picture(shop.path("colour.png")).value();
  CHECK(output.format == PixelFormat::rgb8);
  REQUIRE(output.width == input.width);
  REQUIRE(output.height == input.height);
  for (const Index y : {Index{0}, Index{9}}) {
    std::vector<float> lab(static_cast<std::size_t>(3 * input.width));
    float* const l = lab.data();
    float* const a = l + input.width;
    float* const b = a + input.width;
    color::read_lightness_row(input.view().row(y), input.format, input.width, l);
    for (Index x = 0; x < input.width; ++x) {
      a[x] = static_cast<float>(TinyModel{}.color(0, static_cast<double>(l[x])));
      b[x] = static_cast<float>(TinyModel{}.color(1, static_cast<double>(l[x])));
    }
    std::vector<std::uint8_t> expected(static_cast<std::size_t>(3 * input.width));
    color::lab_to_srgb_row(l, a, b, input.width, expected.data(), PixelFormat::rgb8);
    // The network sees the picture at its working size, and the borders' grid cells are averages.
    for (Index i = 12; i < 3 * (input.width - 4); ++i) {
      CHECK(std::abs(int{output.view().row(y)[i]} - int{expected[static_cast<std::size_t>(i)]}) <= 3);
    }
  }
}

TEST_CASE("colorize: alpha and depth are kept where the kind of file can") {
  const Workshop shop;
  const auto check = [&](PixelFormat format, const std::string& output, PixelFormat expected) {
    CAPTURE(output);
    const std::string input = shop.picture("input.png", format);
    CHECK(shop.colorize({input, "-o", shop.path(output)}).code == 0);
    const auto read = load_picture(shop.path(output));
    REQUIRE(read);
    CHECK(read->format == expected);
  };
  check(PixelFormat::gray8, "a.png", PixelFormat::rgb8);
  check(PixelFormat::rgb8, "b.png", PixelFormat::rgb8);
  check(PixelFormat::rgba8, "c.png", PixelFormat::rgba8);
  check(PixelFormat::gray_alpha8, "d.png", PixelFormat::rgba8);
  check(PixelFormat::gray16, "e.png", PixelFormat::rgb16);
  check(PixelFormat::gray_alpha16, "f.png", PixelFormat::rgba16);
  check(PixelFormat::rgba16, "g.jpg", PixelFormat::rgb8);
  check(PixelFormat::gray16, "h.ppm", PixelFormat::rgb16);

  const auto input = load_picture(shop.picture("alpha.png", PixelFormat::gray_alpha8)).value();
  CHECK(shop.colorize({shop.path("alpha.png"), "-o", shop.path("kept.png")}).code == 0);
  const auto output = load_picture(shop.path("kept.png")).value();
  for (Index x = 0; x < input.width; ++x) CHECK(output.view().row(3)[4 * x + 3] == input.view().row(3)[2 * x + 1]);
}

TEST_CASE("colorize: the options reach the colours") {
  const Workshop shop;
  const std::string gray = shop.picture("grey.png");
  const std::string bins = OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors";
  const auto run = [&](const std::string& name, Words words) {
    words.insert(words.begin(), {"colorize", gray, "-o", shop.path(name), "--quiet"});
    const Outcome outcome = run_program(words);
    CHECK(outcome.code == 0);
    CHECK(outcome.err.empty());
    return load_picture(shop.path(name)).value();
  };
  const auto plain = run("0.png", {"--model", bins, "--size", "16", "--threads", "1"});
  CHECK(equal_pixels(plain, run("1.png", {"--model", bins, "--size", "16", "--threads", "3"})));
  CHECK(!equal_pixels(plain, run("2.png", {"--model", bins, "--size", "16", "--temperature", "0.05"})));
  CHECK(!equal_pixels(plain, run("3.png", {"--model", bins, "--size", "32"})));
  CHECK(!equal_pixels(plain, run("4.png", {"--model", bins, "--size", "16", "--saturation", "0.5"})));
  const auto pale = run("5.png", {"--model", bins, "--size", "16", "--saturation", "0"});
  for (Index i = 0; i < pale.width * pale.height; ++i) {
    const std::uint8_t* pixel = pale.pixels.data() + 3 * i;
    CHECK((pixel[0] == pixel[1] && pixel[1] == pixel[2]));
  }
}

TEST_CASE("colorize: folders") {
  const Workshop shop;
  shop.picture("in/b.png");
  shop.picture("in/a.ppm", PixelFormat::rgb8);
  shop.picture("in/deep/c.png");
  shop.picture("in/.hidden.png");
  shop.folder.write("in/notes.txt", "not a picture");

  CHECK(shop.colorize({shop.path("in"), "-o", shop.path("flat")}).code == 0);
  CHECK(shop.has("flat/a.png"));
  CHECK(shop.has("flat/b.png"));
  CHECK(!shop.has("flat/deep"));
  CHECK(!shop.has("flat/.hidden.png"));

  CHECK(shop.colorize({shop.path("in"), "-o", shop.path("in/out"), "--recursive"}).code == 0);
  CHECK(shop.has("in/out/deep/c.png"));
  const Outcome again = shop.colorize({shop.path("in"), "-o", shop.path("in/out"), "--recursive"});
  CHECK(again.says("3 pictures coloured"));  // not its own outputs
  CHECK(!shop.has("in/out/out"));

  CHECK(shop.colorize({shop.path("in/b.png"), "-o", shop.path("one/")}).code == 0);
  CHECK(shop.has("one/b.png"));
  CHECK(shop.colorize({shop.path("in/b.png"), shop.path("in/a.ppm"), "-o", shop.path("two")}).code == 0);
  CHECK(shop.has("two/a.png"));

  CHECK(shop.colorize({shop.path("in"), "-o", shop.path("in"), "--suffix", "_colour"}).code == 0);
  CHECK(shop.has("in/b_colour.png"));
  CHECK(shop.colorize({shop.path("in/b.png"), "-o", shop.path("named/"), "--suffix", ".c.jpg"}).code == 0);
  CHECK(shop.has("named/b.c.jpg"));
}

TEST_CASE("colorize: --skip-existing leaves what is there") {
  const Workshop shop;
  shop.picture("in/a.png");
  shop.picture("in/b.png");
  std::filesystem::create_directories(shop.path("out"));
  shop.folder.write("out/a.png", "precious");
  const Outcome run = shop.colorize({shop.path("in"), "-o", shop.path("out"), "--skip-existing"});
  CHECK(run.code == 0);
  CHECK(run.says("1 picture coloured"));
  CHECK(run.says("1 skipped"));
  CHECK(shop.folder.read("out/a.png") == "precious");
  CHECK(shop.colorize({shop.path("in"), "-o", shop.path("out")}).code == 0);
  CHECK(shop.folder.read("out/a.png") != "precious");
}

TEST_CASE("colorize: with a --suffix in the inputs' own folder, --skip-existing leaves out what an earlier run made") {
  const Workshop shop;
  shop.picture("in/a.png");
  shop.picture("in/b_c.png");  // an original, because there is no b
  const auto run = [&](const Words& more) {
    Words words{shop.path("in"), "-o", shop.path("in")};
    words.insert(words.end(), more.begin(), more.end());
    return shop.colorize(words);
  };
  CHECK(run({"--suffix", "_c", "--skip-existing"}).says("2 pictures coloured"));
  const std::string first = shop.folder.read("in/a_c.png");
  const Outcome again = run({"--suffix", "_c", "--skip-existing"});
  CAPTURE(again.err);
  CHECK(again.code == 0);
  CHECK(again.says("0 pictures coloured"));
  CHECK(again.says("2 skipped, 2 earlier results left out"));
  CHECK(shop.folder.read("in/a_c.png") == first);
  CHECK(!shop.has("in/a_c_c.png"));
  CHECK(shop.has("in/b_c_c.png"));
  CHECK(run({"--suffix", "_c"}).says("is an input"));
  shop.picture("in/a.ppm", PixelFormat::rgb8);
  CHECK(run({"--suffix", ".png", "--skip-existing"}).says("is an input"));  // a.png may be an original
}

TEST_CASE("colorize: some of several fail") {
  const Workshop shop;
  shop.picture("in/a.png");
  shop.folder.write("in/b.png", "not a picture");
  shop.picture("in/c.png");
  const Outcome some = shop.colorize({shop.path("in"), shop.path("missing.png"), "-o", shop.path("out")});
  CHECK(some.code == 4);
  CHECK(some.says("in/b.png: found"));
  CHECK(some.says("missing.png: found no such file"));
  CHECK(some.says("2 pictures coloured"));
  CHECK(some.error_lines() == 3);
  CHECK(shop.has("out/a.png"));
  CHECK(shop.has("out/c.png"));
  CHECK(!shop.has("out/b.png"));

  const Outcome none = shop.colorize({shop.path("in/b.png"), shop.path("missing.png"), "-o", shop.path("none")});
  CHECK(none.code == 3);
  CHECK(!shop.has("none"));
}

TEST_CASE("colorize: a wrong command line is refused before anything is done") {
  const Workshop shop;
  const std::string a = shop.picture("a.png");
  shop.picture("deep/a.ppm", PixelFormat::rgb8);
  shop.picture("deep/a.png");
  const std::string output = shop.path("out.png");
  struct Case {
    Words words;
    const char* says;
  };
  const Case cases[] = {
      {{a, "-o", a}, "is an input"},
      {{a, "-o", shop.path(".")}, "is an input"},
      {{shop.path("."), "-o", shop.path("."), "--suffix", ".png"}, "is an input"},
      {{a, "-o", shop.path("deep/../a.png")}, "is an input"},
      {{a, shop.path("deep/a.png"), "-o", shop.path("out")}, "would be written twice"},
      {{a, shop.path("deep/a.ppm"), "-o", shop.path("tiny.safetensors")}, "found a file, expected a folder"},
      {{a, "-o", shop.path("out.gif")}, ".gif"},
      {{a, "-o", shop.path("out")}, "no extension"},
      {{a, "-o", shop.path("out.pgm")}, "found the name of a grey picture, expected .png, .jpg"},
      {{a, "-o", output, "--format", "jpg"}, "--format is for"},
      {{a, "-o", shop.path("out/"), "--format", "gif"}, "found gif, expected png"},
      {{a, "-o", shop.path("out/"), "--format", "jpg", "--suffix", "_c.png"}, "--format"},
      {{a, "-o", output, "--quality", "80"}, "whose kind of file has none"},
      {{a, "-o", shop.path("out/"), "--format", "jpg", "--quality", "0"}, "--quality"},
      {{a, "-o", output, "--suffix", "_c"}, "--suffix"},
      {{a, "-o", shop.path("out/"), "--suffix", "/../x"}, "--suffix"},
      {{a, "-o", output, "--temperature", "0"}, "--temperature"},
      {{a, "-o", output, "--temperature", "-1"}, "--temperature"},
      {{a, "-o", output, "--temperature", "nan"}, "found nan, expected a number above 0"},
      {{a, "-o", output, "--temperature", "warm"}, "--temperature"},
      {{a, "-o", output, "--saturation", "-0.1"}, "--saturation"},
      {{a, "-o", output, "--saturation", "101"}, "--saturation"},
      {{a, "-o", output, "--size", "7"}, "--size"},
      {{a, "-o", output, "--size", "4097"}, "--size"},
      {{a, "-o", output, "--size", "12.5"}, "--size"},
      {{a, "-o", output, "--threads", "-1"}, "--threads"},
      {{a, "-o", output, "--threads", "9999999999999"}, "--threads"},
      {{a, "-o", output, "--colour"}, "--colour"},
      {{a}, "--output"},
      {{"-o", output}, "INPUT"},
      {{a, "-o"}, "--output"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.says);
    const Outcome run = shop.colorize(test.words);
    CAPTURE(run.err);
    CHECK(run.code == 2);
    CHECK(run.says(test.says));
    CHECK(run.out.empty());
    CHECK(!shop.has("out"));
    CHECK(!shop.has("out.png"));
  }
}

TEST_CASE("colorize: an unusable picture has one line and leaves nothing behind") {
  const Workshop shop;
  const std::string whole = shop.folder.read(std::filesystem::path(shop.picture("whole.png")).filename());
  std::filesystem::create_directories(shop.path("folder.png"));
  const std::size_t files = shop.folder.files();
  struct Case {
    const char* name;
    std::string content;
    const char* says;
  };
  const Case cases[] = {
      {"empty.png", "", "empty file (0 bytes)"},
      {"text.png", "hello, this is text", "found"},
      {"cut.png", whole.substr(0, whole.size() / 2), "found"},
      {"header.png", whole.substr(0, 20), "found"},
      {"huge.pgm", "P5\n40000 40000\n255\n12345", "40000x40000"},
      {"nothing.pgm", "P5\n0 5\n255\n12345", "found"},
      {"page.jpg", "<html>", "found"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    const std::string input = shop.folder.write(test.name, test.content);
    const Outcome run = shop.colorize({input, "-o", shop.path("out.png"), "--quiet"});
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(run.says(input));
    CHECK(run.says(test.says));
    CHECK(run.says("expected"));
    CHECK(run.error_lines() == 1);
    std::filesystem::remove(input);
    CHECK(shop.folder.files() == files);
  }
  CHECK(shop.colorize({shop.path("missing.png"), "-o", shop.path("out.png")}).code == 3);
  const Outcome no_pictures = shop.colorize({shop.path("folder.png"), "-o", shop.path("out")});
  CHECK(no_pictures.code == 3);
  CHECK(no_pictures.says("found no picture"));
  CHECK(shop.folder.files() == files);
}

TEST_CASE("colorize: an unwritable output leaves nothing behind") {
  const Workshop shop;
  const std::string a = shop.picture("a.png", PixelFormat::gray8, 8);  // 61 kB as .ppm
  const std::size_t files = shop.folder.files();
  const auto check = [&](const std::string& output, const char* says, const RunLimits& limits = {}) {
    CAPTURE(output);
    const Outcome run = shop.colorize({a, "-o", output, "--quiet"}, limits);
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(run.says(output));
    CHECK(run.says(says));
    CHECK(run.error_lines() == 1);
    CHECK(shop.folder.files() == files);
  };
  check(shop.path("none/out.png"), "found no such file or folder");
  check(shop.path("full.ppm"), "expected room for", {.file_bytes = 16384});  // libomp writes 1 kB of its own
  check("/dev/full/x.png", "found");
  check("/proc/out.png", "found");

  // A file where a folder would be made.
  shop.folder.write("flat", "a file");
  const Outcome run = shop.colorize({a, "-o", shop.path("flat/deeper/")});
  CHECK(run.code == 3);
  CHECK(run.says("flat/deeper"));
}

TEST_CASE("colorize: an unusable model") {
  const Workshop shop;
  const std::string a = shop.picture("a.png");
  const auto run = [&](const std::string& model) {
    return run_program({"colorize", a, "-o", shop.path("out.png"), "--model", model});
  };
  TinyModel no_head;
  no_head.network = no_head.network.substr(0, no_head.network.find("head"));
  TinyModel not_a_number;
  not_a_number.bias[1] = std::nanf("");
  const std::string whole = TinyModel{}.bytes();
  struct Case {
    std::string content;
    const char* says;
  };
  const Case cases[] = {
      {"", "empty file"},
      {whole.substr(0, whole.size() - 1), "cut short"},
      {whole + "x", "expected"},
      {no_head.bytes(), "no `head`"},
      {not_a_number.bytes(), "tensor colours.bias: element 1: found NaN"},
  };
  for (const Case& test : cases) {
    const std::string path = shop.folder.write("bad.safetensors", test.content);
    const Outcome outcome = run(path);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 3);
    CHECK(outcome.says(path));
    CHECK(outcome.says(test.says));
    CHECK(outcome.error_lines() == 1);
  }
  CHECK(run(shop.path("missing")).code == 3);
  CHECK(run(shop.path(".")).says("a directory"));
  CHECK(!shop.has("out.png"));
}

TEST_CASE("colorize: what looks alike agrees on its colour, unless told otherwise") {
  const Workshop shop;
  const std::string picture = std::string(OCHRE_GOLDEN_DIR) + "/../../examples/pictures/rocket.jpg";
  const auto colored = [&](const char* name, const Words& more) {
    Words words{"colorize", picture, "-o", shop.path(name), "--size", "96"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome run = run_program(words);
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    return load_picture(shop.path(name)).value();
  };
  const LoadedPicture agreed = colored("agreed.png", {});
  CHECK(equal_pixels(agreed, colored("again.png", {})));
  CHECK(!equal_pixels(agreed, colored("alone.png", {"--no-consensus"})));
}
