"""Collaborations, who promotes what, and the creator marketplace, as the API shows them."""

from __future__ import annotations

import random
from typing import Any

from sandbox.world.catalog import Shop, Sku
from sandbox.world.lives import DAY
from sandbox.world.money import text
from sandbox.world.promotion import (
    Account,
    OpenCollaboration,
    TargetCollaboration,
    creators,
    open_collaborations,
    products,
    promoters,
    strangers,
)

Json = dict[str, Any]

TARGET_STATUSES = ("ONGOING", "EXPIRING", "VALID", "CANCELING", "COMPLETED")
_EXPIRING_DAYS = 7


def _price(shop: Shop, sku: Sku) -> Json:
    price = text(sku.price, shop.digits)
    return {"currency": shop.currency, "minimum_amount": price, "maximum_amount": price}


def show_open(shop: Shop, one: OpenCollaboration, at: int) -> Json:
    """An open collaboration in the list."""
    promoted = promoters(shop, one.sku.product_id, at)
    return {
        "id": one.id,
        "status": one.status,
        "current_commission": {"rate": one.rate, "start_time": 1_704_067_200},
        "showcase_creator_count": len(promoted),
        "content_creator_count": sum(1 for who in promoted if who.videos or who.lives),
        "product": {
            "id": one.sku.product_id,
            "title": one.sku.product_name,
            "main_image_url": f"https://p16.example.com/{one.sku.product_id}.jpeg",
            "status": "LIVE",
            "inventory": 500,
            "original_price": _price(shop, one.sku),
        },
    }


def show_promoters(shop: Shop, product_id: str, at: int) -> list[Json]:
    """The creators of a product, with how much they have made for it."""
    ending = open_collaborations(shop)[product_id].status == "TERMINATING"
    shown: list[Json] = []
    for promotion in promoters(shop, product_id, at):
        one: Json = {
            "creator_profile": _profile(promotion.creator),
            "video_count": promotion.videos,
            "live_count": promotion.lives,
            "promotion_status": "TERMINATING" if ending else "NORMAL",
        }
        if ending:
            one["promotion_end_time"] = at - at % DAY + 30 * DAY
        shown.append(one)
    return shown


def _profile(creator: Account) -> Json:
    return {
        "username": creator.username,
        "nickname": creator.nickname,
        "follower_count": creator.followers,
        "avatar": {"url": f"https://p16.example.com/{creator.open_id}.jpeg"},
        "creator_open_id": creator.open_id,
    }


def target_statuses(one: TargetCollaboration, at: int) -> tuple[str, ...]:
    """The statuses a collaboration is found by; VALID holds all that has not ended."""
    if at >= one.end:
        return ("COMPLETED",)
    return ("VALID", "EXPIRING" if one.end - at < _EXPIRING_DAYS * DAY else "ONGOING")


def show_target(shop: Shop, one: TargetCollaboration, at: int) -> Json:
    """A target collaboration in the list."""
    return {
        "id": one.id,
        "name": one.name,
        "message": f"Hello from PIIcontact {shop.region}",
        "start_time": one.start,
        "end_time": one.end,
        "create_time": one.start - 3 * DAY,
        "update_time": min(one.end, one.start + 5 * DAY) if at >= one.start else one.start - 3 * DAY,
        # The API's own spelling.
        "creator_inivited_count": len(one.creators) + 3,
        "showcase_creator_count": len(one.creators),
        "content_creator_count": len(one.creators) - 1,
        "product_count": len(one.product_ids),
        "free_sample_rule": {"has_free_sample": True, "is_sample_approval_exempt": False},
        "type": "STANDARD",
    }


