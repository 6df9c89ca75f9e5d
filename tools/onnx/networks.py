"""Networks that people have, exported by PyTorch with both of its exporters, must run in ochre as in PyTorch.

    python tools/onnx/networks.py build/tools/ochre

A denoiser (DnCNN), two upscalers (FSRCNN, ESPCN), a U-Net with max pooling, a squeeze-and-excite network and a style-
transfer network, small and with seeded random weights: what counts is which operators their exports hold. PyTorch's
output in float64 is the judge, within 1e-5 of its largest number. Exit code 1 if any is refused or wrong. Needs
requirements.txt, torch and onnxscript.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional

from program import Program, difference

TOLERANCE = 1e-5
OPSETS = {"torchscript": 17, "dynamo": 18}


class DnCnn(nn.Module):
    """Zhang et al., Beyond a Gaussian Denoiser, 2017: the noise is found and taken away."""

    def __init__(self):
        super().__init__()
        middle = [layer for _ in range(3) for layer in (nn.Conv2d(12, 12, 3, padding=1, bias=False),
                                                       nn.BatchNorm2d(12), nn.ReLU(inplace=True))]
        self.noise = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(inplace=True), *middle,
                                   nn.Conv2d(12, 1, 3, padding=1, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - self.noise(x)


class FsrCnn(nn.Module):
    """Dong et al., Accelerating the Super-Resolution CNN, 2016."""

    def __init__(self):
        super().__init__()
        middle = [layer for _ in range(2) for layer in (nn.Conv2d(6, 6, 3, padding=1), nn.PReLU(6))]
        self.body = nn.Sequential(nn.Conv2d(1, 20, 5, padding=2), nn.PReLU(20), nn.Conv2d(20, 6, 1), nn.PReLU(6),
                                  *middle, nn.Conv2d(6, 20, 1), nn.PReLU(20))
        self.larger = nn.ConvTranspose2d(20, 1, 9, stride=3, padding=4, output_padding=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.larger(self.body(x))


class EspCn(nn.Module):
    """Shi et al., Real-Time Single Image and Video Super-Resolution, 2016: channels become pixels."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 5, padding=2), nn.Tanh(), nn.Conv2d(16, 8, 3, padding=1), nn.Tanh(),
                                  nn.Conv2d(8, 9, 3, padding=1), nn.PixelShuffle(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x).clamp(0.0, 1.0)


class UNet(nn.Module):
    """Ronneberger et al., U-Net, 2015, two levels deep."""

    def __init__(self):
        super().__init__()
        self.left, self.middle = self.pair(1, 8), self.pair(8, 16)
        self.bottom = self.pair(16, 24)
        self.up_middle, self.up_left = nn.ConvTranspose2d(24, 16, 2, stride=2), nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.right_middle, self.right = self.pair(32, 16), self.pair(16, 8)
        self.last = nn.Conv2d(8, 2, 1)

    @staticmethod
    def pair(inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
                             nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU(inplace=True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        left = self.left(x)
        middle = self.middle(functional.max_pool2d(left, 2))
        bottom = self.bottom(functional.max_pool2d(middle, 2))
        middle = self.right_middle(torch.cat([self.up_middle(bottom), middle], dim=1))
        return self.last(self.right(torch.cat([self.up_left(middle), left], dim=1)))


class SqueezeExcite(nn.Module):
    """Hu et al., Squeeze-and-Excitation Networks, 2018: each channel weighed by a gate from its mean; SiLU, ReLU6."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 4, 1), nn.ReLU6(), nn.Conv2d(4, 16, 1),
                                  nn.Sigmoid())
        self.spread = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.last = nn.Conv2d(16, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.silu(self.first(x))
        return self.last(functional.avg_pool2d(self.spread(x) * self.gate(x) + x, 2))


class StyleTransfer(nn.Module):
    """Johnson et al., Perceptual Losses for Real-Time Style Transfer, 2016, with instance norms and mirrored borders."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(*self.block(3, 8, 9), *self.block(8, 16, 3, stride=2))
        self.rest = nn.Sequential(*self.block(16, 16, 3), nn.ReflectionPad2d(1), nn.Conv2d(16, 16, 3),
                                  nn.InstanceNorm2d(16, affine=True))
        self.up = nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *self.block(16, 8, 3))
        self.last = nn.Sequential(nn.ReflectionPad2d(4), nn.Conv2d(8, 3, 9))

    @staticmethod
    def block(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
        return [nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel, stride=stride),
                nn.InstanceNorm2d(outputs, affine=True), nn.ReLU()]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.down(x)
        return self.last(self.up(x + self.rest(x)))


def randomise(module: nn.Module) -> None:
    """Numbers away from the trivial ones, so that a part that is left out shows."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.dim() == 1:
                low, high = (0.5, 1.5) if name.endswith(("var", "weight")) else (-0.3, 0.3)
                tensor.uniform_(low, high)


def export(module: nn.Module, x: torch.Tensor, exporter: str) -> onnx.ModelProto:
    stream = io.BytesIO()
    axes = {"x": {2: "height", 3: "width"}}
    if exporter == "torchscript":
        torch.onnx.export(module, (x,), stream, opset_version=OPSETS[exporter], dynamo=False, input_names=["x"],
                          dynamic_axes=axes)
    else:
        shapes = {"x": {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}}
        torch.onnx.export(module, (x,), opset_version=OPSETS[exporter], dynamo=True, input_names=["x"],
                          dynamic_shapes=shapes, verbose=False).save(stream)
    return onnx.load_from_string(stream.getvalue())


def judge(program: Program, kind: type[nn.Module], exporter: str) -> str:
    torch.manual_seed(5)
    module = kind().eval()
    randomise(module)
    channels = 3 if kind is StyleTransfer else 1
    x = torch.rand(1, channels, 24, 36)
    with torch.no_grad():
        expected = module.double()(x.double()).numpy()
    answer = program.answer(export(module.float(), x, exporter), x.numpy())
    if answer.fault or answer.refusal:
        return answer.fault or "refused: " + answer.refusal
    return next((f"{engine}: {text}" for engine, found in answer.outputs.items()
                 if (text := difference(found.astype(np.float64), expected, TOLERANCE))), "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    program = Program(parser.parse_args().program)
    wrong = 0
    for kind in (DnCnn, FsrCnn, EspCn, UNet, SqueezeExcite, StyleTransfer):
        for exporter in OPSETS:
            text = judge(program, kind, exporter)
            wrong += text != ""
            print(f"{kind.__name__:16}{exporter:14}{text or 'as PyTorch'}", flush=True)
    print(f"{wrong} refused or wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)  # of packages that the exporter would know as well
    sys.exit(main())
