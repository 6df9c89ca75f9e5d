// Which network a file's tensors are of. The public networks stand here in full size, but all their weights are views
// of one piece of zeros.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/match_network.hpp>
#include <ochre/import/read_source.hpp>

using namespace ochre;

namespace {

class Source {
 public:
  Source() : zeros_(4 * 512 * 512 * 9) {}

  // All tensors of a network.
  explicit Source(std::string_view text) : Source() {
    const auto network = parse_network(text).value();
    for (const auto& tensor : network.tensors()) add(tensor.name, tensor.shape);
  }

  void add(const std::string& name, const std::vector<Index>& shape) {
    const auto bytes = detail::byte_length(Dtype::f32, shape).value();
    file.tensors.push_back({name, Dtype::f32, shape, std::span(zeros_).first(static_cast<std::size_t>(bytes))});
  }

  void add(const std::string& name, const std::vector<Index>& shape, float value) {
    add(name, shape);
    const std::vector<float> values(file.tensors.back().bytes.size() / 4, value);
    file.tensors.back().bytes = file.owned.emplace_back(little_endian_bytes(values));
  }

  void retype(const std::string& name, Dtype dtype) {
    for (TensorEntry& tensor : file.tensors) {
      if (tensor.name == name) tensor.dtype = dtype;
    }
  }

  void remove(const std::string& name) {
    std::erase_if(file.tensors, [&](const TensorEntry& tensor) { return tensor.name == name; });
  }

  SourceFile file;

