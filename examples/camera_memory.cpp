// A camera that has colour by day teaches its grey pictures: what the day's frames looked like goes into a memory, by
// which the night's are coloured; and a colour that somebody knows.
#include <cstdio>
#include <memory>
#include <vector>

#include <ochre/ochre.hpp>

namespace {

constexpr ochre::Index width = 320;
constexpr ochre::Index height = 240;

// A lawn below a sky, as a camera in colour sees it.
std::vector<unsigned char> day() {
  std::vector<unsigned char> rgb;
  for (ochre::Index y = 0; y < height; ++y) {
    for (ochre::Index x = 0; x < width; ++x) {
      const auto texture = static_cast<unsigned char>((x * 7 + y * 13) % 24);
      const bool sky = y < height / 2;
      rgb.push_back(static_cast<unsigned char>((sky ? 130 : 60) + (sky ? 0 : texture)));
      rgb.push_back(static_cast<unsigned char>((sky ? 170 : 110) + (sky ? 0 : texture)));
      rgb.push_back(static_cast<unsigned char>((sky ? 225 : 40) + (sky ? 0 : texture)));
    }
  }
  return rgb;
}

}  // namespace

int main() {
  const auto colorizer = ochre::Colorizer::open("weights/street.safetensors", {.teachable = true});
  if (!colorizer) return std::puts(colorizer.error().message().c_str()), 1;
  auto workspace = colorizer->make_workspace({.h = height, .w = width});
  if (!workspace) return std::puts(workspace.error().message().c_str()), 1;

  const std::vector<unsigned char> rgb = day();
  const ochre::PictureView frame{.pixels = rgb.data(),
                                 .width = width,
                                 .height = height,
                                 .row_stride = 3 * width,
                                 .format = ochre::PixelFormat::rgb8};
  const auto reference = colorizer->read_reference(frame, *workspace);
  if (!reference) return std::puts(reference.error().message().c_str()), 1;
  auto memory = std::make_shared<ochre::CameraMemory>();
  if (!memory->add(*reference)) return 1;  // one frame, or a year of them: at most a few thousand entries

  auto taught = colorizer->make_workspace({.h = height, .w = width}, {.memory = memory});
  if (!taught) return std::puts(taught.error().message().c_str()), 1;
  const ochre::Hint red_ball{.x = 160, .y = 200, .red = 200, .green = 30, .blue = 30};
  if (!taught->set_hints({&red_ball, 1})) return 1;  // until others are set
  std::vector<unsigned char> colored(rgb.size());
  const ochre::Status done = colorizer->colorize(  // of the frame only its lightness is used now
      frame,
      {.pixels = colored.data(),
       .width = width,
       .height = height,
       .row_stride = 3 * width,
       .format = ochre::PixelFormat::rgb8},
      *taught);
  if (!done) return std::puts(done.error().message().c_str()), 1;
  std::printf("the place: %s, likeness %.2f; the sky is %d %d %d\n", taught->shows_memory_place() ? "known" : "another",
              taught->memory_likeness(), colored[0], colored[1], colored[2]);
  const bool blue = colored[2] > colored[0] + 40;
  return taught->shows_memory_place() && blue ? 0 : 1;
}
