"""Creators: affiliate orders, collaborations, who promotes what, samples, and the creator marketplace.

| endpoint (`/affiliate_seller/...`) | raw tables | how it is read |
| --- | --- | --- |
| `202410/orders/search` | `affiliate_order_skus` | by creation time, see below |
| `202412/open_collaborations/search` | `open_collaborations` | the whole list, once a day |
| `202508/open_collaborations/creator_content_details` | `creator_content_details` | per product, if changed |
| `202508/target_collaborations/search` | `target_collaborations` | the whole list by status, once a day |
| `202508/target_collaborations/{id}` | `target_collaboration_products`, `target_collaboration_creators` | if changed |
| `202508/sample_applications/search` | `sample_applications` | the whole list, once a day |
| `202409/sample_applications/{id}/fulfillments/search` | `sample_fulfillments` | per sample that was delivered |
| `202608/marketplace_creators/search` | `marketplace_creators` | per creator of the shop, every 14 days |

Affiliate orders can only be asked for by their creation, at most three months a call, while commissions are
settled, and taken back, weeks later: once a day the last 60 days are read again, in other syncs of that day only
the look-back. TikTok cuts the list into pages before it groups it by order, so an order may be on two
pages; its SKUs are rows of their own, so nothing is to be joined.

What needs a call per product, collaboration, sample or creator is bounded per sync; the rest waits for the
next one, the longest unread first. Money is in the currency beside it; commission rates are hundredths of a
percent as the API sends them, but of sample applications a ratio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from ingestion.engine.answers import listed, object_in
from ingestion.engine.columns import (
    Column,
    Kind,
    Table,
    amounts,
    bools,
    child,
    count,
    fields,
    first_text,
    money,
    of_page,
    parent,
    text,
    texts,
    times,
    written,
)
from ingestion.engine.pages import Page, Record
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Checkpoint, States
from ingestion.tables.affiliate_orders import AFFILIATE_ORDERS
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import Call, Reading, Resource, Step, read_calls, sliced
from ingestion.tiktok_shop.shop_days import done_today, is_due, local_date, together

_AFFILIATE_SCOPE = "seller.affiliate_collaboration.read"
_MARKETPLACE_SCOPE = "seller.creator_marketplace.read"

SEARCH_AFFILIATE_ORDERS = Endpoint(
    "search_affiliate_orders",
    "POST",
    "/affiliate_seller/202410/orders/search",
    "202410",
    page_size=100,
    scope=_AFFILIATE_SCOPE,
)
SEARCH_OPEN_COLLABORATIONS = Endpoint(
    "search_open_collaborations",
    "POST",
    "/affiliate_seller/202412/open_collaborations/search",
    "202412",
    page_size=100,
    scope=_AFFILIATE_SCOPE,
)
CREATOR_CONTENT_DETAILS = Endpoint(
    "creator_content_details",
    "GET",
    "/affiliate_seller/202508/open_collaborations/creator_content_details",
    "202508",
    page_size=100,
    scope=_AFFILIATE_SCOPE,
    gives="1-100, one product",
)
SEARCH_TARGET_COLLABORATIONS = Endpoint(
    "search_target_collaborations",
    "POST",
    "/affiliate_seller/202508/target_collaborations/search",
    "202508",
    page_size=100,
    scope=_AFFILIATE_SCOPE,
    gives="20, 50 or 100, one status",
)
TARGET_COLLABORATION_DETAIL = Endpoint(
    "target_collaboration_detail",
    "GET",
    "/affiliate_seller/202508/target_collaborations/{target_collaboration_id}",
    "202508",
    scope=_AFFILIATE_SCOPE,
)
SEARCH_SAMPLE_APPLICATIONS = Endpoint(
    "search_sample_applications",
    "POST",
    "/affiliate_seller/202508/sample_applications/search",
    "202508",
    page_size=50,
    scope=_AFFILIATE_SCOPE,
)
SEARCH_SAMPLE_FULFILLMENTS = Endpoint(
    "search_sample_fulfillments",
    "POST",
    "/affiliate_seller/202409/sample_applications/{application_id}/fulfillments/search",
    "202409",
    scope=_AFFILIATE_SCOPE,
)
SEARCH_MARKETPLACE_CREATORS = Endpoint(
    "search_marketplace_creators",
    "POST",
    "/affiliate_seller/202608/marketplace_creators/search",
    "202608",
    page_size=20,
    scope=_MARKETPLACE_SCOPE,
    gives="12 or 20, the first only",
)

REREAD_DAYS = 60
"""Affiliate orders this young are read again once a day. A commission is settled some days after an order is
completed (delivery and return time: up to six weeks) and taken back by a late refund."""
WINDOW_DAYS = 85
"""Days of creation one call may cover. The contract says three months, of which the shortest are 89 days."""
CALLS_PER_SYNC = 200
"""Calls by product, collaboration or sample that one sync makes of each kind: at one a second, three minutes."""
CREATORS_PER_SYNC = 50
"""Creators looked up in the marketplace by one sync; the marketplace allows 10,000 calls a day to all."""
CREATOR_REREAD_DAYS = 14
"""What the marketplace says of a creator are figures of 30 days in wide classes: they change slowly."""
CONTENT_REREAD_DAYS = 7
"""A product's creators are read again when their number has changed, and after so many days in any case: what else
can change of them (followers, videos) is no reason for a call per product and day."""
FULFILLMENT_REREAD_DAYS = 30
"""Views and orders of a sample's content still grow this long after the sample was completed."""

