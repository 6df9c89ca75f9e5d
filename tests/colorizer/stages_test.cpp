// A colorizer's stages one by one: predict and apply are colorize; the grid between them can be read, changed and
// replaced; features and distribution are those that the grid came from.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include <ochre/colorizer_file.hpp>

#include "support/allocations.hpp"
#include "support/consensus_parameters.hpp"
#include "support/golden.hpp"
#include "support/random_network.hpp"
#include "support/scene.hpp"

namespace {

using namespace ochre;
using test::make_picture;
using test::make_scene;
using test::Picture;

const std::string stages_model = OCHRE_GOLDEN_DIR "/eccv16_sixteenth.safetensors";

Colorizer open_stages(ColorizerOptions options = {}) {
  options.size = 32;
  if (options.threads == 0) options.threads = 2;
  return Colorizer::open(stages_model, options).value();
}

Picture apply(const Colorizer& colorizer, const Picture& input, Colorizer::Workspace& workspace,
              const std::optional<AbGridView>& grid = {}) {
  Picture output = make_picture(input.width, input.height, PixelFormat::rgb8);
  const Status status = colorizer.apply(input.view(), output.target(), workspace, grid);
  INFO((status ? std::string() : status.error().message()));
  REQUIRE(status.ok());
  return output;
}

// A copy of a grid that outlives its workspace.
struct Grid {
  std::vector<float> a, b, lightness;
  Index width = 0;
  Index height = 0;

