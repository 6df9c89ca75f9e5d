// PyTorch's files of tensors (.pth, .pt, .ckpt), read without Python; nothing in them is executed. By the first bytes:
//   a zip archive (since PyTorch 1.6): STEM/data.pkl, the pickle; STEM/data/KEY, the storages, in the byte order that
//     STEM/byteorder names;
//   a stream (the legacy format): pickles of a magic number, a version, the machine, the object, the storages' keys;
//     then for each key the number of elements (8 bytes) and the elements, little-endian on every machine, whatever the
//     third pickle says of it.
// Refused by name: programs (TorchScript), whole modules, the tar archives of PyTorch's first months.
// Source: torch/serialization.py and torch/csrc/serialization.cpp of PyTorch. Tested by read_torch_test.cpp, against
// what PyTorch reads, and by a fuzz target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <ochre/base/checked.hpp>
#include <ochre/base/result.hpp>
#include <ochre/import/source_file.hpp>
#include <ochre/import/torch/names.hpp>
#include <ochre/import/torch/pickle.hpp>
#include <ochre/import/torch/state_dict.hpp>
#include <ochre/import/torch/tensor.hpp>
#include <ochre/import/torch/zip_archive.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/sniff.hpp>
#include <ochre/weights/utf8.hpp>

namespace ochre::inline v0 {

namespace detail {

// "STEM/", or nothing if the pickle lies at the top. Errors: there is none.
inline Result<std::string_view> find_stem(const ZipArchive& archive) {
  constexpr std::string_view pickle = "data.pkl";
  for (const ZipEntry& entry : archive.entries()) {
    if (!entry.name.ends_with(pickle)) continue;
    const std::string_view stem = entry.name.substr(0, entry.name.size() - pickle.size());
    if (stem.empty() || (stem.ends_with('/') && stem.size() <= longest_name)) return stem;
  }
  const std::string found = archive.entries().empty() ? "nothing" : weights::printable(archive.entries().front().name);
  return Error{ErrorCode::mismatch,
               "found a zip archive of other things (" + found + "), expected a PyTorch file's data.pkl"};
}

inline bool is_torch_script(const ZipArchive& archive, const std::string& stem) {
  if (archive.find(stem + "constants.pkl")) return true;
  return std::any_of(archive.entries().begin(), archive.entries().end(),
                     [&](const ZipEntry& entry) { return entry.name.starts_with(stem + "code/"); });
}

inline Result<bool> is_big_endian(const ZipArchive& archive, const std::string& stem) {
  if (archive.find(stem + "byteorder") == nullptr) return false;  // PyTorch before 2.1
  const auto order = archive.read(stem + "byteorder");
  if (!order) return order.error();
  if (letters_of(*order) == "little") return false;
  if (letters_of(*order) == "big") return true;
  return Error{ErrorCode::malformed,
               "byteorder: found \"" + weights::printable(letters_of(*order)) + "\", expected little or big"};
}

inline Result<SourceFile> read_torch_zip(std::span<const std::byte> file) {
  SourceFile source;
  source.format = "a PyTorch zip archive";
  const auto archive = ZipArchive::parse(file);
  if (!archive) return archive.error();
  const auto stem_view = find_stem(*archive);
  if (!stem_view) return stem_view.error();
  const std::string stem(*stem_view);
  if (is_torch_script(*archive, stem)) {
    return Error{ErrorCode::unsupported,
                 "found a TorchScript program, expected a state dict of tensors (save the module's state_dict() "
                 "instead)"};
  }
  const auto big_endian = is_big_endian(*archive, stem);
  if (!big_endian) return big_endian.error();
  const auto bytes = archive->read(stem + "data.pkl");
  if (!bytes) return bytes.error();
  const auto pickle = read_pickle(*bytes, torch_name_list);
  if (!pickle) return Error(pickle.error()).in("data.pkl");
  const auto find = [&](std::string_view key) { return archive->read(stem + "data/" + std::string(key)); };
  const TorchData data{find, *big_endian, static_cast<Index>(file.size())};
  if (Status status = read_state_dict(*pickle, data, source); !status) return std::move(status).error();
  return source;
}

// The pickles of a stream, and behind them its storages.
class TorchStream {
 public:
  explicit TorchStream(std::span<const std::byte> file) noexcept : file_(file) {}

