"""Nodes of ONNX graphs that compute pictures, one maker an operator, with all attributes that ONNX knows.

A maker takes the graph and a picture, adds a node and gives its result with the shape it should have, or None where it
has no node for such a picture. It may be wrong about the shape: ONNX Runtime then refuses what follows. Used by
fuzz.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from onnx import TensorProto

from constants import TO_THE_END, TYPES, Graph, Picture, slice_node
from operators import PICTURE_OPERATORS

MOST_PIXELS = 40 * 40
MOST_CHANNELS = 12


def unary(kind: str) -> Callable[[Graph, Picture], Picture]:
    def make(graph: Graph, x: Picture) -> Picture:
        return Picture(graph.add(kind, [x.name]), x.shape, x.dtype)

    return make


def leaky_relu(graph: Graph, x: Picture) -> Picture:
    alpha = graph.pick([None, 0.0, 0.2, 0.5, -0.25, 1.5])
    return Picture(graph.add("LeakyRelu", [x.name], alpha=alpha), x.shape, x.dtype)


def window(graph: Graph) -> dict:
    """kernel, strides, dilations, pads as they are; what the node says of them depends on chance."""
    pads = [graph.between(0, 2) for _ in range(2)]
    uneven = graph.chance(0.3)
    return {"kernel": [graph.between(1, 4) for _ in range(2)],
            "strides": [graph.pick([1, 1, 1, 2, 3]) for _ in range(2)],
            "dilations": [graph.pick([1, 1, 1, 2]) for _ in range(2)],
            "pads": [graph.between(0, 2) for _ in range(4)] if uneven else pads + pads}


def said(graph: Graph, values: list[int], default: int) -> list[int] | None:
    """An attribute that may be left out where it is the default."""
    return None if all(value == default for value in values) and graph.chance(0.5) else values


def weights_and_bias(graph: Graph, x: Picture, shape: tuple[int, ...], out: int, fan_in: int) -> list[str]:
    names = [graph.constant(graph.numbers(shape, fan_in ** -0.5, dtype=x.dtype))]
    bias = graph.pick(["none", "none", "given", "given", "given", "empty"])
    if bias == "empty":
        names.append("")
    elif bias == "given":
        names.append(graph.constant(graph.numbers(out, dtype=x.dtype)))
    return names


def conv(graph: Graph, x: Picture) -> Picture:
    channels = x.shape[1]
    group = graph.pick([g for g in range(1, channels + 1) if channels % g == 0]) if graph.chance(0.4) else 1
    out = group * graph.between(1, max(1, 6 // group))
    return conv_of(graph, x, out, group, window(graph))


def conv_of(graph: Graph, x: Picture, out: int, group: int, shape: dict) -> Picture:
    kernel, strides, dilations, pads = shape["kernel"], shape["strides"], shape["dilations"], shape["pads"]
    automatic = graph.pick([None, "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]) if graph.odd() else None
    sides = []
    for axis in range(2):
        whole = x.shape[2 + axis] + pads[axis] + pads[axis + 2]
        side = (whole - dilations[axis] * (kernel[axis] - 1) - 1) // strides[axis] + 1
        if automatic == "VALID":
            side = (x.shape[2 + axis] - dilations[axis] * (kernel[axis] - 1) - 1) // strides[axis] + 1
        elif automatic and automatic.startswith("SAME"):
            side = -(-x.shape[2 + axis] // strides[axis])
        sides.append(side)
    names = weights_and_bias(graph, x, (out, x.shape[1] // group, *kernel), out,
                             x.shape[1] // group * kernel[0] * kernel[1])
    name = graph.add("Conv", [x.name, *names], auto_pad=automatic, group=None if group == 1 and graph.odd() else group,
                     kernel_shape=kernel if graph.chance(0.7) else None, strides=said(graph, strides, 1),
                     dilations=said(graph, dilations, 1),
                     pads=None if automatic not in (None, "NOTSET") else said(graph, pads, 0))
    return Picture(name, (x.shape[0], out, *sides), x.dtype)


def conv_transpose(graph: Graph, x: Picture) -> Picture:
    channels = x.shape[1]
    group = graph.pick([g for g in range(1, channels + 1) if channels % g == 0]) if graph.chance(0.4) else 1
    out = group * graph.between(1, max(1, 4 // group))
    shape = window(graph)
    kernel, strides, dilations, pads = shape["kernel"], shape["strides"], shape["dilations"], shape["pads"]
    pads = pads if graph.odd() else pads[:2] * 2
    extra = [graph.between(0, max(strides[axis], dilations[axis]) - 1) for axis in range(2)]
    extra = extra if graph.chance(0.5) else [0, 0]
    sides = [(x.shape[2 + axis] - 1) * strides[axis] + extra[axis] + dilations[axis] * (kernel[axis] - 1) + 1
             - pads[axis] - pads[axis + 2] for axis in range(2)]
    automatic, output_shape = None, None
    if graph.odd():
        automatic = graph.pick([None, "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"])
        output_shape = sides if graph.chance(0.4) else None
        if automatic and automatic.startswith("SAME") and output_shape is None:
            sides = [x.shape[2 + axis] * strides[axis] for axis in range(2)]
    names = weights_and_bias(graph, x, (channels, out // group, *kernel), out,
                             max(1, channels // group * kernel[0] * kernel[1] // (strides[0] * strides[1])))
    name = graph.add("ConvTranspose", [x.name, *names], auto_pad=automatic, group=group,
                     kernel_shape=kernel if graph.chance(0.7) else None, strides=said(graph, strides, 1),
                     dilations=said(graph, dilations, 1), output_padding=said(graph, extra, 0),
                     output_shape=output_shape,
                     pads=None if automatic not in (None, "NOTSET") or output_shape else said(graph, pads, 0))
    return Picture(name, (x.shape[0], out, *sides), x.dtype)


def batch_norm(graph: Graph, x: Picture) -> Picture:
    spatial = graph.pick([None, 1, 0]) if graph.opset < 9 and graph.odd() else None
    shape = x.shape[1:] if spatial == 0 else x.shape[1:2]
    arrays = [graph.numbers(shape, least=0.25), graph.numbers(shape), graph.numbers(shape, 0.5),
              np.abs(graph.numbers(shape, least=0.25))]
    training = graph.pick([None, 0, 1]) if graph.opset >= 14 and graph.odd() else None
    names = [graph.constant(array.astype(x.dtype)) for array in arrays]
    name = graph.add("BatchNormalization", [x.name, *names], outputs=3 if training else 1, spatial=spatial,
                     training_mode=training, epsilon=graph.pick([None, 0.0, 1e-3, 0.25]),
                     momentum=graph.pick([None, 0.5]))
    return Picture(name, x.shape, x.dtype)


def instance_norm(graph: Graph, x: Picture) -> Picture:
    names = [graph.constant(graph.numbers(x.shape[1], dtype=x.dtype)) for _ in range(2)]
    eps = graph.pick([1e-2, 0.1, 0.5])  # of channels of one value a small one enlarges ONNX Runtime's rounding
    return Picture(graph.add("InstanceNormalization", [x.name, *names], epsilon=eps), x.shape, x.dtype)


def softmax(graph: Graph, x: Picture) -> Picture:
    axes = [1, -3] if graph.opset >= 13 else [1]
    axis = graph.pick([None, 0, 1, 2, 3, -1]) if graph.odd() else graph.pick(axes)
    return Picture(graph.add("Softmax", [x.name], axis=axis), x.shape, x.dtype)


def transpose(graph: Graph, x: Picture) -> Picture:
    orders = [[0, 3, 2, 1], [0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [0, 2, 1, 3], [0, 1, 2, 3], [3, 1, 2, 0]]
    order = graph.pick(orders) if graph.odd() else [0, 3, 2, 1]
    default = graph.odd() and graph.chance(0.2)
    order = [3, 2, 1, 0] if default else order
    name = graph.add("Transpose", [x.name], perm=None if default else order)
    return Picture(name, tuple(x.shape[axis] for axis in order), x.dtype)


def transposed_softmax(graph: Graph, x: Picture) -> Picture:
    """As exporters before opset 13 wrote it, and with something else between."""
    there, back = graph.pick([([0, 3, 2, 1], [0, 3, 2, 1]), ([0, 2, 3, 1], [0, 3, 1, 2])])
    turned = graph.add("Transpose", [x.name], perm=there)
    for _ in range(graph.between(1, 2) if graph.odd() else 0):
        turned = graph.add(graph.pick(["Relu", "Sigmoid", "Identity"]), [turned])
    soft = graph.add("Softmax", [turned], axis=graph.pick([3, -1]) if graph.opset >= 13 else 3)
    return Picture(graph.add("Transpose", [soft], perm=back), x.shape, x.dtype)


def constant_shapes(x: Picture) -> list[tuple[int, ...]]:
    channels, height, width = x.shape[1:4]
    return [(), (1,), (channels, 1, 1), (channels, 1, 1), (1, channels, 1, 1), (1, 1, 1), (1, 1, 1, 1), (1, 1),
            (channels, height, width), (width,), (height, 1), (1, 1, height, width), (1, channels, 1, width)]


def constant_for(graph: Graph, x: Picture, kind: str) -> tuple[str, tuple[int, ...]]:
    """A constant that x is combined with, and the shape of both together."""
    shapes = constant_shapes(x)
    if x.shape[1] == 1:  # takes the constant's channels
        shapes += [(3, 1, 1), (1, 2, 1, 1), (2, *x.shape[2:])]
    if graph.odd() and graph.chance(0.3):  # of another size or batch: what does not fit, or makes more of the picture
        shapes = [(x.shape[3] + 1,), (x.shape[2] + 1, 1), (x.shape[1] + 1, 1, 1), (2, 1, 1, 1)]
    shape = graph.pick(shapes)
    values = graph.numbers(shape, least=0.25 if kind in ("Mul", "Div") else 0).astype(x.dtype)
    if values.dtype.kind in "iu":
        values = np.maximum(np.abs(values), 1).astype(x.dtype)
    return graph.constant(values), together(x.shape, shape)


def together(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """That of both, the sides of 1 repeated; the first one's where they do not fit."""
    try:
        return np.broadcast_shapes(shape, other)
    except ValueError:
        return shape


