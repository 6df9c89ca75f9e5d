#include "memory_remark.hpp"

#include <algorithm>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

#include <ochre/engine/engine_cost.hpp>
#include <ochre/network/run_cost.hpp>

#include "terminal.hpp"

namespace ochre::program {

Index wanted_layer(const NetworkDescription& network, const std::string& name) {
  return name.empty() ? network.output : network.find(name).value_or(network.output);
}

double fast_bytes(const NetworkDescription& network, const Shape& input, const std::string& wanted) {
  const auto cost = engine_cost(network, input, wanted_layer(network, wanted));
  return cost ? cost->all_bytes() : 0.0;
}

double readable_bytes(const NetworkDescription& network, const Shape& input, bool in_double,
                      const std::string& wanted) {
  const Index layer = wanted_layer(network, wanted);
  const auto cost =
      in_double ? readable_cost<double>(network, input, layer) : readable_cost<float>(network, input, layer);
  return cost ? cost->all_bytes() : 0.0;
}

void say_memory(const std::string& name, double bytes, bool quiet) {
  if (bytes > much_memory && !quiet) say(name + ": takes about " + fixed(bytes / 1e9, 1) + " GB of memory");
}

double machine_memory() {
  const double all = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  double container = 0;
  std::ifstream limit("/sys/fs/cgroup/memory.max");  // a number, or "max"
  return limit >> container ? std::min(all, container) : all;
}

long long peak_rss_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return 1024LL * usage.ru_maxrss;
}

}  // namespace ochre::program
