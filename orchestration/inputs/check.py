"""Checks the sheets of a workbook of inputs cell by cell, then each sheet as a whole, then one against the other.

Every cell that is wrong is told, not the first one only. Rows in which nothing but the key was filled in, as the
template has them for SKUs without a cost, are not filled in yet and are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.inputs.catalog import FROM, UNTIL, Column, Input
from orchestration.inputs.findings import UNKNOWN, Finding
from orchestration.inputs.known import SEPARATOR, Known
from orchestration.inputs.reading import Row, Sheet
from orchestration.inputs.values import (
    Cell,
    Unreadable,
    as_date,
    as_decimal,
    as_text,
    as_time,
    as_whole,
    as_yes_no,
    plain,
)

Value = str | Decimal | int | date | bool | None
Values = dict[str, Value]
_READ: Mapping[str, Callable[[Cell], Value]] = {
    "text": as_text,
    "decimal": as_decimal,
    "whole": as_whole,
    "date": as_date,
    "time": as_time,
    "yes_no": as_yes_no,
}
_FOREVER = date(9999, 12, 31)
_DIGITS = 18
_LIMITED_KPIS = ("refund_rate", "cancellation_rate")
_NOBODY = "unassigned"
_POSTINGS = ("receivable", "reserve", "bank", "set_off", "difference")
_POSTINGS_OF = ("component", "fee_group", "adjustment")


@dataclass(frozen=True)
class Checked:
    """A sheet whose cells are read.

    Attributes:
        sheet: The sheet.
        rows: Number and values of each row, as far as they could be read.
        not_filled: Rows that are left out as nothing but their key is filled in.
    """

    sheet: Sheet
    rows: list[tuple[int, Values]] = field(default_factory=list)
    not_filled: int = 0

    @property
    def input(self) -> Input:
        """The input."""
        return self.sheet.input


def check(
    sheets: Sequence[Sheet], known: Known, current: Mapping[str, list[Values]]
) -> tuple[list[Checked], list[Finding]]:
    """Read and check all sheets.

    Args:
        sheets: Those of the workbook.
        known: What cells may name.
        current: Rows of the inputs as they are now, by name: what stands there already is known, and an input that
            the workbook does not have is looked up there.

    Returns:
        The values, and everything that is wrong.
    """
    findings: list[Finding] = []
    checked = [_read(sheet, known, findings) for sheet in sheets]
    values = {one.input.name: [row for _, row in one.rows] for one in checked}
    everything = {name: values.get(name, rows) for name, rows in (dict(current) | values).items()}
    for one in checked:
        # What stands there already is known.
        seen = {
            (column.label, written(row.get(column.name)))
            for row in current.get(one.input.name, ())
            for column in one.input.columns
        }
        found = [*_unknown_things(one, known), *_doubles(one), *_orders(one, known, current)]
        if rule := _RULES.get(one.input.name):
            found += rule(one, known, everything)
        findings += [
            finding
            for finding in found
            if finding.code not in UNKNOWN or (finding.column, finding.values["value"]) not in seen
        ]
    order = {sheet.name: place for place, sheet in enumerate(sheets)}
    findings.sort(key=lambda one: (order.get(one.sheet, -1), one.row or 0))
    return checked, findings


def written(value: Value) -> str:
    """A value as a seed writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def from_seed(column: Column, text: str) -> Value:
    """A value of a seed; a text that is none of its type stays a text, as the build is to say what is wrong."""
    if not text.strip():
        return None
    try:
        return _READ[column.type](text)
    except Unreadable:
        return text


def shop_of(cell: str) -> str:
    """The shop key of a cell that may show its name as well."""
    return cell.split(SEPARATOR)[0].strip()


