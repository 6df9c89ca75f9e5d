// Chooses an algorithm for each convolution: from shapes to choices, before any weight is read. The fastest, or what
// the caller asked for, or what fits the memory: then one convolution after the other changes to smaller weights, the
// one that costs the least time for each byte saved. Tested by engine_test.cpp.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <ochre/engine/conv_choice.hpp>
#include <ochre/engine/engine_kernels.hpp>
#include <ochre/engine/layer_groups.hpp>

namespace ochre::inline v0::engine {

// Without a limit of the caller's a plan gives up, from here on, the algorithms that gain least for their bytes: the
// colorizers take half of it at 256x256, and at 1920x1080 they stay within 1.5 GB.
inline constexpr Index comfortable_memory = 1'380'000'000;

struct AlgorithmChoice {
  std::vector<ConvAlgorithm> of_layer;  // of the network; `direct` for those that lead no convolution
  double slowdown = 1;                  // estimated time over that of the fastest algorithms
};

class AlgorithmChooser {
 public:
  // The options must outlive it. Errors: an input that the network cannot take, an algorithm asked for that cannot
  // compute its convolution, or for one that there is not.
  static Result<AlgorithmChooser> create(const NetworkDescription& network, const std::vector<LayerGroup>& groups,
                                         const EngineOptions& options, const Products& products) {
    AlgorithmChooser chooser(options, products);
    chooser.layers_ = network.layers.size();
    Shape input = options.input;
    input.n = 1;
    input.c = network.input_channels;
    const auto shapes = network.shapes(input);
    if (!shapes) return shapes.error();
    if (auto status = chooser.check_asked(network, groups); !status) return std::move(status).error();
    for (const LayerGroup& group : groups) {
      const LayerDescription& first = network.layers[static_cast<std::size_t>(group.layers[0])];
      const Shape& out = (*shapes)[static_cast<std::size_t>(group.layers.back())];
      const Shape& in = network::shape_of(first.inputs[0], input, *shapes);
      chooser.least_others_ = std::max(chooser.least_others_, 4 * (in.size() + out.size()));
      if (group.kind != GroupKind::convolution) continue;
      auto costs = chooser.allowed_costs(network, group.layers[0], {in.h, in.w}, {out.h, out.w});
      if (!costs) return std::move(costs).error();
      chooser.convolutions_.push_back({group.layers[0], *std::move(costs)});
    }
    return chooser;
  }

  // What a workspace takes at least, bytes: the largest input and output of a group.
  Index least_others() const noexcept { return least_others_; }

  // others: bytes that the workspace takes, of the memory allowed. Errors: nothing fits.
  Result<AlgorithmChoice> choose(Index others) const {
    std::vector<std::size_t> at;  // in costs, by convolution
    double least = 0;
    for (const Convolution& conv : convolutions_) {
      at.push_back(fastest(conv.costs));
      least += conv.costs[at.back()].time;
    }
    const Index over = fit(at, options_->memory.value_or(comfortable_memory) - others);
    if (over > 0 && options_->memory) {
      return Error{ErrorCode::too_large, "the smallest plan takes " + std::to_string(*options_->memory + over) +
                                             " bytes of memory or more, expected at most " +
                                             std::to_string(*options_->memory)};
    }
    AlgorithmChoice choice;
    choice.of_layer.assign(layers_, ConvAlgorithm::direct);
    double time = 0;
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      const ConvCost& cost = convolutions_[i].costs[at[i]];
      choice.of_layer[static_cast<std::size_t>(convolutions_[i].layer)] = cost.algorithm;
      time += cost.time;
    }
    if (least > 0) choice.slowdown = time / least;
    return choice;
  }

 private:
  struct Convolution {
    Index layer = 0;
    std::vector<ConvCost> costs;  // of the algorithms that it may use, at least one
  };

  AlgorithmChooser(const EngineOptions& options, const Products& products) : options_(&options), products_(products) {}

  static std::size_t fastest(const std::vector<ConvCost>& costs) {
    const auto least = std::min_element(costs.begin(), costs.end(),
                                        [](const ConvCost& a, const ConvCost& b) { return a.time < b.time; });
    return static_cast<std::size_t>(least - costs.begin());
  }

  Result<std::vector<ConvCost>> allowed_costs(const NetworkDescription& network, Index layer, Extent in,
                                              Extent out) const {
    const LayerDescription& conv = network.layers[static_cast<std::size_t>(layer)];
    const Index block = input_block(network, layer);
    auto costs = conv_costs(*conv_shape(conv), block, in, out);
    if (products_.tiles != nullptr && block == channel_block) {
      costs = {tile_unit_cost(*conv_shape(conv), kernels::bf16_parts(products_.precision), in, out)};
    } else if (products_.precision == Precision::bf16) {
      // bf16 would lose 46·2^-8, a fifth, to F(6,3) for 5 % of the time (kernels/winograd_points.hpp).
      std::erase_if(costs, [](const ConvCost& cost) { return cost.algorithm == ConvAlgorithm::winograd_f63; });
      for (ConvCost& cost : costs) cost.weight_bytes /= cost.algorithm == ConvAlgorithm::direct ? 1 : 2;
    }
    const auto asked = std::find_if(options_->algorithms.begin(), options_->algorithms.end(),
                                    [&](const auto& pair) { return pair.first == conv.name; });
    if (asked == options_->algorithms.end()) return costs;
    std::erase_if(costs, [&](const ConvCost& cost) { return cost.algorithm != asked->second; });
    if (!costs.empty()) return costs;
    return Error{ErrorCode::unsupported, "layer " + asked->first + ": " + std::string(name_of(asked->second)) +
                                             " cannot compute this convolution"};
  }

  Status check_asked(const NetworkDescription& network, const std::vector<LayerGroup>& groups) const {
    for (const auto& asked : options_->algorithms) {
      const std::string& name = asked.first;
      const bool known = std::any_of(groups.begin(), groups.end(), [&](const LayerGroup& group) {
        return group.kind == GroupKind::convolution &&
               network.layers[static_cast<std::size_t>(group.layers[0])].name == name;
      });
      if (!known) return Error{ErrorCode::not_found, "no convolution `" + name + "` to choose an algorithm for"};
    }
    return {};
  }

  // Returns how many bytes are too many even for the smallest weights; 0 or less: they fit.
  Index fit(std::vector<std::size_t>& at, Index bytes) const {
    Index total = 0;
    for (std::size_t i = 0; i < convolutions_.size(); ++i) total += convolutions_[i].costs[at[i]].weight_bytes;
    while (total > bytes) {
      std::size_t best = convolutions_.size();
      std::size_t best_at = 0;
      double best_price = std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < convolutions_.size(); ++i) {
        const auto& costs = convolutions_[i].costs;
        for (std::size_t k = 0; k < costs.size(); ++k) {
          const Index saved = costs[at[i]].weight_bytes - costs[k].weight_bytes;
          if (saved <= 0) continue;
          const double price = (costs[k].time - costs[at[i]].time) / static_cast<double>(saved);
          if (price >= best_price) continue;
          best = i;
          best_at = k;
          best_price = price;
        }
      }
      if (best == convolutions_.size()) break;
      const auto& costs = convolutions_[best].costs;
      total -= costs[at[best]].weight_bytes - costs[best_at].weight_bytes;
      at[best] = best_at;
    }
    return total - bytes;
  }

  const EngineOptions* options_;
  Products products_;
  std::size_t layers_ = 0;
  Index least_others_ = 0;
  std::vector<Convolution> convolutions_;
};

}  // namespace ochre::inline v0::engine
