// The verb import, as a user calls it; what each format may hold is tested with its reader.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <ochre/weights/store.hpp>

#include "support/onnx_writer.hpp"
#include "support/program.hpp"
#include "support/tiny_model.hpp"

using namespace ochre;
using namespace ochre::test;
using Json = nlohmann::ordered_json;

namespace {

// A bare state dict of the tiny model's tensors, and its network as a text beside it.
struct Files {
  Files() {
    const TinyModel tiny;
    const auto weight = little_endian_bytes(tiny.slope);
    const auto bias = little_endian_bytes(tiny.bias);
    const std::vector<TensorEntry> tensors{{"colours.weight", Dtype::f32, {2, 1, 1, 1}, weight},
                                           {"colours.bias", Dtype::f32, {2}, bias}};
    const auto bytes = write_safetensors(tensors).value();
    write("dict.safetensors", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    write("tiny.txt", tiny.network);
    write("own.safetensors", tiny.bytes());
  }

  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder.path(name), std::ios::binary) << content;
  }
  Words import(const std::string& source, Words more = {}) const {
    more.insert(more.begin(), {"import", folder.path(source), "-o", folder.path("model.safetensors")});
    return more;
  }
  bool has_model() const { return std::ifstream(folder.path("model.safetensors")).good(); }

  TemporaryFolder folder;
};

// An ONNX model of one convolution, and what comes behind it.
std::string one_convolution(const ProtobufWriter& weight, std::string_view behind = {}) {
  const onnx::Graph graph{.nodes = {onnx::node("Conv", "c", {"x", "w"}, "y")}, .tensors = {weight}};
  return onnx::model(graph).text() + std::string(behind);
}

}  // namespace

TEST_CASE("import: a state dict and a network's text become a model that verifies") {
  Files files;
  const Outcome run = run_program(files.import("dict.safetensors", {"--network", files.folder.path("tiny.txt")}));
  CAPTURE(run.err);
  CHECK(run.code == 0);
  CHECK(run.out.find("tiny, 2 layers, 4 parameters") != std::string::npos);
  const std::string model = files.folder.path("model.safetensors");
  CHECK(run_program({"verify", model}).out.find("2 of 2 layers hold") != std::string::npos);
  const std::string first = content_of(model);
  CHECK(run_program(files.import("dict.safetensors", {"--network", files.folder.path("tiny.txt")})).code == 0);
  CHECK(content_of(model) == first);
  const Json info = Json::parse(run_program({"info", model, "--json"}).out);
  CHECK(info["source"].get<std::string>().find("Imported from dict.safetensors, a safetensors file") == 0);
}

TEST_CASE("import: a model of ochre's own keeps what it says of itself") {
  Files files;
  CHECK(run_program(files.import("own.safetensors")).code == 0);
  const std::string model = files.folder.path("model.safetensors");
  const Json info = Json::parse(run_program({"info", model, "--json"}).out);
  CHECK(info["source"] == "tests");
  CHECK(info["licence"] == "MIT");
  CHECK(info["proof"] == true);
  CHECK(run_program({"verify", model}).code == 0);
}

TEST_CASE("import: half the space, and what that does to each layer") {
  Files files;
  for (const char* dtype : {"float16", "bfloat16"}) {
    const Outcome run =
        run_program(files.import("dict.safetensors", {"--network", files.folder.path("tiny.txt"), "--dtype", dtype}));
    CAPTURE(run.err);
    CHECK(run.code == 0);
    CHECK(run.out.find(std::string("by storing ") + dtype) != std::string::npos);
    CHECK(run.out.find("colours                     conv2d                     0\n") != std::string::npos);  // exact
    const Json info = Json::parse(run_program({"info", files.folder.path("model.safetensors"), "--json"}).out);
    CHECK(info["tensors"][0]["dtype"] == (dtype == std::string("float16") ? "F16" : "BF16"));
    CHECK(run_program({"verify", files.folder.path("model.safetensors")}).code == 0);
  }
}

TEST_CASE("import: --list prints the tensors and writes nothing") {
  Files files;
  const Outcome run = run_program({"import", files.folder.path("dict.safetensors"), "--list"});
  CHECK(run.code == 0);
  CHECK(run.out.find("a safetensors file, 2 tensors") == 0);
  CHECK(run.out.find("colours.weight") != std::string::npos);
  CHECK(run.out.find("F32  [2,1,1,1]") != std::string::npos);
  CHECK_FALSE(files.has_model());
}

