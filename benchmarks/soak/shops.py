"""Two hundred shops over HTTP: one sync of all, one in which 150 of them fail, and one that makes it good.

`python -m benchmarks.soak.shops`: the sandbox's five shops are served under two hundred ids, each with its own
authorisation of data, cipher and pages. Exit code 1 when a shop lacks a row that its original has, or a failed one is
not told by name.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow.dataset as ds
from rich.console import Console

from benchmarks.soak.stage import CLOCK
from home.config import SHOP_SECTION, environment_name, load_shop_config
from home.layout import Home
from ingestion.sync import SyncReport, sync
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.demo.demo import environment, sandbox_settings
from sandbox.server.refusal import SHOP_DEACTIVATED
from sandbox.server.serve import SandboxServer
from sandbox.world.catalog import SHOPS, Shop
from sandbox.world.generator import generate
from sandbox.world.store import Store, database

TABLES = ("orders", "order_lines", "returns", "statement_transactions", "inventory")
console = Console(width=120, highlight=False)


class ManyShops(Store):
    """A world whose shops are served under many ids."""

    many: tuple[Shop, ...] = ()

    def shops(self) -> list[Shop]:
        """All of them."""
        return list(self.many)


def clone(shop: Shop, number: int) -> Shop:
    """A shop like another one, under an id, a cipher and a name of its own."""
    return replace(
        shop,
        id=f"{shop.id[:4]}{number:04d}{shop.id[8:]}",
        name=f"{shop.name} {number}",
        code=f"{shop.code}X{number}",
        cipher=f"{shop.cipher}{number:04d}",
    )


def main(arguments: list[str] | None = None) -> int:
    """Plays the three syncs and prints a row for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak.shops", description=__doc__)
    parser.add_argument("--shops", type=int, default=200, help="how many (200)")
    parser.add_argument(
        "--failing", type=int, default=150, help="how many of them fail in the second sync (150)"
    )
    parser.add_argument("--orders", type=int, default=100, help="orders of the five originals together (100)")
    parser.add_argument(
        "--resources", nargs="*", default=None, metavar="NAME", help="what is read of each (everything)"
    )
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="ttkpi-shops-"))
    try:
        return _play(folder, options.shops, options.failing, options.orders, options.resources)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _play(folder: Path, count: int, failing: int, orders: int, resources: Sequence[str] | None) -> int:
    began = time.monotonic()
    world = folder / "world"
    meta = generate(world, orders=orders, days=10, seed=7, clock=CLOCK, horizon_days=3).meta
    # From 1 on: 0 would be the originals themselves.
    many = tuple(clone(SHOPS[number % len(SHOPS)], number + 1) for number in range(count))
    for number, shop in enumerate(many):
        os.link(database(world, SHOPS[number % len(SHOPS)].id), database(world, shop.id))
    store = ManyShops(world, meta)
    store.many = many
    home = Home(folder / "home")
    home.prepare()
    server = SandboxServer(store, directory=world).start()
    settings = sandbox_settings(server.base_url) | {environment_name(SHOP_SECTION, "history_days"): "10"}
    wrong: list[str] = []
    try:
        with environment(settings):
            code = httpx.post(f"{server.base_url}/_sandbox/auth_code", json={}, trust_env=False).json()[
                "auth_code"
            ]
            TokenStore(home.tokens_file, AuthHost(load_shop_config())).exchange(code)
            _say(f"a first sync of {count} shops", *_timed(home, resources))
            wrong += _lacking(home, many)
            ids = [shop.id for shop in many[:failing]]
            rule = {"effect": "error", "code": SHOP_DEACTIVATED, "shop": ids}
            httpx.post(f"{server.base_url}/_sandbox/faults", json=[rule], trust_env=False).raise_for_status()
            report, seconds = _timed(home, resources)
            _say(f"the next, of which {failing} fail", report, seconds)
            failed = {one.shop_key for one in report.shops if one.status == "failed" and one.errors}
            if failed != set(ids):
                wrong.append(f"{len(failed)} shops are told as failed, not {failing}")
            httpx.delete(f"{server.base_url}/_sandbox/faults", trust_env=False).raise_for_status()
            report, seconds = _timed(home, resources)
            _say("the one after it", report, seconds)
            wrong += [f"{one.name}: {one.errors}" for one in report.shops if one.status != "ok"]
            wrong += _lacking(home, many)
    finally:
        server.stop()
    for text in wrong:
        console.print(text)
    what = " ".join(resources) if resources else "everything"
    told = f"{len(wrong)} wrong" if wrong else "no row is missing, and each failure is told by name"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(
        f"| {count} shops of which {failing} fail, read: {what} | {told} | {memory:,.0f} MB | "
        f"{(time.monotonic() - began) / 60:.0f} min |",
        soft_wrap=True,
    )
    return 1 if wrong else 0


def _timed(home: Home, resources: Sequence[str] | None) -> tuple[SyncReport, float]:
    began = time.monotonic()
    report = sync(home, until=datetime.fromtimestamp(CLOCK, UTC), resources=resources)
    return report, time.monotonic() - began


def _say(what: str, report: SyncReport, seconds: float) -> None:
    states = Counter(one.status for one in report.shops)
    pages, rows = sum(one.pages for one in report.shops), sum(sum(one.rows.values()) for one in report.shops)
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    console.print(f"| {what} | {told} | {pages:,} pages, {rows:,} rows | {seconds:.0f} s |")


def _lacking(home: Home, many: tuple[Shop, ...]) -> list[str]:
    """Shops of one original that do not have the same rows: each table's ids, counted once."""
    wrong = []
    for table in TABLES:
        found: dict[str, set[Any]] = {shop.id: set() for shop in many}
        for row in _keys(home, table):
            found[row[0]].add(row[1:])
        for shop in many:
            first = many[[one.region for one in many].index(shop.region)]
            if found[shop.id] != found[first.id]:
                wrong.append(
                    f"{table}: {shop.name} has {len(found[shop.id])} rows, its original {len(found[first.id])}"
                )
        if not any(found.values()):
            wrong.append(f"{table}: no shop has a row")
    return wrong


def _keys(home: Home, table: str) -> list[tuple[Any, ...]]:
    files = ds.dataset(sorted((home.raw / "tiktok_shop" / table).glob("[0-9]*.parquet")))
    names = [
        name
        for name in ("order_id", "line_id", "return_id", "transaction_id", "sku_id")
        if name in files.schema.names
    ]
    rows = files.to_table(columns=["shop_key", *names]).to_pylist()
    return [(row["shop_key"], *(row[name] for name in names)) for row in rows]


if __name__ == "__main__":
    sys.exit(main())
