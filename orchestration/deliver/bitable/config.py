"""Where views go in Feishu.

| key | what |
| --- | --- |
| `destination.bitable.app_token` | the Base: the part of its address behind `/base/` |
| `destination.bitable.app_id` | the custom app (自建应用) that may edit the Base |
| `destination.bitable.app_secret` | secret: of the app |
| `destination.bitable.views` | tables and views of the published file, separated by blanks |
| `destination.bitable.audience` | whose file; default: the whole one |
| `destination.bitable.days` | of tables by day the newest so many days; default 90, 0: all |
| `destination.bitable.base_url` | `https://open.feishu.cn`, of Lark `https://open.larksuite.com` |
| `destination.bitable.requests_per_second` | default 10; the platform's limit is 50 for writing, 20 for reading |
"""

from __future__ import annotations

from dataclasses import dataclass, field

from home.config import environment_name, is_readable_on_its_way, optional_secret, optional_text
from home.errors import ConfigError

SECTION = "destination.bitable"
FEISHU = "https://open.feishu.cn"
_MOST_REQUESTS = 20.0
"""Reading may ask so often; writing 50 times."""


@dataclass(frozen=True, slots=True)
class Base:
    """A Bitable to bring views to.

    Attributes:
        app_token: The Base.
        app_id: The app.
        app_secret: Its secret. Hidden from `repr`.
        views: Tables and views.
        audience: Whose file; empty: the whole one.
        days: Of tables by day the newest so many days; 0: all.
        base_url: Scheme and host of the API.
        requests_per_second: Requests a second, at most.
    """

    app_token: str
    app_id: str
    app_secret: str = field(repr=False)
    views: tuple[str, ...]
    audience: str = ""
    days: int = 90
    base_url: str = FEISHU
    requests_per_second: float = 10.0

    @property
    def place(self) -> str:
        """Host and Base, for messages."""
        return f"{self.base_url.split('://')[-1]}/base/{self.app_token}"


def configured_base() -> Base | None:
    """The Base of section `destination.bitable`; None when none is configured.

    Raises:
        ConfigError: A key is missing or has an unusable value; names the key and the variable.
    """
    app_token = optional_text(SECTION, "app_token", "-").removeprefix("-")
    if not app_token:
        return None
    secret = optional_secret(SECTION, "app_secret")
    app_id = optional_text(SECTION, "app_id", "-")
    views = optional_text(SECTION, "views", "-")
    for key, value in (("app_secret", secret), ("app_id", app_id), ("views", views)):
        if value in (None, "-"):
            raise ConfigError(
                f"{SECTION}.app_token is set, but {SECTION}.{key} is not.",
                advice=f"Set {environment_name(SECTION, key)} in the environment, or `{key}` under [{SECTION}] in "
                f".dlt/{'secrets' if key == 'app_secret' else 'config'}.toml.",
            )
    url = optional_text(SECTION, "base_url", FEISHU).rstrip("/")
    if not url.startswith(("https://", "http://")) or is_readable_on_its_way(url):
        raise ConfigError(
            f"{SECTION}.base_url is {url}: the app's secret could be read on its way.",
            advice=f"Write {FEISHU} or https://open.larksuite.com.",
        )
    rate = _number("requests_per_second", "10")
    if rate > _MOST_REQUESTS:
        raise ConfigError(
            f"{SECTION}.requests_per_second is {rate:g}, and the platform takes {_MOST_REQUESTS:g} at most.",
            advice=f"Correct {environment_name(SECTION, 'requests_per_second')}.",
        )
    # dlt gives a TOML list as text, with brackets and quotes.
    names = tuple(dict.fromkeys(views.translate(str.maketrans("[],'\"", "     ")).split()))
    return Base(
        app_token=app_token,
        app_id=app_id,
        app_secret=str(secret),
        views=names,
        audience=optional_text(SECTION, "audience", "-").removeprefix("-"),
        days=int(_number("days", "90")),
        base_url=url,
        requests_per_second=rate,
    )


def _number(key: str, default: str) -> float:
    text = optional_text(SECTION, key, default)
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number < 0:
        raise ConfigError(
            f"{SECTION}.{key} is {text!r}, but must be a number of 0 or more.",
            advice=f"Correct {environment_name(SECTION, key)}.",
        )
    return number
