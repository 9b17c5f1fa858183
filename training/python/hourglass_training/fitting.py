"""Fits one network: validation on the last training days, early stopping, and a watch over the gap between the two accuracies."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .architectures import InputScaling, Network
from .faults import TrainingFault
from .sequences import HOUR_MS, SequenceTable, chunks

DAY_MS = 24 * HOUR_MS
VALIDATION_SHARE = 0.15
"""Share of the training days, the last ones, that choose the epoch and train nothing."""
PATIENCE = 4
"""Epochs without a better validation loss after which a fit ends, unless the plan says otherwise."""
FIT_ROWS_MIN = 64
_GRADIENT_NORM_MAX = 1.0
_MEASURED_ROWS_MAX = 4096
_BATCH = 256


@dataclass(frozen=True)
class Samples:
    """Labelled rows: parallel arrays. `row` is the row of the sequence table; times are epoch ms UTC."""

    row: NDArray[np.int64]
    label: NDArray[np.int64]
    """Class, from 0."""
    decision_ms: NDArray[np.int64]
    end_ms: NDArray[np.int64]
    """When the label was known."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, chosen: NDArray[Any]) -> Samples:
        return Samples(self.row[chosen], self.label[chosen], self.decision_ms[chosen], self.end_ms[chosen])


@dataclass(frozen=True)
class FitSettings:
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    patience: int
    gap_max: float | None
    """Largest (training accuracy - validation accuracy) / training accuracy of an epoch that may be kept; None for any."""
    balanced: bool
    """Each epoch draws as many rows of one class as of another."""
    classes: int
    embargo_ms: int
    seed: int


@dataclass
class Curve:
    """By epoch. Losses are cross-entropies; the training loss is the one that was descended."""

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)

    def gap(self, epoch: int) -> float:
        trained = self.train_accuracy[epoch]
        return (trained - self.validation_accuracy[epoch]) / trained if trained > 0 else 0.0


@dataclass(frozen=True)
class Fit:
    network: Network
    """In evaluation mode, with the weights of the epoch that was kept."""
    curve: Curve
    epoch: int
    """The one that was kept, from 0."""
    gap: float
    gap_max: float | None
    gap_holds: bool
    fit_rows: int
    validation_rows: int
    notes: tuple[str, ...]


Build = Callable[[InputScaling], Network]


def fit_network(build: Build, table: SequenceTable, samples: Samples, settings: FitSettings, name: str) -> Fit:
    """Raises `bad-rows` where the samples are too few or hold one class only."""
    fitted, validation = split_validation(samples, settings.embargo_ms)
    _refuse_poor(fitted, validation, settings.classes, name)
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    network = build(fit_scaling(table, fitted.row))
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    measured = fitted.take(np.sort(rng.permutation(len(fitted))[:_MEASURED_ROWS_MAX]))
    curve, weights = Curve(), []
    for _ in range(settings.epochs):
        curve.train.append(_epoch(network, optimiser, table, fitted, settings, rng))
        _, trained = loss_and_accuracy(predict(network, table, measured.row), measured.label)
        loss, accuracy = loss_and_accuracy(predict(network, table, validation.row), validation.label)
        curve.validation.append(loss)
        curve.train_accuracy.append(trained)
        curve.validation_accuracy.append(accuracy)
        weights.append(copy.deepcopy(network.state_dict()))
        if len(curve.validation) - 1 - int(np.argmin(curve.validation)) >= settings.patience:
            break
    epoch = kept_epoch(curve, settings.gap_max)
    network.load_state_dict(weights[epoch])
    network.eval()
    gap = curve.gap(epoch)
    holds = settings.gap_max is None or gap <= settings.gap_max
    notes = () if holds else (f"gap of training and validation accuracy {gap:.3f} is above {settings.gap_max}: this fit fails the monitor",)
    return Fit(network, curve, epoch, gap, settings.gap_max, holds, len(fitted), len(validation), notes)


def kept_epoch(curve: Curve, gap_max: float | None) -> int:
    """The smallest validation loss among epochs whose gap holds; where none does, the smallest gap."""
    gaps = np.array([curve.gap(epoch) for epoch in range(len(curve.train))])
    holding = np.ones(len(gaps), bool) if gap_max is None else gaps <= gap_max
    if not holding.any():
        return int(np.argmin(gaps))
    return int(np.argmin(np.where(holding, curve.validation, np.inf)))


