"""What the API and downloaded files tell of the same shop: whichever comes first, the API's word stands whole, and incremental builds give a full refresh.

The raw files are written by hand, as in test_dbt_incremental, from which the tools come. Three pieces are loaded: an export (`old file`), a
newer one (`new file`) and a sync (`api`); in one home in that order, in another the sync comes first and the exports in the wrong order.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from test_dbt_finance_incremental import row, settled, statement
from test_dbt_incremental import DAY, ROOT, SHOP, Raw, content, rows

SELECT = [
    *(
        "+kpi_shop_daily",
        "+kpi_product_daily",
        "+kpi_order_profit",
        "+kpi_settlement_bridge",
        "+fct_payments",
    ),
    *(
        "+fct_live_sessions",
        "+kpi_shop_platform_daily",
        "+fct_affiliate_order_lines",
        "+fct_import_differences",
    ),
]
HOUR = timedelta(hours=1)
CUT = datetime(2026, 10, 11, tzinfo=UTC)
LIVE = datetime(2026, 10, 5, 12, 30, tzinfo=UTC)
PIECES = ("old file", "new file", "api")
READ_AT = {name: DAY + timedelta(days=40 + number) for number, name in enumerate(PIECES)}


class Pieces(Raw):
    """A raw folder to which each piece may be added as any load; its pages and times are those of the piece."""

    piece = ""

    def write(self, name: str, load: int, rows: list[dict[str, Any]]) -> None:
        own: dict[str, Any] = {}
        if self.piece:
            own = {
                "page_id": f"page of {self.piece}",
                "retrieved_at": READ_AT[self.piece],
                "file_id": self.piece,
            }
        super().write(name, load, [own | one for one in rows])

    def add(self, piece: str, load: int) -> None:
        """Loads a piece."""
        self.piece = piece
        self.origin = "api" if piece == "api" else "file"
        self.write("shops", load, [{"shop_id": SHOP, "name": f"Shop of {self.origin}", "region": "TH"}])
        {"old file": self.old_file, "new file": self.new_file, "api": self.api}[piece](load)

    def old_file(self, load: int) -> None:
        """Two orders of three units and of one, one of them refunded in part; their settlement, a session, a day."""
        self.orders(
            load,
            self.order("only-file", DAY, status="AWAITING_SHIPMENT", paid=DAY + HOUR, lines=3),
            # The file knows the order with two units and a later event than the API's.
            self.order("both", DAY + 90 * HOUR, status="DELIVERED", paid=DAY + HOUR, lines=2),
        )
        self.file_refunds(load, {"both": 70})
        settlements = [
            (row("file:THB:2026-10-10", "file:both", "both", 200, -30), {}),
            (row("file:THB:2026-10-10", "file:only-file", "only-file", 300, -30), {}),
        ]
        self.settle(load, "file:THB:2026-10-10", CUT, settlements)
        # A statement of a day that the API does not tell.
        early = row("file:THB:2026-10-08", "file:early", "only-file", 50, -5) | {
            "statement_time": CUT - 48 * HOUR
        }
        fee = {("fee", "platform_commission_amount"): "-5"}
        self.settle(load, "file:THB:2026-10-08", CUT - 48 * HOUR, [(early, fee)], also=settlements)
        self.write("payments", load, [self.payout("W-1", 100), self.payout("W-2", 55)])
        self.write(
            "live_sessions",
            load,
            [self.session("file:abc", "Evening sale", 700), self.session("file:def", "Morning", 80)],
        )
        self.write(
            "shop_performance_daily", load, [self.shop_day(1, "files", 500), self.shop_day(2, "files", 520)]
        )
        self.write("affiliate_order_skus", load, [self.affiliate("both", 9), self.affiliate("only-file", 7)])

    def new_file(self, load: int) -> None:
        """A newer download: the order that only files know was cancelled in part and refunded."""
        header, lines = self.order("only-file", DAY + 50 * HOUR, status="DELIVERED", paid=DAY + HOUR, lines=3)
        lines[2]["display_status"] = "CANCELLED"
        self.orders(load, (header, lines))
        self.file_refunds(load, {"only-file": 40})
        self.write("affiliate_order_skus", load, [self.affiliate("only-file", 8)])

    def api(self, load: int) -> None:
        """The API knows one of the orders, with one unit, and one that no file has."""
        self.orders(
            load,
            self.order("both", DAY + 2 * HOUR, status="COMPLETED", paid=DAY + HOUR, lines=1),
            self.order("only-api", DAY, status="COMPLETED", paid=DAY + HOUR, lines=1),
        )
        self.settle(
            load,
            "s1",
            CUT,
            [(row("s1", "t1", "both", 100, -20), {}), (row("s1", "t2", "only-api", 100, -10), {})],
        )
        self.write("payments", load, [self.payout("P-9", 100)])
        self.write("live_sessions", load, [self.session("room-1", "Evening sale", 690)])
        self.write("shop_performance_daily", load, [self.shop_day(1, "api", 480)])
        self.write("affiliate_order_skus", load, [self.affiliate("both", 10)])
        until = DAY + timedelta(days=60)
        log = {
            "run_id": "sync",
            "resource": "orders",
            "endpoint": "orders",
            "status": "ok",
            "window_until": until,
        }
        self.write("sync_log", load, [log | {"started_at": until, "finished_at": until}])
        self.rate(load, date(2026, 10, 1), "0.2")

    def settle(
        self, load: int, statement_id: str, cut: datetime, shown: list[Any], also: list[Any] | None = None
    ) -> None:
        """A statement with its transactions; `also` are those of another statement of the same piece."""
        head = {
            "statement_id": statement_id,
            "statement_time": cut,
            "payment_status": "PAID",
            "currency": "THB",
        }
        total = sum((one["settlement_amount"] for one, _ in shown), Decimal(0))
        heads = [head | {"settlement_amount": total}]
        if also:
            other = head | {"statement_id": also[0][0]["statement_id"], "statement_time": CUT}
            heads.append(
                other | {"settlement_amount": sum((one["settlement_amount"] for one, _ in also), Decimal(0))}
            )
        if self.origin == "api":
            statement(self, load, *heads)
        else:
            self.write("statements", load, heads)
        settled(self, load, "statement", *shown, *(also or []))

    def file_refunds(self, load: int, refunds: dict[str, int]) -> None:
        """Completed refunds of the first unit, as a file tells them: without the time of it."""
        complete = "RETURN_OR_REFUND_REQUEST_COMPLETE"
        heads = [
            {
                "return_id": f"file:{order_id}",
                "order_id": order_id,
                "return_status": complete,
                "return_type": "REFUND",
                "currency": "THB",
                "line_count": 1,
            }
            for order_id in refunds
        ]
        self.write("returns", load, heads)
        lines = [
            head
            | {
                "return_line_id": "1",
                "order_line_id": f"{head['order_id']}-0",
                "refund_subtotal": Decimal(refunds[head["order_id"]]),
            }
            for head in heads
        ]
        self.write(
            "return_lines",
            load,
            [{k: v for k, v in one.items() if k not in {"return_type", "line_count"}} for one in lines],
        )

    @staticmethod
    def payout(payment_id: str, amount: int) -> dict[str, Any]:
        own = {"payment_id": payment_id, "status": "PAID", "paid_time": CUT, "create_time": CUT}
        own |= {"settlement_amount": Decimal(amount), "settlement_currency": "THB"}
        return own | {"amount": Decimal(amount), "amount_currency": "THB"}

    @staticmethod
    def session(room: str, title: str, gmv: int) -> dict[str, Any]:
        # The API tells seconds, a file minutes.
        start = LIVE + timedelta(seconds=17) if room == "room-1" else LIVE
        times = {"start_time": start, "end_time": LIVE + HOUR}
        return {
            "live_room_id": room,
            "title": title,
            "currency": "THB",
            "live_attributed_gmv": Decimal(gmv),
        } | times

    @staticmethod
    def shop_day(day: int, definition: str, gmv: int) -> dict[str, Any]:
        return {
            "start_date": date(2026, 10, day),
            "definition_id": definition,
            "currency": "THB",
            "gmv": Decimal(gmv),
        }

    @staticmethod
    def affiliate(order_id: str, commission: int) -> dict[str, Any]:
        own = {
            "order_id": order_id,
            "sku_id": "sku-0",
            "creator_username": "ann",
            "currency": "THB",
            "quantity": 1,
        }
        return own | {"settlement_status": "SETTLED", "estimated_paid_commission": Decimal(commission)}


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


@pytest.fixture(scope="module")
def files_first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("files_first")
    raw = Pieces(home)
    for load, piece in enumerate(PIECES, start=1):
        raw.add(piece, load)
        build(home)
    return home


@pytest.fixture(scope="module")
def api_first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sync first, then the exports, the older one last and in the same build as the newer."""
    home = tmp_path_factory.mktemp("api_first")
    raw = Pieces(home)
    raw.add("api", 1)
    build(home)
    raw.add("new file", 2)
    raw.add("old file", 3)
    build(home)
    return home


