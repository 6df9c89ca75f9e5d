// Any bytes as lines of a YUV4MPEG2 stream: what is accepted has a frame that fits, and its own line means the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <ochre/image_io/y4m.hpp>

#include "../support/clean_text.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto frame = ochre::check_y4m_frame_header(line);
  if (!frame) must(ochre::test::is_clean(frame.error().message()));
  const auto header = ochre::parse_y4m_header(line);
  if (!header) {
    must(ochre::test::is_clean(header.error().message()));
    return 0;
  }
  const auto bytes = ochre::image_io::y4m_frame_bytes(header->width, header->height, header->format);
  must(bytes >= 1 && bytes <= 6 * ochre::image_io::most_y4m_pixels);
  const std::string text = ochre::y4m_header_line(*header);
  const auto again = ochre::parse_y4m_header(std::string_view(text).substr(0, text.size() - 1));
  must(again && ochre::y4m_header_line(*again) == text);
  return 0;
}
