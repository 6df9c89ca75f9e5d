// Python's pickles of plain data, protocols 2 to 5, read by a stack machine that knows the opcodes of such data and no
// others. It executes nothing: GLOBAL is a name, and only one of the list that the caller gives; REDUCE, NEWOBJ and
// BINPERSID put names and arguments together (pickle_value.hpp); BUILD drops what it is given. Any other name is
// refused by that name.
// Source: the opcodes' own documentation, Lib/pickletools.py of CPython. Tested by pickle_test.cpp and a fuzz target.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/import/torch/pickle_builder.hpp>
#include <ochre/import/torch/pickle_value.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

namespace detail {

// Python's writer puts 1000 entries of a dict onto the stack at a time, the one of C++ all of them. It bounds the
// nesting, too: nothing nests deeper than the stack.
inline constexpr std::size_t most_pickle_stack = std::size_t{1} << 16;
inline constexpr std::size_t most_pickle_memos = std::size_t{1} << 18;  // some 10 for each tensor

class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> bytes, std::span<const std::string_view> known)
      : bytes_(bytes), known_(known), builder_(bytes) {}

  Result<Pickle> run() {
    while (!stopped_) {
      opcode_at_ = at_;
      const auto opcode = take<std::uint8_t>();
      if (!opcode) return cut_short();
      const Operation* operation = find_operation(*opcode);
      if (operation == nullptr) {
        return fail("the opcode " + std::to_string(*opcode), "one of plain data", ErrorCode::unsupported);
      }
      if (Status status = (this->*operation->run)(); !status) return std::move(status).error();
    }
    return std::move(builder_).finish(stack_.back(), at_);
  }

 private:
  struct Operation {
    std::uint8_t opcode;
    Status (PickleMachine::*run)();
  };

  Error fail(const std::string& found, const std::string& expected, ErrorCode code = ErrorCode::malformed) const {
    return at_opcode({code, "found " + found + ", expected " + expected});
  }
  Error at_opcode(Error error) const { return std::move(error).in("pickle byte " + std::to_string(opcode_at_)); }
  Error cut_short() const { return fail("the end of the bytes", "more of them (the file is cut short)"); }
  Error too_many(const std::string& what, std::size_t most) const {
    return fail("more than " + std::to_string(most) + " " + what, "at most that many", ErrorCode::too_large);
  }

  // Reading.
  template <class Unsigned>
  std::optional<Unsigned> take() noexcept {
    if (bytes_.size() - at_ < sizeof(Unsigned)) return std::nullopt;
    const auto value = load_little_endian<Unsigned>(bytes_.data() + at_);
    at_ += sizeof(Unsigned);
    return value;
  }

  // The bytes that follow as a value of that kind.
  Status push_range(PickleKind kind, std::size_t size) {
    if (size > bytes_.size() - at_) return cut_short();
    const PickleValue value{kind, static_cast<std::uint32_t>(size), static_cast<std::int64_t>(at_)};
    at_ += size;
    return push(value);
  }

  // The stack.
  Status push(PickleValue value) {
    if (stack_.size() == most_pickle_stack) return too_many("values on the stack", most_pickle_stack);
    stack_.push_back(value);
    return {};
  }
  bool has(std::size_t count) const noexcept {
    return stack_.size() >= count && std::none_of(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end(),
                                                  [](const PickleValue& v) { return v.kind == PickleKind::mark; });
  }
  PickleValue pop() noexcept {
    const PickleValue value = stack_.back();
    stack_.pop_back();
    return value;
  }
  Error too_few() const { return fail("too few values on the stack", "those that the opcode takes"); }

  // What lies above the last mark: where it begins. Nothing without a mark.
  std::optional<std::size_t> above_mark() const noexcept {
    const auto mark = std::find_if(stack_.rbegin(), stack_.rend(),
                                   [](const PickleValue& value) { return value.kind == PickleKind::mark; });
    if (mark == stack_.rend()) return std::nullopt;
    return static_cast<std::size_t>(stack_.rend() - mark);
  }

  // Sequences.
  // A new sequence of the stack's values from `begin` on, in their place.
  Status gather(PickleKind kind, std::size_t begin, std::size_t drop = 0) {
    auto sequence = builder_.new_sequence(kind);
    if (!sequence) return at_opcode(std::move(sequence).error());
    Status status = builder_.append(*sequence, std::span(stack_).subspan(begin));
    if (!status) return at_opcode(std::move(status).error());
    stack_.resize(begin - drop);
    return push(*sequence);
  }
  // The stack's values from `begin` on into the container below them, `drop` places further down.
  Status extend(std::size_t begin, std::size_t drop, bool pairs) {
    if (begin < drop + 1) return too_few();
    const PickleValue target = stack_[begin - drop - 1];
    const bool fits =
        target.kind == PickleKind::object ||
        (pairs ? target.kind == PickleKind::dict : target.kind == PickleKind::list || target.kind == PickleKind::set);
    const std::size_t count = stack_.size() - begin;
    if (!fits || (pairs && count % 2 != 0)) return fail("items of no such container", pairs ? "a dict" : "a list");
    Status status = builder_.append(target, std::span(stack_).subspan(begin));
    if (!status) return at_opcode(std::move(status).error());
    stack_.resize(begin - drop);
    return {};
  }

  // Names.
  Status push_global(std::string_view module, std::string_view name) {
    const auto is_it = [&](std::string_view full) {
      return full.size() == module.size() + name.size() + 1 && full.starts_with(module) && full[module.size()] == '.' &&
             full.ends_with(name);
    };
    const auto position = std::find_if(known_.begin(), known_.end(), is_it);
    if (position != known_.end()) return push({PickleKind::global, 0, position - known_.begin()});
    // The first name of a file that holds an object of some class is that class.
    const bool whole = stack_.empty() || builder_.text(stack_.back()) == "module";
    return fail("the Python object " +
                    weights::printable(std::string(module.substr(0, 120)) + "." + std::string(name.substr(0, 120))),
                whole ? "a state dict of tensors (a whole object was saved; save its state_dict() instead)"
                      : "a state dict of tensors",
                ErrorCode::unsupported);
  }
  std::optional<std::string_view> take_line() noexcept {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_, bytes_.size() - at_);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    at_ += end + 1;
    return rest.substr(0, end);
  }

  // The operations, in the order of the table below.
  Status protocol() {
    const auto version = take<std::uint8_t>();
    if (!version) return cut_short();
    if (*version < 2 || *version > 5) {
      return fail("protocol " + std::to_string(*version), "2 to 5", ErrorCode::unsupported);
    }
    return {};
  }
  Status frame() { return take<std::uint64_t>() ? Status() : Status(cut_short()); }
  Status stop() {
    if (!has(1) || stack_.size() != 1) return fail("an end with other than one value on the stack", "one");
    stopped_ = true;
    return {};
  }
  template <PickleKind kind, std::int64_t number = 0>
  Status constant() {
    return push({kind, 0, number});
  }
  template <class Unsigned, class Number>
  Status integer() {
    const auto value = take<Unsigned>();
    return value ? push({PickleKind::integer, 0, static_cast<Number>(*value)}) : Status(cut_short());
  }
  Status long_integer() {
    const auto size = take<std::uint8_t>();
    if (!size) return cut_short();
    if (*size > 8) return push_range(PickleKind::long_integer, *size);
    std::uint64_t value = 0;
    for (unsigned i = 0; i < *size; ++i) {
      const auto byte = take<std::uint8_t>();
      if (!byte) return cut_short();
      value |= std::uint64_t{*byte} << (8 * i);
      const bool last_and_negative = i + 1u == *size && *byte >= 0x80;
      if (last_and_negative && i < 7) value |= ~std::uint64_t{0} << (8 * (i + 1));
    }
    return push({PickleKind::integer, 0, static_cast<std::int64_t>(value)});
  }
  Status real() { return take<std::uint64_t>() ? push({PickleKind::real}) : Status(cut_short()); }
  template <PickleKind kind, class Length>
  Status range() {
    const auto size = take<Length>();
    return size ? push_range(kind, *size) : Status(cut_short());
  }

  template <PickleKind kind>
  Status empty() {
    return gather(kind, stack_.size());
  }
  template <std::size_t count>
  Status tuple() {
    return has(count) ? gather(PickleKind::tuple, stack_.size() - count) : Status(too_few());
  }
  Status tuple_from_mark() {
    const auto begin = above_mark();
    return begin ? gather(PickleKind::tuple, *begin, 1) : Status(too_few());
  }
  Status append_one() { return has(2) ? extend(stack_.size() - 1, 0, false) : Status(too_few()); }
  Status set_one() { return has(3) ? extend(stack_.size() - 2, 0, true) : Status(too_few()); }
  template <bool pairs>
  Status extend_from_mark() {
    const auto begin = above_mark();
    return begin ? extend(*begin, 1, pairs) : Status(too_few());
  }

  Status put(std::size_t place) {
    if (!has(1)) return too_few();
    if (place >= most_pickle_memos) return too_many("memos", most_pickle_memos);
    if (place >= memo_.size()) memo_.resize(place + 1, {PickleKind::mark});
    memo_[place] = stack_.back();
    return {};
  }
  Status memoize() { return put(memo_.size()); }
  template <class Unsigned>
  Status put_at() {
    const auto place = take<Unsigned>();
    return place ? put(*place) : Status(cut_short());
  }
  template <class Unsigned>
  Status get_at() {
    const auto place = take<Unsigned>();
    if (!place) return cut_short();
    if (*place >= memo_.size() || memo_[*place].kind == PickleKind::mark) {
      return fail("memo " + std::to_string(*place) + ", which was not put", "one that was");
    }
    return push(memo_[*place]);
  }

  Status global() {
    const auto module = take_line();
    const auto name = module ? take_line() : std::nullopt;
    return name ? push_global(*module, *name) : Status(cut_short());
  }
  Status stack_global() {
    if (!has(2)) return too_few();
    const PickleValue name = pop();
    const PickleValue module = pop();
    if (name.kind != PickleKind::text || module.kind != PickleKind::text) return fail("a name that is no text", "one");
    return push_global(builder_.text(module), builder_.text(name));
  }
  Status call() {
    if (!has(2)) return too_few();
    if (stack_.back().kind != PickleKind::tuple || stack_[stack_.size() - 2].kind != PickleKind::global) {
      return fail("a call of something else", "one of a name, with a tuple of arguments");
    }
    return gather(PickleKind::object, stack_.size() - 2);
  }
  Status build() {
    if (!has(2)) return too_few();
    stack_.pop_back();
    if (stack_.back().kind == PickleKind::object) return {};
    return fail("attributes of something else", "attributes of an object");
  }
  Status refer() {
    if (!has(1)) return too_few();
    if (stack_.back().kind != PickleKind::tuple) return fail("a reference that is no tuple", "a tuple");
    stack_.back().kind = PickleKind::reference;
    Status status = builder_.add_reference(stack_.back());
    return status ? status : at_opcode(std::move(status).error());
  }

  // Null for an opcode that is not known here.
  static const Operation* find_operation(std::uint8_t opcode) noexcept {
    using M = PickleMachine;
    using K = PickleKind;
    static constexpr Operation operations[] = {
        {0x80, &M::protocol},                              // PROTO
        {0x95, &M::frame},                                 // FRAME
        {'.', &M::stop},                                   // STOP
        {'(', &M::constant<K::mark>},                      // MARK
        {'N', &M::constant<K::none>},                      // NONE
        {0x88, &M::constant<K::boolean, 1>},               // NEWTRUE
        {0x89, &M::constant<K::boolean>},                  // NEWFALSE
        {'J', &M::integer<std::uint32_t, std::int32_t>},   // BININT
        {'K', &M::integer<std::uint8_t, std::uint8_t>},    // BININT1
        {'M', &M::integer<std::uint16_t, std::uint16_t>},  // BININT2
        {0x8a, &M::long_integer},                          // LONG1
        {'G', &M::real},                                   // BINFLOAT
        {'X', &M::range<K::text, std::uint32_t>},          // BINUNICODE
        {0x8c, &M::range<K::text, std::uint8_t>},          // SHORT_BINUNICODE
        {'T', &M::range<K::text, std::uint32_t>},          // BINSTRING: texts of Python 2
        {'U', &M::range<K::text, std::uint8_t>},           // SHORT_BINSTRING
        {'B', &M::range<K::bytes, std::uint32_t>},         // BINBYTES
        {'C', &M::range<K::bytes, std::uint8_t>},          // SHORT_BINBYTES
        {')', &M::empty<K::tuple>},                        // EMPTY_TUPLE
        {']', &M::empty<K::list>},                         // EMPTY_LIST
        {'}', &M::empty<K::dict>},                         // EMPTY_DICT
        {0x8f, &M::empty<K::set>},                         // EMPTY_SET
        {0x85, &M::tuple<1>},                              // TUPLE1
        {0x86, &M::tuple<2>},                              // TUPLE2
        {0x87, &M::tuple<3>},                              // TUPLE3
        {'t', &M::tuple_from_mark},                        // TUPLE
        {'a', &M::append_one},                             // APPEND
        {'s', &M::set_one},                                // SETITEM
        {'e', &M::extend_from_mark<false>},                // APPENDS
        {0x90, &M::extend_from_mark<false>},               // ADDITEMS
        {'u', &M::extend_from_mark<true>},                 // SETITEMS
        {'q', &M::put_at<std::uint8_t>},                   // BINPUT
        {'r', &M::put_at<std::uint32_t>},                  // LONG_BINPUT
        {0x94, &M::memoize},                               // MEMOIZE
        {'h', &M::get_at<std::uint8_t>},                   // BINGET
        {'j', &M::get_at<std::uint32_t>},                  // LONG_BINGET
        {'c', &M::global},                                 // GLOBAL
        {0x93, &M::stack_global},                          // STACK_GLOBAL
        {'R', &M::call},                                   // REDUCE
        {0x81, &M::call},                                  // NEWOBJ
        {'b', &M::build},                                  // BUILD
        {'Q', &M::refer},                                  // BINPERSID
    };
    static constexpr auto place_of_opcode = [] {
      std::array<std::uint8_t, 256> places{};
      for (std::uint8_t& place : places) place = std::size(operations);
      for (std::uint8_t i = 0; i < std::size(operations); ++i) places[operations[i].opcode] = i;
      return places;
    }();
    const std::size_t place = place_of_opcode[opcode];
    return place < std::size(operations) ? &operations[place] : nullptr;
  }

  std::span<const std::byte> bytes_;
  std::span<const std::string_view> known_;
  PickleBuilder builder_;
  std::vector<PickleValue> stack_;
  std::vector<PickleValue> memo_;
  std::size_t at_ = 0;
  std::size_t opcode_at_ = 0;
  bool stopped_ = false;
};

// The pickle that the bytes begin with. known: the names it may hold, "module.name".
inline Result<Pickle> read_pickle(std::span<const std::byte> bytes, std::span<const std::string_view> known) {
  return detail::PickleMachine(bytes, known).run();
}

}  // namespace detail

}  // namespace ochre::inline v0
