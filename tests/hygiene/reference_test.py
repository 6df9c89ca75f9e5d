#!/usr/bin/env python3
"""tools/reference.py reads headers as it says, and --check fails when page and headers part: each fault is fed to it."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "reference.py"
sys.path.insert(0, str(TOOL.parent))
sys.dont_write_bytecode = True
import reference  # noqa: E402

HEADER = """// What the file is about. More of it.
#pragma once

#include <vector>

namespace ochre::inline v0 {

// A box of things. Errors: none.
template <class T, class = std::vector<T>>
class Box {
 public:
  explicit Box(int size) : size_(size), values_{1, 2} { fill(); }
  friend bool operator==(const Box&, const Box&) = default;
  int size() const noexcept { return size_; }  // of it

  // Inside.
  struct Lid {
    bool is_open = false;

   private:
    int secret_ = 1'000;
  };

 private:
  void fill() { const char* text = "};"; }

  int size_;
};

enum class Mode { one, two };  // how it is done

// Three of a group.
constexpr int first(Mode mode) { return mode == Mode::one ? 1 : 2; }
inline int second(const std::vector<int>& from = {}, int step = 1) { return step; }

inline constexpr char raw[] = R"(class Hidden { // " })";  // text with brackets

namespace detail {
struct Inner {};
}  // namespace detail

template <class T>
bool operator<(const Box<T>& left, const Box<T>& right) noexcept {
  return left.size() < right.size();
}

inline int Elsewhere::member() { return 1; }
struct Forward;

template <class Signature>
class Call;

// Anything that can be called.
template <class R, class... A>
class Call<R(A...)> {
 public:
  R operator()(A... values) const { return function_(values...); }
};

}  // namespace ochre::inline v0

namespace ochre::inline v0::folder {
struct Internal {};
}  // namespace ochre::inline v0::folder

