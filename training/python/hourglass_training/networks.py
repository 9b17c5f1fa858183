"""Trains the networks of a job: a fit by fold, by out-of-fold block, and the final one on all that is labelled.

Seeds are derived from the job's seed by model and fit, torch runs on one thread: the same tables give the same artifacts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .architectures import InputLayer, InputScaling, LstmNorm, LstmPair, Network, Tcn
from .faults import TrainingFault
from .fitting import Fit, Samples, derived_seed, fit_network, settings_of
from .job import Job, Model
from .network_export import Trained, classes_of, export_network, predict_outputs
from .network_report import TestFigures, final_report, figures_of, fit_report, selected_figures_of
from .results import ModelResult, Predictions, ReportProgress, block_fold
from .rows import TRAINS, LabelColumns, Rows
from .selection import Selection, select_features
from .sequences import HOUR_MS, SequenceTable, sequence_table

ARCHITECTURES = ("lstm-pair", "tcn", "lstm-norm")
SCALES = ("train", "row")
"""What inputs are scaled by: the training rows alone, or each row by its own steps as well."""


@dataclass(frozen=True)
class Fitting:
    """One network to fit, and the rows it speaks on afterwards."""

    stage: str
    fold: int | None
    """As in `ModelResult`."""
    train: NDArray[np.int64]
    spoken: NDArray[np.int64]


@dataclass(frozen=True)
class Sources:
    """What all fits of a model read. Arrays are by row of the job's tables."""

    job: Job
    model: Model
    rows: Rows
    label: LabelColumns
    features: tuple[str, ...]
    table: SequenceTable
    usable: NDArray[np.bool_]
    """Few enough gaps in the row's steps."""
    classes: int

    def samples(self, chosen: NDArray[np.int64]) -> Samples:
        kept = chosen[self.usable[chosen]]
        return Samples(
            kept, self.label.values[kept].astype(np.int64), self.rows.times_ms[kept] + HOUR_MS, self.label.end_ms[kept]
        )


