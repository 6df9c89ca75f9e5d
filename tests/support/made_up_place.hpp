// Pictures in colour of places that are nowhere, cell by cell, as a camera's memory learns them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <ochre/color/camera_memory.hpp>
#include <ochre/network/random_weights.hpp>

#include "at.hpp"

namespace ochre::test {

// Patches of a few kinds of surface. Each kind has channels of its own, all of them positive as behind a ReLU, a
// lightness and a colour.
struct MadeUpPlace {
  static constexpr Index kinds = 5;

  std::uint64_t seed = 1;  // of its surfaces and details
  Extent grid{16, 16};
  Index depth = 12;
  double feature_noise = 0.05;  // beside 1
  double lightness_noise = 1;   // beside details of up to 12
  double cast = 0;              // on the yellow side of all colours, over L + 16

  Index kind(Index cell) const {
    const Index patch = cell / grid.w * 4 / grid.h * 3 + cell % grid.w * 3 / grid.w;
    return static_cast<Index>(RandomNumbers(seed * 100 + static_cast<std::uint64_t>(patch)).next() % kinds);
  }
  double lightness(Index of) const { return 24 + 12 * static_cast<double>(of); }
  double a(Index of) const { return 0.2 * std::cos(1.3 * static_cast<double>(of)); }  // over L + 16
  double b(Index of) const { return 0.2 * std::sin(1.3 * static_cast<double>(of)) + cast; }
};

inline std::string made_up_model() { return std::string(64, 'c'); }

inline void make_length_1(float* key, Index depth) {
  double squares = 0;
  for (Index d = 0; d < depth; ++d) squares += static_cast<double>(key[d]) * static_cast<double>(key[d]);
  if (squares == 0) return;
  for (Index d = 0; d < depth; ++d) key[d] = static_cast<float>(static_cast<double>(key[d]) / std::sqrt(squares));
}

// One frame of it; moment: of its noise.
inline Reference picture_of(const MadeUpPlace& place, std::uint64_t moment) {
  RandomNumbers details(place.seed);
  RandomNumbers noise(1000 * place.seed + moment);
  const Index cells = place.grid.h * place.grid.w;
  Reference reference{.model = made_up_model(),
                      .grid = place.grid,
                      .depth = place.depth,
                      .keys = std::vector<float>(at(cells * place.depth)),
                      .lightness = {},
                      .a = {},
                      .b = {},
                      .own_a = {},
                      .own_b = {}};
  for (Index cell = 0; cell < cells; ++cell) {
    const Index kind = place.kind(cell);
    float* key = reference.keys.data() + cell * place.depth;
    for (Index d = 0; d < place.depth; ++d) {
      const double whole = d % MadeUpPlace::kinds == kind ? 1 : 0;
      key[d] = static_cast<float>(std::max(0.0, whole + place.feature_noise * noise.uniform()));
    }
    make_length_1(key, place.depth);
    const double lightness = place.lightness(kind) + 12 * details.uniform() + place.lightness_noise * noise.uniform();
    const double shade = lightness + static_cast<double>(color::MemoryNumbers::shade);
    reference.lightness.push_back(static_cast<float>(lightness));
    reference.a.push_back(static_cast<float>(place.a(kind) * shade));
    reference.b.push_back(static_cast<float>(place.b(kind) * shade));
    reference.own_a.push_back(0.5f * reference.a.back() + 1.0f);
    reference.own_b.push_back(0.5f * reference.b.back() - 2.0f);
  }
  return reference;
}

// Of so many frames.
inline CameraMemory memory_of(const MadeUpPlace& place, int frames) {
  CameraMemory memory;
  for (int i = 0; i < frames; ++i) {
    const Status status = memory.add(picture_of(place, static_cast<std::uint64_t>(i)));
    if (!status) return {};
  }
  return memory;
}

// The parts that a memory is made of, to be changed and put together again.
struct MemoryParts {
  CameraMemory::Totals totals;
  Index depth = 0;
  std::vector<MemoryEntry> entries;
  std::vector<float> keys;

  explicit MemoryParts(const CameraMemory& memory)
      : totals(memory.totals()), depth(memory.depth()), entries(memory.entries()), keys(memory.keys()) {}

  Result<CameraMemory> memory() const { return CameraMemory::from_parts(totals, depth, entries, keys); }
};

}  // namespace ochre::test
