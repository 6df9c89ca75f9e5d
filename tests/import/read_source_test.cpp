// Small files of every format that claim what would take gigabytes: each is refused by what it claims, in one line,
// before anything of that size is there.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/read_source.hpp>

#include "support/onnx_writer.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"
#include "support/torch_bytes.hpp"

namespace {

namespace onnx = ochre::test::onnx;
using ochre::test::contains;
using ochre::test::ProtobufWriter;

constexpr std::size_t small = 1 << 16;

// Why the file is refused; of one that is not, the bytes of its tensors and what of them was allocated.
std::string claim(const std::string& file) {
  CHECK(file.size() < small);
  const auto bytes = bytes_of(file);
  const auto source = ochre::read_source(bytes);
  if (!source) {
    const std::string& message = source.error().message();
    CHECK(message.size() < 1000);
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  std::size_t held = 0;
  std::size_t owned = 0;
  for (const auto& tensor : source->tensors) held += tensor.bytes.size();
  for (const auto& block : source->owned) owned += block.size();
  CHECK(owned <= 2 * file.size());
  return "accepted " + std::to_string(held) + " bytes";
}

std::string onnx_claim(const std::vector<ProtobufWriter>& nodes, const std::vector<ProtobufWriter>& tensors) {
  return claim(onnx::model(onnx::Graph{.nodes = nodes, .tensors = tensors}).text());
}

// A network of one convolution whose weights are that tensor, called w.
std::string onnx_weights(const ProtobufWriter& tensor) {
  return onnx_claim({onnx::node("Conv", "here", {"x", "w"}, "y")}, {tensor});
}

std::string torch_claim(const std::string& tensor, std::size_t bytes = 4) {
  using namespace torch_bytes;
  const std::string object = dict({text("w"), tensor});
  const std::string zipped = claim(zip(object, {{"0", std::string(bytes, '\0')}}));
  const std::string streamed = claim(stream(object, {{"0", std::string(bytes, '\0'), bytes / 4}}));
  CAPTURE(streamed);
  CHECK(contains(streamed, zipped.substr(zipped.find("found "), 20)));  // by the same words
  return zipped;
}

std::string caffe_claim(const ProtobufWriter& blob, std::string_view kind = "Convolution") {
  ProtobufWriter layer;
  layer.bytes(1, "here").bytes(2, kind).message(7, blob);
  return claim(ProtobufWriter().bytes(1, "net").message(100, layer).text());
}

}  // namespace

TEST_CASE("claims: numbers that nodes of an ONNX graph make of nothing") {
  using namespace ochre::test::onnx;
  struct Count {
    std::int64_t count;
    const char* refused;
  };
  for (const auto& [count, refused] : {Count{65, "output y: expected a picture"},
                                       Count{std::int64_t{1} << 30, "constants with more than 4194304 numbers in all"},
                                       Count{std::int64_t{1} << 62, "found no shape"}, Count{-1, "found no shape"}}) {
    const ProtobufWriter filled = node("ConstantOfShape", "here", {"n"}, "y", {tensor("value", integers("", {7}))});
    CHECK(contains(onnx_claim({filled}, {integers("n", {count})}), refused));
    CHECK(contains(onnx_claim({filled}, {integers("n", {1, count})}), refused));
  }
  for (const char* kind : {"Expand", "Tile", "Range", "Repeat"}) {
    const Names inputs = {"n", "n", "n"};
    CHECK(
        contains(onnx_claim({node(kind, "here", inputs, "y")}, {integers("n", {1 << 30})}), "found an operator that"));
  }
  // Twice as many numbers with each node.
  std::vector<ProtobufWriter> doubling;
  for (int i = 0; i < 40; ++i) {
    const std::string from = "n" + std::to_string(i);
    const std::string to = i == 39 ? "y" : "n" + std::to_string(i + 1);
    doubling.push_back(node("Concat", to, {from, from}, to, {integer("axis", 0)}));
  }
  CHECK(contains(onnx_claim(doubling, {integers("n0", {1})}), "found constants of more than 16777216 bytes"));
  // Each of n numbers picks a row of as many.
  const std::vector<std::int64_t> zeros(4096);
  CHECK(contains(onnx_claim({node("Unsqueeze", "u", {"n"}, "rows", {list("axes", {0})}),
                             node("Gather", "a", {"rows", "n"}, "b"), node("Gather", "here", {"b", "n"}, "y")},
                            {integers("n", zeros)}),
                 "found"));
}

TEST_CASE("claims: an ONNX tensor's dimensions against its data, in every field that may hold it") {
  using namespace ochre::test::onnx;
  const onnx::Shape large = {1 << 16, 2, 1 << 12, 1 << 12};  // 8 TB as floats
  const auto head = [&](std::uint64_t type) { return tensor_head("w", large, type); };
  CHECK(contains(onnx_weights(head(1).bytes(9, "1234")), "tensor w: found 4 bytes of data, expected 8796093022208"));
  CHECK(contains(onnx_weights(head(1).packed(4, Floats{1})), "tensor w: found 4 bytes of data"));
  CHECK(contains(onnx_weights(head(1).fixed32(4, 1)), "tensor w: found a claim of 8796093022208 bytes"));
  CHECK(contains(onnx_weights(head(10).varint(5, 1)), "tensor w: found a claim of 4398046511104 bytes"));
  CHECK(contains(onnx_weights(head(16).varint(5, 1)), "tensor w: found a claim of 4398046511104 bytes"));
  CHECK(contains(onnx_weights(head(11).fixed64(10, 1)), "tensor w: found a claim of 17592186044416 bytes"));
  CHECK(contains(onnx_weights(head(1)), "tensor w: found a claim of"));
  CHECK(contains(onnx_claim({node("Constant", "c", {}, "w", {tensor("value", head(1).fixed32(4, 1))}),
                             node("Conv", "here", {"x", "w"}, "y")},
                            {}),
                 "found a claim of"));
  // Whole numbers of a byte each, eight of it in memory.
  const std::vector<std::int64_t> ones(20'000, 1);
  CHECK(contains(onnx_claim({node("Mul", "here", {"x", "n"}, "y")}, {integers("n", ones)}),
                 "tensor n: found a claim of 160000 bytes, expected at most twice what the file has"));
}

TEST_CASE("claims: tensors of a PyTorch file beyond their storage, or that repeat it") {
  using namespace torch_bytes;
  const std::int64_t many = std::int64_t{1} << 40;
  CHECK(contains(torch_claim(tensor(storage(many), 0, {many}, {1})), "storage 0: found"));
  CHECK(contains(torch_claim(tensor(storage(1), 0, {1 << 30}, {0})), "found a claim of 4294967296 bytes"));
  const std::vector<std::int64_t> eight(8, 1 << 7);
  CHECK(contains(torch_claim(tensor(storage(1), 0, eight, std::vector<std::int64_t>(8, 0))), "found a claim of"));
  CHECK(contains(torch_claim(tensor(storage(1), 0, {many, many}, {0, 0})), "expected an addressable size"));
  CHECK(contains(torch_claim(tensor(storage(1), 0, {2}, {many})), "expected all of it within the 1 elements"));
  CHECK(contains(torch_claim(tensor(storage(1), many, {1}, {1})), "expected all of it within the 1 elements"));
  // One storage of a thousand tensors; each is a view, but whoever writes them writes each.
  std::vector<std::string> entries = {text("first"), tensor(storage(256), 0, {256}, {1}) + "q\x05"};
  for (int i = 0; i < 1000; ++i) entries.insert(entries.end(), {text(std::to_string(i)), "h\x05"});
  CHECK(contains(claim(zip(dict(entries), {{"0", std::string(1024, '\0')}})), "at most 8 times the file's bytes"));
}

TEST_CASE("claims: lengths and counts in pickles, streams and archives") {
  using namespace torch_bytes;
  const auto pickled = [](const std::string& opcodes) { return claim(zip(opcodes, {})); };
  for (const char* opcode : {"X", "T", "B"}) CHECK(contains(pickled(opcode + u32(0xFFFFFFFF)), "cut short"));
  CHECK(contains(pickled("Nr" + u32(0xFFFFFFFF)), "found more than 262144 memos"));
  CHECK(contains(pickled("j" + u32(0xFFFFFFFF)), "memo 4294967295, which was not put"));
  CHECK(contains(pickled("\x8b" + u32(0x7FFFFFFF)), "the opcode 139"));         // LONG4
  CHECK(contains(pickled("\x8d" + u64(~std::uint64_t{0})), "the opcode 141"));  // BINUNICODE8
  const std::string one_tensor = dict({text("w"), tensor(storage(1), 0, {1}, {1})});
  CHECK(contains(claim(stream(one_tensor, {{"0", "1234", std::uint64_t{1} << 60}})), "expected 1152921504606846976"));
  // Lists that hold the one before twice: 2^60 values to whoever descends.
  std::string laughs = "]q";
  laughs += '\0';
  for (char i = 1; i < 60; ++i) {
    laughs += std::string("](h") + static_cast<char>(i - 1) + "h" + static_cast<char>(i - 1) + "eq" + i;
  }
  CHECK(contains(pickled(laughs + "\x85" + "\x85"), "found"));
  CHECK(contains(pickled(dict({text("state_dict"),
                               "]q\x01h\x01"
                               "ah\x01"
                               "a"})),
                 "found no dict of tensors"));

  const ZipPart part = zip_part("archive/data.pkl", "\x80\x02}.");
  for (const std::int64_t count : {65535, 100}) {
    CHECK(contains(claim(zip_file({part}, {.comment = {}, .count = count})), "expected " + std::to_string(count)));
  }
  const ZipEnd wide{.comment = {}, .zip64 = true, .count = std::int64_t{1} << 60};
  CHECK(contains(claim(zip_file({part}, wide)), "found 1152921504606846976 entries, expected at most 65536"));
  ZipPart again = zip_part("archive/data/0", "\x80\x02}.");
  again.place = 0;
  again.local_name = "archive/data/0";
  CHECK(contains(claim(zip_file({part, again})), "found"));
}

TEST_CASE("claims: Caffe's blobs without the numbers that they promise") {
  const ProtobufWriter dims = ProtobufWriter().packed_varints(1, {1 << 20, 1 << 20});
  CHECK(
      contains(caffe_claim(ProtobufWriter().message(7, dims)), "found 0 bytes of F32 numbers, expected 4398046511104"));
  CHECK(contains(caffe_claim(ProtobufWriter().message(7, dims).fixed32(5, 1)), "found 4 bytes of F32 numbers"));
  CHECK(contains(caffe_claim(ProtobufWriter().message(7, dims).fixed64(8, 1)), "found 8 bytes of F64 numbers"));
  CHECK(contains(caffe_claim(ProtobufWriter().message(7, dims).bytes(12, "12345678")), "found 8 bytes of F64 numbers"));
  CHECK(contains(caffe_claim(ProtobufWriter().varint(1, 1 << 28).varint(2, 1 << 28).varint(3, 1).varint(4, 1)),
                 "expected 288230376151711744 for shape"));
  CHECK(contains(caffe_claim(ProtobufWriter().message(7, dims), "BatchNorm"), "found 0 bytes of F32 numbers"));
  ProtobufWriter layer;  // with a num_output of four thousand million, and no blob
  layer.bytes(1, "here").bytes(2, "Convolution").message(106, ProtobufWriter().varint(1, 0xFFFFFFFF));
  CHECK(contains(claim(ProtobufWriter().bytes(1, "net").message(100, layer).text()), "none with blobs"));
}
