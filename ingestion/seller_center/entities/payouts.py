"""Withdrawal records: what left the balance for the bank."""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.engine.pages import Record
from ingestion.seller_center.entities.base import Made, Mapper, amount, seconds, text_of
from ingestion.seller_center.sheets import TypedRow
from ingestion.seller_center.words import code_of

UNMAPPED = "UNMAPPED"
"""Status of a payment of which the file does not say in words that we know whether it is one."""


class Payouts(Mapper):
    """A payment per withdrawal. What came into the balance is settlement, and no payment; what was moved to ads has
    left the balance, and not for the bank."""

    resource = "payments"
    money = "amount"
    always_money = True
    identity = "reference_id"

    def take(self, rows: Sequence[TypedRow]) -> Made:
        """Payments of some rows."""
        made = [self._payment(row) for row in rows]
        return {"payments": [record for record in made if record is not None]}

    def _payment(self, row: TypedRow) -> Record | None:
        values = row.values
        own_id = text_of(values.get("reference_id"))
        if own_id is None:
            self.quarantine("row_without_id", row, "reference_id", None)
            return None
        on = self.facts.downloaded_at.date()
        type_, status_ = text_of(values.get("type")), text_of(values.get("status"))
        kind = code_of("payout_type", type_, on) if type_ else None
        if kind is None:
            # It may be money at the bank or none: kept, and under a status that no payment has.
            self.quarantine("unknown_type", row, "type", type_, effect="counted")
        elif kind != "WITHDRAWAL":
            return None
        status = code_of("payout_status", status_, on) if status_ else None
        if status is None:
            self.quarantine("unknown_word", row, "status", status_, effect="counted")
        if kind is None or status is None:
            status = UNMAPPED
        requested = seconds(values.get("request_time"))
        self.reached(requested)
        value = values.get("amount")
        # Withdrawals are told as what leaves the balance: some files show them with a minus.
        paid = {"value": amount(abs(value)) if value is not None else None, "currency": self.currency}
        return {
            "id": own_id,
            "create_time": requested,
            "paid_time": seconds(values.get("success_time")) if status == "PAID" else None,
            "status": status,
            "amount": paid,
            "settlement_amount": paid,
            "file_row": row.row,
        }
