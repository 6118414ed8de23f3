"""The demo's last page: KPIs per shop, what was checked, how it compares with the sandbox, where things are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import TextType

from home.layout import Home
from home.project import project_var
from orchestration.demo.demo import DemoResult
from orchestration.demo.summary import (
    PERIODS,
    Comparison,
    DayBridge,
    Kpis,
    Operations,
    Outlook,
    Promotion,
    compare,
    day_bridges,
    kpis,
    operations,
    outlook,
    people,
    promotion,
)
from orchestration.progress import output, shown

_NAMES = 3
"""At most so many columns at the left name a row: shop, day, currency."""
_UNLIMITED = 1_000
_COMPARED: tuple[tuple[str, str, tuple[str, ...], Mapping[str, str] | None, str], ...] = (
    ("kpi_shop_daily", "kpi_shop_daily", ("shop_key", "business_date"), None, "true"),
    ("kpi_product_daily", "kpi_product_daily", ("shop_key", "business_date", "product_id"), None, "true"),
    (
        "settlement_daily",
        "kpi_settlement_bridge",
        ("shop_key", "statement_id"),
        {name: f"{name}_amount" for name in ("revenue", "settlement", "reserve", "payable")},
        "true",
    ),
    (
        "fulfilment_daily",
        "kpi_fulfilment_daily",
        ("shop_key", "shop_local_date"),
        {
            "rts_due_orders": "ready_due_orders",
            "late_rts_orders": "late_ready_orders",
            "tts_due_orders": "handover_due_orders",
            "late_tts_orders": "late_handover_orders",
            **{
                name: name
                for name in (
                    "delivery_due_orders",
                    "on_time_delivered_orders",
                    "sold_orders",
                    "seller_cancelled_orders",
                    "orders_due_within_24h",
                )
            },
        },
        "true",
    ),
    (
        "stock_daily",
        "fct_stock_daily",
        ("shop_key", "snapshot_date", "warehouse_id", "product_id", "sku_id"),
        {"available_units": "sellable_units", "committed_units": "committed_units"},
        # The world tells of the day of its clock only.
        "snapshot_time = (select max(snapshot_time) from marts.fct_stock_daily)",
    ),
    (
        "creator_daily",
        "kpi_creator_daily",
        ("shop_key", "business_date", "creator_username"),
        None,
        # Of a creator who sold nothing on a day the world tells nothing.
        "orders_with_creator > 0 or est_commission <> 0",
    ),
)
"""The world's figures, the published table, the columns that name a row, what is compared if not all, which rows."""


def show(home: Home, result: DemoResult, console: Console | None = None) -> bool:
    """Print the page; returns whether the published numbers agree with the sandbox's own."""
    console = console or output()
    _show_sync(console, result)
    for days in PERIODS:
        _print(console, _table(kpis(home.published, days), days))
        _print(console, _outlook_table(outlook(home.published, days), days))
    console.print(
        "~ 暂定: not final, as cancellations and refunds may still come; what is expected stands below each table."
    )
    _print(console, _bridge_table(day_bridges(home.published)))
    # The longer time only: what ads brought is known once orders are settled.
    _print(console, _promotion_table(promotion(home.published, PERIODS[-1]), PERIODS[-1]))
    _print(console, _operations_table(operations(home.published, PERIODS[-1]), PERIODS[-1]))
    _show_people(console, home)
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


def _empty_table(title: str, *, texts: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0))
    for heading in texts:
        table.add_column(heading)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _print(console: Console, table: Table) -> None:
    """Print a table; on a narrow terminal in parts, each with the names of its rows and as many figures as fit."""
    names = [column for column in table.columns if column.justify == "left"][:_NAMES]
    rest = [column for column in table.columns if column not in names]
    part: list[Column] = []
    title = table.title
    unlimited = console.options.update(width=_UNLIMITED)
    while rest:
        part.append(rest.pop(0))
        wider = _part(table, [*names, *part, *rest[:1]], None)
        if rest and Measurement.get(console, unlimited, wider).maximum <= console.width:
            continue
        console.print(_part(table, [*names, *part], title))
        part, title = [], None


