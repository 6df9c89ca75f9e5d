// The recall against its formulas in double, and what it is for: what looks alike gets the colour that it had, what
// does not keeps its own.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/audit/memory_proof.hpp>
#include <ochre/color/recall.hpp>
#include <ochre/parallel/thread_team.hpp>
#include <ochre/reference/recall.hpp>
#include "support/allocations.hpp"
#include "support/archs.hpp"
#include "support/at.hpp"
#include "support/made_up_place.hpp"

namespace recall_test {

namespace {

using ochre::CameraMemory;
using ochre::Extent;
using ochre::Index;
using ochre::MemoryEntry;
using ochre::MemoryPlace;
using ochre::RandomNumbers;
using ochre::Reference;
using ochre::TensorView;
using ochre::color::CellKeys;
using ochre::color::MemoryNumbers;
using ochre::color::Recall;
using ochre::color::RecallNumbers;
using ochre::parallel::Team;
using ochre::parallel::ThreadTeam;
using ochre::test::at;
using ochre::test::MadeUpPlace;
using ochre::test::memory_of;
using ochre::test::MemoryParts;
using ochre::test::picture_of;
namespace audit = ochre::audit;
namespace color = ochre::color;
namespace reference = ochre::reference;
namespace simd = ochre::simd;

struct Answer {
  std::vector<float> a, b;
  double likeness = 0;
  bool same_place = false;
};

CellKeys keys_of(const Reference& picture) {
  auto keys = CellKeys::create(picture.grid, picture.depth).value();
  const auto cells = picture.lightness.size();
  std::vector<float> features(picture.keys.size());
  for (std::size_t i = 0; i < features.size(); ++i) {
    features[i % at(picture.depth) * cells + i / at(picture.depth)] = picture.keys[i];
  }
  keys.read_features(TensorView<const float>{features.data(), {1, picture.depth, picture.grid.h, picture.grid.w}}, {});
  keys.read_lightness(picture.lightness.data());
  return keys;
}

template <class Arch = simd::DefaultArch>
Answer recalled(const CameraMemory& memory, const Reference& picture, MemoryPlace place, const Team& team = {}) {
  const CellKeys keys = keys_of(picture);
  auto recall = Recall::create(memory, picture.grid, place).value();
  Answer answer;
  for (int again = 0; again < 2; ++again) {  // nothing of the picture before is left
    answer = {.a = picture.own_a, .b = picture.own_b};
    recall.settle(keys, picture.lightness.data(), answer.a.data(), answer.b.data(),
                  &color::vote_row<RecallNumbers::values, Arch>, team);
  }
  answer.likeness = recall.likeness();
  answer.same_place = recall.same_place();
  return answer;
}

// What the formulas are asked: the keys as the fast votes see them, of length 1 but for a rounding.
reference::RecallQuery query_of(const Reference& picture) {
  const CellKeys keys = keys_of(picture);
  reference::RecallQuery query{.grid = picture.grid,
                               .keys = {},
                               .lightness = {picture.lightness.begin(), picture.lightness.end()},
                               .own_a = {picture.own_a.begin(), picture.own_a.end()},
                               .own_b = {picture.own_b.begin(), picture.own_b.end()}};
  for (Index cell = 0; cell < keys.cells(); ++cell) {
    std::vector<double> key;
    for (Index d = 0; d < keys.depth(); ++d) key.push_back(static_cast<double>(keys.plane(d)[cell]));
    query.keys.push_back(std::move(key));
  }
  return query;
}

reference::Recalled expected_of(const CameraMemory& memory, const Reference& picture, MemoryPlace place) {
  constexpr bool same = true;
  return reference::recall(audit::recall_parameters(), audit::recalled_memory(memory), query_of(picture),
                           place == MemoryPlace::same ? &same : nullptr);
}

double distance(const Answer& answer, const reference::Recalled& exact) {
  double worst = 0;
  for (std::size_t i = 0; i < exact.colors.a.size(); ++i) {
    const double error = std::hypot(static_cast<double>(answer.a[i]) - exact.colors.a[i],
                                    static_cast<double>(answer.b[i]) - exact.colors.b[i]);
    if (!std::isfinite(error)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, error);
  }
  return worst;
}

// In ab. An exponent is the difference of numbers up to 1/0.13² + 50²/30² = 62, which floats round by 2e-6 each; with
// the product's terms some 1e-5. By as much of itself is a share off, so a colour of up to 60, or the step from the
// network's colour to it, by 6e-4. An exponent so near to votes.hpp's least that it is a vote in one and none in the
// other moves a colour by a hundredth of that.
constexpr double tolerance = 1e-3;

// A query that knows the place, but not exactly: R is about 0.9, where the cast of few frames counts. And one cell that
// looks like nothing.
Reference later_picture(const MadeUpPlace& place) {
  MadeUpPlace later = place;
  later.feature_noise = 0.6;
  later.lightness_noise = 5;
  Reference picture = picture_of(later, 99);
  float* key = picture.keys.data() + (picture.lightness.size() / 2) * at(picture.depth);
  std::fill_n(key, picture.depth, 0.0f);
  key[picture.depth - 1] = 1.0f;
  return picture;
}

MadeUpPlace place_of(Extent grid, Index depth) {
  return {.seed = 4, .grid = grid, .depth = depth, .feature_noise = 0.3, .cast = 0.2};
}

struct Case {
  CameraMemory memory;
  Reference picture;
  MemoryPlace place;
  bool same_place;
  reference::Recalled expected;
};

// The formulas take their time: once for all instruction sets.
const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = [] {
    struct Size {
      Extent grid;
      Index depth;
    };
    std::vector<Case> made;
    for (const auto& [grid, depth] : {Size{{1, 1}, 1}, Size{{7, 19}, 5}, Size{{16, 16}, 64}, Size{{13, 33}, 21}}) {
      const MadeUpPlace place = place_of(grid, depth);
      MadeUpPlace elsewhere = place;
      elsewhere.seed = 17;
      const Reference later = later_picture(place);
      const bool has_details = grid.h > 1;  // one cell has none
      for (const int frames : {1, 2, 3}) {
        made.push_back({memory_of(place, frames), later, MemoryPlace::found, has_details, {}});
        made.push_back({memory_of(elsewhere, frames), later, MemoryPlace::found, false, {}});
        made.push_back({memory_of(elsewhere, frames), later, MemoryPlace::same, true, {}});
      }
    }
    for (Case& each : made) each.expected = expected_of(each.memory, each.picture, each.place);
    return made;
  }();
  return cases;
}

// Whether a cell's colours are the network's times that factor; those of the memory are tens away.
bool keeps_own(const Answer& answer, const Reference& picture, Index cell, double factor) {
  const double a = factor * static_cast<double>(picture.own_a[at(cell)]);
  const double b = factor * static_cast<double>(picture.own_b[at(cell)]);
  return std::hypot(static_cast<double>(answer.a[at(cell)]) - a, static_cast<double>(answer.b[at(cell)]) - b) < 0.1;
}

void show_as(Reference& picture, Index cell, Index channel) {
  float* key = picture.keys.data() + cell * picture.depth;
  std::fill_n(key, picture.depth, 0.0f);
  key[channel] = 1.0f;
}

}  // namespace

