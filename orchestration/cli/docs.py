"""The glossary."""

from __future__ import annotations

import click

from orchestration.cli.base import Command
from orchestration.cli.session import open_home, show_progress


@click.command(cls=Command)
def docs() -> None:
    """Write the KPI glossary and all models' docs as one HTML file. 生成指标词典（单个 HTML 文件）。

    Opens without a server and without network.

    \b
    Example:  ttkpi docs
    """
    from orchestration.build.docs_site import docs as write_docs

    home, reporter = open_home(), show_progress()
    with reporter.phase("docs", "describing the models"):
        path = write_docs(home, progress=reporter)
    click.echo(str(path))
