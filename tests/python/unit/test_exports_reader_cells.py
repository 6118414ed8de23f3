"""What single cells mean: ids, dates, numbers, rates, missing words, currencies, contact data."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exports_helpers import (
    ID,
    MX,
    PH,
    US,
    VN,
    cell_problems,
    codes,
    header,
    order,
    problem,
    row,
    values,
    write_csv,
    write_xlsx,
)

from ingestion.seller_center.explain import explain
from ingestion.seller_center.messages import LABELS, PROBLEMS
from ingestion.seller_center.reader import read_file
from ingestion.seller_center.sheets import FileReading, Problem, ShopFacts
from ingestion.seller_center.typed import typed_rows


def orders(path: Path, *rows: dict[str, Any], shop: ShopFacts = PH, **options: Any) -> FileReading:
    names = header("order_ph_55")
    write_csv(path / "orders.csv", [names, *[order(names, **changes) for changes in rows]])
    return read_file(path / "orders.csv", shop=shop, **options)


# --- dates -------------------------------------------------------------------------------------------------


def test_day_first_is_proved_by_one_row_for_all(tmp_path: Path) -> None:
    reading = orders(
        tmp_path, {"created_time": "05/06/2026 08:00:00"}, {"created_time": "13/06/2026 08:00:00"}
    )
    assert reading.sheets[0].decisions.date_order == "dmy"
    assert values(reading)[0]["created_time"] == datetime(2026, 6, 5, 0, 0, tzinfo=UTC)
    assert reading.sheets[0].decisions.period == (date(2026, 6, 5), date(2026, 6, 14))


def test_month_first_is_proved_by_another_column(tmp_path: Path) -> None:
    reading = orders(
        tmp_path,
        {"created_time": "05/06/2026 1:00:00 AM", "delivered_time": "05/13/2026 12:30:00 AM"},
        shop=US,
    )
    (read,) = values(reading)
    assert reading.sheets[0].decisions.date_order == "mdy"
    assert read["created_time"] == datetime(2026, 5, 6, 8, 0, tzinfo=UTC)
    assert read["delivered_time"] == datetime(2026, 5, 13, 7, 30, tzinfo=UTC)


def test_dates_that_nothing_decides_are_refused_with_both_readings(tmp_path: Path) -> None:
    reading = orders(
        tmp_path, {"created_time": "05/06/2026 08:00:00"}, {"created_time": "06/06/2026 08:00:00"}
    )
    found = problem(reading, "ambiguous_dates")
    assert (found.severity, found.row, found.column) == ("error", 2, "Created Time")
    assert "2026-06-05" in found.text("en") and "2026-05-06" in found.text("en")
    assert reading.stopped


def test_a_person_may_say_the_order_of_dates(tmp_path: Path) -> None:
    reading = orders(tmp_path, {"created_time": "05/06/2026 08:00:00"}, date_order="dmy")
    assert not reading.stopped
    assert values(reading)[0]["created_time"] == datetime(2026, 6, 5, 0, 0, tzinfo=UTC)


def test_a_day_that_is_the_same_in_both_orders_needs_no_decision(tmp_path: Path) -> None:
    reading = orders(tmp_path, {"created_time": "06/06/2026 08:00:00"})
    assert not reading.stopped
    assert values(reading)[0]["created_time"] == datetime(2026, 6, 6, 0, 0, tzinfo=UTC)


def test_dates_of_both_orders_in_one_file_are_refused(tmp_path: Path) -> None:
    reading = orders(
        tmp_path, {"created_time": "13/06/2026 08:00:00"}, {"created_time": "06/13/2026 08:00:00"}
    )
    assert codes(reading, "error") == ["contradictory_dates"]


def test_the_files_own_period_decides(tmp_path: Path) -> None:
    names = header("shop_key_metrics_es")
    day = row(names, {"Fecha": "05/06/2026", "GMV": "1", "Pedidos": "1", "Clientes": "1", "Visitantes": "1"})
    path = write_csv(tmp_path / "a.csv", [["2026-06-01 ~ 2026-06-07"], names, day])
    reading = read_file(path, shop=MX)
    assert values(reading)[0]["local_date"] == date(2026, 6, 5)


def test_the_other_sheet_of_a_workbook_decides(tmp_path: Path) -> None:
    income, payouts = header("income_id_2026"), header("withdrawal_records")
    one = {
        "Order/adjustment ID": "576912345678901234",
        "Type": "Order",
        "Order settled time": "05/06/2026",
        "Currency": "IDR",
        "Total settlement amount": "45000",
    }
    two = {
        "Type": "Withdrawal",
        "Reference ID": "3456789",
        "Request time": "13/06/2026",
        "Amount": "45000",
        "Status": "Transferred",
        "Success time": "14/06/2026",
    }
    path = write_xlsx(
        tmp_path / "a.xlsx",
        {"Order details": [income, row(income, one)], "Withdrawal records": [payouts, row(payouts, two)]},
    )
    reading = read_file(path, shop=ID)
    assert not reading.stopped
    assert [sheet.decisions.date_order for sheet in reading.sheets] == ["dmy", "dmy"]
    assert values(reading)[0]["order_settled_time"] == date(2026, 6, 5)


def test_dates_that_a_spreadsheet_half_converted_are_refused(tmp_path: Path) -> None:
    """05/06 became a real date (of May), 13/06 stayed text: nobody can tell which were swapped."""
    names = header("order_ph_55")
    rows = [
        names,
        order(names, created_time=datetime.fromisoformat("2026-05-06T08:00")),
        order(names, created_time="13/06/2026 08:00"),
    ]
    reading = read_file(write_xlsx(tmp_path / "a.xlsx", {"S": rows}), shop=PH)
    found = problem(reading, "mixed_dates")
    assert (found.severity, found.sheet, found.row, found.column) == ("error", "S", 3, "Created Time")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-06-05 08:00", datetime(2026, 6, 5, 0, 0, tzinfo=UTC)),
        ("2026/06/05/ 08:00", datetime(2026, 6, 5, 0, 0, tzinfo=UTC)),
        ("2026/6/5", datetime(2026, 6, 4, 16, 0, tzinfo=UTC)),
        ("20260605", datetime(2026, 6, 4, 16, 0, tzinfo=UTC)),
        ("2026-06-05T08:00:00Z", datetime(2026, 6, 5, 8, 0, tzinfo=UTC)),
        ("2026-06-05 08:00:00+07:00", datetime(2026, 6, 5, 1, 0, tzinfo=UTC)),
        ("13/06/2026 8:05:09 pm", datetime(2026, 6, 13, 12, 5, 9, tzinfo=UTC)),
        ("1970-01-01 08:00:00", None),
        ("01/01/1970 00:00:00", None),
        ("1970/01/01", None),
        ("--", None),
        ("N/A", None),
        ("\t", None),
    ],
)
def test_forms_of_times_and_sentinels(cell: str, expected: datetime | None, tmp_path: Path) -> None:
    reading = orders(tmp_path, {"paid_time": cell})
    assert values(reading)[0]["paid_time"] == expected
    assert cell_problems(reading) == []


@pytest.mark.parametrize(
    "cell",
    ["32/06/2026", "29/02/2026", "2026-06-05 25:00", "13/06/2026 13:00 PM", "13/06/26", "soon", "1.7E+09"],
)
def test_what_is_no_time_is_set_aside_with_its_row(cell: str, tmp_path: Path) -> None:
    reading = orders(tmp_path, {"paid_time": cell})
    (found,) = cell_problems(reading)
    assert (found.code, found.severity, found.row, found.column) == (
        "not_a_date",
        "quarantine",
        2,
        "Paid Time",
    )
    assert values(reading)[0]["paid_time"] is None
    assert cell in found.text("en") and "第 2 行" in found.text("zh")


def test_real_dates_and_day_numbers_of_a_workbook(tmp_path: Path) -> None:
    names = header("order_ph_55")
    data = order(
        names, created_time=datetime.fromisoformat("2026-06-05T08:00"), paid_time=46178.5, rts_time=20260605
    )
    (read,) = values(read_file(write_xlsx(tmp_path / "a.xlsx", {"S": [names, data]}), shop=PH))
    assert read["created_time"] == datetime(2026, 6, 5, 0, 0, tzinfo=UTC)
    assert read["paid_time"] == datetime(2026, 6, 5, 4, 0, tzinfo=UTC)
    assert read["rts_time"] == datetime(2026, 6, 4, 16, 0, tzinfo=UTC)


def test_the_day_on_which_clocks_change(tmp_path: Path) -> None:
    """8 March 2026 in Los Angeles: 01:59 is UTC-8, 03:00 is UTC-7. On 1 November 01:30 comes twice."""
    reading = orders(
        tmp_path,
        {
            "created_time": "2026-03-08 01:59:00",
            "paid_time": "2026-03-08 03:00:00",
            "shipped_time": "2026-11-01 01:30:00",
        },
        shop=US,
    )
    (read,) = values(reading)
    assert read["created_time"] == datetime(2026, 3, 8, 9, 59, tzinfo=UTC)
    assert read["paid_time"] == datetime(2026, 3, 8, 10, 0, tzinfo=UTC)
    assert read["shipped_time"] == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ("Download time: 2026/06/02 09:30:00 (UTC)", datetime(2026, 6, 2, 9, 30, tzinfo=UTC)),
        ("Downloaded at 2026-06-02 09:30 (UTC+8)", datetime(2026, 6, 2, 1, 30, tzinfo=UTC)),
        ("Exported 2026-06-02 09:30 GMT-03:30", datetime(2026, 6, 2, 13, 0, tzinfo=UTC)),
        ("Download time: 2026-06-02 09:30", datetime(2026, 6, 2, 16, 30, tzinfo=UTC)),
        ("Settled until 2026-06-02 09:30", None),
    ],
)
def test_the_download_time_names_its_zone_or_is_the_shops(
    above: str, expected: datetime | None, tmp_path: Path
) -> None:
    names = header("order_ph_55")
    path = write_csv(tmp_path / "a.csv", [[above], names, order(names)])
    assert read_file(path, shop=US).sheets[0].decisions.downloaded_at == expected


def test_columns_that_are_read_at_once_are_read_as_cell_by_cell(tmp_path: Path) -> None:
    """Guards the fast way: 1,500 different amounts, ids with and without a tab, and empty cells."""
    cells = [f"{n:,}.{n % 100:02}" if n % 7 else "" for n in range(-700, 800)]
    ids = [f"57691234567890{n:04}" + ("\t" if n % 2 else "") for n in range(1500)]
    reading = orders(tmp_path, *[{"order_amount": c, "order_id": i} for c, i in zip(cells, ids, strict=True)])
    read = values(reading)
    assert len(read) == 1500
    assert [one["order_id"] for one in read] == [i.strip() for i in ids]
    expected = [Decimal(c.replace(",", "")) if c else None for c in cells]
    assert [one["order_amount"] for one in read] == expected


# --- numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "shop", "expected"),
    [
        (("1.234,56", "1.234"), MX, ("1234.56", "1234")),
        (("1,234.56", "1,234"), MX, ("1234.56", "1234")),
        (("2,281,428円", "500"), ShopFacts("JP", "Asia/Tokyo", "JPY"), ("2281428", "500")),
        (("₫45.000", "1.250.000 ₫"), VN, ("45000", "1250000")),
        (("45.000", "5"), VN, ("45000", "5")),
        (("45,000", "5"), VN, ("45000", "5")),
        (("Rp45.000", "Rp 5"), ID, ("45000", "5")),
        (("-$1,250.00", "($3.10)"), US, ("-1250.00", "-3.10")),
        (("$-0.50", "0.10-"), US, ("-0.50", "-0.10")),
        (("1 234,50", "MX$ 7,5"), MX, ("1234.50", "7.5")),
        (("−5.25", "0"), US, ("-5.25", "0")),
    ],
)
def test_marks_and_currency_signs(
    cells: tuple[str, str], shop: ShopFacts, expected: tuple[str, str], tmp_path: Path
) -> None:
    reading = orders(
        tmp_path,
        {
            "order_amount": cells[0],
            "taxes": cells[1],
            "sku_subtotal_before_discount": "1",
            "sku_seller_discount": "1",
            "sku_subtotal_after_discount": "1",
        },
        shop=shop,
    )
    assert codes(reading, "error") == []
    (read,) = values(reading)
    assert (read["order_amount"], read["taxes"]) == (Decimal(expected[0]), Decimal(expected[1]))


PLAIN = {"sku_subtotal_before_discount": "1", "sku_seller_discount": "1", "sku_subtotal_after_discount": "1"}


def test_an_amount_that_nothing_decides_is_refused_with_both_readings(tmp_path: Path) -> None:
    reading = orders(tmp_path, {**PLAIN, "order_amount": "1.234"}, shop=US)
    found = problem(reading, "ambiguous_numbers")
    assert (found.severity, found.row, found.column) == ("error", 2, "Order Amount")
    assert "1.234 or 1234" in found.text("en")


def test_a_person_may_say_the_decimal_mark(tmp_path: Path) -> None:
    reading = orders(tmp_path, {**PLAIN, "order_amount": "1.234"}, shop=US, decimal_mark=",")
    assert values(reading)[0]["order_amount"] == Decimal("1234")


def test_a_count_with_a_mark_proves_that_marks_part_thousands(tmp_path: Path) -> None:
    reading = orders(tmp_path, {**PLAIN, "order_amount": "1.234", "quantity": "1.000"}, shop=US)
    assert reading.sheets[0].decisions.decimal_mark == ","
    assert (values(reading)[0]["order_amount"], values(reading)[0]["quantity"]) == (Decimal(1234), 1000)


def test_both_marks_in_one_file_are_refused(tmp_path: Path) -> None:
    reading = orders(tmp_path, {**PLAIN, "order_amount": "1.234,50"}, {**PLAIN, "order_amount": "1,234.50"})
    assert codes(reading, "error") == ["contradictory_numbers"]


@pytest.mark.parametrize(
    "cell",
    ["1.2E+05", "12.5K", "12,3.4", "1,23,456.00", "$5 USD EUR", "12..5", "5 apples", "--5", "(-5)", "١٢"],
)
def test_what_is_no_number_is_set_aside_and_never_guessed(cell: str, tmp_path: Path) -> None:
    reading = orders(tmp_path, {"taxes": cell})
    assert values(reading)[0]["taxes"] is None
    assert [(p.row, p.column, p.severity) for p in cell_problems(reading)] == [(2, "Taxes", "quarantine")]


@pytest.mark.parametrize("cell", ["", "-", "--", "N/A", "n/a", "\t", "  ", "—", "null"])
def test_not_known_is_null(cell: str, tmp_path: Path) -> None:
    reading = orders(tmp_path, {"taxes": cell, "variation": cell, "package_id": cell})
    (read,) = values(reading)
    assert (read["taxes"], read["variation"], read["package_id"]) == (None, None, None)
    assert cell_problems(reading) == []


def test_zero_is_zero(tmp_path: Path) -> None:
    (read,) = values(
        orders(tmp_path, {"taxes": "0", "sku_quantity_of_return": "0.00", "order_amount": "₱0.00"})
    )
    assert (read["taxes"], read["sku_quantity_of_return"], read["order_amount"]) == (
        Decimal(0),
        0,
        Decimal(0),
    )


def test_numbers_of_a_workbook_are_exact_whatever_mark_its_texts_have(tmp_path: Path) -> None:
    """0.1 + 0.2 is 0.30000000000000004 in the file and 0.3 to whoever looks at it."""
    names = header("order_ph_55")
    data = order(
        names, **PLAIN, order_amount="1.234,50", taxes=12.5, quantity=2, sku_platform_discount=0.1 + 0.2
    )
    (read,) = values(read_file(write_xlsx(tmp_path / "a.xlsx", {"S": [names, data]}), shop=PH))
    assert (read["order_amount"], read["taxes"], read["quantity"]) == (Decimal("1234.50"), Decimal("12.5"), 2)
    assert str(read["sku_platform_discount"]) == "0.3"


# --- rates -------------------------------------------------------------------------------------------------


def affiliate(path: Path, rate: Any) -> FileReading:
    names = header("affiliate_orders")
    cells = {
        "Order ID": "576912345678901234",
        "Product ID": "1729612345678901234",
        "SKU ID": "1729612345678901234",
        "Currency": "USD",
        "Quantity": "1",
        "Order Status": "Settled",
        "Creator Username": "ann",
        "Standard commission rate": rate,
        "Time Created": "31/05/2026",
        "Fully returned or refunded": "No",
        "Price": "10.50",
    }
    return read_file(write_xlsx(path / "a.xlsx", {"S": [names, row(names, cells)]}), shop=US)


@pytest.mark.parametrize(
    ("cell", "expected"), [("15%", "0.15"), ("4.88%", "0.0488"), ("0%", "0"), (0.15, "0.15"), ("--", None)]
)
def test_percent_signs_and_cells_with_percent_format(cell: Any, expected: str | None, tmp_path: Path) -> None:
    (read,) = values(affiliate(tmp_path, cell))
    assert read["standard_commission_rate"] == (Decimal(expected) if expected else None)
    assert read["fully_returned_or_refunded"] is False


@pytest.mark.parametrize("cell", ["15", "0.15", "1500"])
def test_a_rate_without_its_sign_is_not_guessed(cell: str, tmp_path: Path) -> None:
    (found,) = cell_problems(affiliate(tmp_path, cell))
    assert (found.code, found.column) == ("rate_without_percent_sign", "Standard commission rate")


def test_rates_of_live_sessions_are_shares(tmp_path: Path) -> None:
    names = header("live_sessions_36")
    cells = {
        "Livestream": "Big sale",
        "Start time": "2026-05-03 20:00",
        "Duration": "3600",
        "Attributed GMV": "$1,012.50",
        "Views": "1,000",
        "CTR": "0.033300",
        "Avg. viewing duration": "1min 20s",
    }
    (read,) = values(read_file(write_csv(tmp_path / "a.csv", [names, row(names, cells)]), shop=US))
    assert (read["ctr"], read["duration"], read["views"]) == (Decimal("0.0333"), 3600, 1000)
    assert (read["attributed_gmv"], read["avg_viewing_duration"]) == (Decimal("1012.50"), 80)


def test_hundredths_are_a_scale_of_their_own() -> None:
    """1500 hundredths of a percent are 15%."""
    from ingestion.seller_center.typed import _rate

    assert _rate("1500", None, "hundredths") == Decimal("0.15")
    assert _rate("15", None, "percent") == Decimal("0.15")
    assert _rate("0.15", ".", "fraction") == Decimal("0.15")
    assert _rate("15%", None, "hundredths") == Decimal("0.15")


# --- ids ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["5.76912E+17", "1.73E+18", "1,73E+18", "5.76912345678901E+17\t"])
def test_an_id_in_scientific_notation_stops_the_file_with_its_row(cell: str, tmp_path: Path) -> None:
    reading = orders(tmp_path, {}, {"order_id": cell})
    found = problem(reading, "id_in_scientific_notation")
    assert (found.severity, found.row, found.column) == ("error", 3, "Order ID")
    assert cell.strip() in found.text("en") and reading.stopped


def test_an_id_that_is_a_number_in_a_workbook_has_lost_its_digits(tmp_path: Path) -> None:
    names = header("order_ph_55")
    reading = read_file(
        write_xlsx(tmp_path / "a.xlsx", {"S": [names, order(names, order_id=576912345678901234)]}), shop=PH
    )
    assert (problem(reading, "id_lost_digits").severity, problem(reading, "id_lost_digits").row) == (
        "error",
        2,
    )


def test_ids_that_all_end_in_zeros_were_rounded(tmp_path: Path) -> None:
    """Saved as text after the damage: 18 digits of which only 15 are left. One such id can be chance."""
    rounded = [{"order_id": f"5769123456789{n:02}000"} for n in range(10, 14)]
    assert "id_lost_digits" in codes(orders(tmp_path, *rounded), "error")
    assert codes(orders(tmp_path, rounded[0], {}), "error") == []
    assert codes(orders(tmp_path, *rounded, {}), "error") == []
    round_by_nature = [{"order_id": f"57691234{n}00000000"} for n in range(10, 14)]
    assert codes(orders(tmp_path, *round_by_nature), "error") == []


def test_an_optional_id_that_is_lost_costs_only_its_cells(tmp_path: Path) -> None:
    reading = orders(tmp_path, {"package_id": "7.1E+17"})
    assert not reading.stopped
    assert problem(reading, "id_in_scientific_notation").severity == "quarantine"
    assert values(reading)[0]["package_id"] is None


@pytest.mark.parametrize("cell", ['="576912345678901234"', "'576912345678901234", "576912345678901234\t"])
def test_ids_that_were_protected_from_spreadsheets(cell: str, tmp_path: Path) -> None:
    assert values(orders(tmp_path, {"order_id": cell}))[0]["order_id"] == "576912345678901234"


# --- currency ----------------------------------------------------------------------------------------------


def test_the_currency_of_a_header(tmp_path: Path) -> None:
    names = [
        f"{name} (MX$)" if "GMV " in name or name.startswith("GPM") else name
        for name in header("live_core_stats_daily_es")
    ]
    names = [name.replace("generaron GMV. (MX$)", "generaron GMV.") for name in names]
    cells = {
        names[0]: "13/05/2026",
        names[1]: "1,234.50",
        names[14]: "4.88%",
        names[17]: "80",
        names[5]: "N/A",
        names[16]: "",
    }
    reading = read_file(
        write_csv(tmp_path / "a.csv", [["2026-05-13 ~ 2026-05-13"], [], names, row(names, cells)]), shop=None
    )
    sheet = reading.sheets[0]
    assert (sheet.decisions.currency, sheet.decisions.market, sheet.decisions.language) == ("MXN", "MX", "es")
    (read,) = values(reading)
    assert (read["local_date"], read["live_attributed_gmv"], read["live_ctr"]) == (
        date(2026, 5, 13),
        Decimal("1234.50"),
        Decimal("0.0488"),
    )
    assert (read["live_streams"], read["views"], read["avg_viewing_duration_per_viewer"]) == (None, None, 80)


def test_the_currency_of_cells_and_of_nowhere(tmp_path: Path) -> None:
    assert orders(tmp_path, {"order_amount": "₱5.00"}, shop=PH).sheets[0].decisions.currency == "PHP"
    assert orders(tmp_path, {}, shop=US).sheets[0].decisions.currency == "USD"
    # A bare dollar sign is the shop's own dollar.
    assert orders(tmp_path, {"order_amount": "$5.00"}, shop=MX).sheets[0].decisions.currency == "MXN"
    reading = orders(tmp_path, {"order_amount": "$5.00"}, shop=PH)
    assert reading.sheets[0].decisions.currency is None
    assert codes(reading, "error") == ["currency_unclear"]


def test_amounts_of_two_currencies_in_one_column_are_refused(tmp_path: Path) -> None:
    """Guards against pesos and dollars being added."""
    reading = orders(tmp_path, {"order_amount": "₱5.00"}, {"order_amount": "US$5.00"})
    assert codes(reading, "error") == ["several_currencies"]
    assert "PHP (Order Amount, 2)" in problem(reading, "several_currencies").text("en")


def test_rows_that_name_their_currency_may_differ(tmp_path: Path) -> None:
    names = header("income_ph_55")
    cells = {
        "Order/adjustment ID": "576912345678901234",
        "Type": "Order",
        "Order settled time": "2026/05/31",
        "Total settlement amount": "1",
    }
    rows = [row(names, {**cells, "Currency": currency}) for currency in ("PHP", "USD")]
    reading = read_file(write_csv(tmp_path / "a.csv", [names, *rows]), shop=PH)
    assert not reading.stopped
    assert [read["currency"] for read in values(reading)] == ["PHP", "USD"]


# --- drift -------------------------------------------------------------------------------------------------


def test_an_unknown_fee_with_amounts_is_quarantined_with_its_first_rows(tmp_path: Path) -> None:
    names = [*header("income_ph_55"), "Moon landing fee"]
    cells = {
        "Order/adjustment ID": "576912345678901234",
        "Type": "Order",
        "Order settled time": "2026/05/31",
        "Currency": "PHP",
        "Total settlement amount": "1",
    }
    rows = [row(names, {**cells, "Moon landing fee": fee}) for fee in ("0", "-1.50", "", "-2", "-3", "-4")]
    reading = read_file(write_csv(tmp_path / "a.csv", [names, *rows]), shop=PH)
    found = problem(reading, "unknown_fee")
    assert (found.severity, found.column, found.values) == (
        "quarantine",
        "Moon landing fee",
        {"rows": "3, 5, 6", "count": "4"},
    )
    assert reading.sheets[0].decisions.unknown == ["Moon landing fee"]
    assert "Moon landing fee" in reading.sheets[0].header
    assert "moon_landing_fee" not in values(reading)[0]


def test_an_unknown_column_without_amounts_is_a_note(tmp_path: Path) -> None:
    names = [*header("order_ph_55"), "Mood"]
    reading = read_file(write_csv(tmp_path / "a.csv", [names, [*order(names)[:-1], "happy"]]), shop=PH)
    assert codes(reading) == ["unknown_column_without_amounts"]


# --- contact data ------------------------------------------------------------------------------------------

SECRETS = {
    "buyer_message": "ring twice",
    "buyer_username": "maria.c",
    "recipient": "Maria Clara",
    "phone": "(+63)9171234567",
    "detail_address": "12 Mango Street",
    "barangay": "San Roque",
    "tracking_id": "JT0123456789",
    "seller_note": "VIP, brother of Jose",
    "province": "Cebu",
}


def everything(reading: FileReading) -> str:
    return repr(
        [
            (
                sheet.header,
                list(sheet.raw_rows()),
                sheet.outside,
                sheet.decisions,
                sheet.problems,
                values(reading, index),
            )
            for index, sheet in enumerate(reading.sheets)
        ]
    ) + explain(reading)


def test_contact_data_never_leaves_the_reader(tmp_path: Path) -> None:
    text = everything(orders(tmp_path, SECRETS))
    assert [secret for secret in SECRETS.values() if secret in text] == []


def test_the_buyers_name_leaves_as_a_hash_only(tmp_path: Path) -> None:
    reading = orders(
        tmp_path, SECRETS, {"buyer_username": ""}, hash_person=lambda name: f"hash of {len(name)}"
    )
    assert [read["buyer_username"] for read in values(reading)] == ["hash of 7", None]
    assert "maria" not in everything(reading)


def test_unknown_columns_that_sound_like_contact_data_are_cut_and_others_masked(tmp_path: Path) -> None:
    names = [*header("order_ph_55"), "Customer e-mail", "Extra"]
    data = [*order(names)[:-2], "a@b.example", "call +63 917 123 4567 or a@b.example"]
    reading = read_file(write_csv(tmp_path / "a.csv", [names, data]), shop=PH)
    text = everything(reading)
    assert "a@b.example" not in text and "917" not in text
    assert problem(reading, "contact_column_cut").column == "Customer e-mail"


def test_bank_accounts_are_cut(tmp_path: Path) -> None:
    names = header("withdrawal_records")
    cells = {
        "Type": "Withdrawal",
        "Reference ID": "3456789",
        "Request time": "2026/06/13",
        "Amount": "45000",
        "Status": "Transferred",
        "Success time": "2026/06/14",
        "Bank account": "BCA ***1234",
    }
    reading = read_file(write_csv(tmp_path / "a.csv", [names, row(names, cells)]), shop=ID)
    assert "BCA" not in everything(reading)


# --- words, replay, messages -------------------------------------------------------------------------------


def test_localised_status_words_stay_words(tmp_path: Path) -> None:
    (read,) = values(orders(tmp_path, {"order_status": "Selesai", "cancel_by": "Pembeli "}))
    assert (read["order_status"], read["cancel_by"]) == ("Selesai", "Pembeli")


def test_a_replay_reads_archived_cells_alike(tmp_path: Path) -> None:
    """Cells go through JSON, decisions stay; nothing of the file is needed."""
    import orjson

    names = header("order_ph_55")
    data = order(
        names,
        created_time=datetime.fromisoformat("2026-06-05T08:00"),
        order_amount="1.234,50",
        taxes=12.5,
        paid_time=46178.5,
    )
    reading = read_file(write_xlsx(tmp_path / "a.xlsx", {"S": [names, data]}), shop=PH)
    sheet = reading.sheets[0]
    cells = [(number, orjson.loads(orjson.dumps(row))) for number, row in sheet.raw_rows()]
    first = values(reading)
    (tmp_path / "a.xlsx").unlink()
    assert [typed.values for typed in typed_rows(sheet.header, cells, sheet.decisions)] == first


def test_every_problem_has_a_sentence_in_both_languages() -> None:
    for code, sentences in PROBLEMS.items():
        assert set(sentences) == {"en", "zh"}, code
        fields = [{part.split("}")[0] for part in text.split("{")[1:]} for text in sentences.values()]
        # Words that are of a language end with it: `layout_en`, `layout_zh`.
        english, chinese = (
            {name.removesuffix(end) for name in one} for one, end in zip(fields, ("_en", "_zh"), strict=True)
        )
        assert english == chinese, code
    assert all(set(words) == {"en", "zh"} for words in LABELS.values())


def test_every_code_in_the_reader_has_a_sentence() -> None:
    """Guards against a problem that can't be told."""
    import re

    import ingestion.seller_center as package

    folder = Path(str(package.__file__)).parent
    source = "".join(
        (folder / name).read_text(encoding="utf-8")
        for name in ("reader.py", "found.py", "review.py", "decide.py", "typed.py", "workbook.py")
    )
    found = set(re.findall(r'(?:Problem\(|BadCell\(|Unreadable\(|code = )\s*"([a-z_]+)"', source))
    assert len(found) > 20
    assert found <= set(PROBLEMS)


