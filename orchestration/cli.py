"""`ttkpi`: from the TikTok Shop API to published KPI marts.

Only click is imported here; every command imports what it needs, so that `ttkpi --help` answers at once.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from decimal import Decimal

    from home.layout import Home
    from ingestion.sync import SyncReport
    from orchestration.lib.progress import Reporter

_INTERRUPTED = 130
_SHOWN = 20
_LOG_FILE = "ttkpi.log"
_LOG_HANDLER = "ttkpi"

F = TypeVar("F", bound=Callable[..., Any])

EXIT_CODES = """\b
Exit codes:
  0  done
  1  failed; the message says why
  2  wrong configuration or usage, or another run is at work in this home
  3  some shops, ads accounts or files failed, the rest was done
  4  the audit stopped the publication; the published file is as it was
"""


class Day(click.ParamType[date]):
    """A day, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day, or say how one is written."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write for instance 2026-10-31", param, ctx)


class Instant(click.ParamType[datetime]):
    """A day (its beginning) or an instant with a zone, in UTC."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read an instant, or say how one is written."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is not a date; write 2026-10-31 or 2026-10-31T12:00:00Z", param, ctx)
        if instant.tzinfo is None:
            if len(text) > len("YYYY-MM-DD"):
                self.fail(f"{text!r} has a time but no zone; write for instance {text}Z", param, ctx)
            instant = instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC)


class Month(click.ParamType[date]):
    """A month, YYYY-MM; its first day."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a month, or say how one is written."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(f"{value}-01")
        except ValueError:
            self.fail(f"{value!r} is not a month; write for instance 2026-10", param, ctx)


class Command(click.Command):
    """A command whose line in the list is the whole first line of its text, in both languages."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first line."""
        return (self.help or "").strip().split("\n")[0]


class Commands(click.Group):
    """Lists commands in the order in which a person meets them."""

    command_class = Command

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first line."""
        return (self.help or "").strip().split("\n")[0]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of their definition."""
        return list(self.commands)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.option("--debug", is_flag=True, envvar="TTKPI_DEBUG", help="Show the traceback of an error.")
@click.version_option(package_name="tiktok-shop-kpi", message="%(version)s")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """TikTok Shop numbers you can audit: sync shops, build KPI marts, publish them for BI.

    TikTok Shop 数据：同步店铺、计算 KPI（GMV、退款率、客单价、结算）、审核后发布。

    Everything is kept in one folder, TTKPI_HOME (default: .ttkpi in the project). Your app's key and secret
    come from the environment or .dlt/ (see .dlt/secrets.toml.example).

    \b
    Try it:          ttkpi demo
    A real shop:     export SOURCES__TIKTOK_SHOP__APP_KEY=... SOURCES__TIKTOK_SHOP__APP_SECRET=...
                     ttkpi auth exchange CODE
                     ttkpi run
    """
    ctx.obj = {"debug": debug}


@cli.command()
@click.option(
    "--orders", type=click.IntRange(min=100), help="Orders of the sandbox's world.  [default: 20000]"
)
@click.option("--days", type=click.IntRange(min=14), help="Days of history.  [default: 120]")
@click.option("--seed", type=int, help="Another seed makes another world.  [default: 7]")
@click.option("--port", type=click.IntRange(0, 65535), help="Of the sandbox.  [default: 8777, or a free one]")
def demo(orders: int | None, days: int | None, seed: int | None, port: int | None) -> None:
    """Everything at once against a sandbox on this machine. 演示：本机沙盒店铺，一条命令走完全程。

    The first run reads five shops' whole history over HTTP; every further run adds a day and reads only what is
    new.

    \b
    Example:  ttkpi demo --orders 2000 --days 60
    """
    from orchestration.lib.demo import demo as run_demo
    from orchestration.lib.demo_report import show

    home, reporter = _home(), _reporter()
    result = run_demo(home, orders=orders, days=days, seed=seed, port=port, reporter=reporter)
    agreed = show(home, result)
    raise SystemExit(result.run.exit_code if agreed else 1)


