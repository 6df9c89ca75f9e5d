"""Judges ochre's ONNX importer by the cases that the package `onnx` itself tests implementations with.

    python tools/onnx/operator_cases.py build/tools/ochre [--list] [--self-check]

Every case whose graph has only operators that the importer takes (operators.py) is imported and run on both engines.
ochre's networks have one input, a picture [N, C, H, W]; a case's further inputs (scales, pads, weights, a second
operand) become initializers with the values of its data. A case whose first input is no array of four dimensions must
be refused. A refusal must name the node or the thing. --list prints every case; --self-check hands in wrong outputs,
and only succeeds if each is noticed. Exit code 1 if anything is wrong. Needs requirements.txt.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from onnx.backend.test.loader import load_model_tests

from operators import TAKEN
from program import ENGINES, Program, corruptions, difference, failing_programs

KINDS = ("node", "simple", "pytorch-operator", "pytorch-converted")

TOLERANCE = 1e-5  # of the largest number: some hundred roundings of a float, 6e-8 each
# Half a unit in the last place of 16 bits is 2^-11 and 2^-8; an operator rounds its operands and its result.
TOLERANCES = {TensorProto.FLOAT16: 2 * 2**-10, TensorProto.BFLOAT16: 2 * 2**-7}


@dataclass
class Case:
    """A model, its inputs by name in the graph's order, and the first output."""

    name: str
    model: onnx.ModelProto
    inputs: dict[str, object]
    expected: object


@dataclass
class Judgement:
    """kind: right, refused or WRONG."""

    kind: str
    text: str = ""


def read_array(path: Path, value: onnx.ValueInfoProto) -> object:
    """An array of a file; None for what is no tensor."""
    if value.type.WhichOneof("value") != "tensor_type":
        return None
    return numpy_helper.to_array(onnx.load_tensor(path))


def stored_data(folder: Path, graph: onnx.GraphProto) -> Iterator[tuple[list, list]]:
    given = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in given]
    for data in sorted(folder.glob("test_data_set_*")):
        yield ([read_array(data / f"input_{i}.pb", value) for i, value in enumerate(inputs)],
               [read_array(data / f"output_{i}.pb", value) for i, value in enumerate(graph.output)])


def all_cases() -> Iterator[Case]:
    for kind in KINDS:
        for test in sorted(load_model_tests(kind=kind), key=lambda test: test.name):  # some come as a folder lists them
            model = test.model or onnx.load(Path(test.model_dir) / "model.onnx")
            if not {node.op_type for node in model.graph.node} <= TAKEN or not model.graph.output:
                continue
            given = {tensor.name for tensor in model.graph.initializer}
            names = [value.name for value in model.graph.input if value.name not in given]
            data = test.data_sets or stored_data(Path(test.model_dir), model.graph)
            for number, (inputs, outputs) in enumerate(data):
                name = test.name if number == 0 else f"{test.name}, data {number}"
                yield Case(name, model, dict(zip(names, inputs)), outputs[0])


