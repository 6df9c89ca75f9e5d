"""A run: a trainer from where it is to its last step, with a log and checkpoints; SIGINT or SIGTERM stop it after a
checkpoint."""

from __future__ import annotations

import csv
import math
import time
from pathlib import Path

import torch
from tqdm import tqdm

from batches import Batches, loader
from interruption import Interruption
from model import Model
from progress import NO_NUMBERS, Progress
from trainer import Trainer

CHECKPOINT_SECONDS = 240
LOG_STEPS = 50


def forget_after(path: Path, step: int) -> None:
    """Takes out of a CSV file the rows of later steps: those of a run that was cut off after its last checkpoint."""
    if path.exists():
        lines = path.read_text().splitlines(keepends=True)
        kept = [line for line in lines if not (word := line.partition(",")[0]).isdecimal() or int(word) <= step]
        path.write_text("".join(kept))


def train(trainer: Trainer, batches: Batches, folder: Path, progress: Progress, keep: list[int]) -> bool:
    """Trains to the last step, with a progress bar in megapixels, a CSV log and checkpoints, one more after each of the
    steps to keep. False if it was stopped before. A loss that is no number is a FloatingPointError."""
    interruption = Interruption()
    schedule = trainer.schedule
    seen = schedule.pixels_before(trainer.step) / 1e6
    layout = "{l_bar}{bar:20}| {elapsed}<{remaining}, {rate_fmt}{postfix}"
    total = trainer.total_pixels() / 1e6
    bar = tqdm(total=total, initial=seen, unit="Mpx", mininterval=5, bar_format=layout)
    started = saved = time.monotonic()
    before, losses = trainer.seconds, []
    for name in ("log.csv", "scores.csv"):
        forget_after(folder / name, trainer.step)
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
                if not math.isfinite(loss):
                    bar.close()
                    raise FloatingPointError(f"after step {trainer.step} the loss is {loss}: {NO_NUMBERS}")
                bar.set_postfix(step=trainer.step, loss=f"{loss:.3f}", refresh=False)
                writer.writerow([trainer.step, pictures.shape[1], f"{loss:.4f}",
                                 f"{trainer.seconds:.0f}"])  # fmt: skip
                log.flush()
            if trainer.step in keep:
                trainer.save(folder / f"after-{trainer.step}.pt")
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
