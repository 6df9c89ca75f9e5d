"""What a coarser precision does to the colours and to the time: AuC, mean ΔE against float, the ratio of the times.

    python bench/color/precision.py build/tools/ochre FOLDER [--model FILE] [--rounds 5]

FOLDER has photographs in colour: `ochre eval` scores them, and `ochre colorize` colours them by each precision, whose
pictures are compared with float's (ΔE is the distance in Lab, CIE 1976, of every pixel). Times are those of `ochre bench`
at 256x256 on two threads, in turns. Where this CPU is not faster with a precision, ochre computes in float, and the row
says so. Needs numpy, Pillow and scikit-image.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.color import rgb2lab

PRECISIONS = ("float", "split", "bf16")


def told(program: Path, *words: object) -> dict:
    done = subprocess.run([program, *map(str, words)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def lab(path: Path) -> np.ndarray:
    return rgb2lab(np.asarray(Image.open(path).convert("RGB")))


def mean_difference(folder: Path, other: Path) -> float:
    names = sorted(path.name for path in folder.iterdir())
    return statistics.fmean(float(np.linalg.norm(lab(folder / name) - lab(other / name), axis=-1).mean()) for name in names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    program, model = arguments.program, ("--model", arguments.model)
    times: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    used = {}
    for _ in range(arguments.rounds):
        for precision in PRECISIONS:
            figures = told(program, "bench", *model, "--threads", 2, "--precision", precision, "--json")
            times[precision].append(figures["median_ms"])
            used[precision] = figures["precision"]
    print(f"{used} on {figures['isa']}")
    print("| asked for | computed in | of float's time | AuC | rebalanced | mean ΔE against float |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for precision in PRECISIONS:
            asked = ("--precision", precision)
            scores = told(program, "eval", arguments.folder, *model, *asked, "--json", "--quiet")
            coloured = Path(scratch) / precision
            colorize = ("colorize", arguments.folder, "-o", coloured, *model, *asked, "--quiet")
            subprocess.run([program, *map(str, colorize)], check=True)
            ratio = statistics.median(a / b for a, b in zip(times[precision], times["float"]))
            difference = mean_difference(coloured, Path(scratch) / "float")
            print(f"| {precision} | {used[precision]} | {ratio:.2f} | {scores['auc']:.2f} | "
                  f"{scores['auc_rebalanced']:.2f} | {difference:.3f} |", flush=True)


if __name__ == "__main__":
    main()
