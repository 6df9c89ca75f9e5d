// A picture as the verbs read it: within load_picture's own limits, or, with --limit N, whatever has up to N
// megapixels. Tested by cli/limit_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ochre/base/function_ref.hpp>
#include <ochre/image_io/loaded_picture.hpp>

namespace ochre::program {

// What is refused for its size says that --limit lifts it; what takes more than 2 GB says so first, unless `quiet`. A
// picture with a remark, or of several pages, whose first this is, has its warning.
Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels, bool quiet);

// Any page, and nothing is said: on_claim is told what it takes (LoadLimits::on_claim), the remark is the caller's.
Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels,
                                   FunctionRef<void(Index bytes)> on_claim, Index page);

// Of a file of several pages.
enum class Pages { first, all };

// Lines that say what of the picture is not as its file has it.
std::vector<std::string> picture_warnings(const std::string& path, const LoadedPicture& picture, Pages taken);

}  // namespace ochre::program
