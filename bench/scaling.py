"""How a network's time falls with more threads, and what would hold it back on a larger machine.

    python bench/scaling.py build/tools/ochre --network eccv16

One thread and all of this machine take turns, so that both meet the same weather; a layer's time is its fastest run,
of each turn, the median of the turns. Amdahl's law says which share s of one thread's time would have to be serial to
explain the time on n threads, s = (n·t_n / t_1 - 1) / (n - 1); it also holds what the threads take from each other
(caches, memory, clock), so a layer that is computed by one thread alone is seen by its own s, near 1. The FMA peak,
measured between the turns, does nothing but compute: its s is the machine's. Needs no package.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
from pathlib import Path

SERIAL = 0.5  # a layer with a larger s counts as serial


def serial_share(alone: float, together: float, threads: int) -> float:
    return (threads * together / alone - 1) / (threads - 1)


def run(*words) -> str:
    return subprocess.run([str(word) for word in words], check=True, text=True, stdout=subprocess.PIPE).stdout


def bench(options: argparse.Namespace, threads: int) -> dict:
    """`ochre bench` on so many threads, which checks its output itself."""
    return json.loads(run(options.ochre, "bench", "--json", "--quiet", "--layers", "--threads", threads, "--runs",
                          options.runs, "--size", options.size, "--network", options.network))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ochre", type=Path)
    parser.add_argument("--network", default="eccv16")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    threads = os.cpu_count() or 1
    peak_program = options.ochre.parent.parent / "bench/bench_peak"
    if threads < 2:
        parser.error("this machine has one core")
    if not peak_program.exists():
        parser.error(f"{peak_program}: not there; it is built with ochre's benchmarks")

    turns: dict[int, list[dict]] = {1: [], threads: []}
    peaks: dict[int, list[float]] = {1: [], threads: []}
    for _ in range(options.rounds):
        for count in turns:
            turns[count].append(bench(options, count))
        for count, value in re.findall(r"threads: (\d+), GFLOP/s: ([\d.]+)", run(peak_program)):
            peaks[int(count)].append(float(value))

    def row(title: str, values: list[tuple[float, float]]) -> tuple[float, float]:
        alone, together = (statistics.median(column) for column in zip(*values))
        share = serial_share(alone, together, threads)
        print(f"| {title} | {alone:.2f} | {together:.2f} | {alone / together:.2f} | {100 * share:.0f} % |")
        return alone, share

    def layers(turn: dict) -> dict[str, float]:
        return {f"{layer['name'] or '-'}, {layer['algorithm']}": layer["min_ms"] for layer in turn["layers"]}

    print(f"{options.network}, {options.size}x{options.size}, {turns[1][0]['isa']}; medians of {options.rounds} turns")
    print(f"\n| | 1 thread, ms | {threads} threads, ms | times as fast | serial, by Amdahl |\n|---|---|---|---|---|")
    serial = total = 0.0
    tables = {count: [layers(turn) for turn in turns[count]] for count in turns}
    for title in tables[1][0]:
        alone, share = row(title, [(a[title], b[title]) for a, b in zip(tables[1], tables[threads])])
        serial += alone if share > SERIAL else 0
        total += alone
    row("**all**", [(a["median_ms"], b["median_ms"]) for a, b in zip(turns[1], turns[threads])])
    row("FMA peak, the same work", [(100.0, 100 * alone / together) for alone, together in zip(peaks[1], peaks[threads])])
    print(f"\nIn layers that one thread computes alone: {100 * serial / total:.1f} % of one thread's time.")


if __name__ == "__main__":
    main()
