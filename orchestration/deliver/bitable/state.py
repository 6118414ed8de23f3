"""Which publication the Base has, and what became of the last try: `published/bitable.json` of the home.

The published file comes first: an outage of the Base stops no publication. The next run, `ttkpi publish` or
`ttkpi export bitable` brings the Base to where the file is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from home.audit_log import FAILED, recorded
from home.errors import TtkpiError
from home.layout import Home, HomeBusy
from home.records import read_record, write_record
from ingestion.engine.progress import Progress
from orchestration.deliver.bitable.config import Base, configured_base
from orchestration.history.publications import current_publication


@dataclass(frozen=True, slots=True)
class BaseState:
    """What is known of the Base.

    Attributes:
        place: Host and Base.
        publication_id: The publication that it has; None when it never got one.
        is_current: It is the one that is published, and the views are those that are configured.
        failed: Why the last try failed; empty when it did not.
        changed: Records that the last try wrote or deleted.
        tried_at: When that was, UTC.
    """

    place: str
    publication_id: str | None
    is_current: bool
    failed: str = ""
    changed: int = 0
    tried_at: str = ""


def bring_base(home: Home, *, progress: Progress | None = None) -> BaseState | None:
    """Bring the configured Base to the current publication; None when none is configured.

    A failure is recorded and returned, not raised: the published file stands.

    Raises:
        ConfigError: The configuration can't be used.
        HomeBusy: Another program is bringing the Base to a publication of this home.
        StorageError: The record can't be written.
    """
    base = configured_base()
    if base is None:
        return None
    # Only where a Base is configured is the client loaded.
    from orchestration.deliver.bitable.bring import bring
    from orchestration.deliver.bitable.client import Client

    home.make()
    lock = FileLock(home.root / "bitable.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise HomeBusy(
            "Another program is just writing into the Bitable.", advice="Wait for its end, then try again."
        ) from error
    notify = (progress or Progress()).message
    client = Client(base, notify=notify)
    try:
        with recorded(home, "publish_bitable", str(current_publication(home))) as entry:
            before = read_record(_path(home)) or {}
            entry.details["base"] = base.place
            try:
                publication, reports = bring(home, base, client, progress=progress)
            except TtkpiError as error:
                entry.outcome = FAILED
                entry.details["error"] = error.message
                record = {**_same(before, base), "failed": str(error), "changed": 0}
            else:
                changed = sum(one.changed for one in reports)
                entry.details |= {"records": changed, "requests": client.requests}
                record = {"publication_id": publication, "failed": "", "changed": changed}
                record["tables"] = {one.view: one.rows for one in reports}
            write_record(
                _path(home),
                {
                    **record,
                    "base": base.place,
                    "views": list(base.views),
                    "tried_at": datetime.now(UTC).isoformat(timespec="seconds"),
                },
            )
    finally:
        client.close()
        lock.release()
    return base_state(home)


def base_state(home: Home) -> BaseState | None:
    """What the record says of the configured Base; None when none is configured.

    Raises:
        ConfigError: The configuration can't be used.
        RecordDamaged: The record is not what we write.
    """
    base = configured_base()
    if base is None:
        return None
    record = _same(read_record(_path(home)) or {}, base)
    publication = record.get("publication_id")
    is_current = publication is not None and publication == current_publication(home)
    return BaseState(
        place=base.place,
        publication_id=publication,
        is_current=is_current and list(base.views) == record.get("views") and not record.get("failed"),
        failed=str(record.get("failed") or ""),
        changed=int(record.get("changed") or 0),
        tried_at=str(record.get("tried_at") or ""),
    )


def _same(record: dict[str, Any], base: Base) -> dict[str, Any]:
    """The record, if it is of this Base."""
    return record if record.get("base") == base.place else {}


def _path(home: Home) -> Path:
    return home.published.with_name("bitable.json")
