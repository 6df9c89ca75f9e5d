"""ochre's network text, read: one layer a line, `kind name [from=a,b] key=value...`.

The text is the single source of an architecture; it stands in `include/ochre/models/<name>.hpp` and is stored in every
model file. Only the standard library is needed here, so that a recipe can be checked without PyTorch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TEACHER = "teacher"  # in the place of a network's name: teacher.py, which has no text


@dataclass
class Layer:
    """One line of the text: its kind, its name, the layers it reads and its options as text."""

    kind: str
    name: str
    sources: list[str]
    options: dict[str, str]


@dataclass
class Head:
    """What the output means: `distribution` over the 313 bins, or `ab` in Lab units.

    `temperature`: the logits are already divided by it.
    """

    kind: str
    layer: str
    temperature: float = 1.0


@dataclass
class Description:
    """A parsed network text."""

    text: str
    name: str = ""
    input_name: str = ""
    input_channels: int = 0
    layers: list[Layer] = field(default_factory=list)
    output: str = ""
    head: Head | None = None


def network_text(name: str) -> str:
    """The text of network `name`, read out of the raw string in its C++ header."""
    header = (REPOSITORY / "include" / "ochre" / "models" / f"{name}.hpp").read_text()
    match = re.search(rf'\b{name}\s*=\s*R"([^(]*)\((.*?)\)\1"', header, re.DOTALL)
    if not match:
        raise ValueError(f"{name}.hpp holds no raw string named {name}")
    return match.group(2)


def parse(text: str) -> Description:
    """Parses a network text; raises ValueError naming the line that cannot be read."""
    description = Description(text)
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            _parse_line(description, words)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(f"line {number}: {line.strip()}: {error}") from error
    if not description.output:
        raise ValueError("the text names no output")
    return description


def _parse_line(description: Description, words: list[str]) -> None:
    kind = words[0]
    if kind == "head":
        options = dict(word.split("=", 1) for word in words[2:])
        temperature = float(options.get("temperature", 1))
        description.head = Head(words[1], options["layer"], temperature)
        return
    name = words[1]
    options = dict(word.split("=", 1) for word in words[2:])
    if kind == "network":
        description.name = name
    elif kind == "input":
        description.input_name = name
        description.input_channels = int(options["channels"])
    elif kind == "output":
        description.output = name
    else:
        previous = description.layers[-1].name if description.layers else description.input_name
        sources = options.pop("from", previous).split(",")
        known = {description.input_name, *(layer.name for layer in description.layers)}
        if name in known:
            raise ValueError(f"the name {name} is taken")
        if missing := [source for source in sources if source not in known]:
            raise ValueError(f"unknown source {missing[0]}")
        description.layers.append(Layer(kind, name, sources, options))
