"""Writes an artifact folder: contract, graph, golden rows, report and whatever else belongs to the model."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .faults import TrainingFault

CONTRACT_FILE = "contract.json"
GRAPH_FILE = "model.onnx"
GOLDEN_FILE = "golden.bin"
REPORT_FILE = "report.json"

GOLDEN_ROWS_MIN = 32
GRAPH_BYTES_MAX = 64 * 1024 * 1024


def write_artifact(
    folder: Path,
    contract: Mapping[str, Any],
    graph: bytes,
    golden_inputs: NDArray[np.float32],
    golden_outputs: NDArray[np.float64],
    extra_files: Mapping[str, bytes],
    report: Mapping[str, Any],
) -> dict[str, Any]:
    """Write the folder anew and return the contract as written, with `golden` and `files` filled in.

    `golden_inputs` is `[rows, features]` or `[rows, steps, features]`, `golden_outputs` `[rows, outputs]` as the native library
    gave them. Every file but the contract is listed in it with bytes and SHA-256. The folder appears whole or not at all.
    """
    _check_golden(golden_inputs, golden_outputs)
    if len(graph) > GRAPH_BYTES_MAX:
        raise TrainingFault(
            "export-refused",
            f"{contract['model']}: the graph has {len(graph)} bytes, more than {GRAPH_BYTES_MAX}; train fewer or smaller trees",
        )
    files: dict[str, bytes] = {
        GRAPH_FILE: graph,
        GOLDEN_FILE: golden_bytes(golden_inputs, golden_outputs),
        REPORT_FILE: json_bytes(report),
        **extra_files,
    }
    written = {
        **contract,
        "golden": {"rows": int(golden_inputs.shape[0])},
        "files": {name: {"sha256": hashlib.sha256(files[name]).hexdigest(), "bytes": len(files[name])} for name in sorted(files)},
    }
    staging = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for name, content in files.items():
        (staging / name).write_bytes(content)
    (staging / CONTRACT_FILE).write_bytes(json_bytes(written))
    shutil.rmtree(folder, ignore_errors=True)
    staging.rename(folder)
    return written


def golden_bytes(inputs: NDArray[np.float32], outputs: NDArray[np.float64]) -> bytes:
    """Little-endian: all inputs as Float32, then all native outputs as Float64."""
    return np.ascontiguousarray(inputs, dtype="<f4").tobytes() + np.ascontiguousarray(outputs, dtype="<f8").tobytes()


def json_bytes(value: object) -> bytes:
    """UTF-8 with a final line feed; NaN and infinities become null, since JSON has none."""
    return (json.dumps(_plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _plain(value: object) -> object:
    """Numpy scalars, arrays and floats that are not finite, in terms of JSON."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _check_golden(inputs: NDArray[np.float32], outputs: NDArray[np.float64]) -> None:
    rows = inputs.shape[0]
    if rows < GOLDEN_ROWS_MIN:
        raise TrainingFault("export-refused", f"{rows} golden rows, fewer than {GOLDEN_ROWS_MIN}: give the job more test rows")
    if outputs.ndim != 2 or outputs.shape[0] != rows:
        raise TrainingFault("export-refused", f"golden outputs have shape {outputs.shape}, not [{rows}, outputs]")
    if not np.isfinite(outputs).all():
        raise TrainingFault("export-refused", "the native library gave an output that is not finite on a golden row")
    if np.isinf(inputs).any():
        raise TrainingFault("export-refused", "a golden row holds an infinity")