def _read(sheet: Sheet, known: Known, findings: list[Finding]) -> Checked:
    checked = Checked(sheet)
    not_filled = 0
    lookup = {name: key for key, name in known.shops.items()}
    names = list(known.shops.values())
    keyed = {*sheet.input.key, FROM, UNTIL}
    optional = all(not column.is_needed for column in sheet.input.columns if column.name not in keyed)
    for row in sheet.rows:
        if sheet.input.fill and not row.cells.keys() - keyed:
            not_filled += 1
            continue
        if not sheet.input.fill and optional and not row.cells:
            continue
        values: Values = {}
        broken = False
        for column in sheet.input.columns:
            cell = row.cells.get(column.name)
            try:
                value = None if cell is None else _READ[column.type](cell)
            except Unreadable as error:
                findings.append(_finding(sheet, row, column, error.code, cell))
                broken = True
                continue
            if column.of == "shop" and isinstance(value, str):
                value = shop_of(value)
                if value not in known.shops and names.count(value) > 1:
                    findings.append(_finding(sheet, row, column, "ambiguous_shop", value))
                value = value if value in known.shops else lookup.get(value, value)
            if value is None and column.is_needed:
                findings.append(_finding(sheet, row, column, "needed", None))
                broken = True
            elif value is not None:
                findings += _limits(sheet, row, column, value)
            values[column.name] = value
        begin, end = values.get(FROM), values.get(UNTIL)
        if isinstance(begin, date) and isinstance(end, date) and end <= begin:
            findings.append(_finding(sheet, row, sheet.input.column(UNTIL), "ends_before_it_begins", end))
        if not broken:
            checked.rows.append((row.number, values))
    return Checked(sheet, checked.rows, not_filled)


def _limits(sheet: Sheet, row: Row, column: Column, value: Any) -> Iterator[Finding]:
    if column.choices and str(value) not in column.choices:
        yield _finding(sheet, row, column, "no_choice", value, choices=", ".join(column.choices))
    if column.is_first_of_month and isinstance(value, date) and value.day != 1:
        yield _finding(sheet, row, column, "not_first_of_month", value)
    if column.of == "zone":
        try:
            ZoneInfo(str(value))
        except (KeyError, ValueError, OSError):
            yield _finding(sheet, row, column, "no_zone", value)
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return
    if column.least is not None and value < column.least:
        yield _finding(sheet, row, column, "too_small", value, limit=plain(column.least))
    if column.most is not None and value > column.most:
        yield _finding(sheet, row, column, "too_large", value, limit=plain(column.most))
    if column.above is not None and value <= column.above:
        yield _finding(sheet, row, column, "not_above", value, limit=plain(column.above))
    if len(plain(Decimal(value)).replace(".", "").lstrip("-0")) > _DIGITS:
        yield _finding(sheet, row, column, "too_many_digits", value, limit=str(_DIGITS))


def _finding(
    sheet: Sheet, row: Row | int, column: Column, code: str, value: object, **values: str
) -> Finding:
    number = row if isinstance(row, int) else row.number
    shown = (
        written(value)
        if isinstance(value, Decimal | date | bool)
        else str(value if value is not None else "")
    )
    return Finding(code, sheet.name, number, column.label, {"value": shown[:60], **values})


def _identity(one: Input, row: Values) -> tuple[str, ...]:
    return tuple(written(row.get(name)).strip() for name in one.key)


def _unknown_things(one: Checked, known: Known) -> Iterator[Finding]:
    """What rows name and nobody knows."""
    for number, row in one.rows:
        yield from _unknown_in_row(one, number, row, known)


