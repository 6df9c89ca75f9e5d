"""One step of training after the other: forward, loss, backward, optimiser, running average; and the checkpoint, which
holds all that the next step needs.

On a CPU a batch is shared among replicas of the network, one a core; on a GPU there is one.
"""

from __future__ import annotations

import copy
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as functional

from ab import SoftEncoder, lab_from_rgb, lightness_from_gray, pixel_rows
from description import TEACHER, network_text, parse
from files import replacing
from hints import Pupil
from loss import Lesson, Objective
from machine import machine, supports_bfloat16
from model import build, open_model, read_model_file, take_weights
from origin import Beginning
from prior import Prior, cells_of
from schedule import Schedule
from teacher import ENCODER_SHARE, Teacher

LARGEST_GRADIENT = 5.0  # the norm beyond which a step is shortened: one odd batch shall not throw a run off
ENCODER = "network.encoder."  # of a teacher in training: what others trained


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
        self.options, self.device = config["optimiser"], device
        self.text = TEACHER if config["network"] == TEACHER else network_text(config["network"])
        self.schedule = Schedule(config["phases"])
        self.lessons = config.get("lessons", {})
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
        self.estimate = config.get("estimate")
        self.objective: Objective | None = None  # known once the prior is
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
        """Takes the weights of a model file of the same network or of one that lacks some of its layers, which then
        begin anew, and what it says of their origin; a teacher, which has no model file, those of a checkpoint."""
        new_layers: set[str] = set()
        if self.text == TEACHER:
            tensors = open_model(path).network.state_dict()
        else:
            metadata, tensors = read_model_file(path)
            self.beginning = Beginning.of(metadata)
            known = {layer.name for layer in parse(metadata["network"]).layers}
            new_layers = {layer.name for layer in parse(self.text).layers} - known
        state = self.model.network.state_dict()  # what begins anew does so alike in all of them
        tensors |= {name: tensor for name, tensor in state.items() if name.rpartition(".")[0] in new_layers}
        for network in (*(replica.network for replica in self.replicas), self.average):
            take_weights(network, tensors, path)

    def learn_from(self, path: Path) -> None:
        """Takes the teacher of a checkpoint."""
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

        of_estimate = weights(self.estimate["mixing"]) if self.estimate else None
        hint_weight = self.lessons.get("hint_weight", 0.0)
        self.objective = Objective(weights(loss["mixing"]), self.estimate, of_estimate, hint_weight)

    def gradients(self, share: int, pictures: torch.Tensor) -> torch.Tensor:
        """Runs one replica forward and back on its share of the batch; returns its loss."""
        pictures = pictures.to(self.device, non_blocking=True)
        grays = torch.cat(pictures[..., 3:].unbind(3)).unsqueeze(1)  # each picture, or all clean, then all twins
        lab = lab_from_rgb(pictures[..., :3])
        lightness = lightness_from_gray(grays.float() / 255)
        replica = self.replicas[share]
        replica.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            logits, read = replica(lightness.contiguous(memory_format=torch.channels_last))
            lesson = self.lesson(lab, self.schedule.names(self.step)[share :: len(self.replicas)])
        cells = cells_of(lab, *logits.shape[2:], self.encoder, self.prior.levels)
        steadiness = self.schedule.phase(self.step).get("steadiness", 0.0)
        loss = self.objective.loss(logits, cells, steadiness, lesson, read)
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
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
        self.optimiser.step()
        state = list(self.model.state_dict().values())
        for replica in self.replicas[1:]:
            torch._foreach_copy_(list(replica.state_dict().values()), state)

    def total_pixels(self) -> int:
        return self.schedule.pixels_before(self.schedule.steps())

    def save(self, path: Path) -> None:
        state = {name: getattr(self, name).state_dict() for name in ("model", "average")}
        state |= {"optimiser": self.optimiser.state_dict(), "step": self.step}
        state |= {"seconds": self.seconds, "counts": self.prior.counts, "network": self.text}
        state |= {"beginning": asdict(self.beginning), "machine": machine(len(self.replicas))}
        with replacing(path) as temporary:
            torch.save(state, temporary)

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
