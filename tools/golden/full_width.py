"""Imports the public networks at their full width from every format, and compares with PyTorch.

    python tools/golden/full_width.py --ochre build/tools/ochre [--size 256] [--network eccv16]

The weights are random but seeded and scaled so that activations stay near 1. PyTorch computes in float64 with the
modules of modules.py, which do not read ochre's network texts; its own serialisations, both ONNX exporters, safetensors
and Caffe's message (caffe_models.py) hold the weights. For each file: seconds and peak memory of `ochre import` without
and with the proof, then how far each engine is from PyTorch on one input. Python's time is that of a process that
imports torch and safetensors, loads the file and saves it as safetensors. Exits with 1 if an import fails or an engine
is further off than its limit. Needs the packages of bench/peers and onnxscript, 2 GB of memory and disk, and some
minutes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy
import torch
from safetensors.torch import load_file, save_file

import caffe_models
from modules import plain_state, random_network
from onnx_models import export

# The engines and how far each may be from float64, relative to the largest output. The fast one adds some 30 layers of
# sums of up to 4608 products, a few units of 6e-8 each by chance, and more by Winograd's transforms. Double: a file of
# float32 rounds the output to 6e-8.
ENGINES = {
    "fast": ([], 1e-4),
    "readable in double": (["--engine", "readable", "--precision", "double"], 1e-7),
}
PYTHON = ("import sys, torch; from safetensors.torch import save_file; "
          "save_file(torch.load(sys.argv[1], map_location='cpu'), sys.argv[2])")
REPEATS = 3


@dataclass
class Source:
    """A file, the module whose weights it has, and PyTorch's name of it if it can load it."""

    path: Path
    module: torch.nn.Module
    torch_loads: bool = False


@dataclass
class Run:
    seconds: float
    megabytes: float
    code: int


def make_input(channels: int, size: int) -> torch.Tensor:
    """A float32 picture: lightness for one channel, else normalised lightness, hints and mask."""
    noise = torch.rand((1, channels, size, size), generator=torch.Generator().manual_seed(256))
    ramp = torch.linspace(0, 1, size).reshape(1, 1, 1, size)
    if channels == 1:
        return 60 * ramp + 40 * noise
    mask = (noise[:, 3:] > 0.99).float()
    return torch.cat([(ramp + noise[:, :1]) / 2 - 0.5, (noise[:, 1:3] - 0.5) * mask, mask], dim=1)


# A process's peak memory begins with that of the one that started it: this one starts it, and holds little itself.
START = """
import os, sys, time
begin = time.perf_counter()
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - begin, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""


def run(command: list) -> Run:
    words = [sys.executable, "-S", "-c", START, *map(str, command)]
    seconds, megabytes, code = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return Run(float(seconds), float(megabytes), int(code))


def median(repeats: int, once: Callable[[], Run]) -> Run:
    runs = [once() for _ in range(repeats)]
    return Run(statistics.median(run.seconds for run in runs), max(run.megabytes for run in runs),
               max(abs(run.code) for run in runs))


def caffe_eccv16(module: torch.nn.Module, path: Path) -> None:
    """Caffe's network has batch norms without weights, takes L - 50, and softens the distribution in a later layer."""
    net = caffe_models.eccv16().net
    theirs = [layer for layer in net.layer if layer.name.startswith(("bw_conv", "conv")) and layer.blobs]
    kinds = (torch.nn.Conv2d, torch.nn.ConvTranspose2d, torch.nn.BatchNorm2d)
    ours = [layer for layer in module.modules() if isinstance(layer, kinds) and layer is not module.model_out]
    assert len(theirs) == len(ours), (len(theirs), len(ours))
    factor = 999.98236
    for there, here in zip(theirs, ours):
        if isinstance(here, torch.nn.BatchNorm2d):
            values = [here.running_mean * factor, here.running_var * factor, torch.tensor([factor])]
        else:
            scale = {"bw_conv1_1": 1 / 100, "conv8_313": 1 / 2.606}.get(there.name, 1)
            values = [here.weight * scale, here.bias * (1 if there.name == "bw_conv1_1" else scale)]
        for blob, numbers in zip(there.blobs, values, strict=True):
            assert len(blob.data) == numbers.numel(), there.name
            blob.data[:] = numbers.detach().double().flatten().tolist()
    path.write_bytes(net.SerializeToString())