namespace ochre::inline v0::room {

// In a namespace that is no folder's.
using Number = int;

}  // namespace ochre::inline v0::room
"""


def page_of(text):
    return reference.page_of(text, "a.hpp", {"folder"})


class Reading(unittest.TestCase):
    def setUp(self):
        self.page = page_of(HEADER)
        self.shown = "\n".join(self.page.blocks)

    def test_names(self):
        names = [public.name for public in self.page.names]
        self.assertEqual(names, ["Box", "Mode", "first", "second", "raw", "operator<", "Call", "room::Number"])

    def test_sentences(self):
        sentences = {public.name: public.sentence for public in self.page.names}
        self.assertEqual(sentences["Box"], "A box of things.")
        self.assertEqual(sentences["Mode"], "how it is done.")
        self.assertEqual(sentences["second"], "Three of a group.")  # the group's
        self.assertEqual(sentences["operator<"], "What the file is about.")  # the file's

    def test_comments_about_something_else(self):
        page = page_of(
            "// The file.\nnamespace ochre {\n// Threads this process may run.\nint a();\n\n"
            "// Threads: one at a time.\nint b();\n\n// from, to: bytes.\nint c();\n\n// Errors: none.\nint d();\n\n"
            "// A sum. from, to: bytes. Errors: none.\nint e();\n}\n"
        )
        sentences = [public.sentence for public in page.names]
        self.assertEqual(sentences, ["Threads this process may run.", "The file.", "The file.", "The file.", "A sum."])

    def test_what_is_shown(self):
        for text in [
            "explicit Box(int size);",
            "int size() const noexcept;  // of it",
            "  // Inside.\n  struct Lid {\n    bool is_open = false;\n  };\n};",
            "enum class Mode { one, two };  // how it is done",
            "constexpr int first(Mode mode);\ninline int second(const std::vector<int>& from = {}, int step = 1);",
            'raw[] = R"(class Hidden { // " })";',
            "bool operator<(const Box<T>& left, const Box<T>& right) noexcept;",
            "class Call<R(A...)> {\n public:\n  R operator()(A... values) const;\n};",
            "// In namespace ochre::room.",
        ]:
            self.assertIn(text, self.shown)

    def test_what_is_not_shown(self):
        for text in ["fill", "secret_", "size_", "Inner", "Internal", "member", "Forward", "return"]:
            self.assertNotIn(text, self.shown)

    def test_initialisers_and_values(self):
        page = page_of(
            "// F.\nnamespace ochre {\nstruct A {\n  A(int x) noexcept(true) : x_{x}, y(x) {}\n  int x_{3};\n  Call<void(int)> call{};\n"
            "  int y = [] { return 2; }();\n  bool operator==(const A&) const = default;\n"
            "  bool operator!=(const A& other) const { return true; }\n};\n"
            "inline constexpr std::array tiers{1, 2};\ninline int g(int a = h({}, 2)) { return a; }\n"
            "template <class T>\nA(T) -> A;\ntemplate <>\nstruct B<int> {};\n"
            "template <class T>\nrequires(sizeof(T) > 2)\nvoid wide(T) {}\n"
            "extern int outside;\n"
            "template <class T> concept Small = sizeof(T) < 4;\n}\n"
        )
        self.assertEqual([public.name for public in page.names], ["A", "tiers", "g", "wide", "Small"])
        shown = "\n".join(page.blocks)
        for text in ["A(int x) noexcept(true);", "int x_{3};", "Call<void(int)> call{};", "y = [] { return 2; }();", "tiers{1, 2};",
                     "operator==(const A&) const = default;", "operator!=(const A& other) const;",
                     "g(int a = h({}, 2));", "void wide(T);"]:
            self.assertIn(text, shown)

    def test_macros(self):
        page = page_of("// The file.\n// On.\n#define OCHRE_A 1\n#define OCHRE_B(x) \\\n  x\n#define OCHRE_C 3\n#undef OCHRE_C\n")
        self.assertEqual([public.name for public in page.names], ["OCHRE_A", "OCHRE_B"])

    def test_nothing_public(self):
        self.assertIsNone(page_of("// A.\nnamespace ochre::detail {\nstruct A {};\n}\n"))

    def test_faults(self):
        for text in ["namespace ochre {\nstruct A {};\n}\n", "// A.\nnamespace ochre {\nstruct A {\n",
                     "// A.\nnamespace ochre {\nint a\n}\n"]:
            with self.assertRaises(reference.Fault):
                page_of(text)


class Checking(unittest.TestCase):
    def run_tool(self, *words):
        return subprocess.run([sys.executable, str(TOOL), "--include", self.folder.name, *words],
                              capture_output=True, text=True)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name) / "ochre"
        (self.root / "folder").mkdir(parents=True)
        self.header = self.root / "folder" / "a.hpp"
        self.header.write_text(HEADER, encoding="utf-8")
        self.assertEqual(self.run_tool().returncode, 0)

    def check_parts(self, shown):
        outcome = self.run_tool("--check")
        self.assertEqual(outcome.returncode, 1)
        self.assertIn(shown, outcome.stdout + outcome.stderr)

    def test_equal(self):
        self.assertEqual(self.run_tool("--check").returncode, 0)
        self.header.write_text(HEADER.replace("return size_;", "return 3;"), encoding="utf-8")  # a body
        self.assertEqual(self.run_tool("--check").returncode, 0)

    def test_a_new_name(self):
        self.header.write_text(HEADER.replace("enum class Mode", "struct Added {};  // a\n\nenum class Mode"), encoding="utf-8")
        self.check_parts("+| `Added` | [folder/a.hpp](#folderahpp) | a. |")

    def test_a_new_header(self):
        (self.root / "b.hpp").write_text("// New.\nnamespace ochre {\nvoid added();\n}\n", encoding="utf-8")
        self.check_parts("+## b.hpp")

    def test_a_member_in_another_header(self):
        member = "// Of its things.\ninline int Box::size() const noexcept { return 2; }\n"
        others = "inline void Box::fill() {}\ninline int Unknown::size() { return 1; }\n"  # private, of no public class
        text = "// Beside.\nnamespace ochre {\n" + member + others + "}\n"
        (self.root / "b.hpp").write_text(text, encoding="utf-8")
        self.check_parts("+| `Box::size` | [b.hpp](#bhpp) | Of its things. |")
        self.assertEqual(self.run_tool().returncode, 0)
        page = (self.root.parent / "REFERENCE.md").read_text(encoding="utf-8")
        self.assertIn("inline int Box::size() const noexcept;", page)
        self.assertNotIn("Box::fill", page)
        self.assertNotIn("Unknown", page)
        (self.root / "b.hpp").write_text(text.replace(member, ""), encoding="utf-8")
        self.assertEqual(self.run_tool().returncode, 0)
        self.assertNotIn("b.hpp", (self.root.parent / "REFERENCE.md").read_text(encoding="utf-8"))

    def test_a_name_gone(self):
        self.header.write_text(HEADER.replace("enum class Mode { one, two };  // how it is done", ""), encoding="utf-8")
        self.check_parts("-| `Mode`")

    def test_another_comment(self):
        self.header.write_text(HEADER.replace("Errors: none", "Errors: many"), encoding="utf-8")
        self.check_parts("+// A box of things. Errors: many.")

    def test_another_signature(self):
        self.header.write_text(HEADER.replace("int step = 1)", "long step = 1)"), encoding="utf-8")
        self.check_parts("long step")

    def test_no_page(self):
        (self.root.parent / "REFERENCE.md").unlink()
        self.check_parts("REFERENCE.md and the headers part")

    def test_a_header_that_cannot_be_read(self):
        self.header.write_text("// A.\nnamespace ochre {\nint a\n}\n", encoding="utf-8")
        self.check_parts("folder/a.hpp: a declaration without an end")


if __name__ == "__main__":
    unittest.main()
