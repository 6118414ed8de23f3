"""The demo's last page: KPIs per shop, what was checked, how it compares with the sandbox, where things are."""

from __future__ import annotations

from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.home import Home
from orchestration.lib.demo import DemoResult
from orchestration.lib.status_report import output
from orchestration.lib.summary import PERIODS, Comparison, ShopKpis, compare, shop_kpis


def show(home: Home, result: DemoResult, console: Console | None = None) -> bool:
    """Print the page; returns whether the published numbers agree with the sandbox's own."""
    console = console or output()
    _show_sync(console, result)
    for days in PERIODS:
        console.print(_kpis(shop_kpis(home.published, days), days))
    agreed = _show_checks(console, home, result)
    _show_places(console, home)
    return agreed


def _show_sync(console: Console, result: DemoResult) -> None:
    report = result.run.sync
    if report is None:
        return
    rows = sum(sum(shop.rows.values()) for shop in report.shops)
    pages = sum(shop.pages for shop in report.shops)
    reach = f"data until {result.until:%Y-%m-%d %H:%M} UTC"
    if result.first:
        console.print(f"First run: {rows:,} rows from {pages:,} pages of {len(report.shops)} shops, {reach}.")
        return
    before = f", the first run took {result.first_pages:,}" if result.first_pages else ""
    console.print(
        f"Incremental run: one more day, {rows:,} rows from {pages:,} pages{before}; {reach}. "
        "Only what is new or has changed was read, with a look-back of 24 hours."
    )


def _kpis(shops: list[ShopKpis], days: int) -> Table:
    table = Table(
        title=f"Last {days} complete days 最近{days}天 (business date in Shanghai)",
        box=SIMPLE_HEAD,
        title_justify="left",
    )
    table.add_column("shop 店铺")
    table.add_column("")
    for heading in (
        "gmv",
        "gmv CNY",
        "net_gmv 净额",
        "net_gmv CNY",
        "refund_rate 退款率",
        "paid_orders 订单",
        "aov",
    ):
        table.add_column(heading, justify="right")
    for shop in shops:
        table.add_row(
            escape(shop.shop_name),
            shop.currency,
            _money(shop.gmv),
            _money(shop.gmv_rc),
            _money(shop.net_gmv),
            _money(shop.net_gmv_rc),
            _percent(shop.refund_rate),
            f"{shop.paid_orders:,}",
            _money(shop.aov),
        )
    return table


def _show_checks(console: Console, home: Home, result: DemoResult) -> bool:
    audit = result.run.audit
    if audit is not None:
        tests, expectations = audit.count("dbt"), audit.count("expectations")
        console.print(
            f"Checked 检查: {tests[0]} of {tests[1]} dbt tests, {expectations[0]} of {expectations[1]} expectations hold."
        )
    agreed = True
    for table, truth, keys in (
        ("kpi_shop_daily", result.truth["kpi_shop_daily"], ("shop_key", "business_date")),
    ):
        compared = compare(home.published, table, truth, keys)
        agreed = agreed and compared.total_different == 0
        _show_comparison(console, compared)
    return agreed


def _show_comparison(console: Console, compared: Comparison) -> None:
    if compared.total_different == 0:
        console.print(
            f"Against the sandbox's own figures 核对: {compared.numbers:,} numbers in {compared.rows:,} rows of "
            f"{compared.table}, all equal to the smallest unit."
        )
        return
    console.print(
        f"[red]Against the sandbox's own figures: {compared.total_different:,} of {compared.numbers:,} numbers of "
        f"{compared.table} differ:[/red]"
    )
    for line in compared.different:
        console.print(f"  {escape(line)}")


def _show_places(console: Console, home: Home) -> None:
    console.print("Where things are 位置:")
    console.print(
        f"  published marts  {escape(str(home.published))}  (DuckDB, schema marts, open it read-only)"
    )
    console.print(f"  audit            {escape(str(home.root / 'audit' / 'data_docs' / 'index.html'))}")
    console.print(f"  KPI glossary     {escape(str(home.root / 'docs' / 'index.html'))}")
    console.print("  Dagster          make dagster, then http://127.0.0.1:3000")
    console.print("Run it again: the sandbox's clock moves on by a day and only what is new is read.")


def _money(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.1f} %"
