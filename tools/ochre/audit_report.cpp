#include "audit_report.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "json_text.hpp"
#include "terminal.hpp"

namespace ochre::program {

namespace {

Json shape_json(const Shape& shape) { return {shape.n, shape.c, shape.h, shape.w}; }

// What every row has, after the keys that differ.
void add_judgement(Json& row, const Judgement& judgement) {
  row["max_error"] = judgement.max_error;
  row["bound"] = judgement.bound;
  row["ratio"] = judgement.ratio;
  row["min"] = judgement.min;
  row["max"] = judgement.max;
  row["mean"] = judgement.mean;
  row["nan"] = judgement.nan;
  row["inf"] = judgement.inf;
  row["pass"] = judgement.pass;
  row["relative_bound"] = judgement.relative_bound;
}

// The columns' texts, before they are laid out.
struct Row {
  std::string name;
  std::string output;
  std::string algorithm;
  double ms = 0;
  double macs = 0;
  Judgement judgement;
};

std::string sides(const Shape& shape) {
  return std::to_string(shape.c) + "x" + std::to_string(shape.h) + "x" + std::to_string(shape.w);
}

// In four columns at most: "0", "312", "45k", "12M".
std::string short_count(Index count) {
  if (count < 1000) return std::to_string(count);
  if (count < 1'000'000) return std::to_string(count / 1000) + "k";
  return std::to_string(count / 1'000'000) + "M";
}

// Three digits: "0.057", "3.21", "45.7", "1234".
std::string three_digits(double value) { return fixed(value, value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0); }

// One row a step; the layers that are fused into it are counted: "conv1_1+2".
std::vector<Row> rows_of(const AuditReport& report) {
  std::vector<Row> rows;
  for (const auto& layer : report.layers) {
    if (!layer.leads) continue;
    Row row{layer.name, "", layer.short_algorithm, layer.ms, 0, layer.judgement};
    int fused = -1;
    for (const auto& other : report.layers) {
      if (other.leader != layer.leader) continue;
      row.output = sides(other.output_shape);  // of the last one
      row.macs += other.macs;
      ++fused;
    }
    if (fused > 0) row.name += "+" + std::to_string(fused);
    rows.push_back(std::move(row));
  }
  for (const auto& layout : report.layouts) {
    rows.push_back({"-", sides(layout.shape), layout.algorithm, layout.ms, 0, layout.judgement});
  }
  return rows;
}

void print_row(const Row& row, const std::size_t (&widths)[3], double peak) {
  const double flops = row.macs > 0 && row.ms > 0 ? 2 * row.macs / (row.ms / 1e3) : 0;
  const auto& judgement = row.judgement;
  std::printf("%s%s%s%s%s%s%s%s%s%s\n", left(row.name, widths[0]).c_str(), left(row.output, widths[1]).c_str(),
              left(row.algorithm, widths[2]).c_str(), right(three_digits(row.ms), 6).c_str(),
              right(flops > 0 ? fixed(flops / 1e9, 0) : "-", 8).c_str(),
              right(flops > 0 ? fixed(100 * flops / peak, 0) + "%" : "-", 6).c_str(),
              right(scientific(judgement.max_error), 8).c_str(), right(scientific(judgement.ratio), 8).c_str(),
              right(short_count(judgement.nan + judgement.inf), 4).c_str(), judgement.pass ? "  ok" : " FAIL");
}

}  // namespace

std::string audit_json(const AuditOptions& options, const AuditFigures& figures) {
  const auto& report = figures.report;
  auto layers = Json::array();
  for (const auto& layer : report.layers) {
    Json row{{"name", layer.name},
             {"kind", layer.kind},
             {"input_shape", shape_json(layer.input_shape)},
             {"output_shape", shape_json(layer.output_shape)},
             {"parameters", layer.parameters},
             {"macs", static_cast<long long>(layer.macs)},
             {"algorithm", layer.algorithm},
             {"ms", to_thousandths(layer.ms)}};
    add_judgement(row, layer.judgement);
    layers.push_back(std::move(row));
  }
  auto layouts = Json::array();
  for (const auto& layout : report.layouts) {
    Json row{{"algorithm", layout.algorithm}, {"shape", shape_json(layout.shape)}, {"ms", to_thousandths(layout.ms)}};
    add_judgement(row, layout.judgement);
    layouts.push_back(std::move(row));
  }
  Json whole{{"ms", to_thousandths(report.ms)}};
  add_judgement(whole, report.whole);
  const Json all{{"model", options.model},
                 {"picture", options.picture.empty() ? Json(nullptr) : Json(options.picture)},
                 {"layers", std::move(layers)},
                 {"pass", report.pass()},
                 {"network", figures.network},
                 {"input_shape", shape_json(report.input)},
                 {"threads", figures.threads},
                 {"isa", figures.isa},
                 {"precision", name_of(figures.precision)},
                 {"peak_gflops", to_thousandths(figures.peak / 1e9)},
                 {"whole", std::move(whole)},
                 {"layout_changes", std::move(layouts)}};
  return json_text(all);
}

void print_audit_table(const AuditOptions& options, const AuditFigures& figures) {
  const auto& report = figures.report;
  auto rows = rows_of(report);
  double macs = 0;
  for (const Row& row : rows) macs += row.macs;
  rows.push_back({"whole", sides(report.output), "", report.ms, macs, report.whole});
  // Output and algorithm as wide as they need, 25 columns at most; the name has what they leave of 36.
  std::size_t widths[3] = {6, 7, 10};
  for (const Row& row : rows) {
    widths[0] = std::max(widths[0], row.name.size() + 1);
    widths[1] = std::max(widths[1], row.output.size() + 1);
    widths[2] = std::max(widths[2], row.algorithm.size() + 1);
  }
  widths[1] = std::min<std::size_t>(widths[1], 13);
  widths[2] = std::min<std::size_t>(widths[2], 12);
  widths[0] = std::min(widths[0], 35 - widths[1] - widths[2]);
  std::printf("%s%s%s%s%s%s%s%s%s\n", left("layer", widths[0]).c_str(), left("output", widths[1]).c_str(),
              left("algorithm", widths[2]).c_str(), right("ms", 6).c_str(), right("GFLOP/s", 8).c_str(),
              right("peak", 6).c_str(), right("error", 8).c_str(), right("ratio", 8).c_str(), right("NaN", 4).c_str());
  for (const Row& row : rows) print_row(row, widths, figures.peak);
  std::printf(
      "\nname+2: with the two layers after it, fused. peak: of %.0f GFLOP/s, measured.\n"
      "error: from the readable layers in double, on the inputs that the step had, of\n"
      "the number that comes closest to its bound; ratio: error over bound. whole: from\n"
      "the readable network. NaN: numbers that are not finite.\n\n",
      figures.peak / 1e9);
  const auto line = [](const char* label, const std::string& value) {
    std::printf("%s%s\n", left(label, 9).c_str(), value.c_str());
  };
  line("model", figures.network + ", " + weights::printable_path(options.model));
  line("input", std::to_string(report.input.w) + "x" + std::to_string(report.input.h) + ", " +
                    (options.picture.empty() ? "random lightness" : weights::printable_path(options.picture)));
  line("engine", figures.isa + ", " + std::string(name_of(figures.precision)) + ", " + std::to_string(figures.threads) +
                     (figures.threads == 1 ? " thread" : " threads"));
}

}  // namespace ochre::program
