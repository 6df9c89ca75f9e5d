"""What `ochre video` makes of clips whose colours are known: steadiness, a scene that stands still, day that teaches night.

    python bench/video/quality.py build/tools/ochre CLIP... [--frames 240] [--stills FOLDER]

CLIP: a video in colour, or a pattern of pictures in quotes ("frames/*.jpg"). Each is coloured from its luma alone, by
default and frame by frame (`--steadiness 0 --every-frame`); then once more with its first half in colour.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy

from frames import cdc, flicker, lab_of, psnr, read_clip, read_y4m, surface_scores

SETTLED = 50  # frames, after which a scene is judged


def colored(program, frames, folder, options=(), gray_from=0):
    frames.write_y4m(folder / "in.y4m", gray_from=gray_from)
    command = [program, "video", folder / "in.y4m", "-o", folder / "out.y4m", "--quiet", "--json", folder / "out.json"]
    subprocess.run([*command, *options], check=True)
    out = read_y4m(folder / "out.y4m")
    assert len(out) == len(frames) and (out.y == frames.y).all(), "the luma is not what it was"
    return out, json.loads((folder / "out.json").read_text())


def scene(out, truth):
    first = min(SETTLED, len(truth) // 3)
    rows = []
    for t in range(first, len(truth), 10):
        rgb, true = out.rgb(t), truth.rgb(t)
        rows.append([psnr(rgb, true), *surface_scores(lab_of(rgb), lab_of(true))])
    return numpy.nanmean(rows, 0)


def judge_clip(program, name, truth, folder):
    single, _ = colored(program, truth, folder, ("--steadiness", "0", "--every-frame"))
    steady, report = colored(program, truth, folder)
    first = min(SETTLED, len(truth) // 3)
    flickers = [flicker(frames, first) for frames in (single, steady)]
    consistency = [cdc(frames, first) for frames in (single, steady)]
    scenes = [scene(frames, truth) for frames in (single, steady)]
    print(f"{name:10} flicker {flickers[0]:.3f} -> {flickers[1]:.3f} ({100 * flickers[1] / flickers[0]:.1f} %), "
          f"CDC {1e3 * consistency[0]:.2f} -> {1e3 * consistency[1]:.2f} e-3, looks {report['predicted']} of {len(truth)}")
    names = ("PSNR", "patchiness", "neutral chroma", "ab error")
    print(" " * 11 + ", ".join(f"{n} {a:.2f} -> {b:.2f}" for n, a, b in zip(names, *scenes)), flush=True)


def judge_night(program, name, truth, folder):
    half = len(truth) // 2
    out, report = colored(program, truth, folder, gray_from=half)
    kept = all((out.cb[t] == truth.cb[t]).all() and (out.cr[t] == truth.cr[t]).all() for t in range(half))
    gains = []
    for t in range(half, len(truth), 4):
        rgb, true = out.rgb(t), truth.rgb(t)
        gray = numpy.repeat(((truth.y[t].reshape(rgb.shape[0], 2, -1, 2).mean((1, 3)) - 16) / 219)[..., None], 3, -1)
        gains.append(psnr(rgb, true) - psnr(numpy.clip(gray, 0, 1), true))
    events = [(event["kind"], event["frame"]) for event in report["events"]]
    print(f"{name:10} day teaches night: {numpy.mean(gains):+.2f} dB over grey, worst frame {min(gains):+.2f}; "
          f"day's own chroma kept: {kept}; events {events}", flush=True)
    return numpy.mean(gains)


def still_with_noise(picture, frames=60, sigma=3.0):
    clip = read_clip(str(picture), 1)
    noise = numpy.random.default_rng(1)
    luma = clip.y[0] + noise.normal(0, sigma, (frames, *clip.y[0].shape))
    clip.y = numpy.clip(luma + 0.5, 0, 255).astype(numpy.uint8)
    clip.cb, clip.cr = (numpy.repeat(plane[:1], frames, 0) for plane in (clip.cb, clip.cr))
    return clip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--stills", type=Path, help="a folder of pictures: flicker under noise of sigma 3")
    options = parser.parse_args()
    clips = {Path(clip).parent.name if "*" in clip else Path(clip).stem: read_clip(clip, options.frames)
             for clip in options.clips}
    with tempfile.TemporaryDirectory() as folder:
        for name, truth in clips.items():
            judge_clip(options.program, name, truth, Path(folder))
        gains = [judge_night(options.program, name, truth, Path(folder)) for name, truth in clips.items()]
        print(f"mean {numpy.mean(gains):+.2f} dB")
        shares = []
        for picture in sorted(options.stills.iterdir())[::12] if options.stills else []:
            still = still_with_noise(picture)
            single, _ = colored(options.program, still, Path(folder), ("--steadiness", "0", "--every-frame"))
            steady, _ = colored(options.program, still, Path(folder))
            shares.append(flicker(steady, 20) / flicker(single, 20))
        if shares:
            print(f"{len(shares)} stills with noise: flicker {100 * numpy.mean(shares):.1f} % of the frame-by-frame "
                  f"one, at most {100 * max(shares):.1f} %")


main()
