"""What a cell of an input may name: shops, their SKUs, accounts, campaigns and orders, people, KPIs, markets.

Of the published file, which is always there to read; shops also of raw, for a home that has not published yet.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from home.database import attach, literal, quoted, reading
from home.layout import Home
from home.project import project_var
from home.storage import storage_errors

SEPARATOR = " · "
"""Stands in a drop-down between an id and its name."""
ALERT_KINDS = "kpi_alerts.yml"


@dataclass(frozen=True)
class Known:
    """What a cell may name.

    Attributes:
        shops: Name by shop key.
        skus: Name by seller SKU, by shop key.
        accounts: Own LIVE accounts, by shop key.
        campaigns: Name by campaign id.
        advertisers: Name by ads account.
        scorecard_kpis: KPIs that may have a target, by role.
        watched_kpis: KPIs that may have thresholds.
        alert_kinds: Kinds of alerts.
        regions: Markets.
        currencies: Currencies of markets, and the one of the reports.
        has_orders: Whether the file says which orders there are.
        path: The published file; None where there is none.
    """

    shops: Mapping[str, str] = field(default_factory=dict)
    skus: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    accounts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    campaigns: Mapping[str, str] = field(default_factory=dict)
    advertisers: Mapping[str, str] = field(default_factory=dict)
    scorecard_kpis: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    watched_kpis: tuple[str, ...] = ()
    alert_kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    has_orders: bool = False
    path: Path | None = None

    def unknown_orders(self, orders: Mapping[tuple[str, str], object]) -> set[tuple[str, str]]:
        """Which of these orders (shop key, order id) are not in the published file.

        Args:
            orders: The orders.
        """
        if not self.has_orders or self.path is None or not orders:
            return set()
        with duckdb.connect(":memory:") as connection:
            attach(connection, self.path, "file")
            connection.execute("create table named (shop_key varchar, order_id varchar)")
            connection.executemany("insert into named values (?, ?)", [list(one) for one in orders])
            rows = connection.execute(
                "select shop_key, order_id from named anti join file.marts.fct_orders using (shop_key, order_id)"
            ).fetchall()
        return {(str(shop), str(order)) for shop, order in rows}


def known_things(home: Home, project: Path) -> Known:
    """Read what cells may name.

    Args:
        home: Whose shops and orders.
        project: Folder of `dbt_project.yml`.

    Raises:
        CannotRead: The published file is damaged.
        ConfigError: The project has no reporting currency.
        StorageError: Raw can't be read.
    """
    path = home.published if home.published.is_file() else None
    shops = _raw_shops(home)
    skus: dict[str, dict[str, str]] = {}
    accounts: dict[str, set[str]] = {}
    campaigns: dict[str, str] = {}
    advertisers: dict[str, str] = {}
    tables: set[str] = set()
    if path is not None:
        with reading(home) as connection:
            attach(connection, path, "file")
            tables = {
                str(name)
                for (name,) in connection.execute(
                    "select table_name from duckdb_tables() where database_name = 'file' and schema_name = 'marts'"
                ).fetchall()
            }

            def rows(table: str, *columns: str, where: str = "true") -> list[tuple[str, ...]]:
                if table not in tables:
                    return []
                found = connection.execute(
                    f"select distinct {', '.join(columns)} from file.marts.{quoted(table)} where {where} order by all"  # noqa: S608
                ).fetchall()
                return [tuple(str(value or "") for value in row) for row in found]

            shops |= dict(rows("dim_shops", "shop_key", "shop_name"))  # type: ignore[arg-type]
            for shop, sku, name in rows(
                "dim_skus", "shop_key", "seller_sku", "max(sku_name)", where="seller_sku <> '' group by all"
            ):
                skus.setdefault(shop, {})[sku] = name
            for shop, account in rows(
                "fct_live_sessions", "shop_key", "account_username", where="is_own_account"
            ):
                accounts.setdefault(shop, set()).add(account)
            for advertiser, campaign, name, owner in rows(
                "dim_ad_campaigns", "advertiser_id", "campaign_id", "campaign_name", "advertiser_name"
            ):
                campaigns[campaign] = name
                advertisers[advertiser] = owner
    regions = _regions(project)
    return Known(
        shops=shops,
        skus=skus,
        accounts={shop: frozenset(names) for shop, names in accounts.items()},
        campaigns=campaigns,
        advertisers=advertisers,
        scorecard_kpis=_scorecard_kpis(project),
        watched_kpis=tuple(name for _, name in _kpis(project, "watched_kpis")),
        alert_kinds=_alert_kinds(project),
        regions=tuple(regions),
        currencies=tuple(sorted({*regions.values(), project_var("reporting_currency", project)})),
        has_orders="fct_orders" in tables,
        path=path,
    )


def _raw_shops(home: Home) -> dict[str, str]:
    files = sorted(home.raw.glob("*/shops/*.parquet"))
    if not files:
        return {}
    names = ", ".join(literal(path) for path in files)
    with storage_errors(home.raw), reading(home) as connection:
        try:
            rows = connection.execute(
                f"select distinct shop_key, name from read_parquet([{names}], union_by_name = true)"  # noqa: S608
            ).fetchall()
        except duckdb.Error:
            # Whoever builds says what is wrong with the files.
            return {}
    return {str(key): str(name or "") for key, name in rows}


def _regions(project: Path) -> dict[str, str]:
    """Currency by market."""
    with (project / "seeds" / "shared" / "regions.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["region"]: row["currency"] for row in csv.DictReader(file)}


def _scorecard_kpis(project: Path) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for role, name in _kpis(project, "scorecard_kpis"):
        found[role] = (*found.get(role, ()), name)
    return found


def _kpis(project: Path, macro: str) -> list[tuple[str, str]]:
    """Role (empty where there is none) and name of each KPI that a macro lists: the list is there once."""
    for path in sorted((project / "macros").rglob("*.sql")):
        text = path.read_text(encoding="utf-8")
        if match := re.search(rf"{{% macro {macro}\(\) %}}(.*?){{% endmacro %}}", text, re.DOTALL):
            return re.findall(r"\{(?:'role': '(\w+)', )?'name': '(\w+)'", match[1])
    return []


def _alert_kinds(project: Path) -> tuple[str, ...]:
    """What `kpi_alerts` may say."""
    path = next((project / "models").rglob(ALERT_KINDS), None)
    text = "" if path is None else path.read_text(encoding="utf-8")
    match = re.search(r"- name: alert_kind\b.*?values: \[([^\]]*)\]", text, re.DOTALL)
    return tuple(one.strip() for one in match[1].split(",")) if match else ()
