"""What a person chooses on a page, remembered for the session: period, shop, comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards.parts.words import Words

DAY = timedelta(days=1)
PERIODS = ("yesterday", "last_7", "last_28", "month", "custom")
COMPARED = ("before", "week", "year")


@dataclass(frozen=True)
class Period:
    """Whole days.

    Attributes:
        since: First day.
        until: Last day, exclusive.
    """

    since: date
    until: date

    @property
    def last(self) -> date:
        """Last day, inclusive."""
        return self.until - DAY

    @property
    def days(self) -> int:
        """How many days."""
        return (self.until - self.since).days

    def before(self) -> Period:
        """The period of the same length directly before."""
        return Period(self.since - (self.until - self.since), self.since)


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Attributes:
        period: The days.
        shop: Key of the shop; empty: all.
        compare: `before`, `week` or `year`.
    """

    period: Period
    shop: str
    compare: str


def choices(
    words: Words,
    shops: Sequence[dict[str, Any]],
    last_day: date,
    *,
    period: bool = True,
    shop: bool = True,
    compare: bool = True,
    default: str = "last_7",
) -> Choice:
    """Show the choices of a page in one line, and say what was chosen.

    Args:
        words: The words of the language.
        shops: The shops of the file, with name and country.
        last_day: The last complete day.
        period: Whether a period can be chosen.
        shop: Whether a shop can be chosen.
        compare: Whether a comparison can be chosen.
        default: The period of the first visit.
    """
    chosen, wanted, beside = default, "", "before"
    days = Period(last_day, last_day + DAY)
    with st.container(key="choices", horizontal=True, gap="small", vertical_alignment="center"):
        if period:
            chosen = (
                st.segmented_control(
                    words("period"),
                    PERIODS,
                    format_func=words,
                    default=default,
                    required=True,
                    key=f"period_{words.language}",
                    label_visibility="collapsed",
                    persist_state="session",
                )
                or default
            )
            if chosen == "custom":
                found = st.date_input(
                    words("period"),
                    value=(last_day - 6 * DAY, last_day),
                    max_value=last_day,
                    format="YYYY-MM-DD",
                    key="days",
                    label_visibility="collapsed",
                    width=230,
                    persist_state="session",
                )
                ends = found if isinstance(found, tuple) else (found,)
                days = Period(ends[0], ends[-1] + DAY) if ends else days
        if shop and len(shops) > 1:
            wanted = shop_choice(words, shops)
        if compare:
            beside = st.selectbox(
                words("compare"),
                COMPARED,
                format_func=lambda one: f"{words('compare')} {words(one)}",
                key="compare",
                label_visibility="collapsed",
                width=210,
                persist_state="session",
            )
    if chosen != "custom":
        days = period_of(chosen, last_day)
    return Choice(days, wanted, beside)


def shop_choice(words: Words, shops: Sequence[dict[str, Any]], *, key: str = "shop") -> str:
    """Show the choice of a shop, and say which was chosen; empty: all."""
    by_key = {row["shop_key"]: row for row in shops}
    # A choice outlives a new publication and a change of audience.
    if st.session_state.get(key) not in ("", None, *by_key):
        st.session_state[key] = ""

    def name(one: str) -> str:
        return words("all_shops") if not one else shop_name(words, by_key[one])

    return str(
        st.selectbox(
            words("shop"),
            ["", *by_key],
            format_func=name,
            key=key,
            label_visibility="collapsed",
            width=220,
            persist_state="session",
        )
        or ""
    )


def shop_name(words: Words, shop: dict[str, Any]) -> str:
    """A shop by its country and name."""
    country = shop.get("country_zh") if words.is_chinese else ""
    return f"{country} {shop['shop_name']}".strip() if country else str(shop["shop_name"])


def period_of(name: str, last_day: date) -> Period:
    """The days of a named period that ends with the last complete day."""
    until = last_day + DAY
    if name == "yesterday":
        return Period(last_day, until)
    if name == "month":
        return Period(last_day.replace(day=1), until)
    return Period(until - timedelta(days=28 if name == "last_28" else 7), until)
