#include <ochre/import/match_network.hpp>

#include "engine_definitions.hpp"

namespace ochre::program {

template Result<Network<double>> open_network(const Model&);
template Result<Network<double>> random_network(const NetworkDescription&);
template Result<Workspace<double>> make_workspace(const Network<double>&, const WorkspaceOptions&);
template Result<TensorView<const double>> run_network(const Network<double>&, TensorView<const double>,
                                                      Workspace<double>&, LayerObserver<double>);

Result<Network<double>> open_network(const NetworkDescription& network, std::span<const TensorEntry> tensors) {
  return open_imported(network, tensors);
}

Result<ImportedModel> match_network(const SourceFile& source, const NetworkDescription* wanted) {
  return ochre::match_network(source, wanted);
}

Result<RoundedProof> make_proof(const Network<double>& network, const Network<double>* before, Extent declared) {
  if (before != nullptr) return ochre::make_rounded_proof(network, *before, declared);
  auto text = ochre::make_proof(network, declared);
  if (!text) return std::move(text).error();
  return RoundedProof{*std::move(text), {}};
}

Result<ProofReport> verify_proof(const Model& model) { return ochre::verify_proof(model); }

}  // namespace ochre::program
