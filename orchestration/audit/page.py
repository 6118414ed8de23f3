"""The audit as one page for people: verdict, cause and remedy first; English and 中文, one file, without network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from home.records import RecordDamaged, read_record
from home.storage import replace_file

if TYPE_CHECKING:
    from jinja2 import Template

_SHOWN_AUDITS = 30
DOMAINS = {
    "sales": "销售",
    "finance": "财务",
    "creators": "达人",
    "live": "直播",
    "ads": "广告",
    "inventory": "库存与履约",
    "people": "团队",
    "alarms": "告警",
    "monitoring": "监控",
    "trust": "可信",
    "shared": "公共",
}


@dataclass(frozen=True, slots=True)
class _Check:
    """A line of the list of checks."""

    domain: str
    name: str
    kind: str
    state: str
    severity: str
    message: str
    remedy: str


def write_page(folder: Path, record: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]) -> Path:
    """Write `index.html` for the newest audit, with the history of those before.

    Args:
        folder: Folder of the audits' records.
        record: What `last.json` says of the audit.
        outcomes: Every check, as in `<audit id>.json`.

    Returns:
        The page.

    Raises:
        StorageError: The page can't be written.
    """
    checks = sorted(
        (_check(outcome) for outcome in outcomes), key=lambda one: (one.state != "failed", one.name)
    )
    domains = [
        (name, chinese, [one for one in checks if one.domain == name])
        for name, chinese in {**DOMAINS, "other": "其他"}.items()
    ]
    page = folder / "index.html"
    text = _template().render(
        record=record,
        domains=[one for one in domains if one[2]],
        failed=[one for one in checks if one.state != "passed"],
        # Tests that come with dbt (unique, not_null) have none.
        chinese={str(one["message"]): str(one.get("remedy_zh") or "") for one in outcomes if one["message"]},
        history=_history(folder),
    )
    replace_file(page, text.encode())
    return page


def _check(outcome: Mapping[str, Any]) -> _Check:
    state = "passed" if outcome["passed"] else "failed" if outcome["ran"] else "not run"
    return _Check(
        domain=_domain(outcome),
        name=str(outcome["name"]),
        kind={"dbt": "dbt test", "expectations": "expectation"}.get(outcome["check"], "build"),
        state=state,
        severity=str(outcome["severity"]),
        message=str(outcome["message"]),
        remedy=str(outcome.get("remedy") or ""),
    )


def _domain(outcome: Mapping[str, Any]) -> str:
    """Where a check belongs: a folder of its path, or a part of the suite's name."""
    parts = (
        str(outcome["subject"]).split("/") if outcome["check"] == "dbt" else str(outcome["name"]).split(".")
    )
    return next((part for part in parts if part in DOMAINS), "other")


def _history(folder: Path) -> list[Mapping[str, Any]]:
    """The last audits, the newest first; one that can't be read is left out, `ttkpi verify` names it."""
    found: list[Mapping[str, Any]] = []
    for path in sorted(folder.glob("2*Z-*.json"), reverse=True)[:_SHOWN_AUDITS]:
        try:
            record = read_record(path)
        except RecordDamaged:
            continue
        if record:
            found.append({name: value for name, value in record.items() if name != "outcomes"})
    return found


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2")
