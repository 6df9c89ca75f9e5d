// One layer of a Caffe model: its name, what kind it is, and where its blobs lie. Three generations of the message
// exist: LayerParameter (V2: kinds are strings), V1LayerParameter (kinds are numbers), and within the latter
// V0LayerParameter (lower-case strings). All else a layer says, of its sizes and of training, is passed over.
// Source: caffe.proto and util/upgrade_proto.cpp of BVLC. Tested by read_caffemodel_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/import/caffe/blob.hpp>
#include <ochre/import/protobuf.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

namespace detail {

// What the blobs of a layer are.
enum class CaffeKind {
  weight_and_bias,  // Convolution, Deconvolution, InnerProduct
  scale,
  batch_norm,
  other,
};

// The numbers of the fields that matter, in each generation of the message.
struct CaffeLayerFields {
  std::string_view version;
  std::uint32_t name;
  std::uint32_t type;
  ProtobufWire type_wire;
  std::uint32_t blobs;
  std::uint32_t v0_layer;  // 0 where there is none
};

inline constexpr CaffeLayerFields caffe_v0{"V0", 1, 2, ProtobufWire::bytes, 50, 0};
inline constexpr CaffeLayerFields caffe_v1{"V1", 4, 5, ProtobufWire::varint, 6, 1};
inline constexpr CaffeLayerFields caffe_v2{"V2", 1, 2, ProtobufWire::bytes, 7, 0};

// Layers of public models have at most 5 blobs (NVIDIA's BatchNorm), LSTMs of forks some more.
inline constexpr std::size_t most_caffe_blobs = 16;

struct CaffeLayer {
  std::string_view version;
  std::string_view name;
  CaffeKind kind = CaffeKind::other;
  std::vector<ProtobufField> blobs;
};

inline CaffeKind caffe_kind_of_v1(std::uint64_t type) noexcept {
  constexpr std::uint64_t convolution = 4, inner_product = 14, deconvolution = 39;  // its enum knows no BatchNorm
  const bool is_known = type == convolution || type == inner_product || type == deconvolution;
  return is_known ? CaffeKind::weight_and_bias : CaffeKind::other;
}

inline CaffeKind caffe_kind(std::string_view type) noexcept {
  constexpr std::string_view with_weight[] = {"Convolution", "Deconvolution", "InnerProduct",  // V2
                                              "conv", "innerproduct"};                         // V0
  if (std::find(std::begin(with_weight), std::end(with_weight), type) != std::end(with_weight)) {
    return CaffeKind::weight_and_bias;
  }
  if (type == "BatchNorm") return CaffeKind::batch_norm;
  return type == "Scale" ? CaffeKind::scale : CaffeKind::other;
}

inline Status take_layer_field(const CaffeLayerFields& version, const ProtobufField& field, CaffeLayer& layer) {
  layer.version = version.version;
  if (field.number == version.type && field.wire == version.type_wire) {
    layer.kind = field.wire == ProtobufWire::varint ? caffe_kind_of_v1(field.value) : caffe_kind(field.text());
  }
  if (field.wire != ProtobufWire::bytes) return {};
  if (field.number == version.name) layer.name = field.text();
  if (field.number != version.blobs) return {};
  if (layer.blobs.size() == most_caffe_blobs) {
    return Error{ErrorCode::unsupported, "layer " + weights::printable(layer.name) + ": found more than " +
                                             std::to_string(most_caffe_blobs) + " blobs, expected at most that many"};
  }
  layer.blobs.push_back(field);
  return {};
}

// version: caffe_v2 or caffe_v1. As in Caffe, a V0 layer within a V1 layer is all there is of it.
inline Result<CaffeLayer> read_caffe_layer(const ProtobufField& message, const CaffeLayerFields& version) {
  CaffeLayer layer;
  CaffeLayer inner;
  bool has_inner = false;
  Status status = for_each_field(message, [&](const ProtobufField& field) -> Status {
    if (field.number == version.v0_layer && field.wire == ProtobufWire::bytes) {
      has_inner = true;
      return for_each_field(field,
                            [&](const ProtobufField& of_v0) { return take_layer_field(caffe_v0, of_v0, inner); });
    }
    return take_layer_field(version, field, layer);
  });
  if (!status) return std::move(status).error();
  return has_inner ? inner : layer;
}

}  // namespace detail

}  // namespace ochre::inline v0
