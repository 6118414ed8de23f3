"""The pages over a home."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
from pathlib import Path

import click

from orchestration.cli.base import Command
from orchestration.cli.session import open_home


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--audience", default="", metavar="NAME", help="Show the file of this audience. Without login.")
@click.option(
    "--login",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="TTKPI_PAGES_LOGIN",
    help="File with the settings of the team's login (docs/dashboards.md).",
)
def dashboard(host: str, port: int, audience: str, login: Path | None) -> None:
    """Open the pages for the team: today, shops, creators, LIVE, ads. 打开数据看板（中文与英文）。

    The pages show the published file, and the newest one after each publication. Without login they are for this
    machine only; with login each person sees the file of the audience that seed audience_members gives to the address.

    \b
    Examples:  ttkpi dashboard --port 8502
               ttkpi dashboard --audience agency-gb
               ttkpi dashboard --host 0.0.0.0 --login login.toml
    """
    from importlib.util import find_spec

    from home.config import PROJECT_ROOT
    from home.errors import ConfigError

    home = open_home()
    if find_spec("streamlit") is None:
        raise ConfigError(
            "The pages need Streamlit, which is not installed.",
            advice="`make dashboard` installs it, or: "
            "pip install --no-deps --require-hashes -r requirements-pages.lock",
        )
    if login is None and not _is_this_machine(host):
        raise ConfigError(
            f"Whoever reaches {host} would see all numbers: without login the pages are for this machine only.",
            advice="Give the settings of your team's login (--login FILE, docs/dashboards.md), or leave --host away.",
        )
    if login is not None and audience:
        raise click.UsageError("--audience is for pages without login; with login the address decides.")
    if _is_taken(host, port):
        raise ConfigError(f"Port {port} of {host} is in use.", advice=f"Choose another: --port {port + 1}.")
    if not home.published.is_file():
        click.echo(f"Nothing is published in {home.root} yet; the pages say so until it is.", err=True)
    click.echo(f"Pages 看板: http://{host if host != '0.0.0.0' else '127.0.0.1'}:{port}  (end with Ctrl-C)")  # noqa: S104
    command = [sys.executable, "-m", "dashboards", "--host", host, "--port", str(port)]
    command += ["--audience", audience] if audience else []
    command += ["--login", str(login.absolute())] if login else []
    environment = {**os.environ, "TTKPI_HOME": str(home.root)}
    environment["PYTHONPATH"] = os.pathsep.join(
        part for part in (str(PROJECT_ROOT), os.environ.get("PYTHONPATH", "")) if part
    )
    try:
        code = subprocess.call(command, cwd=PROJECT_ROOT, env=environment)
    except KeyboardInterrupt:
        code = 0
    raise SystemExit(code)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
