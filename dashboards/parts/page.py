"""The page that is being drawn: one publication, one viewer, one language, and what all pages do with them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, exports
from dashboards.parts.behind import Rows
from dashboards.parts.choices import Choice, Period, choices, shop_name
from dashboards.parts.definitions import Definition, label_of, of_column, of_metric, table_of
from dashboards.parts.formats import DAY, MONEY, TEXT, TIME, UNKNOWN, Formats
from dashboards.parts.numbers import Figure, Numbers, Opening
from dashboards.parts.reporting import Standing, standing
from dashboards.parts.store import Store, Table
from dashboards.parts.viewer import Viewer
from dashboards.parts.words import Words
from orchestration.metrics.query import Question, Refused

_LOOKED_BACK = 62
"""Days in which unknown figures are looked for: two periods of the longest choice."""
_LATE = timedelta(hours=30)
"""A shop that was read so much less far than the others is said to be late."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Field of the records: a value, or a `Figure`.
        label: Its heading.
        kind: How values are written (`formats.py`); of a `Figure` its own kind counts.
        currency: Field of the records that has the currency of the amounts; empty where the heading says it.
        is_wide: Whether it is shown on wide screens only.
        hover: What the heading says when the mouse rests on it.
        show: Makes the cell's HTML from a record, instead of the above.
        of: Mart whose column of this name says what the numbers mean; empty: the first one of the glossary.
        change: Whether the change of a figure stands beside it.
        up_is_good: Whether more is good; None: neither.
    """

    name: str
    label: str
    kind: str = TEXT
    currency: str = ""
    is_wide: bool = False
    hover: str = ""
    show: Callable[[Mapping[str, Any]], str] | None = None
    of: str = ""
    change: bool = False
    up_is_good: bool | None = True


class Page:
    """What a page is drawn with.

    Args:
        slug: The page's name in its address.
        store: The publication.
        words: The words of the language.
        formats: How values are written.
        viewer: Who looks.
        head: Where the line with the page's name stands.
    """

    def __init__(
        self, slug: str, store: Store, words: Words, formats: Formats, viewer: Viewer, head: Any
    ) -> None:
        self.slug, self.store, self.t, self.f, self.viewer = slug, store, words, formats, viewer
        self._head = head
        self._openings: dict[str, Opening] = {}
        self._clicked: str | None = None

    # Where the data stand.

    @cached_property
    def standing(self) -> Standing:
        """Shops, reporting zone and currency, and until when the data are complete."""
        return standing(self.store)

    @property
    def shops(self) -> list[dict[str, Any]]:
        """The shops of the file."""
        return self.standing.shops

    @property
    def zone(self) -> str:
        """Reporting time zone."""
        return self.standing.zone

    @property
    def last_day(self) -> date:
        """The last complete business date of all shops."""
        return self.standing.last_day

    def shop_name(self, key: str) -> str:
        """A shop's name; empty key: all shops."""
        found = [shop for shop in self.shops if shop["shop_key"] == key]
        return shop_name(self.t, found[0]) if found else self.t("all_shops")

    def value_name(self, column: str, value: Any) -> str:
        """What people call a value of the platform, by the publication's own list of them."""
        if value is None:
            return ""

        def read() -> dict[tuple[str, str], dict[str, Any]]:
            if not self.store.has("dim_values"):
                return {}
            return {
                (row["column_name"], row["value"]): row for row in self.store.rows("select * from dim_values")
            }

        found = self.store.remember(("values",), read).get((column, str(value)))
        if found:
            return self.t.pick(found["label"], found["label_zh"])
        said = self.t.state(value)
        return said if said != str(value) else _spoken(said)

    # Choices.

    def choices(self, **which: Any) -> Choice:
        """The choices of the page in one line; arguments as those of `choices.choices`."""
        return choices(self.t, self.shops, self.last_day, **which)

    # Numbers.

    def metric(self, name: str) -> Definition:
        """The definition of a metric."""
        key = ("definition", name, self.t.language)
        return self.store.remember(key, lambda: of_metric(self.store, self.t, name, self.zone))

    def column(self, table: str, column: str) -> Definition:
        """The definition of a column of a mart."""
        key = ("definition", table, column, self.t.language)
        return self.store.remember(key, lambda: of_column(self.store, self.t, table, column, self.zone))

    def ask(
        self,
        metrics: Sequence[str],
        period: Period | None = None,
        *,
        by: Sequence[str] = (),
        shop: str = "",
        compare: str = "",
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> Numbers:
        """Numbers over a period.

        Args:
            metrics: Names of metrics.
            period: The days; None: all.
            by: Groups: `shop`, `day`, `week`, a dimension of the metrics.
            shop: Only this shop; empty: all.
            compare: The period beside it; empty: none.
            where: Values that a dimension may have.

        Raises:
            Refused: The question has no right answer.
        """
        limits = {name: tuple(values) for name, values in (where or {}).items()}
        if shop:
            limits["shop"] = (shop,)
        question = Question(
            tuple(metrics),
            tuple(by),
            period.since if period else None,
            period.until if period else None,
            limits,
            compare,
        )
        return Numbers(self.store.ask(question), by, self.metric)

    def ask_each(self, metrics: Sequence[str], period: Period | None = None, **more: Any) -> list[Numbers]:
        """As `ask`, one question per metric: where one knows no such group, the others still answer."""
        found = []
        for name in metrics:
            with suppress(Refused):
                found.append(self.ask([name], period, **more))
        return found

    def knows(self, *metrics: str) -> bool:
        """Whether the file answers these metrics."""
        return all(name in self.store.metrics() for name in metrics)

    def figure(self, table: str, column: str, row: Mapping[str, Any], **more: Any) -> Figure:
        """A number that stands in a row of a mart.

        Args:
            table: The mart, for the definition.
            column: The column.
            row: The row; `currency` and `reporting_currency` in it name the money.
            more: Other fields of the figure.
        """
        definition = self.column(table, column)
        currency = ""
        if definition.kind == MONEY:
            name = "reporting_currency" if column.endswith("_rc") else "currency"
            currency = str(row.get(name) or "")
        return Figure(definition, row.get(column), currency, **more)

    def opens(self, opening: Opening) -> str:
        """The key that opens a number or rows in a dialog."""
        rows = opening.rows.identity if opening.rows else ""
        name = opening.figure.definition.name if opening.figure else ""
        key = hashlib.sha256(f"{opening.title}|{name}|{opening.scope}|{rows}".encode()).hexdigest()[:16]
        self._openings[key] = opening
        return key

    def number(
        self,
        figure: Figure,
        *,
        scope: str = "",
        rows: Rows | None = None,
        title: str = "",
        currency: bool = False,
    ) -> str:
        """A number that can be opened, as HTML: hover for its meaning, click for all of it.

        Args:
            figure: The number.
            scope: Of what and when, in words.
            rows: The rows behind it.
            title: Of the dialog; by default the number's name.
            currency: Whether its currency stands behind it.
        """
        shown = self.f.value(figure.value, figure.definition.kind, figure.currency if currency else "")
        if figure.value is None:
            return (
                f'<span title="{escape(self.t("unknown") + " · " + figure.definition.hover)}">{shown}</span>'
            )
        opening = Opening(title or figure.definition.label, figure, scope, rows)
        return blocks.link(shown, self.opens(opening), figure.definition.hover)

    def link(self, text: str, figure: Figure | None, scope: str, rows: Rows | None, *, title: str) -> str:
        """A text that opens a number and the rows behind it, as HTML.

        Args:
            text: HTML.
            figure: The number; None where only rows are opened.
            scope: Of what and when, in words.
            rows: The rows.
            title: Of the dialog.
        """
        return blocks.link(text, self.opens(Opening(title, figure, scope, rows)), title)

    def mark(self, figure: Figure, *, short: bool = False) -> str:
        """The mark of what is not final, with how much of it is known; nothing for what is final."""
        if not figure.is_not_final or figure.value is None:
            return ""
        known = (
            f" {self.f.percent(figure.share_known, 0)} {self.t('known')}"
            if figure.share_known is not None
            else ""
        )
        hover = escape(self.t("not_final_hover") + known)
        text = "~" if short else self.t("not_final")
        return f'<span class="pv{" s" if short else ""}" title="{hover}">{text}</span>'

    def tile(
        self,
        figure: Figure,
        *,
        scope: str = "",
        rows: Rows | None = None,
        versus: str = "",
        spark: Sequence[Any] = (),
        up_is_good: bool | None = True,
        second: str = "",
        note: str = "",
    ) -> str:
        """A number on a card of its own, as HTML.

        Args:
            figure: The number.
            scope: Of what and when, in words, for the dialog.
            rows: The rows behind it.
            versus: What it is compared with: `before`, `week` or `year`; empty: nothing.
            spark: Values of the days before.
            up_is_good: Whether more is good; None: neither.
            second: HTML of the line below, as another period.
            note: A line of text instead of the value before.
        """
        kind = figure.definition.kind
        lines = []
        if versus:
            lines.append(f"{self.f.change(figure.change, up_is_good=up_is_good)} {self.t(f'vs_{versus}')}")
        if figure.expected is not None:
            known = (
                f" · {self.f.percent(figure.share_known, 0)} {self.t('known')}"
                if figure.share_known is not None
                else ""
            )
            lines.append(f"{self.t('expected')} {self.f.value(figure.expected, kind)}{known}")
        elif note:
            lines.append(note)
        elif versus:
            lines.append(f"{self.t(f'was_{versus}')} {self.f.value(figure.before, kind)}")
        small = f'<span class="hide">{blocks.spark(spark)}</span>' if spark else ""
        return (
            f'<div class="tile"><div class="l"><span title="{escape(figure.definition.hover)}">'
            f"{escape(figure.definition.label)}</span>{self.mark(figure)}</div>"
            f'<div class="row"><div class="v">{self.number(figure, scope=scope, rows=rows, currency=True)}</div>'
            f"{small}</div>"
            + "".join(f'<div class="sub">{line}</div>' for line in lines)
            + (f'<div class="two">{second}</div>' if second else "")
            + "</div>"
        )

    def tiles(self, items: Sequence[str]) -> str:
        """Tiles in one line."""
        size = f" n{len(items)}" if len(items) in (4, 6) else ""
        return f'<div class="tiles{size}">{"".join(items)}</div>'

    # Tables.

    def table(
        self,
        title: str,
        columns: Sequence[Column],
        records: Sequence[Mapping[str, Any]],
        *,
        name: str,
        note: str = "",
        rows: Rows | None = None,
        limit: int = 50,
        opens: Callable[[Mapping[str, Any]], str] | None = None,
        is_chosen: Callable[[Mapping[str, Any]], bool] | None = None,
        totals: Sequence[Mapping[str, Any]] = (),
        nothing: str = "",
        within: Callable[[Mapping[str, Any], str], Rows | None] | None = None,
    ) -> str:
        """A table on a card with links to export it, as HTML.

        A figure opens with the rows behind it; the heading of a column of numbers opens with its meaning.

        Args:
            title: Of the card.
            columns: The columns.
            records: One per line: a value or a `Figure` by the name of its column.
            name: Of the exported file.
            note: Grey beside the title.
            rows: What is exported; by default the records.
            limit: Lines that are shown.
            opens: Gives the key that a click on a line sends.
            is_chosen: Whether a line is the chosen one.
            totals: Lines above the others.
            nothing: What is said when there is no line.
            within: Gives the rows behind a figure of a line, by the line and the name of the column; by default those
                of the table.
        """
        if not records and not totals:
            return blocks.card(title, blocks.empty(nothing or self.t("nothing")), note)
        shown = records[:limit]
        source = rows or behind.listed(
            name, _plain_table(columns, [*totals, *records], self.standing.currency)
        )
        if len(records) > limit:
            first = self.t("first_rows", m=limit, n=self.f.count(len(records)))
            note = f"{note} · {first}" if note else first
        columns = [_aligned(column, [*totals, *records]) for column in columns]

        def behind_of(record: Mapping[str, Any], column: str) -> Rows | None:
            return (within(record, column) if within else None) or source

        lines = [self._line(columns, record, "sum", "", behind_of) for record in totals]
        for record in shown:
            key = opens(record) if opens else ""
            kind = "sel" if is_chosen and is_chosen(record) else ""
            lines.append(self._line(columns, record, kind, key, behind_of))
        heads = "".join(self._head_of(column, [*totals, *records], title, source) for column in columns)
        body = (
            f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}'
            "</tbody></table></div>"
        )
        return blocks.card(title, body, note, aside=self.downloads(source))

    def _head_of(self, column: Column, records: Sequence[Mapping[str, Any]], title: str, rows: Rows) -> str:
        """The heading of a column: what its numbers mean on hover and click."""
        found = self._meaning(column, records)
        hover = column.hover or (found.hover if found else "")
        text = escape(column.label)
        if found and found.text:
            opening = Opening(found.label, Figure(found), f"<b>{title}</b>", rows)
            text = blocks.link(text, self.opens(opening), hover)
        return f'<th class="{_classes(column)}" title="{escape(hover)}">{text}</th>'

    def _meaning(self, column: Column, records: Sequence[Mapping[str, Any]]) -> Definition | None:
        """The definition of a column of numbers; None of texts and of what the glossary does not have."""
        sample = next(
            (record[column.name] for record in records if record.get(column.name) is not None), None
        )
        if isinstance(sample, Figure):
            return sample.definition
        if column.kind in (TEXT, DAY, TIME) and not column.of:
            return None
        table = column.of or table_of(self.store, column.name)
        return self.column(table, column.name) if table else None

    def _line(
        self,
        columns: Sequence[Column],
        record: Mapping[str, Any],
        kind: str,
        key: str,
        behind_of: Callable[[Mapping[str, Any], str], Rows | None],
    ) -> str:
        opened = f' data-open="{escape(key)}" tabindex="0"' if key else ""
        cells = "".join(
            f'<td class="{_classes(column)}">{self._cell(column, record, behind_of, columns[0])}</td>'
            for column in columns
        )
        return f'<tr class="{kind}"{opened}>{cells}</tr>'

    def _cell(
        self,
        column: Column,
        record: Mapping[str, Any],
        behind_of: Callable[[Mapping[str, Any], str], Rows | None],
        first: Column,
    ) -> str:
        if column.show is not None:
            return column.show(record)
        value = record.get(column.name)
        if isinstance(value, Figure):
            text = self.number(
                value,
                scope=f"<b>{escape(str(record.get(first.name) or ''))}</b>",
                rows=behind_of(record, column.name),
                currency=bool(column.currency),
            )
            change = f" {self.f.change(value.change, up_is_good=column.up_is_good)}" if column.change else ""
            return f"{self.mark(value, short=True)}{text}{change}"
        currency = str(record.get(column.currency) or "") if column.currency else ""
        return self.f.value(value, column.kind, currency) if value not in (None, "") else UNKNOWN

    def downloads(self, rows: Rows) -> str:
        """Links to these rows as CSV and as XLSX."""
        links = []
        for form, text in ((exports.CSV, self.t("csv")), (exports.XLSX, self.t("xlsx"))):
            address = exports.offer(
                f"{self.slug}_{rows.name}",
                form,
                lambda: rows.read(None),
                self.viewer,
                self.store.publication,
                rows.identity,
            )
            links.append(
                f'<a class="dl" href="{address}" download title="{escape(self.t("download_note"))}">'
            )
            links.append(f"↓ {text}</a>")
        return "".join(links)

    # Drawing.

    def block(self, html: str, key: str) -> None:
        """Show HTML in which numbers and lines can be clicked."""
        clicked = blocks.block(html, f"block_{self.slug}_{key}")
        if clicked and clicked in self._openings:
            self._clicked = clicked

    def chart_card(self, key: str) -> Any:
        """A card for a chart: `with page.chart_card("trend"):`, then `blocks.still(...)` and `charts.chart(...)`."""
        return st.container(key=f"card_{self.slug}_{key}")

    def chart_title(self, title: str, note: str = "", legend: str = "") -> None:
        """The title of a chart in its card."""
        small = f"<small>{note}</small>" if note else ""
        blocks.still(f"<h2>{title}{small}{legend}</h2>")

    def heading(self, name: str, about: str = "") -> None:
        """The line with the page's name, until when the data are complete, and of which publication."""
        now = self.standing
        behind_by = self.late_shops()
        held = [shop for shop in self.shops if shop.get("is_held_back")]
        dot = "dot w" if behind_by or held else "dot"
        good = len(self.shops) - len(behind_by)
        complete = (
            f'<span><i class="{dot}"></i>{self.t("complete_until")} <b>{self.f.time(now.complete_until)}</b> '
            f'{escape(_city(now.zone, self.t))}<span class="hide"> · {good}/{len(self.shops)} {self.t("shops")}</span>'
            "</span>"
            if now.complete_until
            else ""
        )
        with self._head:
            blocks.still(
                f'<div class="bar"><span class="name">{escape(name)}</span>{about}{complete}'
                f'<span class="hide">{self.t("publication")} {escape(self.store.publication[-8:])}</span></div>'
            )

    def late_shops(self) -> list[dict[str, Any]]:
        """Shops that were read less far than the others."""
        times = [shop["read_until"] for shop in self.shops if shop["read_until"] is not None]
        if not times:
            return []
        newest: datetime = max(times)
        return [
            shop for shop in self.shops if shop["read_until"] is None or shop["read_until"] < newest - _LATE
        ]

    def notices(self) -> None:
        """What a reader must know before the numbers: shops that are held back or late."""
        said = []
        for shop in self.shops:
            if shop.get("is_held_back"):
                since = shop.get("held_back_since")
                day = self.f.day(since.date() if isinstance(since, datetime) else since)
                said.append(
                    self.t(
                        "held_back",
                        shop=escape(shop_name(self.t, shop)),
                        day=day,
                        why=escape(str(shop.get("held_back_reason") or "")),
                    )
                )
        said += [
            self.t("late", shop=escape(shop_name(self.t, shop)), day=self.f.time(shop["read_until"]))
            for shop in self.late_shops()
            if not shop.get("is_held_back")
        ]
        said += self._unknown_days()
        if said:
            blocks.still("".join(blocks.say(line) for line in said))

    def _unknown_days(self) -> list[str]:
        """Which shops' sums lack days: a sum leaves out what is unknown, and looks like a smaller period."""
        if not {"gmv", "gmv_rc", "net_gmv_rc"} <= {*self.store.columns("kpi_shop_daily")}:
            return []
        days: dict[str, list[date]] = {}
        for row in self.store.rows(
            "select shop_key, business_date from kpi_shop_daily where business_date > ? and gmv is not null "
            "and (gmv_rc is null or net_gmv_rc is null) order by business_date",
            (self.last_day - timedelta(days=_LOOKED_BACK),),
        ):
            days.setdefault(str(row["shop_key"]), []).append(row["business_date"])
        return [
            self.t(
                "unknown_days",
                shop=escape(self.shop_name(shop)),
                n=self.f.count(len(found)),
                day=self.f.day(found[0]),
                currency=self.standing.currency,
            )
            for shop, found in days.items()
        ]

    def finish(self) -> None:
        """Open what was clicked."""
        if self._clicked is not None:
            self._open(self._openings[self._clicked])

    def _open(self, opening: Opening) -> None:
        @st.dialog(opening.title, width="large")
        def show() -> None:
            if opening.figure is not None:
                blocks.still(self._explained(opening.figure, opening.scope))
            elif opening.scope:
                blocks.still(f'<div class="card">{opening.scope}</div>')
            if opening.rows is not None:
                self._show_rows(opening.rows)

        show()

    def _explained(self, figure: Figure, scope: str) -> str:
        one, words = figure.definition, self.t
        facts = scope
        if figure.value is not None:
            value = self.f.value(figure.value, one.kind, figure.currency)
            facts = f"{scope} · <b>{value}</b>" if scope else f"<b>{value}</b>"
        if figure.change is not None:
            before = self.f.value(figure.before, one.kind)
            facts += f" {self.f.change(figure.change, up_is_good=None)} {words('was')} {before}"
        if figure.is_not_final:
            facts += f"<br>{self.mark(figure)} {words('not_final_hover')}"
        if figure.expected is not None:
            facts += f" {words('expected')} {self.f.value(figure.expected, one.kind, figure.currency)}"
        if figure.share_known is not None:
            facts += f" · {self.f.percent(figure.share_known, 0)} {words('known')}"
        pairs = [
            (words("formula"), one.formula),
            (words("clock"), one.clock),
            (words("not_same"), one.not_same),
            (
                f"{words('owner')} · {words('version')} · {words('publication')}",
                " · ".join(part for part in (one.owner, one.version, self.store.publication[-8:]) if part),
            ),
        ]
        details = "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in pairs if text
        )
        return (
            f'<div class="card" style="margin-bottom:8px">{facts}</div><div>{escape(one.text)}</div>'
            f'<div class="sub wrap" style="margin-top:4px">{escape(one.other_text)}</div>'
            f'<dl class="grid2" style="margin:8px 0 0!important">{details}</dl>'
        )

    def _show_rows(self, rows: Rows) -> None:
        count = rows.count()
        if not count:
            blocks.still(blocks.empty(self.t("no_rows")))
            return
        note = self.t("rows_count", n=self.f.count(count))
        if count > behind.SHOWN:
            note = self.t("first_rows", m=behind.SHOWN, n=self.f.count(count))
        blocks.still(
            f'<h2 style="margin:4px 0 0">{self.t("rows_behind")}<small>{note}</small>'
            f'<span class="aside">{self.downloads(rows)}</span></h2>'
        )
        table = rows.read(behind.SHOWN)
        st.dataframe(
            self._frame(table), hide_index=True, height=min(380, 38 + 35 * len(table.rows)), width="stretch"
        )

    def _frame(self, table: Table) -> Any:
        """Rows for the grid: amounts written as on the pages, ids and texts as they are."""
        import pandas as pd

        names: dict[str, str] = {}
        for name in table.names:
            label = label_of(self.store, self.t, name)
            if name.endswith("_rc"):
                label += f" {self.standing.currency}"
            names[name] = label if label not in names.values() else f"{label} ({name})"
        return pd.DataFrame(
            [[self._grid_value(value) for value in row] for row in table.rows], columns=list(names.values())
        )

    def _grid_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, bool):
            return "✓" if value else ""
        if isinstance(value, str):
            return self.t.state(value)
        if value is None or isinstance(value, int):
            return value
        return float(value)


