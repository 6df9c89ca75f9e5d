"""A model ready to run: opened from its file, its logits, the colours that it gives.

A model is a file of ochre (.safetensors) or a checkpoint of train.py, of which the averaged weights are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as functional
from safetensors import safe_open

from ab import annealed_mean, pixel_rows
from description import TEACHER
from network import Network
from teacher import Teacher


@dataclass
class Model:
    """A network ready to run, and the temperature its file names (1 for a checkpoint)."""

    network: Network
    temperature: float


def build(text: str) -> Network | Teacher:
    """The module of a network text, or of the teacher's name."""
    return Teacher() if text == TEACHER else Network(text)


def take_weights(network: Network, tensors: dict, path: Path) -> None:
    """Puts the tensors of a file into the network; all of them, but for the counters of batches."""
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise ValueError(f"{path}: tensors do not fit the network: {missing} {unexpected}")


def read_model_file(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """The metadata and the tensors of a model file."""
    with safe_open(path, "pt") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}


def open_model(path: Path) -> Model:
    """Opens a checkpoint (its averaged weights) or a model file."""
    if path.suffix == ".safetensors":
        metadata, tensors = read_model_file(path)
        text, temperature = metadata["network"], float(metadata["temperature"])
    else:
        state = torch.load(path, map_location="cpu", weights_only=True)
        text, tensors, temperature = state["network"], state["average"], 1.0
    network = build(text).eval()
    take_weights(network, tensors, path)
    return Model(network.to(memory_format=torch.channels_last), temperature)


@torch.no_grad()
def predicted_logits(model: Model, lightness: torch.Tensor) -> torch.Tensor:
    """Logits at temperature 1 of L [N, 1, H, W], on the network's grid; the network may be on a GPU."""
    head, device = model.network.description.head, next(model.network.parameters(), lightness).device
    logits = model.network(lightness.to(device).contiguous(memory_format=torch.channels_last))
    return logits.to(lightness.device) * head.temperature


def colors(logits: torch.Tensor, temperature: float, size: tuple[int, int]) -> torch.Tensor:
    """ab [N, 2, H, W] at the picture's size."""
    count, _, *grid = logits.shape
    ab = annealed_mean(pixel_rows(logits), temperature).view(count, *grid, 2).permute(0, 3, 1, 2)
    return functional.interpolate(ab, size, mode="bilinear", align_corners=False)
