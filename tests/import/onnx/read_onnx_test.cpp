// ONNX models as PyTorch's exporters write them (tests/data/import/onnx, by tools/golden/onnx_models.py) give what
// PyTorch computes; graphs put together here give the text they must. What is refused: onnx/refusals_test.cpp.
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/onnx/read_onnx.hpp>
#include <ochre/weights/mapped_file.hpp>

#include "support/engine_network.hpp"
#include "support/imported_network.hpp"
#include "support/onnx_writer.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace {

using namespace ochre::test::onnx;
using ochre::Dtype;
using ochre::Index;
using ochre::Network;
using ochre::SourceFile;
using ochre::TensorEntry;
using ochre::TensorView;
using ochre::test::contains;
using ochre::test::ProtobufWriter;

const std::string models = OCHRE_TEST_DATA "/import/onnx";

struct Expected {
  ochre::test::GoldenTensor input;
  ochre::test::GoldenTensor output;
};

ochre::test::GoldenTensor golden(const ochre::Safetensors& file, std::string_view name) {
  const TensorEntry* entry = file.find(name);
  REQUIRE(entry != nullptr);
  const auto width = static_cast<std::size_t>(ochre::dtype_bits(entry->dtype) / 8);
  ochre::test::GoldenTensor tensor{entry->shape, std::vector<double>(entry->bytes.size() / width)};
  REQUIRE(ochre::convert_to(*entry, std::span(tensor.values)));
  return tensor;
}

Expected expected(const std::string& name) {
  const auto bytes = ochre::MappedFile::open(models + "/" + name + ".safetensors").value();
  const auto file = ochre::Safetensors::parse(bytes.bytes()).value();
  return {golden(file, "input"), golden(file, "output")};
}

// The largest error relative to the largest expected number.
template <class T>
double relative_error(TensorView<const T> actual, TensorView<const double> wanted) {
  REQUIRE(actual.shape == wanted.shape);
  double largest = 0;
  double error = 0;
  for (Index i = 0; i < wanted.shape.size(); ++i) {
    const double difference = std::abs(static_cast<double>(actual.data[i]) - wanted.data[i]);
    REQUIRE(std::isfinite(difference));
    error = std::max(error, difference);
    largest = std::max(largest, std::abs(wanted.data[i]));
  }
  return error / largest;
}

// A model put together here, and what was read from it: views of the former.
struct Model {
  std::vector<std::byte> bytes;
  ochre::Result<SourceFile> file;

  explicit Model(const Graph& graph, const std::string& in = {})
      : bytes(bytes_of(model(graph).text())), file(ochre::read_onnx(bytes, in)) {}

  // The layers, without the lines that every network has.
  std::string layers() const {
    if (!file) return file.error().message();
    REQUIRE_MESSAGE(ochre::parse_network(file->network), file->network);
    const auto begin = file->network.find("\n\n") + 2;
    return file->network.substr(begin, file->network.find("\n\noutput ") + 1 - begin);
  }
  std::vector<double> numbers(std::string_view name) const {
    REQUIRE(file);
    const TensorEntry* tensor = file->find(name);
    REQUIRE(tensor != nullptr);
    std::vector<double> values(tensor->bytes.size() * 8 / static_cast<std::size_t>(ochre::dtype_bits(tensor->dtype)));
    REQUIRE(ochre::convert_to(*tensor, std::span(values)));
    return values;
  }
};

// x, one node, y.
Model one_node(std::string_view kind, const Names& inputs, const Attributes& attributes,
               const std::vector<ProtobufWriter>& tensors = {}, std::uint64_t opset = 17) {
  return Model(Graph{.nodes = {node(kind, "n", inputs, "y", attributes)}, .tensors = tensors, .opset = opset});
}

constexpr const char* most = "9223372036854775807";

std::size_t count_of_numbers(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) count *= side;
  return static_cast<std::size_t>(count);
}

}  // namespace

TEST_CASE("onnx: what PyTorch exported gives what PyTorch computes") {
  struct Sample {
    std::string name;
    std::string expected;
    std::size_t warnings = 0;
  };
  const Sample samples[] = {
      {"enlarge_old9", "enlarge_early", 1},  // where opset 9 samples
      {"enlarge_old10", "enlarge_early", 1},
      {"enlarge_old11", "enlarge"},
      {"enlarge_old13", "enlarge"},
      {"enlarge_old17", "enlarge"},
      {"enlarge_new18", "enlarge"},
      {"enlarge_sizes", "enlarge"},
      {"enlarge_computed", "enlarge"},
      {"corners_old11", "corners"},
      {"trunk_old9", "trunk"},
      {"trunk_old11", "trunk"},
      {"trunk_new18", "trunk"},
      {"trunk_unfolded", "trunk"},
      {"skips_old10", "skips"},
      {"skips_old17", "skips"},
      {"skips_new18", "skips"},
      {"eccv16_old11", "eccv16"},
      {"siggraph17_new20", "siggraph17"},
      {"numbers_float_data", "numbers"},
      {"numbers_double_data", "numbers"},
      {"numbers_all_double", "numbers"},
      {"numbers_constants", "numbers"},
      {"numbers_external", "numbers"},
      {"numbers_half", "numbers_half"},
      {"numbers_half_data", "numbers_half"},
      {"numbers_all_half", "numbers_all_half"},
      {"numbers_bfloat16", "numbers_bfloat16"},
      {"numbers_bfloat16_data", "numbers_bfloat16"},
  };
  for (const Sample& sample : samples) {
    CAPTURE(sample.name);
    const auto bytes = ochre::MappedFile::open(models + "/" + sample.name + ".onnx");
    REQUIRE(bytes);
    const auto file = ochre::read_onnx(bytes->bytes(), models);
    REQUIRE_MESSAGE(file, file.error().message());
    CHECK(file->format.starts_with("an ONNX model (opset "));
    CHECK(file->warnings.size() == sample.warnings);
    const auto fits = ochre::test::check_tensors(*file);
    REQUIRE_MESSAGE(fits, fits.error().message());

    const auto wanted = expected(sample.expected);
    const auto network = Network<double>::create(ochre::parse_network(file->network).value(),
                                                 ochre::test::imported_weights<double>(*file));
    REQUIRE(network);
    const auto exact = ochre::test::run_once<double>(*network, wanted.input.view());
    CHECK(relative_error<double>(exact.view(), wanted.output.view()) < 1e-9);

    const auto engine =
        ochre::Engine::create(ochre::parse_network(file->network).value(), ochre::test::imported_weights<float>(*file));
    REQUIRE(engine);
    const auto rounded = ochre::test::to_tensor<float>(wanted.input.view());
    const auto fast = ochre::test::run_once(*engine, rounded.view());
    CHECK(relative_error<float>(fast.view(), wanted.output.view()) < 1e-5);
  }
}

TEST_CASE("onnx: layers are called what the state dict calls them, folded ones what the modules are called") {
  const auto names = [](const std::string& name) {
    const auto bytes = ochre::MappedFile::open(models + "/" + name + ".onnx").value();
    const auto file = ochre::read_onnx(bytes.bytes(), models);
    REQUIRE(file);
    std::string all;
    for (const TensorEntry& tensor : file->tensors) all += tensor.name + " ";
    return all;
  };
  const std::string kept =
      "stage1.0.weight stage1.1.weight stage1.1.bias stage1.1.running_mean stage1.1.running_var stage1.3.weight "
      "stage1.3.bias stage1.5.weight stage1.5.bias stage1.5.running_mean stage1.5.running_var stage2.1.weight "
      "stage2.1.bias stage2.4.weight stage2.4.bias stage2.5.weight stage2.5.bias stage2.5.running_mean "
      "stage2.5.running_var stage3.0.weight stage3.0.bias stage3.4.weight stage3.4.bias ";
  const std::string unfolded = names("trunk_unfolded");
  CHECK(unfolded.substr(unfolded.find("stage1.0")) == kept);
  for (const char* folded : {"trunk_old9", "trunk_old11", "trunk_new18"}) {
    const std::string tensor_names = names(folded);
    CHECK(contains(tensor_names, " stage1.0.weight stage1.0.bias stage1.3.weight stage1.3.bias stage1.5.weight "));
    CHECK(contains(tensor_names, " stage2.4.weight stage2.4.bias stage3.0.weight "));
  }
  CHECK(names("numbers_constants") == "first.weight first.bias second.weight ");
  CHECK(names("numbers_half") == "first.weight first.bias second.weight ");
  CHECK(contains(names("siggraph17_new20"), " model3short8.0.weight model3short8.0.bias model8.1.weight "));
}

TEST_CASE("onnx: weights are views where the file has them as they are") {
  const auto is_view = [](const std::string& name, bool whole) {
    const auto bytes = ochre::MappedFile::open(models + "/" + name + ".onnx").value();
    const auto file = ochre::read_onnx(bytes.bytes(), models).value();
    std::size_t views = 0;
    for (const TensorEntry& tensor : file.tensors) {
      const std::byte* data = tensor.bytes.data();
      const auto model = bytes.bytes();
      bool inside = data >= model.data() && data < model.data() + model.size();
      for (const auto& beside : file.files) {
        inside = inside || (data >= beside.bytes().data() && data < beside.bytes().data() + beside.bytes().size());
      }
      views += inside ? 1 : 0;
    }
    CHECK((views == file.tensors.size()) == whole);
  };
  is_view("enlarge_new18", true);
  is_view("numbers_float_data", true);  // one packed field
  is_view("numbers_external", true);
  is_view("numbers_half", true);
  is_view("numbers_half_data", false);
}

