// Every message of every reader that quotes its file, with every control character put wherever the file has text: no
// message, note or warning may hand one on, nor grow with the file. The files are those that the fuzz targets start
// from; JSON gets the characters as escapes as well.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <ochre/audit/proof.hpp>
#include <ochre/colorizer_file.hpp>
#include <ochre/image_io/load_picture.hpp>
#include <ochre/image_io/npy.hpp>
#include <ochre/image_io/save_picture.hpp>
#include <ochre/import/match_network.hpp>
#include <ochre/import/read_source.hpp>
#include <ochre/models/street.hpp>
#include <ochre/network/description_parser.hpp>

#include "support/clean_text.hpp"
#include "support/program.hpp"
#include "support/tiny_model.hpp"

namespace {

using namespace ochre;
using test::is_clean;

const std::string corpus = OCHRE_GOLDEN_DIR "/../fuzz/corpus/";

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(corpus + folder)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

// C0, DEL, C1 as raw bytes and as UTF-8, an override of direction, a word without end.
std::vector<std::string> evil_words() {
  std::vector<std::string> words;
  for (int c = 1; c < 0x20; ++c) words.push_back(std::string(1, static_cast<char>(c)));
  for (int c = 0x7F; c < 0xA0; ++c) words.push_back(std::string(1, static_cast<char>(c)));
  for (int c = 0x80; c < 0xA0; ++c) words.push_back({static_cast<char>(0xC2), static_cast<char>(c)});
  words.push_back("\xe2\x80\xae");
  return words;
}

bool is_text(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

int refused = 0;

void check_message(const std::string& message) {
  if (!is_clean(message)) FAIL_CHECK(weights::printable(message, 4000));
}

template <class T>
void check_result(const Result<T>& result) {
  if (result) return;
  ++refused;
  check_message(result.error().message());
}

// Places of text in `file` are overwritten with an evil word, the next one each time; read(changed) checks. All places
// of a short text, each with several words; of a long one as many, evenly.
template <class Read>
void overwrite(const std::string& file, const Read& read) {
  static const auto words = evil_words();
  constexpr std::size_t tries = 300;
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < file.size(); ++at) {
    if (is_text(file[at])) places.push_back(at);
  }
  for (std::size_t i = 0; !places.empty() && i < tries; ++i) {
    const std::size_t at = places[places.size() > tries ? i * places.size() / tries : i % places.size()];
    const std::string& word = words[i % words.size()];
    std::string changed = file;
    changed.replace(at, std::min(word.size(), file.size() - at), word.substr(0, file.size() - at));
    read(changed);
  }
}

void check_source(const std::string& file) {
  const auto source = read_source(bytes_of(file), ".");
  check_result(source);
  if (!source) return;
  for (const std::string& warning : source->warnings) check_message(warning);
  check_message(weights::printable(source->format));
  static int sound = 0;
  if (++sound % 16 != 0) return;  // matching takes longer than all the rest
  const auto model = match_network(*source, nullptr);
  check_result(model);
  if (!model) return;
  for (const std::string& note : model->notes) check_message(note);
}

// A safetensors file whose header is `header`.
std::string container(const std::string& header, const std::string& data = {}) {
  std::string file;
  for (int shift = 0; shift < 64; shift += 8) file += static_cast<char>(header.size() >> shift & 0xFF);
  return file + header + data;
}

// At each place within a JSON text's strings: the character as an escape, and raw.
template <class Read>
void insert_in_json(const std::string& text, const Read& read) {
  const char* const escapes[] = {"\\u001b", "\\u009b", "\\u0007", "\\u202e", "\\u007f", "\\n", "\x1b", "\xc2\x9b"};
  std::size_t next = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') inside = !inside;
    if (!inside) continue;
    std::string changed = text;
    read(changed.insert(at + 1, escapes[next++ % std::size(escapes)]));
  }
}

// Of a file of that name that is there, but no picture.
std::string picture_error(const std::string& name) {
  const TemporaryFolder folder;
  const std::string path = folder.path("a" + name + ".png");
  std::ofstream(path) << "text";
  return load_picture(path).error().message();
}

}  // namespace

TEST_CASE("foreign words: weight files of every kind") {
  refused = 0;
  for (const char* folder : {"onnx", "torch_file", "caffemodel", "safetensors"}) {
    for (const std::string& path : files_in(folder)) {
      CAPTURE(path);
      overwrite(test::content_of(path), check_source);
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("foreign words: models, their texts and their proofs") {
  const test::TinyModel tiny;
  const std::string network(models::street);
  const std::string proof = tiny.proof().dump();
  refused = 0;
  overwrite(network.substr(0, 1500), [](const std::string& text) { check_result(parse_network(text)); });
  overwrite(tiny.network, [](const std::string& text) { check_result(parse_network(text)); });
  overwrite(proof, [](const std::string& text) { check_result(parse_proof(text)); });
  insert_in_json(proof, [](const std::string& text) { check_result(parse_proof(text)); });
  const std::string header =
      R"({"__metadata__":{"format":"ochre 1","network":"network n\ninput x channels=1\nrelu a\noutput a\n","size":"x",)"
      R"("temperature":"y"},"some.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  insert_in_json(header, [](const std::string& text) {
    const std::string file = container(text, "\0\0\0\0");
    const auto model = Model::parse(bytes_of(file));
    check_result(model);
    if (model) check_result(model->number("size", 1));
  });
  CHECK(refused > 1000);
}

TEST_CASE("foreign words: pictures and arrays") {
  refused = 0;
  for (const std::string& path : files_in("load_picture")) {
    CAPTURE(path);
    overwrite(test::content_of(path), [](const std::string& file) { check_result(decode_picture(bytes_of(file))); });
  }
  for (const std::string& path : files_in("npy")) {
    overwrite(test::content_of(path), [](const std::string& file) { check_result(decode_npy<float>(bytes_of(file))); });
  }
  CHECK(refused > 100);
}

TEST_CASE("foreign words: names of files") {
  refused = 0;
  const std::uint8_t pixel[3] = {};
  for (const std::string& word : evil_words()) {
    const std::string path = "/no/such/" + word + "/file";
    check_result(MappedFile::open(path));
    check_result(load_picture(path));
    check_result(load_npy<float>(path));
    check_result(Colorizer::open(path));
    check_message(picture_error(word));
    check_message(weights::write_file_atomically(path, {}).error().message());
    check_message(save_picture(path + word, {pixel, 1, 1, 3, PixelFormat::rgb8}).error().message());
    check_message(save_picture(path + "." + word, {pixel, 1, 1, 3, PixelFormat::rgb8}).error().message());
  }
  CHECK(refused == 4 * static_cast<int>(evil_words().size()));
}
