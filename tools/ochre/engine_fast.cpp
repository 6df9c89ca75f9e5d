#include <ochre/dispatch.hpp>
#include <ochre/network/random_weights.hpp>

#include "engine.hpp"

namespace ochre::program {

namespace {

const Result<const dispatch::Isa*>& isa() {
  static const auto chosen = dispatch::choose();
  return chosen;
}

}  // namespace

Status choose_kernels() { return isa() ? Status() : Status(isa().error()); }

Result<Engine> open_engine(const Model& model, const MappedFile* file, const EngineOptions& options) {
  return load_engine(model, options, *(*isa())->kernels.engine, file);
}

Result<Engine> random_engine(const NetworkDescription& description, const EngineOptions& options) {
  constexpr std::uint64_t seed = 1;
  return Engine::create(description, random_weights<float>(seed), options, *(*isa())->kernels.engine);
}

Result<EngineWorkspace> make_workspace(const Engine& engine, const EngineWorkspaceOptions& options) {
  return engine.make_workspace(options);
}

Result<TensorView<const float>> run_engine(const Engine& engine, TensorView<const float> input,
                                           EngineWorkspace& workspace, EngineObserver observer) {
  return engine.run(input, workspace, observer);
}

double fma_peak(int threads) { return (*isa())->fma_peak(threads); }

Result<PictureColorizer> PictureColorizer::open(std::span<const std::byte> model, const ColorizerOptions& options) {
  auto colorizer = Colorizer::from_bytes(model, options, (*isa())->kernels);
  if (!colorizer) return std::move(colorizer).error();
  PictureColorizer opened;
  opened.colorizer_ = std::make_shared<Colorizer>(*std::move(colorizer));
  return opened;
}

Status PictureColorizer::colorize(const PictureView& input, const MutablePictureView& output) {
  const PictureSize size{input.width, input.height};
  if (!workspace_ || workspace_->picture().width != size.width || workspace_->picture().height != size.height) {
    workspace_.reset();  // never two at a time
    auto workspace = colorizer_->make_workspace(size);
    if (!workspace) return std::move(workspace).error();
    workspace_ = std::make_shared<Colorizer::Workspace>(*std::move(workspace));
  }
  return colorizer_->colorize(input, output, *workspace_);
}

}  // namespace ochre::program
