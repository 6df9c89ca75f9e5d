// Archives as they may be, and each way in which a hostile or damaged one lies.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/torch/zip_archive.hpp>

#include "support/temporary_folder.hpp"
#include "support/text.hpp"
#include "support/zip_file.hpp"

namespace {

using ochre::detail::ZipArchive;
using ochre::test::contains;

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string zip_refusal(const std::string& file) {
  const auto bytes = bytes_of(file);
  const auto archive = ZipArchive::parse(bytes);
  return archive ? "accepted" : archive.error().message();
}

ZipPart part(const std::string& name, const std::string& data) {
  ZipPart entry;
  entry.name = name;
  entry.data = data;
  return entry;
}

}  // namespace

TEST_CASE("zip: stored entries, padded, with a comment, in 64-bit fields") {
  ZipPart padded = part("archive/data/0", "numbers");
  padded.local_extra = "FB" + u16(3) + "ZZZ";
  ZipPart wide = part("archive/data/1", "more");
  wide.zip64 = true;
  wide.central_extra = "FB" + u16(2) + "ZZ";
  const std::vector<ZipPart> parts = {part("archive/version", "3\n"), padded, wide, part("archive/none", "")};
  ZipEnd commented;
  commented.comment = "PK\5\6, and more";
  ZipEnd end64;
  end64.zip64 = true;
  for (const ZipEnd& end : {ZipEnd{}, commented, end64}) {
    const auto file = bytes_of(zip_file(parts, end));
    const auto archive = ZipArchive::parse(file);
    REQUIRE(archive);
    REQUIRE(archive->entries().size() == 4);
    CHECK(archive->entries()[0].name == "archive/data/0");  // by name
    REQUIRE(archive->read("archive/data/0"));
    CHECK(text(*archive->read("archive/data/0")) == "numbers");
    CHECK(archive->read("archive/data/0")->data() > file.data());  // not copied
    CHECK(archive->read("archive/data/0")->data() < file.data() + file.size());
    CHECK(text(*archive->read("archive/data/1")) == "more");
    CHECK(archive->read("archive/none")->empty());
    CHECK(archive->find("archive/data/") == nullptr);
    CHECK(archive->read("none").error().message() == "zip entry none: found none, expected a stored one");
  }
  CHECK(zip_refusal(zip_file({})) == "accepted");
}

TEST_CASE("zip: what is compressed or encrypted is refused when it is asked for") {
  ZipPart deflated = part("a", "??");
  deflated.method = 8;
  deflated.plain_claim = 100;
  ZipPart other = part("b", "??");
  other.method = 93;
  ZipPart encrypted = part("c", "??");
  encrypted.flags = 1;
  const auto file = bytes_of(zip_file({deflated, other, encrypted}));
  const auto archive = ZipArchive::parse(file);
  REQUIRE(archive);
  CHECK(archive->read("a").error().message() == "zip entry a: found a deflated one, expected a stored one");
  CHECK(contains(archive->read("b").error().message(), "compression 93"));
  CHECK(contains(archive->read("c").error().message(), "an encrypted one"));
  CHECK(archive->read("c").error().code == ochre::ErrorCode::unsupported);
}

TEST_CASE("zip: every prefix of a good archive is cut short") {
  const std::string file = zip_file({part("a", "one"), part("b", "two")});
  REQUIRE(zip_refusal(file) == "accepted");
  for (std::size_t length = 0; length < file.size(); ++length) {
    CAPTURE(length);
    CHECK(contains(zip_refusal(file.substr(0, length)),
                   "no central directory at its end, expected one (the file is cut"));
  }
  CHECK(zip_refusal(file + "x") != "accepted");
}

