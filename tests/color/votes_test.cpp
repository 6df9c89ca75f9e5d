// The votes against the definition in double, within the derived bound, for every instruction set.
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/votes.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/reference/votes.hpp>
#include "support/archs.hpp"
#include "support/at.hpp"

namespace {

using namespace ochre;
using test::at;

constexpr Index value_count = 3;

// Entries and a grid of cells, in double and as the kernel wants them.
struct Election {
  Extent grid;
  Index depth;
  float anywhere = 0.05f;
  std::vector<reference::VoteEntry> entries;
  std::vector<float> keys, half_norms, entry_keys, entry_norms, rows, columns, values;

  Election(Extent of, Index deep, Index count) : grid(of), depth(deep) {
    RandomNumbers random(static_cast<std::uint64_t>(of.h * 1000 + of.w + deep));
    const auto next = [&](double scale) { return static_cast<float>(scale * (random.uniform() - 0.3)); };
    for (Index i = 0; i < depth * grid.h * grid.w; ++i) keys.push_back(next(2));
    for (Index i = 0; i < grid.h * grid.w; ++i) {
      float squares = 0;
      for (Index d = 0; d < depth; ++d) squares += key(d, i) * key(d, i);
      half_norms.push_back(squares / 2);
    }
    for (Index j = 0; j < count; ++j) add_entry(random, next);
    keys.resize(keys.size() + color::vote_slack);
    half_norms.resize(half_norms.size() + color::vote_slack);
    columns.resize(columns.size() + color::vote_slack);
  }

  float key(Index d, Index cell) const { return keys[at(d * grid.h * grid.w + cell)]; }

  static float nearness(RandomNumbers& random) { return static_cast<float>(0.5 + 0.5 * random.uniform()); }

  template <class Next>
  void add_entry(RandomNumbers& random, const Next& next) {
    reference::VoteEntry entry;
    float squares = 0;
    for (Index d = 0; d < depth; ++d) {
      entry_keys.push_back(next(2));
      squares += entry_keys.back() * entry_keys.back();
      entry.key.push_back(static_cast<double>(entry_keys.back()));
    }
    const float trust = next(1);
    entry.trust = static_cast<double>(trust);
    entry_norms.push_back(squares / 2 - trust);
    const auto copy = [](std::vector<float>& to, std::vector<double>& same, float value) {
      to.push_back(value);
      same.push_back(static_cast<double>(value));
    };
    for (Index y = 0; y < grid.h; ++y) copy(rows, entry.rows, nearness(random));
    for (Index x = 0; x < grid.w; ++x) copy(columns, entry.columns, nearness(random));
    for (Index k = 0; k < value_count; ++k) copy(values, entry.values, next(40));
    entries.push_back(std::move(entry));
  }

  template <class Arch>
  std::vector<float> sums() const {
    std::vector<float> sums(at(value_count * grid.h * grid.w + 1), -1.0f);
    const color::VoteQueries queries{grid, depth, keys.data(), half_norms.data()};
    const color::VoteEntries all{static_cast<Index>(entries.size()),
                                 entry_keys.data(),
                                 entry_norms.data(),
                                 rows.data(),
                                 columns.data(),
                                 anywhere,
                                 values.data()};
    for (Index y = 0; y < grid.h; ++y) color::vote_row<value_count, Arch>(queries, all, y, sums.data());
    return sums;
  }
};

// Over the sums' own bounds: at most 1 where all hold.
double worst_ratio(const Election& election, const std::vector<float>& sums) {
  double worst = 0;
  const Index cells = election.grid.h * election.grid.w;
  for (Index cell = 0; cell < cells; ++cell) {
    std::vector<double> query;
    for (Index d = 0; d < election.depth; ++d) query.push_back(static_cast<double>(election.key(d, cell)));
    const auto expected =
        reference::votes(query, election.entries, static_cast<double>(election.anywhere), cell / election.grid.w,
                         cell % election.grid.w, static_cast<double>(color::least_exponent));
    for (Index k = 0; k < value_count; ++k) {
      const double error = std::abs(static_cast<double>(sums[at(k * cells + cell)]) - expected[at(k)].value);
      if (!std::isfinite(error)) return std::numeric_limits<double>::infinity();
      worst = std::fmax(worst, error / expected[at(k)].bound);
    }
  }
  return worst;
}

}  // namespace

TEST_CASE_TEMPLATE("votes: the definition in double, for every remainder of a row", Arch, OCHRE_TEST_ARCHS) {
  for (const Index width : {1, 3, 16, 17, 31, 32, 33, 64}) {
    const Election election({2, width}, 1 + width % 9, 8);
    const auto sums = election.sums<Arch>();
    CAPTURE(width);
    CHECK(worst_ratio(election, sums) <= 1);
    CHECK(sums.back() == -1.0f);  // nothing is written behind the last
  }
  const Election deep({3, 20}, color::most_vote_depth, 16);
  CHECK(worst_ratio(deep, deep.sums<Arch>()) <= 1);
}

TEST_CASE("votes: the comparison notices a wrong key, norm, place, share of what is far away and value") {
  const Election right({2, 5}, 6, 8);
  const auto notices = [&](const auto& spoil) {
    Election wrong({2, 5}, 6, 8);
    spoil(wrong);
    return worst_ratio(right, wrong.sums<simd::DefaultArch>()) > 1;
  };
  CHECK_FALSE(notices([](Election&) {}));
  CHECK(notices([](Election& wrong) { wrong.entry_keys[23] += 1e-3f; }));
  CHECK(notices([](Election& wrong) { wrong.keys[7] += 1e-3f; }));
  CHECK(notices([](Election& wrong) { wrong.entry_norms[3] += 1e-4f; }));
  CHECK(notices([](Election& wrong) { wrong.half_norms[9] += 1e-3f; }));
  CHECK(notices([](Election& wrong) { wrong.rows[7] += 1e-3f; }));
  CHECK(notices([](Election& wrong) { wrong.columns[19] += 1e-2f; }));
  CHECK(notices([](Election& wrong) { wrong.anywhere += 1e-4f; }));
  CHECK(notices([](Election& wrong) { wrong.values[11] += 1e-2f; }));
  CHECK(notices([](Election& wrong) { wrong.values[0] = NAN; }));
}

TEST_CASE("votes: what looks nothing like a cell has next to no say, and nothing underflows") {
  Election election({1, 2}, 4, 8);
  for (float& value : election.entry_keys) value = 1000.0f;
  for (float& norm : election.entry_norms) norm = 4 * 1000.0f * 1000.0f / 2;
  for (const float sum : election.sums<simd::DefaultArch>()) {
    if (sum == -1.0f) continue;
    CHECK(std::isfinite(sum));
    CHECK(std::abs(sum) < 1e-32f);
  }
}
