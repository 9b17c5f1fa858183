"""Small jobs made of seeded numbers, as the engine would write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
START_MS = 1_700_006_400_000
FEATURES = tuple(f"f{place}" for place in range(12))

BINARY = {
    "name": "buy_first",
    "kind": "barrier",
    "target": {"kind": "barrier", "side": "buy", "profitFraction": 0.02, "lossFraction": 0.02, "horizonHours": 24},
}
RETURN = {
    "name": "buy_return",
    "kind": "barrier-return",
    "target": {"kind": "barrier-return", "side": "buy", "profitFraction": 0.02, "lossFraction": 0.02, "horizonHours": 24},
}
TERCILE = {"name": "tercile", "kind": "residual-tercile", "target": {"kind": "residual-tercile", "horizonHours": 24}}
LABELS = (BINARY, RETURN, TERCILE)


def booster(name: str, library: str, objective: str, label: str, trees: int = 30, **hyperparameters: Any) -> dict[str, Any]:
    count = "iterations" if library == "catboost" else "n_estimators"
    depth = "depth" if library == "catboost" else "max_depth"
    return {
        "kind": "booster",
        "name": name,
        "library": library,
        "objective": objective,
        "side": None if objective == "multiclass" else "buy",
        "label": label,
        "featureSet": None,
        "hyperparameters": {count: trees, "learning_rate": 0.1, depth: 4, **hyperparameters},
        "columns": [],
        "stored": "raw",
        "gateLogit": 0.5 if objective == "binary" else None,
    }


def write_job(folder: Path, models: Sequence[Mapping[str, Any]], *, seed: int = 1, coins: int = 12, days: int = 20, **fields: Any) -> Path:
    """Two folds of four test days; feature 0 speaks for the label, f3 is rounded, f5 has no absent value, f11 is constant."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    hours = np.arange(0, days * 24, 4)
    count = hours.size * coins
    times = np.tile(START_MS + hours * HOUR_MS, coins)
    values = random.normal(size=(count, len(FEATURES))).astype(np.float32)
    values[:, 3] = np.round(values[:, 3])
    values[random.random(values.shape) < 0.04] = np.nan
    values[:, 5] = np.nan_to_num(values[:, 5])
    values[:, 11] = 1.5
    drive = np.nan_to_num(values[:, 0]) + 0.4 * np.nan_to_num(values[:, 5]) + random.normal(size=count)
    columns = {"buy_first": (drive > 0.4).astype(float), "buy_return": drive * 0.01, "tercile": np.digitize(drive, [-0.6, 0.6]).astype(float)}
    folds = [_fold(index, days) for index in range(2)]
    table: dict[str, Any] = {"symbol": np.repeat([f"C{coin}" for coin in range(coins)], hours.size), "ts": times}
    table |= {name: pa.array(values[:, place], pa.float32(), from_pandas=True) for place, name in enumerate(FEATURES)}
    for name, label in columns.items():
        label[random.random(count) < 0.05] = np.nan
        ends = times + 25 * HOUR_MS
        table[name] = pa.array(label, from_pandas=True)
        table[f"{name}_end_ms"] = pa.array(ends, mask=np.isnan(label))
        for fold in folds:
            tests = (times >= fold["testFromMs"]) & (times < fold["testToMs"])
            trains = ends + DAY_MS < fold["testFromMs"]
            table[f"{name}_fold_{fold['index']}"] = pa.array(np.where(trains, 1, np.where(tests, 2, 0)).astype(np.int8))
    whole = pa.table(table)
    middle = count // 2
    files = ["rows-00000.parquet", "rows-00001.parquet"]
    for file, part in zip(files, (whole.slice(0, middle), whole.slice(middle)), strict=True):
        pq.write_table(part, folder / file)
    job = {
        **{"formatVersion": 1, "strategy": "trial", "version": "20231204T00-ci-small-00000000", "size": "ci-small"},
        **{"seed": seed, "threads": 1, "rows": {"files": files, "features": list(FEATURES)}},
        **{"labels": list(LABELS), "folds": folds, "models": list(models), "outOfFold": None, "text": None, "keepFolds": True},
        "contract": {
            "dataset": {"name": "planted", "hash": "0" * 64},
            "featureSet": None,
            "folds": {"count": 2, "testDays": 4, "labelHours": 24, "embargoHours": 24},
            "train": {"fromMs": START_MS, "toMs": START_MS + days * DAY_MS, "rows": count, "sampling": ["12 coins"]},
            "validFromMs": START_MS + (days + 2) * DAY_MS,
        },
        **fields,
    }
    (folder / "job.json").write_text(json.dumps(job))
    return folder


def _fold(index: int, days: int) -> dict[str, int]:
    first = days - 4 * (2 - index)
    return {
        "index": index,
        "testFromMs": START_MS + first * DAY_MS,
        "testToMs": START_MS + (first + 4) * DAY_MS,
        "trainToMs": START_MS + (first - 1) * DAY_MS,
    }
