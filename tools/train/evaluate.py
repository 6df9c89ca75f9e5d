"""Scores a model on colour pictures: `python evaluate.py MODEL PICTURES [--plot P.png | --sheet S.png]`.

MODEL is a checkpoint of train.py or an exported model file; PICTURES a folder or a tar archive.
The definitions are those of `ochre eval`: AuC is the share of pixels whose ab error is at most t,
averaged over t = 0...150, in %; the rebalanced AuC is the mean of the AuC of each ab bin that holds
at least 0.01 % of the pixels. ab is enlarged from the network's grid bilinearly. Besides: the mean ab
error within 3 pixels of a strong edge of lightness and elsewhere, and the expected calibration error of
the distribution at temperature 1 (Guo et al. 2017, 15 intervals of the largest probability), in %; and the
mean chroma that pages, plots and ramps get, which have none.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy
import torch
import torch.nn.functional as functional
from tqdm import tqdm

from ab import annealed_mean, bins, lab_from_rgb, pixel_rows, rgb_from_lab
from drawing import contact_sheet, draw_trade_off
from model import Model, colors, open_model, predicted_logits
from neutral import NeutralPictures
from pictures import centred_square, count_pictures, read_pictures
from prior import gradient_magnitude, target_ab

THRESHOLDS = 151
RARE = 1e-4  # a bin with a smaller share of the pixels is not counted
EDGE = 5.0  # L a pixel
EDGE_REACH = 3  # pixels
NEUTRAL_FIRST, NEUTRAL_COUNT = 2**31, 100  # training takes them from below the first


def colorfulness(rgb: torch.Tensor) -> float:
    """Hasler and Suesstrunk 2003, signed form, of uint8 RGB [H, W, 3]."""
    red, green, blue = rgb.double().unbind(-1)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    deviation = math.hypot(red_green.std(correction=0), yellow_blue.std(correction=0))
    return deviation + 0.3 * math.hypot(red_green.mean(), yellow_blue.mean())


@dataclass
class Score:
    """Running sums of one row of the table."""

    accuracy: torch.Tensor = field(default_factory=lambda: torch.zeros(313, dtype=torch.float64))
    pixels: torch.Tensor = field(default_factory=lambda: torch.zeros(313, dtype=torch.float64))
    error: torch.Tensor = field(default_factory=lambda: torch.zeros(2, dtype=torch.float64))
    error_pixels: torch.Tensor = field(default_factory=lambda: torch.zeros(2, dtype=torch.float64))
    psnr: list[float] = field(default_factory=list)
    colorfulness: list[float] = field(default_factory=list)

    def add(self, lab: torch.Tensor, truth_bin: torch.Tensor, rgb: torch.Tensor, ab: torch.Tensor):
        """Scores ab [1, 2, H, W] against the true Lab [1, 3, H, W] and RGB [1, H, W, 3]."""
        error = (ab - lab[:, 1:]).square().sum(1).sqrt().flatten().double()
        passed = (THRESHOLDS - error.ceil()).clamp(0, THRESHOLDS) / THRESHOLDS
        self.accuracy.index_add_(0, truth_bin, passed)
        self.pixels.index_add_(0, truth_bin, torch.ones_like(passed))
        painted = rgb_from_lab(torch.cat((lab[:, :1], ab), dim=1))
        squared = (painted.double() - rgb.double()).square().mean().item()
        self.psnr.append(10 * math.log10(255**2 / max(squared, 1e-9)))
        self.colorfulness.append(colorfulness(painted[0]))
        self.add_errors(lab, ab)

    def add_errors(self, lab: torch.Tensor, ab: torch.Tensor) -> None:
        """Mean ab error at edges and elsewhere."""
        steep = (gradient_magnitude(lab[:, :1]) > EDGE).float()
        near = functional.max_pool2d(steep, 2 * EDGE_REACH + 1, 1, EDGE_REACH) > 0
        error = (ab - lab[:, 1:]).square().sum(1, keepdim=True).sqrt().double()
        for place, mask in enumerate((near, ~near)):
            self.error[place] += error[mask].sum()
            self.error_pixels[place] += mask.sum()

    def row(self) -> dict[str, float]:
        total = self.pixels.sum()
        counted = self.pixels >= RARE * total
        return {
            "auc": 100 * (self.accuracy.sum() / total).item(),
            "auc_rebalanced": 100 * (self.accuracy / self.pixels)[counted].mean().item(),
            "psnr_rgb": sum(self.psnr) / len(self.psnr),
            "colourfulness": sum(self.colorfulness) / len(self.colorfulness),
            "error_at_edges": (self.error[0] / self.error_pixels[0]).item(),
            "error_elsewhere": (self.error[1] / self.error_pixels[1]).item(),
        }


@dataclass
class Calibration:
    """Largest probabilities against how often they are right, on the cells of the network's grid."""

    confidence: torch.Tensor = field(default_factory=lambda: torch.zeros(15, dtype=torch.float64))
    right: torch.Tensor = field(default_factory=lambda: torch.zeros(15, dtype=torch.float64))
    cells: torch.Tensor = field(default_factory=lambda: torch.zeros(15, dtype=torch.float64))

    def add(self, logits: torch.Tensor, ab: torch.Tensor) -> None:
        """logits [1, 313, h, w], the true ab [1, 2, H, W]."""
        truth = torch.cdist(target_ab(ab, *logits.shape[2:]), bins()).argmin(1)
        confidence, guess = functional.softmax(logits, 1)[0].flatten(1).double().max(0)
        interval = (confidence * 15).long().clamp(max=14)
        self.confidence.index_add_(0, interval, confidence)
        self.right.index_add_(0, interval, (guess == truth).double())
        self.cells.index_add_(0, interval, torch.ones_like(confidence))

    def error(self) -> float:
        """The mean distance between confidence and accuracy, weighted by the cells, in %."""
        return 100 * ((self.confidence - self.right).abs().sum() / self.cells.sum()).item()


