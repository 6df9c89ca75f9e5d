// The kernels of the compiler's flags with the tile unit's model for the unit.
#pragma once

#include <ochre/engine/engine_kernels.hpp>

namespace ochre::test {

inline const EngineKernels& tile_model_kernels() {
  static const EngineKernels kernels = [] {
    EngineKernels with_model = engine_kernels<>();
    with_model.tile_unit = &engine::tile_unit_kernels<simd::DefaultArch, simd::TileModel>;
    return with_model;
  }();
  return kernels;
}

}  // namespace ochre::test
