// The Colorizer from end to end on a small network of the public kind: sizes, formats, strides, alpha, luminance,
// threads, memory, and calls that are wrong.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <ochre/colorizer_file.hpp>
#include <ochre/weights/safetensors_writer.hpp>

#include "support/allocations.hpp"
#include "support/golden.hpp"
#include "support/random_network.hpp"
#include "support/refuse_memory.hpp"
#include "support/scene.hpp"

namespace {

using namespace ochre;
using test::largest_difference;
using test::lightness_of;
using test::make_picture;
using test::make_scene;
using test::Picture;

const std::string model_path = OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors";

Colorizer make_colorizer(ColorizerOptions options = {}) {
  if (!options.size) options.size = 32;
  return Colorizer::open(model_path, options).value();
}

Picture colorize(const Colorizer& colorizer, const Picture& input, PixelFormat format = PixelFormat::rgb8,
                 Index padding = 0) {
  Picture output = make_picture(input.width, input.height, format, padding);
  auto workspace = colorizer.make_workspace({.h = input.height, .w = input.width}).value();
  const Status status = colorizer.colorize(input.view(), output.target(), workspace);
  INFO((status ? std::string() : status.error().message()));
  REQUIRE(status.ok());
  return output;
}

TEST_CASE("colorizer: any size comes out at its own size, coloured, its lightness kept") {
  const auto colorizer = make_colorizer({.saturation = 1.0f, .threads = 1});
  const Index sizes[][2] = {{1, 1}, {1, 2}, {2, 1}, {1, 300}, {300, 1}, {7, 5}, {64, 64}, {97, 53}, {33, 200}};
  for (const auto& size : sizes) {
    const Index width = size[0];
    const Index height = size[1];
    CAPTURE(width);
    CAPTURE(height);
    const Picture scene = make_scene(width, height);
    const Picture output = colorize(colorizer, scene);
    bool colored = false;
    for (Index y = 0; y < height; ++y) {
      for (Index x = 0; x < width; ++x) {
        const auto* rgb = output.pixel(x, y);
        colored |= rgb[0] != rgb[1] || rgb[1] != rgb[2];
      }
    }
    CHECK(colored);
    CHECK(largest_difference(lightness_of(scene), lightness_of(output)) <= 0.5);
  }
}

TEST_CASE("colorizer: the strongest colours keep the lightness too, and saturation 0 gives the grey picture back") {
  const Picture scene = make_scene(90, 60);
  const Picture vivid = colorize(make_colorizer({.saturation = 100.0f, .threads = 1}), scene);
  CHECK(largest_difference(lightness_of(scene), lightness_of(vivid)) <= 0.5);
  const Picture gray = colorize(make_colorizer({.saturation = 0.0f, .threads = 1}), scene);
  for (Index y = 0; y < scene.height; ++y) {
    for (Index x = 0; x < scene.width; ++x) {
      for (Index c = 0; c < 3; ++c) CHECK(gray.pixel(x, y)[c] == scene.pixel(x, y)[0]);
    }
  }
}

TEST_CASE("colorizer: every input format gives the same picture, alpha is kept, padding is untouched") {
  const auto colorizer = make_colorizer({.threads = 1});
  const Picture expected = colorize(colorizer, make_scene(41, 23));
  for (int f = 0; f < 8; ++f) {
    const auto format = static_cast<PixelFormat>(f);
    CAPTURE(f);
    const Picture scene = make_scene(41, 23, format, 13);
    const Picture output = colorize(colorizer, scene, PixelFormat::rgba8, 5);
    for (Index y = 0; y < scene.height; ++y) {
      for (Index x = 0; x < scene.width; ++x) {
        for (Index c = 0; c < 3; ++c) {
          // 16-bit input and RGB reach the same L by another formula: one step of rounding at most.
          CHECK(std::abs(output.pixel(x, y)[c] - expected.pixel(x, y)[c]) <= (format == PixelFormat::gray8 ? 0 : 1));
        }
        CHECK(output.pixel(x, y)[3] == (has_alpha(format) ? static_cast<std::uint8_t>(x * 7 + y) : 255));
      }
      for (Index i = 0; i < 5; ++i)
        CHECK(output.bytes[static_cast<std::size_t>((y + 1) * output.row_stride - 1 - i)] == 0xAB);
    }
  }
}

TEST_CASE("colorizer: 16-bit output is the 8-bit one, finer") {
  const auto colorizer = make_colorizer({.threads = 1});
  const Picture scene = make_scene(41, 23);
  const Picture coarse = colorize(colorizer, scene);
  const Picture fine = colorize(colorizer, scene, PixelFormat::rgba16);
  for (Index y = 0; y < scene.height; ++y) {
    for (Index x = 0; x < scene.width; ++x) {
      std::uint16_t samples[4];
      std::memcpy(samples, fine.pixel(x, y), 8);
      for (Index c = 0; c < 3; ++c) CHECK(std::abs(samples[c] / 257.0 - coarse.pixel(x, y)[c]) <= 0.51);
      CHECK(samples[3] == 65535);
    }
  }
}

TEST_CASE("colorizer: bottom-up rows and work in the input's own memory") {
  const auto colorizer = make_colorizer({.threads = 2});
  const Picture scene = make_scene(30, 20, PixelFormat::rgb8);
  const Picture expected = colorize(colorizer, scene);
  auto workspace = colorizer.make_workspace({.h = 20, .w = 30}).value();

  Picture own = scene;
  REQUIRE(colorizer.colorize(own.view(), own.target(), workspace));
  CHECK(own.bytes == expected.bytes);

  Picture flipped = make_picture(30, 20, PixelFormat::rgb8);
  MutablePictureView target = flipped.target();
  target.pixels = flipped.bytes.data() + 19 * flipped.row_stride;
  target.row_stride = -flipped.row_stride;
  REQUIRE(colorizer.colorize(scene.view(), target, workspace));
  for (Index y = 0; y < 20; ++y) {
    CHECK(std::memcmp(flipped.pixel(0, 19 - y), expected.pixel(0, y), 90) == 0);
  }
}

TEST_CASE("colorizer: the same bits for any number of threads, and nothing allocated in a call") {
  const Picture scene = make_scene(150, 99);
  const Picture one_thread = colorize(make_colorizer({.threads = 1}), scene);
  for (const int threads : {2, 3, 7})
    CHECK(colorize(make_colorizer({.threads = threads}), scene).bytes == one_thread.bytes);

  const auto colorizer = make_colorizer({.threads = 2});
  auto workspace = colorizer.make_workspace({.h = 99, .w = 150}).value();
  Picture output = make_picture(150, 99, PixelFormat::rgb8);
  REQUIRE(colorizer.colorize(scene.view(), output.target(), workspace));
  const auto before = test::allocations();
  const Status again = colorizer.colorize(scene.view(), output.target(), workspace);
  CHECK(test::allocations() == before);
  CHECK(again.ok());
  CHECK(output.bytes == one_thread.bytes);
}

TEST_CASE(
    "colorizer: a workspace has as many threads as it is asked for, a host's or its own, and says what it takes") {
  struct Host {
    int calls = 0;
    int most_tasks = 0;
  } host;
  const Lender lend = [](void* lent, int tasks, FunctionRef<void(int)> task) {
    auto& seen = *static_cast<Host*>(lent);
    ++seen.calls;
    seen.most_tasks = std::max(seen.most_tasks, tasks);
    for (int i = tasks - 1; i >= 0; --i) task(i);
  };
  // The second network's head is no 1x1 convolution: its mean is a step of the colorizer's, not of the engine's.
  const auto own_mean = test::random_model(
      "network n\ninput x channels=1\nconv2d q out=313 kernel=3 padding=1\noutput q\nhead distribution layer=q\n");
  const Picture scene = make_scene(150, 99);
  for (const bool fused : {true, false}) {
    CAPTURE(fused);
    const auto colorizer =
        fused ? make_colorizer({.threads = 3}) : Colorizer::from_bytes(*own_mean, {.size = 32, .threads = 3}).value();
    const Picture expected = colorize(colorizer, scene);
    CHECK(colorizer.make_workspace({.h = 99, .w = 150}).value().threads() == 3);
    Index bytes = 0;
    for (const int threads : {1, 2, 5}) {
      host = {};
      auto workspace =
          colorizer.make_workspace({.h = 99, .w = 150}, {.threads = threads, .lender = lend, .host = &host}).value();
      CHECK(workspace.threads() == threads);
      CHECK(workspace.bytes() > bytes);  // rows and scratch for each of them
      bytes = workspace.bytes();
      Picture output = make_picture(150, 99, PixelFormat::rgb8);
      REQUIRE(colorizer.colorize(scene.view(), output.target(), workspace));
      CHECK(output.bytes == expected.bytes);
      CHECK(host.most_tasks == (threads > 1 ? threads : 0));
    }
  }
  const auto colorizer = make_colorizer({.threads = 1});
  for (const int wrong : {-1, 1025}) CHECK(!colorizer.make_workspace({.h = 99, .w = 150}, {.threads = wrong}));
}

TEST_CASE("colorizer: a workspace that was moved from is empty, and a call with it an error") {
  const auto colorizer = make_colorizer({.threads = 2});
  auto large = colorizer.make_workspace({.h = 99, .w = 150}).value();
  auto small = colorizer.make_workspace({.h = 8, .w = 10}).value();
  const Picture scene = make_scene(150, 99);
  Picture output = make_picture(150, 99, PixelFormat::rgb8);
  auto moved = std::move(large);
  small = std::move(moved);                                     // what `small` was made of goes
  for (const Colorizer::Workspace* empty : {&large, &moved}) {  // NOLINT(bugprone-use-after-move)
    CHECK(empty->picture() == Extent{0, 0});
    CHECK(empty->working_size() == Extent{0, 0});
    CHECK(empty->threads() == 0);
    CHECK(empty->bytes() == 0);
  }
  for (Colorizer::Workspace* empty : {&large, &moved}) {
    const Status status = colorizer.colorize(scene.view(), output.target(), *empty);
    REQUIRE(!status.ok());
    CHECK(status.error().code == ErrorCode::invalid_argument);
    CHECK(status.error().message() == "the workspace is empty: it was moved from");
  }
  CHECK(output.bytes == make_picture(150, 99, PixelFormat::rgb8).bytes);
  CHECK(colorizer.colorize(scene.view(), output.target(), small));
}

TEST_CASE("colorizer: cameras that share a team get the same picture as alone") {
  const auto colorizer = make_colorizer({.threads = 1});
  const Picture scene = make_scene(40, 30);
  const Picture expected = colorize(colorizer, scene);
  const auto team = SharedTeam::create(2).value();
  std::vector<Picture> outputs(3, make_picture(40, 30, PixelFormat::rgb8));
  std::vector<std::thread> cameras;
  for (Picture& output : outputs) {
    cameras.emplace_back([&] {
      auto workspace = colorizer.make_workspace({.h = 30, .w = 40}, {.team = team});
      if (!workspace || workspace->threads() != 2) return;
      for (int frame = 0; frame < 3; ++frame) (void)colorizer.colorize(scene.view(), output.target(), *workspace);
    });
  }
  for (auto& camera : cameras) camera.join();
  for (const Picture& output : outputs) CHECK(output.bytes == expected.bytes);
}

TEST_CASE("colorizer: a cancelled call leaves the output untouched, and the next one works") {
  const auto colorizer = make_colorizer({.threads = 1});
  const Picture scene = make_scene(40, 30);
  std::atomic<bool> cancel{true};
  auto workspace = colorizer.make_workspace({.h = 30, .w = 40}, {.cancel = &cancel}).value();
  Picture output = make_picture(40, 30, PixelFormat::rgb8);
  const Picture untouched = output;
  const Status status = colorizer.colorize(scene.view(), output.target(), workspace);
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::cancelled);
  CHECK(output.bytes == untouched.bytes);
  cancel = false;
  REQUIRE(colorizer.colorize(scene.view(), output.target(), workspace));
  CHECK(output.bytes == colorize(colorizer, scene).bytes);
}

