// The verb eval: what it scores, the squares it makes of pictures, and what disturbs them.
#include <doctest/doctest.h>

#include <cmath>

#include <ochre/color/srgb_lab.hpp>
#include <ochre/image_io/save_picture.hpp>

#include "../../tools/ochre/disturbances.cpp"
#include "../../tools/ochre/square_picture.cpp"
#include "support/program.hpp"
#include "support/text.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

namespace {

// A picture whose ab is `a` and `b` everywhere, its lightness a ramp within sRGB.
void write_picture(const std::string& path, float a, float b) {
  auto picture = LoadedPicture::create(24, 18, PixelFormat::rgb8).value();
  std::vector<float> lightness(24);
  const std::vector<float> as(24, a);
  const std::vector<float> bs(24, b);
  for (Index y = 0; y < picture.height; ++y) {
    for (std::size_t x = 0; x < 24; ++x) lightness[x] = static_cast<float>(40 + x + static_cast<std::size_t>(y));
    color::lab_to_srgb_row(lightness.data(), as.data(), bs.data(), 24, picture.view().row(y), PixelFormat::rgb8);
  }
  const auto* read_only = &picture;
  REQUIRE(save_picture(path, read_only->view()).ok());
}

std::string constant_model(float a, float b) {
  TinyModel tiny;
  tiny.slope[0] = tiny.slope[1] = 0;
  tiny.bias[0] = a;
  tiny.bias[1] = b;
  return tiny.bytes();
}

}  // namespace

TEST_CASE("eval: the JSON as agreed; a model that knows the colour has all of it right") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("set/deep"));
  write_picture(folder.path("set/a.png"), 20, 10);
  write_picture(folder.path("set/deep/b.png"), 20, 10);
  write_picture(folder.path("set/grey.png"), 0, 0);
  const auto eval = [&](const std::string& model, const Words& more = {}) {
    Words words{"eval", folder.path("set"), "--model", folder.write("m", model), "--size", "16", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome run = run_program(words);
    CAPTURE(run.err);
    CHECK(run.code == 0);
    return Json::parse(run.out);
  };
  const Json right = eval(constant_model(20, 10), {"--temperature", "0.5"});
  CHECK(keys_of(right) == Words{"model", "pictures", "size", "temperature", "auc", "auc_rebalanced", "psnr_rgb",
                                "colourfulness", "colourfulness_truth", "neutral_chroma", "false_red", "patchiness",
                                "mean_ab_error", "grey"});
  CHECK(keys_of(right["grey"]) ==
        Words{"auc", "auc_rebalanced", "psnr_rgb", "neutral_chroma", "false_red", "patchiness", "mean_ab_error"});
  CHECK(right["model"] == folder.path("m"));
  CHECK(right["pictures"] == 2);  // the grey one has no colour to find
  CHECK(right["size"] == 16);
  CHECK(right["temperature"] == 0.5);
  CHECK(right["auc"].get<double>() > 99.2);  // 8 bits keep ab to within one unit, which costs one threshold of 151
  CHECK(right["auc_rebalanced"].get<double>() > 99.2);
  CHECK(right["psnr_rgb"].get<double>() > 45);
  CHECK(right["colourfulness"].get<double>() ==
        doctest::Approx(right["colourfulness_truth"].get<double>()).epsilon(0.02));

  // An ab error of sqrt(20² + 10²) = 22.4 is within 128 of the 151 thresholds.
  const double missed = 100.0 * 128 / 151;
  CHECK(right["grey"]["auc"].get<double>() == doctest::Approx(missed).epsilon(0.01));
  CHECK(right["grey"]["psnr_rgb"].get<double>() < 25);
  CHECK(right["mean_ab_error"].get<double>() < 1);
  CHECK(right["grey"]["mean_ab_error"].get<double>() == doctest::Approx(std::hypot(20, 10)).epsilon(0.02));
  const Json gray = eval(constant_model(0, 0));
  CHECK(gray["auc"].get<double>() == doctest::Approx(gray["grey"]["auc"].get<double>()).epsilon(1e-3));
  CHECK(gray["psnr_rgb"].get<double>() == doctest::Approx(gray["grey"]["psnr_rgb"].get<double>()).epsilon(1e-3));
  CHECK(gray["colourfulness"].get<double>() < 0.1);
  CHECK(eval(constant_model(0, 0), {"--first", "1"})["pictures"] == 1);
}