def _unknown_in_row(one: Checked, number: int, row: Values, known: Known) -> Iterator[Finding]:
    shop = str(row.get("shop_key") or "")
    for column in one.input.columns:
        value = row.get(column.name)
        if value is None or not column.of:
            continue
        text = str(value)
        code = ""
        choices: Sequence[str] = ()
        if column.of == "shop" and text not in known.shops:
            code = "unknown_shop"
        elif column.of == "sku" and not any(
            text in known.skus.get(key, {}) for key in ([shop] if shop else known.skus)
        ):
            code = "unknown_sku"
        elif column.of == "account" and text.lower() not in known.accounts.get(shop, frozenset()):
            code = "unknown_account"
        elif column.of == "campaign" and text not in known.campaigns:
            code = "unknown_campaign"
        elif column.of == "advertiser" and text not in known.advertisers:
            code = "unknown_advertiser"
        elif column.of == "region":
            choices = known.regions
        elif column.of == "currency":
            choices = known.currencies
        elif column.of == "watched_kpi":
            choices = known.watched_kpis
        elif column.of == "alert_kind":
            choices = known.alert_kinds
        elif column.of == "scorecard_kpi":
            choices = known.scorecard_kpis.get(str(row.get("role")), ())
        if code:
            yield _finding(one.sheet, number, column, code, text)
        elif choices and text not in choices:
            yield _finding(one.sheet, number, column, "no_choice", text, choices=", ".join(choices))


def _doubles(one: Checked) -> Iterator[Finding]:
    """Rows of one key, or whose days overlap."""
    labels = ", ".join(one.input.column(name).label for name in one.input.key)
    last = one.input.column(FROM if one.input.has_spans else one.input.key[-1])
    by_key: dict[tuple[str, ...], list[tuple[int, date, date]]] = {}
    for number, row in one.rows:
        begin, end = row.get(FROM), row.get(UNTIL)
        first = begin if isinstance(begin, date) else date.min
        span = (number, first, end if isinstance(end, date) else _FOREVER)
        key = tuple(
            text.casefold() if name == "person_name" else text
            for name, text in zip(one.input.key, _identity(one.input, row), strict=True)
        )
        for other, starts, ends in by_key.setdefault(key, []):
            if not one.input.has_spans:
                yield _finding(one.sheet, number, last, "double", None, other=str(other), key=labels)
                break
            if span[1] < ends and starts < span[2]:
                yield _finding(one.sheet, number, last, "overlap", None, other=str(other), key=labels)
                break
        by_key[key].append(span)


def _orders(one: Checked, known: Known, current: Mapping[str, list[Values]]) -> Iterator[Finding]:
    columns = [column for column in one.input.columns if column.of == "order"]
    for column in columns:
        before = {_identity(one.input, row) for row in current.get(one.input.name, ())}
        named = {
            (str(row["shop_key"]), str(row[column.name])): number
            for number, row in one.rows
            if _identity(one.input, row) not in before
        }
        for shop, order in sorted(known.unknown_orders(named), key=lambda key: named[key]):
            yield _finding(one.sheet, named[shop, order], column, "unknown_order", order)


def _targets(one: Checked, known: Known, everything: Mapping[str, list[Values]]) -> Iterator[Finding]:
    persons = {
        (_name(row.get("person_name")), str(row.get("role")))
        for row in everything.get("team_assignments", ())
    }
    for number, row in one.rows:
        person = row.get("person_name")
        if person is not None and (_name(person), str(row["role"])) not in persons:
            yield _finding(one.sheet, number, one.input.column("person_name"), "unknown_person", person)
    yield from _weights(one)


def _weights(one: Checked) -> Iterator[Finding]:
    """The card of everybody of a role: its weights sum to 1 on every day on which it has any."""
    spans: dict[str, list[tuple[date, date, Decimal]]] = {}
    for _, row in one.rows:
        begin, end, weight = row.get(FROM), row.get(UNTIL), row.get("weight")
        if row.get("person_name") is None and isinstance(begin, date) and isinstance(weight, Decimal):
            last = end if isinstance(end, date) else _FOREVER
            spans.setdefault(str(row["role"]), []).append((begin, last, weight))
    for role, found in sorted(spans.items()):
        for day in sorted({begin for begin, _, _ in found}):
            total = sum((weight for begin, end, weight in found if begin <= day < end), Decimal(0))
            if total != 1:
                values = {"role": role, "day": written(day), "sum": plain(total)}
                yield Finding("weights", one.sheet.name, None, one.input.column("weight").label, values)


