// ONNX's Resize and Upsample: ratios of scales and of sizes, every way to place samples and to round, and what is
// refused because runtimes disagree.
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/onnx/read_onnx.hpp>

#include "support/onnx_writer.hpp"
#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace resize_test {

namespace {

using namespace ochre::test::onnx;
using ochre::Index;
using ochre::Ratio;
using ochre::detail::ratio_of;
using ochre::test::contains;
using ochre::test::ProtobufWriter;

const Shape open{0, 2, 0, 0};

// A graph of one Resize, or Upsample; its layers, without the lines that every network has, or why it is refused.
struct Resized {
  std::string layers;
  std::vector<std::string> warnings;
};

Resized read(const Names& inputs, const Attributes& attributes, const Shape& input = open, std::uint64_t opset = 18,
             std::string_view producer = "pytorch", const std::vector<ProtobufWriter>& more = {}) {
  std::vector<ProtobufWriter> tensors = {floats("two", {4}, {1, 1, 2, 3}),    floats("half", {4}, {1, 1, 0.5f, 1.5f}),
                                         floats("odd", {4}, {1, 1, 0.6f, 1}), floats("none", {0}, {}),
                                         integers("sizes", {1, 2, 8, 12}),    floats("channels", {4}, {1, 2, 2, 2}),
                                         floats("sides", {2}, {2, 3}),        integers("places", {8, 16}),
                                         integers("all", {1, 2, 8, 16}),      integers("four", {1, 4, 8, 16}),
                                         integers("batch", {2, 2, 8, 16}),    integers("least", {1, 2, 3, 5})};
  tensors.insert(tensors.end(), more.begin(), more.end());
  const auto bytes =
      bytes_of(model(Graph{.nodes = {node(opset < 10 ? "Upsample" : "Resize", "r", inputs, "y", attributes)},
                           .tensors = tensors,
                           .inputs = {value("x", input)},
                           .opset = opset,
                           .producer = producer})
                   .text());
  const auto file = ochre::read_onnx(bytes, {});
  if (!file) return {file.error().message(), {}};
  REQUIRE_MESSAGE(ochre::parse_network(file->network), file->network);
  const auto begin = file->network.find("\n\n") + 2;
  return {file->network.substr(begin, file->network.find("\n\noutput ") + 1 - begin), file->warnings};
}

std::string layers(const Names& inputs, const Attributes& attributes, const Shape& input = open,
                   std::uint64_t opset = 18) {
  return read(inputs, attributes, input, opset).layers;
}

ProtobufWriter where(std::string_view name) { return text("coordinate_transformation_mode", name); }
ProtobufWriter round_to(std::string_view name) { return text("nearest_mode", name); }
ProtobufWriter mode(std::string_view name) { return text("mode", name); }
ProtobufWriter policy(std::string_view name) { return text("keep_aspect_ratio_policy", name); }

const Attributes nearest = {mode("nearest"), where("asymmetric"), round_to("floor")};
const Attributes linear = {mode("linear"), where("half_pixel"), real("cubic_coeff_a", -0.75f)};

}  // namespace

TEST_CASE("onnx resize: by whole factors") {
  const std::string as_nearest = "upsample r from=x factor=2x3 mode=nearest\n";
  const std::string as_linear = "upsample r from=x factor=2x3 mode=bilinear\n";
  CHECK(layers({"x", "", "two"}, nearest) == as_nearest);
  CHECK(layers({"x", "none", "two"}, nearest) == as_nearest);
  CHECK(layers({"x", "", "", "sizes"}, nearest, {1, 2, 4, 4}) == as_nearest);
  CHECK(layers({"x", "", "none", "sizes"}, linear, {0, 2, 4, 4}) == as_linear);
  CHECK(layers({"x", "", "two", "none"}, linear) == as_linear);
  for (const char* rounding : {"round_prefer_ceil", "round_prefer_floor"}) {
    for (const char* place : {"half_pixel", "pytorch_half_pixel"}) {
      CHECK(layers({"x", "", "two"}, {round_to(rounding), where(place)}) == as_nearest);
    }
  }
  CHECK(layers({"x", "", "two"}, {}) == as_nearest);
  CHECK(layers({"x", "", "two"}, linear) == as_linear);
  CHECK(layers({"x", "", "two"}, {mode("linear"), where("align_corners")}) ==
        "upsample r from=x factor=2x3 mode=bilinear align_corners=true\n");
  CHECK(layers({"x", "two"}, {mode("nearest")}, open, 10) == as_nearest);
  CHECK(layers({"x", "two"}, {}, open, 9) == as_nearest);
  CHECK(layers({"x"}, {reals("scales", {1, 1, 2, 3})}, open, 7) == as_nearest);
}

