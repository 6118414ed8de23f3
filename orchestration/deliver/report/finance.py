"""The sections that finance reads: what can be claimed, the close of a month, SKUs that lose money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from home.text import one_line
from orchestration.deliver.report import reading
from orchestration.deliver.report.parts import Asked, Cell, Section
from orchestration.deliver.report.period import MONTHLY
from orchestration.deliver.report.sections import SHOWN
from orchestration.deliver.report.words import Text, both, figure


def claims(asked: Asked) -> Section | None:
    """Charges and payments of the period that can be claimed; no section where there are none."""
    found = reading.claims(asked.file, asked.period.since, asked.period.until)
    if not found:
        return None
    rows = tuple(
        (
            Cell(asked.shop_name(row["shop_key"])),
            Cell(asked.value("reason", row["reason"])),
            Cell(both(str(row["order_id"] or row["payment_id"] or row["statement_id"] or "–"))),
            Cell(both(_money(row, "claim_amount"))),
            Cell(both(f"{row['claim_deadline'] or '–'}")),
        )
        for row in found[:SHOWN]
    )
    headers: tuple[Text, ...] = (
        ("Shop", "店铺"),
        ("Case", "个案"),
        ("Order or payment", "订单或打款"),
        ("To claim", "可申诉"),
        ("Claim by", "申诉截止"),
    )
    note = ("The evidence: ttkpi export claims", "证据：ttkpi export claims --lang zh")
    return Section(
        "claims", ("What can be claimed", "可申诉"), headers, rows, (note,), max(0, len(found) - SHOWN)
    )


def month_close(asked: Asked) -> Section | None:
    """What the platform owed at the end of the month, and what moved it; monthly only."""
    found = reading.month_close(asked.file, asked.period.since) if asked.period.kind == MONTHLY else []
    if not found:
        return None
    names = ("opening_receivable", "sales_amount", "settlement_amount", "payout_amount", "closing_receivable")
    rows = tuple(
        (
            Cell(asked.shop_name(row["shop_key"])),
            Cell(both(str(row["currency"]))),
            *(Cell(both(figure(row[name], "money")), bool(row["is_provisional"])) for name in names),
        )
        for row in found
    )
    headers: tuple[Text, ...] = (
        ("Shop", "店铺"),
        ("Currency", "币种"),
        ("Owed at the start", "期初应收"),
        ("Sold", "本月销售"),
        ("Settled", "本月结算"),
        ("Received", "本月到账"),
        ("Owed at the end", "期末应收"),
    )
    note = (
        "By the month of each shop's own calendar; sheet 月结 Month close of `ttkpi export xlsx` has every step.",
        "按各店自己的月份；`ttkpi export xlsx` 的「月结」表有每一步。",
    )
    return Section("month_close", ("What TikTok owes", "平台应付款"), headers, rows, (note,))


def losses(asked: Asked) -> Section | None:
    """SKUs that lose money over their newest settled sales, with the part that makes the loss; monthly only."""
    found = reading.losses(asked.file) if asked.period.kind == MONTHLY else []
    if not found:
        return None
    rows = tuple(
        (
            Cell(asked.shop_name(row["shop_key"])),
            Cell(both(one_line(str(row["seller_sku"] or row["sku_id"])))),
            Cell(both(one_line(str(row["product_name"] or "–")))),
            Cell(both(_money(row, "contribution_profit")), tone="bad"),
            Cell(asked.value("profit_loss_part", row["profit_loss_part"])),
        )
        for row in found[:SHOWN]
    )
    headers: tuple[Text, ...] = (
        ("Shop", "店铺"),
        ("SKU", "SKU"),
        ("Product", "商品"),
        ("Profit", "利润"),
        ("By", "亏在"),
    )
    note = (
        "Over the newest 90 days of settled sales, not only of this month.",
        "按最近 90 天已结算的销售，不限于本月。",
    )
    return Section(
        "losses", ("SKUs that lose money", "亏损 SKU"), headers, rows, (note,), max(0, len(found) - SHOWN)
    )


def _money(row: Mapping[str, Any], name: str) -> str:
    return f"{figure(row[name], 'money')} {row['currency'] or ''}".strip()
