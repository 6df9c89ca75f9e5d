// Which network a file's tensors belong to, and each tensor to its layer: by the names of a state dict, by Caffe's, by
// the order and shapes of the weights, or by the graph that the file itself holds.
// Tested by match_network_test.cpp.
#pragma once

#include <array>
#include <map>
#include <optional>

#include <ochre/import/caffe/names.hpp>
#include <ochre/import/compute_alike.hpp>
#include <ochre/import/imported_model.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/models/known_networks.hpp>
#include <ochre/network/description_parser.hpp>

namespace ochre::inline v0 {

namespace detail {

// Of the released SIGGRAPH17: the head of its training, which takes no part in the colours. Of any other shape it would
// be a place for whatever somebody wants to send along.
inline bool is_left_out(const TensorEntry& tensor) {
  return (tensor.name == "model_class.0.weight" && tensor.shape == std::vector<Index>{529, 256, 1, 1}) ||
         (tensor.name == "model_class.0.bias" && tensor.shape == std::vector<Index>{529});
}

inline std::size_t count_found(const SourceFile& source, const NetworkDescription& network) {
  std::map<std::string_view, const TensorEntry*> there;
  for (const TensorEntry& tensor : source.tensors) there.emplace(tensor.name, &tensor);
  std::size_t count = 0;
  for (const RequiredTensor& tensor : network.tensors()) count += there.contains(tensor.name) ? 1 : 0;
  return count;
}

inline Result<ImportedModel> match_names(const SourceFile& source, const NetworkDescription& network) {
  ImportedModel model;
  model.network = network;
  for (const TensorEntry& tensor : source.tensors) {
    if (weights::is_training_counter(tensor.name)) {
      if (Status status = check_counter(tensor); !status) return std::move(status).error();
    } else if (is_left_out(tensor)) {
      model.notes.push_back("left out " + weights::printable(tensor.name) + ", which takes no part in the colours");
    } else {
      model.tensors.push_back(tensor);
    }
  }
  if (Status status = check_catalogue(model.tensors, network.tensors()); !status) return std::move(status).error();
  return model;
}

// Tensors "a.weight", "a.bias" belong to one layer.
inline std::string_view layer_of(std::string_view tensor) { return tensor.substr(0, tensor.rfind('.')); }

// The same layers with weights, one after the other, under other names. Null if they are not.
inline std::optional<ImportedModel> match_order(const SourceFile& source, const NetworkDescription& network) {
  if (!source.in_order) return std::nullopt;
  std::vector<std::string_view> theirs;
  std::map<std::string_view, std::vector<const TensorEntry*>> tensors;
  for (const TensorEntry& tensor : source.tensors) {
    if (weights::is_training_counter(tensor.name) && !check_counter(tensor)) return std::nullopt;
    if (weights::is_training_counter(tensor.name) || is_left_out(tensor)) continue;
    auto& group = tensors[layer_of(tensor.name)];
    if (group.empty()) theirs.push_back(layer_of(tensor.name));
    group.push_back(&tensor);
  }
  ImportedModel model;
  model.network = network;
  std::size_t next = 0;
  for (const LayerDescription& layer : network.layers) {
    if (layer.tensors().empty()) continue;
    if (next == theirs.size()) return std::nullopt;
    for (const TensorEntry* tensor : tensors[theirs[next++]]) {
      model.tensors.push_back(*tensor);
      model.tensors.back().name = layer.name + std::string(tensor->name.substr(layer_of(tensor->name).size()));
    }
  }
  if (next != theirs.size() || !check_catalogue(model.tensors, network.tensors())) return std::nullopt;
  model.notes.push_back("its tensors have other names; they are taken in their order, each of the expected shape");
  return model;
}

// Whether two descriptions have the same layers one after the other: their kinds, and of those with weights the stride,
// padding, dilation and eps. A `scale` may stand elsewhere; what it does, compute_alike() tells.
inline bool same_layers(const NetworkDescription& first, const NetworkDescription& second) {
  const auto weighty = [](const NetworkDescription& network) {
    std::vector<const LayerDescription*> layers;
    for (const auto& layer : network.layers) {
      if (!std::holds_alternative<layers::ScaleSpec>(layer.spec)) layers.push_back(&layer);
    }
    return layers;
  };
  const auto same = [](const LayerDescription* a, const LayerDescription* b) {
    if (a->spec.index() != b->spec.index()) return false;
    const auto alike = [](const layers::ConvolutionSpec& x, const layers::ConvolutionSpec& y) {
      return x.out == y.out && x.window.kernel == y.window.kernel && x.window.stride == y.window.stride &&
             x.window.padding == y.window.padding && x.window.dilation == y.window.dilation && x.groups == y.groups;
    };
    if (const auto* conv = std::get_if<layers::Conv2dSpec>(&a->spec)) {
      return alike(*conv, std::get<layers::Conv2dSpec>(b->spec));
    }
    if (const auto* conv = std::get_if<layers::ConvTranspose2dSpec>(&a->spec)) {
      return alike(*conv, std::get<layers::ConvTranspose2dSpec>(b->spec));
    }
    const auto* norm = std::get_if<layers::BatchNormSpec>(&a->spec);
    return norm == nullptr || std::abs(norm->eps - std::get<layers::BatchNormSpec>(b->spec).eps) <= 1e-3 * norm->eps;
  };
  const auto left = weighty(first);
  const auto right = weighty(second);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), same);
}