@cli.command()
@click.option("--orders", default=20_000, show_default=True, type=click.IntRange(min=100), help="Orders.")
@click.option("--days", default=120, show_default=True, type=click.IntRange(min=14), help="Days of history.")
@click.option("--seed", default=7, show_default=True, help="Another seed makes another world.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8777, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the world is kept.  [default: sandbox/world-ORDERS-DAYS-SEED in TTKPI_HOME]",
)
@click.option(
    "--rate-limit",
    type=click.FloatRange(min=0),
    help="Requests per second and shop and endpoint before 429.  [default: none]",
)
@click.option("--burst", default=50, show_default=True, help="Requests that may come at once within it.")
@click.option("--token-seconds", default=7 * 86_400, show_default=True, help="Life of an access token.")
@click.option("--reusable-code", is_flag=True, help="The first authorisation code may be used again.")
@click.option("--forget", is_flag=True, help="Forget authorisations and the clock of an earlier run.")
def sandbox(
    orders: int,
    days: int,
    seed: int,
    host: str,
    port: int,
    directory: Path | None,
    rate_limit: float | None,
    burst: int,
    token_seconds: int,
    reusable_code: bool,
    forget: bool,
) -> None:
    """Serve a TikTok Shop API on this machine, with five shops behind it. 本机沙盒 API。

    Stops with Ctrl+C. The app is sandbox-app / sandbox-secret, the first authorisation code sandbox-code.

    \b
    Example:  ttkpi sandbox --orders 200000 --rate-limit 5
    """
    from orchestration.lib.demo import CLOCK_START, DemoFailed, demo_folder
    from sandbox.server.serve import STATE_FILE, ServerFailed, serve
    from sandbox.world.generator import generate

    home, reporter = _home(), _reporter()
    folder = directory or demo_folder(home) / f"world-{orders}-{days}-{seed}"
    with reporter.phase("world", f"{orders:,} orders of {days} days, seed {seed}, in {folder}"):
        generate(
            folder,
            orders=orders,
            days=days,
            seed=seed,
            clock=CLOCK_START,
            progress=lambda done, total: reporter.count(done, total, "orders"),
        )
    if forget:
        (folder / STATE_FILE).unlink(missing_ok=True)

    def started(url: str) -> None:
        click.echo(f"Sandbox at {url}; stop with Ctrl+C. In another terminal:")
        click.echo(f"  export SOURCES__TIKTOK_SHOP__BASE_URL={url} SOURCES__TIKTOK_SHOP__AUTH_URL={url}")
        click.echo("  export SOURCES__TIKTOK_SHOP__APP_KEY=sandbox-app")
        click.echo("  export SOURCES__TIKTOK_SHOP__APP_SECRET=sandbox-secret")
        click.echo("  export SOURCES__TIKTOK_SHOP__REQUESTS_PER_SECOND=0")
        click.echo(f"  export SOURCES__FX_RATES__BASE_URL={url}/fx/v1 TTKPI_HOME=/tmp/ttkpi-sandbox")
        click.echo(f"  export SOURCES__TIKTOK_ADS__BASE_URL={url} SOURCES__TIKTOK_ADS__REQUESTS_PER_SECOND=0")
        click.echo("  export SOURCES__TIKTOK_ADS__APP_ID=sandbox-ads-app")
        click.echo("  export SOURCES__TIKTOK_ADS__SECRET=sandbox-ads-secret")
        click.echo("  ttkpi auth exchange sandbox-code")
        click.echo("  ttkpi auth ads sandbox-ads-code")
        click.echo("  ttkpi run --until 2026-11-08")

    try:
        serve(
            folder,
            host,
            port,
            on_start=started,
            requests_per_second=rate_limit or None,
            burst=burst,
            access_token_seconds=token_seconds,
            auth_code_reusable=reusable_code,
        )
    except ServerFailed as error:
        raise DemoFailed(str(error), advice="Choose another port: ttkpi sandbox --port 8778") from error
    except KeyboardInterrupt:
        click.echo("Sandbox stopped.")


@cli.command("sandbox-exports")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--shop", "shop_ids", multiple=True, help="Id of a shop; may be repeated.  [default: all]")
@click.option("--layout", "layouts", multiple=True, help="May be repeated.  [default: those of the market]")
@click.option(
    "--from", "first", type=Day(), help="First day, on the shop's calendar.  [default: the world's]"
)
@click.option("--until", type=Day(), help="The day after the last.  [default: tomorrow by the clock]")
@click.option(
    "--clock", type=Instant(), help="When the files are downloaded.  [default: the world's present]"
)
@click.option("--language", help="Of headers and words: en, id, vi, es.  [default: what the market reads]")
@click.option("--orders", default=20_000, show_default=True, type=click.IntRange(min=100), help="Orders.")
@click.option("--days", default=120, show_default=True, type=click.IntRange(min=14), help="Days of history.")
@click.option("--seed", default=7, show_default=True, help="Another seed makes another world.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="A world that is there is taken as it is.  [default: sandbox/world-ORDERS-DAYS-SEED in TTKPI_HOME]",
)
def sandbox_exports(
    folder: Path,
    shop_ids: tuple[str, ...],
    layouts: tuple[str, ...],
    first: date | None,
    until: date | None,
    clock: datetime | None,
    language: str | None,
    orders: int,
    days: int,
    seed: int,
    directory: Path | None,
) -> None:
    """Write the files that the sandbox's sellers would download by hand into FOLDER. 沙盒店铺的手工导出文件。

    The same world as `ttkpi sandbox` serves over its API, in a folder per shop, and one per ads account.

    \b
    Example:  ttkpi sandbox-exports downloads --orders 2000 --from 2026-10-01
    """
    from orchestration.lib.demo import CLOCK_START, demo_folder
    from sandbox.exports.export import write_folder
    from sandbox.world.generator import generate
    from sandbox.world.store import Store, meta_of

    home, reporter = _home(), _reporter()
    world = directory or demo_folder(home) / f"world-{orders}-{days}-{seed}"
    if directory is not None and meta_of(directory) is not None:
        store = Store.open(directory)
    else:
        with reporter.phase("world", f"{orders:,} orders of {days} days, seed {seed}, in {world}"):
            store = generate(
                world,
                orders=orders,
                days=days,
                seed=seed,
                clock=CLOCK_START,
                progress=lambda done, total: reporter.count(done, total, "orders"),
            )
    known = {shop.id: shop for shop in store.shops()}
    unknown = [shop_id for shop_id in shop_ids if shop_id not in known]
    if unknown:
        raise click.BadParameter(
            f"{', '.join(unknown)}: the shops are {', '.join(known)}", param_hint="--shop"
        )
    moment = int(clock.timestamp()) if clock is not None else store.meta.clock_start
    try:
        for written in write_folder(
            folder,
            store,
            clock=moment,
            shops=[known[shop_id] for shop_id in shop_ids] or None,
            layouts=layouts or None,
            first=first,
            until=until,
            language=language,
        ):
            click.echo(f"{written.layout:<26} {written.rows:>9,} rows  {written.path}")
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@cli.group(cls=Commands)
def auth() -> None:
    """Authorisations of sellers and ads accounts. 店铺与广告账户授权。"""