TEST_CASE("onnx: every prefix of a model is refused, and none of them read beyond its end") {
  for (const char* name : {"trunk_old11.onnx", "skips_new18.onnx", "numbers_half_data.onnx"}) {
    const auto model = ochre::MappedFile::open(models + "/" + name).value();
    for (std::size_t length = 0; length < model.bytes().size(); ++length) {
      const std::vector<std::byte> copy(model.bytes().begin(),
                                        model.bytes().begin() + static_cast<std::ptrdiff_t>(length));
      CHECK(!ochre::read_onnx(copy));
    }
  }
}

TEST_CASE("onnx: numbers in typed fields, packed, single and in chunks") {
  const auto tensor_of = [](const ProtobufWriter& tensor) {
    return Model(Graph{.nodes = {node("Conv", "c", {"x", "w"}, "y")}, .tensors = {tensor}});
  };
  const std::vector<double> values = {1, -2};
  const Shape shape = {1, 2, 1, 1};
  CHECK(tensor_of(tensor_head("w", shape, 1).fixed32(4, 1).fixed32(4, -2)).numbers("c.weight") == values);
  CHECK(tensor_of(tensor_head("w", shape, 1).packed(4, Floats{1}).fixed32(4, -2)).numbers("c.weight") == values);
  CHECK(tensor_of(tensor_head("w", shape, 11).fixed64(10, 1).fixed64(10, -2)).numbers("c.weight") == values);
  CHECK(tensor_of(tensor_head("w", shape, 10).varint(5, 0x3C00).varint(5, 0xC000)).numbers("c.weight") == values);
  CHECK(tensor_of(tensor_head("w", shape, 16).packed_varints(5, {0x3F80, 0xC000})).numbers("c.weight") == values);
  CHECK(tensor_of(tensor_head("", shape, 16).packed_varints(5, {0x3F80, 0xC000}).bytes(8, "w")).file);
  // As raw bytes, the shape packed.
  ProtobufWriter packed;
  packed.packed_varints(1, shape).varint(2, 10).bytes(8, "w").bytes(9, std::string_view("\0\x3C\0\xC0", 4));
  CHECK(tensor_of(packed).numbers("c.weight") == values);
  // Fields of another type's numbers are not looked at.
  CHECK(tensor_of(tensor_head("w", shape, 1).packed(4, Floats{1, -2}).fixed64(10, 5)).numbers("c.weight") == values);
}

TEST_CASE("onnx: data in files beside the model") {
  const TemporaryFolder beside;
  ProtobufWriter numbers;
  for (const float value : {9.0f, 1.0f, -2.0f}) numbers.little_endian(value);
  beside.write("w.data", numbers.text());
  const auto external = [&](const std::string& offset, const std::string& length) {
    ProtobufWriter tensor = tensor_head("w", {1, 2, 1, 1}, 1).varint(14, 1);
    tensor.message(13, ProtobufWriter().bytes(1, "location").bytes(2, "w.data"));
    if (!offset.empty()) tensor.message(13, ProtobufWriter().bytes(1, "offset").bytes(2, offset));
    if (!length.empty()) tensor.message(13, ProtobufWriter().bytes(1, "length").bytes(2, length));
    return Model(Graph{.nodes = {node("Conv", "c", {"x", "w"}, "y")}, .tensors = {tensor}}, beside.path("."));
  };
  CHECK(external("4", "8").numbers("c.weight") == std::vector<double>{1, -2});
  CHECK(external("4", "").numbers("c.weight") == std::vector<double>{1, -2});
  CHECK(external("", "8").numbers("c.weight") == std::vector<double>{9, 1});
  CHECK(contains(external("4", "12").layers(), "found its data at byte 4 of \"w.data\", 8 bytes"));
  CHECK(contains(external("8", "").layers(), "tensor w: found its data at byte 8"));
  CHECK(contains(external("13", "").layers(), "expected them within the file's 12"));
  CHECK(contains(external("4", "4").layers(), "tensor w: found 4 bytes of data, expected 8"));
  for (const char* bad : {"-4", "4x", "99999999999999999999", " 4", "+4"}) {
    CHECK(contains(external(bad, "").layers(), "found its data at byte"));
  }
}

TEST_CASE("onnx: every operator as its layer") {
  const ProtobufWriter weight = filled("a.weight", {3, 2, 3, 3});
  CHECK(one_node("Conv", {"x", "a.weight"}, {}, {weight}).layers() == "conv2d a from=x out=3 kernel=3 bias=false\n");
  CHECK(one_node("Conv", {"x", "a.weight", "b"},
                 {list("strides", {1, 2}), list("dilations", {2, 1}), list("pads", {1, 0, 1, 0}), integer("group", 1),
                  list("kernel_shape", {3, 3}), text("auto_pad", "NOTSET")},
                 {weight, filled("b", {3})})
            .layers() == "conv2d a from=x out=3 kernel=3 stride=1x2 dilation=2x1 padding=1x0\n");
  CHECK(one_node("Conv", {"x", "w", ""}, {integer("group", 2), text("auto_pad", "VALID")}, {filled("w", {4, 1, 1, 3})})
            .layers() == "conv2d n from=x out=4 kernel=1x3 groups=2 bias=false\n");
  CHECK(one_node("Conv", {"x", "a.weight"}, {list("pads", {0, 1, 2, 1})}, {weight}).layers() ==
        "pad pad from=x top=0 left=1 bottom=2 right=1\nconv2d a from=pad out=3 kernel=3 bias=false\n");
  CHECK(one_node("ConvTranspose", {"x", "u.weight"},
                 {list("strides", {2, 2}), list("pads", {1, 1, 1, 1}), list("output_padding", {1, 0})},
                 {filled("u.weight", {2, 5, 4, 4})})
            .layers() == "conv_transpose2d u from=x out=5 kernel=4 stride=2 padding=1 output_padding=1x0 bias=false\n");
  const std::vector<ProtobufWriter> statistics = {filled("s", {2}), filled("b", {2}), filled("m", {2}),
                                                  filled("v", {2})};
  CHECK(one_node("BatchNormalization", {"x", "s", "b", "m", "v"},
                 {real("epsilon", 1e-3f), real("momentum", 0.9f), integer("training_mode", 0)}, statistics)
            .layers() == "batch_norm n from=x eps=0.001\n");
  CHECK(one_node("BatchNormalization", {"x", "s", "b", "m", "v"}, {}, statistics).layers() ==
        "batch_norm n from=x eps=1e-05\n");
  CHECK(one_node("InstanceNormalization", {"x", "s", "b"}, {real("epsilon", 1e-3f)}, statistics).layers() ==
        "instance_norm n from=x eps=0.001\n");
  CHECK(contains(one_node("InstanceNormalization", {"x", "s", "b"}, {real("epsilon", 0)}, statistics).layers(),
                 "node n (InstanceNormalization): found an epsilon that is not above 0"));
  CHECK(one_node("Relu", {"x"}, {}).layers() == "relu n from=x\n");
  CHECK(one_node("Tanh", {"x"}, {}).layers() == "tanh n from=x\n");
  CHECK(one_node("Sigmoid", {"x"}, {}).layers() == "sigmoid n from=x\n");
  CHECK(one_node("LeakyRelu", {"x"}, {real("alpha", 0.2f)}).layers() == "leaky_relu n from=x slope=0.2\n");
  CHECK(one_node("LeakyRelu", {"x"}, {}).layers() == "leaky_relu n from=x slope=0.01\n");
  CHECK(one_node("Softmax", {"x"}, {integer("axis", 1)}).layers() == "softmax n from=x\n");
  CHECK(one_node("Softmax", {"x"}, {integer("axis", -3)}).layers() == "softmax n from=x\n");
  CHECK(one_node("Add", {"x", "x"}, {}).layers() == "add n from=x,x\n");
  CHECK(one_node("Concat", {"x", "x", "x"}, {integer("axis", -3)}).layers() == "concat n from=x,x,x\n");
}

