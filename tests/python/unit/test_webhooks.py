"""Alerts to chats: each told once and signed as the platform wants, nothing lost, nothing secret in a log."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import webhook_receiver as chats
import yaml
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from webhook_helpers import DAY, JUDGES, Clock, hook, publish, send, stock_outs, unconfigured
from webhook_receiver import SECRET, TOKEN, Answer, Call, at_most, receiving, said

from home.audit_log import Entry, append
from home.config import PROJECT_ROOT
from home.errors import ConfigError
from home.layout import Home, HomeBusy
from home.records import RecordDamaged
from home.storage import StorageError
from orchestration.cli import main
from orchestration.defs.ingestion.resources import HomeResource
from orchestration.defs.publish.sensors import alert_webhooks, nothing_published
from orchestration.deliver.alerts import Alert, raise_alert
from orchestration.deliver.silence import note_silence
from orchestration.deliver.webhooks import ledger as ledger_module
from orchestration.deliver.webhooks import sender as sender_module
from orchestration.deliver.webhooks.config import PLATFORMS, load_webhooks
from orchestration.deliver.webhooks.deliver import deliver, messages
from orchestration.deliver.webhooks.ledger import Ledger, sending
from orchestration.deliver.webhooks.notices import KINDS, Notice, find
from orchestration.deliver.webhooks.platform import TITLE, Webhook
from orchestration.deliver.webhooks.sender import LeftForLater


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home of its own, and no configuration from the machine."""
    yield from unconfigured(tmp_path, monkeypatch)


@pytest.mark.parametrize("kind", JUDGES)
def test_each_platform_takes_it_signed_and_once(clean: Home, kind: str) -> None:
    """Guards signatures: the receiver computes them by itself; and an alert that is told again at every publication."""
    publish(clean, stock_outs(2))
    with receiving(JUDGES[kind]) as chat:
        [outcome] = send(clean, hook(chat, kind))
        assert outcome.problem is None and (outcome.delivered, outcome.waiting) == (2, 0)
        assert outcome.messages == len(chat.calls) == (2 if kind == "plain" else 1)
        text = chat.calls[0].raw.decode()
        for part in (
            "缺货",
            "Out of stock",
            "Aurora Thailand",
            "极光灯缺货。",
            "kpi_stock_health",
            "supply chain",
        ):
            assert part in text, part

        # The same day published again, and a day with one more.
        assert send(clean, hook(chat, kind))[0].delivered == 0
        publish(clean, stock_outs(3))
        [outcome] = send(clean, hook(chat, kind))
        assert (outcome.delivered, outcome.messages) == (1, 1)


@pytest.mark.parametrize("kind", ["feishu", "dingtalk", "plain"])
def test_a_wrong_secret_is_named_and_nothing_is_lost(clean: Home, kind: str) -> None:
    publish(clean, stock_outs(1))
    with receiving(JUDGES[kind]) as chat:
        [outcome] = send(clean, hook(chat, kind, secret="another-secret-0123"))
        assert outcome.waiting == 1 and outcome.problem is not None
        assert "secret" in outcome.problem.advice
        assert send(clean, hook(chat, kind))[0].delivered == 1


