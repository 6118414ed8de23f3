"""TikTok's own client reads the whole ads side of the sandbox, and is asked what ours would ask.

`tiktok-business-api-sdk-official` is generated from TikTok's definition of the Business API: its paths, its headers,
its JSON text in the query, its list of codes. Guards against a sandbox and a client of ours that agree with each other
and not with TikTok. Its answers are not typed, so their fields are held against the declared ones of our tables. The
list of GMV Max campaigns is not in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import business_api_client as sdk
import httpx
import pytest
from business_api_client.rest import ApiException
from business_api_client.tiktok_business.tiktok_code import NumericErrorCodes
from business_api_client.tiktok_business.tiktok_exceptions import TiktokSDKError

from home.config import AdsApiConfig
from ingestion.tiktok_ads import endpoints, gmv_max, reports
from ingestion.tiktok_ads import resources as ads
from ingestion.tiktok_ads.client import AdsClient, Advertiser
from ingestion.tiktok_ads.endpoints import Endpoint
from ingestion.tiktok_ads.refusals import _CODES
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
from sandbox.ads.auth import APP_ID, AUTH_CODE, SECRET
from sandbox.server.serve import SandboxServer, start_in_thread
from sandbox.world.generator import generate

CLOCK = 1_794_096_000  # 2026-11-08T00:00:00Z
ONE, TWO = "7400000000000000001", "7400000000000000002"
STORE = "7495000000000000505"
DAYS = {"start_date": "2026-11-01", "end_date": "2026-11-07"}
ALL = ["STATUS_DELIVERY_OK", "STATUS_DISABLE", "STATUS_NOT_DELIVERY", "STATUS_DELETE"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    world = tmp_path_factory.mktemp("world")
    generate(world, orders=400, days=21, seed=7, clock=CLOCK)
    server = start_in_thread(world)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def referee(server: SandboxServer) -> sdk.ApiClient:
    """TikTok's client, pointed at the sandbox."""
    configuration = sdk.Configuration()
    configuration.host = server.base_url
    return sdk.ApiClient(configuration)


@pytest.fixture(scope="module")
def token(referee: sdk.ApiClient) -> str:
    body = sdk.Oauth2AccessTokenBody(app_id=APP_ID, secret=SECRET, auth_code=AUTH_CODE)
    data = sdk.AuthenticationApi(referee).oauth2_access_token(body=body)["data"]
    assert set(data) == {"access_token", "advertiser_ids", "scope"}
    assert data["advertiser_ids"] == [ONE, TWO]
    return str(data["access_token"])


@pytest.fixture(scope="module")
def ours(server: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdsClient]:
    config = AdsApiConfig(server.base_url, APP_ID, SECRET, requests_per_second=0)
    tokens = AdsTokenStore(tmp_path_factory.mktemp("home") / "ads_tokens.json")
    with AdsClient(config, tokens) as client:
        yield client


def code_of(error: pytest.ExceptionInfo[TiktokSDKError]) -> int:
    found = re.match(r"Error Code: (\d+), message: .+, request_id: \w+", str(error.value))
    assert found, error.value
    return int(found[1])


def reporting(client: sdk.ApiClient, token: str, **query: Any) -> dict[str, Any]:
    data: dict[str, Any] = sdk.ReportingApi(client).report_integrated_get(
        access_token=token, advertiser_id=ONE, **{"page_size": 1000, **DAYS, **query}
    )["data"]
    return data


def gmv_max_report(client: sdk.ApiClient, token: str, **query: Any) -> dict[str, Any]:
    asked = {"advertiser_id": ONE, "store_ids": [STORE], "page_size": 1000, **DAYS, **query}
    data: dict[str, Any] = sdk.ReportingApi(client).gmv_max_report_get(access_token=token, **asked)["data"]
    return data


def basic(time: str = "stat_time_day") -> dict[str, Any]:
    return {
        "report_type": "BASIC",
        "data_level": "AUCTION_CAMPAIGN",
        "dimensions": ["campaign_id", time],
        "metrics": list(reports.BASIC_METRICS),
        "filtering": reports._ALL_CAMPAIGNS,
    }


