"""Recognition of exports: by header only, behind whatever stands above it."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from exports_helpers import (
    ID,
    MX,
    ORDER,
    PH,
    US,
    codes,
    header,
    order,
    problem,
    row,
    values,
    write_csv,
    write_xlsx,
)

from ingestion.seller_center.layouts import Alias, ColumnSpec, KindSpec, kinds, layouts, normal_header
from ingestion.seller_center.reader import read_file
from ingestion.seller_center.sheets import ShopFacts

EXPECTED_KINDS = {
    "affiliate_orders": "affiliate_orders",
    "affiliate_video_list_18": "affiliate_videos",
    "gmv_max_creative_26": "gmv_max_creatives",
    "gmv_max_overview_7": "gmv_max_days",
    "income": "income",
    "income_by_sku": "income",
    "income_id_2026": "income",
    "income_ph_55": "income",
    "live_analysis_old_26": "live_sessions_old",
    "live_core_stats_daily_es": "live_daily",
    "live_list_35": "live_sessions",
    "live_sessions_36": "live_sessions",
    "order_id_65": "orders",
    "order_ph_55": "orders",
    "order_us": "orders",
    "order_vn_54": "orders",
    "orders": "orders",
    "shop_key_metrics_es": "shop_daily",
    "statement_profit_loss_us": "settlement_pnl",
    "statement_profit_loss_us_adjustment": "settlement_adjustments",
    "unsettled": "unsettled",
    "unsettled_us": "unsettled",
    "video_core_stats_daily_es": "video_daily",
    "withdrawal_records": "payouts",
}


def test_the_layouts_are_these() -> None:
    """Guards against a layout that silently fell out of the package."""
    assert {layout.id: layout.kind.kind for layout in layouts().values()} == EXPECTED_KINDS


@pytest.mark.parametrize("layout", sorted(EXPECTED_KINDS))
def test_each_header_alone_is_recognised_whatever_the_file_is_called(layout: str, tmp_path: Path) -> None:
    """Guards against two kinds that share columns (`Order ID` stands first in both) being mixed up."""
    path = write_csv(tmp_path / "report (3).txt", [header(layout), ["x"]])
    reading = read_file(path, shop=PH)
    assert [sheet.decisions.layout for sheet in reading.sheets] == [layout]
    own = layouts()[layout]
    contact = {name for name, column in own.kind.columns.items() if column.contact}
    assert set(reading.sheets[0].decisions.columns.values()) == set(own.columns) - contact
    assert reading.sheets[0].decisions.missing == []
    assert reading.sheets[0].decisions.unknown == []


@pytest.mark.parametrize("layout", sorted(EXPECTED_KINDS))
def test_layouts_name_columns_that_their_kind_has(layout: str) -> None:
    own = layouts()[layout]
    for name in (*own.columns, *own.optional, *own.required, own.key, *([own.period] if own.period else [])):
        assert name in own.kind.columns, name
    assert set(own.required) <= set(own.columns)
    assert own.key in own.required


def test_no_header_means_two_columns_at_once() -> None:
    for kind in kinds().values():
        for text, meanings in kind.by_header.items():
            assert len({column.name for _, column in meanings}) == 1, (kind.kind, text)


def test_indonesian_headers_are_the_same_columns(tmp_path: Path) -> None:
    english = header("live_analysis_old_26")
    indonesian = header("live_analysis_old_26", "id")
    indonesian = [
        f"{name} (Rp)" if name in ("Penghasilan", "Harga Rata-Rata") else name for name in indonesian
    ]
    assert indonesian != english
    reading = read_file(write_csv(tmp_path / "a.csv", [indonesian]), shop=ID)
    decisions = reading.sheets[0].decisions
    assert (decisions.layout, decisions.language, decisions.currency) == ("live_analysis_old_26", "id", "IDR")
    assert decisions.columns["Penonton Tertinggi"] == "pcu"
    assert decisions.missing == []


def test_income_in_indonesian_and_with_charges_of_another_market(tmp_path: Path) -> None:
    names = [*header("income_id_2026", "id"), "SST"]
    assert names[0] == "ID Pesanan/Penyesuaian"
    decisions = read_file(write_csv(tmp_path / "a.csv", [names]), shop=ID).sheets[0].decisions
    assert (decisions.layout, decisions.language, decisions.missing) == ("income_id_2026", "id", [])
    assert decisions.columns["SST"] == "sst"


def test_gmv_max_in_indonesian_and_with_its_older_name_of_orders(tmp_path: Path) -> None:
    indonesian = header("gmv_max_creative_26", "id")
    decisions = read_file(write_csv(tmp_path / "a.csv", [indonesian]), shop=ID).sheets[0].decisions
    assert (decisions.kind, decisions.language) == ("gmv_max_creatives", "id")
    assert decisions.columns["Rasio tayang video iklan 25%"] == "25_ad_video_view_rate"
    older = ["Orders (SKU)" if name == "SKU orders" else name for name in header("gmv_max_creative_26")]
    decisions = read_file(write_csv(tmp_path / "b.csv", [older]), shop=ID).sheets[0].decisions
    assert decisions.columns["Orders (SKU)"] == "sku_orders"


def test_platform_spellings_and_names_that_end_in_a_space(tmp_path: Path) -> None:
    """'Ajustment amount', 'llinked payout id' and 'Affiliate items sold ' are what the files really say."""
    for layout, name, canonical in (
        ("income_ph_55", "Ajustment amount", "adjustment_amount"),
        ("statement_profit_loss_us_adjustment", "llinked payout id", "linked_payout_id"),
        ("affiliate_video_list_18", "Affiliate items sold ", "affiliate_items_sold"),
    ):
        names = header(layout)
        assert name in names
        reading = read_file(write_csv(tmp_path / f"{layout}.csv", [names]), shop=PH)
        assert reading.sheets[0].decisions.columns[name.strip()] == canonical


def test_a_file_of_anything_else_is_refused_and_so_is_an_empty_one(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [["Name", "City"], ["Ann", "Oslo"]])
    reading = read_file(path, shop=PH)
    assert reading.stopped and reading.sheets == []
    assert codes(reading) == ["unknown_layout"]
    (tmp_path / "b.csv").write_bytes(b"")
    assert codes(read_file(tmp_path / "b.csv", shop=PH)) == ["empty_file"]
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04 but no workbook")
    assert codes(read_file(tmp_path / "c.xlsx", shop=PH)) == ["damaged_file"]


def test_a_file_that_comes_close_is_told_what_it_lacks(tmp_path: Path) -> None:
    names = ["Order ID", "Order Status", "SKU ID", "Quantity", "Order Amount", "Created Time"]
    reading = read_file(write_csv(tmp_path / "a.csv", [names, ["1", "2", "3", "4", "5", "6"]]), shop=PH)
    found = problem(reading, "not_recognised")
    assert reading.stopped and found.row == 1
    assert "'Orders, " in found.text("en") and "with 6 of its columns" in found.text("en")
    assert "SKU Subtotal Before Discount" in found.text(
        "en"
    ) and "SKU Subtotal Before Discount" in found.text("zh")


def test_a_header_that_comes_to_mean_something_else_is_read_by_the_files_date() -> None:
    """'Fee' was the transaction fee until June and is the commission since."""
    until = Alias("Fee", "en", valid_to=date(2026, 6, 1))
    since = Alias("Fee", "en", valid_from=date(2026, 6, 1))
    old = ColumnSpec("transaction_fee", "money", (until,))
    new = ColumnSpec("platform_commission_fee", "money", (since,))
    kind = KindSpec("income", {one.name: one for one in (old, new)}, {"fee": ((until, old), (since, new))})
    for day, name in (
        (date(2026, 5, 31), "transaction_fee"),
        (date(2026, 6, 1), "platform_commission_fee"),
        (None, "platform_commission_fee"),
    ):
        found = kind.find("Fee (MX$)", day)
        assert found is not None and found[1].name == name


@pytest.mark.parametrize("lines", [1, 50_000])
def test_a_csv_whose_quotes_never_end_is_refused(lines: int, tmp_path: Path) -> None:
    """Guards against the rest of the file being swallowed into one cell."""
    names = header("order_ph_55")
    write_csv(tmp_path / "a.csv", [names, order(names)])
    with (tmp_path / "a.csv").open("a") as file:
        file.write('576912345678901235,"' + "x,y\n" * lines)
    assert codes(read_file(tmp_path / "a.csv", shop=PH)) == ["broken_csv"]


def test_a_missing_needed_column_stops_the_file_by_its_name(tmp_path: Path) -> None:
    names = [name for name in header("order_ph_55") if name != "Order Amount"]
    reading = read_file(write_csv(tmp_path / "a.csv", [names, order(names)]), shop=PH)
    assert reading.stopped
    found = problem(reading, "missing_column")
    assert (found.severity, found.column, found.file) == ("error", "Order Amount", "a.csv")
    assert "a.csv" in found.text("en") and "'Order Amount'" in found.text("en")
    assert "列“Order Amount”" in found.text("zh")
    assert "order_amount" in reading.sheets[0].decisions.missing


def test_a_missing_column_that_is_not_needed_is_only_listed(tmp_path: Path) -> None:
    names = [name for name in header("order_ph_55") if name != "Warehouse Name"]
    reading = read_file(write_csv(tmp_path / "a.csv", [names, order(names)]), shop=PH)
    assert not reading.stopped
    assert reading.sheets[0].decisions.missing == ["warehouse_name"]


def test_two_columns_of_one_meaning_stop_the_file(tmp_path: Path) -> None:
    """Guards against taking one of two amounts at random."""
    names = [*header("order_ph_55"), "Order Amount"]
    reading = read_file(write_csv(tmp_path / "a.csv", [names, [*order(names)[:-1], "7"]]), shop=PH)
    assert problem(reading, "duplicate_column").column == "Order Amount (2)"
    assert reading.stopped


# --- what stands around the data ---------------------------------------------------------------------------


def test_preamble_period_and_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    names = header("live_sessions_36")
    cells = {
        "Livestream": "Big sale",
        "Start time": "2026-05-03 20:00",
        "Duration": "3600",
        "Attributed GMV": "$12.50",
        "Views": "10",
    }
    path = write_xlsx(
        tmp_path / "a.xlsx", {"Sheet1": [["2026-05-01 ~ 2026-05-07"], [], names, row(names, cells)]}
    )
    sheet = read_file(path, shop=US).sheets[0]
    assert sheet.decisions.header_row == 3
    assert sheet.decisions.period == (date(2026, 5, 1), date(2026, 5, 8))
    assert [number for number, _ in sheet.raw_rows()] == [4]
    assert sheet.outside[0] == (1, ["2026-05-01 ~ 2026-05-07", *[""] * 35])


def test_a_preamble_tells_the_download_time(tmp_path: Path) -> None:
    """The zone is the shop's: 09:30 in Los Angeles in June is 16:30 UTC."""
    names = header("unsettled_us")
    above = [
        ["Disclaimer: amounts may change."],
        ["Download time: 2026/06/02 09:30:00"],
        ["Total transactions: 1"],
        [],
    ]
    cells = {
        "Type": "Order",
        "Order/adjustment ID": "576912345678901234",
        "Total estimated settlement amount": "10.00",
        "creation date": "2026/06/01",
        "Estimated Settle time": "Delivered + 1 days",
    }
    reading = read_file(write_csv(tmp_path / "a.csv", [*above, names, row(names, cells)]), shop=US)
    decisions = reading.sheets[0].decisions
    assert decisions.downloaded_at == datetime(2026, 6, 2, 16, 30, tzinfo=UTC)
    assert decisions.header_row == 5
    (read,) = values(reading)
    assert read["creation_date"] == date(2026, 6, 1)
    assert read["estimated_settle_time"] == "Delivered + 1 days"


