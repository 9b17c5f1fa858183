"""A tree ensemble as plain arrays, whatever library it came from, and the same computation in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Mode = Literal["BRANCH_LEQ", "BRANCH_LT"]
"""A row goes left where `feature <= threshold`, or where `feature < threshold`."""


@dataclass(frozen=True)
class Tree:
    """Inner nodes by place; node 0 is the root unless the tree is a single leaf.

    Children are places of inner nodes, or -1 - leaf.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    nan_left: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    leaves: NDArray[np.float64]
    """`[leaves, targets]`: what a leaf adds to the outputs named in `targets`."""
    targets: tuple[int, ...]


@dataclass(frozen=True)
class Ensemble:
    """Outputs are the sums of what the leaves add, in the order of the trees, plus `base`."""

    mode: Mode
    feature_count: int
    base: tuple[float, ...]
    """By output."""
    trees: Sequence[Tree]
    native_sum: Literal["float32", "float64"]
    """In which precision the library adds leaves up."""

    @property
    def output_count(self) -> int:
        return len(self.base)


def single_leaf(values: NDArray[np.float64], targets: tuple[int, ...]) -> Tree:
    none = np.zeros(0, np.int64)
    return Tree(none, np.zeros(0, np.float32), np.zeros(0, np.bool_), none, none, values.reshape(1, -1), targets)


def round_down(value: float) -> np.float32:
    """The largest finite Float32 not above `value`: for finite Float32 x, `x <= value` and `x <= round_down(value)` are the same question.

    A split of all present values from absent ones stands at infinity.
    """
    with np.errstate(over="ignore"):
        rounded = min(np.float32(value), np.finfo(np.float32).max)
    return np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > value else rounded


def leaf_of(tree: Tree, rows: NDArray[np.float32], mode: Mode) -> NDArray[np.int64]:
    """Leaf that each row ends in."""
    place = np.zeros(rows.shape[0], np.int64)
    if tree.feature.size == 0:
        return place
    active = np.arange(rows.shape[0])
    while active.size > 0:
        node = place[active]
        value = rows[active, tree.feature[node]]
        met = value <= tree.threshold[node] if mode == "BRANCH_LEQ" else value < tree.threshold[node]
        left = np.where(np.isnan(value), tree.nan_left[node], met)
        place[active] = np.where(left, tree.left[node], tree.right[node])
        active = active[place[active] >= 0]
    return -1 - place


def evaluate(ensemble: Ensemble, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Outputs `[rows, outputs]`, added up in double precision."""
    outputs = np.tile(np.asarray(ensemble.base, np.float64), (rows.shape[0], 1))
    for tree in ensemble.trees:
        outputs[:, list(tree.targets)] += tree.leaves[leaf_of(tree, rows, ensemble.mode)]
    return outputs


def thresholds_of(ensemble: Ensemble) -> list[NDArray[np.float32]]:
    """Distinct thresholds by feature, ascending."""
    if not any(tree.feature.size for tree in ensemble.trees):
        return [np.zeros(0, np.float32)] * ensemble.feature_count
    features = np.concatenate([tree.feature for tree in ensemble.trees])
    values = np.concatenate([tree.threshold for tree in ensemble.trees])
    return [np.unique(values[features == feature]) for feature in range(ensemble.feature_count)]
