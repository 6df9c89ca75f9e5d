// The distribution over colours itself, of which the fast engine keeps only the mean (kernels/color_head.hpp). Of a
// cell
//   z[q] = Σ_c weights[q][c] · features[c] + bias[q],   shares[q] = softmax_q(exponent · z)
// features: the input of the classifier, a 1x1 convolution, planar [1, channels, h, w]; exponent: T_folded / T, so that
// the shares' mean is the annealed mean. Plain loops, for whoever asks for a few cells, or for all once in a while.
// Tested by distribution_test.cpp.
#pragma once

#include <algorithm>
#include <cmath>

#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::color {

struct Classifier {
  Index colors = 0;
  Index channels = 0;
  AlignedBuffer<float> weights;  // [colors][channels]
  AlignedBuffer<float> bias;     // [colors]
  float exponent = 1.0f;
};

// Cells of one row.
struct CellRun {
  Index y = 0;
  Index x = 0;
  Index count = 1;
};

// Share q of cell i goes to first[q · stride + i].
struct SharesOut {
  float* first = nullptr;
  Index stride = 1;
};

inline void distribution(const Classifier& classifier, TensorView<const float> features, const CellRun& cells,
                         const SharesOut& out) noexcept {
  for (Index q = 0; q < classifier.colors; ++q) {
    float* logits = out.first + q * out.stride;
    std::fill_n(logits, cells.count, classifier.bias.data()[q]);
    for (Index c = 0; c < classifier.channels; ++c) {
      const float weight = classifier.weights.data()[q * classifier.channels + c];
      const float* row = features.plane(0, c) + cells.y * features.shape.w + cells.x;
      for (Index i = 0; i < cells.count; ++i) logits[i] += weight * row[i];
    }
  }
  for (Index i = 0; i < cells.count; ++i) {
    float* shares = out.first + i;
    float largest = shares[0];
    for (Index q = 1; q < classifier.colors; ++q) largest = std::max(largest, shares[q * out.stride]);
    const auto share_of = [&](Index q) {
      const double above = static_cast<double>(shares[q * out.stride]) - static_cast<double>(largest);
      return std::exp(static_cast<double>(classifier.exponent) * above);
    };
    double sum = 0;
    for (Index q = 0; q < classifier.colors; ++q) sum += share_of(q);
    for (Index q = 0; q < classifier.colors; ++q) {
      shares[q * out.stride] = static_cast<float>(share_of(q) / sum);
    }
  }
}

}  // namespace ochre::inline v0::color
