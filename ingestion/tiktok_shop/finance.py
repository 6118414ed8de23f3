"""Settlement: statements, their transactions, what is not settled yet, and payments.

| endpoint (`/finance/...`) | raw tables | how it is read |
| --- | --- | --- |
| `202309/statements` | `statements` | by statement time, the last 35 days again |
| `202501/statements/{id}/statement_transactions` | `statement_totals`, `statement_transactions` | if changed |
| `202501/orders/{id}/statement_transactions` | `order_transactions` | orders that do not add up |
| `202507/orders/unsettled` | `unsettled_transactions` | the whole list, every sync |
| `202605/payments` | `payments` | by creation time, the last 35 days again |
| `202309/withdrawals` | `withdrawals` | by creation time, the last 35 days again |

Each `..._transactions` has a table of `..._transaction_components` beside it.

Charges are negative and credits positive, so a settlement is the plain sum of its parts, although
TikTok's documents print minus signs. The breakdowns hold more than a hundred fees and taxes, and new ones
appear: every amount in them that is not zero becomes a row of a component table, under the name the API
gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.engine.answers import listed
from ingestion.engine.columns import (
    Fields,
    Kind,
    Table,
    computed,
    count,
    fields,
    monies,
    of_page,
    parent,
    text,
    texts,
    times,
)
from ingestion.engine.pages import Page, Record
from ingestion.engine.privacy import Rules
from ingestion.engine.rows import Drift, build
from ingestion.engine.windows import Checkpoint, States
from ingestion.tables.finance import (
    PAYMENT_LIST,
    STATEMENT_LIST,
    STATEMENT_TRANSACTION_LIST,
    UNSETTLED_LIST,
    components,
)
from ingestion.tiktok_shop.endpoints import Endpoint
from ingestion.tiktok_shop.reading import ByTime, Call, Reading, Resource, Step, read_calls

_SCOPE = "seller.finance.info"

STATEMENTS = Endpoint(
    "statements", "GET", "/finance/202309/statements", "202309", page_size=100, scope=_SCOPE
)
STATEMENT_TRANSACTIONS = Endpoint(
    "statement_transactions",
    "GET",
    "/finance/202501/statements/{statement_id}/statement_transactions",
    "202501",
    page_size=100,
    scope=_SCOPE,
)
ORDER_TRANSACTIONS = Endpoint(
    "order_transactions",
    "GET",
    "/finance/202501/orders/{order_id}/statement_transactions",
    "202501",
    scope=_SCOPE,
)
UNSETTLED_TRANSACTIONS = Endpoint(
    "unsettled_transactions",
    "GET",
    "/finance/202507/orders/unsettled",
    "202507",
    page_size=100,
    scope=_SCOPE,
)
PAYMENTS = Endpoint("payments", "GET", "/finance/202605/payments", "202605", page_size=100, scope=_SCOPE)
WITHDRAWALS = Endpoint(
    "withdrawals", "GET", "/finance/202309/withdrawals", "202309", page_size=100, scope=_SCOPE
)

WITHDRAWAL_TYPES = ("PAYMENT", "REFUND", "REVERSE", "SETTLE", "TRANSFER", "WITHDRAW")
"""Movements of the seller's balance with the platform: the endpoint wants the kinds to be named."""

REREAD_DAYS = 35
"""Statements and payments are read again for so long: their payment follows days or weeks later."""


def _quantities(records: list[Record]) -> list[Any]:
    """Quantities are documented as text."""
    found = [record.get("quantity") for record in records]
    return [int(value) if type(value) is str and value.isdecimal() else value for value in found]


STATEMENT_TOTALS = Table(
    name="statement_totals",
    header=True,
    key=("statement_id",),
    known=fields("""
    id create_time status currency payable_amount total_reserve_amount total_settlement_amount
    total_settlement_breakdown{total_revenue_amount total_shipping_cost_amount total_fee_tax_amount
    total_adjustment_amount} total_count
    """),
    columns=(
        of_page("statement_id", "statement_id"),
        *times("create_time"),
        *texts("status currency"),
        *monies("payable_amount total_reserve_amount total_settlement_amount"),
        *monies("total_revenue_amount total_shipping_cost_amount", under="total_settlement_breakdown"),
        *monies("total_fee_tax_amount total_adjustment_amount", under="total_settlement_breakdown"),
        count("total_count"),
    ),
)