def squares(source: Path, size: int) -> Iterator[tuple[str, torch.Tensor]]:
    """(name, uint8 RGB [1, size, size, 3]) of the colour pictures of a folder or archive."""
    for name, picture in read_pictures(source):
        rgb = numpy.array(centred_square(picture, size))
        if numpy.ptp(rgb, axis=2).max() > 0:
            yield name, torch.from_numpy(rgb).unsqueeze(0)


def evaluate(model: Model, pictures: Iterable, temperatures: list[float]) -> dict:
    """The whole table of `squares`: one row a temperature, the grey row and the truth's colourfulness."""
    scores = {temperature: Score() for temperature in temperatures}
    gray, truth, calibration = Score(), [], Calibration()
    centres = bins()
    for _, rgb in pictures:
        lab = lab_from_rgb(rgb)
        truth_ab = lab[0, 1:].flatten(1).T
        truth_bin = torch.cdist(truth_ab, centres).argmin(1)
        logits = predicted_logits(model, lab[:, :1])
        calibration.add(logits, lab[:, 1:])
        for temperature, score in scores.items():
            ab = colors(logits, temperature, rgb.shape[1:3])
            score.add(lab, truth_bin, rgb, ab)
        gray.add(lab, truth_bin, rgb, torch.zeros_like(lab[:, 1:]))
        truth.append(colorfulness(rgb[0]))
    return {
        "pictures": len(truth),
        "calibration_error": calibration.error(),
        "temperatures": {str(t): score.row() for t, score in scores.items()},
        "grey": gray.row(),
        "colourfulness_truth": sum(truth) / len(truth),
    }


def chroma_of_neutral(model: Model, temperatures: list[float]) -> list[float]:
    """The mean chroma that pictures without colour (neutral.py) get at each temperature; other pictures
    than those of training."""
    totals, neutral = [0.0] * len(temperatures), NeutralPictures()
    for index in range(NEUTRAL_FIRST, NEUTRAL_FIRST + NEUTRAL_COUNT):
        lab = lab_from_rgb(torch.from_numpy(neutral[index]).unsqueeze(0))
        rows = pixel_rows(predicted_logits(model, lab[:, :1]))
        for place, temperature in enumerate(temperatures):
            totals[place] += annealed_mean(rows, temperature).square().sum(1).sqrt().mean().item()
    return [total / NEUTRAL_COUNT for total in totals]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path, help="folder or tar archive")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--temperature", type=float, nargs="*", help="default: the model's")
    parser.add_argument("--plot", type=Path, help="draw vividness against error over the temperatures")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet instead of scoring")
    parser.add_argument("--count", type=int, default=12, help="pictures of the contact sheet, evenly spread")
    parser.add_argument("--columns", type=int, default=2, help="of the contact sheet")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = open_model(arguments.model)
    temperatures = arguments.temperature or [model.temperature]
    pictures = squares(arguments.pictures, arguments.size)
    if arguments.sheet:
        every = list(pictures)
        spread = every[:: max(1, len(every) // arguments.count)][: arguments.count]
        contact_sheet(model, spread, temperatures, arguments.columns).save(arguments.sheet)
        return
    bar = tqdm(pictures, "scoring", count_pictures(arguments.pictures), disable=None)
    table = evaluate(model, bar, temperatures)
    for temperature, chroma in zip(temperatures, chroma_of_neutral(model, temperatures)):
        table["temperatures"][str(temperature)]["chroma_of_neutral"] = chroma
    print(json.dumps({"size": arguments.size, **table}, indent=2))
    if arguments.plot:
        draw_trade_off({arguments.model.stem: table}, arguments.plot)


if __name__ == "__main__":
    main()
