import dataclasses

import numpy as np
import pytest
import torch

from hourglass_training.architectures import InputLayer, LstmPair
from hourglass_training.faults import TrainingFault
from hourglass_training.fitting import (
    DAY_MS,
    Curve,
    FitSettings,
    Samples,
    epoch_rows,
    fit_network,
    fit_scaling,
    kept_epoch,
    loss_and_accuracy,
    predict,
    split_validation,
)
from hourglass_training.metrics import auc, day_interval, out_of_sample_report
from hourglass_training.sequences import HOUR_MS, SequenceTable, sequence_table

SETTINGS = FitSettings(
    epochs=4, batch=32, learning_rate=0.01, weight_decay=0, patience=3, gap_max=None, balanced=True, classes=2, embargo_ms=DAY_MS, seed=5
)


def market(days: int, seed: int = 1) -> tuple[SequenceTable, Samples]:
    """One coin, hourly; the class is the sign of the last value, known six hours later."""
    rng = np.random.default_rng(seed)
    ts = np.arange(days * 24) * HOUR_MS
    values = rng.standard_normal((len(ts), 2)).astype(np.float32)
    values[rng.random(values.shape) < 0.02] = np.nan
    table = sequence_table(np.full(len(ts), "A"), ts, values, 4, 1)
    rows = np.arange(len(ts))
    decision = ts + HOUR_MS
    return table, Samples(rows, (np.nan_to_num(values[:, 0]) > 0).astype(np.int64), decision, decision + 6 * HOUR_MS)


def build(scaling):  # noqa: ANN001, ANN201
    return LstmPair(InputLayer(scaling, None), 2, 8, 1, 0.0, 2)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("days, embargo", [(20, 0), (20, DAY_MS), (7, 3 * DAY_MS), (90, 3 * DAY_MS)])