TEST_CASE("onnx: pictures that are combined number by number") {
  const auto combined = [](std::string_view kind, const Names& inputs) {
    return Model(Graph{.nodes = {node("Relu", "a", {"x"}, "a"), node(kind, "n", inputs, "y")}}).layers();
  };
  const auto after_relu = [](const std::string& text) { return "relu a from=x\n" + text; };
  CHECK(combined("Sub", {"x", "a"}) == after_relu("scale scale from=a factor=-1 offset=0\nadd n from=x,scale\n"));
  CHECK(combined("Mul", {"x", "a"}) == after_relu("multiply n from=x,a\n"));
  CHECK(combined("Div", {"x", "a"}) == after_relu("divide n from=x,a\n"));
  CHECK(combined("Sum", {"x", "a", "x"}) == after_relu("add n from=x,a,x\n"));
  CHECK(combined("Max", {"x", "a"}) == after_relu("maximum n from=x,a\n"));
  CHECK(combined("Min", {"x", "a", "a"}) == after_relu("minimum n from=x,a,a\n"));
  CHECK(combined("Sum", {"a"}) == "relu a from=x\n");

  // One channel meets two; one pixel meets a picture.
  const auto gated = [](const Shape& weight, const Names& inputs, const Shape& input) {
    return Model(Graph{.nodes = {node("Conv", "c", {"x", "w"}, "a"), node("Mul", "n", inputs, "y")},
                       .tensors = {filled("w", weight)},
                       .inputs = {value("x", input)}})
        .layers();
  };
  CHECK(gated({1, 2, 1, 1}, {"a", "x"}, {0, 2, 0, 0}) ==
        "conv2d c from=x out=1 kernel=1 bias=false\nexpand expand from=c,x\nmultiply n from=expand,x\n");
  CHECK(gated({2, 2, 4, 5}, {"x", "a"}, {1, 2, 4, 5}) ==
        "conv2d c from=x out=2 kernel=4x5 bias=false\nexpand expand from=c,x\nmultiply n from=x,expand\n");
  CHECK(contains(gated({2, 2, 4, 4}, {"x", "a"}, {1, 2, 4, 5}),
                 "found pictures of 2 channels of 4x5 and 2 channels of 1x2"));
  CHECK(
      contains(gated({3, 2, 1, 1}, {"x", "a"}, {1, 2, 4, 5}), "found pictures of 3 channels of 4x5 and 2 channels of"));

  const Model slopes = one_node("PRelu", {"x", "s"}, {}, {floats("s", {2, 1, 1}, {0.25f, 0.5f})});
  CHECK(slopes.layers() == "prelu n from=x\n");
  CHECK(slopes.numbers("n.weight") == std::vector<double>{0.25, 0.5});
  CHECK(one_node("PRelu", {"x", "s"}, {}, {floats("s", {1}, {0.25f})}).layers() == "leaky_relu n from=x slope=0.25\n");
}

TEST_CASE("onnx: limits, in attributes or in inputs") {
  const std::vector<ProtobufWriter> limits{floats("zero", {}, {0}), floats("six", {}, {6}), floats("two", {2}, {0, 6})};
  const auto clip = [&](const Names& inputs, const Attributes& attributes, std::uint64_t opset) {
    return one_node("Clip", inputs, attributes, limits, opset).layers();
  };
  CHECK(clip({"x", "zero", "six"}, {}, 13) == "clip n from=x least=0 most=6\n");
  CHECK(clip({"x", "", "six"}, {}, 13) == "clip n from=x most=6\n");
  CHECK(clip({"x", "zero"}, {}, 13) == "clip n from=x least=0\n");
  CHECK(clip({"x"}, {real("min", -1), real("max", 1)}, 9) == "clip n from=x least=-1 most=1\n");
  CHECK(clip({"x"}, {real("min", 0), real("max", 3.4028235e38f)}, 9) == "clip n from=x least=0\n");
  CHECK(clip({"x"}, {}, 13) == "scale scale from=x factor=1\n");
  CHECK(contains(clip({"x", "six", "zero"}, {}, 13), "node n (Clip): found a least that is above the most"));
  CHECK(contains(clip({"x", "two"}, {}, 13), "node n (Clip): found a limit that is not one number"));
  CHECK(contains(clip({"x", "x"}, {}, 13), "node n (Clip): found computed min"));
}

TEST_CASE("onnx: pools, and means of the picture") {
  const ProtobufWriter kernel = list("kernel_shape", {3, 2});
  const ProtobufWriter strides = list("strides", {2, 1});
  const auto pool = [&](std::string_view kind, Attributes attributes) {
    attributes.push_back(kernel);
    return one_node(kind, {"x"}, attributes).layers();
  };
  CHECK(pool("MaxPool", {strides}) == "max_pool n from=x kernel=3x2 stride=2x1\n");
  CHECK(pool("MaxPool", {list("pads", {1, 1, 1, 1}), list("dilations", {2, 1}), integer("ceil_mode", 1)}) ==
        "max_pool n from=x kernel=3x2 dilation=2x1 padding=1 ceil=true\n");
  // Pads that are uneven or wide: the border repeated changes no maximum.
  CHECK(pool("MaxPool", {list("pads", {0, 0, 1, 1})}) ==
        "pad pad from=x top=0 left=0 bottom=1 right=1 mode=edge\nmax_pool n from=pad kernel=3x2\n");
  CHECK(pool("MaxPool", {text("auto_pad", "SAME_LOWER")}) ==
        "pad pad from=x top=1 left=1 bottom=1 right=0 mode=edge\nmax_pool n from=pad kernel=3x2\n");
  CHECK(
      contains(pool("MaxPool", {list("pads", {0, 0, 3, 1})}), "found pads [0,0,3,1], expected as many on both sides"));
  CHECK(contains(pool("MaxPool", {list("pads", {0, 0, 1, 1}), integer("ceil_mode", 1)}), "found pads [0,0,1,1]"));
  CHECK(contains(pool("MaxPool", {list("pads", {0, 0, 1, 1}), list("dilations", {2, 1})}), "found pads [0,0,1,1]"));
  CHECK(contains(pool("MaxPool", {text("auto_pad", "SAME_UPPER"), list("dilations", {2, 1})}),
                 "found auto_pad with dilations"));
  CHECK(contains(pool("AveragePool", {text("auto_pad", "SAME_UPPER"), list("strides", {1, 3})}), "beyond the kernel"));
  CHECK(pool("AveragePool", {list("pads", {1, 1, 1, 1})}) ==
        "average_pool n from=x kernel=3x2 padding=1 count_padding=false\n");
  CHECK(pool("AveragePool", {list("pads", {1, 1, 1, 1}), integer("count_include_pad", 1)}) ==
        "average_pool n from=x kernel=3x2 padding=1\n");
  CHECK(pool("AveragePool", {list("pads", {0, 0, 1, 1}), integer("count_include_pad", 1)}) ==
        "pad pad from=x top=0 left=0 bottom=1 right=1\naverage_pool n from=pad kernel=3x2\n");
  CHECK(contains(pool("AveragePool", {list("pads", {0, 0, 1, 1})}), "found pads [0,0,1,1], expected as many"));
  CHECK(contains(pool("AveragePool", {list("dilations", {2, 1})}), "found dilations"));
  CHECK(contains(one_node("MaxPool", {"x"}, {list("kernel_shape", {3})}).layers(), "of other than two dimensions"));
  CHECK(contains(one_node("MaxPool", {"x"}, {}).layers(), "of other than two dimensions"));

  const std::string mean = "global_average_pool n from=x\n";
  CHECK(one_node("GlobalAveragePool", {"x"}, {}).layers() == mean);
  CHECK(one_node("ReduceMean", {"x"}, {list("axes", {3, 2})}).layers() == mean);
  CHECK(one_node("ReduceMean", {"x", "a"}, {integer("keepdims", 1)}, {integers("a", {-1, -2})}, 18).layers() == mean);
  CHECK(
      contains(one_node("ReduceMean", {"x"}, {list("axes", {1})}).layers(), "found other axes than height and width"));
  CHECK(contains(one_node("ReduceMean", {"x"}, {list("axes", {2, 3}), integer("keepdims", 0)}).layers(), "not kept"));
  CHECK(contains(one_node("ReduceMean", {"x"}, {}).layers(), "found other axes than height and width"));
  // A gate of one number a channel, whatever the picture's size.
  CHECK(
      Model(Graph{.nodes = {node("GlobalAveragePool", "g", {"x"}, "a"), node("Mul", "m", {"x", "a"}, "y")}}).layers() ==
      "global_average_pool g from=x\nexpand expand from=g,x\nmultiply m from=x,expand\n");
}

TEST_CASE("onnx: channels that become pixels, and some of the channels") {
  const auto shuffled = [](const Attributes& attributes, std::int64_t channels) {
    return Model(Graph{.nodes = {node("DepthToSpace", "d", {"x"}, "y", attributes)},
                       .inputs = {value("x", {0, channels, 0, 0})}})
        .layers();
  };
  CHECK(shuffled({integer("blocksize", 2)}, 8) == "depth_to_space d from=x factor=2 order=dcr\n");
  CHECK(shuffled({integer("blocksize", 3), text("mode", "CRD")}, 9) == "depth_to_space d from=x factor=3 order=crd\n");
  CHECK(contains(shuffled({integer("blocksize", 2)}, 6), "found a blocksize of 2 for 6 channels"));
  CHECK(contains(shuffled({}, 4), "found a blocksize of 0"));
  CHECK(contains(shuffled({integer("blocksize", 2), text("mode", "XYZ")}, 4), "found mode=XYZ, expected DCR or CRD"));

  const auto split = [](std::uint64_t opset, const Names& inputs, Attributes attributes, std::int64_t axis = 1) {
    attributes.push_back(integer("axis", axis));
    ProtobufWriter writer = node("Split", "s", inputs, "a", attributes);
    writer.bytes(2, "b");
    return Model(Graph{.nodes = {writer, node("Sub", "d", {"b", "b"}, "y")},
                       .tensors = {integers("parts", {1, 3}), integers("few", {1, 2}), integers("three", {1, 1, 2})},
                       .inputs = {value("x", {0, 4, 0, 0})},
                       .opset = opset})
        .layers();
  };
  const std::string after = "scale scale from=s-2 factor=-1 offset=0\nadd d from=s-2,scale\n";
  CHECK(split(13, {"x", "parts"}, {}) ==
        "channels s from=x first=0 count=1\nchannels s-2 from=x first=1 count=3\n" + after);
  CHECK(split(11, {"x"}, {list("split", {1, 3})}, -3) ==
        "channels s from=x first=0 count=1\nchannels s-2 from=x first=1 count=3\n" + after);
  CHECK(split(18, {"x"}, {integer("num_outputs", 2)}) ==
        "channels s from=x first=0 count=2\nchannels s-2 from=x first=2 count=2\n" + after);
  CHECK(contains(split(13, {"x", "few"}, {}), "found parts that are not all of the 4 channels"));
  CHECK(contains(split(13, {"x", "three"}, {}), "found parts that are not all of the 4 channels"));
  CHECK(contains(split(13, {"x", "parts"}, {}, 2), "found axis 2, expected 1"));
  CHECK(contains(split(18, {"x"}, {integer("num_outputs", 3)}), "found another num_outputs than outputs"));

  const auto sliced = [](std::vector<std::int64_t> starts, std::vector<std::int64_t> ends,
                         std::vector<std::int64_t> axes, std::vector<std::int64_t> steps) {
    return Model(
               Graph{.nodes = {node("Slice", "s", {"x", "a", "b", "c", "d"}, "y")},
                     .tensors = {integers("a", starts), integers("b", ends), integers("c", axes), integers("d", steps)},
                     .inputs = {value("x", {1, 4, 6, 5})}})
        .layers();
  };
  CHECK(sliced({1}, {3}, {1}, {1}) == "channels s from=x first=1 count=2\n");
  CHECK(sliced({-1, 0, 1}, {99, 99, 99}, {1, 2, 3}, {1, 2, 1}) ==
        "channels s from=x first=3 count=1\npad pad from=s top=0 left=-1 bottom=0 right=0\n"
        "downsample downsample from=pad stride=2x1\n");
}

