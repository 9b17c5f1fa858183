"""The contract of a model that a job has trained, but for `golden` and `files`, which the artifact's writer fills in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .faults import TrainingFault
from .job import Job, Model

RESIDUAL_CLASSES = ("under", "middle", "out")
"""Terciles of the residual ahead: labels 0, 1 and 2."""


def tolerance_of(output_kind: str) -> float:
    """Largest deviation of a graph from its library, in units of the output: log-odds, or a return as a fraction."""
    return 1e-6 if output_kind == "expected-value" else 1e-5


def rows_input(features: Sequence[str], feature_set: Mapping[str, Any] | None) -> dict[str, Any]:
    """Input of a model that reads one row at a time and routes NaN as its library does."""
    return {
        "kind": "rows",
        "features": list(features),
        "featureSet": feature_set,
        "dtype": "float32",
        "steps": 1,
        "strideHours": 1,
        "nan": "native",
        "nanShareMax": 1,
    }


def feature_set_of(job: Job, model: Model) -> Mapping[str, Any] | None:
    """Name and hash of the set whose features the model reads, all of them; None where the list is its own."""
    named = model.spec.get("featureSet")
    given = job.contract.get("featureSet")
    if named is None or model.spec.get("features"):
        return None
    if given is None or given["name"] != named:
        raise TrainingFault("bad-job", f"{model.name} reads the feature set {named}, and contract.featureSet is {given and given['name']}")
    return dict(given)


def contract_of(
    job: Job,
    model: Model,
    fold: int | None,
    *,
    input: Mapping[str, Any],
    output: Mapping[str, Any],
    target: Mapping[str, Any],
    library: Mapping[str, str],
    hyperparameters: Mapping[str, Any],
    seed: int | None,
    train: Mapping[str, Any],
    tolerance: float,
    parity: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """`train` holds `fromMs`, `toMs`, `rows` of what this very model was fitted on; `sampling` is the job's.

    A model of a fold is valid from the fold's test on, the final one from the job's `validFromMs`.
    """
    valid_from = job.contract["validFromMs"] if fold is None else _test_from(job, fold)
    train_to = train.get("toMs")
    if train_to is not None and train_to >= valid_from:
        raise TrainingFault("bad-rows", f"{model.name}: labels known at {train_to} trained a model that is valid from {valid_from}")
    return {
        "formatVersion": 1,
        "model": model.name,
        "strategy": job.strategy,
        "version": job.version,
        "fold": fold,
        "input": dict(input),
        "output": dict(output),
        "side": model.side,
        "target": dict(target),
        "library": dict(library),
        "hyperparameters": dict(hyperparameters),
        "size": job.size,
        "seed": seed,
        "train": {**train, "sampling": list(job.contract["train"]["sampling"])},
        "validFromMs": valid_from,
        "folds": job.contract.get("folds"),
        "dataset": job.contract.get("dataset"),
        "tolerance": tolerance,
        "parity": parity,
    }


def artifact_folder(job: Job, model: Model, fold: int | None) -> Any:
    """Where the job leaves the artifact."""
    return job.out / model.name if fold is None else job.out / "folds" / str(fold) / model.name


def _test_from(job: Job, fold: int) -> int:
    return next(one.test_from_ms for one in job.folds if one.index == fold)