def with_constant(graph: Graph, x: Picture, kind: str) -> Picture | None:
    constant, shape = constant_for(graph, x, kind)
    if graph.chance(0.6):
        return Picture(graph.add(kind, [x.name, constant]), shape, x.dtype)
    divisor = away_from_zero(graph, x) if kind == "Div" else x
    return Picture(graph.add(kind, [constant, divisor.name]), shape, x.dtype)


def partner(graph: Graph, x: Picture) -> Picture | None:
    """Another picture that x can be computed with: an earlier one, itself, or one made for it."""
    alike = [other for other in graph.pictures if other.shape == x.shape and other.dtype == x.dtype]
    choice = graph.between(0, 4)
    if choice <= 1 and alike:
        return graph.pick(alike)
    if choice == 2 and graph.odd():
        return x
    if choice == 3 and graph.odd() and graph.opset >= 10:
        return one_row(graph, x)
    if x.dtype != np.float32:
        return None
    same = {"kernel": [3, 3], "strides": [1, 1], "dilations": [1, 1], "pads": [1, 1, 1, 1]}
    out = 1 if graph.odd() else x.shape[1]  # of one channel: for all of the other's
    before, graph.oddness = graph.oddness, 0.0
    made = conv_of(graph, x, out, 1, same)
    graph.oddness = before
    return made


