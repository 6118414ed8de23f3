"""Packages: which orders and lines travel together, how far they are, and what went wrong with them.

| endpoint | raw tables | how it is read |
| --- | --- | --- |
| `POST /fulfillment/202309/packages/search` | `packages`, `package_orders`, `package_lines` | by update time |
| `GET /fulfillment/202309/packages/{package_id}` | `package_details` | per package long under way, once a day |

Every version of a package that a sync meets is a row; so are its orders and lines. A package may hold several
orders (combined), an order may be in several packages (split). The search names lines, but not whose they are:
that is told by the orders. Neither endpoint says when a carrier took or delivered a package: the order does.

Only the detail tells that a package was lost, damaged or sent back. At one call a package it is asked for those
alone that have been under way for more than `LATE_DAYS`, the oldest first, and a package no longer than
`GIVEN_UP_DAYS` after its creation.

A detail holds the buyer's address and both numbers by which a parcel can be traced to a door: none is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ingestion.engine.answers import listed, whole_answer
from ingestion.engine.columns import (
    Child,
    Column,
    Kind,
    Table,
    child,
    computed,
    fields,
    length_of,
    parent,
    text,
    texts,
    times,
)
from ingestion.engine.pages import Record
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Checkpoint
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import ByTime, Call, Reading, Resource, Step, read_calls
from ingestion.tiktok_shop.shop_days import done_today, is_due

_SCOPE = "seller.fulfillment.basic"

SEARCH_PACKAGES = Endpoint(
    "search_packages",
    "POST",
    "/fulfillment/202309/packages/search",
    "202309",
    page_size=50,
    scope=_SCOPE,
)
PACKAGE_DETAIL = Endpoint(
    "package_detail",
    "GET",
    "/fulfillment/202309/packages/{package_id}",
    "202309",
    scope=_SCOPE,
    gives="one package",
)

UNDER_WAY = "FULFILLING"
LATE_DAYS = 8
"""A package that a carrier has had for longer is likely in trouble: most arrive within a week."""
GIVEN_UP_DAYS = 45
DETAILS_PER_SYNC = 200
"""Packages of a shop that are asked for details in a day: at one call a second, a few minutes."""

_DAY = 86_400

_PACKAGE = fields("""
    id orders[id skus[id name image_url quantity]] create_time update_time status tracking_number
    shipping_provider_name shipping_provider_id order_line_item_ids
""")
_ADDRESS = """
    full_address phone_number name postal_code address_detail region_code address_line1 address_line2
    address_line3 address_line4
"""
_DETAIL = fields(f"""
    package_id orders[id skus[id name image_url quantity]] package_status package_sub_status
    ship_exception_reason split_and_combine_tag has_multi_skus note_tag shipping_provider_name
    shipping_provider_id shipping_type delivery_option_name delivery_option_id tracking_number
    last_mile_tracking_number pickup_slot{{start_time end_time}} create_time handover_method order_line_item_ids
    recipient_address{{{_ADDRESS}}} sender_address{{{_ADDRESS}}} weight{{value unit}}
    dimension{{length width height unit}} update_time insurance{{is_purchased coverage_amount
    is_claim_eligible claim_status}} biz_extension_tags warehouse_id
""")
_ORDER = _PACKAGE["orders"] or {}
_LINE = fields("line_id")


def _lines_of(records: list[Record]) -> tuple[list[int], list[Record]]:
    """The line ids of packages, as records of their own."""
    owners: list[int] = []
    lines: list[Record] = []
    for index, record in enumerate(records):
        ids = record.get("order_line_item_ids")
        for line_id in ids if type(ids) is list else ():
            owners.append(index)
            lines.append({"line_id": line_id})
    return owners, lines


PACKAGE_ORDERS = Table(
    name="package_orders",
    key=("package_id", "order_id"),
    known=_ORDER,
    columns=(
        parent("package_id", "package_id"),
        parent("package_update_time", "update_time", Kind.TIME),
        text("order_id", "id"),
    ),
)

PACKAGE_LINES = Table(
    name="package_lines",
    key=("package_id", "line_id"),
    known=_LINE,
    columns=(
        parent("package_id", "package_id"),
        parent("package_update_time", "update_time", Kind.TIME),
        text("line_id"),
        Column("line_index", Kind.INT, "line_index", of="position"),
    ),
)

PACKAGES = Table(
    name="packages",
    key=("package_id",),
    known=_PACKAGE,
    columns=(
        text("package_id", "id"),
        text("status"),
        *times("create_time update_time"),
        *texts("shipping_provider_id shipping_provider_name"),
        computed("order_count", Kind.INT, length_of("orders")),
        computed("line_count", Kind.INT, length_of("order_line_item_ids")),
    ),
    children=(child(PACKAGE_ORDERS, "orders"), Child(PACKAGE_LINES, _lines_of)),
)

DETAILS = Table(
    name="package_details",
    key=("package_id",),
    known=_DETAIL,
    columns=(
        text("package_id"),
        *texts("package_status package_sub_status ship_exception_reason split_and_combine_tag"),
        *texts("shipping_type delivery_option_name handover_method warehouse_id"),
        *times("create_time update_time"),
        Column("pickup_slot_start_time", Kind.TIME, "pickup_slot.start_time"),
        Column("pickup_slot_end_time", Kind.TIME, "pickup_slot.end_time"),
    ),
)


def read_details(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The packages that have been under way for long, once a day."""
    if not is_due(reading, resource.name):
        return
    late = _late_packages(reading)
    if len(late) > DETAILS_PER_SYNC:
        reading.note(
            resource.name,
            f"{len(late)} packages have been under way for more than {LATE_DAYS} days; only the oldest "
            f"{DETAILS_PER_SYNC} were asked for details.",
        )
    calls = [Call(path={"package_id": package_id}) for package_id in late[:DETAILS_PER_SYNC]]
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Checkpoint) and step.call is calls[-1]:
            yield replace(step, apply=done_today(reading, resource.name))
        else:
            yield step
    if not calls:
        yield Checkpoint(done_today(reading, resource.name))


def _late_packages(reading: Reading) -> list[str]:
    """Ids of the packages long under way, oldest first; at most one more than are asked for details."""
    found: list[str] = []
    until = reading.until
    for answer in reading.client.pages(
        SEARCH_PACKAGES,
        reading.shop,
        query={"sort_field": "create_time", "sort_order": "ASC"},
        body={
            "package_status": UNDER_WAY,
            "create_time_ge": until - GIVEN_UP_DAYS * _DAY,
            "create_time_lt": until - LATE_DAYS * _DAY,
        },
    ):
        packages, _ = PACKAGE.take(answer.data)
        found += [package_id for one in packages if isinstance(package_id := one.get("id"), str)]
        if len(found) > DETAILS_PER_SYNC:
            break
    return found


PACKAGE = Resource(
    name="packages",
    endpoint=SEARCH_PACKAGES,
    tables=(PACKAGES,),
    rules=Rules(known=_PACKAGE, drop=("tracking_number",)),
    take=listed("packages"),
    read=ByTime("update_time", id_field="id", send="body"),
)

PACKAGE_DETAILS = Resource(
    name="package_details",
    endpoint=PACKAGE_DETAIL,
    tables=(DETAILS,),
    rules=Rules(
        known=_DETAIL,
        drop=(
            "tracking_number",
            "last_mile_tracking_number",
            "recipient_address",
            "sender_address",
        ),
    ),
    take=whole_answer,
    read=read_details,
)

RESOURCES = (
    PACKAGE,
    PACKAGE_DETAILS,
)
