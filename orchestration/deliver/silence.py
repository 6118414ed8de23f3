"""The dead man's switch: an alert when nothing was published for too long, whatever kept it from being.

A run that fails is told by its failure. A schedule that is off, a machine that was down, a queue that stands still tell
nothing: only that the publication stays away.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from home.audit_log import AuditLogDamaged, entries
from home.demo_home import is_demo_home
from home.layout import Home
from home.records import RecordDamaged
from orchestration.deliver.alerts import Alert, raise_alert, read_alerts
from orchestration.history.publications import published_manifest

KIND = "nothing_published"


def note_silence(home: Home, now: datetime, hours: float) -> Alert | None:
    """Raise an alert if nothing was published for so long; once, and again each day that it lasts.

    Args:
        home: Whose publications.
        now: UTC.
        hours: How long it may be silent; 0: for ever.

    Returns:
        The alert; None when there is nothing to tell, or it was told.
    """
    since = _last_sign(home)
    if not hours or since is None or now - since < timedelta(hours=hours) or is_demo_home(home):
        return None
    day = str((now - since) // timedelta(days=1))
    details = {"since": since.isoformat(timespec="seconds"), "day": day}
    if any(one.kind == KIND and one.details == details for one in read_alerts(home.root)):
        return None
    silent = f"{(now - since) / timedelta(hours=1):.0f} hours, since {since:%Y-%m-%d %H:%M} UTC"
    alert = Alert(
        kind=KIND,
        message=f"Nothing was published for {silent}. Look whether schedules are on and runs go through: "
        "`ttkpi status`, and Dagster's page of runs.",
        run_id=day,
        details=details,
        at=now.isoformat(timespec="seconds"),
    )
    raise_alert(home.root, alert)
    return alert


def _last_sign(home: Home) -> datetime | None:
    """When something was published last; before the first time, when the home was first used."""
    try:
        manifest = published_manifest(home)
    except RecordDamaged:
        return datetime.fromtimestamp(home.published.stat().st_mtime, UTC)
    if manifest is not None:
        return datetime.fromisoformat(str(manifest["published_at"])).astimezone(UTC)
    try:
        first = entries(home)[:1]
        return datetime.fromisoformat(str(first[0]["recorded_at"])).astimezone(UTC) if first else None
    except AuditLogDamaged:
        return None  # a log that is damaged is told by whoever writes the next entry
