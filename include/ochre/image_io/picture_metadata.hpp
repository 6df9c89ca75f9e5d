// What a picture file says besides its pixels, and what survives into the file that ochre writes. Colour profiles are
// not among it: pixels are turned into sRGB when they are read. Tested by picture_metadata_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ochre::inline v0 {

struct PictureMetadata {
  std::vector<std::byte> exif{};  // a TIFF block, as it follows JPEG's "Exif"; it says upright, sRGB and the true size
  std::vector<std::byte> xmp{};   // an XML text in UTF-8
  std::string comment{};          // UTF-8
  double dpi_across = 0;          // dots an inch; 0: not said
  double dpi_down = 0;
};

}  // namespace ochre::inline v0
