// What running a network takes, worked out from its text and an input's shape alone: nothing is allocated, so that a
// model from anywhere can be weighed before its first layer is built.
//   bytes    activations as plan_memory() lays them out, scratch, and what packing weights in groups takes beside them
//   weights  bytes of the weights, as elements of that size
//   work     multiply-adds of whole tiles + 16 for each element that is read, as often as a pool reads it, written or
//            copied to another place + 1000 for each product of matrices; on one core of 3 GHz some 2e9 a second in
//            double
// Sums are doubles: a claim may exceed every integer. Tested by run_cost_test.cpp against workspaces and weights.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <ochre/network/memory_plan.hpp>

namespace ochre::inline v0 {

// What a network takes to run: memory and work.
struct RunCost {
  double bytes = 0;
  double weights = 0;
  double work = 0;

  double all_bytes() const noexcept { return bytes + weights; }
};

namespace network {

// A count or bytes, which may be more than an integer holds, without an exponent.
inline std::string whole_text(double number) {
  const std::string text = std::to_string(number);
  return text.substr(0, text.find('.'));
}

}  // namespace network

namespace detail {

// The readable layer's products of matrices: A is weights, rows x depth, B has `columns`; `count` of them.
struct MatrixProducts {
  double count = 0;
  Index groups = 0;  // whose weights are packed apart
  Index rows = 0;
  Index depth = 0;
  double columns = 0;
  double scratch = 0;  // elements
};

inline double planes_of(const Shape& shape) { return static_cast<double>(shape.h) * static_cast<double>(shape.w); }
inline double elements_of(const Shape& shape) {
  return static_cast<double>(shape.n) * static_cast<double>(shape.c) * planes_of(shape);
}

// None for other layers than convolutions.
inline MatrixProducts matrix_products(const LayerDescription& layer, const Shape& in, const Shape& out) {
  MatrixProducts products;
  if (const auto* conv = std::get_if<layers::Conv2dSpec>(&layer.spec)) {
    products.groups = conv->groups;
    products.rows = conv->out / conv->groups;
    products.depth = layer.channels[0] / conv->groups * conv->window.kernel.h * conv->window.kernel.w;
    products.columns = planes_of(out);
  } else if (const auto* transposed = std::get_if<layers::ConvTranspose2dSpec>(&layer.spec)) {
    products.groups = transposed->groups;
    products.rows = transposed->out / transposed->groups * transposed->window.kernel.h * transposed->window.kernel.w;
    products.depth = layer.channels[0] / transposed->groups;
    products.columns = planes_of(in);
    products.scratch = static_cast<double>(products.rows) * products.columns;
  }
  products.count = static_cast<double>(products.groups) * static_cast<double>(out.n);
  return products;
}

// Rows and columns are filled up to tiles. Those of most instruction sets; the cost shall be the same on all machines.
inline constexpr Index cost_tile = 8;

// What packing adds to the weights: rows that are filled up, a start for each, and beside them two buffers of whole
// cache lines with the allocator's own words, and the object that holds them.
inline double packing_bytes(const MatrixProducts& products, std::size_t element) {
  constexpr double beside = 256;
  const double rows = static_cast<double>(ceil_div(products.rows, cost_tile) * cost_tile);
  const double added = (rows - static_cast<double>(products.rows)) * static_cast<double>(products.depth) + rows;
  return static_cast<double>(products.groups) * (added * static_cast<double>(element) + beside);
}

// Pixels that a pool's windows read: in each as many as its taps can meet. None for other layers.
inline double window_reads(const LayerDescription& layer, const Shape& in, const Shape& out) {
  const layers::PoolingSpec* pool = std::get_if<layers::MaxPoolSpec>(&layer.spec);
  if (pool == nullptr) pool = std::get_if<layers::AveragePoolSpec>(&layer.spec);
  if (pool == nullptr) return 0;
  const Extent kernel = pool->window.kernel;
  return elements_of(out) * static_cast<double>(std::min(kernel.h, in.h) * std::min(kernel.w, in.w));
}

inline double work_of(const MatrixProducts& products, std::span<const Shape> inputs, const Shape& out, double reads) {
  constexpr double element = 16;    // a hyperbolic tangent, the slowest, takes 20 ns, a multiply-add 1/2
  constexpr double product = 1000;  // its own start: 500 ns
  double moved = elements_of(out) + reads;
  for (const Shape& in : inputs) moved += elements_of(in);
  // A convolution copies its input once for each tap; a transposed one adds its products to the output, one by one.
  const double copied =
      products.scratch > 0 ? products.scratch : static_cast<double>(products.depth) * products.columns;
  moved += products.count * copied;
  const double rows = static_cast<double>(ceil_div(products.rows, cost_tile) * cost_tile);
  const double columns = std::ceil(products.columns / cost_tile) * cost_tile;
  return products.count * (rows * static_cast<double>(products.depth) * columns + product) + element * moved;
}

}  // namespace detail

// What the readable engine takes in T, with one thread, for an input of that shape. wanted: a layer or every_layer.
// Errors: an input the network cannot take.
template <class T>
Result<RunCost> readable_cost(const NetworkDescription& network, const Shape& input, Index wanted) {
  const auto shapes = network.shapes(input);
  if (!shapes) return shapes.error();
  const auto plan = network::plan_memory(network, *shapes, wanted, [&](Index layer) {
    return network::works_in_place(network.layers[static_cast<std::size_t>(layer)].spec);
  });
  RunCost cost;
  for (const Index size : plan.slots.sizes) cost.bytes += static_cast<double>(size) * sizeof(T);
  cost.weights = sizeof(T) * detail::value_count(network.tensors());  // all layers are built, whatever runs
  double scratch = 0;
  for (const Index running : plan.layers) {
    const LayerDescription& layer = network.layers[static_cast<std::size_t>(running)];
    std::vector<Shape> inputs;
    for (const Index from : layer.inputs) {
      inputs.push_back(network::shape_of(from, input, *shapes));
    }
    const Shape& out = (*shapes)[static_cast<std::size_t>(running)];
    const auto products = detail::matrix_products(layer, inputs[0], out);
    cost.bytes += detail::packing_bytes(products, sizeof(T));
    cost.work += detail::work_of(products, inputs, out, detail::window_reads(layer, inputs[0], out));
    scratch = std::max(scratch, products.scratch);
  }
  cost.bytes += scratch * sizeof(T);
  return cost;
}

}  // namespace ochre::inline v0
