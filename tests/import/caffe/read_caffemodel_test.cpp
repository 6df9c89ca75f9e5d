// Caffe models that Google's protobuf wrote (tests/data/import/caffe, by tools/golden/caffe_models.py), every way in
// which a fork or a hand may have written one otherwise, and what people have instead of a model.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/caffe/read_caffemodel.hpp>
#include <ochre/weights/convert.hpp>
#include <ochre/weights/mapped_file.hpp>
#include <ochre/weights/safetensors.hpp>

#include "support/protobuf_writer.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace {

using ochre::Dtype;
using ochre::Index;
using ochre::SourceFile;
using ochre::TensorEntry;
using ochre::test::contains;
using ochre::test::ProtobufWriter;

using Shape = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Indices = std::vector<Index>;

std::string sample(const std::string& name) { return OCHRE_TEST_DATA "/import/caffe/" + name; }

std::vector<double> numbers(const TensorEntry& tensor) {
  std::vector<double> values(tensor.bytes.size() * 8 / static_cast<std::size_t>(ochre::dtype_bits(tensor.dtype)));
  REQUIRE(ochre::convert_to(tensor, std::span(values)));
  return values;
}

// A model in memory, and what was read from it: views of the former.
struct Model {
  std::vector<std::byte> bytes;
  ochre::Result<SourceFile> file;

  explicit Model(const ProtobufWriter& net) : bytes(bytes_of(net.text())), file(ochre::read_caffemodel(bytes)) {}

  std::string message() const { return file ? "accepted" : file.error().message(); }
  const TensorEntry& tensor(std::string_view name) const {
    REQUIRE(file);
    const TensorEntry* entry = file->find(name);
    REQUIRE(entry != nullptr);
    return *entry;
  }
  bool has(std::string_view name) const { return file && file->find(name) != nullptr; }
  bool is_view(std::string_view name) const {
    const std::byte* data = tensor(name).bytes.data();
    return data >= bytes.data() && data < bytes.data() + bytes.size();
  }
};

ProtobufWriter blob(const Shape& shape, const Floats& values) {
  ProtobufWriter dims;
  dims.packed_varints(1, shape);
  ProtobufWriter writer;
  return writer.packed(5, values).message(7, dims);
}

ProtobufWriter vector_blob(const Floats& values) { return blob({static_cast<std::int64_t>(values.size())}, values); }

ProtobufWriter layer(std::string_view name, std::string_view type, const std::vector<ProtobufWriter>& blobs) {
  ProtobufWriter writer;
  writer.bytes(1, name).bytes(2, type);
  for (const ProtobufWriter& content : blobs) writer.message(7, content);
  return writer;
}

ProtobufWriter net(const std::vector<ProtobufWriter>& layers) {
  ProtobufWriter writer;
  writer.bytes(1, "net");
  for (const ProtobufWriter& content : layers) writer.message(100, content);
  return writer;
}

Model one_layer(std::string_view type, const std::vector<ProtobufWriter>& blobs) {
  return Model(net({layer("a", type, blobs)}));
}

// A convolution's weight of that content; the shape of good ones is [1,1,2,2].
Model one_blob(const ProtobufWriter& content) { return one_layer("Convolution", {content}); }

}  // namespace

TEST_CASE("caffemodel: as protobuf wrote them, every tensor and number") {
  struct Sample {
    std::string name;
    std::string version;
  };
  const Sample samples[] = {
      {"v2", "V2"}, {"v2_unpacked", "V2"}, {"v2_doubles", "V2"}, {"v1", "V1"},
      {"v0", "V0"}, {"v0_unpacked", "V0"}, {"nvidia", "V2"},
  };
  for (const Sample& test : samples) {
    CAPTURE(test.name);
    const auto model = ochre::MappedFile::open(sample(test.name + ".caffemodel"));
    REQUIRE(model);
    const auto file = ochre::read_caffemodel(model->bytes());
    REQUIRE(file);
    CHECK(file->format == "a Caffe model (" + test.version + " layers)");
    CHECK(file->warnings.empty());
    CHECK(file->network.empty());
    const auto expected_bytes = ochre::MappedFile::open(sample(test.name + ".safetensors"));
    REQUIRE(expected_bytes);
    const auto expected = ochre::Safetensors::parse(expected_bytes->bytes());
    REQUIRE(expected);
    CHECK(file->tensors.size() == expected->tensors().size());
    for (const TensorEntry& tensor : expected->tensors()) {
      CAPTURE(tensor.name);
      const TensorEntry* entry = file->find(tensor.name);
      REQUIRE(entry != nullptr);
      CHECK(entry->dtype == tensor.dtype);
      CHECK(entry->shape == tensor.shape);
      CHECK(numbers(*entry) == numbers(tensor));
    }
  }
}

