"""Who looked at which page, who exported and who handed in what, in the audit log of the home."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboards.parts.viewer import Viewer
from home.audit_log import Entry, append, set_origin
from home.layout import AUDIT_LOG, Home

LOOK, EXPORT, REFUSED, HANDED_IN = "page_opened", "page_exported", "page_refused", "page_handed_in"
_EVENTS = tuple(f'"event":"{step}"'.encode() for step in ("build", "audit", "publish", "rollback"))
_NO_STEP = object()


@dataclass(frozen=True)
class _Read:
    """How far a log was read, and the step that had failed by then."""

    inode: int
    end: int = 0
    failed: tuple[str, datetime] | None = None


_read: dict[Path, _Read] = {}
_lock = threading.Lock()


def write(home: Home, event: str, subject: str, viewer: Viewer, publication: str, **details: Any) -> None:
    """Write an entry.

    Args:
        home: The home.
        event: `LOOK`, `EXPORT`, `REFUSED` or `HANDED_IN`.
        subject: The page, or what was exported or handed in.
        viewer: Who.
        publication: Of what.
        details: Counts and formats.

    Raises:
        TtkpiError: The log is damaged, or the disk refuses.
    """
    set_origin("pages")
    known = {"viewer": viewer.name, "audience": viewer.audience or "everything", "publication": publication}
    append(home, Entry(event, subject, details=known | details))


def failed_step(home: Home) -> tuple[str, datetime] | None:
    """The step towards a new publication that failed last, and when; None when the newest such step went well.

    Each line is read once: a page asks at each click. A log that can't be read says nothing here; `ttkpi status` does.
    """
    path = home.root / AUDIT_LOG
    with _lock:
        known = _read.get(path)
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
                if known is None or known.inode != found.st_ino or known.end > found.st_size:
                    known = _Read(found.st_ino)
                file.seek(known.end)
                content = file.read()
        except OSError:
            return None
        # A line that is being written is read when it is whole.
        content = content[: content.rfind(b"\n") + 1]
        failed = _newest_step(content)
        _read[path] = known = _Read(
            known.inode, known.end + len(content), known.failed if failed is _NO_STEP else failed
        )
        return known.failed


def _newest_step(content: bytes) -> Any:
    """The newest step of these lines if it failed, None if it went well, `_NO_STEP` if there is none."""
    end = len(content)
    # From the end, without a look at the thousands of lines that say who looked at a page.
    while (found := max(content.rfind(event, 0, end) for event in _EVENTS)) >= 0:
        end = content.rfind(b"\n", 0, found) + 1
        try:
            entry = json.loads(content[end:].partition(b"\n")[0])
            when = datetime.fromisoformat(entry["recorded_at"])
        except (ValueError, KeyError):
            continue
        if entry["event"] == "rollback" and entry.get("outcome") == "failed":
            # It was no step towards new figures: what is published is as new as before.
            continue
        return (str(entry["event"]), when) if entry.get("outcome") == "failed" else None
    return _NO_STEP
