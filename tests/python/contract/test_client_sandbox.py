"""Our client against the sandbox, over real HTTP on a free port."""

from __future__ import annotations

import re
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from home.config import FxConfig, ShopApiConfig
from ingestion.engine import errors
from ingestion.engine.wire import MAX_TRIES
from ingestion.fx_rates.source import fetch_fx_rates
from ingestion.tiktok_shop.analytics import SHOP_PERFORMANCE, SHOP_PERFORMANCE_PER_HOUR
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.client import GrantProblem, ShopClient, ShopRef
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.finance import ORDER_TRANSACTIONS, PAYMENTS, STATEMENT_TRANSACTIONS, STATEMENTS
from ingestion.tiktok_shop.orders import SEARCH_ORDERS
from ingestion.tiktok_shop.products import SEARCH_INVENTORY, SEARCH_PRODUCTS
from ingestion.tiktok_shop.resources import ENDPOINTS
from ingestion.tiktok_shop.returns import SEARCH_RETURNS
from ingestion.tiktok_shop.shops import WAREHOUSES
from ingestion.tiktok_shop.tokens import TokenStore
from sandbox.server.serve import SandboxServer
from sandbox.world.generator import generate
from sandbox.world.store import Store

CLOCK = 1_794_096_000  # 2026-11-08T00:00:00Z
GB = "7495000000000000404"
TH = "7495000000000000101"
SORTED = {"sort_field": "update_time", "sort_order": "ASC"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world")
    generate(directory, orders=600, days=30, seed=7, clock=CLOCK)
    return directory


@dataclass
class Site:
    """A running sandbox, a client of it, and how long the client waited."""

    server: SandboxServer
    home: Path
    secret: str = "sandbox-secret"
    waits: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    clock_error: float = 0.0

    @property
    def config(self) -> ShopApiConfig:
        url = self.server.base_url
        return ShopApiConfig(url, url, "sandbox-app", self.secret, requests_per_second=0, timeout_seconds=5)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        time.sleep(min(seconds, 0.02))

    def now(self) -> float:
        return time.time() + self.clock_error

    def tokens(self) -> TokenStore:
        auth = AuthHost(self.config, sleep=self.sleep, now=self.now, notify=self.told.append)
        return TokenStore(self.home / "tokens.json", auth, now=self.now, notify=self.told.append)

    def client(self) -> ShopClient:
        return ShopClient(self.config, self.tokens(), sleep=self.sleep, now=self.now, notify=self.told.append)

    def admin(self, path: str, body: Any) -> Any:
        answer = httpx.post(f"{self.server.base_url}/_sandbox/{path}", json=body, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def shop(self, shop_id: str = GB) -> ShopRef:
        return next(shop for shop in self.client().authorized_shops() if shop.shop_id == shop_id)

    def orders(self, shop: ShopRef, **body: int) -> list[str]:
        with self.client() as client:
            pages = client.pages(SEARCH_ORDERS, shop, query=SORTED, body=body)
            return [order["id"] for page in pages for order in page.data.get("orders", [])]


@pytest.fixture
def site(world: Path, tmp_path: Path) -> Iterator[Site]:
    with SandboxServer(Store.open(world), directory=world) as server:
        made = Site(server, tmp_path)
        made.tokens().exchange("sandbox-code")
        yield made


def expected_orders(world: Path, shop_id: str) -> list[str]:
    found = Store.open(world).page(
        "order", shop_id, CLOCK, field="update_time", ge=None, lt=None, order="ASC", after=None, limit=10_000
    )
    return [record.id for record in found]


def test_a_code_is_exchanged_once(site: Site) -> None:
    file = site.home / "tokens.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(errors.BadAuthCode):
        site.tokens().exchange("sandbox-code")
    assert file.read_bytes() == before
    (grant,) = site.tokens().grants()
    assert set(grant.granted_scopes) >= {one.scope for one in ENDPOINTS if one.scope}
    assert grant.access_token_expires_at > time.time()


def test_the_five_shops(site: Site) -> None:
    shops = site.client().authorized_shops()
    assert [(shop.region, shop.seller_type) for shop in shops] == [
        (region, "CROSS_BORDER") for region in ("TH", "VN", "MY", "GB", "US")
    ]
    assert len({shop.cipher for shop in shops}) == 5


def test_every_order_of_a_shop_in_order(site: Site, world: Path) -> None:
    expected = expected_orders(world, GB)
    assert len(expected) > 10
    assert site.orders(site.shop()) == expected


def test_small_pages_give_the_same(site: Site, world: Path) -> None:
    shop, client = site.shop(), site.client()
    query = {**SORTED, "page_size": "7"}
    pages = list(client.pages(SEARCH_ORDERS, shop, query=query))
    assert [order["id"] for page in pages for order in page.data["orders"]] == expected_orders(world, GB)
    assert [page.page for page in pages] == list(range(1, len(pages) + 1))
    assert all(page.raw.startswith(b"{") and page.request_id for page in pages)


PLAIN: dict[str, dict[str, str]] = {
    "search_returns": SORTED,
    "search_cancellations": SORTED,
    "statements": {"sort_field": "statement_time", "sort_order": "ASC"},
    "unsettled_transactions": {"sort_field": "order_create_time", "sort_order": "ASC"},
    "search_products": {},
    "warehouses": {},
    "shop_performance": {
        "start_date_ge": "2026-10-20",
        "end_date_lt": "2026-10-27",
        "granularity": "1D",
        "currency": "LOCAL",
    },
}


@pytest.mark.parametrize("name", PLAIN)
def test_every_endpoint_can_be_read(site: Site, name: str) -> None:
    endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.name == name)
    pages = list(site.client().pages(endpoint, site.shop(), query=PLAIN[name]))
    assert pages
    assert pages[0].data


def test_endpoints_with_values_in_their_path(site: Site) -> None:
    shop, client = site.shop(), site.client()
    sorting = {"sort_field": "order_create_time", "sort_order": "ASC"}
    statements = client.get(
        STATEMENTS, shop, query={"sort_field": "statement_time", "sort_order": "ASC"}
    ).data["statements"]
    statement = client.get(
        STATEMENT_TRANSACTIONS, shop, query=sorting, path={"statement_id": statements[0]["id"]}
    )
    orders = [row["order_id"] for row in statement.data["transactions"] if row.get("order_id")]
    if orders:
        assert client.get(ORDER_TRANSACTIONS, shop, path={"order_id": orders[0]}).data
    hours = client.get(
        SHOP_PERFORMANCE_PER_HOUR, shop, query={"currency": "LOCAL"}, path={"date": "2026-11-05"}
    )
    assert hours.data
    products = client.get(SEARCH_PRODUCTS, shop, query={"page_size": "5"}).data["products"]
    wanted = [product["id"] for product in products]
    stock = client.get(SEARCH_INVENTORY, shop, body={"product_ids": wanted}).data["inventory"]
    assert {item["product_id"] for item in stock} == set(wanted)


def test_payments(site: Site) -> None:
    query = {"sort_field": "create_time", "sort_order": "ASC"}
    assert list(site.client().pages(PAYMENTS, site.shop(), query=query))


def test_a_token_that_expires_between_two_pages(site: Site, world: Path) -> None:
    shop, client = site.shop(), site.client()
    found: list[str] = []
    for page in client.pages(SEARCH_ORDERS, shop, query={**SORTED, "page_size": "20"}):
        found += [order["id"] for order in page.data["orders"]]
        if page.page == 2:
            before = site.tokens().grants()[0]
            site.admin("expire_access_tokens", {})
    after = site.tokens().grants()[0]
    assert found == expected_orders(world, GB)
    assert after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token
    assert site.waits == []


def test_many_threads_renew_an_expired_token_once(site: Site) -> None:
    shop, client = site.shop(), site.client()
    site.admin("expire_access_tokens", {})
    httpx.delete(f"{site.server.base_url}/_sandbox/requests", trust_env=False)
    failures: list[BaseException] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        try:
            client.get(WAREHOUSES, shop)
        except BaseException as error:  # noqa: BLE001 (a thread's error is shown below)
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert _calls(site, "token_refresh") == 1


def _calls(site: Site, name: str) -> int:
    """How often the sandbox was asked for an endpoint."""
    counted = httpx.get(f"{site.server.base_url}/_sandbox/requests", trust_env=False).json()
    return int(counted["endpoints"].get(name, {"requests": 0})["requests"])


def test_tokens_that_live_two_seconds(world: Path, tmp_path: Path) -> None:
    with SandboxServer(Store.open(world), directory=world, access_token_seconds=2) as server:
        site = Site(server, tmp_path)
        site.tokens().exchange("sandbox-code")
        shop, client = site.shop(), site.client()
        end = time.monotonic() + 3.5
        calls = 0
        while time.monotonic() < end:
            client.get(WAREHOUSES, shop)
            calls += 1
            time.sleep(0.02)
        assert calls > 50
        assert 1 <= _calls(site, "token_refresh") <= 5


def test_a_storm_of_429_passes(site: Site, world: Path) -> None:
    shop = site.shop()
    site.admin("faults", {"effect": "rate_limit", "path": "/orders/search", "count": 4, "retry_after": 3})
    assert site.orders(shop) == expected_orders(world, GB)
    assert len(site.told) == 4
    for text in site.told:
        waited = re.search(r"36009002.* Waiting ([0-9.]+) s", text)
        assert waited is not None
        assert float(waited[1]) >= 3


def test_a_storm_of_429_that_does_not_pass(site: Site) -> None:
    shop = site.shop()
    site.admin("faults", {"effect": "rate_limit", "path": "/orders/search"})
    with pytest.raises(errors.RateLimited, match="requests_per_second"):
        site.orders(shop)
    assert len(site.told) == MAX_TRIES - 1


def test_the_servers_own_limit_is_kept_by_waiting(site: Site, world: Path) -> None:
    shop = site.shop()
    site.admin("limits", {"requests_per_second": 20, "burst": 1})
    found = []
    for page in site.client().pages(SEARCH_ORDERS, shop, query={**SORTED, "page_size": "20"}):
        found += [order["id"] for order in page.data["orders"]]
    assert found == expected_orders(world, GB)


PASSING: dict[str, dict[str, Any]] = {
    "gateway page": {"effect": "gateway_html"},
    "gateway page with 503": {"effect": "gateway_html", "http_status": 503},
    "cut-off body": {"effect": "truncate"},
    "reset connection": {"effect": "reset"},
    "internal error": {"effect": "error", "code": 36009003},
    "timeout": {"effect": "error", "code": 36009007},
    "transient order error": {"effect": "error", "code": 10002014},
    "slow body": {"effect": "slow", "seconds": 0.5},
}


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING.keys())
def test_trouble_that_passes_loses_and_doubles_nothing(
    site: Site, world: Path, trouble: dict[str, Any]
) -> None:
    shop = site.shop()
    site.admin("faults", {**trouble, "path": "/orders/search", "nth": [1, 2, 5]})
    found = []
    for page in site.client().pages(SEARCH_ORDERS, shop, query={**SORTED, "page_size": "20"}):
        found += [order["id"] for order in page.data["orders"]]
    assert found == expected_orders(world, GB)


