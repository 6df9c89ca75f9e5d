#include "read_picture.hpp"

#include <limits>

#include <ochre/image_io/load_picture.hpp>
#include <ochre/weights/printable.hpp>

#include "memory_remark.hpp"
#include "piped_file.hpp"
#include "terminal.hpp"

namespace ochre::program {

namespace {

// The library reads no pipe, which may never end.
Result<LoadedPicture> read_piped_picture(const std::string& path, const LoadLimits& limits) {
  const auto bytes = read_pipe(path, 2 * static_cast<std::uint64_t>(limits.max_bytes));
  if (!bytes) return bytes.error();
  auto picture = decode_picture(*bytes, limits);
  if (!picture) return std::move(picture).error().in(input_name(path));
  return picture;
}

}  // namespace

Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels, bool quiet) {
  const auto remark = [&](Index bytes) { say_memory(path, static_cast<double>(bytes), quiet); };
  auto picture = read_picture(path, megapixels, FunctionRef<void(Index)>(remark), 0);
  if (picture) say_all({}, picture_warnings(path, *picture, Pages::first));
  return picture;
}

Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels,
                                   FunctionRef<void(Index bytes)> on_claim, Index page) {
  LoadLimits limits;
  limits.on_claim = on_claim;
  if (megapixels) {
    constexpr Index most_pixel_bytes = 8;  // 16-bit RGBA
    limits.max_pixels = Index{*megapixels} * 1'000'000;
    limits.max_bytes = limits.max_pixels * most_pixel_bytes;
    limits.small_file_bytes = std::numeric_limits<Index>::max();  // who names a size has looked at the file
  }
  auto picture = is_pipe(path) ? read_piped_picture(path, limits) : load_picture(path, limits, page);
  if (picture || picture.error().code != ErrorCode::too_large) return picture;
  return Error{ErrorCode::too_large, picture.error().message() +
                                         "; --limit N takes pictures of up to N megapixels, whatever the file's size"};
}

std::vector<std::string> picture_warnings(const std::string& path, const LoadedPicture& picture, Pages taken) {
  const std::string start = "warning: " + weights::printable_path(path) + ": ";
  std::vector<std::string> lines;
  if (!picture.remark.empty()) lines.push_back(start + picture.remark);
  if (picture.pages > 1 && taken == Pages::first) {
    lines.push_back(start + "found " + std::to_string(picture.pages) + " pages, of which the first is taken");
  }
  return lines;
}

}  // namespace ochre::program
