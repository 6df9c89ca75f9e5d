"""Random ONNX graphs of the operators that ochre's importer takes, run by ochre and by ONNX Runtime, must agree.

    python tools/onnx/fuzz.py build/tools/ochre [--seconds 60] [--graphs N] [--seed N] [--only NUMBER]
                              [--keep FOLDER] [--self-check]

A graph has a few nodes with random attributes, those that ochre refuses included, of a random opset; its constants are
initializers, Constant nodes, or computed by other nodes (constants.py, pictures.py). ochre may refuse a graph, naming
the node or the thing; what it takes, both engines must compute as ONNX Runtime does without its optimisations. Graph
NUMBER of a seed is always the same one: --only makes it again. A disagreement is made smaller as long as it stays one
and is kept in FOLDER/SEED-NUMBER: model.onnx, x.npy, y.npy (ONNX Runtime's), words.txt, and original.onnx as it was
found. Where ONNX's own reference agrees with ochre, the graph is disputed: it is shown and kept, but not wrong. Exit
code 1 if anything is wrong, or no graph was right. --self-check hands in wrong outputs and programs that fail, and
only succeeds if each is noticed. Needs requirements.txt.
"""

from __future__ import annotations

import argparse
import copy
import re
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from constants import FLOATS, INTEGERS, TYPES, Graph, Picture
from pictures import next_picture
from program import ENGINES, Program, corruptions, difference, failing_programs

OLDEST_OPSET = 7  # the first of today's broadcasting
TOLERANCE = 2e-5  # of the largest number: a few hundred roundings of a float, 6e-8 each
# With values of 16 bits in the graph: ochre computes them in 32, ONNX Runtime rounds each, by up to 2^-9 of a bfloat16.
TOLERANCE_16_BITS = 2e-2
# Where a number between input and output is this often the largest that comes out, its rounding shows.
MOST_CANCELLATION = 4.0
MOST_TRIALS = 150  # to make a graph smaller: a second or two
TOP_REASONS = 25


@dataclass
class Verdict:
    """kind: rejected (by ONNX Runtime), unfit, refused, right, disputed, WRONG."""

    kind: str
    text: str = ""
    expected: np.ndarray | None = None


def newest_opset() -> int:
    """That this ONNX Runtime and the package onnx both know."""
    opset = onnx.defs.onnx_opset_version()
    while True:
        node = helper.make_node("Relu", ["x"], ["y"])
        x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
        model = helper.make_model(helper.make_graph([node], "g", [x], [y]), ir_version=8,
                                  opset_imports=[helper.make_opsetid("", opset)])
        try:
            session_of(model)
            return opset
        except Exception:
            opset -= 1


