// All memory of a colorizer's calls on pictures of one size: one workspace for each call at a time. Beside the
// network's own memory it is the network's input, the grid of colours that comes out, and a few rows for each thread,
// however large the picture. Tested by colorizer_test.cpp.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include <ochre/color/working_size.hpp>
#include <ochre/colorizer/limits.hpp>
#include <ochre/colorizer/options.hpp>
#include <ochre/engine/engine.hpp>

namespace ochre::inline v0 {

struct PictureSize {
  Index width = 0;
  Index height = 0;

  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

inline std::string to_string(PictureSize size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

namespace detail {

struct ColorizerMemory {
  PictureSize picture;
  Extent working;
  EngineWorkspace network;
  Tensor<float> input;             // [1, C, working size]
  Tensor<float> grid;              // [1, 3, network's output size]: a, b, mean L
  AlignedBuffer<float> averaging;  // one row at working size or of the grid, whichever is wider
  AlignedBuffer<float> rows;       // L, a, b of one row, for each thread

  static constexpr Index rows_of_worker = 3;

  float* rows_of(int worker) noexcept { return rows.data() + worker * rows_of_worker * picture.width; }
};

}  // namespace detail

// Move-only. One that was moved from is empty: no size, no bytes, and every call on it an error.
class ColorizerWorkspace {
 public:
  PictureSize picture() const noexcept { return memory_ ? memory_->picture : PictureSize{}; }
  Extent working_size() const noexcept { return memory_ ? memory_->working : Extent{0, 0}; }
  int threads() const noexcept { return memory_ ? memory_->network.threads() : 0; }
  Index bytes() const noexcept;

 private:
  friend class Colorizer;
  explicit ColorizerWorkspace(std::unique_ptr<detail::ColorizerMemory> memory) noexcept : memory_(std::move(memory)) {}

  std::unique_ptr<detail::ColorizerMemory> memory_;
};

inline Index ColorizerWorkspace::bytes() const noexcept {
  if (!memory_) return 0;
  const Index floats =
      memory_->input.shape().size() + memory_->grid.shape().size() + memory_->averaging.size() + memory_->rows.size();
  return memory_->network.bytes() + floats * static_cast<Index>(sizeof(float));
}

namespace detail {

// The network's own memory, within what it may take beside the grid.
inline Result<EngineWorkspace> make_network_memory(const Engine& engine, const ColorizerSettings& settings,
                                                   const ColorizerWorkspaceOptions& options, const Shape& input,
                                                   Index grid_bytes) {
  auto made = engine.make_workspace({.input = input,
                                     .threads = options.threads,
                                     .lender = options.lender,
                                     .host = options.host,
                                     .memory = most_memory(input, settings) - grid_bytes});
  if (made || made.error().code != ErrorCode::too_large) return made;
  Error error = std::move(made).error();
  error.text += more_memory;
  return error;
}

// Errors: an empty size, threads out of range or more than the system starts, no memory.
inline Result<std::unique_ptr<ColorizerMemory>> make_memory(const Engine& engine, const ColorizerSettings& settings,
                                                            PictureSize picture, ColorizerWorkspaceOptions options) {
  if (picture.width < 1 || picture.height < 1) return invalid("the picture's size is " + to_string(picture));
  if (auto status = check_threads(options.threads); !status) return std::move(status).error();
  if (options.threads == 0) options.threads = settings.threads;
  const NetworkDescription& network = engine.description();
  const Extent working = color::working_size({picture.height, picture.width}, settings.size);
  const Shape input{1, network.input_channels, working.h, working.w};
  const auto made = grid_shape(network, engine.plan().wanted, input, most_memory(input, settings));
  if (!made) return made.error();
  const Index grid_bytes = 3 * made->plane() * static_cast<Index>(sizeof(float));
  auto network_memory = make_network_memory(engine, settings, options, input, grid_bytes);
  if (!network_memory) return std::move(network_memory).error();
  const auto row_values = checked_product({picture.width, ColorizerMemory::rows_of_worker, options.threads});
  if (!row_values) return Error{ErrorCode::too_large, "a picture " + std::to_string(picture.width) + " pixels wide"};
  auto input_tensor = Tensor<float>::create(input);
  auto grid = Tensor<float>::create({1, 3, made->h, made->w});
  auto averaging = AlignedBuffer<float>::create(std::max(working.w, made->w));
  auto rows = AlignedBuffer<float>::create(*row_values);
  if (!input_tensor) return std::move(input_tensor).error();
  if (!grid) return std::move(grid).error();
  if (!averaging) return std::move(averaging).error();
  if (!rows) return std::move(rows).error();
  std::unique_ptr<ColorizerMemory> memory(
      new (std::nothrow) ColorizerMemory{picture, working, *std::move(network_memory), *std::move(input_tensor),
                                         *std::move(grid), *std::move(averaging), *std::move(rows)});
  if (!memory) return Error{ErrorCode::out_of_memory, "no memory for a workspace"};
  return memory;
}

}  // namespace detail

}  // namespace ochre::inline v0
