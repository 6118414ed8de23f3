"""What people do about alerts: noted once and for good, and no chat is told of a thing on which somebody works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import webhook_receiver as chats
from webhook_helpers import Clock, hook, publish, send, stock_outs, unconfigured
from webhook_receiver import receiving

from home.audit_log import check
from home.layout import Home
from orchestration.cli import main
from orchestration.deliver.alert_actions import ActionRefused, Subject, act, actions
from orchestration.deliver.webhooks.notices import find

STOCK = Subject("id-000", "7495", "stock_out", "sku-1", "warning")


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home of its own, and no configuration from the machine."""
    yield from unconfigured(tmp_path, monkeypatch)


def told(home: Home, chat: Any, clock: Clock, **changes: Any) -> int:
    """How many alerts a webhook is told now."""
    [outcome] = send(home, hook(chat, "slack", **changes), clock=clock)
    assert outcome.problem is None
    return outcome.delivered


@pytest.mark.parametrize("action", ["acknowledged", "snoozed"])
def test_a_thing_on_which_somebody_works_is_told_again_when_the_days_are_over(
    clean: Home, action: str
) -> None:
    """Guards the same alert every day while somebody works on it, and one that is silent for ever."""
    publish(clean, stock_outs(2))
    clock = Clock()
    with receiving(chats.slack) as chat:
        act(clean, STOCK, action, now=clock.at, days=3)
        assert told(clean, chat, clock) == 1  # the other one
        clock.sleep(2.9 * 86_400)
        assert told(clean, chat, clock) == 0
        clock.sleep(0.2 * 86_400)
        assert told(clean, chat, clock) == 1
        assert "id-000" not in json.dumps([call.body for call in chat.calls[:1]])
        assert told(clean, chat, clock) == 0


def test_an_alert_that_gets_a_new_id_each_day_stays_quiet(clean: Home) -> None:
    """Guards deadlines: each day's alert has an id of its own, and the thing is the same."""
    clock = Clock()
    with receiving(chats.slack) as chat:
        publish(clean, [("monday", "deadline", "warning", "operations", True)])
        assert told(clean, chat, clock) == 1
        act(clean, Subject("monday", "7495", "deadline", "sku-1", "warning"), "acknowledged", now=clock.at)
        publish(clean, [("tuesday", "deadline", "warning", "operations", True)])
        assert told(clean, chat, clock) == 0
        # A stock-out that was over and begins again is news, whatever was done about the first.
        act(clean, STOCK, "acknowledged", now=clock.at)
        publish(clean, [("id-001", "stock_out", "warning", "supply chain", True)])
        assert told(clean, chat, clock) == 1


def test_a_warning_that_becomes_critical_is_told(clean: Home) -> None:
    publish(clean, stock_outs(1))
    clock = Clock()
    with receiving(chats.slack) as chat:
        assert told(clean, chat, clock) == 1
        act(clean, STOCK, "acknowledged", now=clock.at)
        publish(clean, [("id-000", "stock_out", "critical", "supply chain", True)])
        assert told(clean, chat, clock) == 1


def test_an_assignment_reaches_the_new_owner_once_and_nobody_else(clean: Home) -> None:
    publish(clean, stock_outs(1))
    clock = Clock()
    with receiving(chats.slack) as everybody, receiving(chats.slack) as owner:
        act(clean, STOCK, "assigned", now=clock.at, assignee="王敏", note="call the supplier")
        assert told(clean, everybody, clock) == 0
        assert told(clean, owner, clock, name="min", owners=("王敏",)) == 1
        assert told(clean, owner, clock, name="min", owners=("王敏",)) == 0
        text = owner.calls[0].body["text"]
        assert "负责 Owner: 王敏" in text and "已指派给 王敏" in text and "call the supplier" in text
        # Who was asked to work on it stays the owner when it has to wait, until it is opened again.
        act(clean, STOCK, "snoozed", now=clock.at, days=1)
        [notice] = find(clean, clock.at).notices
        assert notice.owner == "王敏" and notice.action is not None and notice.action.action == "snoozed"
        act(clean, STOCK, "reopened", now=clock.at)
        [notice] = find(clean, clock.at).notices
        assert notice.owner == "supply chain" and notice.action is None
        assert told(clean, everybody, clock) == 1


