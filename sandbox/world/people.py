"""Buyers with the personal data that the API really sends: what the ingestion has to cut out.

Every personal value carries a marker that nothing else in the world carries (`PII`, `pii-`, a range of telephone
numbers, a range of user ids), so that a scan of what was stored can tell whether one leaked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from sandbox.world.catalog import SHARE, SHOPS, Shop
from sandbox.world.collaborations import show_target_detail
from sandbox.world.promotion import target_collaborations
from sandbox.world.store import Store

_CITY = {"TH": "Bangkok", "VN": "Ha Noi", "MY": "Kuala Lumpur", "GB": "London", "US": "Los Angeles"}


def buyers_of(shop: Shop, orders: int) -> int:
    """How many people buy in a shop of a world with so many orders; the keenest of them come back often."""
    return max(4000, orders * SHARE[shop.region] * 6 // 1000)


def buyer_id(number: int, shop: Shop) -> str:
    """The platform's id of a buyer."""
    return f"7499{shop.number}0000000{number:07d}"


def personal(number: int, shop: Shop) -> dict[str, Any]:
    """The personal fields of an order."""
    tag = f"{shop.region}{number:05d}"
    return {
        "buyer_email": f"pii-{tag.lower()}@scs.example.com",
        "buyer_nickname": f"PIInick{tag}",
        "buyer_avatar": f"https://p16.example.com/PIIavatar{tag}.jpeg",
        "buyer_message": f"call PIIcall{tag} before delivery" if number % 7 == 0 else "",
        "recipient_address": {
            "full_address": f"{number} PIIstreet{tag}, {_CITY[shop.region]}",
            "phone_number": f"(+{shop.number}9)770{number:07d}",
            "name": f"PIIname{tag} PIIlast{tag}",
            "first_name": f"PIIname{tag}",
            "last_name": f"PIIlast{tag}",
            "first_name_local_script": "",
            "last_name_local_script": "",
            "address_detail": f"Floor {number % 30} PIIfloor{tag}",
            "address_line1": f"{number} PIIstreet{tag}",
            "address_line2": f"PIIfloor{tag}",
            "address_line3": "",
            "address_line4": "",
            "district_info": [
                {
                    "address_level_name": "Country",
                    "address_name": shop.region,
                    "address_level": "L0",
                    "iso_code": shop.region,
                },
                {
                    "address_level_name": "City",
                    "address_name": _CITY[shop.region],
                    "address_level": "L2",
                    "iso_code": "",
                },
            ],
            "delivery_preferences": {
                "drop_off_location": f"PIIdoor{tag}" if shop.region in ("GB", "US") else ""
            },
            "postal_code": f"PII{number:05d}",
            "region_code": shop.region,
        },
    }


def personal_markers() -> tuple[str, ...]:
    """Fragments of which one is in every personal value of any world, and in nothing else."""
    phones = (f"(+{shop.number}9)770" for shop in SHOPS)
    # So long a beginning of one occurs in no other id.
    users = (buyer_id(0, shop)[:-7] for shop in SHOPS)
    return ("PII", "pii-", *phones, *users)


def personal_values(directory: Path) -> Iterator[str]:
    """Every distinct personal text that the world in a directory can serve at the start or the end of its time.

    Raises:
        FileNotFoundError: There is no world.
    """
    store = Store.open(directory)
    markers = personal_markers()
    seen: set[str] = set()
    for shop in store.shops():
        for agreed in target_collaborations(shop):
            for value in _texts(show_target_detail(shop, agreed)):
                if value not in seen and any(marker in value for marker in markers):
                    seen.add(value)
                    yield value
        for kind in ("warehouse", "payment", "return", "order"):
            for clock in (store.meta.clock_start, store.meta.horizon_end):
                for record in store.records(kind, shop.id, clock):
                    for value in _texts(orjson.loads(record.body)):
                        if value not in seen and any(marker in value for marker in markers):
                            seen.add(value)
                            yield value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
