// A camera's or decoder's NV12 frame gets colours in its own memory: the chroma is written, the luma stays.
#include <algorithm>
#include <cstdio>
#include <vector>

#include <ochre/ochre.hpp>

int main() {
  const int width = 320, height = 240;
  std::vector<unsigned char> memory(width * height * 3 / 2, 128);  // luma, then Cb and Cr in turns: no colour yet
  for (int i = 0; i < width * height; ++i)
    memory[static_cast<std::size_t>(i)] = static_cast<unsigned char>(16 + i % width * 200 / width);
  const std::vector<unsigned char> before = memory;

  const ochre::MutableNv12View frame{.luma = memory.data(),
                                     .chroma = memory.data() + width * height,
                                     .width = width,
                                     .height = height,
                                     .luma_stride = width,
                                     .chroma_stride = width,
                                     .range = ochre::YuvRange::limited,  // what the camera says; most video is limited
                                     .matrix = ochre::YuvMatrix::bt709};

  // A drawn ramp is nothing of which the network is sure: as it is, it stays grey.
  const auto colorizer = ochre::Colorizer::open("weights/street.safetensors",
                                                {.temperature = 1.0f, .size = 128, .threads = 2, .consensus = false});
  if (!colorizer) return std::fprintf(stderr, "%s\n", colorizer.error().message().c_str()), 1;
  auto workspace = colorizer->make_workspace({.h = height, .w = width});
  if (!workspace) return std::fprintf(stderr, "%s\n", workspace.error().message().c_str()), 1;
  const ochre::Status done = colorizer->colorize(frame, frame, *workspace);
  if (!done) return std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1;

  const auto chroma = memory.begin() + width * height;
  if (!std::equal(memory.begin(), chroma, before.begin())) return 1;
  const auto colored = std::count_if(chroma, memory.end(), [](unsigned char code) { return code != 128; });
  std::printf("%d of %d chroma samples have colour\n", static_cast<int>(colored), width * height / 2);
  return colored > 0 ? 0 : 1;
}