@auth.command("exchange")
@click.argument("code")
def auth_exchange(code: str) -> None:
    """Turn the CODE that a seller's authorisation ends with into tokens. 用授权码换取令牌。

    The code stands in the address of the page after the seller has agreed (code=...). It works once and for 30
    minutes. The tokens go to tokens.json in TTKPI_HOME, readable for you alone.

    \b
    Example:  ttkpi auth exchange TTP_FeBoANmHP3yqdoUI9fZOCw
    """
    from home.audit_log import recorded
    from home.config import load_shop_config
    from ingestion.tiktok_shop.auth import AuthHost
    from ingestion.tiktok_shop.client import ShopClient
    from ingestion.tiktok_shop.tokens import TokenStore
    from orchestration.lib.demo import refuse_demo_home

    home, reporter = _home(), _reporter()
    refuse_demo_home(home)
    config = load_shop_config()
    tokens = TokenStore(home.tokens_file, AuthHost(config), notify=reporter.warning)
    with recorded(home, "authorise") as entry:
        entry.details["source"] = "tiktok_shop"
        grant = tokens.exchange(code)
        entry.subject = grant.open_id
        entry.details["scopes"] = grant.granted_scopes
    click.echo(f"Authorised by {grant.seller_name or grant.open_id}. Tokens: {home.tokens_file}")
    with ShopClient(config, tokens, notify=reporter.warning) as client:
        for shop in client.authorized_shops():
            if shop.open_id == grant.open_id:
                click.echo(f"  {shop.region}  {shop.shop_id}  {shop.name}")
    click.echo("Next: ttkpi run")


@auth.command("ads")
@click.argument("code")
def auth_ads(code: str) -> None:
    """Turn the CODE of an ads account's authorisation into a token. 广告账户授权。

    The code stands in the address of the page after the account's user has agreed (auth_code=...). It works once and
    for an hour. The token goes to ads_tokens.json in TTKPI_HOME, readable for you alone, and lives until it is
    withdrawn. From then on `ttkpi sync` and `ttkpi run` read the ads accounts as well.

    \b
    Example:  ttkpi auth ads 83e2e5a1d4
    """
    from home.audit_log import recorded
    from home.config import load_ads_config
    from ingestion.tiktok_ads.client import AdsClient, AdsProblem
    from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
    from orchestration.lib.demo import refuse_demo_home

    home, reporter = _home(), _reporter()
    config = load_ads_config()
    refuse_demo_home(home, config.base_url)
    tokens = AdsTokenStore(home.ads_tokens_file)
    with recorded(home, "authorise") as entry:
        entry.details["source"] = "tiktok_ads"
        grant = tokens.exchange(code, AdsAuthHost(config, notify=reporter.warning))
        entry.subject = " ".join(grant.advertiser_ids)
    count = len(grant.advertiser_ids)
    click.echo(
        f"Authorised for {count} ads account{'' if count == 1 else 's'}. Tokens: {home.ads_tokens_file}"
    )
    problems: list[AdsProblem] = []
    with AdsClient(config, tokens, notify=reporter.warning) as client:
        for account in client.advertisers(problems):
            if account.advertiser_id in grant.advertiser_ids:
                click.echo(f"  {account.advertiser_id}  {account.name}")
    for problem in problems:
        reporter.warning(str(problem.error))
    click.echo("Next: ttkpi run")


@auth.command("status")
def auth_status() -> None:
    """Who has authorised the app, for which shops and ads accounts, and for how long. 授权状态与剩余天数。

    Exit code 2 when no seller has: ads accounts are read beside shops, and a run needs a shop.

    \b
    Example:  ttkpi auth status
    """
    from ingestion.engine.errors import NotAuthorised
    from orchestration.lib.status import ads_authorisations, authorisations
    from orchestration.lib.status_report import show_ads_authorisations, show_authorisations

    home = _home()
    known, ads = authorisations(home), ads_authorisations(home)
    if known:
        show_authorisations(known)
    if ads:
        show_ads_authorisations(ads)
    if not known:
        raise NotAuthorised(
            f"No seller has authorised the app yet ({home.tokens_file} is missing or empty).",
            advice="Let the seller authorise the app, then run `ttkpi auth exchange CODE`.",
        )


