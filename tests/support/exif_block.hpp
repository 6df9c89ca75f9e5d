// EXIF blocks made by hand, in either order of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ochre::test {

struct ExifEntryWish {
  std::uint32_t tag = 0;
  std::uint32_t type = 3;
  std::uint32_t value = 0;     // of a text: not used
  std::string_view text = {};  // of type 2, with the zero at its end
};

class ExifWriter {
 public:
  explicit ExifWriter(bool little) : little_(little) {
    bytes_ = little ? std::string("II*\0\x08\0\0\0", 8) : std::string("MM\0*\0\0\0\x08", 8);
  }

  // A directory where the last one ended; returns where it begins. A text of more than three letters lies behind it.
  std::size_t directory(const std::vector<ExifEntryWish>& entries, std::uint32_t next = 0) {
    const std::size_t begin = bytes_.size();
    std::size_t texts = begin + 2 + 12 * entries.size() + 4;
    std::string behind;
    put(static_cast<std::uint32_t>(entries.size()), 2);
    for (const ExifEntryWish& entry : entries) {
      put(entry.tag, 2);
      put(entry.type, 2);
      put(entry.type == 2 ? static_cast<std::uint32_t>(entry.text.size()) : 1, 4);
      if (entry.type == 2) {
        put(static_cast<std::uint32_t>(texts + behind.size()), 4);
        behind += std::string(entry.text) + std::string(entry.text.size() % 2, '\0');
      } else if (entry.type == 5) {  // a rational: value / 1
        put(static_cast<std::uint32_t>(texts + behind.size()), 4);
        std::string saved = std::move(bytes_);
        bytes_.clear();
        put(entry.value, 4);
        put(1, 4);
        behind += bytes_;
        bytes_ = std::move(saved);
      } else {
        const std::uint32_t bytes = entry.type == 1 || entry.type == 6 ? 1 : entry.type == 3 || entry.type == 8 ? 2 : 4;
        put(entry.value, bytes);
        bytes_.append(4 - bytes, '\0');
      }
    }
    put(next, 4);
    bytes_ += behind;
    return begin;
  }

  const std::string& text() const { return bytes_; }
  std::vector<std::byte> bytes() const {
    const auto* first = reinterpret_cast<const std::byte*>(bytes_.data());
    return {first, first + bytes_.size()};
  }

 private:
  void put(std::uint32_t value, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t shift = 8 * (little_ ? i : count - 1 - i);
      bytes_ += static_cast<char>(value >> shift & 0xFF);
    }
  }

  bool little_;
  std::string bytes_;
};

}  // namespace ochre::test
