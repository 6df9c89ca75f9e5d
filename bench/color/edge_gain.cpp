// What edge-aware upsampling of ab gains over bilinear: the true ab of lossless pictures is averaged down by 4, 8 and
// 16, brought back by the library's own code, and compared with the truth, close to strong edges of L and elsewhere;
// and what noise in L (sigma 3 of 255) does to the colours. For all pictures together, then for each.
// bench_color_edge_gain PICTURE.ppm... (binary PPM, P6, 8 bit); bench/color/README.md has the recipe and the figures.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <ochre/color/area_average.hpp>
#include <ochre/color/color_kernels.hpp>
#include <ochre/color/refine_grid.hpp>
#include <ochre/color/srgb_lab.hpp>
#include <ochre/color/upsample_ab.hpp>

namespace {

using ochre::Index;
using Plane = std::vector<float>;

constexpr Index edge_reach = 3;         // pixels
constexpr float edge_contrast = 30.0f;  // of L between a pixel's two neighbours

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

struct LabPicture {
  std::string name;
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
  const std::string file_name = std::string(path).substr(std::string(path).rfind('/') + 1);
  LabPicture picture{file_name.substr(0, file_name.rfind('.')), width / 16 * 16, height / 16 * 16, {}, {}, {}};
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

std::vector<bool> close_to_edges(const LabPicture& picture) {
  std::vector<bool> close(picture.lightness.size(), false);
  const auto lightness = [&](Index x, Index y) { return picture.lightness[at(y * picture.width + x)]; };
  for (Index y = 1; y + 1 < picture.height; ++y) {
    for (Index x = 1; x + 1 < picture.width; ++x) {
      const float across = lightness(x + 1, y) - lightness(x - 1, y);
      const float down = lightness(x, y + 1) - lightness(x, y - 1);
      if (std::hypot(across, down) <= edge_contrast) continue;
      for (Index v = std::max<Index>(y - edge_reach, 0); v <= std::min(y + edge_reach, picture.height - 1); ++v) {
        for (Index u = std::max<Index>(x - edge_reach, 0); u <= std::min(x + edge_reach, picture.width - 1); ++u) {
          close[at(v * picture.width + u)] = true;
        }
      }
    }
  }
  return close;
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

// Sums of ab errors: [0] close to edges, [1] elsewhere.
struct Errors {
  double sum[2] = {0.0, 0.0};
  double pixels[2] = {0.0, 0.0};

  void add(const LabPicture& picture, Index y, const Plane& a, const Plane& b, const std::vector<bool>& close) {
    for (Index x = 0; x < picture.width; ++x) {
      const std::size_t i = at(y * picture.width + x);
      const int where = close[i] ? 0 : 1;
      sum[where] += static_cast<double>(std::hypot(a[i] - picture.a[i], b[i] - picture.b[i]));
      pixels[where] += 1.0;
    }
  }
  double mean(int where) const { return sum[where] / pixels[where]; }
};

// a and b of a whole picture.
struct Colors {
  Plane a, b;
};

struct Given {
  Plane a, b;  // of the cells
  Index factor = 0;
};

Colors bilinear(const LabPicture& picture, const Given& given) {
  const ochre::AbGridView grid{given.a.data(), given.b.data(), given.a.data(), picture.width / given.factor,
                               picture.height / given.factor};
  Colors colors{Plane(picture.a.size()), Plane(picture.a.size())};
  for (Index y = 0; y < picture.height; ++y) {
    const std::size_t row = at(y * picture.width);
    ochre::color::upsample_ab_bilinear_row(grid, {{picture.height, picture.width}}, y, &colors.a[row], &colors.b[row]);
  }
  return colors;
}

// lightness: the picture's, or that with noise.
Colors edge_aware(const LabPicture& picture, const Given& given, const Plane& lightness) {
  const ochre::Extent size{picture.height / given.factor, picture.width / given.factor};
  const ochre::Extent whole{picture.height, picture.width};
  const Plane cells = average_down(picture, lightness, given.factor);
  const ochre::AbGridView grid{given.a.data(), given.b.data(), cells.data(), size.w, size.h};
  auto refined = ochre::color::RefinedGrid::create(size, whole, 1).value();
  ochre::color::StridedGrid finer = grid;
  if (refined.prepare(size)) {
    const auto guide = refined.guide();
    const Plane averaged = average_down(picture, lightness, picture.width / guide.size.w);
    for (Index y = 0; y < guide.size.h; ++y) {
      std::copy_n(&averaged[at(y * guide.size.w)], guide.size.w, guide.values.data() + y * guide.stride);
    }
    finer = refined.refine(grid, ochre::color_kernels<>().refine, {});
  }
  Colors colors{Plane(picture.a.size()), Plane(picture.a.size())};
  for (Index y = 0; y < picture.height; ++y) {
    const std::size_t row = at(y * picture.width);
    ochre::color::upsample_ab_edge_aware_row(finer, {whole}, y, &lightness[row], &colors.a[row], &colors.b[row]);
  }
  return colors;
}

struct Gain {
  Errors bilinear, edge_aware;
  double moved = 0.0;  // by noise, sum of ab units
  double pixels = 0.0;

  void add(const Gain& other) {
    for (int where : {0, 1}) {
      bilinear.sum[where] += other.bilinear.sum[where];
      bilinear.pixels[where] += other.bilinear.pixels[where];
      edge_aware.sum[where] += other.edge_aware.sum[where];
      edge_aware.pixels[where] += other.edge_aware.pixels[where];
    }
    moved += other.moved;
    pixels += other.pixels;
  }
  void print(const char* name, Index factor) const {
    std::printf("| %s | %d | %.2f / %.2f | %.3f / %.3f | %.0f %% | %.2f |\n", name, static_cast<int>(factor),
                bilinear.mean(0), bilinear.mean(1), edge_aware.mean(0) / bilinear.mean(0),
                edge_aware.mean(1) / bilinear.mean(1), 100.0 * bilinear.pixels[0] / pixels, moved / pixels);
  }
};

Gain measure(const LabPicture& picture, Index factor) {
  const auto close = close_to_edges(picture);
  const Given given{average_down(picture, picture.a, factor), average_down(picture, picture.b, factor), factor};
  Gain gain;
  const Colors soft = bilinear(picture, given);
  const Colors sharp = edge_aware(picture, given, picture.lightness);
  for (Index y = 0; y < picture.height; ++y) {
    gain.bilinear.add(picture, y, soft.a, soft.b, close);
    gain.edge_aware.add(picture, y, sharp.a, sharp.b, close);
  }
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0.0f, 3.0f * 100.0f / 255.0f);
  Plane lightness = picture.lightness;
  for (float& value : lightness) value += noise(random);
  const Colors noisy = edge_aware(picture, given, lightness);
  for (std::size_t i = 0; i < lightness.size(); ++i) {
    gain.moved += static_cast<double>(std::hypot(noisy.a[i] - sharp.a[i], noisy.b[i] - sharp.b[i]));
  }
  gain.pixels = static_cast<double>(lightness.size());
  return gain;
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
  std::printf("| picture | factor | bilinear, close to edges / elsewhere | edge aware, relative | close to edges | ");
  std::printf("moved by noise |\n|---|---|---|---|---|---|\n");
  std::vector<std::vector<Gain>> gains(pictures.size());
  const Index factors[] = {4, 8, 16};
  for (std::size_t f = 0; f < 3; ++f) {
    Gain all;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      gains[i].push_back(measure(pictures[i], factors[f]));
      all.add(gains[i][f]);
    }
    all.print("all", factors[f]);
  }
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    for (std::size_t f = 0; f < 3; ++f) gains[i][f].print(pictures[i].name.c_str(), factors[f]);
  }
  return 0;
}
