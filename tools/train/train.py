"""Trains a colouriser: `python train.py street.toml --data FOLDER --cache FOLDER --run FOLDER`.

Cross entropy between the network's distribution over the 313 ab bins and the soft-encoded true ab,
each pixel weighted by the gradient prior (prior.py). Runs on a GPU where there is one, else on the
CPU. RUN receives the checkpoint, the log, curves and contact sheets while it goes, and at the end
model.safetensors with its proof and card (of a teacher the checkpoint is all). Ctrl-C stops it after a
checkpoint, `--resume` goes on from there; `--start-from` begins with the weights of a model file, a teacher with
those of a checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import csv
import ctypes
import math
import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

# Before numpy starts its threads: every process that makes batches would have as many as there are cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy
import torch
import torch.nn.functional as functional
from tqdm import tqdm

from ab import SoftEncoder, annealed_mean, lab_from_rgb, lightness_from_grey, pixel_rows
from batches import Batches, Schedule
from configuration import read_configuration
from estimate import estimate_loss, estimate_unsteadiness
from export import export
from hints import Pupil, unexplained
from model import Model, build, open_model, read_model_file, take_weights
from network import network_text
from origin import Beginning
from pictures import collection_of
from prior import Cells, Prior, cells_of, draw
from progress import Progress
from teacher import ENCODER_SHARE, NAME, Teacher

CHECKPOINT_SECONDS = 240
LOG_STEPS = 50
PRIOR_BATCHES = 200
ENCODER = "network.encoder."  # of a teacher in training: what others trained


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


def loader(batches: Batches, steps: Sequence[int], device: torch.device) -> torch.utils.data.DataLoader:
    """The batches of these steps, made ahead: by one process, as the cores of a CPU train; for a GPU by as many
    as there are cores but one."""
    on_gpu = device.type == "cuda"
    return torch.utils.data.DataLoader(
        batches, batch_size=None, sampler=steps, num_workers=max(1, os.cpu_count() - 1) if on_gpu else 1,
        prefetch_factor=4, pin_memory=on_gpu, worker_init_fn=ignore_interruption,
    )  # fmt: skip


def measure_prior(batches: Batches, levels: int, device: torch.device) -> Prior:
    """Over crops drawn evenly from the whole run, on the grid of the logits."""
    prior, encoder = Prior.empty(levels), SoftEncoder(device)
    steps = numpy.linspace(0, len(batches) - 1, PRIOR_BATCHES, dtype=int).tolist()
    for pictures in tqdm(loader(batches, steps, device), "prior", disable=None):
        lab = lab_from_rgb(pictures[..., :3].to(device))
        prior.add(lab, lab.shape[2] // 4, lab.shape[3] // 4, encoder)
    return prior


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
        self.text = NAME if config["network"] == NAME else network_text(config["network"])
        self.schedule = Schedule(config["phases"])
        self.lessons = config.get("teacher", {})
        pupil = Pupil(build(self.text), self.lessons.get("hints", {}))
        self.model = pupil.to(device, memory_format=torch.channels_last)
        self.initialise()
        self.average = copy.deepcopy(self.model.network)
        self.optimiser = torch.optim.AdamW(self.parameter_groups(), fused=True)
        # One thread and one replica a core, meeting once a step: on a CPU that other programs use
        # as well, two threads that meet after every operation lose far more.
        count = config["threads"] if device.type == "cpu" else 1
        self.replicas = [self.model, *(copy.deepcopy(self.model) for _ in range(count - 1))]
        self.threads = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
        self.bfloat16 = supports_bfloat16()
        self.encoder = SoftEncoder(device)
        self.prior = Prior.empty(config["loss"]["gradient_levels"])
        self.weights = torch.ones(1, 313, device=device)
        self.estimate = config.get("estimate")
        self.step, self.seconds = 0, 0.0
        self.beginning = Beginning()
        self.drawn = {name for name, item in config["collections"].items() if "made" in item}
        self.teacher: Teacher | None = None

    def parameter_groups(self) -> list[dict]:
        """Kernels decay, vectors do not; what is trained already (a teacher's encoder) learns more slowly."""
        groups = {}
        for name, parameter in self.model.named_parameters():
            slow = name.startswith(ENCODER)
            groups.setdefault((parameter.ndim > 1, slow), []).append(parameter)
        return [
            {"params": parameters, "weight_decay": self.options["weight_decay"] * decays,
             "share": ENCODER_SHARE if slow else 1.0}
            for (decays, slow), parameters in groups.items()
        ]  # fmt: skip

    def initialise(self) -> None:
        """He initialisation; the classifier starts small, so that the first guess is even."""
        for name, module in self.model.named_modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d) and not name.startswith(ENCODER):
                torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    torch.nn.init.zeros_(module.bias)
                    torch.nn.init.normal_(module.weight, std=0.01)

    def start_from(self, path: Path) -> None:
        """Takes the weights of a model file of the same network, and what it says of their origin; a teacher, which
        has no model file, those of a checkpoint."""
        if self.text == NAME:
            tensors = open_model(path).network.state_dict()
        else:
            metadata, tensors = read_model_file(path)
            self.beginning = Beginning.of(metadata)
        for network in (*(replica.network for replica in self.replicas), self.average):
            take_weights(network, tensors, path)

    def learn_from(self, path: Path) -> None:
        """Takes the teacher of a checkpoint of teacher.toml."""
        self.teacher = open_model(path).network.to(self.device)
        if not isinstance(self.teacher, Teacher):
            raise ValueError(f"{path}: found a network of ochre, expected a teacher (`network = \"teacher\"`)")

    @torch.no_grad()
    def lesson(self, lab: torch.Tensor, names: list[str]) -> Lesson | None:
        """What the teacher says of the undisturbed pictures, Lab [N, 3, H, W], of the collections `names`. Its
        word on colours does not count for drawn ones: it learned from photographs, and the truth is known."""
        if self.teacher is None:
            return None
        photographs = torch.tensor([name not in self.drawn for name in names], device=self.device)
        features = self.teacher.features(lab[:, :1])
        distribution = functional.softmax(pixel_rows(self.teacher.classifier(features[4])), 1)
        share = self.lessons["share"] * photographs.repeat_interleave(len(distribution) // len(lab))
        return Lesson(distribution, share, features)

    def use_prior(self, loss: dict) -> None:
        def weights(mixing: float) -> torch.Tensor:
            of_levels = loss["gradient_sigma"]
            return self.prior.weights(loss["prior"], mixing, loss["sigma"], of_levels).to(self.device)

        self.weights = weights(loss["mixing"])
        if self.estimate:
            self.estimate_weights = weights(self.estimate["mixing"])

    def gradients(self, share: int, pictures: torch.Tensor) -> torch.Tensor:
        """Runs one replica forward and back on its share of the batch; returns its loss."""
        pictures = pictures.to(self.device, non_blocking=True)
        greys = torch.cat(pictures[..., 3:].unbind(3)).unsqueeze(1)  # each picture, or all clean, then all twins
        twins = len(greys) // len(pictures)
        lab = lab_from_rgb(pictures[..., :3])
        lightness = lightness_from_grey(greys.float() / 255)
        replica = self.replicas[share]
        replica.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            logits, read = replica(lightness.contiguous(memory_format=torch.channels_last))
            lesson = self.lesson(lab, self.schedule.names(self.step)[share :: len(self.replicas)])
        rows = pixel_rows(logits)
        parts = functional.log_softmax(rows, 1).chunk(twins)
        cells = cells_of(lab, *logits.shape[2:], self.encoder, len(self.weights))
        loss = sum(prior_loss(part, cells, self.weights, lesson) for part in parts) / twins
        if self.estimate:
            shown = annealed_mean(rows, self.estimate["temperature"]).chunk(twins)
            given = cells, self.estimate_weights, self.estimate
            loss = loss + sum(estimate_loss(ab, *given) for ab in shown) / twins
        if twins > 1:
            steadiness = self.schedule.phase(self.step)["steadiness"]
            loss = loss + steadiness * unsteadiness(*parts)
            if self.estimate:
                loss = loss + estimate_unsteadiness(*shown, self.estimate)
        if read:
            loss = loss + self.lessons["hint_weight"] * unexplained(read, lesson.features)
        loss.backward()
        return loss.detach()

    def train_step(self, pictures: torch.Tensor) -> torch.Tensor:
        """One step on uint8 RGB and grey [N, S, S, 4]; returns the loss."""
        done = self.schedule.pixels_before(self.step) / self.total_pixels()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step, done) * group["share"]
        # Every n-th picture, so that each replica sees the same mixture of collections.
        count = len(self.replicas)
        work = [(share, pictures[share::count]) for share in range(count)]
        losses = list(self.threads.map(lambda item: self.gradients(*item), work))
        self.optimiser_step()
        # A short memory at first: the early weights are worth nothing.
        decay = min(self.options["ema"], (self.step + 1) / (self.step + 10))
        update_average(self.average, self.model.network, decay)
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
        state |= {"seconds": self.seconds, "counts": self.prior.counts, "network": self.text}
        state |= {"beginning": asdict(self.beginning)}
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
        self.prior = Prior(state["counts"].cpu())
        self.beginning = Beginning(**state["beginning"])


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