TARGET_STATUSES = ("VALID", "ONGOING", "EXPIRING", "CANCELING", "COMPLETED")
"""The list is asked for by status. VALID comes first: it also holds what another status describes better."""
_FULFILLED = ("CONTENT_PENDING", "COMPLETED", "OPS_COMPLETED")
"""Samples that have arrived, so that there may be content."""

_OPEN_COLLABORATION = fields("""
    id status current_commission{rate start_time end_time} showcase_creator_count content_creator_count
    product{id title main_image_url status inventory original_price{currency minimum_amount maximum_amount}}
""")
_CONTENT_DETAIL = fields("""
    creator_profile{username nickname follower_count avatar{url} creator_open_id} video_count live_count
    promotion_status promotion_end_time
""")
_TARGET_COLLABORATION = fields("""
    id name message start_time end_time create_time update_time creator_inivited_count showcase_creator_count
    content_creator_count product_count free_sample_rule{has_free_sample is_sample_approval_exempt} type
""")
_TARGET_DETAIL = fields("""
    id name message seller_contact_info{email phone_number whatsapp telegram line} start_time end_time
    update_time creator_invited_count showcase_creator_count content_creator_count product_count
    free_sample_rule{has_free_sample is_sample_approval_exempt} products[id main_image_url title
    original_price{currency minimum_amount maximum_amount} commission{rate effective_time currency
    minimum_amount maximum_amount shop_ads_commission_rate} status commission_effective_status
    collaboration_status] creators[username nickname avatar{url} selection_region showcase_product_count
    content_product_count collaboration_status product_effective_status creator_open_id] type
""")
_SAMPLE = fields("""
    id commission_rate status order_id available_quantity approve_expiration_time shipment_expiration_time
    tracking_number fulfillment_status is_approvable disapprovable_reasons partner_name
    creator{creator_open_id username nickname follower_count avatar_url gmv{amount currency} content_count
    fulfillment_percentage ec_video_view} product{id title sku_id sku_image_url sku_name}
""")
_FULFILLMENT = fields("""
    product{id main_image_url} content{id format url view_count like_count comment_count paid_order_count
    page_link description create_time live_end_time}
""")
_MARKETPLACE_CREATOR = fields("""
    username nickname avatar{url} selection_region category_ids avg_ec_live_uv avg_ec_video_view_count
    follower_count gmv{currency amount} live_gmv{currency amount} video_gmv{currency amount}
    gmv_range{currency minimum_amount maximum_amount formatted_range} units_sold_range{minimum_amount
    maximum_amount formatted_range} top_follower_demographics{age_ranges major_gender{gender percentage}}
    creator_open_id creator_profile{is_official_recommend creator_bind_mcn_name is_fast_growing
    has_collaborated user_type_tag has_invited_90d is_creator_blocked pps_score is_eligible_flat_fee
    is_rising_star creator_level}
""")


