// The kinds of file that coloured pictures are written to: those of the library that hold colours.
// Tested by cli/colorize_test.cpp and cli/pipe_test.cpp.
#pragma once

#include <string>
#include <vector>

#include <ochre/image_io/encode_picture.hpp>

namespace ochre::program {

// The words that --format takes.
std::vector<std::string> picture_kinds();

// "a, b or c" of words, each with `before` in front.
std::string listed(const std::vector<std::string>& words, const std::string& before = {});

// Of an output: as its name says, or --format where it is a pipe. Errors: a name of another kind, or of none.
Result<PictureFileFormat> kind_of_output(const std::string& output, const std::string& format);

// Whether such a file may lose more or less of a picture.
bool has_quality(PictureFileFormat kind);

}  // namespace ochre::program
