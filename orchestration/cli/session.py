"""What a command works with: the home, the progress on the terminal, the log file."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from home.layout import Home
    from orchestration.progress import Reporter

_LOG_FILE = "ttkpi.log"
_LOG_HANDLER = "ttkpi"


def open_home() -> Home:
    """The home, with libraries' warnings going to a log file in it instead of the terminal.

    Raises:
        ConfigError: It belongs to another user of the machine, who keeps it to themselves.
    """
    from home.audit_log import set_origin
    from home.errors import ConfigError
    from home.layout import Home
    from home.storage import StorageError

    home = Home.from_env()
    set_origin("cli")
    with suppress(StorageError):  # the command itself says what is wrong
        home.make()
    try:
        os.scandir(home.root).close()
    except PermissionError:
        raise ConfigError(
            f"TTKPI_HOME {home.root} belongs to another user of this machine. 数据目录属于另一用户，无权读取。",
            advice="Run the command as that user, set TTKPI_HOME to a folder of your own, "
            "or ask for a copy of the published file.",
        ) from None
    except (FileNotFoundError, NotADirectoryError):  # it could not be made: the command itself says why
        pass
    _log_to(home.root / "logs")
    return home


def show_progress() -> Reporter:
    """The progress on standard error."""
    from orchestration.progress import Reporter

    return Reporter()


def counted(count: int, unit: str) -> str:
    """A count with its unit in the singular or plural: `1 gap`, `2 gaps`."""
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def _log_to(folder: Path) -> None:
    from logging.handlers import RotatingFileHandler

    root = logging.getLogger()
    for old in [one for one in root.handlers if one.name == _LOG_HANDLER]:
        root.removeHandler(old)
        with suppress(OSError):  # what it still held does not fit on its disk
            old.close()
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / _LOG_FILE, maxBytes=2_000_000, backupCount=2, encoding="utf-8")
        # A disk that is full is told by the command itself, without a traceback for each line of the log.
        handler.handleError = lambda record: None  # type: ignore[method-assign]
    except OSError:
        # A home that can't be written is told by the command itself; its warnings then go to the terminal.
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    handler.name = _LOG_HANDLER
    root.addHandler(handler)
