"""LightGBM's text form as an ensemble.

Source of the semantics: `Tree::NumericalDecision` and `GBDT::PredictRaw` of LightGBM. `decision_type` holds in bit 0 that a split is
categorical, in bit 1 that absent values go left, in bits 2 and 3 what counts as absent: 0 nothing (NaN is read as 0), 1 zero and
NaN, 2 NaN. A row goes left where `x <= threshold`, in double precision; values within 1e-35 of zero are read as zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ..faults import TrainingFault
from .model import OutputKind, TreeModel
from .refusals import Refusals
from .trees import Ensemble, Tree, round_down, single_leaf

CATEGORICAL = 1
DEFAULT_LEFT = 2
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2

ZERO_THRESHOLD = float(np.float32(1e-35))
"""Values no further from 0 than this are read as 0."""
FLOAT32_MAX = float(np.finfo(np.float32).max)

# Their raw output is the expected value itself; others apply a link to it.
_IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")


def read_lightgbm(text: str) -> TreeModel:
    """Raises `export-refused` for splits and outputs that a sum of numerical trees cannot express."""
    header, blocks = _sections(text)
    names = tuple(header["feature_names"].split(" "))
    if int(header["max_feature_idx"]) + 1 != len(names):
        raise TrainingFault("bad-model", "feature_names and max_feature_idx of the LightGBM model disagree")
    per_iteration = int(header.get("num_tree_per_iteration", "1"))
    objective = header.get("objective", "")
    kind, scale = _output_of(objective, per_iteration)
    if "average_output" in header:
        if kind != "expected-value":
            raise TrainingFault("export-refused", "a random forest of classes gives means of probabilities; train with boosting=gbdt")
        # Its raw output is the sum, and its prediction the mean.
        scale /= max(1, len(blocks))
    refusals = Refusals()
    trees = [_tree_of(block, place, names, (place % per_iteration,), scale, refusals) for place, block in enumerate(blocks)]
    refusals.raise_any()
    infos = header.get("feature_infos", "").split(" ")
    return TreeModel(
        ensemble=Ensemble("BRANCH_LEQ", len(names), (0.0,) * per_iteration, trees, "float64"),
        feature_names=names,
        dead_features=tuple(name for name, info in zip(names, infos, strict=False) if info == "none"),
        ranges=tuple(_range_of(info) for info in infos),
        objective=objective,
        output_kind=kind,
        scale=scale,
    )


def _sections(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Header and trees as `name=value` lines; names without value stand for themselves."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "tree":
        raise TrainingFault("bad-model", "this is no LightGBM model text: its first line is not `tree`")
    header: dict[str, str] = {}
    trees: list[dict[str, str]] = []
    current = header
    for line in lines[1:]:
        if line.startswith("end of trees"):
            break
        name, _, value = line.strip().partition("=")
        if name == "Tree":
            current = {}
            trees.append(current)
        elif name:
            current[name] = value
    for name in ("feature_names", "max_feature_idx", "tree_sizes"):
        if name not in header:
            raise TrainingFault("bad-model", f"the LightGBM model text has no {name}")
    if not _is_cut_as_told(text, [int(size) for size in header["tree_sizes"].split()]) or len(header["tree_sizes"].split()) != len(trees):
        raise TrainingFault("bad-model", "the LightGBM model text is cut off or changed: its trees do not stand where tree_sizes says")
    broken = [place for place, tree in enumerate(trees) if not _is_whole(tree, int(header["max_feature_idx"]))]
    if broken:
        raise TrainingFault("bad-model", f"tree {broken[0]} of the LightGBM model text is damaged: its lists do not belong together")
    return header, trees


def _is_cut_as_told(text: str, sizes: list[int]) -> bool:
    """Whether every tree begins where those before it end; LightGBM itself would end the process over it."""
    place = text.find("\nTree=0\n") + 1
    for number, size in enumerate(sizes):
        if not text.startswith(f"Tree={number}\n", place) or size < 1:
            return False
        place += size
    # Texts of version 2 and older have no line that ends the trees.
    return place <= len(text) and (text.startswith("end of trees", place) or "\nversion=v2\n" in text)


_INNER = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
_OPTIONAL_INNER = ("split_gain", "internal_value", "internal_weight", "internal_count")
_OPTIONAL_LEAF = ("leaf_weight", "leaf_count")
_SINGLE = ("num_leaves", "num_cat")


def _is_whole(tree: Mapping[str, str], last_feature: int) -> bool:
    """Whether the lists have the lengths that the number of leaves asks for, and point to what is there.

    LightGBM would end the process over some of this, so it is looked at before.
    """
    try:
        numbers = {name: np.array(value.split(), np.float64) for name, value in tree.items()}
        leaves = int(tree["num_leaves"])
    except (KeyError, ValueError):
        return False
    lengths = {**dict.fromkeys(_SINGLE, 1), "leaf_value": max(1, leaves)}
    if leaves > 1:
        lengths |= dict.fromkeys(_INNER, leaves - 1)
    optional = {**dict.fromkeys(_OPTIONAL_INNER, leaves - 1), **dict.fromkeys(_OPTIONAL_LEAF, leaves), "is_linear": 1, "shrinkage": 1}
    lengths |= {name: length for name, length in optional.items() if name in numbers and leaves > 1}
    if leaves < 1 or any(name not in numbers or numbers[name].size != length for name, length in lengths.items()):
        return False
    if leaves == 1:
        return True
    children = np.concatenate([numbers["left_child"], numbers["right_child"]])
    features = numbers["split_feature"]
    # Every node but the root and every leaf is somebody's child, once.
    are_linked = np.array_equal(np.sort(children), np.r_[-leaves:0, 1 : leaves - 1])
    return are_linked and bool(((features >= 0) & (features <= last_feature)).all())


def _output_of(objective: str, per_iteration: int) -> tuple[OutputKind, float]:
    """Kind of output, and the factor that makes the raw output log-odds."""
    words = objective.split(" ")
    settings: Mapping[str, str] = dict(word.split(":", 1) for word in words[1:] if ":" in word)
    if words[0] in ("binary", "cross_entropy") and per_iteration == 1:
        return "logit", float(settings.get("sigmoid", "1"))
    if words[0] == "multiclass":
        return "class-logits", 1.0
    if words[0] in _IDENTITY and "sqrt" not in words and per_iteration == 1:
        return "expected-value", 1.0
    raise TrainingFault(
        "export-refused",
        f"objective `{objective}`: its raw output is neither log-odds, nor class logits of a softmax, nor an expected value",
    )


def _tree_of(
    block: Mapping[str, str], place: int, names: tuple[str, ...], targets: tuple[int, ...], scale: float, refusals: Refusals
) -> Tree:
    if block.get("is_linear", "0") != "0":
        refusals.add(place, "has linear models in its leaves; train with linear_tree=false")
    leaves = np.array(block["leaf_value"].split(" "), np.float64) * scale
    if int(block["num_leaves"]) == 1:
        return single_leaf(leaves[:1], targets)
    feature = np.array(block["split_feature"].split(" "), np.int64)
    decision = np.array(block["decision_type"].split(" "), np.int64)
    threshold = np.array(block["threshold"].split(" "), np.float64)
    for node in np.flatnonzero(decision & CATEGORICAL):
        refusals.add(place, f"splits the categorical feature {names[feature[node]]}; train it as a number, or as one feature a category")
    nan_left = np.fromiter(_nan_routes(decision, threshold, place, feature, names, refusals), np.bool_, len(feature))
    if np.any(threshold < -FLOAT32_MAX):
        refusals.add(place, "splits below the smallest single-precision number")
    return Tree(
        feature=feature,
        threshold=np.array([_threshold_of(value) for value in threshold], np.float32),
        nan_left=nan_left,
        left=np.array(block["left_child"].split(" "), np.int64),
        right=np.array(block["right_child"].split(" "), np.int64),
        leaves=leaves.reshape(-1, 1),
        targets=targets,
    )


def _nan_routes(
    decision: NDArray[np.int64],
    threshold: NDArray[np.float64],
    place: int,
    feature: NDArray[np.int64],
    names: tuple[str, ...],
    refusals: Refusals,
) -> Iterator[bool]:
    """Whether NaN goes left, by node."""
    for node, (kind, value) in enumerate(zip(decision.tolist(), threshold.tolist(), strict=True)):
        default_left = bool(kind & DEFAULT_LEFT)
        missing = (kind >> 2) & 3
        if missing == MISSING_NAN:
            yield default_left
            continue
        zero_left = value >= ZERO_THRESHOLD if default_left else value >= -ZERO_THRESHOLD
        if missing == MISSING_ZERO and default_left != zero_left:
            # Zero would have to go one way and its neighbours on both sides the other.
            name = names[feature[node]]
            refusals.add(place, f"sends zeros of {name} apart from their neighbours; train with zero_as_missing=false")
        yield 0.0 <= value if missing == MISSING_NONE else default_left


def _threshold_of(value: float) -> np.float32:
    """The Float32 that parts Float32 values as LightGBM parts them at `value`."""
    if -ZERO_THRESHOLD <= value < 0:
        return np.nextafter(np.float32(-ZERO_THRESHOLD), np.float32(-np.inf))
    return np.float32(ZERO_THRESHOLD) if 0 <= value <= ZERO_THRESHOLD else round_down(value)


def _range_of(info: str) -> tuple[float, float] | None:
    if not info.startswith("["):
        return None
    low, high = info.strip("[]").split(":")
    return float(low), float(high)
