"""Pictures of the pages for the documents: `python -m dashboards.pictures`. The tests in a browser use its parts."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from home.config import PROJECT_ROOT
from home.errors import ConfigError
from home.layout import Home

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

NO_BROWSER = (
    "There is no browser: install Debian's (apt install chromium), "
    "or Playwright's own (playwright install chromium)."
)
WIDTHS = {1280: 900, 390: 844}
"""Width and height of the window: a desk, and a phone."""
LANGUAGES = {"en": "EN", "zh": "中文"}
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_START_SECONDS, _DRAW_MS = 60, 30_000
_DRAWN = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  const charts = [...document.querySelectorAll('[data-testid=stVegaLiteChart]')];
  return app && app.dataset.testScriptState !== 'running' && !document.querySelector('[data-testid=stSkeleton]')
    && !document.querySelector('[data-stale=true]') && charts.every(c => c.querySelector('svg, canvas'));
}"""


@contextmanager
def serving(
    home: Home, *options: str, port: int = 0, environment: dict[str, str] | None = None
) -> Iterator[str]:
    """As `running`; gives the address only."""
    with running(home, *options, port=port, environment=environment) as (address, _):
        yield address


@contextmanager
def running(
    home: Home, *options: str, port: int = 0, environment: dict[str, str] | None = None
) -> Iterator[tuple[str, int]]:
    """The pages of a home in a process of their own; gives their address and the process's id.

    Args:
        home: The home.
        options: More options of `python -m dashboards`.
        port: Of this machine; 0: a free one.
        environment: Variables besides those of this process.

    Raises:
        ConfigError: The pages ended at once, or do not answer.
    """
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboards", "--port", str(port), *options],
        cwd=PROJECT_ROOT,
        env={
            **os.environ,
            "TTKPI_HOME": str(home.root),
            "PYTHONPATH": str(PROJECT_ROOT),
            **(environment or {}),
        },
    )
    try:
        _wait(process, address)
        yield address, process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window.

    Raises:
        ConfigError: There is none on this machine.
    """
    from playwright.sync_api import Error, sync_playwright

    program = next((found for name in _PROGRAMS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except Error as error:
            raise ConfigError("No browser starts on this machine.", advice=NO_BROWSER) from error
        try:
            yield started
        finally:
            started.close()


def wait_drawn(tab: Tab) -> None:
    """Wait until the page and its charts are drawn and nothing runs."""
    tab.wait_for_selector(".k .bar .name, .k .card", timeout=_DRAW_MS)
    for _ in range(2):
        tab.wait_for_function(_DRAWN, timeout=_DRAW_MS)
        tab.wait_for_timeout(150)


def path_of(slug: str) -> str:
    """The address of a page: Streamlit knows the first one as `/` only."""
    from dashboards.pages import PAGES

    return "/" if slug == PAGES[0].slug else f"/{slug}"


def take(
    address: str, folder: Path, slugs: Sequence[str], languages: Sequence[str], widths: Sequence[int]
) -> list[Path]:
    """Take a picture of each page in each language and width.

    Args:
        address: Where the pages are served.
        folder: Where the pictures go, `<page>_<language>_<width>.png`.
        slugs: The pages.
        languages: `en`, `zh`.
        widths: In pixels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with browser() as started:
        for width in widths:
            context = started.new_context(viewport={"width": width, "height": WIDTHS.get(width, 900)})
            tab = context.new_page()
            for language in languages:
                for slug in slugs:
                    tab.goto(f"{address}{path_of(slug)}?lang={LANGUAGES[language]}")
                    wait_drawn(tab)
                    _grow(tab, width)
                    path = folder / f"{slug}_{language}_{width}.png"
                    tab.screenshot(path=path)
                    _shrink(path)
                    taken.append(path)
                    tab.set_viewport_size({"width": width, "height": WIDTHS.get(width, 900)})
            context.close()
    return taken


def _shrink(path: Path) -> None:
    """A third of the size, so that pictures can stay in the repository: pages have few colours."""
    from PIL import Image

    with Image.open(path) as picture:
        # The method that keeps rare colours: a green dot stays green.
        small = picture.convert("RGB").quantize(
            colors=256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    small.save(path, optimize=True)


def _grow(tab: Tab, width: int) -> None:
    """Make the window as high as the page: Streamlit scrolls inside."""
    height: Any = tab.evaluate(
        "() => Math.max(...[...document.querySelectorAll('[data-testid=stMainBlockContainer]')]"
        ".map(e => e.scrollHeight), 400)"
    )
    tab.set_viewport_size({"width": width, "height": int(height) + 10})
    tab.wait_for_timeout(400)


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise ConfigError(f"The pages ended with {process.returncode}.", advice="Their message is above.")
        try:
            with opener.open(f"{address}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ConfigError(
        f"The pages did not answer at {address} within {_START_SECONDS} s.", advice="Try again."
    )


def main() -> int:
    """Take the pictures; the return value is the exit code."""
    from dashboards.pages import PAGES

    parser = argparse.ArgumentParser(prog="python -m dashboards.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs" / "dashboards")
    parser.add_argument("--page", action="append", help="Only this page; may be repeated.")
    parser.add_argument("--language", choices=list(LANGUAGES), action="append")
    parser.add_argument("--width", type=int, action="append")
    parser.add_argument("--address", help="Of pages that are served already.")
    given = parser.parse_args()
    slugs = given.page or [entry.slug for entry in PAGES]
    languages, widths = given.language or list(LANGUAGES), given.width or list(WIDTHS)
    try:
        if given.address:
            taken = take(given.address, given.out, slugs, languages, widths)
        else:
            with serving(Home.from_env()) as address:
                taken = take(address, given.out, slugs, languages, widths)
    except ConfigError as error:
        print(f"{error.message} {error.advice}", file=sys.stderr)  # noqa: T201
        return 2
    print(f"{len(taken)} pictures in {given.out}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