TEST_CASE("eval: the figures of surfaces, and of each camera") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("set/deep"));
  write_picture(folder.path("set/road-1.png"), 3, 4);
  write_picture(folder.path("set/deep/road-2.png"), 3, 4);
  write_picture(folder.path("set/lawn-1.png"), -20, 20);
  const Words words{"eval", folder.path("set"), "--model", folder.write("m", constant_model(30, 0)), "--size", "24"};
  const auto with = [&](const Words& more) {
    Words all = words;
    all.insert(all.end(), more.begin(), more.end());
    return run_program(all);
  };
  const Json both = Json::parse(with({"--by-prefix", "--json"}).out);
  CHECK(keys_of(both["by_prefix"]) == Words{"lawn", "road"});
  const Json& road = both["by_prefix"]["road"];
  CHECK(road["pictures"] == 2);
  CHECK(road["neutral_chroma"].get<double>() == doctest::Approx(30).epsilon(0.02));  // the truth's is 5
  CHECK(road["grey"]["neutral_chroma"].get<double>() == doctest::Approx(0));
  CHECK(road["false_red"] == 100);
  CHECK(road["grey"]["false_red"] == 0);
  CHECK(road["patchiness"].get<double>() < 1);
  CHECK(road["mean_ab_error"].get<double>() == doctest::Approx(std::hypot(27, 4)).epsilon(0.02));
  const Json& lawn = both["by_prefix"]["lawn"];
  CHECK(lawn["pictures"] == 1);
  CHECK(lawn["false_red"] == 0);
  CHECK(both["false_red"].get<double>() == doctest::Approx(200.0 / 3).epsilon(1e-3));
  CHECK(!Json::parse(with({"--json"}).out).contains("by_prefix"));
  const Outcome table = with({"--by-prefix"});
  for (const char* part : {"false red, %", "neutral chroma", "lawn, 1 pictures", "road, 2 pictures"}) {
    CHECK(table.out.find(part) != std::string::npos);
  }
}

TEST_CASE("eval: the table, and what cannot be scored") {
  const TemporaryFolder folder;
  const std::string model = folder.write("m", constant_model(20, 10));
  std::filesystem::create_directories(folder.path("set"));
  write_picture(folder.path("set/a.png"), 20, 10);
  const Outcome table = run_program({"eval", folder.path("set"), "--model", model, "--size", "16"});
  CHECK(table.code == 0);
  for (const char* part : {"1 pictures", "AuC rebalanced", "PSNR", "colourfulness", "grey", "truth"}) {
    CHECK(table.out.find(part) != std::string::npos);
  }
  folder.write("set/broken.png", "x");
  const Outcome some = run_program({"eval", folder.path("set"), "--model", model, "--size", "16"});
  CHECK(some.code == 4);
  CHECK(some.says("broken.png: found"));
  CHECK(some.out.find("1 pictures") != std::string::npos);
  std::filesystem::remove(folder.path("set/a.png"));
  CHECK(run_program({"eval", folder.path("set"), "--model", model}).code == 3);
  CHECK(run_program({"eval", folder.path("missing"), "--model", model}).code == 3);
  CHECK(run_program({"eval", folder.path("set"), "--model", folder.path("missing")}).code == 3);
  CHECK(run_program({"eval"}).code == 2);
  CHECK(run_program({"eval", folder.path("set"), "--first", "0"}).code == 2);
}

