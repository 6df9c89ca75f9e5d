// A picture as the verbs read it: within load_picture's own limits, or, with --limit N, whatever has up to N
// megapixels. Tested by cli/limit_test.cpp.
#pragma once

#include <optional>
#include <string>

#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::program {

// What is refused for its size says that --limit lifts it; what takes more than 2 GB says so first, unless `quiet`.
Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels, bool quiet);

}  // namespace ochre::program
