"""The command reference: what `ttkpi COMMAND --help` prints, for every command."""

from __future__ import annotations

from collections.abc import Iterator

import click

from orchestration.cli import cli

PROGRAM = "ttkpi"
_WIDTH = 100


def command_reference() -> str:
    """A table of all commands, then the help of each, as Markdown."""
    contexts = list(_walk(_context(cli, PROGRAM)))
    rows = [
        f"| [`{context.command_path}`](#{_anchor(context)}) | {context.command.get_short_help_str()} |"
        for context in contexts[1:]
    ]
    helps = [
        f"## `{context.command_path}`\n\n```text\n{context.get_help().rstrip()}\n```" for context in contexts
    ]
    return "\n".join(["| command | does |", "|---|---|", *rows]) + "\n\n" + "\n\n".join(helps)


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    """The context of a command, without reading arguments."""
    # The width of the reader's terminal must not change the page.
    settings = {**command.context_settings, "terminal_width": _WIDTH}
    return click.Context(command, info_name=name, parent=parent, **settings)


def _walk(context: click.Context) -> Iterator[click.Context]:
    """A context per command, in the order in which `--help` lists the commands."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None and not command.hidden:
                yield from _walk(_context(command, name, context))


def _anchor(context: click.Context) -> str:
    """The name that GitHub gives to the heading."""
    return context.command_path.replace(" ", "-")
