"""Frozen months: written once, signed, and noticed when they are not what they were."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import signal
import stat
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt_helpers import dbt
from scorecard_helpers import COLUMNS, NOW, NULLS, THEN, row
from templates import with_parse

from benchmarks.soak.deadly import do_and_die
from home.audit_log import check as check_log
from home.errors import ConfigError
from home.layout import Home
from orchestration.cli import main
from orchestration.history.freeze import SCHEMA, FreezeRefused, FrozenDamaged, check, freeze
from orchestration.history.published import NotPublished

ROOT = Path(__file__).parents[3]
OCTOBER = date(2026, 10, 1)


def publish(home: Home, *rows: str) -> None:
    """A published file with these cards."""
    home.published.parent.mkdir(parents=True, exist_ok=True)
    home.published.unlink(missing_ok=True)
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.marts.kpi_team_scorecard ({COLUMNS})")
        connection.execute(f"insert into marts.marts.kpi_team_scorecard values {', '.join(rows)}")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    publish(
        home,
        row("Min", "net_gmv_rc", THEN),
        row("Min", "gmv_rc", "2, 31, 200, null, null, null, null, null"),
        row("Lei", "net_gmv_rc", "1, 31, null, 100, 0.6, 1.2, null, null"),
    )
    return home


def test_a_month_is_frozen_as_it_is_published(home: Home) -> None:
    report = freeze(home, OCTOBER)
    assert (report.path, report.number, report.rows) == (home.frozen / "2026-10.1.parquet", 1, 3)
    table = pq.read_table(report.path)
    assert table.schema.equals(SCHEMA)
    (frozen,) = [one for one in table.to_pylist() if one["score"] is not None]
    assert (
        frozen["person_name"] == "Min" and frozen["actual"] == Decimal(175) and frozen["score"] == Decimal(60)
    )
    assert (frozen["definition_version"], frozen["definition_digest"]) == (1, "d1")
    assert frozen["frozen_at"] <= datetime.now(UTC)
    assert stat.S_IMODE(home.freeze_key_file.stat().st_mode) == 0o600
    assert check(home) == 1


def test_the_report_has_a_sum_only_where_all_of_it_is_known(home: Home) -> None:
    cards = {card.person: card for card in freeze(home, OCTOBER).cards}
    assert (cards["Min"].score, cards["Min"].unknown) == (Decimal(60), ())
    assert (cards["Lei"].score, cards["Lei"].unknown) == (None, ("net_gmv_rc",))


def test_a_frozen_month_is_not_frozen_again_by_accident(home: Home) -> None:
    first = freeze(home, OCTOBER).path.read_bytes()
    with pytest.raises(FreezeRefused, match="frozen already") as refused:
        freeze(home, OCTOBER)
    assert "--again" in refused.value.advice
    assert (home.frozen / "2026-10.1.parquet").read_bytes() == first


def test_again_takes_what_the_month_would_be_now_and_keeps_the_first(home: Home) -> None:
    first = freeze(home, OCTOBER).path.read_bytes()
    head = "'operations', 'net_gmv_rc', 'reporting currency', false, 'CNY', 'kpi_shop_daily.net_gmv_rc'"
    at = "'2026-12-05 02:00:00+00'"
    publish(
        home,
        f"('2026-10-01', 'Min', {head}, {at}, {THEN}, true, false, 1, 'd1', {NOW}, true, false, 2, 'd2')",
        # has no assignment any more
        f"('2026-10-01', 'Lei', {head}, {at}, {THEN}, true, false, 1, 'd1', {NULLS})",
    )
    report = freeze(home, OCTOBER, again=True)
    (frozen,) = pq.read_table(report.path).to_pylist()
    assert (frozen["person_name"], frozen["score"], frozen["definition_digest"]) == ("Min", Decimal(30), "d2")
    assert frozen["freeze_number"] == 2
    assert (home.frozen / "2026-10.1.parquet").read_bytes() == first
    assert check(home) == 2


@pytest.mark.parametrize(("provisional", "complete"), [(True, True), (False, False)])
def test_young_and_partial_months_are_refused(home: Home, provisional: bool, complete: bool) -> None:
    publish(home, row("Min", "net_gmv_rc", THEN, provisional=provisional, complete=complete))
    with pytest.raises(FreezeRefused, match="Of 1 rows of 2026-10"):
        freeze(home, OCTOBER)
    assert not list(home.frozen.glob("2026*"))
    (frozen,) = pq.read_table(freeze(home, OCTOBER, provisional=True).path).to_pylist()
    assert (frozen["is_provisional"], frozen["is_complete"]) == (provisional, complete)


_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["orchestration.history.freeze", "benchmarks.soak.deadly"])


def test_a_freeze_that_is_killed_anywhere_is_there_whole_or_not_at_all(home: Home, tmp_path: Path) -> None:
    """`kill -9` at every fourth change of a file in turn (at each of them in `make soak`), until one comes to its end."""
    calm = Home(shutil.copytree(home.root, tmp_path / "calm"))
    expected = pq.read_table(freeze(calm, OCTOBER).path).drop_columns(["frozen_at"])
    writes, died = tmp_path / "writes", 0
    for point in itertools.count(1, 1 if "TTKPI_KILLS" in os.environ else 4):
        killed = Home(shutil.copytree(home.root, tmp_path / f"killed-{point}"))
        process = _context.Process(
            target=do_and_die,
            args=(freeze, (killed, OCTOBER), str(killed.root), point, str(writes)),
        )
        process.start()
        process.join(60)
        if process.exitcode == -signal.SIGKILL:
            died += 1
        else:
            assert process.exitcode == 0
        try:
            freeze(killed, OCTOBER)
        except FreezeRefused as refused:
            assert "frozen already" in refused.message
        assert check(killed) == 1
        (only,) = killed.frozen.glob("2026*")
        assert pq.read_table(only).drop_columns(["frozen_at"]).equals(expected)
        assert check_log(killed)
        only.unlink()
        with pytest.raises(FrozenDamaged, match="missing"):
            check(killed)
        if writes.exists():
            break
    assert died >= 5, "it did die"


def hold_back(home: Home, *shops: tuple[str, bool, str | None]) -> None:
    """Shops of the published file: id, whether it is held back, why."""
    with duckdb.connect(str(home.published)) as connection:
        connection.execute(
            "create or replace table marts.marts.dim_shops "
            "(shop_key varchar, shop_name varchar, is_held_back boolean, held_back_reason varchar)"
        )
        connection.executemany(
            "insert into marts.marts.dim_shops values ($1, 'Borealis', $2, $3)", [list(one) for one in shops]
        )


@pytest.mark.parametrize("provisional", [False, True])
def test_while_a_shop_is_held_back_nothing_is_frozen(home: Home, provisional: bool) -> None:
    """Its rows did not pass the audit, and a card that adds up all shops contains them."""
    why = "Borealis (202) is held back. days_add_up: residual is -0.01. Read the day again."
    hold_back(home, ("101", False, None), ("202", True, why))
    with pytest.raises(FreezeRefused, match="holds back 1") as refused:
        freeze(home, OCTOBER, provisional=provisional)
    assert why in refused.value.message
    assert "ttkpi run" in refused.value.advice and "ttkpi freeze 2026-10" in refused.value.advice
    assert not list(home.frozen.glob("2026*"))
    hold_back(home, ("101", False, None), ("202", False, None))
    assert freeze(home, OCTOBER, provisional=provisional).rows == 3


def test_a_month_nobody_has_names_those_there_are(home: Home) -> None:
    with pytest.raises(FreezeRefused, match="published months: 2026-10 to 2026-10"):
        freeze(home, date(2026, 9, 1))


def test_nothing_published_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="Nothing is published"):
        freeze(Home(tmp_path / "home"), OCTOBER)


def test_a_changed_score_is_noticed(home: Home) -> None:
    path = freeze(home, OCTOBER).path
    table = pq.read_table(path)
    scores = pa.array([Decimal("99.0000")] * table.num_rows, type=pa.decimal128(18, 4))
    changed = table.set_column(SCHEMA.get_field_index("score"), SCHEMA.field("score"), scores)
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path)
    with pytest.raises(FrozenDamaged, match="signature does not fit"):
        check(home)


def test_another_months_file_under_this_name_is_noticed(home: Home) -> None:
    path = freeze(home, OCTOBER).path
    shutil.copy(path, home.frozen / "2026-11.1.parquet")
    with pytest.raises(FrozenDamaged, match=r"2026-11\.1"):
        check(home)


def test_a_missing_month_is_noticed(home: Home) -> None:
    freeze(home, OCTOBER).path.unlink()
    with pytest.raises(FrozenDamaged, match=r"missing.*2026-10\.1\.parquet"):
        check(home)


@pytest.mark.parametrize("content", [b"", b"PAR1 no"])
def test_a_file_that_is_no_freeze_is_noticed(home: Home, content: bytes) -> None:
    check(home)
    home.freeze_key()
    (home.frozen / "2026-10.1.parquet").write_bytes(content)
    with pytest.raises(FrozenDamaged, match=r"2026-10\.1"):
        check(home)


def test_a_lost_key_is_said(home: Home) -> None:
    freeze(home, OCTOBER)
    home.freeze_key_file.unlink()
    with pytest.raises(ConfigError, match=r"freeze\.key is missing"):
        check(home)


def test_the_command_names_scores_file_and_signature(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTKPI_HOME", str(home.root))
    assert main(["freeze", "2026-10"]) == 0
    said = capsys.readouterr().out
    assert "  60.0  Min" in said and "unknown: net_gmv_rc" in said
    assert "2026-10.1.parquet" in said and "Signature: " in said
    assert main(["freeze", "2026-10"]) == 1
    assert "frozen already" in capsys.readouterr().err
    assert main(["freeze", "2026-13"]) == 2
    assert "is not a month" in capsys.readouterr().err


def test_the_models_read_the_last_freeze(home: Home, parsed: Home) -> None:
    check(with_parse(parsed, home))

    def rows() -> list[Any]:
        dbt(home.root, "run", "--select", "stg_frozen__scorecards")
        with duckdb.connect(str(home.root / "warehouse.duckdb"), read_only=True) as connection:
            found: list[Any] = connection.execute(
                "select person_name, score, freeze_number from staging.stg_frozen__scorecards order by all"
            ).fetchall()
        return found

    assert rows() == []
    freeze(home, OCTOBER)
    publish(home, row("Min", "net_gmv_rc", NOW))
    freeze(home, OCTOBER, again=True)
    assert rows() == [("Min", Decimal(30), 2)]