def _sync_options(command: F) -> F:
    options = [
        click.option(
            "--shop",
            "shops",
            multiple=True,
            metavar="ID",
            help="Only this shop or ads account; may be repeated.",
        ),
        click.option("--since", type=Day(), help="Read again from this day (00:00 UTC)."),
        click.option("--until", type=Instant(), help="Read up to here, exclusive.  [default: now]"),
        click.option(
            "--resource",
            "resources",
            multiple=True,
            metavar="NAME",
            help="Only this resource of shops or ads accounts; may be repeated.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@cli.command(epilog=EXIT_CODES)
@_sync_options
@click.option("--full-refresh", is_flag=True, help="Build the marts anew from all raw rows.")
@click.option("--accept-fewer-rows", is_flag=True, help="Publish although tables have lost rows.")
def run(
    shops: Sequence[str],
    since: date | None,
    until: datetime | None,
    resources: Sequence[str],
    full_refresh: bool,
    accept_fewer_rows: bool,
) -> None:
    """Sync, build, audit, publish. 一次完整运行：同步、计算、审核、发布。

    Made for a scheduler: it continues where the last run stopped, and the published file changes only when
    everything before has gone well.

    \b
    Examples:  ttkpi run
               ttkpi run --shop 7495000000000000101 --since 2026-10-01
               ttkpi run --shop 7400000000000000001 --since 2026-10-01 (an ads account)
    """
    from orchestration.lib.demo import refuse_demo_home
    from orchestration.lib.run import SOME_SHOPS_FAILED, run_all

    home, reporter = _home(), _reporter()
    refuse_demo_home(home)
    report = run_all(
        home,
        shops=shops or None,
        since=since,
        until=until,
        resources=resources or None,
        full_refresh=full_refresh,
        accept_fewer_rows=accept_fewer_rows,
        reporter=reporter,
    )
    if report.publish is not None:
        click.echo(f"Published {len(report.publish.tables)} tables to {report.publish.path}")
    if report.exit_code == SOME_SHOPS_FAILED:
        click.echo("Some shops or ads accounts failed, the rest is published. See `ttkpi status`.", err=True)
    raise SystemExit(report.exit_code)


@cli.command()
@_sync_options
def sync(shops: Sequence[str], since: date | None, until: datetime | None, resources: Sequence[str]) -> None:
    """Load what is new from the shops and ads accounts into raw. 从店铺与广告接口增量同步数据。

    \b
    Examples:  ttkpi sync
               ttkpi sync --shop 7495000000000000101 --resource orders --since 2026-10-01 --until 2026-11-01
               ttkpi sync --resource gmv_max_campaign_daily
    """
    from ingestion.sync import sync as run_sync
    from orchestration.lib.demo import refuse_demo_home
    from orchestration.lib.run import require_some_shop, tell_sync

    home, reporter = _home(), _reporter()
    refuse_demo_home(home)
    with reporter.phase("sync", "reading the shops"):
        report = run_sync(
            home,
            shops=shops or None,
            since=since,
            until=until,
            resources=resources or None,
            progress=reporter,
        )
        tell_sync(reporter, report)
    require_some_shop(report)
    raise SystemExit(_sync_code(report))


@cli.command("import", epilog=EXIT_CODES)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--shop", metavar="ID", help="The shop that the files are of; a folder of that name says it too."
)
@click.option(
    "--region", metavar="XX", help="Market of a shop that no API has listed, such as GB; once is enough."
)
@click.option("--name", help="Name of that shop.")
@click.option("--advertiser", metavar="ID", help="The ads account that reports of GMV Max are of.")
@click.option("--time-zone", metavar="ZONE", help="Its zone, such as America/Los_Angeles or Etc/GMT+8.")
@click.option(
    "--date-order",
    type=click.Choice(["dmy", "mdy", "ymd"]),
    help="How 05/06/2026 is read, where the rows of a file leave it open.",
)
@click.option(
    "--downloaded-at",
    type=Instant(),
    help="When the files were downloaded.  [default: last change of the file]",
)
@click.option("--explain", is_flag=True, help="Say what is seen in the files, and change nothing.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Of messages.",
)
def import_files(
    paths: Sequence[Path],
    shop: str | None,
    region: str | None,
    name: str | None,
    advertiser: str | None,
    time_zone: str | None,
    date_order: Literal["dmy", "mdy", "ymd"] | None,
    downloaded_at: datetime | None,
    explain: bool,
    language: Literal["en", "zh"],
) -> None:
    """Load files that were downloaded by hand: CSV and XLSX, or folders of them. 导入手工下载的报表。

    From Seller Center, Affiliate Center and Ads Manager; the kind is recognised by the header, whatever the name. A
    file is loaded as a whole or not at all, and the same file twice changes nothing. Exit code 3 when some files were
    refused and the others are loaded. Build afterwards.

    \b
    Examples:  ttkpi import downloads/ --shop 7495000000000000101 --region GB --name "Aurora UK"
               ttkpi import downloads/7495000000000000101/orders.csv
               ttkpi import "Creative data.xlsx" --advertiser 7400000000000000001 --time-zone Etc/GMT+8
               ttkpi import --explain --lang zh orders.csv
    """
    from ingestion.importing import import_files as run_import
    from ingestion.seller_center.export_files import files_in
    from ingestion.seller_center.importer import explain_file
    from ingestion.seller_center.outcomes import ImportOptions
    from orchestration.lib.demo import refuse_demo_home
    from orchestration.lib.import_report import show_import
    from orchestration.lib.run import SOME_SHOPS_FAILED

    home, reporter = _home(), _reporter()
    options = ImportOptions(shop, region, name, advertiser, time_zone, date_order, downloaded_at)
    if explain:
        refused = False
        for path in files_in(paths):
            seen = explain_file(home, path, options)
            click.echo(seen.explanations.get(language) or path.name)
            for text in seen.why(language):
                click.echo(text)
            click.echo()
            refused = refused or bool(seen.why(language))
        raise SystemExit(SOME_SHOPS_FAILED if refused else 0)
    refuse_demo_home(home)
    with reporter.phase("import", "reading the files"):
        report = run_import(home, paths, options, progress=reporter)
    show_import(report, language)
    if report.recovered:
        click.echo(f"{_counted(report.recovered, 'file')} of an import that was ended are loaded now.")
    if any(one.status == "imported" for one in report.files) or report.recovered:
        click.echo("Next: ttkpi build" if language == "en" else "下一步：ttkpi build")
    raise SystemExit(SOME_SHOPS_FAILED if report.refused else 0)


@cli.command()
@click.option("--full-refresh", is_flag=True, help="Build incremental models anew from all raw rows.")
@click.option("--select", help="Only a part of the project, in dbt's words; the audit tests all of it again.")
@click.option(
    "--unit-tests", is_flag=True, help="Run dbt's unit tests too: they test the code, not the data."
)
def build(full_refresh: bool, select: str | None, unit_tests: bool) -> None:
    """Build the marts from raw with dbt, and run its tests. 用 dbt 计算指标表并测试。

    A test that fails does not fail this command: the audit judges it.

    \b
    Examples:  ttkpi build
               ttkpi build --full-refresh
               ttkpi build --select +kpi_shop_daily
    """
    from orchestration.lib.build import build as run_build
    from orchestration.lib.run import tell_build

    home, reporter = _home(), _reporter()
    with reporter.phase("build", "building the marts"):
        report = run_build(
            home, full_refresh=full_refresh, select=select, unit_tests=unit_tests, progress=reporter
        )
        tell_build(reporter, report)
    report.raise_for_errors()


@cli.command()
@click.option("--accept-fewer-rows", is_flag=True, help="Tables may have lost rows: a shop was given up, ...")
def audit(accept_fewer_rows: bool) -> None:
    """Judge raw and marts: dbt's tests and Great Expectations. 审核数据质量。

    Exit code 4 when something critical fails; every check is in audit/ of TTKPI_HOME.

    \b
    Example:  ttkpi audit
    """
    from orchestration.lib.audit import audit as run_audit
    from orchestration.lib.run import tell_audit

    home, reporter = _home(), _reporter()
    with reporter.phase("audit", "judging raw and marts"):
        report = run_audit(home, accept_fewer_rows=accept_fewer_rows, progress=reporter)
        tell_audit(reporter, report)
    click.echo(f"Checks: {report.json_path}")
    click.echo(f"As pages: {report.data_docs_path}")
    report.raise_for_failure()


@cli.command()
def publish() -> None:
    """Put the audited marts in the place of the published file, in one step. 发布审核通过的指标表。

    Exit code 4 when the last audit did not pass or is of another build.

    \b
    Example:  ttkpi publish
    """
    from orchestration.lib.publish import publish as run_publish
    from orchestration.lib.run import tell_publish

    home, reporter = _home(), _reporter()
    with reporter.phase("publish", "copying the marts"):
        report = run_publish(home, progress=reporter)
        tell_publish(reporter, report)
    click.echo(f"Published {len(report.tables)} tables to {report.path}")
    for audience, tables in report.audiences.items():
        click.echo(f"  for {audience}: {len(tables)} tables, {sum(tables.values()):,} rows")


@cli.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--history", is_flag=True, help="Check also the former publications that are kept.")
def verify(file: Path | None, history: bool) -> None:
    """Check that published files, manifests and the audit log are as they were written. 校验已发布文件与审计日志。

    Without FILE: what is published here, for everybody and for audiences, and the audit log. With FILE: only that
    one, wherever it lies; its manifest.json has to lie beside it. Exit code 1 if anything was changed or is missing.

    \b
    Examples:  ttkpi verify
               ttkpi verify /mnt/share/marts.duckdb
    """
    from orchestration.lib.verify import verify_file, verify_home

    if file is not None and history:
        raise click.UsageError("--history is for the home; a FILE has none.")
    home = _home()
    verdicts = [verify_file(home, file)] if file is not None else verify_home(home, history=history)
    for verdict in verdicts:
        for problem in verdict.problems:
            click.secho(f"CHANGED  {problem}", fg="red", err=True)
        if not verdict.problems:
            note = "" if verdict.is_sealed else "; the seal was not checked: this home has no key"
            click.echo(f"ok       {verdict.subject}: {verdict.about}{note}")
    wrong = sum(bool(verdict.problems) for verdict in verdicts)
    if wrong:
        click.echo(
            f"{wrong} of {len(verdicts)} are not as they were written. To publish anew: ttkpi publish; "
            "to return to the publication before: ttkpi rollback.",
            err=True,
        )
        raise SystemExit(1)


@cli.command()
def rollback() -> None:
    """Return to the publication before the current one, in one step. 回滚到上一次发布。

    What is published now is kept too. The next run publishes anew, so correct what was wrong before it.

    \b
    Example:  ttkpi rollback
    """
    from orchestration.lib.history import rollback as run_rollback

    manifest = run_rollback(_home())
    tables = manifest.get("tables") or {}
    click.echo(
        f"Published is again {manifest.get('publication_id')} of {manifest.get('published_at')}: "
        f"{len(tables)} tables, {sum(tables.values()):,} rows."
    )
    click.echo("The next `ttkpi run` publishes anew.")


@cli.command("as-of", epilog=EXIT_CODES)
@click.argument("instant", type=Instant())
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file.  [default: as_of/INSTANT.duckdb in TTKPI_HOME]",
)
def as_of(instant: datetime, out: Path | None) -> None:
    """Rebuild from the archive what was known at an INSTANT. 还原某一时刻已知的数据。

    A day (its beginning, UTC) or an instant with a zone. Everything is built anew from the pages that came before it,
    into a file like the published one, and compared with what was published then; the home's own tables stay as they
    are. Definitions and seeds are those of now. Exit code 1 when values differ from those that were published.

    \b
    Examples:  ttkpi as-of 2026-10-15
               ttkpi as-of 2026-10-15T06:30:00Z --out october.duckdb
    """
    from orchestration.lib.as_of import as_of as rebuild
    from orchestration.lib.run import FAILED

    home, reporter = _home(), _reporter()
    report = rebuild(home, instant, out=out, reporter=reporter)
    click.echo(f"Rebuilt from {_counted(report.pages, 'page')}: {report.path}")
    if report.publication is None:
        click.echo(
            f"Nothing was published before {instant.isoformat()} that is in the store; nothing to compare."
        )
        return
    if not report.differences:
        click.echo(f"Equal to publication {report.publication}: all {report.values:,} values.")
        return
    for one in report.differences[:_SHOWN]:
        click.echo(
            f"{one.shop_key}  {one.kpi_date}  {one.kpi_name}: "
            f"published {_figure(one.published)}, rebuilt {_figure(one.rebuilt)}"
        )
    if len(report.differences) > _SHOWN:
        click.echo(f"... and {len(report.differences) - _SHOWN:,} more")
    click.echo(
        f"{len(report.differences):,} of {report.values:,} values are not as publication {report.publication} had "
        "them: a definition or seed was changed since, or pages came between the publication and the instant.",
        err=True,
    )
    raise SystemExit(FAILED)