TEST_CASE("colorizer: precision is an option, and of no effect where float is faster") {
  const auto opened = [](Precision precision) {
    const auto colorizer = Colorizer::open(model_path, {.size = 64, .precision = precision}).value();
    return colorize(colorizer, make_scene(64, 64)).bytes;
  };
  CHECK(opened(Precision::bf16) == opened(Precision::float32));  // of kernels without bf16
  CHECK(!Colorizer::open(model_path, {.precision = static_cast<Precision>(9)}));
  const auto kernels = colorizer_kernels<simd::DefaultArch, true>();
  if (kernels.engine->products(Precision::bf16).precision == Precision::bf16) {
    const auto half = Colorizer::open(model_path, {.size = 64, .precision = Precision::bf16}, kernels).value();
    const auto whole = make_colorizer({.size = 64});
    const Picture scene = make_scene(64, 64);
    const Picture output = colorize(half, scene);
    const Picture expected = colorize(whole, scene);
    CHECK(output.bytes != expected.bytes);
    double sum = 0;  // two digits of the logits: other bits, not another picture
    for (std::size_t i = 0; i < output.bytes.size(); ++i) sum += std::abs(output.bytes[i] - expected.bytes[i]);
    CHECK(sum / static_cast<double>(output.bytes.size()) < 2.0);
  }
}