def bound(case: Case) -> onnx.ModelProto:
    """The model with all inputs but the first as initializers."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    later = list(case.inputs)[1:]
    for name in later:
        if isinstance(case.inputs[name], (np.ndarray, np.generic)):
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(case.inputs[name]), name))
    kept = [value for value in model.graph.input if value.name not in later]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    return model


def types_of(model: onnx.ModelProto) -> set[int]:
    """Element types that are named anywhere in the model."""
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info)
    types = {value.type.tensor_type.elem_type for value in values} | {tensor.data_type for tensor in graph.initializer}
    return types | {attribute.i for node in graph.node if node.op_type == "Cast"
                    for attribute in node.attribute if attribute.name == "to"}


def written_to(expected: np.ndarray) -> float:
    """Some cases hold what somebody wrote down, to four digits: half of the last one."""
    largest = np.abs(expected).max(initial=0)
    written = largest > 0 and np.allclose(expected, np.round(expected, 4), rtol=0, atol=1e-8 * largest)
    return 0.6e-4 / largest if written else 0.0


def tolerance_of(model: onnx.ModelProto) -> float:
    return max((TOLERANCES.get(kind, TOLERANCE) for kind in types_of(model)), default=TOLERANCE)


def judge(program: Program, case: Case) -> Judgement:
    model = bound(case)
    first = next(iter(case.inputs.values()), None)
    is_picture = isinstance(first, np.ndarray) and first.ndim == 4 and first.dtype.kind != "O"
    # What is refused is refused by the graph alone; any array will do for it.
    x = first.astype(np.float32) if is_picture else np.ones((1, 1, 4, 4), np.float32)
    answer = program.answer(model, x)
    if answer.fault:
        return Judgement("WRONG", answer.fault)
    if answer.refusal:
        return Judgement("refused", answer.refusal)
    if not is_picture:
        found = list(np.shape(first)) if isinstance(first, np.ndarray) else type(first).__name__
        return Judgement("WRONG", f"taken, though the first input is {found}")
    for engine in ENGINES:
        expected = np.asarray(case.expected)
        text = difference(answer.outputs[engine], expected, max(tolerance_of(model), written_to(expected)))
        if text:
            return Judgement("WRONG", f"{engine}: {text}")
    return Judgement("right")


def operators_of(case: Case) -> str:
    kinds = sorted({node.op_type for node in case.model.graph.node})
    return "+".join(kinds) if len(kinds) <= 3 else "+".join(kinds[:3]) + f"+{len(kinds) - 3} more"


def report(judged: list[tuple[Case, Judgement]], every: bool) -> bool:
    """Prints the table and what is wrong; whether nothing is."""
    table: dict[str, Counter] = defaultdict(Counter)
    for case, judgement in judged:
        table[operators_of(case)][judgement.kind] += 1
        if every:
            print(f"{judgement.kind:8}{case.name}: {judgement.text}" if judgement.text else f"right   {case.name}")
    columns = ("right", "refused", "WRONG")
    print(f"{'operators':50}" + "".join(f"{column:>9}" for column in columns))
    for operators, counts in sorted(table.items()):
        print(f"{operators:50}" + "".join(f"{counts[column]:9}" for column in columns))
    total = Counter(judgement.kind for _, judgement in judged)
    print(f"{'all':50}" + "".join(f"{total[column]:9}" for column in columns))
    for case, judgement in judged:
        if judgement.kind == "WRONG":
            print(f"WRONG {case.name} ({operators_of(case)}): {judgement.text}")
    # With nothing right, nothing was compared.
    return total["WRONG"] == 0 and total["right"] > 0


def self_check(program: Path) -> bool:
    """Whether wrong outputs of a case that is right are noticed, each of them."""
    cases = (case for case in all_cases() if case.name == "test_conv_with_strides_padding")
    case = next(cases)
    if judge(Program(program), case).kind != "right":
        print(f"{case.name} is not right, nothing can be checked with it")
        return False
    with tempfile.TemporaryDirectory() as folder:
        programs = corruptions(program) | failing_programs(Path(folder))
        missed = [name for name, wrong in programs.items() if judge(wrong, case).kind != "WRONG"]
    for name in missed:
        print(f"NOT NOTICED: {name}")
    return not missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--list", action="store_true", help="print every case")
    parser.add_argument("--self-check", action="store_true", help="hand in wrong outputs, which must be noticed")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # of NumPy, about what some cases compute on purpose
    if arguments.self_check:
        noticed = self_check(arguments.program)
        print("every wrong output was noticed" if noticed else "a wrong output was not noticed")
        return 0 if noticed else 1
    program = Program(arguments.program)
    judged = [(case, judge(program, case)) for case in all_cases()]
    return 0 if report(judged, arguments.list) else 1


if __name__ == "__main__":
    sys.exit(main())
