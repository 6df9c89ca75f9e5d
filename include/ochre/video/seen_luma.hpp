// The luma of the frame before, to know what did not change: bit for bit, row by row. Tested by seen_luma_test.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ochre/image/yuv_view.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::video {

class SeenLuma {
 public:
  SeenLuma() = default;  // of nothing

  // Errors: no memory.
  static Result<SeenLuma> create(Extent picture) {
    SeenLuma seen;
    seen.picture_ = picture;
    const auto bytes = checked_product({2, picture.h, picture.w});
    if (!bytes) return Error{ErrorCode::too_large, "the luma of frames of " + width_by_height(picture)};
    auto status = AlignedBuffer<std::uint8_t>::create(*bytes).move_to(seen.luma_);
    if (status) status = AlignedBuffer<std::uint8_t>::create(picture.h).move_to(seen.same_);
    if (!status) return std::move(status).error();
    return seen;
  }

  Index bytes() const noexcept { return luma_.size() + same_.size(); }

  // Compares the frame with the one before, and keeps it in its place.
  void see(const YuvView& frame, const parallel::Team& team) noexcept {
    const bool comparable = holds_ && format_.depth == frame.format.depth && format_.range == frame.format.range;
    format_ = frame.format;
    holds_ = true;
    parallel::for_ranges(team, picture_.h, 16, [&](Index begin, Index end, int) noexcept {
      for (Index y = begin; y < end; ++y) same_.data()[y] = see_row(frame, y) && comparable ? 1 : 0;
    });
    all_same_ = std::all_of(same_.data(), same_.data() + picture_.h, [](std::uint8_t same) { return same != 0; });
  }

  bool all_same() const noexcept { return all_same_; }
  bool same_row(Index y) const noexcept { return same_.data()[y] != 0; }

 private:
  bool see_row(const YuvView& frame, Index y) noexcept {
    const Index size = bytes_per_sample(frame.format.depth);
    const Index step = frame.luma.step_of(frame.format.depth);
    const std::uint8_t* from = frame.luma.row(y);
    std::uint8_t* to = luma_.data() + 2 * y * picture_.w;
    if (step == size) {
      const auto bytes = static_cast<std::size_t>(size * picture_.w);
      const bool same = std::memcmp(from, to, bytes) == 0;
      if (!same) std::memcpy(to, from, bytes);
      return same;
    }
    bool same = true;
    for (Index x = 0; x < picture_.w; ++x) {
      const auto bytes = static_cast<std::size_t>(size);
      same = std::memcmp(from + x * step, to + x * size, bytes) == 0 && same;
      std::memcpy(to + x * size, from + x * step, bytes);
    }
    return same;
  }

  Extent picture_{0, 0};
  YuvFormat format_{};
  bool holds_ = false;
  bool all_same_ = false;
  AlignedBuffer<std::uint8_t> luma_;  // [h][w] samples of up to 2 bytes
  AlignedBuffer<std::uint8_t> same_;  // [h]
};

}  // namespace ochre::inline v0::video
