"""The demo: a sandbox on this machine, five shops, everything from the first request to the published file.

The first run reads the whole history; every further run moves the sandbox's clock on by a day and reads what is new.
The sandbox's world, its clock and what the demo was started with are in `sandbox/` of the home.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from home.config import (
    ADS_SECTION,
    FX_SECTION,
    SHOP_SECTION,
    environment_name,
    load_ads_config,
    load_shop_config,
)
from home.demo_home import demo_folder
from home.errors import ConfigError, TtkpiError
from home.layout import Home
from home.project import project_var
from home.records import read_record, write_record
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.token_file import TokenFile
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.build.docs_site import docs
from orchestration.history.publications import published_manifest
from orchestration.progress import Reporter
from orchestration.run import RunReport, run_all
from sandbox.ads.auth import APP_ID, SECRET
from sandbox.server.options import SandboxOptions
from sandbox.server.serve import DEFAULT_PORT, SandboxProcess, ServerFailed

if TYPE_CHECKING:
    from sandbox.world.store import Store

DAY_SECONDS = 86_400
TRUTHS = (
    "kpi_shop_daily",
    "kpi_product_daily",
    "settlement_daily",
    "creator_daily",
    "stock_daily",
    "fulfilment_daily",
)
"""Tables of the world's own figures that the demo compares."""


class DemoFailed(TtkpiError):
    """The sandbox did not come up or does not answer."""


@dataclass(frozen=True, slots=True)
class World:
    """What the sandbox's world is made from; the same values always make the same world.

    Attributes:
        orders: Number of orders over all shops.
        days: Days of history before the clock's start.
        seed: Of the random numbers.
    """

    orders: int = 20_000
    days: int = 120
    seed: int = 7


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demo run did.

    Attributes:
        world: What the world is made from.
        until: The world's clock: the data reach to here.
        first: It was the first run of this home; otherwise a day was added.
        run: Sync, build, audit, publication.
        requests: Requests that this run made.
        first_requests: Requests of the first run, with those of its attempts that failed.
        truth: The world's own figures at that time, by table.
        docs: The KPI glossary.
    """

    world: World
    until: datetime
    first: bool
    run: RunReport
    requests: int
    first_requests: int
    truth: Mapping[str, list[dict[str, Any]]]
    docs: Path


def demo(
    home: Home,
    *,
    orders: int | None = None,
    days: int | None = None,
    seed: int | None = None,
    port: int | None = None,
    reporter: Reporter,
) -> DemoResult:
    """Run the demo.

    Args:
        home: A home of its own; it is made if needed.
        orders: Orders of the world. What is not given is as in the first run, or the default.
        days: Days of history.
        seed: Of the random numbers.
        port: Of the sandbox; by default 8777, or a free one if that is taken.
        reporter: Shows the progress.

    Raises:
        ConfigError: The home holds real shops, or a world made from other values.
        DemoFailed: The sandbox did not come up.
        TtkpiError: Any failure of the run.
    """
    record = _settings(home, orders=orders, days=days, seed=seed)
    world = World(**record["world"])
    with home.lock("demo"):
        # Written first: whatever happens next, the home is a demo's.
        write_record(demo_folder(home) / "demo.json", record)
        directory = demo_folder(home) / "world"
        make_world(directory, world, reporter)
        with _sandbox(directory, port, reporter) as base_url, environment(sandbox_settings(base_url)):
            first = published_manifest(home) is None
            _authorise(home, base_url, reporter)
            until = _clock(base_url, advance=not first, reporter=reporter)
            try:
                # The end is exclusive and times are whole seconds: what happens at this moment belongs to it.
                run = run_all(home, until=until + timedelta(seconds=1), reporter=reporter)
            finally:
                requests = _requests(base_url)
                if first:
                    record["first_requests"] = record.get("first_requests", 0) + requests
                    write_record(demo_folder(home) / "demo.json", record)
            with reporter.phase("truth", "asking the sandbox for its own figures"):
                truth = {name: _truth(base_url, name) for name in TRUTHS}
        with reporter.phase("docs", "writing the KPI glossary"):
            glossary = docs(home, progress=reporter)
    return DemoResult(world, until, first, run, requests, record.get("first_requests", 0), truth, glossary)


@contextmanager
def running_sandbox(home: Home, reporter: Reporter) -> Iterator[datetime]:
    """The sandbox of a demo's home, for as long as the block lasts; what is started in it is configured for it.

    Yields:
        The end of what there is to read: the world's clock.

    Raises:
        ConfigError: The home is no demo's.
        DemoFailed: The sandbox did not come up.
    """
    directory = demo_folder(home) / "world"
    if not directory.is_dir():
        raise ConfigError(f"{home.root} holds no demo.", advice="Run `ttkpi demo` first.")
    with _sandbox(directory, None, reporter) as base_url, environment(sandbox_settings(base_url)):
        yield _clock(base_url, advance=False, reporter=reporter) + timedelta(seconds=1)


CLOCK_START = int(datetime(2026, 11, 8, tzinfo=UTC).timestamp())
"""The world's clock at the first run: behind the changes of clocks in Britain and the United States."""


