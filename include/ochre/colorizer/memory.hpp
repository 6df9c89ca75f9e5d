// What a colorizer's stages work in, for pictures of one size; made in one go, within the limits of limits.hpp. Held by
// a ColorizerWorkspace (workspace.hpp). Tested by colorizer_test.cpp.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include <ochre/color/ab_grid.hpp>
#include <ochre/color/cell_keys.hpp>
#include <ochre/color/consensus.hpp>
#include <ochre/color/hints.hpp>
#include <ochre/color/recall.hpp>
#include <ochre/color/refine_grid.hpp>
#include <ochre/color/working_size.hpp>
#include <ochre/colorizer/features.hpp>
#include <ochre/colorizer/limits.hpp>
#include <ochre/colorizer/options.hpp>
#include <ochre/engine/engine.hpp>

namespace ochre::inline v0::detail {

struct ColorizerMemory {
  Extent picture;
  Extent working;
  EngineWorkspace network;
  Tensor<float> input;             // [1, C, working size]
  Tensor<float> grid;              // [1, 3, network's output size]: a, b, mean L
  Tensor<float> features;          // [1, the classifier's channels, the same size]; empty if nobody asked for them
  color::CellKeys keys;            // empty if nothing votes
  color::Consensus consensus;      // empty if there is none
  color::Recall recall;            // empty if there is nothing to recall
  color::Hints hints;              // empty if nothing is known of this picture
  color::RefinedGrid refined;      // refines nothing unless upsampling is edge aware
  AlignedBuffer<float> evened;     // a and b without the pattern of the cells; empty without consensus
  AlignedBuffer<float> averaging;  // one row at working size or of the grid, whichever is wider, for each thread
  AlignedBuffer<float> rows;       // L of one row, a and b of two, for each thread
  std::shared_ptr<const FeatureSource> feature_source;  // none: as above
  bool predicted = false;                               // grid and features are those of the last predict
  bool guided = false;  // the finer grid's guide is the L of the picture at hand, for a grid of the network's size

  static constexpr Index rows_of_worker = 5;

  float* row_of(int worker, Index row) noexcept { return rows.data() + (worker * rows_of_worker + row) * picture.w; }

  MutableAbGridView grid_view() noexcept {
    const auto planes = grid.view();
    return {planes.plane(0, 0), planes.plane(0, 1), planes.plane(0, 2), planes.shape.w, planes.shape.h};
  }

