"""Decides how the cells of a sheet are read: dates, decimal mark, market, zone, currency, language, period."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from home.text import file_name
from ingestion.engine.regions import markets, markets_by_currency, time_zone_of
from ingestion.seller_center.control import Summary, control_of, days_outside, summary_of
from ingestion.seller_center.dates import (
    DateEvidence,
    DateReader,
    NotADate,
    dates_in,
    decide_order,
    is_sentinel,
    parse_clock,
    parse_day,
)
from ingestion.seller_center.found import Found, kept_rows
from ingestion.seller_center.layouts import Layout, normal_header, split_unit
from ingestion.seller_center.numbers import MarkEvidence, agrees, decide_mark, parse_number
from ingestion.seller_center.sheets import (
    Cell,
    DateOrder,
    DecimalMark,
    Decisions,
    Problem,
    Severity,
    Sheet,
    ShopFacts,
)

_DOWNLOADED = re.compile(r"download|export|generated|unduh|descarga|下载|导出|xuất", re.IGNORECASE)
_MOMENT = re.compile(
    r"([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})[ T]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AaPp]\.?[Mm]\.?)?)"
    r"(?: ?\(?(UTC|GMT) ?(?:([+-][0-9]{1,2})(?::?([0-9]{2}))?)?\)?)?"
)


@dataclass(frozen=True, slots=True)
class Beside:
    """A sheet of a workbook that holds no rows that we know.

    Attributes:
        sheet: Its name.
        rows: Its first rows that hold anything, with their numbers, without contact data.
        width: Cells that its fullest row holds.
    """

    sheet: str
    rows: list[tuple[int, list[Cell]]]
    width: int


def decide(
    one: Found,
    family: list[Found],
    beside: list[Beside],
    path: Path,
    shop: ShopFacts | None,
    date_order: DateOrder | None,
    decimal_mark: DecimalMark | None,
    hash_person: Callable[[str], str] | None,
) -> Sheet:
    """The sheet, with everything decided that reading its cells needs.

    Args:
        one: What the first look found.
        family: The same of all sheets of the file, this one included: what one leaves open another may prove.
        beside: The sheets that are none of these: they may sum the rows up.
        path: The file.
        shop: What is known of its shop.
        date_order: As a person said; decided if None.
        decimal_mark: As a person said; decided if None.
        hash_person: Turns a buyer's username into its keyed hash.
    """
    layout, file, sheet = one.header.layout, file_name(path), one.table.name
    problems = one.problems
    market, said_by = _market(one, shop)
    known_by = {"market": said_by} if market else {}
    currency = _currency(one, shop, market, file)
    if currency:
        own = any(len(code) == 3 for code in one.currencies)
        known_by["currency"] = "amounts" if own else said_by
    above = [cells for number, cells in one.outside if number <= one.header.row]
    order = date_order or _order(one, family, above, layout, path, file)
    reading: DateOrder | None = None if order in ("contradictory", "undecidable") else cast(DateOrder, order)
    mark = decimal_mark or _mark(one, family, currency, file)
    preamble = [(number, cells) for number, cells in one.outside if number < one.header.row]
    summaries = [summary_of(sheet, preamble, layout.kind, reading)]
    summaries += [summary_of(other.sheet, other.rows, layout.kind, reading) for other in beside]
    one.traces.offset = next((found.offset for found in summaries if found.offset is not None), None)
    zone, zone_by = _zone(shop, market, said_by, one.traces.offset)
    if zone:
        known_by["zone"] = zone_by
    control, others = control_of(one, summaries, mark, currency)
    problems += [
        Problem("summary_of_another_currency", "note", file, place, values={"found": code})
        for place, code in others
    ]
    if zone is None and one.has_times:
        problems.append(Problem("zone_unknown", "error", file, sheet))
        zone = "UTC"
    if not any(problem.severity == "error" for problem in problems):
        problems += _outside(one, summaries, DateReader(reading, ZoneInfo(zone or "UTC")), file)
    language = _language(one)
    one.traces.languages.add(language)
    known = {column.spec.name for column in one.kept if column.spec}
    cut = {name for name, spec in layout.kind.columns.items() if spec.contact}
    decisions = Decisions(
        layout=layout.id,
        kind=layout.kind.kind,
        language=language,
        market=market,
        zone=zone,
        currency=currency,
        date_order=reading,
        decimal_mark=mark,
        period=_period(above, layout, path, reading) or _rows_period(one, reading, zone),
        downloaded_at=_downloaded_at(above, reading, zone),
        header_row=one.header.row,
        columns={column.name: column.spec.name for column in one.kept if column.spec},
        unknown=[column.name for column in one.kept if column.spec is None]
        + one.dropped
        + [problem.column for problem in problems if problem.code == "contact_column_cut" and problem.column],
        missing=[name for name in layout.columns if name not in known and name not in cut],
        unmapped=one.unmapped,
        known_by=known_by,
    )
    return Sheet(
        name=sheet,
        decisions=decisions,
        problems=problems,
        header=[column.name for column in one.kept],
        outside=one.outside,
        source=lambda: kept_rows(one, file, hash_person),
        control=control,
        traces=one.traces,
    )


def _market(one: Found, shop: ShopFacts | None) -> tuple[str | None, str]:
    """The market, and who says it. A file says it only by its currency, or by columns that one market alone has."""
    if shop:
        return shop.region or None, "shop"
    if len(one.currencies) == 1 and (found := markets_by_currency().get(next(iter(one.currencies)))):
        return found, "amounts"
    layout = one.header.layout
    if len(layout.markets) == 1 and not one.currencies:
        return layout.markets[0], "columns"
    return None, ""


def _zone(
    shop: ShopFacts | None, market: str | None, said_by: str, offset: int | None
) -> tuple[str | None, str]:
    """The zone of times without an offset, and who says it."""
    if shop:
        return shop.zone, "shop"
    if (zone := time_zone_of(market or "")) is not None:
        return zone, said_by
    # The names of fixed offsets have the other sign.
    return (f"Etc/GMT{-offset:+d}", "summary") if offset is not None else (None, "")


def _outside(one: Found, summaries: list[Summary], reader: DateReader, file: str) -> list[Problem]:
    """Rows of days that the file says it is not of. Days only: a time may be on another clock."""
    layout = one.header.layout
    spec = layout.kind.columns.get(layout.period or "")
    if spec is None or spec.type != "date":
        return []
    return [
        Problem(
            "outside_of_period",
            "quarantine",
            file,
            one.table.name,
            values={
                "first": str(first),
                "last": str(last),
                "day": str(day),
                "place": sheet or file,
                "value": str(day),
            },
        )
        for sheet, first, last, day in days_outside(one, summaries, reader)
    ]


def _currency(one: Found, shop: ShopFacts | None, market: str | None, file: str) -> str | None:
    """The currency of amounts that name none: what the file names everywhere, else the shop's."""
    own = shop.currency if shop else known.currency if (known := markets().get(market or "")) else None
    codes = [found for found in one.currencies if len(found) == 3]
    signs = [found for found in one.currencies if len(found) < 3]
    chosen = own
    if len(codes) == 1:
        chosen = codes[0]
    elif len(codes) > 1 or (signs and own and not all(agrees(sign, own) for sign in signs)):
        chosen = None
    sheet = one.table.name
    strange = [
        found
        for found in one.of_amounts
        if one.of_rows and not any(agrees(found, row) for row in one.of_rows)
    ]
    if strange:
        # The rows name a currency, and an amount of them another one: which of the two holds nobody can say.
        place, _, row = one.currencies[strange[0]].rpartition(", ")
        values = {"found": strange[0], "own": ", ".join(sorted(one.of_rows))}
        one.problems.append(Problem("currency_contradicted", "error", file, sheet, int(row), place, values))
    elif chosen is None and (codes or signs):
        places = "; ".join(f"{found} ({place})" for found, place in one.currencies.items())
        # Rows that name their currency are fine; an amount without one would be an amount of anything.
        own_column = any(column.spec and column.spec.type == "currency" for column in one.kept)
        code = "several_currencies" if len(codes) > 1 else "currency_unclear"
        severity: Severity = "note" if own_column or shop is None else "error"
        one.problems.append(Problem(code, severity, file, sheet, values={"found": places}))
    elif shop and chosen != shop.currency and chosen is not None:
        values = {"found": chosen, "own": shop.currency, "place": one.currencies.get(chosen, "")}
        one.problems.append(Problem("currency_of_another", "note", file, sheet, values=values))
    return chosen


