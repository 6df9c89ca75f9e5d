// From a grey picture to a coloured one, buffer in, buffer out:
//   L (full resolution) -> L at working size -> network -> softmax(logits / T) -> annealed mean -> ab at network size
//   -> ab at full resolution, along the edges of L -> Lab with the picture's own L -> sRGB, chroma held to the gamut
// (Yao & Xia, "Deep Colorization for Surveillance Images"; Zhang et al., ECCV 2016, for the annealed mean).
// Rows are streamed: beside the network's own memory a picture of any size needs a few rows a thread.
// Proven in colorizer_test.cpp.
#pragma once

#include <atomic>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <ochre/color/ab_bins.hpp>
#include <ochre/color/area_average.hpp>
#include <ochre/color/network_lightness.hpp>
#include <ochre/color/working_size.hpp>
#include <ochre/colorizer_kernels.hpp>
#include <ochre/engine/engine_cost.hpp>
#include <ochre/engine/load_engine.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/network/run_cost.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/sha256.hpp>

namespace ochre::inline v0 {

enum class AbUpsampling { edge_aware, bilinear };

struct ColorizerOptions {
  std::optional<float> temperature{};  // the annealed mean's T (the paper's V), above 0; none: the model's own
  float saturation = 1.0f;             // factor on ab, 0 or more
  std::optional<Index> size{};         // working size: the shorter side at the network, 8…4096; none: the model's own
  int threads = 0;                     // 0: as many as this process may use
  AbUpsampling upsampling = AbUpsampling::edge_aware;
  std::optional<Index> memory{};           // bytes that the network may take, weights included; fewer make it slower
  std::optional<ExpectedSha256> sha256{};  // of the model file, checked before anything of it is believed
};

struct PictureSize {
  Index width = 0;
  Index height = 0;
};

class Colorizer {
 public:
  // All memory of a call: one for each call at a time, for pictures of one size. Move-only.
  class Workspace {
   public:
    PictureSize picture() const noexcept { return picture_; }
    Extent working_size() const noexcept { return working_; }

   private:
    friend class Colorizer;
    Workspace(PictureSize picture, Extent working, EngineWorkspace network)
        : picture_(picture), working_(working), network_(std::move(network)) {}

    PictureSize picture_;
    Extent working_;
    EngineWorkspace network_;
    Tensor<float> input_;             // [1, C, working size]
    Tensor<float> grid_;              // [1, 3, network's output size]: a, b, mean L
    AlignedBuffer<float> averaging_;  // one row at working size or of the grid, whichever is wider
    AlignedBuffer<float> rows_;       // L, a, b of one row, for each thread
  };

  // Errors: the file's (missing, not a model, damaged: which tensor, found, expected; of another SHA-256 than is asked
  // for), or an option out of range.
  template <class Arch = simd::DefaultArch>
  static Result<Colorizer> open(const std::string& path, const ColorizerOptions& options = {}) {
    return open(path, options, colorizer_kernels<Arch>());
  }

  // With the kernels of a table; those of the compiler's own flags are then not compiled.
  static Result<Colorizer> open(const std::string& path, const ColorizerOptions& options,
                                const ColorizerKernels& kernels) {
    auto file = MappedFile::open(path);
    if (!file) return std::move(file).error();
    auto colorizer = parse(file->bytes(), options, kernels, &*file);
    if (!colorizer) return std::move(colorizer).error().in(printable_path(path));
    return colorizer;
  }

  // A model file's bytes, which may go once this returns.
  template <class Arch = simd::DefaultArch>
  static Result<Colorizer> from_bytes(std::span<const std::byte> bytes, const ColorizerOptions& options = {}) {
    return from_bytes(bytes, options, colorizer_kernels<Arch>());
  }
  static Result<Colorizer> from_bytes(std::span<const std::byte> bytes, const ColorizerOptions& options,
                                      const ColorizerKernels& kernels) {
    return parse(bytes, options, kernels, nullptr);
  }

  float temperature() const noexcept { return temperature_; }
  Index size() const noexcept { return size_; }
  const NetworkDescription& network() const noexcept { return engine_->description(); }
  int threads() const noexcept { return threads_; }

  // lender, host: a host's own threads instead of ours (parallel/team.hpp). Errors: an empty size, no memory, no
  // threads.
  Result<Workspace> make_workspace(PictureSize picture, Lender lender = nullptr, void* host = nullptr) const;

  // input and output have the workspace's size; output is RGB or RGBA, 8 or 16 bit. Alpha is kept (opaque if the input
  // has none). Input and output may be the same memory if format and stride are the same. On an error the output is
  // untouched.
  Status colorize(const PictureView& input, const MutablePictureView& output, Workspace& workspace) const;

