"""LIVE sessions, hosts and videos, built load by load, are what a full refresh gives.

A session grows after its minutes came, is over midnight of the shop, a product leaves its listing; own orders are refunded
later or come before their session is listed; a video's details come after its day, and its kind of account with a later list.
The raw files are written by hand, as in test_dbt_incremental, from which the tools come. Hosts are those of seed live_host_shifts: on its days Mali is on air
from 18:00 to 22:00 in Bangkok, Anong from 21:00 to 02:00.
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

SELECT = ["+path:models/marts/live"]
MINUTE = timedelta(minutes=1)
BEGIN = datetime(2026, 10, 1, 13, 58, tzinfo=UTC)  # 20:58 in Bangkok: two minutes before Anong's shift
END = BEGIN + timedelta(hours=4)  # 00:58 of the next day


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


def order(raw: Raw, order_id: str, room: str, at: datetime, *, status: str = "COMPLETED") -> Any:
    """A paid order of 100, placed in a LIVE room."""
    header, children = raw.order(order_id, at, status=status, paid=at, lines=1)
    header["create_time"] = at
    children[0]["room_id"] = room
    return header, children


def session(room: str, direct: str, indirect: str, **changes: Any) -> dict[str, Any]:
    """One reading of a session of the shop's official account."""
    return {
        "live_room_id": room,
        "creator_user_name": "aurora.th",
        "account_type": "OFFICIAL_ACCOUNTS",
        "start_time": BEGIN,
        "end_time": END,
        "currency": "THB",
        "impressions": 1000,
        "views": 100,
        "product_impressions": 400,
        "product_clicks": 20,
        "created_sku_orders": 10,
        "live_attributed_sku_orders": 9,
        "live_gmv": Decimal(direct),
        "live_indirect_gmv": Decimal(indirect),
        "live_attributed_gmv": Decimal(direct) + Decimal(indirect),
    } | changes


def minute(room: str, number: int, gmv: str) -> dict[str, Any]:
    """One minute of a session, with a click of ten products that were shown."""
    start = BEGIN + number * MINUTE
    return {
        "live_room_id": room,
        "minute_start_at": start,
        "minute_end_at": start + MINUTE,
        "currency": "THB",
        "gmv": Decimal(gmv),
        "product_impressions": 10,
        "product_clicks": 1,
        "sku_orders": 1,
    }


def product(room: str, product_id: str, paid: int, snapshot: str) -> dict[str, Any]:
    """A product of a session in one listing."""
    return {
        "live_room_id": room,
        "product_id": product_id,
        "sku_orders": paid,
        "created_sku_orders": paid + 1,
        "snapshot_id": snapshot,
    }


def video(day: int, gmv: str, **changes: Any) -> dict[str, Any]:
    """One reading of a video's day."""
    return {
        "video_id": "video",
        "user_name": "@Ann",
        "start_date": date(2026, 10, day),
        "end_date": date(2026, 10, day + 1),
        "latest_available_date": date(2026, 10, 9),
        "post_time_utc": DAY - timedelta(days=3),
        "currency": "THB",
        "views": 500,
        "product_impressions": 200,
        "product_clicks": 10,
        "sku_orders": 2,
        "gmv": Decimal(gmv),
        "indirect_gmv": Decimal(0),
        "attributed_gmv": Decimal(gmv),
    } | changes


