// Colours of the grid as the chroma of a frame, and what was shown a frame ago. Chroma is worked out where it is
// stored: for 4:2:0 that is a quarter of the pixels.
//   Y  = mean luma of the pixels that share a chroma sample, in 10 bits
//   ab = the finer grid at that sample, along the edges of Y's L (color/upsample_ab.hpp)
//   e  = the code of Pb or Pr beside Y, as a real number (color/yuv_rows.hpp)
//   code = the one shown before where |e − code| <= slack, else e rounded
// So codes do not flip between two neighbours with the noise of the camera; what is shown is at most the slack, 1.25
// codes of 8 bits or 1 ab unit, from what was worked out. Rows that need not be worked out again, as the caller knows,
// show what they showed. Tested by chroma_memory_test.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include <ochre/color/ab_grid.hpp>
#include <ochre/color/color_kernels.hpp>
#include <ochre/color/curves.hpp>
#include <ochre/image/yuv_view.hpp>
#include <ochre/parallel/team.hpp>
#include <ochre/tensor/aligned_buffer.hpp>

namespace ochre::inline v0::video {

class ChromaMemory {
 public:
  ChromaMemory() = default;  // of nothing

  // picture: luma samples; threads: workers of the team. Errors: no memory.
  static Result<ChromaMemory> create(Extent picture, int threads) {
    ChromaMemory memory;
    memory.picture_ = picture;
    const auto codes = checked_product({2, picture.h, picture.w});
    const auto rows = checked_product({floats_of_worker, picture.w, threads});
    if (!codes || !rows) return Error{ErrorCode::too_large, "the chroma of frames of " + width_by_height(picture)};
    auto status = AlignedBuffer<std::uint16_t>::create(*codes).move_to(memory.codes_);
    if (status) status = AlignedBuffer<float>::create(*rows).move_to(memory.rows_);
    if (status) status = AlignedBuffer<std::uint16_t>::create(picture.w * threads).move_to(memory.luma_);
    if (!status) return std::move(status).error();
    return memory;
  }

  Index bytes() const noexcept {
    return 2 * (codes_.size() + luma_.size()) + static_cast<Index>(sizeof(float)) * rows_.size();
  }

  bool holds() const noexcept { return holds_; }  // what was shown

  // What was shown counts no more: the next frame's codes are rounded.
  void forget() noexcept { holds_ = false; }

  // Chroma of none.
  static void show_gray(const MutableYuvView& output) noexcept {
    const YuvDepth depth = output.format.depth;
    const auto code = static_cast<std::uint16_t>(image::yuv_codes(depth, output.format.range).zero
                                                 << (depth == YuvDepth::bits10_high ? 6 : 0));
    for (const MutablePlane& plane : {output.cb, output.cr}) {
      for (Index y = 0; y < output.chroma_height(); ++y) {
        std::uint8_t* to = plane.row(y);
        for (Index x = 0; x < output.chroma_width(); ++x, to += plane.step_of(depth)) {
          if (depth == YuvDepth::bits8) *to = static_cast<std::uint8_t>(code);
          if (depth != YuvDepth::bits8) std::memcpy(to, &code, sizeof(code));
        }
      }
    }
  }

  // Writes the chroma of output; of `input` the luma is read. keep: of each chroma row, whether it is to be shown as
  // it was a frame ago (may be null: none is).
  struct Job {
    const ColorKernels& kernels;
    color::StridedGrid grid;  // made finer (color/refine_grid.hpp); not looked at where all is kept
    bool edge_aware = true;
    float slack = 1.0f;  // 0…1, of most_slack
    const std::uint8_t* keep = nullptr;
  };
  void show(const Job& job, const YuvView& input, const MutableYuvView& output, const parallel::Team& team) noexcept {
    if (format_.subsampling != output.format.subsampling || format_.depth != output.format.depth ||
        format_.range != output.format.range || format_.matrix != output.format.matrix) {
      forget();
      format_ = output.format;
      read_table();
    }
    parallel::for_ranges(team, output.chroma_height(), 8, [&](Index begin, Index end, int worker) noexcept {
      for (Index y = begin; y < end; ++y) {
        if (!(holds_ && job.keep != nullptr && job.keep[y] != 0)) work_out_row(job, input, y, worker);
        write_row(output, y);
      }
    });
    holds_ = true;
  }

 private:
  static constexpr Index floats_of_worker = 3;  // L, a, b
  static constexpr float most_slack = 1.25f;    // codes of 8 bits: below, a camera's noise shows; above, edges of cells
  static constexpr std::size_t levels = 1024;

  Index chroma_width() const noexcept {
    return format_.subsampling == ChromaSubsampling::yuv444 ? picture_.w : ceil_div(picture_.w, 2);
  }
  std::uint16_t* codes_of(Index plane, Index y) noexcept {
    return codes_.data() + (plane * picture_.h + y) * picture_.w;
  }
  // In which the mean luma is given.
  YuvFormat mean_format() const noexcept {
    YuvFormat format = format_;
    format.depth = YuvDepth::bits10;
    return format;
  }

  // L of the 1024 codes.
  void read_table() noexcept {
    const image::YuvCodes codes = image::yuv_codes(YuvDepth::bits10, format_.range);
    for (std::size_t i = 0; i < levels; ++i) {
      const double level = static_cast<double>(static_cast<int>(i) - codes.black) / (codes.white - codes.black);
      lightness_[i] = static_cast<float>(color::lightness_of_gray(std::clamp(level, 0.0, 1.0)));
    }
  }

  int sample(const YuvView& input, Index y, Index x) const noexcept {
    const std::uint8_t* from = input.luma.row(y) + x * input.luma.step_of(input.format.depth);
    if (input.format.depth == YuvDepth::bits8) return *from;
    std::uint16_t word = 0;
    std::memcpy(&word, from, sizeof(word));
    return std::min(input.format.depth == YuvDepth::bits10_high ? word >> 6 : static_cast<int>(word), 1023);
  }

