"""`ttkpi demo` as a new user runs it: twice, in a home of its own, without a terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from home.config import PROJECT_ROOT
from home.layout import Home

_SIZE = ["--orders", "400", "--days", "30", "--port", "0"]


def ttkpi(home: Home, *arguments: str, **settings: str) -> tuple[int, str]:
    """Exit code, and all that was said; the sandbox configures itself, so nothing of the machine's is passed on."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOURCES__")}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        cwd=PROJECT_ROOT,
        env={**environment, "TTKPI_HOME": str(home.root), **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("demo") / "home")


@pytest.fixture(scope="module")
def runs(home: Home) -> list[tuple[int, str]]:
    return [ttkpi(home, "demo", *_SIZE), ttkpi(home, "demo", "--port", "0")]


def test_both_runs_publish_and_agree_with_the_world(runs: list[tuple[int, str]]) -> None:
    for code, said in runs:
        assert code == 0, said
        tables = (
            "kpi_shop_daily, kpi_product_daily, kpi_settlement_bridge, kpi_fulfilment_daily, fct_stock_daily, "
            "kpi_creator_daily"
        )
        equal = f"{tables}, all equal"
        assert f"{equal} to the smallest unit" in " ".join(said.split())
        assert "达人、直播、广告" in said
        assert "nothing critical" in said or "expectations hold." in said


def test_a_log_is_plain_text(runs: list[tuple[int, str]]) -> None:
    for _, said in runs:
        assert "\x1b" not in said and "\r" not in said
        for name in (
            "Aurora Thailand",
            "Aurora Vietnam",
            "Aurora Malaysia",
            "Aurora UK",
            "Aurora US",
            "All shops",
        ):
            assert name in said


def test_the_second_run_is_incremental_and_says_so(runs: list[tuple[int, str]], home: Home) -> None:
    assert "First run" in runs[0][1] and "Incremental run" in runs[1][1]
    records = [json.loads(path.read_text()) for path in sorted((home.root / "runs").glob("*.json"))]
    assert [record["exit_code"] for record in records] == [0, 0]
    assert all(shop["incremental"] for shop in records[1]["sync"]["shops"])
    pages = [sum(shop["pages"] for shop in record["sync"]["shops"]) for record in records]
    assert pages[1] < pages[0] / 2


def test_everything_it_names_is_there(runs: list[tuple[int, str]], home: Home) -> None:
    for path in (
        home.bi_file,
        home.root / "audit" / "index.html",
        home.root / "docs" / "index.html",
    ):
        assert path.is_file()
        assert str(path) in runs[1][1]
    text = (home.root / "docs" / "index.html").read_text(encoding="utf-8")
    # In the page, the glossary is JSON: 成交额 is escaped.
    assert "成交额" in text or "\\u6210\\u4ea4\\u989d" in text


def test_every_expectation_really_ran(runs: list[tuple[int, str]], home: Home) -> None:
    assert runs[0][0] == 0
    last = json.loads((home.root / "audit" / "last.json").read_text())
    outcomes = json.loads(Path(last["json_path"]).read_text())["outcomes"]
    assert [one["name"] for one in outcomes if not one["ran"]] == []
    domains = {one["name"].split(".")[1] for one in outcomes if one["check"] == "expectations"}
    assert domains == {
        "ads",
        "alarms",
        "creators",
        "finance",
        "inventory",
        "live",
        "monitoring",
        "people",
        "sales",
    }


def test_status_shows_every_shop(runs: list[tuple[int, str]], home: Home) -> None:
    assert runs[0][0] == 0
    code, said = ttkpi(home, "status")
    assert code == 0
    # The verdict first, and one screen.
    assert "All is well" in said.splitlines()[0] and len(said.splitlines()) < 25
    assert "Aurora US" in said and "passed" in said and "statement_transactions" not in said
    code, said = ttkpi(home, "status", "--details")
    assert code == 0 and "statement_transactions" in said


def test_the_same_home_counts_in_dollars_and_ends_its_days_in_los_angeles(
    runs: list[tuple[int, str]], home: Home, tmp_path: Path
) -> None:
    """Everything reads the two vars in one place: the rates that are asked for, the models, the reports, the truth."""
    project, copy = tmp_path / "project", Home(tmp_path / "home")
    for name in ("models", "macros", "seeds", "tests/generic", "tests/singular", "tests/expectations"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    shutil.copy(PROJECT_ROOT / "profiles.yml", project)
    settings = (PROJECT_ROOT / "dbt_project.yml").read_text()
    for old, new in (
        ("reporting_currency: CNY", "reporting_currency: USD"),
        ("reporting_timezone: Asia/Shanghai", "reporting_timezone: America/Los_Angeles"),
    ):
        assert old in settings
        settings = settings.replace(old, new)
    (project / "dbt_project.yml").write_text(settings)
    shutil.copytree(home.root, copy.root)
    # All days move, which the audit refuses for good reason; so it asks for when a changed definition is meant.
    copy.published.unlink()

    code, said = ttkpi(copy, "demo", "--port", "0", TTKPI_PROJECT=str(project))
    assert code == 0, said
    words = " ".join(said.split())
    assert "reporting_currency changed from CNY to USD" in words
    assert "reporting_timezone changed from Asia/Shanghai to America/Los_Angeles" in words
    # The world's own figures, of all days, in dollars and by the days of Los Angeles.
    assert "kpi_creator_daily, all equal to the smallest unit" in words
    assert "business date in America/Los_Angeles" in words

    # By hand: paid 2026-10-15 01:50:32 UTC, 18:50 of the day before in Los Angeles; that day's rate 0.0308671228.
    # Lines of 118.99 and twice 131.09 THB: 3.6729 + 2 x 4.0464.
    with duckdb.connect(str(copy.published), read_only=True) as connection:
        connection.execute("use marts.marts")
        order = "select business_date, reporting_currency, gmv, gmv_rc from fct_orders where shop_key = ? and order_id = ?"
        found = connection.execute(order, ["7495000000000000101", "576812074100000000"]).fetchall()
        unknown = connection.execute("select count(*) from fct_order_lines where gmv_rc is null and gmv <> 0")
        assert found == [(date(2026, 10, 14), "USD", Decimal("381.17"), Decimal("11.7657"))]
        assert unknown.fetchall() == [(0,)]
