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
import os
import sys
from pathlib import Path

# Before numpy starts its threads: every process that makes batches would have as many as there are cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import torch

from batches import Batches
from configuration import read_configuration
from export import export
from machine import keep_memory
from pictures import collection_of
from prior import draw, measure_prior
from progress import Progress
from run import train
from teacher import NAME
from trainer import Trainer


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
    if not train(trainer, batches, arguments.run, progress):
        sys.exit(f"stopped after step {trainer.step}; --resume goes on from there")
    if trainer.text != NAME:
        export(config, arguments.data, checkpoint, arguments.run / "model.safetensors")


if __name__ == "__main__":
    main()