def _figure(value: Decimal | None) -> str:
    return "nothing" if value is None else f"{value:,}"


@cli.command()
@click.argument("month", type=Month())
@click.option("--again", is_flag=True, help="Freeze a frozen month as it is now; the former freeze is kept.")
@click.option(
    "--provisional", is_flag=True, help="Freeze it although refunds may still come, or a part is missing."
)
def freeze(month: date, again: bool, provisional: bool) -> None:
    """Freeze the team scorecards of a month as they are published. 冻结某月团队考核。

    They do not move any more; what they would be now stands beside them (restated_*), from the next build on.

    \b
    Example:  ttkpi freeze 2026-10
    """
    from orchestration.lib.freeze import freeze as run_freeze

    home = _home()
    report = run_freeze(home, month, again=again, provisional=provisional)
    for card in report.cards:
        unknown = f"  unknown: {', '.join(card.unknown)}" if card.unknown else ""
        score = "-" if card.score is None else f"{card.score:.1f}"
        click.echo(f"{card.role:<12} {score:>6}  {card.person}{unknown}")
    click.echo(f"{report.rows} rows frozen in {report.path}")
    click.echo(f"Signature: {report.signature}")


@cli.group(cls=Commands)
def export() -> None:
    """Hand published numbers to other programs. 将已发布的数据交给其他系统（如 ERP）。

    \b
    Example:  ttkpi export restock --format csv --for mabang --out restock.csv
    """


