"""The error of the point estimate: cross entropy asks for the whole distribution, an eye sees the one colour
that the annealed mean makes of it (Zhang, Isola and Efros, ECCV 2016, section 2.3)."""

from __future__ import annotations

import torch

from prior import Cells

STEP = 10.0  # ab between neighbouring bins, the unit of the distances here
SMOOTH = 0.01  # squared steps: so that the root has a slope at no distance
LEAST = 0.1  # squared steps: a picture with less error, a third of a step, is as good as right


def squared_steps(estimate: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The squared distances of the colours of cells, ab [cells, 2] both, in steps: [cells]."""
    return ((estimate - other) / STEP).square().sum(1)


def estimate_loss(
    estimate: torch.Tensor, cells: Cells, weights: torch.Tensor, options: dict
) -> torch.Tensor:
    """What the colours shown, ab [cells, 2], miss of the truth of their cells: `pixel` times the mean of
    W(nearest bin, gradient level) * distance, the distance that AuC counts, plus `picture` times the mean
    logarithm of each picture's squared distance, as PSNR takes it. weights [levels, 313]."""
    squared = squared_steps(estimate, cells.ab)
    pixel = (cells.weight(weights) * (squared + SMOOTH).sqrt()).mean()
    picture = (squared.view(cells.pictures, -1).mean(1) + LEAST).log().mean()
    return options["pixel"] * pixel + options["picture"] * picture


def estimate_unsteadiness(clean: torch.Tensor, disturbed: torch.Tensor, options: dict) -> torch.Tensor:
    """`twin` times the mean distance between the colours, ab [cells, 2], that a picture and its disturbed
    twin are shown in."""
    return options["twin"] * (squared_steps(clean, disturbed) + SMOOTH).sqrt().mean()
