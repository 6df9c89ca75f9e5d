// One picture: read, coloured, written. Tested by cli/colorize_test.cpp.
#pragma once

#include <functional>

#include "byte_gate.hpp"
#include "colorize_plan.hpp"
#include "engine.hpp"

namespace ochre::program {

// What several workers share.
struct ColorizeSharing {
  ByteGate pictures;  // their decoded bytes
  ByteGate networks;  // what the network takes for each
  std::function<void(const std::string& name, double bytes)> say_memory;
  std::function<void(const std::string& line)> warn;
};

// Of most pictures; of longer ones the network sees more.
inline constexpr Extent usual_shape{3, 4};

// That the network takes for a picture of that size.
double network_bytes(const Colorizer& colorizer, Extent picture);

enum class Coloring {
  colored,
  recolored,  // it was in colour already
  left,       // for that reason, with --skip-colour
};

// Waits until there is room for the picture among those that other threads colour.
Result<Coloring> colorize_file(const PictureJob& job, const ColorizeOptions& options, bool makes_folders,
                               PictureColorizer& colorizer, ColorizeSharing& sharing);

// Tells the kernel that the file will be read soon: a cold disk or a server is waited for while others are coloured.
void announce_reading(const std::string& path);

}  // namespace ochre::program
