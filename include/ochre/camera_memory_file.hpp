// A camera's memory as a file: safetensors, with its proof (audit/memory_proof.hpp); under 4 MB, whatever it learned.
//   metadata  format "ochre camera 1"; model: SHA-256 of the model file of whose features the keys are; origin; frames;
//             pressed 0 or 1; hours, those of the day when the pictures were taken, as "6 7 8"; tensors: SHA-256 of
//             the names and bytes of all tensors, in the order of their names
//   keys      F32 [entries, depth]           entries   F32 [entries, 8]: y, x, L, q_a, q_b, cells, frames,
//                                                    the last frame
//   detail    F32 [h, w]                     casts     F32 [frames known]
//   own       F64 [2]: Σ own·true, Σ |own|²  names     U64 [names]
//   probe.keys F32 [64, depth]               probe.lightness F32 [64]          proof F32 [129]
// Names and ranges: color/camera_memory.hpp. Every number is checked. Tested by camera_memory_file_test.cpp.
#pragma once

#include <ochre/base/macros_aside.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ochre/audit/memory_proof.hpp>
#include <ochre/base/no_memory.hpp>
#include <ochre/color/camera_memory.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/safetensors.hpp>
#include <ochre/weights/safetensors_writer.hpp>
#include <ochre/weights/sha256.hpp>

namespace ochre::inline v0 {

// The value of "format" in the metadata of every memory that this version reads.
inline constexpr std::string_view camera_memory_format = "ochre camera 1";

namespace detail {

inline constexpr std::size_t longest_origin = 1 << 16;

// The bytes of a tensor, until they are written.
struct OwnedTensor {
  std::string name;
  Dtype dtype;
  std::vector<Index> shape;
  std::vector<std::byte> bytes;
};

inline std::vector<std::byte> little_endian_words(std::span<const std::uint64_t> words) {
  std::vector<std::byte> bytes;
  for (const std::uint64_t word : words) {
    for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::byte>(word >> shift & 0xFF));
  }
  return bytes;
}

inline std::vector<float> entry_numbers(const CameraMemory& memory) {
  std::vector<float> numbers;
  for (const MemoryEntry& entry : memory.entries()) {
    numbers.insert(numbers.end(),
                   {entry.y, entry.x, entry.lightness, entry.a, entry.b, entry.seen, entry.frames, entry.last});
  }
  return numbers;
}

inline std::vector<float> proof_numbers(const CameraMemory& memory) {
  const auto answers = audit::memory_answers(memory);
  std::vector<float> numbers;
  for (const double a : answers.colors.a) numbers.push_back(static_cast<float>(a));
  for (const double b : answers.colors.b) numbers.push_back(static_cast<float>(b));
  numbers.push_back(static_cast<float>(answers.correlation));
  return numbers;
}

inline std::string hours_text(std::uint32_t hours) {
  std::string text;
  for (std::uint32_t hour = 0; hour < 24; ++hour) {
    if ((hours >> hour & 1u) == 0) continue;
    if (!text.empty()) text += ' ';
    text += std::to_string(hour);
  }
  return text;
}

// SHA-256 of the names and bytes of tensors, in the order of their names.
inline std::string sha256_of_tensors(std::span<const TensorEntry> tensors) {
  std::vector<const TensorEntry*> ordered;
  for (const TensorEntry& tensor : tensors) ordered.push_back(&tensor);
  std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  Sha256 hash;
  for (const TensorEntry* tensor : ordered) {
    hash.update(std::as_bytes(std::span(tensor->name)));
    hash.update(tensor->bytes);
  }
  return hash.hex();
}

// A reader of a memory's tensors and texts; each says what is wrong with it.
class CameraMemoryParser {
 public:
  explicit CameraMemoryParser(const Safetensors& file) : file_(file) {}

  Result<CameraMemory> parse() {
    CameraMemory::Totals totals;
    if (auto status = read_texts(totals); !status) return std::move(status).error();
    std::vector<MemoryEntry> entries;
    if (auto status = read_entries(entries); !status) return std::move(status).error();
    const auto keys = read_keys("keys", static_cast<Index>(entries.size()));
    if (!keys) return keys.error();
    const Index depth = static_cast<Index>(keys->size()) / static_cast<Index>(entries.size());
    if (auto status = read_totals(totals, depth); !status) return std::move(status).error();
    return CameraMemory::from_parts(std::move(totals), depth, std::move(entries), *keys);
  }

 private:
  using Numbers = color::MemoryNumbers;

  static Error fault(const std::string& what, const std::string& found, const std::string& expected) {
    return {ErrorCode::malformed, what + ": found " + found + ", expected " + expected};
  }