class Interruption:
    """Whether somebody asked to stop; a step that has begun is finished first."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, *_) -> None:
        self.asked = True


def ignore_interruption(_: int) -> None:
    """In the process that makes batches: it ends with the one that trains."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run(trainer: Trainer, batches: Batches, folder: Path, progress: Progress) -> bool:
    """Trains to the last step, with a progress bar in megapixels, a CSV log and checkpoints. False if
    it was stopped before."""
    interruption = Interruption()
    schedule = trainer.schedule
    seen = schedule.pixels_before(trainer.step) / 1e6
    layout = "{l_bar}{bar:20}| {elapsed}<{remaining}, {rate_fmt}{postfix}"
    total = trainer.total_pixels() / 1e6
    bar = tqdm(total=total, initial=seen, unit="Mpx", mininterval=5, bar_format=layout)
    started = saved = time.monotonic()
    before, losses = trainer.seconds, []
    with (folder / "log.csv").open("a", newline="") as log:
        writer = csv.writer(log)
        for pictures in loader(batches, range(trainer.step, len(batches)), trainer.device):
            losses.append(trainer.train_step(pictures))
            bar.update(schedule.pixels_per_step(schedule.phase(trainer.step - 1)) / 1e6)
            now = time.monotonic()
            trainer.seconds = before + now - started
            if trainer.step % LOG_STEPS == 0:
                loss = torch.stack(losses).mean().item()
                losses.clear()
                bar.set_postfix(step=trainer.step, loss=f"{loss:.3f}", refresh=False)
                writer.writerow([trainer.step, pictures.shape[1], f"{loss:.4f}",
                                 f"{trainer.seconds:.0f}"])  # fmt: skip
                log.flush()
            if now - saved > CHECKPOINT_SECONDS:
                trainer.save(folder / "checkpoint.pt")
                saved = now
            progress.look(trainer.step, trainer.seconds, Model(trainer.average, 1.0))
            if interruption.asked:
                break
    trainer.save(folder / "checkpoint.pt")
    bar.close()
    if trainer.step < len(batches):
        return False
    progress.look(trainer.step, trainer.seconds, Model(trainer.average, 1.0), last=True)
    return True


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path, help="the run, as TOML")
    parser.add_argument("--data", type=Path, required=True, help="where the collections lie")
    parser.add_argument("--cache", type=Path, required=True, help="for the decoded pictures")
    parser.add_argument("--run", type=Path, required=True, help="for all that the run makes")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    begin.add_argument("--start-from", type=Path, metavar="MODEL", help="weights to begin with")
    parser.add_argument("--teacher", type=Path, metavar="CHECKPOINT", help="of a run of teacher.toml")
    arguments = parser.parse_args()
    if (arguments.run / "checkpoint.pt").exists() != arguments.resume:
        found = "none" if arguments.resume else "one: give --resume, or another --run"
        parser.error(f"{arguments.run / 'checkpoint.pt'}: found {found}")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    keep_memory()
    torch.backends.cudnn.benchmark = True  # a phase has one shape
    config = read_configuration(arguments.config)
    if ("teacher" in config) != bool(arguments.teacher):
        sys.exit(f"{arguments.config}: --teacher and [teacher] go together: found one of them")
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    collections = {
        name: collection_of(item, arguments.data, arguments.cache)
        for name, item in config["collections"].items()
    }
    trainer = Trainer(config, device)
    batches = Batches(collections, trainer.schedule, config["seed"])
    arguments.run.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.run / "checkpoint.pt"
    if arguments.resume:
        trainer.load(checkpoint)
    else:
        trainer.prior = measure_prior(batches, config["loss"]["gradient_levels"], device)
        draw(trainer.prior, config["loss"]["sigma"], config["loss"]["gradient_sigma"],
             arguments.run / "prior.png")  # fmt: skip
    if arguments.start_from:
        trainer.start_from(arguments.start_from)
    if arguments.teacher:
        trainer.learn_from(arguments.teacher)
    trainer.use_prior(config["loss"])
    progress = Progress(config["validation"], arguments.data, arguments.run)
    if not run(trainer, batches, arguments.run, progress):
        sys.exit(f"stopped after step {trainer.step}; --resume goes on from there")
    if trainer.text != NAME:
        export(config, arguments.data, checkpoint, arguments.run / "model.safetensors")


if __name__ == "__main__":
    main()
