"""Settlement: statements, their transactions, what is not settled yet, and payments.

| endpoint (`/finance/...`) | raw tables | how it is read |
| --- | --- | --- |
| `202309/statements` | `statements` | by statement time, the last 35 days again |
| `202501/statements/{id}/statement_transactions` | `statement_totals`, `statement_transactions` | if changed |
| `202501/orders/{id}/statement_transactions` | `order_transactions` | orders that do not add up |
| `202507/orders/unsettled` | `unsettled_transactions` | the whole list, every sync |
| `202605/payments` | `payments` | by creation time, the last 35 days again |

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
    Child,
    Column,
    Fields,
    Kind,
    Table,
    computed,
    count,
    fields,
    money,
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
from ingestion.tiktok_shop.endpoints import (
    ORDER_TRANSACTIONS,
    PAYMENTS,
    STATEMENT_TRANSACTIONS,
    STATEMENTS,
    UNSETTLED_TRANSACTIONS,
)
from ingestion.tiktok_shop.reading import ByTime, Call, Reading, Resource, Step, read_calls

REREAD_DAYS = 35
"""Statements and payments are read again for so long: their payment follows days or weeks later."""

_BREAKDOWNS = {
    "revenue_breakdown": "revenue",
    "shipping_cost_breakdown": "shipping",
    "shipping_cost_breakdown.supplementary_component": "shipping_supplementary",
    "fee_tax_breakdown.fee": "fee",
    "fee_tax_breakdown.tax": "tax",
    "supplementary_component": "supplementary",
}
_ROOTS = ("revenue_breakdown", "shipping_cost_breakdown", "fee_tax_breakdown", "supplementary_component")


def explode_components(records: list[Record]) -> tuple[list[int], list[Record]]:
    """Every amount of the breakdowns that is not zero, with its group and the name the API gives it.

    An object the documents do not name becomes a group under its own path, so that no amount is lost.
    """
    owners: list[int] = []
    rows: list[Record] = []

    def walk(index: int, path: str, value: Record) -> None:
        group = _BREAKDOWNS.get(path, path)
        for name, amount in value.items():
            if type(amount) is dict:
                walk(index, f"{path}.{name}", amount)
            elif not _is_zero(amount):
                owners.append(index)
                rows.append({"component_group": group, "component": name, "amount": amount})

    for index, record in enumerate(records):
        for root in _ROOTS:
            value = record.get(root)
            if type(value) is dict:
                walk(index, root, value)
            elif value is not None:
                walk(index, root, {"value": value})
    return owners, rows


def _is_zero(amount: object) -> bool:
    if type(amount) is str:
        return not amount.strip("-+0.")
    return amount is None or amount == 0


def _quantities(records: list[Record]) -> list[Any]:
    """Quantities are documented as text."""
    found = [record.get("quantity") for record in records]
    return [int(value) if type(value) is str and value.isdecimal() else value for value in found]


def _components(name: str, owner: tuple[Column, ...], key: str) -> Child:
    table = Table(
        name=name,
        key=(key, "component"),
        columns=(
            *owner,
            *texts("component_group component"),
            money("amount"),
            parent("currency", "currency"),
        ),
    )
    return Child(table, explode_components)


STATEMENT_LIST = Table(
    name="statements",
    key=("statement_id",),
    known=fields("""
    id statement_time settlement_amount currency revenue_amount fee_amount adjustment_amount
    payment_status payment_id net_sales_amount shipping_cost_amount payment_time
    """),
    columns=(
        text("statement_id", "id"),
        *times("statement_time"),
        money("settlement_amount"),
        text("currency"),
        *monies("revenue_amount fee_amount adjustment_amount net_sales_amount shipping_cost_amount"),
        *texts("payment_status payment_id"),
        *times("payment_time"),
    ),
)

_TRANSACTION = fields("""
    id type order_id order_create_time adjustment_id adjustment_order_id adjustment_amount settlement_amount
    revenue_amount revenue_breakdown shipping_cost_amount shipping_cost_breakdown fee_tax_amount
    fee_tax_breakdown supplementary_component reserve_id reserve_amount associated_order_id reserve_status
    estimated_release_time
""")

STATEMENT_TRANSACTION_LIST = Table(
    name="statement_transactions",
    key=("transaction_id",),
    known=_TRANSACTION,
    columns=(
        text("transaction_id", "id"),
        of_page("statement_id", "statement_id"),
        of_page("statement_time", "statement_time", Kind.TIME),
        *texts("type order_id"),
        *times("order_create_time"),
        *texts("adjustment_id adjustment_order_id associated_order_id"),
        of_page("currency", "currency"),
        *monies("settlement_amount revenue_amount shipping_cost_amount fee_tax_amount adjustment_amount"),
        text("reserve_id"),
        money("reserve_amount"),
        *texts("reserve_status estimated_release_time"),
    ),
    children=(
        _components(
            "statement_transaction_components",
            (parent("transaction_id", "transaction_id"), parent("statement_id", "statement_id")),
            "transaction_id",
        ),
    ),
)

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
        _components(
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

UNSETTLED_LIST = Table(
    name="unsettled_transactions",
    key=("transaction_id",),
    known=fields("""
    type id status currency estimated_settlement unsettled_reason order_create_time order_delivery_time
    order_id adjustment_id adjustment_order_id est_adjustment_amount est_settlement_amount
    est_revenue_amount revenue_breakdown est_shipping_cost_amount shipping_cost_breakdown
    est_fee_tax_amount fee_tax_breakdown
    """),
    columns=(
        text("transaction_id", "id"),
        *texts("type status currency order_id"),
        *times("order_create_time order_delivery_time"),
        *texts("adjustment_id adjustment_order_id estimated_settlement unsettled_reason"),
        *monies("est_settlement_amount est_revenue_amount est_shipping_cost_amount est_fee_tax_amount"),
        money("est_adjustment_amount"),
        of_page("snapshot_id", "snapshot_id"),
    ),
    children=(
        _components(
            "unsettled_transaction_components",
            (parent("transaction_id", "transaction_id"), parent("snapshot_id", "snapshot_id")),
            "transaction_id",
        ),
    ),
)

PAYMENT_LIST = Table(
    name="payments",
    key=("payment_id",),
    known=fields("""
    create_time id status amount{value currency} settlement_amount{value currency}
    payment_amount_before_exchange{value currency} exchange_rate paid_time
    """),
    columns=(
        text("payment_id", "id"),
        *times("create_time paid_time"),
        text("status"),
        money("amount", "amount.value"),
        text("amount_currency", "amount.currency"),
        money("settlement_amount", "settlement_amount.value"),
        text("settlement_currency", "settlement_amount.currency"),
        money("amount_before_exchange", "payment_amount_before_exchange.value"),
        text("amount_before_exchange_currency", "payment_amount_before_exchange.currency"),
        Column("exchange_rate", Kind.RATE, "exchange_rate"),
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
    rules=_rules(_TRANSACTION),
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
