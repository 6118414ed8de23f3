"""The watched folder: only what is complete is taken, and each file goes where its outcome says."""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg
import pytest
from import_helpers import SHOP, known_shop, order, raw_rows, write_orders

from home.config import InboxConfig, load_inbox_config
from home.layout import Home
from ingestion.importing import import_files
from ingestion.inbox import arrived, import_inbox
from orchestration.defs.ingestion.inbox import INBOX, build_inbox_assets, build_inbox_sensor
from orchestration.defs.ingestion.resources import HomeResource

AT_ONCE = InboxConfig(settle_seconds=0)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    import_files(home, [write_orders(tmp_path / "first.csv", order(577100000000000009))], known_shop())
    return home


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
