"""Raw folders and stories that tests write by hand, with the columns that ingestion declares, and the builds of what is in them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from dbt_helpers import WITHOUT_TESTS, dbt
from templates import with_parse

from home.layout import Home
from ingestion.engine.columns import Table
from ingestion.engine.journal import JOURNAL
from ingestion.fx_rates.resource import FX_RATES
from ingestion.seller_center.tables import tables as file_tables
from ingestion.tiktok_ads.resources import tables as ads_tables
from ingestion.tiktok_shop.resources import tables
from orchestration.build.build import dbt_environment

ROOT = Path(__file__).parents[3]
SCHEMAS: dict[str, Table] = {table.name: table for table in [*tables(), *JOURNAL.values(), FX_RATES]}
FILE_SCHEMAS: dict[str, Table] = {table.name: table for table in file_tables()}
ADS_SCHEMAS: dict[str, Table] = {table.name: table for table in ads_tables()}
SHOP = "7495000000000000101"
DAY = datetime(2026, 10, 1, 4, tzinfo=UTC)  # noon in Shanghai
CUT = datetime(2026, 10, 11, tzinfo=UTC)
"""When statements are made."""
HOUR = timedelta(hours=1)
REFUNDED = "RETURN_OR_REFUND_REQUEST_COMPLETE"


@dataclass(frozen=True)
class Piece:
    """Rows of one raw table that come together.

    Attributes:
        source: The source's folder, such as `tiktok_shop`.
        table: The table, with its schema.
        rows: The rows, without the load.
        step: The step of the story to which they belong.
    """

    source: str
    table: Table
    rows: list[dict[str, Any]]
    step: int


def write_load(raw: Path, load: int, pieces: Iterable[Piece]) -> None:
    """Writes pieces as one load into the folder `raw`: a Parquet file per table."""
    together: dict[tuple[str, str], list[Piece]] = {}
    for piece in pieces:
        together.setdefault((piece.source, piece.table.name), []).append(piece)
    for (source, name), shares in together.items():
        schema = shares[0].table.schema.append(pa.field("_dlt_load_id", pa.string()))
        filled = [row | {"_dlt_load_id": f"176000000{load}.5"} for piece in shares for row in piece.rows]
        (raw / source / name).mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(filled, schema=schema), raw / source / name / f"{load}.parquet")


def write_empty(raw: Path) -> None:
    """Writes a load without rows: a source without files can't be read."""
    sources = [("seller_center", FILE_SCHEMAS), ("tiktok_ads", ADS_SCHEMAS), ("tiktok_shop", SCHEMAS)]
    for source, schemas in sources:
        write_load(raw, 0, [Piece(source_of(table, source), table, [], 0) for table in schemas.values()])


def source_of(table: Table, source: str) -> str:
    """The folder of a table; rates are a source of their own."""
    return "fx_rates" if table is FX_RATES else source


class Story:
    """What is read of one shop, in steps.

    Attributes:
        pieces: What was written so far.
        origin: `api`, or `file`: whose rows are written from now on.
    """

    def __init__(self, shop: str = SHOP, currency: str = "THB", region: str = "TH") -> None:
        self.shop, self.currency, self.region = shop, currency, region
        self.pieces: list[Piece] = []
        self.origin = "api"

    def write(self, name: str, step: int, rows: list[dict[str, Any]]) -> None:
        """Rows of a table; what they do not say is that of the shop and of the step."""
        own = {
            "shop_key": self.shop,
            "retrieved_at": DAY + timedelta(days=40 + step),
            "page_id": f"page-{step}",
        }
        if self.origin == "file":
            own |= {"origin": "file", "file_id": f"file-{step}"}
            source, table = "seller_center", FILE_SCHEMAS[name]
        else:
            source, table = "tiktok_shop", SCHEMAS[name]
        self.keep(Piece(source_of(table, source), table, [own | row for row in rows], step))

    def keep(self, piece: Piece) -> None:
        """Takes a piece into the story."""
        self.pieces.append(piece)

    def known(self, step: int, *, region: str | None = None) -> None:
        """The shop itself."""
        row = {"shop_id": self.shop, "name": "Shop", "seller_type": "CROSS_BORDER"}
        self.write("shops", step, [row | {"region": region or self.region}])

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
        shared = {"order_id": order_id, "currency": self.currency}
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

    def orders(self, step: int, *versions: tuple[Any, Any]) -> None:
        self.write("orders", step, [header for header, _ in versions])
        self.write("order_lines", step, [line for _, lines in versions for line in lines])

    def refund(
        self, step: int, order_id: str, at: datetime, *, status: str, amount: int, kind: str | None = None
    ) -> None:
        """One version of a return request for the first line of an order."""
        shared = {
            "return_id": f"return-{order_id}",
            "order_id": order_id,
            "return_status": status,
            "return_type": kind,
            "currency": self.currency,
        }
        self.write("returns", step, [shared | {"create_time": DAY, "update_time": at, "line_count": 1}])
        line = {"return_line_id": "1", "order_line_id": f"{order_id}-0", "return_update_time": at}
        self.write("return_lines", step, [shared | line | {"refund_subtotal": Decimal(amount)}])

    def statement(self, step: int, *versions: dict[str, Any]) -> None:
        """Versions of statements: in the list and, of the API's, at the head of their rows."""
        listed = [{"statement_time": CUT, "currency": self.currency, **row} for row in versions]
        self.write("statements", step, listed)
        if self.origin == "file":
            return
        totals = [
            {
                "statement_id": row["statement_id"],
                "currency": self.currency,
                "payable_amount": row["settlement_amount"],
            }
            for row in versions
        ]
        self.write("statement_totals", step, totals)

    def settled(
        self, step: int, table: str, *versions: tuple[dict[str, Any], dict[tuple[str, str], str]]
    ) -> None:
        """Versions of transactions with their components; `table` is `statement` or `unsettled`."""
        self.write(f"{table}_transactions", step, [{"currency": self.currency, **row} for row, _ in versions])
        keys = ("statement_id", "transaction_id", "snapshot_id")
        self.write(
            f"{table}_transaction_components",
            step,
            [
                {key: row[key] for key in keys if key in row}
                | {"component_group": group, "component": name}
                | {"amount": Decimal(amount), "currency": self.currency}
                for row, components in versions
                for (group, name), amount in components.items()
            ],
        )

    def synced(self, step: int, until: datetime) -> None:
        row = {"run_id": f"run-{step}", "resource": "orders", "endpoint": "orders", "status": "ok"}
        self.write(
            "sync_log", step, [row | {"started_at": until, "finished_at": until, "window_until": until}]
        )

    def rate(self, step: int, day: date, rate: str) -> None:
        """The rate of the shop's currency."""
        row = {"rate_date": day, "base_currency": self.currency, "quote_currency": "CNY"}
        self.write("fx_rates", step, [row | {"rate": Decimal(rate), "origin": "test"}])


