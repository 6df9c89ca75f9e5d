"""Files: their SHA-256, and writing them so that a name never holds half of one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file; of a folder, that of its files' names and digests in order."""
    if path.is_dir():
        lines = [f"{sha256_of(p)}  {p.relative_to(path)}" for p in sorted(path.rglob("*"))
                 if p.is_file()]  # fmt: skip
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it becomes `path` if nothing was raised."""
    temporary = path.with_suffix(".tmp")
    yield temporary
    os.replace(temporary, path)
