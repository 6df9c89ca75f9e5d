"""Writes tests/data/import/caffe/: small Caffe models by Google's protobuf, and what they hold.

    python tools/golden/caffe_models.py [--output tests/data/import/caffe] [--full FOLDER]

NAME.caffemodel is a model in one of the ways that Caffe and its forks have written them, NAME.safetensors
the tensors it stands for, worked out with NumPy. With --full, FOLDER gets networks of the public
colorization models' full size instead, from random weights with a fixed seed: eccv16.caffemodel with
the layers of training, siggraph17.caffemodel by Caffe's layer names and siggraph17_torch.caffemodel by
those of the PyTorch module. Needs protobuf (any), NumPy and safetensors.

Only the messages and fields that matter are defined below, by their published numbers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from safetensors.numpy import save_file

REPOSITORY = Path(__file__).resolve().parents[2]
ECCV16_V2_BYTES = 128_946_764  # of colorization_release_v2.caffemodel, as the Open Model Zoo lists it

FIELD = descriptor_pb2.FieldDescriptorProto
SCALARS = {"string": FIELD.TYPE_STRING, "bytes": FIELD.TYPE_BYTES, "int32": FIELD.TYPE_INT32,
           "int64": FIELD.TYPE_INT64, "uint32": FIELD.TYPE_UINT32, "bool": FIELD.TYPE_BOOL,
           "float": FIELD.TYPE_FLOAT, "double": FIELD.TYPE_DOUBLE}

# message -> {field: (number, type)}; "*" after a type: repeated, "+": repeated and packed.
MESSAGES = {
    "BlobShape": {"dim": (1, "int64+")},
    "BlobProto": {"num": (1, "int32"), "channels": (2, "int32"), "height": (3, "int32"), "width": (4, "int32"),
                  "data": (5, "float+"), "diff": (6, "float+"), "shape": (7, "BlobShape"),
                  "double_data": (8, "double+"), "double_diff": (9, "double+"),
                  "raw_data_type": (10, "int32"), "raw_data": (12, "bytes")},
    "ParamSpec": {"name": (1, "string"), "lr_mult": (3, "float"), "decay_mult": (4, "float")},
    "FillerParameter": {"type": (1, "string"), "value": (2, "float")},
    "ConvolutionParameter": {"num_output": (1, "uint32"), "bias_term": (2, "bool"), "pad": (3, "uint32*"),
                             "kernel_size": (4, "uint32*"), "group": (5, "uint32"), "stride": (6, "uint32*"),
                             "weight_filler": (7, "FillerParameter"), "dilation": (18, "uint32*")},
    "PythonParameter": {"module": (1, "string"), "layer": (2, "string")},
    "BatchNormParameter": {"use_global_stats": (1, "bool"), "eps": (3, "float")},
    "ScaleParameter": {"axis": (1, "int32"), "filler": (3, "FillerParameter"), "bias_term": (4, "bool"),
                       "bias_filler": (5, "FillerParameter")},
    "DataParameter": {"source": (1, "string"), "batch_size": (4, "uint32"), "backend": (8, "int32")},
    "LayerParameter": {"name": (1, "string"), "type": (2, "string"), "bottom": (3, "string*"), "top": (4, "string*"),
                       "loss_weight": (5, "float*"), "param": (6, "ParamSpec*"), "blobs": (7, "BlobProto*"),
                       "phase": (10, "int32"), "propagate_down": (11, "bool*"),
                       "convolution_param": (106, "ConvolutionParameter"), "data_param": (107, "DataParameter"),
                       "python_param": (130, "PythonParameter"), "batch_norm_param": (139, "BatchNormParameter"),
                       "scale_param": (142, "ScaleParameter")},
    "V0LayerParameter": {"name": (1, "string"), "type": (2, "string"), "num_output": (3, "uint32"),
                         "kernelsize": (8, "uint32"), "blobs": (50, "BlobProto*"), "blobs_lr": (51, "float*")},
    "V1LayerParameter": {"layer": (1, "V0LayerParameter"), "bottom": (2, "string*"), "top": (3, "string*"),
                         "name": (4, "string"), "type": (5, "int32"), "blobs": (6, "BlobProto*"),
                         "blobs_lr": (7, "float*"), "convolution_param": (10, "ConvolutionParameter")},
    "NetParameter": {"name": (1, "string"), "layers": (2, "V1LayerParameter*"), "input": (3, "string*"),
                     "input_dim": (4, "int32*"), "force_backward": (5, "bool"), "layer": (100, "LayerParameter*")},
}


def message_classes(package: str, packed: bool) -> dict:
    """The messages as Python classes; packed=False writes packed fields one number each, as old files have them."""
    file = descriptor_pb2.FileDescriptorProto(name=package + ".proto", package=package, syntax="proto2")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind) in fields.items():
            field = message.field.add(name=field_name, number=number)
            field.label = FIELD.LABEL_REPEATED if kind[-1] in "*+" else FIELD.LABEL_OPTIONAL
            if kind.endswith("+"):
                field.options.packed = packed
            kind = kind.rstrip("*+")
            field.type = SCALARS.get(kind, FIELD.TYPE_MESSAGE)
            if kind not in SCALARS:
                field.type_name = f".{package}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
            for name in MESSAGES}


PACKED = message_classes("packed", True)
UNPACKED = message_classes("unpacked", False)


def shaped(blob, values: np.ndarray) -> None:
    blob.shape.dim.extend(values.shape)
    blob.data.extend(values.ravel().tolist())


def legacy(blob, values: np.ndarray) -> None:
    """Four dimensions, with ones in front."""
    blob.num, blob.channels, blob.height, blob.width = (1,) * (4 - values.ndim) + values.shape
    blob.data.extend(values.ravel().tolist())


def doubles(blob, values: np.ndarray) -> None:
    blob.shape.dim.extend(values.shape)
    blob.double_data.extend(values.ravel().tolist())


def raw_halves(blob, values: np.ndarray) -> None:
    """As NVIDIA's Caffe 0.16 stores float16."""
    blob.shape.dim.extend(values.shape)
    blob.raw_data_type = 2
    blob.raw_data = values.astype("<f2").tobytes()


