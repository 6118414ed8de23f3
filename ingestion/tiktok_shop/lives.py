"""LIVE: sessions, their minutes and products, the shop's totals, and the creator's own view.

| endpoint (`/analytics/...`) | raw table | how it is read |
| --- | --- | --- |
| `202609/shop_lives/performance` | `live_sessions` | by day and kind of account; the last 31 days again |
| `202609/shop_lives/overview_performance` | `live_overview_daily` | by day; the last 31 days again |
| `202510/shop_lives/{live_id}/performance_per_minutes` | `live_minutes` | per session of an own account, see below |
| `202512/shop/{live_id}/products_performance` | `live_products` | per session whose figures have changed |
| `202502/live_rooms/{live_room_id}/core_stats` | `live_core_stats` | the same, with the creator's token |

What is sold within 30 days of a session still counts for it, so its figures are read again until then. Minutes
come only once a session has ended, and only for official and marketing accounts; a session whose minutes have
not come is asked again for 7 days. They are read a second time when the session's figures are final.

Sessions are told by the API by the day they began on the shop's calendar; all times are instants in UTC.
`core_stats` wants the token of the creator who went LIVE: it is asked for sessions whose creator has authorised
the app, and for no others. A session without permission (66009315) is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ingestion.engine.answers import listed, nested_list, object_in
from ingestion.engine.columns import (
    Column,
    Kind,
    Table,
    amounts,
    count,
    counts,
    fields,
    first_text,
    of_page,
    rates,
    text,
)
from ingestion.engine.errors import ApiError, AuthorizationRevoked, NotAvailable, TokenExpired
from ingestion.engine.pages import Page, Record
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Checkpoint, States
from ingestion.tables.lives import OVERVIEW_DAILY, SESSIONS
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import Call, Reading, Resource, Step, read_calls
from ingestion.tiktok_shop.shop_days import ByDate, local_date, together

_SCOPE = "data.shop_analytics.public.read"

LIVE_SESSIONS = Endpoint(
    "live_sessions",
    "GET",
    "/analytics/202609/shop_lives/performance",
    "202609",
    page_size=100,
    scope=_SCOPE,
    gives="1-100, by date range",
)
LIVE_OVERVIEW = Endpoint(
    "live_overview",
    "GET",
    "/analytics/202609/shop_lives/overview_performance",
    "202609",
    scope=_SCOPE,
    gives="by date range",
)
LIVE_MINUTES = Endpoint(
    "live_minutes",
    "GET",
    "/analytics/202510/shop_lives/{live_id}/performance_per_minutes",
    "202510",
    scope=_SCOPE,
    gives="100 minutes",
)
LIVE_PRODUCTS = Endpoint(
    "live_products",
    "GET",
    "/analytics/202512/shop/{live_id}/products_performance",
    "202512",
    scope=_SCOPE,
)
LIVE_CORE_STATS = Endpoint(
    "live_core_stats",
    "GET",
    "/analytics/202502/live_rooms/{live_room_id}/core_stats",
    "202502",
    shop_cipher=False,
    gives="one session",
)

REREAD_DAYS = 31
"""The GMV of a session grows for 30 days; the day after the last of them is read as well."""
DAYS_PER_CALL = 30
FINAL_SECONDS = 30 * 86_400
"""So long after its end a session's figures are final."""
MINUTES_RETRY_SECONDS = 7 * 86_400
"""So long after its end a session is asked again for minutes that have not come."""
CALLS_PER_SYNC = 200
"""Sessions that one sync asks details of, per endpoint: at one call a second, a few minutes."""
FORGET_SECONDS = 70 * 86_400
"""A session older than this, and done with, need not be remembered: lists show it no more."""

OWN_ACCOUNTS = ("OFFICIAL_ACCOUNTS", "MARKETING_ACCOUNTS")
ACCOUNT_TYPES = (*OWN_ACCOUNTS, "AFFILIATE_ACCOUNTS")
OVERVIEW_ACCOUNT_TYPES = ("ALL", "LINKED_ACCOUNTS", "AFFILIATE_ACCOUNTS")
NO_PERMISSION = 66009315

