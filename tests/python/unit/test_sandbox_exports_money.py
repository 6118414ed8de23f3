"""Files of income, withdrawals, settlement and unsettled orders: they add up to the API's statements."""

from __future__ import annotations

import zipfile
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from export_helpers import exact, grid, table, total, written
from world_helpers import SHOP, bodies, world_of

from sandbox.exports.income import INDONESIAN
from sandbox.exports.words import word
from sandbox.world.store import Store

HEADERS = orjson.loads((Path(__file__).parent / "export_headers.json").read_bytes())
DAY = 86_400


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(world_of(tmp_path_factory, orders=4000, days=60))


def transactions(store: Store, region: str) -> list[dict[str, Any]]:
    """All rows of a shop's statements but reserves, which are no income."""
    return [
        row
        for statement in bodies(store, "statement", SHOP[region])
        for row in bodies(store, "statement_transaction", SHOP[region], parent=statement["id"])
        if row["type"] != "RESERVE"
    ]


MARKET = {
    ("income_ph_55", "TH"): ["GMV Max ad fee", "Co-funded creator bonus", "VAT"],
    ("income_ph_55", "GB"): ["GMV Max ad fee", "Co-funded creator bonus", "Import VAT"],
    ("income_id_2026", "VN"): [
        "Transaction fee",
        "Co-funded creator bonus",
        "VAT",
        "PIT",
        "Infrastructure fee",
    ],
    ("income_id_2026", "MY"): ["Transaction fee", "Co-funded creator bonus", "SST"],
}


@pytest.mark.parametrize(("layout", "region"), MARKET)
def test_income_headers_are_those_of_real_files_and_the_markets_own_fees(
    store: Store, tmp_path: Path, layout: str, region: str
) -> None:
    header = grid(written(tmp_path, store, region, layout))[0]
    known = HEADERS[layout]
    assert header[: len(known)] == known
    assert header[len(known) :] == MARKET[layout, region]


@pytest.mark.parametrize(("layout", "region"), MARKET)
def test_income_adds_up_to_the_statements(store: Store, tmp_path: Path, layout: str, region: str) -> None:
    rows = table(written(tmp_path, store, region, layout))
    statements = bodies(store, "statement", SHOP[region])
    assert len(rows) == len(transactions(store, region)) > 50
    revenue = "Total revenue" if layout == "income_ph_55" else "Total Revenue"
    fees = "Total fees" if layout == "income_ph_55" else "Total Fees"
    for column, names in (
        ("Total settlement amount", ["settlement_amount"]),
        (revenue, ["revenue_amount"]),
        (fees, ["fee_amount", "shipping_cost_amount"]),
        ("Ajustment amount", ["adjustment_amount"]),
    ):
        expected = sum(Decimal(one[name]) for one in statements for name in names)
        assert total(rows, column) == expected.quantize(Decimal("0.01")), column
    by_day: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_day[row["Order settled time"]] += exact(row["Total settlement amount"])
    days = {
        f"{datetime.fromtimestamp(one['statement_time'] - DAY, UTC):%Y/%m/%d}": exact(
            one["settlement_amount"]
        )
        for one in statements
    }
    # A statement that only holds a reserve has no row of income.
    assert by_day == {day: amount for day, amount in days.items() if day in by_day}
    assert all(amount == 0 for day, amount in days.items() if day not in by_day)


@pytest.mark.parametrize(
    ("layout", "columns"),
    [
        (
            "income_ph_55",
            {
                "Transaction fee": "transaction_fee_amount",
                "TikTok Shop commission fee": "platform_commission_amount",
                "Affiliate commission": "affiliate_commission_amount",
                "GMV Max ad fee": "gmv_max_ad_fee_amount",
                "VAT": "vat_amount",
            },
        ),
        (
            "income_id_2026",
            {
                "Transaction fee": "transaction_fee_amount",
                "Platform commission fee": "platform_commission_amount",
                "Affiliate Commission": "affiliate_commission_amount",
                "GMV Max ad fee": "gmv_max_ad_fee_amount",
                "VAT": "vat_amount",
                "Payment Fee": "none_of_this_world",
            },
        ),
    ],
)
def test_each_fee_stands_in_its_column(
    store: Store, tmp_path: Path, layout: str, columns: dict[str, str]
) -> None:
    rows = table(written(tmp_path, store, "TH", layout))
    parts = [row.get("fee_tax_breakdown", {"fee": {}, "tax": {}}) for row in transactions(store, "TH")]
    for column, name in columns.items():
        expected = sum(Decimal((part["fee"] | part["tax"]).get(name, "0")) for part in parts)
        assert total(rows, column) == expected, column


