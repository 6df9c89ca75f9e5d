// The model that colours a video, with what it was taught. Tested by cli/video_test.cpp.
#pragma once

#include <memory>

#include "engine.hpp"
#include "verbs.hpp"

namespace ochre::program {

class VideoModel {
 public:
  // has_colors: the stream may teach.
  static Result<VideoModel> open(const VideoOptions& options, bool has_colors);

  // What the next streams recall.
  void recall(CameraMemory memory) { memory_ = std::make_shared<const CameraMemory>(std::move(memory)); }

  // For a stream whose frames have that size.
  Result<VideoColorizer> colorizer(Extent frame) const;

 private:
  VideoModel(const VideoOptions& options, std::shared_ptr<const Colorizer> colorizer,
             std::shared_ptr<const CameraMemory> memory)
      : options_(options), colorizer_(std::move(colorizer)), memory_(std::move(memory)) {}

  VideoOptions options_;
  std::shared_ptr<const Colorizer> colorizer_;
  std::shared_ptr<const CameraMemory> memory_;
};

}  // namespace ochre::program
