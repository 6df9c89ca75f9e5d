// The check of a tile unit: the model passes, and a unit that leaves something out does not.
#include <doctest/doctest.h>

#include <ochre/simd/tile_check.hpp>
#include <ochre/simd/tile_model.hpp>

namespace {

using namespace ochre;

// Its factors the wrong way round.
struct Swapped : simd::TileModel {
  template <int Sum, int Left, int Right>
  void multiply() noexcept {
    TileModel::multiply<Sum, Right, Left>();
  }
};

// One row short.
struct Short : simd::TileModel {
  void configure(int rows) noexcept { TileModel::configure(rows - 1); }
};

// Stores nothing.
struct Silent : simd::TileModel {
  template <int Tile>
  void store(float*, Index) const noexcept {}
};

TEST_CASE("tile check: the model multiplies, and what is wrong in one thing does not") {
  CHECK(simd::multiplies_integers<simd::TileModel>());
  CHECK_FALSE(simd::multiplies_integers<Swapped>());
  CHECK_FALSE(simd::multiplies_integers<Short>());
  CHECK_FALSE(simd::multiplies_integers<Silent>());
}

}  // namespace
