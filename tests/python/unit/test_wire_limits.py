"""Answers without end, and secrets that others could read: each is refused, with endpoint, shop and what to do."""

from __future__ import annotations

import gzip
import os
import random
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from typing import Any

import httpx
import pytest
from client_helpers import CONFIG, SHOP, ok, world

import ingestion.engine.wire as wire
from home.config import is_this_machine, load_ads_config, load_shop_config
from home.demo_home import refuse_demo_home
from home.errors import ConfigError
from home.layout import Home
from ingestion.engine.answers import ListEnd
from ingestion.engine.errors import EndlessList, UnlimitedAnswer
from ingestion.engine.refusals import CallInfo, answered
from ingestion.tiktok_shop.orders import SEARCH_ORDERS
from ingestion.tiktok_shop.refusals import refusal
from orchestration.deliver.webhooks.config import load_webhooks

SEEDS = int(os.environ.get("TTKPI_SEEDS", "3"))
Speak = Callable[[socket.socket], None]


@contextmanager
def server(speak: Speak) -> Iterator[str]:
    """A server that says what a test wants, once per connection, and nothing that a real one would check."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(OSError):
                        connection.recv(65_536)
                        speak(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def ask(url: str, *, silence: float = 5.0) -> httpx.Response:
    """One call as the clients make it."""
    with wire.http_client(url, timeout_seconds=silence, connections=1) as http:
        call = CallInfo("search_orders", "7001", "Shop One", addresses="sources.tiktok_shop.base_url")
        _, response = answered(
            lambda: http.get(url), call, host=url, refusal=refusal, now=lambda: 1_794_096_000.0
        )
        return response


def say(head: str, *parts: bytes, pause: float = 0.0) -> Speak:
    def speak(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return speak


def test_an_answer_that_comes_byte_by_byte_ends() -> None:
    body = say("Content-Length: 1000", *[b"x"] * 1000, pause=0.05)
    began = time.monotonic()
    with server(body) as url, pytest.raises(UnlimitedAnswer) as caught:
        ask(url, silence=0.2)
    assert time.monotonic() - began < 5
    assert "search_orders of shop Shop One (7001)" in caught.value.message
    assert "not complete after 1 s" in caught.value.message
    assert "proxies" in caught.value.advice


def test_headers_that_come_byte_by_byte_end() -> None:
    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with server(speak) as url, pytest.raises(UnlimitedAnswer, match="not complete after 1 s"):
        ask(url, silence=0.2)
    assert time.monotonic() - began < 5


def test_a_few_kilobytes_that_unpack_to_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_ANSWER_BYTES", 1_000_000)
    packed = gzip.compress(b"0" * 50_000_000)
    head = f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}"
    with server(say(head, packed)) as url, pytest.raises(UnlimitedAnswer, match="larger than 1 MB") as caught:
        ask(url)
    assert "Shop One (7001)" in caught.value.message


@pytest.mark.parametrize("packing", ["gzip, gzip", "br", "zstd"])
def test_a_packing_that_was_not_asked_for(packing: str) -> None:
    body = gzip.compress(gzip.compress(b"{}"))
    head = f"Content-Encoding: {packing}\r\nContent-Length: {len(body)}"
    with server(say(head, body)) as url, pytest.raises(UnlimitedAnswer, match="not asked for"):
        ask(url)


@pytest.mark.parametrize(
    ("packing", "pack"), [("identity", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_normal_answer_comes_as_it_is(packing: str, pack: Callable[[bytes], bytes]) -> None:
    body = b'{"code":0,"message":"","request_id":"r","data":{"orders":[{"id":"1"}]}}'
    packed = pack(body)
    head = f"Content-Encoding: {packing}\r\nContent-Length: {len(packed)}"
    with server(say(head, packed)) as url:
        assert ask(url).content == body


def test_a_silence_is_still_a_silence() -> None:
    """It is tried again: a lost connection is not an answer without end."""

    def speak(connection: socket.socket) -> None:
        time.sleep(1)

    from ingestion.engine.errors import NoConnection

    with server(speak) as url, pytest.raises(NoConnection, match="no answer in time"):
        ask(url, silence=0.2)


class TestPages:
    def read(self, tmp_path: Any, page: Callable[[int], dict[str, Any]]) -> int:
        numbers = count(1)
        made = world(tmp_path, [lambda request: ok(page(next(numbers)))])
        pages = 0
        try:
            for _ in made.client.pages(SEARCH_ORDERS, SHOP):
                pages += 1
                assert pages < 500, "the list is followed for ever"
        finally:
            self.pages = pages
        return pages

    def test_new_tokens_with_empty_pages(self, tmp_path: Any) -> None:
        with pytest.raises(EndlessList) as caught:
            self.read(tmp_path, lambda n: {"orders": [], "next_page_token": f"t{n}"})
        assert self.pages == ListEnd.EMPTY_PAGES
        assert "search_orders of shop" in caught.value.message
        assert "without records" in caught.value.message
        assert caught.value.pages == ListEnd.EMPTY_PAGES

    def test_pages_beyond_the_announced_number(self, tmp_path: Any) -> None:
        """250 records in pages of 100 are 3 pages; twice as many and 20 more may come."""
        size = SEARCH_ORDERS.page_size or 0
        with pytest.raises(EndlessList, match="announced"):
            self.read(
                tmp_path,
                lambda n: {
                    "orders": [{"id": str(n)}],
                    "total_count": int(2.5 * size),
                    "next_page_token": f"t{n}",
                },
            )
        assert self.pages == 2 * 3 + 20 + 1

    def test_a_list_without_a_number_is_followed_to_its_end(self, tmp_path: Any) -> None:
        def page(n: int) -> dict[str, Any]:
            return {"orders": [{"id": str(n)}]} | ({"next_page_token": f"t{n}"} if n < 300 else {})

        assert self.read(tmp_path, page) == 300

    def test_some_empty_pages_are_followed(self, tmp_path: Any) -> None:
        def page(n: int) -> dict[str, Any]:
            orders = [{"id": str(n)}] if n % 10 == 0 else []
            return {"orders": orders} | ({"next_page_token": f"t{n}"} if n < 100 else {})

        assert self.read(tmp_path, page) == 100

    @pytest.mark.parametrize("seed", range(SEEDS))
    def test_any_list_comes_whole_or_ends_with_a_name(self, tmp_path: Any, seed: int) -> None:
        """Lists of any length, with empty pages and announcements of any kind, some of them without an end."""
        chance = random.Random(seed)
        size = SEARCH_ORDERS.page_size or 0
        length = chance.choice([None, chance.randint(1, 150)])
        empty = chance.choice([0.0, 0.3, 0.9, 1.0])
        total = chance.choice([None, 0, chance.randint(1, 20) * size])
        sent: list[str] = []

        def page(n: int) -> dict[str, Any]:
            orders = [] if chance.random() < empty else [{"id": str(n)}]
            sent.extend(order["id"] for order in orders)
            found: dict[str, Any] = {"orders": orders}
            if total is not None:
                found["total_count"] = total
            # Without an announcement an endless list of full pages is a long list.
            last = length if length is not None or total is not None or empty == 1.0 else 200
            return found if n == last else found | {"next_page_token": f"t{n}"}

        numbers = count(1)
        made = world(tmp_path, [lambda request: ok(page(next(numbers)))])
        came: list[str] = []
        try:
            for number, one in enumerate(made.client.pages(SEARCH_ORDERS, SHOP)):
                came += [str(record["id"]) for record in one.data["orders"]]
                assert number < 500, "the list is followed for ever"
        except EndlessList as error:
            assert "search_orders of shop" in error.message
            assert total is not None or empty > 0, "a list of full pages without an announcement is followed"
        else:
            assert length is not None or total is None
        assert came == sent[: len(came)] and len(sent) - len(came) <= 1, "nothing on the way is lost"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_answer_comes_whole_or_ends_in_time(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut into pieces of any size, with pauses of any length, packed or not, sometimes far too large."""
    chance = random.Random(seed)
    monkeypatch.setattr(wire, "MAX_ANSWER_BYTES", 1_000_000)
    body = b'{"code":0,"data":{"text":"' + b"x" * chance.choice([10, 10_000, 5_000_000]) + b'"}}'
    packing, pack = chance.choice([("identity", bytes), ("gzip", gzip.compress)])
    packed = pack(body)
    pieces = chance.randint(1, 12)
    step = len(packed) // pieces + 1
    pause = chance.choice([0.0, 0.02, 0.15])
    head = f"Content-Encoding: {packing}\r\nContent-Length: {len(packed)}"
    parts = [packed[at : at + step] for at in range(0, len(packed), step)]
    began = time.monotonic()
    with server(say(head, *parts, pause=pause)) as url:
        try:
            assert ask(url, silence=0.3).content == body
            assert len(body) <= 1_000_000
        except UnlimitedAnswer as error:
            assert "search_orders of shop Shop One (7001)" in error.message
            assert len(body) > 1_000_000 or pause * len(parts) > 1
    assert time.monotonic() - began < 5