TEST_CASE_TEMPLATE("recall: the formulas in double, at the same place and at another, of one to three frames", Arch,
                   OCHRE_TEST_ARCHS) {
  for (const Case& each : all_cases()) {
    CAPTURE(each.picture.grid.w);
    CAPTURE(each.memory.frames());
    CAPTURE(each.same_place);
    const Answer answer = recalled<Arch>(each.memory, each.picture, each.place);
    CHECK(answer.same_place == each.same_place);
    CHECK(answer.likeness == doctest::Approx(each.expected.correlation).epsilon(1e-5));
    CHECK(distance(answer, each.expected) < tolerance);
  }
}

TEST_CASE("recall: the formulas in double for a memory of another grid, and a pressed one") {
  MadeUpPlace place = place_of({64, 64}, 6);
  place.feature_noise = 0.05;
  const CameraMemory memory = memory_of(place, 3);
  REQUIRE(memory.totals().pressed);
  place.grid = {7, 19};
  const Reference later = later_picture(place);
  for (const MemoryPlace known : {MemoryPlace::found, MemoryPlace::same}) {
    CHECK(distance(recalled(memory, later, known), expected_of(memory, later, known)) < tolerance);
  }
}

TEST_CASE("recall: cells without any features, learned and asked, are like each other alone") {
  const MadeUpPlace place = place_of({7, 19}, 6);
  Reference learned = picture_of(place, 0);
  Reference asked = later_picture(place);
  for (const Index cell : {30, 31, 32}) {
    std::fill_n(learned.keys.data() + cell * 6, 6, 0.0f);
    std::fill_n(asked.keys.data() + (cell + 1) * 6, 6, 0.0f);
  }
  CameraMemory memory;
  for (int frame = 0; frame < 3; ++frame) {
    const auto status = memory.add(learned);
    REQUIRE(status.ok());
  }
  for (const MemoryPlace known : {MemoryPlace::found, MemoryPlace::same}) {
    const auto exact = expected_of(memory, asked, known);
    const Answer answer = recalled(memory, asked, known);
    CHECK(distance(answer, exact) < tolerance);
    CHECK_FALSE(keeps_own(answer, asked, 32, memory.own_factor()));
  }
}

