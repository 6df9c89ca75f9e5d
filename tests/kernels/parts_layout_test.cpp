// Tensors of bf16 parts: where each number lies, there and back, the channels that fill up a block, the border.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <ochre/kernels/parts_layout.hpp>
#include <ochre/network/random_weights.hpp>
#include <ochre/parallel/thread_team.hpp>

#include "support/archs.hpp"

namespace {

using namespace ochre;

TEST_CASE_TEMPLATE("parts: there and back, whatever the number of channels", Arch, OCHRE_NATIVE_ARCHS) {
  RandomNumbers random(1);
  for (const Index channels : {1, 16, 17, 32, 33, 48, 80}) {
    for (const int parts : {1, 2}) {
      CAPTURE(channels);
      CAPTURE(parts);
      const BlockedLayout floats{channels, {5, 7}, {1, 0, 2, 1}};
      std::vector<float> from(static_cast<std::size_t>(floats.size()), 0.0f);
      const BlockedView<float> blocked{from.data(), floats};
      const BlockedLayout places{kernels::places_of(channels, parts), {5, 7}, {0, 2, 1, 0}};
      CHECK(places.blocks() == parts * ceil_div(channels, Index{32}));
      constexpr float unwritten = 5.0f;
      std::vector<float> to(static_cast<std::size_t>(places.size()), unwritten);
      for (Index c = 0; c < channels; ++c) {
        for (Index i = 0; i < 35; ++i) blocked.at(c, i / 7, i % 7) = static_cast<float>(random.uniform());
      }
      const auto team = parallel::ThreadTeam::create(2).value();
      const BlockedView<float> view{to.data(), places};
      kernels::to_parts<Arch>(blocked, view, parts, team.team());
      for (Index i = 0; i < 35; ++i) {
        for (Index c = 0; c < ceil_div(channels, Index{32}) * 32; ++c) {
          const float number = c < channels ? blocked.at(c, i / 7, i % 7) : 0.0f;
          const float back = kernels::from_parts(view, parts, c, i / 7, i % 7);
          CHECK(std::abs(back - number) <= (parts == 1 ? 0x1p-8f : 0x1p-16f) * std::abs(number));
        }
      }
      for (Index b = 0; b < places.blocks(); ++b) {
        for (Index x = -2; x < 7; ++x) CHECK(*view.pixel(b, 5, x) == unwritten);
        for (Index y = 0; y < 5; ++y) CHECK(*view.pixel(b, y, -1) == unwritten);
      }
    }
  }
}

TEST_CASE("parts: channel c is number c % 32 of a pixel's line") {
  const BlockedLayout places{kernels::places_of(40, 2), {1, 3}, {}};
  std::vector<float> memory(static_cast<std::size_t>(places.size()), 0.0f);
  const BlockedView<float> view{memory.data(), places};
  const auto put = [&](Index block, Index x, Index lane, float value) {
    const std::uint16_t bits = simd::to_bf16(value);
    std::memcpy(reinterpret_cast<unsigned char*>(view.pixel(block, 0, x)) + 2 * lane, &bits, 2);
  };
  put(1, 2, 7, 3.0f);     // high part, second block of 32
  put(3, 2, 7, 0x1p-9f);  // low part
  CHECK(kernels::from_parts(view, 2, 39, 0, 2) == 3.0f + 0x1p-9f);
  CHECK(kernels::part_stride(places, 2) == 2 * places.block_stride());
}

}  // namespace