OPEN_COLLABORATIONS = Table(
    name="open_collaborations",
    key=("collaboration_id",),
    known=_OPEN_COLLABORATION,
    columns=(
        text("collaboration_id", "id"),
        text("status"),
        text("product_id", "product.id"),
        text("product_title", "product.title"),
        text("product_status", "product.status"),
        written("commission_rate", Kind.INT, "current_commission.rate"),
        Column("commission_start_time", Kind.TIME, "current_commission.start_time"),
        Column("commission_end_time", Kind.TIME, "current_commission.end_time"),
        count("showcase_creator_count"),
        count("content_creator_count"),
        of_page("snapshot_id", "snapshot_id"),
    ),
)

CONTENT_DETAILS = Table(
    name="creator_content_details",
    key=("product_id", "creator_username"),
    known=_CONTENT_DETAIL,
    columns=(
        of_page("product_id", "product_id"),
        text("creator_open_id", "creator_profile.creator_open_id"),
        text("creator_username", "creator_profile.username"),
        text("nickname", "creator_profile.nickname"),
        count("follower_count", "creator_profile.follower_count"),
        count("video_count"),
        count("live_count"),
        text("promotion_status"),
        *times("promotion_end_time"),
        of_page("snapshot_id", "snapshot_id"),
    ),
)

TARGET_COLLABORATIONS = Table(
    name="target_collaborations",
    key=("collaboration_id",),
    known=_TARGET_COLLABORATION,
    columns=(
        text("collaboration_id", "id"),
        *texts("name type"),
        of_page("status", "status"),
        *times("create_time update_time start_time end_time"),
        # The API's own spelling.
        count("creator_invited_count", "creator_inivited_count"),
        count("showcase_creator_count"),
        count("content_creator_count"),
        count("product_count"),
        Column("has_free_sample", Kind.BOOL, "free_sample_rule.has_free_sample"),
        Column("is_sample_approval_exempt", Kind.BOOL, "free_sample_rule.is_sample_approval_exempt"),
        of_page("snapshot_id", "snapshot_id"),
    ),
)

TARGET_PRODUCTS = Table(
    name="target_collaboration_products",
    key=("collaboration_id", "product_id"),
    known=_TARGET_DETAIL["products"],
    columns=(
        parent("collaboration_id", "collaboration_id"),
        parent("collaboration_update_time", "update_time", Kind.TIME),
        text("product_id", "id"),
        text("product_title", "title"),
        text("product_status", "status"),
        written("commission_rate", Kind.INT, "commission.rate"),
        written("shop_ads_commission_rate", Kind.INT, "commission.shop_ads_commission_rate"),
        written("commission_effective_time", Kind.TIME, "commission.effective_time"),
        *texts("commission_effective_status collaboration_status"),
    ),
)
TARGET_CREATORS = Table(
    name="target_collaboration_creators",
    key=("collaboration_id", "creator_username"),
    known=_TARGET_DETAIL["creators"],
    columns=(
        parent("collaboration_id", "collaboration_id"),
        parent("collaboration_update_time", "update_time", Kind.TIME),
        text("creator_username", "username"),
        text("creator_open_id"),
        text("nickname"),
        text("region", "selection_region"),
        count("showcase_product_count"),
        count("content_product_count"),
        *texts("collaboration_status product_effective_status"),
    ),
)
_TARGET_DETAILS = Table(
    name="target_collaboration_details",
    key=("collaboration_id",),
    known=_TARGET_DETAIL,
    columns=(text("collaboration_id", "id"), *times("update_time")),
    children=(child(TARGET_PRODUCTS, "products"), child(TARGET_CREATORS, "creators")),
    stored=False,
)

