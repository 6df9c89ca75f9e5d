"""The card of a model file, Markdown: what it is, where it comes from, and its scores on the validation pictures."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from evaluate import chroma_of_neutral, evaluate, squares
from files import sha256_of
from model import open_model, read_model_file


def write_card(config: dict, data: Path, path: Path) -> None:
    """Writes the card of the model file `path` beside it."""
    metadata, _ = read_model_file(path)
    validation, model = config["validation"], open_model(path)
    pictures = tqdm(squares(data / validation["pictures"], config["card"]["size"]), "scoring", disable=None)
    table = evaluate(model, pictures, sorted({0.38, model.temperature, 1.0}))
    names = ("auc", "auc_rebalanced", "psnr_rgb", "colourfulness", "error_at_edges", "error_elsewhere")
    rows = [f"| {label} | " + " | ".join(f"{row[name]:.2f}" for name in names) + " |"
            for label, row in [*table["temperatures"].items(), ("grey", table["grey"])]]  # fmt: skip
    parameters = sum(tensor.numel() for tensor in model.network.parameters())
    text = "\n".join([
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
    path.with_suffix(".md").write_text(text)
