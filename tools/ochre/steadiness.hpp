// How far the colours move when only the input is disturbed: the mean distance in ab between the colours of a grey
// picture before and after. What is compared is what a user gets, 16-bit sRGB out of the Colorizer, so a colour also
// moves where another lightness leaves less room for chroma. Tested by cli/eval_test.cpp.
#pragma once

#include <array>

#include <ochre/image_io/loaded_picture.hpp>

#include "disturbances.hpp"
#include "engine.hpp"

namespace ochre::program {

class Steadiness {
 public:
  // Colours a gray8 picture as it is, and once for each disturbance.
  Status add(const LoadedPicture& gray, PictureColorizer& colorizer);

  // Means over the pictures; 0 without one.
  double chroma() const { return pictures_ == 0 ? 0.0 : chroma_ / pictures_; }
  double moved(std::size_t disturbance) const { return pictures_ == 0 ? 0.0 : moved_[disturbance] / pictures_; }

 private:
  double chroma_ = 0;
  std::array<double, disturbances.size()> moved_{};
  double pictures_ = 0;
};

}  // namespace ochre::program
