"""The error of the point estimate: cross entropy asks for the whole distribution, an eye sees the one colour
that the annealed mean makes of it (Zhang, Isola and Efros, ECCV 2016, section 2.3)."""

from __future__ import annotations

import torch

from ab import SoftEncoder, annealed_mean
from prior import gradient_levels, target_ab

STEP = 10.0  # ab between neighbouring bins, the unit of the distances here
SMOOTH = 0.01  # squared steps: so that the root has a slope at no distance
LEAST = 0.1  # squared steps: a picture with less error, a third of a step, is as good as right


def estimate_loss(
    logits: torch.Tensor, lab: torch.Tensor, encoder: SoftEncoder, weights: torch.Tensor, options: dict
) -> torch.Tensor:
    """What the colours that logits [N, 313, h, w] make at `temperature` miss of Lab [N, 3, H, W]: `pixel` times
    the mean of W(nearest bin, gradient level) * distance from the true ab, the distance that AuC counts, plus
    `picture` times the mean logarithm of each picture's squared distance, as PSNR takes it. weights [levels, 313]."""
    height, width = logits.shape[2:]
    truth = target_ab(lab[:, 1:], height, width)
    nearest = encoder(truth)[0][:, 0]
    level = gradient_levels(lab[:, :1], height, width, len(weights))
    estimate = annealed_mean(logits.float(), options["temperature"]).permute(0, 2, 3, 1).reshape(-1, 2)
    squared = ((estimate - truth) / STEP).square().sum(1)
    pixel = (weights[level, nearest] * (squared + SMOOTH).sqrt()).mean()
    picture = (squared.view(len(logits), -1).mean(1) + LEAST).log().mean()
    return options["pixel"] * pixel + options["picture"] * picture


def estimate_unsteadiness(clean: torch.Tensor, disturbed: torch.Tensor, options: dict) -> torch.Tensor:
    """`twin` times the mean distance between the colours of a picture and of its disturbed twin, by their logits
    [N, 313, h, w]."""
    one, other = (annealed_mean(logits.float(), options["temperature"]) for logits in (clean, disturbed))
    return options["twin"] * (((one - other) / STEP).square().sum(1) + SMOOTH).sqrt().mean()
