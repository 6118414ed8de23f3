"""An incremental build gives the rows of a full refresh, also where loads come late, twice or in wrong order.

The raw files are written by hand, with the columns that ingestion declares, so that each trap is one load.
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
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.engine.columns import Table
from ingestion.engine.journal import JOURNAL
from ingestion.fx_rates.resource import FX_RATES
from ingestion.seller_center.tables import tables as file_tables
from ingestion.tiktok_shop.resources import tables

ROOT = Path(__file__).parents[3]
SCHEMAS: dict[str, Table] = {table.name: table for table in [*tables(), *JOURNAL.values(), FX_RATES]}
FILE_SCHEMAS: dict[str, Table] = {table.name: table for table in file_tables()}
SHOP = "7495000000000000101"
DAY = datetime(2026, 10, 1, 4, tzinfo=UTC)  # noon in Shanghai
SELECT = ["+kpi_shop_daily", "+kpi_shop_hourly", "+kpi_product_daily"]


class Raw:
    """A raw folder, written load by load.

    Attributes:
        origin: `api`, or `file`: whose rows are written from now on.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.origin = "file"
        for name in FILE_SCHEMAS:
            self.write(name, 0, [])
        self.origin = "api"
        for name in SCHEMAS:
            self.write(name, 0, [])

    def write(self, name: str, load: int, rows: list[dict[str, Any]]) -> None:
        schemas, source = (
            (SCHEMAS, "tiktok_shop") if self.origin == "api" else (FILE_SCHEMAS, "seller_center")
        )
        schema = schemas[name].schema.append(pa.field("_dlt_load_id", pa.string()))
        own = {"shop_key": SHOP, "retrieved_at": DAY + timedelta(days=40 + load), "page_id": f"page-{load}"}
        if self.origin == "file":
            own |= {"origin": "file", "file_id": f"file-{load}"}
        filled = [{**own, **row, "_dlt_load_id": f"176000000{load}.5"} for row in rows]
        folder = self.home / "raw" / ("fx_rates" if name == "fx_rates" else source) / name
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(filled, schema=schema), folder / f"{load}.parquet")

    def order(
        self,
        order_id: str,
        at: datetime,
        *,
        status: str,
        paid: datetime | None,
        lines: int,
        seller_sku: str | None = None,
    ) -> tuple[Any, Any]:
        """One version of an order with lines of 100 each; `at` is its update time."""
        shared = {"order_id": order_id, "currency": "THB"}
        header = shared | {
            "status": status,
            "create_time": DAY,
            "update_time": at,
            "paid_time": paid,
            "is_cod": False,
            "buyer_key": "buyer",
            "payment__sub_total": Decimal(100 * lines),
            "payment__total_amount": Decimal(100 * lines + 5),
            "line_count": lines,
        }
        children = [
            shared
            | {
                "order_update_time": at,
                "line_id": f"{order_id}-{index}",
                "line_index": index,
                "sku_id": f"sku-{index}",
                "product_id": f"product-{index}",
                "seller_sku": seller_sku,
                "display_status": status,
                "original_price": Decimal(110),
                "sale_price": Decimal(100),
                "seller_discount": Decimal(10),
                "platform_discount": Decimal(0),
                "is_gift": False,
            }
            for index in range(lines)
        ]
        return header, children

    def orders(self, load: int, *versions: tuple[Any, Any]) -> None:
        self.write("orders", load, [header for header, _ in versions])
        self.write("order_lines", load, [line for _, lines in versions for line in lines])

    def refund(
        self, load: int, order_id: str, at: datetime, *, status: str, amount: int, kind: str | None = None
    ) -> None:
        """One version of a return request for the first line of an order."""
        shared = {
            "return_id": f"return-{order_id}",
            "order_id": order_id,
            "return_status": status,
            "return_type": kind,
            "currency": "THB",
        }
        self.write("returns", load, [shared | {"create_time": DAY, "update_time": at, "line_count": 1}])
        line = {"return_line_id": "1", "order_line_id": f"{order_id}-0", "return_update_time": at}
        self.write("return_lines", load, [shared | line | {"refund_subtotal": Decimal(amount)}])

    def synced(self, load: int, until: datetime) -> None:
        row = {"run_id": f"run-{load}", "resource": "orders", "endpoint": "orders", "status": "ok"}
        self.write(
            "sync_log", load, [row | {"started_at": until, "finished_at": until, "window_until": until}]
        )

    def rate(self, load: int, day: date, rate: str) -> None:
        row = {"rate_date": day, "base_currency": "THB", "quote_currency": "CNY", "rate": Decimal(rate)}
        self.write("fx_rates", load, [row | {"origin": "test"}])