def train_networks(job: Job, models: Sequence[Model], rows: Rows, report_progress: ReportProgress) -> list[ModelResult]:
    """Raises `bad-job` for an architecture or setting that does not exist, `bad-rows` for a span that is too short."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for model in models:
        _check_model(job, model)
    results: list[ModelResult] = []
    for place, model in enumerate(models):
        start = place / len(models)
        results += _train_model(job, model, rows, lambda stage, share, start=start: report_progress(stage, start + share / len(models)))
    return results


def _check_model(job: Job, model: Model) -> None:
    architecture = model.spec.get("architecture")
    if architecture not in ARCHITECTURES:
        raise TrainingFault("bad-job", f"{model.name}: architecture {architecture!r} is not one of {', '.join(ARCHITECTURES)}")
    classes = classes_of(job.label_of(model))
    if architecture == "lstm-norm" and len(classes) != 2:
        raise TrainingFault("bad-job", f"{model.name}: lstm-norm gives one logit and needs a label of two classes, not {len(classes)}")
    scale = model.hyperparameters.get("scale", "train")
    if scale not in SCALES or (scale == "row" and architecture == "lstm-norm"):
        raise TrainingFault(
            "bad-job", f"{model.name}: scale {scale!r} is none of {architecture}: take 'train', or 'row' of lstm-pair and tcn"
        )
    wanted = {
        "lstm-pair": ("hidden", "layers", "dropout"),
        "tcn": ("channels", "kernel", "blocks", "dropout"),
        "lstm-norm": ("hidden", "selected", "correlationMax"),
    }[architecture]
    absent = [name for name in (*wanted, "epochs", "batch", "learningRate") if name not in model.hyperparameters]
    absent += [name for name in ("steps", "strideHours", "nanShareMax") if name not in model.spec]
    if absent:
        raise TrainingFault("bad-job", f"{model.name}: {', '.join(absent)} missing")


def _train_model(job: Job, model: Model, rows: Rows, report_progress: ReportProgress) -> list[ModelResult]:
    sources = _sources(job, model, rows)
    fittings = list(_fittings(sources))
    shown: dict[int, TestFigures] = {}
    results: list[ModelResult] = []
    for place, fitting in enumerate(fittings):
        report_progress(f"{fitting.stage}: {model.name}", place / len(fittings))
        try:
            results.append(_train_one(sources, fitting, shown))
        except TrainingFault as fault:
            if fault.code != "bad-rows" or not _is_block(fitting):
                raise
            # The first blocks may have too little before them. Nobody speaks of those, and the others go on.
            results.append(ModelResult(model.name, fitting.fold, 0, None, 0.0, (f"no outputs: {fault.message}",)))
    return results


def _is_block(fitting: Fitting) -> bool:
    return fitting.fold is not None and fitting.fold < 0


def _sources(job: Job, model: Model, rows: Rows) -> Sources:
    features = tuple(model.spec.get("features") or rows.feature_names)
    try:
        table = sequence_table(
            rows.symbols.astype(str), rows.times_ms, rows.matrix(features), int(model.spec["steps"]), int(model.spec["strideHours"])
        )
    except ValueError as error:
        raise TrainingFault("bad-rows", f"{model.name}: {error}") from error
    usable = table.nan_share() <= float(model.spec["nanShareMax"])
    label = rows.labels[job.label_of(model).name]
    classes = len(classes_of(job.label_of(model)))
    if not np.isin(label.values[label.known()], np.arange(classes)).all():
        raise TrainingFault("bad-rows", f"{model.name}: {job.label_of(model).name} holds values that are no class of 0 to {classes - 1}")
    return Sources(job, model, rows, label, features, table, usable, classes)


def _fittings(sources: Sources) -> Iterator[Fitting]:
    """Folds, out-of-fold blocks where the plan wants them, and at last the one on everything."""
    job, label = sources.job, sources.label
    for place, fold in enumerate(job.folds):
        trains, tests = label.split(fold.index)
        yield Fitting(f"fold {place + 1} of {len(job.folds)}", fold.index, trains, tests)
    blocks = (job.blocks or ()) if sources.model.spec.get("outOfFoldDays") is not None else ()
    known = label.known()
    hour_of_day = sources.rows.times_ms // HOUR_MS % 24
    speaks = np.isin(hour_of_day, np.unique(hour_of_day[known]))
    decision_ms = sources.rows.times_ms + HOUR_MS
    for place, block in enumerate(blocks):
        trains = np.flatnonzero((label.blocks[block.index] == TRAINS) & ~np.isnan(label.values))
        inside = np.flatnonzero((decision_ms >= block.from_ms) & (decision_ms < block.to_ms) & speaks)
        yield Fitting(f"block {place + 1} of {len(blocks)}", block_fold(block.index), trains, inside)
    yield Fitting("final", None, known, np.zeros(0, np.int64))


def _train_one(sources: Sources, fitting: Fitting, shown: dict[int, TestFigures]) -> ModelResult:
    """A fold or block adds what it showed out of sample to `shown`; the final fit reports all of them."""
    started = time.perf_counter()
    job, model = sources.job, sources.model
    name = f"{fitting.stage} of {model.name}"
    seed = derived_seed(job.seed, model.name, fitting.fold)
    samples = sources.samples(fitting.train)
    selection = _selection(sources, samples, seed, name)
    fit = _fit(sources, samples, seed, name, selection)
    is_fold = fitting.fold is not None and not _is_block(fitting)
    if is_fold:
        shown[fitting.fold] = _test(sources, fitting, samples, fit, selection, seed, name)
    elif fitting.fold is not None:
        known = fitting.spoken[~np.isnan(sources.label.values[fitting.spoken])]
        shown[fitting.fold] = figures_of(fit.network, sources.table, sources.samples(known))
    parity = None
    if fitting.fold is None or (is_fold and job.keep_folds):
        report = fit_report(fit, selection, sources.features) | {"seed": seed}
        if fitting.fold is None:
            report |= final_report(sources.table, selection, shown, seed)
        else:
            report["test"] = shown[fitting.fold].report
        trained = Trained(int(samples.decision_ms.min()) - HOUR_MS, int(samples.end_ms.max()), len(samples))
        parity = _export(sources, fitting, fit, trained, report)
    return ModelResult(
        model=model.name,
        fold=fitting.fold,
        rows=fit.fit_rows + fit.validation_rows,
        parity=parity,
        seconds=time.perf_counter() - started,
        notes=tuple(f"{name}: {note}" for note in fit.notes),
        predictions=None if fitting.fold is None else _predictions(sources, fit, fitting.spoken),
    )


def _test(
    sources: Sources, fitting: Fitting, samples: Samples, fit: Fit, selection: Selection | None, seed: int, name: str
) -> TestFigures:
    """Figures on the fold's test rows as they are; with a selection also those of the same fit on all inputs."""
    tested = sources.samples(fitting.spoken)
    if selection is None:
        return figures_of(fit.network, sources.table, tested)
    whole = _fit(sources, samples, seed, f"{name}, all inputs", None)
    return selected_figures_of(fit.network, whole.network, sources.table, tested, selection, len(sources.job.folds))