def one_row(graph: Graph, x: Picture) -> Picture:
    """Its first row or column, as every n-th: for all of the other's."""
    axis = graph.pick([2, 3])
    name = slice_node(graph, x.name, [0], [TO_THE_END[0]], [axis], [x.shape[axis]], 0)
    return Picture(name, x.shape[:axis] + (1,) + x.shape[axis + 1:], x.dtype)


def arithmetic(kind: str) -> Callable[[Graph, Picture], Picture | None]:
    def make(graph: Graph, x: Picture) -> Picture | None:
        if graph.chance(0.5):
            return with_constant(graph, x, kind)
        other = partner(graph, x)
        if other is None:
            return with_constant(graph, x, kind)
        if kind == "Div":
            other = away_from_zero(graph, other)
        operands = [x.name, other.name]
        if kind != "Div" and graph.chance(0.5):
            operands.reverse()
        return Picture(graph.add(kind, operands), x.shape, x.dtype)

    return make


def away_from_zero(graph: Graph, x: Picture) -> Picture:
    """Between 0.5 and 1.5: a Sigmoid alone comes close to 0, where ONNX Runtime's is off by 1e-5 of itself."""
    share = graph.add("Sigmoid", [x.name])
    return Picture(graph.add("Add", [share, graph.constant(np.array(0.5).astype(x.dtype))]), x.shape, x.dtype)


