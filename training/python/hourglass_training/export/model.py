"""What a reader finds out about a native model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .trees import Ensemble

OutputKind = Literal["logit", "class-logits", "expected-value"]


@dataclass(frozen=True)
class TreeModel:
    ensemble: Ensemble
    feature_names: tuple[str, ...]
    """As the library kept them; numbered where it kept none."""
    output_kind: OutputKind
    objective: str
    """In the library's words."""
    scale: float = 1.0
    """What the library's raw output is multiplied by to be the contract's output."""
    dead_features: tuple[str, ...] | None = None
    """Constant in training, by the library's own record; None where it keeps none."""
    ranges: tuple[tuple[float, float] | None, ...] | None = None
    """Smallest and largest training value by feature, where the library keeps them."""
