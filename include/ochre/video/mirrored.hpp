// One surface seen in two ways: of a scene that stands still a network would give the same colours again and again,
// mistakes and all. So it sees every other frame mirrored, and the mean of both is truer than either. Tested by
// mirrored_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/base/extent.hpp>

namespace ochre::inline v0::video {

// from, to: planes of that size, not the same; left and right change places.
inline void mirror(const float* from, Extent size, float* to) noexcept {
  for (Index y = 0; y < size.h; ++y) std::reverse_copy(from + y * size.w, from + (y + 1) * size.w, to + y * size.w);
}

// The plane as a look sees it: mirrored or as it is.
inline void copy_as_seen(const float* from, Extent size, bool mirrored, float* to) noexcept {
  if (mirrored) return mirror(from, size, to);
  std::copy_n(from, size.h * size.w, to);
}

}  // namespace ochre::inline v0::video
