"""What lies on disk of a lineage: in RUNS a folder a recipe, with `recipe.json` beside what the recipe made.

recipe.json holds the recipe as it was when it was begun, the SHA-256 of each input, and once all is made that of each
result. So a recipe that was changed afterwards is found out, and so is a result whose inputs were made anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path

from files import replacing, sha256_of
from recipe import Recipe, Source

RECORD, CHECKPOINT = "recipe.json", "checkpoint.pt"


class State(Enum):
    TO_DO = "to do"
    BEGUN = "begun"  # there is a checkpoint to go on from
    DONE = "done"


@dataclass
class Record:
    """What recipe.json holds."""

    recipe: dict
    inputs: dict[str, str]  # SHA-256 by source, as the recipe names it
    results: dict[str, str] = field(default_factory=dict)  # SHA-256 by file, once all are made


def differences(was: object, now: object, where: str = "") -> Iterator[str]:
    """A line for each key that is other."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in [*was, *(key for key in now if key not in was)]:
            yield from differences(was.get(key), now.get(key), f"{where}.{key}" if where else key)
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for place, pair in enumerate(zip(was, now), start=1):
            yield from differences(*pair, f"{where}, {place} of {len(was)}")
    elif was != now:
        told = ["not there" if item is None else f"{item!r}" for item in (was, now)]
        yield f"{where} was {told[0]}, is {told[1]}"


class Results:
    """The folder of all results of the recipes of a lineage."""

    def __init__(self, runs: Path, recipes: dict[str, Recipe]):
        self.runs, self.recipes = runs, recipes

    def folder(self, recipe: Recipe) -> Path:
        return self.runs / recipe.name

    def path(self, source: Source) -> Path:
        """The file that a source stands for."""
        recipe = self.recipes[source.recipe]
        return self.folder(recipe) / recipe.file_of(source.step)

    def record(self, recipe: Recipe) -> Record | None:
        path = self.folder(recipe) / RECORD
        if not path.exists():
            return None
        try:
            return Record(**json.loads(path.read_text()))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: found what this command did not write") from error

    def state(self, recipe: Recipe) -> State:
        record, folder = self.record(recipe), self.folder(recipe)
        if record and record.results and all((folder / name).exists() for name in record.results):
            return State.DONE
        return State.BEGUN if record and (folder / CHECKPOINT).exists() else State.TO_DO

    def begin(self, recipe: Recipe) -> None:
        """Writes down what the recipe is made by."""
        self.folder(recipe).mkdir(parents=True, exist_ok=True)
        self._write(recipe, Record(recipe.content, self._inputs_now(recipe)))

    def finish(self, recipe: Recipe) -> None:
        """Writes down what was made."""
        record, folder = self.record(recipe), self.folder(recipe)
        record.results = {name: sha256_of(folder / name) for name in recipe.files}
        self._write(recipe, record)

    def _write(self, recipe: Recipe, record: Record) -> None:
        with replacing(self.folder(recipe) / RECORD) as temporary:
            temporary.write_text(json.dumps(asdict(record), indent=1) + "\n")

    def wrong(self, recipe: Recipe) -> Iterator[str]:
        """A line for each reason why what lies there is not of this recipe and its inputs."""
        record, folder = self.record(recipe), self.folder(recipe)
        if record is None and folder.exists() and any(folder.iterdir()):
            yield f"{folder}: found files and no {RECORD}, expected what this command made, or nothing"
        if record is None or self.state(recipe) is State.TO_DO:
            return
        for name, sha256 in record.results.items():
            if (folder / name).exists() and sha256_of(folder / name) != sha256:
                yield f"{folder / name}: found another file than was made; remove the folder to make it again"
        for line in differences(record.recipe, recipe.content):
            yield f"{recipe.path}: {line} since {folder} was begun; undo that, or remove the folder to make it again"
        for name, now in self._inputs_now(recipe).items():
            if record.inputs.get(name, now) != now:
                yield f"{folder}: was begun with another {name} than there is now; remove the folder to make it again"

    def _inputs_now(self, recipe: Recipe) -> dict[str, str]:
        """SHA-256 of those inputs that are there, as Record.inputs."""
        hashes = {}
        for _, source in recipe.inputs:
            record = self.record(self.recipes[source.recipe])
            if record and (now := record.results.get(self.path(source).name)):
                hashes[str(source)] = now
        if recipe.model_file:
            hashes[recipe.content["start_from"]] = sha256_of(recipe.model_file)
        return hashes
