"""Small sandbox worlds for tests, made once for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox.world.catalog import SHOPS, Shop
from sandbox.world.generator import generate
from sandbox.world.store import Store

CLOCK = 1_794_096_000  # 2026-11-08T00:00:00Z
DAY = 86_400
SHOP = {shop.region: shop for shop in SHOPS}
Json = dict[str, Any]


def world_of(factory: pytest.TempPathFactory, *, orders: int, days: int, seed: int = 7) -> Path:
    """A world that all test modules share, parallel ones too."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    directory = shared / f"world-{orders}-{days}-{seed}"
    generate(directory, orders=orders, days=days, seed=seed, clock=CLOCK)
    return directory


def bodies(store: Store, kind: str, shop: Shop, clock: int = CLOCK, parent: str | None = None) -> list[Json]:
    """All records of a kind as the API shows them at a clock."""
    return [orjson.loads(record.body) for record in store.records(kind, shop.id, clock, parent=parent)]


def everywhere(store: Store, kind: str, clock: int = CLOCK) -> Iterator[tuple[Shop, Json]]:
    """The same for all shops."""
    for shop in store.shops():
        for body in bodies(store, kind, shop, clock):
            yield shop, body


def money(amounts: Json, *names: str) -> Decimal:
    """The sum of some fields; absent ones are none."""
    return sum((Decimal(amounts.get(name, "0")) for name in names), Decimal(0))
