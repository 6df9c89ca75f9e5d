// PyTorch files put together by hand, right or wrong: the opcodes of a pickle as text, and the two formats around it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "little_endian.hpp"
#include "zip_file.hpp"

namespace torch_bytes {

inline std::string text(const std::string& value) { return "X" + u32(value.size()) + value; }
inline std::string number(std::int64_t value) { return "\x8a\x08" + u64(static_cast<std::uint64_t>(value)); }
inline std::string name(const std::string& module, const std::string& object) {
  return "c" + module + "\n" + object + "\n";
}
inline std::string tuple(const std::vector<std::string>& items) {
  std::string whole = "(";
  for (const std::string& item : items) whole += item;
  return whole + "t";
}
inline std::string numbers(const std::vector<std::int64_t>& values) {
  std::vector<std::string> items;
  for (const std::int64_t value : values) items.push_back(number(value));
  return tuple(items);
}
inline std::string dict(const std::vector<std::string>& keys_and_values) {
  std::string whole = "}(";
  for (const std::string& item : keys_and_values) whole += item;
  return whole + "u";
}
inline std::string ordered_dict() { return name("collections", "OrderedDict") + ")R"; }

inline std::string storage(std::int64_t count, const std::string& key = "0", const std::string& type = "FloatStorage",
                           const std::string& view = "") {
  return tuple({text("storage"), name("torch", type), text(key), text("cpu"), number(count), view}) + "Q";
}
inline std::string tensor(const std::string& storage, std::int64_t offset, const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides) {
  return name("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage, number(offset), numbers(shape), numbers(strides), "\x89", ordered_dict()}) + "R";
}

struct Storage {
  std::string key;
  std::string data;
  std::uint64_t count = 0;  // of elements, as a stream says it
};

inline ZipPart zip_part(const std::string& entry, const std::string& data) {
  ZipPart part;
  part.name = entry;
  part.data = data;
  return part;
}

inline std::string zip(const std::string& object, const std::vector<Storage>& storages) {
  std::vector<ZipPart> parts = {zip_part("archive/data.pkl", "\x80\x02" + object + ".")};
  for (const Storage& storage : storages) parts.push_back(zip_part("archive/data/" + storage.key, storage.data));
  return zip_file(parts);
}

inline std::string stream_head() {
  return "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02" +
         dict({text("little_endian"), "\x88"}) + ".";
}

inline std::string stream(const std::string& object, const std::vector<Storage>& storages) {
  std::string keys = "](";
  std::string data;
  for (const Storage& storage : storages) {
    keys += text(storage.key);
    data += u64(storage.count) + storage.data;
  }
  return stream_head() + "\x80\x02" + object + ".\x80\x02" + keys + "e." + data;
}

}  // namespace torch_bytes
