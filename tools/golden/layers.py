"""Writes tests/golden/: what PyTorch computes for every layer and for the public networks.

    python tools/golden/layers.py [--output tests/golden]

The format of the files is described in tests/golden/README.md. Inputs and weights are float32
numbers, outputs are computed and stored in float64. All numbers come from fixed seeds.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import zlib
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "train"))

from description import network_text  # noqa: E402
from modules import plain_state, random_network, randomise  # noqa: E402
from network import Network  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]


def save(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Saves a safetensors file whose bytes depend on its contents only: the library writes the
    metadata in an order that changes from run to run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata=metadata)
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    if metadata:
        header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[end:])


class Cases:
    """The cases of one file: network texts by name, and their tensors."""

    def __init__(self) -> None:
        self.networks: dict[str, str] = {}
        self.tensors: dict[str, torch.Tensor] = {}

    def add(self, layers: str, shape: tuple[int, ...], *, name: str = "", output: str = "",
            data: torch.Tensor | None = None) -> None:
        """Computes one case: `layers`, the lines between `input` and `output`, on a random input.

        Without a name the case is named after its one line and the picture's shape.
        """
        lines = [line.strip() for line in layers.strip().splitlines()]
        if not name:
            words = [word for word in lines[0].split()[1:] if word != "layer"]
            name = " ".join([*words, "on", "x".join(map(str, shape))])
        if name in self.networks:
            raise ValueError(f"two cases are named {name}")
        output = output or lines[-1].split()[1]
        text = "\n".join(
            ["network case", f"input data channels={shape[1]}", *lines, f"output {output}", ""]
        )
        seed = zlib.crc32(text.encode())
        network = Network(text).eval()
        randomise(network, seed)
        if data is None:
            data = torch.randn(shape, generator=torch.Generator().manual_seed(seed + 1))
        with torch.no_grad():
            result = network.double()(data.double())
        if not torch.isfinite(result).all():
            raise ValueError(f"{name}: the output is not finite")
        self.networks[name] = text
        for key, tensor in plain_state(network).items():
            self.tensors[f"{name}/{key}"] = tensor
        self.tensors[f"{name}/input"] = data.float().contiguous()
        self.tensors[f"{name}/output"] = result.contiguous()

    def save(self, path: Path) -> None:
        save(self.tensors, path, self.networks)
        print(f"{path.name}: {len(self.networks)} cases, {path.stat().st_size} bytes")


def conv2d() -> Cases:
    cases = Cases()
    for line, shape in [
        # one pixel, one row, one column; the kernel sees mostly padding
        ("out=1 kernel=1", (1, 1, 1, 1)),
        ("out=3 kernel=1 bias=false", (1, 2, 1, 1)),
        ("out=4 kernel=3 padding=1", (1, 3, 1, 1)),
        ("out=4 kernel=3 padding=1", (1, 3, 1, 9)),
        ("out=4 kernel=3 padding=1", (1, 3, 9, 1)),
        ("out=2 kernel=1x5 padding=0x2", (1, 3, 1, 7)),
        ("out=2 kernel=5x1 padding=2x0", (1, 3, 7, 1)),
        ("out=2 kernel=5 padding=2", (1, 2, 2, 2)),
        # odd and even sizes, with and without bias, two pictures
        ("out=5 kernel=3 padding=1", (1, 3, 7, 9)),
        ("out=5 kernel=3 padding=1 bias=false", (2, 3, 8, 6)),
        ("out=4 kernel=3", (2, 4, 5, 11)),
        ("out=2 kernel=3", (1, 2, 3, 3)),
        ("out=3 kernel=2", (1, 2, 4, 5)),
        ("out=3 kernel=4 padding=1", (1, 2, 6, 5)),
        ("out=2 kernel=7 padding=3", (1, 2, 9, 8)),
        # padding beyond the kernel: rows of nothing but bias
        ("out=2 kernel=3 padding=4", (1, 2, 3, 4)),
        ("out=2 kernel=1 padding=2", (1, 2, 2, 3)),
        # unlike sides
        ("out=3 kernel=3x5 padding=1x2", (1, 2, 6, 7)),
        ("out=3 kernel=5x3 stride=2x1 padding=0x2", (2, 2, 7, 6)),
        ("out=3 kernel=3x2 stride=1x3 padding=2x1 dilation=2x1", (1, 3, 8, 10)),
        ("out=3 kernel=2x3 dilation=1x3 padding=1x3", (1, 2, 5, 9)),
        # strides
        ("out=4 kernel=3 stride=2 padding=1", (1, 3, 8, 8)),
        ("out=4 kernel=3 stride=2 padding=1", (1, 3, 7, 9)),
        ("out=4 kernel=3 stride=2 padding=1", (2, 3, 1, 1)),
        ("out=4 kernel=3 stride=2 padding=1", (1, 3, 2, 3)),
        ("out=4 kernel=1 stride=2", (1, 3, 5, 6)),
        ("out=2 kernel=3 stride=3", (1, 2, 9, 10)),
        ("out=2 kernel=2 stride=4 padding=1", (1, 2, 9, 9)),
        ("out=2 kernel=3 stride=7 padding=1", (1, 2, 4, 5)),  # beyond the picture
        # dilations
        ("out=4 kernel=3 padding=2 dilation=2", (1, 3, 8, 8)),
        ("out=4 kernel=3 padding=2 dilation=2", (1, 3, 7, 5)),
        ("out=4 kernel=3 padding=2 dilation=2", (1, 3, 1, 2)),
        ("out=4 kernel=3 padding=2 dilation=2 bias=false", (2, 2, 9, 13)),
        ("out=2 kernel=3 dilation=3", (1, 2, 8, 9)),
        ("out=2 kernel=3 padding=5 dilation=5", (1, 2, 3, 4)),  # beyond the picture
        ("out=2 kernel=3 padding=4 stride=2 dilation=4", (1, 2, 6, 7)),
        # groups and depthwise
        ("out=6 kernel=3 padding=1 groups=2", (1, 4, 5, 6)),
        ("out=6 kernel=3 padding=1 groups=3 bias=false", (2, 3, 5, 5)),
        ("out=5 kernel=3 padding=1 groups=5", (1, 5, 6, 7)),
        ("out=8 kernel=3 stride=2 padding=1 groups=4", (1, 4, 7, 7)),
        ("out=4 kernel=3 padding=2 dilation=2 groups=4", (1, 4, 6, 6)),
        ("out=4 kernel=1 groups=2", (1, 6, 3, 4)),
        ("out=17 kernel=3 padding=1 groups=17", (1, 17, 4, 5)),
        # channel counts around vector lanes and channel blocks
        ("out=16 kernel=3 padding=1", (1, 16, 6, 6)),
        ("out=17 kernel=3 padding=1", (1, 15, 6, 7)),
        ("out=33 kernel=3 padding=1", (1, 17, 5, 9)),
        ("out=31 kernel=3 stride=2 padding=1", (1, 18, 7, 10)),
        ("out=20 kernel=3 padding=2 dilation=2", (1, 33, 7, 11)),
        ("out=32 kernel=3 padding=1", (1, 32, 9, 15)),
        ("out=70 kernel=1", (1, 19, 4, 5)),
        ("out=313 kernel=1", (1, 9, 3, 3)),
        ("out=2 kernel=1 bias=false", (1, 313, 3, 4)),
        ("out=18 kernel=3 padding=1", (1, 1, 13, 17)),
        ("out=1 kernel=3 padding=1", (1, 34, 6, 5)),
    ]:
        cases.add(f"conv2d layer {line}", shape)
    return cases


def conv_transpose2d() -> Cases:
    cases = Cases()
    for line, shape in [
        ("out=1 kernel=1", (1, 1, 1, 1)),
        ("out=3 kernel=1 bias=false", (1, 2, 3, 4)),
        ("out=3 kernel=4 stride=2 padding=1", (1, 2, 1, 1)),
        ("out=3 kernel=4 stride=2 padding=1", (1, 2, 1, 7)),
        ("out=3 kernel=4 stride=2 padding=1", (1, 2, 6, 1)),
        ("out=3 kernel=4 stride=2 padding=1", (2, 3, 5, 4)),
        ("out=3 kernel=4 stride=2 padding=1 bias=false", (1, 4, 7, 5)),
        ("out=16 kernel=4 stride=2 padding=1", (1, 17, 5, 6)),
        ("out=19 kernel=4 stride=2 padding=1", (1, 32, 3, 9)),
        ("out=33 kernel=4 stride=2 padding=1", (1, 16, 4, 7)),
        ("out=3 kernel=3", (1, 2, 4, 5)),
        ("out=3 kernel=3 padding=1", (1, 2, 4, 5)),
        ("out=3 kernel=3 stride=2", (1, 2, 4, 3)),
        ("out=3 kernel=3 stride=2 padding=1", (1, 2, 4, 3)),
        ("out=3 kernel=3 stride=2 padding=1 output_padding=1", (1, 2, 4, 3)),
        ("out=3 kernel=3 stride=2 padding=1 output_padding=0x1", (2, 2, 3, 4)),
        ("out=2 kernel=3 stride=3 padding=1 output_padding=2x1", (1, 3, 3, 4)),
        ("out=2 kernel=2 stride=4 output_padding=3", (1, 2, 3, 2)),  # gaps of nothing but bias
        ("out=2 kernel=2 stride=2", (1, 2, 3, 5)),
        ("out=2 kernel=1 stride=3", (1, 2, 2, 3)),
        ("out=2 kernel=5 stride=2 padding=2 output_padding=1", (1, 2, 4, 4)),
        ("out=2 kernel=3x5 stride=2x1 padding=1x2", (1, 3, 4, 5)),
        ("out=2 kernel=4x2 stride=2x3 padding=1x0 output_padding=1x2", (1, 2, 3, 4)),
        ("out=2 kernel=3 dilation=2", (1, 2, 4, 3)),
        ("out=2 kernel=3 padding=2 dilation=2", (1, 2, 5, 4)),
        ("out=2 kernel=3 stride=2 padding=2 dilation=2 output_padding=1", (1, 2, 4, 5)),
        ("out=2 kernel=3 stride=2 padding=1 dilation=3", (1, 2, 3, 3)),
        ("out=2 kernel=3 padding=5 dilation=7", (1, 2, 2, 3)),
        ("out=2 kernel=2x3 stride=3x2 padding=1 dilation=2x3 output_padding=2x1", (1, 2, 3, 4)),
        ("out=2 kernel=4 stride=2 padding=3", (1, 2, 4, 5)),  # padding crops real products
        ("out=6 kernel=4 stride=2 padding=1 groups=2", (1, 4, 4, 3)),
        ("out=6 kernel=3 stride=2 padding=1 output_padding=1 groups=3 bias=false", (2, 3, 3, 4)),
        ("out=5 kernel=4 stride=2 padding=1 groups=5", (1, 5, 3, 4)),
        ("out=8 kernel=3 padding=1 dilation=2 groups=4", (1, 4, 5, 4)),
    ]:
        cases.add(f"conv_transpose2d layer {line}", shape)
    return cases


def batch_norm() -> Cases:
    cases = Cases()
    for line, shape in [
        ("", (1, 1, 1, 1)),
        ("", (2, 3, 4, 5)),
        ("", (1, 17, 3, 7)),
        ("", (1, 33, 1, 5)),
        ("affine=false", (1, 4, 3, 3)),
        ("eps=0.5", (1, 3, 4, 4)),  # inside the root, where a large one shows
        ("eps=0.001 affine=false", (2, 2, 3, 5)),
    ]:
        cases.add(f"batch_norm layer {line}".strip(), shape)
    return cases


def instance_norm() -> Cases:
    cases = Cases()
    draw = torch.Generator().manual_seed(6)
    for line, shape in [("", (1, 1, 1, 2)), ("", (2, 3, 4, 5)), ("eps=0.5", (1, 17, 3, 7)), ("eps=0.001", (1, 2, 9, 1))]:
        cases.add(f"instance_norm layer {line}".strip(), shape)
    # what all pixels have in common, a thousand times their differences, and no differences at all
    cases.add("instance_norm layer", (1, 3, 6, 5), name="far from zero",
              data=1000 + torch.randn((1, 3, 6, 5), generator=draw))
    cases.add("instance_norm layer", (1, 2, 3, 3), name="all alike", data=torch.full((1, 2, 3, 3), 3.0))
    return cases


def pointwise() -> Cases:
    cases = Cases()
    for line in ("relu layer", "leaky_relu layer slope=0.2", "leaky_relu layer slope=0",
                 "leaky_relu layer slope=1.5", "tanh layer", "sigmoid layer", "scale layer factor=-2.5",
                 "scale layer factor=0.01 offset=-0.5"):
        for shape in ((1, 1, 1, 1), (2, 3, 4, 5), (1, 17, 1, 9), (1, 2, 11, 7)):
            name = f"{line.replace(' layer', '')} on {'x'.join(map(str, shape))}"
            cases.add(line, shape, name=name)
        edges = torch.tensor([0.0, -0.0, 1e-30, -1e-30, 1e-4, -1e-4, 0.5, -0.5, 8.0, -8.0, 9.5,
                              -9.5, 30.0, -30.0, 90.0, -90.0, 1e4, -1e4]).reshape(1, 2, 3, 3)
        cases.add(line, (1, 2, 3, 3), name=f"{line.replace(' layer', '')} at the edges", data=edges)
    return cases


def clip() -> Cases:
    cases = Cases()
    for limits in ("least=0 most=6", "least=-0.5", "most=0.1", "least=-0.3 most=0.7", "least=0.25 most=0.25"):
        for shape in ((1, 1, 1, 1), (2, 3, 4, 5), (1, 17, 1, 9)):
            cases.add(f"clip layer {limits}", shape, name=f"clip {limits} on {'x'.join(map(str, shape))}")
        edges = torch.tensor([0.0, -0.0, 1e-30, -1e-30, 0.25, -0.3, 0.7, 0.1, 6.0, 5.9999995, 6.0000005, -6.0,
                              0.09999999, 0.1000001, 1e30, -1e30, 1e4, -1e4]).reshape(1, 2, 3, 3)
        cases.add(f"clip layer {limits}", (1, 2, 3, 3), name=f"clip {limits} at the edges", data=edges)
    cases.add("conv2d a out=6 kernel=3 padding=1\nbatch_norm b\nclip c least=0 most=0.5", (1, 3, 5, 6),
              name="conv norm clip")
    return cases


def pool() -> Cases:
    cases = Cases()
    windows = (
        # one pixel, one row, one column, two pictures, odd and even sides
        ("kernel=1", (1, 1, 1, 1)), ("kernel=3 padding=1", (1, 2, 1, 1)),
        ("kernel=3 stride=2 padding=1", (1, 3, 1, 9)), ("kernel=3 stride=2 padding=1", (1, 3, 9, 1)),
        ("kernel=2 stride=2", (2, 3, 6, 8)), ("kernel=2 stride=2", (2, 3, 7, 9)),
        ("kernel=3 stride=2 padding=1", (1, 3, 8, 8)), ("kernel=3 stride=2 padding=1", (2, 17, 7, 9)),
        ("kernel=3", (1, 2, 3, 3)), ("kernel=5 padding=2", (1, 2, 6, 7)),
        ("kernel=13 padding=6", (1, 2, 5, 19)), ("kernel=2 padding=1", (1, 2, 3, 4)),
        # unlike sides, gaps between windows, a window of the whole picture
        ("kernel=3x5 stride=2x1 padding=1x2", (2, 2, 7, 6)),
        ("kernel=1x4 stride=1x3 padding=0x2", (1, 2, 5, 11)), ("kernel=2 stride=4", (1, 2, 9, 10)),
        ("kernel=7x6", (1, 3, 7, 6)), ("kernel=40 stride=3 padding=20", (1, 1, 4, 5)),
        # a last window beyond the picture; one that would begin behind it is none
        ("kernel=2 stride=2 ceil=true", (2, 3, 7, 9)), ("kernel=3 stride=2 ceil=true", (1, 2, 6, 8)),
        ("kernel=3 stride=2 padding=1 ceil=true", (1, 2, 8, 7)),
        ("kernel=2 stride=3 padding=1 ceil=true", (1, 2, 5, 6)),
        ("kernel=3 stride=2 ceil=true", (1, 2, 2, 2)),
        ("kernel=3x2 stride=4x3 padding=1 ceil=true", (1, 3, 9, 8)),
        ("kernel=1 stride=2 ceil=true", (1, 2, 4, 5)),
        ("kernel=5 stride=4 padding=2 ceil=true", (2, 1, 10, 11)),
        ("kernel=2 stride=5 ceil=true", (1, 2, 1, 7)),
    )  # fmt: skip
    for window, shape in windows:
        where = f"{window} on {'x'.join(map(str, shape))}"
        cases.add(f"max_pool layer {window}", shape, name=f"max_pool {where}")
        for count in ("", " count_padding=true", " count_padding=false"):
            if count and "padding" not in window and "ceil" not in window:
                continue
            cases.add(f"average_pool layer {window}{count}", shape, name=f"average_pool{count} {where}")
    for window, shape in (
        # PyTorch takes no more padding than half of the kernel before it is dilated
        ("kernel=3 dilation=2", (1, 2, 7, 9)), ("kernel=3 padding=1 dilation=2", (2, 2, 6, 5)),
        ("kernel=2x3 stride=2x1 padding=1x0 dilation=3x2", (1, 3, 8, 7)),
        ("kernel=2 stride=2 dilation=5 ceil=true", (1, 2, 9, 8)),
        ("kernel=4 stride=3 padding=2 dilation=3 ceil=true", (1, 2, 10, 8)),
    ):  # fmt: skip
        cases.add(f"max_pool layer {window}", shape, name=f"max_pool {window} on {'x'.join(map(str, shape))}")
    for shape in ((1, 1, 1, 1), (2, 3, 7, 9), (1, 17, 1, 5), (1, 2, 33, 40)):
        cases.add("global_average_pool layer", shape, name=f"global_average_pool on {'x'.join(map(str, shape))}")
    below = -1 - torch.rand((1, 2, 5, 5), generator=torch.Generator().manual_seed(6))
    cases.add("max_pool layer kernel=3 stride=2 padding=1", (1, 2, 5, 5), data=below,
              name="max_pool of what is below the padding's zero")  # fmt: skip
    cases.add("""conv2d a out=6 kernel=3 padding=1
                 relu b
                 max_pool c kernel=3 stride=2 padding=1
                 average_pool d kernel=2 stride=2 ceil=true
                 global_average_pool e
                 conv2d f out=4 kernel=1""", (2, 3, 9, 11), name="a classifier")
    return cases


def reorder() -> Cases:
    cases = Cases()
    for order in ("", " order=crd", " order=dcr"):
        for factor, shape in ((1, (1, 3, 2, 3)), (2, (1, 4, 1, 1)), (2, (2, 12, 3, 5)), (3, (1, 18, 4, 1)),
                              (4, (2, 16, 1, 3))):  # fmt: skip
            cases.add(f"depth_to_space layer factor={factor}{order}", shape,
                      name=f"depth_to_space {factor}{order} on {'x'.join(map(str, shape))}")
    for part, shape in (("count=1", (1, 1, 1, 1)), ("first=0 count=3", (2, 5, 3, 4)), ("first=2 count=3", (2, 5, 3, 4)),
                        ("first=4 count=1", (2, 5, 1, 7)), ("count=5", (1, 5, 2, 2))):
        cases.add(f"channels layer {part}", shape, name=f"channels {part} on {'x'.join(map(str, shape))}")
    cases.add("""conv2d a out=20 kernel=3 padding=1
                 channels b first=7 count=12
                 relu c
                 depth_to_space d factor=2
                 conv2d e out=2 kernel=1
                 channels f from=a first=19 count=1""", (1, 3, 4, 5), output="e", name="a slice enlarged")
    return cases


def resample() -> Cases:
    cases = Cases()
    for stride in ("1", "2", "3", "2x3", "3x1", "9"):
        for shape in ((1, 1, 1, 1), (2, 3, 6, 8), (1, 2, 7, 9), (1, 17, 5, 1)):
            cases.add(f"downsample layer stride={stride}", shape,
                      name=f"downsample {stride} on {'x'.join(map(str, shape))}")
    for sides in ("top=1 left=2 bottom=3 right=4", "bottom=1 right=1", "left=3"):
        for shape in ((1, 1, 1, 1), (2, 3, 4, 5)):
            cases.add(f"pad layer {sides}", shape, name=f"pad {sides} on {'x'.join(map(str, shape))}")
    for sides in ("top=-1 left=-2 bottom=1 right=-1", "bottom=-2", "top=3 bottom=-2", "top=-2 left=1 right=-1"):
        for shape in ((2, 3, 4, 5), (1, 17, 3, 9)):
            cases.add(f"pad layer {sides}", shape, name=f"pad {sides} on {'x'.join(map(str, shape))}")
    for mode in ("edge", "reflect"):
        for sides in ("top=1 left=2 bottom=3 right=4", "bottom=1 right=1", "left=3", "top=3 bottom=3"):
            for shape in ((2, 3, 4, 5), (1, 17, 4, 9)):
                cases.add(f"pad layer {sides} mode={mode}", shape,
                          name=f"pad {sides} by {mode} on {'x'.join(map(str, shape))}")
    cases.add("pad layer top=2 left=3 right=1 mode=edge", (1, 2, 1, 1), name="one pixel, repeated")
    for factor in ("1", "2", "3", "4", "2x3", "1x4"):
        for mode in ("nearest", "bilinear", "bilinear align_corners=true"):
            for shape in ((1, 1, 1, 1), (1, 2, 1, 5), (1, 2, 4, 1), (2, 3, 3, 5), (1, 17, 2, 3)):
                cases.add(f"upsample layer factor={factor} mode={mode}", shape,
                          name=f"upsample {factor} {mode} on {'x'.join(map(str, shape))}")
    return cases


def resize() -> Cases:
    """Any ratio, each way to place samples and to round, with places between two samples and beyond both borders."""
    cases = Cases()
    places = ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric",
              "tf_half_pixel_for_nn")  # fmt: skip
    modes = [f"nearest rounding={rounding}" for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")]
    modes += ["bilinear", "bicubic", "catmull_rom"]
    for place in places:
        for mode in modes:
            for scale, shape in (("3/4x5/3", (1, 2, 5, 4)), ("1/2x2", (2, 1, 6, 3)), ("7/3x1/3", (1, 1, 2, 7))):
                cases.add(f"resize layer scale={scale} mode={mode} coordinates={place}", shape,
                          name=f"resize {scale} {mode} {place} on {'x'.join(map(str, shape))}")
    for scale, shape in (("1", (1, 2, 3, 2)), ("1/4", (1, 1, 7, 9)), ("3/2", (1, 17, 1, 1)), ("5x2/5", (1, 3, 1, 13))):
        for mode in ("nearest", "bilinear", "bicubic"):
            cases.add(f"resize layer scale={scale} mode={mode}", shape,
                      name=f"resize {scale} {mode} on {'x'.join(map(str, shape))}")
    cases.add("resize layer scale=17/13x101/100 mode=bilinear", (1, 1, 13, 200), name="resize wide")
    cases.add("""conv2d a out=18 kernel=3 padding=1
                 resize b scale=2/3 mode=bicubic
                 conv2d c out=4 kernel=3 padding=1
                 resize d scale=9/4x7/2 mode=bilinear coordinates=align_corners""", (1, 3, 6, 7), name="smaller, then larger")
    return cases


def softmax() -> Cases:
    cases = Cases()
    for shape in ((1, 1, 1, 1), (1, 2, 1, 1), (2, 5, 3, 4), (1, 16, 2, 3), (1, 17, 3, 5),
                  (1, 313, 3, 4)):
        cases.add("softmax layer", shape)
    draw = torch.Generator().manual_seed(5)
    steep = 40 * torch.randn((1, 19, 3, 3), generator=draw)
    cases.add("softmax layer", (1, 19, 3, 3), name="steep", data=steep)
    cases.add("softmax layer", (1, 19, 3, 3), name="far above zero", data=steep / 40 + 1000)
    cases.add("softmax layer", (1, 19, 3, 3), name="far below zero", data=steep / 40 - 1000)
    # exp overflows in double unless the largest of all channels is taken off first
    cases.add("softmax layer", (1, 19, 3, 3), name="overflowing", data=steep * 50)
    cases.add("softmax layer", (1, 5, 2, 2), name="all equal", data=torch.full((1, 5, 2, 2), 3.0))
    return cases


def attention() -> Cases:
    cases = Cases()
    for layer, shape in (
        ("attention layer", (1, 3, 1, 1)), ("attention layer heads=2", (2, 12, 3, 5)), ("attention layer", (1, 51, 4, 13)),
        ("attention layer heads=4 most_keys=9", (1, 24, 7, 9)), ("attention layer heads=3 most_keys=1", (1, 27, 5, 4)),
        ("attention layer heads=2 most_keys=16", (1, 30, 1, 50)), ("attention layer", (1, 6, 17, 19)),
        ("attention layer heads=2 most_keys=3", (2, 6, 16, 2)),
    ):  # fmt: skip
        cases.add(layer, shape)
    # one key outweighs all others, another for each place
    steep = 6 * torch.randn((1, 48, 5, 6), generator=torch.Generator().manual_seed(8))
    cases.add("attention layer heads=2", (1, 48, 5, 6), name="steep attention", data=steep)
    cases.add("attention layer", (1, 6, 3, 3), name="attention of equal places", data=torch.full((1, 6, 3, 3), 3.0))
    cases.add("""conv2d a out=24 kernel=1 bias=false
                 batch_norm b
                 attention c heads=2 most_keys=12
                 conv2d d out=5 kernel=1
                 add e from=d,data
                 relu f""", (1, 5, 6, 7), name="a block of attention")
    return cases


def combine() -> Cases:
    """Several inputs, number by number; gates of one number a channel and of one a pixel."""
    cases = Cases()
    conv = "kernel=3 padding=1"
    for shape in ((1, 1, 1, 1), (2, 3, 4, 5), (1, 17, 3, 7)):
        on = "x".join(map(str, shape))
        out = f"out={shape[1]}"
        for kind in ("multiply", "maximum", "minimum"):
            cases.add(f"conv2d a {out} {conv}\n{kind} b from=a,data", shape, name=f"{kind} on {on}")
            cases.add(f"conv2d a {out} {conv}\nrelu b\n{kind} c from=data,b,a,data", shape,
                      name=f"{kind} of four on {on}")
        cases.add(f"sigmoid a\nscale b factor=2 offset=0.5\ndivide c from=data,b", shape, name=f"divide on {on}")
        cases.add(f"conv2d a out=1 {conv}\nsigmoid b\nexpand c from=b,data\nmultiply d from=data,c", shape,
                  name=f"a gate of one number a pixel on {on}")
        cases.add(f"conv2d a {out} kernel={shape[2]}x{shape[3]}\nexpand b from=a,data\nadd c from=b,data", shape,
                  name=f"one number a channel on {on}")
        cases.add(f"conv2d a out=1 kernel={shape[2]}x{shape[3]}\nexpand b from=a,data", shape,
                  name=f"one number for all on {on}")
        cases.add("expand a from=data,data", shape, name=f"expand to itself on {on}")
        cases.add("prelu layer", shape, name=f"prelu on {on}")
        # one number a channel, one row, one column, one a pixel; other channels than the picture's
        for sides in ("", f"width={shape[3]}", f"height={shape[2]}", f"height={shape[2]} width={shape[3]}"):
            of = f" of {sides}" if sides else ""
            cases.add(f"constant layer channels=5 {sides}".strip(), shape, name=f"a table{of} on {on}")
            cases.add(f"constant a channels={shape[1]} {sides}\nadd b from=a,data", shape,
                      name=f"a table{of} added on {on}")
        cases.add(f"constant a channels={shape[1]} width={shape[3]}\nsigmoid b\nscale c factor=1 offset=0.5\n"
                  "divide d from=data,c", shape, name=f"divided by a table on {on}")
    return cases


def blocks() -> Cases:
    """Several layers together: what a compiled plan may fuse, reorder or forget."""
    cases = Cases()
    conv = "out=6 kernel=3 padding=1"
    cases.add(f"conv2d a {conv}\nrelu b", (1, 3, 7, 6), name="conv relu")
    cases.add(f"conv2d a {conv}\nrelu b\nbatch_norm c", (1, 3, 7, 6), name="conv relu norm")
    cases.add(f"conv2d a {conv} bias=false\nbatch_norm b\nrelu c", (2, 3, 6, 7),
              name="conv norm relu")
    cases.add(f"conv2d a {conv}\nbatch_norm b", (1, 3, 5, 5), name="conv norm")
    cases.add(f"conv2d a {conv}\nleaky_relu b slope=0.2", (1, 3, 5, 5), name="conv leaky_relu")
    cases.add(f"conv2d a {conv}\ntanh b", (1, 3, 5, 5), name="conv tanh")
    cases.add(f"conv2d a {conv}\nscale b factor=3 offset=-1", (1, 3, 5, 5), name="conv scale")
    cases.add(f"conv2d a {conv}\nrelu b\nrelu c", (1, 3, 5, 5), name="conv relu relu")
    cases.add(f"conv2d a {conv}\nbatch_norm b\nbatch_norm c", (1, 3, 5, 5), name="two norms")
    cases.add(f"batch_norm a\nconv2d b {conv}", (1, 3, 5, 6), name="norm before a padded conv")
    cases.add(f"scale a factor=2 offset=1\nconv2d b {conv}", (1, 3, 5, 6),
              name="scale before a padded conv")
    cases.add(f"""conv2d a {conv}
                  relu b
                  batch_norm c
                  conv2d d {conv}
                  relu e""", (1, 2, 6, 9), name="norm between padded convs")
    cases.add("""conv2d a out=20 kernel=3 padding=1
                 relu b
                 conv2d c out=20 kernel=3 stride=2 padding=1
                 relu d
                 batch_norm e
                 conv2d f out=18 kernel=3 padding=2 dilation=2
                 relu g
                 batch_norm h
                 conv_transpose2d i out=12 kernel=4 stride=2 padding=1
                 relu j
                 conv2d k out=23 kernel=1
                 softmax l
                 conv2d m out=2 kernel=1 bias=false
                 scale n factor=110
                 upsample o factor=2 mode=bilinear""", (2, 1, 13, 10), name="a small colorizer")
    cases.add("""conv_transpose2d a out=5 kernel=4 stride=2 padding=1
                 relu b
                 batch_norm c""", (1, 3, 3, 4), name="transposed conv relu norm")
    cases.add("scale a factor=2 from=data\nadd b from=a,data", (1, 3, 4, 5), name="add two")
    cases.add("scale a factor=2 from=data\nadd b from=data,a,data", (2, 17, 3, 5), name="add three")
    cases.add("add a from=data,data", (1, 2, 3, 3), name="add the input to itself")
    cases.add("scale a factor=2 from=data\nconcat b from=a,data", (2, 3, 4, 5), name="concat two")
    cases.add("""conv2d a out=5 kernel=1 from=data
                 conv2d b out=18 kernel=1 from=data
                 concat c from=a,data,b,a""", (2, 2, 3, 4), name="concat unlike channel counts")
    cases.add(f"""conv2d a {conv}
                  relu b
                  conv2d c from=a {conv}
                  add d from=b,c""", (1, 3, 6, 5), name="conv read before and after its relu")
    cases.add(f"""conv2d a {conv}
                  relu b
                  batch_norm c
                  conv2d d from=b {conv}
                  add e from=c,d""", (1, 3, 6, 5), name="relu read before and after its norm")
    cases.add(f"""conv2d a {conv}
                  conv2d b {conv}
                  add c from=a,b
                  relu d
                  batch_norm e""", (1, 3, 6, 5), name="residual add relu norm")
    cases.add("""conv2d a out=4 kernel=3 padding=1
                 relu b
                 batch_norm c
                 downsample d stride=2
                 conv2d e out=6 kernel=3 padding=1
                 conv_transpose2d f out=4 kernel=4 stride=2 padding=1
                 conv2d g from=c out=4 kernel=3 padding=1
                 add h from=f,g
                 relu i""", (1, 2, 8, 6), name="skip over a downsample")
    cases.add(f"conv2d a {conv}\nrelu b\nconv2d c out=2 kernel=1", (1, 3, 5, 4), output="a",
              name="output in the middle")
    cases.add(f"""conv2d a {conv}
                  relu b
                  conv2d c {conv}
                  relu d
                  conv2d e from=b out=3 kernel=1""", (1, 3, 5, 4), name="a branch that leads nowhere")
    cases.add(f"conv2d block.0.first {conv}\nrelu block.0.second\nconv2d block.1 out=2 kernel=1",
              (1, 3, 4, 5), name="dotted names")
    cases.add("pad a bottom=1 right=1\nconv2d b out=3 kernel=3 stride=2\nsigmoid c", (1, 2, 6, 8),
              name="uneven padding")
    cases.add("softmax a\nupsample b factor=2 mode=bilinear\ndownsample c stride=2", (1, 5, 3, 4),
              name="softmax up and down")
    return cases


def narrow_text(name: str, width: int) -> str:
    """A network's text with its hidden channel counts divided by `width`."""
    return re.sub(
        r"\bout=(64|128|256|512)\b", lambda m: f"out={int(m[1]) // width}", network_text(name)
    )


