"""Trains a booster on every fold and on everything, exports it, and says what is known of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .artifact import write_artifact
from .contracts import RESIDUAL_CLASSES, artifact_folder, contract_of, feature_set_of, rows_input, tolerance_of
from .export.graph import write_graph
from .faults import TrainingFault
from .importance import Speak, UnseenPart, curve, permutation_importance
from .job import Job, Label, Model
from .native import NativeModel, Settings, fit_native
from .parity import Parity, Score, check_parity, golden_rows, open_graph, parity_rows
from .results import ModelResult, Predictions, ReportProgress
from .rows import LabelColumns, Rows


@dataclass(frozen=True)
class Task:
    """A model of the plan with its part of the tables."""

    job: Job
    model: Model
    label: Label
    rows: Rows
    names: tuple[str, ...]
    features: NDArray[np.float32]
    columns: LabelColumns
    objective: str

    @property
    def classes(self) -> tuple[str, ...]:
        return RESIDUAL_CLASSES if self.objective == "multiclass" else ()


@dataclass(frozen=True)
class Fitted:
    fold: int | None
    trains: NDArray[np.int64]
    tests: NDArray[np.int64]
    """Rows of the fold's test; none of the final model."""
    native: NativeModel
    graph: bytes
    score: Score
    parity: Parity
    curves: Mapping[str, list[float]]
    seconds: float


def train_booster(job: Job, model: Model, rows: Rows, report_progress: ReportProgress) -> list[ModelResult]:
    """One result a fold, then the final model's. Raises `LibraryMissing` and `TrainingFault`."""
    task = _task_of(job, model, rows)
    steps = len(job.folds) + 2
    fits: list[Fitted] = []
    for place, fold in enumerate(job.folds):
        report_progress(f"fold {place + 1} of {len(job.folds)}: {model.name}", place / steps)
        fits.append(_fit(task, fold.index, *task.columns.split(fold.index)))
    report_progress(f"final: {model.name}", (steps - 2) / steps)
    none = np.zeros(0, np.int64)
    final = _fit(task, None, task.columns.known(), none)
    report_progress(f"importances: {model.name}", (steps - 1) / steps)
    permuted = _permutation(task, fits)
    for fitted in fits if job.keep_folds else []:
        _write(task, fitted, fitted.tests, _report(task, fitted, fitted.curves, None))
    pool = np.concatenate([fitted.tests for fitted in fits]) if fits else final.trains
    curves = {"train": final.curves["train"], "validation": _mean_curve([fitted.curves["validation"] for fitted in fits])}
    _write(task, final, pool, _report(task, final, curves, permuted))
    return [_result(task, fitted) for fitted in [*fits, final]]


def _task_of(job: Job, model: Model, rows: Rows) -> Task:
    label = job.label_of(model)
    objective = str(model.spec["objective"])
    wanted = {"barrier": "binary", "barrier-return": "regression", "residual-tercile": "multiclass"}[label.kind]
    if objective != wanted:
        raise TrainingFault("bad-job", f"{model.name}: objective {objective} on a label of kind {label.kind}, which takes {wanted}")
    names = tuple(model.spec.get("features") or job.features)
    return Task(job, model, label, rows, names, rows.matrix(names), rows.labels[label.name], objective)


def _fit(task: Task, fold: int | None, trains: NDArray[np.int64], tests: NDArray[np.int64]) -> Fitted:
    started = time.monotonic()
    labels = task.columns.values
    _check_part(task, fold, trains, tests)
    features = np.ascontiguousarray(task.features[trains])
    settings = Settings(task.objective, len(task.classes) or 1, task.model.hyperparameters, task.job.seed, task.job.threads)
    native = fit_native(task.model.library, features, labels[trains], task.names, settings)
    ensemble = native.tree_model.ensemble
    graph = write_graph(ensemble, task.model.name)
    score = open_graph(graph)
    pool = np.concatenate([features, task.features[tests]])
    checked = parity_rows(ensemble, pool, task.job.seed)
    tolerance = tolerance_of(native.tree_model.output_kind)
    parity = check_parity(_name(task, fold), score, checked, native.predict(checked), tolerance, task.model.gate_logit)
    curves = {
        "train": curve(ensemble, task.objective, features, labels[trains], task.job.seed),
        "validation": curve(ensemble, task.objective, task.features[tests], labels[tests], task.job.seed) if tests.size else [],
    }
    return Fitted(fold, trains, tests, native, graph, score, parity, curves, time.monotonic() - started)


