"""The whole way against the sandbox, over real HTTP: sync, build with all dbt tests, audit, publish; then the next day.

The marts are compared with the world's own ground truth, which shares no code with the models, to the smallest unit.
The tests of this module tell one story in order; the fixture has lived through it, and each test looks at a part.
"""

from __future__ import annotations

import csv
import json
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import httpx
import pytest
from templates import copy_of, with_parse

from home.config import load_ads_config, load_shop_config
from home.layout import Home
from home.project import project_dir
from ingestion.replay import replay
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.build.build import build, dbt_folder, run_dbt
from orchestration.publish.as_of import as_of
from orchestration.run import RunReport, run_all
from sandbox.server.serve import start_in_thread
from sandbox.world import health
from sandbox.world.catalog import SHOPS
from sandbox.world.generator import generate
from sandbox.world.store import Store
from sandbox.world.truth_records import bodies

CLOCK = 1_794_096_000  # 2026-11-08T00:00:00Z
DAY = 86_400
DAYS = {"first": 0, "later": 3}
"""The two runs, and how many days after the clock's start each is."""
TRUTHS = (
    "kpi_shop_daily",
    "kpi_product_daily",
    "kpi_shop_hourly",
    "settlement_daily",
    "fee_groups",
    "line_profits",
    "sku_profit_daily",
    "creator_profits",
    "creator_daily",
    "live_sessions",
    "video_daily",
    "samples",
    "ads_spend_daily",
    "stock_daily",
    "packages",
    "fulfilment_daily",
    "month_close",
    "planted",
)
COMPARED = (
    "kpi_shop_daily",
    "kpi_product_daily",
    "kpi_shop_hourly",
    "kpi_settlement_bridge",
    "fct_statement_transaction_fees",
    "fct_order_line_profits",
    "kpi_sku_profit",
    "kpi_creator_daily",
    "kpi_creator_samples",
    "fct_sample_applications",
    "kpi_live_sessions",
    "kpi_live_hosts",
    "kpi_video_daily",
    "fct_video_daily",
    "kpi_reconciliation",
    "fct_ad_spend_daily",
    "kpi_ads_daily",
    "fct_stock_daily",
    "kpi_stock_health",
    "kpi_fulfilment_daily",
    "fct_packages",
    "kpi_team_scorecard",
    "kpi_anomalies",
    "kpi_alerts",
    "kpi_content_platform_daily",
    "kpi_month_close",
    "kpi_fee_audit",
)
KEPT_KPIS = {
    "kpi_shop_daily": (
        "business_date",
        ("gmv", "net_gmv", "cancelled_gmv", "refunded_gmv", "paid_orders", "units_sold", "buyers"),
    ),
    "kpi_settlement_bridge": (
        "statement_date_utc",
        (
            *("settlement_amount", "revenue_amount", "fees_and_commissions_amount"),
            *("payable_amount", "payment_amount"),
        ),
    ),
    "kpi_ads_daily": ("business_date", ("ad_spend", "ad_reported_gmv")),
    "kpi_content_platform_daily": ("shop_local_date", ("attributed_content_gmv", "views")),
}
"""Of which mart a publication keeps which columns, by which day."""
LIVE_FIGURES = (
    "impressions",
    "views",
    "viewers",
    "peak_viewers",
    "product_impressions",
    "product_clicks",
    "created_sku_orders",
    "sku_orders",
    "live_gmv",
    "live_attributed_gmv",
    *(OWN_FIGURES := ("own_gmv", "own_net_gmv", "own_orders")),
)
ROOM_ID_REGIONS = ("US",)
"""Where the sandbox sends the LIVE room on order lines, as TikTok does."""
Rows = list[dict[str, Any]]


@dataclass
class Story:
    """What happened, and what it left behind at each station."""

    home: Home
    world: Path
    base_url: str
    reports: dict[str, RunReport] = field(default_factory=dict)
    truth: dict[str, dict[str, Rows]] = field(default_factory=dict)
    marts: dict[str, dict[str, Rows]] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file under another name: in `marts.duckdb` a plain `marts.x` could be a catalogue or a schema."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{database}' as opened (read_only)")
        connection.execute("use opened")
        yield connection


def rows_of(database: Path, tables: tuple[str, ...]) -> dict[str, Rows]:
    with opened(database) as connection:
        found = {}
        for table in tables:
            result = connection.execute(f"from marts.{table}")
            names = [column[0] for column in result.description]
            found[table] = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        return found


def different_marts(published: Path, warehouse: Path) -> dict[str, int]:
    """How many rows of each published mart are not the same in a warehouse, if any.

    A warehouse's columns that begin with `_` say from which load a row came, not what it says: they are not published.
    """
    found = {}
    with opened(published) as connection:
        connection.execute(f"attach '{warehouse}' as other (read_only)")
        tables: dict[str, list[str]] = defaultdict(list)
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'opened' and schema_name = 'marts' "
            # They tell of the runs themselves.
            "and table_name not in ('ops_audit_log', 'ops_publication') "
            # Newest is what the publication changed that the build was for: the next build is for the next one.
            "and not (table_name = 'kpi_restatements' and column_name = 'is_newest') order by all"
        ).fetchall():
            tables[table].append(column)
        for table, columns in tables.items():
            ours, theirs = (
                f"select {', '.join(columns)} from {name}.marts.{table}" for name in ("opened", "other")
            )
            different = connection.execute(
                f"select count(*) from (({ours} except all {theirs}) union all ({theirs} except all {ours}))"
            ).fetchone()
            assert different is not None
            if different[0]:
                found[table] = different[0]
    return found


def configure(monkeypatch: pytest.MonkeyPatch, base_url: str) -> None:
    for key, value in {
        "SOURCES__TIKTOK_SHOP__BASE_URL": base_url,
        "SOURCES__TIKTOK_SHOP__AUTH_URL": base_url,
        "SOURCES__TIKTOK_SHOP__APP_KEY": "sandbox-app",
        "SOURCES__TIKTOK_SHOP__APP_SECRET": "sandbox-secret",
        "SOURCES__TIKTOK_SHOP__REQUESTS_PER_SECOND": "0",
        "SOURCES__TIKTOK_SHOP__HISTORY_DAYS": "60",
        "SOURCES__FX_RATES__BASE_URL": f"{base_url}/fx/v1",
        "SOURCES__TIKTOK_ADS__BASE_URL": base_url,
        "SOURCES__TIKTOK_ADS__APP_ID": "sandbox-ads-app",
        "SOURCES__TIKTOK_ADS__SECRET": "sandbox-ads-secret",
        "SOURCES__TIKTOK_ADS__REQUESTS_PER_SECOND": "0",
        "SOURCES__TIKTOK_ADS__HISTORY_DAYS": "60",
    }.items():
        monkeypatch.setenv(key, value)


