"""The dbt docs as one HTML file that opens without a server and without network: the glossary people share."""

from __future__ import annotations

import shutil
from pathlib import Path

from home.layout import Home
from home.storage import replacement
from ingestion.engine.progress import Progress
from orchestration.build.build import BuildFailed, dbt_folder, run_dbt


def docs(home: Home, *, progress: Progress | None = None) -> Path:
    """Make the docs of the project, with the columns and row counts of the warehouse as it is.

    Args:
        home: Whose warehouse is described; the file is `docs/index.html` in it.
        progress: Is told what is being done.

    Returns:
        The file.

    Raises:
        BuildFailed: dbt could not make them.
        ConfigError: There is no dbt project.
        HomeBusy: Another run holds the home.
        StorageError: The disk is full or refuses.
    """
    target = home.root / "docs" / "index.html"
    with home.lock("docs"):
        home.prepare()
        made = dbt_folder(home) / "target" / "static_index.html"
        made.unlink(missing_ok=True)
        run_dbt(home, [["parse"], ["docs", "generate", "--static"]], progress)
        if not made.is_file():
            raise BuildFailed(
                "dbt made no docs.",
                advice=f"What it found wrong is in {dbt_folder(home) / 'logs' / 'dbt.log'}.",
            )
        with replacement(target) as temporary:
            shutil.copyfile(made, temporary)
    return target
