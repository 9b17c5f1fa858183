"""Which native libraries are there, and why the others are not."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .faults import LibraryMissing

# Import names by the names that contracts use.
_IMPORTS = {"lightgbm": "lightgbm", "xgboost": "xgboost", "catboost": "catboost", "torch": "torch", "scikit-learn": "sklearn"}
_TOOLS = {"onnx": "onnx", "onnxruntime": "onnxruntime", "pyarrow": "pyarrow", "numpy": "numpy"}


def load_library(name: str) -> ModuleType:
    """Raises `LibraryMissing`, also where a library is installed and a part of it cannot be loaded."""
    try:
        return importlib.import_module({**_IMPORTS, **_TOOLS}[name])
    except (ImportError, OSError) as error:
        raise LibraryMissing(name, f"{type(error).__name__}: {error}") from error


def library_version(name: str) -> str:
    return str(load_library(name).__version__)


def list_libraries(names: Sequence[str] = tuple(_IMPORTS)) -> list[dict[str, Any]]:
    """`{name, version}` or `{name, version: null, reason}`."""
    found: list[dict[str, Any]] = []
    for name in names:
        try:
            found.append({"name": name, "version": library_version(name)})
        except LibraryMissing as missing:
            found.append({"name": name, "version": None, "reason": missing.reason})
    return found