def _part(table: Table, columns: Sequence[Column], title: TextType | None) -> Table:
    """A table of some columns of another."""
    part = Table(title=title, box=table.box, title_justify="left", padding=(0, 1, 0, 0))
    for column in columns:
        part.add_column(column.header, justify=column.justify, no_wrap=True)
    for row, cells in zip(table.rows, zip(*(column.cells for column in columns), strict=True), strict=True):
        part.add_row(*cells, style=row.style)
    return part


def _table(lines: Sequence[Kpis], days: int) -> Table:
    table = _empty_table(
        f"Last {days} complete days 最近{days}天 (business date in {project_var('reporting_timezone')})",
        texts=("shop\n店铺", ""),
        numbers=(
            "gmv\n成交额",
            "net_gmv\n净成交额",
            "refund_rate\n退款率",
            "paid_orders\n支付订单",
            "aov\n单均价",
            "take_rate\n平台费率",
            "settlement\n结算金额",
        ),
    )
    for line in lines:
        # Orders and rates stand once, on the shop's own line.
        once = bool(line.shop_name)
        table.add_row(
            shown(line.shop_name),
            line.currency,
            _marked(_whole(line.gmv), line.is_gmv_provisional),
            _marked(_whole(line.net_gmv), line.is_provisional),
            _marked(_percent(line.refund_rate), line.is_provisional) if once else "",
            f"{line.paid_orders:,}" if once else "",
            "" if line.aov is None else f"{line.aov:,.2f}",
            _percent(line.take_rate) if once else "",
            _whole(line.settlement_amount),
            style="bold" if once else "",
        )
    return table


def _outlook_table(lines: Sequence[Outlook], days: int) -> Table:
    table = _empty_table(
        f"What the last {days} days will come to 最近{days}天的预计最终值 (from the shop's own history)",
        texts=("shop\n店铺", ""),
        numbers=(
            "known\n退款已知",
            "net_gmv_expected\n预计净成交额",
            "range\n区间",
            "refund_rate\n预计退款率",
            "from – to\n区间",
            "refunds by date\n按退款日",
        ),
    )
    for line in lines:
        table.add_row(
            shown(line.shop_name),
            line.currency,
            _percent(line.refunds_known),
            _whole(line.net_gmv_expected),
            _distances(line.net_gmv_expected_low, line.net_gmv_expected, line.net_gmv_expected_high),
            _percent(line.refund_rate_expected),
            _range(line.refund_rate_expected_low, line.refund_rate_expected_high),
            _whole(line.refund_amount_by_refund_date),
        )
    return table


def _bridge_table(lines: Sequence[DayBridge]) -> Table:
    zone = project_var("reporting_timezone")
    table = _empty_table(
        f"Why Seller Center shows another number 与卖家中心的差异: gmv of a day in {zone} and of the shop's own",
        texts=("shop\n店铺", "day\n日期", ""),
        numbers=(
            "our day\n业务日",
            "moved in\n移入",
            "moved out\n移出",
            "shop's day\n店铺日",
            "platform\n平台",
            "difference\n差额",
        ),
    )
    table.add_column("why\n原因")
    for line in lines:
        table.add_row(
            shown(line.shop_name),
            f"{line.bridge_date:%m-%d}",
            line.currency,
            _cents(line.business_day_gmv),
            f"{_cents(line.moved_in_gmv)} ({line.moved_in_orders})",
            f"{_cents(line.moved_out_gmv)} ({-line.moved_out_orders})",
            _cents(line.shop_day_gmv),
            _cents(line.platform_gmv),
            _cents(line.platform_difference),
            line.difference_reason or "",
        )
    return table


