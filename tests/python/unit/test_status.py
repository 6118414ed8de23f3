"""Status: what is told of authorisations and syncs, without touching anything."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from control_helpers import LOAD, SHOP, make_home, write_raw
from rich.console import Console

from ingestion.home import Home
from ingestion.tiktok_shop.token_file import Grant, KnownShop, TokenFile, TokenState
from orchestration.lib.status import authorisations, status
from orchestration.lib.status_report import show_authorisations, show_status

NOW = 1_800_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path)
    grant = Grant(
        "open", "Aurora Trading", "secret-at", NOW + 7200, "secret-rt", NOW + 10 * 86_400, ("order",)
    )
    shop = KnownShop(SHOP, "Aurora Thailand", "TH", "CROSS_BORDER", "c", "secret-cipher")
    with TokenFile(home.tokens_file).replacement() as replacement:
        replacement.commit(TokenState(grants={"open": grant}, shops={"open": [shop]}))
    return home


def test_authorisation_tells_days_left_and_shops(home: Home) -> None:
    (one,) = authorisations(home, now=NOW)
    assert (one.seller, one.days_left, one.token_hours_left) == ("Aurora Trading", 10.0, 2.0)
    assert [shop.name for shop in one.shops] == ["Aurora Thailand"]


def test_secrets_are_never_shown(home: Home) -> None:
    text = io.StringIO()
    console = Console(file=text, width=200)
    show_authorisations(authorisations(home, now=NOW), console)
    show_status(home, status(home, now=NOW), console)
    assert "Aurora Thailand" in text.getvalue() and "10 days left" in text.getvalue()
    assert not any(f"secret-{one}" in text.getvalue() for one in ("at", "rt", "cipher"))


def test_last_attempt_decides_and_last_success_stays(home: Home) -> None:
    source = f"read_parquet('{home.raw}/tiktok_shop/sync_log/part.parquet')"
    write_raw(
        home,
        "sync_log",
        f"""
        select * replace (
            'failed' as status, timestamptz '2026-10-04 00:00:00Z' as finished_at,
            timestamptz '2026-10-03 12:00:00Z' as window_until, 'Token revoked.' as error_message,
            'revoked' as authorisation_state, '2{LOAD}' as _dlt_load_id
        ) from {source} where resource = 'orders'
        """,
        name="next",
    )
    found = status(home, now=NOW)
    by_name = {one.resource: one for one in found.resources}
    orders = by_name["orders"]
    assert (orders.status, orders.authorisation, orders.error) == ("failed", "revoked", "Token revoked.")
    assert orders.last_success == datetime(2026, 10, 3, 0, 1, tzinfo=UTC)
    assert orders.data_until == datetime(2026, 10, 3, tzinfo=UTC)
    assert orders.lag_hours == 12.0
    assert by_name["returns"].status == "ok" and by_name["returns"].error == ""
    assert found.failing == [orders]


def test_status_answers_while_a_run_holds_the_home(home: Home) -> None:
    with home.lock("run"):
        assert status(home).resources


def test_ended_authorisation_says_what_to_do(home: Home) -> None:
    text = io.StringIO()
    show_authorisations(authorisations(home, now=NOW + 11 * 86_400), Console(file=text, width=200))
    assert "authorise again" in text.getvalue()
