"""Colour for training: sRGB <-> Lab, the 313 ab bins, soft targets, annealed mean.

Lab as in scikit-image (D65, 2 degrees; L 0...100, a and b in the same units). The bins, the soft
encoding and the annealed mean are those of Zhang, Isola and Efros, "Colorful Image Colorization",
ECCV 2016, section 2; the ranges below are those of `pts_in_hull.npy`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional

# The first and last b of each a = -90, -80, ... 100; b ascends in steps of 10 within a row.
B_RANGES = (
    (50, 90), (20, 90), (0, 90), (-20, 90), (-30, 100), (-40, 100), (-50, 100), (-50, 100),
    (-60, 100), (-70, 100), (-80, 90), (-80, 90), (-90, 90), (-100, 90), (-100, 80),
    (-110, 80), (-110, 80), (-110, 70), (-110, 70), (-90, 0),
)  # fmt: skip

WHITE = (0.95047, 1.0, 1.08883)
RGB_TO_XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)

LARGEST_AB = 110  # the soft table covers -110...110; sRGB's own b reaches from -108 to 95


def bins() -> torch.Tensor:
    """The 313 bin centres [313, 2], a ascending, then b ascending."""
    centres = [
        (a, b)
        for a, (first, last) in zip(range(-90, 101, 10), B_RANGES)
        for b in range(first, last + 1, 10)
    ]
    return torch.tensor(centres, dtype=torch.float32)


def linear_from_srgb(v: torch.Tensor) -> torch.Tensor:
    """Undoes the sRGB transfer curve, 0...1 to 0...1."""
    return torch.where(v > 0.04045, ((v + 0.055) / 1.055).clamp(min=0) ** 2.4, v / 12.92)


def srgb_from_linear(v: torch.Tensor) -> torch.Tensor:
    """The sRGB transfer curve, 0...1 to 0...1; clips what lies outside."""
    v = v.clamp(0, 1)
    return torch.where(v > 0.0031308, 1.055 * v ** (1 / 2.4) - 0.055, v * 12.92)


def _lab_curve(t: torch.Tensor) -> torch.Tensor:
    return torch.where(t > 0.008856, t.clamp(min=1e-6) ** (1 / 3), 7.787 * t + 16 / 116)


def lightness_from_gray(gray: torch.Tensor) -> torch.Tensor:
    """L of a grey sRGB value 0...1."""
    return 116 * _lab_curve(linear_from_srgb(gray)) - 16


def gray_from_lightness(lightness: torch.Tensor) -> torch.Tensor:
    """The grey sRGB value 0...1 whose lightness is L."""
    f = (lightness + 16) / 116
    return srgb_from_linear(torch.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787))


def lab_from_rgb(rgb: torch.Tensor) -> torch.Tensor:
    """Lab [N, 3, H, W] of uint8 RGB [N, H, W, 3]."""
    levels = linear_from_srgb(torch.arange(256, device=rgb.device, dtype=torch.float32) / 255)
    to_xyz = torch.tensor(RGB_TO_XYZ, device=rgb.device) / torch.tensor(
        WHITE, device=rgb.device
    ).unsqueeze(1)
    f = _lab_curve(levels[rgb.long()] @ to_xyz.T)
    x, y, z = f.unbind(-1)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), dim=1)


def rgb_from_lab(lab: torch.Tensor) -> torch.Tensor:
    """uint8 RGB [N, H, W, 3] of Lab [N, 3, H, W]; clipped, then rounded to nearest."""
    lightness, a, b = lab.unbind(1)
    y = (lightness + 16) / 116
    f = torch.stack((y + a / 500, y, (y - b / 200).clamp(min=0)), dim=-1)
    xyz = torch.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787)
    xyz = xyz * torch.tensor(WHITE, device=lab.device, dtype=lab.dtype)
    to_rgb = torch.linalg.inv(torch.tensor(RGB_TO_XYZ, dtype=torch.float64))
    rgb = xyz @ to_rgb.to(lab.device, lab.dtype).T
    return (srgb_from_linear(rgb) * 255).round().to(torch.uint8)


class SoftEncoder:
    """Soft targets over the bins: the 5 nearest, Gaussian weights with sigma 5, normalised.

    Looked up in a table over whole ab, -110...110 on both axes.
    """

    neighbours = 5
    sigma = 5.0

    def __init__(self, device: torch.device | str = "cpu"):
        axis = torch.arange(-LARGEST_AB, LARGEST_AB + 1, dtype=torch.float32)
        grid = torch.cartesian_prod(axis, axis)
        distance, index = torch.cdist(grid, bins()).topk(self.neighbours, largest=False)
        weight = torch.exp(-(distance**2) / (2 * self.sigma**2)).clamp(min=1e-30)
        self.index = index.to(device)
        self.weight = (weight / weight.sum(1, keepdim=True)).to(device)

    def __call__(self, ab: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Bin indices and weights, both [pixels, 5], nearest first, of ab [pixels, 2]."""
        whole = ab.round().clamp(-LARGEST_AB, LARGEST_AB).long() + LARGEST_AB
        entry = whole[:, 0] * (2 * LARGEST_AB + 1) + whole[:, 1]
        return self.index[entry], self.weight[entry]


def pixel_rows(maps: torch.Tensor) -> torch.Tensor:
    """[N, C, H, W] as float32 [N*H*W, C]: the channels of a pixel beside one another. A softmax along such rows takes
    a quarter of the time of one across the planes of a map."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1]).float()


def annealed_mean(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """ab [pixels, 2]: the mean of the bins under softmax(logits / temperature), logits [pixels, 313]."""
    return functional.softmax(logits / temperature, 1) @ bins().to(logits)
