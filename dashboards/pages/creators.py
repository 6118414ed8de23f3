"""Creators 达人: who leads and who falls behind, one creator's page, four attribution rules, conflicts, samples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, charts
from dashboards.parts.behind import Rows
from dashboards.parts.choices import Period, shop_choice
from dashboards.parts.formats import COUNT, DAY, FRACTION, MONEY, RATIO, UNKNOWN
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Creators", "达人"),
    "window_7": ("7 days", "近 7 天"),
    "window_30": ("30 days", "近 30 天"),
    "board": ("Leaderboard", "达人榜"),
    "creator": ("Creator", "达人"),
    "rank": ("Rank in shop", "店内排名"),
    "new": ("new", "新上榜"),
    "roi_unknown": ("unknown: {why}", "未知：{why}"),
    "known_part": ("without creators of unknown cost", "不含成本未知的部分"),
    "by_creators": ("All creators", "全部达人"),
    "choose": ("Click a line for the creator's page.", "点击一行查看达人详情。"),
    "one": ("Creator's page", "达人详情"),
    "followers": ("followers", "粉丝"),
    "content": ("Content", "内容"),
    "commission": ("Commission", "佣金"),
    "samples": ("Samples: from sent to sold", "样品：从寄出到成交"),
    "samples_of": ("Samples of {who}", "{who} 的样品"),
    "product": ("Product", "商品"),
    "approved": ("Approved", "已批准"),
    "sent": ("Sent", "已寄出"),
    "delivered": ("Delivered", "已送达"),
    "posted": ("Posted", "已发布"),
    "sold": ("Sold", "已成交"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "cost": ("Cost", "成本"),
    "rules": ("Four attribution rules side by side", "四种归因规则并列"),
    "rule": ("Rule", "规则"),
    "in_force": ("in force", "现行"),
    "platform": ("platform", "平台归因"),
    "last_content": ("last content", "最后内容"),
    "even_split": ("even split", "平均分配"),
    "ads_first": ("ads first", "广告优先"),
    "conflicts": ("Conflicts: sales that more than one claims", "归因冲突：多方主张的成交"),
    "no_conflicts": ("Nobody else claims a sale of this creator in this window.", "该时段没有归因冲突。"),
    "claims": ("Claims", "主张数"),
    "claims_how": (
        "How many claim the sale: an affiliate order, a LIVE room, a creator's code, ads.",
        "主张该成交的来源数：联盟订单、直播间、达人码、广告。",
    ),
    "credited": ("Credited", "归属"),
    "by_rule": ("Others would get it by", "其他规则归属"),
    "no_creators": ("No creator sold in this window.", "该时段没有达人成交。"),
    "date": ("Day", "日期"),
    "gmv": ("GMV", "成交额"),
    "net": ("Net", "净成交额"),
}
_METRICS = (
    "attributed_gmv_rc",
    "net_attributed_gmv_rc",
    "attributed_orders",
    "creator_cost_rc",
    "creator_roi_rc",
)
_CONTENT = ("content_views", "content_clicks", "content_ctr", "content_sku_orders", "content_ctor")
_RULES = ("platform", "last_content", "even_split", "ads_first")
_BOARD = "kpi_creator_leaderboard"
_CREATOR, _WINDOW = "creator", "creator_window"
_NOBODY = "none"


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    shop, days = _choices(page)
    board = _leaderboard(page, shop, days)
    if not board:
        blocks.still(blocks.card(t("board"), blocks.empty(t("no_creators"))))
        return
    last = max(row["as_of_date"] for row in board)
    period = Period(last - timedelta(days=days - 1), last + timedelta(days=1))
    keys = {f"{row['shop_key']}|{row['creator_username']}": row for row in board}
    if st.session_state.get(_CREATOR) not in keys:
        st.session_state[_CREATOR] = next(iter(keys))
    chosen = keys[st.session_state[_CREATOR]]
    page.block(_tiles(page, board, period, shop), "tiles")
    left, right = st.columns([1.65, 1], gap="small")
    with left:
        page.block(_board(page, board, chosen, period), "board")
    with right:
        page.block(_creator(page, chosen, period), "creator")
        _course(page, chosen, period)
        page.block(_rules(page, chosen, period), "rules")
    page.block(_samples(page, chosen), "samples")
    page.block(_conflicts(page, chosen, period), "conflicts")


def _choices(page: Page) -> tuple[str, int]:
    t = page.t
    with st.container(key="choices", horizontal=True, gap="small", vertical_alignment="center"):
        window = st.segmented_control(
            t("period"),
            [7, 30],
            format_func=lambda days: t(f"window_{days}"),
            default=30,
            required=True,
            key=f"{_WINDOW}_{t.language}",
            label_visibility="collapsed",
            persist_state="session",
        )
        shop = shop_choice(t, page.shops) if len(page.shops) > 1 else ""
    return shop, int(window or 30)


def _leaderboard(page: Page, shop: str, days: int) -> list[dict[str, Any]]:
    """The newest window of each shop; over shops by the reporting currency."""
    which = " and shop_key = ?" if shop else ""
    return page.store.rows(
        f"select * from {_BOARD} where window_days = ? and creator_username <> '{_NOBODY}'{which} "  # noqa: S608 (own text)
        "order by attributed_gmv_rc desc nulls last, creator_username",
        (days, *((shop,) if shop else ())),
    )


def _tiles(page: Page, board: list[dict[str, Any]], period: Period, shop: str) -> str:
    creators = sorted({str(row["creator_username"]) for row in board})
    numbers = page.ask(_METRICS, period, shop=shop, compare="before", where={"creator_username": creators})
    scope = f"<b>{page.t('by_creators')}</b> · {escape(page.shop_name(shop))} · {_span(period)}"
    is_partly = any(row["creator_cost_rc"] is None for row in board)
    return page.tiles(
        [
            page.tile(
                numbers.figure(metric),
                scope=scope,
                rows=_credited(page, period, shop, ""),
                versus="before",
                up_is_good=None if metric == "creator_cost_rc" else True,
                note=page.t("known_part") if is_partly and metric in _METRICS[3:] else "",
            )
            for metric in _METRICS
        ]
    )


def _span(period: Period) -> str:
    return f"{period.since:%Y-%m-%d} – {period.last:%Y-%m-%d}"


def _credited(page: Page, period: Period, shop: str, creator: str) -> Rows | None:
    """Sold lines that are credited to creators under the rule in force."""
    if not page.store.has("fct_attribution_credits", "fct_order_lines"):
        return None
    which = (" and c.shop_key = ?" if shop else "") + (" and c.creator_username = ?" if creator else "")
    return behind.query(
        page.store,
        "credited_lines",
        "select c.order_id, c.line_id, s.shop_name, c.creator_username, c.attribution_basis, c.credit, "  # noqa: S608 (own text)
        "l.product_name, l.seller_sku, c.business_date, l.currency, l.gmv, l.net_gmv, l.gmv_rc, l.net_gmv_rc "
        "from fct_attribution_credits as c "
        "inner join fct_order_lines as l on l.shop_key = c.shop_key and l.order_id = c.order_id "
        "and l.line_id = c.line_id "
        "inner join dim_shops as s on s.shop_key = c.shop_key "
        f"where c.rule = (select attribution_rule from {_BOARD} limit 1) and c.creator_username <> '{_NOBODY}' "
        f"and c.business_date >= ? and c.business_date < ?{which} "
        "order by l.gmv_rc desc nulls last, c.order_id, c.line_id",
        (period.since, period.until, *((shop,) if shop else ()), *((creator,) if creator else ())),
    )


def _board(page: Page, board: list[dict[str, Any]], chosen: Mapping[str, Any], period: Period) -> str:
    t = page.t
    names = {shop["shop_key"]: str(shop["shop_name"]) for shop in page.shops}

    def label(column: str) -> str:
        return page.column(_BOARD, column).label

    def hover(column: str) -> str:
        return page.column(_BOARD, column).hover

    columns = [
        Column("creator_rank", t("rank"), COUNT, show=lambda one: _rank(page, one)),
        Column("creator_username", t("creator"), show=_who),
        Column("shop_name", t("shop"), is_wide=True),
        Column("attributed_gmv_rc", label("attributed_gmv_rc"), MONEY, hover=hover("attributed_gmv_rc")),
        Column("net_attributed_gmv_rc", t("net"), MONEY, is_wide=True, hover=hover("net_attributed_gmv_rc")),
        Column("attributed_orders", label("attributed_orders"), COUNT, is_wide=True),
        Column("creator_cost_rc", t("cost"), MONEY, is_wide=True, hover=hover("creator_cost_rc")),
        Column("creator_roi", "ROI", RATIO, show=lambda one: _roi(page, one), hover=hover("creator_roi")),
        Column("refund_rate", label("refund_rate"), FRACTION, is_wide=True, hover=hover("refund_rate")),
    ]
    records = [{**row, "shop_name": names.get(row["shop_key"], row["shop_key"])} for row in board]
    return page.table(
        t("board"),
        columns,
        records,
        name="leaderboard",
        note=f"{page.standing.currency} · {_span(period)} · {t('choose')}",
        limit=20,
        opens=lambda one: blocks.choose(_CREATOR, f"{one['shop_key']}|{one['creator_username']}"),
        is_chosen=lambda one: (
            one["shop_key"] == chosen["shop_key"] and one["creator_username"] == chosen["creator_username"]
        ),
    )


def _who(record: Mapping[str, Any]) -> str:
    return escape(str(record["creator_username"]))


def _rank(page: Page, record: Mapping[str, Any]) -> str:
    """Its rank in its shop and the places won or lost."""
    moved = record["rank_change"]
    if record["rank_before"] is None:
        change = f'<span class="cc">{page.t("new")}</span>'
    elif not moved:
        change = '<span class="d z s">=</span>'
    else:
        # In the mart a rise is positive.
        sign, tone = ("▲", "u") if moved > 0 else ("▼", "n")
        change = f'<span class="d {tone} s"><i>{sign}</i>{abs(int(moved))}</span>'
    return f"{record['creator_rank']} {change}"


def _roi(page: Page, record: Mapping[str, Any]) -> str:
    value = record["creator_roi"]
    if value is None:
        why = str(record.get("creator_roi_unknown_reason") or "").replace("_", " ")
        return f'<span title="{escape(page.t("roi_unknown", why=why))}">{UNKNOWN}</span>'
    return page.f.value(value, RATIO)


def _creator(page: Page, chosen: Mapping[str, Any], period: Period) -> str:
    """Content, sales, commission and net of the chosen creator."""
    shop, name = str(chosen["shop_key"]), str(chosen["creator_username"])
    # Cost and return stand in the leaderboard, unknown where a part is; a sum would leave that part out.
    metrics = (*_METRICS[:3], "est_commission_rc", "actual_commission_rc", *_CONTENT)
    numbers = page.ask(metrics, period, shop=shop, compare="before", where={"creator_username": [name]})
    scope = f"<b>{escape(name)}</b> · {escape(page.shop_name(shop))} · {_span(period)}"
    rows = _credited(page, period, shop, name)
    lines = []
    for metric in metrics:
        figure = numbers.figure(metric)
        if not page.knows(metric):
            continue
        change = page.f.change(figure.change, up_is_good=None if "commission" in metric else True)
        shown = page.number(figure, scope=scope, rows=rows, currency=True)
        lines.append(
            f'<span title="{escape(figure.definition.hover)}">{escape(figure.definition.label)}</span>'
            f"<span>{page.mark(figure, short=True)}{shown} {change}</span>"
        )
    for column in ("creator_cost_rc", "creator_roi"):
        figure = page.figure(_BOARD, column, chosen, is_not_final=bool(chosen["is_provisional"]))
        shown = page.number(figure, scope=scope, rows=rows, currency=True)
        if figure.value is None:
            shown = _roi(page, chosen)
        lines.append(f"<span>{escape(figure.definition.label)}</span><span>{shown}</span>")
    known = _known(page, shop, name)
    return blocks.card(escape(name), f'<div class="kv">{"".join(lines)}</div>', known)


def _known(page: Page, shop: str, name: str) -> str:
    if not page.store.has("dim_creators"):
        return escape(page.shop_name(shop))
    rows = page.store.rows(
        "select nickname, follower_count from dim_creators where shop_key = ? and creator_username = ?",
        (shop, name),
    )
    parts = [escape(page.shop_name(shop))]
    if rows and rows[0]["nickname"]:
        parts.insert(0, escape(str(rows[0]["nickname"])))
    if rows and rows[0]["follower_count"] is not None:
        parts.append(f"{page.f.count(rows[0]['follower_count'])} {page.t('followers')}")
    return " · ".join(parts)


def _course(page: Page, chosen: Mapping[str, Any], period: Period) -> None:
    t = page.t
    numbers = page.ask(
        ["attributed_gmv_rc"],
        period,
        by=["day"],
        shop=str(chosen["shop_key"]),
        where={"creator_username": [str(chosen["creator_username"])]},
    )
    rows = []
    for number in range(period.days):
        day = period.since + timedelta(days=number)
        value = numbers.figure("attributed_gmv_rc", day).value
        # A day without a row is a day without a sale of the creator.
        rows.append({"x": f"{day:%m-%d}", "y": float(value or 0), "s": t("gmv")})
    with page.chart_card("course"):
        page.chart_title(page.metric("attributed_gmv_rc").label, page.standing.currency)
        charts.chart(
            charts.lines(
                rows,
                [(t("gmv"), charts.BLUE, False)],
                x_title=t("date"),
                y_title=page.standing.currency,
                height=150,
            ),
            "course",
        )


def _rules(page: Page, chosen: Mapping[str, Any], period: Period) -> str:
    """What each rule gives the creator."""
    t = page.t
    metrics = [f"attributed_gmv_{rule}_rc" for rule in _RULES]
    if not page.knows(*metrics):
        return ""
    numbers = page.ask(
        metrics,
        period,
        shop=str(chosen["shop_key"]),
        where={"creator_username": [str(chosen["creator_username"])]},
    )
    figures = [numbers.figure(metric) for metric in metrics]
    top = max((float(figure.value or 0) for figure in figures), default=0) or 1.0
    records = [
        {
            "rule": t(rule) + (f" · {t('in_force')}" if rule == chosen["attribution_rule"] else ""),
            "amount": figure,
            "share": float(figure.value or 0) / top,
        }
        for rule, figure in zip(_RULES, figures, strict=True)
    ]
    columns = [
        Column("rule", t("rule")),
        Column("share", "", show=lambda one: blocks.bar(one["share"])),
        Column("amount", t("gmv")),
    ]
    return page.table(
        t("rules"),
        columns,
        records,
        name="rules",
        note=f"{escape(str(chosen['creator_username']))} · {page.standing.currency}",
    )


def _samples(page: Page, chosen: Mapping[str, Any]) -> str:
    t = page.t
    if not page.store.has("kpi_creator_samples"):
        return ""
    sql = (
        "select k.*, p.product_name from kpi_creator_samples as k "
        "left join dim_products as p on p.shop_key = k.shop_key and p.product_id = k.product_id "
        "where k.shop_key = ? and k.creator_username = ? order by k.first_ordered_at desc nulls last, k.product_id"
    )
    parameters = (chosen["shop_key"], chosen["creator_username"])
    records = page.store.rows(sql, parameters)

    def label(column: str) -> str:
        return page.column("kpi_creator_samples", column).label

    columns = [
        Column("product_name", t("product")),
        Column("samples_approved", t("approved"), COUNT, is_wide=True),
        Column("samples_sent", t("sent"), COUNT),
        Column("samples_delivered", t("delivered"), COUNT, is_wide=True),
        Column("samples_posted", t("posted"), COUNT),
        Column("content_views", label("content_views"), COUNT, is_wide=True),
        Column(
            "has_sold", t("sold"), show=lambda one: t("yes") if one["has_sold"] else t("no"), is_wide=True
        ),
        Column("attributed_gmv", t("gmv"), MONEY, currency="currency"),
        Column("sample_cost", t("cost"), MONEY, currency="currency", is_wide=True),
        Column("creator_roi", "ROI", RATIO, is_wide=True),
    ]
    return page.table(
        t("samples"),
        columns,
        records,
        name="samples",
        note=escape(str(chosen["creator_username"])),
        rows=behind.query(page.store, "samples", sql, parameters),
        limit=10,
    )


def _conflicts(page: Page, chosen: Mapping[str, Any], period: Period) -> str:
    t = page.t
    if not page.store.has("fct_attribution_conflicts"):
        return ""
    sql = (
        "select business_date, order_id, line_id, product_id, claim_count, affiliate_creator, live_room_creator, "
        "code_creator, ads_evidence, credited_creator, attribution_basis, creator_platform, creator_last_content, "
        "creator_even_split, creator_ads_first from fct_attribution_conflicts where is_contested and shop_key = ? "
        "and business_date >= ? and business_date < ? and ? in (affiliate_creator, live_room_creator, code_creator, "
        "credited_creator) order by business_date desc, order_id, line_id"
    )
    parameters = (chosen["shop_key"], period.since, period.until, chosen["creator_username"])
    records = page.store.rows(sql, parameters)
    names = _product_names(page, str(chosen["shop_key"]))
    for record in records:
        record["product"] = names.get(record["product_id"], record["product_id"])
    columns = [
        Column("business_date", t("date"), DAY),
        Column("order_id", page.column("fct_attribution_conflicts", "order_id").label),
        Column("product", t("product"), is_wide=True),
        Column("claim_count", t("claims"), COUNT, hover=t("claims_how")),
        Column(
            "credited_creator", t("credited"), show=lambda one: _creator_name(page, one["credited_creator"])
        ),
        Column("other", t("by_rule"), is_wide=True, show=lambda one: _others(page, one)),
    ]
    return page.table(
        t("conflicts"),
        columns,
        records,
        name="conflicts",
        note=escape(str(chosen["creator_username"])),
        rows=behind.query(page.store, "conflicts", sql, parameters),
        limit=10,
        nothing=t("no_conflicts"),
    )


def _product_names(page: Page, shop: str) -> dict[str, str]:
    if not page.store.has("dim_products"):
        return {}
    rows = page.store.rows("select product_id, product_name from dim_products where shop_key = ?", (shop,))
    return {row["product_id"]: str(row["product_name"] or row["product_id"]) for row in rows}


def _creator_name(page: Page, name: Any) -> str:
    return page.t("none_creator") if name in (None, _NOBODY) else escape(str(name))


def _others(page: Page, record: Mapping[str, Any]) -> str:
    """Whom the other rules would name."""
    found = [
        f"{page.t(rule)}: {_creator_name(page, record[f'creator_{rule}'])}"
        for rule in _RULES
        if record[f"creator_{rule}"] != record["credited_creator"]
    ]
    return " · ".join(found) or UNKNOWN
