"""Texts from outside that a person reads: a name may hold what moves a terminal's cursor or begins a line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A text that begins with one of them is a formula to a spreadsheet (OWASP, CSV injection), in East Asia also to one in
which they were typed in full width."""
# Controls, line and paragraph separators, what turns the direction of writing, halves of letters, which no file and no
# terminal takes, and tags (U+E0000 on): nobody sees the last ones, but an agent reads them.
_CONTROLS = (
    "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\U000e0000-\\U000e007f"
)
_NOT_SHOWN = re.compile(f"[{_CONTROLS}]")
_NOT_IN_A_LINE = re.compile(f"[\\t\\n{_CONTROLS}]+")


def printable(text: str) -> str:
    """A text without what a terminal would obey; its lines stay."""
    return _NOT_SHOWN.sub("�", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """A name as a part of one line: line breaks and what a terminal would obey become blanks."""
    return _NOT_IN_A_LINE.sub(" ", text).strip()


def file_name(path: Path) -> str:
    """The name of a file as text: of an archive that was packed on a Chinese Windows it is not in UTF-8, but in GBK."""
    name = path.name
    if name.isascii():
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return os.fsencode(name).decode(encoding)
        except UnicodeError:
            continue
    return printable(name)


def csv_cell(value: Any) -> Any:
    """A value for a CSV, which a spreadsheet or a terminal opens: a text that would be run is led by an apostrophe.

    Only texts are touched: give amounts as numbers, or -1.50 would become a text.
    """
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
