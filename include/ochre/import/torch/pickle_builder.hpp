// Puts the values of a pickle together, within limits. One byte of a file may make a value, so memory is held by these
// and not by the file's size: what they allow is some 30 MiB. Tested by pickle_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/result.hpp>
#include <ochre/import/torch/pickle_value.hpp>

namespace ochre::inline v0::detail {

// A tensor of a state dict takes some 25 cells of 24 bytes and 7 sequences of 12, a checkpoint of a large network with
// its optimizer's state less than 200,000 cells.
inline constexpr std::size_t most_pickle_cells = std::size_t{1} << 19;
inline constexpr std::size_t most_pickle_sequences = std::size_t{1} << 18;
inline constexpr std::size_t most_pickle_references = std::size_t{1} << 16;  // one for each tensor

class PickleBuilder {
 public:
  explicit PickleBuilder(std::span<const std::byte> bytes) { pickle_.bytes_ = bytes; }

  std::string_view text(const PickleValue& value) const noexcept { return pickle_.text(value); }

  Result<PickleValue> new_sequence(PickleKind kind) {
    if (pickle_.sequences_.size() == most_pickle_sequences) return too_many("containers", most_pickle_sequences);
    pickle_.sequences_.emplace_back();
    return PickleValue{kind, 0, static_cast<std::int64_t>(pickle_.sequences_.size() - 1)};
  }

  Status append(const PickleValue& sequence, std::span<const PickleValue> values) {
    if (values.size() > most_pickle_cells - pickle_.cells_.size()) return too_many("items", most_pickle_cells);
    Pickle::Sequence& chain = pickle_.sequences_[static_cast<std::size_t>(sequence.number)];
    for (const PickleValue& value : values) {
      const auto cell = static_cast<std::uint32_t>(pickle_.cells_.size());
      pickle_.cells_.push_back({value, Pickle::none});
      (chain.last == Pickle::none ? chain.first : pickle_.cells_[chain.last].next) = cell;
      chain.last = cell;
      ++chain.count;
    }
    return {};
  }

  Status add_reference(const PickleValue& reference) {
    if (pickle_.references_.size() == most_pickle_references) return too_many("references", most_pickle_references);
    pickle_.references_.push_back(reference);
    return {};
  }

  Pickle finish(const PickleValue& root, std::size_t length) && {
    pickle_.root_ = root;
    pickle_.length_ = length;
    return std::move(pickle_);
  }

 private:
  static Error too_many(const char* what, std::size_t most) {
    return {ErrorCode::too_large,
            "found more than " + std::to_string(most) + " " + what + ", expected at most that many"};
  }

  Pickle pickle_;
};

}  // namespace ochre::inline v0::detail
