"""What is published, for agents."""

from __future__ import annotations

import click

from orchestration.cli.base import EXIT_CODES, Command
from orchestration.cli.session import open_home


@click.command(epilog=EXIT_CODES, cls=Command)
@click.option(
    "--audience", default="", metavar="NAME", help="Over stdio: answer from the file of this audience."
)
@click.option("--http", is_flag=True, help="Over streamable HTTP, at /mcp; each audience has a token.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: where to listen.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8321, show_default=True, help="With --http: the port."
)
def mcp(audience: str, http: bool, host: str, port: int) -> None:
    """Serve the published numbers to agents, read-only (Model Context Protocol). 供 AI 助手查询：每个数字可追溯。

    Without --http over standard input and output, for the one audience that is named: a client starts the command by
    itself. With --http for every audience that has a token (mcp.tokens.AUDIENCE; mcp.tokens.all: the whole file).
    Definitions, metrics by dimension and period, the proof of a number, alerts, what changed; docs/agents.md.

    \b
    Examples:  ttkpi mcp --audience operations
               MCP__TOKENS__ALL=... ttkpi mcp --http
    """
    home = open_home()
    if not http:
        from orchestration.deliver.agents.server import serve_stdio

        serve_stdio(home, audience)
        return
    if audience:
        raise click.UsageError("--audience is for stdio; over HTTP the token says which audience asks.")
    from orchestration.deliver.agents.server import serve_http
    from orchestration.deliver.agents.tokens import load_tokens

    tokens = load_tokens(home)
    names = ", ".join(name or "all (the whole file)" for name in tokens)
    click.echo(f"http://{host}:{port}/mcp for {names}. Stop it with Ctrl+C.", err=True)
    serve_http(home, tokens, host, port)
