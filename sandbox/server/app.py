"""The Starlette application: the Shop API at the root, the Business API under its path, the sandbox's own pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Router

from sandbox.server import envelope
from sandbox.server.ads import PREFIX, AdsGateway
from sandbox.server.endpoints import SCOPES
from sandbox.server.endpoints.admin import Admin
from sandbox.server.gateway import Gateway
from sandbox.server.options import SandboxOptions
from sandbox.server.personal import Recorder
from sandbox.server.refusal import INTERNAL
from sandbox.server.sandbox import Sandbox
from sandbox.world.store import Store


def create_app(
    store: Store,
    options: SandboxOptions | None = None,
    *,
    directory: Path | None = None,
    state_file: Path | None = None,
) -> Starlette:
    """The application over a world. `app.state.sandbox` is the `Sandbox` behind it.

    Args:
        store: The world.
        options: Settings; the defaults if None.
        directory: Directory of the world, for its ground truth.
        state_file: Where authorisations and the world's clock are kept over restarts; None to forget them.
    """
    options = options or SandboxOptions()
    options = replace(options, scopes=options.scopes or SCOPES)
    sandbox = Sandbox(store, options, directory=directory, state_file=state_file)
    app = Starlette(
        routes=[
            Mount("/_sandbox", app=Router(routes=Admin(sandbox).routes())),
            Mount(PREFIX, app=Recorder(AdsGateway(sandbox), sandbox.personal)),
            Mount("/", app=Recorder(Gateway(sandbox), sandbox.personal)),
        ],
        exception_handlers={Exception: _internal_error},
    )
    app.state.sandbox = sandbox
    return app


async def _internal_error(request: Request, error: Exception) -> Response:
    """The server's own failure looks like TikTok's; the traceback goes to the server's log."""
    sandbox: Sandbox = request.app.state.sandbox
    body = envelope.failure(INTERNAL, "Internal error", envelope.new_request_id(sandbox.wall.now()))
    # The server ends the connection after a failed handler; a client that was not told would use it again.
    return Response(body, 500, headers={"connection": "close"}, media_type="application/json")
