"""What goes wrong outside of this package: coded, with a message that says where and what to do."""

from __future__ import annotations


class TrainingFault(Exception):
    """A fault of a job, a table, a model file or an export.

    `code` is kebab-case and closed per module (`bad-job`, `bad-rows`, `export-refused`, …); `message` names place and remedy.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class LibraryMissing(Exception):
    """A native library cannot be imported: its models are not shown, and nothing imitates them."""

    def __init__(self, library: str, reason: str) -> None:
        super().__init__(f"{library}: {reason}")
        self.library = library
        self.reason = reason
