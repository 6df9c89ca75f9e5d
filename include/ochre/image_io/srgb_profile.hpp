// The smallest ICC profile of version 4 that says sRGB, or grey of its curve, for files that have no other way to say
// so. Source: ICC.1:2010, sections 7 to 10. Tested by icc_profile_test.cpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/image_io/byte_order.hpp>
#include <ochre/image_io/color_model.hpp>
#include <ochre/image_io/rgb_primaries.hpp>

namespace ochre::inline v0::detail {

class ProfileWriter {
 public:
  void number(std::uint32_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<std::byte>(value >> shift & 0xFF));
  }
  void fixed(double value) { number(static_cast<std::uint32_t>(std::lround(value * 65536)), 4); }
  void name(std::string_view letters) {
    for (const char letter : letters) number(static_cast<std::uint8_t>(letter), 1);
  }
  void zeros(std::size_t count) { bytes_.insert(bytes_.end(), count, std::byte{0}); }

  // A type's name and its four zeros.
  void type(std::string_view letters) {
    name(letters);
    zeros(4);
  }
  void xyz(const Vector3& color) {
    type("XYZ ");
    for (const double value : color) fixed(value);
  }
  void curve(const CurveFormula& formula) {
    type("para");
    number(3, 2);  // of five parameters
    zeros(2);
    for (const double value : {formula.gamma, formula.a, formula.b, formula.slope, formula.d}) fixed(value);
  }
  // One text, in English, of ASCII letters.
  void text(std::string_view letters) {
    type("mluc");
    number(1, 4);
    number(12, 4);  // bytes of a record
    name("enUS");
    number(static_cast<std::uint32_t>(2 * letters.size()), 4);
    number(28, 4);  // where it begins
    for (const char letter : letters) number(static_cast<std::uint8_t>(letter), 2);
  }

  std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

// A tag's name and what it holds, of a multiple of four bytes.
struct ProfileTag {
  std::string_view name;
  std::vector<std::byte> data;
};

template <class Write>
ProfileTag profile_tag(std::string_view name, Write&& write) {
  ProfileWriter writer;
  write(writer);
  auto data = std::move(writer).take();
  data.resize((data.size() + 3) / 4 * 4);
  return {name, std::move(data)};
}

inline std::vector<ProfileTag> srgb_tags(bool has_colors) {
  const auto text = [](const char* letters) { return [letters](ProfileWriter& to) { to.text(letters); }; };
  const auto curve = [](ProfileWriter& to) { to.curve(srgb_curve); };
  std::vector<ProfileTag> tags;
  tags.push_back(profile_tag("desc", text(has_colors ? "sRGB" : "sRGB grey")));
  tags.push_back(profile_tag("cprt", text("CC0")));
  tags.push_back(profile_tag("wtpt", [](ProfileWriter& to) { to.xyz({d50_white[0], d50_white[1], d50_white[2]}); }));
  if (!has_colors) {
    tags.push_back(profile_tag("kTRC", curve));
    return tags;
  }
  constexpr Matrix3 colors = xyz_of_primaries(Primaries{});
  constexpr std::string_view names[] = {"rXYZ", "gXYZ", "bXYZ"};
  constexpr std::string_view curves[] = {"rTRC", "gTRC", "bTRC"};
  for (std::size_t i = 0; i < 3; ++i) {
    tags.push_back(profile_tag(names[i], [&](ProfileWriter& to) {
      to.xyz({colors[0][i], colors[1][i], colors[2][i]});
    }));
    tags.push_back(profile_tag(curves[i], curve));
  }
  tags.push_back(profile_tag("chad", [](ProfileWriter& to) {
    to.type("sf32");
    for (const auto& row : adaptation_to_d50(xyz_of_point(Primaries{}.white))) {
      for (const double value : row) to.fixed(value);
    }
  }));
  return tags;
}

inline std::vector<std::byte> srgb_profile(bool has_colors) {
  constexpr std::size_t header_bytes = 128;
  constexpr std::size_t entry_bytes = 12;
  const auto tags = srgb_tags(has_colors);
  std::size_t size = header_bytes + 4 + entry_bytes * tags.size();
  const std::size_t first = size;
  for (const ProfileTag& tag : tags) size += tag.data.size();
  ProfileWriter to;
  to.number(static_cast<std::uint32_t>(size), 4);
  to.zeros(4);
  to.number(0x04200000, 4);  // version 4.2
  to.name("mntr");
  to.name(has_colors ? "RGB " : "GRAY");
  to.name("XYZ ");
  for (const std::uint32_t part : {2000u, 1u, 1u, 0u, 0u, 0u}) to.number(part, 2);  // no time at which it was made
  to.name("acsp");
  to.zeros(28);  // platform, flags, device, attributes, intent: perceptual
  for (const float value : d50_white) to.fixed(value);
  to.zeros(48);
  to.number(static_cast<std::uint32_t>(tags.size()), 4);
  std::size_t at = first;
  for (const ProfileTag& tag : tags) {
    to.name(tag.name);
    to.number(static_cast<std::uint32_t>(at), 4);
    to.number(static_cast<std::uint32_t>(tag.data.size()), 4);
    at += tag.data.size();
  }
  auto profile = std::move(to).take();
  for (const ProfileTag& tag : tags) append_bytes(profile, tag.data);
  return profile;
}

}  // namespace ochre::inline v0::detail
