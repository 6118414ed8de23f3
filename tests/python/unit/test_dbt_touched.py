"""Orders that anything reached are built again, and nothing is built wrong by what is not: builds load by load give the rows of a full refresh.

The stories (`raw_stories`) live side by side in one home, each in a shop of its own, and go on load by load together. Then the pieces of all of them are
shuffled over five loads and built in a second home, where one build fails on the way. Which load a piece comes with is drawn by a seeded generator:
`TTKPI_SHUFFLES=20 python -m pytest tests/python/unit/test_dbt_touched.py -k shuffled` tries the seeds 1 to 20 (as a soak may; the suite tries one).
"""

from __future__ import annotations

import os
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from raw_helpers import SCHEMAS, Build, Piece, builds, content, differing, rows, write_empty, write_load
from raw_stories import (
    API_FIRST,
    CREATORS,
    FILES_FIRST,
    FINANCE,
    FIRST,
    LIVE,
    MENDED,
    MOVING,
    NINTH,
    PASSING,
    REASONS,
    RECONCILED,
    SALES,
    TENTH,
    poison,
    stories,
)

from home.layout import Home

STEPS, LOADS = 4, 5
END = f"after-{STEPS}.duckdb"
"""The warehouse after the last load, before the full refresh."""
SEEDS = range(1, int(os.environ.get("TTKPI_SHUFFLES", "1")) + 1)

PIECES = [piece for story in stories() for piece in story.pieces]
READ = {piece.table.name for piece in PIECES}
STAGED = [f"stg_tiktok_shop__{name}" for name in sorted(READ & SCHEMAS.keys() - {"fx_rates"})]
EMPTY = [f"stg_tiktok_shop__{name}" for name in sorted(SCHEMAS.keys() - READ)]
ORDERS = [*STAGED, "+config.incremental_strategy:touched_orders", "+fct_reconciliation_orders"]
"""All that is built from what was built before, and what a story looks at after each load; the rest is built whole, once all loads have come."""
AREAS = ("sales", "finance", "creators", "ads", "live", "inventory")
TRUST = ("+fct_reconciliation_orders", "+fct_import_differences")
ALL = [*STAGED, *TRUST, *(f"+path:models/marts/{area}" for area in AREAS)]
BUILT_ONCE = ["resource_type:seed", "config.materialized:view", *EMPTY]
BUILDS = {"int_orders__compared", "int_orders__touched", "orders_compared"}
"""What was built from which loads, and why: the only tables that two homes with the same rows may differ in."""


def played(
    home: Path,
    parsed: Home,
    loads: dict[int, list[Piece]],
    together: list[list[int]],
    fails: int | None = None,
) -> str:
    """Builds a home load by load, then in full.

    Args:
        home: The home.
        parsed: The home of the read project.
        loads: The pieces of each load.
        together: The loads of each build.
        fails: The load with which a build is to fail.

    Returns:
        The warehouse's copy before the full refresh.
    """
    write_empty(home / "raw")
    for load, pieces in loads.items():
        write_load(home / "loads" / str(load), load, pieces)
    last = len(together) - 1
    first_to_end = 1 if together[0] == [fails] else 0
    steps = [
        Build(
            select=ALL if number == last else ORDERS,
            exclude=BUILT_ONCE if first_to_end < number < last else [],
            loads=[str(load) for load in some],
            fails=some == [fails],
        )
        for number, some in enumerate(together)
    ]
    builds(home, [*steps, Build(select=ALL, exclude=BUILT_ONCE, options=["--full-refresh"])], parsed)
    return f"after-{len(steps)}.duckdb"


def unlike_a_full_refresh(home: Path, end: str) -> dict[str, Any]:
    """Tables that are other ones before the full refresh: in any column, bookkeeping too. The list itself is what each build had to do."""
    load_by_load, in_full = (
        content(home, file, without=["int_orders__touched"]) for file in (end, "warehouse.duckdb")
    )
    assert len(load_by_load) > 100
    return differing(load_by_load, in_full)


