// A network of one's own, as text: an edge detector with weights from the program. Any source of numbers will do.
#include <algorithm>
#include <cstdio>

#include <ochre/network/description_parser.hpp>
#include <ochre/network/network.hpp>

int main() {
  const auto description = ochre::parse_network(R"(network edges
input picture channels=1
conv2d sobel out=2 kernel=3 padding=1 bias=false
leaky_relu bent slope=0.5
output bent
)");
  if (!description) return std::fprintf(stderr, "%s\n", description.error().message().c_str()), 1;

  const auto weights = [](const ochre::RequiredTensor& tensor, std::span<float> values) -> ochre::Status {
    if (tensor.name != "sobel.weight") return ochre::Error{ochre::ErrorCode::not_found, tensor.name};
    const float sobel[18] = {-1, 0, 1, -2, 0, 2, -1, 0, 1, /**/ -1, -2, -1, 0, 0, 0, 1, 2, 1};
    std::copy_n(sobel, 18, values.begin());
    return {};
  };
  const auto network = ochre::Network<float>::create(*description, weights);
  if (!network) return std::fprintf(stderr, "%s\n", network.error().message().c_str()), 1;
  auto workspace = network->make_workspace({.input = {1, 1, 4, 4}});
  if (!workspace) return std::fprintf(stderr, "%s\n", workspace.error().message().c_str()), 1;

  const float picture[16] = {0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9};
  const auto edges = network->run({picture, {1, 1, 4, 4}}, *workspace);
  if (!edges) return std::fprintf(stderr, "%s\n", edges.error().message().c_str()), 1;
  std::printf("across the edge %g, along it %g\n", static_cast<double>(edges->at(0, 0, 1, 1)),
              static_cast<double>(edges->at(0, 1, 1, 1)));
  return edges->at(0, 0, 1, 1) == 36.0f && edges->at(0, 1, 1, 1) == 0.0f ? 0 : 1;
}
