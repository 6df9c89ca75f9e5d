"""The operators of ONNX's standard domain that ochre's importer takes: the one list that both tools here read.

A newly taken operator is one word more. operator_cases.py then judges ONNX's own cases of it; fuzz.py makes nodes of
it, by a maker of its own in pictures.py or, without one, as a node of one input and no attributes.
"""

from __future__ import annotations

# Those that compute a picture: the table of include/ochre/import/onnx/graph.hpp.
PICTURE_OPERATORS = """
    Add AveragePool BatchNormalization Cast Clip Concat Conv ConvTranspose DepthToSpace Div Dropout GlobalAveragePool
    Identity InstanceNormalization LeakyRelu Max MaxPool Min Mul PRelu Pad ReduceMean Relu Resize Sigmoid Slice Softmax Split Sub Sum Tanh
    Transpose Upsample
""".split()

# Those that only compute constants: the table of include/ochre/import/onnx/constants.hpp, and Constant itself.
CONSTANT_OPERATORS = "Ceil Constant ConstantOfShape Floor Gather Neg Reshape Shape Sqrt Squeeze Unsqueeze".split()

TAKEN = frozenset(PICTURE_OPERATORS + CONSTANT_OPERATORS)