TEST_CASE("recall: the comparison notices another number") {
  const MadeUpPlace place = place_of({16, 16}, 12);
  const CameraMemory memory = memory_of(place, 1);
  const Reference later = later_picture(place);
  const Answer answer = recalled(memory, later, MemoryPlace::found);
  const auto notices = [&](const auto& spoil) {
    auto parameters = audit::recall_parameters();
    auto remembered = audit::recalled_memory(memory);
    auto query = query_of(later);
    spoil(parameters, remembered, query);
    return distance(answer, reference::recall(parameters, remembered, query)) > 10 * tolerance;
  };
  using Parameters = reference::RecallParameters;
  using Memory = reference::RecalledMemory;
  using Query = reference::RecallQuery;
  CHECK_FALSE(notices([](Parameters&, Memory&, Query&) {}));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.feature_sigma *= 1.01; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.lightness_sigma *= 1.1; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.place_sigma *= 1.1; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.anywhere *= 1.1; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.usual_nearness *= 1.1; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.least_likeness += 3; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.same_place = 0.99; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.usual_cast *= 1.1; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.shade += 0.1; }));
  CHECK(notices([](Parameters& p, Memory&, Query&) { p.detail_reach += 1; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.cast *= 1.1; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.frames = 3; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.own_factor *= 0.9; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.details[100] += 1; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.entries[77].a += 0.01; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.entries[77].b += 0.01; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.entries[77].x += 0.1; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.entries[77].y += 0.1; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.entries[77].lightness += 10; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.entries[77].key[3] += 0.1; }));
  CHECK(notices([](Parameters&, Memory& m, Query&) { m.entries.pop_back(); }));
  CHECK(notices([](Parameters&, Memory&, Query& q) { q.keys[40][1] += 0.1; }));
  CHECK(notices([](Parameters&, Memory&, Query& q) { q.lightness[40] += 1; }));
  CHECK(notices([](Parameters&, Memory&, Query& q) { q.own_a[16 * 8] += 0.1; }));
  CHECK(notices([](Parameters&, Memory&, Query& q) { q.own_b[16 * 8] = NAN; }));
}

TEST_CASE("recall: any number of threads gives the same bits") {
  const MadeUpPlace place = place_of({13, 33}, 20);
  const CameraMemory memory = memory_of(place, 2);
  const Reference later = later_picture(place);
  for (const MemoryPlace known : {MemoryPlace::found, MemoryPlace::same}) {
    const Answer one = recalled(memory, later, known);
    for (const int threads : {1, 2, 5}) {
      auto pool = ThreadTeam::create(threads).value();
      const Answer several = recalled(memory, later, known, pool.team());
      CHECK(several.a == one.a);
      CHECK(several.b == one.b);
      CHECK(several.likeness == one.likeness);
    }
  }
}