SAMPLE_APPLICATIONS = Table(
    name="sample_applications",
    key=("application_id",),
    known=_SAMPLE,
    columns=(
        text("application_id", "id"),
        text("status"),
        Column("commission_rate", Kind.RATE, "commission_rate"),
        text("order_id"),
        text("creator_open_id", "creator.creator_open_id"),
        text("creator_username", "creator.username"),
        text("nickname", "creator.nickname"),
        count("follower_count", "creator.follower_count"),
        text("product_id", "product.id"),
        text("product_title", "product.title"),
        text("sku_id", "product.sku_id"),
        text("fulfillment_status"),
        *times("approve_expiration_time shipment_expiration_time"),
        *bools("is_approvable"),
        of_page("snapshot_id", "snapshot_id"),
    ),
)

SAMPLE_FULFILLMENTS = Table(
    name="sample_fulfillments",
    key=("application_id", "content_id"),
    known=_FULFILLMENT,
    columns=(
        of_page("application_id", "application_id"),
        text("content_id", "content.id"),
        text("content_type", "content.format"),
        text("product_id", "product.id"),
        Column("publish_time", Kind.TIME, "content.create_time"),
        Column("finish_time", Kind.TIME, "content.live_end_time"),
        count("view_count", "content.view_count"),
        count("like_count", "content.like_count"),
        count("comment_count", "content.comment_count"),
        count("paid_order_count", "content.paid_order_count"),
    ),
)

MARKETPLACE_CREATORS = Table(
    name="marketplace_creators",
    key=("creator_open_id",),
    known=_MARKETPLACE_CREATOR,
    columns=(
        text("creator_open_id"),
        text("creator_username", "username"),
        text("nickname"),
        text("region", "selection_region"),
        count("follower_count"),
        count("avg_live_viewers", "avg_ec_live_uv"),
        count("avg_video_views", "avg_ec_video_view_count"),
        first_text(
            "currency", "gmv.currency", "gmv_range.currency", "live_gmv.currency", "video_gmv.currency"
        ),
        *amounts("gmv live_gmv video_gmv"),
        money("gmv_range_minimum", "gmv_range.minimum_amount"),
        money("gmv_range_maximum", "gmv_range.maximum_amount"),
        text("gmv_range", "gmv_range.formatted_range"),
        count("units_sold_range_minimum", "units_sold_range.minimum_amount"),
        count("units_sold_range_maximum", "units_sold_range.maximum_amount"),
        Column("has_collaborated", Kind.BOOL, "creator_profile.has_collaborated"),
        of_page("snapshot_id", "snapshot_id"),
    ),
)


def read_affiliate_orders(reading: Reading, resource: Resource) -> Iterator[Step]:
    """By creation time; once a day the last `REREAD_DAYS` again. The creators in it are noted for the
    marketplace."""
    due = is_due(reading, resource.name)
    hours = 24 * REREAD_DAYS if due else reading.config.lookback_hours
    window = reading.window(resource.name, int(hours * 3600))
    if window is None:
        return
    step_days = WINDOW_DAYS * 86_400
    edges = [*range(window.start, window.until, step_days), window.until]
    calls = [_created_between(Call(), between) for between in pairwise(edges)]
    names: set[str] = set()
    for step in read_calls(reading, resource, calls, sliced(_created_between)):
        if isinstance(step, Page):
            names |= _names(sku for order in step.records for sku in _list(order, "skus"))
            yield step
        elif step.call is not None and step.call.window is not None:
            reached = step.call.window[1]
            notes = [
                window.advance(resource.name, reached, done=reached == window.until),
                _note_creators(names),
            ]
            if due and reached == window.until:
                notes.append(done_today(reading, resource.name))
            yield replace(step, apply=together(*notes))
            names = set()


