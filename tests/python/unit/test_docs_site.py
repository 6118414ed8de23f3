"""The docs: one file, put in place as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from home.layout import Home
from orchestration.build import docs_site
from orchestration.build.build import BuildFailed, dbt_folder
from orchestration.build.docs_site import docs


def test_docs_are_one_static_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[str]] = []

    def fake(home: Home, commands: Sequence[Sequence[str]], progress: Any = None) -> None:
        asked.extend(commands)
        (dbt_folder(home) / "target").mkdir(parents=True, exist_ok=True)
        (dbt_folder(home) / "target" / "static_index.html").write_text(
            "<html>GMV 成交额</html>", encoding="utf-8"
        )

    monkeypatch.setattr(docs_site, "run_dbt", fake)
    home = Home(tmp_path)
    path = docs(home)
    assert path == home.root / "docs" / "index.html"
    assert "成交额" in path.read_text(encoding="utf-8")
    assert asked[-1] == ["docs", "generate", "--static"]
    assert [one.name for one in path.parent.iterdir()] == ["index.html"]


def test_docs_that_were_not_made_leave_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    (home.root / "docs").mkdir(parents=True)
    (home.root / "docs" / "index.html").write_text("old")
    monkeypatch.setattr(docs_site, "run_dbt", lambda *arguments, **options: None)
    with pytest.raises(BuildFailed, match="made no docs"):
        docs(home)
    assert (home.root / "docs" / "index.html").read_text() == "old"
