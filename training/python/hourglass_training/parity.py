"""Whether a graph computes what the library computes: on rows like those of the training, with absent values, on thresholds and
one Float32 to either side of them, alone and in batches."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .artifact import GOLDEN_ROWS_MIN
from .export.trees import Ensemble, thresholds_of
from .faults import TrainingFault
from .libraries import load_library

PARITY_ROWS = 10_240
PARITY_ROWS_MAX = 40_960
GOLDEN_ROWS = 256
SINGLE_ROWS = 64
"""How many rows are also scored alone."""
BATCHES = (1, 7, 1000)

Rows = NDArray[np.float32]
Score = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Parity:
    rows: int
    deviation_max: float
    """In units of the output."""
    gate_flips: int
    gate_logit: float | None

    def record(self) -> dict[str, Any]:
        """As the contract holds it."""
        return {"rows": self.rows, "deviationMax": self.deviation_max, "gateFlips": self.gate_flips, "gateLogit": self.gate_logit}


def stream(seed: int, *names: object) -> np.random.Generator:
    """Random numbers that depend on the seed and on what they are for, and on nothing else."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32("/".join(map(str, names)).encode())]))


def open_graph(graph: bytes) -> Score:
    """Scores `[rows, …]` with one thread, as the scorer does."""
    ort = load_library("onnxruntime")
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def score(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(session.run(None, {name: rows})[0])

    return score


def parity_rows(ensemble: Ensemble, pool: Rows, seed: int) -> Rows:
    """At least 10,000 rows: a quarter as they are in `pool`, a quarter with absent values, a quarter with some values on
    thresholds or one Float32 beside them, the rest with all of them; the last two are all absent and all zero.

    Every threshold comes with both neighbours, unless that would take more than 40,960 rows.
    """
    random = stream(seed, "parity")
    edges = [_edges(values) for values in thresholds_of(ensemble)]
    longest = max((values.size for values in edges), default=0)
    quarter = PARITY_ROWS // 4
    full = int(np.clip(longest, quarter, PARITY_ROWS_MAX - 3 * quarter))
    rows = pool[random.integers(0, pool.shape[0], 3 * quarter + full)].astype(np.float32)
    rows[quarter : 2 * quarter][random.random((quarter, rows.shape[1])) < 0.15] = np.nan
    for feature, values in enumerate(edges):
        if values.size == 0:
            continue
        some = 2 * quarter + np.flatnonzero(random.random(quarter) < 0.3)
        rows[some, feature] = random.choice(values, some.size)
        turn = random.permutation(np.resize(random.permutation(values), full))
        rows[3 * quarter :, feature] = turn
    rows[3 * quarter :: 2][random.random((-(-full // 2), rows.shape[1])) < 0.05] = np.nan
    rows[-2], rows[-1] = np.nan, 0
    return rows


def _edges(thresholds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Thresholds and their neighbours, finite ones."""
    with np.errstate(over="ignore"):
        below, above = (np.nextafter(thresholds, np.float32(way)) for way in (-np.inf, np.inf))
    values = np.concatenate([thresholds, below, above])
    return np.asarray(values[np.isfinite(values)])


def check_parity(name: str, score: Score, rows: Rows, native: NDArray[np.float64], tolerance: float, gate_logit: float | None) -> Parity:
    """Raises `export-refused` where any row deviates by `tolerance` or more, flips at the gate, or depends on its batch."""
    outputs = score(rows)
    if outputs.shape != native.shape:
        raise TrainingFault("export-refused", f"{name}: the graph gives {outputs.shape}, the library {native.shape}")
    if not np.isfinite(native).all() or not np.isfinite(outputs).all():
        raise TrainingFault("export-refused", f"{name}: an output is not finite")
    deviation = float(np.abs(outputs.astype(np.float64) - native).max())
    if not deviation < tolerance:
        message = f"{name}: the graph deviates from the library by {deviation:.3g}, and {tolerance:g} is allowed"
        raise TrainingFault("export-refused", message)
    flips = 0
    if gate_logit is not None:
        flips = int(((outputs.astype(np.float64) >= gate_logit) != (native >= gate_logit)).sum())
        if flips:
            raise TrainingFault("export-refused", f"{name}: {flips} rows pass the gate at {gate_logit:.6g} in one form only")
    check_batches(name, score, rows, outputs)
    return Parity(int(rows.shape[0]), deviation, flips, gate_logit)


def check_batches(name: str, score: Score, rows: Rows, outputs: NDArray[np.float32]) -> None:
    """Raises `export-refused` where a row's bits depend on the rows it is scored with."""
    # From both ends: plain rows stand first, absent and zero ones last.
    some = np.r_[0:SINGLE_ROWS, rows.shape[0] - SINGLE_ROWS : rows.shape[0]]
    for size in BATCHES:
        places = some if size == 1 else np.arange(min(rows.shape[0], 3 * size + 1))
        parts = [score(rows[places[start : start + size]]) for start in range(0, places.size, size)]
        if not np.array_equal(np.concatenate(parts).view(np.uint32), outputs[places].view(np.uint32)):
            raise TrainingFault("export-refused", f"{name}: outputs of a batch of {size} differ in bits from those of {rows.shape[0]}")


def golden_rows(ensemble: Ensemble, pool: Rows, score: Score, seed: int) -> Rows:
    """256 rows drawn from `pool`: half of them as they are, among these the lowest and highest outputs of 4,096; a quarter with
    absent values, a quarter with values on thresholds."""
    random = stream(seed, "golden")
    half, quarter = GOLDEN_ROWS // 2, GOLDEN_ROWS // 4
    drawn = pool[random.integers(0, pool.shape[0], 4096)].astype(np.float32)
    order = np.argsort(score(drawn)[:, 0], kind="stable")
    rows = np.concatenate([drawn[order[:8]], drawn[order[-8:]], drawn[: GOLDEN_ROWS - 16]])
    rows[half : half + quarter][random.random((quarter, rows.shape[1])) < 0.15] = np.nan
    for feature, values in enumerate(thresholds_of(ensemble)):
        if values.size:
            some = half + quarter + np.flatnonzero(random.random(quarter) < 0.3)
            rows[some, feature] = random.choice(values, some.size)
    return rows


assert GOLDEN_ROWS >= GOLDEN_ROWS_MIN
