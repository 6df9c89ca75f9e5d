// Whether what a call of a colorizer is given can be read and written, and fits together. Tested by colorizer_test.cpp
// and frames_test.cpp.
#pragma once

#include <string>

#include <ochre/colorizer/options.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image/yuv_view.hpp>

namespace ochre::inline v0::detail {

inline Status check_size(Extent actual, const char* what, Extent expected) {
  if (actual == expected) return {};
  return invalid("the " + std::string(what) + " is " + width_by_height(actual) + ", the workspace was made for " +
                 width_by_height(expected));
}

inline Status check_input(const PictureView& input, Extent expected) {
  if (auto status = check_picture(input, "input"); !status) return status;
  return check_size(input.extent(), "input", expected);
}

inline Status check_input(const YuvView& input, Extent expected) {
  if (auto status = check_luma(input, "input"); !status) return status;
  return check_size(input.extent(), "input", expected);
}

template <class Picture>
Status check_output(const Picture&, const MutablePictureView& output, Extent expected) {
  if (auto status = check_picture(output, "output"); !status) return status;
  if (!has_color(output.format)) return invalid("output: a grey pixel format, expected RGB or RGBA");
  return check_size(output.extent(), "output", expected);
}

inline Status check_output(const YuvView& input, const MutableYuvView& output, Extent expected) {
  if (auto status = check_frame(output, "output"); !status) return status;
  if (output.format.depth != input.format.depth || output.format.range != input.format.range) {
    return invalid("output: another depth or range than the input's, whose luma is copied");
  }
  return check_size(output.extent(), "output", expected);
}

}  // namespace ochre::inline v0::detail
