"""The shops an authorisation covers, with their ciphers."""

from __future__ import annotations

import orjson

from sandbox.server.calls import Answer, Call, Endpoint


def _shops(call: Call) -> Answer:
    shops = [call.sandbox.shops[shop_id] for shop_id in call.shop_ids]
    listed = [
        {
            "id": shop.id,
            "name": shop.name,
            "region": shop.region,
            "seller_type": shop.seller_type,
            "cipher": shop.cipher,
            "code": shop.code,
        }
        for shop in shops
    ]
    return Answer([orjson.dumps({"shops": listed})], len(listed))


ENDPOINTS = (
    Endpoint(
        "authorized_shops",
        "GET",
        "/authorization/202309/shops",
        "seller.authorization.info",
        _shops,
        cipher=False,
        list_path="shops",
    ),
)
