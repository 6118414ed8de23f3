"""The server as a child process: settings as JSON in the argument, base URL as JSON on the first line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sandbox.server.serve import ServerFailed, serve


def _announce(url: str) -> None:
    sys.stdout.write(json.dumps({"base_url": url}) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Serves until the standard input ends."""
    settings = json.loads(sys.argv[1])
    try:
        serve(
            Path(settings["world_dir"]),
            port=settings["port"],
            remember=settings["remember"],
            on_start=_announce,
            stop_with=sys.stdin.buffer,
            **settings["options"],
        )
    except (ServerFailed, FileNotFoundError) as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
