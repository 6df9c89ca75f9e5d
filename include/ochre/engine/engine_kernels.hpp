// All code of the fast engine that exists once for each instruction set, as a table of functions: the engine itself is
// compiled once, and a program that holds several tables (ochre::dispatch) chooses one at run time.
#pragma once

#include <memory>

#include <ochre/engine/conv_choice.hpp>
#include <ochre/kernels/color_head.hpp>
#include <ochre/kernels/winograd_conv.hpp>
#include <ochre/network/layer_variants.hpp>

namespace ochre::inline v0 {

// A layer as the readable engine runs it, on planar tensors, on one thread.
class PlanarLayer {
 public:
  virtual ~PlanarLayer() = default;
  virtual std::string_view algorithm() const noexcept = 0;
  virtual std::optional<Index> scratch_size(std::span<const Shape> inputs) const noexcept = 0;
  virtual void run(layers::Inputs<float> inputs, TensorView<float> output, std::span<float> scratch) const noexcept = 0;
};

struct ConvRequest {
  kernels::ConvShape shape;
  ConvAlgorithm algorithm = ConvAlgorithm::direct;
  bool bf16 = false;            // of a Winograd algorithm: products of bf16
  Index block = channel_block;  // of the input's channels
  std::span<const float> weights;
  std::span<const double> factors;  // multiplied into the weights, one an output channel
  kernels::Epilogue epilogue;
};

struct EngineKernels {
  const char* isa = "";
  bool has_bf16 = false;
  Result<std::unique_ptr<kernels::ConvKernel>> (*make_convolution)(ConvRequest, const Team&) = nullptr;
  Result<std::unique_ptr<kernels::ColorHeadKernel>> (*make_color_head)(const kernels::ConvShape&,
                                                                       std::span<const float> weights,
                                                                       std::span<const float> bias,
                                                                       kernels::ColorHeadOptions,
                                                                       const Team&) = nullptr;
  Result<std::unique_ptr<PlanarLayer>> (*make_planar)(const LayerSpec&, layers::Channels,
                                                      layers::Parameters<float>) = nullptr;
};

namespace detail {

template <class Arch, class Products>
const kernels::WinogradRoutine& winograd_routine_of(ConvAlgorithm algorithm) noexcept {
  if (algorithm == ConvAlgorithm::winograd_f42) return kernels::winograd_routine<Arch, kernels::F42, Products>;
  if (algorithm == ConvAlgorithm::winograd_f43) return kernels::winograd_routine<Arch, kernels::F43, Products>;
  return kernels::winograd_routine<Arch, kernels::F63, Products>;
}

template <class Arch, bool Bf16>
Result<std::unique_ptr<kernels::ConvKernel>> make_winograd(ConvRequest request, const Team& team) {
  auto form = kernels::winograd_form(request.shape);
  const auto make = [&]<class Products>(Products) -> Result<std::unique_ptr<kernels::ConvKernel>> {
    const auto& routine = winograd_routine_of<Arch, Products>(request.algorithm);
    if (!form || form->taps != routine.r || request.block != channel_block) {
      return Error{ErrorCode::invalid_argument, std::string(routine.name) + " cannot compute this convolution"};
    }
    return kernels::WinogradConv<Arch, Products>::create(routine, request.shape, *std::move(form), request.weights,
                                                         request.factors, std::move(request.epilogue), team);
  };
  if constexpr (Bf16) {
    if (request.bf16) return make(simd::Bf16Products{});
  }
  return make(simd::FloatProducts{});
}

template <class Arch, bool Bf16>
Result<std::unique_ptr<kernels::ConvKernel>> make_convolution(ConvRequest request, const Team& team) {
  const auto direct = request.algorithm == ConvAlgorithm::direct;
  if (!direct) return make_winograd<Arch, Bf16>(std::move(request), team);
  auto made = kernels::DirectConv<Arch>::create(request.shape, request.block, request.weights, request.factors,
                                                std::move(request.epilogue), team);
  if (!made) return std::move(made).error();
  return std::unique_ptr<kernels::ConvKernel>(*std::move(made));
}

template <class Made>
class PlanarLayerOf final : public PlanarLayer {
 public:
  explicit PlanarLayerOf(Made layer) : layer_(std::move(layer)) {}

  std::string_view algorithm() const noexcept override { return Made::algorithm; }
  std::optional<Index> scratch_size(std::span<const Shape> inputs) const noexcept override {
    return layer_.scratch_size(inputs, 1);
  }
  void run(layers::Inputs<float> inputs, TensorView<float> output, std::span<float> scratch) const noexcept override {
    layer_.run(inputs, output, scratch, 1);
  }

 private:
  Made layer_;
};

template <class Arch>
Result<std::unique_ptr<PlanarLayer>> make_planar(const LayerSpec& spec, layers::Channels channels,
                                                 layers::Parameters<float> parameters) {
  return create_layer_as<std::unique_ptr<PlanarLayer>, float, Arch>(spec, channels, parameters, [](auto layer) {
    return std::make_unique<PlanarLayerOf<decltype(layer)>>(std::move(layer));
  });
}

}  // namespace detail

// WithBf16: products of bf16 too, where the build has the instruction; they double the code to be compiled.
template <class Arch = simd::DefaultArch, bool WithBf16 = false>
const EngineKernels& engine_kernels() noexcept {
  static constexpr bool bf16 = WithBf16 && simd::has_bf16_products<Arch>;
  static constexpr EngineKernels table{
      simd::arch_name<Arch>(), bf16, &detail::make_convolution<Arch, bf16>,
      [](const kernels::ConvShape& conv, std::span<const float> weights, std::span<const float> bias,
         kernels::ColorHeadOptions options,
         const Team& team) { return kernels::ColorHead<Arch>::create(conv, weights, bias, std::move(options), team); },
      &detail::make_planar<Arch>};
  return table;
}

}  // namespace ochre::inline v0
