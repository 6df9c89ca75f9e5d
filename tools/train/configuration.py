"""The configuration of a run, TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path


def read_configuration(path: Path, above: tuple[Path, ...] = ()) -> dict:
    """The file's tables. `base = "other.toml"` takes those of another file beside it, which may have a base
    itself, with the keys that this one names replaced, a table's one by one and a list as a whole. `above`: the
    files whose base this one is; a file that is its own base is a ValueError."""
    if path in above:
        raise ValueError(f"{path}: found itself among its bases, expected one that stands alone at the end")
    config = tomllib.loads(path.read_text())
    if "base" not in config:
        return config
    whole = read_configuration(path.parent / config.pop("base"), (*above, path))
    for name, value in config.items():
        whole[name] = whole.get(name, {}) | value if isinstance(value, dict) else value
    return whole