  explicit Grid(const AbGridView& from) : width(from.width), height(from.height) {
    const auto cells = width * height;
    a.assign(from.a, from.a + cells);
    b.assign(from.b, from.b + cells);
    lightness.assign(from.lightness, from.lightness + cells);
  }
  AbGridView view() const { return {a.data(), b.data(), lightness.data(), width, height}; }
};

void check_refused(const Status& status, ErrorCode code, const char* part) {
  REQUIRE(!status.ok());
  INFO(status.error().message());
  CHECK(status.error().code == code);
  CHECK(status.error().message().find(part) != std::string::npos);
}

template <class T>
Status status_of(const Result<T>& result) {
  return result ? Status() : Status(result.error());
}

TEST_CASE("stages: predict and apply are colorize, for every format, and the same bits for any number of threads") {
  for (const auto upsampling : {AbUpsampling::edge_aware, AbUpsampling::bilinear}) {
    for (const int threads : {1, 3}) {
      const auto colorizer = open_stages({.threads = threads, .upsampling = upsampling});
      // The finer grid is half as fine as the network's input, and as fine.
      for (const Extent size : {Extent{31, 53}, Extent{70, 90}}) {
        for (int f = 0; f < 8; ++f) {
          CAPTURE(f);
          const Picture scene = make_scene(size.w, size.h, static_cast<PixelFormat>(f), 3);
          auto whole = colorizer.make_workspace(size).value();
          Picture expected = make_picture(size.w, size.h, PixelFormat::rgb8);
          REQUIRE(colorizer.colorize(scene.view(), expected.target(), whole));
          auto workspace = colorizer.make_workspace(size).value();
          REQUIRE(colorizer.predict(scene.view(), workspace));
          CHECK(apply(colorizer, scene, workspace).bytes == expected.bytes);
          CHECK(apply(colorizer, scene, workspace).bytes == expected.bytes);  // as often as one likes
          CHECK(apply(colorizer, scene, workspace, Grid(workspace.grid()).view()).bytes == expected.bytes);
        }
      }
    }
  }
}

TEST_CASE("stages: the grid has the network's size, the mean lightness of each cell, and the saturation in it") {
  const auto colorizer = open_stages();
  auto workspace = colorizer.make_workspace({64, 64}).value();
  const AbGridView before = workspace.grid();
  CHECK(before.width == 8);  // a quarter of the working size
  CHECK(before.height == 8);
  for (Index i = 0; i < 64; ++i) CHECK((before.a[i] == 0.0f && before.b[i] == 0.0f));

  Picture halves = make_picture(64, 64, PixelFormat::gray8);  // 100 to the left, 200 to the right
  for (Index i = 0; i < 64 * 64; ++i) halves.bytes[static_cast<std::size_t>(i)] = i % 64 < 32 ? 100 : 200;
  REQUIRE(colorizer.predict(halves.view(), workspace));
  const Grid once(workspace.grid());
  for (Index i = 0; i < 64; ++i) {
    const float expected = color::gray8_lightness[i % 8 < 4 ? 100 : 200];
    CHECK(std::fabs(once.lightness[static_cast<std::size_t>(i)] - expected) < 1e-3f);
  }
  const auto twice = open_stages({.saturation = 2.0f});
  auto strong = twice.make_workspace({64, 64}).value();
  REQUIRE(twice.predict(halves.view(), strong));
  const AbGridView doubled = strong.grid();
  for (Index i = 0; i < 64; ++i) CHECK(doubled.a[i] == 2 * once.a[static_cast<std::size_t>(i)]);
}

TEST_CASE("stages: what the caller does to the grid is what is shown") {
  const auto colorizer = open_stages();
  const Picture scene = make_scene(60, 44);
  auto workspace = colorizer.make_workspace({.h = 44, .w = 60}).value();
  const Picture untouched = apply(colorizer, scene, workspace);  // before any predict
  for (Index i = 0; i < 60 * 44; ++i) {
    for (Index c = 0; c < 3; ++c)
      REQUIRE(untouched.bytes[static_cast<std::size_t>(3 * i + c)] == scene.bytes[static_cast<std::size_t>(i)]);
  }
  REQUIRE(colorizer.predict(scene.view(), workspace));
  const Picture colored = apply(colorizer, scene, workspace);
  CHECK(colored.bytes != untouched.bytes);
  const MutableAbGridView grid = workspace.grid();
  std::fill_n(grid.a, grid.width * grid.height, 0.0f);
  std::fill_n(grid.b, grid.width * grid.height, 0.0f);
  CHECK(apply(colorizer, scene, workspace).bytes == untouched.bytes);

  // Another grid, of another size: one colour for the whole picture.
  const float a = 30.0f;
  const float b = -20.0f;
  const float lightness = 50.0f;
  const Picture flat = apply(colorizer, scene, workspace, AbGridView{&a, &b, &lightness, 1, 1});
  for (Index i = 0; i < 60 * 44; ++i) {
    const float own = color::gray8_lightness[scene.bytes[static_cast<std::size_t>(i)]];
    std::uint8_t rgb[3];
    color::lab_to_srgb_row(&own, &a, &b, 1, static_cast<std::uint8_t*>(rgb), PixelFormat::rgb8);
    for (Index c = 0; c < 3; ++c) {
      // A mean of equal values rounds.
      REQUIRE(std::abs(flat.bytes[static_cast<std::size_t>(3 * i + c)] - rgb[c]) <= 1);
    }
  }
}

TEST_CASE("stages: a frame between two predictions keeps its own lightness and takes the colours of the last one") {
  const auto colorizer = open_stages();
  const Picture first = make_scene(60, 44);
  Picture second = make_scene(60, 44);
  for (auto& byte : second.bytes) byte = static_cast<std::uint8_t>(byte / 2 + 20);
  auto workspace = colorizer.make_workspace({.h = 44, .w = 60}).value();
  REQUIRE(colorizer.predict(first.view(), workspace));
  const Grid kept(workspace.grid());
  const Picture between = apply(colorizer, second, workspace);
  CHECK(test::largest_difference(test::lightness_of(second), test::lightness_of(between)) <= 0.5);
  REQUIRE(colorizer.predict(second.view(), workspace));
  CHECK(apply(colorizer, second, workspace, kept.view()).bytes == between.bytes);
  CHECK(apply(colorizer, second, workspace).bytes != between.bytes);
}

TEST_CASE("stages: features are what the engine gives for the layer before the classifier") {
  const auto file = MappedFile::open(stages_model).value();
  const auto model = Model::parse(file.bytes()).value();
  const auto& layers = model.network.layers;
  const auto& classifier = layers[static_cast<std::size_t>(model.network.head.layer)];
  const std::string before = layers[static_cast<std::size_t>(classifier.inputs[0])].name;
  const auto engine = load_engine(model, {.layer = before, .input = {1, 0, 32, 32}, .threads = 2}).value();
  auto engine_workspace = engine.make_workspace({.input = {1, 1, 32, 48}}).value();

  const Picture scene = make_scene(90, 60);
  auto input = Tensor<float>::create({1, 1, 32, 48}).value();
  std::vector<float> row(90), averaging(48);
  REQUIRE(color::average_lightness(
      color_kernels<>(), scene.view(),
      {.size = {32, 48}, .values = {input.data(), 32 * 48}, .row = row, .averaging = averaging}));
  if (model.network.normalised_lightness) color::normalise_lightness({input.data(), 32 * 48});
  const auto expected = engine.run(input.view(), engine_workspace).value();

  const auto colorizer = open_stages({.features = true});
  auto workspace = colorizer.make_workspace({.h = 60, .w = 90}).value();
  REQUIRE(workspace.working_size() == Extent{32, 48});
  REQUIRE(colorizer.predict(scene.view(), workspace));
  const auto features = workspace.features().value();
  REQUIRE(features.shape == expected.shape);
  CHECK(std::memcmp(features.data, expected.data, static_cast<std::size_t>(features.shape.size()) * 4) == 0);
  CHECK(workspace.grid().width == features.shape.w);
  CHECK(workspace.grid().height == features.shape.h);
  CHECK(workspace.bytes() > open_stages().make_workspace({.h = 60, .w = 90}).value().bytes());
}

// Of each cell the largest sum of the sizes of a logit's terms, by which its rounding is bounded.
std::vector<double> largest_logit_sizes(TensorView<const float> features) {
  const auto file = MappedFile::open(stages_model).value();
  const auto model = Model::parse(file.bytes()).value();
  const auto& classifier = model.network.layers[static_cast<std::size_t>(model.network.head.layer)];
  const Index channels = classifier.channels[0];
  std::vector<float> weights(static_cast<std::size_t>(color::bin_count * channels));
  std::vector<float> bias(color::bin_count);
  REQUIRE(convert_to(*model.file.find(classifier.name + ".weight"), std::span<float>(weights)));
  REQUIRE(convert_to(*model.file.find(classifier.name + ".bias"), std::span<float>(bias)));
  std::vector<double> largest(static_cast<std::size_t>(features.shape.plane()), 0.0);
  for (Index cell = 0; cell < features.shape.plane(); ++cell) {
    for (Index q = 0; q < color::bin_count; ++q) {
      double size = std::fabs(static_cast<double>(bias[static_cast<std::size_t>(q)]));
      for (Index c = 0; c < channels; ++c) {
        size += std::fabs(static_cast<double>(weights[static_cast<std::size_t>(q * channels + c)]) *
                          static_cast<double>(features.plane(0, c)[cell]));
      }
      double& most = largest[static_cast<std::size_t>(cell)];
      most = std::fmax(most, size);
    }
  }
  return largest;
}

TEST_CASE("stages: the distribution's mean is the grid, at any temperature") {
  const Picture scene = make_scene(90, 60);
  for (const float temperature : {0.2f, 1.0f}) {
    CAPTURE(temperature);
    const auto colorizer =
        open_stages({.temperature = temperature, .saturation = 1.5f, .consensus = false, .features = true});
    auto workspace = colorizer.make_workspace({.h = 60, .w = 90}).value();
    REQUIRE(colorizer.predict(scene.view(), workspace));
    const AbGridView grid = workspace.grid();
    const auto features = workspace.features().value();
    const std::vector<double> sizes = largest_logit_sizes(features);
    std::vector<float> all(static_cast<std::size_t>(color::bin_count * features.shape.plane()));
    REQUIRE(workspace.distribution(all));
    std::vector<float> cell_shares(color::bin_count);
    for (Index cell = 0; cell < features.shape.plane(); ++cell) {
      REQUIRE(workspace.distribution({cell / grid.width, cell % grid.width}, cell_shares));
      double mean[2] = {0, 0};
      double size = 0;
      for (std::size_t q = 0; q < cell_shares.size(); ++q) {
        const float among = all[q * static_cast<std::size_t>(features.shape.plane()) + static_cast<std::size_t>(cell)];
        CHECK(std::fabs(cell_shares[q] - among) <= 1e-4f * among + 1e-30f);
        const double a = static_cast<double>(color::bin_centres.a[q]);
        const double b = static_cast<double>(color::bin_centres.b[q]);
        mean[0] += static_cast<double>(cell_shares[q]) * a;
        mean[1] += static_cast<double>(cell_shares[q]) * b;
        size += static_cast<double>(cell_shares[q]) * std::fmax(std::fabs(a), std::fabs(b));
      }
      // The engine's logits and ours are sums of the same terms in two orders, each off by terms · 2^-24 of their
      // sizes, and all shares by the factor e^(2 · exponent · that); the engine's exponentials are good to 2^-21, and
      // its sums over 320 shares in float to 320 · 2^-24, above and below the line.
      const double exponent = 0.3837641821656743 / static_cast<double>(temperature);
      const double off = static_cast<double>(features.shape.c + 1) * 0x1p-24 * sizes[static_cast<std::size_t>(cell)];
      const double bound = 1.5 * size * (2 * std::expm1(2 * exponent * off) + 640 * 0x1p-24 + 0x1p-20);
      CHECK(std::fabs(1.5 * mean[0] - static_cast<double>(grid.a[cell])) < bound);
      CHECK(std::fabs(1.5 * mean[1] - static_cast<double>(grid.b[cell])) < bound);
      CHECK(bound < 0.01);
    }
  }
}

TEST_CASE("stages: nothing is allocated in a call") {
  const auto colorizer = open_stages({.features = true});
  const Picture scene = make_scene(90, 60);
  Picture output = make_picture(90, 60, PixelFormat::rgb8);
  auto workspace = colorizer.make_workspace({.h = 60, .w = 90}).value();
  std::vector<float> cell_shares(color::bin_count);
  std::vector<float> all(static_cast<std::size_t>(color::bin_count * workspace.grid().width * workspace.grid().height));
  const auto before = test::allocations();
  const Status predicted = colorizer.predict(scene.view(), workspace);
  const Status applied = colorizer.apply(scene.view(), output.target(), workspace);
  const Status distributed = workspace.distribution({0, 0}, cell_shares);
  const Status all_distributed = workspace.distribution(all);
  CHECK(test::allocations() == before);
  CHECK((predicted.ok() && applied.ok() && distributed.ok() && all_distributed.ok()));
}

TEST_CASE("stages: the grid is the consensus of the features and of a narrower distribution, with any threads") {
  const Picture scene = make_scene(90, 60);
  const auto agreeing = open_stages({.temperature = 0.4f, .saturation = 1.5f, .features = true});
  const auto alone = open_stages({.temperature = 0.3f, .consensus = false, .features = true});
  auto workspace = agreeing.make_workspace({.h = 60, .w = 90}, {.threads = 1}).value();
  auto other = alone.make_workspace({.h = 60, .w = 90}).value();
  const auto before = test::allocations();
  const Status predicted = agreeing.predict(scene.view(), workspace);
  CHECK(test::allocations() == before);
  REQUIRE(predicted);
  REQUIRE(alone.predict(scene.view(), other));
  const AbGridView grid = workspace.grid();
  const auto features = workspace.features().value();
  const auto cells = static_cast<std::size_t>(features.shape.plane());
  std::vector<float> shares(color::bin_count * cells);
  REQUIRE(other.distribution(shares));
  std::vector<double> means(3 * cells);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double a = static_cast<double>(color::bin_centres.a[i / cells]);
    const double b = static_cast<double>(color::bin_centres.b[i / cells]);
    means[i % cells] += static_cast<double>(shares[i]) * a;
    means[cells + i % cells] += static_cast<double>(shares[i]) * b;
    means[2 * cells + i % cells] += static_cast<double>(shares[i]) * (a * a + b * b);
  }
  const std::vector<double> inputs(features.data, features.data + features.shape.size());
  const auto parameters =
      test::consensus_parameters({grid.height, grid.width}, features.shape.c, color::ConsensusNumbers::least_block);
  const auto agreed = reference::consensus(parameters, inputs, means);
  // Then the pattern of the cells is evened out (even_grid_test.cpp).
  const std::vector<float> a(agreed.a.begin(), agreed.a.end());
  const std::vector<float> b(agreed.b.begin(), agreed.b.end());
  std::vector<float> even_a(cells);
  std::vector<float> even_b(cells);
  color::even_out({a.data(), b.data(), grid.lightness, grid.width, grid.height}, even_a.data(), even_b.data(), {});
  double worst = 0;
  double largest = 0;
  for (std::size_t i = 0; i < cells; ++i) {
    worst = std::fmax(worst, std::fabs(static_cast<double>(grid.a[i]) - 1.5 * static_cast<double>(even_a[i])));
    worst = std::fmax(worst, std::fabs(static_cast<double>(grid.b[i]) - 1.5 * static_cast<double>(even_b[i])));
    largest = std::fmax(largest, std::fabs(1.5 * static_cast<double>(even_b[i])));
  }
  CHECK(worst < 0.02);  // consensus_test.cpp's tolerance, and the logits' own errors
  CHECK(largest > 1);

