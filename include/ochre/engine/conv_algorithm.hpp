// How a convolution may be computed, and the names for people: in full, and in 11 letters at most, for tables.
#pragma once

#include <array>
#include <string_view>

#include <ochre/kernels/winograd_points.hpp>

namespace ochre::inline v0 {

// How the fast engine computes a convolution: tap by tap, by Winograd's F(m,r), tiles of m x m outputs and r x r taps,
// or tap by tap on the CPU's tile unit, where Precision allows it.
enum class ConvAlgorithm { direct, winograd_f42, winograd_f43, winograd_f63, tile_unit };

// The algorithms' full names, in their order.
inline constexpr std::array<std::string_view, 5> conv_algorithm_names{"direct", kernels::F42::name, kernels::F43::name,
                                                                      kernels::F63::name, "tile unit"};
// Their names in 11 letters at most, in the same order.
inline constexpr std::array<std::string_view, 5> short_conv_algorithm_names{"direct", "F(4,2)", "F(4,3)", "F(6,3)",
                                                                            "tiles"};

// An algorithm's full name. A number that is none of them has one, too, since it may come from outside.
constexpr std::string_view name_of(ConvAlgorithm algorithm) noexcept {
  const auto at = static_cast<std::size_t>(algorithm);
  return at < conv_algorithm_names.size() ? conv_algorithm_names[at] : "unknown";
}
// An algorithm's name in 11 letters at most.
constexpr std::string_view short_name_of(ConvAlgorithm algorithm) noexcept {
  const auto at = static_cast<std::size_t>(algorithm);
  return at < short_conv_algorithm_names.size() ? short_conv_algorithm_names[at] : "unknown";
}

}  // namespace ochre::inline v0
