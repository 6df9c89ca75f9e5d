// Video of one camera: the network sees every fifth frame, every frame gets its colours, and those of one prediction
// fade into the next one's instead of jumping.
#include <cstdio>
#include <vector>

#include <ochre/ochre.hpp>

// A shadow that moves over a wall.
void film(int number, int width, std::vector<unsigned char>& gray) {
  for (std::size_t i = 0; i < gray.size(); ++i) {
    const int column = static_cast<int>(i) % width;
    gray[i] = static_cast<unsigned char>(column / 10 == number ? 60 : 120 + column / 4);
  }
}

// Half of what was shown before stays. `kept` is empty at first.
void fade(const ochre::MutableAbGridView& grid, std::vector<float>& kept) {
  const auto cells = static_cast<std::size_t>(grid.width * grid.height);
  const bool first = kept.empty();
  kept.resize(2 * cells);
  for (std::size_t i = 0; i < 2 * cells; ++i) {
    float& value = i < cells ? grid.a[i] : grid.b[i - cells];
    kept[i] = first ? value : 0.5f * kept[i] + 0.5f * value;
    value = kept[i];
  }
}

int main() {
  const int width = 320, height = 240;
  std::vector<unsigned char> gray(width * height), rgb(3 * gray.size());
  const ochre::PictureView frame{.pixels = gray.data(), .width = width, .height = height, .row_stride = width};
  const ochre::MutablePictureView shown{
      .pixels = rgb.data(), .width = width, .height = height, .row_stride = 3 * width};

  // A drawn wall is nothing of which the network is sure: as it is, it stays grey.
  const auto colorizer = ochre::Colorizer::open("weights/street.safetensors",
                                                {.temperature = 1.0f, .size = 128, .threads = 2, .consensus = false});
  if (!colorizer) return std::fprintf(stderr, "%s\n", colorizer.error().message().c_str()), 1;
  auto workspace = colorizer->make_workspace({.h = height, .w = width});
  if (!workspace) return std::fprintf(stderr, "%s\n", workspace.error().message().c_str()), 1;

  std::vector<float> kept;
  for (int number = 0; number < 20; ++number) {
    film(number, width, gray);
    const bool due = number % 5 == 0;
    if (due && !colorizer->predict(frame, *workspace)) return 1;
    if (due) fade(workspace->grid(), kept);
    if (!colorizer->apply(frame, shown, *workspace)) return 1;
  }
  std::size_t colored = 0;
  for (std::size_t i = 0; i < rgb.size(); i += 3) colored += rgb[i] != rgb[i + 1] || rgb[i + 1] != rgb[i + 2];
  std::printf("%zu of %zu pixels of the last frame have colour\n", colored, gray.size());
  return colored > 0 ? 0 : 1;
}
