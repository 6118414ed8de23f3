"""What the Superset dashboard shows: a chart or two for each question of a seller's team, each over one view.

Sums are of columns that add up; a rate is a sum divided by a sum over the same rows, and never an average.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A saved metric of a dataset.

    Attributes:
        name: Its name in Superset.
        title: What charts show, English and 中文.
        expression: SQL over the columns of the view.
        format: How numbers are written (d3).
    """

    name: str
    title: str
    expression: str
    format: str = ",.0f"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A view for people as a dataset.

    Attributes:
        view: Name of the view.
        metrics: Its saved metrics.
        day: The column of time that the filter "Period" moves; empty for a state, which has none.
    """

    view: str
    metrics: tuple[Metric, ...] = ()
    day: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of the dashboard.

    Attributes:
        title: What it answers, English and 中文.
        view: The view it reads.
        rows: Columns by which a table is grouped, or by which bars are split.
        metrics: Names of saved metrics; empty for a table of single rows.
        where: SQL condition; empty for all rows.
        weeks: The column of time along the axis; empty for a table.
        order: The column by which single rows are ordered, the largest first.
        without_period: It shows what is now, so the filters of time leave it alone.
        width: Columns of twelve.
    """

    title: str
    view: str
    rows: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    where: str = ""
    weeks: str = ""
    order: str = ""
    without_period: bool = False
    width: int = 6


MONTH = "month"
"""A calculated column of each dataset with months: the text on which the filter "Month" works."""


def _sum(name: str, title: str, expression: str = "", form: str = ",.0f") -> Metric:
    return Metric(name, title, expression or f"sum({name})", form)


def _ratio(name: str, title: str, above: str, below: str, known: str = "", form: str = ".1%") -> Metric:
    rows = f" filter (where {known})" if known else ""
    return Metric(name, title, f"sum({above}){rows} / nullif(sum({below}){rows}, 0)", form)


DATASETS = (
    Dataset(
        "shop_days",
        (
            _sum("gmv_rc", "GMV · 成交额"),
            _sum("net_gmv_rc", "Net GMV · 净成交额"),
            _sum("newest_gmv_rc", "GMV, newest day · 最近一天", "sum(gmv_rc) filter (where age_days = 0)"),
            _sum("week_before_gmv_rc", "7 days before · 上周同日", "sum(gmv_rc) filter (where age_days = 7)"),
            Metric(
                "gmv_change",
                "Change · 变化",
                "sum(gmv_rc) filter (where age_days = 0) / nullif(sum(gmv_rc) filter (where age_days = 7), 0) - 1",
                "+.1%",
            ),
            _sum("newest_orders", "Orders · 订单", "sum(paid_orders) filter (where age_days = 0)"),
            _ratio("refund_rate", "Refund rate · 退款率", "refunded_gmv_rc", "gmv_rc"),
        ),
        "business_date",
    ),
    Dataset(
        "ads_days",
        (
            _sum("paid_gmv_rc", "Paid · 付费"),
            _sum("organic_gmv_rc", "Organic · 自然"),
            _sum("undetermined_gmv_rc", "Undetermined · 未判定"),
            _sum("ad_spend_rc", "Ad spend · 广告花费"),
            _ratio(
                "roas_rc",
                "ROAS · 投产比",
                "paid_gmv_rc",
                "ad_spend_rc",
                "paid_gmv_rc is not null and ad_spend_rc is not null",
                ".2f",
            ),
            _ratio(
                "mer_rc",
                "MER · 整体投产比",
                "gmv_rc",
                "ad_spend_rc",
                "gmv_rc is not null and ad_spend_rc is not null",
                ".2f",
            ),
        ),
        "business_date",
    ),
    Dataset(
        "creator_days",
        (
            _sum("net_attributed_gmv_rc", "Net GMV · 净成交额"),
            _sum("creator_cost_rc", "Cost · 成本"),
            _ratio(
                "creator_roi_rc",
                "ROI · 投产比",
                "net_attributed_gmv_rc",
                "creator_cost_rc",
                "net_attributed_gmv_rc is not null and creator_cost_rc is not null",
                ".2f",
            ),
            _ratio("refund_rate", "Refund rate · 退款率", "refunded_attributed_gmv_rc", "attributed_gmv_rc"),
        ),
        "business_date",
    ),
    Dataset(
        "live_sessions",
        (
            _sum("orders_lost", "Orders lost · 流失订单"),
            _sum("sessions", "Sessions · 场次", "count(*)"),
        ),
        "start_time",
    ),
    Dataset(
        "live_hosts",
        (
            _sum("host_hours", "Hours · 小时", form=",.1f"),
            _sum("live_attributed_gmv_rc", "LIVE GMV · 直播成交额"),
            _ratio(
                "gmv_per_hour_rc",
                "per hour · 每小时",
                "live_attributed_gmv_rc",
                "host_hours",
                "live_attributed_gmv_rc is not null",
                ",.0f",
            ),
        ),
        "shop_local_date",
    ),
    Dataset(
        "products",
        (
            _sum("gmv_rc", "GMV · 成交额"),
            _sum("refunded_gmv_rc", "Refunded · 退款"),
            _ratio("refund_rate", "Refund rate · 退款率", "refunded_gmv_rc", "gmv_rc"),
            _ratio("return_unit_rate", "Units returned · 退货件率", "refunded_units", "units_sold"),
        ),
        "business_date",
    ),
    Dataset(
        "sku_profit",
        (
            _sum("contribution_profit_rc", "Profit · 贡献利润"),
            Metric(
                "profit_margin_rc",
                "Margin · 利润率",
                "sum(contribution_profit_rc) / nullif(sum(gmv_before_platform_discount_rc - cancelled_base_amount_rc "
                "- refunded_base_amount_rc) filter (where contribution_profit_rc is not null), 0)",
                ".1%",
            ),
            _sum("units_sold", "Units · 件数"),
            _sum("units_without_profit", "Units without known profit · 利润未知件数"),
        ),
        "business_date",
    ),
    Dataset("stock"),
    Dataset(
        "cash_forecast",
        (
            _sum("received_amount_rc", "Received · 已到账"),
            _sum("cash_expected_rc", "Expected · 预计到账"),
        ),
    ),
    Dataset(
        "commission_due",
        (
            _sum("accrued_amount_rc", "Accrued · 应计"),
            _sum("settled_amount_rc", "Settled · 已结"),
            _sum("due_amount_rc", "Due · 待付"),
        ),
    ),
    Dataset(
        "platform_bridge",
        (
            _sum("business_day_gmv_rc", "Our GMV · 我方成交额"),
            _sum("moved_rc", "Day boundary · 日界线差异", "sum(moved_in_gmv_rc + moved_out_gmv_rc)"),
            _sum("platform_difference_rc", "Other differences · 其他差异"),
            _sum("platform_gmv_rc", "Seller Center · 卖家中心"),
            _sum("days", "Days · 天数", "count(distinct bridge_date)"),
            _sum(
                "days_unknown", "Days not read · 未读天数", "count(*) filter (where platform_gmv_rc is null)"
            ),
        ),
    ),
    Dataset("changes"),
    Dataset(
        "due_now",
        (
            _sum("tasks", "Tasks · 待办", "count(*)"),
            _sum("overdue", "Overdue · 已逾期", "count(*) filter (where is_overdue)"),
            Metric("first_due_at", "First due · 最早到期", "min(due_at)", ""),
        ),
    ),
)

