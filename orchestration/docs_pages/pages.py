"""Which generated part stands on which page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from orchestration.docs_pages.commands import command_reference
from orchestration.docs_pages.contracts import contracts
from orchestration.docs_pages.files import files_tables
from orchestration.docs_pages.marts import PROJECT, marts_table
from orchestration.docs_pages.parts import part_of, with_part
from orchestration.docs_pages.picture import result_picture
from orchestration.docs_pages.superset import superset_bundle

DEMO = PROJECT / "docs" / "demo.md"
PICTURE = PROJECT / "docs" / "demo.svg"

PARTS: Mapping[Path, tuple[str, Callable[[], str]]] = {
    PROJECT / "docs" / "commands.md": ("commands", command_reference),
    PROJECT / "docs" / "files.md": ("files", files_tables),
    PROJECT / "docs" / "marts.md": ("marts", marts_table),
}
"""Per page: the name of its generated part, and what writes the part."""


def pages() -> dict[Path, str]:
    """Every generated page, whole, as it has to be.

    Raises:
        NoSuchPart: A page has lost its markers.
        MartNotDescribed: The YAML of a mart lacks something.
        NoTable: The transcript in `docs/demo.md` has no table of the last 30 days.
    """
    wanted = {
        path: with_part(path.read_text(encoding="utf-8"), name, write())
        for path, (name, write) in PARTS.items()
    }
    wanted[PICTURE] = result_picture(part_of(DEMO.read_text(encoding="utf-8"), "demo"))
    return wanted | contracts() | superset_bundle()


def with_transcript(page: str, log: str) -> str:
    """`docs/demo.md` with what another run of the demo printed.

    Args:
        page: Text of `docs/demo.md`.
        log: Output of a first `make demo`.

    Raises:
        NoSuchPart: The page has lost its markers.
    """
    lines = [line.rstrip() for line in log.strip("\n").splitlines()]
    return with_part(page, "demo", "\n".join(["```text", *lines, "```"]))
