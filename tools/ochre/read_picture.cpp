#include "read_picture.hpp"

#include <limits>

#include <ochre/image_io/load_picture.hpp>

#include "memory_remark.hpp"

namespace ochre::program {

Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels, bool quiet) {
  const auto remark = [&](Index bytes) { say_memory(path, static_cast<double>(bytes), quiet); };
  return read_picture(path, megapixels, FunctionRef<void(Index)>(remark));
}

Result<LoadedPicture> read_picture(const std::string& path, std::optional<int> megapixels,
                                   FunctionRef<void(Index bytes)> on_claim) {
  LoadLimits limits;
  limits.on_claim = on_claim;
  if (megapixels) {
    constexpr Index most_pixel_bytes = 8;  // 16-bit RGBA
    limits.max_pixels = Index{*megapixels} * 1'000'000;
    limits.max_bytes = limits.max_pixels * most_pixel_bytes;
    limits.small_file_bytes = std::numeric_limits<Index>::max();  // who names a size has looked at the file
  }
  auto picture = load_picture(path, limits);
  if (picture || picture.error().code != ErrorCode::too_large) return picture;
  return Error{ErrorCode::too_large, picture.error().message() +
                                         "; --limit N takes pictures of up to N megapixels, whatever the file's size"};
}

}  // namespace ochre::program
