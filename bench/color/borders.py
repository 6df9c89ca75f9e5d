"""Plain borders made around grey photographs: does ochre find them, and what do they cost the colours inside?

    python bench/color/borders.py build/tools/ochre FOLDER [--count 500] [--seed 1] [--keep FOLDER]

FOLDER has photographs in colour; those in which ochre sees a border already are passed over. Of each of the others a
grey one, 256 to 1024 pixels high, lies on paper of some tone, 3 to 30 % of a side wide, as wide on all sides, or not,
or on some of them; some with noise, in uneven light, with a thin line around the picture, from a JPEG. What is within
is coloured once more by itself, from the same levels. Where the result has colour is what ochre took for the inside.
Needs numpy and Pillow.
"""

import argparse
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

TONES = (0, 8, 24, 60, 110, 150, 190, 215, 235, 247, 255)
EXACT = 0.015  # of the picture's side
ALIKE = 0.8  # of the colour inside


def colorize(program: Path, inputs: Path, output: Path) -> None:
    """A picture in colour for each; a PNG of the same stem."""
    subprocess.run([program, "colorize", *sorted(inputs.iterdir()), "-o", output], check=True, capture_output=True)


def colour_of(rgb: np.ndarray) -> np.ndarray:
    """max - min of each pixel."""
    return rgb.max(-1).astype(int) - rgb.min(-1)


def coloured_part(rgb: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is not grey; of a picture that is all grey, all of it."""
    colour = colour_of(rgb) > 0
    if not colour.any():
        return 0, 0, rgb.shape[1], rgb.shape[0]
    rows, columns = np.flatnonzero(colour.any(1)), np.flatnonzero(colour.any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def without_borders(program: Path, photographs: list[Path], scratch: Path) -> list[Path]:
    inputs = scratch / "as_they_are"
    inputs.mkdir()
    for path in photographs:
        Image.open(path).convert("L").save(inputs / f"{path.stem}.png")
    colorize(program, inputs, scratch / "as_they_are_coloured")
    kept = []
    for path in photographs:
        rgb = read(scratch / "as_they_are_coloured" / f"{path.stem}.png")
        if coloured_part(rgb) == (0, 0, rgb.shape[1], rgb.shape[0]):
            kept.append(path)
    return kept


def frame(draw: np.random.Generator, picture: Image.Image) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """Levels with a border, and where the picture lies in it."""
    height = int(draw.integers(256, 1025))
    levels = np.asarray(picture.resize((round(picture.width * height / picture.height), height)), float)
    sides = np.full(4, draw.uniform(0.03, 0.3)) if draw.random() < 0.4 else draw.uniform(0.03, 0.3, 4)
    if draw.random() < 0.3:
        sides[draw.permutation(4)[: draw.integers(1, 4)]] = 0
    high, wide = levels.shape
    left, top, right, bottom = (round(share * side) for share, side in zip(sides, (wide, high, wide, high)))
    whole = np.full((top + high + bottom, left + wide + right), float(draw.choice(TONES)))
    if draw.random() < 0.3:
        whole += np.linspace(-1, 1, whole.shape[1]) * draw.uniform(0, 5)
    if draw.random() < 0.5:
        whole += draw.normal(0, draw.uniform(0, 4), whole.shape)
    whole[top : top + high, left : left + wide] = levels
    if draw.random() < 0.2 and min(left, top, right, bottom) > 4:
        line = np.zeros(whole.shape, bool)
        line[top - 2 : top + high + 2, left - 2 : left + wide + 2] = True
        line[top - 1 : top + high + 1, left - 1 : left + wide + 1] = False
        whole[line] = 40
    return np.clip(np.round(whole), 0, 255).astype(np.uint8), (left, top, left + wide, top + high)


def save_pair(draw: np.random.Generator, levels: np.ndarray, part: tuple, name: str, scratch: Path) -> None:
    """The picture with its border, and the same levels without it."""
    path = scratch / "bordered" / f"{name}.png"
    if draw.random() < 0.4:
        path = path.with_suffix(".jpg")
        Image.fromarray(levels).save(path, quality=int(draw.choice((60, 85))))
    else:
        Image.fromarray(levels).save(path)
    Image.open(path).crop(part).save(scratch / "alone" / f"{name}.png")


def judge(found: tuple, part: tuple, shape: tuple) -> str:
    slack = np.array((shape[1], shape[0]) * 2) * EXACT
    outside = np.array((part[0] - found[0], part[1] - found[1], found[2] - part[2], found[3] - part[3]))
    if found == (0, 0, shape[1], shape[0]) and (outside > slack).any():
        return "no border found"
    if (outside < -slack).any():
        return "more cut off"
    return "a side not found" if (outside > slack).any() else "the inside"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    draw = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        scratch = options.keep or Path(temporary)
        for name in ("bordered", "alone"):
            (scratch / name).mkdir(parents=True)
        photographs = sorted(path for path in options.folder.iterdir() if path.suffix in (".jpg", ".png"))
        usable = without_borders(options.program, photographs, scratch)
        print(f"{len(photographs)} photographs, {len(photographs) - len(usable)} with a border of their own")
        parts, shapes = [], []
        for i in range(options.count):
            levels, part = frame(draw, Image.open(usable[i % len(usable)]).convert("L"))
            save_pair(draw, levels, part, f"{i:04}", scratch)
            parts.append(part)
            shapes.append(levels.shape)
        for name in ("bordered", "alone"):
            colorize(options.program, scratch / name, scratch / f"{name}_coloured")
        verdicts, differences, shares, borders = Counter(), [], [], []
        for i, (part, shape) in enumerate(zip(parts, shapes)):
            whole = read(scratch / "bordered_coloured" / f"{i:04}.png")
            alone = read(scratch / "alone_coloured" / f"{i:04}.png")
            inside = whole[part[1] : part[3], part[0] : part[2]]
            verdicts[judge(coloured_part(whole), part, shape)] += 1
            differences.append(np.abs(inside.astype(int) - alone).mean())
            shares.append(colour_of(inside).mean() / max(colour_of(alone).mean(), 1e-9))
            outside = np.ones(shape, bool)
            outside[part[1] : part[3], part[0] : part[2]] = False
            borders.append(colour_of(whole)[outside].mean() if outside.any() else 0.0)
    print(*(f"{count:5} {name}" for name, count in verdicts.most_common()), sep="\n")
    print(f"mean difference inside {np.mean(differences):.2f} of 255")
    print(f"{100 * np.mean(np.array(shares) >= ALIKE):.1f} % have {ALIKE} of the colour that they have alone, or more")
    print(f"max - min on the border {np.mean(borders):.2f}")


if __name__ == "__main__":
    main()
