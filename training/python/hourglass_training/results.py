"""What a job leaves behind beside artifacts: `predictions.parquet` and `result.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .artifact import json_bytes
from .faults import LibraryMissing
from .job import Job

ReportProgress = Callable[[str, float], None]
"""Stage in words and share of the job's work in [0, 1]."""


@dataclass(frozen=True)
class Predictions:
    """Raw outputs as the native library gave them, out of sample."""

    symbols: NDArray[np.object_]
    times_ms: NDArray[np.int64]
    outputs: NDArray[np.float64]
    """`[rows, outputs]`."""


@dataclass(frozen=True)
class ModelResult:
    model: str
    fold: int | None
    """0-based; -1 - b for out-of-fold block b; None for the final model."""
    rows: int
    """That it was fitted on."""
    parity: Mapping[str, Any] | None
    """The contract's `parity`; None where nothing was exported."""
    seconds: float
    notes: Sequence[str] = field(default_factory=tuple)
    predictions: Predictions | None = None


def block_fold(block: int) -> int:
    """How out-of-fold block b stands in the column `fold`."""
    return -1 - block


def write_predictions(job: Job, results: Sequence[ModelResult]) -> None:
    """Rows in the order of the results; outputs that a model does not have are NULL."""
    parts = [result for result in results if result.predictions is not None and result.fold is not None]
    width = max((part.predictions.outputs.shape[1] for part in parts if part.predictions), default=1)
    schema = pa.schema(
        [("symbol", pa.string()), ("ts", pa.int64()), ("model", pa.string()), ("fold", pa.int32())]
        + [(f"output_{place}", pa.float64()) for place in range(width)]
    )
    with pq.ParquetWriter(job.out / "predictions.parquet", schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(_table_of(part, schema, width))


def _table_of(part: ModelResult, schema: pa.Schema, width: int) -> pa.Table:
    predictions = part.predictions
    assert predictions is not None
    count, outputs = predictions.outputs.shape
    columns = [
        pa.array(predictions.symbols, pa.string()),
        pa.array(predictions.times_ms, pa.int64()),
        pa.array([part.model], pa.string()).take(pa.array(np.zeros(count, np.int64))),
        pa.array(np.full(count, part.fold, np.int32)),
    ]
    columns += [pa.array(predictions.outputs[:, place], pa.float64()) for place in range(outputs)]
    columns += [pa.nulls(count, pa.float64())] * (width - outputs)
    return pa.Table.from_arrays(columns, schema=schema)


def write_result(
    job: Job, libraries: Sequence[Mapping[str, Any]], missing: Sequence[LibraryMissing], results: Sequence[ModelResult]
) -> None:
    content = {
        "libraries": list(libraries),
        "notShown": [{"library": one.library, "reason": one.reason} for one in missing],
        "models": [
            {
                "model": result.model,
                "fold": result.fold,
                "rows": result.rows,
                "parity": result.parity,
                "seconds": round(result.seconds, 3),
                "notes": list(result.notes),
            }
            for result in results
        ],
    }
    (job.out / "result.json").write_bytes(json_bytes(content))
