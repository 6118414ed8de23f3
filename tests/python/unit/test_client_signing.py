"""The signature: the documented example, and an independent implementation as referee."""

from __future__ import annotations

import random
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
from client_helpers import CIPHER, CONFIG, NOW, SECRET, SHOP, ok, world
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktok_shop_api.signing import Signer

from ingestion.tiktok_shop.endpoints import AUTHORIZED_SHOPS
from ingestion.tiktok_shop.finance import STATEMENTS
from ingestion.tiktok_shop.orders import SEARCH_ORDERS
from ingestion.tiktok_shop.signing import sign
from sandbox.server.refusal import Refusal
from sandbox.server.signing import check_signature

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.text(st.sampled_from("abcdefxyz_ABZ019"), min_size=1, max_size=8)
PAIRS = st.lists(st.tuples(KEYS | st.sampled_from(["sign", "access_token", "ids"]), TEXT), max_size=8)


@settings(deadline=None)  # machines are slow at times
@given(secret=TEXT, path=TEXT, pairs=st.dictionaries(KEYS, TEXT, max_size=6), body=TEXT, other=TEXT)
def test_the_server_accepts_the_signature_and_no_other_request_with_it(
    secret: str, path: str, pairs: dict[str, str], body: str, other: str
) -> None:
    """Guards a signature that does not depend on all that is signed."""
    given_pairs = [*pairs.items(), ("sign", sign(secret, path, pairs.items(), body.encode()))]
    if "sign" in pairs:
        return  # the server reads the first one
    check_signature(secret, path, given_pairs, body.encode(), "application/json")
    for changed in (
        (secret + "x", path, given_pairs, body.encode()),
        (secret, path + "x", given_pairs, body.encode()),
        (secret, path, [("zzz", other), *given_pairs], body.encode()),
        (secret, path, given_pairs, body.encode() + b" "),
    ):
        with pytest.raises(Refusal, match="Invalid signature"):
            check_signature(*changed, "application/json")


def test_the_documented_example() -> None:
    assert (
        sign(
            "e59af819cc",
            "/authorization/202309/shops",
            [("timestamp", "1623812664"), ("app_key", "29a39d")],
        )
        == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"
    )


@settings(deadline=None)  # machines are slow at times
@given(secret=TEXT, path=TEXT, pairs=PAIRS, body=TEXT)
def test_agrees_with_the_referee(secret: str, path: str, pairs: list[tuple[str, str]], body: str) -> None:
    """Repeated keys, unsigned keys, any script, any body."""
    expected = Signer.sign(
        path=path, query=pairs, content_type="application/json", body=body.encode(), app_secret=secret
    )
    assert sign(secret, path, pairs, body.encode()) == expected


@settings(deadline=None)  # machines are slow at times
@given(pairs=st.dictionaries(KEYS, TEXT, max_size=8), seed=st.integers())
def test_the_order_of_parameters_does_not_matter(pairs: dict[str, str], seed: int) -> None:
    shuffled = list(pairs.items())
    random.Random(seed).shuffle(shuffled)
    assert sign("s", "/p", shuffled) == sign("s", "/p", pairs.items())


@settings(deadline=None)  # machines are slow at times
@given(pairs=PAIRS, body=st.binary(max_size=30))
def test_a_multipart_body_is_not_signed(pairs: list[tuple[str, str]], body: bytes) -> None:
    expected = Signer.sign(
        path="/p", query=pairs, content_type="multipart/form-data; boundary=x", body=body, app_secret="s"
    )
    assert sign("s", "/p", pairs, body, multipart=True) == expected


def test_the_value_of_a_repeated_key_counts_in_its_order() -> None:
    assert sign("s", "/p", [("ids", "1"), ("ids", "2")]) != sign("s", "/p", [("ids", "2"), ("ids", "1")])
    assert sign("s", "/p", [("ids", "1"), ("ids", "2")]) != sign("s", "/p", [("ids", "1,2")])


def check_as_the_server_would(request: httpx.Request) -> dict[str, str]:
    """What a server decodes must give the signature it was sent."""
    pairs = parse_qsl(request.url.query.decode(), keep_blank_values=True, strict_parsing=True)
    query = dict(pairs)
    expected = Signer.sign(
        path=request.url.path,
        query=pairs,
        content_type=request.headers["content-type"],
        body=request.content,
        app_secret=SECRET,
    )
    assert query["sign"] == expected
    return query


def test_what_is_sent_is_what_was_signed(tmp_path: Path) -> None:
    made = world(tmp_path, [ok()])
    query = {"page_token": "a+b/c==&x=1 %41é中", "ids": "1,2", "empty": ""}
    made.client.get(SEARCH_ORDERS, SHOP, query=query, body={"update_time_ge": 1, "名": "é"})
    (request,) = made.requests
    sent = check_as_the_server_would(request)
    assert sent | query == sent
    assert sent["shop_cipher"] == CIPHER
    assert sent["timestamp"] == str(NOW)
    assert request.content == '{"update_time_ge":1,"名":"é"}'.encode()
    assert request.headers["x-tts-access-token"] == "planted-access-0"
    assert "access_token" not in sent


def test_the_cipher_goes_only_where_it_is_wanted(tmp_path: Path) -> None:
    made = world(tmp_path, [ok({"shops": []})])
    made.client.get(AUTHORIZED_SHOPS, None)
    made.client.get(STATEMENTS, SHOP)
    assert "shop_cipher" not in check_as_the_server_would(made.requests[0])
    assert check_as_the_server_would(made.requests[1])["shop_cipher"] == CIPHER
    assert made.requests[1].method == "GET"
    assert made.requests[1].content == b""


def test_a_search_without_filters_sends_an_empty_object(tmp_path: Path) -> None:
    made = world(tmp_path, [ok()])
    made.client.get(SEARCH_ORDERS, SHOP)
    assert made.requests[0].content == b"{}"
    check_as_the_server_would(made.requests[0])


def test_every_try_is_signed_anew(tmp_path: Path) -> None:
    made = world(tmp_path, [httpx.ReadTimeout("slow"), ok()])
    made.client._now = iter([1.0, 2.0, 3.0]).__next__
    made.client.get(SEARCH_ORDERS, SHOP)
    stamps = [check_as_the_server_would(request)["timestamp"] for request in made.requests]
    assert stamps == ["1", "2"]


def test_the_secret_is_not_shown_by_the_configuration() -> None:
    assert SECRET not in repr(CONFIG)
    assert CIPHER not in repr(SHOP)