@export.command("restock", epilog=EXIT_CODES)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "http"]),
    default="csv",
    show_default=True,
    help="A file, or posted to destination.restock.url.",
)
@click.option(
    "--for",
    "erp",
    default="plain",
    show_default=True,
    metavar="ERP",
    help="Columns of mabang (马帮), dianxiaomi (店小秘) or easyship, by seed erp_columns; plain: all fields.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: standard output]"
)
@click.option("--shop", "shops", multiple=True, metavar="ID", help="Only this shop; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would be posted, and send and note nothing.")
def export_restock(form: str, erp: str, out: Path | None, shops: Sequence[str], dry_run: bool) -> None:
    """What to order: SKUs at or below their reorder point. 补货建议：低于补货点的 SKU 与建议采购量。

    From the published file, so audited. Goods that are on order already are not known to TikTok: take them off.
    http posts to destination.restock.url (secret: destination.restock.token) what was not accepted there before.

    \b
    Examples:  ttkpi export restock --format csv --for dianxiaomi --out restock.csv
               ttkpi export restock --format http --dry-run
    """
    from home.storage import replace_file
    from orchestration.lib.restock import PLAIN, as_csv, as_json, columns_of, suggestions
    from orchestration.lib.restock_http import load_receiver, new_to, post

    if form == "http" and out is not None:
        raise click.UsageError("--out names a file; --format http has none.")
    if dry_run and form != "http":
        raise click.UsageError("--dry-run is for --format http; a file does nothing by itself.")
    home, reporter = _home(), _reporter()
    columns = PLAIN if erp == "plain" else columns_of(erp, datetime.now(UTC).date())
    lines = suggestions(home, shops)
    if not columns.is_verified:
        click.echo(
            f"Note 提示: nobody has compared the columns of {erp} (seed erp_columns) with its import yet;"
            " check them before you import. 列映射未经核实，导入前请核对。",
            err=True,
        )
    if form == "http":
        receiver = load_receiver()
        if dry_run:
            wanted = new_to(home, receiver, lines)
            click.echo(as_json(wanted, columns).decode(), nl=False)
            click.echo(
                f"{len(wanted)} suggestions would be posted, {len(lines) - len(wanted)} were accepted before. "
                "Nothing is sent.",
                err=True,
            )
            return
        with reporter.phase("export", "posting what to order"):
            report = post(home, receiver, lines, columns, notify=reporter.warning)
        click.echo(
            f"{report.posted} suggestions posted in {report.requests} requests, {report.known} were accepted before."
        )
        return
    content = as_csv(lines, columns) if form == "csv" else as_json(lines, columns)
    if out is None:
        click.echo(content, nl=False)
        return
    replace_file(out, content)
    click.echo(f"{len(lines)} suggestions in {out}")


