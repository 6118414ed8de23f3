"""The questions of a seller's team, each answered from one view for people or by one question for metrics, against the world's own truth.

What changed since yesterday needs two publications: `test_run_sandbox.py` asks it.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import CLOCK

from home.layout import Home
from orchestration.docs_pages.contracts import contracts
from orchestration.metrics.query import Answer, Question, ask
from orchestration.metrics.source import Published, published
from sandbox.world.catalog import SHOPS
from sandbox.world.store import Store
from sandbox.world.truth import truth
from sandbox.world.truth_records import bodies

ZERO = Decimal(0)
STEPS = (
    ("tap_through_rate", "views", "impressions"),
    ("product_impressions_per_view", "product_impressions", "views"),
    ("product_click_rate", "product_clicks", "product_impressions"),
    ("click_to_order_rate", "created_sku_orders", "product_clicks"),
    ("order_to_paid_rate", "paid_sku_orders", "created_sku_orders"),
)


@pytest.fixture(scope="module")
def file(published_home: Home) -> Iterator[Published]:
    with published(published_home) as found:
        yield found


@pytest.fixture(scope="module")
def true(world_dir: Path) -> Any:
    known: dict[str, list[dict[str, Any]]] = {}

    def table(name: str) -> list[dict[str, Any]]:
        if name not in known:
            known[name] = truth(world_dir, int(CLOCK.timestamp()), name)
        return known[name]

    return table


def view(file: Published, sql: str) -> list[dict[str, Any]]:
    """Rows of a query over one view."""
    assert sql.count("views.") == 1 and " join " not in sql
    columns, rows = file.table(sql.replace("views.", "warehouse.views."))
    return [dict(zip(columns, row, strict=True)) for row in rows]


def of(answer: Answer, *groups: str) -> dict[Any, dict[str, Any]]:
    return {
        (tuple(row[group] for group in groups) if len(groups) > 1 else row[groups[0]]): row
        for row in answer.rows
    }


def summed(rows: list[dict[str, Any]], keys: tuple[str, ...], name: str) -> dict[Any, Decimal]:
    """The sum of a column of the truth by others."""
    found: dict[Any, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        found[tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]] += Decimal(row[name] or 0)
    return dict(found)


def newest_complete_day(file: Published) -> date:
    day = view(file, "select max(business_date) as day from views.shop_days where is_day_complete")[0]["day"]
    assert isinstance(day, date)
    return day


def test_yesterday_by_shop_against_last_week(file: Published, true: Any) -> None:
    yesterday = newest_complete_day(file)
    answer = ask(file, Question(("gmv_rc", "paid_orders"), ("shop",), yesterday, yesterday + timedelta(days=1), compare="week"))  # fmt: skip
    days = {(row["shop_key"], row["business_date"]): row for row in true("kpi_shop_daily")}
    sold = 0
    for shop, row in of(answer, "shop").items():
        for suffix, day in (("", yesterday), ("_before", yesterday - timedelta(days=7))):
            told = days.get((shop, str(day)))
            assert row[f"gmv_rc{suffix}"] == (None if told is None else Decimal(told["gmv_rc"]))
            sold += told is not None
    assert sold >= 8, "five shops sell on most days"


def test_top_creators_of_a_month_with_their_return(file: Published, true: Any) -> None:
    since, until = date(2026, 10, 1), date(2026, 11, 1)
    answer = ask(
        file,
        Question(("net_attributed_gmv", "creator_cost", "creator_roi"), ("shop", "creator_username"), since, until),
    )  # fmt: skip
    expected = summed(
        [row for row in true("creator_daily") if str(since) <= row["business_date"] < str(until)],
        ("shop_key", "creator_username"),
        "net_attributed_gmv",
    )
    ours = {key: row for key, row in of(answer, "shop", "creator_username").items() if key[1] != "none"}
    sold = {key: value for key, value in expected.items() if value and key[1] != "none"}
    assert sold and all(ours[key]["net_attributed_gmv"] == value for key, value in sold.items())
    with_return = [row for row in ours.values() if row["creator_roi"] is not None]
    assert with_return
    for shop in {key[0] for key in sold}:
        first = max((key for key in ours if key[0] == shop), key=lambda key: ours[key]["net_attributed_gmv"])
        assert sold[first] == max(value for key, value in sold.items() if key[0] == shop)


def test_where_each_live_session_leaks(file: Published, true: Any) -> None:
    """The rule worked out again from the platform's own figures: five earlier sessions of the host, the slot or the shop."""
    rows = view(
        file,
        "select shop_key, live_room_id, account_username, main_host_name, start_time, start_local_hour, comparison_basis, "
        "comparable_sessions, leaking_step, orders_lost, impressions, views, product_impressions, product_clicks, "
        "created_sku_orders, paid_sku_orders from views.live_sessions where is_own_account and is_listed",
    )
    figures = {(row["shop_key"], row["live_room_id"]): row for row in true("live_sessions")}
    assert {(row["shop_key"], row["live_room_id"]) for row in rows} <= figures.keys()
    leaks = 0
    for row in rows:
        earlier = [
            one
            for one in rows
            if one["shop_key"] == row["shop_key"]
            and timedelta(0) < row["start_time"] - one["start_time"] <= timedelta(days=56)
        ]
        alike = {
            "host": [one for one in earlier if one["main_host_name"] and one["main_host_name"] == row["main_host_name"]],
            "slot": [
                one
                for one in earlier
                if one["account_username"] == row["account_username"]
                and abs(one["start_local_hour"] - row["start_local_hour"]) in (0, 1, 23)
            ],
            "shop": earlier,
        }  # fmt: skip
        basis = next((name for name, found in alike.items() if len(found) >= 5), "none")
        assert row["comparison_basis"] == basis
        if basis == "none":
            assert row["leaking_step"] is None
            continue
        assert row["comparable_sessions"] == len(alike[basis])
        lost = {}
        for place, (step, above, below) in enumerate(STEPS):
            rate = share(row, above, below)
            usual = usual_of(alike[basis], above, below)
            if usual is None:
                continue
            if rate is None or not row[below] or rate >= 0.9 * usual:
                continue
            chance = usual if step == "product_impressions_per_view" else usual * (1 - usual)
            if usual - rate <= 2 * sqrt(chance / row[below]):
                continue
            orders = row[below] * (usual - rate)
            for _, later, base in STEPS[place + 1 :]:
                kept = share(row, later, base)
                kept = usual_of(alike[basis], later, base) if kept is None else kept
                orders *= kept or 0
            if orders > 0:
                lost[step] = orders
        worst = max(lost, key=lambda step: lost[step], default="none")
        assert row["leaking_step"] == worst, row["live_room_id"]
        if lost:
            leaks += 1
            assert float(row["orders_lost"]) == pytest.approx(lost[worst], abs=1e-3)
    assert leaks >= 5


