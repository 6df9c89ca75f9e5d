// The model that ships, weights/street.safetensors, as a part of the program, so that no model file has to be beside
// it:
//   auto colorizer = ochre::Colorizer::from_bytes(ochre::embedded_model());
// Opt-in: what is declared here lies in the library ochre::embedded_model (weights/embedded/), not in the headers; it
// adds the size of the file, 10.7 MB, to a program. Tested by tests/integration/ and tests/embedded_model_test.cpp.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <cstddef>
#include <span>

namespace ochre::inline v0 {

// The bytes of the model that ships, the first one aligned to 64 bytes, for as long as the program runs. Threads: may
// be called by any number at once.
std::span<const std::byte> embedded_model() noexcept;

}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