  auto more = agreeing.make_workspace({.h = 60, .w = 90}, {.threads = 3}).value();
  REQUIRE(agreeing.predict(scene.view(), more));
  CHECK(std::equal(grid.a, grid.a + cells, more.grid().a));
  CHECK(std::equal(grid.b, grid.b + cells, more.grid().b));
}

TEST_CASE("stages: features that were not asked for, or that there are not yet, are errors") {
  const auto plain = open_stages();
  const Picture scene = make_scene(20, 10);
  auto workspace = plain.make_workspace({.h = 10, .w = 20}).value();
  REQUIRE(plain.predict(scene.view(), workspace));
  std::vector<float> cell_shares(color::bin_count);
  check_refused(status_of(workspace.features()), ErrorCode::invalid_argument, "ColorizerOptions::features");
  check_refused(workspace.distribution({0, 0}, cell_shares), ErrorCode::invalid_argument, "ColorizerOptions::features");

  const auto colorizer = open_stages({.features = true});
  auto kept = colorizer.make_workspace({.h = 10, .w = 20}).value();
  check_refused(status_of(kept.features()), ErrorCode::invalid_argument, "no predict");
  REQUIRE(colorizer.predict(scene.view(), kept));
  REQUIRE(kept.features());
  for (const GridCell cell :
       {GridCell{-1, 0}, GridCell{0, -1}, GridCell{kept.grid().height, 0}, GridCell{0, kept.grid().width}}) {
    check_refused(kept.distribution(cell, cell_shares), ErrorCode::invalid_argument, "of a grid of");
  }
  check_refused(kept.distribution({0, 0}, std::span(cell_shares).first(312)), ErrorCode::invalid_argument,
                "room for 312");
  check_refused(kept.distribution(cell_shares), ErrorCode::invalid_argument, "room for 313");
  auto moved = std::move(kept);
  check_refused(status_of(kept.features()), ErrorCode::invalid_argument, "moved from");
  check_refused(kept.distribution({0, 0}, cell_shares), ErrorCode::invalid_argument, "moved from");
  check_refused(kept.distribution(cell_shares), ErrorCode::invalid_argument, "moved from");
  CHECK(kept.grid().a == nullptr);
  CHECK(moved.distribution({0, 0}, cell_shares));
}

