"""LIVE sessions, in today's layout and in that of the older Data Compass.

One layout has the room id. In the others a session is identified by what it shows and when it began, so that it is the
same session in every download. A list that is downloaded while a room is live has the time of the download as its
end: a later one tells the same room again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ingestion.engine.pages import Record
from ingestion.seller_center.entities.base import Made, Mapper, amount, money, seconds, text_of, whole
from ingestion.seller_center.sheets import TypedRow

_SALES_COUNTS = {
    "live_attributed_items_sold": "attributed_items_sold",
    "live_attributed_orders": "attributed_orders",
    "live_attributed_sku_orders": "attributed_sku_orders",
    "attributed_customers": "customers",
}
_SALES_MONEY = {"live_attributed_gmv": "attributed_gmv", "aov": "aov"}
_TRAFFIC_COUNTS = {
    "views": "views",
    "impressions": "live_impressions",
    "product_impressions": "product_impressions",
    "product_clicks": "product_clicks",
    "avg_viewing_duration": "avg_viewing_duration",
    "avg_viewing_duration_per_viewer": "avg_viewing_duration_per_viewer",
}
_TRAFFIC_MONEY = {"gmv_per_hour": "gmv_per_hour", "show_gpm": "show_gpm", "watch_gpm": "watch_gpm"}
_TRAFFIC_RATES = {
    "tap_through_rate": "tap_through_rate",
    "live_ctr": "live_ctr",
    "ctr": "ctr",
    "ctor_sku_order": "ctor_sku_order",
    "order_rate_sku_orders": "sku_order_rate",
}
_INTERACTIONS = ("likes", "comments", "shares", "new_followers")


class Sessions(Mapper):
    """LIVE sessions of 2026."""

    resource = "live_sessions"
    money = "attributed_gmv"
    identity = "room_id"

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """Sessions of some rows."""
        made = [self._session(row) for row in rows]
        return {"live_sessions": [record for record in made if record is not None]}

    def _session(self, row: TypedRow) -> Record | None:
        values = row.values
        title = text_of(values.get("livestream"))
        session = self._begun(row, title, values.get("start_time"))
        if session is None:
            return None
        sales = {name: whole(values.get(column)) for name, column in _SALES_COUNTS.items()}
        traffic = {name: whole(values.get(column)) for name, column in _TRAFFIC_COUNTS.items()}
        return {
            **session,
            "title": title,
            "sales_performance": sales | self._monies(values, _SALES_MONEY),
            "traffic": traffic
            | self._monies(values, _TRAFFIC_MONEY)
            | {name: amount(values.get(column)) for name, column in _TRAFFIC_RATES.items()},
        }

    def _begun(self, row: TypedRow, name_in_file: str | None, start: Any) -> Record | None:
        """What every layout tells: which session it is, and when it was."""
        begin = seconds(start)
        if begin is None:
            self.quarantine("row_without_id", row, "start_time", start)
            return None
        length = row.values.get("duration")
        end = seconds(row.values.get("end_time"))
        if end is None and length is not None:
            end = begin + (whole(length) or 0)
        self.reached(begin, end)
        return {
            "id": text_of(row.values.get("room_id"))
            or "file:" + hashlib.sha256(f"{name_in_file or ''}|{begin}".encode()).hexdigest()[:16],
            "start_time": begin,
            "end_time": end,
            "interaction_performance": {name: whole(row.values.get(name)) for name in _INTERACTIONS},
            "definition_id": self.definition,
            "file_row": row.row,
        }

    def _monies(self, values: Any, names: dict[str, str]) -> Record:
        return {name: money(values.get(column), self.currency) for name, column in names.items()}


class OldSessions(Sessions):
    """LIVE sessions of the older Data Compass: with peak viewers and the creator, without a title."""

    def _session(self, row: TypedRow) -> Record | None:
        values = row.values
        creator = text_of(values.get("creator"))
        session = self._begun(row, creator, values.get("launched_time"))
        if session is None:
            return None
        counts = (
            "viewers",
            "views",
            "pcu",
            "acu",
            "avg_viewing_duration",
            "product_impressions",
            "product_clicks",
        )
        return {
            **session,
            "creator": {"user_name": creator, "nick_name": text_of(values.get("nickname"))},
            "sales_performance": {
                "products_sold": whole(values.get("different_products_sold")),
                "live_attributed_orders": whole(values.get("orders_paid")),
                "live_attributed_items_sold": whole(values.get("unit_sales")),
                "attributed_customers": whole(values.get("buyers")),
                # Its revenue is what was sold in the room, before attribution was known.
                "live_gmv": money(values.get("revenue"), self.currency),
                "avg_price": money(values.get("average_price"), self.currency),
            },
            "traffic": {
                **{name: whole(values.get(name)) for name in counts},
                "products_added": whole(values.get("products")),
                "ctr": amount(values.get("ctr")),
            },
        }
