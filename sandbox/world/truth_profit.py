"""The ground truth about profit: what each sale line, SKU and day earned. See `truth.py`.

A line's goods come from the seller's cost sheet (`costs.py`), the rest from rows of statements, or from the estimate of
what is on none. What an order was charged falls on its lines: fees and ad fees by what a line earned, commissions by
what lines of creators earned, shipping by units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sandbox.world.catalog import SHOPS, Shop
from sandbox.world.costs import Cost, costs_of
from sandbox.world.settlement import REPEATED
from sandbox.world.store import Store
from sandbox.world.truth_records import ZERO, Json, Rates, Reporting, SaleLine, bodies, sales

_COMMISSIONS = {
    "affiliate_commission_amount",
    "affiliate_partner_commission_amount",
    "cofunded_creator_bonus_amount",
    "external_affiliate_marketing_fee_amount",
}
_ADS_COMMISSIONS = {"affiliate_ads_commission_amount", "tap_shop_ads_commission"}
_AD_FEES = {"gmv_max_ad_fee_amount", "gmv_max_coupon_fee"}
_REPEATED = set(REPEATED.values())
_FOUR_PLACES = Decimal("0.0001")
CHARGES = ("platform_fee", "affiliate_commission", "ads_commission", "ad_fee", "seller_shipping", "tax")


@dataclass(slots=True)
class Charged:
    """What an order was charged, by group; negative."""

    basis: str
    amounts: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(CHARGES, ZERO))

    def add(self, row: Json) -> None:
        """Adds a row of a statement, or an estimate."""
        breakdown = row.get("fee_tax_breakdown", {})
        for name, amount in row.get("shipping_cost_breakdown", {}).items():
            if isinstance(amount, str) and name not in _REPEATED:
                self.amounts["seller_shipping"] += Decimal(amount)
        for name, amount in breakdown.get("fee", {}).items():
            if isinstance(amount, str) and name not in _REPEATED:
                self.amounts[_group(name)] += Decimal(amount)
        for amount in breakdown.get("tax", {}).values():
            if isinstance(amount, str):
                self.amounts["tax"] += Decimal(amount)


@dataclass(frozen=True, slots=True)
class LineProfit:
    """What one line of a paid sale order earned; None: unknown."""

    shop: Shop
    order_id: str
    line_id: str
    sku_id: str
    day: date
    basis: str
    earned: Decimal
    charges: dict[str, Decimal] | None
    goods: Decimal | None
    goods_yuan: Decimal | None

    @property
    def profit(self) -> Decimal | None:
        """What is left, in shop currency."""
        if self.charges is None or self.goods is None:
            return None
        charged = sum((amount for group, amount in self.charges.items() if group != "tax"), ZERO)
        return self.earned + charged - self.goods


def line_profits(store: Store, clock: int, reporting: Reporting) -> Iterator[Json]:
    """Every line of a paid sale order, gifts included."""
    for line in _lines(store, clock, reporting):
        charges = line.charges or dict.fromkeys(CHARGES)
        yield {
            "shop_key": line.shop.id,
            "order_id": line.order_id,
            "line_id": line.line_id,
            "sku_id": line.sku_id,
            "profit_basis": line.basis,
            **{f"{group}_amount": _shown(charges[group]) for group in CHARGES},
            "cogs_amount": _shown(line.goods),
            "contribution_profit": _shown(line.profit),
        }


def sku_profit_days(store: Store, clock: int, reporting: Reporting) -> Iterator[Json]:
    """Known profit of a SKU and business date, and how many units have none."""
    profits: dict[tuple[str, str, str], Decimal | None] = {}
    unknown: dict[tuple[str, str, str], int] = defaultdict(int)
    for line in _lines(store, clock, reporting):
        key = (line.shop.id, line.sku_id, str(line.day))
        profits.setdefault(key, None)
        if line.profit is None:
            unknown[key] += 1
        else:
            profits[key] = (profits[key] or ZERO) + line.profit
    for key in sorted(profits):
        yield {
            "shop_key": key[0],
            "sku_id": key[1],
            "business_date": key[2],
            "contribution_profit": _shown(profits[key]),
            "lines_without_profit": unknown[key],
        }


def creator_profits(store: Store, clock: int, reporting: Reporting) -> Iterator[Json]:
    """Known profit of the sale lines of whom the platform names (rule `platform`), or `none`; gifts are in no claim."""
    names: dict[tuple[str, str, str], str] = {}
    gifts: set[tuple[str, str, str]] = set()
    for shop in SHOPS:
        for order in bodies(store, "affiliate_sku", shop, clock):
            for row in order["skus"]:
                names[shop.id, order["id"], row["sku_id"]] = str(row["creator_username"]).lower()
        for order in bodies(store, "order", shop, clock):
            gifts |= {(shop.id, order["id"], line["id"]) for line in order["line_items"] if line["is_gift"]}
    profits: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for line in _lines(store, clock, reporting):
        if line.profit is not None and (line.shop.id, line.order_id, line.line_id) not in gifts:
            profits[line.shop.id, names.get((line.shop.id, line.order_id, line.sku_id), "none")] += (
                line.profit
            )
    for shop_key, creator in sorted(profits):
        yield {
            "shop_key": shop_key,
            "creator_username": creator,
            "contribution_profit": str(profits[shop_key, creator]),
        }


def _lines(store: Store, clock: int, reporting: Reporting) -> Iterator[LineProfit]:
    for shop in SHOPS:
        yuan = Rates("CNY", reporting.currency)
        rates = reporting.rates(shop.currency)
        charged = _charged(store, shop, clock)
        returned = _returned(store, shop, clock)
        sheet = costs_of(shop)
        credited = {
            (order["id"], row["sku_id"])
            for order in bodies(store, "affiliate_sku", shop, clock)
            for row in order["skus"]
        }
        for order, sold, sold_lines in sales(store, shop, clock):
            if sold is None:
                continue
            day = reporting.business_date(sold)
            known = charged.get(order["id"])
            if known is None and order["status"] == "CANCELLED":
                known = Charged("cancelled")
            by_id = {line.id: line for line in sold_lines}
            spread = _spread(
                known, sold_lines, [(order["id"], line.sku_id) in credited for line in sold_lines], shop
            )
            for line in order["line_items"]:
                sale = by_id.get(line["id"])
                cancelled = order["status"] == "CANCELLED" or line["display_status"] == "CANCELLED"
                goods = (
                    (ZERO, ZERO)
                    if cancelled or line["id"] in returned
                    else _goods(sheet.get(line["seller_sku"], []), day, yuan.on(day), rates.on(day))
                )
                charges: dict[str, Decimal] | None = None
                if known is not None:
                    charges = spread[line["id"]] if sale else dict.fromkeys(CHARGES, ZERO)
                yield LineProfit(
                    shop,
                    order["id"],
                    line["id"],
                    line["sku_id"],
                    day,
                    known.basis if known else "none",
                    _earned(sale, shop) if sale else ZERO,
                    charges,
                    *goods,
                )


def _charged(store: Store, shop: Shop, clock: int) -> dict[str, Charged]:
    settled: dict[str, Charged] = {}
    for row in bodies(store, "statement_transaction", shop, clock):
        if row["type"] == "ORDER" and row.get("order_id"):
            settled.setdefault(row["order_id"], Charged("settled")).add(row)
    estimated: dict[str, Charged] = {}
    for row in bodies(store, "unsettled", shop, clock):
        if row["type"] == "ORDER" and row["order_id"] not in settled:
            estimated.setdefault(row["order_id"], Charged("estimated")).add(row)
    return estimated | settled


def _returned(store: Store, shop: Shop, clock: int) -> set[str]:
    """Lines whose goods came back with a refund."""
    done = (
        "RETURN_OR_REFUND_REQUEST_COMPLETE",
        "REPLACEMENT_REQUEST_REFUND_SUCCESS",
        "EXCHANGE_REQUEST_REFUND_SUCCESS",
    )
    return {
        line["order_line_item_id"]
        for request in bodies(store, "return", shop, clock)
        if request["return_status"] in done
        and request["return_type"] != "REFUND"
        and not request.get("can_buyer_keep_item", False)
        for line in request["return_line_items"]
    }


def _goods(
    dated: Sequence[Cost], day: date, yuan: Decimal | None, rate: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    for cost in dated:
        if cost.valid_from <= str(day) and (not cost.valid_to or str(day) < cost.valid_to):
            landed = Decimal(cost.landed) / 100
            if yuan is None:
                return None, None
            return None if rate is None else _four(landed * yuan / rate), _four(landed * yuan)
    return None, None


def _earned(line: SaleLine, shop: Shop) -> Decimal:
    """What the seller earns on a line: before the platform's discount, less what was taken back of it."""
    if line.cancelled:
        return ZERO
    if line.refunded == line.sale:
        return ZERO if line.sale else line.before_platform_discount
    taken_back = line.before_platform_discount * line.refunded / line.sale
    return line.before_platform_discount - _unit(taken_back, shop)


