"""The income file: a row per transaction of the statements, with a summary and the withdrawals beside it.

Costs are negative, credits positive. `Total fees` holds fees, taxes and shipping, so that revenue, fees and
adjustment add up to the settlement. Fees that a market has and the layout does not stand in columns of their own at
the end: real files differ by market in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.exports import withdrawals
from sandbox.exports.asked import Asked, Json
from sandbox.exports.books import Book, Cell, Sheet
from sandbox.exports.vietnamese import INCOME
from sandbox.exports.words import TRANSACTION_TYPES, word
from sandbox.world.settlement import REPEATED

_NONE = "/"
"""What stands in a cell of ids that holds none."""
_PADDING = 3
_ZERO = Decimal(0)

_HEAD = (
    "Order/adjustment ID",
    "Type",
    "Order created time",
    "Order settled time",
    "Currency",
    "Total settlement amount",
)

COLUMNS = {
    "income_ph_55": (
        *_HEAD,
        "Total revenue",
        "Subtotal after seller discounts",
        "Subtotal before discounts",
        "Seller discounts",
        "Refund subtotal after seller discounts",
        "Refund subtotal before seller discounts",
        "Refund of seller discounts",
        "Total fees",
        "Transaction fee",
        "TikTok Shop commission fee",
        "Seller shipping fee",
        "Actual shipping fee",
        "Platform shipping fee discount",
        "Customer shipping fee",
        "Refund customer shipping fee",
        "Actual return shipping fee",
        "Shipping fee subsidy",
        "Affiliate commission",
        "Affiliate partner commission",
        "Affiliate Shop Ads commission",
        "Affiliate commission deposit",
        "Affiliate commission refund",
        "Affiliate Partner shop ads commission",
        "GST",
        "SFP service fee",
        "Bonus cashback service fee",
        "LIVE Specials service fee",
        "Voucher Xtra service fee",
        "EAMS Program service fee",
        "Flash Sale service fee",
        "TikTok PayLater program fee",
        "Shipping service fee",
        "Campaign resource fee",
        "Order processing fee",
        "Pre-order service fee",
        "GMV Max Coupon",
        "Ajustment amount",
        "Related order ID",
        "Customer payment",
        "Customer refund",
        "Seller co-funded voucher discount",
        "Refund of seller co-funded voucher discount",
        "Platform discounts",
        "Refund of platform discounts",
        "Platform co-funded voucher discounts",
        "Refund of platform co-funded voucher discounts",
        "Seller shipping fee discount",
        "Estimated package weight (g)",
        "Actual package weight (g)",
    ),
    "income_id_2026": (
        *_HEAD,
        "Total Revenue",
        "Subtotal after seller discounts",
        "Subtotal before discounts",
        "Seller discounts",
        "Distance item fee from Horizon+ Program",
        "Refund subtotal after seller discounts",
        "Refund subtotal before seller discounts",
        "Refund of seller discounts",
        "Total Fees",
        "Platform commission fee",
        "Pre-order service fee",
        "Mall service fee",
        "Payment Fee",
        "Shipping cost",
        "Shipping costs passed on to the logistics provider",
        "Replacement shipping fee (passed on to the customer)",
        "Exchange shipping fee (passed on to the customer)",
        "Shipping cost borne by the platform",
        "Shipping cost paid by the customer",
        "Refunded shipping cost paid by the customer",
        "Return shipping costs (passed on to the customer)",
        "Shipping cost subsidy",
        "Distance shipping fee from Horizon+ Program",
        "Affiliate Commission",
        "Affiliate partner commission",
        "Affiliate Shop Ads commission",
        "Affiliate Partner shop ads commission",
        "Shipping Fee Program service fee",
        "Dynamic commission",
        "Bonus cashback service fee",
        "LIVE Specials service fee",
        "Voucher Xtra service fee",
        "Order processing fee",
        "EAMS Program service fee",
        "Brands Crazy Deals/Flash Sale service fee",
        "Dilayani Tokopedia fee",
        "Dilayani Tokopedia handling fee",
        "PayLater program fee",
        "Campaign resource fee",
        "Installation service fee",
        "Article 22 Income Tax withheld",
        "Platform special service fee",
        "GMV Max ad fee",
        "GMV Max Coupon",
        "Ajustment amount",
        "Related order ID",
        "Customer payment",
        "Customer refund",
        "Seller co-funded voucher discount",
        "Refund of seller co-funded voucher discount",
        "Platform discounts",
        "Refund of platform discounts",
        "Platform co-funded voucher discounts",
        "Refund of platform co-funded voucher discounts",
        "Seller shipping cost discount",
        "Estimated package weight (g)",
        "Actual package weight (g)",
        "Order Source",
        "Shopping center items",
    ),
}
"""The headers of each layout in English, in their order."""
COLUMNS["income"] = COLUMNS["income_by_sku"] = tuple(
    name for name in COLUMNS["income_ph_55"] if name not in ("GST", "Shipping service fee")
)
BY_SKU = (
    "Statement Date",
    "Statement ID",
    "Currency",
    "Type",
    "Order/adjustment ID ",
    "SKU ID",
    "Quantity",
    "Product name",
    "SKU name",
    "Total settlement amount",
)
"""The first headers of the file by SKU, in the place of `_HEAD`; the others follow."""

INDONESIAN = (
    "ID Pesanan/Penyesuaian",
    "Jenis transaksi",
    "Waktu pemesanan",
    "Waktu pembayaran pesanan",
    "Mata uang",
    "Jumlah penyelesaian pembayaran",
    "Total Pendapatan",
    "Subtotal setelah diskon penjual",
    "Subtotal sebelum diskon",
    "Diskon penjual",
    "Biaya produk sesuai jarak dari Program Horison+",
    "Subtotal pengembalian dana setelah diskon penjual",
    "Subtotal pengembalian dana sebelum diskon penjual",
    "Pengembalian dana diskon penjual",
    "Total Biaya",
    "Biaya komisi platform",
    "Biaya layanan pre-order",
    "Biaya layanan Mall",
    "Biaya Pembayaran",
    "Ongkir",
    "Ongkir yang ditalangi penyedia jasa logistik",
    "Ongkir penggantian (ditanggung pembeli)",
    "Ongkir penukaran (ditanggung pembeli)",
    "Ongkir yang ditanggung platform",
    "Ongkir yang ditanggung pembeli",
    "Pengembalian ongkir yang ditanggung pembeli",
    "Ongkir pengembalian barang (yang ditanggung pembeli)",
    "Subsidi ongkir",
    "Biaya pengiriman sesuai jarak dari Program Horison+",
    "Komisi Afiliasi",
    "Komisi mitra afiliasi",
    "Komisi Iklan Toko afiliasi",
    "Komisi iklan toko Mitra Afiliasi",
    "Biaya layanan Program Bebas Ongkir",
    "Komisi dinamis",
    "Biaya layanan cashback bonus",
    "Biaya layanan Khusus LIVE",
    "Biaya akses keuntungan eksklusif",
    "Biaya pemrosesan pesanan",
    "Biaya layanan Program EAMS",
    "Biaya layanan Brands Crazy Deal/Flash Sale",
    "Biaya Dilayani Tokopedia",
    "Biaya penanganan Dilayani Tokopedia",
    "Biaya program PayLater",
    "Biaya sumber daya campaign",
    "Biaya layanan penginstalan",
    "PPh Pasal 22 dipungut",
    "Biaya layanan khusus platform",
    "Biaya iklan GMV Max",
    "Voucher GMV Max",
    "Jumlah penyesuaian",
    "ID pesanan terkait",
    "Pembayaran oleh pembeli",
    "Pengembalian dana pembeli",
    "Diskon voucher yang ditanggung penjual",
    "Pengembalian dana diskon voucher yang ditanggung penjual",
    "Diskon platform",
    "Pengembalian dana diskon platform",
    "Diskon voucher yang ditanggung platform",
    "Pengembalian dana diskon voucher yang ditanggung platform",
    "Diskon ongkir dari penjual",
    "Perkiraan berat paket",
    "Berat paket yang bisa dikenai biaya",
    "Sumber pesanan",
    "Detail produk terjual",
)
"""The headers of `income_id_2026` in Indonesian, in the same order."""

MARKET_FEES = {
    "TH": ("VAT",),
    "VN": ("VAT", "PIT", "Infrastructure fee"),
    "MY": ("SST",),
    "GB": ("Import VAT",),
    "US": ("Referral fee", "Refund administration fee", "Sales tax on referral fees"),
}
"""Columns of a market that the layout does not have, after `COMMON_FEES`."""
COMMON_FEES = {
    "income_ph_55": ("GMV Max ad fee", "Co-funded creator bonus"),
    "income_id_2026": ("Transaction fee", "Co-funded creator bonus"),
    "income": ("GMV Max ad fee", "Co-funded creator bonus"),
    "income_by_sku": ("GMV Max ad fee", "Co-funded creator bonus"),
}
"""Columns of all markets of this world that the layout does not have."""
_FEES_IN_INDONESIAN = {
    "Transaction fee": "Biaya transaksi",
    "Co-funded creator bonus": "Bonus kreator bersama",
    "VAT": "PPN",
    "PIT": "PPh",
    "Import VAT": "PPN impor",
    "Infrastructure fee": "Biaya infrastruktur",
    "Referral fee": "Biaya rujukan",
    "Refund administration fee": "Biaya administrasi pengembalian dana",
    "Sales tax on referral fees": "Pajak penjualan atas biaya rujukan",
}

AMOUNTS = {
    "Subtotal before discounts": "subtotal_before_discount_amount",
    "Seller discounts": "seller_discount_amount",
    "Refund subtotal before seller discounts": "refund_subtotal_before_discount_amount",
    "Refund of seller discounts": "seller_discount_refund_amount",
    "Transaction fee": "transaction_fee_amount",
    "TikTok Shop commission fee": "platform_commission_amount",
    "Platform commission fee": "platform_commission_amount",
    "Actual shipping fee": "actual_shipping_fee_amount",
    "Shipping costs passed on to the logistics provider": "actual_shipping_fee_amount",
    "Platform shipping fee discount": "shipping_fee_discount_amount",
    "Shipping cost borne by the platform": "shipping_fee_discount_amount",
    "Customer shipping fee": "customer_paid_shipping_fee_amount",
    "Shipping cost paid by the customer": "customer_paid_shipping_fee_amount",
    "Actual return shipping fee": "return_shipping_fee_amount",
    "Return shipping costs (passed on to the customer)": "return_shipping_fee_amount",
    "Affiliate commission": "affiliate_commission_amount",
    "Affiliate Commission": "affiliate_commission_amount",
    "Affiliate partner commission": "affiliate_partner_commission_amount",
    "Affiliate Shop Ads commission": "affiliate_ads_commission_amount",
    "GMV Max ad fee": "gmv_max_ad_fee_amount",
    "Co-funded creator bonus": "cofunded_creator_bonus_amount",
    "VAT": "vat_amount",
    "PIT": "pit_amount",
    "SST": "sst_amount",
    "Import VAT": "import_vat_amount",
    "Infrastructure fee": "vn_fix_infrastructure_fee",
    "Referral fee": "referral_fee_amount",
    "Refund administration fee": "refund_administration_fee_amount",
    "Sales tax on referral fees": "sales_tax_referral_fee_amount",
    "Customer payment": "customer_payment_amount",
    "Customer refund": "customer_refund_amount",
    "Platform discounts": "platform_discount_amount",
    "Refund of platform discounts": "platform_discount_refund_amount",
    "Seller shipping fee discount": "seller_shipping_fee_discount_amount",
    "Seller shipping cost discount": "seller_shipping_fee_discount_amount",
}
"""What of a transaction stands in which column."""

_UNKNOWN = frozenset(
    (
        "Estimated package weight (g)",
        "Actual package weight (g)",
        "Order Source",
        "Shopping center items",
    )
)
_EXPLAINING = frozenset(
    (
        "platform_shipping_fee_discount_amount",
        "sales_tax_payment_amount",
        "sales_tax_amount",
    )
)
"""Amounts of the API beside the settlement that the file has no column for."""


@dataclass(frozen=True, slots=True)
class _Transaction:
    """A row of a statement."""

    statement_id: str
    day: date
    currency: str
    body: Json

    @property
    def amounts(self) -> dict[str, Decimal]:
        return components(self.body)

    def amount(self, name: str) -> Decimal:
        return Decimal(self.body.get(name, "0"))


def components(body: Json) -> dict[str, Decimal]:
    """The amounts of a transaction of the API, of all its breakdowns, by name; files do not repeat any."""
    fees = body.get("fee_tax_breakdown", {})
    shipping = body.get("shipping_cost_breakdown", {})
    found: dict[str, Decimal] = {}
    for part in (
        body.get("revenue_breakdown", {}),
        shipping,
        shipping.get("supplementary_component", {}),
        fees.get("fee", {}),
        fees.get("tax", {}),
        body.get("supplementary_component", {}),
    ):
        found.update(
            (name, Decimal(value))
            for name, value in part.items()
            if isinstance(value, str) and name not in REPEATED.values()
        )
    return found


def book(asked: Asked, layout: str) -> Book:
    """The income of the days, by the UTC day of the statements."""
    language = asked.language
    sheets = (
        Sheet(word("Order details", language), _rows(asked, layout), padding=_PADDING),
        Sheet(word("Reports", language), _report(asked)),
        withdrawals.sheet(asked),
    )
    return Book(f"income_{asked.first:%Y%m%d}-{asked.last:%Y%m%d}.xlsx", sheets)


def columns(layout: str, region: str) -> tuple[str, ...]:
    """The English headers of a shop's file: the layout's, then the market's own."""
    extra = (*COMMON_FEES[layout], *MARKET_FEES[region])
    return (*COLUMNS[layout], *extra)