@pytest.fixture(scope="module", params=["files_first", "api_first"])
def home(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def test_an_order_that_the_api_has_is_the_api_s_as_a_whole(home: Path) -> None:
    """One unit, not the file's two; and no refund, which the file alone tells of it."""
    found = rows(
        home,
        """
        select orders.order_id, orders.origin, orders.order_status, count(*), orders.gmv, orders.cancelled_gmv, orders.refunded_gmv
        from marts.fct_orders as orders inner join marts.fct_order_lines as lines using (shop_key, order_id)
        group by all order by 1
        """,
    )
    assert found == [
        ("both", "api", "COMPLETED", 1, Decimal(100), Decimal(0), Decimal(0)),
        ("only-api", "api", "COMPLETED", 1, Decimal(100), Decimal(0), Decimal(0)),
        ("only-file", "file", "DELIVERED", 3, Decimal(300), Decimal(100), Decimal(40)),
    ]


def test_a_refund_of_a_file_is_in_the_cohort_and_in_no_day_of_the_events(home: Path) -> None:
    found = rows(
        home,
        "select business_date, gmv, cancelled_gmv, refunded_gmv, net_gmv, refund_amount_by_refund_date from marts.kpi_shop_daily",
    )
    assert found == [(date(2026, 10, 1), Decimal(500), Decimal(100), Decimal(40), Decimal(360), Decimal(0))]
    assert rows(home, "select order_id, origin, completed_at from marts.fct_refund_lines") == [
        ("only-file", "file", None)
    ]


def test_a_day_of_settlement_that_the_api_has_is_the_api_s(home: Path) -> None:
    """The file's row of `only-file` on the API's day leaves with that day; what the file tells of the day before the API's stays."""
    found = rows(
        home,
        "select statement_id, origin, order_id, settlement_amount from marts.fct_statement_transactions order by 1, 3",
    )
    assert found == [
        ("file:THB:2026-10-08", "file", "only-file", Decimal(45)),
        ("s1", "api", "both", Decimal(80)),
        ("s1", "api", "only-api", Decimal(90)),
    ]
    assert rows(home, "select statement_id, amount from marts.fct_statement_transaction_fees") == [
        ("file:THB:2026-10-08", Decimal(-5))
    ]
    bridge = "select statement_id, settlement_amount, missing_transactions_amount from marts.kpi_settlement_bridge order by 1"
    assert rows(home, bridge) == [
        ("file:THB:2026-10-08", Decimal(45), Decimal(0)),
        ("s1", Decimal(170), Decimal(0)),
    ]
    profit = "select order_id, profit_basis, settlement_amount from marts.kpi_order_profit order by 1"
    assert rows(home, profit) == [
        ("both", "settled", Decimal(80)),
        ("only-api", "settled", Decimal(90)),
        ("only-file", "settled", Decimal(45)),
    ]


def test_one_payout_one_session_one_shop_day(home: Path) -> None:
    """Under another id or definition it is still the same: nothing counts twice."""
    assert rows(home, "select payment_id, origin, payout_amount from marts.fct_payments order by 1") == [
        ("P-9", "api", Decimal(100)),
        ("W-2", "file", Decimal(55)),
    ]
    sessions = "select live_room_id, title, live_attributed_gmv from marts.fct_live_sessions order by 1"
    assert rows(home, sessions) == [
        ("file:def", "Morning", Decimal(80)),
        ("room-1", "Evening sale", Decimal(690)),
    ]
    days = "select shop_local_date, platform_gmv_definition, platform_gmv from marts.kpi_shop_platform_daily order by 1"
    assert rows(home, days) == [
        (date(2026, 10, 1), "api", Decimal(480)),
        (date(2026, 10, 2), "files", Decimal(520)),
    ]
    affiliates = "select order_id, origin, est_commission from marts.fct_affiliate_order_lines order by 1"
    assert rows(home, affiliates) == [("both", "api", Decimal(10)), ("only-file", "file", Decimal(8))]


def test_what_both_tell_differently_is_shown(home: Path) -> None:
    found = rows(
        home,
        "select entity, measure, api_value, file_value, difference, reason from marts.fct_import_differences order by all",
    )
    assert found == [
        (
            "affiliate_order_sku",
            "est_standard_commission",
            Decimal(10),
            Decimal(9),
            Decimal(-1),
            "file_is_older",
        ),
        ("live_session", "live_attributed_gmv", Decimal(690), Decimal(700), Decimal(10), "file_is_older"),
        ("order", "sub_total", Decimal(100), Decimal(200), Decimal(100), "file_is_newer"),
        ("order", "total_amount", Decimal(105), Decimal(205), Decimal(100), "file_is_newer"),
        ("order", "units", Decimal(1), Decimal(2), Decimal(1), "file_is_newer"),
        ("settled_order", "fee_tax_amount", Decimal(-20), Decimal(-30), Decimal(-10), "file_is_older"),
        ("settled_order", "revenue_amount", Decimal(100), Decimal(200), Decimal(100), "file_is_older"),
        ("settled_order", "settlement_amount", Decimal(80), Decimal(170), Decimal(90), "file_is_older"),
        ("shop_day", "gmv", Decimal(480), Decimal(500), Decimal(20), "other_definition"),
        ("statement_day", "settlement_amount", Decimal(170), Decimal(440), Decimal(270), "file_is_older"),
    ]


def test_the_order_of_loads_changes_no_row(files_first: Path, api_first: Path) -> None:
    one, other = business(files_first), business(api_first)
    assert one.keys() == other.keys()
    different = {name: (one[name], other[name]) for name in one if one[name] != other[name]}
    assert not different


@pytest.mark.parametrize("name", ["files_first", "api_first"])
def test_incremental_equals_full_refresh(name: str, request: pytest.FixtureRequest) -> None:
    home: Path = request.getfixturevalue(name)
    incremental = content(home)
    build(home, "--full-refresh")
    full = content(home)
    assert incremental.keys() == full.keys()
    different = {name: (incremental[name], full[name]) for name in full if incremental[name] != full[name]}
    assert not different


def business(home: Path) -> dict[str, list[str]]:
    """All tables without the columns that say which load a row came from."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as db:
        db.sql("set timezone = 'UTC'")
        tables = db.sql("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        return {
            name: sorted(
                map(
                    str,
                    db.sql(f"select columns(c -> not starts_with(c, '_')) from {schema}.{name}").fetchall(),
                )
            )
            for schema, name in tables
        }
