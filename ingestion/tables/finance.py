"""Statements, their transactions with every part of the amounts, what is not settled yet, and payments."""

from __future__ import annotations

from ingestion.engine.columns import (
    Child,
    Column,
    Kind,
    Table,
    fields,
    money,
    monies,
    of_page,
    parent,
    text,
    texts,
    times,
)
from ingestion.engine.pages import Record

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


def components(name: str, owner: tuple[Column, ...], key: str) -> Child:
    """The table of all parts of a transaction's amounts.

    Args:
        name: Its name.
        owner: The columns that say whose parts they are.
        key: The first of these, without which a row makes no sense.
    """
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
        components(
            "statement_transaction_components",
            (parent("transaction_id", "transaction_id"), parent("statement_id", "statement_id")),
            "transaction_id",
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
        components(
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
