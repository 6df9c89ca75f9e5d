// The parts of the library that take long to compile, each compiled once: engine_fast.cpp, engine_float.cpp,
// engine_double.cpp, engine_audit.cpp. The verbs call them through these functions and nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <ochre/audit/engine_audit.hpp>
#include <ochre/audit/make_proof.hpp>
#include <ochre/audit/memory_proof.hpp>
#include <ochre/audit/proof.hpp>
#include <ochre/import/imported_model.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/picture_colorizer.hpp>
#include <ochre/video_colorizer.hpp>
#include <ochre/weights/mapped_file.hpp>

namespace ochre::program {

// Which kernels all that follows uses: the best that this CPU runs, or what the environment's OCHRE_ISA names. Comes
// first. Errors: a name that is unknown or that this CPU cannot run.
Status choose_kernels();

// What the chosen kernels make products of that may be as coarse as that.
Precision precision_used(Precision asked);

// The fast engine.
Result<Engine> open_engine(const Model& model, const EngineOptions& options);
Result<Engine> random_engine(const NetworkDescription& description, const EngineOptions& options);  // seeded weights
Result<EngineWorkspace> make_workspace(const Engine& engine, const EngineWorkspaceOptions& options);
Result<TensorView<const float>> run_engine(const Engine& engine, TensorView<const float> input,
                                           EngineWorkspace& workspace, EngineObserver observer = {});

// The readable engine. T: float or double.
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

Result<ProofReport> verify_proof(const Model& model);
Result<MemoryProofReport> verify_memory(std::span<const std::byte> camera);

Result<ImportedModel> match_network(const SourceFile& source, const NetworkDescription* wanted);
// tensors: all that the network needs.
Result<Network<double>> open_network(const NetworkDescription& network, std::span<const TensorEntry> tensors);
// before: of the same network, before its weights were rounded; or null, and there are no differences.
Result<RoundedProof> make_proof(const Network<double>& network, const Network<double>* before, Extent declared);

Result<AuditReport> audit_engine(const Engine& engine, const Model& model, TensorView<const float> input,
                                 const ochre::AuditOptions& options);

// A picture's lightness as the network wants it, as large as a Colorizer of that working size makes it.
Result<Tensor<float>> lightness_input(const NetworkDescription& network, const PictureView& picture, Index size);

// Of fused multiply-adds, measured: FLOP/s.
double fma_peak(int threads);

// Of the chosen kernels; keeps the memory of the last size of picture.
Result<PictureColorizer> open_colorizer(std::span<const std::byte> model, const ColorizerOptions& options);
Result<Reference> read_reference(PictureColorizer& colorizer, const PictureView& picture);
Status colorize_picture(PictureColorizer& colorizer, const PictureView& input, const MutablePictureView& output,
                        std::span<const Hint> hints = {});

Result<VideoColorizer> open_video(std::shared_ptr<const Colorizer> colorizer, Extent frame,
                                  const ochre::VideoOptions& options, const ColorizerWorkspaceOptions& workspace);
Status colorize_frame(VideoColorizer& colorizer, const YuvView& input, const MutableYuvView& output);

}  // namespace ochre::program
