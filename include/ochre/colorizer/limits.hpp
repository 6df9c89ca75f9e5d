// How much a model file may claim in a colorizer before anybody has said that it may: weights once they are packed, the
// memory of a call, and the colours that come of it. All are in SECURITY.md. Tested by colorizer_test.cpp.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <ochre/color/ab_grid.hpp>
#include <ochre/colorizer/options.hpp>
#include <ochre/engine/engine_cost.hpp>
#include <ochre/network/description.hpp>
#include <ochre/network/run_cost.hpp>

namespace ochre::inline v0::detail {

inline constexpr char more_memory[] = " (ColorizerOptions::memory allows more)";

// What packing may make of a model's weights, which a file of some kilobytes in the smallest type can hold a million
// of: ECCV16 takes 4 to 7 times its weights in float, a network of few channels, filled up to 16, up to 256 times a
// little.
inline Status check_weights(const NetworkDescription& network, const Shape& input, Index layer,
                            std::optional<Index> memory) {
  constexpr double most_free = 64 << 20;
  constexpr double most_times = 32;
  const auto cost = engine_cost(network, input, layer);
  if (!cost) return cost.error();
  const double in_float = sizeof(float) * static_cast<double>(network.parameters());
  const double most = std::max(most_free + most_times * in_float, static_cast<double>(memory.value_or(0)));
  if (cost->weights <= most) return {};
  return Error{ErrorCode::too_large, "the network's packed weights: found " + network::whole_text(cost->weights) +
                                         " bytes, expected at most " + network::whole_text(most) + more_memory};
}

// What a call may take, of a network whose text of some hundred bytes may claim anything. SIGGRAPH17, which takes most
// of the networks known here, takes 1.8 KB for each pixel of its input. A working size that nobody but the file asks
// for counts up to twice 256 by 256.
inline Index most_memory(const Shape& input, const ColorizerSettings& settings) noexcept {
  constexpr Index most_free_bytes = Index{64} << 20;
  constexpr Index most_bytes_per_pixel = 8192;
  constexpr Index most_pixels_of_file = 131'072;
  const Index pixels = settings.own_size ? std::min(input.plane(), most_pixels_of_file) : input.plane();
  return std::max(most_free_bytes + most_bytes_per_pixel * pixels, settings.memory.value_or(0));
}

struct OutputLimit {
  Index planes = 3;  // that are to be held, each of the size of the network's output
  Index lines = 0;   // and floats for each of its rows and columns
  Index bytes = 0;   // that they may take
};

// Of what layer `wanted` gives, if what becomes of it may be held.
inline Result<Shape> output_shape(const NetworkDescription& network, Index wanted, const Shape& input,
                                  const OutputLimit& limit) {
  const auto shapes = network.shapes(input);
  if (!shapes) return shapes.error();
  const Shape output = (*shapes)[static_cast<std::size_t>(wanted)];
  const auto planes = checked_product({limit.planes, output.h, output.w, Index{sizeof(float)}});
  if (std::max(output.h, output.w) <= color::longest_grid_side && planes) {
    const Index lines = limit.lines * (output.h + output.w) * static_cast<Index>(sizeof(float));
    if (*planes <= limit.bytes && lines <= limit.bytes - *planes) return output;
  }
  return Error{ErrorCode::too_large, "the network gives " + to_string(output) + " for an input of " + to_string(input) +
                                         ", expected colours of at most " + std::to_string(limit.bytes) +
                                         " bytes and 2^24 cells a side" + more_memory};
}

}  // namespace ochre::inline v0::detail
