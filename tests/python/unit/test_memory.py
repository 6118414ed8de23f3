"""How much memory DuckDB is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from home import memory


@pytest.mark.parametrize(
    ("container", "expected"),
    [("2147483648\n", "536MB"), ("1000000000\n", "500MB"), ("8000000000\n", "2000MB")],
)
def test_a_quarter_of_the_container_but_at_least_500_mb(
    container: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory.max").write_text(container)
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    monkeypatch.setattr(memory, "_CGROUP_LIMITS", (tmp_path / "memory.max", tmp_path / "none"))
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 4_000_000}.__getitem__)
    assert memory.memory_limit() == expected


def test_without_a_container_the_machine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    monkeypatch.setattr(memory, "_CGROUP_LIMITS", (tmp_path / "memory.max",))
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1_000_000}.__getitem__)
    assert memory.memory_limit() == "1024MB"


def test_what_is_set_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.VARIABLE, " 3GB ")
    assert memory.memory_limit() == "3GB"


@pytest.mark.parametrize(
    ("limit", "threads", "is_first", "expected"),
    [
        pytest.param("1000MB", "", True, "1", id="little memory"),
        pytest.param("1.9GB", "", True, "1", id="little, in GB"),
        pytest.param("953MiB", "", True, "1", id="as DuckDB says it"),
        pytest.param("2GB", "", True, "2", id="enough"),
        pytest.param("80%", "", True, "2", id="a share of the machine"),
        pytest.param("1000MB", "", False, "2", id="a day"),
        pytest.param("1000MB", "4", True, "4", id="what is set counts"),
    ],
)
def test_a_first_build_with_little_memory_makes_one_model_at_a_time(
    limit: str, threads: str, is_first: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards a first build of 1,000,000 orders on a machine of 4 GB: two large models do not fit together."""
    monkeypatch.setenv(memory.VARIABLE, limit)
    monkeypatch.setenv(memory.THREADS_VARIABLE, threads)
    assert memory.models_at_once(is_first=is_first) == expected
