// How the layers that act on each value by itself run: planes split over the workers, one function a value.
#pragma once

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

// output[i] = function(input[i], channel) for every value. Output and input may be the same memory.
template <class T, class Function>
void for_each_value(const TensorView<const T>& input, TensorView<T> output, int threads,
                    const Function& function) noexcept {
  const Index plane = input.shape.plane();
  parallel::parallel_for(threads, input.shape.n * input.shape.c, [&](Index begin, Index end, int) noexcept {
    for (Index p = begin; p < end; ++p) {
      const Index channel = p % input.shape.c;
      const T* from = input.data + p * plane;
      T* to = output.data + p * plane;
      for (Index i = 0; i < plane; ++i) to[i] = function(from[i], channel);
    }
  });
}

}  // namespace ochre::inline v0::layers
