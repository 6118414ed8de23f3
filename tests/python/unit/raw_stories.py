"""Stories of shops, each a trap for builds that do not read everything again: told in up to four steps, one load each.

Every function gives the story of a shop of its own, with a currency of its own where its rates are its own, so that all of them can be built in
one home. Times and pages are those of the step, whatever load it comes with.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from raw_helpers import CUT, DAY, HOUR, REFUNDED, SHOP, Piece, Story, transaction

REVENUE, COMMISSION = ("revenue", "subtotal_before_discount_amount"), ("fee", "platform_commission_amount")
SALES = "7495000000000000901"
FINANCE = "7495000000000000202"
CREATORS = "7495000000000000902"
FILES_FIRST, API_FIRST = "7495000000000000903", "7495000000000000904"
LIVE = SHOP
RECONCILED = "7495000000000000905"
REASONS = "7495000000000000906"
MOVING = "7495000000000000907"
PASSING = "7495000000000000908"
MENDED = "7495000000000000909"

# Sales ------------------------------------------------------------------------------------------------------------------------------------------


def sales() -> Story:
    """Orders and refunds that come late, twice or in wrong order."""
    raw = Story(SALES, "IDR", "ID")

    def far(order: tuple[Any, Any]) -> tuple[Any, Any]:
        """Each price holds 8 for the distance, shipping 3 for it; of shipping the seller pays 2, TikTok 1, both 4."""
        header, lines = order
        discounts = {"seller": 2, "platform": 1, "cofunded": 4}
        header |= {f"payment__shipping_fee_{who}_discount": Decimal(one) for who, one in discounts.items()}
        fees = {"distance_fee": Decimal(8), "distance_shipping_fee": Decimal(3)}
        return header, [line | fees for line in lines]

    raw.known(1)
    raw.orders(
        1,
        raw.order("grows", DAY, status="UNPAID", paid=None, lines=2),
        far(raw.order("newest", DAY + 9 * HOUR, status="COMPLETED", paid=DAY + HOUR, lines=2)),
        raw.order("moves", DAY, status="AWAITING_SHIPMENT", paid=DAY + timedelta(days=3), lines=1),
    )
    raw.refund(1, "newest", DAY + timedelta(days=20), status=REFUNDED, amount=40)
    raw.rate(1, date(2026, 10, 1), "0.2")
    raw.synced(1, DAY + timedelta(days=8))

    raw.orders(
        2,
        # Paid, and one of its lines is gone.
        raw.order("grows", DAY + 2 * HOUR, status="COMPLETED", paid=DAY + HOUR, lines=1),
        # An older version that comes later: a look-back, or loads out of order.
        raw.order("newest", DAY, status="UNPAID", paid=None, lines=3),
        # The only sale of its day leaves it: nothing may stay behind.
        raw.order(
            "moves",
            DAY + timedelta(days=4),
            status="AWAITING_SHIPMENT",
            paid=DAY + timedelta(days=5),
            lines=1,
        ),
    )
    # Completed earlier than we knew: the refund leaves its day, on which nothing else happened.
    raw.refund(2, "newest", DAY + timedelta(days=15), status=REFUNDED, amount=40)
    # The rate of a day that had a stale one.
    raw.rate(2, date(2026, 10, 6), "0.25")
    raw.synced(2, DAY + timedelta(days=9))

    # A load that brings nothing new but time: a day stops being provisional.
    raw.orders(3, far(raw.order("newest", DAY + 9 * HOUR, status="COMPLETED", paid=DAY + HOUR, lines=2)))
    raw.synced(3, DAY + timedelta(days=60))
    raw.rate(3, date(2026, 10, 16), "0.3")
    return raw


# Finance ----------------------------------------------------------------------------------------------------------------------------------------

SKU = "AU-VN-01-1"
"""Costs 8.38 yuan since 2026-09-15, says the seed `sku_costs`; the seller's own number of it."""


def estimate(snapshot: str, order_id: str, amount: int = 90) -> dict[str, Any]:
    """An order in the list of what is not settled yet."""
    return {
        "snapshot_id": snapshot,
        "transaction_id": f"estimate-{order_id}",
        "type": "ORDER",
        "order_id": order_id,
        "est_settlement_amount": Decimal(amount),
        "est_revenue_amount": Decimal(100),
    }


