// A borrowed callable: two pointers, no allocation, may be empty. What it points at must outlive the call it is
// passed to.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace ochre::inline v0 {

template <class Signature>
class FunctionRef;

// A borrowed callable of that signature; an empty one may not be called.
template <class R, class... Arguments>
class FunctionRef<R(Arguments...)> {
 public:
  FunctionRef() = default;  // empty

  template <class Callable>
  requires(!std::is_same_v<std::remove_cvref_t<Callable>, FunctionRef> &&
           std::is_invocable_r_v<R, Callable&, Arguments...>) FunctionRef(Callable&& callable)
  noexcept
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, Arguments... arguments) -> R {
          return (*static_cast<std::add_pointer_t<Callable>>(object))(std::forward<Arguments>(arguments)...);
        }) {}

  explicit operator bool() const noexcept { return call_ != nullptr; }
  R operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

 private:
  void* object_ = nullptr;
  R (*call_)(void*, Arguments...) = nullptr;
};

}  // namespace ochre::inline v0
