"""What is wrong with a workbook of inputs, by sheet, row and column, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

UNKNOWN = ("unknown_shop", "unknown_sku", "unknown_account", "unknown_person", "unknown_host", "unknown_campaign",
           "unknown_advertiser", "unknown_order")  # fmt: skip
"""What may be right all the same: a SKU that is listed tomorrow. `--accept-unknown` takes it."""

MESSAGES: Mapping[str, tuple[str, str]] = {
    "no_workbook": ("文件无法读取：{reason}", "the file can't be read: {reason}"),
    "no_sheet": ("文件里没有任何输入表", "no sheet of the workbook is one of the inputs"),
    "unknown_sheet": (
        "不认识的工作表；请删除，或改回原来的名称（{names}）",
        "no input has this name; delete the sheet, or give it back its name ({names})",
    ),
    "double_sheet": ("同一输入有两个工作表", "two sheets are of the same input"),
    "no_header": (
        "找不到表头（{columns}）；请从导出的文件填写",
        "the header ({columns}) is not there; fill in the exported workbook",
    ),
    "missing_column": ("缺少该列", "the column is missing"),
    "double_column": ("该列出现两次", "the column is there twice"),
    "needed": ("必须填写", "has to be filled in"),
    "digits_lost": (
        "编号被表格软件当成数字，末尾数字已丢失；请将单元格设为文本后重新填写",
        "the spreadsheet took the id for a number and lost digits; format the cell as text and fill it in again",
    ),
    "no_number": ("“{value}”不是数字", "{value!r} is no number"),
    "no_whole_number": ("“{value}”不是整数", "{value!r} is no whole number"),
    "no_date": ("“{value}”不是日期；请写成 2026-10-31", "{value!r} is no date; write 2026-10-31"),
    "no_time": ("“{value}”不是时间；请写成 18:00", "{value!r} is no time of the day; write 18:00"),
    "no_yes_no": ("“{value}”不是 是/否", "{value!r} is neither yes nor no"),
    "no_choice": ("“{value}”不可用；可选 {choices}", "{value!r} is not possible; possible are {choices}"),
    "too_small": ("{value} 小于 {limit}", "{value} is less than {limit}"),
    "too_large": ("{value} 大于 {limit}", "{value} is more than {limit}"),
    "not_above": ("{value} 必须大于 {limit}", "{value} has to be more than {limit}"),
    "too_many_digits": (
        "{value} 的位数过多（最多 {limit}）",
        "{value} has too many digits (at most {limit})",
    ),
    "not_first_of_month": ("{value} 不是某月 1 日", "{value} is not the first of a month"),
    "ends_before_it_begins": ("失效日 {value} 不晚于生效日", "ends on {value}, which is not after its begin"),
    "overlap": (
        "与第 {other} 行的日期重叠（同一 {key}）",
        "holds on the same days as row {other} (the same {key})",
    ),
    "double": ("与第 {other} 行重复（同一 {key}）", "is there twice: row {other} has the same {key}"),
    "unknown_shop": ("没有店铺“{value}”", "there is no shop {value!r}"),
    "ambiguous_shop": (
        "有多家店铺叫“{value}”；请填店铺编号",
        "several shops are called {value!r}; write the shop's id",
    ),
    "unknown_sku": ("该店铺没有 SKU“{value}”", "the shop has no SKU {value!r}"),
    "unknown_account": ("该店铺没有直播账号“{value}”", "the shop has no LIVE account {value!r}"),
    "unknown_person": (
        "“{value}”不在人员分工表中（同一岗位）",
        "{value!r} is not among the assignments of this role",
    ),
    "unknown_host": ("“{value}”不在该店铺的主播排班表中", "{value!r} is not on the roster of this shop"),
    "unknown_campaign": ("没有广告系列“{value}”", "there is no campaign {value!r}"),
    "unknown_advertiser": ("没有广告账户“{value}”", "there is no ads account {value!r}"),
    "unknown_order": ("该店铺没有订单“{value}”", "the shop has no order {value!r}"),
    "no_zone": ("“{value}”不是时区；如 America/New_York", "{value!r} is no time zone; as America/New_York"),
    "scope_without_id": ("请填写账号或广告系列", "name the account or campaign"),
    "shop_with_id": ("范围为 shop 时必须留空", "has to be empty where the scope is shop"),
    "scope_of_role": (
        "account 只用于 host，campaign 只用于 media_buyer",
        "account is for hosts, campaign for media buyers",
    ),
    "limits_not_whole": (
        "预警上限、严重上限、统计天数须同时填写或同时留空",
        "warning limit, critical limit and days: all three or none",
    ),
    "limit_of_kpi": (
        "上限只用于 refund_rate 与 cancellation_rate",
        "limits are for refund_rate and cancellation_rate only",
    ),
    "critical_below_warning": ("严重值不能小于预警值", "critical has to be at least the warning"),
    "no_owner_of_all": (
        "必须有一行店铺和类型都留空（其余告警的负责人）",
        "one row without shop and kind has to be there: who is to act on all others",
    ),
    "reserved_name": ("“{value}”是保留名称", "{value!r} is what nobody on air is called"),
    "no_posting": (
        "没有过账项“{value}”；可用 {choices}，或以 component:、fee_group:、adjustment: 开头",
        "there is no posting {value!r}; there are {choices}, and those that begin with component:, fee_group:, "
        "adjustment:",
    ),
    "weights": (
        "{role} 自 {day} 起的权重合计为 {sum}，应为 1",
        "the weights of {role} from {day} on sum to {sum} instead of 1",
    ),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        code: What it is; a key of `MESSAGES`.
        sheet: Name of the sheet; empty when it is about the file.
        row: Row as the spreadsheet shows it, from 1; None when it is not about one row.
        column: Name of the column in both languages; empty when it is not about one column.
        values: What is filled into the sentence.
    """

    code: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: Literal["both", "en", "zh"] = "both") -> str:
        """The finding in a line that names sheet, row and column.

        Args:
            language: Of the sentence; `both`: Chinese, then English.
        """
        zh, en = (text.format(**self.values) for text in MESSAGES[self.code])
        said = {"zh": zh, "en": en}.get(language, f"{zh} · {en}")
        place = [self.sheet] if self.sheet else []
        if self.row is not None:
            place.append(
                {"zh": f"第 {self.row} 行", "en": f"row {self.row}"}.get(
                    language, f"第 {self.row} 行 row {self.row}"
                )
            )
        if self.column:
            place.append(self.column)
        return f"{', '.join(place)}: {said}" if place else said