def test_a_problem_names_file_sheet_row_and_column() -> None:
    found = Problem("not_a_date", "quarantine", "a.xlsx", "Order details", 7, "Paid Time", {"value": "soon"})
    assert (
        found.text("en")
        == "a.xlsx, sheet 'Order details', row 7, column 'Paid Time': 'soon' is no date as this file writes them. The cell is set aside."
    )
    assert (
        found.text("zh")
        == "a.xlsx，工作表“Order details”，第 7 行，列“Paid Time”：“soon”不是本文件写法的日期。该单元格已隔离。"
    )


def test_the_explanation_says_what_the_file_is(tmp_path: Path) -> None:
    reading = orders(tmp_path, {"paid_time": "soon"}, {"paid_time": "later"})
    text = explain(reading)
    for line in (
        "Kind: Orders, Philippines (order_ph_55)",
        "Market: PH",
        "Language: English",
        "Time zone: Asia/Manila",
        "Currency: PHP",
        "Period: 2026-05-31 to 2026-05-31",
        "Header: row 1",
        "Dates: day/month/year",
        "Rows: 2",
        "  Created Time -> created_time",
        "Unknown: none",
    ):
        assert line in text.splitlines(), line
    assert "[set aside] row 2, column 'Paid Time': 'soon'" in text and "(and 1 more like this: row 3)" in text
    assert "类型: 订单（菲律宾） (order_ph_55)" in explain(reading, "zh").splitlines()