class Raw(Story):
    """A raw folder, written load by load: each step is a load, and there at once."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.home = home
        write_empty(home / "raw")

    def keep(self, piece: Piece) -> None:
        write_load(self.home / "raw", piece.step, [piece])


def transaction(
    statement_id: str, transaction_id: str, order_id: str | None, revenue: int, fees: int
) -> dict[str, Any]:
    """An order's row on a statement."""
    return {
        "statement_id": statement_id,
        "transaction_id": transaction_id,
        "statement_time": CUT,
        "type": "ORDER",
        "order_id": order_id,
        "settlement_amount": Decimal(revenue + fees),
        "revenue_amount": Decimal(revenue),
        "fee_tax_amount": Decimal(fees),
        "shipping_cost_amount": Decimal(0),
        "adjustment_amount": Decimal(0),
    }


@dataclass(frozen=True)
class Build:
    """One command of `builds`.

    Attributes:
        select: What dbt selects.
        exclude: What of it is not built.
        options: What is added to the command.
        loads: Folders of loads that come before it.
        fails: Whether a model is to fail.
    """

    select: list[str]
    exclude: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    fails: bool = False


def builds(home: Path, steps: Sequence[Build], parsed: Home) -> None:
    """Builds load by load in one process, with the project as it was read once for all tests.

    All homes beside each other go by one name, one after the other: what dbt has read of the project holds for a place.

    Args:
        home: The home. After step n (from 1) the warehouse is copied to `after-n.duckdb`.
        steps: The builds.
        parsed: The home of the read project.
    """
    (home / "steps.json").write_text(json.dumps([asdict(step) for step in steps]))
    place = home.with_name("place")
    place.unlink(missing_ok=True)
    place.symlink_to(home)
    script = str(Path(__file__).with_name("raw_builds.py"))
    target = home.with_name("target")
    if not target.exists():
        with_parse(parsed, Home(place))
        (place / "dbt" / "target").rename(target)
    environment = dbt_environment(Home(place), ROOT) | {"DBT_TARGET_PATH": str(target)}
    done = subprocess.run(
        [sys.executable, script, str(place)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def build(home: Path, select: Sequence[str], *options: str) -> None:
    """Builds the selected models once.

    Without the tests: a rate that is missing for a while is part of a story, and they would stop there.
    """
    dbt(home, "build", *WITHOUT_TESTS, *options, "--select", *select)


def content(
    home: Path,
    warehouse: str = "warehouse.duckdb",
    *,
    columns: str = "*",
    where: str = "true",
    without: Collection[str] = (),
) -> dict[str, list[str]]:
    """Rows of all tables of a home's warehouse, each as text.

    Args:
        home: The home.
        warehouse: The file's name.
        columns: What is selected of each table.
        where: A condition on rows.
        without: Tables that are left out.
    """
    with duckdb.connect(str(home / warehouse), read_only=True) as db:
        db.sql("set timezone = 'UTC'")
        names = db.sql("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        return {
            name: sorted(map(str, db.sql(f"select {columns} from {schema}.{name} where {where}").fetchall()))
            for schema, name in names
            if name not in without
        }


def differing(
    before: dict[str, list[str]], after: dict[str, list[str]]
) -> dict[str, tuple[list[str], list[str]]]:
    """Tables whose rows differ, each with two rows of either side that the other does not have."""
    assert before.keys() == after.keys()
    return {
        name: (
            sorted(set(before[name]) - set(after[name]))[:2],
            sorted(set(after[name]) - set(before[name]))[:2],
        )
        for name in before
        if before[name] != after[name]
    }


def rows(home: Path, sql: str, warehouse: str = "warehouse.duckdb") -> list[Any]:
    """What a query answers in a home's warehouse."""
    with duckdb.connect(str(home / warehouse), read_only=True) as db:
        db.sql("set timezone = 'UTC'")
        return db.sql(sql).fetchall()