def asked(base_url: str) -> int:
    return int(httpx.get(f"{base_url}/_sandbox/requests").json()["requests"])


@pytest.fixture(scope="module")
def story(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("story")
    world = root / "world"
    generate(world, orders=1_500, days=50, seed=11, clock=CLOCK)
    server = start_in_thread(world)
    with pytest.MonkeyPatch.context() as monkeypatch:
        configure(monkeypatch, server.base_url)
        story = Story(with_parse(parsed, Home(root / "home")), world, server.base_url)
        TokenStore(story.home.tokens_file, AuthHost(load_shop_config())).exchange("sandbox-code")
        code = httpx.post(f"{server.base_url}/_sandbox/ads_auth_code", json={}).json()["auth_code"]
        AdsTokenStore(story.home.ads_tokens_file).exchange(code, AdsAuthHost(load_ads_config()))
        try:
            for name, day in DAYS.items():
                if day:
                    httpx.post(
                        f"{server.base_url}/_sandbox/clock", json={"advance_seconds": day * DAY}
                    ).raise_for_status()
                before = asked(server.base_url)
                until = datetime.fromtimestamp(CLOCK + day * DAY, UTC)
                story.reports[name] = run_all(story.home, until=until)
                story.requests[name] = asked(server.base_url) - before
                story.truth[name] = {
                    table: httpx.get(f"{server.base_url}/_sandbox/truth/{table}", timeout=120).json()
                    for table in TRUTHS
                }
                story.marts[name] = rows_of(story.home.published, COMPARED)
        finally:
            server.stop()
        # From here on the network is off.
        for source in ("TIKTOK_SHOP", "TIKTOK_ADS"):
            monkeypatch.setenv(f"SOURCES__{source}__BASE_URL", "http://127.0.0.1:9")
        yield story


def same(value: Any, expected: Any) -> bool:
    if expected is None or value is None:
        return value is None and expected is None
    return Decimal(str(value)) == Decimal(str(expected))


@pytest.mark.parametrize("name", ["first", "later"])
def test_it_is_published_and_says_what_was_checked(story: Story, name: str) -> None:
    report = story.reports[name]
    assert report.exit_code == 0
    assert report.audit is not None
    assert report.audit.passed
    assert report.audit.count("expectations")[1] > 20
    assert report.audit.count("dbt")[1] > 80


@pytest.mark.parametrize("name", ["first", "later"])
@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("kpi_shop_daily", ("shop_key", "business_date")),
        ("kpi_product_daily", ("shop_key", "business_date", "product_id")),
    ],
)
def test_every_day_equals_the_truth(story: Story, name: str, table: str, keys: tuple[str, ...]) -> None:
    ours = {tuple(str(row[key]) for key in keys): row for row in story.marts[name][table]}
    truth = {tuple(row[key] for key in keys): row for row in story.truth[name][table]}
    assert set(ours) == set(truth)
    wrong = [
        (key, column, ours[key][column], expected)
        for key, row in truth.items()
        for column, expected in row.items()
        if column in ours[key] and column not in (*keys, "currency") and not same(ours[key][column], expected)
    ]
    assert not wrong, f"{len(wrong)} numbers differ, the first: {wrong[:5]}"


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_hour_equals_the_truth(story: Story, name: str) -> None:
    truth = {(row["shop_key"], row["hour_start_at"]): row for row in story.truth[name]["kpi_shop_hourly"]}
    ours = {
        (row["shop_key"], row["hour_start_at"].astimezone(UTC).isoformat()): row
        for row in story.marts[name]["kpi_shop_hourly"]
        if row["paid_orders"]
    }
    assert set(ours) == set(truth)
    for key, row in truth.items():
        for column in (
            "gmv",
            "net_gmv",
            "cancelled_gmv",
            "refunded_gmv",
            "paid_orders",
            "units_sold",
            "buyers",
        ):
            assert same(ours[key][column], row[column]), (key, column)


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_statement_equals_the_truth(story: Story, name: str) -> None:
    ours = {(row["shop_key"], row["statement_id"]): row for row in story.marts[name]["kpi_settlement_bridge"]}
    truth = {(row["shop_key"], row["statement_id"]): row for row in story.truth[name]["settlement_daily"]}
    assert set(ours) == set(truth)
    for key, row in truth.items():
        for column, expected in (
            ("settlement_amount", row["settlement"]),
            ("revenue_amount", row["revenue"]),
            ("reserve_amount", row["reserve"]),
            ("payable_amount", row["payable"]),
        ):
            assert same(ours[key][column], expected), (key, column, ours[key][column], expected)
        assert ours[key]["payment_status"] == row["payment_status"], key
        adjustments = ours[key]["adjustment_amount"] + ours[key]["ad_payment_amount"]
        assert same(adjustments, row["adjustment"]), key
        # What the bridge explains by orders leaves nothing over; only rows that the platform itself made odd do.
        assert ours[key]["revenue_residual"] == 0, key


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_fee_equals_the_truth(story: Story, name: str) -> None:
    ours: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in story.marts[name]["fct_statement_transaction_fees"]:
        if row["is_additive"]:
            ours[row["shop_key"], row["component_group"], row["component"]] += row["amount"]
    truth = {
        (row["shop_key"], row["component_group"], row["component"]): Decimal(row["amount"])
        for row in story.truth[name]["fee_groups"]
        if Decimal(row["amount"]) != 0
    }
    assert {key: amount for key, amount in ours.items() if amount} == truth


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_line_s_profit_equals_the_truth(story: Story, name: str) -> None:
    """By line, and from there by SKU, day and creator: the same to the smallest unit, and unknown where it is unknown."""
    keys = ("shop_key", "order_id", "line_id")
    columns = (
        "platform_fee_amount",
        "affiliate_commission_amount",
        "ads_commission_amount",
        "seller_shipping_amount",
        "tax_amount",
        "cogs_amount",
        "contribution_profit",
    )
    ours = {tuple(row[key] for key in keys): row for row in story.marts[name]["fct_order_line_profits"]}
    truth = {tuple(row[key] for key in keys): row for row in story.truth[name]["line_profits"]}
    assert ours.keys() == truth.keys()
    wrong = [
        (key, column, ours[key][column], row[column])
        for key, row in truth.items()
        for column in columns
        if not same(ours[key][column], row[column])
    ]
    assert not wrong, f"{len(wrong)} amounts differ, the first: {wrong[:5]}"
    assert all(ours[key]["profit_basis"] == row["profit_basis"] for key, row in truth.items())
    assert {row["profit_basis"] for row in truth.values()} >= {"settled", "estimated", "cancelled"}
    assert any(row["contribution_profit"] is None for row in truth.values()), (
        "a few costs are missing on purpose"
    )

    keys = ("shop_key", "sku_id", "business_date")
    skus = {tuple(str(row[key]) for key in keys): row for row in story.marts[name]["kpi_sku_profit"]}
    days = {tuple(row[key] for key in keys): row for row in story.truth[name]["sku_profit_daily"]}
    # What a day without a sale cost is on no SKU, in a row of its own.
    idle = {key: row for key, row in skus.items() if key not in days}
    assert {sku for _, sku, _ in idle} <= {"none"}
    assert not any(row["contribution_profit"] or row["units_sold"] for row in idle.values())
    assert skus.keys() - idle.keys() == days.keys()
    for key, row in days.items():
        assert same(skus[key]["contribution_profit"], row["contribution_profit"]), key
        assert skus[key]["units_without_profit"] == row["lines_without_profit"], key

    creators: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in story.marts[name]["kpi_creator_daily"]:
        creators[row["shop_key"], row["creator_username"]] += row["contribution_profit"] or 0
    earned = {(row["shop_key"], row["creator_username"]): row for row in story.truth[name]["creator_profits"]}
    assert earned.keys() <= creators.keys()
    for who, amount in creators.items():
        assert same(amount, earned[who]["contribution_profit"] if who in earned else 0), who


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_month_closes_as_the_truth_does(story: Story, name: str) -> None:
    """Guards the receivable: what moved it, and what it is made of, both as the world itself counts them."""
    keys = ("shop_key", "shop_local_month")
    ours = {tuple(str(row[key]) for key in keys): row for row in story.marts[name]["kpi_month_close"]}
    truth = {tuple(row[key] for key in keys): row for row in story.truth[name]["month_close"]}
    assert truth and set(truth) <= set(ours)
    columns = {
        "opening": "opening_receivable",
        "sales": "sales_amount",
        "cancelled": "cancelled_amount",
        "refunded": "refunded_amount",
        "payout": "payout_amount",
        "set_off": "set_off_amount",
        "closing": "closing_receivable",
        "unsettled": "closing_unsettled_amount",
        "unpaid": "closing_unpaid_amount",
        "reserve": "closing_reserve_amount",
    }
    for key, row in truth.items():
        for theirs, column in columns.items():
            assert same(ours[key][column], row.get(theirs, "0")), (key, column, ours[key][column])