def _created_between(_: Call, window: tuple[int, int]) -> Call:
    # Not counted against `total_count`: it counts what is paged, and that is not orders.
    return Call(body={"create_time_ge": window[0], "create_time_lt": window[1]}, window=window)


def read_open_collaborations(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The whole list, once a day; products that creators promote are noted for their details."""
    if not is_due(reading, resource.name):
        return
    promoted: dict[str, list[Any]] = {}
    for step in read_calls(reading, resource, [Call(context=reading.snapshot(), id_field="id")]):
        if isinstance(step, Page):
            for record in step.records:
                product_id = _inner(record, "product").get("id")
                creators = [record.get("content_creator_count"), record.get("showcase_creator_count")]
                if isinstance(product_id, str) and product_id and any(creators):
                    promoted[product_id] = creators
            yield step
        else:
            apply = together(_note_products(promoted), done_today(reading, resource.name))
            yield replace(step, apply=apply)


def _note_products(promoted: dict[str, list[Any]]) -> Callable[[States], None]:
    def apply(states: States) -> None:
        state = states(CONTENT_DETAIL.name)
        read, creators = state.get("read", {}), state.get("creators", {})
        state["read"] = {
            product: read.get(product, "") if creators.get(product) == now else ""
            for product, now in promoted.items()
        }
        state["creators"] = promoted

    return apply


def read_content_details(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The creators of every product that `read_open_collaborations` noted, if due."""
    known: dict[str, str] = reading.state(resource.name).get("read", {})
    snapshot = reading.snapshot()
    calls = [
        Call(
            query={"product_id": product},
            context={"product_id": product, **snapshot},
            id_field="creator_profile.username",
        )
        for product in _longest_unread(reading, resource, known, CONTENT_REREAD_DAYS, CALLS_PER_SYNC)
    ]
    names: set[str] = set()
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Page):
            names |= _names(_inner(record, "creator_profile") for record in step.records)
            yield step
        elif step.call is not None:
            read = _note_read(reading, resource.name, step.call.context["product_id"])
            yield replace(step, apply=together(read, _note_creators(names)))
            names = set()


def read_target_collaborations(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The whole list, status by status, once a day; what is new or changed is noted for its details."""
    if not is_due(reading, resource.name):
        return
    snapshot = reading.snapshot()
    calls = [
        Call(body={"collaboration_status": status}, context={"status": status, **snapshot}, id_field="id")
        for status in TARGET_STATUSES
    ]
    changed: dict[str, int] = {}
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Page):
            for record in step.records:
                if isinstance(key := record.get("id"), str) and key:
                    changed[key] = moment if type(moment := record.get("update_time")) is int else 0
            yield step
        elif step.call is not None:
            notes = [_note_changed(changed)]
            if step.call.context["status"] == TARGET_STATUSES[-1]:
                notes.append(done_today(reading, resource.name))
            yield replace(step, apply=together(*notes))
            changed = {}


def _note_changed(changed: dict[str, int]) -> Callable[[States], None]:
    def apply(states: States) -> None:
        state = states(TARGET_PRODUCT.name)
        seen: dict[str, int] = state.setdefault("seen", {})
        todo: dict[str, int] = state.setdefault("todo", {})
        for key, moment in changed.items():
            if seen.get(key) != moment:
                seen[key] = todo[key] = moment

    return apply


def read_target_products(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The products of every target collaboration noted by `read_target_collaborations`."""
    todo: dict[str, int] = reading.state(resource.name).get("todo", {})
    waiting = sorted(todo, key=lambda key: (todo[key], key))
    calls = [
        Call(path={"target_collaboration_id": key}, context={"collaboration_id": key})
        for key in _bounded(reading, resource, waiting, CALLS_PER_SYNC)
    ]
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Checkpoint) and step.call is not None:
            yield replace(step, apply=_note_done(resource.name, step.call.context["collaboration_id"]))
        else:
            yield step