  // Mean luma of the samples that share one of chroma, in 10 bits. Of four 8-bit codes it is their sum; white of full
  // range is 255 · 4 = 1020 there, and 1023 here.
  void read_means(const YuvView& input, Index row, std::uint16_t* means) const noexcept {
    const bool halved = format_.subsampling == ChromaSubsampling::yuv420;
    const Index upper = halved ? 2 * row : row;
    const Index lower = halved ? std::min(upper + 1, picture_.h - 1) : row;
    const bool paired = format_.subsampling != ChromaSubsampling::yuv444;
    const bool plain = input.format.depth == YuvDepth::bits8 && input.luma.step_of(input.format.depth) == 1;
    const Index width = chroma_width();
    const Index whole = plain && paired ? picture_.w / 2 : 0;
    const std::uint8_t* above = input.luma.row(upper);
    const std::uint8_t* below = input.luma.row(lower);
    const unsigned full = input.format.depth == YuvDepth::bits8 && format_.range == YuvRange::full ? 193 : 0;
    for (Index x = 0; x < whole; ++x) {
      const unsigned sum = static_cast<unsigned>(above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1]);
      means[x] = static_cast<std::uint16_t>(sum + (sum * full >> 16));
    }
    for (Index x = whole; x < width; ++x) {
      const Index left = paired ? 2 * x : x;
      const Index right = paired ? std::min(left + 1, picture_.w - 1) : x;
      const unsigned sum = static_cast<unsigned>(sample(input, upper, left) + sample(input, upper, right) +
                                                 sample(input, lower, left) + sample(input, lower, right));
      const unsigned mean = input.format.depth == YuvDepth::bits8 ? sum + (sum * full >> 16) : (sum + 2) / 4;
      means[x] = static_cast<std::uint16_t>(mean);
    }
  }

  void work_out_row(const Job& job, const YuvView& input, Index y, int worker) noexcept {
    const Index width = chroma_width();
    std::uint16_t* means = luma_.data() + worker * picture_.w;
    float* lightness = rows_.data() + worker * floats_of_worker * picture_.w;
    float* a = lightness + picture_.w;
    float* b = a + picture_.w;
    read_means(input, y, means);
    for (Index x = 0; x < width; ++x) lightness[x] = lightness_[means[x]];
    const Index across = format_.subsampling == ChromaSubsampling::yuv444 ? 1 : 2;
    const Index down = format_.subsampling == ChromaSubsampling::yuv420 ? 2 : 1;
    const color::PictureSamples samples{picture_, across, down};
    if (job.edge_aware) {
      job.kernels.upsample_edge_aware_row(job.grid, samples, y, lightness, a, b);
    } else {
      job.kernels.upsample_bilinear_row(job.grid, samples, y, a, b);
    }
    job.kernels.lab_to_chroma_row(reinterpret_cast<const std::uint8_t*>(means), 2, mean_format(), width, lightness, a,
                                  b);
    const float unit = format_.depth == YuvDepth::bits8 ? most_slack : 4.0f * most_slack;
    const float slack = holds_ ? unit * job.slack : -1.0f;
    hold(a, slack, codes_of(0, y));
    hold(b, slack, codes_of(1, y));
  }

  // chroma: Pb or Pr, −1/2…1/2.
  void hold(const float* chroma, float slack, std::uint16_t* codes) const noexcept {
    const image::YuvCodes scale = image::yuv_codes(format_.depth, format_.range);
    const float factor = static_cast<float>(scale.chroma);
    const float zero = static_cast<float>(scale.zero);
    const Index width = chroma_width();
    for (Index x = 0; x < width; ++x) {
      const float exact = chroma[x] * factor + zero;
      const float before = static_cast<float>(codes[x]);
      const int rounded = std::min(static_cast<int>(exact + 0.5f), scale.largest);
      const float apart = std::abs(exact - before);
      codes[x] = apart <= slack ? codes[x] : static_cast<std::uint16_t>(rounded);
    }
  }

  void write_row(const MutableYuvView& output, Index y) noexcept {
    write_codes(codes_of(0, y), output.cb.row(y), output.cb.step_of(format_.depth));
    write_codes(codes_of(1, y), output.cr.row(y), output.cr.step_of(format_.depth));
  }

  void write_codes(const std::uint16_t* codes, std::uint8_t* to, Index step) const noexcept {
    const Index width = chroma_width();
    if (format_.depth == YuvDepth::bits8) {
      if (step == 1) {
        for (Index x = 0; x < width; ++x) to[x] = static_cast<std::uint8_t>(codes[x]);
      } else {
        for (Index x = 0; x < width; ++x) to[x * step] = static_cast<std::uint8_t>(codes[x]);
      }
      return;
    }
    const int shift = format_.depth == YuvDepth::bits10_high ? 6 : 0;
    for (Index x = 0; x < width; ++x) {
      const auto word = static_cast<std::uint16_t>(codes[x] << shift);
      std::memcpy(to + x * step, &word, sizeof(word));
    }
  }

  Extent picture_{0, 0};
  YuvFormat format_{.subsampling = ChromaSubsampling::yuv400};  // of the output; none yet
  bool holds_ = false;                                          // codes_ are what was shown
  AlignedBuffer<std::uint16_t> codes_;                          // [Cb, Cr][h][w], those of the format's size in use
  AlignedBuffer<std::uint16_t> luma_;                           // [threads][w]
  AlignedBuffer<float> rows_;                                   // [threads][3][w]
  std::array<float, levels> lightness_{};
};

}  // namespace ochre::inline v0::video