def _city(zone: str, words: Words) -> str:
    """A zone by its city."""
    return (
        "上海" if words.is_chinese and zone == "Asia/Shanghai" else zone.rsplit("/", 1)[-1].replace("_", " ")
    )


def _spoken(code: str) -> str:
    """A code of the platform without its prefix: `ecom_order_delivered_refund_reason_quality` is `quality`."""
    return code.rpartition("_reason_")[2].replace("_", " ")


def _aligned(column: Column, records: Sequence[Mapping[str, Any]]) -> Column:
    """A column of figures stands right, as numbers do."""
    sample = next((record[column.name] for record in records if record.get(column.name) is not None), None)
    if isinstance(sample, Figure) and column.kind == TEXT and column.show is None:
        return replace(column, kind=sample.definition.kind)
    return column


def _classes(column: Column) -> str:
    return " ".join(name for name, wanted in (("t", column.kind == TEXT), ("hide", column.is_wide)) if wanted)


def _plain_table(columns: Sequence[Column], records: Sequence[Mapping[str, Any]], currency: str) -> Table:
    """What a table shows, for a file: values as they are, the currency of an amount in a column beside it."""
    names: list[str] = []
    makers: list[Callable[[Mapping[str, Any]], Any]] = []
    for column in columns:
        sample = next(
            (record[column.name] for record in records if record.get(column.name) is not None), None
        )
        if sample is None and column.show is not None:
            continue
        names.append(column.label)
        makers.append(_field(column.name))
        if isinstance(sample, Figure) and sample.definition.kind == MONEY:
            names.append(f"{column.label} (currency)")
            makers.append(_currency_of(column.name))
        elif column.currency:
            names.append(f"{column.label} (currency)")
            makers.append(_field(column.currency))
        elif column.kind == MONEY:
            names.append(f"{column.label} (currency)")
            makers.append(lambda _: currency)
    return Table(tuple(names), tuple(tuple(make(record) for make in makers) for record in records))


def _field(name: str) -> Callable[[Mapping[str, Any]], Any]:
    def value(record: Mapping[str, Any]) -> Any:
        found = record.get(name)
        return found.value if isinstance(found, Figure) else found

    return value


def _currency_of(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda record: getattr(record.get(name), "currency", None)
