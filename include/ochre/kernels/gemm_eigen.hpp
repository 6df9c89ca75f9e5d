// C = A·B through Eigen: the second, independent GEMM that the first is compared with, in tests and in bench/.
// The one header that names Eigen; not part of ochre.hpp. All matrices row-major and dense.
#pragma once

#include <Eigen/Core>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0::kernels {

struct GemmSize {
  Index rows = 0;     // of A and C
  Index depth = 0;    // columns of A, rows of B
  Index columns = 0;  // of B and C
};

template <class T>
void gemm_eigen(const GemmSize& size, const T* a, const T* b, T* c) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const Matrix> left(a, size.rows, size.depth);
  const Eigen::Map<const Matrix> right(b, size.depth, size.columns);
  Eigen::Map<Matrix>(c, size.rows, size.columns).noalias() = left * right;
}

}  // namespace ochre::inline v0::kernels
