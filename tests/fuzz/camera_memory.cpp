// Any bytes as a camera's memory: a refusal is a clean line; what is accepted is written and read again as the same,
// gives the same colours for some grids, and goes on learning.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include <ochre/camera_memory_file.hpp>

#include "../support/clean_text.hpp"

namespace {

using namespace ochre;

void must(bool holds) {
  if (!holds) std::abort();
}

// By their bits, so that NaN is the same as itself.
bool same_bits(const std::vector<float>& one, const std::vector<float>& other) {
  return one.size() == other.size() && (one.empty() || std::memcmp(one.data(), other.data(), 4 * one.size()) == 0);
}

// The colours of a grid of at most as many cells as the memory's probe has, of whose features they are made.
std::vector<float> ask(const CameraMemory& memory, Extent grid, MemoryPlace place) {
  const auto cells = static_cast<std::size_t>(grid.h * grid.w);
  auto recall = color::Recall::create(memory, grid, place);
  auto keys = color::CellKeys::create(grid, memory.depth());
  must(recall.has_value() && keys.has_value());
  std::vector<float> features(cells * static_cast<std::size_t>(memory.depth()));
  for (std::size_t i = 0; i < features.size(); ++i) {
    features[i] = memory.totals().probe_keys[i % memory.totals().probe_keys.size()];
  }
  keys->read_features(TensorView<const float>{features.data(), {1, memory.depth(), grid.h, grid.w}}, {});
  const float* lightness = memory.totals().probe_lightness.data();
  keys->read_lightness(lightness);
  std::vector<float> ab(2 * cells, 10.0f);
  recall->settle(*keys, lightness, ab.data(), ab.data() + cells, &color::vote_row<color::RecallNumbers::values>, {});
  return ab;
}

Reference make_picture(const CameraMemory& memory) {
  constexpr Extent grid{3, 5};
  constexpr std::size_t cells = 15;
  Reference reference{.model = memory.totals().model,
                      .grid = grid,
                      .depth = memory.depth(),
                      .keys = std::vector<float>(cells * static_cast<std::size_t>(memory.depth())),
                      .lightness = std::vector<float>(cells, 40.0f),
                      .a = std::vector<float>(cells, 5.0f),
                      .b = std::vector<float>(cells, -5.0f),
                      .own_a = std::vector<float>(cells, 1.0f),
                      .own_b = std::vector<float>(cells, 1.0f)};
  for (std::size_t i = 0; i < cells; ++i) {
    reference.keys[i * static_cast<std::size_t>(memory.depth())] = 1.0f;
    reference.lightness[i] += static_cast<float>(i);
  }
  return reference;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  auto memory = parse_camera_memory(bytes);
  const auto report = verify_camera_memory(bytes);
  if (!memory) {
    must(test::is_clean(memory.error().message()));
    must(!report && report.error().message() == memory.error().message());
    return 0;
  }
  must(!memory->is_empty() && (report || test::is_clean(report.error().message())));
  const auto written = encode_camera_memory(*memory);
  must(written.has_value());
  const auto again = parse_camera_memory(*written);
  must(again.has_value() && again->keys() == memory->keys() && again->entries().size() == memory->entries().size());
  must(encode_camera_memory(*again).value() == *written);

  for (const Extent grid : {Extent{1, 1}, Extent{3, 5}, Extent{8, 8}}) {
    for (const MemoryPlace place : {MemoryPlace::found, MemoryPlace::same}) {
      must(same_bits(ask(*memory, grid, place), ask(*again, grid, place)));
    }
  }
  const Reference picture = make_picture(*memory);
  const double likeness = memory->likeness(picture);
  must(!(std::abs(likeness) > 1.001));
  must(memory->add(picture).ok());
  must(memory->entries().size() >= again->entries().size());
  return 0;
}
