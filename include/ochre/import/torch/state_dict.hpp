// Which of a checkpoint's dicts is the state dict, and what its tensors are called. Training programs save
// {'state_dict': …, 'epoch': 7, …}, with other names for the first; data-parallel and compiled modules put a prefix
// before every name. Tested by read_torch_test.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/base/result.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/import/torch/names.hpp>
#include <ochre/import/torch/pickle_value.hpp>
#include <ochre/import/torch/tensor.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/safetensors.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0::detail {

struct TorchItem {
  PickleValue key;
  PickleValue value;
};

// A dict, or an OrderedDict: its entries one after the other, those given to its constructor first ([[key, value], …],
// as Python 2 wrote them).
class TorchDict {
 public:
  // Nothing if the value is no dict.
  static std::optional<TorchDict> from(const Pickle& pickle, const PickleValue& value) noexcept {
    if (value.kind == PickleKind::dict) return TorchDict(pickle, {}, pickle.items(value));
    const TorchName* maker = torch_maker(pickle, value);
    if (maker == nullptr || maker->role != TorchRole::ordered_dict) return std::nullopt;
    auto entries = pickle.items(value);
    entries.next();
    const auto arguments = entries.next();
    const PickleValue pairs = arguments ? pickle.first_items<1>(*arguments)[0] : PickleValue{};
    return TorchDict(pickle, pairs, entries);
  }

  std::optional<TorchItem> next() noexcept {
    if (const auto pair = pairs_.next()) {
      const auto [key, value] = pickle_->first_items<2>(*pair);
      return TorchItem{key, value};
    }
    const auto key = entries_.next();
    const auto value = key ? entries_.next() : std::nullopt;
    if (!value) return std::nullopt;
    return TorchItem{*key, *value};
  }

 private:
  TorchDict(const Pickle& pickle, const PickleValue& pairs, Pickle::Items entries) noexcept
      : pickle_(&pickle), pairs_(pickle.items(pairs)), entries_(entries) {}

  const Pickle* pickle_;
  Pickle::Items pairs_;
  Pickle::Items entries_;
};

// Looks for tensors in the dicts of a pickle, among a dict's first values and not for ever: a file may show one dict
// 100,000 times. Whoever has looked at `most_values` finds no more; a checkpoint has some dozens of dicts.
class TensorSearch {
 public:
  explicit TensorSearch(const Pickle& pickle) noexcept : pickle_(pickle) {}

  bool holds_tensors(const PickleValue& value) noexcept {
    constexpr int most_others = 64;  // before the first tensor
    auto dict = TorchDict::from(pickle_, value);
    for (int i = 0; i < most_others && dict && left_ > 0; ++i, --left_) {
      const auto item = dict->next();
      if (!item) return false;
      if (find_tensor_call(pickle_, item->value)) return true;
    }
    return false;
  }

  bool is_spent() const noexcept { return left_ == 0; }

 private:
  static constexpr int most_values = 1 << 16;

  const Pickle& pickle_;
  int left_ = most_values;
};

// What training programs call it, the first one taken if there are several: averaged weights are the better ones.
inline constexpr std::string_view wrapper_names[] = {
    "params_ema", "state_dict", "model_state_dict", "model", "params", "generator", "netG", "net"};

// The value that a dict has under one of the names, if it holds tensors itself.
inline std::vector<TorchItem> find_wrapped(const Pickle& pickle, const PickleValue& root, TensorSearch& search) {
  std::vector<TorchItem> wrapped;
  for (const std::string_view name : wrapper_names) {
    auto dict = TorchDict::from(pickle, root);
    while (const auto item = dict ? dict->next() : std::nullopt) {
      if (pickle.text(item->key) != name || !search.holds_tensors(item->value)) continue;
      wrapped.push_back(*item);
      break;
    }
  }
  return wrapped;
}

// One key's dict of tensors, whatever its name, if no other has one.
inline std::optional<TorchItem> find_only_one(const Pickle& pickle, const PickleValue& root, TensorSearch& search) {
  std::optional<TorchItem> only;
  auto dict = TorchDict::from(pickle, root);
  while (const auto item = dict ? dict->next() : std::nullopt) {
    if (item->key.kind != PickleKind::text || !search.holds_tensors(item->value)) continue;
    if (only) return std::nullopt;
    only = item;
  }
  if (search.is_spent()) return std::nullopt;
  return only;
}

inline Error no_state_dict(const Pickle& pickle, const PickleValue& root) {
  std::string found = find_tensor_call(pickle, root) ? "a single tensor" : "no dict of tensors";
  std::string keys;
  constexpr std::size_t longest_key = 24;  // eight of them on a line
  auto dict = TorchDict::from(pickle, root);
  for (int i = 0; i < 8; ++i) {
    const auto item = dict ? dict->next() : std::nullopt;
    if (!item) break;
    if (i > 0) keys += ", ";
    keys += weights::printable(pickle.text(item->key), longest_key);
  }
  if (!keys.empty()) found += " (keys: " + keys + ")";
  return {ErrorCode::mismatch, "found " + found + ", expected a state dict of tensors"};
}

