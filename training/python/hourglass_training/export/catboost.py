"""CatBoost's JSON form as an ensemble.

Source of the semantics: CatBoost's model format and CPU evaluator. A float split is met where `x > border`, both in single
precision; the leaf of an oblivious tree is the number whose bit i says whether split i was met. Absent values meet no split
(`nan_mode` Min, and features that held none in training) or every one (Max). Leaves are added in double precision, then scaled and
moved by the bias. CatBoost's own ONNX export writes doubles in single precision; this one keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..faults import TrainingFault
from .model import OutputKind, TreeModel
from .refusals import Refusals
from .trees import Ensemble, Tree, single_leaf

_LOGIT = ("Logloss", "CrossEntropy")
_IDENTITY = ("RMSE", "MAE", "Quantile", "Huber")


class _Features:
    """Float features of a model: their place among all features, and where their absent values go."""

    def __init__(self, document: Mapping[str, Any], refusals: Refusals) -> None:
        self.by_float: dict[int, Mapping[str, Any]] = {
            feature["feature_index"]: feature for feature in document["features_info"].get("float_features", [])
        }
        self.refusals = refusals

    def split_of(self, split: Mapping[str, Any], place: int) -> tuple[int, np.float32, bool]:
        """Feature, border, and whether NaN stays below it."""
        if split.get("split_type", "FloatFeature") != "FloatFeature":
            self.refusals.add(
                place, f"has a split of type {split['split_type']}: categorical and text features are not numbers; train without them"
            )
            return 0, np.float32(0), True
        feature = self.by_float[split["float_feature_index"]]
        return int(feature["flat_feature_index"]), np.float32(split["border"]), feature.get("nan_value_treatment") != "AsTrue"


def read_catboost(document: Mapping[str, Any], names: Sequence[str], loss: str) -> TreeModel:
    """`document` is the parsed JSON model. Raises `export-refused` for what a sum of numerical trees cannot express."""
    info = document["features_info"]
    kinds = [kind for kind in ("categorical_features", "text_features", "embedding_features") if info.get(kind)]
    if kinds:
        told = ", ".join(kind.replace("_", " ") for kind in kinds)
        raise TrainingFault("export-refused", f"the model has {told}; train it with numbers alone")
    scale, bias = document["scale_and_bias"]
    biases = tuple(float(value) for value in (bias if isinstance(bias, list) else [bias]))
    refusals = Refusals()
    features = _Features(document, refusals)
    oblivious, plain = document.get("oblivious_trees", []), document.get("trees", [])
    trees = [_oblivious_tree(tree, place, len(biases), float(scale), features) for place, tree in enumerate(oblivious)]
    trees += [_plain_tree(tree, place, len(biases), float(scale), features) for place, tree in enumerate(plain)]
    refusals.raise_any()
    ensemble = Ensemble("BRANCH_LEQ", len(names), biases, trees, "float64")
    return TreeModel(ensemble, tuple(names), _output_of(loss, len(biases)), loss)


def _output_of(loss: str, outputs: int) -> OutputKind:
    name = loss.split(":")[0]
    if name in _LOGIT and outputs == 1:
        return "logit"
    if name == "MultiClass":
        return "class-logits"
    if name in _IDENTITY and outputs == 1:
        return "expected-value"
    raise TrainingFault(
        "export-refused", f"loss `{loss}`: its raw value is neither log-odds, nor class logits of a softmax, nor an expected value"
    )


def _oblivious_tree(tree: Mapping[str, Any], place: int, outputs: int, scale: float, features: _Features) -> Tree:
    targets = tuple(range(outputs))
    leaves = np.asarray(tree["leaf_values"], np.float64).reshape(-1, outputs) * scale
    splits = [features.split_of(split, place) for split in tree["splits"] or []]
    if not splits:
        return single_leaf(leaves[0], targets)
    # The last split is the root: level by level the bits of a leaf's number are settled from the top, so leaves stand in order.
    levels = splits[::-1]
    inner = np.arange(2 ** len(levels) - 1)
    level = np.floor(np.log2(inner + 1)).astype(np.int64)

    def child(side: int) -> NDArray[np.int64]:
        heap = 2 * inner + 1 + side
        return np.where(heap < inner.size, heap, -1 - (heap - inner.size))

    return Tree(
        feature=np.array([split[0] for split in levels], np.int64)[level],
        threshold=np.array([split[1] for split in levels], np.float32)[level],
        nan_left=np.array([split[2] for split in levels], np.bool_)[level],
        left=child(0),
        right=child(1),
        leaves=leaves,
        targets=targets,
    )


def _plain_tree(tree: Mapping[str, Any], place: int, outputs: int, scale: float, features: _Features) -> Tree:
    """Trees of `grow_policy` Depthwise and Lossguide, whose leaves stand at any depth."""
    targets = tuple(range(outputs))
    inner: list[tuple[int, np.float32, bool]] = []
    children: list[list[int]] = []
    leaves: list[Any] = []

    def add(node: Mapping[str, Any]) -> int:
        if "split" not in node:
            leaves.append(node["value"])
            return -len(leaves)
        number = len(inner)
        inner.append(features.split_of(node["split"], place))
        children.append([0, 0])
        children[number] = [add(node["left"]), add(node["right"])]
        return number

    add(tree)
    values = np.asarray(leaves, np.float64).reshape(-1, outputs) * scale
    if not inner:
        return single_leaf(values[0], targets)
    return Tree(
        feature=np.array([split[0] for split in inner], np.int64),
        threshold=np.array([split[1] for split in inner], np.float32),
        nan_left=np.array([split[2] for split in inner], np.bool_),
        left=np.array([pair[0] for pair in children], np.int64),
        right=np.array([pair[1] for pair in children], np.int64),
        leaves=values,
        targets=targets,
    )
