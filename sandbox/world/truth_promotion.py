"""The ground truth about creators, LIVE and videos: see `truth.py`.

What the platform reports itself (traffic, `live_gmv`, a video's day) is told as it serves it; what a shop earned is
worked out from its orders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.world.catalog import SHOPS, Shop
from sandbox.world.live_rooms import Session
from sandbox.world.money import text
from sandbox.world.promotion import OWN_ACCOUNTS, video
from sandbox.world.store import Store
from sandbox.world.truth_records import ZERO, Reporting, SaleLine, bodies, sales
from sandbox.world.video_days import figures_of_day

Json = dict[str, Any]

NOBODY = "none"
_PARTS = (
    "paid_commission",
    "paid_partner_commission",
    "paid_shop_ads_commission",
    "cofunded_creator_bonus_amount",
)
_TEN_PLACES = Decimal("0.0000000001")


class _Creator:
    """What a creator came to on a day."""

    def __init__(self) -> None:
        self.gmv = self.net_gmv = self.orders = ZERO
        self.units = 0
        self.estimated = self.actual = ZERO
        self.rows = self.settled_rows = 0

    def shown(self) -> Json:
        return {
            "attributed_gmv": str(self.gmv),
            "net_attributed_gmv": str(self.net_gmv),
            "attributed_orders": str(self.orders),
            "attributed_units": self.units,
            "est_commission": str(self.estimated),
            # Unknown until the first commission of the day is settled; without one there is none.
            "actual_commission": None if self.rows and not self.settled_rows else str(self.actual),
        }


class _Sold:
    """What was sold by something."""

    def __init__(self) -> None:
        self.gmv = self.net_gmv = ZERO
        self.orders: set[str] = set()

    def add(self, order_id: str, line: SaleLine) -> None:
        self.gmv += line.sale
        self.net_gmv += line.sale - (line.sale if line.cancelled else ZERO) - line.refunded
        self.orders.add(order_id)


def creator_days(store: Store, clock: int, reporting: Reporting) -> Iterator[Json]:
    """Sales and commissions of creators by day, credited to whom the platform names (rule `platform`)."""
    for shop in SHOPS:
        days: dict[tuple[str, str], _Creator] = defaultdict(_Creator)
        claims = _claims(store, shop, clock)
        for order, sold, lines in sales(store, shop, clock):
            if sold is None:
                continue
            day = str(reporting.business_date(sold))
            claimed = claims.get(order["id"], {})
            for line, part in _parts_of_order(lines):
                row = claimed.get(line.sku_id)
                total = days[day, _name(row)]
                total.gmv += line.sale
                total.net_gmv += line.sale - (line.sale if line.cancelled else ZERO) - line.refunded
                total.orders += part
                total.units += 1
            _add_commissions(
                days, day, [claimed[sku_id] for sku_id in {line.sku_id for line in lines} & claimed.keys()]
            )
        for day, creator in sorted(days):
            yield {
                "shop_key": shop.id,
                "business_date": day,
                "creator_username": creator,
                **days[day, creator].shown(),
            }


def _parts_of_order(lines: list[SaleLine]) -> Iterator[tuple[SaleLine, Decimal]]:
    """Each line stands for the same part of its order, to ten places; the last by its id for what is left of 1."""
    part = (Decimal(1) / len(lines)).quantize(_TEN_PLACES, ROUND_HALF_UP)
    *others, last = sorted(lines, key=lambda line: line.id)
    for line in others:
        yield line, part
    yield last, 1 - part * len(others)


def _claims(store: Store, shop: Shop, clock: int) -> dict[str, dict[str, Json]]:
    """The affiliate rows of a shop by order and SKU."""
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    for order in bodies(store, "affiliate_sku", shop, clock):
        for row in order["skus"]:
            found[order["id"]][row["sku_id"]] = row
    return found


def _name(row: Json | None) -> str:
    """Names know no case."""
    return NOBODY if row is None else str(row["creator_username"]).lower()


def _add_commissions(days: dict[tuple[str, str], _Creator], day: str, rows: list[Json]) -> None:
    for row in rows:
        total = days[day, _name(row)]
        total.rows += 1
        total.estimated += _commission(row, "estimated")
        if "actual_paid_commission" in row:
            total.settled_rows += 1
            total.actual += _commission(row, "actual")


def _commission(row: Json, stage: str) -> Decimal:
    return sum((Decimal(row[f"{stage}_{part}"]["amount"]) for part in _PARTS), ZERO)


def live_sessions(store: Store, clock: int) -> Iterator[Json]:
    """Every session that is over: what the platform tells of it, and what was ordered in it.

    `own_*` is by the room in which a line was ordered, which the server shows for some regions only; `affiliate_*`
    is by the session that the affiliate order of the line's SKU names.
    """
    for shop in SHOPS:
        claims = _claims(store, shop, clock)
        by_affiliate: dict[str, _Sold] = defaultdict(_Sold)
        gmv: dict[str, Decimal] = defaultdict(Decimal)
        net_gmv: dict[str, Decimal] = defaultdict(Decimal)
        orders: dict[str, int] = defaultdict(int)
        for order, sold, lines in sales(store, shop, clock):
            if sold is None:
                continue
            claimed = claims.get(order["id"], {})
            for line in lines:
                row = claimed.get(line.sku_id, {})
                if row.get("content_type") == "LIVE":
                    by_affiliate[row["content_id"]].add(order["id"], line)
                gmv[line.room_id] += line.sale
                net_gmv[line.room_id] += line.sale - (line.sale if line.cancelled else ZERO) - line.refunded
            for room_id in {line.room_id for line in lines}:
                orders[room_id] += 1
        for record in store.records("live_session", shop.id, clock):
            session = Session(shop, record.body, clock)
            room = session.room
            minutes = (
                len(session.minutes()) if session.has_minutes_now and room.account.kind in OWN_ACCOUNTS else 0
            )
            yield {
                "shop_key": shop.id,
                "live_room_id": room.id,
                "account_type": room.account.kind,
                "account_username": room.account.username.lower(),
                "shop_local_date": room.day.isoformat(),
                "start_time": room.start,
                "end_time": room.end,
                "minutes": minutes,
                **session.figures(),
                "own_gmv": str(gmv[room.id]),
                "own_net_gmv": str(net_gmv[room.id]),
                "own_orders": orders[room.id],
                "affiliate_gmv": str(by_affiliate[room.id].gmv),
                "affiliate_net_gmv": str(by_affiliate[room.id].net_gmv),
                "affiliate_orders": len(by_affiliate[room.id].orders),
            }


def video_days(store: Store, clock: int) -> Iterator[Json]:
    """Every day of every video that was watched on it."""
    for shop in SHOPS:
        for stored in bodies(store, "video_day", shop, clock):
            for video_id, figures in sorted(figures_of_day(shop, stored, clock).items()):
                yield {
                    "shop_key": shop.id,
                    "shop_local_date": stored["day"],
                    "video_id": video_id,
                    "account_type": video(shop, int(video_id[-7:])).account.kind,
                    "gmv": text(figures.gmv, shop.digits),
                    "attributed_gmv": text(figures.gmv + figures.besides, shop.digits),
                    "sku_orders": figures.sku_orders,
                    "items_sold": figures.items,
                    "views": figures.views,
                    "product_impressions": figures.impressions,
                    "product_clicks": figures.clicks,
                }


def samples(store: Store, clock: int) -> Iterator[Json]:
    """Every application for a sample, with how many contents came of it."""
    for shop in SHOPS:
        for application in bodies(store, "sample_application", shop, clock):
            contents = store.records("sample_fulfillment", shop.id, clock, parent=application["id"])
            yield {
                "shop_key": shop.id,
                "application_id": application["id"],
                "creator_username": application["creator"]["username"].lower(),
                "product_id": application["product"]["id"],
                "status": application["status"],
                "order_id": application.get("order_id"),
                "contents": len(list(contents)),
            }