def shopping(level: str, one: str) -> dict[str, Any]:
    return {
        "report_type": "TT_SHOP",
        "data_level": level,
        "dimensions": [one, "country_code", "stat_time_day"],
        "metrics": list(reports.TT_SHOP_METRICS),
    }


def by_campaign(kind: str, metrics: tuple[str, ...], time: str = "stat_time_day") -> dict[str, Any]:
    return {
        "dimensions": ["campaign_id", time],
        "metrics": list(metrics),
        "filtering": {"gmv_max_promotion_types": [kind], "campaign_statuses": ALL},
    }


def by_part(campaigns: list[str], parts: list[str], metrics: tuple[str, ...], **more: Any) -> dict[str, Any]:
    return {
        "dimensions": ["campaign_id", *parts, "stat_time_day"],
        "metrics": list(metrics),
        "filtering": {"campaign_ids": campaigns, **more},
    }


PRODUCTS, LIVES = ["1810000000000004", "1810000000000005"], ["1810000000000006"]
REPORTS: dict[str, dict[str, Any]] = {
    "gmv_max_campaign_daily": by_campaign("PRODUCT", gmv_max._CAMPAIGN_METRICS),
    "gmv_max_campaign_hourly": by_campaign("PRODUCT", gmv_max._CAMPAIGN_METRICS, "stat_time_hour")
    | {"start_date": "2026-11-06", "end_date": "2026-11-06"},
    "gmv_max_product_daily": by_part(PRODUCTS, ["item_group_id"], gmv_max._PRODUCT_METRICS),
    "gmv_max_live_daily": by_part(LIVES, ["room_id"], gmv_max._LIVE_METRICS),
}


def unknown(rows: list[dict[str, Any]], table: str) -> set[str]:
    """Fields of an answer that our table does not declare."""
    known = next(one.known for one in ads.CATALOGUE.tables() if one.name == table)
    assert known
    return {path for row in rows for path in _strange(row, known)}


