// What a Python pickle holds, as data: values of 16 bytes, texts that stay where they are in the file, sequences as
// chains of cells. Nothing is ever called: an object is the name of what Python would call, its arguments, and what was
// put into it later. Chains may share parts and may even be circles, so nothing here descends by itself.
// Tested by pickle_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <ochre/base/checked.hpp>

namespace ochre::inline v0 {

namespace detail {
class PickleBuilder;
}

namespace detail {

enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  long_integer,  // wider than 64 bits: its bytes, as bytes
  real,          // that it is one; nobody asked for the number
  text,
  bytes,
  tuple,
  list,
  set,
  dict,       // items: key, value, key, value, …
  global,     // a name of the list given to read_pickle
  object,     // items: the global that makes it, the tuple of its arguments, then as of a list or a dict
  reference,  // items: as of the tuple that names something outside of the pickle
  mark,       // of the machine; never in a finished pickle
};

struct PickleValue {
  PickleKind kind = PickleKind::none;
  std::uint32_t size = 0;   // of a text
  std::int64_t number = 0;  // of an integer; of a text, where it begins; of a global, its place in the list
};

class Pickle {
  struct Cell;

 public:
  // One after the other, while they last.
  class Items {
   public:
    Items(const Pickle& pickle, std::uint32_t first) noexcept : pickle_(&pickle), at_(first) {}

    std::optional<PickleValue> next() noexcept {
      if (at_ == none) return std::nullopt;
      const Cell& cell = pickle_->cells_[at_];
      at_ = cell.next;
      return cell.value;
    }

   private:
    const Pickle* pickle_;
    std::uint32_t at_;
  };

  const PickleValue& root() const noexcept { return root_; }

  // Bytes from the pickle's first to its last.
  std::size_t length() const noexcept { return length_; }

  // Every reference, in the file's order.
  std::span<const PickleValue> references() const noexcept { return references_; }

  // Of a text, of bytes or of a long integer; of others, nothing.
  std::string_view text(const PickleValue& value) const noexcept {
    if (!has_text(value)) return {};
    return {reinterpret_cast<const char*>(bytes_.data()) + value.number, value.size};
  }

  // Of a value that has no items: 0.
  std::size_t count(const PickleValue& value) const noexcept {
    return has_items(value) ? sequences_[static_cast<std::size_t>(value.number)].count : 0;
  }
  Items items(const PickleValue& value) const noexcept {
    return {*this, has_items(value) ? sequences_[static_cast<std::size_t>(value.number)].first : none};
  }

  // The first `most` items; values of kind none for those that are not there.
  template <std::size_t most>
  std::array<PickleValue, most> first_items(const PickleValue& value) const noexcept {
    std::array<PickleValue, most> first{};
    Items all = items(value);
    for (PickleValue& slot : first) {
      const auto item = all.next();
      if (!item) break;
      slot = *item;
    }
    return first;
  }

 private:
  friend class detail::PickleBuilder;

  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Cell {
    PickleValue value;
    std::uint32_t next = none;
  };
  struct Sequence {
    std::uint32_t first = none;
    std::uint32_t last = none;
    std::uint32_t count = 0;
  };

  static bool has_text(const PickleValue& value) noexcept {
    return value.kind == PickleKind::text || value.kind == PickleKind::bytes || value.kind == PickleKind::long_integer;
  }
  static bool has_items(const PickleValue& value) noexcept {
    switch (value.kind) {
      case PickleKind::tuple:
      case PickleKind::list:
      case PickleKind::set:
      case PickleKind::dict:
      case PickleKind::object:
      case PickleKind::reference:
        return true;
      default:
        return false;
    }
  }

  std::span<const std::byte> bytes_;
  std::deque<Cell> cells_;  // a deque, since a vector that grows takes its room twice
  std::deque<Sequence> sequences_;
  std::vector<PickleValue> references_;
  PickleValue root_;
  std::size_t length_ = 0;
};

}  // namespace detail

}  // namespace ochre::inline v0
