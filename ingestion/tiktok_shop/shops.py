"""Shops and their warehouses.

| endpoint | raw table | how it is read |
| --- | --- | --- |
| `GET /authorization/202309/shops` | `shops` | one row per sync, made from the list the run starts with |
| `GET /logistics/202309/warehouses` | `warehouses` | the whole list, every sync |

A shop's cipher is a key to its data: it is kept in the token file and nowhere else. Of a warehouse's
address only the region stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.engine.answers import listed
from ingestion.engine.columns import Table, bools, fields, text, texts
from ingestion.engine.privacy import Rules
from ingestion.tables.shops import SHOPS
from ingestion.tiktok_shop.endpoints import AUTHORIZED_SHOPS, Endpoint
from ingestion.tiktok_shop.reading import Call, Reading, Resource, Step, read_calls, record_of

WAREHOUSES = Endpoint("warehouses", "GET", "/logistics/202309/warehouses", "202309", scope="seller.logistics")

WAREHOUSE_LIST = Table(
    name="warehouses",
    key=("warehouse_id",),
    known=fields("""
    id entity_id name effect_status type sub_type is_default address{region state city distict town
    contact_person first_name last_name first_name_local_script last_name_local_script postal_code
    full_address region_code phone_number address_line1 address_line2 address_line3 address_line4
    geolocation{latitude longitude}}
    """),
    columns=(
        text("warehouse_id", "id"),
        *texts("name effect_status type sub_type"),
        *bools("is_default"),
        text("region", "address.region_code"),
    ),
)


def read_shop(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The shop itself: no call, the list of shops was asked for before."""
    shop = reading.shop
    record = {
        "id": shop.shop_id,
        "name": shop.name,
        "region": shop.region,
        "seller_type": shop.seller_type,
        "code": shop.code,
    }
    yield record_of(reading, resource, record)


def read_warehouses(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The whole list."""
    yield from read_calls(reading, resource, [Call(context=reading.snapshot())])


SHOP = Resource(
    name="shops",
    endpoint=AUTHORIZED_SHOPS,
    tables=(SHOPS,),
    rules=Rules(known=fields("id name region seller_type code"), drop=("cipher",)),
    take=listed("shops"),
    read=read_shop,
)

WAREHOUSE = Resource(
    name="warehouses",
    endpoint=WAREHOUSES,
    tables=(WAREHOUSE_LIST,),
    rules=Rules(known=WAREHOUSE_LIST.known or {}, keep={"address": ("region", "region_code")}),
    take=listed("warehouses"),
    read=read_warehouses,
    snapshot=True,
)

RESOURCES = (
    SHOP,
    WAREHOUSE,
)
