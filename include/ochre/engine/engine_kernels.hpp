// All code of the fast engine that exists once for each instruction set, as a table of functions: the engine itself is
// compiled once, and a program that holds several tables (ochre::dispatch) chooses one at run time.
#pragma once

#include <memory>

#include <ochre/engine/engine_options.hpp>
#include <ochre/engine/steps/readable_step.hpp>
#include <ochre/kernels/color_head.hpp>
#include <ochre/kernels/winograd_conv.hpp>
#include <ochre/network/layer_variants.hpp>

namespace ochre::inline v0 {

namespace engine {

struct ConvRequest {
  kernels::ConvShape shape;
  ConvAlgorithm algorithm = ConvAlgorithm::direct;
  Precision precision = Precision::float32;  // of a Winograd algorithm's products
  Index block = channel_block;               // of the input's channels
};

}  // namespace engine

// The fast engine's code of one instruction set, as functions that make kernels. Kernels come without weights; pack()
// brings them.
struct EngineKernels {
  const char* isa = "";
  bool has_bf16 = false;
  Result<std::unique_ptr<kernels::ConvKernel>> (*make_convolution)(const engine::ConvRequest&) = nullptr;
  std::unique_ptr<kernels::ColorHeadKernel> (*make_color_head)(const kernels::ConvShape&) = nullptr;
  Result<std::unique_ptr<engine::PlanarLayer>> (*make_planar)(const LayerSpec&, layers::Channels,
                                                              layers::Parameters<float>) = nullptr;
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
      std::make_unique<kernels::DirectConv<Arch>>(request.shape, request.block);
  return kernel;
}

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
// WithBf16: products of bf16 too, where the build has the instruction; they double the code to be compiled.
template <class Arch = simd::DefaultArch, bool WithBf16 = false>
const EngineKernels& engine_kernels() noexcept {
  static constexpr bool bf16 = WithBf16 && simd::has_bf16_products<Arch>;
  static constexpr EngineKernels table{simd::arch_name<Arch>(), bf16, &engine::make_convolution<Arch, bf16>,
                                       &engine::make_color_head<Arch>, &engine::make_planar<Arch>};
  return table;
}

}  // namespace ochre::inline v0