TEST_CASE("caffemodel: every prefix of a model is refused or holds fewer layers") {
  for (const char* name : {"v2.caffemodel", "v1.caffemodel", "v0.caffemodel", "nvidia.caffemodel"}) {
    const auto model = ochre::MappedFile::open(sample(name));
    REQUIRE(model);
    const auto whole = ochre::read_caffemodel(model->bytes());
    REQUIRE(whole);
    std::size_t ends = 0;
    for (std::size_t length = 0; length < model->bytes().size(); ++length) {
      const auto file = ochre::read_caffemodel(model->bytes().first(length));
      if (!file) {
        CHECK(!file.error().message().empty());
        continue;
      }
      ++ends;
      CHECK(file->tensors.size() <= whole->tensors.size());
      for (std::size_t i = 0; i < file->tensors.size(); ++i) CHECK(file->tensors[i].name == whole->tensors[i].name);
    }
    CHECK(ends < 16);  // between two layers only
  }
}

TEST_CASE("caffemodel: one packed run is a view, whatever else is put together") {
  const Floats values = {1, -2, 3.5f, 4};
  const std::vector<double> expected = {1, -2, 3.5, 4};
  ProtobufWriter dims;
  dims.packed_varints(1, {1, 1, 2, 2});

  const Model packed = one_blob(blob({1, 1, 2, 2}, values));
  CHECK(packed.is_view("a.weight"));
  CHECK(packed.file->owned.empty());
  CHECK(numbers(packed.tensor("a.weight")) == expected);

  ProtobufWriter single;
  for (const float value : values) single.fixed32(5, value);
  const Model unpacked = one_blob(single.message(7, dims));
  CHECK(!unpacked.is_view("a.weight"));
  CHECK(numbers(unpacked.tensor("a.weight")) == expected);

  ProtobufWriter chunks;
  chunks.packed(5, Floats{1}).packed(5, Floats{}).fixed32(5, -2).message(7, dims).packed(5, Floats{3.5f, 4});
  const Model in_chunks = one_blob(chunks);
  CHECK(!in_chunks.is_view("a.weight"));
  CHECK(numbers(in_chunks.tensor("a.weight")) == expected);
  CHECK(in_chunks.tensor("a.weight").shape == Indices{1, 1, 2, 2});

  ProtobufWriter mixed;
  mixed.fixed64(8, 1).packed(8, std::vector<double>{-2, 3.5, 4}).message(7, dims);
  const Model doubles = one_blob(mixed);
  CHECK(doubles.tensor("a.weight").dtype == Dtype::f64);
  CHECK(numbers(doubles.tensor("a.weight")) == expected);
}

TEST_CASE("caffemodel: doubles win over floats, num channels height width over the shape, and diff is nothing") {
  ProtobufWriter both;
  both.packed(5, Floats{9, 9}).packed(8, std::vector<double>{0.1, 0.2}).varint(4, 2).varint(1, 1).varint(2, 1);
  both.varint(3, 1).packed(6, Floats{5, 5, 5}).packed(9, std::vector<double>{5});
  ProtobufWriter other;
  other.packed_varints(1, {7, 7});
  both.message(7, other);
  const Model model = one_blob(both);
  CHECK(model.tensor("a.weight").dtype == Dtype::f64);
  CHECK(model.tensor("a.weight").shape == Indices{1, 1, 1, 2});
  CHECK(numbers(model.tensor("a.weight")) == std::vector<double>{0.1, 0.2});

  ProtobufWriter no_doubles;
  no_doubles.packed(5, Floats{9, 9}).packed(8, std::vector<double>{}).message(7, ProtobufWriter().varint(1, 2));
  CHECK(numbers(one_blob(no_doubles).tensor("a.weight")) == std::vector<double>{9, 9});

  ProtobufWriter twice;  // as any message twice: both count
  twice.packed(5, Floats{1, 2, 3, 4}).message(7, ProtobufWriter().varint(1, 2));
  twice.message(7, ProtobufWriter().varint(1, 2));
  CHECK(one_blob(twice).tensor("a.weight").shape == Indices{2, 2});
}

