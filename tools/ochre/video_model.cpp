#include "video_model.hpp"

#include "model_file.hpp"
#include "teaching.hpp"

namespace ochre::program {

Result<VideoModel> VideoModel::open(const VideoOptions& options) {
  const auto file = ModelFile::open(options.model, options.sha256);
  if (!file) return file.error();
  auto pictures = open_colorizer(file->bytes(), {.temperature = options.temperature,
                                                 .saturation = options.saturation,
                                                 .size = options.size,
                                                 .threads = options.threads,
                                                 .consensus = options.consensus,
                                                 .teachable = options.teach.teaches()});
  if (!pictures) return std::move(pictures).error().in(options.model);
  auto memory = lesson(options.teach, *pictures, {.limit = {}, .quiet = options.quiet});
  if (!memory) return std::move(memory).error();
  return VideoModel(options, pictures->colorizer(), *std::move(memory));
}

Result<VideoColorizer> VideoModel::colorizer(Extent frame) const {
  auto colorizer =
      open_video(colorizer_, frame, {.steadiness = options_.steadiness, .every_frame = options_.every_frame},
                 {.memory = memory_, .place = options_.teach.place()});
  if (!colorizer && !options_.teach.camera.empty()) return std::move(colorizer).error().in(options_.teach.camera);
  return colorizer;
}

}  // namespace ochre::program
