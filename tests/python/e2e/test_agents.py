"""Agents over the Model Context Protocol: a real client, both transports, 40 questions with the sandbox's own truth.

Each question is put twice: its words have to lead to the metric, and the tool has to give the number that the world knows.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import uvicorn
from conftest import CLOCK, command_environment
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from home.audit_log import entries
from home.errors import ConfigError
from home.layout import Home
from orchestration.cli import main
from orchestration.deliver.agents.journal import EVENT, Turns
from orchestration.deliver.agents.limits import Asked
from orchestration.deliver.agents.numbers import query
from orchestration.deliver.agents.server import http_app, make_server
from orchestration.deliver.agents.tokens import audience_with, load_tokens
from orchestration.deliver.agents.words import SYNONYMS
from orchestration.metrics.catalog import metrics
from orchestration.metrics.source import published
from sandbox.world.truth import truth

ZONE = "Asia/Shanghai"
TH, VN, MY, GB, US = (f"7495000000000000{number}" for number in (101, 202, 303, 404, 505))
WEEK = ("2026-11-01", "2026-11-08")
DAY = ("2026-11-07", "2026-11-08")
TOKENS = {"": "w" * 40, "operations": "o" * 40}

Rows = list[dict[str, Any]]
Ask = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """What somebody asks, how a tool answers it, and what the world says.

    Attributes:
        text: The question.
        words: What an agent would search for; empty where it needs no search.
        metric: The metric, alone of its row in the answer.
        table: The table of the truth.
        column: Its column; two make a ratio.
        keep: Which rows of the truth count.
        shop: The shop, empty for all.
        period: First day, and last day, exclusive.
        by: The group, and its value, that the answer is read from.
    """

    text: str
    words: str
    metric: str
    table: str = "kpi_shop_daily"
    column: tuple[str, ...] = ()
    keep: Callable[[dict[str, Any]], bool] = lambda row: True
    shop: str = ""
    period: tuple[str, str] = WEEK
    by: tuple[str, str] = field(default=("", ""))


QUESTIONS = (
    Question("What did all shops sell last week, in CNY?", "sales", "gmv_rc", column=("gmv_rc",)),
    Question("上周总销售额是多少（人民币）？", "销售额", "gmv_rc", column=("gmv_rc",)),
    Question("Yesterday's turnover of all shops?", "turnover", "gmv_rc", column=("gmv_rc",), period=DAY),
    Question("昨天泰国店成交额多少泰铢？", "成交额", "gmv", column=("gmv",), shop=TH, period=DAY),
    Question("How much did Vietnam sell last week, in dong?", "gmv", "gmv", column=("gmv",), shop=VN),
    Question("英国店上周成交额（英镑）？", "成交额", "gmv", column=("gmv",), shop=GB),
    Question("US sales last week in dollars?", "gmv", "gmv", column=("gmv",), shop=US),
    Question("Malaysia: sales last week?", "gmv", "gmv", column=("gmv",), shop=MY),
    Question("Net sales after refunds last week?", "net sales", "net_gmv_rc", column=("net_gmv_rc",)),
    Question("泰国店上周净成交额？", "净成交额", "net_gmv", column=("net_gmv",), shop=TH),
    Question("How many orders were paid last week?", "orders", "paid_orders", column=("paid_orders",)),
    Question("昨天支付订单数？", "支付订单", "paid_orders", column=("paid_orders",), period=DAY),
    Question("US orders yesterday?", "orders", "paid_orders", column=("paid_orders",), shop=US, period=DAY),
    Question("How many pieces did we sell last week?", "pieces", "units_sold", column=("units_sold",)),
    Question("越南店上周销量（件）？", "销量", "units_sold", column=("units_sold",), shop=VN),
    Question(
        "What share of sales was refunded in Thailand?",
        "refund rate",
        "refund_rate",
        column=("refunded_gmv", "gmv"),
        shop=TH,
    ),
    Question("马来店退货率？", "退货率", "refund_rate", column=("refunded_gmv", "gmv"), shop=MY),
    Question(
        "UK refund rate last week?", "refund rate", "refund_rate", column=("refunded_gmv", "gmv"), shop=GB
    ),
    Question(
        "Cancellation rate of the US shop?",
        "cancellation",
        "cancellation_rate",
        column=("cancelled_gmv", "gmv"),
        shop=US,
    ),
    Question("泰国店取消率？", "取消率", "cancellation_rate", column=("cancelled_gmv", "gmv"), shop=TH),
    Question(
        "Average order value last week, all shops?",
        "average order value",
        "aov_rc",
        column=("gmv_rc", "paid_orders"),
    ),
    Question("客单价（越南店，越南盾）？", "客单价", "aov", column=("gmv", "paid_orders"), shop=VN),
    Question("Basket in the UK?", "basket", "aov", column=("gmv", "paid_orders"), shop=GB),
    Question(
        "How much of last week's sales was refunded so far, in CNY?",
        "refunded",
        "refunded_gmv_rc",
        column=("refunded_gmv_rc",),
    ),
    Question("上周取消金额（人民币）？", "cancelled", "cancelled_gmv_rc", column=("cancelled_gmv_rc",)),
    Question(
        "Refunded amount in Thailand, baht?", "refunded", "refunded_gmv", column=("refunded_gmv",), shop=TH
    ),
    Question(
        "October sales, all shops?",
        "sales",
        "gmv_rc",
        column=("gmv_rc",),
        period=("2026-10-01", "2026-11-01"),
    ),
    Question(
        "十月泰国订单数？",
        "订单数",
        "paid_orders",
        column=("paid_orders",),
        shop=TH,
        period=("2026-10-01", "2026-11-01"),
    ),
    Question(
        "Sales on 1 November?", "sales", "gmv_rc", column=("gmv_rc",), period=("2026-11-01", "2026-11-02")
    ),
    Question(
        "Which region sold how much: Thailand?",
        "sales",
        "gmv_rc",
        column=("gmv_rc",),
        keep=lambda row: row["shop_key"] == TH,
        by=("region", "TH"),
    ),
    Question(
        "各地区成交额：英国？",
        "成交",
        "gmv_rc",
        column=("gmv_rc",),
        keep=lambda row: row["shop_key"] == GB,
        by=("region", "GB"),
    ),
    Question(
        "Sales by day: 5 November?",
        "sales",
        "gmv_rc",
        column=("gmv_rc",),
        keep=lambda row: row["business_date"] == "2026-11-05",
        by=("day", "2026-11-05"),
    ),
    Question(
        "按天订单数：11月3日？",
        "单量",
        "paid_orders",
        column=("paid_orders",),
        keep=lambda row: row["business_date"] == "2026-11-03",
        by=("day", "2026-11-03"),
    ),
    Question(
        "Sales without any creator in Thailand?",
        "attributed",
        "attributed_gmv",
        "creator_daily",
        ("attributed_gmv",),
        lambda row: row["creator_username"] == "none",
        TH,
        WEEK,
        ("creator_username", "none"),
    ),
    Question(
        "泰国店归因成交额合计？", "归因", "attributed_gmv", "creator_daily", ("attributed_gmv",), shop=TH
    ),
    Question(
        "Net sales that creators and others brought in the US?",
        "creator sales",
        "net_attributed_gmv",
        "creator_daily",
        ("net_attributed_gmv",),
        shop=US,
    ),
    Question(
        "Estimated commission of last week in Vietnam?",
        "commission",
        "est_commission",
        "creator_daily",
        ("est_commission",),
        shop=VN,
    ),
    Question(
        "Fulfilment: how many orders did sellers cancel, of all time, Thailand?",
        "seller cancelled",
        "seller_cancelled_orders",
        "fulfilment_daily",
        ("seller_cancelled_orders",),
        shop=TH,
        period=("2026-10-01", "2026-11-08"),
    ),
    Question(
        "What was settled in October in the UK?",
        "settled",
        "settlement_amount",
        "settlement_daily",
        ("settlement",),
        shop=GB,
        period=("", ""),
    ),
    Question(
        "美国店历史结算总额？",
        "结算",
        "settlement_amount",
        "settlement_daily",
        ("settlement",),
        shop=US,
        period=("", ""),
    ),
)


@pytest.fixture(scope="module")
def world(world_dir: Path) -> Callable[[str], Rows]:
    known: dict[str, Rows] = {}

    def rows(table: str) -> Rows:
        if table not in known:
            known[table] = truth(world_dir, int(CLOCK.timestamp()), table)
        return known[table]

    return rows


@pytest.fixture(scope="module")
def place(published_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of what is published, with a file for an audience, as seed `audiences` would make it."""
    home = Home(tmp_path_factory.mktemp("agents") / "home")
    home.make()
    home.published.parent.mkdir()
    for path in (home.published, home.bi_file, home.published.with_name("manifest.json")):
        path.write_bytes((published_home.published.parent / path.name).read_bytes())
    for path in (home.seal_key_file, home.root / "seal.fingerprint"):
        path.write_bytes((published_home.root / path.name).read_bytes())
    own = home.published.parent / "audiences" / "operations" / home.published.name
    own.parent.mkdir(parents=True)
    own.write_bytes(home.published.read_bytes())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{own}' as file")
        connection.execute("update file.marts.ops_publication set audience = 'operations'")
        connection.execute(f"delete from file.marts.kpi_shop_daily where shop_key <> '{TH}'")
        connection.execute(f"delete from file.marts.dim_shops where shop_key <> '{TH}'")
        connection.execute("drop table file.marts.kpi_order_profit")
    return home


