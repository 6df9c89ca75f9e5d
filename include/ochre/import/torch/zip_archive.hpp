// The entries of a zip archive, by its central directory: names and where their bytes lie, with ZIP64 and with sizes in
// data descriptors. Nothing is copied or inflated; a compressed or encrypted entry is refused when it is asked for.
// Strict where a hostile file could show two readers two contents: local and central names must agree, no name may
// appear twice, no two entries may share bytes. Check sums are not looked at (PyTorch can be told to write none).
// Source: the format's APPNOTE, 6.3.10. Tested by zip_archive_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

namespace detail {

struct ZipEntry {
  std::string_view name;
  std::span<const std::byte> bytes;  // as they lie in the file
  std::uint16_t method = 0;          // 0: stored, 8: deflated
  bool encrypted = false;
};

// An entry costs 48 bytes of memory and at least 76 of the file; PyTorch writes one per storage and a handful more.
inline constexpr std::uint64_t most_zip_entries = 65'536;

// Reads where a caller has made sure that there is something to read.
class ZipField {
 public:
  ZipField(std::span<const std::byte> bytes, std::uint64_t at) noexcept
      : from_(bytes.data() + static_cast<std::size_t>(at)) {}
  std::uint16_t u16(std::size_t at) const noexcept { return load_little_endian<std::uint16_t>(from_ + at); }
  std::uint32_t u32(std::size_t at) const noexcept { return load_little_endian<std::uint32_t>(from_ + at); }
  std::uint64_t u64(std::size_t at) const noexcept { return load_little_endian<std::uint64_t>(from_ + at); }
  std::string_view text(std::size_t at, std::size_t size) const noexcept {
    return {reinterpret_cast<const char*>(from_) + at, size};
  }

 private:
  const std::byte* from_;
};

class ZipReader {
 public:
  explicit ZipReader(std::span<const std::byte> file) noexcept : file_(file) {}

  Result<std::vector<ZipEntry>> entries() {
    if (Status status = find_directory(); !status) return std::move(status).error();
    std::vector<ZipEntry> list;
    list.reserve(static_cast<std::size_t>(std::min(count_, (directory_.end - directory_.begin) / central_size)));
    for (std::uint64_t i = 0; i < count_; ++i) {
      auto entry = next_entry();
      if (!entry) return std::move(entry).error();
      list.push_back(*entry);
    }
    if (Status status = check_apart(); !status) return std::move(status).error();
    return list;
  }

 private:
  static constexpr std::uint64_t end_size = 22;
  static constexpr std::uint64_t end64_size = 56;
  static constexpr std::uint64_t locator_size = 20;
  static constexpr std::uint64_t central_size = 46;
  static constexpr std::uint64_t local_size = 30;
  static constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;

  struct Extent64 {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  static Error malformed(const std::string& found, const std::string& expected) {
    return {ErrorCode::malformed, "zip archive: found " + found + ", expected " + expected};
  }
  bool fits(std::uint64_t at, std::uint64_t size, std::uint64_t end) const noexcept {
    return at <= end && size <= end - at;
  }
  bool has_signature(std::uint64_t at, std::uint64_t size, std::string_view signature) const noexcept {
    return fits(at, size, file_.size()) && ZipField(file_, at).text(0, 4) == signature;
  }

  // The end record is the file's last, but for a comment of at most 65,535 bytes.
  std::optional<std::uint64_t> find_end() const noexcept {
    if (file_.size() < end_size) return std::nullopt;
    const std::uint64_t last = file_.size() - end_size;
    for (std::uint64_t comment = 0; comment <= std::min<std::uint64_t>(last, 0xFFFF); ++comment) {
      const std::uint64_t at = last - comment;
      if (has_signature(at, end_size, "PK\5\6") && ZipField(file_, at).u16(20) == comment) return at;
    }
    return std::nullopt;
  }

