"""Pictures for training: tar archives or folders, decoded once into a flat uint8 cache."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image
from tqdm import tqdm

from files import replacing
from grounds import GroundPictures
from neutral import NeutralPictures

SUFFIXES = (".jpg", ".jpeg", ".png")
MADE = {"neutral": NeutralPictures, "grounds": GroundPictures}  # those that the program draws

# Mean spread between the largest and the smallest of R, G, B, in levels of 255, below which a
# picture counts as grey: it would teach that things have no colour. Scanned and JPEG-coded greys
# stay below 2; a foggy street is above 6.
GRAY_SPREAD = 3.0


def is_gray(rgb: numpy.ndarray) -> bool:
    """Whether a picture [H, W, 3] counts as grey."""
    return bool(numpy.ptp(rgb, axis=2).mean() < GRAY_SPREAD)


def read_pictures(source: Path) -> Iterator[tuple[str, Image.Image]]:
    """Yields (name, RGB picture) of a tar archive or a folder, in the order of their names."""
    if source.is_dir():
        for path in sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES):
            with Image.open(path) as picture:
                yield path.relative_to(source).as_posix(), picture.convert("RGB")
        return
    with tarfile.open(source) as archive:
        members = [m for m in archive.getmembers() if m.name.lower().endswith(SUFFIXES)]
        for member in sorted(members, key=lambda m: m.name):
            data = archive.extractfile(member).read()
            yield member.name, Image.open(io.BytesIO(data)).convert("RGB")


def count_pictures(source: Path) -> int:
    """How many pictures `read_pictures` gives."""
    if source.is_dir():
        return sum(p.suffix.lower() in SUFFIXES for p in source.rglob("*"))
    with tarfile.open(source) as archive:
        return sum(name.lower().endswith(SUFFIXES) for name in archive.getnames())


def centred_square(picture: Image.Image, side: int) -> Image.Image:
    """The picture with its shorter side resized to `side`, then the centred square."""
    width, height = picture.size
    short = min(width, height)
    if short != side:
        width, height = round(width * side / short), round(height * side / short)
        picture = picture.resize((width, height), Image.Resampling.BOX)
    left, top = (width - side) // 2, (height - side) // 2
    return picture.crop((left, top, left + side, top + side))


@dataclass
class Collection:
    """Decoded pictures: picture i is pixels[offset[i] :][: h*w*3] as [h, w, 3] uint8 RGB."""

    pixels: numpy.ndarray
    offsets: list[int]
    shapes: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, index: int) -> numpy.ndarray:
        height, width = self.shapes[index]
        start = self.offsets[index]
        return self.pixels[start : start + height * width * 3].reshape(height, width, 3)


def collection_of(item: dict, data: Path, cache: Path) -> Collection | NeutralPictures | GroundPictures:
    """The pictures that an entry of `[collections]` names: those of an archive or folder of `data`, or drawn ones."""
    if "made" not in item:
        return open_collection(data / item["path"], cache, item["shorter_side"])
    if item["made"] not in MADE:
        raise ValueError(f"made = {item['made']!r}: expected one of {', '.join(MADE)}")
    return MADE[item["made"]]()


def open_collection(source: Path, cache: Path, shorter_side: int) -> Collection:
    """The colour pictures of `source`, decoded into `cache` on first use.

    Pictures whose shorter side exceeds `shorter_side` are reduced to it; grey ones are left out.
    """
    index_path = cache / f"{source.stem}-{shorter_side}.json"
    pixel_path = index_path.with_suffix(".bin")
    if not index_path.exists():
        _decode(source, pixel_path, index_path, shorter_side)
    index = json.loads(index_path.read_text())
    pixels = numpy.memmap(pixel_path, dtype=numpy.uint8, mode="r")
    return Collection(pixels, index["offsets"], [tuple(shape) for shape in index["shapes"]])


def _decode(source: Path, pixel_path: Path, index_path: Path, shorter_side: int) -> None:
    pixel_path.parent.mkdir(parents=True, exist_ok=True)
    offsets, shapes, position, gray = [], [], 0, 0
    with pixel_path.open("wb") as file:
        pictures = read_pictures(source)
        for _, picture in tqdm(pictures, source.name, count_pictures(source), mininterval=2):
            width, height = picture.size
            scale = shorter_side / min(width, height)
            if scale < 1:
                size = (round(width * scale), round(height * scale))
                picture = picture.resize(size, Image.Resampling.BICUBIC)
            rgb = numpy.asarray(picture)
            if is_gray(rgb):
                gray += 1
                continue
            offsets.append(position)
            shapes.append(rgb.shape[:2])
            position += rgb.size
            file.write(rgb.tobytes())
    with replacing(index_path) as temporary:
        temporary.write_text(json.dumps({"offsets": offsets, "shapes": shapes, "grey": gray}))
