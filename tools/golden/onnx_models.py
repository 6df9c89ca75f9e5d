"""Writes tests/data/import/onnx/: small ONNX models as PyTorch's exporters write them, and what they compute.

    python tools/golden/onnx_models.py [--output tests/data/import/onnx] [--full FOLDER] [--corpus FOLDER]

NAME.onnx is a seeded random network, NETWORK_EXPORTER+OPSET or NETWORK_WHAT; NETWORK.safetensors holds `input` and
`output`, the latter by PyTorch in float64 (NAME.safetensors where rounded weights give another one). Where an exporter folds a batch norm into a convolution the model is
exported in float64, because the folding would round. ONNX Runtime, in float32, must agree. With --full, FOLDER gets eccv16.onnx in full size instead,
from random weights; with --corpus the few hundred bytes each that tests/fuzz/onnx.cpp starts from. Needs torch, onnx, onnxscript, onnxruntime and safetensors.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as functional
from onnx import TensorProto, numpy_helper
from safetensors.numpy import load_file, save_file
from torch import nn

import modules

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "train"))
from network import Resize  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]


class Enlarge(nn.Module):
    """Super resolution: both ways of enlarging, both ways of ending between fixed limits."""

    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(1, 4, 5, padding=2)
        self.bilinear = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.middle = nn.Conv2d(4, 3, 3, padding=1)
        self.nearest = nn.Upsample(scale_factor=(2.0, 3.0), mode="nearest")
        self.last = nn.Conv2d(3, 3, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.features(x))
        x = torch.tanh(self.middle(self.bilinear(x)))
        return torch.sigmoid(self.last(self.nearest(x)))


class EnlargeCorners(Enlarge):
    """The same, its corners aligned, which opset 9 could not say."""

    def __init__(self):
        super().__init__()
        self.bilinear = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)


class EnlargeEarly(Enlarge):
    """What opset 9 and 10 make of it: bilinear between the corners of pixels."""

    def __init__(self):
        super().__init__()
        self.bilinear = Resize((Fraction(2), Fraction(2)), "bilinear", "asymmetric", "floor")


class EnlargeTo(Enlarge):
    """The same by sizes that were computed from the input's, as many write it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.features(x))
        x = functional.interpolate(x, size=(x.shape[2] * 2, x.shape[3] * 2), mode="bilinear", align_corners=False)
        x = torch.tanh(self.middle(x))
        return torch.sigmoid(self.last(functional.interpolate(x, size=(x.shape[2] * 2, x.shape[3] * 3))))


class Trunk(nn.Module):
    """VGG-like: batch norms before and after the ReLU, strides, dilations, groups, uneven zeros."""

    def __init__(self):
        super().__init__()
        self.stage1 = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Conv2d(4, 4, 3, stride=2, padding=1), nn.ReLU(), nn.BatchNorm2d(4, eps=1e-3),
        )
        self.stage2 = nn.Sequential(
            nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(4, 4, 3, stride=2), nn.ReLU(inplace=True),
            nn.ZeroPad2d((1, 1, 2, 2)), nn.Conv2d(4, 6, (5, 3), groups=2), nn.BatchNorm2d(6, affine=False), nn.ReLU(),
        )
        self.stage3 = nn.Sequential(
            nn.Conv2d(6, 4, (3, 1), padding=(2, 0), dilation=(2, 1)), nn.Identity(), nn.Dropout(),
            nn.LeakyReLU(), nn.Conv2d(4, 3, 1), nn.Softmax(dim=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = torch.tensor([0.5, 0.25, 0.125], dtype=x.dtype).view(1, 3, 1, 1)
        deviation = torch.tensor([0.25, 0.5, 2.0], dtype=x.dtype).view(3, 1, 1)
        return self.stage3(self.stage2(self.stage1((x - mean) / deviation)))


class Skips(nn.Module):
    """U-Net: every second pixel, transposed convolutions, concatenation, a residual."""

    def __init__(self):
        super().__init__()
        self.outer = nn.Conv2d(2, 3, 3, padding=1)
        self.inner = nn.Conv2d(3, 4, 3, padding=1)
        self.residual = nn.Sequential(nn.Conv2d(4, 2, 3, padding=1), nn.ReLU(), nn.Conv2d(2, 4, 3, padding=1))
        self.up = nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1)
        self.up_again = nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False)
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outer = functional.leaky_relu(self.outer(x), 0.2)
        inner = functional.leaky_relu(self.inner(outer[:, :, ::2, ::2]), 0.2)
        inner = inner + self.residual(inner)
        both = torch.cat([self.up(inner), outer], dim=1)
        return 1 - self.last(self.up_again(both)) * 0.5


