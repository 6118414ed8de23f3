"""Glossary 指标词典: what each number means, in both languages, found by any word that people use for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

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
_LIMIT = 60
_FIRST = "kpi_shop_daily.gmv"
_NO_NUMBERS = ("text", "date", "yes or no", "time")
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
        records = [row for row in records if row["unit"] not in _NO_NUMBERS]
        records.sort(key=lambda row: row["model_name"] != "kpi_shop_daily")
    by_key = {row["key"]: row for row in records}
    if st.session_state.get(_CHOSEN) not in by_key:
        st.session_state[_CHOSEN] = _FIRST if _FIRST in by_key else next(iter(by_key), None)
    chosen = by_key.get(st.session_state[_CHOSEN] or "")
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
            Column("text", t("word")),
            Column("key", t("where"), is_wide=True),
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
    return " · ".join(str(part) for part in (row["unit"], row["unit_note"]) if part)


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
        (t("unit"), _unit(page, row)),
        (t("owner"), row["owner"]),
        (t("version"), f"{row['definition_version']} {t('since')} {row['defined_since']}"),
        (t("column"), row["key"]),
    )
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>" for name, value in pairs if value
    )
    body = (
        f"<div>{escape(str(row['meaning'] or ''))}</div>"
        f'<div class="sub wrap" style="margin-top:4px">{escape(str(other or ""))}</div>'
        f'<dl class="grid2" style="margin:8px 0 0!important">{facts}</dl>'
    )
    return blocks.card(
        escape(str(row["text"])),
        body,
        escape(str(t.pick(row["label_zh"], row["label"]) if not t.is_chinese else row["label"])),
    )