def _strange(found: dict[str, Any], known: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name, value in found.items():
        if name not in known:
            yield f"{path}{name}"
        elif isinstance(value, dict) and known[name]:
            yield from _strange(value, known[name], f"{path}{name}.")


def test_a_strange_field_is_seen() -> None:
    row = {"dimensions": {"campaign_id": "1"}, "metrics": {"cost": "1", "moon": "1"}, "sun": {}}
    assert unknown([row], "gmv_max_campaign_daily") == {"metrics.moon", "sun"}


# Every path of ours is one of TikTok's
# --------------------------------------------------------------------------------------------------


def test_every_path_we_ask_is_in_tiktoks_own_client() -> None:
    """Guards a path of our invention, which the sandbox would serve all the same."""
    folder = Path(sdk.__file__).parent / "api"
    known = {
        (method, path)
        for file in folder.glob("*.py")
        for path, method in re.findall(
            r"'(/open_api/v1\.3/[^']+)', '(\w+)'", file.read_text(encoding="utf-8")
        )
    }
    asked = {("GET", one.path) for one in vars(endpoints).values() if isinstance(one, Endpoint)}
    asked.add(("POST", endpoints.ACCESS_TOKEN_PATH))
    assert len(asked) == 9
    assert asked - known == {("GET", "/open_api/v1.3/gmv_max/campaign/get/")}, (
        "in the documents, not in the client"
    )


def test_every_code_of_tiktoks_own_client_is_judged() -> None:
    """Guards a withdrawn permission or a limit that is taken for a bug, as its number is not known here."""
    names = {value: name for name, value in vars(NumericErrorCodes).items() if name.startswith("ERROR_CODE_")}
    not_of_reading = {
        "OK",
        "NO_UPDATE",
        "INVALID_BATCH_SIZE",
        "PII_NOT_HASHED",
        "INVALID_PARTNER_NAME",
        "GARM_SINGLE_AUTH_FAILED",
        "GARM_DOUBLE_AUTH_FAILED",
        "GARM_SINGLE_VALIDATE_ERROR",
        "GARM_DOUBLE_VALIDATE_ERROR",
        "SITE_TO_VIDEO_SERVICE_ERROR",
        "VIDEO_ILLEGAL_CONTENT",
        "INVALID_BIZ_AUTH_TYPE",
    }
    server_troubles = range(50_000, 60_000)
    left = {name for code, name in names.items() if code not in _CODES and code not in server_troubles}
    assert {name.removeprefix("ERROR_CODE_") for name in left} == not_of_reading


# What it reads
# --------------------------------------------------------------------------------------------------


def test_accounts(referee: sdk.ApiClient, token: str, server: SandboxServer) -> None:
    listed = sdk.AuthenticationApi(referee).oauth2_advertiser_get(APP_ID, SECRET, token)["data"]["list"]
    assert [one["advertiser_id"] for one in listed] == [ONE, TWO]
    every = sdk.AccountManagementApi(referee).advertiser_info([ONE, TWO], token)["data"]["list"]
    assert [(one["currency"], one["timezone"]) for one in every] == [
        ("USD", "Etc/GMT+8"),
        ("THB", "Asia/Bangkok"),
    ]
    some = sdk.AccountManagementApi(referee).advertiser_info([ONE], token, fields=["name", "currency"])
    assert some["data"]["list"] == [{"name": "Aurora US ads", "currency": "USD"}]


def test_campaigns(referee: sdk.ApiClient, token: str) -> None:
    api = sdk.CampaignCreationApi(referee)
    deleted = sdk.FilteringCampaignGet(primary_status="STATUS_ALL")
    data = api.campaign_get(ONE, token, page_size=1000, filtering=deleted)["data"]
    assert data["page_info"] == {"page": 1, "page_size": 1000, "total_number": 3, "total_page": 1}
    assert unknown(data["list"], "campaigns") == set()
    assert len(api.campaign_get(ONE, token)["data"]["list"]) == 2, "without asking, deleted ones do not come"
    pages = [api.campaign_get(ONE, token, page=n, page_size=1, filtering=deleted)["data"] for n in (1, 2, 3)]
    assert [page["list"][0] for page in pages] == data["list"]


def test_stores_and_settings(referee: sdk.ApiClient, token: str) -> None:
    stores = sdk.StoreApi(referee).gmv_max_store_list(ONE, token)["data"]["store_list"]
    assert [one["store_id"] for one in stores if one["is_gmv_max_available"]] == [STORE, STORE]
    assert unknown(stores, "gmv_max_stores") == set()
    settings = sdk.CampaignCreationApi(referee).campaign_gmv_max_info(ONE, PRODUCTS[0], token)["data"]
    assert (settings["store_id"], settings["shopping_ads_type"]) == (STORE, "PRODUCT")
    assert unknown([settings], "gmv_max_campaign_settings") == set()


@pytest.mark.parametrize(
    ("table", "query", "rows"),
    [
        ("ads_report_daily", basic(), 14),
        (
            "ads_report_hourly",
            basic("stat_time_hour") | {"start_date": "2026-11-06", "end_date": "2026-11-06"},
            48,
        ),
        ("tt_shop_report_daily", shopping("AUCTION_ADVERTISER", "advertiser_id"), 7),
        ("tt_shop_report_daily", shopping("AUCTION_CAMPAIGN", "campaign_id"), None),
    ],
)
def test_ordinary_reports(
    referee: sdk.ApiClient, token: str, table: str, query: dict[str, Any], rows: int | None
) -> None:
    data = reporting(referee, token, **query)
    found = data["list"]
    assert found and (rows is None or len(found) == rows)
    assert unknown(found, table) == set()
    for row in found:
        assert set(row) == {"dimensions", "metrics"}
        assert set(row["dimensions"]) == set(query["dimensions"]) and set(row["metrics"]) == set(
            query["metrics"]
        )
        assert all(isinstance(value, str) for value in row["metrics"].values()), "figures are text"


@pytest.mark.parametrize("table", REPORTS)
def test_gmv_max_reports(referee: sdk.ApiClient, token: str, table: str) -> None:
    query = REPORTS[table]
    asked = {**query, "filtering": sdk.FilteringGmvMaxReportGet(**query["filtering"])}
    found = gmv_max_report(referee, token, **asked)["list"]
    assert found and unknown(found, table) == set()
    assert all(set(row["metrics"]) == set(query["metrics"]) for row in found)


def test_creatives(referee: sdk.ApiClient, token: str) -> None:
    rows = gmv_max_report(referee, token, **REPORTS["gmv_max_product_daily"])["list"]
    products = sorted({row["dimensions"]["item_group_id"] for row in rows})
    query = by_part(
        PRODUCTS, ["item_group_id", "item_id"], gmv_max._CREATIVE_METRICS, item_group_ids=products[:100]
    )
    found = gmv_max_report(referee, token, **query)["list"]
    assert found and unknown(found, "gmv_max_creative_daily") == set()
    assert {"-1"} < {row["dimensions"]["item_id"] for row in found}, "the product's card, and videos"


# What it is refused
# --------------------------------------------------------------------------------------------------


def test_refusals_come_with_http_200_and_a_code(
    referee: sdk.ApiClient, token: str, server: SandboxServer
) -> None:
    account = sdk.AccountManagementApi(referee)
    refused: list[tuple[int, Callable[[], Any]]] = [
        (40105, lambda: account.advertiser_info([ONE], "wrong")),
        (40104, lambda: account.advertiser_info([ONE], "")),
        (40001, lambda: account.advertiser_info(["7400000000000000009"], token)),
        (40101, lambda: sdk.AuthenticationApi(referee).oauth2_advertiser_get(APP_ID, "wrong", token)),
        (40110, lambda: _exchange(referee, AUTH_CODE)),
        (40007, lambda: sdk.CampaignCreationApi(referee).campaign_gmv_max_info(ONE, "1", token)),
        (
            40001,
            lambda: gmv_max_report(
                referee, token, **REPORTS["gmv_max_campaign_daily"], store_ids=["7495000000000000101"]
            ),
        ),
        (40002, lambda: reporting(referee, token, **basic(), start_date="2026-10-01", end_date="2026-11-01")),
        (40002, lambda: reporting(referee, token, **{**basic(), "metrics": ["moon_phase"]})),
        (40002, lambda: reporting(referee, token, **{**basic("stat_time_hour")})),
        (
            40002,
            lambda: reporting(
                referee, token, **{**shopping("AUCTION_CAMPAIGN", "campaign_id"), "filtering": []}
            ),
        ),
        (
            40002,
            lambda: gmv_max_report(referee, token, **{**REPORTS["gmv_max_campaign_daily"], "filtering": {}}),
        ),
    ]
    for code, call in refused:
        with pytest.raises(TiktokSDKError) as error:
            call()
        assert code_of(error) == code


def _exchange(referee: sdk.ApiClient, code: str) -> Any:
    body = sdk.Oauth2AccessTokenBody(app_id=APP_ID, secret=SECRET, auth_code=code)
    return sdk.AuthenticationApi(referee).oauth2_access_token(body=body)


def test_the_limit_and_a_dead_gateway(referee: sdk.ApiClient, token: str, server: SandboxServer) -> None:
    faults = f"{server.base_url}/_sandbox/faults"
    rules = [
        {"effect": "rate_limit", "code": 40100, "endpoint": "advertiser_info", "nth": 1},
        {"effect": "gateway_html", "endpoint": "advertiser_info", "nth": 2},
    ]
    httpx.post(faults, json=rules, trust_env=False).raise_for_status()
    try:
        with pytest.raises(TiktokSDKError) as limited:
            sdk.AccountManagementApi(referee).advertiser_info([ONE], token)
        assert code_of(limited) == 40100
        with pytest.raises(ApiException) as dead:
            sdk.AccountManagementApi(referee).advertiser_info([ONE], token)
        assert dead.value.status == 502
    finally:
        httpx.delete(faults, trust_env=False).raise_for_status()


# Ours asks the same
# --------------------------------------------------------------------------------------------------


def test_our_client_sends_what_tiktoks_client_sends(
    referee: sdk.ApiClient, token: str, server: SandboxServer, ours: AdsClient
) -> None:
    """Guards lists that are written in another way, names that are spelled otherwise, and a token in another place."""
    seen: list[tuple[str, dict[str, Any], str | None]] = []

    def wire(method: str, url: str, fields: list[tuple[str, Any]], headers: dict[str, str]) -> None:
        query = {name: _read(str(value)) for name, value in fields}
        seen.append((f"{method} {url.removeprefix(server.base_url)}", query, headers.get("Access-Token")))

    rest = referee.rest_client
    real = rest.pool_manager.request

    def spy(method: str, url: str, **options: Any) -> Any:
        wire(method, url, options.get("fields") or [], options["headers"])
        return real(method, url, **options)

    rest.pool_manager.request = spy
    account = Advertiser(ONE, "", token)
    try:
        filtering = sdk.FilteringCampaignGet(primary_status="STATUS_ALL")
        sdk.CampaignCreationApi(referee).campaign_get(ONE, token, page=1, page_size=1000, filtering=filtering)
        reporting(referee, token, page=1, **basic())
        gmv_max_report(referee, token, page=1, **REPORTS["gmv_max_live_daily"])
        sdk.AccountManagementApi(referee).advertiser_info([ONE], token, fields=["name"])
        sdk.StoreApi(referee).gmv_max_store_list(ONE, token)
        sdk.CampaignCreationApi(referee).campaign_gmv_max_info(ONE, PRODUCTS[0], token)
        sdk.AuthenticationApi(referee).oauth2_advertiser_get(APP_ID, SECRET, token)
    finally:
        rest.pool_manager.request = real
    theirs, seen[:] = list(seen), []

    own = {"advertiser_id": ONE}
    hook: list[Callable[[httpx.Request], None]] = [
        lambda request: wire(
            request.method,
            str(request.url.copy_with(query=None)),
            list(request.url.params.multi_items()),
            {"Access-Token": request.headers["Access-Token"]},
        )
    ]
    ours._http.event_hooks = {"request": hook, "response": []}
    list(ours.pages(endpoints.CAMPAIGNS, account, {**own, "filtering": {"primary_status": "STATUS_ALL"}}))
    list(ours.pages(endpoints.INTEGRATED_REPORT, account, {**own, **DAYS, **basic()}))
    list(
        ours.pages(
            endpoints.GMV_MAX_REPORT,
            account,
            {**own, "store_ids": [STORE], **DAYS, **REPORTS["gmv_max_live_daily"]},
        )
    )
    ours.get(endpoints.ADVERTISER_INFO, account, {"advertiser_ids": [ONE], "fields": ["name"]})
    ours.get(endpoints.GMV_MAX_STORES, account, own)
    ours.get(endpoints.GMV_MAX_CAMPAIGN_INFO, account, {**own, "campaign_id": PRODUCTS[0]})
    ours.get(endpoints.AUTHORIZED_ADVERTISERS, account, {})
    assert seen == theirs


def _read(text: str) -> Any:
    """A parameter as the server reads it: JSON text, or the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def test_both_clients_trade_codes(referee: sdk.ApiClient, server: SandboxServer, tmp_path: Path) -> None:
    minted = httpx.post(
        f"{server.base_url}/_sandbox/ads_auth_code", json={"advertisers": [TWO]}, trust_env=False
    )
    tokens = AdsTokenStore(tmp_path / "ads_tokens.json")
    host = AdsAuthHost(AdsApiConfig(server.base_url, APP_ID, SECRET, 0))
    grant = tokens.exchange(minted.json()["auth_code"], host)
    listed = sdk.AuthenticationApi(referee).oauth2_advertiser_get(APP_ID, SECRET, grant.access_token)
    assert [one["advertiser_id"] for one in listed["data"]["list"]] == list(grant.advertiser_ids) == [TWO]
