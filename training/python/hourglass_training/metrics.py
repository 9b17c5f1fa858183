"""How good class logits are out of sample. Shapes: logits [rows, classes], labels [rows]."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CONFIDENCE_GATE = 0.65
CONFIDENCE_BINS = (0.0, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 1.0)
_RESAMPLES = 1000
DAY_MS = 86_400_000


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """In double precision."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def auc(scores: NDArray[Any], positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve by ranks, ties at their mean (Mann and Whitney); NaN without both classes."""
    hits = int(positive.sum())
    misses = len(positive) - hits
    if hits == 0 or misses == 0:
        return float("nan")
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks = (last - (count - 1) / 2)[place]
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))


def out_of_sample_report(logits: NDArray[Any], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Accuracy, AUC of each class against the rest, accuracy by confidence, and how much is left at confidence .65.

    Confidence is the highest class probability.
    """
    probabilities = softmax(logits)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    passed = confidence >= CONFIDENCE_GATE
    return {
        "rows": len(labels),
        "accuracy": _share(right),
        "aucByClass": [auc(probabilities[:, one], labels == one) for one in range(logits.shape[1])],
        "confidenceBins": _bins(confidence, right),
        "gate": {"confidence": CONFIDENCE_GATE, "coverage": _share(passed), "accuracy": _share(right[passed])},
    }


def day_interval(
    change: NDArray[np.float64], decision_ms: NDArray[np.int64], seed: int, level: float = 0.95
) -> tuple[float, float]:
    """Interval of the mean of `change` [rows] by a bootstrap over whole days: rows of one day share their market."""
    days, place = np.unique(decision_ms // DAY_MS, return_inverse=True)
    sums, counts = np.bincount(place, weights=change), np.bincount(place)
    drawn = np.random.default_rng(seed).integers(0, len(days), (_RESAMPLES, len(days)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _bins(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Bins [from, to) that hold a row; the last one holds 1 as well."""
    place = np.clip(np.searchsorted(CONFIDENCE_BINS, confidence, side="right") - 1, 0, len(CONFIDENCE_BINS) - 2)
    return [
        {"from": CONFIDENCE_BINS[one], "to": CONFIDENCE_BINS[one + 1], "rows": int((place == one).sum()), "accuracy": _share(right[place == one])}
        for one in np.unique(place)
    ]


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if flags.size else float("nan")
