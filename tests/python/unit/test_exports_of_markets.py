"""Files of every market, as teams download them: what each says is worked out by hand from its cells.

The files lie in `export_cases/`; details of persons in them are invented.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exports_helpers import write_xlsx
from import_helpers import raw_rows

from home.layout import Home
from ingestion.importing import import_files
from ingestion.seller_center.importer import explain_file
from ingestion.seller_center.outcomes import FileOutcome, ImportOptions
from orchestration.cli import main

CASES = Path(__file__).with_name("export_cases")
SHOP = "7495000000000000911"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def load(home: Home, name: str, region: str) -> FileOutcome:
    """Imports a case for a shop of a market."""
    (outcome,) = import_files(
        home, [CASES / name], ImportOptions(shop=SHOP, region=region, name="Shop")
    ).files
    return outcome


def command(name: str, *options: str) -> int:
    """Exit code of `ttkpi import`."""
    return main(["import", str(CASES / name), *options])


def sales(home: Home) -> dict[str, Decimal]:
    """Sale prices of all lines, by status of the line."""
    found: dict[str, Decimal] = {}
    for status, price in raw_rows(home, "order_lines", "display_status, sale_price"):
        found[status] = found.get(status, Decimal(0)) + price
    return found


def test_thai_words_of_status(home: Home) -> None:
    """All 6 orders are there: 80 + 135 + 29 + 200 + 190 + 145 = 779 THB, of which 29 are cancelled."""
    outcome = load(home, "th_orders.csv", "TH")
    assert (outcome.status, outcome.doubtful) == ("imported", [])
    statuses = dict(raw_rows(home, "orders", "order_id[-1:], status"))
    assert statuses == {
        "1": "AWAITING_SHIPMENT",
        "2": "AWAITING_COLLECTION",
        "3": "IN_TRANSIT",
        "4": "DELIVERED",
        "5": "COMPLETED",
        "6": "CANCELLED",
    }
    found = sales(home)
    assert (sum(found.values()), found["CANCELLED"]) == (779, 29)


def test_portuguese_words_of_status(home: Home) -> None:
    """5 orders: 33.91 + 2,435.00 + 50.00 + 80.00, and 29.00 that were cancelled and never paid."""
    outcome = load(home, "br_orders.csv", "BR")
    assert (outcome.status, outcome.doubtful) == ("imported", [])
    assert len(raw_rows(home, "orders")) == 5
    found = sales(home)
    assert sum(found.values()) == Decimal("2627.91") and found["CANCELLED"] == 29
    assert found["COMPLETED"] == 80 and found["AWAITING_COLLECTION"] == 2435
    # Addresses and tax numbers under the names of Brazil are contact data.
    kept = raw_rows(home, "files", "columns, unknown_columns")[0]
    assert not any(name in "".join(kept) for name in ("CPF", "Neighborhood", "Street Name", "House Name"))


def test_columns_of_the_united_states(home: Home) -> None:
    """63 columns: product ids, a bundle whose header begins with a blank, and a discount that the platform shares."""
    outcome = load(home, "us_orders_63.csv", "US")
    assert (outcome.status, outcome.doubtful, outcome.layouts) == ("imported", [], ["order_us"])
    products = raw_rows(home, "order_lines", "order_id[-1:], product_id[-1:], seller_sku, is_combo")
    assert products == [
        ("1", "1", "S-101", False),
        ("1", "1", "S-101", False),
        ("2", "2", "BUNDLE-1", True),
        ("3", "1", "S-103", False),
        ("4", "3", "S-104", False),
    ]
    shared = raw_rows(home, "orders", "order_id[-1:], payment__shipping_fee_cofunded_discount")
    assert shared == [("1", 2), ("2", 0), ("3", 0), ("4", 0)]
    found = sales(home)
    assert found == {"DELIVERED": Decimal("35.48"), "COMPLETED": Decimal("1052.25"), "CANCELLED": 15}


def test_spelling_of_the_united_kingdom(home: Home) -> None:
    """`RTH Time` is when the parcel is ready; taxes are taxes; and no column says that the file is Vietnamese."""
    outcome = load(home, "gb_order.csv", "GB")
    assert (outcome.status, outcome.doubtful, outcome.layouts) == ("imported", [], ["orders"])
    ((unknown,),) = raw_rows(home, "files", "unknown_columns")
    assert unknown == "[]"
    assert raw_rows(
        home, "orders", "payment__sub_total, payment__product_tax, payment__shipping_fee_tax"
    ) == [(8, 0, 0)]
    assert "RTH Time -> rts_time" in outcome.explanations["en"]


def test_a_rename_that_is_known_for_one_sheet_is_known_for_all(home: Home) -> None:
    """Order details: 91.29 PHP. Withdrawals: earnings are no payout, and neither is what was moved to ads: 70.30 was
    paid out. The summary is in another currency and sums the earnings, so that it is not compared."""
    outcome = load(home, "ph_income_2026_10.xlsx", "PH")
    assert (outcome.status, outcome.doubtful) == ("imported", [])
    assert raw_rows(home, "statement_transactions", "type, settlement_amount, fee_tax_amount, currency") == [
        ("ORDER", Decimal("91.29"), Decimal("-12.71"), "PHP")
    ]
    assert raw_rows(home, "statement_transaction_components", "component, amount")[:2] == [
        ("customer_payment_amount", Decimal("110.38")),
        ("platform_commission_amount", Decimal("-8.42")),
    ]
    paid = raw_rows(home, "payments", "payment_id, status, amount, paid_time")
    assert paid == [("9000000000006191", "PAID", Decimal("70.30"), datetime(2026, 10, 5, 16, tzinfo=UTC))]
    assert {problem.code for problem in outcome.problems} == {"summary_of_another_currency", "sheet_not_used"}


def test_a_list_with_room_ids(home: Home) -> None:
    """Two sessions by room id; the end is the file's, to the second; rates above 100 % are right; empty is NULL."""
    outcome = load(home, "vn_live_35.xlsx", "VN")
    assert (outcome.status, outcome.doubtful, outcome.layouts) == ("imported", [], ["live_list_35"])
    found = raw_rows(
        home,
        "live_sessions",
        "live_room_id, title, start_time, end_time, live_attributed_gmv, currency, aov, views, likes",
    )
    assert found == [
        (
            "7650000000000000001",
            "SPECIAL LIVE",
            datetime(2026, 7, 4, 13, 1, 54, tzinfo=UTC),
            datetime(2026, 7, 4, 13, 21, 10, tzinfo=UTC),
            Decimal("6830000.01"),
            "VND",
            Decimal("758888.89"),
            850,
            7500,
        ),
        (
            "7650000000000000002",
            "SPECIAL LIVE",
            datetime(2026, 7, 5, 12, tzinfo=UTC),
            datetime(2026, 7, 5, 14, 30, tzinfo=UTC),
            0,
            "VND",
            None,
            0,
            0,
        ),
    ]
    assert outcome.quarantined == 0