@pytest.mark.parametrize("name", ["first", "later"])
def test_the_fee_audit_finds_what_is_planted_and_nothing_else(story: Story, name: str) -> None:
    """Guards against an overcharge that is not found, and against a claim for a charge that is right."""
    found = {
        (row["shop_key"], row["reason"], row["order_id"] or row["payment_id"]): row["claim_amount"]
        for row in story.marts[name]["kpi_fee_audit"]
        if row["verdict"] == "claim"
    }
    truth = {
        (row["shop_key"], row["kind"], row["subject"]): Decimal(row["amount"])
        for row in story.truth[name]["planted"]
        # A reserve is the platform's right.
        if row["kind"] != "reserve_held"
    }
    assert found == truth


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_creator_day_equals_the_truth(story: Story, name: str) -> None:
    """Under the rule `platform`: sales by the creator on the affiliate order, commissions by whom TikTok pays."""
    keys = ("shop_key", "business_date", "creator_username")
    ours = {tuple(str(row[key]) for key in keys): row for row in story.marts[name]["kpi_creator_daily"]}
    truth = {tuple(row[key] for key in keys): row for row in story.truth[name]["creator_daily"]}
    assert {row["attribution_rule"] for row in ours.values()} == {"platform"}
    # The world tells no day of a creator who sold nothing; ours may still have his content, or a sample.
    quiet = {
        key for key, row in ours.items() if row["orders_with_creator"] == 0 and row["est_commission"] == 0
    }
    assert ours.keys() - quiet == truth.keys()
    wrong = [
        (key, column, ours[key][column], expected)
        for key, row in truth.items()
        for column, expected in row.items()
        if column not in keys and not same(ours[key][column], expected)
    ]
    assert not wrong, f"{len(wrong)} numbers differ, the first: {wrong[:5]}"
    assert any(row["creator_username"] == "global.finds" for row in truth.values())
    assert any(Decimal(row["attributed_orders"]) % 1 for row in truth.values())


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_live_session_equals_the_truth(story: Story, name: str) -> None:
    ours = {(row["shop_key"], row["live_room_id"]): row for row in story.marts[name]["kpi_live_sessions"]}
    truth = {(row["shop_key"], row["live_room_id"]): dict(row) for row in story.truth[name]["live_sessions"]}
    clock = datetime.fromtimestamp(CLOCK + DAYS[name] * DAY, UTC)
    # Days are asked for once they are over on the shop's own calendar: a session of today is listed tomorrow.
    today = {shop.id: clock.astimezone(ZoneInfo(shop.timezone)).date().isoformat() for shop in SHOPS}
    regions = {shop.id: shop.region for shop in SHOPS}
    # Where the room is sent, sessions that ended before the first line with one are unknown: nothing was ordered in them.
    sent = {
        key
        for key in truth
        if regions[key[0]] in ROOM_ID_REGIONS and ours.get(key, {}).get("own_unknown_reason") is None
    }
    first_known = min(truth[key]["end_time"] for key in sent if truth[key]["own_orders"])
    for key, row in truth.items():
        if regions[key[0]] in ROOM_ID_REGIONS and key not in sent:
            assert not row["own_orders"] and row["end_time"] <= first_known, key
    for key, row in truth.items():
        if key in sent:
            continue
        # Elsewhere affiliate orders stand in for the sessions of creators that they name; of the others nothing is known.
        by_affiliate = row["account_type"] == "AFFILIATE_ACCOUNTS" and row["affiliate_orders"]
        for column in OWN_FIGURES:
            row[column] = row[column.replace("own_", "affiliate_")] if by_affiliate else None
    listed = {key: row for key, row in truth.items() if row["shop_local_date"] < today[row["shop_key"]]}
    assert {key for key, row in ours.items() if row["is_listed"]} == listed.keys()
    wrong = [
        (key, column, ours[key][column], expected)
        for key, row in listed.items()
        for column, expected in row.items()
        if column in LIVE_FIGURES and not same(ours[key][column], expected)
    ]
    for key, row in listed.items():
        mine = ours[key]
        told = (
            mine["account_type"],
            mine["account_username"],
            str(mine["shop_local_date"]),
            int(mine["start_time"].timestamp()),
            int(mine["end_time"].timestamp()),
            mine["minutes_known"] or 0,
        )
        expected = tuple(
            row[column]
            for column in (
                "account_type",
                "account_username",
                "shop_local_date",
                "start_time",
                "end_time",
                "minutes",
            )
        )
        if told != expected:
            wrong.append((key, "session", told, expected))
    # What was ordered in a room is known from the orders, listed or not.
    for key, row in truth.items():
        if key not in listed and key in sent and row["own_orders"]:
            wrong += [
                (key, column, ours[key][column], row[column])
                for column in OWN_FIGURES
                if not same(ours[key][column], row[column])
            ]
    assert not wrong, f"{len(wrong)} numbers differ, the first: {wrong[:5]}"
    assert any(row["own_net_gmv"] != row["own_gmv"] for row in listed.values())
    bases = {(regions[key[0]] in ROOM_ID_REGIONS, ours[key]["own_sales_basis"]) for key in listed}
    assert bases - {(True, None)} == {(True, "room_id"), (False, "affiliate_orders"), (False, None)}
    unknown = {ours[key]["own_unknown_reason"] for key in listed if ours[key]["own_gmv"] is None}
    assert unknown == {"not_sent"}


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_video_day_equals_the_truth(story: Story, name: str) -> None:
    """The platform's indirect sales go on growing for a week, and so long its days are read again."""
    keys = ("shop_key", "shop_local_date", "video_id")
    ours = {tuple(str(row[key]) for key in keys): row for row in story.marts[name]["kpi_video_daily"]}
    truth = {tuple(row[key] for key in keys): row for row in story.truth[name]["video_daily"]}
    assert ours.keys() == truth.keys()
    wrong = [
        (key, column, ours[key][column], expected)
        for key, row in truth.items()
        for column, expected in (
            {**row, "video_gmv": row["gmv"], "video_attributed_gmv": row["attributed_gmv"]}
        ).items()
        if column not in (*keys, "gmv", "attributed_gmv", "account_type")
        and not same(ours[key][column], expected)
    ]
    assert not wrong, f"{len(wrong)} numbers differ, the first: {wrong[:5]}"


