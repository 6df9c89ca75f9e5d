#include "matroska_writer.hpp"

#include <algorithm>
#include <cstdint>

namespace ochre::program {

namespace {

// The bytes of an identifier, or of a number, the highest first, without leading zeros.
std::string big_endian(std::uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto byte = static_cast<char>(value >> shift & 0xFF);
    if (!bytes.empty() || byte != 0 || shift == 0) bytes += byte;
  }
  return bytes;
}

// A length in eight bytes, of which the first says so.
std::string length_bytes(std::uint64_t length) {
  std::string bytes = big_endian(length);
  bytes.insert(0, 7 - bytes.size(), '\0');
  return "\x01" + bytes;
}

std::string element(std::uint32_t id, const std::string& content) {
  return big_endian(id) + length_bytes(content.size()) + content;
}
std::string element(std::uint32_t id, std::uint64_t number) { return element(id, big_endian(number)); }
std::string unknown_length(std::uint32_t id) {
  return big_endian(id) + std::string("\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
}

// Of planar samples without padding.
std::string four_characters(const YuvFormat& format) {
  const bool eight = format.depth == YuvDepth::bits8;
  switch (format.subsampling) {
    case ChromaSubsampling::yuv422:
      return eight ? "Y42B" : "Y3\x0A\x0A";
    case ChromaSubsampling::yuv444:
      return eight ? "444P" : std::string("Y3\x00\x0A", 4);
    default:
      return eight ? "I420" : "Y3\x0B\x0A";
  }
}

std::string color_of(const VideoFormat& format) {
  const auto known = [](std::uint32_t id, int number) {
    return number == VideoFormat::unspecified ? "" : element(id, static_cast<std::uint64_t>(number));
  };
  const std::string range = element(0x55B9, format.samples().range == YuvRange::full ? 2u : 1u);
  return element(
      0x55B0, range + known(0x55B1, format.matrix) + known(0x55BB, format.primaries) + known(0x55BA, format.transfer));
}

std::string fields_of(Y4mFields fields) {
  constexpr std::uint32_t is_interlaced = 0x9A, order = 0x9D;
  constexpr std::uint64_t yes = 1, no = 2, top_first = 1, bottom_first = 6;
  if (fields == Y4mFields::progressive) return element(is_interlaced, no);
  if (fields == Y4mFields::top_first) return element(is_interlaced, yes) + element(order, top_first);
  if (fields == Y4mFields::bottom_first) return element(is_interlaced, yes) + element(order, bottom_first);
  return {};
}

std::string video_of(const VideoFormat& format) {
  const Y4mHeader& header = format.header;
  const auto width = static_cast<std::uint64_t>(header.width);
  const auto height = static_cast<std::uint64_t>(header.height);
  std::string content = element(0xB0, width) + element(0xBA, height) + fields_of(header.fields);
  content += element(0x2EB524, four_characters(format.colored()));
  if (header.aspect.is_known()) {
    content += element(0x54B0, width * static_cast<std::uint64_t>(header.aspect.numerator));
    content += element(0x54BA, height * static_cast<std::uint64_t>(header.aspect.denominator));
    content += element(0x54B2, 3u);  // the two before are a ratio
  }
  return element(0xE0, content + color_of(format));
}

}  // namespace

std::string matroska_header(const VideoFormat& format) {
  const std::string ebml = element(0x4282, "matroska") + element(0x4287, 4u) + element(0x4285, 2u);
  const std::string info = element(0x2AD7B1, 1u) + element(0x4D80, "ochre") + element(0x5741, "ochre");
  std::string track = element(0xD7, 1u) + element(0x73C5, 1u) + element(0x83, 1u) + element(0x9C, std::uint64_t{0});
  track += element(0x86, "V_UNCOMPRESSED");
  const Y4mRatio& rate = format.header.rate;
  if (rate.is_known()) {
    constexpr std::uint64_t second = 1'000'000'000;
    const auto frames = static_cast<std::uint64_t>(rate.numerator);
    track += element(0x23E383, (second * static_cast<std::uint64_t>(rate.denominator) + frames / 2) / frames);
  }
  track += video_of(format);
  return element(0x1A45DFA3, ebml) + unknown_length(0x18538067) + element(0x1549A966, info) +
         element(0x1654AE6B, element(0xAE, track));
}

std::string matroska_frame_header(Index bytes, long long nanoseconds) {
  const std::string time = element(0xE7, static_cast<std::uint64_t>(std::max(nanoseconds, 0LL)));
  constexpr std::string_view block("\x81\x00\x00\x80", 4);  // track 1, at the cluster's time, a key frame
  const auto length = static_cast<std::uint64_t>(bytes) + block.size();
  const std::string block_head = big_endian(0xA3) + length_bytes(length) + std::string(block);
  const std::uint64_t cluster = time.size() + block_head.size() + static_cast<std::uint64_t>(bytes);
  return big_endian(0x1F43B675) + length_bytes(cluster) + time + block_head;
}

}  // namespace ochre::program