TEST_CASE("recall: what looks like nothing that was learned keeps the network's own colour") {
  const MadeUpPlace place{.seed = 4, .grid = {16, 16}, .depth = 12};
  const CameraMemory memory = memory_of(place, 3);
  const double own_factor = memory.own_factor();
  REQUIRE(own_factor == 1);  // half as strong as the true ones
  MemoryParts parts(memory);
  parts.totals.own_true = 0.7 * parts.totals.own_own;
  const CameraMemory pale = parts.memory().value();
  REQUIRE(pale.own_factor() == doctest::Approx(0.7));

  Reference picture = picture_of(place, 50);
  const Index thing = 9 * 16 + 4;
  float* key = picture.keys.data() + thing * 12;
  std::fill_n(key, 12, std::sqrt(1.0f / 12));  // like every kind a little
  picture.own_a[at(thing)] = 55;
  picture.own_b[at(thing)] = -44;
  const Answer same = recalled(memory, picture, MemoryPlace::found);
  REQUIRE(same.same_place);
  CHECK(keeps_own(same, picture, thing, 1));
  CHECK_FALSE(keeps_own(same, picture, thing + 1, 1));
  CHECK(keeps_own(recalled(pale, picture, MemoryPlace::found), picture, thing, 0.7));
}

TEST_CASE("recall: a picture of which nothing was learned keeps the network's colours, whatever is said of its place") {
  const MadeUpPlace place{.seed = 4, .grid = {16, 16}, .depth = 12};
  const CameraMemory memory = memory_of(place, 3);
  Reference picture = picture_of(place, 50);
  std::fill(picture.keys.begin(), picture.keys.end(), std::sqrt(1.0f / 12));
  const Answer answer = recalled(memory, picture, MemoryPlace::same);
  for (Index cell = 0; cell < 16 * 16; ++cell) {
    CHECK(std::hypot(answer.a[at(cell)] - picture.own_a[at(cell)], answer.b[at(cell)] - picture.own_b[at(cell)]) < 3);
  }
}

TEST_CASE("recall: at another place, too, it keeps its own, at its full strength") {
  // A place is like another in part: |Δu|² of 0.2 between what was learned and what is asked.
  const MadeUpPlace place{.seed = 4, .grid = {16, 16}, .depth = 15, .feature_noise = 0};
  MemoryParts parts(memory_of(place, 3));
  parts.totals.own_true = 0.5 * parts.totals.own_own;
  const CameraMemory memory = parts.memory().value();
  Reference picture = picture_of({.seed = 6, .grid = {16, 16}, .depth = 15, .feature_noise = 0}, 50);
  for (Index cell = 0; cell < 16 * 16; ++cell) {
    float* key = picture.keys.data() + cell * 15;
    for (Index d = 0; d < 5; ++d) key[d] *= 2.7f;  // of the three channels of a kind
    ochre::test::make_length_1(key, 15);
  }
  const Index thing = 9 * 16 + 4;
  float* key = picture.keys.data() + thing * 15;
  std::fill_n(key, 15, 0.0f);
  for (Index d = 0; d < 5; ++d) key[d] = std::sqrt(0.2f);  // like every kind a little
  picture.own_a[at(thing)] = 55;
  picture.own_b[at(thing)] = -44;
  const Answer found = recalled(memory, picture, MemoryPlace::found);
  REQUIRE_FALSE(found.same_place);
  CHECK(keeps_own(found, picture, thing, 1));
  CHECK_FALSE(keeps_own(found, picture, thing + 1, 1));
}

