#include "colorize_file.hpp"

#include <filesystem>

#include <fcntl.h>

#include <ochre/base/platform/files_posix.hpp>
#include <ochre/image_io/save_picture.hpp>

#include "hint_list.hpp"
#include "memory_remark.hpp"
#include "output_folder.hpp"
#include "read_picture.hpp"

namespace ochre::program {

namespace fs = std::filesystem;

namespace {

Extent working_size(const Colorizer& colorizer, Extent picture) {
  return color::working_size(picture, colorizer.size());
}

// In colour, with the input's alpha and depth.
PixelFormat colored(PixelFormat format) {
  const bool alpha = has_alpha(format);
  if (bytes_per_sample(format) == 2) return alpha ? PixelFormat::rgba16 : PixelFormat::rgb16;
  return alpha ? PixelFormat::rgba8 : PixelFormat::rgb8;
}

// Where there is no room at once, the memory of the last picture's size is given up before it is waited for.
void enter_network(const PictureJob& job, Extent size, PictureColorizer& colorizer, ByteGate::Pass& pass,
                   ColorizeSharing& sharing) {
  const Colorizer& network = *colorizer.colorizer();
  const auto pixels = [&](Extent picture) {
    const Extent working = working_size(network, picture);
    return working.h * working.w;
  };
  const double bytes = network_bytes(network, size);
  if (!pass.try_enter(bytes)) {
    colorizer.clear();
    pass.enter(bytes);
  }
  if (pixels(size) > pixels(usual_shape)) sharing.say_memory(job.input, bytes);
}

}  // namespace

double network_bytes(const Colorizer& colorizer, Extent picture) {
  const NetworkDescription& network = colorizer.network();
  const Extent working = working_size(colorizer, picture);
  const auto head = static_cast<std::size_t>(network.head.layer);
  return fast_bytes(network, {1, network.input_channels, working.h, working.w}, network.layers[head].name);
}

Status colorize_file(const PictureJob& job, const ColorizeOptions& options, bool makes_folders,
                     PictureColorizer& colorizer, ColorizeSharing& sharing) {
  ByteGate::Pass picture_pass(sharing.pictures);
  const auto on_claim = [&](Index bytes) {
    picture_pass.enter(static_cast<double>(bytes));
    sharing.say_memory(job.input, static_cast<double>(bytes));
  };
  auto input = read_picture(job.input, options.reading.limit, on_claim, job.page);
  if (!input) return std::move(input).error();
  if (!input->remark.empty()) sharing.warn(picture_warning(job.input, input->remark));
  const auto* read_only = &*input;
  const Extent size{input->height, input->width};
  const auto hints = hints_of(options.hint, size, options.reading);
  if (!hints) return Error{hints.error()}.in(job.input);
  ByteGate::Pass network_pass(sharing.networks);
  const Extent seen = PictureColorizer::inside_of(read_only->view(), *hints).extent();
  enter_network(job, seen, colorizer, network_pass, sharing);
  const auto format = savable_format(job.output, colored(input->format));
  if (!format) return format.error();
  Result<LoadedPicture> new_picture = LoadedPicture{};
  if (*format != input->format) new_picture = LoadedPicture::create(input->width, input->height, *format);
  if (!new_picture) return std::move(new_picture).error().in(job.input);
  LoadedPicture& output = *format == input->format ? *input : *new_picture;  // the same memory where it fits
  if (Status status = colorize_picture(colorizer, read_only->view(), output.view(), *hints); !status) {
    return std::move(status).error().in(job.input);
  }
  network_pass.leave();
  if (makes_folders) {
    if (Status status = make_folder(options.output, fs::path(job.output).parent_path()); !status) return status;
  }
  const auto* result = &output;
  return save_picture(job.output, result->view(), {.metadata = &input->metadata});
}

void announce_reading(const std::string& path) {
  const platform::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.is_open()) ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_WILLNEED);
}

}  // namespace ochre::program
