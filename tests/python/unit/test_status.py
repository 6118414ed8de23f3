"""Status: what is told of authorisations and syncs, without touching anything."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from control_helpers import LOAD, SHOP, authorise_ads, make_home, write_raw
from rich.console import Console

from home.layout import Home
from ingestion.engine.errors import TokenFileError
from ingestion.tiktok_shop.token_file import Grant, KnownShop, TokenFile, TokenState
from orchestration.cli.status_report import show_ads_authorisations, show_authorisations, show_status
from orchestration.status import ads_authorisations, authorisations, status

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
    show_status(home, status(home, now=NOW), details=True, console=console)
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


def test_ads_accounts_are_told_beside_the_shops(home: Home) -> None:
    """Guards ads accounts that fail unseen: their log is a table of its own."""
    named, unnamed = "7400000000000000001", "7400000000000000002"
    authorise_ads(home, (named, unnamed), {named: "Aurora US ads"})
    shops = f"read_parquet('{home.raw}/tiktok_shop/sync_log/part.parquet')"
    write_raw(
        home,
        "sync_log",
        f"""
        select
            '{unnamed}' as advertiser_id,
            * exclude (shop_key) replace (
                'gmv_max_stores' as resource, 'failed' as status, 'No permission.' as error_message,
                'revoked' as authorisation_state
            )
        from {shops} where resource = 'orders'
        """,
        source="tiktok_ads",
    )
    (one,) = ads_authorisations(home)
    assert one.accounts == ((named, "Aurora US ads"), (unnamed, "")) and one.permissions == 2
    found = status(home, now=NOW)
    assert {row.resource for row in found.resources} == {"orders", "returns", "gmv_max_stores"}
    (failed,) = found.failing
    assert (failed.shop_key, failed.shop_name, failed.authorisation) == (unnamed, unnamed, "revoked")
    text = io.StringIO()
    console = Console(file=text, width=200)
    show_ads_authorisations(ads_authorisations(home), console)
    show_status(home, found, console=console)
    assert "Aurora US ads" in text.getvalue() and "No permission." in text.getvalue()
    assert "planted" not in text.getvalue()


def test_an_ads_token_file_that_is_damaged_is_told(home: Home) -> None:
    """Guards a status that silently forgets the ads accounts."""
    authorise_ads(home, ("7400000000000000001",))
    home.ads_tokens_file.write_text("{")
    with pytest.raises(TokenFileError, match=r"ads_tokens\.json") as caught:
        status(home, now=NOW)
    assert "ttkpi auth ads CODE" in caught.value.advice
