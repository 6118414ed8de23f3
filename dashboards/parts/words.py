"""Words of the pages in English and 中文. A page adds its own; names of numbers come from the glossary."""

from __future__ import annotations

from collections.abc import Mapping

Both = tuple[str, str]
"""English and 中文."""
Dictionary = Mapping[str, Both]
ENGLISH, CHINESE = "en", "zh"

SHARED: Dictionary = {
    "all_shops": ("All shops", "全部店铺"),
    "shop": ("Shop", "店铺"),
    "shops": ("shops", "店铺"),
    "complete_until": ("Data complete until", "数据完整至"),
    "publication": ("publication", "发布版本"),
    "not_final": ("not final", "暂定"),
    "not_final_hover": ("A part may still change.", "部分数据仍可能变化。"),
    "expected": ("expected", "预计"),
    "known": ("known", "已知"),
    "unknown": ("unknown", "未知"),
    "definition": ("Definition", "定义"),
    "formula": ("Formula", "公式"),
    "clock": ("Day of", "日期口径"),
    "not_same": ("Not the same as", "易混淆"),
    "owner": ("Owner", "负责"),
    "version": ("Version", "版本"),
    "rows_behind": ("Rows behind it", "构成明细"),
    "rows_count": ("{n} rows", "共 {n} 行"),
    "first_rows": ("first {m} shown, the file has all {n}", "显示前 {m} 行，文件含全部 {n} 行"),
    "no_rows": ("No rows in this period.", "该时段没有明细。"),
    "csv": ("CSV", "CSV"),
    "xlsx": ("Excel", "Excel"),
    "export": ("export", "导出"),
    "download": ("Download", "下载"),
    "download_note": ("Downloads are logged. Ids are text.", "下载会记入审计日志；编号为文本。"),
    "yesterday": ("Yesterday", "昨日"),
    "last_7": ("7 days", "近 7 天"),
    "last_28": ("28 days", "近 28 天"),
    "month": ("Month to date", "本月至今"),
    "custom": ("Other", "自选"),
    "period": ("Period", "时段"),
    "compare": ("vs", "对比"),
    "before": ("period before", "上一时段"),
    "week": ("a week earlier", "上周同期"),
    "year": ("a year earlier", "去年同期"),
    "vs_before": ("vs the days before", "较前一时段"),
    "vs_week": ("vs last week", "较上周同日"),
    "vs_year": ("vs last year", "较去年同期"),
    "was": ("before", "对比值"),
    "was_before": ("before", "上一时段"),
    "was_week": ("last week", "上周同日"),
    "was_year": ("last year", "去年同期"),
    "total": ("All", "合计"),
    "others": ("others", "其他"),
    "share": ("Share", "占比"),
    "change": ("Change", "变化"),
    "trend": ("28 days", "近 28 天"),
    "shop_time": ("shop time", "店铺时间"),
    "utc": ("UTC", "UTC"),
    "nothing": ("Nothing here in this period.", "该时段没有数据。"),
    "nothing_shop": ("{shop} has no figures in this period.", "{shop}在该时段没有数据。"),
    "no_table": (
        "The file of your audience does not hold what this page is made of.",
        "您所属受众的文件不含本页所需数据。",
    ),
    "not_published": ("Nothing is published yet.", "尚未发布数据。"),
    "not_published_how": (
        "The pages show what `ttkpi run` publishes; `ttkpi demo` makes an example to try. Open the page again then.",
        "页面显示 `ttkpi run` 发布的数据；可用 `ttkpi demo` 试用。完成后请重新打开页面。",
    ),
    "damaged": ("The published file can't be read.", "发布文件无法读取。"),
    "damaged_how": (
        "`ttkpi verify` says what is the matter, `ttkpi rollback` brings the publication before back.",
        "`ttkpi verify` 可查明原因，`ttkpi rollback` 可恢复上一版本。",
    ),
    "held_back": (
        "{shop} is held back since {day}: its last good figures stand. {why}",
        "{shop}自 {day} 起暂缓发布，显示的是最近一次合格的数据。{why}",
    ),
    "step_failed": (
        "The newest {step} failed on {day}: nothing new was published, these figures are of the publication before. "
        "`ttkpi status` says why.",
        "最近一次{step}于 {day} 失败：没有新数据发布，页面显示上一版本的数据。原因见 `ttkpi status`。",
    ),
    "step_build": ("build", "构建"),
    "step_audit": ("audit", "审核"),
    "step_publish": ("publication", "发布"),
    "step_rollback": ("rollback", "回滚"),
    "step_freeze": ("freezing of a month", "月份冻结"),
    "unknown_days": (
        "{shop}: sales in {currency} are unknown for {n} of the last 62 days, first on {day} (no exchange rate, or not "
        "read). Sums are without these days.",
        "{shop}：近 62 天中有 {n} 天的 {currency} 销售额未知，最早为 {day}（无汇率或未读取）。各项合计不含这些天。",
    ),
    "late": ("{shop} is behind: read until {day}.", "{shop}数据滞后：读取至 {day}。"),
    "new_figures": ("New figures are published.", "已有新数据发布。"),
    "reload": ("Show them", "刷新"),
    "failed": ("This page could not be drawn.", "页面无法显示。"),
    "failed_how": (
        "The log of the home (logs/ttkpi.log) has the cause. The other pages work.",
        "原因见数据目录日志（logs/ttkpi.log）。其他页面可正常使用。",
    ),
    "log_in": ("Log in", "登录"),
    "log_in_how": (
        "These pages are for the team. Log in with your work account.",
        "页面仅供团队使用，请用工作账号登录。",
    ),
    "log_out": ("Log out", "退出"),
    "refused": ("{who} is not admitted to these pages.", "{who} 没有访问权限。"),
    "refused_how": (
        "Whoever runs them adds the address to the seed audience_members.",
        "请管理员将该地址加入 audience_members。",
    ),
    "not_logged": ("This visit could not be written to the audit log:", "本次访问未能写入审计日志："),
    "sales": ("Sales", "销售"),
    "money": ("Money", "资金"),
    "operations": ("Operations", "运营"),
    "trust": ("Trust", "可信"),
    "weekday_0": ("Mon", "周一"),
    "weekday_1": ("Tue", "周二"),
    "weekday_2": ("Wed", "周三"),
    "weekday_3": ("Thu", "周四"),
    "weekday_4": ("Fri", "周五"),
    "weekday_5": ("Sat", "周六"),
    "weekday_6": ("Sun", "周日"),
    "none_creator": ("(no creator)", "（无达人）"),
}