class Tiny(nn.Module):
    """For the ways to hold numbers."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 2, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(torch.relu(self.first(x)))


class Narrow:
    """By which the public networks' widths of 64, 128, 256 and 512 are divided, to give these."""

    def __rfloordiv__(self, channels: int) -> int:
        return {64: 1, 128: 2, 256: 1, 512: 2}[channels]


def network(kind: type[nn.Module] | str, seed: int) -> nn.Module:
    """In float32, ready to run."""
    if isinstance(kind, str):
        return modules.random_network(kind, Narrow(), seed).float()
    module = kind().eval()
    modules.randomise(module, seed)
    return module


def random_input(shape: tuple[int, ...], seed: int, lightness: bool) -> torch.Tensor:
    draw = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)
    return draw * 100 if lightness else draw * 2 - 1


def export(module: nn.Module, example: torch.Tensor, opset: int, dynamo: bool, path: Path, fixed: bool = False,
           **options) -> onnx.ModelProto:
    if dynamo:
        free = torch.export.Dim.DYNAMIC
        shapes = None if fixed else ({0: free, 2: free, 3: free},)
        torch.onnx.export(module, (example,), path, opset_version=opset, dynamo=True, dynamic_shapes=shapes,
                          external_data=False, verbose=False, input_names=["x"], **options)
    else:
        axes = None if fixed else {"x": {0: "n", 2: "h", 3: "w"}}
        torch.onnx.export(module, (example,), path, opset_version=opset, dynamo=False, dynamic_axes=axes,
                          input_names=["x"], **options)
    return onnx.load(path)


def without_remarks(model: onnx.ModelProto) -> onnx.ModelProto:
    """Exporters add stack traces of this machine and shapes in between; nobody needs them."""
    model = copy.deepcopy(model)
    del model.graph.value_info[:]
    del model.metadata_props[:]
    model.doc_string = ""
    for item in [model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output]:
        item.doc_string = ""
        del item.metadata_props[:]
    return model


def every_tensor(model: onnx.ModelProto) -> list[TensorProto]:
    tensors = list(model.graph.initializer)
    for node in model.graph.node:
        tensors += [attribute.t for attribute in node.attribute if attribute.HasField("t")]
    return tensors


def as_typed_fields(tensor: TensorProto) -> None:
    """Numbers in float_data, int32_data, …, not as raw bytes."""
    values = numpy_helper.to_array(tensor)
    typed = onnx.helper.make_tensor(tensor.name, tensor.data_type, values.shape, values.flatten(), raw=False)
    tensor.CopyFrom(typed)


def with_weights_as(model: onnx.ModelProto, data_type: int, typed: bool = False) -> onnx.ModelProto:
    """The weights of another type, each cast to float for its node: as models are made smaller."""
    model = copy.deepcopy(model)
    casts = []
    for tensor in model.graph.initializer:
        numbers = numpy_helper.to_array(tensor).astype(onnx.helper.tensor_dtype_to_np_dtype(data_type))
        tensor.CopyFrom(numpy_helper.from_array(numbers, tensor.name))
        if typed:
            as_typed_fields(tensor)
        for node in model.graph.node:
            node.input[:] = [name + "_float" if name == tensor.name else name for name in node.input]
        casts.append(onnx.helper.make_node("Cast", [tensor.name], [tensor.name + "_float"], to=TensorProto.FLOAT))
    nodes = casts + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def with_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """The weights as nodes: Constant."""
    model = copy.deepcopy(model)
    nodes = [onnx.helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in model.graph.initializer]
    nodes += list(model.graph.node)
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    return model


def rounded(module: nn.Module, dtype: torch.dtype) -> nn.Module:
    return copy.deepcopy(module).to(dtype).double()


