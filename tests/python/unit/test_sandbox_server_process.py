"""The sandbox as a process of its own: it comes up on a free port, remembers, and dies with its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from sandbox_fakes import NOW, Caller, FakeStore, sandbox

from sandbox.server.serve import SandboxProcess, SandboxServer, ServerFailed
from sandbox.world.generator import generate

# Tests that were started in the background ignore Ctrl-C, and so would what they start.
PARENT = """
import signal
import sys
from pathlib import Path
from sandbox.server.serve import SandboxProcess
signal.signal(signal.SIGINT, signal.default_int_handler)
server = SandboxProcess(Path(sys.argv[1])).start()
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world") / "w"
    generate(directory, orders=40, days=4, seed=7, clock=NOW, horizon_days=2)
    return directory


def ended(pid: int) -> bool:
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def test_it_serves_and_remembers_over_a_restart(world: Path) -> None:
    with SandboxProcess(world, remember=True) as server:
        with Caller(server).http as http:
            assert http.get("/_sandbox/health").json()["orders"] == 40
            assert http.post("/_sandbox/clock", json={"advance_seconds": 60}).status_code == 200
            assert isinstance(http.get("/_sandbox/truth/counts").json(), list)
        pid = server.pid
    assert ended(pid)
    with SandboxProcess(world, remember=True, access_token_seconds=5) as server, Caller(server).http as http:
        assert http.get("/_sandbox/clock").json()["now"] == NOW + 60


def test_it_ends_with_a_parent_that_is_killed(world: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(world)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert ended(pid)


def test_ctrl_c_is_for_the_parent(world: Path) -> None:
    """Guards `ttkpi demo` that is interrupted: the server's traceback stood on the terminal of the person."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(world)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    os.killpg(parent.pid, signal.SIGINT)
    _, errors = parent.communicate(timeout=20)
    assert errors.count("Traceback") == 1, "that of the parent"
    assert ended(pid)


def test_a_port_that_is_taken_is_said_so(world: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServerFailed, match=f"can't listen on 127.0.0.1:{port}"):
            SandboxProcess(world, port=port).start()


def test_no_world_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="no sandbox world"):
        SandboxProcess(tmp_path / "nothing").start()


def test_unknown_options_are_refused_before_a_process_starts(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="orders"):
        SandboxProcess(tmp_path, orders=5)


def test_stopping_does_not_wait_for_idle_connections() -> None:
    with sandbox(FakeStore()) as caller:
        assert isinstance(caller.server, SandboxServer)
        caller.admin("health", method="GET")
        begun = time.monotonic()
        caller.server.stop()
        assert time.monotonic() - begun < 3
        with pytest.raises(httpx.TransportError):
            caller.http.get("/_sandbox/health")
