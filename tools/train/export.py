"""Writes a checkpoint as a model file: `python export.py RECIPE CHECKPOINT --data FOLDER --output MODEL`.

The file is safetensors: tensors named as in the network text, kernels as float16 and vectors as
float32, and as metadata the text, the origin in a few lines, its whole history, the licence, the prior
and a proof, that is what PyTorch computed for every layer in float64. train.py does this at the end of a run.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from card import write_card
from files import replacing, sha256_of
from network import Network
from origin import Beginning, archives, history, origin
from prior import Prior
from proof import proof
from recipe import read_recipe


def write_model(path: Path, text: str, tensors: dict, metadata: dict[str, str]) -> None:
    """Writes a model file with its proof.

    Kernels are stored as float16: half the bytes, and an error far below what training leaves open.
    Biases and statistics, few and of any magnitude, stay float32.
    """
    kept = {
        name: (tensor.detach().half() if tensor.ndim > 1 else tensor.detach().float()).contiguous()
        for name, tensor in tensors.items()
        if not name.endswith("num_batches_tracked")
    }
    if bad := [name for name, tensor in kept.items() if not tensor.isfinite().all()]:
        raise ValueError(f"{bad[0]} is not finite")
    network = Network(text)
    network.load_state_dict(kept, strict=False)
    whole = {"format": "ochre 1", "network": text, **metadata, "proof": json.dumps(proof(network))}
    with replacing(path) as temporary:
        save_file(kept, temporary, whole)
        temporary.chmod(0o644)


def export(config: dict, data: Path, checkpoint: Path, output: Path) -> None:
    """Writes the model file `output` of a checkpoint."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    paths = [data / path for path in archives(config)]
    card = config["card"]
    beginning = Beginning(**state["beginning"])
    metadata = {
        "description": card["description"],
        "origin": origin(config),
        "history": history(config, state, beginning),
        "licence": card["licence"],
        "data_sha256": json.dumps(beginning.data | {path.name: sha256_of(path) for path in paths}),
        "prior": Prior(state["counts"]).text(),
        "temperature": repr(float(card["temperature"])),
        "size": str(card["size"]),
    }
    write_model(output, state["network"], state["average"], metadata)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="where the collections lie")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    config = read_recipe(arguments.recipe).content
    export(config, arguments.data, arguments.checkpoint, arguments.output)
    write_card(config, arguments.data, arguments.output)


if __name__ == "__main__":
    main()