LASTING: dict[str, tuple[dict[str, Any], type[errors.ApiError]]] = {
    "gateway page": ({"effect": "gateway_html"}, errors.NotJson),
    "cut-off body": ({"effect": "truncate"}, errors.NoConnection),
    "reset connection": ({"effect": "reset"}, errors.NoConnection),
    "internal error": ({"effect": "error"}, errors.TransientApiError),
}


@pytest.mark.parametrize(("trouble", "kind"), LASTING.values(), ids=LASTING.keys())
def test_trouble_that_stays_is_told(site: Site, trouble: dict[str, Any], kind: type[errors.ApiError]) -> None:
    shop = site.shop()
    site.admin("faults", {**trouble, "path": "/orders/search"})
    with pytest.raises(kind, match="Aurora UK") as caught:
        site.orders(shop)
    assert "Given up after 5 tries" in str(caught.value)
    assert len(site.waits) == MAX_TRIES - 1


def test_a_server_that_falls_silent(site: Site) -> None:
    shop = site.shop()
    site.admin("faults", {"effect": "delay", "seconds": 1.5, "path": "/warehouses", "count": 1})
    config = site.config
    http = httpx.Client(timeout=0.5, trust_env=False)
    client = ShopClient(config, site.tokens(), http=http, sleep=site.sleep, notify=site.told.append)
    assert client.get(WAREHOUSES, shop).data
    assert "ReadTimeout" in site.told[0]


