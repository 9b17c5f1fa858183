"""An artifact of a model file that was trained elsewhere: LightGBM text, XGBoost JSON or UBJ, CatBoost cbm."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .artifact import write_artifact
from .checked import Faults, Reader
from .contracts import rows_input, tolerance_of
from .export.graph import write_graph
from .export.model import TreeModel
from .export.trees import thresholds_of
from .faults import TrainingFault
from .native import NativeModel, load_native
from .parity import Score, check_parity, golden_rows, open_graph, parity_rows, stream

POOL_ROWS = 4_096
# Names that libraries make up where they were given none.
_MADE_UP = ("Column_", "f", "")


@dataclass(frozen=True)
class Request:
    """What a model file does not say of itself."""

    model: str
    strategy: str
    version: str | None
    """None for one that is named after the file's hash."""
    side: str | None
    target: Mapping[str, Any]
    features: tuple[str, ...] | None
    """In the order of the model's columns; None for the names it holds."""
    feature_set: Mapping[str, Any] | None
    classes: tuple[str, ...]
    gate_logit: float | None
    valid_from_ms: int
    raw_columns: tuple[str, ...] | None
    """Columns of the CSV that hold the expected raw outputs."""
    seed: int


@dataclass(frozen=True)
class Expected:
    """Rows that came with the model."""

    features: NDArray[np.float64]
    outputs: NDArray[np.float64]
    columns: tuple[str, ...]


def convert_command(options: argparse.Namespace) -> dict[str, Any]:
    """What was made, as one JSON object. Raises `TrainingFault` and `LibraryMissing`."""
    request = read_request(options.request)
    native = load_native(options.file)
    names = feature_names(native.tree_model, request.features)
    _check_kind(native.tree_model, request)
    expected = read_expected(options.rows, names, request, native.tree_model.ensemble.output_count) if options.rows else None
    return convert(native, names, request, expected, options.file, options.out)


def convert(
    native: NativeModel, names: tuple[str, ...], request: Request, expected: Expected | None, file: Path, out: Path
) -> dict[str, Any]:
    """Write the artifact to `out`; refuses where graph, library and expected rows do not agree."""
    tree_model = native.tree_model
    ensemble = tree_model.ensemble
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    graph = write_graph(ensemble, request.model)
    score = open_graph(graph)
    pool = made_rows(tree_model, request.seed)
    if expected is not None:
        pool = np.concatenate([pool, np.resize(expected.features.astype(np.float32), pool.shape)])
    tolerance = tolerance_of(tree_model.output_kind)
    checked = parity_rows(ensemble, pool, request.seed)
    parity = check_parity(request.model, score, checked, native.predict(checked), tolerance, request.gate_logit)
    verified = _verify(score, expected, tree_model.scale, tolerance) if expected is not None else None
    # Rows of the world where there are any: what the graph says of them is what people look at.
    golden = golden_rows(ensemble, expected.features.astype(np.float32) if expected is not None else pool, score, request.seed)
    report = _report(native, names, file.name, digest, verified)
    contract = _contract(native, names, request, digest, tolerance, parity.record(), file.name)
    write_artifact(out, contract, graph, golden, native.predict(golden), {}, report)
    return {
        "model": request.model,
        "strategy": request.strategy,
        "version": contract["version"],
        "library": {"name": native.library, "version": native.version},
        "output": tree_model.output_kind,
        "features": list(names),
        "deadFeatures": report["deadFeatures"],
        "unusedFeatures": report["unusedFeatures"],
        "trees": len(ensemble.trees),
        "parity": parity.record(),
        "expected": verified,
    }