@pytest.mark.parametrize("name", ["first", "later"])
def test_videos_of_creators_equal_the_truth_and_the_platform_s_total(story: Story, name: str) -> None:
    """Guards against videos under the wrong kind of account, and a list that misses what the platform's total has."""
    keys = ("shop_key", "shop_local_date", "video_id")
    truth = story.truth[name]["video_daily"]
    kinds = {tuple(str(row[key]) for key in keys): row["account_type"] for row in truth}
    assert {
        tuple(str(row[key]) for key in keys): row["account_type"]
        for row in story.marts[name]["fct_video_daily"]
    } == kinds
    expected: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in truth:
        day, amount = (row["shop_key"], row["shop_local_date"]), Decimal(row["attributed_gmv"])
        expected["video_gmv", *day] += amount
        expected["creator_video_gmv", *day] += (
            amount if row["account_type"] == "AFFILIATE_ACCOUNTS" else Decimal(0)
        )
    ours = {
        (row["measure"], row["shop_key"], str(row["shop_local_date"])): row
        for row in story.marts[name]["kpi_reconciliation"]
        if "video_gmv" in row["measure"]
    }
    assert ours.keys() == expected.keys()
    assert {key: row["own_value"] for key, row in ours.items() if row["own_value"] != expected[key]} == {}
    assert {(row["difference"], row["reason"]) for row in ours.values()} == {(Decimal(0), "none")}
    assert (
        0
        < sum(v for k, v in expected.items() if k[0] != "video_gmv")
        < sum(v for k, v in expected.items() if k[0] == "video_gmv")
    )


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_sample_equals_the_truth(story: Story, name: str) -> None:
    columns = {
        "creator_username": "creator_username",
        "product_id": "product_id",
        "sample_status": "status",
        "order_id": "order_id",
        "content_count": "contents",
    }
    ours = {
        (row["shop_key"], row["application_id"]): tuple(row[column] for column in columns)
        for row in story.marts[name]["fct_sample_applications"]
    }
    truth = {
        (row["shop_key"], row["application_id"]): tuple(row[column] for column in columns.values())
        for row in story.truth[name]["samples"]
    }
    assert ours == truth
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in story.truth[name]["samples"]:
        total = sums[row["shop_key"], row["creator_username"], row["product_id"]]
        for place, number in enumerate((1, row["contents"], 1 if row["contents"] else 0)):
            total[place] += number
    assert {
        (row["shop_key"], row["creator_username"], row["product_id"]): [
            row["applications"],
            row["content_count"],
            row["samples_posted"],
        ]
        for row in story.marts[name]["kpi_creator_samples"]
    } == sums


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_day_of_a_campaign_equals_the_truth(story: Story, name: str) -> None:
    """Guards a cost that is counted twice because three reports tell it, or that stays unknown although it came late."""
    keys = ("advertiser_id", "campaign_id", "stat_date")
    ours = {tuple(str(row[key]) for key in keys): row for row in story.marts[name]["fct_ad_spend_daily"]}
    # The accounts have more history than was asked for, and each has a calendar of its own.
    first: dict[str, str] = {}
    for account, _, day in ours:
        first[account] = min(day, first.get(account, day))
    rows = (
        row for row in story.truth[name]["ads_spend_daily"] if row["stat_date"] >= first[row["advertiser_id"]]
    )
    truth = {tuple(row[key] for key in keys): row for row in rows}
    assert set(ours) == set(truth)
    assert len(truth) > 500
    wrong = [
        (key, column, ours[key][column], row[column])
        for key, row in truth.items()
        for column in ("spend", "reported_gmv", "reported_orders")
        if not same(ours[key][column], row[column])
    ]
    assert not wrong, f"{len(wrong)} numbers differ, the first: {wrong[:5]}"
    for column in ("currency", "shop_key"):
        assert {key: row[column] for key, row in ours.items()} == {
            key: row[column] for key, row in truth.items()
        }


