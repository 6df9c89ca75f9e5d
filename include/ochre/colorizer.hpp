// From a grey picture to a coloured one, buffer in, buffer out:
//   L (full resolution) -> L at working size -> network -> softmax(logits / T) -> annealed mean -> ab at network size
//   -> ab at full resolution, along the edges of L -> Lab with the picture's own L -> sRGB, chroma held to the gamut
// (Yao & Xia, "Deep Colorization for Surveillance Images"; Zhang et al., ECCV 2016, for the annealed mean).
// Rows are streamed: beside the network's own memory a picture of any size needs a few rows a thread. The stages, whose
// headers are in colorizer/, can be called one by one: predict ends with ab at network size, apply begins there.
// Proven in colorizer_test.cpp and stages_test.cpp.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <optional>
#include <span>
#include <string>
#include <utility>

#include <ochre/color/ab_bins.hpp>
#include <ochre/colorizer/apply.hpp>
#include <ochre/colorizer/check_call.hpp>
#include <ochre/colorizer/predict.hpp>
#include <ochre/colorizer/read_lightness.hpp>
#include <ochre/colorizer/read_reference.hpp>
#include <ochre/colorizer/workspace.hpp>
#include <ochre/colorizer_kernels.hpp>
#include <ochre/engine/load_engine.hpp>

namespace ochre::inline v0 {

class PictureColorizer;

// A model with its options, ready to colour pictures of any size. Immutable and cheap to copy; any number of threads
// share it, each concurrent call with a workspace of its own.
class Colorizer {
 public:
  using Workspace = ColorizerWorkspace;

  // Needs colorizer_file.hpp. Errors: the file's (missing, not a model, damaged: which tensor, found, expected; of
  // another SHA-256 than is asked for), or an option out of range.
  template <class Arch = simd::DefaultArch>
  static Result<Colorizer> open(const std::string& path, const ColorizerOptions& options = {}) {
    return open(path, options, colorizer_kernels<Arch>());
  }

  // With the kernels of a table; those of the compiler's own flags are then not compiled.
  inline static Result<Colorizer> open(const std::string& path, const ColorizerOptions& options,
                                       const ColorizerKernels& kernels);  // in colorizer_file.hpp

  // A model file's bytes, which may go once this returns.
  template <class Arch = simd::DefaultArch>
  static Result<Colorizer> from_bytes(std::span<const std::byte> bytes, const ColorizerOptions& options = {}) {
    return from_bytes(bytes, options, colorizer_kernels<Arch>());
  }
  static Result<Colorizer> from_bytes(std::span<const std::byte> bytes, const ColorizerOptions& options,
                                      const ColorizerKernels& kernels) {
    return base::catch_no_memory([&] { return parse(bytes, options, kernels, {}); });
  }

  float temperature() const noexcept { return model_.settings.temperature; }
  Index size() const noexcept { return model_.settings.size; }
  const NetworkDescription& network() const noexcept { return engine_->description(); }
  int threads() const noexcept { return model_.settings.threads; }

  // Errors: an empty size, threads out of range or more than the system starts, no memory.
  Result<Workspace> make_workspace(Extent picture, const ColorizerWorkspaceOptions& options = {}) const {
    return base::catch_no_memory([&]() -> Result<Workspace> {
      auto memory = detail::make_memory(*engine_, model_, picture, options);
      if (!memory) return std::move(memory).error();
      return Workspace(*std::move(memory));
    });
  }

  // predict, then apply. input and output have the workspace's size; a picture as output is RGB or RGBA, 8 or 16 bit.
  // Alpha is kept (opaque if the input has none). Input and output may be the same memory if format and stride are the
  // same. On an error the output is untouched.
  // Of a frame only the luma is read. A frame as output has chroma; its luma is a copy of the input's, of the same
  // depth and range, bit for bit, and no copy where both are the same memory (yuv_view.hpp, color/yuv_rows.hpp).
  Status colorize(const PictureView& input, const MutablePictureView& output, Workspace& workspace) const {
    return colorize_as(input, output, workspace);
  }
  Status colorize(const YuvView& input, const MutablePictureView& output, Workspace& workspace) const {
    return colorize_as(input, output, workspace);
  }
  Status colorize(const YuvView& input, const MutableYuvView& output, Workspace& workspace) const {
    return colorize_as(input, output, workspace);
  }

  // The network: what it makes of the input's lightness goes to the workspace's grid, features and distribution. On an
  // error these hold nothing of use.
  Status predict(const PictureView& input, Workspace& workspace) const { return predict_of(input, workspace); }
  Status predict(const YuvView& input, Workspace& workspace) const { return predict_of(input, workspace); }

