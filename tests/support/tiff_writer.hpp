// TIFFs of any kind for the tests, by libtiff.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/tiff_file.hpp>

namespace ochre::test {

// A page; `rows` holds its samples as libtiff wants them, plane after plane if it is planar.
struct TiffWish {
  int width = 4;
  int height = 4;
  int bits = 8;
  int samples = 1;
  int photometric = PHOTOMETRIC_MINISBLACK;
  int compression = COMPRESSION_NONE;
  int kind = SAMPLEFORMAT_UINT;
  int extra = -1;          // what the last sample is
  int tile = 0;            // side; 0: strips
  int rows_per_strip = 0;  // 0: all
  bool planar = false;
  int orientation = 1;
  std::vector<std::uint16_t> palette{};  // reds, greens, blues
  std::vector<std::uint8_t> rows{};
};

inline void write_tiff_page(TIFF* tiff, const TiffWish& wish) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, wish.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, wish.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, wish.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, wish.samples);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, wish.photometric);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, wish.compression);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, wish.kind);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, wish.orientation);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, wish.planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  if (wish.extra >= 0) {
    const auto extra = static_cast<std::uint16_t>(wish.extra);
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
  }
  if (!wish.palette.empty()) {
    const std::size_t colors = wish.palette.size() / 3;
    const std::uint16_t* map = wish.palette.data();
    TIFFSetField(tiff, TIFFTAG_COLORMAP, map, map + colors, map + 2 * colors);
  }
  auto rows = wish.rows;
  if (wish.tile > 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, wish.tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, wish.tile);
    const int bytes = wish.bits / 8 * (wish.planar ? 1 : wish.samples);
    for (int plane = 0; plane < (wish.planar ? wish.samples : 1); ++plane) {
      for (int y = 0; y < wish.height; y += wish.tile) {
        for (int x = 0; x < wish.width; x += wish.tile) {
          std::vector<std::uint8_t> tile(static_cast<std::size_t>(wish.tile * wish.tile * bytes));
          for (int row = 0; row < wish.tile && y + row < wish.height; ++row) {
            for (int i = 0; i < wish.tile * bytes && x * bytes + i < wish.width * bytes; ++i) {
              tile[static_cast<std::size_t>(row * wish.tile * bytes + i)] =
                  rows[static_cast<std::size_t>(((plane * wish.height + y + row) * wish.width + x) * bytes + i)];
            }
          }
          REQUIRE(TIFFWriteTile(tiff, tile.data(), static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0,
                                static_cast<std::uint16_t>(plane)) > 0);
        }
      }
    }
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, wish.rows_per_strip > 0 ? wish.rows_per_strip : wish.height);
    const auto row_bytes = static_cast<std::size_t>(TIFFScanlineSize(tiff));
    std::size_t at = 0;
    for (int plane = 0; plane < (wish.planar ? wish.samples : 1); ++plane) {
      for (int y = 0; y < wish.height; ++y, at += row_bytes) {
        REQUIRE(at + row_bytes <= rows.size());
        REQUIRE(TIFFWriteScanline(tiff, rows.data() + at, static_cast<std::uint32_t>(y),
                                  static_cast<std::uint16_t>(plane)) == 1);
      }
    }
  }
  REQUIRE(TIFFWriteDirectory(tiff) == 1);
}

inline std::vector<std::byte> tiff_of(const std::vector<TiffWish>& pages, const char* mode = "w") {
  detail::TiffMemory memory;
  detail::TiffHandle tiff = detail::open_tiff(memory, mode, 0);
  REQUIRE(tiff != nullptr);
  for (const TiffWish& page : pages) write_tiff_page(tiff.get(), page);
  tiff.reset();
  return std::move(memory.made);
}

}  // namespace ochre::test
