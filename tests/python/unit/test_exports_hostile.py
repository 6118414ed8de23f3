"""Files that would end whoever opens them: each is refused by name, moved away, and the others go on."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from exports_helpers import US, header, row, write_xlsx
from import_helpers import SHOP, known_shop, order, write_orders

import ingestion.seller_center.workbook_process as process
from home.config import InboxConfig
from home.layout import Home
from home.storage import StorageError
from home.text import file_name
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


def lying_bomb(path: Path) -> None:
    """A zip that declares ten bytes for a part of 100 MB."""
    bomb(path, 100)
    with zipfile.ZipFile(path) as book:
        size = max(part.file_size for part in book.infolist())
    content = path.read_bytes()
    assert content.count(size.to_bytes(4, "little")) == 2
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little")))


def nested_bomb(path: Path) -> None:
    """A zip whose sheet is a zip of 300 MB."""
    inner = bomb(path.with_name("inner"), 300)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.write(inner, SHEET)
        book.write(inner, "inner.zip")
    inner.unlink()


def same_part_often(path: Path) -> None:
    """Many names for the same compressed bytes: a few kilobytes that declare 60 GB."""
    part = b"PK\x03\x04" + b"\0" * 26
    entries = bytearray()
    for number in range(3_000):
        name = f"xl/{number:04}".encode()
        sizes = (10).to_bytes(4, "little") + (20_000_000).to_bytes(4, "little")
        entries += b"PK\x01\x02" + b"\x14\0\x14\0\0\0\x08\0" + b"\0" * 8 + sizes
        entries += len(name).to_bytes(2, "little") + b"\0" * 16 + name
    end = b"PK\x05\x06" + b"\0" * 4 + (3_000).to_bytes(2, "little") * 2
    end += len(entries).to_bytes(4, "little") + len(part).to_bytes(4, "little") + b"\0\0"
    path.write_bytes(part + entries + end)


def name_of_windows(path: Path) -> None:
    """An archive that was packed on a Chinese Windows: its names are in GBK."""
    write_orders(path, order(577100000000000003)).rename(path.with_name(os.fsdecode(b"\xb6\xa9\xb5\xa5.csv")))


def from_the_future(path: Path) -> None:
    """From a machine whose clock is wrong, or from before this one's was set back."""
    os.utime(write_orders(path, order(577100000000000003)), (4e9, 4e9))


def longest_name(path: Path) -> None:
    """255 bytes, and no room for `.txt`; another one of this name was refused before."""
    name = "订" * 83 + "ab.csv"
    before = path.parent.parent / "refused" / SHOP
    before.mkdir(parents=True)
    (before / name).write_text("")
    (path.parent / name).write_text("x")


def links(path: Path) -> None:
    """To a file that is no export, to nothing, to itself, to a device, and back to the inbox; and a pipe."""
    path.symlink_to("/etc/passwd")
    path.with_name("b.csv").symlink_to("/nowhere")
    path.with_name("c.csv").symlink_to(path.with_name("c.csv"))
    path.with_name("d.csv").symlink_to("/dev/zero")
    path.parent.with_name("loop").symlink_to(path.parent.parent)
    os.mkfifo(path.with_name("e.csv"))


@pytest.mark.parametrize(
    ("make", "became"),
    [
        (lying_bomb, {"a.xlsx": "refused"}),
        (nested_bomb, {"a.xlsx": "refused"}),
        (same_part_often, {"a.xlsx": "refused"}),
        (name_of_windows, {"订单.csv": "imported"}),
        (from_the_future, {"a.csv": "imported"}),
        (longest_name, {"订" * 83 + "ab.csv": "refused"}),
        (links, {"a.csv": "refused"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_no_file_keeps_the_others_of_an_inbox_back(
    tmp_path: Path, make: Callable[[Path], None], became: dict[str, str]
) -> None:
    """A name in GBK, or one too long, ended every import; a file of the future waited for ever, and nobody was told."""
    home = Home(tmp_path / "home")
    import_files(home, [write_orders(tmp_path / "first.csv", order(577100000000000009))], known_shop())
    inbox = home.root / "inbox"
    (inbox / SHOP).mkdir(parents=True)
    make(inbox / SHOP / next(name if name.startswith("a") else "a.csv" for name in became))
    write_orders(inbox / SHOP / "z.csv", order())
    found = {file_name(one.path): one.status for one in import_inbox(home, AT_ONCE)}
    assert found == {**became, "z.csv": "imported"}
    assert arrived(inbox, 0) == [], "nothing is left that would be tried again"
    for one in (inbox / "refused").rglob("*.txt"):
        assert one.with_suffix("").exists() and one.read_text(encoding="utf-8")


def test_a_file_that_can_not_be_moved_keeps_no_other_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    import_files(home, [write_orders(tmp_path / "first.csv", order(577100000000000009))], known_shop())
    folder = home.root / "inbox" / SHOP
    write_orders(folder / "a.csv", order(577100000000000003))
    write_orders(folder / "z.csv", order())
    moved = shutil.move

    def move(source: Path, target: Path) -> None:
        if source.name == "a.csv":
            raise OSError(5, "Input/output error")
        moved(source, target)

    monkeypatch.setattr("ingestion.inbox.shutil.move", move)
    with pytest.raises(StorageError, match="Input/output error"):
        import_inbox(home, AT_ONCE)
    assert (home.root / "inbox" / "done" / SHOP / "z.csv").exists()


def test_a_name_with_signs_of_a_terminal_is_told_without_them(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2J\nok: all imported.csv"
    path.write_bytes(b"")
    text = read_file(path, shop=US).problems[0].text("en")
    assert "\x1b" not in text and "\n" not in text and "all imported.csv" in text
