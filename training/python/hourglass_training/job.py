"""`job.json`, parsed at the edge: every fault at once, each with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from .checked import Faults, Reader
from .faults import TrainingFault

MODEL_KINDS = ("booster", "network", "text")
LABEL_KINDS = ("barrier", "barrier-return", "residual-tercile")
BOOSTER_LIBRARIES = ("lightgbm", "xgboost", "catboost")
OBJECTIVES = ("binary", "regression", "multiclass")
SIDES = ("buy", "sell")


@dataclass(frozen=True)
class Label:
    name: str
    kind: str
    """`barrier`, `barrier-return` or `residual-tercile`."""
    target: Mapping[str, Any]
    """As the contract's `target`."""


@dataclass(frozen=True)
class Fold:
    """Times are epoch ms UTC."""

    index: int
    test_from_ms: int
    test_to_ms: int
    train_to_ms: int


@dataclass(frozen=True)
class Block:
    """A span that models speak on without having seen it; `[from_ms, to_ms)`, epoch ms UTC."""

    index: int
    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class Model:
    """An entry of the plan. What only one kind has is read from `spec`."""

    name: str
    kind: str
    side: str | None
    label: str | None
    """None for text models."""
    gate_logit: float | None
    hyperparameters: Mapping[str, float | int | str | bool]
    spec: Mapping[str, Any]

    @property
    def library(self) -> str:
        """Name of the native library that fits it."""
        if self.kind == "booster":
            return str(self.spec["library"])
        return "torch" if self.kind == "network" else "scikit-learn"


@dataclass(frozen=True)
class TextCorpus:
    corpus: Path
    folds: int


@dataclass(frozen=True)
class Job:
    folder: Path
    strategy: str
    version: str
    size: str
    seed: int
    threads: int
    row_files: tuple[Path, ...]
    features: tuple[str, ...]
    labels: Mapping[str, Label]
    folds: tuple[Fold, ...]
    models: tuple[Model, ...]
    contract: Mapping[str, Any]
    """`dataset`, `featureSet`, `folds`, `train`, `validFromMs` of every contract of this job."""
    blocks: tuple[Block, ...] | None
    text: TextCorpus | None
    keep_folds: bool

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def label_of(self, model: Model) -> Label:
        if model.label is None:
            raise ValueError(f"{model.name} has no label")
        return self.labels[model.label]


def read_job(folder: Path) -> Job:
    """Raises `bad-job` with every fault of the file."""
    path = folder / "job.json"
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        _refuse(["there is no job.json in this folder"], folder)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        _refuse([f"job.json is no JSON: {error}"], folder)
    faults = Faults()
    job = _parse_job(Reader(content, "", faults), folder)
    if faults.all:
        _refuse(faults.all, folder)
    return job


def _refuse(faults: list[str], folder: Path) -> NoReturn:
    lines = "\n".join(f"  {fault}" for fault in faults)
    raise TrainingFault("bad-job", f"{folder / 'job.json'}: {len(faults)} faults\n{lines}")


def _parse_job(root: Reader, folder: Path) -> Job:
    root.equal("formatVersion", 1)
    rows = root.child("rows", optional=True)
    labels = tuple(_parse_label(reader) for reader in root.children("labels"))
    models = tuple(_parse_model(reader) for reader in root.children("models"))
    features = rows.texts("features") if rows else ()
    files = rows.texts("files") if rows else ()
    out_of_fold = root.child("outOfFold", optional=True)
    text = root.child("text", optional=True)
    job = Job(
        folder=folder,
        strategy=root.text("strategy"),
        version=root.text("version"),
        size=root.text("size"),
        seed=root.whole("seed", 0),
        threads=root.whole("threads", 1),
        row_files=tuple(folder / name for name in files),
        features=features,
        labels={label.name: label for label in labels},
        folds=tuple(_parse_fold(reader) for reader in root.children("folds")),
        models=models,
        contract=_parse_contract(root.child("contract")),
        blocks=tuple(_parse_block(reader) for reader in out_of_fold.children("blocks")) if out_of_fold else None,
        text=TextCorpus(folder / text.text("corpus"), text.whole("folds", 2)) if text else None,
        keep_folds=root.flag("keepFolds"),
    )
    _check_together(job, root)
    return job


def _parse_label(reader: Reader) -> Label:
    target = reader.child("target")
    target.text("kind")
    return Label(reader.text("name"), reader.one_of("kind", LABEL_KINDS), target.mapping())


def _parse_fold(reader: Reader) -> Fold:
    fold = Fold(reader.whole("index", 0), reader.whole("testFromMs"), reader.whole("testToMs"), reader.whole("trainToMs"))
    if fold.test_to_ms <= fold.test_from_ms:
        reader.fault("testToMs", "must be later than testFromMs")
    return fold


def _parse_block(reader: Reader) -> Block:
    block = Block(reader.whole("index", 0), reader.whole("fromMs"), reader.whole("toMs"))
    if block.to_ms <= block.from_ms:
        reader.fault("toMs", "must be later than fromMs")
    return block


def _parse_model(reader: Reader) -> Model:
    kind = reader.one_of("kind", MODEL_KINDS)
    if kind == "booster":
        reader.one_of("library", BOOSTER_LIBRARIES)
        reader.one_of("objective", OBJECTIVES)
    return Model(
        name=reader.text("name"),
        kind=kind,
        side=reader.one_of("side", SIDES, optional=True),
        label=None if kind == "text" else reader.text("label"),
        gate_logit=reader.number("gateLogit", optional=True),
        hyperparameters=reader.settings("hyperparameters"),
        spec=reader.mapping(),
    )


def _parse_contract(reader: Reader) -> Mapping[str, Any]:
    for name in ("dataset", "featureSet"):
        part = reader.child(name, optional=True)
        if part:
            part.text("name"), part.text("hash")
    folds = reader.child("folds", optional=True)
    if folds:
        for name in ("count", "testDays", "labelHours", "embargoHours"):
            folds.whole(name, 0)
    train = reader.child("train")
    for name in ("fromMs", "toMs", "rows"):
        train.whole(name, optional=True)
    train.texts("sampling")
    reader.whole("validFromMs")
    return reader.mapping()


def _check_together(job: Job, root: Reader) -> None:
    """What no single field shows."""
    tabular = any(model.kind != "text" for model in job.models)
    if tabular and not (job.row_files and job.features):
        root.fault("rows", "boosters and networks need `files` and `features`")
    if any(model.kind == "text" for model in job.models) and job.text is None:
        root.fault("text", "text models need a corpus")
    if not job.models:
        root.fault("models", "name at least one")
    _check_unique(root, "models", [model.name for model in job.models])
    _check_unique(root, "rows.features", list(job.features))
    _check_unique(root, "folds", [str(fold.index) for fold in job.folds])
    for place, model in enumerate(job.models):
        if model.kind != "text" and model.label not in job.labels:
            root.fault(f"models[{place}].label", f"is {model.label!r}, which `labels` does not have")
        unknown = [name for name in model.spec.get("features") or [] if name not in job.features]
        if unknown:
            root.fault(f"models[{place}].features", f"not among rows.features: {', '.join(unknown)}")
    for path in job.row_files:
        if not path.is_file():
            root.fault("rows.files", f"there is no {path.name} in the job's folder")


def _check_unique(root: Reader, place: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        root.fault(place, f"named twice: {', '.join(twice)}")
