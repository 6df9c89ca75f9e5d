// Zip archives built in memory, right by default and wrong where a test says so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "little_endian.hpp"

struct ZipPart {
  std::string name;
  std::string data;
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  std::string local_name;         // its own header's, if another
  std::string local_extra;        // padding, as PyTorch writes it
  bool zip64 = false;             // its sizes and place in the ZIP64 field
  std::uint32_t size_claim = 0;   // added to the true size, in both size fields
  std::uint32_t plain_claim = 0;  // added to the true size, in the plain size
  std::int64_t place = -1;        // of its header, if another
  std::string central_extra;
};

struct ZipEnd {
  std::string comment;
  bool zip64 = false;
  std::int64_t count = -1;
  std::int64_t size = -1;
  std::int64_t place = -1;
};

inline std::string zip_file(const std::vector<ZipPart>& parts, const ZipEnd& end = {}) {
  std::string file;
  std::string directory;
  for (const ZipPart& part : parts) {
    const auto place = part.place >= 0 ? static_cast<std::uint64_t>(part.place) : file.size();
    const auto size = part.data.size() + part.size_claim;
    const auto plain = size + part.plain_claim;
    const std::string& local_name = part.local_name.empty() ? part.name : part.local_name;
    file += "PK\3\4" + u16(20) + u16(part.flags) + u16(part.method) + u32(0) + u32(0) + u32(size) + u32(plain) +
            u16(local_name.size()) + u16(part.local_extra.size()) + local_name + part.local_extra + part.data;
    const std::uint64_t wide = 0xFFFFFFFF;
    const std::string extra =
        part.central_extra + (part.zip64 ? u16(1) + u16(24) + u64(plain) + u64(size) + u64(place) : "");
    directory += "PK\1\2" + u16(20) + u16(20) + u16(part.flags) + u16(part.method) + u32(0) + u32(0) +
                 u32(part.zip64 ? wide : size) + u32(part.zip64 ? wide : plain) + u16(part.name.size()) +
                 u16(extra.size()) + u16(0) + u16(0) + u16(0) + u32(0) + u32(part.zip64 ? wide : place) + part.name +
                 extra;
  }
  const auto count = end.count >= 0 ? static_cast<std::uint64_t>(end.count) : parts.size();
  const auto size = end.size >= 0 ? static_cast<std::uint64_t>(end.size) : directory.size();
  const auto place = end.place >= 0 ? static_cast<std::uint64_t>(end.place) : file.size();
  file += directory;
  if (end.zip64) {
    const std::uint64_t record = file.size();
    file += "PK\6\6" + u64(44) + u16(45) + u16(45) + u32(0) + u32(0) + u64(count) + u64(count) + u64(size) + u64(place);
    file += "PK\6\7" + u32(0) + u64(record) + u32(1);
    return file + "PK\5\6" + u16(0) + u16(0) + u16(0xFFFF) + u16(0xFFFF) + u32(0xFFFFFFFF) + u32(0xFFFFFFFF) +
           u16(end.comment.size()) + end.comment;
  }
  return file + "PK\5\6" + u16(0) + u16(0) + u16(count) + u16(count) + u32(size) + u32(place) +
         u16(end.comment.size()) + end.comment;
}
