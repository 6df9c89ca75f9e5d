#include "engine_definitions.hpp"

namespace ochre::program {

template Result<Network<double>> open_network(const Model&);
template Result<Network<double>> random_network(const NetworkDescription&);
template Result<Workspace<double>> make_workspace(const Network<double>&, const WorkspaceOptions&);
template Result<TensorView<const double>> run_network(const Network<double>&, TensorView<const double>,
                                                      Workspace<double>&, LayerObserver<double>);

Result<audit::ProofReport> verify_proof(const Model& model) { return audit::verify_proof(model); }

}  // namespace ochre::program
