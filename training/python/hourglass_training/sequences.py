"""Sequences of hourly rows: a dense table by coin and hour, and windows into it that are gathered batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

HOUR_MS = 3_600_000
_CHUNK = 16_384


@dataclass(frozen=True)
class SequenceTable:
    """Features by coin and hour, and where the rows of the table lie in it.

    `values`: [1 + coins * hours, features] float32; entry 0 is all NaN and stands for hours that are not there.
    `place`: [rows] entry of each row. `hour_of`: [rows] hours since the table's first one.
    """

    values: np.ndarray
    place: np.ndarray
    hour_of: np.ndarray
    steps: int
    stride_hours: int

    @property
    def rows(self) -> int:
        return len(self.place)

    @property
    def features(self) -> int:
        return self.values.shape[1]

    def windows(self, rows: np.ndarray) -> np.ndarray:
        """Entries of the windows of these rows, [rows, steps], oldest first; the last step is the row itself."""
        back = np.arange(self.steps - 1, -1, -1, dtype=np.int64) * self.stride_hours
        hours = self.hour_of[rows, None] - back
        return np.where(hours >= 0, self.place[rows, None] - back, 0)

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """[rows, steps, features] float32, NaN where a coin has no row at a step."""
        return self.values[self.windows(rows)]

    def nan_share(self) -> np.ndarray:
        """[rows] share of NaN among a row's inputs, all steps and features."""
        absent = np.isnan(self.values).sum(axis=1)
        share = np.empty(self.rows)
        for chunk in chunks(np.arange(self.rows), _CHUNK):
            share[chunk] = absent[self.windows(chunk)].sum(axis=1) / (self.steps * self.features)
        return share


def sequence_table(
    symbol: np.ndarray, ts: np.ndarray, features: np.ndarray, steps: int, stride_hours: int
) -> SequenceTable:
    """`symbol` and `ts` (open time, epoch ms, whole hours) of the rows, no pair twice; `features` [rows, features] float32."""
    if len(ts) == 0:
        raise ValueError("no rows")
    if np.any(ts % HOUR_MS != 0):
        raise ValueError("a row's ts is not a whole hour")
    coins, coin = np.unique(symbol, return_inverse=True)
    first = int(ts.min())
    hour_of = ((ts - first) // HOUR_MS).astype(np.int64)
    hours = int(hour_of.max()) + 1
    place = 1 + coin.astype(np.int64) * hours + hour_of
    values = np.full((1 + len(coins) * hours, features.shape[1]), np.nan, np.float32)
    if len(np.unique(place)) != len(place):
        raise ValueError("a coin has two rows of the same hour")
    values[place] = features
    return SequenceTable(values, place, hour_of, steps, stride_hours)


def chunks(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Slices along the first axis, the last one shorter."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
