// All code of the fast engine that exists once for each instruction set, as a table of functions: the engine itself is
// compiled once, and a program that holds several tables (ochre::dispatch) chooses one at run time.
#pragma once

#include <memory>

#include <ochre/base/platform/processor.hpp>
#include <ochre/engine/engine_options.hpp>
#include <ochre/engine/steps/change_layout.hpp>
#include <ochre/engine/steps/readable_step.hpp>
#include <ochre/kernels/color_head.hpp>
#include <ochre/kernels/tile_conv.hpp>
#include <ochre/kernels/winograd_conv.hpp>
#include <ochre/network/layer_variants.hpp>
#include <ochre/simd/tile_check.hpp>
#include <ochre/simd/tile_unit.hpp>

namespace ochre::inline v0 {

namespace engine {

struct ConvRequest {
  kernels::ConvShape shape;
  ConvAlgorithm algorithm = ConvAlgorithm::direct;
  Precision precision = Precision::float32;
  Index block = channel_block;  // of the input's channels
  int out_parts = 0;            // of the output, for convolutions on the tile unit to read; 0: floats
};

// The code of the CPU's tile unit.
struct TileUnitKernels {
  Result<std::unique_ptr<kernels::ConvKernel>> (*make_convolution)(const ConvRequest&) = nullptr;
  ToParts to_parts = nullptr;
};

// What a plan's products are made of, and by what.
struct Products {
  Precision precision = Precision::float32;
  const TileUnitKernels* tiles = nullptr;  // null: not on the tile unit
};

}  // namespace engine

// The fast engine's code of one instruction set, as functions that make kernels. Kernels come without weights; pack()
// brings them.
struct EngineKernels {
  const char* isa = "";
  bool has_bf16 = false;  // products of bf16 in vectors, faster than those of float
  Result<std::unique_ptr<kernels::ConvKernel>> (*make_convolution)(const engine::ConvRequest&) = nullptr;
  std::unique_ptr<kernels::ColorHeadKernel> (*make_color_head)(const kernels::ConvShape&) = nullptr;
  Result<std::unique_ptr<engine::PlanarLayer>> (*make_planar)(const LayerSpec&, layers::Channels,
                                                              layers::Parameters<float>) = nullptr;
  // Null, or gives null: no tile unit. Its first call asks the system for it (base/platform/tile_permission.hpp), so it
  // comes only when an engine would use it.
  const engine::TileUnitKernels* (*tile_unit)() noexcept = nullptr;

  // What an engine's products are made of that may be as coarse as `asked`: float, where this CPU is faster with it.
  engine::Products products(Precision asked) const noexcept {
    if (asked == Precision::float32) return {};
    if (const auto* tiles = tile_unit == nullptr ? nullptr : tile_unit()) return {asked, tiles};
    return {asked == Precision::bf16 && has_bf16 ? Precision::bf16 : Precision::float32, nullptr};
  }
};

namespace engine {

template <class Arch, class Products>
const kernels::WinogradRoutine& winograd_routine_of(ConvAlgorithm algorithm) noexcept {
  if (algorithm == ConvAlgorithm::winograd_f42) return kernels::winograd_routine<Arch, kernels::F42, Products>;
  if (algorithm == ConvAlgorithm::winograd_f43) return kernels::winograd_routine<Arch, kernels::F43, Products>;
  return kernels::winograd_routine<Arch, kernels::F63, Products>;
}

template <class Arch, bool Bf16>
Result<std::unique_ptr<kernels::ConvKernel>> make_winograd(const ConvRequest& request) {
  auto form = kernels::winograd_form(request.shape);
  const auto make = [&]<class Products>(Products) -> Result<std::unique_ptr<kernels::ConvKernel>> {
    const auto& routine = winograd_routine_of<Arch, Products>(request.algorithm);
    if (!form || form->taps != routine.r || request.block != channel_block) {
      return Error{ErrorCode::invalid_argument, std::string(routine.name) + " cannot compute this convolution"};
    }
    std::unique_ptr<kernels::ConvKernel> kernel =
        std::make_unique<kernels::WinogradConv<Arch, Products>>(routine, request.shape, *std::move(form));
    return kernel;
  };
  if constexpr (Bf16) {
    if (request.precision == Precision::bf16) return make(simd::Bf16Products{});
  }
  return make(simd::FloatProducts{});
}

template <class Arch, bool Bf16>
Result<std::unique_ptr<kernels::ConvKernel>> make_convolution(const ConvRequest& request) {
  if (request.algorithm != ConvAlgorithm::direct) return make_winograd<Arch, Bf16>(request);
  std::unique_ptr<kernels::ConvKernel> kernel =
      std::make_unique<kernels::DirectConv<Arch>>(request.shape, request.block, request.out_parts);
  return kernel;
}

template <class Arch, class Unit>
Result<std::unique_ptr<kernels::ConvKernel>> make_tile_convolution(const ConvRequest& request) {
  std::unique_ptr<kernels::ConvKernel> kernel;
  if (kernels::bf16_parts(request.precision) == 1) {
    kernel = std::make_unique<kernels::TileConv<Arch, Unit, 1>>(request.shape, request.out_parts);
  } else {
    kernel = std::make_unique<kernels::TileConv<Arch, Unit, 2>>(request.shape, request.out_parts);
  }
  return kernel;
}

// The code of Unit, compiled where this is called.
template <class Arch, class Unit>
const TileUnitKernels* tile_unit_kernels() noexcept {
  static constexpr TileUnitKernels table{&make_tile_convolution<Arch, Unit>, &kernels::to_parts<Arch>};
  return &table;
}

#if defined(OCHRE_TILE_UNIT)
// The code of the CPU's own; null where it or the system refuses.
template <class Arch>
const TileUnitKernels* permitted_tile_unit() noexcept {
  static const bool permitted = platform::permit_tiles() && simd::multiplies_integers<simd::TileUnit>();
  return permitted ? tile_unit_kernels<Arch, simd::TileUnit>() : nullptr;
}
#endif

template <class Made>
class PlanarLayerOf final : public PlanarLayer {
 public:
  explicit PlanarLayerOf(Made layer) : layer_(std::move(layer)) {}

