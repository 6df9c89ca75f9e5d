// The safetensors container: u64 little-endian N, N bytes of JSON header, then the tensors' bytes, row-major and
// little-endian on every host. Nothing is copied: each TensorEntry points into the caller's bytes, which must outlive
// it. Strict, all or nothing: the header is at most 100,000,000 bytes and begins with '{'; no duplicate name or key;
// the tensors' offsets follow one another without hole or overlap and cover the data exactly; shape x dtype = length.
// Tensors and keys are counted while they are read, so that what is held beside the texts themselves is some 20 MB.
// Source: the format's README (github.com/huggingface/safetensors). Tested by safetensors_test.cpp and a fuzz target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/weights/dtype.hpp>
#include <ochre/weights/json_reader.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/sniff.hpp>

namespace ochre::inline v0 {

// One tensor of a file, or for one; its bytes are the owner's.
struct TensorEntry {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<Index> shape;  // [] is one number; a dimension may be 0
  std::span<const std::byte> bytes;
};

// The header's `__metadata__`: texts by name.
using Metadata = std::map<std::string, std::string, std::less<>>;

// A tensor's shape as messages show it: "[64,1,3,3]".
inline std::string to_string(std::span<const Index> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ',';  // not "," + …, of which g++ 12 believes at -O3 that it copies onto itself
    text += std::to_string(shape[i]);
  }
  return text + ']';
}

namespace detail {

inline constexpr Index longest_header = 100'000'000;  // the format's own limit
inline constexpr std::size_t longest_name = 512;      // names of public models stay below 60
inline constexpr std::size_t most_dimensions = 8;     // a convolution's weights have 4
// A network of 4096 layers has 20,480 of them, and large public models some thousands. Each takes some 300 bytes.
inline constexpr std::size_t most_tensors = 1 << 16;
inline constexpr std::size_t most_metadata_keys = 4096;  // ochre writes ten, a trainer that notes all it does a hundred

// A tensor as the header claims it: offsets are into the data behind the header.
struct TensorClaim {
  TensorEntry entry;
  Index begin = 0;
  Index end = 0;
};

using TensorClaims = std::map<std::string, TensorClaim, std::less<>>;

inline Error tensor_error(std::string_view name, const std::string& reason, ErrorCode code = ErrorCode::malformed) {
  return {code, "tensor " + weights::printable(name) + ": " + reason};
}

inline Error not_convertible(const TensorEntry& tensor) {
  return tensor_error(
      tensor.name,
      "found dtype " + std::string(dtype_name(tensor.dtype)) + ", expected a float type of 8, 16, 32 or 64 bits",
      ErrorCode::mismatch);
}

// Length in bytes of `count` elements: nothing if it overflows or does not fill whole bytes (4- and 6-bit types).
inline std::optional<Index> byte_length(Dtype dtype, std::span<const Index> shape) noexcept {
  std::optional<Index> bits = dtype_bits(dtype);
  for (const Index dimension : shape) bits = bits ? checked_product({*bits, dimension}) : bits;
  return bits && *bits % 8 == 0 ? std::optional<Index>(*bits / 8) : std::nullopt;
}

inline Status read_dtype(weights::JsonReader& json, TensorClaim& claim) {
  auto name = json.string();
  if (!name) return std::move(name).error();
  const auto dtype = dtype_from_name(*name);
  if (!dtype)
    return Error{ErrorCode::unsupported, "dtype: found \"" + weights::printable(*name) + "\", expected one like F32"};
  claim.entry.dtype = *dtype;
  return {};
}

inline Status read_shape(weights::JsonReader& json, TensorClaim& claim) {
  return json.array([&]() -> Status {
    if (claim.entry.shape.size() == most_dimensions) {
      return Error{ErrorCode::unsupported, "shape: found more than " + std::to_string(most_dimensions) +
                                               " dimensions, expected at most that many"};
    }
    auto dimension = json.count();
    if (!dimension) return std::move(dimension).error().in("shape");
    claim.entry.shape.push_back(*dimension);
    return {};
  });
}

inline Status read_offsets(weights::JsonReader& json, TensorClaim& claim) {
  std::vector<Index> offsets;
  Status status = json.array([&]() -> Status {
    auto offset = json.count();
    if (!offset) return std::move(offset).error().in("data_offsets");
    if (offsets.size() == 2) return Error{ErrorCode::malformed, "data_offsets: found a third number, expected 2"};
    offsets.push_back(*offset);
    return {};
  });
  if (!status) return status;
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    return Error{ErrorCode::malformed, "data_offsets: found " + to_string(offsets) + ", expected [begin,end]"};
  }
  claim.begin = offsets[0];
  claim.end = offsets[1];
  return {};
}

