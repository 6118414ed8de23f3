# ruff: noqa: S608 (names come from the catalog, quoted, and queries from the repository)
"""What the audit looks at: raw as it arrived, the marts as they are about to be published, and what is published now.

Everything is read by one DuckDB connection in memory, read-only and within a memory limit; a suite gets the small table
that its query makes. These names can be used in the queries of `tests/expectations/`:

| schema | holds |
| --- | --- |
| `raw` | every raw table, all loads: `raw.orders`, `raw.fx_rates` |
| `arrived` | the same tables, only the loads since the last audit that passed, and the newest of them of a record |
| `marts`, `seeds` | of the warehouse, as the build left them |
| `published` | the same marts as they are published now; without rows before the first publication |
| `audit` | `audit.tables(table_name, row_count, published_row_count)`: every mart that will be published |
| | `audit.facts(table_name, shop_key, day, row_count, published_row_count)`: facts, which can only grow |
| | `audit.ads_accounts(advertiser_id, shop_key)`: the shops that an ads account serves |

A raw table that several sources have is the shops' by its plain name, or else that of the ads accounts; another's has
its source before it: `raw.drift` and `raw.tiktok_ads__drift`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import duckdb

from home.database import attach, files_in, literal, quoted
from home.layout import Home
from ingestion.tables.sources import TIKTOK_ADS, TIKTOK_SHOP
from orchestration.build.marts import is_published

FACTS = {
    "fct_orders": "created_business_date",
    "fct_order_lines": "created_business_date",
    "fct_refund_lines": "cast(requested_at as date)",
    "fct_statement_transactions": "statement_date_utc",
    "fct_statement_transaction_fees": "statement_date_utc",
    "fct_payments": "created_date_utc",
    "fct_affiliate_order_lines": "cast(order_create_time as date)",
    "fct_packages": "cast(create_time as date)",
    "fct_live_sessions": "business_date",
    "fct_live_minutes": "business_date",
    "fct_video_daily": "shop_local_date",
    "fct_ad_spend_daily": "stat_date",
    "fct_gmv_max_daily": "stat_date",
}
"""Facts of which a row that was once there stays, and the day under which it stays. Lists of what is open now (alerts,
leaderboards, flags, stock) shrink by nature and say nothing about a cut-off table."""

COUNTED = {"fct_refund_lines": "return_id"}
"""Facts of which not rows are counted, but what they are of: a return of which only the header was told stands on each
line of its order, until it comes again with its own lines, which are fewer."""

SERVED_SHOPS = (("marts", "fct_ad_spend_daily"), ("marts", "dim_ad_campaigns"), ("seeds", "advertiser_shops"))
"""What says which shops an ads account serves."""

RECORDS = {
    "orders": ("orders", ("order_id",)),
    "order_lines": ("orders", ("order_id",)),
    "returns": ("returns", ("return_id",)),
    "return_lines": ("returns", ("return_id",)),
    "statements": ("statements", ("statement_id",)),
    "statement_transactions": ("statement_transactions", ("statement_id", "transaction_id")),
    "affiliate_order_skus": ("affiliate_order_skus", ("order_id", "sku_id")),
}
"""For what holds a shop back: the raw table of the record that a row belongs to, and the record's key within its shop.
What is judged is what the newest load says of a record, which is also what staging takes: a shop that is held back for
a row is let go when that row has come again, corrected."""


def raw_views(tables: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """The name by which an expectation reads each raw table: its own, or with its source where another has that name.

    Args:
        tables: Source and name of each.
    """
    rank = {TIKTOK_SHOP: 0, TIKTOK_ADS: 1}
    views: dict[str, tuple[str, str]] = {}
    for source, name in sorted(tables, key=lambda table: (rank.get(table[0], len(rank)), table)):
        views[name if name not in views else f"{source}__{name}"] = (source, name)
    return views


class Frames:
    """The tables of one audit.

    Attributes:
        watermark: The newest load in raw; what has arrived by now. Empty when there is no raw table.
        missing: Raw tables that the home has no file for.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, home: Home, *, since: str, published: dict[str, int]
    ) -> None:
        self._connection = connection
        connection.execute("create schema raw; create schema arrived; create schema audit")
        self.watermark = self._raw_tables(home.raw, since)
        attach(connection, home.warehouse, "warehouse")
        self._views("warehouse", "marts")
        self._views("warehouse", "seeds")
        self._published(home.published)
        self._tables(published)
        self._facts()
        self._ads_accounts()

    def frame(self, sql: str) -> Any:
        """The result of a query, as a data frame.

        Raises:
            duckdb.Error: A table or column is missing.
        """
        return self._connection.execute(sql).df()

    def _raw_tables(self, raw: Path, since: str) -> str:
        newest = ""
        names: list[str] = []
        folders = {(path.parent.name, path.name): path for path in raw.glob("*/*") if path.is_dir()}
        for name, table in raw_views(folders).items():
            folder = folders[table]
            if folder.name.startswith("_") or not any(folder.glob("*.parquet")):
                continue
            files = files_in(folder)
            # From the footers alone: no column has to be read for it.
            found = self._connection.execute(
                f"select max(stats_max_value) from parquet_metadata({files}) where path_in_schema = '_dlt_load_id'"
            ).fetchone()
            newest = max(newest, str(found[0])) if found and found[0] is not None else newest
            self._connection.execute(
                f"create view raw.{quoted(name)} as select * from read_parquet({files}, union_by_name = true)"
            )
            names.append(name)
        for name in names:
            self._connection.execute(f"create view arrived.{quoted(name)} as {_arrived(name, since, names)}")
        return newest

    def _views(self, database: str, schema: str) -> None:
        self._connection.execute(f"create schema {quoted(schema)}")
        for name in self._names(database, schema):
            self._connection.execute(
                f"create view {quoted(schema)}.{quoted(name)} as "
                f"select * from {quoted(database)}.{quoted(schema)}.{quoted(name)}"
            )

    def _published(self, path: Path) -> None:
        """The published marts in the shape of today's: before the first publication they have no rows, and a column
        that is new is NULL."""
        self._connection.execute("create schema published")
        known: set[str] = set()
        if path.is_file():
            attach(self._connection, path, "published_file")
            known = set(self._names("published_file", "marts"))
        for name in filter(is_published, self._names("warehouse", "marts")):
            sql = f"select * from marts.{quoted(name)} where false"
            if name in known:
                sql += f" union all by name select * from published_file.marts.{quoted(name)}"
            self._connection.execute(f"create view published.{quoted(name)} as {sql}")

    def _names(self, database: str, schema: str) -> list[str]:
        rows = self._connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = ? and table_schema = ? order by table_name",
            [database, schema],
        ).fetchall()
        return [str(row[0]) for row in rows]

    def _tables(self, published: dict[str, int]) -> None:
        self._connection.execute(
            "create table audit.tables (table_name varchar, row_count bigint, published_row_count bigint)"
        )
        for name in filter(is_published, self._names("warehouse", "marts")):
            self._connection.execute(
                f"insert into audit.tables select ?, (select count(*) from marts.{quoted(name)}), ?",
                [name, published.get(name)],
            )

    def _facts(self) -> None:
        """Rows of each fact per shop and day, now and as published. A fact without its day is counted as a whole."""
        self._connection.execute(
            "create table audit.facts (table_name varchar, shop_key varchar, day date, row_count bigint, "
            "published_row_count bigint)"
        )
        for name in filter(FACTS.__contains__, self._names("warehouse", "marts")):
            for day in (FACTS[name], "null"):
                try:
                    self._connection.execute(_fact_days(name, day))
                    break
                except duckdb.BinderException:
                    continue

    def _ads_accounts(self) -> None:
        """The shops whose figures an ads account's defect makes untrue: those that have spend or a campaign of it, or
        that somebody named for it. A store that is not authorised here has no figures."""
        self._connection.execute("create table audit.ads_accounts (advertiser_id varchar, shop_key varchar)")
        for schema, table in SERVED_SHOPS:
            if {"dim_shops", table} <= {
                *self._names("warehouse", "marts"),
                *self._names("warehouse", schema),
            }:
                self._connection.execute(
                    f"insert into audit.ads_accounts select distinct advertiser_id, shop_key from {schema}.{table} "
                    "where shop_key in (select shop_key from marts.dim_shops) "
                    "except select * from audit.ads_accounts"
                )


