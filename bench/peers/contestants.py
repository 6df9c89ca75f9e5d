"""What compare.py times: a peer in its worker, or the program ochre.

Both load and run once on creation (`load_s`, `output`); `run(runs)` gives the median milliseconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engines import ENGINES

HERE = Path(__file__).resolve().parent


class EngineError(Exception):
    """An engine cannot be compared; its text says why."""


class Peer:
    """A peer in a process of its own, stopped whenever it is not its turn: some engines' threads
    spin for a while after a run, on the cores that the next engine is being timed on.
    """

    def __init__(self, name: str, folder: Path, threads: int):
        self.engine = ENGINES[name]
        self.log = folder / f"{name.replace(':', '-')}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, HERE / "worker.py", name, folder, str(threads)],
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        try:
            first = self._answer()
        except BaseException:
            self.close()
            raise
        self.title = f"{self.engine.title} {first['version']}"
        self.bf16 = self.engine.bf16
        self.load_s = first["load_s"]
        self.peak_rss_mb = first["peak_rss_mb"]
        self.output = np.load(folder / "output.npy")

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            words = self.log.read_text().strip().splitlines() or ["it said nothing"]
            raise EngineError(f"ended with code {code}: {words[-1]}")
        self.process.send_signal(signal.SIGSTOP)
        return json.loads(line)

    def run(self, runs: int) -> float:
        self.process.send_signal(signal.SIGCONT)
        print(runs, file=self.process.stdin, flush=True)
        facts = self._answer()
        self.peak_rss_mb = facts["peak_rss_mb"]
        return facts["ms"]

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass
class Variant:
    """One way to call ochre: arguments of both `run` and `bench`, and environment variables."""

    title: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    bf16: bool = False


VARIANTS = {
    "ochre": Variant("ochre", ("--engine", "fast")),
    "ochre:avx2": Variant("ochre", ("--engine", "fast"), {"OCHRE_ISA": "avx2"}),
    "ochre:bf16": Variant("ochre", ("--engine", "fast", "--precision", "bf16"), bf16=True),
    "ochre:split": Variant("ochre split", ("--engine", "fast", "--precision", "split")),
    "ochre:readable": Variant("ochre readable", ("--engine", "readable")),
}


class Ochre:
    """The program ochre. Each turn is a process of `ochre bench`, which warms up by one run."""

    def __init__(self, name: str, program: Path, folder: Path, threads: int):
        self.program = program
        self.variant = VARIANTS[name]
        self.threads = threads
        self.title = self.variant.title
        self.bf16 = self.variant.bf16
        self.peak_rss_mb = 0.0
        self.folder = folder
        begin = time.perf_counter()
        self._call("run", folder / "model.safetensors", "--input", folder / "input.npy",
                   "--output", folder / "output.npy")  # fmt: skip
        self.load_s = time.perf_counter() - begin  # the whole process, its start and files included
        self.output = np.load(folder / "output.npy")

    def _call(self, verb: str, *words) -> str:
        # Through a shell that stays: the peak memory that a program reports of itself begins with
        # that of the process that started it, and a shell's is small.
        command = ["/bin/sh", "-c", '"$@"; exit $?', "sh", self.program, verb, *words,
                   *self.variant.arguments, "--threads", str(self.threads)]  # fmt: skip
        environment = {**os.environ, **self.variant.environment}
        done = subprocess.run(command, env=environment, text=True, capture_output=True)
        if done.returncode:
            raise EngineError(done.stderr.strip() or f"ended with code {done.returncode}")
        return done.stdout

    def run(self, runs: int) -> float:
        height, width = np.load(self.folder / "input.npy", mmap_mode="r").shape[2:]
        facts = json.loads(
            self._call("bench", "--model", self.folder / "model.safetensors", "--json", "--quiet",
                       "--height", str(height), "--width", str(width), "--runs", str(runs))
        )  # fmt: skip
        wanted = self.variant.environment.get("OCHRE_ISA", "")
        if wanted not in facts["isa"]:
            raise EngineError(f"expected instruction set {wanted}, found {facts['isa']}")
        self.title = f"{self.variant.title}, {facts['isa']}"
        self.peak_rss_mb = max(self.peak_rss_mb, facts["peak_rss_bytes"] / 1e6)
        return facts["median_ms"]

    def close(self) -> None:
        pass
