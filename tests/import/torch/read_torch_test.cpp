// Files that PyTorch wrote, or reads (tests/data/import/torch, by tools/golden/torch_files.py), against the tensors
// that PyTorch itself finds in them; what must be refused, by its name; and files that lie.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/torch/read_torch.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/safetensors.hpp>

#include "support/temporary_folder.hpp"
#include "support/text.hpp"
#include "support/torch_bytes.hpp"

namespace {

using namespace torch_bytes;
using ochre::TensorEntry;
using ochre::test::contains;

std::string data(const std::string& name) { return std::string(OCHRE_TEST_DATA "/import/torch/") + name; }

std::vector<std::byte> bytes_of_file(const std::string& name) {
  const auto file = ochre::MappedFile::open(data(name));
  REQUIRE(file);
  return {file->bytes().begin(), file->bytes().end()};
}

std::string refusal(std::span<const std::byte> file) {
  const auto source = ochre::read_torch(file);
  return source ? "accepted" : source.error().message();
}
std::string refusal(const std::string& file) { return refusal(bytes_of(file)); }

bool same(const TensorEntry& entry, const TensorEntry& expected) {
  return entry.dtype == expected.dtype && entry.shape == expected.shape &&
         std::equal(entry.bytes.begin(), entry.bytes.end(), expected.bytes.begin(), expected.bytes.end());
}

// Nothing if `file` holds what PyTorch found in it, else what is different.
std::string difference(const ochre::SourceFile& file, const ochre::Safetensors& expected) {
  if (file.tensors.size() != expected.tensors().size()) return std::to_string(file.tensors.size()) + " tensors";
  for (const TensorEntry& tensor : expected.tensors()) {
    const TensorEntry* entry = file.find(tensor.name);
    if (entry == nullptr) return "no " + tensor.name;
    if (!same(*entry, tensor)) return tensor.name;
  }
  return {};
}

const std::string four_floats = u32(0x3F800000) + u32(0x40000000) + u32(0x40400000) + u32(0x40800000);  // 1 2 3 4

std::vector<float> numbers_of(const TensorEntry& tensor) {
  std::vector<float> numbers(tensor.bytes.size() / 4);
  REQUIRE(ochre::convert_to(tensor, std::span<float>(numbers)));
  return numbers;
}

// The object in both formats, with one storage of 1, 2, 3, 4: the same message, or the tensors' numbers.
std::string read_both(const std::string& object) {
  const auto in_zip = bytes_of(zip(object, {{"0", four_floats}}));
  const auto in_stream = bytes_of(stream(object, {{"0", four_floats, 4}}));
  const auto shown = [](const std::vector<std::byte>& bytes) -> std::string {
    const auto source = ochre::read_torch(bytes);
    if (!source) return source.error().message();
    std::string text;
    for (const TensorEntry& tensor : source->tensors) {
      text += (text.empty() ? "" : " ") + tensor.name + ochre::to_string(tensor.shape) + ":";
      for (const float value : numbers_of(tensor)) text += std::to_string(static_cast<int>(value));
    }
    return text;
  };
  const std::string from_zip = shown(in_zip);
  const std::string from_stream = shown(in_stream);
  // A stream refuses what its references lie about before it looks at the tensors.
  CHECK((from_zip == from_stream || contains(from_zip, from_stream)));
  return from_zip;
}

std::string one(const std::string& tensor) { return dict({text("w"), tensor}); }

}  // namespace

TEST_CASE("torch: every file that PyTorch wrote or reads, against PyTorch") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data(""))) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".pth") || name.starts_with("refused_")) continue;
    CAPTURE(name);
    const std::string content = name.starts_with("new_dtypes") ? "new_dtypes" : name.substr(0, name.find('_'));
    const auto expected_bytes = bytes_of_file(content + ".safetensors");
    const auto expected = ochre::Safetensors::parse(expected_bytes);
    REQUIRE(expected);
    const auto bytes = bytes_of_file(name);
    const auto source = ochre::read_torch(bytes);
    REQUIRE_MESSAGE(source, source.error().message());
    CHECK(difference(*source, *expected) == "");
    CHECK(source->format ==
          (contains(name, "legacy") ? "a PyTorch file of the legacy format" : "a PyTorch zip archive"));
    CHECK(source->warnings.size() == (name == "checkpoint_compiled.pth" ? 1 : 0));
    ++files;
  }
  CHECK(files == 19);
}

