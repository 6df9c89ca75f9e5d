// How a coloured picture's surfaces look to somebody who watches a camera, on cells of 4x4 pixels, each the mean of its
// ab (what is left over at the right and below does not count); gathered row by row. What `ochre eval` prints beside
// metrics.hpp, each the mean over pictures of a picture's own:
//   neutral chroma: mean chroma of the cells whose true chroma is below 6; a picture needs 2 % of such cells to count
//   false red:      share of all cells with a > 20 where the true chroma is below 10, in %
//   patchiness:     mean distance in ab between cells 4 apart, in a row or a column, whose true colours differ by less
//                   than 3; a picture without such a pair does not count
//   mean ab error:  mean distance in ab from the truth
// Tested by surface_score_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::color {

// A mean over pictures; those without a number do not count.
class PictureMean {
 public:
  void add(double sum, double count) noexcept {
    if (!(count > 0)) return;
    total_ += sum / count;
    ++pictures_;
  }
  double mean() const noexcept { return pictures_ == 0 ? 0.0 : total_ / pictures_; }  // 0 if none counts

 private:
  double total_ = 0;
  int pictures_ = 0;
};

class SurfaceScore {
 public:
  static constexpr Index cell = 4;   // pixels
  static constexpr Index apart = 4;  // cells

  // For pictures of one size. Errors: a size below one cell, no memory.
  static Result<SurfaceScore> create(Extent picture) {
    const Extent cells{picture.h / cell, picture.w / cell};
    if (cells.h < 1 || cells.w < 1) {
      return Error{ErrorCode::invalid_argument,
                   "surfaces of a picture of " + width_by_height(picture) + ", expected at least 4x4"};
    }
    SurfaceScore score;
    if (auto status = Tensor<double>::create({1, 4, cells.h, cells.w}).move_to(score.cells_); !status) {
      return std::move(status).error();
    }
    return score;
  }

  // The next row, top to bottom: its colours and the true ones, as many values as the pictures are wide.
  void add_row(const float* a, const float* b, const float* true_a, const float* true_b) noexcept {
    const Shape& shape = cells_.shape();
    const Index row = y_++ / cell;
    if (row >= shape.h) return;
    const float* planes[] = {a, b, true_a, true_b};
    for (Index c = 0; c < shape.c; ++c) {
      double* cells = cells_.view().plane(0, c) + row * shape.w;
      for (Index x = 0; x < shape.w * cell; ++x) {
        cells[x / cell] += static_cast<double>(planes[c][x]) / static_cast<double>(cell * cell);
      }
    }
  }

  // Ends a picture.
  void finish_picture() noexcept {
    count_cells();
    count_pairs();
    std::fill_n(cells_.data(), cells_.shape().size(), 0.0);
    y_ = 0;
  }

  double neutral_chroma() const noexcept { return neutral_chroma_.mean(); }
  double false_red() const noexcept { return false_red_.mean(); }
  double patchiness() const noexcept { return patchiness_.mean(); }
  double mean_ab_error() const noexcept { return error_.mean(); }

 private:
  SurfaceScore() = default;

  double at(Index plane, Index i) const noexcept { return cells_.view().plane(0, plane)[i]; }

  // Between the colours of two cells: planes first and first + 1, of cell i, and second and second + 1, of cell j.
  double distance(Index first, Index i, Index second, Index j) const noexcept {
    return std::hypot(at(first, i) - at(second, j), at(first + 1, i) - at(second + 1, j));
  }

  void count_cells() noexcept {
    const Index count = cells_.shape().plane();
    double neutral = 0, neutral_chroma = 0, red = 0, error = 0;
    for (Index i = 0; i < count; ++i) {
      const double true_chroma = std::hypot(at(2, i), at(3, i));
      if (true_chroma < 6) {
        neutral += 1;
        neutral_chroma += std::hypot(at(0, i), at(1, i));
      }
      if (true_chroma < 10 && at(0, i) > 20) red += 1;
      error += distance(0, i, 2, i);
    }
    const auto cells = static_cast<double>(count);
    if (neutral > 0.02 * cells) neutral_chroma_.add(neutral_chroma, neutral);
    false_red_.add(100 * red, cells);
    error_.add(error, cells);
  }

  void count_pairs() noexcept {
    const Shape& shape = cells_.shape();
    double pairs = 0, moved = 0;
    const auto compare = [&](Index i, Index j) {
      if (distance(2, i, 2, j) >= 3) return;
      pairs += 1;
      moved += distance(0, i, 0, j);
    };
    for (Index y = 0; y < shape.h; ++y) {
      for (Index x = 0; x < shape.w; ++x) {
        const Index i = y * shape.w + x;
        if (x + apart < shape.w) compare(i, i + apart);
        if (y + apart < shape.h) compare(i, i + apart * shape.w);
      }
    }
    patchiness_.add(moved, pairs);
  }

  Tensor<double> cells_;  // [1, 4, h, w]: a, b, true a, true b
  Index y_ = 0;
  PictureMean neutral_chroma_;
  PictureMean false_red_;
  PictureMean patchiness_;
  PictureMean error_;
};

}  // namespace ochre::inline v0::color
