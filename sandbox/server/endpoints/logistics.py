"""Warehouses."""

from __future__ import annotations

from sandbox.server.calls import Answer, Call, Endpoint


def _warehouses(call: Call) -> Answer:
    records = call.sandbox.store.page(
        "warehouse",
        call.owner().id,
        call.now,
        field="create_time",
        ge=None,
        lt=None,
        order="ASC",
        after=None,
        limit=1_000,
    )
    bodies = b",".join([record.body for record in records])
    return Answer([b'{"warehouses":[', bodies, b"]}"], len(records))


ENDPOINTS = (
    Endpoint(
        "warehouses",
        "GET",
        "/logistics/202309/warehouses",
        "seller.logistics",
        _warehouses,
        list_path="warehouses",
    ),
)