def _promotion_table(lines: Sequence[Promotion], days: int) -> Table:
    table = _empty_table(
        f"Creators, LIVE, ads 达人、直播、广告: last {days} complete days 最近{days}天",
        texts=("shop\n店铺", ""),
        numbers=(
            "creators gmv\n达人成交额",
            "of gmv\n占比",
            "LIVE\n直播场次",
            "LIVE own_gmv\n直播成交额",
            "ad_spend\n广告花费",
            "roas_reported\n平台投产比",
            "roas\n投产比",
            "evidence\n已判定",
            "mer\n整体投产比",
        ),
    )
    for line in lines:
        table.add_row(
            shown(line.shop_name),
            line.currency,
            _whole(line.attributed_gmv),
            _percent(line.attributed_share),
            f"{line.live_sessions:,}",
            _whole(line.live_own_gmv),
            # Costs are never negative, so with a day missing the sum is the least that was spent.
            ("≥ " if line.unknown_ad_days and line.ad_spend is not None else "") + _whole(line.ad_spend),
            _times(line.roas_reported),
            _times(line.roas),
            _percent(line.evidence_coverage),
            _times(line.mer),
        )
    return table


def _operations_table(lines: Sequence[Operations], days: int) -> Table:
    table = _empty_table(
        f"Stock, dispatch, alarms 库存、发货、告警: as of now, rates of {days} days 截至当前，比率为最近{days}天",
        texts=("shop\n店铺",),
        numbers=(
            "SKUs\nSKU 数",
            "out\n断货",
            "short\n不足",
            "reorder_units\n建议补货量",
            "late_dispatch\n延迟发货率",
            "on_time\n准时送达率",
            "due in 24h\n待发货",
            "anomalies\n异常",
            "open alerts\n未关闭告警",
        ),
    )
    for line in lines:
        table.add_row(
            shown(line.shop_name),
            f"{line.skus:,}",
            f"{line.out_skus:,}",
            f"{line.short_skus:,}",
            f"{line.reorder_units:,}",
            _percent(line.late_dispatch_rate),
            _percent(line.on_time_delivery_rate),
            f"{line.due_within_24h:,}",
            f"{line.anomalies:,}",
            f"{line.open_alerts:,}",
        )
    return table


def _show_people(console: Console, home: Home) -> None:
    found = people(home.published)
    console.print(
        f"People 团队考核: {found.cards} scorecards in {found.roles} roles of the newest month. "
        f"Glossary 指标词典: {found.columns:,} columns, {found.translated:,} with a name in 中文. "
        f"Brushing 疑似刷单: {found.flags} flags for a person to look at."
    )


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
        compare(home.published, table, result.truth[name], keys=keys, columns=columns, where=where)
        for name, table, keys, columns, where in _COMPARED
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
        console.print(f"  {shown(line)}")


def _show_places(console: Console, home: Home, result: DemoResult) -> None:
    console.print("Where things are 位置:")
    console.print(
        f"  published marts  {shown(str(home.bi_file))}  (DuckDB, read-only; marts.kpi_shop_daily, ...)"
    )
    console.print(f"  audit            {shown(str(home.root / 'audit' / 'index.html'))}")
    console.print(f"  KPI glossary     {shown(str(result.docs))}")
    console.print("  pages 看板        make dashboard, then http://127.0.0.1:8501")
    console.print("  Dagster          make dagster, then http://127.0.0.1:3000")
    console.print("Run it again: the sandbox's clock moves on by a day and only what is new is read.")


def _whole(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _cents(value: Decimal) -> str:
    return f"{value:,.2f}"


def _marked(text: str, is_provisional: bool) -> str:
    """A number that may still move begins with ~."""
    return f"~{text}" if text and is_provisional else text


def _distances(low: Decimal | None, value: Decimal | None, high: Decimal | None) -> str:
    """How far a range goes below and above its value, in percent of the value."""
    if low is None or high is None or not value:
        return ""
    return f"-{(1 - low / value) * 100:.1f} +{(high / value - 1) * 100:.1f} %"


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low * 100:.1f} – {high * 100:.1f} %"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.1f} %"


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