def _headers(layout: str, region: str, language: str) -> list[Cell]:
    if language == "vi":
        return [INCOME.get(name, name) for name in columns(layout, region)]
    if layout != "income_id_2026" or language != "id":
        return list(columns(layout, region))
    extra = columns(layout, region)[len(INDONESIAN) :]
    return [*INDONESIAN, *(_FEES_IN_INDONESIAN.get(name, name) for name in extra)]


def by_sku(asked: Asked, layout: str) -> Book:
    """The income of the days with a row per order and SKU, and the statement that it is on."""
    sheet = Sheet("", _rows_by_sku(asked, layout))
    return Book(f"income_{asked.shop.region}_{asked.first:%y%m%d}_{asked.last:%y%m%d}.csv", (sheet,))


def _rows_by_sku(asked: Asked, layout: str) -> Iterator[list[Cell]]:
    names = columns(layout, asked.shop.region)[len(_HEAD) :]
    yield [*BY_SKU, *names]
    for row in _transactions(asked):
        values = _values(row, row.amounts, asked)
        order_id = row.body.get("order_id")
        (order,) = asked.some("order", ids=[order_id]) if order_id else ({},)
        skus: dict[str, list[Json]] = {}
        for line in order.get("line_items", ()):
            skus.setdefault(line["sku_id"], []).append(line)
        weights = [len(lines) for lines in skus.values()] or [1]
        amounts = {
            name: _split(values.get(name, _ZERO), weights, asked.shop.digits)
            for name in ("Total settlement amount", *names)
        }
        for number, lines in enumerate(list(skus.values()) or [[]]):
            one = lines[0] if lines else {}
            yield [
                f"{row.day:%Y/%m/%d}",
                row.statement_id,
                row.currency,
                values["Type"],
                values["Order/adjustment ID"],
                one.get("sku_id", ""),
                len(lines) or "",
                one.get("product_name", ""),
                one.get("sku_name", ""),
                *(amounts[name][number] for name in ("Total settlement amount", *names)),
            ]


