#include "nut_reader.hpp"

#include <cstring>
#include <limits>

namespace ochre::program {

namespace {

constexpr std::string_view file_id("nut/multimedia container\0", 25);
constexpr std::uint64_t main_code = 0x4E4D7A561F5F04AD;
constexpr std::uint64_t stream_code = 0x4E5311405BF2F9DB;
constexpr std::uint64_t syncpoint_code = 0x4E4BE4ADEECA4569;

enum Flag : std::uint64_t {
  coded_pts = 8,
  stream_id = 16,
  size_high = 32,
  checksum = 64,
  reserved = 128,
  side_data = 256,
  header_index = 1024,
  match_time = 2048,
  coded_flags = 4096,
  invalid_code = 8192,
};

constexpr std::uint64_t most_packet_bytes = 1 << 20;  // of headers, which have some hundred; and of what is passed over
constexpr std::size_t elision_limit = 4096;           // of a frame's size: no header is left out of longer ones

Error garbage(const char* what) {
  return {ErrorCode::malformed, std::string("found ") + what + " in what ffmpeg wrote, expected frames"};
}
Error cut_short() { return garbage("an end within a frame"); }

}  // namespace

// Numbers of a packet that lies in memory; after the end they are 0 and is_whole() is false.
class PacketReader {
 public:
  explicit PacketReader(std::string_view content) : rest_(content) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int i = 0; i < 10; ++i) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      value = value << 7 | (byte & 0x7Fu);
      if (byte < 0x80) return value;
    }
    whole_ = false;
    return 0;
  }
  long long signed_number() {
    const std::uint64_t value = number() + 1;
    const auto half = static_cast<long long>(value >> 1);
    return (value & 1) != 0 ? -half : half;
  }
  std::string bytes() {
    const std::uint64_t length = number();
    if (length > rest_.size()) {
      whole_ = false;
      return {};
    }
    const std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }
  bool is_whole() const { return whole_; }

 private:
  std::string_view rest_;
  bool whole_ = true;
};

Result<std::uint64_t> NutReader::number() {
  std::uint64_t value = 0;
  for (int i = 0; i < 10; ++i) {
    const auto byte = bytes_.read_byte();
    if (!byte) return byte.error();
    if (*byte < 0) return cut_short();
    value = value << 7 | static_cast<std::uint64_t>(*byte & 0x7F);
    if (*byte < 0x80) return value;
  }
  return garbage("a number without end");
}

Result<std::string> NutReader::packet(int first) {
  start_code_ = static_cast<std::uint64_t>(first);
  for (int i = 0; i < 7; ++i) {
    const auto byte = bytes_.read_byte();
    if (!byte) return byte.error();
    if (*byte < 0) return cut_short();
    start_code_ = start_code_ << 8 | static_cast<std::uint64_t>(*byte);
  }
  const auto length = number();
  if (!length) return length.error();
  if (*length < 4 || *length > most_packet_bytes) return garbage("a packet of no sensible length");
  std::string content(*length + (*length > elision_limit ? 4u : 0u), '\0');
  const auto count = bytes_.read(std::as_writable_bytes(std::span(content)));
  if (!count) return count.error();
  if (*count < content.size()) return cut_short();
  if (*length > elision_limit) content.erase(0, 4);  // the checksum of the length
  content.resize(content.size() - 4);                // and of the content: nothing is lost on a pipe
  return content;
}

Status NutReader::read_frame_codes(PacketReader& reader) {
  FrameCode code;
  for (std::size_t i = 0; i < codes_.size();) {
    code.flags = reader.number();
    const std::uint64_t fields = reader.number();
    if (fields > 0) code.pts_delta = reader.signed_number();
    if (fields > 1) code.size_factor = reader.number();
    if (fields > 2 && reader.number() != 0) return garbage("more than one stream");
    const std::uint64_t low = fields > 3 ? reader.number() : 0;
    code.reserved = fields > 4 ? reader.number() : 0;
    const std::uint64_t count = fields > 5 ? reader.number() : code.size_factor - low;
    if (fields > 6) reader.signed_number();
    if (fields > 7) code.elided = reader.number();
    for (std::uint64_t k = 8; k < fields && reader.is_whole(); ++k) reader.number();
    if (!reader.is_whole() || count == 0 || count > codes_.size()) return garbage("a broken header");
    for (std::uint64_t j = 0; j < count && i < codes_.size(); ++i) {
      if (i == 'N') {
        codes_[i].flags = invalid_code;
        continue;
      }
      codes_[i] = code;
      codes_[i].size = low + j++;
    }
  }
  return {};
}

