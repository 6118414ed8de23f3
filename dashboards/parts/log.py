"""Who looked at which page and who exported what, in the audit log of the home."""

from __future__ import annotations

from typing import Any

from dashboards.parts.viewer import Viewer
from home.audit_log import Entry, append, set_origin
from home.layout import Home

LOOK, EXPORT, REFUSED = "page_opened", "page_exported", "page_refused"


def write(home: Home, event: str, subject: str, viewer: Viewer, publication: str, **details: Any) -> None:
    """Write an entry.

    Args:
        home: The home.
        event: `LOOK`, `EXPORT` or `REFUSED`.
        subject: The page, or what was exported.
        viewer: Who.
        publication: Of what.
        details: Counts and formats.

    Raises:
        TtkpiError: The log is damaged, or the disk refuses.
    """
    set_origin("pages")
    known = {"viewer": viewer.name, "audience": viewer.audience or "everything", "publication": publication}
    append(home, Entry(event, subject, details=known | details))
