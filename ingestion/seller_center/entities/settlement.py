"""Settlement files: income, the US profit and loss workbook with its adjustments, and what is not settled yet.

Each row becomes a transaction, and each fee column with an amount a component of it, under the name that the API gives
the same fee (`ingestion.seller_center.components`). Charges are negative and credits positive, as in the API, so that a
settlement is the plain sum of its parts.

Only the US workbook names statements. Elsewhere a statement is what was settled on one UTC day in one currency: that is
how the platform cuts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from ingestion.engine.pages import Record
from ingestion.seller_center.components import Component, component_of
from ingestion.seller_center.entities.base import (
    Facts,
    Made,
    Mapper,
    Quarantine,
    amount,
    day_of,
    midnight,
    seconds,
    text_of,
    total,
)
from ingestion.seller_center.sheets import TypedRow
from ingestion.seller_center.typed import UNMAPPED
from ingestion.seller_center.words import code_of

UNMAPPED_TYPE = "UNMAPPED"
"""Type of a transaction whose word nobody knows."""

_PATHS = {
    "revenue": ("revenue_breakdown",),
    "shipping": ("shipping_cost_breakdown",),
    "shipping_supplementary": ("shipping_cost_breakdown", "supplementary_component"),
    "fee": ("fee_tax_breakdown", "fee"),
    "tax": ("fee_tax_breakdown", "tax"),
    "supplementary": ("supplementary_component",),
}
"""Where the API keeps the components of a group."""


@dataclass(slots=True)
class _Sums:
    """The amounts of a transaction by component."""

    amounts: dict[Component, Decimal] = field(default_factory=dict)

    def of(self, *groups: str) -> Decimal:
        """What the components of some groups add up to."""
        return sum((value for one, value in self.amounts.items() if one.group in groups), Decimal(0))

    def breakdowns(self) -> Record:
        """The components as the API nests them."""
        record: Record = {}
        for one, value in self.amounts.items():
            inner = record
            for name in _PATHS[one.group]:
                inner = inner.setdefault(name, {})
            inner[one.name] = amount(value)
        return record


def _sums(kind: str, rows: Iterable[TypedRow], charges: Decimal | None = None) -> _Sums:
    """The amounts by component; those of columns that nobody knows are components under the names of the columns.

    Args:
        kind: Kind of the layout.
        rows: Of one transaction.
        charges: What shipping, fees and taxes add up to, if the file says it. Unknown columns without which they do are
            no charges, but say something about others.
    """
    sums = _Sums()
    unknown: dict[str, Decimal] = {}
    for row in rows:
        for column, value in row.values.items():
            if not value:
                continue
            if (one := component_of(kind, column)) is not None:
                sums.amounts[one] = sums.amounts.get(one, Decimal(0)) + value
            elif column.startswith(UNMAPPED):
                unknown[column] = unknown.get(column, Decimal(0)) + value
    if unknown:
        is_closed = charges is not None and sums.of("shipping", "fee", "tax") == charges
        group = "supplementary" if is_closed else "fee"
        sums.amounts |= {Component(group, name): value for name, value in unknown.items()}
    return sums


@dataclass(slots=True)
class _Statement:
    """What the transactions of a statement add up to; a part that is unknown for one is unknown for all."""

    day: date
    currency: str | None
    payment_id: str | None
    file_row: int
    settled: list[Decimal | None] = field(default_factory=list)
    revenue: list[Decimal | None] = field(default_factory=list)
    shipping: list[Decimal | None] = field(default_factory=list)
    fees: list[Decimal | None] = field(default_factory=list)
    adjustment: list[Decimal | None] = field(default_factory=list)


class _Settlement(Mapper):
    """Transactions, and the statements that they add up to."""

    resource = "statements"
    money = "total_settlement_amount"
    identity = "order_adjustment_id"

    def __init__(self, facts: Facts, quarantine: Quarantine) -> None:
        super().__init__(facts, quarantine)
        self.statements: dict[str, _Statement] = {}

    def _add(
        self,
        statement_id: str,
        row: TypedRow,
        day: date,
        currency: str | None,
        parts: tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None, Decimal | None],
        payment_id: str | None = None,
    ) -> int:
        """Adds a transaction to its statement; gives the time of the statement's cut.

        Args:
            parts: Settlement, revenue, shipping, fees and taxes, adjustment.
        """
        statement = self.statements.get(statement_id)
        if statement is None:
            statement = self.statements[statement_id] = _Statement(day, currency, payment_id, row.row)
        statement.day = max(statement.day, day)
        statement.file_row = min(statement.file_row, row.row)
        for known, part in zip(
            (statement.settled, statement.revenue, statement.shipping, statement.fees, statement.adjustment),
            parts,
            strict=True,
        ):
            known.append(part)
        self.reached(midnight(day), _cut(day))
        return _cut(day)


def _type(mapper: Mapper, row: TypedRow, column: str) -> str:
    """The type of a row. One whose word nobody knows is an order if it is paid for by a customer, else an adjustment
    without a type."""
    word = text_of(row.values.get(column))
    if word is None:
        mapper.quarantine("unknown_type", row, column, None, effect="counted")
        return UNMAPPED_TYPE
    kind = code_of("transaction_type", word, mapper.facts.downloaded_at.date())
    if kind is not None:
        return kind
    mapper.quarantine("unknown_type", row, column, word, effect="counted")
    related = text_of(row.values.get("related_order_id"))
    is_sale = any(
        row.values.get(name)
        for name in (
            "customer_payment",
            "subtotal_before_discounts",
            "gross_sales",
            "total_revenue",
            "net_sales",
        )
    )
    is_own = related in (None, text_of(row.values.get("order_adjustment_id")))
    return "ORDER" if is_sale and is_own else UNMAPPED_TYPE


def statement_records(mappers: Iterable[Mapper]) -> list[Record]:
    """The statements of a file: sheets of one workbook may tell of the same ones."""
    merged: dict[str, _Statement] = {}
    for mapper in mappers:
        for statement_id, found in mapper.statements.items() if isinstance(mapper, _Settlement) else ():
            known = merged.setdefault(
                statement_id, _Statement(found.day, found.currency, found.payment_id, found.file_row)
            )
            known.day = max(known.day, found.day)
            known.payment_id = known.payment_id or found.payment_id
            known.settled += found.settled
            known.revenue += found.revenue
            known.shipping += found.shipping
            known.fees += found.fees
            known.adjustment += found.adjustment
    return [
        {
            "id": statement_id,
            "statement_time": _cut(one.day),
            "currency": one.currency,
            "settlement_amount": amount(total(one.settled)),
            "revenue_amount": amount(total(one.revenue)),
            "shipping_cost_amount": amount(total(one.shipping)),
            "fee_amount": amount(total(one.fees)),
            "adjustment_amount": amount(total(one.adjustment)),
            "payment_id": one.payment_id,
            "file_row": one.file_row,
        }
        for statement_id, one in sorted(merged.items())
    ]


def _cut(day: date) -> int:
    """A day's statement is cut at the midnight that ends it."""
    return midnight(day + timedelta(days=1))


