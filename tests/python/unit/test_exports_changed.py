"""Files that somebody or something has changed between the download and the import, and reports that are not loaded.

Each comes out right, or is refused, or the import says which row is not as it was downloaded: never other money in silence.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import test_exports_seeded as seeded
from exports_helpers import codes, write_csv, write_xlsx
from test_exports_seeded import ALL, SHOP, Came, Sample, above, came_of, is_told, sample

from ingestion.seller_center.layouts import layouts
from ingestion.seller_center.not_loaded import reports
from ingestion.seller_center.reader import read_file

Rows = Sequence[Sequence[Any]]
WITH_AMOUNT = ("orders", "income", "withdrawal_records", "gmv_max_overview_7")


def table(one: Sample) -> list[Sequence[Any]]:
    return [*above(one.layout), one.header, *one.rows]


def with_money(one: Sample, change: Callable[[str], str]) -> list[Sequence[Any]]:
    """The rows with each amount written in another way."""
    types = [one.layout.kind.columns[name].type for name in one.names]
    rows = [
        [change(cell) if kind == "money" and cell else cell for kind, cell in zip(types, row, strict=True)]
        for row in one.rows
    ]
    return [*above(one.layout), one.header, *rows]


def is_right_or_told(came: Came, total: Decimal) -> bool:
    if came.money is None:
        return is_told(came.reading)
    return came.money == total or came.is_doubtful


@pytest.mark.parametrize("layout", ALL)
def test_a_download_pasted_under_itself_counts_once(layout: str, tmp_path: Path) -> None:
    """Guards sales that double because somebody put two downloads into one file."""
    one = sample(layouts()[layout])
    came = came_of(write_csv(tmp_path / "a.csv", [*table(one), *one.rows]))
    assert came.money == one.total() and came.is_doubtful


@pytest.mark.parametrize("layout", ALL)
def test_the_same_rows_on_two_sheets_count_once(layout: str, tmp_path: Path) -> None:
    one = sample(layouts()[layout])
    came = came_of(write_xlsx(tmp_path / "a.xlsx", {"A": table(one), "B": table(one)}))
    assert came.money == one.total() and came.is_doubtful


def test_equal_rows_side_by_side_count_and_are_told(tmp_path: Path) -> None:
    """Two equal adjustments of a moment: 22.52 twice."""
    one = sample(layouts()["income"])
    came = came_of(write_csv(tmp_path / "a.csv", [one.header, *one.rows[:2], *one.rows[1:]]))
    assert came.money == one.total() + Decimal("22.52") and came.is_doubtful
    twice = came_of(write_csv(tmp_path / "b.csv", [one.header, *[*one.rows[:2], *one.rows[1:]] * 2]))
    assert twice.money == came.money


@pytest.mark.parametrize("is_newer_first", [False, True])
def test_of_two_states_of_an_order_the_later_one_counts(tmp_path: Path, *, is_newer_first: bool) -> None:
    """Two downloads in one file: in the older one nothing was delivered yet."""
    one = sample(layouts()["orders"])
    older = [list(row) for row in one.rows]
    for row in older:
        row[one.place("order_status")], row[one.place("delivered_time")] = "Shipped", ""
    blocks = [one.rows, older] if is_newer_first else [older, one.rows]
    path = write_csv(tmp_path / "a.csv", [one.header, *blocks[0], *blocks[1]])
    came = came_of(path)
    assert came.money == one.total() and came.is_doubtful


def test_a_sku_in_two_rows_of_its_order_stays_two(tmp_path: Path) -> None:
    """Two parcels of one SKU, row beside row: 12.51 twice."""
    one = sample(layouts()["orders"])
    second = list(one.rows[0])
    second[one.place("package_id")] = "57690000000000999"
    came = came_of(write_csv(tmp_path / "a.csv", [one.header, one.rows[0], second, *one.rows[1:]]))
    assert came.money == one.total() + Decimal("12.51") and not came.is_doubtful


@pytest.mark.parametrize("layout", WITH_AMOUNT)
@pytest.mark.parametrize("cell", ["", "#N/A", "#VALUE!", "12%", "1.2K"])
def test_an_amount_that_is_none_is_told(layout: str, cell: str, tmp_path: Path) -> None:
    """Guards merged and cleared cells, and the errors of spreadsheets: NULL in silence is money lost in silence."""
    one = sample(layouts()[layout])
    total = one.total()
    one.rows[1][one.place(seeded.MONEY[one.layout.kind.kind][2])] = cell
    came = came_of(write_csv(tmp_path / "a.csv", table(one)))
    assert came.money == total - Decimal("22.52") and came.is_doubtful


@pytest.mark.parametrize("layout", ["income", "unsettled", "affiliate_orders", "gmv_max_overview_7"])
def test_amounts_in_another_currency_than_their_row_are_refused(layout: str, tmp_path: Path) -> None:
    """The column says PHP, and the cells say euro."""
    one = sample(layouts()[layout])
    came = came_of(write_csv(tmp_path / "a.csv", with_money(one, lambda text: f"{text} €")))
    assert came.money is None and is_told(came.reading)
    assert "currency_contradicted" in codes(came.reading, "error")


@pytest.mark.parametrize("layout", ALL)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace(".", ","), id="decimal comma"),
        pytest.param(lambda text: text.translate(str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")), id="Arabic"),
        pytest.param(lambda text: text.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")), id="Thai"),
        pytest.param(lambda text: f"₱{text}", id="sign"),
        pytest.param(lambda text: f"1,{text}", id="thousands"),
    ],
)
def test_digits_of_the_world_are_right_or_told(
    layout: str, change: Callable[[str], str], tmp_path: Path
) -> None:
    one = sample(layouts()[layout])
    money = seeded.MONEY[one.layout.kind.kind][2]
    came = came_of(write_csv(tmp_path / "a.csv", with_money(one, change), delimiter=";"))
    thousand = 1000 * len(one.rows) if change("12.51") == "1,12.51" else 0
    assert money and is_right_or_told(came, one.total() + thousand)


@pytest.mark.parametrize("layout", ALL)
def test_years_of_the_buddha_are_told(layout: str, tmp_path: Path) -> None:
    """2569 is 2026: no row is taken for one of a day in five hundred years, or of no day, in silence."""
    one = sample(layouts()[layout])
    one.rows = [[cell.replace("2026-", "2569-") for cell in row] for row in one.rows]
    came = came_of(write_csv(tmp_path / "a.csv", table(one)))
    is_dated = one.layout.period in one.names
    assert came.money is None or came.is_doubtful or not is_dated


@pytest.mark.parametrize("layout", ALL)
def test_headers_in_two_rows_blanks_and_encodings(layout: str, tmp_path: Path) -> None:
    one = sample(layouts()[layout])
    total, rows = one.total(), table(one)
    ways = {
        "groups above": write_csv(tmp_path / "1.csv", [["Groups", *[""] * (len(one.header) - 1)], *rows]),
        "blanks above": write_csv(tmp_path / "2.csv", [[""], [], ["", ""], *rows]),
        "BOM": write_csv(tmp_path / "3.csv", rows, encoding="utf-8-sig"),
        "UTF-16": write_csv(tmp_path / "4.csv", rows, encoding="utf-16"),
        "GB18030": write_csv(tmp_path / "5.csv", rows, encoding="gb18030"),
        "semicolon": write_csv(tmp_path / "6.csv", rows, delimiter=";"),
        "tab": write_csv(tmp_path / "7.csv", rows, delimiter="\t"),
        "header again": write_csv(tmp_path / "8.csv", [*rows[:-2], one.header, *rows[-2:]]),
    }
    for way, path in ways.items():
        came = came_of(path)
        assert (way, came.money, came.is_doubtful) == (way, total, False)


@pytest.mark.parametrize("layout", ALL)
@pytest.mark.parametrize("word", ["Total", "合计", "รวม", "Tổng cộng", "-", ""])
def test_a_sum_in_the_middle_is_no_row(layout: str, word: str, tmp_path: Path) -> None:
    one = sample(layouts()[layout])
    types = [one.layout.kind.columns[name].type for name in one.names]
    row = ["35.03" if kind == "money" else "" for kind in types]
    row[one.place(one.layout.key)] = word
    path = write_csv(tmp_path / "a.csv", [*above(one.layout), one.header, *one.rows[:2], row, *one.rows[2:]])
    assert came_of(path).money == one.total()


@pytest.mark.parametrize("report", sorted(reports()))
def test_a_report_that_is_not_loaded_says_what_it_is(report: str, tmp_path: Path) -> None:
    """Each header of each such report: refused by name, with what to import instead, in both languages."""
    content = reports()[report]
    for marks in content["any_of"]:
        names = [*marks, "Something else"]
        random.Random(report).shuffle(names)
        came = came_of(write_csv(tmp_path / "a.csv", [["2026"], names, ["1"] * len(names)]))
        assert came.money is None
        (problem,) = [one for one in came.reading.problems if one.severity == "error"]
        assert (problem.code, problem.row) == ("not_loaded", 2)
        for language in ("en", "zh"):
            assert content["title"][language] in problem.text(language)  # type: ignore[arg-type]
            assert content["advice"][language] in problem.text(language)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "vi", "th", "id", "zh", "pt"])
def test_gmv_max_by_day_is_read_in_every_language(language: str, tmp_path: Path) -> None:
    """The header as seen, two days of 667.81 and 400.00, and the sum with a dash for a day: 1,067.81, once."""
    layout = layouts()["gmv_max_overview_7"]
    header = []
    for name in layout.columns:
        found = [a.header for a in layout.kind.columns[name].headers if a.language == language]
        header.append((found or [layout.kind.columns[name].headers[0].header])[0])
    assert (
        language == "en"
        or len(set(header) - {spec.headers[0].header for spec in layout.kind.columns.values()}) > 3
    )
    rows: Rows = [
        ["2026-08-15 00:00:00", "667.81", 26, "25.68", "6805.94", "10.19", "PHP"],
        ["2026-08-16 00:00:00", "400.00", 32, "12.50", "25938.11", "64.85", "PHP"],
        ["-", "1067.81", 58, "18.41", "32744.05", "30.66", "PHP"],
    ]
    came = came_of(write_xlsx(tmp_path / "a.xlsx", {"Sheet1": [header, *rows]}))
    assert came.money == Decimal("1067.81") and not came.is_doubtful
    cut = came_of(write_xlsx(tmp_path / "b.xlsx", {"Sheet1": [header, rows[0], rows[2]]}))
    assert cut.money == Decimal("667.81") and cut.is_doubtful


def test_an_inferred_status_is_marked_on_the_order(tmp_path: Path) -> None:
    """One order of four has a word that nobody knows."""
    one = sample(layouts()["orders"])
    one.rows[2][one.place("order_status")] = "Beamed up"
    marks = orders_of(write_csv(tmp_path / "a.csv", table(one)))
    assert marks == [False, False, True, False]


def orders_of(path: Path) -> list[bool]:
    """The marks of the orders of a file, in the order of its rows."""
    from datetime import UTC, datetime

    from ingestion.seller_center.building import FileRows
    from ingestion.seller_center.entities import Facts
    from ingestion.seller_center.packing import packed_rows, page_groups

    reading = read_file(path, shop=SHOP)
    moment = datetime(2026, 11, 15, tzinfo=UTC)
    facts = {
        sheet.name: Facts(reading.sha256, sheet.name, sheet.decisions, "shop", "", moment, sheet.header)
        for sheet in reading.sheets
    }
    maker = FileRows(facts)
    tables = [
        maker.add(page)["orders"] for group in page_groups(facts, packed_rows(reading)) for page in group
    ]
    return [mark for table in tables for mark in table["is_status_inferred"].to_pylist()]
