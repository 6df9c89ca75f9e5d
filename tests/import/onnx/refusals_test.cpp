// ONNX models that are none of ochre's networks, damaged or made to do harm: each is refused, and the message says
// which node and what of it.
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/onnx/read_onnx.hpp>

#include "support/onnx_writer.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace {

using namespace ochre::test::onnx;
using ochre::test::contains;
using ochre::test::ProtobufWriter;

std::string refusal(std::string_view bytes, const std::string& folder = {}) {
  const auto copy = bytes_of(bytes);
  const auto file = ochre::read_onnx(copy, folder);
  return file ? "accepted:\n" + file->network : file.error().message();
}

std::string refusal(const Graph& graph, const std::string& folder = {}) { return refusal(model(graph).text(), folder); }

std::string of_node(std::string_view kind, const Names& inputs, const Attributes& attributes,
                    const std::vector<ProtobufWriter>& tensors = {}, std::uint64_t opset = 17) {
  return refusal(Graph{.nodes = {node(kind, "here", inputs, "y", attributes)}, .tensors = tensors, .opset = opset});
}

// A convolution whose weights are that tensor, called w.
std::string of_weights(const ProtobufWriter& tensor, const std::string& folder = {}) {
  return refusal(Graph{.nodes = {node("Conv", "here", {"x", "w"}, "y")}, .tensors = {tensor}}, folder);
}

struct Refused {
  std::string message;
  std::string_view expected;
};

void check(const std::vector<Refused>& all) {
  for (const Refused& refused : all) {
    CAPTURE(refused.message);
    CAPTURE(refused.expected);
    CHECK(contains(refused.message, refused.expected));
  }
}

const Shape pointwise = {3, 2, 1, 1};

}  // namespace

TEST_CASE("onnx refusals: no model, or not a whole one") {
  const auto opset = ProtobufWriter().varint(2, 17);
  check({
      {refusal(""), "found no graph, expected one (not an ONNX model?)"},
      {refusal("<!DOCTYPE html>"), "protobuf field at byte"},
      {refusal(ProtobufWriter().message(7, ProtobufWriter()).text()), "found no opset_import"},
      {refusal(ProtobufWriter().message(8, opset).message(7, {}).message(7, {}).text()), "found a second graph"},
      {refusal(ProtobufWriter().message(8, opset).message(7, {}).text()), "found a graph without an output"},
      {refusal(ProtobufWriter().message(8, opset).message(7, ProtobufWriter().bytes(15, "")).text()),
       "found sparse tensors"},
      {refusal(Graph{.nodes = {}, .opset = 29}),
       "found opset 29, whose operators may mean something else, expected at"},
      {refusal(Graph{.nodes = {}, .inputs = {}}), "found no input"},
      {refusal(Graph{.nodes = {}}), "output y: expected a picture"},
      {refusal(Graph{.nodes = {}, .inputs = {value("x", {1, 2})}}), "input x: found shape [1,2], expected [N,C,H,W]"},
      {refusal(Graph{.nodes = {}, .inputs = {value("x", {1, 0, 4, 4})}}), "input x: found shape [1,-1,4,4]"},
      {refusal(Graph{.nodes = {}, .inputs = {value("x", {1, 1 << 17, 4, 4})}}), "with a fixed C"},
      {refusal(Graph{.nodes = {}, .inputs = {value("l", {1, 1, 4, 4}), value("ab", {1, 2, 4, 4})}}),
       "found the inputs l and ab, expected one"},
  });
}

TEST_CASE("onnx refusals: operators, their domains, attributes") {
  ProtobufWriter custom = node("Relu", "here", {"x"}, "y");
  custom.bytes(7, "com.microsoft");
  ProtobufWriter nameless;
  nameless.bytes(1, "x").bytes(2, "y").bytes(4, "Gelu");
  ProtobufWriter no_output;
  no_output.bytes(1, "x").bytes(3, "here").bytes(4, "Relu");
  check({
      {of_node("GridSample", {"x"}, {}), "node here (GridSample): found an operator that none of ochre's layers"},
      {refusal(Graph{.nodes = {nameless}}), "node y (Gelu): found an operator"},
      {refusal(Graph{.nodes = {custom}}), "node here (Relu): found an operator of the domain com.microsoft"},
      {of_node("Relu", {"x"}, {integer("consumed_inputs", 1)}),
       "node here (Relu): found the attribute `consumed_inputs`"},
      {of_node("Relu", {"x"}, {integer("evil\x1b[2J", 1)}), "`evil\\x1b[2J`, expected none such"},
      {of_node("LeakyRelu", {"x"}, {integer("alpha", 1)}), "the attribute `alpha` of another type than it must have"},
      {of_node("LeakyRelu", {"x"}, {real("alpha", std::stof("inf"))}), "found an alpha that is no number"},
      {of_node("Relu", {"nothing"}, {}), "node here (Relu): input 0, nothing: expected a picture"},
      {of_node("Relu", {}, {}), "node here (Relu): input 0, : expected a picture"},
      {of_node("Elu", {"x"}, {}), "node here (Elu): found an operator"},
  });
}

