// What a caller may ask of a fast engine at creation. The defaults are right for most.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ochre/base/shape.hpp>
#include <ochre/engine/conv_algorithm.hpp>
#include <ochre/kernels/color_head.hpp>
#include <ochre/kernels/precision.hpp>

namespace ochre::inline v0 {

// What makes colours of the wanted layer's logits, those of a 1x1 convolution:
//   p = softmax(exponent·logits),  y[k] = Σ_q p_q · values[k][q] + offset[k],  k = 0 … means-1
using ColorMean = kernels::ColorHeadOptions;

struct EngineOptions {
  std::string layer{};            // whose output is wanted; empty: the network's output
  Shape input{1, 0, 256, 256};    // the size to be fast at; any other works as well (channels are the network's)
  int threads = 1;                // that pack the weights; those of a workspace for `memory`
  std::optional<Index> memory{};  // bytes for packed weights and a workspace at that size
  Precision precision = Precision::float32;
  bool keep_all = false;     // every layer's output exists: nothing is fused
  bool every_layer = false;  // instead of `layer`: all run; the last one is wanted
  std::vector<std::pair<std::string, ConvAlgorithm>> algorithms{};  // by a convolution's name, instead of the choice
  std::optional<ColorMean> color_mean{};                            // `layer` are logits: make colours of them
};

}  // namespace ochre::inline v0
