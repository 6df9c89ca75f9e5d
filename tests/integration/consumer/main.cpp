// Fails to build or to run when the headers, their dependencies or OpenMP do not arrive at ochre's users.
#include <cstdio>

#include <ochre/base/version.hpp>
#include <ochre/parallel/parallel_for.hpp>
#include <ochre/simd/simd.hpp>
#include <ochre/tensor/tensor.hpp>

int main() {
#if !defined(_OPENMP)
  std::puts("OpenMP did not arrive");
  return 1;
#endif
  auto tensor = ochre::Tensor<float>::create({.n = 1, .c = 2, .h = 3, .w = 4});
  if (!tensor) return 1;
  ochre::parallel_for(2, tensor->shape().size(), [&](ochre::Index begin, ochre::Index end, int) noexcept {
    for (ochre::Index i = begin; i < end; ++i) tensor->data()[i] = static_cast<float>(i);
  });
  std::printf("ochre %s, %s, element 23 is %g\n", ochre::version, ochre::simd::arch_name(),
              static_cast<double>(tensor->view().at(0, 1, 2, 3)));
  return tensor->view().at(0, 1, 2, 3) == 23.0f ? 0 : 1;
}
