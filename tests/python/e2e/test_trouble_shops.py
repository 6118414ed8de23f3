"""What goes wrong with one shop stays there: the others are published, and the run says whom to ask for what."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import CLOCK, admin, authorise, query, raw, run, sync

from home.config import load_shop_config
from home.layout import Home
from ingestion.engine.progress import Progress as Silent
from ingestion.sync import SyncReport
from ingestion.tiktok_shop.auth import AuthHost
from ingestion.tiktok_shop.tokens import TokenStore
from orchestration.cli import main
from sandbox.server.serve import SandboxServer

TH, VN, MY, GB, US = (f"749500000000000{n}" for n in ("0101", "0202", "0303", "0404", "0505"))
RETURNS_SCOPE = "seller.return_refund.basic"
QUICK = {"resources": ["warehouses", "payments"]}


def logged(home: Home, shop: str) -> dict[str, tuple[Any, ...]]:
    """The newest row of `sync_log` by resource: status, state of the authorisation, message."""
    rows = raw(
        home,
        "sync_log",
        "select resource, status, authorisation_state, error_message, error_code from (select *, row_number() over "
        "(partition by resource order by finished_at desc, run_id desc) as recency from rows "
        f"where shop_key = '{shop}') where recency = 1",
    )
    return {resource: tuple(rest) for resource, *rest in rows}


def outcome(report: SyncReport, shop: str) -> tuple[str, str]:
    """Status and errors of a shop."""
    (result,) = (one for one in report.shops if one.shop_key == shop)
    return result.status, " ".join(result.errors)


def test_a_run_with_four_shops_in_trouble(
    published_copy: Home, sandbox: SandboxServer, impatient: None, capsys: pytest.CaptureFixture[str]
) -> None:
    home = published_copy
    before = query(
        home.published, "select * from marts.kpi_shop_daily where shop_key <> ? order by all", [GB]
    )
    # Two sellers, of whom one withdraws the app after a sync.
    home.tokens_file.unlink()
    authorise(sandbox, home, shops=[VN, MY, GB, US])
    second = authorise(sandbox, home, shops=[TH], seller_name="Borealis")
    sync(home, **QUICK)
    admin(sandbox, "revoke", {"open_id": second})
    admin(sandbox, "scopes", {"remove": [RETURNS_SCOPE], "shop": VN})
    admin(sandbox, "shops", {"shop": MY, "active": False})
    admin(sandbox, "faults", [{"effect": "gateway_html", "shop": US, "path": "/returns/search"}])
    admin(sandbox, "expire_access_tokens", {})
    report = run(home, resources=["orders", "returns", "payments"])
    assert report.exit_code == 3
    assert report.sync is not None
    told = {shop.shop_key: (shop.status, " ".join(shop.errors)) for shop in report.sync.shops}
    assert {key: status for key, (status, _) in told.items()} == {
        TH: "failed", VN: "partial", MY: "failed", GB: "ok", US: "partial",
    }  # fmt: skip
    assert "ttkpi auth exchange CODE" in told[TH][1]
    assert RETURNS_SCOPE in told[VN][1]
    assert "search_returns" in told[VN][1]
    assert "deactivated" in told[MY][1] or "reactivates" in told[MY][1]
    assert "Aurora US" in told[US][1]
    status = {
        (shop, resource): tuple(rest)
        for shop, resource, *rest in query(
            home.published,
            "select shop_key, resource, last_status, authorisation_state, error_message is not null, "
            "last_success_at is not null from marts.ops_sync_status",
        )
    }
    # What the first run brought stays, with the time up to which it is good.
    assert status[TH, "orders"] == ("failed", "revoked", True, True)
    assert status[VN, "returns"] == ("skipped", "scope_missing", True, True)
    assert status[VN, "orders"] == ("ok", "ok", False, True)
    assert status[MY, "payments"] == ("failed", "deactivated", True, True)
    assert status[GB, "returns"] == ("ok", "ok", False, True)
    assert status[US, "returns"] == ("failed", "ok", True, True)
    assert (
        query(home.published, "select * from marts.kpi_shop_daily where shop_key <> ? order by all", [GB])
        == before
    )
    capsys.readouterr()
    assert main(["status"]) == 3
    said = " ".join(capsys.readouterr().out.split())
    for part in ("Aurora Thailand", "revoked", "deactivated", "scope"):
        assert part in said


def test_expired_access_tokens_are_renewed_and_kept(configured: Home, sandbox: SandboxServer) -> None:
    tokens = TokenStore(configured.tokens_file, AuthHost(load_shop_config()))
    (before,) = tokens.grants()
    admin(sandbox, "expire_access_tokens", {})
    report = sync(configured, **QUICK)
    assert not report.failed, [shop.errors for shop in report.shops]
    (after,) = tokens.grants()
    assert after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token
    assert configured.tokens_file.stat().st_mode & 0o777 == 0o600
    assert logged(configured, GB)["warehouses"][:2] == ("ok", "ok")


@pytest.mark.parametrize(("switch", "state"), [("revoke", "revoked"), ("expire_authorization", "expired")])
def test_an_authorisation_that_ends_while_a_shop_is_read(
    configured: Home, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch, switch: str, state: str
) -> None:
    class Ends(Silent):
        def page(self, shop_key: str, resource: str, rows: int) -> None:
            if resource == "warehouses":
                admin(sandbox, switch, {})

    report = sync(configured, shops=[GB, US], resources=["warehouses", "orders", "payments"], progress=Ends())
    assert outcome(report, GB)[0] == "partial"
    assert outcome(report, US)[0] == "failed"
    rows = logged(configured, GB)
    assert rows["warehouses"][:2] == ("ok", "ok")
    assert rows["orders"][:2] == rows["payments"][:2] == ("failed", state)
    assert "ttkpi auth exchange CODE" in rows["orders"][2]
    # The seller authorises the app again, and the sync goes on where it was.
    authorise(sandbox, configured)
    report = sync(configured, shops=[GB, US], resources=["warehouses", "orders", "payments"])
    assert not report.failed, [shop.errors for shop in report.shops]
    assert raw(configured, "orders", "select count(distinct shop_key) from rows") == [(2,)]


def test_all_authorisations_are_gone(
    configured: Home, sandbox: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not sync(configured, **QUICK).failed
    admin(sandbox, "revoke", {})
    capsys.readouterr()
    code = main(["run", "--until", CLOCK.date().isoformat()])
    said = " ".join(capsys.readouterr().err.split())
    assert code == 1
    assert "No shop could be synced" in said
    assert "Aurora UK" in said
    assert "ttkpi auth exchange CODE" in said
    assert "Nothing was built" in said
    assert logged(configured, GB)["orders"][:2] == ("failed", "revoked")


@pytest.mark.parametrize("level", ["shop", "seller"])
def test_a_deactivated_shop_comes_back(configured: Home, sandbox: SandboxServer, level: str) -> None:
    admin(sandbox, "shops", {"shop": MY, "active": False, "level": level})
    report = sync(configured, shops=[MY, GB], **QUICK)
    assert outcome(report, GB) == ("ok", "")
    status, errors = outcome(report, MY)
    assert status == "failed"
    assert "Aurora Malaysia" in errors
    assert "Ask the seller" in errors
    assert logged(configured, MY)["payments"][:2] == ("failed", "deactivated")
    admin(sandbox, "shops", {"shop": MY, "active": True, "level": level})
    assert not sync(configured, shops=[MY, GB], **QUICK).failed
    assert logged(configured, MY)["payments"][:2] == ("ok", "ok")


def test_a_missing_scope_is_named_and_skips_what_needs_it(configured: Home, sandbox: SandboxServer) -> None:
    admin(sandbox, "scopes", {"remove": ["seller.finance.info"], "shop": GB})
    report = sync(configured, shops=[GB])
    status, errors = outcome(report, GB)
    assert status == "partial"
    assert "seller.finance.info" in errors
    assert "Partner Center" in errors
    rows = logged(configured, GB)
    skipped = {resource for resource, (status, *_) in rows.items() if status == "skipped"}
    assert {"statements", "payments", "unsettled_transactions"} <= skipped
    assert {rows[resource][1] for resource in skipped} == {"scope_missing"}
    assert all(rows[resource][0] == "ok" for resource in rows.keys() - skipped)
    admin(sandbox, "scopes", {"add": ["seller.finance.info"], "shop": GB})
    assert not sync(configured, shops=[GB]).failed
    assert logged(configured, GB)["payments"][0] == "ok"
