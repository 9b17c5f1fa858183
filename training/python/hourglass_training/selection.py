"""Which inputs a network sees: ranked by permutation gain on purged inner folds of the training part, and nothing beside it.

The ranking is made with a small LightGBM on the last step, which sees non-linear effects and routes NaN; the network that is trained
afterwards is another one, so that the ranking is a filter and not a fit of the network itself. Permutation: Breiman, Random Forests, 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .faults import TrainingFault
from .fitting import DAY_MS, Samples
from .libraries import load_library
from .metrics import auc

INNER_FOLDS = 3
_TREES = {"num_leaves": 15, "learning_rate": 0.05, "min_child_samples": 40, "feature_fraction": 0.5}
_ROUNDS = 80
_FIT_ROWS_MAX = 20_000
_TEST_ROWS_MAX = 4_000
_TEST_ROWS_MIN = 32


@dataclass(frozen=True)
class Selection:
    """By place in the model's feature list."""

    kept: tuple[int, ...]
    """Ascending, exactly as many as were asked for."""
    order: tuple[int, ...]
    """All features, the best first."""
    gain: NDArray[np.float64]
    """Mean loss of AUC over the inner folds when the feature is permuted."""
    dropped: tuple[tuple[int, int, float], ...]
    """Feature, the better one it goes along with, their correlation."""
    refilled: tuple[int, ...]
    """Dropped ones that came back, because too few were left without them."""
    inner_folds: int

    def mask(self) -> NDArray[np.float32]:
        mask = np.zeros(len(self.order), np.float32)
        mask[list(self.kept)] = 1
        return mask


def select_features(
    values: NDArray[np.float32], samples: Samples, count: int, correlation_max: float, embargo_ms: int, seed: int
) -> Selection:
    """`values` [samples, features] is the last step of the training samples, binary labels. Keeps exactly `count` features.

    Raises `bad-rows` where the span is too short for a single inner fold, and where there are fewer features than asked for.
    """
    features = values.shape[1]
    if count > features:
        raise TrainingFault("bad-rows", f"{count} features are to be kept of {features}: lower `selected`")
    splits = [split for split in inner_splits(samples, embargo_ms) if _is_usable(split, samples.label)]
    if not splits:
        raise TrainingFault("bad-rows", "the training part is too short for a purged inner fold: give a longer span")
    rng = np.random.default_rng(seed)
    gains = [_permutation_gain(values, samples.label, split, rng, seed) for split in splits]
    gain = np.mean(gains, axis=0)
    # Stable: features of one gain keep their order in the list.
    order = np.argsort(-gain, kind="stable")
    strength = np.abs(correlations(values, rng))
    kept, dropped = _drop_correlated(order, strength, correlation_max)
    refilled = [place for place in order if place not in kept][: max(0, count - len(kept))]
    chosen = sorted([*kept[:count], *refilled])
    return Selection(
        tuple(int(one) for one in chosen), tuple(int(one) for one in order), gain, dropped, tuple(int(one) for one in refilled), len(splits)
    )


def inner_splits(samples: Samples, embargo_ms: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Training days in `INNER_FOLDS` + 1 blocks; each but the first is tested by what was known before it less the embargo."""
    days = np.unique(samples.decision_ms // DAY_MS)
    edges = [days[place * len(days) // (INNER_FOLDS + 1)] * DAY_MS for place in range(INNER_FOLDS + 1)]
    edges.append((int(days[-1]) + 1) * DAY_MS)
    return [
        (
            np.flatnonzero(samples.end_ms < edges[place] - embargo_ms),
            np.flatnonzero((samples.decision_ms >= edges[place]) & (samples.decision_ms < edges[place + 1])),
        )
        for place in range(1, INNER_FOLDS + 1)
    ]


def correlations(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
    """[features, features] of at most `_FIT_ROWS_MAX` rows, NaN at the median; 0 where a feature does not move."""
    drawn = values[np.sort(rng.permutation(len(values))[:_FIT_ROWS_MAX])].astype(np.float64)
    absent = np.isnan(drawn)
    drawn[:, absent.all(axis=0)] = 0
    drawn = np.where(np.isnan(drawn), np.nanmedian(drawn, axis=0), drawn)
    centred = drawn - drawn.mean(axis=0)
    deviation = np.sqrt((centred**2).mean(axis=0))
    scaled = np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 0)
    return scaled.T @ scaled / len(scaled)


def _drop_correlated(
    order: NDArray[np.int64], strength: NDArray[np.float64], correlation_max: float
) -> tuple[list[int], tuple[tuple[int, int, float], ...]]:
    """Down the ranking: a feature goes where a better one that stays says nearly the same."""
    kept: list[int] = []
    dropped: list[tuple[int, int, float]] = []
    for place in order.tolist():
        twin = next((other for other in kept if strength[place, other] > correlation_max), None)
        if twin is None:
            kept.append(place)
        else:
            dropped.append((place, twin, float(strength[place, twin])))
    return kept, tuple(dropped)


def _is_usable(split: tuple[NDArray[np.int64], NDArray[np.int64]], labels: NDArray[np.int64]) -> bool:
    fits, tests = split
    return len(tests) >= _TEST_ROWS_MIN and len(np.unique(labels[fits])) == 2 and len(np.unique(labels[tests])) == 2


def _permutation_gain(
    values: NDArray[np.float32],
    labels: NDArray[np.int64],
    split: tuple[NDArray[np.int64], NDArray[np.int64]],
    rng: np.random.Generator,
    seed: int,
) -> NDArray[np.float64]:
    """Loss of AUC by feature on the inner test rows; 0 for a feature that no tree uses."""
    fits, tests = (np.sort(rng.permutation(rows)[:most]) for rows, most in zip(split, (_FIT_ROWS_MAX, _TEST_ROWS_MAX), strict=True))
    booster = _fit_trees(values[fits], labels[fits], seed)
    tested, positive = values[tests].copy(), labels[tests] == 1
    base = auc(booster.predict(tested, raw_score=True, num_threads=1), positive)
    gain = np.zeros(values.shape[1])
    used = booster.feature_importance("split") > 0
    for place in range(values.shape[1]):
        # Drawn for every feature, so that one feature's numbers do not hang on which others are used.
        shuffled = rng.permutation(len(tests))
        if not used[place]:
            continue
        own = tested[:, place].copy()
        tested[:, place] = own[shuffled]
        gain[place] = base - auc(booster.predict(tested, raw_score=True, num_threads=1), positive)
        tested[:, place] = own
    return gain


def _fit_trees(values: NDArray[np.float32], labels: NDArray[np.int64], seed: int) -> Any:
    lightgbm = load_library("lightgbm")
    fixed = {"objective": "binary", "verbosity": -1, "deterministic": True, "force_row_wise": True, "num_threads": 1, "seed": seed}
    return lightgbm.train({**_TREES, **fixed}, lightgbm.Dataset(values, labels), _ROUNDS)