TEST_CASE("stages: a network that gives ab directly may have features, but no distribution") {
  const auto model = test::random_model(
      "network direct\ninput x channels=1\nconv2d a out=7 kernel=3 padding=1\nrelu r\nconv2d ab out=2 kernel=1\n"
      "output ab\nhead ab layer=ab\n");
  const auto colorizer = Colorizer::from_bytes(*model, {.size = 16, .threads = 2, .features = true}).value();
  auto workspace = colorizer.make_workspace({20, 20}).value();
  const Picture scene = make_scene(20, 20);
  REQUIRE(colorizer.predict(scene.view(), workspace));
  CHECK(workspace.features().value().shape == Shape{1, 7, 16, 16});
  std::vector<float> cell_shares(color::bin_count);
  check_refused(workspace.distribution({0, 0}, cell_shares), ErrorCode::unsupported,
                "network direct gives ab directly");

  // A classifier that reads the input itself.
  const auto bare = test::random_model(
      "network bare\ninput x channels=1\nconv2d q out=313 kernel=1\noutput q\nhead distribution layer=q\n");
  const auto barest = Colorizer::from_bytes(*bare, {.size = 16, .threads = 2, .features = true}).value();
  auto own = barest.make_workspace({20, 20}).value();
  REQUIRE(barest.predict(scene.view(), own));
  const auto features = own.features().value();
  REQUIRE(features.shape == Shape{1, 1, 16, 16});
  for (Index i = 0; i < 256; ++i) CHECK(features.data[i] == own.grid().lightness[i]);

  const auto refused = Colorizer::open(OCHRE_GOLDEN_DIR "/siggraph17_sixteenth.safetensors", {.features = true});
  check_refused(status_of(refused), ErrorCode::unsupported, "its colours come from the scale unnormalise");
}

