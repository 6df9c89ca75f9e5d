"""Builds a PyTorch module from ochre's network text, so that what is trained is what is run.

description.py reads the text. State-dict keys are `<layer>.weight`, `.bias`, `.running_mean`, `.running_var`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from fractions import Fraction

import torch
import torch.nn.functional as functional
from torch import nn

from description import Layer, parse


class Scale(nn.Module):
    """y = factor*x + offset."""

    def __init__(self, factor: float, offset: float):
        super().__init__()
        self.factor, self.offset = factor, offset

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor + self.offset


class Downsample(nn.Module):
    """Keeps every `stride`-th pixel, beginning with the first."""

    def __init__(self, stride: tuple[int, int]):
        super().__init__()
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, :: self.stride[0], :: self.stride[1]]


class Upsample(nn.Module):
    """Enlarges by an integer factor, nearest or bilinear."""

    def __init__(self, factor: tuple[int, int], mode: str, align_corners: bool):
        super().__init__()
        self.factor, self.mode = factor, mode
        self.align_corners = align_corners if mode == "bilinear" else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.interpolate(
            x, scale_factor=self.factor, mode=self.mode, align_corners=self.align_corners
        )


class Add(nn.Module):
    """The sum of its inputs."""

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return sum(inputs[1:], start=inputs[0])


class Combine(nn.Module):
    """Inputs of one shape, number by number, from the first to the last."""

    def __init__(self, function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]):
        super().__init__()
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return functools.reduce(self.function, inputs)


class Expand(nn.Module):
    """The first input, repeated to the second one's shape."""

    def forward(self, small: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        return small.expand_as(like)


class Constant(nn.Module):
    """A table [channels, height, width] as a picture of the input's size; a height or width of one is repeated."""

    def __init__(self, channels: int, height: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, height, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight.expand(x.shape[0], -1, *x.shape[2:])


class Concat(nn.Module):
    """Its inputs one after another along the channels."""

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return torch.cat(inputs, dim=1)


class Clip(nn.Module):
    """Numbers below `least` become it, those above `most` that; None: no limit."""

    def __init__(self, least: float | None, most: float | None):
        super().__init__()
        self.least, self.most = least, most

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(self.least, self.most)


class DepthToSpace(nn.Module):
    """factor*factor channels become a square of pixels; `dcr`: the square's place is the slower index of a channel."""

    def __init__(self, factor: int, order: str):
        super().__init__()
        if order not in ("crd", "dcr"):
            raise ValueError(f"order={order}, expected crd or dcr")
        self.factor, self.order = factor, order

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.order == "dcr":
            x = x.unflatten(1, (self.factor**2, -1)).transpose(1, 2).flatten(1, 2)
        return functional.pixel_shuffle(x, self.factor)


class Channels(nn.Module):
    """`count` channels behind the first `first`."""

    def __init__(self, first: int, count: int):
        super().__init__()
        self.first, self.count = first, count

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.first : self.first + self.count]


class Resize(nn.Module):
    """ONNX's Resize: of each axis a matrix of weights, whose places are fractions."""

    CUBIC = {"bicubic": -0.75, "catmull_rom": -0.5}
    PLACES: dict[str, Callable[[int, int, int, Fraction], Fraction]] = {
        "half_pixel": lambda o, size, out, scale: (o + Fraction(1, 2)) / scale - Fraction(1, 2),
        "pytorch_half_pixel": lambda o, size, out, scale:
            (o + Fraction(1, 2)) / scale - Fraction(1, 2) if out > 1 else Fraction(0),
        "half_pixel_symmetric": lambda o, size, out, scale:
            Fraction(size, 2) * (1 - out / (scale * size)) + (o + Fraction(1, 2)) / scale - Fraction(1, 2),
        "align_corners": lambda o, size, out, scale: Fraction(o * (size - 1), out - 1) if out > 1 else Fraction(0),
        "asymmetric": lambda o, size, out, scale: o / scale,
        "tf_half_pixel_for_nn": lambda o, size, out, scale: (o + Fraction(1, 2)) / scale,
    }  # fmt: skip
    ROUNDINGS: dict[str, Callable[[Fraction], int]] = {
        "round_prefer_floor": lambda place: math.ceil(place - Fraction(1, 2)),
        "round_prefer_ceil": lambda place: math.floor(place + Fraction(1, 2)),
        "floor": math.floor,
        "ceil": math.ceil,
    }

    def __init__(self, scale: tuple[Fraction, Fraction], mode: str, places: str, rounding: str):
        super().__init__()
        self.scale, self.mode, self.places, self.rounding = scale, mode, self.PLACES[places], self.ROUNDINGS[rounding]

    def kernel(self, place: Fraction) -> dict[int, float]:
        """The weight of each sample."""
        if self.mode == "nearest":
            return {self.rounding(place): 1.0}
        first = math.floor(place)
        if self.mode == "bilinear":
            return {first + k: float(1 - abs(place - first - k)) for k in (0, 1)}
        a = Fraction(self.CUBIC[self.mode])
        weights = {}
        for k in range(first - 1, first + 3):
            d = abs(place - k)
            weights[k] = float((a + 2) * d**3 - (a + 3) * d**2 + 1 if d <= 1 else a * (d - 1) * (d - 2) ** 2)
        return weights

    def matrix(self, size: int, scale: Fraction, like: torch.Tensor) -> torch.Tensor:
        out = math.floor(size * scale)
        weights = like.new_zeros((out, size))
        for o in range(out):
            for k, weight in self.kernel(self.places(o, size, out, scale)).items():
                weights[o, min(max(k, 0), size - 1)] += weight
        return weights

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = (self.matrix(x.shape[axis], self.scale[axis - 2], x) for axis in (2, 3))
        return rows @ x @ columns.T


class Attention(nn.Module):
    """Several heads over all places; channels [queries, keys, values], a third each. Keys and values are averaged over
    squares of the least side that leaves at most `most_keys` of them."""

    def __init__(self, heads: int, most_keys: int):
        super().__init__()
        self.heads, self.most_keys = heads, most_keys

    def square(self, height: int, width: int) -> int:
        """The side of the squares of places that share a key."""
        side = 1
        while -(-height // side) * -(-width // side) > self.most_keys:
            side += 1
        return side

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        count, channels, height, width = x.shape
        depth = channels // (3 * self.heads)
        queries, keys, values = x.chunk(3, 1)
        if (side := self.square(height, width)) > 1:
            keys, values = (functional.avg_pool2d(part, side, ceil_mode=True, count_include_pad=False)
                            for part in (keys, values))  # fmt: skip
        queries, keys, values = (part.reshape(count, self.heads, depth, -1) for part in (queries, keys, values))
        shares = functional.softmax(queries.transpose(2, 3) @ keys * depth**-0.5, 3)
        return (values @ shares.transpose(2, 3)).reshape(count, channels // 3, height, width)


def _pair(text: str) -> tuple[int, int]:
    """`3` or `3x5` (height x width)."""
    values = [int(value) for value in text.split("x")]
    return (values[0], values[-1])


COMBINE = {"multiply": torch.mul, "divide": torch.div, "maximum": torch.maximum, "minimum": torch.minimum}


def _build(layer: Layer, channels: list[int]) -> tuple[nn.Module, int]:
    """The module of one layer and the number of channels it gives."""
    options = dict(layer.options)

    def take(key: str, default: str | None = None) -> str:
        if key in options:
            return options.pop(key)
        if default is None:
            raise ValueError(f"{layer.name}: {key} is missing")
        return default

    def flag(key: str, default: str) -> bool:
        return {"true": True, "false": False}[take(key, default)]

    def convolution_options() -> dict:
        names = {"kernel_size": "kernel", "stride": "stride", "padding": "padding"}
        defaults = {"kernel": None, "stride": "1", "padding": "0"}
        values = {key: _pair(take(name, defaults[name])) for key, name in names.items()}
        values["dilation"] = _pair(take("dilation", "1"))
        values["groups"] = int(take("groups", "1"))
        values["bias"] = flag("bias", "true")
        return values

    def pool_options() -> dict:
        names = {"kernel_size": "kernel", "stride": "stride", "padding": "padding"}
        defaults = {"kernel": None, "stride": "1", "padding": "0"}
        values = {key: _pair(take(name, defaults[name])) for key, name in names.items()}
        values["ceil_mode"] = flag("ceil", "false")
        return values

    def limit(key: str) -> float | None:
        return float(take(key)) if key in options else None

    inputs = channels[0]
    outputs = inputs
    if layer.kind == "conv2d":
        outputs = int(take("out"))
        module = nn.Conv2d(inputs, outputs, **convolution_options())
    elif layer.kind == "conv_transpose2d":
        outputs = int(take("out"))
        padding = _pair(take("output_padding", "0"))
        module = nn.ConvTranspose2d(
            inputs, outputs, output_padding=padding, **convolution_options()
        )
    elif layer.kind == "batch_norm":
        module = nn.BatchNorm2d(inputs, float(take("eps", "1e-5")), affine=flag("affine", "true"))
    elif layer.kind == "relu":
        module = nn.ReLU()
    elif layer.kind == "leaky_relu":
        module = nn.LeakyReLU(float(take("slope")))
    elif layer.kind == "tanh":
        module = nn.Tanh()
    elif layer.kind == "sigmoid":
        module = nn.Sigmoid()
    elif layer.kind == "pad":
        padding = {"zero": nn.ZeroPad2d, "edge": nn.ReplicationPad2d, "reflect": nn.ReflectionPad2d}[take("mode", "zero")]
        module = padding([int(take(side, "0")) for side in ("left", "right", "top", "bottom")])
    elif layer.kind == "softmax":
        module = nn.Softmax(dim=1)
    elif layer.kind == "downsample":
        module = Downsample(_pair(take("stride")))
    elif layer.kind == "upsample":
        module = Upsample(
            _pair(take("factor")), take("mode"), flag("align_corners", "false")
        )
    elif layer.kind == "resize":
        scale = [Fraction(side) for side in take("scale").split("x")]
        module = Resize((scale[0], scale[-1]), take("mode", "nearest"), take("coordinates", "half_pixel"),
                        take("rounding", "round_prefer_floor"))  # fmt: skip
    elif layer.kind == "scale":
        module = Scale(float(take("factor")), float(take("offset", "0")))
    elif layer.kind == "attention":
        heads, outputs = int(take("heads", "1")), inputs // 3
        if inputs % (3 * heads):
            raise ValueError(f"{layer.name}: {inputs} channels, expected a multiple of three times {heads} heads")
        module = Attention(heads, int(take("most_keys", "512")))
    elif layer.kind == "clip":
        module = Clip(limit("least"), limit("most"))
    elif layer.kind == "max_pool":
        module = nn.MaxPool2d(dilation=_pair(take("dilation", "1")), **pool_options())
    elif layer.kind == "average_pool":
        module = nn.AvgPool2d(count_include_pad=flag("count_padding", "true"), **pool_options())
    elif layer.kind == "global_average_pool":
        module = nn.AdaptiveAvgPool2d(1)
    elif layer.kind == "depth_to_space":
        factor = int(take("factor"))
        if inputs % factor**2:
            raise ValueError(f"{layer.name}: {inputs} channels, expected a multiple of {factor**2}")
        module, outputs = DepthToSpace(factor, take("order", "crd")), inputs // factor**2
    elif layer.kind == "channels":
        first, outputs = int(take("first", "0")), int(take("count"))
        if first + outputs > inputs:
            raise ValueError(f"{layer.name}: {inputs} channels, expected {first + outputs} or more")
        module = Channels(first, outputs)
    elif layer.kind == "add":
        module = Add()
    elif layer.kind == "concat":
        module, outputs = Concat(), sum(channels)
    elif layer.kind in COMBINE:
        module = Combine(COMBINE[layer.kind])
    elif layer.kind == "expand":
        module, outputs = Expand(), channels[1]
    elif layer.kind == "instance_norm":
        module = nn.InstanceNorm2d(inputs, float(take("eps", "1e-5")), affine=True)
    elif layer.kind == "prelu":
        module = nn.PReLU(inputs)
    elif layer.kind == "constant":
        outputs = int(take("channels"))
        module = Constant(outputs, int(take("height", "1")), int(take("width", "1")))
    else:
        raise ValueError(f"{layer.name}: unknown kind {layer.kind}")
    if options:
        raise ValueError(f"{layer.name}: unknown option {next(iter(options))}")
    return module, outputs


class Network(nn.Module):
    """The module of a network text. Input [N, C, H, W]; returns the `output` layer."""

    def __init__(self, text: str):
        super().__init__()
        self.description = parse(text)
        channels = {self.description.input_name: self.description.input_channels}
        for layer in self.description.layers:
            inputs = [channels[source] for source in layer.sources]
            module, channels[layer.name] = _build(layer, inputs)
            self._attach(layer.name, module)
        self.widths = channels  # of the output of each layer

    def _attach(self, name: str, module: nn.Module) -> None:
        """Puts the module where its dotted name says, so that tensors get exactly that name."""
        *parents, leaf = name.split(".")
        holder: nn.Module = self
        for parent in parents:
            if parent not in holder._modules:
                holder.add_module(parent, nn.Module())
            holder = holder._modules[parent]
        holder.add_module(leaf, module)

    def layers(self, x: torch.Tensor):
        """Yields (layer, its output) in the order of the text."""
        outputs = {self.description.input_name: x}
        last_use = {}
        for layer in self.description.layers:
            for source in layer.sources:
                last_use[source] = layer.name
        for layer in self.description.layers:
            inputs = [outputs[source] for source in layer.sources]
            outputs[layer.name] = self.get_submodule(layer.name)(*inputs)
            yield layer, outputs[layer.name]
            for source in set(layer.sources):
                if last_use[source] == layer.name:
                    del outputs[source]

    def outputs(self, x: torch.Tensor, names: set[str]) -> dict[str, torch.Tensor]:
        """The outputs of the layers `names`."""
        return {layer.name: output for layer, output in self.layers(x) if layer.name in names}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.outputs(x, {self.description.output})[self.description.output]
