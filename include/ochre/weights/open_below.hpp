// A file by a name that a foreign file gives, such as where an ONNX model's data lies: in a folder or below it, never
// elsewhere. No absolute name, no `..`, no symbolic link, not even one that leads back inside. Links in the folder's
// own path are its owner's, and followed. Windows refuses every such file (base/platform/files_windows.hpp). Tested by
// open_below_test.cpp.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <ochre/base/result.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/printable.hpp>

namespace ochre::inline v0 {

namespace detail {

// "a//./b" as "a/b", so that a file has one name only; "." for the folder itself. Errors: a name that may lead
// elsewhere.
inline Result<std::string> name_below(std::string_view name) {
  constexpr std::size_t longest = 255;  // of one part, to the systems; exporters write one
  const bool inside = !name.empty() && name[0] != '/' && name.size() <= longest && name.find('\0') == name.npos;
  std::string plain;
  for (std::size_t begin = 0; inside && begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    begin = end + 1;
    if (part == "..") return Error{ErrorCode::unsupported, "found a name with `..` in it"};
    if (!part.empty() && part != ".") plain += (plain.empty() ? "" : "/") + std::string(part);
  }
  if (!inside) return Error{ErrorCode::unsupported, "found a name that is empty, absolute, too long or holds a zero"};
  return plain.empty() ? std::string(".") : plain;
}

// name: as name_below() gives it.
inline Result<MappedFile> open_below(const std::string& folder, const std::string& name) {
  return MappedFile::take(folder + "/" + weights::printable(name), platform::map_file_below(folder, name));
}

}  // namespace detail

}  // namespace ochre::inline v0