def make_world(directory: Path, world: World, reporter: Reporter, *, where: str = "") -> Store:
    """Generate a world; one that is there is opened.

    Args:
        directory: Where the world is kept.
        world: What it is made from.
        reporter: Shows the progress.
        where: Ends the line about it; by default nothing.
    """
    # Generating worlds is needed for nothing else, so it is imported here.
    from sandbox.world.generator import generate

    with reporter.phase("world", f"{world.orders:,} orders of {world.days} days, seed {world.seed}{where}"):
        return generate(
            directory,
            orders=world.orders,
            days=world.days,
            seed=world.seed,
            clock=CLOCK_START,
            progress=lambda done, total: reporter.count(done, total, "orders"),
        )


def _settings(home: Home, *, orders: int | None, days: int | None, seed: int | None) -> dict[str, Any]:
    """What the demo of this home is made from: as recorded, or as given.

    Raises:
        ConfigError: The home holds real shops, or was made from other values.
    """
    record = read_record(demo_folder(home) / "demo.json")
    given = {
        key: value for key, value in (("orders", orders), ("days", days), ("seed", seed)) if value is not None
    }
    if record is None:
        if TokenFile(home.tokens_file).read().grants or AdsTokenStore(home.ads_tokens_file).read().grants:
            raise ConfigError(
                f"{home.root} holds the tokens of real shops or ads accounts; the demo would mix its own with them.",
                advice="Point TTKPI_HOME to another folder: TTKPI_HOME=/tmp/ttkpi-demo ttkpi demo",
            )
        return {"world": asdict(World(**given))}
    for key, value in given.items():
        if record["world"][key] != value:
            raise ConfigError(
                f"The demo in {home.root} was made with --{key} {record['world'][key]}, not {value}.",
                advice=f"Leave the option out to go on with it, or delete {home.root} to begin anew.",
            )
    return record


@contextmanager
def _sandbox(directory: Path, port: int | None, reporter: Reporter) -> Iterator[str]:
    """The sandbox in a process of its own; it ends with this one."""
    try:
        server = _start(directory, port, reporter)
    except ServerFailed as error:
        raise DemoFailed(str(error), advice="Choose another port: ttkpi demo --port 8778") from error
    try:
        reporter.message(f"sandbox at {server.base_url}")
        yield server.base_url
    finally:
        server.stop()


def _start(directory: Path, port: int | None, reporter: Reporter) -> SandboxProcess:
    if port is not None:
        return SandboxProcess(directory, port=port, remember=True).start()
    try:
        return SandboxProcess(directory, port=DEFAULT_PORT, remember=True).start()
    except ServerFailed:
        reporter.message(f"port {DEFAULT_PORT} is taken, using a free one")
        return SandboxProcess(directory, port=0, remember=True).start()


