// Folders for outputs, below the one that the user named. Tested by cli/hostile_test.cpp.
#pragma once

#include <filesystem>

#include <ochre/base/result.hpp>

namespace ochre::program {

// Makes `folder`, which is `root` or lies below it. A link in between is refused: it leads to a place that the user did
// not name.
Status make_folder(const std::filesystem::path& root, const std::filesystem::path& folder);

}  // namespace ochre::program
