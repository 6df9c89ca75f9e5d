// What a camera or a recorder does to a grey picture, the same each time: to measure how steady the colours are.
// Tested by cli/eval_test.cpp.
#pragma once

#include <array>
#include <string_view>

#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::program {

struct Disturbance {
  std::string_view key;                                       // in JSON
  std::string_view title;                                     // for people
  Result<LoadedPicture> (*apply)(const LoadedPicture& gray);  // of gray8 to the same
};

extern const std::array<Disturbance, 5> disturbances;

}  // namespace ochre::program
