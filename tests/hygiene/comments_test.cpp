// What the head comment of a header names is there: every header and test file, and every function written as name().
// The same of the floor plan, DESIGN.md, and of every link in the pages at the top.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "support/source_text.hpp"

namespace {

namespace fs = std::filesystem;
using ochre::test::content_of;
using ochre::test::is_word;

const fs::path root = fs::path(OCHRE_INCLUDE_DIR).parent_path();

// The comment that a file begins with, its lines joined.
std::string head_comment(const std::string& text) {
  std::string head;
  for (std::size_t begin = 0; text.compare(begin, 2, "//") == 0;) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    head += text.substr(begin + 2, end - begin - 2);
    begin = std::min(end + 1, text.size());
  }
  return head;
}

// What exists: names of files, alone and behind some of their folders, and words that stand before a '(' in the code.
struct Names {
  std::set<std::string> files;
  std::set<std::string> functions;

  void add(const fs::path& path) {
    const std::string whole = fs::relative(path, root).generic_string();
    files.insert(whole);
    for (std::size_t at = whole.find('/'); at != std::string::npos; at = whole.find('/', at + 1)) {
      files.insert(whole.substr(at + 1));
    }
    const std::string text = content_of(path);
    const std::string code = text.substr(head_comment(text).size());
    for (std::size_t at = code.find('('); at != std::string::npos; at = code.find('(', at + 1)) {
      std::size_t begin = at;
      while (begin > 0 && is_word(code[begin - 1])) --begin;
      functions.insert(code.substr(begin, at - begin));
    }
  }
};

Names all_names() {
  Names names;
  for (const char* folder : {"include", "tests", "tools", "dispatch", "bench"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".hpp" || extension == ".cpp") names.add(entry.path());
    }
  }
  return names;
}

// Names of headers and tests, and functions, that `head` speaks of and that are not there. Other projects' files, which
// it names as sources, end otherwise.
std::vector<std::string> lies(const std::string& head, const Names& names) {
  std::vector<std::string> unknown;
  for (const std::string ending : {".hpp", "_test.cpp"}) {
    for (std::size_t at = head.find(ending); at != std::string::npos; at = head.find(ending, at + 1)) {
      std::size_t begin = at;
      while (begin > 0 && (is_word(head[begin - 1]) || head[begin - 1] == '/')) --begin;
      const std::string name = head.substr(begin, at + ending.size() - begin);
      if (!names.files.contains(name)) unknown.push_back(name);
    }
  }
  for (std::size_t at = head.find("()"); at != std::string::npos; at = head.find("()", at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_word(head[begin - 1])) --begin;
    const std::string name = head.substr(begin, at - begin);
    if (!names.functions.contains(name)) unknown.push_back(name + "()");
  }
  return unknown;
}

// Targets of a page's links that are not there; addresses and places within a page are left alone.
std::vector<std::string> broken_links(const std::string& page) {
  std::vector<std::string> broken;
  for (std::size_t at = page.find("]("); at != std::string::npos; at = page.find("](", at + 1)) {
    std::string target = page.substr(at + 2, page.find(')', at) - at - 2);
    if (target.starts_with("http") || target.starts_with("#")) continue;
    target = target.substr(0, target.find('#'));
    if (!fs::exists(root / target)) broken.push_back(target);
  }
  return broken;
}

}  // namespace

TEST_CASE("pages: every file and function that the floor plan names exists, and every link leads somewhere") {
  const std::string plan = content_of(root / "DESIGN.md");
  const std::vector<std::string> wrong = lies(plan, all_names());
  CHECK_MESSAGE(wrong.empty(), (wrong.empty() ? "" : wrong.front()));
  for (const char* page : {"DESIGN.md", "README.md", "CONTRIBUTING.md", "SECURITY.md"}) {
    CAPTURE(page);
    const std::vector<std::string> broken = broken_links(content_of(root / page));
    CHECK_MESSAGE(broken.empty(), (broken.empty() ? "" : broken.front()));
  }
  CHECK(broken_links("[a](README.md#b), [c](https://example.org), [d](nowhere.md), ![e](nothing/f.png)") ==
        std::vector<std::string>{"nowhere.md", "nothing/f.png"});
}

TEST_CASE("head comments: every file and function that they name exists") {
  const Names names = all_names();
  int headers = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root / "include")) {
    if (entry.path().extension() != ".hpp") continue;
    ++headers;
    CAPTURE(entry.path().string());
    const std::vector<std::string> wrong = lies(head_comment(content_of(entry.path())), names);
    CHECK_MESSAGE(wrong.empty(), (wrong.empty() ? "" : wrong.front()));
  }
  CHECK(headers > 100);
}

TEST_CASE("head comments: the check finds what is not there") {
  const Names names = all_names();
  CHECK(lies("as colorizer.hpp does, tested by colorizer_test.cpp; see parse_network()", names).empty());
  CHECK(lies("engine_workspaces.hpp adds it", names) == std::vector<std::string>{"engine_workspaces.hpp"});
  CHECK(lies("tested by nothing_test.cpp", names) == std::vector<std::string>{"nothing_test.cpp"});
  CHECK(lies("caffe/layer.hpp and layers/layer.hpp", names).empty());
  CHECK(lies("onnx/layer.hpp holds it", names) == std::vector<std::string>{"onnx/layer.hpp"});
  const std::string never = std::string("run_never_") + "begun()";  // in two parts, or this line were the proof of it
  CHECK(lies(never + " says so", names) == std::vector<std::string>{never});
  CHECK(head_comment("// one\n// two\n#pragma once\n// three\n") == " one two");
}
