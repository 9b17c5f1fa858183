"""Whole jobs with the real libraries."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hourglass_training.faults import TrainingFault
from hourglass_training.job import read_job
from hourglass_training.parity import open_graph
from hourglass_training.runner import run_job
from jobs import FEATURES, booster, write_job

LIBRARIES = ("lightgbm", "xgboost", "catboost")
KINDS = (("binary", "buy_first"), ("regression", "buy_return"), ("multiclass", "tercile"))
PACKAGE = Path(__file__).resolve().parents[1]


def run(folder: Path) -> dict[str, Any]:
    run_job(read_job(folder), lambda stage, fraction: None)
    return dict(json.loads((folder / "out" / "result.json").read_text()))


def golden(folder: Path, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    content = (folder / "golden.bin").read_bytes()
    inputs = np.frombuffer(content, "<f4", 256 * len(FEATURES)).reshape(256, -1)
    return inputs, np.frombuffer(content, "<f8", 256 * outputs, 256 * len(FEATURES) * 4).reshape(256, -1)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = [booster(f"{objective}-{library}", library, objective, label) for library in LIBRARIES for objective, label in KINDS]
    folder = write_job(tmp_path_factory.mktemp("whole"), models)
    run(folder)
    return folder


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("objective", "outputs"), [("binary", 1), ("regression", 1), ("multiclass", 3)])
def test_every_library_and_objective_ends_in_an_artifact(finished: Path, library: str, objective: str, outputs: int) -> None:
    for place in (Path("."), Path("folds/0"), Path("folds/1")):
        folder = finished / "out" / place / f"{objective}-{library}"
        contract = json.loads((folder / "contract.json").read_text())
        assert contract["parity"]["rows"] >= 10_000
        assert contract["parity"]["gateFlips"] == 0
        assert contract["parity"]["deviationMax"] < contract["tolerance"]
        assert contract["validFromMs"] > contract["train"]["toMs"]
        for name, seal in contract["files"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == seal["sha256"]
        inputs, native = golden(folder, outputs)
        assert np.isnan(inputs).any()
        assert np.abs(open_graph((folder / "model.onnx").read_bytes())(inputs) - native).max() < 1e-6


def test_predictions_are_out_of_sample_and_learnt(finished: Path) -> None:
    table = pq.read_table(finished / "out" / "predictions.parquet").to_pandas()
    rows = pq.read_table([finished / "rows-00000.parquet", finished / "rows-00001.parquet"]).to_pandas()
    folds = json.loads((finished / "job.json").read_text())["folds"]
    for model, part in table.groupby("model"):
        assert set(part["fold"]) == {0, 1}
        for fold in folds:
            times = part[part["fold"] == fold["index"]]["ts"]
            assert (times >= fold["testFromMs"]).all() and (times < fold["testToMs"]).all()
        joined = part.merge(rows, on=["symbol", "ts"])
        assert len(joined) == len(part)
        label = {"binary": "buy_first", "regression": "buy_return", "multiclass": "tercile"}[str(model).split("-")[0]]
        score = joined["output_2"] - joined["output_0"] if label == "tercile" else joined["output_0"]
        assert score.corr(joined[label], method="spearman") > 0.2
        assert joined["output_1"].isna().all() == (label != "tercile")


def test_importances_and_curves_say_what_was_learnt(finished: Path) -> None:
    for library in LIBRARIES:
        report = json.loads((finished / "out" / f"binary-{library}" / "report.json").read_text())
        for kind in ("split", "gain", "permutation"):
            values = report["importance"][kind]
            assert len(values) == len(FEATURES)
            assert int(np.argmax(values)) == 0, (library, kind)
            assert values[FEATURES.index("f11")] == 0
        curve = report["curve"]
        assert len(curve["train"]) == len(curve["validation"]) == 30
        assert curve["train"][-1] < curve["train"][0]
        assert curve["validation"][-1] < curve["validation"][0]


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_same_job_gives_the_same_bytes(tmp_path: Path, library: str) -> None:
    def bytes_of(name: str, seed: int) -> dict[str, bytes]:
        # Sampling of rows or features, so that the seed has something to say.
        sampled = {"lightgbm": {"bagging_fraction": 0.7, "bagging_freq": 1}, "xgboost": {"subsample": 0.7}, "catboost": {}}[library]
        folder = write_job(tmp_path / name, [booster("m", library, "binary", "buy_first", 12, **sampled)], seed=seed)
        run(folder)
        return {path.name: path.read_bytes() for path in (folder / "out" / "m").iterdir()}

    first, again, other = bytes_of("a", 1), bytes_of("b", 1), bytes_of("c", 2)
    assert first == again
    assert first["model.onnx"] != other["model.onnx"]


def test_models_of_folds_are_left_out_where_nobody_wants_them(tmp_path: Path) -> None:
    folder = write_job(tmp_path, [booster("m", "lightgbm", "binary", "buy_first", 5)], keepFolds=False)
    result = run(folder)
    assert not (folder / "out" / "folds").exists()
    assert [model["fold"] for model in result["models"]] == [0, 1, None]


def test_a_library_that_cannot_be_imported_is_not_shown(tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "catboost"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')\n")
    models = [booster("cat", "catboost", "binary", "buy_first", 5), booster("light", "lightgbm", "binary", "buy_first", 5)]
    folder = write_job(tmp_path / "job", models)
    paths = os.pathsep.join([str(broken.parent), str(PACKAGE)])
    ended = subprocess.run(
        [sys.executable, "-m", "hourglass_training", "run", str(folder)],
        env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert lines[-1] == {"stage": "done", "fraction": 1.0}
    assert [line["fraction"] for line in lines] == sorted(line["fraction"] for line in lines)
    result = json.loads((folder / "out" / "result.json").read_text())
    assert result["notShown"] == [{"library": "catboost", "reason": "ImportError: libgomp.so.1: cannot open shared object file"}]
    assert {model["model"] for model in result["models"]} == {"light"}
    assert [library["name"] for library in result["libraries"]] == ["lightgbm"]
    assert not (folder / "out" / "cat").exists()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (booster("m", "lightgbm", "regression", "buy_first"), "objective regression on a label of kind barrier"),
        (booster("m", "xgboost", "binary", "buy_first", early_stopping_rounds=5), "not stopped early"),
        (booster("m", "catboost", "binary", "buy_first", n_estimators=5), "the number of trees once"),
        (booster("m", "catboost", "binary", "buy_first", no_such_setting=5), "catboost refuses to fit"),
    ],
)
def test_a_plan_that_cannot_be_fitted_is_refused(tmp_path: Path, model: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainingFault, match=message):
        run(write_job(tmp_path, [model]))
