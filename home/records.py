"""Small JSON records beside the data: what was built, audited and published. Written as a whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from home.errors import TtkpiError
from home.storage import replace_file, storage_errors

ANEW = "Delete it and run the command again: it is made anew from the data."
"""The cure of a record that only says what there is."""


class RecordDamaged(TtkpiError):
    """A record is there but is not what we write."""


def write_record(path: Path, record: Mapping[str, Any], *, mode: int = 0o644) -> Path:
    """Put a record in the place of the old one, in one step.

    Raises:
        StorageError: The disk is full or refuses; the old record is intact.
    """
    content = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    replace_file(path, content.encode(), mode=mode)
    return path


def read_record(path: Path, *, cure: str = ANEW) -> dict[str, Any] | None:
    """The record, or None when there is none yet.

    Args:
        path: The file.
        cure: What to do when the file is damaged.

    Raises:
        RecordDamaged: The file holds something else.
        StorageError: It can't be read.
    """
    with storage_errors(path):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
    try:
        record = json.loads(content)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise RecordDamaged(
            f"{path} is damaged.",
            advice=cure,
        )
    return record
