#include "info_camera.hpp"

#include <cstdio>

#include <ochre/camera_memory_file.hpp>

#include "json_text.hpp"
#include "terminal.hpp"

namespace ochre::program {

namespace {

std::vector<int> hours_of(const CameraMemory& memory) {
  std::vector<int> hours;
  for (int hour = 0; hour < 24; ++hour) {
    if ((memory.totals().hours >> hour & 1u) != 0) hours.push_back(hour);
  }
  return hours;
}

std::string hours_text(const CameraMemory& memory) {
  std::string text;
  for (const int hour : hours_of(memory)) text += (text.empty() ? "" : " ") + std::to_string(hour);
  return text.empty() ? "unknown" : text + ", by when the files were last written";
}

void print_json(const CameraMemory& memory, const std::string& sha256) {
  const Json all{{"format", std::string(camera_memory_format)},
                 {"model", memory.totals().model},
                 {"origin", memory.totals().origin},
                 {"pictures", memory.frames()},
                 {"hours", hours_of(memory)},
                 {"entries", memory.entries().size()},
                 {"sha256", sha256}};
  std::fputs(json_text(all).c_str(), stdout);
}

void print_table(const InfoOptions& options, const CameraMemory& memory, const std::string& sha256, bool has_proof) {
  print_paragraph("camera", options.model);
  print_paragraph("learned", with_commas(memory.frames()) + (memory.frames() == 1 ? " picture, " : " pictures, ") +
                                 with_commas(static_cast<long long>(memory.entries().size())) + " entries");
  print_paragraph("origin", memory.totals().origin);
  print_paragraph("hours", hours_text(memory));
  print_paragraph("model", "SHA-256 " + memory.totals().model);
  print_paragraph("proof", has_proof ? "of 64 cells of its first picture; replay it with `ochre verify`" : "none");
  print_paragraph("sha256", sha256);
}

}  // namespace

int info_of_camera(const InfoOptions& options, std::span<const std::byte> bytes) {
  const auto memory = parse_camera_memory(bytes);
  if (!memory) return fail(Error{memory.error()}.in(options.model));
  const std::string sha256 = sha256_hex(bytes);
  if (options.json) {
    print_json(*memory, sha256);
  } else {
    const auto file = Safetensors::parse(bytes);
    print_table(options, *memory, sha256, file && file->find("proof") != nullptr);
  }
  return done;
}

}  // namespace ochre::program