TEST_CASE("onnx refusals: order, cycles, values of one name") {
  const ProtobufWriter one = node("Relu", "one", {"b"}, "a");
  const ProtobufWriter two = node("Relu", "two", {"a"}, "b");
  const ProtobufWriter last = node("Relu", "last", {"b"}, "y");
  check({
      {refusal(Graph{.nodes = {one, two, last}}), "node one (Relu): found a circle: it needs, directly or through"},
      {refusal(Graph{.nodes = {node("Relu", "self", {"y"}, "y")}}), "node self (Relu): found a circle"},
      {refusal(Graph{.nodes = {node("Relu", "", {"x"}, "y"), node("Tanh", "here", {"x"}, "y")}}),
       "node here (Tanh): found a second value of the name y"},
      {refusal(Graph{.nodes = {node("Relu", "here", {"x"}, "y")}, .tensors = {filled("y", {1})}}),
       "node here (Relu): found a second value of the name y"},
      {refusal(Graph{.nodes = {node("Relu", "here", {"x"}, "x"), node("Relu", "", {"x"}, "y")}}),
       "node here (Relu): found a second value of the name x"},
      {refusal(Graph{.nodes = {}, .tensors = {filled("w", {1}), filled("w", {1})}}),
       "tensor w: found a second one of that name"},
  });
}

TEST_CASE("onnx refusals: convolutions") {
  const ProtobufWriter w = filled("w", pointwise);
  const auto conv = [&](const Attributes& attributes, const ProtobufWriter& weight) {
    return of_node("Conv", {"x", "w"}, attributes, {weight});
  };
  const std::string here = "node here (Conv): ";
  check({
      {of_node("Conv", {"x", "x"}, {}), "node here (Conv): found no constant as input 1, expected the layer's weights"},
      {of_node("Conv", {"x"}, {}), "node here (Conv): found no constant as input 1"},
      {of_node("Conv", {"x", "w", "x"}, {}, {w}), "node here (Conv): found a computed bias"},
      {of_node("Conv", {"x", "w", "b"}, {}, {w, filled("b", {2})}), "tensor b: found shape [2], expected [3]"},
      {conv({}, filled("w", {3, 1, 1, 1})), "found weights of shape [3,1,1,1] and group 1 for a picture of 2 channels"},
      {conv({integer("group", 2)}, w), "found weights of shape [3,2,1,1] and group 2 for a picture of 2 channels"},
      {conv({integer("group", 2)}, filled("w", {3, 1, 1, 1})), "and group 2 for a picture of 2 channels"},
      {conv({}, filled("w", {3, 2, 1})), "found weights of shape [3,2,1], expected 4 dimensions"},
      {conv({}, filled("w", {3, 2, 1, 1, 1})), "expected 4 dimensions"},
      {conv({}, filled("w", {0, 2, 1, 1})), "found weights of shape [0,2,1,1], kernel_shape"},
      {conv({}, floats("w", {-3, 2, 1, 1}, {})), "found weights of shape [-3,2,1,1], kernel_shape"},
      {conv({}, floats("w", {1 << 17, 2, 1, 1}, {})), "found weights of shape [131072,2,1,1], kernel_shape"},
      {conv({list("kernel_shape", {3, 3})}, w), "that do not fit"},
      {conv({list("strides", {2})}, w), "that do not fit"},
      {conv({list("strides", {0, 1})}, w), "that do not fit"},
      {conv({list("dilations", {1, 1, 1})}, w), "that do not fit"},
      {conv({list("pads", {1, 1})}, w), "that do not fit"},
      {conv({list("pads", {0, 0, -1, 0})}, w), "that do not fit"},
      {conv({integer("group", 0)}, w), "that do not fit"},
      {conv({integer("group", -2)}, w), "that do not fit"},
      {conv({text("auto_pad", "SAME")}, w), "found auto_pad=SAME, expected NOTSET, VALID, SAME_UPPER or SAME_LOWER"},
      {conv({text("auto_pad", "SAME_UPPER"), list("strides", {1, 2})}, w),
       "found auto_pad=SAME_UPPER with a stride for a picture whose size is not fixed, expected pads as numbers"},
      {of_node("ConvTranspose", {"x", "w"}, {}, {w}), "node here (ConvTranspose): found weights of shape [3,2,1,1]"},
      {of_node("ConvTranspose", {"x", "w"}, {list("output_padding", {1})}, {filled("w", {2, 2, 1, 1})}),
       "found output_padding [1], expected two numbers of 0 or more"},
      {of_node("ConvTranspose", {"x", "w"}, {list("output_shape", {8, 8})}, {filled("w", {2, 2, 1, 1})}),
       "found an output_shape for a picture whose size is not fixed"},
      {of_node("ConvTranspose", {"x", "w"}, {text("auto_pad", "SAME")}, {filled("w", {2, 2, 1, 1})}),
       "found auto_pad=SAME, expected"},
      {of_node("ConvTranspose", {"x", "w"}, {text("auto_pad", "SAME_LOWER"), list("strides", {2, 2})},
               {filled("w", {2, 2, 1, 1})}),
       "found an output larger than what the kernel reaches"},
  });
}

