"""The sections of a report, each from the metrics or from one table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from home.text import one_line
from orchestration.deliver.alert_actions import ACTIONS
from orchestration.deliver.report import reading
from orchestration.deliver.report.parts import Asked, Cell, Section, kpi_name, short_name
from orchestration.deliver.report.period import DAILY, Period, late_shops
from orchestration.deliver.report.targets import note_of, shop_targets, target_cell
from orchestration.deliver.report.words import UNKNOWN_CELL, Text, both, change, figure
from orchestration.deliver.webhooks.notices import KINDS, SEVERITIES
from orchestration.metrics.catalog import Metric
from orchestration.metrics.query import Question, ask

SHOWN = 8
"""Rows of a list in a report: what is more stands in the pages."""
_SPARK_DAYS = 28
_WORSE_WHEN_UP = ("refund_rate_rc", "cancellation_rate_rc", "fees_and_commissions_amount_rc")
_BIG_TEXT = 220


def moved(metric: Metric, row: Any) -> Cell:
    """How a metric changed against the period beside it."""
    share = row.get(f"{metric.name}_change")
    return _change(share, worse_when_up=metric.name in _WORSE_WHEN_UP)


def _change(share: float | None, *, worse_when_up: bool = False, neutral: bool = False) -> Cell:
    if not share or neutral:
        return Cell(both(change(share)))
    return Cell(both(change(share)), tone="bad" if (share > 0) == worse_when_up else "good")


def shops(asked: Asked) -> Section | None:
    """Sales of each shop beside the period before, and what net sales will become."""
    answer = asked.answer(("gmv_rc", "paid_orders", "aov_rc", "net_gmv_rc"), ("shop",))
    if answer is None:
        return None
    period = asked.period
    days = (
        {str(row["shop_key"]): row for row in reading.shop_days(asked.file, period.since, period.until)}
        if period.kind == DAILY
        else {}
    )
    by_shop = {
        str(row["shop"]): (row, marks) for row, marks in zip(answer.rows, answer.not_final, strict=True)
    }
    late = {shop.shop_key for shop in late_shops(asked.shops, period)}
    known = {metric.name: metric for metric in answer.metrics}
    open_shops = {
        str(row["shop_key"])
        for row in reading.shop_days(asked.file, period.since, period.until)
        if row["is_gmv_provisional"]
    }
    # The first of a shop's targets, GMV before net GMV before orders, is the one beside its sales.
    targets = {one.shop_key: one for one in reversed(shop_targets(asked))}
    rows = []
    for shop in asked.shops:
        row, marks = by_shop.get(shop.shop_key, ({}, frozenset()))
        is_late = shop.shop_key in late
        is_open = is_late or shop.shop_key in open_shops
        cells = [Cell(both(one_line(shop.name)), not_final=is_late)]
        for name in ("gmv_rc", "paid_orders", "aov_rc"):
            if name not in known:
                continue
            cells.append(
                Cell(both(figure(row.get(name), known[name].unit)), is_open and row.get(name) is not None)
            )
            if name == "gmv_rc":
                # A day that is not over beside one that is would be no comparison.
                cells.append(Cell(UNKNOWN_CELL) if is_late else _change(row.get("gmv_rc_change")))
                if targets:
                    cells.append(target_cell(asked, targets.get(shop.shop_key), answer.reporting_currency))
        if "net_gmv_rc" in known:
            net = row.get("net_gmv_rc")
            cells.append(Cell(both(figure(net, "money")), "net_gmv_rc" in marks and net is not None))
            if period.kind == DAILY:
                cells.append(_expected(days.get(shop.shop_key, {}), answer.reporting_currency))
        rows.append(tuple(cells))
    headers: list[Text] = [("Shop", "店铺")]
    before = _before(period)
    for name in ("gmv_rc", "paid_orders", "aov_rc"):
        if name in known:
            headers.append(short_name(known[name]))
            if name == "gmv_rc":
                headers.append((f"against {before[0]}", f"对比{before[1]}"))
                if targets:
                    headers.append(("of month's target", "月目标完成"))
    if "net_gmv_rc" in known:
        headers.append(short_name(known["net_gmv_rc"]))
        if period.kind == DAILY:
            headers.append(("Net GMV expected", "预计净成交额"))
    currency = answer.reporting_currency
    since, last = period.before
    compared = f"{since}" if since == last else f"{since} – {last}"
    notes = [
        (
            f"Amounts in {currency}. Days of {period.zone}. Compared with {compared}.",
            f"金额以 {currency} 计，按 {period.zone} 的自然日。对比 {compared}。",
        )
    ]
    if "net_gmv_rc" in known:
        notes.append(
            (
                "Net GMV falls for weeks, as cancellations and refunds come: it is compared only when it is final.",
                "净成交额随取消与退款在数周内下降，成熟后才作对比。",
            )
        )
    if targets:
        notes.append(note_of(asked))
    sparks = _sparks(asked) if "gmv_rc" in known else ()
    return Section("shops", ("Shops", "店铺"), tuple(headers), tuple(rows), tuple(notes), sparks=sparks)


def _sparks(asked: Asked) -> tuple[tuple[float | None, ...], ...]:
    """GMV of each shop, day by day, of the four weeks up to the end of the period."""
    since = asked.period.until - timedelta(days=_SPARK_DAYS)
    question = Question(("gmv_rc",), ("shop", "day"), since, asked.period.until)
    days = [since + timedelta(days=number) for number in range(_SPARK_DAYS)]
    found: dict[tuple[str, date], float] = {
        (str(row["shop"]), row["day"]): float(row["gmv_rc"])
        for row in ask(asked.file, question).rows
        if row["gmv_rc"] is not None
    }
    return tuple(tuple(found.get((shop.shop_key, day)) for day in days) for shop in asked.shops)


def _expected(day: Any, currency: str) -> Cell:
    if not day or day["net_gmv_expected_rc"] is None:
        return Cell(UNKNOWN_CELL)
    low, high = (figure(day[f"net_gmv_expected_{end}_rc"], "money") for end in ("low", "high"))
    share = day["net_gmv_share_known"]
    note = (
        (
            f"{low} to {high} {currency}; now {figure(share, 'fraction')} of the final value",
            f"{low} 至 {high} {currency}；目前为最终值的 {figure(share, 'fraction')}",
        )
        if share is not None
        else ("", "")
    )
    return Cell(both(f"≈ {figure(day['net_gmv_expected_rc'], 'money')}"), True, note=note)


def _before(period: Period) -> Text:
    return ("last week", "上周同日") if period.kind == DAILY else ("before", "上一期")


def moves(asked: Asked) -> Section | None:
    """What moved, and the evidence for why."""
    if not reading.has(asked.file, "marts.kpi_anomalies"):
        return None
    found = reading.moves(asked.file, asked.period.since, asked.period.until)
    unusual = [row for row in found if row["is_anomaly"]]
    rows = []
    for row in (unusual or found[:3])[:SHOWN]:
        unit, currency = str(row["unit"] or "count"), row["currency"] or ""
        money = f" {currency}" if unit == "shop currency" and currency else ""
        name = kpi_name(asked, row["kpi_name"])
        share = (
            None if not row["expected"] else float((row["value"] - row["expected"]) / abs(row["expected"]))
        )
        evidence = asked.value("evidence", row["evidence"]) if row["evidence"] else None
        detail = f" ({one_line(str(row['evidence_detail']))})" if row["evidence_detail"] else ""
        why: list[Text] = []
        if row["change_largest_part"]:
            part = asked.value("change_largest_part", row["change_largest_part"])
            why.append((f"largest part: {part[0]}", f"主要来自：{part[1]}"))
        if evidence:
            why.append((f"{evidence[0]}{detail}", f"{evidence[1]}{detail}"))
        if not why:
            why.append(("–", "–") if row["is_anomaly"] else ("within its band", "在正常区间内"))
        rows.append(
            (
                Cell(asked.shop_name(row["shop_key"])),
                Cell(name),
                Cell(both(f"{row['kpi_date']:%m-%d}")),
                Cell(both(figure(row["value"], unit) + money), bool(row["is_provisional"])),
                Cell(both(figure(row["expected"], unit))),
                Cell(both(change(share)), tone="bad" if row["is_adverse"] else ""),
                Cell(("; ".join(one[0] for one in why), "；".join(one[1] for one in why))),
            )
        )
    notes: tuple[Text, ...] = ()
    if not unusual:
        notes = (
            (
                f"Nothing unusual: all {len(found)} watched figures are within their bands. The largest moves:",
                f"无异常：{len(found)} 项受监控指标均在正常区间内。变动最大的是：",
            )
            if found
            else ("No watched figure could be judged yet.", "尚无可判断的指标。"),
        )
    headers: tuple[Text, ...] = (
        ("Shop", "店铺"),
        ("KPI", "指标"),
        ("Day", "日期"),
        ("Value", "数值"),
        ("Expected", "预期"),
        ("Change", "变化"),
        ("Evidence", "证据"),
    )
    title = ("What moved, and why", "变动与原因")
    return Section("moves", title, headers, tuple(rows), notes, max(0, len(unusual) - SHOWN))


def alerts(asked: Asked) -> Section | None:
    """Open alerts; those on which somebody works last."""
    if not reading.has(asked.file, "alerts"):
        return None
    found = reading.alerts(asked.file)
    # What somebody works on comes last: it needs nobody else's eyes.
    found.sort(key=lambda row: bool(row["alert_action"]))
    rows = []
    for row in found[:SHOWN]:
        kind = KINDS.get(str(row["alert_kind"]))
        what = (kind.en, kind.zh) if kind else both(str(row["alert_kind"]))
        state = _state(row, asked.period.zone)
        rows.append(
            (
                Cell(
                    (str(row["severity"]), SEVERITIES.get(str(row["severity"]), "")),
                    tone="bad" if row["severity"] == "critical" else "",
                ),
                Cell(asked.shop_name(row["shop_key"])),
                Cell(what),
                Cell(both(f"{row['first_seen']}")),
                Cell((str(row["assignee"] or row["owner"] or "–"),) * 2),
                Cell(state),
                Cell((_short(row["message_en"]), _short(row["message_zh"] or row["message_en"]))),
            )
        )
    headers: tuple[Text, ...] = (
        ("Severity", "级别"),
        ("Shop", "店铺"),
        ("What", "类型"),
        ("Since", "自"),
        ("Owner", "负责人"),
        ("State", "状态"),
        ("Message", "内容"),
    )
    title = (f"Open alerts: {len(found)}", f"未关闭告警：{len(found)}")
    return Section("alerts", title, headers, tuple(rows), (), max(0, len(found) - SHOWN), is_list=True)


def _state(row: Any, zone: str) -> Text:
    action = row["alert_action"]
    if not action:
        return "open", "未处理"
    # An end is an instant: until the 5th is until midnight of the reporting time zone, which is the 4th in UTC.
    until = f" → {row['action_until'].astimezone(ZoneInfo(zone)):%m-%d}" if row["action_until"] else ""
    return f"{action}{until}", f"{ACTIONS.get(str(action), str(action))}{until}"


def _short(text: Any) -> str:
    shown = one_line(str(text or ""))
    return shown if len(shown) <= _BIG_TEXT else f"{shown[: _BIG_TEXT - 1]}…"


def creators(asked: Asked) -> Section | None:
    """The creators who sold most."""
    answer = asked.answer(
        ("net_attributed_gmv_rc", "attributed_gmv_rc", "attributed_orders"), ("creator_username",)
    )
    if answer is None:
        return None
    known = {metric.name: metric for metric in answer.metrics}
    main = next(
        name for name in ("attributed_gmv_rc", "net_attributed_gmv_rc", "attributed_orders") if name in known
    )
    found = [row for row in answer.rows if row["creator_username"] not in (None, "none") and row[main]]
    found.sort(key=lambda row: (-row[main], str(row["creator_username"])))
    # A creator sells for several shops: with a part of one missing, the sum of the period is no whole one.
    is_part = bool(late_shops(asked.shops, asked.period))
    rows = []
    for row in found[:SHOWN]:
        cells = [Cell(both(one_line(str(row["creator_username"]))))]
        for name, metric in known.items():
            cells.append(
                Cell(both(figure(row[name], metric.unit)), is_part or name == "net_attributed_gmv_rc")
            )
        cells.append(Cell(UNKNOWN_CELL) if is_part else moved(known[main], row))
        rows.append(tuple(cells))
    before = _before(asked.period)
    headers: list[Text] = [("Creator", "达人")]
    headers += [short_name(metric) for metric in known.values()]
    headers.append((f"against {before[0]}", f"对比{before[1]}"))
    return Section(
        "creators", ("Creators", "达人"), tuple(headers), tuple(rows), (), max(0, len(found) - SHOWN)
    )


def _leak(asked: Asked, row: Any) -> Cell:
    """The step of a session that is clearly below what is usual for it."""
    if row["leaking_step"] in (None, "none"):
        return Cell(UNKNOWN_CELL)
    name = asked.value("leaking_step", row["leaking_step"])
    rate, usual = (figure(row[one], "fraction") for one in ("leaking_rate", "leaking_rate_median"))
    return Cell((f"{name[0]} {rate} (usual {usual})", f"{name[1]} {rate}（平时 {usual}）"), tone="bad")


def lives(asked: Asked) -> Section | None:
    """The LIVE sessions that sold most."""
    if not reading.has(asked.file, "live_sessions"):
        return None
    found = reading.lives(asked.file, asked.period.since, asked.period.until)
    zone = ZoneInfo(asked.period.zone)
    rows = [
        (
            Cell(asked.shop_name(row["shop_key"])),
            Cell(both(_short(row["title"] or row["live_room_id"]))),
            Cell(both(one_line(str(row["main_host_name"] or row["account_username"] or "–")))),
            Cell(both(f"{row['start_time'].astimezone(zone):%m-%d %H:%M}" if row["start_time"] else "–")),
            Cell(both(figure(row["hours_on_air"], "hours"))),
            Cell(both(figure(row["peak_viewers"], "count"))),
            Cell(both(figure(row["paid_sku_orders"], "count")), bool(row["is_provisional"])),
            Cell(both(figure(row["live_attributed_gmv_rc"], "money")), bool(row["is_provisional"])),
            Cell(both(figure(row["own_net_gmv_rc"], "money")), bool(row["is_provisional"])),
            _leak(asked, row),
        )
        for row in found[:SHOWN]
    ]
    headers: tuple[Text, ...] = (
        ("Shop", "店铺"),
        ("Session", "场次"),
        ("Host", "主播"),
        ("Start", "开始"),
        ("Hours", "时长"),
        ("Peak viewers", "在线峰值"),
        ("Paid SKU orders", "支付 SKU 订单"),
        ("GMV by the platform", "平台口径成交额"),
        ("Own net GMV", "自有口径净额"),
        ("Where it leaks", "流失环节"),
    )
    title = (
        ("LIVE of the day", "当日直播")
        if asked.period.kind == DAILY
        else ("LIVE, the best sessions", "直播（最佳场次）")
    )
    title = (f"{title[0]}: {len(found)}", f"{title[1]}：{len(found)} 场")
    note = (
        "The platform's figure and own orders are two measures of the same sales: never added.",
        "平台口径与自有订单是同一销售的两种口径，不可相加。",
    )
    return Section("live", title, headers, tuple(rows), (note,) if rows else (), max(0, len(found) - SHOWN))


def ads(asked: Asked) -> Section | None:
    """What ads cost and brought, by shop."""
    return _by_shop(
        asked,
        "ads",
        ("Ads", "广告"),
        ("ad_spend_rc", "roas_reported_rc", "roas_rc", "mer_rc"),
        moves=("ad_spend_rc", "roas_reported_rc"),
        note=(
            "Reported: by the ads manager. ROAS of own orders is there only where evidence covers enough of the sales.",
            "“平台报告”为广告后台口径；自有订单口径的 ROAS 仅在证据覆盖足够时给出。",
        ),
    )


_MONEY: Text = ("Settlement is dated by the statement (UTC).", "结算按结算单日期（UTC）。")
_MONEY_WITH_PROFIT: Text = (
    "Settlement is dated by the statement (UTC), profit by the sale; profit of young orders is estimated.",
    "结算按结算单日期（UTC），利润按成交日；未结算订单的利润为估算。",
)


def money(asked: Asked) -> Section | None:
    """What was settled, what it cost, what is left."""
    section = _by_shop(
        asked,
        "money",
        ("Money", "资金"),
        ("settlement_amount_rc", "fees_and_commissions_amount_rc", "take_rate_rc", "contribution_profit_rc"),
        moves=("settlement_amount_rc",),
        note=_MONEY_WITH_PROFIT if "contribution_profit_rc" in asked.known else _MONEY,
    )
    week = asked.period.last - timedelta(days=asked.period.last.weekday())
    forecast = reading.cash(asked.file, week)
    if section is None or not forecast:
        return section
    texts: list[Text] = []
    for row in forecast:
        name, currency = asked.shop_name(row["shop_key"])[0], row["reporting_currency"] or ""
        received, expected = (figure(row[one], "money") for one in ("received_amount_rc", "cash_expected_rc"))
        texts.append(
            (
                f"{name}, week of {week}: {received} received, {expected} {currency} expected",
                f"{name} {week} 当周：已到账 {received}，预计 {expected} {currency}",
            )
        )
    return Section(
        section.key,
        section.title,
        section.headers,
        section.rows,
        (*section.notes, *texts),
        section.more,
    )


def _by_shop(
    asked: Asked, key: str, title: Text, names: Sequence[str], *, moves: Sequence[str], note: Text
) -> Section | None:
    answer = asked.answer(names, ("shop",))
    if answer is None:
        return None
    by_shop = {
        str(row["shop"]): (row, marks) for row, marks in zip(answer.rows, answer.not_final, strict=True)
    }
    late = {shop.shop_key for shop in late_shops(asked.shops, asked.period)}
    rows = []
    for shop in asked.shops:
        row, marks = by_shop.get(shop.shop_key, ({}, frozenset()))
        if all(row.get(metric.name) is None for metric in answer.metrics):
            continue
        cells = [Cell(both(one_line(shop.name)))]
        for metric in answer.metrics:
            value = row.get(metric.name)
            is_open = metric.name in marks or metric.name in _ESTIMATED or shop.shop_key in late
            cells.append(Cell(both(figure(value, metric.unit)), is_open and value is not None))
            if metric.name in moves:
                is_spend = metric.name == "ad_spend_rc"
                share = row.get(f"{metric.name}_change")
                cells.append(
                    Cell(UNKNOWN_CELL) if shop.shop_key in late else _change(share, neutral=is_spend)
                )
        rows.append(tuple(cells))
    headers: list[Text] = [("Shop", "店铺")]
    before = _before(asked.period)
    for metric in answer.metrics:
        headers.append(short_name(metric))
        if metric.name in moves:
            headers.append((f"against {before[0]}", f"对比{before[1]}"))
    return Section(key, title, tuple(headers), tuple(rows), (note,) if rows else ())


_ESTIMATED = ("contribution_profit_rc",)
"""Estimated until the last order is settled; the metric has no mark of its own."""


def payouts(asked: Asked) -> Section | None:
    """Payments to the bank; no section where there were none."""
    zone = ZoneInfo(asked.period.zone)
    begin = datetime.combine(asked.period.since, time(), zone)
    found = reading.payouts(asked.file, begin, asked.period.end)
    if not found:
        return None
    rows = tuple(
        (
            Cell(asked.shop_name(row["shop_key"])),
            Cell(both(f"{(row['paid_at'] or row['created_at']).astimezone(zone):%m-%d}")),
            Cell(
                asked.value("payment_status", row["payment_status"]),
                tone="bad" if row["payment_status"] == "FAILED" else "",
            ),
            Cell(both(f"{figure(row['settlement_amount'], 'money')} {row['currency'] or ''}".strip())),
            Cell(both(f"{figure(row['payout_amount'], 'money')} {row['payout_currency'] or ''}".strip())),
        )
        for row in found[:SHOWN]
    )
    headers: tuple[Text, ...] = (
        ("Shop", "店铺"),
        ("Day", "日期"),
        ("Status", "状态"),
        ("Settled", "结算额"),
        ("To the bank", "到账"),
    )
    return Section("payouts", ("Payouts", "打款"), headers, rows, (), max(0, len(found) - SHOWN))


def stock(asked: Asked) -> Section | None:
    """SKUs that are out or nearly, the best sellers first."""
    if not reading.has(asked.file, "stock"):
        return None
    found = reading.stock(asked.file)
    rows = tuple(
        (
            Cell(asked.shop_name(row["shop_key"])),
            Cell(both(_short(row["seller_sku"] or row["sku_id"]))),
            Cell(both(_short(row["product_name"] or "–"))),
            Cell(
                asked.value("stock_status", row["stock_status"]),
                tone="bad" if row["stock_status"] == "out" else "",
            ),
            Cell(both(figure(row["sellable_units"], "count"))),
            Cell(both(figure(row["days_of_cover"], "days"))),
            Cell(both(figure(row["units_sold_28d"], "count"))),
            Cell(both(figure(row["reorder_units"], "count"))),
        )
        for row in found[:SHOWN]
    )
    headers: tuple[Text, ...] = (
        ("Shop", "店铺"),
        ("SKU", "SKU"),
        ("Product", "商品"),
        ("State", "状态"),
        ("Sellable", "可售"),
        ("Days of cover", "可售天数"),
        ("Sold in 28 days", "28 天销量"),
        ("To order", "建议补货"),
    )
    title = (f"Stock that is out or critical: {len(found)}", f"断货或告急的 SKU：{len(found)}")
    note = (
        "As of the newest reading of stock, the best sellers first.",
        "按最近一次库存读取，销量高的在前。",
    )
    return Section("stock", title, headers, rows, (note,) if rows else (), max(0, len(found) - SHOWN))


def restated(asked: Asked, after: datetime) -> Section | None:
    """Values that were published otherwise before."""
    if not reading.has(asked.file, "marts.kpi_restatements"):
        return None
    found = reading.restated(asked.file, after)
    rows = tuple(
        (
            Cell(asked.shop_name(row["shop_key"])),
            Cell(both(f"{row['kpi_date']}"), note=both(str(row["kpi_clock"] or ""))),
            Cell(kpi_name(asked, row["kpi_name"])),
            Cell(both(figure(row["value_before"], "money"))),
            Cell(both(f"{figure(row['value_now'], 'money')} {row['currency'] or ''}".strip())),
            Cell(asked.value("reason", row["reason"])),
        )
        for row in found[:SHOWN]
    )
    headers: tuple[Text, ...] = (
        ("Shop", "店铺"),
        ("Day", "日期"),
        ("KPI", "指标"),
        ("Before", "此前"),
        ("Now", "现在"),
        ("Why", "原因"),
    )
    zone = ZoneInfo(asked.period.zone)
    since = f"{after.astimezone(zone):%Y-%m-%d %H:%M}"
    title = (f"Restated since {since}: {len(found)}", f"{since} 以来的重述：{len(found)}")
    return Section("restated", title, headers, rows, (), max(0, len(found) - SHOWN))
