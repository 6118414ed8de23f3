"""The report over a published home: right figures, both languages, each platform once and within its limits, late said so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
import webhook_receiver as chats
from webhook_helpers import JUDGES, Clock, hook
from webhook_receiver import receiving, said

from home.errors import ConfigError
from home.layout import Home, HomeBusy
from orchestration.cli import main
from orchestration.deliver.report.cards import card_of
from orchestration.deliver.report.content import NothingToReport, write_report
from orchestration.deliver.report.due import LATE, PARTLY, READY, due_reports, readiness
from orchestration.deliver.report.page import as_html
from orchestration.deliver.report.parts import Report
from orchestration.deliver.report.period import NoSuchReport, period_of, wanted_period
from orchestration.deliver.report.picture import BROWSER_VARIABLE, NoPicture, browser, draw
from orchestration.deliver.report.send import made, send_reports, still_to_send
from orchestration.deliver.webhooks.ledger import sending
from orchestration.deliver.webhooks.platform import Webhook
from orchestration.docs_pages.chats import chats_page
from orchestration.metrics.source import published

ZONE = "Asia/Shanghai"
DAY = date(2026, 11, 7)
DAILY = period_of("daily", DAY, ZONE)
PLATFORMS = ("feishu", "dingtalk", "wecom", "slack", "plain")


@pytest.fixture
def place(published_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a published file of its own, and no other data."""
    home = Home(tmp_path / "home")
    home.make()
    home.published.parent.mkdir()
    for name in (home.published.name, home.bi_file.name, "manifest.json"):
        (home.published.parent / name).write_bytes((published_home.published.parent / name).read_bytes())
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    return home


@pytest.fixture(scope="module")
def report(published_home: Home) -> Report:
    with published(published_home) as file:
        return write_report(file, DAILY)


def change(home: Home, *statements: str) -> None:
    """Change the published file, under both its names."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as file")
        for statement in statements:
            connection.execute(statement)
    home.bi_file.write_bytes(home.published.read_bytes())


def test_figures_of_shops_are_those_of_the_marts(published_home: Home, report: Report) -> None:
    """Guards a report that sums by itself, or leaves out a shop without sales."""
    with published(published_home) as file:
        plain = file.rows(
            "select shop_name, gmv_rc, paid_orders from warehouse.marts.dim_shops as shops "
            "left join warehouse.marts.kpi_shop_daily as days "
            "on shops.shop_key = days.shop_key and business_date = ? order by 1",
            [DAY],
        )
        ((total, orders),) = file.rows(
            "select sum(gmv_rc), sum(paid_orders) from warehouse.marts.kpi_shop_daily where business_date = ?",
            [DAY],
        )
    [shops] = [section for section in report.sections if section.key == "shops"]
    headers = [header[0] for header in shops.headers]
    orders_of = headers.index("Paid orders")
    shown = {row[0].text[0]: (row[1].text[0], row[orders_of].text[0]) for row in shops.rows}

    def money(value: Decimal | None) -> str:
        return "–" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:,.2f}"

    assert shown == {name: (money(gmv), "–" if paid is None else str(paid)) for name, gmv, paid in plain}
    tiles = {name[0]: value.text[0] for name, value, _ in report.tiles}
    assert tiles["GMV (incl. refunds)"] == f"{money(total)} CNY"
    assert tiles["Paid orders"] == str(orders)


def test_the_page_is_whole_safe_and_in_both_languages(report: Report) -> None:
    """Guards a page that asks a server, runs a script, or shows a name as HTML."""
    shops = next(section for section in report.sections if section.key == "shops")
    evil = replace(shops.rows[0][0], text=("<script>alert(1)</script>", "<b>"))
    rows = ((evil, *shops.rows[0][1:]), *shops.rows[1:])
    sections = tuple(replace(one, rows=rows) if one.key == "shops" else one for one in report.sections)
    page = as_html(replace(report, sections=sections), "both")
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            found.append(tag)
            assert not {"src", "href", "onclick"} & {name for name, _ in attributes}

    Reader().feed(page)
    assert "script" not in found and "&lt;script&gt;" in page
    assert "default-src 'none'" in page and "http://" not in page and "https://" not in page
    assert "日报" in page and "Daily report" in page and report.publication_id in page
    assert "日报" not in as_html(report, "en") and "Daily report" not in as_html(report, "zh")
    # What is not final says so, and the report says what the mark means.
    assert 'class="open' in page and "暂定 not final" in page


def test_every_kind_has_its_sections(published_home: Home) -> None:
    with published(published_home) as file:
        for kind, day in (("daily", DAY), ("weekly", date(2026, 10, 28)), ("monthly", date(2026, 10, 5))):
            found = write_report(file, period_of(kind, day, ZONE))
            keys = [section.key for section in found.sections]
            assert keys[0] == "shops" and {"alerts", "creators", "live", "stock", "restated"} <= set(keys)
            assert all(len(row) == len(one.headers) for one in found.sections for row in one.rows)


def test_the_close_of_a_month_and_claims_are_those_of_the_marts(published_home: Home) -> None:
    """Guards another month than the report's, a weekly report with a month, and a case that is in no report."""
    with published(published_home) as file:
        monthly = write_report(file, period_of("monthly", date(2026, 10, 5), ZONE))
        weekly = write_report(file, period_of("weekly", date(2026, 10, 28), ZONE))
        closing = file.rows(
            "select closing_receivable from warehouse.marts.kpi_month_close "
            "where shop_local_month = date '2026-10-01' order by shop_key, currency"
        )
        claimed = file.rows(
            "select count(*) from warehouse.marts.kpi_fee_audit where verdict = 'claim' "
            "and occurred_on between date '2026-10-01' and date '2026-10-31'"
        )[0][0]
    by_key = {section.key: section for section in monthly.sections}
    shown = [row[-1].text[0] for row in by_key["month_close"].rows]
    assert shown == [f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:,.2f}" for (amount,) in closing]
    assert len(shown) >= 5
    assert claimed and len(by_key["claims"].rows) + by_key["claims"].more == claimed
    assert "month_close" not in [section.key for section in weekly.sections]