Status NutReader::read_main_header(std::string_view content) {
  PacketReader reader(content);
  const std::uint64_t version = reader.number();
  if (version < 2 || version > 3) return garbage("a version of NUT that is not 2 or 3");
  if (reader.number() != 1) return garbage("more than one stream");
  reader.number();  // the distance of syncpoints
  time_bases_ = reader.number();
  if (time_bases_ != 1) return garbage("more than one clock");
  constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max();
  const std::uint64_t numerator = reader.number();
  const std::uint64_t denominator = reader.number();
  if (numerator < 1 || denominator < 1 || numerator > most || denominator > most) return garbage("a clock of no rate");
  stream_.time_base = {static_cast<Index>(numerator), static_cast<Index>(denominator)};
  if (Status status = read_frame_codes(reader); !status) return status;
  const std::uint64_t headers = reader.number();
  if (headers > 128) return garbage("a broken header");
  elided_.assign(1, {});
  for (std::uint64_t i = 0; i < headers; ++i) elided_.push_back(reader.bytes());
  has_main_ = reader.is_whole();
  return has_main_ ? Status() : Status(garbage("a broken header"));
}

Status NutReader::read_stream_header(std::string_view content) {
  PacketReader reader(content);
  if (reader.number() != 0 || reader.number() != 0) return garbage("a stream that is no video");
  reader.bytes();   // the samples' name
  reader.number();  // the clock
  const std::uint64_t shift = reader.number();
  if (shift > 16) return garbage("a broken header");
  pts_shift_ = static_cast<unsigned>(shift);
  for (int i = 0; i < 3; ++i) reader.number();  // the longest step of time, the delay, flags
  reader.bytes();
  const std::uint64_t width = reader.number();
  const std::uint64_t height = reader.number();
  const std::uint64_t aspect_width = reader.number();
  const std::uint64_t aspect_height = reader.number();
  constexpr auto side = static_cast<std::uint64_t>(image_io::longest_y4m_side);
  if (!reader.is_whole()) return garbage("a broken header");
  if (width < 1 || height < 1 || width > side || height > side ||
      width * height > static_cast<std::uint64_t>(image_io::most_y4m_pixels)) {
    return Error{ErrorCode::too_large, "found frames of " + std::to_string(width) + "x" + std::to_string(height) +
                                           ", expected sides up to " + std::to_string(side) + " and up to " +
                                           std::to_string(image_io::most_y4m_pixels) + " pixels"};
  }
  stream_.width = static_cast<Index>(width);
  stream_.height = static_cast<Index>(height);
  if (aspect_width <= 99999 && aspect_height <= 99999) {
    stream_.aspect = {static_cast<Index>(aspect_width), static_cast<Index>(aspect_height)};
  }
  return {};
}

Status NutReader::read_syncpoint(std::string_view content) {
  PacketReader reader(content);
  last_ticks_ = static_cast<long long>(reader.number() / time_bases_);
  return reader.is_whole() ? Status() : Status(garbage("a broken syncpoint"));
}