def _arrived(table: str, since: str, tables: Collection[str]) -> str:
    """The rows of the loads after one, without those whose record a later of these loads has brought again."""
    rows = f"select * from raw.{quoted(table)} as own where own._dlt_load_id > {literal(since)}"
    record, keys = RECORDS.get(table, ("", ()))
    if record not in tables:
        return rows
    same = " and ".join(f"newer.{key} = own.{key}" for key in ("shop_key", *keys))
    return (
        f"{rows} and not exists (select 1 from raw.{quoted(record)} as newer "
        f"where {same} and newer._dlt_load_id > greatest(own._dlt_load_id, {literal(since)}))"
    )


def _what(table: str) -> str:
    return f"distinct {COUNTED[table]}," if table in COUNTED else ""


def _fact_days(table: str, day: str) -> str:
    counted = " union all ".join(
        f"select shop_key, day, {now} as row_count, {before} as published_row_count "
        f"from (select {_what(table)} shop_key, {day} as day from {schema}.{quoted(table)})"
        for schema, now, before in (("marts", 1, 0), ("published", 0, 1))
    )
    return (
        f"insert into audit.facts select {literal(table)}, shop_key, day, sum(row_count), sum(published_row_count) "
        f"from ({counted}) where shop_key is not null group by shop_key, day"
    )