  Result<std::string> text(std::string_view key) const {
    const std::string* value = file_.metadata(key);
    if (value == nullptr) return fault("metadata key \"" + std::string(key) + '"', "none", "a text");
    return *value;
  }

  // A whole number from `least` to `most`.
  static Result<Index> number(std::string_view word, Index least, Index most) {
    Index value = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (failure == std::errc{} && end == word.data() + word.size() && value >= least && value <= most) return value;
    return fault("a number in the metadata", '"' + weights::printable(std::string(word)) + '"',
                 std::to_string(least) + " to " + std::to_string(most));
  }

  Status read_texts(CameraMemory::Totals& totals) const {
    const auto format = text("format");
    if (!format || *format != camera_memory_format) {
      return Error{ErrorCode::mismatch,
                   "metadata key \"format\": found " + (format ? '"' + weights::printable(*format) + '"' : "none") +
                       ", expected \"" + std::string(camera_memory_format) + "\" (not a camera's memory)"};
    }
    const auto model = text("model");
    if (!model) return model.error();
    if (!weights::is_sha256(*model)) return fault("metadata key \"model\"", "no SHA-256", "64 hexadecimal digits");
    totals.model = *model;
    const auto origin = text("origin");
    if (!origin) return origin.error();
    if (origin->size() > longest_origin) return fault("metadata key \"origin\"", "a longer text", "65536 bytes");
    totals.origin = *origin;
    const auto frames = text("frames");
    if (!frames) return frames.error();
    if (auto status = number(*frames, 1, Index{1} << 40).move_to(totals.frames); !status) return status;
    const auto pressed = text("pressed");
    if (!pressed) return pressed.error();
    if (*pressed != "0" && *pressed != "1") return fault("metadata key \"pressed\"", "another text", "0 or 1");
    totals.pressed = *pressed == "1";
    return read_hours(totals);
  }