  // Whether make_workspace() will take that memory. Errors: one of nothing, of another model's features, a colorizer
  // without ColorizerOptions::teachable.
  Status check_memory(const CameraMemory& memory) const { return detail::check_recall(model_, &memory); }

  // What a picture in colour teaches of its place, for a CameraMemory: a picture of the workspace's size.
  // Errors: a colorizer without ColorizerOptions::teachable; a grey pixel format; those of predict.
  Result<Reference> read_reference(const PictureView& picture, Workspace& workspace) const;

  // The rest: the input's own lightness in the colours of the workspace's grid, as predict or the caller left it, or of
  // another one, of any size, that covers the picture. A small part of colorize's time: a network that runs for every
  // fifth frame only is four lines. Errors beside colorize's: a grid of no size, a number in it that is none.
  Status apply(const PictureView& input, const MutablePictureView& output, Workspace& workspace,
               const std::optional<AbGridView>& grid = {}) const {
    return apply_as(input, output, workspace, grid);
  }
  Status apply(const YuvView& input, const MutablePictureView& output, Workspace& workspace,
               const std::optional<AbGridView>& grid = {}) const {
    return apply_as(input, output, workspace, grid);
  }
  Status apply(const YuvView& input, const MutableYuvView& output, Workspace& workspace,
               const std::optional<AbGridView>& grid = {}) const {
    return apply_as(input, output, workspace, grid);
  }

 private:
  friend class PictureColorizer;
  friend class VideoColorizer;

  static Result<Colorizer> parse(std::span<const std::byte> bytes, const ColorizerOptions& options,
                                 const ColorizerKernels& kernels, BytesDone done) {
    if (options.sha256) {
      if (auto status = check_sha256(bytes, *options.sha256); !status) return std::move(status).error();
    }
    auto model = Model::parse(bytes);
    if (!model) return std::move(model).error();
    const Head head = model->network.head;
    if (head.kind == HeadKind::none) {
      return Error{ErrorCode::unsupported, "network " + model->network.name + " has no `head`: it makes no colours"};
    }
    auto settings = detail::settle(options, *model);
    if (!settings) return std::move(settings).error();
    Colorizer colorizer;
    colorizer.model_.settings = *std::move(settings);
    colorizer.kernels_ = kernels;
    if (options.features) {
      auto features = detail::feature_source(*model, colorizer.model_.settings);
      if (!features) return std::move(features).error();
      colorizer.model_.features = *std::move(features);
    }
    if (auto status = colorizer.choose_voters(*model, options); !status) return std::move(status).error();
    if (options.teachable) colorizer.model_.identity = sha256_hex(bytes);
    if (auto status = colorizer.load(*model, done); !status) return std::move(status).error();
    return colorizer;
  }

  // What cells may look like to each other, and whether they agree on colours.
  Status choose_voters(const Model& model, const ColorizerOptions& options) {
    const Head& head = model.network.head;
    const auto classifier = detail::classifier_of(model.network);
    model_.consensus = options.consensus && head.kind == HeadKind::distribution && classifier == head.layer;
    if (options.teachable && !classifier) {
      return Error{ErrorCode::unsupported, "network " + model.network.name + " cannot be taught: its colours come " +
                                               "from no 1x1 convolution whose features could be compared"};
    }
    if (!model_.consensus && !options.teachable) return {};
    model_.classifier = *classifier;
    model_.channels = model.network.layers[static_cast<std::size_t>(*classifier)].channels[0];
    return {};
  }

  // A network whose layers do not fit is no fault of the caller's arguments.
  static Error in_model(Status status) {
    Error error = std::move(status).error();
    if (error.code == ErrorCode::invalid_argument) error.code = ErrorCode::mismatch;
    return error;
  }

  Status load(const Model& model, BytesDone done);
  template <class Picture>
  Status predict_of(const Picture& input, Workspace& workspace) const;
  template <class Picture>
  Status predict_into(const Picture& input, detail::ColorizerMemory& memory) const;  // input: checked
  template <class Picture, class Target>
  Status apply_as(const Picture& input, const Target& output, Workspace& workspace,
                  const std::optional<AbGridView>& grid) const;
  template <class Picture, class Target>
  void show(const AbGridView& grid, const Picture& input, const Target& output,
            detail::ColorizerMemory& memory) const noexcept;  // all checked
  template <class Picture, class Target>
  Status colorize_as(const Picture& input, const Target& output, Workspace& workspace) const;

