"""Buyers with the personal data that the API really sends: what the ingestion has to cut out.

Every personal value carries the marker `PII` or `pii-`, or is a telephone number in a range that nothing else
uses, so that a scan can tell whether one leaked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingestion.sandbox.world.catalog import SHOPS, Shop

BUYERS = 4000
"""Buyers per shop; they come back."""

_CITY = {"TH": "Bangkok", "VN": "Ha Noi", "MY": "Kuala Lumpur", "GB": "London", "US": "Los Angeles"}


def buyer_id(number: int, shop: Shop) -> str:
    """The platform's id of a buyer."""
    return f"74{shop.number}00000000{number:07d}"


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


def personal_values() -> Iterator[str]:
    """Fragments that occur in every personal value of the world, and nowhere else."""
    yield "PII"
    yield "pii-"
    for shop in SHOPS:
        yield f"(+{shop.number}9)770"
