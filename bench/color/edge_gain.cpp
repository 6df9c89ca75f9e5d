// What edge-aware upsampling of ab gains over bilinear: the true ab of lossless pictures is averaged down by 4, 8 and
// 16, brought back by the library's own code, and compared with the truth, near strong edges of L and elsewhere.
// bench_color_edge_gain PICTURE.ppm... (binary PPM, P6, 8 bit); bench/color/README.md has the recipe and the figures.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <ochre/color/area_average.hpp>
#include <ochre/color/srgb_lab.hpp>
#include <ochre/color/upsample_ab.hpp>

namespace {

using ochre::Index;
using Plane = std::vector<float>;

constexpr Index edge_reach = 3;         // pixels
constexpr float edge_contrast = 30.0f;  // of L between a pixel's two neighbours

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

struct LabPicture {
  Index width = 0, height = 0;
  Plane lightness, a, b;
};

// Cropped to multiples of 16 pixels. Width 0 if the file is not a P6 of 8 bits.
LabPicture read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  Index width = 0, height = 0, largest = 0;
  file >> magic >> width >> height >> largest;
  file.get();
  if (!file || magic != "P6" || largest != 255 || width < 16 || height < 16) return {};
  LabPicture picture{width / 16 * 16, height / 16 * 16, {}, {}, {}};
  const std::size_t pixels = at(picture.width * picture.height);
  for (Plane* plane : {&picture.lightness, &picture.a, &picture.b}) plane->resize(pixels);
  std::vector<char> row(at(3 * width));
  for (Index y = 0; y < picture.height; ++y) {
    if (!file.read(row.data(), 3 * width)) return {};
    const std::size_t begin = at(y * picture.width);
    ochre::color::srgb_to_lab_row(reinterpret_cast<const std::uint8_t*>(row.data()), ochre::PixelFormat::rgb8,
                                  picture.width, &picture.lightness[begin], &picture.a[begin], &picture.b[begin]);
  }
  return picture;
}

std::vector<bool> near_edges(const LabPicture& picture) {
  std::vector<bool> near(picture.lightness.size(), false);
  const auto lightness = [&](Index x, Index y) { return picture.lightness[at(y * picture.width + x)]; };
  for (Index y = 1; y + 1 < picture.height; ++y) {
    for (Index x = 1; x + 1 < picture.width; ++x) {
      const float across = lightness(x + 1, y) - lightness(x - 1, y);
      const float down = lightness(x, y + 1) - lightness(x, y - 1);
      if (std::hypot(across, down) <= edge_contrast) continue;
      for (Index v = std::max<Index>(y - edge_reach, 0); v <= std::min(y + edge_reach, picture.height - 1); ++v) {
        for (Index u = std::max<Index>(x - edge_reach, 0); u <= std::min(x + edge_reach, picture.width - 1); ++u) {
          near[at(v * picture.width + u)] = true;
        }
      }
    }
  }
  return near;
}

Plane average_down(const LabPicture& picture, const Plane& plane, Index factor) {
  const Index width = picture.width / factor;
  const Index height = picture.height / factor;
  Plane target(at(width * height));
  Plane scratch(at(width));
  auto average =
      ochre::color::AreaAverage::create(
          {.from = {picture.height, picture.width}, .to = {height, width}, .target = target, .scratch = scratch})
          .value();
  for (Index y = 0; y < picture.height; ++y) average.add_row(&plane[at(y * picture.width)]);
  return target;
}

// Sums of ab errors: [0] near edges, [1] elsewhere.
struct Errors {
  double sum[2] = {0.0, 0.0};
  double pixels[2] = {0.0, 0.0};

  void add(const LabPicture& picture, Index y, const Plane& a, const Plane& b, const std::vector<bool>& near) {
    for (Index x = 0; x < picture.width; ++x) {
      const std::size_t i = at(y * picture.width + x);
      const int where = near[i] ? 0 : 1;
      sum[where] += static_cast<double>(std::hypot(a[at(x)] - picture.a[i], b[at(x)] - picture.b[i]));
      pixels[where] += 1.0;
    }
  }
  double mean(int where) const { return sum[where] / pixels[where]; }
};

void measure(const LabPicture& picture, Index factor, Errors& bilinear, Errors& edge_aware) {
  const auto near = near_edges(picture);
  const Plane a = average_down(picture, picture.a, factor);
  const Plane b = average_down(picture, picture.b, factor);
  const Plane lightness = average_down(picture, picture.lightness, factor);
  const ochre::AbGridView grid{a.data(), b.data(), lightness.data(), picture.width / factor, picture.height / factor};
  Plane row_a(at(picture.width));
  Plane row_b(at(picture.width));
  for (Index y = 0; y < picture.height; ++y) {
    ochre::color::upsample_ab_bilinear_row(grid, {picture.height, picture.width}, y, row_a.data(), row_b.data());
    bilinear.add(picture, y, row_a, row_b, near);
    ochre::color::upsample_ab_edge_aware_row(grid, {picture.height, picture.width}, y,
                                             &picture.lightness[at(y * picture.width)], row_a.data(), row_b.data());
    edge_aware.add(picture, y, row_a, row_b, near);
  }
}

}  // namespace

int main(int count, char** paths) {
  if (count < 2) {
    std::fprintf(stderr, "usage: bench_color_edge_gain PICTURE.ppm...\n");
    return 2;
  }
  std::vector<LabPicture> pictures;
  for (int i = 1; i < count; ++i) {
    pictures.push_back(read(paths[i]));
    if (pictures.back().width > 0) continue;
    std::fprintf(stderr, "%s: not a binary PPM of 8 bits and at least 16x16 pixels\n", paths[i]);
    return 3;
  }
  std::printf("| factor | bilinear, near edges / elsewhere | edge aware, relative | near edges |\n|---|---|---|---|\n");
  for (const Index factor : {4, 8, 16}) {
    Errors bilinear;
    Errors edge_aware;
    for (const LabPicture& picture : pictures) measure(picture, factor, bilinear, edge_aware);
    std::printf("| %d | %.2f / %.2f | %.2f / %.2f | %.0f %% |\n", static_cast<int>(factor), bilinear.mean(0),
                bilinear.mean(1), edge_aware.mean(0) / bilinear.mean(0), edge_aware.mean(1) / bilinear.mean(1),
                100.0 * bilinear.pixels[0] / (bilinear.pixels[0] + bilinear.pixels[1]));
  }
  return 0;
}
