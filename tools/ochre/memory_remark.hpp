// What a verb will take in memory, said before it is taken where it is much.
#pragma once

#include <string>

#include <ochre/network/description.hpp>

namespace ochre::program {

// The layer of that name; the network's output if it is empty.
Index wanted_layer(const NetworkDescription& network, const std::string& name);

// Bytes of each engine for that input, up to the layer `wanted`. 0 if the network cannot
// take the input, which whoever runs it will say.
double fast_bytes(const NetworkDescription& network, const Shape& input, const std::string& wanted = {});
double readable_bytes(const NetworkDescription& network, const Shape& input, bool in_double,
                      const std::string& wanted = {});

inline constexpr double much_memory = 2e9;  // bytes: what a small machine has

// "NAME: takes about 2.4 GB of memory", from much_memory on.
void say_memory(const std::string& name, double bytes, bool quiet);

// That this process may have: the machine's, or its container's where that is less.
double machine_memory();

// The most that this process had in memory so far.
long long peak_rss_bytes();

}  // namespace ochre::program
