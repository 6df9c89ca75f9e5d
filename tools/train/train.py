"""Trains a colouriser: `python train.py street.toml --data FOLDER --cache FOLDER --run FOLDER`.

Cross entropy between the network's distribution over the 313 ab bins and the soft-encoded true ab,
each pixel weighted by the rebalancing weight of its bin (ECCV16, section 2.2). Runs on a GPU where
there is one, else on the CPU; `--resume` goes on from the run folder's checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import csv
import ctypes
import math
import os
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
import torch.nn.functional as functional
from PIL import Image
from tqdm import tqdm

from ab import (
    SoftEncoder,
    class_weights,
    grey_from_lightness,
    lab_from_rgb,
    lightness_from_grey,
)
from network import Network, network_text
from pictures import Collection, open_collection

CHECKPOINT_SECONDS = 240
LOG_STEPS = 50
PRIOR_BATCHES = 200


@dataclass
class Schedule:
    """Which phase a step belongs to, and how far along the run it is, in pixels."""

    phases: list[dict]

    def phase(self, step: int) -> dict:
        for phase in self.phases:
            if step < phase["steps"]:
                return phase
            step -= phase["steps"]
        raise IndexError("past the last step")

    def steps(self) -> int:
        return sum(phase["steps"] for phase in self.phases)

    @staticmethod
    def pixels_per_step(phase: dict) -> int:
        return phase["side"] ** 2 * sum(part["pictures"] for part in phase["batch"].values())

    def pixels_before(self, step: int) -> int:
        """Pixels seen before `step`."""
        total = 0
        for phase in self.phases:
            taken = min(step, phase["steps"])
            total += taken * self.pixels_per_step(phase)
            step -= taken
        return total


class Batches(torch.utils.data.Dataset):
    """Batch number `step`, a function of the seed and the step alone: uint8 RGB [N, S, S, 3]."""

    def __init__(self, collections: dict[str, Collection], schedule: Schedule, seed: int):
        self.collections, self.schedule, self.seed = collections, schedule, seed

    def __len__(self) -> int:
        return self.schedule.steps()

    def __getitem__(self, step: int) -> torch.Tensor:
        random = numpy.random.default_rng((self.seed, step))
        phase = self.schedule.phase(step)
        crops = []
        for name, part in phase["batch"].items():
            collection = self.collections[name]
            for _ in range(part["pictures"]):
                picture = collection[random.integers(len(collection))]
                crops.append(random_crop(picture, part["crop"], phase["side"], random))
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


def disturb(lightness: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """What a camera does to L [N, 1, H, W]: gamma, contrast, brightness, blur, noise, 8 bits.

    Each picture draws its own. The colours to be learned stay those of the clean picture.
    """
    count, device = len(lightness), lightness.device

    def uniform(low: float, high: float) -> torch.Tensor:
        values = torch.rand(count, 1, 1, 1, generator=random) * (high - low) + low
        return values.to(device)

    def chosen(probability: float) -> torch.Tensor:
        return uniform(0, 1) < probability

    grey = grey_from_lightness(lightness)
    half = functional.interpolate(
        functional.avg_pool2d(grey, 2), scale_factor=2, mode="bilinear", align_corners=False
    )
    grey = torch.where(chosen(0.2), half, grey)
    grey = torch.where(chosen(0.5), grey.clamp(1e-4, 1) ** (2 ** uniform(-1, 1)), grey)
    levelled = (grey - 0.5) * uniform(0.5, 1.1) + 0.5 + uniform(-0.15, 0.15)
    grey = torch.where(chosen(0.3), levelled, grey)
    noise = torch.randn(grey.shape, generator=random).to(device) * uniform(0, 15 / 255)
    grey = torch.where(chosen(0.3), grey + noise, grey)
    return lightness_from_grey((grey.clamp(0, 1) * 255).round() / 255)


def target_ab(ab: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """ab [N, 2, H, W] averaged down to the logits' grid, as [N*height*width, 2]."""
    pooled = functional.adaptive_avg_pool2d(ab, (height, width))
    return pooled.permute(0, 2, 3, 1).reshape(-1, 2)


def rebalanced_loss(
    logits: torch.Tensor, ab: torch.Tensor, encoder: SoftEncoder, weights: torch.Tensor
) -> torch.Tensor:
    """Mean of W(nearest bin) * cross entropy; logits [N, 313, h, w], ab [N, 2, H, W]."""
    index, share = encoder(target_ab(ab, *logits.shape[2:]))
    rows = logits.permute(0, 2, 3, 1).reshape(-1, logits.shape[1]).float()
    entropy = -(functional.log_softmax(rows, 1).gather(1, index) * share).sum(1)
    return (entropy * weights[index[:, 0]]).mean()


