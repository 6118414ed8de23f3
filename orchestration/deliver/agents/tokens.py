"""Who is who over HTTP: a token per audience, `mcp.tokens.AUDIENCE` in dlt's places.

| key | what |
| --- | --- |
| `mcp.tokens.AUDIENCE` | secret: whoever sends it as `Authorization: Bearer` reads the file of this audience |
| `mcp.tokens.all` | the same for the whole file |
"""

from __future__ import annotations

import hmac
import os
import re

from home.config import environment_name
from home.errors import ConfigError
from home.layout import Home

SECTION = "mcp.tokens"
WHOLE = "all"
"""Whose token reads the whole file."""
_SHORTEST = 32
_VARIABLE = re.compile(r"MCP__TOKENS__([A-Z0-9_]+)")


def load_tokens(home: Home) -> dict[str, str]:
    """The token of each audience, by its name; empty for the whole file.

    Args:
        home: Whose audiences: a variable can't hold `agency-gb`, so `MCP__TOKENS__AGENCY_GB` names it too.

    Raises:
        ConfigError: There is none, one is too short to be secret, or two audiences have the same.
    """
    import dlt

    names = {match[1].lower() for one in os.environ if (match := _VARIABLE.fullmatch(one))}
    for provider in dlt.config.config_providers:
        if provider.name != "Environment Variables":
            table, _ = provider.get_value("tokens", dict, "", "mcp")
            names |= set(table) if isinstance(table, dict) else set()
    found = {name: str(dlt.secrets.get(f"{SECTION}.{name}") or "").strip() for name in sorted(names)}
    if not found:
        raise ConfigError(
            "No token is configured, and over HTTP nobody is let in without one.",
            advice=f"Make one (`python -c 'import secrets; print(secrets.token_urlsafe(32))'`) and set "
            f"{environment_name(SECTION, WHOLE)} for the whole file, or {environment_name(SECTION, 'operations')} for "
            "an audience of seed audiences. Over stdio no token is needed.",
        )
    for name, token in found.items():
        if len(token) < _SHORTEST or not token.isascii() or any(letter.isspace() for letter in token):
            raise ConfigError(
                f"{SECTION}.{name} is no token: it is shorter than {_SHORTEST} characters, or has blanks in it.",
                advice="Make one: `python -c 'import secrets; print(secrets.token_urlsafe(32))'`.",
            )
    if len(set(found.values())) < len(found):
        raise ConfigError(
            f"Two audiences have the same token in {SECTION}.",
            advice="Give each its own: a token says who asks.",
        )
    audiences = [folder.name for folder in home.published.parent.glob("audiences/*")]
    by_variable = {name.replace("-", "_"): name for name in audiences}
    return {
        "" if name == WHOLE else name if name in audiences else by_variable.get(name, name): token
        for name, token in found.items()
    }


def audience_with(tokens: dict[str, str], given: str) -> str | None:
    """The audience whose token this is; None: nobody's. Each is compared in full, in the same time."""
    found = [name for name, token in tokens.items() if hmac.compare_digest(token.encode(), given.encode())]
    return found[0] if found else None
