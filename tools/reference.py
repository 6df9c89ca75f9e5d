#!/usr/bin/env python3
"""Writes include/REFERENCE.md, the page of ochre's public names, from the headers' own comments.

    tools/reference.py            writes the page
    tools/reference.py --check    says in which lines page and headers part, and then exits with 1

Public is what stands in namespace ochre itself, in `ochre::models` (the networks' texts), or in another one below it
that is neither `detail` nor called as a folder of include/ochre; and a public function of such a class that stands in
another header than the class. Of each such name the page has a line, the first sentence of its comment, and below its
declaration with the comments in it, without bodies and private members. The comment stands before the declaration,
before a group of declarations without a blank line in between, or behind it on its line; without one the comment holds
that the file begins with, and a name of a file without a comment is an error.

Tested by tests/hygiene/reference_test.py.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

OPENING = """# The public names of ochre

Made by `tools/reference.py` from the comments of the headers; a test fails when they part. What stands here is what a
program may name; all else, in `ochre::detail` and in the namespaces of the folders, may change at any time
([CONTRIBUTING.md](../CONTRIBUTING.md): versions, and names that go).

Said once for all of it: sizes and indices are `Index`, signed. A fallible function returns `Result<T>` or `Status`, never
throws by itself and prints nothing; what throws is `Result::value()` on an error, which exists where exceptions do.
Functions that are not of a class may be called by any number of threads at once; an object may be read by any number of
threads at once, and changed by one at a time, unless its comment says more.
"""


class Fault(Exception):
    """A header that cannot be read, or a name without a comment."""


@dataclass
class Declaration:
    """A declaration in a namespace or class: text[begin:end], and where the body begins that is not shown."""

    begin: int
    end: int
    shown_end: int  # of what is shown; end, unless a body follows
    block: tuple | None = None  # between the braces of a class, enum or namespace


@dataclass
class Public:
    name: str
    sentence: str


@dataclass
class Page:
    """What a header gives."""

    header: str
    head: list = field(default_factory=list)
    names: list = field(default_factory=list)
    blocks: list = field(default_factory=list)
    elsewhere: list = field(default_factory=list)  # functions of other headers' classes: (class, name, comment, block)


def code_alone(text):
    """`text` with comments, strings, characters and preprocessor lines blank, every position as it was."""
    pattern = re.compile(
        r"""//[^\n]* | /\*.*?\*/ | R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)" | "(?:\\.|[^"\\\n])*"
            | (?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+' | ^[ \t]*\#(?:\\\n|[^\n])*""",
        re.X | re.S | re.M,
    )
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def closing(code, at):
    """Where the bracket closes that opens at `at`."""
    pairs = {"{": "}", "(": ")", "[": "]"}
    depth = 0
    for i in range(at, len(code)):
        if code[i] in pairs:
            depth += 1
        elif code[i] in pairs.values():
            depth -= 1
            if depth == 0:
                return i
    raise Fault("a bracket is never closed")


def without_templates(head):
    """`head` without `template <…>`, attributes and requires-clauses in brackets."""
    head = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^()]*\)", " ", head, flags=re.S).strip()
    while head.startswith("template"):
        depth = 0
        for i, letter in enumerate(head):
            depth += (letter == "<") - (letter == ">" and head[i - 1] != "-")
            if letter == ">" and depth == 0:
                break
        head = head[i + 1 :].strip()
        head = re.sub(r"^requires\s*\((?:[^()]|\([^()]*\))*\)", "", head).strip()
    return head


def without_groups(head):
    """`head` with nothing in its round brackets, and without its angle brackets."""
    head = re.sub(r"operator\s*[^\w\s(]+", "operator", head)
    for pattern, instead in ((r"\([^()]*\)", "\0"), (r"<[^<>]*>", "")):
        while (inner := re.sub(pattern, instead, head)) != head:
            head = inner
    return head.replace("\0", "()")


TYPE = re.compile(r"(?:class|struct|union|enum(?:\s+(?:class|struct))?)\b")


def is_type(plain):
    """Of the head of a declaration: a class, struct, union or enum, no function that returns one."""
    return TYPE.match(plain) is not None and "(" not in without_groups(plain)