def test_a_summary_block_is_not_taken_for_the_days(tmp_path: Path) -> None:
    """Guards against the totals of the period being loaded as a day."""
    names = header("shop_key_metrics_es")
    day = row(
        names,
        {"Fecha": "13/05/2026", "GMV": "120.50", "Pedidos": "3", "Clientes": "2", "Visitantes": "40"},
        "0",
    )
    other = row(
        names, {"Fecha": "14/05/2026", "GMV": "-", "Pedidos": "-", "Clientes": "2", "Visitantes": "40"}, "0"
    )
    rows = [
        ["13/05/2026 - 14/05/2026"],
        ["Resumen de los datos"],
        names[1:],
        ["120.50", "3", "2", *["9"] * 24],
        ["10%", "5%", "1%", *["0%"] * 24],
        [],
        [],
        ["Datos diarios"],
        names,
        day,
        other,
    ]
    reading = read_file(write_xlsx(tmp_path / "a.xlsx", {"Sheet1": rows}), shop=MX)
    assert reading.sheets[0].decisions.header_row == 9
    assert [read["local_date"] for read in values(reading)] == [date(2026, 5, 13), date(2026, 5, 14)]
    assert [read["orders"] for read in values(reading)] == [3, None]
    assert reading.sheets[0].decisions.period == (date(2026, 5, 13), date(2026, 5, 15))


