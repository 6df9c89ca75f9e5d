// A plane brought to another size while its rows stream by, once, top to bottom: the mean over the area of each target
// cell, borders weighted by the fraction they cover; along an axis where the target is larger, linear interpolation
// with half-pixel centres. All weights of a cell sum to 1; where both axes shrink (or keep) the size, every pixel
// counts the same, so the mean of the plane is kept. The caller owns all memory; any size from 1x1 on. Tested by
// area_average_test.cpp against sums in double.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>
#include <ochre/color/grid_taps.hpp>

namespace ochre::inline v0::color {

// What an average is made of and where it goes.
struct AreaAverageJob {
  Extent from{0, 0};
  Extent to{0, 0};
  std::span<float> target;   // to.h rows of to.w values, set to zero at the start, complete after from.h rows
  std::span<float> scratch;  // to.w values or more, in use until then
  Index stride = 0;          // from one row of the target to the next; 0: to.w
  Index first_row = 0;       // threads that share a target, no higher than the source: each makes rows of its own
  Index end_row = 0;         // 0: to.h
};

class AreaAverage {
 public:
  // Errors: an empty size, a target or scratch that is too short: a network's output may be larger than its input, so
  // what was made for one need not do for the other.
  static Result<AreaAverage> create(const AreaAverageJob& job) {
    const Index stride = job.stride == 0 ? job.to.w : job.stride;
    const auto rows = checked_mul(job.to.h - 1, stride);
    const auto needed = rows ? checked_add(*rows, job.to.w) : std::nullopt;
    const Index end_row = job.end_row == 0 ? job.to.h : job.end_row;
    const bool part = job.first_row != 0 || end_row != job.to.h;
    const bool empty = stride < job.to.w || job.first_row < 0 || job.first_row >= end_row || end_row > job.to.h ||
                       (part && job.to.h > job.from.h) || std::min({job.from.h, job.from.w, job.to.h, job.to.w}) < 1;
    if (empty || !needed || static_cast<Index>(job.target.size()) < *needed ||
        static_cast<Index>(job.scratch.size()) < job.to.w) {
      return Error{ErrorCode::invalid_argument, "an average of " + width_by_height(job.from) + " to " +
                                                    width_by_height(job.to) + " values: found room for " +
                                                    std::to_string(job.target.size()) + " and for a row of " +
                                                    std::to_string(job.scratch.size())};
    }
    for (Index y = job.first_row; y < end_row; ++y) std::fill_n(job.target.data() + y * stride, job.to.w, 0.0f);
    return AreaAverage(job);
  }

  // The source rows that the wanted rows are made of, all unless these are a part: the first comes first.
  Index source_begin() const noexcept { return first_row_ == 0 ? 0 : first_row_ * from_.h / to_.h; }
  Index source_end() const noexcept { return end_row_ == to_.h ? from_.h : (end_row_ * from_.h - 1) / to_.h + 1; }

  // The next row of the source: from.w values. Rows beyond the source's last are ignored.
  void add_row(const float* row) noexcept {
    if (y_ >= from_.h) return;
    average_across(row);
    if (to_.h <= from_.h) {
      share_row();
    } else {
      interpolate_row();
    }
    ++y_;
  }

 private:
  explicit AreaAverage(const AreaAverageJob& job) noexcept
      : from_(job.from),
        to_(job.to),
        target_(job.target.data()),
        scratch_(job.scratch.data()),
        stride_(job.stride == 0 ? job.to.w : job.stride),
        first_row_(job.first_row),
        end_row_(job.end_row == 0 ? job.to.h : job.end_row),
        y_(source_begin()) {}

  // scratch = the row at the target's width.
  void average_across(const float* row) noexcept {
    const Index from = from_.w;
    const Index to = to_.w;
    if (to == from) {
      std::copy_n(row, to, scratch_);
    } else if (to < from) {
      // Cell i covers pixels from i · from / to to (i + 1) · from / to. Quotient and remainder keep that exact.
      const double inverse = static_cast<double>(to) / static_cast<double>(from);
      const Index whole = from / to;
      const Index rest = from % to;
      Index begin = 0;
      Index end = 0;
      Index beyond = 0;      // of pixel `end`, in parts of which it has `to`
      double covered = 0.0;  // of pixel `begin`, by the cell before
      for (Index i = 0; i < to; ++i) {
        beyond += rest;
        const Index one_more = beyond >= to ? 1 : 0;
        beyond -= one_more * to;
        end += whole + one_more;
        const double reach = static_cast<double>(beyond) / static_cast<double>(to);
        double sum = -covered * static_cast<double>(row[begin]);
        for (Index x = begin; x < begin + whole; ++x) sum += static_cast<double>(row[x]);
        if (one_more != 0) sum += static_cast<double>(row[end - 1]);
        if (beyond != 0) sum += reach * static_cast<double>(row[end]);
        scratch_[i] = static_cast<float>(sum * inverse);
        begin = end;
        covered = reach;
      }
    } else {
      const double step = static_cast<double>(from) / static_cast<double>(to);
      for (Index i = 0; i < to; ++i) {
        const GridPlace place = place_on_grid(i, step);
        const float left = row[std::clamp<Index>(place.cell, 0, from - 1)];
        const float right = row[std::clamp<Index>(place.cell + 1, 0, from - 1)];
        scratch_[i] = left + place.fraction * (right - left);
      }
    }
  }

  void add_scratch(Index target_row, double weight) noexcept {
    if (target_row < first_row_ || target_row >= end_row_) return;
    float* to = target_ + target_row * stride_;
    const float factor = static_cast<float>(weight);
    for (Index i = 0; i < to_.w; ++i) to[i] += factor * scratch_[i];
  }

  // Source row y covers y · h / H to (y + 1) · h / H of the target's rows: one of them, or two.
  void share_row() noexcept {
    const Index high = from_.h;
    const Index low = to_.h;
    const Index first = y_ * low / high;
    const Index after = (y_ + 1) * low;  // in units of 1 / H of a target row
    const Index border = (first + 1) * high;
    const double unit = 1.0 / static_cast<double>(high);
    if (after <= border) {
      add_scratch(first, static_cast<double>(low) * unit);
    } else {
      add_scratch(first, static_cast<double>(border - y_ * low) * unit);
      add_scratch(first + 1, static_cast<double>(after - border) * unit);
    }
  }

  // Target rows between the centres of source rows y - 1 and y + 1 take their share of row y; beyond the first and the
  // last centre a row is the border's alone.
  void interpolate_row() noexcept {
    const double step = static_cast<double>(from_.h) / static_cast<double>(to_.h);
    for (Index j = first_open_; j < to_.h; ++j) {
      const GridPlace place = place_on_grid(j, step);
      const Index upper = std::clamp<Index>(place.cell, 0, from_.h - 1);
      const Index lower = std::clamp<Index>(place.cell + 1, 0, from_.h - 1);
      if (upper > y_) break;
      if (lower < y_) continue;
      if (lower == y_) first_open_ = j + 1;
      double weight = 0.0;
      if (upper == y_) weight += 1.0 - static_cast<double>(place.fraction);
      if (lower == y_) weight += static_cast<double>(place.fraction);
      add_scratch(j, weight);
    }
  }

  Extent from_;
  Extent to_;
  float* target_;
  float* scratch_;
  Index stride_;
  Index first_row_;
  Index end_row_;
  Index y_;
  Index first_open_ = 0;  // target rows before it are complete
};

}  // namespace ochre::inline v0::color