def next_declaration(code, at, end):
    """The one that begins at or behind `at`, or None. A label (`public:`) is one of its own."""
    begin = at
    while begin < end and code[begin] in " \t\n;":
        begin += 1
    if begin >= end:
        return None
    label = re.compile(r"(public|private|protected)\s*:(?!:)").match(code, begin, end)
    if label:
        return Declaration(begin, label.end(), label.end())
    i = begin
    initialisers = None  # of a constructor: where their colon stands
    while i < end:
        letter = code[i]
        head = code[begin:i]
        if letter in "([":
            i = closing(code, i)
        elif letter == ";":
            return Declaration(begin, i + 1, i + 1)
        elif letter == ":" and code[i + 1] != ":" and code[i - 1] != ":" and "(" in head:
            initialisers = initialisers or i
        elif letter == "{":
            last = closing(code, i)
            plain = without_templates(head)
            if plain.startswith("namespace") or plain == "extern":
                return Declaration(begin, last + 1, i, (i + 1, last))
            if is_type(plain):
                stop = code.index(";", last) + 1
                return Declaration(begin, stop, stop, (i + 1, last))
            plain = without_groups(plain)
            is_value = "=" in plain or "(" not in plain
            if initialisers is not None and re.search(r"[\w>]\s*$", head):
                is_value = True  # of a member
            if not is_value:
                shown = len(code[begin : initialisers or i].rstrip()) + begin
                return Declaration(begin, last + 1, shown)
            i = last
        i += 1
    raise Fault("a declaration without an end: " + code[begin : begin + 60].split("\n")[0])


def declarations(code, begin, end):
    while (declaration := next_declaration(code, begin, end)) is not None:
        yield declaration
        begin = declaration.end


def namespace_of(head):
    """["ochre", "v0", "detail"] of "namespace ochre::inline v0::detail"; [""] of one without a name."""
    parts = re.sub(r"\b(inline|namespace)\b", " ", head).split("::")
    return [part.strip() for part in parts]


def name_of(code, declaration):
    """The name that is declared, or None where it is declared elsewhere or has none."""
    plain = without_templates(code[declaration.begin : declaration.shown_end])
    if re.match(r"(static_assert|friend|extern)\b", plain) or plain.startswith("namespace"):
        return None
    if re.match(r"template\s*<\s*>", code[declaration.begin : declaration.end]):
        return None  # a specialisation
    if kind := re.match(r"using\s+(\w+)\s*=", plain) or re.match(r"concept\s+(\w+)", plain):
        return kind.group(1)
    if kind := re.match(r"using\s+[\w:]*::(\w+)\s*;", plain):
        return kind.group(1)
    if is_type(plain.split("{")[0]):
        kind = re.match(TYPE.pattern + r"\s+(\w+)", plain)
        return kind.group(1) if kind and declaration.block else None
    depth = 0
    for i, letter in enumerate(plain):
        if letter == "<" and not plain[:i].rstrip().endswith("operator"):
            depth += 1
        elif letter == ">" and depth > 0:
            depth -= 1
        elif depth == 0 and letter in "([{=;":
            head = plain[:i].rstrip()
            kind = re.search(r"((?:[\w>]\s*::\s*)?)(operator\s*[^\w\s(]{1,3}|\w+)$", head)
            if kind is None or kind.group(1) or head == kind.group(2):
                return None  # of a class, or a deduction guide
            return re.sub(r"\s", "", kind.group(2))
    return None


def member_of(code, declaration):
    """("Box", "size") of `inline int Box::size() const {…}`; None of all else, templates' members among it."""
    plain = without_templates(code[declaration.begin : declaration.shown_end])
    kind = re.search(r"[\s&*](\w+)::(\w+)$", plain.split("(")[0].rstrip())
    return kind.groups() if kind and declaration.shown_end != declaration.end else None


def comment_before(text, begin):
    """Lines of the comment that ends in the line above the one where `begin` stands."""
    lines = text[: text.rfind("\n", 0, begin) + 1].split("\n")[:-1]
    comment = []
    while lines and lines[-1].lstrip().startswith("//"):
        comment.insert(0, lines.pop().strip())
    return comment


