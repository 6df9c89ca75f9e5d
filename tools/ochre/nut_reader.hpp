// Raw frames with their times as ffmpeg writes them to a pipe in its own container, NUT: the one of its containers that
// keeps a source's clock as it is. One stream, versions 2 and 3 of the format. What a packet claims is checked before
// it is believed. Source: NUT Open Container Format, ffmpeg.org/~michael/nut.txt. Tested by cli/video_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ochre/image_io/y4m.hpp>

#include "byte_stream.hpp"

namespace ochre::program {

struct NutStream {
  Index width = 0;
  Index height = 0;
  Y4mRatio aspect{};     // of a pixel
  Y4mRatio time_base{};  // seconds a tick
};

class NutReader {
 public:
  explicit NutReader(ByteReader bytes) : bytes_(std::move(bytes)) {}

  // Up to the stream's header.
  Result<NutStream> open();

  // A frame of exactly frame.size() bytes, and its time in ticks; false at the end.
  Result<bool> read(std::span<std::byte> frame, long long& ticks);

 private:
  // What a frame's first byte says of it.
  struct FrameCode {
    std::uint64_t flags = 0;
    long long pts_delta = 0;
    std::uint64_t size_factor = 1;
    std::uint64_t size = 0;
    std::uint64_t reserved = 0;
    std::uint64_t elided = 0;
  };
  struct FrameHead {
    long long ticks = 0;
    std::uint64_t size = 0;
    std::uint64_t elided = 0;  // which of the headers it begins with, that are not repeated
  };

  Result<std::uint64_t> number();
  Result<std::string> packet(int first);  // its start code, without which the content follows
  Status read_main_header(std::string_view content);
  Status read_frame_codes(class PacketReader& reader);
  Status read_stream_header(std::string_view content);
  Status read_syncpoint(std::string_view content);
  Result<FrameHead> frame_head(const FrameCode& code);
  long long ticks_of(std::uint64_t coded) const;

  ByteReader bytes_;
  NutStream stream_;
  std::array<FrameCode, 256> codes_{};
  std::vector<std::string> elided_;
  std::uint64_t start_code_ = 0;
  std::uint64_t time_bases_ = 1;
  unsigned pts_shift_ = 0;
  long long last_ticks_ = 0;
  bool has_main_ = false;
};

}  // namespace ochre::program
