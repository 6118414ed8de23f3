"""Order exports of the sandbox: the headers of real files, their quirks, and the API's orders in them."""

from __future__ import annotations

import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from export_helpers import grid, table, written
from world_helpers import CLOCK, DAY, SHOP, bodies, world_of

from sandbox.exports import formats
from sandbox.exports.orders import _MONEY, _TEXTS, _TIMES, _UNKNOWN, COLUMNS
from sandbox.world.lives import COMPLETED_REFUNDS
from sandbox.world.store import Store

HEADERS = orjson.loads((Path(__file__).parent / "export_headers.json").read_bytes())
LAYOUTS = ["order_us", "order_vn_54", "order_ph_55", "order_id_65"]
PLAIN: dict[str, Callable[[str], Decimal]] = {
    "order_us": Decimal,
    "order_vn_54": Decimal,
    "order_ph_55": lambda shown: Decimal(shown.split(" ")[1].replace(",", "")),
    "order_id_65": lambda shown: Decimal(shown.replace(".", "").replace(",", ".")),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(world_of(tmp_path_factory, orders=4000, days=60))


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of an order file without the TABs and the description row."""
    rows = [{name: cell.rstrip("\t") for name, cell in row.items()} for row in table(path)]
    return rows[1:] if rows[0]["Order ID"].startswith("Platform") else rows


@pytest.mark.parametrize("layout", LAYOUTS)
def test_headers_are_those_of_real_files(store: Store, tmp_path: Path, layout: str) -> None:
    assert grid(written(tmp_path, store, "GB", layout))[0] == HEADERS[layout]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_column_has_one_source(layout: str) -> None:
    sources = Counter(name for part in (_MONEY, _TEXTS, _TIMES, _UNKNOWN) for name in part)
    assert {name: sources[name] for name in COLUMNS[layout]} == dict.fromkeys(COLUMNS[layout], 1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("region", ["TH", "VN", "US"])
def test_a_file_adds_up_to_the_orders_of_the_api(
    store: Store, tmp_path: Path, layout: str, region: str
) -> None:
    orders = {order["id"]: order for order in bodies(store, "order", SHOP[region])}
    rows, money = rows_of(written(tmp_path, store, region, layout)), PLAIN[layout]
    assert {row["Order ID"] for row in rows} == orders.keys()
    lines = [line for order in orders.values() for line in order["line_items"]]
    assert sum(int(row["Quantity"]) for row in rows) == len(lines)
    for column, name in (
        ("SKU Subtotal Before Discount", "original_price"),
        ("SKU Platform Discount", "platform_discount"),
        ("SKU Seller Discount", "seller_discount"),
        ("SKU Subtotal After Discount", "sale_price"),
    ):
        assert sum(money(row[column]) for row in rows) == sum(Decimal(line[name]) for line in lines)
    once = {row["Order ID"]: row for row in rows}.values()
    assert sum(money(row["Order Amount"]) for row in once) == sum(
        Decimal(order["payment"]["total_amount"]) for order in orders.values()
    )
    refunds = [
        Decimal(request["refund_amount"]["refund_total"])
        for kind, states in (
            ("return", COMPLETED_REFUNDS),
            ("cancellation", ("CANCELLATION_REQUEST_COMPLETE",)),
        )
        for request in bodies(store, kind, SHOP[region])
        if (request.get("return_status") or request["cancel_status"]) in states
    ]
    assert sum(money(row["Order Refund Amount"]) for row in once) == sum(refunds) > 0


def test_amounts_of_the_order_repeat_on_each_of_its_rows(store: Store, tmp_path: Path) -> None:
    by_order: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows_of(written(tmp_path, store, "US", "order_us")):
        by_order[row["Order ID"]].append(row)
    several = [rows for rows in by_order.values() if len(rows) > 1]
    assert len(several) > 50
    for rows in several:
        assert (
            len({(row["Order Amount"], row["Order Refund Amount"], row["Created Time"]) for row in rows}) == 1
        )


def test_units_cancelled_alone_have_a_row_of_their_own(store: Store, tmp_path: Path) -> None:
    order = next(
        order
        for order in bodies(store, "order", SHOP["TH"])
        if order["status"] != "CANCELLED"
        and any(line["display_status"] == "CANCELLED" for line in order["line_items"])
    )
    gone = [line for line in order["line_items"] if line["display_status"] == "CANCELLED"]
    rows = [
        row
        for row in rows_of(written(tmp_path, store, "TH", "order_ph_55"))
        if row["Order ID"] == order["id"]
    ]
    cancelled = [row for row in rows if row["Order Status"] == "Canceled"]
    assert [(row["SKU ID"], row["Quantity"], row["Cancelation/Return Type"]) for row in cancelled] == [
        (gone[0]["sku_id"], "1", "Cancel")
    ]
    assert sum(int(row["Quantity"]) for row in rows) == len(order["line_items"])


def test_returned_units_are_those_of_completed_returns(store: Store, tmp_path: Path) -> None:
    expected: dict[str, set[str]] = defaultdict(set)
    asked = set()
    for request in bodies(store, "return", SHOP["TH"]):
        asked.add(request["order_id"])
        if request["return_status"] in COMPLETED_REFUNDS:
            expected[request["order_id"]] |= {
                line["order_line_item_id"] for line in request["return_line_items"]
            }
    found: Counter[str] = Counter()
    typed = set()
    for row in rows_of(written(tmp_path, store, "TH", "order_ph_55")):
        found[row["Order ID"]] += int(row["Sku Quantity of return"])
        if row["Cancelation/Return Type"] == "Return/Refund":
            typed.add(row["Order ID"])
    assert {order: units for order, units in found.items() if units} == {
        order: len(lines) for order, lines in expected.items()
    }
    assert typed == asked


def test_csv_files_have_a_mark_and_tabs(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "MY", "order_id_65")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfOrder ID,")
    tabbed = {name for name in COLUMNS["order_id_65"] if name.endswith(" Time")}
    tabbed |= {"Order ID", "SKU ID", "Package ID", "Zipcode"}
    rows = table(path)
    for row in rows:
        assert {name for name, cell in row.items() if cell.endswith("\t")} == tabbed
    # Nothing is a TAB alone, not an empty cell.
    assert any(row["Cancelled Time"] == "\t" for row in rows)
    assert any(row["Package ID"] == "\t" for row in rows)
    assert all(re.fullmatch(r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}:\d{2}\t", row["Created Time"]) for row in rows)


def test_the_american_workbook_has_its_quirks(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, store, "US", "order_us")
    with zipfile.ZipFile(path) as archive:
        assert b'<dimension ref="A1"/>' in archive.read("xl/worksheets/sheet1.xml")
        assert b'name="OrderSKUList"' in archive.read("xl/workbook.xml")
    assert grid(path)[1][0] == "Platform unique order ID."
    zone = ZoneInfo("America/Los_Angeles")
    created = {order["id"]: order["create_time"] for order in bodies(store, "order", SHOP["US"])}
    for row in rows_of(path):
        assert re.fullmatch(r"\d{2}/\d{2}/\d{4} \d{1,2}:\d{2}:\d{2} [AP]M", row["Created Time"])
        moment = datetime.strptime(row["Created Time"], "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=zone)
        # The hour that comes twice in autumn is not to be told apart.
        assert int(moment.timestamp()) in (created[row["Order ID"]], created[row["Order ID"]] - 3600)


def test_the_same_columns_have_the_day_first_in_britain(store: Store, tmp_path: Path) -> None:
    created = [row["Created Time"] for row in rows_of(written(tmp_path, store, "GB", "order_us"))]
    assert all(re.fullmatch(r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}:\d{2}", time) for time in created)
    assert {int(time[3:5]) for time in created} == {9, 10, 11}


def test_words_are_in_the_language_of_the_market(store: Store, tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, store, "VN", "order_vn_54"))
    statuses = Counter(
        "Đã hủy" if order["status"] == "CANCELLED" else order["status"]
        for order in bodies(store, "order", SHOP["VN"])
    )
    whole = {row["Order ID"] for row in rows if row["Order Status"] == "Đã hủy"} - {
        row["Order ID"] for row in rows if row["Order Status"] != "Đã hủy"
    }
    assert len(whole) == statuses["Đã hủy"] > 0
    methods = {order["id"]: order["is_cod"] for order in bodies(store, "order", SHOP["VN"])}
    assert all(
        (row["Payment Method"] == "Thanh toán khi giao hàng") == methods[row["Order ID"]] for row in rows
    )
    english = rows_of(written(tmp_path, store, "VN", "order_vn_54", language="en"))
    assert {row["Payment Method"] for row in english} == {"Cash on delivery", "Credit/Debit card"}


def test_contact_columns_hold_what_has_to_be_cut(store: Store, tmp_path: Path) -> None:
    row = rows_of(written(tmp_path, store, "US", "order_us"))[0]
    for name in ("Buyer Username", "Buyer Nickname", "Recipient", "Address Line 1", "Zipcode"):
        assert "PII" in row[name]
    assert row["Phone #"].startswith("(+59)770")


def test_creators_are_named_where_they_have_a_part(store: Store, tmp_path: Path) -> None:
    claims = {
        (row["id"], sku["sku_id"]): sku["creator_username"]
        for row in bodies(store, "affiliate_sku", SHOP["US"])
        for sku in row["skus"]
    }
    found = {
        (row["Order ID"], row["SKU ID"]): row["Creator Handle"]
        for row in rows_of(written(tmp_path, store, "US", "order_us"))
        if row["Creator Handle"]
    }
    assert found == claims


def test_only_the_days_asked_for_on_the_shops_calendar(store: Store, tmp_path: Path) -> None:
    from datetime import date

    path = written(tmp_path, store, "US", "order_us", first=date(2026, 10, 31), until=date(2026, 11, 2))
    # The day on which the clocks go back has 25 hours: 07:00 UTC to 08:00 UTC.
    begin, end = (
        int(datetime(2026, month, day, hour, tzinfo=ZoneInfo("UTC")).timestamp())
        for month, day, hour in ((10, 31, 7), (11, 2, 8))
    )
    expected = {o["id"] for o in bodies(store, "order", SHOP["US"]) if begin <= o["create_time"] < end}
    assert {row["Order ID"] for row in rows_of(path)} == expected


def test_a_later_download_tells_what_has_happened_since(store: Store, tmp_path: Path) -> None:
    before, after = (
        {
            row["Order ID"]: row["Order Substatus"]
            for row in rows_of(written(tmp_path / str(clock), store, "TH", "order_ph_55", clock=clock))
        }
        for clock in (CLOCK, CLOCK + 2 * DAY)
    )
    assert before.keys() < after.keys()
    changes = Counter((before[order], after[order]) for order in before if before[order] != after[order])
    assert changes["In transit", "Delivered"] > 0
    assert ("Delivered", "In transit") not in changes


def test_amounts_by_hand() -> None:
    amount = Decimal("-1234.5")
    assert formats.plain(amount, SHOP["TH"]) == "-1234.50"
    assert formats.coded(amount, SHOP["TH"]) == "THB -1,234.50"
    assert formats.continental(amount, SHOP["TH"]) == "-1.234,50"
    assert formats.symbolic(amount, SHOP["TH"]) == "-฿1,234.50"
    assert formats.symbolic(Decimal(2281428), SHOP["VN"]) == "₫2,281,428"
    assert formats.displayed("₫2.281.428", SHOP["VN"]) == Decimal(2281428)
    assert formats.displayed("RM1,234.50", SHOP["MY"]) == Decimal("1234.50")
    assert formats.percent("0.033233") == "3.32%"
    assert formats.whole_percent("0.0151") == "2%"
    assert [formats.rate(one) for one in ("1550", "1500", "1505", "0")] == ["15.5%", "15%", "15.05%", "0%"]


@pytest.mark.parametrize(
    ("hour", "shown"), [(0, "12:05:09 AM"), (9, "9:05:09 AM"), (12, "12:05:09 PM"), (23, "11:05:09 PM")]
)
def test_american_hours(hour: int, shown: str) -> None:
    assert formats.month_first(datetime(2026, 3, 4, hour, 5, 9)) == f"03/04/2026 {shown}"  # noqa: DTZ001
