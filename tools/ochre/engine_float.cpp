#include "engine_definitions.hpp"

namespace ochre::program {

template Result<Network<float>> open_network(const Model&);
template Result<Network<float>> random_network(const NetworkDescription&);
template Result<Workspace<float>> make_workspace(const Network<float>&, const WorkspaceOptions&);
template Result<TensorView<const float>> run_network(const Network<float>&, TensorView<const float>, Workspace<float>&,
                                                     LayerObserver<float>);

Result<PictureColorizer> PictureColorizer::open(std::span<const std::byte> model, const ColorizerOptions& options) {
  auto colorizer = Colorizer::from_bytes(model, options);
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