TEST_CASE("colorizer: opening and making a workspace refuse with an error wherever memory runs out") {
  const auto model = test::random_model(
      "network n\ninput x channels=1\nconv2d a out=16 kernel=3 padding=1\nrelu r\nconv2d q out=313 kernel=1\n"
      "output q\nhead distribution layer=q\n");
  REQUIRE(model);
  const ColorizerOptions options{.size = 16, .threads = 2};
  CHECK(test::refuse_each([&] { return Colorizer::from_bytes(*model, options); }) > 50);
  const auto colorizer = Colorizer::from_bytes(*model, options).value();
  CHECK(test::refuse_each([&] { return colorizer.make_workspace({.h = 10, .w = 20}); }) > 10);
}

TEST_CASE("colorizer: temperature, size and upsampling matter") {
  const Picture scene = make_scene(120, 80);
  const auto base = colorize(make_colorizer({.temperature = 0.38f, .threads = 1}), scene).bytes;
  CHECK(base != colorize(make_colorizer({.temperature = 1.0f, .threads = 1}), scene).bytes);
  CHECK(base != colorize(make_colorizer({.temperature = 0.38f, .size = 64, .threads = 1}), scene).bytes);
  const auto bilinear = make_colorizer({.temperature = 0.38f, .threads = 1, .upsampling = AbUpsampling::bilinear});
  CHECK(base != colorize(bilinear, scene).bytes);
}