def without_norm_weights(module: torch.nn.Module) -> torch.nn.Module:
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.weight.fill_(1)
                layer.bias.fill_(0)
    return module


def sources(name: str, example: torch.Tensor, folder: Path) -> list[Source]:
    module = random_network(name, 1, seed=1)
    state = plain_state(module)
    files = [Source(folder / "zip.pth", module, True), Source(folder / "legacy.pth", module, True),
             Source(folder / "state.safetensors", module), Source(folder / "torchscript_exporter.onnx", module),
             Source(folder / "dynamo_exporter.onnx", module)]
    torch.save(state, files[0].path)
    torch.save(state, files[1].path, _use_new_zipfile_serialization=False)
    save_file(state, files[2].path)
    single = random_network(name, 1, seed=1).float()
    export(single, example, 17, False, files[3].path, fixed=True)
    export(single, example, 18, True, files[4].path, fixed=True)
    if name == "eccv16":
        plain = without_norm_weights(random_network(name, 1, seed=1))
        files.append(Source(folder / "eccv16.caffemodel", plain))
        caffe_eccv16(plain, files[-1].path)
    return files


def expected_output(source: Source, model: Path, data: torch.Tensor) -> numpy.ndarray:
    module = source.module
    if source.path.suffix == ".caffemodel":  # its colours are no part of the file: those that the import supplied
        with torch.no_grad():
            module.model_out.weight.copy_(load_file(model)["model_out.weight"])
    with torch.no_grad():
        return module(data.double()).numpy()


def check_engines(ochre: Path, source: Source, model: Path, data: torch.Tensor, folder: Path) -> bool:
    expected = expected_output(source, model, data)
    good = expected.std() > 1e-3 * numpy.abs(expected).max()
    numpy.save(folder / "input.npy", data.numpy())
    for engine, (options, limit) in ENGINES.items():
        target = folder / "output.npy"
        target.unlink(missing_ok=True)
        if run([ochre, "run", model, "--input", folder / "input.npy", "--output", target, *options]).code != 0:
            print(f"  {engine}: failed")
            good = False
            continue
        actual = numpy.load(target)
        if actual.shape != expected.shape or not numpy.isfinite(actual).all():
            print(f"  {engine}: shape {actual.shape}, {numpy.isnan(actual).sum()} NaN: WRONG")
            good = False
            continue
        error = numpy.abs(actual.astype(numpy.float64) - expected).max() / numpy.abs(expected).max()
        good = good and error <= limit
        print(f"  {engine}: {error:.1e} of the largest output, limit {limit:.0e}: {'holds' if error <= limit else 'WRONG'}")
    return bool(good)


def check(ochre: Path, source: Source, data: torch.Tensor, folder: Path) -> bool:
    model = folder / "model.safetensors"
    model.unlink(missing_ok=True)
    command = [ochre, "import", source.path, "-o", model, "--quiet"]
    plain = median(REPEATS, lambda: run([*command, "--no-proof"]))
    proven = median(REPEATS, lambda: run(command))
    times = f"import {plain.seconds:.2f} s without, {proven.seconds:.2f} s with proof"
    if source.torch_loads:
        python = median(REPEATS, lambda: run([sys.executable, "-c", PYTHON, source.path, folder / "python.safetensors"]))
        times += f", Python {python.seconds:.2f} s"
    print(f"{source.path.name} ({source.path.stat().st_size} bytes): {times}, peak {proven.megabytes:.0f} MB", flush=True)
    if plain.code != 0 or proven.code != 0:
        print("  the import failed")
        return False
    return check_engines(ochre, source, model, data, folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ochre", type=Path, required=True, help="the ochre program")
    parser.add_argument("--size", type=int, default=256, help="height and width, a multiple of 8")
    parser.add_argument("--network", choices=("eccv16", "siggraph17"), action="append", help="default: both")
    arguments = parser.parse_args()
    good = True
    for name in arguments.network or ("eccv16", "siggraph17"):
        data = make_input(4 if name == "siggraph17" else 1, arguments.size)
        print(f"{name} at {arguments.size}x{arguments.size}")
        with tempfile.TemporaryDirectory() as folder:
            for source in sources(name, data, Path(folder)):
                good &= check(arguments.ochre, source, data, Path(folder))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
