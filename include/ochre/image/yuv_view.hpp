// Frames in the caller's memory as cameras and video decoders give them: a plane of luma Y' and two of chroma, Cb and
// Cr. Nothing is owned. A plane is a pointer to the top row's first sample, a row stride and a step in bytes, so that
// any layout fits: I420 (three planes), NV12 (Cb and Cr in turns in one plane), YUYV (all in turns). Rows may be padded
// or bottom-up (a negative stride). 16-bit words are in the machine's byte order and need no alignment.
//   E'y = (Y' - black) / (white - black),  Pb = (Cb - zero) / (its range),  Pr alike;  R', G', B' in 0…1:
//   R' = E'y + 2 (1 - Kr) Pr,  B' = E'y + 2 (1 - Kb) Pb,  E'y = Kr R' + Kg G' + Kb B'          (ITU-R BT.601, BT.709)
// Tested by yuv_view_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include <ochre/base/checked.hpp>
#include <ochre/base/extent.hpp>
#include <ochre/base/result.hpp>

namespace ochre::inline v0 {

// How many luma samples share one of chroma: there is none, 2x2, 2 of a row, each has its own. Halves are rounded up.
enum class ChromaSubsampling : std::uint8_t { yuv400, yuv420, yuv422, yuv444 };

// Bits of a sample; 10 of them lie in a 16-bit word, in its low bits (yuv420p10) or its high ones (P010).
enum class YuvDepth : std::uint8_t { bits8, bits10, bits10_high };

// Which codes are black and white: of 8 bits 16 and 235 (Cb and Cr: 16 and 240) if limited, as most video has them, or
// 0 and 255 if full, as JPEG and many cameras have them. A frame of one that is taken for the other has too little
// contrast or too much, and its colours shift by 2 ab units.
enum class YuvRange : std::uint8_t { limited, full };

// Which weights luma has of R', G' and B'. Kr, Kg, Kb: 0.299, 0.587, 0.114 (SD video, JPEG), or 0.2126, 0.7152, 0.0722
// (HD video).
enum class YuvMatrix : std::uint8_t { bt601, bt709 };

// What the samples of a frame mean. What is not said is what most video has.
struct YuvFormat {
  ChromaSubsampling subsampling = ChromaSubsampling::yuv420;
  YuvDepth depth = YuvDepth::bits8;
  YuvRange range = YuvRange::limited;
  YuvMatrix matrix = YuvMatrix::bt709;
};

// Bytes of one sample: 1 or 2.
constexpr Index bytes_per_sample(YuvDepth depth) noexcept { return depth == YuvDepth::bits8 ? 1 : 2; }

namespace image {

// The codes of one depth and range.
struct YuvCodes {
  int black = 0;      // of luma
  int white = 255;    // of luma
  int zero = 128;     // of chroma
  int chroma = 255;   // from Pb = -1/2 to 1/2
  int largest = 255;  // of all
};

// What 8 or 10 bits stand for, in either range.
constexpr YuvCodes yuv_codes(YuvDepth depth, YuvRange range) noexcept {
  const int unit = depth == YuvDepth::bits8 ? 1 : 4;
  const int largest = 256 * unit - 1;
  if (range == YuvRange::limited) return {16 * unit, 235 * unit, 128 * unit, 224 * unit, largest};
  return {0, largest, 128 * unit, largest, largest};
}

// Kr, Kg and Kb, whose sum is 1.
struct YuvWeights {
  double r = 0;
  double g = 0;
  double b = 0;
};

// The weights of a matrix.
constexpr YuvWeights yuv_weights(YuvMatrix matrix) noexcept {
  return matrix == YuvMatrix::bt601 ? YuvWeights{0.299, 0.587, 0.114} : YuvWeights{0.2126, 0.7152, 0.0722};
}

}  // namespace image

// Where the samples of one kind lie. Void: const void, or void where they are to be written.
template <class Void>
struct BasicPlane {
  using Byte = std::conditional_t<std::is_const_v<Void>, const std::uint8_t, std::uint8_t>;

  Void* samples = nullptr;  // the top row's first
  Index row_stride = 0;     // bytes from one row to the next below
  Index step = 0;           // bytes from one sample to the next of a row; 0: they lie side by side

  Byte* row(Index y) const noexcept { return static_cast<Byte*>(samples) + y * row_stride; }
  Index step_of(YuvDepth depth) const noexcept { return step == 0 ? bytes_per_sample(depth) : step; }

  operator BasicPlane<const void>() const noexcept requires(!std::is_const_v<Void>) {
    return {samples, row_stride, step};
  }
};

// A frame's three planes, its size and its format. Void: as of a plane.
template <class Void>
struct BasicYuvView {
  BasicPlane<Void> luma{};
  BasicPlane<Void> cb{};  // neither this nor cr is looked at where a frame is only read
  BasicPlane<Void> cr{};
  Index width = 0;   // luma samples
  Index height = 0;  // luma rows
  YuvFormat format{};

  Extent extent() const noexcept { return {height, width}; }
  Index chroma_width() const noexcept {
    return format.subsampling == ChromaSubsampling::yuv444 ? width : ceil_div(width, 2);
  }
  Index chroma_height() const noexcept {
    return format.subsampling == ChromaSubsampling::yuv420 ? ceil_div(height, 2) : height;
  }