def _spread(
    known: Charged | None, lines: Sequence[SaleLine], is_credited: Sequence[bool], shop: Shop
) -> dict[str, dict[str, Decimal]]:
    """The part of each charge that falls on each line, lines in the order of their ids."""
    spread: dict[str, dict[str, Decimal]] = {line.id: {} for line in lines}
    if known is None:
        return spread
    pairs = sorted(zip(lines, is_credited, strict=True), key=lambda pair: pair[0].id)
    earned = [_earned(line, shop) for line, _ in pairs]
    sold = [line.before_platform_discount for line, _ in pairs]
    credited = [Decimal(flag) for _, flag in pairs]
    alike = [Decimal(1) for _ in pairs]
    of_creators = [
        [amount * flag for amount, flag in zip(earned, credited, strict=True)],
        [amount * flag for amount, flag in zip(sold, credited, strict=True)],
    ]
    left = [Decimal(not line.cancelled) for line, _ in pairs]
    ladders = {"affiliate_commission": [*of_creators, earned, sold, alike], "seller_shipping": [left, alike]}
    ladders["ads_commission"] = ladders["affiliate_commission"]
    for group, amount in known.amounts.items():
        weights = next(rung for rung in ladders.get(group, [earned, sold, alike]) if sum(rung) > 0)
        so_far, given = ZERO, ZERO
        for (line, _), weight in zip(pairs, weights, strict=True):
            so_far += weight
            mark = amount if so_far == sum(weights) else _unit(_four(amount * so_far / sum(weights)), shop)
            spread[line.id][group] = mark - given
            given = mark
    return spread


def _group(fee: str) -> str:
    if fee in _COMMISSIONS:
        return "affiliate_commission"
    if fee in _ADS_COMMISSIONS:
        return "ads_commission"
    return "ad_fee" if fee in _AD_FEES else "platform_fee"


def _four(amount: Decimal) -> Decimal:
    return amount.quantize(_FOUR_PLACES, ROUND_HALF_UP)


def _unit(amount: Decimal, shop: Shop) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-shop.digits), ROUND_HALF_UP)


def _shown(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