TEST_CASE("eval --disturb: how far the colours move is what the model does with the change of lightness") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("set"));
  write_picture(folder.path("set/a.png"), 20, 10);
  const auto eval = [&](const TinyModel& tiny) {
    const Outcome run = run_program({"eval", folder.path("set"), "--model", folder.write("m", tiny.bytes()), "--size",
                                     "16", "--json", "--disturb"});
    CAPTURE(run.err);
    CHECK(run.code == 0);
    return Json::parse(run.out)["disturbed"];
  };
  TinyModel constant;
  constant.slope[0] = constant.slope[1] = 0;
  constant.bias[0] = 8;
  constant.bias[1] = 6;
  const Json still = eval(constant);
  CHECK(keys_of(still) == Words{"chroma", "noise", "half_size", "gamma_0.6", "gamma_1.6", "jpeg_30"});
  CHECK(still["chroma"].get<double>() == doctest::Approx(10).epsilon(0.01));
  for (const char* key : {"noise", "half_size", "gamma_0.6", "gamma_1.6", "jpeg_30"}) {
    CHECK(still[key].get<double>() < 0.1);  // 16 bits of sRGB
  }
  TinyModel follows = constant;
  follows.slope[0] = 20;  // a moves with the lightness
  const Json moved = eval(follows);
  // On a ramp of L 40 to 80: the exposures move every pixel, the others little.
  CHECK(moved["gamma_0.6"].get<double>() > 1);
  CHECK(moved["gamma_1.6"].get<double>() > 1);
  CHECK(moved["noise"].get<double>() > 0.2);
  CHECK(moved["noise"].get<double>() < moved["gamma_1.6"].get<double>());
  CHECK(moved["half_size"].get<double>() < moved["noise"].get<double>());
  const Outcome table = run_program(
      {"eval", folder.path("set"), "--model", folder.write("m", follows.bytes()), "--size", "16", "--disturb"});
  CHECK(table.out.find("gamma 1.6") != std::string::npos);
}

TEST_CASE(
    "what disturbs a picture: sizes stay, noise has its sigma, an exposure its curve, a flat picture its detail") {
  auto gray = LoadedPicture::create(33, 21, PixelFormat::gray8).value();
  std::fill_n(gray.pixels.data(), 33 * 21, std::uint8_t{100});
  const auto apply = [&](std::string_view key) {
    const auto disturbance = std::find_if(program::disturbances.begin(), program::disturbances.end(),
                                          [&](const program::Disturbance& candidate) { return candidate.key == key; });
    REQUIRE(disturbance != program::disturbances.end());
    auto picture = disturbance->apply(gray).value();
    REQUIRE(picture.width == 33);
    REQUIRE(picture.height == 21);
    REQUIRE(picture.format == PixelFormat::gray8);
    return std::vector<int>(picture.pixels.data(), picture.pixels.data() + 33 * 21);
  };
  const std::vector<int> flat(33 * 21, 100);
  CHECK(apply("half_size") == flat);
  CHECK(apply("jpeg_30") == std::vector<int>(33 * 21, 101));    // 8 · -28 in steps of 27 is -8 of them
  CHECK(apply("gamma_0.6") == std::vector<int>(33 * 21, 145));  // 255 (100/255)^0.6 = 145.4
  CHECK(apply("gamma_1.6") == std::vector<int>(33 * 21, 57));   // 255 (100/255)^1.6 = 56.97
  double mean = 0;
  double squares = 0;
  for (const int level : apply("noise")) {
    mean += (level - 100) / (33.0 * 21);
    squares += (level - 100) * (level - 100) / (33.0 * 21);
  }
  CHECK(std::abs(mean) < 3 * 10 / std::sqrt(33.0 * 21));
  CHECK(std::sqrt(squares) == doctest::Approx(10).epsilon(0.1));

  // A single bright pixel: a quarter of it is left in its block of four, and reaches the neighbours by a half.
  gray.pixels.data()[10 * 33 + 10] = 200;
  const auto spread = apply("half_size");
  CHECK(spread[10 * 33 + 10] == 114);  // 100 + 25 · 9/16
  CHECK(spread[10 * 33 + 12] == 105);  // 100 + 25 · 3/16
  CHECK(spread[10 * 33 + 13] == 100);
  CHECK(spread[9 * 33 + 9] == 102);  // 100 + 25 / 16
}

