"""Writes a checkpoint as a model file: `python export.py street.toml CHECKPOINT --data FOLDER ...`.

The file is safetensors: tensors named as in the network text, kernels as float16 and vectors as
float32, and as metadata the text, the origin in a few lines, its whole history, the licence, the prior
and a proof, that is what PyTorch computed for every layer in float64. A card in Markdown lies beside
it. train.py does this at the end of a run.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tqdm import tqdm

from configuration import read_configuration
from evaluate import chroma_of_neutral, evaluate, squares
from files import replacing, sha256_of
from model import open_model
from network import Network
from origin import Beginning, archives, history, origin
from prior import Prior
from proof import proof


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
    """Writes `output`, and its card beside it: what it is, and its scores on the validation pictures."""
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
    output.with_suffix(".md").write_text(card_text(config, data, output, metadata))


def card_text(config: dict, data: Path, path: Path, metadata: dict[str, str]) -> str:
    """The card as Markdown."""
    validation, model = config["validation"], open_model(path)
    pictures = tqdm(squares(data / validation["pictures"], config["card"]["size"]), "scoring", disable=None)
    table = evaluate(model, pictures, sorted({0.38, model.temperature, 1.0}))
    names = ("auc", "auc_rebalanced", "psnr_rgb", "colourfulness", "error_at_edges", "error_elsewhere")
    rows = [f"| {label} | " + " | ".join(f"{row[name]:.2f}" for name in names) + " |"
            for label, row in [*table["temperatures"].items(), ("grey", table["grey"])]]  # fmt: skip
    parameters = sum(tensor.numel() for tensor in model.network.parameters())
    return "\n".join([
        f"# {path.stem}", "", metadata["description"], "", metadata["history"], "",
        f"{parameters:,} parameters, {path.stat().st_size:,} bytes, SHA-256 `{sha256_of(path)}`. "
        f"Licence: {metadata['licence']}. Default temperature {metadata['temperature']}.", "",
        f"{table['pictures']} pictures of {validation['pictures']} at {config['card']['size']}x"
        f"{config['card']['size']}, by tools/train/evaluate.py; colourfulness of the truth "
        f"{table['colourfulness_truth']:.1f}, calibration error {table['calibration_error']:.1f} %; mean chroma of pages, "
        f"plots and ramps at the default temperature {chroma_of_neutral(model, [model.temperature])[0]:.1f}:", "",
        "| temperature | AuC | AuC rebalanced | PSNR | colourfulness | ab error at edges | elsewhere |",
        "|---|---|---|---|---|---|---|", *rows, "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="where the collections lie")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    export(read_configuration(arguments.config), arguments.data, arguments.checkpoint, arguments.output)


if __name__ == "__main__":
    main()
