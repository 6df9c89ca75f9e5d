"""Trains a colouriser by one recipe: `python train.py RECIPE --data FOLDER --cache FOLDER --run FOLDER`.

lineage.py calls it for each recipe of a lineage, with the files that stand for the recipe's `start_from` and `teacher`.
Runs on a GPU where there is one, else on the CPU. RUN receives the checkpoint, the log, curves and contact sheets while
it goes, and at the end model.safetensors with its proof and card (of a teacher the checkpoint is all) and, for each
step N of `keep_after`, after-N.safetensors. Ctrl-C stops it after a checkpoint, `--resume` goes on from there.
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
from card import write_card
from export import export
from machine import keep_memory
from pictures import collection_of
from prior import draw, measure_prior
from progress import Progress
from recipe import Recipe, read_recipe, used_collections
from run import train
from trainer import Trainer


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path, help="TOML")
    parser.add_argument("--data", type=Path, required=True, help="where the collections lie")
    parser.add_argument("--cache", type=Path, required=True, help="for the decoded pictures")
    parser.add_argument("--run", type=Path, required=True, help="for all that the run makes")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    begin.add_argument("--start-from", type=Path, metavar="MODEL", help="weights to begin with")
    parser.add_argument("--teacher", type=Path, metavar="CHECKPOINT", help="of a teacher's run")
    arguments = parser.parse_args()
    if (arguments.run / "checkpoint.pt").exists() != arguments.resume:
        found = "none" if arguments.resume else "one: give --resume, or another --run"
        parser.error(f"{arguments.run / 'checkpoint.pt'}: found {found}")
    return arguments


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe; what it takes from others must have been given, and nothing else."""
    recipe = read_recipe(arguments.recipe)
    if recipe.is_average:
        raise ValueError(f"{recipe.path}: an average, which average.py makes")
    given = [("teacher", "--teacher", recipe.teacher, arguments.teacher)]
    if not arguments.resume:  # else the checkpoint holds what the run began with
        given.append(("start_from", "--start-from", recipe.start_from or recipe.model_file, arguments.start_from))
    for key, option, said, path in given:
        if bool(said) != bool(path):
            raise ValueError(f'{recipe.path}: {key} = "{recipe.content[key]}" and {option} go together: found one')
    return recipe


def trainer_of(recipe: Recipe, batches: Batches, arguments: argparse.Namespace) -> Trainer:
    """A trainer at the step where the run is."""
    config, device = recipe.content, torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trainer = Trainer(config, device)
    if arguments.resume:
        trainer.load(arguments.run / "checkpoint.pt")
    else:
        loss = config["loss"]
        trainer.prior = measure_prior(batches, loss["gradient_levels"], device)
        draw(trainer.prior, loss["sigma"], loss["gradient_sigma"], arguments.run / "prior.png")
    if arguments.start_from:
        trainer.start_from(arguments.start_from)
    if arguments.teacher:
        trainer.learn_from(arguments.teacher)
    trainer.use_prior(config["loss"])
    return trainer


def main() -> None:
    arguments = parse_arguments()
    try:
        recipe = recipe_of(arguments)
    except ValueError as error:
        sys.exit(str(error))
    config, folder, data = recipe.content, arguments.run, arguments.data
    keep_memory()
    torch.backends.cudnn.benchmark = True  # a phase has one shape
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    collections = {name: collection_of(item, data, arguments.cache)
                   for name, item in used_collections(config).items()}  # fmt: skip
    batches = Batches(collections, recipe.schedule, config["seed"])
    folder.mkdir(parents=True, exist_ok=True)
    trainer = trainer_of(recipe, batches, arguments)
    try:
        ended = train(trainer, batches, folder, Progress(config["validation"], data, folder), recipe.kept)
    except FloatingPointError as error:
        sys.exit(str(error))
    if not ended:
        sys.exit(f"stopped after step {trainer.step}; --resume goes on from there")
    if recipe.teaches:
        return
    for step in recipe.kept:
        export(config, data, folder / f"after-{step}.pt", folder / recipe.file_of(step))
    model = folder / recipe.file_of(None)
    export(config, data, folder / "checkpoint.pt", model)
    write_card(config, data, model)


if __name__ == "__main__":
    main()