def measure_prior(batches: Batches, encoder: SoftEncoder) -> torch.Tensor:
    """Soft counts [313] of the bins over crops drawn evenly from the whole run."""
    counts = torch.zeros(313)
    for step in tqdm(numpy.linspace(0, len(batches) - 1, PRIOR_BATCHES, dtype=int), "prior"):
        ab = lab_from_rgb(batches[int(step)])[:, 1:]
        index, share = encoder(target_ab(ab, ab.shape[2] // 4, ab.shape[3] // 4))
        counts.index_add_(0, index.flatten(), share.flatten())
    return counts


@torch.no_grad()
def update_average(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    """Moves the running average, weights and batch statistics alike, towards the model."""
    old = [t for t in average.state_dict().values() if t.is_floating_point()]
    new = [t for t in model.state_dict().values() if t.is_floating_point()]
    torch._foreach_lerp_(old, new, 1 - decay)


def learning_rate(options: dict, step: int, done: float) -> float:
    """Linear warm-up, then a cosine to zero; `done` is the share of the run's pixels seen."""
    warm_up = min(1.0, (step + 1) / options["warmup_steps"])
    return options["learning_rate"] * warm_up * 0.5 * (1 + math.cos(math.pi * done))


class Trainer:
    """Model, average, optimiser and step: all that a checkpoint holds."""

    def __init__(self, config: dict, device: torch.device):
        self.options, self.device, self.seed = config["optimiser"], device, config["seed"]
        self.text = network_text(config["network"])
        self.schedule = Schedule(config["phases"])
        self.model = Network(self.text).to(device, memory_format=torch.channels_last)
        self.initialise()
        self.average = copy.deepcopy(self.model)
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed}, {"params": plain, "weight_decay": 0.0}],
            weight_decay=self.options["weight_decay"],
            fused=True,
        )
        # One thread and one replica a core, meeting once a step: on a CPU that other programs use
        # as well, two threads that meet after every operation lose far more.
        count = config["threads"] if device.type == "cpu" else 1
        self.replicas = [self.model, *(copy.deepcopy(self.model) for _ in range(count - 1))]
        self.threads = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
        self.bfloat16 = supports_bfloat16()
        self.encoder = SoftEncoder(device)
        self.weights = torch.ones(313, device=device)
        self.counts = torch.ones(313)
        self.step, self.seconds = 0, 0.0

    def initialise(self) -> None:
        """He initialisation; the classifier starts small, so that the first guess is even."""
        for module in self.model.modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    torch.nn.init.zeros_(module.bias)
                    torch.nn.init.normal_(module.weight, std=0.01)

    def gradients(self, share: int, rgb: torch.Tensor, camera: bool) -> torch.Tensor:
        """Runs one replica forward and back on its share of the batch; returns its loss."""
        lab = lab_from_rgb(rgb.to(self.device, non_blocking=True))
        lightness, ab = lab[:, :1], lab[:, 1:]
        if camera:
            number = self.step * len(self.replicas) + share
            lightness = disturb(lightness, torch.Generator().manual_seed(self.seed + number))
        replica = self.replicas[share]
        replica.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            logits = replica(lightness.contiguous(memory_format=torch.channels_last))
        loss = rebalanced_loss(logits, ab, self.encoder, self.weights)
        loss.backward()
        return loss.detach()

    def train_step(self, rgb: torch.Tensor) -> torch.Tensor:
        """One step on uint8 RGB [N, S, S, 3]; returns the loss."""
        camera = self.schedule.phase(self.step)["camera"]
        done = self.schedule.pixels_before(self.step) / self.total_pixels()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step, done)
        # Every n-th picture, so that each replica sees the same mixture of collections.
        count = len(self.replicas)
        work = [(share, rgb[share::count], camera) for share in range(count)]
        losses = list(self.threads.map(lambda item: self.gradients(*item), work))
        self.optimiser_step()
        # A short memory at first: the early weights are worth nothing.
        decay = min(self.options["ema"], (self.step + 1) / (self.step + 10))
        update_average(self.average, self.model, decay)
        self.step += 1
        return torch.stack(losses).mean()

    @torch.no_grad()
    def optimiser_step(self) -> None:
        """Steps on the replicas' mean gradient, then brings every replica to the new weights."""
        gradients = [[p.grad for p in replica.parameters()] for replica in self.replicas]
        for other in gradients[1:]:
            torch._foreach_add_(gradients[0], other)
        torch._foreach_div_(gradients[0], len(gradients))
        self.optimiser.step()
        state = list(self.model.state_dict().values())
        for replica in self.replicas[1:]:
            torch._foreach_copy_(list(replica.state_dict().values()), state)

    def total_pixels(self) -> int:
        return self.schedule.pixels_before(self.schedule.steps())

    def save(self, path: Path) -> None:
        """Writes the checkpoint beside `path`, then renames it."""
        state = {name: getattr(self, name).state_dict() for name in ("model", "average")}
        state |= {"optimiser": self.optimiser.state_dict(), "step": self.step}
        state |= {"seconds": self.seconds, "counts": self.counts, "network": self.text}
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["network"] != self.text:
            raise ValueError(f"{path} was trained as another network")
        self.model.load_state_dict(state["model"])
        for replica in self.replicas[1:]:
            replica.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.counts = state["counts"].cpu()


