"""Ads accounts over real HTTP: first sync, the next day, late cost, refusals, and no trace of a token anywhere."""

from __future__ import annotations

import logging
import stat
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import CLOCK, RememberedProgress, admin, authorise, authorise_ads, raw, sync

from home.errors import ConfigError
from home.layout import Home
from ingestion.engine.compact import compact
from ingestion.engine.progress import ShopResult
from ingestion.replay import replay
from ingestion.sync import SyncReport
from ingestion.tiktok_ads import resources as ads
from ingestion.tiktok_ads.tokens import AdsTokenStore
from orchestration.cli import main
from orchestration.status import status
from sandbox.server.serve import SandboxServer

US_ADS, TH_ADS = "7400000000000000001", "7400000000000000002"
US, TH = "7495000000000000505", "7495000000000000101"
NAMES = [resource.name for resource in ads.RESOURCES]
REPORTS = {"BASIC": "ads_report_daily", "PRODUCT": "gmv_max_campaign_daily", "LIVE": "gmv_max_campaign_daily"}
APP_SECRET = "sandbox-ads-secret"


@pytest.fixture
def home(home: Home, sandbox: SandboxServer, environment: None) -> Home:
    """A home with both ads accounts and all shops."""
    authorise(sandbox, home)
    authorise_ads(sandbox, home)
    return home


def ads_rows(home: Home, table: str, sql: str = "select * from rows") -> list[tuple[Any, ...]]:
    return raw(home, table, sql, source="tiktok_ads")


