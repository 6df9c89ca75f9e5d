// ONNX models as PyTorch's exporters write them (tests/data/import/onnx, by tools/golden/onnx_models.py) give what
// PyTorch computes; graphs put together here give the text they must. What is refused: onnx/refusals_test.cpp.
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

}  // namespace

TEST_CASE("onnx: what PyTorch exported gives what PyTorch computes") {
  struct Sample {
    std::string name;
    std::string expected;
    std::size_t warnings = 0;
  };
  const Sample samples[] = {
      {"enlarge_old9", "enlarge", 1},  // where opset 9 samples
      {"enlarge_old10", "enlarge", 1},
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
  CHECK(contains(sliced({0, 0}, {7, 5}, {2, 3}, {2, 2}, {1, 2, 8, 5}), "node s (Slice): found a part of the picture"));
  CHECK(contains(sliced({0, 0}, {7, 5}, {2, 3}, {2, 2}, open), "found a part of the picture"));
  CHECK(contains(sliced({1}, {end}, {2}, {2}, open), "found a part of the picture"));
  CHECK(contains(sliced({0}, {1}, {1}, {1}, open), "found a part of the picture"));
  CHECK(contains(sliced({0}, {end}, {1}, {2}, open), "found a part of the picture"));
  CHECK(contains(sliced({0}, {end}, {2}, {-1}, open), "found a part of the picture"));
  CHECK(contains(sliced({0}, {end}, {4}, {1}, open), "found a part of the picture"));
  CHECK(contains(sliced({0, 0}, {end}, {2}, {1}, open), "unlike lengths"));
}

TEST_CASE("onnx: enlarging, by scales or by sizes") {
  const auto resized = [](const Names& inputs, const Attributes& attributes, const Shape& input = {0, 2, 0, 0},
                          std::uint64_t opset = 17, std::string_view producer = "pytorch") {
    return Model(Graph{
        .nodes = {node(opset < 10 ? "Upsample" : "Resize", "r", inputs, "y", attributes)},
        .tensors = {floats("two", {4}, {1, 1, 2, 3}), floats("half", {4}, {1, 1, 1.5f, 2}), floats("none", {0}, {}),
                    integers("sizes", {1, 2, 8, 12}), floats("channels", {4}, {1, 2, 2, 2})},
        .inputs = {value("x", input)},
        .opset = opset,
        .producer = producer});
  };
  const auto where = [](std::string_view name) { return text("coordinate_transformation_mode", name); };
  const Attributes nearest = {text("mode", "nearest"), where("asymmetric"), text("nearest_mode", "floor")};
  const Attributes linear = {text("mode", "linear"), where("half_pixel"), real("cubic_coeff_a", -0.75f)};
  const std::string as_nearest = "upsample r from=x factor=2x3 mode=nearest\n";
  const std::string as_linear = "upsample r from=x factor=2x3 mode=bilinear\n";
  CHECK(resized({"x", "", "two"}, nearest).layers() == as_nearest);
  CHECK(resized({"x", "none", "two"}, nearest).layers() == as_nearest);
  CHECK(resized({"x", "", "", "sizes"}, nearest, {1, 2, 4, 4}).layers() == as_nearest);
  CHECK(resized({"x", "", "none", "sizes"}, linear, {0, 2, 4, 4}).layers() == as_linear);
  CHECK(resized({"x", "", "two"}, {text("nearest_mode", "round_prefer_ceil")}).layers() == as_nearest);
  CHECK(resized({"x", "", "two"}, {}).layers() == as_nearest);
  CHECK(resized({"x", "", "two"}, linear).layers() == as_linear);
  CHECK(resized({"x", "", "two"}, {text("mode", "linear"), where("align_corners")}).layers() ==
        "upsample r from=x factor=2x3 mode=bilinear align_corners=true\n");
  CHECK(resized({"x", "two"}, {text("mode", "nearest")}, {0, 2, 0, 0}, 10).layers() == as_nearest);
  CHECK(resized({"x", "two"}, {}, {0, 2, 0, 0}, 9).layers() == as_nearest);
  CHECK(resized({"x"}, {reals("scales", {1, 1, 2, 3})}, {0, 2, 0, 0}, 7).layers() == as_nearest);

  const Model early = resized({"x", "two"}, {text("mode", "linear")}, {0, 2, 0, 0}, 9);
  CHECK(early.layers() == as_linear);
  CHECK(early.file->warnings ==
        std::vector<std::string>{"node r: opset 9 cannot say where PyTorch's bilinear upsampling samples; half pixels "
                                 "are taken"});
  const std::string of_others = resized({"x", "two"}, {text("mode", "linear")}, {0, 2, 0, 0}, 9, "keras").layers();
  CHECK(contains(of_others, "node r (Upsample): found coordinate_transformation_mode=asymmetric"));

  const auto refused = [&](const Names& inputs, const Attributes& attributes, std::string_view what) {
    const std::string message = resized(inputs, attributes).layers();
    CAPTURE(message);
    CHECK(message.starts_with("node r (Resize): found "));
    CHECK(contains(message, what));
  };
  refused({"x", "", "two"}, {text("mode", "cubic")}, "mode=cubic, expected nearest or linear");
  refused({"x", "", "two"}, {text("mode", "linear"), where("asymmetric")}, "mode=asymmetric, expected half_pixel");
  refused({"x", "", "two"}, {text("nearest_mode", "ceil")}, "nearest neighbours by half_pixel and ceil");
  refused({"x", "", "two"}, {where("asymmetric")}, "nearest neighbours by asymmetric and round_prefer_floor");
  refused({"x", "", "half"}, nearest, "scales [1,1,1.5,2], expected [1,1,h,w] of whole numbers");
  refused({"x", "", "channels"}, nearest, "scales [1,2,2,2]");
  refused({"x", "", "x"}, nearest, "computed scales, expected constants");
  refused({"x"}, nearest, "scales []");
  refused({"x", "", "", "sizes"}, nearest, "sizes for a picture whose own is not fixed");
  refused({"x", "", "two"}, {integer("antialias", 1)}, "antialias=1, expected 0");
  refused({"x", "", "two"}, {list("axes", {2, 3})}, "the attribute `axes`, expected none such");
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
                                integers("hundred", {100}), floats("real", {1}, {1}),
                                tensor_head("wide", {0, std::int64_t{1} << 50}, 7).bytes(9, ""),
                                integers("many", std::vector<std::int64_t>(65, 1))}})
            .layers();
    CAPTURE(message);
    CHECK(contains(message, "node c ("));
    CHECK(contains(message, what));
  };
  const std::string few = "found more than a computation of a few whole numbers";
  refused(node("Div", "c", {"one", "none"}, "a"), "found a division by zero");
  refused(node("Add", "c", {"one", "real"}, "a"), few);
  refused(node("Add", "c", {"many", "one"}, "a"), few);
  refused(node("Transpose", "c", {"wide"}, "a"), few);
  refused(node("Slice", "c", {"wide"}, "a", {list("starts", {0}), list("ends", {9})}), few);
  refused(node("Slice", "c", {"two"}, "a", {list("starts", {0}), list("ends", {9}), list("axes", {1})}), few);
  refused(node("Slice", "c", {"two"}, "a", {list("starts", {0}), list("ends", {9}), reals("steps", {0.5f})}), few);
  refused(node("Slice", "c", {"two"}, "a", {list("starts", {0}), list("ends", {9}), list("steps", {0})}), few);
  refused(node("Gather", "c", {"two", "two"}, "a"), "found an index outside of what it looks into");
  refused(node("Reshape", "c", {"two", "hundred"}, "a"), few);
  refused(node("Reshape", "c", {"two", "none"}, "a"), few);
  refused(node("ConstantOfShape", "c", {"hundred"}, "a", {tensor("value", integers("", {0}))}), few);
  refused(node("ConstantOfShape", "c", {"one"}, "a"), few);
  refused(node("Concat", "c", {"two", "one"}, "a", {integer("axis", 1)}), few);
  refused(node("Unsqueeze", "c", {"two"}, "a", {list("axes", {0})}), few);
  refused(node("Add", "c", {"two", "one"}, "a", {integer("axis", 1)}), "the attribute `axis`");
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
  CHECK(contains(cast(floats("c", {}, {4}), 7), "node k (Cast): found a constant cast to another type"));
  CHECK(contains(cast(floats("c", {}, {4}), 9), "node k (Cast): found a constant cast to another type"));
}

TEST_CASE("onnx: pictures that are cast, passed on, transposed") {
  CHECK(one_node("Identity", {"x"}, {}).layers() == "output y: expected a picture that a layer computes");
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
