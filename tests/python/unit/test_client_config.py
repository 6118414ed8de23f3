"""Configuration by file and by environment, and what is said when it is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dlt
import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from home.config import PROJECT_ROOT, REAL_BASE_URL, FxConfig, load_fx_config, load_shop_config
from home.errors import ConfigError

PREFIX = "SOURCES__TIKTOK_SHOP__"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, so that neither the environment nor the files of the checkout matter."""
    for name in list(os.environ):
        if name.startswith("SOURCES__"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / ".dlt").mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def _fresh_providers(project: Path) -> object:
    context = Container()[PluggableRunContext]
    context.reload_providers()
    yield
    context.reload_providers()


def files(project: Path, *, config: str = "", secrets: str = "") -> None:
    (project / ".dlt" / "config.toml").write_text(config)
    (project / ".dlt" / "secrets.toml").write_text(secrets)
    Container()[PluggableRunContext].reload_providers()


def test_by_file(project: Path) -> None:
    files(
        project,
        config='[sources.tiktok_shop]\napp_key = "k"\nrequests_per_second = 2.5\npage_workers = 8\n',
        secrets='[sources.tiktok_shop]\napp_secret = "planted"\n',
    )
    config = load_shop_config()
    assert (config.app_key, config.app_secret, config.requests_per_second, config.page_workers) == (
        "k",
        "planted",
        2.5,
        8,
    )
    assert config.base_url == REAL_BASE_URL
    assert "planted" not in repr(config)
    assert "planted" not in str(config)


def test_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {
        "BASE_URL": "http://127.0.0.1:8777/",
        "AUTH_URL": "http://127.0.0.1:8777",
        "APP_KEY": "0012",
        "APP_SECRET": "12e4",
        "REQUESTS_PER_SECOND": "0",
        "SHOP_WORKERS": "2",
    }.items():
        monkeypatch.setenv(PREFIX + key, value)
    config = load_shop_config()
    assert config.base_url == "http://127.0.0.1:8777"
    # Digits stay text: a key of digits is not a number.
    assert (config.app_key, config.app_secret) == ("0012", "12e4")
    assert (config.requests_per_second, config.shop_workers) == (0.0, 2)


def test_the_environment_goes_before_the_files(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(project, config='[sources.tiktok_shop]\napp_key = "file"\n')
    monkeypatch.setenv(f"{PREFIX}APP_KEY", "environment")
    monkeypatch.setenv(f"{PREFIX}APP_SECRET", "s")
    assert load_shop_config().app_key == "environment"


def test_a_stray_variable_does_not_redirect_the_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt's injection takes the last part of a key alone; a build server often has a BASE_URL."""
    monkeypatch.setenv("BASE_URL", "http://elsewhere.test")
    monkeypatch.setenv("SOURCES__BASE_URL", "http://elsewhere.test")
    monkeypatch.setenv("APP_SECRET", "other")
    monkeypatch.setenv(f"{PREFIX}APP_KEY", "k")
    monkeypatch.setenv(f"{PREFIX}APP_SECRET", "s")
    config = load_shop_config()
    assert (config.base_url, config.app_secret) == (REAL_BASE_URL, "s")
    assert load_fx_config().base_url is None


@pytest.mark.parametrize("key", ["app_key", "app_secret"])
def test_what_is_missing_is_named_with_where_to_set_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in {"app_key", "app_secret"} - {key}:
        monkeypatch.setenv(PREFIX + other.upper(), "x")
    with pytest.raises(ConfigError) as caught:
        load_shop_config()
    text = str(caught.value)
    assert f"sources.tiktok_shop.{key} is not set" in text
    assert PREFIX + key.upper() in text
    assert f".dlt/{'secrets' if key == 'app_secret' else 'config'}.toml" in text


def test_a_secret_in_the_committed_file_is_not_taken(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(project, config='[sources.tiktok_shop]\napp_key = "k"\napp_secret = "s"\n')
    with pytest.raises(ConfigError, match="app_secret is not set"):
        load_shop_config()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("BASE_URL", "open-api.tiktokglobalshop.com", "a URL such as"),
        ("BASE_URL", "ftp://x", "a URL such as"),
        ("AUTH_URL", "https://x?y=1", "a URL such as"),
        ("REQUESTS_PER_SECOND", "fast", "a number"),
        ("REQUESTS_PER_SECOND", "-1", "0 or more"),
        ("REQUESTS_PER_SECOND", "nan", "a finite number"),
        ("PAGE_WORKERS", "0", "1 or more"),
        ("PAGE_WORKERS", "1.5", "a whole number"),
        ("TIMEOUT_SECONDS", "0", "above 0"),
    ],
)
def test_an_unusable_value_is_named(key: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}APP_KEY", "k")
    monkeypatch.setenv(f"{PREFIX}APP_SECRET", "s")
    monkeypatch.setenv(PREFIX + key, value)
    with pytest.raises(ConfigError) as caught:
        load_shop_config()
    assert value in caught.value.message
    assert said in caught.value.message
    assert PREFIX + key in caught.value.advice


def test_a_file_that_is_no_toml(project: Path) -> None:
    broken = project / "broken"
    (broken / ".dlt").mkdir(parents=True)
    (broken / ".dlt" / "config.toml").write_text("[sources.tiktok_shop\napp_key = 1")
    program = "from home.config import load_shop_config\nload_shop_config()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=broken,
        env={
            "PYTHONPATH": str(PROJECT_ROOT),
            "DLT_PROJECT_DIR": str(broken),
            "PATH": "",
            "HOME": str(broken),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "ConfigError" in done.stderr
    assert "config.toml" in done.stderr


def test_the_projects_own_files_are_found_from_anywhere(project: Path) -> None:
    program = (
        "import home.config, dlt\n"
        "print(dlt.config.get('runtime.dlthub_telemetry'), home.config.load_fx_config().csv_path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env={"PYTHONPATH": str(PROJECT_ROOT), "PATH": "", "HOME": str(project)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["False", str(PROJECT_ROOT / "seeds" / "finance" / "fx_rates.csv")]


def test_exchange_rates(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_fx_config() == FxConfig()
    monkeypatch.setenv("SOURCES__FX_RATES__BASE_URL", "http://127.0.0.1:8777/fx/v1/")
    monkeypatch.setenv("SOURCES__FX_RATES__CSV_PATH", "seeds/other.csv")
    config = load_fx_config()
    assert config.base_url == "http://127.0.0.1:8777/fx/v1"
    assert config.csv_path == PROJECT_ROOT / "seeds" / "other.csv"


def test_the_secret_does_not_reach_dlts_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt keeps what it resolved for the trace of a pipeline, on disk; secrets must be marked as such."""
    from dlt.common.configuration.specs.base_configuration import is_secret_hint
    from dlt.common.configuration.utils import get_resolved_traces

    monkeypatch.setenv(f"{PREFIX}APP_KEY", "k")
    monkeypatch.setenv(f"{PREFIX}APP_SECRET", "planted")
    get_resolved_traces().clear()
    load_shop_config()
    kept = [trace for trace in get_resolved_traces().all_traces if trace.value == "planted"]
    assert kept
    assert all(is_secret_hint(trace.hint) for trace in kept)
    assert dlt.config.get("sources.tiktok_shop.app_key") == "k"
