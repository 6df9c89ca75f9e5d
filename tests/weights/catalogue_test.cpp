// A network's tensors against a file's: each way not to fit, and the words it is refused with.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/weights/catalogue.hpp>
#include <ochre/weights/safetensors_writer.hpp>

namespace {

using ochre::Dtype;
using ochre::Index;
using ochre::RequiredTensor;

struct Held {
  std::string name;
  std::vector<Index> shape;
  Dtype dtype = Dtype::f32;
};

const std::vector<RequiredTensor> required{
    {"conv.weight", {4, 1, 3, 3}}, {"conv.bias", {4}, true}, {"norm.running_var", {4}}};

// "" if a file of these tensors fits.
std::string refusal(const std::vector<Held>& held) {
  const std::vector<std::byte> zeros(4096);
  std::vector<ochre::TensorEntry> tensors;
  for (const Held& tensor : held) {
    const auto length = ochre::detail::byte_length(tensor.dtype, tensor.shape);
    REQUIRE(length);
    tensors.push_back(
        {tensor.name, tensor.dtype, tensor.shape, std::span(zeros).first(static_cast<std::size_t>(*length))});
  }
  const auto file = ochre::write_safetensors(tensors);
  REQUIRE(file);
  const auto parsed = ochre::Safetensors::parse(*file);
  REQUIRE(parsed);
  const ochre::Status status = ochre::check_catalogue(parsed->tensors(), required);
  if (status) return {};
  CHECK(status.error().code == ochre::ErrorCode::mismatch);
  return status.error().message();
}

}  // namespace

TEST_CASE("catalogue: what fits") {
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}}, {"conv.bias", {4}}, {"norm.running_var", {4}}}) == "");
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}}, {"norm.running_var", {4}}}) == "");  // the optional one absent
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}, Dtype::f16}, {"norm.running_var", {4}, Dtype::f64}}) == "");
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}, Dtype::bf16},
                 {"norm.running_var", {4}},
                 {"norm.num_batches_tracked", {}, Dtype::i64}}) == "");
}

TEST_CASE("catalogue: what does not fit is named, with what was found and what was expected") {
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}}}) ==
        "tensor norm.running_var: found none, expected shape [4] (1 of 3 required tensors are missing)");
  CHECK(refusal({}) ==
        "tensor conv.weight: found none, expected shape [4,1,3,3] (2 of 3 required tensors are missing); "
        "1 more tensors do not fit");
  CHECK(refusal({{"conv.weight", {4, 1, 5, 5}}, {"norm.running_var", {4}}}) ==
        "tensor conv.weight: found shape [4,1,5,5], expected shape [4,1,3,3]");
  CHECK(refusal({{"conv.weight", {36}}, {"norm.running_var", {4}}}) ==
        "tensor conv.weight: found shape [36], expected shape [4,1,3,3]");
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}}, {"conv.bias", {5}}, {"norm.running_var", {4}}}) ==
        "tensor conv.bias: found shape [5], expected shape [4]");
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}, Dtype::i32}, {"norm.running_var", {4}}}) ==
        "tensor conv.weight: found dtype I32, expected a float type of 8, 16, 32 or 64 bits");
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}}, {"norm.running_var", {4}}, {"head.weight", {2, 2}}}) ==
        "tensor head.weight: found shape [2,2], expected no such tensor");
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}}, {"norm.running_var", {4}}, {"num_batches_tracked", {}}}) ==
        "tensor num_batches_tracked: found shape [], expected no such tensor");
}

TEST_CASE("catalogue: a training counter is one number, whatever it is called") {
  const auto counter = [](const std::vector<Index>& shape, Dtype dtype) {
    return refusal(
        {{"conv.weight", {4, 1, 3, 3}}, {"norm.running_var", {4}}, {"norm.num_batches_tracked", shape, dtype}});
  };
  CHECK(counter({}, Dtype::i64) == "");
  CHECK(counter({1}, Dtype::f32) == "");
  CHECK(counter({1, 1}, Dtype::u8) == "");
  CHECK(counter({512}, Dtype::i64) ==
        "tensor norm.num_batches_tracked: found a counter of shape [512] and 4096 bytes, expected one number of at "
        "most 8");
  CHECK(counter({2}, Dtype::i8) != "");
  CHECK(counter({0}, Dtype::i64) != "");
  CHECK(counter({1, 1, 3}, Dtype::u8) != "");
  CHECK(refusal({{"conv.weight", {4, 1, 3, 3}},
                 {"norm.running_var", {4}},
                 {"norm.num_batches_tracked", {3}, Dtype::i8},
                 {"another.num_batches_tracked", {3}, Dtype::i8}})
            .find("; 1 more tensors do not fit") != std::string::npos);
}
