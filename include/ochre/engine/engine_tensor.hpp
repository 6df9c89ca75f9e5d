// A tensor of the fast engine, of one picture, to be looked at: planar, or blocked if `blocked.data` is set.
#pragma once

#include <ochre/base/shape.hpp>
#include <ochre/tensor/blocked.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0 {

struct EngineTensorView {
  TensorView<const float> planar;
  BlockedView<const float> blocked;
  Shape shape;

  float at(Index c, Index y, Index x) const noexcept {
    return blocked.data != nullptr ? blocked.at(c, y, x) : planar.at(0, c, y, x);
  }
};

}  // namespace ochre::inline v0
