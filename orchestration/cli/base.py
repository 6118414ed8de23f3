"""How commands are listed, and the exit codes that they share."""

from __future__ import annotations

import click

EXIT_CODES = """\b
Exit codes:
  0  done
  1  failed; the message says why
  2  wrong configuration or usage, or another run is at work in this home
  3  some shops, accounts or files failed or are held back, the rest was done
  4  the audit stopped the publication; the published file is as it was
"""


class Command(click.Command):
    """A command whose line in the list is the whole first line of its text, in both languages."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first line."""
        return (self.help or "").strip().split("\n")[0]


class Commands(click.Group):
    """Lists commands in the order in which a person meets them."""

    command_class = Command

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first line."""
        return (self.help or "").strip().split("\n")[0]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of their definition."""
        return list(self.commands)
