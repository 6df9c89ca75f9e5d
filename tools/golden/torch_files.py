"""Writes tests/data/import/torch/: small PyTorch files by torch.save itself, in both serialisations, and what they hold.

    python tools/golden/torch_files.py [--output tests/data/import/torch] [--corpus tests/fuzz/corpus/torch_file]
    python tools/golden/torch_files.py --full FOLDER

`<content>.safetensors` holds the tensors that every `<content>_<form>.pth` must give. Forms that today's torch.save does
not write (big-endian, ZIP64, data descriptors, views of storages) are built byte by byte, and torch.load must read the
same numbers out of them. `refused_*.pth` must be refused. The other call writes files of the official networks' sizes,
from random weights, and prints how far their sizes are from the official ones (torch 2.13, safetensors 0.8).
"""

from __future__ import annotations

import argparse
import io
import pickle
import struct
import sys
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

REPOSITORY = Path(__file__).resolve().parents[2]

OFFICIAL_BYTES = {"eccv16": 128_976_165, "siggraph17": 136_787_426}


def saved(value, **options) -> bytes:
    """What torch.save writes. Only for files is the archive called after the file; here it is `archive`."""
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def legacy(value, **options) -> bytes:
    return saved(value, _use_new_zipfile_serialization=False, **options)


def loaded(data: bytes):
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=False)


def must_be_same(actual: dict, expected: dict) -> None:
    assert list(actual) == list(expected), (list(actual), list(expected))
    for name, tensor in expected.items():
        same = actual[name].detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
        assert actual[name].dtype == tensor.dtype and actual[name].shape == tensor.shape, name
        assert same == tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes(), name


class Unseekable(io.RawIOBase):
    """A stream, so that zipfile cannot go back to write sizes, and writes data descriptors."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.data += bytes(data)
        return len(data)


def rewritten(data: bytes, change=lambda name, content: content, method=zipfile.ZIP_STORED, stream=None) -> bytes:
    """The zip archive again by Python's zipfile, its contents changed by `change`."""
    stream = stream or io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w", method) as target:
        for name in source.namelist():
            content = change(name.split("/", 1)[1], source.read(name))
            if content is not None:
                entry = zipfile.ZipInfo(name)
                entry.compress_type = method
                with target.open(entry, "w", force_zip64=zipfile.ZIP64_LIMIT == 0) as out:
                    out.write(content)
    return stream.data if isinstance(stream, Unseekable) else stream.getvalue()


def zip64(data: bytes) -> bytes:
    """With every size and offset in 64-bit fields, as if the archive were larger than 4 GiB."""
    limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 0
    try:
        return rewritten(data)
    finally:
        zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits


def big_endian(data: bytes, tensors: dict) -> bytes:
    """As a big-endian machine writes it. For tensors in order of their storages' keys, one storage each."""
    sizes = {str(i): tensor.element_size() for i, tensor in enumerate(tensors.values())}
    sizes = {key: 4 if size == 8 and list(tensors.values())[int(key)].is_complex() else size
             for key, size in sizes.items()}

    def change(name: str, content: bytes) -> bytes:
        if name == "byteorder":
            return b"big"
        if not name.startswith("data/"):
            return content
        size = sizes[name.removeprefix("data/")]
        return b"".join(content[i : i + size][::-1] for i in range(0, len(content), size))

    return rewritten(data, change)


class Views:
    """A legacy stream in which two tensors' storages are views of one, as PyTorch wrote them until 0.4."""

    def __init__(self, tensors: dict, root: torch.Tensor, offsets: dict):
        self.tensors, self.root, self.offsets = tensors, root, offsets

    def write(self) -> bytes:
        stream = io.BytesIO()
        for part in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
            pickle.dump(part, stream, protocol=2)
        root, offsets = self.root, self.offsets

        class Storage:
            def __init__(self, view_key: str, offset: int, size: int):
                self.view = (view_key, offset, size)

        class Tensor:
            def __init__(self, storage: Storage, shape, stride):
                self.arguments = (storage, 0, shape, stride)

            def __reduce__(self):
                return torch._utils._rebuild_tensor, self.arguments

        class Pickler(pickle.Pickler):
            def persistent_id(self, value):
                if not isinstance(value, Storage):
                    return None
                return ("storage", torch.FloatStorage, "1000", "cpu", root.numel(), value.view)

        state = OrderedDict()
        for i, (name, tensor) in enumerate(self.tensors.items()):
            view = Storage(str(2000 + i), offsets[name], tensor.numel())
            state[name] = Tensor(view, tuple(tensor.shape), tuple(tensor.stride()))
        Pickler(stream, protocol=2).dump(state)
        pickle.dump(["1000"], stream, protocol=2)
        stream.write(struct.pack("<q", root.numel()) + root.numpy().tobytes())
        return stream.getvalue()


def dtypes() -> dict[str, torch.Tensor]:
    counting = torch.arange(-2, 4)
    names = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
             "complex64"]
    tensors = {name: counting.to(getattr(torch, name)).reshape(2, 3) for name in names}
    tensors["norm.num_batches_tracked"] = torch.tensor(7)
    tensors["empty"] = torch.zeros(0, 5)
    return tensors