  std::string_view algorithm() const noexcept override { return Made::algorithm; }
  std::optional<Index> scratch_size(std::span<const Shape> inputs, int threads) const noexcept override {
    return layer_.scratch_size(inputs, takes_team ? threads : 1);
  }
  void run(layers::Inputs<float> inputs, TensorView<float> output, std::span<float> scratch,
           const parallel::Team& team) const noexcept override {
    if constexpr (takes_team) {
      layer_.run(inputs, output, scratch, team);
    } else {
      layer_.run(inputs, output, scratch, 1);
    }
  }

 private:
  static constexpr bool takes_team = requires(const Made& layer, const parallel::Team& team) {
    layer.run(layers::Inputs<float>{}, TensorView<float>{}, std::span<float>{}, team);
  };

  Made layer_;
};

template <class Arch>
Result<std::unique_ptr<PlanarLayer>> make_planar(const LayerSpec& spec, layers::Channels channels,
                                                 layers::Parameters<float> parameters) {
  return network::create_layer_as<std::unique_ptr<PlanarLayer>, float, Arch>(
      spec, channels, parameters,
      [](auto layer) { return std::make_unique<PlanarLayerOf<decltype(layer)>>(std::move(layer)); });
}

template <class Arch>
std::unique_ptr<kernels::ColorHeadKernel> make_color_head(const kernels::ConvShape& conv) {
  return std::make_unique<kernels::ColorHead<Arch>>(conv);
}

}  // namespace engine

// The fast engine's code of the instruction set Arch, compiled where this is called; the table stays as long as the
// program runs.
// WithBf16: products of bf16 too, where the build has the instruction; they double the code to be compiled. And those
// of the tile unit, where the build and this machine have it.
template <class Arch = simd::DefaultArch, bool WithBf16 = false>
const EngineKernels& engine_kernels() noexcept {
  static constexpr bool bf16 = WithBf16 && simd::has_bf16_products<Arch>;
  static const EngineKernels table = [] {
    EngineKernels kernels{simd::arch_name<Arch>(), bf16 && platform::bf16_vectors_are_fast(),
                          &engine::make_convolution<Arch, bf16>, &engine::make_color_head<Arch>,
                          &engine::make_planar<Arch>};
#if defined(OCHRE_TILE_UNIT)
    if (WithBf16) kernels.tile_unit = &engine::permitted_tile_unit<Arch>;
#endif
    return kernels;
  }();
  return table;
}

}  // namespace ochre::inline v0