@pytest.mark.parametrize("name", ["first", "later"])
def test_paid_organic_and_undetermined_are_the_whole_shop(story: Story, name: str) -> None:
    """Guards sales that are paid and organic at once, or neither; the total is the world's, not another mart's."""
    truth = {(row["shop_key"], row["business_date"]): row for row in story.truth[name]["kpi_shop_daily"]}
    days = story.marts[name]["kpi_ads_daily"]
    assert {row["shop_key"] for row in days} == {shop for shop, _ in truth}
    opened = {shop: min(day for one, day in truth if one == shop) for shop, _ in truth}
    for row in days:
        if str(row["business_date"]) < opened[row["shop_key"]]:
            # Ads ran before the first order that is known of the shop: its sales of that day are unknown, not 0.
            assert row["gmv"] is None
            continue
        parts = row["paid_gmv"] + row["organic_gmv"] + row["undetermined_gmv"]
        expected = truth.get((row["shop_key"], str(row["business_date"])))
        assert same(parts, expected["gmv"] if expected else 0), (row["shop_key"], row["business_date"])
    assert any((row["paid_gmv"] or 0) > 0 for row in days)
    assert any((row["undetermined_gmv"] or 0) > 0 for row in days)


@pytest.mark.parametrize("name", ["first", "later"])
def test_stock_and_what_left_the_shelf_equal_the_truth(story: Story, name: str) -> None:
    """Guards stock of another day, parts of combos that nobody counts, and windows that begin or end a day off."""
    truth = story.truth[name]["stock_daily"]
    today = {row["shop_key"]: row["snapshot_date"] for row in truth}
    keys = ("shop_key", "snapshot_date", "warehouse_id", "product_id", "sku_id")
    stock = {
        tuple(str(row[key]) for key in keys): (row["sellable_units"], row["committed_units"])
        for row in story.marts[name]["fct_stock_daily"]
        if str(row["snapshot_date"]) == today[row["shop_key"]]
    }
    assert stock == {
        tuple(row[key] for key in keys): (row["available_units"], row["committed_units"]) for row in truth
    }
    columns = {
        "units_sold_7d": "units_7d",
        "units_sold_14d": "units_14d",
        "units_sold_28d": "units_28d",
        "spike_velocity": "spike_units_28d",
    }
    health = {
        (row["shop_key"], row["sku_id"]): [row[column] for column in columns]
        for row in story.marts[name]["kpi_stock_health"]
        if row["is_latest"]
    }
    assert health == {
        (row["shop_key"], row["sku_id"]): [row[column] for column in columns.values()] for row in truth
    }
    assert any(units[3] > 1 for units in health.values())


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_day_of_fulfilment_equals_the_truth(story: Story, name: str) -> None:
    """Guards deadlines on the wrong calendar, orders that owed nothing any more, and lateness of deadlines to come."""
    columns = {
        "ready_due_orders": "rts_due_orders",
        "late_ready_orders": "late_rts_orders",
        "handover_due_orders": "tts_due_orders",
        "late_handover_orders": "late_tts_orders",
        "delivery_due_orders": "delivery_due_orders",
        "on_time_delivered_orders": "on_time_delivered_orders",
        "sold_orders": "sold_orders",
        "seller_cancelled_orders": "seller_cancelled_orders",
        "orders_due_within_24h": "orders_due_within_24h",
    }
    days = story.marts[name]["kpi_fulfilment_daily"]
    ours = {
        (row["shop_key"], str(row["shop_local_date"])): [row[column] for column in columns] for row in days
    }
    truth = story.truth[name]["fulfilment_daily"]
    assert ours == {
        (row["shop_key"], row["shop_local_date"]): [row[column] for column in columns.values()]
        for row in truth
    }
    # The first run ends in the night before a Sunday, on which no shop has a deadline.
    for column in columns.keys() - ({"orders_due_within_24h"} if name == "first" else set()):
        assert any(row[column] for row in days), column
    dispatched = {"ready": "rts", "handover": "tts"}
    told = {(row["shop_key"], row["shop_local_date"]): row for row in truth}
    for row in days:
        kind, one = (
            dispatched[row["dispatch_deadline"]],
            told[row["shop_key"], str(row["shop_local_date"])],
        )
        assert (row["late_dispatch_orders"], row["dispatch_due_orders"]) == (
            one[f"late_{kind}_orders"],
            one[f"{kind}_due_orders"],
        )
        for rate, part, whole in (
            ("late_dispatch_rate", f"late_{kind}_orders", f"{kind}_due_orders"),
            ("on_time_delivery_rate", "on_time_delivered_orders", "delivery_due_orders"),
            ("seller_cancellation_rate", "seller_cancelled_orders", "sold_orders"),
        ):
            assert row[rate] == (one[part] / one[whole] if one[whole] else None), rate


@pytest.mark.parametrize("name", ["first", "later"])
def test_every_package_equals_the_truth(story: Story, name: str) -> None:
    """Guards packages that stay in an old status, hold other lines, or have another order's times."""
    times = ("create_time", *(f"{step}_deadline_at" for step in ("ready", "handover", "delivery")))
    times = (*times, "ready_at", "handed_over_at", "delivered_at")
    columns = ("first_order_id", "package_status", "units", *times)
    ours = {
        (row["shop_key"], row["package_id"]): [
            int(row[column].timestamp()) if column in times and row[column] else row[column]
            for column in columns
        ]
        for row in story.marts[name]["fct_packages"]
    }
    truth = story.truth[name]["packages"]
    assert ours == {
        (row["shop_key"], row["package_id"]): [row[column] for column in columns] for row in truth
    }
    assert {row["package_status"] for row in truth} == {"PROCESSING", "FULFILLING", "COMPLETED", "CANCELLED"}