def synced(raw: Raw, load: int, until: datetime) -> None:
    """Orders, sessions and videos were read until then: orders by a window, what comes by days with a cursor only."""
    row = {
        "run_id": f"run-{load}",
        "status": "ok",
        "started_at": until,
        "finished_at": until,
        "cursor": until,
    }
    window = {"window_from": DAY - timedelta(days=1), "window_until": until}
    logged = {"orders": window, "live_sessions": {}, "video_performance": {}}
    raw.write(
        "sync_log", load, [row | {"resource": name, "endpoint": name} | more for name, more in logged.items()]
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four loads, each built as it comes."""
    home = tmp_path_factory.mktemp("home")
    raw = Raw(home)

    # Two sessions, of which one is only on an order so far; a video.
    raw.write("shops", 1, [{"shop_id": SHOP, "name": "Shop", "region": "TH", "seller_type": "CROSS_BORDER"}])
    raw.orders(
        1,
        order(raw, "alone", "room", BEGIN + timedelta(seconds=30)),
        order(raw, "shared", "room", BEGIN + timedelta(minutes=2, seconds=30)),
        order(raw, "late", "room", BEGIN + timedelta(hours=3, minutes=30)),
        order(raw, "early", "silent", BEGIN),
    )
    raw.write("live_sessions", 1, [session("room", "20.03", "0")])
    raw.write("live_products", 1, [product("room", "p1", 5, "s1"), product("room", "p2", 3, "s1")])
    raw.write("video_performance", 1, [video(1, "50")])
    raw.rate(1, date(2026, 10, 1), "0.2")
    synced(raw, 1, DAY + timedelta(days=1))
    build(home)

    # The minutes come, a minute after the shop's midnight among them; a product leaves the listing; the other session is listed.
    raw.write(
        "live_minutes",
        2,
        [minute("room", 0, "10"), minute("room", 2, "10.01"), minute("room", 185, "0.02")],
    )
    raw.write("live_products", 2, [product("room", "p1", 6, "s2")])
    raw.write("live_sessions", 2, [session("silent", "500", "0", title="no minutes")])
    kind = {"account_type": "AFFILIATE_ACCOUNTS"}
    raw.write("video_performance", 2, [video(1, "55", **kind), video(2, "7", **kind)])
    synced(raw, 2, DAY + timedelta(days=2))
    build(home)

    # The session has grown; a refund; the details of the video; an older reading of the session comes late and loses.
    grown = session("room", "20.03", "3")
    older = session("room", "1", "0") | {"retrieved_at": DAY + timedelta(days=1), "page_id": "page-old"}
    raw.write("live_sessions", 3, [grown, older])
    raw.refund(3, "shared", DAY + timedelta(days=5), status="RETURN_OR_REFUND_REQUEST_COMPLETE", amount=33)
    raw.write(
        "video_details_daily", 3, [{"video_id": "video", "start_date": date(2026, 10, 1), "customers": 4}]
    )
    synced(raw, 3, DAY + timedelta(days=9))
    build(home)

    # Only a rate and the time: what was provisional is final.
    raw.rate(4, date(2026, 10, 1), "0.25")
    synced(raw, 4, DAY + timedelta(days=60))
    build(home)
    return home


def test_a_session_is_what_was_read_last_and_what_was_sold_in_it(home: Path) -> None:
    found = rows(
        home,
        """select live_room_id, live_attributed_gmv, paid_sku_orders, own_gmv, own_net_gmv, own_orders, own_gmv_rc,
               minutes_status, is_over_midnight, is_provisional, host_count, main_host_name
           from marts.kpi_live_sessions order by live_room_id""",
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
        """select shop_local_date, host_name, assignment_basis, minutes_on_air, credited_minutes,
               live_attributed_gmv, own_gmv, own_net_gmv, own_orders
           from marts.kpi_live_hosts where live_room_id = 'room' order by all""",
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
        """select host_name, assignment_basis, live_attributed_gmv, own_gmv
           from marts.kpi_live_hosts where live_room_id = 'silent' order by all""",
    )
    assert found == [
        ("Mali", "roster", None, Decimal(100)),
        ("unassigned", "minutes_missing", Decimal(500), Decimal(0)),
    ]


def test_a_videos_day_has_its_details_and_its_rate(home: Path) -> None:
    found = rows(
        home,
        """select shop_local_date, video_attributed_gmv, video_attributed_gmv_rc, customers, is_provisional
           from marts.kpi_video_daily order by shop_local_date""",
    )
    assert found == [
        (date(2026, 10, 1), Decimal(55), Decimal("13.75"), 4, False),
        (date(2026, 10, 2), Decimal(7), Decimal("1.75"), None, False),
    ]
    assert rows(home, "select distinct account_type from marts.fct_video_daily") == [("AFFILIATE_ACCOUNTS",)]


def test_incremental_equals_full_refresh(home: Path) -> None:
    load_by_load = content(home)
    build(home, "--full-refresh")
    at_once = content(home)

    assert load_by_load.keys() == at_once.keys()
    differing = {
        name: (sorted(set(before) - set(at_once[name]))[:2], sorted(set(at_once[name]) - set(before))[:2])
        for name, before in load_by_load.items()
        if before != at_once[name]
    }
    assert not differing
