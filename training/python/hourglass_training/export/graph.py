"""An ensemble as an ONNX graph: `features` [N, features] in, `output` [N, outputs] out, raw and without link.

ONNX Runtime adds leaves up in the precision of the graph's thresholds. Where the library adds in double precision, the rows are
widened first and the node holds doubles: measured on 800 trees that leaves 5e-7 of 1.2e-5, and is no slower. Where the library adds
in single precision, in the order of its trees and starting at its base, so does the graph: the first tree is then a single leaf that
holds the base, which gives the library's own bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .trees import Ensemble, Tree, single_leaf

OPSET = 17
OPSET_ML = 1
OPSET_ML_TENSORS = 3
"""The first that takes thresholds and weights in double precision."""
IR_VERSION = 8


def write_graph(ensemble: Ensemble, name: str) -> bytes:
    """Serialised model; the same ensemble and name give the same bytes."""
    wide = ensemble.native_sum == "float64"
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", ensemble.feature_count])
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", ensemble.output_count])
    nodes = [_tree_node(ensemble, "wide" if wide else "features", wide)]
    if wide:
        nodes.insert(0, helper.make_node("Cast", ["features"], ["wide"], to=TensorProto.DOUBLE))
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", OPSET_ML_TENSORS if wide else OPSET_ML)]
    graph = helper.make_graph(nodes, name, [features], [output])
    model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=opsets, producer_name="hourglass-training")
    return bytes(model.SerializeToString(deterministic=True))


def _tree_node(ensemble: Ensemble, source: str, wide: bool) -> onnx.NodeProto:
    trees = _with_base(ensemble)
    tables = [_tree_tables(tree, place, ensemble.mode) for place, tree in enumerate(trees)]
    whole: dict[str, Any] = {name: np.concatenate([table[name] for table in tables]).tolist() for name in _WHOLE}
    whole["nodes_modes"] = [mode for table in tables for mode in table["nodes_modes"]]
    for name in _REAL:
        values = np.concatenate([table[name] for table in tables])
        if wide:
            whole[f"{name}_as_tensor"] = numpy_helper.from_array(values.astype(np.float64), name)
        else:
            whole[name] = values.astype(np.float32).tolist()
    return helper.make_node(
        "TreeEnsembleRegressor",
        [source],
        ["output"],
        domain="ai.onnx.ml",
        n_targets=ensemble.output_count,
        aggregate_function="SUM",
        post_transform="NONE",
        **whole,
    )


_WHOLE = (
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_missing_value_tracks_true",
    "target_treeids",
    "target_nodeids",
    "target_ids",
)
_REAL = ("nodes_values", "target_weights")


def _with_base(ensemble: Ensemble) -> Sequence[Tree]:
    """Trees that add up to the outputs, base included."""
    if not any(ensemble.base):
        return ensemble.trees
    targets = tuple(range(ensemble.output_count))
    return [single_leaf(np.asarray(ensemble.base, np.float64), targets), *ensemble.trees]


def _tree_tables(tree: Tree, place: int, mode: str) -> dict[str, Any]:
    """Inner nodes come first, then leaves: leaf l is node `inner + l`."""
    inner, leaves, targets = tree.feature.size, tree.leaves.shape[0], len(tree.targets)
    none = np.zeros(leaves, np.int64)

    def nodes(children: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.concatenate([np.where(children >= 0, children, inner - 1 - children), none])

    return {
        "nodes_treeids": np.full(inner + leaves, place),
        "nodes_nodeids": np.arange(inner + leaves),
        "nodes_featureids": np.concatenate([tree.feature, none]),
        "nodes_values": np.concatenate([tree.threshold.astype(np.float64), none]),
        "nodes_modes": [mode] * inner + ["LEAF"] * leaves,
        "nodes_truenodeids": nodes(tree.left),
        "nodes_falsenodeids": nodes(tree.right),
        "nodes_missing_value_tracks_true": np.concatenate([tree.nan_left.astype(np.int64), none]),
        "target_treeids": np.full(leaves * targets, place),
        "target_nodeids": np.repeat(np.arange(inner, inner + leaves), targets),
        "target_ids": np.tile(np.asarray(tree.targets, np.int64), leaves),
        "target_weights": tree.leaves.reshape(-1),
    }
