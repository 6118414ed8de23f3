"""Importing files: once and whole, whatever happens; whose they are; and nothing of a buyer that could be told on."""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import shutil
import signal
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from import_helpers import CONTACT, HEADER, SHOP, downloaded, known_shop, order, raw_rows, write_orders

from benchmarks.soak.deadly import do_and_die
from home.errors import ConfigError
from home.layout import Home
from ingestion.engine.archive import Archive
from ingestion.engine.compact import compact
from ingestion.importing import import_files
from ingestion.replay import replay
from ingestion.seller_center import store
from ingestion.seller_center.importer import explain_file
from ingestion.seller_center.outcomes import ImportOptions, ImportReport
from ingestion.seller_center.tables import tables
from orchestration.cli import main

ANOTHER = "7495000000000000105"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TTKPI_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def everything(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    return {table.name: raw_rows(home, table.name, "* exclude (_dlt_load_id)") for table in tables()}


def statuses(report: ImportReport) -> list[str]:
    return [one.status for one in report.files]


def test_a_file_becomes_rows_of_the_apis_shape(home: Home, tmp_path: Path) -> None:
    path = downloaded(write_orders(tmp_path / "orders.csv", order()), 2)
    report = import_files(home, [path], known_shop())
    assert statuses(report) == ["imported"]
    assert report.files[0].loaded == {"orders": 1, "order_lines": 2, "files": 1}
    assert raw_rows(
        home, "orders", "shop_key, order_id, status, is_cod, payment__sub_total, origin, file_row"
    ) == [(SHOP, "577100000000000001", "COMPLETED", True, 190000, "file", 2)]
    # Ten in Vietnam is three in UTC, and a file's rows came when it was downloaded.
    ((created, retrieved),) = raw_rows(home, "orders", "create_time, retrieved_at")
    assert (created, retrieved) == (datetime(2026, 10, 25, 3, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    assert [row[0] for row in raw_rows(home, "order_lines", "sale_price")] == [95000, 95000]
    assert raw_rows(home, "shops", "shop_id, region, name") == [(SHOP, "VN", "Minimal")]
    # What the content proves: orders until the newest payment.
    assert raw_rows(home, "sync_log", "resource, endpoint, status, window_until") == [
        ("orders", "order_vn_54", "ok", datetime(2026, 10, 25, 3, 5, 1, tzinfo=UTC))
    ]


def test_the_same_content_twice_changes_nothing(home: Home, tmp_path: Path) -> None:
    """Guards sales that double because a file was imported again, or saved again and imported."""
    first = write_orders(tmp_path / "orders.csv", order())
    import_files(home, [first], known_shop())
    before = everything(home)
    saved_again = write_orders(tmp_path / "orders (1).csv", order(), bom=True, quoting=csv.QUOTE_ALL)
    assert first.read_bytes() != saved_again.read_bytes()
    report = import_files(home, [first, saved_again], ImportOptions(shop=SHOP))
    assert statuses(report) == ["known", "known"]
    assert everything(home) == before


def test_a_newer_download_comes_beside_the_older_one(home: Home, tmp_path: Path) -> None:
    """What each download said stays; the time of the download decides, whichever is imported first."""
    newer = downloaded(write_orders(tmp_path / "b.csv", order(Delivered_Time="28/10/2026 09:00:00")), 9)
    older = downloaded(
        write_orders(tmp_path / "a.csv", order(Order_Status="Shipped", Order_Substatus="In transit")), 3
    )
    import_files(home, [newer], known_shop())
    import_files(home, [older], ImportOptions(shop=SHOP))
    found = raw_rows(home, "orders", "retrieved_at, update_time, status")
    assert [(when.day, updated.day, status) for when, updated, status in found] == [
        (3, 25, "IN_TRANSIT"),
        (9, 28, "COMPLETED"),
    ]


def test_a_bad_row_stops_the_whole_file_and_only_it(home: Home, tmp_path: Path) -> None:
    """Guards a half-loaded file: nothing of it is in raw, and no manifest names it."""
    good = write_orders(tmp_path / "in" / "good.csv", order())
    rows = [order(577100000000000000 + number) for number in range(2, 5)]
    write_orders(tmp_path / "in" / "bad.csv", *rows, order("5.77E+17"))
    report = import_files(home, [tmp_path / "in"], known_shop())
    assert {one.path.name: one.status for one in report.files} == {
        "bad.csv": "refused",
        "good.csv": "imported",
    }
    (refused,) = report.refused
    (english,), (chinese,) = refused.why("en"), refused.why("zh")
    assert "bad.csv, row 5, column 'Order ID'" in english and "5.77E+17" in english
    assert "bad.csv，第 5 行，列“Order ID”" in chinese
    assert len(raw_rows(home, "orders")) == 1
    assert raw_rows(home, "sync_log", "status, error_message is null") == [("failed", False), ("ok", True)]
    filed = [e for e in Archive(home.archive).entries("seller_center") if e.resource in ("orders", "files")]
    assert sum(entry.rows for entry in filed) == 2
    assert import_files(home, [good], ImportOptions(shop=SHOP)).files[0].status == "known"


def test_a_kill_between_archive_and_load_costs_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards a file that counts as known and whose rows are nowhere."""
    path = write_orders(tmp_path / "orders.csv", order(), order(577100000000000002))
    original = store.FileStore._load

    def killed(self: Any, owner: str, built: Iterable[tuple[str, pa.Table]]) -> None:
        tables = dict(built)
        if "orders" in tables:
            raise KeyboardInterrupt
        original(self, owner, tables.items())

    with monkeypatch.context() as patch:
        patch.setattr(store.FileStore, "_load", killed)
        with pytest.raises(KeyboardInterrupt):
            import_files(home, [path], known_shop())
    assert raw_rows(home, "orders") == []
    report = import_files(home, [path], ImportOptions(shop=SHOP))
    assert (report.recovered, statuses(report)) == (1, ["known"])
    assert len(raw_rows(home, "orders")) == 2 and len(raw_rows(home, "order_lines")) == 4
    assert import_files(home, [path], ImportOptions(shop=SHOP)).recovered == 0


_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["ingestion.importing", "benchmarks.soak.deadly"])


@pytest.mark.parametrize("seed", range(int(os.environ.get("TTKPI_KILLS", "2"))))
def test_an_import_that_is_killed_anywhere_goes_on(home: Home, tmp_path: Path, seed: int) -> None:
    """`kill -9` at a change of a file that the seed says (20 in `make soak`), once more amid the next, then in peace."""
    path = downloaded(write_orders(tmp_path / "orders.csv", order(), order(577100000000000002)), 2)
    import_files(
        home, [downloaded(write_orders(tmp_path / "o.csv", order(577100000000000009)), 2)], known_shop()
    )
    calm = Home(shutil.copytree(home.root, tmp_path / "calm"))
    wanted, writes = (ImportOptions(shop=SHOP),), tmp_path / "writes"

    def ends(place: Home, die_at: int) -> int | None:
        arguments = (import_files, (place, [path], *wanted), str(place.root), die_at, str(writes))
        process = _context.Process(target=do_and_die, args=arguments)
        process.start()
        process.join(120)
        return process.exitcode

    assert ends(calm, 0) == 0
    points, chance = int(writes.read_text()), random.Random(seed)
    assert points > 20
    assert ends(home, chance.randint(1, points)) == -signal.SIGKILL
    assert ends(home, chance.randint(1, points)) in (0, -signal.SIGKILL)
    (one,) = import_files(home, [path], *wanted).files
    assert one.status in ("imported", "known")
    for table in ("orders", "order_lines"):
        columns = "* exclude (_dlt_load_id)"
        assert raw_rows(home, table, columns) == raw_rows(calm, table, columns)
    before = raw_rows(home, "orders", "order_id")
    assert (
        len(before) == 3 and [text for _, _, found in Archive(home.archive).check() for text in found] == []
    )
    replay(home)
    assert raw_rows(home, "orders", "order_id") == before


def test_a_kill_before_the_archive_is_committed_leaves_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_orders(tmp_path / "orders.csv", order())
    import_files(home, [write_orders(tmp_path / "other.csv", order(577100000000000009))], known_shop())

    def killed(self: Any, entries: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            import_files(home, [path], ImportOptions(shop=SHOP))
    report = import_files(home, [path], ImportOptions(shop=SHOP))
    assert (report.recovered, statuses(report)) == (0, ["imported"])
    assert len(raw_rows(home, "orders")) == 2


def test_a_manifest_that_was_cut_off_counts_no_row_twice(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards pages that are named twice: by the import that a kill ended, and by the one after it."""
    path = write_orders(tmp_path / "orders.csv", order(), order(577100000000000002))
    import_files(home, [write_orders(tmp_path / "other.csv", order(577100000000000009))], known_shop())
    original = Archive.commit

    def cut_off(self: Archive, entries: Any) -> None:
        original(self, list(entries)[:1])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "commit", cut_off)
        with pytest.raises(KeyboardInterrupt):
            import_files(home, [path], ImportOptions(shop=SHOP))
    assert statuses(import_files(home, [path], ImportOptions(shop=SHOP))) == ["imported"]
    before = everything(home)
    assert len(before["orders"]) == 3
    replay(home)
    assert everything(home) == before


def test_a_replay_makes_the_same_rows(home: Home, tmp_path: Path) -> None:
    many = [
        order(577100000000000000 + number, Order_Status="Beamed" if number == 7 else "Completed")
        for number in range(30)
    ]
    import_files(home, [write_orders(tmp_path / "a.csv", *many)], known_shop())
    import_files(
        home, [write_orders(tmp_path / "b.csv", order(Order_Refund_Amount=50000))], ImportOptions(shop=SHOP)
    )
    before = everything(home)
    assert len(before["orders"]) == 31 and len(before["quarantine"]) == 1 and len(before["returns"]) == 1
    replay(home)
    assert everything(home) == before


def test_merging_files_changes_no_row(home: Home, tmp_path: Path) -> None:
    """Guards pages of a file that are no longer found once the archive's small files are one."""
    for number in range(3):
        path = write_orders(tmp_path / f"{number}.csv", order(577100000000000000 + number))
        import_files(home, [path], known_shop())
    before = everything(home)
    assert compact(home).archive_files_removed > 0
    assert everything(home) == before
    replay(home)
    assert everything(home) == before
    assert statuses(import_files(home, [path], ImportOptions(shop=SHOP))) == ["known"]


def test_nothing_of_a_buyer_is_kept_but_a_hash(home: Home, tmp_path: Path) -> None:
    """Guards contact data in raw, archive, dlt's folders or logs: every byte is looked at, unpacked."""
    import_files(
        home, [write_orders(tmp_path / "orders.csv", order(), order(577100000000000002))], known_shop()
    )
    kept = b"".join(unpacked(path) for path in home.root.rglob("*") if path.is_file())
    assert b"577100000000000001" in kept, "the test looks at the wrong bytes"
    assert not [text for text in CONTACT.values() if text.encode() in kept]
    ((one,), (other,)) = raw_rows(home, "orders", "buyer_key")
    assert one == other and len(one) == 32


def unpacked(path: Path) -> bytes:
    if path.suffix == ".zst":
        with pa.input_stream(pa.memory_map(str(path)), compression="zstd") as stream:
            return bytes(stream.read())
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return str(pq.read_table(path).to_pylist()).encode()
    return path.read_bytes()


def test_an_order_whose_status_nobody_knows_keeps_its_money_and_is_shown(home: Home, tmp_path: Path) -> None:
    """Guards sales that disappear with a word: 190,000 VND that were paid and delivered stay, and the import says so."""
    beamed = {"Order_Status": "Beamed", "Order_Substatus": "Up", "Delivered_Time": "28/10/2026 09:00:00"}
    path = write_orders(tmp_path / "orders.csv", order(), order(577100000000000002, **beamed))
    report = import_files(home, [path], known_shop())
    assert report.files[0].quarantined == 1
    ((row, column, value, reason, english, chinese),) = raw_rows(
        home, "quarantine", "file_row, column_name, value, reason, message_en, message_zh"
    )
    assert (row, column, value, reason) == (3, "Order Status", "Beamed", "unknown_status")
    assert english.startswith("orders.csv, row 3, column 'Order Status': ") and "Beamed" in chinese
    assert raw_rows(home, "quarantine", "effect, order_id, amount, currency") == [
        ("counted", "577100000000000002", 190000, "VND")
    ]
    assert raw_rows(home, "orders", "order_id[-1:], status") == [("1", "COMPLETED"), ("2", "DELIVERED")]
    (doubt,) = report.files[0].doubtful
    assert doubt.text("en") == "In the numbers, and not wholly understood: orders: 1, 190,000 VND."
    assert doubt.text("zh") == "已计入指标，但未完全识别：1 个订单, 190,000 VND。"


def test_what_is_left_out_is_counted_and_ends_with_3(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two rows of one order, 190,000 each, the second without a quantity: the order is in no number."""
    path = write_orders(
        tmp_path / "orders.csv", order(), order(577100000000000002), order(577100000000000002, Quantity="")
    )
    arguments = ["import", str(path), "--shop", SHOP, "--region", "VN", "--name", "Minimal"]
    assert main(arguments) == 3
    assert "orders.csv: Left out, in no number: orders: 1, 380,000 VND." in capsys.readouterr().out
    assert [row[0] for row in raw_rows(home, "orders", "order_id[-1:]")] == ["1"]
    assert raw_rows(home, "quarantine", "file_row, reason, effect, amount") == [
        (3, "order_incomplete", "left_out", 190000),
        (4, "row_without_quantity", "left_out", 190000),
    ]


def test_a_folder_named_by_the_shop_says_whose_its_files_are(home: Home, tmp_path: Path) -> None:
    first = write_orders(tmp_path / "a.csv", order())
    import_files(home, [first], known_shop())
    import_files(home, [first], ImportOptions(shop=ANOTHER, region="VN"))
    own = order(577100000000000005, SKU_ID=1729000000000000009)
    second = write_orders(tmp_path / "downloads" / ANOTHER / "week" / "b.csv", own)
    report = import_files(home, [tmp_path / "downloads"])
    assert [(one.status, one.owner) for one in report.files] == [("imported", ANOTHER)]
    # Two shops fit now: the file alone does not say whose it is.
    third = write_orders(tmp_path / "c.csv", order(577100000000000006))
    report = import_files(home, [third])
    assert report.files[0].problems[-1].code == "which_shop"
    assert SHOP in report.files[0].why("zh")[-1] and ANOTHER in report.files[0].why("zh")[-1]
    assert second.exists()


def test_the_same_content_is_not_taken_for_two_shops(home: Home, tmp_path: Path) -> None:
    path = write_orders(tmp_path / "orders.csv", order())
    import_files(home, [path], known_shop())
    report = import_files(home, [path], ImportOptions(shop=ANOTHER, region="VN"))
    assert [problem.code for problem in report.files[0].problems] == ["of_another_shop"]
    assert {row[0] for row in raw_rows(home, "orders", "shop_key")} == {SHOP}


def test_a_file_of_another_currency_is_refused(home: Home, tmp_path: Path) -> None:
    """Guards pounds that are counted as dong."""
    path = write_orders(
        tmp_path / "orders.csv", order(Order_Amount="£210.00", SKU_Subtotal_After_Discount="£190.00")
    )
    report = import_files(home, [path], known_shop())
    assert report.files[0].status == "refused" and raw_rows(home, "orders") == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (ImportOptions(shop="1"), "--region"),
        (ImportOptions(region="VN"), "--shop"),
        (ImportOptions(shop="1", region="XX"), "market"),
        (ImportOptions(advertiser="1"), "--time-zone"),
        (ImportOptions(advertiser="1", time_zone="Mars/Base"), "time zone"),
    ],
)
def test_wrong_options_are_told_before_anything_is_read(
    home: Home, tmp_path: Path, options: ImportOptions, told: str
) -> None:
    path = write_orders(tmp_path / "orders.csv", order())
    with pytest.raises(ConfigError) as error:
        import_files(home, [path], options)
    assert told in str(error.value)


def test_explaining_lists_rows_that_are_not_counted(home: Home, tmp_path: Path) -> None:
    """Guards a download pasted under itself that is explained as if all of its rows counted: the import left them out."""
    first, second = order(577100000000000001), order(577100000000000002)
    path = write_orders(tmp_path / "orders.csv", first, second, first, second)
    seen = explain_file(home, path)
    assert seen.rows == 4
    (english,) = [line for line in seen.explanations["en"].splitlines() if "equal to an earlier one" in line]
    assert english.startswith("  [set aside] row 4") and "is not counted" in english
    assert english.endswith("(and 1 more like this: row 5)")
    assert "本行不计入" in seen.explanations["zh"] and "第 5 行" in seen.explanations["zh"]
    (imported,) = import_files(home, [path], known_shop()).files
    assert imported.loaded["orders"] == 2
    assert english in imported.explanations["en"].splitlines(), "the import says the same"


def test_explaining_writes_nothing(home: Home, tmp_path: Path) -> None:
    path = write_orders(tmp_path / "orders.csv", order())
    seen = explain_file(home, path)
    assert "order_vn_54" in seen.explanations["en"] and "订单" in seen.explanations["zh"]
    assert not home.root.exists()


def test_the_command_says_what_came_of_each_file(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3: some files were refused, the others are loaded."""
    write_orders(tmp_path / "in" / "good.csv", order())
    write_orders(tmp_path / "in" / "bad.csv", order("5.77E+17"))
    told = ["import", str(tmp_path / "in"), "--shop", SHOP, "--region", "VN", "--lang", "zh"]
    assert main(told) == 3
    out = capsys.readouterr().out
    assert "新导入" in out and "已拒绝" in out and "bad.csv，第 2 行，列“Order ID”" in out
    assert main(["import", str(tmp_path / "in" / "good.csv")]) == 0
    assert "known: nothing changes" in capsys.readouterr().out


def test_wrong_usage_is_exit_code_2(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(tmp_path / "nowhere.csv")]) == 2
    assert "找不到" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["import", str(tmp_path / "empty")]) == 2
    path = write_orders(tmp_path / "orders.csv", order())
    assert main(["import", str(path), "--shop", "1"]) == 2
    assert main(["import", str(path), "--date-order", "ydm"]) == 2


def test_a_file_that_is_no_export_is_refused(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,colour\nlamp,red\n", encoding="utf-8")
    report = import_files(home, [path], known_shop())
    assert report.files[0].status == "refused" and report.files[0].why("en")


def test_a_missing_column_is_named(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    columns = [name for name in HEADER if name != "Order Status"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerow(order())
    report = import_files(home, [path], known_shop())
    assert report.files[0].status == "refused"
    assert any("Order Status" in text for text in report.files[0].why("en"))
