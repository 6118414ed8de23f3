"""What the platform owes by its own rules, case by case with the evidence: `ttkpi export claims`.

Cases are those of the published `kpi_fee_audit` with the verdict `claim`. Each says the order, what was expected by
which rule (with its source), what was charged on which statements, and until when to claim.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from home.layout import Home
from home.money import money, percent
from home.text import csv_cell
from orchestration.deliver.published_rows import Row, plain, rows

Language = Literal["en", "zh"]

CSV_FIELDS = (
    "case_id",
    "shop_key",
    "shop_name",
    "reason",
    "order_id",
    "payment_id",
    "component",
    "currency",
    "base_amount",
    "fee_rate",
    "expected_amount",
    "charged_amount",
    "claim_amount",
    "occurred_on",
    "claim_deadline",
    "rule",
    "rule_source",
)

_QUERY = """
    select audit.*, shops.shop_name
    from published.marts.kpi_fee_audit as audit
    left join published.marts.dim_shops as shops on audit.shop_key = shops.shop_key
    where audit.verdict = 'claim'
    order by audit.shop_key, audit.claim_deadline nulls last, audit.claim_amount desc, audit.case_id
"""
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|!~])")
_EVIDENCE = """
    select fees.shop_key, fees.order_id, fees.component, fees.statement_id, fees.statement_date_utc, fees.amount
    from published.marts.fct_statement_transaction_fees as fees
    inner join published.marts.kpi_fee_audit as audit
        on fees.shop_key = audit.shop_key and fees.order_id = audit.order_id and fees.component = audit.component
    where audit.verdict = 'claim' and fees.amount <> 0
    order by fees.shop_key, fees.order_id, fees.component, fees.statement_date_utc, fees.statement_id
