"""A folder that is watched: what is put into it is imported and moved away.

    inbox/<shop id or ads account id>/...   files to import
    inbox/...                               files whose shop their market and currency tell
    inbox/done/                             imported, or known before; with a text beside it if something was left out
    inbox/refused/                          refused, each with a text beside it that says why

A file that is still being written is left alone: it is taken when nothing has changed in it for a while. A file of a
kind that is not read is refused as well, as nobody looks into a folder in which files are thought to be imported, and
so is a document that is a folder (`orders.numbers`), as a whole. Only hidden files, and those that a machine keeps for
itself, stay.
"""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from home.config import InboxConfig
from home.layout import Home
from home.storage import StorageError, storage_errors
from home.text import file_name
from ingestion.engine.progress import Progress as Progress
from ingestion.importing import import_files
from ingestion.seller_center.export_files import is_bundle, is_of_people, is_open, is_unfinished, walk
from ingestion.seller_center.outcomes import FileOutcome, ImportOptions
from ingestion.seller_center.owners import known_accounts, known_shops
from ingestion.seller_center.sheets import Problem

DONE, REFUSED = "done", "refused"
_AHEAD_SECONDS = 3600.0
"""So far the clock of a file server may be ahead of this machine's."""
_DOWNLOAD_SECONDS = 86_400.0
"""A download in which nothing has changed for so long never ends."""
_LONGEST_NAME = 255
"""Bytes that a file system takes."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that can be imported.

    Attributes:
        path: Where it lies; a document that is a folder is a file here.
        folder: The folder of the inbox that it lies in; empty when it lies in the inbox itself.
        mark: Changes when the file does.
    """

    path: Path
    folder: str
    mark: str


def inbox_of(home: Home, config: InboxConfig) -> Path:
    """Where the inbox is: configured, or `inbox/` in the home."""
    return config.folder or home.root / "inbox"


def arrived(inbox: Path, settle_seconds: float, now: float | None = None) -> list[Arrived]:
    """The files in which nothing has changed for so long, in the order of their paths.

    Raises:
        StorageError: The folder can't be read.
    """
    now = time.time() if now is None else now
    found: list[Arrived] = []
    if not inbox.is_dir():
        return found
    with storage_errors(inbox):
        folders = [("", inbox)]
        folders += [
            (one.name, one)
            for one in sorted(inbox.iterdir())
            if one.is_dir()
            and not is_bundle(one)
            and is_open(one)
            and one.name not in (DONE, REFUSED)
            and not one.name.startswith(".")
            # A link back into the inbox would give each file a second time, and those of `done` again.
            and not (one.is_symlink() and one.resolve().is_relative_to(inbox.resolve()))
        ]
        for name, folder in folders:
            # Folders of the inbox itself have their own turn.
            for path in walk(folder) if name else sorted(folder.iterdir()):
                inside_inbox = path.relative_to(inbox)
                if not (path.is_file() or is_bundle(path)) or not is_of_people(inside_inbox):
                    continue
                changed_at, mark = _last_change(path, now)
                least = _DOWNLOAD_SECONDS if is_unfinished(inside_inbox) else 0.0
                if now - changed_at >= max(settle_seconds, least):
                    found.append(Arrived(path, name, mark))
    return found


def _last_change(path: Path, now: float) -> tuple[float, str]:
    """When something changed last, and what differs after the next change. Of a folder all that is in it counts."""
    parts = [path.stat(), *(one.lstat() for one in (path.rglob("*") if path.is_dir() else ()))]
    # A copy that keeps the time of its original changes the time of its status until it is complete.
    # One from another machine, or from before the clock was set back, may be of the future: that is none.
    times = [at for about in parts for at in (about.st_mtime, about.st_ctime) if at < now + _AHEAD_SECONDS]
    size, latest = sum(about.st_size for about in parts), max(about.st_mtime_ns for about in parts)
    return max(times, default=0.0), f"{size}-{latest}"


def import_inbox(home: Home, config: InboxConfig, *, progress: Progress | None = None) -> list[FileOutcome]:
    """Imports what has arrived and moves it to `done` or `refused`.

    Args:
        home: Where everything is.
        config: Where the inbox is.
        progress: Is told of files.

    Returns:
        What came of each file; its path is where the file lay.

    Raises:
        HomeBusy: Another run is at work in this home.
        StorageError: The disk refuses; when a file can't be moved, not before the others are imported.
    """
    inbox = inbox_of(home, config)
    by_folder: dict[str, list[Path]] = defaultdict(list)
    for one in arrived(inbox, config.settle_seconds):
        by_folder[one.folder].append(one.path)
    outcomes: list[FileOutcome] = []
    left: list[StorageError] = []
    with home.lock("import"):
        for folder, paths in by_folder.items():
            options = _options(home, folder)
            found = [_unfinished(path) for path in paths if is_unfinished(path.relative_to(inbox))]
            whole = [path for path in paths if not is_unfinished(path.relative_to(inbox))]
            if options is None:
                found += [_of_nobody(path, folder) for path in whole]
            elif whole:
                found += import_files(home, whole, options, progress=progress).files
            for outcome in found:
                try:
                    _move(inbox, folder, outcome)
                except StorageError as error:
                    left.append(error)
            outcomes += found
    if left:
        raise left[0]
    return outcomes


def _options(home: Home, folder: str) -> ImportOptions | None:
    """What the name of a folder says; None when it is the name of nobody known."""
    if not folder:
        return ImportOptions()
    home.prepare()
    shops = known_shops(home.raw)
    shop = next((one.key for one in shops.values() if folder in (one.key, one.code)), None)
    if shop is not None:
        return ImportOptions(shop=shop)
    return ImportOptions(advertiser=folder) if folder in known_accounts(home.raw) else None


def _of_nobody(path: Path, folder: str) -> FileOutcome:
    problem = Problem("unknown_folder", "error", path.name, values={"folder": folder})
    return FileOutcome(path, problems=[problem])


def _unfinished(path: Path) -> FileOutcome:
    return FileOutcome(path, problems=[Problem("unfinished_file", "error", file_name(path))])


def _move(inbox: Path, folder: str, outcome: FileOutcome) -> None:
    refused = outcome.status == "refused"
    target_folder = inbox / (REFUSED if refused else DONE) / folder
    with storage_errors(target_folder):
        target_folder.mkdir(parents=True, exist_ok=True)
        target = _free(target_folder, file_name(outcome.path))
        # The folder may be a link to another disk.
        shutil.move(outcome.path, target)
        if refused:
            text = "\n".join([*outcome.why("en"), "", *outcome.why("zh"), ""])
            target.with_name(f"{target.name}.txt").write_text(text, encoding="utf-8")
        elif outcome.doubtful:
            said = [*outcome.doubts("en"), "", *outcome.doubts("zh"), ""]
            target.with_name(f"{target.name}.txt").write_text("\n".join(said), encoding="utf-8")


def _free(folder: Path, name: str) -> Path:
    """A name that is not taken, as another file of this name may have come before, and leaves room for `.txt`."""
    stem, suffix = Path(name).stem, Path(name).suffix
    for number in count(1):
        ending = f" ({number}){suffix}" if number > 1 else suffix
        room = _LONGEST_NAME - len(f"{ending}.txt".encode())
        found = folder / (stem.encode()[:room].decode(errors="ignore") + ending)
        if not found.exists() and not found.is_symlink():
            break
    return found