def finance() -> Story:
    """Payments follow, rows are restated, rates come late."""
    raw = Story(FINANCE, "VND", "VN")
    refund = ("revenue", "refund_subtotal_before_discount_amount")
    creator = ("fee", "affiliate_commission_amount")

    raw.known(1)
    raw.orders(
        1,
        *(
            raw.order(order_id, DAY, status="COMPLETED", paid=DAY + HOUR, lines=1, seller_sku=SKU)
            for order_id in ("settled", "later", "returned", "taken-back")
        ),
    )
    raw.rate(1, date(2026, 10, 1), "0.2")
    raw.synced(1, DAY + timedelta(days=9))
    first = {"statement_id": "s1", "settlement_amount": Decimal(90), "payment_status": "PROCESSING"}
    raw.statement(1, first)
    components = {REVENUE: "100", COMMISSION: "-6", creator: "-4"}
    raw.settled(1, "statement", (transaction("s1", "t1", "settled", 100, -10), components))
    raw.settled(
        1,
        "unsettled",
        (estimate("1", "settled"), {COMMISSION: "-6"}),
        (estimate("1", "later"), {COMMISSION: "-6"}),
    )

    # The row is restated with one component less, a refund follows, the other order is settled; the statement is paid.
    raw.statement(
        2,
        first | {"settlement_amount": Decimal(94), "payment_status": "PAID", "payment_id": "p1"},
        {"statement_id": "s2", "settlement_amount": Decimal(57), "payment_status": "PROCESSING"},
    )
    raw.settled(
        2,
        "statement",
        (transaction("s1", "t1", "settled", 100, -6), {REVENUE: "100", COMMISSION: "-6"}),
        (transaction("s2", "t2", "settled", -40, 3), {refund: "-40", COMMISSION: "3"}),
        (transaction("s2", "t3", "later", 100, -6), {REVENUE: "100", COMMISSION: "-6"}),
    )
    raw.refund(2, "settled", DAY + timedelta(days=5), status=REFUNDED, amount=40, kind="REFUND")
    # The payment did not last: no paid order any more.
    raw.orders(
        2,
        raw.order(
            "taken-back", DAY + timedelta(days=2), status="CANCELLED", paid=None, lines=1, seller_sku=SKU
        ),
    )
    paid = {"payment_id": "p1", "create_time": CUT, "status": "PAID", "amount": Decimal(94)}
    paid |= {"amount_currency": "VND", "settlement_amount": Decimal(94), "settlement_currency": "VND"}
    raw.write("payments", 2, [paid])

    # Rates come: that of the statements' day, and another one for the day of the sales. One order comes back.
    raw.rate(3, date(2026, 10, 1), "0.25")
    raw.rate(3, date(2026, 10, 9), "0.25")
    raw.refund(3, "returned", DAY + timedelta(days=6), status=REFUNDED, amount=100, kind="RETURN_AND_REFUND")
    return raw


# Creators ---------------------------------------------------------------------------------------------------------------------------------------


def affiliate(order_id: str, creator: str, status: str, expected: str, actual: str | None) -> dict[str, Any]:
    """The affiliate row of the first SKU of an order, out of a video."""
    return {
        "order_id": order_id,
        "order_create_time": DAY,
        "sku_id": "sku-0",
        "product_id": "product-0",
        "creator_username": creator,
        "settlement_status": status,
        "open_collaboration_id": "open",
        "content_type": "VIDEO",
        "content_id": "video",
        "currency": "THB",
        "quantity": 1,
        "commission_rate": 1000,
        "estimated_paid_commission": Decimal(expected),
        "actual_paid_commission": None if actual is None else Decimal(actual),
    }


def in_room(version: tuple[Any, Any], room: str) -> tuple[Any, Any]:
    """An order of which the first line was ordered in a LIVE room."""
    version[1][0]["room_id"] = room
    return version


def affiliate_session(room: str, creator: str) -> dict[str, Any]:
    """A creator's LIVE session that was on air when the orders were placed."""
    times = {"start_time": DAY - HOUR, "end_time": DAY + HOUR}
    return {"live_room_id": room, "creator_user_name": creator, "account_type": "AFFILIATE_ACCOUNTS"} | times


