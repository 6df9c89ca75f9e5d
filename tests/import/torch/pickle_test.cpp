// Each opcode by hand, as pickletools.dis shows it, and each way a stream of them can be wrong.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <ochre/import/torch/pickle.hpp>

#include "support/little_endian.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace std::string_literals;
using ochre::detail::Pickle;
using ochre::detail::PickleKind;
using ochre::detail::PickleValue;

constexpr std::string_view known_names[] = {"collections.OrderedDict", "torch.FloatStorage"};

// A value written out: what a test compares.
std::string show(const Pickle& pickle, const PickleValue& value) {
  const auto items = [&](std::string_view open, std::string_view close) {
    std::string shown(open);
    auto all = pickle.items(value);
    while (const auto item = all.next()) shown += (shown.size() == open.size() ? "" : ",") + show(pickle, *item);
    return shown + std::string(close);
  };
  switch (value.kind) {
    case PickleKind::none:
      return "None";
    case PickleKind::boolean:
      return value.number != 0 ? "True" : "False";
    case PickleKind::integer:
      return std::to_string(value.number);
    case PickleKind::long_integer:
      return "long" + std::to_string(value.size);
    case PickleKind::real:
      return "real";
    case PickleKind::text:
      return "'" + std::string(pickle.text(value)) + "'";
    case PickleKind::bytes:
      return "b'" + std::string(pickle.text(value)) + "'";
    case PickleKind::tuple:
      return items("(", ")");
    case PickleKind::list:
      return items("[", "]");
    case PickleKind::set:
      return items("set(", ")");
    case PickleKind::dict:
      return items("{", "}");
    case PickleKind::global:
      return std::string(known_names[value.number]);
    case PickleKind::object:
      return items("<", ">");
    case PickleKind::reference:
      return items("ref(", ")");
    default:
      return "?";
  }
}

std::string read(const std::string& opcodes) {
  const auto bytes = bytes_of(opcodes);
  const auto pickle = ochre::detail::read_pickle(bytes, known_names);
  return pickle ? show(*pickle, pickle->root()) : pickle.error().message();
}

std::string repeat(const std::string& what, std::size_t times) {
  std::string whole;
  whole.reserve(what.size() * times);
  for (std::size_t i = 0; i < times; ++i) whole += what;
  return whole;
}

}  // namespace

TEST_CASE("pickle: plain values") {
  CHECK(read("\x80\x02N.") == "None");
  CHECK(read("\x80\x04\x95\x02\0\0\0\0\0\0\0N."s) == "None");
  CHECK(read("\x88.") == "True");
  CHECK(read("\x89.") == "False");
  CHECK(read("K\xff.") == "255");
  CHECK(read("M\xff\xff.") == "65535");
  CHECK(read("J\xff\xff\xff\xff.") == "-1");
  CHECK(read("J\xff\xff\xff\x7f.") == "2147483647");
  CHECK(read("\x8a\0."s) == "0");
  CHECK(read("\x8a\x01\xff.") == "-1");
  CHECK(read("\x8a\x02\xff\x00."s) == "255");
  CHECK(read("\x8a\x05\0\0\0\0\x01."s) == "4294967296");
  CHECK(read("\x8a\x08\0\0\0\0\0\0\0\x80."s) == "-9223372036854775808");
  CHECK(read("\x8a\x09\0\0\0\0\0\0\0\x80\0."s) == "long9");
  CHECK(read("G\x3f\xf0\0\0\0\0\0\0."s) == "real");
  CHECK(read("X\x02\0\0\0ab."s) == "'ab'");
  CHECK(read("\x8c\x02"
             "ab.") == "'ab'");
  CHECK(read("U\x02"
             "ab.") == "'ab'");
  CHECK(read("T\x02\0\0\0ab."s) == "'ab'");
  CHECK(read("C\x01"
             "a.") == "b'a'");
  CHECK(read("B\x01\0\0\0a."s) == "b'a'");
}

TEST_CASE("pickle: containers") {
  CHECK(read(").") == "()");
  CHECK(read("K\x01\x85.") == "(1)");
  CHECK(read("K\x01K\x02\x86.") == "(1,2)");
  CHECK(read("K\x01K\x02K\x03\x87.") == "(1,2,3)");
  CHECK(read("(K\x01(K\x02tK\x03t.") == "(1,(2),3)");
  CHECK(read("]K\x01"
             "a(K\x02K\x03"
             "e.") == "[1,2,3]");
  CHECK(read("}K\x01Ns(K\x02NK\x03Nu.") == "{1,None,2,None,3,None}");
  CHECK(read("\x8f(K\x01K\x02\x90.") == "set(1,2)");
  CHECK(read("](e.") == "[]");
  const auto circle = bytes_of("]q\0h\0a."s);  // a list that holds itself
  const auto pickle = ochre::detail::read_pickle(circle, known_names);
  REQUIRE(pickle);
  CHECK(pickle->count(pickle->root()) == 1);
}

TEST_CASE("pickle: memos, names, calls and references are data") {
  CHECK(read("K\x07q\x00h\x00\x86."s) == "(7,7)");
  CHECK(read("K\x07r\x05\0\0\0j\x05\0\0\0\x86."s) == "(7,7)");
  CHECK(read("K\x07\x94h\x00\x86."s) == "(7,7)");
  CHECK(read("ccollections\nOrderedDict\n)R.") == "<collections.OrderedDict,()>");
  CHECK(read("ccollections\nOrderedDict\n)RK\x01Ns.") == "<collections.OrderedDict,(),1,None>");
  CHECK(read("ccollections\nOrderedDict\n)\x81}b.") == "<collections.OrderedDict,()>");
  CHECK(read("\x8c\x05torch\x8c\x0c"
             "FloatStorage\x93.") == "torch.FloatStorage");
  CHECK(read("(K\x01K\x02tQ.") == "ref(1,2)");
}

