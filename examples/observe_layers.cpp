// What every layer computed: an observer is told after each one. It costs nothing where there is none.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include <ochre/network/model.hpp>
#include <ochre/weights/mapped_file.hpp>

int main() {
  const auto file = ochre::MappedFile::open("weights/street.safetensors");
  if (!file) return std::fprintf(stderr, "%s\n", file.error().message().c_str()), 1;
  const auto model = ochre::Model::parse(file->bytes());
  if (!model) return std::fprintf(stderr, "%s\n", model.error().message().c_str()), 1;
  const auto network = ochre::load_network<float>(*model);
  if (!network) return std::fprintf(stderr, "%s\n", network.error().message().c_str()), 1;

  const ochre::Shape shape{1, 1, 64, 64};
  auto workspace = network->make_workspace({.input = shape, .threads = 2});
  if (!workspace) return std::fprintf(stderr, "%s\n", workspace.error().message().c_str()), 1;
  const std::vector<float> lightness(64 * 64, 55.0f);

  std::size_t layers = 0;
  bool finite = true;
  const auto observer = [&](const ochre::LayerEvent<float>& event) {
    const float* begin = event.output.data;
    const float* end = begin + event.output.shape.size();
    const auto [least, most] = std::minmax_element(begin, end);
    std::printf("%-12.*s %-18.*s %-14s %8.2f … %8.2f  %6.2f ms\n", static_cast<int>(event.name.size()),
                event.name.data(), static_cast<int>(event.kind.size()), event.kind.data(),
                ochre::to_string(event.output.shape).c_str(), static_cast<double>(*least), static_cast<double>(*most),
                1e3 * event.seconds);
    finite = finite && std::isfinite(*least) && std::isfinite(*most);
    ++layers;
  };
  const auto logits = network->run({lightness.data(), shape}, *workspace, observer);
  return logits && finite && layers == model->network.layers.size() ? 0 : 1;
}