  Result<SourceFile> read() {
    if (Status status = read_head(); !status) return std::move(status).error();
    const auto object = next("the object");
    if (!object) return object.error();
    if (Status status = read_storages(*object); !status) return std::move(status).error();
    SourceFile source;
    source.format = "a PyTorch file of the legacy format";
    const auto find = [&](std::string_view key) -> Result<std::span<const std::byte>> {
      const auto storage = storages_.find(key);
      if (storage == storages_.end()) return storage_error(key, "none", "one in the list of storages");
      return storage->second;
    };
    const TorchData data{find, false, static_cast<Index>(file_.size())};
    if (Status status = read_state_dict(*object, data, source); !status) return std::move(status).error();
    return source;
  }

 private:
  static constexpr std::string_view magic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  static constexpr std::int64_t version = 1001;

  Result<Pickle> next(const std::string& which) {
    auto pickle = read_pickle(file_.subspan(at_), torch_name_list);
    if (!pickle) return std::move(pickle).error().in(which + ", pickled at byte " + std::to_string(at_));
    at_ += pickle->length();
    return pickle;
  }

  Status read_head() {
    const auto first = next("the magic number");
    if (!first || first->text(first->root()) != magic) {
      return Error{ErrorCode::mismatch, found_bytes(file_) + ", expected a PyTorch file (torch.save of a state dict)"};
    }
    const auto second = next("the version");
    if (!second) return second.error();
    if (second->root().kind != PickleKind::integer || second->root().number != version) {
      return Error{ErrorCode::unsupported, "found another version, expected " + std::to_string(version)};
    }
    const auto machine = next("the machine");
    return machine ? Status() : Status(machine.error());
  }

  // Each storage's elements are as large as its first reference says.
  Status read_storages(const Pickle& object) {
    std::map<std::string_view, Index> element_sizes;
    for (const PickleValue& reference : object.references()) {
      const auto claim = read_storage_claim(object, reference);
      if (!claim) return claim.error();
      element_sizes.try_emplace(claim->key, claim->element_size());
    }
    const auto keys = next("the list of storages");
    if (!keys) return keys.error();
    for (auto items = keys->items(keys->root()); const auto item = items.next();) {
      const auto known = element_sizes.find(keys->text(*item));
      if (known == element_sizes.end()) return storage_error(keys->text(*item), "it unused", "a tensor that has it");
      if (Status status = read_storage(known->first, known->second); !status) return status;
    }
    return {};
  }

  Status read_storage(std::string_view key, Index element_size) {
    const auto left = file_.subspan(at_);
    constexpr std::size_t head = 8;
    if (left.size() < head) return storage_error(key, "the file's end", "its size (the file is cut short)");
    const auto count = load_little_endian<std::uint64_t>(left.data());
    const std::size_t most = (left.size() - head) / static_cast<std::size_t>(element_size);
    if (count > most) {
      return storage_error(key, std::to_string(most) + " elements", std::to_string(count) + " (the file is cut short)");
    }
    const std::size_t size = static_cast<std::size_t>(count) * static_cast<std::size_t>(element_size);
    at_ += head + size;
    if (storages_.try_emplace(key, left.subspan(head, size)).second) return {};
    return storage_error(key, "it twice", "it once");
  }

  std::span<const std::byte> file_;
  std::size_t at_ = 0;
  std::map<std::string_view, std::span<const std::byte>> storages_;
};

}  // namespace detail

// The tensors of a PyTorch file. They are views of these bytes, which must outlive them, or lie in `owned`.
inline Result<SourceFile> read_torch(std::span<const std::byte> bytes) {
  const std::string_view text = detail::letters_of(bytes);
  if (text.starts_with("PK\3\4") || text.starts_with("PK\5\6")) return detail::read_torch_zip(bytes);
  if (text.starts_with('\x80')) return detail::TorchStream(bytes).read();
  const bool tar = text.size() >= 262 && text.substr(257, 5) == "ustar";
  return Error{tar ? ErrorCode::unsupported : ErrorCode::malformed,
               detail::found_bytes(bytes) + ", expected a PyTorch file (torch.save of a state dict)" +
                   (tar ? "; PyTorch's first tar archives must be loaded and saved again by a newer one" : "")};
}

}  // namespace ochre::inline v0
