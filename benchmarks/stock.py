"""The yardstick: dlt's stock `rest_api_source`, as its documentation shows it, with the same orders.

Nothing here is tuned against it: one resource, the API's own paging, child tables made by dlt.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dlt
import duckdb
import requests
from dlt.common.configuration import configspec
from dlt.sources.helpers.rest_client.auth import AuthConfigBase
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source

from ingestion.tiktok_shop.signing import sign


@configspec
class SignedAuth(AuthConfigBase):  # type: ignore[misc]  # dlt is not typed for us
    """Signs each prepared request the way the Shop API wants it."""

    app_key: str = ""
    app_secret: str = ""
    access_token: str = ""
    shop_cipher: str = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert request.url is not None
        parts = urlsplit(request.url)
        query = [*parse_qsl(parts.query), ("app_key", self.app_key), ("timestamp", str(int(time.time())))]
        query.append(("shop_cipher", self.shop_cipher))
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        query.append(("sign", sign(self.app_secret, parts.path, query, body)))
        request.url = urlunsplit(parts._replace(query=urlencode(query)))
        request.headers["x-tts-access-token"] = self.access_token
        return request


def load(
    base_url: str, auth: dict[str, str], ciphers: dict[str, str], since: int, until: int, database: Path
) -> int:
    """Load every shop's orders into one DuckDB file; returns the number of orders."""
    for shop_id, cipher in ciphers.items():
        config: Any = {
            "client": {
                "base_url": base_url,
                "auth": SignedAuth(**auth, shop_cipher=cipher),
                "paginator": JSONResponseCursorPaginator(
                    cursor_path="data.next_page_token", cursor_param="page_token"
                ),
            },
            "resources": [
                {
                    "name": "orders",
                    "primary_key": "id",
                    "write_disposition": "append",
                    "endpoint": {
                        "path": "order/202309/orders/search",
                        "method": "POST",
                        "params": {"page_size": "100", "sort_field": "update_time", "sort_order": "ASC"},
                        "json": {"update_time_ge": since, "update_time_lt": until},
                        "data_selector": "data.orders",
                    },
                }
            ],
        }
        pipeline = dlt.pipeline(
            pipeline_name=f"stock_{shop_id}",
            pipelines_dir=str(database.parent / "dlt"),
            destination=dlt.destinations.duckdb(str(database)),
            dataset_name="shop_orders",
        )
        pipeline.run(rest_api_source(config))
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute("select count(*) from shop_orders.orders").fetchone()
    assert row is not None
    return int(row[0])