TEST_CASE("onnx: constants melt into one layer, or become a batch norm where there is one a channel") {
  const auto scalar = [](std::string_view name, float value) { return floats(name, {}, {value}); };
  const auto arithmetic = [&](std::string_view kind, const Names& inputs) {
    return one_node(kind, inputs, {}, {scalar("c", 4)}).layers();
  };
  CHECK(arithmetic("Add", {"x", "c"}) == "scale scale from=x factor=1 offset=4\n");
  CHECK(arithmetic("Add", {"c", "x"}) == "scale scale from=x factor=1 offset=4\n");
  CHECK(arithmetic("Sub", {"x", "c"}) == "scale scale from=x factor=1 offset=-4\n");
  CHECK(arithmetic("Sub", {"c", "x"}) == "scale scale from=x factor=-1 offset=4\n");
  CHECK(arithmetic("Mul", {"x", "c"}) == "scale scale from=x factor=4 offset=0\n");
  CHECK(arithmetic("Div", {"x", "c"}) == "scale scale from=x factor=0.25 offset=0\n");

  const Model chain(Graph{
      .nodes = {node("Sub", "", {"x", "c"}, "a"), node("Div", "", {"a", "d"}, "b"), node("Relu", "r", {"b"}, "y")},
      .tensors = {scalar("c", 50), scalar("d", 128)}});
  CHECK(chain.layers() == "scale scale from=x factor=0.0078125 offset=-0.390625\nrelu r from=scale\n");

  const Model channels = one_node("Sub", {"c", "x"}, {}, {floats("c", {1, 2, 1, 1}, {3, 5})});
  CHECK(channels.layers() == "batch_norm n from=x eps=0\n");
  CHECK(channels.numbers("n.weight") == std::vector<double>{-1, -1});
  CHECK(channels.numbers("n.bias") == std::vector<double>{3, 5});
  CHECK(channels.numbers("n.running_mean") == std::vector<double>{0, 0});
  CHECK(channels.numbers("n.running_var") == std::vector<double>{1, 1});
  const Model divided = one_node("Div", {"x", "c"}, {}, {floats("c", {2, 1, 1}, {4, 5})});
  CHECK(divided.numbers("n.weight") == std::vector<double>{0.25, 0.2});

  // Two who read a scaled picture share the layer.
  const Model shared(Graph{.nodes = {node("Mul", "", {"x", "c"}, "a"), node("Relu", "r", {"a"}, "b"),
                                     node("Conv", "k", {"a", "w"}, "d"), node("Add", "s", {"b", "d"}, "y")},
                           .tensors = {scalar("c", 2), filled("w", {2, 2, 1, 1})}});
  CHECK(shared.layers() ==
        "scale scale from=x factor=2 offset=0\nrelu r from=scale\n"
        "conv2d k from=scale out=2 kernel=1 bias=false\nadd s from=r,k\n");
}

TEST_CASE("onnx: constants of any shape that fits a picture") {
  // The number of a constant that meets that place of a picture.
  const auto at = [](const Shape& shape, const Floats& values, const std::array<Index, 4>& place) {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const Index index = shape[i] == 1 ? 0 : place[4 - shape.size() + i];
      offset = offset * static_cast<std::size_t>(shape[i]) + static_cast<std::size_t>(index);
    }
    return static_cast<double>(values[offset]);
  };
  const auto computed = [](std::string_view kind, double a, double b) {
    return kind == "Sub"   ? a - b
           : kind == "Mul" ? a * b
           : kind == "Div" ? a / b
           : kind == "Max" ? std::max(a, b)
           : kind == "Min" ? std::min(a, b)
                           : a + b;
  };
  const auto check = [&](std::string_view kind, bool first, const Shape& shape, const Shape& declared, Index channels) {
    CAPTURE(kind);
    CAPTURE(first);
    CAPTURE(shape);
    Floats values(count_of_numbers(shape));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.5f * static_cast<float>(i % 11) - 2.75f;
    const Model read(Graph{.nodes = {node(kind, "n", first ? Names{"c", "x"} : Names{"x", "c"}, "y")},
                           .tensors = {floats("c", shape, values)},
                           .inputs = {value("x", declared)}});
    REQUIRE_MESSAGE(read.file, read.file.error().message());
    const auto network = Network<double>::create(ochre::parse_network(read.file->network).value(),
                                                 ochre::test::imported_weights<double>(*read.file));
    REQUIRE(network);
    auto x = ochre::Tensor<double>::create({2, channels, 4, 5}).value();
    for (Index i = 0; i < x.shape().size(); ++i) x.data()[i] = 0.25 * static_cast<double>(i * 7 % 31) + 0.125;
    const auto y = ochre::test::run_once<double>(*network, std::as_const(x).view());
    const bool is_more = shape.size() >= 3 && channels == 1;
    REQUIRE(y.shape() == ochre::Shape{2, is_more ? shape[shape.size() - 3] : channels, 4, 5});
    for (Index i = 0; i < y.shape().size(); ++i) {
      const std::array<Index, 4> place{i / 20 / y.shape().c, i / 20 % y.shape().c, i / 5 % 4, i % 5};
      const double pixel = x.view().at(place[0], channels == 1 ? 0 : place[1], place[2], place[3]);
      const double constant = at(shape, values, place);
      const double wanted = first ? computed(kind, constant, pixel) : computed(kind, pixel, constant);
      CHECK(y.data()[i] == doctest::Approx(wanted).epsilon(1e-12));
    }
  };
  const Shape shapes[] = {{},           {1},          {1, 1, 1, 1}, {3, 1, 1}, {1, 3, 1, 1}, {5},
                          {4, 1},       {4, 5},       {1, 1, 1, 5}, {3, 1, 5}, {3, 4, 1},    {3, 4, 5},
                          {1, 3, 4, 5}, {1, 1, 4, 5}, {1, 4, 5},    {1, 4, 1}};
  for (const char* kind : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"}) {
    for (const bool first : {false, true}) {
      for (const Shape& shape : shapes) {
        check(kind, first, shape, {2, 3, 4, 5}, 3);
        check(kind, first, shape, {0, 3, 0, 0}, 3);  // what the constant leaves open, the input decides
      }
      for (const Shape& shape : {Shape{3, 1, 1}, Shape{1, 3, 4, 5}, Shape{3, 1, 5}}) {
        check(kind, first, shape, {0, 1, 4, 5}, 1);
      }
    }
  }

  const auto one = [](std::string_view kind, const Names& inputs, const Shape& shape) {
    return one_node(kind, inputs, {}, {filled("c", shape)}).layers();
  };
  const std::string row = "constant c from=x channels=1 height=1 width=5\nexpand expand from=c,x\n";
  CHECK(one("Mul", {"x", "c"}, {5}) == row + "multiply n from=x,expand\n");
  CHECK(one("Add", {"c", "x"}, {1, 1, 1, 5}) == row + "add n from=expand,x\n");
  CHECK(one("Sub", {"c", "x"}, {2, 4, 5}) ==
        "scale scale from=x factor=-1 offset=0\nconstant c from=scale channels=2 height=4 width=5\n"
        "add n from=c,scale\n");
  // One number is one for all channels.
  const std::string number = "constant c from=x channels=2 height=1 width=1\n";
  CHECK(one("Div", {"c", "x"}, {}) == number + "divide n from=c,x\n");
  CHECK(one("Max", {"x", "c", "x"}, {1, 1}) == number + "maximum n from=x,c,x\n");
  const Model negative = one_node("Sub", {"x", "c"}, {}, {floats("c", {3}, {1, 0, -2})});
  CHECK(negative.numbers("c.weight") == std::vector<double>{-1, 0, 2});
  const TensorEntry* table = negative.file->find("c.weight");
  CHECK(table->shape == std::vector<Index>{1, 1, 3});
  CHECK(table->dtype == Dtype::f32);
  CHECK(!std::signbit(negative.numbers("c.weight")[1]));
  // Numbers that no float is, and whole ones.
  const auto wide = tensor_head("c", {1, 1, 2}, 11).fixed64(10, 0.1).fixed64(10, 3);
  const Model doubles = one_node("Mul", {"x", "c"}, {}, {wide});
  CHECK(doubles.numbers("c.weight") == std::vector<double>{0.1, 3});
  CHECK(one_node("Mul", {"x", "c"}, {}, {integers("c", {7, -3})}).numbers("c.weight") == std::vector<double>{7, -3});
}