def _check_part(task: Task, fold: int | None, trains: NDArray[np.int64], tests: NDArray[np.int64]) -> None:
    values = task.columns.values[trains]
    needed = range(max(2, len(task.classes)))
    if task.objective == "regression":
        missing = [] if np.unique(values).size > 1 else ["two different values"]
    else:
        missing = [f"class {one}" for one in needed if not (values == one).any()]
    unknown = task.objective != "regression" and not np.isin(values, list(needed)).all()
    faults = [f"its training rows hold no {one}" for one in missing]
    faults += [f"{task.label.name} holds values that are no class"] if unknown else []
    faults += ["it has no test rows"] if fold is not None and tests.size == 0 else []
    if faults:
        raise TrainingFault("bad-rows", f"{_name(task, fold)}: {'; '.join(faults)}. Train on more coins or a longer time")


def _name(task: Task, fold: int | None) -> str:
    return task.model.name if fold is None else f"{task.model.name}, fold {fold}"


def _speak_of(fitted: Fitted) -> Speak:
    """Top class over bottom class, or the one output."""

    def speak(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        outputs = fitted.score(rows).astype(np.float64)
        return outputs[:, -1] - outputs[:, 0] if outputs.shape[1] > 1 else outputs[:, 0]

    return speak


def _permutation(task: Task, fits: Sequence[Fitted]) -> tuple[NDArray[np.float64], int] | None:
    if not fits:
        return None
    parts = [
        UnseenPart(
            task.features[fitted.tests],
            task.rows.times_ms[fitted.tests],
            task.columns.values[fitted.tests],
            _speak_of(fitted),
            fitted.native.split_importance > 0,
        )
        for fitted in fits
    ]
    return permutation_importance(parts, len(task.names), task.job.seed)


def _report(
    task: Task, fitted: Fitted, curves: Mapping[str, Sequence[float]], permuted: tuple[NDArray[np.float64], int] | None
) -> dict[str, Any]:
    """For people; lists by feature are aligned with the contract's features."""
    metric = {"binary": "logloss", "regression": "rmse", "multiclass": "multi_logloss"}[task.objective]
    return {
        "features": list(task.names),
        "importance": {
            "split": fitted.native.split_importance,
            "gain": fitted.native.gain_importance,
            "permutation": permuted[0] if permuted else None,
        },
        "gainMeasure": fitted.native.gain_measure,
        "permutationRows": permuted[1] if permuted else 0,
        "curve": {"metric": metric, "train": list(curves["train"]), "validation": list(curves["validation"])},
        "validationOf": "mean of the folds' tests" if fitted.fold is None else "the fold's test",
        "trees": len(fitted.native.tree_model.ensemble.trees),
    }


def _mean_curve(curves: Sequence[Sequence[float]]) -> list[float]:
    """Round by round, as far as every fold went."""
    return [float(np.mean(losses)) for losses in zip(*curves, strict=False)]


def _write(task: Task, fitted: Fitted, pool: NDArray[np.int64], report: Mapping[str, Any]) -> None:
    native = fitted.native
    tree_model = native.tree_model
    golden = golden_rows(tree_model.ensemble, task.features[pool], fitted.score, task.job.seed)
    known = task.rows.times_ms[fitted.trains]
    contract = contract_of(
        task.job,
        task.model,
        fitted.fold,
        input=rows_input(task.names, feature_set_of(task.job, task.model)),
        output={"kind": tree_model.output_kind, "classes": list(task.classes)},
        target=task.label.target,
        library={"name": native.library, "version": native.version, "exporter": "own"},
        hyperparameters=native.handed_over,
        seed=task.job.seed,
        train={"fromMs": int(known.min()), "toMs": int(task.columns.end_ms[fitted.trains].max()), "rows": int(fitted.trains.size)},
        tolerance=tolerance_of(tree_model.output_kind),
        parity=fitted.parity.record(),
    )
    write_artifact(artifact_folder(task.job, task.model, fitted.fold), contract, fitted.graph, golden, native.predict(golden), {}, report)


def _result(task: Task, fitted: Fitted) -> ModelResult:
    predictions = None
    if fitted.fold is not None:
        tests = fitted.tests
        predictions = Predictions(task.rows.symbols[tests], task.rows.times_ms[tests], fitted.native.predict(task.features[tests]))
    return ModelResult(
        task.model.name, fitted.fold, int(fitted.trains.size), fitted.parity.record(), fitted.seconds, (), predictions
    )