TEST_CASE("onnx refusals: batch norms, softmaxes, sums, padding") {
  const std::vector<ProtobufWriter> statistics = {filled("s", {2}), filled("b", {2}), filled("m", {2}),
                                                  filled("v", {2}), filled("three", {3})};
  const auto norm = [&](const Names& inputs, const Attributes& attributes) {
    return of_node("BatchNormalization", inputs, attributes, statistics);
  };
  const Names whole = {"x", "s", "b", "m", "v"};
  const auto pad = [](const std::vector<std::int64_t>& pads, const Attributes& more = {}) {
    Attributes attributes = more;
    attributes.push_back(list("pads", pads));
    return of_node("Pad", {"x"}, attributes, {}, 9);
  };
  const std::vector<std::int64_t> even = {0, 0, 1, 1, 0, 0, 1, 1};
  check({
      {norm(whole, {integer("training_mode", 1)}), "node here (BatchNormalization): found training_mode=1, expected 0"},
      {norm(whole, {integer("spatial", 0)}), "found spatial=0, expected 1"},
      {norm(whole, {real("epsilon", -1)}), "found an epsilon below 0"},
      {norm({"x", "s", "b", "m", "three"}, {}), "tensor three: found shape [3], expected [2]"},
      {norm({"x", "s", "b", "m"}, {}), "node here (BatchNormalization): found no constant as input 4"},
      {of_node("Softmax", {"x"}, {integer("axis", 2)}), "node here (Softmax): found axis 2, expected a softmax over"},
      {of_node("Softmax", {"x"}, {}), "found axis 3"},
      {of_node("Softmax", {"x"}, {integer("axis", 1)}, {}, 11), "found axis 1, expected a softmax over the channels"},
      {of_node("Max", {"s", "s"}, {}, {filled("s", {})}), "node here (Max): found constants alone, expected a picture"},
      {of_node("Sum", {"s"}, {}, {filled("s", {})}), "node here (Sum): found constants alone"},
      {of_node("Max", {}, {}), "node here (Max): found no inputs"},
      {of_node("Sum", Names(65, "x"), {}), "found 65 inputs, expected at most 64"},
      {of_node("PRelu", {"x", "s"}, {}, {filled("s", {2})}),
       "node here (PRelu): found slopes of shape [2], expected one number, or [2,1,1]"},
      {of_node("PRelu", {"x", "x"}, {}), "node here (PRelu): found no constant as input 1"},
      {of_node("Div", {"x", "s"}, {}, {filled("s", {}, 0)}), "node here (Div): found a division by zero"},
      {of_node("Mul", {"x", "s"}, {}, {filled("s", {1, 3, 1, 1})}),
       "found a constant of shape [1,3,1,1], expected one that fits a picture of [N,2,H,W]"},
      {of_node("Mul", {"x", "s"}, {}, {filled("s", {1, 1, 1, 1, 1})}), "found a constant of shape [1,1,1,1,1]"},
      {of_node("Mul", {"x", "s"}, {}, {filled("s", {}, std::stof("nan"))}), "tensor s: element 0: found NaN"},
      {of_node("Concat", {"x", "x"}, {integer("axis", 2)}), "node here (Concat): found axis 2, expected 1"},
      {of_node("Concat", {}, {integer("axis", 1)}), "node here (Concat): found 0 channels"},
      {refusal(Graph{
           .nodes = {node("Conv", "c", {"x", "w"}, "a"), node("Concat", "here", {"x", "a"}, "y", {integer("axis", 1)})},
           .tensors = {filled("w", {2, 2, 3, 3})},
           .inputs = {value("x", {1, 2, 5, 5})}}),
       "node here (Concat): found pictures of unlike sizes"},
      {refusal(Graph{.nodes = {node("Conv", "here", {"x", "w"}, "y")},
                     .tensors = {filled("w", {2, 2, 3, 3})},
                     .inputs = {value("x", {1, 2, 2, 5})}}),
       "node here (Conv): found a picture of 2x5, of which kernel and pads leave nothing"},
      {of_node("Concat", Names(65, "x"), {integer("axis", 1)}), "found 65 inputs, expected at most 64"},
      {refusal(Graph{.nodes = {node("Conv", "", {"x", "w"}, "a"), node("Add", "here", {"x", "a"}, "y")},
                     .tensors = {filled("w", pointwise)}}),
       "node here (Add): found pictures of 3 channels of 0x0 and 2 channels of 0x0, expected as many, or one channel"},
      {pad(even, {text("mode", "wrap")}), "node here (Pad): found mode=wrap, expected constant zeros, edge"},
      {pad(even, {real("value", 1)}), "node here (Pad): found padding by another number than 0"},
      {pad({0, 1, 0, 0, 0, 0, 0, 0}), "node here (Pad): found pads of channels or pictures"},
      {pad({0, 0, 0, 5000, 0, 0, 0, 0}), "node here (Pad): found a pad of 5000, expected whole numbers up to 4096"},
      {pad({1, 1}), "node here (Pad): found 2 pads for 4 axes, expected two for each"},
      {of_node("Pad", {"x", "p", "v"}, {}, {integers("p", even), filled("v", {})}), "by another number than 0"},
      {of_node("Pad", {"x", "x"}, {}), "node here (Pad): found computed pads, expected constants"},
      {of_node("Pad", {"x", "p", "", "a"}, {}, {integers("p", even), integers("a", {2})}), "found 8 pads for 1 axes"},
      {of_node("Pad", {"x", "p", "", "a"}, {}, {integers("p", {1, 1}), integers("a", {4})}), "found axis 4 of 4"},
  });
}

