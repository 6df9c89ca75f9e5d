"""Writes a network with seeded random weights in every format that an engine reads.

    python bench/peers/networks.py FOLDER --network eccv16 --height 256 --width 256 --format ncnn

FOLDER receives model.safetensors (ochre, PyTorch), input.npy, expected.npy (PyTorch's result in
double precision), network.json (the network's text, its multiply-adds) and the format asked for.
The text is ochre's own, built by tools/train/network.py; tensors are [N, C, H, W]. A file that is
there already stays.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools" / "train"))

from description import network_text  # noqa: E402
from network import Downsample, Network  # noqa: E402


def random_network(text: str) -> Network:
    """He-scaled kernels, and batch-norm statistics off their defaults."""
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
    return network


def load_network(folder: Path) -> Network:
    """The network that is stored in `folder`."""
    network = Network(json.loads((folder / "network.json").read_text())["text"]).eval()
    network.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    return network


def random_input(channels: int, height: int, width: int) -> np.ndarray:
    """Lightness 0 to 100; with four channels normalised, ab over 110 and a mask as siggraph17's."""
    generator = np.random.default_rng(2)
    if channels == 1:
        return (100 * generator.random((1, 1, height, width))).astype(np.float32)
    return (generator.random((1, channels, height, width)) - 0.5).astype(np.float32)


def multiply_adds(network: Network, x: torch.Tensor) -> int:
    """Of all convolutions, computed directly."""
    total = 0

    def count(module: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        nonlocal total
        pixels = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
        total += pixels[0, 0].numel() * module.weight.numel()

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            module.register_forward_hook(count)
    network(x)
    return total


def write_basis(folder: Path, text: str, height: int, width: int) -> None:
    """What every engine needs: the weights, an input and the true output."""
    network = random_network(text)
    tensors = {
        key: tensor.contiguous()
        for key, tensor in network.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    metadata = {"format": "ochre 1", "network": text}
    save_file(tensors, folder / "model.safetensors", metadata=metadata)
    x = random_input(network.description.input_channels, height, width)
    np.save(folder / "input.npy", x)
    network.double()
    np.save(folder / "expected.npy", network(torch.from_numpy(x).double()).numpy())
    macs = multiply_adds(network, torch.from_numpy(x).double())
    description = {"text": text, "macs": macs}
    (folder / "network.json").write_text(json.dumps(description))  # last: all of it is there


def write_onnx(folder: Path) -> None:
    x = torch.from_numpy(np.load(folder / "input.npy"))
    network = load_network(folder)
    for name, module in network.named_modules():
        if isinstance(module, Downsample):  # the same as a pooling, since ncnn has no strided slice
            network.set_submodule(name, nn.MaxPool2d(1, module.stride))
    # The exporter that walks the traced graph: every peer reads what it writes.
    torch.onnx.export(
        network,
        (x,),
        folder / "model.onnx",
        input_names=["input"],
        output_names=["output"],
        dynamo=False,
    )


def convert(folder: Path, command: list[str]) -> None:
    """Runs a converter in `folder`; what it says is shown only if it fails."""
    done = subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")


def write_ncnn(folder: Path) -> None:
    # The program that pip put beside this Python, or one in the path.
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    program = shutil.which("pnnx", path=path) or "pnnx"
    shape = ",".join(str(side) for side in np.load(folder / "input.npy", mmap_mode="r").shape)
    convert(folder, [program, "model.onnx", f"inputshape=[{shape}]", "fp16=0"])
    for by_product in folder.glob("model*pnnx*"):
        by_product.unlink()


def write_mnn(folder: Path) -> None:
    # What the program mnnconvert calls. The program itself also installs a package from the network
    # (and an older protobuf with it) in order to report the conversion to its makers.
    call = "import sys, _tools; _tools.mnnconvert(sys.argv)"
    words = "-f ONNX --modelFile model.onnx --MNNModel model.mnn --bizCode peers"
    convert(folder, [sys.executable, "-c", call, *words.split()])


# Format: what it consists of, who writes it. ncnn and MNN convert the ONNX file.
FORMATS = {
    "onnx": ("model.onnx", write_onnx),
    "ncnn": ("model.ncnn.bin", write_ncnn),
    "mnn": ("model.mnn", write_mnn),
}


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", default="eccv16")
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--format", choices=FORMATS)
    options = parser.parse_args()

    options.folder.mkdir(parents=True, exist_ok=True)
    if not (options.folder / "network.json").exists():
        write_basis(options.folder, network_text(options.network), options.height, options.width)
    for name in dict.fromkeys(["onnx", options.format]) if options.format else []:
        file, write = FORMATS[name]
        if not (options.folder / file).exists():
            write(options.folder)


if __name__ == "__main__":
    main()
