// The table of limits in SECURITY.md is what the headers say.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/source_text.hpp"

namespace {

using ochre::test::content_of;

// The cells of a row "| a | b |", trimmed; none if the line is no row.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  if (line.empty() || line[0] != '|') return cells;
  for (std::size_t begin = 1; begin < line.size();) {
    const std::size_t end = line.find('|', begin);
    if (end == std::string::npos) break;
    std::string cell = line.substr(begin, end - begin);
    cell.erase(0, std::min(cell.find_first_not_of(' '), cell.size()));
    cell.erase(cell.find_last_not_of(' ') + 1);
    cells.push_back(cell);
    begin = end + 1;
  }
  return cells;
}

// Each row's "`name = value`" must stand in its header as it is, with a ';' behind it.
std::string first_lie(const std::string& text, const std::string& include, std::size_t& rows) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const auto cells = cells_of(text.substr(begin, end - begin));
    begin = end + 1;
    if (cells.size() != 4 || cells[2].size() < 3 || cells[2].front() != '`') continue;
    ++rows;
    const std::string stated = cells[2].substr(1, cells[2].size() - 2) + ";";
    const std::string header = content_of(include + "/ochre/" + cells[3]);
    const std::size_t at = header.find(" " + stated);
    if (at == std::string::npos) return cells[2] + " in " + cells[3];
  }
  return "";
}

}  // namespace

TEST_CASE("SECURITY.md: the limits are those of the headers") {
  const std::string text = content_of(OCHRE_INCLUDE_DIR "/../SECURITY.md");
  std::size_t rows = 0;
  CHECK(first_lie(text, OCHRE_INCLUDE_DIR, rows) == "");
  CHECK(rows > 30);
  // The checker itself: a changed number, a moved constant.
  std::string lie = text;
  const std::string true_one = "most_layers = 4096";
  lie.replace(lie.find(true_one), true_one.size(), "most_layers = 4097");
  CHECK(first_lie(lie, OCHRE_INCLUDE_DIR, rows) == "`most_layers = 4097` in network/description_parser.hpp");
  std::string moved = text;
  moved.replace(moved.find("layers/attributes.hpp"), 21, "layers/relu.hpp");
  CHECK(first_lie(moved, OCHRE_INCLUDE_DIR, rows) == "`most = 16` in layers/relu.hpp");
}
