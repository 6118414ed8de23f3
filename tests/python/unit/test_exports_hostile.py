"""Files that would end whoever opens them: each is refused by name, moved away, and the others go on."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from exports_helpers import US, header, row, write_xlsx
from import_helpers import SHOP, known_shop, order, write_orders

import ingestion.seller_center.workbook_process as process
from home.config import InboxConfig
from home.layout import Home
from ingestion.importing import import_files
from ingestion.inbox import arrived, import_inbox
from ingestion.seller_center import reader
from ingestion.seller_center.reader import read_file
from ingestion.seller_center.workbook import open_tables

AT_ONCE = InboxConfig(settle_seconds=0)
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(autouse=True)
def _own_reader() -> object:
    """A reader with the limits of the test, and none of them afterwards."""
    process._end()
    yield
    process._end()


def changed(path: Path, old: bytes, new: bytes, part: str = SHEET) -> Path:
    """A workbook in which a part says something else."""
    with zipfile.ZipFile(path) as book:
        parts = {info.filename: book.read(info.filename) for info in book.infolist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def far_cell(path: Path, *, declared: bool) -> Path:
    """1.5 kB: a cell at the far corner, for which 549 GB are asked for."""
    write_xlsx(path, {"Sheet1": [["a", "b"]]})
    changed(path, b'r="B1"', b'r="XFD1048576"')
    return changed(path, b'ref="A1:B1"', b'ref="A1:XFD1048576"') if declared else path


def bomb(path: Path, megabytes: int) -> Path:
    """Shared strings of many megabytes, in some kilobytes."""
    write_xlsx(path, {"Sheet1": [["a"]]})
    return changed(
        path, b"<t>a</t>", b"<t>" + b"a" * (megabytes * 1_000_000) + b"</t>", "xl/sharedStrings.xml"
    )


def reasons(path: Path) -> list[str]:
    reading = read_file(path, shop=US)
    assert reading.stopped and not reading.sheets
    return [problem.code for problem in reading.problems]


@pytest.mark.parametrize("declared", [True, False])
def test_a_cell_at_the_far_corner(tmp_path: Path, declared: bool) -> None:
    path = far_cell(tmp_path / "far.xlsx", declared=declared)
    assert path.stat().st_size < 20_000
    assert reasons(path) == ["too_large_file" if declared else "file_kills_reader"]
    said = read_file(path, shop=US).problems[0].text("en")
    assert "far.xlsx" in said and "ownload it" in said


def test_a_small_file_that_unpacks_to_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LEAST_MEMORY", 400_000_000)
    monkeypatch.setattr(process, "available_bytes", lambda: 0)
    assert reasons(bomb(tmp_path / "bomb.xlsx", 400)) == ["file_kills_reader"]


def test_a_file_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SECONDS", 0.0)
    path = write_xlsx(tmp_path / "slow.xlsx", {"Sheet1": [["a"]]})
    assert reasons(path) == ["file_takes_too_long"]


def test_a_sheet_that_only_declares_much_is_read(tmp_path: Path) -> None:
    """A spreadsheet program declares whole columns that are only coloured."""
    names = header("order_us")
    path = write_xlsx(
        tmp_path / "a.xlsx", {"OrderSKUList": [names, row(names, {})]}, dimension="A1:XFD1048576"
    )
    assert [table.name for table in open_tables(path)] == ["OrderSKUList"]
    assert len(list(open_tables(path)[0].rows())) == 2


def test_rows_are_given_anew_and_side_by_side(tmp_path: Path) -> None:
    sheets = {name: [[f"{name}{number}", number, 1.5] for number in range(2_500)] for name in ("A", "B")}
    first, second = open_tables(write_xlsx(tmp_path / "a.xlsx", sheets))
    one, other = first.rows(), second.rows()
    assert [next(one), next(other), next(one)] == [["A0", 0, 1.5], ["B0", 0, 1.5], ["A1", 1, 1.5]]
    assert list(first.rows()) == sheets["A"] and list(other) == sheets["B"][1:]


def test_in_the_inbox_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    import_files(home, [write_orders(tmp_path / "first.csv", order(577100000000000009))], known_shop())
    inbox = home.root / "inbox"
    (inbox / SHOP).mkdir(parents=True)
    far_cell(inbox / SHOP / "a-far.xlsx", declared=False)
    write_orders(inbox / SHOP / "b-bug.csv", order(577100000000000007))
    write_orders(inbox / SHOP / "c.csv", order())
    known = reader.read_file

    def with_a_bug(path: Path, **options: object) -> object:
        if path.name == "b-bug.csv":
            raise ZeroDivisionError("of ours")
        return known(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("ingestion.seller_center.identify.read_file", with_a_bug)
    found = {one.path.name: one for one in import_inbox(home, AT_ONCE)}
    assert {name: one.status for name, one in found.items()} == {
        "a-far.xlsx": "refused",
        "b-bug.csv": "refused",
        "c.csv": "imported",
    }
    assert arrived(inbox, 0) == [], "nothing is left that would stop the next import"
    refused = inbox / "refused" / SHOP
    assert "MB of memory" in (refused / "a-far.xlsx.txt").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in (refused / "b-bug.csv.txt").read_text(encoding="utf-8")


def test_a_name_with_signs_of_a_terminal_is_told_without_them(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2J\nok: all imported.csv"
    path.write_bytes(b"")
    text = read_file(path, shop=US).problems[0].text("en")
    assert "\x1b" not in text and "\n" not in text and "all imported.csv" in text