TEST_CASE("stages: grids and pictures that cannot be are refused, the output untouched") {
  const auto colorizer = open_stages();
  const Picture scene = make_scene(20, 10);
  const Picture blank = make_picture(20, 10, PixelFormat::rgb8);
  Picture output = blank;
  auto workspace = colorizer.make_workspace({.h = 10, .w = 20}).value();
  REQUIRE(colorizer.predict(scene.view(), workspace));
  const auto refused = [&](const std::optional<AbGridView>& grid, const char* part) {
    check_refused(colorizer.apply(scene.view(), output.target(), workspace, grid), ErrorCode::invalid_argument, part);
  };
  const AbGridView good = workspace.grid();
  for (const auto plane : {&AbGridView::a, &AbGridView::b, &AbGridView::lightness}) {
    AbGridView bad = good;
    bad.*plane = nullptr;
    refused(bad, "grid: a plane's pointer is null");
    for (const float fault : {NAN, INFINITY, -INFINITY}) {
      Grid faulty(good);
      auto& values = plane == &AbGridView::a ? faulty.a : plane == &AbGridView::b ? faulty.b : faulty.lightness;
      values.back() = fault;
      refused(faulty.view(), "grid: a value is not a number");
    }
  }
  for (const auto& [width, height] : {std::pair<Index, Index>{0, 1}, {1, 0}, {-1, 1}, {(1 << 24) + 1, 1}}) {
    refused(AbGridView{good.a, good.b, good.lightness, width, height}, "grid: the size is");
  }
  workspace.grid().b[0] = NAN;  // the workspace's own as well
  refused({}, "grid: a value is not a number");
  workspace.grid().b[0] = 0.0f;

  const Picture other = make_scene(20, 11);
  check_refused(colorizer.predict(other.view(), workspace), ErrorCode::invalid_argument, "the input is 20x11");
  check_refused(colorizer.apply(other.view(), output.target(), workspace), ErrorCode::invalid_argument,
                "the input is 20x11, the workspace was made for 20x10");
  auto moved = std::move(workspace);
  check_refused(colorizer.predict(scene.view(), workspace), ErrorCode::invalid_argument, "moved from");
  check_refused(colorizer.apply(scene.view(), output.target(), workspace), ErrorCode::invalid_argument, "moved from");
  CHECK(output.bytes == blank.bytes);
}

}  // namespace