def expected(question: Question, world: Callable[[str], Rows]) -> Decimal | None:
    """What the world says, added up in decimals from its own records."""
    since, until = question.period
    rows = [
        row
        for row in world(question.table)
        if (not question.shop or row["shop_key"] == question.shop)
        and question.keep(row)
        and (not since or since <= str(row.get("business_date") or row.get("shop_local_date")) < until)
    ]
    sums = [sum((Decimal(row[name]) for row in rows), Decimal(0)) for name in question.column]
    if len(sums) == 1:
        return sums[0]
    return None if not sums[1] else sums[0] / sums[1]


def run(work: Callable[[Client], Awaitable[None]], server: Any) -> None:
    """One session of a client."""

    async def session() -> None:
        async with Client(server) as client:
            await work(client)

    asyncio.run(session())


async def told(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    content: dict[str, Any] = result.structured_content or {}
    return content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]


def test_forty_questions_have_the_answers_of_the_world(place: Home, world: Callable[[str], Rows]) -> None:
    """Guards an agent's number that is not the seller's: each against records that no SQL of ours has touched."""
    assert len(QUESTIONS) == 40
    wrong: list[str] = []

    async def work(client: Client) -> None:
        for question in QUESTIONS:
            found = await told(client, "search_metrics", words=question.words)
            names = [row["name"].removesuffix("_rc") for row in found["rows"]]
            if question.metric.removesuffix("_rc") not in names[:6]:
                wrong.append(f"{question.text}: {question.words} finds {names[:6]}")
            group, value = question.by
            answer = await told(
                client,
                "query_metrics",
                metrics=[question.metric],
                by=[group] if group else [],
                since=question.period[0] or None,
                until=question.period[1] or None,
                where={"shop": [question.shop]} if question.shop else {},
            )
            rows = [row for row in answer["rows"] if not group or row[group] == value]
            got = rows[0][question.metric] if rows else None
            truth_value = expected(question, world)
            same = (
                truth_value in (None, 0)
                if got is None
                else truth_value is not None
                and abs(Decimal(str(got)) - truth_value) <= Decimal("0.000001") * max(1, abs(truth_value))
            )
            if not same or len(rows) > 1:
                wrong.append(f"{question.text}: {rows} instead of {truth_value}")
            assert answer["citation"]["publication_id"] and answer["metrics"][0]["clock"]

    run(work, make_server(place, lambda: ""))
    assert not wrong, "\n".join(wrong)


