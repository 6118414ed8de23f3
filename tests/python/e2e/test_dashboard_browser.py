"""The pages in a real browser: what a person clicks, a publication that replaces the file, two people logged in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from conftest import CLOCK
from oidc_provider import CLIENT, provider
from templates import copy_of

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: make test installs it")

from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as Tab

from dashboards.pages import PAGES
from dashboards.parts.viewer import EVERYTHING, MEMBERS_FILE
from dashboards.pictures import NO_BROWSER, browser, free_port, path_of, serving, wait_drawn
from home.errors import ConfigError
from home.layout import AUDIT_LOG, Home
from sandbox.exports.export import write_file
from sandbox.world.store import Store

KEPT = ("published", "seal.key", "seal.fingerprint", "audit_log.jsonl", "audit_log.head.json")
THAILAND, UNITED_STATES = "Aurora Thailand", "Aurora US"
EXPECTED = ("/_stcore/health", "/_stcore/host-config", "Failed to load resource")
"""A deep link asks for them below itself first; Streamlit then finds them."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    try:
        with browser() as started:
            yield started
    except ConfigError:
        pytest.skip(NO_BROWSER)


def with_pages(published_home: Home, root: Path) -> Home:
    root.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        source = published_home.root / name
        if source.is_dir():
            shutil.copytree(source, root / name)
        elif source.is_file():
            shutil.copy(source, root / name)
    return Home(root)


@dataclass
class Watched:
    """A tab, and what went wrong in it."""

    tab: Tab
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


def watched(context: BrowserContext) -> Watched:
    found = Watched(context.new_page())
    found.tab.on("pageerror", lambda error: found.errors.append(str(error)))
    found.tab.on(
        "console",
        lambda message: (
            found.errors.append(message.text)
            if message.type == "error" and not any(known in message.text for known in EXPECTED)
            else None
        ),
    )
    found.tab.on(
        "request",
        lambda request: found.hosts.add(re.sub(r"^(?:blob:)?\w+:(?://)?([^/:]*).*", r"\1", request.url)),
    )
    return found


def opened(tab: Tab, address: str, slug: str, language: str = "EN") -> None:
    tab.goto(f"{address}{path_of(slug)}?lang={language}")
    wait_drawn(tab)


def heading(tab: Tab) -> str:
    return tab.locator(".k .bar .name").first.inner_text()


def test_a_person_walks_through_the_pages(chromium: Browser, published_home: Home, tmp_path: Path) -> None:
    """Each page from the navigation, a number opened down to its orders, both exports, the language, a phone."""
    home = with_pages(published_home, tmp_path / "home")
    with serving(home) as address:
        context = chromium.new_context(
            viewport={"width": 1280, "height": 900}, locale="en-US", accept_downloads=True
        )
        seen = watched(context)
        tab = seen.tab
        opened(tab, address, "today")
        assert heading(tab) == "Today"

        # A number opens: definition, publication, and the orders behind.
        tab.locator(".tile button.n").first.click()
        dialog = tab.get_by_role("dialog")
        expect(dialog).to_contain_text("Rows behind it", timeout=30_000)
        expect(dialog).to_contain_text("GMV")
        for form in ("CSV", "Excel"):
            with tab.expect_download() as download:
                dialog.get_by_role("link", name=form).first.click()
            assert download.value.path().stat().st_size > 100
        assert download.value.suggested_filename.startswith("today_orders_")
        dialog.get_by_role("button", name="Close").click()

        # Every page from the navigation.
        for entry in PAGES:
            opened(tab, address, entry.slug)
            assert heading(tab), entry.slug
            assert "could not be drawn" not in tab.inner_text("body"), entry.slug
        tab.get_by_role("link", name="Creators").click()
        expect(tab.locator(".k .bar .name").first).to_have_text("Creators", timeout=30_000)

        # The language stays from page to page.
        tab.get_by_text("中文", exact=True).click()
        expect(tab.locator(".k .bar .name").first).to_have_text("达人", timeout=30_000)
        tab.get_by_role("link", name="直播复盘").click()
        expect(tab.locator(".k .bar .name").first).to_have_text("直播复盘", timeout=30_000)
        assert "lang=" in tab.url

        # On a phone nothing scrolls sideways.
        tab.set_viewport_size({"width": 390, "height": 844})
        for entry in PAGES:
            opened(tab, address, entry.slug, "中文")
            wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, entry.slug
        context.close()
    assert not seen.errors, seen.errors
    assert seen.hosts <= {"127.0.0.1", ""}, f"a page asked {seen.hosts}"
    log = (home.root / AUDIT_LOG).read_text(encoding="utf-8")
    assert log.count('"event":"page_exported"') == 2
    assert '"subject":"today_orders"' in log and '"viewer":"local"' in log