def _split(value: Cell, weights: list[int], digits: int) -> list[Cell]:
    """An amount in parts by weight, the last of which takes the rest; anything else is the same for all."""
    if not isinstance(value, Decimal):
        return [value] * len(weights)
    step = Decimal(1).scaleb(-digits)
    parts = [(value * weight / sum(weights)).quantize(step) for weight in weights[:-1]]
    return [*parts, value - sum(parts, _ZERO)]


def _rows(asked: Asked, layout: str) -> Iterator[list[Cell]]:
    names = columns(layout, asked.shop.region)
    yield _headers(layout, asked.shop.region, asked.language)
    known = {AMOUNTS[name] for name in names if name in AMOUNTS} | _EXPLAINING
    for row in _transactions(asked):
        amounts = row.amounts
        lost = [name for name, amount in amounts.items() if amount and name not in known]
        if lost:
            raise ValueError(
                f"{layout} has no column for {', '.join(lost)} in {asked.shop.region}: add it to MARKET_FEES."
            )
        values = _values(row, amounts, asked)
        # A column without a value is a fee that this world never charges.
        yield [values.get(name, _ZERO) for name in names]


def _transactions(asked: Asked) -> Iterator[_Transaction]:
    for day, statement in asked.statements():
        for body in asked.children("statement_transaction", statement["id"]):
            if body["type"] in TRANSACTION_TYPES:
                yield _Transaction(statement["id"], day, statement["currency"], body)


