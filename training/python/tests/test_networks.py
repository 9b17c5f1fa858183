import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from network_jobs import CONFIDENCE, DAY_MS, LSTM, TCN, Table, barrier_market, motif_market, pattern_market, read_back, write_job

from hourglass_training.faults import TrainingFault
from hourglass_training.job import Job
from hourglass_training.metrics import auc, softmax
from hourglass_training.networks import train_networks
from hourglass_training.parity import open_graph
from hourglass_training.results import ModelResult
from hourglass_training.rows import Rows


def with_settings(model: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {**model, "hyperparameters": {**model["hyperparameters"], **settings}}


def train(job: Job, rows: Rows | None = None) -> list[ModelResult]:
    return train_networks(job, job.models, rows if rows is not None else read_back(job), lambda stage, fraction: None)


def artifact(job: Job, model: str, fold: int | None = None) -> tuple[dict[str, Any], dict[str, Any], Path]:
    folder = job.out / model if fold is None else job.out / "folds" / str(fold) / model
    return json.loads((folder / "contract.json").read_text()), json.loads((folder / "report.json").read_text()), folder


def golden(contract: dict[str, Any], folder: Path) -> tuple[np.ndarray, np.ndarray]:
    raw = (folder / "golden.bin").read_bytes()
    rows, given = contract["golden"]["rows"], contract["input"]
    size = rows * given["steps"] * len(given["features"])
    inputs = np.frombuffer(raw, "<f4", size).reshape(rows, given["steps"], -1)
    return inputs, np.frombuffer(raw, "<f8", offset=4 * size).reshape(rows, -1)


def test_confidence_ends_in_artifacts_that_are_what_they_say(tmp_path: Path) -> None:
    table = barrier_market(3, 24 * 24, 9, seed=1)
    job = write_job(tmp_path, table, [CONFIDENCE], test_days=4, folds=2, embargo_hours=24)
    results = train(job)
    assert [result.fold for result in results] == [0, 1, None]
    for fold in (0, 1, None):
        contract, report, folder = artifact(job, "confidence", fold)
        inputs, outputs = golden(contract, folder)
        assert contract["fold"] == fold and contract["golden"]["rows"] >= 200
        assert contract["output"] == {"kind": "logit", "classes": []}
        assert contract["input"]["featureSet"] == {"name": "s3", "hash": "11"}
        assert contract["input"]["nan"] == "graph-imputed"
        assert contract["train"]["toMs"] < contract["validFromMs"]
        assert contract["parity"]["gateFlips"] == 0 and contract["parity"]["rows"] >= 10_000
        assert 0 < np.isnan(inputs).mean() and np.isnan(inputs).mean(axis=(1, 2)).max() <= 0.1
        given = open_graph((folder / "model.onnx").read_bytes())(inputs)
        assert np.abs(given - outputs).max() < contract["tolerance"]
        assert sum(report["selection"]["mask"]) == 5 == len(report["selection"]["kept"])
        assert len({"f0", "f1"} & set(report["selection"]["kept"])) == 1
        assert len(report["curve"]["train"]) == len(report["curve"]["validationAccuracy"])
    report = artifact(job, "confidence")[1]
    uplift = report["selectionUplift"]
    assert uplift["low"] <= uplift["accuracy"] <= uplift["high"]
    assert len(report["importance"]["permutation"]) == 9
    assert int(np.argmax(report["importance"]["permutation"])) in (0, 1)
    assert [fold["rows"] for fold in report["folds"]] == [int(pair.predictions.outputs.shape[0]) for pair in results[:2]]


def test_what_comes_after_a_fold_began_changes_nothing_of_its_model(tmp_path: Path) -> None:
    table = barrier_market(2, 24 * 24, 9, seed=1)
    jobs = []
    for name in ("as-it-was", "changed"):
        if name == "changed":
            begins = jobs[0].folds[0].test_from_ms
            later = table.decision_ms > begins
            for values in table.features.values():
                values[later] *= -7
            # Training labels end before the test, and all others may be anything.
            unknown = table.decision_ms + table.life_hours * 3_600_000 >= begins
            table.label[unknown] = 1 - table.label[unknown]
        job = write_job(tmp_path / name, table, [CONFIDENCE], test_days=3, folds=1, embargo_hours=24)
        train(job)
        jobs.append(job)
    graphs = [(artifact(job, "confidence", 0)[2] / "model.onnx").read_bytes() for job in jobs]
    finals = [(artifact(job, "confidence")[2] / "model.onnx").read_bytes() for job in jobs]
    assert graphs[0] == graphs[1]
    assert finals[0] != finals[1]


def test_same_job_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    table = motif_market(4, 40, 1, seed=2)
    model = with_settings(TCN, epochs=1)
    jobs = [
        write_job(tmp_path / name, table, [model], test_days=5, embargo_hours=24, seed=seed, keep_folds=False)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    for job in jobs:
        train(job)
        assert not (job.out / "folds").exists()
    contents = [
        {path.name: path.read_bytes() for path in sorted((job.out / "tcn").iterdir())} for job in jobs
    ]
    assert contents[0] == contents[1]
    assert contents[0]["model.onnx"] != contents[2]["model.onnx"]


def test_blocks_are_spoken_of_by_networks_that_never_saw_them(tmp_path: Path) -> None:
    table = motif_market(6, 60, 1, seed=3)
    # One coin is not there for ten days: its rows after that have too many gaps.
    gone = (table.symbol == "C0002") & (table.ts >= table.ts.max() - 9 * DAY_MS)
    table.features["res_ret_1h"][gone & (table.ts < table.ts.max() - DAY_MS)] = np.nan
    model = {**with_settings(TCN, epochs=1), "outOfFoldDays": 8}
    job = write_job(tmp_path, table, [model], test_days=8, folds=1, blocks=3, embargo_hours=24)
    results = train(job)
    assert [result.fold for result in results] == [0, -1, -2, -3, None]
    for result in results[1:4]:
        block = job.blocks[-1 - result.fold]
        given = result.predictions
        decision = given.times_ms + 3_600_000
        assert decision.min() >= block.from_ms and decision.max() < block.to_ms
        # Every coin at the one labelled hour of each day, also on days whose label is not known.
        assert len(decision) == 6 * 8
        assert set(decision // 3_600_000 % 24) == {0}
    shown = artifact(job, "tcn")[1]["blocks"]
    assert [one["block"] for one in shown] == [0, 1, 2] and all(0 < one["rows"] <= 48 for one in shown)
    last = results[3].predictions
    assert np.isnan(last.outputs[(last.symbols == "C0002")]).any()
    assert np.isfinite(last.outputs[(last.symbols != "C0002")]).all()


def test_blocks_with_too_little_before_them_are_left_silent(tmp_path: Path) -> None:
    table = motif_market(4, 40, 1, seed=3)
    model = {**with_settings(TCN, epochs=1), "outOfFoldDays": 8}
    job = write_job(tmp_path, table, [model], test_days=8, folds=1, blocks=4, embargo_hours=24, keep_folds=False)
    results = {result.fold: result for result in train(job)}
    assert results[-1].predictions is None and results[-1].rows == 0 and "longer span" in results[-1].notes[0]
    assert results[-4].predictions is not None
    table.label[table.label == 2] = 3
    with pytest.raises(TrainingFault, match="no class of 0 to 2"):
        train(write_job(tmp_path / "b", table, [model], test_days=8, embargo_hours=24))


def market_of(architecture: str, strength: float) -> tuple[Table, dict[str, Any], int]:
    if architecture == "lstm-pair":
        return pattern_market(260, 5, strength, seed=4), with_settings(LSTM, hidden=16), 33
    return motif_market(30, 50, strength, seed=5), with_settings(TCN, scale="row"), 10


@pytest.mark.parametrize("architecture, wanted", [("lstm-pair", 0.66), ("tcn", 0.58)])
def test_planted_order_of_moves_is_learnt_and_shuffled_labels_are_not(tmp_path: Path, architecture: str, wanted: float) -> None:
    """What tells pattern and decoy apart is the order of hours or days alone."""
    table, model, test_days = market_of(architecture, 2)
    shown = [_test_auc(tmp_path / "planted", table, model, test_days)]
    known = ~np.isnan(table.label)
    table.label[known] = np.random.default_rng(0).permutation(table.label[known])
    shown.append(_test_auc(tmp_path / "shuffled", table, with_settings(model, epochs=3), test_days))
    assert shown[0] > wanted
    assert abs(shown[1] - 0.5) < 0.08


def _test_auc(folder: Path, table: Table, model: dict[str, Any], test_days: int) -> float:
    """Of the class that a network of one fold speaks of best, on the fold's test rows."""
    job = write_job(folder, table, [model], test_days=test_days, keep_folds=False)
    result = next(one for one in train(job) if one.fold == 0)
    given = result.predictions
    known = {
        (symbol, ts): label for symbol, ts, label in zip(table.symbol, table.ts, table.label, strict=True) if not np.isnan(label)
    }
    label = np.array([known[symbol, ts] for symbol, ts in zip(given.symbols, given.times_ms, strict=True)])
    probabilities = softmax(given.outputs)
    return float(np.mean([auc(probabilities[:, one], label == one) for one in (0, 2)]))


def test_faults_name_model_and_remedy(tmp_path: Path) -> None:
    table = barrier_market(2, 24 * 12, 9, seed=1)
    job = write_job(tmp_path / "a", table, [{**CONFIDENCE, "architecture": "mamba"}], test_days=2, embargo_hours=24)
    with pytest.raises(TrainingFault, match="mamba"):
        train(job)
    job = write_job(tmp_path / "s", table, [with_settings(CONFIDENCE, scale="row")], test_days=2, embargo_hours=24)
    with pytest.raises(TrainingFault, match="scale 'row' is none of lstm-norm"):
        train(job)
    job = write_job(tmp_path / "b", table, [{**CONFIDENCE, "hyperparameters": {"epochs": 1}}], test_days=2, embargo_hours=24)
    with pytest.raises(TrainingFault, match="hidden, selected, correlationMax, batch, learningRate"):
        train(job)
    job = write_job(tmp_path / "c", table, [CONFIDENCE], test_days=11, embargo_hours=24)
    with pytest.raises(TrainingFault, match="fold 1 of 1 of confidence.*longer span"):
        train(job)