ORDER_TRANSACTION_LIST = Table(
    name="order_transactions",
    key=("order_id",),
    known=fields("""
    sku_id sku_name statement_id product_name quantity settlement_amount revenue_amount revenue_breakdown
    shipping_cost_amount shipping_cost_breakdown fee_tax_amount fee_tax_breakdown
    """),
    columns=(
        of_page("order_id", "order_id"),
        of_page("order_create_time", "order_create_time", Kind.TIME),
        *texts("sku_id sku_name product_name statement_id"),
        computed("quantity", Kind.INT, _quantities),
        of_page("currency", "currency"),
        *monies("settlement_amount revenue_amount shipping_cost_amount fee_tax_amount"),
    ),
    children=(
        components(
            "order_transaction_components",
            (
                parent("order_id", "order_id"),
                parent("sku_id", "sku_id"),
                parent("statement_id", "statement_id"),
            ),
            "order_id",
        ),
    ),
)


def open_orders(transactions: pa.Table) -> list[str]:
    """Orders whose settlement is the sum of its parts neither with plain signs nor with the printed minus
    signs.

    Their rows by SKU are asked for, so that the difference can be looked into.
    """

    def amount(name: str) -> Any:
        # Wider than stored: sums of decimals grow by a digit each.
        known = pc.coalesce(transactions.column(name), pa.scalar(0, type=Kind.MONEY.value))
        return known.cast(pa.decimal128(22, 4))

    if transactions.num_rows == 0:
        return []
    settled, revenue, adjustment = map(amount, ("settlement_amount", "revenue_amount", "adjustment_amount"))
    charges = pc.add(amount("shipping_cost_amount"), amount("fee_tax_amount"))
    plain = pc.add(pc.add(revenue, charges), adjustment)
    printed = pc.subtract(pc.subtract(revenue, charges), adjustment)
    mixed = pc.add(pc.subtract(revenue, charges), adjustment)
    closed = pc.or_(pc.equal(plain, settled), pc.or_(pc.equal(printed, settled), pc.equal(mixed, settled)))
    open_ = pc.and_(pc.invert(closed), pc.is_valid(transactions.column("order_id")))
    return sorted(set(transactions.column("order_id").filter(open_).to_pylist()))


def read_statements(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The list; statements that are new or whose amounts changed are noted for their transactions to be
    read. Where somebody asks for a time again (`--since`), all of its statements are."""
    found: list[Record] = []
    for step in ByTime("statement_time", id_field="id", send="query", reread_days=REREAD_DAYS)(
        reading, resource
    ):
        if isinstance(step, Page):
            found += [dict(record) for record in step.records]
            yield step
        else:
            yield Checkpoint(
                _then(step.apply, _note_statements(found, reading.until, again=reading.explicit_since))
            )
            found = []


def _note_statements(found: list[Record], until: int, *, again: bool) -> Callable[[States], None]:
    def apply(states: States) -> None:
        state = states("statement_transactions")
        seen: dict[str, list[Any]] = state.setdefault("seen", {})
        todo: dict[str, int] = state.setdefault("todo", {})
        for record in found:
            key, moment = record.get("id"), record.get("statement_time")
            if not isinstance(key, str) or not key:
                continue
            amounts = [
                record.get(name)
                for name in ("settlement_amount", "revenue_amount", "fee_amount", "adjustment_amount")
            ]
            moment = moment if isinstance(moment, int) else until
            if again or seen.get(key) != [moment, *amounts]:
                seen[key] = [moment, *amounts]
                todo[key] = moment
        # Statements are listed again for REREAD_DAYS only: older ones need not be remembered.
        oldest = until - 2 * REREAD_DAYS * 86_400
        for key in [key for key, (moment, *_) in seen.items() if moment < oldest and key not in todo]:
            del seen[key]

    return apply


def read_statement_transactions(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The transactions of every statement noted by `read_statements`, oldest first."""
    todo: dict[str, int] = reading.state(resource.name).get("todo", {})
    calls = [
        Call(
            path={"statement_id": key},
            query={"sort_field": "order_create_time", "sort_order": "ASC"},
            context={"statement_id": key, "statement_time": moment},
            id_field="id",
        )
        for key, moment in sorted(todo.items(), key=lambda item: (item[1], item[0]))
    ]
    doubtful: list[str] = []
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Page):
            doubtful += open_orders(build(_SUMS, [step], Drift())[_SUMS.name])
            yield step
        elif step.call is not None:
            yield Checkpoint(_fetched(step.call.context["statement_id"], doubtful), step.call)
            doubtful = []