def test_validation_comes_last_and_no_label_reaches_its_embargo(days: int, embargo: int) -> None:
    _, samples = market(days)
    fitted, validation = split_validation(samples, embargo)
    assert fitted.end_ms.max() < validation.decision_ms.min() - embargo
    assert validation.decision_ms.max() == samples.decision_ms.max()
    assert validation.decision_ms.min() % DAY_MS == 0
    share = len(np.unique(validation.decision_ms // DAY_MS)) / len(np.unique(samples.decision_ms // DAY_MS))
    assert 0.1 < share < 0.2


def test_scaling_knows_nothing_but_the_rows_it_is_fitted_on() -> None:
    table, _ = market(20)
    first = np.arange(200)
    scaling = fit_scaling(table, first)
    table.values[table.place[200:]] = 1e6
    again = fit_scaling(table, first)
    for field in ("fill", "centre", "factor"):
        np.testing.assert_array_equal(getattr(scaling, field), getattr(again, field))
    values = table.values[table.place[:200]]
    np.testing.assert_allclose(scaling.fill, np.nanmedian(values, axis=0))
    filled = np.where(np.isnan(values), scaling.fill, values)
    np.testing.assert_allclose(scaling.factor * filled.std(axis=0), 1, rtol=1e-5)


def test_inputs_that_never_move_or_are_never_there_are_held_at_zero() -> None:
    values = np.stack([np.full(50, 7.0), np.full(50, np.nan)], axis=1).astype(np.float32)
    scaling = fit_scaling(sequence_table(np.full(50, "A"), np.arange(50) * HOUR_MS, values, 3, 1), np.arange(50))
    assert scaling.factor.tolist() == [0, 0]
    assert np.isfinite(scaling.fill).all()


def test_balanced_epochs_hold_each_class_equally_often_and_reach_all_rows() -> None:
    labels = np.repeat([0, 1, 2], [300, 50, 120])
    rng = np.random.default_rng(0)
    epochs = [epoch_rows(labels, True, rng) for _ in range(60)]
    for rows in epochs:
        assert np.bincount(labels[rows]).tolist() == [50, 50, 50]
        assert len(set(rows.tolist())) == 150
    assert len(set(np.concatenate(epochs).tolist())) == len(labels)
    assert sorted(epoch_rows(labels, False, rng).tolist()) == list(range(len(labels)))


def curve(validation: list[float], gaps: list[float]) -> Curve:
    return Curve(list(validation), list(validation), [0.8] * len(gaps), [0.8 * (1 - gap) for gap in gaps])


def test_kept_epoch_is_the_best_whose_gap_holds() -> None:
    assert kept_epoch(curve([3, 1, 2], [0.1, 0.2, 0.14]), None) == 1
    assert kept_epoch(curve([3, 1, 2], [0.1, 0.2, 0.14]), 0.15) == 2
    assert kept_epoch(curve([3, 1, 2], [0.3, 0.2, 0.25]), 0.15) == 1


def test_gap_that_holds_nowhere_is_told() -> None:
    table, samples = market(30)
    # Labels that mean nothing and few rows: training accuracy runs away.
    noise = dataclasses.replace(samples, label=np.random.default_rng(0).integers(0, 2, len(samples)))
    fit = fit_network(build, table, noise, dataclasses.replace(SETTINGS, gap_max=-1.0), "it")
    assert not fit.gap_holds
    assert "fails the monitor" in fit.notes[0]
    assert fit.gap == min(fit.curve.gap(epoch) for epoch in range(len(fit.curve.train)))


def test_fit_learns_stops_early_and_repeats_to_the_bit() -> None:
    table, samples = market(40)
    first, second = (fit_network(build, table, samples, SETTINGS, "it") for _ in range(2))
    logits = predict(first.network, table, samples.row)
    assert logits.tobytes() == predict(second.network, table, samples.row).tobytes()
    assert loss_and_accuracy(logits, samples.label)[1] > 0.9
    assert len(first.curve.train) == 4
    impatient = dataclasses.replace(SETTINGS, epochs=40, patience=1, learning_rate=0.1)
    stopped = fit_network(build, table, samples, impatient, "it")
    assert len(stopped.curve.train) < 40
    assert stopped.epoch == int(np.argmin(stopped.curve.validation))
    other = fit_network(build, table, samples, dataclasses.replace(SETTINGS, seed=6), "it")
    assert logits.tobytes() != predict(other.network, table, samples.row).tobytes()


def test_poor_spans_are_refused() -> None:
    table, samples = market(40)
    with pytest.raises(TrainingFault, match="longer span"):
        fit_network(build, table, samples.take(np.arange(60)), SETTINGS, "it")
    with pytest.raises(TrainingFault, match="class 1"):
        fit_network(build, table, dataclasses.replace(samples, label=np.zeros(len(samples), np.int64)), SETTINGS, "it")


def test_auc_counts_pairs() -> None:
    rng = np.random.default_rng(2)
    scores, positive = rng.integers(0, 9, 60), rng.random(60) < 0.4
    pairs = scores[positive][:, None] - scores[~positive][None]
    assert auc(scores, positive) == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
    assert np.isnan(auc(scores, np.ones(60, bool)))


def test_confidence_bins_hold_every_row_once() -> None:
    rng = np.random.default_rng(3)
    report = out_of_sample_report(rng.standard_normal((500, 3)) * 3, rng.integers(0, 3, 500))
    assert sum(one["rows"] for one in report["confidenceBins"]) == 500
    assert sum(one["rows"] * one["accuracy"] for one in report["confidenceBins"]) == pytest.approx(500 * report["accuracy"])
    passed = [one["rows"] for one in report["confidenceBins"] if one["from"] >= 0.65]
    assert sum(passed) / 500 == pytest.approx(report["gate"]["coverage"])


def test_interval_over_days_covers_a_shared_error_that_rows_alone_would_not() -> None:
    rng = np.random.default_rng(4)
    days = np.repeat(np.arange(30), 200)
    change = (rng.standard_normal(30) * 0.5)[days] + rng.standard_normal(6000) * 0.1
    low, high = day_interval(change, days * DAY_MS, 1)
    assert low < change.mean() < high
    assert high - low > 5 * 2 * 1.96 * change.std() / np.sqrt(6000)
