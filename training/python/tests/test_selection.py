import numpy as np
import pytest

from hourglass_training.faults import TrainingFault
from hourglass_training.fitting import DAY_MS, Samples
from hourglass_training.selection import inner_splits, select_features
from hourglass_training.sequences import HOUR_MS


def market(days: int = 60, features: int = 12, seed: int = 1) -> tuple[np.ndarray, Samples]:
    """Features 3 and 7 tell the class; 5 is nearly 3; 11 does not move; the others are noise with gaps."""
    rng = np.random.default_rng(seed)
    rows = days * 24
    values = rng.standard_normal((rows, features)).astype(np.float32)
    values[:, 5] = values[:, 3] + 0.1 * rng.standard_normal(rows)
    values[:, 11] = 2
    odds = 1 / (1 + np.exp(-(values[:, 3] + 0.7 * values[:, 7])))
    label = (rng.random(rows) < odds).astype(np.int64)
    values[:, 8:10][rng.random((rows, 2)) < 0.2] = np.nan
    decision = np.arange(1, rows + 1) * HOUR_MS
    return values, Samples(np.arange(rows), label, decision, decision + 8 * HOUR_MS)


def test_keeps_exactly_as_many_and_drops_the_weaker_twin() -> None:
    values, samples = market()
    selection = select_features(values, samples, 4, 0.95, DAY_MS, seed=1)
    assert len(selection.kept) == 4 and list(selection.kept) == sorted(selection.kept)
    assert {3, 5}.isdisjoint(selection.kept) is False and not {3, 5} <= set(selection.kept)
    assert 7 in selection.kept
    assert [{place, twin} for place, twin, _ in selection.dropped] == [{3, 5}]
    place, twin, correlation = selection.dropped[0]
    assert selection.gain[twin] >= selection.gain[place] and correlation > 0.95
    assert selection.mask().sum() == 4 and set(np.flatnonzero(selection.mask())) == set(selection.kept)
    assert sorted(selection.order) == list(range(12))


def test_same_rows_same_selection() -> None:
    values, samples = market()
    first, second = (select_features(values.copy(), samples, 6, 0.95, DAY_MS, seed=9) for _ in range(2))
    assert first.kept == second.kept and first.order == second.order
    np.testing.assert_array_equal(first.gain, second.gain)


def test_twins_come_back_where_too_few_are_left() -> None:
    values, samples = market()
    selection = select_features(values, samples, 12, 0.95, DAY_MS, seed=1)
    assert selection.kept == tuple(range(12))
    assert set(selection.refilled) in ({3}, {5})


def test_inner_folds_are_purged_and_test_every_later_day_once() -> None:
    _, samples = market()
    splits = inner_splits(samples, DAY_MS)
    tested = np.concatenate([tests for _, tests in splits])
    assert len(splits) == 3 and len(set(tested.tolist())) == len(tested)
    assert tested.max() == len(samples) - 1
    for fits, tests in splits:
        assert samples.end_ms[fits].max() < samples.decision_ms[tests].min() - DAY_MS


def test_refuses_short_spans_and_too_few_features() -> None:
    values, samples = market()
    with pytest.raises(TrainingFault, match="too short"):
        select_features(values[:40], samples.take(np.arange(40)), 4, 0.95, DAY_MS, seed=1)
    with pytest.raises(TrainingFault, match="selected"):
        select_features(values, samples, 13, 0.95, DAY_MS, seed=1)