def test_an_open_page_keeps_its_publication_until_it_is_asked_for_the_next(
    chromium: Browser, published_home: Home, tmp_path: Path
) -> None:
    home = with_pages(published_home, tmp_path / "home")
    with serving(home) as address:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        tab = context.new_page()
        opened(tab, address, "today")
        before = tab.locator(".k .bar").first.inner_text()
        fresh = tmp_path / "fresh.duckdb"
        shutil.copy(home.published, fresh)
        with duckdb.connect(str(fresh)) as connection:
            connection.execute("update marts.ops_publication set publication_id = '20990101T000000-newnewid'")
        fresh.replace(home.published)
        assert tab.locator(".k .bar").first.inner_text() == before
        tab.locator(".tile button.n").first.click()
        expect(tab.get_by_role("dialog")).to_contain_text("Rows behind it", timeout=30_000)
        tab.reload()
        wait_drawn(tab)
        assert "newnewid" in tab.locator(".k .bar").first.inner_text()
        context.close()


@pytest.mark.parametrize(
    ("language", "hand_in", "words", "shop"),
    [
        ("EN", "Hand in", "it looks like a file of another shop than", "Aurora UK"),
        ("中文", "提交", "未导入任何内容", "英国 Aurora UK"),
    ],
)
def test_a_thai_file_for_the_uk_shop_is_refused(
    chromium: Browser,
    published_home: Home,
    world_dir: Path,
    tmp_path: Path,
    language: str,
    hand_in: str,
    words: str,
    shop: str,
) -> None:
    """Guards Thai sales that count as the UK shop's because somebody chose the wrong line of a list."""
    home = copy_of(published_home, tmp_path / "home", without=("dbt",))
    loaded = {*home.raw.glob("seller_center/orders/*.parquet")}
    # Plain amounts, an English header: nothing in the file names a market, a currency or a shop.
    world = Store.open(world_dir)
    (thai,) = [one for one in world.shops() if one.region == "TH"]
    file = write_file(tmp_path / "downloads", world, thai, "order_us", clock=int(CLOCK.timestamp())).path
    with serving(home) as address:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        tab = context.new_page()
        opened(tab, address, "connections", language)
        tab.locator(".st-key-hand_in summary").click()
        wait_drawn(tab)
        # By the keyboard: a line of the list that is clicked may be drawn anew under the pointer.
        box = tab.locator(".st-key-hand_in_shop input")
        box.focus()
        box.press_sequentially("Aurora UK")
        box.press("Enter")
        expect(box).to_have_value(shop)
        tab.locator(".st-key-hand_in_files_chosen input[type=file]").set_input_files(file)
        remove = tab.get_by_role("button", name=f"Remove {file.name}")
        expect(remove).to_be_attached()
        # It had the words of the button that chooses files.
        assert remove.evaluate("one => getComputedStyle(one, '::after').content") == "none"
        tab.locator(".st-key-hand_in_files_go button").click()
        expect(tab.get_by_text(words).first).to_be_visible(timeout=120_000)
        said = tab.inner_text("body")
        assert file.name in said and "--trust-shop" in said
        assert "7495000000000000404 (Aurora UK, GB)" in said and THAILAND in said
        context.close()
    assert {*home.raw.glob("seller_center/orders/*.parquet")} == loaded
    log = (home.root / AUDIT_LOG).read_text(encoding="utf-8")
    assert log.count('"event":"page_handed_in"') == 1


def thai_file(home: Home) -> None:
    """The file of audience `thai`: one shop."""
    folder = home.published.parent / "audiences" / "thai"
    folder.mkdir(parents=True)
    shutil.copy(home.published, folder / home.published.name)
    with duckdb.connect() as connection:
        # Opened by its own name, catalog and schema would both be `marts`.
        connection.execute(f"attach '{folder / home.published.name}' as file")
        connection.execute("use file")
        ((key,),) = connection.execute("select shop_key from marts.dim_shops where region = 'TH'").fetchall()
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'file' and schema_name = 'marts' and table_name in "
            "(select table_name from duckdb_columns() where database_name = 'file' and column_name = 'shop_key')"
        ).fetchall():
            connection.execute(f"delete from marts.{name} where shop_key <> ?", [key])