def creators() -> Story:
    """Affiliate rows come after their orders, a session is known after the sale in it, a commission is taken back, ads show only in the settlement."""
    raw = Story(CREATORS)

    def order(order_id: str, lines: int = 1) -> tuple[Any, Any]:
        return raw.order(order_id, DAY, status="COMPLETED", paid=DAY + HOUR, lines=lines)

    raw.known(1)
    raw.orders(
        1, in_room(order("split", 2), "room"), order("late"), in_room(order("gone"), "room"), order("ads")
    )
    raw.write("affiliate_order_skus", 1, [affiliate("split", "Ann", "AWAITING PAYMENT", "10", None)])
    raw.rate(1, date(2026, 10, 1), "0.2")
    raw.synced(1, DAY + timedelta(days=8))

    # The room gets its creator, the video its date; other orders turn out to be somebody's; one is no sale any more.
    raw.write("live_sessions", 2, [affiliate_session("room", "ben")])
    posted = {"video_id": "video", "user_name": "Ann", "start_date": date(2026, 10, 1)}
    raw.write("video_performance", 2, [posted | {"post_time_utc": DAY - timedelta(days=9), "views": 7}])
    raw.write(
        "affiliate_order_skus",
        2,
        [
            affiliate("late", "@ann", "To-SETTLE", "10", None),
            affiliate("ads", "ann", "To-SETTLE", "10", None),
        ],
    )
    raw.orders(2, raw.order("gone", DAY + 2 * HOUR, status="UNPAID", paid=None, lines=1))

    # A refund claws a commission back; ads show in the settlement, and are taken back with the refund.
    raw.write("affiliate_order_skus", 3, [affiliate("split", "ann", "SETTLED", "10", "6")])
    fee = ("fee", "gmv_max_ad_fee_amount")
    charged = [{"type": "ORDER", "order_id": "ads", "statement_id": "s1", "statement_time": CUT}]
    raw.settled(
        3,
        "statement",
        *(
            (
                row
                | {
                    "transaction_id": key,
                    "settlement_amount": Decimal(amount),
                    "fee_tax_amount": Decimal(amount),
                },
                {fee: amount},
            )
            for row in charged
            for key, amount in (("t1", "-2"), ("t2", "2"))
        ),
    )
    raw.refund(3, "split", DAY + timedelta(days=5), status=REFUNDED, amount=40)

    # Only a rate comes; and the affiliate order gets another creator.
    raw.rate(4, date(2026, 10, 1), "0.25")
    raw.write("affiliate_order_skus", 4, [affiliate("late", "cat", "SETTLED", "10", "9")])
    raw.synced(4, DAY + timedelta(days=60))
    return raw


# Files ------------------------------------------------------------------------------------------------------------------------------------------

OLD_FILE, NEW_FILE, API = "old file", "new file", "api"
READ_AT = {name: DAY + timedelta(days=40 + number) for number, name in enumerate((OLD_FILE, NEW_FILE, API))}
ON_AIR = datetime(2026, 10, 5, 12, 30, tzinfo=UTC)


