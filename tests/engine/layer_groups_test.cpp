// Which layers become one group, that a step of the engine computes: only chains that nobody else reads and nobody
// asked to keep.
#include <doctest/doctest.h>

#include <ochre/engine/layer_groups.hpp>
#include <ochre/network/description_parser.hpp>

#include "support/engine_network.hpp"

namespace {

using namespace ochre;

// "conv a+ra | readable t": kind and layers of each step.
std::string steps(const std::string& text, const std::string& wanted = {}, bool keep_all = false) {
  const auto network = parse_network(text).value();
  const Index layer = wanted.empty() ? network.output : network.find(wanted).value();
  std::string all;
  for (const auto& group : engine::layer_groups(network, layer, keep_all)) {
    const char* const kinds[] = {"conv ", "head ", "sum ", "concat ", "upsample ", "import ", "readable "};
    all += (all.empty() ? "" : " | ") + std::string(kinds[static_cast<int>(group.kind)]);
    for (std::size_t i = 0; i < group.layers.size(); ++i) {
      all += (i > 0 ? "+" : "") + network.layers[static_cast<std::size_t>(group.layers[i])].name;
    }
  }
  return all;
}

// A network of those lines, whose output is the last one's.
std::string lines(const std::string& body, const std::string& output) {
  return "network n\ninput x channels=4\n" + body + "\noutput " + output + "\n";
}

TEST_CASE("chains of convolution, batch norm and rectifier are one step") {
  CHECK(steps(test::chain.text) ==
        "import s | conv a+ra+na | conv b+nb+rb | conv c | conv d+rd | conv f+nf+rf+mf | conv e | readable t | "
        "readable u");
  CHECK(steps(lines("conv2d a out=4 kernel=1\nbatch_norm b\nbatch_norm c", "c")) == "conv a+b | readable c");
  CHECK(steps(lines("conv2d a out=4 kernel=1\nrelu b\nrelu c", "c")) == "conv a+b | readable c");
  CHECK(steps(lines("conv2d a out=4 kernel=1\nrelu b\nbatch_norm c\nbatch_norm d", "d")) == "conv a+b+c | readable d");
  CHECK(steps(lines("conv2d a out=4 kernel=1\nbatch_norm b\nrelu c\nbatch_norm d\nrelu e", "e")) ==
        "conv a+b+c+d | readable e");
  CHECK(steps(lines("conv2d a out=4 kernel=1\ntanh b\nrelu c", "c")) == "conv a | readable b | readable c");
  CHECK(steps(lines("conv_transpose2d a out=4 kernel=2 stride=2\nleaky_relu b slope=0.1\nbatch_norm c", "c")) ==
        "conv a+b+c");
  CHECK(steps(lines("batch_norm a\nrelu b", "b")) == "readable a | readable b");
}

TEST_CASE("what is read elsewhere, or wanted, is not swallowed") {
  CHECK(steps(test::branches.text) ==
        "conv a+ra | conv b+nb | sum sum+rs | conv c | upsample up | readable cat | conv d | sum twice | conv e");
  const auto text = lines("conv2d a out=4 kernel=1\nbatch_norm b\nrelu c\nbatch_norm d", "d");
  CHECK(steps(text, "d") == "conv a+b+c+d");
  CHECK(steps(text, "c") == "conv a+b+c");
  CHECK(steps(text, "b") == "conv a+b");
  CHECK(steps(text, "a") == "conv a");
  CHECK(steps(text, "d", true) == "conv a | readable b | readable c | readable d");
  CHECK(steps(lines("conv2d a out=4 kernel=1\nrelu b\nadd c from=b,a", "c")) == "conv a | readable b | readable c");
  CHECK(steps(lines("conv2d a out=4 kernel=1\nadd c from=x,a", "c")) == "conv a | readable c");
  // A reader that is not needed does not count.
  CHECK(steps(lines("conv2d a out=4 kernel=1\nrelu b\nadd c from=b,a", "c"), "b") == "conv a+b");
}

TEST_CASE("sums of what convolutions and sums give keep their layout, and take a rectifier with them") {
  const std::string start = "conv2d a out=4 kernel=1\nconv2d b out=4 kernel=1 from=x\nadd c from=a,b\n";
  CHECK(steps(lines(start + "leaky_relu d slope=0.1\nadd e from=d,a\nadd f from=e,d,b\ntanh g", "g")) ==
        "conv a | conv b | sum c+d | sum e | sum f | readable g");
  CHECK(steps(lines(start + "relu d\nbatch_norm e", "e")) == "conv a | conv b | sum c+d | readable e");
  CHECK(steps(lines(start + "relu d", "d"), "d", true) == "conv a | conv b | sum c | readable d");
  CHECK(steps(lines("conv2d a out=4 kernel=1\ntanh t\nadd c from=a,t", "c")) == "conv a | readable t | readable c");
}

TEST_CASE("what a concat or an upsample reads in the convolutions' layout stays in it") {
  const std::string start = "conv2d a out=4 kernel=1\nconv2d b out=4 kernel=1 from=x\n";
  CHECK(steps(lines(start + "concat c from=a,b\nupsample d factor=2\nconv2d e out=4 kernel=1", "e")) ==
        "conv a | conv b | concat c | upsample d | conv e");
  CHECK(steps(lines(start + "concat c from=a,x", "c")) == "conv a | readable c");
  CHECK(steps(lines("upsample a factor=2\nconv2d b out=4 kernel=1", "b")) == "readable a | conv b");
}

TEST_CASE("groups are left to the readable engine") {
  CHECK(steps(test::odd.text) == "readable n0 | readable g | readable r | conv h+l+m | readable k | conv q");
}

TEST_CASE("only a scale of the input is done while it is copied") {
  CHECK(steps(test::inputs.text) ==
        "readable sum | conv a | import s | conv b | readable v | readable c | conv d | conv f | sum e+r");
}

TEST_CASE("the colour head: logits, softmax, mean, perhaps a scale; nothing of it read elsewhere") {
  CHECK(steps(test::colors.text) == "conv a+ra | head q+p+ab+k | readable z");
  const std::string start = "conv2d q out=9 kernel=1\nsoftmax p\n";
  CHECK(steps(lines(start + "conv2d m out=2 kernel=1", "m")) == "head q+p+m");
  CHECK(steps(lines(start + "conv2d m out=2 kernel=1\nrelu r", "r")) == "head q+p+m | readable r");
  CHECK(steps(lines(start + "conv2d m out=2 kernel=1", "m"), "m", true) == "conv q | readable p | conv m");
  CHECK(steps(lines(start + "conv2d m out=2 kernel=1", "m"), "p") == "conv q | readable p");
  CHECK(steps(lines(start + "conv2d m out=2 kernel=1\nscale s factor=2\nadd t from=m,s", "t")) ==
        "head q+p+m | readable s | readable t");
  CHECK(steps(lines(start + "conv2d m out=3 kernel=1", "m")) == "conv q | readable p | conv m");
  CHECK(steps(lines(start + "conv2d m out=2 kernel=3", "m")) == "conv q | readable p | conv m");
  CHECK(steps(lines("conv2d q out=9 kernel=3\nsoftmax p\nconv2d m out=2 kernel=1", "m")) ==
        "conv q | readable p | conv m");
  CHECK(steps(lines(start + "conv2d m out=2 kernel=1 padding=1", "m")) == "conv q | readable p | conv m");
  CHECK(steps(lines(start + "conv2d m out=2 kernel=1\nconcat c from=m,p", "c")) ==
        "conv q | readable p | conv m | readable c");
}

}  // namespace
