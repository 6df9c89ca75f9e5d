"""One peer in a process of its own, so that memory and loading time are its own.

    python bench/peers/worker.py ENGINE FOLDER THREADS

Loads the network of FOLDER (networks.py), runs it once, writes the output to FOLDER/output.npy and
says so; then answers each line of standard input: a number of runs, with their median after one run
to warm up. An answer is one line of JSON on standard output. compare.py is the other side.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import re
import signal
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from engines import ENGINES


def peak_rss_mb() -> float:
    """Of this program alone; getrusage()'s maximum begins with that of the process before it."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status).group(1)) * 1024 / 1e6


def end_with_parent() -> None:
    """compare.py stops this process between its turns; if it is killed then, nobody would go on."""
    PR_SET_PDEATHSIG = 1  # linux/prctl.h
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    name, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    end_with_parent()
    # Engines print, too: what they say goes to standard error, the answers where it went before.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**facts) -> None:
        print(json.dumps(facts), file=answers, flush=True)

    engine = ENGINES[name]
    x = np.load(folder / "input.npy")
    importlib.import_module(engine.module)  # loading does not count Python's import
    begin = time.perf_counter()
    run = engine.load(folder, threads)
    y = run(x)
    load_s = time.perf_counter() - begin
    np.save(folder / "output.npy", y)
    answer(version=version(engine.package), load_s=load_s, peak_rss_mb=peak_rss_mb())

    for line in sys.stdin:
        run(x)
        times = []
        for _ in range(int(line)):
            begin = time.perf_counter()
            run(x)
            times.append(time.perf_counter() - begin)
        answer(ms=1e3 * statistics.median(times), peak_rss_mb=peak_rss_mb())


if __name__ == "__main__":
    main()
