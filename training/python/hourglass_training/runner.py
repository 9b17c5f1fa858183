"""Runs a job: which model goes to which library, and what is told about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import Any

from .faults import LibraryMissing
from .job import Job, Model
from .libraries import list_libraries, load_library
from .results import ModelResult, ReportProgress, write_predictions, write_result
from .rows import Rows, read_rows

Fit = Callable[[ReportProgress], list[ModelResult]]


def run_job(job: Job, report_progress: ReportProgress) -> None:
    """Fit all models of the job and write `out/` anew. A library that cannot be imported is told, and its models are absent."""
    shutil.rmtree(job.out, ignore_errors=True)
    job.out.mkdir(parents=True)
    rows = read_rows(job) if any(model.kind != "text" for model in job.models) else None
    results: list[ModelResult] = []
    missing: dict[str, LibraryMissing] = {}
    groups = _groups(job)
    shares = [len(models) / len(job.models) for models in groups]
    for place, models in enumerate(groups):
        start = sum(shares[:place])
        library = models[0].library
        if library in missing:
            continue
        try:
            load_library(library)
            results += _fit(job, models, rows, _part(report_progress, start, shares[place]))
        except LibraryMissing as absent:
            missing[absent.library] = absent
    write_predictions(job, results)
    names = tuple(dict.fromkeys(model.library for model in job.models))
    versions: list[dict[str, Any]] = [one for one in list_libraries(names) if one["version"] is not None]
    write_result(job, versions, list(missing.values()), results)
    report_progress("done", 1.0)


def _groups(job: Job) -> list[list[Model]]:
    """Boosters and text models one by one, networks together: they share their sequences."""
    networks = [model for model in job.models if model.kind == "network"]
    alone = [[model] for model in job.models if model.kind != "network"]
    return [*alone, networks] if networks else alone


def _fit(job: Job, models: Sequence[Model], rows: Rows | None, report_progress: ReportProgress) -> list[ModelResult]:
    # Imported here: none of the three may cost the others their libraries.
    if models[0].kind == "text":
        from .text import train_text

        return train_text(job, models[0], report_progress)
    assert rows is not None
    if models[0].kind == "network":
        from .networks import train_networks

        return train_networks(job, models, rows, report_progress)
    from .boosters import train_booster

    return train_booster(job, models[0], rows, report_progress)


def _part(report_progress: ReportProgress, start: float, share: float) -> ReportProgress:
    """Progress of a part within the whole job."""
    return lambda stage, fraction: report_progress(stage, start + share * fraction)
