"""What people do about an alert: they have seen it, somebody works on it, it is to wait.

An action is an entry of the home's audit log (event `alert`), so who did what when can't be changed later; the build
reads the same entries into `kpi_alerts`. The newest action of an alert counts.

| action | what | told to chats |
| --- | --- | --- |
| `acknowledged` | somebody has seen it and works on it | no more, until its day |
| `assigned` | a person or team works on it, who then owns the alert | to webhooks of the new owner, once |
| `snoozed` | it is to wait | no more, until its day |
| `reopened` | nobody works on it any more | again |

An action holds until its day; if the alert is still there then, it is told again. It ends earlier when a warning has
become critical. Most alerts have a new id when the thing was over and begins again: an action does not hold for the
new one. Of some kinds the id changes while the thing goes on (`RENEWED`): there it holds for shop, kind and subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from home.audit_log import Entry, append, entries
from home.errors import TtkpiError
from home.layout import Home
from home.project import project_var
from home.text import one_line

EVENT = "alert"
ACKNOWLEDGED, ASSIGNED, SNOOZED, REOPENED = "acknowledged", "assigned", "snoozed", "reopened"
ACTIONS = {ACKNOWLEDGED: "处理中", ASSIGNED: "已指派", SNOOZED: "已暂缓", REOPENED: "重新打开"}
"""The actions, with their names in Chinese."""
DAYS = {ACKNOWLEDGED: 7, ASSIGNED: 14}
"""How long an action holds when nobody says so."""
MOST_DAYS = 90
"""Longer, and a thing that everybody forgot would never be told again."""
RENEWED = ("deadline", "brushing", "data_gap")
"""Kinds whose alert has a new id each day, each month, or when the first of its days was read."""

_TEXT_LENGTH = 300


class ActionRefused(TtkpiError):
    """What was asked of an alert can't be; nothing was noted."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The alert that an action is about.

    Attributes:
        alert_id: Its id.
        shop_key: Its shop; None when it is about all.
        alert_kind: Its kind.
        subject: What it is about.
        severity: `warning` or `critical`.
    """

    alert_id: str
    shop_key: str | None
    alert_kind: str
    subject: str
    severity: str

    @property
    def thing(self) -> str:
        """What an action holds for: the alert, or shop, kind and subject where alerts are renewed."""
        if self.alert_kind in RENEWED:
            return "|".join((self.shop_key or "", self.alert_kind, self.subject))
        return self.alert_id


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did about an alert.

    Attributes:
        number: Number of the entry in the audit log.
        at: When, ISO 8601, UTC.
        by: Who: an account of the operating system, or whom the pages know.
        action: One of `ACTIONS`.
        severity: How severe the alert was then.
        until: Until when it holds, ISO 8601, UTC; None of `reopened`.
        assignee: Who was asked to work on it; None for nobody.
        note: What else was said; None for nothing.
    """

    number: int
    at: str
    by: str
    action: str
    severity: str
    until: str | None = None
    assignee: str | None = None
    note: str | None = None

    def holds(self, severity: str, now: datetime) -> bool:
        """Whether it still counts.

        Args:
            severity: How severe the alert is now.
            now: UTC.
        """
        is_worse = self.severity != "critical" and severity == "critical"
        return self.until is not None and now < datetime.fromisoformat(self.until) and not is_worse

    def as_text(self) -> str:
        """For people, in both languages."""
        note = f" · {self.note}" if self.note else ""
        if self.until is None:
            return f"{ACTIONS[self.action]}（{self.by}） · {self.action} by {self.by}{note}"
        end = _shown(datetime.fromisoformat(self.until))
        zh = f"{ACTIONS[self.action]}{f'给 {self.assignee}' if self.assignee else ''}（{self.by}），至 {end}"
        en = f"{self.action}{f' to {self.assignee}' if self.assignee else ''} by {self.by} until {end}"
        return f"{zh} · {en}{note}"


def act(
    home: Home,
    about: Subject,
    action: str,
    *,
    now: datetime,
    until: date | None = None,
    days: int | None = None,
    assignee: str = "",
    note: str = "",
    by: str = "",
) -> Action:
    """Note an action.

    Args:
        home: Whose alert.
        about: The alert.
        action: One of `ACTIONS`.
        now: UTC.
        until: It holds until this day begins in the reporting time zone.
        days: Or for so many days from now; by default 7, of an assignment 14.
        assignee: Who is to work on it.
        note: What else there is to say.
        by: Who does it; by default the account of the operating system.

    Raises:
        ActionRefused: It has no end, ends in the past or too late, or names nobody.
        AuditLogDamaged: The audit log is not as it was written.
        StorageError: The home can't be written.
    """
    assignee, note, by = one_line(assignee), one_line(note), one_line(by)
    if action == ASSIGNED and not assignee:
        raise ActionRefused("Nobody is named.", advice="Say who works on it: `--to NAME`.")
    for text in (assignee, note, by):
        if len(text) > _TEXT_LENGTH:
            raise ActionRefused(
                f"A text is longer than {_TEXT_LENGTH} characters.", advice="Make it shorter."
            )
    end = None if action == REOPENED else _end(action, now, until, days)
    before = actions(home).get(about.thing)
    if action != REOPENED and not assignee and before is not None:
        # Whoever was asked to work on it goes on when it is acknowledged or has to wait.
        assignee = before.assignee or ""
    said = {
        "action": action,
        "until": end.isoformat(timespec="seconds") if end else None,
        "assignee": assignee or None,
        "note": note or None,
        "said_by": by or None,
        **asdict(about),
    }
    append(home, Entry(EVENT, about.thing, details={"alert": said}))
    return actions(home)[about.thing]


def _shown(end: datetime) -> str:
    """An end as people who said it read it: in the reporting time zone, in which days of theirs begin."""
    zone = project_var("reporting_timezone")
    return f"{end.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def _end(action: str, now: datetime, until: date | None, days: int | None) -> datetime:
    if until is not None and days is not None:
        raise ActionRefused("There are two ends.", advice="Give a day or a number of days, not both.")
    if until is not None:
        end = datetime.combine(until, time(), ZoneInfo(project_var("reporting_timezone"))).astimezone(UTC)
    elif (length := days if days is not None else DAYS.get(action)) is not None:
        end = now + timedelta(days=min(max(length, 0), 10 * MOST_DAYS))
    else:
        raise ActionRefused(
            "A snooze needs an end.", advice="Say until when: `--until 2026-12-01`, or `--days 3`."
        )
    if end <= now:
        raise ActionRefused(f"{_shown(end)} is over.", advice="Give an end that is still to come.")
    if end > now + timedelta(days=MOST_DAYS):
        raise ActionRefused(
            f"That is more than {MOST_DAYS} days away.",
            advice="Choose an earlier day; an alert that nobody needs is switched off in seed alert_thresholds.",
        )
    return end


def actions(home: Home) -> dict[str, Action]:
    """The newest action of each alert, by what it holds for (`Subject.thing`).

    Raises:
        StorageError: The audit log can't be read.
    """
    found: dict[str, Action] = {}
    for entry in entries(home, EVENT):
        said: Mapping[str, str | None] = entry["details"]["alert"]
        found[str(entry["subject"])] = Action(
            number=int(entry["number"]),
            at=str(entry["recorded_at"]),
            by=said.get("said_by") or str(entry["actor"]),
            action=str(said["action"]),
            severity=str(said["severity"]),
            until=said.get("until"),
            assignee=said.get("assignee"),
            note=said.get("note"),
        )
    return found
