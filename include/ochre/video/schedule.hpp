// When the network sees a frame. It is what costs: a frame of which it is not needed takes a quarter of the time. A
// look costs 1 of what is saved, every frame saves 1/2, 3 at most; with 1 saved a look is due
//   at once     where the past of more than 3 % of the cells does not hold: a door opens, the light is switched on
//   in 4 frames where that of more than 0.2 % does not: who walks by keeps colours that came along meanwhile
//   with 3 saved, until a scene had 16 looks, whose mean is what it is shown in
//   in 25 frames else: light and weather change
// Tested by schedule_test.cpp.
#pragma once

#include <algorithm>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0::video {

struct ScheduleNumbers {
  static constexpr float saved_by_frame = 0.5f;  // 640x480 at 100 frames/s on two cores
  static constexpr float most_saved = 3.0f;
  static constexpr float much_unseen = 0.03f;
  static constexpr float some_unseen = 0.002f;
  static constexpr Index longest_wait = 4;  // frames; a thing that enters has its colours within 5
  static constexpr Index first_looks = 16;
  static constexpr Index refresh = 25;  // frames
};

class Schedule {
 public:
  // Once a frame. unseen: share of the cells of whose looks none holds.
  bool is_due(float unseen) noexcept {
    saved_ = std::min(saved_ + Numbers::saved_by_frame, Numbers::most_saved);
    waited_ = unseen > Numbers::some_unseen ? waited_ + 1 : 0;
    ++since_;
    if (looks_ == 0) return true;
    if (saved_ < 1.0f) return false;
    if (unseen > Numbers::much_unseen || waited_ >= Numbers::longest_wait) return true;
    if (looks_ < Numbers::first_looks) return saved_ >= Numbers::most_saved;
    return since_ >= Numbers::refresh;
  }

  void looked() noexcept {
    saved_ = std::max(saved_ - 1.0f, 0.0f);
    waited_ = 0;
    since_ = 0;
    ++looks_;
  }

  Index looks() const noexcept { return looks_; }  // at this scene
  void restart() noexcept { *this = {}; }

 private:
  using Numbers = ScheduleNumbers;

  float saved_ = 0.0f;
  Index waited_ = 0;
  Index since_ = 0;
  Index looks_ = 0;
};

}  // namespace ochre::inline v0::video
