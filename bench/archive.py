"""How much of the engine's own throughput `ochre colorize` reaches on a folder of many pictures.

    python bench/archive.py build/tools/ochre FOLDER --pictures 1000

The folder's pictures are repeated, by links, up to --pictures. Per picture the engine alone takes what `ochre bench`
measures at the picture's working size, the mean over all pictures; the program reads, colours and writes JPEG, its start
counts. Both take turns, and the best of each is compared: what else the machine does only ever takes away. The engine
has all threads on one picture, or with --apart there is one engine of one thread on each core at once, which is the
most that the machine gives. Needs no package.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

Size = tuple[int, int]  # height, width

JPEG_SIZES = {0xC0, 0xC1, 0xC2}  # frame headers: baseline, extended, progressive
MULTIPLE = 16  # of a working size (color/working_size.hpp)


def jpeg_size(data: bytes) -> Size:
    at = 2
    while data[at + 1] not in JPEG_SIZES:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")


def picture_size(path: Path) -> Size:
    data = path.read_bytes()
    if data.startswith(b"\x89PNG"):
        return int.from_bytes(data[20:24], "big"), int.from_bytes(data[16:20], "big")
    if data.startswith(b"\xff\xd8"):
        return jpeg_size(data)
    sys.exit(f"{path}: found neither PNG nor JPEG, expected one of them")


def working_size(picture: Size, size: int) -> Size:
    """What the network sees of a picture, as color/working_size.hpp has it."""
    factor = min(size / min(picture), 4 * size / max(picture))
    height, width = (max(1, int(side * factor / MULTIPLE + 0.5)) * MULTIPLE for side in picture)
    return height, width


def run(*words) -> str:
    return subprocess.run([str(word) for word in words], check=True, text=True, stdout=subprocess.PIPE).stdout


def start_bench(options: argparse.Namespace, size: Size, threads: int) -> subprocess.Popen:
    words = [options.ochre, "bench", "--model", options.model, "--height", size[0], "--width", size[1], "--threads",
             threads, "--runs", options.runs, "--json", "--quiet"]  # fmt: skip
    return subprocess.Popen([str(word) for word in words], text=True, stdout=subprocess.PIPE)


def engine_rate(options: argparse.Namespace, size: Size) -> float:
    """Pictures of that size a second, of the engine alone."""
    engines = options.threads if options.apart else 1
    started = [start_bench(options, size, options.threads // engines) for _ in range(engines)]
    reports = [json.loads(engine.communicate()[0]) for engine in started]
    if not all(report["checked"] for report in reports):
        sys.exit("the engine's output does not hold")
    return sum(1000 / report["median_ms"] for report in reports)


def throughput(rates: dict[Size, float], sizes: collections.Counter) -> float:
    return sizes.total() / sum(count / rates[size] for size, count in sizes.items())


def program_throughput(options: argparse.Namespace, pictures: Path, output: Path) -> float:
    begin = time.perf_counter()
    run(options.ochre, "colorize", pictures, "-o", output, "--suffix", ".jpg", "--model", options.model, "--threads",
        options.threads, "--quiet")  # fmt: skip
    seconds = time.perf_counter() - begin
    made = list(output.iterdir())
    if len(made) != options.pictures:
        sys.exit(f"{output}: found {len(made)} pictures, expected {options.pictures}")
    for path in made:
        path.unlink()
    return options.pictures / seconds


def repeat_pictures(options: argparse.Namespace, folder: Path) -> collections.Counter:
    """Links in `folder`, and how often each working size occurs."""
    originals = sorted(path for path in options.folder.iterdir() if path.suffix.lower() in {".png", ".jpg", ".jpeg"})
    if not originals:
        sys.exit(f"{options.folder}: found no PNG or JPEG, expected pictures")
    sizes = [working_size(picture_size(path), options.size) for path in originals]
    counts: collections.Counter = collections.Counter()
    folder.mkdir()
    for i in range(options.pictures):
        original = originals[i % len(originals)]
        os.symlink(original.resolve(), folder / f"{i:06}{original.suffix}")
        counts[sizes[i % len(originals)]] += 1
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ochre", type=Path)
    parser.add_argument("folder", type=Path, help="PNG and JPEG pictures")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--size", type=int, default=256, help="the model's working size")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=10, help="of the engine, for each size and round")
    parser.add_argument("--apart", action="store_true", help="an engine of one thread on each core at once")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        sizes = repeat_pictures(options, Path(temporary) / "in")
        best: dict[Size, float] = {}
        program = []
        for _ in range(options.rounds):
            rates = {size: engine_rate(options, size) for size in sizes}
            best = {size: max(rate, best.get(size, 0)) for size, rate in rates.items()}
            program.append(program_throughput(options, Path(temporary) / "in", Path(temporary) / "out"))
            print(f"engine {throughput(rates, sizes):.1f}, colorize {program[-1]:.1f} pictures/s", flush=True)
    engine = throughput(best, sizes)
    mode = f"{options.threads} engines of one thread" if options.apart else f"one engine of {options.threads} threads"
    print(f"{options.pictures} pictures of {len(sizes)} working sizes; {mode}: {engine:.1f} pictures/s")
    print(f"colorize: {max(program):.1f} pictures/s, {100 * max(program) / engine:.0f} % of it")


if __name__ == "__main__":
    main()