def _assignments(one: Checked, known: Known, everything: Mapping[str, list[Values]]) -> Iterator[Finding]:
    hosts = {
        (str(row.get("shop_key")), _name(row.get("host_name")))
        for row in everything.get("live_host_shifts", ())
    }
    scope, whom = one.input.column("scope_type"), one.input.column("person_name")
    place = one.input.column("scope_id")
    for number, row in one.rows:
        kind, role, shop = row["scope_type"], row["role"], str(row["shop_key"])
        name = row.get("scope_id")
        if kind == "shop" and name is not None:
            yield _finding(one.sheet, number, place, "shop_with_id", name)
        elif kind != "shop" and name is None:
            yield _finding(one.sheet, number, place, "scope_without_id", None)
        elif kind == "account" and str(name).lower() not in known.accounts.get(shop, frozenset()):
            yield _finding(one.sheet, number, place, "unknown_account", name)
        elif kind == "campaign" and name not in known.campaigns:
            yield _finding(one.sheet, number, place, "unknown_campaign", name)
        if (kind, role) in (
            ("account", "operations"),
            ("account", "media_buyer"),
            ("campaign", "operations"),
            ("campaign", "host"),
        ):
            yield _finding(one.sheet, number, scope, "scope_of_role", kind)
        if role == "host" and (shop, _name(row["person_name"])) not in hosts:
            yield _finding(one.sheet, number, whom, "unknown_host", row["person_name"])


def _roster(one: Checked, known: Known, everything: Mapping[str, list[Values]]) -> Iterator[Finding]:
    for number, row in one.rows:
        if _name(row["host_name"]) == _NOBODY:
            yield _finding(
                one.sheet, number, one.input.column("host_name"), "reserved_name", row["host_name"]
            )


def _thresholds(one: Checked, known: Known, everything: Mapping[str, list[Values]]) -> Iterator[Finding]:
    warning = one.input.column("warning_limit")
    for number, row in one.rows:
        limits = [row.get(name) for name in ("warning_limit", "critical_limit", "limit_days")]
        if any(limit is None for limit in limits) and any(limit is not None for limit in limits):
            yield _finding(one.sheet, number, warning, "limits_not_whole", None)
        if limits[0] is not None and row["kpi_name"] not in _LIMITED_KPIS:
            yield _finding(one.sheet, number, warning, "limit_of_kpi", None)
        for low, high in (("warning_score", "critical_score"), ("warning_limit", "critical_limit")):
            if row.get(low) is not None and row.get(high) is not None and row[high] < row[low]:  # type: ignore[operator]
                yield _finding(one.sheet, number, one.input.column(high), "critical_below_warning", None)


def _owners(one: Checked, known: Known, everything: Mapping[str, list[Values]]) -> Iterator[Finding]:
    if not any(row.get("shop_key") is None and row.get("alert_kind") is None for _, row in one.rows):
        yield Finding("no_owner_of_all", one.sheet.name)


def _accounts(one: Checked, known: Known, everything: Mapping[str, list[Values]]) -> Iterator[Finding]:
    posting = one.input.column("posting")
    for number, row in one.rows:
        text = str(row["posting"])
        kind, _, rest = text.partition(":")
        if text not in _POSTINGS and not (kind in _POSTINGS_OF and rest):
            yield _finding(one.sheet, number, posting, "no_posting", text, choices=", ".join(_POSTINGS))


def _name(value: object) -> str:
    return str(value or "").strip().lower()


_RULES: Mapping[str, Callable[[Checked, Known, Mapping[str, list[Values]]], Iterator[Finding]]] = {
    "kpi_targets": _targets,
    "team_assignments": _assignments,
    "live_host_shifts": _roster,
    "alert_thresholds": _thresholds,
    "alert_owners": _owners,
    "ledger_accounts": _accounts,
}