@pytest.mark.parametrize("name", ["first", "later"])
def test_cover_and_what_to_order_are_worked_out_from_the_truth_again(story: Story, name: str) -> None:
    """Guards a cover by the slower pace, another shop's policy, half packs, and combos bought beside their parts."""
    with (project_dir() / "seeds/inventory/replenishment_policy.csv").open(encoding="utf-8") as file:
        policies = {row["shop_key"]: row for row in csv.DictReader(file)}
    assert all(not row["seller_sku"] and not row["valid_to"] for row in policies.values())
    ours = {
        (row["shop_key"], row["sku_id"]): row
        for row in story.marts[name]["kpi_stock_health"]
        if row["is_latest"]
    }
    seen: set[tuple[str, bool]] = set()
    for row in story.truth[name]["stock_daily"]:
        policy = policies.get(row["shop_key"], policies[""])
        lead, safety, target, overstock, least, pack = (
            int(policy[column])
            for column in (
                *("lead_time_days", "safety_days", "target_cover_days"),
                *("overstock_days", "moq_units", "pack_units"),
            )
        )
        units = row["available_units"]
        pace = max(Fraction(row["units_7d"], 7), Fraction(row["units_28d"], 28))
        point = ceil(pace * (lead + safety))
        cover = units / pace if pace else None
        order = 0
        if pace and units <= point and not row["is_combo"]:
            order = ceil(Fraction(max(ceil(pace * (lead + safety + target)) - units, least), pack)) * pack
        if not units:
            status = "out"
        elif cover is None or cover > overstock:
            status = "overstock"
        elif cover < lead:
            status = "critical"
        else:
            status = "low" if units <= point else "ok"
        found = ours[row["shop_key"], row["sku_id"]]
        today = date.fromisoformat(row["snapshot_date"])
        assert found["days_of_cover"] == (None if cover is None else pytest.approx(float(cover)))
        assert found["expected_stockout_date"] == (
            None if cover is None else today + timedelta(days=floor(cover))
        )
        assert [found[column] for column in ("reorder_point_units", "reorder_units", "stock_status")] == [
            point,
            order,
            status,
        ], row
        for days in (7, 14, 28):
            assert found[f"sales_velocity_{days}d"] == row[f"units_{days}d"] / days
        # What was never sold yet is not known to be a combo.
        assert found["is_combo"] <= row["is_combo"]
        seen |= {(status, bool(order)), ("combo", bool(found["is_combo"]))}
    assert {(status, True) for status in ("out", "critical", "low", "combo")} <= seen
    assert {("ok", False), ("overstock", False)} <= seen


@pytest.mark.parametrize("name", ["first", "later"])
def test_what_there_is_to_act_on_equals_the_truth(story: Story, name: str) -> None:
    """Guards alerts that are told of healthy shops, that are missing, or that stay open when it is over."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in story.marts[name]["kpi_alerts"]:
        assert row["first_seen"] <= row["last_seen"]
        if row["is_open"]:
            found[row["alert_kind"]].add((row["shop_key"], row["subject"]))
    assert not found.keys() & {"data_late", "authorisation"}

    clock = CLOCK + DAYS[name] * DAY
    store = Store.open(story.world)
    stopped = {
        (shop.id, product["id"])
        for shop in SHOPS
        for product in bodies(store, "product", shop, clock)
        if product["status"] in ("PLATFORM_DEACTIVATED", "FREEZE", "FAILED")
    }
    assert found["product_delisted"] == stopped
    assert stopped or name == "first"

    american = next(shop for shop in SHOPS if shop.region == "US")
    asked = (datetime.fromtimestamp(clock, ZoneInfo(american.timezone)) - timedelta(days=1)).date()
    poor = {
        code for code in health.METRICS if health.status(code, health.value(american, code, asked)) == "POOR"
    }
    assert found["account_health"] == {(american.id, code) for code in poor}

    last = datetime.fromtimestamp(clock, ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in story.truth[name]["kpi_shop_daily"]:
        if last - timedelta(days=28) < date.fromisoformat(row["business_date"]) <= last:
            for column in ("gmv", "refunded_gmv", "cancelled_gmv"):
                sums[row["shop_key"]][column] += Decimal(row[column])
    limits = {"refund_rate": Decimal("0.12"), "cancellation_rate": Decimal("0.15")}
    assert found["rate_limit"] == {
        (shop, rate)
        for shop, parts in sums.items()
        for rate, limit in limits.items()
        if parts[
            f"{rate.removesuffix('_rate').replace('cancellation', 'cancelled').replace('refund', 'refunded')}_gmv"
        ]
        > limit * parts["gmv"]
    }

    # A share of the units is that of the first day without stock, which of the first run is its only day.
    sold: dict[str, int] = defaultdict(int)
    for row in story.truth["first"]["stock_daily"]:
        sold[row["shop_key"]] += row["units_28d"]
    out = {
        (row["shop_key"], row["sku_id"])
        for row in story.truth["first"]["stock_daily"]
        if not row["available_units"] and row["units_28d"] >= Decimal("0.03") * sold[row["shop_key"]]
    }
    if name == "first":
        assert found["stock_out"] == out
        assert out
    else:
        again = {
            (row["shop_key"], row["sku_id"])
            for row in story.truth[name]["stock_daily"]
            if row["available_units"]
        }
        assert found["stock_out"] >= out - again
        assert not found["stock_out"] & again


@pytest.mark.parametrize("name", ["first", "later"])
def test_the_cards_of_operations_equal_the_truth(story: Story, name: str) -> None:
    """Guards a card that counts another's shop, another month, or an average of rates."""
    with (project_dir() / "seeds/people/team_assignments.csv").open(encoding="utf-8") as file:
        shops: dict[str, set[str]] = defaultdict(set)
        for row in csv.DictReader(file):
            if row["role"] == "operations":
                shops[row["person_name"]].add(row["shop_key"])
    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in story.truth[name]["kpi_shop_daily"]:
        for person in (person for person, keys in shops.items() if row["shop_key"] in keys):
            for column in ("gmv_rc", "net_gmv_rc", "refunded_gmv_rc", "cancelled_gmv_rc"):
                sums[person, row["business_date"][:7]][column] += Decimal(row[column])
    compared = 0
    for row in story.marts[name]["kpi_team_scorecard"]:
        found = sums.get((row["person_name"], str(row["month_start"])[:7]))
        if row["role"] != "operations" or found is None:
            continue
        expected = {
            "net_gmv_rc": found["net_gmv_rc"],
            "refund_rate": found["refunded_gmv_rc"] / found["gmv_rc"],
            "cancellation_rate": found["cancelled_gmv_rc"] / found["gmv_rc"],
        }.get(row["kpi_name"])
        if expected is not None:
            compared += 1
            assert abs(row["actual"] - expected) < Decimal("1e-9"), (row["person_name"], row["kpi_name"])
    assert compared >= 3 * len(shops)