// A graph is what it says. A known network's text takes its place only where it has the same layers and gives the same
// colours: it knows besides which layer's output are the colours' logits, which no graph says. texts: of those known.
inline Result<ImportedModel> match_graph(const SourceFile& source, std::span<const std::string_view> texts) {
  auto network = parse_network(source.network);
  if (!network) return std::move(network).error();
  auto model = match_names(source, *network);
  if (!model) return model;
  model->size = source.size;
  std::string unlike;
  for (const auto text : texts) {
    const auto known = parse_network(text);
    if (!known || !same_layers(*known, *network)) continue;
    auto ordered = match_order(source, *known);
    if (!ordered) continue;
    if (!compute_alike(*ordered, *model)) {
      unlike = known->name;
      continue;
    }
    ordered->size = source.size;
    ordered->notes = {"the graph computes what " + known->name + " does, whose text is taken: it knows the colours"};
    return *std::move(ordered);
  }
  model->notes.push_back((unlike.empty() ? "the graph is of no known colorizer"
                                         : "the graph has the layers of " + unlike + ", but gives other numbers") +
                         std::string(": it runs, but has no `head` to make colours"));
  return model;
}

inline Result<ImportedModel> checked(Result<ImportedModel> model) {
  if (!model) return model;
  if (Status status = check_catalogue(model->tensors, model->network.tensors()); !status) {
    return std::move(status).error();
  }
  return model;
}

inline Error no_match(const SourceFile& source) {
  constexpr std::size_t longest = 60;  // three of them on a line
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(source.tensors.size(), 3); ++i) {
    names += (i == 0 ? " such as " : ", ") + weights::printable(source.tensors[i].name, longest);
  }
  return {ErrorCode::mismatch, "found " + std::to_string(source.tensors.size()) + " tensors" + names +
                                   ", expected those of eccv16, siggraph17 or street"};
}

}  // namespace detail

// Finds the network that a file's tensors belong to, and names each tensor as that network does.
// wanted: the network that the tensors must be of, or none: it is found. Errors: none fits; which tensor of the wanted,
// or of the likeliest, does not.
inline Result<ImportedModel> match_network(const SourceFile& source, const NetworkDescription* wanted = nullptr) {
  detail::CaffeNames caffe(source);
  if (caffe.is_siggraph17() && (wanted == nullptr || wanted->name == "siggraph17")) {
    return detail::checked(caffe.siggraph17());
  }
  if (caffe.is_eccv16() && (wanted == nullptr || wanted->name == "eccv16")) return detail::checked(caffe.eccv16());
  if (wanted != nullptr) {
    auto model = detail::match_names(source, *wanted);
    if (model) return model;
    if (auto ordered = detail::match_order(source, *wanted)) return *std::move(ordered);
    return model;
  }
  if (!source.network.empty()) return detail::match_graph(source, models::known_networks);
  std::optional<NetworkDescription> likeliest;
  std::optional<ImportedModel> ordered;
  std::size_t most = 0;
  for (const auto text : models::known_networks) {
    auto network = parse_network(text);
    if (!network) return std::move(network).error();
    if (auto model = detail::match_names(source, *network)) return model;
    if (!ordered) ordered = detail::match_order(source, *network);
    const std::size_t count = detail::count_found(source, *network);
    // A stranger's file shares a name or two; it is none of these that lacks the rest.
    if (count > most && 2 * count >= network->tensors().size()) likeliest = *std::move(network);
    most = std::max(most, count);
  }
  if (ordered) return *std::move(ordered);
  if (!likeliest) return detail::no_match(source);
  return Error{detail::match_names(source, *likeliest).error()}.in("as network " + likeliest->name);
}

}  // namespace ochre::inline v0
