"""The report of a period, from one published file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from home.errors import TtkpiError
from orchestration.deliver.report import finance, reading, sections, targets
from orchestration.deliver.report.parts import Asked, Cell, Report, Section, short_name
from orchestration.deliver.report.period import DAILY, KINDS, Period, Shop, late_shops
from orchestration.deliver.report.words import Text, both, figure
from orchestration.metrics.catalog import Metric, metrics
from orchestration.metrics.query import Answer
from orchestration.metrics.source import Published


class NothingToReport(TtkpiError):
    """The published file has no shop, so there is no report."""


_SLOW = ("net_gmv_rc", "refund_rate_rc", "cancellation_rate_rc")
"""Go on falling, or rising, for weeks: a young figure beside a mature one is no comparison."""
_DIFFERS = Cell(both("–"), note=("not compared: the older figure is riper", "不作比较：较早的数字更成熟"))
_INCOMPLETE = Cell(
    both("–"),
    note=("not compared: of some shops a part is missing", "不作比较：部分店铺数据不完整"),
)


def write_report(file: Published, period: Period, *, restated_after: datetime | None = None) -> Report:
    """The report of a period, from one published file.

    Args:
        file: The published file, whole or of an audience.
        period: Which days.
        restated_after: What was restated since then is told; by default since the report before was due.

    Raises:
        NothingToReport: The file has no shop.
        NoMetrics: The file has no metric layer.
    """
    shops = reading.shops(file)
    if not shops:
        raise NothingToReport(
            f"{file.path} has no shop, so there is nothing to report.",
            advice="Publish first (`ttkpi run`). A file of an audience needs dim_shops: see seed audiences.",
        )
    asked = Asked(file, period, shops, metrics(file), reading.value_names(file))
    ((published_at,),) = file.rows("select max(published_at) from warehouse.marts.ops_publication")
    late = late_shops(shops, period)
    parts: tuple[Callable[[Asked], Section | None], ...] = (
        sections.shops,
        sections.moves,
        sections.alerts,
        targets.section,
        sections.creators,
        sections.lives,
        sections.ads,
        sections.money,
        sections.payouts,
        finance.claims,
        finance.month_close,
        finance.losses,
        sections.stock,
        lambda one: sections.restated(one, restated_after or period.previous().due),
    )
    totals = asked.answer(("gmv_rc", "paid_orders", "aov_rc", "net_gmv_rc", "refund_rate_rc"))
    return Report(
        period=period,
        title=_title(period),
        audience=file.audience or "",
        publication_id=file.publication_id,
        published_at=published_at.astimezone(UTC),
        currency=_currency(asked, totals),
        warnings=tuple(_warnings(asked, late)),
        tiles=tuple(_tiles(asked, totals, is_complete=not late)),
        sections=tuple(section for part in parts if (section := part(asked)) is not None),
        late=tuple(late),
        is_late=len(late) == len(shops),
    )


def _title(period: Period) -> Text:
    days = f"{period.since}" if period.kind == DAILY else f"{period.since} – {period.last}"
    english = {"daily": "Daily report", "weekly": "Weekly report", "monthly": "Monthly report"}[period.kind]
    return f"{english} {days}", f"{KINDS[period.kind]} {days}"


def _currency(asked: Asked, totals: Answer | None) -> str:
    if totals is not None:
        return totals.reporting_currency
    other = asked.answer(("ad_spend_rc", "live_attributed_gmv_rc", "net_attributed_gmv_rc"), ())
    return other.reporting_currency if other is not None else ""


def _warnings(asked: Asked, late: Sequence[Shop]) -> Iterable[Text]:
    period = asked.period
    zone = ZoneInfo(period.zone)
    for shop in late:
        if shop.held_back:
            yield (
                f"{shop.name}: new rows are held back, its figures are those of an earlier publication.",
                f"{shop.name}：新数据未通过审核，显示的是此前发布的数据。",
            )
            continue
        until = f"{shop.data_until.astimezone(zone):%Y-%m-%d %H:%M}" if shop.data_until else ""
        yield (
            f"{shop.name}: orders are known until {until} ({period.zone}) only; its figures are not complete."
            if until
            else f"{shop.name}: no orders were read.",
            f"{shop.name}：订单仅读取至 {until}（{period.zone}），数据不完整。"
            if until
            else f"{shop.name}：尚未读取订单。",
        )
    if unread := reading.unread(asked.file, period.end):
        more = f" +{len(unread) - sections.SHOWN}" if len(unread) > sections.SHOWN else ""
        shown = ", ".join(unread[: sections.SHOWN]) + more
        yield (
            f"Not read since the period ended, so their figures may be of earlier days: {shown}.",
            f"以下数据在期末之后尚未读取，相关数字可能不全：{shown}。",
        )


def _tiles(asked: Asked, totals: Answer | None, *, is_complete: bool) -> Iterable[tuple[Text, Cell, Cell]]:
    """The headline figures of all shops together, and of yesterday what net sales will become."""
    if totals is None or not totals.rows:
        return
    row = totals.rows[0]
    days = reading.shop_days(asked.file, asked.period.since, asked.period.until)
    open_gmv = not is_complete or any(day["is_gmv_provisional"] for day in days)
    for metric in totals.metrics:
        if metric.name == "refund_rate_rc" and metric.name in totals.not_final[0]:
            continue  # of a young day it is near nothing: no news, and read as good news
        is_open = metric.name in totals.not_final[0] if metric.name in _SLOW else open_gmv
        yield (
            short_name(metric),
            _value(metric, row[metric.name], totals, not_final=is_open),
            _compared(metric, row, is_young=is_open and metric.name in _SLOW, is_complete=is_complete),
        )


def _compared(metric: Metric, row: Any, *, is_young: bool, is_complete: bool) -> Cell:
    if not is_complete:
        return _INCOMPLETE
    return _DIFFERS if is_young else sections.moved(metric, row)


def _value(metric: Metric, value: Any, answer: Answer, *, not_final: bool) -> Cell:
    shown = figure(value, metric.unit)
    if metric.unit == "reporting currency" and value is not None:
        shown = f"{shown} {answer.reporting_currency}"
    note = (metric.summary, metric.summary)
    return Cell(both(shown), not_final and value is not None, note=note)