TEST_CASE("onnx resize: by any ratio, however samples are placed and rounded") {
  const auto resize = [](const std::string& words) { return "resize r from=x scale=" + words + "\n"; };
  CHECK(layers({"x", "", "half"}, nearest) == resize("1/2x3/2 mode=nearest coordinates=asymmetric rounding=floor"));
  CHECK(layers({"x", "", "half"}, {}) ==
        resize("1/2x3/2 mode=nearest coordinates=half_pixel rounding=round_prefer_floor"));
  CHECK(layers({"x", "", "half"}, linear) == resize("1/2x3/2 mode=bilinear coordinates=half_pixel"));
  CHECK(layers({"x", "", "odd"}, linear) == resize("3/5x1 mode=bilinear coordinates=half_pixel"));
  CHECK(layers({"x", "", "half"}, {mode("cubic")}) == resize("1/2x3/2 mode=bicubic coordinates=half_pixel"));
  CHECK(layers({"x", "", "half"}, {mode("cubic"), real("cubic_coeff_a", -0.5f)}) ==
        resize("1/2x3/2 mode=catmull_rom coordinates=half_pixel"));
  CHECK(layers({"x", "", "two"}, {mode("linear"), where("asymmetric")}) ==
        resize("2x3 mode=bilinear coordinates=asymmetric"));
  for (const char* place :
       {"half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "half_pixel_symmetric"}) {
    CHECK(layers({"x", "", "half"}, {mode("linear"), where(place)}) ==
          resize(std::string("1/2x3/2 mode=bilinear coordinates=") + place));
  }
  for (const char* rounding : {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"}) {
    CHECK(layers({"x", "", "half"}, {round_to(rounding), where("align_corners")}, {1, 2, 4, 6}) ==
          resize(std::string("1/2x3/2 mode=nearest coordinates=align_corners rounding=") + rounding));
  }
  CHECK(layers({"x", "", "two"}, {round_to("ceil")}) ==
        resize("2x3 mode=nearest coordinates=half_pixel rounding=ceil"));
  CHECK(layers({"x", "", "", "least"}, linear, {1, 2, 7, 10}) ==
        resize("3/7x1/2 mode=bilinear coordinates=half_pixel"));
}

TEST_CASE("onnx resize: before opset 11 samples lie between the corners of pixels") {
  const Resized early = read({"x", "two"}, {mode("linear")}, open, 9);
  CHECK(early.layers == "resize r from=x scale=2x3 mode=bilinear coordinates=asymmetric\n");
  CHECK(early.warnings ==
        std::vector<std::string>{"node r: opset 9 samples between the corners of pixels, PyTorch itself between their "
                                 "centres; export with opset 11"});
  CHECK(read({"x", "two"}, {mode("linear")}, open, 10, "keras").warnings.empty());
  CHECK(contains(layers({"x", "half"}, {}, open, 10), "before opset 11, where specification and runtimes disagree"));
  CHECK(layers({"x", "half"}, {mode("linear")}, open, 10) ==
        "resize r from=x scale=1/2x3/2 mode=bilinear coordinates=asymmetric\n");
}

TEST_CASE("onnx resize: named axes, and sizes that keep the ratio of the sides") {
  const auto by = [](const std::string& factor) { return "upsample r from=x factor=" + factor + " mode=nearest\n"; };
  const Shape fixed = {1, 2, 4, 4};
  const ProtobufWriter picture = list("axes", {2, 3});
  CHECK(layers({"x", "", "sides"}, {picture}) == by("2x3"));
  CHECK(layers({"x", "", "sides"}, {list("axes", {-1, -2})}) == by("3x2"));
  CHECK(layers({"x", "", "", "places"}, {picture}, fixed) == by("2x4"));
  CHECK(layers({"x", "", "", "places"}, {picture, policy("not_larger")}, fixed) == by("2"));
  CHECK(layers({"x", "", "", "places"}, {picture, policy("not_smaller")}, fixed) == by("4"));
  CHECK(layers({"x", "", "", "places"}, {picture, policy("stretch")}, fixed) == by("2x4"));
  CHECK(layers({"x", "", "", "all"}, {policy("not_larger")}, fixed) == by("1"));  // channels and batch stay
  CHECK(layers({"x", "", "", "places"}, {mode("linear"), picture, policy("not_larger")}, {1, 2, 20, 31}) ==
        "resize r from=x scale=2/5 mode=bilinear coordinates=half_pixel\n");  // 12.4 columns become 12
}

TEST_CASE("onnx resize: what is refused names the reason") {
  const auto refused = [](const Names& inputs, const Attributes& attributes, std::string_view what,
                          const Shape& input = open) {
    const std::string message = layers(inputs, attributes, input);
    CAPTURE(message);
    CHECK(message.starts_with("node r (Resize): "));
    CHECK(contains(message, what));
  };
  const Shape fixed = {1, 2, 4, 4};
  const ProtobufWriter picture = list("axes", {2, 3});
  refused({"x", "", "two"}, {mode("area")}, "found mode=area, expected nearest, linear or cubic");
  refused({"x", "", "two"}, {mode("cubic"), real("cubic_coeff_a", -0.6f)},
          "cubic_coeff_a=-0.6, expected -0.75 or -0.5");
  refused({"x", "", "two"}, {where("tf_crop_and_resize")}, "expected one without a region of interest");
  refused({"x", "", "two"}, {round_to("even")}, "found nearest_mode=even, expected round_prefer_floor");
  refused({"x", "", "channels"}, nearest, "found scales [1,2,2,2], expected those of channels and pictures to be 1");
  refused({"x", "", "x"}, nearest, "computed scales, expected constants");
  refused({"x"}, nearest, "0 scales and 0 sizes, expected the one or the other for 4 axes");
  refused({"x", "", "", "sizes"}, nearest, "sizes for a picture whose own is not fixed");
  refused({"x", "", "two"}, {integer("antialias", 1)}, "antialias=1, expected 0");
  refused({"x", "", "two"}, {integer("exclude_outside", 1)}, "exclude_outside=1, expected 0");
  CHECK(
      contains(layers({"x", "", "two"}, {list("axes", {2, 3})}, open, 17), "the attribute `axes`, expected none such"));
  refused({"x", "", "", "all"}, {policy("not_smaller")}, "found scales [4,4,4,4]", fixed);
  refused({"x", "", "", "places"}, {picture, policy("other")},
          "found keep_aspect_ratio_policy=other, expected stretch, not_larger or not_smaller", fixed);
  refused({"x", "", "", "places"}, {picture}, "whose own is not fixed");
  refused({"x", "", "", "places"}, {picture, policy("not_larger")}, "not_larger that rounds a side up", {1, 2, 20, 32});
  refused({"x", "", "", "four"}, {}, "found scales [1,2,2,4]", fixed);
  refused({"x", "", "", "batch"}, {}, "found scales [2,1,2,4]", fixed);
  refused({"x", "", "two"}, {list("axes", {2, 2})}, "found an axis twice", fixed);
  refused({"x", "", "two"}, {list("axes", {2, 4})}, "found axis 4 of 4", fixed);
  refused({"x", "", "sides"}, {}, "found 2 scales and 0 sizes, expected the one or the other for", fixed);
  refused({"x", "", "sides", "places"}, {picture}, "found 2 scales and 2 sizes", fixed);
  refused({"x", "", "half"}, linear, "found a scale of 0.5 that leaves nothing of 1", {1, 2, 1, 4});
  const auto scaled = [](float scale, const Attributes& attributes, const Shape& input = open) {
    return read({"x", "", "s"}, attributes, input, 18, "", {floats("s", {4}, {1, 1, 1, scale})}).layers;
  };
  for (const float scale : {0.0f, -1.0f, 1e-6f, 1e6f, 3000.123f}) {
    CHECK(contains(scaled(scale, linear), "expected ratios of numbers from 1 to 65536"));
  }
  const std::string infinite = scaled(HUGE_VALF, linear);
  CAPTURE(infinite);
  CHECK(contains(infinite, "expected"));
}

TEST_CASE("onnx resize: sides that grow beyond any number are refused") {
  // 2^30 rows, 2^46, 2^62; then a policy that asks for 5/2^16 of these.
  const ProtobufWriter picture = list("axes", {2, 3});
  const auto bytes = bytes_of(
      model(Graph{.nodes = {node("Resize", "a", {"x", "", "largest"}, "b"),
                            node("Resize", "b", {"b", "", "largest"}, "c"),
                            node("Resize", "r", {"c", "", "", "sizes"}, "y", {picture, policy("not_larger")})},
                  .tensors = {floats("largest", {4}, {1, 1, 65536, 1}), integers("sizes", {Index{5} << 46, 4})},
                  .inputs = {value("x", {1, 2, Index{1} << 30, 4})},
                  .opset = 18})
          .text());
  const auto file = ochre::read_onnx(bytes, {});
  REQUIRE(!file);
  CAPTURE(file.error().message());
  CHECK(contains(file.error().message(), "node r (Resize): found a size beyond any picture"));
}

TEST_CASE("onnx resize: what a scale's rounding would decide is refused") {
  const auto scaled = [](float scale, const Attributes& attributes, const Shape& input = open) {
    return read({"x", "", "s"}, attributes, input, 19, "", {floats("s", {4}, {1, 1, 1, scale})}).layers;
  };
  const std::string doubt = "that the scale's rounding decides, where runtimes disagree";
  CHECK(contains(scaled(0.6f, nearest), doubt));  // 3/0.6 may be below 5
  CHECK(scaled(0.75f, nearest).starts_with("resize"));
  CHECK(scaled(0.6f, nearest, {1, 2, 4, 5}).starts_with("resize"));  // three columns, 0 to 2
  CHECK(contains(scaled(0.6f, nearest, {1, 2, 4, 7}), doubt));
  const std::string part = "leaves a part of a pixel, where specification and runtimes disagree";
  CHECK(scaled(0.6f, {where("align_corners")}, {1, 2, 4, 5}).starts_with("resize"));
  CHECK(contains(scaled(0.6f, {mode("linear"), where("align_corners")}, {1, 2, 4, 6}), part));
  CHECK(contains(scaled(0.5f, {mode("linear"), where("align_corners")}), part));
  CHECK(layers({"x", "", "", "least"}, {mode("linear"), where("align_corners")}, {1, 2, 7, 10}).starts_with("resize"));
  CHECK(scaled(0.6f, {}).starts_with("resize"));  // centres never lie half way, as 5 is odd
  CHECK(contains(scaled(0.6f, {round_to("floor")}), doubt));
  CHECK(contains(scaled(1 / 3.0f, {round_to("ceil")}), doubt));
  CHECK(contains(scaled(0.75f, {where("half_pixel_symmetric")}), doubt));
  CHECK(scaled(0.75f, {where("half_pixel_symmetric")}, {1, 2, 4, 8}).starts_with("resize"));
  CHECK(scaled(0.75f, {mode("linear"), where("half_pixel_symmetric")}).starts_with("resize"));
  // The length: 8 in exact numbers, 7 by a float below 8/25.
  const float below = 8.0f / 25;
  if (static_cast<float>(25) * below < 8.0f)
    CHECK(contains(scaled(below, linear, {1, 2, 4, 25}), "whose length would be"));
}

TEST_CASE("onnx resize: the ratio that a scale means") {
  CHECK(ratio_of(0.6f) == Ratio{3, 5});
  CHECK(ratio_of(2.0f) == Ratio{2, 1});
  CHECK(ratio_of(1 / 3.0f) == Ratio{1, 3});
  CHECK(ratio_of(4 / 3.0f) == Ratio{4, 3});
  CHECK(ratio_of(1.0f / 65536) == Ratio{1, 65536});
  for (const float none : {0.0f, -0.5f, HUGE_VALF, std::nanf(""), 65537.0f, 1.0f / 65537, 1e-30f}) {
    CHECK_FALSE(ratio_of(none));
  }
  for (ochre::Index p = 1; p < 60; ++p) {
    for (ochre::Index q = 1; q < 60; ++q) {
      const auto ratio = ratio_of(static_cast<float>(p) / static_cast<float>(q));
      REQUIRE(ratio);
      CHECK(ratio->numerator * q == p * ratio->denominator);
      CHECK(ratio_of(3 * p, 3 * q) == ratio);
    }
  }
  CHECK_FALSE(ratio_of(65537, 2));
  CHECK(ratio_of(65536 * 4, 4) == Ratio{65536, 1});
}

}  // namespace resize_test
