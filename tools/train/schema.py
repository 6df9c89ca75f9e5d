"""What a recipe may say: every key, what it takes, and which must be there. README.md says what the keys mean.

A rule takes a value and where it stands, and gives a line for each thing that is wrong: none if all is well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

PRIORS = ("joint", "colour", "gradient", "none")  # of prior.py
DRAWN = ("neutral", "grounds")  # of pictures.py
STRIDES = (4, 8, 16, 32)  # of the teacher's decoder

Rule = Callable[[object, str], Iterator[str]]


def value(expected: str, fits: Callable[[object], bool]) -> Rule:
    def rule(found: object, where: str) -> Iterator[str]:
        if not fits(found):
            yield f"{where}: found {found!r}, expected {expected}"

    return rule


def below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def table(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    """A table of these keys and no other."""
    rules = required | (optional or {})

    def rule(found: object, where: str) -> Iterator[str]:
        if not isinstance(found, dict):
            yield f"{where}: found {found!r}, expected a table"
            return
        yield from (f"{below(where, key)}: missing" for key in required if key not in found)
        for key, item in found.items():
            if key in rules:
                yield from rules[key](item, below(where, key))
            else:
                yield f"{below(where, key)}: unknown key, expected one of {', '.join(rules)}"

    return rule


def table_of(item_rule: Rule, key_rule: Rule | None = None) -> Rule:
    """A table of any keys, one at least, each with such a value."""

    def rule(found: object, where: str) -> Iterator[str]:
        if not isinstance(found, dict) or not found:
            yield f"{where}: found {found!r}, expected a table that is not empty"
            return
        for key, item in found.items():
            if key_rule:
                yield from key_rule(key, where)
            yield from item_rule(item, below(where, key))

    return rule


def list_of(item_rule: Rule) -> Rule:
    def rule(found: object, where: str) -> Iterator[str]:
        if not isinstance(found, list) or not found:
            yield f"{where}: found {found!r}, expected a list that is not empty"
            return
        for place, item in enumerate(found, start=1):
            yield from item_rule(item, f"{where}, {place} of {len(found)}")

    return rule


def is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)


def is_whole(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool)


def one_of(*names: object) -> Rule:
    return value(f"one of {', '.join(map(str, names))}", lambda item: item in names and not isinstance(item, bool))


def is_source(item: object) -> bool:
    """Whether it names the result of another recipe (recipe.py)."""
    return isinstance(item, str) and re.fullmatch(r"\d+_\w+(@\d+)?", item) is not None


def is_model_file(item: object) -> bool:
    return isinstance(item, str) and item.endswith(".safetensors")


text = value("text", lambda item: isinstance(item, str) and item != "")
count = value("a whole number, 1 or more", lambda item: is_whole(item) and item >= 1)
seed = value("a whole number, 0 or more", lambda item: is_whole(item) and item >= 0)
positive = value("a number above 0", lambda item: is_number(item) and item > 0)
not_negative = value("a number, 0 or more", lambda item: is_number(item) and item >= 0)
share = value("a number of 0 to 1", lambda item: is_number(item) and 0 <= item <= 1)
source = value("a recipe", is_source)
beginning = value('a recipe, a file .safetensors or "nothing"',
                  lambda item: item == "nothing" or is_source(item) or is_model_file(item))  # fmt: skip
teacher = value('a recipe or "nobody"', lambda item: item == "nobody" or is_source(item))
limits = value("[least, most] of a crop's side, in pixels", lambda item: isinstance(item, list) and len(item) == 2
               and all(map(is_whole, item)) and 1 <= item[0] <= item[1])  # fmt: skip

archive = table({"path": text, "shorter_side": count})
drawn = table({"made": one_of(*DRAWN)})


def collection(found: object, where: str) -> Iterator[str]:
    """An archive or folder of --data, or pictures that the program draws."""
    return (drawn if isinstance(found, dict) and "made" in found else archive)(found, where)


TRAINING = table(
    {
        "start_from": beginning,
        "teacher": teacher,
        "network": text,
        "seed": seed,
        "threads": count,
        "card": table({"description": text, "licence": text, "pictures": text, "size": count, "temperature": positive}),
        "loss": table({"prior": one_of(*PRIORS), "gradient_levels": count, "mixing": share, "sigma": not_negative,
                       "gradient_sigma": not_negative}),
        "validation": table({"pictures": text, "count": count, "size": count, "temperature": positive,
                             "minutes": positive}),
        "optimiser": table({"learning_rate": positive, "warmup_steps": count, "weight_decay": not_negative,
                            "ema": share}),
        "collections": table_of(collection),
        "phases": list_of(table(
            {"side": count, "steps": count, "camera": share,
             "batch": table_of(table({"pictures": count, "crop": limits}))},
            {"steadiness": positive},
        )),
    },
    {
        "keep_after": list_of(count),
        "lessons": table({"description": text, "share": share},
                         {"hints": table_of(one_of(*STRIDES)), "hint_weight": positive}),
        "estimate": table({"temperature": positive, "mixing": share, "pixel": not_negative, "picture": not_negative,
                           "twin": not_negative}),
    },
)  # fmt: skip

AVERAGE = table({"average_of": table_of(count, key_rule=source)}, {"temperature": positive})
