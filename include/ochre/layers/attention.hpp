// Attention: every place of the grid takes of all others what its query asks for (kernels/attention.hpp has the
// formula). It has no weights: queries, keys and values are a third of the input's channels each, most often of a 1x1
// convolution in front. Proven in layers_test.cpp.
#pragma once

#include <ochre/kernels/attention.hpp>
#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>
#include <ochre/parallel/team.hpp>

namespace ochre::inline v0::layers {

struct AttentionSpec : PointwiseSpec {
  static constexpr std::string_view kind = "attention";

  Index heads = 1;
  Index most_keys = 512;

  static AttentionSpec parse(Attributes& from) {
    AttentionSpec spec;
    spec.heads = from.index("heads", 1, 1);
    spec.most_keys = from.index("most_keys", 1, 512);
    return spec;
  }

  Result<Index> output_channels(Channels channels) const {
    const auto input = one_input(channels);
    if (!input) return input;
    if (*input % (3 * heads) == 0) return *input / 3;
    return Error{ErrorCode::malformed, std::to_string(*input) + " channels, expected a multiple of three times " +
                                           std::to_string(heads) + " heads: queries, keys and values"};
  }

  // Each place and channel meets all keys twice.
  double macs(Channels channels, Extent grid) const {
    const Index side = kernels::attention_square(grid, most_keys);
    const auto keys = static_cast<double>(ceil_div(grid.h, side) * ceil_div(grid.w, side));
    return 2.0 / 3.0 * static_cast<double>(channels[0]) * static_cast<double>(grid.h * grid.w) * keys;
  }
};

template <class T, class Arch = simd::DefaultArch>
class Attention {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "attention";

  static Result<Attention> create(const AttentionSpec& spec, Channels, Parameters<T>) {
    Attention layer;
    layer.spec_ = spec;
    return layer;
  }

  std::optional<Index> scratch_size(std::span<const Shape> inputs, int threads) const noexcept {
    return kernel_for(inputs[0]).scratch_size(threads);
  }

  void run(Inputs<T> inputs, TensorView<T> output, std::span<T> scratch, int threads) const noexcept {
    share_out(inputs[0], output, scratch,
              [&](Index count, const auto& body) { parallel::parallel_for(threads, count, body); });
  }

  // By the fast engine's team.
  void run(Inputs<T> inputs, TensorView<T> output, std::span<T> scratch, const parallel::Team& team) const noexcept {
    share_out(inputs[0], output, scratch,
              [&](Index count, const auto& body) { parallel::for_ranges(team, count, 1, body); });
  }

 private:
  using Kernel = kernels::Attention<T, Arch>;

  Kernel kernel_for(const Shape& input) const noexcept {
    const Extent grid{input.h, input.w};
    return {grid, input.c / 3, spec_.heads, kernels::attention_square(grid, spec_.most_keys)};
  }

  // share(count, body) calls body(first, last, worker) for ranges that cover [0, count).
  template <class Share>
  void share_out(const TensorView<const T>& input, TensorView<T> output, std::span<T> scratch,
                 const Share& share) const noexcept {
    const Kernel kernel = kernel_for(input.shape);
    for (Index n = 0; n < output.shape.n; ++n) {
      const T* from = input.plane(n, 0);
      T* to = output.plane(n, 0);
      share(kernel.key_planes(),
            [&](Index first, Index last, int) noexcept { kernel.gather(from, scratch.data(), first, last); });
      share(kernel.tiles(), [&](Index first, Index last, int worker) noexcept {
        kernel.attend(from, to, scratch.data(), first, last, worker);
      });
    }
  }

  AttentionSpec spec_;
};

}  // namespace ochre::inline v0::layers
