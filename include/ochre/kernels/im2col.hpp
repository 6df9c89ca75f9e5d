// im2col, one panel at a time: the matrix B of a convolution as GEMM, whose row k = (channel, tap row, tap column)
// holds, for output pixel n = (oy, ox), the input value under that tap:
//   B[k][n] = input[c][oy·stride.h − padding.h + ky·dilation.h][ox·stride.w − padding.w + kx·dilation.w]
// or zero outside the picture. It is packed straight into GEMM panels and never stored whole.
// Proven through conv2d in layers_test.cpp, on small integers bitwise.
#pragma once

#include <algorithm>

#include <ochre/base/extent.hpp>
#include <ochre/simd/tile.hpp>

namespace ochre::inline v0::kernels {

template <class T, class Arch>
class Im2colPacker {
 public:
  // input: channels x size; output: size of one output plane.
  Im2colPacker(const T* input, Extent input_size, Extent output_size, const Window& window) noexcept
      : input_(input), size_(input_size), output_(output_size), window_(window) {}

  void operator()(Index k0, Index k1, Index panel, T* to) const noexcept {
    const Index first = panel * columns;
    const Index last = std::min(first + columns, output_.h * output_.w);
    const Index taps = window_.kernel.h * window_.kernel.w;
    if (last - first < columns) std::fill(to, to + (k1 - k0) * columns, T{0});
    for (Index n = first; n < last;) {
      const Index ox = n % output_.w;
      const Index count = std::min(last - n, output_.w - ox);
      const Run run{n / output_.w, ox, count};
      T* column = to + (n - first);
      for (Index k = k0; k < k1; ++k, column += columns) {
        const Index tap = k % taps;
        copy_run(input_ + k / taps * size_.h * size_.w, tap / window_.kernel.w, tap % window_.kernel.w, run, column);
      }
      n += count;
    }
  }

 private:
  static constexpr Index columns = simd::Tile<Arch>::template columns<T>;

  struct Run {  // neighbouring output pixels of one row
    Index oy;
    Index ox;
    Index count;
  };

  void copy_run(const T* plane, Index ky, Index kx, const Run& run, T* to) const noexcept {
    const Index iy = run.oy * window_.stride.h - window_.padding.h + ky * window_.dilation.h;
    if (iy < 0 || iy >= size_.h) {
      std::fill_n(to, run.count, T{0});
      return;
    }
    const Index stride = window_.stride.w;
    const Index ix = run.ox * stride - window_.padding.w + kx * window_.dilation.w;
    // Pixels begin … end-1 of the run read inside the row: 0 <= ix + i·stride < width.
    const Index begin = std::min(run.count, ix < 0 ? ceil_div(-ix, stride) : Index{0});
    const Index end = std::max(begin, std::min(run.count, size_.w > ix ? ceil_div(size_.w - ix, stride) : Index{0}));
    const T* from = plane + iy * size_.w + ix;
    std::fill_n(to, begin, T{0});
    if (stride == 1) {
      std::copy(from + begin, from + end, to + begin);
    } else {
      for (Index i = begin; i < end; ++i) to[i] = from[i * stride];
    }
    std::fill(to + end, to + run.count, T{0});
  }

  const T* input_;
  Extent size_;
  Extent output_;
  Window window_;
};

}  // namespace ochre::inline v0::kernels
