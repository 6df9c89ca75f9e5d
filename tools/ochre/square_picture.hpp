// A picture brought to a square for scoring: the shorter side resized to `side`, then the centred square. Each sample
// is the mean of the whole pixels between its borders, which are rounded to pixels (where the picture must grow: the
// nearest pixel). tools/train/evaluate.py gets the same squares from Pillow's BOX, to within a level. That matters: on
// 60 pictures an early model had an AuC of 87.4 with this filter, 86.9 with exact borders, 87.0 with a bicubic one.
// Tested by cli/eval_test.cpp.
#pragma once

#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::program {

// The results are rgb8. Alpha is left out, 16 bits are rounded to 8.
Result<LoadedPicture> square_picture(const LoadedPicture& picture, Index side);
// All of the picture, the shorter side resized likewise; no longer than 16 squares.
Result<LoadedPicture> resized_picture(const LoadedPicture& picture, Index side);
// Of what resized_picture() gave, or of the same size, the square that square_picture() gives. side: the shorter one.
Result<LoadedPicture> centred_square(const LoadedPicture& resized);

// Has every pixel equal red, green and blue? So has a picture of a grey format.
bool is_gray(const LoadedPicture& picture);

}  // namespace ochre::program
