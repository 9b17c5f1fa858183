"""Jobs for networks: markets of hourly residual returns whose patterns are known, written as the engine writes its tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hourglass_training.job import Job, read_job
from hourglass_training.rows import Rows, read_rows

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
START_MS = 1_704_067_200_000

LSTM = {
    "kind": "network", "name": "lstm", "architecture": "lstm-pair", "side": None, "label": "tercile", "featureSet": None,
    "features": ["res_ret_24h"], "steps": 30, "strideHours": 24, "nanShareMax": 0.2, "gateLogit": None, "outOfFoldDays": None,
    "hyperparameters": {"hidden": 24, "layers": 2, "dropout": 0.1, "epochs": 12, "batch": 64, "learningRate": 0.005},
}
TCN = {
    "kind": "network", "name": "tcn", "architecture": "tcn", "side": None, "label": "tercile", "featureSet": None,
    "features": ["res_ret_1h"], "steps": 48, "strideHours": 1, "nanShareMax": 0.25, "gateLogit": None, "outOfFoldDays": None,
    "hyperparameters": {"channels": 8, "kernel": 7, "blocks": 3, "dropout": 0.0, "epochs": 7, "batch": 64, "learningRate": 0.005},
}
CONFIDENCE = {
    "kind": "network", "name": "confidence", "architecture": "lstm-norm", "side": "buy", "label": "buy_first", "featureSet": "s3",
    "features": [], "steps": 6, "strideHours": 1, "nanShareMax": 0.1, "gateLogit": 0.619, "outOfFoldDays": None,
    "hyperparameters": {
        "hidden": 8, "selected": 5, "correlationMax": 0.95, "gapMax": 0.15, "patience": 3,
        "epochs": 4, "batch": 64, "learningRate": 0.01, "weightDecay": 0.0001,
    },
}


@dataclass(frozen=True)
class Table:
    """Rows of one job before they are written; arrays by row."""

    symbol: np.ndarray
    ts: np.ndarray
    features: dict[str, np.ndarray]
    label: np.ndarray
    life_hours: int

    @property
    def decision_ms(self) -> np.ndarray:
        return self.ts + HOUR_MS


def write_job(
    folder: Path,
    table: Table,
    models: list[dict[str, Any]],
    *,
    test_days: int,
    folds: int = 1,
    blocks: int = 0,
    embargo_hours: int = 72,
    seed: int = 1,
    keep_folds: bool = True,
) -> Job:
    """The last days in `folds` test blocks of `test_days`; `blocks` out-of-fold blocks of as many days over the same end."""
    binary = models[0]["label"] == "buy_first"
    name = models[0]["label"]
    end_ms = table.decision_ms + table.life_hours * HOUR_MS
    last = (int(table.decision_ms.max()) // DAY_MS + 1) * DAY_MS
    columns: dict[str, Any] = {"symbol": pa.array(table.symbol), "ts": pa.array(table.ts, pa.int64())}
    columns |= {key: pa.array(values, pa.float32(), from_pandas=True) for key, values in table.features.items()}
    known = ~np.isnan(table.label)
    columns[name] = pa.array(table.label, pa.float64(), from_pandas=True)
    columns[f"{name}_end_ms"] = pa.array(end_ms, pa.int64(), mask=~known)

    def marks(from_ms: int, to_ms: int) -> pa.Array:
        tests = (table.decision_ms >= from_ms) & (table.decision_ms < to_ms)
        trains = end_ms < from_ms - embargo_hours * HOUR_MS
        return pa.array(np.where(known & tests, 2, np.where(known & trains, 1, 0)), pa.int8())

    spans = [(last - (folds - k) * test_days * DAY_MS, last - (folds - k - 1) * test_days * DAY_MS) for k in range(folds)]
    block_spans = [(last - (blocks - b) * test_days * DAY_MS, last - (blocks - b - 1) * test_days * DAY_MS) for b in range(blocks)]
    columns |= {f"{name}_fold_{k}": marks(*span) for k, span in enumerate(spans)}
    columns |= {f"{name}_block_{b}": marks(*span) for b, span in enumerate(block_spans)}
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "rows-00000.parquet")
    barrier = {"kind": "barrier", "side": "buy", "profitFraction": 0.02, "lossFraction": 0.02, "horizonHours": 72}
    target = barrier if binary else {"kind": "residual-tercile", "horizonHours": 72}
    (folder / "job.json").write_text(json.dumps({
        "formatVersion": 1, "strategy": "test", "version": "20240601T00-ci-small-00000000", "size": "ci-small", "seed": seed, "threads": 1,
        "rows": {"files": ["rows-00000.parquet"], "features": list(table.features)},
        "labels": [{"name": name, "kind": target["kind"], "target": target}],
        "folds": [{"index": k, "testFromMs": a, "testToMs": b, "trainToMs": a} for k, (a, b) in enumerate(spans)],
        "models": models,
        "contract": {
            "dataset": {"name": "test", "hash": "00"},
            "featureSet": {"name": "s3", "hash": "11"} if binary else None,
            "folds": {"count": folds, "testDays": test_days, "labelHours": table.life_hours, "embargoHours": embargo_hours},
            "train": {"fromMs": int(table.decision_ms.min()), "toMs": int(end_ms[known].max()), "rows": int(known.sum()), "sampling": []},
            "validFromMs": int(end_ms[known].max()) + HOUR_MS,
        },
        "outOfFold": {"blocks": [{"index": b, "fromMs": a, "toMs": c} for b, (a, c) in enumerate(block_spans)]} if blocks else None,
        "text": None,
        "keepFolds": keep_folds,
    }))
    return read_job(folder)


def read_back(job: Job) -> Rows:
    return read_rows(job)


def pattern_market(coins: int, slots: int, strength: float, seed: int) -> Table:
    """Daily rows in slots of 33 days: 30 of a pattern or of the same days in random order, then 3 that drift after a pattern.

    Twenty days rise by .15 v, ten are of half volatility. Labelled is the last of the thirty days.
    """
    rng = np.random.default_rng(seed)
    days = slots * 33
    noise = rng.standard_t(4, (coins, slots, 33)) / np.sqrt(2)
    noise[:, :, :20] += 0.15
    noise[:, :, 20:30] *= 0.5
    is_decoy = rng.random((coins, slots)) < 0.5
    for coin, slot in zip(*np.nonzero(is_decoy), strict=True):
        noise[coin, slot, :30] = rng.permutation(noise[coin, slot, :30])
    noise[:, :, 30:] += np.where(is_decoy, 0, strength)[:, :, None]
    volatility = 0.045 * np.exp(0.4 * rng.standard_normal(coins))
    returns = (noise.reshape(coins, days) * volatility[:, None]).astype(np.float32)
    ahead = noise[:, :, 30:].sum(axis=2)
    label = np.full((coins, slots, 33), np.nan)
    label[:, :, 29] = np.digitize(ahead, np.quantile(ahead, [1 / 3, 2 / 3]))
    # Slots begin on different days, so that every day has some rows.
    phase = rng.integers(0, 33, coins)
    ts = START_MS + 11 * HOUR_MS + (np.arange(days) + phase[:, None]) * DAY_MS
    symbol = np.repeat([f"C{coin:04d}" for coin in range(coins)], days)
    return Table(symbol, ts.reshape(-1), {"res_ret_24h": returns.reshape(-1)}, label.reshape(-1), 72)


def motif_market(coins: int, days: int, strength: float, seed: int) -> Table:
    """Hourly rows: one day in four jumps by 3 hourly deviations and fades, one in four is its mirror; after a motif a day drifts down.

    Labelled is the last hour of each day, over the next 24 hours.
    """
    rng = np.random.default_rng(seed)
    noise = rng.standard_t(4, (coins, days, 24)) / np.sqrt(2)
    draw = rng.random((coins, days))
    motif, mirror = draw < 0.25, (draw >= 0.25) & (draw < 0.5)
    fade = np.full(24, -3 / 23)
    noise += motif[:, :, None] * np.where(np.arange(24) == 0, 3, fade) + mirror[:, :, None] * np.where(np.arange(24) == 23, 3, fade)
    noise[:, 1:] -= motif[:, :-1, None] * strength / np.sqrt(24)
    ahead = np.full((coins, days), np.nan)
    ahead[:, :-1] = noise[:, 1:].sum(axis=2)
    ahead[:, :7] = np.nan
    label = np.full((coins, days, 24), np.nan)
    edges = np.nanquantile(ahead, [1 / 3, 2 / 3])
    label[:, :, 23] = np.where(np.isnan(ahead), np.nan, np.digitize(ahead, edges))
    volatility = 0.045 / np.sqrt(24) * np.exp(0.2 * rng.standard_normal(coins))
    returns = (noise.reshape(coins, -1) * volatility[:, None]).astype(np.float32)
    ts = np.tile(START_MS + np.arange(days * 24) * HOUR_MS, coins)
    symbol = np.repeat([f"C{coin:04d}" for coin in range(coins)], days * 24)
    return Table(symbol, ts, {"res_ret_1h": returns.reshape(-1)}, label.reshape(-1), 24)


def barrier_market(coins: int, hours: int, features: int, seed: int) -> Table:
    """Every hour labelled: feature 0 tells the class, feature 1 is nearly its copy, the others are noise with gaps."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((coins * hours, features)).astype(np.float32)
    odds = 1 / (1 + np.exp(-1.5 * values[:, 0]))
    label = (rng.random(coins * hours) < odds).astype(float)
    values[:, 1] = values[:, 0] + 0.05 * rng.standard_normal(coins * hours)
    values[:, 2:][rng.random((coins * hours, features - 2)) < 0.02] = np.nan
    ts = np.tile(START_MS + np.arange(hours) * HOUR_MS, coins)
    symbol = np.repeat([f"C{coin:04d}" for coin in range(coins)], hours)
    names = [f"f{place}" for place in range(features)]
    return Table(symbol, ts, {name: values[:, place] for place, name in enumerate(names)}, label, 5)
