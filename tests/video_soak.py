#!/usr/bin/env python3
"""Colours a stream of many frames: does memory stay flat, is each switch to infrared and back found within a second, and
none that was not there? tests/video_soak.py PROGRAM [--frames N] [--width W] [--height H] [--infrared]

The stream is made on the way: a camera that stands still, under noise, for 400 frames; pans for 100; and cuts to
another place, which here and there looks much like it. With --infrared it is in colour for 1,000 frames, grey for
1,000, and so on. Ends with 1 if anything is wrong. Needs nothing but Python and Linux.
"""
import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

STAND, PAN, PART = 400, 100, 1000  # frames


class Place:
    """A landscape of soft blobs with details on them, twice as wide as a frame, and its colours."""

    def __init__(self, width, height, seed):
        self.width, self.height = width, height
        rng = random.Random(seed)
        self.luma = [bytes(value + rng.randrange(-20, 21) for value in row)
                     for row in self.plane(2 * width, height, 40, 200, rng)]
        self.cb, self.cr = (self.plane(width, height // 2, 90, 166, rng) for _ in range(2))

    @staticmethod
    def plane(width, height, low, high, rng):
        """Rows of values between two levels, that change slowly."""
        step = 16
        columns, rows = width // step + 2, height // step + 2
        grid = [[rng.uniform(low, high) for _ in range(columns)] for _ in range(rows)]
        plane = []
        for y in range(height):
            row, down = divmod(y, step)
            edge = [a + (b - a) * down / step for a, b in zip(grid[row], grid[row + 1])]
            plane.append(bytes(int(edge[x // step] + (edge[x // step + 1] - edge[x // step]) * (x % step) / step)
                               for x in range(width)))
        return plane

    def luma_at(self, shift):
        return b"".join(row[shift : shift + self.width] for row in self.luma)

    def chroma_at(self, shift):
        half = self.width // 2
        return b"".join(row[shift // 2 : shift // 2 + half] for plane in (self.cb, self.cr) for row in plane)


def frames(count, width, height, infrared):
    """Each frame's bytes. Noise: an exclusive or with low bits, in one operation on a whole number."""
    places = [Place(width, height, seed) for seed in range(4)]
    rng = random.Random(0)
    noise = [int.from_bytes(bytes(rng.choice((0, 0, 1, 2, 3)) for _ in range(width * height)), "big") for _ in range(16)]
    gray = bytes([128]) * (2 * ((width // 2) * (height // 2)))
    for number in range(count):
        scene, at = divmod(number, STAND + PAN)
        shift = max(0, at - STAND) * width // (2 * PAN) * 2
        place = places[scene % len(places)]
        luma = int.from_bytes(place.luma_at(shift), "big") ^ noise[rng.randrange(16)]
        in_color = infrared and number // PART % 2 == 0
        yield luma.to_bytes(width * height, "big") + (place.chroma_at(shift) if in_color else gray)


def resident_kb(process):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def color(options, report):
    """Runs the program; returns its exit code, the frames that came back, and resident memory every 100 frames."""
    command = [options.program, "video", "-", "-o", "-", "--quiet", "--json", report]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    size = options.width * options.height * 3 // 2
    count = 0
    kilobytes = []

    def drain():
        nonlocal count
        process.stdout.readline()
        while len(process.stdout.read(len(b"FRAME\n") + size)) == len(b"FRAME\n") + size:
            count += 1

    reader = threading.Thread(target=drain)
    reader.start()
    header = f"YUV4MPEG2 W{options.width} H{options.height} F25:1 Ip A1:1 C420jpeg\n"
    process.stdin.write(header.encode())
    for number, frame in enumerate(frames(options.frames, options.width, options.height, options.infrared)):
        process.stdin.write(b"FRAME\n" + frame)
        if number % 100 == 99:
            kilobytes.append(resident_kb(process))
    process.stdin.close()
    reader.join()
    return process.wait(), count, kilobytes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--height", type=int, default=112)
    parser.add_argument("--infrared", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = str(Path(folder) / "report.json")
        code, count, kilobytes = color(options, report)
        told = json.loads(Path(report).read_text())
    settled = len(kilobytes) // 4
    before, after = max(kilobytes[:settled]), max(kilobytes[settled:])
    switches = [event["frame"] for event in told["events"] if event["kind"].startswith("infrared")]
    expected = list(range(PART, options.frames, PART)) if options.infrared else []
    late = [found - true for found, true in zip(switches, expected)]
    cuts = [event["frame"] for event in told["cuts"]]
    scenes = list(range(STAND + PAN, options.frames, STAND + PAN))
    checks = {
        f"ends with 0, found {code}": code == 0,
        f"{options.frames} frames come out, found {count}": count == options.frames,
        f"memory is flat, found {before} kB and then {after} kB": after <= before * 1.02,
        f"cuts where there are some, of {len(scenes)} found {len(cuts)}": set(cuts) <= set(scenes) and bool(cuts),
        f"{len(expected)} switches of infrared, found {len(switches)}, late by {max(late, default=0)} frames at most":
            len(switches) == len(expected) and all(0 <= frames_late <= 25 for frames_late in late),
    }
    for what, holds in checks.items():
        print(("ok    " if holds else "WRONG ") + what)
    print(f"{told['fps']:.0f} frames/s, {told['predicted']} looks of the network")
    print(f"{sum(checks.values())} passed, {len(checks) - sum(checks.values())} failed")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
