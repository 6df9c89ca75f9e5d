"""A recipe: what one training or one average is given, a TOML file named NUMBER_NAME.toml.

A training says what it begins with and whom it learns from, as a rule results of earlier recipes:

    start_from = "04_first_average"       # or "nothing", or a model file, "../street.safetensors", from here on
    teacher = "05_teacher"                # or "nobody"

An average names its parts and their shares:

    [average_of]
    17_street_roads = 2
    "17_street_roads@2311" = 1            # the state after that step, which 17_street_roads has in its keep_after

`base = "OTHER.toml"` takes the tables of another file, with the keys that this one names replaced. What a recipe begins
with, whom it learns from and what it keeps are never taken from a base. Only the standard library is needed here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from description import TEACHER, network_text, parse
from schedule import Schedule
from schema import AVERAGE, TRAINING, is_model_file

OWN = ("start_from", "teacher", "keep_after")  # keys that no base hands on


@dataclass(frozen=True)
class Source:
    """The result of a recipe: of its end, or the state that it kept after a step."""

    recipe: str
    step: int | None = None

    @classmethod
    def of(cls, text: str) -> Source:
        recipe, _, step = text.partition("@")
        return cls(recipe, int(step) if step else None)

    def __str__(self) -> str:
        return self.recipe if self.step is None else f"{self.recipe}@{self.step}"


@dataclass
class Recipe:
    """A recipe that has been read; `content` are its tables, its base's among them."""

    path: Path
    content: dict

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def number(self) -> int:
        return int(self.name.partition("_")[0])

    @property
    def is_average(self) -> bool:
        return "average_of" in self.content

    @property
    def teaches(self) -> bool:
        """Whether its result is a teacher: a checkpoint, no model file."""
        return self.content.get("network") == TEACHER

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.content["phases"])

    @property
    def start_from(self) -> Source | None:
        return self._source("start_from", "nothing")

    @property
    def teacher(self) -> Source | None:
        return self._source("teacher", "nobody")

    def _source(self, key: str, nothing: str) -> Source | None:
        text = self.content.get(key, nothing)
        return None if text == nothing or is_model_file(text) else Source.of(text)

    @property
    def model_file(self) -> Path | None:
        """The file that it begins with, where it names one."""
        text = self.content.get("start_from")
        return self.path.parent / text if is_model_file(text) else None

    @property
    def parts(self) -> dict[Source, int]:
        """The shares of an average."""
        return {Source.of(text): share for text, share in self.content.get("average_of", {}).items()}

    @property
    def inputs(self) -> list[tuple[str, Source]]:
        """All that it takes from others, each with the key that says so."""
        named = [("start_from", self.start_from), ("teacher", self.teacher)]
        return [(key, source) for key, source in named if source] + [("average_of", part) for part in self.parts]

    @property
    def kept(self) -> list[int]:
        return self.content.get("keep_after", [])

    def file_of(self, step: int | None) -> str:
        """The name of the file that holds its result: that of its end, or of the state after a step."""
        if self.teaches:
            return "checkpoint.pt"
        return "model.safetensors" if step is None else f"after-{step}.safetensors"

    @property
    def pictures(self) -> list[str]:
        """The archives and folders of --data that it needs."""
        if self.is_average:
            return []
        used = used_collections(self.content).values()
        return [item["path"] for item in used if "path" in item] + [self.content["validation"]["pictures"]]

    @property
    def files(self) -> list[str]:
        """The names of all files that it hands on."""
        return [self.file_of(step) for step in [*self.kept, None]]


def read_tables(path: Path, above: tuple[Path, ...] = ()) -> dict:
    """The file's tables. `base = "other.toml"` takes those of another file beside it, which may have a base
    itself, with the keys that this one names replaced, a table's one by one and a list as a whole. `above`: the
    files whose base this one is; a file that is its own base is a ValueError."""
    path = path.resolve()
    asked = "".join(f", the base of {other.name}" for other in above[-1:])
    if path in above:
        raise ValueError(f"{path}: found itself among its bases, expected one that stands alone at the end")
    try:
        own = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}{asked}: {error.strerror if isinstance(error, OSError) else error}") from error
    if "base" not in own:
        return own
    base = read_tables(path.parent / str(own.pop("base")), (*above, path))
    whole = {key: item for key, item in base.items() if key not in OWN}
    for key, item in own.items():
        under = whole.get(key)
        whole[key] = under | item if isinstance(item, dict) and isinstance(under, dict) else item
    return whole


def used_collections(content: dict) -> dict[str, dict]:
    """The collections that some phase takes pictures from."""
    used = {name for phase in content["phases"] for name in phase["batch"]}
    return {name: item for name, item in content["collections"].items() if name in used}


def read_recipe(path: Path) -> Recipe:
    """The recipe of a file; a ValueError has a line for each thing that is wrong with it."""
    if not re.fullmatch(r"\d+_\w+\.toml", path.name):
        raise ValueError(f"{path}: a recipe is named NUMBER_NAME.toml")
    recipe = Recipe(path, read_tables(path))
    rule = AVERAGE if recipe.is_average else TRAINING
    wrong = list(rule(recipe.content, "")) or ([] if recipe.is_average else list(contradictions(recipe)))
    if wrong:
        raise ValueError("\n".join(f"{path}: {line}" for line in wrong))
    return recipe


def contradictions(recipe: Recipe) -> Iterator[str]:
    """What is wrong with a training although each of its values may be."""
    content = recipe.content
    for place, phase in enumerate(content["phases"], start=1):
        for name in phase["batch"].keys() - content["collections"].keys():
            yield f"phases, {place} of {len(content['phases'])}.batch.{name}: no such collection"
    steps = recipe.schedule.steps()
    if recipe.kept != sorted(set(recipe.kept)) or any(step >= steps for step in recipe.kept):
        yield f"keep_after: found {recipe.kept}, expected ascending steps before the last, {steps}"
    if recipe.model_file and not recipe.model_file.exists():
        yield f"start_from: {content['start_from']}: no such file"
    if recipe.model_file and recipe.teaches:
        yield f"start_from: {content['start_from']}: a teacher has no model file"
    if recipe.kept and recipe.teaches:
        yield "keep_after: a teacher keeps no states"
    if (recipe.teacher is None) != ("lessons" not in content):
        yield f'teacher: found "{content["teacher"]}" and {"a" if "lessons" in content else "no"} table [lessons]'
    yield from wrong_hints(recipe)


def wrong_hints(recipe: Recipe) -> Iterator[str]:
    """What is wrong with the network, and with what it says of its layers."""
    lessons = recipe.content.get("lessons", {})
    hints = lessons.get("hints", {})
    if ("hints" in lessons) != ("hint_weight" in lessons):
        yield "lessons: hints and hint_weight go together, found one of them"
    if len(set(hints.values())) < len(hints):
        yield f"lessons.hints: found {hints}, expected one layer a stride"
    layers = set()
    if not recipe.teaches:
        try:
            layers = {layer.name for layer in parse(network_text(recipe.content["network"])).layers}
        except (OSError, ValueError) as error:
            yield f"network: {error}"
            return
    for layer in hints.keys() - layers:
        yield f"lessons.hints.{layer}: no layer of the network"