_PAID = "amount currency"
_MINUTE = fields(f"""
    start_time end_time sales{{gmv{{{_PAID}}} items_sold customers sku_orders main_orders}} traffic{{viewers views
    product_impressions ctr enter_room_rate product_clicks impressions}} interactions{{new_followers shares
    comments likes comment_rate follow_rate like_rate share_rate}} conversion{{avg_price{{{_PAID}}}
    click_to_order_rate{{sku_order_ctor main_order_ctor}} gpm{{watch_gpm show_gpm}} created_sku_orders
    sku_order_rate}}
""")
_PRODUCT = fields(f"""
    id name sales{{direct_gmv{{{_PAID}}} items_sold customers created_sku_orders avg_price{{{_PAID}}} sku_orders
    main_orders payment_rate}} traffic{{product_impressions ctr add_to_cart_count
    click_to_order_rate{{sku_order_ctor main_order_ctor}} gpm{{watch_gpm}} produt_clicks}}
""")
_CORE_STATS = fields(f"""
    sales local_gmv{{{_PAID}}} created_order_count current_visitor_count paid_order_count
    local_unit_price{{{_PAID}}} product_reach_count watch_pv click_through_rate accumulated_new_follower_count
    buyer_count accumulated_comment_count product_view_count click_order_rate avg_watching_duration
    accumulated_sharing_count peak_concurrent_user_count
""")


MINUTES = Table(
    name="live_minutes",
    key=("live_room_id", "minute_start_at"),
    known=_MINUTE,
    columns=(
        of_page("live_room_id", "live_room_id"),
        Column("minute_start_at", Kind.TIME, "start_time"),
        Column("minute_end_at", Kind.TIME, "end_time"),
        first_text("currency", "sales.gmv.currency", "conversion.avg_price.currency"),
        *amounts("gmv", "sales"),
        *counts("items_sold customers sku_orders main_orders", "sales"),
        count("created_sku_orders", "conversion.created_sku_orders"),
        *counts("viewers views impressions product_impressions product_clicks", "traffic"),
        *counts("new_followers shares comments likes", "interactions"),
    ),
)

PRODUCTS = Table(
    name="live_products",
    key=("live_room_id", "product_id"),
    known=_PRODUCT,
    columns=(
        of_page("live_room_id", "live_room_id"),
        text("product_id", "id"),
        text("product_name", "name"),
        first_text("currency", "sales.direct_gmv.currency", "sales.avg_price.currency"),
        *amounts("direct_gmv avg_price", "sales"),
        *counts("items_sold customers created_sku_orders sku_orders main_orders", "sales"),
        *counts("product_impressions add_to_cart_count", "traffic"),
        # The API's own spelling.
        count("product_clicks", "traffic.produt_clicks"),
        *rates("payment_rate", "sales"),
        *rates("ctr", "traffic"),
        *rates("sku_order_ctor main_order_ctor", "traffic.click_to_order_rate"),
        of_page("snapshot_id", "snapshot_id"),
    ),
)

CORE_STATS = Table(
    name="live_core_stats",
    key=("live_room_id",),
    known=_CORE_STATS,
    columns=(
        of_page("live_room_id", "live_room_id"),
        of_page("creator_open_id", "creator_open_id"),
        first_text("currency", "local_gmv.currency", "local_unit_price.currency"),
        *amounts("local_gmv local_unit_price"),
        *counts("sales created_order_count paid_order_count buyer_count current_visitor_count watch_pv"),
        *counts("product_reach_count product_view_count accumulated_new_follower_count"),
        *counts("accumulated_comment_count accumulated_sharing_count"),
        *counts("avg_watching_duration peak_concurrent_user_count"),
        *rates("click_through_rate click_order_rate"),
    ),
)

_list_sessions = ByDate(
    definition=f"live_sessions/{LIVE_SESSIONS.version}/LOCAL",
    # Of the fields the list can be sorted by the one that does not change any more once a session has ended: a
    # list sorted by GMV would move while it is paged.
    query={"sort_field": "products_added", "sort_order": "ASC"},
    reread_days=REREAD_DAYS,
    days_per_call=DAYS_PER_CALL,
    account_types=ACCOUNT_TYPES,
    id_field="id",
)


