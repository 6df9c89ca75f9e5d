#include "engine_definitions.hpp"

namespace ochre::program {

template Result<Network<float>> open_network(const Model&);
template Result<Network<float>> random_network(const NetworkDescription&);
template Result<Workspace<float>> make_workspace(const Network<float>&, const WorkspaceOptions&);
template Result<TensorView<const float>> run_network(const Network<float>&, TensorView<const float>, Workspace<float>&,
                                                     LayerObserver<float>);

}  // namespace ochre::program
