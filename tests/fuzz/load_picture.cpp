// Any bytes as a picture file, each page: what is accepted must be as large as it says, and survive being saved as PNG
// with all that its file says besides; so it must be saved as TIFF and WebP. The checksums of a PNG are mended first,
// or hardly a mutation would reach the decoder.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include <ochre/image_io/encode_picture.hpp>
#include <ochre/image_io/load_picture.hpp>

#include "../support/clean_text.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void mend_checksums(std::span<std::byte> file) {
  using ochre::detail::big_endian32;
  if (!ochre::detail::begins_with(file, ochre::detail::png_signature)) return;
  for (std::size_t at = 8; file.size() - at >= 12;) {
    const std::size_t length = big_endian32(file, at);
    if (length > file.size() - at - 12) return;
    const std::uint32_t checksum = ochre::detail::png_checksum(file.subspan(at + 4, 4 + length));
    for (std::size_t i = 0; i < 4; ++i) file[at + 8 + length + i] = static_cast<std::byte>(checksum >> (24 - 8 * i));
    at += 12 + length;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> file(first, first + size);
  mend_checksums(file);
  // Tight, so that a mutation finds each of them, and small files are within and beyond what they may claim.
  const ochre::LoadLimits limits{
      .max_pixels = 1 << 18, .max_bytes = 1 << 20, .small_file_bytes = 1 << 19, .bytes_per_file_byte = 1000};
  const ochre::Index page = size > 0 ? data[size - 1] % 2 : 0;
  const auto picture = ochre::decode_picture(file, limits, page);
  if (!picture) {
    must(ochre::test::is_clean(picture.error().message()));
    return 0;
  }
  must(ochre::check_picture(picture->view(), "the picture").ok());
  must(picture->pixels.size() == picture->row_stride() * picture->height);
  must(picture->pixels.size() <= limits.max_bytes && picture->width * picture->height <= limits.max_pixels);
  if (picture->pixels.size() > 1 << 16) return 0;  // the way back is slow with sanitizers
  must(ochre::test::is_clean(picture->remark));
  const ochre::EncodeOptions options{.metadata = &picture->metadata};
  const auto saved = ochre::encode_picture(picture->view(), ochre::PictureFileFormat::png, options);
  must(saved.has_value());
  const auto again = ochre::decode_picture(*saved);
  must(again.has_value() && again->format == picture->format && again->width == picture->width);
  must(std::equal(again->pixels.span().begin(), again->pixels.span().end(), picture->pixels.span().begin(),
                  picture->pixels.span().end()));
  must(again->metadata.exif == picture->metadata.exif && again->metadata.comment == picture->metadata.comment);
  for (const auto kind : {ochre::PictureFileFormat::tiff, ochre::PictureFileFormat::webp}) {
    if (ochre::savable_format(kind, picture->format) != picture->format) continue;
    const auto other = ochre::encode_picture(picture->view(), kind, options);
    must(other.has_value());
    must(ochre::decode_picture(*other).has_value());
  }
  return 0;
}