TEST_CASE("torch: the comparison itself can fail") {
  const auto expected_bytes = bytes_of_file("dtypes.safetensors");
  const auto expected = ochre::Safetensors::parse(expected_bytes);
  auto bytes = bytes_of_file("dtypes_legacy.pth");
  const auto source = ochre::read_torch(bytes);
  REQUIRE(source);
  CHECK(difference(*source, *expected) == "");
  bytes[static_cast<std::size_t>(source->find("int16")->bytes.data() - bytes.data())] ^= std::byte{1};  // a view
  CHECK(difference(*source, *expected) == "int16");
  const auto other_bytes = bytes_of_file("strides_legacy.pth");
  const auto other = ochre::read_torch(other_bytes);
  REQUIRE(other);
  CHECK(difference(*other, *expected) == "14 tensors");
}

TEST_CASE("torch: tensors are views of the file where they can be") {
  const auto bytes = bytes_of_file("strides_zip.pth");
  const auto source = ochre::read_torch(bytes);
  REQUIRE(source);
  const auto is_view = [&](const char* name) {
    const TensorEntry* tensor = source->find(name);
    REQUIRE(tensor != nullptr);
    return tensor->bytes.data() >= bytes.data() && tensor->bytes.data() < bytes.data() + bytes.size();
  };
  for (const char* name : {"base", "reshaped", "slice", "row", "one", "parameter"}) {
    CAPTURE(name);
    CHECK(is_view(name));
  }
  for (const char* name : {"transposed", "every_other", "expanded", "channels_last", "narrow", "half"}) {
    CAPTURE(name);
    CHECK(!is_view(name));
  }
  CHECK(source->owned.size() == 6);
  CHECK(source->find("base")->bytes.data() == source->find("reshaped")->bytes.data());  // one storage
  CHECK(source->tensors[0].name == "base");                                             // in the file's order
}

TEST_CASE("torch: of several state dicts the averaged one, and a warning") {
  const auto bytes = bytes_of_file("checkpoint_compiled.pth");
  const auto source = ochre::read_torch(bytes);
  REQUIRE(source);
  REQUIRE(source->warnings.size() == 1);
  CHECK(source->warnings[0] == "found several state dicts (params_ema, params), took params_ema");
}

TEST_CASE("torch: what is refused says what it found") {
  const auto refused = [](const char* name) { return refusal(bytes_of_file(std::string("refused_") + name + ".pth")); };
  CHECK(contains(refused("namespace"), "found the Python object argparse.Namespace, expected a state dict of tensors"));
  CHECK(contains(refused("os_system"), "found the Python object posix.system, expected a state dict of tensors"));
  for (const char* name : {"module_zip", "module_legacy"}) {
    CHECK(contains(refused(name), "found the Python object __main__.Net"));
    CHECK(contains(refused(name), "save its state_dict() instead"));
  }
  CHECK(contains(refused("sparse"), "torch._utils._rebuild_sparse_tensor"));
  CHECK(contains(refused("complex128"), "torch.ComplexDoubleStorage"));
  CHECK(contains(refused("conjugated"), "tensor weight: found a tensor to be negated or conjugated"));
  CHECK(contains(refused("deflated"), "found a deflated one, expected a stored one"));
  CHECK(contains(refused("no_tensors"), "found no dict of tensors (keys: epoch, name), expected a state dict"));
  CHECK(contains(refused("tensor"), "found a single tensor, expected a state dict"));
  CHECK(contains(refused("numpy_pickle"), "found a Python pickle, expected a PyTorch file"));
  CHECK(contains(refused("torch_script"), "found a TorchScript program"));
  CHECK(
      contains(refused("npz"), "found a zip archive of other things (weight.npy), expected a PyTorch file's data.pkl"));
}

TEST_CASE("torch: the file is not a model") {
  CHECK(refusal(std::string("<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title>")) ==
        "found an HTML page, expected a PyTorch file (torch.save of a state dict)");
  CHECK(contains(refusal(std::string("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 128976165\n")),
                 "found a Git-LFS pointer"));
  CHECK(contains(refusal(std::string("https://drive.google.com/file/d/1234")), "found a text with a web address"));
  CHECK(contains(refusal(std::string()), "found 0 bytes"));
  CHECK(contains(refusal(std::string("\x89HDF\r\n\x1a\n")), "found an HDF5 file"));
  std::string tar(512, '\0');
  tar.replace(0, 8, "storages");
  tar.replace(257, 5, "ustar");
  CHECK(contains(refusal(tar), "found a tar archive, expected a PyTorch file"));
  CHECK(contains(refusal(tar), "saved again by a newer one"));
}