TEST_CASE("colorizer: a network that gives ab directly works as well") {
  const auto colorizer =
      Colorizer::open(OCHRE_GOLDEN_DIR "/siggraph17_sixteenth.safetensors", {.size = 32, .threads = 1}).value();
  const Picture scene = make_scene(50, 40);
  CHECK(largest_difference(lightness_of(scene), lightness_of(colorize(colorizer, scene))) <= 0.5);
}

template <class T>
void check_too_large(const Result<T>& refused, const char* part) {
  REQUIRE(!refused);
  INFO(refused.error().message());
  CHECK(refused.error().code == ErrorCode::too_large);
  CHECK(refused.error().message().find(part) != std::string::npos);
}

TEST_CASE("colorizer: a network's output may be larger than its input, in any direction") {
  const char* const enlarging[] = {
      "conv2d ab out=2 kernel=1\nupsample u factor=1x8\noutput u\nhead ab layer=u\n",
      "conv2d ab out=2 kernel=1\nupsample u factor=8x1\noutput u\nhead ab layer=u\n",
      "conv2d ab out=2 kernel=2 padding=1\noutput ab\nhead ab layer=ab\n",
      "conv2d ab out=2 kernel=1\npad p right=37\noutput p\nhead ab layer=p\n",
      "conv_transpose2d ab out=2 kernel=5 stride=3\noutput ab\nhead ab layer=ab\n",
      "conv2d q out=313 kernel=2 padding=1x3\noutput q\nhead distribution layer=q\n",
  };
  for (const std::string layers : enlarging) {
    CAPTURE(layers);
    const auto model = test::random_model("network n\ninput x channels=1\n" + layers).value();
    const auto colorizer = Colorizer::from_bytes(model, {.size = 16, .threads = 2}).value();
    for (const Index width : {1, 16, 50, 131}) {
      const Picture scene = make_scene(width, 23);
      CHECK(largest_difference(lightness_of(scene), lightness_of(colorize(colorizer, scene))) <= 0.5);
    }
  }
}