TEST_CASE("onnx refusals: constants that fit no picture, or are too many") {
  const auto refused = [](const std::string& kind, const Shape& constant, const Shape& picture) {
    return refusal(Graph{.nodes = {node(kind, "here", {"x", "s"}, "y")},
                         .tensors = {filled("s", constant)},
                         .inputs = {value("x", picture)}});
  };
  const Shape fixed = {1, 3, 4, 5};
  const std::string ending = ", expected one that fits a picture of [N,3,4,5]";
  for (const std::string kind : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"}) {
    CAPTURE(kind);
    check({
        {refused(kind, {4}, fixed), "node here (" + kind + "): found a constant of shape [4]" + ending},
        {refused(kind, {5, 1}, fixed), "found a constant of shape [5,1]" + ending},
        {refused(kind, {3}, fixed), "found a constant of shape [3]" + ending},
        {refused(kind, {2, 1, 1}, fixed), "found a constant of shape [2,1,1]" + ending},
        {refused(kind, {4, 4, 5}, fixed), "found a constant of shape [4,4,5]" + ending},
        {refused(kind, {2, 3, 4, 5}, fixed), "found a constant of shape [2,3,4,5]" + ending},
        {refused(kind, {2, 1, 1, 1}, {2, 3, 4, 5}), "found a constant of shape [2,1,1,1]" + ending},
        {refused(kind, {1, 1, 3, 4, 5}, fixed), "found a constant of shape [1,1,3,4,5]" + ending},
        {refused(kind, {1, 1, 1, 1, 1}, fixed), "found a constant of shape [1,1,1,1,1]" + ending},
        {refused(kind, {0}, fixed), "found a constant of shape [0]" + ending},
        {refused(kind, {0}, {0, 3, 0, 0}), "found a constant of shape [0], expected one that fits a picture of [N,3,H"},
        {refused(kind, {6, 5}, {1, 3, 4, 0}), "expected one that fits a picture of [N,3,4,W]"},
    });
  }
  const auto in_pixel = [](const Shape& constant) {
    return refusal(Graph{.nodes = {node("GlobalAveragePool", "", {"x"}, "a"), node("Mul", "here", {"a", "s"}, "y")},
                         .tensors = {filled("s", constant)}});
  };
  const auto of_numbers = [](std::string_view kind, const Names& inputs, float value) {
    return of_node(kind, inputs, {}, {floats("s", {3}, {1, value, 1})});
  };
  const std::string_view few = "tensor s: found 65536 elements, expected few numbers for nodes that have none";
  Names numbers(64, "s");
  numbers[0] = "x";
  check({
      {in_pixel({2, 4, 5}), "found a constant of shape [2,4,5], expected one that fits a picture of [N,2,1,1]"},
      {in_pixel({1, 2}), "found a constant of shape [1,2], expected"},
      {of_numbers("Div", {"x", "s"}, 0), "node here (Div): found a division by zero"},
      {of_numbers("Add", {"x", "s"}, std::stof("nan")), "tensor s: element 1: found NaN"},
      {of_numbers("Max", {"x", "s"}, std::stof("inf")), "tensor s: element 1: found inf"},
      // Wherever many nodes share few bytes of the file.
      {refusal(Graph{.nodes = {node("Sum", "a", numbers, "a"), node("Sum", "b", {"a", "s", "s"}, "y")},
                     .tensors = {filled("s", {1 << 16})}}),
       few},
      {refusal(Graph{.nodes = {node("Sum", "a", numbers, "a"), node("Sum", "b", {"a", "s", "s"}, "y")},
                     .tensors = {filled("s", {})},
                     .inputs = {value("x", {1, 1 << 16, 0, 0})}}),
       "found constants of more than 16777216 bytes"},
  });
}

