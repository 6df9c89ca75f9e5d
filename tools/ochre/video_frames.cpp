// Numbered pictures as the frames of a video: each becomes luma of full range with the weights of BT.601, 4:4:4, is
// coloured as a frame, and comes back as RGB. Grey stays as it is in luma; RGB's rounding moves it by a level.
#include "video_frames.hpp"

#include <algorithm>
#include <filesystem>

#include <ochre/image_io/encode_picture.hpp>
#include <ochre/weights/printable.hpp>

#include "distinct_names.hpp"
#include "output_file.hpp"
#include "picture_list.hpp"
#include "read_picture.hpp"
#include "stop_request.hpp"
#include "terminal.hpp"
#include "video_model.hpp"
#include "video_report.hpp"

namespace ochre::program {

namespace {

namespace fs = std::filesystem;

struct FrameFile {
  std::string input;
  std::string output;
};

// The pictures of a pattern such as shot-%04d.png, as ffmpeg counts them: the first number is 0 to 4, the last one that
// without a next.
Result<std::vector<std::string>> pictures_of_pattern(const std::string& pattern) {
  const std::size_t mark = pattern.find('%');
  std::size_t end = mark == std::string::npos ? mark : pattern.find_first_not_of("0123456789", mark + 1);
  const bool good =
      end != std::string::npos && pattern[end] == 'd' && pattern.find('%', end) == std::string::npos && end - mark <= 4;
  if (!good) {
    return Error{ErrorCode::not_found, weights::printable_path(pattern) +
                                           ": found neither a folder nor a pattern, expected one, as in shot-%04d.png"};
  }
  const std::string digits = pattern.substr(mark + 1, end - mark - 1);
  const std::size_t width = digits.empty() ? 0 : static_cast<std::size_t>(std::stoi(digits));
  const auto name_of = [&](long long number) {
    std::string text = std::to_string(number);
    if (text.size() < width) text.insert(0, width - text.size(), '0');
    return pattern.substr(0, mark) + text + pattern.substr(end + 1);
  };
  std::error_code ignored;
  std::vector<std::string> names;
  long long number = 0;
  while (number < 4 && !fs::exists(name_of(number), ignored)) ++number;
  for (; fs::exists(name_of(number), ignored); ++number) names.push_back(name_of(number));
  if (!names.empty()) return names;
  return Error{ErrorCode::not_found,
               weights::printable_path(pattern) + ": found no such picture, expected number 0 to 4"};
}

Result<std::vector<FrameFile>> frame_files(const VideoOptions& options) {
  std::vector<std::string> inputs;
  if (is_folder(options.input)) {
    const auto found = pictures_in(options.input, {});
    if (!found) return found.error();
    say_left_alone(options.input, *found, options.quiet);
    for (const std::string& name : found->names) inputs.push_back((fs::path(options.input) / name).string());
  } else if (Status status = pictures_of_pattern(options.input).move_to(inputs); !status) {
    return std::move(status).error();
  }
  std::vector<ResultNames> results;
  for (const std::string& input : inputs) {
    const fs::path name = fs::path(input).filename();
    results.push_back({name.stem().string() + ".png", name.string() + ".png"});
  }
  const auto names = distinct_names(results);
  std::vector<FrameFile> files;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    files.push_back({inputs[i], (fs::path(options.output) / names[i]).string()});
  }
  return files;
}

std::uint8_t held(double level) { return static_cast<std::uint8_t>(std::clamp(level + 0.5, 0.0, 255.0)); }

// The planes of one frame, one after the other.
struct FramePlanes {
  AlignedBuffer<std::uint8_t> memory;
  Index width = 0;
  Index height = 0;

