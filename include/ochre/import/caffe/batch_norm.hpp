// The blobs of Caffe's BatchNorm as the statistics they stand for:
//   3 blobs (BVLC)    mean·f, variance·f, f        running_mean = blob0·(1/f), running_var = blob1·(1/f)
//   3 blobs, f = 0    as NVIDIA's older versions wrote it: f is taken as 1, where Caffe would give nothing but zeros
//   2 blobs           no f: taken as 1
//   5 blobs (NVIDIA)  mean, variance, a number it never uses, weight, bias
// A factor of 1 leaves the file's own bytes; else they are multiplied in double and stored as F32, or F64 if they were.
// Source: batch_norm_layer.cpp of BVLC and of NVIDIA, NVIDIA/caffe#436, opencv/opencv#10746. Tested by
// read_caffemodel_test.cpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/finite.hpp>
#include <ochre/base/result.hpp>
#include <ochre/import/caffe/blob.hpp>
#include <ochre/weights/convert.hpp>

namespace ochre::inline v0 {

namespace detail {

struct CaffeBatchNorm {
  CaffeBlob mean;
  CaffeBlob variance;
  double scale = 1;     // of both: 1/f
  std::string warning;  // for people, or nothing
};

inline bool any_nonzero(const CaffeBlob& blob) noexcept {
  for (Index i = 0; i < blob.count(); ++i) {
    if (blob.number(i) != 0) return true;
  }
  return false;
}

// Some forks store slope, bias, mean, variance; then what should be the variance has negative numbers in it.
inline Status check_variance(const CaffeBlob& variance) {
  for (Index i = 0; i < variance.count(); ++i) {
    const double value = variance.number(i);
    if (!(value >= 0)) {
      return Error{ErrorCode::malformed, "variance, element " + std::to_string(i) + ": found " + std::to_string(value) +
                                             ", expected 0 or more (blobs in another order than mean, variance?)"};
    }
  }
  return {};
}

inline Status read_correction(const CaffeBlob& blob, bool is_used, CaffeBatchNorm& norm) {
  if (blob.count() != 1) {
    return Error{ErrorCode::unsupported, "blob 2: found shape " + to_string(blob.shape) +
                                             ", expected one number (blobs in another order than mean, variance?)"};
  }
  const double factor = blob.number(0);
  const std::string found = "found a factor of " + std::to_string(factor) + " in blob 2, ";
  if (!is_used) {
    if (factor != 0 && factor != 1) norm.warning = found + "not used, as in NVIDIA's Caffe";
    return {};
  }
  if (!is_finite(factor) || factor < 0) return Error{ErrorCode::malformed, found + "expected 0 or more"};
  if (factor != 0) {
    norm.scale = 1 / factor;
  } else if (any_nonzero(norm.mean) || any_nonzero(norm.variance)) {
    norm.warning = found + "taken as 1: Caffe itself would take mean and variance as 0";
  }
  return {};
}

inline Result<CaffeBatchNorm> read_caffe_batch_norm(std::span<const CaffeBlob> blobs) {
  if (blobs.size() != 2 && blobs.size() != 3 && blobs.size() != 5) {
    return Error{ErrorCode::unsupported,
                 "found " + std::to_string(blobs.size()) + " blobs, expected 3 (mean, variance, factor) or NVIDIA's 5"};
  }
  CaffeBatchNorm norm{blobs[0], blobs[1], 1, {}};
  if (norm.mean.count() != norm.variance.count()) {
    return Error{ErrorCode::malformed, "found a mean of shape " + to_string(norm.mean.shape) +
                                           " and a variance of shape " + to_string(norm.variance.shape) +
                                           ", expected as many numbers"};
  }
  if (blobs.size() == 2) {
    norm.warning = "found no factor (a third blob), taken as 1";
  } else if (Status status = read_correction(blobs[2], blobs.size() == 3, norm); !status) {
    return std::move(status).error();
  }
  if (Status status = check_variance(norm.variance); !status) return std::move(status).error();
  return norm;
}

// blob·scale; the blob itself if scale is 1.
inline Result<CaffeBlob> scaled(const CaffeBlob& blob, double scale, OwnedBytes& owned) {
  if (scale == 1) return blob;
  CaffeBlob product = blob;
  if (blob.dtype != Dtype::f64) product.dtype = Dtype::f32;
  const Index size = dtype_bits(product.dtype) / 8;
  const auto length = checked_mul(blob.count(), size);
  const auto room = owned.allocate(length.value_or(-1));
  if (!room) return room.error();
  for (Index i = 0; i < blob.count(); ++i) {
    const double value = blob.number(i) * scale;
    const std::uint64_t bits = product.dtype == Dtype::f64 ? std::bit_cast<std::uint64_t>(value)
                                                           : std::bit_cast<std::uint32_t>(static_cast<float>(value));
    for (Index byte = 0; byte < size; ++byte) {
      (*room)[static_cast<std::size_t>(i * size + byte)] = static_cast<std::byte>(bits >> (8 * byte) & 0xFF);
    }
  }
  product.bytes = *room;
  return product;
}

}  // namespace detail

}  // namespace ochre::inline v0