class Random:
    """Numbers that floats of 16 bits hold exactly, so that every way of storing them gives the same."""

    def __init__(self) -> None:
        self.generator = np.random.default_rng(7)

    def __call__(self, *shape: int) -> np.ndarray:
        return (self.generator.integers(-64, 65, shape) / 16).astype(np.float32)

    def positive(self, *shape: int) -> np.ndarray:
        return np.abs(self(*shape)) + np.float32(1 / 16)


def add_v2(net, name: str, kind: str, blobs=(), store=shaped, **fields):
    layer = net.layer.add(name=name, type=kind, bottom=["below"], top=[name], phase=1, **fields)
    for values in blobs:
        store(layer.blobs.add(), np.asarray(values, np.float32))
    return layer


def v2_model(random: Random, messages: dict, store) -> tuple[bytes, dict]:
    """A file of training: layers without blobs, one of each kind with blobs."""
    net = messages["NetParameter"](name="sample", force_backward=True)
    add_v2(net, "data", "Data", data_param={"source": "/data/train", "batch_size": 40})
    add_v2(net, "data_split", "Split")
    add_v2(net, "encode", "Python", python_param={"module": "training", "layer": "Encode"})
    weight, bias = random(3, 2, 3, 3), random(3)
    add_v2(net, "conv", "Convolution", [weight, bias], store,
           convolution_param={"num_output": 3, "pad": [1], "kernel_size": [3]}, param=[{"lr_mult": 1}, {"lr_mult": 2}])
    add_v2(net, "relu", "ReLU")
    factor = np.float32(999.98236)
    mean, variance = random(3), random.positive(3)
    add_v2(net, "norm", "BatchNorm", [mean, variance, [factor]], store, batch_norm_param={}, param=[{"lr_mult": 0}] * 3)
    gamma, beta = random(3), random(3)
    add_v2(net, "norm/scale", "Scale", [gamma, beta], store, scale_param={"bias_term": True})
    upward = random(3, 2, 4, 4)
    add_v2(net, "up", "Deconvolution", [upward], store,
           convolution_param={"num_output": 2, "bias_term": False, "kernel_size": [4], "stride": [2], "pad": [1]})
    slopes = random(2)
    add_v2(net, "slope", "PReLU", [slopes], store)
    matrix, offset = random(4, 6), random(4)
    add_v2(net, "full", "InnerProduct", [matrix, offset], store)
    add_v2(net, "loss", "SoftmaxWithLoss", loss_weight=[1])
    wide = np.float64 if store is doubles else np.float32
    statistics = {"norm.running_mean": mean, "norm.running_var": variance}
    expected = {"conv.weight": weight, "conv.bias": bias, "norm/scale.weight": gamma, "norm/scale.bias": beta,
                "up.weight": upward, "slope.blob0": slopes, "full.weight": matrix, "full.bias": offset}
    expected |= {name: values.astype(np.float64) * (1 / np.float64(factor)) for name, values in statistics.items()}
    return net.SerializeToString(), {name: values.astype(wide) for name, values in expected.items()}