TEST_CASE("import: an ONNX graph that is refused shows its tensors, and all that it is refused for") {
  Files files;
  const onnx::Graph graph{.nodes = {onnx::node("Conv", "c", {"x", "w"}, "a"), onnx::node("Gemm", "g", {"a", "w"}, "b"),
                                    onnx::node("Gelu", "h", {"b"}, "d"), onnx::node("Gelu", "i", {"d"}, "y")},
                          .tensors = {onnx::filled("w", {1, 2, 1, 1})}};
  files.write("strange.onnx", onnx::model(graph).text());
  const Outcome refused = run_program(files.import("strange.onnx"));
  CHECK(refused.code == 3);
  CHECK(
      refused.says("node g (Gemm): found an operator that none of ochre's layers computes; not understood either: 2 "
                   "Gelu\n"));
  const Outcome listed = run_program({"import", files.folder.path("strange.onnx"), "--list"});
  CHECK(listed.code == 0);
  CHECK(listed.out.find("an ONNX model (opset 17), 1 tensors") == 0);
  CHECK(listed.out.find("F32  [1,2,1,1]") != std::string::npos);
}

TEST_CASE("import: a graph of no known colorizer becomes one by its text and a head") {
  Files files;
  const onnx::Graph graph{.nodes = {onnx::node("Conv", "ab", {"x", "w"}, "y")},
                          .tensors = {onnx::filled("w", {2, 1, 1, 1}, 0.25f)},
                          .inputs = {onnx::value("x", {1, 1, 8, 8})}};
  files.write("ab.onnx", onnx::model(graph).text());
  const Outcome imported = run_program(files.import("ab.onnx"));
  CHECK(imported.code == 0);
  CHECK(imported.says("it runs, but has no `head` to make colours"));
  CHECK(imported.says("a line such as `head ab layer=ab`"));
  const std::string model = files.folder.path("model.safetensors");
  const Outcome text = run_program({"info", model, "--text"});
  CHECK(text.out ==
        "network imported\ninput x channels=1\n\nconv2d ab from=x out=2 kernel=1 bias=false\n\noutput ab\n");
  const std::string picture = OCHRE_TEST_DATA "/../../examples/pictures/china.jpg";
  CHECK(run_program({"colorize", picture, "--model", model, "-o", files.folder.path("o.png")}).says("no `head`"));
  files.write("colours.txt", text.out + "head ab layer=ab\n");
  const std::string colorizer = files.folder.path("colorizer.safetensors");
  CHECK(run_program({"import", model, "--network", files.folder.path("colours.txt"), "-o", colorizer}).code == 0);
  CHECK(run_program({"verify", colorizer}).code == 0);
  const Outcome coloured =
      run_program({"colorize", picture, "--model", colorizer, "-o", files.folder.path("o.png"), "--quiet"});
  CAPTURE(coloured.err);
  CHECK(coloured.code == 0);
}

TEST_CASE("import: a network of one size has its proof on that") {
  Files files;
  const onnx::Graph graph{
      .nodes = {onnx::node("Conv", "a", {"x", "w"}, "b", {onnx::list("strides", {7, 7})}),
                onnx::node("Resize", "u", {"b", "", "s"}, "d"), onnx::node("Sub", "r", {"x", "d"}, "y")},
      .tensors = {onnx::filled("w", {1, 1, 7, 7}, 0.0625f), onnx::floats("s", {4}, {1, 1, 7, 7})},
      .inputs = {onnx::value("x", {1, 1, 14, 21})}};
  files.write("sevens.onnx", onnx::model(graph).text());
  const Outcome imported = run_program(files.import("sevens.onnx", {"--quiet"}));
  CAPTURE(imported.err);
  CHECK(imported.code == 0);
  CHECK(run_program({"info", files.folder.path("model.safetensors")}).out.find("of 4 layers on an input [1,1,14,21]") !=
        std::string::npos);
  CHECK(run_program({"verify", files.folder.path("model.safetensors")}).code == 0);
}

TEST_CASE("import: without a proof there is nothing to verify") {
  Files files;
  CHECK(run_program(
            files.import("dict.safetensors", {"--network", files.folder.path("tiny.txt"), "--no-proof", "--quiet"}))
            .out.empty());
  CHECK(run_program({"verify", files.folder.path("model.safetensors")}).code == 1);
}

