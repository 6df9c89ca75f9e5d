#include "video_model.hpp"

#include <filesystem>

#include "model_file.hpp"
#include "precision.hpp"
#include "teaching.hpp"

namespace ochre::program {

Result<VideoModel> VideoModel::open(const VideoOptions& options, bool has_colors) {
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return file.error();
  auto pictures = open_colorizer(file->bytes(), {.temperature = options.temperature,
                                                 .saturation = options.saturation,
                                                 .size = options.size,
                                                 .threads = options.threads,
                                                 .consensus = options.consensus,
                                                 .precision = wanted_precision(options.precision, options.quiet),
                                                 .teachable = has_colors || options.teach.teaches()});
  if (!pictures) return std::move(pictures).error().in(options.model);
  auto memory = lesson(options.teach, *pictures, {.limit = {}, .quiet = options.quiet});
  if (!memory) return std::move(memory).error();
  std::error_code ignored;
  if (!options.remember.empty() && std::filesystem::exists(options.remember, ignored)) {
    auto remembered = read_camera(options.remember);
    if (!remembered) return std::move(remembered).error();
    memory = std::make_shared<const CameraMemory>(*std::move(remembered));
  }
  return VideoModel(options, pictures->colorizer(), *std::move(memory));
}

Result<VideoColorizer> VideoModel::colorizer(Extent frame) const {
  auto colorizer = open_video(colorizer_, frame,
                              {.steadiness = options_.steadiness,
                               .every_frame = options_.every_frame,
                               .recolor = options_.recolor,
                               .pass_infrared = options_.pass_infrared},
                              {.memory = memory_, .place = options_.teach.place()});
  const std::string& file = options_.teach.camera.empty() ? options_.remember : options_.teach.camera;
  if (!colorizer && memory_ != nullptr && !file.empty()) return std::move(colorizer).error().in(file);
  return colorizer;
}

}  // namespace ochre::program
