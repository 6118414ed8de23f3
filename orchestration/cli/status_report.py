"""`ttkpi status` and `ttkpi auth status` as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from home.layout import Home
from ingestion.market_matrix import SUBJECTS, market_matrix, unknown_of
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


def show_status(home: Home, status: Status, *, details: bool = False, console: Console | None = None) -> None:
    """Print how things stand: the verdict, what is the matter, and a line for each shop and step.

    Args:
        home: Whose status.
        status: What was found.
        details: Also each resource of each shop.
        console: Where to.
    """
    console = console or output()
    wrong = [*_problems(status)]
    if wrong:
        console.print(f"[red]✕ {len(wrong)} to look at · {len(wrong)} 项需要处理[/red]")
    else:
        console.print("[green]● All is well · 一切正常[/green]")
    for text in wrong:
        console.print(f"  - {shown(text)}", soft_wrap=True)
    console.print(f"Home 数据目录: {shown(str(home.root))}", soft_wrap=True)
    if home.is_open_to_others():
        cure = f"To close it: chmod 700 {shown(str(home.root))}"
        console.print(
            f"[yellow]Every user of this machine can read the home. {cure}[/yellow]", soft_wrap=True
        )
    for one in status.authorisations:
        shops = f"{len(one.shops)} shop{'' if len(one.shops) == 1 else 's'}"
        console.print(f"Seller 卖家: {shown(one.seller or one.open_id)}, {shops}, {_days(one.days_left)}")
    for ads in status.ads:
        accounts = ", ".join(name or account for account, name in ads.accounts)
        console.print(f"Ads accounts 广告账户: {shown(accounts or 'none any more')}")
    _show_states(console, status)
    if status.resources:
        console.print(_resources(status.resources) if details else _shops(status.resources))
        if not details:
            console.print("Each resource: ttkpi status --details 查看明细")
    _show_markets(console, status, details=details)


def _show_markets(console: Console, status: Status, *, details: bool) -> None:
    """What nobody knows of the markets of the shops; in detail what is known of every market, and where from."""
    own = {shop.region for seller in status.authorisations for shop in seller.shops}
    for region, subjects in unknown_of(own).items():
        names = ", ".join(f"{SUBJECTS[subject][0]} {SUBJECTS[subject][1]}" for subject in subjects)
        console.print(f"Market 市场 {region}, not known 未知: {names}", soft_wrap=True)
    if not details:
        return
    table = Table(box=SIMPLE_HEAD)
    table.add_column("market 市场")
    for english, chinese in SUBJECTS.values():
        table.add_column(f"{english} {chinese}", overflow="fold")
    for region in dict.fromkeys(region for region, _ in market_matrix()):
        table.add_row(region, *(market_matrix()[region, subject].state for subject in SUBJECTS))
    console.print(table)
    console.print("Sources 来源: ingestion/market_sources.csv")


def _problems(status: Status) -> Iterator[str]:
    """What a person has to do something about, the worst first."""
    if status.damage:
        yield status.damage
    if status.audit is not None and not status.audit.get("passed"):
        failures = [
            str(text) for text in status.audit.get("causes") or status.audit.get("critical_failures") or []
        ]
        yield f"The last audit stopped the publication: {failures[0] if failures else 'see its page'}" + (
            f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        )
    for shop in (status.published or {}).get("held_back") or []:
        yield f"{shop['message']} Held back 停止更新 since {shop['since']}."
    failing: dict[tuple[str, str, str], list[str]] = {}
    for one in status.resources:
        if one.status != "failed" and one.authorisation == "ok":
            continue
        failing.setdefault((one.shop_name, one.authorisation, one.error), []).append(one.resource)
    for (name, authorisation, error), resources in failing.items():
        state = "" if authorisation == "ok" else f" (authorisation {authorisation})"
        what = (
            resources[0]
            if len(resources) == 1
            else f"{len(resources)} resources ({', '.join(resources[:3])} ...)"
        )
        yield f"{name}: {what} did not come with the last sync{state}. {error}"
    for seller in status.authorisations:
        if seller.days_left <= _SOON_DAYS:
            ends = "has ended" if seller.days_left <= 0 else f"ends in {seller.days_left:,.0f} days"
            yield (
                f"The authorisation of {seller.seller or seller.open_id} {ends}: "
                "the seller opens the app's link again, then ttkpi auth exchange CODE"
            )
    if status.published is None and not status.damage:
        # A team of files alone has neither a seller nor a sync, and is well once it has published.
        if not status.authorisations:
            yield "No seller has authorised the app yet: ttkpi auth exchange CODE"
        yield (
            "Nothing is published yet: ttkpi run" if status.resources else "Nothing was synced yet: ttkpi run"
        )
    if status.server is not None and not status.server.is_current:
        why = status.server.failed or "it has not been written to since."
        yield f"PostgreSQL at {status.server.place} has not the current publication: {why}"
    if status.base is not None and not status.base.is_current:
        why = status.base.failed or "it has not been written to since."
        yield f"The Bitable 多维表格 at {status.base.place} has not the current publication: {why}"


def _shops(resources: Sequence[ResourceStatus]) -> Table:
    """A line for each shop and ads account."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in (
        "shop, account 店铺",
        "orders until 截至",
        "last sync 同步",
        "resources 数据",
    ):
        table.add_column(heading, overflow="fold")
    by_name: dict[str, list[ResourceStatus]] = {}
    for one in resources:
        by_name.setdefault(one.shop_name, []).append(one)
    for name, found in by_name.items():
        untils = [one.data_until for one in found if one.resource == "orders"] or [None]
        successes = [one.last_success for one in found if one.last_success]
        failed = sum(one.status == "failed" for one in found)
        table.add_row(
            shown(name),
            _when(untils[0]) if untils[0] else "",
            _when(min(successes)) if successes else "never",
            f"{len(found) - failed} ok" + (f", {failed} failed" if failed else ""),
            style="red" if failed else "",
        )
    return table


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
        for name in status.published.get("audiences") or {}:
            console.print(f"  for audience 受众 {shown(str(name))}")
    if status.server is not None:
        words = status.server.publication_id or "nothing yet"
        console.print(f"PostgreSQL: {shown(status.server.place)}, publication {words}")
    if status.base is not None:
        words = status.base.publication_id or "nothing yet"
        console.print(f"Bitable 多维表格: {shown(status.base.place)}, publication {words}")


def _days(days: float) -> str:
    if days <= 0:
        return "[red]has ended: the seller has to authorise again[/red]"
    text = f"{days:,.0f} days left"
    return f"[yellow]{text}[/yellow]" if days <= _SOON_DAYS else text


def _when(instant: datetime | None) -> str:
    return "never" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}"
