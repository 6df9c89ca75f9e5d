#include "bench_report.hpp"

#include <cstdio>

#include <ochre/weights/printable.hpp>

#include "json_text.hpp"
#include "terminal.hpp"

namespace ochre::program {

namespace {

double gflops(double gmac, double ms) { return ms > 0 ? 2 * gmac / (ms / 1e3) : 0; }

void print_layers(const BenchFigures& figures) {
  double total = 0;
  for (const LayerTime& layer : figures.layers) total += layer.ms;
  std::printf("%s%s%s%s%s%s\n", left("layer", 14).c_str(), left("output", 17).c_str(), left("algorithm", 23).c_str(),
              right("ms", 8).c_str(), right("share", 7).c_str(), right("GFLOP/s", 9).c_str());
  for (const LayerTime& layer : figures.layers) {
    std::printf("%s%s%s%s%s%s\n", left(layer.name.empty() ? "-" : layer.name, 14).c_str(),
                left(layer.name.empty() ? "" : to_string(layer.output), 17).c_str(), left(layer.algorithm, 23).c_str(),
                right(fixed(layer.ms, 3), 8).c_str(), right(fixed(100 * layer.ms / total, 1) + "%", 7).c_str(),
                right(layer.gmac > 0 ? fixed(gflops(layer.gmac, layer.ms), 1) : "-", 9).c_str());
  }
  std::printf("\n");
}

}  // namespace

void print_bench_json(const BenchOptions& options, const BenchFigures& figures) {
  Json all{{"network", figures.network},
           {"model", options.model.empty() ? Json(nullptr) : Json(options.model)},
           {"height", options.height},
           {"width", options.width},
           {"threads", figures.threads},
           {"isa", figures.isa},
           {"engine", options.engine},
           {"runs", options.runs},
           {"median_ms", to_thousandths(figures.median_ms())},
           {"min_ms", to_thousandths(figures.ms.front())},
           {"load_ms", to_thousandths(figures.load_ms)},
           {"peak_rss_bytes", figures.peak_rss_bytes},
           {"gmac", figures.gmac},
           {"gflops_effective", to_thousandths(gflops(figures.gmac, figures.median_ms()))},
           {"checked", figures.checked()},
           {"first_ms", to_thousandths(figures.first_ms)},
           {"slowdown_of_memory_limit", to_thousandths(figures.slowdown)},
           {"precision", name_of(figures.precision)}};
  if (options.layers) {
    auto layers = Json::array();
    for (const LayerTime& layer : figures.layers) {
      layers.push_back({{"name", layer.name},
                        {"kind", layer.kind},
                        {"algorithm", layer.algorithm},
                        {"min_ms", to_thousandths(layer.ms)},
                        {"gmac", layer.gmac}});
    }
    all["layers"] = layers;
  }
  std::fputs(json_text(all).c_str(), stdout);
}

void print_bench_table(const BenchOptions& options, const BenchFigures& figures) {
  if (options.layers) print_layers(figures);
  const auto line = [](const char* label, const std::string& value) {
    std::printf("%s%s\n", left(label, 12).c_str(), value.c_str());
  };
  line("network",
       figures.network + ", " +
           (options.model.empty() ? "random weights" : "weights of " + weights::printable_path(options.model)));
  line("size", std::to_string(options.width) + "x" + std::to_string(options.height) + ", " + fixed(figures.gmac, 3) +
                   " billion multiply-adds");
  line("engine", options.engine + ", " + figures.isa + ", " + std::string(name_of(figures.precision)) + ", " +
                     std::to_string(figures.threads) + (figures.threads == 1 ? " thread" : " threads"));
  if (options.memory)
    line("memory", "limited: about " + fixed(figures.slowdown, 2) + " x the time of the fastest plan");
  line("median", fixed(figures.median_ms(), 2) + " ms of " + std::to_string(options.runs) + " runs, fastest " +
                     fixed(figures.ms.front(), 2) + " ms");
  line("speed", fixed(gflops(figures.gmac, figures.median_ms()), 1) + " GFLOP/s (effective)");
  line("loading", fixed(figures.load_ms, 1) + " ms, first run " + fixed(figures.first_ms, 1) + " ms");
  line("peak memory", fixed(static_cast<double>(figures.peak_rss_bytes) / 1e6, 1) + " MB");
  char error[128];
  std::snprintf(error, sizeof(error), "%s: largest error %.1e, bound %.1e (against double)",
                figures.checked() ? "holds" : "FAILS", figures.comparison.worst_error, figures.comparison.bound);
  line("checked", error);
}

}  // namespace ochre::program
