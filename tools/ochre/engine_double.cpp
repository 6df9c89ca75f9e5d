#include <map>
#include <string_view>

#include "engine_definitions.hpp"

namespace ochre::program {

template Result<Network<double>> open_network(const Model&);
template Result<Network<double>> random_network(const NetworkDescription&);
template Result<Workspace<double>> make_workspace(const Network<double>&, const WorkspaceOptions&);
template Result<TensorView<const double>> run_network(const Network<double>&, TensorView<const double>,
                                                      Workspace<double>&, LayerObserver<double>);

Result<Network<double>> open_network(const NetworkDescription& network, std::span<const TensorEntry> tensors) {
  std::map<std::string_view, const TensorEntry*> by_name;
  for (const TensorEntry& tensor : tensors) by_name.emplace(tensor.name, &tensor);
  const ParameterSource<double> source = [&](const RequiredTensor& wanted, std::span<double> values) -> Status {
    const auto entry = by_name.find(wanted.name);
    if (entry != by_name.end()) return convert_to(*entry->second, values);
    return Error{ErrorCode::not_found, "tensor " + wanted.name + ": found none"};
  };
  return Network<double>::create(network, source);
}

Result<RoundedProof> make_proof(const Network<double>& network, const Network<double>* before) {
  if (before != nullptr) return ochre::make_rounded_proof(network, *before);
  auto text = ochre::make_proof(network);
  if (!text) return std::move(text).error();
  return RoundedProof{*std::move(text), {}};
}

Result<ProofReport> verify_proof(const Model& model) { return ochre::verify_proof(model); }

}  // namespace ochre::program
