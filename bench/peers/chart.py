"""The results of compare.py as a bar chart.

    python bench/peers/chart.py RESULTS.json CHART.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import table

OURS, PEER = "#cc7722", "#8a8f98"  # ochre, and grey
FEWER_THREADS = 0.45  # opacity


def draw(results: dict, file: Path) -> None:
    """One group of bars an engine, one bar a number of threads; hatched where it is bf16."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "ochre"  # the same figures give the same file
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    rows = table.sorted_rows(results)
    threads = results["threads"][::-1]  # the most threads on top
    thickness = 0.8 / len(threads)
    figure, axes = pyplot.subplots(figsize=(8, 1.2 + 0.24 * len(rows) * (0.6 + len(threads))))
    for place, row in enumerate(rows):
        for number, count in enumerate(threads):
            ms = table.median_ms(row, count)
            y = place + (number - (len(threads) - 1) / 2) * thickness
            axes.barh(
                y, ms, thickness, edgecolor="white",
                color=OURS if row["ours"] else PEER,
                alpha=1 if number == 0 else FEWER_THREADS,
                hatch="///" if row["bf16"] else None,
            )  # fmt: skip
            axes.text(ms, y, f" {ms:.3g}", va="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [table.title(row) for row in rows])
    axes.invert_yaxis()
    axes.margins(x=0.08)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("milliseconds a picture, less is better")
    axes.set_title(table.heading(results).replace("; ", "\n", 1), fontsize=9, loc="left")
    legend = [
        Patch(color=PEER, alpha=1 if number == 0 else FEWER_THREADS,
              label=f"{count} thread" + ("" if count == "1" else "s"))
        for number, count in enumerate(threads)
    ]  # fmt: skip
    if any(row["bf16"] for row in rows):
        legend.append(Patch(facecolor=PEER, edgecolor="white", hatch="///", label="bf16"))
    axes.legend(handles=legend, loc="lower right", frameon=False, fontsize=8)
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
