"""A client that is not ours reads the whole sandbox.

`tiktok-shop-api` is generated from TikTok's partner documentation: it signs, asks for tokens and parses every
answer with typed models. Whatever a model does not know, or has with another type, fails here. Guards against
a sandbox and a client of ours that agree with each other and not with TikTok.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import httpx
import orjson
import pytest
from documented import model_of, operation_of
from tiktok_shop_api import TikTokShop, TikTokShopAuth, TikTokShopError
from tiktok_shop_api.generated import models
from tiktok_shop_api.generated.types import UNSET, Unset

from home.config import ShopApiConfig
from home.layout import Home
from ingestion.engine.answers import ApiAnswer
from ingestion.sources import prepare
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.client import ShopClient
from ingestion.tiktok_shop.endpoints import AUTHORIZED_SHOPS, Endpoint
from ingestion.tiktok_shop.resources import BY_NAME, ENDPOINTS, RESOURCES
from ingestion.tiktok_shop.shop_sync import ShopJob, sync_shop
from ingestion.tiktok_shop.tokens import TokenStore
from sandbox.server.serve import SandboxServer, start_in_thread
from sandbox.world.catalog import SHOPS as WORLD_SHOPS
from sandbox.world.generator import generate
from sandbox.world.promotion import creators

CLOCK = 1_794_096_000  # 2026-11-08T00:00:00Z
DAY = 86_400
SHOPS = {
    "TH": "7495000000000000101",
    "VN": "7495000000000000202",
    "MY": "7495000000000000303",
    "GB": "7495000000000000404",
    "US": "7495000000000000505",
}
SCALARS: dict[str, type] = {"str": str, "int": int, "bool": bool, "float": float}


def surprises(model: Any, path: str = "") -> Iterator[str]:
    """What a parsed answer holds that its model does not know, or knows with another type."""
    if isinstance(model, list):
        for index, item in enumerate(model):
            yield from surprises(item, f"{path}[{index}]")
    if not attrs.has(type(model)):
        return
    for name in getattr(model, "additional_properties", {}):
        yield f"{path}.{name} is unknown to {type(model).__name__}"
    for declared in attrs.fields(type(model)):
        value = getattr(model, declared.name)
        if declared.name == "additional_properties" or isinstance(value, Unset):
            continue
        wanted = SCALARS.get(str(declared.type).split(" | ")[0])
        if wanted is not None and type(value) is not wanted:
            yield f"{path}.{declared.name} is {value!r}, {type(model).__name__} wants {wanted.__name__}"
        yield from surprises(value, f"{path}.{declared.name}")


def check(answer: Any) -> Any:
    """The data of an answer that its model knows completely."""
    assert answer is not None
    found = list(surprises(answer))
    assert not found, f"{len(found)} surprises, the first: {found[:5]}"
    assert answer.code == 0
    return answer.data


def pages(fetch: Callable[[str | Unset], Any], key: str) -> list[Any]:
    """The elements of all pages of a list."""
    elements: list[Any] = []
    token: str | Unset = UNSET
    for _ in range(10_000):
        data = check(fetch(token))
        elements += getattr(data, key)
        if not data.next_page_token:
            return elements
        assert data.next_page_token != token
        token = data.next_page_token
    raise AssertionError("the list does not end")


@dataclass(frozen=True)
class Referee:
    """The independent client, authorised, for all shops."""

    server: SandboxServer
    client: TikTokShop
    ciphers: dict[str, str]
    zones: dict[str, str]

    def shop(self, region: str) -> TikTokShop:
        return self.client.with_shop(shop_cipher=self.ciphers[SHOPS[region]])

    def yesterday(self, region: str) -> date:
        now = datetime.fromtimestamp(CLOCK, UTC)
        return now.astimezone(ZoneInfo(self.zones[SHOPS[region]])).date() - timedelta(days=1)


@pytest.fixture(scope="module")
def referee(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Referee]:
    directory: Path = tmp_path_factory.mktemp("world")
    generate(directory, orders=1_500, days=120, seed=7, clock=CLOCK)
    server = start_in_thread(directory)
    try:
        auth = TikTokShopAuth("sandbox-app", "sandbox-secret", base_url=server.base_url)
        tokens = auth.exchange_code("sandbox-code")
        renewed = auth.refresh(tokens.refresh_token)
        assert renewed.refresh_token != tokens.refresh_token
        assert renewed.open_id == tokens.open_id
        assert "seller.order.info" in (renewed.granted_scopes or [])
        client = TikTokShop(
            "sandbox-app", "sandbox-secret", access_token=renewed.access_token, base_url=server.base_url
        )
        listed = check(client.authorization.get_authorized_shops()).shops
        assert {shop.region: shop.id for shop in listed} == SHOPS
        zones = {shop.id: shop.timezone for shop in server.sandbox.store.shops()}
        yield Referee(server, client, {shop.id: shop.cipher for shop in listed}, zones)
    finally:
        server.stop()


@pytest.mark.parametrize("region", SHOPS)
def test_orders_and_their_details(referee: Referee, region: str) -> None:
    shop = referee.shop(region)
    orders = pages(
        lambda token: shop.orders.get_order_list(
            page_size=50,
            page_token=token,
            sort_field=models.GetOrderListSortField.UPDATE_TIME,
            sort_order=models.GetOrderListSortOrder.ASC,
            body=models.GetOrderListRequest(update_time_ge=0, update_time_lt=CLOCK),
        ),
        "orders",
    )
    assert len(orders) > 50
    assert len({order.id for order in orders}) == len(orders)
    assert [order.update_time for order in orders] == sorted(order.update_time for order in orders)
    assert check(shop.orders.get_order_list(page_size=1)).total_count == len(orders)
    # This client sends and signs a list as a repeated key.
    details = check(shop.orders.get_order_detail(ids=[order.id for order in orders[:50]])).orders
    assert [order.id for order in details] == [order.id for order in orders[:50]]


@pytest.mark.parametrize("region", SHOPS)
def test_returns_and_cancellations(referee: Referee, region: str) -> None:
    shop = referee.shop(region)
    returns = pages(
        lambda token: shop.return_and_refund.search_returns(page_size="10", page_token=token), "return_orders"
    )
    cancellations = pages(
        lambda token: shop.return_and_refund.search_cancellations(page_size="50", page_token=token),
        "cancellations",
    )
    assert returns
    assert cancellations
    one = models.SearchReturnsRequest(order_ids=[returns[0].order_id])
    found = check(shop.return_and_refund.search_returns(body=one)).return_orders
    assert returns[0].return_id in {item.return_id for item in found}
    created = [item.create_time for item in returns]
    assert created == sorted(created), "oldest first by default"


@pytest.mark.parametrize("region", SHOPS)
def test_money(referee: Referee, region: str) -> None:
    shop = referee.shop(region)
    statements = pages(
        lambda token: shop.finance.get_statements(
            sort_field="statement_time", page_size=100, page_token=token
        ),
        "statements",
    )
    assert statements
    settled: list[str] = []
    for statement in statements[-15:]:
        transactions = pages(
            lambda token, statement_id=statement.id: shop.finance.get_transactions_by_statement(
                statement_id, sort_field="order_create_time", page_size=20, page_token=token
            ),
            "transactions",
        )
        assert transactions
        settled += [item.order_id for item in transactions if item.type_ == "ORDER"]
    assert settled
    for order_id in settled[:20]:
        assert check(shop.finance.get_transactions_by_order(order_id)).sku_transactions
    pages(
        lambda token: shop.finance.get_unsettled_transactions(
            sort_field="order_create_time", page_token=token
        ),
        "transactions",
    )
    pages(
        lambda token: shop.finance.get_payments(sort_field="create_time", page_token=token),
        "payments",
    )
    kinds = [models.GetSellerFinancialTransactionsTypesItem.WITHDRAW]
    withdrawn = check(shop.finance.get_seller_financial_transactions(types=kinds)).withdrawals
    # Only one shop of this world withdraws by itself.
    assert bool(withdrawn) == (region == "MY")


@pytest.mark.parametrize("region", SHOPS)
def test_catalogue(referee: Referee, region: str) -> None:
    shop = referee.shop(region)
    products = pages(
        lambda token: shop.products.search_products(
            page_size=20, page_token=token, body=models.SearchProductsRequest()
        ),
        "products",
    )
    assert products
    ids = [product.id for product in products][:100]
    by_product = check(
        shop.products.inventory_search(body=models.InventorySearchRequest(product_ids=ids))
    ).inventory
    assert {item.product_id for item in by_product} == set(ids)
    sku_id = products[0].skus[0].id
    by_sku = check(
        shop.products.inventory_search(body=models.InventorySearchRequest(sku_ids=[sku_id]))
    ).inventory
    assert [sku.id for item in by_sku for sku in item.skus] == [sku_id]
    assert check(shop.logistics.get_warehouse_list()).warehouses


@pytest.mark.parametrize("region", SHOPS)
def test_packages_and_their_details(referee: Referee, region: str) -> None:
    shop = referee.shop(region).fulfillment
    window = models.SearchPackageRequest(update_time_ge=0, update_time_lt=CLOCK)
    packages = pages(
        lambda token: shop.search_package(
            page_size=50,
            page_token=token,
            sort_field=models.SearchPackageSortField.UPDATE_TIME,
            sort_order=models.SearchPackageSortOrder.ASC,
            body=window,
        ),
        "packages",
    )
    assert len({package.id for package in packages}) == len(packages) > 50
    changed = [package.update_time for package in packages]
    assert changed == sorted(changed)
    wanted = models.SearchPackageRequest(package_status=models.SearchPackageRequestPackageStatus.FULFILLING)
    under_way = pages(
        lambda token: shop.search_package(page_size=20, page_token=token, body=wanted),
        "packages",
    )
    assert under_way
    assert {one.id for one in under_way} == {one.id for one in packages if one.status == "FULFILLING"}
    for one in (*under_way[:5], *packages[:5]):
        detail = check(shop.get_package_detail(one.id))
        assert (detail.package_status, detail.update_time) == (one.status, one.update_time)
        order_id = one.orders[0].id
        (order,) = check(referee.shop(region).orders.get_order_detail(ids=[order_id])).orders
        assert one.id in {package.id for package in order.packages}
        assert set(one.order_line_item_ids) <= {line.id for line in order.line_items}


def test_the_health_of_an_account(referee: Referee) -> None:
    for code in ("NRR", "NBFR", "SFCR", "OTDR", "AHT", "IM_DSAT"):
        health = check(referee.shop("US").analytics.get_sps_metric_diagnosis(code, trend_duration_days=14))
        assert health.metric_code == code
        assert health.end_evaluation_time <= CLOCK
        assert len(health.trend.data_points) == 14
        assert health.trend.data_points[-1].value == health.value
    with pytest.raises(TikTokShopError) as refused:
        referee.shop("GB").analytics.get_sps_metric_diagnosis("OTDR")
    assert refused.value.code == 36009004


@pytest.mark.parametrize("currency", ["LOCAL", "USD"])
@pytest.mark.parametrize("region", SHOPS)
def test_shop_performance(referee: Referee, region: str, currency: str) -> None:
    shop, end = referee.shop(region), referee.yesterday(region) + timedelta(days=1)
    data = check(
        shop.analytics.get_shop_performance(
            start_date_ge=end - timedelta(days=30),
            end_date_lt=end,
            granularity=models.GetShopPerformanceGranularity.VALUE_1,
            currency=models.GetShopPerformanceCurrency(currency),
        )
    )
    days = [interval.start_date for interval in data.performance.intervals]
    assert len(days) == len(set(days)) == 30
    assert days == sorted(days)
    assert str(data.latest_available_date) == str(referee.yesterday(region))
    total = check(
        shop.analytics.get_shop_performance(
            start_date_ge=end - timedelta(days=30),
            end_date_lt=end,
            currency=models.GetShopPerformanceCurrency(currency),
        )
    )
    (interval,) = total.performance.intervals
    orders = sum(item.sales.orders_count for item in data.performance.intervals)
    assert interval.sales.orders_count == orders > 0


@pytest.mark.parametrize("region", SHOPS)
def test_shop_performance_per_hour(referee: Referee, region: str) -> None:
    performance = check(
        referee.shop(region).analytics.get_shop_performance_per_hour(referee.yesterday(region))
    ).performance
    assert [interval.index for interval in performance.intervals] == list(range(24))
    assert performance.overall.orders_count == sum(item.orders_count for item in performance.intervals)


@pytest.mark.parametrize("region", SHOPS)
def test_affiliate_orders(referee: Referee, region: str) -> None:
    shop = referee.shop(region).affiliate_seller
    window = models.SearchSellerAffiliateOrdersRequest(create_time_ge=CLOCK - 85 * DAY, create_time_lt=CLOCK)
    fetched = pages(
        lambda token: shop.search_seller_affiliate_orders(page_size=20, page_token=token, body=window),
        "orders",
    )
    whole = pages(
        lambda token: shop.search_seller_affiliate_orders(page_size=100, page_token=token, body=window),
        "orders",
    )
    assert fetched

    def skus(orders: list[Any]) -> list[tuple[str, str]]:
        return sorted((order.id, sku.sku_id) for order in orders for sku in order.skus)

    assert skus(fetched) == skus(whole), "an order on two pages is in neither page whole, and lost in none"
    assert len(set(skus(fetched))) == len(skus(fetched))
    too_long = models.SearchSellerAffiliateOrdersRequest(
        create_time_ge=CLOCK - 100 * DAY, create_time_lt=CLOCK
    )
    with pytest.raises(TikTokShopError) as refused:
        shop.search_seller_affiliate_orders(page_size=20, body=too_long)
    assert refused.value.code == 36009004


@pytest.mark.parametrize("region", SHOPS)
def test_collaborations_and_creators(referee: Referee, region: str) -> None:
    shop = referee.shop(region).affiliate_seller
    offered = pages(
        lambda token: shop.search_open_collaborations(
            page_size=10, page_token=token, body=models.SearchOpenCollaborationsRequest()
        ),
        "open_collaborations",
    )
    assert len(offered) > 20
    for one in offered[:5]:
        promoters = pages(
            lambda token, product_id=one.product.id: shop.get_open_collaboration_creator_content_details(
                page_size=5, page_token=token, product_id=product_id
            ),
            "creator_content_details",
        )
        assert len(promoters) == one.showcase_creator_count > 0
    wanted = models.SearchTargetCollaborationsRequest(collaboration_status="VALID")
    agreed = pages(
        lambda token: shop.search_target_collaborations(page_size=20, page_token=token, body=wanted),
        "target_collaborations",
    )
    assert agreed
    detail = check(shop.query_target_collaboration_detail(agreed[0].id)).target_collaboration
    assert len(detail.products) == agreed[0].product_count
    market = pages(
        lambda token: shop.search_creators_in_creator_marketplace(
            page_size=12, page_token=token, body=models.SearchCreatorsInCreatorMarketplaceRequest()
        ),
        "creators",
    )
    assert len(market) == 36
    name = detail.creators[0].username
    found = check(
        shop.search_creators_in_creator_marketplace(
            page_size=12, body=models.SearchCreatorsInCreatorMarketplaceRequest(keyword=name)
        )
    ).creators
    assert [one.username for one in found] == [name]


@pytest.mark.parametrize("region", SHOPS)
def test_samples(referee: Referee, region: str) -> None:
    shop = referee.shop(region).affiliate_seller
    samples = pages(
        lambda token: shop.search_sample_applications(
            page_size=10, page_token=token, body=models.SearchSampleApplicationsRequest()
        ),
        "sample_applications",
    )
    assert samples
    for sample in samples:
        contents = check(shop.search_sample_application_fulfillments(sample.id)).fulfillments
        assert bool(contents) == (sample.status == "COMPLETED")


def sessions_of(referee: Referee, region: str, kind: str, **more: Any) -> list[Any]:
    end = referee.yesterday(region) + timedelta(days=1)
    return pages(
        lambda token: referee.shop(region).analytics.get_shop_live_performance_list(
            start_date_ge=end - timedelta(days=30),
            end_date_lt=end,
            account_type=models.GetShopLivePerformanceListAccountType(kind),
            page_size=10,
            page_token=token,
            **more,
        ),
        "live_stream_sessions",
    )


@pytest.mark.parametrize("region", SHOPS)
def test_lives(referee: Referee, region: str) -> None:
    shop = referee.shop(region).analytics
    official = sessions_of(referee, region, "OFFICIAL_ACCOUNTS")
    sessions_of(referee, region, "OFFICIAL_ACCOUNTS", currency=models.GetShopLivePerformanceListCurrency.USD)
    affiliates = sessions_of(referee, region, "AFFILIATE_ACCOUNTS")
    assert len(official) > 20
    assert len(affiliates) > 40
    assert sessions_of(referee, region, "MARKETING_ACCOUNTS")
    without = 0
    for session in official[:12] + official[-12:]:
        minutes: list[Any] = []
        token: str | Unset = UNSET
        while True:
            data = check(shop.get_shop_live_minute_performance(session.id, page_token=token))
            minutes += data.performance.intervals
            token = data.next_page_token
            if not token:
                break
        without += not minutes
        if minutes:
            assert len(minutes) * 60 == int(session.end_time) - int(session.start_time)
        clicks = [
            one.traffic.produt_clicks
            for one in check(shop.get_shop_live_products_performance_list(session.id)).products
        ]
        assert sum(clicks) == session.traffic.product_clicks
    assert without <= 1, "there is a session whose minutes never come, and one only"
    with pytest.raises(TikTokShopError) as refused:
        shop.get_shop_live_minute_performance(affiliates[0].id)
    assert refused.value.code == 66009315
    end = referee.yesterday(region) + timedelta(days=1)
    dates = {"start_date_ge": end - timedelta(days=30), "end_date_lt": end}
    days = check(
        shop.get_shop_live_performance_overview(
            **dates, granularity=models.GetShopLivePerformanceOverviewGranularity.VALUE_1
        )
    ).performance.intervals
    assert len(days) == 30
    (whole,) = check(shop.get_shop_live_performance_overview(**dates)).performance.intervals
    assert whole.views == sum(day.views for day in days)


def test_the_creator_s_own_view_of_a_session(referee: Referee) -> None:
    auth = TikTokShopAuth("sandbox-app", "sandbox-secret", base_url=referee.server.base_url)
    tokens = auth.exchange_code("sandbox-creator-code")
    creator = TikTokShop(
        "sandbox-app", "sandbox-secret", access_token=tokens.access_token, base_url=referee.server.base_url
    )
    session = sessions_of(referee, "TH", "OFFICIAL_ACCOUNTS")[0]
    assert session.creator.open_id == tokens.open_id
    stats = check(creator.analytics.get_live_room_core_stats(session.id)).stats
    assert stats.local_gmv.amount == session.sales_performance.live_gmv.amount
    assert stats.peak_concurrent_user_count == session.traffic.pcu
    with pytest.raises(TikTokShopError) as refused:
        creator.analytics.get_live_room_core_stats(sessions_of(referee, "TH", "AFFILIATE_ACCOUNTS")[0].id)
    assert refused.value.code == 66009315
    with pytest.raises(TikTokShopError) as refused:
        referee.client.analytics.get_live_room_core_stats(session.id)
    assert refused.value.code == 101000


@pytest.mark.parametrize("currency", ["LOCAL", "USD"])
@pytest.mark.parametrize("region", SHOPS)
def test_videos(referee: Referee, region: str, currency: str) -> None:
    shop = referee.shop(region).analytics
    end = referee.yesterday(region) + timedelta(days=1)
    dates = {"start_date_ge": end - timedelta(days=7), "end_date_lt": end}
    videos = pages(
        lambda token: shop.get_shop_video_performance_list(
            **dates,
            page_size=20,
            page_token=token,
            currency=models.GetShopVideoPerformanceListCurrency(currency),
        ),
        "videos",
    )
    assert len(videos) >= 60
    best = videos[0]
    detail = check(
        shop.get_shop_video_performance_details(
            best.id, **dates, currency=models.GetShopVideoPerformanceDetailsCurrency(currency)
        )
    ).performance.intervals
    assert [one.sales.overall.items_sold for one in detail] == [best.items_sold]
    days = check(
        shop.get_shop_videos_performance_details(
            video_ids=[int(best.id), int(videos[1].id)],
            **dates,
            granularity=models.GetShopVideosPerformanceDetailsGranularity.VALUE_1,
            currency=models.GetShopVideosPerformanceDetailsCurrency(currency),
        )
    ).videos
    assert [one.video_id for one in days] == [best.id, videos[1].id]
    assert sum(day.traffic.views for day in days[0].performance.intervals) == best.views
    products = pages(
        lambda token: shop.get_shop_video_product_performance_list(
            best.id,
            **dates,
            page_token=token,
            currency=models.GetShopVideoProductPerformanceListCurrency(currency),
        ),
        "products",
    )
    assert sum(one.product_clicks for one in products) == best.product_clicks
    (whole,) = check(
        shop.get_shop_video_performance_overview(
            **dates, currency=models.GetShopVideoPerformanceOverviewCurrency(currency)
        )
    ).performance.intervals
    assert whole.video_views == sum(one.views for one in videos)


ONLY_IF_LATE = {"order_transactions", "package_detail"}
"""What a sync asks for only where a settlement or a parcel is late; read by tests of their own."""


class Witness(ShopClient):
    """Our client; the independent one reads along.

    Attributes:
        read: Names of the endpoints that answered.
        wrong: What an answer holds that its model does not know.
    """

    def __init__(self, config: ShopApiConfig, tokens: TokenStore) -> None:
        super().__init__(config, tokens)
        self.read: set[str] = set()
        self.wrong: set[str] = set()

    def pages(self, endpoint: Endpoint, *arguments: Any, **named: Any) -> Iterator[ApiAnswer]:
        model = model_of(operation_of(endpoint.method, endpoint.path))
        for answer in super().pages(endpoint, *arguments, **named):
            self.read.add(endpoint.name)
            found = surprises(model.from_dict(orjson.loads(answer.raw)))
            self.wrong.update(f"{endpoint.name}{re.sub('[0-9]+', '', one)}" for one in found)
            yield answer


def test_whatever_a_sync_reads_is_as_documented(referee: Referee, tmp_path: Path) -> None:
    """Guards each endpoint, new ones too: the sandbox serves it, in the documented shape, and its rows are stored.

    The US shop has all but two lists: the Thai shop's official account has authorised the app, the Malaysian shop
    withdraws by itself.
    """
    of_shop = {"US": tuple(BY_NAME), "TH": ("live_sessions", "live_core_stats"), "MY": ("withdrawals",)}
    url = referee.server.base_url
    config = ShopApiConfig(url, url, "sandbox-app", "sandbox-secret", requests_per_second=0, history_days=30)
    tokens = TokenStore(tmp_path / "tokens.json", AuthHost(config))
    for granted in ({}, {"creator": creators(WORLD_SHOPS[0])[0].username}):
        made = httpx.post(f"{url}/_sandbox/auth_code", json=granted, trust_env=False).raise_for_status()
        tokens.exchange(made.json()["auth_code"])
    home, stored, troubles = Home(tmp_path / "home"), set[str](), list[str]()
    prepare(home)
    with Witness(config, tokens) as client:
        for shop in client.authorized_shops():
            if wanted := of_shop.get(shop.region):
                job = ShopJob(home, config, shop, "run", wanted, None, CLOCK)
                outcome = sync_shop(job, client, [BY_NAME[name] for name in wanted], lambda *_: None)
                troubles += [
                    f"{row.resource}: {row.error_message}" for row in outcome.log if row.status == "failed"
                ]
                troubles += [f"{one} is not declared in `known`" for one in outcome.drift.seen]
                stored |= {table for table, count in outcome.rows.items() if count}
    assert not client.wrong, f"{len(client.wrong)} surprises, the first: {sorted(client.wrong)[:5]}"
    assert not troubles
    unread = {one.name for one in ENDPOINTS} - client.read - ONLY_IF_LATE - {AUTHORIZED_SHOPS.name}
    assert not unread, "a sync asks the sandbox for every endpoint in `RESOURCES`, but not for these"
    tables = {one.name for resource in RESOURCES for one in resource.all_tables()}
    rare = {
        one.name
        for resource in RESOURCES
        if resource.endpoint.name in ONLY_IF_LATE
        for one in resource.all_tables()
    }
    empty = tables - rare - stored
    assert not empty, (
        "the sandbox gives no record for these raw tables, or none with the key that `Table` declares"
    )


def test_the_ground_truth_counts_what_is_served(referee: Referee) -> None:
    counts = httpx.get(f"{referee.server.base_url}/_sandbox/truth/counts", trust_env=False, timeout=60).json()
    counted = {row["shop_key"]: row["rows"] for row in counts if row["kind"] == "order"}
    served = {
        SHOPS[region]: check(referee.shop(region).orders.get_order_list(page_size=1)).total_count
        for region in SHOPS
    }
    assert counted == served


def test_refusals_reach_the_client_as_codes(referee: Referee) -> None:
    shop = referee.shop("GB")
    with pytest.raises(TikTokShopError) as refused:
        shop.analytics.get_shop_performance(start_date_ge=date(2025, 1, 1), end_date_lt=date(2026, 11, 1))
    assert refused.value.code == 36009004
    assert "too long" in str(refused.value)
    with pytest.raises(TikTokShopError) as refused:
        referee.client.orders.get_order_list(page_size=1)
    assert refused.value.code == 106013
    with pytest.raises(TikTokShopError) as refused:
        referee.client.with_shop(access_token="unknown").authorization.get_authorized_shops()
    assert (refused.value.code, refused.value.http_status) == (105002, 401)
    wrong = TikTokShop("sandbox-app", "wrong", access_token="x", base_url=referee.server.base_url)
    with pytest.raises(TikTokShopError) as refused:
        wrong.authorization.get_authorized_shops()
    assert refused.value.code == 106001
    auth = TikTokShopAuth("sandbox-app", "sandbox-secret", base_url=referee.server.base_url)
    with pytest.raises(TikTokShopError) as refused:
        auth.exchange_code("sandbox-code")
    assert refused.value.code == 36004004


def test_the_check_itself_finds_what_does_not_fit() -> None:
    """Guards the guard: an unknown field and a wrong type are reported, wherever they are."""
    order = {"id": 1, "payment": {"currency": "GBP", "moon_fee": "1.00"}, "line_items": [{"is_gift": "no"}]}
    answer = models.GetOrderListResponse.from_dict({"code": 0, "data": {"orders": [order]}})
    found = "\n".join(surprises(answer))
    assert "orders[0].payment.moon_fee is unknown" in found
    assert "orders[0].id is 1" in found
    assert "line_items[0].is_gift is 'no'" in found