@pytest.fixture(scope="module")
def home(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All stories, step by step."""
    home = tmp_path_factory.mktemp("home")
    loads = {step: [piece for piece in PIECES if piece.step == step] for step in range(1, STEPS + 1)}
    assert played(home, parsed, loads, [[step] for step in loads]) == END
    return home


def test_load_by_load_is_a_full_refresh(home: Path) -> None:
    assert not unlike_a_full_refresh(home, END)


# What is built again ----------------------------------------------------------------------------------------------------------------------------


def touched(home: Path, step: int, shop: str) -> dict[str, str]:
    """Orders of a shop that the build of a step had to build, with the reasons."""
    listed = f"select order_id, reasons from intermediate.int_orders__touched where shop_key = '{shop}'"
    return dict(rows(home, listed, f"after-{step}.duckdb"))


def test_each_order_is_built_again_for_its_reason_and_no_other(home: Path) -> None:
    """Affiliate rows and estimates that were read again without news are in none of the lists."""
    assert touched(home, 2, REASONS) == {
        "order": "orders",
        "lines": "order_lines",
        "return": "return_lines, returns",
        "transaction": "statement_transactions",
        "component": "statement_transactions",
        "statement s1": "statement_transactions",
        "payment": "statement",
        "affiliate": "affiliate_order",
        "estimate changes": "estimate",
        "estimate is charged": "estimate",
        "estimate comes": "estimate",
        "estimate leaves": "estimate",
    }
    assert touched(home, 3, REASONS) == {
        "room": "content",
        "video": "content",
        "rate of the sale": "rate",
        "rate of the statement": "rate",
        "file return": "file_returns, order_lines, orders",
        "file transaction": "statement_rows",
        "statement file:1": "statement_rows",
        "statement s6": "rate, statement, statement_rows, statement_transactions",
        "adjustment": "statement_transactions",
        "statement s3": "statement_rows",
    }
    assert touched(home, 4, REASONS) == {}


def test_a_first_build_lists_every_order(home: Path) -> None:
    orders = f"select order_id from staging.stg_tiktok_shop__orders where shop_key = '{REASONS}'"
    known = {order_id for (order_id,) in rows(home, orders, "after-1.duckdb")}
    assert len(known) == 19
    statements = {"file transaction", "statement file:1", "statement s1", "statement s3"}
    assert touched(home, 1, REASONS).keys() == known | statements


def test_rows_of_statements_without_an_order_come_change_and_leave(home: Path) -> None:
    found = rows(
        home,
        f"""
        select statement_id, transaction_id, adjustment_order_id, settlement_amount
        from marts.fct_statement_transactions where shop_key = '{REASONS}' and order_id is null order by 1
        """,
        END,
    )
    assert found == [
        ("s1", "p1", None, Decimal(-15)),
        ("s3", "p3", "adjustment", Decimal(-7)),
        ("s6", "p6", None, Decimal(-9)),
    ]
    bridge = "select adjustment_amount, settlement_amount, payment_residual from marts.kpi_order_bridge"
    adjustment = f"{bridge} where shop_key = '{REASONS}' and order_id = 'adjustment'"
    assert rows(home, adjustment, END) == [(Decimal(-7), Decimal(-7), Decimal(0))]


def test_estimates_and_payments_are_those_of_the_newest_reading(home: Path) -> None:
    found = rows(
        home,
        f"""
        select order_id, profit_basis, settlement_amount, platform_fee_amount from marts.kpi_order_profit
        where shop_key = '{REASONS}' and order_id like 'estimate%' order by 1
        """,
        END,
    )
    assert found == [
        ("estimate changes", "estimated", Decimal(80), Decimal(-6)),
        ("estimate comes", "estimated", Decimal(90), Decimal(-6)),
        ("estimate is charged", "estimated", Decimal(90), Decimal(-7)),
        ("estimate leaves", "none", None, None),
        ("estimate stays", "estimated", Decimal(90), Decimal(-6)),
    ]
    bridge = "select settlement_amount, payment_residual, residual_type from marts.kpi_order_bridge"
    payment = f"{bridge} where shop_key = '{REASONS}' and order_id = 'payment'"
    assert rows(home, payment, "after-1.duckdb") == [(Decimal(94), Decimal(94), "timing")]
    assert rows(home, payment, END) == [(Decimal(94), Decimal(0), "closed")]


def test_days_follow_the_time_zone_of_a_shop(home: Path) -> None:
    """Noon of the 30th in Shanghai is 11:00 in Bangkok and 20:00 of the 29th in Los Angeles."""
    day = f"select shop_local_date, shop_local_hour from marts.fct_orders where shop_key = '{MOVING}'"
    assert [touched(home, step, MOVING) for step in (2, 3, 4)] == [{}, {"one": "shop"}, {}]
    assert rows(home, day, "after-2.duckdb") == [(date(2026, 11, 30), 11)]
    assert rows(home, day, END) == [(date(2026, 11, 29), 20)]


def test_what_came_and_left_is_gone(home: Path) -> None:
    claimant = f"select creator_username from marts.fct_creator_claims where shop_key = '{PASSING}'"
    settled = f"select order_id, settlement_amount from marts.fct_statement_transactions where shop_key = '{PASSING}' order by 1"
    assert rows(home, claimant, "after-2.duckdb") == [("ben",)]
    assert rows(home, settled, "after-2.duckdb") == [("of no shop", Decimal(94)), (None, Decimal(-9))]
    assert rows(home, claimant, END) == [("ann",)]
    assert rows(home, settled, END) == []


# Sales ------------------------------------------------------------------------------------------------------------------------------------------


def test_the_latest_version_wins_whenever_it_came(home: Path) -> None:
    found = rows(
        home,
        f"select order_id, order_status from staging.stg_tiktok_shop__orders where shop_key = '{SALES}' order by 1",
        END,
    )
    assert found == [("grows", "COMPLETED"), ("moves", "AWAITING_SHIPMENT"), ("newest", "COMPLETED")]


def test_lines_that_vanished_are_gone_and_old_ones_do_not_come_back(home: Path) -> None:
    found = rows(
        home,
        f"select order_id, count(*) from marts.fct_order_lines where shop_key = '{SALES}' group by 1 order by 1",
        END,
    )
    assert found == [("grows", 1), ("moves", 1), ("newest", 2)]


def test_a_refund_is_dated_by_the_earliest_version_that_completed_it(home: Path) -> None:
    found = rows(
        home,
        f"select refund_business_date, refund_amount, refund_amount_rc from marts.fct_refund_lines where shop_key = '{SALES}'",
        END,
    )
    assert found == [(date(2026, 10, 16), Decimal(40), Decimal(12))]


def test_an_indonesian_price_holds_the_distance_and_says_so(home: Path) -> None:
    """From the platform's rows to the day: two lines of 100, of which 8 each are for the distance."""
    lines = rows(
        home,
        "select gmv, gmv_without_distance_fee, distance_fee_amount, distance_shipping_fee_amount "
        f"from marts.fct_order_lines where shop_key = '{SALES}' and order_id = 'newest'",
        END,
    )
    assert lines == [(100, 92, 8, 3), (100, 92, 8, 3)]
    days = rows(
        home,
        "select sum(gmv - gmv_without_distance_fee), sum(gmv_rc - gmv_without_distance_fee_rc) "
        f"from marts.kpi_shop_daily where shop_key = '{SALES}'",
        END,
    )
    # The rate of the day of the sale, 1 October.
    assert days == [(16, Decimal("3.2"))]


def test_who_paid_the_discount_on_shipping_is_said_by_order(home: Path) -> None:
    found = rows(
        home,
        "select shipping_fee_seller_discount, shipping_fee_platform_discount, shipping_fee_cofunded_discount "
        f"from marts.fct_orders where shop_key = '{SALES}' order by order_id",
        END,
    )
    assert found == [(None, None, None), (None, None, None), (2, 1, 4)]


def test_days_on_which_nothing_is_left_are_gone(home: Path) -> None:
    found = rows(
        home,
        f"""
        select business_date, gmv, net_gmv, refund_amount_by_refund_date, fx_rate, is_provisional
        from marts.kpi_shop_daily where shop_key = '{SALES}' order by 1
        """,
        END,
    )
    assert found == [
        (date(2026, 10, 1), Decimal(300), Decimal(260), Decimal(0), Decimal("0.2"), False),
        (date(2026, 10, 6), Decimal(100), Decimal(100), Decimal(0), Decimal("0.25"), False),
        (date(2026, 10, 16), Decimal(0), Decimal(0), Decimal(40), Decimal("0.3"), False),
    ]
    for mart in ("kpi_product_daily", "kpi_shop_hourly"):
        finer = f"select distinct business_date from marts.{mart} where gmv > 0 and shop_key = '{SALES}' order by 1"
        assert rows(home, finer, END) == [(date(2026, 10, 1),), (date(2026, 10, 6),)]


# Finance ----------------------------------------------------------------------------------------------------------------------------------------


def test_a_restated_row_replaces_the_old_one(home: Path) -> None:
    found = rows(
        home,
        f"""
        select transaction_id, platform_fee_amount, affiliate_commission_amount, component_residual,
            settlement_amount_rc
        from marts.fct_statement_transactions where shop_key = '{FINANCE}' order by 1
        """,
        END,
    )
    assert found == [
        ("t1", Decimal(-6), Decimal(0), Decimal(0), Decimal("23.5")),
        ("t2", Decimal(3), Decimal(0), Decimal(0), Decimal("-9.25")),
        ("t3", Decimal(-6), Decimal(0), Decimal(0), Decimal("23.5")),
    ]


def test_the_bridge_leads_from_sales_to_the_bank(home: Path) -> None:
    found = rows(
        home,
        f"""
        select statement_id, gmv_amount, refunded_amount, revenue_residual, platform_fee_amount, settlement_amount,
            payment_amount, payment_residual, residual_type
        from marts.kpi_settlement_bridge where shop_key = '{FINANCE}' order by 1
        """,
        END,
    )
    # The other order of the platform's discount: none here, so revenue is gmv less refunds.
    numbers = [(100, 0, 0, -6, 94, 94, 0), (100, -40, 0, -3, 57, 0, 57)]
    assert [tuple(map(int, line[1:8])) for line in found] == numbers
    assert [(line[0], line[8]) for line in found] == [("s1", "closed"), ("s2", "timing")]


def test_settled_orders_are_no_longer_estimated(home: Path) -> None:
    found = rows(
        home,
        f"""
        select order_id, profit_basis, platform_fee_amount, refunded_base_amount
        from marts.kpi_order_profit where profit_basis <> 'none' and shop_key = '{FINANCE}' order by 1
        """,
        END,
    )
    assert found == [
        ("later", "settled", Decimal(-6), Decimal(0)),
        ("settled", "settled", Decimal(-3), Decimal(40)),
    ]


def test_costs_follow_returns_and_rates(home: Path) -> None:
    found = rows(
        home,
        f"""
        select order_id, units_kept, cogs_amount, cogs_amount_rc, contribution_profit
        from marts.kpi_order_profit where shop_key = '{FINANCE}' order by 1
        """,
        END,
    )
    # 8.38 yuan are 33.52 dong at 0.25. later: 100 - 6 - 33.52; settled: 100 - 40 - 3 - 33.52; what was taken back is no sale.
    cost = (Decimal("33.52"), Decimal("8.38"))
    assert found == [
        ("later", 1, *cost, Decimal("60.48")),
        ("returned", 0, Decimal(0), Decimal(0), None),
        ("settled", 1, *cost, Decimal("23.48")),
    ]


# Creators ---------------------------------------------------------------------------------------------------------------------------------------


def test_claims_come_late_and_from_everywhere(home: Path) -> None:
    found = rows(
        home,
        f"""
        select order_id, line_id, claim_type, claimant, creator_username, evidence
        from marts.fct_creator_claims where shop_key = '{CREATORS}' order by all
        """,
        END,
    )
    assert found == [
        ("ads", "ads-0", "ads", "ads", None, "gmv_max_ad_fee"),
        ("ads", "ads-0", "affiliate", "creator", "ann", "affiliate_order"),
        ("late", "late-0", "affiliate", "creator", "cat", "affiliate_order"),
        ("split", "split-0", "affiliate", "creator", "ann", "affiliate_order"),
        ("split", "split-0", "live_room", "creator", "ben", "room_id"),
    ]


def test_credits_follow_the_claims(home: Path) -> None:
    found = rows(
        home,
        f"""
        select order_id, line_id, rule, creator_username, credit, order_credit
        from marts.fct_attribution_credits
        where shop_key = '{CREATORS}'
            and (order_id = 'split' and rule = 'even_split' or order_id = 'ads' and rule = 'ads_first') order by all
        """,
        END,
    )
    one, half, quarter = Decimal(1), Decimal("0.5"), Decimal("0.25")
    assert found == [
        ("ads", "ads-0", "ads_first", "none", one, one),
        ("split", "split-0", "even_split", "ann", half, quarter),
        ("split", "split-0", "even_split", "ben", half, quarter),
        ("split", "split-1", "even_split", "none", one, half),
    ]
    gone = f"select count(*) from marts.fct_attribution_credits where order_id = 'gone' and shop_key = '{CREATORS}'"
    assert rows(home, gone, END) == [(0,)]


def test_the_day_has_every_creator_and_the_rest(home: Path) -> None:
    found = rows(
        home,
        f"""
        select creator_username, attributed_gmv, net_attributed_gmv, net_attributed_gmv_rc, attributed_orders,
            est_commission, actual_commission, commission_amount, commission_basis
        from marts.kpi_creator_daily where shop_key = '{CREATORS}' order by all
        """,
        END,
    )
    # ann: the line that is also ben's, of which 40 were refunded, and the one with ads; ben was live; cat: the late one.
    ann = ("ann", 200, 160, 40, Decimal("1.5"), 20, 6, 16, "estimated")
    ben = ("ben", 0, 0, 0, 0, 0, 0, 0, "none")
    cat = ("cat", 100, 100, 25, 1, 10, 9, 9, "settled")
    none = ("none", 100, 100, 25, Decimal("0.5"), 0, 0, 0, "none")
    assert found == [ann, ben, cat, none]


def test_rules_stand_side_by_side(home: Path) -> None:
    found = rows(
        home,
        f"""
        select creator_username, attributed_gmv_platform, attributed_gmv_last_content, attributed_gmv_even_split,
            attributed_gmv_ads_first
        from marts.kpi_attribution_what_if where shop_key = '{CREATORS}' order by all
        """,
        END,
    )
    assert found == [
        ("ann", 200, 100, 150, 100),
        ("ben", 0, 100, 50, 0),
        ("cat", 100, 100, 100, 100),
        ("none", 100, 100, 100, 200),
    ]


# Files ------------------------------------------------------------------------------------------------------------------------------------------

either_first = pytest.mark.parametrize("shop", [FILES_FIRST, API_FIRST], ids=["files_first", "api_first"])


@either_first
def test_an_order_that_the_api_has_is_the_api_s_as_a_whole(home: Path, shop: str) -> None:
    """One unit, not the file's two; and no refund, which the file alone knows."""
    found = rows(
        home,
        f"""
        select orders.order_id, orders.origin, orders.order_status, count(*), orders.gmv, orders.cancelled_gmv, orders.refunded_gmv
        from marts.fct_orders as orders inner join marts.fct_order_lines as lines using (shop_key, order_id)
        where shop_key = '{shop}' group by all order by 1
        """,
        END,
    )
    assert found == [
        ("both", "api", "COMPLETED", 1, Decimal(100), Decimal(0), Decimal(0)),
        ("only-api", "api", "COMPLETED", 1, Decimal(100), Decimal(0), Decimal(0)),
        ("only-file", "file", "DELIVERED", 3, Decimal(300), Decimal(100), Decimal(40)),
    ]


@either_first
def test_a_refund_of_a_file_is_in_the_cohort_and_in_no_day_of_the_events(home: Path, shop: str) -> None:
    found = rows(
        home,
        f"""
        select business_date, gmv, cancelled_gmv, refunded_gmv, net_gmv, refund_amount_by_refund_date
        from marts.kpi_shop_daily where shop_key = '{shop}'
        """,
        END,
    )
    assert found == [(date(2026, 10, 1), Decimal(500), Decimal(100), Decimal(40), Decimal(360), Decimal(0))]
    refunds = f"select order_id, origin, completed_at from marts.fct_refund_lines where shop_key = '{shop}'"
    assert rows(home, refunds, END) == [("only-file", "file", None)]


@either_first
def test_a_day_of_settlement_that_the_api_has_is_the_api_s(home: Path, shop: str) -> None:
    """The file's row of `only-file` on the API's day leaves with that day; what the file says of the day before the API's stays."""
    of_shop = f"where shop_key = '{shop}' order by 1"
    found = rows(
        home,
        f"select statement_id, origin, order_id, settlement_amount from marts.fct_statement_transactions {of_shop}, 3",
        END,
    )
    assert found == [
        ("file:THB:2026-10-08", "file", "only-file", Decimal(45)),
        ("s1", "api", "both", Decimal(80)),
        ("s1", "api", "only-api", Decimal(90)),
    ]
    fees = f"select statement_id, amount from marts.fct_statement_transaction_fees {of_shop}"
    assert rows(home, fees, END) == [("file:THB:2026-10-08", Decimal(-5))]
    bridge = f"select statement_id, settlement_amount, missing_transactions_amount from marts.kpi_settlement_bridge {of_shop}"
    assert rows(home, bridge, END) == [
        ("file:THB:2026-10-08", Decimal(45), Decimal(0)),
        ("s1", Decimal(170), Decimal(0)),
    ]
    profit = f"select order_id, profit_basis, settlement_amount from marts.kpi_order_profit {of_shop}"
    assert rows(home, profit, END) == [
        ("both", "settled", Decimal(80)),
        ("only-api", "settled", Decimal(90)),
        ("only-file", "settled", Decimal(45)),
    ]


@either_first
def test_one_payout_one_session_one_shop_day(home: Path, shop: str) -> None:
    """Under another id or definition it is still the same: nothing counts twice."""
    of_shop = f"where shop_key = '{shop}' order by 1"
    payments = f"select payment_id, origin, payout_amount from marts.fct_payments {of_shop}"
    assert rows(home, payments, END) == [("P-9", "api", Decimal(100)), ("W-2", "file", Decimal(55))]
    sessions = f"select live_room_id, title, live_attributed_gmv from marts.fct_live_sessions {of_shop}"
    assert rows(home, sessions, END) == [
        ("file:def", "Morning", Decimal(80)),
        ("room-1", "Evening sale", Decimal(690)),
    ]
    days = f"select shop_local_date, platform_gmv_definition, platform_gmv from marts.kpi_shop_platform_daily {of_shop}"
    assert rows(home, days, END) == [
        (date(2026, 10, 1), "api", Decimal(480)),
        (date(2026, 10, 2), "files", Decimal(520)),
    ]
    affiliates = f"select order_id, origin, est_commission from marts.fct_affiliate_order_lines {of_shop}"
    assert rows(home, affiliates, END) == [("both", "api", Decimal(10)), ("only-file", "file", Decimal(8))]


@either_first
def test_what_both_say_differently_is_shown(home: Path, shop: str) -> None:
    found = rows(
        home,
        f"""
        select entity, measure, api_value, file_value, difference, reason
        from marts.fct_import_differences where shop_key = '{shop}' order by all
        """,
        END,
    )
    by_entity = [
        ("affiliate_order_sku", "est_standard_commission", 10, 9, -1, "file_is_older"),
        ("live_session", "live_attributed_gmv", 690, 700, 10, "file_is_older"),
        ("order", "sub_total", 100, 200, 100, "file_is_newer"),
        ("order", "total_amount", 105, 205, 100, "file_is_newer"),
        ("order", "units", 1, 2, 1, "file_is_newer"),
        ("settled_order", "fee_tax_amount", -20, -30, -10, "file_is_older"),
        ("settled_order", "revenue_amount", 100, 200, 100, "file_is_older"),
        ("settled_order", "settlement_amount", 80, 170, 90, "file_is_older"),
        ("shop_day", "gmv", 480, 500, 20, "other_definition"),
        ("statement_day", "settlement_amount", 170, 440, 270, "file_is_older"),
    ]
    assert found == by_entity


def test_the_order_of_files_and_syncs_changes_no_row(home: Path) -> None:
    one, other = (
        content(
            home,
            END,
            columns="columns(c -> not starts_with(c, '_') and c <> 'shop_key')",
            where=f"columns(c -> c = 'shop_key') = '{shop}'",
            without=without_shops(home),
        )
        for shop in (FILES_FIRST, API_FIRST)
    )
    assert len(one) > 100
    assert not differing(one, other)


def without_shops(home: Path) -> set[str]:
    """Tables without the column shop_key, and the two that are of builds."""
    query = """
        select table_name from duckdb_tables() where not internal and table_name not in
            (select table_name from duckdb_columns() where column_name = 'shop_key')
    """
    return {name for (name,) in rows(home, query, END)} | BUILDS


# LIVE -------------------------------------------------------------------------------------------------------------------------------------------


def test_a_session_is_what_was_read_last_and_what_was_sold_in_it(home: Path) -> None:
    found = rows(
        home,
        f"""select live_room_id, live_attributed_gmv, paid_sku_orders, own_gmv, own_net_gmv, own_orders, own_gmv_rc,
               minutes_status, is_over_midnight, is_provisional, host_count, main_host_name
           from marts.kpi_live_sessions where shop_key = '{LIVE}' order by live_room_id""",
        END,
    )
    room = ("room", Decimal("23.03"), 6, Decimal(300), Decimal(267), 3, Decimal(75))
    silent = ("silent", Decimal(500), None, Decimal(100), Decimal(100), 1, Decimal(25))
    assert found == [
        (*room, "known", True, False, 2, "Anong"),
        (*silent, "missing", True, False, 2, "Anong"),
    ]


def test_hosts_share_a_minute_and_the_rest_is_nobodys(home: Path) -> None:
    found = rows(
        home,
        f"""select shop_local_date, host_name, assignment_basis, minutes_on_air, credited_minutes,
               live_attributed_gmv, own_gmv, own_net_gmv, own_orders
           from marts.kpi_live_hosts where live_room_id = 'room' and shop_key = '{LIVE}' order by all""",
        END,
    )
    first, second = date(2026, 10, 1), date(2026, 10, 2)
    half = Decimal("0.5")
    assert found == [
        (first, "Anong", "roster", 1, half, Decimal("5.005"), Decimal(50), Decimal("33.5"), half),
        (first, "Mali", "roster", 2, Decimal("1.5"), Decimal("15.005"), Decimal(150), Decimal("133.5"), Decimal("1.5")),
        (first, "unassigned", "beyond_minutes", None, None, Decimal(3), Decimal(0), Decimal(0), Decimal(0)),
        (second, "Anong", "roster", 1, Decimal(1), Decimal("0.02"), Decimal(100), Decimal(100), Decimal(1)),
    ]  # fmt: skip


def test_without_minutes_only_own_orders_are_a_hosts(home: Path) -> None:
    found = rows(
        home,
        f"""select host_name, assignment_basis, live_attributed_gmv, own_gmv
           from marts.kpi_live_hosts where live_room_id = 'silent' and shop_key = '{LIVE}' order by all""",
        END,
    )
    assert found == [
        # on the roster, and nobody knows what her minutes were
        ("Anong", "roster", None, Decimal(0)),
        ("Mali", "roster", None, Decimal(100)),
        ("unassigned", "minutes_missing", Decimal(500), Decimal(0)),
    ]


def test_a_videos_day_has_its_details_and_its_rate(home: Path) -> None:
    found = rows(
        home,
        f"""select shop_local_date, video_attributed_gmv, video_attributed_gmv_rc, customers, is_provisional
           from marts.kpi_video_daily where shop_key = '{LIVE}' order by shop_local_date""",
        END,
    )
    assert found == [
        (date(2026, 10, 1), Decimal(55), Decimal("13.75"), 4, False),
        (date(2026, 10, 2), Decimal(7), Decimal("1.75"), None, False),
    ]
    kinds = f"select distinct account_type from marts.fct_video_daily where shop_key = '{LIVE}'"
    assert rows(home, kinds, END) == [("AFFILIATE_ACCOUNTS",)]


# Reconciliation ---------------------------------------------------------------------------------------------------------------------------------


def test_what_explains_a_day_follows_the_orders_and_the_platform(home: Path) -> None:
    def part(day: date, order_id: str, why: str, own: int, theirs: int) -> tuple[Any, ...]:
        return day, order_id, why, Decimal(own), Decimal(theirs)

    parts = f"""
        select shop_local_date, order_id, reason_detail, own_value, platform_value
        from marts.fct_reconciliation_orders where measure = 'gmv' and shop_key = '{RECONCILED}' order by 1, 2
    """
    first, second, third, fourth = (rows(home, parts, f"after-{step}.duckdb") for step in range(1, STEPS + 1))
    assert first == [part(FIRST, "a", "with_tax", 100, 107)]
    assert second == [
        part(FIRST, "a", "with_tax", 100, 107),
        part(FIRST, "late", "with_tax", 100, 103),
        part(TENTH, "b", "with_tax", 100, 108),
    ]
    # 18:00 UTC of the 9th is 01:00 of the 10th in Bangkok: ours of the 10th, theirs of the 9th.
    assert third == [part(NINTH, "night", "utc", 0, 100), part(TENTH, "night", "utc", 100, 0)]
    assert fourth == third


# Any order of loads -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_shuffled_loads_end_as_the_stories_do(
    home: Path, parsed: Home, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """One build fails, one has two loads. What passes (`raw_stories.passing`) comes with the build that fails and is gone with the next."""
    generator = random.Random(seed)
    fails = generator.randint(1, LOADS - 1)
    first = generator.choice([load for load in range(1, LOADS) if fails not in (load, load + 1)])
    loads: dict[int, list[Piece]] = {load: [] for load in range(1, LOADS + 1)}
    loads[fails] += poison()
    files: dict[tuple[str, int], int] = {}
    for story in stories():
        for piece in story.pieces:
            load = generator.randint(1, LOADS)
            if piece.source == "seller_center" and piece.table.name.startswith("statement_transaction"):
                # The rows of a file's statement and their components are one thing.
                load = files.setdefault((story.shop, piece.step), load)
            if story.shop == MENDED:
                load = fails + 1
            elif story.shop == PASSING:
                load = generator.randint(1, fails) if piece.step == 1 else fails + piece.step - 2
            loads[load].append(piece)
    alone = [[load] for load in loads if load not in (first, first + 1)]

    again = tmp_path_factory.mktemp("shuffled")
    together = sorted([*alone, [first, first + 1]])
    end = played(again, parsed, loads, together, fails)

    after_failure = touched(again, together.index([fails]) + 2, PASSING)
    assert "unfinished" in after_failure["statement file"]
    assert not unlike_a_full_refresh(again, end)
    business = "columns(c -> not starts_with(c, '_'))"
    one, other = (
        content(where, file, columns=business, without=BUILDS) for where, file in ((home, END), (again, end))
    )
    assert not differing(one, other)
