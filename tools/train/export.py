"""Writes a checkpoint as a model file: `python export.py street.toml CHECKPOINT --data FOLDER ...`.

The file is safetensors: tensors named as in the network text, kernels as float16 and vectors as
float32, and as metadata the text, the origin in a few lines, its whole history, the licence, the prior
and a proof, that is what PyTorch computed for every layer in float64. A card in Markdown lies beside
it. train.py does this at the end of a run.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import torch
from safetensors.torch import save_file
from tqdm import tqdm

from configuration import read_configuration
from evaluate import chroma_of_neutral, evaluate, squares
from model import open_model
from network import Network
from pictures import MADE, sha256_of
from prior import Prior

PROOF_HEIGHT, PROOF_WIDTH = 32, 48
PROOF_SAMPLES = 8


@dataclass
class Beginning:
    """Where a run's first weights come from: nothing, or a model file."""

    history: str = ""
    data: dict[str, str] = field(default_factory=dict)  # SHA-256 of each archive it was trained on

    @classmethod
    def of(cls, metadata: dict[str, str]) -> Beginning:
        """What the metadata of a model file say."""
        return cls(metadata["history"], json.loads(metadata["data_sha256"]))


def proof_picture(channels: int, height: int, width: int) -> torch.Tensor:
    """A small L picture [1, channels, H, W], float64: gradients, a disc, a bar, a chequered corner.

    Whole multiples of 0.5 within 0...100, exact in every floating-point type. Channels after the
    first are the first one shifted, so that none is a copy of another.
    """
    y = torch.arange(height, dtype=torch.float64).unsqueeze(1)
    x = torch.arange(width, dtype=torch.float64).unsqueeze(0)
    value = 10 + 70 * x / (width - 1) + 15 * y / (height - 1)
    disc = (y - 0.4 * height) ** 2 + (x - 0.3 * width) ** 2 < (0.25 * height) ** 2
    value = torch.where(disc, 95 - 2 * y, value)
    bar = (x > 0.6 * width) & (x < 0.7 * width) & (y > 0.2 * height)
    value = torch.where(bar, 4 + 0 * value, value)
    corner = (y > 0.7 * height) & (x < 0.25 * width)
    value = torch.where(corner, 100 * ((x + y) % 2), value)
    lightness = (value.clamp(0, 100) * 2).round() / 2
    planes = [lightness.roll((3 * c, 5 * c), (0, 1)) for c in range(channels)]
    return torch.stack(planes).unsqueeze(0)


@torch.no_grad()
def proof(network: Network) -> dict:
    """What every layer of `network` gives for the proof picture, computed in float64."""
    network = network.double().eval()
    picture = proof_picture(network.description.input_channels, PROOF_HEIGHT, PROOF_WIDTH)
    layers = []
    for layer, output in network.layers(picture):
        flat = output.contiguous().flatten()
        last = PROOF_SAMPLES - 1
        places = [place * (len(flat) - 1) // last for place in range(PROOF_SAMPLES)]
        layers.append(
            {
                "name": layer.name,
                "shape": list(output.shape),
                "min": flat.min().item(),
                "max": flat.max().item(),
                "mean": flat.mean().item(),
                "rms": flat.square().mean().sqrt().item(),
                "samples": [[place, flat[place].item()] for place in places],
            }
        )
    return {
        "version": 1,
        "computed_by": f"PyTorch {torch.__version__.split('+')[0]}, float64",
        "input": {"shape": list(picture.shape), "values": picture.flatten().tolist()},
        "layers": layers,
    }


def write_model(path: Path, text: str, tensors: dict, metadata: dict[str, str]) -> None:
    """Writes a model file with its proof, to a temporary name first.

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
    temporary = path.with_suffix(".tmp")
    save_file(kept, temporary, whole)
    temporary.chmod(0o644)
    os.replace(temporary, path)


def archives(config: dict) -> list[Path]:
    """The collections that some phase takes pictures from."""
    used = {name for phase in config["phases"] for name in phase["batch"]}
    return [Path(item["path"]) for name, item in config["collections"].items() if name in used and "path" in item]


def drawn(config: dict, phase: dict) -> str:
    """What a phase shows of the pictures that the program draws."""
    made = {config["collections"][name].get("made") for name in phase["batch"]}
    return "".join(f", some of them {kind.shown}" for name, kind in MADE.items() if name in made)


def origin(config: dict) -> str:
    """A few lines: who trained it, on what, when."""
    return (
        f"Trained by the ochre project with tools/train on {config['card']['pictures']}. {datetime.now(UTC):%Y-%m-%d}; "
        "`ochre info --history` tells the whole story."
    )


def history(config: dict, state: dict, beginning: Beginning) -> str:
    """One paragraph: who trained it, on what, for how long; after that of the weights it began with."""
    pictures = ", ".join(path.name for path in archives(config))
    phases = "; ".join(
        f"{phase['steps']} steps of {sum(p['pictures'] for p in phase['batch'].values())} crops, "
        f"{phase['side']}x{phase['side']}, {100 * phase['camera']:.0f} % of them as a camera sees them"
        + (f", steadiness {phase['steadiness']:g}" if phase.get("steadiness") else "")
        + drawn(config, phase)
        for phase in config["phases"]
    )
    start = f"{beginning.history} Trained further" if beginning.history else "Trained from scratch"
    taught = ""
    if teacher := config.get("teacher"):
        taught = f"; {100 * teacher['share']:.0f} % of the target the distribution of {teacher['description']}"
    shown = ""
    if estimate := config.get("estimate"):
        shown = f", and the error of the point estimate at temperature {estimate['temperature']}"
    return (
        f"{start} by the ochre project with tools/train on {pictures} "
        f"({config['card']['pictures']}). {phases}. {state['seconds'] / 60:.0f} minutes on "
        f"{config['card']['machine']}, exponential moving average of the weights; {config['loss']['prior']} prior, "
        f"lambda {config['loss']['mixing']}{taught}{shown}. "
        f"{datetime.now(UTC):%Y-%m-%d}."
    )


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