TEST_CASE("onnx: a constant demands its size where the picture's is open, and takes the larger of several pictures") {
  // What comes after knows the size: a part of the picture can be cut out.
  const auto cut = [](const Shape& constant) {
    return Model(Graph{.nodes = {node("Add", "n", {"x", "c"}, "a"),
                                 node("Slice", "s", {"a"}, "y",
                                      {list("starts", {1}), list("ends", {3}), list("axes", {2})})},
                       .tensors = {filled("c", constant)},
                       .opset = 9})
        .layers();
  };
  CHECK(contains(cut({4, 1}), "add n from=x,expand\npad pad from=n top=-1 left=0 bottom=-1 right=0\n"));
  CHECK(contains(cut({1, 4}), "node s (Slice): found a part of a picture whose size is not fixed"));

  const auto gated = [](const Names& inputs, const Shape& constant) {
    return Model(Graph{.nodes = {node("GlobalAveragePool", "g", {"x"}, "a"), node("Sum", "n", inputs, "y")},
                       .tensors = {filled("c", constant)},
                       .inputs = {value("x", {1, 2, 4, 5})}})
        .layers();
  };
  CHECK(gated({"a", "c", "x"}, {2, 4, 5}) ==
        "global_average_pool g from=x\nconstant c from=x channels=2 height=4 width=5\n"
        "expand expand from=g,c\nadd n from=expand,c,x\n");
  CHECK(gated({"a", "c"}, {2, 1, 1}) ==
        "global_average_pool g from=x\nconstant c from=g channels=2 height=1 width=1\nadd n from=g,c\n");

  const Model concatenated(
      Graph{.nodes = {node("Add", "n", {"x", "c"}, "a"), node("Concat", "k", {"a", "x"}, "y", {integer("axis", 1)})},
            .tensors = {filled("c", {4, 1})},
            .inputs = {value("x", {1, 2, 0, 5})}});
  CHECK(contains(concatenated.layers(), "concat k from=n,x\n"));
}

TEST_CASE("onnx: zeros around the picture become the convolution's where both sides have as many") {
  const auto padded = [](const std::vector<std::int64_t>& pads) {
    return Model(Graph{.nodes = {node("Pad", "p", {"x", "pads"}, "a"),
                                 node("Conv", "c", {"a", "w"}, "y", {list("pads", {1, 1, 1, 1})})},
                       .tensors = {integers("pads", pads), filled("w", {1, 2, 3, 3})}})
        .layers();
  };
  CHECK(padded({0, 0, 2, 1, 0, 0, 2, 1}) == "conv2d c from=x out=1 kernel=3 padding=3x2 bias=false\n");
  CHECK(padded({0, 0, 0, 0, 0, 0, 1, 1}) ==
        "pad pad from=x top=1 left=1 bottom=2 right=2\nconv2d c from=pad out=1 kernel=3 bias=false\n");
  const ProtobufWriter even = list("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  CHECK(one_node("Pad", {"x"}, {even, text("mode", "constant"), real("value", 0)}, {}, 9).layers() ==
        "pad pad from=x top=1 left=1 bottom=1 right=1\n");
  const auto one_pad = [](const std::vector<std::int64_t>& pads, const char* mode, const Shape& input = {0, 2, 0, 0}) {
    return Model(Graph{.nodes = {node("Pad", "p", {"x", "pads", "", "axes"}, "y", {text("mode", mode)})},
                       .tensors = {integers("pads", pads), integers("axes", {-1, 2})},
                       .inputs = {value("x", input)}})
        .layers();
  };
  CHECK(one_pad({1, 2, 3, 4}, "constant") == "pad pad from=x top=2 left=1 bottom=4 right=3\n");
  CHECK(one_pad({1, 2, 3, 4}, "reflect") == "pad pad from=x top=2 left=1 bottom=4 right=3 mode=reflect\n");
  CHECK(one_pad({0, 2, -1, 0}, "edge") == "pad pad from=x top=2 left=0 bottom=0 right=-1 mode=edge\n");
  CHECK(one_pad({0, -2, 1, 0}, "constant", {1, 2, 3, 4}) == "pad pad from=x top=-2 left=0 bottom=0 right=1\n");
  CHECK(contains(one_pad({0, -2, 1, -1}, "constant", {1, 2, 3, 4}), "node p (Pad): found pads that leave no pixel"));
  // What comes behind zeros may not move before them.
  const Model shifted(
      Graph{.nodes = {node("Pad", "", {"x"}, "a", {even}), node("Add", "", {"a", "c"}, "b"),
                      node("Pad", "", {"b"}, "d", {even}),
                      node("Slice", "", {"d"}, "y",
                           {list("starts", {0}), list("ends", {1LL << 62}), list("axes", {2}), list("steps", {2})})},
            .tensors = {filled("c", {1})},
            .opset = 9});
  CHECK(shifted.layers() ==
        "pad pad from=x top=1 left=1 bottom=1 right=1\nscale scale from=pad factor=1 offset=1\n"
        "pad pad-2 from=scale top=1 left=1 bottom=1 right=1\ndownsample downsample from=pad-2 stride=2x1\n");
}

TEST_CASE("onnx: every n-th row and column") {
  const auto sliced = [](std::vector<std::int64_t> starts, std::vector<std::int64_t> ends,
                         std::vector<std::int64_t> axes, std::vector<std::int64_t> steps, Shape input) {
    return Model(
               Graph{.nodes = {node("Slice", "s", {"x", "a", "b", "c", "d"}, "y")},
                     .tensors = {integers("a", starts), integers("b", ends), integers("c", axes), integers("d", steps)},
                     .inputs = {value("x", input)}})
        .layers();
  };
  const std::int64_t end = std::stoll(most);
  const Shape open = {0, 2, 0, 0};
  CHECK(sliced({0}, {end}, {-1}, {3}, open) == "downsample downsample from=x stride=1x3\n");
  CHECK(sliced({0, 0}, {end, end}, {2, 3}, {2, 2}, open) == "downsample downsample from=x stride=2\n");
  CHECK(sliced({0, 0, 0, 0}, {end, 2, std::int64_t{1} << 31, end}, {0, 1, 2, 3}, {1, 1, 2, 4}, open) ==
        "downsample downsample from=x stride=2x4\n");
  CHECK(sliced({0, 0}, {7, 5}, {2, 3}, {2, 2}, {1, 2, 7, 5}) == "downsample downsample from=x stride=2\n");
  CHECK(sliced({0, 0}, {7, 5}, {2, 3}, {2, 2}, {1, 2, 8, 5}) == "downsample downsample from=x stride=2\n");
  // Parts of it, too, where the size is known.
  CHECK(sliced({1, -3}, {-1, end}, {2, 3}, {1, 1}, {1, 2, 8, 5}) ==
        "pad pad from=x top=-1 left=-2 bottom=-1 right=0\n");
  CHECK(sliced({2, 0}, {7, 3}, {2, 3}, {2, 1}, {1, 2, 8, 5}) ==
        "pad pad from=x top=-2 left=0 bottom=0 right=-2\ndownsample downsample from=pad stride=2x1\n");
  CHECK(contains(sliced({5}, {5}, {2}, {1}, {1, 2, 8, 5}), "node s (Slice): found a slice that leaves nothing"));
  const std::string_view unknown_size = "node s (Slice): found a part of a picture whose size is not fixed";
  CHECK(contains(sliced({0, 0}, {7, 5}, {2, 3}, {2, 2}, open), unknown_size));
  CHECK(contains(sliced({1}, {end}, {2}, {2}, open), unknown_size));
  CHECK(sliced({0}, {1}, {1}, {1}, open) == "channels s from=x first=0 count=1\n");
  CHECK(
      contains(sliced({0}, {end}, {1}, {2}, open), "found some of the pictures, or every n-th channel, expected all"));
  CHECK(contains(sliced({0}, {1}, {0}, {1}, {2, 2, 8, 5}),
                 "found some of the pictures, or every n-th channel, expected all"));
  CHECK(contains(sliced({0}, {end}, {2}, {-1}, open), "found a step of -1, expected one from 1 to"));
  CHECK(contains(sliced({0}, {end}, {2}, {0}, open), "found a step of 0"));
  CHECK(contains(sliced({0}, {end}, {4}, {1}, open), "found axis 4 of 4"));
  CHECK(contains(sliced({0, 0}, {end}, {2}, {1}, open), "unlike lengths"));
}