TEST_CASE("torch: half a download, of any length") {
  for (const char* name : {"dtypes_zip.pth", "dtypes_legacy.pth", "dtypes_zip64.pth"}) {
    const auto bytes = bytes_of_file(name);
    REQUIRE(refusal(bytes) == "accepted");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      CAPTURE(length);
      CHECK(refusal(std::span(bytes).first(length)) != "accepted");
    }
    const std::string half = refusal(std::span(bytes).first(bytes.size() - 30));
    CHECK(contains(half, "the file is cut short"));
  }
  CHECK(contains(refusal(stream(one(tensor(storage(4), 0, {4}, {1})), {{"0", four_floats, 5}})),
                 "storage 0: found 4 elements, expected 5 (the file is cut short)"));
}

TEST_CASE("torch: any byte changed is survived") {
  for (const char* name : {"views_legacy.pth", "new_dtypes_zip.pth"}) {
    const auto bytes = bytes_of_file(name);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const int value : {0, 1, 0x28, 0x7F, 0xFF}) {
        auto changed = bytes;
        changed[at] = static_cast<std::byte>(value);
        const auto source = ochre::read_torch(changed);
        CHECK((source || source.error().message().size() < 1000));
      }
    }
  }
}

TEST_CASE("torch: tensors by hand, in both formats") {
  const std::string four = storage(4);
  CHECK(read_both(one(tensor(four, 0, {2, 2}, {2, 1}))) == "w[2,2]:1234");
  CHECK(read_both(one(tensor(four, 0, {2, 2}, {1, 2}))) == "w[2,2]:1324");
  CHECK(read_both(one(tensor(four, 2, {}, {}))) == "w[]:3");
  CHECK(read_both(one(tensor(four, 1, {3, 2}, {1, 0}))) == "w[3,2]:223344");
  CHECK(read_both(one(tensor(four, 0, {2, 1, 2}, {2, 77, 1}))) ==
        "w[2,1,2]:1234");  // where 1 is long, no stride matters
  CHECK(read_both(one(tensor(four, 0, {2, 1, 2}, {1, 0x7FFFFFFFFFFFFFFF, 2}))) == "w[2,1,2]:1324");
  CHECK(read_both(one(tensor(four, 99, {0, 5}, {5, 1}))) == "w[0,5]:");
  CHECK(read_both(one(tensor(storage(3), 0, {3}, {1}))) == "w[3]:123");
  CHECK(read_both(one(tensor(storage(0), 0, {0}, {1}))) == "w[0]:");
  CHECK(read_both(one(tensor(storage(4, "0", "FloatStorage", tuple({text("7"), number(1), number(2)})), 0, {2},
                             {1}))) == "w[2]:23");
  // A tensor of PyTorch 0.3, of Python 2: four arguments, sizes as torch.Size, names in another kind of text.
  const std::string old = name("torch._utils", "_rebuild_tensor") +
                          tuple({four, number(0), name("torch", "Size") + tuple({numbers({4})}) + "R", numbers({1})}) +
                          "R";
  CHECK(read_both("}(U\x01w" + old + "u") == "w[4]:1234");
  const std::string pairs = name("collections", "OrderedDict") +
                            "(](](U\x01"
                            "a" +
                            old +
                            "e](U\x01"
                            "b" +
                            old + "eetR";
  CHECK(read_both(pairs) == "a[4]:1234 b[4]:1234");
  const std::string parameter = name("torch._utils", "_rebuild_parameter") + tuple({old, "\x88", ordered_dict()}) + "R";
  CHECK(read_both(one(parameter)) == "w[4]:1234");
}

TEST_CASE("torch: names, prefixes and what stands beside") {
  const std::string w = tensor(storage(4), 0, {1}, {1});
  CHECK(read_both(dict({text("module.a"), w, text("module.b"), w})) == "a[1]:1 b[1]:1");
  CHECK(read_both(dict({text("module.a"), w, text("b"), w})) == "module.a[1]:1 b[1]:1");
  CHECK(read_both(dict({text("netG.module.a"), w})) == "a[1]:1");
  CHECK(read_both(dict({text("module.a"), w, text("module."), w})) == "module.a[1]:1 module.[1]:1");
  CHECK(read_both(dict({text("a"), w, text("epoch"), number(3), number(4), w, text("more"), dict({text("b"), w})})) ==
        "a[1]:1");
  CHECK(read_both(dict({text("net"), dict({text("a"), w}), text("b"), w})) == "a[1]:1");
  CHECK(read_both(dict({text("mine"), dict({text("a"), w}), text("epoch"), "N"})) == "a[1]:1");
  CHECK(contains(read_both(dict({text("mine"), dict({text("a"), w}), text("yours"), dict({text("a"), w})})),
                 "found no dict of tensors (keys: mine, yours)"));
  CHECK(read_both(dict({text("a"), w, text("a"), w})) == "tensor a: found twice, expected once");
  CHECK(contains(read_both(dict({text(""), w})), "found a name of 0 bytes"));
  CHECK(contains(read_both(dict({text(std::string(513, 'n')), w})), "found a name of 513 bytes"));
  CHECK(contains(read_both(dict({text("\xff"), w})), "tensor \\xff: found a name that is not UTF-8"));
  CHECK(contains(refusal(zip("N", {})), "found no dict of tensors"));
  CHECK(contains(refusal(stream("]", {})), "found no dict of tensors"));
}

