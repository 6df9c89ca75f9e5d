// Compares computed numbers with expected ones, each under its own bound: |actual - expected| <= bound.
// Grades: pass, the worst error is at most half its bound; marginal, it is within the bound, but closer than rounding
// errors of a long sum come by chance (common for sums of fewer than ten terms); fail, anything else.
// Not finite numbers fail before any difference is formed (a NaN compares false with every bound), and so do shapes
// that differ, comparisons of nothing, and bounds that are negative or not finite.
// A comparison is decisive if zeros in place of the actual numbers would have failed; where every expected number is
// smaller than its bound, the comparison cannot fail and proves nothing. compare_test.cpp feeds it all of that.
#pragma once

#include <cmath>
#include <span>
#include <string>

#include <ochre/base/finite.hpp>
#include <ochre/tensor/tensor.hpp>

namespace ochre::inline v0::reference {

enum class Grade { pass, marginal, fail };

struct Comparison {
  Grade grade = Grade::fail;
  const char* reason = "nothing was compared";  // of a fail
  bool decisive = false;
  double worst_ratio = 0.0;  // the largest |actual - expected| / bound; infinite where the bound is 0 and missed
  double worst_error = 0.0;  // |actual - expected| there
  Index index = 0;           // where: of the worst ratio, or of the first element that cannot be compared
  double actual = 0.0;
  double expected = 0.0;
  double bound = 0.0;

  bool holds() const noexcept { return grade != Grade::fail; }
};

inline constexpr double marginal_ratio = 0.5;  // of the bound

template <class T>
Comparison compare_numbers(std::span<const T> actual, std::span<const double> expected,
                           std::span<const double> bound) noexcept {
  Comparison result;
  const auto look_at = [&](std::size_t k) {
    result.index = static_cast<Index>(k);
    result.actual = static_cast<double>(actual[k]);
    result.expected = expected[k];
    result.bound = bound[k];
  };
  if (actual.size() != expected.size() || bound.size() != expected.size()) {
    result.reason = "the lengths differ";
    return result;
  }
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const bool finite = is_finite(actual[k]) && is_finite(expected[k]);
    if (finite && is_finite(bound[k]) && bound[k] >= 0.0) continue;
    look_at(k);
    result.reason = finite ? "the bound is not a finite number of at least 0" : "a number is not finite";
    return result;
  }
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const double error = std::abs(static_cast<double>(actual[k]) - expected[k]);
    const double ratio = error <= 0.0 ? 0.0 : error / bound[k];
    if (k == 0 || ratio > result.worst_ratio) {
      look_at(k);
      result.worst_ratio = ratio;
      result.worst_error = error;
    }
    if (std::abs(expected[k]) > bound[k]) result.decisive = true;
  }
  if (expected.empty()) return result;
  if (result.worst_ratio > 1.0) {
    result.reason = "the error exceeds its bound";
    return result;
  }
  result.grade = result.worst_ratio > marginal_ratio ? Grade::marginal : Grade::pass;
  result.reason = "";
  return result;
}

template <class T>
Comparison compare_tensors(TensorView<const T> actual, TensorView<const double> expected,
                           TensorView<const double> bound) noexcept {
  if (actual.shape != expected.shape || bound.shape != expected.shape) {
    Comparison result;
    result.reason = "the shapes differ";
    return result;
  }
  const auto span = [](const auto& view) { return std::span(view.data, static_cast<std::size_t>(view.shape.size())); };
  return compare_numbers<T>(span(actual), span(expected), span(bound));
}

inline Comparison compare(TensorView<const float> actual, TensorView<const double> expected,
                          TensorView<const double> bound) noexcept {
  return compare_tensors(actual, expected, bound);
}

inline Comparison compare(TensorView<const double> actual, TensorView<const double> expected,
                          TensorView<const double> bound) noexcept {
  return compare_tensors(actual, expected, bound);
}

inline Comparison compare(std::span<const float> actual, std::span<const double> expected,
                          std::span<const double> bound) noexcept {
  return compare_numbers(actual, expected, bound);
}

inline Comparison compare(std::span<const double> actual, std::span<const double> expected,
                          std::span<const double> bound) noexcept {
  return compare_numbers(actual, expected, bound);
}

// "pass, worst 0.12 of the bound at 17: 0.501 instead of 0.500 +- 0.01".
inline std::string to_string(const Comparison& c) {
  const char* const grades[] = {"pass", "marginal", "fail"};
  std::string text = grades[static_cast<int>(c.grade)];
  if (c.reason[0] != '\0') text += std::string(" (") + c.reason + ")";
  return text + ", worst " + std::to_string(c.worst_ratio) + " of the bound at " + std::to_string(c.index) + ": " +
         std::to_string(c.actual) + " instead of " + std::to_string(c.expected) + " +- " + std::to_string(c.bound);
}

}  // namespace ochre::inline v0::reference