  Status find_directory() {
    const auto end = find_end();
    if (!end) return malformed("no central directory at its end", "one (the file is cut short)");
    const ZipField record(file_, *end);
    std::uint64_t size = record.u32(12);
    std::uint64_t limit = *end;
    count_ = record.u16(10);
    at_ = record.u32(16);
    if (*end >= locator_size && has_signature(*end - locator_size, locator_size, "PK\6\7")) {
      const std::uint64_t at = ZipField(file_, *end - locator_size).u64(8);
      limit = at;
      if (!fits(at, end64_size, *end - locator_size) || !has_signature(at, end64_size, "PK\6\6")) {
        return malformed("no ZIP64 record at byte " + std::to_string(at), "one");
      }
      const ZipField wide(file_, at);
      count_ = wide.u64(32);
      size = wide.u64(40);
      at_ = wide.u64(48);
    }
    if (!fits(at_, size, limit)) {
      return malformed("a central directory of " + std::to_string(size) + " bytes at byte " + std::to_string(at_),
                       "it to end before byte " + std::to_string(limit));
    }
    if (count_ > most_zip_entries) {
      return Error{ErrorCode::too_large, "zip archive: found " + std::to_string(count_) +
                                             " entries, expected at most " + std::to_string(most_zip_entries)};
    }
    directory_ = {at_, at_ + size};
    return {};
  }

  Result<ZipEntry> next_entry() {
    if (!fits(at_, central_size, directory_.end) || !has_signature(at_, central_size, "PK\1\2")) {
      return malformed("no entry at byte " + std::to_string(at_), std::to_string(count_) + " in the central directory");
    }
    const ZipField header(file_, at_);
    const std::size_t name = header.u16(28);
    const std::size_t extra = header.u16(30);
    const std::uint64_t whole = central_size + name + extra + header.u16(32);
    if (!fits(at_, whole, directory_.end)) {
      return malformed("an entry at byte " + std::to_string(at_) + " that leaves the central directory", "it inside");
    }
    const std::uint64_t extra_at = at_ + central_size + name;
    at_ += whole;
    Sizes sizes{header.u32(24), header.u32(20), header.u32(42)};
    ZipEntry entry;
    entry.name = header.text(central_size, name);
    entry.method = header.u16(10);
    entry.encrypted = (header.u16(8) & 1) != 0;
    if (!read_zip64(extra_at, extra, sizes)) return damaged(entry, "an incomplete ZIP64 field", "its sizes");
    if (entry.method == 0 && sizes.stored != sizes.plain) {
      return damaged(entry, std::to_string(sizes.stored) + " bytes stored of " + std::to_string(sizes.plain), "all");
    }
    return locate(entry, sizes);
  }

  struct Sizes {
    std::uint64_t plain;
    std::uint64_t stored;
    std::uint64_t local;  // where the local header is
  };

  static Error damaged(const ZipEntry& entry, const std::string& found, const std::string& expected) {
    return {ErrorCode::malformed,
            "zip entry " + weights::printable(entry.name) + ": found " + found + ", expected " + expected};
  }

  // Fields of 32 bits that hold their largest value stand, in this order, in the extra field 1.
  bool read_zip64(std::uint64_t at, std::size_t size, Sizes& sizes) const noexcept {
    std::uint64_t* const fields[] = {&sizes.plain, &sizes.stored, &sizes.local};
    if (std::none_of(std::begin(fields), std::end(fields), [](const auto* field) { return *field == in_zip64; })) {
      return true;
    }
    for (const std::uint64_t end = at + size; fits(at, 4, end);) {
      const ZipField header(file_, at);
      const std::uint64_t length = header.u16(2);
      if (!fits(at + 4, length, end)) return false;
      if (header.u16(0) != 1) {
        at += 4 + length;
        continue;
      }
      std::uint64_t used = 0;
      for (std::uint64_t* field : fields) {
        if (*field != in_zip64) continue;
        if (length - used < 8) return false;
        *field = ZipField(file_, at + 4 + used).u64(0);
        used += 8;
      }
      return true;
    }
    return false;
  }