def test_what_was_done_is_in_the_audit_log_for_good(clean: Home) -> None:
    now = datetime.now(UTC)
    act(clean, STOCK, "acknowledged", now=now, note="line\nbreak \x1b[2J")
    act(clean, STOCK, "assigned", now=now, assignee="min", by="eve@example.com")
    assert len(check(clean)) == 2
    newest = actions(clean)["id-000"]
    assert (newest.action, newest.assignee, newest.by) == ("assigned", "min", "eve@example.com")
    lines = [json.loads(line) for line in (clean.root / "audit_log.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["alert", "alert"]
    assert lines[0]["details"]["alert"]["note"] == "line break  [2J"


def test_what_can_not_be_is_refused_and_not_noted(clean: Home) -> None:
    now = datetime(2026, 11, 6, 12, tzinfo=UTC)
    for words, given in {
        "needs an end": {"action": "snoozed"},
        "is over": {"action": "snoozed", "until": date(2026, 11, 6)},
        "more than 90 days": {"action": "acknowledged", "until": date(2027, 11, 6)},
        "two ends": {"action": "acknowledged", "until": date(2026, 11, 9), "days": 2},
        "Nobody is named": {"action": "assigned", "assignee": " \n"},
        "longer than": {"action": "acknowledged", "note": "x" * 301},
    }.items():
        with pytest.raises(ActionRefused, match=words):
            act(clean, STOCK, now=now, **given)
    assert actions(clean) == {}
    # A day begins in the reporting time zone: 16:00 UTC the day before.
    snoozed = act(clean, STOCK, "snoozed", now=now, until=date(2026, 11, 7))
    assert snoozed.until == "2026-11-06T16:00:00+00:00"
    # Whoever said the 7th reads the 7th.
    assert snoozed.as_text().count("2026-11-07 00:00 (Asia/Shanghai)") == 2


def test_commands_take_the_beginning_of_an_id(clean: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Guards a slip in one id of several: nothing of the command is done."""
    publish(clean, [*stock_outs(2), ("other", "deadline", "warning", "operations", True)])
    assert main(["alerts", "ack", "id-000", "nothing"]) == 1
    assert "No open alert has the id nothing" in capsys.readouterr().err
    assert main(["alerts", "ack", "id-"]) == 1
    assert "2 open alerts have an id that begins with id-" in capsys.readouterr().err
    assert actions(clean) == {}
    assert main(["alerts", "snooze", "oth"]) == 1
    assert main(["alerts", "snooze", "oth", "--days", "2", "--note", "weekend"]) == 0
    assert main(["alerts", "assign", "id-001", "--to", "王敏"]) == 0
    assert "已指派给 王敏" in capsys.readouterr().out
    assert main(["alerts", "list"]) == 0
    shown = capsys.readouterr().out
    assert "Id: id-001" in shown and "已暂缓" in shown and "weekend" in shown
    assert {one.action for one in actions(clean).values()} == {"snoozed", "assigned"}


def test_the_build_reads_the_same_entries(clean: Home) -> None:
    """Guards fields that Python writes and the source of the models does not declare, and entries of other events."""
    import yaml

    from home.audit_log import Entry, append
    from home.config import PROJECT_ROOT

    append(clean, Entry("publish", "p1", details={"tables": 3, "held_back": ["a"]}))
    act(clean, STOCK, "snoozed", now=datetime.now(UTC), days=3, note="later")
    path = PROJECT_ROOT / "models" / "staging" / "audit_log" / "_audit_log__sources.yml"
    [source] = yaml.safe_load(path.read_text())["sources"]
    [table] = [one for one in source["tables"] if one["name"] == "alert_actions"]
    home_expression = "{{ env_var('TTKPI_HOME_IN_SQL', env_var('TTKPI_HOME', '.ttkpi')) }}"
    location = table["meta"]["external_location"].replace(home_expression, str(clean.root))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select subject, details.alert.action, details.alert.note, details.alert.until from {location} "
            "where event = 'alert'"
        ).fetchall()
    action = actions(clean)["id-000"]
    assert rows == [("id-000", "snoozed", "later", action.until)]
    assert action.until is not None
    assert datetime.fromisoformat(action.until) - datetime.now(UTC) <= timedelta(days=3)
