"""Products, their SKUs, and stock.

| endpoint | raw tables | how it is read |
| --- | --- | --- |
| `POST /product/202502/products/search` | `products`, `skus` | the whole list, every sync |
| `POST /product/202309/inventory/search` | `inventory_skus`, `inventory` | all products of that list, every sync |

The list is read whole: promotions change prices without changing a product's update time, and one call
brings 100 products. The endpoint stops after 10,000 products, so longer lists are read by slices of
update time.

Stock has no time of its own: a snapshot carries the end of the sync's windows, which is now unless a sync is told
otherwise. The API only ever tells of now, so a sync that ends before the last snapshot takes none: it would pass
for the stock of a day that is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ingestion.engine.answers import listed
from ingestion.engine.columns import (
    Kind,
    Table,
    bools,
    child,
    computed,
    count,
    counts,
    fields,
    money,
    of_page,
    parent,
    text,
    texts,
    times,
    value_at,
)
from ingestion.engine.pages import Record
from ingestion.engine.privacy import Rules
from ingestion.engine.windows import Checkpoint, States
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import (
    READINGS,
    Call,
    Reading,
    Resource,
    Step,
    incomplete,
    read_calls,
    sliced,
)

_SCOPE = "seller.product.basic"

SEARCH_PRODUCTS = Endpoint(
    "search_products",
    "POST",
    "/product/202502/products/search",
    "202502",
    page_size=100,
    scope=_SCOPE,
)
SEARCH_INVENTORY = Endpoint(
    "search_inventory",
    "POST",
    "/product/202309/inventory/search",
    "202309",
    scope=_SCOPE,
    gives="by product ids",
)

_PRODUCT = fields("""
    id title status skus[id seller_sku price{currency tax_exclusive_price sale_price starting_bid_price}
    inventory[warehouse_id quantity backorder_quantity handling_time] list_price{amount currency}
    external_list_prices[source amount currency] pre_sale{type fulfillment_type{handling_duration_days
    release_date}} status_info{status deactivation_source} fees[type amount additional_attribute]]
    sales_regions create_time update_time product_sync_fail_reasons is_not_for_sale
    recommended_categories[id local_name] listing_quality_tier integrated_platform_statuses[platform
    status] audit{status pre_approved_reasons} product_families[id products[id]] has_draft
    scheduled_sale{is_enabled_scheduled_sale schedule_sale_time} product_tags selling_format
""")
_STOCK = fields("""
    product_id skus[id seller_sku total_available_quantity total_committed_quantity
    warehouse_inventory[warehouse_id available_quantity committed_quantity]
    total_available_inventory_distribution{campaign_inventory[quantity campaign_name]
    creator_inventory[quantity creator_name] in_shop_inventory{quantity}}]
""")
_STOCK_SKU = _STOCK["skus"] or {}

PRODUCTS_PER_STOCK_CALL = 50
LIST_LIMIT = 10_000
"""The product list ends after so many products, whatever follows."""

SKUS = Table(
    name="skus",
    key=("product_id", "sku_id"),
    known=_PRODUCT["skus"],
    columns=(
        parent("product_id", "product_id"),
        parent("product_update_time", "update_time", Kind.TIME),
        text("sku_id", "id"),
        text("seller_sku"),
        text("currency", "price.currency"),
        money("sale_price", "price.sale_price"),
        money("tax_exclusive_price", "price.tax_exclusive_price"),
        money("list_price", "list_price.amount"),
        text("status", "status_info.status"),
    ),
)

PRODUCTS = Table(
    name="products",
    key=("product_id",),
    known=_PRODUCT,
    columns=(
        text("product_id", "id"),
        *texts("title status"),
        *times("create_time update_time"),
        text("audit_status", "audit.status"),
        text("listing_quality_tier"),
        *bools("is_not_for_sale"),
    ),
    children=(child(SKUS, "skus"),),
)

_DISTRIBUTION = "total_available_inventory_distribution"


def _elements(record: Record, name: str) -> list[Record] | None:
    """What of a SKU's stock is kept for somebody; None where the answer does not tell."""
    found = value_at(record, f"{_DISTRIBUTION}.{name}")
    return [one for one in found if type(one) is dict] if type(found) is list else None


def _kept_units(name: str) -> Callable[[list[Record]], list[Any]]:
    def sums(records: list[Record]) -> list[int | None]:
        lists = [_elements(record, name) for record in records]
        return [
            None if kept is None else sum(one["quantity"] for one in kept if type(one.get("quantity")) is int)
            for kept in lists
        ]

    return sums


def _kept_for(name: str, who: str) -> Callable[[list[Record]], list[Any]]:
    def names(records: list[Record]) -> list[str | None]:
        lists = [_elements(record, name) or [] for record in records]
        return [", ".join(sorted({str(one[who]) for one in kept if one.get(who)})) or None for kept in lists]

    return names