@pytest.mark.parametrize("name", ["th_orders.csv", "my_orders.csv"])
@pytest.mark.parametrize(("language", "words"), [("en", "not known (nothing"), ("zh", "未知（文件没有说明")])
def test_what_a_file_does_not_say_is_not_known(home: Home, name: str, language: str, words: str) -> None:
    """Guards a guess that is worded as a finding: two files of markets that look like one of Vietnam."""
    seen = explain_file(home, CASES / name).explanations[language]  # type: ignore[index]
    lines = seen.splitlines()
    assert sum(words in line for line in lines) == 3  # market, time zone, currency
    assert "--shop ID --region XX" in seen
    assert "VN" not in seen and "Vietnam" not in seen and "越南" not in seen
    assert ("Kind: Orders (orders)" in lines) == (language == "en")
    with_shop = explain_file(home, CASES / name, ImportOptions(shop=SHOP, region="MY", name="Shop"))
    assert "Asia/Kuala_Lumpur" in with_shop.explanations[language]  # type: ignore[index]


def test_an_income_file_in_thai(home: Home) -> None:
    """85.50 THB = 100 - 14.50, of which 10 commission, 3 for the payment and 1.50 for infrastructure."""
    outcome = load(home, "th_income.xlsx", "TH")
    assert (outcome.status, outcome.doubtful) == ("imported", [])
    assert transactions(home) == [("ORDER", Decimal("85.5"), Decimal("100"), Decimal("-14.5"))]
    assert components(home) == {
        "subtotal_before_discount_amount": Decimal("110"),
        "seller_discount_amount": Decimal("-10"),
        "transaction_fee_amount": Decimal("-3"),
        "platform_commission_amount": Decimal("-10"),
        "vn_fix_infrastructure_fee": Decimal("-1.5"),
    }