TEST_CASE("onnx: padding that a convolution works out itself") {
  const auto conv = [](std::string_view kind, const Attributes& attributes, const Shape& input = {0, 2, 0, 0}) {
    return Model(Graph{.nodes = {node(kind, "c", {"x", "w"}, "y", attributes)},
                       .tensors = {filled("w", {2, 2, 4, 3})},
                       .inputs = {value("x", input)}})
        .layers();
  };
  const ProtobufWriter upper = text("auto_pad", "SAME_UPPER");
  const ProtobufWriter lower = text("auto_pad", "SAME_LOWER");
  const ProtobufWriter stride = list("strides", {2, 2});
  const std::string after_pad = "conv2d c from=pad out=2 kernel=4x3 bias=false\n";
  CHECK(conv("Conv", {upper}) == "pad pad from=x top=1 left=1 bottom=2 right=1\n" + after_pad);
  CHECK(conv("Conv", {lower}) == "pad pad from=x top=2 left=1 bottom=1 right=1\n" + after_pad);
  CHECK(conv("Conv", {text("auto_pad", "VALID"), list("pads", {1, 1, 1, 1})}) ==
        "conv2d c from=x out=2 kernel=4x3 bias=false\n");
  const std::string strided = "conv2d c from=pad out=2 kernel=4x3 stride=2 bias=false\n";
  CHECK(conv("Conv", {upper, stride}, {1, 2, 9, 8}) == "pad pad from=x top=1 left=0 bottom=2 right=1\n" + strided);
  CHECK(conv("Conv", {lower, stride}, {1, 2, 8, 8}) == "pad pad from=x top=1 left=1 bottom=1 right=0\n" + strided);

  // A transposed one: as large as stride times the input.
  const auto transposed = [](const std::string& more) {
    return "conv_transpose2d c from=x out=2 kernel=4x3" + more + " bias=false\n";
  };
  CHECK(conv("ConvTranspose", {upper, stride}) == transposed(" stride=2 padding=1x0 output_padding=0x-1"));
  CHECK(conv("ConvTranspose", {lower, stride}) == transposed(" stride=2 padding=1 output_padding=0x1"));
  CHECK(conv("ConvTranspose", {stride, list("pads", {0, 0, 1, 2})}) == transposed(" stride=2 output_padding=-1x-2"));
  CHECK(conv("ConvTranspose", {stride, list("pads", {2, 1, 0, 0}), list("output_padding", {1, 0})}) ==
        transposed(" stride=2 padding=2x1 output_padding=3x1"));
  CHECK(conv("ConvTranspose", {stride, list("output_shape", {8, 9})}, {1, 2, 4, 4}) ==
        transposed(" stride=2 padding=1x0"));
  CHECK(conv("ConvTranspose", {stride, upper, list("output_shape", {9, 8})}, {1, 2, 4, 4}) ==
        transposed(" stride=2 output_padding=-1"));
  CHECK(contains(conv("ConvTranspose", {stride, list("output_shape", {9, 9})}, {1, 2, 4, 4}),
                 "found an output_shape that leaves an odd number of pads"));
  CHECK(contains(conv("ConvTranspose", {stride, list("output_shape", {20, 9})}, {1, 2, 4, 4}),
                 "found an output larger than what the kernel reaches"));
  CHECK(contains(conv("ConvTranspose", {stride, list("output_shape", {9})}, {1, 2, 4, 4}),
                 "found output_shape [9], expected height and width"));
}

TEST_CASE("onnx: the declared type of the input, and nodes in another order than that of their values") {
  const auto typed = [](std::uint64_t type, std::vector<ProtobufWriter> nodes) {
    ProtobufWriter sides;
    for (const std::uint64_t side : {1u, 2u, 4u, 4u}) sides.message(1, ProtobufWriter().varint(1, side));
    const auto input = ProtobufWriter().bytes(1, "x").message(
        2, ProtobufWriter().message(1, ProtobufWriter().varint(1, type).message(2, sides)));
    return Model(Graph{.nodes = std::move(nodes), .tensors = {integers("two", {2})}, .inputs = {input}}).layers();
  };
  const ProtobufWriter relu = node("Relu", "r", {"x"}, "y");
  for (const std::uint64_t type : {1u, 10u, 11u, 16u}) CHECK(typed(type, {relu}) == "relu r from=x\n");
  CHECK(contains(typed(2, {relu}), "input x: found ONNX's data type 2, expected float"));
  CHECK(contains(typed(7, {relu}), "node r (Relu): found a picture of whole numbers, expected a Cast to float"));
  CHECK(contains(typed(6, {node("Div", "d", {"x", "two"}, "y")}), "node d (Div): found a picture of whole numbers"));
  CHECK(typed(7, {node("Cast", "", {"x"}, "a", {integer("to", 1)}), node("Relu", "r", {"a"}, "y")}) ==
        "relu r from=x\n");
  CHECK(Model(Graph{.nodes = {node("Relu", "last", {"b"}, "y"), node("Tanh", "middle", {"a"}, "b"),
                              node("Sigmoid", "first", {"x"}, "a")}})
            .layers() == "sigmoid first from=x\ntanh middle from=first\nrelu last from=middle\n");
}

TEST_CASE("onnx: sizes are followed through the layers") {
  const auto resized_to = [](std::vector<ProtobufWriter> nodes, std::vector<ProtobufWriter> tensors) {
    nodes.push_back(node("Resize", "r", {"a", "", "", "sizes"}, "y"));
    tensors.push_back(integers("sizes", {1, 2, 30, 42}));
    return Model(Graph{.nodes = std::move(nodes), .tensors = std::move(tensors), .inputs = {value("x", {1, 2, 9, 13})}})
        .layers();
  };
  // 9x13 to 5x7: factor 6.
  const ProtobufWriter w = filled("w", {2, 2, 3, 3});
  const ProtobufWriter stride = list("strides", {2, 2});
  CHECK(contains(resized_to({node("Conv", "", {"x", "w"}, "a", {stride, list("pads", {1, 1, 1, 1})})}, {w}),
                 "factor=6 "));
  CHECK(contains(resized_to({node("Conv", "", {"x", "w"}, "a", {stride, list("pads", {0, 0, 2, 2})})}, {w}),
                 "factor=6 "));
  CHECK(contains(resized_to({node("Pad", "", {"x"}, "p", {list("pads", {0, 0, 1, 1, 0, 0, 0, 0})}),
                             node("Conv", "", {"p", "w"}, "a", {stride, list("pads", {0, 0, 1, 1})})},
                            {w}),
                 "factor=6 "));
  CHECK(contains(
      resized_to({node("Slice", "", {"x"}, "a",
                       {list("starts", {0, 0}), list("ends", {9, 13}), list("axes", {2, 3}), list("steps", {2, 2})})},
                 {}),
      "factor=6 "));
  // 9x13 to 10x14: factor 3.
  CHECK(contains(
      resized_to({node("ConvTranspose", "", {"x", "w"}, "t", {stride, list("pads", {1, 1, 1, 1})}),
                  node("Pad", "", {"t"}, "p", {list("pads", {0, 0, 1, 1, 0, 0, 2, 2})}),
                  node("Slice", "", {"p"}, "a",
                       {list("starts", {0, 0}), list("ends", {99, 99}), list("axes", {2, 3}), list("steps", {2, 2})})},
                 {w}),
      "factor=3 "));
}

