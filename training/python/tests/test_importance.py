"""Importances and losses against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hourglass_training.importance import DAY_MS, UnseenPart, daily_coefficients, loss_of, permutation_importance, spearman
from scipy.stats import spearmanr
from sklearn.metrics import log_loss


def test_spearman_with_ties_is_scipys() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        one, two = random.integers(0, 6, 40).astype(float), random.integers(0, 4, 40).astype(float)
        assert spearman(one, two) == pytest.approx(spearmanr(one, two).statistic, abs=1e-12)
    assert np.isnan(spearman(np.ones(30), np.arange(30.0)))


def test_days_with_few_rows_have_no_coefficient() -> None:
    days = np.repeat([1, 2, 3], [30, 19, 25])
    random = np.random.default_rng(2)
    found = daily_coefficients(random.normal(size=74), random.normal(size=74), days)
    assert np.isnan(found).tolist() == [False, True, False]


def test_permutation_takes_what_a_feature_gives_and_nothing_from_the_rest() -> None:
    random = np.random.default_rng(3)
    times = np.tile(np.arange(240) * 3_600_000, 40)
    features = random.normal(size=(times.size, 3)).astype(np.float32)
    # The third is the same for all coins of an hour: moving it within the hour changes nothing.
    features[:, 2] = (times // 3_600_000).astype(np.float32)
    score = lambda rows: rows[:, 0].astype(float) + 0.1 * rows[:, 2]  # noqa: E731
    part = UnseenPart(features, times, features[:, 0] + random.normal(size=times.size), score, np.array([True, False, True]))
    drops, rows = permutation_importance([part, part], 3, 1)
    base = np.mean(daily_coefficients(score(features), part.outcomes, times // DAY_MS))
    assert 0.5 * base < drops[0] < 1.5 * base
    assert drops[1] == 0 and drops[2] == 0
    assert 4_000 < rows <= 6_000
    again, _ = permutation_importance([part, part], 3, 1)
    assert np.array_equal(drops, again)


def test_losses_are_scikit_learns() -> None:
    random = np.random.default_rng(4)
    logits, labels = random.normal(size=(50, 1)) * 3, random.integers(0, 2, 50).astype(float)
    assert loss_of("binary", logits, labels) == pytest.approx(log_loss(labels, 1 / (1 + np.exp(-logits[:, 0]))))
    three, classes = random.normal(size=(50, 3)), random.integers(0, 3, 50).astype(float)
    shares = np.exp(three) / np.exp(three).sum(axis=1, keepdims=True)
    assert loss_of("multiclass", three, classes) == pytest.approx(log_loss(classes, shares, labels=[0, 1, 2]))
    assert loss_of("binary", np.array([[800.0], [-800.0]]), np.array([1.0, 0.0])) == 0