 private:
  std::vector<std::byte> zeros_;
};

// The Caffe layers of a network: each of ours under its Caffe name, batch norms without weights of their own.
template <std::size_t Count>
void add_layers(Source& caffe, std::string_view text, const std::array<detail::LayerNames, Count>& names) {
  const auto network = parse_network(text).value();
  for (const auto& [theirs, ours] : names) {
    for (const RequiredTensor& tensor : network.layers[static_cast<std::size_t>(*network.find(ours))].tensors()) {
      const bool norm = theirs.ends_with("norm");
      const std::string name = tensor.name.substr(tensor.name.rfind('.'));
      if (norm && (name == ".weight" || name == ".bias")) continue;
      caffe.add(std::string(theirs) + name, tensor.shape);
    }
  }
}

Source caffe_eccv16() {
  Source caffe;
  caffe.add("bw_conv1_1.weight", {64, 1, 3, 3}, 0.5f);
  caffe.add("bw_conv1_1.bias", {64}, 0.25f);
  add_layers(caffe, models::eccv16, detail::caffe_trunk);
  add_layers(caffe, models::eccv16, detail::caffe_eccv16);
  caffe.add("conv8_313.weight", {313, 256, 1, 1}, 2.0f);
  caffe.add("conv8_313.bias", {313}, -1.0f);
  return caffe;
}

Source caffe_siggraph17() {
  Source caffe;
  caffe.add("bw_conv1_1.weight", {64, 1, 3, 3}, 0.5f);
  caffe.add("bw_conv1_1.bias", {64}, 0.25f);
  caffe.add("ab_conv1_1.weight", {64, 3, 3, 3}, 2.0f);
  caffe.add("ab_conv1_1.bias", {64}, 1.0f);
  add_layers(caffe, models::siggraph17, detail::caffe_trunk);
  add_layers(caffe, models::siggraph17, detail::caffe_siggraph17);
  caffe.add("conv1_2norm_ss.weight", {64, 1, 1, 1}, 1.0f);
  return caffe;
}

std::vector<float> values_of(const ImportedModel& model, std::string_view name) {
  for (const TensorEntry& tensor : model.tensors) {
    if (tensor.name != name) continue;
    std::vector<float> values(tensor.bytes.size() / 4);
    REQUIRE(convert_to(tensor, values));
    return values;
  }
  FAIL("no tensor " << name);
  return {};
}

bool fits(const Result<ImportedModel>& model) {
  return model && check_catalogue(model->tensors, model->network.tensors()).ok();
}

bool says(const Result<ImportedModel>& model, std::string_view words) {
  INFO((model ? "no error" : model.error().message()));
  CHECK_FALSE(model);
  return !model && model.error().message().find(words) != std::string::npos;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

TEST_CASE("match_network: a state dict is known by its names") {
  for (const auto text : models::known_networks) {
    Source source(text);
    source.file.in_order = false;
    std::reverse(source.file.tensors.begin(), source.file.tensors.end());
    const auto model = match_network(source.file);
    REQUIRE(fits(model));
    CHECK(model->network.text == text);
  }
}

TEST_CASE("match_network: what is missing, too much or misshapen is named") {
  Source missing(models::eccv16);
  missing.remove("model5.2.bias");
  CHECK(says(match_network(missing.file), "as network eccv16: tensor model5.2.bias: found none"));
  Source extra(models::eccv16);
  extra.add("model9.0.weight", {3});
  CHECK(says(match_network(extra.file), "tensor model9.0.weight: found shape [3], expected no such tensor"));
  Source misshapen(models::siggraph17);
  misshapen.remove("model1.0.weight");
  misshapen.add("model1.0.weight", {64, 1, 3, 3});
  CHECK(
      says(match_network(misshapen.file), "tensor model1.0.weight: found shape [64,1,3,3], expected shape [64,4,3,3]"));
  Source strange;
  strange.add("encoder.0.kernel", {3, 3});
  CHECK(says(match_network(strange.file), "found 1 tensors such as encoder.0.kernel, expected those of eccv16"));
}

TEST_CASE("match_network: training's leftovers are left out") {
  Source source(models::siggraph17);
  source.add("model1.4.num_batches_tracked", {});
  source.add("model_class.0.weight", {529, 256, 1, 1});
  const auto model = match_network(source.file);
  REQUIRE(fits(model));
  REQUIRE(model->notes.size() == 1);
  CHECK(model->notes[0].find("model_class.0.weight") != std::string::npos);
  for (const TensorEntry& tensor : model->tensors) CHECK(tensor.name.find("num_batches") == std::string::npos);
}

TEST_CASE("match_network: leftovers of another size than training's are not left out") {
  Source counted(models::eccv16);
  counted.add("model1.4.num_batches_tracked", {1000});
  CHECK(says(match_network(counted.file), "model1.4.num_batches_tracked: found a counter of shape [1000]"));
  const auto eccv16 = parse_network(models::eccv16).value();
  CHECK(says(match_network(counted.file, &eccv16), "found a counter of shape [1000] and 4000 bytes"));
  Source renamed;  // by order
  for (const auto& tensor : eccv16.tensors()) renamed.add("x." + tensor.name, tensor.shape);
  CHECK(fits(match_network(renamed.file)));
  renamed.add("x.model1.4.num_batches_tracked", {1000});
  CHECK_FALSE(match_network(renamed.file));

  Source other_shape(models::siggraph17);
  other_shape.add("model_class.0.weight", {529, 256, 3, 3});
  CHECK(says(match_network(other_shape.file),
             "model_class.0.weight: found shape [529,256,3,3], expected no such tensor"));
  Source more(models::siggraph17);
  more.add("model_class.0.more", {529});
  CHECK(says(match_network(more.file), "model_class.0.more: found shape [529], expected no such tensor"));
}

TEST_CASE("match_network: other names, the same order and shapes") {
  Source source(models::eccv16);
  for (TensorEntry& tensor : source.file.tensors) tensor.name = "net." + replaced(tensor.name, "model", "block");
  const auto model = match_network(source.file);
  REQUIRE(fits(model));
  CHECK(model->network.name == "eccv16");
  CHECK(model->notes.size() == 1);
  source.file.in_order = false;  // sorted by name: an order that says nothing
  CHECK_FALSE(match_network(source.file));
  source.file.in_order = true;
  std::rotate(source.file.tensors.begin(), source.file.tensors.begin() + 2, source.file.tensors.end());
  CHECK_FALSE(match_network(source.file));
}

TEST_CASE("match_network: Caffe's eccv16, with what its file does not hold") {
  const Source caffe = caffe_eccv16();
  const auto model = match_network(caffe.file);
  REQUIRE(fits(model));
  CHECK(model->network.text == models::eccv16);
  CHECK(values_of(*model, "model1.0.weight")[7] == 50.0f);
  CHECK(values_of(*model, "model1.0.bias")[7] == 0.25f);
  CHECK(values_of(*model, "model8.6.weight")[7] == static_cast<float>(2 * 2.606));
  CHECK(values_of(*model, "model8.6.bias")[7] == static_cast<float>(-2.606));
  CHECK(values_of(*model, "model3.6.weight")[255] == 1.0f);
  CHECK(values_of(*model, "model3.6.bias")[255] == 0.0f);
  const auto bins = values_of(*model, "model_out.weight");
  CHECK(bins[0] == static_cast<float>(-90.0 / 110));
  CHECK(bins[313] == static_cast<float>(50.0 / 110));

  Source stored = caffe_eccv16();
  stored.add("class8_ab.weight", {2, 313, 1, 1}, 11.0f);
  stored.add("data_l_meansub.bias", {1});  // of training: takes no part
  const auto own = match_network(stored.file);
  REQUIRE(fits(own));
  CHECK(values_of(*own, "model_out.weight")[5] == 0.1f);
}

TEST_CASE("match_network: Caffe's eccv16 of another release, or not whole") {
  Source other = caffe_eccv16();
  std::erase_if(other.file.tensors,
                [](const TensorEntry& tensor) { return tensor.name.find("norm") != std::string::npos; });
  CHECK(says(match_network(other.file), "without its batch norms, expected those of release v2"));
  Source missing = caffe_eccv16();
  missing.remove("conv4_2.weight");
  CHECK(says(match_network(missing.file), "tensor model4.2.weight: found none"));
}

TEST_CASE("match_network: Caffe's names over numbers that are none, or far too many") {
  // Every tensor that is computed with: of 4 bits, where a byte has no whole number of them, and of whole numbers.
  for (const Dtype dtype : {Dtype::f4, Dtype::f6_e2m3, Dtype::i8}) {
    for (const char* name : {"bw_conv1_1.weight", "bw_conv1_1.bias", "conv8_313.weight", "conv1_2norm.running_mean"}) {
      CAPTURE(name);
      Source caffe = caffe_eccv16();
      caffe.retype(name, dtype);
      CHECK_FALSE(match_network(caffe.file));
    }
    for (const char* name : {"bw_conv1_1.weight", "ab_conv1_1.weight", "conv1_2norm_ss.weight", "conv2_1.weight"}) {
      CAPTURE(name);
      Source caffe = caffe_siggraph17();
      caffe.retype(name, dtype);
      CHECK_FALSE(match_network(caffe.file));
    }
  }
  for (const char* name : {"bw_conv1_1.bias", "conv8_313.weight", "conv1_2norm.running_mean"}) {
    Source caffe = caffe_eccv16();
    caffe.remove(name);
    caffe.add(name, {(1 << 17) + 1});
    CHECK_FALSE(match_network(caffe.file));
  }
  Source incomplete = caffe_siggraph17();
  incomplete.remove("conv5_1.weight");
  CHECK(says(match_network(incomplete.file), "tensor model5.0.weight: found none"));
}

TEST_CASE("match_network: Caffe's siggraph17, whose first convolution is two") {
  const Source caffe = caffe_siggraph17();
  const auto model = match_network(caffe.file);
  REQUIRE(fits(model));
  CHECK(model->network.name == "siggraph17");
  CHECK(model->network.text.find("scale unnormalise factor=100\n") != std::string::npos);
  const auto weights = values_of(*model, "model1.0.weight");
  for (const std::size_t at : {0u, 8u, 36u, 44u}) CHECK(weights[at] == 50.0f);    // of L
  for (const std::size_t at : {9u, 35u, 45u, 71u}) CHECK(weights[at] == 220.0f);  // of a, b, mask
  CHECK(values_of(*model, "model1.0.bias")[3] == 1.25f);

  Source scaled = caffe_siggraph17();
  scaled.add("pred_ab.weight", {2}, 110.0f);
  CHECK(match_network(scaled.file).value().network.text.find("factor=110\n") != std::string::npos);
  Source blurred = caffe_siggraph17();
  blurred.add("conv2_2norm_ss.weight", {128, 1, 1, 1}, 0.5f);
  CHECK(says(match_network(blurred.file), "conv2_2norm_ss.weight: found other weights than 1"));
}

namespace {

// What is known in the tests of graphs: as the public networks, but small.
constexpr std::string_view known_text = R"(network known
input lightness channels=1
scale normalise factor=0.01 offset=-0.5
conv2d first out=4 kernel=3 stride=2 padding=1
relu first_relu
batch_norm norm
conv2d second out=4 kernel=3 padding=2 dilation=2
relu second_relu
add sum from=second_relu,norm
conv2d logits out=5 kernel=1
softmax softmax
conv2d ab out=2 kernel=1 bias=false
scale unnormalise factor=110
upsample larger factor=2 mode=bilinear
output larger
head ab layer=larger
)";

// A file that holds a graph, with numbers of a random generator.
Source graph_of(std::string_view network) {
  Source source;
  std::uint64_t state = 7;
  const std::string text(network.substr(0, network.find("head ")));
  for (const auto& tensor : parse_network(text).value().tensors()) {
    source.add(tensor.name, tensor.shape);
    std::vector<float> values(source.file.tensors.back().bytes.size() / 4);
    for (float& value : values) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      value = static_cast<float>(state >> 40) * 0x1p-24f - (tensor.name.ends_with("var") ? 0.0f : 0.5f);
    }
    source.file.tensors.back().bytes = source.file.owned.emplace_back(little_endian_bytes(values));
  }
  source.file.network = text;
  return source;
}

// The known network with these words changed in the graph.
Result<ImportedModel> matched(const std::string& from, const std::string& to) {
  const std::string text = replaced(std::string(known_text), from, to);
  CHECK(text != known_text);
  const Source source = graph_of(text);
  return detail::match_graph(source.file, std::span(&known_text, 1));
}

}  // namespace