@pytest.mark.parametrize("name", ["first", "later"])
def test_the_cards_of_media_buyers_and_hosts_are_the_sums_of_their_days(story: Story, name: str) -> None:
    """Guards a return on ads that is an average, hours of sessions without minutes, and figures of another's days."""
    with (project_dir() / "seeds/people/team_assignments.csv").open(encoding="utf-8") as file:
        assigned = list(csv.DictReader(file))
    sources = {
        "media_buyer": (
            "kpi_ads_daily",
            "business_date",
            ("ad_spend_rc", "paid_gmv_rc", "organic_gmv_rc", "gmv_rc", "paid_net_gmv_after_fees_rc"),
        ),
        "host": (
            "kpi_live_hosts",
            "shop_local_date",
            ("own_net_gmv_rc", "product_clicks", "product_impressions"),
        ),
    }
    sums: dict[tuple[str, str], dict[str, Decimal | None]] = defaultdict(dict)
    for role, (table, day, columns) in sources.items():
        for one in assigned:
            for row in story.marts[name][table]:
                if (one["role"], one["shop_key"]) != (role, row["shop_key"]):
                    continue
                if row[day].isoformat() < one["valid_from"] or (
                    one["valid_to"] and row[day].isoformat() >= one["valid_to"]
                ):
                    continue
                if role == "host" and (
                    row["host_name"] != one["person_name"]
                    or one["scope_id"] not in ("", row["account_username"])
                ):
                    continue
                card = sums[one["person_name"], row[day].isoformat()[:7]]
                for column in columns:
                    if column.startswith("product_") and row["credited_minutes"] is None:
                        continue
                    known = card.get(column, Decimal(0))
                    card[column] = (
                        None if known is None or row[column] is None else known + Decimal(row[column])
                    )

    def quotient(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
        return part / whole if part is not None and whole else None

    def is_covered(card: dict[str, Decimal | None]) -> bool:
        """Whether four fifths of the month's sales have evidence: of fewer a return would be too low."""
        paid, organic, gmv = (card.get(column) for column in ("paid_gmv_rc", "organic_gmv_rc", "gmv_rc"))
        return None not in (paid, organic, gmv) and paid + organic >= Decimal("0.8") * gmv  # type: ignore[operator]

    compared: dict[str, int] = defaultdict(int)
    for row in story.marts[name]["kpi_team_scorecard"]:
        card = sums.get((row["person_name"], f"{row['month_start']:%Y-%m}"), {})
        if row["role"] == "media_buyer":
            net = quotient(card.get("paid_net_gmv_after_fees_rc"), card.get("ad_spend_rc"))
            figures = {"paid_gmv_rc": card.get("paid_gmv_rc"), "roas_net": net}
            expected = {kpi: figure if is_covered(card) else None for kpi, figure in figures.items()}
        elif row["role"] == "host":
            expected = {
                "own_net_gmv_rc": card.get("own_net_gmv_rc"),
                "product_click_rate": quotient(card.get("product_clicks"), card.get("product_impressions")),
            }
        else:
            continue
        if row["kpi_name"] in expected:
            want = expected[row["kpi_name"]]
            compared[row["kpi_name"]] += want is not None
            assert (row["actual"] is None) == (want is None), (row["person_name"], row["kpi_name"])
            assert want is None or abs(row["actual"] - want) < Decimal("1e-9"), (
                row["person_name"],
                row["kpi_name"],
            )
    # No month of this short story is settled far enough; the unit test of the model has one that is.
    assert (compared.pop("roas_net"), compared.pop("paid_gmv_rc")) == (0, 0)
    assert set(compared) == {"own_net_gmv_rc", "product_click_rate"}
    assert all(compared.values())


@pytest.mark.parametrize("name", ["first", "later"])
def test_what_was_usual_is_worked_out_from_the_truth_again(story: Story, name: str) -> None:
    """Guards a day that trains its own expectation, another weekday, and sale days that make every day after them low."""
    gmv = {
        (row["shop_key"], row["business_date"]): Decimal(row["gmv"])
        for row in story.truth[name]["kpi_shop_daily"]
    }
    days = {
        (row["shop_key"], row["kpi_date"]): row
        for row in story.marts[name]["kpi_anomalies"]
        if row["kpi_name"] == "gmv"
    }
    left_out = ("sale_day", "unknown_value", "history_begins")
    judged = [row for row in days.values() if row["is_judged"]]
    assert len(judged) > 50
    for row in judged:
        before = [(row["shop_key"], row["kpi_date"] - timedelta(days=7 * week)) for week in range(1, 9)]
        training = [
            gmv.get((shop, day.isoformat()), Decimal(0))
            for shop, day in before
            if (shop, day) in days and days[shop, day]["not_judged_reason"] not in left_out
        ]
        own = (row["shop_key"], row["kpi_date"].isoformat())
        assert row["training_weeks"] == len(training), own
        assert row["value"] == gmv.get(own, Decimal(0)), own
        assert abs(row["expected"] - statistics.median(training)) < Decimal("1e-9"), own


def test_the_later_run_read_only_what_was_new(story: Story) -> None:
    first, later = story.reports["first"].sync, story.reports["later"].sync
    assert first is not None
    assert later is not None
    assert all(shop.incremental for shop in later.shops)
    assert (
        sum(shop.rows["orders"] for shop in later.shops)
        < sum(shop.rows["orders"] for shop in first.shops) / 2
    )
    assert story.requests["later"] < story.requests["first"]


def kept_values(marts: dict[str, Rows]) -> dict[tuple[Any, ...], Any]:
    """What a publication keeps: by mart, shop, day and column; what is unknown is not there."""
    values: dict[tuple[Any, ...], Any] = {}
    for mart, (day, columns) in KEPT_KPIS.items():
        for row in marts[mart]:
            if mart == "kpi_content_platform_daily" and (row["content_type"], row["account_type"]) != (
                "LIVE",
                "ALL",
            ):
                continue
            for column in columns:
                if row[column] is not None:
                    key = (mart, row["shop_key"], row[day], column)
                    values[key] = values.get(key, 0) + row[column]
    return values


def test_restatements_lead_from_the_first_publication_to_the_second(story: Story) -> None:
    """Each value that both publications have and that moved is told, once, and no other; and by what it moved."""
    values = {name: kept_values(marts) for name, marts in story.marts.items()}
    moved = {
        key: (before, values["later"][key])
        for key, before in values["first"].items()
        if key in values["later"] and values["later"][key] != before
    }
    told = rows_of(story.home.published, ("kpi_restatements",))["kpi_restatements"]
    columns = {"live_attributed_gmv": "attributed_content_gmv", "live_views": "views"}
    ours = {
        (
            row["model_name"],
            row["shop_key"],
            row["kpi_date"],
            columns.get(row["kpi_name"], row["kpi_name"]),
        ): (row["value_before"], row["value_now"])
        for row in told
    }
    assert ours == moved
    assert len(told) == len(ours), "one restatement each"
    second = story.reports["later"].publish
    assert second is not None
    assert {row["publication_id"] for row in told} == {second.publication}
    reasons = {
        row["model_name"]: {one["reason"] for one in told if one["model_name"] == row["model_name"]}
        for row in told
    }
    assert "refund" in reasons["kpi_shop_daily"]
    assert "payment_change" in reasons["kpi_settlement_bridge"]
    assert "ads_restated" in reasons["kpi_ads_daily"]
    assert not [row for row in told if row["reason"] == "unknown"]


def test_what_changed_since_yesterday_is_answered_by_one_view(story: Story) -> None:
    """With names in both languages, and amounts in both currencies."""
    told = rows_of(story.home.published, ("kpi_restatements",))["kpi_restatements"]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{story.home.published}' as warehouse (read_only)")
        rows = connection.execute(
            "select shop_key, kpi_date, kpi_name, value_before, value_now, difference, shop_name, kpi_label_zh, reason_zh, "
            "reporting_currency is null or difference_rc is not null or kpi_clock <> 'business_date' "
            "from warehouse.views.changes"
        ).fetchall()
    assert sorted(row[:6] for row in rows) == sorted(
        tuple(row[name] for name in ("shop_key", "kpi_date", "kpi_name", "value_before", "value_now", "difference"))
        for row in told
    )  # fmt: skip
    assert all(all(row[6:]) for row in rows)


def test_as_of_the_first_publication_equals_what_was_published_then(story: Story, tmp_path: Path) -> None:
    """Three days and a second publication later, number by number."""
    first = story.reports["first"].publish
    assert first is not None
    out = tmp_path / "then.duckdb"
    raw_before = {path: path.stat().st_mtime_ns for path in story.home.raw.rglob("*.parquet")}
    report = as_of(story.home, datetime.fromisoformat(first.published_at), out=out)
    assert report.publication == first.publication
    assert report.differences == ()
    assert report.values == len(kept_values(story.marts["first"]))
    for table in ("kpi_shop_daily", "kpi_product_daily", "kpi_settlement_bridge", "kpi_creator_daily"):
        rebuilt, published = (
            sorted(
                str({name: value for name, value in row.items() if not name.startswith("_")}) for row in rows
            )
            for rows in (rows_of(out, (table,))[table], story.marts["first"][table])
        )
        assert rebuilt == published, table
    assert story.marts["first"]["kpi_shop_daily"] != story.marts["later"]["kpi_shop_daily"]
    assert {path: path.stat().st_mtime_ns for path in story.home.raw.rglob("*.parquet")} == raw_before
    assert [
        path.name for path in (story.home.root / "as_of" / ".work").iterdir() if path.name != "lock"
    ] == []


def build_tables(home: Home, **options: Any) -> None:
    """Builds all seeds and models. Without the data tests: the rows are compared with those of which they hold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_INDIRECT_SELECTION", "empty")
        select = "resource_type:model resource_type:seed"
        build(home, select=select, freshness=False, **options).raise_for_errors()


def test_a_replay_without_network_in_full_gives_the_same_marts(story: Story, tmp_path: Path) -> None:
    """What was built load by load over two runs is what a full refresh makes of all rows, and of the archive alone."""
    copy = copy_of(story.home, tmp_path / "home", without=("sandbox", "published", "raw"))
    replay(copy)
    build_tables(copy, full_refresh=True)
    assert not different_marts(story.home.published, copy.warehouse)


def test_the_money_branches_hold_their_hand_worked_numbers(story: Story) -> None:
    """dbt's unit tests: they need the tables that exist after a build, and are no part of a production run."""
    run_dbt(story.home, [["test", "--select", "test_type:unit"]])
    results = json.loads((dbt_folder(story.home) / "target" / "run_results.json").read_bytes())["results"]
    tests = [one for one in results if one["unique_id"].startswith("unit_test.")]
    assert len(tests) > 100
    assert {one["unique_id"]: one["message"] for one in tests if one["status"] != "pass"} == {}


def test_the_published_file_has_every_mart_and_nothing_else(story: Story) -> None:
    with opened(story.home.published) as connection:
        found = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'opened'"
        ).fetchall()
    layer = {("metrics", "semantic_manifest"), ("utilities", "metricflow_time_spine")}
    marts = {path.stem for path in (project_dir() / "models" / "marts").rglob("*.sql")}
    assert set(found) == {("marts", table) for table in {*marts, "ops_publication"}} | layer
    assert {name.split("_")[0] for name in marts} == {"dim", "fct", "kpi", "ops"}
    with opened(story.home.published) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'opened'"
        ).fetchall()
        silent = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'opened' and schema_name = 'marts' "
            "and coalesce(comment, '') = ''"
        ).fetchall()
    assert not silent
    assert not [column for column in columns if column[1].startswith("_")]