@cli.group(cls=Commands)
def alerts() -> None:
    """What to act on: list it, or send what is new to chats. 告警：查看，或推送到飞书、钉钉、企业微信、Slack。

    \b
    Examples:  ttkpi alerts list
               ttkpi alerts send --dry-run
    """


@alerts.command("list")
@click.option("--all", "closed", is_flag=True, help="Also those that are over.")
def alerts_list(closed: bool) -> None:
    """Open alerts of the published file, and runs that failed in the last three days. 查看未关闭的告警。

    The worst first. Exit code 0 whether there are any or not.

    \b
    Example:  ttkpi alerts list
    """
    from orchestration.lib.webhooks.notices import find

    found = find(_home(), datetime.now(UTC), closed=closed)
    if not found.is_published:
        click.echo("No kpi_alerts is published yet: `ttkpi run` makes it.", err=True)
    for notice in found.notices:
        over = "" if notice.is_open else " (over 已关闭)"
        click.echo(f"{notice.as_text()}{over}\n")
    click.echo(f"{_counted(len(found.notices), 'alert')}.")


@alerts.command("send", epilog=EXIT_CODES)
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send and note nothing.")
@click.option("--webhook", "names", multiple=True, metavar="NAME", help="Only this webhook; may be repeated.")
def alerts_send(dry_run: bool, names: Sequence[str]) -> None:
    """Tell each webhook the open alerts that it was not told yet. 把新告警推送到 webhook。

    Webhooks are configured as alerts.webhooks.NAME: kind (feishu, dingtalk, wecom, slack, plain), url, secret,
    min_severity, owners. What was told is noted in webhooks.json of TTKPI_HOME; after a kill an alert may come twice,
    but never not at all. Exit code 3 when a webhook failed and others did not.

    \b
    Examples:  ttkpi alerts send --dry-run
               ttkpi alerts send --webhook team
    """
    from home.errors import ConfigError
    from orchestration.lib.run import SOME_SHOPS_FAILED
    from orchestration.lib.webhooks.config import require_webhooks
    from orchestration.lib.webhooks.deliver import deliver, preview

    home, reporter = _home(), _reporter()
    hooks = require_webhooks()
    if unknown := sorted(set(names) - {hook.name for hook in hooks}):
        raise ConfigError(
            f"There is no webhook {', '.join(unknown)}.",
            advice=f"Configured are {', '.join(hook.name for hook in hooks)}.",
        )
    hooks = tuple(hook for hook in hooks if not names or hook.name in names)
    if dry_run:
        for plan in preview(home, hooks):
            new = sum(len(notices) for notices, _ in plan.messages)
            click.echo(
                f"{plan.webhook.title}: {_counted(new, 'new alert')} in {_counted(len(plan.messages), 'message')}, "
                f"{plan.was_told} told before and still open. Nothing is sent.\n"
            )
            for _, text in plan.messages:
                click.echo(f"{text}\n")
        return
    with reporter.phase("alerts", f"telling {_counted(len(hooks), 'webhook')}"):
        outcomes = deliver(home, hooks, notify=reporter.warning)
    for outcome in outcomes:
        sent = f"{_counted(outcome.told, 'alert')} in {_counted(outcome.messages, 'message')}"
        click.echo(f"{outcome.webhook.title}: {sent}.")
        if outcome.problem is not None:
            click.secho(f"Error: {outcome.problem.message}", fg="red", err=True)
            click.echo(
                f"Still to be told: {_counted(outcome.waiting, 'alert')}. {outcome.problem.advice}", err=True
            )
    failed = [outcome for outcome in outcomes if outcome.problem is not None]
    if failed:
        raise SystemExit(1 if len(failed) == len(outcomes) else SOME_SHOPS_FAILED)


@cli.command(epilog=EXIT_CODES)
@click.option("--gaps", is_flag=True, required=True, help="Read what `ops_coverage` calls missing.")
@click.option(
    "--closing-within",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Only what the platform forgets within so many days.",
)
@click.option("--dry-run", is_flag=True, help="Show the gaps, and read nothing.")
def backfill(gaps: bool, closing_within: int | None, dry_run: bool) -> None:
    """Read again the days that were missed, before the platform forgets them. 补读缺失的日期。

    Which days those are says `ops_coverage` of the published file. What is read is in the marts after the next
    `ttkpi run`.

    \b
    Examples:  ttkpi backfill --gaps --dry-run
               ttkpi backfill --gaps --closing-within 7
    """
    from orchestration.lib.backfill import backfill as read_gaps
    from orchestration.lib.backfill import find_gaps, troubles
    from orchestration.lib.demo import refuse_demo_home
    from orchestration.lib.run import FAILED, SOME_SHOPS_FAILED, tell_sync

    home, reporter = _home(), _reporter()
    found = find_gaps(home, closing_within=closing_within)
    for gap in found:
        left = "no limit known" if gap.days_left is None else f"{_counted(gap.days_left, 'day')} left"
        click.echo(f"{gap.shop_name} ({gap.shop_key})  {gap.resource}  {gap.first} to {gap.last}  {left}")
    click.echo(f"{_counted(len(found), 'gap')}.")
    if dry_run or not found:
        return
    refuse_demo_home(home)
    with reporter.phase("sync", f"reading {_counted(len(found), 'gap')}"):
        reports = read_gaps(home, found, progress=reporter)
        for report in reports:
            tell_sync(reporter, report)
    if troubles(reports):
        raise SystemExit(
            SOME_SHOPS_FAILED if any(s.status == "ok" for r in reports for s in r.shops) else FAILED
        )
    click.echo("Next: ttkpi run")