def test_shipping_is_a_part_of_the_fees(store: Store, tmp_path: Path) -> None:
    for row in table(written(tmp_path, store, "TH", "income_ph_55")):
        parts = ("Actual shipping fee", "Platform shipping fee discount", "Customer shipping fee")
        assert exact(row["Seller shipping fee"]) == sum(
            exact(row[name]) for name in (*parts, "Actual return shipping fee")
        )


def test_income_has_rows_that_are_no_orders(store: Store, tmp_path: Path) -> None:
    rows = table(written(tmp_path, store, "TH", "income_ph_55"))
    kinds = Counter(row["Type"] for row in rows)
    expected = Counter(row["type"] for row in transactions(store, "TH"))
    assert kinds["Order"] == expected["ORDER"]
    assert kinds["GMV Payment for TikTok Ads"] == expected["GMV_PAYMENT_FOR_ADS"] > 0
    assert kinds["Logistics reimbursement"] == expected["LOGISTICS_REIMBURSEMENT"] > 0
    ads = [row for row in rows if row["Type"] == "GMV Payment for TikTok Ads"]
    assert all(exact(row["Ajustment amount"]) < 0 and row["Related order ID"] == "/" for row in ads)
    sent_back = [row for row in rows if row["Type"] == "Logistics reimbursement"]
    assert all(row["Related order ID"].startswith("5768") for row in sent_back)


def test_income_in_indonesian(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "MY", "income_id_2026", language="id")
    header = grid(path)[0]
    assert header[: len(INDONESIAN)] == list(INDONESIAN)
    assert len(INDONESIAN) == len(HEADERS["income_id_2026"]) == len(set(INDONESIAN))
    assert header[len(INDONESIAN) :] == ["Biaya transaksi", "Bonus kreator bersama", "SST"]
    english = table(written(tmp_path / "en", store, "MY", "income_id_2026"))
    local = table(path)
    assert total(local, "Jumlah penyelesaian pembayaran") == total(english, "Total settlement amount")
    assert {row["Jenis transaksi"] for row in local} >= {"Pesanan", "Pembayaran GMV untuk Iklan TikTok"}
    with zipfile.ZipFile(path) as archive:
        names = archive.read("xl/workbook.xml").decode()
    assert [names.index(name) for name in ("Detail pesanan", "Laporan", "Riwayat penarikan")] == sorted(
        names.index(name) for name in ("Detail pesanan", "Laporan", "Riwayat penarikan")
    )


def test_income_is_padded_with_rows_without_a_value(store: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path, store, "GB", "income_ph_55")) as archive:
        rows = archive.read("xl/worksheets/sheet1.xml").split(b"<row ")[1:]
    assert [b"<v>" in row for row in rows[-4:]] == [True, False, False, False]


def test_the_summary_of_income_adds_its_rows_up(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "GB", "income_ph_55")
    rows = table(path)
    told = {row[0]: row[1] for row in grid(path, 1)[1:]}
    assert exact(told["Total settlement amount"]) == total(rows, "Total settlement amount")
    assert exact(told["Total Fees"]) == total(rows, "Total fees")


@pytest.mark.parametrize(
    ("language", "amount", "status", "paid"),
    [("en", "Amount", "Status", "Transferred"), ("id", "Jumlah", "Status", "Berhasil ditransfer")],
)
def test_withdrawals_are_the_payments(
    store: Store, tmp_path: Path, language: str, amount: str, status: str, paid: str
) -> None:
    path = written(tmp_path, store, "TH", "withdrawal_records", language=language)
    if language == "en":
        assert grid(path)[0] == HEADERS["withdrawal_records"]
    rows = table(path)
    payments = bodies(store, "payment", SHOP["TH"])
    shown = [
        Decimal(row[amount].replace(".", "").replace(",", ".") if language == "id" else row[amount])
        for row in rows
    ]
    assert shown == [Decimal(one["settlement_amount"]["value"]) for one in payments]
    assert [row[status] == paid for row in rows] == [one["status"] == "PAID" for one in payments]
    side = table(written(tmp_path / "side", store, "TH", "income_ph_55"), sheet=2)
    assert [row["Reference ID"] for row in side] == [one["id"] for one in payments]


