// A table of numbers of its own as a picture of its input's batch and size, whatever numbers the input holds:
//   y[n][c][row][column] = weight[c][row or 0][column or 0]
// weight: [channels, height, width]; a height or width of one is repeated over all rows or columns, any other must be
// the input's. So what a graph adds to each pixel, or weighs it with, meets the picture. Source: broadcasting of ONNX
// and numpy. Proven in layers_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/layers/layer.hpp>
#include <ochre/parallel/parallel_for.hpp>

namespace ochre::inline v0::layers {

struct ConstantSpec {
  static constexpr std::string_view kind = "constant";

  Index channels = 1;
  Extent table{1, 1};  // height and width

  static ConstantSpec parse(Attributes& from) {
    ConstantSpec spec;
    spec.channels = from.index("channels", 1);
    spec.table = {from.index("height", 1, 1), from.index("width", 1, 1)};
    return spec;
  }

  Result<Index> output_channels(Channels inputs) const {
    const auto input = one_input(inputs);
    if (!input) return input;
    return channels;
  }

  Result<Extent> output_extent(Extents extents) const {
    const Extent picture = extents[0];
    const bool fits = (table.h == 1 || table.h == picture.h) && (table.w == 1 || table.w == picture.w);
    if (fits) return picture;
    const auto one_or = [](Index side) { return side == 1 ? "1" : "1 or " + std::to_string(side); };
    return Error{ErrorCode::invalid_argument, "a table of " + std::to_string(table.h) + "x" + std::to_string(table.w) +
                                                  " for a picture of " + std::to_string(picture.h) + "x" +
                                                  std::to_string(picture.w) + ", expected a height of " +
                                                  one_or(picture.h) + " and a width of " + one_or(picture.w)};
  }

  std::vector<RequiredTensor> tensors(Channels) const { return {{"weight", {channels, table.h, table.w}}}; }
  double macs(Channels, Extent) const { return 0; }
};

template <class T, class Arch = simd::DefaultArch>
class Constant : public NoScratch {
 public:
  static constexpr bool in_place = false;
  static constexpr std::string_view algorithm = "copy";

  static Result<Constant> create(const ConstantSpec& spec, Channels, Parameters<T> parameters) {
    const auto numbers = parameters[0].span();
    auto table = AlignedBuffer<T>::create(parameters[0].size());
    if (!table) return std::move(table).error();
    std::copy(numbers.begin(), numbers.end(), table->data());
    return Constant(spec, *std::move(table));
  }

  void run(Inputs<T>, TensorView<T> output, std::span<T>, int threads) const noexcept {
    const Shape& shape = output.shape;
    parallel::parallel_for(threads, shape.n * shape.c * shape.h, [&](Index begin, Index end, int) noexcept {
      for (Index row = begin; row < end; ++row) {
        const Index channel = row / shape.h % shape.c;
        const Index y = size_.h == 1 ? 0 : row % shape.h;
        const T* from = table_.data() + (channel * size_.h + y) * size_.w;
        T* to = output.data + row * shape.w;
        if (size_.w == 1) {
          std::fill_n(to, shape.w, *from);
        } else {
          std::copy_n(from, shape.w, to);
        }
      }
    });
  }

 private:
  Constant(const ConstantSpec& spec, AlignedBuffer<T> table) noexcept : size_(spec.table), table_(std::move(table)) {}

  Extent size_;
  AlignedBuffer<T> table_;
};

}  // namespace ochre::inline v0::layers
