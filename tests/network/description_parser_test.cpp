// The network text: what it says is understood, and whatever is wrong is named with its line.
#include <doctest/doctest.h>

#include <string>

#include <ochre/models/eccv16.hpp>
#include <ochre/models/siggraph17.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/description_parser.hpp>

namespace {

using namespace ochre;

const std::string head = "network n\ninput x channels=3\n";

void check_refused(const std::string& text, const std::string& where, const std::string& what) {
  CAPTURE(text);
  const auto network = parse_network(text);
  REQUIRE(!network);
  INFO(network.error().message());
  CHECK(network.error().message().find(where) != std::string::npos);
  CHECK(network.error().message().find(what) != std::string::npos);
}

TEST_CASE("description: layers, their inputs, channels, tensors and shapes") {
  const auto network = parse_network(
      "# a comment\nnetwork tiny\n\ninput x channels=4\n"
      "conv2d a out=6 kernel=3x5 stride=2x1 padding=1x2 groups=2   # half of the channels each\n"
      "relu b\n"
      "conv_transpose2d c out=8 kernel=2 stride=2 from=a bias=false\n"
      "upsample d factor=2 from=b\nconcat e from=c,d\nbatch_norm f\noutput f\n");
  REQUIRE(network);
  CHECK(network->name == "tiny");
  CHECK(network->layers.size() == 6);
  CHECK(network->find("e") == 4);
  CHECK(!network->find("x"));
  CHECK(network->layers[2].inputs == std::vector<Index>{0});
  CHECK(network->layers[4].inputs == std::vector<Index>{2, 3});
  const auto tensors = network->tensors();
  REQUIRE(tensors.size() == 7);
  CHECK(tensors[0].name == "a.weight");
  CHECK(tensors[0].shape == std::vector<Index>{6, 2, 3, 5});
  CHECK(tensors[2].name == "c.weight");
  CHECK(tensors[2].shape == std::vector<Index>{6, 8, 2, 2});
  CHECK(network->parameters() == 6 * 2 * 15 + 6 + 6 * 8 * 4 + 4 * 14);
  const auto shapes = network->shapes({2, 4, 8, 7});
  REQUIRE(shapes);
  CHECK(shapes->at(0) == Shape{2, 6, 4, 7});
  CHECK(shapes->at(5) == Shape{2, 14, 8, 14});
  const auto macs = network->macs({2, 4, 8, 7});
  REQUIRE(macs);
  CHECK(macs->at(0) == 2.0 * 6 * 2 * 15 * 4 * 7);
}

TEST_CASE("description: the three models, with their published sizes") {
  const auto eccv16 = parse_network(models::eccv16);
  REQUIRE(eccv16);
  // 32,236,011 with the batch norms' affine, as published; their running statistics (2 x 2,496) come on top.
  CHECK(eccv16->parameters() == 32'236'011 + 2 * 2496);
  double sum = 0;
  for (const double macs : eccv16->macs({1, 1, 256, 256}).value()) sum += macs;
  CHECK(sum == doctest::Approx(41.77e9).epsilon(0.001));
  CHECK(eccv16->head.kind == HeadKind::distribution);
  CHECK(eccv16->layers[static_cast<std::size_t>(eccv16->head.layer)].name == "model8.6");

  const auto siggraph17 = parse_network(models::siggraph17);
  REQUIRE(siggraph17);
  CHECK(siggraph17->head.kind == HeadKind::ab);
  CHECK(siggraph17->normalised_lightness);
  CHECK(siggraph17->shapes({1, 4, 256, 256}));
  const auto odd = siggraph17->shapes({1, 4, 250, 250});  // the skips do not meet
  REQUIRE(!odd);
  CHECK(odd.error().message().find("expected the same size") != std::string::npos);

  const auto street = parse_network(models::street);
  REQUIRE(street);
  CHECK(street->head.kind == HeadKind::distribution);
  CHECK(street->parameters() * 2 < 12'000'000);  // bytes: the kernels are stored as float16
}

TEST_CASE("description: shapes that do not fit are errors of the layer") {
  const auto network = parse_network(head +
                                     "conv2d a out=1 kernel=5\nupsample b factor=65536\nupsample c factor=65536\n"
                                     "upsample d factor=65536\noutput d\n");
  REQUIRE(network);
  CHECK(network->shapes({1, 3, 4, 9}).error().message().find("layer a: the padded input 4x9") != std::string::npos);
  CHECK(network->shapes({1, 1, 9, 9}).error().message().find("expected 3 channels") != std::string::npos);
  CHECK(network->shapes({1, 3, 9, 9}).error().message().find("layer") != std::string::npos);
  CHECK(network->shapes({1, 3, 9, 9}).error().code == ErrorCode::too_large);
}

TEST_CASE("description: shapes of resized pictures, and those that have none") {
  const auto network = parse_network(head + "resize a scale=2/3x65536\nresize b scale=65536/7 from=x\noutput b\n");
  REQUIRE(network);
  const auto shapes = network->shapes({2, 3, 5, 4});
  REQUIRE(shapes);
  CHECK(shapes->at(0) == Shape{2, 3, 3, 4 * 65536});
  CHECK(shapes->at(1) == Shape{2, 3, 46811, 37449});
  CHECK(network->shapes({1, 3, 1, 9}).error().message().find("layer a: an input of 1x9 leaves no output pixel") !=
        std::string::npos);
  CHECK(network->shapes({1, 3, 9, Index{1} << 40}).error().message().find("layer a: the resized size overflows") !=
        std::string::npos);
}

TEST_CASE("description: shapes of pools, squares and slices, and inputs that they cannot take") {
  const auto network = parse_network(
      "network n\ninput x channels=12\nmax_pool a kernel=3x2 stride=2 padding=1x0 ceil=true\n"
      "average_pool b kernel=2 stride=3 from=x\ndepth_to_space c factor=2 order=dcr from=x\nclip d most=1 from=x\n"
      "channels e first=4 count=8 from=x\nglobal_average_pool f\noutput f\n");
  REQUIRE(network);
  const auto shapes = network->shapes({2, 12, 6, 7});
  REQUIRE(shapes);
  CHECK(shapes->at(0) == Shape{2, 12, 4, 4});
  CHECK(shapes->at(1) == Shape{2, 12, 2, 2});
  CHECK(shapes->at(2) == Shape{2, 3, 12, 14});
  CHECK(shapes->at(3) == Shape{2, 12, 6, 7});
  CHECK(shapes->at(4) == Shape{2, 8, 6, 7});
  CHECK(shapes->at(5) == Shape{2, 8, 1, 1});
  CHECK(network->tensors().empty());
  CHECK(network->macs({2, 12, 6, 7}).value()[1] == 2 * 12.0 * 4 * 2 * 2);
  const auto refusal = [](const std::string& layer, const Shape& input) {
    const auto shape = parse_network(head + layer + "\noutput a\n").value().shapes(input);
    return shape ? std::string() : shape.error().message();
  };
  CHECK(refusal("max_pool a kernel=3", {1, 3, 2, 9}) == "layer a: the padded input 2x9 is smaller than the kernel");
  CHECK(refusal("max_pool a kernel=3 stride=2 ceil=true", {1, 3, 2, 9}) == "");
  CHECK(refusal("average_pool a kernel=9 stride=2 ceil=true", {1, 3, 2, 9}) ==
        "layer a: the padded input 2x9 is smaller than the kernel");
  const std::string missing = " has a window whose dilated taps all miss the picture";
  CHECK(refusal("max_pool a kernel=2 padding=1 dilation=2", {1, 3, 9, 1}) == "layer a: the padded input 9x1" + missing);
  CHECK(refusal("max_pool a kernel=2 padding=1 dilation=2", {1, 3, 9, 2}) == "");
  CHECK(refusal("max_pool a kernel=3 padding=2 dilation=2", {1, 3, 1, 1}) == "");
  CHECK(refusal("max_pool a kernel=3 padding=2x0 dilation=3x1", {1, 3, 3, 3}) == "");
}

TEST_CASE("description: a table is of its own channels, and as high and wide as the picture, or 1") {
  const auto network = parse_network(head +
                                     "constant a channels=5\nconstant b channels=2 height=4 from=x\n"
                                     "constant c channels=7 height=4 width=9 from=a\noutput c\n");
  REQUIRE(network);
  const auto tensors = network->tensors();
  REQUIRE(tensors.size() == 3);
  CHECK(tensors[0].shape == std::vector<Index>{5, 1, 1});
  CHECK(tensors[1].shape == std::vector<Index>{2, 4, 1});
  CHECK(tensors[2].name == "c.weight");
  CHECK(tensors[2].shape == std::vector<Index>{7, 4, 9});
  const auto shapes = network->shapes({2, 3, 4, 9});
  REQUIRE(shapes);
  CHECK(shapes->at(0) == Shape{2, 5, 4, 9});
  CHECK(shapes->at(2) == Shape{2, 7, 4, 9});
  CHECK(network->shapes({1, 3, 5, 9}).error().message() ==
        "layer b: a table of 4x1 for a picture of 5x9, expected a height of 1 or 5 and a width of 1 or 9");
  const Error wide = network->shapes({1, 3, 4, 1}).error();
  CHECK(wide.code == ErrorCode::invalid_argument);
  CHECK(wide.message() == "layer c: a table of 4x9 for a picture of 4x1, expected a height of 1 or 4 and a width of 1");
  // What a text claims is a sum before it is memory.
  const auto largest = parse_network(head + "constant a channels=65536 height=65536 width=65536\noutput a\n");
  REQUIRE(largest);
  CHECK(largest->parameters() == Index{1} << 48);
  check_refused(head + "constant a\noutput a\n", "line 3", "`channels` is missing");
  check_refused(head + "constant a channels=0\noutput a\n", "line 3", "`channels=0`, expected a whole number from 1");
  check_refused(head + "constant a channels=1 height=0\noutput a\n", "line 3", "`height=0`");
  check_refused(head + "constant a channels=1 from=x,x\noutput a\n", "line 3", "2 inputs, expected one");
}

TEST_CASE("description: whatever is wrong is named with its line") {
  check_refused("", "network text", "no layer");
  check_refused("relu a\n", "line 1", "the first line must be `network NAME`");
  check_refused("network n\nrelu a\n", "line 2", "`input NAME channels=N` must come before");
  check_refused(head, "network text", "no layer");
  check_refused(head + "relu a\n", "network text", "no `output` line");
  check_refused(head + "network m\n", "line 3", "a second `network`");
  check_refused(head + "input y channels=1\n", "line 3", "a second `input`");
  check_refused("network n\ninput x\n", "line 2", "`channels` is missing");
  check_refused("network n\ninput x channels=0\n", "line 2", "`channels=0`, expected a whole number from 1");
  check_refused("network n\ninput x channels=1 lightness=loud\n", "line 2", "raw or normalised");
  check_refused(head + "relu\n", "line 3", "expected a kind and a name");
  check_refused(head + "relu a/b\n", "line 3", "letters, digits");
  check_refused(head + "conv_transpose2d a out=1 kernel=1 stride=65x64\n", "line 3", "expected a product up to 4096");
  check_refused(head + "pool a\n", "line 3", "unknown kind `pool`");
  check_refused(head + "relu x\n", "line 3", "`x` is taken");
  check_refused(head + "relu a\nrelu a\n", "line 4", "`a` is taken");
  check_refused(head + "relu a slope\n", "line 3", "expected key=value");
  check_refused(head + "relu a slope=1\n", "line 3", "unknown attribute `slope`, expected `from`");
  check_refused(head + "downsample a stride=2 slope=1\n", "line 3",
                "unknown attribute `slope`, expected `from`, `stride`");
  check_refused("network n slope=1\n", "line 1", "unknown attribute `slope`, expected none");
  check_refused(head + "leaky_relu a\n", "line 3", "`slope` is missing");
  check_refused(head + "leaky_relu a slope=nan\n", "line 3", "a finite number");
  check_refused(head + "conv2d a kernel=3\n", "line 3", "`out` is missing");
  check_refused(head + "conv2d a out=2 kernel=3 kernel=3\n", "line 3", "stands twice");
  check_refused(head + "conv2d a out=2 kernel=3 stride=0\n", "line 3", "`stride=0`");
  check_refused(head + "conv2d a out=2 kernel=-3\n", "line 3", "`kernel=-3`");
  check_refused(head + "conv2d a out=2 kernel=3x\n", "line 3", "`kernel=3x`");
  check_refused(head + "conv2d a out=99999999999999999999 kernel=3\n", "line 3", "from 1 to 65536");
  check_refused(head + "conv2d a out=2 kernel=3 groups=2\n", "line 3", "expected a multiple of groups=2");
  check_refused(head + "conv2d a out=3 kernel=3 groups=2\n", "line 3", "not a multiple of `groups`");
  check_refused(head + "conv2d a out=3 kernel=3 bias=maybe\n", "line 3", "true or false");
  check_refused(head + "batch_norm a eps=-1\n", "line 3", "`eps` is negative");
  check_refused(head + "upsample a factor=2 mode=cubic\n", "line 3", "nearest or bilinear");
  check_refused(head + "clip a\n", "line 3", "a: neither `least` nor `most`");
  check_refused(head + "clip a least=2 most=1\n", "line 3", "a: `least` is above `most`");
  check_refused(head + "clip a least=inf\n", "line 3", "a: `least=inf`, expected a finite number");
  check_refused(head + "max_pool a stride=2\n", "line 3", "a: the attribute `kernel` is missing");
  check_refused(head + "max_pool a kernel=2 ceil=1\n", "line 3", "a: `ceil=1`, expected true or false");
  check_refused(head + "max_pool a kernel=2x3 padding=1x2\n", "line 3", "a: `padding` is more than half");
  check_refused(head + "max_pool a kernel=1 padding=1\n", "line 3", "a: `padding` is more than half");
  check_refused(head + "max_pool a kernel=2 padding=2 dilation=2\n", "line 3", "a: `padding` is more than half");
  check_refused(head + "max_pool a kernel=2 count_padding=true\n", "line 3", "unknown attribute `count_padding`");
  check_refused(head + "average_pool a kernel=3 padding=2\n", "line 3", "a: `padding` is more than half");
  check_refused(head + "average_pool a kernel=3 dilation=2\n", "line 3", "unknown attribute `dilation`");
  check_refused(head + "global_average_pool a from=x,x\n", "line 3", "a: 2 inputs, expected one");
  check_refused(head + "global_average_pool a kernel=2\n", "line 3", "unknown attribute `kernel`");
  check_refused(head + "depth_to_space a factor=2\n", "line 3", "a: 3 channels, expected a multiple of 4");
  check_refused(head + "depth_to_space a factor=65536\n", "line 3", "a: 3 channels, expected a multiple of 4294967296");
  check_refused(head + "depth_to_space a factor=0\n", "line 3", "a: `factor=0`");
  check_refused(head + "depth_to_space a factor=1 order=cdr\n", "line 3", "a: `order=cdr`, expected crd or dcr");
  check_refused(head + "resize a\n", "line 3", "a: the attribute `scale` is missing");
  for (const char* scale : {"0", "1/0", "-1/2", "1/65537", "2/3x", "1/2/3", "0.5", "x1", ""}) {
    check_refused(
        head + "resize a scale=" + scale + "\n", "line 3",
        "a: `scale=" + std::string(scale) + "`, expected `3/4` or `1/2x3/4`, of whole numbers from 1 to 65536");
  }
  check_refused(head + "resize a scale=2 mode=linear\n", "line 3",
                "a: `mode=linear`, expected nearest, bilinear, bicubic or catmull_rom");
  check_refused(head + "resize a scale=2 mode=bilinear rounding=floor\n", "line 3",
                "a: `mode=bilinear`, expected nearest");
  check_refused(head + "resize a scale=2 coordinates=corners\n", "line 3",
                "a: `coordinates=corners`, expected half_pixel, ");
  check_refused(head + "channels a first=1\n", "line 3", "a: the attribute `count` is missing");
  check_refused(head + "channels a first=2 count=2\n", "line 3", "a: 3 channels, expected 4 or more");
  check_refused(head + "channels a first=3 count=1\n", "line 3", "a: 3 channels, expected 4 or more");
  check_refused(head + "channels a count=0\n", "line 3", "a: `count=0`");
  check_refused(head + "channels a first=-1 count=1\n", "line 3", "a: `first=-1`");
  check_refused(head + "relu a from=b\n", "line 3", "no layer `b` above");
  check_refused(head + "relu a from=x,x\n", "line 3", "2 inputs, expected one");
  check_refused(head + "add a\n", "line 3", "expected two or more");
  check_refused(head + "conv2d a out=2 kernel=1\nadd b from=a,x\n", "line 4", "expected the same number");
  check_refused(head + "relu a\noutput b\n", "line 4", "no such layer");
  check_refused(head + "relu a\noutput a\noutput a\n", "line 5", "a second `output`");
  check_refused(head + "relu a\noutput a\nrelu b\n", "line 5", "a layer after `output`");
  check_refused(head + "relu a\noutput a\nhead distribution layer=a\n", "line 5", "has 3 channels, expected 313");
  check_refused(head + "relu a\noutput a\nhead ab layer=a\n", "line 5", "has 3 channels, expected 2");
  check_refused(head + "relu a\noutput a\nhead ab layer=b\n", "line 5", "no layer `b`");
  check_refused(head + "relu a\noutput a\nhead tail layer=a\n", "line 5", "expected distribution or ab");
  check_refused(head + "conv2d a out=313 kernel=1\noutput a\nhead distribution layer=a temperature=0\n", "line 5",
                "`temperature` must be above 0");
  check_refused(head + std::string(2'000'000, ' '), "network text", "megabyte");
  std::string deep = head;
  for (int i = 0; i < 5000; ++i) deep += "relu a" + std::to_string(i) + "\n";
  check_refused(deep, "line 4099", "more than 4096 layers");
  std::string wide = head + "concat a from=x";
  for (int i = 0; i < 64; ++i) wide += ",x";
  check_refused(wide + "\n", "line 3", "more than 64 inputs");
}

TEST_CASE("description: a line is refused for its length before what stands on it is looked at") {
  check_refused(head + "relu a b=1 b=2\n", "line 3", "`b` stands twice");
  std::string line = head + "relu a";
  for (int i = 0; i < 17; ++i) line += " k" + std::to_string(i) + "=";
  check_refused(line + "\n", "line 3", "more than 16 attributes");
  CHECK(parse_network(line).error().code == ErrorCode::too_large);
  check_refused(line + " unread unread=\n", "line 3", "more than 16 attributes");
  std::string names = head + "add a from=y";
  for (int i = 0; i < 64; ++i) names += ",y" + std::to_string(i);
  check_refused(names + "\n", "line 3", "more than 64 inputs");
  // The longest line that a layer can have.
  CHECK(parse_network(head +
                      "conv_transpose2d a from=x out=2 kernel=4 stride=2 padding=1 dilation=1 groups=1 bias=true "
                      "output_padding=1\noutput a\n"));
}

TEST_CASE("description: a text without a last line break, with empty lines and with Windows' line breaks") {
  CHECK(parse_network(head + "relu a\n\n\r\noutput a"));
  CHECK(parse_network("network n\r\ninput x channels=3\r\nrelu a\r\noutput a\r\n"));
  check_refused(head + "relu a\n\n\noutput b", "line 6", "no such layer");
}

}  // namespace