@cli.command()
@click.option("--since", type=Day(), help="Only pages that came from this day on (00:00 UTC).")
def replay(since: date | None) -> None:
    """Make raw again from the archive, without network. 从归档重建原始数据（无需联网）。

    For when the rows' shape has changed or raw was lost. Build afterwards.

    \b
    Examples:  ttkpi replay && ttkpi build
               ttkpi replay --since 2026-10-01
    """
    from ingestion.replay import replay as run_replay

    home, reporter = _home(), _reporter()
    with reporter.phase("replay", "reading the archive"):
        report = run_replay(home, since=since, progress=reporter)
        rows = sum(report.rows.values())
        reporter.message(f"{rows:,} rows from {report.pages:,} pages in {report.seconds:.0f} s")
    click.echo("Raw is made anew. Next: ttkpi build")


@cli.command()
def compact() -> None:
    """Merge raw's small files, so that their number stays bounded. 合并原始数据小文件。

    A sync does it by itself when there are many.

    \b
    Example:  ttkpi compact
    """
    from ingestion.engine.compact import compact as run_compact

    home, reporter = _home(), _reporter()
    with reporter.phase("compact", "merging files"):
        report = run_compact(home)
    click.echo(f"{report.tables} tables: {report.files_before} files before, {report.files_after} now.")


@cli.command()
def status() -> None:
    """How things stand: authorisations, lag of shops and ads accounts, the last audit, what is published. 运行状态。

    Exit code 3 when a resource failed at its last attempt, 4 when the last audit failed.

    \b
    Example:  ttkpi status
    """
    from orchestration.lib.status import status as read_status
    from orchestration.lib.status_report import show_status

    home = _home()
    found = read_status(home)
    show_status(home, found)
    if found.audit is not None and not found.audit.get("passed"):
        raise SystemExit(4)
    raise SystemExit(3 if found.failing else 0)


@cli.command()
def docs() -> None:
    """Write the KPI glossary and all models' docs as one HTML file. 生成指标词典（单个 HTML 文件）。

    Opens without a server and without network.

    \b
    Example:  ttkpi docs
    """
    from orchestration.lib.docs_site import docs as write_docs

    home, reporter = _home(), _reporter()
    with reporter.phase("docs", "describing the models"):
        path = write_docs(home, progress=reporter)
    click.echo(str(path))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the return value is the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(args=given, prog_name="ttkpi", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. Nothing is lost: the same command continues.", err=True)
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the one place where every error becomes a message)
        return _explain(error, debug="--debug" in given or _debug())
    return result if isinstance(result, int) else 0


def _explain(error: Exception, *, debug: bool) -> int:
    """Print an error for a person, and choose the exit code."""
    import traceback

    from home.errors import TtkpiError
    from orchestration.lib.run import FAILED, exit_code

    if debug:
        traceback.print_exception(error)
    if isinstance(error, TtkpiError):
        click.secho(f"Error: {error.message}", fg="red", err=True)
        if error.advice:
            click.echo(error.advice, err=True)
        return exit_code(error)
    logging.getLogger(__name__).error("unexpected error", exc_info=error)
    click.secho(f"Unexpected error: {type(error).__name__}: {error}", fg="red", err=True)
    if not debug:
        click.echo("Run the command again with --debug to see where: ttkpi --debug ...", err=True)
    return FAILED


def _counted(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def _debug() -> bool:
    import os

    return os.environ.get("TTKPI_DEBUG", "").lower() in ("1", "true", "yes", "on")


def _home() -> Home:
    """The home, with libraries' warnings going to a log file in it instead of the terminal."""
    from home.audit_log import set_origin
    from home.layout import Home

    home = Home.from_env()
    set_origin("cli")
    _log_to(home.root / "logs")
    return home


def _log_to(folder: Path) -> None:
    from logging.handlers import RotatingFileHandler

    root = logging.getLogger()
    for old in [one for one in root.handlers if one.name == _LOG_HANDLER]:
        root.removeHandler(old)
        with suppress(OSError):  # what it still held does not fit on its disk
            old.close()
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / _LOG_FILE, maxBytes=2_000_000, backupCount=2, encoding="utf-8")
        # A disk that is full is told by the command itself, without a traceback for each line of the log.
        handler.handleError = lambda record: None  # type: ignore[method-assign]
    except OSError:
        # A home that can't be written is told by the command itself; its warnings then go to the terminal.
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    handler.name = _LOG_HANDLER
    root.addHandler(handler)


def _reporter() -> Reporter:
    from orchestration.lib.progress import Reporter

    return Reporter()


def _sync_code(report: SyncReport) -> int:
    from orchestration.lib.run import PUBLISHED, SOME_SHOPS_FAILED

    return SOME_SHOPS_FAILED if report.failed else PUBLISHED


if __name__ == "__main__":
    sys.exit(main())
