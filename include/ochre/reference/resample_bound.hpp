// How far layers that change a picture's size may be from the exact ones in floating point (reference/resample.hpp,
// reference/resize.hpp), by the rules of error_bound.hpp: u, tiny, gamma(n), Operand. Tested by error_bound_test.cpp.
#pragma once

#include <ochre/reference/error_bound.hpp>
#include <ochre/reference/resample.hpp>
#include <ochre/reference/resize.hpp>

namespace ochre::inline v0::reference {

// Copies carry their errors along. nearest, too; bilinear: a part is off by at most u, one minus it by 2u, a product
// of two of them by 4u; then a product and two sums or, row by row, two products and two sums: at most gamma(8) of
// the four pixels between which the output lies, whatever their weights. This demands positions that are formed from
// whole numbers; one kept as a float coordinate loses a digit each time the picture doubles, and fails.
inline Result<Tensor<double>> upsample_bound(const Operand& x, const UpsampleParameters& p, Arithmetic arithmetic) {
  const Shape shape = upsample_shape(x.value.shape, p);
  auto bound = Tensor<double>::create(shape);
  if (!bound) return bound;
  if (x.error) upsample({x.error, x.value.shape}, p, bound->view());
  if (p.mode == UpsampleMode::nearest) return bound;
  for (Index plane = 0; plane < shape.n * shape.c; ++plane) {
    for (Index y = 0; y < shape.h; ++y) {
      const Between row = bilinear_position(y, x.value.shape.h, p.factor.h, p.align_corners);
      for (Index at = 0; at < shape.w; ++at) {
        const Between column = bilinear_position(at, x.value.shape.w, p.factor.w, p.align_corners);
        const auto size = [&](Index from_row, Index from_column) {
          return x.largest_at((plane * x.value.shape.h + from_row) * x.value.shape.w + from_column);
        };
        const double sizes = size(row.first, column.first) + size(row.first, column.second) +
                             size(row.second, column.first) + size(row.second, column.second);
        bound->data()[(plane * shape.h + y) * shape.w + at] +=
            gamma(8, arithmetic.unit) * sizes + 8.0 * arithmetic.tiny;
      }
    }
  }
  return bound;
}

// On each axis: a weight of whole numbers by a few operations, at most 18 roundings with its store where the polynomial
// of bicubic is 3/4 of the sum of its terms or more; a product; three sums. So gamma(44) sum |w| (|x|+e) + sum |w| e,
// and no rounding of nearest. The reference's own weights are differences of larger numbers: within 20 of double's
// units.
inline Result<Tensor<double>> resize_bound(const Operand& x, const ResizeParameters& p, Arithmetic arithmetic) {
  const Shape& in = x.value.shape;
  const Shape shape = resize_shape(in, p);
  auto bound = Tensor<double>::create(shape);
  if (!bound) return bound;
  const bool nearest = p.mode == ResizeMode::nearest;
  const double relative = nearest ? 0.0 : gamma(44, arithmetic.unit);
  const double absolute = nearest ? 0.0 : 20.0 * arithmetic_of<double>().unit;
  for (Index plane = 0; plane < shape.n * shape.c; ++plane) {
    for (Index y = 0; y < shape.h; ++y) {
      for (Index at = 0; at < shape.w; ++at) {
        double sum = nearest ? 0.0 : 32.0 * arithmetic.tiny;
        for_each_resize_tap(y, in.h, shape.h, p.scale.h, p, [&](Index row, double weight) {
          for_each_resize_tap(at, in.w, shape.w, p.scale.w, p, [&](Index column, double share) {
            const Index k = (plane * in.h + row) * in.w + column;
            const double size = std::abs(weight * share);
            sum += (relative * size + absolute) * x.largest_at(k) + size * x.error_at(k);
          });
        });
        bound->data()[(plane * shape.h + y) * shape.w + at] = sum;
      }
    }
  }
  return bound;
}

inline Result<Tensor<double>> downsample_bound(const Operand& x, const DownsampleParameters& p) {
  auto bound = Tensor<double>::create(downsample_shape(x.value.shape, p));
  if (bound && x.error) downsample({x.error, x.value.shape}, p, bound->view());
  return bound;
}

inline Result<Tensor<double>> pad_bound(const Operand& x, const PadParameters& p) {
  auto bound = Tensor<double>::create(pad_shape(x.value.shape, p));
  if (bound && x.error) pad({x.error, x.value.shape}, p, bound->view());
  return bound;
}

}  // namespace ochre::inline v0::reference
