#include <memory>

#include <ochre/camera_memory_file.hpp>
#include <ochre/color/network_lightness.hpp>
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

Precision precision_used(Precision asked) { return (*isa())->kernels.engine->products(asked).precision; }

Result<Engine> open_engine(const Model& model, const EngineOptions& options) {
  return load_engine(model, options, *(*isa())->kernels.engine);
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

Result<Tensor<float>> lightness_input(const NetworkDescription& network, const PictureView& picture, Index size) {
  const Extent working = color::working_size(picture.extent(), size);
  auto input = Tensor<float>::create({1, network.input_channels, working.h, working.w});
  auto row = AlignedBuffer<float>::create(picture.width);
  auto averaging = AlignedBuffer<float>::create(working.w);
  if (!input) return input;
  if (!row) return std::move(row).error();
  if (!averaging) return std::move(averaging).error();
  const std::span lightness(input->data(), static_cast<std::size_t>(working.h * working.w));
  const auto& kernels = *(*isa())->kernels.color;
  auto status = color::average_lightness(
      kernels, picture, {.size = working, .values = lightness, .row = row->span(), .averaging = averaging->span()});
  if (!status) return std::move(status).error();
  if (network.normalised_lightness) color::normalise_lightness(lightness);
  return input;
}

Result<MemoryProofReport> verify_memory(std::span<const std::byte> camera) {
  return verify_camera_memory(camera, *(*isa())->kernels.color);
}

double fma_peak(int threads) { return (*isa())->fma_peak(threads); }

Result<PictureColorizer> open_colorizer(std::span<const std::byte> model, const ColorizerOptions& options) {
  auto colorizer = Colorizer::from_bytes(model, options, (*isa())->kernels);
  if (!colorizer) return std::move(colorizer).error();
  return PictureColorizer::create(std::make_shared<const Colorizer>(*std::move(colorizer)));
}

Result<Reference> read_reference(PictureColorizer& colorizer, const PictureView& picture) {
  return colorizer.read_reference(picture);
}

Status colorize_picture(PictureColorizer& colorizer, const PictureView& input, const MutablePictureView& output,
                        std::span<const Hint> hints) {
  return colorizer.colorize(input, output, hints);
}

Result<VideoColorizer> open_video(std::shared_ptr<const Colorizer> colorizer, Extent frame,
                                  const ochre::VideoOptions& options, const ColorizerWorkspaceOptions& workspace) {
  return VideoColorizer::create(std::move(colorizer), frame, options, workspace);
}

Status colorize_frame(VideoColorizer& colorizer, const YuvView& input, const MutableYuvView& output) {
  return colorizer.colorize(input, output);
}

}  // namespace ochre::program