def _selection(sources: Sources, samples: Samples, seed: int, name: str) -> Selection | None:
    model = sources.model
    if model.spec["architecture"] != "lstm-norm":
        return None
    try:
        return select_features(
            sources.table.values[sources.table.place[samples.row]],
            samples,
            int(model.hyperparameters["selected"]),
            float(model.hyperparameters["correlationMax"]),
            _embargo_ms(sources.job),
            derived_seed(seed, "selection"),
        )
    except TrainingFault as fault:
        raise TrainingFault(fault.code, f"{name}: {fault.message}") from fault


def _fit(sources: Sources, samples: Samples, seed: int, name: str, selection: Selection | None) -> Fit:
    model = sources.model
    settings = settings_of(
        model.hyperparameters,
        balanced=model.spec["architecture"] == "lstm-norm",
        classes=sources.classes,
        embargo_ms=_embargo_ms(sources.job),
        seed=seed,
    )
    mask = None if selection is None else selection.mask()
    return fit_network(lambda scaling: build_network(model, scaling, mask, sources.classes), sources.table, samples, settings, name)


def build_network(model: Model, scaling: InputScaling, mask: NDArray[np.float32] | None, classes: int) -> Network:
    """The architecture of the plan with fresh weights, drawn from torch's current seed."""
    settings: dict[str, Any] = dict(model.hyperparameters)
    inputs = InputLayer(scaling, mask, by_row=settings.get("scale") == "row")
    width = len(scaling.fill)
    match model.spec["architecture"]:
        case "lstm-pair":
            return LstmPair(inputs, width, settings["hidden"], settings["layers"], settings["dropout"], classes)
        case "tcn":
            return Tcn(inputs, width, settings["channels"], settings["kernel"], settings["blocks"], settings["dropout"], classes)
        case _:
            return LstmNorm(inputs, width, settings["hidden"])


def _embargo_ms(job: Job) -> int:
    folds = job.contract.get("folds")
    return 0 if folds is None else int(folds["embargoHours"]) * HOUR_MS


def _predictions(sources: Sources, fit: Fit, spoken: NDArray[np.int64]) -> Predictions:
    """NaN where a row has too many gaps."""
    speaks = sources.usable[spoken]
    given = predict_outputs(fit.network, sources.table, spoken[speaks])
    outputs = np.full((len(spoken), given.shape[1]), np.nan)
    outputs[speaks] = given
    return Predictions(sources.rows.symbols[spoken], sources.rows.times_ms[spoken], outputs)


def _export(sources: Sources, fitting: Fitting, fit: Fit, trained: Trained, report: dict[str, Any]) -> dict[str, Any]:
    tested = fitting.spoken
    if fitting.fold is None:
        tested = np.unique(np.concatenate([fitting.spoken, *(other.spoken for other in _fittings(sources))]))
    return export_network(
        sources.job,
        sources.model,
        fitting.fold,
        fit.network,
        sources.table,
        sources.features,
        tested[sources.usable[tested]],
        np.flatnonzero(sources.usable),
        trained,
        report,
    )
