"""A linear model as an ONNX graph: `terms` [N, T] in, `output` [N, classes] out, raw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .graph import IR_VERSION, OPSET


def linear_graph(weights: NDArray[np.float64], base: NDArray[np.float64], name: str) -> bytes:
    """`weights` is `[classes, T]`; the same weights and name give the same bytes."""
    classes, terms = weights.shape
    node = helper.make_node("Gemm", ["terms", "weights", "base"], ["output"], transB=1)
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info("terms", TensorProto.FLOAT, ["N", terms])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", classes])],
        [
            numpy_helper.from_array(weights.astype(np.float32), "weights"),
            numpy_helper.from_array(base.astype(np.float32), "base"),
        ],
    )
    model = helper.make_model(
        graph,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="hourglass-training",
    )
    return bytes(model.SerializeToString(deterministic=True))
