"""Configuration, from dlt's own places: the environment, `.dlt/secrets.toml`, `.dlt/config.toml`, in this
order.

A key `sources.tiktok_shop.base_url` is the environment variable `SOURCES__TIKTOK_SHOP__BASE_URL`, or
`base_url` under `[sources.tiktok_shop]` in `.dlt/config.toml`. Secrets are never looked for in `config.toml`,
as that file is committed.
"""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

from home.errors import ConfigError

T = TypeVar("T")

HOME_VARIABLE = "TTKPI_HOME"
"""The environment variable that names the home."""
PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The checkout: where `.dlt/`, `seeds/` and `dbt_project.yml` are."""

# dlt looks for `.dlt/` in the working directory; so it is found from anywhere, unless another is chosen.
os.environ.setdefault("DLT_PROJECT_DIR", str(PROJECT_ROOT))

SHOP_SECTION = "sources.tiktok_shop"
FX_SECTION = "sources.fx_rates"
ADS_SECTION = "sources.tiktok_ads"
FILES_SECTION = "sources.seller_center"

SILENCE_HOURS = 26.0
"""A day, and two hours in which the daily run may be late."""
REAL_BASE_URL = "https://open-api.tiktokglobalshop.com"
"""One API host for every market."""
REAL_AUTH_URL = "https://auth.tiktok-shops.com"
"""The host that exchanges authorisation codes and refreshes tokens."""
REAL_ADS_URL = "https://business-api.tiktok.com"
"""The host of the Business API."""


@dataclass(frozen=True, slots=True)
class ShopApiConfig:
    """How to reach the TikTok Shop API.

    Attributes:
        base_url: Scheme and host of the API, without a trailing slash.
        auth_url: Scheme and host that exchanges codes and refreshes tokens.
        app_key: Public key of the app in TikTok's Partner Center.
        app_secret: Its secret; signs every request. Hidden from `repr`.
        requests_per_second: Limit per shop and endpoint; 0 means unlimited. TikTok publishes no number any
            more and advises 0.2 to 1 for heavy analytics, so the default is 1.
        page_workers: Requests in flight per shop.
        shop_workers: Shops synced at the same time.
        lookback_hours: How far an incremental sync reads again behind its cursor, because TikTok's update
            times are only eventually consistent.
        history_days: How far back the first sync of a shop reads when no `--since` is given.
        timeout_seconds: Longest silence of the server before a request is given up and tried again.
        short_lists: What a list means that stays shorter than it announces: `refuse` fails the resource, so that
            the next run reads it again; `accept` notes it and goes on, for shops whose counts are known to be off.
        service_id: Id of the app's service in Partner Center, of which the links for sellers are made; empty: the
            links stand in Partner Center alone.
    """

    base_url: str
    auth_url: str
    app_key: str
    app_secret: str = field(repr=False)
    requests_per_second: float = 1.0
    page_workers: int = 4
    shop_workers: int = 5
    lookback_hours: float = 24.0
    history_days: int = 180
    timeout_seconds: float = 30.0
    short_lists: str = "refuse"
    service_id: str = ""

    @property
    def authorisation_links(self) -> dict[str, str]:
        """Where a seller agrees, by market: shops of the US have a page of their own."""
        if not self.service_id:
            return {}
        query = f"open/authorize?service_id={quote(self.service_id, safe='')}"
        return {
            "US": f"https://services.us.tiktokshop.com/{query}",
            "": f"https://services.tiktokshop.com/{query}",
        }


@dataclass(frozen=True, slots=True)
class AdsApiConfig:
    """How to reach the TikTok Business API.

    Attributes:
        base_url: Scheme and host of the API, without a trailing slash.
        app_id: Id of the app in TikTok's developer portal.
        secret: Its secret. Hidden from `repr`.
        requests_per_second: Limit of all calls together; 0 means unlimited. The smallest plan allows 240 calls
            of the GMV Max report a minute, so the default is 4.
        lookback_days: How many days are read again: cost comes up to 11 hours late and is repaired later.
        history_days: How far back the first sync of an account reads when no `--since` is given.
        timeout_seconds: Longest silence of the server before a request is given up and tried again.
    """

    base_url: str
    app_id: str
    secret: str = field(repr=False)
    requests_per_second: float = 4.0
    lookback_days: int = 7
    history_days: int = 180
    timeout_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class FxConfig:
    """Where daily exchange rates come from.

    Attributes:
        base_url: An HTTP source that answers like Frankfurter v1; None means the CSV.
        csv_path: The seed file used when there is no HTTP source.
        timeout_seconds: Longest silence of the server.
    """

    base_url: str | None = None
    csv_path: Path = PROJECT_ROOT / "seeds" / "finance" / "fx_rates.csv"
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class InboxConfig:
    """Where files that were downloaded by hand arrive.

    Attributes:
        folder: The watched folder; None means `inbox/` in the home.
        settle_seconds: A file is taken when nothing has changed in it for so long.
    """

    folder: Path | None = None
    settle_seconds: float = 30.0


def load_shop_config() -> ShopApiConfig:
    """The configuration of section `sources.tiktok_shop`.

    Raises:
        ConfigError: A key is missing or has an unusable value; names the key, the file and the variable.
    """
    section = SHOP_SECTION
    default = ShopApiConfig(REAL_BASE_URL, REAL_AUTH_URL, "", "")
    return ShopApiConfig(
        base_url=_setting(section, "base_url", _private_url, default.base_url),
        auth_url=_setting(section, "auth_url", _private_url, default.auth_url),
        app_key=_setting(section, "app_key", _text),
        app_secret=_secret(section, "app_secret"),
        requests_per_second=_setting(
            section, "requests_per_second", _not_negative, default.requests_per_second
        ),
        page_workers=_setting(section, "page_workers", _positive_int, default.page_workers),
        shop_workers=_setting(section, "shop_workers", _positive_int, default.shop_workers),
        lookback_hours=_setting(section, "lookback_hours", _not_negative, default.lookback_hours),
        history_days=_setting(section, "history_days", _positive_int, default.history_days),
        timeout_seconds=_setting(section, "timeout_seconds", _positive, default.timeout_seconds),
        short_lists=_setting(section, "short_lists", _refuse_or_accept, default.short_lists),
        service_id=_setting(section, "service_id", _text, default.service_id),
    )


def shop_base_url() -> str:
    """Where the shops' API is, also for whom no app is configured.

    Raises:
        ConfigError: It has an unusable value.
    """
    return _setting(SHOP_SECTION, "base_url", _private_url, REAL_BASE_URL)


def load_ads_config() -> AdsApiConfig:
    """The configuration of section `sources.tiktok_ads`.

    Raises:
        ConfigError: A key is missing or has an unusable value; names the key, the file and the variable.
    """
    section = ADS_SECTION
    default = AdsApiConfig(REAL_ADS_URL, "", "")
    return AdsApiConfig(
        base_url=_setting(section, "base_url", _private_url, default.base_url),
        app_id=_setting(section, "app_id", _text),
        secret=_secret(section, "secret"),
        requests_per_second=_setting(
            section, "requests_per_second", _not_negative, default.requests_per_second
        ),
        lookback_days=_setting(section, "lookback_days", _positive_int, default.lookback_days),
        history_days=_setting(section, "history_days", _positive_int, default.history_days),
        timeout_seconds=_setting(section, "timeout_seconds", _positive, default.timeout_seconds),
    )


def load_fx_config() -> FxConfig:
    """The configuration of section `sources.fx_rates`; everything in it has a default.

    Raises:
        ConfigError: A value is unusable.
    """
    default = FxConfig()
    base_url = _setting(FX_SECTION, "base_url", _optional_url, "")
    return FxConfig(
        base_url=base_url or None,
        csv_path=_setting(FX_SECTION, "csv_path", _path, default.csv_path),
        timeout_seconds=_setting(FX_SECTION, "timeout_seconds", _positive, default.timeout_seconds),
    )


def load_inbox_config() -> InboxConfig:
    """The configuration of section `sources.seller_center`; everything in it has a default.

    Raises:
        ConfigError: A value is unusable.
    """
    default = InboxConfig()
    folder = _lookup(FILES_SECTION, "inbox", secret=False)
    return InboxConfig(
        folder=_path(folder) if str(folder or "").strip() else None,
        settle_seconds=_setting(FILES_SECTION, "settle_seconds", _not_negative, default.settle_seconds),
    )


def load_silence_hours() -> float:
    """How many hours may pass without a publication before somebody is told; 0: any number.

    Raises:
        ConfigError: The value is unusable.
    """
    return _setting("alerts", "silence_hours", _not_negative, SILENCE_HOURS)


def required_url(section: str, key: str) -> str:
    """An address that has no default.

    Raises:
        ConfigError: It is not set, or no address; names the key, the file and the variable.
    """
    return _setting(section, key, _url)


def optional_secret(section: str, key: str) -> str | None:
    """A secret that may be left out."""
    value = str(_lookup(section, key, secret=True) or "").strip()
    return value or None


def optional_text(section: str, key: str, default: str) -> str:
    """A setting that is no secret, or what it is when nobody has set it."""
    return _setting(section, key, _text, default)


def environment_name(section: str, key: str) -> str:
    """The environment variable that sets `key` of `section`."""
    return "__".join([*section.split("."), key]).upper()


def _setting(section: str, key: str, read: Callable[[object], T], default: T | None = None) -> T:
    value = _lookup(section, key, secret=False)
    if value is None or (isinstance(value, str) and not value.strip()):
        if default is None:
            raise _missing(section, key, "config.toml")
        return default
    try:
        return read(value)
    except ValueError as error:
        raise ConfigError(
            f"{section}.{key} is {value!r}, but must be {error}.",
            advice=f"Correct {environment_name(section, key)} in the environment, or .dlt/config.toml.",
        ) from None


def _secret(section: str, key: str) -> str:
    value = _lookup(section, key, secret=True)
    if value is None or str(value).strip() == "":
        raise _missing(section, key, "secrets.toml")
    return str(value).strip()


def _missing(section: str, key: str, file_name: str) -> ConfigError:
    return ConfigError(
        f"{section}.{key} is not set.",
        advice=(
            f"Set {environment_name(section, key)} in the environment, "
            f"or `{key}` under [{section}] in .dlt/{file_name}."
        ),
    )


def _lookup(section: str, key: str, *, secret: bool) -> object:
    """One value, by its full key only.

    dlt's injected configuration would also accept the last part of a key alone: a stray `BASE_URL` in the
    environment of a build server would then quietly redirect the sync. The accessors take the full key or
    nothing.
    """
    # Imported late: dlt takes a second to import, and the client must be usable without it.
    import dlt
    from dlt.common.configuration.exceptions import ConfigProviderException

    accessor = dlt.secrets if secret else dlt.config
    try:
        value: object = accessor.get(f"{section}.{key}")
    except ConfigProviderException as error:
        raise ConfigError(f"A file in .dlt/ can't be read: {error}", advice="Correct its TOML.") from None
    return value


def _text(value: object) -> str:
    return str(value).strip()


def _path(value: object) -> Path:
    path = Path(str(value)).expanduser()
    return path if path.is_absolute() else PROJECT_ROOT / path


def _url(value: object) -> str:
    text = str(value).strip().rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("a URL such as https://open-api.tiktokglobalshop.com, without a query")
    return text


def is_this_machine(url: str) -> bool:
    """Whether an address is one of this machine: what is sent there can't be read on its way."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_readable_on_its_way(url: str) -> bool:
    """Whether others could read what is sent to an address: it goes to another machine, and not by https."""
    return urlsplit(url).scheme != "https" and not is_this_machine(url)


def _private_url(value: object) -> str:
    text = _url(value)
    if is_readable_on_its_way(text):
        raise ValueError(
            "an address that begins with https://, as secrets are sent there (http:// is for this machine only)"
        )
    return text


def _optional_url(value: object) -> str:
    return _url(value) if str(value).strip() else ""


def _number(value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        raise ValueError("a number") from None
    if not math.isfinite(number):
        raise ValueError("a finite number")
    return number


def _not_negative(value: object) -> float:
    number = _number(value)
    if number < 0:
        raise ValueError("a number of 0 or more")
    return number


def _refuse_or_accept(value: object) -> str:
    if value not in ("refuse", "accept"):
        raise ValueError('"refuse" or "accept"')
    return str(value)


def _positive(value: object) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError("a number above 0")
    return number


def _positive_int(value: object) -> int:
    number = _number(value)
    if number != int(number) or number < 1:
        raise ValueError("a whole number of 1 or more")
    return int(number)