def test_a_page_token_that_repeats(site: Site) -> None:
    shop = site.shop()
    site.admin("faults", {"effect": "repeat_page_token", "path": "/orders/search", "nth": 2})
    seen = []
    with pytest.raises(errors.RepeatedPageToken, match="Aurora UK") as caught:
        for page in site.client().pages(SEARCH_ORDERS, shop, query={**SORTED, "page_size": "20"}):
            seen.append(page.page)
    assert len(seen) == caught.value.pages <= 4


def test_a_page_that_comes_twice_is_followed_to_the_end(site: Site, world: Path) -> None:
    shop = site.shop()
    site.admin("faults", {"effect": "duplicate_page", "path": "/orders/search", "nth": 2})
    found: list[str] = []
    for page in site.client().pages(SEARCH_ORDERS, shop, query={**SORTED, "page_size": "20"}):
        found += [order["id"] for order in page.data["orders"]]
    expected = expected_orders(world, GB)
    assert list(dict.fromkeys(found)) == expected
    assert len(found) == len(expected) + 20


SCOPED: list[Endpoint] = [
    SEARCH_ORDERS,
    STATEMENTS,
    SEARCH_PRODUCTS,
    WAREHOUSES,
    SHOP_PERFORMANCE,
    SEARCH_RETURNS,
]