CHARTS = (
    Chart(
        "Newest full day against the week before · 最近完整一天与上周同日",
        "shop_days",
        rows=("shop_name", "region"),
        metrics=("newest_gmv_rc", "week_before_gmv_rc", "gmv_change", "newest_orders"),
        without_period=True,
    ),
    Chart(
        "GMV by week and shop · 各店每周成交额",
        "shop_days",
        rows=("shop_name",),
        metrics=("gmv_rc",),
        weeks="business_date",
        where="is_day_complete",
        without_period=True,
    ),
    Chart(
        "What is due now · 待办",
        "due_now",
        rows=("due_kind", "due_kind_zh", "severity"),
        metrics=("tasks", "overdue", "first_due_at"),
        without_period=True,
    ),
    Chart(
        "Paid and organic sales by week · 每周付费与自然成交",
        "ads_days",
        metrics=("paid_gmv_rc", "organic_gmv_rc", "undetermined_gmv_rc"),
        weeks="business_date",
        where="is_day_complete",
        without_period=True,
    ),
    Chart(
        "Top creators: sales, cost, return · 达人榜：成交、成本、投产比",
        "creator_days",
        rows=("creator_name", "creator_username"),
        metrics=("net_attributed_gmv_rc", "creator_cost_rc", "creator_roi_rc", "refund_rate"),
        where="is_creator",
    ),
    Chart(
        "Ads by shop · 各店广告",
        "ads_days",
        rows=("shop_name",),
        metrics=("ad_spend_rc", "paid_gmv_rc", "organic_gmv_rc", "undetermined_gmv_rc", "roas_rc", "mer_rc"),
    ),
    Chart(
        "Where LIVE sessions leak · 直播断在哪一步",
        "live_sessions",
        rows=("leaking_step",),
        metrics=("orders_lost", "sessions"),
        where="leaking_step is not null and leaking_step <> 'none'",
    ),
    Chart(
        "Hosts per hour · 主播每小时成交",
        "live_hosts",
        rows=("host_name", "shop_name"),
        metrics=("live_attributed_gmv_rc", "host_hours", "gmv_per_hour_rc"),
    ),
    Chart(
        "The LIVE sessions that lost most orders · 流失订单最多的场次",
        "live_sessions",
        rows=(
            "start_time",
            "title",
            "shop_name",
            "main_host_name",
            "leaking_step",
            "orders_lost",
            "leaking_rate",
            "leaking_rate_median",
        ),
        where="orders_lost is not null",
        order="orders_lost",
        width=12,
    ),
    Chart(
        "Refund rate by product · 商品退款率",
        "products",
        rows=("product_name", "shop_name"),
        metrics=("refunded_gmv_rc", "gmv_rc", "refund_rate", "return_unit_rate"),
    ),
    Chart(
        "Profit by SKU · SKU 利润",
        "sku_profit",
        rows=("product_name", "sku_name", "shop_name"),
        metrics=("contribution_profit_rc", "profit_margin_rc", "units_sold", "units_without_profit"),
    ),
    Chart(
        "What to restock · 需要补货",
        "stock",
        rows=(
            "shop_name",
            "product_name",
            "sku_name",
            "stock_status",
            "stock_status_zh",
            "sellable_units",
            "days_of_cover",
            "expected_stockout_date",
            "reorder_units",
        ),
        where="reorder_units > 0",
        order="reorder_units",
        without_period=True,
        width=12,
    ),
    Chart(
        "Cash by week: received, expected · 每周到账：已收、预计",
        "cash_forecast",
        metrics=("received_amount_rc", "cash_expected_rc"),
        weeks="week_start",
        without_period=True,
    ),
    Chart(
        "Commission due · 待付佣金",
        "commission_due",
        rows=("payee_name", "payee_type_zh", "shop_name"),
        metrics=("due_amount_rc", "accrued_amount_rc", "settled_amount_rc"),
        without_period=True,
    ),
    Chart(
        "Our GMV and Seller Center, by month · 与卖家中心的差异（月）",
        "platform_bridge",
        rows=(MONTH, "shop_name"),
        metrics=(
            "business_day_gmv_rc",
            "moved_rc",
            "platform_difference_rc",
            "platform_gmv_rc",
            "days",
            "days_unknown",
        ),
        width=12,
    ),
    Chart(
        "What changed since the publication before · 与上次发布相比的变化",
        "changes",
        rows=(
            "shop_name",
            "kpi_date",
            "kpi_label",
            "kpi_label_zh",
            "value_before",
            "value_now",
            "currency",
            "reason",
            "reason_zh",
        ),
        order="kpi_date",
        without_period=True,
        width=12,
    ),
)