def _language(one: Found) -> str:
    """The language that most headers are in; headers that are the same in several count for none."""
    votes: dict[str, int] = {}
    for column in one.kept:
        if column.spec is None:
            continue
        text = normal_header(split_unit(column.name)[0])
        languages = {alias.language for alias in column.spec.headers if normal_header(alias.header) == text}
        if len(languages) == 1:
            language = languages.pop()
            votes[language] = votes.get(language, 0) + 1
    return max(votes, key=lambda language: votes[language], default=one.header.layout.language)


def _order(
    one: Found, family: list[Found], above: list[list[Cell]], layout: Layout, path: Path, file: str
) -> DateOrder | str | None:
    """Order of day and month: from the sheet's own dates, else from those of its workbook."""
    said = _period(above, layout, path, None)
    order = decide_order(one.dates, said)
    evidence = one.dates
    if order == "undecidable" and len(family) > 1:
        evidence = DateEvidence()
        evidence.merge(other.dates for other in family)
        order = decide_order(evidence, said)
    sheet = one.table.name
    if order == "contradictory":
        (first, first_place), (second, second_place) = evidence.proofs["dmy"], evidence.proofs["mdy"]
        values = {"dmy": f"{first} ({first_place})", "mdy": f"{second} ({second_place})"}
        one.problems.append(Problem("contradictory_dates", "error", file, sheet, values=values))
    elif order == "undecidable":
        text, place = next(iter(evidence.unclear.items()))
        column, _, row = place.rpartition(", ")
        values = {
            "value": text,
            "dmy": parse_day(text, "dmy").isoformat(),
            "mdy": parse_day(text, "mdy").isoformat(),
        }
        one.problems.append(Problem("ambiguous_dates", "error", file, sheet, int(row), column, values))
    return order


