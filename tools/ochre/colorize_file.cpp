#include "colorize_file.hpp"

#include <filesystem>

#include <fcntl.h>

#include <ochre/base/platform/files_posix.hpp>
#include <ochre/image_io/encode_picture.hpp>

#include "hint_list.hpp"
#include "memory_remark.hpp"
#include "output_file.hpp"
#include "output_folder.hpp"
#include "picture_colors.hpp"
#include "picture_kinds.hpp"
#include "piped_file.hpp"
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

struct ColoredPicture {
  PictureView pixels;
  PictureFileFormat kind;
  const PictureMetadata& metadata;
};

Status save(const PictureJob& job, const ColorizeOptions& options, const ColoredPicture& picture, bool makes_folders) {
  const auto bytes =
      encode_picture(picture.pixels, picture.kind, {.quality = options.quality, .metadata = &picture.metadata});
  if (!bytes) return Error{bytes.error()}.in(output_name(job.output));
  if (is_pipe(job.output)) return write_pipe(job.output, *bytes);
  if (!makes_folders) return write_output(job.output, *bytes);
  Status status = make_folder(options.output, fs::path(job.output).parent_path());
  return status ? write_output(job.output, *bytes, Links::replaced) : status;
}

}  // namespace

double network_bytes(const Colorizer& colorizer, Extent picture) {
  const NetworkDescription& network = colorizer.network();
  const Extent working = working_size(colorizer, picture);
  const auto head = static_cast<std::size_t>(network.head.layer);
  return fast_bytes(network, {1, network.input_channels, working.h, working.w}, network.layers[head].name);
}

Result<Coloring> colorize_file(const PictureJob& job, const ColorizeOptions& options, bool makes_folders,
                               PictureColorizer& colorizer, ColorizeSharing& sharing) {
  ByteGate::Pass picture_pass(sharing.pictures);
  const auto on_claim = [&](Index bytes) {
    picture_pass.enter(static_cast<double>(bytes));
    sharing.say_memory(job.input, static_cast<double>(bytes));
  };
  auto input = read_picture(job.input, options.reading.limit, on_claim, job.page);
  if (!input) return std::move(input).error();
  const Pages taken = takes_pages(job) ? Pages::all : Pages::first;
  for (const std::string& line : picture_warnings(job.input, *input, taken)) sharing.warn(line);
  const auto* read_only = &*input;
  const auto in_color = is_in_color(*input);
  if (!in_color) return Error{in_color.error()}.in(input_name(job.input));
  if (*in_color && options.skip_color) return Coloring::left;
  const Extent size{input->height, input->width};
  const auto hints = hints_of(options.hint, size, options.reading);
  if (!hints) return Error{hints.error()}.in(job.input);
  ByteGate::Pass network_pass(sharing.networks);
  const Extent seen = PictureColorizer::inside_of(read_only->view(), *hints).extent();
  enter_network(job, seen, colorizer, network_pass, sharing);
  const auto kind = kind_of_output(job.output, options.format);
  if (!kind) return kind.error();
  const PixelFormat format = savable_format(*kind, colored(input->format));
  Result<LoadedPicture> new_picture = LoadedPicture{};
  if (format != input->format) new_picture = LoadedPicture::create(input->width, input->height, format);
  if (!new_picture) return std::move(new_picture).error().in(job.input);
  LoadedPicture& output = format == input->format ? *input : *new_picture;  // the same memory where it fits
  if (Status status = colorize_picture(colorizer, read_only->view(), output.view(), *hints); !status) {
    return std::move(status).error().in(input_name(job.input));
  }
  network_pass.leave();
  const auto* result = &output;
  if (Status status = save(job, options, {result->view(), *kind, input->metadata}, makes_folders); !status) {
    return std::move(status).error();
  }
  return *in_color ? Coloring::recolored : Coloring::colored;
}

void announce_reading(const std::string& path) {
  if (is_pipe(path)) return;  // whose writer would see its reader come and go
  const platform::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.is_open()) ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_WILLNEED);
}

}  // namespace ochre::program
