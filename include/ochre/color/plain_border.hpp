// The picture inside a plain border: the paper around a scanned print, the bed of the scanner around the paper, the
// bars of a letterbox. A network that sees a border takes it for a wall or a sky, and colours what is inside
// accordingly. Of one side, with v the grey level, 0…255, at so many pixels from it, m = 1 % of the way across the
// picture, 4 at least:
//   tone    t = the median of v over the outermost m lines; slack s = 4 + what 95 % of |v − t| there do not exceed
//   end     of a line of sight: where it first leaves the tone, |v − t| > s there and at 3/4 of the next m pixels, so
//   that
//           dust, the noise of paper and a thin line around the picture are passed
//   depth   D = what 90 % of the lines of sight that end exceed
//   border  if 60 % of these end between D and D + m, at a clear step: the mean of |v − t| over the m pixels ≥ 2.5 s
// A border ends at a straight line. Skylines, lamps at night and drawings on paper end everywhere, gradients and fog
// without a step, what is flat nowhere. Once a side has a border, the next one needs less. Sides take turns until
// nothing is found: a print's own white margin may lie on a black bed. Whole levels are compared and counted, on 256
// lines of sight a side: cheap, and the same on any machine. Nothing is allocated. Tested by plain_border_test.cpp;
// chosen on 4,800 photographs (bench/color/README.md).
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>

#include <ochre/color/side_view.hpp>
#include <ochre/image/picture_part.hpp>

