"""What was paid out to the bank. The file has no currency: amounts are in the shop's, before any exchange."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sandbox.exports import formats
from sandbox.exports.asked import Asked
from sandbox.exports.books import Book, Cell, Sheet
from sandbox.exports.vietnamese import WITHDRAWALS
from sandbox.exports.words import word

COLUMNS = ("Type", "Reference ID", "Request time", "Amount", "Status", "Success time", "Bank account")
"""The headers in English, in their order."""
INDONESIAN = (
    "Jenis transaksi",
    "ID referensi",
    "Waktu permintaan",
    "Jumlah",
    "Status",
    "Waktu berhasil",
    "Rekening bank",
)
HEADERS = {"id": INDONESIAN, "vi": tuple(WITHDRAWALS.values())}
"""The headers in other languages."""
_STATUSES = {"PROCESSING": "Processing", "PAID": "Transferred", "FAILED": "Failed"}


def book(asked: Asked, layout: str) -> Book:
    """The withdrawals as a file of their own."""
    return Book(f"{layout}_{asked.first:%Y%m%d}-{asked.last:%Y%m%d}.xlsx", (sheet(asked),))


def sheet(asked: Asked) -> Sheet:
    """The withdrawals requested on the days."""
    return Sheet(word("Withdrawal records", asked.language), _rows(asked))


def _rows(asked: Asked) -> Iterator[list[Cell]]:
    yield list(HEADERS.get(asked.language, COLUMNS))
    write = formats.continental if asked.language == "id" else formats.plain
    for chunk in asked.chunks("payment"):
        for payment in chunk:
            paid = payment.get("paid_time")
            yield [
                word("Withdrawal", asked.language),
                payment["id"],
                f"{asked.local(payment['create_time']):%Y/%m/%d %H:%M:%S}",
                write(Decimal(payment["settlement_amount"]["value"]), asked.shop),
                word(_STATUSES[payment["status"]], asked.language),
                f"{asked.local(paid):%Y/%m/%d %H:%M:%S}" if paid is not None else _NONE,
                payment["bank_account"],
            ]


_NONE = "/"