TEST_CASE("zip: end records that lie") {
  const std::vector<ZipPart> parts = {part("a", "one"), part("b", "two")};
  const auto with = [&](auto change) {
    ZipEnd end;
    change(end);
    return zip_refusal(zip_file(parts, end));
  };
  CHECK(contains(with([](ZipEnd& end) { end.count = 3; }), "found no entry at byte"));
  CHECK(with([](ZipEnd& end) { end.count = 1; }) == "accepted");  // the other is not in the directory then
  CHECK(contains(with([](ZipEnd& end) { end.size = 1000; }), "a central directory of 1000 bytes"));
  CHECK(contains(with([](ZipEnd& end) { end.size = 93; }), "that leaves the central directory"));
  CHECK(contains(with([](ZipEnd& end) { end.place = 0xFFFFFFF0; }), "at byte 4294967280"));
  CHECK(contains(with([](ZipEnd& end) { end.place = 0; }), "no entry at byte 0"));
  const auto with64 = [&](auto change) {
    return with([&](ZipEnd& end) {
      end.zip64 = true;
      change(end);
    });
  };
  CHECK(with64([](ZipEnd&) {}) == "accepted");
  CHECK(contains(with64([](ZipEnd& end) { end.count = 65'537; }), "found 65537 entries, expected at most 65536"));
  CHECK(contains(with64([](ZipEnd& end) { end.count = 60'000; }), "no entry at byte"));  // and no room for so many
  constexpr std::int64_t most = 0x7FFFFFFFFFFFFFFF;
  CHECK(contains(with64([](ZipEnd& end) { end.size = most; }), "9223372036854775807 bytes"));
  CHECK(contains(with64([](ZipEnd& end) { end.place = most; }), "at byte 9223372036854775807"));
  std::string file = zip_file(parts, [] {
    ZipEnd end;
    end.zip64 = true;
    return end;
  }());
  file[file.size() - 22 - 12] ^= 1;  // where the ZIP64 record is
  CHECK(contains(zip_refusal(file), "no ZIP64 record at byte"));
}

TEST_CASE("zip: entries that lie") {
  const auto with = [](auto change) {
    ZipPart changed = part("b", "two");
    change(changed);
    return zip_refusal(zip_file({part("a", "one"), changed, part("c", "three")}));
  };
  REQUIRE(with([](ZipPart&) {}) == "accepted");
  CHECK(with([](ZipPart& p) { p.name = "a"; }) == "zip entry a: found twice, expected once");
  CHECK(contains(with([](ZipPart& p) { p.local_name = "x"; }), "zip entry b: found another name in its own header"));
  CHECK(contains(with([](ZipPart& p) { p.size_claim = 1; }), "two entries that share the bytes from"));
  CHECK(contains(with([](ZipPart& p) { p.size_claim = 1000; }), "zip entry b: found 1003 bytes from byte"));
  CHECK(contains(with([](ZipPart& p) { p.plain_claim = 1; }), "zip entry b: found 3 bytes stored of 4, expected all"));
  CHECK(contains(with([](ZipPart& p) { p.place = 1; }), "zip entry b: found no header at byte 1"));
  CHECK(contains(with([](ZipPart& p) { p.place = 0; }), "found another name in its own header"));
  CHECK(contains(with([](ZipPart& p) { p.place = 0xFFFFFFF0; }), "found no header at byte 4294967280"));
  CHECK(contains(with([](ZipPart& p) { p.local_extra.assign(65'535, 'x'), p.place = -1; }), "accepted"));
  CHECK(contains(with([](ZipPart& p) {
                   p.zip64 = true;
                   p.central_extra = u16(1) + u16(8) + u64(3);
                 }),
                 "zip entry b: found an incomplete ZIP64 field"));
  CHECK(contains(with([](ZipPart& p) {
                   p.zip64 = true;
                   p.central_extra = u16(7) + u16(60'000);
                 }),
                 "zip entry b: found an incomplete ZIP64 field"));
  ZipPart twin = part("a", "one");
  twin.place = 0;
  CHECK(zip_refusal(zip_file({part("a", "one"), twin})) ==
        "zip archive: found two entries that share the bytes from 0 on, expected entries apart");
}

TEST_CASE("zip: any byte changed is survived") {
  ZipPart wide = part("archive/data/0", "numbers");
  wide.zip64 = true;
  ZipEnd end;
  end.zip64 = true;
  const std::string file = zip_file({wide, part("archive/version", "3")}, end);
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const char value : {'\0', '\x01', '\x7f', '\xff'}) {
      std::string changed = file;
      changed[at] = value;
      const auto bytes = bytes_of(changed);
      const auto archive = ZipArchive::parse(bytes);
      if (!archive) continue;
      for (const ochre::detail::ZipEntry& entry : archive->entries()) {
        CHECK(entry.bytes.data() >= bytes.data());
        CHECK(entry.bytes.data() + entry.bytes.size() <= bytes.data() + bytes.size());
      }
    }
  }
}
