// What a stream's frames in colour taught, for its grey ones: which frames are learned, and what of them is not yet
// recalled. A lesson costs some tenths of a second, so that they come at frames 0, 25, 75, 175 … in colour, ever more
// rarely, up to one in 2,000. Tested by lessons_test.cpp.
#pragma once

#include <algorithm>
#include <utility>

#include <ochre/color/camera_memory.hpp>
#include <ochre/color/recall.hpp>

namespace ochre::inline v0::video {

struct LessonNumbers {
  static constexpr Index first_gap = 25;  // frames in colour
  static constexpr Index longest_gap = 2000;
};

class Lessons {
 public:
  Lessons() = default;  // of nothing
  Lessons(CameraMemory before, MemoryPlace place) : memory_(std::move(before)), place_(place) {}

  // Once for each frame in colour: is it to be learned?
  bool is_due() noexcept {
    if (--until_ > 0) return false;
    gap_ = std::clamp(2 * gap_, LessonNumbers::first_gap, LessonNumbers::longest_gap);
    until_ = gap_;
    return true;
  }

  // False: it shows another place than the memory does, and is not learned. Errors: CameraMemory::add()'s.
  Result<bool> learn(const Reference& reference) {
    if (!memory_.is_empty() && !memory_.shows_place(reference)) return false;
    if (auto status = memory_.add(reference); !status) return std::move(status).error();
    has_news_ = true;
    return true;
  }

  // Something was learned since the last recall().
  bool has_news() const noexcept { return has_news_; }

  // Makes what was learned count from now on. Errors: Recall::create()'s.
  Status recall(Extent grid, color::Recall& recall) {
    has_news_ = false;
    return color::Recall::create(memory_, grid, place_).move_to(recall);
  }

  const CameraMemory& memory() const noexcept { return memory_; }

 private:
  CameraMemory memory_;
  MemoryPlace place_ = MemoryPlace::found;
  bool has_news_ = false;
  Index until_ = 0;  // frames in colour
  Index gap_ = 0;
};

}  // namespace ochre::inline v0::video