def _values(row: _Transaction, amounts: dict[str, Decimal], asked: Asked) -> dict[str, Cell]:
    """The cells of a row, by English header."""
    body = row.body
    created = body.get("order_create_time")
    shipping = row.amount("shipping_cost_amount")

    def both(one: str, other: str) -> Decimal:
        return amounts.get(one, _ZERO) + amounts.get(other, _ZERO)

    values: dict[str, Cell] = {column: amounts.get(name, _ZERO) for column, name in AMOUNTS.items()}
    values |= dict.fromkeys(_UNKNOWN, "")
    values |= {
        "Order/adjustment ID": body.get("order_id") or body["adjustment_id"],
        "Type": word(TRANSACTION_TYPES[body["type"]], asked.language),
        "Order created time": f"{asked.local(created) if created is not None else row.day:%Y/%m/%d}",
        "Order settled time": f"{row.day:%Y/%m/%d}",
        "Currency": row.currency,
        "Total settlement amount": row.amount("settlement_amount"),
        "Total revenue": row.amount("revenue_amount"),
        "Total Revenue": row.amount("revenue_amount"),
        "Subtotal after seller discounts": both("subtotal_before_discount_amount", "seller_discount_amount"),
        "Refund subtotal after seller discounts": both(
            "refund_subtotal_before_discount_amount", "seller_discount_refund_amount"
        ),
        "Total fees": row.amount("fee_tax_amount") + shipping,
        "Total Fees": row.amount("fee_tax_amount") + shipping,
        "Seller shipping fee": shipping,
        "Shipping cost": shipping,
        "Ajustment amount": row.amount("adjustment_amount"),
        "Related order ID": body.get("associated_order_id", _NONE),
    }
    return values


def _report(asked: Asked) -> Iterator[list[Cell]]:
    """The summary beside the rows."""
    revenue = fees = adjusted = settled = Decimal(0)
    for row in _transactions(asked):
        revenue += row.amount("revenue_amount")
        fees += row.amount("fee_tax_amount") + row.amount("shipping_cost_amount")
        adjusted += row.amount("adjustment_amount")
        settled += row.amount("settlement_amount")
    period = {"id": "Periode", "vi": "Khoảng thời gian"}.get(asked.language, "Time period:")
    yield [period, f"{asked.first:%Y/%m/%d}-{asked.last:%Y/%m/%d}"]
    for english, indonesian, vietnamese, amount in (
        (
            "Total settlement amount",
            "Jumlah penyelesaian pembayaran",
            "Tổng số tiền quyết toán",
            settled,
        ),
        ("Total Revenue", "Total Pendapatan", "Tổng doanh thu", revenue),
        ("Total Fees", "Total Biaya", "Tổng phí", fees),
        ("Total adjustments", "Jumlah penyesuaian", "Tổng số tiền điều chỉnh", adjusted),
    ):
        yield [{"id": indonesian, "vi": vietnamese}.get(asked.language, english), amount]