class Income(_Settlement):
    """Income files: one row per order or adjustment, or per order, SKU and statement."""

    always_money = True
    equal_rows_count = True
    together = ("order_adjustment_id", "statement_id")

    def __init__(self, facts: Facts, quarantine: Quarantine) -> None:
        super().__init__(facts, quarantine)
        self._seen: Counter[str] = Counter()

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """A transaction per row, or per order and statement if a row is of a SKU."""
        if "sku_id" not in self.facts.decisions.columns.values():
            made = [self._transaction([row]) for row in rows]
        else:
            made = [
                self._transaction(list(found))
                for _, found in groupby(
                    rows,
                    key=lambda row: tuple(
                        row.values.get(name) for name in ("order_adjustment_id", "statement_id", "type")
                    ),
                )
            ]
        return {"statement_transactions": [record for record in made if record is not None]}

    def _transaction(self, rows: list[TypedRow]) -> Record | None:
        row = rows[0]
        values = row.values
        day = "statement_date" if values.get("statement_date") is not None else "order_settled_time"
        own_id, settled = text_of(values.get("order_adjustment_id")), day_of(values.get(day))
        if own_id is None or settled is None:
            for one in rows:
                self.quarantine("row_without_id", one, "order_adjustment_id" if own_id is None else day, None)
            return None

        def added(column: str) -> Decimal | None:
            if len(rows) == 1:
                alone: Decimal | None = values.get(column)
                return alone
            return total(one.values.get(column) for one in rows)

        kind = _type(self, row, "type")
        currency = text_of(values.get("currency")) or self.currency
        revenue, fees = added("total_revenue"), added("total_fees")
        sums = _sums(self.facts.decisions.kind, rows, fees)
        shipping = sums.of("shipping")
        # The file sums shipping into the fees; the API keeps them apart.
        fee_tax = sums.of("fee", "tax") if fees is None else fees - shipping
        adjustment = added("adjustment_amount")
        settlement = added("total_settlement_amount")
        statement_id = text_of(values.get("statement_id")) or f"file:{currency}:{settled.isoformat()}"
        is_order = kind == "ORDER"
        if not is_order and not adjustment and not revenue and not fees:
            # Some files show an adjustment only as what is settled.
            adjustment = settlement
        when = self._add(
            statement_id,
            row,
            settled,
            currency,
            (settlement, revenue, shipping, fee_tax, adjustment or Decimal(0)),
            text_of(values.get("payment_id")),
        )
        moment = seconds(values.get(day))
        transaction_id = f"file:{own_id}:{kind}:{moment if moment is not None else settled.isoformat()}"
        self._seen[transaction_id] += 1
        number = self._seen[transaction_id]
        return {
            "id": transaction_id if number == 1 else f"{transaction_id}:{number}",
            "statement_id": statement_id,
            "statement_time": when,
            "type": kind,
            "order_id": own_id if is_order else None,
            "order_create_time": seconds(values.get("order_created_time")),
            "adjustment_id": None if is_order else own_id,
            "adjustment_order_id": None if is_order else text_of(values.get("related_order_id")),
            "currency": currency,
            "settlement_amount": amount(settlement),
            "revenue_amount": amount(revenue),
            "shipping_cost_amount": amount(shipping),
            "fee_tax_amount": amount(fee_tax),
            "adjustment_amount": amount(adjustment),
            **sums.breakdowns(),
            "file_row": row.row,
        }