@pytest.mark.parametrize("kind", PLATFORMS)
@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_cards_keep_every_shop_and_the_limits(report: Report, kind: str, language: str) -> None:
    """Guards a card that a platform cuts or refuses: the receivers below check the limits, here it is what is left out."""
    card = card_of(kind, report, language, is_demo=True)
    text = json.dumps(card, ensure_ascii=False)
    for shop in ("Aurora Thailand", "Aurora UK", "Aurora US", "Aurora Vietnam", "Aurora Malaysia"):
        assert shop in text
    assert "TikTok Shop KPI" in text or kind == "plain"
    assert ("[演示]" in text) == (language != "en") or kind == "plain"
    if kind == "wecom":
        assert len(card["markdown"]["content"].encode()) <= 4096


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_every_card_can_be_drawn_and_no_mark_is_left_over(report: Report, language: str) -> None:
    """Guards a card with an element, or a mark, that its platform's client does not show as meant."""
    cards = {kind: card_of(kind, report, language) for kind in ("feishu", "dingtalk", "wecom", "slack")}
    drawn = chats_page(cards)
    for shop in report.sections[0].rows:
        assert drawn.count(shop[0].text[0]) >= 4
    text = re.sub(r"<[^>]+>", "", drawn.partition("</style>")[2])
    assert "**" not in text and "##" not in text and "&amp;amp;" not in text
    odd = {**cards["feishu"], "card": {**cards["feishu"]["card"], "body": {"elements": [{"tag": "chart"}]}}}
    with pytest.raises(ValueError, match="chart"):
        chats_page({"feishu": odd})


def test_names_can_not_mention_anybody(report: Report) -> None:
    """Guards a product's name that pings a whole group, or is a link, on a platform that reads marks."""
    evil = "<at id=all></at> <@everyone> [free](http://x.test) **x** @all"
    shops = next(section for section in report.sections if section.key == "shops")
    cell = replace(shops.rows[0][0], text=(evil, evil))
    moves = replace(shops, key="moves", rows=((cell, *shops.rows[0][1:]),), is_list=True)
    for kind in ("feishu", "dingtalk", "wecom", "slack"):
        text = json.dumps(card_of(kind, replace(report, sections=(moves,)), "en"), ensure_ascii=False)
        assert not re.search(r"<at|<@|\]\(http|@all|&lt;@", text), kind
        assert "free" in text