def usual_of(rows: list[dict[str, Any]], above: str, below: str) -> float | None:
    known = [rate for row in rows if (rate := share(row, above, below)) is not None]
    return statistics.median(known) if known else None


def share(row: dict[str, Any], above: str, below: str) -> float | None:
    return None if row[above] is None or not row[below] else row[above] / row[below]


def test_paid_and_organic(file: Published, true: Any) -> None:
    rows = view(
        file,
        "select shop_key, sum(gmv) as gmv, sum(paid_gmv) as paid, sum(organic_gmv) as organic, sum(undetermined_gmv) as open "
        "from views.ads_days group by shop_key",
    )
    expected = summed(true("kpi_shop_daily"), ("shop_key",), "gmv")
    assert {row["shop_key"]: row["gmv"] for row in rows} == expected
    assert all(row["paid"] + row["organic"] + row["open"] == row["gmv"] for row in rows)
    assert sum(row["paid"] > 0 and row["organic"] > 0 for row in rows) >= 3


def test_what_to_restock(file: Published, true: Any) -> None:
    """A SKU is ordered when its stock does not last until a delivery comes, and is named with product and shop."""
    rows = view(
        file,
        "select shop_key, shop_name, product_name, sku_id, product_id, sellable_units, units_sold_28d, lead_time_days, safety_days, "
        "target_cover_days, moq_units, pack_units, is_combo, reorder_units, units_sold_7d from views.stock",
    )
    expected: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in true("stock_daily"):
        expected[row["shop_key"], row["sku_id"]][0] += row["available_units"]
        expected[row["shop_key"], row["sku_id"]][1:] = [row["units_28d"], row["units_7d"]]
    assert {(row["shop_key"], row["sku_id"]) for row in rows} == expected.keys()
    to_order = 0
    for row in rows:
        units, sold, week = expected[row["shop_key"], row["sku_id"]]
        assert (row["sellable_units"], row["units_sold_28d"]) == (units, sold)
        pace = max(week * 4, sold)
        point = -(-pace * (row["lead_time_days"] + row["safety_days"]) // 28)
        wanted = 0
        if pace and units <= point and not row["is_combo"]:
            days = row["lead_time_days"] + row["safety_days"] + row["target_cover_days"]
            wanted = max(-(-pace * days // 28) - units, row["moq_units"])
        assert row["reorder_units"] == -(-wanted // row["pack_units"]) * row["pack_units"]
        if wanted:
            to_order += 1
            assert row["shop_name"] and row["product_name"]
    assert to_order >= 10


def test_refund_rate_by_product(file: Published, true: Any) -> None:
    answer = ask(file, Question(("product_refund_rate", "product_gmv"), ("shop", "product_id")))
    gmv = summed(true("kpi_product_daily"), ("shop_key", "product_id"), "gmv")
    refunded = summed(true("kpi_product_daily"), ("shop_key", "product_id"), "refunded_gmv")
    ours = of(answer, "shop", "product_id")
    assert ours.keys() == gmv.keys()
    for key, amount in gmv.items():
        assert ours[key]["product_gmv"] == amount
        if amount:
            assert ours[key]["product_refund_rate"] == pytest.approx(float(refunded[key] / amount))
    assert any(refunded.values())


def test_profit_by_sku(file: Published, true: Any) -> None:
    rows = view(
        file,
        "select shop_key, sku_id, max(product_name) as product_name, sum(contribution_profit) as profit "
        "from views.sku_profit group by shop_key, sku_id",
    )
    # What days without a sale cost is on no SKU, and nothing was earned on it.
    idle = [row for row in rows if row["sku_id"] == "none"]
    rows = [row for row in rows if row["sku_id"] != "none"]
    assert not any(row["profit"] for row in idle)
    expected: dict[tuple[str, str], Decimal | None] = {}
    for row in true("sku_profit_daily"):
        key = row["shop_key"], row["sku_id"]
        known = row["contribution_profit"]
        before = expected.setdefault(key, None)
        expected[key] = before if known is None else (before or ZERO) + Decimal(known)
    assert {(row["shop_key"], row["sku_id"]): row["profit"] for row in rows} == expected
    assert all(row["product_name"] for row in rows)
    assert any(value is not None and value < 0 for value in expected.values())


def test_which_charges_are_wrong_and_what_can_be_claimed(file: Published, true: Any) -> None:
    rows = view(
        file,
        "select shop_key, reason, reason_zh, verdict_zh, coalesce(order_id, payment_id) as subject, claim_amount, currency "
        "from views.fee_audit where verdict = 'claim'",
    )
    expected = {
        (row["shop_key"], row["kind"], row["subject"]): Decimal(row["amount"])
        for row in true("planted")
        if row["kind"] != "reserve_held"
    }
    assert {(row["shop_key"], row["reason"], row["subject"]): row["claim_amount"] for row in rows} == expected
    assert expected and all(row["reason_zh"] and row["verdict_zh"] and row["currency"] for row in rows)


def test_what_is_owed_at_the_end_of_a_month(file: Published, true: Any) -> None:
    rows = view(
        file,
        "select shop_key, shop_name, currency, shop_local_month, opening_receivable, closing_receivable from views.month_close",
    )
    expected = {
        (row["shop_key"], row["shop_local_month"]): (Decimal(row["opening"]), Decimal(row["closing"]))
        for row in true("month_close")
    }
    assert {
        (row["shop_key"], str(row["shop_local_month"])): (
            row["opening_receivable"],
            row["closing_receivable"],
        )
        for row in rows
    } == expected
    assert len(expected) >= 5 and all(row["shop_name"] and row["currency"] for row in rows)


def test_what_has_to_be_booked(file: Published) -> None:
    rows = view(
        file,
        "select shop_key, entry_id, max(entry_type_zh) as entry_type_zh, max(tax_owed_by_zh) as tax_owed_by_zh, "
        "sum(debit_amount - credit_amount) as difference from views.journal group by shop_key, entry_id",
    )
    assert len(rows) >= 10 and not any(row["difference"] for row in rows)
    assert {row["entry_type_zh"] for row in rows} == {"结算单", "打款"}
    assert all(row["tax_owed_by_zh"] for row in rows)


def test_who_paid_which_discount(file: Published, world_dir: Path) -> None:
    """Of each order: on goods and on shipping, by the seller and by the platform, as the world's payment has it."""
    parts = ("seller_discount", "platform_discount", "shipping_fee_seller_discount", "shipping_fee_platform_discount")  # fmt: skip
    rows = view(file, f"select shop_key, order_id, currency, {', '.join(parts)} from views.orders")
    store, clock = Store.open(world_dir), int(CLOCK.timestamp())
    expected = {
        (shop.id, order["id"]): tuple(Decimal(order["payment"][part]) for part in parts)
        for shop in SHOPS
        for order in bodies(store, "order", shop, clock)
    }
    ours = {(row["shop_key"], row["order_id"]): tuple(row[part] for part in parts) for row in rows}
    assert ours and ours.items() <= expected.items()
    assert all(any(amounts[number] for amounts in ours.values()) for number in range(len(parts)))
    assert all(row["currency"] for row in rows)


def test_what_each_day_earned(file: Published, true: Any) -> None:
    """Days sum to the lines of the world; what no sale earned is no profit."""
    rows = view(
        file,
        "select shop_key, sum(contribution_profit) as profit, min(profit_basis_zh) as basis from views.profit_days group by shop_key",
    )
    expected = summed(true("sku_profit_daily"), ("shop_key",), "contribution_profit")
    ours = {row["shop_key"]: row["profit"] for row in rows}
    assert {shop: ours[shop] for shop in expected} == expected
    assert all(row["basis"] for row in rows)


def test_settlement_expected_next_week(file: Published, true: Any) -> None:
    """What is under way, by the week in which it is expected, is what the statements of the world have not paid yet."""
    rows = view(
        file,
        "select shop_key, week_start, currency, cash_expected, cash_expected_rc, under_way_amount, unsettled_amount, deduction_amount, "
        "reserve_release_amount, negative_balance_amount from views.cash_forecast where is_forecast order by week_start",
    )
    next_week = CLOCK.date() - timedelta(days=CLOCK.weekday()) + timedelta(days=7)
    assert {row["shop_key"] for row in rows if row["week_start"] == next_week} >= {
        row["shop_key"] for row in true("kpi_shop_daily")
    }
    parts = ("under_way_amount", "unsettled_amount", "deduction_amount", "reserve_release_amount", "negative_balance_amount")  # fmt: skip
    for row in rows:
        # A part that the shop's short history can not tell leaves the sum unknown.
        known = [row[part] for part in parts]
        assert row["cash_expected"] == (None if None in known else sum(known))
    unpaid = summed(
        [row for row in true("settlement_daily") if row["payment_status"] not in ("PAID", "SETTLED")],
        ("shop_key",),
        "payable",
    )
    under_way: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        under_way[row["shop_key"]] += (row["under_way_amount"] or ZERO) + (
            row["negative_balance_amount"] or ZERO
        )
    # The forecast leaves out a shop whose first payout has not come: it has no delay of its own, and so no week.
    assert all(under_way[shop] in (amount, ZERO) for shop, amount in unpaid.items())
    assert sum(under_way[shop] == amount != 0 for shop, amount in unpaid.items()) >= 4


def test_host_per_hour(file: Published, true: Any) -> None:
    answer = ask(file, Question(("host_own_gmv", "host_hours", "host_own_net_gmv_per_hour", "host_own_net_gmv"), ("shop", "host_name")))  # fmt: skip
    ours = of(answer, "shop", "host_name")
    named = {key: row for key, row in ours.items() if key[1] != "unassigned" and row["host_hours"]}
    assert len(named) >= 5
    for row in named.values():
        if row["host_own_net_gmv"] is not None:
            assert row["host_own_net_gmv_per_hour"] == pytest.approx(
                float(row["host_own_net_gmv"]) / float(row["host_hours"])
            )
    # With whom nobody is on the roster, hosts sum to what was ordered in the rooms of own accounts, where the platform sends rooms.
    rooms = summed(
        [row for row in true("live_sessions") if row["account_type"] != "AFFILIATE_ACCOUNTS"], ("shop_key",), "own_gmv"
    )  # fmt: skip
    sold: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for (shop, _), row in ours.items():
        sold[shop] += row["host_own_gmv"] or ZERO
    assert sum(sold[shop] == rooms[shop] > 0 for shop in rooms) >= 1


def test_our_gmv_against_seller_center(file: Published, true: Any) -> None:
    rows = view(
        file,
        "select shop_key, bridge_date, business_day_gmv, moved_in_gmv, moved_out_gmv, shop_day_gmv, platform_difference, platform_gmv, "
        "difference_reason, difference_reason_zh from views.platform_bridge",
    )
    days = {(row["shop_key"], row["business_date"]): Decimal(row["gmv"]) for row in true("kpi_shop_daily")}
    compared = 0
    for row in rows:
        assert row["business_day_gmv"] == days.get((row["shop_key"], str(row["bridge_date"])), ZERO)
        assert row["business_day_gmv"] + row["moved_in_gmv"] + row["moved_out_gmv"] == row["shop_day_gmv"]
        if row["platform_gmv"] is not None:
            compared += 1
            assert row["shop_day_gmv"] + row["platform_difference"] == row["platform_gmv"]
            assert (row["difference_reason"] is None) == (row["difference_reason_zh"] is None)
    assert compared >= 50


def test_commission_due(file: Published, true: Any) -> None:
    rows = view(
        file,
        "select shop_key, payee_type, accrued_amount, settled_amount, clawed_back_amount, due_amount from views.commission_due",
    )
    assert rows
    assert all(
        row["accrued_amount"] == row["settled_amount"] + row["clawed_back_amount"] + row["due_amount"] for row in rows
    )  # fmt: skip


def test_every_view_names_its_rows_once(published_home: Home) -> None:
    """The key that a view's comment names is one: a join that repeats rows makes every sum wrong."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published_home.published}' as warehouse (read_only)")
        views = connection.execute(
            "select view_name, regexp_extract(comment, 'Key 主键: (.*)\\.$', 1) from duckdb_views() "
            "where database_name = 'warehouse' and schema_name = 'views'"
        ).fetchall()
        assert len(views) >= 22
        for name, key in views:
            assert key, name
            repeated = connection.execute(
                f"select count(*) from (select 1 from warehouse.views.{name} group by {key} having count(*) > 1)"
            ).fetchone()
            assert repeated == (0,), name
        for name, base in (
            ("shop_days", "kpi_shop_daily"),
            ("products", "kpi_product_daily"),
            ("orders", "fct_orders"),
        ):
            counted = connection.execute(
                f"select (select count(*) from warehouse.views.{name}) - (select count(*) from warehouse.marts.{base})"
            ).fetchone()
            assert counted == (0,), name


def test_data_contracts_hold_for_the_published_file(published_home: Home) -> None:
    """Columns, types, keys and what is never missing, as the contracts promise them."""
    broken = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published_home.published}' as warehouse (read_only)")
        types: dict[str, dict[str, str]] = defaultdict(dict)
        for table, column, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() "
            "where database_name = 'warehouse' and schema_name = 'marts' order by column_index"
        ).fetchall():
            types[table][column] = kind
        for text in contracts().values():
            (table,) = yaml.safe_load(text)["schema"]
            name, columns = table["name"], table["properties"]
            if types[name] != {one["name"]: one["physicalType"] for one in columns}:
                broken.append(f"{name}: columns")
                continue
            never = [one["name"] for one in columns if one.get("required")]
            keys = [one["name"] for one in columns if one.get("primaryKey")]
            conditions = " or ".join(f"{column} is null" for column in never) or "false"
            missing = connection.execute(
                f"select count(*) from warehouse.marts.{name} where {conditions}"
            ).fetchone()
            repeated = connection.execute(
                f"select count(*) from (select 1 from warehouse.marts.{name} group by {', '.join(keys)} having count(*) > 1)"
            ).fetchone()
            if missing != (0,) or repeated != (0,):
                broken.append(f"{name}: {missing} missing, {repeated} repeated")
    assert not broken
