"""Where the published file is, or that there is none: the pages ask, too, so nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path

from home.errors import ConfigError
from home.layout import BI_NAME, Home


class NotPublished(ConfigError):
    """Nothing is published, or it is from before what was asked for was in it."""


def audiences_folder(home: Home) -> Path:
    """Where the current files of audiences are."""
    return home.published.with_name("audiences")


def require_published(home: Home, audience: str = "", error: type[NotPublished] = NotPublished) -> Path:
    """The published file of an audience; without one the whole file.

    Args:
        home: Whose file.
        audience: Whose part of it; empty for the whole file.
        error: What to raise.

    Raises:
        NotPublished: There is none; names the file that people open.
    """
    path = audiences_folder(home) / audience / home.published.name if audience else home.published
    if path.is_file():
        return path
    if audience:
        raise error(
            f"Nothing is published for audience {audience}: there is no {path.with_name(BI_NAME)}.",
            advice="`ttkpi status` says what is missing; seed `audiences` has the audiences.",
        )
    raise error(
        f"Nothing is published yet: there is no {home.bi_file}. 尚未发布数据。",
        advice="Run `ttkpi run`, or `ttkpi demo` to try it.",
    )