def test_a_two_row_header(tmp_path: Path) -> None:
    """Groups stand above; some columns have their name in the upper row only."""
    names = header("order_ph_55")
    upper = [name if index < 3 else "" for index, name in enumerate(names)]
    upper[9] = "Amounts"
    lower = ["" if index < 3 else name for index, name in enumerate(names)]
    reading = read_file(write_csv(tmp_path / "a.csv", [upper, lower, order(names)]), shop=PH)
    decisions = reading.sheets[0].decisions
    assert (decisions.header_row, decisions.missing) == (2, [])
    assert values(reading)[0]["order_id"] == "576912345678901234"


def test_a_description_row_under_the_header_is_no_order(tmp_path: Path) -> None:
    names = header("order_us")
    described = [f"Platform words about {name}." for name in names]
    data = order(names, created_time="05/31/2026 1:02:03 PM")
    path = write_xlsx(tmp_path / "a.xlsx", {"OrderSKUList": [names, described, data]})
    reading = read_file(path, shop=US)
    assert [number for number, _ in reading.sheets[0].raw_rows()] == [3]
    assert codes(reading) == []
    # 13:02:03 in Los Angeles is 20:02:03 UTC.
    assert values(reading)[0]["created_time"] == datetime(2026, 5, 31, 20, 2, 3, tzinfo=UTC)
    assert reading.sheets[0].outside[1][0] == 2


