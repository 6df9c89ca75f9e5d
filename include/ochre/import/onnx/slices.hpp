// What a Slice takes of each axis. Tested by read_onnx_test.cpp.
#pragma once

#include <cmath>

#include <ochre/import/onnx/values.hpp>

namespace ochre::inline v0::detail {

struct OnnxRange {
  Index begin = 0;
  Index step = 1;
  Index count = 0;
};

// Of one axis; an end may lie beyond all lengths.
struct OnnxSlice {
  double axis = 0;
  double start = 0;
  double end = 0;
  double step = 1;

  // Of an axis of that length. Places below 0 count from the end; where the steps go back, the end may lie before 0.
  OnnxRange of(Index length) const noexcept {
    if (length == 0) return {};
    const auto sides = static_cast<double>(length);
    const auto from_front = [&](double at) { return at < 0 ? at + sides : at; };
    const bool back = step < 0;
    const double first = std::clamp(from_front(start), 0.0, back ? sides - 1 : sides);
    const double past = std::clamp(from_front(end), back ? -1.0 : 0.0, back ? sides - 1 : sides);
    const double count = std::max(0.0, std::ceil((past - first) / step));
    return {static_cast<Index>(first), static_cast<Index>(step), static_cast<Index>(count)};
  }
};

inline Result<std::vector<OnnxSlice>> read_onnx_slices(OnnxValues& values, const OnnxNode& node,
                                                       OnnxAttributes& attributes) {
  const std::string_view names[] = {"starts", "ends", "axes", "steps"};
  std::vector<double> lists[4];
  for (std::size_t i = 0; i < 4; ++i) {
    auto list = values.list(node, attributes, names[i], i + 1);
    if (!list) return std::move(list).error();
    lists[i] = *std::move(list);
    for (const double number : lists[i]) {
      if (number == std::floor(number)) continue;
      return node_error(node, "found " + std::string(names[i]) + " that are no whole numbers", ErrorCode::malformed);
    }
  }
  const auto& [starts, ends, axes, steps] = lists;
  const std::size_t count = starts.size();
  if (ends.size() != count || (!axes.empty() && axes.size() != count) || (!steps.empty() && steps.size() != count) ||
      count > most_dimensions) {
    return node_error(node, "found starts, ends, axes and steps of unlike lengths", ErrorCode::malformed);
  }
  std::vector<OnnxSlice> slices;
  for (std::size_t i = 0; i < count; ++i) {
    slices.push_back({axes.empty() ? static_cast<double>(i) : axes[i], starts[i], ends[i],
                      steps.empty() ? 1 : std::clamp(steps[i], -0x1p31, 0x1p31)});
    if (slices.back().step == 0) return node_error(node, "found a step of 0", ErrorCode::malformed);
  }
  return slices;
}

}  // namespace ochre::inline v0::detail