def read_sessions(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The list; sessions are noted for their minutes, products and core stats."""
    found: dict[str, _Session] = {}
    for step in _list_sessions(reading, resource):
        if isinstance(step, Page):
            for record in step.records:
                if (session := _session_of(record, step.context["account_type"])) is not None:
                    found[session.room] = session
            yield step
        else:
            yield replace(step, apply=together(step.apply, _note_sessions(found, reading.until)))
            found = {}


@dataclass(frozen=True, slots=True)
class _Session:
    """What is remembered of a session of the list."""

    room: str
    end: int
    creator: str
    is_own: bool
    figures: list[Any]


def _session_of(record: Record, account_type: str) -> _Session | None:
    room, end = record.get("id"), str(record.get("end_time") or "")
    if not isinstance(room, str) or not room or not end.isdecimal() or int(end) == 0:
        return None
    sales, traffic, creator = (_inner(record, name) for name in ("sales_performance", "traffic", "creator"))
    figures = [
        _inner(sales, "live_attributed_gmv").get("amount"),
        sales.get("created_sku_orders"),
        traffic.get("product_clicks"),
    ]
    return _Session(room, int(end), str(creator.get("open_id") or ""), account_type in OWN_ACCOUNTS, figures)


def _note_sessions(found: Mapping[str, _Session], until: int) -> Callable[[States], None]:
    def apply(states: States) -> None:
        minutes: dict[str, dict[str, Any]] = states(MINUTE.name).setdefault("sessions", {})
        details: dict[str, dict[str, Any]] = states(LIVE_PRODUCT.name).setdefault("sessions", {})
        for room, session in found.items():
            if session.end > until:
                continue
            if session.is_own:
                minutes.setdefault(room, {"end": session.end, "stage": "new"})["end"] = session.end
            known = details.setdefault(room, {})
            known.update(end=session.end, creator=session.creator, figures=session.figures)
            # A session may be listed under two kinds of account.
            known["own"] = known.get("own", False) or session.is_own
        _forget(minutes, until, lambda known: known["stage"] == "done")
        _forget(details, until, lambda known: known.get("read") == known["figures"])

    return apply


def _forget(
    sessions: dict[str, dict[str, Any]], until: int, is_done: Callable[[dict[str, Any]], bool]
) -> None:
    """Forgets sessions that are long over and done with."""
    for room, known in list(sessions.items()):
        if known["end"] < until - FORGET_SECONDS and is_done(known):
            del sessions[room]


def read_minutes(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The minutes of sessions that have ended: once when they come, once more when they are final."""
    known: dict[str, dict[str, Any]] = reading.state(resource.name).get("sessions", {})
    until = reading.until
    due = [
        room
        for room, session in known.items()
        if session["stage"] == "new"
        or (session["stage"] == "read" and until >= session["end"] + FINAL_SECONDS)
    ]
    due = _bounded(reading, resource, sorted(due, key=lambda room: (known[room]["end"], room)))
    calls = [
        Call(
            path={"live_id": room},
            query={"currency": "LOCAL"},
            context={"live_room_id": room, "end": known[room]["end"]},
        )
        for room in due
    ]
    rows = 0
    for step in read_calls(reading, resource, calls, passed_over=(NO_PERMISSION,)):
        if isinstance(step, Page):
            rows += step.count
            yield step
        elif step.call is not None:
            room, end = step.call.context["live_room_id"], step.call.context["end"]
            stage = _stage(rows, end, until, is_refused=step.refused is not None)
            if stage == "done" and not rows:
                why = "are not permitted" if step.refused else "have not come in 7 days"
                reading.note(resource.name, f"The minutes of LIVE session {room} {why}.")
            yield replace(step, apply=_note_stage(room, stage))
            rows = 0


def _stage(rows: int, end: int, until: int, *, is_refused: bool) -> str:
    if is_refused or until >= end + FINAL_SECONDS:
        return "done"
    if rows:
        return "read"
    return "done" if until >= end + MINUTES_RETRY_SECONDS else "new"


def _note_stage(room: str, stage: str) -> Callable[[States], None]:
    def apply(states: States) -> None:
        session = states(MINUTE.name).get("sessions", {}).get(room)
        if session is not None:
            session["stage"] = stage

    return apply


def read_products(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The products of every session whose figures have changed since they were read, at most once a day."""
    known = _sessions(reading)
    snapshot = reading.snapshot()
    calls = [
        Call(
            path={"live_id": room},
            query={"currency": "LOCAL", "sort_field": "product_clicks", "sort_order": "DESC"},
            context={"live_room_id": room, "figures": known[room]["figures"], **snapshot},
        )
        for room in _changed(reading, resource, known, "read")
    ]
    for step in read_calls(reading, resource, calls, passed_over=(NO_PERMISSION,)):
        if isinstance(step, Checkpoint) and step.call is not None:
            _note_refusal(reading, resource, step)
            yield replace(step, apply=_note_figures(reading, step.call, "read"))
        else:
            yield step


def read_core_stats(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The creator's own view of every session whose creator has authorised the app.

    Raises:
        NotAvailable: A creator's authorisation has ended; the other creators' sessions were read.
    """
    known = _sessions(reading)
    ended: list[ApiError] = []
    for grant in reading.client.creator_grants():
        theirs = {room: session for room, session in known.items() if session["creator"] == grant.open_id}
        calls = [
            Call(
                path={"live_room_id": room},
                context={
                    "live_room_id": room,
                    "creator_open_id": grant.open_id,
                    "figures": known[room]["figures"],
                },
                grant=grant.open_id,
            )
            for room in _changed(reading, resource, theirs, "stats")
        ]
        try:
            for step in read_calls(reading, resource, calls, passed_over=(NO_PERMISSION,)):
                if isinstance(step, Checkpoint) and step.call is not None:
                    _note_refusal(reading, resource, step)
                    yield replace(step, apply=_note_figures(reading, step.call, "stats"))
                else:
                    yield step
        except (TokenExpired, AuthorizationRevoked) as error:
            # A creator's authorisation, not the shop's: the shop goes on.
            ended.append(error)
    if ended:
        raise NotAvailable(
            " ".join(error.message for error in ended),
            advice="Let the creator authorise the app again, then run `ttkpi auth exchange CODE`.",
            code=ended[0].code,
            endpoint=resource.endpoint.name,
            shop_id=reading.shop.shop_id,
            shop_name=reading.shop.name,
        )


def _sessions(reading: Reading) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = reading.state(LIVE_PRODUCT.name).get("sessions", {})
    return known


def _changed(
    reading: Reading, resource: Resource, known: Mapping[str, dict[str, Any]], mark: str
) -> list[str]:
    """Sessions whose figures are not those under `mark`: own accounts first, then what was never read."""
    today = local_date(reading, reading.until).isoformat()
    due = [
        room
        for room, session in known.items()
        if session.get(mark) != session["figures"]
        and (reading.explicit_since or session.get(f"{mark}_day") != today)
    ]
    due.sort(key=lambda room: (not known[room]["own"], mark in known[room], -known[room]["end"], room))
    return _bounded(reading, resource, due)


def _note_figures(reading: Reading, call: Call, mark: str) -> Callable[[States], None]:
    today = local_date(reading, reading.until).isoformat()

    def apply(states: States) -> None:
        session = states(LIVE_PRODUCT.name).get("sessions", {}).get(call.context["live_room_id"])
        if session is not None:
            session.update({mark: call.context["figures"], f"{mark}_day": today})

    return apply


def _note_refusal(reading: Reading, resource: Resource, step: Checkpoint[Call]) -> None:
    if step.refused is not None and step.call is not None:
        room = step.call.context["live_room_id"]
        reading.note(resource.name, f"LIVE session {room} was passed over: no permission.")


def _bounded(reading: Reading, resource: Resource, rooms: list[str]) -> list[str]:
    if len(rooms) > CALLS_PER_SYNC:
        waiting = len(rooms) - CALLS_PER_SYNC
        reading.note(resource.name, f"{waiting} of {len(rooms)} sessions wait for the next sync.")
    return rooms[:CALLS_PER_SYNC]


def _inner(record: Record, name: str) -> Record:
    value = record.get(name)
    return value if type(value) is dict else {}


SESSION = Resource(
    name="live_sessions",
    endpoint=LIVE_SESSIONS,
    tables=(SESSIONS,),
    rules=Rules(known=SESSIONS.known or {}),
    take=listed("live_stream_sessions"),
    read=read_sessions,
    keep_records=True,
)

OVERVIEW = Resource(
    name="live_overview_daily",
    endpoint=LIVE_OVERVIEW,
    tables=(OVERVIEW_DAILY,),
    rules=Rules(known=OVERVIEW_DAILY.known or {}),
    take=nested_list("performance", "intervals"),
    read=ByDate(
        definition=f"live_overview/{LIVE_OVERVIEW.version}/LOCAL",
        query={"granularity": "1D"},
        reread_days=REREAD_DAYS,
        days_per_call=DAYS_PER_CALL,
        account_types=OVERVIEW_ACCOUNT_TYPES,
        once_a_day=True,
    ),
)

MINUTE = Resource(
    name="live_minutes",
    endpoint=LIVE_MINUTES,
    tables=(MINUTES,),
    rules=Rules(known=_MINUTE),
    take=nested_list("performance", "intervals"),
    read=read_minutes,
)

LIVE_PRODUCT = Resource(
    name="live_products",
    endpoint=LIVE_PRODUCTS,
    tables=(PRODUCTS,),
    rules=Rules(known=_PRODUCT),
    take=listed("products"),
    read=read_products,
)

CORE_STAT = Resource(
    name="live_core_stats",
    endpoint=LIVE_CORE_STATS,
    tables=(CORE_STATS,),
    rules=Rules(known=_CORE_STATS),
    take=object_in("stats"),
    read=read_core_stats,
)

RESOURCES = (
    SESSION,
    OVERVIEW,
    MINUTE,
    LIVE_PRODUCT,
    CORE_STAT,
)
