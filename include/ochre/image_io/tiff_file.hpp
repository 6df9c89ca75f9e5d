// The one header that names libtiff (4.5 or later): a TIFF in memory, read or written, without the system's files, a
// global handler or a word on the terminal. Tested by tiff_decode_test.cpp.
#pragma once

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <tiffio.h>

#include <ochre/base/checked.hpp>
#include <ochre/base/no_memory.hpp>

namespace ochre::inline v0::detail {

struct CloseTiff {
  void operator()(TIFF* tiff) const noexcept { TIFFClose(tiff); }
};
struct FreeTiffOptions {
  void operator()(TIFFOpenOptions* options) const noexcept { TIFFOpenOptionsFree(options); }
};

// What libtiff reads from or writes to, and the first thing it complained of. It has to stay where it is.
struct TiffMemory {
  std::span<const std::byte> file;  // when reading
  std::vector<std::byte> made;      // when writing
  std::size_t at = 0;
  char complaint[256] = {};  // a C library calls: nothing may be thrown through it

  std::string_view reason() const noexcept { return complaint; }
  std::span<const std::byte> bytes() const noexcept { return made.empty() ? file : std::span<const std::byte>(made); }
};

namespace tiff_calls {

inline TiffMemory& memory(thandle_t handle) noexcept { return *static_cast<TiffMemory*>(handle); }

inline tmsize_t read(thandle_t handle, void* to, tmsize_t count) noexcept {
  TiffMemory& from = memory(handle);
  const auto bytes = from.bytes();
  const std::size_t left = bytes.size() - std::min(from.at, bytes.size());
  const std::size_t taken = std::min(left, static_cast<std::size_t>(std::max<tmsize_t>(count, 0)));
  if (taken > 0) std::memcpy(to, bytes.data() + from.at, taken);
  from.at += taken;
  return static_cast<tmsize_t>(taken);
}

inline tmsize_t write(thandle_t handle, void* from, tmsize_t count) noexcept {
  TiffMemory& to = memory(handle);
  const auto length = static_cast<std::size_t>(count);
  const Status room = base::catch_no_memory([&]() -> Status {
    if (to.at + length > to.made.size()) to.made.resize(to.at + length);
    return {};
  });
  if (!room) return 0;
  if (length > 0) std::memcpy(to.made.data() + to.at, from, length);
  to.at += length;
  return count;
}

inline toff_t seek(thandle_t handle, toff_t offset, int origin) noexcept {
  TiffMemory& in = memory(handle);
  const std::size_t start = origin == SEEK_CUR ? in.at : origin == SEEK_END ? in.bytes().size() : 0;
  in.at = start + static_cast<std::size_t>(offset);
  return in.at;
}

inline int close(thandle_t) noexcept { return 0; }
inline toff_t size(thandle_t handle) noexcept { return memory(handle).bytes().size(); }

// Only a file that is read is mapped, and it is not written to.
inline int map(thandle_t handle, void** base, toff_t* length) noexcept {
  const auto file = memory(handle).file;
  *base = const_cast<std::byte*>(file.data());
  *length = file.size();
  return file.empty() ? 0 : 1;
}

inline void unmap(thandle_t, void*, toff_t) noexcept {}

inline int complain(TIFF*, void* user, const char*, const char* format, va_list values) noexcept {
  auto& memory = *static_cast<TiffMemory*>(user);
  if (memory.reason().empty()) std::vsnprintf(memory.complaint, sizeof(memory.complaint), format, values);
  return 1;
}

inline int pass_over(TIFF*, void*, const char*, const char*, va_list) noexcept { return 1; }

}  // namespace tiff_calls

using TiffHandle = std::unique_ptr<TIFF, CloseTiff>;

// Null if it cannot be opened; memory.reason() says why. mode: as libtiff's. most_bytes: of any one piece of memory.
inline TiffHandle open_tiff(TiffMemory& memory, const char* mode, Index most_bytes) noexcept {
  const std::unique_ptr<TIFFOpenOptions, FreeTiffOptions> options(TIFFOpenOptionsAlloc());
  if (options == nullptr) return nullptr;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(most_bytes));
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), tiff_calls::complain, &memory);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), tiff_calls::pass_over, nullptr);
  return TiffHandle(TIFFClientOpenExt("TIFF", mode, &memory, tiff_calls::read, tiff_calls::write, tiff_calls::seek,
                                      tiff_calls::close, tiff_calls::size, tiff_calls::map, tiff_calls::unmap,
                                      options.get()));
}

}  // namespace ochre::inline v0::detail
