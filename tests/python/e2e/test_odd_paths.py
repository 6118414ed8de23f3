"""A home at an odd path: whatever is done with it is done as at a plain one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from templates import ODD_NAME

from home.database import attach, reading
from home.errors import ConfigError
from home.layout import Home
from ingestion.engine.compact import compact
from ingestion.importing import import_files
from ingestion.replay import replay, replay_into
from ingestion.seller_center.outcomes import ImportOptions
from orchestration.cli import main
from orchestration.history.freeze import freeze
from orchestration.history.publications import rollback
from orchestration.history.published_values import published_at_instant
from orchestration.publish.publish import publish
from orchestration.publish.verify import verify_home

LONG = "很长的文件夹名" * 12
NAMES = (
    f"it's [!a] *b {{home.root}} $HOME `id` 🛍️; drop schema marts; -- /{LONG}/{LONG}/{LONG}/-rf.parquet ",
    f"{ODD_NAME} a?read_only=false#b %s%20",
)
"""Signs of SQL, of patterns, of formats, of shells, of options, a blank at the end, 850 bytes; and those of addresses.

Two and no more: each takes all steps, and a name that fails is in the message.
"""
OF_DLT = frozenset("%?#\\")
"""With one of these in its path nothing can be loaded into a home, and with `?` nothing published in it; it is read as
any other."""

_ORDER = (
    "Order ID,Order Status,SKU ID,Quantity,SKU Subtotal Before Discount,SKU Platform Discount,SKU Seller Discount,"
    "SKU Subtotal After Discount,Order Amount,Created Time,Paid Time,Cancelled Time\n"
    "{},Completed,1729000000000000001,2,200000,0,10000,190000,210000,25/10/2026 10:00:00,25/10/2026 10:05:00,\n"
)


def test_an_odd_path_changes_nothing(
    published_copy: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An apostrophe ended a string, brackets were a pattern, braces a place to fill."""
    home, calm = published_copy, None
    for number, name in enumerate(("plain", *NAMES)):
        place = tmp_path / "at" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        home = Home(home.root.rename(place))
        monkeypatch.setenv("TTKPI_HOME", str(home.root))
        try:
            found = _answers(home, capsys) | _work(home, number)
        except Exception as error:
            raise AssertionError(f"at {name}") from error
        if calm is None:
            calm = found
        assert found == calm, f"at {name}"


def _answers(home: Home, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """What a home says to whoever only asks."""
    capsys.readouterr()
    shops, days = home.root / "shops.csv", home.root / "days.parquet"
    commands = {
        "metrics": ["metrics", "query", "gmv_rc", "--by", "shop", "--format", "json"],
        "csv": ["export", "csv", "--view", "dim_shops", "--out", str(shops)],
        "parquet": ["export", "parquet", "--view", "kpi_shop_daily", "--out", str(days)],
        "verify": ["verify"],
        "status": ["status"],
    }
    codes = {name: (main(command), capsys.readouterr().out) for name, command in commands.items()}
    assert {name: code for name, (code, _) in codes.items() if code} == {}
    return {
        "rows": json.loads(codes["metrics"][1])["rows"],
        "shops": shops.read_bytes(),
        "days": len(days.read_bytes()) > 0,
    }


def _work(home: Home, number: int) -> dict[str, object]:
    """What came of everything that changes a home and takes no build."""
    now = datetime.now(UTC)
    if number:
        # What takes longest is not done at the plain path as well.
        other = Home(home.root / f"then{number}")
        assert replay(home).pages == replay_into(home, other, now + timedelta(days=1)).pages > 0
    compact(home)
    with reading(home) as connection:
        attach(connection, home.warehouse, "warehouse")
        known = published_at_instant(home, connection, now)
        assert known is not None
        values = connection.execute(f"select count(*) from ({known.values})").fetchone()
    file = home.root / "orders.csv"
    file.write_text(_ORDER.format(577100000000000000 + number), encoding="utf-8")
    options = ImportOptions(shop="7495000000000000999", region="VN", name="Odd")
    if OF_DLT & set(str(home.root)):
        with pytest.raises(ConfigError, match="Move the folder") as caught:
            import_files(home, [file], options)
        assert str(home.root) in caught.value.message
    else:
        (imported,) = import_files(home, [file], options).files
        assert (imported.status, imported.rows) == ("imported", 1), imported.why("en")
    if "?" in str(home.root):
        with pytest.raises(ConfigError, match="Move the folder"):
            publish(home)
    else:
        publish(home)
        rollback(home)
    frozen = freeze(home, date(2026, 10, 1), again=number > 0, provisional=True)
    assert frozen.path.is_file() and home.root in frozen.path.parents
    assert [text for one in verify_home(home, history=True) for text in one.problems] == []
    return {"values": values, "frozen": frozen.rows}