def in_float32(model: onnx.ModelProto) -> onnx.ModelProto:
    """For ONNX Runtime, which has no convolution in other types."""
    model = copy.deepcopy(model)
    others = (TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)
    for tensor in every_tensor(model):
        if tensor.data_type in others:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.elem_type = TensorProto.FLOAT
    return model


def check(path: Path, x: torch.Tensor, expected: np.ndarray) -> None:
    onnx.checker.check_model(str(path))
    model = in_float32(onnx.load(path))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    output = session.run(None, {model.graph.input[0].name: x.float().numpy()})[0]
    error = np.abs(output.astype(np.float64) - expected).max() / np.abs(expected).max()
    if error > 2e-5:
        raise SystemExit(f"{path.name}: ONNX Runtime's result is off by {error}")


class Writer:
    def __init__(self, folder: Path):
        self.folder = folder
        self.written: set[str] = set()

    def write(self, name: str, model: onnx.ModelProto, module: nn.Module, x: torch.Tensor, expected_as: str = "",
              **save) -> None:
        """module: gives the expected output, converted to float64."""
        path = self.folder / f"{name}.onnx"
        onnx.save_model(without_remarks(model), path, **save)
        with torch.no_grad():
            expected = copy.deepcopy(module).double()(x.double()).numpy()
        check(path, x, expected)
        holder = self.folder / f"{expected_as or name.split('_')[0]}.safetensors"
        tensors = {"input": x.float().numpy(), "output": expected}
        if holder.name in self.written and any((load_file(holder)[key] != tensors[key]).any() for key in tensors):
            raise SystemExit(f"{name}: other than what {holder.name} has")
        self.written.add(holder.name)
        save_file(tensors, holder)
        print(f"{name}: {path.stat().st_size} bytes, {' '.join(sorted({n.op_type for n in model.graph.node}))}")


NETWORKS = {
    "enlarge": (Enlarge, (1, 1, 3, 2), False),
    "corners": (EnlargeCorners, (1, 1, 3, 2), False),
    "trunk": (Trunk, (1, 3, 13, 10), False),
    "skips": (Skips, (1, 2, 8, 6), False),
    "eccv16": ("eccv16", (1, 1, 8, 16), True),
    "siggraph17": ("siggraph17", (1, 4, 8, 8), False),
}

# network, old exporter's opsets, new exporter's
EXPORTS = [
    ("enlarge", (9, 10, 11, 13, 17), (18,)),
    ("corners", (11,), ()),
    ("trunk", (9, 11), (18,)),
    ("skips", (10, 17), (18,)),
    ("eccv16", (11,), ()),
    ("siggraph17", (), (20,)),
]


def write_exports(writer: Writer, scratch: Path) -> None:
    for name, old, new in EXPORTS:
        kind, shape, lightness = NETWORKS[name]
        seed = 1 + list(NETWORKS).index(name)
        x = random_input(shape, seed, lightness)
        for opset, dynamo in [(opset, False) for opset in old] + [(opset, True) for opset in new]:
            module = network(kind, seed)
            if name == "trunk":  # whose batch norms are folded
                module = module.double()
            exporter = "new" if dynamo else "old"
            model = export(module, x.to(next(module.parameters()).dtype), opset, dynamo, scratch / "m.onnx")
            early = name == "enlarge" and opset < 11
            writer.write(f"{name}_{exporter}{opset}", model, network(EnlargeEarly, seed) if early else module, x,
                         "enlarge_early" if early else "")


def write_variants(writer: Writer, scratch: Path) -> None:
    path = scratch / "m.onnx"
    x = random_input((1, 3, 13, 10), 3, False)
    module = network(Trunk, 3)
    kept = export(module, x, 9, False, path, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                  keep_initializers_as_inputs=True)
    writer.write("trunk_unfolded", kept, module, x)
    x = random_input((1, 1, 3, 2), 1, False)
    module = network(Enlarge, 1)
    writer.write("enlarge_sizes", export(network(EnlargeTo, 1), x, 18, True, path, fixed=True), module, x)
    writer.write("enlarge_computed", export(network(EnlargeTo, 1), x, 17, False, path, fixed=True), module,
                 x)


