// From decoded pixels to the picture as it is meant: sRGB, upright, with what its file says besides. Every format ends
// here. Tested by load_picture_test.cpp and picture_metadata_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/image_io/color_model.hpp>
#include <ochre/image_io/exif.hpp>
#include <ochre/image_io/icc_profile.hpp>
#include <ochre/image_io/loaded_picture.hpp>
#include <ochre/image_io/picture_metadata.hpp>
#include <ochre/image_io/to_srgb.hpp>
#include <ochre/image_io/upright.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

// A profile of a printer has one to three million bytes; more is no profile.
inline constexpr std::size_t longest_profile = 16 * 1'048'576;

// What a file says of its pixels, as it says it.
struct PictureNotes {
  int orientation = 0;               // 1…8 as in EXIF; 0: not said
  std::vector<std::byte> profile;    // ICC
  std::optional<ColorModel> colors;  // without a profile
  PictureMetadata metadata;          // exif as it is in the file
  std::string remark;
};

inline void add_remark(std::string& remark, std::string_view more) {
  if (!remark.empty()) remark += "; ";
  remark += more;
}

// The digits of XMP's orientation, <tiff:Orientation>6</…> or tiff:Orientation="6", which some programs write alone:
// sets them all to `now` and returns the first as it was, 0 if there is none.
inline int replace_xmp_orientation(std::vector<std::byte>& xmp, char now) noexcept {
  constexpr std::string_view name = "tiff:Orientation";
  const std::string_view text = letters_of(xmp);
  int found = 0;
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const std::size_t value = text.find_first_not_of(" =\"'>\r\n\t", at + name.size());
    if (value == text.npos || text[value] < '1' || text[value] > '8') continue;
    if (found == 0) found = text[value] - '0';
    xmp[value] = static_cast<std::byte>(now);
  }
  return found;
}

inline void settle_colors(LoadedPicture& picture, PictureNotes& notes) {
  if (!notes.profile.empty()) notes.colors = IccProfile::read(notes.profile);
  const bool has_colors = notes.colors.has_value() || !notes.profile.empty();
  if (!has_colors || (notes.colors && convert_to_srgb(picture, *std::move(notes.colors)))) return;
  add_remark(notes.remark, "found a colour profile that does not fit the picture, taken as sRGB");
}

inline Result<LoadedPicture> finished(LoadedPicture picture, PictureNotes notes) {
  settle_colors(picture, notes);
  const int by_xmp = replace_xmp_orientation(notes.metadata.xmp, '1');
  const int orientation = std::max(notes.orientation != 0 ? notes.orientation : by_xmp, 1);
  if (orientation != 1) {
    auto turned = upright(std::as_const(picture).view(), orientation);
    if (!turned) return turned;
    picture = *std::move(turned);
  }
  PictureMetadata& metadata = notes.metadata;
  if (metadata.dpi_across <= 0 || metadata.dpi_down <= 0) {
    const Resolution resolution = exif_resolution(metadata.exif);
    metadata.dpi_across = resolution.across;
    metadata.dpi_down = resolution.down;
  }
  if (orientation >= 5) std::swap(metadata.dpi_across, metadata.dpi_down);
  make_exif_upright(metadata.exif, picture.width, picture.height);
  picture.metadata = std::move(metadata);
  picture.remark = std::move(notes.remark);
  return picture;
}

}  // namespace ochre::inline v0::detail
