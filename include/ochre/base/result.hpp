// Result<T> holds a T or an Error; Result<void>, whose short name is Status, holds success or an Error. Both must be
// looked at ([[nodiscard]]).
// `*result` on an error is a programming mistake (asserted); `.value()` exists where exceptions do, and throws.
#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>
#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

#include <ochre/base/error.hpp>

namespace ochre::inline v0 {

template <class T>
class Result;
template <>
class Result<void>;

// The short name. Xlib.h makes a macro of it: what comes after that says Result<void>.
using Status = Result<void>;

// A T, or the Error that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& operator*() & noexcept { return *get(); }
  const T& operator*() const& noexcept { return *get(); }
  T&& operator*() && noexcept { return std::move(*get()); }
  T* operator->() noexcept { return get(); }
  const T* operator->() const noexcept { return get(); }

  const Error& error() const& noexcept { return *get_error(); }
  Error&& error() && noexcept { return std::move(*get_error()); }

  // The value goes to `to`, which stays as it was on an error.
  Status move_to(T& to) &&;

#if defined(__cpp_exceptions)
  T& value() & {
    if (!has_value()) throw std::runtime_error(error().message());
    return **this;
  }
  T value() && {  // by value: `for (x : f().value())` must not outlive the result
    if (!has_value()) throw std::runtime_error(error().message());
    return std::move(**this);
  }
#endif

 private:
  T* get() noexcept {
    assert(has_value());
    return std::get_if<0>(&state_);
  }
  const T* get() const noexcept {
    assert(has_value());
    return std::get_if<0>(&state_);
  }
  Error* get_error() noexcept {
    assert(!has_value());
    return std::get_if<1>(&state_);
  }
  const Error* get_error() const noexcept {
    assert(!has_value());
    return std::get_if<1>(&state_);
  }

  std::variant<T, Error> state_;
};

// Success, or the Error that says what went wrong.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;  // success; allocates nothing
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }

  const Error& error() const& noexcept {
    assert(!ok());
    return *error_;
  }
  Error&& error() && noexcept {
    assert(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

template <class T>
Status Result<T>::move_to(T& to) && {
  if (!has_value()) return std::move(*get_error());
  to = std::move(*get());
  return {};
}

}  // namespace ochre::inline v0
