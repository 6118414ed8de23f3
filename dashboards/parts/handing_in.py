"""What people hand in on the pages: codes of authorisations, downloaded files, the workbook of inputs.

The pages read and never write numbers. So `ttkpi` takes what is handed in, in a process of its own, with its checks,
its lock and its messages; the audit log says beforehand who handed in what.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

from dashboards.parts import log
from dashboards.parts.viewer import Viewer
from home.config import HOME_VARIABLE
from home.layout import Home

LIMIT_SECONDS = 900
"""Longest time that a command may take: an import of 100,000 rows takes 16 s."""
_DONE, _PARTLY = 0, 3
_UNSAFE = re.compile(r"[^\w.()\- ]+")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Outcome:
    """What became of it.

    Attributes:
        is_done: All of it was taken.
        is_partly_done: Some was taken, some was not; the text says what.
        text: The command's own words.
    """

    is_done: bool
    is_partly_done: bool
    text: str


def may_hand_in(viewer: Viewer) -> bool:
    """Whoever sees the whole file: without login who sits at the machine, with login `everything` in the seed."""
    return not viewer.audience


def exchange_code(home: Home, viewer: Viewer, source: str, code: str, publication: str) -> Outcome:
    """Turn the code of an authorisation into tokens.

    Args:
        home: The home that gets the tokens.
        viewer: Who hands it in.
        source: `exchange` for a shop, `ads` for an ads account: the command of `ttkpi auth`.
        code: As it stands in the address after the seller has agreed; an address with it does as well.
        publication: That the page shows.
    """
    log.write(home, log.HANDED_IN, f"code_{source}", viewer, publication)
    return _run(home, ["auth", source, "-"], given=f"{code_of(code)}\n")


def code_of(text: str) -> str:
    """The code in what somebody pasted: the code, or the whole address that ends with it."""
    found = re.search(r"[?&](?:auth_)?code=([^&#\s]+)", text)
    return (found.group(1) if found else text).strip()


def import_files(
    home: Home, viewer: Viewer, files: Mapping[str, bytes], shop: str, language: str, publication: str
) -> Outcome:
    """Import files that were downloaded by hand.

    Args:
        home: The home.
        viewer: Who hands them in.
        files: Content by name.
        shop: Whose they are.
        language: `en` or `zh`, of the messages.
        publication: That the page shows.
    """
    names = ", ".join(sorted(map(_safe, files)))
    log.write(home, log.HANDED_IN, "files", viewer, publication, files=names, shop_key=shop)
    with _folder(files) as folder:
        return _run(home, ["import", folder, "--shop", shop, "--lang", language])


def import_inputs(
    home: Home, viewer: Viewer, file: Mapping[str, bytes], language: str, publication: str
) -> Outcome:
    """Check the workbook of inputs and take it, whole or not at all; arguments as above, with one file."""
    (name,) = map(_safe, file)
    log.write(home, log.HANDED_IN, "inputs", viewer, publication, files=name)
    with _folder(file) as folder:
        path = str(Path(folder) / name)
        return _run(home, ["inputs", "import", path, "--by", viewer.name, "--lang", language])


def _safe(name: str) -> str:
    """The name of a file without folders and without signs that a path or a terminal reads otherwise."""
    plain = PurePath(name.replace("\\", "/")).name
    return _UNSAFE.sub("_", plain).lstrip(".-")[-120:] or "file"


@contextmanager
def _folder(files: Mapping[str, bytes]) -> Iterator[str]:
    """A folder for this process's user alone, with the files; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ttkpi-handed-in-") as folder:
        for name, content in files.items():
            (Path(folder) / _safe(name)).write_bytes(content)
        yield folder


def _run(home: Home, arguments: Sequence[str], given: str = "") -> Outcome:
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    try:
        done = subprocess.run(
            command,
            input=given,
            env={**os.environ, HOME_VARIABLE: str(home.root)},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(
            False, False, f"ttkpi {arguments[0]} took longer than {LIMIT_SECONDS} s and was ended."
        )
    # How far a command is stands beside what became of it, in English only: it is for whoever waits at a terminal.
    is_answered = done.returncode in (_DONE, _PARTLY) and done.stdout.strip()
    said = done.stdout if is_answered else f"{done.stdout}\n{done.stderr}"
    text = _ESCAPES.sub("", said).strip()
    if given.strip():
        text = text.replace(given.strip(), "…")
    return Outcome(done.returncode == _DONE, done.returncode == _PARTLY, text)
