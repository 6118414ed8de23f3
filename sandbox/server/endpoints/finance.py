"""Money: statements, their transactions, what is not settled yet, payments to the bank."""

from __future__ import annotations

import orjson

from sandbox.server.calls import Answer, Call, Endpoint, choice
from sandbox.server.listing import Listing, page
from sandbox.server.refusal import bad_request

_SCOPE = "seller.finance.info"
_MAX_PAGE = 100
_DEFAULT_PAGE = 20


def _timed(
    call: Call, kind: str, key: str, sort_field: str, bounds: str | None, parent: str | None = None
) -> Listing:
    """A list sorted by its one time; `sort_field` is required although there is no choice."""
    choice("sort_field", call.query.required("sort_field"), (sort_field,))
    status = call.query.text("payment_status")
    return Listing(
        kind=kind,
        key=key,
        field="create_time",
        order=call.query.order("ASC"),
        ge=call.query.integer(f"{bounds}_ge") if bounds else None,
        lt=call.query.integer(f"{bounds}_lt") if bounds else None,
        statuses=(choice("payment_status", status, ("FAILED", "PAID", "PROCESSING")),) if status else None,
        parent=parent,
    )


def _size(call: Call) -> int:
    return call.query.page_size(1, _MAX_PAGE, _DEFAULT_PAGE)


def _statements(call: Call) -> Answer:
    listing = _timed(call, "statement", "statements", "statement_time", "statement_time")
    return page(call, listing, _size(call), total=False)


def _statement_transactions(call: Call) -> Answer:
    statement_id = call.path["statement_id"]
    header = call.sandbox.store.get("statement_header", call.owner().id, statement_id, call.now)
    if header is None:
        raise bad_request(f"Invalid parameter: this shop has no statement {statement_id}")
    listing = _timed(
        call, "statement_transaction", "transactions", "order_create_time", None, parent=statement_id
    )
    # The header is a JSON object; its members go before those of the list.
    fields = header.body.strip()[1:-1]
    return page(call, listing, _size(call), total=True, fields=fields + b"," if fields else b"")


def _order_transactions(call: Call) -> Answer:
    order_id = call.path["order_id"]
    store, shop_id = call.sandbox.store, call.owner().id
    record = store.get("order_transaction", shop_id, order_id, call.now)
    if record is not None:
        return Answer([record.body], 1)
    if store.get("order", shop_id, order_id, call.now) is None:
        raise bad_request(f"Invalid parameter: this shop has no order {order_id}")
    # An order that no statement holds yet has no transactions.
    return Answer([orjson.dumps({"order_id": order_id, "sku_transactions": [], "total_count": 0})], 0)


def _unsettled(call: Call) -> Answer:
    listing = _timed(call, "unsettled", "transactions", "order_create_time", "search_time")
    return page(call, listing, _size(call), total=True)


def _payments(call: Call) -> Answer:
    listing = _timed(call, "payment", "payments", "create_time", "create_time")
    return page(call, listing, _size(call), total=False)


def _withdrawals(call: Call) -> Answer:
    """Movements of the balance; only the Malaysian shop has one, TikTok pays the others by itself."""
    kinds = call.query.items("types", 20)
    statuses = tuple(kinds) if kinds else None
    listing = Listing(
        kind="withdrawal",
        key="withdrawals",
        field="create_time",
        order="ASC",
        ge=call.query.integer("create_time_ge"),
        lt=call.query.integer("create_time_lt"),
        statuses=statuses,
    )
    return page(call, listing, _size(call), total=True)


ENDPOINTS = (
    Endpoint("statements", "GET", "/finance/202309/statements", _SCOPE, _statements, list_path="statements"),
    Endpoint(
        "statement_transactions",
        "GET",
        "/finance/202501/statements/{statement_id}/statement_transactions",
        _SCOPE,
        _statement_transactions,
        list_path="transactions",
    ),
    Endpoint(
        "order_transactions",
        "GET",
        "/finance/202501/orders/{order_id}/statement_transactions",
        _SCOPE,
        _order_transactions,
        list_path="sku_transactions",
    ),
    Endpoint(
        "unsettled_transactions",
        "GET",
        "/finance/202507/orders/unsettled",
        _SCOPE,
        _unsettled,
        list_path="transactions",
    ),
    Endpoint("payments", "GET", "/finance/202605/payments", _SCOPE, _payments, list_path="payments"),
    Endpoint(
        "withdrawals", "GET", "/finance/202309/withdrawals", _SCOPE, _withdrawals, list_path="withdrawals"
    ),
)