TEST_CASE("colorizer: random networks of every mixture colour a picture, alike for any number of threads") {
  int sound = 0;
  const Picture scene = make_scene(37, 21);
  const std::vector<Extent> inputs{color::working_size({21, 37}, 8), color::working_size({8, 8}, 8)};
  for (std::uint8_t seed = 0; seed < 120; ++seed) {
    test::Choices choices({&seed, 1});
    const std::string text = test::RandomNetwork(choices, inputs).grow();
    CAPTURE(text);
    const auto model = test::random_model(text);
    if (!model) continue;  // its head did not fit
    ++sound;
    const auto one_thread = Colorizer::from_bytes(*model, {.size = 8, .threads = 1}).value();
    const auto three_threads = Colorizer::from_bytes(*model, {.size = 8, .threads = 3}).value();
    CHECK(colorize(one_thread, scene).bytes == colorize(three_threads, scene).bytes);
  }
  CHECK(sound > 90);
}

TEST_CASE("colorizer: a network that enlarges beyond all measure is refused before its memory is taken") {
  const std::string text =
      "network n\ninput x channels=1\nconv2d ab out=2 kernel=1\nupsample u factor=1x65536\nupsample v factor=1x64\n"
      "output v\nhead ab layer=v\n";
  const auto model = test::random_model(text).value();
  const auto colorizer = Colorizer::from_bytes(model, {.size = 16, .threads = 1});
  const auto workspace =
      colorizer ? colorizer->make_workspace({16, 16}) : Result<Colorizer::Workspace>(colorizer.error());
  REQUIRE(!workspace);
  CHECK(workspace.error().code == ErrorCode::too_large);
}

TEST_CASE("colorizer: a grid that is all width takes no consensus' tables beyond the bound") {
  const auto model = test::random_model(
                         "network n\ninput x channels=1\ndownsample d stride=16x1\nupsample u factor=1x8192\nconv2d q "
                         "out=313 kernel=1\noutput q\n"
                         "head distribution layer=q temperature=1\n")
                         .value();
  // 1 by 131,072 cells: 78 planes take 41 MB of floats, the nearness of all columns to 516 entries 271 MB.
  const auto open = [&](Index memory, bool consensus) {
    return Colorizer::from_bytes(model, {.size = 16, .threads = 1, .consensus = consensus, .memory = memory}).value();
  };
  check_too_large(open(200'000'000, true).make_workspace({16, 16}), "ColorizerOptions::memory allows more");
  CHECK(open(200'000'000, false).make_workspace({16, 16}));
  const auto workspace = open(600'000'000, true).make_workspace({16, 16});
  REQUIRE(workspace);
  CHECK(workspace->bytes() > 270'000'000);
}

