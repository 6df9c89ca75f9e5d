// Shape of a planar tensor: N pictures, C channels, H rows, W columns, in that order of storage (NCHW, W fastest).
#pragma once

#include <optional>
#include <string>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0 {

// Numbers of pictures, channels, rows and columns.
struct Shape {
  Index n = 1;
  Index c = 1;
  Index h = 1;
  Index w = 1;

  friend bool operator==(const Shape&, const Shape&) = default;

  Index plane() const noexcept { return h * w; }
  Index size() const noexcept { return n * c * h * w; }  // only of a shape that passed checked_size()

  // Number of elements; nothing if a side is below 1 or the bytes of that many doubles could not be addressed.
  std::optional<Index> checked_size() const noexcept {
    if (n < 1 || c < 1 || h < 1 || w < 1) return std::nullopt;
    const auto bytes = checked_product({n, c, h, w, Index{8}});
    if (!bytes) return std::nullopt;
    return *bytes / 8;
  }
};

// A shape as messages show it: "[1,3,480,640]".
inline std::string to_string(const Shape& shape) {
  return "[" + std::to_string(shape.n) + "," + std::to_string(shape.c) + "," + std::to_string(shape.h) + "," +
         std::to_string(shape.w) + "]";
}

}  // namespace ochre::inline v0
