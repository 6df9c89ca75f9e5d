// The parts of the library that take long to compile, each compiled once: engine_float.cpp, engine_double.cpp. The
// verbs call them through these functions and nothing else.
#pragma once

#include <cstdint>
#include <memory>

#include <ochre/audit/proof.hpp>
#include <ochre/colorizer.hpp>

namespace ochre::program {

// T: float or double.
template <class T>
Result<Network<T>> open_network(const Model& model);

// Seeded random weights: the same in float and in double.
template <class T>
Result<Network<T>> random_network(const NetworkDescription& description);

template <class T>
Result<Workspace<T>> make_workspace(const Network<T>& network, const WorkspaceOptions& options);

template <class T>
Result<TensorView<const T>> run_network(const Network<T>& network, TensorView<const T> input, Workspace<T>& workspace,
                                        LayerObserver<T> observer = {});

Result<audit::ProofReport> verify_proof(const Model& model);

// A Colorizer, and memory that is kept from one picture to the next while the size stays the same.
class PictureColorizer {
 public:
  static Result<PictureColorizer> open(std::span<const std::byte> model, const ColorizerOptions& options);

  float temperature() const noexcept { return colorizer_->temperature(); }
  Status colorize(const PictureView& input, const MutablePictureView& output);

 private:
  std::shared_ptr<const Colorizer> colorizer_;
  std::shared_ptr<Colorizer::Workspace> workspace_;
};

}  // namespace ochre::program