def build(home: Path, *options: str) -> None:
    env = os.environ | {
        "TTKPI_HOME": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    # Without the tests: a rate that is missing for a while is part of the story, and they would stop there.
    command = [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "test"]
    command += ["--exclude-resource-type", "unit_test", *options, "--select", *SELECT]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def content(home: Path) -> dict[str, list[str]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as db:
        db.sql("set timezone = 'UTC'")
        names = db.sql("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        return {name: sorted(map(str, db.sql(f"from {schema}.{name}").fetchall())) for schema, name in names}


def rows(home: Path, sql: str) -> list[Any]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as db:
        db.sql("set timezone = 'UTC'")
        return db.sql(sql).fetchall()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three loads, each built as it comes."""
    home = tmp_path_factory.mktemp("home")
    raw = Raw(home)
    hour, refunded = timedelta(hours=1), "RETURN_OR_REFUND_REQUEST_COMPLETE"

    raw.write("shops", 1, [{"shop_id": SHOP, "name": "Shop", "region": "TH", "seller_type": "CROSS_BORDER"}])
    raw.orders(
        1,
        raw.order("grows", DAY, status="UNPAID", paid=None, lines=2),
        raw.order("newest", DAY + 9 * hour, status="COMPLETED", paid=DAY + hour, lines=2),
        raw.order("moves", DAY, status="AWAITING_SHIPMENT", paid=DAY + timedelta(days=3), lines=1),
    )
    raw.refund(1, "newest", DAY + timedelta(days=20), status=refunded, amount=40)
    raw.rate(1, date(2026, 10, 1), "0.2")
    raw.synced(1, DAY + timedelta(days=8))
    build(home)

    raw.orders(
        2,
        # Paid, and one of its lines is gone.
        raw.order("grows", DAY + 2 * hour, status="COMPLETED", paid=DAY + hour, lines=1),
        # An older version that comes later: a look-back, or loads out of order.
        raw.order("newest", DAY, status="UNPAID", paid=None, lines=3),
        # The only sale of its day leaves it: nothing may stay behind.
        raw.order(
            "moves",
            DAY + timedelta(days=4),
            status="AWAITING_SHIPMENT",
            paid=DAY + timedelta(days=5),
            lines=1,
        ),
    )
    # Completed earlier than we knew: the refund leaves its day, on which nothing else happened.
    raw.refund(2, "newest", DAY + timedelta(days=15), status=refunded, amount=40)
    # The same day's rate, corrected; and the rate of a day that had a stale one.
    raw.rate(2, date(2026, 10, 6), "0.25")
    raw.synced(2, DAY + timedelta(days=9))
    build(home)

    # A load that brings nothing new but time: a day stops being provisional.
    raw.orders(3, raw.order("newest", DAY + 9 * hour, status="COMPLETED", paid=DAY + hour, lines=2))
    raw.synced(3, DAY + timedelta(days=60))
    raw.rate(3, date(2026, 10, 16), "0.3")
    build(home)
    return home


def test_the_latest_version_wins_whenever_it_came(home: Path) -> None:
    found = rows(home, "select order_id, order_status from staging.stg_tiktok_shop__orders order by 1")
    assert found == [("grows", "COMPLETED"), ("moves", "AWAITING_SHIPMENT"), ("newest", "COMPLETED")]


def test_lines_that_vanished_are_gone_and_old_ones_do_not_come_back(home: Path) -> None:
    found = rows(home, "select order_id, count(*) from marts.fct_order_lines group by 1 order by 1")
    assert found == [("grows", 1), ("moves", 1), ("newest", 2)]


def test_a_refund_is_dated_by_the_earliest_version_that_completed_it(home: Path) -> None:
    found = rows(
        home, "select refund_business_date, refund_amount, refund_amount_rc from marts.fct_refund_lines"
    )
    assert found == [(date(2026, 10, 16), Decimal(40), Decimal(12))]


def test_days_on_which_nothing_is_left_are_gone(home: Path) -> None:
    found = rows(
        home,
        """
        select business_date, gmv, net_gmv, refund_amount_by_refund_date, fx_rate, is_provisional
        from marts.kpi_shop_daily order by 1
        """,
    )
    assert found == [
        (date(2026, 10, 1), Decimal(300), Decimal(260), Decimal(0), Decimal("0.2"), False),
        (date(2026, 10, 6), Decimal(100), Decimal(100), Decimal(0), Decimal("0.25"), False),
        (date(2026, 10, 16), Decimal(0), Decimal(0), Decimal(40), Decimal("0.3"), False),
    ]
    finer = "select distinct business_date from marts.{} where gmv > 0 order by 1"
    for mart in ("kpi_product_daily", "kpi_shop_hourly"):
        assert rows(home, finer.format(mart)) == [(date(2026, 10, 1),), (date(2026, 10, 6),)]


def test_incremental_equals_full_refresh(home: Path) -> None:
    incremental = content(home)
    build(home, "--full-refresh")
    full = content(home)
    assert incremental.keys() == full.keys()
    different = {name: (incremental[name], full[name]) for name in full if incremental[name] != full[name]}
    assert not different