def write_numbers(writer: Writer, scratch: Path) -> None:
    x = random_input((1, 1, 4, 5), 7, False)
    module = network(Tiny, 7)
    model = export(module, x, 17, False, scratch / "m.onnx")
    half, bfloat16 = rounded(module, torch.float16), rounded(module, torch.bfloat16)
    typed = copy.deepcopy(model)
    for tensor in every_tensor(typed):
        as_typed_fields(tensor)
    writer.write("numbers_float_data", typed, module, x)
    writer.write("numbers_half", with_weights_as(model, TensorProto.FLOAT16), half, x, "numbers_half")
    writer.write("numbers_half_data", with_weights_as(model, TensorProto.FLOAT16, typed=True), half, x, "numbers_half")
    writer.write("numbers_bfloat16", with_weights_as(model, TensorProto.BFLOAT16), bfloat16, x, "numbers_bfloat16")
    writer.write("numbers_bfloat16_data", with_weights_as(model, TensorProto.BFLOAT16, typed=True), bfloat16, x,
                 "numbers_bfloat16")
    writer.write("numbers_double_data", with_weights_as(model, TensorProto.DOUBLE, typed=True), module, x)
    writer.write("numbers_constants", with_constants(model), module, x)
    writer.write("numbers_external", model, module, x, save_as_external_data=True, location="numbers_external.data",
                 size_threshold=0)
    whole = copy.deepcopy(module).half()
    writer.write("numbers_all_half", export(whole, x.half(), 17, False, scratch / "m.onnx"), half, x.half().float(),
                 "numbers_all_half")
    double = copy.deepcopy(module).double()
    writer.write("numbers_all_double", export(double, x.double(), 17, False, scratch / "m.onnx"), module, x)


