"""The seller's five shops and what they sell: the same in every world, whatever its seed and size.

Several sellers beside each other, each a process and a world of its own, have shops and ads accounts of their own by
the variable `TTKPI_SANDBOX_SELLER` of the environment: a number, 0 by default. A world is served with the number that
it was made with.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sandbox.world.money import share


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop of the seller.

    Attributes:
        id: TikTok's id.
        name: Its name.
        region: Its market.
        currency: ISO 4217.
        timezone: IANA name; platform days are days there.
        seller_type: CROSS_BORDER.
        code: TikTok's short code.
        cipher: Names the shop in requests.
    """

    id: str
    name: str
    region: str
    currency: str
    timezone: str
    seller_type: str
    code: str
    cipher: str

    @property
    def digits(self) -> int:
        """Decimals of its currency: none for the dong."""
        return 0 if self.currency == "VND" else 2

    @property
    def number(self) -> int:
        """1 to 5."""
        return int(self.id[-1])


SELLER = int(os.environ.get("TTKPI_SANDBOX_SELLER", "0"))
"""Which seller this process is about."""


def _shop(number: int, region: str, name: str, currency: str, timezone: str) -> Shop:
    cipher = "ROW_" + hashlib.sha256(f"cipher {region}".encode()).hexdigest()[:24]
    shop_id = f"7495{SELLER:012d}{number}0{number}"
    return Shop(
        shop_id, f"Aurora {name}", region, currency, timezone, "CROSS_BORDER", f"{region}LCAU{number}", cipher
    )


SHOPS = (
    _shop(1, "TH", "Thailand", "THB", "Asia/Bangkok"),
    _shop(2, "VN", "Vietnam", "VND", "Asia/Ho_Chi_Minh"),
    _shop(3, "MY", "Malaysia", "MYR", "Asia/Kuala_Lumpur"),
    _shop(4, "GB", "UK", "GBP", "Europe/London"),
    _shop(5, "US", "US", "USD", "America/Los_Angeles"),
)

SHARE = {"TH": 34, "VN": 27, "MY": 14, "GB": 8, "US": 17}
"""Percent of all orders."""

CASH_ON_DELIVERY = {"TH": 35, "VN": 45, "MY": 15, "GB": 0, "US": 0}
"""Percent of a shop's orders."""

SALES_TAX = {"US": (825, 600, 725, 0)}
"""Hundredths of a percent, by where the buyer lives."""

# Thousandths of a unit of the currency for one yuan.
_PER_YUAN = {"THB": 4600, "VND": 3_600_000, "MYR": 590, "GBP": 106, "USD": 140}
_KINDS = tuple(
    """Lip Tint, Cushion Foundation, Sunscreen SPF50, Hair Oil, Sheet Mask, Eyeliner, Brush Set, Serum, Face Wash,
    Body Scrub, Perfume Mist, Nail Kit, Phone Stand, Desk Lamp, Tumbler, Tote Bag, Yoga Mat, Knee Sleeve,
    Water Bottle, Storage Box, Lunch Box, LED Strip, Ring Light, Travel Pouch, Hair Clip Set, Socks 5-Pack, Cap,
    Sunglasses, Pet Brush, Coffee Dripper""".replace("\n    ", " ").split(", ")
)
_SHADES = ("Rose", "Coral", "Ivory", "Sand", "Black", "White", "Mint", "Large", "Small")


@dataclass(frozen=True, slots=True)
class Sku:
    """A sellable variant.

    Attributes:
        id: TikTok's id.
        product_id: Its product.
        product_name: Title of the product.
        name: Name of the variant.
        seller_sku: The seller's own code.
        price: Original price in the smallest unit of the shop's currency.
        cost: Unit cost in cents of the yuan; None where the seller never wrote it down.
        popularity: Weight in the choice of what is bought.
        parts: For a combo, the SKUs that it consists of.
    """

    id: str
    product_id: str
    product_name: str
    name: str
    seller_sku: str
    price: int
    cost: int | None
    popularity: int
    parts: tuple[Sku, ...] = ()


@cache
def skus(shop: Shop) -> tuple[Sku, ...]:
    """Everything a shop sells, combos last."""
    rng = random.Random(f"catalogue {shop.region}")
    found: list[Sku] = []
    for number, kind in enumerate(_KINDS):
        product_id = f"1729{shop.number}000000000{number + 1:04d}"
        fen = rng.choice((990, 1990, 2990, 3990, 5990, 8990, 12990, 19900))
        for variant in range(rng.choice((2, 2, 3, 4))):
            shade = _SHADES[(number + variant) % len(_SHADES)]
            price = _price(fen * (100 + 15 * variant) // 100, shop)
            cost = None if rng.random() < 0.03 else share(fen, 28 + rng.randrange(15), 100)
            found.append(
                Sku(
                    id=f"1729{shop.number}100000000{number + 1:03d}{variant}",
                    product_id=product_id,
                    product_name=f"Aurora {kind}",
                    name=shade,
                    seller_sku=f"AU-{shop.region}-{number + 1:02d}-{variant + 1}",
                    price=price,
                    cost=cost,
                    popularity=rng.choice((1, 2, 3, 5, 8, 13, 21)),
                )
            )
    for number in range(2):
        parts = (found[number * 3], found[number * 3 + 1])
        found.append(
            Sku(
                id=f"1729{shop.number}200000000000{number + 1}",
                product_id=f"1729{shop.number}0000000009{number + 1:03d}",
                product_name=f"Aurora Bundle {number + 1}",
                name="Set of two",
                seller_sku=f"AU-{shop.region}-SET-{number + 1}",
                price=sum(part.price for part in parts),
                cost=_sum_of_known(part.cost for part in parts),
                popularity=6,
                parts=parts,
            )
        )
    return tuple(found)


def _price(fen: int, shop: Shop) -> int:
    """What a seller would print on the label: whole thousands of dong, elsewhere x.99."""
    thousandths = fen * _PER_YUAN[shop.currency] // 100
    if shop.digits == 0:
        return max(1000, share(thousandths, 1, 1_000_000) * 1000)
    return max(100, share(thousandths, 1, 1000) * 100) - 1


def _sum_of_known(costs: Iterable[int | None]) -> int | None:
    """The sum; unknown if a part is."""
    total = 0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
