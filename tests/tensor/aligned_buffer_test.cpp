// Owning arrays: zero, aligned, handed on, and an error where there is no memory.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include <ochre/tensor/aligned_buffer.hpp>

namespace {

using namespace ochre;

TEST_CASE("a buffer is zero, on a cache line, and can be written") {
  for (const Index count : {1, 1000, 262143, 262144, 600000}) {  // the last two are pages of the system's
    auto buffer = AlignedBuffer<float>::create(count).value();
    CHECK(buffer.size() == count);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
    CHECK(std::all_of(buffer.data(), buffer.data() + count, [](float value) { return value == 0.0f; }));
    std::fill_n(buffer.data(), count, 1.0f);
    CHECK(std::as_const(buffer).data()[count - 1] == 1.0f);
  }
  CHECK(AlignedBuffer<float>::create(0).value().data() == nullptr);
  CHECK(AlignedBuffer<float>().size() == 0);
}

TEST_CASE("a buffer moves and leaves nothing behind") {
  auto first = AlignedBuffer<float>::create(10).value();
  first.data()[3] = 5.0f;
  const float* at = first.data();
  AlignedBuffer<float> other(std::move(first));
  CHECK(other.data() == at);
  CHECK(first.data() == nullptr);  // NOLINT: what is promised
  CHECK(first.size() == 0);
  first = std::move(other);
  CHECK(first.data()[3] == 5.0f);
  auto third = AlignedBuffer<float>::create(20).value();
  third = std::move(first);
  CHECK(third.data() == at);
  CHECK(third.size() == 10);
}

TEST_CASE("a large buffer is zero again in memory that was used before") {
  for (int round = 0; round < 3; ++round) {
    auto buffer = AlignedBuffer<float>::create(600000).value();
    CHECK(std::all_of(buffer.data(), buffer.data() + 600000, [](float value) { return value == 0.0f; }));
    std::fill_n(buffer.data(), 600000, 7.0f);
  }
}

TEST_CASE("a buffer that waits for huge pages keeps what is in it when it gets them") {
  for (const Index count : {1000, 600000}) {
    auto buffer = AlignedBuffer<float>::create(count, HugePages::later).value();
    std::fill_n(buffer.data(), count, 7.0f);
    buffer.prefer_huge_pages();
    CHECK(std::all_of(buffer.data(), buffer.data() + count, [](float value) { return value == 7.0f; }));
  }
  AlignedBuffer<float>().prefer_huge_pages();
}

TEST_CASE("what the system does not have is an error") {
  const auto too_large = AlignedBuffer<float>::create(std::numeric_limits<Index>::max() / 2);
  REQUIRE(!too_large);
  CHECK(too_large.error().code == ErrorCode::too_large);
  CHECK(!AlignedBuffer<float>::create(-1));
  const auto out_of_memory = AlignedBuffer<float>::create(Index{1} << 50);
  REQUIRE(!out_of_memory);
  CHECK(out_of_memory.error().code == ErrorCode::out_of_memory);
  CHECK(out_of_memory.error().message().find(std::to_string(Index{1} << 52)) != std::string::npos);
}

}  // namespace
