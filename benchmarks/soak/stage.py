"""The stage of the soak test: a small world, a server on each of two days, and homes that were synced in calm."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx

from benchmarks.soak.client import OK, work
from benchmarks.soak.content import StagingSql, Tables, different
from home.config import AdsApiConfig, ShopApiConfig
from home.layout import Home
from ingestion.tiktok_ads.tokens import AdsAuthHost, AdsTokenStore
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.demo.demo import sandbox_settings
from sandbox.server.plans import Calm
from sandbox.server.serve import SandboxProcess
from sandbox.world.generator import generate

CLOCK = int(datetime(2026, 11, 8, tzinfo=UTC).timestamp())
DAY = 86_400
ORDERS, DAYS = 100, 10
SHOP, ADS_ACCOUNT = "7495000000000000505", "7400000000000000001"
LARGEST_PAGE = 8
"""Records a page: so the lists of a small shop have several."""
PATIENCE_SECONDS = 1_800.0

Chapter = Literal["first sync", "next day"]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["benchmarks.soak.client"])


@dataclass(frozen=True)
class Ended:
    """How a sync ended.

    Attributes:
        code: Exit code; below 0 when the process was killed.
        errors: What it said.
        writes: Files it changed.
    """

    code: int
    errors: list[str]
    writes: int

    @property
    def complete(self) -> bool:
        """Whether it says that it has everything."""
        return self.code == OK


@dataclass
class Scene:
    """One server, on one day.

    Attributes:
        chapter: What is synced there.
        server: The server.
        until: Its day, unix seconds: end of all windows.
        before: The home that a sync begins with; None for an empty one.
        after: The home without faults, once it is made.
        staging: What it holds.
        calm: What the sync without faults asked for.
    """

    chapter: Chapter
    server: SandboxProcess
    until: int
    before: Home | None
    after: Home
    staging: Tables
    calm: Calm

    def admin(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Asks the sandbox for something that a real platform would not do."""
        answer = httpx.request(
            method, f"{self.server.base_url}/_sandbox/{path}", json=body, trust_env=False, timeout=60
        )
        answer.raise_for_status()
        return answer.json()

    def environment(self, home: Home) -> dict[str, str]:
        """What points a client to the server."""
        shop, ads = "SOURCES__TIKTOK_SHOP__", "SOURCES__TIKTOK_ADS__"
        return sandbox_settings(self.server.base_url) | {
            "TTKPI_HOME": str(home.root),
            f"{shop}SHOP_WORKERS": "1",
            f"{shop}PAGE_WORKERS": "2",
            f"{shop}TIMEOUT_SECONDS": "4",
            f"{shop}HISTORY_DAYS": str(DAYS),
            f"{ads}TIMEOUT_SECONDS": "4",
            f"{ads}HISTORY_DAYS": "3",
            f"{ads}LOOKBACK_DAYS": "2",
        }

    def new_home(self, root: Path) -> Home:
        """A home as a sync begins with it, authorised by this server."""
        if self.before is not None:
            shutil.copytree(self.before.root, root)
        home = Home(root)
        for tokens in (home.tokens_file, home.ads_tokens_file):
            tokens.unlink(missing_ok=True)
        home.prepare()
        url = self.server.base_url
        code = self.admin("auth_code", {"shops": [SHOP]})["auth_code"]
        config = ShopApiConfig(url, url, "sandbox-app", "sandbox-secret")
        TokenStore(home.tokens_file, AuthHost(config)).exchange(code)
        code = self.admin("ads_auth_code", {"advertisers": [ADS_ACCOUNT]})["auth_code"]
        ads = AdsApiConfig(url, "sandbox-ads-app", "sandbox-ads-secret")
        AdsTokenStore(home.ads_tokens_file).exchange(code, AdsAuthHost(ads))
        return home

    def sync(
        self,
        home: Home,
        *,
        die_at_write: int | None = None,
        kill_when: Callable[[], bool] | None = None,
        whole: bool = False,
    ) -> Ended:
        """A sync in a process of its own.

        Args:
            home: The home.
            die_at_write: The process is killed when it changes its so many-th file.
            kill_when: The process is killed as soon as this is so.
            whole: A whole run instead: build, audit and publication, too.
        """
        report = home.root.with_suffix(".json")
        report.unlink(missing_ok=True)
        process = _context.Process(
            target=work,
            args=(self.environment(home), str(home.root), self.until, die_at_write, str(report), whole),
        )
        process.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.is_alive():
            if kill_when is not None and kill_when():
                process.kill()
            if time.monotonic() > deadline:
                process.kill()
                raise TimeoutError(f"the sync of {home.root} did not end in {PATIENCE_SECONDS:.0f} s")
            process.join(0.02 if kill_when is not None else 1.0)
        said = (
            json.loads(report.read_text(encoding="utf-8")) if report.exists() else {"errors": [], "writes": 0}
        )
        return Ended(process.exitcode or 0, said["errors"], said["writes"])