TEST_CASE("import: a network beyond what a proof may take is refused, or imported without one") {
  Files files;
  TinyModel tower;
  tower.network.insert(tower.network.find("output"), "upsample wide from=normalise factor=43000\n");
  files.write("tower.safetensors", tower.bytes());
  const Outcome refused = run_program(files.import("tower.safetensors"));
  CHECK(refused.code == 3);
  CHECK(refused.says("tower.safetensors: proof: the layers on an input [1,1,24,40] take"));
  CHECK_FALSE(files.has_model());
  const Outcome without = run_program(files.import("tower.safetensors", {"--no-proof", "--dtype", "float16"}));
  CHECK(without.code == 0);
  CHECK(without.says("what float16 does to the layers is not measured: proof: the layers"));
  CHECK(files.has_model());
}

TEST_CASE("import: what cannot be used is named, and nothing is written") {
  Files files;
  files.write("page.pth", "<!DOCTYPE html><html>404</html>");
  files.write("wrong.txt", "network tiny\ninput lightness channels=1\nconv2d colours out=3 kernel=1\noutput colours\n");
  const auto refused = [&](const Words& words, int code, const std::string& message) {
    const Outcome run = run_program(words);
    CAPTURE(run.err);
    CHECK(run.code == code);
    CHECK(run.err.find(message) != std::string::npos);
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    CHECK_FALSE(files.has_model());
  };
  refused(files.import("page.pth"), 3, "page.pth: found an HTML page");
  refused(files.import("none.pth"), 3, "none.pth");
  refused(files.import("dict.safetensors"), 3,
          "found 2 tensors such as colours.bias, colours.weight, expected those of eccv16, siggraph17 or street; of "
          "another network its text helps, by --network, or an ONNX export\n");
  refused(files.import("dict.safetensors", {"--network", files.folder.path("wrong.txt")}), 3,
          "tensor colours.weight: found shape [2,1,1,1], expected shape [3,1,1,1]");
  refused(files.import("dict.safetensors", {"--network", "eccv61"}), 3, "network eccv61: found no such name or file");
  refused({"import", files.folder.path("dict.safetensors")}, 2, "-o is missing");
  refused({"import", files.folder.path("dict.safetensors"), "--network", files.folder.path("tiny.txt"), "-o",
           files.folder.path("no/folder/model.safetensors")},
          3, "no/folder");
}

TEST_CASE("import: a file of gigabytes for a network of a few bytes is refused") {
  Files files;
  const ProtobufWriter weight = onnx::filled("w", {1, 2, 1, 1});
  files.write("small.onnx", one_convolution(weight));
  CHECK(run_program(files.import("small.onnx", {"--quiet"})).code == 0);
  // A field that nobody knows, of zeros that lie on no disk.
  constexpr std::uint64_t size = std::uint64_t{8} << 30;
  files.write("large.onnx", one_convolution(weight, ProtobufWriter().tag(99, 2).number(size).text()));
  const std::string path = files.folder.path("large.onnx");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) + size);
  const Outcome run = run_program(files.import("large.onnx"));
  CAPTURE(run.err);
  CHECK(run.code == 3);
  CHECK(run.says("large.onnx: found a file of 8589934"));
  CHECK(run.says("as imported needs 8 of them"));
}

TEST_CASE("import: a model's data is not read through a link that leads out of its folder") {
  Files files;
  const TemporaryFolder outside;
  outside.write("w.data", std::string(8, '\0'));
  ProtobufWriter weight = onnx::tensor_head("w", {1, 2, 1, 1}, 1).varint(14, 1);
  weight.message(13, ProtobufWriter().bytes(1, "location").bytes(2, "w.data"));
  files.write("external.onnx", one_convolution(weight));
  std::filesystem::create_symlink(outside.path("w.data"), files.folder.path("w.data"));
  const Outcome run = run_program(files.import("external.onnx"));
  CAPTURE(run.err);
  CHECK(run.code == 3);
  CHECK(run.says("w.data: found a symbolic link, expected a file that lies there itself"));
  std::filesystem::remove(files.folder.path("w.data"));
  files.write("w.data", std::string(8, '\0'));
  CHECK(run_program(files.import("external.onnx", {"--quiet"})).code == 0);
}
