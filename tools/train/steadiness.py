"""How far the colours move when only the input is disturbed: `steadiness.py MODEL PICTURES`.

Prints, for each disturbance of the grey picture, the mean distance in ab between the colours before
and after, and the mean chroma to compare it with.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy
import torch
from PIL import Image
from tqdm import tqdm

from ab import grey_from_lightness, lab_from_rgb, lightness_from_grey
from evaluate import Model, colours, open_model, predicted_logits, squares
from pictures import count_pictures

Grey = numpy.ndarray  # float, 0...255, [H, W]


def noise(sigma: float) -> Callable[[Grey], Grey]:
    return lambda grey: grey + numpy.random.default_rng(0).normal(0, sigma, grey.shape)


def gamma(exponent: float) -> Callable[[Grey], Grey]:
    return lambda grey: 255 * (grey / 255) ** exponent


def half_size(grey: Grey) -> Grey:
    picture = Image.fromarray(grey.astype(numpy.uint8))
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BOX)
    return numpy.asarray(half.resize(picture.size, Image.Resampling.BILINEAR), dtype=float)


def jpeg(quality: int) -> Callable[[Grey], Grey]:
    def coded(grey: Grey) -> Grey:
        buffer = io.BytesIO()
        Image.fromarray(grey.astype(numpy.uint8)).save(buffer, "JPEG", quality=quality)
        return numpy.asarray(Image.open(buffer), dtype=float)

    return coded


DISTURBANCES = {
    "noise, sigma 10/255": noise(10),
    "half size and back": half_size,
    "gamma 0.6": gamma(0.6),
    "gamma 1.6": gamma(1.6),
    "JPEG, quality 30": jpeg(30),
}


def painted(model: Model, grey: Grey, temperature: float) -> torch.Tensor:
    """ab [2, H, W] of a grey picture, rounded to 8 bits first."""
    levels = torch.from_numpy(grey.clip(0, 255).round()).float() / 255
    logits = predicted_logits(model, lightness_from_grey(levels)[None, None])
    return colours(logits, temperature, levels.shape)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path, help="folder or tar archive")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--temperature", type=float, help="default: the model's")
    arguments = parser.parse_args()
    model = open_model(arguments.model)
    temperature = arguments.temperature or model.temperature
    moved = {name: [] for name in DISTURBANCES}
    chroma = []
    total = count_pictures(arguments.pictures)
    for _, rgb in tqdm(squares(arguments.pictures, arguments.size), total=total, disable=None):
        lightness = lab_from_rgb(rgb)[0, 0]
        grey = (grey_from_lightness(lightness) * 255).round().double().numpy()
        before = painted(model, grey, temperature)
        chroma.append(before.norm(dim=0).mean().item())
        for name, disturbance in DISTURBANCES.items():
            after = painted(model, disturbance(grey), temperature)
            moved[name].append((after - before).norm(dim=0).mean().item())
    result = {"temperature": temperature, "mean chroma": float(numpy.mean(chroma))}
    print(json.dumps(result | {name: float(numpy.mean(v)) for name, v in moved.items()}, indent=2))


if __name__ == "__main__":
    main()
