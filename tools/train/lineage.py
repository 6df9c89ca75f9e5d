"""Trains a lineage of recipes: `python lineage.py recipes --to 20 --data DATA --cache CACHE --runs RUNS`.

Takes the recipes (recipe.py) that the last one needs, in the order of their numbers, and makes what is not made yet:
trainings by train.py, averages by average.py, each in its folder of RUNS. It can be stopped at any time, by Ctrl-C or
SIGTERM; the same command goes on. `--dry-run` checks every recipe and every key, prints the plan and makes nothing; it
needs neither PyTorch nor data.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from making import make, missing_pictures, to_make
from order import ancestors, last_of, read_recipes
from recipe import Recipe
from results import Results, State


def described(recipe: Recipe) -> str:
    """One line of the plan."""
    if recipe.is_average:
        shares = " : ".join(map(str, recipe.parts.values()))
        return f"average {shares} of {', '.join(map(str, recipe.parts))}"
    schedule = recipe.schedule
    pixels = schedule.pixels_before(schedule.steps()) / 1e6
    said = f"{schedule.steps():,} steps, {pixels:,.0f} Mpx, from {recipe.content['start_from']}"
    said += f", taught by {recipe.teacher}" if recipe.teacher else ""
    return said + "".join(f", kept after {step:,}" for step in recipe.kept)


def show(lineage: list[Recipe], making: list[Recipe], results: Results | None) -> None:
    """Prints the plan, a line a recipe."""
    width = max(len(recipe.name) for recipe in lineage)
    for recipe in lineage:
        state = results.state(recipe) if results else State.TO_DO
        told = state.value if recipe in making or state is State.DONE else "not needed"
        print(f"{recipe.name:{width}}  {told:10}  {described(recipe)}")
    steps = sum(recipe.schedule.steps() for recipe in making if not recipe.is_average)
    averages = sum(recipe.is_average for recipe in making)
    trainings = len(making) - averages
    print(f"{len(lineage)} recipes; to make: {trainings} trainings of {steps:,} steps, {averages} averages", flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", type=Path, help="a folder of NUMBER_NAME.toml")
    parser.add_argument("--to", metavar="RECIPE", help="the last one, by name or number; default: the last of all")
    parser.add_argument("--data", type=Path, help="where the collections lie")
    parser.add_argument("--cache", type=Path, help="for the decoded pictures")
    parser.add_argument("--runs", type=Path, help="for all results, a folder a recipe")
    parser.add_argument("--dry-run", action="store_true", help="check all, print the plan, make nothing")
    arguments = parser.parse_args()
    if not arguments.dry_run and not (arguments.data and arguments.cache and arguments.runs):
        parser.error("--data, --cache and --runs are needed, or --dry-run")
    return arguments


def plan(arguments: argparse.Namespace) -> tuple[list[Recipe], list[Recipe], Results | None]:
    """The lineage of the last recipe asked for, those of it that must be made, and where. A ValueError has a line for
    each thing that is wrong with the recipes, with what lies in RUNS or with the pictures."""
    recipes = read_recipes(arguments.recipes)
    lineage = ancestors(last_of(recipes, arguments.to), recipes)
    results = Results(arguments.runs, recipes) if arguments.runs else None
    wrong = [line for recipe in lineage for line in results.wrong(recipe)] if results else []
    making = to_make(lineage, results)
    if arguments.data:
        wrong += missing_pictures(making, arguments.data)
    if wrong:
        raise ValueError("\n".join(wrong))
    return lineage, making, results


def main() -> None:
    arguments = parse_arguments()
    try:
        lineage, making, results = plan(arguments)
        show(lineage, making, results)
        if not arguments.dry_run:
            make(making, results, arguments.data, arguments.cache)
    except BlockingIOError:
        sys.exit(f"{arguments.runs}: another lineage is at work there")
    except (ValueError, ChildProcessError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
