// Two cameras at once: a stream of frames each, in steady colour, on threads that they share. The network sees a frame
// where something new is to be seen; luma stays as it is, in the caller's own memory.
#include <cstdio>
#include <memory>
#include <vector>

#include <ochre/ochre.hpp>

namespace {

const int width = 320, height = 240;

// I420: a wall, and a box that moves over it, a step each frame.
void film(int number, int step, std::vector<unsigned char>& frame) {
  for (int i = 0; i < width * height; ++i) {
    const int x = i % width - number * step, y = i / width - 100;
    const bool box = x >= 0 && x < 60 && y >= 0 && y < 50;
    frame[static_cast<std::size_t>(i)] = static_cast<unsigned char>(box ? 60 + x : 120 + i % width / 4);
  }
}

}  // namespace

int main() {
  const auto team = ochre::SharedTeam::create(2);
  // A drawn wall is nothing of which the network is sure: as it is, it stays grey.
  auto colorizer = ochre::Colorizer::open("weights/street.safetensors",
                                          {.temperature = 1.0f, .size = 128, .threads = 2, .consensus = false});
  if (!team || !colorizer) return std::fprintf(stderr, "no threads, or no model\n"), 1;
  const auto model = std::make_shared<const ochre::Colorizer>(*std::move(colorizer));

  std::vector<ochre::VideoColorizer> cameras;
  for (int i = 0; i < 2; ++i) {
    auto camera =
        ochre::VideoColorizer::create(model, {.h = height, .w = width}, {.steadiness = 1.0f}, {.team = *team});
    if (!camera) return std::fprintf(stderr, "%s\n", camera.error().message().c_str()), 1;
    cameras.push_back(*std::move(camera));
  }

  std::vector<unsigned char> frame(width * height * 3 / 2, 128);
  const ochre::MutableI420View view{.luma = frame.data(),
                                    .cb = frame.data() + width * height,
                                    .cr = frame.data() + width * height * 5 / 4,
                                    .width = width,
                                    .height = height,
                                    .luma_stride = width,
                                    .chroma_stride = width / 2};
  int looks[2] = {0, 0};
  int colored = 0;
  for (int number = 0; number < 60; ++number) {
    for (int i = 0; i < 2; ++i) {
      film(number, i == 0 ? 0 : 4, frame);  // the first camera sees nothing move
      std::fill(frame.begin() + width * height, frame.end(), static_cast<unsigned char>(128));
      const ochre::Status done = cameras[static_cast<std::size_t>(i)].colorize(view, view);
      if (!done) return std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1;
      looks[i] += cameras[static_cast<std::size_t>(i)].report().predicted ? 1 : 0;
      for (std::size_t at = width * height; at < frame.size(); ++at) colored += frame[at] != 128 ? 1 : 0;
    }
  }
  std::printf("of 60 frames the network saw %d where nothing moves, %d where a box does\n", looks[0], looks[1]);
  return colored > 0 && looks[0] < 60 ? 0 : 1;
}
