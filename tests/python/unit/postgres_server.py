"""A real PostgreSQL for tests, of the binaries that package `pgserver` brings: its own folder and port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PACKAGES = Path(sysconfig.get_path("platlib"))
_PARTS = ("pgserver/pginstall", "pgserver.libs")
"""The package's binaries find their libraries beside it."""


@contextmanager
def postgres() -> Iterator[str]:
    """A server that lives as long as the block; yields the address of its database with an administrator.

    PostgreSQL refuses to run as root, as CI does: then it runs as nobody, from a copy that it can read.
    """
    root = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))
    try:
        user: dict[str, int] = {}
        packages = _PACKAGES
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid}
            packages = root / "packages"
            for part in _PARTS:
                shutil.copytree(_PACKAGES / part, packages / part)
            root.chmod(0o755)
        data = root / "data"
        data.mkdir()
        if user:
            shutil.chown(data, user["user"], user["group"])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]

        def run(name: str, *arguments: str) -> None:
            done = subprocess.run(
                [str(packages / _PARTS[0] / "bin" / name), *arguments],
                cwd=root,
                capture_output=True,
                text=True,
                check=False,
                **user,
            )
            assert done.returncode == 0, done.stdout + done.stderr

        # Passwords are asked for, so that a wrong one can be tried.
        (root / "password").write_text("secret-of-admin\n")
        (root / "password").chmod(0o644)
        run(
            "initdb", "-D", str(data), "-U", "admin", "--auth=scram-sha-256", f"--pwfile={root / 'password'}",
            "--encoding=UTF8", "--no-locale", "--no-sync",
        )  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-o", options, "-l", str(data / "log"), "-w", "start")
        try:
            yield f"postgresql://admin:secret-of-admin@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)
