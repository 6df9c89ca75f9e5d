// No memory is an error, too: what the standard library's containers throw becomes a value where the library is
// entered. Without exceptions there is nothing to catch, and the standard library ends the program itself. Tested by
// no_memory_test.cpp.
#pragma once

#include <new>
#include <stdexcept>
#include <type_traits>

#include <ochre/base/result.hpp>

namespace ochre::inline v0 {

namespace base {

// What function() returns, a Result or a Status; or ErrorCode::out_of_memory, whose text is short enough to need none.
template <class Function>
std::invoke_result_t<Function> catch_no_memory(const Function& function) {
#if defined(__cpp_exceptions)
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "no memory"};
  } catch (const std::length_error&) {
    return Error{ErrorCode::too_large, "too large"};
  }
#else
  return function();
#endif
}

}  // namespace base

}  // namespace ochre::inline v0
