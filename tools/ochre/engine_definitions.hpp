// For engine_float.cpp and engine_double.cpp alone.
#pragma once

#include <ochre/network/random_weights.hpp>

#include "engine.hpp"

namespace ochre::program {

template <class T>
Result<Network<T>> open_network(const Model& model) {
  return load_network<T>(model);
}

template <class T>
Result<Network<T>> random_network(const NetworkDescription& description) {
  constexpr std::uint64_t seed = 1;
  return Network<T>::create(description, random_weights<T>(seed));
}

template <class T>
Result<Workspace<T>> make_workspace(const Network<T>& network, const WorkspaceOptions& options) {
  return network.make_workspace(options);
}

template <class T>
Result<TensorView<const T>> run_network(const Network<T>& network, TensorView<const T> input, Workspace<T>& workspace,
                                        LayerObserver<T> observer) {
  return network.run(input, workspace, observer);
}

}  // namespace ochre::program