class ProfitAndLoss(_Settlement):
    """The orders of the US workbook: one row per order and SKU, one transaction per order and statement."""

    together = ("order_id", "linked_statement_id")
    money = "net_order_margin"
    identity = "order_id"

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """A transaction per order and statement."""

        def key(row: TypedRow) -> tuple[str | None, str | None]:
            return text_of(row.values.get("order_id")), text_of(row.values.get("linked_statement_id"))

        made: list[Record] = []
        for (order_id, statement_id), found in groupby(rows, key=key):
            theirs = list(found)
            record = self._transaction(order_id, statement_id, theirs) if order_id else None
            if record is not None:
                made.append(record)
            elif not order_id:
                for row in theirs:
                    self.quarantine("row_without_id", row, "order_id", None)
        return {"statement_transactions": made}

    def _transaction(self, order_id: str, statement_id: str | None, rows: list[TypedRow]) -> Record | None:
        first = rows[0]
        days = [day for row in rows if (day := day_of(row.values.get("order_settled_date"))) is not None]
        if statement_id is None and not days:
            # Paid, and not settled yet: the file of unsettled orders tells of it.
            return None
        if statement_id is None or not days:
            for row in rows:
                self.quarantine("not_settled", row, "linked_statement_id", order_id)
            return None
        currency = self.currency
        settlement = total(row.values.get("net_order_margin") for row in rows)
        revenue = total(row.values.get("order_income") for row in rows)
        cost = total(row.values.get("order_cost") for row in rows)
        sums = _sums(self.facts.decisions.kind, rows, cost)
        shipping = sums.of("shipping")
        fee_tax = sums.of("fee", "tax") if cost is None else cost - shipping
        payment_id = text_of(first.values.get("linked_payout_id"))
        parts = (settlement, revenue, shipping, fee_tax, Decimal(0))
        when = self._add(statement_id, first, max(days), currency, parts, payment_id)
        return {
            "id": f"file:{order_id}:ORDER:{statement_id}",
            "statement_id": statement_id,
            "statement_time": when,
            "type": "ORDER",
            "order_id": order_id,
            "currency": currency,
            "settlement_amount": amount(settlement),
            "revenue_amount": amount(revenue),
            "shipping_cost_amount": amount(shipping),
            "fee_tax_amount": amount(fee_tax),
            "adjustment_amount": "0",
            "sample_order_type": text_of(first.values.get("sample_order_type")),
            **sums.breakdowns(),
            "file_row": first.row,
        }


