"""Connections 连接: shops and ads accounts, until when they are authorised, what was read last and what failed, and the
files that were handed in. Who sees all may hand in codes, files and the workbook of inputs here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks, handing_in
from dashboards.parts.formats import COUNT, TIME
from dashboards.parts.page import Column, Page
from dashboards.parts.seller_links import seller_links
from dashboards.parts.words import Dictionary
from home.errors import TtkpiError
from home.layout import Home

WORDS: Dictionary = {
    "name": ("Connections", "连接"),
    "shops_title": ("Shops", "店铺"),
    "ads": ("Ads accounts", "广告账户"),
    "no_ads": (
        "No ads account is connected: ttkpi auth ads CODE.",
        "尚未连接广告账户：ttkpi auth ads CODE。",
    ),
    "resources": ("What was read of {who}", "{who} 的读取情况"),
    "authorised": ("Authorisation", "授权"),
    "days_left": ("days left", "剩余天数"),
    "days": ("{n} days left", "剩余 {n} 天"),
    "last_read": ("Last read", "最近读取"),
    "failed": ("Failed", "失败"),
    "fine": ("fine", "正常"),
    "never": ("never", "从未"),
    "resource": ("What", "数据"),
    "state": ("State", "状态"),
    "read_until": ("Read until", "读取至"),
    "error": ("What failed", "失败原因"),
    "files": ("Files that were handed in", "已导入文件"),
    "no_files": (
        "No file was imported: put downloads into the inbox, or ttkpi import.",
        "尚未导入文件：放入收件夹，或使用 ttkpi import。",
    ),
    "file": ("File", "文件"),
    "kind": ("Kind", "类型"),
    "rows_read": ("Rows", "行数"),
    "left_out": ("Left out", "未采用"),
    "imported": ("Imported", "导入时间"),
    "quarantine": ("What of them was left out, and why", "未采用的内容及原因"),
    "nothing_out": ("Nothing was left out.", "没有未采用的内容。"),
    "row": ("Row", "行"),
    "reason": ("Why", "原因"),
    "how": (
        "A new shop, or one whose authorisation ends: the seller opens the authorisation link of the app and agrees; "
        "the code in the address that follows is handed in here, or with ttkpi auth exchange CODE.",
        "新增店铺或授权到期：卖家打开授权链接并同意，把跳转网址中的 code 在此提交，或运行 ttkpi auth exchange CODE。",
    ),
    "hand_in": ("Hand in", "提交"),
    "code_title": ("Authorise a shop or an ads account", "授权店铺或广告账户"),
    "code_links": ("Links for the seller", "卖家授权链接"),
    "link_us": ("shops of the US", "美国店铺"),
    "link_others": ("shops of all other markets", "其他市场店铺"),
    "no_links": (
        "The links stand in Partner Center; with sources.tiktok_shop.service_id they are shown here.",
        "授权链接见 Partner Center；设置 sources.tiktok_shop.service_id 后在此显示。",
    ),
    "ads_link": (
        "The link for ads accounts stands in the developer portal of TikTok for Business.",
        "广告账户的授权链接见 TikTok for Business 开发者平台。",
    ),
    "code_of": ("The code is of", "授权码属于"),
    "of_shop": ("a shop", "店铺"),
    "of_ads": ("an ads account", "广告账户"),
    "code": ("Code, or the whole address with it", "授权码，或包含授权码的完整网址"),
    "files_title": ("Downloaded files", "手工下载的文件"),
    "choose_shop": ("Choose the shop that the files are of", "请选择文件所属店铺"),
    "files_choose": (
        "CSV and XLSX of Seller Center and Affiliate Center",
        "卖家中心、联盟后台的 CSV 与 XLSX",
    ),
    "inputs_title": ("Workbook of inputs", "维护数据工作簿"),
    "inputs_choose": (
        "Unit costs, targets, rosters, thresholds: the workbook that ttkpi inputs export writes",
        "成本、目标、排班、阈值：由 ttkpi inputs export 导出的工作簿",
    ),
    "choose_files": ("Choose files", "选择文件"),
    "upload_limit": ("or drag them here, up to 200 MB each", "或拖放到此处，每个不超过 200 MB"),
    "taken": ("Taken. The next run counts with it.", "已接收，下次运行生效。"),
    "partly": (
        "Not all of it was taken; what was left out is said below.",
        "未全部接收，未采用的内容及原因见下。",
    ),
    "refused": ("Not taken; the reason is said below.", "未接收，原因见下。"),
    "nothing_given": ("Nothing was chosen.", "尚未选择内容。"),
    "choose": ("click a line for its resources", "点击一行查看明细"),
    "read_ads_report_daily": ("Ads report by day", "广告日报"),
    "read_ads_report_hourly": ("Ads report by hour", "广告时报"),
    "read_advertisers": ("Ads accounts", "广告账户"),
    "read_affiliate_orders": ("Affiliate orders", "联盟订单"),
    "read_campaigns": ("Campaigns", "广告系列"),
    "read_cancellations": ("Cancellations", "取消申请"),
    "read_creator_content_details": ("Content of creators", "达人内容"),
    "read_gmv_max_campaign_daily": ("GMV Max campaigns by day", "GMV Max 系列（按日）"),
    "read_gmv_max_campaign_hourly": ("GMV Max campaigns by hour", "GMV Max 系列（按小时）"),
    "read_gmv_max_campaign_settings": ("GMV Max settings", "GMV Max 设置"),
    "read_gmv_max_campaigns": ("GMV Max campaigns", "GMV Max 系列"),
    "read_gmv_max_creative_daily": ("GMV Max creatives", "GMV Max 素材"),
    "read_gmv_max_live_daily": ("GMV Max for LIVE", "直播 GMV Max"),
    "read_gmv_max_product_daily": ("GMV Max products", "GMV Max 商品"),
    "read_gmv_max_stores": ("Shops of GMV Max", "GMV Max 店铺"),
    "read_inventory": ("Stock", "库存"),
    "read_live_core_stats": ("LIVE figures", "直播核心数据"),
    "read_live_minutes": ("LIVE minutes", "直播分钟数据"),
    "read_live_overview_daily": ("LIVE by day", "直播日报"),
    "read_live_products": ("Products in LIVE", "直播商品"),
    "read_live_sessions": ("LIVE sessions", "直播场次"),
    "read_marketplace_creators": ("Creator marketplace", "达人广场"),
    "read_open_collaborations": ("Open collaborations", "公开合作"),
    "read_order_transactions": ("Settlement by order", "订单结算"),
    "read_orders": ("Orders", "订单"),
    "read_package_details": ("Parcels in detail", "包裹明细"),
    "read_packages": ("Parcels", "包裹"),
    "read_payments": ("Payouts", "打款"),
    "read_products": ("Products", "商品"),
    "read_returns": ("Returns", "退货退款"),
    "read_sample_applications": ("Sample requests", "样品申请"),
    "read_sample_fulfillments": ("Samples sent", "样品履约"),
    "read_shop_health": ("Account health", "账号健康"),
    "read_shop_performance_daily": ("Shop by day", "店铺日报"),
    "read_shop_performance_hourly": ("Shop by hour", "店铺时报"),
    "read_shops": ("Shops", "店铺"),
    "read_statement_transactions": ("Rows of statements", "结算明细"),
    "read_statements": ("Statements", "结算单"),
    "read_target_collaboration_products": ("Products of target collaborations", "定向合作商品"),
    "read_target_collaborations": ("Target collaborations", "定向合作"),
    "read_tt_shop_report_daily": ("Ads report by shop", "店铺广告日报"),
    "read_unsettled_transactions": ("Unsettled orders", "待结算订单"),
    "read_video_details": ("Videos in detail", "视频明细"),
    "read_video_overview_daily": ("Videos by day", "视频日报"),
    "read_video_performance": ("Video figures", "视频数据"),
    "read_warehouses": ("Warehouses", "仓库"),
    "read_withdrawals": ("Withdrawals", "提现"),
    "kind_orders": ("Orders", "订单"),
    "kind_income": ("Settlement", "结算"),
    "kind_payouts": ("Payouts", "打款"),
    "kind_settlement_pnl": ("Settlement by order", "订单结算"),
    "kind_settlement_adjustments": ("Adjustments", "结算调整"),
    "kind_unsettled": ("Unsettled orders", "待结算订单"),
    "kind_affiliate_orders": ("Affiliate orders", "联盟订单"),
    "kind_live_sessions": ("LIVE sessions", "直播场次"),
    "kind_live_daily": ("LIVE by day", "直播日报"),
    "kind_live_sessions_old": ("LIVE sessions, older form", "直播场次（旧版）"),
    "kind_video_daily": ("Videos by day", "视频日报"),
    "kind_shop_daily": ("Shop by day", "店铺日报"),
    "kind_affiliate_videos": ("Affiliate videos", "联盟视频"),
    "kind_gmv_max_days": ("GMV Max by day", "GMV Max 按日"),
    "kind_gmv_max_creatives": ("GMV Max creatives", "GMV Max 素材"),
    "authorisation_ok": ("authorised", "已授权"),
    "authorisation_expired": ("expired", "已过期"),
    "authorisation_scope_missing": ("a permission is missing", "缺少权限"),
    "authorisation_deactivated": ("the app was switched off", "应用已停用"),
    "authorisation_revoked": ("withdrawn", "已撤销"),
}
_SHOP = "connection"

Row = dict[str, Any]


def show(page: Page) -> None:
    """Draw the page."""
    t = page.t
    page.heading(t("name"))
    page.notices()
    rows = page.store.rows("select * from ops_sync_status order by shop_key, resource")
    shops: dict[str, list[Row]] = {}
    for row in rows:
        shops.setdefault(str(row["shop_key"]), []).append(row)
    if st.session_state.get(_SHOP) not in shops:
        st.session_state[_SHOP] = next(iter(shops), None)
    if handing_in.may_hand_in(page.viewer):
        blocks.still(blocks.say(escape(t("how")), is_good=True))
        _hand_in(page)
    left, right = st.columns([1, 1.35], gap="small")
    with left:
        page.block(_shops(page, shops), "shops")
        page.block(_ads(page), "ads")
    with right:
        chosen = str(st.session_state[_SHOP] or "")
        page.block(_resources(page, chosen, shops.get(chosen, [])), "resources")
    page.block(_files(page), "files")
    page.block(_quarantine(page), "quarantine")


def _hand_in(page: Page) -> None:
    """Three forms side by side, closed until somebody opens them."""
    t = page.t
    # Streamlit's own words are English only.
    st.html(
        '<style>[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-secondary"]::after'
        f'{{content:"{t("choose_files")}"}}'
        f'[data-testid="stFileUploaderDropzoneInstructions"]::after{{content:"{t("upload_limit")}"}}</style>'
    )
    with st.expander(t("hand_in"), key="hand_in"):
        code, files, inputs = st.columns(3, gap="medium")
        # Below the forms, as wide as all three: a table of files is wider than one of them.
        answer = st.container()
    with code, st.form("hand_in_code", clear_on_submit=True, border=False):
        st.markdown(f"**{t('code_title')}**")
        st.html(_links(page))
        sources = {t("of_shop"): "exchange", t("of_ads"): "ads"}
        source = st.radio(t("code_of"), list(sources), horizontal=True, key="hand_in_source")
        given = st.text_input(t("code"), type="password", key="hand_in_code_text")
        if st.form_submit_button(t("hand_in"), key="hand_in_code_go"):
            _take(
                page,
                answer,
                bool(given.strip()),
                lambda home: handing_in.exchange_code(
                    home, page.viewer, sources[str(source)], given, page.store.publication
                ),
            )
    with files, st.form("hand_in_files", clear_on_submit=True, border=False):
        st.markdown(f"**{t('files_title')}**")
        shop = st.selectbox(
            t("shop"),
            [str(one["shop_key"]) for one in page.shops],
            # None is chosen beforehand: many files name no market, and would be taken for whichever shop is first.
            index=None,
            placeholder=t("choose_shop"),
            format_func=page.shop_name,
            key="hand_in_shop",
        )
        chosen = st.file_uploader(
            t("files_choose"), type=["csv", "xlsx"], accept_multiple_files=True, key="hand_in_files_chosen"
        )
        if st.form_submit_button(t("hand_in"), key="hand_in_files_go"):
            content = {one.name: one.getvalue() for one in chosen}
            _take(
                page,
                answer,
                bool(content and shop),
                lambda home: handing_in.import_files(
                    home, page.viewer, content, str(shop), t.language, page.store.publication
                ),
            )
    with inputs, st.form("hand_in_inputs", clear_on_submit=True, border=False):
        st.markdown(f"**{t('inputs_title')}**")
        book = st.file_uploader(t("inputs_choose"), type=["xlsx"], key="hand_in_inputs_chosen")
        if st.form_submit_button(t("hand_in"), key="hand_in_inputs_go"):
            sheets = {book.name: book.getvalue()} if book else {}
            _take(
                page,
                answer,
                bool(sheets),
                lambda home: handing_in.import_inputs(
                    home, page.viewer, sheets, t.language, page.store.publication
                ),
            )


def _links(page: Page) -> str:
    t = page.t
    links = seller_links()
    names = {"US": t("link_us"), "": t("link_others")}
    shown = [
        f'<a href="{escape(link)}" target="_blank" rel="noreferrer noopener">{names[market]}</a>'
        for market, link in links.items()
    ]
    first = f"{t('code_links')}: {' · '.join(shown)}" if shown else t("no_links")
    return f'<div class="k"><p class="note">{first}<br>{t("ads_link")}</p></div>'


def _take(page: Page, answer: Any, is_given: bool, command: Callable[[Home], handing_in.Outcome]) -> None:
    """Do it, and say below the forms what became of it."""
    t = page.t
    if not is_given:
        answer.warning(t("nothing_given"))
        return
    try:
        with answer, st.spinner(""):
            outcome = command(Home.from_env())
    except TtkpiError as error:
        answer.error(t("refused"))
        # As it is: a message may name a file, and a name may be a link or a picture in Markdown.
        answer.code(f"{error.message} {error.advice}", language=None, wrap_lines=True)
        return
    if outcome.is_done:
        answer.success(t("taken"))
    elif outcome.is_partly_done:
        answer.warning(t("partly"))
    else:
        answer.error(t("refused"))
    if outcome.text:
        answer.code(outcome.text, language=None, wrap_lines=True)


def _word(page: Page, group: str, code: Any) -> str:
    """A code in words; of one that is new to the page, itself."""
    key = f"{group}_{code}"
    return page.t(key) if key in WORDS else str(code or "").replace("_", " ")


def _failed(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["last_status"] == "failed"]


def _local(page: Page, time: Any) -> Any:
    return page.standing.local(time) if time is not None else None


def _authorised(page: Page, rows: list[Row]) -> str:
    """The worst state of an authorisation, with the days that it lasts."""
    t = page.t
    first = rows[0]
    days = first.get("authorisation_days_left")
    said = _word(page, "authorisation", first["authorisation_state"])
    form, sign = ("o", "●") if first["authorisation_state"] in ("authorised", "ok", "active") else ("h", "▲")
    if form == "o" and days is not None and days <= 14:
        form, sign = "m", "◆"
    left = f" · {t('days', n=page.f.count(days))}" if days is not None else ""
    return f'<span class="sev {form}">{sign}</span> {escape(said)}{left}'


def _shops(page: Page, shops: Mapping[str, list[Row]]) -> str:
    t = page.t
    records: list[Row] = []
    for key, rows in shops.items():
        times = [row["last_success_at"] for row in rows if row["last_success_at"] is not None]
        records.append(
            {
                "shop_key": key,
                "shop": page.shop_name(key),
                "authorised": _authorised(page, rows),
                "last": _local(page, sorted(times)[-1]) if times else None,
                "failed": len(_failed(rows)),
            }
        )
    return page.table(
        t("shops_title"),
        [
            Column("shop", t("shop")),
            Column(
                "authorised",
                t("authorised"),
                show=lambda row: f'<span class="wrap">{row["authorised"]}</span>',
            ),
            Column("last", t("last_read"), TIME, is_wide=True),
            Column("failed", t("failed"), COUNT),
        ],
        records,
        name="shops",
        note=t("choose"),
        rows=behind.query(
            page.store, "sync_status", "select * from ops_sync_status order by shop_key, resource"
        ),
        opens=lambda row: blocks.choose(_SHOP, str(row["shop_key"])),
        is_chosen=lambda row: row["shop_key"] == st.session_state[_SHOP],
    )


def _resources(page: Page, shop: str, rows: list[Row]) -> str:
    t = page.t
    for row in rows:
        row["what"] = _word(page, "read", row["resource"])
        row["state"] = page.value_name("last_status", row["last_status"]).replace("_", " ") or t("never")
        row["until"] = _local(page, row.get("read_until") or row.get("data_until"))
        row["last"] = _local(page, row["last_success_at"])
        row["error"] = " ".join(str(row[name]) for name in ("error_code", "error_message") if row[name])
    return page.table(
        t("resources", who=escape(page.shop_name(shop))),
        [
            Column("what", t("resource")),
            Column("state", t("state")),
            Column("last", t("last_read"), TIME, is_wide=True),
            Column("until", t("read_until"), TIME, is_wide=True),
            Column(
                "error",
                t("error"),
                show=lambda row: f'<span class="wrap">{escape(str(row["error"])) or "–"}</span>',
            ),
        ],
        sorted(rows, key=lambda row: (not row["error"], row["what"])),
        name="resources",
        limit=60,
    )


def _ads(page: Page) -> str:
    t = page.t
    if not page.store.has("ops_ads_sync_status"):
        return blocks.card(t("ads"), blocks.empty(t("no_table")))
    accounts: dict[str, list[Row]] = {}
    for row in page.store.rows("select * from ops_ads_sync_status order by advertiser_id, resource"):
        accounts.setdefault(str(row["advertiser_id"]), []).append(row)
    records: list[Row] = []
    for key, rows in accounts.items():
        times = [row["last_success_at"] for row in rows if row["last_success_at"] is not None]
        records.append(
            {
                "account": str(rows[0]["advertiser_name"] or key),
                "authorised": _authorised(page, rows),
                "last": _local(page, sorted(times)[-1]) if times else None,
                "failed": len(_failed(rows)),
            }
        )
    return page.table(
        t("ads"),
        [
            Column("account", t("ads")),
            Column("authorised", t("authorised"), show=lambda row: str(row["authorised"])),
            Column("last", t("last_read"), TIME),
            Column("failed", t("failed"), COUNT),
        ],
        records,
        name="ads_accounts",
        rows=behind.query(
            page.store,
            "ads_sync_status",
            "select * from ops_ads_sync_status order by advertiser_id, resource",
        ),
        nothing=t("no_ads"),
    )


def _files(page: Page) -> str:
    t = page.t
    if not page.store.has("ops_imported_files"):
        return blocks.card(t("files"), blocks.empty(t("no_table")))
    sql = "select * from ops_imported_files order by imported_at desc, file_name, sheet"
    records = page.store.rows(sql)
    for row in records:
        row["shop"] = page.shop_name(str(row["shop_key"])) if row["shop_key"] else ""
        row["imported"] = _local(page, row["imported_at"])
        row["kind"] = _word(page, "kind", row["kind"])
    return page.table(
        t("files"),
        [
            Column("file_name", t("file")),
            Column("kind", t("kind")),
            Column("shop", t("shop"), is_wide=True),
            Column("row_count", t("rows_read"), COUNT),
            Column("quarantined_row_count", t("left_out"), COUNT),
            Column("imported", t("imported"), TIME, is_wide=True),
        ],
        records,
        name="files",
        limit=15,
        rows=behind.query(page.store, "files", sql),
        nothing=t("no_files"),
    )


def _quarantine(page: Page) -> str:
    t = page.t
    if not page.store.has("ops_import_quarantine"):
        return blocks.card(t("quarantine"), blocks.empty(t("no_table")))
    sql = "select * from ops_import_quarantine order by file_name, file_row, column_name"
    records = page.store.rows(sql)
    return page.table(
        t("quarantine"),
        [
            Column("file_name", t("file")),
            Column("file_row", t("row"), COUNT),
            Column(
                "message",
                t("reason"),
                show=lambda row: (
                    f'<span class="wrap">{escape(t.pick(row["message_en"], row["message_zh"]))}</span>'
                ),
            ),
        ],
        records,
        name="quarantine",
        limit=15,
        rows=behind.query(page.store, "quarantine", sql),
        nothing=t("nothing_out"),
    )
