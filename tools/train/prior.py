"""The gradient prior, and the weights of the loss made of it.

    python prior.py PICTURES... --output prior.json --picture prior.png

p(colour, gradient): how often an ab bin comes with a magnitude of the gradient of lightness (Yao and
Xia). Smoothed by a Gaussian over both, mixed with a uniform distribution over its n cells,

    W = ((1 - mixing) p + mixing / n)^-1,  scaled so that the expectation of W under p is 1.

What is left of p when it is summed over the gradient is Zhang's prior of colours (ECCV 2016, section
2.2), summed over the colours a prior of gradients alone, summed over both nothing: plain cross entropy.
PICTURES are folders or tar archives.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
import torch.nn.functional as functional
from tqdm import tqdm

from ab import SoftEncoder, bins, lab_from_rgb, pixel_rows
from batches import Batches, loader
from pictures import centred_square, count_pictures, is_gray, read_pictures

KINDS = {"joint": (), "colour": (0,), "gradient": (1,), "none": (0, 1)}  # axes that are summed over
PRIOR_BATCHES = 200
STEEPEST = 40.0  # L a pixel, where the last level is reached; an edge from black to white has 50


def gradient_magnitude(lightness: torch.Tensor) -> torch.Tensor:
    """Sobel's, in L a pixel, [N, 1, H, W] to the same; the border is continued."""
    kernel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 8
    kernels = torch.stack((kernel, kernel.T)).unsqueeze(1).to(lightness)
    padded = functional.pad(lightness, (1, 1, 1, 1), mode="replicate")
    return functional.conv2d(padded, kernels).square().sum(1, keepdim=True).sqrt()


def gradient_levels(lightness: torch.Tensor, height: int, width: int, levels: int) -> torch.Tensor:
    """The level 0 ... levels-1 of each cell of a grid, [N*height*width]: its mean magnitude, in even
    steps of log(1 + magnitude), since small gradients are by far the most frequent."""
    magnitude = functional.adaptive_avg_pool2d(gradient_magnitude(lightness), (height, width))
    share = torch.log1p(magnitude) / math.log1p(STEEPEST)
    return (share * levels).long().clamp(max=levels - 1).flatten()


