"""Writes the hostile pictures of tests/fuzz/corpus/load_picture/: small files that claim much, or would show memory that
nobody wrote. Their names begin with hostile_. The standard library is enough.

    python tools/golden/hostile_pictures.py [--output tests/fuzz/corpus/load_picture]
"""

from __future__ import annotations

import argparse
import struct
import zlib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHORT_PALETTE = b"\x10\x20\x30\x40\x50\x60"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, color_type: int, rows: bytes, more: bytes = b"", interlaced: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlaced)
    pixels = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + pixels + chunk(b"IEND", b"")


def pngs() -> dict[str, bytes]:
    palette = chunk(b"PLTE", SHORT_PALETTE)
    rows = zlib.compress(b"".join(b"\0" + bytes(range(16)) for _ in range(4)))
    one_byte_chunks = b"".join(chunk(b"IDAT", rows[i : i + 1]) for i in range(len(rows)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 4, 8, 0, 0, 0, 0))
    return {
        "palette8.png": png(8, 2, 8, 3, b"\0" + bytes(range(8)) + b"\0" + bytes(8), palette),
        "palette4.png": png(5, 2, 4, 3, b"\0\x01\x10\x10\0\0\0\x70", palette),
        "palette1.png": png(9, 1, 1, 3, b"\0\xff\x80", chunk(b"PLTE", b"abc")),
        "palette_alpha.png": png(4, 1, 2, 3, b"\0\x1b", palette + chunk(b"tRNS", b"\x07")),
        "palette_adam7.png": png(2, 2, 8, 3, b"\0\0\0\1\0\1\7", palette, 1),
        "palette_none.png": png(4, 1, 8, 3, b"\0\0\0\0\0"),
        "alphas_beyond.png": png(4, 1, 8, 3, b"\0\0\0\0\0", palette + chunk(b"tRNS", b"\1\2\3")),
        "grey_alpha_color.png": png(4, 1, 4, 0, b"\0\x12\x34", chunk(b"tRNS", b"\0\3")),
        "long_stream.png": png(16, 16, 1, 0, bytes(300_000)),
        "claim_rgba16.png": png(16384, 16384, 16, 6, bytes(1000)),
        "claim_adam7.png": png(16384, 16384, 1, 0, bytes(1000), interlaced=1),
        "cut_stream.png": png(400, 400, 8, 2, b"\0" + bytes(3000)),
        "texts.png": png(4, 1, 8, 0, bytes(5), chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(9999))) * 20),
        "one_byte_chunks.png": b"\x89PNG\r\n\x1a\n" + header + one_byte_chunks + chunk(b"IEND", b""),
    }


def bmp(width: int, height: int, bits: int, colors: bytes, pixels: bytes, offset: int | None = None) -> bytes:
    start = 54 + len(colors) if offset is None else offset
    sizes = struct.pack("<IIIIiiHHIIIIII", start + len(pixels), 0, start, 40, width, height, 1, bits, 0, 0, 0, 0, 0, 0)
    return b"BM" + sizes + colors + pixels


def bmps() -> dict[str, bytes]:
    colors = b"abc\0def\0"
    return {
        "palette8.bmp": bmp(4, 2, 8, colors, b"\0\1\2\3" * 2),
        "palette4.bmp": bmp(5, 2, 4, colors, b"\x01\x10\x10\0\x01\x10\x70\0"),
        "palette1.bmp": bmp(9, 1, 1, colors[:4], b"\0\x80\0\0"),
        "palette_within_headers.bmp": bmp(4, 4, 8, b"", bytes(64), 20),
        "claim.bmp": bmp(30000, 30000, 1, colors, bytes(64)),
    }


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(process: int, width: int, height: int, sampling: bytes, scans: list[bytes]) -> bytes:
    """Huffman tables of one code, the bit 0: no difference, end of block."""
    one_code = bytes([1] + [0] * 15) + b"\0"
    frame = struct.pack(">BHHB", 8, height, width, len(sampling))
    frame += b"".join(bytes([i + 1, factors, 0]) for i, factors in enumerate(sampling))
    tables = segment(0xC4, b"\x00" + one_code) + segment(0xC4, b"\x10" + one_code)
    start = b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC0 + process, frame) + tables
    return start + b"".join(scans) + b"\xff\xd9"


def scan(components: list[int], first: int, last: int, bits: int, data: bytes) -> bytes:
    names = b"".join(bytes([component, 0]) for component in components)
    return segment(0xDA, bytes([len(components)]) + names + bytes([first, last, bits])) + data


def jpegs() -> dict[str, bytes]:
    gray, three, four = b"\x11", b"\x11" * 3, b"\x11" * 4
    empty = scan([1], 1, 63, 0x10, b"\x3f")
    progressive = [scan([1], 0, 0, 0, b"\x7f"), scan([1], 1, 63, 0, b"\x3f")]
    apart = [scan([i], 0, 63, 0, b"\x00") for i in (1, 2, 3)]
    adobe = b"".join([b"\xff\xd8", segment(0xEE, b"Adobe\0\x64\0\0\0\0\2")])
    return {
        "empty_scans.jpg": jpeg(2, 8, 8, gray, progressive + [empty] * 100),
        "many_scans.jpg": jpeg(2, 8, 8, gray, progressive + [empty] * 50),
        "claim.jpg": jpeg(0, 16384, 16384, three, [scan([1, 2, 3], 0, 63, 0, b"\x00")]),
        "no_data.jpg": jpeg(0, 400, 400, three, [scan([1, 2, 3], 0, 63, 0, b"\x00")]),
        "coefficients.jpg": jpeg(2, 500, 400, b"\x44\x44\x44\x44", [scan([1], 0, 0, 0, b"\x00")]),
        "apart.jpg": jpeg(0, 10, 10, three, apart),
        "sampling.jpg": jpeg(0, 20, 20, b"\x22\x11\x12", [scan([1, 2, 3], 0, 63, 0, bytes(8))]),
        "one_component_missing.jpg": jpeg(0, 8, 8, three, apart[:2]),
        "inks.jpg": jpeg(0, 8, 8, four, [scan([1, 2, 3, 4], 0, 63, 0, b"\x00\x7f")]),
        "inks_adobe.jpg": adobe + jpeg(0, 8, 8, four, [scan([1, 2, 3, 4], 0, 63, 0, b"\x00\x7f")])[2:],
        "arithmetic.jpg": jpeg(10, 8, 8, gray, progressive),
        "segments.jpg": b"\xff\xd8" + segment(0xE1, b"Exif\0\0") * 200 + jpeg(0, 8, 8, gray, [apart[0]])[2:],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=REPOSITORY / "tests/fuzz/corpus/load_picture")
    folder = parser.parse_args().output
    for name, content in {**pngs(), **bmps(), **jpegs(), "claim.ppm": b"P6 16384 16384 255\n" + bytes(9)}.items():
        (folder / f"hostile_{name}").write_bytes(content)


if __name__ == "__main__":
    main()