TEST_CASE("colorizer: what a network takes is bounded, unless the caller says how much there is") {
  const char* const claims[] = {
      "conv2d ab out=2 kernel=1\nupsample u factor=200\noutput u\nhead ab layer=u\n",        // the colours
      "conv2d ab out=2 kernel=2 dilation=8192 padding=4096\noutput ab\nhead ab layer=ab\n",  // the border
      "upsample u factor=300\ndownsample d stride=300\nconv2d ab out=2 kernel=1\noutput ab\nhead ab "
      "layer=ab\n",
      "conv2d a out=2 kernel=1\nconv_transpose2d ab out=2 kernel=300 groups=2\noutput ab\nhead ab "
      "layer=ab\n",  // scratch
  };
  for (const std::string layers : claims) {
    CAPTURE(layers);
    const auto model = test::random_model("network n\ninput x channels=1\n" + layers).value();
    const auto by_default = Colorizer::from_bytes(model, {.size = 16, .threads = 1}).value();
    check_too_large(by_default.make_workspace({16, 16}), "ColorizerOptions::memory allows more");
    const auto allowed = Colorizer::from_bytes(model, {.size = 16, .threads = 1, .memory = 2'000'000'000}).value();
    CHECK(allowed.make_workspace({16, 16}));
  }
}

TEST_CASE("colorizer: a file's own working size counts up to a limit, the caller's as it is") {
  const std::string text =
      "network n\ninput x channels=1\nupsample a factor=16\ndownsample b stride=16\n"
      "conv2d ab out=2 kernel=1\noutput ab\nhead ab layer=ab\n";
  const auto own = test::random_model(text, {{"size", "1280"}}).value();
  CHECK(!Colorizer::from_bytes(own, {.threads = 1})->make_workspace({100, 100}));
  CHECK(Colorizer::from_bytes(own, {.size = 1280, .threads = 1})->make_workspace({100, 100}));
}

TEST_CASE("colorizer: weights that packing would blow up are refused before they are packed") {
  const auto model = test::random_model(
      "network n\ninput x channels=1\nconv2d a out=1 kernel=1\nrelu r\nconv2d b out=1 kernel=901 padding=450\n"
      "conv2d ab out=2 kernel=1\noutput ab\nhead ab layer=ab\n");
  check_too_large(Colorizer::from_bytes(*model, {.size = 16, .threads = 1}), "packed weights");
}

TEST_CASE("colorizer: the workspace of one that is gone is refused by its successor") {
  const auto model =
      test::random_model("network n\ninput x channels=1\nconv2d ab out=2 kernel=1\noutput ab\nhead ab layer=ab\n");
  const auto other = test::random_model(
      "network n\ninput x channels=1\nconv2d ab out=2 kernel=3 padding=1\noutput ab\nhead ab layer=ab\n");
  const Picture scene = make_scene(10, 8);
  for (int i = 0; i < 50; ++i) {
    auto first = std::make_unique<Colorizer>(Colorizer::from_bytes(*model, {.size = 16, .threads = 1}).value());
    auto workspace = first->make_workspace({.h = 8, .w = 10}).value();
    first.reset();
    const auto second = Colorizer::from_bytes(*other, {.size = 16, .threads = 1}).value();
    Picture output = make_picture(10, 8, PixelFormat::rgb8);
    const Status status = second.colorize(scene.view(), output.target(), workspace);
    REQUIRE(!status.ok());
    CHECK(status.error().message() == "the workspace was made by another engine");
  }
}

TEST_CASE("colorizer: layers that do not fit are the model's fault, not the caller's") {
  const auto model = test::random_model(
      "network n\ninput x channels=1\ndownsample d stride=2\nconv2d a out=1 kernel=1 from=x\nadd s from=a,d\n"
      "conv2d ab out=2 kernel=1\noutput ab\nhead ab layer=ab\n");
  const auto refused = Colorizer::from_bytes(*model, {.size = 16, .threads = 1});
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::mismatch);
}

TEST_CASE("colorizer: working size") {
  CHECK(color::working_size({480, 640}, 256) == Extent{256, 336});
  CHECK(color::working_size({1, 1}, 256) == Extent{256, 256});
  CHECK(color::working_size({1, 100000}, 256) == Extent{16, 1024});
  CHECK(color::working_size({6000, 8000}, 256) == Extent{256, 336});
  CHECK(color::working_size({100, 99}, 8) == Extent{16, 16});
}

TEST_CASE("colorizer: a model file of another SHA-256 than is asked for is refused") {
  const std::string right = sha256_hex(MappedFile::open(model_path).value().bytes());
  CHECK(Colorizer::open(model_path, {.size = 32, .sha256 = ExpectedSha256{right}}));
  std::string wrong = right;
  wrong[63] = wrong[63] == '0' ? '1' : '0';
  const auto refused = Colorizer::open(model_path, {.sha256 = ExpectedSha256{wrong}});
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::mismatch);
  CHECK(refused.error().message() == model_path + ": found SHA-256 " + right + ", expected " + wrong);
  for (const std::string none : {"", "12", "zz"}) {
    const auto no_hash = Colorizer::open(model_path, {.sha256 = ExpectedSha256{none}});
    REQUIRE(!no_hash);
    CHECK(no_hash.error().code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("colorizer: options out of range and wrong calls are errors that say what is wrong") {
  const auto refused = [](const ColorizerOptions& options, const char* what) {
    const auto colorizer = Colorizer::open(model_path, options);
    REQUIRE(!colorizer);
    INFO(colorizer.error().message());
    CHECK(colorizer.error().message().find(what) != std::string::npos);
    CHECK(colorizer.error().message().find(model_path) != std::string::npos);
  };
  refused({.temperature = 0.0f}, "temperature 0");
  refused({.temperature = std::nanf("")}, "temperature");
  refused({.saturation = -1.0f}, "saturation -1");
  refused({.size = 7}, "working size 7");
  refused({.size = 100000}, "working size 100000");
  refused({.threads = -1}, "-1 threads");
  refused({.upsampling = static_cast<AbUpsampling>(7)}, "upsampling 7");
  CHECK(Colorizer::open("/no/such/file").error().message().find("/no/such/file") != std::string::npos);

  const auto colorizer = make_colorizer({.threads = 1});
  CHECK(!colorizer.make_workspace({.h = 5, .w = 0}));
  auto workspace = colorizer.make_workspace({.h = 8, .w = 10}).value();
  const Picture scene = make_scene(10, 8);
  Picture output = make_picture(10, 8, PixelFormat::rgb8);
  const auto fails = [&](PictureView input, MutablePictureView target, const char* what) {
    const Status status = colorizer.colorize(input, target, workspace);
    REQUIRE(!status.ok());
    INFO(status.error().message());
    CHECK(status.error().message().find(what) != std::string::npos);
  };
  PictureView input = scene.view();
  input.pixels = nullptr;
  fails(input, output.target(), "input: the pixel pointer is null");
  input = scene.view();
  input.row_stride = 9;
  fails(input, output.target(), "input: the row stride is 9 bytes, but a row has 10");
  input = scene.view();
  input.height = 0;
  fails(input, output.target(), "10x0");
  input = scene.view();
  input.width = Index{1} << 62;
  fails(input, output.target(), "but a row has 4611686018427387904");
  input = scene.view();
  input.height = 7;
  fails(input, output.target(), "the workspace was made for 10x8");
  MutablePictureView target = output.target();
  target.format = PixelFormat::gray8;
  fails(scene.view(), target, "expected RGB or RGBA");
  target.format = static_cast<PixelFormat>(8);
  fails(scene.view(), target, "output: pixel format 8");
  input = scene.view();
  input.format = static_cast<PixelFormat>(255);
  fails(input, output.target(), "input: pixel format 255");
  CHECK(output.bytes == make_picture(10, 8, PixelFormat::rgb8).bytes);  // untouched by all of these
}

TEST_CASE("colorizer: 0 threads are as many as this process may use") {
  CHECK(make_colorizer({.threads = 0}).threads() == platform::available_processors());
}

TEST_CASE("colorizer: a network whose colours are not numbers fails, and never gives a grey picture instead") {
  // Finite weights, infinite results: the logits overflow.
  const std::string text =
      "network n\ninput x channels=1\nscale big factor=1e38\nscale bigger factor=1e38\nconv2d a out=2 kernel=1 "
      "bias=false\noutput a\nhead ab layer=a\n";
  const float weights[2] = {1.0f, -1.0f};
  const auto data = little_endian_bytes(weights);
  const TensorEntry tensor{"a.weight", Dtype::f32, {2, 1, 1, 1}, data};
  const auto bytes = write_safetensors({&tensor, 1}, {{"format", "ochre 1"}, {"network", text}}).value();
  const auto colorizer = Colorizer::from_bytes(bytes, {.threads = 1}).value();
  auto workspace = colorizer.make_workspace({.h = 8, .w = 10}).value();
  const Picture scene = make_scene(10, 8);
  Picture output = make_picture(10, 8, PixelFormat::rgb8);
  const Status status = colorizer.colorize(scene.view(), output.target(), workspace);
  REQUIRE(!status.ok());
  CHECK(status.error().message().find("not a number") != std::string::npos);
}

}  // namespace