def public_networks(folder: Path) -> None:
    draw = torch.Generator().manual_seed(16)

    def save_both(name: str, module: torch.nn.Module, expected: dict[str, torch.Tensor]) -> None:
        paths = [folder / f"{name}_sixteenth.safetensors",
                 folder / f"{name}_sixteenth.expected.safetensors"]
        save(plain_state(module), paths[0],
             {"format": "ochre 1", "network": narrow_text(name, 16)})
        save(expected, paths[1], {})
        for path in paths:
            print(f"{path.name}: {path.stat().st_size} bytes")

    with torch.no_grad():
        eccv16 = random_network("eccv16", 16, seed=2016)
        picture = 100 * torch.rand((1, 1, 40, 24), generator=draw)
        odd = 100 * torch.rand((2, 1, 21, 13), generator=draw)
        save_both("eccv16", eccv16, {
            "input": picture,
            "logits": eccv16.logits(picture.double()),
            "output": eccv16(picture.double()),
            "odd.input": odd,
            "odd.output": eccv16(odd.double()),
        })
        siggraph17 = random_network("siggraph17", 16, seed=2017)
        data = torch.rand((2, 4, 24, 40), generator=draw) - 0.5
        data[:1, 1:] = 0  # the first picture automatic, the second with hints
        data[1, 3] = (data[1, 3] > 0.4).float()
        save_both("siggraph17", siggraph17, {"input": data, "output": siggraph17(data.double())})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=REPOSITORY / "tests" / "golden")
    folder = parser.parse_args().output
    for make in (conv2d, conv_transpose2d, batch_norm, instance_norm, pointwise, clip, pool, reorder, resample, resize, softmax,
                 attention, combine, blocks):  # fmt: skip
        make().save(folder / "layers" / f"{make.__name__}.safetensors")
    public_networks(folder)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
