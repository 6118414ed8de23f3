"""Where a publication goes in PostgreSQL.

| key | what |
| --- | --- |
| `destination.postgres.url` | secret: `postgresql://user:password@host:5432/database` |
| `destination.postgres.schema` | its schema, `marts` by default; that of an audience is `marts_<audience>` |
| `destination.postgres.views_schema` | the schema of its views, `views` by default; of an audience `views_<audience>` |
| `destination.postgres.role` | who may read it, `ttkpi_reader` by default; of an audience `ttkpi_<audience>` |
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from home.config import environment_name, is_this_machine, optional_secret, optional_text
from home.errors import ConfigError

SECTION = "destination.postgres"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Server:
    """A database to publish into.

    Attributes:
        url: Its address with user and password.
        schema: The schema of the whole publication.
        role: The role that may read it.
        views_schema: The schema of its views for people.
    """

    url: str = field(repr=False)
    schema: str = "marts"
    role: str = "ttkpi_reader"
    views_schema: str = "views"

    @property
    def place(self) -> str:
        """Host and database, without user and password: for messages."""
        parts = urlsplit(self.url)
        return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"

    def schema_of(self, audience: str) -> str:
        """The schema of an audience; of the whole publication for an empty name."""
        return f"{self.schema}_{_plain(audience)}" if audience else self.schema

    def views_schema_of(self, audience: str) -> str:
        """The schema of an audience's views; of the whole publication for an empty name."""
        return f"{self.views_schema}_{_plain(audience)}" if audience else self.views_schema

    def role_of(self, audience: str) -> str:
        """The role that may read the schema of an audience."""
        return f"ttkpi_{_plain(audience)}" if audience else self.role


def configured_server() -> Server | None:
    """The server of section `destination.postgres`; None when none is configured.

    Raises:
        ConfigError: The address is none, would send the password in the clear, or a name can't be one in PostgreSQL.
    """
    url = optional_secret(SECTION, "url")
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ConfigError(
            f"{SECTION}.url is no address of a PostgreSQL database.",
            advice=f"Write {environment_name(SECTION, 'url')}=postgresql://user:password@host:5432/database.",
        )
    mode = parse_qs(parts.query).get("sslmode", [""])[0]
    is_socket = not parts.hostname
    if not is_socket and not is_this_machine(url) and not mode:
        url += ("&" if parts.query else "?") + "sslmode=require"
    elif mode in ("disable", "allow", "prefer") and not is_socket and not is_this_machine(url):
        raise ConfigError(
            f"{SECTION}.url says sslmode={mode}: the password could be read on its way to {parts.hostname}.",
            advice="Leave sslmode out, or write sslmode=require or verify-full.",
        )
    schema = optional_text(SECTION, "schema", "marts")
    role = optional_text(SECTION, "role", "ttkpi_reader")
    views_schema = optional_text(SECTION, "views_schema", "views")
    for key, name in (("schema", schema), ("role", role), ("views_schema", views_schema)):
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{SECTION}.{key} is {name}: not a plain name.",
                advice="Small letters, digits and _, at most 41, not beginning with a digit.",
            )
    if views_schema == schema:
        raise ConfigError(
            f"{SECTION}.views_schema and {SECTION}.schema are both {schema}.",
            advice="Give the views a schema of their own.",
        )
    return Server(url, schema, role, views_schema)


def _plain(audience: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", audience.lower())
