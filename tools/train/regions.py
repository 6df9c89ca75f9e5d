"""What colour a static camera's surfaces have, over all its frames.

`regions.py FRAMES... --region lawn 20 167 110 33 --region road 220 150 45 15`: for each folder of frames
(the camera's own, or what `ochre colorize` made of them) and each rectangle (name, x, y, width, height in
pixels) the mean a, b and chroma over all frames, and the smallest and the largest mean of one frame.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy
import torch
from tqdm import tqdm

from ab import lab_from_rgb
from pictures import count_pictures, read_pictures


def mean_colors(frames: Path, boxes: list[tuple[int, int, int, int]]) -> numpy.ndarray:
    """[frames, boxes, 3]: mean a, b and chroma inside each box (x, y, width, height)."""
    rows = []
    for name, picture in tqdm(read_pictures(frames), frames.name, count_pictures(frames), disable=None):
        ab = lab_from_rgb(torch.from_numpy(numpy.asarray(picture).copy())[None])[0, 1:]
        planes = torch.cat((ab, ab.square().sum(0, keepdim=True).sqrt()))
        for x, y, width, height in boxes:
            if x + width > picture.width or y + height > picture.height:
                raise ValueError(f"{name} is {picture.width}x{picture.height}: no {width}x{height} at {x}, {y}")
        rows.append([planes[:, y : y + h, x : x + w].mean((1, 2)).tolist() for x, y, w, h in boxes])
    if not rows:
        raise ValueError(f"{frames} holds no pictures")
    return numpy.array(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path, nargs="+", help="folders or tar archives")
    parser.add_argument("--region", nargs=5, action="append", required=True,
                        metavar=("NAME", "X", "Y", "WIDTH", "HEIGHT"))  # fmt: skip
    arguments = parser.parse_args()
    boxes = [tuple(int(number) for number in region[1:]) for region in arguments.region]
    print("| frames | region | a: mean (least to most) | b | chroma |\n|---|---|---|---|---|")
    for frames in arguments.frames:
        measured = mean_colors(frames, boxes)
        for index, (name, *_) in enumerate(arguments.region):
            cells = [f"{values.mean():.1f} ({values.min():.1f} to {values.max():.1f})"
                     for values in measured[:, index].T]  # fmt: skip
            print(f"| {frames.name} | {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