class FilesAndApi(Story):
    """What the API and downloaded files know of the same shop: an export, a newer one and a sync, in whichever order they come."""

    def __init__(self, shop: str, *order: str) -> None:
        super().__init__(shop)
        for step, name in enumerate(order, start=1):
            self.origin = "api" if name == API else "file"
            self.part = name
            self.write("shops", step, [{"shop_id": "1", "name": f"Shop of {self.origin}", "region": "TH"}])
            {OLD_FILE: self.old_file, NEW_FILE: self.new_file, API: self.api}[name](step)

    def write(self, name: str, step: int, rows: list[dict[str, Any]]) -> None:
        """Pages and times are those of the part, not of the step."""
        own = {"page_id": f"page of {self.part}", "retrieved_at": READ_AT[self.part], "file_id": self.part}
        super().write(name, step, [own | row for row in rows])

    def old_file(self, step: int) -> None:
        """Two orders of three units and of two, one of them refunded in part; their settlement, a session, a day."""
        self.orders(
            step,
            self.order("only-file", DAY, status="AWAITING_SHIPMENT", paid=DAY + HOUR, lines=3),
            # The file knows the order with two units and a later event than the API's.
            self.order("both", DAY + 90 * HOUR, status="DELIVERED", paid=DAY + HOUR, lines=2),
        )
        self.file_refund(step, "both", 70)
        self.settle(
            step,
            "file:THB:2026-10-10",
            CUT,
            (transaction("file:THB:2026-10-10", "file:both", "both", 200, -30), {}),
            (transaction("file:THB:2026-10-10", "file:only-file", "only-file", 300, -30), {}),
        )
        # A statement of a day that the API does not know.
        early = transaction("file:THB:2026-10-08", "file:early", "only-file", 50, -5)
        early["statement_time"] = CUT - 48 * HOUR
        self.settle(step, "file:THB:2026-10-08", CUT - 48 * HOUR, (early, {COMMISSION: "-5"}))
        self.write("payments", step, [self.payout("W-1", 100), self.payout("W-2", 55)])
        self.write(
            "live_sessions",
            step,
            [self.session("file:abc", "Evening sale", 700), self.session("file:def", "Morning", 80)],
        )
        self.write(
            "shop_performance_daily", step, [self.shop_day(1, "files", 500), self.shop_day(2, "files", 520)]
        )
        self.write("affiliate_order_skus", step, [self.affiliate("both", 9), self.affiliate("only-file", 7)])

    def new_file(self, step: int) -> None:
        """A newer download: the order that only files know was cancelled in part and refunded."""
        header, lines = self.order("only-file", DAY + 50 * HOUR, status="DELIVERED", paid=DAY + HOUR, lines=3)
        lines[2]["display_status"] = "CANCELLED"
        self.orders(step, (header, lines))
        self.file_refund(step, "only-file", 40)
        self.write("affiliate_order_skus", step, [self.affiliate("only-file", 8)])

    def api(self, step: int) -> None:
        """The API knows one of the orders, with one unit, and one that no file has."""
        self.orders(
            step,
            self.order("both", DAY + 2 * HOUR, status="COMPLETED", paid=DAY + HOUR, lines=1),
            self.order("only-api", DAY, status="COMPLETED", paid=DAY + HOUR, lines=1),
        )
        self.settle(
            step,
            "s1",
            CUT,
            (transaction("s1", "t1", "both", 100, -20), {}),
            (transaction("s1", "t2", "only-api", 100, -10), {}),
        )
        self.write("payments", step, [self.payout("P-9", 100)])
        self.write("live_sessions", step, [self.session("room-1", "Evening sale", 690)])
        self.write("shop_performance_daily", step, [self.shop_day(1, "api", 480)])
        self.write("affiliate_order_skus", step, [self.affiliate("both", 10)])
        until = DAY + timedelta(days=60)
        log = {"run_id": "sync", "resource": "orders", "endpoint": "orders", "status": "ok"}
        self.write(
            "sync_log", step, [log | {"started_at": until, "finished_at": until, "window_until": until}]
        )
        self.rate(step, date(2026, 10, 1), "0.2")

    def settle(
        self,
        step: int,
        statement_id: str,
        cut: datetime,
        *shown: tuple[dict[str, Any], dict[tuple[str, str], str]],
    ) -> None:
        """A paid statement with its transactions."""
        head = {"statement_id": statement_id, "statement_time": cut, "payment_status": "PAID"}
        total = sum((row["settlement_amount"] for row, _ in shown), Decimal(0))
        self.statement(step, head | {"settlement_amount": total})
        self.settled(step, "statement", *shown)

    def file_refund(self, step: int, order_id: str, amount: int) -> None:
        """A completed refund of the first unit, as a file has it: without its time."""
        head = {"return_id": f"file:{order_id}", "order_id": order_id, "return_status": REFUNDED}
        head |= {"return_type": "REFUND", "currency": "THB"}
        self.write("returns", step, [head | {"line_count": 1}])
        line = {"return_line_id": "1", "order_line_id": f"{order_id}-0", "refund_subtotal": Decimal(amount)}
        self.write("return_lines", step, [head | line])

    @staticmethod
    def payout(payment_id: str, amount: int) -> dict[str, Any]:
        own = {"payment_id": payment_id, "status": "PAID", "paid_time": CUT, "create_time": CUT}
        own |= {"settlement_amount": Decimal(amount), "settlement_currency": "THB"}
        return own | {"amount": Decimal(amount), "amount_currency": "THB"}

    @staticmethod
    def session(room: str, title: str, gmv: int) -> dict[str, Any]:
        # The API knows seconds, a file minutes.
        start = ON_AIR + timedelta(seconds=17) if room == "room-1" else ON_AIR
        own = {"live_room_id": room, "title": title, "start_time": start, "end_time": ON_AIR + HOUR}
        return own | {"currency": "THB", "live_attributed_gmv": Decimal(gmv)}

    @staticmethod
    def shop_day(day: int, definition: str, gmv: int) -> dict[str, Any]:
        own = {"start_date": date(2026, 10, day), "definition_id": definition}
        return own | {"currency": "THB", "gmv": Decimal(gmv)}

    @staticmethod
    def affiliate(order_id: str, commission: int) -> dict[str, Any]:
        own = {"order_id": order_id, "sku_id": "sku-0", "creator_username": "ann", "currency": "THB"}
        own |= {"quantity": 1, "settlement_status": "SETTLED"}
        return own | {"estimated_paid_commission": Decimal(commission)}


