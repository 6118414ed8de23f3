"""Glossary 指标词典: what each number means, in both languages, found by any word that people use for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.pages import offered
from dashboards.parts import behind, blocks
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Glossary", "指标词典"),
    "search": ("Search: GMV, refund rate, profit, payout ...", "搜索：成交额、退货率、毛利、回款 ..."),
    "found": ("Definitions", "指标定义"),
    "nothing_found": ("No definition has this word. Try another one.", "没有匹配的指标，请换一个词。"),
    "word": ("Name", "名称"),
    "where": ("In", "所在表"),
    "meaning": ("Meaning", "含义"),
    "included": ("Included", "包含"),
    "unit": ("Unit", "单位"),
    "column": ("Column", "字段"),
    "since": ("since", "自"),
    "used": ("Where used", "使用位置"),
    "used_nowhere": ("only in {table}", "仅见于 {table}"),
    "used_tables": ("also in {tables}", "另见 {tables}"),
    "used_metrics": ("metrics: {metrics}", "度量：{metrics}"),
    "used_pages": ("pages: {pages}", "页面：{pages}"),
    "choose": ("click a line for the whole definition", "点击一行查看完整定义"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "毛利": ("profit", "利润"),
    "利润": ("profit",),
    "回款": ("settlement", "payment", "payout"),
    "到账": ("payment", "payout", "received"),
    "打款": ("payment", "payout"),
    "提现": ("withdrawn",),
    "退货率": ("refund_rate", "return_unit_rate"),
    "退款": ("refund",),
    "销售额": ("gmv",),
    "营业额": ("gmv",),
    "流水": ("gmv",),
    "客单": ("aov",),
    "投产": ("roas", "roi", "mer"),
    "佣金": ("commission",),
    "断货": ("out", "stock"),
    "库存": ("stock", "sellable"),
    "场观": ("views", "viewers"),
    "坑产": ("gmv_per_hour",),
    "绩效": ("score", "attainment"),
    "turnover": ("gmv",),
    "revenue": ("gmv", "revenue"),
    "margin": ("profit",),
    "sales": ("gmv",),
    "return": ("refund", "return"),
    "payout": ("payment", "payout"),
    "inventory": ("stock", "sellable"),
    "conversion": ("rate", "ctor"),
}
"""Words that people use, and what the names of the columns they mean have in them."""
_LIMIT = 40
_FIRST = "kpi_shop_daily.gmv"
_NO_NUMBERS = ("text", "date", "yes or no", "time", "instant", "exchange rate", "days", "hour of day")
_UNITS: Dictionary = {
    "shop currency": ("shop currency", "店铺币种"),
    "account currency": ("account currency", "广告账户币种"),
    "reporting currency": ("reporting currency", "报告币种"),
    "count": ("count", "数量"),
    "fraction": ("fraction", "比例"),
    "ratio": ("ratio", "比值"),
    "hours": ("hours", "小时"),
    "minutes": ("minutes", "分钟"),
    "seconds": ("seconds", "秒"),
    "days": ("days", "天"),
    "weeks": ("weeks", "周"),
    "points": ("points", "分"),
    "rank": ("rank", "名次"),
    "text": ("text", "文本"),
    "date": ("date", "日期"),
    "instant": ("time", "时间"),
    "yes or no": ("yes or no", "是否"),
    "exchange rate": ("exchange rate", "汇率"),
    "hour of day": ("hour of day", "钟点"),
    "units per day": ("units per day", "件/天"),
    "as the row says": ("as the row says", "见所在行"),
}
_MANY = 6
_CHOSEN, _SEARCH = "glossary_word", "glossary_search"
_TEXTS = ("column_name", "model_name", "label", "label_zh", "definition", "definition_zh")

Row = dict[str, Any]


def found(rows: Sequence[Row], wanted: str) -> list[Row]:
    """The definitions for what somebody typed, the nearest first; all when nothing was typed."""
    words = wanted.casefold().split()
    if not words:
        return list(rows)
    ranked: list[tuple[int, int, Row]] = []
    for place, row in enumerate(rows):
        names = " ".join(str(row[name] or "") for name in _TEXTS[:4]).casefold()
        texts = " ".join(str(row[name] or "") for name in _TEXTS[4:]).casefold()
        points = 0
        for word in words:
            others = [
                other for key, meant in SYNONYMS.items() if word in key or key in word for other in meant
            ]
            if word in names:
                points += 3
            elif any(other in names for other in others):
                points += 2
            elif word in texts:
                points += 1
            else:
                points = 0
                break
        if points:
            ranked.append((-points, place, row))
    return [row for *_, row in sorted(ranked, key=lambda one: one[:2])]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    wanted = st.text_input(
        t("search"),
        key=_SEARCH,
        placeholder=t("search"),
        label_visibility="collapsed",
        persist_state="session",
    )
    rows = page.store.rows(
        "select * from kpi_glossary where not is_bookkeeping order by model_name, column_position"
    )
    for row in rows:
        row["key"] = f"{row['model_name']}.{row['column_name']}"
        row["text"] = t.pick(row["label"], row["label_zh"])
        row["meaning"] = t.pick(row["definition"], row["definition_zh"])
    records = found(rows, wanted or "")
    if not wanted:
        # Before anything is looked for: numbers, those of the shops first.
        records = [
            row
            for row in records
            if row["unit"] not in _NO_NUMBERS and not str(row["column_name"]).endswith("_rc")
        ]
        records.sort(key=lambda row: row["model_name"] != "kpi_shop_daily")
    by_key = {row["key"]: row for row in records}
    if st.session_state.get(_CHOSEN) not in by_key:
        st.session_state[_CHOSEN] = _FIRST if _FIRST in by_key else next(iter(by_key), None)
    chosen = by_key.get(st.session_state[_CHOSEN] or "")
    with st.container(key="detail_first_glossary"):
        left, right = st.columns([1.3, 1], gap="small")
    with left:
        page.block(_list(page, records, chosen), "list")
    with right:
        if chosen:
            blocks.still(_definition(page, chosen))


def _list(page: Page, records: Sequence[Row], chosen: Row | None) -> str:
    t = page.t
    return page.table(
        t("found"),
        [
            Column(
                "text", t("word"), show=lambda row: f'<span class="wrap">{escape(str(row["text"]))}</span>'
            ),
            Column("model_name", t("where"), is_wide=True),
            Column("unit", t("unit"), show=lambda row: escape(_unit(page, row))),
        ],
        records,
        name="glossary",
        note=t("choose"),
        limit=_LIMIT,
        rows=behind.query(
            page.store, "glossary", "select * from kpi_glossary order by model_name, column_position"
        ),
        opens=lambda row: blocks.choose(_CHOSEN, str(row["key"])),
        is_chosen=lambda row: bool(chosen) and row["key"] == (chosen or {}).get("key"),
        nothing=t("nothing_found"),
    )


def _unit(page: Page, row: Mapping[str, Any]) -> str:
    unit = str(row["unit"] or "")
    return page.t.pick(*_UNITS[unit]) if unit in _UNITS else unit


def _unit_note(row: Mapping[str, Any]) -> str:
    """What the documents add to a unit."""
    note = _plain(row["unit_note"])
    return "" if note in ("", "none", str(row["unit"])) else note


def _plain(text: Any) -> str:
    """A text of the documents without its marks of Markdown."""
    return str(text or "").replace("`", "").replace("*", "")


@cache
def _sources() -> Mapping[str, str]:
    """The code of each page, by its name in the address."""
    folder = Path(__file__).parent
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("[!_]*.py")}


def _used(page: Page, row: Mapping[str, Any]) -> str:
    """Other tables with the same column, metrics made of it, and the pages that show one of them."""
    t = page.t
    column, table = str(row["column_name"]), str(row["model_name"])
    tables = [
        str(one["model_name"])
        for one in page.store.rows(
            "select model_name from kpi_glossary where column_name = ? and model_name <> ? order by model_name",
            (column, table),
        )
    ]
    # `net_gmv` ends with `gmv`, and is a column of its own.
    others = set(page.store.columns(table)) - {column}
    metrics = [
        name
        for name, metric in page.store.metrics().items()
        if table in metric.tables and (name == column or name.endswith(f"_{column}")) and name not in others
    ]
    names = [column, *metrics]
    pages = [
        t.pick(*entry.name)
        for entry in offered(page.store.file.columns())
        if any(
            re.search(rf"[\"'. ]{re.escape(name)}[\"', ]", _sources().get(entry.slug, "")) for name in names
        )
        and (metrics or table in _sources().get(entry.slug, ""))
    ]
    shown = tables[:_MANY] + (["…"] if len(tables) > _MANY else [])
    parts = (
        t("used_pages", pages=", ".join(pages)) if pages else "",
        t("used_metrics", metrics=", ".join(metrics[:_MANY])) if metrics else "",
        t("used_tables", tables=", ".join(shown)) if shown else "",
    )
    return " · ".join(part for part in parts if part) or t("used_nowhere", table=table)


def _definition(page: Page, row: Mapping[str, Any]) -> str:
    t = page.t
    other = t.pick(row["definition_zh"], row["definition"]) if not t.is_chinese else row["definition"]
    pairs = (
        (t("formula"), row["formula"]),
        (t("included"), row["included"]),
        (t("not_same"), row["not_the_same_as"]),
        (
            t("clock"),
            " · ".join(
                part
                for part in (t.clock(str(row["clock"] or ""), page.zone), str(row["clock_note"] or ""))
                if part
            ),
        ),
        (t("unit"), " · ".join(part for part in (_unit(page, row), _unit_note(row)) if part)),
        (t("owner"), row["owner"]),
        (
            t("version"),
            " · ".join(
                part
                for part in (
                    f"{row['definition_version']} {t('since')} {row['defined_since']}",
                    _plain(row["version_note"]),
                )
                if part
            ),
        ),
        (t("used"), _used(page, row)),
        (t("column"), row["key"]),
    )
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(_plain(value))}</dd></div>"
        for name, value in pairs
        if value
    )
    body = (
        f"<div>{escape(_plain(row['meaning']))}</div>"
        f'<div class="sub wrap" style="margin-top:4px">{escape(_plain(other))}</div>'
        f'<dl class="grid2" style="margin:8px 0 0!important">{facts}</dl>'
    )
    return blocks.card(
        escape(str(row["text"])),
        body,
        escape(str(t.pick(row["label_zh"], row["label"]) if not t.is_chinese else row["label"])),
    )
