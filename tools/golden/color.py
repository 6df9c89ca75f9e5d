"""Writes tests/golden/color.safetensors: colour as scikit-image, NumPy and PyTorch compute it.

    python tools/golden/color.py [--output tests/golden]

Everything is computed and stored in float64, from fixed seeds (scikit-image 0.26, PyTorch 2.13).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from skimage import color, metrics

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "train"))

import ab  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
BINS = ab.bins().double().numpy()


def lab_tensors(random: np.random.Generator) -> dict[str, np.ndarray]:
    """8-bit and 16-bit samples with their Lab, and Lab inside the gamut with its encoded sRGB."""
    levels = np.arange(0, 256, 17)
    rgb8 = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    rgb16 = random.integers(0, 65536, (2000, 3))
    rgb16[:500] //= 64  # the straight part of the curve
    inside = color.rgb2lab(random.random((2000, 1, 3)))[:, 0].astype(np.float32).astype(float)
    return {
        "rgb8": rgb8,
        "lab8": color.rgb2lab(rgb8[:, None] / 255.0)[:, 0],
        "rgb16": rgb16,
        "lab16": color.rgb2lab(rgb16[:, None] / 65535.0)[:, 0],
        "inside.lab": inside,
        "inside.rgb": color.lab2rgb(inside[:, None])[:, 0],
    }


def annealed_mean_tensors(random: np.random.Generator) -> dict[str, np.ndarray]:
    logits = random.normal(0, 4, (1, len(BINS), 5, 7)).astype(np.float32).astype(float)
    logits[..., 0, 0] += 500  # far from zero: only the differences count
    tensors = {"mean.logits": logits}
    for exponent in (1.0, 2.625):  # exact in float32
        scaled = logits[0] * exponent
        weights = np.exp(scaled - scaled.max(0))
        tensors[f"mean.ab{exponent}"] = np.einsum("qhw,qc->chw", weights / weights.sum(0), BINS)
    return tensors


def upsample_tensors(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Bilinear, align_corners=False: grid "h x w" to picture "H x W"."""
    tensors = {}
    for grid, picture in (((5, 7), (23, 41)), ((1, 1), (4, 9)), ((1, 6), (3, 50)), ((9, 30), (4, 11)),
                          ((20, 40), (40, 100))):  # fmt: skip
        ab_grid = torch.from_numpy(random.uniform(-100, 100, (1, 2, *grid)).astype(np.float32)).double()
        result = torch.nn.functional.interpolate(ab_grid, size=picture, mode="bilinear")
        name = f"bilinear.{grid[0]}x{grid[1]}.{picture[0]}x{picture[1]}"
        tensors |= {f"{name}.grid": ab_grid[0].numpy(), f"{name}.picture": result[0].numpy()}
    return tensors


def auc(error: np.ndarray) -> float:
    return 100 * float(np.mean([(error <= threshold).mean() for threshold in range(151)]))


def colorfulness(rgb: np.ndarray) -> float:
    r, g, b = (rgb[..., channel].astype(float) for channel in range(3))
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def metric_tensors(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Two pictures of 40x60: predicted and true, and the scores of both together."""
    true_ab = random.normal(0, 25, (2, 40, 60, 2)).astype(np.float32).astype(float)
    ab_guess = (true_ab + random.standard_t(2, true_ab.shape) * 20).astype(np.float32).astype(float)
    error = np.sqrt(((ab_guess - true_ab) ** 2).sum(-1)).reshape(-1)
    bins = ((true_ab.reshape(-1, 1, 2) - BINS) ** 2).sum(-1).argmin(1)
    common = [q for q in range(len(BINS)) if (bins == q).mean() >= 1e-4]
    truth = random.integers(0, 256, (2, 40, 60, 3))
    truth[1, ..., 2] //= 3
    guess = np.clip(truth + random.integers(-40, 41, truth.shape), 0, 255)
    psnr = [metrics.peak_signal_noise_ratio(t, g, data_range=255) for t, g in zip(truth, guess)]
    return {
        "score.true_ab": true_ab, "score.ab": ab_guess, "score.true_rgb": truth, "score.rgb": guess,
        "score.auc": np.array([auc(error)]),
        "score.auc_rebalanced": np.array([np.mean([auc(error[bins == q]) for q in common])]),
        "score.psnr": np.array([np.mean(psnr)]),
        "score.colourfulness": np.array([np.mean([colorfulness(g) for g in guess])]),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=REPOSITORY / "tests" / "golden")
    output = parser.parse_args().output
    random = np.random.default_rng(313)
    tensors: dict[str, np.ndarray] = {}
    for part in (lab_tensors, annealed_mean_tensors, upsample_tensors, metric_tensors):
        tensors |= part(random)
    # Whole numbers and float32 inputs stay exact in float32 and take half the room.
    for name, values in tensors.items():
        exact = np.array_equal(values.astype(np.float32).astype(float), values)
        tensors[name] = np.ascontiguousarray(values, dtype=np.float32 if exact else np.float64)
    save_file(tensors, output / "color.safetensors")


if __name__ == "__main__":
    main()
