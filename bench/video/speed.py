"""How fast `ochre video` is from y4m to y4m, beside ffmpeg's hqdn3d filter on the same frames in the same run.

    python bench/video/speed.py build/tools/ochre CLIP [--frames 200] [--rounds 3]

CLIP: a video of a moving scene. It is brought to 1920x1080 and to 640x480; the static camera is its first frame with
noise of sigma 1.5 on each frame.
"""
import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path

import numpy


def ffmpeg_seconds(*options):
    """Wall time that ffmpeg says it took."""
    command = ["ffmpeg", "-v", "info", "-nostdin", "-benchmark", *options]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return float(re.search(r"rtime=([0-9.]+)s", text).group(1))


def write_moving(clip, size, frames, path):
    width, height = size
    loop = ["-stream_loop", "-1", "-i", clip, "-frames:v", str(frames), "-vf", f"scale={width}:{height}"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", *loop, "-pix_fmt", "yuv420p", "-strict", "-1", path],
                   check=True)


def write_static(moving, size, frames, path):
    width, height = size
    with open(moving, "rb") as file:
        head = file.readline()
        file.readline()
        luma = numpy.frombuffer(file.read(width * height), numpy.uint8).astype(numpy.float32)
    random = numpy.random.default_rng(1)
    noise = random.normal(0.5, 1.5, (8, width * height)).astype(numpy.float32)
    chroma = bytes([128]) * (width * height // 2)
    with open(path, "wb") as file:
        file.write(head)
        for number in range(frames):
            shifted = numpy.roll(noise[number % 8], 977 * number)
            file.write(b"FRAME\n" + numpy.clip(luma + shifted, 0, 255).astype(numpy.uint8).tobytes() + chroma)


def color(program, path, report):
    command = [program, "video", path, "-o", "-", "--quiet", "--recolour", "--json", report]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads(Path(report).read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("clip")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| | frames/s | looks | outside the network, ms | hqdn3d, ms | resident, MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for size in ((1920, 1080), (640, 480)):
            paths = {kind: str(Path(folder) / f"{kind}.y4m") for kind in ("moving", "static")}
            write_moving(options.clip, size, options.frames, paths["moving"])
            write_static(paths["moving"], size, options.frames, paths["static"])
            for kind, path in paths.items():
                rounds = []
                for _ in range(options.rounds):
                    report = color(options.program, path, str(Path(folder) / "report.json"))
                    filtered = ffmpeg_seconds("-i", path, "-vf", "hqdn3d", "-f", "null", "-")
                    plain = ffmpeg_seconds("-i", path, "-f", "null", "-")
                    per_frame = 1e3 / report["frames"]
                    rounds.append((report["fps"], report["predicted"],
                                   (report["seconds"] - report["network_seconds"]) * per_frame,
                                   (filtered - plain) * per_frame, report["peak_rss_bytes"] / 1e6))
                fps, looks, outside, filter_ms, resident = numpy.median(numpy.array(rounds), 0)
                print(f"| {size[0]}x{size[1]}, {kind} | {fps:.0f} | {looks:.0f} of {options.frames} | {outside:.1f} | "
                      f"{filter_ms:.1f} | {resident:.0f} |", flush=True)
            for path in paths.values():
                Path(path).unlink()


main()
