"""An ONNX graph that grows node by node, and constants in it that other nodes compute.

A constant is built backwards: for the values it shall have, a node and the inputs are found that give exactly these,
and then the inputs are built the same way. So whatever the nodes between are, what they compute is known. Used by
fuzz.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOATS = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float16))
INTEGERS = (np.dtype(np.int64), np.dtype(np.int32))
TYPES = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.float64): TensorProto.DOUBLE,
         np.dtype(np.float16): TensorProto.FLOAT16, np.dtype(np.int32): TensorProto.INT32,
         np.dtype(np.int64): TensorProto.INT64, np.dtype(np.uint8): TensorProto.UINT8}
TO_THE_END = (2**31 - 1, 2**63 - 1)  # what exporters write where they mean a slice's end

NAMES = ("layer.0.weight", "/model/model.0/Conv_", "a b:", "a/b/", "é", "output", "-", "layer.weight/")
MOST_ELEMENTS = 256  # of a constant that nodes compute; larger ones are as they are


@dataclass(frozen=True)
class Picture:
    """A value of the graph that depends on its input."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype = np.dtype(np.float32)


class Graph:
    """oddness: how often something is as few exporters write it, and constants are computed."""

    def __init__(self, random: np.random.Generator, opset: int, oddness: float) -> None:
        self.random = random
        self.opset = opset
        self.oddness = oddness
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.pictures: list[Picture] = []
        self.names = 0

    def odd(self) -> bool:
        return self.chance(self.oddness)

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def pick(self, choices):
        return choices[int(self.random.integers(len(choices)))]

    def between(self, low: int, high: int) -> int:
        """Both ends included."""
        return int(self.random.integers(low, high + 1))

    def unused_name(self, beginning: str) -> str:
        self.names += 1
        if self.chance(self.oddness / 4):
            beginning = self.pick(NAMES)
        return f"{beginning}{self.names}"

    def add(self, kind: str, inputs: list[str], outputs: int = 1, **attributes) -> str:
        """A node's first output. Attributes that are None are left out."""
        names = [self.unused_name("v") for _ in range(outputs)]
        given = {name: value for name, value in attributes.items() if value is not None}
        node = helper.make_node(kind, inputs, names, name="" if self.odd() else self.unused_name("n"), **given)
        self.nodes.append(node)
        return names[0]

    def numbers(self, shape, scale: float = 1.0, least: float = 0.0, dtype=np.float32) -> np.ndarray:
        """Multiples of 1/64, or 1/4, below 4, which 16 bits hold exactly; none nearer to 0 than `least`."""
        parts = 4 if self.chance(0.2) else 64
        values = np.clip(np.round(self.random.standard_normal(shape) * scale * parts) / parts, -3.5, 3.5)
        if least > 0:
            values = np.where(np.abs(values) < least, np.where(values < 0, -least, least), values)
        return np.asarray(values, dtype)

    def tensor(self, values: np.ndarray) -> str:
        """As an initializer, raw or not, or as a Constant node in one of its forms."""
        values = np.asarray(values)
        if self.chance(0.6):
            name = self.unused_name("w")
            self.initializers.append(self.tensor_message(values, name))
            return name
        listed = self.opset >= 12 and values.ndim <= 1 and values.size > 0 and self.chance(0.5)
        if listed and values.dtype == np.int64:
            numbers = values.tolist()
            return self.add("Constant", [], **{"value_ints" if values.ndim else "value_int": numbers})
        if listed and values.dtype == np.float32:
            numbers = values.tolist()
            return self.add("Constant", [], **{"value_floats" if values.ndim else "value_float": numbers})
        return self.add("Constant", [], value=self.tensor_message(values, ""))

    def tensor_message(self, values: np.ndarray, name: str) -> onnx.TensorProto:
        if self.odd():
            flat = values.ravel()
            return helper.make_tensor(name, TYPES[values.dtype], values.shape, flat.tolist())
        return numpy_helper.from_array(values, name)

    def integers(self, values) -> str:
        return self.constant(np.array(values, np.int64))

    def constant(self, values: np.ndarray, depth: int = 4) -> str:
        """The name of a value that is `values`, by nodes if the graph is odd."""
        values = np.asarray(values)
        computed = values.dtype in FLOATS + INTEGERS and 0 < values.size <= MOST_ELEMENTS
        if depth > 0 and computed and self.odd():
            for _ in range(4):
                recipe = self.pick(RECIPES)
                name = recipe(self, values, depth - 1)
                if name is not None:
                    return name
        return self.tensor(values)


def by_identity(graph: Graph, target: np.ndarray, depth: int) -> str:
    return graph.add("Identity", [graph.constant(target, depth)])


