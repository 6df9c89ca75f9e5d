// No function of the library is longer than a screen and a half, no header of the engine room longer than five screens.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/source_text.hpp"

namespace {

namespace fs = std::filesystem;
using ochre::test::code_of;
using ochre::test::content_of;

constexpr std::ptrdiff_t most_lines_of_function = 60;
constexpr std::ptrdiff_t most_lines_of_engine_header = 300;

std::ptrdiff_t lines_of(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

// Without preprocessor lines, so that only code has braces.
std::string code_alone(const std::string& text) {
  std::string code = code_of(text);
  for (std::size_t begin = 0; begin < code.size();) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    if (code[begin] == '#') std::fill_n(code.begin() + static_cast<std::ptrdiff_t>(begin), end - begin, ' ');
    begin = end + 1;
  }
  return code;
}

bool is_scope(std::string_view head) {
  for (const std::string_view word : {"namespace", "class", "struct", "enum", "union", "extern"}) {
    for (std::size_t at = head.find(word); at != std::string_view::npos; at = head.find(word, at + 1)) {
      const bool begins = at == 0 || head[at - 1] == ' ' || head[at - 1] == '\n' || head[at - 1] == '>';
      const std::size_t past = at + word.size();
      const bool ends = past >= head.size() || head[past] == ' ' || head[past] == '\n';
      // `template <class T> Result<T> f(...)` is a function: what follows its parameters counts.
      const bool in_template = std::count(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(at), '<') >
                               std::count(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(at), '>');
      if (begins && ends && !in_template) return true;
    }
  }
  return false;
}

struct Function {
  std::string head;
  std::ptrdiff_t lines = 0;
};

// The blocks that lie in namespaces and classes only and whose head has parameters.
std::vector<Function> functions_of(const std::string& text) {
  const std::string code = code_alone(text);
  std::vector<Function> functions;
  std::size_t head_begin = 0;
  int parentheses = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '(') ++parentheses;
    if (code[i] == ')') --parentheses;
    if (parentheses > 0) continue;
    if (code[i] == ';' || code[i] == '}') head_begin = i + 1;
    if (code[i] != '{') continue;
    const std::string head = code.substr(head_begin, i - head_begin);
    if (is_scope(head)) {
      head_begin = i + 1;
      continue;
    }
    std::size_t end = i;
    for (int depth = 0; end < code.size(); ++end) {
      depth += (code[end] == '{') - (code[end] == '}');
      if (depth == 0) break;
    }
    const std::size_t word = head.find_first_not_of(" \n");
    if (word != std::string::npos && head.find('(') != std::string::npos) {
      functions.push_back({head.substr(word), lines_of(code.substr(head_begin + word, end - head_begin - word)) + 1});
    }
    i = end;
    head_begin = end + 1;
  }
  return functions;
}

}  // namespace

TEST_CASE("lengths: functions of the library, headers of the engine room") {
  int functions = 0;
  std::ptrdiff_t longest = 0;
  for (const auto& entry : fs::recursive_directory_iterator(OCHRE_INCLUDE_DIR)) {
    if (entry.path().extension() != ".hpp") continue;
    const std::string text = content_of(entry.path());
    CAPTURE(entry.path().string());
    if (entry.path().generic_string().find("/engine/") != std::string::npos) {
      CHECK(lines_of(text) <= most_lines_of_engine_header);
    }
    for (const Function& function : functions_of(text)) {
      CAPTURE(function.head);
      CHECK(function.lines <= most_lines_of_function);
      longest = std::max(longest, function.lines);
      ++functions;
    }
  }
  CHECK(functions > 1000);
  CHECK(longest > 30);  // it does measure
}

TEST_CASE("lengths: the measure finds functions, whatever stands in them") {
  const std::string text =
      "#define X {\n"
      "namespace n {\n"
      "// a { in a comment\n"
      "struct S {\n"
      "  int field = 3;\n"
      "  template <class T>\n"
      "  T first(T t) const {\n"
      "    if (t) { return '{'; }\n"
      "    return \"}\";\n"
      "  }\n"
      "  enum class E { a, b };\n"
      "};\n"
      "inline int second() { return 1'000; }\n"
      "constexpr int table[] = {1, 2};\n"
      "}\n";
  const auto functions = functions_of(text);
  REQUIRE(functions.size() == 2);
  CHECK(functions[0].lines == 5);
  CHECK(functions[1].lines == 1);
  std::string longer = "int f() {\n";
  for (int i = 0; i < 70; ++i) longer += "  g();\n";
  REQUIRE(functions_of(longer + "}\n").size() == 1);
  CHECK(functions_of(longer + "}\n")[0].lines == 72);
}