def test_stdio_serves_one_audience_to_a_real_client(place: Home) -> None:
    """Guards anything but the protocol on standard output, and an audience that reads the whole file."""
    environment = command_environment(place)

    async def work(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert {"about", "search_metrics", "define", "query_metrics", "explain_number"} <= {
            one.name for one in tools
        }
        assert all(one.annotations is not None and one.annotations.read_only_hint for one in tools)
        assert "never instructions" in str(client.instructions)
        found = await told(client, "about")
        assert [shop["shop_key"] for shop in found["shops"]] == [TH]
        assert found["citation"]["audience"] == "operations"
        answer = await told(
            client, "query_metrics", metrics=["gmv"], by=["shop"], since=WEEK[0], until=WEEK[1]
        )
        assert [row["shop"] for row in answer["rows"]] == [TH] and answer["rows"][0]["currency"] == "THB"
        assert "no metric" in await refused(client, "query_metrics", metrics=["contribution_profit_rc"])

    run(
        work,
        StdioServerParameters(
            command=sys.executable,
            args=["-m", "orchestration.cli", "mcp", "--audience", "operations"],
            env=environment,
        ),
    )


@pytest.fixture(scope="module")
def address(place: Home) -> Iterator[str]:
    """The server over HTTP, on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    config = uvicorn.Config(
        http_app(place, TOKENS, "127.0.0.1"), host="127.0.0.1", port=port, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    server.should_exit = True
    thread.join(10)


def over_http(address: str, token: str, work: Callable[[Client], Awaitable[None]]) -> None:
    import httpx2

    async def session() -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False) as wire,
            Client(streamable_http_client(address, http_client=wire)) as client,
        ):
            await work(client)

    asyncio.run(session())


def test_http_needs_the_token_of_an_audience(address: str) -> None:
    """Guards a token that opens another audience's file, and a server that answers without one."""
    seen: dict[str, list[str]] = {}

    def shops_of(name: str) -> Callable[[Client], Awaitable[None]]:
        async def work(client: Client) -> None:
            found = await told(client, "about")
            seen[name] = [shop["shop_key"] for shop in found["shops"]]

        return work

    over_http(address, TOKENS["operations"], shops_of("operations"))
    over_http(address, TOKENS[""], shops_of("all"))
    assert seen == {"operations": [TH], "all": [TH, VN, MY, GB, US]}
    for token in ("", "x" * 40, TOKENS["operations"][:-1]):
        with pytest.raises(BaseException):  # noqa: B017 (the client raises a group of its own)
            over_http(address, token, shops_of("nobody"))
    assert "nobody" not in seen
    import httpx

    answer = httpx.post(address, json={}, trust_env=False)
    assert answer.status_code == 401 and "token" in answer.text.lower()


def test_every_question_is_logged_and_nobody_asks_for_ever(place: Home) -> None:
    """Guards an answer of which nobody can say to whom it was given, and a client in a loop."""
    before = len(entries(place, EVENT))
    now = [0.0]

    async def work(client: Client) -> None:
        week = {"since": WEEK[0], "until": WEEK[1]}
        await told(client, "query_metrics", metrics=["gmv_rc"], by=["shop"], **week)
        assert "no shop" in await refused(client, "explain_number", metric="gmv", shop="x", **week)
        for _ in range(3):
            text = await refused(client, "about")
            assert "Wait 60 seconds" in text and "operations" in text and "2 questions" in text
        now[0] = 60.0
        assert (await told(client, "about"))["shops"]

    run(work, make_server(place, lambda: "operations", turns=Turns(2, lambda: now[0])))
    found = entries(place, EVENT)[before:]
    # Of the three beyond the limit the first is logged.
    assert [(one["subject"], one["outcome"]) for one in found] == [
        ("query_metrics", "done"),
        ("explain_number", "failed"),
        ("about", "failed"),
        ("about", "done"),
    ]
    asked = found[0]["details"]
    assert asked["audience"] == "operations" and asked["rows"] == 1 and found[0]["via"] == "mcp"
    assert json.loads(asked["arguments"])["metrics"] == ["gmv_rc"]
    with published(place, "operations") as file:
        assert asked["publication"] == found[1]["details"]["publication"] == file.publication_id
    assert found[2]["details"]["publication"] == ""


def test_an_answer_that_can_not_be_logged_is_not_given(place: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(place.published.parent, home.published.parent)
    (home.root / "audit_log.jsonl").write_text("no entry\n")

    async def work(client: Client) -> None:
        assert "audit_log" in await refused(client, "about")

    run(work, make_server(home, lambda: ""))


def test_what_has_no_right_answer_is_refused_with_the_right_way(place: Home) -> None:
    async def work(client: Client) -> None:
        week = {"since": WEEK[0], "until": WEEK[1]}
        for words, arguments in (
            # Sums of what must not be summed.
            ("distinct count.*read_rows", {"metrics": ["buyers"], **week}),
            ("several currencies.*gmv_rc", {"metrics": ["gmv"], **week}),
            # Days of two clocks.
            ("different clocks.*by itself", {"metrics": ["gmv_rc", "settlement_amount_rc"], **week}),
            ("different clocks", {"metrics": ["gmv_rc", "host_gmv_rc"], "by": ["day"], **week}),
            # Unlike periods.
            (
                "not over.*since 2026-11-01, until 2026-11-08",
                {"metrics": ["gmv_rc"], "since": "2026-11-02", "until": "2026-11-09", "compare": "before"},
            ),
            ("not final.*gmv", {"metrics": ["net_gmv_rc"], "compare": "before", **week}),
            ("not final", {"metrics": ["refund_rate"], "by": ["shop"], "compare": "week", **week}),
            ("months differ in length", {"metrics": ["gmv_rc"], "by": ["month"], "compare": "year", **week}),
            ("no period", {"metrics": ["gmv_rc"], "compare": "before"}),
            ("period is empty", {"metrics": ["gmv_rc"], "since": WEEK[1], "until": WEEK[0]}),
            ("no day", {"metrics": ["gmv_rc"], "since": "0001-01-01", "until": "0001-01-02"}),
            ("no day", {"metrics": ["gmv_rc"], "since": "2026-11-01", "until": "9999-12-31"}),
            ("no shop", {"metrics": ["gmv_rc"], "where": {"shop": ["' or 1=1 --"]}, **week}),
            ("1 to 200 rows", {"metrics": ["gmv_rc"], "offset": 10**30, **week}),
            # What nobody knows.
            ("can't be grouped by moon", {"metrics": ["gmv_rc"], "by": ["moon"], **week}),
            ("no metric gmw.*gmv", {"metrics": ["gmw"], **week}),
            ("which is no day", {"metrics": ["gmv_rc"], "since": "yesterday"}),
            ("1 to 200 rows", {"metrics": ["gmv_rc"], "limit": 100000, **week}),
            ("1 to 200 rows", {"metrics": ["gmv_rc"], "offset": -1, **week}),
        ):
            import re

            text = await refused(client, "query_metrics", **arguments)
            assert re.search(words, text, re.DOTALL), (words, text)
        assert "distinct count" in await refused(client, "explain_number", metric="buyers", **week)
        assert "No metric or column" in await refused(client, "define", name=" ")
        # A week or month that the question or the data cut says how much of it there is.
        for grain, since, partial in (
            # The shops are known until 8 November, 08:00: of the week from the 2nd six days are whole.
            ("week", "2026-10-26", [None, "6 of 7 days"]),
            ("week", "2026-10-29", ["4 of 7 days", "6 of 7 days"]),
            ("month", "2026-10-01", [None, "7 of 30 days"]),
            ("month", "2026-10-02", ["30 of 31 days", "7 of 30 days"]),
        ):
            answer = await told(
                client, "query_metrics", metrics=["gmv_rc"], by=[grain], since=since, until="2026-11-30"
            )
            assert [row.get("partial") for row in answer["rows"]][:2] == partial, (grain, since)
        # Nothing from outside becomes SQL.
        for table in ("kpi_shop_daily; drop table x", "information_schema.tables", "marts.kpi_shop_daily"):
            assert "no table" in await refused(client, "read_rows", table=table)
        assert "no column" in await refused(client, "read_rows", table="dim_shops", columns=["1; select 2"])
        rows = await told(client, "read_rows", table="dim_shops", where={"shop_key": ["' or 1=1 --"]})
        assert rows["total_rows"] == 0
        assert "no shop" in await refused(
            client, "explain_number", metric="gmv", since=WEEK[0], until=WEEK[1], shop="x"
        )

    run(work, make_server(place, lambda: ""))


def test_a_period_with_two_versions_of_a_definition_is_refused(place: Home, tmp_path: Path) -> None:
    """Guards a sum over a day on which a number began to mean something else."""
    home = Home(tmp_path / "home")
    home.published.parent.mkdir(parents=True)
    home.published.write_bytes(place.published.read_bytes())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as file")
        connection.execute(
            "update file.marts.kpi_glossary set definition_version = 2, defined_since = date '2026-11-05', "
            "version_note = 'gifts left out' where model_name = 'kpi_shop_daily' and column_name = 'gmv'"
        )
    options: dict[str, Any] = {"by": [], "where": {}, "compare": "", "limit": 10, "offset": 0, "zone": ZONE}
    with published(home) as file:
        with pytest.raises(Asked, match="gifts left out") as said:
            query(file, ["gmv_rc"], since=date(2026, 11, 1), until=date(2026, 11, 8), **options)
        assert "until 2026-11-05 and once from 2026-11-05" in said.value.advice
        query(file, ["gmv_rc"], since=date(2026, 11, 5), until=date(2026, 11, 8), **options)


def test_a_number_is_proved_down_to_its_orders(place: Home, world: Callable[[str], Rows]) -> None:
    """Guards a proof that does not add up, and pages that leave out or repeat an order."""

    async def work(client: Client) -> None:
        asked = {"metric": "gmv", "since": WEEK[0], "until": WEEK[1], "shop": TH}
        orders: list[str] = []
        amount, offset = Decimal(0), 0
        while offset is not None:
            proof = await told(client, "explain_number", **asked, limit=7, offset=offset)
            records = proof["records"]
            orders += [row["order_id"] for row in records["rows"]]
            amount += sum(Decimal(row["gmv"]) for row in records["rows"])
            offset = records["next_offset"]
        days = [
            row
            for row in world("kpi_shop_daily")
            if row["shop_key"] == TH and WEEK[0] <= row["business_date"] < WEEK[1]
        ]
        assert (
            len(orders)
            == len(set(orders))
            == records["total_rows"]
            == sum(int(row["paid_orders"]) for row in days)
        )
        assert amount == Decimal(proof["value"][0]["gmv"]) == Decimal(records["sum_of_records"])
        assert amount == sum(Decimal(row["gmv"]) for row in days)
        assert proof["value"][0]["currency"] == "THB"
        [definition] = proof["definition"]
        assert definition["definition_version"] == 1 and definition["definition_zh"] and definition["formula"]
        assert proof["publication"]["is_as_sealed"] and proof["publication"]["seal_was_checked_with_the_key"]
        assert proof["reconciliation"]["measure"] == "gmv" and proof["reconciliation"]["rows"]
        net = await told(client, "explain_number", **{**asked, "metric": "net_gmv"}, limit=1)
        newest = net["share_known"]["rows"][0]
        assert newest["business_date"] == "2026-11-07" and newest["currency"] == "THB"

    run(work, make_server(place, lambda: ""))


def test_a_changed_file_is_not_as_sealed(place: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.published.parent.mkdir(parents=True)
    for name in (home.published.name, "manifest.json"):
        (home.published.parent / name).write_bytes((place.published.parent / name).read_bytes())
    for name in ("seal.key", "seal.fingerprint"):
        (home.root / name).write_bytes((place.root / name).read_bytes())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published}' as file")
        connection.execute("update file.marts.kpi_shop_daily set gmv_rc = gmv_rc * 2")

    async def work(client: Client) -> None:
        proof = await told(client, "explain_number", metric="gmv_rc", since=WEEK[0], until=WEEK[1], limit=1)
        assert not proof["publication"]["is_as_sealed"] and proof["publication"]["seal_problems"]

    run(work, make_server(home, lambda: ""))


def test_alerts_and_changes_are_listed_with_their_evidence(place: Home) -> None:
    async def work(client: Client) -> None:
        alerts = await told(client, "list_alerts", limit=200)
        assert alerts["total_rows"] == alerts["row_count"] > 0
        severities = [row["severity"] for row in alerts["rows"]]
        assert severities == sorted(severities)
        assert all(row["message_zh"] and row["what_zh"] and row["to_do"] for row in alerts["rows"])
        critical = await told(client, "list_alerts", severity="critical")
        assert {row["severity"] for row in critical["rows"]} <= {"critical"}
        changed = await told(client, "what_changed", since="2026-01-01")
        assert changed["total_rows"] == 0  # one publication has changed nothing yet
        assert "no severity" in await refused(client, "list_alerts", severity="terrible")

    run(work, make_server(place, lambda: ""))


def test_every_other_name_leads_to_a_metric_that_is_there(published_home: Home) -> None:
    with published(published_home) as file:
        assert set(SYNONYMS) <= set(metrics(file))


def test_tokens_are_one_for_each_audience_and_secret(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="No token is configured"):
        load_tokens(place)
    monkeypatch.setenv("MCP__TOKENS__ALL", TOKENS[""])
    monkeypatch.setenv("MCP__TOKENS__OPERATIONS", TOKENS["operations"])
    assert load_tokens(place) == TOKENS
    assert audience_with(TOKENS, "o" * 40) == "operations" and audience_with(TOKENS, "o" * 39) is None
    monkeypatch.setenv("MCP__TOKENS__OPERATIONS", "short")
    with pytest.raises(ConfigError, match="shorter than 32") as said:
        load_tokens(place)
    assert "short" not in str(said.value.advice)
    monkeypatch.setenv("MCP__TOKENS__OPERATIONS", TOKENS[""])
    with pytest.raises(ConfigError, match="same token"):
        load_tokens(place)


def test_the_command_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "empty"))
    assert main(["mcp"]) == 2
    assert "Nothing is published" in capsys.readouterr().err
    assert main(["mcp", "--http"]) == 2
    assert "MCP__TOKENS__ALL" in capsys.readouterr().err
    assert main(["mcp", "--http", "--audience", "operations"]) == 2
    assert json.dumps(capsys.readouterr().out) == '""'
