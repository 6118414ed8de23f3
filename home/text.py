"""Texts from outside that a person reads: a name may hold what moves a terminal's cursor or begins a line."""

from __future__ import annotations

import re

_CONTROLS = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069"
_NOT_SHOWN = re.compile(f"[{_CONTROLS}]")
_NOT_IN_A_LINE = re.compile(f"[\\t\\n{_CONTROLS}]+")


def printable(text: str) -> str:
    """A text without what a terminal would obey; its lines stay."""
    return _NOT_SHOWN.sub("�", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """A name as a part of one line: line breaks and what a terminal would obey become blanks."""
    return _NOT_IN_A_LINE.sub(" ", text).strip()