def test_names_begin_no_line_and_turn_no_text_around(place: Home) -> None:
    """Guards a name that writes a row of its own into a chat, or that reads from right to left."""
    evil = "=1+1 <script>x</script>\x1b[31m\u202egnp\n- new\r\n## head"
    change(
        place,
        f"update file.marts.dim_shops set shop_name = {quoted_text(evil)}",
        f"update file.marts.kpi_alerts set owner = {quoted_text(evil)}, message_zh = {quoted_text(evil)}",
        f"update file.marts.kpi_team_scorecard set person_name = {quoted_text(evil)}",
    )
    with published(place) as file:
        report = write_report(file, DAILY)
    page = as_html(report, "both")
    assert "<script>x" not in page and not re.search("[\x1b\u202e]", page)
    for kind in PLATFORMS:
        text = json.dumps(card_of(kind, report, "zh"), ensure_ascii=False)
        assert not re.search("\\\\u001b|\u202e|n- new|n## head", text), kind
        assert kind == "plain" or "<script" not in text, kind
        assert "head" in text, kind


def quoted_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_each_webhook_gets_it_once_over_the_wire(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    with ExitStack() as stack:
        rooms = {kind: stack.enter_context(receiving(JUDGES[kind])) for kind in PLATFORMS}
        hooks = [hook(room, kind, reports=("daily",), lang="zh") for kind, room in rooms.items()]
        sent = send_reports(place, hooks, DAILY, patience=clock.patience(), notify=lambda text: None)
        assert [(one.is_new, one.is_late, one.problem) for one in sent] == [(True, False, None)] * 5
        again = send_reports(place, hooks, DAILY, patience=clock.patience(), notify=lambda text: None)
        assert [one.is_new for one in again] == [False] * 5
        assert all(len(room.calls) == 1 for room in rooms.values())
        assert rooms["feishu"].calls[0].body["msg_type"] == "interactive"
        assert rooms["plain"].calls[0].body["publication_id"]
        # Another period is another report.
        assert len(still_to_send(place, hooks, DAILY.previous())) == 5


def test_the_picture_follows_once_and_takes_no_report_away(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards a report that comes twice as its picture failed, a page that is drawn for each webhook, and a late picture."""
    clock, pages = Clock(), []
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)

    def draw_nothing(page: str) -> bytes:
        pages.append(page)
        return picture

    def send(*hooks: Webhook, dry_run: bool = False) -> list[tuple[str, bool, bool, str]]:
        sent = send_reports(
            place, hooks, DAILY, dry_run=dry_run, patience=clock.patience(), notify=lambda _: None
        )
        return [(one.webhook.name, one.is_picture, one.is_new, str(one.problem or "")) for one in sent]

    def no_browser(page: str) -> bytes:
        raise NoPicture("The browser drew nothing.")

    with receiving(chats.wecom) as wecom, receiving(chats.feishu) as feishu:
        common = {"reports": ("daily",), "lang": "zh", "picture": True}
        app = dict(zip(("app_id", "app_secret"), chats.APP, strict=True))
        hooks = [
            hook(wecom, "wecom", **common),
            hook(feishu, "feishu", **common, **app),
        ]
        both = [("wecom", False, True, ""), ("wecom", True, True, "")]
        both += [("feishu", False, True, ""), ("feishu", True, True, "")]
        assert send(*hooks, dry_run=True) == both and not wecom.calls and not pages
        monkeypatch.setattr("orchestration.deliver.report.send.drawn", no_browser)
        first = send(*hooks)
        assert [one[3][:11] for one in first] == ["", "The browser", "", "The browser"]
        assert still_to_send(place, hooks, DAILY) == tuple(hooks)
        monkeypatch.setattr("orchestration.deliver.report.send.drawn", draw_nothing)
        assert send(*hooks) == [("wecom", True, True, ""), ("feishu", True, True, "")]
        assert send(*hooks) == [("wecom", False, False, ""), ("feishu", False, False, "")]
        assert still_to_send(place, hooks, DAILY) == ()
        assert [call.body["msgtype"] for call in wecom.calls] == ["markdown", "image"]
        assert [call.path.split("/")[2] for call in feishu.calls] == ["bot", "auth", "im", "bot"]
        assert len(pages) == 1, "both have the same page"
        monkeypatch.setattr("orchestration.deliver.report.send.is_demo_home", lambda home: True)
        assert send(hook(wecom, "wecom", name="demo", **common))[1] == ("demo", True, True, "")
        assert "[演示] 日报" in pages[1] and "[演示]" not in pages[0]
        change(place, "update file.marts.dim_shops set data_until = timestamptz '2026-11-07 10:00:00+00'")
        late = hook(wecom, "wecom", name="late", **common)
        assert send(late) == [("late", False, True, "")], "no picture of numbers that are late"


def test_shops_stand_beside_their_targets_of_the_month(place: Home) -> None:
    """Thailand's target is 1.5 times what was sold from 1 to 7 November: 66.7 % with 23.3 % of the month over, ahead.
    Vietnam's is ten times: 10 %, behind. Malaysia is late: no arrow. The US has a target of net GMV alone, GB none."""
    change(
        place,
        "delete from file.marts.kpi_shop_targets",
        """insert into file.marts.kpi_shop_targets by name
        select shop_key, date '2026-11-01' as month_start, 'gmv_rc' as kpi_name,
            sum(gmv_rc) * case shop_key when '7495000000000000101' then 1.5 else 10 end as target
        from file.marts.kpi_shop_daily
        where business_date between date '2026-11-01' and date '2026-11-07'
            and shop_key in ('7495000000000000101', '7495000000000000202', '7495000000000000303')
        group by shop_key""",
        """insert into file.marts.kpi_shop_targets by name
        select '7495000000000000505' as shop_key, date '2026-11-01' as month_start, 'net_gmv_rc' as kpi_name,
            sum(net_gmv_rc) as target
        from file.marts.kpi_shop_daily
        where business_date between date '2026-11-01' and date '2026-11-07' and shop_key = '7495000000000000505'""",
        "update file.marts.dim_shops set data_until = timestamptz '2026-11-07 10:00:00+00' "
        "where shop_key = '7495000000000000303'",
    )
    with published(place) as file:
        report = write_report(file, DAILY)
    shops = next(section for section in report.sections if section.key == "shops")
    column = shops.headers.index(("of month's target", "月目标完成"))
    found = {row[0].text[0]: row[column] for row in shops.rows}
    assert {name: cell.text[0] for name, cell in found.items()} == {
        "Aurora Thailand": "▲ 66.7 %",
        "Aurora Vietnam": "▼ 10.0 %",
        "Aurora Malaysia": "10.0 %",
        "Aurora US": "▲ 100.0 %",
        "Aurora UK": "–",
    }
    assert found["Aurora Malaysia"].not_final and not found["Aurora Malaysia"].tone
    assert "7 of its 30 days are over (23.3 %)" in shops.notes[-1][0]
    targets = next(section for section in report.sections if section.key == "targets")
    assert sum(row[1].text == ("shop", "店铺") for row in targets.rows) == 4
    for kind in PLATFORMS:
        assert "66.7 %" in json.dumps(card_of(kind, report, "zh"), ensure_ascii=False), kind
    # A file without the table, as that of an audience, has a report without the column.
    change(place, "drop table file.marts.kpi_shop_targets")
    with published(place) as file:
        without = write_report(file, DAILY)
    assert all("月目标完成" not in header for header in without.sections[0].headers)


def test_what_fails_is_told_and_keeps_no_other_from_it(place: Home) -> None:
    """Guards a webhook that is gone, a token that has expired, a server that is down: the others get it, these later."""
    clock = Clock()
    gone = lambda call: said(errcode=300005, errmsg="token is not exist")  # noqa: E731
    with receiving(chats.slack) as well, receiving(gone) as expired, receiving(chats.feishu) as down:
        hooks = [
            hook(expired, "dingtalk", reports=("daily",)),
            hook(down, "feishu", reports=("daily",)),
            hook(well, "slack", reports=("daily",)),
            hook(well, "slack", name="nobody", reports=("daily",), audience="nobody"),
        ]
        down.answers = [(503, "busy", {})] * 20
        sent = send_reports(place, hooks, DAILY, patience=clock.patience(30.0), notify=lambda text: None)
        assert [one.problem is None for one in sent] == [False, False, True, False]
        assert "copy the address" in sent[0].problem.advice  # type: ignore[union-attr]
        assert "audience nobody" in str(sent[3].problem)
        down.answers = []
        again = send_reports(place, hooks[1:3], DAILY, patience=Clock().patience(), notify=lambda text: None)
        assert [(one.is_new, one.problem) for one in again] == [(True, None), (False, None)]
        assert len(well.calls) == 1


def test_two_senders_do_not_send_the_same(place: Home) -> None:
    with receiving(chats.slack) as room, sending(place):
        with pytest.raises(HomeBusy):
            send_reports(place, [hook(room, "slack", reports=("daily",))], DAILY)
        assert room.calls == []


def test_late_numbers_are_said_once_and_the_report_comes(place: Home) -> None:
    """Guards yesterday's report made of the day before, and the word that it is late every ten minutes."""
    known = (place.published.read_bytes(), place.bi_file.read_bytes())
    change(place, "update file.marts.dim_shops set data_until = timestamptz '2026-11-07 10:00:00+00'")
    clock = Clock()
    with receiving(chats.slack) as room:
        hooks = [hook(room, "slack", reports=("daily",))]
        for expected in (True, False):
            [sent] = send_reports(place, hooks, DAILY, patience=clock.patience(), notify=lambda text: None)
            assert (sent.is_new, sent.is_late) == (expected, True)
        text = json.dumps(room.calls[0].body, ensure_ascii=False)
        assert "数据延迟" in text and "The numbers are late" in text and "2026-11-07 18:00" in text
        assert "GMV" not in text
        place.published.write_bytes(known[0])
        place.bi_file.write_bytes(known[1])
        [sent] = send_reports(place, hooks, DAILY, patience=clock.patience(), notify=lambda text: None)
        assert (sent.is_new, sent.is_late, len(room.calls)) == (True, False, 2)


def test_one_late_shop_is_marked_and_not_compared(place: Home) -> None:
    late = "update file.marts.dim_shops set data_until = timestamptz '2026-11-07 10:00:00+00' where region = 'TH'"
    change(place, late)
    found = made(place, DAILY, "")
    assert not found.is_late and [shop.name for shop in found.late] == ["Aurora Thailand"]
    assert "Aurora Thailand" in found.warnings[0][0] and "Aurora Thailand" in found.warnings[0][1]
    shops = next(section for section in found.sections if section.key == "shops")
    row = next(row for row in shops.rows if row[0].text[0] == "Aurora Thailand")
    assert row[0].not_final and row[2].text[0] == "–"
    # Nor is what all shops, or a creator of several, sold with a part of it missing.
    assert all(moved.text[0] == "–" and value.not_final for _, value, moved in found.tiles)
    creators = next(section for section in found.sections if section.key == "creators")
    assert {row[-1].text[0] for row in creators.rows} == {"–"}


def test_the_schedule_waits_for_the_numbers_and_not_for_ever(place: Home) -> None:
    with receiving(chats.slack) as room:
        hooks = (hook(room, "slack", reports=("daily",)), hook(room, "slack", name="alarms"))
        due = datetime(2026, 11, 8, 0, 30, tzinfo=UTC)  # 08:30 in Shanghai
        never_read = (
            "update file.marts.ops_sync_status set last_success_at = timestamptz '2026-11-07 01:00:00+00'"
        )
        change(place, never_read + " where resource = 'live_sessions'")
        assert readiness(place, DAILY) == PARTLY
        assert list(due_reports(place, hooks, due - timedelta(minutes=1), ZONE)) == []
        assert list(due_reports(place, hooks, due, ZONE)) == []
        [one] = due_reports(place, hooks, due + timedelta(hours=1), ZONE)
        assert (one.period, [hook.name for hook in one.webhooks], one.state) == (DAILY, ["slack"], PARTLY)
        change(
            place,
            "update file.marts.ops_sync_status set last_success_at = timestamptz '2026-11-08 00:10:00+00'",
        )
        [one] = due_reports(place, hooks, due, ZONE)
        assert one.state == READY
        send_reports(place, one.webhooks, one.period, patience=Clock().patience(), notify=lambda text: None)
        assert list(due_reports(place, hooks, due, ZONE)) == []
        # What nobody has sent for days is no news.
        assert list(due_reports(place, hooks, due + timedelta(days=4), ZONE)) == []
        place.published.unlink()
        assert readiness(place, DAILY.previous()) == LATE


def test_what_was_restated_since_the_last_report_is_told(place: Home) -> None:
    columns = "shop_key, kpi_date, kpi_clock, kpi_name, model_name, restatement_number, currency, first_value, value_before, value_now, difference, publication_id, published_at, reason, records_concerned"
    change(
        place,
        f"insert into file.marts.kpi_restatements ({columns}) select shop_key, date '2026-11-01', 'business_date', 'net_gmv', "
        "'kpi_shop_daily', 1, 'THB', 100, 100, 80, -20, 'p2', timestamptz '2026-11-08 00:10:00+00', 'refund', 2 "
        "from file.marts.dim_shops where region = 'TH'",
    )
    [section] = [one for one in made(place, DAILY, "").sections if one.key == "restated"]
    assert [cell.text[0] for cell in section.rows[0]] == [
        "Aurora Thailand",
        "2026-11-01",
        "Net GMV (excl. refunds)",
        "100.00",
        "80.00 THB",
        "Refund",
    ]
    with published(place) as file:
        after = write_report(file, DAILY, restated_after=datetime(2026, 11, 8, 1, tzinfo=UTC))
    [section] = [one for one in after.sections if one.key == "restated"]
    assert section.rows == ()


def test_an_audience_sees_its_own(place: Home) -> None:
    """Guards profit in the report of an audience without costs, and a file without shops."""
    own = place.published.parent / "audiences" / "operations" / place.published.name
    own.parent.mkdir(parents=True)
    own.write_bytes(place.published.read_bytes())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{own}' as file")
        connection.execute("update file.marts.ops_publication set audience = 'operations'")
        connection.execute("drop table file.marts.kpi_order_profit; drop table file.marts.kpi_creator_daily")
    found = made(place, DAILY, "operations")
    text = json.dumps(card_of("plain", found, "en"), ensure_ascii=False)
    assert found.audience == "operations" and "profit" not in text.lower()
    assert "creators" not in [section.key for section in found.sections]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{own}' as file")
        connection.execute("drop table file.marts.dim_shops")
    with pytest.raises(NothingToReport):
        made(place, DAILY, "operations")


def test_periods_are_those_of_the_reporting_zone() -> None:
    night = datetime(2026, 11, 7, 17, tzinfo=UTC)  # the 8th in Shanghai, a Sunday
    assert wanted_period("daily", None, night, ZONE).name == "2026-11-07"
    assert wanted_period("weekly", None, night, ZONE).name == "2026-W44"
    assert wanted_period("weekly", date(2026, 11, 8), night, ZONE).name == "2026-W45"
    assert wanted_period("monthly", None, night, ZONE).name == "2026-10"
    assert period_of("monthly", date(2026, 12, 31), ZONE).until == date(2027, 1, 1)
    with pytest.raises(NoSuchReport, match="has not begun"):
        wanted_period("daily", date(2026, 11, 9), night, ZONE)


def test_the_command_writes_a_page(place: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "daily", "--date", "2026-11-07", "--lang", "zh"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == place.root / "reports" / "daily" / "2026-11-07.html"
    assert "日报 2026-11-07" in path.read_text()
    assert main(["report", "daily", "--date", "2999-01-01"]) == 2
    assert "has not begun" in capsys.readouterr().err
    assert main(["report", "daily", "--send"]) == 2
    assert "webhook" in capsys.readouterr().err
    assert main(["report", "daily", "--dry-run"]) == 2


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(BROWSER_VARIABLE, "no-such-browser")
    yield


def test_without_a_browser_it_says_how(no_browser: None, tmp_path: Path) -> None:
    assert browser() is None
    with pytest.raises(ConfigError) as told:
        draw("<html></html>", tmp_path / "x.png")
    assert "apt install chromium" in told.value.advice and "--picture" in told.value.advice


@pytest.mark.skipif(browser() is None, reason="there is no Chromium")
def test_the_picture_has_the_whole_page(report: Report, tmp_path: Path) -> None:
    """Guards a picture that ends with the window."""
    content = draw(as_html(report, "both"), tmp_path / "report.png").read_bytes()
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert content[:4] == b"\x89PNG" and width == 1280 and height > 1500
