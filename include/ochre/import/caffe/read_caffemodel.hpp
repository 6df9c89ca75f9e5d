// A Caffe model (.caffemodel), NetParameter on the wire of Protocol Buffers, as tensors named after its layers:
//   Convolution, Deconvolution, InnerProduct  NAME.weight, NAME.bias     [out,in/group,h,w]; [in,out/group,h,w];
//                                                                        [out,in], in V1 and V0 [1,1,out,in]
//   BatchNorm                                 NAME.running_mean, NAME.running_var; NVIDIA's also .weight, .bias
//   Scale                                     NAME.weight, NAME.bias
//   any other layer that holds blobs          NAME.blob0, NAME.blob1 …
// Biases and statistics have one dimension, whatever ones the file puts around it. Layers without blobs (data, Split,
// Python layers of training) are passed over. All three generations of layers (caffe/layer.hpp) are read.
// Source: caffe.proto and blob.cpp of BVLC. Tested by read_caffemodel_test.cpp and a fuzz target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/import/caffe/batch_norm.hpp>
#include <ochre/import/caffe/blob.hpp>
#include <ochre/import/caffe/layer.hpp>
#include <ochre/import/protobuf.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/sniff.hpp>

namespace ochre::inline v0 {

namespace detail {

// 264 convolutions, each with a BatchNorm and a Scale, have some 1,800 blobs. Each tensor costs up to 700 bytes, nearly
// all for its name, whatever the file spends on it: 6 MB for this many.
inline constexpr std::size_t most_caffe_tensors = 8192;
// Room for ".running_mean" below what a safetensors file takes.
inline constexpr std::size_t longest_caffe_name = longest_name - 13;

// [1,1,1,n], [1,n,1,1] and [] (one number) as [n]; other shapes stay.
inline void flatten_vector(CaffeBlob& blob) {
  const auto is_one = [](Index side) { return side == 1; };
  if (std::count_if(blob.shape.begin(), blob.shape.end(), is_one) + 1 >= std::ssize(blob.shape)) {
    blob.shape = {blob.count()};
  }
}

class CaffemodelReader {
 public:
  explicit CaffemodelReader(std::span<const std::byte> bytes)
      : bytes_(bytes), owned_(file_, checked_mul(std::ssize(bytes), 2).value_or(std::ssize(bytes))) {}

  Result<SourceFile> read() {
    constexpr std::uint32_t v1_layers = 2, v2_layer = 100;  // of NetParameter
    Status status = for_each_field(ProtobufField{0, ProtobufWire::bytes, 0, bytes_, 0}, [&](const auto& field) {
      if (field.wire != ProtobufWire::bytes) return Status();
      if (field.number == v1_layers) return read_layer(field, caffe_v1);
      if (field.number == v2_layer) return read_layer(field, caffe_v2);
      return Status();
    });
    if (!status) return not_caffe(std::move(status).error());
    if (file_.tensors.empty()) {
      return not_caffe({ErrorCode::malformed,
                        "found " + std::to_string(layers_) + " layers, none with blobs, expected layers with blobs"});
    }
    file_.format = "a Caffe model (" + std::string(version_) + " layers)";
    return std::move(file_);
  }

 private:
  Status read_layer(const ProtobufField& message, const CaffeLayerFields& version) {
    auto layer = read_caffe_layer(message, version);
    ++layers_;
    if (!layer) return std::move(layer).error().in("layer number " + std::to_string(layers_));
    if (layer->blobs.empty()) return {};
    Status status = check_layer(*layer);
    if (status) status = add_layer(*layer);
    if (!status) return std::move(status).error().in("layer " + weights::printable(layer->name));
    return {};
  }

  Status check_layer(const CaffeLayer& layer) {
    if (layer.name.empty() || layer.name.size() > longest_caffe_name) {
      return Error{ErrorCode::malformed, "found a name of " + std::to_string(layer.name.size()) +
                                             " bytes, expected 1 to " + std::to_string(longest_caffe_name)};
    }
    if (!names_.insert(layer.name).second) return Error{ErrorCode::malformed, "found twice, expected once"};
    if (version_.empty()) version_ = layer.version;
    if (version_ == layer.version) return {};
    return Error{ErrorCode::unsupported, "found a " + std::string(layer.version) + " layer, expected " +
                                             std::string(version_) + " layers only, as before it"};
  }