namespace ochre::inline v0::color {

struct BorderNumbers {
  static constexpr Index smallest = 16;            // pixels of a side, below which there is no border
  static constexpr Index share_of_reach = 100;     // m, of the pixels across
  static constexpr Index least_reach = 4;          // same: half a block of JPEG
  static constexpr int most_spread = 12;           // of levels about the tone: what varies more is no plain border
  static constexpr int slack = 4;                  // beyond it
  static constexpr int most_rounds = 3;            // each side's turns: a bed, a margin, a line around the picture
  static constexpr double least_seen = 1.0 / 3.0;  // of the lines of sight must leave the tone
  static constexpr double least_inside = 0.35;     // of the picture's width and of its height
};

// What it takes for a border: the share of the lines of sight that end at one straight line, and the step there, in
// slacks.
struct BorderEvidence {
  double share = 0;
  double step = 0;
};
inline constexpr BorderEvidence first_border{0.6, 2.5};  // 0.5 and 2: pillars, dunes below a sky
inline constexpr BorderEvidence next_border{0.4, 1.5};   // white sky beside white paper

namespace detail {

// The level below which a share of all counts lies.
inline int quantile(const std::array<Index, 256>& counts, double share) noexcept {
  Index sum = 0;
  for (const Index count : counts) sum += count;
  Index below = 0;
  int level = 0;
  while (level < 255 &&
         static_cast<double>(below += counts[static_cast<std::size_t>(level)]) <= share * static_cast<double>(sum))
    ++level;
  return level;
}

inline Index reach_of(const SideView& view) noexcept {
  return std::max(BorderNumbers::least_reach, view.deep() / BorderNumbers::share_of_reach);
}

struct BorderTone {
  int level = 0;
  int slack = 0;
};

// Of the outermost lines. Nothing: they are not plain.
inline std::optional<BorderTone> tone_of(const SideView& view, Index lines, int most_spread) noexcept {
  const auto count = [&](auto value_of) {
    std::array<Index, 256> counts{};
    for (Index depth = 0; depth < lines; ++depth) {
      for (Index sight = 0; sight < view.sights(); ++sight) {
        ++counts[static_cast<std::size_t>(value_of(view.level(sight, depth)))];
      }
    }
    return counts;
  };
  const int tone = quantile(count([](int level) { return level; }), 0.5);
  const int spread = quantile(count([&](int level) { return std::abs(level - tone); }), 0.95);
  if (spread > most_spread) return std::nullopt;
  return BorderTone{tone, spread + BorderNumbers::slack};
}

// Where a line of sight leaves the tone.
struct SightEnd {
  Index depth = 0;
  double step = 0;  // in slacks
};

inline std::optional<SightEnd> end_of(const SideView& view, Index sight, const BorderTone& tone) noexcept {
  const Index reach = reach_of(view);
  const auto away = [&](Index depth) { return std::abs(view.level(sight, depth) - tone.level); };
  for (Index depth = 0; depth < view.deep(); ++depth) {
    if (away(depth) <= tone.slack) continue;
    Index off = 0;
    Index sum = 0;
    for (Index at = depth; at < std::min(depth + reach, view.deep()); ++at) {
      const int by = away(at);
      off += by > tone.slack ? 1 : 0;
      sum += by;
    }
    if (4 * off >= 3 * reach)
      return SightEnd{depth, static_cast<double>(sum) / static_cast<double>(reach * tone.slack)};
  }
  return std::nullopt;
}

// How deep the border of a side is; 0: there is none.
inline Index border_of(const SideView& view, const BorderEvidence& evidence, int most_spread) noexcept {
  if (std::min(view.across(), view.deep()) < BorderNumbers::smallest) return 0;
  const auto tone = tone_of(view, reach_of(view), most_spread);
  if (!tone) return 0;
  std::array<SightEnd, SideView::most_sights> all;
  std::size_t count = 0;
  for (Index sight = 0; sight < view.sights(); ++sight) {
    if (const auto end = end_of(view, sight, *tone)) all[count++] = *end;
  }
  if (static_cast<double>(count) < BorderNumbers::least_seen * static_cast<double>(view.sights())) return 0;
  const std::span ends(all.data(), count);
  const auto shallower = [](const SightEnd& one, const SightEnd& other) { return one.depth < other.depth; };
  std::sort(ends.begin(), ends.end(), shallower);
  const Index depth = ends[count / 10].depth;
  if (depth < reach_of(view)) return 0;
  const auto ends_here = [&](const SightEnd& end) {
    return end.depth >= depth && end.depth <= depth + reach_of(view) && end.step >= evidence.step;
  };
  const auto straight = std::count_if(ends.begin(), ends.end(), ends_here);
  return static_cast<double>(straight) >= evidence.share * static_cast<double>(count) ? depth : 0;
}

// Without `depth` pixels of a side.
inline PictureRectangle without(PictureRectangle inside, Side side, Index depth) noexcept {
  if (side == Side::top) inside.y += depth;
  if (side == Side::left) inside.x += depth;
  (side == Side::top || side == Side::bottom ? inside.height : inside.width) -= depth;
  return inside;
}

// Whether all of it is of one tone, as borders are.
inline bool is_plain(const LevelPlane& part) noexcept {
  return tone_of({part, Side::top}, part.size.h, BorderNumbers::most_spread).has_value();
}

}  // namespace detail

// What lies around the inside of a picture: above, below, left and right of it.
inline std::array<PictureRectangle, 4> border_around(const PictureRectangle& inside, Extent picture) noexcept {
  return {{{0, 0, picture.w, inside.y},
           {0, inside.bottom(), picture.w, picture.h - inside.bottom()},
           {0, inside.y, inside.x, inside.height},
           {inside.right(), inside.y, picture.w - inside.right(), inside.height}}};
}

// All of the picture, if it has no border. picture: a PictureView or a YuvView, checked.
template <class Picture>
PictureRectangle inside_of_border(const Picture& picture, int most_spread = BorderNumbers::most_spread) noexcept {
  const detail::LevelPlane levels = detail::level_plane(picture);
  PictureRectangle inside{0, 0, picture.width, picture.height};
  BorderEvidence evidence = first_border;
  const auto is_small = [](Index inner, Index outer) {
    return static_cast<double>(inner) < BorderNumbers::least_inside * static_cast<double>(outer);
  };
  for (int round = 0; round < BorderNumbers::most_rounds; ++round) {
    const PictureRectangle before = inside;
    for (const auto side : {detail::Side::top, detail::Side::bottom, detail::Side::left, detail::Side::right}) {
      const Index depth = detail::border_of({levels.part(inside), side}, evidence, most_spread);
      const PictureRectangle rest = detail::without(inside, side, depth);
      if (depth == 0 || is_small(rest.width, picture.width) || is_small(rest.height, picture.height)) continue;
      inside = rest;
      evidence = next_border;
    }
    if (inside == before) break;
  }
  return inside;
}

// Whether what lies around `inside` is of one tone on each side. picture: as above.
template <class Picture>
bool is_plain_around(const PictureRectangle& inside, const Picture& picture) noexcept {
  const detail::LevelPlane levels = detail::level_plane(picture);
  for (const PictureRectangle& part : border_around(inside, levels.size)) {
    if (part.width > 0 && part.height > 0 && !detail::is_plain(levels.part(part))) return false;
  }
  return true;
}

}  // namespace ochre::inline v0::color