CLOCKS: Dictionary = {
    "business_date": ("midnight of {zone} (business day)", "{zone} 零点（业务日）"),
    "shop_local_date": ("the shop's own midnight", "店铺当地零点"),
    "snapshot_date": ("the shop's own midnight", "店铺当地零点"),
    "statement_date_utc": ("UTC midnight, as statements are cut", "UTC 零点（结算单口径）"),
    "UTC": ("UTC midnight, as statements are cut", "UTC 零点（结算单口径）"),
    "session_business_date": ("midnight of {zone} (business day)", "{zone} 零点（业务日）"),
    "first_seen": ("day on which it was first seen", "首次出现之日"),
}

STATES: Dictionary = {
    "UNPAID": ("unpaid", "待付款"),
    "ON_HOLD": ("on hold", "保留中"),
    "AWAITING_SHIPMENT": ("to be dispatched", "待发货"),
    "PARTIALLY_SHIPPING": ("partly dispatched", "部分发货"),
    "AWAITING_COLLECTION": ("to be collected", "待揽收"),
    "IN_TRANSIT": ("under way", "运输中"),
    "DELIVERED": ("delivered", "已送达"),
    "COMPLETED": ("completed", "已完成"),
    "CANCELLED": ("cancelled", "已取消"),
    "PROCESSING": ("processing", "处理中"),
    "FULFILLING": ("under way", "配送中"),
    "FAILED": ("failed", "失败"),
    "PAID": ("paid", "已打款"),
    "ENABLE": ("on", "投放中"),
    "DISABLE": ("off", "已停"),
    "gmv_max_product": ("GMV Max products", "GMV Max 商品"),
    "gmv_max_live": ("GMV Max LIVE", "GMV Max 直播"),
    "other": ("other ads", "其他广告"),
    "high": ("urgent", "紧急"),
    "medium": ("soon", "注意"),
    "low": ("note", "提示"),
    "critical": ("critical", "严重"),
    "warning": ("warning", "警告"),
    "info": ("note", "提示"),
}
"""Words for values that the platform or a mart writes; a value without words is shown as it is."""


class Words:
    """The words of one language.

    Args:
        language: `en` or `zh`.
        own: The words of a page, before the shared ones.
    """

    def __init__(self, language: str, own: Dictionary | None = None) -> None:
        self.language = language
        self._place = 1 if language == CHINESE else 0
        self._words = {**SHARED, **(own or {})}

    def __call__(self, key: str, **values: object) -> str:
        """The word; `values` fill its braces."""
        text = self._words[key][self._place]
        return text.format(**values) if values else text

    @property
    def is_chinese(self) -> bool:
        """Whether it is 中文."""
        return self._place == 1

    def pick(self, english: object, chinese: object) -> str:
        """The one of this language; the other where it is missing."""
        first, second = (chinese, english) if self.is_chinese else (english, chinese)
        return str(first or second or "")

    def clock(self, name: str, zone: str) -> str:
        """Whose midnight a column of days means."""
        return CLOCKS[name][self._place].format(zone=zone) if name in CLOCKS else name

    def state(self, value: object) -> str:
        """A value of the platform in words."""
        return STATES[str(value)][self._place] if str(value) in STATES else str(value or "")
