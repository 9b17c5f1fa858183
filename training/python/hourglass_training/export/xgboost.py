"""XGBoost's JSON form as an ensemble.

Source of the semantics: XGBoost's model schema and CPU predictor. A row goes left where `x < split`, in single precision; absent
values follow `default_left`; outputs start at the base score as a margin, and leaves are added in single precision, tree by tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..faults import TrainingFault
from .model import OutputKind, TreeModel
from .refusals import Refusals
from .trees import Ensemble, Tree, leaf_of, single_leaf

_LOGIT = ("binary:logistic", "binary:logitraw", "reg:logistic")
_CLASSES = ("multi:softprob", "multi:softmax")
_IDENTITY = ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror")


def read_xgboost(document: Mapping[str, Any], probe: NDArray[np.float32], margins: NDArray[np.float32]) -> TreeModel:
    """`document` is the parsed JSON model; `probe` are rows and `margins` what the library says of them, `[rows, outputs]`.

    The base score is stored in units of the objective and rounded; the probe settles which margin the library makes of it.
    Raises `export-refused` for boosters, splits and objectives that a sum of numerical trees cannot express.
    """
    learner = document["learner"]
    booster = learner["gradient_booster"]
    if booster["name"] != "gbtree":
        raise TrainingFault("export-refused", f"booster {booster['name']}: only gbtree is a plain sum of trees")
    objective = str(learner["objective"]["name"])
    parameters = learner["learner_model_param"]
    classes = max(1, int(parameters["num_class"]), int(parameters.get("num_target", "1")))
    features = int(parameters["num_feature"])
    names = tuple(learner.get("feature_names") or (f"f{place}" for place in range(features)))
    kind = _output_of(objective, classes)
    refusals = Refusals()
    model = booster["model"]
    pairs = zip(model["trees"], model["tree_info"], strict=True)
    trees = [_tree_of(tree, place, output, names, refusals) for place, (tree, output) in enumerate(pairs)]
    refusals.raise_any()
    base = _base_of(str(parameters["base_score"]), classes, trees, probe, margins)
    return TreeModel(Ensemble("BRANCH_LT", features, base, trees, "float32"), names, kind, objective)


def _output_of(objective: str, classes: int) -> OutputKind:
    if objective in _LOGIT and classes == 1:
        return "logit"
    if objective in _CLASSES:
        return "class-logits"
    if objective in _IDENTITY and classes == 1:
        return "expected-value"
    raise TrainingFault(
        "export-refused",
        f"objective `{objective}`: its margin is neither log-odds, nor class logits of a softmax, nor an expected value",
    )


def _tree_of(tree: Mapping[str, Any], place: int, output: int, names: Sequence[str], refusals: Refusals) -> Tree:
    left, right = np.asarray(tree["left_children"]), np.asarray(tree["right_children"])
    split = np.asarray(tree["split_conditions"], np.float32)
    inner = [int(node) for node in _reached(left, right) if left[node] >= 0]
    ends = [int(node) for node in _reached(left, right) if left[node] < 0]
    if int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
        refusals.add(place, "has vectors in its leaves; train with multi_strategy=one_output_per_tree")
    categorical = [node for node in inner if tree["split_type"][node] != 0]
    if categorical:
        name = names[tree["split_indices"][categorical[0]]]
        refusals.add(place, f"splits the categorical feature {name}; train it as a number, or as one feature a category")
    leaves = split[ends].astype(np.float64)
    if not inner:
        return single_leaf(leaves, (output,))
    places = {node: number for number, node in enumerate(inner)} | {node: -1 - number for number, node in enumerate(ends)}
    return Tree(
        feature=np.asarray(tree["split_indices"], np.int64)[inner],
        threshold=split[inner],
        nan_left=np.asarray(tree["default_left"], np.bool_)[inner],
        left=np.array([places[int(left[node])] for node in inner], np.int64),
        right=np.array([places[int(right[node])] for node in inner], np.int64),
        leaves=leaves.reshape(-1, 1),
        targets=(output,),
    )


def _reached(left: NDArray[np.int64], right: NDArray[np.int64]) -> list[int]:
    """Nodes from the root on, parents first: pruning leaves dead ones behind."""
    found = [0]
    for node in found:
        if left[node] >= 0:
            found += [int(left[node]), int(right[node])]
    return found


def _base_of(
    score: str, classes: int, trees: Sequence[Tree], probe: NDArray[np.float32], margins: NDArray[np.float32]
) -> tuple[float, ...]:
    """The margin among those that `score` can mean, which gives the library's own bits on the probe."""
    stored = [np.float32(part) for part in score.strip("[]").split(",")]
    stored = stored if len(stored) == classes else stored * classes
    leaves = [(tree.targets[0], tree.leaves[leaf_of(tree, probe, "BRANCH_LT"), 0].astype(np.float32)) for tree in trees]
    found = []
    for output, value in enumerate(stored):
        own = [added for target, added in leaves if target == output]
        found.append(min(_margins_of(value), key=lambda base: _miss(base, own, margins[:, output])))
    return tuple(float(base) for base in found)


def _margins_of(score: np.float32) -> list[np.float32]:
    """As it stands and as log-odds, with the neighbours that another logarithm may have rounded to; likeliest first."""
    candidates = [score]
    if 0 < score < 1:
        logit = np.float32(-np.log(np.float32(1) / score - np.float32(1)))
        candidates += [logit, *(np.nextafter(logit, np.float32(way)) for way in (-np.inf, np.inf))]
    return candidates


def _miss(base: np.float32, leaves: Sequence[NDArray[np.float32]], margins: NDArray[np.float32]) -> float:
    total = np.full(margins.shape, base, np.float32)
    for added in leaves:
        total += added
    return float(np.abs(total.astype(np.float64) - margins).max())
