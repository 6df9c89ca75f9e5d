"""What a run shows of itself while it goes: scores on validation pictures, curves, a contact sheet."""

from __future__ import annotations

import csv
from pathlib import Path

from drawing import contact_sheet
from evaluate import evaluate, squares
from model import Model

NO_NUMBERS = "no weights worth keeping; lower the learning rate"
FIELDS = ("auc", "auc_rebalanced", "psnr_rgb", "colourfulness")


class Progress:
    """Scores the running average every `minutes`, on `count` pictures spread over a collection."""

    def __init__(self, options: dict, data: Path, folder: Path):
        self.options, self.folder = options, folder
        pictures = list(squares(data / options["pictures"], options["size"]))
        self.pictures = pictures[:: max(1, len(pictures) // options["count"])][: options["count"]]
        self.path = folder / "scores.csv"
        self.due = 0.0
        if not self.path.exists():
            self.path.write_text(",".join(("step", "seconds", *FIELDS)) + "\n")

    def look(self, step: int, seconds: float, model: Model, last: bool = False) -> None:
        """Called after every step; `model` is the running average. Weights that are no numbers are a
        FloatingPointError."""
        self.due = self.due or seconds + 60 * self.options["minutes"]
        if seconds < self.due and not last:
            return
        self.due = seconds + 60 * self.options["minutes"]
        if not all(tensor.isfinite().all() for tensor in model.network.parameters()):
            raise FloatingPointError(f"after step {step} a weight is no number: {NO_NUMBERS}")
        model.network.eval()
        temperature = self.options["temperature"]
        table = evaluate(model, self.pictures, [temperature])
        row = table["temperatures"][str(temperature)]
        with self.path.open("a", newline="") as file:
            csv.writer(file).writerow([step, f"{seconds:.0f}", *(f"{row[name]:.3f}" for name in FIELDS)])
        draw_curves(self.folder, table)
        sheet = contact_sheet(model, self.pictures[:: max(1, len(self.pictures) // 12)][:12], [temperature], 2)
        sheet.save(self.folder / "sheet.png")


def draw_curves(folder: Path, table: dict) -> None:
    """curves.png: the loss of log.csv, and each score over the minutes beside that of grey."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 1 + len(FIELDS), figsize=(3 * (1 + len(FIELDS)), 2.8), layout="constrained")
    with (folder / "log.csv").open() as file:
        log = [(float(seconds) / 60, float(loss)) for _, _, loss, seconds in csv.reader(file)]
    axes[0].plot([minutes for minutes, _ in log], [loss for _, loss in log], linewidth=0.8)
    axes[0].set_title("loss")
    with (folder / "scores.csv").open() as file:
        scores = list(csv.DictReader(file))
    for axis, name in zip(axes[1:], FIELDS):
        axis.plot([float(row["seconds"]) / 60 for row in scores], [float(row[name]) for row in scores], marker=".")
        level = table["colourfulness_truth"] if name == "colourfulness" else table["grey"][name]
        axis.axhline(level, color="grey", linestyle=":", label="truth" if name == "colourfulness" else "grey")
        axis.set_title(name)
        axis.legend(fontsize=7)
    for axis in axes:
        axis.set_xlabel("minutes")
    figure.savefig(folder / "curves.png", dpi=90)
    pyplot.close(figure)
