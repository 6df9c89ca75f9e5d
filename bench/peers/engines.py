"""The peers: how each one loads the network and runs it.

`load(folder, threads)` reads the model file and returns `run(x) -> y`, both float32 [N, C, H, W].
Every engine keeps its own defaults but for the number of threads, and for the arithmetic, which is
float32 throughout or, where the name says so, bf16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

Run = Callable[[np.ndarray], np.ndarray]


@dataclass
class Engine:
    """One peer. `module` is imported before it loads, `package` is pip's name, `format` is one of
    networks.py's, or "" if ochre's own model file is read."""

    title: str
    module: str
    package: str
    format: str
    load: Callable[[Path, int], Run]
    bf16: bool = False


def load_onnxruntime(folder: Path, threads: int) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        folder / "model.onnx", options, providers=["CPUExecutionProvider"]
    )
    return lambda x: session.run(None, {"input": x})[0]


def load_openvino(folder: Path, threads: int, bf16: bool = False) -> Run:
    import openvino

    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",  # default: bf16 where the CPU has it
    }
    model = openvino.Core().compile_model(folder / "model.onnx", "CPU", options)
    request = model.create_infer_request()
    return lambda x: request.infer([x])[0]


def load_ncnn(folder: Path, threads: int, bf16: bool = False) -> Run:
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_packed = net.opt.use_bf16_storage = bf16
    if net.load_param(str(folder / "model.ncnn.param")) != 0:
        raise ValueError("ncnn does not know all layers of model.ncnn.param")
    if net.load_model(str(folder / "model.ncnn.bin")) != 0:
        raise ValueError("ncnn cannot read model.ncnn.bin")

    def run(x: np.ndarray) -> np.ndarray:
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(x[0]).clone())  # crashes on memory that is numpy's
        _, output = extractor.extract("out0")
        return np.array(output)[np.newaxis]

    return run


def load_mnn(folder: Path, threads: int) -> Run:
    import MNN

    interpreter = MNN.Interpreter(str(folder / "model.mnn"))
    session = interpreter.createSession(
        {"backend": "CPU", "numThread": threads, "precision": "high"}
    )
    inputs = interpreter.getSessionInput(session)
    outputs = interpreter.getSessionOutput(session)
    layout = MNN.Tensor_DimensionType_Caffe  # [N, C, H, W]
    y = MNN.Tensor(outputs.getShape(), MNN.Halide_Type_Float, layout)

    def run(x: np.ndarray) -> np.ndarray:
        inputs.copyFrom(MNN.Tensor(x.shape, MNN.Halide_Type_Float, x, layout))
        interpreter.runSession(session)
        outputs.copyToHostTensor(y)
        return np.array(y.getNumpyData())  # which only points into y

    return run


def load_opencv(folder: Path, threads: int) -> Run:
    import cv2

    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromONNX(str(folder / "model.onnx"))

    def run(x: np.ndarray) -> np.ndarray:
        net.setInput(x)
        return net.forward()

    return run


def load_pytorch(folder: Path, threads: int, bf16: bool = False) -> Run:
    import torch

    from networks import load_network

    torch.set_num_threads(threads)
    network = load_network(folder).to(memory_format=torch.channels_last)

    def run(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            x = torch.from_numpy(x).to(memory_format=torch.channels_last)
            return network(x).float().contiguous().numpy()

    return run


ENGINES = {
    "ncnn": Engine("ncnn", "ncnn", "ncnn", "ncnn", load_ncnn),
    "mnn": Engine("MNN", "MNN", "MNN", "mnn", load_mnn),
    "openvino": Engine("OpenVINO", "openvino", "openvino", "onnx", load_openvino),
    "pytorch": Engine("PyTorch", "networks", "torch", "", load_pytorch),
    "onnxruntime": Engine("ONNX Runtime", "onnxruntime", "onnxruntime", "onnx", load_onnxruntime),
    "opencv": Engine("OpenCV DNN", "cv2", "opencv-python-headless", "onnx", load_opencv),
}
for name, load in {"ncnn": load_ncnn, "openvino": load_openvino, "pytorch": load_pytorch}.items():
    ENGINES[f"{name}:bf16"] = replace(ENGINES[name], load=partial(load, bf16=True), bf16=True)