INVENTORY = Table(
    name="inventory",
    key=("product_id", "sku_id", "warehouse_id"),
    known=(_STOCK_SKU["warehouse_inventory"] or {}),
    columns=(
        parent("product_id", "product_id"),
        parent("sku_id", "sku_id"),
        parent("seller_sku", "seller_sku"),
        text("warehouse_id"),
        count("available_quantity"),
        count("committed_quantity"),
        of_page("snapshot_id", "snapshot_id"),
        of_page("snapshot_time", "snapshot_time", Kind.TIME),
    ),
)
INVENTORY_SKUS = Table(
    name="inventory_skus",
    key=("product_id", "sku_id"),
    known=_STOCK_SKU,
    columns=(
        parent("product_id", "product_id"),
        text("sku_id", "id"),
        text("seller_sku"),
        *counts("total_available_quantity total_committed_quantity"),
        computed("campaign_quantity", Kind.INT, _kept_units("campaign_inventory")),
        computed("campaign_names", Kind.TEXT, _kept_for("campaign_inventory", "campaign_name")),
        computed("creator_quantity", Kind.INT, _kept_units("creator_inventory")),
        computed("creator_names", Kind.TEXT, _kept_for("creator_inventory", "creator_name")),
        count("in_shop_quantity", f"{_DISTRIBUTION}.in_shop_inventory.quantity"),
        of_page("snapshot_id", "snapshot_id"),
        of_page("snapshot_time", "snapshot_time", Kind.TIME),
    ),
    children=(child(INVENTORY, "warehouse_inventory"),),
)
_INVENTORY_PRODUCT = Table(
    name="inventory_products",
    key=("product_id",),
    known=_STOCK,
    columns=(text("product_id"),),
    children=(child(INVENTORY_SKUS, "skus"),),
    stored=False,
)


def read_products(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The whole list, deleted products included."""
    ids: list[str] = []
    for step in read_calls(
        reading, resource, [_product_call(reading)], sliced(_products_between, rows=LIST_LIMIT // 2)
    ):
        for record in getattr(step, "records", ()):
            if isinstance(product_id := record.get("id"), str):
                ids.append(product_id)
        yield step
    # Not before all have come: stock of a part of the products would pass for all there is.
    reading.product_ids = ids


def read_inventory(reading: Reading, resource: Resource) -> Iterator[Step]:
    """Stock of every product, some products per call."""
    if reading.until < reading.state(resource.name).get("snapshot_time", 0):
        reading.note(resource.name, "No stock was read: this sync ends before the last one that read it.")
        return
    ids = reading.product_ids
    if ids is None:
        ids = _listed_products(reading)
    ids = sorted(set(ids))
    context = {**reading.snapshot(), "snapshot_time": reading.until}
    calls = [
        Call(body={"product_ids": ids[start : start + PRODUCTS_PER_STOCK_CALL]}, context=context)
        for start in range(0, len(ids), PRODUCTS_PER_STOCK_CALL)
    ]
    yield from read_calls(reading, resource, calls)
    yield Checkpoint(_note_snapshot(resource.name, reading.until))


def _listed_products(reading: Reading) -> list[str]:
    """The ids of all products, for a run that does not read the products themselves."""
    found: set[str] = set()
    announced, request_id = 0, ""
    for _ in range(READINGS):
        for answer in reading.client.pages(SEARCH_PRODUCTS, reading.shop, body={"status": "ALL"}):
            found.update(product["id"] for product in answer.data.get("products") or [] if "id" in product)
            announced, request_id = answer.data.get("total_count") or 0, answer.request_id
        if len(found) >= announced or reading.config.short_lists == "accept":
            return list(found)
    raise incomplete(reading, PRODUCT, _product_call(reading), announced, len(found), request_id)


def _note_snapshot(resource: str, moment: int) -> Callable[[States], None]:
    def apply(states: States) -> None:
        states(resource)["snapshot_time"] = moment

    return apply


def _product_call(reading: Reading) -> Call:
    return Call(body={"status": "ALL"}, window=(0, reading.until), context=reading.snapshot(), id_field="id")


def _products_between(call: Call, window: tuple[int, int]) -> Call:
    # This endpoint's upper bound is inclusive (`le`), every other one's exclusive.
    body = {"status": "ALL", "update_time_ge": window[0], "update_time_le": window[1] - 1}
    return Call(body=body, window=window, context=call.context, id_field="id")


PRODUCT = Resource(
    name="products",
    endpoint=SEARCH_PRODUCTS,
    tables=(PRODUCTS,),
    rules=Rules(known=_PRODUCT),
    take=listed("products"),
    read=read_products,
    snapshot=True,
    keep_records=True,
)

STOCK = Resource(
    name="inventory",
    endpoint=SEARCH_INVENTORY,
    tables=(_INVENTORY_PRODUCT,),
    rules=Rules(known=_STOCK),
    take=listed("inventory"),
    read=read_inventory,
    snapshot=True,
)

RESOURCES = (
    PRODUCT,
    STOCK,
)