TEST_CASE("match_network: a graph of a known network's layers gets that network's text") {
  const auto same = matched("first", "other_name");
  REQUIRE(fits(same));
  CHECK(same->network.text == known_text);
  // Enlarged before it is multiplied; a hundredth in float.
  const auto other_order =
      matched("scale unnormalise factor=110\nupsample larger factor=2 mode=bilinear\noutput larger",
              "upsample larger factor=2 mode=bilinear\nscale last factor=110\noutput last");
  REQUIRE(fits(other_order));
  CHECK(other_order->network.text == known_text);
  CHECK(matched("factor=0.01", "factor=0.009999999776482582").value().network.text == known_text);
}

TEST_CASE("match_network: a graph that computes something else keeps its own text") {
  const std::pair<std::string, std::string> changes[] = {
      {"relu second_relu", "leaky_relu second_relu slope=0.1"},
      {"relu second_relu", "sigmoid second_relu"},
      {"relu first_relu\n", ""},
      {"from=second_relu,norm", "from=second_relu,second_relu"},
      {"factor=0.01 offset=-0.5", "factor=0.004 offset=0"},
      {"scale normalise factor=0.01 offset=-0.5\n", ""},
      {"softmax softmax\n", ""},
      {"softmax softmax\n", "sigmoid softmax\n"},
      {"factor=110", "factor=128"},
      {"scale unnormalise factor=110\n", ""},
      {"upsample larger factor=2 mode=bilinear\noutput larger", "output unnormalise"},
      {"mode=bilinear", "mode=bilinear align_corners=true"},
      {"mode=bilinear", "mode=nearest"},
      {"larger factor=2", "larger factor=4"},
      {"padding=2 dilation=2", "padding=1"},
      {"batch_norm norm", "batch_norm norm eps=0.001"},
      {"stride=2 padding=1", "padding=1"},
      {"output larger", "output softmax"},
  };
  for (const auto& change : changes) {
    const std::string& from = change.first;
    const std::string& to = change.second;
    CAPTURE(from);
    CAPTURE(to);
    const auto model = matched(from, to);
    REQUIRE(fits(model));
    CHECK(model->network.head.kind == HeadKind::none);
    CHECK(model->network.text == replaced(std::string(known_text.substr(0, known_text.find("head "))), from, to));
    CHECK(model->notes.back().find("it runs, but has no `head`") != std::string::npos);
  }
  const auto other = matched("factor=110", "factor=1");
  CHECK(other->notes.back().find("the layers of known, but gives other numbers") != std::string::npos);
  Source damaged = graph_of(known_text);
  damaged.file.network = "network n\ninput x channels=0\n";
  CHECK_FALSE(match_network(damaged.file));
}

TEST_CASE("match_network: a wanted network is the only one") {
  Source source(models::eccv16);
  const auto street = parse_network(models::street).value();
  CHECK(says(match_network(source.file, &street), "expected"));
  const auto eccv16 = parse_network(models::eccv16).value();
  CHECK(fits(match_network(source.file, &eccv16)));
  const Source caffe = caffe_eccv16();
  CHECK(fits(match_network(caffe.file, &eccv16)));
  CHECK_FALSE(match_network(caffe.file, &street));
}

TEST_CASE("read_source: what is no weight file is told by its bytes") {
  const auto refused = [](const std::string& text, std::string_view words) {
    const auto source = read_source(std::as_bytes(std::span(text)));
    REQUIRE_FALSE(source);
    INFO(source.error().message());
    CHECK(source.error().message().find(words) != std::string::npos);
  };
  refused("<!DOCTYPE html><html>Virus scan warning</html>", "an HTML page");
  refused("version https://git-lfs.github.com/spec/v1\noid sha256:9b33", "a Git-LFS pointer");
  refused("https://drive.google.com/uc?export=download", "a web address");
  refused("\x89PNG\r\n\x1a\n", "a PNG picture");
  refused("ab", "expected a Caffe, PyTorch, ONNX or safetensors file");
}
