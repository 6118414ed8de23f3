"""Connections 连接: shops and ads accounts, until when they are authorised, what was read last and what failed, and the
files that were handed in. Read only: `ttkpi auth` and the inbox folder change them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from dashboards.parts import behind, blocks
from dashboards.parts.formats import COUNT, TIME
from dashboards.parts.page import Column, Page
from dashboards.parts.words import Dictionary

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
        "A new shop, or one whose authorisation ends: open the app's authorisation link as the seller, then "
        "ttkpi auth exchange CODE on the machine that reads TikTok.",
        "新增店铺或授权到期：以卖家身份打开授权链接，然后在读取数据的机器上运行 ttkpi auth exchange CODE。",
    ),
    "choose": ("click a line for its resources", "点击一行查看明细"),
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
    blocks.still(blocks.say(escape(t("how")), is_good=True))
    left, right = st.columns([1, 1.35], gap="small")
    with left:
        page.block(_shops(page, shops), "shops")
        page.block(_ads(page), "ads")
    with right:
        chosen = str(st.session_state[_SHOP] or "")
        page.block(_resources(page, chosen, shops.get(chosen, [])), "resources")
    page.block(_files(page), "files")
    page.block(_quarantine(page), "quarantine")


def _failed(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["last_status"] == "failed"]


def _local(page: Page, time: Any) -> Any:
    return page.standing.local(time) if time is not None else None


def _authorised(page: Page, rows: list[Row]) -> str:
    """The worst state of an authorisation, with the days that it lasts."""
    t = page.t
    first = rows[0]
    days = first.get("authorisation_days_left")
    said = page.value_name("authorisation_state", first["authorisation_state"]).replace("_", " ")
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
            Column("authorised", t("authorised"), show=lambda row: str(row["authorised"])),
            Column("last", t("last_read"), TIME),
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
        row["what"] = str(row["resource"]).replace("_", " ")
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
        row["kind"] = str(row["kind"] or "").replace("_", " ")
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
