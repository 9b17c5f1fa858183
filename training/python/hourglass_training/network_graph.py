"""ONNX graphs of the networks, written from their weights: only operators that the loader allows, N free, opset 17."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from .architectures import ROW_SCALE_EPSILON, ROW_SCALE_MAX, InputLayer, LstmNorm, LstmPair, Network, Tcn, TcnBlock

OPSET = 17
IR_VERSION = 8


@dataclass
class GraphWriter:
    """Nodes and weights in the order they were written; `last` is the name of the newest value."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def weight(self, values: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def floats(self, values: torch.Tensor) -> str:
        return self.weight(values.detach().cpu().numpy().astype(np.float32))

    def integers(self, *values: int) -> str:
        return self.weight(np.asarray(values, dtype=np.int64))

    def node(self, operator: str, *inputs: str, outputs: int = 1, **attributes: object) -> str:
        """Adds a node and names its last output; the ones before it stay unnamed."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [""] * (outputs - 1) + [name], **attributes))
        return name


def graph_of(network: Network, steps: int, width: int) -> bytes:
    """The network in evaluation form: `sequence` [N, steps, width] -> `output` [N, outputs], float32.

    Outputs are the class logits; for `LstmNorm` the one logit, class 1 less class 0.
    """
    writer = GraphWriter()
    values = _input_layer(writer, network.inputs, "sequence", steps)
    match network:
        case LstmPair():
            result, outputs = _linear(writer, network.head, _lstm(writer, network.lstm, values)), network.head.out_features
        case LstmNorm():
            result, outputs = _lstm_norm(writer, network, values), 1
        case Tcn():
            result, outputs = _tcn(writer, network, values, steps), network.head.out_features
    writer.nodes.append(helper.make_node("Identity", [result], ["output"]))
    graph = helper.make_graph(
        writer.nodes,
        "network",
        [helper.make_tensor_value_info("sequence", TensorProto.FLOAT, ["N", steps, width])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", outputs])],
        writer.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="hourglass")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def _input_layer(writer: GraphWriter, layer: InputLayer, values: str, steps: int) -> str:
    absent = writer.node("IsNaN", values)
    filled = writer.node("Where", absent, writer.floats(layer.fill), values)
    centred = writer.node("Sub", filled, writer.floats(layer.centre))
    scaled = writer.node("Mul", centred, writer.floats(layer.factor))
    if layer.by_row:
        scaled = _scaled_by_row(writer, scaled, steps)
    return scaled if layer.mask is None else writer.node("Mul", scaled, writer.floats(layer.mask))


def _scaled_by_row(writer: GraphWriter, values: str, steps: int) -> str:
    """[N, steps, width], each input over its row's root mean square, clipped; without division, root and Clip, which no graph may hold.

    Steps and their negatives together have mean 0, so that layer normalisation divides by nothing but the root mean square.
    """
    forward = writer.node("Transpose", values, perm=[0, 2, 1])
    both = writer.node("Concat", forward, writer.node("Mul", forward, _number(writer, -1)), axis=2)
    ones = writer.weight(np.ones(2 * steps, np.float32))
    normed = writer.node("LayerNormalization", both, ones, axis=-1, epsilon=ROW_SCALE_EPSILON)
    half = writer.node("Slice", normed, writer.integers(0), writer.integers(steps), writer.integers(2))
    above = writer.node("Relu", writer.node("Sub", half, _number(writer, ROW_SCALE_MAX)))
    below = writer.node("Relu", writer.node("Sub", _number(writer, -ROW_SCALE_MAX), half))
    clipped = writer.node("Add", writer.node("Sub", half, above), below)
    return writer.node("Transpose", clipped, perm=[0, 2, 1])


def _number(writer: GraphWriter, value: float) -> str:
    return writer.weight(np.asarray(value, dtype=np.float32))


def _lstm(writer: GraphWriter, lstm: nn.LSTM, values: str) -> str:
    """[N, steps, width] -> state of the last layer after the last step, [N, hidden]."""
    sequence = writer.node("Transpose", values, perm=[1, 0, 2])
    for layer in range(lstm.num_layers):
        weights = [
            writer.weight(_gates(getattr(lstm, f"weight_ih_l{layer}"))[None]),
            writer.weight(_gates(getattr(lstm, f"weight_hh_l{layer}"))[None]),
            writer.weight(
                np.concatenate([_gates(getattr(lstm, f"bias_ih_l{layer}")), _gates(getattr(lstm, f"bias_hh_l{layer}"))])[None]
            ),
        ]
        if layer + 1 < lstm.num_layers:
            every = writer.node("LSTM", sequence, *weights, hidden_size=lstm.hidden_size)
            sequence = writer.node("Squeeze", every, writer.integers(1))
        else:
            last = writer.node("LSTM", sequence, *weights, outputs=2, hidden_size=lstm.hidden_size)
    return writer.node("Squeeze", last, writer.integers(0))


def _gates(parameter: torch.Tensor) -> np.ndarray:
    """torch stacks input, forget, cell, output; ONNX input, output, forget, cell."""
    first, forget, cell, output = np.split(parameter.detach().cpu().numpy().astype(np.float32), 4)
    return np.concatenate([first, output, forget, cell])


def _lstm_norm(writer: GraphWriter, network: LstmNorm, values: str) -> str:
    state = _lstm(writer, network.lstm, values)
    weight, bias = writer.floats(network.norm.weight), writer.floats(network.norm.bias)
    normed = writer.node("LayerNormalization", state, weight, bias, axis=-1, epsilon=network.norm.eps)
    logits = _linear(writer, network.head, normed)
    positive = writer.node("Gather", logits, writer.integers(1), axis=1)
    return writer.node("Sub", positive, writer.node("Gather", logits, writer.integers(0), axis=1))


def _tcn(writer: GraphWriter, network: Tcn, values: str, steps: int) -> str:
    channels = writer.node("Transpose", values, perm=[0, 2, 1])
    for block in network.blocks:
        channels = _tcn_block(writer, block, channels, (steps - 1) % 2)
        steps = (steps + 1) // 2
    last = writer.node("Gather", channels, writer.weight(np.asarray(steps - 1, dtype=np.int64)), axis=2)
    return _linear(writer, network.head, last)


def _tcn_block(writer: GraphWriter, block: TcnBlock, values: str, drop: int) -> str:
    """`TcnBlock.halved` without dropout."""
    first = writer.node(
        "Conv", values, writer.floats(block.first.weight), writer.floats(block.first.bias), pads=[block.kernel - 1, 0]
    )
    second = writer.node(
        "Conv",
        writer.node("Relu", first),
        writer.floats(block.second.weight),
        writer.floats(block.second.bias),
        pads=[block.kernel - 1 - drop, 0],
        strides=[2],
    )
    kept = writer.node(
        "Slice", values, writer.integers(drop), writer.integers(2**31 - 1), writer.integers(2), writer.integers(2)
    )
    if block.skip is not None:
        kept = writer.node("Conv", kept, writer.floats(block.skip.weight), writer.floats(block.skip.bias))
    return writer.node("Relu", writer.node("Add", writer.node("Relu", second), kept))


def _linear(writer: GraphWriter, layer: nn.Linear, values: str) -> str:
    return writer.node("Gemm", values, writer.floats(layer.weight), writer.floats(layer.bias), transB=1)