def test_an_income_file_in_vietnamese(home: Home) -> None:
    """170,500 for an order, 50,000 for ads and 80,000 from the carrier: 200,500 VND, as its own summary says."""
    outcome = load(home, "vn_income.xlsx", "VN")
    assert (outcome.status, outcome.doubtful) == ("imported", [])
    assert sorted(transactions(home), key=str) == [
        ("GMV_PAYMENT_FOR_ADS", -50_000, 0, 0),
        ("LOGISTICS_REIMBURSEMENT", 80_000, 0, 0),
        ("ORDER", 170_500, 200_000, -29_500),
    ]
    assert raw_rows(home, "statements", "settlement_amount, currency") == [(200_500, "VND")]
    assert components(home)["vat_amount"] == -2_000 and components(home)["pit_amount"] == -1_000
    assert raw_rows(home, "payments", "payment_id, status, amount") == [("R1", "PAID", 100_000)]


def test_affiliate_orders_in_vietnamese(home: Home) -> None:
    outcome = load(home, "vn_affiliate.xlsx", "VN")
    assert (outcome.status, outcome.doubtful) == ("imported", [])
    assert raw_rows(
        home,
        "affiliate_order_skus",
        "order_id, sku_id, product_id, settlement_status, content_type, actual_paid_commission",
    ) == [
        ("580000000000004001", "1730000000000005101", "1729000000000000001", "SETTLED", "VIDEO", 22_500),
        (
            "580000000000004002",
            "1730000000000005101",
            "1729000000000000001",
            "INELIGIBLE",
            "LINKSHARE",
            22_500,
        ),
    ]


def test_orders_in_japanese(home: Home) -> None:
    """11,990 JPY with 990 for shipping, paid on 27 January at 18:03:59 in Tokyo, which is 09:03:59 UTC."""
    outcome = load(home, "jp_order.csv", "JP")
    assert (outcome.status, outcome.doubtful) == ("imported", [])
    assert raw_rows(
        home, "orders", "status, payment__total_amount, payment__shipping_fee, paid_time, currency"
    ) == [("AWAITING_SHIPMENT", 11_990, 990, datetime(2026, 1, 27, 9, 3, 59, tzinfo=UTC), "JPY")]
    ((columns, unknown),) = raw_rows(home, "files", "columns, unknown_columns")
    assert unknown == "[]"
    # Names and addresses are contact data in Japanese as well.
    assert not any(
        name in columns for name in ("受取人", "姓", "都道府県", "詳細住所", "電話番号", "郵便番号")
    )


def test_what_may_be_an_address_in_another_language_is_not_kept(home: Home, tmp_path: Path) -> None:
    """Guards contact data under a header that nobody has translated; a column of money stays."""
    text = (CASES / "jp_order.csv").read_text(encoding="utf-8")
    lines = text.replace("統合リスト", "統合リスト,建物名,新しい手数料", 1)
    header, rest = lines.split("\n", 1)
    rest = rest.rstrip("\n").removesuffix(",")
    path = tmp_path / "jp.csv"
    path.write_text(f'{header}\n{rest},ヤマ荘 101号室,"1,500 JPY",\n', encoding="utf-8")
    (outcome,) = import_files(home, [path], ImportOptions(shop=SHOP, region="JP", name="Shop")).files
    assert outcome.status == "imported", outcome.why("en")
    kept = b"".join(p.read_bytes() for p in home.raw.rglob("*.parquet"))
    ((unknown,),) = raw_rows(home, "files", "unknown_columns")
    assert "建物名" in unknown and "ヤマ荘".encode() not in kept
    assert raw_rows(home, "quarantine", "reason, column_name, amount, currency") == [
        ("unknown_column", "新しい手数料", 1500, "JPY")
    ]
    assert outcome.doubtful[0].text("en") == "Left out, in no number: rows: 1, 1,500 JPY."