  Status read_hours(CameraMemory::Totals& totals) const {
    const auto hours = text("hours");
    if (!hours) return hours.error();
    std::string_view rest = *hours;
    if (rest.size() > 100) return fault("metadata key \"hours\"", "a long text", "hours of the day");
    while (!rest.empty()) {
      const auto word = rest.substr(0, rest.find(' '));
      const auto hour = number(word, 0, 23);
      if (!hour) return hour.error();
      totals.hours |= std::uint32_t{1} << *hour;
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return {};
  }

  // Of that dtype and of as many dimensions; sizes beyond `most` numbers are refused before any memory is taken.
  Result<const TensorEntry*> tensor(std::string_view name, Dtype dtype, std::size_t dimensions, Index most) const {
    const TensorEntry* entry = file_.find(name);
    const std::string what = "tensor " + std::string(name);
    if (entry == nullptr) return fault(what, "none", "one");
    if (entry->dtype != dtype || entry->shape.size() != dimensions) {
      return fault(what, std::string(dtype_name(entry->dtype)) + ' ' + to_string(entry->shape),
                   std::string(dtype_name(dtype)) + " of " + std::to_string(dimensions) + " dimensions");
    }
    Index count = 1;
    for (const Index side : entry->shape) {
      const auto product = checked_mul(count, side);
      if (!product || *product > most) return fault(what, to_string(entry->shape), std::to_string(most) + " at most");
      count = *product;
    }
    return entry;
  }

  Result<std::vector<float>> floats(std::string_view name, std::size_t dimensions, Index most) const {
    const auto entry = tensor(name, Dtype::f32, dimensions, most);
    if (!entry) return entry.error();
    Index count = 1;
    for (const Index side : (*entry)->shape) count *= side;
    std::vector<float> numbers(static_cast<std::size_t>(count));
    if (auto status = convert_to(**entry, numbers); !status) return std::move(status).error();
    return numbers;
  }

  static bool within(float value, float least, float most) noexcept { return value >= least && value <= most; }

  Status read_entries(std::vector<MemoryEntry>& entries) const {
    const auto numbers = floats("entries", 2, 8 * Numbers::most_entries);
    if (!numbers) return numbers.error();
    if (file_.find("entries")->shape[1] != 8 || numbers->empty()) {
      return fault("tensor entries", to_string(file_.find("entries")->shape), "[1 or more,8]");
    }
    for (std::size_t i = 0; i < numbers->size(); i += 8) {
      const float* n = numbers->data() + i;
      const bool usable = within(n[0], 0, 1) && within(n[1], 0, 1) && within(n[2], -1, 101) && within(n[3], -10, 10) &&
                          within(n[4], -10, 10) && within(n[5], 1, 1e30f) && within(n[6], 1, 1e12f) &&
                          within(n[7], 1, 1e12f);
      if (!usable) return fault("tensor entries, row " + std::to_string(i / 8), "a number out of range", "an entry");
      entries.push_back(
          {.y = n[0], .x = n[1], .lightness = n[2], .a = n[3], .b = n[4], .seen = n[5], .frames = n[6], .last = n[7]});
    }
    return {};
  }

  // Rows of length 1 or 0.
  Result<std::vector<float>> read_keys(std::string_view name, Index rows) const {
    auto keys = floats(name, 2, rows * Numbers::most_depth);
    if (!keys) return keys;
    const Index depth = file_.find(name)->shape[1];
    if (file_.find(name)->shape[0] != rows || depth < 1) {
      return fault("tensor " + std::string(name), to_string(file_.find(name)->shape),
                   '[' + std::to_string(rows) + ",1 or more]");
    }
    for (Index row = 0; row < rows; ++row) {
      double squares = 0;
      for (Index d = 0; d < depth; ++d) {
        const double value = static_cast<double>((*keys)[static_cast<std::size_t>(row * depth + d)]);
        squares += value * value;
      }
      if (squares != 0 && !(std::abs(squares - 1) < 1e-3)) {
        return fault("tensor " + std::string(name) + ", row " + std::to_string(row),
                     "the length " + std::to_string(std::sqrt(squares)), "1 or 0");
      }
    }
    return keys;
  }

  Status read_totals(CameraMemory::Totals& totals, Index depth) const {
    constexpr Index most_detail = Numbers::most_detail_side * Numbers::most_detail_side;
    constexpr Index most_names = static_cast<Index>(Numbers::most_names);
    if (auto status = floats("detail", 2, most_detail).move_to(totals.details); !status) return status;
    totals.grid = {file_.find("detail")->shape[0], file_.find("detail")->shape[1]};
    for (const float value : totals.details) {
      if (!within(value, -1.001f, 1.001f)) return fault("tensor detail", "a number out of range", "-1 to 1");
    }
    if (totals.details.empty()) return fault("tensor detail", "no number", "one for each cell");
    if (auto status = floats("casts", 1, most_names).move_to(totals.casts); !status) return status;
    for (const float cast : totals.casts) {
      if (!within(cast, 0, 100)) return fault("tensor casts", "a number out of range", "0 to 100");
    }
    if (auto status = read_own(totals); !status) return status;
    if (auto status = read_names(totals); !status) return status;
    const Index cells = Numbers::probe.h * Numbers::probe.w;
    if (auto status = read_keys("probe.keys", cells).move_to(totals.probe_keys); !status) return status;
    if (static_cast<Index>(totals.probe_keys.size()) != cells * depth) {
      return fault("tensor probe.keys", to_string(file_.find("probe.keys")->shape), "rows as long as those of keys");
    }
    if (auto status = floats("probe.lightness", 1, cells).move_to(totals.probe_lightness); !status) return status;
    for (const float value : totals.probe_lightness) {
      if (!within(value, -1, 101)) return fault("tensor probe.lightness", "a number out of range", "L, 0 to 100");
    }
    if (static_cast<Index>(totals.probe_lightness.size()) == cells) return {};
    return fault("tensor probe.lightness", to_string(file_.find("probe.lightness")->shape), "64 numbers");
  }

  Status read_own(CameraMemory::Totals& totals) const {
    const auto entry = tensor("own", Dtype::f64, 1, 2);
    if (!entry) return entry.error();
    double sums[2] = {};
    if ((*entry)->shape[0] != 2) return fault("tensor own", to_string((*entry)->shape), "[2]");
    if (auto status = convert_to(**entry, std::span<double>(sums)); !status) return status;
    totals.own_true = sums[0];
    totals.own_own = sums[1];
    return sums[1] >= 0 ? Status() : fault("tensor own", "a sum of squares below 0", "0 or more");
  }

  Status read_names(CameraMemory::Totals& totals) const {
    const auto entry = tensor("names", Dtype::u64, 1, static_cast<Index>(Numbers::most_names));
    if (!entry) return entry.error();
    for (std::size_t i = 0; i < (*entry)->bytes.size(); i += 8) {
      totals.names.push_back(load_little_endian<std::uint64_t>((*entry)->bytes.data() + i));
    }
    return {};
  }

  const Safetensors& file_;
};

}  // namespace detail

// The file's bytes, its proof in it. Errors: a memory of nothing, no memory.
inline Result<std::vector<std::byte>> encode_camera_memory(const CameraMemory& memory) {
  if (memory.is_empty()) return Error{ErrorCode::invalid_argument, "the memory is empty: nothing was learned"};
  if (memory.totals().origin.size() > detail::longest_origin) {
    return Error{ErrorCode::too_large, "the memory's origin: found a longer text, expected 65536 bytes at most"};
  }
  return base::catch_no_memory([&]() -> Result<std::vector<std::byte>> {
    const auto& totals = memory.totals();
    const Index entries = static_cast<Index>(memory.entries().size());
    const Index probe = static_cast<Index>(totals.probe_lightness.size());
    const std::uint64_t own[] = {std::bit_cast<std::uint64_t>(totals.own_true),
                                 std::bit_cast<std::uint64_t>(totals.own_own)};
    const auto floats = [](const char* name, std::vector<Index> shape, std::span<const float> numbers) {
      return detail::OwnedTensor{name, Dtype::f32, std::move(shape), little_endian_bytes(numbers)};
    };
    const detail::OwnedTensor owned[] = {
        floats("keys", {entries, memory.depth()}, memory.keys()),
        floats("entries", {entries, 8}, detail::entry_numbers(memory)),
        floats("detail", {totals.grid.h, totals.grid.w}, totals.details),
        floats("casts", {static_cast<Index>(totals.casts.size())}, totals.casts),
        floats("probe.keys", {probe, memory.depth()}, totals.probe_keys),
        floats("probe.lightness", {probe}, totals.probe_lightness),
        floats("proof", {2 * probe + 1}, detail::proof_numbers(memory)),
        {"own", Dtype::f64, {2}, detail::little_endian_words(own)},
        {"names", Dtype::u64, {static_cast<Index>(totals.names.size())}, detail::little_endian_words(totals.names)},
    };
    std::vector<TensorEntry> tensors;
    for (const detail::OwnedTensor& tensor : owned) {
      tensors.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.bytes});
    }
    return write_safetensors(tensors, {{"format", std::string(camera_memory_format)},
                                       {"model", totals.model},
                                       {"origin", totals.origin},
                                       {"frames", std::to_string(totals.frames)},
                                       {"pressed", totals.pressed ? "1" : "0"},
                                       {"hours", detail::hours_text(totals.hours)},
                                       {"tensors", detail::sha256_of_tensors(tensors)}});
  });
}

