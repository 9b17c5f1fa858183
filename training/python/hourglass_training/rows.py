"""Tables of rows: Parquet in, numpy out. Features are Float32 with NaN where a value is absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .faults import TrainingFault
from .job import Job

TRAINS = 1
TESTS = 2
NO_TIME = np.int64(-1)


@dataclass(frozen=True)
class LabelColumns:
    """By row."""

    values: NDArray[np.float64]
    """NaN where the row has no label."""
    end_ms: NDArray[np.int64]
    """When the label was known, epoch ms; -1 without label."""
    folds: dict[int, NDArray[np.int8]]
    """By fold index: 1 trains, 2 tests, 0 neither."""
    blocks: dict[int, NDArray[np.int8]]
    """The same for out-of-fold blocks."""

    def known(self) -> NDArray[np.int64]:
        """Rows that have a label, ascending."""
        return np.flatnonzero(~np.isnan(self.values))

    def split(self, fold: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Labelled rows that train and that test, ascending."""
        marks = self.folds[fold]
        labelled = ~np.isnan(self.values)
        return np.flatnonzero((marks == TRAINS) & labelled), np.flatnonzero((marks == TESTS) & labelled)


@dataclass(frozen=True)
class Rows:
    """Rows in the order of the files."""

    symbols: NDArray[np.object_]
    times_ms: NDArray[np.int64]
    """Open time of the bar whose close is the decision."""
    feature_names: tuple[str, ...]
    features: NDArray[np.float32]
    """`[rows, features]`, row-major."""
    labels: dict[str, LabelColumns]

    @property
    def count(self) -> int:
        return int(self.times_ms.shape[0])

    def matrix(self, names: Sequence[str]) -> NDArray[np.float32]:
        """`[rows, names]`; the stored block itself where all of it is asked for in its order."""
        if tuple(names) == self.feature_names:
            return self.features
        return np.ascontiguousarray(self.features[:, [self.feature_names.index(name) for name in names]])


def read_rows(job: Job) -> Rows:
    """Raises `bad-rows` with every fault of the tables."""
    schemas = [(path, pq.read_schema(path)) for path in job.row_files]
    faults = [f"{path.name}: no column {name}" for path, schema in schemas for name in _wanted(job) if name not in schema.names]
    faults += [f"{path.name}: {fault}" for path, schema in schemas for fault in _wrong_types(job, schema)]
    if faults:
        raise TrainingFault("bad-rows", "\n".join(faults))
    counts = [pq.read_metadata(path).num_rows for path in job.row_files]
    features = np.empty((sum(counts), len(job.features)), dtype=np.float32)
    others: list[pa.Table] = []
    start = 0
    for path, count in zip(job.row_files, counts, strict=True):
        table = pq.read_table(path)
        for place, name in enumerate(job.features):
            features[start : start + count, place] = _floats(table[name])
        others.append(table.select(_keys(job)))
        start += count
    rows = _rows_of(job, pa.concat_tables(others), features)
    _check_values(job, rows)
    return rows


def _rows_of(job: Job, table: pa.Table, features: NDArray[np.float32]) -> Rows:
    labels = {
        name: LabelColumns(
            values=_floats(table[name]).astype(np.float64),
            end_ms=_whole(table[f"{name}_end_ms"], NO_TIME).astype(np.int64),
            folds={fold.index: _whole(table[f"{name}_fold_{fold.index}"], 0).astype(np.int8) for fold in job.folds},
            blocks={block.index: _whole(table[f"{name}_block_{block.index}"], 0).astype(np.int8) for block in job.blocks or ()},
        )
        for name in job.labels
    }
    symbols = np.asarray(table["symbol"].to_pylist(), dtype=object)
    return Rows(symbols, _whole(table["ts"], NO_TIME).astype(np.int64), job.features, features, labels)


def _keys(job: Job) -> list[str]:
    marks = [f"fold_{fold.index}" for fold in job.folds] + [f"block_{block.index}" for block in job.blocks or ()]
    columns = [name if mark == "" else f"{name}_{mark}" for name in job.labels for mark in ["", "end_ms", *marks]]
    return ["symbol", "ts", *columns]


def _wanted(job: Job) -> list[str]:
    return [*_keys(job), *job.features]


def _wrong_types(job: Job, schema: pa.Schema) -> list[str]:
    numbers = [*job.features, *job.labels]
    return [
        f"{name} is {schema.field(name).type}, not a floating-point number"
        for name in numbers
        if name in schema.names and not pa.types.is_floating(schema.field(name).type)
    ]


def _floats(column: pa.ChunkedArray) -> NDArray[np.floating]:
    """Absent values become NaN."""
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False))


def _whole(column: pa.ChunkedArray, absent: int) -> NDArray[np.integer]:
    return np.asarray(column.combine_chunks().fill_null(pa.scalar(absent, column.type)).to_numpy(zero_copy_only=False))


def _check_values(job: Job, rows: Rows) -> None:
    faults = []
    if rows.count == 0:
        faults.append("the tables hold no row")
    infinite = np.isinf(rows.features).any(axis=0)
    faults += [f"{name} holds an infinity" for name, bad in zip(rows.feature_names, infinite, strict=True) if bad]
    for name, label in rows.labels.items():
        if np.isinf(label.values).any():
            faults.append(f"{name} holds an infinity")
        if (label.end_ms[label.known()] < 0).any():
            faults.append(f"{name}_end_ms is absent where {name} is not")
        faults += [f"{name}: {fault}" for fault in _leaks(job, label)]
    if faults:
        raise TrainingFault("bad-rows", "\n".join(faults))


def _leaks(job: Job, label: LabelColumns) -> list[str]:
    """A training row whose label was known only after the test began."""
    found = []
    for fold in job.folds:
        trains, _ = label.split(fold.index)
        late = int((label.end_ms[trains] > fold.test_from_ms).sum())
        if late:
            found.append(f"{late} training rows of fold {fold.index} have labels that end after its test begins")
    return found