  Status add_layer(const CaffeLayer& layer) {
    std::vector<CaffeBlob> blobs;
    for (const ProtobufField& field : layer.blobs) {
      auto blob = CaffeBlobReader::read(field, owned_);
      if (!blob) return std::move(blob).error().in("blob " + std::to_string(blobs.size()));
      blobs.push_back(*std::move(blob));
    }
    switch (layer.kind) {
      case CaffeKind::weight_and_bias:
        return add_weight_and_bias(layer.name, blobs);
      case CaffeKind::scale:
        flatten_vector(blobs.front());
        return add_weight_and_bias(layer.name, blobs);
      case CaffeKind::batch_norm:
        return add_batch_norm(layer.name, blobs);
      case CaffeKind::other:
        break;
    }
    return add_raw(layer.name, blobs);
  }

  Status add_weight_and_bias(std::string_view layer, std::vector<CaffeBlob>& blobs) {
    if (blobs.size() > 2) {
      return Error{ErrorCode::unsupported,
                   "found " + std::to_string(blobs.size()) + " blobs, expected a weight and, perhaps, a bias"};
    }
    Status status = add(layer, ".weight", std::move(blobs[0]));
    return status && blobs.size() == 2 ? add_vector(layer, ".bias", std::move(blobs[1])) : status;
  }

  Status add_batch_norm(std::string_view layer, std::vector<CaffeBlob>& blobs) {
    const auto norm = read_caffe_batch_norm(blobs);
    if (!norm) return norm.error();
    if (!norm->warning.empty()) warn(file_.warnings, "layer " + weights::printable(layer) + ": " + norm->warning);
    auto mean = scaled(norm->mean, norm->scale, owned_);
    if (!mean) return std::move(mean).error();
    auto variance = scaled(norm->variance, norm->scale, owned_);
    if (!variance) return std::move(variance).error();
    Status status = add_vector(layer, ".running_mean", *std::move(mean));
    if (status) status = add_vector(layer, ".running_var", *std::move(variance));
    if (blobs.size() < 5) return status;
    if (status) status = add_vector(layer, ".weight", std::move(blobs[3]));
    return status ? add_vector(layer, ".bias", std::move(blobs[4])) : status;
  }

  Status add_raw(std::string_view layer, std::vector<CaffeBlob>& blobs) {
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      if (Status status = add(layer, ".blob" + std::to_string(i), std::move(blobs[i])); !status) return status;
    }
    return {};
  }

  Status add_vector(std::string_view layer, std::string_view part, CaffeBlob blob) {
    flatten_vector(blob);
    return add(layer, part, std::move(blob));
  }

  Status add(std::string_view layer, std::string_view part, CaffeBlob blob) {
    if (file_.tensors.size() == most_caffe_tensors) {
      return Error{ErrorCode::too_large, "found more than " + std::to_string(most_caffe_tensors) +
                                             " blobs in all, expected at most that many"};
    }
    file_.tensors.push_back({std::string(layer) + std::string(part), blob.dtype, std::move(blob.shape), blob.bytes});
    return {};
  }

  // What broke the format, after what the file seems to be if nothing of it made sense.
  Error not_caffe(Error reason) const {
    const std::string_view kind = sniff(bytes_);
    if (!file_.tensors.empty() || kind.find("Caffe") != kind.npos) return std::move(reason).in("Caffe model");
    return std::move(reason).in(found_bytes(bytes_) + ", expected a Caffe model");
  }

  std::span<const std::byte> bytes_;
  SourceFile file_;
  OwnedBytes owned_;
  std::set<std::string_view> names_;  // of layers with blobs
  std::string_view version_;          // of the first layer with blobs
  Index layers_ = 0;
};

}  // namespace detail

// The tensors of a Caffe model. The bytes must outlive what is returned: tensors are views of them, but for scaled
// statistics and unpacked numbers.
inline Result<SourceFile> read_caffemodel(std::span<const std::byte> bytes) {
  return detail::CaffemodelReader(bytes).read();
}

}  // namespace ochre::inline v0
