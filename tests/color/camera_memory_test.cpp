// What a camera's memory keeps of pictures: cell by cell at first, then pressed; and how it knows a place again.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/camera_memory.hpp>
#include "support/at.hpp"
#include "support/made_up_place.hpp"
#include "support/text.hpp"

namespace camera_memory_test {

namespace {

using ochre::CameraMemory;
using ochre::ErrorCode;
using ochre::Extent;
using ochre::Index;
using ochre::MemoryEntry;
using ochre::RandomNumbers;
using ochre::Reference;
using ochre::Status;
using ochre::color::MemoryNumbers;
using ochre::test::at;
using ochre::test::contains;
using ochre::test::MadeUpPlace;
using ochre::test::memory_of;
using ochre::test::MemoryParts;
using ochre::test::picture_of;

constexpr Extent wide_grid{64, 64};  // two of these are most_entries cells

// Every cell looks like no other, so that blocks fill up.
MadeUpPlace confetti(Extent grid) { return {.seed = 3, .grid = grid, .depth = 24, .feature_noise = 4}; }

double cells_seen(const CameraMemory& memory) {
  double sum = 0;
  for (const MemoryEntry& entry : memory.entries()) sum += static_cast<double>(entry.seen);
  return sum;
}

Index fullest_block(const CameraMemory& memory) {
  std::vector<Index> counts(at(MemoryNumbers::blocks * MemoryNumbers::blocks));
  for (const MemoryEntry& entry : memory.entries()) {
    const auto block = [](float place) {
      return static_cast<Index>(std::floor(place * static_cast<float>(MemoryNumbers::blocks)));
    };
    ++counts.at(at(block(entry.y) * MemoryNumbers::blocks + block(entry.x)));
  }
  return *std::max_element(counts.begin(), counts.end());
}

// How far the longest and the shortest key are from length 1.
double worst_length(const CameraMemory& memory) {
  double worst = 0;
  for (std::size_t first = 0; first < memory.keys().size(); first += at(memory.depth())) {
    double squares = 0;
    for (std::size_t d = 0; d < at(memory.depth()); ++d) {
      squares += static_cast<double>(memory.keys()[first + d]) * static_cast<double>(memory.keys()[first + d]);
    }
    const double off = std::abs(std::sqrt(squares) - 1);
    if (!(off <= worst)) return off;
    worst = std::max(worst, off);
  }
  return worst;
}

void check_pressed(const CameraMemory& memory, Index cells) {
  CHECK(memory.totals().pressed);
  CHECK(static_cast<Index>(memory.entries().size()) <= MemoryNumbers::most_entries);
  CHECK(memory.keys().size() == memory.entries().size() * at(memory.depth()));
  CHECK(fullest_block(memory) <= MemoryNumbers::most_in_block);
  CHECK(cells_seen(memory) == static_cast<double>(cells));  // whole numbers below 2^24: exact
  CHECK(worst_length(memory) < 1e-6);
}

// Each entry has the colour of the kind of surface that it looks like most; how far off the worst is.
double worst_color(const CameraMemory& memory, const MadeUpPlace& place) {
  double worst = 0;
  for (std::size_t i = 0; i < memory.entries().size(); ++i) {
    const float* key = memory.keys().data() + i * at(memory.depth());
    const Index kind = std::max_element(key, key + MadeUpPlace::kinds) - key;
    const MemoryEntry& entry = memory.entries()[i];
    worst = std::max(
        worst, std::hypot(static_cast<double>(entry.a) - place.a(kind), static_cast<double>(entry.b) - place.b(kind)));
  }
  return worst;
}

// One cell of that colour over its L + 16.
Reference one_cell(float a, float b) {
  Reference reference = picture_of({.grid = {1, 1}, .depth = 1}, 0);
  reference.keys = {1.0f};
  reference.lightness = {50.0f};
  reference.a = {66.0f * a};
  reference.b = {66.0f * b};
  return reference;
}

void add_or_fail(CameraMemory& memory, const Reference& reference) {
  const Status status = memory.add(reference);
  REQUIRE(status.ok());
}

void check_mismatch(const Status& status, const char* part) {
  REQUIRE(!status.ok());
  CAPTURE(status.error().message());
  CHECK(status.error().code == ErrorCode::mismatch);
  CHECK(contains(status.error().message(), part));
}

}  // namespace

TEST_CASE("camera memory: one picture is kept cell by cell") {
  const Reference reference = picture_of({.grid = {7, 19}}, 0);
  CameraMemory memory;
  CHECK(memory.is_empty());
  CHECK(memory.likeness(reference) == 0);
  add_or_fail(memory, reference);
  CHECK_FALSE(memory.totals().pressed);
  CHECK(memory.frames() == 1);
  CHECK(memory.depth() == reference.depth);
  CHECK(memory.totals().model == reference.model);
  CHECK(memory.keys() == reference.keys);
  REQUIRE(memory.entries().size() == 7 * 19);
  for (const std::size_t cell : {std::size_t{0}, std::size_t{18}, std::size_t{19}, std::size_t{7 * 19 - 1}}) {
    CAPTURE(cell);
    const MemoryEntry& entry = memory.entries()[cell];
    const float shade = reference.lightness[cell] + 16.0f;
    CHECK(entry.y == doctest::Approx((static_cast<double>(cell / 19) + 0.5) / 7));
    CHECK(entry.x == doctest::Approx((static_cast<double>(cell % 19) + 0.5) / 19));
    CHECK(entry.lightness == reference.lightness[cell]);
    CHECK(entry.a == doctest::Approx(reference.a[cell] / shade));
    CHECK(entry.b == doctest::Approx(reference.b[cell] / shade));
    CHECK(entry.seen == 1.0f);
  }
}

TEST_CASE("camera memory: as many cells as fit are kept; one picture more, and all are pressed") {
  const MadeUpPlace place = confetti(wide_grid);
  CameraMemory memory = memory_of(place, 2);
  CHECK_FALSE(memory.totals().pressed);
  CHECK(static_cast<Index>(memory.entries().size()) == MemoryNumbers::most_entries);
  add_or_fail(memory, picture_of(place, 2));
  check_pressed(memory, 3 * 64 * 64);
  CHECK(fullest_block(memory) == MemoryNumbers::most_in_block);  // so the limit was met
  add_or_fail(memory, picture_of(place, 3));
  check_pressed(memory, 4 * 64 * 64);
}

TEST_CASE("camera memory: a single picture of more cells than are kept is pressed") {
  CameraMemory memory = memory_of(confetti({96, 96}), 1);
  CHECK(memory.frames() == 1);
  check_pressed(memory, 96 * 96);
}

TEST_CASE("camera memory: pressing is not mixing: what was shown again keeps its colours") {
  const MadeUpPlace place{.grid = {96, 96}, .depth = 10, .feature_noise = 0.02};
  CameraMemory memory = memory_of(place, 2);
  check_pressed(memory, 2 * 96 * 96);
  CHECK(memory.entries().size() < 2000);  // a few kinds a block
  // Two float roundings a cell joined, of some hundred: 1e-5 of colours of 0.2.
  CHECK(worst_color(memory, place) < 1e-5);
}

TEST_CASE("camera memory: a passer-by in one frame of ten leaves the ground its colour") {
  const MadeUpPlace place{.grid = wide_grid, .depth = 10, .feature_noise = 0.02};
  CameraMemory memory;
  for (std::uint64_t moment = 0; moment < 10; ++moment) {
    Reference frame = picture_of(place, moment);
    for (Index cell = 0; moment == 6 && cell < 64 * 64; ++cell) {
      const bool passes = cell / 64 >= 20 && cell / 64 < 24 && cell % 64 >= 33 && cell % 64 < 35;
      if (!passes) continue;
      float* key = frame.keys.data() + cell * frame.depth;
      std::fill_n(key, frame.depth, std::sqrt(0.1f));  // like every kind, and none
      frame.a[at(cell)] = 80;
      frame.b[at(cell)] = 60;
    }
    add_or_fail(memory, frame);
  }
  check_pressed(memory, 10 * 64 * 64);
  double passer_by = 0;
  double worst = 0;
  for (std::size_t i = 0; i < memory.entries().size(); ++i) {
    const MemoryEntry& entry = memory.entries()[i];
    const float* key = memory.keys().data() + i * 10;
    const Index kind = std::max_element(key, key + MadeUpPlace::kinds) - key;
    if (key[kind] < 0.5f) {
      passer_by += static_cast<double>(entry.seen);
      CHECK(entry.frames == 1);  // however many cells it has
      CHECK(entry.last == 7);
      CHECK(memory.presence(i) == doctest::Approx(0.04));
      continue;
    }
    CHECK(memory.presence(i) == 1);  // what was there in half of the pictures and more
    CHECK(entry.last == 10);
    worst = std::max(
        worst, std::hypot(static_cast<double>(entry.a) - place.a(kind), static_cast<double>(entry.b) - place.b(kind)));
  }
  CHECK(passer_by == 8);
  CHECK(worst < 1e-5);
}

TEST_CASE("camera memory: where a block is full, passers-by join each other before the ground") {
  // Ground that a thousand frames showed, and 31 things that are unlike it and each other; then one more of these, a
  // little like the ground. Two things cost n·m/(n + m) = 1/2 of their distance, a thing and the ground all of it.
  CameraMemory full = memory_of({.grid = {1, 1}, .depth = 64}, 1);
  MemoryParts parts(full);
  parts.totals.pressed = true;
  parts.entries.assign(at(MemoryNumbers::most_in_block), MemoryEntry{.y = 0.5f, .x = 0.5f, .lightness = 50});
  parts.entries[0].seen = 1000;
  parts.entries[0].a = 0.1f;
  parts.keys.assign(at(MemoryNumbers::most_in_block * 64), 0.0f);
  for (std::size_t i = 0; i < at(MemoryNumbers::most_in_block); ++i) parts.keys[i * 64 + i] = 1.0f;
  CameraMemory memory = parts.memory().value();
  Reference thing = picture_of({.grid = {1, 1}, .depth = 64}, 0);
  thing.lightness = {50};
  thing.a = {-66.0f};
  thing.b = {0.0f};
  thing.keys.assign(64, 0.0f);
  thing.keys[0] = 0.28f;
  thing.keys[63] = 0.96f;
  add_or_fail(memory, thing);
  REQUIRE(memory.entries().size() == at(MemoryNumbers::most_in_block));
  CHECK(memory.entries()[0].seen == 1000);
  CHECK(memory.entries()[0].a == 0.1f);
  CHECK(cells_seen(memory) == 999 + static_cast<double>(MemoryNumbers::most_in_block) + 1);
  CHECK(worst_length(memory) < 1e-6);
}

TEST_CASE("camera memory: the cast is the median of all frames'; what is above it is taken out") {
  CameraMemory memory;
  const auto last = [&]() -> const MemoryEntry& { return memory.entries().back(); };
  add_or_fail(memory, one_cell(0.3f, 0.4f));  // alone, a frame is its own median
  CHECK(memory.cast() == doctest::Approx(0.5));
  CHECK(last().a == doctest::Approx(0.3));
  CHECK(last().b == doctest::Approx(0.4));
  add_or_fail(memory, one_cell(0.0f, 0.1f));
  add_or_fail(memory, one_cell(0.1f, 0.0f));
  CHECK(memory.cast() == doctest::Approx(0.1));
  CHECK(last().a == doctest::Approx(0.1));  // below the usual: as it is
  add_or_fail(memory, one_cell(0.0f, 0.1f));
  add_or_fail(memory, one_cell(0.3f, -0.4f));  // to the usual cast, which is above the median
  CHECK(last().a == doctest::Approx(0.3 * 0.17 / 0.5));
  CHECK(last().b == doctest::Approx(-0.4 * 0.17 / 0.5));
  for (int i = 0; i < 6; ++i) add_or_fail(memory, one_cell(0.0f, 0.3f));  // and to a median above the usual
  CHECK(memory.cast() == doctest::Approx(0.3));
  CHECK(last().b == doctest::Approx(0.3));
  add_or_fail(memory, one_cell(0.3f, -0.4f));
  CHECK(last().a == doctest::Approx(0.3 * 0.3 / 0.5));
  CHECK(last().b == doctest::Approx(-0.4 * 0.3 / 0.5));
}

TEST_CASE("camera memory: the same place is known again, another is not") {
  const MadeUpPlace place{.seed = 8, .grid = {32, 40}};
  const CameraMemory memory = memory_of(place, 3);
  const Reference later = picture_of(place, 77);
  CHECK(memory.likeness(later) > 0.9);
  CHECK(memory.shows_place(later));
  Reference darker = later;
  for (float& lightness : darker.lightness) lightness *= 0.6f;
  CHECK(memory.likeness(darker) == doctest::Approx(memory.likeness(later)).epsilon(1e-4));
  const Reference elsewhere = picture_of({.seed = 9, .grid = {32, 40}}, 77);
  CHECK(memory.likeness(elsewhere) < MemoryNumbers::same_place);
  CHECK_FALSE(memory.shows_place(elsewhere));
  Reference inverted = later;
  for (float& lightness : inverted.lightness) lightness = 100.0f - lightness;
  CHECK(memory.likeness(inverted) < -0.9);
  Reference fog = later;
  for (float& lightness : fog.lightness) lightness = 70.0f;
  CHECK(std::abs(memory.likeness(fog)) < 0.1);
}

TEST_CASE("camera memory: correlation") {
  const float rising[] = {1, 2, 3, 4};
  const float falling[] = {8, 6, 4, 2};
  const float flat[] = {5, 5, 5, 5};
  const float even[] = {1, -1, -1, 1};
  CHECK(ochre::color::correlation(rising, rising, 4) == doctest::Approx(1));
  CHECK(ochre::color::correlation(rising, falling, 4) == doctest::Approx(-1));
  CHECK(ochre::color::correlation(rising, even, 4) == doctest::Approx(0));
  CHECK(ochre::color::correlation(rising, flat, 4) == 0);
  CHECK(ochre::color::correlation(flat, flat, 4) == 0);
  CHECK(ochre::color::correlation(rising, falling, 1) == 0);
}

TEST_CASE("camera memory: a detail is what a cell is lighter by than the 9 by 9 around it, within the grid") {
  std::vector<float> lightness(20 * 20, 10.0f);
  lightness[10 * 20 + 10] = 91.0f;
  lightness[0] = 35.0f;
  std::vector<float> scratch(400);
  std::vector<float> detail(400);
  ochre::color::lightness_detail(lightness.data(), {20, 20}, scratch.data(), detail.data());
  CHECK(detail[10 * 20 + 10] == doctest::Approx(80));  // 81 − 81/81
  CHECK(detail[10 * 20 + 14] == doctest::Approx(-1));
  CHECK(detail[10 * 20 + 15] == doctest::Approx(0));
  CHECK(detail[0] == doctest::Approx(24));  // 25 − 25/25: of 5 by 5 cells
  CHECK(detail[4 * 20 + 4] == doctest::Approx(-25.0 / 81));
  CHECK(detail[4 * 20 + 5] == doctest::Approx(0));
}

TEST_CASE("camera memory: the geometric median of colours") {
  using ochre::color::geometric_median_chroma;
  CHECK(geometric_median_chroma({0.3f}, {0.4f}) == doctest::Approx(0.5));
  CHECK(geometric_median_chroma({0, 0}, {0, 0}) == 0);
  // The diagonals' crossing of a quadrilateral: (0, 1) to (4, 1) and (1, 0) to (1, 3).
  CHECK(geometric_median_chroma({0, 4, 1, 1}, {1, 1, 0, 3}) == doctest::Approx(std::sqrt(2.0)).epsilon(1e-4));
  // An equilateral triangle's middle.
  const float height = static_cast<float>(std::sqrt(3.0));
  CHECK(geometric_median_chroma({0, 2, 1}, {0, 0, height}) ==
        doctest::Approx(std::hypot(1.0, std::sqrt(3.0) / 3)).epsilon(1e-4));
  // 70 of 100 agree: these it is, be the others what they will. So many at 0, where the search begins, do not hold it.
  RandomNumbers random(5);
  for (const double size : {0.0, 1.0, 1000.0}) {
    std::vector<float> a(100, 0.06f);
    std::vector<float> b(100, -0.08f);
    for (std::size_t i = 0; i < 30; ++i) {
      a[3 * i] = static_cast<float>(size * random.uniform());
      b[3 * i] = static_cast<float>(size * (1 + random.uniform()));
    }
    CAPTURE(size);
    CHECK(geometric_median_chroma(a, b) == doctest::Approx(0.1).epsilon(1e-4));
  }
}

TEST_CASE("camera memory: pictures of another model and what is no picture are refused by name") {
  CameraMemory memory = memory_of({}, 1);
  const std::vector<float> keys = memory.keys();
  Reference reference = picture_of({}, 1);
  reference.model = std::string(64, 'd');
  check_mismatch(memory.add(reference), "dddd, expected those of cccc");
  check_mismatch(memory.add(picture_of({.depth = 13}, 1)), "expected those of cccc");
  const auto refuses = [&](const auto& spoil, const char* part = "its planes are not of one grid") {
    reference = picture_of({}, 1);
    spoil(reference);
    check_mismatch(memory.add(reference), part);
    CameraMemory fresh;
    check_mismatch(fresh.add(reference), part);
  };
  refuses([](Reference& spoiled) { spoiled.keys.pop_back(); }, "keys of another grid");
  refuses([](Reference& spoiled) { spoiled.keys[7] = NAN; }, "a feature is not a number");
  refuses([](Reference& spoiled) { spoiled.own_a[7] = INFINITY; }, "a colour or lightness is not a number");
  refuses([](Reference& spoiled) { spoiled.depth = 0; }, "with keys of 0");
  refuses([](Reference& spoiled) { spoiled.depth = 65; }, "with keys of 65");
  refuses([](Reference& spoiled) { spoiled.grid = {-1, -1}; }, "a grid of -1x-1");
  refuses([](Reference& spoiled) { spoiled.lightness.pop_back(); });
  refuses([](Reference& spoiled) { spoiled.a.pop_back(); });
  refuses([](Reference& spoiled) { spoiled.b.push_back(0); });
  refuses([](Reference& spoiled) { spoiled.own_a.clear(); });
  refuses([](Reference& spoiled) { spoiled.own_b.pop_back(); });
  refuses([](Reference& spoiled) { spoiled.grid = {16, 15}; });
  refuses([](Reference& spoiled) { spoiled = Reference{}; }, "a grid of 0x0");
  CHECK(memory.frames() == 1);  // and nothing of them was learned
  CHECK(memory.keys() == keys);
  CHECK(memory.add(picture_of({}, 1)).ok());
}

TEST_CASE("camera memory: knows the pictures that it learned last, and the hours") {
  CameraMemory memory;
  Reference reference = picture_of({.grid = {2, 3}}, 0);
  add_or_fail(memory, reference);
  CHECK_FALSE(memory.knows(0));  // the name of nothing
  CHECK(memory.totals().names.empty());
  CHECK(memory.totals().hours == 0);
  reference.name = ~std::uint64_t{0};
  reference.hour = 23;
  add_or_fail(memory, reference);
  CHECK(memory.knows(~std::uint64_t{0}));
  CHECK_FALSE(memory.knows(1));
  for (const int hour : {0, 24, 1000, -5}) {
    reference.hour = hour;
    add_or_fail(memory, reference);
  }
  CHECK(memory.totals().hours == (1u << 23 | 1u));
}

TEST_CASE("camera memory: names and casts are bounded") {
  MemoryParts parts(memory_of({.grid = {1, 1}, .depth = 1}, 1));
  for (std::uint64_t name = 1; name <= MemoryNumbers::most_names; ++name) parts.totals.names.push_back(name);
  parts.totals.casts.clear();
  for (std::size_t i = 0; i < MemoryNumbers::most_names; ++i) {
    parts.totals.casts.push_back(i % 2 == 0 ? 0.125f : 0.5f);
  }
  CameraMemory memory = parts.memory().value();
  CHECK(memory.knows(1));
  Reference reference = one_cell(0, 0);
  reference.name = 7'000'000;
  add_or_fail(memory, reference);
  CHECK(memory.totals().names.size() == MemoryNumbers::most_names);
  CHECK_FALSE(memory.knows(1));  // the first is forgotten
  CHECK(memory.knows(2));
  CHECK(memory.knows(7'000'000));
  CHECK(memory.totals().casts.size() == MemoryNumbers::most_names / 2 + 1);
  CHECK(memory.cast() == 0.125f);  // every second one stayed
}

TEST_CASE("camera memory: how strong the network's own colours are shown") {
  CameraMemory memory;
  CHECK(memory.own_factor() == 1);
  Reference reference = one_cell(0.1f, -0.1f);
  const auto factor = [&](float own_a, float own_b) {
    CameraMemory fresh;
    reference.own_a = {own_a};
    reference.own_b = {own_b};
    add_or_fail(fresh, reference);
    return fresh.own_factor();
  };
  CHECK(factor(13.2f, -13.2f) == doctest::Approx(0.5));
  CHECK(factor(13.2f, 0.0f) == doctest::Approx(0.5));
  CHECK(factor(3.3f, -3.3f) == 1);   // weaker than the true ones: left alone
  CHECK(factor(-13.2f, 0.0f) == 0);  // of another hue: not shown
  CHECK(factor(0, 0) == 1);
}

TEST_CASE("camera memory: pictures of several sizes make one memory") {
  const MadeUpPlace place{.grid = {16, 24}};
  CameraMemory memory = memory_of(place, 1);
  const auto detail = memory.totals().details;
  for (const Extent grid : {Extent{1, 1}, Extent{7, 19}, Extent{100, 3}, Extent{64, 96}, Extent{5, 80}}) {
    add_or_fail(memory, picture_of({.grid = grid}, 1));
    CHECK(memory.totals().grid == place.grid);
    CHECK(memory.totals().details.size() == detail.size());
    for (const float value : memory.totals().details) CHECK(std::abs(value) <= 1.0f);
    const double likeness = memory.likeness(picture_of({.grid = grid}, 2));
    CHECK(std::abs(likeness) <= 1);
  }
  CHECK(memory.frames() == 6);
  CHECK(memory.shows_place(picture_of(place, 1)));
  CHECK(cells_seen(memory) == 16 * 24 + 1 + 7 * 19 + 300 + 64 * 96 + 400);
  add_or_fail(memory, picture_of({.grid = {64, 96}}, 3));
  check_pressed(memory, 16 * 24 + 1 + 7 * 19 + 300 + 2 * 64 * 96 + 400);
}

TEST_CASE("camera memory: the probe is of the middles of 8 by 8 parts of the first picture") {
  const Reference reference = picture_of({.grid = {16, 24}}, 0);
  CameraMemory memory = memory_of({.grid = {16, 24}}, 2);
  REQUIRE(memory.totals().probe_lightness.size() == 64);
  REQUIRE(memory.totals().probe_keys.size() == at(64 * reference.depth));
  const std::size_t cell = 7 * 24 + 16;  // of row 3 and column 5: rows 6 and 7, columns 15 to 17
  CHECK(memory.totals().probe_lightness[3 * 8 + 5] == reference.lightness[cell]);
  for (std::size_t d = 0; d < at(reference.depth); ++d) {
    CHECK(memory.totals().probe_keys[(3 * 8 + 5) * at(reference.depth) + d] ==
          reference.keys[cell * at(reference.depth) + d]);
  }
  CHECK(memory_of({.grid = {1, 1}}, 1).totals().probe_lightness.size() == 64);
}

TEST_CASE("camera memory: parts that do not fit together are refused") {
  const MemoryParts good(memory_of({.grid = {2, 3}}, 1));
  const auto memory = good.memory();
  REQUIRE(memory.has_value());
  CHECK(memory->entries().size() == 6);
  CHECK(memory->keys() == good.keys);
  const auto refuses = [&](const auto& spoil, const char* part) {
    MemoryParts parts = good;
    spoil(parts);
    const auto refused = parts.memory();
    REQUIRE(!refused.has_value());
    CAPTURE(refused.error().message());
    CHECK(refused.error().code == ErrorCode::malformed);
    CHECK(contains(refused.error().message(), part));
  };
  refuses([](MemoryParts& parts) { parts.entries.clear(), parts.keys.clear(); }, "found 0 entries, expected 1 to 8192");
  refuses([](MemoryParts& parts) { parts.entries.pop_back(); }, "keys and entries");
  refuses([](MemoryParts& parts) { parts.keys.pop_back(); }, "keys and entries");
  refuses([](MemoryParts& parts) { parts.depth = 0; }, "keys and entries");
  refuses(
      [](MemoryParts& parts) {
        parts.entries.resize(at(MemoryNumbers::most_entries + 1));
        parts.keys.resize(parts.entries.size() * at(parts.depth));
      },
      "found 8193 entries");
}

}  // namespace camera_memory_test