TEST_CASE("caffemodel: NVIDIA's raw bytes") {
  const auto raw = [](std::uint64_t type, std::size_t bytes) {
    ProtobufWriter writer;
    writer.varint(10, type).bytes(12, std::string(bytes, '\0')).message(7, ProtobufWriter().varint(1, 2));
    return one_blob(writer);
  };
  CHECK(raw(0, 16).tensor("a.weight").dtype == Dtype::f64);
  CHECK(raw(1, 8).tensor("a.weight").dtype == Dtype::f32);
  CHECK(raw(2, 4).tensor("a.weight").dtype == Dtype::f16);
  CHECK(raw(2, 4).is_view("a.weight"));
  CHECK(contains(raw(2, 8).message(), "found 8 bytes of F16 numbers, expected 4 for shape [2]"));
  CHECK(contains(raw(3, 8).message(), "layer a: blob 0: raw_data_type: found 3, expected 0, 1 or 2"));
}

TEST_CASE("caffemodel: what each kind of layer's blobs are called") {
  const ProtobufWriter weight = blob({2, 1, 1, 1}, {1, 2});
  const ProtobufWriter bias = vector_blob({3, 4});
  for (const char* type : {"Convolution", "Deconvolution", "InnerProduct"}) {
    const Model model = one_layer(type, {weight, bias});
    REQUIRE(model.file);
    REQUIRE(model.file->tensors.size() == 2);
    CHECK(model.tensor("a.weight").shape == Indices{2, 1, 1, 1});
    CHECK(model.tensor("a.bias").shape == Indices{2});
    CHECK(one_layer(type, {weight}).has("a.weight"));
    CHECK(!one_layer(type, {weight}).has("a.bias"));
    CHECK(contains(one_layer(type, {weight, bias, bias}).message(), "layer a: found 3 blobs, expected a weight"));
  }
  for (const Shape& shape : {Shape{1, 1, 1, 2}, Shape{1, 2, 1, 1}, Shape{2, 1}, Shape{2}}) {
    CHECK(one_layer("Convolution", {weight, blob(shape, {3, 4})}).tensor("a.bias").shape == Indices{2});
    CHECK(one_layer("Scale", {blob(shape, {3, 4})}).tensor("a.weight").shape == Indices{2});
  }
  CHECK(one_layer("Convolution", {weight, blob({}, {3})}).tensor("a.bias").shape == Indices{1});
  CHECK(one_layer("Convolution", {weight, blob({2, 2}, {3, 4, 5, 6})}).tensor("a.bias").shape == Indices{2, 2});

  const Model unknown = one_layer("PReLU", {bias, weight});
  CHECK(unknown.tensor("a.blob0").shape == Indices{2});
  CHECK(unknown.tensor("a.blob1").shape == Indices{2, 1, 1, 1});
  CHECK(one_layer("", {bias}).has("a.blob0"));
  CHECK(one_layer("conv", {bias}).has("a.weight"));  // of V0, and none of V2 is called so
}

TEST_CASE("caffemodel: V1's numbers of kinds, V0 within V1") {
  const auto v1 = [](std::uint64_t type) {
    ProtobufWriter inner;
    inner.message(6, vector_blob({1})).varint(5, type).bytes(4, "a");
    return Model(ProtobufWriter().message(2, inner));
  };
  for (const unsigned type : {4u, 14u, 39u}) CHECK(v1(type).has("a.weight"));
  for (const unsigned type : {0u, 5u, 18u, 40u}) CHECK(v1(type).has("a.blob0"));

  ProtobufWriter v0;
  v0.bytes(1, "inner").bytes(2, "innerproduct");
  ProtobufWriter more;
  more.message(50, vector_blob({1}));
  ProtobufWriter outer;  // the layer in two parts, around it what Caffe passes over
  outer.bytes(4, "outer").message(1, v0).message(6, vector_blob({2})).message(1, more);
  const Model model(ProtobufWriter().message(2, outer));
  REQUIRE(model.file);
  CHECK(model.file->format == "a Caffe model (V0 layers)");
  REQUIRE(model.file->tensors.size() == 1);
  CHECK(numbers(model.tensor("inner.weight")) == std::vector<double>{1});
}