TEST_CASE("onnx refusals: the first obstacle in full, of what else there is the kinds") {
  const auto chain = [](const std::vector<std::string_view>& kinds) {
    Graph graph{.nodes = {}};
    std::vector<std::string> names{"x"};
    for (std::size_t i = 0; i < kinds.size(); ++i)
      names.push_back(i + 1 == kinds.size() ? "y" : std::string(1, static_cast<char>('a' + i)));
    for (std::size_t i = 0; i < kinds.size(); ++i)
      graph.nodes.push_back(node(kinds[i], names[i + 1], {names[i]}, names[i + 1]));
    return refusal(graph);
  };
  const std::string unknown = "node a (Gelu): found an operator that none of ochre's layers computes";
  CHECK(chain({"Gelu", "Relu", "Tanh"}) == unknown);
  CHECK(chain({"Gelu", "Relu", "Gemm", "Loop", "Gemm", "Relu"}) == unknown + "; not understood either: 2 Gemm, 1 Loop");
  CHECK(chain({"Gelu", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "Relu"}) ==
        unknown + "; not understood either: 1 A, 1 B, 1 C, 1 D, 1 E, 1 F, 1 G, 1 H and 2 more kinds");
  // On another branch.
  CHECK(refusal(Graph{.nodes = {node("Gelu", "g", {"x"}, "a"), node("Softmax", "s", {"x"}, "b"),
                                node("Add", "", {"a", "b"}, "y")}}) ==
        "node g (Gelu): found an operator that none of ochre's layers computes; not understood either: 1 Softmax");
}

