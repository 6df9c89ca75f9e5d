"""Where a model comes from, in words, as its file tells it: `origin` in a few lines, `history` run by run.

A run that began with another model's weights goes on with that model's history; an average says once what its parts
have in common, then in brackets what each has of its own.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pictures import MADE
from recipe import used_collections


@dataclass
class Beginning:
    """Where a run's first weights come from: nothing, or a model file."""

    history: str = ""
    data: dict[str, str] = field(default_factory=dict)  # SHA-256 of each archive it was trained on

    @classmethod
    def of(cls, metadata: dict[str, str]) -> Beginning:
        """What the metadata of a model file say."""
        return cls(metadata["history"], json.loads(metadata["data_sha256"]))


def archives(config: dict) -> list[Path]:
    """Those that some phase takes pictures from."""
    return [Path(item["path"]) for item in used_collections(config).values() if "path" in item]


def drawn(config: dict, phase: dict) -> str:
    """What a phase shows of the pictures that the program draws."""
    kinds = {config["collections"][name].get("made") for name in phase["batch"]}
    return "".join(f", some of them {kind.shown}" for name, kind in MADE.items() if name in kinds)


def phases_seen(phases: list[dict], steps: int) -> list[dict]:
    """The phases of the first `steps` steps, the last of them as long as it went."""
    seen = []
    for phase in phases:
        taken = min(phase["steps"], steps)
        if taken:
            seen.append(phase | {"steps": taken})
        steps -= taken
    return seen


def origin(config: dict) -> str:
    """A few lines: who trained it, on what, when."""
    return (
        f"Trained by the ochre project with tools/train on {config['card']['pictures']}. {datetime.now(UTC):%Y-%m-%d}; "
        "`ochre info --history` tells the whole story."
    )


def history(config: dict, state: dict, beginning: Beginning) -> str:
    """One paragraph: who trained it, on what, for how long; after that of the weights it began with."""
    pictures = ", ".join(path.name for path in archives(config))
    phases = "; ".join(
        f"{phase['steps']} steps of {sum(p['pictures'] for p in phase['batch'].values())} crops, "
        f"{phase['side']}x{phase['side']}, {100 * phase['camera']:.0f} % of them as a camera sees them"
        + (f", steadiness {phase['steadiness']:g}" if phase.get("steadiness") else "")
        + drawn(config, phase)
        for phase in phases_seen(config["phases"], state["step"])
    )
    start = f"{beginning.history} Trained further" if beginning.history else "Trained from scratch"
    taught = ""
    if lessons := config.get("lessons"):
        taught = f"; {100 * lessons['share']:.0f} % of the target the distribution of {lessons['description']}"
    shown = ""
    if estimate := config.get("estimate"):
        shown = f", and the error of the point estimate at temperature {estimate['temperature']}"
    return (
        f"{start} by the ochre project with tools/train on {pictures} "
        f"({config['card']['pictures']}). {phases}. {state['seconds'] / 60:.0f} minutes on "
        f"{state['machine']}, exponential moving average of the weights; {config['loss']['prior']} prior, "
        f"lambda {config['loss']['mixing']}{taught}{shown}. "
        f"{datetime.now(UTC):%Y-%m-%d}."
    )


def stages(history: str) -> list[str]:
    """What was done one after the other, as `history` and `joint_history` tell it; what is in brackets stays whole."""
    parts = []
    for part in re.split(r"(?<=[.\]]) (?=Trained |Average)", history):
        if parts and parts[-1].count("[") > parts[-1].count("]"):
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return parts


def joint_history(histories: list[str], shares: list[int]) -> str:
    """What the models have in common, then what each has of its own, in brackets."""
    told = [stages(history) for history in histories]
    common = os.path.commonprefix(told)
    own = [" ".join(each[len(common):]) or "as they were" for each in told]
    shown = ", ".join(f"[{text}]" for text in own)
    return " ".join([*common, f"Average, {' : '.join(map(str, shares))}, of the weights: {shown}"])
