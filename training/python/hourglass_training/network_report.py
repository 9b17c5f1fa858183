"""What a network's `report.json` shows: its curves, the gap, its figures on test rows, its selection and what that was worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .architectures import Network, Tcn, parameter_count, receptive_field
from .fitting import Fit, Samples, predict
from .importance import PERMUTED_ROWS_MAX, UnseenPart, permutation_importance
from .metrics import auc, day_interval, out_of_sample_report
from .selection import Selection
from .sequences import HOUR_MS, SequenceTable


@dataclass(frozen=True)
class TestFigures:
    """What a fit showed on rows it had not seen."""

    __test__ = False

    report: dict[str, Any]
    decision_ms: NDArray[np.int64]
    change: NDArray[np.float64] | None
    """By test row: 1 where only the network of selected inputs is right, -1 where only that of all inputs is."""
    auc_change: float | None
    unseen: UnseenPart | None
    """For importances; None without a selection."""


def figures_of(network: Network, table: SequenceTable, tested: Samples) -> TestFigures:
    """Of a network without a selection."""
    report = out_of_sample_report(predict(network, table, tested.row), tested.label)
    return TestFigures(report, tested.decision_ms, None, None, None)


def selected_figures_of(
    network: Network, whole: Network, table: SequenceTable, tested: Samples, selection: Selection, folds: int
) -> TestFigures:
    """`whole` is the same fit on all inputs."""
    logits, others = (predict(one, table, tested.row) for one in (network, whole))
    right, right_whole = (given.argmax(axis=1) == tested.label for given in (logits, others))
    return TestFigures(
        out_of_sample_report(logits, tested.label),
        tested.decision_ms,
        right.astype(float) - right_whole,
        _logit_auc(logits, tested.label) - _logit_auc(others, tested.label),
        _unseen(network, table, tested, selection, PERMUTED_ROWS_MAX // folds),
    )


def fit_report(fit: Fit, selection: Selection | None, features: tuple[str, ...]) -> dict[str, Any]:
    report: dict[str, Any] = {
        "features": list(features),
        "curve": {
            "metric": "cross-entropy",
            "train": fit.curve.train,
            "validation": fit.curve.validation,
            "trainAccuracy": fit.curve.train_accuracy,
            "validationAccuracy": fit.curve.validation_accuracy,
        },
        "epoch": fit.epoch,
        "gap": fit.gap,
        "gapMax": fit.gap_max,
        "gapHolds": fit.gap_holds,
        "rows": {"fit": fit.fit_rows, "validation": fit.validation_rows},
        "parameters": parameter_count(fit.network),
        "notes": list(fit.notes),
    }
    if isinstance(fit.network, Tcn):
        report["receptiveFieldSteps"] = receptive_field(fit.network)
    if selection is not None:
        report["selection"] = _selection_report(selection, features)
    return report


def final_report(table: SequenceTable, selection: Selection | None, shown: Mapping[int, TestFigures], seed: int) -> dict[str, Any]:
    """What only the final fit reports: figures of all folds and blocks, what the selection was worth in the folds, and importances."""
    folds = [shown[fold] for fold in sorted(shown) if fold >= 0]
    report: dict[str, Any] = {
        "folds": [{"fold": fold, **shown[fold].report} for fold in sorted(shown) if fold >= 0],
        "blocks": [{"block": -1 - fold, **shown[fold].report} for fold in sorted(shown, reverse=True) if fold < 0],
    }
    if selection is None:
        return report
    report["selectionUplift"] = _uplift(folds, seed)
    parts = [figures.unseen for figures in folds if figures.unseen is not None and figures.unseen.times_ms.size > 0]
    if parts:
        permutation, rows = permutation_importance(parts, table.features, seed)
        report |= {"importance": {"permutation": permutation}, "permutationRows": rows}
    return report


def _selection_report(selection: Selection, features: tuple[str, ...]) -> dict[str, Any]:
    return {
        "kept": [features[place] for place in selection.kept],
        "order": [features[place] for place in selection.order],
        "mask": selection.mask().astype(int).tolist(),
        "gain": selection.gain.tolist(),
        "gainMeasure": "mean loss of AUC over purged inner folds, small LightGBM on the last step",
        "innerFolds": selection.inner_folds,
        "dropped": [
            {"feature": features[place], "twin": features[twin], "correlation": correlation} for place, twin, correlation in selection.dropped
        ],
        "refilled": [features[place] for place in selection.refilled],
    }


def _uplift(shown: list[TestFigures], seed: int) -> dict[str, Any] | None:
    """Accuracy with the selection less accuracy with all inputs, over the test rows of all folds; None without a fold."""
    changes = [figures.change for figures in shown if figures.change is not None and figures.change.size > 0]
    if not changes:
        return None
    change = np.concatenate(changes)
    low, high = day_interval(change, np.concatenate([figures.decision_ms for figures in shown]), seed)
    return {
        "measure": "test accuracy with the selection less with all inputs; 95 % bootstrap over whole days",
        "accuracy": float(change.mean()),
        "low": low,
        "high": high,
        "aucByFold": [figures.auc_change for figures in shown],
    }


def _unseen(network: Network, table: SequenceTable, tested: Samples, selection: Selection, most: int) -> UnseenPart:
    """At most so many test rows, whole hours evenly spread; a feature's block is its whole sequence: [rows, features, steps]."""
    hours, place = np.unique(tested.decision_ms, return_inverse=True)
    rows = tested.take(place % max(1, -(-len(tested) // most)) == 0)

    def speak(block: NDArray[np.float32]) -> NDArray[np.float64]:
        with torch.no_grad():
            logits = network(torch.from_numpy(np.ascontiguousarray(block.transpose(0, 2, 1)))).numpy()
        return logits[:, 1].astype(np.float64) - logits[:, 0]

    return UnseenPart(
        table.gather(rows.row).transpose(0, 2, 1), rows.decision_ms - HOUR_MS, rows.label.astype(float), speak, selection.mask() > 0
    )


def _logit_auc(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    return auc(logits[:, 1] - logits[:, 0], labels == 1)