@pytest.mark.parametrize("endpoint", SCOPED, ids=lambda endpoint: endpoint.name)
def test_a_missing_scope_is_named_and_only_its_endpoints_suffer(site: Site, endpoint: Endpoint) -> None:
    shop = site.shop()
    site.admin("scopes", {"remove": [endpoint.scope], "shop": shop.shop_id})
    query = PLAIN.get(endpoint.name, SORTED)
    with pytest.raises(errors.ScopeMissing) as caught:
        list(site.client().pages(endpoint, shop, query=query))
    assert caught.value.scope == endpoint.scope
    assert caught.value.state == "scope_missing"
    other = next(other for other in SCOPED if other.scope != endpoint.scope)
    list(site.client().pages(other, shop, query=PLAIN.get(other.name, SORTED)))
    list(site.client().pages(endpoint, site.shop(TH), query=query))
    assert site.waits == []


@pytest.mark.parametrize("level", ["shop", "seller"])
def test_a_deactivated_shop(site: Site, level: str) -> None:
    shop = site.shop()
    site.admin("shops", {"shop": GB, "active": False, "level": level})
    with pytest.raises(errors.ShopDeactivated, match="Aurora UK") as caught:
        site.orders(shop)
    assert caught.value.state == "deactivated"
    assert site.orders(site.shop(TH))


def test_a_wrong_secret(site: Site) -> None:
    shop = site.shop()
    site.secret = "planted-wrong-secret"
    with pytest.raises(errors.BadSignature, match="app_secret") as caught:
        site.orders(shop)
    with pytest.raises(errors.BadSignature, match="app_secret") as refused:
        site.tokens().exchange("some-code")
    for error in (caught.value, refused.value):
        assert "planted" not in str(error) + repr(error) + str(vars(error))
    assert site.waits == []


