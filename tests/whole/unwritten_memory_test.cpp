// No result depends on memory that nobody wrote: every file that the fuzz targets start from, the hostile ones among
// them, is read in two processes whose fresh memory is filled with different bytes: the heap's by the C library (or
// AddressSanitizer), the stack's before each file, here. What was read, or what the refusal says, must be the same.
// Skipped test cases are what the two processes run.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/npy.hpp>
#include <ochre/import/caffe/read_caffemodel.hpp>
#include <ochre/import/onnx/read_onnx.hpp>
#include <ochre/import/torch/read_torch.hpp>
#include <ochre/weights/safetensors.hpp>

#include "support/program.hpp"
#include "support/temporary_folder.hpp"

namespace {

constexpr char fill_name[] = "OCHRE_FILL";      // the byte, as a number
constexpr char output_name[] = "OCHRE_HASHES";  // where the lines go

// FNV-1a.
class Hash {
 public:
  void add(std::span<const std::byte> bytes) noexcept {
    for (const std::byte byte : bytes) value_ = (value_ ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3u;
  }
  void add(std::string_view text) noexcept { add(std::as_bytes(std::span(text))); }
  void add(std::int64_t number) noexcept { add(std::as_bytes(std::span(&number, 1))); }
  std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

void add_tensors(Hash& hash, std::span<const ochre::TensorEntry> tensors) {
  for (const ochre::TensorEntry& tensor : tensors) {
    hash.add(tensor.name);
    hash.add(static_cast<std::int64_t>(tensor.dtype));
    for (const ochre::Index length : tensor.shape) hash.add(std::int64_t{length});
    hash.add(tensor.bytes);
  }
}

void read_as_picture(Hash& hash, std::span<const std::byte> bytes) {
  const auto picture = ochre::decode_picture(bytes);
  if (!picture) return hash.add(picture.error().message());
  hash.add(std::int64_t{picture->width});
  hash.add(static_cast<std::int64_t>(picture->format));
  hash.add(std::as_bytes(picture->pixels.span()));
}

void read_as_npy(Hash& hash, std::span<const std::byte> bytes) {
  const auto array = ochre::decode_npy<double>(bytes);
  if (!array) return hash.add(array.error().message());
  hash.add(std::as_bytes(std::span(array->data(), static_cast<std::size_t>(array->shape().size()))));
}

void read_as_safetensors(Hash& hash, std::span<const std::byte> bytes) {
  const auto file = ochre::Safetensors::parse(bytes);
  if (!file) return hash.add(file.error().message());
  add_tensors(hash, file->tensors());
  for (const auto& [key, value] : file->metadata()) hash.add(key + value);
}

template <class Read>
void read_as_model(Hash& hash, std::span<const std::byte> bytes, Read&& read) {
  const auto file = read(bytes);
  if (!file) return hash.add(file.error().message());
  add_tensors(hash, file->tensors);
  hash.add(file->network);
  for (const std::string& warning : file->warnings) hash.add(warning);
}

void read_as_onnx(Hash& hash, std::span<const std::byte> bytes) {
  read_as_model(hash, bytes, [](auto part) { return ochre::read_onnx(part); });
}

void read_as_torch(Hash& hash, std::span<const std::byte> bytes) {
  read_as_model(hash, bytes, [](auto part) { return ochre::read_torch(part); });
}

void read_as_caffe(Hash& hash, std::span<const std::byte> bytes) {
  read_as_model(hash, bytes, [](auto part) { return ochre::read_caffemodel(part); });
}

// So that the compiler neither knows nor says that nobody wrote it.
void pretend_to_write(void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

// Two readers with the fault that is looked for.
void read_fresh_heap(Hash& hash, std::span<const std::byte>) {
  const std::unique_ptr<std::byte, decltype(&std::free)> room(static_cast<std::byte*>(std::malloc(1000)), &std::free);
  pretend_to_write(room.get());
  hash.add(std::span(room.get() + 500, 100));
}

[[gnu::noinline]] void read_fresh_stack(Hash& hash, std::span<const std::byte>) {
  std::byte room[2000];
  pretend_to_write(room);
  hash.add(std::span(room).subspan(1000, 100));
}

// As deep as any reader's frames go, stb's tables and the parsers' recursion among them.
[[gnu::noinline]] void paint_stack(int fill) {
  volatile std::uint8_t room[65536];
  for (volatile std::uint8_t& byte : room) byte = static_cast<std::uint8_t>(fill);
}

using Reader = void (*)(Hash&, std::span<const std::byte>);

// A line a file of the folder tests/fuzz/corpus/`topic`: its name and the hash of what was read.
void write_hashes(const std::string& topic, Reader read) {
  const char* fill = std::getenv(fill_name);
  const char* output = std::getenv(output_name);
  if (fill == nullptr || output == nullptr) return;
  const std::filesystem::path folder(OCHRE_TEST_DATA "/../fuzz/corpus/" + topic);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().string());
  std::sort(names.begin(), names.end());
  std::ofstream lines(output);
  for (const std::string& name : names) {
    const std::string content = ochre::test::content_of(name);
    Hash hash;
    paint_stack(std::atoi(fill));
    read(hash, std::as_bytes(std::span(content)));
    lines << name << ' ' << hash.value() << '\n';
  }
}

// The lines of one process, which runs one test case of this program with that byte in its fresh memory.
std::string hashes(const std::string& test_case, int fill) {
  const TemporaryFolder folder;
  const std::string output = folder.path("hashes");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string number = std::to_string(fill);
    const char* const asan = std::getenv("ASAN_OPTIONS");
    ::setenv(fill_name, number.c_str(), 1);
    ::setenv(output_name, output.c_str(), 1);
    // Its allocator hands freed blocks out again unfilled if threads may keep some.
    ::setenv("GLIBC_TUNABLES", ("glibc.malloc.tcache_count=0:glibc.malloc.perturb=" + number).c_str(), 1);
    ::setenv(
        "ASAN_OPTIONS",
        ((asan != nullptr ? asan : "") + std::string(":max_malloc_fill_size=1000000000:malloc_fill_byte=") + number)
            .c_str(),
        1);
    const std::string chosen = "--test-case=" + test_case;
    ::execl("/proc/self/exe", "ochre_tests", "--no-skip", "--minimal", chosen.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  return ochre::test::content_of(output);
}

// The first line in which two differ; "" if none does, and there is one.
std::string difference(const std::string& test_case) {
  const std::string lines = hashes(test_case, 0x5a);
  const std::string other = hashes(test_case, 0xc3);
  if (lines.empty()) return "no lines";
  const auto at = static_cast<std::size_t>(std::mismatch(lines.begin(), lines.end(), other.begin(), other.end()).first -
                                           lines.begin());
  if (at == lines.size() && at == other.size()) return {};
  const std::size_t begin = lines.rfind('\n', at) + 1;  // 0 if there is none
  return lines.substr(begin, lines.find('\n', at) - begin);
}

}  // namespace

TEST_CASE("unwritten read: pictures" * doctest::skip()) { write_hashes("load_picture", read_as_picture); }
TEST_CASE("unwritten read: npy" * doctest::skip()) { write_hashes("npy", read_as_npy); }
TEST_CASE("unwritten read: safetensors" * doctest::skip()) { write_hashes("safetensors", read_as_safetensors); }
TEST_CASE("unwritten read: onnx" * doctest::skip()) { write_hashes("onnx", read_as_onnx); }
TEST_CASE("unwritten read: torch" * doctest::skip()) { write_hashes("torch_file", read_as_torch); }
TEST_CASE("unwritten read: caffe" * doctest::skip()) { write_hashes("caffemodel", read_as_caffe); }
TEST_CASE("unwritten read: fresh heap" * doctest::skip()) { write_hashes("npy", read_fresh_heap); }
TEST_CASE("unwritten read: fresh stack" * doctest::skip()) { write_hashes("npy", read_fresh_stack); }

TEST_CASE("unwritten memory reaches no result of any reader") {
  for (const char* reader : {"pictures", "npy", "safetensors", "onnx", "torch", "caffe"}) {
    CAPTURE(reader);
    CHECK(difference(std::string("unwritten read: ") + reader) == "");
  }
}

TEST_CASE(
    "unwritten memory: the check finds a reader that takes it from the heap or from the stack, or reads nothing") {
  CHECK(difference("unwritten read: fresh heap") != "");
  CHECK(difference("unwritten read: fresh stack") != "");
  CHECK(difference("unwritten read: no such reader") == "no lines");
}
