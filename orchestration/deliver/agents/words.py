"""Other names of metrics, and the search over metrics and definitions, in English and 中文."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.deliver.agents.limits import Asked, page, plain, records, require_known
from orchestration.metrics.catalog import Metric, metrics, search
from orchestration.metrics.source import Published

SYNONYMS: dict[str, tuple[str, ...]] = {
    "gmv_rc": (
        "sales",
        "turnover",
        "revenue",
        "gross merchandise value",
        "销售额",
        "营业额",
        "流水",
        "成交",
        "gmv",
    ),
    "net_gmv_rc": ("net sales", "sales after refunds", "净销售额", "实际成交额", "退款后成交额"),
    "paid_orders": ("orders", "number of orders", "订单数", "单量", "支付订单"),
    "aov_rc": ("average order value", "basket", "客单价", "笔单价"),
    "units_sold": ("units", "items sold", "pieces", "销量", "件数"),
    "refund_rate": ("return rate", "returns", "退货率", "退款率", "退款占比"),
    "refunded_gmv_rc": ("refunded", "refunds", "refunded amount", "退款金额", "退款额"),
    "cancelled_gmv_rc": ("cancelled", "cancelled amount", "取消金额"),
    "cancellation_rate": ("cancel rate", "取消率"),
    "ad_spend_rc": ("ad cost", "advertising spend", "spend", "广告费", "消耗", "投放花费"),
    "roas_rc": ("return on ad spend", "roi of ads", "投产比", "广告回报"),
    "roas_reported_rc": ("ads manager roas", "reported roas", "后台投产比"),
    "mer_rc": ("marketing efficiency ratio", "blended roas", "综合投产"),
    "settlement_amount_rc": ("payout", "settled", "结算", "回款", "到账"),
    "take_rate": ("fee rate", "platform take", "扣点", "费率"),
    "contribution_profit_rc": ("profit", "margin", "利润", "毛利", "贡献利润"),
    "net_attributed_gmv_rc": ("influencer sales", "creator sales", "达人带货", "达人销售"),
    "creator_roi_rc": ("creator roi", "influencer roi", "达人投产", "达人回报"),
    "est_commission_rc": ("commission", "creator commission", "佣金"),
    "live_attributed_gmv_rc": ("live sales", "livestream sales", "直播成交", "直播销售额"),
    "live_gmv_per_hour_rc": ("sales per live hour", "每小时成交", "时均成交"),
    "live_gpm_rc": ("sales per thousand views", "千次观看成交", "gpm"),
    "host_gmv_rc": ("host sales", "主播成交", "主播业绩"),
    "sellable_units": ("stock", "inventory", "库存", "可售库存"),
    "reorder_units": ("what to order", "restock", "补货", "建议补货"),
    "late_dispatch_rate": ("late shipping", "迟发率", "晚发货率"),
    "open_alert_count": ("alerts", "告警", "预警"),
}
"""What people call a metric besides its names; a word leads to the metric, never the other way."""


def find_metrics(file: Published, words: str, limit: int, offset: int) -> dict[str, Any]:
    """Metrics whose name, label, definition or other name has these words; without words all.

    Raises:
        Asked: The page is none.
    """
    known = metrics(file)
    found = [*known.values()] if not words.strip() else _found(known, words)
    return page([described(metric) for metric in found], limit, offset)


def _found(known: Mapping[str, Metric], words: str) -> list[Metric]:
    wanted = words.casefold().strip()
    by_synonym = [
        known[name]
        for name, others in SYNONYMS.items()
        if name in known and any(wanted == other or wanted in other or other in wanted for other in others)
    ]
    # An exact other name comes first: who asks for 客单价 does not mean every metric whose text has it.
    by_synonym.sort(key=lambda metric: wanted not in SYNONYMS[metric.name])
    return list({metric.name: metric for metric in (*by_synonym, *search(known, words))}.values())


def described(metric: Metric) -> dict[str, Any]:
    """A metric for an agent."""
    return {
        "name": metric.name,
        "label": metric.label,
        "label_zh": metric.label_zh,
        "summary": metric.summary,
        "unit": metric.unit,
        "clock": metric.clock,
        "tables": list(metric.tables),
        "synonyms": list(SYNONYMS.get(metric.name, ())),
    }


def define(file: Published, name: str) -> dict[str, Any]:
    """The definition of a metric, or of a column of a published table (`kpi_shop_daily.buyers`, `buyers`).

    Raises:
        Asked: Neither has the name.
    """
    if not name.strip():
        raise Asked("No metric or column is given.", advice="search_metrics finds the names.")
    known = metrics(file)
    table, _, column = name.rpartition(".")
    if name in known:
        metric = known[name]
        return {
            "metric": described(metric) | {"definition": plain_lines(metric.definition)},
            "columns": glossary(file, metric.tables, base_name(name)),
        }
    columns = glossary(file, (table,) if table else (), column)
    if not columns:
        names = {*known, *(row["column_name"] for row in glossary(file, (), ""))}
        require_known(name, names, "metric or column")
        raise Asked(f"{name} has no definition in this file.", advice="search_metrics finds what there is.")
    return {"metric": None, "columns": columns}


def base_name(name: str) -> str:
    """The column that a metric in reporting currency is counted from."""
    return name.removesuffix("_rc")


def glossary(file: Published, tables: tuple[str, ...], column: str) -> list[dict[str, Any]]:
    """What the glossary of the publication says: of a column, in these tables or in all; of all columns without one."""
    if "kpi_glossary" not in file.columns():
        return []
    found = records(
        file,
        "select model_name, column_name, label, label_zh, definition, definition_zh, formula, included, "
        "not_the_same_as, clock, unit, owner, definition_version, defined_since, version_note, definition_digest "
        "from warehouse.marts.kpi_glossary where (? = '' or column_name = ?) order by model_name, column_position",
        (column, column),
    )
    own = [row for row in found if row["model_name"] in tables]
    return [
        {key: plain_lines(one) if isinstance(one, str) else plain(one) for key, one in row.items()}
        for row in (own or ([] if tables and tables != ("",) else found))
    ]


def plain_lines(text: str) -> str:
    """A definition: its lines stay."""
    return text.strip()
