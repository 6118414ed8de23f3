"""`ttkpi`: from the TikTok Shop API to published KPI marts.

Only click is imported here; every command imports what it needs, so that `ttkpi --help` answers at once.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import click

from orchestration.cli import (
    alerts,
    audit,
    auth,
    build,
    costs,
    dagster,
    dashboard,
    demo,
    docs,
    export,
    freeze,
    homes,
    import_files,
    inputs,
    mcp,
    metrics,
    publish,
    report,
    run,
    sandbox,
    status,
    sync,
)
from orchestration.cli.base import EXIT_CODES, Commands

_INTERRUPTED = 130


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.option("--debug", is_flag=True, envvar="TTKPI_DEBUG", help="Show the traceback of an error.")
@click.version_option(package_name="tiktok-shop-kpi", message="%(version)s")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """TikTok Shop numbers you can audit: sync shops, build KPI marts, publish them for BI.

    TikTok Shop 数据：同步店铺、计算 KPI（GMV、退款率、客单价、结算）、审核后发布。

    Everything is kept in one folder, TTKPI_HOME (default: .ttkpi in the project). Your app's key and secret
    come from the environment or .dlt/ (see .dlt/secrets.toml.example).

    \b
    Try it:          ttkpi demo
    A real shop:     export SOURCES__TIKTOK_SHOP__APP_KEY=... SOURCES__TIKTOK_SHOP__APP_SECRET=...
                     ttkpi auth exchange CODE
                     ttkpi run
    """
    ctx.obj = {"debug": debug}


# In the order in which a person meets them.
for _command in (
    demo.demo,
    sandbox.sandbox,
    sandbox.sandbox_exports,
    auth.auth,
    run.run,
    sync.sync,
    import_files.import_files,
    inputs.inputs,
    build.build,
    costs.costs,
    audit.audit,
    publish.publish,
    publish.verify,
    publish.rollback,
    publish.as_of,
    freeze.freeze,
    export.export,
    alerts.alerts,
    report.report,
    sync.backfill,
    sync.replay,
    sync.compact,
    status.status,
    metrics.metrics,
    dashboard.dashboard,
    mcp.mcp,
    docs.docs,
    dagster.dagster,
    homes.homes,
):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the return value is the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(args=given, prog_name="ttkpi", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. Nothing is lost: the same command continues.", err=True)
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the one place where every error becomes a message)
        return _explain(error, debug="--debug" in given or _debug())
    return result if isinstance(result, int) else 0


def _explain(error: Exception, *, debug: bool) -> int:
    """Print an error for a person, and choose the exit code."""
    import traceback

    from home.errors import TtkpiError
    from home.text import printable
    from orchestration.run import FAILED, exit_code

    if debug:
        traceback.print_exception(error)
    if isinstance(error, TtkpiError):
        click.secho(f"Error: {error.message}", fg="red", err=True)
        if error.advice:
            click.echo(error.advice, err=True)
        return exit_code(error)
    logging.getLogger(__name__).error("unexpected error", exc_info=error)
    click.secho(printable(f"Unexpected error: {type(error).__name__}: {error}"), fg="red", err=True)
    if not debug:
        click.echo("Run the command again with --debug to see where: ttkpi --debug ...", err=True)
    return FAILED


def _debug() -> bool:
    return os.environ.get("TTKPI_DEBUG", "").lower() in ("1", "true", "yes", "on")