  Result<ZipEntry> locate(ZipEntry entry, const Sizes& sizes) {
    const std::uint64_t limit = directory_.begin;
    if (!fits(sizes.local, local_size, limit) || !has_signature(sizes.local, local_size, "PK\3\4")) {
      return damaged(entry, "no header at byte " + std::to_string(sizes.local), "one");
    }
    const ZipField header(file_, sizes.local);
    const std::size_t name = header.u16(26);
    const std::uint64_t begin = sizes.local + local_size + name + header.u16(28);
    if (begin > limit || header.text(local_size, name) != entry.name) {
      return damaged(entry, "another name in its own header", "the same");
    }
    if (!fits(begin, sizes.stored, limit)) {
      return damaged(entry, std::to_string(sizes.stored) + " bytes from byte " + std::to_string(begin) + " on",
                     "them to end before the central directory at byte " + std::to_string(limit));
    }
    entry.bytes = file_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(sizes.stored));
    taken_.push_back({sizes.local, begin + sizes.stored});
    return entry;
  }

  Status check_apart() {
    std::sort(taken_.begin(), taken_.end(), [](const Extent64& a, const Extent64& b) { return a.begin < b.begin; });
    const auto overlap = std::adjacent_find(taken_.begin(), taken_.end(),
                                            [](const Extent64& a, const Extent64& b) { return b.begin < a.end; });
    if (overlap == taken_.end()) return {};
    return malformed("two entries that share the bytes from " + std::to_string(overlap[1].begin) + " on",
                     "entries apart");
  }

  std::span<const std::byte> file_;
  std::uint64_t at_ = 0;
  std::uint64_t count_ = 0;
  Extent64 directory_;
  std::vector<Extent64> taken_;
};

class ZipArchive {
 public:
  // Of bytes that outlive it.
  static Result<ZipArchive> parse(std::span<const std::byte> file) {
    auto entries = detail::ZipReader(file).entries();
    if (!entries) return std::move(entries).error();
    ZipArchive archive;
    archive.entries_ = *std::move(entries);
    const auto by_name = [](const ZipEntry& left, const ZipEntry& right) { return left.name < right.name; };
    std::sort(archive.entries_.begin(), archive.entries_.end(), by_name);
    const auto twice = std::adjacent_find(archive.entries_.begin(), archive.entries_.end(),
                                          [](const ZipEntry& a, const ZipEntry& b) { return a.name == b.name; });
    if (twice != archive.entries_.end()) {
      return Error{ErrorCode::malformed,
                   "zip entry " + weights::printable(twice->name) + ": found twice, expected once"};
    }
    return archive;
  }

  // By name.
  std::span<const ZipEntry> entries() const noexcept { return entries_; }

  // Null if there is none of that name.
  const ZipEntry* find(std::string_view name) const noexcept {
    const auto at =
        std::lower_bound(entries_.begin(), entries_.end(), name,
                         [](const ZipEntry& entry, std::string_view wanted) { return entry.name < wanted; });
    return at != entries_.end() && at->name == name ? &*at : nullptr;
  }

  // Errors: there is none of that name, or it is compressed or encrypted.
  Result<std::span<const std::byte>> read(std::string_view name) const {
    const ZipEntry* entry = find(name);
    const auto fail = [&](const std::string& found, ErrorCode code) {
      return Error{code, "zip entry " + weights::printable(name) + ": found " + found + ", expected a stored one"};
    };
    if (entry == nullptr) return fail("none", ErrorCode::not_found);
    if (entry->encrypted) return fail("an encrypted one", ErrorCode::unsupported);
    if (entry->method == 8) return fail("a deflated one", ErrorCode::unsupported);
    if (entry->method != 0) return fail("compression " + std::to_string(entry->method), ErrorCode::unsupported);
    return entry->bytes;
  }

 private:
  std::vector<ZipEntry> entries_;
};

}  // namespace detail

}  // namespace ochre::inline v0