Result<NutStream> NutReader::open() {
  std::array<std::byte, file_id.size()> start{};
  const auto count = bytes_.read(start);
  if (!count) return count.error();
  if (*count == 0) return Error{ErrorCode::not_found, "found no frame, expected one at least"};
  if (std::memcmp(start.data(), file_id.data(), start.size()) != 0) return garbage("foreign bytes");
  for (;;) {
    const auto first = bytes_.read_byte();
    if (!first) return first.error();
    if (*first != 'N') return garbage("foreign bytes");
    const auto content = packet(*first);
    if (!content) return content.error();
    if (start_code_ == main_code) {
      if (Status status = read_main_header(*content); !status) return std::move(status).error();
    }
    if (start_code_ != stream_code) continue;
    if (!has_main_) return garbage("a stream without a header");
    if (Status status = read_stream_header(*content); !status) return std::move(status).error();
    return stream_;
  }
}

// A small number is the low bits of a time next to the last one.
long long NutReader::ticks_of(std::uint64_t coded) const {
  const std::uint64_t span = std::uint64_t{1} << pts_shift_;
  if (coded >= span) return static_cast<long long>(coded - span);
  const std::uint64_t mask = span - 1;
  const long long base = last_ticks_ - static_cast<long long>(mask / 2);
  return static_cast<long long>((coded - static_cast<std::uint64_t>(base)) & mask) + base;
}

Result<NutReader::FrameHead> NutReader::frame_head(const FrameCode& code) {
  std::uint64_t flags = code.flags;
  std::uint64_t value = 0;
  const auto next = [&] { return number().move_to(value); };
  if ((flags & invalid_code) != 0) return garbage("a frame of no known kind");
  if ((flags & coded_flags) != 0) {
    if (Status status = next(); !status) return std::move(status).error();
    flags ^= value;
  }
  FrameHead head{.ticks = last_ticks_ + code.pts_delta, .size = code.size, .elided = code.elided};
  std::uint64_t left_over = code.reserved;
  for (const std::uint64_t flag : {stream_id, coded_pts, size_high, match_time, header_index, reserved}) {
    if ((flags & flag) == 0) continue;
    if (Status status = next(); !status) return std::move(status).error();
    if (flag == stream_id && value != 0) return garbage("a second stream");
    if (flag == coded_pts) head.ticks = ticks_of(value);
    if (flag == size_high && value > most_packet_bytes * most_packet_bytes) return garbage("a frame without end");
    if (flag == size_high) head.size += code.size_factor * value;
    if (flag == header_index) head.elided = value;
    if (flag == reserved) left_over = value;
  }
  if (left_over > 256 || (flags & side_data) != 0) return garbage("more than frames");
  for (; left_over > 0; --left_over) {
    if (Status status = next(); !status) return std::move(status).error();
  }
  if ((flags & checksum) != 0) {
    std::array<std::byte, 4> sum{};
    const auto count = bytes_.read(sum);
    if (!count) return count.error();
  }
  if (head.size > elision_limit) head.elided = 0;
  if (head.elided >= elided_.size() || head.size < elided_[head.elided].size()) return garbage("a broken frame");
  return head;
}

Result<bool> NutReader::read(std::span<std::byte> frame, long long& ticks) {
  for (;;) {
    const auto first = bytes_.read_byte();
    if (!first) return first.error();
    if (*first < 0) return false;
    if (*first == 'N') {
      const auto content = packet(*first);
      if (!content) return content.error();
      if (start_code_ != syncpoint_code) continue;  // headers are repeated
      if (Status status = read_syncpoint(*content); !status) return std::move(status).error();
      continue;
    }
    const auto head = frame_head(codes_[static_cast<std::size_t>(*first)]);
    if (!head) return head.error();
    if (head->size == 0) continue;  // the end of a stream, marked
    if (head->size != frame.size()) {
      return Error{ErrorCode::unsupported, "found a frame of " + std::to_string(head->size) + " bytes, expected " +
                                               std::to_string(frame.size()) + ": the size changes within the stream"};
    }
    const std::string& begin = elided_[head->elided];
    std::memcpy(frame.data(), begin.data(), begin.size());
    const auto count = bytes_.read(frame.subspan(begin.size()));
    if (!count) return count.error();
    if (*count + begin.size() < frame.size()) return cut_short();
    ticks = last_ticks_ = head->ticks;
    return true;
  }
}

}  // namespace ochre::program
