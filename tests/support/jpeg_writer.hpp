// JPEGs as cameras, scanners and archives make them, by libjpeg: any number of components, arithmetic coding, restarts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <ochre/image_io/libjpeg.hpp>

namespace ochre::test {

struct JpegWish {
  unsigned width = 32;
  unsigned height = 16;
  J_COLOR_SPACE space = JCS_YCbCr;  // of the file
  bool arithmetic = false;
  bool progressive = false;
  unsigned restart_rows = 0;
  bool adobe = false;  // its marker
};

// Smooth: sample c of the pixel x, y is 3·x + 5·y + 40·c. Of inks as they are given, so that 255 is white with Adobe's
// marker.
inline std::uint8_t jpeg_sample(unsigned x, unsigned y, int c) {
  return static_cast<std::uint8_t>(3 * x + 5 * y + 40 * static_cast<unsigned>(c));
}

inline std::vector<std::byte> jpeg_of(const JpegWish& wish) {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  unsigned char* made = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&encoder, &made, &size);
  const bool inks = wish.space == JCS_CMYK || wish.space == JCS_YCCK;
  encoder.image_width = wish.width;
  encoder.image_height = wish.height;
  encoder.input_components = wish.space == JCS_GRAYSCALE ? 1 : inks ? 4 : 3;
  encoder.in_color_space = wish.space == JCS_GRAYSCALE ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&encoder);
  jpeg_set_colorspace(&encoder, wish.space);
  encoder.write_Adobe_marker = wish.adobe ? TRUE : FALSE;
  jpeg_set_quality(&encoder, 98, TRUE);
  encoder.comp_info[0].h_samp_factor = encoder.comp_info[0].v_samp_factor = 1;
  if (inks) encoder.comp_info[3].h_samp_factor = encoder.comp_info[3].v_samp_factor = 1;
  encoder.arith_code = wish.arithmetic ? TRUE : FALSE;
  encoder.restart_in_rows = static_cast<int>(wish.restart_rows);
  if (wish.progressive) jpeg_simple_progression(&encoder);
  jpeg_start_compress(&encoder, TRUE);
  std::vector<std::uint8_t> row(wish.width * 4u);
  for (unsigned y = 0; y < wish.height; ++y) {
    for (unsigned x = 0; x < wish.width; ++x) {
      for (int c = 0; c < encoder.input_components; ++c) {
        row[x * static_cast<unsigned>(encoder.input_components) + static_cast<unsigned>(c)] = jpeg_sample(x, y, c);
      }
    }
    JSAMPROW samples = row.data();
    jpeg_write_scanlines(&encoder, &samples, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  const auto* bytes = reinterpret_cast<const std::byte*>(made);
  std::vector<std::byte> file(bytes, bytes + size);
  std::free(made);
  return file;
}

}  // namespace ochre::test