def write_full(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    module = modules.random_network("eccv16", 1, 16)
    x = random_input((1, 1, 256, 256), 16, True)
    export(module.float(), x, 17, False, folder / "eccv16.onnx", fixed=True)
    with torch.no_grad():
        expected = module.double()(x.double()).numpy()
    save_file({"input": x.numpy(), "output": expected}, folder / "eccv16.safetensors")


def write_corpus(folder: Path) -> None:
    """Every operator and every way to hold numbers, in as few bytes as may be."""
    folder.mkdir(parents=True, exist_ok=True)
    node, pixel = onnx.helper.make_node, (1, 2, 1, 1)
    most = np.iinfo(np.int64).max

    def write(name: str, nodes: list, tensors: dict, opset: int = 17, sides=(1, 2, 4, 4)) -> None:
        x, y = (onnx.helper.make_tensor_value_info(value, TensorProto.FLOAT, shape)
                for value, shape in (("x", sides), ("y", None)))
        held = [value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), key)
                for key, value in tensors.items()]
        graph = onnx.helper.make_graph(nodes, "", [x], [y], held)
        model = onnx.helper.make_model(graph, producer_name="pytorch",
                                       opset_imports=[onnx.helper.make_opsetid("", opset)])
        (folder / name).write_bytes(model.SerializeToString())

    def typed(key: str, kind: int, shape: tuple) -> TensorProto:
        return onnx.helper.make_tensor(key, kind, shape, np.arange(np.prod(shape)) + 1.0)

    ones = np.ones(2, np.float32)
    write("convolutions", [
        node("Conv", ["x", "c.weight", "b"], ["a"], strides=[2, 2], pads=[1, 0, 1, 0], dilations=[1, 1], group=1,
             kernel_shape=[1, 1]),
        node("ConvTranspose", ["a", "t.weight"], ["d"], strides=[2, 2], output_padding=[1, 1], pads=[0, 0, 0, 0]),
        node("BatchNormalization", ["d", "b", "b", "b", "b"], ["e"], epsilon=1e-3),
        node("Pad", ["e", "p"], ["f"]), node("Conv", ["f", "c.weight"], ["y"])],
        {"c.weight": np.ones((2, 2, 1, 1), np.float32), "t.weight": np.ones((2, 2, 1, 1), np.float16), "b": ones,
         "p": np.array([0, 0, 1, 0, 0, 0, 1, 0])}, sides=(1, 2, None, None))
    write("arithmetic", [
        node("Sub", ["x", "c"], ["a"]), node("Div", ["a", "d"], ["b"]), node("LeakyRelu", ["b"], ["e"], alpha=0.5),
        node("Sub", ["d", "e"], ["f"]), node("Concat", ["f", "e", "x"], ["g"], axis=1), node("Tanh", ["g"], ["h"]),
        node("Sigmoid", ["h"], ["i"]), node("Add", ["i", "h"], ["y"])],
        {"c": np.ones(pixel, np.float32), "d": np.float32(2)})
    write("softmax", [
        node("Transpose", ["x"], ["a"], perm=[0, 3, 2, 1]), node("Softmax", ["a"], ["b"], axis=3),
        node("Transpose", ["b"], ["y"], perm=[0, 3, 2, 1])], {}, 9)
    write("resize", [
        node("Slice", ["x", "z", "e", "a", "t"], ["c"]),
        node("Resize", ["c", "", "s"], ["d"], mode="linear", coordinate_transformation_mode="half_pixel"),
        node("Resize", ["d", "", "", "w"], ["y"], mode="nearest", coordinate_transformation_mode="asymmetric",
             nearest_mode="floor")],
        {"z": [0], "e": [most], "a": [2], "t": [2], "s": np.float32([1, 1, 2, 1]), "w": [1, 2, 8, 8]})
    write("upsample", [
        node("Pad", ["x"], ["a"], pads=[0, 0, 1, 1, 0, 0, 0, 2], mode="constant", value=0.0),
        node("Slice", ["a"], ["b"], starts=[0], ends=[most], axes=[3]),
        node("Upsample", ["b", "s"], ["y"], mode="linear")], {"s": np.float32([1, 1, 2, 3])}, 9)
    write("integers", [
        node("Shape", ["x"], ["a"]), node("Gather", ["a", "n"], ["b"]), node("Mul", ["b", "n"], ["c"]),
        node("Unsqueeze", ["n"], ["k"], axes=[0]),
        node("ConstantOfShape", ["k"], ["d"], value=onnx.helper.make_tensor("", TensorProto.INT64, [1], [0])),
        node("Concat", ["p", "d", "d"], ["e"], axis=0), node("Reshape", ["e", "r"], ["f"]),
        node("Slice", ["f", "m", "l", "z", "m"], ["g"]), node("Transpose", ["g"], ["h"], perm=[1, 0]),
        node("Reshape", ["h", "m"], ["i"]), node("Cast", ["i"], ["j"], to=7), node("Pad", ["x", "j"], ["y"])],
        {"n": np.int64(2), "p": [1, 2, 3, 4], "r": [-1, 2], "m": [-1], "l": [-most], "z": [0]}, 11)
    write("constants", [
        node("Constant", [], ["a"], value_float=2.0), node("Constant", [], ["b"], value_ints=[3]),
        node("Constant", [], ["c"], value=numpy_helper.from_array(np.float32(2), "")),
        node("Mul", ["x", "a"], ["d"]), node("Add", ["b", "d"], ["e"]), node("Div", ["e", "c"], ["f"]),
        node("Identity", ["f"], ["g"]), node("Cast", ["g"], ["h"], to=1), node("Relu", ["h"], ["y"])], {})
    kinds = {"half": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16, "double": TensorProto.DOUBLE,
             "float": TensorProto.FLOAT}
    for name, kind in kinds.items():
        write(f"typed_{name}", [node("Conv", ["x", "w"], ["a"]), node("Conv", ["a", "w", "b"], ["y"])],
              {"w": typed("w", kind, (2, 2, 1, 1)), "b": typed("b", kind, (2,))})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=REPOSITORY / "tests/data/import/onnx")
    parser.add_argument("--full", type=Path)
    parser.add_argument("--corpus", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.full or arguments.corpus:
        if arguments.full:
            write_full(arguments.full)
        if arguments.corpus:
            write_corpus(arguments.corpus)
        return
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        writer = Writer(arguments.output)
        write_exports(writer, Path(scratch))
        write_variants(writer, Path(scratch))
        write_numbers(writer, Path(scratch))
    print(sum(file.stat().st_size for file in arguments.output.iterdir()), "bytes in all")


if __name__ == "__main__":
    main()
