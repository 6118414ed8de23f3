"""Which files are exports: by their names, as what is in them is looked at later."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from home.errors import ConfigError
from home.storage import storage_errors

SUFFIXES = (".csv", ".xlsx")
_OF_DOWNLOADS = (
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".opdownload",
    ".filepart",
    ".aria2",
    ".tmp",
)
"""How browsers, WinSCP and aria2 call what they have not finished. Safari's `orders.csv.download` is a folder."""
_OF_MACHINES = frozenset({"thumbs.db", "desktop.ini", "@eadir", "#recycle", "@recycle", "$recycle.bin"})
"""What Windows and network drives put into a folder for themselves."""

_BUNDLES = (
    ".numbers",
    ".pages",
    ".key",
    ".rtfd",
    ".app",
    ".bundle",
    ".pkg",
    ".workflow",
    ".photoslibrary",
    ".sparsebundle",
)
"""How macOS calls folders that it shows as one document or program. Elsewhere, and in backups, they are folders."""


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files to import: those that are named, and all CSV and XLSX files in folders that are named.

    A document that is a folder counts as a file: when it is named, the importer refuses it.

    Raises:
        ConfigError: A path does not exist, or there is no file.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_file() or is_bundle(path):
            found[path] = None
        elif path.is_dir():
            with storage_errors(path):
                inside = [one for one in walk(path) if is_export(one) and is_of_people(one.relative_to(path))]
            found |= dict.fromkeys(inside)
        else:
            raise ConfigError(
                f"There is no file or folder {path}. 找不到该文件或文件夹。",
                advice="Check the path. 请检查路径。",
            )
    if not found:
        raise ConfigError(
            "There is no CSV or XLSX file to import. 没有可导入的 CSV 或 XLSX 文件。",
            advice="Name files, or a folder that holds them; unpack archives first. "
            "请指定文件，或包含文件的文件夹；压缩包请先解压。",
        )
    return list(found)


def is_export(path: Path) -> bool:
    """Whether a file may be an export, by its name."""
    # `~$book.xlsx` is what a spreadsheet program puts beside a workbook that is open.
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(("~$", "."))


def others_in(paths: Iterable[Path]) -> list[Path]:
    """The files in folders that are named which `files_in` passes over, and which a person may have meant.

    Args:
        paths: Files and folders.
    """
    return [
        one
        for folder in paths
        if folder.is_dir() and not is_bundle(folder)
        for one in walk(folder)
        if not is_export(one) and is_of_people(one.relative_to(folder))
    ]


def walk(folder: Path) -> Iterator[Path]:
    """The files in a folder and in the folders of it, in the order of their paths.

    A document that is a folder comes as a whole, and nothing of what is in it.
    """
    for path in sorted(folder.iterdir()):
        if path.is_file() or is_bundle(path):
            yield path
        # A link to a folder may lead back to where it lies. One that is closed to this user, as `lost+found` of a disk,
        # is no reason to read none of the others.
        elif path.is_dir() and not path.is_symlink() and is_open(path):
            yield from walk(path)


def is_open(folder: Path) -> bool:
    """Whether this user may look into a folder."""
    return os.access(folder, os.R_OK | os.X_OK)


def is_bundle(path: Path) -> bool:
    """Whether a path is a folder that macOS shows as one document or program, by its name."""
    return path.suffix.lower() in _BUNDLES and path.is_dir()


def is_of_people(path: Path) -> bool:
    """Whether a person may have put a file there: neither hidden, nor of the machine, nor a lock of a spreadsheet.

    Args:
        path: From the folder that is looked at.
    """
    return not any(part.startswith((".", "~$")) or part.lower() in _OF_MACHINES for part in path.parts)


def is_unfinished(path: Path) -> bool:
    """Whether a file is a download that has not ended, by its name or by that of a folder around it.

    Args:
        path: From the folder that is looked at.
    """
    return any(part.lower().endswith(_OF_DOWNLOADS) for part in path.parts)
