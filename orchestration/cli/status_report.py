"""`ttkpi status` and `ttkpi auth status` as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from home.layout import Home
from orchestration.progress import output, shown
from orchestration.status import AdsAuthorisation, Authorisation, ResourceStatus, Status

_SOON_DAYS = 14


def show_authorisations(known: Sequence[Authorisation], console: Console | None = None) -> None:
    """Print who has authorised the app."""
    console = console or output()
    table = Table(box=SIMPLE_HEAD)
    for heading in ("seller 卖家", "shops 店铺", "authorisation 授权", "access token", "scopes 权限"):
        table.add_column(heading, overflow="fold")
    for one in known:
        shops = "\n".join(f"{shop.region} {shop.shop_id} {shop.name}" for shop in one.shops)
        table.add_row(
            shown(one.seller or one.open_id),
            shown(shops or "not listed yet"),
            _days(one.days_left),
            "renewed at the next sync"
            if one.token_hours_left <= 0
            else f"{one.token_hours_left:,.0f} h left",
            shown("\n".join(one.scopes) or "unknown"),
        )
    console.print(table)


def show_ads_authorisations(known: Sequence[AdsAuthorisation], console: Console | None = None) -> None:
    """Print for which ads accounts the app is authorised."""
    console = console or output()
    table = Table(box=SIMPLE_HEAD)
    for heading in ("ads accounts 广告账户", "authorised 授权时间 (UTC)", "permissions 权限", "token"):
        table.add_column(heading, overflow="fold")
    for one in known:
        accounts = "\n".join(f"{account} {name}".strip() for account, name in one.accounts)
        table.add_row(
            shown(accounts or "none any more"),
            _when(one.authorised_at),
            str(one.permissions),
            "lives until it is withdrawn",
        )
    console.print(table)


def show_status(home: Home, status: Status, console: Console | None = None) -> None:
    """Print how things stand."""
    console = console or output()
    console.print(f"Home 数据目录: {shown(str(home.root))}")
    if home.is_open_to_others():
        cure = f"To close it: chmod 700 {shown(str(home.root))}"
        console.print(f"[yellow]Every user of this machine can read the home. {cure}[/yellow]")
    if not status.authorisations:
        console.print("No seller has authorised the app yet: ttkpi auth exchange CODE")
    for one in status.authorisations:
        shops = f"{len(one.shops)} shop{'' if len(one.shops) == 1 else 's'}"
        console.print(f"Seller 卖家: {shown(one.seller or one.open_id)}, {shops}, {_days(one.days_left)}")
    for ads in status.ads:
        accounts = ", ".join(name or account for account, name in ads.accounts)
        console.print(f"Ads accounts 广告账户: {shown(accounts or 'none any more')}")
    if status.resources:
        console.print(_resources(status.resources))
    else:
        console.print("Nothing was synced yet: ttkpi run")
    _show_states(console, status)


def _resources(resources: Sequence[ResourceStatus]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for heading in (
        "shop 店铺, ads account 广告账户",
        "resource",
        "last",
        "last success (UTC)",
        "data until (UTC)",
        "lag h",
        "error",
    ):
        table.add_column(heading, overflow="fold", justify="right" if heading == "lag h" else "left")
    previous = ""
    for one in resources:
        bad = one.status == "failed"
        table.add_row(
            shown(one.shop_name) if one.shop_name != previous else "",
            one.resource,
            one.status if one.authorisation == "ok" else f"{one.status}, {one.authorisation}",
            _when(one.last_success),
            # Resources without a window (stock, shops) are as of their last success.
            _when(one.data_until) if one.data_until or not one.last_success else "",
            "" if one.lag_hours is None else f"{one.lag_hours:,.1f}",
            shown(one.error),
            style="red" if bad else "yellow" if one.status != "ok" else "",
        )
        previous = one.shop_name
    return table


def _show_states(console: Console, status: Status) -> None:
    build = status.build
    if build is not None:
        part = "" if build.whole else ", a part of the project"
        console.print(f"Build 计算: {build.state} {build.finished_at}{part}".rstrip())
    if status.audit is not None:
        passed = bool(status.audit.get("passed"))
        words = "passed" if passed else "[red]failed[/red]"
        console.print(
            f"Audit 审核: {words} {status.audit.get('audited_at')}, {status.audit.get('checks')} checks, "
            f"{len(status.audit.get('warnings') or [])} warnings: {shown(str(status.audit.get('json_path')))}"
        )
        for failure in (status.audit.get("critical_failures") or [])[:5]:
            console.print(f"  - {shown(str(failure))}")
    if status.damage:
        console.print(f"Published 发布: [red]{shown(status.damage)}[/red]")
    elif status.published is None:
        console.print("Published 发布: nothing yet")
    else:
        tables = status.published.get("tables") or {}
        console.print(
            f"Published 发布: {status.published.get('published_at')}, {len(tables)} tables, "
            f"{sum(tables.values()):,} rows, publication {status.published.get('publication_id') or 'without a seal'}"
        )
        for shop in status.published.get("held_back") or []:
            console.print(
                f"  [yellow]held back 停止更新[/yellow] since {shop['since']}: {shown(str(shop['message']))}"
            )
        for name in status.published.get("audiences") or {}:
            console.print(f"  for audience 受众 {shown(str(name))}")


def _days(days: float) -> str:
    if days <= 0:
        return "[red]has ended: the seller has to authorise again[/red]"
    text = f"{days:,.0f} days left"
    return f"[yellow]{text}[/yellow]" if days <= _SOON_DAYS else text


def _when(instant: datetime | None) -> str:
    return "never" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}"
