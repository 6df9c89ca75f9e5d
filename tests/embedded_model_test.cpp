// The embedded model is the file that ships, byte for byte.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

#include <ochre/embedded_model.hpp>
#include <ochre/weights/mapped_file.hpp>

TEST_CASE("embedded model: the file's bytes, aligned") {
  const auto file = ochre::MappedFile::open(OCHRE_WEIGHTS_DIR "/street.safetensors");
  REQUIRE(file);
  const auto bytes = ochre::embedded_model();
  REQUIRE(bytes.size() == file->bytes().size());
  CHECK(std::equal(bytes.begin(), bytes.end(), file->bytes().begin()));
  CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % 64 == 0);
}
