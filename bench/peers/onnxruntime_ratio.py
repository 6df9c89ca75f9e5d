"""Times a network in ochre and in ONNX Runtime, alternately, on the same weights and input.

    python bench/peers/onnxruntime_ratio.py build/tools/ochre --network eccv16 --size 256 --threads 2

The network's text is built in PyTorch (tools/train/network.py) with seeded random weights, saved as an ochre model and
exported to ONNX. Both outputs are compared first. Then each engine runs in turn, `--rounds` times; the table shows the
medians of each round and their ratio. Needs torch, onnx, onnxruntime, safetensors, numpy.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools" / "train"))

from network import Network, network_text  # noqa: E402


def make_network(name: str) -> tuple[Network, str]:
    """The network with He-scaled kernels and batch-norm statistics off their defaults."""
    text = network_text(name)
    network = Network(text).eval()
    generator = torch.Generator().manual_seed(1)
    for key, tensor in network.state_dict().items():
        if tensor.dim() == 4:
            products = tensor[0].numel()
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * (2 / products) ** 0.5)
        elif key.endswith("running_var"):
            tensor.copy_(1 + 0.2 * torch.rand(tensor.shape, generator=generator))
        elif tensor.dtype.is_floating_point and not key.endswith(".weight"):
            tensor.copy_(0.1 * torch.randn(tensor.shape, generator=generator))
    return network, text


def save_model(network: Network, text: str, path: Path) -> None:
    tensors = {k: v.contiguous() for k, v in network.state_dict().items()
               if not k.endswith("num_batches_tracked")}
    save_file(tensors, path, metadata={"format": "ochre 1", "network": text})


def make_session(network: Network, shape: tuple[int, ...], threads: int, path: Path):
    torch.onnx.export(network, (torch.zeros(shape),), path, input_names=["input"], dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def time_session(session, x: np.ndarray, runs: int) -> float:
    """Median milliseconds, after two runs to warm up."""
    times = []
    for _ in range(runs + 2):
        begin = time.perf_counter()
        session.run(None, {"input": x})
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times[2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ochre", type=Path, help="the program")
    parser.add_argument("--network", default="eccv16")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=9, help="runs a round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        network, text = make_network(options.network)
        channels = 4 if options.network == "siggraph17" else 1
        shape = (1, channels, options.size, options.size)
        x = (np.random.default_rng(2).random(shape) * (100 if channels == 1 else 1)).astype(np.float32)
        save_model(network, text, folder / "model.safetensors")
        session = make_session(network, shape, options.threads, folder / "model.onnx")

        np.save(folder / "x.npy", x)
        subprocess.run([options.ochre, "run", folder / "model.safetensors", "--input",
                        folder / "x.npy", "--output", folder / "y.npy", "--threads",
                        str(options.threads)], check=True)
        ours = np.load(folder / "y.npy")
        theirs = session.run(None, {"input": x})[0]
        error = np.abs(ours - theirs).max() / np.abs(theirs).max()
        print(f"largest difference / largest value: {error:.2e}")
        if not error < 1e-4:
            sys.exit("the outputs differ: nothing to compare")

        ratios = []
        print(f"{options.network} {options.size}x{options.size}, {options.threads} threads, "
              f"median of {options.runs} runs")
        for _ in range(options.rounds):
            bench = subprocess.run(
                [options.ochre, "bench", "--model", folder / "model.safetensors", "--size",
                 str(options.size), "--threads", str(options.threads), "--runs", str(options.runs),
                 "--json"], check=True, capture_output=True, text=True)  # fmt: skip
            ochre_ms = json.loads(bench.stdout)["median_ms"]
            ort_ms = time_session(session, x, options.runs)
            ratios.append(ochre_ms / ort_ms)
            print(f"  ochre {ochre_ms:7.1f} ms   ONNX Runtime {ort_ms:7.1f} ms   "
                  f"ochre / ONNX Runtime {ratios[-1]:.2f}")
        print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
