// Attention of several heads over the places i of a grid; of the input's channels the first third are the queries q,
// the second the keys k, the last the values v, and each head has `depth` of the channels of each:
//   s[j] = sum over c of q[c][i] k[c][j] / sqrt(depth)
//   output[c][i] = sum over j of p[j] v[c][j],   p[j] = exp(s[j] - m) / sum over l of exp(s[l] - m),   m = the largest
//   s
// j counts the squares of `side` by `side` places that cover the grid, k and v are the means over them, and side is the
// least that makes no more than most_keys of them. Tested by reference_test.cpp against PyTorch.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

struct AttentionParameters {
  Index heads = 1;
  Index most_keys = 512;
};

inline Index attention_side(const Shape& grid, const AttentionParameters& p) noexcept {
  Index side = 1;
  while (ceil_div(grid.h, side) * ceil_div(grid.w, side) > p.most_keys) ++side;
  return side;
}

// The mean of each square of the grid, those at the right and lower rim the smaller for it.
inline Result<Tensor<double>> means_of_squares(TensorView<const double> input, Index side) {
  const Shape& shape = input.shape;
  auto means = Tensor<double>::create({shape.n, shape.c, ceil_div(shape.h, side), ceil_div(shape.w, side)});
  if (!means) return means;
  auto view = means->view();
  for (Index plane = 0; plane < shape.n * shape.c; ++plane) {
    for (Index row = 0; row < view.shape.h; ++row) {
      for (Index column = 0; column < view.shape.w; ++column) {
        double sum = 0.0;
        Index places = 0;
        for (Index y = row * side; y < std::min((row + 1) * side, shape.h); ++y) {
          for (Index x = column * side; x < std::min((column + 1) * side, shape.w); ++x, ++places) {
            sum += input.data[(plane * shape.h + y) * shape.w + x];
          }
        }
        view.data[(plane * view.shape.h + row) * view.shape.w + column] = sum / static_cast<double>(places);
      }
    }
  }
  return means;
}

// p[j] of place i for the head whose first channel is `first`. means: as means_of_squares() has them of the input.
inline void attention_shares(TensorView<const double> input, TensorView<const double> means, Index n, Index first,
                             Index depth, Index i, std::vector<double>& shares) noexcept {
  const Index channels = input.shape.c / 3;
  double largest = 0.0;
  for (std::size_t j = 0; j < shares.size(); ++j) {
    double score = 0.0;
    for (Index c = first; c < first + depth; ++c) score += input.plane(n, c)[i] * means.plane(n, channels + c)[j];
    shares[j] = score / std::sqrt(static_cast<double>(depth));
    largest = j == 0 ? shares[j] : std::max(largest, shares[j]);
  }
  double sum = 0.0;
  for (double& share : shares) sum += share = std::exp(share - largest);
  for (double& share : shares) share /= sum;
}

// Errors: no memory.
inline Status attention(TensorView<const double> input, const AttentionParameters& p, TensorView<double> output) {
  const auto means = means_of_squares(input, attention_side(input.shape, p));
  if (!means) return means.error();
  const Index channels = input.shape.c / 3;
  const Index depth = channels / p.heads;
  std::vector<double> shares(static_cast<std::size_t>(means->shape().plane()));
  for (Index n = 0; n < input.shape.n; ++n) {
    for (Index first = 0; first < channels; first += depth) {
      for (Index i = 0; i < input.shape.plane(); ++i) {
        attention_shares(input, means->view(), n, first, depth, i, shares);
        for (Index c = first; c < first + depth; ++c) {
          const double* values = means->view().plane(n, 2 * channels + c);
          double sum = 0.0;
          for (std::size_t j = 0; j < shares.size(); ++j) sum += shares[j] * values[j];
          output.plane(n, c)[i] = sum;
        }
      }
    }
  }
  return {};
}

}  // namespace ochre::inline v0::reference
