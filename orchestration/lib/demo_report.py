"""The demo's last page: KPIs per shop, what was checked, how it compares with the sandbox, where things are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.home import Home
from orchestration.lib.demo import DemoResult
from orchestration.lib.status_report import output
from orchestration.lib.summary import PERIODS, Comparison, Kpis, compare, kpis

_COMPARED: tuple[tuple[str, str, tuple[str, ...], Mapping[str, str] | None], ...] = (
    ("kpi_shop_daily", "kpi_shop_daily", ("shop_key", "business_date"), None),
    ("kpi_product_daily", "kpi_product_daily", ("shop_key", "business_date", "product_id"), None),
    (
        "settlement_daily",
        "kpi_settlement_bridge",
        ("shop_key", "statement_id"),
        {name: f"{name}_amount" for name in ("revenue", "settlement", "reserve", "payable")},
    ),
)
"""The world's figures, the published table, the columns that name a row, and what is compared if not all."""


def show(home: Home, result: DemoResult, console: Console | None = None) -> bool:
    """Print the page; returns whether the published numbers agree with the sandbox's own."""
    console = console or output()
    _show_sync(console, result)
    for days in PERIODS:
        console.print(_table(kpis(home.published, days), days))
    agreed = _show_checks(console, home, result)
    _show_places(console, home, result)
    return agreed


def _show_sync(console: Console, result: DemoResult) -> None:
    report = result.run.sync
    if report is None:
        return
    rows = sum(sum(shop.rows.values()) for shop in report.shops)
    orders = sum(shop.rows.get("orders", 0) for shop in report.shops)
    reach = f"The data reach to {result.until:%Y-%m-%d %H:%M} UTC."
    if result.first:
        console.print(
            f"First run 首次运行: {len(report.shops)} shops, {orders:,} orders, {rows:,} rows in "
            f"{result.requests:,} requests. {reach}"
        )
        return
    total = (result.run.publish.tables if result.run.publish else {}).get("fct_orders", 0)
    console.print(
        f"Incremental run 增量运行: one day more. {orders:,} orders new or changed, of {total:,}; "
        f"{result.requests:,} requests, where the first run made {result.first_requests:,}. {reach}"
    )


def _table(lines: Sequence[Kpis], days: int) -> Table:
    table = Table(
        title=f"Last {days} complete days 最近{days}天 (business date in Shanghai)",
        box=SIMPLE_HEAD,
        title_justify="left",
        padding=(0, 1, 0, 0),
    )
    table.add_column("shop\n店铺")
    table.add_column("")
    for heading in (
        "gmv\n成交额",
        "net_gmv\n净成交额",
        "refund_rate\n退款率",
        "paid_orders\n支付订单",
        "aov\n单均价",
        "take_rate\n平台费率",
        "settlement\n结算金额",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        # Orders and rates stand once, on the shop's own line.
        once = bool(line.shop_name)
        table.add_row(
            escape(line.shop_name),
            line.currency,
            _whole(line.gmv),
            _whole(line.net_gmv),
            _percent(line.refund_rate) if once else "",
            f"{line.paid_orders:,}" if once else "",
            "" if line.aov is None else f"{line.aov:,.2f}",
            _percent(line.take_rate) if once else "",
            _whole(line.settlement_amount),
            style="bold" if once else "",
        )
    return table


def _show_checks(console: Console, home: Home, result: DemoResult) -> bool:
    audit = result.run.audit
    if audit is not None:
        tests, expectations = audit.count("dbt"), audit.count("expectations")
        console.print(
            f"Checked 检查: {tests[0]:,} of {tests[1]:,} dbt tests and "
            f"{expectations[0]:,} of {expectations[1]:,} expectations hold"
            + (f"; {len(audit.warnings)} warnings, nothing critical." if audit.warnings else ".")
        )
    compared = [
        compare(home.published, table, result.truth[name], keys=keys, columns=columns)
        for name, table, keys, columns in _COMPARED
    ]
    equal = [one for one in compared if one.total_different == 0]
    if equal:
        numbers = sum(one.numbers for one in equal)
        console.print(
            f"Against the sandbox's own figures 核对: {numbers:,} numbers of {', '.join(one.table for one in equal)}, "
            "all equal to the smallest unit."
        )
    for one in compared:
        if one.total_different:
            _show_difference(console, one)
    return len(equal) == len(compared)


def _show_difference(console: Console, compared: Comparison) -> None:
    console.print(
        f"[red]Against the sandbox's own figures 核对: {compared.total_different:,} of {compared.numbers:,} numbers of "
        f"{compared.table} differ:[/red]"
    )
    for line in compared.different:
        console.print(f"  {escape(line)}")


def _show_places(console: Console, home: Home, result: DemoResult) -> None:
    console.print("Where things are 位置:")
    console.print(
        f"  published marts  {escape(str(home.published))}  (DuckDB, read-only; marts.marts.kpi_shop_daily, ...)"
    )
    console.print(f"  audit            {escape(str(home.root / 'audit' / 'data_docs' / 'index.html'))}")
    console.print(f"  KPI glossary     {escape(str(result.docs))}")
    console.print("  Dagster          make dagster, then http://127.0.0.1:3000")
    console.print("Run it again: the sandbox's clock moves on by a day and only what is new is read.")


def _whole(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.1f} %"