@pytest.mark.parametrize("kind", JUDGES)
def test_nothing_secret_is_in_messages_or_logs(
    clean: Home, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Guards tokens that an error, a log of httpx or an answer that repeats the address would give away."""
    caplog.set_level(logging.DEBUG)
    publish(clean, stock_outs(1))
    shown: list[str] = []
    signs = PLATFORMS[kind].is_signed

    def echo(call: Call) -> Answer:
        return 400, f"bad request {call.path} {call.query} {SECRET if signs else ''} {TOKEN}", {}

    with receiving(echo) as chat:
        one = hook(chat, kind)
        outcomes = deliver(clean, [one], patience=Clock().patience(), notify=shown.append)
        gone = replace(one, name="gone", url=one.url.replace(chat.url, "http://127.0.0.1:9"))
        outcomes += deliver(clean, [gone], patience=Clock().patience(), notify=shown.append)
    assert all(outcome.problem is not None for outcome in outcomes)
    texts = [*shown, *(str(outcome.problem) for outcome in outcomes), repr(one), caplog.text]
    texts += [(clean.root / "webhooks.json").read_text()]
    for text in texts:
        assert TOKEN not in text and SECRET not in text, text
    assert "127.0.0.1/***" in caplog.text, "httpx logs at this level, so the test above says something"


NOT_NOW: dict[str, list[Answer]] = {
    "feishu": [
        said(code=11232, msg="create message service trigger rate limit"),
        said(400, code=2200, msg="internal"),
    ],
    "dingtalk": [said(errcode=-1, errmsg="系统繁忙"), (502, "", {})],
    "wecom": [said(errcode=45009, errmsg="api freq out of limit"), said(errcode=-1, errmsg="system busy")],
    "slack": [(429, "rate_limited", {"Retry-After": "7"}), (500, "rollup_error", {})],
    "plain": [(503, "", {}), (429, "", {"Retry-After": "7"})],
}


@pytest.mark.parametrize("kind", JUDGES)
def test_a_platform_that_is_busy_is_asked_again(clean: Home, kind: str) -> None:
    """Guards alerts that are lost to a bad moment, also where the error stands in the body of HTTP 200."""
    publish(clean, stock_outs(1))
    clock = Clock()
    with receiving(JUDGES[kind]) as chat:
        chat.answers = list(NOT_NOW[kind])
        [outcome] = send(clean, hook(chat, kind), clock=clock)
        assert outcome.problem is None and outcome.delivered == 1
        assert len(chat.calls) == 3 and len(clock.waits) >= 2
    if kind in ("slack", "plain"):
        assert max(clock.waits) >= 7, "the platform said how long"
    if kind == "wecom":
        assert clock.waits[0] >= 60, "a minute is what WeCom counts in"


def test_a_server_that_hangs_or_breaks_off_is_asked_again(
    clean: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "TIMEOUT_SECONDS", 0.3)
    publish(clean, stock_outs(1))
    with receiving(chats.slack) as chat:
        chat.answers = [0.6, 0.0]
        [outcome] = send(clean, hook(chat, "slack"))
        assert outcome.delivered == 1 and len(chat.calls) == 3


def test_a_webhook_that_is_gone_keeps_no_other_from_hearing(clean: Home) -> None:
    publish(clean, stock_outs(1))
    with receiving(chats.wecom) as chat:
        gone = Webhook("gone", "slack", "http://127.0.0.1:9/services/planted-token")
        first, second = send(clean, gone, hook(chat, "wecom"))
        assert first.problem is not None and "Given up after 5 tries" in first.problem.message
        assert (second.delivered, second.problem) == (1, None)
        # What one was told is not what the other was told.
        assert Ledger(clean).delivered("gone") == set() and len(Ledger(clean).delivered("wecom")) == 1


@pytest.mark.parametrize(
    ("kind", "limit", "seconds"),
    [("dingtalk", 20, 60.0), ("wecom", 20, 60.0), ("slack", 1, 1.0), ("feishu", 5, 1.0)],
)
def test_nobody_is_told_faster_than_the_platform_allows(
    clean: Home, monkeypatch: pytest.MonkeyPatch, kind: str, limit: int, seconds: float
) -> None:
    """Guards robots that are shut out (DingTalk: for ten minutes) on the day when many alerts come at once."""
    monkeypatch.setattr(type(PLATFORMS[kind]), "max_notices", 1)
    publish(clean, stock_outs(2 * limit + 3))
    clock, times = Clock(), []

    def judge(call: Call) -> Answer:
        times.append(clock.at)
        return JUDGES[kind](call)

    with receiving(judge) as chat:
        [outcome] = send(clean, hook(chat, kind), clock=clock)
        # Another process a moment later: the limit is the robot's, not the process's.
        publish(clean, stock_outs(2 * limit + 4))
        send(clean, hook(chat, kind), clock=clock)
    assert outcome.problem is None and len(times) == 2 * limit + 4
    for first, last in zip(times, times[limit:], strict=False):
        assert (last - first).total_seconds() >= seconds


@pytest.mark.parametrize(("kind", "limit"), [("slack", 1), ("feishu", 5)])
def test_a_message_that_was_long_on_its_way_counts_from_its_arrival(
    clean: Home, monkeypatch: pytest.MonkeyPatch, kind: str, limit: int
) -> None:
    """Guards a refusal, and an alert told twice, because a slow line let two messages arrive close together."""
    monkeypatch.setattr(type(PLATFORMS[kind]), "max_notices", 1)
    publish(clean, stock_outs(2 * limit + 1))
    clock, arrivals = Clock(), []

    def judge(call: Call) -> Answer:
        # Every other one is 0.4 s on its way.
        clock.at += timedelta(seconds=0.4 if len(arrivals) % 2 == 0 else 0)
        arrivals.append(clock.at)
        return JUDGES[kind](call)

    with receiving(judge) as chat:
        [outcome] = send(clean, hook(chat, kind), clock=clock)
    assert (outcome.problem, len(arrivals)) == (None, 2 * limit + 1)
    for first, last in zip(arrivals, arrivals[limit:], strict=False):
        assert (last - first).total_seconds() >= 1


def test_a_strict_receiver_in_real_time_never_has_to_refuse(
    clean: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same without a clock of our own: five a second and no more."""
    monkeypatch.setattr(type(PLATFORMS["feishu"]), "max_notices", 1)
    publish(clean, stock_outs(8))
    refused = said(code=11232, msg="too fast")
    with receiving(at_most(5, 0.99, chats.feishu, refused)) as chat:
        [outcome] = deliver(clean, [hook(chat, "feishu")])
        assert (outcome.delivered, len(chat.calls)) == (8, 8)


def test_a_shut_out_robot_is_left_for_later_and_not_waited_for(clean: Home) -> None:
    """Guards a run that stands still for ten minutes, and alerts that such a pause would lose."""
    publish(clean, stock_outs(1))
    clock = Clock()
    with receiving(chats.dingtalk) as chat:
        chat.answers = [said(errcode=130101, errmsg="send too fast, exceed 20 times per minute")]
        [outcome] = send(clean, hook(chat, "dingtalk"), clock=clock, seconds=180)
        assert isinstance(outcome.problem, LeftForLater) and "130101" in outcome.problem.message
        assert clock.waits == [] and outcome.waiting == 1
        clock.sleep(600)
        assert send(clean, hook(chat, "dingtalk"), clock=clock)[0].delivered == 1


def test_an_alert_that_a_platform_dislikes_keeps_no_other_back(clean: Home) -> None:
    """Guards a whole day's alerts behind one that is refused for a word in it."""
    publish(clean, [*stock_outs(3), ("id-bad", "brushing", "warning", "risk", True)])

    def judge(call: Call) -> Answer:
        if "Owner: risk" in call.raw.decode():
            return said(errcode=430104, errmsg="forbidden words")
        return chats.dingtalk(call)

    with receiving(judge) as chat:
        [outcome] = send(clean, hook(chat, "dingtalk"))
        assert (outcome.delivered, outcome.waiting) == (3, 1)
        assert outcome.problem is not None and "430104" in outcome.problem.message
        assert Ledger(clean).delivered("dingtalk") == {"id-000", "id-001", "id-002"}


def test_a_webhook_that_was_removed_is_not_asked_for_each_alert(clean: Home) -> None:
    publish(clean, stock_outs(30))
    with receiving(chats.slack) as chat:
        wrong = replace(hook(chat, "slack"), url=f"{chat.url}/services/removed")
        [outcome] = send(clean, wrong)
        assert outcome.waiting == 30 and len(chat.calls) == 3
        assert outcome.problem is not None and "no_service" in outcome.problem.message


def test_another_page_behind_the_address_is_no_success(clean: Home) -> None:
    """Guards alerts that a login page of a proxy has 'taken' with HTTP 200, or that a redirect carries away."""
    publish(clean, stock_outs(1))
    for answer in ((200, "<html>Welcome</html>", {}), (302, "", {"Location": "/elsewhere"}), (200, "[]", {})):
        with receiving(lambda call, answer=answer: answer) as chat:  # type: ignore[misc]
            for kind in ("feishu", "dingtalk", "wecom", "slack"):
                [outcome] = send(clean, hook(chat, kind))
                assert outcome.waiting == 1, (kind, answer)
            # To a receiver of one's own any answer of a machine will do.
            [outcome] = send(clean, hook(chat, "plain"))
            assert outcome.waiting == (0 if answer[1] == "[]" else 1), answer
            assert not [call for call in chat.calls if call.path == "/elsewhere"]


def test_a_plain_receiver_that_has_it_already_is_no_failure(clean: Home) -> None:
    publish(clean, stock_outs(1))
    with receiving(chats.plain) as chat:
        chat.answers = [(409, "known", {})]
        assert send(clean, hook(chat, "plain"))[0].delivered == 1


def test_nobody_is_mentioned_by_the_name_of_a_product(clean: Home) -> None:
    """Guards a seller's product name that calls a whole company to the chat."""
    publish(clean, stock_outs(1))
    texts = {}
    for kind, judge in JUDGES.items():
        with receiving(judge) as chat:
            send(clean, hook(chat, kind))
            texts[kind] = chat.calls[0].body
    assert "<!channel>" not in texts["slack"]["text"] and "&lt;!channel&gt;" in texts["slack"]["text"]
    assert "<@" not in texts["wecom"]["text"]["content"]
    lines = texts["feishu"]["content"]["post"]["zh_cn"]["content"]
    assert {part["tag"] for line in lines for part in line} == {"text"}
    assert texts["dingtalk"]["at"] == {"isAtAll": False}
    assert texts["plain"]["message_en"] == "Aurora Lamp <@all> & <!channel> is out of stock."


def test_killed_after_the_platform_took_it_it_comes_twice_not_never(
    clean: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: the one promise that chats without a key of idempotency leave room for."""
    publish(clean, stock_outs(2))

    class Killed(BaseException):
        pass

    def kill(self: Ledger, webhook: str, alert_ids: Any, now: datetime) -> None:
        raise Killed

    with receiving(chats.plain) as chat:
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "record_delivery", kill)
            with pytest.raises(Killed):
                send(clean, hook(chat, "plain"))
        assert len(chat.calls) == 1
        assert send(clean, hook(chat, "plain"))[0].delivered == 2
        ids = [call.headers["idempotency-key"] for call in chat.calls]
        assert ids == ["id-000", "id-000", "id-001"], "the receiver can tell which one is the second"


def test_a_full_disk_stops_the_sending_not_the_remembering(
    clean: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards the same alert every minute for as long as the disk is full."""
    publish(clean, stock_outs(1))

    def full(*_: Any, **__: Any) -> Path:
        raise StorageError("No space left while writing webhooks.json.")

    with receiving(chats.slack) as chat:
        monkeypatch.setattr(ledger_module, "write_record", full)
        [outcome] = send(clean, hook(chat, "slack"))
        assert isinstance(outcome.problem, StorageError)
        assert chat.calls == []


def test_what_was_told_is_private_small_and_never_guessed(clean: Home) -> None:
    publish(clean, stock_outs(1))
    clock = Clock()
    with receiving(chats.slack) as chat:
        send(clean, hook(chat, "slack"), clock=clock)
        path = clean.root / "webhooks.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        # Gone from kpi_alerts and told long ago: forgotten; still open: remembered for ever.
        publish(clean, [*stock_outs(1), ("new", "stock_out", "warning", "supply chain", True)])
        clock.sleep(100 * 86_400)
        send(clean, hook(chat, "slack"), clock=clock)
        assert Ledger(clean).delivered("slack") == {"id-000", "new"}
        publish(clean, [("newer", "stock_out", "warning", "supply chain", True)])
        send(clean, hook(chat, "slack"), clock=clock)
        assert Ledger(clean).delivered("slack") == {"new", "newer"}
        for content in ('{"version": 2}', "[", '{"version": 1, "webhooks": {"slack": {}}}'):
            path.write_text(content)
            with pytest.raises(RecordDamaged, match="what was told is not known"):
                send(clean, hook(chat, "slack"))


def test_two_processes_do_not_tell_the_same(clean: Home) -> None:
    publish(clean, stock_outs(1))
    with receiving(chats.slack) as chat, sending(clean):
        with pytest.raises(HomeBusy):
            send(clean, hook(chat, "slack"))
        assert chat.calls == []


def test_only_what_the_people_behind_it_want(clean: Home) -> None:
    publish(
        clean,
        [
            ("a", "stock_out", "critical", "supply chain", True),
            ("b", "stock_out", "warning", "supply chain", True),
            ("c", "account_health", "critical", "shop compliance", True),
            ("d", "account_health", "critical", "shop compliance", False),
        ],
    )
    with receiving(chats.plain) as chat:
        worst = hook(chat, "plain", name="worst", min_severity="critical")
        stock = hook(chat, "plain", name="stock", owners=("supply chain",))
        send(clean, worst, stock)
        assert Ledger(clean).delivered("worst") == {"a", "c"}, "what is over is told to nobody"
        assert Ledger(clean).delivered("stock") == {"a", "b"}


def test_failed_runs_are_told_as_well(clean: Home) -> None:
    """Guards the failure that has no publication to be read from: the very first run, for instance."""
    now = datetime.now(UTC)
    for days in (0, 5):
        raise_alert(
            clean.root,
            Alert(
                kind="run_failed",
                message="daily_job failed in step audit: 1 critical check failed.",
                run_id="run-1",
                details={"job": "daily_job", "step": "audit"},
                at=(now - timedelta(days=days)).isoformat(timespec="seconds"),
            ),
        )
    raise_alert(
        clean.root,
        Alert("shop_sync_failed", "Gone.", "run-1", "7495", details={"authorisation_state": "revoked"}),
    )
    found = find(clean, now)
    assert not found.is_published
    assert {(one.alert_kind, one.severity, one.owner) for one in found.notices} == {
        ("run_failed", "critical", "data"),
        ("shop_sync_failed", "critical", "data"),
    }
    assert len(found.notices) == 2, "what failed five days ago is no news"
    with receiving(chats.slack) as chat:
        assert send(clean, hook(chat, "slack"))[0].delivered == 2
        assert send(clean, hook(chat, "slack"))[0].delivered == 0
        text = chat.calls[0].body["text"]
        assert (
            "任务失败：daily_job（步骤 audit）" in text and "re-execute the run from the failed step" in text
        )


def silence(home: Home) -> dg.SensorResult:
    result = nothing_published(dg.build_sensor_context(), home=HomeResource(root=str(home.root)))
    assert isinstance(result, dg.SensorResult)
    return result


def test_a_silence_reaches_the_chats_although_no_run_fails(
    clean: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dead man's switch: after a power cut nothing ran any more, and the daemons said that all was well."""
    monkeypatch.delenv("ALERTS__SILENCE_HOURS")
    ago = datetime.now(UTC) - timedelta(hours=25)
    publish(clean, [], at=ago.isoformat(timespec="seconds"))
    with receiving(chats.wecom) as chat:
        configure(monkeypatch, "team", kind="wecom", url=chat.wecom)
        first = tick(clean)
        silence(clean)
        assert "Nothing new" in reason(tick(clean, first.cursor)), "25 hours are a daily run that is late"
        publish(clean, [], at=(ago - timedelta(hours=2)).isoformat(timespec="seconds"))
        assert "27 hours" in reason(silence(clean))
        assert "that was told" in reason(silence(clean)), "once a day"
        second = tick(clean, first.cursor)
        assert "Told 1 alerts" in reason(second)
        assert "长时间未发布" in chat.calls[0].raw.decode()
        publish(clean, [], at=(ago - timedelta(hours=30)).isoformat(timespec="seconds"))
        assert "55 hours" in reason(silence(clean)), "and again on the next day"
        publish(clean, [], at=datetime.now(UTC).isoformat(timespec="seconds"))
        assert "not too old" in reason(silence(clean))


def test_a_home_that_never_published_is_silent_too(clean: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert note_silence(clean, datetime.now(UTC), 26) is None, "nobody has used it yet"
    append(clean, Entry("sync"))
    now = datetime.now(UTC)
    assert note_silence(clean, now + timedelta(hours=25), 26) is None
    alert = note_silence(clean, now + timedelta(hours=27), 26)
    assert alert is not None and "Nothing was published for 27 hours" in alert.message
    assert note_silence(clean, now + timedelta(hours=27), 0) is None
    assert main(["alerts", "list"]) == 2, "the list is shown all the same"


def test_a_damaged_line_keeps_no_other_alert_back(clean: Home) -> None:
    raise_alert(clean.root, Alert("run_failed", "daily_job failed.", "run-1"))
    with (clean.root / "alerts.jsonl").open("ab") as file:
        file.write(b'{"kind": "run_\xff\n{"kind": "half')
    found = find(clean, datetime.now(UTC)).notices
    assert sorted(one.alert_kind for one in found) == ["alerts_damaged", "run_failed"]
    assert any("Line 2 of" in one.message_en and "alerts.jsonl" in one.message_en for one in found)


def test_names_bring_no_lines_and_no_signs_into_a_chat(clean: Home) -> None:
    publish(clean, [("a", "stock_out", "warning", "x", True)])
    with duckdb.connect() as connection:
        connection.execute(f"attach '{clean.published}' as file")
        connection.execute(r"update file.marts.kpi_alerts set shop_name = e'Aurora\n\x1b[2JTo do: pay' ")
    text = find(clean, datetime.now(UTC)).notices[0].as_text()
    assert "\x1b" not in text and not any(line.startswith("To do: pay") for line in text.splitlines())


def notice(**changes: Any) -> Notice:
    return replace(
        Notice("id", "stock_out", "sku", "warning", "a", "7495", "Aurora", DAY, DAY, True, "Out.", "缺货。"),
        **changes,
    )


@pytest.mark.parametrize("kind", ["feishu", "dingtalk", "wecom", "slack"])
def test_messages_fit_and_hold_every_alert_once(kind: str) -> None:
    """Guards texts that a platform refuses for their length, and alerts that get lost where they are packed."""
    platform = PLATFORMS[kind]
    many = [notice(alert_id=str(number), message_zh="缺" * (number * 7 % 900)) for number in range(60)]
    packed = list(messages(platform, many))
    assert [one.alert_id for pack, _ in packed for one in pack] == [one.alert_id for one in many]
    for pack, text in packed:
        assert len(text.encode()) <= platform.max_bytes and len(pack) <= platform.max_notices
        assert text.startswith(TITLE), "the keyword that bots may want"
    assert len(packed) < len(many)
    # One that is too long by itself ends with a mark, and not in the middle of a letter.
    [(_, text)] = messages(platform, [notice(subject="品" * 9_000)])
    assert len(text.encode()) <= platform.max_bytes and text.endswith("…")


def test_the_worst_comes_first_and_the_demo_says_so(clean: Home) -> None:
    publish(clean, [("a", "stock_out", "warning", "x", True), ("b", "brushing", "critical", "x", True)])
    assert [one.alert_id for one in find(clean, datetime.now(UTC)).notices] == ["b", "a"]
    (clean.root / "sandbox").mkdir()
    (clean.root / "sandbox" / "demo.json").write_text("{}")
    assert "[演示 DEMO]" in find(clean, datetime.now(UTC)).notices[0].as_text()


def test_every_kind_of_alert_says_what_to_do() -> None:
    """Guards a kind that is added to kpi_alerts and reaches people without a name in their language."""
    model = PROJECT_ROOT / "models" / "marts" / "alarms" / "kpi_alerts.yml"
    [mart] = yaml.safe_load(model.read_text(encoding="utf-8"))["models"]
    [column] = [column for column in mart["columns"] if column["name"] == "alert_kind"]
    [kinds] = [
        test["accepted_values"]["arguments"]["values"]
        for test in column["data_tests"]
        if "accepted_values" in test
    ]
    assert set(kinds) <= set(KINDS)
    for advice in KINDS.values():
        assert any("一" <= letter <= "鿿" for letter in advice.zh + advice.action_zh)
    unknown = notice(alert_kind="something_new")
    assert "something_new" in unknown.as_text()


# Configuration ------------------------------------------------------------------------------------------


def configure(monkeypatch: pytest.MonkeyPatch, name: str, **values: str) -> None:
    for key, value in values.items():
        monkeypatch.setenv(f"ALERTS__WEBHOOKS__{name.upper()}__{key.upper()}", value)


def test_webhooks_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_webhooks() == ()
    configure(
        monkeypatch, "ops_team", kind="feishu", url="https://x.test/hook/1", secret="s", owners="data, risk"
    )
    configure(monkeypatch, "boss", kind="slack", url="https://x.test/2", min_severity="critical")
    boss, team = load_webhooks()
    assert (boss.name, boss.min_severity, boss.owners) == ("boss", "critical", ())
    assert (team.name, team.kind, team.secret, team.owners) == ("ops_team", "feishu", "s", ("data", "risk"))


def test_webhooks_are_read_from_dlts_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards the half of the configuration that stands in config.toml while the URL is in secrets.toml."""
    folder = tmp_path / ".dlt"
    (folder / "secrets.toml").write_text(
        '[alerts.webhooks.team]\nurl = "https://x.test/1"\nsecret = "0012"\n'
    )
    (folder / "config.toml").write_text(
        '[alerts.webhooks.team]\nkind = "dingtalk"\nowners = ["data", "risk"]\n'
        '[alerts.webhooks.leak]\nkind = "slack"\nurl = "https://x.test/committed"\n'
    )
    Container()[PluggableRunContext].reload_providers()
    with pytest.raises(ConfigError, match=r"alerts\.webhooks\.leak\.url is not set"):
        load_webhooks()
    configure(monkeypatch, "leak", url="https://x.test/2", owners='["data", "supply chain"]')
    leak, team = load_webhooks()
    assert (leak.url, leak.owners) == ("https://x.test/2", ("data", "supply chain"))
    assert (team.kind, team.url, team.secret, team.owners) == (
        "dingtalk",
        "https://x.test/1",
        "0012",
        ("data", "risk"),
    )

    (folder / "config.toml").write_text('[alerts]\nwebhooks = ["https://x.test"]\n')
    Container()[PluggableRunContext].reload_providers()
    with pytest.raises(ConfigError, match="holds something that is no webhook"):
        load_webhooks()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"kind": "teams", "url": "https://x.test"}, "must be one of feishu"),
        ({"url": "https://x.test"}, "ALERTS__WEBHOOKS__TEAM__KIND"),
        ({"kind": "slack"}, "ALERTS__WEBHOOKS__TEAM__URL"),
        ({"kind": "slack", "url": "hooks.slack.com/planted"}, "https://"),
        ({"kind": "slack", "url": "https://x.test", "secret": "planted"}, "does not sign"),
        ({"kind": "slack", "url": "https://x.test", "min_severity": "high"}, "warning or critical"),
        ({"kind": "slack", "url": "https://x.test", "owner": "data"}, "does not know owner"),
    ],
)
def test_a_wrong_configuration_names_what_and_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], values: dict[str, str], named: str
) -> None:
    configure(monkeypatch, "team", **values)
    assert main(["alerts", "send"]) == 2
    shown = capsys.readouterr()
    assert named in shown.err and "alerts.webhooks.team" in shown.err
    assert "planted" not in shown.err + shown.out


# Command line -------------------------------------------------------------------------------------------


def test_the_commands_say_what_there_is(
    clean: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alerts", "list"]) == 2
    shown = capsys.readouterr()
    assert "0 alerts." in shown.out and "Nothing is published yet" in shown.err
    assert main(["alerts", "send"]) == 2
    assert "ALERTS__WEBHOOKS__TEAM__KIND" in capsys.readouterr().err

    publish(clean, [*stock_outs(1), ("over", "stock_out", "warning", "x", False)])
    assert main(["alerts", "list"]) == 0
    shown = capsys.readouterr()
    assert "1 alert." in shown.out and "极光灯缺货。" in shown.out and not shown.err
    assert main(["alerts", "list", "--all"]) == 0
    assert "2 alerts." in capsys.readouterr().out


def test_a_dry_run_shows_all_and_does_nothing(
    clean: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(clean, stock_outs(2))
    with receiving(chats.feishu) as chat:
        configure(monkeypatch, "team", kind="feishu", url=chat.feishu, secret=SECRET)
        configure(monkeypatch, "gone", kind="slack", url="http://127.0.0.1:9/services/planted")
        assert main(["alerts", "send", "--dry-run", "--webhook", "team"]) == 0
        shown = capsys.readouterr().out
        assert "2 new alerts in 1 message," in shown and "极光灯缺货。" in shown and TOKEN not in shown
        assert chat.calls == [] and not (clean.root / "webhooks.json").exists()

        assert main(["alerts", "send", "--webhook", "team"]) == 0
        assert "2 alerts in 1 message." in capsys.readouterr().out
        assert main(["alerts", "send", "--dry-run", "--webhook", "team"]) == 0
        assert "0 new alerts in 0 messages, 2 told before and still open" in capsys.readouterr().out
        assert main(["alerts", "send", "--webhook", "nobody"]) == 2


def test_exit_codes_say_whether_all_were_told(
    clean: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(clean, stock_outs(1))
    with receiving(chats.slack) as chat:
        configure(monkeypatch, "wrong", kind="slack", url=f"{chat.url}/services/removed-0123456789")
        assert main(["alerts", "send"]) == 1
        shown = capsys.readouterr()
        assert "no_service" in shown.err and "Still to be told: 1 alert." in shown.err
        assert "removed-0123456789" not in shown.err + shown.out
        configure(monkeypatch, "team", kind="slack", url=chat.slack)
        assert main(["alerts", "send"]) == 3


# Sensor -------------------------------------------------------------------------------------------------


def tick(home: Home, cursor: str | None = None) -> dg.SensorResult:
    result = alert_webhooks(dg.build_sensor_context(cursor=cursor), home=HomeResource(root=str(home.root)))
    assert isinstance(result, dg.SensorResult)
    return result


def reason(result: dg.SensorResult) -> str:
    assert result.skip_reason is not None and not result.run_requests
    return str(getattr(result.skip_reason, "skip_message", result.skip_reason))


def test_the_sensor_tells_what_a_publication_brings(clean: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No webhook is configured" in reason(tick(clean))
    with receiving(chats.wecom) as chat:
        configure(monkeypatch, "team", kind="wecom", url=chat.wecom)
        first = tick(clean)
        assert "No alert is new" in reason(first) and chat.calls == []

        publish(clean, stock_outs(1))
        second = tick(clean, first.cursor)
        assert "Told 1 alerts" in reason(second) and len(chat.calls) == 1
        third = tick(clean, second.cursor)
        assert "Nothing new" in reason(third)

        raise_alert(clean.root, Alert("run_failed", "daily_job failed.", "run-1"))
        fourth = tick(clean, third.cursor)
        assert "Told 1 alerts" in reason(fourth) and "任务失败" in chat.calls[1].raw.decode()

        # Published anew with nothing new in it, and somebody sent by hand.
        publish(clean, stock_outs(1), at="2026-11-07T02:00:00+00:00")
        assert "No alert is new" in reason(tick(clean, fourth.cursor))
        assert len(chat.calls) == 2


def test_the_sensor_asks_a_webhook_again_but_not_at_once(
    clean: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards alerts that are lost when the chat was down at their publication, and a chat asked every minute."""
    publish(clean, stock_outs(1))
    with receiving(lambda call: said(errcode=93000, errmsg="invalid webhook url")) as chat:
        configure(monkeypatch, "team", kind="wecom", url=chat.wecom)
        first = tick(clean)
        assert "Told 0 alerts, 1 wait" in reason(first)
        assert "Nothing new" in reason(tick(clean, first.cursor)) and len(chat.calls) == 1
        chat.judge = chats.wecom
        state = json.loads(str(first.cursor))
        state["again_at"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        assert "Told 1 alerts" in reason(tick(clean, json.dumps(state)))


def test_the_sensor_leaves_it_to_another_process_that_sends(
    clean: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(clean, stock_outs(1))
    with receiving(chats.wecom) as chat:
        configure(monkeypatch, "team", kind="wecom", url=chat.wecom)
        with sending(clean):
            result = tick(clean)
            assert "Another process is sending" in reason(result)
        assert "Told 1 alerts" in reason(tick(clean, result.cursor))