def comment_behind(text, end):
    line = text[end : (text + "\n").index("\n", end)].strip()
    return [line] if line.startswith("//") else []


def prose(comment):
    return " ".join(line.lstrip("/").strip() for line in comment).strip()


def first_sentence(comment):
    """Up to the first full stop before another sentence or a parameter, or to where a formula or an example follows."""
    lines = []
    for line in comment:
        if lines and re.match(r"//(   |$)", line):
            break
        lines.append(line)
    text = prose(lines)
    end = re.search(r"[.?](?=\s+[^a-z\s]|\s+\w+(?:, \w+)*: |$)", text)
    return text[: end.end() if end else len(text)].rstrip(".;:") + ("" if text[: end.end() if end else 0].endswith("?") else ".")


def is_about_name(comment):
    """Not only about its parameters ("wanted: a layer"), errors or threads."""
    text = prose(comment)
    return text != "" and not re.match(r"(\w+(, \w+)*: |Errors\b)", text)  # "Threads: " as any parameter


def cuts(code, declaration):
    """What is not shown of a declaration, as (begin, end, what stands there instead): bodies, private members."""
    if declaration.block is None:
        return [] if declaration.shown_end == declaration.end else [(declaration.shown_end, declaration.end, ";")]
    head = without_templates(code[declaration.begin : declaration.block[0]])
    if head.startswith("enum"):
        return []
    spans = []
    hidden = declaration.block[0] if head.startswith("class") else None  # where a private part begins
    for member in declarations(code, *declaration.block):
        label = re.match(r"(public|private|protected)\s*:", code[member.begin : member.end])
        if label:
            line = code.rfind("\n", 0, member.begin) + 1
            if hidden is not None:
                spans.append((hidden, max(line, hidden), "\n" if hidden == declaration.block[0] else ""))
            hidden = None if label.group(1) == "public" else line
        elif hidden is None:
            spans += cuts(code, member)
    if hidden is not None:
        spans.append((hidden, max(hidden, code.rfind("\n", 0, declaration.block[1]) + 1), ""))
    return spans


def rendered(text, code, declaration):
    """The declaration as it stands, without bodies and private members, its comments around it."""
    begin = text.rfind("\n", 0, declaration.begin) + 1
    line_end = (text + "\n").index("\n", declaration.end)
    shown, at = "".join(line + "\n" for line in comment_before(text, declaration.begin)), begin
    for first, last, instead in cuts(code, declaration):
        shown += text[at:first].rstrip(" ") + instead
        at = last
    shown += text[at:line_end]
    shown = re.sub(r"[ \t]+\n", "\n", shown)
    shown = re.sub(r"\n{2,}(\s*\})", r"\n\1", re.sub(r"\n{3,}", "\n\n", shown))
    return shown.rstrip()


def macros_of(text):
    """Macros that stay defined: (name, comment, line)."""
    gone = set(re.findall(r"^#undef (\w+)", text, re.M))
    comment = []
    for match in re.finditer(r"^#define (OCHRE_\w+).*$", text, re.M):
        comment = comment_before(text, match.start()) or comment
        if match.group(1) not in gone:
            yield match.group(1), comment, match.group()


