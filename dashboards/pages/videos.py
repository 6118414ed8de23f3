"""Videos 视频: what sells, what fades, and one video day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, charts
from dashboards.parts.choices import Choice
from dashboards.parts.numbers import Figure
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Videos", "视频"),
    "selling": ("What sells", "热卖视频"),
    "fading": ("What fades", "下滑视频"),
    "fading_none": ("No video sold less than in the period before.", "没有成交下滑的视频。"),
    "nothing_sold": ("No video has figures in this period.", "该时段没有视频数据。"),
    "video": ("Video", "视频"),
    "account": ("Account", "账号"),
    "posted": ("Posted", "发布"),
    "lost": ("Lost", "减少"),
    "lost_hover": ("Attributed GMV less than in the period before.", "归因成交额较上一时段减少的金额。"),
    "one": ("One video", "单条视频"),
    "date": ("day", "日期"),
    "views": ("Views", "观看"),
    "orders": ("Orders", "订单"),
    "gmv": ("GMV", "成交额"),
    "choose": ("click a line for its course", "点击一行查看走势"),
    "late": (
        "The platform tells videos a day late, and credits sales to them for seven days.",
        "平台视频数据延迟一天，归因持续 7 天。",
    ),
}
_TILES = (
    "video_attributed_gmv_rc",
    "video_sku_orders",
    "video_views",
    "video_product_click_rate",
    "video_ctor",
)
_VIDEO = "video"
_LIMIT = 15

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    chosen = page.choices()
    totals = page.ask(_TILES, chosen.period, shop=chosen.shop, compare=chosen.compare)
    scope = f"<b>{escape(page.shop_name(chosen.shop))}</b> · {_span(chosen)}"
    page.block(
        page.tiles(
            [
                page.tile(
                    totals.figure(metric),
                    scope=scope,
                    rows=_days_of(page, chosen, ""),
                    versus=chosen.compare,
                )
                for metric in _TILES
            ]
        ),
        "tiles",
    )
    records = _videos(page, chosen)
    if not records:
        blocks.still(blocks.card(t("selling"), blocks.empty(t("nothing_sold"))))
        return
    by_id = {str(one["video_id"]): one for one in records}
    if st.session_state.get(_VIDEO) not in by_id:
        st.session_state[_VIDEO] = next(iter(by_id))
    video = by_id[st.session_state[_VIDEO]]
    left, right = st.columns([1.5, 1], gap="small")
    with left:
        page.block(_selling(page, chosen, records, video), "selling")
    with right:
        _course(page, chosen, video)
        page.block(_fading(page, records, video), "fading")
    blocks.still(f'<div class="sub wrap">{t("late")}</div>')


def _span(chosen: Choice) -> str:
    return f"{chosen.period.since:%Y-%m-%d} – {chosen.period.last:%Y-%m-%d}"


def _videos(page: Page, chosen: Choice) -> list[Row]:
    """Each video with its figures, the best first."""
    metrics = (*_TILES[:3], *_TILES[3:])
    numbers = page.ask(
        metrics, chosen.period, by=["shop", "video_id"], shop=chosen.shop, compare=chosen.compare
    )
    about = {
        (row["shop_key"], row["video_id"]): row
        for row in page.store.rows(
            "select distinct shop_key, video_id, title, account_username, post_time from kpi_video_daily "
            "order by shop_key, video_id, title"
        )
    }
    records = []
    for shop, video in numbers.groups():
        row = about.get((shop, video), {})
        figures = {metric: numbers.figure(metric, shop, video) for metric in metrics}
        lost = figures[_TILES[0]].difference
        posted = row.get("post_time")
        records.append(
            {
                "video_id": video,
                "shop_key": shop,
                "title": str(row.get("title") or video),
                "account": row.get("account_username"),
                "posted": page.standing.local(posted).date() if posted else None,
                "lost": lost,
                **figures,
            }
        )
    records.sort(key=lambda one: (-_amount(one[_TILES[0]]), -_amount(one["video_views"])))
    return records


def _amount(figure: Figure) -> float:
    return float(figure.value or 0)


def _columns(page: Page, *names: str) -> list[Column]:
    found = []
    for name in names:
        one = page.metric(name)
        is_main = name == _TILES[0]
        found.append(Column(name, one.label, hover=one.hover, change=is_main, is_wide=not is_main))
    return found


def _selling(page: Page, chosen: Choice, records: Sequence[Row], video: Row) -> str:
    t = page.t
    return page.table(
        t("selling"),
        [
            Column("title", t("video")),
            Column("account", t("account"), is_wide=True),
            Column("posted", t("posted"), "day", is_wide=True),
            *_columns(page, *_TILES[:3]),
        ],
        records,
        name="videos",
        note=f"{page.standing.currency} · {t('vs_' + chosen.compare)} · {t('choose')}",
        limit=_LIMIT,
        opens=lambda one: blocks.choose(_VIDEO, str(one["video_id"])),
        is_chosen=lambda one: one["video_id"] == video["video_id"],
    )


def _fading(page: Page, records: Sequence[Row], video: Row) -> str:
    """Videos that lost most against the period compared with."""
    t = page.t
    falling = [one for one in records if one["lost"] is not None and one["lost"] < 0]
    falling.sort(key=lambda one: one["lost"])
    return page.table(
        t("fading"),
        [
            Column("title", t("video")),
            Column(_TILES[0], t("gmv"), change=True, hover=page.metric(_TILES[0]).hover),
            Column("lost", t("lost"), "money", hover=t("lost_hover")),
        ],
        falling,
        name="fading_videos",
        note=page.standing.currency,
        limit=10,
        opens=lambda one: blocks.choose(_VIDEO, str(one["video_id"])),
        is_chosen=lambda one: one["video_id"] == video["video_id"],
        nothing=t("fading_none"),
    )


def _days_of(page: Page, chosen: Choice, video: str) -> behind.Rows:
    """Days of videos, as the platform lists them."""
    which = (" and v.shop_key = ?" if chosen.shop else "") + (" and v.video_id = ?" if video else "")
    return behind.query(
        page.store,
        "video_days",
        "select v.shop_local_date, s.shop_name, v.video_id, v.title, v.account_username, v.views, "  # noqa: S608 (own text)
        "v.product_impressions, v.product_clicks, v.sku_orders, v.items_sold, v.currency, v.video_attributed_gmv, "
        "v.video_attributed_gmv_rc, v.is_provisional from kpi_video_daily as v "
        "inner join dim_shops as s on s.shop_key = v.shop_key "
        f"where v.shop_local_date >= ? and v.shop_local_date < ?{which} "
        "order by v.video_attributed_gmv_rc desc nulls last, v.shop_local_date, v.video_id",
        (
            chosen.period.since,
            chosen.period.until,
            *((chosen.shop,) if chosen.shop else ()),
            *((video,) if video else ()),
        ),
    )


def _course(page: Page, chosen: Choice, video: Mapping[str, Any]) -> None:
    """Views and attributed sales of one video, day by day over four weeks."""
    t = page.t
    until = chosen.period.until
    days = [until - timedelta(days=number) for number in range(28, 0, -1)]
    period = type(chosen.period)(days[0], until)
    numbers = page.ask(
        ["video_attributed_gmv_rc", "video_views"],
        period,
        by=["day"],
        shop=str(video["shop_key"]),
        where={"video_id": [str(video["video_id"])]},
    )
    with page.chart_card("course"):
        about = " · ".join(
            part for part in (str(video["account"] or ""), page.shop_name(str(video["shop_key"]))) if part
        )
        page.chart_title(escape(str(video["title"])), escape(about))
        with st.container(gap=None, key="panels_video"):
            for metric, color, height in (
                ("video_views", charts.BLUE, 86),
                ("video_attributed_gmv_rc", charts.ORANGE, 96),
            ):
                name = page.metric(metric).label
                unit = page.standing.currency if metric.endswith("_rc") else ""
                blocks.still(f'<div class="sub">{escape(name)} {unit}</div>')
                rows = [
                    {"x": f"{day:%m-%d}", "y": _plain(numbers.figure(metric, day)), "s": name} for day in days
                ]
                charts.chart(
                    charts.lines(
                        rows, [(name, color, False)], x_title=t("date"), y_title=name, height=height
                    ),
                    metric,
                )


def _plain(figure: Figure) -> float | None:
    return None if figure.value is None else float(figure.value)
