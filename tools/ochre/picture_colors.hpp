// Whether a picture is in colour already. A grey one need not have equal red, green and blue: a print has a tint,
// stronger where it is brighter or darker, a scan has noise, a camera writes the date in yellow.
//   (Cb, Cr) of samples, each a mean of pixels; their mean is the tint
//   distance of a sample from the tints of that hue, whatever their strength: the half line from 0 through the mean
// In colour: more than a fifth of the samples are at least 2.5 of 255 away, or the tint is beyond any print's. Tested
// by cli/color_input_test.cpp.
#pragma once

#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::program {

// Errors: no memory.
Result<bool> is_in_color(const LoadedPicture& picture);

}  // namespace ochre::program