  ColorizerKernels kernels_;
  std::optional<Engine> engine_;
  detail::ColorizerModel model_;
};

// The engine up to the head. Where the head's logits come from a 1x1 convolution, the annealed mean is part of its
// step.
inline Status Colorizer::load(const Model& model, BytesDone done) {
  const Head& head = model.network.head;
  const auto& layer = model.network.layers[static_cast<std::size_t>(head.layer)];
  const Extent square = color::working_size({size(), size()}, size());
  const Shape input{1, 0, square.h, square.w};
  EngineOptions options{.layer = layer.name,
                        .input = input,
                        .threads = threads(),
                        .memory = model_.settings.memory,
                        .precision = model_.settings.precision};
  if (head.kind == HeadKind::distribution && engine::is_pointwise_conv(layer)) {
    options.color_mean = detail::color_mean(model_);
  }
  const Shape claimed{1, model.network.input_channels, square.h, square.w};
  auto status = detail::check_weights(model.network, claimed, head.layer, model_.settings.memory);
  if (!status) return in_model(std::move(status));
  auto engine = load_engine(model, options, *kernels_.engine, done);
  if (!engine) return in_model(std::move(engine).error());
  engine_ = *std::move(engine);
  return {};
}

template <class Picture>
Status Colorizer::predict_of(const Picture& input, Workspace& workspace) const {
  if (!workspace.memory_) return detail::empty_workspace();
  detail::ColorizerMemory& memory = *workspace.memory_;
  if (auto status = detail::check_input(input, memory.picture); !status) return status;
  return predict_into(input, memory);
}

template <class Picture>
Status Colorizer::predict_into(const Picture& input, detail::ColorizerMemory& memory) const {
  const auto awake = memory.network.stay_awake();
  auto status = detail::read_lightness(*kernels_.color, input, network().normalised_lightness, memory);
  if (!status) return status;
  detail::read_hint_lightness(*kernels_.color, input, memory);
  return detail::predict_grid(*engine_, *kernels_.color, model_, input, memory);
}

inline Result<Reference> Colorizer::read_reference(const PictureView& picture, Workspace& workspace) const {
  return base::catch_no_memory([&]() -> Result<Reference> {
    if (!workspace.memory_) return detail::empty_workspace();
    detail::ColorizerMemory& memory = *workspace.memory_;
    if (model_.identity.empty())
      return detail::invalid("a reference for a colorizer without ColorizerOptions::teachable");
    if (auto status = detail::check_input(picture, memory.picture); !status) return std::move(status).error();
    if (!has_color(picture.format)) return detail::invalid("reference: a grey pixel format, expected RGB or RGBA");
    const auto awake = memory.network.stay_awake();
    memory.predicted = false;
    auto status = detail::read_lightness(*kernels_.color, picture, network().normalised_lightness, memory);
    if (status) status = detail::predict_own(*engine_, *kernels_.color, model_, {}, memory);
    if (!status) return std::move(status).error();
    return detail::make_reference(*kernels_.color, model_, picture, memory);
  });
}

template <class Picture, class Target>
Status Colorizer::apply_as(const Picture& input, const Target& output, Workspace& workspace,
                           const std::optional<AbGridView>& grid) const {
  if (!workspace.memory_) return detail::empty_workspace();
  detail::ColorizerMemory& memory = *workspace.memory_;
  if (auto status = detail::check_input(input, memory.picture); !status) return status;
  if (auto status = detail::check_output(input, output, memory.picture); !status) return status;
  const AbGridView shown = grid ? *grid : memory.grid_view();
  if (auto status = color::check_grid(shown); !status) return status;
  const auto awake = memory.network.stay_awake();
  memory.guided = false;  // predict may have seen another picture
  show(shown, input, output, memory);
  return {};
}

template <class Picture, class Target>
Status Colorizer::colorize_as(const Picture& input, const Target& output, Workspace& workspace) const {
  if (!workspace.memory_) return detail::empty_workspace();
  detail::ColorizerMemory& memory = *workspace.memory_;
  // Before the network, not after it.
  if (auto status = detail::check_input(input, memory.picture); !status) return status;
  if (auto status = detail::check_output(input, output, memory.picture); !status) return status;
  const auto awake = memory.network.stay_awake();
  if (auto status = predict_into(input, memory); !status) return status;
  show(memory.grid_view(), input, output, memory);
  return {};
}

template <class Picture, class Target>
void Colorizer::show(const AbGridView& grid, const Picture& input, const Target& output,
                     detail::ColorizerMemory& memory) const noexcept {
  const color::StridedGrid finer = detail::refine_grid(*kernels_.color, grid, input, memory);
  detail::apply_grid({*kernels_.color, model_.settings.upsampling, finer}, input, output, memory);
}
}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