TEST_CASE("caffemodel: BatchNorm of BVLC is divided by its factor") {
  const Model model = one_layer("BatchNorm", {vector_blob({3, -1}), vector_blob({9, 0}), vector_blob({3})});
  REQUIRE(model.file);
  CHECK(model.file->tensors.size() == 2);
  CHECK(model.file->warnings.empty());
  const auto f = [](double value) { return static_cast<double>(static_cast<float>(value * (1 / 3.0))); };
  CHECK(numbers(model.tensor("a.running_mean")) == std::vector<double>{f(3), f(-1)});
  CHECK(numbers(model.tensor("a.running_var")) == std::vector<double>{f(9), 0});
  CHECK(model.tensor("a.running_mean").dtype == Dtype::f32);
  CHECK(!model.is_view("a.running_mean"));

  const Model ones = one_layer("BatchNorm", {blob({1, 2, 1, 1}, {3, -1}), vector_blob({9, 0}), vector_blob({1})});
  CHECK(ones.is_view("a.running_mean"));
  CHECK(ones.tensor("a.running_mean").shape == Indices{2});
  CHECK(ones.file->warnings.empty());

  const Model zeros = one_layer("BatchNorm", {vector_blob({0, 0}), vector_blob({0, 0}), vector_blob({0})});
  CHECK(numbers(zeros.tensor("a.running_var")) == std::vector<double>{0, 0});
  CHECK(zeros.file->warnings.empty());
}

TEST_CASE("caffemodel: BatchNorm of forks") {
  const ProtobufWriter mean = vector_blob({3, -1});
  const ProtobufWriter variance = vector_blob({9, 4});
  const Model zero = one_layer("BatchNorm", {mean, variance, vector_blob({0})});
  CHECK(numbers(zero.tensor("a.running_var")) == std::vector<double>{9, 4});
  REQUIRE(zero.file->warnings.size() == 1);
  CHECK(contains(zero.file->warnings[0], "layer a: found a factor of 0.000000 in blob 2, taken as 1"));

  const Model two = one_layer("BatchNorm", {mean, variance});
  CHECK(numbers(two.tensor("a.running_mean")) == std::vector<double>{3, -1});
  REQUIRE(two.file->warnings.size() == 1);
  CHECK(two.file->warnings[0] == "layer a: found no factor (a third blob), taken as 1");

  const auto five = [&](float factor) {
    return one_layer("BatchNorm", {mean, variance, vector_blob({factor}), vector_blob({5, 6}), vector_blob({7, 8})});
  };
  for (const float factor : {0.0f, 1.0f, 2.0f}) {  // NVIDIA's Caffe never uses it
    const Model model = five(factor);
    CHECK(numbers(model.tensor("a.running_mean")) == std::vector<double>{3, -1});
    CHECK(numbers(model.tensor("a.running_var")) == std::vector<double>{9, 4});
    CHECK(numbers(model.tensor("a.weight")) == std::vector<double>{5, 6});
    CHECK(numbers(model.tensor("a.bias")) == std::vector<double>{7, 8});
    CHECK(model.file->warnings.size() == (factor == 2 ? 1 : 0));
  }
  CHECK(contains(five(2).file->warnings[0], "not used"));
}

