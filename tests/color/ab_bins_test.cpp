#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/color/ab_bins.hpp>
#include <ochre/weights/sha256.hpp>
#include "support/golden.hpp"

namespace color = ochre::color;
using ochre::Index;

namespace {

double squared_distance(float a, float b, std::size_t bin) {
  const double da = static_cast<double>(a) - static_cast<double>(color::bin_centres.a[bin]);
  const double db = static_cast<double>(b) - static_cast<double>(color::bin_centres.b[bin]);
  return da * da + db * db;
}

// The file that the authors ship, as NumPy 1.x wrote it: an 80-byte header, then 313 pairs of int64.
std::vector<std::byte> pts_in_hull_file() {
  std::string header = "{'descr': '<i8', 'fortran_order': False, 'shape': (313, 2), }";
  header.resize(69, ' ');
  const std::string file = std::string("\x93NUMPY\x01\x00\x46\x00", 10) + header + "\n";
  std::vector<std::byte> bytes;
  for (const char letter : file) bytes.push_back(static_cast<std::byte>(letter));
  for (std::size_t bin = 0; bin < color::bin_centres.a.size(); ++bin) {
    for (const float coordinate : {color::bin_centres.a[bin], color::bin_centres.b[bin]}) {
      const auto number = static_cast<std::uint64_t>(static_cast<std::int64_t>(coordinate));
      for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::byte>(number >> shift & 0xFF));
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("the bins are those of pts_in_hull.npy, byte for byte") {
  const auto file = pts_in_hull_file();
  CHECK(file.size() == 5088);
  ochre::Sha256 hash;
  hash.update(file);
  CHECK(hash.hex() == "b5dec01315c34f43f1c8c089e84c45ae35d1838d8e77ed0e7ca930f79ffa450e");
}

TEST_CASE("a column of bins counts what the gamut holds, and the corners are where they are") {
  const int counts[] = {5, 8, 10, 12, 14, 15, 16, 16, 17, 18, 18, 18, 19, 20, 19, 20, 20, 19, 19, 10};
  for (std::size_t row = 0; row < 20; ++row) {
    CHECK((color::bin_rows[row].last_b - color::bin_rows[row].first_b) / color::bin_step + 1 == counts[row]);
  }
  CHECK(color::bin_centres.a.front() == -90.0f);
  CHECK(color::bin_centres.b.front() == 50.0f);
  CHECK(color::bin_centres.a.back() == 100.0f);
  CHECK(color::bin_centres.b.back() == 0.0f);
}

TEST_CASE("the nearest bin is what a search over all finds, ties and far points included") {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> unit(-160.0f, 160.0f);
  int wrong = 0;
  const auto check = [&](float a, float b) {
    std::size_t expected = 0;
    for (std::size_t bin = 1; bin < 313; ++bin) {
      if (squared_distance(a, b, bin) < squared_distance(a, b, expected)) expected = bin;
    }
    wrong += color::nearest_bin(a, b) != static_cast<Index>(expected);
  };
  for (int i = 0; i < 20000; ++i) check(unit(random), unit(random));
  for (int a = -130; a <= 130; a += 5) {
    for (int b = -130; b <= 130; b += 5) check(static_cast<float>(a), static_cast<float>(b));
  }
  check(1e30f, -1e30f);
  CHECK(wrong == 0);
  for (std::size_t bin = 0; bin < 313; ++bin) {
    CHECK(color::nearest_bin(color::bin_centres.a[bin], color::bin_centres.b[bin]) == static_cast<Index>(bin));
  }
}
