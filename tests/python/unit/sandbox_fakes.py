"""A world in memory with the interface of the real store, and a caller that signs."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import httpx
import orjson

from sandbox.server.serve import SandboxProcess, SandboxServer
from sandbox.world.store import Store

NOW = 1_794_096_000  # 2026-11-08T00:00:00Z
HORIZON = NOW + 14 * 86_400
TH, GB = "7495000000000000101", "7495000000000000404"
SCOPE = "seller.order.info"


@dataclass(frozen=True)
class Shop:
    id: str
    name: str
    region: str
    currency: str
    timezone: str
    seller_type: str
    code: str
    cipher: str


@dataclass(frozen=True)
class Record:
    time: int
    id: str
    body: bytes


SHOPS = [
    Shop(TH, "Aurora Thailand", "TH", "THB", "Asia/Bangkok", "CROSS_BORDER", "THAAAA", "cipher-th/+="),
    Shop(GB, "Aurora UK", "GB", "GBP", "Europe/London", "CROSS_BORDER", "GBAAAA", "cipher-gb"),
]


@dataclass(frozen=True)
class Row:
    kind: str
    shop_id: str
    id: str
    create_time: int
    update_time: int
    body: dict[str, Any]
    parent: str | None = None
    valid_from: int = 0
    valid_to: int = 2**60


class FakeStore:
    """Keeps rows in a list and looks through all of them, which is slow and easy to check."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.meta = SimpleNamespace(seed=7, orders=0, days=120, clock_start=NOW, horizon_end=HORIZON)
        self.counted = 0

    def add(
        self, kind: str, shop_id: str, row_id: str, created: int, body: dict[str, Any], **more: Any
    ) -> None:
        updated = more.pop("updated", created)
        self.rows.append(Row(kind, shop_id, row_id, created, updated, body, **more))

    def shops(self) -> list[Shop]:
        return SHOPS

    def _select(self, kind: str, shop_id: str, clock: int, field: str, filters: dict[str, Any]) -> list[Row]:
        other = "update_time" if field == "create_time" else "create_time"
        bounds = [
            (field, filters.get("ge"), filters.get("lt")),
            (other, filters.get("other_ge"), filters.get("other_lt")),
        ]
        return [
            row
            for row in self.rows
            if (row.kind, row.shop_id) == (kind, shop_id)
            and row.valid_from <= clock < row.valid_to
            and row.parent == filters.get("parent")
            and all(ge is None or getattr(row, name) >= ge for name, ge, _ in bounds)
            and all(lt is None or getattr(row, name) < lt for name, _, lt in bounds)
            and (filters.get("ids") is None or row.id in filters["ids"])
            and (filters.get("order_ids") is None or row.body.get("order_id") in filters["order_ids"])
            and (filters.get("statuses") is None or row.body.get("status") in filters["statuses"])
        ]

    def page(
        self,
        kind: str,
        shop_id: str,
        clock: int,
        *,
        field: str,
        order: str,
        after: tuple[int, str] | None,
        limit: int,
        **filters: Any,
    ) -> list[Record]:
        rows = self._select(kind, shop_id, clock, field, filters)
        keyed = sorted(((getattr(row, field), row.id, row) for row in rows), key=lambda item: item[:2])
        if order == "DESC":
            keyed.reverse()
        if after is not None:
            keyed = [item for item in keyed if (item[:2] > after) == (order == "ASC") and item[:2] != after]
        return [Record(at, row_id, orjson.dumps(row.body)) for at, row_id, row in keyed[:limit]]

    def count(self, kind: str, shop_id: str, clock: int, *, field: str, **filters: Any) -> int:
        self.counted += 1
        return len(self._select(kind, shop_id, clock, field, filters))

    def get(self, kind: str, shop_id: str, record_id: str, clock: int) -> Record | None:
        rows = [row for row in self._select(kind, shop_id, clock, "create_time", {}) if row.id == record_id]
        return Record(rows[0].create_time, rows[0].id, orjson.dumps(rows[0].body)) if rows else None

    def fx_rates(self, start: date, end: date, base: str, quote: str) -> list[tuple[date, Decimal]]:
        days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
        return [(day, Decimal("0.0280000000")) for day in days if day.weekday() < 5]