COLUMNS = {
    "shop_name": "Shop · 店铺",
    "region": "Market · 市场",
    "due_kind": "Task · 待办",
    "due_kind_zh": "待办类型",
    "severity": "Severity · 级别",
    "creator_name": "Creator · 达人",
    "creator_username": "Username · 账号",
    "start_time": "Start · 开播",
    "title": "Title · 标题",
    "main_host_name": "Host · 主播",
    "host_name": "Host · 主播",
    "leaking_step": "Leaking step · 流失环节",
    "leaking_rate": "Its rate · 该环节比率",
    "leaking_rate_median": "Median before · 以往中位数",
    "orders_lost": "Orders lost · 流失订单",
    "product_name": "Product · 商品",
    "sku_name": "SKU · 规格",
    "stock_status": "Status · 状态",
    "stock_status_zh": "库存状态",
    "sellable_units": "Units · 可售",
    "days_of_cover": "Days of cover · 可售天数",
    "expected_stockout_date": "Out on · 预计断货",
    "reorder_units": "To order · 建议补货",
    "payee_name": "Payee · 收款方",
    "payee_type_zh": "类型",
    "kpi_date": "Day · 日期",
    "kpi_label": "KPI",
    "kpi_label_zh": "指标",
    "value_before": "Before · 之前",
    "value_now": "Now · 现在",
    "reason": "Reason · 原因",
    "reason_zh": "原因",
}
"""What charts show as the heading of a column; the others have their own name."""

HEADER = """Amounts are in the reporting currency. Pick months and shops at the left: what is due, stock, cash, \
and charts by week show all of it whatever the month. A rate is a sum divided by a sum. An empty cell is not known; \
0 is none. Of the newest weeks refunds, paid sales and profit are not all known yet, so their \
rates are too low. What a column means: its description in the dataset.

金额为报告币种。左侧可选月份与店铺；待办、库存、到账和按周的图不受月份影响。比率是总和相除，不是平均。\
空白表示未知，0 表示没有。最近几周的退款、付费成交与利润尚未齐全，相应比率偏低。列的含义见数据集说明。"""