def several(kind: str) -> Callable[[Graph, Picture], Picture]:
    def make(graph: Graph, x: Picture) -> Picture:
        others = [partner(graph, x) for _ in range(graph.between(0, 3))]
        operands = [x.name, *(other.name for other in others if other is not None)]
        shape = x.shape
        for _ in range(graph.pick([0, 0, 1, 2])):
            constant, shape = constant_for(graph, Picture(x.name, shape, x.dtype), kind)
            operands.insert(graph.between(0, len(operands)), constant)
        return Picture(graph.add(kind, operands), shape, x.dtype)

    return make


def prelu(graph: Graph, x: Picture) -> Picture:
    shapes = constant_shapes(x)
    shape = graph.pick(shapes if graph.odd() else shapes[:8])
    return Picture(graph.add("PRelu", [x.name, graph.constant(graph.numbers(shape).astype(x.dtype))]), x.shape, x.dtype)


def clip(graph: Graph, x: Picture) -> Picture:
    least, most = sorted([float(graph.numbers(())), float(graph.numbers(()))])
    least = None if graph.chance(0.3) else least
    most = None if graph.chance(0.3) else most
    if graph.opset < 11:
        return Picture(graph.add("Clip", [x.name], min=least, max=most), x.shape, x.dtype)
    limits = ["" if limit is None else graph.constant(np.array(limit).astype(x.dtype)) for limit in (least, most)]
    return Picture(graph.add("Clip", [x.name, *limits]), x.shape, x.dtype)