TEST_CASE("caffemodel: BatchNorm that cannot be one") {
  const ProtobufWriter mean = vector_blob({3, -1});
  const ProtobufWriter variance = vector_blob({9, 4});
  const ProtobufWriter one = vector_blob({1});
  const auto refusal = [](const std::vector<ProtobufWriter>& blobs) { return one_layer("BatchNorm", blobs).message(); };
  CHECK(contains(refusal({mean, mean, one}), "layer a: variance, element 1: found -1.000000, expected 0 or more"));
  CHECK(contains(refusal({mean, vector_blob({1, NAN}), one}), "variance, element 1: found"));
  CHECK(contains(refusal({mean, mean, one, one, one}), "another order"));
  CHECK(contains(refusal({mean, variance, variance, mean, mean}), "blob 2: found shape [2], expected one number"));
  CHECK(contains(refusal({mean, variance, vector_blob({-2})}), "a factor of -2.000000 in blob 2, expected 0 or more"));
  CHECK(contains(refusal({mean, variance, vector_blob({INFINITY})}), "a factor of inf"));
  CHECK(contains(refusal({mean, variance, vector_blob({NAN})}), "in blob 2, expected 0 or more"));
  CHECK(contains(refusal({mean, one, one}), "a mean of shape [2] and a variance of shape [1]"));
  CHECK(contains(refusal({mean}), "layer a: found 1 blobs, expected 3 (mean, variance, factor) or NVIDIA's 5"));
  CHECK(contains(refusal({mean, variance, mean, variance}), "found 4 blobs"));
}

TEST_CASE("caffemodel: blobs that lie or are damaged") {
  const auto refusal = [](const ProtobufWriter& content) { return one_blob(content).message(); };
  const auto with_dims = [](const Shape& dims) { return blob(dims, {1, 2, 3, 4}); };
  CHECK(refusal(with_dims({1, 1, 2, 2})) == "accepted");
  CHECK(contains(refusal(with_dims({1, 1, 2, 3})),
                 "layer a: blob 0: found 16 bytes of F32 numbers, expected 24 for "
                 "shape [1,1,2,3]"));
  CHECK(contains(refusal(with_dims({})), "expected 4 for shape []"));
  CHECK(contains(refusal(with_dims({4, -1})), "shape: found a dimension of -1, expected 1 or more"));
  CHECK(contains(refusal(with_dims({4, 0})), "shape: found a dimension of 0, expected 1 or more"));
  CHECK(contains(refusal(with_dims({1LL << 32, 1LL << 32})), "[4294967296,4294967296] to be addressable"));
  CHECK(contains(refusal(with_dims({1LL << 62})), "to be addressable"));
  CHECK(contains(refusal(with_dims({1, 1, 1, 1, 1, 1, 1, 1, 4})), "more than 8 dimensions"));
  CHECK(contains(refusal(blob({2, 2}, {})), "found 0 bytes of F32 numbers, expected 16 for shape [2,2]"));

  ProtobufWriter some_legacy;  // those that are not there are 0 to Caffe
  some_legacy.varint(1, 4).packed(5, Floats{1, 2, 3, 4});
  CHECK(contains(refusal(some_legacy), "for shape [4,0,0,0]"));
  CHECK(contains(refusal(ProtobufWriter().varint(1, 4)), "expected some for shape [4,0,0,0]"));
  CHECK(contains(refusal(ProtobufWriter().varint(2, ~std::uint64_t{0})), "a dimension of -1"));

  CHECK(
      contains(refusal(ProtobufWriter().bytes(5, "12345")), "found 5 bytes of F32 numbers, expected a multiple of 4"));
  CHECK(contains(refusal(ProtobufWriter().bytes(8, "1234")), "found 4 bytes of F64 numbers, expected a multiple of 8"));
  CHECK(contains(refusal(ProtobufWriter().bytes(7, "\x0a\x02\xff\xff")), "a dimension that is cut short"));
  CHECK(contains(refusal(ProtobufWriter().bytes(7, "\x0a\x05")), "cut short?"));
  CHECK(contains(refusal(ProtobufWriter().raw("\x0b")), "wire type 3"));
  // Known numbers in an unknown kind of field are unknown fields.
  ProtobufWriter unknown = with_dims({2, 2});
  unknown.bytes(1, "x").varint(5, 3).varint(7, 3).bytes(10, "x").varint(12, 1).fixed64(77, 1);
  CHECK(refusal(unknown) == "accepted");
}