def read_request(path: Path) -> Request:
    """Raises `bad-request` with every fault."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingFault("bad-request", f"{path} cannot be read as JSON: {error}") from error
    faults = Faults()
    root = Reader(content, "", faults)
    root.equal("formatVersion", 1)
    given = root.mapping()
    feature_set = root.child("featureSet", optional=True)
    if feature_set:
        feature_set.text("name"), feature_set.text("hash")
    request = Request(
        model=root.text("model"),
        strategy=root.text("strategy"),
        version=root.text("version") if given.get("version") is not None else None,
        side=root.one_of("side", ("buy", "sell"), optional=True),
        target=dict(root.child("target").mapping()) if given.get("target") else {"kind": "unknown", "note": "trained elsewhere"},
        features=root.texts("features") if given.get("features") is not None else None,
        feature_set=dict(feature_set.mapping()) if feature_set else None,
        classes=root.texts("classes") if given.get("classes") is not None else (),
        gate_logit=root.number("gateLogit", optional=True),
        valid_from_ms=root.whole("validFromMs"),
        raw_columns=root.texts("rawColumns") if given.get("rawColumns") is not None else None,
        seed=root.whole("seed", 0),
    )
    if faults.all:
        raise TrainingFault("bad-request", f"{path.name}: {len(faults.all)} faults\n" + "\n".join(f"  {fault}" for fault in faults.all))
    return request


def feature_names(model: TreeModel, given: Sequence[str] | None) -> tuple[str, ...]:
    """Names in the order of the model's columns. Raises `bad-request` where the list given is another one."""
    own = model.feature_names
    if given is None:
        return own
    if len(given) != len(own):
        raise TrainingFault("bad-request", f"features: {len(given)} are listed, and the model has {len(own)}")
    named = not all(name in {f"{word}{place}" for word in _MADE_UP} for place, name in enumerate(own))
    wrong = [place for place, (mine, theirs) in enumerate(zip(own, given, strict=True)) if mine != theirs]
    if named and wrong:
        first = wrong[0]
        raise TrainingFault(
            "bad-request",
            f"features: place {first} is {given[first]} in the list and {own[first]} in the model; {len(wrong)} places differ. "
            "The list must have the model's names in the model's order",
        )
    return tuple(given)


def made_rows(model: TreeModel, seed: int) -> NDArray[np.float32]:
    """Rows within the training ranges where the library keeps them, else around the thresholds; for models without data."""
    random = stream(seed, "made")
    rows = np.zeros((POOL_ROWS, model.ensemble.feature_count), np.float32)
    for feature, thresholds in enumerate(thresholds_of(model.ensemble)):
        kept = model.ranges[feature] if model.ranges is not None else None
        if kept is None and thresholds.size:
            reach = float(thresholds[-1] - thresholds[0]) or abs(float(thresholds[0])) or 1.0
            kept = (float(thresholds[0]) - 0.1 * reach, float(thresholds[-1]) + 0.1 * reach)
        low, high = kept or (0.0, 1.0)
        rows[:, feature] = np.clip(low + (high - low) * random.random(POOL_ROWS), -3e38, 3e38)
    return rows


