// A picture brought to a square for scoring: the centred square of its shorter side, resized to `side`. Each sample is
// the mean of the encoded levels over its area or, where the square must grow, interpolated linearly
// (color/area_average.hpp); tools/train/evaluate.py does the same with Pillow's BOX, which rounds the areas to whole
// pixels. Tested by cli_scores_test.cpp.
#pragma once

#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::program {

// The result is rgb8. Alpha is left out, 16 bits are rounded to 8.
Result<LoadedPicture> square_picture(const LoadedPicture& picture, Index side);

// Has every pixel of an rgb8 picture equal samples?
bool is_grey(const LoadedPicture& picture);

}  // namespace ochre::program