def test_income_by_sku_and_statement(home: Home) -> None:
    """50.00 for an order and 12.50 for ads, on the statement that the file names. What the file calls platform support
    fee is a fee; all of them make 10."""
    outcome = load(home, "my_income_statement.csv", "MY")
    assert (outcome.status, outcome.doubtful, outcome.layouts) == ("imported", [], ["income_by_sku"])
    assert sorted(transactions(home), key=str) == [
        ("GMV_PAYMENT_FOR_ADS", Decimal("-12.5"), 0, 0),
        ("ORDER", 50, 60, -10),
    ]
    assert raw_rows(home, "statements", "statement_id, statement_time, settlement_amount, currency") == [
        ("7594000000000000001", datetime(2026, 1, 16, tzinfo=UTC), Decimal("37.5"), "MYR")
    ]
    fees = components(home)
    assert fees["platform_support_fee"] == -1 and fees["sst_amount"] == -1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "it is cut off or filtered"), ("zh", "文件被截断或筛选过")]
)
def test_a_file_that_says_more_than_its_rows(
    home: Home, language: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The workbook says 999.99 SGD and has one row of 179.27."""
    shop = ("--shop", SHOP, "--region", "SG", "--name", "SG2")
    assert command("sg_income_truncated.xlsx", *shop, "--lang", language) == 3
    said = capsys.readouterr().out
    assert "999.99" in said and "179.27" in said and words in said and "Reports" in said
    assert raw_rows(home, "statements", "settlement_amount") == [(Decimal("179.27"),)]
    assert "820.72 SGD" in said
    assert raw_rows(home, "quarantine", "reason, effect, column_name, value, amount, currency") == [
        ("control_total", "left_out", "Total settlement amount", "999.99", Decimal("820.72"), "SGD")
    ]


def test_a_side_sheet_that_is_not_understood_leaves_the_main_one(home: Home, tmp_path: Path) -> None:
    """Guards income that is refused because of a renamed column of the withdrawals; and the file can come again."""
    income = [
        ["Order/adjustment ID", "Type", "Order settled time", "Currency", "Total settlement amount"],
        ["5800000000008901", "Order", "2026/10/02", "PHP", "91.29"],
    ]
    payouts = [
        ["Type", "Moon number", "Request time", "Amount", "Status", "Success time"],
        ["Withdrawal", "9000000000006191", "2026/10/06", "-70.30", "Transferred", "2026/10/06"],
    ]
    path = write_xlsx(tmp_path / "a.xlsx", {"Order details": income, "Withdrawal records": payouts})
    options = ImportOptions(shop=SHOP, region="PH", name="Shop")
    (outcome,) = import_files(home, [path], options).files
    assert (outcome.status, outcome.kinds) == ("imported", ["income"])
    assert [one.effect for one in outcome.doubtful] == ["left_out"]
    ((reason, sheet, column, english, chinese),) = raw_rows(
        home, "quarantine", "reason, sheet, column_name, message_en, message_zh"
    )
    assert (reason, sheet, column) == ("sheet_left_out", "Withdrawal records", "Reference ID")
    assert "'Withdrawals'" in english and "Reference ID" in english and "已略过" in chinese
    assert raw_rows(home, "statements", "settlement_amount") == [(Decimal("91.29"),)]
    # The same bytes are looked at again: a later version may understand the sheet.
    assert import_files(home, [path], options).files[0].status == "known"
    payouts[0][1] = "Reference ID"
    write_xlsx(path, {"Order details": income, "Withdrawal records": payouts})
    (again,) = import_files(home, [path], options).files
    assert (again.status, again.doubtful, again.kinds) == ("imported", [], ["income", "payouts"])


def test_of_a_workbook_the_sheet_with_the_rows_is_named(home: Home, tmp_path: Path) -> None:
    """Guards a message that sends people to a cover page."""
    rows = [[f"Moon column {number}" for number in range(12)], *([["1"] * 12] * 5)]
    path = write_xlsx(tmp_path / "a.xlsx", {"Cover": [["About this file"]], "Moon orders": rows})
    outcome = explain_file(home, path, ImportOptions(shop=SHOP, region="PH", name="Shop"))
    assert "sheet 'Moon orders'" in outcome.why("en")[0] and "Cover" not in outcome.why("en")[0]
    assert "工作表“Moon orders”" in outcome.why("zh")[0]


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("th_orders.csv", "TH"),
        ("br_orders.csv", "BR"),
        ("us_orders_63.csv", "US"),
        ("gb_order.csv", "GB"),
        ("ph_income_2026_10.xlsx", "PH"),
        ("vn_live_35.xlsx", "VN"),
        ("th_income.xlsx", "TH"),
        ("vn_income.xlsx", "VN"),
        ("vn_affiliate.xlsx", "VN"),
        ("jp_order.csv", "JP"),
        ("my_income_statement.csv", "MY"),
    ],
)
def test_what_is_understood_ends_well(home: Home, name: str, region: str) -> None:
    assert command(name, "--shop", SHOP, "--region", region, "--name", "Shop") == 0
    assert raw_rows(home, "quarantine") == []


def transactions(home: Home) -> list[tuple[Any, ...]]:
    return raw_rows(home, "statement_transactions", "type, settlement_amount, revenue_amount, fee_tax_amount")


def components(home: Home) -> dict[str, Decimal]:
    return dict(raw_rows(home, "statement_transaction_components", "component, amount"))