def session_of(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def declared(graph: Graph, name: str, shape: tuple[int, ...], dtype: np.dtype) -> onnx.ValueInfoProto:
    """The input, its sides fixed or open."""
    sides: list = list(shape)
    if graph.chance(0.4):
        sides[2:] = ["height", "width"]
    if graph.chance(0.3):
        sides[0] = graph.pick(["batch", None])
    if graph.odd() and graph.chance(0.2):
        sides[1] = "channels"
    return helper.make_tensor_value_info(name, TYPES[dtype], sides)


def input_array(graph: Graph, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    if dtype.kind in "iu":
        return graph.random.integers(0, 20, shape).astype(dtype)
    return graph.random.standard_normal(shape).astype(np.float16).astype(dtype)  # numbers that every type holds


def add_dead_node(graph: Graph) -> None:
    """That nothing needs, so that ochre need not know it."""
    graph.add(graph.pick(["Abs", "Exp", "Relu"]), [graph.pick(graph.pictures).name])


def random_model(seed: int, number: int, newest: int) -> tuple[onnx.ModelProto, np.ndarray]:
    random = np.random.default_rng([seed, number])
    oddness = float(random.choice([0.03, 0.1, 0.3]))
    graph = Graph(random, int(random.integers(OLDEST_OPSET, newest + 1)), oddness)
    rows = (1, 4) if graph.chance(0.1) else (3, 12)
    shape = (graph.pick([1, 1, 2, 3]), graph.between(1, 5), graph.between(*rows), graph.between(*rows))
    # Other input types than float are a matter of their own, and rare in files.
    dtype = graph.pick(FLOATS[1:] + INTEGERS + (np.dtype(np.uint8),)) if graph.chance(0.05) else FLOATS[0]
    x = input_array(graph, shape, dtype)
    inputs = [declared(graph, "x", shape, dtype)]
    picture = Picture("x", shape, dtype)
    graph.pictures.append(picture)
    for _ in range(graph.between(1, 7)):
        made = next_picture(graph, picture)
        if made is None:
            continue
        if made.dtype != np.float32 and graph.chance(0.7):
            made = Picture(graph.add("Cast", [made.name], to=TensorProto.FLOAT), made.shape)
        picture = made
        graph.pictures.append(picture)
        if graph.odd() and graph.chance(0.2):
            add_dead_node(graph)
        if graph.odd() and graph.chance(0.3):  # goes on from an earlier one, so that some nodes are for nothing
            picture = graph.pick(graph.pictures)
    outputs = [helper.make_tensor_value_info(picture.name, TYPES[picture.dtype], None)]
    if graph.odd() and graph.chance(0.1):
        outputs.append(onnx.ValueInfoProto(name=graph.pick(graph.pictures[1:] or [picture]).name))
    return model_of(graph, inputs, outputs), x


def model_of(graph: Graph, inputs: list, outputs: list) -> onnx.ModelProto:
    ir_version = graph.between(3, 10)
    if ir_version < 4 or (graph.odd() and graph.chance(0.3)):  # initializers had to be inputs, and still may be
        inputs += [helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
                   for tensor in graph.initializers]
    whole = helper.make_graph(graph.nodes, "random", inputs, outputs, graph.initializers)
    opset = helper.make_opsetid(graph.pick(["", "ai.onnx"]) if graph.odd() else "", graph.opset)
    producer = graph.pick(["", "tool", "pytorch"])
    return helper.make_model(whole, ir_version=ir_version, producer_name=producer, opset_imports=[opset])


def dependent_values(model: onnx.ModelProto) -> set[str]:
    """What hangs on the input's numbers. A picture's shape does not."""
    dependent = {"x"}
    for node in model.graph.node:
        if node.op_type != "Shape" and any(name in dependent for name in node.input):
            dependent.update(node.output)
    return dependent


def has_16_bits(model: onnx.ModelProto) -> bool:
    """Whether pictures may be rounded to 16 bits: by the input's type, or by a cast. Constants are rounded alike."""
    kinds = (TensorProto.FLOAT16, TensorProto.BFLOAT16)
    dependent = dependent_values(model)
    casts = [attribute.i for node in model.graph.node if node.op_type == "Cast" and node.input[0] in dependent
             for attribute in node.attribute if attribute.name == "to"]
    inputs = [value.type.tensor_type.elem_type for value in model.graph.input if value.name == "x"]
    return any(kind in kinds for kind in inputs + casts)


def is_badly_conditioned(model: onnx.ModelProto, x: np.ndarray, largest: float) -> bool:
    """Whether large numbers cancel on the way, or a rounding of the input moves the output as far as a fault would."""
    whole = copy.deepcopy(model)
    known = {value.name for value in whole.graph.output}
    # numpy has no bfloat16
    readable = [node for node in whole.graph.node if not any(each.i == TensorProto.BFLOAT16 for each in node.attribute
                                                             if node.op_type == "Cast" and each.name == "to")]
    names = [output for node in readable for output in node.output if output and output not in known]
    whole.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    session = session_of(whole)
    values = session.run(None, {"x": x})
    most = max(np.abs(value[np.isfinite(value)].astype(np.float64)).max(initial=0.0)
               for value in values if value.ndim == 4)
    if most > MOST_CANCELLATION * largest:
        return True
    if x.dtype.kind != "f":
        return False
    nudged = (x.astype(np.float64) * (1 + 1e-6)).astype(x.dtype)
    moved = session.run([model.graph.output[0].name], {"x": nudged})[0]
    return difference(moved, values[0], TOLERANCE) != ""


def agrees_with_reference(model: onnx.ModelProto, x: np.ndarray, outputs: dict, tolerance: float) -> bool:
    """Whether ONNX's own reference computes what ochre does. Then ONNX Runtime is the one that differs."""
    try:
        y = ReferenceEvaluator(model).run(None, {"x": x})[0]
    except Exception:
        return False
    return all(difference(outputs[engine], np.asarray(y), tolerance) == "" for engine in ENGINES)


def judge(program: Program, model: onnx.ModelProto, x: np.ndarray) -> Verdict:
    try:
        expected = session_of(model).run([model.graph.output[0].name], {"x": x})[0]
    except Exception as error:
        return Verdict("rejected", str(error).split("\n")[0])
    if not np.isfinite(expected).all():
        return Verdict("unfit", "not finite")
    if expected.size == 0:
        return Verdict("unfit", "empty")
    answer = program.answer(model, x.astype(np.float32))
    if answer.fault:
        return Verdict("WRONG", answer.fault, expected)
    if answer.refusal:
        return Verdict("refused", answer.refusal, expected)
    tolerance = TOLERANCE_16_BITS if has_16_bits(model) else TOLERANCE
    for engine in ENGINES:
        text = difference(answer.outputs[engine], expected, tolerance)
        if not text:
            continue
        same_shape = answer.outputs[engine].shape == expected.shape and np.isfinite(answer.outputs[engine]).all()
        if same_shape and is_badly_conditioned(model, x, float(np.abs(expected).max())):
            return Verdict("unfit", "badly conditioned")
        if agrees_with_reference(model, x, answer.outputs, tolerance):
            return Verdict("disputed", f"{engine}: {text}, which ONNX's reference computes as well", expected)
        return Verdict("WRONG", f"{engine}: {text}", expected)
    return Verdict("right", expected=expected)


def kind_of_reason(text: str) -> str:
    """A refusal without names and numbers."""
    text = re.sub(r"^((?:run: )?node) .*? \((\w+)\)", r"\1 (\2)", text)
    text = re.sub(r"(input \d+), [^:]*", r"\1", text)
    text = re.sub(r"^((?:run: )?(?:output|input|tensor|layer)) [^:]*", r"\1", text)
    return re.sub(r"#(,#)+", "#,…", re.sub(r"-?\d+(\.\d+)?(e-?\d+)?", "#", text))


@dataclass
class Tally:
    """What came of the graphs. keep: where the wrong ones go."""

    seed: int
    keep: Path | None = None
    quiet: bool = False
    kinds: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)

    def add(self, program: Program, number: int, model: onnx.ModelProto, x: np.ndarray, verdict: Verdict) -> None:
        self.kinds[verdict.kind] += 1
        if verdict.kind == "refused":
            self.reasons[kind_of_reason(verdict.text)] += 1
        if verdict.kind not in ("WRONG", "disputed"):
            return
        line = f"{verdict.kind} seed {self.seed}, graph {number}, opset {model.opset_import[0].version}: {verdict.text}"
        if not self.quiet:
            print(line, flush=True)
        if self.keep is not None:
            keep_failure(program, self.keep / f"{self.seed}-{number}", line, model, x, verdict)

    def failed(self) -> bool:
        return self.kinds["WRONG"] > 0

    def print(self, seconds: float) -> None:
        made = sum(self.kinds.values())
        print(f"seed {self.seed}: {made} graphs in {seconds:.0f} s; {self.kinds['rejected']} rejected by ONNX Runtime, "
              f"{self.kinds['unfit']} unfit to compare")
        for reason, count in self.reasons.most_common(TOP_REASONS):
            print(f"{count:6} {reason}")
        right, refused, wrong = (self.kinds[kind] for kind in ("right", "refused", "WRONG"))
        disputed = self.kinds["disputed"]
        print(f"{right + wrong + disputed} compared, {refused} refused, {disputed} disputed, {wrong} wrong")


def keep_failure(program: Program, folder: Path, line: str, model: onnx.ModelProto, x: np.ndarray,
                 verdict: Verdict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    small, last = smaller(program, model, x, verdict)
    onnx.save(model, folder / "original.onnx")
    onnx.save(small, folder / "model.onnx")
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", last.expected)
    words = [line, "", f"model.onnx: {last.text}", "", onnx.printer.to_text(small)]
    (folder / "words.txt").write_text("\n".join(words) + "\n")


def smaller(program: Program, model: onnx.ModelProto, x: np.ndarray,
            verdict: Verdict) -> tuple[onnx.ModelProto, Verdict]:
    """The graph with all taken out without which the verdict's kind stays."""
    trials = 0
    found = True
    while found:
        found = False
        for candidate in reductions(model, x):
            trials += 1
            if trials > MOST_TRIALS:
                return model, verdict
            again = judge(program, candidate, x)
            if again.kind == verdict.kind:
                model, verdict, found = candidate, again, True
                break
    return model, verdict


def reductions(model: onnx.ModelProto, x: np.ndarray) -> Iterator[onnx.ModelProto]:
    """Graphs that are a little simpler: an earlier output, a node passed by or made a constant, an attribute less."""
    nodes = model.graph.node
    pictures, constants = computed_values(model, x)
    for name in pictures:
        if name != model.graph.output[0].name and name != "x":
            yield pruned(with_output(model, name))
    for at, node in enumerate(nodes):
        if node.op_type != "Constant" and node.output[0] in constants:
            yield pruned(with_constant(model, at, constants[node.output[0]]))
    for at, node in enumerate(nodes):
        for name in node.input:
            if node.output[0] in pictures and pictures.get(name) == pictures[node.output[0]]:
                yield pruned(without_node(model, at, name))
    for at, node in enumerate(nodes):
        for attribute in node.attribute:
            yield without_attribute(model, at, attribute.name)


def computed_values(model: onnx.ModelProto, x: np.ndarray) -> tuple[dict[str, tuple], dict[str, np.ndarray]]:
    """Which values hang on the input, with shape and type; and the others, as arrays."""
    whole = copy.deepcopy(model)
    del whole.graph.output[:]
    names = [output for node in whole.graph.node for output in node.output if output]
    whole.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    values = dict(zip(names, session_of(whole).run(None, {"x": x})))
    dependent = dependent_values(model)
    pictures = {name: (values[name].shape, values[name].dtype) for name in values if name in dependent}
    pictures["x"] = (x.shape, x.dtype)
    return pictures, {name: value for name, value in values.items() if name not in dependent}


def with_output(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Its type is left out: neither ochre nor ONNX Runtime needs it."""
    changed = copy.deepcopy(model)
    del changed.graph.output[:]
    changed.graph.output.append(onnx.ValueInfoProto(name=name))
    return changed


def with_constant(model: onnx.ModelProto, at: int, value: np.ndarray) -> onnx.ModelProto:
    changed = copy.deepcopy(model)
    name = changed.graph.node[at].output[0]
    changed.graph.node[at].CopyFrom(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value)))
    return changed


def without_node(model: onnx.ModelProto, at: int, instead: str) -> onnx.ModelProto:
    """Whoever read its output reads the value `instead`."""
    changed = copy.deepcopy(model)
    name = changed.graph.node[at].output[0]
    del changed.graph.node[at]
    for node in changed.graph.node:
        node.input[:] = [instead if each == name else each for each in node.input]
    if changed.graph.output[0].name == name:
        changed.graph.output[0].name = instead
    return changed


def without_attribute(model: onnx.ModelProto, at: int, name: str) -> onnx.ModelProto:
    changed = copy.deepcopy(model)
    kept = [attribute for attribute in changed.graph.node[at].attribute if attribute.name != name]
    del changed.graph.node[at].attribute[:]
    changed.graph.node[at].attribute.extend(kept)
    return changed


def pruned(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without the nodes and initializers that its first output does not need."""
    graph = model.graph
    del graph.output[1:]
    needed = {graph.output[0].name}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    tensors = [tensor for tensor in graph.initializer if tensor.name in needed]
    inputs = [value for value in graph.input if value.name in needed or value.name == "x"]
    for field_, values in ((graph.node, kept[::-1]), (graph.initializer, tensors), (graph.input, inputs)):
        copies = [copy.deepcopy(value) for value in values]
        del field_[:]
        field_.extend(copies)
    return model


def fuzz(program: Program, numbers: Iterator[int], tally: Tally, newest: int) -> None:
    for number in numbers:
        model, x = random_model(tally.seed, number, newest)
        tally.add(program, number, model, x, judge(program, model, x))


def numbers_until(end: float, most: int | None) -> Iterator[int]:
    number = 0
    while time.monotonic() < end and (most is None or number < most):
        yield number
        number += 1


def self_check(path: Path, seed: int, newest: int) -> bool:
    """Whether the graphs that ochre gets right are judged wrong as soon as something is."""
    program = Program(path)
    # Tall or wide, with unlike numbers, so that none of the changes leaves it as it is.
    for number in range(1000):
        model, x = random_model(seed, number, newest)
        verdict = judge(program, model, x)
        if verdict.kind != "right" or has_16_bits(model):
            continue
        if is_badly_conditioned(model, x, float(np.abs(verdict.expected).max())):  # where nothing would be wrong
            continue
        if verdict.expected.shape[2] != verdict.expected.shape[3] and verdict.expected.std() > 0.1:
            break
    else:
        print("no graph is right, nothing can be checked")
        return False
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        for name, wrong in (corruptions(path) | failing_programs(Path(folder))).items():
            tally = Tally(seed, quiet=True)
            fuzz(wrong, iter([number]), tally, newest)
            if not tally.failed():
                missed.append(name)
    for name in missed:
        print(f"NOT NOTICED: {name}")
    return not missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--graphs", type=int, help="at most as many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="this graph of the seed's alone")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where disagreements are kept")
    parser.add_argument("--self-check", action="store_true", help="hand in wrong outputs, which must be noticed")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    newest = newest_opset()
    if arguments.self_check:
        noticed = self_check(arguments.program, arguments.seed, newest)
        print("everything wrong was noticed" if noticed else "something wrong was not noticed")
        return 0 if noticed else 1
    begin = time.monotonic()
    tally = Tally(arguments.seed, arguments.keep)
    numbers = numbers_until(begin + arguments.seconds, arguments.graphs)
    fuzz(Program(arguments.program), numbers if arguments.only is None else iter([arguments.only]), tally, newest)
    tally.print(time.monotonic() - begin)
    if arguments.only is None and tally.kinds["right"] == 0:
        print("no graph was right: nothing was tested")
        return 1
    return 1 if tally.failed() else 0


if __name__ == "__main__":
    sys.exit(main())
