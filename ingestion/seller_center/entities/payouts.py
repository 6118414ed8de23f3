"""Withdrawal records: what left the balance for the bank."""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.engine.pages import Record
from ingestion.seller_center.entities.base import Made, Mapper, amount, seconds, text_of
from ingestion.seller_center.sheets import TypedRow


class Payouts(Mapper):
    """A payment per withdrawal. What came into the balance is settlement, and no payment."""

    resource = "payments"

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
        if self.word("payout_type", row, "type") != "WITHDRAWAL":
            return None
        status = self.word("payout_status", row, "status")
        if status is None:
            return None
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
