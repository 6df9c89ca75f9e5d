"""The public colorization networks as PyTorch modules, written from their layer tables.

They do not read ochre's network texts: they are what the texts are checked against. Attribute names
give the state-dict keys of the released weights. `width` divides all hidden channel counts.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import nn


def _conv(inputs: int, outputs: int, **options) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, **{"padding": 1, **options})


def _up(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)


def _block(inputs: int, outputs: int, count: int, last_stride: int = 1, dilation: int = 1):
    """`count` convolutions, each with its ReLU, and one batch norm after the last."""
    layers: list[nn.Module] = []
    for number in range(count):
        stride = last_stride if number == count - 1 else 1
        channels = inputs if number == 0 else outputs
        layers += [
            _conv(channels, outputs, stride=stride, padding=dilation, dilation=dilation),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.BatchNorm2d(outputs))


class Eccv16(nn.Module):
    """Colorful Image Colorization: L (0..100) to ab at 8*ceil(side/8)."""

    def __init__(self, width: int = 1):
        super().__init__()
        a, b, c, d = (channels // width for channels in (64, 128, 256, 512))
        self.model1 = _block(1, a, 2, last_stride=2)
        self.model2 = _block(a, b, 2, last_stride=2)
        self.model3 = _block(b, c, 3, last_stride=2)
        self.model4 = _block(c, d, 3)
        self.model5 = _block(d, d, 3, dilation=2)
        self.model6 = _block(d, d, 3, dilation=2)
        self.model7 = _block(d, d, 3)
        self.model8 = nn.Sequential(
            _up(d, c), nn.ReLU(), _conv(c, c), nn.ReLU(), _conv(c, c), nn.ReLU(),
            nn.Conv2d(c, 313, 1),
        )
        self.model_out = nn.Conv2d(313, 2, 1, bias=False)

    def logits(self, lightness: torch.Tensor) -> torch.Tensor:
        x = (lightness - 50) / 100
        for number in range(1, 9):
            x = getattr(self, f"model{number}")(x)
        return x

    def forward(self, lightness: torch.Tensor) -> torch.Tensor:
        ab = self.model_out(torch.softmax(self.logits(lightness), dim=1))
        return 110 * functional.interpolate(
            ab, scale_factor=4, mode="bilinear", align_corners=False
        )


class Siggraph17(nn.Module):
    """User-guided colorization: [(L-50)/100, a/110, b/110, mask] to ab at the same size."""

    def __init__(self, width: int = 1):
        super().__init__()
        a, b, c, d = (channels // width for channels in (64, 128, 256, 512))
        self.model1 = _block(4, a, 2)
        self.model2 = _block(a, b, 2)
        self.model3 = _block(b, c, 3)
        self.model4 = _block(c, d, 3)
        self.model5 = _block(d, d, 3, dilation=2)
        self.model6 = _block(d, d, 3, dilation=2)
        self.model7 = _block(d, d, 3)
        self.model8up = nn.Sequential(_up(d, c))
        self.model3short8 = nn.Sequential(_conv(c, c))
        self.model8 = nn.Sequential(
            nn.ReLU(), _conv(c, c), nn.ReLU(), _conv(c, c), nn.ReLU(), nn.BatchNorm2d(c)
        )
        self.model9up = nn.Sequential(_up(c, b))
        self.model2short9 = nn.Sequential(_conv(b, b))
        self.model9 = nn.Sequential(nn.ReLU(), _conv(b, b), nn.ReLU(), nn.BatchNorm2d(b))
        self.model10up = nn.Sequential(_up(b, b))
        self.model1short10 = nn.Sequential(_conv(a, b))
        self.model10 = nn.Sequential(nn.ReLU(), _conv(b, b), nn.LeakyReLU(0.2))
        self.model_out = nn.Sequential(nn.Conv2d(b, 2, 1), nn.Tanh())

    def forward(self, data: torch.Tensor) -> torch.Tensor:
        fine = self.model1(data)
        half = self.model2(fine[:, :, ::2, ::2])
        quarter = self.model3(half[:, :, ::2, ::2])
        x = self.model4(quarter[:, :, ::2, ::2])
        x = self.model7(self.model6(self.model5(x)))
        x = self.model8(self.model8up(x) + self.model3short8(quarter))
        x = self.model9(self.model9up(x) + self.model2short9(half))
        x = self.model10(self.model10up(x) + self.model1short10(fine))
        return 110 * self.model_out(x)


def randomise(module: nn.Module, seed: int) -> None:
    """Gives `module` float32-representable random parameters that keep activations near 1.

    Convolutions are scaled after He et al. (variance 2 / products per output); batch norms get
    statistics away from the trivial ones, so that mistaking one for another shows.
    """
    draw = torch.Generator().manual_seed(seed)

    def normal(tensor: torch.Tensor, deviation: float, mean: float = 0.0) -> None:
        values = torch.randn(tensor.shape, generator=draw, dtype=torch.float32)
        tensor.copy_(values * deviation + mean)

    def uniform(tensor: torch.Tensor, low: float, high: float) -> None:
        values = torch.rand(tensor.shape, generator=draw, dtype=torch.float32)
        tensor.copy_(values * (high - low) + low)

    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.InstanceNorm2d):
                uniform(layer.weight, -0.5, 1.5)
                normal(layer.bias, 0.5)
            if isinstance(layer, nn.PReLU):
                uniform(layer.weight, -0.5, 1.5)
            table = layer._parameters.get("weight")
            if table is not None and table.dim() == 3:  # of a layer `constant`
                normal(table, 1)
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                taps = layer.weight.shape[2] * layer.weight.shape[3]
                if isinstance(layer, nn.ConvTranspose2d):
                    taps = max(1, taps // (layer.stride[0] * layer.stride[1]))
                products = layer.in_channels // layer.groups * taps
                normal(layer.weight, (2 / products) ** 0.5)
                if layer.bias is not None:
                    normal(layer.bias, 0.1)
            elif isinstance(layer, nn.BatchNorm2d):
                normal(layer.running_mean, 0.3, 0.3)
                uniform(layer.running_var, 0.3, 1.5)
                if layer.affine:
                    uniform(layer.weight, 0.7, 1.3)
                    normal(layer.bias, 0.2)


def random_network(name: str, width: int, seed: int) -> nn.Module:
    """`eccv16` or `siggraph17` with random weights, ready to run in float64."""
    module = {"eccv16": Eccv16, "siggraph17": Siggraph17}[name](width).eval()
    randomise(module, seed)
    with torch.no_grad():
        if name == "eccv16":
            module.model8[6].weight.mul_(2)  # logits that let some of the 313 bins stand out
        else:
            module.model_out[0].weight.mul_(0.1)  # tanh away from its flat ends
    return module.double()


def plain_state(module: nn.Module) -> dict[str, torch.Tensor]:
    """The tensors of a model file: the state dict in float32 without the training counters."""
    return {
        name: tensor.detach().float().contiguous()
        for name, tensor in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
