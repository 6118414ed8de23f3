"""Targets of the month: of shops, and of people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from home.text import one_line
from orchestration.deliver.report import reading
from orchestration.deliver.report.parts import Asked, Cell, Section, kpi_name
from orchestration.deliver.report.period import late_shops
from orchestration.deliver.report.words import UNKNOWN_CELL, Text, both, figure
from orchestration.metrics.query import Question, ask

SHOWN = 16
"""Rows of people in a report: what is more stands in the pages."""


@dataclass(frozen=True, slots=True)
class ShopTarget:
    """What a shop is to reach in a month, and what it has reached at the end of the period.

    Attributes:
        shop_key: The shop.
        kpi: The KPI.
        unit: Of both figures.
        actual: From the first of the month to the end of the period; None: unknown.
        target: Of the whole month.
        not_final: The actual may still change.
        is_late: Days of the period are missing: whether the shop is behind can't be said.
    """

    shop_key: str
    kpi: str
    unit: str
    actual: Decimal | None
    target: Decimal
    not_final: bool
    is_late: bool = False

    @property
    def share(self) -> Decimal | None:
        """The share of the target that is reached."""
        return None if self.actual is None else self.actual / self.target


def month_of(asked: Asked) -> date:
    """First day of the month that the last day of the period is in."""
    return asked.period.last.replace(day=1)


def month_share(asked: Asked) -> tuple[int, int]:
    """Days of the month that are over at the end of the period, and days that it has."""
    month = month_of(asked)
    return (asked.period.until - month).days, ((month + timedelta(days=31)).replace(day=1) - month).days


def shop_targets(asked: Asked) -> list[ShopTarget]:
    """The targets of the shops, those of a shop by KPI. Actuals are those of the days up to the period's end, so that
    a report of last Tuesday says what was reached on that day."""
    month = month_of(asked)
    found = reading.shop_targets(asked.file, month)
    names = [name for name in dict.fromkeys(str(row["kpi_name"]) for row in found) if name in asked.known]
    if not names:
        return []
    answer = ask(asked.file, Question(tuple(names), ("shop",), month, asked.period.until))
    reached = {
        str(row["shop"]): (row, marks) for row, marks in zip(answer.rows, answer.not_final, strict=True)
    }
    late = {shop.shop_key for shop in late_shops(asked.shops, asked.period)}
    open_shops = {
        str(row["shop_key"])
        for row in reading.shop_days(asked.file, month, asked.period.until)
        if row["is_gmv_provisional"]
    }
    targets = []
    for row in found:
        shop, kpi = str(row["shop_key"]), str(row["kpi_name"])
        if kpi not in names:
            continue
        values, marks = reached.get(shop, ({}, frozenset()))
        value = values.get(kpi)
        is_open = kpi in marks if kpi == "net_gmv_rc" else shop in open_shops
        targets.append(
            ShopTarget(
                shop,
                kpi,
                asked.known[kpi].unit,
                None if value is None else Decimal(value),
                Decimal(row["target"]),
                shop in late or is_open,
                shop in late,
            )
        )
    return targets


def target_cell(asked: Asked, target: ShopTarget | None, currency: str) -> Cell:
    """The share of a shop's target that is reached, with an arrow: ahead of the days that are over, or behind them."""
    if target is None or target.share is None:
        return Cell(UNKNOWN_CELL)
    over, days = month_share(asked)
    is_behind = target.share * days < over
    name = kpi_name(asked, target.kpi)
    amounts = f"{figure(target.actual, target.unit)} / {figure(target.target, target.unit)}"
    money = f" {currency}" if target.unit == "reporting currency" else ""
    arrow, tone = ("", "") if target.is_late else ("▼ ", "bad") if is_behind else ("▲ ", "good")
    return Cell(
        both(f"{arrow}{figure(target.share, 'fraction')}"),
        target.not_final,
        tone,
        note=(f"{name[0]}: {amounts}{money}", f"{name[1]}：{amounts}{money}"),
    )


def note_of(asked: Asked) -> Text:
    """How the arrows are to be read."""
    over, days = month_share(asked)
    share = figure(Decimal(over) / days, "fraction")
    return (
        f"Target of the month: {over} of its {days} days are over ({share}); ▲ as far or further, ▼ behind.",
        f"月目标：本月 {days} 天已过 {over} 天（{share}）；▲ 不落后于进度，▼ 落后。",
    )


def section(asked: Asked) -> Section | None:
    """What shops and people reached of their targets of the month."""
    month = month_of(asked)
    people = reading.targets(asked.file, month)
    shops = shop_targets(asked)
    if not people and not shops:
        return None
    headers: tuple[Text, ...] = (
        ("Whose", "对象"),
        ("Role", "岗位"),
        ("KPI", "指标"),
        ("Actual", "实际"),
        ("Target", "目标"),
        ("Attainment", "完成率"),
    )
    over, days = month_share(asked)
    share = figure(Decimal(over) / days, "fraction")
    note = (
        f"Of the month, {over} of {days} days are over ({share}). Shops: up to the end of the period; people: up to "
        "the publication.",
        f"本月 {days} 天中已过 {over} 天（{share}）。店铺截至本期末，人员截至本次发布。",
    )
    title = (f"Targets of {month:%Y-%m}", f"{month:%Y-%m} 目标完成")
    rows = (*_shop_rows(asked, shops), *_people_rows(asked, people[:SHOWN]))
    return Section("targets", title, headers, rows, (note,), max(0, len(people) - SHOWN))


def _shop_rows(asked: Asked, shops: list[ShopTarget]) -> Iterator[tuple[Cell, ...]]:
    for one in shops:
        yield (
            Cell(asked.shop_name(one.shop_key)),
            Cell(("shop", "店铺")),
            Cell(kpi_name(asked, one.kpi)),
            Cell(both(figure(one.actual, one.unit)), one.not_final and one.actual is not None),
            Cell(both(figure(one.target, one.unit))),
            Cell(both(figure(one.share, "fraction")), one.not_final and one.actual is not None),
        )


def _people_rows(asked: Asked, people: list[Any]) -> Iterator[tuple[Cell, ...]]:
    for row in people:
        unit, is_open = str(row["unit"]), bool(row["is_provisional"])
        yield (
            Cell(both(one_line(str(row["person_name"])))),
            Cell(asked.value("role", row["role"])),
            Cell(kpi_name(asked, row["kpi_name"])),
            Cell(both(figure(row["actual"], unit)), is_open),
            Cell(both(("≤ " if row["lower_is_better"] else "") + figure(row["target"], unit))),
            Cell(both(figure(row["attainment"], "fraction")), is_open),
        )