TEST_CASE("eval's squares are those of Pillow's BOX, to within a level") {
  struct Case {
    Index width, height, side;
    std::vector<int> expected;
  };
  // Pillow 13: the picture resized to a shorter side of `side` with BOX, then the centred square.
  const Case cases[] = {
      {9, 6, 4, {85,  72,  128, 129, 89, 64,  172, 173, 128, 152, 87,  64,  164, 82,  0,   208,
                 99,  128, 251, 183, 0,  39,  97,  128, 116, 93,  128, 96,  110, 64,  75,  194,
                 128, 119, 108, 64,  67, 103, 0,   111, 120, 128, 154, 204, 0,   198, 118, 128}},
      {3, 5, 5, {0,   0,   255, 0,   0,   255, 29,  17,  0,   58,  68,  0,   58,  68,  0,   53,  7,   0,   53,
                 7,   0,   82,  24,  0,   111, 75,  255, 111, 75,  255, 106, 14,  0,   106, 14,  0,   135, 31,
                 255, 164, 82,  0,   164, 82,  0,   106, 14,  0,   106, 14,  0,   135, 31,  255, 164, 82,  0,
                 164, 82,  0,   159, 21,  255, 159, 21,  255, 188, 38,  0,   217, 89,  0,   217, 89,  0}},
      {4, 4, 4, {0,  0,   255, 29, 17,  0,   58,  68,  0,   87, 153, 255, 53, 7,   0,   82,
                 24, 0,   111, 75, 255, 140, 160, 0,   106, 14, 0,   135, 31, 255, 164, 82,
                 0,  193, 167, 0,  159, 21,  255, 188, 38,  0,  217, 89,  0,  246, 174, 255}},
      {13, 2, 3, {145, 169, 0,   174, 100, 255, 174, 100, 255, 198, 176, 255, 227, 107,
                  0,   227, 107, 0,   198, 176, 255, 227, 107, 0,   227, 107, 0}},
  };
  for (const Case& test : cases) {
    CAPTURE(test.width);
    for (const PixelFormat format : {PixelFormat::rgb8, PixelFormat::rgba16}) {
      auto picture = LoadedPicture::create(test.width, test.height, format).value();
      for (Index y = 0; y < test.height; ++y) {
        for (Index x = 0; x < test.width; ++x) {
          const Index samples[4] = {(29 * x + 53 * y) % 256, (17 * x * x + 7 * y) % 256, (x + y) % 3 == 0 ? 255 : 0, 9};
          for (Index c = 0; c < channels(format); ++c) {
            auto* at = picture.view().row(y) + (x * channels(format) + c) * bytes_per_sample(format);
            for (Index byte = 0; byte < bytes_per_sample(format); ++byte)
              at[byte] = static_cast<std::uint8_t>(samples[c]);
          }
        }
      }
      const auto square = program::square_picture(picture, test.side).value();
      REQUIRE(square.width == test.side);
      REQUIRE(square.height == test.side);
      for (std::size_t i = 0; i < test.expected.size(); ++i) {
        CAPTURE(i);
        CHECK(std::abs(int{square.pixels.data()[i]} - test.expected[i]) <= 1);
      }
      CHECK(!program::is_gray(square));
    }
  }
  auto gray = LoadedPicture::create(3, 3, PixelFormat::gray16).value();
  gray.pixels.data()[4] = 200;
  CHECK(program::is_gray(program::square_picture(gray, 5).value()));
}