class Adjustments(_Settlement):
    """The adjustments of the US workbook."""

    money = "adjustment_amount"
    always_money = True
    identity = "adjustment_id"

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """A transaction per adjustment."""
        made = [self._transaction(row) for row in rows]
        return {"statement_transactions": [record for record in made if record is not None]}

    def _transaction(self, row: TypedRow) -> Record | None:
        values = row.values
        own_id, statement_id = (
            text_of(values.get("adjustment_id")),
            text_of(values.get("linked_statement_id")),
        )
        day = day_of(values.get("adjustment_settlement_time"))
        if own_id is None:
            self.quarantine("row_without_id", row, "adjustment_id", None)
            return None
        if statement_id is None or day is None:
            self.quarantine("not_settled", row, "linked_statement_id", own_id)
            return None
        kind = _type(self, row, "adjustment_type")
        value = values.get("adjustment_amount")
        zero = Decimal(0)
        payment_id = text_of(values.get("linked_payout_id"))
        parts = (value, zero, zero, zero, value)
        when = self._add(statement_id, row, day, self.currency, parts, payment_id)
        return {
            "id": f"file:{own_id}:{kind}:{statement_id}",
            "statement_id": statement_id,
            "statement_time": when,
            "type": kind,
            "adjustment_id": own_id,
            "currency": self.currency,
            "settlement_amount": amount(value),
            "revenue_amount": "0",
            "shipping_cost_amount": "0",
            "fee_tax_amount": "0",
            "adjustment_amount": amount(value),
            "file_row": row.row,
        }


class Unsettled(Mapper):
    """What is not settled yet: the whole list as it stood when the file was downloaded."""

    together = ("order_adjustment_id",)
    resource = "unsettled_transactions"
    money = "total_estimated_settlement_amount"
    identity = "order_adjustment_id"

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """A transaction per order or adjustment; the rows of its SKUs are added up."""
        made: list[Record] = []
        for own_id, found in groupby(rows, key=lambda row: text_of(row.values.get("order_adjustment_id"))):
            theirs = list(found)
            if own_id is None:
                for row in theirs:
                    self.quarantine("row_without_id", row, "order_adjustment_id", None)
                continue
            made.append(self._transaction(own_id, _type(self, theirs[0], "type"), theirs))
        self.reached(int(self.facts.downloaded_at.timestamp()))
        return {"unsettled_transactions": made}

    def _transaction(self, own_id: str, kind: str, rows: list[TypedRow]) -> Record:
        def added(column: str) -> Decimal | None:
            return total(row.values.get(column) for row in rows)

        first = rows[0].values
        fees, net_shipping = added("fees"), added("net_shipping")
        # Outside of the United States the fees have the shipping in them.
        charges = added("total_fees")
        sums = _sums(self.facts.decisions.kind, rows, charges)
        if fees is None and charges is not None:
            fees = charges - sums.of("shipping")
        revenue = added("net_sales")
        is_order = kind == "ORDER"
        return {
            "id": f"file:{own_id}:{kind}",
            "type": kind,
            "currency": text_of(first.get("currency")) or self.currency,
            "order_id": own_id if is_order else None,
            "order_create_time": seconds(first.get("creation_date")),
            "adjustment_id": None if is_order else own_id,
            "adjustment_order_id": None if is_order else text_of(first.get("related_order_id")),
            "estimated_settlement": text_of(first.get("estimated_settle_time")),
            "unsettled_reason": text_of(first.get("unsettled_reasons")),
            "est_settlement_amount": amount(added("total_estimated_settlement_amount")),
            "est_revenue_amount": amount(added("total_revenue") if revenue is None else revenue),
            "est_shipping_cost_amount": amount(sums.of("shipping") if net_shipping is None else net_shipping),
            "est_fee_tax_amount": amount(fees),
            "est_adjustment_amount": amount(added("adjustment_amount")),
            **sums.breakdowns(),
            "snapshot_id": self.facts.snapshot_id,
            "file_row": rows[0].row,
        }