  operator BasicYuvView<const void>() const noexcept requires(!std::is_const_v<Void>) {
    return {luma, cb, cr, width, height, format};
  }
};

using Plane = BasicPlane<const void>;       // samples of one kind that are read
using MutablePlane = BasicPlane<void>;      // samples of one kind that are written
using YuvView = BasicYuvView<const void>;   // a frame that is read
using MutableYuvView = BasicYuvView<void>;  // a frame that is written

// NV12 by its name, which becomes a YuvView: 4:2:0 of 8 bits, a plane of luma and one of Cb and Cr in turns.
template <class Void>
struct BasicNv12View {
  Void* luma = nullptr;
  Void* chroma = nullptr;
  Index width = 0;
  Index height = 0;
  Index luma_stride = 0;
  Index chroma_stride = 0;
  YuvRange range = YuvRange::limited;
  YuvMatrix matrix = YuvMatrix::bt709;

  operator BasicYuvView<Void>() const noexcept {
    using Byte = typename BasicPlane<Void>::Byte;
    Void* const cr = chroma == nullptr ? nullptr : static_cast<Byte*>(chroma) + 1;
    return {.luma = {luma, luma_stride},
            .cb = {chroma, chroma_stride, 2},
            .cr = {cr, chroma_stride, 2},
            .width = width,
            .height = height,
            .format = {.range = range, .matrix = matrix}};
  }
  operator YuvView() const noexcept requires(!std::is_const_v<Void>) { return BasicYuvView<Void>(*this); }
};

// I420 (yuv420p) by its name, which becomes a YuvView: 4:2:0 of 8 bits in three planes.
template <class Void>
struct BasicI420View {
  Void* luma = nullptr;
  Void* cb = nullptr;
  Void* cr = nullptr;
  Index width = 0;
  Index height = 0;
  Index luma_stride = 0;
  Index chroma_stride = 0;
  YuvRange range = YuvRange::limited;
  YuvMatrix matrix = YuvMatrix::bt709;

  operator BasicYuvView<Void>() const noexcept {
    return {.luma = {luma, luma_stride},
            .cb = {cb, chroma_stride},
            .cr = {cr, chroma_stride},
            .width = width,
            .height = height,
            .format = {.range = range, .matrix = matrix}};
  }
  operator YuvView() const noexcept requires(!std::is_const_v<Void>) { return BasicYuvView<Void>(*this); }
};

using Nv12View = BasicNv12View<const void>;   // a frame of NV12 that is read
using MutableNv12View = BasicNv12View<void>;  // a frame of NV12 that is written
using I420View = BasicI420View<const void>;   // a frame of I420 that is read
using MutableI420View = BasicI420View<void>;  // a frame of I420 that is written

namespace detail {

inline Status check_plane(const Plane& plane, Extent size, YuvDepth depth, const std::string& what) {
  const auto fail = [&](const std::string& reason) { return Error{ErrorCode::invalid_argument, what + ": " + reason}; };
  if (plane.samples == nullptr) return fail("the pointer is null");
  const Index bytes = bytes_per_sample(depth);
  const Index step = plane.step_of(depth);
  if (step < bytes) {
    return fail("the step is " + std::to_string(step) + " bytes, but a sample has " + std::to_string(bytes));
  }
  const auto between = checked_product({size.w - 1, step});
  const auto row_bytes = between ? checked_add(*between, bytes) : std::nullopt;
  const auto stride = plane.row_stride < 0 ? checked_mul(plane.row_stride, -1) : std::optional<Index>(plane.row_stride);
  if (!row_bytes || !stride || !checked_product({size.h, *stride})) {
    return Error{ErrorCode::too_large, what + ": the size overflows the address space"};
  }
  if (*stride >= *row_bytes) return {};
  return fail("the row stride is " + std::to_string(plane.row_stride) + " bytes, but a row has " +
              std::to_string(*row_bytes));
}

}  // namespace detail

// The validity check of a frame that is only read: its format, its size and its luma. `what` names it in the message.
inline Status check_luma(const YuvView& frame, const char* what) {
  const auto fail = [&](const std::string& reason) {
    return Error{ErrorCode::invalid_argument, std::string(what) + ": " + reason};
  };
  const YuvFormat& format = frame.format;
  if (format.subsampling > ChromaSubsampling::yuv444 || format.depth > YuvDepth::bits10_high ||
      format.range > YuvRange::full || format.matrix > YuvMatrix::bt709) {
    return fail("a subsampling, depth, range or matrix that there is not");
  }
  if (frame.width < 1 || frame.height < 1) {
    return fail("the size is " + std::to_string(frame.width) + "x" + std::to_string(frame.height) +
                ", expected at least 1x1");
  }
  return detail::check_plane(frame.luma, frame.extent(), format.depth, std::string(what) + ": luma");
}

// The validity check of a frame whose chroma matters, too: what check_luma() checks, and both planes of it.
inline Status check_frame(const YuvView& frame, const char* what) {
  if (auto status = check_luma(frame, what); !status) return status;
  if (frame.format.subsampling == ChromaSubsampling::yuv400) {
    return Error{ErrorCode::invalid_argument, std::string(what) + ": 4:0:0, which has no chroma"};
  }
  const Extent size{frame.chroma_height(), frame.chroma_width()};
  auto status = detail::check_plane(frame.cb, size, frame.format.depth, std::string(what) + ": Cb");
  if (!status) return status;
  return detail::check_plane(frame.cr, size, frame.format.depth, std::string(what) + ": Cr");
}

}  // namespace ochre::inline v0
