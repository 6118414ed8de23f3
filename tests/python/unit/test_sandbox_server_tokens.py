"""Authorisations of the sandbox: codes, tokens, rotation, revocation, scopes, and what outlives a restart."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sandbox_fakes import GB, NOW, SCOPE, SHOPS, TH, Caller, orders_world, sandbox

REFRESH = {"grant_type": "refresh_token"}
CODE = {"grant_type": "authorized_code"}


def shops_of(caller: Caller) -> list[str]:
    answer = caller.call("/authorization/202309/shops", cipher=None).json()
    return [shop["id"] for shop in answer["data"]["shops"]]


def test_a_code_works_once_and_expiries_are_absolute() -> None:
    with sandbox(orders_world(1)) as caller:
        assert caller.tokens("get", auth_code="sandbox-code", **CODE)["code"] == 36004004
        assert caller.tokens("get", auth_code="unknown", **CODE)["code"] == 36004004
        fresh = caller.admin("auth_code")
        data = caller.authorise(fresh["auth_code"])
        assert abs(data["access_token_expire_in"] - time.time() - 7 * 86_400) < 10
        assert data["refresh_token_expire_in"] > data["access_token_expire_in"]
        assert data["user_type"] == 0
        assert SCOPE in data["granted_scopes"]
        assert shops_of(caller) == [TH, GB]


def test_minted_codes_run_out_after_half_an_hour() -> None:
    with sandbox(orders_world(1)) as caller:
        code = caller.admin("auth_code")["auth_code"]
        caller.admin("wall_clock", {"offset_seconds": 1_801})
        assert caller.tokens("get", auth_code=code, **CODE)["code"] == 36004004


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"app_key": "another"}, "app_key"),
        ({"app_secret": "wrong"}, "app_secret"),
        ({"grant_type": "refresh_token"}, "grant_type"),
    ],
)
def test_wrong_app(change: dict[str, str], text: str) -> None:
    with sandbox(orders_world(1)) as caller:
        answer = caller.tokens("get", **{"auth_code": "x", **CODE, **change})
        assert answer["code"] == 36009004
        assert text in answer["message"]


def test_access_tokens_expire_and_are_renewed() -> None:
    with sandbox(orders_world(1), access_token_seconds=1) as caller:
        refresh = caller.tokens("get", auth_code=caller.admin("auth_code")["auth_code"], **CODE)["data"]
        caller.token = refresh["access_token"]
        assert caller.orders().status_code == 200
        time.sleep(1.1)
        expired = caller.orders()
        assert (expired.status_code, expired.json()["code"]) == (401, 105002)
        caller.token = caller.tokens("refresh", refresh_token=refresh["refresh_token"], **REFRESH)["data"][
            "access_token"
        ]
        assert caller.orders().status_code == 200


def test_rotation_lets_a_lost_answer_be_repeated() -> None:
    with sandbox(orders_world(1)) as caller:
        first = caller.authorise(caller.admin("auth_code")["auth_code"])["refresh_token"]
        second = caller.tokens("refresh", refresh_token=first, **REFRESH)["data"]["refresh_token"]
        again = caller.tokens("refresh", refresh_token=first, **REFRESH)["data"]["refresh_token"]
        assert len({first, second, again}) == 3
        assert caller.tokens("refresh", refresh_token=again, **REFRESH)["code"] == 0
        assert caller.tokens("refresh", refresh_token=first, **REFRESH)["code"] == 36004005


def test_strict_rotation_ends_a_token_with_its_first_use() -> None:
    with sandbox(orders_world(1), keep_old_refresh_token=False) as caller:
        first = caller.authorise(caller.admin("auth_code")["auth_code"])["refresh_token"]
        assert caller.tokens("refresh", refresh_token=first, **REFRESH)["code"] == 0
        assert caller.tokens("refresh", refresh_token=first, **REFRESH)["code"] == 36004005


def test_ends_of_an_authorisation() -> None:
    with sandbox(orders_world(1)) as caller:
        refresh = caller.authorise(caller.admin("auth_code")["auth_code"])["refresh_token"]
        caller.admin("expire_access_tokens")
        assert caller.orders().json()["code"] == 105002
        caller.token = caller.tokens("refresh", refresh_token=refresh, **REFRESH)["data"]["access_token"]
        caller.admin("expire_authorization")
        assert caller.orders().json()["code"] == 105002
        assert caller.tokens("refresh", refresh_token=refresh, **REFRESH)["code"] == 36004001
        refresh = caller.authorise(caller.admin("auth_code")["auth_code"])["refresh_token"]
        assert caller.orders().status_code == 200
        caller.admin("revoke")
        assert caller.orders().json()["code"] == 105002
        assert caller.tokens("refresh", refresh_token=refresh, **REFRESH)["code"] == 36004005
        caller.authorise(caller.admin("auth_code")["auth_code"])
        assert caller.orders().status_code == 200


def test_scopes_can_be_withheld_for_all_shops_or_one() -> None:
    with sandbox(orders_world(1)) as caller:
        caller.admin("scopes", {"remove": [SCOPE], "shop": GB})
        refused = caller.orders()
        assert (refused.status_code, refused.json()["code"]) == (401, 105005)
        assert SCOPE in refused.json()["message"]
        search = "/order/202309/orders/search"
        assert caller.call(search, {"page_size": "1"}, {}, cipher=SHOPS[0].cipher).status_code == 200
        caller.admin("scopes", {"add": [SCOPE], "shop": GB})
        assert caller.orders().status_code == 200
        caller.admin("scopes", {"remove": [SCOPE]})
        assert caller.call(search, {"page_size": "1"}, {}, cipher=SHOPS[0].cipher).json()["code"] == 105005


def test_several_sellers() -> None:
    with sandbox(orders_world(1)) as caller:
        both = caller.token
        narrow = caller.admin("auth_code", {"shops": [GB], "seller_name": "Northern"})
        data = caller.authorise(narrow["auth_code"])
        assert (data["seller_name"], data["seller_base_region"]) == ("Northern", "GB")
        assert shops_of(caller) == [GB]
        assert caller.orders().status_code == 200
        search = "/order/202309/orders/search"
        foreign = caller.call(search, {"page_size": "1"}, {}, cipher=SHOPS[0].cipher).json()
        assert foreign["code"] == 36009004
        assert "shop_cipher" in foreign["message"]
        caller.admin("revoke", {"open_id": data["open_id"]})
        assert caller.orders().json()["code"] == 105002
        caller.token = both
        assert caller.orders().status_code == 200
        assert [grant["revoked"] for grant in caller.admin("grants", method="GET")] == [False, True]


def test_a_restart_keeps_authorisations_and_the_clock(tmp_path: Path) -> None:
    state, store = tmp_path / "state.json", orders_world(1)
    with sandbox(store, state_file=state) as caller:
        token = caller.token
        caller.admin("clock", {"advance_seconds": 3_600})
        assert state.stat().st_mode & 0o777 == 0o600
    options = {"state_file": state, "auth_code_reusable": True}
    with sandbox(store, **options) as caller:
        caller.token = token
        assert caller.orders().status_code == 200
        assert caller.admin("clock", method="GET")["now"] == NOW + 3_600