def test_fields_that_were_dropped_once_stand_in_staging(story: Story) -> None:
    """What the sandbox sends of them: creatives that are shown, protection of the return for GMV Max of products, listings for
    a LIVE session alone, and until when a sample is to be approved and shipped."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{story.home.warehouse}' as built (read_only)")
        connection.execute("use built.staging")

        def answer(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql).fetchall()

        def newest(table: str, keys: str, columns: str) -> list[tuple[Any, ...]]:
            files = f"{story.home.raw}/tiktok_shop/{table}/*.parquet"
            return answer(
                f"select {keys}, {columns} from read_parquet('{files}', union_by_name = true) "
                f"qualify row_number() over (partition by {keys} order by retrieved_at desc) = 1 order by all"
            )

        assert answer(
            "select distinct creative_delivery_status from stg_tiktok_ads__gmv_max_creative_daily"
        ) == [("DELIVERING",)]
        assert answer(
            "select distinct roi_protection_compensation_status from stg_tiktok_ads__gmv_max_campaigns"
        ) == [("NOT_ELIGIBLE",)]
        assert answer(
            "select distinct promotion_type, roi_protection_enabled from stg_tiktok_ads__gmv_max_campaign_settings order by all"
        ) == [("LIVE", False), ("PRODUCT", True)]
        assert answer(
            "select shop_key, line_id, is_temporary_listing from stg_tiktok_shop__order_lines order by all"
        ) == newest("order_lines", "shop_key, line_id", "product_listing_type is not null")
        deadlines = "approve_expiration_time, shipment_expiration_time"
        kept = answer(
            f"select shop_key, application_id, {deadlines} from stg_tiktok_shop__sample_applications order by all"
        )
        assert kept == newest("sample_applications", "shop_key, application_id", deadlines) and kept