def orders_world(orders: int) -> FakeStore:
    """Orders of two shops, four to a second so that times alone don't tell them apart."""
    store = FakeStore()
    for shop in SHOPS:
        for n in range(orders):
            body = {
                "id": f"{shop.region}{n:05}",
                "status": "COMPLETED" if n % 3 else "CANCELLED",
                "create_time": NOW - 10_000 + n // 4,
                "update_time": NOW - 5_000 + (orders - n) // 4,
                "payment": {"total_amount": "10.00"},
                "line_items": [
                    {"id": f"{n}-1", "sale_price": "4.00"},
                    {"id": f"{n}-2", "sale_price": "6.00"},
                ],
            }
            store.add("order", shop.id, body["id"], body["create_time"], body, updated=body["update_time"])
    return store


def sign(path: str, pairs: Sequence[tuple[str, str]], body: bytes, secret: str = "sandbox-secret") -> str:
    text = "".join(key + value for key, value in sorted(pairs, key=lambda pair: pair[0]))
    message = f"{secret}{path}{text}".encode() + body + secret.encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


class Caller:
    """Calls a sandbox as a client would; what is given by name replaces (None: removes) a part of a call."""

    def __init__(self, server: SandboxServer | SandboxProcess) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.base_url, trust_env=False, timeout=10.0)
        self.token = ""

    def authorise(self, code: str = "sandbox-code") -> dict[str, Any]:
        data = self.tokens("get", auth_code=code, grant_type="authorized_code")["data"]
        self.token = data["access_token"]
        return cast("dict[str, Any]", data)

    def tokens(self, what: str, **query: str) -> dict[str, Any]:
        app = {"app_key": "sandbox-app", "app_secret": "sandbox-secret"}
        answer = self.http.get(f"/api/v2/token/{what}", params={**app, **query})
        return cast("dict[str, Any]", answer.json())

    def call(
        self,
        path: str,
        query: dict[str, str] | Sequence[tuple[str, str]] = (),
        body: dict[str, Any] | None = None,
        *,
        method: str | None = None,
        cipher: str | None = SHOPS[1].cipher,
        token: str | None = None,
        secret: str = "sandbox-secret",
        **override: str | None,
    ) -> httpx.Response:
        content = b"" if body is None else orjson.dumps(body)
        pairs = [("app_key", "sandbox-app"), ("timestamp", str(int(time.time())))]
        pairs += list(query.items()) if isinstance(query, dict) else list(query)
        if cipher is not None:
            pairs.append(("shop_cipher", cipher))
        pairs = [pair for pair in pairs if pair[0] not in override]
        pairs += [(key, value) for key, value in override.items() if value is not None and key != "sign"]
        signature = override.get("sign", sign(path, pairs, content, secret))
        if signature is not None:
            pairs.append(("sign", signature))
        text = "&".join(f"{key}={quote(value, safe='')}" for key, value in pairs)
        return self.http.request(
            method or ("POST" if body is not None else "GET"),
            f"{path}?{text}",
            content=content,
            headers={"x-tts-access-token": self.token if token is None else token},
        )

    def orders(self, body: dict[str, Any] | None = None, **query: str) -> httpx.Response:
        query.setdefault("page_size", "20")
        return self.call("/order/202309/orders/search", query, body or {})

    def all_orders(self, body: dict[str, Any] | None = None, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token = ""
        for _ in range(1_000):
            data = self.orders(body, **query, **({"page_token": token} if token else {})).json()["data"]
            found += data["orders"]
            token = data["next_page_token"]
            if not token:
                return found
        raise AssertionError("the list does not end")

    def admin(self, path: str, body: Any = None, method: str = "POST") -> Any:
        content = orjson.dumps(body) if body is not None else b""
        answer = self.http.request(method, f"/_sandbox/{path}", content=content)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def sandbox(store: FakeStore, **options: Any) -> Iterator[Caller]:
    """A running server over a fake world and an authorised caller of it."""
    with SandboxServer(cast("Store", store), **options) as server:
        caller = Caller(server)
        with caller.http:
            caller.authorise()
            yield caller
