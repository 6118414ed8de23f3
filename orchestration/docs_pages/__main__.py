"""`make docs-pages`: write the generated parts of the documents again."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.docs_pages.marts import PROJECT
from orchestration.docs_pages.pages import DEMO, pages, with_transcript


@click.command()
@click.option(
    "--demo",
    "log",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Output of a first `make demo`: put it into docs/demo.md, and draw the picture from it.",
)
def main(log: Path | None) -> None:
    """Write the command reference, the tables of marts, contracts, Superset dashboard and picture of the demo."""
    if log is not None:
        page = DEMO.read_text(encoding="utf-8")
        DEMO.write_text(with_transcript(page, log.read_text(encoding="utf-8")), encoding="utf-8")
    for path, text in pages().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            click.echo(f"written: {path.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
