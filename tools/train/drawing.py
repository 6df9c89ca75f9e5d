"""Pictures of a model's work: a contact sheet of what it paints, and what vividness costs it."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image

from ab import lab_from_rgb, rgb_from_lab
from model import Model, colors, predicted_logits


def contact_sheet(model: Model, pictures: list, temperatures: list[float], columns: int) -> Image.Image:
    """`columns` pictures of `squares` a row, each as grey, truth, and ours at each temperature."""
    strips = []
    for _, rgb in pictures:
        lab = lab_from_rgb(rgb)
        logits = predicted_logits(model, lab[:, :1])
        painted = [torch.zeros_like(lab[:, 1:])] + [colors(logits, t, rgb.shape[1:3]) for t in temperatures]
        gray, *ours = [rgb_from_lab(torch.cat((lab[:, :1], ab), 1)) for ab in painted]
        strips.append(torch.cat((gray, rgb, *ours), dim=2)[0])
    strips += [torch.zeros_like(strips[0])] * (-len(strips) % columns)
    lines = [torch.cat(strips[i : i + columns], dim=1) for i in range(0, len(strips), columns)]
    return Image.fromarray(torch.cat(lines).numpy())


def draw_trade_off(tables: dict[str, dict], path: Path) -> None:
    """Vividness against error: each score over the colourfulness that a temperature gives; a line a model."""
    from matplotlib import pyplot

    names = {"psnr_rgb": "PSNR, dB", "auc": "AuC, %", "auc_rebalanced": "AuC rebalanced, %"}
    figure, axes = pyplot.subplots(1, len(names), figsize=(4 * len(names), 3.2), layout="constrained")
    for axis, (name, label) in zip(axes, names.items()):
        for model, table in tables.items():
            rows = [(float(temperature), row) for temperature, row in table["temperatures"].items()]
            axis.plot([row["colourfulness"] for _, row in rows], [row[name] for _, row in rows], marker=".", label=model)
            for temperature, row in rows:
                axis.annotate(f"T {temperature:g}", (row["colourfulness"], row[name]), fontsize=7)
        axis.axhline(table["grey"][name], color="grey", linestyle=":", label="grey")
        axis.axvline(table["colourfulness_truth"], color="green", linestyle=":", label="colourfulness of the truth")
        axis.set_xlabel("colourfulness")
        axis.set_ylabel(label)
    axes[0].legend(fontsize=7)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
