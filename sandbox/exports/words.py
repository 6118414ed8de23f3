"""Words of the files in the seller's language. English ones as in public importers; the others are ours to choose.

Indonesian headers of the income file are those that public importers of such files name; Indonesian and Vietnamese
status words follow the sellers' pages, and no file of a real shop was at hand to verify them.
"""

from __future__ import annotations

LANGUAGES = ("en", "id", "vi", "es")

_STATUS: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "UNPAID": ("Unpaid", "Unpaid"),
        "ON_HOLD": ("To ship", "On hold"),
        "AWAITING_SHIPMENT": ("To ship", "Awaiting shipment"),
        "PARTIALLY_SHIPPING": ("To ship", "Partially shipped"),
        "AWAITING_COLLECTION": ("To ship", "Awaiting collection"),
        "IN_TRANSIT": ("Shipped", "In transit"),
        "DELIVERED": ("Shipped", "Delivered"),
        "COMPLETED": ("Completed", "Completed"),
        "CANCELLED": ("Canceled", "Canceled"),
    },
    "id": {
        "UNPAID": ("Belum dibayar", "Belum dibayar"),
        "ON_HOLD": ("Perlu dikirim", "Ditahan"),
        "AWAITING_SHIPMENT": ("Perlu dikirim", "Menunggu pengiriman"),
        "PARTIALLY_SHIPPING": ("Perlu dikirim", "Dikirim sebagian"),
        "AWAITING_COLLECTION": ("Perlu dikirim", "Menunggu pengambilan"),
        "IN_TRANSIT": ("Dikirim", "Dalam perjalanan"),
        "DELIVERED": ("Dikirim", "Terkirim"),
        "COMPLETED": ("Selesai", "Selesai"),
        "CANCELLED": ("Dibatalkan", "Dibatalkan"),
    },
    "vi": {
        "UNPAID": ("Chưa thanh toán", "Chưa thanh toán"),
        "ON_HOLD": ("Cần gửi", "Tạm giữ"),
        "AWAITING_SHIPMENT": ("Cần gửi", "Chờ vận chuyển"),
        "PARTIALLY_SHIPPING": ("Cần gửi", "Đã gửi một phần"),
        "AWAITING_COLLECTION": ("Cần gửi", "Chờ lấy hàng"),
        "IN_TRANSIT": ("Đã vận chuyển", "Đang vận chuyển"),
        "DELIVERED": ("Đã vận chuyển", "Đã giao"),
        "COMPLETED": ("Đã hoàn tất", "Đã hoàn tất"),
        "CANCELLED": ("Đã hủy", "Đã hủy"),
    },
}

_WORDS: dict[str, dict[str, str]] = {
    "id": {
        "Cancel": "Batalkan",
        "Return/Refund": "Pengembalian barang/dana",
        "User": "Pembeli",
        "Seller": "Penjual",
        "System": "Sistem",
        "Cash on delivery": "Bayar di tempat",
        "Credit/Debit card": "Kartu kredit/debit",
        "Fulfillment by seller": "Dikirim oleh penjual",
        "Order": "Pesanan",
        "GMV Payment for TikTok Ads": "Pembayaran GMV untuk Iklan TikTok",
        "Platform reimbursement": "Penggantian dana oleh platform",
        "Logistics reimbursement": "Penggantian Biaya Logistik",
        "Platform penalty": "Penalti platform",
        "Promotion adjustment": "Penyesuaian promosi",
        "Seller mission reward": "Hadiah misi penjual",
        "Other adjustment": "Penyesuaian lainnya",
        "Deductions incurred by seller": "Potongan yang ditanggung penjual",
        "Sample shipping fee": "Ongkir sampel",
        "Shipping fee adjustment": "Penyesuaian ongkir",
        "Withdrawal": "Penarikan",
        "Transferred": "Berhasil ditransfer",
        "Processing": "Diproses",
        "Failed": "Gagal",
        "Order details": "Detail pesanan",
        "Reports": "Laporan",
        "Withdrawal records": "Riwayat penarikan",
    },
    "vi": {
        "Normal": "Bình thường",
        "Cancel": "Hủy",
        "Return/Refund": "Trả hàng/Hoàn tiền",
        "User": "Người mua",
        "Seller": "Người bán",
        "System": "Hệ thống",
        "Cash on delivery": "Thanh toán khi giao hàng",
        "Credit/Debit card": "Thẻ tín dụng/ghi nợ",
        "Fulfillment by seller": "Người bán vận chuyển",
        "Order": "Đơn hàng",
        "GMV Payment for TikTok Ads": "GMV thanh toán cho Quảng cáo TikTok",
        "Logistics reimbursement": "Bồi thường do vận chuyển-kho vận",
        "Deductions incurred by seller": "Các khoản giảm trừ do người bán chịu",
        "Withdrawal": "Rút tiền",
        "Transferred": "Thành công",
        "Processing": "Đang xử lý",
        "Failed": "Thất bại",
        "Order details": "Chi tiết đơn hàng",
        "Reports": "Báo cáo",
        "Withdrawal records": "Lịch sử rút tiền",
        "Unsettled orders": "Đơn hàng chưa quyết toán",
    },
}

TRANSACTION_TYPES = {
    "ORDER": "Order",
    "GMV_PAYMENT_FOR_ADS": "GMV Payment for TikTok Ads",
    "PLATFORM_REIMBURSEMENT": "Platform reimbursement",
    "LOGISTICS_REIMBURSEMENT": "Logistics reimbursement",
    "PLATFORM_PENALTY": "Platform penalty",
    "PROMOTION_ADJUSTMENT": "Promotion adjustment",
    "SELLER_MISSION_REWARD": "Seller mission reward",
    "OTHER_ADJUSTMENT": "Other adjustment",
    "DEDUCTIONS_INCURRED_BY_SELLER": "Deductions incurred by seller",
    "SAMPLE_SHIPPING_FEE": "Sample shipping fee",
    "SHIPPING_FEE_ADJUSTMENT": "Shipping fee adjustment",
}
"""Types of a statement's rows, as an income file names them. A reserve moves no income and is in none."""


def status_words(status: str, language: str) -> tuple[str, str]:
    """(order status, order substatus) of a status of the API; English where a language has none."""
    return _STATUS.get(language, _STATUS["en"])[status]


def word(english: str, language: str) -> str:
    """A word in a language; English where it has none."""
    return _WORDS.get(language, {}).get(english, english)
