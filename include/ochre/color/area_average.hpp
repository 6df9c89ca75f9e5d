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
#include <ochre/base/result.hpp>
#include <ochre/color/grid_taps.hpp>

namespace ochre::inline v0::color {

class AreaAverage {
 public:
  struct Size {
    Index width = 0;
    Index height = 0;
  };

  // target: target_size.width · height values, set to zero here, complete after source_size.height rows.
  // scratch: target_size.width values, in use until then. Both may be longer.
  // Errors: an empty size, a target or scratch that is shorter: a network's output may be larger than its input, so
  // what was made for one need not do for the other.
  static Result<AreaAverage> create(Size source_size, Size target_size, std::span<float> target,
                                    std::span<float> scratch) {
    const auto needed = checked_mul(target_size.width, target_size.height);
    const bool empty =
        source_size.width < 1 || source_size.height < 1 || target_size.width < 1 || target_size.height < 1;
    if (empty || !needed || static_cast<Index>(target.size()) < *needed ||
        static_cast<Index>(scratch.size()) < target_size.width) {
      return Error{ErrorCode::invalid_argument, "an average of " + to_string(source_size) + " to " +
                                                    to_string(target_size) + " values: found room for " +
                                                    std::to_string(target.size()) + " and for a row of " +
                                                    std::to_string(scratch.size())};
    }
    std::fill_n(target.data(), *needed, 0.0f);
    return AreaAverage(source_size, target_size, target.data(), scratch.data());
  }

  // The next row of the source: source_size.width values. Rows beyond the source's last are ignored.
  void add_row(const float* row) noexcept {
    if (y_ >= source_.height) return;
    average_across(row);
    if (target_size_.height <= source_.height) {
      share_row();
    } else {
      interpolate_row();
    }
    ++y_;
  }

 private:
  AreaAverage(Size source_size, Size target_size, float* target, float* scratch) noexcept
      : source_(source_size), target_size_(target_size), target_(target), scratch_(scratch) {}

  static std::string to_string(Size size) { return std::to_string(size.width) + "x" + std::to_string(size.height); }

  // scratch = the row at the target's width.
  void average_across(const float* row) noexcept {
    const Index from = source_.width;
    const Index to = target_size_.width;
    if (to == from) {
      std::copy_n(row, to, scratch_);
    } else if (to < from) {
      // Cell i covers pixels from i · from / to to (i + 1) · from / to. Quotient and remainder keep that exact.
      const double inverse = static_cast<double>(to) / static_cast<double>(from);
      Index begin = 0;
      double covered = 0.0;  // of pixel `begin`, by the cell before
      for (Index i = 0; i < to; ++i) {
        const Index end = (i + 1) * from / to;
        const double reach = static_cast<double>((i + 1) * from % to) / static_cast<double>(to);
        double sum = -covered * static_cast<double>(row[begin]);
        for (Index x = begin; x < end; ++x) sum += static_cast<double>(row[x]);
        if (reach > 0.0) sum += reach * static_cast<double>(row[end]);
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
    float* to = target_ + target_row * target_size_.width;
    const float factor = static_cast<float>(weight);
    for (Index i = 0; i < target_size_.width; ++i) to[i] += factor * scratch_[i];
  }

  // Source row y covers y · h / H to (y + 1) · h / H of the target's rows: one of them, or two.
  void share_row() noexcept {
    const Index high = source_.height;
    const Index low = target_size_.height;
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
    const double step = static_cast<double>(source_.height) / static_cast<double>(target_size_.height);
    for (Index j = first_open_; j < target_size_.height; ++j) {
      const GridPlace place = place_on_grid(j, step);
      const Index upper = std::clamp<Index>(place.cell, 0, source_.height - 1);
      const Index lower = std::clamp<Index>(place.cell + 1, 0, source_.height - 1);
      if (upper > y_) break;
      if (lower < y_) continue;
      if (lower == y_) first_open_ = j + 1;
      double weight = 0.0;
      if (upper == y_) weight += 1.0 - static_cast<double>(place.fraction);
      if (lower == y_) weight += static_cast<double>(place.fraction);
      add_scratch(j, weight);
    }
  }

  Size source_;
  Size target_size_;
  float* target_;
  float* scratch_;
  Index y_ = 0;
  Index first_open_ = 0;  // target rows before it are complete
};

}  // namespace ochre::inline v0::color
