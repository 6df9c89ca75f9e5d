// The numbers of color/consensus.hpp, as the reference's formulas take them.
#pragma once

#include <ochre/color/consensus.hpp>
#include <ochre/reference/consensus.hpp>

namespace ochre::test {

// block: cells of a block's side.
inline reference::ConsensusParameters consensus_parameters(Extent grid, Index channels, Index block) {
  using Numbers = color::ConsensusNumbers;
  return {.grid = grid,
          .channels = channels,
          .group = ceil_div(channels, color::most_key_depth),
          .block = block,
          .feature_sigma = static_cast<double>(Numbers::feature_sigma),
          .place_sigma = static_cast<double>(Numbers::place_sigma),
          .anywhere = static_cast<double>(Numbers::anywhere),
          .narrow = static_cast<double>(Numbers::narrow),
          .self = static_cast<double>(Numbers::self),
          .calm = static_cast<double>(Numbers::calm),
          .gain = static_cast<double>(Numbers::gain)};
}

}  // namespace ochre::test
