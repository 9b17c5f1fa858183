"""The converter against XGBoost itself: bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from hourglass_training.export.graph import write_graph
from hourglass_training.faults import TrainingFault
from hourglass_training.native import load_native
from hourglass_training.parity import check_parity, open_graph, parity_rows


def data(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows = random.normal(size=(1500, 6)).astype(np.float32)
    rows[:, 3] = np.round(rows[:, 3])
    rows[random.random(rows.shape) < 0.1] = np.nan
    rows[:, 4] = np.nan
    return rows, np.nan_to_num(rows[:, 0]) + random.normal(size=1500)


def saved(folder: Path, labels: np.ndarray, ending: str, **parameters: Any) -> Path:
    rows, _ = data()
    booster = xgboost.train({"tree_method": "hist", "nthread": 1, "max_depth": 4, **parameters}, xgboost.DMatrix(rows, labels), 20)
    booster.save_model(folder / f"model.{ending}")
    return folder / f"model.{ending}"


OBJECTIVES: list[dict[str, Any]] = [
    {"objective": "binary:logistic"},
    {"objective": "binary:logistic", "base_score": 0.9},
    {"objective": "binary:logistic", "base_score": 0.5},
    {"objective": "binary:logitraw"},
    {"objective": "reg:squarederror"},
    {"objective": "reg:squarederror", "base_score": 0.25},
    {"objective": "reg:squarederror", "base_score": 1234.5},
    {"objective": "multi:softprob", "num_class": 3},
    {"objective": "multi:softmax", "num_class": 3},
    {"objective": "binary:logistic", "max_depth": 12, "num_parallel_tree": 2, "subsample": 0.7},
    {"objective": "binary:logistic", "grow_policy": "lossguide", "max_leaves": 17, "max_depth": 0},
    {"objective": "binary:logistic", "gamma": 1e6},
    {"objective": "binary:logistic", "tree_method": "exact", "gamma": 2.0},
]


@pytest.mark.parametrize("ending", ["json", "ubj"])
@pytest.mark.parametrize("parameters", OBJECTIVES, ids=lambda parameters: "-".join(map(str, parameters.values())))
def test_the_graph_gives_xgboosts_own_bits(tmp_path: Path, parameters: dict[str, Any], ending: str) -> None:
    rows, drive = data()
    objective = parameters["objective"]
    labels = np.digitize(drive, [-0.5, 0.5]) if objective.startswith("multi") else drive if objective.startswith("reg") else drive > 0.7
    native = load_native(saved(tmp_path, labels, ending, **parameters))
    ensemble = native.tree_model.ensemble
    checked = parity_rows(ensemble, rows, 1)
    score = open_graph(write_graph(ensemble, "m"))
    parity = check_parity("m", score, checked, native.predict(checked), 1e-5, 0.1)
    assert parity.deviation_max == 0
    assert checked.shape[0] >= 10_000


def test_what_trees_cannot_express_is_refused(tmp_path: Path) -> None:
    _, drive = data()
    for parameters, message in [
        ({"booster": "dart"}, "booster dart"),
        ({"booster": "gblinear", "tree_method": None, "max_depth": None}, "booster gblinear"),
        ({"objective": "count:poisson"}, "count:poisson"),
    ]:
        given = {name: value for name, value in {"tree_method": "hist", "max_depth": 3, **parameters}.items() if value is not None}
        rows, _ = data()
        booster = xgboost.train({"nthread": 1, "verbosity": 0, **given}, xgboost.DMatrix(np.nan_to_num(rows), np.abs(drive)), 3)
        booster.save_model(tmp_path / "model.json")
        with pytest.raises(TrainingFault, match=message):
            load_native(tmp_path / "model.json")


def test_categorical_splits_are_refused_by_name(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    rows = random.integers(0, 6, (400, 2)).astype(np.float32)
    matrix = xgboost.DMatrix(rows, rows[:, 1] % 2, feature_names=["size", "colour"], feature_types=["float", "c"], enable_categorical=True)
    xgboost.train({"tree_method": "hist", "nthread": 1}, matrix, 3).save_model(tmp_path / "model.json")
    with pytest.raises(TrainingFault, match="categorical feature colour"):
        load_native(tmp_path / "model.json")


def test_vectors_in_leaves_are_refused(tmp_path: Path) -> None:
    rows, drive = data()
    labels = np.digitize(drive, [-0.5, 0.5])
    path = saved(tmp_path, labels, "json", objective="multi:softprob", num_class=3, multi_strategy="multi_output_tree")
    with pytest.raises(TrainingFault, match="vectors in its leaves"):
        load_native(path)


def test_a_damaged_file_is_a_bad_model(tmp_path: Path) -> None:
    _, drive = data()
    path = saved(tmp_path, drive > 0, "json", objective="binary:logistic")
    (tmp_path / "cut.json").write_bytes(path.read_bytes()[:5000])
    (tmp_path / "other.json").write_text(json.dumps({"learner": {}}))
    for name in ("cut.json", "other.json"):
        with pytest.raises(TrainingFault, match="XGBoost cannot read it"):
            load_native(tmp_path / name)
