"""The recipes of a folder, and their order: a recipe takes only from those with a smaller number, so that the numbers
are an order in which all can be made, and none can need itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recipe import Recipe, read_recipe


def read_recipes(folder: Path) -> dict[str, Recipe]:
    """The recipes of a folder, by name, in the order of their numbers. A ValueError has a line for each thing that is
    wrong."""
    recipes, wrong = [], []
    paths = sorted(folder.glob("*.toml"))
    for path in paths:
        try:
            recipes.append(read_recipe(path))
        except ValueError as error:
            wrong.append(str(error))
    recipes.sort(key=lambda recipe: recipe.number)
    by_name = {recipe.name: recipe for recipe in recipes}
    for recipe, other in zip(recipes, recipes[1:]):
        if recipe.number == other.number:
            wrong.append(f"{other.path}: has the number of {recipe.path.name}")
    if not paths:
        wrong.append(f"{folder}: found no recipe")
    if not wrong:  # a recipe that cannot be read is no reason to say of others that it is missing
        wrong += [f"{recipe.path}: {line}" for recipe in recipes for line in wrong_inputs(recipe, by_name)]
    if wrong:
        raise ValueError("\n".join(wrong))
    return by_name


def wrong_inputs(recipe: Recipe, recipes: dict[str, Recipe]) -> Iterator[str]:
    """A line for each source that this recipe cannot take."""
    for key, source in recipe.inputs:
        where = f"{key}: {source}"
        if (other := recipes.get(source.recipe)) is None:
            yield f"{where}: no such recipe"
        elif other.number >= recipe.number:
            yield f"{where}: found a number that is not smaller, expected an earlier recipe, so that none needs itself"
        elif source.step is not None and source.step not in other.kept:
            yield f"{where}: found keep_after = {other.kept} in {other.name}"
        elif key == "teacher":
            if not other.teaches:
                yield f'{where}: expected a recipe with network = "teacher"'
        elif network_of(other, recipes) != network_of(recipe, recipes):
            yield f"{where}: found network {network_of(other, recipes)}, expected {network_of(recipe, recipes)}"
        elif other.teaches and recipe.is_average:
            yield f"{where}: found a teacher, expected what has a model file"


def network_of(recipe: Recipe, recipes: dict[str, Recipe]) -> str | None:
    """The network of a training; of an average that of its first part, None if that cannot be told."""
    earlier = recipe
    while earlier.is_average:
        first = recipes.get(next(iter(earlier.parts)).recipe)
        if first is None or first.number >= earlier.number:
            return None
        earlier = first
    return earlier.content["network"]


def ancestors(last: Recipe, recipes: dict[str, Recipe]) -> list[Recipe]:
    """All that the last one needs, itself too, in the order of their numbers."""
    needed = {last.name}
    for recipe in reversed(recipes.values()):  # what a recipe needs comes before it
        if recipe.name in needed:
            needed |= {source.recipe for _, source in recipe.inputs}
    return [recipe for recipe in recipes.values() if recipe.name in needed]


def last_of(recipes: dict[str, Recipe], asked: str | None) -> Recipe:
    if asked is None:
        return list(recipes.values())[-1]
    for recipe in recipes.values():
        if asked == recipe.name or asked.isdecimal() and int(asked) == recipe.number:
            return recipe
    raise ValueError(f"--to {asked}: found no such recipe, expected one of {', '.join(recipes)}")
