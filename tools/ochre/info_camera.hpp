// What `ochre info` shows of a camera's memory.
#pragma once

#include <cstddef>
#include <span>

#include "verbs.hpp"

namespace ochre::program {

// bytes: a file that says it is one. Returns an exit code.
int info_of_camera(const InfoOptions& options, std::span<const std::byte> bytes);

}  // namespace ochre::program