def by_cast(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    """Whole numbers also from floats that are no whole numbers, of which the fraction is cut off."""
    source = graph.pick(FLOATS + INTEGERS)
    values = target.astype(source)
    if source == target.dtype or not np.array_equal(values.astype(target.dtype), target):
        return None
    if target.dtype in INTEGERS and source in FLOATS and graph.chance(0.5) and np.abs(target).max() < 1000:
        values = values + np.where(target < 0, -0.75, 0.75).astype(source)
    return graph.add("Cast", [graph.constant(values, depth)], to=TYPES[target.dtype])


def divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """As ONNX divides: whole numbers towards zero."""
    return a / b if a.dtype in FLOATS else np.trunc(a / b).astype(a.dtype)


def by_arithmetic(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    """One operand is chosen, the other one follows; it is taken only if the arithmetic is exact."""
    shape = graph.pick([(), (1,), target.shape] if target.ndim > 0 else [()])
    kind = graph.pick(["Add", "Sub", "Mul", "Div"])
    whole = target.dtype in INTEGERS
    second = np.asarray(graph.pick([1, 2, 3, -2] if whole else [0.5, 2, 3, 4, -1.5]) * np.ones(shape), target.dtype)
    if np.abs(target).max() > 1e6 or (not whole and not np.isfinite(target).all()):
        return None
    operations = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": divided}
    inverse = {"Add": np.subtract, "Sub": np.add, "Mul": divided, "Div": np.multiply}[kind]
    first = np.asarray(inverse(target, second), target.dtype)
    if kind == "Div" and whole and graph.chance(0.7):  # a remainder, of the sign that leaves the quotient
        first = first + np.where(first < 0, -1, 1) * (np.abs(second) - 1)
        first = np.asarray(first, target.dtype)
    if not np.array_equal(np.asarray(operations[kind](first, second), target.dtype), target):
        return None
    operands = [graph.constant(first, depth), graph.constant(second, depth)]
    if kind in ("Add", "Mul") and graph.chance(0.5):
        operands.reverse()
    return graph.add(kind, operands)


def by_quotient(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    """Whole numbers that are cast and then divided, which must leave fractions: 3/2 is 1.5 here."""
    divisor = graph.pick([2, 4, 3])
    dividend = np.round(target * divisor)
    if target.dtype != np.float32 or not np.array_equal(np.asarray(dividend / divisor, target.dtype), target):
        return None
    kind = graph.pick(INTEGERS)
    numbers = (dividend.astype(kind), np.full(graph.pick([(), target.shape]), divisor, kind))
    casts = [graph.add("Cast", [graph.constant(number, depth)], to=TensorProto.FLOAT) for number in numbers]
    return graph.add("Div", casts)


def by_rounding(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    """Numbers that a cast to 16 bits and back rounds to the target, or one of whole numbers to float cuts."""
    if target.dtype != np.float32:
        return None
    narrow = np.dtype(np.float16) if graph.chance(0.5) else np.dtype(np.int32)
    near = target * np.float32(1 + 2**-13) if narrow == np.float16 else target + np.where(target < 0, -0.75, 0.75)
    near = near.astype(np.float32)
    if not np.isfinite(target).all() or np.abs(target).max() > 1000:
        return None
    if not np.array_equal(near.astype(narrow).astype(np.float32), target):
        return None
    cut = graph.add("Cast", [graph.constant(near, depth)], to=TYPES[narrow])
    return graph.add("Cast", [cut], to=TensorProto.FLOAT)


def by_concat(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    axes = [axis for axis in range(target.ndim) if target.shape[axis] > 1]
    if not axes:
        return None
    axis = graph.pick(axes)
    at = graph.between(1, target.shape[axis] - 1)
    parts = [graph.constant(part, depth) for part in np.split(target, [at], axis)]
    return graph.add("Concat", parts, axis=axis - target.ndim if graph.opset >= 11 and graph.chance(0.3) else axis)


def slice_node(graph: Graph, source: str, starts: list, ends: list, axes: list, steps: list | None, depth: int) -> str:
    """Attributes before opset 10, where there were no steps; inputs since."""
    if graph.opset < 10:
        return graph.add("Slice", [source], starts=starts, ends=ends, axes=axes)
    kind = graph.pick(INTEGERS) if max(map(abs, ends)) < 2**31 else np.dtype(np.int64)
    lists = [starts, ends, axes] + ([steps] if steps is not None else [])
    return graph.add("Slice", [source, *(graph.constant(np.array(each, kind), depth) for each in lists)])


def by_slice(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    """Some more before, between and behind."""
    if target.ndim == 0:
        return None
    axis = graph.between(0, target.ndim - 1)
    length = target.shape[axis]
    step = graph.pick([1, 1, 2, -1, -2]) if graph.opset >= 10 else 1
    before, behind = graph.between(0, 2), graph.between(0, 2)
    whole = before + (length - 1) * abs(step) + 1 + behind
    shape = [*target.shape]
    shape[axis] = whole
    source = np.ones(shape, target.dtype)
    places = before + abs(step) * np.arange(length)
    places = places if step > 0 else places[::-1]
    source[(slice(None),) * axis + (places,)] = target
    start, end = int(places[0]), int(places[-1]) + (1 if step > 0 else -1)
    if end == -1:
        end = -(2**31) + 1  # before the first: -1 would mean the last
    elif step > 0 and behind == 0 and graph.chance(0.5):
        end = graph.pick(TO_THE_END)
    elif graph.chance(0.3):
        start, end = start - whole, end - whole if end < whole else end
    steps = [step] if step != 1 or graph.chance(0.3) else None
    axis = axis - target.ndim if graph.opset >= 11 and graph.chance(0.3) else axis
    return slice_node(graph, graph.constant(source, depth), [start], [end], [axis], steps, depth)


def by_gather(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    if target.ndim > 2:
        return None
    if target.ndim == 0:
        source = graph.numbers(3).astype(target.dtype)
        places = np.array(graph.between(0, 2))
        source[places] = target
    else:
        order = graph.random.permutation(len(target))
        source, places = target[order], np.argsort(order)
    if graph.opset >= 11 and graph.chance(0.3):
        places = places - len(source)
    indices = graph.constant(places.astype(graph.pick(INTEGERS)), depth)
    return graph.add("Gather", [graph.constant(source, depth), indices], axis=0 if graph.chance(0.5) else None)


def axes_node(graph: Graph, kind: str, source: str, axes: list[int] | None, depth: int) -> str:
    """Squeeze or Unsqueeze."""
    if graph.opset < 13 or axes is None:
        return graph.add(kind, [source], axes=axes)
    return graph.add(kind, [source, graph.constant(np.array(axes, np.int64), depth)])


def by_unsqueeze(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    axes = [axis for axis in range(target.ndim) if target.shape[axis] == 1]
    if not axes:
        return None
    axis = graph.pick(axes)
    source = graph.constant(target.squeeze(axis), depth)
    axis = axis - target.ndim if graph.opset >= 11 and graph.chance(0.3) else axis
    return axes_node(graph, "Unsqueeze", source, [axis], depth)


def by_squeeze(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    if target.ndim > 3:
        return None
    axis = graph.between(0, target.ndim)
    source = graph.constant(np.expand_dims(target, axis), depth)
    axes = None if 1 not in target.shape and graph.chance(0.3) else [axis]
    return axes_node(graph, "Squeeze", source, axes, depth)


def by_reshape(graph: Graph, target: np.ndarray, depth: int) -> str:
    shapes = [(target.size,), (1, target.size), (target.size, 1)]
    shapes += [(2, target.size // 2), (target.size // 2, 2)] if target.size % 2 == 0 else []
    source = graph.constant(target.reshape(graph.pick(shapes)), depth)
    shape = list(target.shape)
    if shape and graph.chance(0.5):
        shape[graph.between(0, len(shape) - 1)] = -1
    return graph.add("Reshape", [source, graph.constant(np.array(shape, np.int64), depth)])


def by_transpose(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    if target.ndim < 2:
        return None
    order = [int(axis) for axis in graph.random.permutation(target.ndim)]
    source = graph.constant(target.transpose(np.argsort(order)), depth)
    default = order == list(range(target.ndim))[::-1]
    return graph.add("Transpose", [source], perm=None if default and graph.chance(0.5) else order)


def by_constant_of_shape(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    if graph.opset < 9 or target.ndim == 0 or np.unique(target).size != 1:
        return None
    value = target.ravel()[0]
    shape = graph.constant(np.array(target.shape, np.int64), depth)
    if value == 0 and target.dtype == np.float32 and graph.chance(0.5):
        return graph.add("ConstantOfShape", [shape])
    return graph.add("ConstantOfShape", [shape], value=numpy_helper.from_array(np.array([value], target.dtype)))


def by_shape(graph: Graph, target: np.ndarray, depth: int) -> str | None:
    """Where a picture, or a constant made for it, has these sides."""
    if target.dtype != np.int64 or target.ndim != 1:
        return None
    sides = tuple(target.tolist())
    for picture in graph.random.permutation(len(graph.pictures)):
        shape = graph.pictures[picture].shape
        for at in range(len(shape) - len(sides) + 1):
            if shape[at:at + len(sides)] == sides:
                return shape_part(graph, graph.pictures[picture], at, at + len(sides), depth)
    if min(sides) >= 0 and len(sides) <= 8 and math.prod(max(side, 1) for side in sides) <= MOST_ELEMENTS:
        return graph.add("Shape", [graph.tensor(np.ones(sides, np.float32))])
    return None


def shape_part(graph: Graph, picture: Picture, start: int, end: int, depth: int) -> str:
    if graph.opset >= 15 and graph.chance(0.3):
        return graph.add("Shape", [picture.name], start=start, end=end)
    whole = graph.add("Shape", [picture.name])
    if (start, end) == (0, len(picture.shape)):
        return whole
    if end - start == 1 and graph.chance(0.5):
        side = graph.add("Gather", [whole, graph.constant(np.array(start, np.int64), depth)], axis=0)
        return axes_node(graph, "Unsqueeze", side, [0], depth)
    return slice_node(graph, whole, [start], [end], [0], None, depth)


RECIPES = (by_identity, by_cast, by_cast, by_arithmetic, by_arithmetic, by_arithmetic, by_quotient, by_rounding,
           by_concat, by_concat, by_slice, by_gather, by_unsqueeze, by_squeeze, by_reshape, by_transpose,
           by_constant_of_shape, by_shape, by_shape)