 private:
  static Result<Colorizer> parse(std::span<const std::byte> bytes, const ColorizerOptions& options,
                                 const ColorizerKernels& kernels, const MappedFile* file) {
    if (options.sha256) {
      if (auto status = check_sha256(bytes, *options.sha256); !status) return std::move(status).error();
    }
    auto model = Model::parse(bytes);
    if (!model) return std::move(model).error();
    const Head head = model->network.head;
    if (head.kind == HeadKind::none) {
      return Error{ErrorCode::unsupported, "network " + model->network.name + " has no `head`: it makes no colours"};
    }
    const auto temperature = model->number("temperature", head.temperature);
    if (!temperature) return temperature.error();
    const auto size = model->number("size", 256);
    if (!size) return size.error();
    Colorizer colorizer;
    colorizer.saturation_ = options.saturation;
    colorizer.upsampling_ = options.upsampling;
    colorizer.memory_ = options.memory;
    colorizer.temperature_ = options.temperature.value_or(static_cast<float>(*temperature));
    colorizer.own_size_ = !options.size;
    colorizer.size_ = options.size.value_or(static_cast<Index>(std::clamp(*size, 0.0, 1e6)));
    colorizer.threads_ = options.threads == 0 ? available_threads() : options.threads;
    if (auto status = colorizer.check_options(); !status) return std::move(status).error();
    colorizer.kernels_ = kernels;
    if (auto status = colorizer.load(*model, file); !status) return std::move(status).error();
    return colorizer;
  }

  // A network whose layers do not fit is no fault of the caller's arguments.
  static Error in_model(Status status) {
    Error error = std::move(status).error();
    if (error.code == ErrorCode::invalid_argument) error.code = ErrorCode::mismatch;
    return error;
  }

  static Error invalid(std::string message) { return {ErrorCode::invalid_argument, std::move(message)}; }

  Status check_options() const {
    if (!(temperature_ > 0.0f && temperature_ <= 1000.0f)) {
      return invalid("temperature " + std::to_string(temperature_) + ", expected above 0 and up to 1000");
    }
    if (!(saturation_ >= 0.0f && saturation_ <= 100.0f)) {
      return invalid("saturation " + std::to_string(saturation_) + ", expected 0 to 100");
    }
    if (size_ < 8 || size_ > 4096) return invalid("working size " + std::to_string(size_) + ", expected 8 to 4096");
    if (threads_ < 1 || threads_ > 1024) return invalid(std::to_string(threads_) + " threads, expected 0 to 1024");
    return {};
  }

  float exponent() const noexcept { return static_cast<float>(folded_temperature_) / temperature_; }
  Status load(const Model& model, const MappedFile* file);
  Status check_weights(const NetworkDescription& network, const Shape& input, Index layer) const;
  Index most_memory(const Shape& input) const noexcept;
  Result<Shape> grid_shape(const Shape& input) const;
  Status check_call(const PictureView& input, const MutablePictureView& output, const Workspace& workspace) const;
  Status read_lightness(const PictureView& input, Workspace& workspace) const;
  Status predict_ab(Workspace& workspace) const;
  void write_colors(const PictureView& input, const MutablePictureView& output, Workspace& workspace) const noexcept;

  static constexpr char more_memory[] = " (ColorizerOptions::memory allows more)";

