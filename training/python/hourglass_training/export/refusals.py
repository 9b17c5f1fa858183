"""What a model holds that a sum of numerical trees cannot express: gathered, and told once each."""

from __future__ import annotations

from ..faults import TrainingFault

_TOLD_MAX = 10


class Refusals:
    """Sentences with the trees that they are true of."""

    def __init__(self) -> None:
        self._trees: dict[str, list[int]] = {}

    def add(self, tree: int, message: str) -> None:
        self._trees.setdefault(message, []).append(tree)

    def raise_any(self) -> None:
        """Raises `export-refused` with every sentence."""
        if not self._trees:
            return
        told = [f"tree {trees[0]}{_others(trees)} {message}" for message, trees in self._trees.items()]
        more = [f"… and {len(told) - _TOLD_MAX} more"] if len(told) > _TOLD_MAX else []
        raise TrainingFault("export-refused", "\n".join([*told[:_TOLD_MAX], *more]))


def _others(trees: list[int]) -> str:
    others = len(set(trees)) - 1
    return f" (and {others} {'other' if others == 1 else 'others'})" if others else ""
