"""Imports an ONNX model with ochre, runs it on both engines and compares what comes out. What both tools here share.

The program's promise is part of what is judged: it ends with 0, or with 3 and one line on standard error that names
the node or the thing that it cannot use and leaves no file behind. Everything else is a fault.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx

ENGINES = ("fast", "readable")
DONE = 0
UNUSABLE_INPUT = 3
TIMEOUT_S = 60  # the models here are computed in milliseconds; a sanitizer's build takes 50 times as long

# "node conv1 (Conv): found …", "output y: …", when run "layer conv1: …", or what was found in the file as a whole.
NODE_REASON = re.compile(r"node (?P<name>.*?) \((?P<kind>\w+)\): .+")
OTHER_REASON = re.compile(r"(input|output|tensor|layer) .*: .+|found .+")


@dataclass
class Answer:
    """What ochre made of a model: outputs, or else why it refused the model, or else what no program may do."""

    outputs: dict[str, np.ndarray] = field(default_factory=dict)
    refusal: str = ""
    fault: str = ""


def reason_fault(reason: str, model: onnx.ModelProto) -> str:
    """What is wrong with the text of a refusal, "" if it names what it is about."""
    if "\n" in reason:
        return f"refused in more than one line: {reason}"
    node = NODE_REASON.fullmatch(reason)
    if node is None:
        return "" if OTHER_REASON.fullmatch(reason) else f"refused without a reason that names a thing: {reason!r}"
    # Long names are cut and unprintable letters escaped, so that only plain names are compared.
    nodes = [(each.name or (each.output[0] if each.output else ""), each.op_type) for each in model.graph.node]
    plain = all(re.fullmatch(r"[\w./:-]{0,60}", name) for name, _ in nodes)
    if plain and (node["name"], node["kind"]) not in nodes:
        return f"refused for a node that the model does not have: {reason}"
    return ""


class Program:
    """The program `ochre`. tamper: changes the file of an output before it is read, to see whether that is noticed."""

    def __init__(self, path: Path, tamper: Callable[[str, Path], None] | None = None) -> None:
        self.path = path.resolve()
        self.tamper = tamper

    def answer(self, model: onnx.ModelProto, x: np.ndarray) -> Answer:
        with tempfile.TemporaryDirectory(prefix="ochre_onnx_") as folder:
            return self.answer_in(Path(folder), model, x)

    def answer_in(self, folder: Path, model: onnx.ModelProto, x: np.ndarray) -> Answer:
        source, imported, picture = folder / "model.onnx", folder / "model.safetensors", folder / "x.npy"
        onnx.save(model, source)
        np.save(picture, x)
        answer = self.step(model, ["import", source, "-o", imported, "--no-proof", "--quiet"], imported)
        for engine in ENGINES:
            if answer.refusal or answer.fault:
                break
            y = folder / f"{engine}.npy"
            options = ["--input", picture, "--output", y, "--engine", engine, "--threads", "1"]
            step = self.step(model, ["run", imported, *options], y)
            if step.refusal or step.fault:
                return Answer(refusal=step.refusal and "run: " + step.refusal, fault=step.fault)
            if self.tamper is not None:
                self.tamper(engine, y)
            answer.outputs[engine] = np.load(y)
        return answer

    def step(self, model: onnx.ModelProto, arguments: list, output: Path) -> Answer:
        """One call. Its answer is empty if the call succeeded."""
        command = [str(argument) for argument in (self.path, *arguments)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return Answer(fault=f"{arguments[0]}: not done after {TIMEOUT_S} s")
        errors = done.stderr.decode(errors="replace").strip()
        if done.returncode == DONE:
            return Answer() if output.exists() else Answer(fault=f"{arguments[0]}: done, but wrote nothing")
        if done.returncode < 0:
            return Answer(fault=f"{arguments[0]}: ended by signal {-done.returncode}: {errors}")
        if done.returncode != UNUSABLE_INPUT:
            return Answer(fault=f"{arguments[0]}: exit code {done.returncode}: {errors}")
        if output.exists():
            return Answer(fault=f"{arguments[0]}: refused, but left {output.name}: {errors}")
        reason = re.sub(rf"^ochre: ({re.escape(str(output.parent))}/[\w.]+: )?", "", errors)
        fault = reason_fault(reason, model)
        return Answer(fault=f"{arguments[0]}: {fault}") if fault else Answer(refusal=reason)


def difference(found: np.ndarray, expected: np.ndarray, tolerance: float) -> str:
    """In words, "" if they agree: within tolerance times the largest expected number. NaN agrees with NaN alone."""
    if found.shape != expected.shape:
        return f"found shape {list(found.shape)}, expected {list(expected.shape)}"
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(expected)
    largest = np.abs(expected[finite]).max(initial=0.0)
    error = np.zeros(expected.shape)
    error[finite] = np.abs(found[finite] - expected[finite])
    error[~finite] = np.where((found == expected) | (np.isnan(found) & np.isnan(expected)), 0, np.inf)[~finite]
    error[np.isnan(error)] = np.inf  # found NaN
    worst = np.unravel_index(np.argmax(error), error.shape) if error.size else ()
    if error.size == 0 or error[worst] <= tolerance * largest:
        return ""
    count = int((error > tolerance * largest).sum())
    place = [int(at) for at in worst]
    return (f"found {found[worst]:.7g}, expected {expected[worst]:.7g} at {place}, {count} of {error.size} numbers "
            f"differ; the largest expected is {largest:.4g}")


def corruptions(program: Path) -> dict[str, Program]:
    """Programs whose outputs are wrong, each in one way."""

    def changed(engine: str, change) -> Program:
        def tamper(of_engine: str, path: Path) -> None:
            if of_engine == engine:
                np.save(path, change(np.load(path)))

        return Program(program, tamper)

    def one_number(y: np.ndarray, value: float) -> np.ndarray:
        y.flat[y.size // 2] = value
        return y

    changes = {
        "a number off by a thousandth of the largest": lambda y: one_number(
            y, y.flat[y.size // 2] + 1e-3 * np.abs(y).max()),
        "NaN": lambda y: one_number(y, np.nan),
        "infinity": lambda y: one_number(y, np.inf),
        "another sign": lambda y: -y,
        "a shorter width": lambda y: y[..., :-1],
        "height and width exchanged": lambda y: y.swapaxes(2, 3),
        "nothing": lambda y: y[:0],
    }
    return {f"{engine}: {name}": changed(engine, change) for name, change in changes.items() for engine in ENGINES}


def failing_programs(folder: Path) -> dict[str, Program]:
    """Programs that fail in ways that no program may."""
    scripts = {
        "a crash": "kill -SEGV $$",
        "another exit code": "echo 'ochre: node n (Relu): found it' >&2; exit 1",
        "a refusal without words": "exit 3",
        "a refusal that names nothing": "echo 'ochre: internal' >&2; exit 3",
        "a refusal for another node": "echo 'ochre: node other (Abs): found it' >&2; exit 3",
        "a refusal in two lines": "printf 'ochre: found this\\nfound that\\n' >&2; exit 3",
        "a refusal that leaves a file": "touch \"$4\"; echo 'ochre: found it' >&2; exit 3",
        "success without a file": "exit 0",
    }
    programs = {}
    for number, (name, script) in enumerate(scripts.items()):
        path = folder / f"program{number}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        programs[name] = Program(path)
    return programs
