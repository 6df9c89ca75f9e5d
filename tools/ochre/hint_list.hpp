// What the command line knows of a picture's colours: --hint and --hints. Tested by cli/hints_test.cpp.
#pragma once

#include <string>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/color/hints.hpp>

#include "verbs.hpp"

namespace ochre::program {

// "X,Y,#RRGGBB". Errors: another text.
Result<Hint> parse_hint(const std::string& text);

// Those of the options, and the opaque pixels of the picture of hints. picture: the size of the one to be coloured.
// Errors: a picture of hints of another size, without alpha or without an opaque pixel.
Result<std::vector<Hint>> hints_of(const HintOptions& options, Extent picture, const ReadOptions& reading);

}  // namespace ochre::program
