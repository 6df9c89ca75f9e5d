// One version: the macros, the text, CMake's project and the newest entry of the list of changes.
#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include <ochre/base/version.hpp>

#if OCHRE_VERSION < 100 || OCHRE_VERSION_MINOR > 99 || OCHRE_VERSION_PATCH > 99
#error "OCHRE_VERSION cannot be compared"
#endif

TEST_CASE("version: macros, text, project and list of changes agree") {
  static_assert(OCHRE_VERSION == OCHRE_VERSION_MAJOR * 10000 + OCHRE_VERSION_MINOR * 100 + OCHRE_VERSION_PATCH);
  const std::string expected = std::to_string(OCHRE_VERSION_MAJOR) + "." + std::to_string(OCHRE_VERSION_MINOR) + "." +
                               std::to_string(OCHRE_VERSION_PATCH);
  CHECK(ochre::version == expected);
  CHECK(OCHRE_PROJECT_VERSION == expected);

  std::ifstream changes(OCHRE_INCLUDE_DIR "/../CHANGELOG.md");
  std::string line;
  while (std::getline(changes, line) && line.rfind("## ", 0) != 0) {
  }
  CHECK(line.substr(3, line.find(' ', 3) - 3) == expected);
}