def _note_done(resource: str, key: str) -> Callable[[States], None]:
    def apply(states: States) -> None:
        states(resource).get("todo", {}).pop(key, None)

    return apply


def read_samples(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The whole list, once a day: it knows no time. Samples that have arrived are noted for their content."""
    if not is_due(reading, resource.name):
        return
    arrived: dict[str, bool] = {}
    for step in read_calls(reading, resource, [Call(context=reading.snapshot(), id_field="id")]):
        if isinstance(step, Page):
            for record in step.records:
                if isinstance(key := record.get("id"), str) and key and record.get("status") in _FULFILLED:
                    arrived[key] = record["status"] != "CONTENT_PENDING"
            yield step
        else:
            today = local_date(reading, reading.until)
            apply = together(_note_arrived(arrived, today), done_today(reading, resource.name))
            yield replace(step, apply=apply)


def _note_arrived(arrived: dict[str, bool], today: date) -> Callable[[States], None]:
    def apply(states: States) -> None:
        state = states(FULFILLMENT.name)
        read: dict[str, str] = state.get("read", {})
        completed: dict[str, str] = state.get("completed", {})
        state["completed"] = {
            key: completed.get(key, today.isoformat()) for key, is_complete in arrived.items() if is_complete
        }
        # Content of a sample that was completed long ago is as it will be; it is read at least once.
        oldest = (today - timedelta(days=FULFILLMENT_REREAD_DAYS)).isoformat()
        state["read"] = {
            key: _FOR_EVER
            if read.get(key) and state["completed"].get(key, oldest) < oldest
            else read.get(key, "")
            for key in arrived
        }

    return apply


_FOR_EVER = "9999-12-31"


def read_fulfillments(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The content made for every sample that `read_samples` noted, each sample once a day."""
    known: dict[str, str] = reading.state(resource.name).get("read", {})
    calls = [
        Call(path={"application_id": key}, body={}, context={"application_id": key})
        for key in _longest_unread(reading, resource, known, 1, CALLS_PER_SYNC)
    ]
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Checkpoint) and step.call is not None:
            yield replace(step, apply=_note_read(reading, resource.name, step.call.context["application_id"]))
        else:
            yield step


def read_marketplace(reading: Reading, resource: Resource) -> Iterator[Step]:
    """Every creator that the shop has met, by name: the first page of what the marketplace finds."""
    known: dict[str, str] = reading.state(resource.name).get("read", {})
    snapshot = reading.snapshot()
    calls = [
        Call(body={"keyword": name}, context={"creator_username": name, **snapshot}, last_page=1)
        for name in _longest_unread(reading, resource, known, CREATOR_REREAD_DAYS, CREATORS_PER_SYNC)
    ]
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Checkpoint) and step.call is not None:
            yield replace(
                step, apply=_note_read(reading, resource.name, step.call.context["creator_username"])
            )
        else:
            yield step


def _note_creators(names: set[str]) -> Callable[[States], None]:
    def apply(states: States) -> None:
        read: dict[str, str] = states(MARKETPLACE_CREATOR.name).setdefault("read", {})
        for name in sorted(names):
            read.setdefault(name, "")

    return apply


def _note_read(reading: Reading, resource: str, key: str) -> Callable[[States], None]:
    today = local_date(reading, reading.until).isoformat()

    def apply(states: States) -> None:
        read = states(resource).get("read", {})
        if key in read:
            read[key] = today

    return apply


def _longest_unread(
    reading: Reading, resource: Resource, read: dict[str, str], days: int, most: int
) -> list[str]:
    """Of the keys with the day they were read last, those that are due, the longest unread first."""
    latest = (local_date(reading, reading.until) - timedelta(days=days)).isoformat()
    due = [key for key, day in read.items() if day <= latest]
    return _bounded(reading, resource, sorted(due, key=lambda key: (read[key], key)), most)


def _bounded(reading: Reading, resource: Resource, keys: list[str], most: int) -> list[str]:
    if len(keys) > most:
        reading.note(resource.name, f"{len(keys) - most} of {len(keys)} wait for the next sync.")
    return keys[:most]


