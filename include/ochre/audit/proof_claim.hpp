// What a proof may take to be replayed or made, whatever a file claims: weighed from the network's text and the proof's
// input alone, before the first layer is built. Tested by proof_claim_test.cpp.
#pragma once

#include <algorithm>
#include <string>

#include <ochre/network/run_cost.hpp>

namespace ochre::inline v0::audit {

// Activations in double and what packing adds to the weights, unless the weights themselves are more than half of it.
// From below: siggraph17 takes 7 MB on the smallest input that ochre makes and 62 MB on the largest. From above: an
// import with another type has two networks at a time, and a small file shall not take more memory than a small machine
// has.
inline constexpr double most_proof_bytes = 128 << 20;

// As run_cost.hpp counts it. From below: siggraph17 takes 1.3e9 on the smallest input that ochre makes and 1.1e10 on
// the largest. From above: some seconds on one core.
inline constexpr double most_proof_work = 2e10;

// Errors: an input the network cannot take, more memory or work than that.
inline Status check_proof_claim(const NetworkDescription& network, const Shape& input) {
  const auto cost = readable_cost<double>(network, input, every_layer);
  if (!cost) return cost.error();
  using network::whole_text;
  const std::string where = "the layers on an input " + to_string(input);
  const double most_bytes = std::max(most_proof_bytes, 2 * cost->weights);
  if (cost->bytes > most_bytes) {
    return Error{ErrorCode::too_large, where + " take " + whole_text(cost->bytes) +
                                           " bytes of memory, expected at most " + whole_text(most_bytes)};
  }
  if (cost->work > most_proof_work) {
    return Error{ErrorCode::too_large, where + " take " + whole_text(cost->work) +
                                           " multiply-adds or their like, expected at most " +
                                           whole_text(most_proof_work)};
  }
  return {};
}

}  // namespace ochre::inline v0::audit