// The dict whose values are the tensors.
inline Result<PickleValue> find_state_dict(const Pickle& pickle, std::vector<std::string>& warnings) {
  const PickleValue& root = pickle.root();
  TensorSearch search(pickle);
  const auto wrapped = find_wrapped(pickle, root, search);
  if (wrapped.size() > 1) {
    std::string names;
    for (const TorchItem& item : wrapped) {
      if (!names.empty()) names += ", ";
      names += weights::printable(pickle.text(item.key));
    }
    warn(warnings,
         "found several state dicts (" + names + "), took " + weights::printable(pickle.text(wrapped[0].key)));
  }
  if (!wrapped.empty()) return wrapped[0].value;
  if (search.holds_tensors(root)) return root;
  if (const auto only = find_only_one(pickle, root, search)) return only->value;
  return no_state_dict(pickle, root);
}

inline constexpr std::string_view name_prefixes[] = {"module.", "netG.", "_orig_mod."};

// A prefix that all names have, and have more behind.
inline void strip_prefixes(std::span<TensorEntry> tensors) {
  const auto all_have = [&](std::string_view prefix) {
    return std::all_of(tensors.begin(), tensors.end(), [&](const TensorEntry& tensor) {
      return tensor.name.size() > prefix.size() && tensor.name.starts_with(prefix);
    });
  };
  constexpr int most_prefixes = 4;  // of data-parallel, compiled, and a training program's own
  for (int i = 0; i < most_prefixes && !tensors.empty(); ++i) {
    const auto prefix = std::find_if(std::begin(name_prefixes), std::end(name_prefixes), all_have);
    if (prefix == std::end(name_prefixes)) return;
    for (TensorEntry& tensor : tensors) tensor.name.erase(0, prefix->size());
  }
}

inline Status check_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name) {
    return tensor_error(name, "found a name of " + std::to_string(name.size()) + " bytes, expected 1 to " +
                                  std::to_string(longest_name));
  }
  std::string_view rest = name;
  while (const std::size_t length = utf8_length(rest)) rest.remove_prefix(length);
  return rest.empty() ? Status() : tensor_error(name, "found a name that is not UTF-8, expected one that is");
}

inline Status check_unique(std::span<const TensorEntry> tensors) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const TensorEntry& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? Status() : tensor_error(*twice, "found twice, expected once");
}

// Several times what the largest networks have; a TensorEntry with its name takes some 200 bytes.
inline constexpr std::size_t most_torch_tensors = 32'768;

// What a pickle's storages are read from.
struct TorchData {
  FindStorage find;
  bool big_endian = false;
  Index file_size = 0;
};

inline Result<TensorEntry> read_entry(const Pickle& pickle, const TorchData& data, std::string_view name,
                                      const TorchCall& call, OwnedBytes& owned) {
  const auto at_tensor = [&](const Error& error) { return tensor_error(name, error.message(), error.code); };
  if (Status status = check_name(name); !status) return std::move(status).error();
  auto tensor = read_torch_tensor(pickle, call, data.find);
  if (!tensor) return at_tensor(tensor.error());
  tensor->big_endian = data.big_endian;
  const auto bytes = in_row_major_order(*tensor, owned);
  if (!bytes) return at_tensor(bytes.error());
  return TensorEntry{std::string(name), tensor->dtype, std::move(tensor->shape), *bytes};
}

// The pickle's tensors into `file`.
inline Status read_state_dict(const Pickle& pickle, const TorchData& data, SourceFile& file) {
  // Tied weights are several tensors of the same bytes. More than this would be a small file that writes a huge one.
  Index left = checked_mul(data.file_size, 8).value_or(0);
  OwnedBytes owned(file, checked_mul(data.file_size, 2).value_or(0));
  const auto state_dict = find_state_dict(pickle, file.warnings);
  if (!state_dict) return state_dict.error();
  auto dict = TorchDict::from(pickle, *state_dict);
  while (const auto item = dict ? dict->next() : std::nullopt) {
    const auto call = find_tensor_call(pickle, item->value);
    if (item->key.kind != PickleKind::text || !call) continue;  // beside them stand numbers and settings
    auto entry = read_entry(pickle, data, pickle.text(item->key), *call, owned);
    if (!entry) return std::move(entry).error();
    left -= static_cast<Index>(entry->bytes.size());
    if (left < 0 || file.tensors.size() == most_torch_tensors) {
      return Error{ErrorCode::too_large, "found more tensors, expected at most " + std::to_string(most_torch_tensors) +
                                             ", and at most 8 times the file's bytes in all of them"};
    }
    file.tensors.push_back(*std::move(entry));
  }
  strip_prefixes(file.tensors);
  return check_unique(file.tensors);
}

}  // namespace ochre::inline v0::detail
