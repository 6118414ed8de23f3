"""Makes a world: day by day and shop by shop, so that two million orders need no more memory than a few."""

from __future__ import annotations

import glob
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock

from sandbox.processes import end_with_parent
from sandbox.world import affiliates, live_rooms, parcels, planted, rendering, samples, settlement, stock
from sandbox.world.analytics import Analytics
from sandbox.world.catalog import SHARE, SHOPS, Shop, Sku, skus
from sandbox.world.lives import DAY, HOUR, Life, Stream, day_weight, utc
from sandbox.world.money import text
from sandbox.world.people import buyers_of
from sandbox.world.store import FOREVER, META, Store, Version, WorldMeta, Writer, meta_of
from sandbox.world.video_days import VideoSales

Progress = Callable[[int, int], None]
Event = tuple[int, Any]
Json = dict[str, Any]
Show = Callable[[int, Any], Json]


def generate(
    directory: Path,
    *,
    orders: int,
    days: int,
    seed: int,
    clock: int,
    horizon_days: int = 14,
    progress: Progress | None = None,
) -> Store:
    """Makes the world in `directory`, unless it is already there.

    It is made beside `directory` and put there in one step, so that a killed generation leaves nothing half-made.

    Args:
        directory: Where it goes; what lies there of another world is replaced.
        orders: Orders created in the `days` before `clock`, over all shops; as many a day follow behind it.
        days: Length of the past.
        seed: Seed of everything.
        clock: The world's present, unix seconds, a midnight in UTC.
        horizon_days: Length of the future.
        progress: Is told (orders made, orders to make).

    Raises:
        ValueError: A size that makes no world, or a clock that is no midnight.
    """
    if orders < 1 or days < 1 or horizon_days < 0:
        raise ValueError("A world needs at least one order and one day.")
    if clock % DAY:
        raise ValueError("A world's clock starts at a midnight in UTC.")
    meta = WorldMeta(seed, orders, days, clock, clock + horizon_days * DAY)
    directory.parent.mkdir(parents=True, exist_ok=True)
    # Who comes while another makes this very world waits for it and finds it there.
    with FileLock(directory.with_name(f"{directory.name}.lock")):
        if meta_of(directory) != meta:
            # Whoever made one of these was killed: we are alone here.
            for left in directory.parent.glob(f"{glob.escape(directory.name)}.new-*"):
                shutil.rmtree(left)
            fresh = Path(tempfile.mkdtemp(prefix=f"{directory.name}.new-", dir=directory.parent))
            _fill(fresh, meta, progress)
            if directory.exists():
                shutil.rmtree(directory)
            fresh.rename(directory)
    return Store.open(directory)


def _fill(directory: Path, meta: WorldMeta, progress: Progress | None) -> None:
    plan = list(_plan(meta))
    total = sum(count for *_, count in plan)
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    with ProcessPoolExecutor(os.cpu_count(), context, _count_in, (counter,)) as pool:
        # The largest shops first, so that no process is left alone with one at the end.
        shops = sorted(SHOPS, key=lambda shop: -SHARE[shop.region])
        jobs = [
            pool.submit(_make, directory, shop, meta, [(day, n) for owner, day, n in plan if owner is shop])
            for shop in shops
        ]
        try:
            while True:
                done, waiting = wait(jobs, timeout=0.5, return_when=FIRST_EXCEPTION)
                for job in done:
                    job.result()
                if not waiting:
                    break
                if progress is not None:
                    progress(counter.value, total)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if progress is not None:
        progress(total, total)
    (directory / META).write_bytes(orjson.dumps(asdict(meta)))


def _count_in(counter: Any) -> None:
    global _made
    _made = counter
    end_with_parent()


_made: Any = None
"""In a process of the pool: how many orders all of them have made."""


def _make(directory: Path, shop: Shop, meta: WorldMeta, plan: list[tuple[int, int]]) -> None:
    writer = Writer(directory, shop.id)
    _Maker(shop, meta, writer).make(plan)
    writer.finish()