def new_dtypes() -> dict[str, torch.Tensor]:
    """Those that are saved as bytes and a dtype."""
    names = ["uint16", "uint32", "uint64", "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e4m3fnuz"]
    return {name: torch.arange(1, 5).to(torch.float32).to(getattr(torch, name)) for name in names}


def strides() -> dict[str, torch.Tensor]:
    base = torch.arange(24, dtype=torch.float32)
    grid = base.reshape(2, 3, 4)
    attributed = base[:2].clone()
    attributed.note = "hung on it"
    return OrderedDict({
        "base": base,
        "reshaped": grid,
        "transposed": grid.transpose(0, 2),
        "slice": base[5:9],
        "every_other": grid[:, 1:, ::2],
        "row": grid[1, 2],
        "one": base[17],
        "expanded": base[3:5].reshape(2, 1).expand(2, 3),
        "none": base[24:],
        "channels_last": base.clone().reshape(1, 4, 3, 2).contiguous(memory_format=torch.channels_last),
        "narrow": base.clone().reshape(4, 6)[:, 1:2],
        "parameter": nn.Parameter(base[20:22].clone()),
        "attributed": attributed,
        "half": base.half().reshape(6, 4).t(),
    })


def small_module() -> nn.Module:
    module = nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 2, 3), norm=nn.BatchNorm2d(2)))
    return module.train()


def checkpoint() -> dict:
    """As a training program saves it: the optimizer, settings and scores beside the state dict."""
    module = nn.DataParallel(small_module())
    optimizer = torch.optim.Adam(module.parameters())
    module.module(torch.ones(1, 1, 5, 5)).sum().backward()
    optimizer.step()
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
    return {
        "epoch": 7, "best": np.float64(31.5), "loss": float("nan"), "arch": "street", "none": None, "flag": True,
        "large": 1 << 70, "history": [1, -1, 300, 70000, -70000, (1, "two", [3.0])], "raw": b"bytes \xff",
        "device": torch.device("cuda", 0), "size": torch.Size([1, 2]), "set": {1, 2}, "milestones": Counter([3, 5]),
        "dtype": torch.float16, "state_dict": module.state_dict(), "optimizer": optimizer.state_dict(),
        "scheduler": schedule.state_dict(), "prior": torch.ones(3),
    }


def small_files(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, dict[str, torch.Tensor]] = {}

    def write(content: str, form: str, data: bytes, tensors: dict[str, torch.Tensor], pick=lambda value: value) -> None:
        if pick:
            must_be_same(pick(loaded(data)), tensors)
        (folder / f"{content}_{form}.pth").write_bytes(data)
        contents[content] = {name: tensor.detach().clone(memory_format=torch.contiguous_format)
                             for name, tensor in tensors.items()}

    tensors = dtypes()
    write("dtypes", "zip", saved(tensors), tensors)
    write("dtypes", "legacy", legacy(tensors), tensors)
    write("dtypes", "protocol4_zip", saved(tensors, pickle_protocol=4), tensors)
    write("dtypes", "protocol5_legacy", legacy(tensors, pickle_protocol=5), tensors)
    write("dtypes", "big_endian", big_endian(saved(tensors), tensors), tensors)
    little, big = b"little_endianq\x02\x88", b"little_endianq\x02\x89"
    assert little in legacy(tensors)
    write("dtypes", "big_endian_legacy", legacy(tensors).replace(little, big), tensors)
    write("dtypes", "zip64", zip64(saved(tensors)), tensors)
    write("dtypes", "descriptors", rewritten(saved(tensors), stream=Unseekable()), tensors)
    cuda = b"X\x06\x00\x00\x00cuda:0"
    on_cuda = rewritten(saved(tensors), lambda name, data: data.replace(b"X\x03\x00\x00\x00cpu", cuda))
    write("dtypes", "cuda", on_cuda, tensors)
    no_mark = rewritten(saved(tensors), lambda name, data: None if name == "byteorder" else data)
    write("dtypes", "no_byteorder", no_mark, tensors)

    write("new_dtypes", "zip", saved(new_dtypes()), new_dtypes())
    write("new_dtypes", "legacy", legacy(new_dtypes()), new_dtypes(), None)  # PyTorch 2.13 cannot read its own
    write("strides", "zip", saved(strides()), strides())
    write("strides", "legacy", legacy(strides()), strides())

    root = torch.arange(10, dtype=torch.float32)
    views = {"late": root[4:10].reshape(2, 3), "early": root[0:4].reshape(2, 2).t()}
    write("views", "legacy", Views(views, root, {"late": 4, "early": 0}).write(), views)

    torch.manual_seed(1)
    value = checkpoint()
    state = {name.removeprefix("module."): tensor for name, tensor in value["state_dict"].items()}
    strip = lambda value: {name.removeprefix("module."): tensor for name, tensor in value["state_dict"].items()}
    write("checkpoint", "zip", saved(value), state, strip)
    write("checkpoint", "legacy", legacy(value), state, strip)
    compiled = {"_orig_mod.module." + name: tensor for name, tensor in state.items()}
    write("checkpoint", "compiled", saved({"params": {"x": torch.ones(1)}, "params_ema": compiled}), state, None)
    write("checkpoint", "only_one", saved({"weights_of_mine": value["state_dict"], "epoch": 1}), state, None)

    for content, tensors in contents.items():
        save_file(tensors, folder / f"{content}.safetensors")
    refused_files(folder)