// {"dtype":"F32","shape":[…],"data_offsets":[begin,end]}, each key once, in any order.
inline Status read_claim(weights::JsonReader& json, TensorClaim& claim) {
  constexpr std::string_view keys[] = {"dtype", "shape", "data_offsets"};
  constexpr Status (*readers[])(weights::JsonReader&, TensorClaim&) = {read_dtype, read_shape, read_offsets};
  bool seen[3] = {};
  Status status = json.object([&](const std::string& key) -> Status {
    const auto which = static_cast<std::size_t>(std::find(std::begin(keys), std::end(keys), key) - std::begin(keys));
    if (which == 3) {
      return Error{ErrorCode::malformed,
                   "found the key \"" + weights::printable(key) + "\", expected dtype, shape and data_offsets only"};
    }
    if (seen[which]) return Error{ErrorCode::malformed, "found the key \"" + key + "\" twice, expected it once"};
    seen[which] = true;
    return readers[which](json, claim);
  });
  if (!status) return status;
  for (std::size_t i = 0; i < 3; ++i) {
    if (!seen[i]) return Error{ErrorCode::malformed, "found no " + std::string(keys[i]) + ", expected one"};
  }
  const auto bytes = byte_length(claim.entry.dtype, claim.entry.shape);
  if (!bytes || *bytes != claim.end - claim.begin) {
    return Error{ErrorCode::malformed,
                 "shape " + to_string(claim.entry.shape) + " of " + std::string(dtype_name(claim.entry.dtype)) +
                     (bytes ? " needs " + std::to_string(*bytes) + " bytes" : " has no addressable size in bytes") +
                     ", found data_offsets [" + std::to_string(claim.begin) + "," + std::to_string(claim.end) + "]"};
  }
  return {};
}

inline Status read_metadata(weights::JsonReader& json, Metadata& metadata) {
  return json.object([&](std::string key) -> Status {
    if (metadata.size() == most_metadata_keys) {
      return Error{ErrorCode::too_large, "__metadata__: found more than " + std::to_string(most_metadata_keys) +
                                             " keys, expected at most that many"};
    }
    auto value = json.string();
    const auto where = [&] { return "__metadata__ key \"" + weights::printable(key) + "\""; };
    if (!value) return std::move(value).error().in(where());
    if (metadata.contains(key)) return Error{ErrorCode::malformed, where() + ": found twice, expected once"};
    metadata.emplace(std::move(key), *std::move(value));
    return {};
  });
}

inline Status read_header(std::string_view text, TensorClaims& claims, Metadata& metadata) {
  weights::JsonReader json(text);
  bool seen_metadata = false;
  Status status = json.object([&](std::string name) -> Status {
    if (name == "__metadata__") {
      if (seen_metadata) return Error{ErrorCode::malformed, "__metadata__: found twice, expected once"};
      seen_metadata = true;
      return read_metadata(json, metadata);
    }
    if (name.empty() || name.size() > longest_name) {
      return tensor_error(name, "found a name of " + std::to_string(name.size()) + " bytes, expected 1 to " +
                                    std::to_string(longest_name));
    }
    if (claims.size() == most_tensors) {
      return Error{ErrorCode::too_large,
                   "found more than " + std::to_string(most_tensors) + " tensors, expected at most that many"};
    }
    const auto [at, is_new] = claims.try_emplace(name);
    if (!is_new) return tensor_error(name, "found twice, expected once");
    at->second.entry.name = std::move(name);
    Status read = read_claim(json, at->second);
    if (!read) return tensor_error(at->first, read.error().message(), read.error().code);
    return {};
  });
  return status ? json.end() : status;
}

