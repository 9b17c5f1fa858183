"""The three boosters behind one form: fit, load, predict raw, importances, ensemble."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .export.catboost import read_catboost
from .export.lightgbm import read_lightgbm
from .export.model import TreeModel
from .export.xgboost import read_xgboost
from .faults import TrainingFault
from .libraries import load_library

TREE_COUNT_NAMES = ("n_estimators", "num_iterations", "num_boost_round", "num_trees", "iterations")
_EARLY_STOPPING = ("early_stopping_round", "early_stopping_rounds", "early_stopping", "n_iter_no_change", "od_type", "od_wait")

_OBJECTIVES = {
    "lightgbm": {"binary": "binary", "regression": "regression", "multiclass": "multiclass"},
    "xgboost": {"binary": "binary:logistic", "regression": "reg:squarederror", "multiclass": "multi:softprob"},
    "catboost": {"binary": "Logloss", "regression": "RMSE", "multiclass": "MultiClass"},
}


@dataclass(frozen=True)
class Settings:
    """How to fit."""

    objective: str
    """`binary`, `regression` or `multiclass`."""
    classes: int
    """Of `multiclass`; else 1."""
    hyperparameters: Mapping[str, float | int | str | bool]
    seed: int
    threads: int


@dataclass(frozen=True)
class NativeModel:
    library: str
    version: str
    predict: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    """Raw outputs `[rows, outputs]` in the contract's units."""
    tree_model: TreeModel
    split_importance: NDArray[np.float64]
    """How often each feature is split on."""
    gain_importance: NDArray[np.float64]
    """In the library's own measure; `gain_measure` names it."""
    gain_measure: str
    handed_over: Mapping[str, Any]
    """Parameters as the library got them; empty for a model that was loaded."""


def fit_native(
    library: str, features: NDArray[np.float32], labels: NDArray[np.float64], names: Sequence[str], settings: Settings
) -> NativeModel:
    """Raises `LibraryMissing`, `bad-job`, `training-failed` and what the reader of the library's form refuses."""
    refused = [name for name in _EARLY_STOPPING if name in settings.hyperparameters]
    if refused:
        named = ", ".join(refused)
        raise TrainingFault("bad-job", f"{named}: trees are not stopped early, since that would look at the test; name their number")
    module = load_library(library)
    fit = {"lightgbm": _fit_lightgbm, "xgboost": _fit_xgboost, "catboost": _fit_catboost}[library]
    try:
        return fit(module, features, labels, names, settings)
    except (ValueError, RuntimeError, module_error(library, module)) as error:
        raise TrainingFault("training-failed", f"{library} refuses to fit: {error}") from error


def load_native(path: Path) -> NativeModel:
    """A model file: LightGBM text, XGBoost JSON or UBJ, CatBoost cbm. Raises `bad-model` and as `fit_native`."""
    head = _head_of(path)
    if head.startswith(b"tree"):
        return _load_lightgbm(load_library("lightgbm"), path)
    if head.startswith(b"CBM1"):
        return _load_catboost(load_library("catboost"), path)
    if head[:1] == b"{":
        return _load_xgboost(load_library("xgboost"), path)
    raise TrainingFault("bad-model", f"{path.name} is neither LightGBM text, nor XGBoost JSON or UBJ, nor a CatBoost cbm file")


def module_error(library: str, module: Any) -> type[Exception]:
    """The library's own exception."""
    if library == "lightgbm":
        return module.basic.LightGBMError
    return module.core.XGBoostError if library == "xgboost" else module.CatBoostError


def _head_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise TrainingFault("bad-model", f"{path} cannot be read: {error.strerror}") from error


def _split_hyperparameters(settings: Settings) -> tuple[int, dict[str, Any]]:
    """Number of trees, and everything else."""
    others = {name: value for name, value in settings.hyperparameters.items() if name not in TREE_COUNT_NAMES}
    counts = [int(settings.hyperparameters[name]) for name in TREE_COUNT_NAMES if name in settings.hyperparameters]
    if len(counts) != 1 or counts[0] < 1:
        raise TrainingFault("bad-job", "hyperparameters must hold the number of trees once (n_estimators or iterations), at least 1")
    return counts[0], others


# --- LightGBM ---------------------------------------------------------------------------------------------------------


def _fit_lightgbm(
    module: Any, features: NDArray[np.float32], labels: NDArray[np.float64], names: Sequence[str], settings: Settings
) -> NativeModel:
    trees, others = _split_hyperparameters(settings)
    parameters = {
        **others,
        "objective": _OBJECTIVES["lightgbm"][settings.objective],
        **({"num_class": settings.classes} if settings.objective == "multiclass" else {}),
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": settings.threads,
        "verbosity": -1,
    }
    data = module.Dataset(features, labels, feature_name=list(names), params={"verbosity": -1})
    booster = module.train(parameters, data, num_boost_round=trees)
    return _wrap_lightgbm(module, booster, settings.threads, {**parameters, "num_boost_round": trees})


def _load_lightgbm(module: Any, path: Path) -> NativeModel:
    try:
        text = path.read_text("utf-8")
    except ValueError as error:
        raise TrainingFault("bad-model", f"{path.name} is no text: {error}") from error
    # Read first: a refusal of ours names the tree, the library's would name a line of its own source.
    try:
        read_lightgbm(text)
    except (KeyError, ValueError, IndexError) as error:
        raise TrainingFault("bad-model", f"{path.name} is damaged: {error}") from error
    try:
        booster = module.Booster(model_str=text)
    except module.basic.LightGBMError as error:
        raise TrainingFault("bad-model", f"{path.name}: LightGBM cannot read it: {error}") from error
    return _wrap_lightgbm(module, booster, 1, {}, text)


