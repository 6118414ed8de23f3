"""What `ttkpi export` writes for people: which file, which period, what the cover says."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from home.errors import ConfigError
from home.layout import Home
from orchestration.metrics.source import Published, published
from orchestration.sheets.monthly import monthly_sheets, monthly_tables
from orchestration.sheets.tables import Period, require_days, table_of, tables
from orchestration.sheets.workbook import Cover, Language, Report, sheet_of, write_workbook

_MONTH = re.compile(r"(\d{4})-(\d{2})")


def period_of(text: str) -> Period:
    """A month (`2026-10`), a day, or two days with `..` between them, both included.

    Raises:
        ValueError: It is none of them.
    """
    if match := _MONTH.fullmatch(text.strip()):
        year, month = int(match[1]), int(match[2])
        first = date(year, month, 1)
        return Period(first, first.replace(day=monthrange(year, month)[1]))
    begin, _, end = text.partition("..")
    period = Period(date.fromisoformat(begin.strip()), date.fromisoformat((end or begin).strip()))
    if period.last < period.first:
        raise ValueError(f"{period.last} is before {period.first}")
    return period


def export_workbook(
    home: Home,
    path: Path,
    *,
    views: Sequence[str] = (),
    period: Period | None = None,
    audience: str = "",
    language: Language = "both",
) -> Report:
    """Write tables and views of the published file into a workbook.

    Args:
        home: Whose publication.
        path: The file.
        views: Names of tables and views; none: the standard workbook of a month.
        period: Which days; None: all, or the last whole month of the standard workbook.
        audience: From the file of this audience; empty: the whole file.
        language: Of headers.

    Raises:
        UnknownTable: The file has no such table or view.
        NoSuchDays: The file knows nothing of the period.
        NoMetrics: Nothing is published, or not for the audience.
        ConfigError: Nothing of the standard workbook is in the file.
        StorageError: The disk is full or refuses.
    """
    with published(home, audience) as file:
        known = tables(file)
        if views:
            chosen = [table_of(known, name) for name in dict.fromkeys(views)]
            require_days(file, chosen, period)
            sheets = [sheet_of(file, table, period) for table in chosen]
            title = "TikTok Shop KPI"
        else:
            period = period or last_month(file)
            require_days(file, monthly_tables(known), period)
            sheets = monthly_sheets(file, known, period)
            title = f"TikTok Shop KPI {period.first:%Y-%m}"
        if not sheets:
            raise ConfigError(
                "The file holds nothing of the standard workbook. 该文件没有标准月报所需的数据。",
                advice="Name what you want: --view NAME; `ttkpi export tables` lists what there is.",
            )
        return write_workbook(path, _cover(file, title, period), sheets, language)


def last_month(file: Published) -> Period:
    """The newest month that is over, by the newest day of the shops; the current one where there is no other."""
    row = file.rows(
        "select max(business_date) from warehouse.marts.kpi_shop_daily"
        if "kpi_shop_daily" in file.columns()
        else "select cast(max(published_at) as date) from warehouse.marts.ops_publication"
    )[0]
    newest: date = row[0] or date.today()  # noqa: DTZ011 (of an empty file any month is as good)
    last = monthrange(newest.year, newest.month)[1]
    if newest.day < last and newest.month > 1:
        return period_of(f"{newest.year}-{newest.month - 1:02}")
    if newest.day < last:
        return period_of(f"{newest.year - 1}-12")
    return period_of(f"{newest:%Y-%m}")


def _cover(file: Published, title: str, period: Period | None) -> Cover:
    about = file.rows(
        "select max(published_at), max(build_id), max(revision), max(audit_checks), max(audit_warnings), "
        "max(held_back_shops) from warehouse.marts.ops_publication"
    )[0]
    published_at, build, revision, checks, warnings, _ = about
    held = file.rows(
        "select distinct held_back_shops from warehouse.marts.ops_publication where held_back_shops is not null"
    )
    facts = [
        ("发布编号 Publication", file.publication_id),
        ("发布时间 Published at (UTC)", f"{published_at:%Y-%m-%d %H:%M}"),
        ("期间 Period", f"{period}，含首尾 · both days included" if period else "全部 · all"),
        ("受众 Audience", file.audience or "全部 · everybody"),
        ("审核 Audit", f"{checks} 项检查 checks, {warnings} 警告 warnings"),
        ("构建 Build", f"{build}" + (f" ({revision})" if revision else "")),
    ]
    notes = [
        f"停止更新的店铺（沿用上次发布数据）：{shops} · Held back, rows of an earlier publication: shops {shops}"
        for (shops,) in held
    ]
    notes += [
        "不同币种的金额不可相加；人数、比率和均值不可按行相加。 · Amounts of two currencies must not be added; people, "
        "rates and averages must not be summed over rows.",
        "空单元格表示未知，不是 0。 · An empty cell is unknown, not 0.",
    ]
    return Cover(title, tuple(facts), tuple(notes))
