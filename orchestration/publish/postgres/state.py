"""Which publication the server has, and what became of the last try: `published/postgres.json` of the home.

The published file comes first: an outage of the server stops no publication. The next one, or `ttkpi publish`, brings
the server to where the file is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from home.audit_log import FAILED, recorded
from home.layout import Home
from home.records import read_record, write_record
from ingestion.engine.progress import Progress
from orchestration.history.publications import current_publication
from orchestration.publish.postgres.config import Server, configured_server


@dataclass(frozen=True, slots=True)
class ServerState:
    """What is known of the server.

    Attributes:
        place: Host and database.
        publication_id: The publication that it has; None when it never got one.
        is_current: It is the one that is published.
        failed: Why the last try failed; empty when it did not.
        changed: Rows that the last try wrote.
        tried_at: When that was, UTC.
    """

    place: str
    publication_id: str | None
    is_current: bool
    failed: str = ""
    changed: int = 0
    tried_at: str = ""


def bring_server(home: Home, *, progress: Progress | None = None) -> ServerState | None:
    """Bring the configured server to the current publication; None when no server is configured.

    A failure is recorded and returned, not raised: the published file stands.

    Raises:
        ConfigError: The configuration can't be used.
        HomeBusy: Another run holds the home.
        StorageError: The record can't be written.
    """
    server = configured_server()
    if server is None:
        return None
    # psycopg and PostgreSQL's library are loaded only where a server is configured.
    from orchestration.publish.postgres.publish import ServerFailed, publish_to

    with home.lock("publish"), recorded(home, "publish_postgres") as entry:
        before = read_record(_path(home)) or {}
        entry.subject = str(current_publication(home))
        entry.details["server"] = server.place
        try:
            reports = publish_to(server, home, progress=progress)
        except ServerFailed as error:
            entry.outcome = FAILED
            entry.details["error"] = error.message
            failed, publication, changed = str(error), before.get("publication_id"), 0
        else:
            failed, publication = "", reports[0].publication_id
            changed = sum(report.changed for report in reports)
            entry.details["rows"] = changed
        write_record(
            _path(home),
            {
                "server": server.place,
                "publication_id": publication,
                "failed": failed,
                "changed": changed,
                "tried_at": datetime.now(UTC).isoformat(timespec="seconds"),
            },
        )
    return server_state(home)


def server_state(home: Home) -> ServerState | None:
    """What the record says of the configured server; None when none is configured.

    Raises:
        ConfigError: The configuration can't be used.
        RecordDamaged: The record is not what we write.
    """
    server = configured_server()
    return None if server is None else _state(home, server, read_record(_path(home)) or {})


def _state(home: Home, server: Server, record: dict[str, Any]) -> ServerState:
    if record.get("server") != server.place:
        # Another server is configured than the one that was written to.
        record = {}
    current = current_publication(home)
    publication = record.get("publication_id")
    return ServerState(
        place=server.place,
        publication_id=publication,
        is_current=publication is not None and publication == current,
        failed=str(record.get("failed") or ""),
        changed=int(record.get("changed") or 0),
        tried_at=str(record.get("tried_at") or ""),
    )


def _path(home: Home) -> Path:
    return home.published.with_name("postgres.json")
