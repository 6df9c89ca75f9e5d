// Reproducible random weights, for timing and tests: the same for every machine, type and order of layers.
// Kernels are uniform with variance 2 / (products per output) (He et al., 2015), so that activations keep their size;
// batch norms get statistics near 0 and 1, and biases are small.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <ochre/network/network.hpp>

namespace ochre::inline v0 {

// Pseudo-random numbers by SplitMix64 (Steele, Lea, Flood 2014): every seed gives a full-period sequence.
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // In [-1, 1), of 24 bits: the same value in float and in double.
  double uniform() noexcept { return static_cast<double>(next() >> 40) * 0x1p-23 - 1.0; }

 private:
  std::uint64_t state_;
};

namespace detail {

// FNV-1a: each tensor has a sequence of its own, so that one layer more does not change the others.
inline std::uint64_t hash(std::string_view name, std::uint64_t seed) noexcept {
  std::uint64_t value = 0xCBF29CE484222325u ^ seed;
  for (const char letter : name) value = (value ^ static_cast<unsigned char>(letter)) * 0x100000001B3u;
  return value;
}

}  // namespace detail

// A source of random weights for Network<T>::create(): the same for the same seed and tensor.
template <class T>
ParameterSource<T> random_weights(std::uint64_t seed) {
  return [seed](const RequiredTensor& tensor, std::span<T> values) -> Status {
    RandomNumbers random(detail::hash(tensor.name, seed));
    const auto ends_with = [&](std::string_view ending) { return tensor.name.ends_with(ending); };
    double centre = 0;
    double spread = 0.1;
    if (tensor.shape.size() == 4) {
      const double products = static_cast<double>(tensor.shape[1] * tensor.shape[2] * tensor.shape[3]);
      spread = std::sqrt(3.0 * 2.0 / products);  // a uniform of half-width s has variance s²/3
    } else if (ends_with(".running_var") || ends_with(".weight")) {
      centre = 1;
    }
    for (T& value : values) value = static_cast<T>(static_cast<float>(centre + spread * random.uniform()));
    return {};
  };
}

}  // namespace ochre::inline v0
