"""The watched folder: only what is complete is taken, and each file goes where its outcome says."""

from __future__ import annotations

import gzip
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from import_helpers import SHOP, known_shop, order, raw_rows, write_orders
from templates import copy_of

from home.audit_log import entries
from home.config import InboxConfig, load_inbox_config
from home.errors import ConfigError
from home.layout import Home
from ingestion.engine.progress import Progress
from ingestion.importing import import_files
from ingestion.inbox import arrived, import_inbox
from ingestion.seller_center.export_files import files_in
from ingestion.seller_center.importer import explain_file
from ingestion.seller_center.outcomes import ImportOptions
from orchestration.defs.ingestion.inbox import INBOX, build_inbox_assets, build_inbox_sensor
from orchestration.defs.ingestion.resources import HomeResource

AT_ONCE = InboxConfig(settle_seconds=0)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that knows one shop. Never changed: `home` is a copy."""
    folder = tmp_path_factory.mktemp("inbox")
    home = Home(folder / "home")
    import_files(home, [write_orders(folder / "first.csv", order(577100000000000009))], known_shop())
    return home


@pytest.fixture
def home(imported: Home, tmp_path: Path) -> Home:
    return copy_of(imported, tmp_path / "home")


def tick(home: Home) -> dg.SensorResult:
    sensor = build_inbox_sensor(dg.define_asset_job("import_job", selection=dg.AssetSelection.all()))
    result = sensor(dg.build_sensor_context(), home=HomeResource(root=str(home.root)))
    assert isinstance(result, dg.SensorResult)
    return result


def test_a_file_that_is_still_written_is_left_alone(tmp_path: Path) -> None:
    """Guards half a download that is imported as a whole file."""
    path = write_orders(tmp_path / SHOP / "orders.csv", order())
    write_orders(tmp_path / "done" / SHOP / "old.csv", order())
    (tmp_path / SHOP / "orders.csv.part").write_text("half", encoding="utf-8")
    assert arrived(tmp_path, 30) == []
    # A copy may have kept the old time of its content: when it was put here counts.
    os.utime(path, (0, 0))
    assert arrived(tmp_path, 30) == []
    assert [one.path for one in arrived(tmp_path, 30, now=time.time() + 31)] == [path]


def test_files_go_to_done_or_refused_with_the_reason(home: Home) -> None:
    inbox = home.root / "inbox"
    write_orders(inbox / SHOP / "orders.csv", order())
    write_orders(inbox / SHOP / "bad.csv", order("5.77E+17"))
    write_orders(inbox / "123" / "orders.csv", order(577100000000000003))
    outcomes = import_inbox(home, AT_ONCE)
    assert {(one.path.parent.name, one.path.name): one.status for one in outcomes} == {
        ("123", "orders.csv"): "refused",
        (SHOP, "bad.csv"): "refused",
        (SHOP, "orders.csv"): "imported",
    }
    assert (inbox / "done" / SHOP / "orders.csv").is_file()
    why = (inbox / "refused" / SHOP / "bad.csv.txt").read_text(encoding="utf-8")
    assert "row 2, column 'Order ID'" in why and "第 2 行" in why
    # One shop is known, and yet the folder of another is not its.
    assert "123" in (inbox / "refused" / "123" / "orders.csv.txt").read_text(encoding="utf-8")
    assert {row[0] for row in raw_rows(home, "orders", "order_id")} == {
        "577100000000000001",
        "577100000000000009",
    }
    assert arrived(inbox, 0) == []


def zipped(path: Path, *names: str) -> None:
    with zipfile.ZipFile(path, "w") as parts:
        for name in names:
            parts.writestr(name, "Order ID,Order Status")


UNPACK = ("Unpack it", "请先解压")
AGAIN = ("Download the report again as CSV or XLSX", "请重新下载 CSV 或 XLSX")
OTHERS = {
    "export.zip": (lambda path: zipped(path, "orders.csv", "income.xlsx"), "archive (zip)", UNPACK),
    "nothing.zip": (lambda path: zipped(path), "archive (zip)", UNPACK),
    "renamed.xlsx": (lambda path: zipped(path, "orders.csv"), "archive (zip)", UNPACK),
    "orders.csv.gz": (lambda path: path.write_bytes(gzip.compress(b"Order ID")), "archive (gzip)", UNPACK),
    "export.rar": (lambda path: path.write_bytes(b"Rar!\x1a\x07\x01\0" + bytes(50)), "archive (rar)", UNPACK),
    "statement.PDF": (lambda path: path.write_bytes(b"%PDF-1.7\n%\xe2\xe3"), "kind PDF", AGAIN),
    "报表.numbers": (lambda path: zipped(path, "Index/Document.iwa"), "kind Numbers (Apple)", AGAIN),
    "notes.txt": (
        lambda path: path.write_text("call Lan", encoding="utf-8"),
        "header of an export",
        ("English", "英语"),
    ),
    "sheet.xls~": (
        lambda path: path.write_bytes(b"\x09\x08\0\0" + bytes(50)),
        "no CSV and no workbook",
        ("again", "重新"),
    ),
    "no_ending": (lambda path: path.write_bytes(b""), "file is empty", ("again", "重新")),
}
"""Files that people put into an inbox: how each is made, what it is, and the cure in both languages."""


def test_a_file_of_another_kind_is_refused_with_the_cure(home: Home) -> None:
    """Each stayed in the inbox without a word, and whoever had put it there thought that it was imported."""
    inbox = home.root / "inbox"
    (inbox / SHOP / "unpacked").mkdir(parents=True)
    for number, (name, (make, _, _)) in enumerate(OTHERS.items()):
        # In the inbox itself, in the folder of a shop, and in a folder of that folder.
        make((inbox, inbox / SHOP, inbox / SHOP / "unpacked")[number % 3] / name)
    write_orders(inbox / SHOP / "z.csv", order())
    found = {one.path.name: one for one in import_inbox(home, AT_ONCE)}
    assert {name for name, one in found.items() if one.status == "refused"} == set(OTHERS)
    assert found["z.csv"].status == "imported", "the others go on"
    for name, (_, kind, cure) in OTHERS.items():
        (file,) = (inbox / "refused").rglob(name)
        why = file.with_name(f"{name}.txt").read_text(encoding="utf-8")
        english, _, chinese = why.partition("\n\n")
        assert name in english and kind in english and cure[0] in english, why
        assert name in chinese and cure[1] in chinese, why
    assert arrived(inbox, 0) == []
    assert sum(one["details"].get("refused", 0) for one in entries(home, "import")) == len(OTHERS)


BUNDLES = (
    "orders.numbers",
    f"{SHOP}/deep/2026/Income.NUMBERS",
    f"{SHOP}/report.pages",
    f"{SHOP}/Importer.app",
)
"""Folders that macOS shows as one thing: in the inbox itself, in the folder of a shop, and deeper."""


def test_a_document_that_is_a_folder_is_refused_as_a_whole(home: Home) -> None:
    """Guards numbers of a document's inner files, which nobody exported, and a document that is torn apart."""
    inbox = home.root / "inbox"
    for name in BUNDLES:
        write_orders(inbox / name / "Data" / "orders.csv", order(577100000000000003))
        (inbox / name / "Index.zip").write_bytes(b"PK")
        (inbox / name / "gone").symlink_to("nowhere")
    write_orders(inbox / SHOP / "deep" / "2026" / "orders.csv", order())
    found = arrived(inbox, 0)
    assert {one.path for one in found} == {
        *(inbox / name for name in BUNDLES),
        inbox / SHOP / "deep" / "2026" / "orders.csv",
    }
    # One more inner file is a change: the sensor asks again, and nothing is taken before it has settled.
    (inbox / BUNDLES[0] / "preview.jpg").write_bytes(b"x")
    assert arrived(inbox, 0)[0].mark != found[0].mark
    outcomes = {one.path.relative_to(inbox).as_posix(): one for one in import_inbox(home, AT_ONCE)}
    assert {name for name, one in outcomes.items() if one.status == "refused"} == set(BUNDLES)
    assert outcomes[f"{SHOP}/deep/2026/orders.csv"].status == "imported", "folders of people are looked into"
    for name in BUNDLES:
        at = inbox / "refused" / (SHOP if "/" in name else "") / Path(name).name
        assert (at / "Data" / "orders.csv").is_file() and not (inbox / name).exists()
        english, _, chinese = at.with_name(f"{at.name}.txt").read_text(encoding="utf-8").partition("\n\n")
        assert at.name in english and "export it as CSV or XLSX" in english, english
        assert at.name in chinese and "导出为 CSV 或 XLSX" in chinese, chinese
    assert {row[0] for row in raw_rows(home, "orders", "order_id")} == {
        "577100000000000001",
        "577100000000000009",
    }
    assert arrived(inbox, 0) == []


