"""The samples that creators ask for, and what they make of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox.world.catalog import Shop, Sku, skus
from sandbox.world.lives import DAY, HOUR, Life, utc
from sandbox.world.money import text
from sandbox.world.promotion import Account, Room, Video, creator_of, rooms_of_day, terms, videos_of

Json = dict[str, Any]

_CONTENT_DAYS = 21
"""So long after the delivery content has to be there."""
_FULFILLMENT = {
    "PENDING": "PENDING",
    "AWAITING_SHIPMENT": "PENDING",
    "SHIPPED": "PENDING",
    "CONTENT_PENDING": "ONGOING",
    "COMPLETED": "SUCCEED",
    "UNFULFILL_CANCELLED": "FAILED",
}
_IN_VAIN = ("REJECT_CANCELLED", "OVERDUE_CANCELLED", "WITHDRAW_CANCELLED")


@dataclass(frozen=True, slots=True)
class Application:
    """A creator's wish for a sample.

    Attributes:
        asked: When it was made, unix seconds.
        events: (since when, status), oldest first.
        order: The sample order; None for a wish that was not granted.
        content: What the creator made of it in time.
    """

    id: str
    shop: Shop
    creator: Account
    sku: Sku
    asked: int
    events: tuple[tuple[int, str], ...]
    order: Life | None = None
    content: Video | Room | None = None


def granted(life: Life) -> Application | None:
    """The application behind a sample order; None for any other order."""
    if not life.is_sample:
        return None
    creator = creator_of(life.shop, life.created // 11)
    asked = life.created - 2 * DAY
    events = [(asked, "PENDING"), (life.created, "AWAITING_SHIPMENT")]
    content = _content(life, creator)
    if life.collected is not None:
        events.append((life.collected, "SHIPPED"))
    if life.delivered is not None:
        events.append((life.delivered, "CONTENT_PENDING"))
        if content is None:
            events.append((life.delivered + _CONTENT_DAYS * DAY, "UNFULFILL_CANCELLED"))
        else:
            events.append((shown_at(content), "COMPLETED"))
    return Application(
        f"71{life.id[-17:]}", life.shop, creator, life.lines[0].sku, asked, tuple(events), life, content
    )


def not_granted(shop: Shop, day: int) -> Application | None:
    """The wish of a UTC day (a day number since 1970) that comes to nothing; every other day has one."""
    if day % 2:
        return None
    creator, choice = creator_of(shop, day * 7), skus(shop)
    asked = day * DAY + (day * 613) % DAY
    events = ((asked, "PENDING"), (asked + 2 * DAY, _IN_VAIN[day // 2 % len(_IN_VAIN)]))
    return Application(
        f"71{shop.number}9{day:06d}000000000", shop, creator, choice[day % len(choice)], asked, events
    )


def _content(life: Life, creator: Account) -> Video | Room | None:
    """The first thing that the creator showed after a sample had come; None when nothing came in time."""
    if life.delivered is None or life.created % 5 == 0:
        return None
    shop, since = life.shop, life.delivered
    posted = videos_of(shop, creator, since + _CONTENT_DAYS * DAY)
    found: list[tuple[int, Video | Room]] = [(one.posted, one) for one in posted if one.posted > since]
    first = utc(since).date()
    for shift in range(5):
        rooms = rooms_of_day(shop, first + timedelta(days=shift))
        found += [(one.start, one) for one in rooms if one.account is creator and one.start > since]
    return min(found, key=lambda item: item[0])[1] if found else None


def shown_at(content: Video | Room) -> int:
    """When the platform has seen a content."""
    return (content.posted if isinstance(content, Video) else content.end) + HOUR


def show_content(application: Application, content: Video | Room) -> Json:
    """What a creator made of a sample."""
    product_id = application.sku.product_id
    views = 200 + int(content.id[-6:]) * 37 % 40_000
    shown: Json = {
        "id": content.id,
        "format": "VIDEO" if isinstance(content, Video) else "LIVE",
        "url": f"https://www.example.com/{content.id}",
        "view_count": views,
        "like_count": views // 20,
        "comment_count": views // 200,
        "paid_order_count": views // 900,
        "description": content.title,
        "create_time": content.posted if isinstance(content, Video) else content.start,
    }
    if isinstance(content, Room):
        shown["live_end_time"] = content.end
    return {
        "product": {"id": product_id, "main_image_url": f"https://p16.example.com/{product_id}.jpeg"},
        "content": shown,
    }


def show(application: Application, at: int, status: str) -> Json:
    """An application at a moment."""
    shop, creator, sku, life = application.shop, application.creator, application.sku, application.order
    rate = terms(shop, creator, sku.product_id, application.asked).rate
    shown: Json = {
        "id": application.id,
        "status": status,
        # A ratio here, unlike everywhere else.
        "commission_rate": text(rate, 4),
        "available_quantity": 20,
        "approve_expiration_time": application.asked + 7 * DAY,
        "fulfillment_status": _FULFILLMENT.get(status, "CANCELLED"),
        "is_approvable": status == "PENDING",
        "creator": {
            "creator_open_id": creator.open_id,
            "username": creator.username,
            "nickname": creator.nickname,
            "follower_count": creator.followers,
            "avatar_url": f"https://p16.example.com/{creator.open_id}.jpeg",
            "gmv": {"amount": text(creator.followers * 3, shop.digits), "currency": shop.currency},
            "content_count": creator.followers % 30,
            "fulfillment_percentage": f"{60 + creator.followers % 40}",
            "ec_video_view": creator.followers * 2,
        },
        "product": {
            "id": sku.product_id,
            "title": sku.product_name,
            "sku_id": sku.id,
            "sku_name": sku.name,
            "sku_image_url": f"https://p16.example.com/{sku.id}.jpeg",
        },
    }
    if life is not None and at >= life.created:
        shown["order_id"] = life.id
        shown["shipment_expiration_time"] = life.created + 6 * DAY
        if life.collected is not None and at >= life.collected:
            shown["tracking_number"] = f"AU{life.id}"
    return shown