_SUMS = Table(
    name="sums",
    key=(),
    columns=(
        text("order_id"),
        *monies("settlement_amount revenue_amount shipping_cost_amount fee_tax_amount adjustment_amount"),
    ),
)


def _fetched(statement_id: str, orders: list[str]) -> Callable[[States], None]:
    def apply(states: States) -> None:
        states("statement_transactions").setdefault("todo", {}).pop(statement_id, None)
        if orders:
            todo = states("order_transactions").setdefault("todo", [])
            todo.extend(sorted(set(orders) - set(todo)))

    return apply


def read_order_transactions(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The rows by SKU of the orders noted by `read_statement_transactions`."""
    todo: list[str] = list(reading.state(resource.name).get("todo", []))
    calls = [Call(path={"order_id": order}, context={"order_id": order}) for order in todo]
    for step in read_calls(reading, resource, calls):
        if isinstance(step, Page) or step.call is None:
            yield step
        else:
            yield Checkpoint(_order_done(step.call.context["order_id"]), step.call)


def _order_done(order_id: str) -> Callable[[States], None]:
    def apply(states: States) -> None:
        todo = states("order_transactions").get("todo", [])
        if order_id in todo:
            todo.remove(order_id)

    return apply


def read_unsettled(reading: Reading, resource: Resource) -> Iterator[Step]:
    """The whole list."""
    query = {"sort_field": "order_create_time", "sort_order": "ASC"}
    yield from read_calls(reading, resource, [Call(query=query, context=reading.snapshot(), id_field="id")])


def _then(*steps: Callable[[States], None]) -> Callable[[States], None]:
    def apply(states: States) -> None:
        for step in steps:
            step(states)

    return apply


def _rules(known: Fields | None, *drop: str) -> Rules:
    return Rules(known=known or {}, drop=drop)


STATEMENT = Resource(
    name="statements",
    endpoint=STATEMENTS,
    tables=(STATEMENT_LIST,),
    rules=_rules(STATEMENT_LIST.known),
    take=listed("statements"),
    read=read_statements,
    keep_records=True,
)

STATEMENT_TRANSACTION = Resource(
    name="statement_transactions",
    endpoint=STATEMENT_TRANSACTIONS,
    tables=(STATEMENT_TRANSACTION_LIST, STATEMENT_TOTALS),
    rules=_rules(STATEMENT_TRANSACTION_LIST.known),
    take=listed("transactions"),
    read=read_statement_transactions,
    keep_records=True,
)

ORDER_TRANSACTION = Resource(
    name="order_transactions",
    endpoint=ORDER_TRANSACTIONS,
    tables=(ORDER_TRANSACTION_LIST,),
    rules=_rules(ORDER_TRANSACTION_LIST.known),
    take=listed("sku_transactions"),
    read=read_order_transactions,
)

UNSETTLED = Resource(
    name="unsettled_transactions",
    endpoint=UNSETTLED_TRANSACTIONS,
    tables=(UNSETTLED_LIST,),
    rules=_rules(UNSETTLED_LIST.known),
    take=listed("transactions"),
    read=read_unsettled,
    snapshot=True,
)

PAYMENT = Resource(
    name="payments",
    endpoint=PAYMENTS,
    tables=(PAYMENT_LIST,),
    rules=Rules(known=PAYMENT_LIST.known or {}, drop=("bank_account",)),
    take=listed("payments"),
    read=ByTime("create_time", id_field="id", send="query", reread_days=REREAD_DAYS),
)

WITHDRAWAL_LIST = Table(
    name="withdrawals",
    key=("withdrawal_id",),
    known=fields("id type amount currency status create_time"),
    columns=(
        text("withdrawal_id", "id"),
        *texts("type status currency"),
        *monies("amount"),
        *times("create_time"),
    ),
)

WITHDRAWAL = Resource(
    name="withdrawals",
    endpoint=WITHDRAWALS,
    tables=(WITHDRAWAL_LIST,),
    rules=_rules(WITHDRAWAL_LIST.known),
    take=listed("withdrawals"),
    read=ByTime(
        "create_time",
        id_field="id",
        send="query",
        reread_days=REREAD_DAYS,
        query=(("types", ",".join(WITHDRAWAL_TYPES)),),
        is_sorted=False,
    ),
)

RESOURCES = (
    STATEMENT,
    STATEMENT_TRANSACTION,
    ORDER_TRANSACTION,
    UNSETTLED,
    PAYMENT,
    WITHDRAWAL,
)
