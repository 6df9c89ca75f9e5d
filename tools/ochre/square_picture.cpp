#include "square_picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace ochre::program {

namespace {

struct Interval {
  Index begin = 0;
  Index end = 0;
};

// How many samples one axis has where `shorter` pixels become `side` samples.
Index resized_length(Index length, Index shorter, Index side) {
  const double exact = static_cast<double>(length) * static_cast<double>(side) / static_cast<double>(shorter);
  return static_cast<Index>(std::nearbyint(exact));  // halves to even, as Python rounds
}

// For each of the samples in the middle of `resized`, as many as wanted, the pixels that it is the mean of.
std::vector<Interval> source_intervals(Index length, Index resized, Index wanted) {
  const double factor = static_cast<double>(length) / static_cast<double>(resized);
  const Index first = (resized - wanted) / 2;
  std::vector<Interval> all;
  for (Index i = first; i < first + wanted; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * factor;
    const double half = std::max(factor, 1.0) / 2;
    const auto begin = std::max<Index>(static_cast<Index>(centre - half + 0.5), 0);
    const auto end = std::min(static_cast<Index>(centre + half + 0.5), length);
    all.push_back({begin, end});
  }
  return all;
}

// Sum of one channel over a row's pixels; in 16-bit levels if the format has them.
std::int64_t sum_of_samples(const std::uint8_t* row, PixelFormat format, Index channel, Interval pixels) {
  const Index step = bytes_per_pixel(format);
  const Index size = bytes_per_sample(format);
  const std::uint8_t* at = row + pixels.begin * step + channel * size;
  std::int64_t sum = 0;
  for (Index x = pixels.begin; x < pixels.end; ++x, at += step) {
    std::uint16_t wide = *at;
    if (size == 2) std::memcpy(&wide, at, sizeof(wide));
    sum += wide;
  }
  return sum;
}

// The middle of the resized picture, of that size at most.
Result<LoadedPicture> resample(const LoadedPicture& picture, Index side, Extent most) {
  const Index shorter = std::min(picture.width, picture.height);
  const Index width = resized_length(picture.width, shorter, side);
  const Index height = resized_length(picture.height, shorter, side);
  const Extent size{std::min(height, most.h), std::min(width, most.w)};
  auto resized = LoadedPicture::create(size.w, size.h, PixelFormat::rgb8);
  if (!resized) return resized;
  const auto columns = source_intervals(picture.width, width, size.w);
  const auto rows = source_intervals(picture.height, height, size.h);
  const double level = bytes_per_sample(picture.format) == 2 ? 257.0 : 1.0;
  std::uint8_t* to = resized->pixels.data();
  for (const Interval& down : rows) {
    for (const Interval& across : columns) {
      const auto pixels = static_cast<double>((down.end - down.begin) * (across.end - across.begin));
      for (Index channel = 0; channel < 3; ++channel) {
        std::int64_t sum = 0;
        for (Index y = down.begin; y < down.end; ++y) {
          sum += sum_of_samples(picture.view().row(y), picture.format, has_color(picture.format) ? channel : 0, across);
        }
        *to++ = static_cast<std::uint8_t>(static_cast<double>(sum) / (level * pixels) + 0.5);
      }
    }
  }
  return resized;
}

}  // namespace

Result<LoadedPicture> resized_picture(const LoadedPicture& picture, Index side) {
  constexpr Index longest = 16;  // squares: of a longer picture the middle is left, or its shape would take memory
  return resample(picture, side, {longest * side, longest * side});
}

Result<LoadedPicture> centred_square(const LoadedPicture& resized) {
  const Index side = std::min(resized.width, resized.height);
  auto square = LoadedPicture::create(side, side, resized.format);
  if (!square) return square;
  const Index step = bytes_per_pixel(resized.format);
  for (Index y = 0; y < side; ++y) {
    const std::uint8_t* from = resized.view().row(y + (resized.height - side) / 2) + (resized.width - side) / 2 * step;
    std::copy_n(from, side * step, square->view().row(y));
  }
  return square;
}

Result<LoadedPicture> square_picture(const LoadedPicture& picture, Index side) {
  return resample(picture, side, {side, side});
}

bool is_gray(const LoadedPicture& picture) {
  if (!has_color(picture.format)) return true;
  const auto sample = static_cast<std::size_t>(bytes_per_sample(picture.format));
  const Index step = bytes_per_pixel(picture.format);
  for (Index y = 0; y < picture.height; ++y) {
    const std::uint8_t* pixel = picture.view().row(y);
    for (Index x = 0; x < picture.width; ++x, pixel += step) {
      if (std::memcmp(pixel, pixel + sample, 2 * sample) != 0) return false;  // r = g and g = b
    }
  }
  return true;
}

}  // namespace ochre::program
