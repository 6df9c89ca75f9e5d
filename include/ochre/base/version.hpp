// The version, for the preprocessor and as text, and the inline namespace that keeps two versions in one program apart
// (ochre::v0). CMake reads the three numbers here. Tested by version_test.cpp.
#pragma once

// The version's three numbers.
#define OCHRE_VERSION_MAJOR 0
#define OCHRE_VERSION_MINOR 1
#define OCHRE_VERSION_PATCH 0

// One number to compare with: `#if OCHRE_VERSION >= 200` is 0.2.0 and later.
#define OCHRE_VERSION (OCHRE_VERSION_MAJOR * 10000 + OCHRE_VERSION_MINOR * 100 + OCHRE_VERSION_PATCH)

#define OCHRE_TEXT_OF_VERSION(major, minor, patch) #major "." #minor "." #patch
#define OCHRE_VERSION_TEXT(major, minor, patch) OCHRE_TEXT_OF_VERSION(major, minor, patch)

namespace ochre::inline v0 {

// "MAJOR.MINOR.PATCH" of the headers that a program is compiled with.
inline constexpr char version[] = OCHRE_VERSION_TEXT(OCHRE_VERSION_MAJOR, OCHRE_VERSION_MINOR, OCHRE_VERSION_PATCH);

}  // namespace ochre::inline v0

#undef OCHRE_TEXT_OF_VERSION
#undef OCHRE_VERSION_TEXT
