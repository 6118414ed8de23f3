"""Runs the server: in this process, in a thread of it, or in a process of its own."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from sandbox.server.app import create_app
from sandbox.server.options import SandboxOptions
from sandbox.server.replies import TRANSPORT
from sandbox.server.sandbox import Sandbox
from sandbox.world.store import Store

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8777
STATE_FILE = "server-state.json"
"""Name of the file in the world's directory that keeps authorisations and the clock."""

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


class ServerFailed(RuntimeError):
    """The server could not be started: the text says why."""


class _Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """The HTTP protocol of uvicorn, which shows its connection to the application for faults."""

    app: ASGIApp

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        inner: ASGIApp = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = app


class _Server(uvicorn.Server):
    """Tells when it accepts connections."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_start()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ServerFailed(
            f"The sandbox can't listen on {host}:{port} ({error.strerror}). "
            "Is one running already? Choose another port."
        ) from error
    return bound


def _server(app: ASGIApp, on_start: Callable[[], None]) -> _Server:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        loop="auto",
        lifespan="off",
        access_log=False,
        log_level="error",
        # The application sends its own, by its own clock.
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return _Server(config, on_start)


def serve(
    world_dir: Path,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    *,
    remember: bool = True,
    on_start: Callable[[str], None] | None = None,
    stop_with: Any = None,
    **options: Any,
) -> None:
    """Serves a world until the process is interrupted (Ctrl+C, SIGTERM).

    Args:
        world_dir: Directory of a generated world.
        host: Address to listen on.
        port: Port; 0 for a free one.
        remember: Keep authorisations and the world's clock over restarts.
        on_start: Is told the base URL once connections are accepted.
        stop_with: A readable stream; the server also stops when it ends. For servers that must not outlive
            their parent.
        **options: See `SandboxOptions`.

    Raises:
        ServerFailed: The port is taken.
    """
    app = create_app(
        Store.open(world_dir),
        SandboxOptions(**options),
        directory=world_dir,
        state_file=world_dir / STATE_FILE if remember else None,
    )
    bound = _bind(host, port)
    url = f"http://{host}:{bound.getsockname()[1]}"
    server = _server(app, lambda: on_start(url) if on_start is not None else None)
    if stop_with is not None:

        def watch() -> None:
            stop_with.read()
            server.should_exit = True

        threading.Thread(target=watch, name="sandbox-parent", daemon=True).start()
    server.run(sockets=[bound])


class SandboxServer:
    """A server in a thread of this process, as a context manager; for tests.

    Args:
        store: The world.
        directory: Directory of the world, for `/_sandbox/truth`.
        port: Port; 0 for a free one.
        state_file: Where authorisations and the clock are kept; None to forget them.
        **options: See `SandboxOptions`.

    Attributes:
        base_url: Where it listens, API and tokens alike.
        sandbox: What it serves; a test may look, and change what is read by single requests (clocks, limits,
            rules).
    """

    def __init__(
        self,
        store: Store,
        *,
        directory: Path | None = None,
        port: int = 0,
        state_file: Path | None = None,
        **options: Any,
    ) -> None:
        app = create_app(store, SandboxOptions(**options), directory=directory, state_file=state_file)
        self.sandbox: Sandbox = app.state.sandbox
        self._started = threading.Event()
        self._socket = _bind(DEFAULT_HOST, port)
        self.base_url = f"http://{DEFAULT_HOST}:{self._socket.getsockname()[1]}"
        self._server = _server(app, self._started.set)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> SandboxServer:
        """Starts it and waits until it accepts connections.

        Raises:
            ServerFailed: It did not come up.
        """
        self._thread.start()
        if not self._started.wait(_START_SECONDS):
            raise ServerFailed("The sandbox did not start.")
        return self

    def stop(self) -> None:
        """Stops it; answers on their way get a second."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_in_thread(world_dir: Path, port: int = 0, **options: Any) -> SandboxServer:
    """Starts a server over a generated world in a thread; `.stop()` ends it.

    Args:
        world_dir: Directory of the world.
        port: Port; 0 for a free one.
        **options: See `SandboxServer`.
    """
    return SandboxServer(Store.open(world_dir), directory=world_dir, port=port, **options).start()


class SandboxProcess:
    """A server in a process of its own, as a context manager; for benchmarks and the demo.

    It ends with this process, even when this one is killed.

    Args:
        world_dir: Directory of a generated world.
        port: Port; 0 for a free one.
        remember: Keep authorisations and the clock over restarts.
        **options: See `SandboxOptions`; an unknown one is a `TypeError` here, not in the child.

    Attributes:
        base_url: Where it listens; known once it has started.
        pid: Its process id, for measurements.
    """

    def __init__(self, world_dir: Path, *, port: int = 0, remember: bool = False, **options: Any) -> None:
        SandboxOptions(**options)
        settings = {"world_dir": str(world_dir), "port": port, "remember": remember, "options": options}
        self._command = [sys.executable, "-m", "sandbox.server", json.dumps(settings)]
        self._process: subprocess.Popen[str] | None = None
        self.base_url = ""
        self.pid = 0

    def start(self) -> SandboxProcess:
        """Starts it and waits until it accepts connections.

        Raises:
            ServerFailed: It did not come up; the text is what it said.
        """
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for the parent, which stops it: here it would end in a traceback on the same terminal.
            process_group=0,
            # The package is found wherever this process was started.
            cwd=Path(__file__).parents[2],
        )
        self._process, self.pid = process, process.pid
        line = self._first_line(process)
        if not line.startswith("{"):
            self.stop()
            raise ServerFailed(
                f"The sandbox did not start: {line or 'it said nothing, see its error output'}"
            )
        self.base_url = json.loads(line)["base_url"]
        return self

    @staticmethod
    def _first_line(process: subprocess.Popen[str]) -> str:
        if process.stdout is None:
            raise TypeError("the output of the process is a pipe")
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if select.select([process.stdout], [], [], 0.2)[0]:
                return process.stdout.readline().strip()
        return process.stdout.readline().strip() if process.poll() is not None else ""

    def stop(self) -> None:
        """Stops it; kills it when it does not stop."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self._process = None

    def __enter__(self) -> SandboxProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
