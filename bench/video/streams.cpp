// Several streams at once in one process, on threads that they share: bench_video_streams FILE.y4m [streams] [threads]
// FILE: 4:2:0 of 8 bits. Each stream colours all frames from memory, as fast as it can; printed are the frames a second
// of each, which tell whether one starves.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <ochre/image_io/y4m.hpp>
#include <ochre/ochre.hpp>

namespace {

using namespace ochre;
using image_io::y4m_frame_bytes;

struct Clip {
  Y4mHeader header;
  std::vector<std::vector<std::uint8_t>> frames;  // luma alone
};

Result<Clip> read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::getline(file, line);
  auto header = parse_y4m_header(line);
  if (!header) return std::move(header).error();
  Clip clip{*header, {}};
  const auto luma = static_cast<std::size_t>(header->width * header->height);
  const Index rest = y4m_frame_bytes(header->width, header->height, header->format) - static_cast<Index>(luma);
  while (std::getline(file, line)) {
    std::vector<std::uint8_t> frame(luma);
    if (!file.read(reinterpret_cast<char*>(frame.data()), static_cast<std::streamsize>(luma))) break;
    file.ignore(static_cast<std::streamsize>(rest));
    clip.frames.push_back(std::move(frame));
  }
  return clip;
}

// Frames a second; 0: an error, which is printed.
double run_stream(const Clip& clip, VideoColorizer& video) {
  const Index width = clip.header.width;
  const Index height = clip.header.height;
  std::vector<std::uint8_t> out(static_cast<std::size_t>(y4m_frame_bytes(width, height, {})));
  const MutableI420View output{.luma = out.data(),
                               .cb = out.data() + width * height,
                               .cr = out.data() + width * height + (width + 1) / 2 * ((height + 1) / 2),
                               .width = width,
                               .height = height,
                               .luma_stride = width,
                               .chroma_stride = (width + 1) / 2};
  const auto start = std::chrono::steady_clock::now();
  for (const auto& frame : clip.frames) {
    const YuvView input{.luma = {frame.data(), width}, .width = width, .height = height};
    if (const Status status = video.colorize(input, output); !status) {
      std::fprintf(stderr, "%s\n", status.error().message().c_str());
      return 0;
    }
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(clip.frames.size()) / elapsed.count();
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return std::fprintf(stderr, "usage: bench_video_streams FILE.y4m [streams] [threads]\n"), 2;
  const int streams = count > 2 ? std::atoi(words[2]) : 4;
  const int threads = count > 3 ? std::atoi(words[3]) : 2;
  const auto clip = read(words[1]);
  auto colorizer = Colorizer::open("weights/street.safetensors", {.threads = threads});
  const auto team = SharedTeam::create(threads);
  if (!clip || !colorizer || !team) return std::fprintf(stderr, "no clip, no model or no threads\n"), 3;
  const auto model = std::make_shared<const Colorizer>(*std::move(colorizer));
  std::vector<VideoColorizer> videos;
  for (int i = 0; i < streams; ++i) {
    auto video = VideoColorizer::create(model, {clip->header.height, clip->header.width}, {}, {.team = *team});
    if (!video) return std::fprintf(stderr, "%s\n", video.error().message().c_str()), 3;
    videos.push_back(*std::move(video));
  }
  std::vector<double> rates(videos.size());
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < videos.size(); ++i) {
    running.emplace_back([&, i] { rates[i] = run_stream(*clip, videos[i]); });
  }
  for (std::thread& thread : running) thread.join();
  std::printf("%d streams of %dx%d, %d threads, %zu frames each: frames/s", streams,
              static_cast<int>(clip->header.width), static_cast<int>(clip->header.height), threads,
              clip->frames.size());
  for (const double rate : rates) std::printf(" %.1f", rate);
  std::printf("\n");
  return 0;
}
