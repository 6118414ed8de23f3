"""Serve the pages: `python -m dashboards`, started by `ttkpi dashboard`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from dashboards.parts.viewer import AUDIENCE, LOGIN
from home.errors import TtkpiError


def main() -> int:
    """Serve until it is interrupted; the return value is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dashboards")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--audience", default="")
    parser.add_argument("--login", type=Path)
    given = parser.parse_args()
    os.environ[AUDIENCE] = given.audience
    os.environ[LOGIN] = str(given.login or "")

    import uvicorn

    from dashboards.web.server import login_settings, make_app

    try:
        secrets = login_settings(given.login) if given.login else None
    except TtkpiError as error:
        print(f"Error: {error.message}\n{error.advice}", file=sys.stderr)  # noqa: T201
        return 2
    uvicorn.run(
        make_app(secrets),
        host=given.host,
        port=given.port,
        # Requests are no news; what fails is in the log of the home.
        log_config=None,
        access_log=False,
        # Behind a proxy, the address of the login is that of the settings, never what a request claims.
        proxy_headers=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
