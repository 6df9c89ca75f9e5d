// Arrays as NumPy writes them (tests/golden/containers, by tools/golden/containers.py), and every kind it may write
// that is not taken.
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/image_io/npy.hpp>

#include "support/temporary_folder.hpp"
#include "support/text.hpp"

namespace {

using namespace std::string_view_literals;
using ochre::test::contains;

std::string golden(const char* name) { return std::string(OCHRE_GOLDEN_DIR "/containers/") + name; }

// A version 1 file of that header, padded as it may be, and that many bytes of data.
std::vector<std::byte> npy(std::string_view header, std::size_t data_bytes) {
  std::string file = std::string("\x93NUMPY\x01\0"sv) + static_cast<char>(header.size() & 0xFF) +
                     static_cast<char>(header.size() >> 8) + std::string(header) + std::string(data_bytes, '\0');
  return bytes_of(file);
}

std::string npy_refusal(std::span<const std::byte> file) {
  const auto tensor = ochre::decode_npy<float>(file);
  return tensor ? "accepted" : tensor.error().message();
}

}  // namespace

TEST_CASE("npy: float32 and float64 as NumPy writes them") {
  const auto floats = ochre::load_npy<float>(golden("float32.npy"));
  REQUIRE(floats);
  CHECK(floats->shape() == ochre::Shape{1, 2, 3, 4});
  for (int i = 0; i < 24; ++i) CHECK(floats->data()[i] == static_cast<float>(i) / 8);

  const auto doubles = ochre::load_npy<double>(golden("float64.npy"));
  REQUIRE(doubles);
  CHECK(doubles->shape() == ochre::Shape{1, 2, 3, 4});  // (2, 3, 4) gets a leading one
  for (int i = 0; i < 24; ++i) CHECK(doubles->data()[i] == i / 8.0);

  const auto scalar = ochre::load_npy<float>(golden("scalar.npy"));
  REQUIRE(scalar);
  CHECK(scalar->shape() == ochre::Shape{1, 1, 1, 1});
  CHECK(scalar->data()[0] == 1.5f);
}

TEST_CASE("npy: written as NumPy writes it, whole or not at all") {
  const auto tensor = ochre::load_npy<float>(golden("float32.npy"));
  REQUIRE(tensor);
  const TemporaryFolder folder;
  REQUIRE(ochre::save_npy(folder.path("a.npy"), tensor->view()));
  const auto expected = ochre::MappedFile::open(golden("float32.npy"));
  REQUIRE(expected);
  CHECK(std::equal(expected->bytes().begin(), expected->bytes().end(), bytes_of(folder.read("a.npy")).begin()));
  CHECK(folder.read("a.npy").size() == expected->bytes().size());
  CHECK(!ochre::save_npy(folder.path("none/a.npy"), tensor->view()).ok());

  const auto doubles = ochre::load_npy<double>(golden("float64.npy"));
  REQUIRE(doubles);
  REQUIRE(ochre::save_npy(folder.path("b.npy"), doubles->view()));
  CHECK(folder.read("b.npy").find("'<f8'") != std::string::npos);
  const auto again = ochre::load_npy<double>(folder.path("b.npy"));
  REQUIRE(again);
  CHECK(again->shape() == doubles->shape());
  CHECK(std::equal(again->data(), again->data() + again->shape().size(), doubles->data()));
}

TEST_CASE("npy: other arrays are refused by what they are") {
  const auto refused = [](const char* name) {
    const auto tensor = ochre::load_npy<float>(golden(name));
    REQUIRE(!tensor);
    CHECK(tensor.error().message().find(golden(name) + ": ") == 0);
    return tensor.error().message();
  };
  CHECK(contains(refused("fortran.npy"), "Fortran order, expected C order"));
  CHECK(contains(refused("int32.npy"), "'<i4', expected '<f4' or '<f8'"));
  CHECK(contains(refused("big_endian.npy"), "'>f4', expected"));
  CHECK(contains(refused("python.safetensors"), "expected a NumPy array file"));
  CHECK(contains(refused("none.npy"), "no such file"));
}

TEST_CASE("npy: headers that lie or are damaged") {
  const auto with_shape = [](const std::string& shape) {
    return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
  };
  CHECK(npy_refusal(npy(with_shape("(2, 3)"), 24)) == "accepted");
  CHECK(npy_refusal(npy("{\"shape\":(6,),\"fortran_order\":False,\"descr\":\"<f4\"}", 24)) == "accepted");
  CHECK(npy_refusal(npy(with_shape("(2, 3)"), 23)) == "found 23 bytes of data, expected 24 for shape [1,1,2,3]");
  CHECK(npy_refusal(npy(with_shape("(2, 3)"), 25)) == "found 25 bytes of data, expected 24 for shape [1,1,2,3]");
  CHECK(contains(npy_refusal(npy(with_shape("(1, 1, 1, 2, 3)"), 24)), "[1,1,1,2,3], expected at most 4 dimensions"));
  CHECK(contains(npy_refusal(npy(with_shape("(0, 3)"), 0)), "[0,3], expected"));
  CHECK(contains(npy_refusal(npy(with_shape("(4294967296, 4294967296)"), 24)), "[4294967296,4294967296], expected"));
  CHECK(contains(npy_refusal(npy(with_shape("(1099511627776,)"), 24)),
                 "expected 4398046511104"));  // and nothing allocated
  for (const char* header :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (6,)}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (6,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 6}", "{'descr': '<f4', 'fortran_order': False, 'shape': (6}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} x", "{'descr': '<f4",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}"}) {
    CAPTURE(header);
    CHECK(contains(npy_refusal(npy(header, 24)), "header byte"));
  }
}

TEST_CASE("npy: every prefix of a good file is refused") {
  const auto file = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n", 24);
  REQUIRE(npy_refusal(file) == "accepted");
  for (std::size_t length = 0; length < file.size(); ++length) {
    CAPTURE(length);
    CHECK(npy_refusal(std::span(file).first(length)) != "accepted");
  }
  CHECK(contains(npy_refusal(bytes_of("\x93NUMPY\x04\0\x01\0\0\0{"sv)), "version 4"));
  CHECK(contains(npy_refusal(bytes_of("\x93NUMPY\x02\0\xff\xff\xff\xff{"sv)), "4294967307"));
  CHECK(contains(npy_refusal(bytes_of("<html>")), "an HTML page"));
}