def target_ab(ab: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """ab [N, 2, H, W] averaged down to the logits' grid, as [N*height*width, 2]."""
    return pixel_rows(functional.adaptive_avg_pool2d(ab, (height, width)))


@dataclass
class Cells:
    """What is true of each cell of the logits' grid, picture by picture."""

    pictures: int
    ab: torch.Tensor  # [cells, 2], the mean
    bins: torch.Tensor  # [cells, 5], of the soft encoding, nearest first
    share: torch.Tensor  # [cells, 5], of the soft encoding
    level: torch.Tensor  # [cells], of the gradient

    def weight(self, weights: torch.Tensor) -> torch.Tensor:
        """W(nearest bin, gradient level) [cells], of weights [levels, 313]."""
        return weights[self.level, self.bins[:, 0]]


def cells_of(lab: torch.Tensor, height: int, width: int, encoder: SoftEncoder, levels: int) -> Cells:
    """Of Lab [N, 3, H, W] on a grid of height x width."""
    ab = target_ab(lab[:, 1:], height, width)
    return Cells(len(lab), ab, *encoder(ab), gradient_levels(lab[:, :1], height, width, levels))


def _gaussian(squared_distance: torch.Tensor, sigma: float) -> torch.Tensor:
    """Columns of sum 1: where the mass of one cell goes. sigma 0: nowhere."""
    if sigma == 0:
        return torch.eye(len(squared_distance), dtype=squared_distance.dtype)
    kernel = torch.exp(-squared_distance / (2 * sigma**2))
    return kernel / kernel.sum(0)


@dataclass
class Prior:
    """Soft counts [levels, 313], float64."""

    counts: torch.Tensor

    @classmethod
    def empty(cls, levels: int) -> Prior:
        return cls(torch.zeros(levels, len(bins()), dtype=torch.float64))

    @property
    def levels(self) -> int:
        return len(self.counts)

    def add(self, lab: torch.Tensor, height: int, width: int, encoder: SoftEncoder) -> None:
        """Counts Lab [N, 3, H, W] on a grid of height x width."""
        cells = cells_of(lab, height, width, encoder, self.levels)
        place = cells.level.unsqueeze(1) * self.counts.shape[1] + cells.bins
        self.counts.view(-1).index_add_(0, place.flatten().cpu(), cells.share.flatten().double().cpu())

    def probability(self, kind: str, sigma: float, level_sigma: float) -> torch.Tensor:
        """p, smoothed: [levels or 1, 313 or 1]. sigma in ab units, level_sigma in levels."""
        p = self.counts / self.counts.sum()
        for axis in KINDS[kind]:
            p = p.sum(axis, keepdim=True)
        if p.shape[1] > 1:
            p = p @ _gaussian(torch.cdist(bins(), bins()).double() ** 2, sigma).T
        if p.shape[0] > 1:
            level = torch.arange(self.levels, dtype=torch.float64)
            p = _gaussian((level.unsqueeze(0) - level.unsqueeze(1)) ** 2, level_sigma) @ p
        return p

    def weights(self, kind: str, mixing: float, sigma: float, level_sigma: float) -> torch.Tensor:
        """W [levels, 313], float32."""
        p = self.probability(kind, sigma, level_sigma)
        weight = 1 / ((1 - mixing) * p + mixing / p.numel())
        return (weight / (p * weight).sum()).expand(self.counts.shape).float().contiguous()

    def text(self) -> str:
        """JSON; the probabilities with five digits."""
        p = self.counts / self.counts.sum()
        rows = [[float(f"{value:.5g}") for value in row] for row in p.tolist()]
        return json.dumps({"steepest": STEEPEST, "levels": self.levels, "p": rows}, separators=(",", ":"))


def measure_prior(batches: Batches, levels: int, device: torch.device) -> Prior:
    """Over crops drawn evenly from the whole run, on the grid of the logits."""
    prior, encoder = Prior.empty(levels), SoftEncoder(device)
    steps = numpy.linspace(0, len(batches) - 1, PRIOR_BATCHES, dtype=int).tolist()
    for pictures in tqdm(loader(batches, steps, device), "prior", disable=None):
        lab = lab_from_rgb(pictures[..., :3].to(device))
        prior.add(lab, lab.shape[2] // 4, lab.shape[3] // 4, encoder)
    return prior


def draw(prior: Prior, sigma: float, level_sigma: float, path: Path) -> None:
    """The ab plane of each gradient level, darker the more frequent, on a logarithmic scale."""
    from matplotlib import pyplot

    p = prior.probability("joint", sigma, level_sigma)
    share = p / p.sum(1, keepdim=True).clamp(min=1e-30)
    columns = min(4, prior.levels)
    rows = math.ceil(prior.levels / columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(2.6 * columns, 2.6 * rows + 0.4), squeeze=False,
                                   sharex=True, sharey=True, layout="constrained")  # fmt: skip
    edges = numpy.expm1(numpy.linspace(0, math.log1p(STEEPEST), prior.levels + 1))
    centres = bins()
    for level, axis in enumerate(axes.flat):
        if level >= prior.levels:
            axis.axis("off")
            continue
        plane = numpy.full((23, 23), numpy.nan)
        for (a, b), value in zip(centres.tolist(), share[level].tolist()):
            plane[int(b + 110) // 10, int(a + 110) // 10] = math.log10(max(value, 1e-6))
        image = axis.imshow(plane, origin="lower", extent=(-115, 115, -115, 115), cmap="viridis", vmin=-6, vmax=0)
        last = "…" if level == prior.levels - 1 else f" to {edges[level + 1]:.1f}"
        axis.set_title(f"gradient {edges[level]:.1f}{last} L/px\n{100 * p[level].sum():.1f} % of the pixels", fontsize=8)
        axis.set_xlabel("a", fontsize=8)
        axis.set_ylabel("b", fontsize=8)
    figure.colorbar(image, ax=axes, label="log10 p(ab | gradient)", shrink=0.8)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path, nargs="+", help="folders or tar archives")
    parser.add_argument("--size", type=int, default=256, help="of the squares that are counted")
    parser.add_argument("--grid", type=int, default=4, help="pixels of a cell's side")
    parser.add_argument("--levels", type=int, default=8, help="of the gradient")
    parser.add_argument("--sigma", type=float, default=5.0, help="of the smoothing in ab, for the picture")
    parser.add_argument("--level-sigma", type=float, default=0.5, help="of the smoothing over levels")
    parser.add_argument("--output", type=Path, required=True, help="JSON")
    parser.add_argument("--picture", type=Path, help="PNG")
    arguments = parser.parse_args()
    prior, encoder = Prior.empty(arguments.levels), SoftEncoder()
    side = arguments.size // arguments.grid
    for source in arguments.pictures:
        for _, picture in tqdm(read_pictures(source), source.name, count_pictures(source), disable=None):
            rgb = numpy.array(centred_square(picture, arguments.size))
            if not is_gray(rgb):
                prior.add(lab_from_rgb(torch.from_numpy(rgb).unsqueeze(0)), side, side, encoder)
    if not prior.counts.sum() > 0:
        parser.error("found no picture")
    arguments.output.write_text(prior.text() + "\n")
    if arguments.picture:
        draw(prior, arguments.sigma, arguments.level_sigma, arguments.picture)


if __name__ == "__main__":
    main()
