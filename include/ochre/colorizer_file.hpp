// Colorizer::open: a model file's path instead of its bytes. A header of its own, so that who has the bytes (built in,
// downloaded, from an archive) compiles nothing of files. Tested by colorizer_test.cpp.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <ochre/colorizer.hpp>
#include <ochre/weights/mapped_file.hpp>

namespace ochre::inline v0 {

// A Colorizer of the model file at that path. Both functions of this name that the class declares need this header.
inline Result<Colorizer> Colorizer::open(const std::string& path, const ColorizerOptions& options,
                                         const ColorizerKernels& kernels) {
  return base::catch_no_memory([&]() -> Result<Colorizer> {
    const auto file = MappedFile::open(path);
    if (!file) return file.error();
    const auto release = [&](std::span<const std::byte> part) { file->release(part); };
    auto colorizer = parse(file->bytes(), options, kernels, release);
    if (!colorizer) return std::move(colorizer).error().in(weights::printable_path(path));
    return colorizer;
  });
}

}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
