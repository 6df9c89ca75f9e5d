// Encodes a JPEG with stb: gray8 (as three equal channels) or rgb8. Tested by save_picture_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/image/picture_view.hpp>
#include <ochre/image_io/stb.hpp>

namespace ochre::inline v0::detail {

// `picture` has passed check_picture and is of gray8 or rgb8; quality 1 to 100.
inline Result<std::vector<std::byte>> encode_jpeg(const PictureView& picture, int quality) {
  constexpr Index longest_side = 65535;  // the format's limit
  if (picture.width > longest_side || picture.height > longest_side) {
    return Error{ErrorCode::too_large, "found a picture of " + std::to_string(picture.width) + "x" +
                                           std::to_string(picture.height) + " pixels, expected at most 65535 a side"};
  }
  const auto row_bytes = static_cast<std::size_t>(picture.width * bytes_per_pixel(picture.format));
  std::vector<std::uint8_t> packed(row_bytes * static_cast<std::size_t>(picture.height));
  for (Index y = 0; y < picture.height; ++y) {
    std::memcpy(packed.data() + static_cast<std::size_t>(y) * row_bytes, picture.row(y), row_bytes);
  }
  std::vector<std::byte> file;
  const auto append = [](void* target, void* data, int size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    static_cast<std::vector<std::byte>*>(target)->insert(static_cast<std::vector<std::byte>*>(target)->end(), bytes,
                                                         bytes + size);
  };
  if (stbi_write_jpg_to_func(append, &file, static_cast<int>(picture.width), static_cast<int>(picture.height),
                             static_cast<int>(channels(picture.format)), packed.data(), quality) == 0) {
    return Error{ErrorCode::out_of_memory, "the JPEG could not be encoded"};
  }
  return file;
}

}  // namespace ochre::inline v0::detail
