"""Times a network in ochre and in its peers, alternately, on the same weights.

    python bench/peers/compare.py build/tools/ochre --network eccv16

Every engine's output is compared with PyTorch's in double precision before it is timed. Then all
engines take turns, `--rounds` times; the table states medians. README.md says what else is needed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

import chart
import table
from check import LIMITS, largest_error
from contestants import VARIANTS, EngineError, Ochre, Peer
from engines import ENGINES

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
LOADS = 7  # of each engine, in turns


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def words(text: str) -> list[str]:
    return text.split(",")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ochre", type=Path, help="the program")
    parser.add_argument("--network", default="eccv16", choices=["eccv16", "street", "siggraph17"])
    parser.add_argument("--size", type=int, default=256, help="height and width")
    parser.add_argument("--height", type=int)
    parser.add_argument("--width", type=int)
    parser.add_argument("--engines", type=words, default=["ochre", *ENGINES], metavar="A,B",
                        help=", ".join([*VARIANTS, *ENGINES]))  # fmt: skip
    parser.add_argument("--threads", type=words, default=["1", "2"], metavar="N,M")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5, help="runs a round")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", help="keeps the networks' files")
    parser.add_argument("--peak", type=Path, help="bench_peak; default: of the same build")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes all figures")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draws a chart")
    options = parser.parse_args()
    if not options.ochre.is_file():
        parser.error(f"{options.ochre}: found no such program")
    if unknown := [name for name in options.engines if name not in {*VARIANTS, *ENGINES}]:
        parser.error(f"--engines: {unknown[0]} is none of {', '.join([*VARIANTS, *ENGINES])}")
    options.height = options.height or options.size
    options.width = options.width or options.size
    options.peak = options.peak or options.ochre.resolve().parent.parent / "bench" / "bench_peak"
    return options


def network_folder(options: argparse.Namespace, cache: Path) -> Path:
    """Named after all that its files depend on, so that a cache never serves an older network."""
    sources = [
        REPOSITORY / "include" / "ochre" / "models" / f"{options.network}.hpp",
        REPOSITORY / "tools" / "train" / "network.py",
        HERE / "networks.py",
    ]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return cache / f"{options.network}-{options.height}x{options.width}-{digest[:8]}"


def write_networks(options: argparse.Namespace, folder: Path) -> dict[str, str]:
    """Writes what the engines read, each format in a process of its own: a converter that fails
    costs its engines only. Returns engine -> why it cannot be had."""
    command = [sys.executable, "-W", "ignore", HERE / "networks.py", folder,
               "--network", options.network,
               "--height", str(options.height), "--width", str(options.width)]  # fmt: skip
    failures = {}
    formats = {name: ENGINES[name].format if name in ENGINES else "" for name in options.engines}
    for kind in sorted(set(formats.values()) | {""}):
        say(f"writing the network {kind}".rstrip())
        extra = ["--format", kind] if kind else []
        done = subprocess.run([*command, *extra], text=True, capture_output=True)
        if done.returncode and not kind:
            sys.exit(done.stderr)
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1]
            failures |= {name: reason for name, wanted in formats.items() if wanted == kind}
    return failures


def peak_gflops(program: Path, threads: int) -> float | None:
    if not program.is_file():
        return None
    done = subprocess.run([program, str(threads)], text=True, capture_output=True, check=True)
    return float(done.stdout.split()[-1])


def open_engine(name: str, options: argparse.Namespace, folder: Path, threads: int) -> Peer | Ochre:
    """The engine, loaded and found right; raises EngineError."""
    if name in VARIANTS:
        engine = Ochre(name, options.ochre.resolve(), folder, threads)
    else:
        engine = Peer(name, folder, threads)
    engine.max_error = largest_error(engine.output, np.load(folder / "expected.npy"))
    limit = LIMITS["bf16" if engine.bf16 else "fp32"]
    say(f"{name}: loaded in {engine.load_s:.2f} s, max error / max value {engine.max_error:.1e}, may be {limit:.0e}")
    if not engine.max_error <= limit:
        engine.close()
        raise EngineError(f"max error / max value is {engine.max_error:.1e}, may be {limit:.0e}")
    return engine


def time_engines(options: argparse.Namespace, folder: Path, threads: int, results: dict) -> None:
    """Times all engines that are not left out on `threads` threads, in turns; adds to `results`."""
    engines, times, loads, peaks = {}, {}, {}, []
    with contextlib.ExitStack() as stack:
        for number in range(LOADS):
            # Each time in another order: how fast memory is to be had depends on who gave it back.
            for name in random.Random(number).sample(options.engines, len(options.engines)):
                with leaving_out(name, results):
                    if name in results["left_out"]:
                        continue
                    engine = open_engine(name, options, folder, threads)
                    loads.setdefault(name, []).append(engine.load_s)
                    if number < LOADS - 1:
                        engine.close()
                        continue
                    stack.callback(engine.close)
                    engines[name], times[name] = engine, []
        engines = {name: engines[name] for name in options.engines if name in engines}
        for number in range(options.rounds):
            for name in engines:
                with leaving_out(name, results):
                    if name not in results["left_out"]:
                        times[name].append(engines[name].run(options.runs))
            peaks.append(peak_gflops(options.peak, threads))
            turns = [f"{name} {ms[number]:.1f}" for name, ms in times.items() if len(ms) > number]
            say(f"threads {threads}, round {number + 1}/{options.rounds}, ms: {', '.join(turns)}")
    results["peak_gflops"][str(threads)] = max(peaks) if None not in peaks else None
    for name, engine in engines.items():
        row = results["engines"].setdefault(name, {"max_error": 0.0, "ms": {}})
        row |= {"title": engine.title, "ours": name in VARIANTS, "bf16": engine.bf16}
        row["max_error"] = max(row["max_error"], engine.max_error)
        row["load_s"] = statistics.median(loads[name])  # of the last number of threads, as the memory
        row["peak_rss_mb"] = engine.peak_rss_mb
        row["ms"][str(threads)] = times[name]


@contextlib.contextmanager
def leaving_out(name: str, results: dict):
    """An engine that fails is left out, and the others go on."""
    try:
        yield
    except EngineError as error:
        say(f"{name}: left out: {error}")
        results["left_out"][name] = str(error)


def processor() -> str:
    match = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return match.group(1) if match else platform.machine()


def compare(options: argparse.Namespace, cache: Path) -> dict:
    """All figures; table.py says what they mean."""
    folder = network_folder(options, cache)
    results = {
        "network": options.network,
        "height": options.height,
        "width": options.width,
        "processor": processor(),
        "date": date.today().isoformat(),
        "threads": options.threads,
        "rounds": options.rounds,
        "runs_a_round": options.runs,
        "peak_gflops": {},
        "engines": {},
        "left_out": write_networks(options, folder),
    }
    results["gmac"] = json.loads((folder / "network.json").read_text())["macs"] / 1e9
    for threads in options.threads:
        time_engines(options, folder, int(threads), results)
    for name in results["left_out"]:
        results["engines"].pop(name, None)
    return results


def main() -> None:
    options = parse_arguments()
    with contextlib.ExitStack() as stack:
        cache = options.cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        results = compare(options, cache.resolve())
    print(table.text(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    if options.svg:
        chart.draw(results, options.svg)
    if results["left_out"]:
        sys.exit(f"left out: {', '.join(results['left_out'])}")


if __name__ == "__main__":
    main()