TEST_CASE("pickle: any other name is refused by it") {
  CHECK(read("(cos\nsystem\nX\x02\0\0\0lstR."s) ==
        "pickle byte 1: found the Python object os.system, expected a state dict of tensors");
  CHECK(
      read("\x80\x02"
           "cmodels\nNet\n)\x81.") ==
      "pickle byte 2: found the Python object models.Net, expected a state dict of tensors (a whole object was saved; "
      "save its state_dict() instead)");
  CHECK(read("(\x8c\x02os\x8c\x06system\x93.") ==
        "pickle byte 13: found the Python object os.system, expected a state dict of tensors");
  CHECK(read("(ccollections\nOrderedDict2\n.").find("collections.OrderedDict2") != std::string::npos);
  CHECK(read("(ccollectionsXOrderedDict\n\n.").find("collectionsXOrderedDict., ") != std::string::npos);
  CHECK(read("(c\x1b[2J\nx\n.").find("\\x1b[2J.x") != std::string::npos);
  CHECK(read("(c" + std::string(100'000, 'm') + "\n" + std::string(100'000, 'n') + "\n.").size() < 300);
}

TEST_CASE("pickle: streams that are wrong") {
  struct Case {
    std::string opcodes;
    std::string_view part;
  };
  const Case cases[] = {
      {"", "byte 0: found the end of the bytes"},
      {"N", "byte 1: found the end of the bytes, expected more of them (the file is cut short)"},
      {"\x80\x01N.", "found protocol 1, expected 2 to 5"},
      {"\x80\x06N.", "found protocol 6"},
      {"I1\n.", "byte 0: found the opcode 73, expected one of plain data"},
      {"(i\n\n.", "found the opcode 105"},
      {"\x82\x01.", "found the opcode 130"},
      {".", "an end with other than one value"},
      {"NN.", "an end with other than one value"},
      {"(.", "an end with other than one value"},
      {"X\xff\xff\xff\xffN.", "cut short"},
      {"\x8a\xff.", "cut short"},
      {"\x8a\x03.", "cut short"},
      {"h\x00."s, "memo 0, which was not put"},
      {"Nq\x05h\x04.", "memo 4, which was not put"},
      {"Nr\xff\xff\xff\xff.", "found more than 262144 memos"},
      {"q\x00."s, "too few values"},
      {"(q\x00."s, "too few values"},
      {"K\x01K\x02\x87.", "too few values"},
      {"(K\x01\x86.", "too few values"},
      {"t.", "too few values"},
      {"(e.", "too few values"},
      {"((e.", "items of no such container"},
      {"N(K\x01"
       "e.",
       "items of no such container, expected a list"},
      {")K\x01"
       "a.",
       "items of no such container, expected a list"},
      {"](K\x01K\x02u.", "items of no such container, expected a dict"},
      {"}(K\x01u.", "items of no such container, expected a dict"},
      {"}K\x01"
       "a.",
       "items of no such container, expected a list"},
      {"NNNs.", "items of no such container"},
      {"K\x01)R.", "a call of something else"},
      {"ctorch\nFloatStorage\nNR.", "a call of something else"},
      {"ctorch\nFloatStorage\n(R.", "too few values"},
      {"NNb.", "attributes of something else"},
      {"}}b.", "attributes of something else"},
      {"NQ.", "a reference that is no tuple"},
      {"ctorch\nFloat", "cut short"},
      {"ctorch", "cut short"},
      {"K\x01K\x02\x93.", "a name that is no text"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.opcodes);
    const std::string message = read(test.opcodes);
    CAPTURE(message);
    CHECK(message.find(test.part) != std::string::npos);
  }
}

TEST_CASE("pickle: no byte makes more than its share of memory") {
  CHECK(read(repeat("(", 100'000)).find("more than 65536 values on the stack") != std::string::npos);
  CHECK(read("]q\0"s + repeat("(" + repeat("K\x01", 60'000) + "e", 20)).find("more than 524288 items") !=
        std::string::npos);
  CHECK(read("]" + repeat("]a", 300'000)).find("more than 262144 containers") != std::string::npos);
  CHECK(read("(Ntq\0]"s + repeat("h\0Qa"s, 100'000)).find("more than 65536 references") != std::string::npos);
  // Nested as deeply as the stack allows, and nothing descends into it.
  const auto nested = bytes_of(repeat("(", 60'000) + repeat("t", 60'000) + ".");
  CHECK(ochre::detail::read_pickle(nested, known_names));
}

TEST_CASE("pickle: where it ends, and its references in order") {
  const auto bytes = bytes_of("(NtQq\0(\x88tQ\x86.more"s);
  const auto pickle = ochre::detail::read_pickle(bytes, known_names);
  REQUIRE(pickle);
  CHECK(pickle->length() == bytes.size() - 4);
  REQUIRE(pickle->references().size() == 2);
  CHECK(show(*pickle, pickle->references()[0]) == "ref(None)");
  CHECK(show(*pickle, pickle->references()[1]) == "ref(True)");
  CHECK(pickle->count(pickle->root()) == 2);
  CHECK(pickle->text(pickle->root()).empty());
  const auto [first, second, third] = pickle->first_items<3>(pickle->root());
  CHECK(first.kind == PickleKind::reference);
  CHECK(third.kind == PickleKind::none);
}
