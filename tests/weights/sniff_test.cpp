// What the first bytes of a wrong file are called.
#include <cstddef>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <ochre/weights/sniff.hpp>

#include "support/temporary_folder.hpp"

TEST_CASE("sniff: files people have instead of a model or a picture") {
  using namespace std::string_view_literals;
  struct Case {
    std::string_view bytes;
    std::string_view name;
  };
  const Case cases[] = {
      {"<!DOCTYPE html><html>", "an HTML page"},
      {"\xef\xbb\xbf\r\n <HTML lang=en>", "an HTML page"},
      {"<!doctype HTML PUBLIC \xc3\xa9", "an HTML page"},
      {"<?xml version=\"1.0\"?>", "an XML or HTML text"},
      {"version https://git-lfs.github.com/spec/v1\noid", "a Git-LFS pointer (the file itself was not fetched)"},
      {"https://drive.google.com/u/0/uc", "a text with a web address"},
      {"{\"error\":404}", "a JSON text"},
      {"Not Found\n", "plain text"},
      {"caf\xc3\xa9\n", "plain text"},
      {"\x89PNG\r\n\x1a\n\0\0", "a PNG picture"},
      {"\xff\xd8\xff\xe0", "a JPEG picture"},
      {"GIF89a", "a GIF picture"},
      {"II*\0\x08"sv, "a TIFF picture"},
      {"RIFF\x01\x02\x03\x04WEBPVP8 ", "a WebP picture"},
      {"\0\0\0\x18"sv
       "ftypheic",
       "a HEIC picture"},
      {"\0\0\0\x18"sv
       "ftypisom",
       "an MP4 video"},
      {"PK\x03\x04", "a zip archive (a PyTorch file, perhaps)"},
      {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", "a PyTorch file (pickle stream)"},
      {"\x80\x04\x95", "a Python pickle"},
      {"GGUF\x03", "a GGUF model (llama.cpp)"},
      {"\x1c\0\0\0TFL3"sv, "a TensorFlow Lite model"},
      {"\x1f\x8b\x08", "gzip-compressed data"},
      {"\x89HDF\r\n\x1a\n", "an HDF5 file"},
      {"\x93NUMPY\x01", "a NumPy array file"},
      {"\x08\x07\x12\x07pytorch", "a protobuf message (an ONNX model, perhaps)"},
      {"\x0a\x0bLtoAB_class\x12\x04"sv, "a protobuf message (a Caffe model, perhaps)"},
      {"\x0a\x03net\xa2\x06\x10", "a protobuf message (a Caffe model, perhaps)"},
      {"", ""},
      {"\x01", ""},
      {"\0\0\0\0\0\0\0\0"sv, ""},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    CHECK(ochre::detail::sniff(bytes_of(test.bytes)) == test.name);
  }
  CHECK(ochre::detail::sniff(bytes_of(std::string(257, '\0') + "ustar")) == "a tar archive");
  CHECK(ochre::detail::found_bytes(bytes_of("\x01\xfe")) == "found the bytes 01 fe");
  CHECK(ochre::detail::found_bytes({}) == "found 0 bytes");
}
