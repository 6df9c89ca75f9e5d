"""Scores several models on the same pictures: `compare.py PICTURES LABEL=MODEL...`.

Prints a Markdown table, one line a model at one temperature, and draws how each trades vividness against
error over all temperatures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tqdm import tqdm

from drawing import draw_trade_off
from evaluate import evaluate, squares
from model import open_model

COLUMNS = {
    "auc": "AuC",
    "auc_rebalanced": "AuC rebalanced",
    "psnr_rgb": "PSNR",
    "colourfulness": "colourfulness",
    "error_at_edges": "ab error at edges",
    "error_elsewhere": "elsewhere",
}


def table_lines(tables: dict[str, dict], temperature: float) -> list[str]:
    """The Markdown table; colourfulness as a share of the truth's, the calibration error in %."""
    lines = [f"| | {' | '.join(COLUMNS.values())} | calibration error |", "|---" * (len(COLUMNS) + 2) + "|"]
    first = next(iter(tables.values()))
    rows = [(label, table["temperatures"][str(temperature)], f"{table['calibration_error']:.1f} %")
            for label, table in tables.items()]  # fmt: skip
    for label, row, calibration in [*rows, ("grey", first["grey"], "")]:
        share = row["colourfulness"] / first["colourfulness_truth"]
        cells = [f"{share:.2f}" if name == "colourfulness" else f"{row[name]:.2f}" for name in COLUMNS]
        lines.append(f"| {label} | {' | '.join(cells)} | {calibration} |")
    return lines


def labelled(text: str) -> tuple[str, Path]:
    label, separator, path = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"`{text}`: expected LABEL=MODEL")
    return label, Path(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path, help="folder or tar archive")
    parser.add_argument("models", type=labelled, nargs="+", metavar="LABEL=MODEL")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--temperature", type=float, default=0.6, help="of the table")
    parser.add_argument("--plot", type=Path, help="draw the trade-off over the temperatures")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pictures = list(squares(arguments.pictures, arguments.size))
    temperatures = sorted({0.38, 0.6, 0.8, 1.0, arguments.temperature} if arguments.plot else {arguments.temperature})
    tables = {label: evaluate(open_model(path), tqdm(pictures, label, disable=None), temperatures)
              for label, path in arguments.models}  # fmt: skip
    print("\n".join(table_lines(tables, arguments.temperature)))
    if arguments.plot:
        draw_trade_off(tables, arguments.plot)


if __name__ == "__main__":
    main()