def _wrap_lightgbm(module: Any, booster: Any, threads: int, handed_over: Mapping[str, Any], text: str | None = None) -> NativeModel:
    model = read_lightgbm(text if text is not None else booster.model_to_string(num_iteration=-1))

    def predict(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        raw = booster.predict(rows, raw_score=True, num_iteration=-1, num_threads=threads)
        return np.asarray(raw, np.float64).reshape(rows.shape[0], -1) * model.scale

    return NativeModel(
        "lightgbm",
        str(module.__version__),
        predict,
        model,
        np.asarray(booster.feature_importance("split"), np.float64),
        np.asarray(booster.feature_importance("gain"), np.float64),
        "sum of the gains of its splits",
        handed_over,
    )


# --- XGBoost ----------------------------------------------------------------------------------------------------------


def _fit_xgboost(
    module: Any, features: NDArray[np.float32], labels: NDArray[np.float64], names: Sequence[str], settings: Settings
) -> NativeModel:
    trees, others = _split_hyperparameters(settings)
    parameters = {
        "tree_method": "hist",
        **others,
        "objective": _OBJECTIVES["xgboost"][settings.objective],
        **({"num_class": settings.classes} if settings.objective == "multiclass" else {}),
        "seed": settings.seed,
        "nthread": settings.threads,
        "verbosity": 1,
    }
    data = module.DMatrix(features, labels, feature_names=list(names), nthread=settings.threads)
    booster = module.train(parameters, data, num_boost_round=trees)
    return _wrap_xgboost(module, booster, {**parameters, "num_boost_round": trees})


def _load_xgboost(module: Any, path: Path) -> NativeModel:
    try:
        # By content: of a path only the name's ending would tell JSON from UBJ.
        booster = module.Booster(model_file=bytearray(path.read_bytes()))
    except (module.core.XGBoostError, ValueError) as error:
        raise TrainingFault("bad-model", f"{path.name}: XGBoost cannot read it: {str(error).splitlines()[0]}") from error
    booster.set_param({"nthread": 1})
    return _wrap_xgboost(module, booster, {})


def _wrap_xgboost(module: Any, booster: Any, handed_over: Mapping[str, Any]) -> NativeModel:
    document = json.loads(bytes(booster.save_raw("json")))
    kept = booster.feature_names

    def predict(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        data = module.DMatrix(rows, feature_names=kept)
        # All trees, also of a model that names a best iteration.
        raw = booster.predict(data, output_margin=True, iteration_range=(0, booster.num_boosted_rounds()))
        return np.asarray(raw, np.float64).reshape(rows.shape[0], -1)

    probe = np.full((2, booster.num_features()), np.nan, np.float32)
    probe[1] = 0
    model = read_xgboost(document, probe, predict(probe).astype(np.float32))
    places = {name: place for place, name in enumerate(model.feature_names)}

    def scores(kind: str) -> NDArray[np.float64]:
        found = np.zeros(len(places))
        for name, value in booster.get_score(importance_type=kind).items():
            found[places[name]] = value
        return found

    return NativeModel(
        "xgboost",
        str(module.__version__),
        predict,
        model,
        scores("weight"),
        scores("total_gain"),
        "sum of the gains of its splits",
        handed_over,
    )


# --- CatBoost ---------------------------------------------------------------------------------------------------------


def _fit_catboost(
    module: Any, features: NDArray[np.float32], labels: NDArray[np.float64], names: Sequence[str], settings: Settings
) -> NativeModel:
    trees, others = _split_hyperparameters(settings)
    parameters = {
        **others,
        "iterations": trees,
        "loss_function": _OBJECTIVES["catboost"][settings.objective],
        **({"classes_count": settings.classes} if settings.objective == "multiclass" else {}),
        "random_seed": settings.seed,
        "thread_count": settings.threads,
        "logging_level": "Silent",
        "allow_writing_files": False,
    }
    booster = module.CatBoost(parameters)
    booster.fit(module.Pool(features, labels, feature_names=list(names), thread_count=settings.threads))
    return _wrap_catboost(module, booster, settings.threads, parameters)


def _load_catboost(module: Any, path: Path) -> NativeModel:
    booster = module.CatBoost()
    try:
        booster.load_model(str(path), format="cbm")
    except module.CatBoostError as error:
        raise TrainingFault("bad-model", f"{path.name}: CatBoost cannot read it: {str(error).splitlines()[0]}") from error
    return _wrap_catboost(module, booster, 1, {})


def _wrap_catboost(module: Any, booster: Any, threads: int, handed_over: Mapping[str, Any]) -> NativeModel:
    names = list(booster.feature_names_)
    document = _catboost_document(booster)
    model = read_catboost(document, names, _loss_of(booster))

    def predict(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        raw = booster.predict(module.Pool(rows, feature_names=names), prediction_type="RawFormulaVal", thread_count=threads)
        return np.asarray(raw, np.float64).reshape(rows.shape[0], -1)

    splits = np.zeros(len(names))
    for tree in model.ensemble.trees:
        np.add.at(splits, tree.feature, 1)
    gain = np.asarray(booster.get_feature_importance(type="PredictionValuesChange", thread_count=threads), np.float64)
    return NativeModel(
        "catboost", str(module.__version__), predict, model, splits, gain, "PredictionValuesChange, percent", handed_over
    )


def _catboost_document(booster: Any) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        booster.save_model(str(path), format="json")
        return dict(json.loads(path.read_text("utf-8")))


def _loss_of(booster: Any) -> str:
    return str(booster.get_all_params()["loss_function"])