def logged_in(chromium: Browser, address: str, issuer: str, who: str) -> BrowserContext:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.add_cookies([{"name": "who", "value": who, "url": issuer}])
    tab = context.new_page()
    tab.goto(address)
    tab.get_by_role("button", name="Log in").click()
    tab.wait_for_url(f"{address}/**", timeout=30_000)
    expect(tab.get_by_text("Log out").or_(tab.get_by_text("is not admitted")).first).to_be_visible(
        timeout=30_000
    )
    return context


def test_two_people_see_their_own_shops_and_nobody_elses(
    chromium: Browser, published_home: Home, tmp_path: Path
) -> None:
    """Ann the whole file, Bob one shop, Eve nothing; each other's downloads open nothing; a refusal counts at once."""
    home = copy_of(published_home, tmp_path / "home", without=("warehouse.duckdb", "dbt"))
    thai_file(home)
    members = tmp_path / "members.csv"
    rows = f"address,audience,is_admitted\nann@x.test,{EVERYTHING},true\n"
    members.write_text(rows + "bob@x.test,thai,true\nunverified@x.test,everything,true\n", encoding="utf-8")
    port = free_port()
    login = tmp_path / "login.toml"
    with provider(free_port()) as issuer:
        login.write_text(
            "[auth]\n"
            f'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            f'cookie_secret = "{"s" * 40}"\n'
            f'client_id = "{CLIENT}"\n'
            'client_secret = "secret"\n'
            f'server_metadata_url = "{issuer}/.well-known/openid-configuration"\n',
            encoding="utf-8",
        )
        with serving(
            home, "--login", str(login), port=port, environment={MEMBERS_FILE: str(members)}
        ) as address:
            ann = logged_in(chromium, address, issuer, "ann@x.test")
            bob = logged_in(chromium, address, issuer, "bob@x.test")
            eve = logged_in(chromium, address, issuer, "eve@x.test")
            fake = logged_in(chromium, address, issuer, "unverified@x.test")
            for context in (ann, bob):
                wait_drawn(context.pages[0])
            anns, bobs = (context.pages[0].inner_text("body") for context in (ann, bob))
            assert THAILAND in anns and UNITED_STATES in anns
            assert THAILAND in bobs and UNITED_STATES not in bobs
            for context in (eve, fake):
                text = context.pages[0].inner_text("body")
                assert "is not admitted" in text
                assert THAILAND not in text and "GMV" not in text

            # Every page of Bob: no other shop anywhere in what the browser got, and nothing to hand in.
            for entry in PAGES:
                opened(bob.pages[0], address, entry.slug)
                assert UNITED_STATES not in bob.pages[0].content(), entry.slug
            assert heading(bob.pages[0]) == "Connections"
            assert bob.pages[0].get_by_text("Hand in").count() == 0
            assert bob.pages[0].locator("input[type=file], input[type=password]").count() == 0

            # Ann's download is Ann's.
            link = ann.pages[0].locator("a.dl").first.get_attribute("href")
            assert link is not None and link.startswith("/export/")
            assert ann.request.get(f"{address}{link}").status == 200
            for context in (bob, eve, chromium.new_context()):
                assert context.request.get(f"{address}{link}").status == 404
            # Bob's of the same table, drawn after Ann's from the same process, has his shop only, and is his.
            opened(bob.pages[0], address, "today")
            his = bob.pages[0].locator("a.dl").first.get_attribute("href")
            assert his is not None and his != link
            assert ann.request.get(f"{address}{his}").status == 404
            assert UNITED_STATES in ann.request.get(f"{address}{link}").text()
            got = bob.request.get(f"{address}{his}").text()
            assert THAILAND in got and UNITED_STATES not in got

            assert chromium.new_context().request.get(f"{address}/media/anything.csv").status == 404

            # Who is taken out of the seed sees nothing at the next click.
            members.write_text(rows + "bob@x.test,thai,false\n", encoding="utf-8")
            bob.pages[0].goto(address)
            expect(bob.pages[0].get_by_text("is not admitted").first).to_be_visible(timeout=30_000)
            assert THAILAND not in bob.pages[0].inner_text("body")
            for context in (ann, bob, eve, fake):
                context.close()
    log = (home.root / AUDIT_LOG).read_text(encoding="utf-8")
    assert '"event":"page_refused"' in log and "eve@x.test" in log
    assert '"viewer":"bob@x.test","audience":"thai"' in log
