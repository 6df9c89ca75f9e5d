"""The configuration of a run, TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path


def read_configuration(path: Path) -> dict:
    """The file's tables. `base = "other.toml"` takes those of another file beside it, with the keys that
    this one names replaced, a table's one by one and a list as a whole."""
    config = tomllib.loads(path.read_text())
    if "base" not in config:
        return config
    whole = tomllib.loads((path.parent / config.pop("base")).read_text())
    if "base" in whole:
        raise ValueError(f"{path}: its base has a base: expected one that stands alone")
    for name, value in config.items():
        whole[name] = whole.get(name, {}) | value if isinstance(value, dict) else value
    return whole