# Without source text to be found: PyTorch would put it, and the path it comes from, into a legacy file.
exec("class Net(nn.Module):\n    weight = None")


class Runs:
    def __reduce__(self):
        import os
        return os.system, ("true",)


def refused_files(folder: Path) -> None:
    def write(name: str, data: bytes) -> None:
        (folder / f"refused_{name}.pth").write_bytes(data)

    state = {"weight": torch.ones(2)}
    namespace = {"state_dict": state, "args": argparse.Namespace(lr=0.1)}
    write("namespace", saved(namespace))
    write("module_zip", saved(Net()))
    write("module_legacy", legacy(Net()))
    write("os_system", saved({"weight": Runs()}))
    write("sparse", saved({"weight": torch.eye(2).to_sparse()}))
    write("complex128", saved({"weight": torch.ones(2, dtype=torch.complex128)}))
    write("conjugated", saved({"weight": torch.ones(2, dtype=torch.complex64).conj()}))
    write("deflated", rewritten(saved(state), method=zipfile.ZIP_DEFLATED))
    write("no_tensors", saved({"epoch": 3, "name": "street"}))
    write("tensor", saved(torch.ones(2)))
    write("numpy_pickle", pickle.dumps({"weight": np.ones(2)}, protocol=2))
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(nn.Linear(1, 1)), stream)
    write("torch_script", stream.getvalue())
    stream = io.BytesIO()
    np.savez(stream, weight=np.ones(2))
    write("npz", stream.getvalue())


def fuzz_corpus(folder: Path) -> None:
    """What the fuzz target starts from: files, and objects behind a byte that chooses the format around them."""
    folder.mkdir(parents=True, exist_ok=True)
    state = OrderedDict(a=torch.ones(4, 2).t(), b=torch.ones(4, dtype=torch.float64))
    archive = saved(state)
    root = torch.arange(4, dtype=torch.float32)
    seeds = {
        "zip": archive, "legacy": legacy(state), "zip64": zip64(archive), "big_endian": big_endian(archive, state),
        "descriptors": rewritten(archive, stream=Unseekable()),
        "views": Views({"a": root[1:3]}, root, {"a": 1}).write(),
    }
    objects = {
        "state": state, "protocol4": state,
        "bytes": {"a": torch.ones(16, dtype=torch.uint16), "b": torch.ones(32).to(torch.float8_e5m2)},
        "parameter": {"module.a": nn.Parameter(state["a"]), "module.b": state["b"]},
        "checkpoint": {"model": state, "params": state, "epoch": 1, "scores": [1.5, None, (True, {2, 3})]},
    }
    for number, (name, value) in enumerate(objects.items()):
        data = saved(value, pickle_protocol=4 if name == "protocol4" else 2)
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            seeds["object_" + name] = bytes([number % 2]) + source.read("archive/data.pkl")[2:-1]
    for name, data in seeds.items():
        (folder / name).write_bytes(data)


def official_look_alike(name: str, counters: bool) -> OrderedDict[str, torch.Tensor]:
    sys.path.insert(0, str(REPOSITORY / "tools/train"))
    import description
    import network

    torch.manual_seed(1)
    state = network.Network(description.network_text(name)).state_dict()
    if name == "siggraph17":  # in the file, but in no path to the output
        state["model_class.0.weight"] = torch.randn(529, 256, 1, 1)
        state["model_class.0.bias"] = torch.randn(529)
    if not counters:
        for key in [key for key in state if key.endswith(".num_batches_tracked")]:
            del state[key]
    return state


def full_files(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, official in OFFICIAL_BYTES.items():
        for counters in (True, False):
            state = official_look_alike(name, counters)
            suffix = "" if counters else "_no_counters"
            for form, new in (("legacy", False), ("zip", True)):
                path = folder / f"{name}{suffix}_{form}.pth"
                torch.save(state, path, _use_new_zipfile_serialization=new)
                size = path.stat().st_size
                print(f"{path.name}: {len(state)} tensors, {size} bytes, {size - official:+} beside the official file")
            save_file({key: tensor.contiguous() for key, tensor in state.items()}, folder / f"{name}{suffix}.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=REPOSITORY / "tests/data/import/torch")
    parser.add_argument("--corpus", type=Path, default=REPOSITORY / "tests/fuzz/corpus/torch_file")
    parser.add_argument("--full", type=Path, help="write files of full size into this folder instead")
    arguments = parser.parse_args()
    if arguments.full:
        full_files(arguments.full)
    else:
        small_files(arguments.output)
        fuzz_corpus(arguments.corpus)


if __name__ == "__main__":
    main()