TEST_CASE("torch: tensors that lie") {
  const std::string four = storage(4);
  constexpr std::int64_t most = 0x7FFFFFFFFFFFFFFF;
  const auto refused = [&](std::int64_t offset, std::vector<std::int64_t> shape, std::vector<std::int64_t> strides) {
    const std::string message = read_both(one(tensor(four, offset, shape, strides)));
    CHECK(message.starts_with("tensor w: found "));
    return message;
  };
  CHECK(refused(0, {5}, {1}) ==
        "tensor w: found shape [5], strides [1], offset 0, expected all of it within the 4 elements of its storage");
  CHECK(contains(refused(1, {2, 2}, {2, 1}), "offset 1, expected all of it within the 4 elements"));
  CHECK(contains(refused(0, {2, 2}, {3, 1}), "strides [3,1]"));
  CHECK(contains(refused(0, {2}, {most}), "expected all of it within"));
  CHECK(contains(refused(most, {2}, {1}), "expected all of it within"));
  CHECK(contains(refused(4, {1}, {1}), "expected all of it within"));
  CHECK(contains(refused(0, {most, 2}, {0, 0}), "expected an addressable size"));
  CHECK(contains(refused(0, {most / 64}, {0}), "found a claim of 576460752303423484 bytes"));
  CHECK(contains(refused(0, {1'000'000}, {0}), "found a claim of 4000000 bytes, expected at most twice what the file"));
  CHECK(contains(refused(-1, {1}, {1}), "do not fit"));
  CHECK(contains(refused(0, {-1}, {1}), "do not fit"));
  CHECK(contains(refused(0, {2}, {-1}), "do not fit"));
  CHECK(contains(refused(0, {2}, {}), "do not fit"));
  CHECK(contains(refused(0, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}), "at most 8 dimensions"));
}