def supports_bfloat16() -> bool:
    """Whether bf16 is worth it: a GPU that has it, or a CPU with AVX512-BF16 or AMX."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def keep_memory() -> None:
    """Tells glibc's malloc to keep freed memory.

    By default every large tensor is mapped and unmapped anew: a third of the time on a CPU.
    """
    trim_threshold, top_pad, mmap_max, arena_max = -1, -2, -4, -8  # M_* of <malloc.h>
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return  # another C library
    mallopt(mmap_max, 0)
    mallopt(arena_max, 1)
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(top_pad, 2**28)


def run(trainer: Trainer, batches: Batches, folder: Path) -> None:
    """Trains to the last step, with a progress bar in megapixels, a CSV log and checkpoints."""
    loader = torch.utils.data.DataLoader(
        batches, batch_size=None, sampler=range(trainer.step, len(batches)),
        num_workers=1, prefetch_factor=4, pin_memory=trainer.device.type == "cuda",
    )  # fmt: skip
    schedule = trainer.schedule
    seen = schedule.pixels_before(trainer.step) / 1e6
    layout = "{l_bar}{bar:20}| {elapsed}<{remaining}, {rate_fmt}{postfix}"
    total = trainer.total_pixels() / 1e6
    bar = tqdm(total=total, initial=seen, unit="Mpx", mininterval=5, bar_format=layout)
    started = saved = time.monotonic()
    before, losses = trainer.seconds, []
    with (folder / "log.csv").open("a", newline="") as log:
        writer = csv.writer(log)
        for rgb in loader:
            pixels = schedule.pixels_per_step(schedule.phase(trainer.step)) / 1e6
            losses.append(trainer.train_step(rgb))
            bar.update(pixels)
            now = time.monotonic()
            trainer.seconds = before + now - started
            if trainer.step % LOG_STEPS == 0:
                loss = torch.stack(losses).mean().item()
                losses.clear()
                bar.set_postfix(step=trainer.step, loss=f"{loss:.3f}", refresh=False)
                writer.writerow([trainer.step, rgb.shape[1], f"{loss:.4f}",
                                 f"{trainer.seconds:.0f}"])  # fmt: skip
                log.flush()
            if now - saved > CHECKPOINT_SECONDS:
                trainer.save(folder / "checkpoint.pt")
                saved = now
    trainer.save(folder / "checkpoint.pt")
    bar.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path, help="the run, as TOML")
    parser.add_argument("--data", type=Path, required=True, help="where the collections lie")
    parser.add_argument("--cache", type=Path, required=True, help="for the decoded pictures")
    parser.add_argument("--run", type=Path, required=True, help="for checkpoint.pt and log.csv")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    arguments = parser.parse_args()

    keep_memory()
    config = tomllib.loads(arguments.config.read_text())
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    collections = {
        name: open_collection(arguments.data / item["path"], arguments.cache, item["shorter_side"])
        for name, item in config["collections"].items()
    }
    trainer = Trainer(config, device)
    batches = Batches(collections, trainer.schedule, config["seed"])
    arguments.run.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.run / "checkpoint.pt"
    if arguments.resume:
        trainer.load(checkpoint)
    elif checkpoint.exists():
        parser.error(f"{checkpoint} exists: give --resume, or another --run")
    else:
        trainer.counts = measure_prior(batches, SoftEncoder())
    trainer.weights = class_weights(trainer.counts, config["loss"]["mixing"]).to(device)
    run(trainer, batches, arguments.run)


if __name__ == "__main__":
    main()