  static Result<FramePlanes> create(Index width, Index height) {
    const auto bytes = checked_product({3, width, height});
    if (!bytes) return Error{ErrorCode::too_large, "the frame's bytes overflow the address space"};
    auto memory = AlignedBuffer<std::uint8_t>::create(*bytes);
    if (!memory) return std::move(memory).error();
    return FramePlanes{*std::move(memory), width, height};
  }
  std::uint8_t* plane(Index number) { return memory.data() + number * width * height; }
  MutableYuvView view() {
    return {.luma = {plane(0), width},
            .cb = {plane(1), width},
            .cr = {plane(2), width},
            .width = width,
            .height = height,
            .format = {ChromaSubsampling::yuv444, YuvDepth::bits8, YuvRange::full, YuvMatrix::bt601}};
  }
};

// Full range, BT.601, as JPEG has it. Of 16 bits the high ones count.
void read_frame(const LoadedPicture& picture, FramePlanes& frame) {
  const Index depth = bytes_per_sample(picture.format);
  const Index step = bytes_per_pixel(picture.format);
  const bool color = has_color(picture.format);
  const auto level = [depth](const std::uint8_t* sample) {
    if (depth == 1) return static_cast<double>(*sample);
    std::uint16_t word = 0;
    std::copy_n(sample, 2, reinterpret_cast<std::uint8_t*>(&word));
    return word / 257.0;
  };
  for (Index y = 0; y < picture.height; ++y) {
    const std::uint8_t* pixel = picture.view().row(y);
    const Index row = y * frame.width;
    for (Index x = 0; x < picture.width; ++x, pixel += step) {
      const double red = level(pixel);
      const double green = color ? level(pixel + depth) : red;
      const double blue = color ? level(pixel + 2 * depth) : red;
      const double luma = color ? 0.299 * red + 0.587 * green + 0.114 * blue : red;
      frame.plane(0)[row + x] = held(luma);
      frame.plane(1)[row + x] = held(128.0 + (blue - luma) / 1.772);
      frame.plane(2)[row + x] = held(128.0 + (red - luma) / 1.402);
    }
  }
}

void write_rgb(FramePlanes& frame, LoadedPicture& picture) {
  for (Index y = 0; y < picture.height; ++y) {
    std::uint8_t* pixel = picture.view().row(y);
    const Index row = y * frame.width;
    for (Index x = 0; x < picture.width; ++x, pixel += 3) {
      const double luma = frame.plane(0)[row + x];
      const double cb = frame.plane(1)[row + x] - 128.0;
      const double cr = frame.plane(2)[row + x] - 128.0;
      pixel[0] = held(luma + 1.402 * cr);
      pixel[1] = held(luma - 0.344136 * cb - 0.714136 * cr);
      pixel[2] = held(luma + 1.772 * cb);
    }
  }
}

// The frames of a stream, with the memory that they share.
class PictureStream {
 public:
  static Result<PictureStream> create(const VideoModel& model, Extent size) {
    auto colorizer = model.colorizer(size);
    if (!colorizer) return std::move(colorizer).error();
    auto planes = FramePlanes::create(size.w, size.h);
    if (!planes) return std::move(planes).error();
    auto picture = LoadedPicture::create(size.w, size.h, PixelFormat::rgb8);
    if (!picture) return std::move(picture).error();
    return PictureStream{*std::move(colorizer), *std::move(planes), *std::move(picture)};
  }

  Status color(const LoadedPicture& input, const std::string& output) {
    if (input.width != planes.width || input.height != planes.height) {
      return Error{ErrorCode::unsupported, "found a size of " + std::to_string(input.width) + "x" +
                                               std::to_string(input.height) + ", expected that of the first, " +
                                               std::to_string(planes.width) + "x" + std::to_string(planes.height)};
    }
    read_frame(input, planes);
    if (Status status = colorize_frame(colorizer, planes.view(), planes.view()); !status) return status;
    write_rgb(planes, picture);
    const LoadedPicture& result = picture;
    const auto bytes = encode_picture(result.view(), PictureFileFormat::png, {.metadata = &input.metadata});
    return bytes ? write_output(output, *bytes, Links::replaced) : Status(bytes.error());
  }

  VideoColorizer colorizer;
  FramePlanes planes;
  LoadedPicture picture;
};

Status color_pictures(const std::vector<FrameFile>& files, LoadedPicture first, PictureStream& stream,
                      VideoReport& report) {
  for (std::size_t i = 0; i < files.size() && !stop_requested(); ++i) {
    Result<LoadedPicture> input =
        i == 0 ? Result<LoadedPicture>(std::move(first)) : read_picture(files[i].input, {}, true);
    if (!input) return std::move(input).error();
    if (Status status = stream.color(*input, files[i].output); !status) {
      return std::move(status).error().in(weights::printable_path(files[i].input));
    }
    report.add({.nanoseconds = static_cast<long long>(i) * 40'000'000}, stream.colorizer.report());
  }
  return {};
}

}  // namespace

int run_video_frames(const VideoOptions& options) {
  const auto files = frame_files(options);
  if (!files) return fail(files.error());
  for (const FrameFile& file : *files) {
    if (is_same_file(file.input, file.output)) {
      return misuse(file.output + ": is an input, which is never overwritten; choose another folder");
    }
  }
  std::error_code failure;
  fs::create_directories(options.output, failure);
  if (failure) {
    return fail({ErrorCode::io, weights::printable_path(options.output) + ": found " + failure.message() +
                                    ", expected a folder to be made"});
  }
  auto first = read_picture(files->front().input, {}, options.quiet);
  if (!first) return fail(first.error());
  const auto model = VideoModel::open(options, !options.recolor);
  if (!model) return fail_to_open(model.error());
  const Extent size{first->height, first->width};
  auto stream = PictureStream::create(*model, size);
  if (!stream) return fail(stream.error());
  VideoReport report(options, {size, static_cast<double>(files->size()) / 25, 25});
  const Status status = color_pictures(*files, *std::move(first), *stream, report);
  report.end(report.frames());
  if (!status) report.add_failure(status.error().message());
  return report.finish(!status ? unusable_input : stop_signal() != 0 ? 128 + stop_signal() : done);
}

}  // namespace ochre::program
