// A picture as the verbs read it: within load_picture's own limits, or, with --limit N, whatever has up to N
// megapixels. Tested by cli/limit_test.cpp.
#pragma once

#include <optional>
#include <string>

#include <ochre/base/function_ref.hpp>
#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::program {

// What is refused for its size says that --limit lifts it; what takes more than 2 GB says so first, unless `quiet`.
Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels, bool quiet);

// The same; on_claim is told what it takes instead (LoadLimits::on_claim).
Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels,
                                   FunctionRef<void(Index bytes)> on_claim);

}  // namespace ochre::program