def test_a_named_document_that_is_a_folder_is_not_looked_into(home: Home, tmp_path: Path) -> None:
    bundle = tmp_path / "downloads" / "orders.numbers"
    write_orders(bundle / "orders.csv", order())
    with pytest.raises(ConfigError, match="no CSV or XLSX file"):
        files_in([bundle.parent])
    (outcome,) = import_files(home, [bundle], ImportOptions(shop=SHOP)).files
    assert outcome.status == "refused" and "(.numbers)" in outcome.why("en")[0]
    # What `ttkpi import --explain` says.
    assert explain_file(home, bundle).why("zh") == outcome.why("zh")


def test_a_folder_that_is_closed_does_not_keep_the_others_out(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards an inbox on a disk of its own, with `lost+found`, which is of the machine's administrator alone."""
    asked = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path).name != "lost+found" and asked(path, mode)
    )
    inside = Path.iterdir

    def listed(self: Path) -> Iterator[Path]:
        if self.name == "lost+found":
            raise PermissionError(13, "Permission denied", str(self))
        return inside(self)

    monkeypatch.setattr(Path, "iterdir", listed)
    inbox = tmp_path / "inbox"
    for closed in (inbox / "lost+found", inbox / "PH" / "lost+found"):
        closed.mkdir(parents=True)
    write_orders(inbox / "PH" / "orders.csv", order())
    assert [one.path.name for one in arrived(inbox, 0, now=time.time() + 60)] == ["orders.csv"]
    assert [one.name for one in files_in([inbox])] == ["orders.csv"]