  ColorizerKernels kernels_;
  std::optional<Engine> engine_;
  std::optional<Index> memory_;
  bool makes_ab_ = false;          // the engine's output is ab, not logits
  double folded_temperature_ = 1;  // by which the network's logits are divided already
  float temperature_ = 1.0f;
  float saturation_ = 1.0f;
  Index size_ = 256;
  bool own_size_ = true;  // the model's, not the caller's
  int threads_ = 1;
  AbUpsampling upsampling_ = AbUpsampling::edge_aware;
};

// The engine up to the head. Where the head's logits come from a 1x1 convolution, the annealed mean is part of its
// step.
inline Status Colorizer::load(const Model& model, const MappedFile* file) {
  const Head& head = model.network.head;
  const auto& layer = model.network.layers[static_cast<std::size_t>(head.layer)];
  folded_temperature_ = head.temperature;
  const Extent square = color::working_size({size_, size_}, size_);
  const Shape input{1, 0, square.h, square.w};
  EngineOptions options{.layer = layer.name, .input = input, .threads = threads_, .memory = memory_};
  makes_ab_ = head.kind == HeadKind::ab || engine::is_pointwise_conv(layer);
  if (head.kind == HeadKind::distribution && makes_ab_) {
    ColorMean mean{exponent(), {}};
    mean.values.assign(color::bin_centres.a.begin(), color::bin_centres.a.end());
    mean.values.insert(mean.values.end(), color::bin_centres.b.begin(), color::bin_centres.b.end());
    options.color_mean = std::move(mean);
  }
  const Shape claimed{1, model.network.input_channels, square.h, square.w};
  if (auto status = check_weights(model.network, claimed, head.layer); !status) return in_model(std::move(status));
  const auto release = [file](std::span<const std::byte> bytes) {
    if (file != nullptr) file->release(bytes);
  };
  auto engine = load_engine(model, options, *kernels_.engine, release);
  if (!engine) return in_model(std::move(engine).error());
  engine_ = *std::move(engine);
  return {};
}

// What packing may make of a model's weights, which a file of some kilobytes in the smallest type can hold a million
// of: ECCV16 takes 4 to 7 times its weights in float, a network of few channels, filled up to 16, up to 256 times a
// little.
inline Status Colorizer::check_weights(const NetworkDescription& network, const Shape& input, Index layer) const {
  constexpr double most_free = 64 << 20;
  constexpr double most_times = 32;
  const auto cost = engine_cost(network, input, layer);
  if (!cost) return cost.error();
  const double in_float = sizeof(float) * static_cast<double>(network.parameters());
  const double most = std::max(most_free + most_times * in_float, static_cast<double>(memory_.value_or(0)));
  if (cost->weights <= most) return {};
  return Error{ErrorCode::too_large, "the network's packed weights: found " + detail::whole_text(cost->weights) +
                                         " bytes, expected at most " + detail::whole_text(most) + more_memory};
}

// What a call may take, of a network whose text of some hundred bytes may claim anything. SIGGRAPH17, which takes most
// of the networks known here, takes 1.8 KB for each pixel of its input. A working size that nobody but the file asks
// for counts up to twice 256 by 256.
inline Index Colorizer::most_memory(const Shape& input) const noexcept {
  constexpr Index most_free_bytes = Index{64} << 20;
  constexpr Index most_bytes_per_pixel = 8192;
  constexpr Index most_pixels_of_file = 131'072;
  const Index pixels = own_size_ ? std::min(input.plane(), most_pixels_of_file) : input.plane();
  return std::max(most_free_bytes + most_bytes_per_pixel * pixels, memory_.value_or(0));
}

// Of what the network gives, if its colours may be held.
inline Result<Shape> Colorizer::grid_shape(const Shape& input) const {
  const auto shapes = network().shapes(input);
  if (!shapes) return shapes.error();
  const Shape made = (*shapes)[static_cast<std::size_t>(engine_->plan().wanted)];
  constexpr Index longest_side = 1 << 24;  // cells: upsample_ab counts them in 32 bits, taps beyond the border included
  const auto bytes = checked_product({3, made.h, made.w, Index{sizeof(float)}});
  const Index most = most_memory(input);
  if (std::max(made.h, made.w) <= longest_side && bytes && *bytes <= most) return made;
  return Error{ErrorCode::too_large, "the network gives " + to_string(made) + " for an input of " + to_string(input) +
                                         ", expected colours of at most " + std::to_string(most) +
                                         " bytes and 2^24 cells a side" + more_memory};
}

inline Result<Colorizer::Workspace> Colorizer::make_workspace(PictureSize picture, Lender lender, void* host) const {
  if (picture.width < 1 || picture.height < 1) {
    return invalid("the picture's size is " + std::to_string(picture.width) + "x" + std::to_string(picture.height));
  }
  const Extent working = color::working_size({picture.height, picture.width}, size_);
  const Shape input{1, network().input_channels, working.h, working.w};
  const auto made = grid_shape(input);
  if (!made) return made.error();
  const Index grid_bytes = 3 * made->plane() * static_cast<Index>(sizeof(float));
  auto memory = engine_->make_workspace(
      {.input = input, .threads = threads_, .lender = lender, .host = host, .memory = most_memory(input) - grid_bytes});
  if (!memory && memory.error().code == ErrorCode::too_large) {
    Error error = std::move(memory).error();
    error.text += more_memory;
    return error;
  }
  if (!memory) return std::move(memory).error();

  Workspace workspace(picture, working, *std::move(memory));
  const auto row_values = checked_product({picture.width, 3, threads_});
  if (!row_values) return Error{ErrorCode::too_large, "a picture " + std::to_string(picture.width) + " pixels wide"};
  auto input_tensor = Tensor<float>::create(input);
  auto grid = Tensor<float>::create({1, 3, made->h, made->w});
  auto averaging = AlignedBuffer<float>::create(std::max(working.w, made->w));
  auto rows = AlignedBuffer<float>::create(*row_values);
  if (!input_tensor) return std::move(input_tensor).error();
  if (!grid) return std::move(grid).error();
  if (!averaging) return std::move(averaging).error();
  if (!rows) return std::move(rows).error();
  workspace.input_ = *std::move(input_tensor);
  workspace.grid_ = *std::move(grid);
  workspace.averaging_ = *std::move(averaging);
  workspace.rows_ = *std::move(rows);
  return workspace;
}

inline Status Colorizer::check_call(const PictureView& input, const MutablePictureView& output,
                                    const Workspace& workspace) const {
  if (auto status = check_picture(input, "input"); !status) return status;
  if (auto status = check_picture(output, "output"); !status) return status;
  if (!has_color(output.format)) return invalid("output: a grey pixel format, expected RGB or RGBA");
  const PictureSize expected = workspace.picture_;
  if (input.width != expected.width || input.height != expected.height || output.width != expected.width ||
      output.height != expected.height) {
    return invalid("the input is " + std::to_string(input.width) + "x" + std::to_string(input.height) +
                   ", the output " + std::to_string(output.width) + "x" + std::to_string(output.height) +
                   ", the workspace was made for " + std::to_string(expected.width) + "x" +
                   std::to_string(expected.height));
  }
  return {};
}

inline Status Colorizer::colorize(const PictureView& input, const MutablePictureView& output,
                                  Workspace& workspace) const {
  if (auto status = check_call(input, output, workspace); !status) return status;
  const auto awake = workspace.network_.stay_awake();
  if (auto status = read_lightness(input, workspace); !status) return status;
  if (auto status = predict_ab(workspace); !status) return status;
  write_colors(input, output, workspace);
  return {};
}

// L at working size into the network's input, mean L under each cell of its output into the grid.
inline Status Colorizer::read_lightness(const PictureView& input, Workspace& workspace) const {
  const Extent working = workspace.working_;
  const std::span lightness(workspace.input_.data(), static_cast<std::size_t>(working.h * working.w));
  const std::span averaging = workspace.averaging_.span();
  auto status = color::average_lightness(*kernels_.color, input, working, lightness, workspace.rows_.span(), averaging);
  if (!status) return status;
  const Shape& grid = workspace.grid_.shape();
  const std::span grid_lightness(workspace.grid_.view().plane(0, 2), static_cast<std::size_t>(grid.plane()));
  auto to_grid = color::AreaAverage::create({working.w, working.h}, {grid.w, grid.h}, grid_lightness, averaging);
  if (!to_grid) return std::move(to_grid).error();
  for (Index y = 0; y < working.h; ++y) to_grid->add_row(lightness.data() + y * working.w);
  if (network().normalised_lightness) color::normalise_lightness(lightness);
  return {};
}

// The network's colours into the grid's a and b.
inline Status Colorizer::predict_ab(Workspace& workspace) const {
  const auto made = engine_->run(workspace.input_.view(), workspace.network_);
  if (!made) return made.error();
  const Index cells = made->shape.plane();
  float* a = workspace.grid_.data();
  if (makes_ab_) {
    std::copy_n(made->data, 2 * cells, a);
  } else {
    kernels_.color->annealed_mean(*made, exponent(), threads_, a, a + cells);
  }
  for (Index i = 0; i < 2 * cells; ++i) {
    if (!std::isfinite(a[i])) return Error{ErrorCode::malformed, "the network gave a colour that is not a number"};
    a[i] *= saturation_;
  }
  return {};
}

inline void Colorizer::write_colors(const PictureView& input, const MutablePictureView& output,
                                    Workspace& workspace) const noexcept {
  const Tensor<float>& grid = workspace.grid_;
  const auto planes = grid.view();
  const color::AbGrid ab{planes.plane(0, 0), planes.plane(0, 1), planes.plane(0, 2), grid.shape().w, grid.shape().h};
  for_ranges(workspace.network_.team(), input.height, 16, [&](Index begin, Index end, int worker) noexcept {
    float* lightness = workspace.rows_.data() + worker * 3 * input.width;
    float* a = lightness + input.width;
    float* b = a + input.width;
    for (Index y = begin; y < end; ++y) {
      kernels_.color->read_lightness_row(input.row(y), input.format, input.width, lightness);
      if (upsampling_ == AbUpsampling::edge_aware) {
        kernels_.color->upsample_edge_aware_row(ab, input.width, input.height, y, lightness, a, b);
      } else {
        kernels_.color->upsample_bilinear_row(ab, input.width, input.height, y, a, b);
      }
      kernels_.color->copy_alpha_row(input.row(y), input.format, output.row(y), output.format, input.width);
      kernels_.color->lab_to_srgb_row(lightness, a, b, input.width, output.row(y), output.format);
    }
  });
}

}  // namespace ochre::inline v0
