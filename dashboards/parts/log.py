"""Who looked at which page, who exported and who handed in what, in the audit log of the home."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from dashboards.parts.viewer import Viewer
from home.audit_log import Entry, append, set_origin
from home.layout import AUDIT_LOG, Home

LOOK, EXPORT, REFUSED, HANDED_IN = "page_opened", "page_exported", "page_refused", "page_handed_in"
_STEPS = ("build", "audit", "publish", "rollback")
_TAIL = 256 * 1024


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

    Only the end of the log is read: a page asks at each click. A log that can't be read says nothing here; `ttkpi
    status` does.
    """
    path = home.root / AUDIT_LOG
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        if not any(f'"event":"{step}"'.encode() in line for step in _STEPS):
            continue
        try:
            entry = json.loads(line)
            when = datetime.fromisoformat(entry["recorded_at"])
        except (ValueError, KeyError):
            continue
        return (str(entry["event"]), when) if entry.get("outcome") == "failed" else None
    return None