# LIVE -------------------------------------------------------------------------------------------------------------------------------------------

BEGIN = datetime(2026, 10, 1, 13, 58, tzinfo=UTC)  # 20:58 in Bangkok: two minutes before Anong's shift
END = BEGIN + timedelta(hours=4)  # 00:58 of the next day


def own_session(room: str, direct: str, indirect: str, **changes: Any) -> dict[str, Any]:
    """One reading of a session of the shop's official account."""
    return {
        "live_room_id": room,
        "creator_user_name": "aurora.th",
        "account_type": "OFFICIAL_ACCOUNTS",
        "start_time": BEGIN,
        "end_time": END,
        "currency": "THB",
        "impressions": 1000,
        "views": 100,
        "product_impressions": 400,
        "product_clicks": 20,
        "created_sku_orders": 10,
        "live_attributed_sku_orders": 9,
        "live_gmv": Decimal(direct),
        "live_indirect_gmv": Decimal(indirect),
        "live_attributed_gmv": Decimal(direct) + Decimal(indirect),
    } | changes


def minute(room: str, number: int, gmv: str) -> dict[str, Any]:
    """One minute of a session, with a click of ten products that were shown."""
    start = BEGIN + timedelta(minutes=number)
    return {
        "live_room_id": room,
        "minute_start_at": start,
        "minute_end_at": start + timedelta(minutes=1),
        "currency": "THB",
        "gmv": Decimal(gmv),
        "product_impressions": 10,
        "product_clicks": 1,
        "sku_orders": 1,
    }


def product(product_id: str, paid: int, snapshot: str) -> dict[str, Any]:
    """A product of a session in one listing."""
    own = {"live_room_id": "room", "product_id": product_id, "snapshot_id": snapshot}
    return own | {"sku_orders": paid, "created_sku_orders": paid + 1}


def video(day: int, gmv: str, **changes: Any) -> dict[str, Any]:
    """One reading of a video's day."""
    return {
        "video_id": "video",
        "user_name": "@Ann",
        "start_date": date(2026, 10, day),
        "end_date": date(2026, 10, day + 1),
        "latest_available_date": date(2026, 10, 9),
        "post_time_utc": DAY - timedelta(days=3),
        "currency": "THB",
        "views": 500,
        "product_impressions": 200,
        "product_clicks": 10,
        "sku_orders": 2,
        "gmv": Decimal(gmv),
        "indirect_gmv": Decimal(0),
        "attributed_gmv": Decimal(gmv),
    } | changes


