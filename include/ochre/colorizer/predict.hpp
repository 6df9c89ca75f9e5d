// Second of a colorizer's three stages: the network on the lightness that read_lightness.hpp left in its input; the a
// and b that it gives, agreed upon by what looks alike (color/consensus.hpp), those that a memory recalls in their
// place (color/recall.hpp), times the saturation, and what the caller knows (color/hints.hpp), into the grid. Tested by
// colorizer_test.cpp and stages_test.cpp.
#pragma once

#include <algorithm>
#include <span>

#include <ochre/base/finite.hpp>
#include <ochre/color/color_kernels.hpp>
#include <ochre/color/even_grid.hpp>
#include <ochre/colorizer/memory.hpp>
#include <ochre/colorizer/read_lightness.hpp>
namespace ochre::inline v0::detail {

// The L of the picture at its hints. input: a PictureView or a YuvView.
template <class Picture>
void read_hint_lightness(const ColorKernels& kernels, const Picture& input, ColorizerMemory& memory) noexcept {
  Index row = -1;
  float* lightness = memory.row_of(0, 0);
  for (color::PixelHint& pixel : memory.hints.pixels()) {
    if (pixel.y != row) color::lightness_of_row(kernels, input, pixel.y, lightness);
    row = pixel.y;
    pixel.lightness = lightness[pixel.x];
  }
}

// The input's other channels, of a network that was trained with hints: a/110, b/110 and 1 at the hints, 0 elsewhere
// (Zhang et al., "Real-Time User-Guided Image Colorization", 2017).
inline bool takes_hints(const NetworkDescription& network) noexcept {
  return network.input_channels == 4 && network.head.kind == HeadKind::ab;
}

inline void fill_hint_channels(std::span<const color::PixelHint> hints, ColorizerMemory& memory) noexcept {
  constexpr float unit = 110.0f;
  const auto input = memory.input.view();
  std::fill_n(input.plane(0, 1), 3 * input.shape.plane(), 0.0f);
  for (const color::PixelHint& pixel : hints) {
    const Index y = pixel.y * memory.working.h / memory.picture.h;
    const Index x = pixel.x * memory.working.w / memory.picture.w;
    const Index at = y * memory.working.w + x;
    input.plane(0, 1)[at] = pixel.a / unit;
    input.plane(0, 2)[at] = pixel.b / unit;
    input.plane(0, 3)[at] = 1.0f;
  }
}

// The network's steps from `first` on, as long as go_on() says so; what the cells' keys and the features are made of is
// kept when it comes by. Returns the step to go on with. Errors: a workspace of another colorizer.
inline Result<Index> run_network(Index first, const Engine& engine, const ColorizerModel& model,
                                 ColorizerMemory& memory, FunctionRef<bool()> go_on) {
  const parallel::Team& team = memory.network.team();
  const auto keep = [&](const EngineEvent& event) noexcept {
    if (memory.feature_source && reads_features(event, engine.description().head.layer)) {
      keep_features(event.inputs[0], team, memory.features.view());
    }
    if (!memory.keys.is_empty() && reads_features(event, model.classifier)) {
      read_features(event.inputs[0], team, memory.keys);
    }
  };
  const bool keeps = memory.feature_source != nullptr || !memory.keys.is_empty();
  const EngineObserver observer = keeps ? EngineObserver(keep) : EngineObserver();
  return engine.run_from(first, memory.input.view(), memory.network, go_on, observer);
}

// Takes the pattern of the network's cells out of the grid, which a finer one would show.
inline void even_out_grid(ColorizerMemory& memory, const parallel::Team& team) noexcept {
  const MutableAbGridView grid = memory.grid_view();
  const Index cells = grid.width * grid.height;
  if (memory.evened.size() < 2 * cells) return;
  color::even_out(grid, memory.evened.data(), memory.evened.data() + cells, team);
  std::copy_n(memory.evened.data(), cells, grid.a);
  std::copy_n(memory.evened.data() + cells, cells, grid.b);
}

// What a whole run gave, and the consensus of it, into the grid.
inline void settle_own(const Engine& engine, const ColorKernels& kernels, const ColorizerModel& model,
                       ColorizerMemory& memory) {
  const parallel::Team& team = memory.network.team();
  const auto output = engine.output(memory.network);
  const auto [a, b, lightness, width, height] = memory.grid_view();
  if (!memory.keys.is_empty()) memory.keys.read_lightness(lightness);
  if (!memory.consensus.is_empty()) {
    memory.consensus.settle(memory.keys, output.data, a, b, kernels.vote_row, team);
    even_out_grid(memory, team);
  } else if (output.shape.c == 2) {
    std::copy_n(output.data, 2 * width * height, a);
  } else {
    kernels.annealed_mean(output, model.settings.exponent(), team, a, b);
  }
}

// The network's own colours, and the consensus of them, into the grid. hints: for a network that takes them.
// Errors: a workspace of another colorizer.
inline Status predict_own(const Engine& engine, const ColorKernels& kernels, const ColorizerModel& model,
                          std::span<const color::PixelHint> hints, ColorizerMemory& memory) {
  if (takes_hints(engine.description())) fill_hint_channels(hints, memory);
  if (const auto end = run_network(0, engine, model, memory, [] { return true; }); !end) return end.error();
  settle_own(engine, kernels, model, memory);
  return {};
}

inline Status check_finite(const AbGridView& grid) {
  for (Index i = 0; i < 2 * grid.width * grid.height; ++i) {
    if (!is_finite(grid.a[i])) {
      return Error{ErrorCode::malformed, "the network gave a colour that is not a number"};
    }
  }
  return {};
}

// What is recalled in place of the network's own colours, and the saturation. Errors: a colour that is not a number.
inline Status settle_grid(const ColorKernels& kernels, const ColorizerModel& model, ColorizerMemory& memory) {
  const auto [a, b, lightness, width, height] = memory.grid_view();
  if (!memory.recall.is_empty()) {
    memory.recall.settle(memory.keys, lightness, a, b, kernels.recall_row, memory.network.team());
  }
  for (Index i = 0; i < 2 * width * height; ++i) a[i] *= model.settings.saturation;
  auto status = check_finite(memory.grid_view());
  memory.predicted = static_cast<bool>(status);
  return status;
}

// The hints' pixels come from the grid once it was made finer: moves the grid until they have their colours then.
template <class Picture>
void approach_hints(const ColorKernels& kernels, const Picture& input, ColorizerMemory& memory) noexcept {
  const MutableAbGridView grid = memory.grid_view();
  for (int time = 0; time < color::HintNumbers::approaches; ++time) {
    if (!memory.refined.prepare({grid.height, grid.width})) return;
    const color::StridedGrid shown = refine_grid(kernels, grid, input, memory);
    memory.guided = true;
    if (!memory.hints.approach(shown, grid)) return;
  }
}

// input: what read_lightness() read. Errors: a workspace of another colorizer, a colour that is not a number.
template <class Picture>
Status predict_grid(const Engine& engine, const ColorKernels& kernels, const ColorizerModel& model,
                    const Picture& input, ColorizerMemory& memory) {
  memory.predicted = false;
  if (auto status = predict_own(engine, kernels, model, memory.hints.pixels(), memory); !status) return status;
  if (auto status = settle_grid(kernels, model, memory); !status) return status;
  if (memory.hints.is_empty()) return {};
  const bool edge_aware = model.settings.upsampling == AbUpsampling::edge_aware;
  memory.hints.settle(memory.keys, edge_aware, memory.grid_view(), kernels.recall_row, memory.network.team());
  approach_hints(kernels, input, memory);
  auto status = check_finite(memory.grid_view());
  memory.predicted = static_cast<bool>(status);
  return status;
}

}  // namespace ochre::inline v0::detail