def split_validation(samples: Samples, embargo_ms: int) -> tuple[Samples, Samples]:
    """The last training days validate; of the others those fit whose label was known before them less the embargo."""
    days = np.unique(samples.decision_ms // DAY_MS)
    if len(days) < 2:
        return samples.take(np.zeros(0, np.int64)), samples
    first = days[len(days) - max(1, round(len(days) * VALIDATION_SHARE))] * DAY_MS
    return (
        samples.take(samples.end_ms < first - embargo_ms),
        samples.take(samples.decision_ms >= first),
    )


def fit_scaling(table: SequenceTable, rows: NDArray[np.int64]) -> InputScaling:
    """Medians, means and deviations of the values that these rows read, each value once."""
    read = np.zeros(len(table.values), bool)
    for chunk in chunks(rows, _MEASURED_ROWS_MAX):
        read[table.windows(chunk)] = True
    read[0] = False
    values = table.values[read].astype(np.float64)
    scaling = InputScaling.neutral(table.features)
    for place in range(table.features):
        column = values[:, place]
        known = column[~np.isnan(column)]
        if known.size == 0:
            scaling.factor[place] = 0
            continue
        filled = np.where(np.isnan(column), np.median(known), column)
        deviation = filled.std()
        scaling.fill[place] = np.median(known)
        scaling.centre[place] = filled.mean()
        # An input that never moved has no scale; what it does later is nothing the network has learnt.
        scaling.factor[place] = 1 / deviation if deviation > 1e-12 * max(1.0, abs(filled.mean())) else 0
    return scaling


def predict(network: Network, table: SequenceTable, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Class logits in evaluation mode, [rows, classes]; memory is bounded by the batch."""
    network.eval()
    with torch.no_grad():
        parts = [network(torch.from_numpy(table.gather(chunk))).numpy() for chunk in chunks(rows, _BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, network.head.out_features), np.float32)


def loss_and_accuracy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[float, float]:
    """Mean cross-entropy, and the share of rows whose highest logit is their class."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    own = np.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
    loss = np.log(np.exp(shifted).sum(axis=1)) - own
    return float(loss.mean()), float((logits.argmax(axis=1) == labels).mean())


def derived_seed(seed: int, *purpose: object) -> int:
    """A seed of its own for every fit: 31 bits of a hash over the job's seed and the names."""
    text = "/".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def settings_of(
    hyperparameters: Mapping[str, Any], *, balanced: bool, classes: int, embargo_ms: int, seed: int
) -> FitSettings:
    """`epochs`, `batch`, `learningRate`; `weightDecay`, `patience` and `gapMax` where the plan names them."""
    gap_max = hyperparameters.get("gapMax")
    return FitSettings(
        epochs=int(hyperparameters["epochs"]),
        batch=int(hyperparameters["batch"]),
        learning_rate=float(hyperparameters["learningRate"]),
        weight_decay=float(hyperparameters.get("weightDecay", 0)),
        patience=int(hyperparameters.get("patience", PATIENCE)),
        gap_max=None if gap_max is None else float(gap_max),
        balanced=balanced,
        classes=classes,
        embargo_ms=embargo_ms,
        seed=seed,
    )


def epoch_rows(labels: NDArray[np.int64], balanced: bool, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of one epoch's samples in random order; balanced, as many of each class as the rarest one has, drawn anew."""
    if not balanced:
        return rng.permutation(len(labels))
    members = [np.flatnonzero(labels == one) for one in np.unique(labels)]
    count = min(len(places) for places in members)
    drawn = np.concatenate([rng.permutation(places)[:count] for places in members])
    return rng.permutation(drawn)


def _epoch(
    network: Network,
    optimiser: torch.optim.Optimizer,
    table: SequenceTable,
    fitted: Samples,
    settings: FitSettings,
    rng: np.random.Generator,
) -> float:
    network.train()
    total, seen = 0.0, 0
    for chunk in chunks(epoch_rows(fitted.label, settings.balanced, rng), settings.batch):
        optimiser.zero_grad()
        logits = network(torch.from_numpy(table.gather(fitted.row[chunk])))
        loss = nn.functional.cross_entropy(logits, torch.from_numpy(fitted.label[chunk]))
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), _GRADIENT_NORM_MAX)
        optimiser.step()
        total += loss.item() * len(chunk)
        seen += len(chunk)
    return total / seen


def _refuse_poor(fitted: Samples, validation: Samples, classes: int, name: str) -> None:
    if len(fitted) < FIT_ROWS_MIN or len(validation) == 0:
        raise TrainingFault(
            "bad-rows",
            f"{name}: {len(fitted)} rows to fit and {len(validation)} to validate on after the purge; "
            f"it needs {FIT_ROWS_MIN} and 1: give a longer span",
        )
    absent = sorted(set(range(classes)) - set(np.unique(fitted.label).tolist()))
    if absent:
        raise TrainingFault("bad-rows", f"{name}: no training row has class {', '.join(map(str, absent))}: give a longer span")
