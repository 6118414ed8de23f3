"""Everything one server holds, and what of it outlives the process."""

from __future__ import annotations

import os
from pathlib import Path

import orjson

from sandbox.ads.auth import AdsAuth
from sandbox.server.auth import Auth, Creator
from sandbox.server.clocks import WallClock, WorldClock
from sandbox.server.counters import Counters
from sandbox.server.faults import Faults, Rule
from sandbox.server.limits import Limits
from sandbox.server.options import SandboxOptions
from sandbox.server.paging import Pager
from sandbox.server.personal import Personal
from sandbox.world.promotion import creators, own_accounts
from sandbox.world.store import Shop, Store


class Sandbox:
    """A world, its clock, its sellers' authorisations, and the trouble that was ordered.

    Args:
        store: The world.
        options: Settings.
        directory: Directory of the world, for its ground truth; None when there is none.
        state_file: Where codes, grants and the world's clock are kept over restarts, as the real platform
            would; None to begin afresh each time. Trouble (faults, deactivated shops, limits) always ends
            with the process.
    """

    def __init__(
        self,
        store: Store,
        options: SandboxOptions,
        *,
        directory: Path | None = None,
        state_file: Path | None = None,
    ) -> None:
        self.store = store
        self.options = options
        self.directory = directory
        self.shops: dict[str, Shop] = {shop.id: shop for shop in store.shops()}
        self.shop_by_cipher = {shop.cipher: shop for shop in self.shops.values()}
        self.wall = WallClock()
        self.clock = WorldClock(store.meta.clock_start, store.meta.horizon_end)
        self.auth = Auth(
            options,
            {shop.id: shop.region for shop in self.shops.values()},
            [
                Creator(account.open_id, account.username, shop.region)
                for shop in self.shops.values()
                for account in (*own_accounts(shop), *creators(shop))
            ],
        )
        self.ads = AdsAuth(reusable=options.auth_code_reusable)
        self.pager = Pager(options.app_secret)
        self.limits = Limits(options.requests_per_second, options.burst)
        self.counters = Counters()
        self.faults = Faults()
        self.personal = Personal()
        self.deactivated: dict[str, int] = {}
        self._state_file = state_file
        if options.advance_seconds:
            rule = {
                "effect": "advance_clock",
                "seconds": options.advance_seconds,
                "every": options.advance_every_pages,
                "path": "/search",
            }
            self.faults.rules.append(Rule.from_json(rule))
        if state_file is not None and state_file.exists():
            state = orjson.loads(state_file.read_bytes())
            self.auth.restore(state["auth"])
            if "ads" in state:
                self.ads.restore(state["ads"])
            self.clock.now = max(self.clock.now, min(int(state["clock"]), self.clock.horizon))

    def remember(self) -> None:
        """Writes what has to outlive the process; called after every change of it."""
        if self._state_file is None:
            return
        content = orjson.dumps(
            {"clock": self.clock.now, "auth": self.auth.to_json(), "ads": self.ads.to_json()}
        )
        fresh = self._state_file.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
            file.write(content)
        fresh.replace(self._state_file)
