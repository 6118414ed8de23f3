"""The cases of the benchmark, each one command so that its time and memory are its own.

`python -m benchmarks.cases NAME HOME` runs one of them against the sandbox named by the environment
(the same variables that `ttkpi` reads).
"""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import httpx

from home.config import load_shop_config
from home.layout import Home
from ingestion.replay import replay
from ingestion.sync import sync
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.client import ShopClient
from ingestion.tiktok_shop.orders import SEARCH_ORDERS
from ingestion.tiktok_shop.tokens import TokenStore

STAGING_OF_ORDERS = "stg_tiktok_shop__orders stg_tiktok_shop__order_lines"


def world_now(base_url: str) -> datetime:
    """The sandbox's own time: everything before it is visible."""
    return datetime.fromtimestamp(httpx.get(f"{base_url}/_sandbox/clock").json()["now"], UTC)


def network(home: Home) -> int:
    """Read every page of orders and throw it away: what the wire alone costs."""
    config = load_shop_config()
    client = ShopClient(config, TokenStore(home.tokens_file, AuthHost(config)))
    until = int(world_now(config.base_url).timestamp())
    pages = 0
    for shop in client.authorized_shops():
        query = {"page_size": "100", "sort_field": "update_time", "sort_order": "ASC"}
        body = {"update_time_ge": 0, "update_time_lt": until}
        pages += sum(1 for _ in client.pages(SEARCH_ORDERS, shop, query=query, body=body))
    return pages


def stock(home: Home) -> int:
    """dlt's stock rest_api_source into DuckDB with child tables."""
    from benchmarks.stock import load

    config = load_shop_config()
    tokens = TokenStore(home.tokens_file, AuthHost(config))
    shops = ShopClient(config, tokens).authorized_shops()
    auth = {
        "app_key": config.app_key,
        "app_secret": config.app_secret,
        "access_token": tokens.access_token(shops[0].open_id),
    }
    until = int(world_now(config.base_url).timestamp())
    return load(
        config.base_url, auth, {s.shop_id: s.cipher for s in shops}, 0, until, home.root / "stock.duckdb"
    )


def raw(home: Home, since: date) -> int:
    """Our own sync of orders and their lines: archive and typed Parquet."""
    until = world_now(os.environ["SOURCES__TIKTOK_SHOP__BASE_URL"])
    report = sync(home, since=since, until=until, resources=["orders"])
    if report.failed:
        raise SystemExit(str(report))
    return sum(shop.rows.get("orders", 0) for shop in report.shops)


def replayed(home: Home) -> int:
    """Raw again from the archive, without the network."""
    replay(home)
    return 0


def json_lines(home: Home) -> int:
    """The floor of a replay: DuckDB reads the archived JSON lines of orders into typed tables."""
    files = [str(path) for path in (home.archive / "tiktok_shop" / "orders").rglob("*.jsonl.zst")]
    database = home.root / "json_lines.duckdb"
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        read, *rest = (Path(__file__).parent / "json_lines.sql").read_text().split(";")
        connection.execute(read, [files])
        for statement in filter(str.strip, rest):
            connection.execute(statement)
        row = connection.execute("select count(*) from orders").fetchone()
    assert row is not None
    return int(row[0])


def main() -> None:
    """Run one case and print what it counted as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=["network", "stock", "raw", "replay", "json_lines"])
    parser.add_argument("--since", type=date.fromisoformat, default=date(2020, 1, 1))
    arguments = parser.parse_args()
    home = Home.from_env()
    match arguments.case:
        case "network":
            counted = network(home)
        case "stock":
            counted = stock(home)
        case "raw":
            counted = raw(home, arguments.since)
        case "replay":
            counted = replayed(home)
        case _:
            counted = json_lines(home)
    print(json.dumps({"counted": counted}))


if __name__ == "__main__":
    main()