TEST_CASE("onnx refusals: tensors") {
  const auto raw = [](std::uint64_t type, std::size_t bytes) {
    return of_weights(tensor_head("w", pointwise, type).bytes(9, std::string(bytes, '\0')));
  };
  check({
      {raw(1, 23), "tensor w: found 23 bytes of data, expected 24 for shape [3,2,1,1]"},
      {raw(1, 25), "tensor w: found 25 bytes of data, expected 24"},
      {raw(10, 24), "tensor w: found 24 bytes of data, expected 12"},
      {raw(7, 48), "tensor w: found whole numbers, expected float, half, bfloat16 or double"},
      {raw(3, 6), "tensor w: found ONNX's data type 3, expected float"},
      {raw(1u << 20, 6), "tensor w: found ONNX's data type 1048576"},
      {of_weights(tensor_head("w", pointwise, 1)), "tensor w: found 0 bytes of data, expected 24"},
      {of_weights(tensor_head("w", pointwise, 1).packed(4, Floats(5))),
       "tensor w: found 20 bytes of data, expected 24"},
      {of_weights(tensor_head("w", pointwise, 1).packed(4, Floats(5)).packed(4, Floats(2))),
       "tensor w: found 28 bytes of data, expected 24"},
      {of_weights(tensor_head("w", pointwise, 10).packed_varints(5, {1, 2, 3, 4, 5})),
       "found 10 bytes of data, expected 12"},
      {of_weights(tensor_head("w", pointwise, 10).packed_varints(5, {1, 2, 3, 4, 5, 6, 7})), "found 14 bytes of data"},
      {of_weights(tensor_head("w", pointwise, 10).bytes(5, "\xff")),
       "tensor w: found packed numbers that are cut short"},
      {of_weights(tensor_head("w", pointwise, 1).varint(4, 1)), "found a number of another type than the tensor's"},
      {of_weights(tensor_head("w", pointwise, 1).packed(10, std::vector<double>(6))), "found 0 bytes of data"},
  });
  // Claims of more than memory, or than a file of that size can hold.
  const Shape large = {1 << 15, 2, 1 << 15, 1 << 15};
  const Shape overflowing = {65536, 2, 65536, 65536};
  check({
      {of_weights(tensor_head("w", large, 1).bytes(9, "1234")),
       "tensor w: found 4 bytes of data, expected 281474976710656"},
      {of_weights(tensor_head("w", large, 1).fixed32(4, 1)), "tensor w: found a claim of 281474976710656 bytes"},
      {of_weights(tensor_head("w", overflowing, 11)), "tensor w: found a claim of 4503599627370496 bytes"},
      {refusal(Graph{.nodes = {node("PRelu", "here", {"x", "w"}, "y")},
                     .tensors = {tensor_head("w", Shape(8, 1 << 16), 1)}}),
       "tensor w: found shape [65536,65536"},
      {refusal(Graph{.nodes = {node("PRelu", "here", {"x", "w"}, "y")}, .tensors = {tensor_head("w", Shape(9, 1), 1)}}),
       "expected one that memory can hold"},
      {refusal(Graph{.nodes = {node("PRelu", "here", {"x", "w"}, "y")}, .tensors = {tensor_head("w", {-1}, 1)}}),
       "tensor w: found shape [-1]"},
  });
}

TEST_CASE("onnx refusals: files beside the model") {
  const TemporaryFolder parent;
  parent.write("secret", std::string(24, '\0'));
  const TemporaryFolder inside;
  const auto external = [&](std::string_view location, const std::string& folder) {
    ProtobufWriter tensor = tensor_head("w", pointwise, 1).varint(14, 1);
    return of_weights(tensor.message(13, ProtobufWriter().bytes(1, "location").bytes(2, location)), folder);
  };
  const std::string refused = "expected one in the model's folder or below it";
  for (const std::string& location :
       {parent.path("secret"), std::string("../secret"), std::string("a/../../secret"), std::string(".."),
        std::string(), std::string("secret\0x", 8), std::string(300, 'a')}) {
    CAPTURE(location);
    const std::string message = external(location, inside.path("."));
    CHECK(contains(message, "tensor w: found its data in the file \""));
    CHECK(contains(message, refused));
  }
  CHECK(contains(external("secret", ""), refused));
  CHECK(contains(external("absent.data", inside.path(".")), "absent.data"));
  CHECK(contains(external("absent.data", inside.path(".")), "tensor w: "));
  CHECK(contains(external(".", inside.path(".")), "directory"));
  CHECK(contains(external("secret", parent.path(".")), "accepted"));

  // Links lead out, whatever the name looks like.
  std::filesystem::create_symlink(parent.path("secret"), inside.path("w.data"));
  std::filesystem::create_symlink(parent.path("."), inside.path("deep"));
  for (const char* location : {"w.data", "./w.data", "deep/secret"}) {
    CAPTURE(location);
    CHECK(contains(external(location, inside.path(".")), "found a symbolic link"));
  }
}

