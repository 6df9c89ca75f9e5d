// What a file that is not what it should be seems to be, from its first bytes: a download that fetched a web page, a
// Git-LFS pointer nobody resolved, a model or picture of another format. Only words an error message: "found an HTML
// page, expected …"; nothing is ever accepted by it. Tested by sniff_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0 {

namespace detail {

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::string_view name;
};

using namespace std::string_view_literals;  // ""sv keeps the zero bytes inside

inline constexpr Signature signatures[] = {
    {0, "version https://git-lfs"sv, "a Git-LFS pointer (the file itself was not fetched)"sv},
    {0, "\x89PNG\r\n\x1a\n"sv, "a PNG picture"sv},
    {0, "\xff\xd8\xff"sv, "a JPEG picture"sv},
    {0, "GIF8"sv, "a GIF picture"sv},
    {0, "II*\0"sv, "a TIFF picture"sv},
    {0, "MM\0*"sv, "a TIFF picture"sv},
    {8, "WEBP"sv, "a WebP picture"sv},
    {4, "ftypheic"sv, "a HEIC picture"sv},
    {4, "ftypheix"sv, "a HEIC picture"sv},
    {4, "ftypmif1"sv, "a HEIC picture"sv},
    {4, "ftypavif"sv, "an AVIF picture"sv},
    {4, "ftyp"sv, "an MP4 video"sv},
    {0, "\x1a\x45\xdf\xa3"sv, "a Matroska video"sv},
    {8, "AVI "sv, "an AVI video"sv},
    {0, "YUV4MPEG2"sv, "a YUV4MPEG2 video stream"sv},
    {0, "%PDF"sv, "a PDF document"sv},
    {0, "PK\x03\x04"sv, "a zip archive (a PyTorch file, perhaps)"sv},
    {0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv, "a PyTorch file (pickle stream)"sv},
    {0, "\x80\x02"sv, "a Python pickle"sv},
    {0, "\x80\x03"sv, "a Python pickle"sv},
    {0, "\x80\x04"sv, "a Python pickle"sv},
    {0, "\x80\x05"sv, "a Python pickle"sv},
    {0, "\x1f\x8b"sv, "gzip-compressed data"sv},
    {0, "\x28\xb5\x2f\xfd"sv, "Zstandard-compressed data"sv},
    {0, "\xfd\x37zXZ"sv, "xz-compressed data"sv},
    {0, "\x89HDF\r\n"sv, "an HDF5 file"sv},
    {0, "\x93NUMPY"sv, "a NumPy array file"sv},
    {0, "GGUF"sv, "a GGUF model (llama.cpp)"sv},
    {4, "TFL3"sv, "a TensorFlow Lite model"sv},
    {0, "BZh"sv, "bzip2-compressed data"sv},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive"sv},
    {0, "Rar!\x1a\x07"sv, "a RAR archive"sv},
    {0, "8BPS"sv, "a Photoshop picture"sv},
    {0, "gimp xcf"sv, "a GIMP picture"sv},
    {0, "qoif"sv, "a QOI picture"sv},
    {0, "\xff\x0a"sv, "a JPEG XL picture"sv},
    {4, "JXL \x0d\x0a\x87\x0a"sv, "a JPEG XL picture"sv},
    {4, "jP  \x0d\x0a\x87\x0a"sv, "a JPEG 2000 picture"sv},
    {257, "ustar"sv, "a tar archive"sv},
};

inline bool starts_with_ignoring_case(std::string_view text, std::string_view lower_case_prefix) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return text.size() >= lower_case_prefix.size() &&
         std::equal(lower_case_prefix.begin(), lower_case_prefix.end(), text.begin(),
                    [&](char expected, char actual) { return expected == lower(actual); });
}

inline bool is_text(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : c == '\n' || c == '\r' || c == '\t';
  });
}

// A protobuf model: ONNX begins with field 1 as a varint (its version), a Caffe net with field 1 as a string (its
// name).
inline std::string_view sniff_protobuf(std::string_view head) noexcept {
  if (head.size() < 4) return {};
  if (head[0] == 0x08 && head[1] > 0 && head[1] < 32 && (head[2] == 0x12 || head[2] == 0x3a)) {
    return "a protobuf message (an ONNX model, perhaps)";
  }
  const auto length = static_cast<unsigned char>(head[1]);
  if (head[0] != 0x0a || length == 0 || length > 127 || head.size() < length + 3u) return {};
  const bool layer = head[length + 2u] == 0x12 || head.substr(length + 2u, 2) == "\xa2\x06";
  return layer && is_text(head.substr(2, length)) ? "a protobuf message (a Caffe model, perhaps)" : std::string_view{};
}

inline std::string_view sniff_text(std::string_view head) noexcept {
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n\xef\xbb\xbf"), head.size()));
  if (starts_with_ignoring_case(head, "<!doctype html") || starts_with_ignoring_case(head, "<html")) {
    return "an HTML page";
  }
  if (head.empty() || !is_text(head)) return {};
  if (starts_with_ignoring_case(head, "http://") || starts_with_ignoring_case(head, "https://")) {
    return "a text with a web address";
  }
  if (head[0] == '<') return "an XML or HTML text";
  if (head[0] == '{') return "a JSON text";
  return "plain text";
}

// A noun phrase with its article, or nothing if the bytes are of no kind known here.
inline std::string_view sniff(std::span<const std::byte> bytes) noexcept {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 512));
  for (const detail::Signature& signature : detail::signatures) {
    if (signature.offset < head.size() && head.substr(signature.offset).starts_with(signature.bytes)) {
      return signature.name;
    }
  }
  if (const std::string_view text = detail::sniff_text(head); !text.empty()) return text;
  return detail::sniff_protobuf(head);
}

// "found <what it seems to be>", or else "found " and the first bytes in hexadecimal.
inline std::string found_bytes(std::span<const std::byte> bytes) {
  if (const std::string_view kind = sniff(bytes); !kind.empty()) return "found " + std::string(kind);
  if (bytes.empty()) return "found 0 bytes";
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "found the bytes";
  for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 8))) {
    const auto value = std::to_integer<unsigned>(byte);
    text += {' ', digits[value >> 4], digits[value & 15]};
  }
  return text;
}

}  // namespace detail

}  // namespace ochre::inline v0