TEST_CASE("onnx: whole numbers that nodes compute") {
  // pads: [left, right, top, bottom] as the older exporter turns them round, without folding.
  const Model turned(
      Graph{.nodes = {node("Shape", "", {"four"}, "length"), node("Gather", "", {"length", "zero"}, "count"),
                      node("Mul", "", {"four_", "two"}, "eight"), node("Sub", "", {"eight", "count"}, "left"),
                      node("Unsqueeze", "", {"left"}, "rest", {list("axes", {0})}),
                      node("ConstantOfShape", "", {"rest"}, "zeros", {tensor("value", integers("", {0}))}),
                      node("Cast", "", {"four"}, "same", {integer("to", 7)}),
                      node("Concat", "", {"same", "zeros"}, "all", {integer("axis", 0)}),
                      node("Reshape", "", {"all", "pairs"}, "rows"),
                      node("Slice", "", {"rows", "minus", "far", "first", "minus"}, "reversed"),
                      node("Transpose", "", {"reversed"}, "columns", {list("perm", {1, 0})}),
                      node("Reshape", "", {"columns", "minus"}, "pads"), node("Pad", "p", {"x", "pads"}, "y")},
            .tensors = {integers("four", {1, 2, 3, 4}), tensor_head("zero", {}, 7).varint(7, 0),
                        tensor_head("four_", {}, 7).varint(7, 4), tensor_head("two", {}, 7).varint(7, 2),
                        integers("pairs", {-1, 2}), integers("minus", {-1}), integers("far", {-std::stoll(most)}),
                        integers("first", {0})}});
  CHECK(turned.layers() == "pad pad from=x top=3 left=1 bottom=4 right=2\n");

  // Sizes from the input's: interpolate(x, size=(2h, 3w)).
  const auto doubled = [](const Shape& input) {
    return Model(Graph{.nodes = {node("Shape", "s", {"x"}, "shape"),
                                 node("Slice", "", {"shape"}, "two", {list("starts", {0}), list("ends", {2})}),
                                 node("Gather", "", {"shape", "2"}, "h"), node("Gather", "", {"shape", "-1"}, "w"),
                                 node("Mul", "", {"h", "2"}, "hh"), node("Add", "", {"w", "w"}, "ww"),
                                 node("Concat", "", {"two", "hh", "ww"}, "sizes", {integer("axis", -1)}),
                                 node("Resize", "r", {"x", "", "", "sizes"}, "y")},
                       .tensors = {integers("2", {2}), integers("-1", {-1})},
                       .inputs = {value("x", input)}})
        .layers();
  };
  CHECK(doubled({1, 2, 3, 5}) == "upsample r from=x factor=2 mode=nearest\n");
  CHECK(contains(doubled({1, 2, 0, 0}), "node s (Shape): found a computation with the size of a picture that is not"));

  const auto refused = [](const ProtobufWriter& first, std::string_view what) {
    const std::string message =
        Model(Graph{.nodes = {first, node("Pad", "p", {"x", "a"}, "y")},
                    .tensors = {integers("one", {1}), integers("none", {0}), integers("two", {1, 2}),
                                integers("three", {1, 2, 3}), integers("hundred", {100}), floats("real", {1}, {1}),
                                tensor_head("wide", {0, std::int64_t{1} << 50}, 7).bytes(9, ""),
                                integers("large", {1 << 12, 1 << 12}), floats("huge", {1}, {3e38f})}})
            .layers();
    CAPTURE(message);
    CHECK(contains(message, "node c ("));
    CHECK(contains(message, what));
  };
  refused(node("Div", "c", {"one", "none"}, "a"), "found a division by zero");
  refused(node("Add", "c", {"one", "real"}, "a"), "found operands of two types");
  refused(node("Add", "c", {"two", "three"}, "a"), "found operands of shapes that do not fit");
  refused(node("Add", "c", {"huge", "huge"}, "a"), "which its type cannot hold");
  refused(node("Transpose", "c", {"wide"}, "a"), "found a constant of shape [0,1125899906842624]");
  refused(node("Transpose", "c", {"two"}, "a", {list("perm", {1, 0})}), "found perm [1,0]");
  refused(node("Transpose", "c", {"two"}, "a", {list("perm", {2})}), "found perm [2]");
  refused(node("Slice", "c", {"two"}, "a", {list("starts", {0}), list("ends", {9}), list("axes", {1})}),
          "found axis 1 of 1");
  refused(node("Slice", "c", {"two"}, "a", {list("starts", {0}), list("ends", {9}), reals("steps", {0.5f})}),
          "found steps that are no whole numbers");
  refused(node("Slice", "c", {"two"}, "a", {list("starts", {0}), list("ends", {9}), list("steps", {0})}),
          "found a step of 0");
  refused(node("Slice", "c", {"two"}, "a", {list("starts", {0, 0}), list("ends", {9})}), "of unlike lengths");
  refused(node("Gather", "c", {"two", "two"}, "a"), "found an index outside of what it looks into");
  refused(node("Gather", "c", {"two", "none"}, "a", {integer("axis", 1)}), "found axis 1 of 1");
  refused(node("Reshape", "c", {"two", "hundred"}, "a"), "found a shape that does not fit");
  refused(node("Reshape", "c", {"two", "none"}, "a", {integer("allowzero", 1)}), "found a shape that does not fit");
  refused(node("ConstantOfShape", "c", {"large"}, "a"), "with more than 4194304 numbers in all");
  refused(node("ConstantOfShape", "c", {"real"}, "a"), "found no shape");
  refused(node("ConstantOfShape", "c", {"one"}, "a", {tensor("value", integers("", {0, 1}))}),
          "no value of one number");
  refused(node("Concat", "c", {"two", "one"}, "a", {integer("axis", 1)}), "found axis 1 of 1");
  refused(node("Concat", "c", {"two", "real"}, "a"), "found parts that do not fit");
  refused(node("Unsqueeze", "c", {"two"}, "a", {list("axes", {2})}), "found axis 2 of 2");
  refused(node("Unsqueeze", "c", {"two"}, "a", {list("axes", {0, 0})}), "found an axis twice");
  refused(node("Squeeze", "c", {"two"}, "a", {list("axes", {0})}), "found a side that is not 1");
  refused(node("Add", "c", {"two", "one"}, "a", {integer("axis", 1)}), "the attribute `axis`");
  refused(node("Exp", "c", {"real"}, "a"), "node c (Exp): found an operator that none");
  refused(node("Cast", "c", {"real"}, "a", {integer("to", 9)}), "found a constant cast to another type");
}

namespace {

// What the network multiplies its picture by: the constant c that the nodes compute.
std::string multiplied_by(std::vector<ProtobufWriter> nodes, std::vector<ProtobufWriter> tensors,
                          const Shape& input = {1, 2, 4, 6}) {
  nodes.push_back(node("Mul", "m", {"x", "c"}, "y"));
  return Model(Graph{.nodes = std::move(nodes), .tensors = std::move(tensors), .inputs = {value("x", input)}}).layers();
}

ProtobufWriter whole(std::string_view name, std::int64_t number) {
  return tensor_head(name, {}, 7).varint(7, static_cast<std::uint64_t>(number));
}

std::string scaled_by(const std::string& number) { return "scale scale from=x factor=" + number + " offset=0\n"; }

}  // namespace

TEST_CASE("onnx: a constant has the type that its nodes give it") {
  const auto cast = [](std::string_view from, std::string_view to, std::int64_t type) {
    return node("Cast", "", {from}, to, {integer("to", type)});
  };
  // 7/2 of whole numbers, and of the same cast to float.
  CHECK(multiplied_by({node("Div", "", {"7", "2"}, "c")}, {whole("7", 7), whole("2", 2)}) == scaled_by("3"));
  CHECK(multiplied_by({node("Div", "", {"-7", "2"}, "c")}, {whole("-7", -7), whole("2", 2)}) == scaled_by("-3"));
  const auto divided = [&](std::int64_t type) {
    return multiplied_by({cast("7", "a", type), cast("2", "b", type), node("Div", "", {"a", "b"}, "c")},
                         {whole("7", 7), whole("2", 2)});
  };
  CHECK(divided(1) == scaled_by("3.5"));
  CHECK(divided(11) == scaled_by("3.5"));
  CHECK(divided(6) == scaled_by("3"));
  // A ratio of sides, as PyTorch writes it.
  CHECK(multiplied_by(
            {node("Shape", "", {"x"}, "s"), node("Gather", "", {"s", "2"}, "h"), node("Gather", "", {"s", "3"}, "w"),
             cast("h", "hf", 1), cast("w", "wf", 1), node("Div", "", {"wf", "hf"}, "c")},
            {whole("2", 2), whole("3", 3)}) == scaled_by("1.5"));
  // Rounded to 16 bits and back; to whole numbers, towards 0.
  const ProtobufWriter tenth = floats("t", {}, {0.1f});
  CHECK(multiplied_by({cast("t", "h", 10), cast("h", "c", 1)}, {tenth}) == scaled_by("0.0999755859375"));
  CHECK(multiplied_by({cast("t", "h", 16), cast("h", "c", 1)}, {tenth}) == scaled_by("0.10009765625"));
  CHECK(multiplied_by({cast("t", "h", 1), cast("h", "c", 11)}, {tenth}) == scaled_by("0.10000000149011612"));
  CHECK(multiplied_by({cast("f", "i", 7), cast("i", "c", 1)}, {floats("f", {}, {-2.7f})}) == scaled_by("-2"));
  // Sums are rounded to their type: 2048 + 1 is 2048 in 16 bits.
  const auto sum = [&](std::int64_t type) {
    return multiplied_by(
        {cast("b", "bt", type), cast("o", "ot", type), node("Add", "", {"bt", "ot"}, "st"), cast("st", "c", 1)},
        {floats("b", {}, {2048}), floats("o", {}, {1})});
  };
  CHECK(sum(10) == scaled_by("2048"));
  CHECK(sum(1) == scaled_by("2049"));
  CHECK(multiplied_by({cast("half", "wide", 1), node("Div", "", {"wide", "3"}, "c")},
                      {tensor_head("half", {}, 10).varint(5, 0x3C00), floats("3", {}, {3})}) ==
        scaled_by("0.3333333432674408"));
}