def sandbox_settings(base_url: str) -> dict[str, str]:
    """What points shops, ads accounts and exchange rates to a sandbox, by the names of the environment.

    Args:
        base_url: Where the sandbox listens.
    """
    options = SandboxOptions()
    return {
        environment_name(SHOP_SECTION, "base_url"): base_url,
        environment_name(SHOP_SECTION, "auth_url"): base_url,
        environment_name(SHOP_SECTION, "app_key"): options.app_key,
        environment_name(SHOP_SECTION, "app_secret"): options.app_secret,
        # The real platform is asked once a second per shop and endpoint; the sandbox needs no such care.
        environment_name(SHOP_SECTION, "requests_per_second"): "0",
        environment_name(FX_SECTION, "base_url"): f"{base_url}/fx/v1",
        environment_name(ADS_SECTION, "base_url"): base_url,
        environment_name(ADS_SECTION, "app_id"): APP_ID,
        environment_name(ADS_SECTION, "secret"): SECRET,
        environment_name(ADS_SECTION, "requests_per_second"): "0",
    } | {
        # No proxy reaches this machine's own server.
        name: ",".join(filter(None, [os.environ.get(name, ""), "127.0.0.1"]))
        for name in ("NO_PROXY", "no_proxy")
    }


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    """These variables of the environment, for as long as the block lasts."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _authorise(home: Home, base_url: str, reporter: Reporter) -> None:
    """As a seller would: authorise the app once, exchange the code for tokens.

    Raises:
        DemoFailed: The world behind the home's tokens is gone.
    """
    config = load_shop_config()
    _authorise_ads(home, base_url, reporter)
    tokens = TokenStore(home.tokens_file, AuthHost(config), notify=reporter.message)
    if tokens.grants():
        if not _call("GET", f"{base_url}/_sandbox/grants"):
            raise DemoFailed(
                f"The sandbox does not know the authorisation in {home.root}: its world was made anew, as this version "
                "makes another one.",
                advice=f"Delete {home.root} and run the demo again.",
            )
        return
    code = str(_call("POST", f"{base_url}/_sandbox/auth_code", {})["auth_code"])
    grant = tokens.exchange(code)
    reporter.message(f"authorised by {grant.seller_name}")


def _authorise_ads(home: Home, base_url: str, reporter: Reporter) -> None:
    """As the user of the ads accounts would. A demo of an earlier version gets its ads accounts now."""
    tokens = AdsTokenStore(home.ads_tokens_file)
    if tokens.read().grants:
        return
    code = str(_call("POST", f"{base_url}/_sandbox/ads_auth_code", {})["auth_code"])
    grant = tokens.exchange(code, AdsAuthHost(load_ads_config(), notify=reporter.message))
    reporter.message(f"authorised for {len(grant.advertiser_ids)} ads accounts")


def _clock(base_url: str, *, advance: bool, reporter: Reporter) -> datetime:
    """The world's clock, moved on by a day if asked for and if the world has one more day."""
    clock = _call("GET", f"{base_url}/_sandbox/clock")
    if advance:
        if int(clock["now"]) + DAY_SECONDS <= int(clock["horizon"]):
            clock = _call("POST", f"{base_url}/_sandbox/clock", {"advance_seconds": DAY_SECONDS})
        else:
            reporter.message("the world has no further day: reading what may have changed")
    return datetime.fromtimestamp(int(clock["now"]), UTC)


def _requests(base_url: str) -> int:
    """Requests that the sandbox has answered since it was started."""
    return int(_call("GET", f"{base_url}/_sandbox/requests")["requests"])


def _truth(base_url: str, table: str) -> list[dict[str, Any]]:
    counted_in = httpx.QueryParams(
        currency=project_var("reporting_currency"), time_zone=project_var("reporting_timezone")
    )
    rows = _call("GET", f"{base_url}/_sandbox/truth/{table}?{counted_in}")
    if not isinstance(rows, list):
        raise DemoFailed(f"The sandbox gave no table {table}.")
    return rows


def _call(method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
    try:
        # trust_env: a proxy can't reach this machine's own server.
        answer = httpx.request(method, url, json=body, timeout=300, trust_env=False)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise DemoFailed(
            f"The sandbox did not answer {method} {url}: {error}", advice="Run `ttkpi demo` again."
        ) from error
