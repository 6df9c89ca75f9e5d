// A file by a name that a foreign file gives, such as where an ONNX model's data lies: in a folder or below it, never
// elsewhere. No absolute name, no `..`, no symbolic link, not even one that leads back inside. Each part of the name is
// opened from the folder that the part before it opened, so that nothing can be exchanged between a look and a use.
// Links in the folder's own path are its owner's, and followed. Tested by open_below_test.cpp.
#pragma once

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ochre/base/result.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/printable.hpp>
#include <ochre/weights/system_error.hpp>

namespace ochre::inline v0::detail {

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const noexcept { return number_; }

 private:
  int number_;
};

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

inline Error not_opened(const std::string& path, int folder, const std::string& part, int number) {
  struct stat facts {};
  if (::fstatat(folder, part.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(facts.st_mode)) {
    return {ErrorCode::unsupported,
            printable_path(path) + ": found a symbolic link, expected a file that lies there itself"};
  }
  return system_error(path, number, "a readable file");
}

}  // namespace ochre::inline v0::detail

namespace ochre::inline v0 {

// name: as name_below() gives it.
inline Result<MappedFile> open_below(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + printable(name);
  // O_NONBLOCK: opening a FIFO would wait for its writer for ever.
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  detail::Descriptor opened(::open(folder.c_str(), flags | O_DIRECTORY));
  if (opened.number() < 0) return detail::system_error(path, errno, "a readable file");
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    begin = end + 1;
    const int folder_only = end < name.size() ? O_DIRECTORY : 0;
    detail::Descriptor next(::openat(opened.number(), part.c_str(), flags | O_NOFOLLOW | folder_only));
    if (next.number() < 0) return detail::not_opened(path, opened.number(), part, errno);
    opened = std::move(next);
  }
  return MappedFile::map(path, opened.number());
}

}  // namespace ochre::inline v0