def everything(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables; which load they came with is of no importance."""
    sql = "select * exclude (_dlt_load_id) from rows order by all"
    return {table.name: ads_rows(home, table.name, sql) for table in ads.tables()}


def latest_spend(home: Home) -> dict[tuple[str, str, date], Decimal | None]:
    """What each campaign cost on each day, as it was last told."""
    found: dict[tuple[str, str, date], Decimal | None] = {}
    for table, column in (("ads_report_daily", "spend"), ("gmv_max_campaign_daily", "cost")):
        rows = ads_rows(
            home,
            table,
            f"select advertiser_id, campaign_id, stat_date, arg_max(struct_pack(v := {column}), (_dlt_load_id, retrieved_at)).v "
            "from rows group by all",
        )
        found.update({(account, campaign, day): cost for account, campaign, day, cost in rows})
    return found


def true_spend(sandbox: SandboxServer, since: date) -> dict[tuple[str, str, date], Decimal | None]:
    """The same, as the world knows it."""
    rows = admin(sandbox, "truth/ads_spend_daily", method="GET")
    return {
        (row["advertiser_id"], row["campaign_id"], date.fromisoformat(row["stat_date"])): row["spend"]
        if row["spend"] is None
        else Decimal(row["spend"])
        for row in rows
        if row["stat_date"] >= since.isoformat()
    }


def ads_calls(sandbox: SandboxServer) -> dict[str, int]:
    """Calls of the Business API since the last reset, by endpoint."""
    counted = admin(sandbox, "requests", method="GET")["endpoints"]
    return {name: one["requests"] for name, one in counted.items() if name.startswith("ads_")}


def by_account(report: SyncReport) -> dict[str, ShopResult]:
    return {one.shop_key: one for one in report.accounts}


def test_the_first_sync_and_the_next_day(home: Home, sandbox: SandboxServer) -> None:
    """Guards figures that are not the platform's, a sync that reads its whole history each day, and late cost that
    stays unknown for ever."""
    told = RememberedProgress()
    first = sync(home, resources=NAMES, progress=told)
    assert not first.failed, (first.errors, first.accounts)
    assert [(one.shop_key, one.status, one.incremental) for one in first.accounts] == [
        (US_ADS, "ok", False),
        (TH_ADS, "ok", False),
    ]
    assert first.shops == [] and told.pages == sum(one.pages for one in first.accounts)
    for table in ads.CATALOGUE.tables():
        assert {key for (key,) in ads_rows(home, table.name, "select distinct advertiser_id from rows")} == {
            US_ADS,
            TH_ADS,
        }, table.name
    assert ads_rows(home, "drift") == []
    assert ads_rows(
        home, "sync_log", "select count(*), count(distinct resource), bool_and(status = 'ok') from rows"
    ) == [(2 * len(NAMES), len(NAMES), True)]
    begin = (CLOCK - timedelta(days=179)).date()
    before = latest_spend(home)
    assert {key: cost for key, cost in before.items() if key[2] >= begin} == true_spend(sandbox, begin)
    late = ads_rows(
        home, "gmv_max_campaign_hourly", "select campaign_id, stat_hour_at from rows where cost is null"
    )
    assert late and min(hour for _, hour in late) >= CLOCK - timedelta(hours=12), (
        "cost comes up to 11 hours late"
    )
    currencies = dict(ads_rows(home, "advertisers", "select distinct advertiser_id, currency from rows"))
    assert currencies == {US_ADS: "USD", TH_ADS: "THB"}
    rates = raw(home, "fx_rates", "select distinct base_currency from rows", source="fx_rates")
    assert {name for (name,) in rates} == {"USD", "THB"}, "amounts of ads are converted as well"

    calls = ads_calls(sandbox)
    admin(sandbox, "requests", method="DELETE")
    admin(sandbox, "clock", {"advance_seconds": 86_400})
    later = CLOCK + timedelta(days=1)
    second = sync(home, resources=NAMES, until=later)
    assert not second.failed and all(one.incremental for one in second.accounts)
    again = ads_calls(sandbox)
    assert again["ads_integrated_report"] < calls["ads_integrated_report"] / 3
    assert "ads_gmv_max_campaign_info" not in again, "no campaign was changed"
    oldest = ads_rows(
        home,
        "sync_log",
        f"select min(window_from) from rows where resource = 'ads_report_daily' and run_id = '{second.run_id}'",
    )[0][0]
    assert oldest >= CLOCK - timedelta(days=8), "a week behind the account's last day, from its beginning"
    after = latest_spend(home)
    assert {key: cost for key, cost in after.items() if key[2] >= begin} == true_spend(sandbox, begin)
    restated = {key for key, cost in before.items() if after[key] != cost}
    assert restated, "some cost came late"
    known = ads_rows(
        home, "gmv_max_campaign_hourly", "select campaign_id, stat_hour_at from rows where cost > 0"
    )
    assert set(late) <= set(known)
    assert min(day for _, _, day in restated) >= (CLOCK - timedelta(days=7)).date()

    rows = everything(home)
    sandbox.stop()  # no network from here on
    replay(home)
    assert everything(home) == rows
    compact(home)
    assert everything(home) == rows
    assert {table: len(found) for table, found in rows.items()}["ads_report_daily"] > 0


def test_what_a_level_tells_adds_up_to_its_campaign(home: Home) -> None:
    """Guards products, rooms or hours of another day, another campaign, or counted twice."""
    sync(home, shops=[TH_ADS], resources=NAMES)
    sums: dict[str, dict[tuple[str, date], Decimal]] = {}
    for table in (
        "gmv_max_campaign_daily",
        "gmv_max_campaign_hourly",
        "gmv_max_product_daily",
        "gmv_max_live_daily",
    ):
        rows = ads_rows(
            home, table, "select campaign_id, stat_date, sum(gross_revenue) from rows group by all"
        )
        sums[table] = {(campaign, day): revenue for campaign, day, revenue in rows}
    days = sums["gmv_max_campaign_daily"]
    assert days and sums["gmv_max_campaign_hourly"] == days
    assert {**sums["gmv_max_product_daily"], **sums["gmv_max_live_daily"]} == days
    zones = ads_rows(
        home,
        "ads_report_hourly",
        "select distinct cast(timezone('Asia/Bangkok', stat_hour_at) as date) = stat_date from rows",
    )
    assert zones == [(True,)]


def test_one_account_refused_the_other_and_all_shops_load(
    home: Home, sandbox: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Guards one withdrawn permission stopping everybody's numbers, or hiding in a green run."""
    admin(sandbox, "ads", {"advertiser": TH_ADS, "permitted": False})
    report = sync(home, resources=["orders", *NAMES])
    assert report.failed
    accounts = by_account(report)
    assert (accounts[US_ADS].status, accounts[TH_ADS].status) == ("ok", "failed")
    assert len(report.shops) == 5 and all(shop.status == "ok" for shop in report.shops)
    (error,) = accounts[TH_ADS].errors
    assert "No permission to operate advertiser" in error and "Aurora TH ads" in error
    assert ads_rows(
        home,
        "sync_log",
        "select advertiser_id, status, authorisation_state, max(error_code) from rows "
        "group by all order by all",
    ) == [(US_ADS, "ok", "ok", None), (TH_ADS, "failed", "revoked", 40001)]
    assert ads_calls(sandbox)["ads_advertiser_info"] == 2, (
        "a refused account is asked once, not once per resource"
    )
    shown = {(one.shop_name, one.resource): one for one in status(home).resources}
    assert shown["Aurora TH ads", "advertisers"].authorisation == "revoked"
    assert shown["Aurora US ads", "advertisers"].status == "ok"
    assert main(["status"]) == 3
    assert "No permission to operate advertiser" in " ".join(capsys.readouterr().out.split())

    admin(sandbox, "ads", {"advertiser": TH_ADS, "permitted": True})
    healed = sync(home, resources=NAMES)
    assert not healed.failed
    begin = (CLOCK - timedelta(days=170)).date()
    assert {key: cost for key, cost in latest_spend(home).items() if key[2] >= begin} == true_spend(
        sandbox, begin
    )


def test_a_withdrawn_authorisation_is_told_and_given_anew(
    home: Home, sandbox: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Guards shops that stop with the ads, and an advice that does not help."""
    sync(home, resources=["orders", "advertisers"])
    admin(sandbox, "ads_revoke")
    report = sync(home, resources=["orders", "advertisers"])
    assert all(shop.status == "ok" for shop in report.shops)
    assert [(one.shop_key, one.name, one.status) for one in report.accounts] == [
        (US_ADS, "Aurora US ads", "failed"),
        (TH_ADS, "Aurora TH ads", "failed"),
    ]
    assert "ttkpi auth ads CODE" in report.accounts[0].errors[0]
    code = admin(sandbox, "ads_auth_code", {})["auth_code"]
    assert main(["auth", "ads", code]) == 0
    shown = capsys.readouterr().out
    assert "Authorised for 2 ads accounts" in shown and f"{US_ADS}  Aurora US ads" in shown
    assert main(["auth", "ads", code]) == 1, "a code works once"
    assert "works once" in capsys.readouterr().err
    assert len(AdsTokenStore(home.ads_tokens_file).read().grants) == 1
    assert not sync(home, resources=["orders", "advertisers"]).failed


def test_an_account_that_is_not_listed_any_more_is_told_once(home: Home, sandbox: SandboxServer) -> None:
    sync(home, resources=["advertisers"])
    token = next(iter(sandbox_tokens(sandbox)))
    sandbox_tokens(sandbox)[token].remove(TH_ADS)
    gone = sync(home, resources=["advertisers"])
    assert {one.shop_key: one.status for one in gone.accounts} == {US_ADS: "ok", TH_ADS: "failed"}
    assert "does not reach" in by_account(gone)[TH_ADS].errors[0]
    after = sync(home, resources=["advertisers"])
    assert [one.shop_key for one in after.accounts] == [US_ADS] and not after.failed


def sandbox_tokens(sandbox: SandboxServer) -> dict[str, list[str]]:
    """Which accounts each token reaches; the sandbox runs in this process."""
    return sandbox.sandbox.ads.tokens


def test_without_ads_accounts_their_tables_are_there_and_empty(
    tmp_path: Path, sandbox: SandboxServer, environment: None
) -> None:
    """Guards models that break for everybody who has no ads, and calls about accounts that nobody has."""
    home = Home(tmp_path / "other")
    authorise(sandbox, home)
    report = sync(home, shops=[TH])
    assert not report.failed and report.accounts == []
    assert {table.name: ads_rows(home, table.name) for table in ads.tables()} == {
        table.name: [] for table in ads.tables()
    }
    assert len(list(ads.tables())) == 15
    assert ads_calls(sandbox) == {}
    with pytest.raises(ConfigError, match="No ads account has been authorised yet"):
        sync(home, resources=["campaigns"])


def test_trouble_that_passes_is_not_in_the_figures(
    home: Home, sandbox: SandboxServer, impatient: None
) -> None:
    """Guards rows that are missing or doubled after a limit, a dead connection or a report that took too long."""
    admin(
        sandbox,
        "faults",
        [
            {
                "effect": "error",
                "code": 40100,
                "path": "/report/integrated/get/",
                "nth": 2,
                "message": "Too many requests",
            },
            {"effect": "error", "code": 51010, "path": "/gmv_max/report/get/", "nth": 1},
            {"effect": "gateway_html", "path": "/gmv_max/report/get/", "nth": 6},
            {"effect": "reset", "path": "/campaign/get/", "nth": 1},
            {"effect": "truncate", "path": "/gmv_max/report/get/", "nth": 9},
            {"effect": "error", "code": 50000, "path": "/advertiser/info/", "nth": 1},
        ],
    )
    report = sync(home, resources=NAMES)
    assert not report.failed, report.accounts
    struck = [rule["hits"] for rule in admin(sandbox, "faults", method="GET")]
    assert struck == [1] * 6
    begin = (CLOCK - timedelta(days=179)).date()
    assert {key: cost for key, cost in latest_spend(home).items() if key[2] >= begin} == true_spend(
        sandbox, begin
    )
    for table in ads.CATALOGUE.tables():
        if table.name not in ("gmv_max_stores", "tt_shop_report_daily"):
            keys = ", ".join(table.key)
            doubled = ads_rows(home, table.name, f"select {keys} from rows group by all having count(*) > 1")
            assert doubled == [], table.name


def test_a_list_that_hangs_concerns_one_resource(home: Home, sandbox: SandboxServer) -> None:
    """Guards a server that gives its first page for ever: the sync would never end."""
    admin(sandbox, "faults", {"effect": "repeat_page_token", "endpoint": "campaigns", "shop": US_ADS})
    report = sync(home, resources=NAMES)
    accounts = by_account(report)
    assert (accounts[US_ADS].status, accounts[TH_ADS].status) == ("partial", "ok")
    assert "asked for page 2" in accounts[US_ADS].errors[0]
    failed = ads_rows(home, "sync_log", "select resource from rows where status = 'failed'")
    assert failed == [("campaigns",)]


def test_a_limit_is_kept_to(home: Home, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards an app that is locked out for five minutes because it asks too fast."""
    admin(sandbox, "limits", {"requests_per_second": 20, "burst": 2})
    monkeypatch.setenv("SOURCES__TIKTOK_ADS__REQUESTS_PER_SECOND", "18")
    report = sync(home, shops=[US_ADS], resources=["advertisers", "campaigns", "ads_report_daily"])
    assert not report.failed
    counted = admin(sandbox, "requests", method="GET")["endpoints"]
    assert all(set(one["by_code"]) == {"0"} for name, one in counted.items() if name.startswith("ads_"))


def test_ids_choose_shops_and_accounts(home: Home, sandbox: SandboxServer) -> None:
    """Guards `--shop ID` that reads nothing, or more than it was told."""
    admin(sandbox, "requests", method="DELETE")
    alone = sync(home, shops=[TH_ADS], resources=["advertisers", "campaigns"])
    assert [one.shop_key for one in alone.accounts] == [TH_ADS] and alone.shops == []
    counted = admin(sandbox, "requests", method="GET")["endpoints"]
    assert {name for name in counted if not name.startswith("ads_")} <= {"fx_rates"}, "no shop was asked"
    both = sync(home, shops=[TH_ADS, US], resources=["campaigns", "orders"])
    assert ([one.shop_key for one in both.accounts], [one.shop_key for one in both.shops]) == ([TH_ADS], [US])
    only = sync(home, shops=[US], resources=["warehouses"])
    assert only.accounts == []
    with pytest.raises(ConfigError, match="No authorised shop has the id 123, nor an ads account") as caught:
        sync(home, shops=["123"], resources=["orders"])
    assert US_ADS in caught.value.advice and US in caught.value.advice
    with pytest.raises(ConfigError, match="is an ads account"):
        sync(home, shops=[US_ADS], resources=["orders"])
    with pytest.raises(ConfigError, match="what was asked for is of ads accounts"):
        sync(home, shops=[US], resources=["campaigns"])
    with pytest.raises(ConfigError, match="no resource") as unknown:
        sync(home, resources=["campaign"])
    assert "orders" in unknown.value.advice and "campaigns" in unknown.value.advice


def test_an_explicit_start_reads_the_accounts_days_again(home: Home, sandbox: SandboxServer) -> None:
    sync(home, shops=[US_ADS], resources=["ads_report_daily"])
    before = len(ads_rows(home, "ads_report_daily"))
    sync(home, shops=[US_ADS], resources=["ads_report_daily"], since=date(2026, 10, 20))
    days = ads_rows(
        home,
        "ads_report_daily",
        "select stat_date, count(*) from rows group by 1 having count(distinct _dlt_load_id) > 1",
    )
    assert before < len(ads_rows(home, "ads_report_daily"))
    # 20 October 00:00 UTC is still the 19th of an account eight hours behind.
    assert min(day for day, _ in days) == date(2026, 10, 19)


def test_no_token_and_no_secret_in_archive_raw_or_log(
    home: Home, sandbox: SandboxServer, caplog: pytest.LogCaptureFixture, impatient: None
) -> None:
    """Guards a backup or a bug report that opens somebody's ads account."""
    caplog.set_level(logging.DEBUG)
    token = AdsTokenStore(home.ads_tokens_file).read().grants[0].access_token
    admin(sandbox, "faults", {"effect": "reset", "path": "/campaign/get/", "nth": 1})
    told = RememberedProgress()
    sync(home, resources=NAMES, progress=told)
    admin(sandbox, "ads_revoke")
    report = sync(home, resources=["advertisers"], progress=told)
    shown = [*told.messages, caplog.text, str(report)]
    assert any("Waiting" in text for text in told.messages)
    files = [path for path in home.root.rglob("*") if path.is_file()]
    kept = [path for path in files if path != home.ads_tokens_file]
    content = {path: content_of(path) for path in kept}
    assert any(path.suffix == ".zst" for path in kept) and any(path.suffix == ".parquet" for path in kept)
    for planted in (
        token,
        APP_SECRET,
        "ads@aurora.example",
        "1 Harbour Road",
        "A. Person",
        "+66 812 345 678",
    ):
        assert [path for path, text in content.items() if planted.encode() in text] == [], planted
        assert planted not in "\n".join(shown), planted
    assert stat.S_IMODE(home.ads_tokens_file.stat().st_mode) == 0o600


def content_of(path: Path) -> bytes:
    """What a file says, compressed or not."""
    packed = path.read_bytes()
    if path.suffix == ".parquet":
        import duckdb

        rows = duckdb.connect().execute(f"select * from read_parquet('{path}')").fetchall()
        return packed + repr(rows).encode()
    if path.suffix != ".zst" or not packed:
        return packed
    with pa.input_stream(pa.BufferReader(packed), compression="zstd") as stream:
        found: bytes = stream.read()
    return found
