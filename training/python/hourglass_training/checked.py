"""Reads JSON values with their places; faults are gathered, and a value of the wrong kind is read as an empty one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_ABSENT = object()


class Faults:
    """Sentences `place: what is wrong`, in the order they were found."""

    def __init__(self) -> None:
        self.all: list[str] = []


class Reader:
    """One JSON object and where it stands."""

    def __init__(self, value: object, place: str, faults: Faults) -> None:
        self._place = place
        self._faults = faults
        self._fields: Mapping[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.fault("", "must be an object")

    def fault(self, name: str, message: str) -> None:
        place = ".".join(part for part in (self._place, name) if part)
        self._faults.all.append(f"{place or 'the file'}: {message}")

    def mapping(self) -> Mapping[str, Any]:
        return self._fields

    def _value(self, name: str, optional: bool) -> Any:
        value = self._fields.get(name, _ABSENT)
        if value is _ABSENT:
            if not optional:
                self.fault(name, "is missing")
            return None
        if value is None and not optional:
            self.fault(name, "must not be null")
        return value

    def equal(self, name: str, wanted: object) -> None:
        value = self._value(name, False)
        if value is not None and value != wanted:
            self.fault(name, f"is {value!r}; this package reads {wanted!r}")

    def text(self, name: str) -> str:
        value = self._value(name, False)
        if value is not None and (not isinstance(value, str) or value == ""):
            self.fault(name, "must be a text that is not empty")
        return value if isinstance(value, str) else ""

    def one_of(self, name: str, choices: tuple[str, ...], optional: bool = False) -> Any:
        value = self._value(name, optional)
        if value is not None and value not in choices:
            self.fault(name, f"is {value!r}, not one of {', '.join(choices)}")
        return value

    def flag(self, name: str) -> bool:
        value = self._value(name, False)
        if value is not None and not isinstance(value, bool):
            self.fault(name, "must be true or false")
        return value is True

    def whole(self, name: str, least: int | None = None, optional: bool = False) -> int:
        value = self._value(name, optional)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int | float) or value != math.floor(value):
            self.fault(name, "must be a whole number")
            return 0
        if least is not None and value < least:
            self.fault(name, f"must be at least {least}")
        return int(value)

    def number(self, name: str, optional: bool = False) -> float | None:
        value = self._value(name, optional)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.fault(name, "must be a finite number")
            return None
        return float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._value(name, False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(name, "must be a list of texts")
            return ()
        return tuple(value)

    def settings(self, name: str) -> Mapping[str, float | int | str | bool]:
        value = self._value(name, False)
        if not isinstance(value, dict):
            if value is not None:
                self.fault(name, "must be an object")
            return {}
        for key, item in value.items():
            if not isinstance(item, int | float | str | bool):
                self.fault(f"{name}.{key}", "must be a number, a text, true or false")
        return value

    def child(self, name: str, optional: bool = False) -> Any:
        """A reader, or None where an optional object is null or absent."""
        value = self._value(name, optional)
        if value is None and optional:
            return None
        return Reader(value if value is not None else {}, ".".join(part for part in (self._place, name) if part), self._faults)

    def children(self, name: str) -> list[Reader]:
        value = self._value(name, False)
        if not isinstance(value, list):
            if value is not None:
                self.fault(name, "must be a list")
            return []
        places = [".".join(part for part in (self._place, f"{name}[{place}]") if part) for place in range(len(value))]
        return [Reader(item, place, self._faults) for item, place in zip(value, places, strict=True)]
