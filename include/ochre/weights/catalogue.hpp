// The tensors a network needs, held against those a file has, before the first layer is built: all or nothing.
// A missing, an extra (but *.num_batches_tracked, a training counter of one number), a wrongly shaped or an
// unconvertible tensor is an Error that names it, what was found and what was expected, and how many more there are.
// Tested by catalogue_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/weights/dtype.hpp>
#include <ochre/weights/safetensors.hpp>

namespace ochre::inline v0 {

// A tensor that a network needs, by its full name and shape.
struct RequiredTensor {
  std::string name;
  std::vector<Index> shape;
  bool optional = false;  // may be absent, but what is there must fit
};

namespace detail {

// Of all of them. A double, because a network's text may claim more than an integer holds; exact up to 2^53.
inline double value_count(std::span<const RequiredTensor> tensors) noexcept {
  double sum = 0;
  for (const RequiredTensor& tensor : tensors) {
    double values = 1;
    for (const Index side : tensor.shape) values *= static_cast<double>(side);
    sum += values;
  }
  return sum;
}

inline std::string expected_shape(const RequiredTensor& required) {
  return "expected shape " + to_string(required.shape);
}

// Nothing if the file's tensor of that name fits; `found` may be null.
inline Status check_tensor(const TensorEntry* found, const RequiredTensor& required) {
  if (found == nullptr) {
    if (required.optional) return {};
    return tensor_error(required.name, "found none, " + expected_shape(required), ErrorCode::mismatch);
  }
  if (found->shape != required.shape) {
    return tensor_error(required.name, "found shape " + to_string(found->shape) + ", " + expected_shape(required),
                        ErrorCode::mismatch);
  }
  if (!weights::is_convertible(found->dtype)) return not_convertible(*found);
  return {};
}

}  // namespace detail

namespace weights {

inline bool is_training_counter(std::string_view name) noexcept { return name.ends_with(".num_batches_tracked"); }

}  // namespace weights

namespace detail {

// PyTorch counts in I64. A counter of any size would be a way to make a file as large as one likes.
inline Status check_counter(const TensorEntry& counter) {
  constexpr std::size_t most_bytes = 8;
  const auto is_one = [](Index side) { return side == 1; };
  if (std::all_of(counter.shape.begin(), counter.shape.end(), is_one) && counter.bytes.size() <= most_bytes) return {};
  return tensor_error(counter.name,
                      "found a counter of shape " + to_string(counter.shape) + " and " +
                          std::to_string(counter.bytes.size()) + " bytes, expected one number of at most " +
                          std::to_string(most_bytes),
                      ErrorCode::mismatch);
}

// The first problem, and how many there are: a file may hold a million tensors that do not fit.
class Problems {
 public:
  void add(Error problem) {
    if (++count_ == 1) first_ = std::move(problem);
  }
  std::size_t count() const noexcept { return count_; }
  Error first() && { return std::move(first_); }

 private:
  Error first_;
  std::size_t count_ = 0;
};

}  // namespace detail

// Checks that all tensors are there which a network needs, and no other. Errors: a tensor is missing, of another shape
// or type, or unknown to the network; the first one is named, the others counted.
inline Status check_catalogue(std::span<const TensorEntry> tensors, std::span<const RequiredTensor> required) {
  detail::Problems problems;
  std::size_t missing = 0;
  std::vector<std::string_view> known;
  std::map<std::string_view, const TensorEntry*> there;
  for (const TensorEntry& tensor : tensors) there.emplace(tensor.name, &tensor);
  for (const RequiredTensor& tensor : required) {
    known.push_back(tensor.name);
    const auto at = there.find(tensor.name);
    const TensorEntry* entry = at == there.end() ? nullptr : at->second;
    if (entry == nullptr && !tensor.optional) ++missing;
    if (Status status = detail::check_tensor(entry, tensor); !status) problems.add(std::move(status).error());
  }
  std::sort(known.begin(), known.end());
  for (const TensorEntry& tensor : tensors) {
    if (weights::is_training_counter(tensor.name)) {
      if (Status status = detail::check_counter(tensor); !status) problems.add(std::move(status).error());
    } else if (!std::binary_search(known.begin(), known.end(), std::string_view(tensor.name))) {
      problems.add(detail::tensor_error(
          tensor.name, "found shape " + to_string(tensor.shape) + ", expected no such tensor", ErrorCode::mismatch));
    }
  }
  const std::size_t count = problems.count();
  if (count == 0) return {};
  Error first = std::move(problems).first();
  if (missing > 0) {
    first.text +=
        " (" + std::to_string(missing) + " of " + std::to_string(required.size()) + " required tensors are missing)";
  }
  if (count > 1) first.text += "; " + std::to_string(count - 1) + " more tensors do not fit";
  return first;
}

}  // namespace ochre::inline v0