TEST_CASE("onnx: constants of any shape are sliced, joined, turned and repeated") {
  const auto numbers_of = [](std::vector<ProtobufWriter> nodes, const std::vector<ProtobufWriter>& tensors) {
    nodes.push_back(node("Conv", "n", {"x", "w"}, "y"));
    return Model(Graph{.nodes = std::move(nodes), .tensors = tensors}).numbers("n.weight");
  };
  const ProtobufWriter six = floats("six", {3, 2}, {1, 2, 3, 4, 5, 6});
  const std::vector<ProtobufWriter> given{six,
                                          floats("row", {1, 2}, {10, 100}),
                                          floats("ten", {}, {10}),
                                          integers("kernel", {3, 2, 1, 1}),
                                          integers("rest", {0, -1, 1, 1}),
                                          integers("index", {2, 0, -2})};
  const auto as_weights = [](const char* from) { return node("Reshape", "", {from, "kernel"}, "w"); };
  using Numbers = std::vector<double>;
  CHECK(numbers_of({node("Mul", "", {"six", "row"}, "a"), as_weights("a")}, given) ==
        Numbers{10, 200, 30, 400, 50, 600});
  CHECK(numbers_of({node("Sub", "", {"ten", "six"}, "a"), node("Reshape", "", {"a", "rest"}, "w")}, given) ==
        Numbers{9, 8, 7, 6, 5, 4});
  CHECK(numbers_of({node("Transpose", "", {"six"}, "a"), as_weights("a")}, given) == Numbers{1, 3, 5, 2, 4, 6});
  CHECK(numbers_of({node("Gather", "", {"six", "index"}, "a"), as_weights("a")}, given) == Numbers{5, 6, 1, 2, 3, 4});
  CHECK(numbers_of(
            {node("Slice", "", {"six"}, "a",
                  {list("starts", {-1, 1}), list("ends", {-99, -99}), list("axes", {0, 1}), list("steps", {-1, -1})}),
             as_weights("a")},
            given) == Numbers{6, 5, 4, 3, 2, 1});
  const auto column = [](std::string_view name, std::int64_t at) {
    return node("Slice", "", {"six"}, name, {list("starts", {at}), list("ends", {at + 1}), list("axes", {1})});
  };
  CHECK(numbers_of({column("l", 0), column("r", 1), node("Concat", "", {"r", "l"}, "a", {integer("axis", -1)}),
                    as_weights("a")},
                   given) == Numbers{2, 1, 4, 3, 6, 5});
  CHECK(numbers_of({node("Unsqueeze", "", {"six"}, "a", {list("axes", {2, -1})}), node("Neg", "", {"a"}, "b"),
                    node("Squeeze", "", {"b"}, "d"), node("Floor", "", {"d"}, "e"), as_weights("e")},
                   given) == Numbers{-1, -2, -3, -4, -5, -6});
  CHECK(numbers_of({node("ConstantOfShape", "", {"kernel"}, "w", {tensor("value", floats("", {1}, {0.5f}))})}, given) ==
        Numbers(6, 0.5));
  CHECK(numbers_of({node("ConstantOfShape", "", {"kernel"}, "w")}, given) == Numbers(6, 0.0));
  // Joined and gathered where there is nothing.
  CHECK(multiplied_by({node("Concat", "", {"none", "none", "one"}, "c", {integer("axis", 0)})},
                      {integers("none", {}), integers("one", {3})}) == scaled_by("3"));
  const ProtobufWriter hollow = tensor_head("hollow", {1 << 15, 1 << 15, 0}, 1).bytes(9, "");
  CHECK(contains(multiplied_by({node("Concat", "", {"hollow", "hollow"}, "c", {integer("axis", 2)})}, {hollow}),
                 "found a constant of shape [32768,32768,0]"));
  CHECK(multiplied_by({node("Shape", "", {"x"}, "s", {integer("start", -1)}), node("Squeeze", "", {"s"}, "c")}, {},
                      {0, 2, 0, 6}) == scaled_by("6"));
}

TEST_CASE("onnx: constants in every form that exporters write") {
  const auto constant = [](const ProtobufWriter& value_) {
    return Model(Graph{.nodes = {node("Constant", "k", {}, "c", {value_}), node("Mul", "m", {"x", "c"}, "y")}});
  };
  const std::string scaled = "scale scale from=x factor=4 offset=0\n";
  CHECK(constant(tensor("value", floats("", {}, {4}))).layers() == scaled);
  CHECK(constant(real("value_float", 4)).layers() == scaled);
  CHECK(constant(reals("value_floats", {4})).layers() == scaled);
  CHECK(constant(integer("value_int", 4)).layers() == scaled);
  CHECK(constant(list("value_ints", {4})).layers() == scaled);
  CHECK(contains(constant(text("value_string", "4")).layers(), "node k (Constant): found no `value` that is"));
  CHECK(contains(constant(integer("value", 4)).layers(), "node k (Constant): found no `value` that is"));

  const auto cast = [](const ProtobufWriter& stored, std::int64_t to) {
    return Model(Graph{.nodes = {node("Cast", "k", {"c"}, "d", {integer("to", to)}), node("Identity", "", {"d"}, "e"),
                                 node("Mul", "m", {"x", "e"}, "y")},
                       .tensors = {stored}})
        .layers();
  };
  CHECK(cast(integers("c", {4}), 1) == scaled);
  CHECK(cast(floats("c", {}, {4}), 10) == scaled);
  CHECK(cast(floats("c", {}, {4}), 7) == scaled);
  CHECK(contains(cast(floats("c", {}, {4}), 9), "node k (Cast): found a constant cast to another type"));
}

TEST_CASE("onnx: pictures that are cast, passed on, transposed") {
  CHECK(one_node("Identity", {"x"}, {}).layers() == "scale scale from=x factor=1\n");
  CHECK(one_node("Dropout", {"x"}, {real("ratio", 0.5f)}, {}, 9).layers() == "scale scale from=x factor=1\n");
  CHECK(contains(one_node("Dropout", {"x", "r", "t"}, {}, {floats("r", {}, {0.5f}), filled("t", {})}).layers(),
                 "node n (Dropout): found an input training_mode"));
  CHECK(contains(one_node("Dropout", {"x"}, {}, {}, 6).layers(), "node n (Dropout): found is_test=0"));
  const auto followed = [](const ProtobufWriter& first) {
    return Model(Graph{.nodes = {first, node("Relu", "r", {"a"}, "y")}});
  };
  CHECK(followed(node("Identity", "i", {"x"}, "a")).layers() == "relu r from=x\n");
  CHECK(followed(node("Cast", "i", {"x"}, "a", {integer("to", 1)})).layers() == "relu r from=x\n");
  const Model half = followed(node("Cast", "i", {"x"}, "a", {integer("to", 10)}));
  CHECK(half.layers() == "relu r from=x\n");
  CHECK(half.file->warnings.size() == 1);
  CHECK(
      contains(followed(node("Cast", "i", {"x"}, "a", {integer("to", 2)})).layers(), "node i (Cast): found a picture"));
  const ProtobufWriter swapped = node("Transpose", "t", {"x"}, "a", {list("perm", {0, 3, 2, 1})});
  CHECK(contains(followed(swapped).layers(), "node r (Relu): found a transposed input"));
  CHECK(contains(followed(node("Transpose", "t", {"x"}, "a", {list("perm", {0, 2, 3, 1})})).layers(),
                 "node t (Transpose): found perm [0,2,3,1], expected [0,3,2,1]"));
  const auto softmax = [&](std::uint64_t opset, std::int64_t axis) {
    return Model(Graph{.nodes = {swapped, node("Softmax", "s", {"a"}, "b", {integer("axis", axis)}),
                                 node("Transpose", "", {"b"}, "y", {list("perm", {0, 3, 2, 1})})},
                       .opset = opset})
        .layers();
  };
  CHECK(softmax(9, 3) == "softmax s from=x\n");
  CHECK(softmax(13, -1) == "softmax s from=x\n");
  CHECK(contains(softmax(13, 1), "node s (Softmax): found axis 1, expected a softmax over the channels"));
}

TEST_CASE("onnx: a tensor that two layers share is each one's own") {
  const Model tied(
      Graph{.nodes = {node("Identity", "", {"a.weight"}, "b.weight"), node("Conv", "", {"x", "a.weight"}, "c"),
                      node("Conv", "", {"c", "a.weight"}, "d"), node("Conv", "", {"d", "b.weight"}, "y")},
            .tensors = {tensor_head("a.weight", {2, 2, 1, 1}, 10).packed_varints(5, {0, 1, 2, 3})}});
  CHECK(tied.layers() ==
        "conv2d a from=x out=2 kernel=1 bias=false\nconv2d a-2 from=a out=2 kernel=1 bias=false\n"
        "conv2d b from=a-2 out=2 kernel=1 bias=false\n");
  REQUIRE(tied.file);
  CHECK(tied.file->owned.size() == 1);
  CHECK(ochre::test::check_tensors(*tied.file));
}

TEST_CASE("onnx: names are made fit for a network's text, and differ") {
  const auto relus = [](const std::vector<std::string>& names) {
    Graph graph;
    std::string before = "x";
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string after = i + 1 == names.size() ? "y" : "v" + std::to_string(i);
      graph.nodes.push_back(node("Relu", names[i], {before}, after));
      before = after;
    }
    std::string layer_names;
    std::istringstream lines(Model(graph).layers());
    for (std::string line; std::getline(lines, line);) layer_names += line.substr(5, line.find(" from=") - 4);
    return layer_names;
  };
  CHECK(relus({"r", "r", "r-2", "r", "", "", "relu"}) == "r r-2 r-2-2 r-3 relu relu-2 relu-3 ");
  CHECK(relus({"/Relu", "/a/Relu_1", "/a/a.1/a.1.b/Relu", "/a/ab/Relu"}) == "Relu a.Relu_1 a.1.b.Relu a.ab.Relu ");
  CHECK(relus({"x", "a b,c=d#\n\xff", "a::b", "///"}) == "x-2 a_b_c_d___ a.b relu ");
  CHECK(relus({std::string(5000, 'n'), std::string(5000, 'n')}) ==
        std::string(100, 'n') + " " + std::string(100, 'n') + "-2 ");
}

TEST_CASE("onnx: what the output does not need is not looked at, and weights may stand among the inputs") {
  const Model model_(Graph{.nodes = {node("Loop", "", {"nothing"}, "z"), node("Relu", "r", {"x"}, "y")},
                           .tensors = {filled("w", {1})},
                           .inputs = {value("w", {1}), value("x", {0, 2, 0, 0})},
                           .outputs = {ProtobufWriter().bytes(1, "y"), ProtobufWriter().bytes(1, "z")}});
  CHECK(model_.layers() == "relu r from=x\n");
  CHECK(model_.file->warnings == std::vector<std::string>{"of 2 outputs the first, y, is taken"});
  CHECK(model_.file->network == "network imported\ninput x channels=2\n\nrelu r from=x\n\noutput r\n");
}
