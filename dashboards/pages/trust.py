"""Trust 可信: our figure beside Seller Center's, the bridge between, what changed and why, how far the data reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, charts
from dashboards.parts.choices import Choice
from dashboards.parts.formats import DAY, MONEY
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Trust", "可信"),
    "day": ("Day", "日期"),
    "bridge": ("Our GMV beside Seller Center's", "我方成交额与卖家中心对比"),
    "ours": ("Business day", "业务日成交额"),
    "moved_in": ("Moved in", "移入"),
    "moved_out": ("Moved out", "移出"),
    "shop_day": ("Shop's day", "店铺日成交额"),
    "platform": ("Seller Center", "卖家中心"),
    "difference": ("Difference", "差异"),
    "why": ("Why", "原因"),
    "bridge_note": (
        "one shop, in its currency",
        "单店、店铺币种",
    ),
    "no_bridge": ("The platform told no daily figure in this period.", "该时段平台没有提供每日数据。"),
    "reconciled": ("What differs from the platform", "与平台的差异"),
    "measure": ("Measure", "指标"),
    "own": ("Ours", "我方"),
    "unexplained": ("Unexplained", "未解释"),
    "agree": ("Every figure of this period agrees with the platform's.", "该时段所有数据与平台一致。"),
    "changed": ("What the newest publication changed", "最新发布改动了什么"),
    "nothing_changed": (
        "The newest publication changed no figure that was published before.",
        "最新发布没有改动此前的数据。",
    ),
    "kpi": ("KPI", "指标"),
    "before_now": ("Before", "原值"),
    "now": ("Now", "现值"),
    "maturity": ("How much of a day's final value is known after so many days", "每日数据随天数的成熟度"),
    "no_maturity": ("No day of this shop is old enough to say it.", "该店铺尚无足够旧的数据。"),
    "age": ("days old", "天数"),
    "share_of_final": ("share of the final value", "占最终值比例"),
    "coverage": ("Days that were not read", "未读取的日期"),
    "all_read": ("Every day of this period was read.", "该时段每天均已读取。"),
    "resource": ("What", "数据"),
    "state": ("State", "状态"),
    "readable": ("Readable until", "可补读至"),
    "steps": ("Audits and publications", "审核与发布"),
    "no_steps": (
        "No step was recorded before this publication was made.",
        "该版本生成之前没有审核或发布记录。",
    ),
    "step": ("Step", "步骤"),
    "outcome": ("Outcome", "结果"),
    "who": ("By", "操作人"),
    "when": ("When", "时间"),
    "sealed": (
        "Publication {id} is sealed: ttkpi verify checks it.",
        "发布版本 {id} 已签封，可用 ttkpi verify 核验。",
    ),
}
_COLORS = (charts.BLUE, charts.ORANGE, charts.GREEN, charts.SKY, charts.GREY)

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    chosen = page.choices(compare=False)
    blocks.still(f'<div class="sub wrap">{escape(t("sealed", id=page.store.publication[-8:]))}</div>')
    shop = chosen.shop or (str(page.shops[0]["shop_key"]) if page.shops else "")
    left, right = st.columns([1.7, 1], gap="small")
    with left:
        page.block(_bridge(page, chosen, shop), "bridge")
        page.block(_reconciled(page, chosen), "reconciled")
        page.block(_changed(page, chosen), "changed")
    with right:
        _maturity(page, shop)
        page.block(_coverage(page, chosen), "coverage")
        page.block(_steps(page), "steps")


def _limits(chosen: Choice, shop: str, day: str) -> tuple[str, tuple[Any, ...]]:
    """A condition for the period and, where one is chosen, the shop, with its values."""
    which = f"{day} >= ? and {day} < ?" + (" and shop_key = ?" if shop else "")
    return which, (chosen.period.since, chosen.period.until, *((shop,) if shop else ()))


def _reason(page: Page, row: Mapping[str, Any], name: str, detail: str) -> str:
    said = page.value_name("reason", row[name]).replace("_", " ")
    return f'<span class="wrap" title="{escape(str(row[detail] or ""))}">{escape(said)}</span>'


def _bridge(page: Page, chosen: Choice, shop: str) -> str:
    t = page.t
    if not page.store.has("kpi_day_bridge"):
        return blocks.card(t("bridge"), blocks.empty(t("no_table")))
    which, values = _limits(chosen, shop, "bridge_date")
    sql = f"select * from kpi_day_bridge where {which} order by bridge_date desc"  # noqa: S608 (own text)
    records = page.store.rows(sql, values)
    currency = str(records[0]["currency"]) if records else ""

    def amount(name: str, word: str, *, is_wide: bool = False) -> Column:
        hover = page.column("kpi_day_bridge", name).hover
        return Column(name, t(word), MONEY, hover=hover, is_wide=is_wide)

    return page.table(
        t("bridge"),
        [
            Column("bridge_date", t("day"), DAY),
            amount("business_day_gmv", "ours"),
            amount("moved_in_gmv", "moved_in", is_wide=True),
            amount("moved_out_gmv", "moved_out", is_wide=True),
            amount("shop_day_gmv", "shop_day"),
            amount("platform_gmv", "platform"),
            amount("platform_difference", "difference", is_wide=True),
            Column(
                "difference_reason",
                t("why"),
                is_wide=True,
                show=lambda row: _reason(page, row, "difference_reason", "difference_reason_detail"),
            ),
        ],
        records,
        name="bridge",
        note=f"{escape(page.shop_name(shop))} · {currency} · {t('bridge_note')}",
        limit=14,
        rows=behind.query(page.store, "bridge", sql, values),
        nothing=t("no_bridge"),
    )


def _reconciled(page: Page, chosen: Choice) -> str:
    t = page.t
    which, values = _limits(chosen, chosen.shop, "shop_local_date")
    sql = (
        f"select * from kpi_reconciliation where {which} and difference <> 0 "  # noqa: S608 (own text)
        "order by abs(coalesce(unexplained_difference, 0)) desc, shop_local_date desc, shop_key, measure"
    )
    records = page.store.rows(sql, values)
    for row in records:
        row["shop"] = page.shop_name(str(row["shop_key"]))
    return page.table(
        t("reconciled"),
        [
            Column("shop_local_date", t("day"), DAY),
            Column("shop", t("shop"), is_wide=True),
            Column("measure", t("measure"), show=lambda row: escape(_measure(page, row))),
            Column("own_value", t("own"), MONEY, currency="currency", is_wide=True),
            Column("platform_value", t("platform"), MONEY, currency="currency", is_wide=True),
            Column("difference", t("difference"), MONEY, currency="currency"),
            Column("unexplained_difference", t("unexplained"), MONEY, currency="currency"),
            Column("reason", t("why"), show=lambda row: _reason(page, row, "reason", "reason_detail")),
        ],
        records,
        name="differences",
        limit=12,
        rows=behind.query(page.store, "differences", sql, values),
        nothing=t("agree"),
    )


def _measure(page: Page, row: Mapping[str, Any]) -> str:
    return page.value_name("measure", row["measure"]).replace("_", " ")


def _changed(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.store.has("kpi_restatements"):
        return blocks.card(t("changed"), blocks.empty(t("no_table")))
    which = " and shop_key = ?" if chosen.shop else ""
    sql = (
        f"select * from kpi_restatements where is_newest{which} "  # noqa: S608 (own text)
        "order by kpi_date desc, shop_key, kpi_name"
    )
    values = (chosen.shop,) if chosen.shop else ()
    records = page.store.rows(sql, values)
    for row in records:
        row["shop"] = page.shop_name(str(row["shop_key"]))
        row["kpi"] = page.column(str(row["model_name"]), str(row["kpi_name"])).label
    return page.table(
        t("changed"),
        [
            Column("kpi_date", t("day"), DAY),
            Column("shop", t("shop"), is_wide=True),
            Column("kpi", t("kpi")),
            Column("value_before", t("before_now"), MONEY, currency="currency", is_wide=True),
            Column("value_now", t("now"), MONEY, currency="currency"),
            Column("difference", t("difference"), MONEY, currency="currency"),
            Column("reason", t("why"), show=lambda row: _reason(page, row, "reason", "reason_detail")),
        ],
        records,
        name="changes",
        limit=12,
        rows=behind.query(page.store, "changes", sql, values),
        nothing=t("nothing_changed"),
    )


def _maturity(page: Page, shop: str) -> None:
    t = page.t
    rows = (
        page.store.rows(
            "select * from kpi_maturity where shop_key = ? and known_share is not null order by kpi_name, age_days",
            (shop,),
        )
        if page.store.has("kpi_maturity")
        else []
    )
    if not rows:
        blocks.still(blocks.card(t("maturity"), blocks.empty(t("no_maturity"))))
        return
    names = {str(row["kpi_name"]): page.column("kpi_shop_daily", str(row["kpi_name"])).label for row in rows}
    series = [(label, _COLORS[place % len(_COLORS)], False) for place, label in enumerate(names.values())]
    points = [
        {"x": str(row["age_days"]), "y": float(row["known_share"]), "s": names[str(row["kpi_name"])]}
        for row in sorted(rows, key=lambda row: row["age_days"])
    ]
    with page.chart_card("maturity"):
        page.chart_title(
            t("maturity"),
            escape(page.shop_name(shop)),
            blocks.legend([(color, label, dashed) for label, color, dashed in series]),
        )
        charts.chart(
            charts.lines(points, series, x_title=t("age"), y_title=t("share_of_final"), y_format=".0%"),
            "maturity",
        )


def _coverage(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.store.has("ops_coverage"):
        return blocks.card(t("coverage"), blocks.empty(t("no_table")))
    which, values = _limits(chosen, chosen.shop, "shop_local_date")
    sql = (
        f"select * from ops_coverage where {which} and coverage_status not in ('fetched', 'empty') "  # noqa: S608 (own text)
        "order by shop_local_date desc, shop_key, resource"
    )
    records = page.store.rows(sql, values)
    for row in records:
        row["shop"] = page.shop_name(str(row["shop_key"]))
        row["state"] = page.value_name("coverage_status", row["coverage_status"]).replace("_", " ")
    return page.table(
        t("coverage"),
        [
            Column("shop_local_date", t("day"), DAY),
            Column("shop", t("shop"), is_wide=True),
            Column(
                "resource", t("resource"), show=lambda row: escape(str(row["resource"]).replace("_", " "))
            ),
            Column("state", t("state")),
            Column("readable_until", t("readable"), DAY, is_wide=True),
        ],
        records,
        name="coverage",
        limit=10,
        rows=behind.query(page.store, "coverage", sql, values),
        nothing=t("all_read"),
    )


def _steps(page: Page) -> str:
    """The newest audits, publications, returns to an older one and freezes."""
    t = page.t
    if not page.store.has("ops_audit_log"):
        return blocks.card(t("steps"), blocks.empty(t("no_table")))
    sql = (
        "select * from ops_audit_log where event in ('audit', 'publish', 'rollback', 'freeze') "
        "order by entry_number desc"
    )
    records: Sequence[Row] = page.store.rows(sql)
    for row in records:
        row["when"] = page.standing.local(row["recorded_at"])
        row["step"] = t(f"step_{row['event']}")
        row["became"] = page.value_name("outcome", row["outcome"])
    return page.table(
        t("steps"),
        [
            Column("when", t("when"), "time"),
            Column("step", t("step")),
            Column("became", t("outcome")),
            Column("actor", t("who"), is_wide=True),
        ],
        records,
        name="audit_log",
        limit=8,
        rows=behind.query(page.store, "audit_log", sql),
        nothing=t("no_steps"),
    )
