"""Which pictures a step sees: random crops, the camera."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import numpy
import torch
from PIL import Image

from camera import disturbed, gray_of
from pictures import Collection
from schedule import Schedule


class Batches(torch.utils.data.Dataset):
    """Batch number `step`, a function of the seed and the step alone: uint8 [N, S, S, 4], RGB and the
    grey picture that the network sees, of which the share `camera` of the phase is disturbed. In a
    phase with `steadiness`, [N, S, S, 5]: the undisturbed grey picture comes first."""

    def __init__(self, collections: dict[str, Collection], schedule: Schedule, seed: int):
        self.collections, self.schedule, self.seed = collections, schedule, seed

    def __len__(self) -> int:
        return self.schedule.steps()

    def __getitem__(self, step: int) -> torch.Tensor:
        random = numpy.random.default_rng((self.seed, step))
        phase = self.schedule.phase(step)
        crops = []
        for name in self.schedule.names(step):
            collection = self.collections[name]
            picture = collection[random.integers(len(collection))]
            rgb = random_crop(picture, phase["batch"][name]["crop"], phase["side"], random)
            clean = seen = gray_of(rgb)
            if random.random() < phase["camera"]:
                seen = disturbed(clean, random)
            grays = (clean, seen) if phase.get("steadiness") else (seen,)
            crops.append(numpy.dstack((rgb, *grays)))
        return torch.from_numpy(numpy.stack(crops))


def random_crop(picture: numpy.ndarray, limits: list[int], side: int, random) -> numpy.ndarray:
    """A random square with a log-uniform side within `limits`, resized to `side`, half mirrored."""
    height, width = picture.shape[:2]
    low, high = limits
    crop = min(round(low * (high / low) ** random.random()), height, width)
    top, left = random.integers(height - crop + 1), random.integers(width - crop + 1)
    square = picture[top : top + crop, left : left + crop]
    if crop != side:
        resized = Image.fromarray(square).resize((side, side), Image.Resampling.BILINEAR)
        square = numpy.asarray(resized)
    if random.random() < 0.5:
        square = square[:, ::-1]
    return square


def loader(batches: Batches, steps: Sequence[int], device: torch.device) -> torch.utils.data.DataLoader:
    """The batches of these steps, made ahead: by one process, as the cores of a CPU train; for a GPU by as many
    as there are cores but one."""
    on_gpu = device.type == "cuda"
    return torch.utils.data.DataLoader(
        batches, batch_size=None, sampler=steps, num_workers=max(1, os.cpu_count() - 1) if on_gpu else 1,
        prefetch_factor=4, pin_memory=on_gpu, worker_init_fn=ignore_interruption,
    )  # fmt: skip


def ignore_interruption(_: int) -> None:
    """In the process that makes batches: it ends with the one that trains."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
