"""Permutation importance on the daily information coefficient, and training curves, both from the exported trees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .export.trees import Ensemble, leaf_of
from .parity import stream

DAY_MS = 86_400_000
PERMUTED_ROWS_MAX = 6_000
CURVE_ROWS_MAX = 4_000
RANKED_ROWS_MIN = 20
"""A day with fewer rows has no coefficient."""

Speak = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""One score a row, high for what the model speaks for."""


@dataclass(frozen=True)
class UnseenPart:
    """Out-of-sample rows of one fold with the model that has not seen them."""

    features: NDArray[np.float32]
    times_ms: NDArray[np.int64]
    outcomes: NDArray[np.float64]
    speak: Speak
    used: NDArray[np.bool_]
    """Features that the model reads at all."""


def permutation_importance(parts: Sequence[UnseenPart], features: int, seed: int) -> tuple[NDArray[np.float64], int]:
    """Drop of the mean daily Spearman coefficient between score and outcome when a feature is permuted within each hour, and the
    number of rows it was measured on.

    Whole hours are drawn, of all parts alike, until 6,000 rows are reached. NaN throughout where no day has 20 rows that differ.
    """
    random = stream(seed, "permutation")
    drawn = [_draw_hours(part, PERMUTED_ROWS_MAX // len(parts), random) for part in parts]
    daily: list[tuple[float, NDArray[np.float64]]] = []
    for part, rows in zip(parts, drawn, strict=True):
        block, times, outcomes = part.features[rows], part.times_ms[rows], part.outcomes[rows]
        days = times // DAY_MS
        base = daily_coefficients(part.speak(block), outcomes, days)
        drops = np.zeros((base.size, features))
        order = _within_hours(times, random)
        for feature in np.flatnonzero(part.used):
            moved = block.copy()
            moved[:, feature] = block[order, feature]
            drops[:, feature] = base - daily_coefficients(part.speak(moved), outcomes, days)
        daily += list(zip(base.tolist(), drops, strict=True))
    known = [drop for base_ic, drop in daily if np.isfinite(base_ic)]
    mean = np.nanmean(np.where(np.isfinite(known), known, 0.0), axis=0) if known else np.full(features, np.nan)
    return np.asarray(mean), int(sum(rows.size for rows in drawn))


def daily_coefficients(scores: NDArray[np.float64], outcomes: NDArray[np.float64], days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Spearman coefficient by day, days ascending; NaN for fewer than 20 rows or a constant side."""
    found = []
    for day in np.unique(days):
        rows = days == day
        found.append(spearman(scores[rows], outcomes[rows]) if rows.sum() >= RANKED_ROWS_MIN else np.nan)
    return np.asarray(found)


def spearman(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Pearson coefficient of the average ranks; NaN where a side is constant."""
    one, two = (_centred_ranks(values) for values in (first, second))
    scale = float(np.sqrt((one @ one) * (two @ two)))
    return float(one @ two) / scale if scale > 0 else float("nan")


def curve(ensemble: Ensemble, objective: str, features: NDArray[np.float32], labels: NDArray[np.float64], seed: int) -> list[float]:
    """Loss after each round of trees on at most 4,000 drawn rows: logloss, root mean square error, or logloss of the softmax."""
    count = features.shape[0]
    rows = np.sort(stream(seed, "curve").choice(count, CURVE_ROWS_MAX, replace=False)) if count > CURVE_ROWS_MAX else np.arange(count)
    block, wanted = features[rows], labels[rows]
    outputs = np.tile(np.asarray(ensemble.base, np.float64), (rows.size, 1))
    trees_a_round = 1 if not ensemble.trees or len(ensemble.trees[0].targets) > 1 else ensemble.output_count
    losses = []
    for place, tree in enumerate(ensemble.trees):
        outputs[:, list(tree.targets)] += tree.leaves[leaf_of(tree, block, ensemble.mode)]
        if (place + 1) % trees_a_round == 0:
            losses.append(loss_of(objective, outputs, wanted))
    return losses


def loss_of(objective: str, outputs: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    if objective == "regression":
        return float(np.sqrt(np.mean((outputs[:, 0] - labels) ** 2)))
    if objective == "binary":
        # log(1 + e^x) - y x, without overflow.
        return float(np.mean(np.logaddexp(0.0, outputs[:, 0]) - labels * outputs[:, 0]))
    chosen = outputs[np.arange(labels.size), labels.astype(np.int64)]
    return float(np.mean(np.logaddexp.reduce(outputs, axis=1) - chosen))


def _centred_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return np.asarray(ranks - ranks.mean())


def _draw_hours(part: UnseenPart, most: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Rows of whole hours, ascending."""
    hours, counts = np.unique(part.times_ms, return_counts=True)
    order = random.permutation(hours.size)
    taken = order[: max(1, int(np.searchsorted(np.cumsum(counts[order]), most, side="right")))]
    return np.flatnonzero(np.isin(part.times_ms, hours[taken]))


def _within_hours(times: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """A permutation of the rows that keeps every row in its hour."""
    order = np.empty(times.size, np.int64)
    order[np.argsort(times, kind="stable")] = np.lexsort((random.random(times.size), times))
    return order