def show_target_detail(shop: Shop, one: TargetCollaboration) -> Json:
    """A target collaboration with its products and creators."""
    catalogue, offered = products(shop), open_collaborations(shop)
    region = shop.region.lower()
    return {
        "id": one.id,
        "name": one.name,
        "message": f"Hello from PIIcontact {shop.region}",
        "seller_contact_info": {
            "email": f"pii-{region}-contact@scs.example.com",
            "phone_number": f"(+{shop.number}9)7700000001",
            "line": f"pii-{region}-line",
        },
        "start_time": one.start,
        "end_time": one.end,
        "update_time": one.start + 5 * DAY,
        "creator_invited_count": len(one.creators) + 3,
        "showcase_creator_count": len(one.creators),
        "content_creator_count": len(one.creators) - 1,
        "product_count": len(one.product_ids),
        "free_sample_rule": {"has_free_sample": True, "is_sample_approval_exempt": False},
        "products": [
            {
                "id": product_id,
                "main_image_url": f"https://p16.example.com/{product_id}.jpeg",
                "title": catalogue[product_id].product_name,
                "original_price": _price(shop, catalogue[product_id]),
                "commission": {
                    "rate": offered[product_id].rate + one.more,
                    "effective_time": str(one.start),
                    "currency": shop.currency,
                    "shop_ads_commission_rate": 400,
                },
                "status": "LIVE",
                "commission_effective_status": "EFFECTIVE_ALL",
                "collaboration_status": "NORMAL",
            }
            for product_id in one.product_ids
        ],
        "creators": [
            {
                "username": creator.username,
                "nickname": creator.nickname,
                "avatar": {"url": f"https://p16.example.com/{creator.open_id}.jpeg"},
                "selection_region": shop.region,
                "showcase_product_count": len(one.product_ids),
                "content_product_count": len(one.product_ids) // 2,
                "collaboration_status": "NORMAL",
                "product_effective_status": "EFFECTIVE_ALL",
                "creator_open_id": creator.open_id,
            }
            for creator in one.creators
        ],
        "type": "STANDARD",
    }


def market(shop: Shop) -> list[Account]:
    """The creators of a market, the most followed first."""
    return sorted((*creators(shop), *strangers(shop)), key=lambda one: (-one.followers, one.username))


_RANGES = ((0, 100), (100, 1_000), (1_000, 10_000), (10_000, 100_000))


def show_in_marketplace(shop: Shop, creator: Account) -> Json:
    """A creator with what the marketplace says of his last 30 days, over all sellers."""
    rng = random.Random(f"market {shop.region} {creator.username}")
    low, high = _RANGES[rng.randrange(4)]
    gmv = rng.randrange(low, high) * 100
    live = gmv * rng.randrange(60) // 100
    return {
        "username": creator.username,
        "nickname": creator.nickname,
        "avatar": {"url": f"https://p16.example.com/{creator.open_id}.jpeg"},
        "selection_region": shop.region,
        "category_ids": ["601450"],
        "avg_ec_live_uv": rng.randrange(20, 900),
        "avg_ec_video_view_count": rng.randrange(200, 60_000),
        "follower_count": creator.followers,
        "gmv": {"currency": shop.currency, "amount": text(gmv, shop.digits)},
        "live_gmv": {"currency": shop.currency, "amount": text(live, shop.digits)},
        "video_gmv": {"currency": shop.currency, "amount": text(gmv - live, shop.digits)},
        "gmv_range": {
            "currency": shop.currency,
            "minimum_amount": str(low),
            "maximum_amount": str(high),
            "formatted_range": f"{low}-{high}",
        },
        "units_sold_range": {
            "minimum_amount": low // 10,
            "maximum_amount": high // 10,
            "formatted_range": f"{low // 10}-{high // 10}",
        },
        "top_follower_demographics": {
            "age_ranges": ["AGE_RANGE_18_24", "AGE_RANGE_25_34"],
            "major_gender": {"gender": "FEMALE", "percentage": 6_200},
        },
        "creator_open_id": creator.open_id,
        "creator_profile": {
            "is_official_recommend": False,
            "is_fast_growing": rng.random() < 0.2,
            "has_collaborated": creator.number < 20,
            "has_invited_90d": creator.number < 20,
            "is_creator_blocked": False,
            "creator_level": 1 + rng.randrange(6),
        },
    }