// In the order of their offsets, the tensors must touch one another and fill the data.
inline Status check_coverage(const TensorClaims& claims, Index data_size) {
  std::vector<const TensorClaim*> in_order;
  in_order.reserve(claims.size());
  for (const auto& [name, claim] : claims) in_order.push_back(&claim);
  std::sort(in_order.begin(), in_order.end(), [](const TensorClaim* left, const TensorClaim* right) {
    return left->begin != right->begin ? left->begin < right->begin : left->end < right->end;
  });
  Index covered = 0;
  for (const TensorClaim* claim : in_order) {
    if (claim->begin != covered) {
      return tensor_error(claim->entry.name, "found its data at offset " + std::to_string(claim->begin) +
                                                 ", expected " + std::to_string(covered) +
                                                 (claim->begin < covered ? " (tensors overlap)" : " (a hole)"));
    }
    covered = claim->end;
  }
  if (covered == data_size) return {};
  return Error{ErrorCode::malformed, "found " + std::to_string(data_size) + " bytes of tensor data, expected " +
                                         std::to_string(covered) +
                                         (data_size < covered ? " (the file is cut short)" : " (bytes of no tensor)")};
}

// The header's text between the length field and the data.
inline Result<std::string_view> find_header(std::span<const std::byte> file) {
  constexpr std::size_t prefix = 8;
  const auto fail = [&](const std::string& reason) {
    return Error{ErrorCode::malformed, found_bytes(file) + ", expected a safetensors container: " + reason};
  };
  if (file.size() < prefix) return fail("the file has " + std::to_string(file.size()) + " bytes, at least 8 needed");
  std::uint64_t length = 0;
  for (std::size_t i = prefix; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(file[i]);
  if (length > static_cast<std::uint64_t>(longest_header)) {
    return fail("its header would have " + std::to_string(length) + " bytes, at most " +
                std::to_string(longest_header) + " are allowed");
  }
  const auto size = static_cast<std::size_t>(length);
  if (size == 0 || std::to_integer<char>(file.subspan(prefix).empty() ? std::byte{} : file[prefix]) != '{') {
    return fail("its header does not begin with '{'");
  }
  if (size > file.size() - prefix) {
    return Error{ErrorCode::malformed, "found a file of " + std::to_string(file.size()) + " bytes, expected at least " +
                                           std::to_string(prefix + size) + " for its header (the file is cut short)"};
  }
  return std::string_view(reinterpret_cast<const char*>(file.data()) + prefix, size);
}

}  // namespace detail

// A parsed file: views of its bytes, which must outlive it.
class Safetensors {
 public:
  static Result<Safetensors> parse(std::span<const std::byte> file) {
    const auto header = detail::find_header(file);
    if (!header) return header.error();
    const std::span<const std::byte> data = file.subspan(8 + header->size());

    Safetensors parsed;
    detail::TensorClaims claims;
    if (Status status = detail::read_header(*header, claims, parsed.metadata_); !status) {
      return std::move(status).error();
    }
    if (Status status = detail::check_coverage(claims, static_cast<Index>(data.size())); !status) {
      return std::move(status).error();
    }
    parsed.tensors_.reserve(claims.size());
    for (auto& [name, claim] : claims) {
      claim.entry.bytes =
          data.subspan(static_cast<std::size_t>(claim.begin), static_cast<std::size_t>(claim.end - claim.begin));
      parsed.tensors_.push_back(std::move(claim.entry));
    }
    return parsed;
  }

  // Null if there is none of that name.
  const TensorEntry* find(std::string_view name) const noexcept {
    const auto at =
        std::lower_bound(tensors_.begin(), tensors_.end(), name,
                         [](const TensorEntry& entry, std::string_view wanted) { return entry.name < wanted; });
    return at != tensors_.end() && at->name == name ? &*at : nullptr;
  }

  // By name.
  std::span<const TensorEntry> tensors() const noexcept { return tensors_; }

  const Metadata& metadata() const noexcept { return metadata_; }

  // Null if there is no such key.
  const std::string* metadata(std::string_view key) const noexcept {
    const auto at = metadata_.find(key);
    return at != metadata_.end() ? &at->second : nullptr;
  }

 private:
  Safetensors() = default;

  std::vector<TensorEntry> tensors_;
  Metadata metadata_;
};

}  // namespace ochre::inline v0
