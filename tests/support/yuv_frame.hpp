// Frames that own their planes, in every layout, for tests of whatever reads or writes them.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <ochre/image/yuv_view.hpp>

#include "support/at.hpp"
#include "support/scene.hpp"

namespace ochre::test {

enum class Layout { planar, turns, swapped_turns, padded, bottom_up, packed };
inline constexpr std::array layouts{Layout::planar, Layout::turns,     Layout::swapped_turns,
                                    Layout::padded, Layout::bottom_up, Layout::packed};

// A frame that owns its planes, each with a guard behind it.
struct Frame {
  static constexpr std::uint8_t blank = 0xC5;
  static constexpr std::size_t guard = 3;

  MutableYuvView view;
  std::vector<std::uint8_t> luma, cb, cr;

  Frame(Index width, Index height, const YuvFormat& format, Layout layout = Layout::planar) {
    view.width = width;
    view.height = height;
    view.format = format;
    const Index bytes = bytes_per_sample(format.depth);
    const Index chroma_width = view.chroma_width();
    const bool turns = layout == Layout::turns || layout == Layout::swapped_turns;
    const Index padding = layout == Layout::padded ? 5 : 0;
    const Index chroma_step = (turns ? 2 : layout == Layout::packed ? 4 : 1) * bytes;
    const Index luma_step = (layout == Layout::packed ? 2 : 1) * bytes;
    const auto plane = [&](std::vector<std::uint8_t>& memory, Index samples, Index rows, Index step) {
      const Index stride = samples * step + padding;
      memory.assign(at(stride * rows) + guard, blank);
      MutablePlane plane_view{memory.data(), stride, step == bytes ? 0 : step};
      if (layout == Layout::bottom_up) plane_view = {memory.data() + (rows - 1) * stride, -stride, plane_view.step};
      return plane_view;
    };
    view.luma = plane(luma, layout == Layout::packed ? width + width % 2 : width, height, luma_step);
    view.cb = plane(cb, chroma_width, view.chroma_height(), chroma_step);
    view.cr = plane(cr, chroma_width, view.chroma_height(), chroma_step);
    if (turns) {  // one plane for both
      view.cr = {static_cast<std::uint8_t*>(view.cb.samples) + bytes, view.cb.row_stride, view.cb.step};
      if (layout == Layout::swapped_turns) std::swap(view.cb, view.cr);
    }
    if (layout == Layout::packed && format.subsampling == ChromaSubsampling::yuv422) {  // YUYV: all in the luma's rows
      view.cb = {luma.data() + bytes, view.luma.row_stride, 4 * bytes};
      view.cr = {luma.data() + 3 * bytes, view.luma.row_stride, 4 * bytes};
    }
  }

  int code(const MutablePlane& plane, Index x, Index y) const {
    const std::uint8_t* from = plane.row(y) + x * plane.step_of(view.format.depth);
    if (view.format.depth == YuvDepth::bits8) return *from;
    std::uint16_t word = 0;
    std::memcpy(&word, from, 2);
    return view.format.depth == YuvDepth::bits10_high ? word >> 6 : word;
  }

  void set(const MutablePlane& plane, Index x, Index y, int code) {
    std::uint8_t* to = plane.row(y) + x * plane.step_of(view.format.depth);
    const auto word = static_cast<std::uint16_t>(view.format.depth == YuvDepth::bits10_high ? code << 6 : code);
    if (view.format.depth == YuvDepth::bits8) {
      *to = static_cast<std::uint8_t>(code);
    } else {
      std::memcpy(to, &word, 2);
    }
  }

  std::vector<int> codes(const MutablePlane& plane, Index width, Index height) const {
    std::vector<int> all;
    for (Index y = 0; y < height; ++y) {
      for (Index x = 0; x < width; ++x) all.push_back(code(plane, x, y));
    }
    return all;
  }
  std::vector<int> luma_codes() const { return codes(view.luma, view.width, view.height); }
  std::vector<int> cb_codes() const { return codes(view.cb, view.chroma_width(), view.chroma_height()); }
  std::vector<int> cr_codes() const { return codes(view.cr, view.chroma_width(), view.chroma_height()); }
};

// The scene's grey as luma of any range and depth.
inline void film(Frame& frame) {
  const Picture scene = make_scene(frame.view.width, frame.view.height);
  const image::YuvCodes codes = image::yuv_codes(frame.view.format.depth, frame.view.format.range);
  for (Index y = 0; y < frame.view.height; ++y) {
    for (Index x = 0; x < frame.view.width; ++x) {
      const double level = *scene.pixel(x, y) / 255.0;
      frame.set(frame.view.luma, x, y,
                static_cast<int>(std::lround(codes.black + level * (codes.white - codes.black))));
    }
  }
}

}  // namespace ochre::test
