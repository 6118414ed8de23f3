"""The page as a picture: Chromium draws it, where it is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from home.errors import ConfigError, TtkpiError
from home.storage import replace_file

BROWSER_VARIABLE = "TTKPI_BROWSER"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_WIDTH = 1280
_MOST_HEIGHT = 8000
_TIMEOUT_SECONDS = 60
_MEASURE = (
    "<script>document.documentElement.dataset.height=document.documentElement.scrollHeight</script></body>"
)
_HEIGHT = re.compile(r'data-height="(\d+)"')


class NoPicture(TtkpiError):
    """The browser is there but drew nothing."""


def browser() -> str | None:
    """The browser that draws: that of `TTKPI_BROWSER`, or a Chromium on the PATH; None when there is none."""
    named = os.environ.get(BROWSER_VARIABLE, "").strip()
    found = [path for name in ([named] if named else _NAMES) if (path := shutil.which(name))]
    return found[0] if found else None


def draw(page: str, path: Path) -> Path:
    """Draw a page as a PNG file.

    Args:
        page: The HTML.
        path: The picture.

    Raises:
        ConfigError: There is no browser; says how to get one.
        NoPicture: The browser failed.
        StorageError: The picture can't be written.
    """
    replace_file(path, drawn(page))
    return path


def drawn(page: str) -> bytes:
    """A page as PNG.

    Args:
        page: The HTML.

    Raises:
        ConfigError: There is no browser; says how to get one.
        NoPicture: The browser failed.
    """
    program = browser()
    if program is None:
        raise ConfigError(
            "There is no browser that could draw the picture.",
            advice=f"Install Chromium and Chinese fonts (Debian: `apt install chromium fonts-noto-cjk`), or set "
            f"{BROWSER_VARIABLE} to a Chrome or Edge. The HTML page needs no browser to be made: leave --picture out.",
        )
    with tempfile.TemporaryDirectory(prefix="ttkpi-picture-") as folder:
        place = Path(folder)
        # Without the policy of the page, which lets no script run: this copy measures itself and is thrown away.
        measured = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        (place / "measure.html").write_text(measured.replace("</body>", _MEASURE), encoding="utf-8")
        (place / "page.html").write_text(page, encoding="utf-8")
        answer = _run(program, place, "--dump-dom", f"--window-size={_WIDTH},800", "measure.html")
        height = _HEIGHT.search(answer)
        size = f"--window-size={_WIDTH},{min(int(height[1]) if height else 1600, _MOST_HEIGHT)}"
        _run(program, place, f"--screenshot={place / 'page.png'}", "--hide-scrollbars", size, "page.html")
        if not (place / "page.png").is_file():
            raise NoPicture(f"{program} drew no picture.", advice="Run it by hand to see why.")
        return (place / "page.png").read_bytes()


def _run(program: str, place: Path, *words: str) -> str:
    *options, page = words
    command = [
        program,
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--disable-extensions",
        "--disable-background-networking",
        f"--user-data-dir={place / 'profile'}",
        *options,
        (place / page).as_uri(),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium's sandbox refuses to work for root, as in containers; the page is our own, and has no script.
        command.insert(1, "--no-sandbox")
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False, cwd=place
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPicture(
            f"{program} can't draw: {type(error).__name__}.", advice="Run it by hand to see why."
        ) from error
    if answer.returncode:
        raise NoPicture(
            f"{program} ended with {answer.returncode}: {answer.stderr.strip().splitlines()[-1:]}",
            advice="Run it by hand to see why.",
        )
    return answer.stdout