def test_footers_blank_padding_totals_and_repeated_headers_are_no_rows(tmp_path: Path) -> None:
    names = header("order_ph_55")
    total = row(names, {"Order ID": "Total", "Order Amount": "200.00"})
    rows = [
        names,
        order(names),
        [""] * len(names),
        [],
        names,
        order(names, order_id="576912345678901235"),
        total,
        [""] * 80,
        ["Data is for\nreference."],
    ]
    reading = read_file(write_csv(tmp_path / "a.csv", rows), shop=PH)
    assert [number for number, _ in reading.sheets[0].raw_rows()] == [2, 6]
    assert codes(reading) == []


def test_a_broken_row_in_the_middle_is_set_aside_and_shown(tmp_path: Path) -> None:
    """Guards against the rest of an address, broken over two lines, leaving as a row."""
    names = header("order_ph_55")
    rows = [names, order(names), ["12 Mango Street"], order(names, order_id="576912345678901235")]
    reading = read_file(write_csv(tmp_path / "a.csv", rows), shop=PH)
    found = problem(reading, "row_without_key")
    assert (found.severity, found.row) == ("quarantine", 3)
    assert "Mango" not in found.text("en") + str(reading.sheets[0].outside)
    assert [number for number, _ in reading.sheets[0].raw_rows()] == [2, 4]


def test_a_row_with_more_cells_than_the_header_is_set_aside(tmp_path: Path) -> None:
    """Its cells may stand under the wrong headers: a name under an amount, an amount under nothing."""
    names = header("order_ph_55")
    rows = [names, [*order(names), "left over"], order(names, order_id="576912345678901235")]
    reading = read_file(write_csv(tmp_path / "a.csv", rows), shop=PH)
    assert problem(reading, "row_too_long").row == 2
    assert [number for number, _ in reading.sheets[0].raw_rows()] == [3]


def test_several_sheets_each_by_its_header(tmp_path: Path) -> None:
    orders, adjustments = header("statement_profit_loss_us"), header("statement_profit_loss_us_adjustment")
    one = {
        "Order ID": "576912345678901234",
        "SKU ID": "1729612345678901234",
        "Order Income": "10",
        "Order Cost": "-2.5",
        "Net Order Margin": "7.5",
        "Order settled date": 20260531,
        "linked statement id": "7300000000000000001",
    }
    two = {
        "Adjustment ID": "7100000000000000009",
        "Adjustment Type": "Logistics reimbursement",
        "Adjustment amount": 3.25,
        "Adjustment settlement time": 20260530,
        "linked statement id": "7300000000000000001",
    }
    sheets = {
        "Orders": [["Merchant statement"], [], [], [], [], orders, row(orders, one)],
        "Adjustment": [["Adjustments"], [], [], adjustments, row(adjustments, two)],
        "Order payment info": [["Payment", "Info"], ["1", "2"]],
    }
    reading = read_file(write_xlsx(tmp_path / "merchant_statement_profit_loss_1.xlsx", sheets), shop=US)
    assert [(s.name, s.decisions.kind, s.decisions.header_row) for s in reading.sheets] == [
        ("Orders", "settlement_pnl", 6),
        ("Adjustment", "settlement_adjustments", 4),
    ]
    assert values(reading, 0)[0]["order_settled_date"] == date(2026, 5, 31)
    assert values(reading, 1)[0]["adjustment_settlement_time"] == date(2026, 5, 30)
    assert str(values(reading, 1)[0]["adjustment_amount"]) == "3.25"
    assert problem(reading, "sheet_not_used").sheet == "Order payment info"
    assert not reading.stopped