def live() -> Story:
    """A session grows after its minutes came, is over midnight of the shop, a product leaves its listing; own orders are refunded later or come before
    their session is listed; a video's details come after its day, and its kind of account with a later list.

    Hosts are those of seed live_host_shifts: on its days Mali is on air from 18:00 to 22:00 in Bangkok, Anong from 21:00 to 02:00.
    """
    raw = Story(LIVE)

    def order(order_id: str, room: str, at: datetime) -> tuple[Any, Any]:
        header, lines = in_room(raw.order(order_id, at, status="COMPLETED", paid=at, lines=1), room)
        return header | {"create_time": at}, lines

    def synced(step: int, until: datetime) -> None:
        """Orders, sessions and videos were read until then: orders by a window, what comes by days with a cursor only."""
        row = {
            "run_id": f"run-{step}",
            "status": "ok",
            "started_at": until,
            "finished_at": until,
            "cursor": until,
        }
        window = {"window_from": DAY - timedelta(days=1), "window_until": until}
        logged = {"orders": window, "live_sessions": {}, "video_performance": {}}
        raw.write(
            "sync_log",
            step,
            [row | {"resource": name, "endpoint": name} | more for name, more in logged.items()],
        )

    # Two sessions, of which one is only on an order so far; a video.
    raw.known(1)
    raw.orders(
        1,
        order("alone", "room", BEGIN + timedelta(seconds=30)),
        order("shared", "room", BEGIN + timedelta(minutes=2, seconds=30)),
        order("late", "room", BEGIN + timedelta(hours=3, minutes=30)),
        order("early", "silent", BEGIN),
    )
    raw.write("live_sessions", 1, [own_session("room", "20.03", "0")])
    raw.write("live_products", 1, [product("p1", 5, "s1"), product("p2", 3, "s1")])
    raw.write("video_performance", 1, [video(1, "50")])
    raw.rate(1, date(2026, 10, 1), "0.2")
    synced(1, DAY + timedelta(days=1))

    # The minutes come, a minute after the shop's midnight among them; a product leaves the listing; the other session is listed.
    raw.write(
        "live_minutes", 2, [minute("room", 0, "10"), minute("room", 2, "10.01"), minute("room", 185, "0.02")]
    )
    raw.write("live_products", 2, [product("p1", 6, "s2")])
    raw.write("live_sessions", 2, [own_session("silent", "500", "0", title="no minutes")])
    kind = {"account_type": "AFFILIATE_ACCOUNTS"}
    raw.write("video_performance", 2, [video(1, "55", **kind), video(2, "7", **kind)])
    synced(2, DAY + timedelta(days=2))

    # The session has grown; a refund; the details of the video; an older reading of the session comes late and loses.
    older = own_session("room", "1", "0") | {"retrieved_at": DAY + timedelta(days=1), "page_id": "page-old"}
    raw.write("live_sessions", 3, [own_session("room", "20.03", "3"), older])
    raw.refund(3, "shared", DAY + timedelta(days=5), status=REFUNDED, amount=33)
    raw.write(
        "video_details_daily", 3, [{"video_id": "video", "start_date": date(2026, 10, 1), "customers": 4}]
    )
    synced(3, DAY + timedelta(days=9))

    # Only a rate and the time: what was provisional is final.
    raw.rate(4, date(2026, 10, 1), "0.25")
    synced(4, DAY + timedelta(days=60))
    return raw


# Reconciliation ---------------------------------------------------------------------------------------------------------------------------------

FIRST, NINTH, TENTH, TWENTIETH = (date(2026, 10, day) for day in (1, 9, 10, 20))


def reconciled() -> Story:
    """An order comes late into a day that was explained, the platform changes its mind about a day of which no order changed, another reading comes to
    explain a day, and a difference goes away.
    """
    raw = Story(RECONCILED)

    def sale(order_id: str, at: datetime, tax: str) -> tuple[Any, Any]:
        """A paid order of 100 with so much tax."""
        header, lines = raw.order(order_id, at, status="COMPLETED", paid=at, lines=1)
        return header | {"create_time": at, "payment__tax": Decimal(tax)}, lines

    def platform(step: int, days: dict[date, tuple[str, int]]) -> None:
        """What the platform says of days: gmv and orders."""
        shared = {
            "definition_id": "shop/performance",
            "latest_available_date": date(2026, 11, 1),
            "currency": "THB",
        }
        raw.write(
            "shop_performance_daily",
            step,
            [
                shared
                | {"start_date": day, "end_date": day + timedelta(days=1)}
                | {"gmv": Decimal(gmv), "orders_count": orders}
                for day, (gmv, orders) in days.items()
            ],
        )

    def synced(step: int) -> None:
        """Orders and returns are complete until November."""
        until = DAY + timedelta(days=40)
        row = {"run_id": f"run-{step}", "status": "ok", "started_at": until, "finished_at": until}
        row |= {"window_from": DAY - timedelta(days=1), "window_until": until, "cursor": until}
        logged = [row | {"resource": name, "endpoint": name} for name in ("orders", "returns")]
        raw.write("sync_log", step, logged)

    days = {FIRST: ("107", 1), TENTH: ("100", 1), TWENTIETH: ("100", 1)}

    # The 1st is explained by tax. The others are equal.
    raw.known(1)
    raw.orders(
        1,
        sale("a", DAY, "7"),
        sale("b", DAY + timedelta(days=9), "8"),
        sale("c", DAY + timedelta(days=19), "9"),
    )
    platform(1, days)
    synced(1)

    # Another order of the 1st comes late, and the platform knows it. It has changed its mind about the 10th.
    raw.orders(2, sale("late", DAY + HOUR, "3"))
    platform(2, days | {FIRST: ("210", 2), TENTH: ("108", 1)})
    synced(2)

    # The platform leaves tax out at last: the 1st is equal. The 10th now counts an order of the 9th, by UTC.
    raw.orders(3, sale("night", datetime(2026, 10, 9, 18, tzinfo=UTC), "1"))
    platform(3, days | {FIRST: ("200", 2), TENTH: ("100", 1), NINTH: ("100", 1)})
    synced(3)
    return raw


