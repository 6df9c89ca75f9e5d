#include "video_pipeline.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "stop_request.hpp"

namespace ochre::program {

MutableYuvView frame_view(std::uint8_t* first, const VideoFormat& format) {
  const Y4mHeader& header = format.header;
  MutableYuvView view{.width = header.width, .height = header.height, .format = format.colored()};
  const Index bytes = bytes_per_sample(view.format.depth);
  const Index luma_row = header.width * bytes;
  const Index chroma_row = view.chroma_width() * bytes;
  std::uint8_t* const cb = first + header.height * luma_row;
  view.luma = {first, luma_row};
  view.cb = {cb, chroma_row};
  view.cr = {cb + view.chroma_height() * chroma_row, chroma_row};
  return view;
}

namespace {

constexpr long long block_count = 3;

// The planes of a frame that begins at `first`.
struct Block {
  AlignedBuffer<std::uint8_t> memory;
  VideoFrame frame;
};

// Frame n lies in block n modulo 3. Each stage waits for the count of the stage before it; the reader for the writer's.
class Ring {
 public:
  std::array<Block, block_count> blocks;

  Block& block(long long frame) { return blocks[static_cast<std::size_t>(frame % block_count)]; }

  // Until frame n may be read, coloured or written; false: there is none, or nobody takes it any more.
  bool wait_to_read(long long n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return broken_ || n < written_ + block_count; });
    return !broken_;
  }
  bool wait_to_color(long long n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return broken_ || ended_ || n < read_; });
    return !broken_ && n < read_;
  }
  bool wait_to_write(long long n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return broken_ || color_ended_ || n < colored_; });
    return !broken_ && n < colored_;
  }

  void has_read() {
    change([&] { ++read_; });
  }
  void has_colored() {
    change([&] { ++colored_; });
  }
  void has_written() {
    change([&] { ++written_; });
  }
  void end_reading() {
    change([&] { ended_ = true; });
  }
  void end_coloring() {
    change([&] { color_ended_ = true; });
  }
  void break_off() {
    change([&] { broken_ = true; });
  }                                               // the sink takes no more
  long long written() const { return written_; }  // once all threads have ended

 private:
  template <class Change>
  void change(const Change& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  long long read_ = 0;
  long long colored_ = 0;
  long long written_ = 0;
  bool ended_ = false;
  bool color_ended_ = false;
  bool broken_ = false;
};

void read_frames(FrameSource& source, Ring& ring, Status& status) {
  const auto bytes = static_cast<std::size_t>(source.format().bytes());
  for (long long n = 0; ring.wait_to_read(n); ++n) {
    Block& block = ring.block(n);
    const std::span memory(reinterpret_cast<std::byte*>(block.memory.data()), bytes);
    const auto more = source.read(memory, block.frame.time);
    if (!more) status = more.error();
    if (!more || !*more) break;
    ring.has_read();
  }
  ring.end_reading();
}

void write_frames(FrameSink& sink, Ring& ring, std::size_t bytes, Status& status) {
  for (long long n = 0; ring.wait_to_write(n); ++n) {
    const std::span memory(reinterpret_cast<const std::byte*>(ring.block(n).memory.data()), bytes);
    status = sink.write(memory, ring.block(n).frame.time.nanoseconds);
    if (!status) break;
    ring.has_written();
  }
  if (status) return;
  ring.break_off();
  request_stop();  // the source may be silent
}

Status color_frames(const ColorFrame& color, Ring& ring) {
  for (long long n = 0; ring.wait_to_color(n); ++n) {
    if (Status status = color(ring.block(n).frame); !status) {
      request_stop();
      return status;
    }
    ring.has_colored();
  }
  return {};
}

}  // namespace

Result<PipelineEnd> run_pipeline(FrameSource& source, FrameSink& sink, const ColorFrame& color) {
  const VideoFormat& format = source.format();
  Ring ring;
  for (Block& block : ring.blocks) {
    if (Status status = AlignedBuffer<std::uint8_t>::create(format.colored_bytes()).move_to(block.memory); !status) {
      return std::move(status).error();
    }
    block.frame.view = frame_view(block.memory.data(), format);
  }
  PipelineEnd end;
  std::thread reader;
  std::thread writer;
  try {
    writer = std::thread([&] { write_frames(sink, ring, static_cast<std::size_t>(format.colored_bytes()), end.sink); });
    reader = std::thread([&] { read_frames(source, ring, end.source); });
  } catch (const std::system_error& failure) {
    ring.end_coloring();
    if (writer.joinable()) writer.join();
    return Error{ErrorCode::io, std::string("no thread to be had: ") + failure.what()};
  }
  end.coloring = color_frames(color, ring);
  ring.end_coloring();
  if (!end.coloring) {
    // What was coloured is written; what was read after it is not looked at.
    writer.join();
    ring.break_off();
    reader.join();
  } else {
    writer.join();
    reader.join();
  }
  end.frames = ring.written();
  return end;
}

}  // namespace ochre::program