// Of a file's bytes, which may go once this returns. Its proof is not looked at. Errors: what is no camera's memory, a
// number out of range: which tensor, found, expected; no memory.
inline Result<CameraMemory> parse_camera_memory(std::span<const std::byte> bytes) {
  return base::catch_no_memory([&]() -> Result<CameraMemory> {
    const auto file = Safetensors::parse(bytes);
    if (!file) return file.error();
    return detail::CameraMemoryParser(*file).parse();
  });
}

// Whether a file's bytes say that they are a camera's memory, good or not.
inline bool is_camera_memory(std::span<const std::byte> bytes) {
  const auto file = Safetensors::parse(bytes);
  const std::string* format = file ? file->metadata("format") : nullptr;
  return format != nullptr && *format == camera_memory_format;
}

// Replays the proof in the file, then holds all its tensors against their hash: the proof asks some of them only.
// Errors: those of parse_camera_memory(); no proof; one that holds, in a file whose tensors are not those that were
// written.
inline Result<MemoryProofReport> verify_camera_memory(std::span<const std::byte> bytes,
                                                      const ColorKernels& kernels = color_kernels<>()) {
  return base::catch_no_memory([&]() -> Result<MemoryProofReport> {
    const auto memory = parse_camera_memory(bytes);
    if (!memory) return memory.error();
    const auto file = Safetensors::parse(bytes);
    if (!file) return file.error();
    const TensorEntry* proof = file->find("proof");
    const std::vector<Index> expected{2 * static_cast<Index>(memory->totals().probe_lightness.size()) + 1};
    if (proof == nullptr || proof->dtype != Dtype::f32 || proof->shape != expected) {
      return Error{ErrorCode::malformed, "tensor proof: found " +
                                             (proof == nullptr ? std::string("none") : to_string(proof->shape)) +
                                             ", expected F32 " + to_string(expected)};
    }
    std::vector<float> stored(static_cast<std::size_t>(expected[0]));
    if (auto status = convert_to(*proof, stored); !status) return std::move(status).error();
    auto report = replay_memory_proof(*memory, stored, kernels);
    if (!report || !report->holds()) return report;
    const std::string found = detail::sha256_of_tensors(file->tensors());
    const std::string* written = file->metadata("tensors");
    if (written != nullptr && *written == found) return report;
    return Error{ErrorCode::mismatch, "tensors: found those of SHA-256 " + found + ", expected " +
                                          (written == nullptr ? "one in the metadata" : weights::printable(*written)) +
                                          ": the file was changed or damaged since it was written"};
  });
}

}  // namespace ochre::inline v0

#include <ochre/base/macros_back.hpp>
