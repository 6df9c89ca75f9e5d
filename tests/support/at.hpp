// An index of the library as one of the standard library's.
#pragma once

#include <cstddef>

#include <ochre/base/shape.hpp>

namespace ochre::test {

inline std::size_t at(Index i) { return static_cast<std::size_t>(i); }

}  // namespace ochre::test