def _names(objects: Iterable[Any]) -> set[str]:
    """The creators' names in SKUs of affiliate orders, or in profiles."""
    names = set()
    for one in objects:
        name = (one.get("creator_username") or one.get("username")) if type(one) is dict else None
        if isinstance(name, str) and name:
            names.add(name)
    return names


def _list(record: Record, name: str) -> list[Any]:
    value = record.get(name)
    return value if type(value) is list else []


def _inner(record: Record, name: str) -> Record:
    value = record.get(name)
    return value if type(value) is dict else {}


AFFILIATE_ORDER = Resource(
    name="affiliate_orders",
    endpoint=SEARCH_AFFILIATE_ORDERS,
    tables=(AFFILIATE_ORDERS,),
    rules=Rules(known=AFFILIATE_ORDERS.known or {}),
    take=listed("orders"),
    read=read_affiliate_orders,
    keep_records=True,
)

OPEN_COLLABORATION = Resource(
    name="open_collaborations",
    endpoint=SEARCH_OPEN_COLLABORATIONS,
    tables=(OPEN_COLLABORATIONS,),
    rules=Rules(known=_OPEN_COLLABORATION),
    take=listed("open_collaborations"),
    read=read_open_collaborations,
    snapshot=True,
    keep_records=True,
)

CONTENT_DETAIL = Resource(
    name="creator_content_details",
    endpoint=CREATOR_CONTENT_DETAILS,
    tables=(CONTENT_DETAILS,),
    rules=Rules(known=_CONTENT_DETAIL, drop=("creator_profile.avatar",)),
    take=listed("creator_content_details"),
    read=read_content_details,
    keep_records=True,
)

TARGET_COLLABORATION = Resource(
    name="target_collaborations",
    endpoint=SEARCH_TARGET_COLLABORATIONS,
    tables=(TARGET_COLLABORATIONS,),
    rules=Rules(known=_TARGET_COLLABORATION, drop=("message",)),
    take=listed("target_collaborations"),
    read=read_target_collaborations,
    keep_records=True,
)

TARGET_PRODUCT = Resource(
    name="target_collaboration_products",
    endpoint=TARGET_COLLABORATION_DETAIL,
    tables=(_TARGET_DETAILS,),
    rules=Rules(known=_TARGET_DETAIL, drop=("message", "seller_contact_info", "creators.avatar")),
    take=object_in("target_collaboration"),
    read=read_target_products,
)

SAMPLE_APPLICATION = Resource(
    name="sample_applications",
    endpoint=SEARCH_SAMPLE_APPLICATIONS,
    tables=(SAMPLE_APPLICATIONS,),
    rules=Rules(known=_SAMPLE, drop=("tracking_number", "creator.avatar_url")),
    take=listed("sample_applications"),
    read=read_samples,
    keep_records=True,
)

FULFILLMENT = Resource(
    name="sample_fulfillments",
    endpoint=SEARCH_SAMPLE_FULFILLMENTS,
    tables=(SAMPLE_FULFILLMENTS,),
    rules=Rules(known=_FULFILLMENT, drop=("content.description",)),
    take=listed("fulfillments"),
    read=read_fulfillments,
)

MARKETPLACE_CREATOR = Resource(
    name="marketplace_creators",
    endpoint=SEARCH_MARKETPLACE_CREATORS,
    tables=(MARKETPLACE_CREATORS,),
    rules=Rules(known=_MARKETPLACE_CREATOR, drop=("avatar",)),
    take=listed("creators"),
    read=read_marketplace,
)

RESOURCES = (
    AFFILIATE_ORDER,
    OPEN_COLLABORATION,
    CONTENT_DETAIL,
    TARGET_COLLABORATION,
    TARGET_PRODUCT,
    SAMPLE_APPLICATION,
    FULFILLMENT,
    MARKETPLACE_CREATOR,
)