@pytest.mark.parametrize("dimension", ["A1", "A1:A1", "A1:ZZ1048576"])
def test_a_wrong_dimension_tag_neither_hides_rows_nor_eats_memory(dimension: str, tmp_path: Path) -> None:
    names = header("order_us")
    path = write_xlsx(
        tmp_path / "a.xlsx", {"OrderSKUList": [names, order(names), order(names)]}, dimension=dimension
    )
    reading = read_file(path, shop=US)
    assert [number for number, _ in reading.sheets[0].raw_rows()] == [2, 3]


# --- CSV ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ","),
        ("utf-8-sig", ";"),
        ("utf-8", "\t"),
        ("utf-16", "\t"),
        ("utf-8", "|"),
    ],
)
def test_encodings_and_delimiters(encoding: str, delimiter: str, tmp_path: Path) -> None:
    """Guards against the BOM becoming part of the first header, so that `Order ID` is missing."""
    names = header("order_ph_55")
    data = order(names, product_name='Serum, "açaí" 美白; 2 | 3')
    path = write_csv(tmp_path / "a.csv", [names, data], encoding=encoding, delimiter=delimiter)
    reading = read_file(path, shop=PH)
    assert codes(reading) == []
    assert values(reading)[0]["product_name"] == 'Serum, "açaí" 美白; 2 | 3'


def test_an_encoding_that_is_not_unicode_is_read_and_said(tmp_path: Path) -> None:
    names = header("order_ph_55")
    rows = [names, *[order(names, product_name="美白精华液面霜补水保湿") for _ in range(20)]]
    reading = read_file(write_csv(tmp_path / "a.csv", rows, encoding="gb18030"), shop=PH)
    assert codes(reading) == ["encoding_guessed"]
    assert values(reading)[0]["product_name"] == "美白精华液面霜补水保湿"


def test_trailing_tabs_and_lone_tabs(tmp_path: Path) -> None:
    names = header("order_id_65")
    data = order(
        names,
        order_id="576912345678901234\t",
        sku_id="1729612345678901234\t",
        created_time="31/05/2026 10:20:30\t",
        paid_time="\t",
        package_id="\t",
    )
    reading = read_file(write_csv(tmp_path / "a.csv", [names, data], encoding="utf-8-sig"), shop=ID)
    (read,) = values(reading)
    assert (read["order_id"], read["sku_id"]) == ("576912345678901234", "1729612345678901234")
    assert read["created_time"] == datetime(2026, 5, 31, 3, 20, 30, tzinfo=UTC)
    assert read["paid_time"] is None and read["package_id"] is None
    assert codes(reading) == []


def test_the_same_bytes_are_the_same_file_under_any_name(tmp_path: Path) -> None:
    names = header("order_ph_55")
    first = write_csv(tmp_path / "a.csv", [names, order(names)])
    shutil.copy(first, tmp_path / "b.xlsx")
    one, two = read_file(first, shop=PH), read_file(tmp_path / "b.xlsx", shop=PH)
    assert one.sha256 == two.sha256
    assert values(one) == values(two)


def test_market_zone_and_currency_without_a_shop(tmp_path: Path) -> None:
    names = header("income_ph_55")
    cells = {
        "Order/adjustment ID": "576912345678901234",
        "Type": "Order",
        "Order settled time": "2026/05/31",
        "Currency": "PHP",
        "Total settlement amount": "1",
    }
    decisions = (
        read_file(write_csv(tmp_path / "a.csv", [names, row(names, cells)]), shop=None).sheets[0].decisions
    )
    assert (decisions.market, decisions.zone, decisions.currency) == ("PH", "Asia/Manila", "PHP")
    other = ShopFacts("MY", "Asia/Kuala_Lumpur", "MYR")
    reading = read_file(tmp_path / "a.csv", shop=other)
    assert reading.sheets[0].decisions.market == "MY"
    assert problem(reading, "currency_of_another").values["found"] == "PHP"


def test_nobody_knows_whose_times_these_are(tmp_path: Path) -> None:
    """Guards against local times being read as UTC."""
    names = header("affiliate_orders")
    cells = {
        "Order ID": "576912345678901234",
        "Product ID": "1729612345678901234",
        "SKU ID": "1729612345678901234",
        "Currency": "EUR",
        "Quantity": "1",
        "Order Status": "Settled",
        "Creator Username": "ann",
        "Standard commission rate": "15%",
        "Time Created": "31/05/2026",
    }
    reading = read_file(write_csv(tmp_path / "a.csv", [names, row(names, cells)]), shop=None)
    assert codes(reading, "error") == ["zone_unknown"]


def test_headers_compare_without_case_and_invisible_signs() -> None:
    assert normal_header("\ufeffOrder\u00a0 ID ") == normal_header("order id")
    assert ORDER["Order ID"]
