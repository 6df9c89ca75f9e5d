"""The loss of a batch: what the network says of each cell of its grid against what is true there.

    cross entropy, weighted by the gradient prior (prior.py), with a teacher's word in the target
    + the error of the colours shown, with an [estimate] table (estimate.py)
    + what a crop and its disturbed twin disagree about, in a phase with `steadiness`
    + what is not told of a teacher's features, with hints (hints.py)

Cells are those of the logits' grid, picture by picture, a quarter of the picture's side.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional

from ab import annealed_mean, pixel_rows
from estimate import estimate_loss, estimate_unsteadiness
from hints import unexplained
from prior import Cells


@dataclass
class Lesson:
    """What a teacher says of a batch: its distribution in each cell [cells, 313], its share of the cell's target
    [cells], and the features of its decoder by stride (hints.py)."""

    distribution: torch.Tensor
    share: torch.Tensor
    features: dict[int, torch.Tensor]


def prior_loss(
    logarithms: torch.Tensor, cells: Cells, weights: torch.Tensor, lesson: Lesson | None = None
) -> torch.Tensor:
    """Mean of W(nearest bin, gradient level) * cross entropy; logarithms of the probabilities [cells, 313], the
    truth of the cells, weights [levels, 313]. The target is the soft-encoded truth, mixed with the lesson where there
    is one (Hinton, Vinyals and Dean 2015, section 2)."""
    entropy = -(logarithms.gather(1, cells.bins) * cells.share).sum(1)
    if lesson:
        taught = -(logarithms * lesson.distribution).sum(1)
        entropy = torch.lerp(entropy, taught, lesson.share)
    return (entropy * cells.weight(weights)).mean()


def unsteadiness(clean: torch.Tensor, disturbed: torch.Tensor) -> torch.Tensor:
    """Mean symmetric Kullback-Leibler divergence, in nats, between the distributions that a picture and
    its disturbed twin give; logarithms of the probabilities [cells, 313] each."""
    return 0.5 * ((clean.exp() - disturbed.exp()) * (clean - disturbed)).sum(1).mean()


@dataclass
class Objective:
    """What a run asks for: W [levels, 313] of the cross entropy, the table `[estimate]` with a W of its own, the weight
    of the hints."""

    weights: torch.Tensor
    estimate: dict | None = None
    estimate_weights: torch.Tensor | None = None
    hint_weight: float = 0.0

    def loss(
        self, logits: torch.Tensor, cells: Cells, steadiness: float, lesson: Lesson | None,
        read: dict[int, torch.Tensor],
    ) -> torch.Tensor:  # fmt: skip
        """Of the logits [N or 2N, 313, h, w] for the N pictures of the cells: each once, or all clean, then all
        disturbed; `read`: the teacher's features as the network tells them (hints.py), empty without hints."""
        twins = len(logits) // cells.pictures
        rows = pixel_rows(logits)
        parts = functional.log_softmax(rows, 1).chunk(twins)
        loss = sum(prior_loss(part, cells, self.weights, lesson) for part in parts) / twins
        if self.estimate:
            shown = annealed_mean(rows, self.estimate["temperature"]).chunk(twins)
            given = cells, self.estimate_weights, self.estimate
            loss = loss + sum(estimate_loss(ab, *given) for ab in shown) / twins
        if twins > 1:
            loss = loss + steadiness * unsteadiness(*parts)
            if self.estimate:
                loss = loss + estimate_unsteadiness(*shown, self.estimate)
        if read:
            loss = loss + self.hint_weight * unexplained(read, lesson.features)
        return loss
