"""A sandbox of its own: served as an API, or written as files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from orchestration.cli.base import Command
from orchestration.cli.parameters import Day, F, Instant, with_options
from orchestration.cli.session import open_home, show_progress


def _world_options(command: F) -> F:
    options = [
        click.option(
            "--orders", default=20_000, show_default=True, type=click.IntRange(min=100), help="Orders."
        ),
        click.option(
            "--days", default=120, show_default=True, type=click.IntRange(min=14), help="Days of history."
        ),
        click.option("--seed", default=7, show_default=True, help="Another seed makes another world."),
    ]
    return with_options(command, options)


@click.command(cls=Command)
@_world_options
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
@click.option(
    "--room-ids",
    "room_id_regions",
    default=("US",),
    show_default=True,
    multiple=True,
    type=click.Choice(["US", "GB", "TH", "VN", "MY"]),
    help="Region whose order lines carry the LIVE room; may be repeated.",
)
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
    room_id_regions: tuple[str, ...],
    forget: bool,
) -> None:
    """Serve a TikTok Shop API on this machine, with five shops behind it. 本机沙盒 API。

    Stops with Ctrl+C. The app is sandbox-app / sandbox-secret, the first authorisation code sandbox-code.

    \b
    Example:  ttkpi sandbox --orders 200000 --rate-limit 5
    """
    from home.demo_home import demo_folder
    from orchestration.demo.demo import DemoFailed, World, make_world
    from sandbox.server.serve import STATE_FILE, ServerFailed, serve

    home, reporter = open_home(), show_progress()
    folder = directory or demo_folder(home) / f"world-{orders}-{days}-{seed}"
    make_world(folder, World(orders, days, seed), reporter, where=f", in {folder}")
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
            room_id_regions=room_id_regions,
        )
    except ServerFailed as error:
        raise DemoFailed(str(error), advice="Choose another port: ttkpi sandbox --port 8778") from error
    except KeyboardInterrupt:
        click.echo("Sandbox stopped.")


@click.command("sandbox-exports", cls=Command)
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
@_world_options
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
    from home.demo_home import demo_folder
    from orchestration.demo.demo import World, make_world
    from sandbox.exports.export import write_folder
    from sandbox.world.store import Store, meta_of

    home, reporter = open_home(), show_progress()
    world = directory or demo_folder(home) / f"world-{orders}-{days}-{seed}"
    if directory is not None and meta_of(directory) is not None:
        store = Store.open(directory)
    else:
        store = make_world(world, World(orders, days, seed), reporter, where=f", in {world}")
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