TEST_CASE("onnx refusals: a file beside the model is one file, however often and by whatever names it is read") {
  const TemporaryFolder folder;
  folder.write("w.data", std::string(24, '\0'));
  Graph graph{.nodes = {}, .tensors = {}, .inputs = {value("x", {0, 2, 0, 0})}};
  const Names spellings = {"w.data", "./w.data", ".//w.data", "././w.data"};
  for (std::size_t i = 0; i < spellings.size(); ++i) {
    const std::string weight = "w" + std::to_string(i);
    const std::string out = i + 1 == spellings.size() ? "y" : "v" + std::to_string(i + 1);
    ProtobufWriter tensor = tensor_head(weight, {2, 2, 1, 1}, 1).varint(14, 1);
    graph.tensors.push_back(tensor.message(13, ProtobufWriter().bytes(1, "location").bytes(2, spellings[i]))
                                .message(13, ProtobufWriter().bytes(1, "length").bytes(2, "16")));
    graph.nodes.push_back(node("Conv", "", {i == 0 ? "x" : "v" + std::to_string(i), weight}, out));
  }
  const auto bytes = bytes_of(model(graph).text());
  const auto file = ochre::read_onnx(bytes, folder.path("."));
  REQUIRE(file);
  CHECK(file->files.size() == 1);
}

