"""Which files are exports: by their names, as what is in them is looked at later."""

from __future__ import annotations

from collections.abc import Iterable
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


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files to import: those that are named, and all CSV and XLSX files in folders that are named.

    Raises:
        ConfigError: A path does not exist, or there is no file.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            with storage_errors(path):
                inside = sorted(
                    one
                    for one in path.rglob("*")
                    if one.is_file() and is_export(one) and is_of_people(one.relative_to(path))
                )
            found |= dict.fromkeys(inside)
        elif path.is_file():
            found[path] = None
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
        if folder.is_dir()
        for one in sorted(folder.rglob("*"))
        if one.is_file() and not is_export(one) and is_of_people(one.relative_to(folder))
    ]


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