# Why an order is built again --------------------------------------------------------------------------------------------------------------------

AT = DAY + timedelta(days=60)
"""When orders are sold of which every touch counts: far from the days of the other stories, whose rates change."""
PAYDAY, LATE_PAYDAY, SALE_DAY = AT + timedelta(days=10), AT + timedelta(days=40), AT + timedelta(days=20)


def sold(
    raw: Story, order_id: str, at: datetime = AT, *, version: int = 0, lines: int = 1
) -> tuple[Any, Any]:
    """A completed order of the time `at`."""
    changed = at + version * HOUR
    header, children = raw.order(order_id, changed, status="COMPLETED", paid=at, lines=lines)
    return header | {"create_time": at}, children


def penalty(statement_id: str, transaction_id: str, amount: int, **of: Any) -> dict[str, Any]:
    """A row of a statement that belongs to no order, unless `of` says so."""
    row = transaction(statement_id, transaction_id, None, 0, 0) | {"type": "PLATFORM_PENALTY"}
    return (
        row
        | {
            "statement_time": PAYDAY,
            "adjustment_amount": Decimal(amount),
            "settlement_amount": Decimal(amount),
        }
        | of
    )


def heads(**statuses: str) -> list[dict[str, Any]]:
    """Statements with the statuses of their payment."""
    return [
        {
            "statement_id": name,
            "statement_time": PAYDAY,
            "payment_status": status,
            "settlement_amount": Decimal(0),
        }
        for name, status in statuses.items()
    ]


def reasons() -> Story:
    """Everything that may reach an order reaches one order, which is called after it."""
    raw = Story(REASONS, "MYR", "MY")

    def row(
        statement_id: str, order_id: str, fees: int, **changes: Any
    ) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
        own = transaction(statement_id, f"of {order_id}", order_id, 100, fees) | {"statement_time": PAYDAY}
        return own | changes, {REVENUE: "100", COMMISSION: str(fees)}

    raw.known(1)
    plain = [
        "order",
        "lines",
        "return",
        "transaction",
        "component",
        "payment",
        "reread",
        "affiliate",
        "video",
    ]
    plain += [f"estimate {what}" for what in ("stays", "changes", "is charged", "comes", "leaves")]
    plain += ["rate of the statement", "adjustment"]
    raw.orders(
        1,
        *(sold(raw, order_id) for order_id in plain),
        in_room(sold(raw, "room"), "room"),
        sold(raw, "rate of the sale", SALE_DAY),
    )
    raw.statement(1, *heads(s1="PAID", s2="PROCESSING", s3="PAID"))
    raw.settled(
        1,
        "statement",
        row("s1", "component", -6),
        row("s2", "payment", -6),
        row("s1", "rate of the statement", -6, statement_time=LATE_PAYDAY),
        (penalty("s1", "p1", -5), {}),
        (penalty("s3", "p3", -7), {}),
    )
    raw.settled(
        1,
        "unsettled",
        *(
            (estimate("1", f"estimate {what}"), {COMMISSION: "-6"})
            for what in ("stays", "changes", "is charged", "leaves")
        ),
    )
    unread = affiliate("", "ann", "To-SETTLE", "10", None) | {"currency": "MYR", "order_create_time": AT}
    first_rows = [unread | {"order_id": order_id} for order_id in ("reread", "affiliate")]
    raw.write("affiliate_order_skus", 1, [*first_rows, unread | {"order_id": "video", "content_id": "clip"}])
    clip = {"video_id": "clip", "user_name": "ann", "start_date": AT.date(), "views": 7}
    raw.write("video_performance", 1, [clip])
    # What the API will know better: an order with a refund, a statement of two rows.
    raw.origin = "file"
    raw.orders(1, sold(raw, "file return"))
    raw.refund(1, "file return", AT, status=REFUNDED, amount=30)
    file_day = {"statement_id": "file:1", "statement_time": LATE_PAYDAY, "payment_status": "PAID"}
    raw.statement(1, file_day)
    raw.settled(
        1,
        "statement",
        row("file:1", "file transaction", -6, statement_time=LATE_PAYDAY),
        (penalty("file:1", "file:p", -9, statement_time=LATE_PAYDAY), {COMMISSION: "-9"}),
    )
    raw.origin = "api"

    raw.write("orders", 2, [sold(raw, "order", version=1)[0]])
    raw.write("order_lines", 2, sold(raw, "lines", version=1, lines=2)[1])
    raw.refund(2, "return", AT + HOUR, status=REFUNDED, amount=10)
    raw.settled(2, "statement", row("s1", "transaction", -8), (penalty("s1", "p1", -15), {}))
    restated = {"statement_id": "s1", "transaction_id": "of component", "currency": "MYR"}
    raw.write(
        "statement_transaction_components",
        2,
        [restated | {"component_group": "fee", "component": COMMISSION[1], "amount": Decimal(-5)}],
    )
    raw.statement(2, *heads(s2="PAID"))
    raw.write("affiliate_order_skus", 2, [first_rows[0], first_rows[1] | {"settlement_status": "SETTLED"}])
    raw.settled(
        2,
        "unsettled",
        (estimate("2", "estimate stays"), {COMMISSION: "-6"}),
        (estimate("2", "estimate changes", 80), {COMMISSION: "-6"}),
        (estimate("2", "estimate is charged"), {COMMISSION: "-7"}),
        (estimate("2", "estimate comes"), {COMMISSION: "-6"}),
    )

    times = {"start_time": AT - HOUR, "end_time": AT + HOUR}
    raw.write("live_sessions", 3, [affiliate_session("room", "ben") | times])
    raw.write("video_performance", 3, [clip | {"user_name": "ben", "post_time_utc": AT - HOUR}])
    raw.rate(3, SALE_DAY.date(), "1.6")
    raw.rate(3, LATE_PAYDAY.date(), "1.7")
    raw.orders(3, sold(raw, "file return", version=1))
    raw.statement(3, *(head | {"statement_time": LATE_PAYDAY} for head in heads(s6="PAID")))
    raw.settled(
        3,
        "statement",
        (penalty("s6", "p6", -9, statement_time=LATE_PAYDAY), {}),
        (penalty("s3", "p3", -7, adjustment_order_id="adjustment"), {}),
    )
    return raw


