#include "engine.hpp"

namespace ochre::program {

Result<audit::AuditReport> audit_engine(const Engine& engine, const Model& model, TensorView<const float> input,
                                        const audit::AuditOptions& options) {
  return audit::audit_engine(engine, model, input, options);
}

Result<Tensor<float>> lightness_input(const NetworkDescription& network, const PictureView& picture, Index size) {
  const Extent working = color::working_size({picture.height, picture.width}, size);
  auto input = Tensor<float>::create({1, network.input_channels, working.h, working.w});
  auto row = AlignedBuffer<float>::create(picture.width);
  auto scratch = AlignedBuffer<float>::create(working.w);
  if (!input) return input;
  if (!row) return std::move(row).error();
  if (!scratch) return std::move(scratch).error();
  const std::span lightness(input->data(), static_cast<std::size_t>(input->shape().size()));
  auto average =
      color::AreaAverage::create({picture.width, picture.height}, {working.w, working.h}, lightness, scratch->span());
  if (!average) return std::move(average).error();
  for (Index y = 0; y < picture.height; ++y) {
    color::read_lightness_row(picture.row(y), picture.format, picture.width, row->data());
    average->add_row(row->data());
  }
  if (network.normalised_lightness) {
    for (Index i = 0; i < input->shape().plane(); ++i) input->data()[i] = (input->data()[i] - 50.0f) / 100.0f;
  }
  return input;
}

}  // namespace ochre::program
