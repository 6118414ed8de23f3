"""What things are called in both languages, and figures as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orchestration.metrics.render import UNKNOWN

Text = tuple[str, str]
"""The same in English and in 中文."""

LANGUAGES = ("en", "zh", "both")

EVIDENCE: dict[str, Text] = {
    "none": ("no check explains it", "各项检查均无法解释"),
    "data_late": ("data are late", "数据延迟"),
    "authorisation": ("authorisation", "授权"),
    "stock_out": ("out of stock", "缺货"),
    "product_delisted": ("product delisted", "商品下架"),
    "account_health": ("account health", "账号健康"),
    "ad_budget": ("ad budget", "广告预算"),
    "creator_stopped": ("creator stopped", "达人停播"),
}
PARTS: dict[str, Text] = {
    "impressions": ("impressions", "曝光"),
    "click_rate": ("click rate", "点击率"),
    "click_to_order": ("click to order", "点击转化"),
    "order_value": ("order value", "客单价"),
    "other_calendar": ("other calendar", "日历口径"),
}
STOCK: dict[str, Text] = {
    "out": ("out", "断货"),
    "critical": ("critical", "紧急"),
    "low": ("low", "偏低"),
    "ok": ("ok", "正常"),
    "overstock": ("overstock", "积压"),
}
PAYOUTS: dict[str, Text] = {
    "PAID": ("paid", "已打款"),
    "PROCESSING": ("under way", "处理中"),
    "FAILED": ("failed", "失败"),
}
REASONS: dict[str, Text] = {
    "open_day": ("the day was not over", "当日未结束"),
    "late_order": ("late orders", "迟到订单"),
    "file_import": ("imported file", "文件导入"),
    "cancellation": ("cancellations", "取消"),
    "refund": ("refunds", "退款"),
    "status_change": ("paid later", "后续支付"),
    "late_statement": ("late statement", "迟到结算单"),
    "late_transaction": ("late statement rows", "迟到明细"),
    "statement_change": ("statement changed", "结算单变化"),
    "transaction_change": ("statement rows changed", "明细变化"),
    "payment_change": ("payment changed", "付款变化"),
    "ads_restated": ("ad reports changed", "广告报表更新"),
    "live_restated": ("LIVE figures changed", "直播数据更新"),
    "definition": ("definition changed", "口径变更"),
    "several": ("several reasons", "多种原因"),
    "unknown": ("unknown", "未知"),
}
ROLES: dict[str, Text] = {
    "operations": ("operations", "运营"),
    "media_buyer": ("media buyer", "投手"),
    "host": ("host", "主播"),
}
NOT_FINAL: Text = ("not final", "暂定")


def say(text: Text, language: str) -> str:
    """A text in a language; in both: 中文 first, then English, once where they are the same."""
    english, chinese = text
    if language == "en" or not chinese:
        return english
    return chinese if language == "zh" or english == chinese else f"{chinese} {english}"


def both(english: str) -> Text:
    """A name or figure that is the same in both languages."""
    return english, english


def called(words: dict[str, Text], key: object) -> Text:
    """What a value is called; a value without a name is called by itself."""
    return words.get(str(key)) or both(str(key).replace("_", " "))


def figure(value: Any, unit: str) -> str:
    """A figure: thousands separated, money without decimals from 1,000, fractions per cent, unknown as a dash."""
    if value is None:
        return UNKNOWN
    if unit == "fraction":
        return _signed(f"{100 * Decimal(value):,.1f} %")
    if unit in ("shop currency", "reporting currency", "money"):
        return _signed(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}")
    if unit in ("ratio", "hours"):
        return _signed(f"{value:,.2f}")
    return _signed(f"{value:,.0f}" if value == int(value) else f"{value:,.1f}")


def change(value: float | None) -> str:
    """A change: an arrow and a sign, so that it can be read without colours."""
    if value is None:
        return UNKNOWN
    shown = _signed(f"{100 * value:+,.1f} %")
    return f"{'▲' if value > 0 else '▼' if value < 0 else '='} {shown}"


def _signed(text: str) -> str:
    return text.replace("-", "−")
