"""JSON lines on stdout, and nothing else there: what libraries print goes to stderr."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

from .faults import TrainingFault


class Protocol:
    """Takes stdout for itself, down to the file descriptor that native code writes to."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._lines: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)

    def say(self, message: dict[str, Any]) -> None:
        self._lines.write(json.dumps(message, ensure_ascii=False) + "\n")
        self._lines.flush()

    def progress(self, stage: str, fraction: float) -> None:
        self.say({"stage": stage, "fraction": round(min(max(fraction, 0.0), 1.0), 4)})

    def fault(self, fault: TrainingFault) -> None:
        self.say({"fault": {"code": fault.code, "message": fault.message}})