  Index bytes() const noexcept {
    const Index floats = input.shape().size() + grid.shape().size() + features.shape().size() + averaging.size() +
                         rows.size() + evened.size();
    const Index votes = keys.bytes() + consensus.bytes() + recall.bytes() + hints.bytes() + refined.bytes();
    return network.bytes() + votes + floats * static_cast<Index>(sizeof(float));
  }
};

// What a stage needs of a colorizer beside its kernels.
struct ColorizerModel {
  ColorizerSettings settings;
  std::shared_ptr<const FeatureSource> features;  // none: nobody asked for them
  Index classifier = -1;  // the layer whose input the cells' keys are made of; none: nothing votes
  Index channels = 0;     // of that input
  bool consensus = false;
  std::string identity;  // SHA-256 of the model file, if the colorizer is teachable, else empty
};

// What the engine makes of the logits: the mean a and b, and for a consensus that of |ab|², of a narrower distribution.
inline ColorMean color_mean(const ColorizerModel& model) {
  const auto& [a, b] = color::bin_centres;
  ColorMean mean{.exponent = model.settings.exponent(), .values = {}};
  mean.values.assign(a.begin(), a.end());
  mean.values.insert(mean.values.end(), b.begin(), b.end());
  if (!model.consensus) return mean;
  mean.exponent /= color::ConsensusNumbers::temperature_factor;
  mean.means = 3;
  for (std::size_t q = 0; q < a.size(); ++q) mean.values.push_back(a[q] * a[q] + b[q] * b[q]);
  return mean;
}

// All but the network's own.
inline Status allocate(ColorizerMemory& memory, const ColorizerModel& model, const Shape& input, Extent grid,
                       int threads) {
  const auto row_values = checked_product({memory.picture.w, ColorizerMemory::rows_of_worker, threads});
  if (!row_values) {
    return Error{ErrorCode::too_large, "a picture " + std::to_string(memory.picture.w) + " pixels wide"};
  }
  if (auto status = Tensor<float>::create(input).move_to(memory.input); !status) return status;
  if (auto status = Tensor<float>::create({1, 3, grid.h, grid.w}).move_to(memory.grid); !status) return status;
  if (memory.feature_source) {
    const Shape shape{1, memory.feature_source->channels, grid.h, grid.w};
    if (auto status = Tensor<float>::create(shape).move_to(memory.features); !status) return status;
  }
  if (model.classifier >= 0) {
    auto status = color::CellKeys::create(grid, model.channels).move_to(memory.keys);
    if (!status) return status;
  }
  if (model.consensus) {
    auto status = color::Consensus::create(grid, memory.keys.depth()).move_to(memory.consensus);
    if (!status) return status;
  }
  if (model.settings.upsampling == AbUpsampling::edge_aware) {
    auto status = color::RefinedGrid::create(grid, memory.picture, threads).move_to(memory.refined);
    if (status && model.consensus && memory.refined.bytes() > 0) {
      status = AlignedBuffer<float>::create(2 * grid.h * grid.w).move_to(memory.evened);
    }
    if (!status) return status;
  }
  const Index widest = std::max(memory.working.w, grid.w);
  if (auto status = AlignedBuffer<float>::create(widest * threads).move_to(memory.averaging); !status) return status;
  return AlignedBuffer<float>::create(*row_values).move_to(memory.rows);
}

// Errors: a memory of nothing, of another model's features, or for a colorizer that is not teachable.
inline Status check_recall(const ColorizerModel& model, const CameraMemory* memory) {
  if (memory == nullptr) return {};
  if (model.identity.empty()) return invalid("a memory for a colorizer without ColorizerOptions::teachable");
  if (memory->is_empty()) return invalid("the memory is empty: nothing was learned");
  const Index depth = color::key_depth(model.channels);
  if (memory->totals().model == model.identity && memory->depth() == depth) return {};
  if (memory->totals().model == model.identity) {
    return Error{ErrorCode::mismatch, "the memory: found keys of " + std::to_string(memory->depth()) +
                                          " numbers, expected " + std::to_string(depth)};
  }
  return Error{ErrorCode::mismatch, "the memory: found the features of model " + memory->totals().model +
                                        ", expected those of " + model.identity};
}

// Planes of the grid's size that a workspace holds beside the network's, and floats for each of its rows and columns.
inline OutputLimit output_limit(const ColorizerModel& model, const CameraMemory* recalled, Index bytes) {
  OutputLimit limit{.planes = 5 + (model.features ? model.features->channels : 0), .lines = 0, .bytes = bytes};
  if (model.classifier >= 0) limit.planes += color::CellKeys::planes();
  if (model.consensus) {
    limit.planes += color::Consensus::planes();
    limit.lines += color::ConsensusNumbers::most_blocks + color::vote_tile;
  }
  if (recalled != nullptr) {
    limit.planes += color::Recall::planes();
    limit.lines += color::Recall::lines();
  }
  return limit;
}

// Errors: an empty size, threads out of range or more than the system starts, no memory, more than the limits allow.
inline Result<std::unique_ptr<ColorizerMemory>> make_memory(const Engine& engine, const ColorizerModel& model,
                                                            Extent picture, const ColorizerWorkspaceOptions& options) {
  if (picture.h < 1 || picture.w < 1) return invalid("the picture's size is " + width_by_height(picture));
  if (auto status = check_threads(options.threads); !status) return std::move(status).error();
  const CameraMemory* recalled = options.memory.get();
  if (auto status = check_recall(model, recalled); !status) return std::move(status).error();
  std::unique_ptr<ColorizerMemory> memory(new (std::nothrow) ColorizerMemory);
  if (!memory) return Error{ErrorCode::out_of_memory, "no memory for a workspace"};
  const NetworkDescription& network = engine.description();
  memory->picture = picture;
  memory->working = color::working_size(picture, model.settings.size);
  memory->feature_source = model.features;
  const Shape input{1, network.input_channels, memory->working.h, memory->working.w};
  const Index most = most_memory(input, model.settings);
  const OutputLimit limit = output_limit(model, recalled, most);
  const auto grid = output_shape(network, engine.plan().wanted, input, limit);
  if (!grid) return grid.error();
  const int own = options.threads == 0 ? model.settings.threads : options.threads;
  const int threads = options.team ? options.team->threads() : own;
  const Extent cells{grid->h, grid->w};
  const Index held = limit.planes * grid->plane() * static_cast<Index>(sizeof(float));
  const auto finer = model.settings.upsampling == AbUpsampling::edge_aware
                         ? color::RefinedGrid::bytes_for(cells, picture, threads)
                         : Index{0};
  if (!finer || *finer > most - held) {
    return Error{ErrorCode::too_large, "the colours of " + width_by_height(cells) + " cells, made finer" + more_memory};
  }
  auto network_memory = engine.make_workspace({.input = input,
                                               .threads = threads,
                                               .team = options.team,
                                               .lender = options.lender,
                                               .host = options.host,
                                               .memory = most - held - *finer,
                                               .cancel = options.cancel});
  if (!network_memory) {
    Error error = std::move(network_memory).error();
    if (error.code == ErrorCode::too_large) error.text += more_memory;
    return error;
  }
  memory->network = *std::move(network_memory);
  if (auto status = allocate(*memory, model, input, cells, threads); !status) return std::move(status).error();
  if (recalled != nullptr) {
    auto status = color::Recall::create(*recalled, cells, options.place).move_to(memory->recall);
    if (!status) return std::move(status).error();
  }
  return memory;
}

}  // namespace ochre::inline v0::detail