def test_what_no_person_put_there_stays(home: Home) -> None:
    inbox = home.root / "inbox"
    names = [
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "~$orders.xlsx",
        "@eaDir/orders.csv@SynoEAStream",
        ".git/config",
        "$RECYCLE.BIN/orders.csv",
        ".git/orders.csv",
    ]
    for name in names:
        path = inbox / SHOP / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    assert import_inbox(home, AT_ONCE) == []
    assert all((inbox / SHOP / name).is_file() for name in names)
    with pytest.raises(ConfigError, match="no CSV or XLSX file"):
        files_in([inbox / SHOP])


@pytest.mark.parametrize(
    "name", ["orders.csv.crdownload", "orders.zip.part", "orders.csv.download/orders.csv"]
)
def test_a_download_that_never_ended_is_refused_after_a_day(home: Home, name: str) -> None:
    """The content of half a file may look like a whole one: its name decides, and it is not read."""
    inbox = home.root / "inbox"
    path = write_orders(inbox / SHOP / name, order())
    assert import_inbox(home, AT_ONCE) == [], "it may still go on"
    written = max(path.stat().st_mtime, path.stat().st_ctime)
    assert arrived(inbox, 0, now=written + 86_390) == []
    assert [one.path for one in arrived(inbox, 0, now=written + 86_410)] == [path]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingestion.inbox._DOWNLOAD_SECONDS", 0.0)
        (outcome,) = import_inbox(home, AT_ONCE)
    assert outcome.status == "refused" and not path.exists()
    assert "never finished" in outcome.why("en")[0] and "没有完成" in outcome.why("zh")[0]


def test_a_named_folder_says_what_it_passes_over(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    write_orders(folder / "orders.csv", order())
    zipped(folder / "export.zip", "income.xlsx")
    (folder / ".DS_Store").write_text("x", encoding="utf-8")
    said: list[str] = []

    class Remembering(Progress):
        def message(self, text: str) -> None:
            said.append(text)

    report = import_files(home, [folder], ImportOptions(shop=SHOP), progress=Remembering())
    assert [one.path.name for one in report.files] == ["orders.csv"]
    (text,) = said
    assert "export.zip" in text and "(1)" in text and "Unpack" in text and "解压" in text


def test_a_second_file_of_a_name_does_not_replace_the_first(home: Home) -> None:
    inbox = home.root / "inbox"
    for number in (1, 2):
        write_orders(inbox / SHOP / "orders.csv", order(577100000000000000 + number))
        import_inbox(home, AT_ONCE)
    assert sorted(path.name for path in (inbox / "done" / SHOP).iterdir()) == ["orders (2).csv", "orders.csv"]


def test_the_sensor_asks_once_for_the_same_files(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__SELLER_CENTER__SETTLE_SECONDS", "0")
    assert not tick(home).run_requests
    path = write_orders(home.root / "inbox" / SHOP / "orders.csv", order())
    first, again = tick(home).run_requests, tick(home).run_requests
    assert first and again and first[0].run_key == again[0].run_key
    write_orders(path, order(), order(577100000000000002))
    changed = tick(home).run_requests
    assert changed and changed[0].run_key != first[0].run_key


def test_another_folder_can_be_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__SELLER_CENTER__INBOX", str(tmp_path / "downloads"))
    assert load_inbox_config().folder == tmp_path / "downloads"


def test_each_file_is_a_materialisation_with_its_explanation(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__SELLER_CENTER__SETTLE_SECONDS", "0")
    write_orders(home.root / "inbox" / SHOP / "orders.csv", order())
    write_orders(home.root / "inbox" / SHOP / "bad.csv", order("5.77E+17"))
    assets = [one for one in build_inbox_assets({}) if isinstance(one, dg.AssetsDefinition)]
    result = dg.materialize(assets, resources={"home": HomeResource(root=str(home.root))})
    events = [event for event in result.get_asset_materialization_events() if event.asset_key == INBOX]
    told = {event.materialization.metadata["file"].value: event.materialization.metadata for event in events}
    assert "order_vn_54" in told["orders.csv"]["explanation"].value
    assert "订单" in told["orders.csv"]["说明"].value
    assert "row 2" in told["bad.csv"]["why"].value and "第 2 行" in told["bad.csv"]["原因"].value
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed and check.severity == dg.AssetCheckSeverity.WARN
