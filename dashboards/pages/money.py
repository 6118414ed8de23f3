"""Money 资金: from GMV to the bank, per month and per statement; what comes when, payouts, fees, claims, profit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, charts
from dashboards.parts.choices import Choice
from dashboards.parts.formats import COUNT, DAY, FRACTION, MONEY
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

WORDS: Dictionary = {
    "name": ("Money", "资金"),
    "month_close": ("What TikTok owes: the month from opening to closing", "平台应付款：从期初到期末"),
    "statement": ("A statement from GMV to what is payable", "单张结算单：从成交额到应付"),
    "statements": ("Statements", "结算单"),
    "no_month": ("No month of this shop has sales or statements.", "该店铺没有可结账的月份。"),
    "no_statements": ("No statement in this period.", "该时段没有结算单。"),
    "month": ("Month", "月份"),
    "months": ("all months", "全部月份"),
    "cash": ("What comes when", "回款预测"),
    "no_cash": ("Nothing is under way and nothing unsettled.", "没有在途或未结算款项。"),
    "week_of": ("Week of", "周"),
    "received": ("Received", "已收"),
    "expected_cash": ("Expected", "预计"),
    "by_then": ("By then, low to high", "累计（低–高）"),
    "payouts": ("Payouts", "提现与打款"),
    "no_payouts": ("No payout in this period.", "该时段没有打款。"),
    "state": ("State", "状态"),
    "amount": ("Amount", "金额"),
    "created": ("Created", "创建"),
    "profit": ("Profit by shop", "各店利润"),
    "fees": ("Charges by kind", "费用构成"),
    "no_fees": ("No charge in this period.", "该时段没有费用。"),
    "fee": ("Charge", "费用"),
    "charged": ("Charged", "实收"),
    "audited": ("Expected by the rate card", "费率表应收"),
    "claims": ("To claim", "可申诉"),
    "cases": ("What can be claimed", "可申诉的多收与少付"),
    "no_cases": ("Nothing was found to claim.", "没有发现可申诉的项目。"),
    "case": ("Case", "个案"),
    "expected_fee": ("Expected", "应收"),
    "claim_by": ("Claim by", "申诉截止"),
    "cases_note": (
        "soonest deadline first, expired ones last; ttkpi export claims writes the evidence",
        "最近截止在前，已过期在后；ttkpi export claims 导出证据",
    ),
    "losses": ("SKUs that lose money", "亏损 SKU"),
    "no_losses": ("No SKU lost money over its settled sales.", "已结算的销售中没有亏损的 SKU。"),
    "losses_note": ("90 days of settled sales, largest loss first", "近 90 天已结算销售，亏损最多在前"),
    "loss_part": ("By", "亏在"),
    "product": ("Product", "商品"),
    "units": ("Units", "件数"),
    "margin": ("Margin", "利润率"),
    "loss": ("Profit", "利润"),
    "journal": ("What has to be booked", "记账凭证"),
    "no_journal": ("No statement and no payout to book.", "没有需要记账的结算单或打款。"),
    "journal_note": (
        "{month}; ttkpi export journal writes it for accounting programs",
        "{month}；ttkpi export journal 按财务软件格式导出",
    ),
    "entry": ("Entry", "凭证"),
    "account": ("Account", "科目"),
    "debit": ("Debit", "借方"),
    "credit": ("Credit", "贷方"),
    "commission": ("Commission due", "应付佣金"),
    "no_commission": ("No commission is due.", "没有应付佣金。"),
    "payee": ("Payee", "收款人"),
    "accrued": ("Accrued", "计提"),
    "settled": ("Settled", "已结"),
    "clawed_back": ("Taken back", "追回"),
    "due": ("Due", "应付"),
    "closes": ("the steps sum to the last bar exactly", "各步骤相加恰等于最后一项"),
    "day": ("Day", "日期"),
    "choose": ("click a line for its steps", "点击一行查看步骤"),
}
_TILES = (
    "settlement_amount_rc",
    "fees_and_commissions_amount_rc",
    "contribution_profit_expected_rc",
    "contribution_profit_rc",
)
_MONTH_STEPS = (
    "sales_amount",
    "cancelled_amount",
    "refunded_amount",
    "revenue_without_sale_amount",
    "settlement_difference_amount",
    "platform_fee_amount",
    "affiliate_commission_amount",
    "ads_commission_amount",
    "ad_fee_amount",
    "seller_shipping_amount",
    "tax_amount",
    "unmapped_fee_amount",
    "adjustment_amount",
    "ad_payment_amount",
    "other_difference_amount",
    "payout_amount",
    "set_off_amount",
)
_STATEMENT_STEPS = (
    "cancelled_amount",
    "refunded_amount",
    "platform_discount_amount",
    "revenue_residual",
    "platform_fee_amount",
    "affiliate_commission_amount",
    "ads_commission_amount",
    "ad_fee_amount",
    "seller_shipping_amount",
    "tax_amount",
    "unmapped_fee_amount",
    "fee_residual",
    "adjustment_amount",
    "ad_payment_amount",
    "settlement_residual",
    "reserve_amount",
    "payable_residual",
)
_STATEMENT, _MONTH = "money_statement", "money_month"

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    chosen = page.choices()
    numbers = page.ask_each(_TILES, chosen.period, shop=chosen.shop, compare=chosen.compare)
    days = f"{chosen.period.since:%Y-%m-%d} – {chosen.period.last:%Y-%m-%d}"
    scope = f"<b>{escape(page.shop_name(chosen.shop))}</b> · {days}"
    page.block(
        page.tiles(
            [
                page.tile(one.figure(one.answer.metrics[0].name), scope=scope, versus=chosen.compare)
                for one in numbers
                if one.answer.metrics
            ]
        ),
        "tiles",
    )
    shop = chosen.shop or (str(page.shops[0]["shop_key"]) if page.shops else "")
    left, right = st.columns([1.25, 1], gap="small")
    with left:
        _month_close(page, shop)
        _statements(page, chosen, shop)
        page.block(_losses(page, chosen), "losses")
        page.block(_journal(page, shop), "journal")
    with right:
        page.block(_cash(page, shop), "cash")
        page.block(_profit(page, chosen), "profit")
        page.block(_fees(page, shop), "fees")
        page.block(_payouts(page, chosen), "payouts")
        page.block(_commission(page, chosen), "commission")
    # As wide as the page: what was charged, what can be claimed and until when were cut off beside other tables.
    page.block(_cases(page, chosen), "cases")


def _steps(
    page: Page, table: str, row: Mapping[str, Any], first: str, names: Sequence[str], last: str
) -> list[tuple[str, float, bool]]:
    """A row as steps of a waterfall; steps of nothing are left out."""

    def label(name: str) -> str:
        # All of them are amounts: the word would only cut the names off.
        return page.column(table, name).label.removesuffix(" amount")

    steps = [(label(first), float(row[first]), True)]
    steps += [(label(name), float(row[name]), False) for name in names if row[name]]
    return [*steps, (label(last), float(row[last]), True)]


def _month_close(page: Page, shop: str) -> None:
    t = page.t
    rows = (
        page.store.rows(
            "select * from kpi_month_close where shop_key = ? order by shop_local_month desc", (shop,)
        )
        if page.store.has("kpi_month_close")
        else []
    )
    if not rows:
        said = t("no_month") if page.store.has("kpi_month_close") else t("no_table")
        blocks.still(blocks.card(t("month_close"), blocks.empty(said)))
        return
    months: dict[str, Row] = {f"{row['shop_local_month']:%Y-%m}": row for row in rows}
    with page.chart_card("month"):
        if st.session_state.get(_MONTH) not in months:
            st.session_state[_MONTH] = next(iter(months))
        row = months[str(st.session_state[_MONTH])]
        mark = f'<span class="pv">{t("not_final")}</span>' if row["is_provisional"] else ""
        page.chart_title(
            t("month_close"), f"{escape(page.shop_name(shop))} · {row['currency']} · {t('closes')} {mark}"
        )
        st.selectbox(t("month"), list(months), key=_MONTH, label_visibility="collapsed")
        steps = _steps(page, "kpi_month_close", row, "opening_receivable", _MONTH_STEPS, "closing_receivable")
        charts.chart(charts.waterfall(steps, unit=str(row["currency"]), line=24), "month")
    months_of_shop = _of_shop(page, "month_close", "kpi_month_close", "shop_local_month", shop)
    page.block(
        f'<div class="sub" style="text-align:right">{t("months")} {page.downloads(months_of_shop)}</div>',
        "month_rows",
    )


def _of_shop(page: Page, name: str, table: str, day: str, shop: str) -> behind.Rows:
    sql = f"select * from {table} where shop_key = ? order by {day} desc"  # noqa: S608 (own text)
    return behind.query(page.store, name, sql, (shop,))


def _statements(page: Page, chosen: Choice, shop: str) -> None:
    t = page.t
    sql = (
        "select * from kpi_settlement_bridge where shop_key = ? and statement_date_utc >= ? "
        "and statement_date_utc < ? order by statement_time desc, statement_id"
    )
    values = (shop, chosen.period.since, chosen.period.until)
    records = page.store.rows(sql, values)
    by_id = {str(row["statement_id"]): row for row in records}
    if st.session_state.get(_STATEMENT) not in by_id:
        st.session_state[_STATEMENT] = next(iter(by_id), None)
    row = by_id.get(st.session_state[_STATEMENT] or "")
    if row is not None:
        with page.chart_card("statement"):
            page.chart_title(t("statement"), f"{escape(str(row['statement_id']))} · {row['currency']}")
            steps = _steps(
                page, "kpi_settlement_bridge", row, "gmv_amount", _STATEMENT_STEPS, "payable_amount"
            )
            charts.chart(charts.waterfall(steps, unit=str(row["currency"]), line=24), "statement")

    def amount(name: str, *, is_wide: bool = False) -> Column:
        one = page.column("kpi_settlement_bridge", name)
        return Column(name, one.label, MONEY, hover=one.hover, is_wide=is_wide)

    for one in records:
        one["state"] = page.value_name("payment_status", one["payment_status"])
    page.block(
        page.table(
            t("statements"),
            [
                Column("statement_date_utc", t("day"), DAY, hover=t.clock("statement_date_utc", page.zone)),
                amount("gmv_amount", is_wide=True),
                amount("fees_and_commissions_amount"),
                amount("settlement_amount"),
                amount("payable_amount", is_wide=True),
                Column("state", t("state")),
            ],
            records,
            name="statements",
            note=f"{escape(page.shop_name(shop))} · {records[0]['currency'] if records else ''} · {t('choose')}",
            limit=12,
            rows=behind.query(page.store, "statements", sql, values),
            opens=lambda one: blocks.choose(_STATEMENT, str(one["statement_id"])),
            is_chosen=lambda one: str(one["statement_id"]) == st.session_state[_STATEMENT],
            nothing=t("no_statements"),
        ),
        "statements",
    )


def _cash(page: Page, shop: str) -> str:
    t = page.t
    if not page.store.has("kpi_cash_forecast"):
        return blocks.card(t("cash"), blocks.empty(t("no_table")))
    records = page.store.rows(
        "select * from kpi_cash_forecast where shop_key = ? order by week_start", (shop,)
    )
    f = page.f

    def span(row: Mapping[str, Any]) -> str:
        if row["cash_cumulative_expected"] is None:
            return "–"
        return f"{f.money(row['cash_cumulative_low'])} – {f.money(row['cash_cumulative_high'])}"

    return page.table(
        t("cash"),
        [
            Column("week_start", t("week_of"), DAY),
            _amount(page, "kpi_cash_forecast", "received_amount", "received"),
            _amount(page, "kpi_cash_forecast", "cash_expected", "expected_cash"),
            Column(
                "cash_cumulative_expected",
                t("by_then"),
                hover=page.column("kpi_cash_forecast", "cash_cumulative_expected").hover,
                is_wide=True,
                show=span,
            ),
        ],
        records,
        name="cash",
        note=f"{escape(page.shop_name(shop))} · {records[0]['currency'] if records else ''}",
        limit=20,
        rows=_of_shop(page, "cash", "kpi_cash_forecast", "week_start", shop),
        nothing=t("no_cash"),
    )


def _amount(page: Page, table: str, name: str, word: str, *, is_wide: bool = False) -> Column:
    return Column(name, page.t(word), MONEY, hover=page.column(table, name).hover, is_wide=is_wide)


def _profit(page: Page, chosen: Choice) -> str:
    t = page.t
    names = (
        "contribution_profit_rc",
        "contribution_profit_expected_rc",
        "contribution_profit_after_unallocated_rc",
    )
    answers = page.ask_each(names, chosen.period, by=["shop"], shop=chosen.shop, compare=chosen.compare)
    records: dict[str, Row] = {}
    columns = [Column("shop", t("shop"))]
    for answer in answers:
        if not answer.answer.metrics:
            continue
        name = answer.answer.metrics[0].name
        one = page.metric(name)
        columns.append(
            Column(name, one.label, hover=one.hover, change=name == names[0], is_wide=name == names[2])
        )
        for (key,) in answer.groups():
            record = records.setdefault(key, {"shop": page.shop_name(key)})
            record[name] = answer.figure(name, key)
    return page.table(
        t("profit"), columns, list(records.values()), name="profit", note=page.standing.currency
    )


def _fees(page: Page, shop: str) -> str:
    """What each kind of charge came to in the newest month, beside what the rate card expects."""
    t = page.t
    if not page.store.has("kpi_fee_totals"):
        return blocks.card(t("fees"), blocks.empty(t("no_table")))
    rows = page.store.rows(
        "select * from kpi_fee_totals where shop_key = ? order by statement_month desc, component_group, component",
        (shop,),
    )
    newest: date | None = rows[0]["statement_month"] if rows else None
    records = [row for row in rows if row["statement_month"] == newest]
    for row in records:
        row["fee"] = page.value_name("component", row["component"]).removesuffix(" amount")
    return page.table(
        t("fees"),
        [
            Column("fee", t("fee")),
            _amount(page, "kpi_fee_totals", "charged_amount", "charged"),
            _amount(page, "kpi_fee_totals", "expected_amount", "audited", is_wide=True),
            _amount(page, "kpi_fee_totals", "claim_amount", "claims"),
        ],
        records,
        name="fees",
        note=f"{escape(page.shop_name(shop))} · {newest:%Y-%m} · {records[0]['currency']}" if newest else "",
        limit=20,
        rows=_of_shop(page, "fees", "kpi_fee_totals", "statement_month", shop),
        nothing=t("no_fees"),
    )


def _shows(page: Page, view: str, *columns: str) -> bool:
    """Whether the file has these columns of a view: that of an audience, or of an older version, may lack them."""
    return set(columns) <= page.store.file.columns("views").get(view, {}).keys()


def _cases(page: Page, chosen: Choice) -> str:
    t = page.t
    if not _shows(page, "fee_audit", "verdict", "claim_deadline", "claim_amount_rc"):
        return blocks.card(t("cases"), blocks.empty(t("no_table")))
    which = " and shop_key = ?" if chosen.shop else ""
    # Today is not over: a claim is in time on its last day.
    values = (*((chosen.shop,) if chosen.shop else ()), page.standing.today)
    sql = (
        "select * from views.fee_audit where verdict = 'claim'"  # noqa: S608 (own text)
        f"{which} order by coalesce(claim_deadline < ?, false), claim_deadline nulls last, "
        "claim_amount_rc desc nulls last, shop_key, case_id"
    )
    records = page.store.rows(sql, values)
    for row in records:
        row["shop"] = page.shop_name(str(row["shop_key"]))
        row["reason"] = page.value_name("reason", row.get("reason"))
        row["about"] = (
            page.value_name("component", row.get("component")).removesuffix(" amount")
            or row.get("order_id")
            or row.get("payment_id")
        )

    def amount(name: str, word: str, *, is_wide: bool = False) -> Column:
        hover = page.column("kpi_fee_audit", name).hover
        return Column(name, t(word), MONEY, currency="currency", hover=hover, is_wide=is_wide)

    return page.table(
        t("cases"),
        [
            Column("shop", t("shop"), is_wide=True),
            Column("reason", t("case"), hover=page.column("kpi_fee_audit", "reason").hover),
            Column("about", t("fee"), is_wide=True),
            amount("expected_amount", "expected_fee", is_wide=True),
            amount("charged_amount", "charged", is_wide=True),
            amount("claim_amount", "claims"),
            Column("claim_deadline", t("claim_by"), DAY),
        ],
        records,
        name="cases",
        note=t("cases_note"),
        limit=12,
        rows=behind.query(page.store, "cases", sql, values),
        nothing=t("no_cases"),
    )


def _losses(page: Page, chosen: Choice) -> str:
    t = page.t
    if not _shows(page, "loss_making_skus", "contribution_profit", "contribution_profit_rc"):
        return blocks.card(t("losses"), blocks.empty(t("no_table")))
    which = " where shop_key = ?" if chosen.shop else ""
    values = (chosen.shop,) if chosen.shop else ()
    sql = f"select * from views.loss_making_skus{which} order by contribution_profit_rc, shop_key, sku_id"  # noqa: S608 (own text)
    records = page.store.rows(sql, values)
    for row in records:
        row["part"] = page.value_name("profit_loss_part", row.get("profit_loss_part"))
        row["sku"] = row.get("seller_sku") or row.get("sku_id")

    def hover(name: str) -> str:
        return page.column("kpi_loss_making_skus", name).hover

    return page.table(
        t("losses"),
        [
            Column("sku", "SKU"),
            Column("product_name", t("product"), is_wide=True),
            Column("units_sold", t("units"), COUNT, is_wide=True),
            Column(
                "contribution_profit",
                t("loss"),
                MONEY,
                currency="currency",
                hover=hover("contribution_profit"),
            ),
            Column("profit_margin", t("margin"), FRACTION, hover=hover("profit_margin"), is_wide=True),
            Column("part", t("loss_part"), hover=hover("profit_loss_part")),
        ],
        records,
        name="loss_making_skus",
        note=t("losses_note"),
        limit=12,
        rows=behind.query(page.store, "loss_making_skus", sql, values),
        nothing=t("no_losses"),
    )


def _journal(page: Page, shop: str) -> str:
    """The entries of the newest month; the exported file has all of them."""
    t = page.t
    needed = (
        "entry_id",
        "entry_date",
        "shop_local_month",
        "account_code",
        "account_name",
        "account_name_zh",
        "currency",
    )
    if not _shows(page, "journal", *needed):
        return blocks.card(t("journal"), blocks.empty(t("no_table")))
    sql = (
        "select * from views.journal where shop_key = ? and shop_local_month = "
        "(select shop_local_month from views.journal where shop_key = ? order by shop_local_month desc limit 1) "
        "order by entry_date desc, entry_id, line_number"
    )
    values = (shop, shop)
    records = page.store.rows(sql, values)
    for row in records:
        row["account"] = f"{row['account_code']} {t.pick(row['account_name'], row['account_name_zh'])}"

    def amount(name: str, word: str) -> Column:
        return Column(name, t(word), MONEY, hover=page.column("kpi_journal", name).hover)

    first = records[0] if records else {}
    month = (
        t("journal_note", month=f"{first['shop_local_month']:%Y-%m} · {first['currency']}") if first else ""
    )
    return page.table(
        t("journal"),
        [
            Column("entry_date", t("day"), DAY),
            Column("entry_id", t("entry"), is_wide=True),
            Column("account", t("account")),
            amount("debit_amount", "debit"),
            amount("credit_amount", "credit"),
        ],
        records,
        name="journal",
        note=f"{escape(page.shop_name(shop))} · {month}" if first else "",
        limit=8,
        rows=behind.query(page.store, "journal", sql, values),
        nothing=t("no_journal"),
    )


def _payouts(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.store.has("fct_payments"):
        return blocks.card(t("payouts"), blocks.empty(t("no_table")))
    which = " and shop_key = ?" if chosen.shop else ""
    sql = (
        "select * from fct_payments where created_date_utc >= ? and created_date_utc < ?"  # noqa: S608 (own text)
        f"{which} order by created_at desc, payment_id"
    )
    values = (chosen.period.since, chosen.period.until, *((chosen.shop,) if chosen.shop else ()))
    records = page.store.rows(sql, values)
    for row in records:
        row["shop"] = page.shop_name(str(row["shop_key"]))
        row["state"] = page.value_name("payment_status", row["payment_status"])
    return page.table(
        t("payouts"),
        [
            Column("created_date_utc", t("created"), DAY),
            Column("shop", t("shop"), is_wide=True),
            Column("payout_amount", t("amount"), MONEY, currency="payout_currency"),
            Column("state", t("state")),
        ],
        records,
        name="payouts",
        limit=10,
        rows=behind.query(page.store, "payouts", sql, values),
        nothing=t("no_payouts"),
    )


def _commission(page: Page, chosen: Choice) -> str:
    t = page.t
    if not page.store.has("kpi_commission_due"):
        return blocks.card(t("commission"), blocks.empty(t("no_table")))
    which = " and shop_key = ?" if chosen.shop else ""
    sql = (
        "select * from kpi_commission_due where due_amount <> 0"  # noqa: S608 (own text)
        f"{which} order by due_amount_rc desc nulls last, shop_key, payee"
    )
    values = (chosen.shop,) if chosen.shop else ()
    records = page.store.rows(sql, values)
    return page.table(
        t("commission"),
        [
            Column("payee", t("payee")),
            Column("accrued_amount", t("accrued"), MONEY, currency="currency", is_wide=True),
            Column("settled_amount", t("settled"), MONEY, currency="currency", is_wide=True),
            Column("clawed_back_amount", t("clawed_back"), MONEY, currency="currency", is_wide=True),
            Column("due_amount", t("due"), MONEY, currency="currency"),
        ],
        records,
        name="commission_due",
        limit=10,
        rows=behind.query(page.store, "commission_due", sql, values),
        nothing=t("no_commission"),
    )