def pool(kind: str) -> Callable[[Graph, Picture], Picture]:
    def make(graph: Graph, x: Picture) -> Picture:
        shape = window(graph)
        kernel, strides, dilations, pads = shape["kernel"], shape["strides"], shape["dilations"], shape["pads"]
        average = kind == "AveragePool"
        if graph.opset < (19 if average else 10) or average:
            dilations = [1, 1]
        ceil = graph.opset >= 10 and graph.chance(0.3)
        automatic = graph.pick([None, "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]) if graph.odd() else None
        if automatic not in (None, "NOTSET"):
            pads, ceil = [0, 0, 0, 0], False
        sides = []
        for axis in range(2):
            room = x.shape[2 + axis] + pads[axis] + pads[axis + 2] - dilations[axis] * (kernel[axis] - 1) - 1
            side = (room + (strides[axis] - 1 if ceil else 0)) // strides[axis] + 1
            if ceil and (side - 1) * strides[axis] >= x.shape[2 + axis] + pads[axis]:
                side -= 1
            if automatic and automatic.startswith("SAME"):
                side = -(-x.shape[2 + axis] // strides[axis])
            sides.append(side)
        name = graph.add(kind, [x.name], kernel_shape=kernel, strides=said(graph, strides, 1),
                         dilations=dilations if dilations != [1, 1] else None, auto_pad=automatic,
                         ceil_mode=1 if ceil else None, pads=said(graph, pads, 0) if any(pads) else None,
                         count_include_pad=graph.pick([None, 0, 1]) if average else None)
        return Picture(name, x.shape[:2] + tuple(sides), x.dtype)

    return make


def reduce_mean(graph: Graph, x: Picture) -> Picture:
    axes = graph.pick([[2, 3], [-1, -2], [3, 2], [1], [2]]) if graph.odd() else [2, 3]
    shape = tuple(1 if axis in [a % 4 for a in axes] else side for axis, side in enumerate(x.shape))
    if graph.opset < 18:
        return Picture(graph.add("ReduceMean", [x.name], axes=axes, keepdims=graph.pick([None, 1])), shape, x.dtype)
    return Picture(graph.add("ReduceMean", [x.name, graph.integers(axes)], keepdims=graph.pick([None, 1])), shape, x.dtype)


def global_average(graph: Graph, x: Picture) -> Picture:
    """And what it weighs: a gate of one number a channel."""
    gate = Picture(graph.add("GlobalAveragePool", [x.name]), x.shape[:2] + (1, 1), x.dtype)
    if graph.chance(0.3):
        return gate
    return Picture(graph.add(graph.pick(["Mul", "Add", "Sub"]), [x.name, gate.name]), x.shape, x.dtype)


def depth_to_space(graph: Graph, x: Picture) -> Picture | None:
    block = graph.pick([2, 2, 3])
    if x.shape[1] % block ** 2:
        x = conv_of(graph, x, block ** 2, 1, {"kernel": [1, 1], "strides": [1, 1], "dilations": [1, 1], "pads": [0] * 4})
    mode = graph.pick([None, "DCR", "CRD"]) if graph.opset >= 11 else None
    name = graph.add("DepthToSpace", [x.name], blocksize=block, mode=mode)
    return Picture(name, (x.shape[0], x.shape[1] // block ** 2, x.shape[2] * block, x.shape[3] * block), x.dtype)


def split(graph: Graph, x: Picture) -> Picture | None:
    """Its second part; the first is a picture that later nodes may read."""
    axis = graph.pick([0, 2, 3]) if graph.odd() else 1
    if x.shape[axis] < 2:
        return None
    first = graph.between(1, x.shape[axis] - 1)
    parts = [first, x.shape[axis] - first]
    if graph.opset < 13:
        name = graph.add("Split", [x.name], 2, axis=axis, split=parts)
    else:
        name = graph.add("Split", [x.name, graph.integers(parts)], 2, axis=axis)
    shapes = [x.shape[:axis] + (part,) + x.shape[axis + 1:] for part in parts]
    graph.pictures.append(Picture(name, shapes[0], x.dtype))
    return Picture(graph.nodes[-1].output[1], shapes[1], x.dtype)


def concat(graph: Graph, x: Picture) -> Picture:
    axis = graph.pick([0, 1, 2, 3]) if graph.odd() else 1
    fits = [other for other in graph.pictures if other.dtype == x.dtype and len(other.shape) == 4
            and all(other.shape[i] == x.shape[i] for i in range(4) if i != axis)]
    others = [graph.pick(fits) for _ in range(graph.between(1, 2))] if fits else [x]
    names = [x.name, *(other.name for other in others)]
    length = x.shape[axis] + sum(other.shape[axis] for other in others)
    if graph.odd() and graph.chance(0.3):
        names.append(graph.constant(graph.numbers(x.shape, dtype=x.dtype)))
        length += x.shape[axis]
    order = graph.random.permutation(len(names))
    written = axis - 4 if graph.opset >= 11 and graph.chance(0.2) else axis
    name = graph.add("Concat", [names[i] for i in order], axis=written)
    return Picture(name, x.shape[:axis] + (length,) + x.shape[axis + 1:], x.dtype)


WHOLE_SCALES = (1.0, 2.0, 2.0, 3.0, 4.0)
SCALES = WHOLE_SCALES + (0.5, 0.6, 1.5, 2.5, 1 / 3)


def upsample(graph: Graph, x: Picture) -> Picture | None:
    """Upsample until opset 9, Resize of opset 10: both without coordinates."""
    choices = SCALES if graph.opset == 10 else WHOLE_SCALES
    scales = [1.0, 1.0, graph.pick(choices), graph.pick(choices)]
    mode = graph.pick([None, "nearest", "nearest", "linear"])
    kind = "Upsample" if graph.opset < 10 else "Resize"
    if graph.opset < 9:
        name = graph.add(kind, [x.name], scales=scales, mode=mode)
    else:
        name = graph.add(kind, [x.name, graph.constant(np.array(scales, np.float32))], mode=mode)
    sides = [math.floor(side * scale) for side, scale in zip(x.shape[2:], scales[2:])]
    return Picture(name, (*x.shape[:2], *sides), x.dtype)


def resize_modes(graph: Graph) -> dict:
    """Those that ochre takes, mostly."""
    if not graph.odd():
        return {"mode": graph.pick(["nearest", "linear", "cubic"]),
                "coordinate_transformation_mode": graph.pick(["half_pixel", "pytorch_half_pixel", "asymmetric",
                                                              "align_corners", None]),
                "nearest_mode": graph.pick(["floor", "ceil", "round_prefer_floor", "round_prefer_ceil", None]),
                "cubic_coeff_a": graph.pick([None, -0.5, -0.75])}
    ways = ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners", "tf_crop_and_resize"]
    ways += ["tf_half_pixel_for_nn"] if graph.opset < 13 else []
    ways += ["half_pixel_symmetric"] if graph.opset >= 19 else []
    return {"mode": graph.pick(["nearest", "linear", "cubic"]),
            "coordinate_transformation_mode": graph.pick(ways),
            "nearest_mode": graph.pick(["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]),
            "cubic_coeff_a": graph.pick([None, -0.5, -0.75, -0.6]),
            "exclude_outside": graph.pick([None, 0, 1]),
            "extrapolation_value": graph.pick([None, 0.0, 1.5]),
            "antialias": graph.pick([None, 0, 1]) if graph.opset >= 18 else None}


def resize(graph: Graph, x: Picture) -> Picture | None:
    if graph.opset < 11:
        return upsample(graph, x)
    attributes = resize_modes(graph)
    axes = [0, 1, 2, 3]
    if graph.opset >= 18 and graph.chance(0.2):
        axes = graph.pick([[2, 3], [3, 2], [2], [3], [-2, -1], [1, 2, 3]])
        attributes["axes"] = axes
    factors = {axis: graph.pick(SCALES) if axis % 4 >= 2 else 1.0 for axis in axes}
    if graph.odd() and graph.chance(0.2) and 1 in factors:
        factors[1] = 2.0
    sides = list(x.shape)
    for axis, factor in factors.items():
        sides[axis] = math.floor(x.shape[axis] * factor)
    inputs = [x.name, region(graph, attributes, x.dtype)]
    if graph.chance(0.5):
        inputs.append(graph.constant(np.array([factors[axis] for axis in axes], np.float32)))
    else:
        if graph.chance(0.5):
            for axis in axes:
                sides[axis] = max(1, sides[axis] + (graph.between(-1, 1) if axis % 4 >= 2 else 0))
        # An empty tensor says "no scales" as well, where opset 11 has no other way.
        nothing = "" if graph.opset >= 13 or graph.chance(0.3) else graph.tensor(np.array([], np.float32))
        inputs += [nothing, graph.integers([sides[axis] for axis in axes])]
        if graph.opset >= 18 and min(axes) >= 0 and graph.odd():  # ONNX Runtime ignores policies of axes below 0
            attributes["keep_aspect_ratio_policy"] = graph.pick(["stretch", "not_larger", "not_smaller"])
    return Picture(graph.add("Resize", inputs, **attributes), tuple(sides), x.dtype)


def region(graph: Graph, attributes: dict, dtype: np.dtype) -> str:
    """The region of interest."""
    if attributes["coordinate_transformation_mode"] == "tf_crop_and_resize":
        axes = len(attributes.get("axes", range(4)))
        begin = [0.0] * axes
        begin[-1] = 0.25
        return graph.constant(np.array(begin + [1.0] * axes, np.float32))
    if graph.opset >= 13 or graph.chance(0.3):
        return ""
    return graph.tensor(np.array([], dtype))


def pad(graph: Graph, x: Picture) -> Picture:
    modes = [None, "constant", "reflect", "edge"] + (["wrap"] if graph.opset >= 19 else [])
    mode = graph.pick(modes) if graph.odd() else graph.pick([None, "constant"])
    axes = [0, 1, 2, 3]
    if graph.opset >= 18 and graph.odd():
        axes = graph.pick([[2, 3], [3, 2], [-1], [-2, -1], [1]])
    begins = [graph.between(0, 2) if axis % 4 >= 2 else 0 for axis in axes]
    ends = [graph.between(0, 2) if axis % 4 >= 2 else 0 for axis in axes]
    if graph.odd():
        at = graph.between(0, len(axes) - 1)
        begins[at] += graph.between(-1, 1)
    sides = list(x.shape)
    for axis, begin, end in zip(axes, begins, ends):
        sides[axis] += begin + end
    value = float(graph.pick([1.5, -2.0])) if graph.odd() else graph.pick([None, 0.0])
    if graph.opset < 11:
        name = graph.add("Pad", [x.name], pads=begins + ends, mode=mode, value=value)
        return Picture(name, tuple(sides), x.dtype)
    inputs = [x.name, graph.integers(begins + ends)]
    named = axes != [0, 1, 2, 3]
    if value is not None:
        inputs.append(graph.constant(np.array(value).astype(x.dtype)))
    elif named:
        inputs.append("")
    if named:
        inputs.append(graph.constant(np.array(axes, graph.pick([np.int32, np.int64]))))
    return Picture(graph.add("Pad", inputs, mode=mode), tuple(sides), x.dtype)


def slice_of(graph: Graph, x: Picture) -> Picture:
    """Every n-th row or column; oddly any part of any axis, backwards too."""
    axes = [[2], [3], [2, 3], [3, 2], [-1], [-2, 3]] if graph.opset >= 10 else [[2], [3], [2, 3], [3, 2]]
    axes = graph.pick(axes + [[1], [0, 1], [1, 2, 3]]) if graph.odd() else graph.pick(axes)
    starts, ends, steps, sides = [], [], [], list(x.shape)
    for axis in axes:
        length = x.shape[axis]
        step = graph.pick([1, 2, 2, 3]) if graph.opset >= 10 and axis % 4 >= 2 else 1
        start, end = 0, graph.pick([length, *TO_THE_END, length + 5])
        if graph.odd():
            start = graph.between(-length, length - 1)
            end = graph.between(-length, length + 1)
            step = graph.pick([step, -1, -2]) if graph.opset >= 10 else 1
        starts.append(start)
        ends.append(end)
        steps.append(step)
        sides[axis] = len(range(*slice(start, end, step).indices(length)))
    written = steps if graph.opset >= 10 and (any(step != 1 for step in steps) or graph.chance(0.5)) else None
    return Picture(slice_node(graph, x.name, starts, ends, axes, written, 3), tuple(sides), x.dtype)


def cast(graph: Graph, x: Picture) -> Picture:
    kinds = [np.float32, np.float64, np.float16, np.int32, np.uint8] if graph.odd() else [np.float32]
    dtype = np.dtype(graph.pick(kinds))
    to = TYPES[dtype]
    if graph.opset >= 13 and graph.odd() and graph.chance(0.3):
        return Picture(graph.add("Cast", [graph.add("Cast", [x.name], to=TensorProto.BFLOAT16)], to=to), x.shape, dtype)
    return Picture(graph.add("Cast", [x.name], to=to), x.shape, dtype)


def reshape(graph: Graph, x: Picture) -> Picture:
    """To the shape that it has, there and back."""
    shape = list(x.shape)
    flat = graph.add("Reshape", [x.name, graph.integers(graph.pick([[shape[0], -1], [0, shape[1], -1], shape]))])
    if graph.chance(0.5):
        shape[graph.between(0, 3)] = -1
    return Picture(graph.add("Reshape", [flat, graph.integers(shape)]), x.shape, x.dtype)


MAKERS: dict[str, Callable[[Graph, Picture], Picture | None]] = {
    "Add": arithmetic("Add"), "Sub": arithmetic("Sub"), "Mul": arithmetic("Mul"), "Div": arithmetic("Div"),
    "BatchNormalization": batch_norm, "Cast": cast, "Concat": concat, "Conv": conv, "ConvTranspose": conv_transpose,
    "InstanceNormalization": instance_norm, "AveragePool": pool("AveragePool"), "MaxPool": pool("MaxPool"), "GlobalAveragePool": global_average,
    "ReduceMean": reduce_mean, "Clip": clip, "DepthToSpace": depth_to_space, "Split": split,
    "LeakyRelu": leaky_relu, "Max": several("Max"), "Min": several("Min"), "PRelu": prelu, "Sum": several("Sum"),
    "Pad": pad, "Resize": resize, "Slice": slice_of, "Softmax": softmax,
    "Transpose": transpose, "Upsample": resize,  # which of both there is depends on the opset
}
PLAIN = [MAKERS.get(kind, unary(kind)) for kind in PICTURE_OPERATORS if kind != "Transpose"] + [transposed_softmax]
ODD = [transpose, reshape]


def is_small(x: Picture | None) -> bool:
    """Of a shape that there is, and quickly computed."""
    return (x is not None and len(x.shape) == 4 and min(x.shape) >= 1 and x.shape[0] <= 4
            and x.shape[1] <= MOST_CHANNELS and x.shape[2] * x.shape[3] <= MOST_PIXELS)


def next_picture(graph: Graph, x: Picture) -> Picture | None:
    """One node or a few more behind x; None if they came out wrong, and are no part of the graph then."""
    nodes, initializers = len(graph.nodes), len(graph.initializers)
    maker = graph.pick(ODD) if graph.odd() and graph.chance(0.3) else graph.pick(PLAIN)
    made = maker(graph, x)
    if is_small(made):
        return made
    del graph.nodes[nodes:]
    del graph.initializers[initializers:]
    return None
