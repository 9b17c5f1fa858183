"""The comparison must find what converters are known to get wrong, one fault at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hourglass_training.export.graph import write_graph
from hourglass_training.export.trees import Ensemble, Tree, evaluate, thresholds_of
from hourglass_training.faults import TrainingFault
from hourglass_training.native import NativeModel, Settings, fit_native
from hourglass_training.parity import check_batches, check_parity, open_graph, parity_rows


@pytest.fixture(scope="module")
def fitted() -> tuple[NativeModel, np.ndarray]:
    random = np.random.default_rng(1)
    rows = random.normal(size=(2000, 6)).astype(np.float32)
    rows[random.random(rows.shape) < 0.05] = np.nan
    labels = (np.nan_to_num(rows[:, 0]) + random.normal(size=2000) > 0.5).astype(float)
    settings = Settings("binary", 1, {"n_estimators": 40, "max_depth": 5}, 1, 1)
    return fit_native("lightgbm", rows, labels, [f"x{place}" for place in range(6)], settings), rows


def with_tree(ensemble: Ensemble, place: int, change: Callable[[Tree], Tree]) -> Ensemble:
    trees = list(ensemble.trees)
    trees[place] = change(trees[place])
    return replace(ensemble, trees=trees)


def moved(way: float) -> Callable[[Tree], Tree]:
    return lambda tree: replace(tree, threshold=np.r_[np.nextafter(tree.threshold[:1], np.float32(way)), tree.threshold[1:]])


FAULTS: dict[str, Callable[[Ensemble], Ensemble]] = {
    "a threshold one float up": lambda ensemble: with_tree(ensemble, 7, moved(np.inf)),
    "a threshold one float down": lambda ensemble: with_tree(ensemble, 7, moved(-np.inf)),
    "NaN goes the other way": lambda ensemble: with_tree(ensemble, 3, lambda tree: replace(tree, nan_left=~tree.nan_left)),
    "less in place of less or equal": lambda ensemble: replace(ensemble, mode="BRANCH_LT"),
    "a tree is missing": lambda ensemble: replace(ensemble, trees=ensemble.trees[:-1]),
    "features are permuted": lambda ensemble: with_tree(ensemble, 0, lambda tree: replace(tree, feature=(tree.feature + 1) % 6)),
    "a base is added": lambda ensemble: replace(ensemble, base=(2e-5,)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_conversion_is_refused(fitted: tuple[NativeModel, np.ndarray], name: str) -> None:
    native, pool = fitted
    ensemble = native.tree_model.ensemble
    rows = parity_rows(ensemble, pool, 1)
    wanted = native.predict(rows)
    check_parity("m", open_graph(write_graph(ensemble, "m")), rows, wanted, 1e-5, 0.3)
    with pytest.raises(TrainingFault, match="deviates from the library"):
        check_parity("m", open_graph(write_graph(FAULTS[name](ensemble), "m")), rows, wanted, 1e-5, 0.3)


def test_rows_hold_what_they_promise(fitted: tuple[NativeModel, np.ndarray]) -> None:
    native, pool = fitted
    ensemble = native.tree_model.ensemble
    rows = parity_rows(ensemble, pool, 1)
    assert rows.shape[0] >= 10_000 and rows.dtype == np.float32
    assert np.isnan(rows).mean() > 0.02 and not np.isinf(rows).any()
    assert np.isnan(rows[-2]).all() and (rows[-1] == 0).all()
    for feature, thresholds in enumerate(thresholds_of(ensemble)):
        present = set(rows[:, feature].tolist())
        for way in (-np.inf, np.inf, None):
            near = thresholds if way is None else np.nextafter(thresholds, np.float32(way))
            assert set(near.tolist()) <= present
    assert np.array_equal(rows, parity_rows(ensemble, pool, 1), equal_nan=True)
    assert not np.array_equal(rows, parity_rows(ensemble, pool, 2), equal_nan=True)


def test_flips_at_the_gate_are_counted(fitted: tuple[NativeModel, np.ndarray]) -> None:
    native, pool = fitted
    ensemble = native.tree_model.ensemble
    rows = parity_rows(ensemble, pool, 1)
    wanted = native.predict(rows)
    # A gate between the library's output of a row and what the graph's single precision makes of it.
    score = open_graph(write_graph(ensemble, "m"))
    gap = np.abs(score(rows).astype(float) - wanted)
    at = int(gap[:, 0].argmax())
    gate = float((score(rows)[at, 0].astype(float) + wanted[at, 0]) / 2)
    with pytest.raises(TrainingFault, match="pass the gate"):
        check_parity("m", score, rows, wanted, 1e-5, gate)


def test_the_graph_is_the_ensemble(fitted: tuple[NativeModel, np.ndarray]) -> None:
    native, pool = fitted
    assert np.abs(evaluate(native.tree_model.ensemble, pool) - native.predict(pool)).max() < 1e-12


def test_outputs_that_depend_on_the_batch_are_refused() -> None:
    def uneven(rows: np.ndarray) -> np.ndarray:
        return (rows[:, :1] + rows.shape[0] * np.float32(1e-3)).astype(np.float32)

    rows = np.random.default_rng(1).normal(size=(5000, 2)).astype(np.float32)
    with pytest.raises(TrainingFault, match="differ in bits"):
        check_batches("m", uneven, rows, uneven(rows))