def page_of(text, header, folders):
    """Everything public of one header, or None. Raises Fault where it cannot be read or a name has no comment."""
    code = code_alone(text)
    page = Page(header)
    page.head = re.match(r"((//.*\n)*)", text).group().splitlines()
    comments = {}  # of each name

    def add(name, comment, block, is_group):
        comments[name] = comments.get(name) or comment
        page.blocks.append(("" if is_group or not page.blocks else "\n") + block)

    def walk(begin, end, place):
        last_end, last_comment = None, []
        for declaration in declarations(code, begin, end):
            head = code[declaration.begin : declaration.shown_end]
            if declaration.block and re.match(r"(inline\s+)?namespace\b", head):
                walk(*declaration.block, place + namespace_of(head))
                continue
            is_public = place[:1] == ["ochre"] and not any(part in folders | {"detail", ""} for part in place[1:])
            if not is_public:
                continue
            name = name_of(code, declaration)
            comment = comment_before(text, declaration.begin)
            if name is None:
                if member := member_of(code, declaration):
                    page.elsewhere.append((*member, comment or page.head, rendered(text, code, declaration)))
                continue
            is_group = last_end is not None and not comment and text.count("\n", last_end, declaration.begin) == 1
            said = comment or comment_behind(text, declaration.end) or (last_comment if is_group else [])
            last_end, last_comment = declaration.end, said
            spaces = [part for part in place if not re.fullmatch(r"v\d+", part)]
            block = rendered(text, code, declaration)
            if spaces != ["ochre"]:
                block = f"// In namespace {'::'.join(spaces)}.\n" + block
            add("::".join(spaces[1:] + [name]), said, block, is_group)

    for name, comment, line in macros_of(text) if not folders & set(header.split("/")[1:-1]) else []:
        block = "\n".join([*comment, line]) if comment not in comments.values() else line
        add(name, comment, block, block == line)
    walk(0, len(code), [])
    page.elsewhere = [member for member in page.elsewhere if member[0] not in comments]
    if not comments and not page.elsewhere:
        return None
    for name, comment in comments.items():
        comment = comment if is_about_name(comment) else page.head
        if not prose(comment):
            raise Fault("no comment says what is " + name)
        page.names.append(Public(name, first_sentence(comment)))
    return page


def add_members(pages):
    """Lists, where they stand, functions of classes that other pages show them in; pages without a name go."""
    shown = {}  # of each public name
    for page in pages:
        for public in page.names:
            shown[public.name] = "\n".join(page.blocks)
    for page in pages:
        for owner, name, comment, block in page.elsewhere:
            if re.search(rf"\b{name}\(", shown.get(owner, "")):
                page.names.append(Public(f"{owner}::{name}", first_sentence(comment)))
                page.blocks.append(("\n" if page.blocks else "") + block)
    return [page for page in pages if page.names]


def order(path):
    """Headers of the top first, then folder by folder."""
    return (path.count("/") > 0, path)


def written(pages):
    lines = [OPENING, "| name | header | |", "|---|---|---|"]
    for page in pages:
        anchor = re.sub(r"[^\w-]", "", page.header)
        for public in page.names:
            sentence = public.sentence.replace("|", "\\|")
            lines.append(f"| `{public.name}` | [{page.header}](#{anchor}) | {sentence} |")
    for page in pages:
        lines += ["", f"## {page.header}", "```cpp", *page.head, *([""] if page.head else []), *page.blocks, "```"]
    return "\n".join(lines) + "\n"


def reference_of(include):
    """The page for the folder `include`, which holds ochre/."""
    root = Path(include) / "ochre"
    folders = {path.name for path in root.rglob("*") if path.is_dir()} - {"models"}
    pages, faults = [], []
    for path in sorted((p.relative_to(root).as_posix() for p in root.rglob("*.hpp")), key=order):
        try:
            page = page_of((root / path).read_text(encoding="utf-8"), path, folders)
        except Fault as fault:
            faults.append(f"{path}: {fault}")
            continue
        if page:
            pages.append(page)
    if faults:
        raise Fault("\n".join(faults))
    return written(add_members(pages))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the page instead of writing it")
    parser.add_argument("--include", type=Path, default=Path(__file__).resolve().parent.parent / "include")
    options = parser.parse_args()
    page = options.include / "REFERENCE.md"
    try:
        expected = reference_of(options.include)
    except Fault as fault:
        sys.exit(str(fault))
    if not options.check:
        page.write_text(expected, encoding="utf-8")
        return
    written = page.read_text(encoding="utf-8") if page.exists() else ""
    if written != expected:
        lines = difflib.unified_diff(written.splitlines(), expected.splitlines(), "page", "headers", lineterm="", n=1)
        print("\n".join(lines))
        sys.exit("REFERENCE.md and the headers part: run tools/reference.py")


if __name__ == "__main__":
    main()
