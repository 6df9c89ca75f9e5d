#include "picture_kinds.hpp"

#include <filesystem>

#include <ochre/image_io/save_picture.hpp>

#include "piped_file.hpp"

namespace ochre::program {

std::vector<std::string> picture_kinds() { return {"png", "jpg", "tif", "webp", "ppm"}; }

std::string listed(const std::vector<std::string>& words, const std::string& before) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + before + words[i];
  }
  return text;
}

Result<PictureFileFormat> kind_of_output(const std::string& output, const std::string& format) {
  if (is_pipe(output)) return picture_file_format("x." + (format.empty() ? "png" : format));
  const auto kind = picture_file_format(output);
  if (kind && has_color(savable_format(*kind, PixelFormat::rgb8))) return kind;
  const std::string extension = std::filesystem::path(output).extension().string();
  const std::string found = kind                ? "the name of a grey picture"
                            : extension.empty() ? "no extension"
                                                : "the extension " + weights::printable(extension);
  return Error{ErrorCode::unsupported,
               weights::printable_path(output) + ": found " + found + ", expected " + listed(picture_kinds(), ".")};
}

bool has_quality(PictureFileFormat kind) { return kind == PictureFileFormat::jpeg || kind == PictureFileFormat::webp; }

}  // namespace ochre::program
