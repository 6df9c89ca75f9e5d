"""Writes tests/fuzz/corpus/: the small valid files that the fuzz targets start from.

    python tools/golden/fuzz_corpus.py [--output tests/fuzz/corpus]
"""

from __future__ import annotations

import argparse
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageCms
from safetensors.torch import save_file

REPOSITORY = Path(__file__).resolve().parents[2]


def interlaced_png() -> bytes:
    """8x8 grey in Adam7 order, which Pillow does not write."""
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in passes for row in pixels[y::dy, x::dx])

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pictures(folder: Path) -> None:
    random = np.random.default_rng(1)
    rgba = random.integers(0, 256, (9, 11, 4), dtype=np.uint8)
    rgba[2:7, 2:8] = 90
    color = Image.fromarray(rgba[..., :3])
    Image.fromarray(rgba).save(folder / "rgba.png")
    color.save(folder / "rgb.png")
    color.convert("L").save(folder / "grey.png")
    color.convert("LA").save(folder / "grey_alpha.png")
    color.quantize(8).save(folder / "palette.png", bits=4, transparency=b"\x00\x80")
    color.convert("1").save(folder / "one_bit.png")
    Image.fromarray(rgba[..., 0].astype(np.uint16) * 257).save(folder / "grey16.png")
    (folder / "interlaced.png").write_bytes(interlaced_png())
    orientation = Image.Exif()
    orientation[0x0112] = 6
    color.save(folder / "turned.jpg", exif=orientation, quality=60)
    color.save(folder / "progressive.jpg", progressive=True, quality=60)
    color.save(folder / "restarts.jpg", restart_marker_blocks=1, quality=60, subsampling=0)
    color.convert("L").save(folder / "grey.jpg", quality=60)
    color.convert("CMYK").save(folder / "cmyk.jpg", quality=60)
    color.save(folder / "rgb.bmp")
    Image.fromarray(rgba).save(folder / "rgba.bmp")
    color.quantize(8).save(folder / "palette.bmp")
    color.save(folder / "rgb.ppm")
    (folder / "grey16.pgm").write_bytes(b"P5 # wide\n2 2 1023\n" + bytes(range(8)))
    (folder / "text.ppm").write_bytes(b"P3\n# text\n2 1 255\n1 2 3 4 5 6\n")
    (folder / "bits.pbm").write_bytes(b"P4\n9 2\n\x80\x80\x01\x00")
    (folder / "rgba.pam").write_bytes(b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n\1\2\3\4")
    more_pictures(folder, color, Image.fromarray(rgba))


def more_pictures(folder: Path, color: Image.Image, alpha: Image.Image) -> None:
    """TIFF and WebP, and a colour profile and EXIF in each kind of file."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    exif[0x0112] = 6
    for name in ("lzw", "deflate", "packbits", "jpeg"):
        kind = {"deflate": "tiff_adobe_deflate", "lzw": "tiff_lzw"}.get(name, name)
        color.save(folder / f"{name}.tif", compression=kind)
    color.convert("1").save(folder / "fax.tif", compression="group4")
    color.convert("CMYK").save(folder / "cmyk.tif")
    color.quantize(8).save(folder / "palette.tif")
    color.convert("L").convert("F").save(folder / "float.tif")
    color.save(folder / "pages.tif", save_all=True, append_images=[color.convert("L")], exif=exif)
    alpha.save(folder / "lossless.webp", lossless=True, exif=exif)
    alpha.save(folder / "lossy.webp", quality=60)
    color.save(folder / "moving.webp", save_all=True, append_images=[color.rotate(90)])
    color.save(folder / "profile.jpg", icc_profile=profile, exif=exif, quality=60, comment="a comment")
    color.save(folder / "profile.png", icc_profile=profile, exif=exif, dpi=(300, 300))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=REPOSITORY / "tests/fuzz/corpus")
    root = parser.parse_args().output
    for name in ("safetensors", "npy", "load_picture"):
        (root / name).mkdir(parents=True, exist_ok=True)

    half = torch.arange(3).to(torch.float16)
    save_file({"a": torch.ones(2, 1), "b.c": half, "empty": torch.zeros(0, 3), "n": torch.tensor(1)},
              root / "safetensors/four.safetensors", metadata={"note": "caf\u00e9 \"\n"})
    save_file({}, root / "safetensors/none.safetensors")
    np.save(root / "npy/float32.npy", np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2))
    np.save(root / "npy/float64.npy", np.arange(3, dtype=np.float64))
    with (root / "npy/version2.npy").open("wb") as file:
        np.lib.format.write_array(file, np.zeros((2, 1), np.float32), version=(2, 0))
    pictures(root / "load_picture")
    for path in root.rglob("*.*"):
        path.chmod(0o644)


if __name__ == "__main__":
    main()