TEST_CASE("caffemodel: layers that lie") {
  const ProtobufWriter unit = vector_blob({1});
  const auto refusal = [](const std::vector<ProtobufWriter>& layers) { return Model(net(layers)).message(); };
  CHECK(contains(refusal({layer("a", "Scale", {unit}), layer("b", "Scale", {unit}), layer("a", "Bias", {unit})}),
                 "Caffe model: layer a: found twice, expected once"));
  CHECK(refusal({layer("a", "Data", {}), layer("a", "Data", {}), layer("a", "Scale", {unit})}) == "accepted");
  CHECK(contains(refusal({layer("", "Scale", {unit})}), "found a name of 0 bytes, expected 1 to 499"));
  CHECK(contains(refusal({layer(std::string(500, 'n'), "Scale", {unit})}), "found a name of 500 bytes"));
  CHECK(refusal({layer(std::string(499, 'n'), "Scale", {unit})}) == "accepted");
  CHECK(refusal({layer("a", "Tall", std::vector(16, unit))}) == "accepted");
  CHECK(contains(refusal({layer("a", "Tall", std::vector(17, unit))}), "layer a: found more than 16 blobs"));

  ProtobufWriter of_v1;
  of_v1.bytes(4, "b").message(6, unit);
  ProtobufWriter mixed = net({layer("a", "Scale", {unit})});
  mixed.message(2, of_v1);
  CHECK(contains(Model(mixed).message(), "layer b: found a V1 layer, expected V2 layers only"));

  std::vector<ProtobufWriter> many;
  for (int i = 0; i <= 512; ++i) many.push_back(layer(std::to_string(i), "Tall", std::vector(16, unit)));
  CHECK(contains(refusal(many), "layer 512: found more than 8192 blobs in all"));
  many.pop_back();
  CHECK(refusal(many) == "accepted");

  const Model escape(net({layer("\x1b[2J", "Scale", {unit, unit, unit})}));
  CHECK(contains(escape.message(), "layer \\x1b[2J: "));  // no escape sequence reaches a terminal
}

TEST_CASE("caffemodel: what people have instead of a model") {
  const auto refusal = [](std::string_view text) {
    const auto bytes = bytes_of(text);
    const auto file = ochre::read_caffemodel(bytes);
    return file ? "accepted" : file.error().message();
  };
  const std::string expected = ", expected a Caffe model: ";
  CHECK(contains(refusal("<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title>"),
                 "found an HTML page" + expected));
  CHECK(contains(refusal("<html><head><title>404 Not Found</title></head></html>"), "found an HTML page" + expected));
  CHECK(contains(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:f5af\nsize 128946764\n"),
                 "found a Git-LFS pointer"));
  CHECK(contains(refusal("https://drive.google.com/file/d/1234"), "found a text with a web address" + expected));
  CHECK(contains(refusal("http://www.youtube.com/redirect?q=x"), "found a text with a web address" + expected));
  CHECK(contains(refusal("name: \"LtoAB\"\nlayer {\n"), "found plain text" + expected));
  CHECK(contains(refusal("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"), "a PyTorch file"));
  CHECK(contains(refusal("PK\x03\x04 and more"), "a zip archive"));
  CHECK(contains(refusal("\x89HDF\r\n\x1a\n"), "an HDF5 file"));  // .caffemodel.h5
  CHECK(contains(refusal("\x08\x07\x12\x07pytorch\x1a\x03"), "an ONNX model"));
  CHECK(contains(refusal(""), "found 0 bytes" + expected + "found 0 layers, none with blobs"));
  CHECK(contains(refusal("\x01\x02\x03"), "found the bytes 01 02 03" + expected));

  ProtobufWriter untrained = net({layer("data", "Input", {}), layer("conv", "Convolution", {})});
  CHECK(refusal(untrained.text()) == "Caffe model: found 2 layers, none with blobs, expected layers with blobs");
  ProtobufWriter mean_file;  // mean.binaryproto: a blob alone
  mean_file.varint(1, 1).varint(2, 3).packed(5, Floats(3));
  CHECK(contains(refusal(mean_file.text()), "found 0 layers, none with blobs"));
}

TEST_CASE("caffemodel: half a download") {
  const auto model = ochre::MappedFile::open(sample("v2.caffemodel"));
  REQUIRE(model);
  const auto half = ochre::read_caffemodel(model->bytes().first(model->bytes().size() / 2));
  REQUIRE(!half);
  CHECK(contains(half.error().message(), "bytes that follow (cut short?)"));
  const auto few = ochre::read_caffemodel(model->bytes().first(40));
  REQUIRE(!few);
  CHECK(contains(few.error().message(), "cut short?"));
}
