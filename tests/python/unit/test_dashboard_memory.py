"""What the server of the pages keeps in memory: steps that only write, and loaders, have no place in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.parts.seller_links import seller_links
from home.config import PROJECT_ROOT

HEAVY = {"dlt", "dbt", "dagster", "openpyxl", "altair", "ingestion", "sandbox", "orchestration.build"}
_LOADED = "import sys, dashboards.web.server; from dashboards.pages import PAGES; [one.module() for one in PAGES]; print(*sys.modules)"


def test_the_pages_import_no_step_and_no_loader() -> None:
    """Guards 100 MB in each server: dlt and what reads files came with one function of the publishing step."""
    loaded = subprocess.run(
        [sys.executable, "-c", _LOADED], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "dashboards.pages.connections" in loaded
    assert not HEAVY & {*loaded}


_STARTED = """
import asyncio, gc
from dashboards.web.server import _warm
async def start():
    async with _warm(None):
        print(gc.get_freeze_count(), len(gc.get_objects()))
asyncio.run(start())
"""


def test_what_is_there_at_the_start_is_not_searched_for_garbage_at_each_click(tmp_path: Path) -> None:
    """Guards clicks of several people that wait for each other: a third of a click was a search through all objects."""
    answer = subprocess.run(
        [sys.executable, "-c", _STARTED],
        cwd=PROJECT_ROOT,
        env={**os.environ, "TTKPI_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    frozen, searched = map(int, answer.stdout.split())
    assert frozen > 20_000 > searched


_CONFIGURED = """
[sources.tiktok_shop]
base_url = "{base_url}"
app_key = "k"
service_id = "7 7"
"""


def test_links_for_sellers_are_those_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards links that go with the process that reads the configuration, and links of before an edit of its file."""
    file = tmp_path / ".dlt" / "config.toml"
    file.parent.mkdir()
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    monkeypatch.setenv("SOURCES__TIKTOK_SHOP__APP_SECRET", "s")
    for name in ("BASE_URL", "APP_KEY", "SERVICE_ID"):
        monkeypatch.delenv(f"SOURCES__TIKTOK_SHOP__{name}", raising=False)
    assert seller_links() == {}, "there is no file yet"
    file.write_text(_CONFIGURED.format(base_url="http://127.0.0.1:1"), encoding="utf-8")
    address = "services.tiktokshop.com/open/authorize?service_id=7%207"
    links = {"US": f"https://{address.replace('services.', 'services.us.')}", "": f"https://{address}"}
    assert seller_links() == links
    with monkeypatch.context() as patch:
        patch.setattr("dashboards.parts.seller_links.subprocess.run", None)
        assert seller_links() == links, "nothing has changed: no process is started"
    # What can't be used gives no link, and no error on the page.
    file.write_text(_CONFIGURED.format(base_url="nothing"), encoding="utf-8")
    assert seller_links() == {}
    file.unlink()