TEST_CASE("recall: a moving thing is not coloured by what is behind it, but by its like elsewhere") {
  // Ground of one look, and in the memory a red cart in a corner; the picture has it in the middle, and a stranger.
  Reference ground = picture_of({.seed = 4, .grid = {20, 20}, .depth = 8}, 0);
  for (Index cell = 0; cell < 400; ++cell) {
    show_as(ground, cell, 0);
    const float shade = ground.lightness[at(cell)] + 16.0f;
    ground.a[at(cell)] = -0.15f * shade;
    ground.b[at(cell)] = 0.10f * shade;
    ground.own_a[at(cell)] = 0.9f * ground.a[at(cell)];
    ground.own_b[at(cell)] = 0.9f * ground.b[at(cell)];
  }
  Reference with_cart = ground;
  const auto put = [](Reference& picture, Index row, Index column, Index channel, float own_a) {
    for (Index cell :
         {row * 20 + column, row * 20 + column + 1, (row + 1) * 20 + column, (row + 1) * 20 + column + 1}) {
      show_as(picture, cell, channel);
      picture.own_a[at(cell)] = own_a;
      picture.own_b[at(cell)] = 0.0f;
    }
  };
  put(with_cart, 1, 1, 3, 10);
  for (const Index cell : {21, 22, 41, 42}) {
    with_cart.a[at(cell)] = 0.4f * (with_cart.lightness[at(cell)] + 16.0f);
    with_cart.b[at(cell)] = 0.2f * (with_cart.lightness[at(cell)] + 16.0f);
  }
  CameraMemory memory;
  for (int frame = 0; frame < 3; ++frame) {
    const auto status = memory.add(with_cart);
    REQUIRE(status.ok());
  }
  Reference picture = ground;
  put(picture, 10, 10, 3, 10);
  put(picture, 10, 15, 5, -3);  // the stranger
  const Answer answer = recalled(memory, picture, MemoryPlace::same);
  const auto shade_at = [&](Index cell) { return static_cast<double>(picture.lightness[at(cell)]) + 16; };
  const Index cart = 10 * 20 + 11;
  CHECK(static_cast<double>(answer.a[at(cart)]) > 0.9 * 0.4 * shade_at(cart));
  CHECK(static_cast<double>(answer.b[at(cart)]) > 0.9 * 0.2 * shade_at(cart));
  const Index stranger = 10 * 20 + 16;
  CHECK(keeps_own(answer, picture, stranger, memory.own_factor()));
  const Index where_it_was = 21;
  CHECK(static_cast<double>(answer.a[at(where_it_was)]) ==
        doctest::Approx(-0.15 * shade_at(where_it_was)).epsilon(0.01));
}

TEST_CASE("recall: the place is found by its details, or said") {
  const MadeUpPlace place = place_of({16, 24}, 8);
  const CameraMemory memory = memory_of(place, 2);
  auto found = Recall::create(memory, place.grid, MemoryPlace::found).value();
  CHECK_FALSE(found.same_place());  // nothing was asked yet
  CHECK(found.likeness() == 0);
  CHECK(Recall::create(memory, place.grid, MemoryPlace::same).value().same_place());
  MadeUpPlace elsewhere = place;
  elsewhere.seed = 17;
  for (const Reference& picture : {picture_of(place, 9), picture_of(elsewhere, 9)}) {
    const Answer answer = recalled(memory, picture, MemoryPlace::found);
    CHECK(answer.likeness == doctest::Approx(memory.likeness(picture)));
    CHECK(answer.same_place == memory.shows_place(picture));
    CHECK(recalled(memory, picture, MemoryPlace::same).same_place);
  }
  CHECK(memory.shows_place(picture_of(place, 9)));
  CHECK_FALSE(memory.shows_place(picture_of(elsewhere, 9)));
}

TEST_CASE("recall: settle takes no memory; what is taken is known before") {
  const MadeUpPlace place = place_of({13, 33}, 20);
  const CameraMemory memory = memory_of(place, 2);
  const Reference later = later_picture(place);
  const CellKeys keys = keys_of(later);
  auto recall = Recall::create(memory, place.grid, MemoryPlace::found).value();
  std::vector<float> a(later.own_a);
  std::vector<float> b(later.own_b);
  auto pool = ThreadTeam::create(3).value();
  for (const Team& team : {Team{}, pool.team()}) {
    const auto before = ochre::test::allocations();
    recall.settle(keys, later.lightness.data(), a.data(), b.data(), &color::vote_row<RecallNumbers::values>, team);
    CHECK(ochre::test::allocations() == before);
  }
  CHECK_FALSE(recall.is_empty());
  CHECK(Recall().is_empty());
  // The tables of places, two of them for the rows, take most of it.
  const Index tables = static_cast<Index>(memory.entries().size()) * (2 * 13 + 33);
  CHECK(recall.bytes() > static_cast<Index>(sizeof(float)) * (13 * 33 * Recall::planes() + tables));
}

TEST_CASE("recall: a grid too large is an error") {
  const CameraMemory memory = memory_of({.grid = {2, 2}, .depth = 1}, 1);
  const Extent grid{Index{1} << 31, Index{1} << 31};
  const auto recall = Recall::create(memory, grid, MemoryPlace::found);
  REQUIRE(!recall.has_value());
  CHECK(recall.error().code == ochre::ErrorCode::too_large);
}

}  // namespace recall_test