"""

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "title": "Claims to TikTok Shop",
        "none": "There is nothing to claim.",
        "case": "Case",
        "shop": "Shop",
        "order": "Order",
        "payment": "Payment",
        "fee": "Fee",
        "expected": "Expected",
        "charged": "Charged",
        "came": "Received",
        "claim": "Claim",
        "unknown": "not known here",
        "base": "{rate} of {amount}",
        "at most": ", at most",
        "rule": "Rule",
        "source": "Source",
        "occurred": "Date",
        "deadline": "Claim by",
        "no deadline": "no public page names a deadline: claim soon",
        "evidence": "On the statements",
        "late": "To chase",
        "total": "Claims, charged or paid wrongly",
        "late total": "To chase, settled or paid late",
    },
    "zh": {
        "title": "TikTok Shop 费用申诉",
        "none": "没有可申诉的个案。",
        "case": "个案",
        "shop": "店铺",
        "order": "订单",
        "payment": "付款",
        "fee": "费用",
        "expected": "应收",
        "charged": "实收",
        "came": "实到",
        "claim": "申诉金额",
        "unknown": "本地未知",
        "base": "{amount} 的 {rate}",
        "at most": "，上限",
        "rule": "规则",
        "source": "来源",
        "occurred": "日期",
        "deadline": "申诉截止",
        "no deadline": "未见公开截止日，请尽快申诉",
        "evidence": "结算单明细",
        "late": "待催款",
        "total": "申诉合计（多收、少付）",
        "late total": "待催款合计（结算或打款逾期）",
    },
}
_LATE = ("late_settlement", "late_payout")
"""Cases of money that is due and under way: more than all wrong charges together, so it has a total of its own."""
_REASONS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "rate_change": "charged at a rate that does not hold on the day of the order",
        "refund_fee_above_cap": "refund administration fee above its cap",
        "commission_not_clawed_back": "commission of a refunded line was not given back",
        "shipping_above_table": "shipping above the printed fee",
        "cancelled_order": "fee on a cancelled order",
        "above_rate": "charged above the rate",
        "not_settled": "delivered and not settled",
        "paid_less_than_sum": "paid less than the statements say",
        "late_payout": "payout under way for too long",
        "reimbursement_missing": "promised reimbursement did not come",
    },
    "zh": {
        "rate_change": "按订单日不适用的费率收费",
        "refund_fee_above_cap": "退款管理费超过上限",
        "commission_not_clawed_back": "退款商品的佣金未退回",
        "shipping_above_table": "运费高于订单标示",
        "cancelled_order": "已取消订单被收费",
        "above_rate": "高于费率收费",
        "not_settled": "已送达但未结算",
        "paid_less_than_sum": "打款少于结算单之和",
        "late_payout": "打款逾期未到账",
        "reimbursement_missing": "承诺的赔付未到账",
    },
}


def cases(home: Home, shops: Sequence[str] = ()) -> list[Row]:
    """What can be claimed, the nearest deadline first within a shop; each with its `evidence`, rows of statements.

    Raises:
        NotPublished: There is no published file, or it is from before cases were in it.
        ConfigError: A shop is not in it.
    """
    found = rows(home, _QUERY, shops, "kpi_fee_audit")
    of_case: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows(home, _EVIDENCE, shops, "kpi_fee_audit"):
        of_case.setdefault((row["shop_key"], row["order_id"], row["component"]), []).append(row)
    for case in found:
        case["evidence"] = of_case.get((case["shop_key"], case["order_id"], case["component"]), [])
    return found


def as_markdown(found: Sequence[Row], language: Language) -> str:
    """A page with a section for each case, to be sent or pasted into a ticket."""
    words, reasons = _WORDS[language], _REASONS[language]
    lines = [f"# {words['title']}", ""]
    if not found:
        return "\n".join([*lines, words["none"], ""])
    totals: dict[tuple[bool, str], Decimal] = {}
    for case in found:
        # An order without an estimate is claimed all the same; how much it is the platform knows.
        key = (case["case_type"] in _LATE, case["currency"])
        totals[key] = totals.get(key, Decimal(0)) + (case["claim_amount"] or 0)
    for (is_late, currency), total in sorted(totals.items()):
        lines.append(f"- {words['late total' if is_late else 'total']}: {money(total, currency)}")
    for case in found:
        lines += ["", f"## {words['case']} {case['case_id']}", ""]
        lines += [f"- {name}: {value}" for name, value in _facts(case, words, reasons, language)]
        if case["evidence"]:
            lines.append(f"- {words['evidence']}:")
            lines += [
                f"  - {row['statement_date_utc']} · {row['statement_id']} · {money(row['amount'], case['currency'])}"
                for row in case["evidence"]
            ]
    return "\n".join([*lines, ""])


def _facts(
    case: Row, words: Mapping[str, str], reasons: Mapping[str, str], language: Language
) -> list[tuple[str, str]]:
    currency = case["currency"]
    base = ""
    if case["fee_rate"] is not None:
        amount = _money(case["base_amount"], currency, words)
        base = f" ({words['base'].format(rate=percent(case['fee_rate']), amount=amount)}"
        base += (
            f"{words['at most']} {money(case['fee_cap'], currency)})" if case["fee_cap"] is not None else ")"
        )
    charged = words["charged"] if case["case_type"] == "fee" else words["came"]
    facts = [
        (words["shop"], f"{_literal(case['shop_name'])} ({case['shop_key']})"),
        (words["order"], case["order_id"]),
        (words["payment"], case["payment_id"]),
        (words["fee"], case["component"]),
        (words["case"], reasons.get(case["reason"], case["reason"])),
        (words["expected"], _money(case["expected_amount"], currency, words) + base),
        (charged, _money(case["charged_amount"], currency, words)),
        (
            words["late" if case["case_type"] in _LATE else "claim"],
            _money(case["claim_amount"], currency, words),
        ),
        (words["occurred"], str(case["occurred_on"])),
        (words["deadline"], str(case["claim_deadline"] or words["no deadline"])),
        (words["rule"], case["rule_zh"] if language == "zh" else case["rule"]),
        (words["source"], case["rule_source"]),
    ]
    return [(name, value) for name, value in facts if value]


def _literal(text: str | None) -> str:
    """A name in Markdown: its signs are letters, not a link or a picture."""
    return _MARKDOWN.sub(r"\\\1", text or "")


def _money(amount: Decimal | None, currency: str, words: Mapping[str, str]) -> str:
    return words["unknown"] if amount is None else money(amount, currency)


def as_csv(found: Sequence[Row], language: Language) -> bytes:
    """A CSV with a byte order mark, a row per case."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_FIELDS)
    reasons = _REASONS[language]
    for case in found:
        shown = dict(case) | {"reason": reasons.get(case["reason"], case["reason"])}
        shown["rule"] = case["rule_zh"] if language == "zh" else case["rule"]
        shown = {name: csv_cell(value) for name, value in shown.items()}
        for name in ("base_amount", "expected_amount", "charged_amount", "claim_amount"):
            shown[name] = plain(case[name])
        writer.writerow(["" if shown[name] is None else shown[name] for name in CSV_FIELDS])
    return text.getvalue().encode("utf-8-sig")
