"""Which webhooks there are: `alerts.webhooks.NAME` in the environment, `.dlt/secrets.toml`, `.dlt/config.toml`.

| key | what |
| --- | --- |
| `kind` | `feishu` (also Lark), `dingtalk`, `wecom`, `slack`, `plain` |
| `url` | secret: the address that the platform gave, with its token |
| `secret` | secret: key of the signature, where the bot wants one |
| `min_severity` | `warning` (default) or `critical` |
| `owners` | only alerts of these owners (seed `alert_owners`); failed runs are `data`'s; default: everybody's |
| `alerts` | `false`: no alerts, reports only |
| `reports` | `daily`, `weekly`, `monthly`: the reports that it gets; default: none |
| `audience` | reports are made from the file of this audience; default: the whole file |
| `lang` | language of reports: `en`, `zh`, `both` (default) |
| `picture` | `true`: the picture of a report follows the message (`wecom`, `feishu`) |
| `app_id`, `app_secret` | the app that uploads pictures (`feishu`); `app_secret` is a secret |
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from home.config import environment_name, is_readable_on_its_way
from home.errors import ConfigError
from orchestration.deliver.webhooks.dingtalk import DingTalk
from orchestration.deliver.webhooks.feishu import Feishu
from orchestration.deliver.webhooks.notices import CRITICAL, WARNING
from orchestration.deliver.webhooks.plain import Plain
from orchestration.deliver.webhooks.platform import Platform, Webhook
from orchestration.deliver.webhooks.slack import Slack
from orchestration.deliver.webhooks.wecom import WeCom

SECTION = "alerts.webhooks"
PLATFORMS: dict[str, Platform] = {one.kind: one for one in (Feishu(), DingTalk(), WeCom(), Slack(), Plain())}
"""The platforms by the name that the configuration gives them."""

_KEYS = (
    *("kind", "url", "secret", "min_severity", "owners", "alerts", "reports", "audience", "lang"),
    *("picture", "app_id", "app_secret"),
)
_SHOW_PICTURES = ("wecom", "feishu")
"""Platforms whose webhooks can show a picture that is a file."""
_REPORTS, _LANGUAGES = ("daily", "weekly", "monthly"), ("en", "zh", "both")
_VARIABLE = re.compile(r"ALERTS__WEBHOOKS__([A-Z0-9_]+?)__([A-Z_]+)")
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def load_webhooks() -> tuple[Webhook, ...]:
    """All configured webhooks, by name; none when nothing is configured.

    Raises:
        ConfigError: A value is missing or unusable; names the key, the file and the variable, never a secret.
    """
    return tuple(_webhook(name, given) for name, given in sorted(_given().items()))


def require_webhooks() -> tuple[Webhook, ...]:
    """All configured webhooks.

    Raises:
        ConfigError: There is none, or one is wrong.
    """
    found = load_webhooks()
    if not found:
        section = f"{SECTION}.team"
        raise ConfigError(
            "No webhook is configured.",
            advice=f"Set {environment_name(section, 'kind')} and {environment_name(section, 'url')} in the "
            f"environment (`team` is a name of your choice), or `kind` and `url` under [{section}] in "
            ".dlt/secrets.toml.",
        )
    return found


def _given() -> dict[str, set[str]]:
    """Names of webhooks and of what is said about each."""
    # Imported late: dlt takes a second to import.
    import dlt
    from dlt.common.configuration.exceptions import ConfigProviderException

    found: dict[str, set[str]] = {}
    for variable in os.environ:
        if match := _VARIABLE.fullmatch(variable):
            found.setdefault(match[1].lower(), set()).add(match[2].lower())
    try:
        # One after the other: asked together, they give the first one's table alone.
        for provider in dlt.config.config_providers:
            if provider.name == "Environment Variables":
                continue
            table, _ = provider.get_value("webhooks", dict, "", "alerts")
            if table is None:
                continue
            if not isinstance(table, dict) or not all(isinstance(one, dict) for one in table.values()):
                raise ConfigError(
                    f"{SECTION} in {provider.name} holds something that is no webhook.",
                    advice=f"Give each a table with a name of its own: [{SECTION}.team]",
                )
            for name, one in table.items():
                found.setdefault(str(name), set()).update(map(str, one))
    except ConfigProviderException as error:
        raise ConfigError(f"A file in .dlt/ can't be read: {error}", advice="Correct its TOML.") from None
    return found


def _webhook(name: str, given: set[str]) -> Webhook:
    section = f"{SECTION}.{name}"
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{section}: {name!r} can't be the name of a webhook.",
            advice="Use small letters, digits and single underscores, so that the environment can set it too.",
        )
    if unknown := sorted(given - set(_KEYS)):
        raise ConfigError(
            f"{section} does not know {', '.join(unknown)}.", advice=f"It knows {', '.join(_KEYS)}."
        )
    kind = str(_value(section, "kind") or "").strip()
    platform = PLATFORMS.get(kind)
    if platform is None:
        raise ConfigError(
            f"{section}.kind is {kind!r}, but must be one of {', '.join(PLATFORMS)}."
            if kind
            else f"{section}.kind is not set.",
            advice=f"Set {environment_name(section, 'kind')}, or `kind` under [{section}] in .dlt/config.toml.",
        )
    secret = str(_secret(section, "secret") or "").strip()
    if secret and not platform.is_signed:
        raise ConfigError(
            f"{section}.secret is set, but {kind} does not sign messages: its URL is the secret.",
            advice="Remove `secret`, or correct `kind`.",
        )
    hook = Webhook(
        name=name,
        kind=kind,
        url=_url(section),
        secret=secret,
        min_severity=_choice(section, "min_severity", (WARNING, CRITICAL)),
        owners=_list(section, "owners"),
        alerts=_choice(section, "alerts", ("true", "false")) == "true",
        reports=_reports(section),
        audience=str(_value(section, "audience") or "").strip(),
        lang=_choice(section, "lang", _LANGUAGES, default="both"),
        picture=_choice(section, "picture", ("false", "true")) == "true",
        app_id=str(_value(section, "app_id") or "").strip(),
        app_secret=str(_secret(section, "app_secret") or "").strip(),
    )
    if hook.picture:
        _require_picture(hook)
    return hook


def _require_picture(hook: Webhook) -> None:
    section = f"alerts.webhooks.{hook.name}"
    if hook.kind not in _SHOW_PICTURES:
        raise ConfigError(
            f"{section}.picture is true, but a webhook of {hook.kind} can't be given a picture: the platform would "
            "want a public address, where everybody could read the numbers.",
            advice="Remove `picture`; the message has the figures, and `ttkpi report KIND --picture` draws the file.",
        )
    if hook.kind == "feishu" and not (hook.app_id and hook.app_secret):
        raise ConfigError(
            f"{section}.picture is true, but {section}.app_id or app_secret is not set: Feishu takes pictures from "
            "an app only.",
            advice="Make a custom app (自建应用) with its bot turned on and the scope im:resource:upload, and set "
            "both; app_secret in the environment or .dlt/secrets.toml.",
        )


def _url(section: str) -> str:
    text = str(_secret(section, "url") or "").strip()
    how = f"Set {environment_name(section, 'url')} in the environment, or `url` under [{section}] in .dlt/secrets.toml."
    if not text:
        raise ConfigError(f"{section}.url is not set.", advice=how)
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(letter.isspace() for letter in text):
        raise ConfigError(f"{section}.url is not an address that begins with https://.", advice=how)
    if is_readable_on_its_way(text):
        raise ConfigError(
            f"{section}.url is not https: the token in it, and the alerts, would be readable on their way.",
            advice=how,
        )
    return text


def _choice(section: str, key: str, choices: Sequence[str], *, default: str = "") -> str:
    """One of some words; the first is the default unless another one is named."""
    value = _value(section, key)
    given = "" if value is None else str(value).strip().lower()
    text = given or default or choices[0]
    if text not in choices:
        raise ConfigError(
            f"{section}.{key} is {text!r}, but must be {' or '.join(choices)}.",
            advice=f"Correct {environment_name(section, key)} in the environment, or .dlt/config.toml.",
        )
    return text


def _reports(section: str) -> tuple[str, ...]:
    found = tuple(one.lower() for one in _list(section, "reports"))
    if unknown := sorted(set(found) - set(_REPORTS)):
        raise ConfigError(
            f"{section}.reports names {', '.join(unknown)}, but there are {', '.join(_REPORTS)}.",
            advice=f"Correct {environment_name(section, 'reports')} in the environment, or .dlt/config.toml.",
        )
    return found


def _list(section: str, key: str) -> tuple[str, ...]:
    value = _value(section, key)
    if value is None:
        return ()
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise ConfigError(
                f"{section}.{key} is {value!r}, but must be a list.",
                advice=f"Write for instance {environment_name(section, key)}=one,two",
            ) from None
    texts = value if isinstance(value, list | tuple) else str(value).split(",")
    return tuple(text for one in texts if (text := str(one).strip()))


def _value(section: str, key: str) -> Any:
    import dlt

    return dlt.config.get(f"{section}.{key}")


def _secret(section: str, key: str) -> Any:
    import dlt

    return dlt.secrets.get(f"{section}.{key}")
