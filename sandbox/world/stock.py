"""What lies in a shop's warehouse: sales take it away, and some SKUs are ordered again in time.

How much was there when the world's past ended follows from what a SKU sold until then: enough for a few days, for
weeks, for a year, or nothing at all, so that everything a planner has to tell apart exists. From there on every day
takes off what was sold on it, and brings what was ordered.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sandbox.world.catalog import Shop, Sku, skus
from sandbox.world.lives import DAY, Life

Json = dict[str, Any]

_COVERS = (30, 4, 75, 0, 14, 400, 9, 45, 21, 2, 60)
"""Days of sales in stock at the end of the past; the SKUs of a shop take turns."""
_FORGOTTEN = 4
"""Every fourth SKU is never ordered again, whatever it sells."""
_REORDER_AT, _REORDER_FOR, _ARRIVES_AFTER = 10, 40, 3
"""Days of sales left when more is ordered, days of sales that are ordered, days until they arrive."""
_LONGEST_COMMITTED = 6 * DAY
"""No order waits longer for its carrier."""


@dataclass(frozen=True, slots=True)
class Level:
    """The stock of a SKU at a moment: what can be sold, and what was sold but not yet handed over."""

    available: int
    committed: int


class Shelf:
    """Follows the stock of a shop: is told every order, then tells the stock of every midnight.

    Args:
        shop: The shop.
        start: The end of the past, unix seconds, a midnight in UTC.
        days: Length of the past.
        end: The end of the world.
    """

    def __init__(self, shop: Shop, start: int, days: int, end: int) -> None:
        self._shop = shop
        self._start = start
        self._days = days
        self._midnights = range(start, end + 1, DAY)
        self._sold_before: dict[str, int] = defaultdict(int)
        self._sold: dict[tuple[str, int], int] = defaultdict(int)
        self._committed: dict[tuple[str, int], int] = defaultdict(int)

    def add(self, life: Life) -> None:
        """Takes an order's lines from the shelf."""
        day = (life.created - self._start) // DAY
        is_waiting = life.created > self._start - _LONGEST_COMMITTED
        for line in life.lines:
            # What lies on the shelf of a combo are its parts.
            for sku in line.sku.parts or (line.sku,):
                if day < 0:
                    self._sold_before[sku.id] += 1
                else:
                    self._sold[sku.id, day] += 1
                if is_waiting:
                    self._commit(sku, life, line.cancelled_at)

    def _commit(self, sku: Sku, life: Life, cancelled: int | None) -> None:
        done = [at for at in (life.collected, life.cancelled, cancelled) if at is not None]
        until = min(done, default=life.created)
        first = max(0, -((self._start - life.created) // DAY))
        for number in range(first, len(self._midnights)):
            midnight = self._midnights[number]
            if midnight >= until:
                return
            self._committed[sku.id, number] += 1

    def levels(self) -> list[tuple[int, dict[str, Level]]]:
        """The stock by SKU at every midnight, combos included: as many as there are of the rarest part."""
        found: list[tuple[int, dict[str, Level]]] = [(midnight, {}) for midnight in self._midnights]
        for turn, sku in enumerate(skus(self._shop)):
            if sku.parts:
                for _, levels in found:
                    parts = [levels[part.id] for part in sku.parts]
                    levels[sku.id] = Level(min(part.available for part in parts), 0)
                continue
            for number, available in enumerate(self._course(sku, turn)):
                found[number][1][sku.id] = Level(available, self._committed.get((sku.id, number), 0))
        return found

    def _course(self, sku: Sku, turn: int) -> list[int]:
        """What can be sold of a SKU at every midnight."""
        # Per day, in hundredths; a SKU that never sold counts as one that sold once.
        pace = max(1, self._sold_before.get(sku.id, 0)) * 100 // self._days
        available = pace * _COVERS[turn % len(_COVERS)] // 100
        is_ordered_again = turn % _FORGOTTEN != 0
        arrivals: dict[int, int] = {}
        found: list[int] = []
        for number in range(len(self._midnights)):
            available += arrivals.pop(number, 0)
            found.append(available)
            if is_ordered_again and not arrivals and available * 100 <= pace * _REORDER_AT:
                arrivals[number + _ARRIVES_AFTER] = max(1, pace * _REORDER_FOR // 100)
            available = max(0, available - self._sold.get((sku.id, number), 0))
        return found


def show(product_id: str, warehouse_id: str, variants: list[Sku], levels: dict[str, Level]) -> Json:
    """The stock of a product's SKUs. A SKU that ran out stands in no warehouse any more; its totals remain."""
    return {
        "product_id": product_id,
        "skus": [
            {
                "id": sku.id,
                "seller_sku": sku.seller_sku,
                "total_available_quantity": levels[sku.id].available,
                "total_committed_quantity": levels[sku.id].committed,
                "warehouse_inventory": _places(warehouse_id, sku, levels[sku.id]),
                "total_available_inventory_distribution": _distribution(sku, levels[sku.id].available),
            }
            for sku in variants
        ],
    }


def _places(warehouse_id: str, sku: Sku, level: Level) -> list[Json]:
    if level.available == 0:
        # The contract allows null as well; the independent client of the contract tests can't read it.
        return []
    return [
        {
            "warehouse_id": warehouse_id,
            "available_quantity": level.available,
            "committed_quantity": level.committed,
        }
    ]


def _distribution(sku: Sku, available: int) -> Json:
    """Some SKUs have a part of their units kept for a campaign or a creator."""
    turn = int(sku.id[-3:])
    campaign = available // 5 if turn % 3 == 0 else 0
    creator = available // 10 if turn % 4 == 0 else 0
    return {
        "campaign_inventory": [{"quantity": campaign, "campaign_name": "11.11 Flash Sale"}]
        if campaign
        else [],
        "creator_inventory": [{"quantity": creator, "creator_name": "global.finds"}] if creator else [],
        "in_shop_inventory": {"quantity": available - campaign - creator},
    }
