// A test lies where the header is that it proves: tests/FOLDER/X_test.cpp beside include/ochre/FOLDER/X.hpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace {

// Folders of tests for which there is no folder of headers.
const std::set<std::string> other_folders{"cli", "hygiene", "whole"};

// Tests whose subject is too long for one file.
const std::set<std::string> second_files{"colorizer/frames", "colorizer/stages", "import/onnx/refusals",
                                         "video/day_and_night", "video/deadline"};

// "" or what is wrong with `test`, a path below tests/ without "_test.cpp", where these headers are all there are,
// named by paths below include/ochre without ".hpp".
std::string misplaced(const std::string& test, const std::set<std::string>& headers) {
  const std::filesystem::path path(test);
  const std::string folder = path.parent_path().generic_string();
  if (headers.contains(test) || second_files.contains(test)) return "";
  const bool has_headers = std::any_of(headers.begin(), headers.end(), [&](const std::string& header) {
    return header.compare(0, folder.size() + 1, folder + "/") == 0;
  });
  if (!folder.empty() && !has_headers) {
    return other_folders.contains(folder) ? "" : "tests/" + folder + ": no such folder of include/ochre";
  }
  // What proves several headers of a folder has the folder's name.
  if (!folder.empty() && path.filename() == path.parent_path().filename()) return "";
  return "tests/" + test + "_test.cpp: no include/ochre/" + test + ".hpp";
}

// The files below `folder` that end so, as paths from there without that ending.
std::set<std::string> files_below(const std::filesystem::path& folder, const std::string& ending) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = std::filesystem::relative(entry.path(), folder).generic_string();
    if (path.size() <= ending.size() || path.compare(path.size() - ending.size(), ending.size(), ending) != 0) continue;
    files.insert(path.substr(0, path.size() - ending.size()));
  }
  return files;
}

}  // namespace

TEST_CASE("paths of tests: each lies beside its header") {
  const std::filesystem::path include(OCHRE_INCLUDE_DIR);
  const auto headers = files_below(include / "ochre", ".hpp");
  const auto tests = files_below(include.parent_path() / "tests", "_test.cpp");
  CHECK(headers.size() > 100);
  CHECK(tests.size() > 60);
  for (const std::string& test : tests) CHECK(misplaced(test, headers) == "");
  for (const std::string& test : second_files) CHECK(tests.contains(test));
}

TEST_CASE("paths of tests: the check finds a test without its header") {
  const std::set<std::string> headers{"colorizer", "layers/relu", "import/onnx/graph", "import/protobuf"};
  for (const char* good : {"colorizer", "layers/relu", "layers/layers", "import/onnx/graph", "import/onnx/onnx",
                           "import/onnx/refusals", "import/protobuf", "cli/colorize", "whole/anything"}) {
    CHECK(misplaced(good, headers) == "");
  }
  CHECK(misplaced("engine", headers) == "tests/engine_test.cpp: no include/ochre/engine.hpp");
  CHECK(misplaced("layers/rely", headers) == "tests/layers/rely_test.cpp: no include/ochre/layers/rely.hpp");
  CHECK(misplaced("layers/protobuf", headers) ==
        "tests/layers/protobuf_test.cpp: no include/ochre/layers/protobuf.hpp");
  CHECK(misplaced("layer/relu", headers) == "tests/layer: no such folder of include/ochre");
  CHECK(misplaced("import/onnx/onn", headers) ==
        "tests/import/onnx/onn_test.cpp: no include/ochre/import/onnx/onn.hpp");
  CHECK(misplaced("cli/more/colorize", headers) == "tests/cli/more: no such folder of include/ochre");
}
