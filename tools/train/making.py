"""Makes the recipes of a lineage: which of them, by which command lines, one after the other."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from interruption import Interruption
from recipe import Recipe
from results import Results, State

HERE = Path(__file__).resolve().parent
TRAIN, AVERAGE = HERE / "train.py", HERE / "average.py"
PATIENCE = 0.2  # seconds between two looks at whether somebody asked to stop


def to_make(lineage: list[Recipe], results: Results | None) -> list[Recipe]:
    """Those of a lineage that must be made, in order: what is done needs nothing any more."""
    if results is None:
        return lineage
    needed, recipes = {lineage[-1].name}, []
    for recipe in reversed(lineage):
        if recipe.name in needed and results.state(recipe) is not State.DONE:
            recipes.insert(0, recipe)
            needed |= {source.recipe for _, source in recipe.inputs}
    return recipes


def missing_pictures(recipes: list[Recipe], data: Path) -> Iterator[str]:
    """A line for each archive or folder of `data` that is not there."""
    for recipe in recipes:
        for name in recipe.pictures:
            if not (data / name).exists():
                yield f"{recipe.path}: {data / name} is missing"


def command(recipe: Recipe, results: Results, data: Path, cache: Path) -> list[str]:
    """The command line that makes a recipe, or goes on with it."""
    folder = results.folder(recipe)
    if recipe.is_average:
        parts = [f"{results.path(source)}={share}" for source, share in recipe.parts.items()]
        temperature = recipe.content.get("temperature")
        options = ["--temperature", str(temperature)] if temperature else []
        return [sys.executable, str(AVERAGE), str(folder / recipe.file_of(None)), *parts, *options]
    words = [sys.executable, str(TRAIN), str(recipe.path)]
    words += ["--data", str(data), "--cache", str(cache), "--run", str(folder)]
    if results.state(recipe) is State.BEGUN:
        words += ["--resume"]
    elif begins := recipe.model_file or recipe.start_from and results.path(recipe.start_from):
        words += ["--start-from", str(begins)]
    return words + (["--teacher", str(results.path(recipe.teacher))] if recipe.teacher else [])


def call(words: list[str], lock: int, interruption: Interruption) -> int:
    """Runs a command and gives its exit status. Who asks this program to stop asks that one, which takes its time to
    write a checkpoint. It holds the lock as long as it lives, even if this one is killed."""
    child, told = subprocess.Popen(words, pass_fds=(lock,)), False
    while True:
        try:
            return child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            if interruption.asked and not told:
                child.terminate()
                told = True


def make(making: list[Recipe], results: Results, data: Path, cache: Path) -> None:
    """Makes them one after the other. A ChildProcessError where one does not come to its end, or somebody asked to
    stop; a BlockingIOError where another lineage makes its results in the same folder."""
    results.runs.mkdir(parents=True, exist_ok=True)
    with (results.runs / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        interruption = Interruption()
        for recipe in making:
            if interruption.asked:
                raise ChildProcessError(f"stopped before {recipe.name}; the same command goes on")
            print(f"== {recipe.name}", flush=True)
            words = command(recipe, results, data, cache)
            if results.state(recipe) is State.TO_DO:
                results.begin(recipe)
            if call(words, lock.fileno(), interruption) != 0:
                raise ChildProcessError(f"{recipe.name} did not come to its end; the same command goes on with it")
            results.finish(recipe)
