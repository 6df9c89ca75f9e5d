// Networks in text, with random weights or a golden file's, on the fast engine and on the readable one in double.
#pragma once

#include <cmath>
#include <string>

#include <ochre/audit/network_bound.hpp>
#include <ochre/engine/engine.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/reference/compare.hpp>

#include "golden_network.hpp"

namespace ochre::test {

inline ParameterSource<float> golden_weights(const GoldenTensors& tensors) {
  return [&tensors](const RequiredTensor& tensor, std::span<float> values) -> Status {
    const auto entry = tensors.find(tensor.name);
    if (entry == tensors.end()) return Error{ErrorCode::not_found, tensor.name};
    const auto floats = entry->second.floats();
    std::copy(floats.begin(), floats.end(), values.begin());
    return {};
  };
}

inline Result<Engine> try_engine(std::string_view text, const EngineOptions& options = {}) {
  return Engine::create(parse_network(text).value(), random_weights<float>(1), options);
}

inline Engine make_engine(std::string_view text, const EngineOptions& options = {}) {
  return try_engine(text, options).value();
}

inline Tensor<float> random_input(const Shape& shape, std::uint64_t seed = 5) {
  auto input = Tensor<float>::create(shape).value();
  RandomNumbers random(seed);
  for (Index i = 0; i < shape.size(); ++i) input.data()[i] = static_cast<float>(random.uniform());
  return input;
}

template <class T>
Tensor<T> copy_of(TensorView<const T> from) {
  auto copy = Tensor<T>::create(from.shape).value();
  std::copy_n(from.data, from.shape.size(), copy.data());
  return copy;
}

// The output of one run in a fresh workspace.
inline Tensor<float> run_once(const Engine& engine, TensorView<const float> input,
                              EngineWorkspaceOptions options = {}) {
  options.input = input.shape;
  auto workspace = engine.make_workspace(options).value();
  return copy_of(engine.run(input, workspace).value());
}

// The same network and weights on the readable engine, in double.
inline Tensor<double> exact_output(const Engine& engine, TensorView<const float> input) {
  auto exact = Tensor<double>::create(input.shape).value();
  std::copy_n(input.data, input.shape.size(), exact.data());
  const auto& description = engine.description();
  const auto network = Network<double>::create(description, random_weights<double>(1)).value();
  const auto& layer = description.layers[static_cast<std::size_t>(engine.plan().wanted)].name;
  return run_once<double>(network, exact.view(), 1, layer);
}

inline double error_growth(const Engine& engine, const Shape& input) {
  const NetworkDescription& network = engine.description();
  return audit::error_growth(engine.plan(), network::needed_layers(network, engine.plan().wanted),
                             network.shapes(input).value(), network.macs(input).value());
}

// Within the bound of audit/network_bound.hpp.
inline reference::Comparison compare_networks(TensorView<const float> actual, TensorView<const double> expected,
                                              double growth) {
  const auto bound = audit::normwise_bound(growth, expected).value();
  return reference::compare(actual, expected, bound.view());
}

// Small networks in which every step of the engine occurs.
struct NamedNetwork {
  const char* text;
  Shape input;
};

inline const NamedNetwork chain{R"(network chain
input x channels=1
scale s factor=0.01 offset=-0.5
conv2d a out=20 kernel=3 padding=1
relu ra
batch_norm na
conv2d b out=33 kernel=3 stride=2 padding=1 bias=false
batch_norm nb
leaky_relu rb slope=0.2
conv2d c out=17 kernel=3 padding=2 dilation=2
conv_transpose2d d out=9 kernel=4 stride=2 padding=1
relu rd
conv2d f out=40 kernel=3 padding=1
batch_norm nf
relu rf
batch_norm mf
conv2d e out=2 kernel=1
tanh t
scale u factor=110
output u
)",
                                {1, 1, 19, 22}};

inline const NamedNetwork branches{R"(network branches
input x channels=3
conv2d a out=16 kernel=3 padding=1
relu ra
conv2d b out=16 kernel=3 padding=1
batch_norm nb
add sum from=nb,ra
relu rs
conv2d c out=8 kernel=3 stride=2 padding=1
upsample up factor=2
concat cat from=up,rs,x
conv2d d out=20 kernel=3 padding=1
add twice from=d,d
conv2d e out=5 kernel=1
output e
)",
                                   {1, 3, 18, 14}};

inline const NamedNetwork odd{R"(network odd
input x channels=8
batch_norm n0
conv2d g out=12 kernel=3 padding=1 groups=4
relu r
conv_transpose2d h out=6 kernel=3 stride=3 output_padding=2x1
leaky_relu l slope=0.1
batch_norm m
conv_transpose2d k out=4 kernel=2 stride=2 groups=2
conv2d q out=1 kernel=5x3 padding=2x0 stride=2x1
output q
)",
                              {1, 8, 5, 7}};

inline const NamedNetwork inputs{R"(network inputs
input x channels=2
add sum from=x,x
conv2d a out=7 kernel=3 padding=1 from=x
scale s factor=2 offset=1 from=x
conv2d b out=7 kernel=5 padding=2 from=s
scale v factor=3 from=s
concat c from=a,b,sum,v,s
conv2d d out=3 kernel=3 padding=3 dilation=3
conv2d f out=3 kernel=3 padding=1 from=c
add e from=d,f
relu r
output r
)",
                                 {1, 2, 9, 11}};

inline const NamedNetwork colors{R"(network colors
input x channels=1
conv2d a out=30 kernel=3 padding=1
relu ra
conv2d q out=313 kernel=1
softmax p
conv2d ab out=2 kernel=1 bias=false
scale k factor=3 offset=1
upsample z factor=2 mode=bilinear
output z
)",
                                 {1, 1, 8, 9}};

inline const NamedNetwork pools{R"(network pools
input x channels=3
conv2d a out=20 kernel=3 padding=1
clip ra least=0 most=6
max_pool m kernel=3 stride=2 padding=1
conv2d b out=24 kernel=3 padding=1
batch_norm nb
average_pool v kernel=3 stride=2 padding=1 ceil=true count_padding=false
resize rv scale=3/4x4/3 mode=bicubic
resize v2 scale=4/3x3/4 coordinates=asymmetric rounding=ceil
conv2d c out=16 kernel=1
channels left from=c count=8
channels right from=c first=8 count=8
add sum from=left,right
depth_to_space up factor=2 order=dcr
global_average_pool g from=nb
conv2d d out=5 kernel=1
max_pool same from=up kernel=5 padding=2
concat cat from=up,same
depth_to_space larger factor=2
output larger
)",
                                {1, 3, 27, 22}};

inline const NamedNetwork gates{R"(network gates
input x channels=4
conv2d a out=18 kernel=3 padding=1
prelu pa
conv2d g out=1 kernel=1
sigmoid s
expand many from=s,pa
multiply weighed from=pa,many
conv2d b out=18 kernel=3 padding=1
instance_norm nb eps=0.001
maximum m from=nb,weighed
minimum least from=m,weighed,b
scale positive from=many factor=1 offset=1
divide d from=least,positive
constant level channels=18
multiply scaled from=d,level
constant table from=x channels=18
add t from=scaled,table
conv2d e out=3 kernel=3 padding=1
output e
)",
                                {1, 4, 10, 9}};

inline const NamedNetwork* const small_networks[] = {&chain, &branches, &odd, &inputs, &colors, &pools, &gates};

}  // namespace ochre::test
