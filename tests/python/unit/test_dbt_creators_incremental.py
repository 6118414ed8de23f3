"""Creators, claims and credits, built load by load, are what a full refresh gives.

Affiliate rows come after their orders, a LIVE session is known after the sale in it, a commission is taken back,
ads show only in the settlement. The raw files are written by hand, as in test_dbt_incremental, from which the
tools come.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from test_dbt_incremental import DAY, ROOT, SHOP, Raw, content, rows

SELECT = ["+path:models/marts/creators"]
HOUR = timedelta(hours=1)


def build(home: Path, *options: str) -> None:
    env = os.environ | {
        "TTKPI_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    command = [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "test"]
    command += ["--exclude-resource-type", "unit_test", *options, "--select", *SELECT]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def order(
    raw: Raw, order_id: str, *, room: str | None = None, lines: int = 1, status: str = "COMPLETED"
) -> Any:
    """A paid order, of which the first line was ordered in a LIVE room."""
    header, children = raw.order(order_id, DAY, status=status, paid=DAY + HOUR, lines=lines)
    children[0]["room_id"] = room
    return header, children


def affiliate(order_id: str, creator: str, status: str, estimate: str, actual: str | None) -> dict[str, Any]:
    """The affiliate row of the first SKU of an order, out of a video."""
    return {
        "order_id": order_id,
        "order_create_time": DAY,
        "sku_id": "sku-0",
        "product_id": "product-0",
        "creator_username": creator,
        "settlement_status": status,
        "open_collaboration_id": "open",
        "content_type": "VIDEO",
        "content_id": "video",
        "currency": "THB",
        "quantity": 1,
        "commission_rate": 1000,
        "estimated_paid_commission": Decimal(estimate),
        "actual_paid_commission": None if actual is None else Decimal(actual),
    }


def session(room: str, creator: str, account_type: str) -> dict[str, Any]:
    """A LIVE session that was on air when the orders were placed."""
    times = {"start_time": DAY - HOUR, "end_time": DAY + HOUR}
    return {"live_room_id": room, "creator_user_name": creator, "account_type": account_type} | times


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four loads, each built as it comes."""
    home = tmp_path_factory.mktemp("home")
    raw = Raw(home)
    posted = {"video_id": "video", "user_name": "Ann", "start_date": date(2026, 10, 1)}

    raw.write("shops", 1, [{"shop_id": SHOP, "name": "Shop", "region": "TH", "seller_type": "CROSS_BORDER"}])
    raw.orders(
        1,
        order(raw, "split", room="room", lines=2),
        order(raw, "late"),
        order(raw, "gone", room="room"),
        order(raw, "ads"),
    )
    raw.write("affiliate_order_skus", 1, [affiliate("split", "Ann", "AWAITING PAYMENT", "10", None)])
    raw.rate(1, date(2026, 10, 1), "0.2")
    raw.synced(1, DAY + timedelta(days=8))
    build(home)

    # The room gets its creator, the video its date; other orders turn out to be somebody's; one is no sale any more.
    raw.write("live_sessions", 2, [session("room", "ben", "AFFILIATE_ACCOUNTS")])
    raw.write("video_performance", 2, [posted | {"post_time_utc": DAY - timedelta(days=9), "views": 7}])
    raw.write(
        "affiliate_order_skus",
        2,
        [
            affiliate("late", "@ann", "To-SETTLE", "10", None),
            affiliate("ads", "ann", "To-SETTLE", "10", None),
        ],
    )
    unpaid = raw.order("gone", DAY + 2 * HOUR, status="UNPAID", paid=None, lines=1)
    raw.orders(2, unpaid)
    build(home)

    # A refund claws a commission back; ads show in the settlement, and are taken back with the refund.
    raw.write("affiliate_order_skus", 3, [affiliate("split", "ann", "SETTLED", "10", "6")])
    cut = datetime(2026, 10, 11, tzinfo=UTC)
    fees = [("t1", -2), ("t2", 2)]
    raw.write(
        "statement_transactions",
        3,
        [
            {"statement_id": "s1", "transaction_id": transaction, "statement_time": cut, "type": "ORDER"}
            | {"order_id": "ads", "currency": "THB", "settlement_amount": Decimal(fee)}
            | {"fee_tax_amount": Decimal(fee)}
            for transaction, fee in fees
        ],
    )
    raw.write(
        "statement_transaction_components",
        3,
        [
            {"statement_id": "s1", "transaction_id": transaction, "currency": "THB", "amount": Decimal(fee)}
            | {"component_group": "fee", "component": "gmv_max_ad_fee_amount"}
            for transaction, fee in fees
        ],
    )
    raw.refund(3, "split", DAY + timedelta(days=5), status="RETURN_OR_REFUND_REQUEST_COMPLETE", amount=40)
    build(home)

    # Only a rate comes; and the affiliate order gets another creator.
    raw.rate(4, date(2026, 10, 1), "0.25")
    raw.write("affiliate_order_skus", 4, [affiliate("late", "cat", "SETTLED", "10", "9")])
    raw.synced(4, DAY + timedelta(days=60))
    build(home)
    return home


def test_claims_come_late_and_from_everywhere(home: Path) -> None:
    found = rows(
        home,
        """
        select order_id, line_id, claim_type, claimant, creator_username, evidence
        from marts.fct_creator_claims order by all
        """,
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
        """
        select order_id, line_id, rule, creator_username, credit, order_credit
        from marts.fct_attribution_credits
        where order_id = 'split' and rule = 'even_split' or order_id = 'ads' and rule = 'ads_first' order by all
        """,
    )
    one, half, quarter = Decimal(1), Decimal("0.5"), Decimal("0.25")
    assert found == [
        ("ads", "ads-0", "ads_first", "none", one, one),
        ("split", "split-0", "even_split", "ann", half, quarter),
        ("split", "split-0", "even_split", "ben", half, quarter),
        ("split", "split-1", "even_split", "none", one, half),
    ]
    assert rows(home, "select count(*) from marts.fct_attribution_credits where order_id = 'gone'") == [(0,)]


def test_the_day_has_every_creator_and_the_rest(home: Path) -> None:
    found = rows(
        home,
        """
        select creator_username, attributed_gmv, net_attributed_gmv, net_attributed_gmv_rc, attributed_orders,
            est_commission, actual_commission, commission_amount, commission_basis
        from marts.kpi_creator_daily order by all
        """,
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
        """
        select creator_username, attributed_gmv_platform, attributed_gmv_last_content, attributed_gmv_even_split,
            attributed_gmv_ads_first
        from marts.kpi_attribution_what_if order by all
        """,
    )
    assert found == [
        ("ann", 200, 100, 150, 100),
        ("ben", 0, 100, 50, 0),
        ("cat", 100, 100, 100, 100),
        ("none", 100, 100, 100, 200),
    ]


def test_incremental_equals_full_refresh(home: Path) -> None:
    incremental = content(home)
    build(home, "--full-refresh")
    full = content(home)
    assert incremental.keys() == full.keys()
    different = {name: (incremental[name], full[name]) for name in full if incremental[name] != full[name]}
    assert not different