def read_expected(path: Path, names: Sequence[str], request: Request, outputs: int) -> Expected:
    """A CSV with a header: the features by name, empty where absent, and the raw outputs. Raises `bad-rows` with every fault."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *lines = csv.reader(file)
    except (OSError, ValueError) as error:
        raise TrainingFault("bad-rows", f"{path} cannot be read as CSV with a header: {error}") from error
    likely = [name for name in header if name not in names and name.lower().endswith(("raw", "margin", "logit"))]
    columns = request.raw_columns or tuple(likely)
    faults = [f"no column {name}" for name in (*names, *columns) if name not in header]
    if len(columns) != outputs:
        faults.append(f"{len(columns)} columns of raw outputs where the model has {outputs}; name them: --raw COLUMN,…")
    uneven = [(place, len(line)) for place, line in enumerate(lines) if len(line) != len(header)]
    faults += [f"row {place + 2} has {cells} cells, not {len(header)}" for place, cells in uneven[:10]]
    if not lines:
        faults.append("it holds no row")
    if faults:
        raise TrainingFault("bad-rows", f"{path.name}: " + "\n".join(faults))
    inputs = _numbers(path.name, header, lines, names, True)
    wanted = _numbers(path.name, header, lines, columns, False)
    return Expected(inputs, wanted, columns)


def _numbers(file: str, header: Sequence[str], lines: Sequence[Sequence[str]], names: Sequence[str], absent: bool) -> NDArray[np.float64]:
    """Columns by name; empty cells are NaN where `absent` allows them."""
    faults: list[str] = []
    found = np.full((len(lines), len(names)), np.nan)
    for column, name in enumerate(names):
        place = header.index(name)
        for row, line in enumerate(lines):
            cell = line[place].strip()
            if absent and cell.lower() in ("", "nan"):
                continue
            try:
                found[row, column] = float(cell)
            except ValueError:
                faults.append(f"{file}, row {row + 2}, {name}: {cell!r} is no number")
                continue
            if not np.isfinite(found[row, column]):
                faults.append(f"{file}, row {row + 2}, {name}: {cell!r} is not finite")
    if faults:
        more = f"\n… and {len(faults) - 10} more" if len(faults) > 10 else ""
        raise TrainingFault("bad-rows", "\n".join(faults[:10]) + more)
    return found


def _check_kind(model: TreeModel, request: Request) -> None:
    outputs = model.ensemble.output_count
    wanted = outputs if model.output_kind == "class-logits" else 0
    if len(request.classes) != wanted:
        named = len(request.classes)
        raise TrainingFault("bad-request", f"classes: the model has {wanted}, and {named} are named; name them: --classes A,B,…")


def _verify(score: Score, expected: Expected, scale: float, tolerance: float) -> dict[str, Any]:
    """The graph against the raw outputs that came with the model; features are cast to single precision as in scoring."""
    deviation = np.abs(score(expected.features.astype(np.float32)).astype(np.float64) - expected.outputs * scale).max(axis=1)
    apart = int((deviation >= tolerance).sum())
    if apart:
        worst = int(deviation.argmax())
        raise TrainingFault(
            "rows-differ",
            f"{apart} of {deviation.size} rows deviate from the expected raw output by {tolerance:g} or more, most of all row {worst + 2} "
            f"({deviation[worst]:.3g}). Another model, another order of features, or values that single precision moves across a threshold",
        )
    return {"rows": int(deviation.size), "columns": list(expected.columns), "deviationMax": float(deviation.max())}


def _report(native: NativeModel, names: Sequence[str], file: str, digest: str, verified: Mapping[str, Any] | None) -> dict[str, Any]:
    model = native.tree_model
    unused = [name for name, count in zip(names, native.split_importance, strict=True) if count == 0]
    kept = model.dead_features
    return {
        "features": list(names),
        "importance": {"split": native.split_importance, "gain": native.gain_importance, "permutation": None},
        "gainMeasure": native.gain_measure,
        "permutationRows": 0,
        "curve": None,
        "trees": len(model.ensemble.trees),
        "deadFeatures": None if kept is None else [names[model.feature_names.index(name)] for name in kept],
        "unusedFeatures": unused,
        "source": {"file": file, "sha256": digest},
        "expected": verified,
    }


def _contract(
    native: NativeModel, names: Sequence[str], request: Request, digest: str, tolerance: float, parity: Mapping[str, Any], file: str
) -> dict[str, Any]:
    model = native.tree_model
    return {
        "formatVersion": 1,
        "model": request.model,
        "strategy": request.strategy,
        "version": request.version or f"converted-{digest[:8]}",
        "fold": None,
        "input": rows_input(names, request.feature_set),
        "output": {"kind": model.output_kind, "classes": list(request.classes)},
        "side": request.side,
        "target": dict(request.target),
        "library": {"name": native.library, "version": native.version, "exporter": "own"},
        "hyperparameters": {"objective": model.objective, "trees": len(model.ensemble.trees), "scale": model.scale},
        "size": "converted",
        "seed": None,
        "train": {"fromMs": None, "toMs": None, "rows": None, "sampling": [f"trained elsewhere; converted from {file}, SHA-256 {digest}"]},
        "validFromMs": request.valid_from_ms,
        "folds": None,
        "dataset": None,
        "tolerance": tolerance,
        "parity": parity,
    }
