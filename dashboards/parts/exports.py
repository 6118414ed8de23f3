"""Rows as CSV and XLSX, and the addresses from which they are downloaded.

An address works for the person for whom the page was drawn, and for an hour. The file is made when it is asked for,
from the publication that the page showed, and the export is in the audit log before the first byte leaves.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from dashboards.parts.store import Table
from dashboards.parts.viewer import Viewer
from home.text import FORMULA_SIGNS, csv_cell

PATH = "/export"
"""Downloads are below this path of the server."""
CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_SECONDS, _OFFERS = 3600, 400
_EXCEL_ROWS = 1_048_575
_EXCEL_DIGITS = 15
_EXCEL_TEXT = 32_767


@dataclass(frozen=True)
class Offer:
    """What may be downloaded.

    Attributes:
        name: Of the file, without its ending.
        form: `csv` or `xlsx`.
        read: Reads the rows.
        viewer: For whom.
        publication: From which the rows are.
        until: When the offer ends, on the monotonic clock.
    """

    name: str
    form: str
    read: Callable[[], Table]
    viewer: Viewer
    publication: str
    until: float


_offers: OrderedDict[str, Offer] = OrderedDict()
_lock = threading.Lock()
_secret = secrets.token_bytes(32)


def offer(
    name: str, form: str, read: Callable[[], Table], viewer: Viewer, publication: str, identity: str
) -> str:
    """The address from which a viewer can download these rows.

    Args:
        name: Of the file, without its ending.
        form: `csv` or `xlsx`.
        read: Reads the rows.
        viewer: For whom.
        publication: From which the rows are.
        identity: What the rows are: the same rows keep their address, so a page that is drawn again stays the same.
    """
    content = "\0".join((name, form, viewer.name, viewer.audience, publication, identity))
    token = hmac.new(_secret, content.encode(), hashlib.sha256).hexdigest()[:40]
    now = time.monotonic()
    with _lock:
        _offers[token] = Offer(name, form, read, viewer, publication, now + _SECONDS)
        _offers.move_to_end(token)
        while _offers and (len(_offers) > _OFFERS or next(iter(_offers.values())).until < now):
            _offers.popitem(last=False)
    return f"{PATH}/{token}"


def offered(token: str, viewer: Viewer) -> Offer | None:
    """What was offered under a token to this viewer, if it still is."""
    with _lock:
        found = _offers.get(token)
    if found is None or found.viewer != viewer or found.until < time.monotonic():
        return None
    return found


def written(form: str, table: Table) -> bytes:
    """The rows as a file.

    Args:
        form: `csv` (with a byte order mark, so that Excel reads 中文) or `xlsx`.
        table: The rows.

    Raises:
        ValueError: More rows than a sheet of XLSX can hold.
    """
    return _csv(table) if form == CSV else _xlsx(table)


def _csv(table: Table) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(table.names)
    for row in table.rows:
        writer.writerow([_plain(value) for value in row])
    return file.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else csv_cell(value)


def _xlsx(table: Table) -> bytes:
    import xlsxwriter

    if len(table.rows) > _EXCEL_ROWS:
        raise ValueError(f"{len(table.rows):,} rows are more than a sheet of Excel holds; take the CSV.")
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("rows")
    bold = book.add_format({"bold": True})
    when = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    quoted = book.add_format({"quote_prefix": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    amount = book.add_format({"num_format": "#,##0.00##"})
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(table.names):
        sheet.write_string(0, place, name, bold)
    for line, row in enumerate(table.rows, 1):
        for place, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, bool):
                sheet.write_boolean(line, place, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(line, place, _in_utc(value), when)
            elif isinstance(value, date):
                sheet.write_datetime(line, place, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
            elif isinstance(value, Decimal) and len(value.as_tuple().digits) <= _EXCEL_DIGITS:
                sheet.write_number(line, place, float(value), amount)
            elif isinstance(value, int | float) and len(str(value)) <= _EXCEL_DIGITS + 2:
                sheet.write_number(line, place, value)
            else:
                # Texts, ids among them, never become numbers or formulas; nor does a number that Excel would round.
                text = str(value)
                if len(text) > _EXCEL_TEXT:
                    text = text[: _EXCEL_TEXT - 1] + "…"
                # A text that looks like a formula stays one when the sheet is edited, or saved as CSV.
                sheet.write_string(line, place, text, quoted if text.startswith(FORMULA_SIGNS) else None)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.names) - 1)
    book.close()
    return file.getvalue()


def _in_utc(value: datetime) -> datetime:
    """Excel knows no zones: an instant is written in UTC, a time of a named clock as it is."""
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
