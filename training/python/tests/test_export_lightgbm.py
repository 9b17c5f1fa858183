"""The converter against LightGBM itself, on model texts that training does not write by chance."""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
import pytest
from handmade import CATEGORICAL, LEFT, NAN, NONE, ZERO, Split, chain, grown, lightgbm_text, lightgbm_tree, stump
from hourglass_training.export.graph import write_graph
from hourglass_training.export.lightgbm import read_lightgbm
from hourglass_training.export.trees import round_down
from hourglass_training.faults import TrainingFault
from hourglass_training.native import load_native
from hourglass_training.parity import open_graph

TINY = float(np.float32(1e-35))
NASTY = [0.0, -0.0, TINY, -TINY, 1e-40, -1e-40, 0.1, -0.1, 1 / 3, 1e-30, -1e-30, 16777217.0, 1e300, 3.4028234663852886e38, 1.0]


def nasty_rows(features: int, seed: int) -> np.ndarray:
    """Thresholds as Float32 with both neighbours, absent values, zeros of both signs, the largest and smallest numbers."""
    with np.errstate(over="ignore"):
        near = np.array(NASTY, np.float64).astype(np.float32)
        values = np.concatenate([near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))])
    values = np.concatenate([values[np.isfinite(values)], np.array([np.nan] * 6 + [0.0, -0.0, 3.4e38, -3.4e38, 1e-45], np.float32)])
    rows = np.random.default_rng(seed).choice(values, (4000, features)).astype(np.float32)
    rows[0], rows[1] = np.nan, 0
    return rows


def both(text: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Outputs of LightGBM and of the graph."""
    booster = lightgbm.Booster(model_str=text)
    native = booster.predict(rows, raw_score=True, num_threads=1).reshape(rows.shape[0], -1)
    model = read_lightgbm(text)
    return native * model.scale, open_graph(write_graph(model.ensemble, "m"))(rows)


@pytest.mark.parametrize("threshold", NASTY)
@pytest.mark.parametrize("decision", [NONE, NONE | LEFT, NAN, NAN | LEFT])
def test_a_stump_parts_every_value_as_lightgbm_does(threshold: float, decision: int) -> None:
    native, graph = both(lightgbm_text([stump(Split(0, threshold, decision))], 2), nasty_rows(2, 1))
    assert np.array_equal(native.astype(np.float32), graph)


@pytest.mark.parametrize("seed", range(12))
def test_trees_of_any_shape(seed: int) -> None:
    random = np.random.default_rng(seed)
    kinds = [NONE, NONE | LEFT, NAN, NAN | LEFT]

    def splits(count: int) -> list[Split]:
        return [Split(int(random.integers(3)), float(random.choice(NASTY)), int(random.choice(kinds))) for _ in range(count)]

    trees = [grown(splits(int(random.integers(1, 40))), random) for _ in range(9)] + [lightgbm_tree([], [], [], [0.5]), chain(splits(120))]
    native, graph = both(lightgbm_text(trees, 3), nasty_rows(3, seed))
    assert np.abs(native - graph).max() < 1e-5


@pytest.mark.parametrize("threshold", NASTY)
@pytest.mark.parametrize("decision", [ZERO, ZERO | LEFT])
def test_zero_as_missing_is_exact_or_refused(threshold: float, decision: int) -> None:
    text = lightgbm_text([stump(Split(0, threshold, decision))], 2)
    zero_stays_put = (threshold >= TINY) if decision & LEFT else threshold < -TINY
    if zero_stays_put:
        native, graph = both(text, nasty_rows(2, 2))
        assert np.array_equal(native.astype(np.float32), graph)
    else:
        with pytest.raises(TrainingFault, match="tree 0 sends zeros of x0 apart"):
            read_lightgbm(text)


def test_single_leaves_and_one_tree() -> None:
    rows = nasty_rows(2, 3)
    for trees in ([lightgbm_tree([], [], [], [0.125])], [stump(Split(1, 0.1, NAN))]):
        native, graph = both(lightgbm_text(trees, 2), rows)
        assert np.array_equal(native.astype(np.float32), graph)


def test_classes_take_turns() -> None:
    trees = [stump(Split(place % 2, 0.1 * place, NAN)) for place in range(6)]
    native, graph = both(lightgbm_text(trees, 2, "multiclass num_class:3", 3), nasty_rows(2, 4))
    assert graph.shape == native.shape == (4000, 3)
    assert np.abs(native - graph).max() < 1e-6


def test_a_scaled_sigmoid_is_scaled_into_log_odds() -> None:
    text = lightgbm_text([stump(Split(0, 0.1, NAN))], 2, "binary sigmoid:2")
    rows = nasty_rows(2, 5)
    _, graph = both(text, rows)
    probability = lightgbm.Booster(model_str=text).predict(rows)
    assert np.allclose(1 / (1 + np.exp(-graph[:, 0].astype(float))), probability, atol=1e-7)


def test_values_round_down() -> None:
    for value in (0.1, 1 / 3, -0.1, 16777217.0):
        rounded = round_down(value)
        assert float(rounded) <= value < float(np.nextafter(rounded, np.float32(np.inf)))
    assert round_down(1e300) == np.finfo(np.float32).max
    assert round_down(np.inf) == np.finfo(np.float32).max


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lightgbm_text([stump(Split(1, 0, CATEGORICAL))], 2), "tree 0 splits the categorical feature x1"),
        (lightgbm_text([lightgbm_tree([Split(0, 0, NAN)], [-1], [-2], [1, 2], "is_linear")], 1), "linear models"),
        (lightgbm_text([stump(Split(0, 0, NAN))], 1, "poisson"), "objective `poisson`"),
        (lightgbm_text([stump(Split(0, 0, NAN))], 1, "regression sqrt"), "objective `regression sqrt`"),
        (lightgbm_text([stump(Split(0, 0, NAN))] * 3, 1, "multiclassova num_class:3 sigmoid:1", 3), "multiclassova"),
        (lightgbm_text([stump(Split(0, 0, NAN)).replace("left_child=-1", "left_child=0")], 1), "tree 0 .* is damaged"),
        (lightgbm_text([stump(Split(0, 0, NAN)).replace("threshold=0", "threshold=0 1")], 1), "tree 0 .* is damaged"),
        (lightgbm_text([stump(Split(0, 0, NAN))] * 3, 1).split("Tree=2")[0], "cut off"),
        ("{}", "no LightGBM model text"),
    ],
)
def test_what_trees_cannot_express_is_refused(text: str, message: str) -> None:
    with pytest.raises(TrainingFault, match=message):
        read_lightgbm(text)


def test_a_random_forest_is_averaged(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(500, 4)).astype(np.float32)
    parameters = {"objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, rows[:, 0].astype(float)), 5)
    booster.save_model(str(tmp_path / "forest.txt"))
    native = load_native(tmp_path / "forest.txt")
    graph = open_graph(write_graph(native.tree_model.ensemble, "m"))(rows)
    assert np.abs(booster.predict(rows) - graph[:, 0]).max() < 1e-6