def v1_model(random: Random, messages: dict) -> tuple[bytes, dict]:
    net = messages["NetParameter"](name="sample", input=["data"], input_dim=[1, 2, 8, 8])
    expected = {}
    layers = (("conv", 4, (3, 2, 3, 3), 3), ("up", 39, (3, 2, 4, 4), 2), ("full", 14, (4, 6), 4))
    for name, kind, shape, outputs in layers:
        weight, bias = random(*shape), random(outputs)
        layer = net.layers.add(name=name, type=kind, bottom=["data"], top=[name], blobs_lr=[1, 2])
        legacy(layer.blobs.add(), weight)
        legacy(layer.blobs.add(), bias)
        expected |= {name + ".weight": weight if weight.ndim == 4 else weight[None, None], name + ".bias": bias}
        net.layers.add(name="relu_" + name, type=18, bottom=[name], top=[name])
    return net.SerializeToString(), expected


def v0_model(random: Random, messages: dict) -> tuple[bytes, dict]:
    net = messages["NetParameter"](name="sample", input=["data"], input_dim=[1, 2, 8, 8])
    weight, bias, matrix = random(3, 2, 3, 3), random(3), random(4, 6)
    net.layers.add(layer={"name": "pad", "type": "padding"}, bottom=["data"], top=["pad"])
    conv = net.layers.add(layer={"name": "conv", "type": "conv", "num_output": 3, "kernelsize": 3, "blobs_lr": [1, 2]},
                          bottom=["pad"], top=["conv"])
    legacy(conv.layer.blobs.add(), weight)
    legacy(conv.layer.blobs.add(), bias)
    full = net.layers.add(layer={"name": "full", "type": "innerproduct"}, bottom=["conv"], top=["full"])
    legacy(full.layer.blobs.add(), matrix)
    return net.SerializeToString(), {"conv.weight": weight, "conv.bias": bias, "full.weight": matrix[None, None]}


def nvidia_model(random: Random, messages: dict) -> tuple[bytes, dict]:
    """Five blobs in BatchNorm, and float16 in raw bytes."""
    net = messages["NetParameter"](name="sample")
    mean, variance, gamma, beta = random(3), random.positive(3), random(3), random(3)
    weight = random(3, 2, 1, 1)
    add_v2(net, "conv", "Convolution", [weight], raw_halves)
    add_v2(net, "norm", "BatchNorm", [mean, variance, [1], gamma, beta], raw_halves)
    expected = {"conv.weight": weight, "norm.running_mean": mean, "norm.running_var": variance, "norm.weight": gamma,
                "norm.bias": beta}
    return net.SerializeToString(), {name: values.astype(np.float16) for name, values in expected.items()}