TEST_CASE("onnx refusals: a claim of thousands of sides or numbers is no message of as many") {
  const Shape sides(20'000, 1);
  const ProtobufWriter weight = floats("w", sides, {1});
  const std::vector<std::int64_t> ones(20'000, 1);
  for (const std::string& message :
       {of_node("Conv", {"x", "w"}, {}, {weight}), of_node("Mul", {"x", "w"}, {}, {weight}),
        of_node("Transpose", {"x"}, {list("perm", ones)}), of_node("Pad", {"x", "w"}, {}, {weight}),
        of_node("Resize", {"x"}, {list("scales", ones)}), refusal(Graph{.nodes = {}, .inputs = {value("x", sides)}})}) {
    CAPTURE(message);
    CHECK(contains(message, "found "));
    CHECK(message.size() < 300);
  }
}

TEST_CASE("onnx refusals: names of control codes, everywhere at once, are one line that fits a terminal") {
  const std::string evil(300, '\x1b');
  const auto weight = [&](const ProtobufWriter& tensor) {
    ProtobufWriter conv;
    conv.bytes(1, "x").bytes(1, evil).bytes(2, "y").bytes(3, evil).bytes(4, "Conv");
    return refusal(Graph{.nodes = {conv}, .tensors = {tensor}}, "/tmp");
  };
  const auto external = [&](const ProtobufWriter& location) {
    ProtobufWriter tensor = tensor_head(evil, pointwise, 1).varint(14, 1);
    return weight(tensor.message(13, location));
  };
  ProtobufWriter strange;
  strange.bytes(1, evil).bytes(2, "y").bytes(3, evil).bytes(4, evil).message(5, integer(evil, 1));
  ProtobufWriter relu;
  relu.bytes(1, "x").bytes(2, "y").bytes(3, evil).bytes(4, "Relu").message(5, integer(evil, 1));
  const Graph inputs{.nodes = {}, .inputs = {value(evil, {1, 1, 4, 4}), value(evil + "2", {1, 1, 4, 4})}};
  for (const std::string& message :
       {weight(tensor_head(evil, pointwise, 1)), weight(tensor_head(evil, {1}, 1)), refusal(inputs),
        external(ProtobufWriter().bytes(1, "location").bytes(2, evil)),
        external(ProtobufWriter().bytes(1, "location").bytes(2, evil.substr(0, 255))),
        refusal(Graph{.nodes = {strange}}), refusal(Graph{.nodes = {relu}}), of_node("Relu", {evil}, {}),
        of_node("Resize", {"x", "", "s"}, {text("coordinate_transformation_mode", evil), text("nearest_mode", evil)},
                {floats("s", {4}, {1, 1, 2, 2})})}) {
    CAPTURE(message);
    CHECK(contains(message, "\\x1b"));
    CHECK(message.find('\x1b') == std::string::npos);
    CHECK(message.size() < 1000);
  }
}

TEST_CASE("onnx refusals: what many layers share is not copied whole for each") {
  const std::string name = std::string(100'000, 'm') + ".weight";
  ochre::detail::OnnxTensor weight;
  weight.name = name;
  ochre::detail::OnnxNode of_tensor;
  of_tensor.inputs = {"x", "w"};
  CHECK(ochre::detail::layer_name(of_tensor, weight) == std::string(ochre::detail::longest_name, 'm'));
  of_tensor.name = name;
  weight.name = "w";
  CHECK(ochre::detail::layer_name(of_tensor, weight).size() == ochre::detail::longest_name);
}

TEST_CASE("onnx: of a thousand warnings a dozen are given") {
  Graph graph;
  for (int i = 0; i < 1000; ++i) {
    graph.nodes.push_back(
        node("Cast", "", {i == 0 ? "x" : "v" + std::to_string(i)}, "v" + std::to_string(i + 1), {integer("to", 10)}));
  }
  graph.nodes.push_back(node("Relu", "", {"v1000"}, "y"));
  const auto bytes = bytes_of(model(graph).text());
  const auto file = ochre::read_onnx(bytes);
  REQUIRE(file);
  CHECK(file->warnings.size() == 17);
  CHECK(file->warnings.back() == "there is more to warn of, but it is not said");
}

TEST_CASE("onnx refusals: more than any network has") {
  Graph nodes{.nodes = std::vector<ProtobufWriter>((1 << 14) + 1, node("Relu", "", {}, ""))};
  CHECK(contains(refusal(nodes), "found more than 16384 nodes"));
  Graph names{.nodes = {node("Concat", "", Names((1 << 16) + 1, "x"), "y")}};
  CHECK(contains(refusal(names), "found more than 65536 names"));
  CHECK(contains(of_node("Conv", {"x"}, {list("pads", std::vector<std::int64_t>((1 << 16) + 1))}), "more than 65536"));

  Graph deep;
  for (int i = 0; i < 4097; ++i) {
    deep.nodes.push_back(
        node("Relu", "", {i == 0 ? "x" : "v" + std::to_string(i)}, i == 4096 ? "y" : "v" + std::to_string(i + 1)));
  }
  CHECK(contains(refusal(deep), "found more than 4096 layers"));

  // One tensor of a megabyte as the weights of a thousand layers.
  Graph shared{.nodes = {}, .tensors = {filled("w", {256, 256, 2, 2})}, .inputs = {value("x", {0, 256, 0, 0})}};
  for (int i = 0; i < 1000; ++i) {
    shared.nodes.push_back(
        node("Conv", "", {i == 0 ? "x" : "v" + std::to_string(i), "w"}, i == 999 ? "y" : "v" + std::to_string(i + 1)));
  }
  CHECK(contains(refusal(shared), "found layers that share weights"));

  // One tensor of half a megabyte and 16 bits, as the weights of a hundred.
  Graph halves{.nodes = {},
               .tensors = {tensor_head("w", {512, 512, 1, 1}, 10).bytes(9, std::string(1 << 19, '\0'))},
               .inputs = {value("x", {0, 512, 0, 0})}};
  for (int i = 0; i < 100; ++i) {
    halves.nodes.push_back(
        node("Conv", "", {i == 0 ? "x" : "v" + std::to_string(i), "w"}, i == 99 ? "y" : "v" + std::to_string(i + 1)));
  }
  CHECK(contains(refusal(halves), "no more than 8 times the file's size and 4194304 bytes when each has its own"));

  // One constant of 60000 numbers that thousands of nodes are configured by.
  Graph again{.nodes = {}, .tensors = {filled("c", {60000, 1, 1})}, .inputs = {value("x", {0, 60000, 0, 0})}};
  for (int i = 0; i < 1000; ++i) {
    again.nodes.push_back(
        node("Mul", "", {i == 0 ? "x" : "v" + std::to_string(i), "c"}, i == 999 ? "y" : "v" + std::to_string(i + 1)));
  }
  const std::string message = refusal(again);
  CAPTURE(message);
  CHECK(contains(message, "found constants of more than 16777216 bytes"));
}