def test_the_settlement_workbook_adds_up_to_the_statements(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "US", "statement_profit_loss_us")
    header, adjusted = grid(path)[5], grid(path, 1)[3]
    known = HEADERS["statement_profit_loss_us"]
    assert header[: len(known)] == known
    assert header[len(known) :] == ["Customer-paid shipping fee", "GMV Max ad fee", "Co-funded creator bonus"]
    assert adjusted == HEADERS["statement_profit_loss_us/Adjustment"]
    assert adjusted[-1] == "llinked payout id"
    rows, adjustments = table(path, 5), table(path, 3, 1)
    by_statement = {
        one["id"]: Decimal(one["settlement_amount"]) for one in bodies(store, "statement", SHOP["US"])
    }
    found = dict.fromkeys(by_statement, Decimal(0))
    for row in rows:
        if row["linked statement id"]:
            found[row["linked statement id"]] += exact(row["Net Order Margin"])
    for row in adjustments:
        found[row["linked statement id"]] += exact(row["Adjustment amount"])
    assert found == by_statement
    # What each row consists of adds up to its margin.
    for row in rows:
        parts = header[header.index("Gross sales") :]
        assert exact(row["Net Order Margin"]) == sum(exact(row[name]) for name in parts)


def test_dates_of_the_settlement_workbook_are_numbers(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "US", "statement_profit_loss_us")
    settled = [row for row in table(path, 5) if row["linked statement id"]]
    assert all(20260901 <= row["Order settled date"] <= 20261107 for row in settled)
    assert all(isinstance(row["Order paid date"], float) for row in settled)
    assert all(20260901 <= row["Adjustment settlement time"] <= 20261107 for row in table(path, 3, 1))


def test_samples_are_named_in_the_settlement_workbook_alone(store: Store, tmp_path: Path) -> None:
    rows = table(written(tmp_path, store, "US", "statement_profit_loss_us"), 5)
    samples = {order["id"] for order in bodies(store, "order", SHOP["US"]) if order["is_sample_order"]}
    named = [row for row in rows if row["Sample order type"]]
    assert {row["Order ID"] for row in named} == samples
    assert all(exact(row["Net Order Margin"]) == 0 and not row["linked statement id"] for row in named)


def test_unsettled_orders_add_up(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "US", "unsettled_us")
    expected = {row["order_id"]: row for row in bodies(store, "unsettled", SHOP["US"])}
    preamble = [row[0] for row in grid(path)[:4]]
    assert preamble[1] == "Download time: 2026/11/08 00:00:00 (UTC)"
    assert preamble[2] == f"Total transactions: {len(expected)}"
    assert preamble[3] == ""
    header = grid(path)[4]
    assert header[: len(HEADERS["unsettled_us"])] == HEADERS["unsettled_us"]
    with zipfile.ZipFile(path) as archive:
        assert b'<dimension ref="A1"/>' in archive.read("xl/worksheets/sheet1.xml")
    rows = table(path, 4)
    assert {row["Order/adjustment ID"] for row in rows} == expected.keys()
    for row in rows:
        whole = exact(row["Total estimated settlement amount"])
        parts = ("Net sales", "Fees", "Net shipping", "Adjustment amount")
        assert whole == sum(exact(row[name]) for name in parts)
        assert whole == exact(expected[row["Order/adjustment ID"]]["est_settlement_amount"])
    waiting = {row["Estimated Settle time"] for row in rows if row["unsettled reasons"].endswith("delivered")}
    assert waiting == {"Delivered + 7 days"}


def test_a_fee_without_a_column_is_no_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.exports import income

    monkeypatch.setitem(income.MARKET_FEES, "TH", ())
    with pytest.raises(ValueError, match="no column for vat_amount in TH"):
        written(tmp_path, store, "TH", "income_ph_55")


def test_a_promised_reimbursement_is_a_row_of_the_unsettled_file(store: Store, tmp_path: Path) -> None:
    """Guards against a row without an order of its own, which stopped the whole file."""
    (promised,) = [row for row in bodies(store, "unsettled", SHOP["TH"]) if row["type"] != "ORDER"]
    cells = grid(written(tmp_path, store, "TH", "unsettled"))
    (row,) = [row for row in cells if promised["id"] in row]
    assert word("Logistics reimbursement", "vi") in row
    assert promised["adjustment_order_id"] in row
