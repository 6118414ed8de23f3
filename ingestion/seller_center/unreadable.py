"""The error of a file that can't be opened as a table."""

from __future__ import annotations

from typing import Any

from home.errors import TtkpiError


class Unreadable(TtkpiError):
    """A file that can't be opened as a table.

    Attributes:
        code: Of the problem that says so.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.message)
