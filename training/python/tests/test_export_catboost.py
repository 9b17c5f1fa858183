"""The converter against CatBoost itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import catboost
import numpy as np
import pytest
from hourglass_training.export.graph import write_graph
from hourglass_training.faults import TrainingFault
from hourglass_training.native import load_native
from hourglass_training.parity import check_parity, open_graph, parity_rows

QUIET = {"thread_count": 1, "logging_level": "Silent", "allow_writing_files": False}


def data() -> tuple[np.ndarray, np.ndarray]:
    """Feature 2 has no absent value, feature 3 few distinct ones, feature 4 is constant."""
    random = np.random.default_rng(1)
    rows = random.normal(size=(1500, 5)).astype(np.float32)
    rows[:, 3] = np.round(rows[:, 3])
    rows[random.random(rows.shape) < 0.1] = np.nan
    rows[:, 2] = np.nan_to_num(rows[:, 2])
    rows[:, 4] = 1.5
    return rows, np.nan_to_num(rows[:, 0]) + rows[:, 2] + random.normal(size=1500)


def saved(path: Path, rows: Any, labels: np.ndarray, **parameters: Any) -> catboost.CatBoost:
    booster = catboost.CatBoost({"iterations": 25, "depth": 5, **QUIET, **parameters})
    booster.fit(catboost.Pool(rows, labels))
    booster.save_model(str(path))
    return booster


KINDS: list[dict[str, Any]] = [
    {"loss_function": "Logloss"},
    {"loss_function": "Logloss", "nan_mode": "Max"},
    {"loss_function": "RMSE"},
    {"loss_function": "MAE", "nan_mode": "Max"},
    {"loss_function": "MultiClass"},
    {"loss_function": "Logloss", "grow_policy": "Lossguide", "max_leaves": 12},
    {"loss_function": "MultiClass", "grow_policy": "Depthwise", "nan_mode": "Max"},
    {"loss_function": "Logloss", "depth": 1, "iterations": 1},
    {"loss_function": "Logloss", "depth": 10, "iterations": 5},
    {"loss_function": "CrossEntropy", "boosting_type": "Ordered"},
]


@pytest.mark.parametrize("parameters", KINDS, ids=lambda parameters: "-".join(map(str, parameters.values())))
def test_the_graph_gives_what_catboost_gives(tmp_path: Path, parameters: dict[str, Any]) -> None:
    rows, drive = data()
    loss = parameters["loss_function"]
    labels = np.digitize(drive, [-0.5, 0.5]) if loss == "MultiClass" else drive if loss in ("RMSE", "MAE") else (drive > 0.7).astype(int)
    saved(tmp_path / "model.cbm", rows, labels, **parameters)
    native = load_native(tmp_path / "model.cbm")
    ensemble = native.tree_model.ensemble
    checked = parity_rows(ensemble, rows, 1)
    parity = check_parity("m", open_graph(write_graph(ensemble, "m")), checked, native.predict(checked), 1e-5, 0.1)
    assert parity.deviation_max < 5e-7


def test_scale_and_bias_are_kept(tmp_path: Path) -> None:
    rows, drive = data()
    booster = saved(tmp_path / "model.cbm", rows, drive, loss_function="RMSE")
    booster.set_scale_and_bias(0.5, 3.25)
    booster.save_model(str(tmp_path / "moved.cbm"))
    native = load_native(tmp_path / "moved.cbm")
    graph = open_graph(write_graph(native.tree_model.ensemble, "m"))(rows)
    assert np.abs(booster.predict(rows) - graph[:, 0]).max() < 1e-6


def test_a_constant_model(tmp_path: Path) -> None:
    rows = np.zeros((50, 2), np.float32)
    rows[0, 0] = 1
    booster = saved(tmp_path / "model.cbm", rows, np.linspace(0, 1, 50), loss_function="RMSE", iterations=2, depth=1)
    native = load_native(tmp_path / "model.cbm")
    graph = open_graph(write_graph(native.tree_model.ensemble, "m"))(rows)
    assert np.abs(booster.predict(rows) - graph[:, 0]).max() < 1e-6


def test_what_trees_cannot_express_is_refused(tmp_path: Path) -> None:
    rows, drive = data()
    saved(tmp_path / "model.cbm", rows, np.abs(drive), loss_function="Poisson")
    with pytest.raises(TrainingFault, match="loss `Poisson`"):
        load_native(tmp_path / "model.cbm")
    mixed = [[float(row[2]), str(int(row[3])) if np.isfinite(row[3]) else "none"] for row in rows]
    booster = catboost.CatBoost({"iterations": 3, "loss_function": "Logloss", **QUIET})
    booster.fit(catboost.Pool(mixed, (drive > 0).astype(int), cat_features=[1]))
    booster.save_model(str(tmp_path / "mixed.cbm"))
    with pytest.raises(TrainingFault, match="categorical features"):
        load_native(tmp_path / "mixed.cbm")


def test_a_damaged_file_is_a_bad_model(tmp_path: Path) -> None:
    rows, drive = data()
    saved(tmp_path / "model.cbm", rows, drive, loss_function="RMSE")
    (tmp_path / "cut.cbm").write_bytes((tmp_path / "model.cbm").read_bytes()[:700])
    with pytest.raises(TrainingFault, match="CatBoost cannot read it"):
        load_native(tmp_path / "cut.cbm")
