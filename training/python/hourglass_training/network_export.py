"""A fitted network as an artifact: graph, parity with torch, golden rows, contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .architectures import LstmNorm, Network
from .artifact import GOLDEN_ROWS_MIN, write_artifact
from .contracts import RESIDUAL_CLASSES, artifact_folder, contract_of, feature_set_of, tolerance_of
from .faults import TrainingFault
from .fitting import predict
from .job import Job, Label, Model
from .libraries import library_version
from .network_graph import graph_of
from .parity import GOLDEN_ROWS, PARITY_ROWS, Parity, check_parity, open_graph, stream
from .sequences import SequenceTable, chunks

_GAPPED_GOLDEN = 1 / 4
_BATCH = 2_048
_TOLERANCE = tolerance_of("class-logits")
_BARRIER_CLASSES = ("loss", "profit")


@dataclass(frozen=True)
class Trained:
    """What the contract says of this very fit: open time of its first row and newest label, epoch ms UTC; rows that fitted or
    validated it."""

    from_ms: int
    to_ms: int
    rows: int


def classes_of(label: Label) -> tuple[str, ...]:
    """Names of the classes 0, 1, … of a label. Raises `bad-job` for a label that is a return: networks tell classes apart."""
    if label.kind == "residual-tercile":
        return RESIDUAL_CLASSES
    if label.kind == "barrier":
        return _BARRIER_CLASSES
    raise TrainingFault("bad-job", f"{label.name} is a return; a network needs a label of classes (barrier or residual-tercile)")


def native_outputs(network: Network, logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the graph gives: class logits; for `LstmNorm` the one logit, class 1 less class 0."""
    return logits[:, 1:] - logits[:, :1] if isinstance(network, LstmNorm) else logits


def predict_outputs(network: Network, table: SequenceTable, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """[rows, outputs] as torch gave them."""
    return native_outputs(network, predict(network, table, rows)).astype(np.float64)


def export_network(
    job: Job,
    model: Model,
    fold: int | None,
    network: Network,
    table: SequenceTable,
    features: tuple[str, ...],
    tested: NDArray[np.int64],
    usable: NDArray[np.int64],
    trained: Trained,
    report: Mapping[str, Any],
) -> dict[str, Any]:
    """Writes the artifact and gives its parity. Golden rows come from `tested`, rows for parity from `usable`.

    Raises `export-refused` where graph and torch differ.
    """
    nan_share_max = float(model.spec["nanShareMax"])
    rng = stream(job.seed, model.name, fold, "export")
    graph = graph_of(network, table.steps, table.features)
    parity = _check_parity(model, network, graph, table, usable, rng).record()
    drawn = _golden_rows(tested, usable, rng)
    inputs = with_gaps(table.gather(drawn), nan_share_max, _GAPPED_GOLDEN, rng)
    contract = contract_of(
        job,
        model,
        fold,
        input={
            "kind": "sequence",
            "features": list(features),
            "featureSet": feature_set_of(job, model),
            "dtype": "float32",
            "steps": table.steps,
            "strideHours": table.stride_hours,
            "nan": "graph-imputed",
            "nanShareMax": nan_share_max,
        },
        output=_output_of(network, job.label_of(model)),
        target=job.label_of(model).target,
        library={"name": "torch", "version": library_version("torch"), "exporter": "own"},
        hyperparameters=model.hyperparameters,
        seed=job.seed,
        train={"fromMs": trained.from_ms, "toMs": trained.to_ms, "rows": trained.rows},
        tolerance=_TOLERANCE,
        parity=parity,
    )
    write_artifact(artifact_folder(job, model, fold), contract, graph, inputs, _native(network, inputs).astype(np.float64), {}, report)
    return parity


def with_gaps(sequences: NDArray[np.float32], share_max: float, rows: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A copy in which about this share of the rows has more gaps, up to `share_max` of the row's values."""
    result = sequences.copy()
    size = result[0].size
    most = int(share_max * size)
    for place in np.flatnonzero(rng.random(len(result)) < rows):
        row = result[place].reshape(-1)
        free = max(0, most - int(np.isnan(row).sum()))
        row[rng.permutation(size)[: rng.integers(0, free + 1)]] = np.nan
    return result


def _native(network: Network, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    network.eval()
    with torch.no_grad():
        return native_outputs(network, network(torch.from_numpy(inputs)).numpy())


def _check_parity(
    model: Model,
    network: Network,
    graph: bytes,
    table: SequenceTable,
    usable: NDArray[np.int64],
    rng: np.random.Generator,
) -> Parity:
    """Rows of the tables, a third of them with more gaps; rows that are drawn a second time are stretched."""
    drawn = np.concatenate([rng.permutation(usable)[:PARITY_ROWS], rng.choice(usable, max(0, PARITY_ROWS - len(usable)))])
    inputs = table.gather(drawn)
    again = inputs[len(usable) :]
    again *= rng.uniform(0.5, 2, (len(again), 1, 1)).astype(np.float32)
    inputs = with_gaps(inputs, float(model.spec["nanShareMax"]), 1 / 3, rng)
    run = open_graph(graph)
    return check_parity(
        model.name,
        lambda rows: np.concatenate([run(chunk) for chunk in chunks(rows, _BATCH)]),
        inputs,
        np.concatenate([_native(network, chunk) for chunk in chunks(inputs, _BATCH)]).astype(np.float64),
        _TOLERANCE,
        model.gate_logit,
    )


def _golden_rows(tested: NDArray[np.int64], usable: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    pool = tested if len(tested) >= GOLDEN_ROWS_MIN else usable
    drawn = rng.permutation(pool)[:GOLDEN_ROWS]
    return drawn if len(drawn) >= GOLDEN_ROWS_MIN else rng.choice(pool, GOLDEN_ROWS_MIN)


def _output_of(network: Network, label: Label) -> dict[str, Any]:
    if isinstance(network, LstmNorm):
        return {"kind": "logit", "classes": []}
    return {"kind": "class-logits", "classes": list(classes_of(label))}
