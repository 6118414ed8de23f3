"""A shop API without HTTP, for tests of the engine: answers shaped as the contract says, served from
lists in memory."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from home.config import ShopApiConfig
from home.layout import Home
from ingestion.engine.answers import ApiAnswer
from ingestion.engine.units import ShopOutcome
from ingestion.sources import prepare
from ingestion.tiktok_shop.client import ShopRef
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import Resource
from ingestion.tiktok_shop.resources import BY_NAME, RESOURCES
from ingestion.tiktok_shop.shop_sync import ShopJob, sync_shop
from ingestion.tiktok_shop.tokens import Grant

DAY = 86_400
NOW = 1_794_096_000  # 2026-11-08T00:00:00Z
SECRET_WORDS = (
    "Somchai",
    "+66812345678",
    "somchai@example.com",
    "99 Sukhumvit Road",
    "1103700012345",
    "ring the bell",
)
SHOP = ShopRef("7001", "Shop One", "TH", "CROSS_BORDER", "TH1", "cipher-one", "open-1")
CONFIG = ShopApiConfig(
    base_url="http://localhost:1",
    auth_url="http://localhost:1",
    app_key="key",
    app_secret="secret",
    requests_per_second=0,
    page_workers=3,
    shop_workers=1,
    lookback_hours=48,
    history_days=120,
)


def order(number: int, update_time: int, **changes: Any) -> dict[str, Any]:
    """An order with two lines and everything that must not be stored."""
    record: dict[str, Any] = {
        "id": f"57{number:08d}",
        "status": "COMPLETED",
        "create_time": update_time - 3600,
        "paid_time": update_time - 3000,
        "update_time": update_time,
        "is_cod": False,
        "is_sample_order": False,
        "user_id": f"buyer-{number % 7}",
        "buyer_email": SECRET_WORDS[2],
        "buyer_message": SECRET_WORDS[5],
        "buyer_nickname": SECRET_WORDS[0],
        "cpf": SECRET_WORDS[4],
        "cpf_name": SECRET_WORDS[0],
        "seller_note": f"call {SECRET_WORDS[1]}",
        "cancel_time": 0,
        "recipient_address": {
            "name": SECRET_WORDS[0],
            "phone_number": SECRET_WORDS[1],
            "full_address": SECRET_WORDS[3],
            "region_code": "TH",
            "district_info": [{"address_name": SECRET_WORDS[3], "address_level": "L1"}],
        },
        "payment": {
            "currency": "THB",
            "sub_total": "180.00",
            "total_amount": "200.5",
            "tax": "0",
            "shipping_fee": "",
        },
        "line_items": [
            {
                "id": f"{number}{index}",
                "sku_id": f"sku-{index}",
                "product_id": "p1",
                "currency": "THB",
                "original_price": "100",
                "sale_price": "90.00",
                "seller_discount": "6",
                "platform_discount": "4",
                "item_tax": [{"tax_amount": "1.1"}, {"tax_amount": "2.25"}] if index else [],
                "is_gift": False,
            }
            for index in range(2)
        ],
    }
    record.update(changes)
    return record


@dataclass
class FakeClient:
    """Serves lists; counts calls; can fail on demand.

    Attributes:
        lists: By endpoint name: the records, from which the call's times choose; or, where more depends on the
            call, a function of (query, body, path) that gives the whole `data`.
        fail: Called before each answer with (endpoint name, page); may raise.
        creators: Creators who have authorised the app.
        grants_used: Grants with which endpoints without a cipher were asked.
    """

    lists: dict[str, Any] = field(default_factory=dict)
    fail: Callable[[str, int], None] = lambda name, page: None
    calls: Counter[str] = field(default_factory=Counter)
    creators: list[Grant] = field(default_factory=list)
    grants_used: set[str] = field(default_factory=set)

    def creator_grants(self) -> list[Grant]:
        """The creators who have authorised the app."""
        return self.creators

    def pages(
        self,
        endpoint: Endpoint,
        shop: ShopRef,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        path: Mapping[str, str] | None = None,
    ) -> Iterator[ApiAnswer]:
        """All pages of a list."""
        if not endpoint.shop_cipher:
            self.grants_used.add(shop.open_id)
        source = self.lists.get(endpoint.name, [])
        if callable(source):
            self.calls[endpoint.name] += 1
            self.fail(endpoint.name, 1)
            yield self._answer(source(query, body, path), 1)
            return
        resource = next(r for r in RESOURCES if r.endpoint is endpoint)
        name = list_name(resource)
        bounds = {**(query or {}), **(body or {})}
        found = [record for record in source if _inside(record, bounds)]
        size = endpoint.page_size or len(found) or 1
        parts = [found[at : at + size] for at in range(0, len(found), size)] or [[]]
        for page, part in enumerate(parts, 1):
            self.calls[endpoint.name] += 1
            self.fail(endpoint.name, page)
            # A list that stands inside an object is given by a function; without records there is none.
            listed = {name: part} if part else {}
            yield self._answer({**listed, "total_count": len(found)}, page)

    def _answer(self, data: dict[str, Any], page: int) -> ApiAnswer:
        return ApiAnswer(copy.deepcopy(data), b"x" * 1000, f"req-{page}", datetime.now(UTC), page)


class _Asked(dict[str, Any]):
    """An answer without anything in it; remembers what it was asked for."""

    name = ""

    def get(self, name: str, default: Any = None) -> Any:
        self.name = name
        return default


def list_name(resource: Resource) -> str:
    """The name of the list in which a resource looks for its records: often another one than its own."""
    asked = _Asked()
    resource.take(asked)
    return asked.name


def _inside(record: Any, bounds: Mapping[str, Any]) -> bool:
    if not isinstance(record, dict):
        return True
    for name, bound in bounds.items():
        base, _, kind = name.rpartition("_")
        value = record.get(base)
        if kind == "ge" and isinstance(value, int) and value < int(bound):
            return False
        if kind == "lt" and isinstance(value, int) and value >= int(bound):
            return False
    return True


def run(
    home: Home,
    client: FakeClient,
    *names: str,
    since: int | None = None,
    until: int = NOW,
    shop: ShopRef = SHOP,
    run_id: str = "run",
) -> ShopOutcome:
    """Syncs some resources of a shop, as a worker would."""
    home.root.mkdir(parents=True, exist_ok=True)
    prepare(home)
    wanted = names or tuple(BY_NAME)
    job = ShopJob(home, CONFIG, shop, run_id, tuple(wanted), since, until)
    return sync_shop(job, client, [BY_NAME[name] for name in wanted], lambda *_: None)  # type: ignore[arg-type]


def raw(home: Home, table: str, source: str = "tiktok_shop") -> pa.Table:
    """All rows of a raw table."""
    files = sorted((home.raw / source / table).glob("*.parquet"))
    tables = [pq.ParquetFile(path).read() for path in files]
    plain = [_plain(t) for t in tables]
    return pa.concat_tables(plain, promote_options="default")


def rows(home: Home, table: str, *leave_out: str) -> list[tuple[Any, ...]]:
    """All rows of a raw table as sorted tuples, without some columns."""
    found = raw(home, table)
    names = [name for name in sorted(found.column_names) if name not in leave_out]
    return (
        sorted(zip(*(found.column(name).to_pylist() for name in names), strict=True), key=repr)
        if names
        else []
    )


def tree(folder: Path) -> bytes:
    """Every byte below a folder."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def unpacked(folder: Path) -> bytes:
    """Every byte below a folder, with what archive and raw files hold unpacked."""
    stored = tree(folder)
    for path in sorted(folder.rglob("*.zst")):
        with pa.input_stream(str(path), compression="zstd") as stream:
            stored += stream.read()
    for path in sorted(folder.rglob("*.parquet")):
        stored += str(pq.ParquetFile(path).read().to_pylist()).encode()
    return stored


def _plain(table: pa.Table) -> pa.Table:
    for index, one in enumerate(table.schema):
        if pa.types.is_dictionary(one.type):
            table = table.set_column(index, one.name, table.column(index).cast(one.type.value_type))
    return table