@pytest.mark.parametrize(("offset", "text"), [(-400, "behind"), (60, "ahead of")])
def test_a_clock_that_is_off(site: Site, offset: float, text: str) -> None:
    shop = site.shop()
    site.clock_error = offset
    with pytest.raises(errors.ClockOff, match=text) as caught:
        site.orders(shop)
    assert caught.value.offset_seconds == pytest.approx(offset, abs=3)
    assert f"{abs(offset):.0f}" in str(caught.value) or f"{abs(offset) + 1:.0f}" in str(caught.value)


@pytest.mark.parametrize(
    ("switch", "kind", "state"),
    [
        ("revoke", errors.AuthorizationRevoked, "revoked"),
        ("expire_authorization", errors.AuthorizationExpired, "expired"),
    ],
)
def test_an_authorisation_that_has_ended(
    site: Site, switch: str, kind: type[errors.ApiError], state: str
) -> None:
    shop = site.shop()
    site.admin(switch, {})
    with pytest.raises(kind, match="ttkpi auth exchange CODE") as caught:
        site.orders(shop)
    assert caught.value.state == state
    assert caught.value.shop_id == GB
    code = site.admin("auth_code", {})["auth_code"]
    site.tokens().exchange(code)
    assert site.orders(site.shop())


def test_one_sellers_trouble_stays_with_that_seller(site: Site) -> None:
    code = site.admin("auth_code", {"shops": [TH], "seller_name": "Borealis"})["auth_code"]
    second = site.tokens().exchange(code)
    everything = site.client().authorized_shops()
    assert len(everything) == 5
    assert next(shop for shop in everything if shop.shop_id == TH).open_id in {
        grant.open_id for grant in site.tokens().grants()
    }
    first = next(grant for grant in site.tokens().grants() if grant.open_id != second.open_id)
    site.admin("revoke", {"open_id": first.open_id})
    problems: list[GrantProblem] = []
    assert [shop.shop_id for shop in site.client().authorized_shops(problems)] == [TH]
    (problem,) = problems
    assert isinstance(problem.error, errors.AuthorizationRevoked)
    assert GB in {shop.shop_id for shop in problem.shops}


def test_too_small_a_page_is_a_bad_request(site: Site) -> None:
    with pytest.raises(errors.BadRequest, match="page_size") as caught:
        site.client().get(SEARCH_RETURNS, site.shop(), query={"page_size": "3"})
    assert caught.value.request_id


def test_exchange_rates(site: Site) -> None:
    config = FxConfig(base_url=f"{site.server.base_url}/fx/v1")
    table = fetch_fx_rates(
        config, ["THB", "VND", "MYR", "GBP", "USD"], "CNY", date(2026, 10, 12), date(2026, 10, 19)
    )
    rows = table.to_pylist()
    assert {row["base_currency"] for row in rows} == {"THB", "VND", "MYR", "GBP", "USD"}
    assert {row["rate_date"].weekday() for row in rows} == set(range(5))
    assert min(row["rate_date"] for row in rows) == date(2026, 10, 5)
    assert max(row["rate_date"] for row in rows) == date(2026, 10, 16)
    assert all(isinstance(row["rate"], Decimal) and row["rate"] > 0 for row in rows)


def test_many_calls_reuse_their_connection(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    opened: list[object] = []
    connect: Callable[..., socket.socket] = socket.create_connection

    def counted(*args: Any, **kwargs: Any) -> socket.socket:
        opened.append(args)
        return connect(*args, **kwargs)

    shop, client = site.shop(), site.client()
    monkeypatch.setattr(socket, "create_connection", counted)
    for _ in range(20):
        client.get(WAREHOUSES, shop)
    assert len(opened) <= 1
