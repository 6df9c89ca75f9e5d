// The fast engine's micro-kernel against the plain loop: every height of tile, both widths of panel, several segments
// and depths, on small integers, so that sums are exact and the comparison bitwise; what lies beside the target stays.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <ochre/kernels/conv_kernel.hpp>
#include <ochre/kernels/conv_micro_kernel.hpp>
#include <ochre/network/random_weights.hpp>

#include "support/archs.hpp"

namespace {

using namespace ochre;
using kernels::Epilogue;
using kernels::Rectifier;

constexpr float untouched = -777.0f;

std::vector<float> integers(Index count, std::uint64_t seed) {
  RandomNumbers random(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(static_cast<int>(random.next() % 9) - 4);
  return values;
}

struct Problem {
  Index rows = 1;
  Index row_stride = channel_block;
  std::vector<Index> offsets;
  Index depth = channel_block;
  Index panel = channel_block;
  Index c_row = channel_block;
  std::vector<float> a, weights;  // no longer than what may be read

  Problem(Index rows_, Index row_stride_, Index segments, Index depth_, Index panel_)
      : rows(rows_), row_stride(row_stride_), depth(depth_), panel(panel_) {
    // Neither ascending nor apart: a tap may lie before the last one, and the rows of two taps overlap.
    for (Index s = 0; s < segments; ++s) offsets.push_back((s * 5 % 7) * 3);
    Index last = 1;  // a pixel is there even if no tap reads it
    for (const Index offset : offsets) last = std::max(last, offset + (rows - 1) * row_stride + depth);
    a = integers(last, 1);
    weights = integers(segments * depth * panel, 2);
  }

  Index segments() const { return static_cast<Index>(offsets.size()); }
  Index c_block() const { return rows * c_row + 32; }

  // C as the plain loop makes it, everything else untouched. fused: each step is one fused multiply-add;
  // backwards: the segments' last products first.
  std::vector<float> expected(bool fused = false, bool backwards = false) const {
    std::vector<float> c(static_cast<std::size_t>(panel / channel_block * c_block()), untouched);
    for (Index i = 0; i < rows; ++i) {
      for (Index n = 0; n < panel; ++n) {
        float sum = 0.0f;
        for (Index s = 0; s < segments(); ++s) {
          for (Index step = 0; step < depth; ++step) {
            const Index k = backwards ? depth - 1 - step : step;
            const float x = a[static_cast<std::size_t>(offsets[static_cast<std::size_t>(s)] + i * row_stride + k)];
            const float w = weights[static_cast<std::size_t>((s * depth + k) * panel + n)];
            sum = fused ? std::fma(x, w, sum) : sum + x * w;
          }
        }
        c[place(i, n)] = sum;
      }
    }
    return c;
  }

  std::size_t place(Index row, Index n) const {
    return static_cast<std::size_t>(n / channel_block * c_block() + row * c_row + n % channel_block);
  }

  kernels::TileOperands operands(std::vector<float>& c) const {
    kernels::TileOperands call;
    call.a = a.data();
    call.row_stride = row_stride;
    call.offsets = offsets.data();
    call.segments = segments();
    call.depth = depth;
    call.weights = weights.data();
    call.prefetch = weights.data() + weights.size();
    call.c = c.data();
    call.c_row = c_row;
    call.c_block = c_block();
    return call;
  }

  std::vector<float> target() const {
    return std::vector<float>(static_cast<std::size_t>(panel / channel_block * c_block()), untouched);
  }

  std::string name() const {
    return std::to_string(rows) + " rows " + std::to_string(row_stride) + " apart, " + std::to_string(segments()) +
           " segments of " + std::to_string(depth) + ", panel of " + std::to_string(panel);
  }
};

bool same_bits(const std::vector<float>& values, const std::vector<float>& other) {
  return values.size() == other.size() && std::memcmp(values.data(), other.data(), values.size() * sizeof(float)) == 0;
}

template <class Arch, Index Vectors>
void check_tiles(Index rows, Index segments, Index depth) {
  constexpr Index tallest = simd::ConvTile<Arch>::rows;
  Problem problem(rows, channel_block, segments, depth, Vectors * simd::lanes<float, Arch>);
  CAPTURE(problem.name());
  auto c = problem.target();
  kernels::tile_kernels<Arch, Vectors>[static_cast<std::size_t>(rows - 1)](problem.operands(c), rows);
  CHECK(same_bits(c, problem.expected()));
  for (const Index stride : {1, 2, 24, 32}) {
    Problem strided(rows, stride, segments, depth, problem.panel);
    strided.c_row = 3 * channel_block;
    CAPTURE(strided.name());
    c = strided.target();
    kernels::conv_tile<Arch, tallest, Vectors, false>(strided.operands(c), rows);
    CHECK(same_bits(c, strided.expected()));
  }
}

template <class Arch, Index Vectors>
void check_rows(Index rows) {
  for (const Index stride : {16, 1, 32}) {
    for (const Index segments : {0, 1, 3}) {
      Problem problem(rows, stride, segments, 16, Vectors * simd::lanes<float, Arch>);
      CAPTURE(problem.name());
      for (const Index lines : {0, 1, 100}) {
        auto c = problem.target();
        kernels::conv_rows<Arch, Vectors>(problem.operands(c), rows, lines);
        CHECK(same_bits(c, problem.expected()));
      }
    }
  }
}

TEST_CASE_TEMPLATE("conv tile: every height, both panels, several segments and depths, exact", Arch, OCHRE_TEST_ARCHS) {
  static_assert(kernels::wide_vectors<Arch> * simd::lanes<float, Arch> == simd::ConvTile<Arch>::panel);
  for (Index rows = 1; rows <= simd::ConvTile<Arch>::rows; ++rows) {
    for (const Index segments : {1, 2, 5}) {
      for (const Index depth : {1, 2, 16}) {
        check_tiles<Arch, kernels::wide_vectors<Arch>>(rows, segments, depth);
        check_tiles<Arch, kernels::narrow_vectors<Arch>>(rows, segments, depth);
      }
    }
  }
}

TEST_CASE_TEMPLATE("conv rows: any number of rows, with and without prefetch, exact", Arch, OCHRE_TEST_ARCHS) {
  for (Index rows = 1; rows <= 3 * simd::ConvTile<Arch>::rows + 1; ++rows) {
    check_rows<Arch, kernels::wide_vectors<Arch>>(rows);
    check_rows<Arch, kernels::narrow_vectors<Arch>>(rows);
  }
}

TEST_CASE_TEMPLATE("conv tile: the sum is one chain in the order of the weights, whatever the tile", Arch,
                   OCHRE_TEST_ARCHS) {
  if (!simd::has_fma<Arch>) return;  // the compiler may or may not fuse a product and a sum
  for (Index rows = 1; rows <= simd::ConvTile<Arch>::rows; ++rows) {
    Problem problem(rows, channel_block, 3, 16, simd::ConvTile<Arch>::panel);
    RandomNumbers random(9);
    for (float& value : problem.a) value = static_cast<float>(random.uniform());
    for (float& value : problem.weights) value = static_cast<float>(random.uniform());
    auto c = problem.target();
    kernels::conv_rows<Arch, kernels::wide_vectors<Arch>>(problem.operands(c), rows);
    CHECK(same_bits(c, problem.expected(true)));
    CHECK_FALSE(same_bits(c, problem.expected(true, true)));
  }
}

// By its definition; every number below is small, so that nothing is rounded.
float after(float sum, const Epilogue& epilogue, std::size_t channel) {
  float value = sum + epilogue.bias[channel];
  if (value < 0 && epilogue.rectifier == Rectifier::relu) value = 0.0f;
  if (value < 0 && epilogue.rectifier == Rectifier::leaky) value = epilogue.slope * value;
  return epilogue.scale.empty() ? value : value * epilogue.scale[channel] + epilogue.shift[channel];
}

std::vector<Epilogue> epilogues(Index channels) {
  std::vector<Epilogue> all;
  for (const Rectifier rectifier : {Rectifier::none, Rectifier::relu, Rectifier::leaky}) {
    for (const bool affine : {false, true}) {
      Epilogue epilogue;
      epilogue.bias = integers(channels, 4);
      if (affine) epilogue.scale = integers(channels, 5), epilogue.shift = integers(channels, 6);
      epilogue.rectifier = rectifier;
      epilogue.slope = 0.25f;
      all.push_back(epilogue);
    }
  }
  return all;
}

template <class Arch, Index Vectors>
void check_epilogues() {
  const Index first = 2 * channel_block;  // of the panel's channels
  Problem problem(2 * simd::ConvTile<Arch>::rows + 1, channel_block, 2, 16, Vectors * simd::lanes<float, Arch>);
  for (const Epilogue& epilogue : epilogues(first + problem.panel)) {
    CAPTURE(static_cast<int>(epilogue.rectifier));
    CAPTURE(epilogue.scale.size());
    auto expected = problem.expected();
    for (Index i = 0; i < problem.rows; ++i) {
      for (Index n = 0; n < problem.panel; ++n) {
        float& value = expected[problem.place(i, n)];
        value = after(value, epilogue, static_cast<std::size_t>(first + n));
      }
    }
    auto c = problem.target();
    auto call = problem.operands(c);
    call.epilogue = &epilogue;
    call.channel = first;
    kernels::conv_rows<Arch, Vectors>(call, problem.rows);
    CHECK(c == expected);  // -0 and 0 alike

    // A NaN in one row's input is in all of that row's outputs and in no other.
    Problem spoilt = problem;
    spoilt.offsets = {0, 0};
    expected = spoilt.expected();
    spoilt.a[static_cast<std::size_t>(3 * channel_block + 15)] = std::numeric_limits<float>::quiet_NaN();
    c = spoilt.target();
    call = spoilt.operands(c);
    call.epilogue = &epilogue;
    call.channel = first;
    kernels::conv_rows<Arch, Vectors>(call, spoilt.rows);
    for (Index i = 0; i < spoilt.rows && i < 5; ++i) {
      for (Index n = 0; n < spoilt.panel; ++n) {
        const float value = c[spoilt.place(i, n)];
        const float right = after(expected[spoilt.place(i, n)], epilogue, static_cast<std::size_t>(first + n));
        CHECK((i == 3 ? std::isnan(value) : value == right));
      }
    }
  }
}

TEST_CASE_TEMPLATE("conv rows: bias, rectifier and batch norm where the result is stored; NaN stays", Arch,
                   OCHRE_TEST_ARCHS) {
  check_epilogues<Arch, kernels::wide_vectors<Arch>>();
  check_epilogues<Arch, kernels::narrow_vectors<Arch>>();
}

TEST_CASE_TEMPLATE("epilogue: numbers that are not finite, and the zero with a sign", Arch, OCHRE_TEST_ARCHS) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr auto width = static_cast<std::size_t>(simd::lanes<float, Arch>);
  const auto apply = [&](const Epilogue& epilogue, float value) {
    float lanes[width];
    simd::store(static_cast<float*>(lanes), kernels::EpilogueVector<Arch>(epilogue, 0)(simd::broadcast<Arch>(value)));
    for (std::size_t lane = 1; lane < width; ++lane) CHECK(std::memcmp(lanes, lanes + lane, sizeof(float)) == 0);
    return lanes[0];
  };
  for (const Rectifier rectifier : {Rectifier::none, Rectifier::relu, Rectifier::leaky}) {
    const Epilogue epilogue{std::vector<float>(64, -0.0f), {}, {}, rectifier, 0.5f};
    CHECK(std::isnan(apply(epilogue, std::numeric_limits<float>::quiet_NaN())));
    CHECK(apply(epilogue, infinity) == infinity);
    CHECK(apply(epilogue, -infinity) == (rectifier == Rectifier::relu ? 0.0f : -infinity));
    CHECK(apply(epilogue, -0.0f) == 0.0f);
    CHECK(std::signbit(apply(epilogue, -0.0f)));  // as the readable engine's relu: only what is below 0 changes
    CHECK_FALSE(std::signbit(apply(epilogue, 0.0f)));
  }
}

}  // namespace