class TestPlainHttp:
    @pytest.mark.parametrize(
        ("url", "here"),
        [
            ("http://127.0.0.1:8000", True),
            ("http://localhost:8000", True),
            ("http://[::1]:8000", True),
            ("http://localhost.evil.example", False),
            ("http://127.0.0.1.evil.example", False),
            ("http://evil.example/?//localhost", False),
            ("http://10.0.0.5", False),
        ],
    )
    def test_which_addresses_are_of_this_machine(self, url: str, here: bool) -> None:
        assert is_this_machine(url) is here

    @pytest.mark.parametrize("url", ["http://localhost.evil.example", "http://api.example"])
    @pytest.mark.parametrize(
        ("variable", "load"),
        [
            ("SOURCES__TIKTOK_SHOP__BASE_URL", load_shop_config),
            ("SOURCES__TIKTOK_SHOP__AUTH_URL", load_shop_config),
            ("SOURCES__TIKTOK_ADS__BASE_URL", load_ads_config),
            ("ALERTS__WEBHOOKS__TEAM__URL", load_webhooks),
        ],
    )
    def test_secrets_are_not_sent_in_the_clear(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, load: Callable[[], object], url: str
    ) -> None:
        for name, value in {
            "SOURCES__TIKTOK_SHOP__APP_KEY": "key",
            "SOURCES__TIKTOK_SHOP__APP_SECRET": "planted-secret",
            "SOURCES__TIKTOK_ADS__APP_ID": "id",
            "SOURCES__TIKTOK_ADS__SECRET": "planted-secret",
            "ALERTS__WEBHOOKS__TEAM__KIND": "plain",
            "ALERTS__WEBHOOKS__TEAM__URL": "https://chat.example/hook",
        }.items():
            monkeypatch.setenv(name, value)
        load()
        monkeypatch.setenv(variable, url)
        with pytest.raises(ConfigError, match="https") as caught:
            load()
        assert variable in str(caught.value)
        monkeypatch.setenv(variable, "http://127.0.0.1:8000")
        load()

    def test_a_demo_home_takes_no_name_for_this_machine(self, tmp_path: Any) -> None:
        (tmp_path / "sandbox").mkdir()
        (tmp_path / "sandbox" / "demo.json").write_text("{}")
        refuse_demo_home(Home(tmp_path), CONFIG.base_url.replace("api.test", "localhost"))
        with pytest.raises(ConfigError, match="demo"):
            refuse_demo_home(Home(tmp_path), "https://localhost.evil.example")
