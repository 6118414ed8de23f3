"""The shops themselves."""

from __future__ import annotations

from ingestion.engine.columns import Table, fields, text, texts

SHOPS = Table(
    name="shops",
    key=("shop_id",),
    known=fields("id name region seller_type code"),
    columns=(text("shop_id", "id"), *texts("name region seller_type code")),
)
