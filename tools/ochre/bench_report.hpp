// What `ochre bench` measured, and how it is printed.
#pragma once

#include <string>
#include <vector>

#include <ochre/base/shape.hpp>
#include <ochre/reference/compare.hpp>

#include "verbs.hpp"

namespace ochre::program {

// The fastest of all runs of one layer, or of one step of the fast engine.
struct LayerTime {
  std::string name;  // empty: a mere change of layout
  std::string kind;  // "conv2d+2": with the two layers after it
  std::string algorithm;
  Shape output;
  double gmac = 0;
  double ms = 0;
};

struct BenchFigures {
  std::string network;
  Shape input;
  int threads = 1;
  std::string isa;
  Precision precision = Precision::float32;  // of its products
  double load_ms = 0;
  double first_ms = 0;     // of the run that warms up
  std::vector<double> ms;  // sorted
  std::vector<LayerTime> layers;
  long long peak_rss_bytes = 0;
  double slowdown = 1;  // what a memory limit costs, estimated
  double gmac = 0;
  std::vector<double> macs;  // of each of the network's layers
  std::vector<Shape> shapes;
  Tensor<float> output;
  reference::Comparison comparison;

  bool checked() const { return comparison.holds() && comparison.decisive; }
  double median_ms() const {
    const std::size_t half = ms.size() / 2;
    return ms.size() % 2 == 1 ? ms[half] : (ms[half - 1] + ms[half]) / 2;
  }
};

void print_bench_json(const BenchOptions& options, const BenchFigures& figures);
void print_bench_table(const BenchOptions& options, const BenchFigures& figures);

}  // namespace ochre::program