def samples(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = Random()
    models = {
        "v2": v2_model(random, PACKED, shaped),
        "v2_unpacked": v2_model(random, UNPACKED, shaped),
        "v2_doubles": v2_model(random, PACKED, doubles),
        "v1": v1_model(random, PACKED),
        "v0": v0_model(random, PACKED),
        "v0_unpacked": v0_model(random, UNPACKED),
        "nvidia": nvidia_model(random, PACKED),
    }
    for name, (content, expected) in models.items():
        (folder / f"{name}.caffemodel").write_bytes(content)
        save_file({key: np.ascontiguousarray(value) for key, value in expected.items()}, folder / f"{name}.safetensors")
        (folder / f"{name}.safetensors").chmod(0o644)


class FullSize:
    """A whole network as Net::ToProto writes it: every layer has its bottom, top, phase and parameters."""

    def __init__(self, name: str, rename: dict | None = None) -> None:
        self.net = PACKED["NetParameter"](name=name)
        self.random = np.random.default_rng(2016)
        self.rename = rename or {}
        self.numbers = 0

    def layer(self, name: str, kind: str, bottom, top: str, *shapes, scale: float = 1, **fields) -> None:
        layer = self.net.layer.add(name=self.rename.get(name, name), type=kind, phase=0, top=[top], **fields)
        layer.bottom.extend(bottom)
        for shape in shapes:
            values = self.random.standard_normal(shape, np.float32) * np.float32(scale)
            shaped(layer.blobs.add(), values)
            self.numbers += values.size

    def conv(self, name: str, bottom: str, out: int, channels: int, kernel: int = 3, kind: str = "Convolution",
             **parameters) -> None:
        parameters = {"num_output": out, "pad": [(kernel - 1) // 2], "kernel_size": [kernel]} | parameters
        shape = (channels, out, kernel, kernel) if kind == "Deconvolution" else (out, channels, kernel, kernel)
        self.layer(name, kind, [bottom], name, shape, (out,), scale=(channels * kernel * kernel) ** -0.5,
                   convolution_param=parameters)

    def norm(self, name: str, bottom: str, channels: int) -> None:
        self.layer(name, "BatchNorm", [bottom], name, batch_norm_param={},
                   param=[{"lr_mult": 0, "decay_mult": 0}] * 3)
        factor = 999.98236
        for values in (self.random.standard_normal(channels), self.random.random(channels) + 0.5, np.ones(1)):
            shaped(self.net.layer[-1].blobs.add(), (values * factor).astype(np.float32))
            self.numbers += values.size

    def block(self, number: int, channels: int, out: int, convs: int, bottom: str, first: str = "", **last) -> str:
        """Convolutions with ReLU, a BatchNorm; the last convolution's parameters may differ."""
        dilated = {"stride": [1], "dilation": [1]} if number == 4 else {}
        dilated = {"pad": [2], "dilation": [2]} if number in (5, 6) else dilated
        for i in range(1, convs + 1):
            name = first if first and i == 1 else f"conv{number}_{i}"
            self.conv(name, bottom, out, channels if i == 1 else out, **(dilated | (last if i == convs else {})))
            bottom = f"conv{number}_{i}"
            self.net.layer[-1].top[0] = bottom
            self.layer(f"relu{number}_{i}", "ReLU", [bottom], bottom)
        self.norm(bottom + "norm", bottom, out)
        return bottom + "norm"

    def write(self, path: Path) -> int:
        content = self.net.SerializeToString()
        path.write_bytes(content)
        print(f"{path.name}: {len(content)} bytes, {len(content) - 4 * self.numbers} of them no numbers")
        return len(content)


def encoder(net: FullSize, bottom: str, first: str, stride: int) -> None:
    sizes = ((1, 1, 64, 2), (2, 64, 128, 2), (3, 128, 256, 3), (4, 256, 512, 3), (5, 512, 512, 3), (6, 512, 512, 3),
             (7, 512, 512, 3))
    for number, channels, out, convs in sizes:
        last = {"stride": [stride]} if number <= 3 else {}
        bottom = net.block(number, channels, out, convs, bottom, first if number == 1 else "", **last)
        if stride == 1 and number <= 3:  # SIGGRAPH17 halves by a grouped convolution with ones
            grouped = {"num_output": out, "kernel_size": [1], "stride": [2], "group": out, "bias_term": False}
            net.layer(bottom + "_ss", "Convolution", [bottom], bottom + "_ss", (out, 1, 1, 1),
                      convolution_param=grouped)
            net.net.layer[-1].blobs[0].data[:] = [1.0] * out  # it only skips pixels
            bottom += "_ss"


def eccv16() -> FullSize:
    """Layers and order of the authors' training network."""
    net = FullSize("LtoAB")
    python = {"module": "caffe_traininglayers"}
    net.layer("data", "Data", [], "data",
              data_param={"source": "/data/caffe-train-lmdb", "batch_size": 40, "backend": 1})
    net.layer("img_lab", "Python", ["data"], "img_lab", python_param=python | {"layer": "BGR2LabLayer"})
    net.layer("img_slice", "Slice", ["img_lab"], "img_l", propagate_down=[False])
    frozen = [{"lr_mult": 0, "decay_mult": 0}] * 2
    net.layer("data_l_meansub", "Scale", ["img_l"], "data_l", (1,), (1,), param=frozen, propagate_down=[False],
              scale_param={"filler": {"type": "constant", "value": 1}, "bias_term": True,
                           "bias_filler": {"type": "constant", "value": -50}})
    net.layer("data_ab_ss", "Convolution", ["data_ab"], "data_ab_ss", (2, 1, 1, 1), (2,), param=frozen,
              convolution_param={"num_output": 2, "kernel_size": [1], "stride": [4], "group": 2,
                                 "weight_filler": {"type": "constant", "value": 1}})
    net.layer("data_ab_ss_data_ab_ss_0_split", "Split", ["data_ab_ss"], "data_ab_ss_data_ab_ss_0_split_0")
    net.layer("ab_enc", "Python", ["data_ab_ss_data_ab_ss_0_split_0"], "gt_ab_313",
              python_param=python | {"layer": "NNEncLayer"})
    net.layer("gt_ab_313_ab_enc_0_split", "Split", ["gt_ab_313"], "gt_ab_313_ab_enc_0_split_0")
    net.layer("nongray_mask", "Python", ["data_ab_ss_data_ab_ss_0_split_1"], "nongray_mask",
              python_param=python | {"layer": "NonGrayMaskLayer"})
    net.layer("prior_boost", "Python", ["gt_ab_313"], "prior_boost", python_param=python | {"layer": "PriorBoostLayer"})
    net.layer("prior_boost_nongray", "Eltwise", ["prior_boost", "nongray_mask"], "prior_boost_nongray")
    encoder(net, "data_l", "bw_conv1_1", 2)
    net.conv("conv8_1", "conv7_3norm", 256, 512, 4, "Deconvolution", stride=[2], dilation=[1])
    net.layer("relu8_1", "ReLU", ["conv8_1"], "conv8_1")
    for name, bottom in (("conv8_2", "conv8_1"), ("conv8_3", "conv8_2")):
        net.conv(name, bottom, 256, 256, dilation=[1])
        net.layer(name.replace("conv", "relu"), "ReLU", [name], name)
    net.conv("conv8_313", "conv8_3", 313, 256, 1, stride=[1], dilation=[1])
    net.layer("conv8_313_boost", "Python", ["conv8_313", "prior_boost_nongray"], "conv8_313_boost",
              python_param=python | {"layer": "ClassRebalanceMultLayer"})
    net.layer("loss8_313", "SoftmaxCrossEntropyLoss", ["conv8_313_boost", "gt_ab_313"], "loss8_313", loss_weight=[1])
    return net


# The layers of the authors' Caffe network, as in the PyTorch module's state dict. model1.0 is two convolutions in
# Caffe, of lightness and of hints, whose outputs are added.
SIGGRAPH17_NAMES = {
    **{f"conv{block}_{i}": f"model{block}.{2 * i - 2}" for block in range(1, 8) for i in (1, 2, 3)},
    **{f"conv{block}_{i}norm": f"model{block}.{2 * i}"
       for block, i in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3), (6, 3), (7, 3))},
    "conv8_1": "model8up.0", "conv3_3_short": "model3short8.0", "conv8_2": "model8.1", "conv8_3": "model8.3",
    "conv8_3norm": "model8.5", "conv9_1": "model9up.0", "conv2_2_short": "model2short9.0", "conv9_2": "model9.1",
    "conv9_2norm": "model9.3", "conv10_1": "model10up.0", "conv1_2_short": "model1short10.0", "conv10_2": "model10.1",
    "conv10_ab": "model_out.0", "conv1_1_in": "model1.0",
}


def siggraph17(rename: dict | None) -> FullSize:
    net = FullSize("siggraph17", rename)
    if rename:
        net.conv("conv1_1_in", "data", 64, 4)
        sizes = ((1, 64, 64, (2,)), (2, 64, 128, (1, 2)), (3, 128, 256, (1, 2, 3)), (4, 256, 512, (1, 2, 3)),
                 (5, 512, 512, (1, 2, 3)), (6, 512, 512, (1, 2, 3)), (7, 512, 512, (1, 2, 3)))
        for number, channels, out, convs in sizes:
            for i in convs:
                net.conv(f"conv{number}_{i}", "below", out, channels if i == 1 else out)
            net.norm(f"conv{number}_{convs[-1]}norm", "below", out)
    else:
        net.conv("ab_conv1_1", "data_ab_mask", 64, 3)
        encoder(net, "data_l", "bw_conv1_1", 1)
    for number, channels, out, short, short_channels in ((8, 512, 256, "conv3_3", 256), (9, 256, 128, "conv2_2", 128),
                                                         (10, 128, 128, "conv1_2", 64)):
        net.conv(f"conv{number}_1", "below", out, channels, 4, "Deconvolution", stride=[2])
        net.conv(short + "_short", short + "norm", out, short_channels)
        net.layer(f"conv{number}_1_comb", "Eltwise", [f"conv{number}_1", short + "_short"], f"conv{number}_1_comb")
        last = 3 if number == 8 else 2
        for i in range(2, last + 1):
            net.conv(f"conv{number}_{i}", "below", out, out)
            net.layer(f"relu{number}_{i}", "ReLU", [f"conv{number}_{i}"], f"conv{number}_{i}")
        if number < 10:
            net.norm(f"conv{number}_{last}norm", "below", out)
    net.conv("conv10_ab", "conv10_2", 2, 128, 1)
    net.layer("pred_ab_1", "TanH", ["conv10_ab"], "pred_ab_1")
    return net


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=REPOSITORY / "tests/data/import/caffe")
    parser.add_argument("--full", type=Path, help="a folder for models of full size")
    arguments = parser.parse_args()
    if not arguments.full:
        samples(arguments.output)
        return
    arguments.full.mkdir(parents=True, exist_ok=True)
    size = eccv16().write(arguments.full / "eccv16.caffemodel")
    print(f"the released model has {ECCV16_V2_BYTES - size:+} bytes")
    siggraph17(None).write(arguments.full / "siggraph17.caffemodel")
    siggraph17(SIGGRAPH17_NAMES).write(arguments.full / "siggraph17_torch.caffemodel")


if __name__ == "__main__":
    main()
