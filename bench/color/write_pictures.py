"""Writes the lossless colour photographs that scikit-image ships as binary PPM files.

    python bench/color/write_pictures.py FOLDER
"""

import sys
from pathlib import Path

from skimage import data, io

NAMES = ("astronaut", "chelsea", "coffee", "immunohistochemistry")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {name: getattr(data, name)() for name in NAMES}
    pictures["motorcycle"] = io.imread(Path(data.__file__).parent / "motorcycle_left.png")
    for name, rgb in pictures.items():
        height, width, _ = rgb.shape
        header = f"P6\n{width} {height}\n255\n".encode()
        (folder / f"{name}.ppm").write_bytes(header + rgb.tobytes())


if __name__ == "__main__":
    main()
