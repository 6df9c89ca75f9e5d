"""sRGB -> Lab -> sRGB of a 1920x1080 frame: ochre beside scikit-image, CPU time of one core.

    python bench/color/compare_scikit.py build/bench/bench_color [--rounds 5]
"""

import argparse
import json
import os
import subprocess
import time

import numpy as np
from skimage import color

WIDTH, HEIGHT = 1920, 1080


def frame() -> np.ndarray:
    """The frame of bench/color.cpp, byte for byte."""
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    noise = (x * 7919 + y * 104729) % 31
    ramps = (x * 200 // WIDTH, y * 200 // HEIGHT, (x + y) * 200 // (WIDTH + HEIGHT))
    return np.stack([(ramp + noise) % 256 for ramp in ramps], -1).astype(np.uint8)


def scikit_ms(rgb: np.ndarray) -> float:
    start = time.process_time()
    back = color.lab2rgb(color.rgb2lab(rgb))
    elapsed = time.process_time() - start
    assert np.array_equal(np.round(back * 255).astype(np.uint8), rgb)
    return elapsed * 1e3


def ochre_ms(program: str) -> float:
    command = [program, "--benchmark_filter=^lab_round_trip$", "--benchmark_format=json"]
    report = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    (run,) = report["benchmarks"]
    assert not run.get("error_occurred"), run["error_message"]
    assert run["time_unit"] == "ms"
    return run["cpu_time"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the program inherits it
    rgb = frame()
    rounds = [(scikit_ms(rgb), ochre_ms(arguments.program)) for _ in range(arguments.rounds)]
    scikit, ochre = np.median(rounds, axis=0)
    ratios = sorted(theirs / ours for theirs, ours in rounds)
    print(f"CPU time, medians of {len(rounds)}: scikit-image {scikit:.0f} ms, ochre {ochre:.1f} ms")
    print(f"{np.median(ratios):.0f} times as fast (rounds: {ratios[0]:.0f} to {ratios[-1]:.0f})")


if __name__ == "__main__":
    main()