def _mark(one: Found, family: list[Found], currency: str | None, file: str) -> DecimalMark | None:
    mark = decide_mark(one.marks, currency)
    evidence = one.marks
    if mark == "undecidable" and len(family) > 1:
        evidence = MarkEvidence()
        evidence.merge(other.marks for other in family)
        mark = decide_mark(evidence, currency)
    sheet = one.table.name
    if mark == "contradictory":
        values = {
            "dot": "{} ({})".format(*evidence.proofs["."]),
            "comma": "{} ({})".format(*evidence.proofs[","]),
        }
        one.problems.append(Problem("contradictory_numbers", "error", file, sheet, values=values))
        return None
    if mark == "undecidable":
        text, place = next(iter(evidence.unclear.items()))
        column, _, row = place.rpartition(", ")
        readings = [read[0] for read in (parse_number(text, "."), parse_number(text, ",")) if read]
        values = {"value": text, "small": str(min(readings)), "large": str(max(readings))}
        one.problems.append(Problem("ambiguous_numbers", "error", file, sheet, int(row), column, values))
        return None
    return mark


def _period(
    above: list[list[Cell]], layout: Layout, path: Path, order: DateOrder | None
) -> tuple[date, date] | None:
    """The period a file says it is of: two dates in a cell above its header, or in its name where the
    layout has it nowhere else."""
    for cells in above:
        for cell in cells:
            texts = dates_in(cell) if isinstance(cell, str) else []
            if len(texts) == 2:
                try:
                    first, last = (parse_day(text, order) for text in texts)
                except NotADate:
                    continue  # day and month could be swapped: it says nothing before they are decided
                if first <= last:
                    return first, last + timedelta(days=1)
    match = re.search(layout.period_in_name, file_name(path)) if layout.period_in_name else None
    if match:
        numbers = [int(group) for group in match.groups()]
        return date(*numbers[:3]), date(*numbers[3:]) + timedelta(days=1)
    return None


def _rows_period(one: Found, order: DateOrder | None, zone: str | None) -> tuple[date, date] | None:
    days = set()
    reader = DateReader(order, ZoneInfo(zone or "UTC"))
    for text in one.period_days:
        try:
            day = reader.day(text)
        except NotADate:
            continue  # told where the cell is read
        if day and not is_sentinel(day):
            days.add(day)
    return (min(days), max(days) + timedelta(days=1)) if days else None


def _downloaded_at(above: list[list[Cell]], order: DateOrder | None, zone: str | None) -> datetime | None:
    """When the file was made, if a row above its header tells."""
    for cells in above:
        texts = [cell for cell in cells if isinstance(cell, str)]
        if not any(_DOWNLOADED.search(text) for text in texts):
            continue
        for text in texts:
            match = _MOMENT.search(text)
            if match is None:
                continue
            try:
                day, clock = parse_day(match[1], order), parse_clock(match[2])
            except NotADate:
                continue  # not a moment we can read; the file's own time is used
            local = datetime(day.year, day.month, day.day, tzinfo=UTC) + clock
            if match[3]:
                hours = int(match[4] or 0)
                shift = timedelta(hours=abs(hours), minutes=int(match[5] or 0))
                return local - shift if hours >= 0 else local + shift
            if zone:
                return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return None