@dataclass
class Stage:
    """The scenes and how homes are compared.

    Attributes:
        scenes: A first sync, and the sync of the next day, on servers of their own for every job.
        sql: Reads homes.
        folder: Where the homes are.
    """

    scenes: list[dict[Chapter, Scene]]
    sql: StagingSql
    folder: Path


@contextmanager
def stage(
    folder: Path,
    say: Callable[[str], None],
    *,
    jobs: int = 1,
    before_compiling: Callable[[Home], object] = lambda home: None,
) -> Iterator[Stage]:
    """Makes a world, its servers and the homes without faults.

    Args:
        folder: Where; must not be used by anything else.
        say: Is told what takes time.
        jobs: Schedules that will be played at the same time.
        before_compiling: Is given the home in which dbt compiles, which may have read the project for it already.

    Raises:
        AssertionError: Two calm syncs differ: then nothing could be told from a difference.
    """
    say(f"a world of {ORDERS} orders in {DAYS} days; one shop and one ads account are synced")
    world = folder / "world"
    generate(world, orders=ORDERS, days=DAYS, seed=7, clock=CLOCK, horizon_days=2)
    with ExitStack() as running:
        first = _calm(folder, "first sync", _server(running, world, 0), CLOCK, None)
        second = _calm(folder, "next day", _server(running, world, DAY), CLOCK + DAY, first.after)
        say("dbt compiles the staging models")
        before_compiling(first.after)
        sql = StagingSql.compiled(first.after)
        for scene in (first, second):
            scene.staging = sql.read(scene.after)
            again = scene.new_home(folder / f"{scene.chapter} again")
            key_of(scene, again)
            if not scene.sync(again).complete:
                raise AssertionError(f"a calm {scene.chapter} is not complete")
            if differences := different(sql.read(again), scene.staging):
                raise AssertionError(f"two calm syncs differ: {'; '.join(differences)}")
            shutil.rmtree(again.root)
        scenes: list[dict[Chapter, Scene]] = [{first.chapter: first, second.chapter: second}]
        for _ in range(jobs - 1):
            others = (
                replace(first, server=_server(running, world, 0)),
                replace(second, server=_server(running, world, DAY)),
            )
            scenes.append({one.chapter: one for one in others})
        yield Stage(scenes, sql, folder)


def _server(running: ExitStack, world: Path, advance: int) -> SandboxProcess:
    server = running.enter_context(SandboxProcess(world, largest_page=LARGEST_PAGE))
    answer = httpx.post(
        f"{server.base_url}/_sandbox/clock", json={"advance_seconds": advance}, trust_env=False, timeout=60
    )
    answer.raise_for_status()
    return server


def key_of(scene: Scene, home: Home) -> None:
    """Gives a home the key of the calm one, so that buyers have the same hashes."""
    shutil.copy(scene.after.root / "privacy.key", home.root)


def _calm(folder: Path, chapter: Chapter, server: SandboxProcess, until: int, before: Home | None) -> Scene:
    scene = Scene(chapter, server, until, before, Home(folder / chapter), {}, Calm({}, 0))
    scene.after = scene.new_home(scene.after.root)
    scene.admin("requests", method="DELETE")
    ended = scene.sync(scene.after)
    if not ended.complete:
        raise AssertionError(f"the {chapter} without faults failed: {'; '.join(ended.errors)}")
    asked = scene.admin("requests", method="GET")["endpoints"]
    scene.calm = Calm({name: count["requests"] for name, count in asked.items()}, ended.writes)
    return scene


__all__ = ["Chapter", "Ended", "Scene", "Stage", "key_of", "stage"]
