"""Homes that hold the demo's shops: how they are recognised, and kept apart from real ones."""

from __future__ import annotations

from pathlib import Path

from home.config import is_this_machine, shop_base_url
from home.errors import ConfigError
from home.layout import Home


def demo_folder(home: Home) -> Path:
    """Where the sandbox of a home lives."""
    return home.root / "sandbox"


def is_demo_home(home: Home) -> bool:
    """Whether the home holds the shops of a demo."""
    return (demo_folder(home) / "demo.json").is_file()


def refuse_demo_home(home: Home, base_url: str | None = None) -> None:
    """Keep real shops and ads accounts out of a home that holds the demo's.

    Args:
        home: The home.
        base_url: The host that is to be asked; by default the shops'.

    Raises:
        ConfigError: The home is a demo's, and the host is not on this machine.
    """
    if not is_demo_home(home):
        return
    base_url = base_url or shop_base_url()
    if is_this_machine(base_url):
        return
    raise ConfigError(
        f"{home.root} holds the shops of the demo, and {base_url} would add real ones to them.",
        advice="Point TTKPI_HOME to another folder, or delete this one if you do not need the demo any more.",
    )
