// The proof of a camera's memory: it holds for what it was made of, and for nothing else.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/audit/memory_proof.hpp>
#include <ochre/camera_memory_file.hpp>
#include <ochre/network/random_weights.hpp>
#include "support/made_up_place.hpp"
#include "support/text.hpp"

namespace memory_proof_test {

namespace {

using namespace ochre;
using test::MadeUpPlace;
using test::memory_of;
using test::MemoryParts;

constexpr std::size_t answers = 2 * 64 + 1;  // a, b, the likeness of the details

MadeUpPlace probed_place() { return {.seed = 4, .grid = {16, 20}, .depth = 12, .cast = 0.15}; }

// No two entries of one colour, so that none answers for another.
CameraMemory motley_memory(int frames) {
  MemoryParts parts(memory_of(probed_place(), frames));
  RandomNumbers random(1);
  for (MemoryEntry& entry : parts.entries) {
    entry.a += static_cast<float>(0.2 * random.uniform());
    entry.b += static_cast<float>(0.2 * random.uniform());
  }
  return parts.memory().value();
}

// The answers that the file of a memory holds.
std::vector<float> stored_in_file(const CameraMemory& memory) {
  const auto bytes = encode_camera_memory(memory).value();
  const auto file = Safetensors::parse(bytes).value();
  const TensorEntry* proof = file.find("proof");
  REQUIRE(proof != nullptr);
  std::vector<float> stored(answers);
  const Status status = convert_to(*proof, std::span<float>(stored));
  REQUIRE(status.ok());
  return stored;
}

MemoryProofReport replay(const CameraMemory& memory, const std::vector<float>& stored) {
  return replay_memory_proof(memory, stored).value();
}

}  // namespace

TEST_CASE("memory proof: what encode made holds, by the formulas and by the fast votes") {
  for (const int frames : {1, 2, 3, 30}) {  // few frames, many, and pressed
    const CameraMemory memory = memory_of(probed_place(), frames);
    const MemoryProofReport report = replay(memory, stored_in_file(memory));
    CAPTURE(frames);
    CHECK(memory.totals().pressed == (frames == 30));
    CHECK(report.holds());
    CHECK(report.cells == 64);
    CHECK(report.largest > 10);
    CHECK(report.formula_error < 1e-5);  // but for the rounding of what is stored, nothing
    CHECK(report.fast_error < MemoryProofReport::tolerance / 2);
  }
}

TEST_CASE("memory proof: a changed memory does not hold") {
  for (const int frames : {1, 3}) {
    const CameraMemory memory = motley_memory(frames);
    const auto stored = stored_in_file(memory);
    const auto holds = [&](const auto& spoil) {
      MemoryParts parts(memory);
      spoil(parts);
      const MemoryProofReport report = replay(parts.memory().value(), stored);
      constexpr double tolerance = MemoryProofReport::tolerance;
      CHECK((report.formula_error > tolerance) == (report.fast_error > tolerance));  // both see it
      return report.holds();
    };
    CAPTURE(frames);
    CHECK(holds([](MemoryParts&) {}));
    // Of one entry of 320 or 960, where a cell of the probe is: (2·4 + 1)/16 of the height and (2·3 + 1)/16 of the
    // width.
    constexpr std::size_t probed = 9 * 20 + 8;
    CHECK_FALSE(holds([](MemoryParts& parts) { parts.entries[probed].a += 0.01f; }));
    CHECK_FALSE(holds([](MemoryParts& parts) { parts.entries[probed].b -= 0.01f; }));
    CHECK_FALSE(holds([](MemoryParts& parts) { parts.entries[probed].y += 0.1f; }));
    CHECK_FALSE(holds([](MemoryParts& parts) { parts.entries[probed].x -= 0.1f; }));
    CHECK_FALSE(holds([](MemoryParts& parts) { parts.entries[probed].lightness += 30; }));
    CHECK_FALSE(holds([](MemoryParts& parts) {
      for (std::size_t d = 0; d < 12; ++d) std::swap(parts.keys[probed * 12 + d], parts.keys[(probed + 9) * 12 + d]);
      std::fill_n(parts.keys.begin() + probed * 12, 12, 0.0f);
    }));
    CHECK_FALSE(holds([](MemoryParts& parts) {  // of the colours' whole plane
      for (MemoryEntry& entry : parts.entries) entry.a = -entry.a;
    }));
    CHECK_FALSE(holds([](MemoryParts& parts) { parts.totals.probe_lightness[20] += 1; }));
    CHECK_FALSE(holds([](MemoryParts& parts) {
      std::fill_n(parts.totals.probe_keys.begin() + 20 * 12, 12, 0.0f);
      parts.totals.probe_keys[20 * 12 + 11] = 1.0f;
    }));
    CHECK_FALSE(holds([](MemoryParts& parts) {
      for (float& value : parts.totals.details) value = -value;
    }));
    CHECK_FALSE(holds([](MemoryParts& parts) { parts.entries.resize(100), parts.keys.resize(1200); }));
  }
}

TEST_CASE("memory proof: what is told of few frames only, the cast, is proven as well") {
  const CameraMemory memory = memory_of(probed_place(), 2);
  REQUIRE(memory.cast() > color::MemoryNumbers::usual_cast);
  const auto stored = stored_in_file(memory);
  MemoryParts parts(memory);
  for (float& cast : parts.totals.casts) cast *= 1.2f;
  CHECK_FALSE(replay(parts.memory().value(), stored).holds());
}

TEST_CASE("memory proof: wrong answers do not hold, wherever they are") {
  const CameraMemory memory = memory_of(probed_place(), 3);
  const auto stored = stored_in_file(memory);
  for (const std::size_t where : {std::size_t{0}, std::size_t{20}, std::size_t{63}, std::size_t{64}, answers - 1}) {
    for (const float wrong : {stored[where] + 0.01f, -stored[where] - 1, NAN, INFINITY, -INFINITY}) {
      std::vector<float> changed = stored;
      changed[where] = wrong;
      CAPTURE(where);
      CAPTURE(wrong);
      CHECK_FALSE(replay(memory, changed).holds());
    }
  }
  CHECK_FALSE(replay(memory, std::vector<float>(answers, NAN)).holds());
  CHECK_FALSE(replay(memory, std::vector<float>(answers)).holds());
}

TEST_CASE("memory proof: answers of no colour prove nothing") {
  const CameraMemory memory = memory_of(probed_place(), 3);
  MemoryParts parts(memory);
  for (MemoryEntry& entry : parts.entries) entry.a = entry.b = 0;
  const CameraMemory colorless = parts.memory().value();
  const MemoryProofReport report = replay(colorless, stored_in_file(colorless));
  CHECK(report.formula_error < MemoryProofReport::tolerance);
  CHECK(report.fast_error < MemoryProofReport::tolerance);
  CHECK(report.largest < 0.5);
  CHECK_FALSE(report.holds());
}

TEST_CASE("memory proof: another number of answers is refused") {
  const CameraMemory memory = memory_of(probed_place(), 1);
  for (const std::size_t count : {std::size_t{0}, answers - 1, answers + 1}) {
    const auto refused = replay_memory_proof(memory, std::vector<float>(count));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == ErrorCode::mismatch);
    CHECK(test::contains(refused.error().message(), "found " + std::to_string(count) + " answers, expected 129"));
  }
  const CameraMemory empty;
  CHECK_FALSE(replay_memory_proof(empty, {}).has_value());
}

}  // namespace memory_proof_test
