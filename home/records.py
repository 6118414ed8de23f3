"""Small JSON records beside the data: what was built, audited and published. Written as a whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from home.errors import TtkpiError
from home.storage import storage_errors, sync_folder


class RecordDamaged(TtkpiError):
    """A record is there but is not what we write."""


def write_record(path: Path, record: Mapping[str, Any], *, mode: int = 0o644) -> Path:
    """Put a record in the place of the old one, in one step.

    Raises:
        StorageError: The disk is full or refuses; the old record is intact.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(record, file, ensure_ascii=False, indent=1)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(mode)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    return path


def read_record(path: Path) -> dict[str, Any] | None:
    """The record, or None when there is none yet.

    Raises:
        RecordDamaged: The file holds something else.
        StorageError: It can't be read.
    """
    with storage_errors(path):
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
    try:
        record = json.loads(text)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise RecordDamaged(
            f"{path} is damaged.",
            advice="Delete it and run the command again: it is made anew from the data.",
        )
    return record