def moving() -> Story:
    """A shop turns out to be in another region, where it is still yesterday."""
    raw = Story(MOVING)
    raw.known(1)
    raw.orders(1, sold(raw, "one"))
    raw.known(3, region="US")
    return raw


def passing() -> Story:
    """What comes in the second step is gone with the third, as if it had never been: an affiliate row's word, and a file's statement."""
    raw = Story(PASSING)
    raw.known(1)
    raw.orders(1, sold(raw, "one"))
    word = affiliate("one", "ann", "To-SETTLE", "10", None)
    raw.write("affiliate_order_skus", 1, [word])
    raw.write("affiliate_order_skus", 2, [word | {"creator_username": "ben"}])
    raw.origin = "file"
    raw.statement(2, *heads(file="PAID"))
    unknown = transaction("file", "file:t", "of no shop", 100, -6) | {"statement_time": PAYDAY}
    raw.settled(2, "statement", (unknown, {COMMISSION: "-6"}), (penalty("file", "file:p", -9), {}))
    raw.origin = "api"
    raw.write("affiliate_order_skus", 3, [word])
    raw.statement(3, *heads(s1="PAID"))
    return raw


def mended() -> Story:
    """An order as any other, in the second step."""
    raw = Story(MENDED)
    raw.known(1)
    raw.orders(2, sold(raw, "one", version=1))
    return raw


def poison() -> list[Piece]:
    """The first version of that order: its two lines are amounts, their sum is none, and fct_orders fails."""
    raw = Story(MENDED)
    header, lines = sold(raw, "one", lines=2)
    raw.orders(1, (header, [line | {"sale_price": Decimal(99_999_999_999_999)} for line in lines]))
    return raw.pieces


def stories() -> list[Story]:
    """All of them."""
    return [
        sales(),
        finance(),
        creators(),
        FilesAndApi(FILES_FIRST, OLD_FILE, NEW_FILE, API),
        FilesAndApi(API_FIRST, API, NEW_FILE, OLD_FILE),
        live(),
        reconciled(),
        reasons(),
        moving(),
        passing(),
        mended(),
    ]
