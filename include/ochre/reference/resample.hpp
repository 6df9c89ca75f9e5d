// Changes of size: of resolution by whole factors, and zeros around the picture.
//   downsample: output[y,x] = input[y*sh, x*sw]
//   pad: output[y,x] = input[y-top, x-left], 0 outside of it, or the nearest pixel, or the picture mirrored at
//     its last pixel's centre; a side below 0 takes rows or columns away
//   upsample nearest: output[y,x] = input[y/fh, x/fw]
//   upsample bilinear: input at ((y+1/2)/fh - 1/2, (x+1/2)/fw - 1/2), not above 0 clamped to 0; with align_corners at
//   (y*(h-1)/(H-1), x*(w-1)/(W-1)), so that the corners' centres fall together. Beyond the last pixel: the last pixel.
// Semantics of PyTorch's x[:,:,::s,::s], ZeroPad2d and interpolate(scale_factor). Tested by reference_test.cpp against
// PyTorch.
#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>

#include <ochre/base/extent.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

struct DownsampleParameters {
  Extent stride;
};

inline Shape downsample_shape(const Shape& input, const DownsampleParameters& p) noexcept {
  return {input.n, input.c, ceil_div(input.h, p.stride.h), ceil_div(input.w, p.stride.w)};
}

inline void downsample(TensorView<const double> input, const DownsampleParameters& p,
                       TensorView<double> output) noexcept {
  assert(output.shape == downsample_shape(input.shape, p));
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < output.shape.c; ++c) {
      for (Index y = 0; y < output.shape.h; ++y) {
        for (Index x = 0; x < output.shape.w; ++x) {
          output.at(n, c, y, x) = input.at(n, c, y * p.stride.h, x * p.stride.w);
        }
      }
    }
  }
}

enum class PadMode { zero, edge, reflect };

struct PadParameters {
  Index top = 0;
  Index left = 0;
  Index bottom = 0;
  Index right = 0;
  PadMode mode = PadMode::zero;
};

inline Shape pad_shape(const Shape& input, const PadParameters& p) noexcept {
  return {input.n, input.c, p.top + input.h + p.bottom, p.left + input.w + p.right};
}

// For edge and reflect: step by step back into the side.
inline Index pad_source(Index at, Index side, PadMode mode) noexcept {
  while (at < 0 || at >= side) {
    if (mode == PadMode::edge) at += at < 0 ? 1 : -1;
    if (mode == PadMode::reflect) at = at < 0 ? -at : side - 1 - (at - (side - 1));
  }
  return at;
}

inline void pad(TensorView<const double> input, const PadParameters& p, TensorView<double> output) noexcept {
  assert(output.shape == pad_shape(input.shape, p));
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < output.shape.c; ++c) {
      for (Index y = 0; y < output.shape.h; ++y) {
        for (Index x = 0; x < output.shape.w; ++x) {
          const Index from_y = y - p.top;
          const Index from_x = x - p.left;
          const bool inside = from_y >= 0 && from_y < input.shape.h && from_x >= 0 && from_x < input.shape.w;
          if (inside || p.mode == PadMode::zero) {
            output.at(n, c, y, x) = inside ? input.at(n, c, from_y, from_x) : 0.0;
            continue;
          }
          output.at(n, c, y, x) =
              input.at(n, c, pad_source(from_y, input.shape.h, p.mode), pad_source(from_x, input.shape.w, p.mode));
        }
      }
    }
  }
}

enum class UpsampleMode { nearest, bilinear };

struct UpsampleParameters {
  Extent factor;
  UpsampleMode mode = UpsampleMode::nearest;
  bool align_corners = false;  // of bilinear
};

inline Shape upsample_shape(const Shape& input, const UpsampleParameters& p) noexcept {
  return {input.n, input.c, input.h * p.factor.h, input.w * p.factor.w};
}

// The two input pixels that an output pixel lies between along one axis: (1-part) * first + part * second.
struct Between {
  Index first = 0;
  Index second = 0;
  double part = 0.0;
};

inline Between bilinear_position(Index at, Index input_size, Index factor, bool align_corners) noexcept {
  const Index output_size = input_size * factor;
  double source = 0.0;
  if (!align_corners) {
    source = std::max(0.0, (static_cast<double>(at) + 0.5) / static_cast<double>(factor) - 0.5);
  } else if (output_size > 1) {
    source = static_cast<double>(at * (input_size - 1)) / static_cast<double>(output_size - 1);
  }
  const Index first = std::min(static_cast<Index>(source), input_size - 1);
  return {first, std::min(first + 1, input_size - 1), source - static_cast<double>(first)};
}

inline void upsample(TensorView<const double> input, const UpsampleParameters& p, TensorView<double> output) noexcept {
  assert(output.shape == upsample_shape(input.shape, p));
  for (Index n = 0; n < output.shape.n; ++n) {
    for (Index c = 0; c < output.shape.c; ++c) {
      for (Index y = 0; y < output.shape.h; ++y) {
        for (Index x = 0; x < output.shape.w; ++x) {
          if (p.mode == UpsampleMode::nearest) {
            output.at(n, c, y, x) = input.at(n, c, y / p.factor.h, x / p.factor.w);
            continue;
          }
          const Between row = bilinear_position(y, input.shape.h, p.factor.h, p.align_corners);
          const Between column = bilinear_position(x, input.shape.w, p.factor.w, p.align_corners);
          const auto along = [&](Index from) {
            return (1.0 - column.part) * input.at(n, c, from, column.first) +
                   column.part * input.at(n, c, from, column.second);
          };
          output.at(n, c, y, x) = (1.0 - row.part) * along(row.first) + row.part * along(row.second);
        }
      }
    }
  }
}

}  // namespace ochre::inline v0::reference
