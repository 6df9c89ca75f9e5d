"""Runs the public networks at their full width in PyTorch and in ochre, and compares.

    python tools/golden/full_width.py --ochre build/tools/ochre [--size 256] [--network eccv16]

The weights are random but seeded and scaled so that activations stay near 1. PyTorch computes in
float64 with the modules of modules.py, which do not read ochre's network texts. Exits with 1 if an
engine is further off than its limit. Needs about 1 GB of memory and disk, and a minute.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch

from layers import save
from modules import plain_state, random_network
from network import network_text

NETWORKS = ("eccv16", "siggraph17")

# The engines and how far each may be from float64, relative to the largest output. Float: some 30
# layers of sums of up to 4608 products, each adding a few units of 6e-8 by chance; twenty times the
# 5e-6 measured at 256x256. Double: thirty times the 3e-14 measured.
ENGINES = {
    "readable": (["--engine", "readable"], 1e-4),
    "readable in double": (["--engine", "readable", "--precision", "double"], 1e-12),
}


def make_input(channels: int, size: int) -> torch.Tensor:
    """A float32 picture: lightness for one channel, else normalised lightness, hints and mask."""
    noise = torch.rand((1, channels, size, size), generator=torch.Generator().manual_seed(256))
    ramp = torch.linspace(0, 1, size).reshape(1, 1, 1, size)
    if channels == 1:
        return 60 * ramp + 40 * noise
    mask = (noise[:, 3:] > 0.99).float()
    return torch.cat([(ramp + noise[:, :1]) / 2 - 0.5, (noise[:, 1:3] - 0.5) * mask, mask], dim=1)


def compare(name: str, ochre: Path, size: int, folder: Path) -> bool:
    """Prints one line an engine; true if all are within their limits."""
    module = random_network(name, 1, seed=1)
    data = make_input(4 if name == "siggraph17" else 1, size)
    model, source = folder / f"{name}.safetensors", folder / "input.npy"
    save(plain_state(module), model, {"format": "ochre 1", "network": network_text(name)})
    numpy.save(source, data.numpy())
    with torch.no_grad():
        expected = module(data.double()).numpy()
    del module
    spread = expected.std()
    print(f"{name} at {size}x{size}: output {expected.shape}, standard deviation {spread:.3g}")
    good = spread > 1e-3 * numpy.abs(expected).max()
    for engine, (options, limit) in ENGINES.items():
        target = folder / "output.npy"
        target.unlink(missing_ok=True)
        command = [ochre, "run", model, "--input", source, "--output", target, *options]
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if run.returncode != 0:
            print(f"  {engine}: exit code {run.returncode}: {run.stderr.strip()}")
            good = False
            continue
        actual = numpy.load(target)
        if actual.shape != expected.shape or not numpy.isfinite(actual).all():
            print(f"  {engine}: shape {actual.shape}, {numpy.isnan(actual).sum()} NaN: wrong")
            good = False
            continue
        error = numpy.abs(actual.astype(numpy.float64) - expected).max() / numpy.abs(expected).max()
        if actual.dtype == numpy.float32:  # rounded to 6e-8 by the file
            limit = max(limit, 1e-7)
        within = error <= limit
        good = good and within
        print(f"  {engine}: {error:.2e} of the largest output, limit {limit:.0e}"
              f" ({actual.dtype}): {'holds' if within else 'WRONG'}")
    return bool(good)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ochre", type=Path, required=True, help="the ochre program")
    parser.add_argument("--size", type=int, default=256, help="height and width, a multiple of 8")
    parser.add_argument("--network", choices=NETWORKS, action="append", help="default: both")
    arguments = parser.parse_args()
    good = True
    for name in arguments.network or NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            good &= compare(name, arguments.ochre, arguments.size, Path(folder))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