TEST_CASE("torch: many small claims share one budget") {
  // The same tensor, memoised under 5, a hundred times.
  const auto hundredfold = [](const std::string& tensor) {
    std::vector<std::string> entries = {text("first"), tensor + "q\x05"};
    for (int i = 0; i < 100; ++i) entries.insert(entries.end(), {text(std::to_string(i)), "h\x05"});
    return dict(entries);
  };
  const std::string expanded = tensor(storage(4), 0, {300}, {0});
  CHECK(contains(refusal(zip(hundredfold(expanded), {{"0", four_floats}})),
                 "found a claim of 1200 bytes, expected at most twice"));
  const std::string tied = tensor(storage(1000), 0, {1000}, {1});
  CHECK(contains(refusal(zip(hundredfold(tied), {{"0", std::string(4000, 'x')}})),
                 "expected at most 32768, and at most 8 times the file's bytes"));
  std::string many = dict({text("first"), tensor(storage(4), 0, {0}, {1}) + "q\x05"});
  for (int i = 0; i < 32'768; ++i) many += text(std::to_string(i)) + "h\x05s";
  CHECK(contains(refusal(zip(many, {{"0", four_floats}})), "expected at most 32768"));
}

TEST_CASE("torch: dicts are searched for tensors, but not for ever") {
  // One dict of 70 numbers, memoised under 5, that a checkpoint shows again and again before the one of the tensors.
  const auto checkpoint = [](int times) {
    std::vector<std::string> numbers;
    for (int i = 0; i < 70; ++i) numbers.insert(numbers.end(), {number(i), number(i)});
    std::vector<std::string> entries = {text("zeroth"), dict(numbers) + "q\x05"};
    for (int i = 0; i < times; ++i) entries.insert(entries.end(), {text(std::to_string(i)), "h\x05"});
    entries.insert(entries.end(), {text("weights"), dict({text("w"), tensor(storage(4), 0, {4}, {1})})});
    return refusal(zip(dict(entries), {{"0", four_floats}}));
  };
  CHECK(checkpoint(100) == "accepted");
  CHECK(contains(checkpoint(2000), "found no dict of tensors (keys: zeroth, 0, 1, 2, 3, 4, 5, 6)"));
  const std::string named(5000, 'k');
  std::vector<std::string> long_keys;
  for (int i = 0; i < 20; ++i) long_keys.insert(long_keys.end(), {text(std::to_string(i) + named), "N"});
  CHECK(refusal(zip(dict(long_keys), {})).size() < 500);
}

TEST_CASE("torch: storages that lie") {
  const auto with = [](const std::string& reference) { return read_both(one(tensor(reference, 0, {1}, {1}))); };
  const auto in_zip = [](const std::string& reference) {
    return refusal(zip(one(tensor(reference, 0, {1}, {1})), {{"0", four_floats}}));
  };
  const auto in_stream = [](const std::string& reference, const std::vector<Storage>& storages) {
    return refusal(stream(one(tensor(reference, 0, {1}, {1})), storages));
  };
  constexpr std::int64_t most = 0x7FFFFFFFFFFFFFFF;
  CHECK(contains(with(storage(5)), "storage 0: found 16 bytes, expected those of 5 elements of 4 bytes"));
  CHECK(contains(with(storage(most)), "expected those of 9223372036854775807 elements"));
  CHECK(contains(in_zip(storage(4, "1")), "tensor w: zip entry archive/data/1: found none"));
  CHECK(contains(in_stream(storage(4, "1"), {}), "tensor w: storage 1: found none, expected one in the list"));
  CHECK(contains(in_stream(storage(4), {{"0", four_floats, 4}, {"1", "", 0}}), "storage 1: found it unused"));
  CHECK(contains(in_stream(storage(4), {{"0", four_floats, 4}, {"0", four_floats, 4}}), "storage 0: found it twice"));
  CHECK(contains(in_stream(storage(4), {{"0", four_floats, ~std::uint64_t{0}}}), "expected 18446744073709551615"));
  const auto view = [](std::int64_t offset, std::int64_t size) {
    return storage(4, "0", "FloatStorage", tuple({text("7"), number(offset), number(size)}));
  };
  CHECK(contains(with(view(2, 3)), "storage 0: found a view of 3 elements from 2 on, expected one within its 4"));
  CHECK(contains(with(view(most, most)), "found a view of"));
  CHECK(contains(with(view(-1, 2)), "found a view of no place"));
  const std::string strange = "found a reference to something else, expected one to a storage of numbers";
  CHECK(contains(with(storage(-1)), strange));
  CHECK(contains(with(storage(4, std::string(513, '0'))), strange));
  CHECK(contains(with(tuple({text("module"), text("a"), text("b"), text("c")}) + "Q"), strange));
  CHECK(contains(
      with(tuple({text("storage"), name("collections", "OrderedDict"), text("0"), text("cpu"), number(4)}) + "Q"),
      strange));
  CHECK(contains(in_zip("N"), strange));
}

TEST_CASE("torch: archives and streams that lie") {
  const std::string object = "\x80\x02" + one(tensor(storage(4), 0, {4}, {1})) + ".";
  const auto archive = [&](std::vector<ZipPart> parts) {
    parts.push_back(zip_part("a/data/0", four_floats));
    return refusal(zip_file(parts));
  };
  CHECK(archive({zip_part("a/data.pkl", object)}) == "accepted");
  CHECK(refusal(zip_file({zip_part("data.pkl", object), zip_part("data/0", four_floats)})) == "accepted");
  CHECK(contains(archive({zip_part("a/xdata.pkl", object)}), "found a zip archive of other things (a/data/0)"));
  CHECK(archive({zip_part("a/data.pkl", object), zip_part("a/byteorder", "middle")}) ==
        "byteorder: found \"middle\", expected little or big");
  CHECK(contains(archive({zip_part("a/data.pkl", object), zip_part("a/constants.pkl", "")}), "a TorchScript program"));
  CHECK(contains(archive({zip_part("a/data.pkl", object), zip_part("a/code/x.py", "")}), "a TorchScript program"));
  CHECK(contains(archive({zip_part("a/data.pkl", "")}), "data.pkl: pickle byte 0: found the end of the bytes"));
  CHECK(contains(refusal(zip_file({})), "found a zip archive of other things (nothing)"));

  std::string other = stream_head();
  other.replace(other.find("M\xe9\x03"), 3, "M\xea\x03");
  CHECK(refusal(other + object) == "found another version, expected 1001");
  CHECK(contains(refusal(stream_head().replace(4, 1, "\x6d") + object), "expected a PyTorch file"));
  CHECK(contains(refusal(stream_head() + object), "the list of storages, pickled at byte"));
  CHECK(contains(refusal(stream_head()), "the object, pickled at byte"));
}