def _plan(meta: WorldMeta) -> Iterator[tuple[Shop, int, int]]:
    """How many orders each shop gets on each day; the past adds up to exactly `meta.orders`."""
    today, last = meta.clock_start // DAY, meta.horizon_end // DAY
    weights = {
        (s, d): SHARE[s.region] * day_weight(s, d) for s in SHOPS for d in range(today - meta.days, last)
    }
    past = sum(weight for (_, day), weight in weights.items() if day < today)
    sum_of_weights = given = 0
    for (shop, day), weight in weights.items():
        if day < today:
            sum_of_weights += weight
            until_now = meta.orders * sum_of_weights // past
            yield shop, day, until_now - given
            given = until_now
        else:
            yield shop, day, meta.orders * weight // past


class _Maker:
    """Makes one shop."""

    def __init__(self, shop: Shop, meta: WorldMeta, writer: Writer) -> None:
        self._shop = shop
        self._meta = meta
        self._writer = writer
        self._analytics = Analytics(shop)
        self._sessions = live_rooms.Sessions(shop)
        self._videos = VideoSales(shop)
        self._shelf = stock.Shelf(shop, meta.clock_start, meta.days, meta.horizon_end)
        self._stream = Stream(shop, meta.seed, buyers_of(shop, meta.orders))
        self._oddities = settlement.Oddities(shop, meta.clock_start // DAY)
        self._planting = planted.Planting(shop, meta.clock_start // DAY)
        self._statements: dict[int, settlement.Statement] = {}

    def make(self, plan: list[tuple[int, int]]) -> None:
        self._catalogue()
        # In the west the first day of the world belongs to the day before.
        self._shown_until = utc(plan[0][0] * DAY).date() - timedelta(days=2)
        for day, count in plan:
            lives = list(self._stream.day(day, count))
            self._orders(lives)
            self._finance(lives)
            self._affiliates(day, lives)
            for life in lives:
                self._analytics.add(life)
                self._sessions.add(life)
                self._videos.add(life)
                self._shelf.add(life)
            # A payment comes within a day of its order, and the shops' zones are less than a day from UTC.
            self._analytics.close_before(utc((day - 1) * DAY).date())
            self._contents(utc((day - 2) * DAY).date())
            with _made.get_lock():
                _made.value += count
        self._contents(utc(self._meta.horizon_end).date())
        self._closings([day for day, _ in plan])
        self._figures([day for day, _ in plan])
        self._stock()

    def _add(self, kind: str, versions: Iterable[Version]) -> None:
        self._writer.add(kind, versions)

    def _versions(
        self,
        record_id: str,
        created: int,
        events: list[Event],
        show: Show,
        *,
        until: int = FOREVER,
        status_of: Callable[[Any], str] | None = None,
        parent: str | None = None,
        order_id: str | None = None,
    ) -> Iterator[Version]:
        """A version per event that somebody may still see: those of the past have been replaced."""
        for number, (at, what) in enumerate(events):
            end = events[number + 1][0] if number + 1 < len(events) else until
            if end <= self._meta.clock_start or at > self._meta.horizon_end:
                continue
            body = orjson.dumps(show(at, what))
            status = status_of(what) if status_of is not None else None
            yield Version(record_id, created, at, at, end, body, parent, status, order_id)

    def _orders(self, lives: list[Life]) -> None:
        self._add(
            "order",
            (
                version
                for life in lives
                for version in self._versions(
                    life.id,
                    life.created,
                    life.events,
                    partial(rendering.order, life),
                    status_of=str,
                )
            ),
        )
        self._add(
            "return",
            (
                version
                for life in lives
                for request in life.returns
                for version in self._versions(
                    request.id,
                    request.created,
                    request.events,
                    partial(rendering.returned, life, request),
                    status_of=str,
                    order_id=life.id,
                )
            ),
        )
        self._add(
            "cancellation",
            (
                version
                for life in lives
                for request in life.cancellations
                for version in self._versions(
                    request.id,
                    request.events[0][0],
                    request.events,
                    partial(rendering.cancellation, life, request),
                    status_of=str,
                    order_id=life.id,
                )
            ),
        )

        self._add(
            "package",
            (
                version
                for life in lives
                for parcel in parcels.parcels(life)
                for version in self._versions(
                    parcel.id,
                    parcel.events[0][0],
                    [*parcel.events],
                    partial(parcels.show, parcel),
                    status_of=str,
                )
            ),
        )

    def _finance(self, lives: list[Life]) -> None:
        rows: list[Version] = []
        unsettled: list[Version] = []
        by_order: list[Version] = []
        for life in lives:
            self._planting.prepare(life)
            for row in settlement.order_adjustments(life):
                rows.extend(self._row(row, life.created))
            promised = self._planting.promise(life)
            if promised is not None:
                unsettled.extend(
                    self._versions(
                        f"37{life.id}9",
                        life.created,
                        [(promised.seen_from, None)],
                        _always(planted.show_promise, promised, life),
                    )
                )
            estimated = settlement.estimated(life)
            if estimated is not None:
                changes, end = estimated
                unsettled.extend(
                    self._versions(
                        life.id,
                        life.created,
                        [(at, life) for at in changes],
                        _unsettled,
                        until=end,
                    )
                )
            settled = list(settlement.transactions(life)) or self._planting.cancelled(life)
            if not settled:
                continue
            self._oddities.spoil(settled[0])
            self._planting.spoil(settled)
            for row in settled:
                rows.extend(self._row(row, life.created))
            named = [(row, settlement.statement_id(self._shop, row.day)) for row in settled]
            events = [
                (settlement.appears_at(row.day), named[: number + 1]) for number, row in enumerate(settled)
            ]
            by_order.extend(
                self._versions(
                    life.id,
                    life.created,
                    list(dict(events).items()),
                    partial(_order_transactions, life),
                )
            )
        self._add("statement_transaction", rows)
        self._add("unsettled", unsettled)
        self._add("order_transaction", by_order)

    def _affiliates(self, day: int, lives: list[Life]) -> None:
        rows: list[Version] = []
        applications: list[samples.Application] = []
        for life in lives:
            claims = affiliates.rows_of(life)
            if claims:
                states: list[Event] = [*affiliates.states(life)]
                for row_id, claim in claims:
                    rows.extend(
                        self._versions(
                            row_id,
                            life.created,
                            states,
                            partial(affiliates.show_row, life, claim),
                        )
                    )
            application = samples.granted(life)
            if application is not None:
                applications.append(application)
        if (in_vain := samples.not_granted(self._shop, day)) is not None:
            applications.append(in_vain)
        self._add("affiliate_sku", rows)
        self._add(
            "sample_application",
            (
                version
                for one in applications
                for version in self._versions(
                    one.id, one.asked, [*one.events], partial(samples.show, one), status_of=str
                )
            ),
        )
        contents = [(one, one.content) for one in applications if one.content is not None]
        self._add(
            "sample_fulfillment",
            (
                version
                for one, content in contents
                for version in self._versions(
                    f"{one.id}-0",
                    samples.shown_at(content),
                    [(samples.shown_at(content), None)],
                    _always(samples.show_content, one, content),
                    parent=one.id,
                )
            ),
        )

    def _contents(self, last: date) -> None:
        """Writes the sessions and the videos' days up to a day of the shop's calendar, which is over."""
        first = self._shown_until + timedelta(days=1)
        if last < first:
            return
        self._shown_until = last
        self._add(
            "live_session",
            (
                version
                for session, body in self._sessions.close(first, last)
                for version in self._versions(
                    session.id,
                    session.start,
                    [(session.end + live_rooms.SHOWN_AFTER, body)],
                    _as_is,
                )
            ),
        )
        self._add(
            "video_day",
            (
                version
                for day, known, body in self._videos.close(first, last)
                for version in self._versions(day.isoformat(), known, [(known, body)], _as_is)
            ),
        )

    def _row(self, row: settlement.Transaction, created: int) -> Iterator[Version]:
        statement = self._statements.setdefault(row.day, settlement.Statement(self._shop, row.day))
        statement.add(row)
        yield from self._versions(
            row.id,
            created,
            [(settlement.appears_at(row.day), None)],
            _always(settlement.show_transaction, row, self._shop),
            parent=statement.id,
        )

    def _closings(self, days: list[int]) -> None:
        """What is known only when all orders are: adjustments, statements, payments."""
        rows: list[Version] = []
        for day in days:
            statement = self._statements.get(day)
            earned = statement.settlement if statement is not None else 0
            for row in settlement.adjustments(self._shop, day, self._meta.seed, earned):
                # What was held back before the first day is not released in this world.
                if row.reserve_status != "RELEASED" or row.reserve_until >= settlement.statement_time(
                    days[0] + 7
                ):
                    rows.extend(self._row(row, day * DAY))
            for row in self._planting.reserve(day):
                rows.extend(self._row(row, day * DAY))
        self._add("statement_transaction", rows)
        payments: dict[int, settlement.Payment] = {}
        # A statement beyond the horizon would miss the rows of orders that were never made.
        known = [s for day, s in sorted(self._statements.items()) if s.time <= self._meta.horizon_end]
        for statement in known:
            week = settlement.week_of(statement.day)
            payments.setdefault(week, settlement.Payment(self._shop, week, [])).statements.append(statement)
        today = self._meta.clock_start // DAY
        self._planting.cases += planted.payouts(list(payments.values()), self._shop, today)
        for statement in known:
            payment = payments[settlement.week_of(statement.day)]
            seen = settlement.appears_at(statement.day)
            moments = [seen, payment.created, payment.done]
            self._add(
                "statement",
                self._versions(
                    statement.id,
                    statement.time,
                    [(at, settlement.payment_status(payment, at)) for at in moments],
                    partial(_statement, statement, payment),
                    status_of=str,
                ),
            )
            self._add(
                "statement_header",
                self._versions(
                    statement.id,
                    statement.time,
                    [(seen, None)],
                    _always(settlement.show_header, statement),
                ),
            )
        for payment in payments.values():
            if payment.amount <= 0:
                continue
            self._add(
                "payment",
                self._versions(
                    payment.id,
                    payment.created,
                    [(payment.created, "PROCESSING"), (payment.done, "FAILED" if payment.failed else "PAID")],
                    partial(_payment, payment),
                    status_of=str,
                ),
            )

            if self._shop.region == "MY" and not payment.failed:
                shown = settlement.show_withdrawal(payment)
                self._add(
                    "withdrawal",
                    self._versions(
                        shown["id"],
                        shown["create_time"],
                        [(shown["create_time"], shown["type"])],
                        _always(settlement.show_withdrawal, payment),
                        status_of=str,
                    ),
                )
        self._add(
            "planted",
            (
                version
                for case in self._planting.cases
                for version in self._versions(
                    case.id,
                    case.seen_from,
                    [(case.seen_from, None)],
                    _always(case.show),
                    until=FOREVER if case.seen_until is None else case.seen_until,
                )
            ),
        )

    def _figures(self, days: list[int]) -> None:
        first, last = utc(days[0] * DAY).date(), utc(days[-1] * DAY).date()
        recent = max(first, utc(self._meta.clock_start).date() - timedelta(days=32))
        self._add(
            "shop_performance_day",
            (
                version
                for day, known, body in self._analytics.days(first, last)
                for version in self._versions(day.isoformat(), known, [(known, body)], _as_is)
            ),
        )
        self._add(
            "shop_performance_hour",
            (
                version
                for day, hour, known, body in self._analytics.hours(recent, last)
                for version in self._versions(
                    f"{hour:02d}", known, [(known, body)], _as_is, parent=day.isoformat()
                )
            ),
        )

    def _catalogue(self) -> None:
        shop, start = self._shop, self._meta.clock_start - (self._meta.days + 30) * DAY
        for number, (product_id, variants) in enumerate(_products(shop).items()):
            created = start + number * HOUR
            events: list[Event] = [(created, "SELLER_DEACTIVATED" if number == 7 else "ACTIVATE")]
            # Some products lose their place in the shop while somebody watches.
            events += [
                (self._meta.clock_start + after, status) for after, status in _PRODUCT_EVENTS.get(number, ())
            ]
            self._add(
                "product",
                self._versions(
                    product_id,
                    created,
                    events,
                    partial(_product, shop, variants, created),
                    status_of=str,
                ),
            )
        for number, kind in ((1, "SALES_WAREHOUSE"), (2, "RETURN_WAREHOUSE")):
            self._add(
                "warehouse",
                self._versions(
                    _warehouse_id(shop, number),
                    start + number,
                    [(start, kind)],
                    partial(_warehouse, shop, number),
                ),
            )

    def _stock(self) -> None:
        """What is in stock is counted afresh every midnight."""
        shop, start = self._shop, self._meta.clock_start - (self._meta.days + 30) * DAY
        products = _products(shop)
        levels = self._shelf.levels()
        self._add(
            "inventory",
            (
                version
                for number, (product_id, variants) in enumerate(products.items())
                for version in self._versions(
                    product_id,
                    start + number * HOUR,
                    [*levels],
                    partial(_inventory, shop, product_id, variants),
                )
            ),
        )


_PRODUCT_EVENTS = {
    3: ((DAY + 2 * HOUR, "FAILED"), (4 * DAY + 5 * HOUR, "ACTIVATE")),
    11: ((2 * DAY + HOUR, "PLATFORM_DEACTIVATED"),),
    17: ((-3 * DAY, "FREEZE"),),
}
"""What happens to a shop's n-th product: (seconds after the end of the past, its state from then on). One is
reviewed again, refused and put right, one is taken off by the platform, one was frozen before."""


def _products(shop: Shop) -> dict[str, list[Sku]]:
    products: dict[str, list[Sku]] = {}
    for sku in skus(shop):
        products.setdefault(sku.product_id, []).append(sku)
    return products


def _always(show: Callable[..., Json], *arguments: Any) -> Show:
    """A record that looks the same in all its versions."""
    return lambda _at, _what: show(*arguments)


def _as_is(_at: int, body: Json) -> Json:
    return body


def _unsettled(at: int, life: Life) -> Json:
    return settlement.show_unsettled(life, at)


def _order_transactions(life: Life, _at: int, rows: list[tuple[settlement.Transaction, str]]) -> Json:
    return settlement.show_order_transactions(life, rows)


def _statement(statement: settlement.Statement, payment: settlement.Payment, at: int, _what: object) -> Json:
    return settlement.show_statement(statement, payment, at)


def _payment(payment: settlement.Payment, at: int, _status: object) -> Json:
    return settlement.show_payment(payment, at)


def _product(shop: Shop, variants: list[Sku], created: int, at: int, status: str) -> Json:
    def offer(sku: Sku) -> Json:
        listed = text(sku.price, shop.digits)
        return {
            "id": sku.id,
            "seller_sku": sku.seller_sku,
            "price": {"currency": shop.currency, "sale_price": listed, "tax_exclusive_price": listed},
            "list_price": {"amount": listed, "currency": shop.currency},
            "inventory": [{"warehouse_id": _warehouse_id(shop, 1), "quantity": 500}],
            "status_info": {"status": "NORMAL"},
        }

    return {
        "id": variants[0].product_id,
        "title": variants[0].product_name,
        "status": status,
        "create_time": created,
        "update_time": at,
        "is_not_for_sale": False,
        "has_draft": False,
        "sales_regions": [shop.region],
        "audit": {"status": "FAILED" if status == "FAILED" else "APPROVED"},
        "listing_quality_tier": "GOOD",
        "skus": [offer(sku) for sku in variants],
    }


def _warehouse_id(shop: Shop, number: int) -> str:
    return f"700{shop.number}000000000000{number}"


def _inventory(
    shop: Shop, product_id: str, variants: list[Sku], _at: int, levels: dict[str, stock.Level]
) -> Json:
    return stock.show(product_id, _warehouse_id(shop, 1), variants, levels)


def _warehouse(shop: Shop, number: int, _at: int, kind: str) -> dict[str, Any]:
    return {
        "id": _warehouse_id(shop, number),
        "entity_id": f"{shop.number}{number}",
        "name": f"{shop.region} {'Main' if number == 1 else 'Returns'}",
        "effect_status": "ENABLED",
        "type": kind,
        "sub_type": "CB_OVERSEA_WAREHOUSE",
        "is_default": number == 1,
        "address": {
            "region": shop.region,
            "region_code": shop.region,
            "city": "Logistics Park",
            "contact_person": f"PIIcontact {shop.region}",
            "phone_number": f"(+{shop.number}9)7700000000",
            "full_address": f"PIIwarehouse {shop.region}",
            "address_line1": f"PIIwarehouse {shop.region}",
            "postal_code": "PII00000",
        },
    }
